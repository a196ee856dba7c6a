"""The formulas in the boxes of the chapter on polynomials, against the library."""

from __future__ import annotations

import math

import pytest
from reading import between, value

from memorize import polynomials as P
from memorize import statements


def declared(id: str, **values: float) -> float:
    """The declared bound of ``id``."""
    bound = statements.get(id).bound
    assert bound is not None
    return float(bound.evaluate(**values).value)


def test_the_theorem_s_sizes() -> None:
    at = {"L": 1.5, "R": 2.0, "d": 7.0, r"\varepsilon": 0.3, "c": 6.0, "l": 2.0}
    at |= {r"\binom{2l}l": 6.0}
    inverse = value(between("N.T6", r"\frac1{\mathrm{tk}_c}=", r"\le\sqrt2"), at)
    assert inverse == pytest.approx(P.inverse_coefficient(6))
    wider = value(r"\sqrt2" + between("N.T6", r"\le\sqrt2", "},") + "}", at)
    sizes = P.learning_sizes(6, 1.2, 7, 0.3, R=2.0, L=1.5)
    at |= {"M": sizes.M, "T": float(sizes.T), "q": float(sizes.q)}
    assert math.ceil(value(between("N.T6", r"T=\Bigl\lceil", r"\Bigr\rceil"), at)) == sizes.T
    assert math.ceil(value(between("N.T6", r"q=\Bigl\lceil", r"\Bigr\rceil"), at)) == sizes.q
    assert value(between("N.T6", r"\eta=", ",$$").strip(), at) == pytest.approx(sizes.eta)
    excess = value(between("N.T6", r"that $\eta$, it has $", "$"), at)
    found = declared("N.T6", M_P=1.2, c=6, T=sizes.T, q=sizes.q, d=7, R=2, L=1.5)
    assert excess * math.sqrt(wider / inverse) == pytest.approx(found)


def test_the_norms() -> None:
    for n, latex in ((1, "4"), (2, r"2\pi"), (4, r"12\pi"), (6, r"\tfrac{80}3\pi")):
        told = value(between("B.T6.series", rf"\frac1{{\mathrm{{tk}}_{n}}}=", r",").strip(), {})
        assert told == value(latex, {})
        assert told == pytest.approx(4.0 if n == 1 else P.inverse_coefficient(n))
    d, m = 5, 4
    at = {"d": float(d), "m": float(m), "B": 2.0, r"\mathbb E\|g\|": P.mean_length(d)}
    ratio = float(P.ramp_ratio(m + 2, d) / P.ramp_ratio(m, d))
    assert value(between("B.T6.sphere", "r_{m+2}=", r"\,r_m"), at) == pytest.approx(ratio)
    first = value(between("B.T6.sphere", r"r_1=", r",\qquad"), at)
    zero = value(between("B.T6.sphere", r"r_0=", r",\qquad"), at)
    for degree, r in ((1, first), (4, zero * float(P.ramp_ratio(4, d)))):
        box = "r" + between("B.T6.sphere", r"\lambda_m=r", ",$$")
        told = value(box, {**at, "m": float(degree), "r_m": r})
        assert told == pytest.approx(P.eigenvalue(degree, d, B=2.0))
    lower = value(between("B.T6.one", ",\\qquad\n", r"\le\bigl"), at)
    assert math.sqrt(2 * math.pi * lower) == pytest.approx(declared("B.T6.one", d=d))


def test_the_lower_bounds() -> None:
    at = {"d": 10_000.0, "M": 8.0, "m": 400.0, r"\varepsilon": 0.1, "N": 30.0, "n": 45.0}
    overlap = value(between("B.T6.fails", r"\mathbb E\|g\|\le", "$."), at)
    assert 1 - 10 * overlap == pytest.approx(declared("B.T6.fails", d=10_000, t=10))
    few = value(between("B.T6.neurons", r"-1|\ge", " .$$"), at)
    assert few == pytest.approx(P.constant_floor(30, 10_000))
    enough = value(between("B.T6.neurons", r"needs $N\ge", "$ or"), at)
    assert math.sqrt(math.pi / (2 * enough)) / 5 == pytest.approx(0.1)  # at N ≤ (d − 2)/2
    floor = value(r"\min" + between("B.lower.samples", r"\min", ".$$"), at)
    assert floor == pytest.approx(P.excess_floor(8.0, 400))
    needed = value(between("B.lower.samples", r"needs $m\ge", "$"), at)
    assert P.excess_floor(8.0, round(needed)) == pytest.approx(0.1)
    share = value(between("N.lower.M", r"\ge1-", " .$$"), at)
    assert 1 - share == pytest.approx(P.linear_floor(30, 45))
    at |= {"R": 1.5, "C": 2.0, "L": 3.0}
    told = value(between("B.lower.zero", r"\mathcal L_{\mathcal D}(f)+", "$$"), at)
    assert told == pytest.approx(declared("B.lower.zero", M=8, d=10_000, R=1.5, C=2, L=3))
    square = value(between("B.lower.zero", r"f(x)^2\le", r",\qquad"), at)
    assert 3 * math.sqrt(square) == pytest.approx(told)
