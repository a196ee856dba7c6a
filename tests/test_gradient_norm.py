"""The gradient's norm: its bounds, their inverses, draws, and errors."""

from __future__ import annotations

import math

import pytest
import torch
from scipy import integrate, optimize

from memorize import gradient_norm as gn
from memorize import runtime
from memorize.activations import ABS

SIZES = (16, 32, 4000, 3.5)


def generator() -> torch.Generator:
    return runtime.generator("test_gradient_norm", seed=0)


@pytest.mark.parametrize("examples", [1, 50, 400, 100_000])
@pytest.mark.parametrize("ell", [0.5, 10.0])
def test_probabilities_invert_thresholds(examples: int, ell: float) -> None:
    for bound, log_probability in (
        (gn.gradient_norm_bound, gn.gradient_norm_log_probability),
        (gn.net_bound, gn.net_log_probability),
    ):
        T = bound(16, 32, examples, 3.5, ell, 2.0)
        assert log_probability(T, 16, 32, examples, 3.5, 2.0) == pytest.approx(-ell)
        assert log_probability(0.0, 16, 32, examples, 3.5, 2.0) == 0.0


def test_the_bound_for_many_examples_is_in_terms_of_kappa() -> None:
    q, d, n, level = SIZES
    kappa = n * level**2 / (d * q)
    exponent = (q + d) * math.log(2) + 3
    assert n >= 9 * exponent
    expected = 32 / 9 * math.sqrt(kappa * exponent / d)
    assert gn.gradient_norm_bound(*SIZES, 3.0) == pytest.approx(expected)


@pytest.mark.parametrize("examples", [1, 100, 2000, 10**7])
def test_the_optimum_is_below_the_bounds(examples: int) -> None:
    best = gn.gradient_norm_optimum(64, 64, examples, 4.0, 5.0)
    assert best <= gn.gradient_norm_bound(64, 64, examples, 4.0, 5.0)
    if examples >= 12 * 64:
        assert best <= gn.gradient_norm_sharp(64, 64, examples, 4.0, 5.0)


@pytest.mark.parametrize(
    ("q", "d", "examples"), [(64, 80, 2), (64, 80, 100), (64, 80, 10**7), (2, 3, 10**4)]
)
def test_the_optimum_is_the_best_of_a_grid(q: int, d: int, examples: int) -> None:
    """The formula itself on a fine grid of p and x, for all directions and for typical ones."""
    level, ell, slope = 4.0, 1.0, 1.5
    end = min(0.4999, math.sqrt(math.pi * d / (4 * examples)))
    p = torch.linspace(0.02, 0.98, 400, dtype=torch.float64)[:, None]
    found = []
    for last in (0.4999, end * (1 - 1e-6)):
        x = last * torch.linspace(1e-3, 1, 800, dtype=torch.float64)
        psi = torch.log(((1 - 2 * x).rsqrt() + (1 + 2 * x).rsqrt()) / 2)
        w = 4 * examples * x**2 / (math.pi * d)
        typical = examples * (torch.exp(psi) - 1 - x**2) - torch.log(1 - w) / 2
        h = examples * psi if last == 0.4999 else typical
        found.append(float(((-(q + d) / 2 * torch.log(1 - p) + ell + h) / (p * x)).min()))
    unit = slope * level / (d * math.sqrt(q))
    best = gn.gradient_norm_optimum(q, d, examples, level, ell, slope)
    assert best == pytest.approx(unit * min(found), rel=2e-3)
    assert best <= unit * min(found)


def test_the_sharp_bound_and_its_inverse() -> None:
    q, d, n, level = 500, 1000, 10**7, 6.0
    kappa = n * level**2 / (d * q)
    T = gn.gradient_norm_sharp(q, d, n, level, 3.0, 2.0)
    expected = 1.6664 + 0.8004 * 0.5 + 4 / math.sqrt(3) * (4.55 / d + 3.15 * d / n)
    assert T == pytest.approx(2 * math.sqrt(kappa) * expected, rel=1e-4)
    assert gn.gradient_norm_sharp_log_probability(T, q, d, n, level, 2.0) == pytest.approx(-3.0)
    assert gn.gradient_norm_sharp_log_probability(0.0, q, d, n, level) == 0.0


def test_no_fineness_beats_the_best() -> None:
    for examples in (10, 10**6):
        best = gn.best_fineness(64, 128, examples, 5.0)
        least = gn.net_bound(64, 128, examples, 4.0, 5.0, eps=best)
        for eps in (0.2, 0.32, 0.46, 1.0):
            assert least <= gn.net_bound(64, 128, examples, 4.0, 5.0, eps=eps) * (1 + 1e-9)


