"""Activations against finite differences and against simulation."""

import math

import pytest
import torch

from memorize import runtime
from memorize.activations import ABS, LINEAR, RELU, PiecewiseLinear

LEAKY = PiecewiseLinear("leaky ReLU", 0.55, 0.45)
EVERY = pytest.mark.parametrize("activation", [RELU, ABS, LINEAR, LEAKY], ids=lambda a: a.name)
GRID = torch.linspace(-3, 3, 60, dtype=torch.float64)  # even size: 0 is not among them


def test_named_activations_are_what_their_names_say() -> None:
    assert torch.equal(RELU.function(GRID), torch.relu(GRID))
    assert torch.equal(ABS.function(GRID), GRID.abs())
    assert torch.equal(LINEAR.function(GRID), GRID)


@EVERY
def test_derivative_is_the_limit_of_difference_quotients(activation: PiecewiseLinear) -> None:
    step = 1e-6
    quotient = (activation.function(GRID + step) - activation.function(GRID - step)) / (2 * step)
    torch.testing.assert_close(activation.derivative(GRID), quotient, rtol=0, atol=1e-8)


@EVERY
def test_slopes(activation: PiecewiseLinear) -> None:
    slopes = activation.derivative(GRID)
    assert activation.slope == pytest.approx(float(slopes.abs().max()))
    paired = ((slopes.square() + slopes.flip(0).square()) / 2).sqrt()
    torch.testing.assert_close(paired, torch.full_like(paired, activation.paired_slope))


def test_slope_at_the_kink_is_the_mean_of_both_sides() -> None:
    assert float(RELU.derivative(torch.zeros(1))) == 0.5
    assert float(ABS.derivative(torch.zeros(1))) == 0.0


@EVERY
def test_dual_derivative_against_simulation(activation: PiecewiseLinear) -> None:
    n = 200_000
    g = torch.randn(2, n, generator=runtime.generator("dual", seed=1), dtype=torch.float64)
    for angle in (0.0, 0.7, math.pi / 2, 2.8, math.pi):
        turned = math.cos(angle) * g[0] + math.sin(angle) * g[1]
        product = activation.derivative(g[0]) * activation.derivative(turned)
        exact = float(activation.dual_derivative(torch.tensor(angle, dtype=torch.float64)))
        # Hoeffding: a false alarm has probability below 2 exp(-20).
        assert abs(float(product.mean()) - exact) <= activation.slope**2 * math.sqrt(40 / n)


def test_coefficients_must_be_finite() -> None:
    with pytest.raises(ValueError, match="even must be a finite real number"):
        PiecewiseLinear("broken", 0.5, math.nan)
