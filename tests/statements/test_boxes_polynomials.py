"""The formulas in the boxes of the chapter on polynomials, against the library."""

from __future__ import annotations

import math

import pytest
import torch
from reading import between, value

from memorize import polynomials as P
from memorize import sgd, statements
from memorize.activations import RELU
from memorize.kernels import hidden_kernel
from memorize.losses import ABSOLUTE


def declared(id: str, **values: float) -> float:
    """The declared bound of ``id``."""
    bound = statements.get(id).bound
    assert bound is not None
    return float(bound.evaluate(**values).value)


def trivial(id: str, **values: float) -> float:
    """What the declared bound of ``id`` says is known without it."""
    bound = statements.get(id).bound
    assert bound is not None
    return float(bound.evaluate(**values).trivial)


def test_the_theorem_s_sizes() -> None:
    at = {"L": 1.5, "R": 2.0, "d": 7.0, r"\varepsilon": 0.3, "c": 6.0}
    at["l"] = value(between("N.T6", r"\quad l=", " .$$"), at)
    at |= {r"\binom{2l}l": 6.0}
    inverse = value(between("N.T6", r"\frac1{\mathrm{tk}_c}=", r"\le\sqrt2"), at)
    assert inverse == pytest.approx(P.inverse_coefficient(6))
    wider = value(r"\sqrt2" + between("N.T6", r"\le\sqrt2", "},") + "}", at)
    sizes = P.learning_sizes(6, 1.2, 7, 0.3, R=2.0, L=1.5)
    at |= {r"M_{\mathcal P}": 1.2, r"\mathrm{tk}_c": float(1 / P.inverse_coefficient(6))}
    assert value(between("N.T6", "$$M^2=", r",\qquad"), at) == pytest.approx(sizes.M**2)
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


def test_what_is_known_without_the_theorem() -> None:
    """The loss of 0 (B.lower.zero) at the bound on the norm that the bound itself takes."""
    at: dict[str, float] = {"M_P": 1.2, "c": 6, "R": 2, "L": 1.5, "d": 7}
    norm = declared("N.T6", **at, T=1, q=10**9) / 1.5  # training for one step leaves L times it
    assert trivial("N.T6", **at, T=1, q=9) == pytest.approx(
        declared("B.lower.zero", M=norm, d=7, R=2, C=1, L=1.5), rel=1e-4
    )
    # At R = √d, the most there is, the inputs are one line, and the bound is what is always known.
    assert trivial("B.lower.zero", M=8, d=100, R=10, C=2, L=3) == pytest.approx(
        declared("B.lower.zero", M=8, d=100, R=10, C=2, L=3)
    )
    at_one_point = float(hidden_kernel(RELU).gram(torch.ones(1, 1, dtype=torch.float64)))
    assert trivial("B.T6.one", d=5) == pytest.approx(1 / math.sqrt(at_one_point))


def said(id: str, field: str, start: str, end: str) -> str:
    """What stands in another field of a statement between ``start`` and ``end``."""
    _, found, after = getattr(statements.get(id), field).partition(start)
    assert found, f"{id} does not have {start}"
    return str(after.partition(end)[0])


def test_the_counterexample_with_a_constant() -> None:
    q = 30
    d = round(
        value(said("N.T6", "counterexample", r"$\sqrt\pi/(10\sqrt q)$ if $", r"\le"), {"q": q})
    )
    floor = said("N.T6", "counterexample", "have loss at least $", "$")
    assert value(floor, {"q": q}) == pytest.approx(P.constant_floor(2 * q, d + 2))
    hinge = said("N.T6", "counterexample", "its loss is at least $", "$")
    assert value(hinge, {"T": 10.0, "d": 1e4}) == pytest.approx(
        declared("B.T6.fails", t=10, d=10_000)
    )
    norm = value(said("N.T6", "changed", "is not $O(1)$ but $", "$"), {"d": 1e6})
    assert norm == pytest.approx(math.sqrt(P.norm_squared({(0,): 1}, 10**6).value), rel=1e-6)


def test_the_norm_of_a_constant() -> None:
    d = 5
    at = {"d": 5.0, r"\mathbb E\|g\|": P.mean_length(d)}
    at |= {r"\Gamma(\frac{d+1}2)": math.gamma(3), r"\Gamma(\frac d2)": math.gamma(2.5)}
    norm = math.sqrt(P.norm_squared({(0,): 1}, d).value)
    for start, end in (
        (r"\|1\|_{\mathrm{tk}^h}=", "\n"), ("\n=", r",\qquad"), ("least norm is $", r"\;\omega")
    ):  # fmt: skip
        assert value(between("B.T6.one", start, end), at) == pytest.approx(norm)
    lower = value(between("B.T6.one", ",\\qquad\n", r"\le\bigl"), at)
    upper = value(between("B.T6.one", r"\bigr)^2\le ", " .$$"), at)
    assert lower < P.mean_length(d) ** 2 < upper < lower + 1


