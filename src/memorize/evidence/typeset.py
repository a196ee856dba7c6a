"""The words of a claim as HTML, with what is mathematics in them as LaTeX for MathJax.

Claims are plain text, so that they read well in an error message: ``"‖W‖ ≤ 2(√q + √d)"``. An
author may also mark mathematics with ``$…$``; then nothing else is touched. What this module cannot
translate stays as it was written.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from fractions import Fraction
from html import escape

__all__ = ["typeset"]

_FUNCTIONS = (
    *("arcsin", "arctan", "cosh", "sinh", "tanh", "cos", "sin", "tan"),
    *("exp", "ln", "log", "max", "min", "sup", "inf"),
)
_GREEK = {
    **{"α": "alpha", "β": "beta", "γ": "gamma", "δ": "delta", "ε": "varepsilon", "ζ": "zeta"},
    **{"η": "eta", "θ": "theta", "ι": "iota", "κ": "kappa", "λ": "lambda", "μ": "mu", "ν": "nu"},
    **{"ξ": "xi", "π": "pi", "ρ": "rho", "σ": "sigma", "τ": "tau", "φ": "varphi", "χ": "chi"},
    **{"ψ": "psi", "ω": "omega", "Γ": "Gamma", "Δ": "Delta", "Θ": "Theta", "Λ": "Lambda"},
    **{"Ξ": "Xi", "Π": "Pi", "Σ": "Sigma", "Φ": "Phi", "Ψ": "Psi", "Ω": "Omega", "ϰ": "varkappa"},
    "ϕ": "phi",
}
_SIGNS = {
    **{letter: rf"\{name} " for letter, name in _GREEK.items()},
    **{"≤": r"\le ", "≥": r"\ge ", "≠": r"\ne ", "→": r"\to ", "∈": r"\in ", "∞": r"\infty "},
    **{"−": "-", "×": r"\times ", "·": r"\cdot ", "±": r"\pm ", "…": r"\ldots ", "∫": r"\int "},
    **{"‖": r"\|", "⟨": r"\langle ", "⟩": r"\rangle ", "′": "'", "″": "''", "%": r"\%"},
    **{"∇": r"\nabla ", "∂": r"\partial ", "~": r"\sim ", "†": r"^{\dagger}"},
    **{"⪯": r"\preceq ", "⪰": r"\succeq ", "≽": r"\succeq ", "ℚ": r"\mathbb{Q}"},
    **{"⌈": r"\lceil ", "⌉": r"\rceil ", "⌊": r"\lfloor ", "⌋": r"\rfloor "},
    **{"ℝ": r"\mathbb{R}", "½": r"\tfrac12 ", "ℓ": r"\ell ", "⊤": r"\top ", "⊥": r"\perp "},
    **{"≻": r"\succ ", "∏": r"\prod ", "∘": r"\circ "},
}
_HIGH = dict(zip("⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻ᵀᵈᵏⁿᵖˢᵗˣʸʰᵒ⁽⁾ᐟ", "0123456789+-Tdknpstxyho()/", strict=True))
_LOW = dict(zip("₀₁₂₃₄₅₆₇₈₉ᵢⱼₙ₊₋", "0123456789ijn+-", strict=True))
_ACCENTS = {"\u030c": "check", "\u0304": "bar", "\u0302": "hat", "\u0303": "tilde"}
_BREAKS = ("≤", "≥", "=", "<", ">", "∈", "→", "+", "−", "·")
_OPERATORS = ("sign", "KL", "tk", "erfc", "erf", "rank", "det", "diag", "tr", "Rad")


def typeset(text: str) -> str:
    """``text`` escaped, its mathematics between ``\\(`` and ``\\)``; equal for equal texts."""
    if "$" in text:
        parts = text.split("$")
        if len(parts) % 2 == 0:
            return escape(text)
        return "".join(_math(p) if i % 2 else escape(p) for i, p in enumerate(parts))
    return " ".join(piece for run in _runs(text.split()) for piece in _set(*run))


def _runs(tokens: list[str]) -> Iterator[tuple[bool, list[str]]]:
    """The tokens in runs of words and of mathematics."""
    run: list[str] = []
    kind = False
    for i, token in enumerate(tokens):
        mathematical = not _is_word(token)
        if run and kind and run[-1] in _BREAKS and len(token.strip(",.:;")) == 2:  # B + Cx
            mathematical = True
        inside = bool(run) and kind and _depth(" ".join(run)) > 0
        goes_on = inside or (bool(run) and kind and run[-1] in _BREAKS)
        mathematical |= goes_on and token in _OPERATORS
        if token == "a":  # the article, unless a formula goes on
            before, after = run[-1:], tokens[i + 1 : i + 2]
            mathematical = inside or bool({*before} & {*_BREAKS, *_FUNCTIONS})
            mathematical |= bool({*after} & {*_BREAKS})
        if run and not inside and (mathematical != kind or run[-1][-1] in ",:;"):
            yield kind, run
            run = []
        run, kind = [*run, token], mathematical
    if run:
        yield kind, run


def _is_word(token: str) -> bool:
    core = token.strip("(“”\"'’.,:;)")
    if core in _FUNCTIONS or re.fullmatch("d[a-z]", core):
        return False
    return not core or bool(
        re.fullmatch(r"[A-Za-z’'.-]{2,}", core)
        or re.fullmatch(r"[\w/²-]+-[A-Za-z]{2,}", core)  # a 1/4-net, 1-Lipschitz
        or re.fullmatch(r"\d-\d", core)  # a 0-1 function
        or re.fullmatch(r"\(\d+\)", token)  # the number of a step
        or re.fullmatch(r"[\d.]+%|float\d+|[BFGNTY]\.\w[\w.]*", core)
    )


def _set(mathematical: bool, run: list[str]) -> Iterator[str]:
    """A run as HTML, mathematics in pieces between which a line may break."""
    if not mathematical:
        yield escape(" ".join(run))
        return
    run = _busy(" ".join(run)).split()
    depth, piece, last = 0, "", len(run) - 1
    pieces = []
    for i, token in enumerate(run):
        if piece and depth == 0 and token in _BREAKS and i < last:
            pieces.append(piece)
            piece = ""
        piece = f"{piece} {token}".strip()
        depth = _depth(piece)
    pieces.append(piece)
    for piece in pieces:
        bare = piece.rstrip(",.:;")
        tex = _latex(bare)
        yield (escape(bare) if tex is None else _math(tex)) + escape(piece[len(bare) :])


def _busy(text: str) -> str:
    """Mathematics without the factors 1 and terms 0 that a control would change: 1 · x is x, and
    x + 0 is x."""
    text = re.sub(r"(^|[=≤≥<>∈→+−] )1 ?· ?(?=\d*[^\d\s/.…·])", r"\1", text)
    text = re.sub(r"(?<=\w)·1 ?(?=[A-Za-zα-ωΑ-Ω√‖|(])", " ", text)
    return re.sub(r"(?<=[^=≤≥<>∈→+−·(\s]) [+−] 0(?=[,.:;]?$| [=≤≥<>∈→])", "", text)


def _depth(text: str) -> int:
    """How many brackets and bars are open."""
    level = sum(text.count(c) for c in "([{⟨") - sum(text.count(c) for c in ")]}⟩")
    return level + text.count("‖") % 2 + text.count("|") % 2


def _latex(text: str) -> str | None:
    """The LaTeX of plain mathematics, or ``None`` for what this table does not know."""
    s = re.sub(r"(?<![\^_])\{([^{}]*)\}", r"\\lbrace \1\\rbrace ", text)
    for accent, name in _ACCENTS.items():
        s = re.sub(rf"(\w){accent}", rf"\\{name}{{\1}}", s)
    s = re.sub(r"(?<![\w.])\d{5,}(?![\w.])", lambda m: f"{int(m[0]):,}".replace(",", r"\,"), s)
    factor = r"[A-Za-zα-ωΑ-Ω√∏‖|⟨]|\d+\^|\((?![^()]*[=≤≥<>])"
    s = re.sub(rf"(^|[(=≤≥<>+−⪯⪰] ?)1 (?={factor})", r"\1", s)  # 1 x² is x²
    s = re.sub(r"(?<![\w.,/)])1\^(?:\w+|\([^()]*\)) ?(?=[A-Za-zα-ωΑ-Ω√‖|(])", "", s)  # and 1^m x
    s = re.sub(r"ψ([12p])\b", r"ψ_\1", s).replace("λmax", r"λ_{\max}")
    s = re.sub(r"‖(ψ_[12p])", r"‖_{\1}", s)
    s = re.sub(r"\^1(?![\d./])|\^1(?=/\D)|\^\(1/1\)", "", s)
    for table, sign in ((_HIGH, "^"), (_LOW, "_")):
        for run in set(re.findall(f"[{''.join(table)}]+", s)):
            s = re.sub(
                f"(?<![{''.join(table)}]){run}(?![{''.join(table)}])",
                f"{sign}{{{''.join(table[c] for c in run)}}}",
                s,
            )
    s = s.replace("^{T}", r"^{\top}")
    s = _grouped(s, r"(?:√|sqrt)\(", r"\sqrt{")
    s = _grouped(s, r"\^\(", "^{")
    s = _grouped(s, r"_\(", "_{")
    s = re.sub(r"\bbinom\((\w+), (\w+)\)", r"\\binom{\1}{\2}", s)
    s = re.sub(r"√((?:ln )?\w)", r"\\sqrt{\1}", s)
    s = re.sub(r"([\^_])(-?\w+)", r"\1{\2}", s)
    s = re.sub(r"(\d+)\*?\\sqrt\{(\d+)\}/(\d+)", _root, s)
    s = re.sub(r"^log\((\w+)\)$", r"ln \1", s)
    s = re.sub(r"\blog\((\w+)\)", r"(ln \1)", s)
    s = re.sub(rf"(?<![\\A-Za-z])({'|'.join(_FUNCTIONS)})(?![a-z])", r"\\\1 ", s)
    s = re.sub(r"\\log ", r"\\ln ", s)
    known = "|".join(_OPERATORS)
    s = re.sub(rf"(?<![\\A-Za-z])({known})(?![a-z])", r"\\operatorname{\1}", s)
    s = re.sub(r"(?<![\\A-Za-z{])[a-z]{4,}", r"\\mathrm{\g<0>}", s)  # a word
    s = re.sub(r"\bPr?\(", r"\\Pr(", s)
    s = re.sub(r"(?<![\\A-Za-z{])E(?![a-z])", r"\\mathbb{E}", s)
    s = re.sub(r"\*(?=\d)", r"\\cdot ", s).replace("*", r"\,")
    s = re.sub(r"(\d) (?=\d{3}(?!\d))", r"\1\\,", s)  # 10 000
    s = re.sub(r"(\d) (?=\d)", r"\1\\cdot ", s)  # 11/10 2^(−q)
    s = re.sub(r"(\d) (?=[A-Za-z(‖|α-ωΑ-Ω]|\\(?!exp|ln|log|max|min))", r"\1\\,", s)
    s = "".join(_SIGNS.get(c, c) for c in s)
    if s.startswith(("+ ", "- ")):  # with the space of a sum that goes on, not of a sign
        s = rf"{s[0]}\:{s[1:]}"
    if s.startswith(r"\cdot "):
        s = s.replace(" ", r"\:", 1)
    plain = s.isascii() and s.count("{") == s.count("}") and not re.search(r"[#&~$]", s)
    return s if plain else None


def _grouped(s: str, opening: str, start: str) -> str:
    """The bracket after ``opening`` as a TeX group that begins with ``start``."""
    while match := re.search(opening, s):
        depth, end = 1, match.end()
        while end < len(s) and depth:
            depth += {"(": 1, ")": -1}.get(s[end], 0)
            end += 1
        if depth:
            return s
        s = f"{s[: match.start()]}{start}{s[match.end() : end - 1]}}}{s[end:]}"
    return s


def _root(match: re.Match[str]) -> str:
    """2√6/3 as √(8/3), where that is shorter."""
    a, b, c = map(int, match.groups())
    ratio = Fraction(a * a * b, c * c)
    if max(ratio.numerator, ratio.denominator) < 10:
        return rf"\sqrt{{{ratio}}}"
    return rf"{a}\sqrt{{{b}}}/{c}"


def _math(tex: str) -> str:
    return f'<span class="math notranslate nohighlight">\\({escape(tex)}\\)</span>'
