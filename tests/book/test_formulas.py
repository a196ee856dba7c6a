"""Formulas in pieces: nothing is lost, and what is wide can be broken."""

from __future__ import annotations

import re

import pytest

from memorize import statements
from memorize.book.formulas import WIDE, broken, pieces
from memorize.kernel.latex import latex
from memorize.kernel.terms import E, Term, fixed, function, number, random

K, L, X, Y = fixed("K"), fixed("L"), random("X"), random("Y")
f = function("f")
long = fixed("K", r"K_{\mathrm{the\,longest\,name\,of\,all}}")


def formulas() -> list[Term]:
    """All hypotheses and conclusions that the book declares."""
    declared = [q for s in statements.all() for q in s.formal]
    return [formula for q in declared for formula in (*q.hypotheses, q.conclusion)]


def plain(tex: str) -> str:
    """LaTeX without spaces and without the sizes of its brackets."""
    return re.sub(r"\\left|\\right|\\[Bb]ig[lr]|\\:|\s", "", tex)


def in_pieces(html: str) -> list[str]:
    found = re.findall(r"\\\((.*?)\\\)</span>", html)
    return [p.replace("&lt;", "<").replace("&#x27;", "'").replace("&gt;", ">") for p in found]


def test_the_pieces_of_every_declared_formula_are_the_formula() -> None:
    """Quotients apart, which may be written with a stroke."""
    checked = 0
    for formula in formulas():
        parts = in_pieces(broken(formula))
        if not any(r"\Big/" in part for part in parts):
            assert plain("".join(parts)) == plain(latex(formula))
            checked += 1
        for part in parts:
            assert part.count("{") == part.count("}")
            assert part.count(r"\left") == part.count(r"\right")
    assert checked > 100


def test_no_declared_formula_has_a_piece_much_wider_than_a_phone() -> None:
    widest = max(
        (len(re.sub(r"\\[A-Za-z]+|[{}_^\s\\]", "", part)), part)
        for formula in formulas()
        for part in in_pieces(broken(formula))
    )
    assert widest[0] < 2.5 * WIDE, widest


@pytest.mark.parametrize(
    ("term", "parts"),
    [
        (K - L + 1, ["K", r"-\: L", r"+\: 1"]),
        (K * (L + 1), [r"K\left(L + 1\right)"]),
        (E(f(X) * long - Y), None),
        ((long + long) ** 2, None),
        (abs(long - long), None),
        ((long + long) / L, None),
        (long * (long + long), None),
    ],
)
def test_short_parts_stay_whole_and_wide_ones_are_broken(
    term: Term, parts: list[str] | None
) -> None:
    if parts is None:
        assert len(pieces(term)) > 1
        assert len(pieces(number(1) * term)) >= len(pieces(term))
    else:
        assert [p.replace(r"\:", r"\: ") for p in pieces(term)] == parts


def test_a_wide_quotient_keeps_its_brackets() -> None:
    above, below = long - long, K * L
    assert plain("".join(pieces(above / below))) == plain(rf"({latex(above)})\Big/(KL)")
    factor = pieces((long - long) / L * long)
    assert r"\frac" in factor[0]  # left of a factor the bar stays
