"""Each number in the words of a claim stands in the code that decides it.

A claim is a sentence and a procedure. Its constants, in braces, are filled in by the program; what
else the sentence says in figures is typed, and could part from the code unnoticed. So every numeral
of a claim's text, in digits or in words, must be found among the numbers of the claim's other
arguments, of what these name, and of what that names in turn. 0, 1 and 2, exponents of letters
below 3 and the numbers of displays are not asked for: a procedure has them in any case.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator, Mapping
from fractions import Fraction
from functools import cache
from pathlib import Path

import pytest
import sympy as sp

from memorize import statements
from memorize.book import notebooks
from memorize.statements import CHAPTERS

ROOT = Path(__file__).resolve().parents[1]
STEPS = 2
"""How many names away a number may stand: the run, and what the run calls."""
SMALL = {Fraction(0), Fraction(1), Fraction(2)}
RAISED = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789-")
WORDS = {
    **{"three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10},
    **{"eleven": 11, "twelve": 12, "twenty": 20, "thirty": 30, "fifty": 50, "hundred": 100},
}
NUMERAL = re.compile(
    r"(?<![\w₀-₉.])(?P<digits>\d+(?:[ \u2009\u202f]\d{3}(?!\d))*(?:\.\d+)?)(?P<power>[⁰¹²³⁴-⁹⁻]+)?"
    r"|(?P<exponent>⁻?[²³⁴-⁹⁰¹]+)"
    rf"|\b(?P<word>{'|'.join(WORDS)})\b",
    re.IGNORECASE,
)
DISPLAY = re.compile(r"\((\d+)\)(?:[–-]\((\d+)\))?(?![A-Za-z])|\b(?:Lemma|part|float)\s?\d+")
EXACT = {"F", "Fraction", "R", "Rational", "Integer", "Q", "arb", "fmpq", "number"}
OPERATIONS: Mapping[type, Callable[[Fraction, Fraction], Fraction]] = {
    ast.Add: lambda a, b: a + b,
    ast.Sub: lambda a, b: a - b,
    ast.Mult: lambda a, b: a * b,
    ast.Div: lambda a, b: a / b,
    ast.Pow: lambda a, b: a ** int(b) if abs(b) < 400 else Fraction(0),
}
Names = dict[str, list[ast.AST]]


def numerals(text: str) -> list[tuple[str, set[Fraction]]]:
    """The numerals of a text outside braces, each with the numbers of which one must be known.

    A power may be written out in the code, or its exponent vary there: 10⁶ is 10**6 or 6.
    """
    text = DISPLAY.sub("", re.sub(r"\{[^{}]*\}", "§", text))
    found = []
    for match in NUMERAL.finditer(text):
        if match["digits"]:
            base = Fraction(re.sub(r"[^\d.]", "", match["digits"]))
            power = int((match["power"] or "1").translate(RAISED))
            others = {1: base, 2: base}.get(power, Fraction(abs(power)))
            found.append((match[0], {base**power, others}))
        elif match["exponent"]:
            found.append((match[0], {abs(Fraction(int(match["exponent"].translate(RAISED))))}))
        else:
            found.append((match[0], {Fraction(WORDS[match["word"].lower()])}))
    return found


def value(node: ast.AST) -> Fraction | None:
    """The number that a piece of code is, if it is made of numbers alone."""
    match node:
        case ast.Constant(value=bool()):
            return None
        case ast.Constant(value=int() | float() as number):
            return Fraction(str(number)) if abs(number) < 1e300 else None
        case ast.UnaryOp(op=ast.USub(), operand=inner):
            found = value(inner)
            return None if found is None else -found
        case ast.BinOp(left=left, op=op, right=right) if type(op) in OPERATIONS:
            a, b = value(left), value(right)
            if a is None or b is None or (b == 0 and isinstance(op, ast.Div)):
                return None
            return OPERATIONS[type(op)](a, b)
        case ast.Call(func=func, args=[first, *rest]) if _last(func) in EXACT:
            a = value(first)
            b = value(rest[0]) if rest else Fraction(1)
            return None if a is None or not b else a / b
    return None


def numbers(node: ast.AST, names: Names, steps: int = STEPS) -> set[Fraction]:
    """The numbers that a piece of code holds, with those of what it names, so many steps away.

    The length of a list that is written out is one of them, and so is the last of a range.
    """
    found: set[Fraction] = set()
    for inner in ast.walk(node):
        number = value(inner)
        if number is not None:
            found |= _shown(number)
        match inner:
            case ast.Constant(value=str() as word):
                found |= _of_a_word(word)
            case ast.Tuple(elts=parts) | ast.List(elts=parts):
                found.add(Fraction(len(parts)))
            case ast.Call(func=ast.Name(id="range"), args=ends):
                found |= {end - 1 for end in map(value, ends) if end is not None}
            case ast.Name(id=name) | ast.Attribute(attr=name) if steps:
                for meaning in names.get(name, ()):
                    found |= numbers(meaning, names, steps - 1)
    return found


def _shown(number: Fraction) -> set[Fraction]:
    """A number, and those by which a text may show it: 0.75 is 3/4."""
    parts = {number.numerator, number.denominator} if number.denominator > 1 else set()
    return {number, abs(number)} | {abs(Fraction(part)) for part in parts}


@cache
def _of_a_word(word: str) -> set[Fraction]:
    """The numbers that a string stands for: a fraction, or the bound that an id names."""
    if re.fullmatch(r"\d+/\d+", word):
        return _shown(Fraction(word))
    bound = next((s.bound for s in statements.all() if s.id == word), None)
    if bound is None:
        return set()
    said = (bound.value, *(term.expression for term in bound.terms))
    return {
        shown
        for expression in said
        for atom in expression.atoms(sp.Rational)
        for shown in _shown(Fraction(int(atom.p), int(atom.q)))
    }


def claims(cells: list[str]) -> Iterator[tuple[str, set[Fraction]]]:
    """Each piece of text of each claim, with the numbers of the code that decides it."""
    names: Names = dict(library())
    for cell in cells:
        for statement in ast.parse(cell).body:
            nested = list(ast.walk(statement))
            for node in nested:
                _learn(node, names, isinstance(statement, ast.Assign))
            for node in nested:
                match node:
                    case ast.Call(func=func, keywords=keywords) if _last(func) != "guide":
                        given = {k.arg: k.value for k in keywords}
                        text = given.pop("text", None)
                        if text is not None:
                            known: set[Fraction] = set()
                            for argument in given.values():
                                known |= numbers(argument, names)
                            for piece in _pieces(text, names):
                                yield piece, known


def _learn(node: ast.AST, names: Names, alone: bool) -> None:
    """Note what a name stands for from here on; in a block, beside what it stood for before."""
    match node:
        case ast.FunctionDef(name=name):
            names[name] = [node]
        case ast.Assign(targets=targets, value=value):
            for name in (n.id for t in targets for n in ast.walk(t) if isinstance(n, ast.Name)):
                names[name] = [value] if alone else [value, *names.get(name, [])]
        case ast.For(target=target, iter=source):
            for name in (n.id for n in ast.walk(target) if isinstance(n, ast.Name)):
                names[name] = [source]


def _pieces(text: ast.expr, names: Names) -> Iterator[str]:
    for source in names.get(text.id, []) if isinstance(text, ast.Name) else [text]:
        for inner in ast.walk(source):
            if isinstance(inner, ast.Constant) and isinstance(inner.value, str):
                yield inner.value


def _last(func: ast.expr) -> str:
    return ast.unparse(func).rpartition(".")[2]


@cache
def library() -> Names:
    """The functions of the book's library, and its constants, by name."""
    found: Names = {}
    for path in sorted((ROOT / "src" / "memorize").rglob("*.py")):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            _learn(node, found, alone=True)
    return found


