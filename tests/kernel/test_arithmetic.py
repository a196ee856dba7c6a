"""Arithmetic claims: proved by the kernel, refuted by a rational witness, or undecided."""

from __future__ import annotations

from fractions import Fraction

import pytest

from memorize.evidence import Arithmetic
from memorize.kernel import E, Outcome, check, eq, exp, fixed, maximum, random

x, y, c = fixed("x"), fixed("y"), fixed("c")
CLAIM = Arithmetic(
    text="xy ≤ {c}(x² + y²)", goal=x * y <= c * (x**2 + y**2), constants={"c": Fraction(1, 2)}
)


def test_a_constant_is_sharp() -> None:
    evidence = check("means", CLAIM, CLAIM.but(c=Fraction(499, 1000)))
    witness = evidence.control_finding.strict["witness"]
    u, v = Fraction(witness["x"]), Fraction(witness["y"])
    assert u * v > Fraction(499, 1000) * (u**2 + v**2)


def test_a_hypothesis_is_needed() -> None:
    claim = Arithmetic(text="1/x ≤ 1", goal=1 / x <= 1, given=(x >= 1,), hypotheses=("x ≥ 1",))
    weaker = claim.without("x ≥ 1", given=(x >= Fraction(9, 10),))
    assert check("reciprocal", claim, weaker).control_finding.outcome == Outcome.REFUTED


def test_absolute_values_and_maxima() -> None:
    claim = Arithmetic(text="|x| = max(x, −x)", goal=eq(abs(x), maximum(x, -x)))
    assert claim.decide().outcome == Outcome.PROVED
    assert Arithmetic(text="", goal=eq(abs(x), x)).decide().outcome == Outcome.REFUTED


def test_what_is_undefined_is_not_proved() -> None:
    assert Arithmetic(text="", goal=eq(x / x, 1)).decide().outcome == Outcome.UNDECIDED


def test_what_arithmetic_cannot_see_is_undecided() -> None:
    assert Arithmetic(text="", goal=1 + x <= exp(x)).decide().outcome == Outcome.UNDECIDED
    law = random("X")
    assert Arithmetic(text="", goal=E(law) <= 0).decide().outcome == Outcome.UNDECIDED


def test_bad_input_is_named() -> None:
    with pytest.raises(ValueError, match="constants names 'k'"):
        Arithmetic(text="", goal=x <= y, constants={"k": 1})
    with pytest.raises(ValueError, match=r"constants\['x'\] must be an int"):
        Arithmetic(text="", goal=x <= y, constants={"x": 0.5})
    with pytest.raises(ValueError, match="must be relations"):
        Arithmetic(text="", goal=x + y)
