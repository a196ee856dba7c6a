"""memorize.sums: bounds on sums, and exact tails by convolution."""

import math

import numpy as np
import pytest
import torch
from scipy import stats

from memorize import orlicz, sums

ONES = torch.ones(10, dtype=torch.float64)


def test_signs_give_the_classical_form_of_hoeffding() -> None:
    # ‖±1‖ψ2 = 1/√ln 2, so that the bound is 2 exp(−t²/(2n))
    norms = orlicz.constant_norm(1, 2) * ONES
    t = torch.tensor([0.0, 1.0, 7.5], dtype=torch.float64)
    expected = 2 * torch.exp(-(t**2) / 20)
    assert torch.allclose(sums.hoeffding_tail(t, norms), expected)
    assert sums.hoeffding_norm(norms) == pytest.approx(math.sqrt(8 / 3 * 10))


def test_the_quantile_inverts_the_tail() -> None:
    t = sums.hoeffding_quantile(1e-3, 2 * ONES)
    found = sums.hoeffding_tail(torch.tensor(t, dtype=torch.float64), 2 * ONES)
    assert float(found) == pytest.approx(1e-3)


def test_bernstein_is_below_its_two_regimes_and_continuous() -> None:
    norms = torch.tensor([1.0, 2.0, 0.5], dtype=torch.float64)
    t = torch.linspace(0, 60, 5001, dtype=torch.float64)
    bound = sums.bernstein_tail(t, norms)
    squares, top = 5.25, 2.0
    assert bool((bound <= 2 * torch.exp(-0.49 * torch.minimum(t**2 / squares, t / top))).all())
    assert float(bound.diff().abs().max()) < 0.02


def test_sums_of_signs_are_binomial() -> None:
    signs = sums.LatticeLaw(-1, np.array([0.5, 0.0, 0.5]))
    law = signs.total(101)
    t = np.arange(1.0, 102.0, 2)
    exact = 2 * stats.binom(101, 0.5).sf((101 + t) / 2 - 1)
    assert np.allclose(law.tail(t), exact, rtol=1e-11, atol=0)


def test_rounding_up_and_down_brackets_a_gamma_tail() -> None:
    law = stats.expon()
    t = np.array([5.0, 12.0, 25.0])
    exact = stats.gamma(4).sf(t)
    for up in (False, True):
        found = sums.rounded(law.cdf, 0, 40, 1 / 64, up=up).total(4).upper_tail(t)
        assert ((found >= exact) if up else (found <= exact)).all()
        assert np.allclose(found, exact, rtol=0.1)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: sums.hoeffding_norm(torch.zeros(0)), "norms"),
        (lambda: sums.hoeffding_norm(torch.tensor([1.0, -1.0])), "norms"),
        (lambda: sums.hoeffding_tail(torch.tensor(-1.0), ONES), "t must"),
        (lambda: sums.bernstein_tail(torch.tensor(float("nan")), ONES), "t"),
        (lambda: sums.hoeffding_quantile(1.0, ONES), "delta"),
        (lambda: sums.LatticeLaw(0, np.array([0.5, 0.4])), "add up"),
        (lambda: sums.LatticeLaw(0, np.array([1.5, -0.5])), "probabilities"),
        (lambda: sums.LatticeLaw(0, np.array([1.0])).total(0), "n"),
        (
            lambda: sums.LatticeLaw(0, np.array([1.0])) + sums.LatticeLaw(0, np.array([1.0]), 0.5),
            "step",
        ),
        (lambda: sums.rounded(stats.norm.cdf, 1, 0, 0.1, up=True), "low"),
    ],
)
def test_bad_input_is_named(call, message) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(ValueError, match=message):
        call()