@cache
def of_chapter(chapter: str) -> list[tuple[str, set[Fraction]]]:
    read = notebooks.read(notebooks.Page(ROOT, chapter))
    return list(claims([cell.source for cell in notebooks.code_cells(read)]))


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_numbers_of_claims_are_in_their_code(chapter: str) -> None:
    loose = [
        (numeral, text)
        for text, known in of_chapter(chapter)
        for numeral, numbers in numerals(text)
        if not numbers & (SMALL | known)
    ]
    assert loose == []


def test_claims_are_found() -> None:
    texts = [text for chapter in CHAPTERS for text, _ in of_chapter(chapter)]
    assert len(texts) > 500
    assert sum(not numbers & SMALL for text in texts for _, numbers in numerals(text)) > 700


@pytest.mark.parametrize(
    ("text", "right"),
    [
        ("7 pairs: x² ≤ {c} y³", True),
        ("seven pairs: x² ≤ {c} y³, n ≤ 40", True),
        ("7 pairs, down to 10⁻³", True),
        ("(9) 7 pairs", True),
        ("8 pairs: x² ≤ {c} y³", False),
        ("eight pairs: x² ≤ {c} y³", False),
        ("7 pairs: x² ≤ {c} y⁴", False),
        ("7 pairs, down to 10⁻⁴", False),
        ("7 pairs, n ≤ 42", False),
    ],
)
def test_a_typed_number_is_held_to_the_code(text: str, right: bool) -> None:
    page = f"""
def holds(x, c):
    return x**2 <= c * CUBES * 10**-3

CUBES = y**3
def run(c):
    return [holds(k, c) for k in range(7)]

claim = ExactRun(text={text!r}, run=run, constants={{"c": 5}}, parameters={{"n": range(41)}})
"""
    for piece, known in claims([page]):
        assert all(numbers & (SMALL | known) for _, numbers in numerals(piece)) is right