def test_the_failure_on_a_constant() -> None:
    """All inputs at one point, where all gates are open, and labels out of reach: h = ηt."""
    steps = 7
    edge = value(between("B.T6.fails", r"equality for $\eta t\le", "$"), {})
    x = torch.tensor([[2.0, 0, 0, 0]], dtype=torch.float64) / 2
    model = sgd.Features.random(RELU, torch.ones(1, 3, 4, dtype=torch.float64))
    state = sgd.train(
        model, ABSOLUTE, lambda t: (x, torch.full((1,), 99.0, dtype=torch.float64)),
        eta=edge / steps, steps=steps,
    )  # fmt: skip
    h = float(sgd.predict(model, state.weights, x))
    assert h == pytest.approx(1)  # up to there the hinge loss is 1 − h
    at = {r"\eta": edge / steps, "t": 7.0, "L": 1.0, "R": 2.0, "d": 4.0}  # a line has R = √d
    assert value(between("B.T6.fails", r"\mathbb E|h(x)|\le", ".$$"), at) == pytest.approx(h)


def test_the_rates_of_the_failure() -> None:
    at = {r"\mathbb E\|g\|": P.mean_length(3), "t": 1.0, r"\eta": 0.5}
    # On the sphere of ℝ³ a coordinate is uniform on [−1, 1], and its mean size ½.
    overlap = value(between("B.T6.fails", r"where $\mathbb E|x_1|=", r"\le"), at)
    assert overlap == pytest.approx(1 / 2)
    at[r"\|1\|^2_{\mathrm{tk}^h}"] = P.norm_squared({(0,): 1}, 3).value
    box = r"\frac" + between("B.T6.fails", r"(1-h(x))_+\ge1-\frac", ",$$")
    assert value(box, at) == pytest.approx(0.5 * (overlap / 2) ** 2)  # E max(x₁, 0) = E|x₁|/2
    half = value(between("B.T6.fails", r"\text{while}\quad", ",$$").split(r"\le")[1], {})
    # of 1 − ztν and ½(1 + z(1 − 2tν)) the second must not fall with z
    assert 1 - 2 * half == 0
    bound = statements.get("B.T6.fails").bound
    assert bound is not None
    for t in range(60, 66):
        found = bound.evaluate(t=t, d=10_000)
        expected = 1 - t * found.terms["overlap"] if t * found.terms["overlap"] <= half else 0
        assert found.value == pytest.approx(expected)


def test_how_many_neurons_a_constant_needs() -> None:
    at = {"d": 102.0}
    edge = value(between("B.T6.neurons", "$N>", "$"), at)
    enough = value(between("B.T6.neurons", r"needs $N\ge", "$ or"), {r"\varepsilon": 0.1}) * 0.01
    assert P.constant_floor(round(edge), 102) == pytest.approx(math.sqrt(enough / edge))
    most = round(value(between("B.T6.neurons", r"$1\le N<", "$"), at))
    assert P.constant_floor(most - 1, 102) > 0
    with pytest.raises(ValueError, match="N must be below"):
        P.constant_floor(most, 102)
    share = value(between("B.T6.odd", "Then $", "(h(x)"), {})
    assert share * (3 - -3) == 3  # the odd part of what is odd is itself


def test_what_any_network_needs() -> None:
    for c, d in ((2, 9), (4, 10), (6, 6)):
        at = {"c": float(c), "d": float(d)}
        at[r"M_{\mathcal P}"] = value(between("N.lower.M", r"$M_{\mathcal P}=", "$"), at)
        least = value(between("N.lower.M", r"$n=\binom dc\ge ", "$"), at)
        assert least <= math.comb(d, c) * (1 + 1e-12)
        assert (least == pytest.approx(math.comb(d, c))) == (c == d)
        assert declared("N.lower.M", N=3, d=d, c=c) == pytest.approx(1 - 3 / least)
    box = between("N.lower.M", r"K\ge ", " .$$").replace(r"\log_2\frac1\varepsilon", "b")
    told = value(box, {"n": 45.0, "b": -math.log2(0.1)})
    assert 2**told * 0.1**45 == pytest.approx(1)  # so many balls have the volume of the unit ball


def test_the_sizes_of_the_lower_bounds() -> None:
    sizes = P.learning_sizes(4, 3.0, 9, 0.1)
    at = {"M": 3.0, r"\varepsilon": 0.1, r"\mathrm{tk}_c": 1 / P.inverse_coefficient(4)}
    uses = value(between("B.lower.samples", "$L=R=1$ uses $", "$"), at)
    assert math.ceil(uses) == sizes.T
    assert value(between("B.lower.samples", "norm at most $M=", "$"), {"d": 9.0}) == math.hypot(
        *[1] * 9
    )
    most = value(between("B.lower.samples", r"excess of $\varepsilon<", "$"), {})
    assert most == P.excess_floor(100, 1) == declared("B.lower.samples", M=100, m=1)
    at = {"L": 3.0, "R": 1.5, "C": 2.0, "M": 8.0, r"\varepsilon": 0.5}
    enough = value(between("B.lower.zero", r"For $d\ge", "$"), at)
    assert declared("B.lower.zero", M=8, d=round(enough), R=1.5, C=2, L=3) == pytest.approx(0.5)