def test_the_moment_generating_function_is_that_of_a_gaussian_square() -> None:
    x, points = 0.2, torch.linspace(-30, 30, 200_001, dtype=torch.float64)
    weight = torch.exp(-points.square() / 2) / math.sqrt(2 * math.pi)
    value = torch.trapezoid(torch.cosh(x * points.square()) * weight, points)
    assert math.exp(gn.product_log_mgf(x)) == pytest.approx(float(value), rel=1e-9)


def test_one_example_has_the_norm_of_its_input() -> None:
    W = torch.eye(12, dtype=torch.float64)[:4]
    norm = gn.draw_gradient_norms(generator(), 1, W, 1, ABS, 2.5)
    x = torch.randn(1, 12, generator=generator(), dtype=torch.float64)
    assert float(norm) == pytest.approx(2.5 / 12 * float(x.norm()))


def test_chunks_give_the_same_law_and_respect_the_bound() -> None:
    W = torch.eye(32, dtype=torch.float64)[:16]
    q, d, n, level = SIZES
    for chunk in (512, 4096):
        norms = gn.draw_gradient_norms(generator(), 5, W, n, ABS, level, chunk=chunk)
        assert bool((norms < gn.gradient_norm_bound(q, d, n, level, 20.0)).all())
        assert float(norms.mean()) == pytest.approx(gn.limiting_norm(q, d, n, level), rel=0.2)


def test_the_prediction_tends_to_the_gaussian_norm() -> None:
    q, d, n, level = 30, 120, 10**9, 5.0
    kappa = n * level**2 / (d * q)
    assert gn.limiting_norm(q, d, n, level) == pytest.approx(math.sqrt(kappa) * 1.5, rel=1e-3)
    assert gn.limiting_norm(q, d, n, level, 0.25) == pytest.approx(
        gn.limiting_norm(q, d, n, level) / 2
    )


def test_the_prediction_without_neurons_is_that_of_marchenko_and_pastur() -> None:
    """For q/d → 0 only the spread of the slopes' covariance is left: 1 + √(q/N)."""
    q, n, d = 100, 400, 10**8
    root = gn.scale(q, d, 1.0) * math.sqrt(n * d)
    assert gn.limiting_norm(q, d, n, 1.0) / root == pytest.approx(1.5, rel=2e-3)


@pytest.mark.parametrize(("q", "n"), [(100, 300), (100, 60)])
def test_the_prediction_is_the_least_of_its_formula(q: int, n: int) -> None:
    """By adaptive quadrature of the law of Marchenko and Pastur, and a search without slopes."""
    d, ratio = 150, q / n
    low, high = (1 - math.sqrt(ratio)) ** 2, (1 + math.sqrt(ratio)) ** 2

    def z(m: float) -> float:
        def integrand(t: float) -> float:
            return math.sqrt((high - t) * (t - low)) / (1 - m * t)

        inside, _ = integrate.quad(integrand, low, high, epsabs=1e-12, limit=400)
        return 1 / m + q / d * inside / (2 * math.pi * ratio)

    least = optimize.minimize_scalar(z, bounds=(1e-3 / high, 0.9999 / high), method="bounded")
    expected = gn.scale(q, d, 4.0) * math.sqrt(0.8 * n * d * least.fun)
    assert gn.limiting_norm(q, d, n, 4.0, 0.8) == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize(
    ("call", "match"),
    [
        (lambda: gn.gradient_norm_bound(33, 32, 10, 1.0, 1.0), "q = 33 must be at most d = 32"),
        (lambda: gn.gradient_norm_bound(3, 4, 0, 1.0, 1.0), "examples must be an integer"),
        (lambda: gn.gradient_norm_bound(3, 4, 5, 1.0, -1.0), "ell must be at least 0"),
        (lambda: gn.gradient_norm_bound(3, 4, 5, 0.0, 1.0), "level must be above 0"),
        (lambda: gn.gradient_norm_log_probability(-1.0, 3, 4, 5, 1.0), "T must be at least 0"),
        (lambda: gn.net_bound(3, 4, 5, 1.0, 1.0, eps=1.5), "eps must lie in"),
        (lambda: gn.gradient_norm_sharp(3, 4, 47, 1.0, 1.0), "examples must be at least 12 d = 48"),
        (lambda: gn.product_log_mgf(0.5), "x must lie in"),
        (
            lambda: gn.draw_gradient_norms(generator(), 1, torch.eye(3), 0, ABS, 1.0),
            "examples must be an integer",
        ),
    ],
)
def test_bad_arguments_are_named(call, match: str) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(ValueError, match=match):
        call()
