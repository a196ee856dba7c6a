"""Outputs before the first step: bounds against each other, the exact law against others."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from scipy import special, stats

from memorize import outputs
from memorize.networks import balanced_signs


def at(*t: float) -> torch.Tensor:
    return torch.tensor(t, dtype=torch.float64)


def test_imbalance() -> None:
    assert outputs.imbalance(balanced_signs(6)) == 0
    assert outputs.imbalance(-torch.ones(9)) == 3


def test_where_the_bounds_of_lemma_6_begin() -> None:
    """m = d², δ = 1/d, s = 1, A = 0: below ln d from 505 on, and activity from 404 on."""
    for first, level in ((505, outputs.largest_output), (404, outputs.level_for_activity)):
        assert level(first**2, 1 / first, slope=1) < math.log(first)
        assert level((first - 1) ** 2, 1 / (first - 1), slope=1) > math.log(first - 1)


def test_the_mean_is_added() -> None:
    bare = outputs.largest_output(10, 0.1, slope=2)
    assert outputs.largest_output(10, 0.1, slope=2, mean=-0.5, imbalance=3) == bare + 1.5
    assert outputs.level_for_activity(20, 0.1, slope=2) == pytest.approx(bare)


def test_moment_generating_function_against_quadrature() -> None:
    """Two neurons with |t|: (E exp(u|ξ|))(E exp(−u|ξ|)), u = μ/√2."""
    x, w = special.roots_legendre(200)
    x, w = 15 * x + 15, 15 * w
    for mu in (-2.0, 0.0, 0.7, 3.0):
        u = mu / math.sqrt(2)
        sides = [float(w @ (2 * stats.norm.pdf(x) * np.exp(e * u * x))) for e in (1, -1)]
        assert outputs.even_chernoff(mu, 2, 1) == pytest.approx(math.log(sides[0] * sides[1]))
    assert outputs.even_chernoff(3.0, 5, 0, slope=2) == 18
    assert math.isfinite(outputs.even_chernoff(1e3, 2, 1))


@pytest.mark.parametrize("q", [4, 6, 16, 250])
def test_exact_law_stays_below_the_bounds(q: int) -> None:
    t = np.linspace(0, 6, 61)
    exact = 2 * (1 - outputs.abs_cdf(t, q))
    assert bool((exact <= outputs.even_tail(at(*t), q).numpy() + 1e-13).all())
    for x, tail in zip(t, exact, strict=True):
        chernoff = min(
            math.exp(outputs.even_chernoff(mu, q, q // 2) - mu * x) for mu in np.linspace(0, 12, 49)
        )
        assert tail / 2 <= chernoff + 1e-13


def test_exact_law_of_four_neurons() -> None:
    """It is a convolution of the law of two, whose density is 4φ(x)(1 − Φ(|x|))."""
    x = np.linspace(-12, 12, 100_001)
    density = 4 * stats.norm.pdf(x) * stats.norm.sf(np.abs(x))
    for t in (-1.0, 0.0, 0.5, 2.0):
        rest = math.sqrt(2) * t - x
        side = 2 * stats.norm.sf(np.abs(rest)) ** 2
        wanted = np.trapezoid(density * np.where(rest < 0, side, 1 - side), x)
        assert outputs.abs_cdf(np.array([t]), 4)[0] == pytest.approx(wanted, abs=1e-8)


def test_many_neurons_are_normal_with_variance_1_minus_2_over_pi() -> None:
    t = np.linspace(-2, 2, 9)
    normal = stats.norm.cdf(t / math.sqrt(1 - 2 / math.pi))
    assert outputs.abs_cdf(t, 4000) == pytest.approx(normal, abs=1e-4)
    assert outputs.abs_cdf(np.array([-math.inf, math.inf]), 8) == pytest.approx([0, 1], abs=1e-12)


@pytest.mark.parametrize("imbalance", [0.0, 1.0, 8.0])
def test_even_activations_never_do_worse_than_lemma_6(imbalance: float) -> None:
    t = torch.linspace(0, 9, 50, dtype=torch.float64)
    general = 2 * torch.exp(-t.square() / 2)
    assert bool((outputs.even_tail(t, 64, imbalance=imbalance) <= general * (1 + 1e-12)).all())
    scaled = outputs.even_tail(3 * t, 64, slope=3, imbalance=imbalance)
    torch.testing.assert_close(scaled, outputs.even_tail(t, 64, imbalance=imbalance))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: outputs.imbalance(torch.zeros(3)), "signs must be"),
        (lambda: outputs.largest_output(0, 0.1, slope=1), "m must be an integer of at least 1"),
        (lambda: outputs.largest_output(3, 1.0, slope=1), r"delta must lie in \(0, 1\)"),
        (lambda: outputs.level_for_activity(3, 0.1, slope=-1), "slope must be at least 0"),
        (lambda: outputs.even_chernoff(1, 5, 3), r"2 \* pairs = 6 must be at most q = 5"),
        (lambda: outputs.even_tail(at(-1), 5), "t must be at least 0"),
        (lambda: outputs.even_tail(at(1), 4, imbalance=2.1), "imbalance must be at most √q = 2"),
        (lambda: outputs.abs_cdf(np.zeros(1), 5), "q must be even and at least 4, got 5"),
        (lambda: outputs.abs_cdf(np.zeros(1), 2), "q must be even and at least 4, got 2"),
    ],
)
def test_bad_input(call: Callable[[], Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()
