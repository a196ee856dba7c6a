"""Formulas as HTML in pieces between which a line may end: before the relation sign, between the
terms of a sum, between long factors, and inside the brackets of what is wide.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from html import escape

from memorize.kernel.latex import bare, latex
from memorize.kernel.terms import Term

__all__ = ["SIGN", "broken", "inline", "pieces", "spaced"]

SIGN = {"le": r"\le", "lt": "<", "eq": "="}

WIDE = 30
"""From so many glyphs on a part is broken inside its brackets: they fill a line on a phone."""

FACTOR = 8
"""Between factors of so many glyphs a line may end; shorter ones stay with what they multiply."""


def broken(formula: Term) -> str:
    """A formula as HTML that may be broken."""
    inner, start = formula, ""
    while inner.op == "every":
        start += rf"\forall {', '.join(map(latex, inner.data))}\colon\ "
        inner = inner.args[0]
    first, *rest = _relation(inner)
    return spaced([start + first, *rest])


def pieces(t: Term) -> list[str]:
    """The LaTeX of a term in pieces; together they are the term, but for the size of brackets."""
    t = bare(t)
    tex, a = latex(t), t.args
    if t.op in ("add", "sub"):
        rest = tex.removeprefix(latex(a[0])).strip()
        first, *more = _part(rest[1:].strip(), a[1])
        return [*pieces(a[0]), rf"{rest[0]}\:{first}", *more]
    if _glyphs(tex) < WIDE:
        return [tex]
    match t.op:
        case "mul" | "apply":
            return _product(tex, a[0], a[1])
        case "div" if a[0].sort == "R":
            return _quotient(tex, a[0], a[1])
        case "E" if a[0].op == "ind":
            return _between(tex, r"\Pr", "()", _relation(a[0].args[0]))
        case "E":
            laws = ",".join(map(latex, t.data))
            return _between(tex, rf"\mathbb{{E}}_{{{laws}}}", "[]", pieces(a[0]))
        case "ind":
            return _between(tex, r"\mathbf{1}", (r"\{", r"\}"), _relation(a[0]))
        case "pow":
            return _between(tex, "", "()", pieces(a[0]), f"^{{{t.data}}}")
        case "exp":
            return _between(tex, r"\exp", "()", pieces(a[0]))
        case "abs":
            return _between(tex, "", "||", pieces(a[0]))
        case "app":
            return _arguments(f"{t.data.latex}(", a, ")")
        case "mean" | "sup" | "log":
            for part in (latex(a[0]), rf"\left({latex(a[0])}\right)"):
                if tex.endswith(part):
                    first, *more = _part(part, a[0])
                    return [tex.removesuffix(part) + first, *more]
    return [tex]


def spaced(parts: Sequence[str]) -> str:
    """Pieces of LaTeX as HTML; a line may end between any two."""
    return " ".join(map(inline, parts))


def inline(tex: str) -> str:
    """LaTeX as HTML for MathJax, within a line."""
    return f'<span class="math notranslate nohighlight">\\({escape(tex)}\\)</span>'


def _relation(formula: Term) -> list[str]:
    if formula.op not in SIGN:
        return [latex(formula)]
    left, right = formula.args
    first, *rest = pieces(right)
    return [*pieces(left), f"{SIGN[formula.op]} {first}", *rest]


def _part(tex: str, t: Term) -> list[str]:
    """A part of a formula, which latex() may have put in brackets."""
    if tex == latex(t):
        return pieces(t)
    if tex == rf"\left({latex(t)}\right)" and _glyphs(tex) >= WIDE:
        return _between(tex, "", "()", pieces(t))
    return [tex]


def _between(
    tex: str, name: str, brackets: Sequence[str], inside: list[str], power: str = ""
) -> list[str]:
    """``inside`` in brackets, of one size on all its lines; ``tex`` if there is nothing to break,
    or if it isn't of that form."""
    left, right = brackets
    if len(inside) == 1 or not tex.startswith(rf"{name}\left{left}"):
        return [tex]
    size = "Big" if re.search(r"frac|\\sum|\\sup|\\left", "".join(inside)) else "big"
    inside[0] = rf"{name}\{size}l{left}{inside[0]}"
    inside[-1] = rf"{inside[-1]}\{size}r{right}{power}"
    return inside


def _product(tex: str, a: Term, b: Term) -> list[str]:
    for left in (latex(a), rf"\left({latex(a)}\right)"):
        for right in (latex(b), rf"\left({latex(b)}\right)"):
            sign = tex.removeprefix(left).removesuffix(right)
            if left + sign + right == tex and sign.strip() in ("", r"\cdot"):
                before = [left] if a.op == "div" else _part(left, a)
                after = _part(right, b)
                if min(_glyphs(before[-1]), _glyphs(after[0])) >= FACTOR:
                    return [*before, sign.strip() + " " * bool(sign) + after[0], *after[1:]]
                return [*before[:-1], before[-1] + sign + after[0], *after[1:]]
    return [tex]


def _quotient(tex: str, above: Term, below: Term) -> list[str]:
    """A wide numerator before a stroke."""
    inside = pieces(above)
    if len(inside) == 1:
        return [tex]
    if above.op in ("add", "sub", "neg"):
        inside[0], inside[-1] = rf"\Bigl({inside[0]}", rf"{inside[-1]}\Bigr)"
    under = latex(below)
    inside[-1] += rf"\Big/{under if below.op in ('num', 'var', 'pow') else f'({under})'}"
    return inside


def _arguments(start: str, args: Sequence[Term], end: str) -> list[str]:
    shown = [start]
    for i, t in enumerate(args):
        first, *rest = pieces(t)
        if i:
            shown[-1] += ","
            shown.append(first)
        else:
            shown[-1] += first
        shown += rest
    shown[-1] += end
    return shown


def _glyphs(tex: str) -> int:
    """About how many characters the formula shows."""
    shown = re.sub(r"\\(?:left|right|[Bb]ig[lr]|mathbb|mathbf|t?frac|operatorname)\b", "", tex)
    return len(re.sub(r"[{}_^\s]", "", re.sub(r"\\(?:[A-Za-z]+|.)", "x", shown)))
