"""Lengths of the rows after the step: exact laws and moments, declared bounds, bad input."""

from __future__ import annotations

import math

import pytest
import torch
from scipy import stats

from memorize import row_norms as rn
from memorize import statements
from memorize.activations import ABS, ERF, Polynomial, leaky_relu

DOUBLE = torch.float64
D, Q, N, LEVEL = 400, 300, 700, 5.0


def gen(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def declared(id: str, **values: float) -> float:
    bound = statements.get(id).bound
    assert bound is not None
    return float(bound.evaluate(**values).value)


def test_constants_in_closed_form() -> None:
    erf = rn.slopes(ERF)
    assert erf.slope == pytest.approx(2 / math.sqrt(math.pi))
    assert erf.theta == pytest.approx(4 / math.pi / math.sqrt(5), rel=1e-9)
    assert erf.radial == pytest.approx(4 / math.pi / 5**1.5, rel=1e-9)
    assert erf.spread == pytest.approx(4 / math.pi)
    assert rn.slopes(ABS, lowest=1.0) == pytest.approx((1, 1, 1, 0))
    leaky = rn.slopes(leaky_relu(0.2), lowest=0.2)
    assert leaky == pytest.approx((1, 0.52, 0.52, 0.96))


def test_load() -> None:
    assert rn.load(D, Q, N, LEVEL) == pytest.approx(N * LEVEL**2 / (D * Q))


def test_mean_of_the_square_is_that_of_the_law() -> None:
    law = rn.flat_law(0.7, D, 1.5)
    assert rn.square_mean(0.7, D, 1.5**2, 1.5**2) == pytest.approx(float(law.mean()))
    law = rn.flat_law(0.7, D, start=0.0)
    assert rn.square_mean(0.7, D, 1, 1, start=0.0) == pytest.approx(float(law.mean()))
    assert float(law.var()) == pytest.approx(2 * 0.7**2 / D)
    assert rn.square_mean(0.7, D, 1, 1, start=3.0) == pytest.approx(9.7)
    assert float(rn.flat_law(0.7, D, start=3.0).mean()) == pytest.approx(9.7)


def test_deviations_are_the_declared_ones() -> None:
    at = {"d": D, "q": Q, "n": N, "level": LEVEL}
    load, rows = rn.load(D, Q, N, LEVEL), rn.slopes(ERF)
    extra = {"slope": rows.slope, "spread": rows.spread}
    for id, moved in (("G.L11.1", True), ("G.L11.2", False)):
        ell = rn.square_tail(D**-0.5, load, D, N, rows.slope, rows.spread, moved=moved)
        assert 6 * math.exp(-ell) == pytest.approx(declared(id, **at, **extra))
    found = rn.length_deviation(9.0, load, D, N, rows.slope, rows.theta, rows.spread)
    assert found == pytest.approx(declared("B.rows.length", t=9.0, theta=rows.theta, **at, **extra))
    flat = rn.flat_deviation(9.0, load, D, 1.5)
    assert flat == pytest.approx(declared("B.rows.flat", t=9.0, slope=1.5, **at))


@pytest.mark.parametrize("moved", [True, False])
@pytest.mark.parametrize("eps", [1e-6, 0.05, 3.0])
def test_the_exponent_inverts_the_deviation(eps: float, moved: bool) -> None:
    ell = rn.square_tail(eps, 0.4, D, N, 1.2, 1.0, moved=moved)
    assert rn.square_deviation(ell, 0.4, D, N, 1.2, 1.0, moved=moved) == pytest.approx(eps)


@pytest.mark.parametrize("load", [0.01, 1.0, 30.0])
def test_bounds_hold_for_the_exact_law(load: float) -> None:
    law = rn.flat_law(load, D)
    mean, (low, high) = float(law.mean()), rn.length_centre(load, D, 1.0)
    assert 1 <= low <= high == pytest.approx(math.sqrt(1 + load * (D - 1) / D))
    for ell in (3.0, 10.0, 20.0):
        dev = rn.square_deviation(ell, load, D, N, 1.0, 0.0)
        assert law.sf(mean + dev) + law.cdf(mean - dev) <= 6 * math.exp(-ell)
        dev = rn.length_deviation(ell, load, D, N, 1.0, 1.0, 0.0)
        assert law.sf((high + dev) ** 2) + law.cdf(max(0, low - dev) ** 2) <= 6 * math.exp(-ell)
        dev = rn.flat_deviation(ell, load, D)
        assert law.sf((math.sqrt(mean) + dev) ** 2) <= math.exp(-ell)


def test_draws_have_the_exact_law() -> None:
    d, others, factor = 12, 30, 0.05
    found = rn.draw_lengths(20_000, d, others, factor, ABS, gen()).square().numpy()
    law = rn.flat_law(factor**2 * others * d, d)
    assert stats.kstest(found, law.cdf).pvalue > 1e-6


def test_draws_agree_with_the_definition() -> None:
    d, others, factor, n = 6, 5, 0.3, 20_000
    relu = leaky_relu(0.3)
    w = torch.arange(1, d + 1, dtype=DOUBLE)
    w /= w.norm()
    inputs = torch.randn(n, others, d, generator=gen(1), dtype=DOUBLE)
    labels = 2.0 * torch.randint(0, 2, (n, others), generator=gen(2)).to(DOUBLE) - 1
    direct = (w + rn.row_steps(inputs, labels, w, relu, factor)).norm(dim=1)
    drawn = rn.draw_lengths(n, d, others, factor, relu, gen(3), chunk=2 * n)
    assert stats.ks_2samp(direct.numpy(), drawn.numpy()).pvalue > 1e-6
    rows = rn.slopes(relu)
    mean = rn.square_mean(factor**2 * others * d, d, rows.theta, rows.radial)
    error = float(direct.square().std()) / math.sqrt(n)
    assert abs(float(direct.square().mean()) - mean) < 5 * error


def test_one_dimension_has_no_rest() -> None:
    found = rn.draw_lengths(5, 1, 3, 0.1, ABS, gen())
    assert found.shape == (5,)
    inputs = torch.randn(20_000, 3, 1, generator=gen(1), dtype=DOUBLE)
    labels = 2.0 * torch.randint(0, 2, (20_000, 3), generator=gen(2)).to(DOUBLE) - 1
    step = rn.row_steps(inputs, labels, torch.ones(1, dtype=DOUBLE), ABS, 0.4)
    drawn = rn.draw_lengths(20_000, 1, 3, 0.4, ABS, gen(3))
    assert stats.ks_2samp((1 + step).abs()[:, 0].numpy(), drawn.numpy()).pvalue > 1e-6
    assert rn.length_centre(0.4, 1, 1.0) == (1.0, 1.0)


def test_bad_input_is_named() -> None:
    with pytest.raises(ValueError, match="q = 500 must be at most d = 400"):
        rn.load(400, 500, N, LEVEL)
    with pytest.raises(ValueError, match="others"):
        rn.load(D, Q, 0, LEVEL)
    with pytest.raises(ValueError, match="level"):
        rn.load(D, Q, N, 0.0)
    with pytest.raises(ValueError, match="t must"):
        rn.length_deviation(-1.0, 1.0, D, N, 1.0, 1.0, 1.0)
    with pytest.raises(ValueError, match="theta"):
        rn.length_deviation(1.0, 1.0, D, N, 1.0, 0.0, 1.0)
    with pytest.raises(ValueError, match="spread"):
        rn.square_deviation(1.0, 1.0, D, N, 1.0, -1.0)
    with pytest.raises(ValueError, match="eps"):
        rn.square_tail(-1.0, 1.0, D, N, 1.0, 1.0)
    with pytest.raises(ValueError, match="start"):
        rn.flat_law(1.0, D, start=-1.0)
    with pytest.raises(ValueError, match="sup"):
        rn.slopes(Polynomial("square", (0.0, 0.0, 0.5)))
    with pytest.raises(ValueError, match="lowest"):
        rn.slopes(ABS, lowest=2.0)
    with pytest.raises(ValueError, match="labels"):
        rn.row_steps(torch.zeros(2, 3, 4), torch.zeros(2, 4), torch.zeros(4), ABS, 1.0)
    with pytest.raises(ValueError, match="draws must be"):
        rn.draw_lengths(0, D, N, 0.1, ABS, gen())
