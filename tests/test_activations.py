"""Activations against finite differences and against simulation."""

import math

import pytest
import torch

from memorize import runtime
from memorize.activations import (
    ABS,
    ERF,
    LINEAR,
    RELU,
    TANH,
    Activation,
    PiecewiseLinear,
    Polynomial,
    dual_by_quadrature,
    leaky_relu,
    warn_unless_centred,
)

LEAKY = PiecewiseLinear("leaky ReLU", 0.55, 0.45)
EVERY = pytest.mark.parametrize("activation", [RELU, ABS, LINEAR, LEAKY], ids=lambda a: a.name)
GRID = torch.linspace(-3, 3, 60, dtype=torch.float64)  # even size: 0 is not among them


def test_named_activations_are_what_their_names_say() -> None:
    assert torch.equal(RELU.function(GRID), torch.relu(GRID))
    assert torch.equal(ABS.function(GRID), GRID.abs())
    assert torch.equal(LINEAR.function(GRID), GRID)
    for leak in (-0.5, 0.1, 1.0):
        expected = torch.maximum(GRID, leak * GRID)
        torch.testing.assert_close(leaky_relu(leak).function(GRID), expected)


def test_slopes_of_opposite_signs() -> None:
    steep = leaky_relu(-3.0)  # −3 on the left, 1 on the right
    assert steep.slope == pytest.approx(3)
    assert steep.paired_slope == pytest.approx(math.sqrt(5))


def test_duals_of_a_polynomial_of_degree_five() -> None:
    quintic = Polynomial("quintic", (0.5, -1.0, 0.25, 0.0, 0.1, -0.05))
    angles = torch.tensor([0.0, 0.4, 1.3, 2.2, math.pi], dtype=torch.float64)
    for slopes, dual in ((False, quintic.dual), (True, quintic.dual_derivative)):
        expected = dual_by_quadrature(quintic, angles, derivative=slopes)
        torch.testing.assert_close(dual(angles), expected, rtol=1e-11, atol=1e-11)


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


def test_mean_slopes() -> None:
    assert RELU.mean_slope == pytest.approx(0.5, abs=1e-13)
    assert ABS.mean_slope == pytest.approx(0, abs=1e-13)
    assert ERF.mean_slope == pytest.approx(2 / math.sqrt(3 * math.pi), abs=1e-13)


def test_a_mean_slope_that_is_not_zero_is_said(recwarn: pytest.WarningsRecorder) -> None:
    assert warn_unless_centred(ABS, "Theorem 1") == pytest.approx(0, abs=1e-13)
    assert warn_unless_centred(Polynomial("t²", (0, 0, 1)), "Theorem 1") == pytest.approx(0)
    assert not recwarn
    with pytest.warns(UserWarning, match=r"Theorem 1 needs E σ'\(g\) = 0, but it is 0.5 for ReLU"):
        assert warn_unless_centred(RELU, "Theorem 1") == pytest.approx(0.5)


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


class Swish(Activation):
    name = "swish"

    def function(self, t: torch.Tensor) -> torch.Tensor:
        return t * torch.sigmoid(t)


def test_three_lines_give_all_the_rest() -> None:
    swish = Swish()
    t = torch.linspace(-3, 3, 60, dtype=torch.float64)
    logistic = torch.sigmoid(t)
    torch.testing.assert_close(swish.derivative(t), logistic + t * logistic * (1 - logistic))
    constants = swish.constants()
    assert constants.s1 == pytest.approx(1.0998393201288, abs=1e-12)  # where t tanh(t/2) = 2
    assert constants.s2 == pytest.approx(0.5, abs=1e-12)
    a = swish.hermite(200)
    assert float(a.square().sum()) == pytest.approx(constants.second_moment, abs=1e-13)
    slopes = torch.arange(200) * a.square()
    assert float(slopes.sum()) == pytest.approx(constants.theta, abs=1e-11)
    assert swish.is_decent


@pytest.mark.parametrize("activation", [RELU, ABS, LEAKY, ERF, TANH], ids=lambda a: a.name)
def test_constants_found_are_those_known(activation: Activation) -> None:
    searched = [Activation.slope.fget(activation), Activation.bend.fget(activation)]  # type: ignore[attr-defined]
    assert searched == pytest.approx([activation.slope, activation.bend], abs=1e-12)
    assert activation.is_decent


@pytest.mark.parametrize("activation", [RELU, ABS, ERF, LEAKY], ids=lambda a: a.name)
def test_interpolated_duals_are_the_closed_forms(activation: Activation) -> None:
    angle = torch.linspace(0, math.pi, 33, dtype=torch.float64)
    for found, closed in (
        (Activation.dual(activation, angle), activation.dual(angle)),
        (Activation.dual_derivative(activation, angle), activation.dual_derivative(angle)),
    ):
        torch.testing.assert_close(found, closed, rtol=0, atol=1e-14)


def test_hermite_coefficients_of_relu() -> None:
    found = RELU.hermite(6)
    root = math.sqrt(2 * math.pi)
    known = [1 / root, 0.5, 1 / (2 * math.sqrt(math.pi)), 0, -1 / math.sqrt(48 * math.pi), 0]
    torch.testing.assert_close(found, torch.tensor(known).double(), rtol=0, atol=1e-7)


def test_high_hermite_coefficients_of_relu() -> None:
    found = RELU.hermite(2002)
    for half in (10, 500, 1000):
        k = 2 * half
        # k a_k² is the square of the step's coefficient: He_(k−2)(0)²/(k−2)! /(2π(k − 1)).
        central = math.comb(k - 2, half - 1) / 4 ** (half - 1)
        known = math.sqrt(central / (2 * math.pi * k * (k - 1)))
        assert abs(float(found[k])) == pytest.approx(known, abs=1e-14)
        assert abs(float(found[k - 1])) <= 1e-14


def test_polynomials_are_decent_only_if_they_are_linear() -> None:
    assert Polynomial("t", (1.0, 2.0)).is_decent
    assert not Polynomial("t²", (0.0, 0.0, 1.0)).is_decent
    assert Polynomial("t²", (0.0, 0.0, 1.0)).bend == 2.0
    assert Activation.slope.fget(Polynomial("t²", (0.0, 0.0, 1.0))) == math.inf  # type: ignore[attr-defined]
    with pytest.raises(ValueError, match=r"coefficients\[1\] must be a finite real number"):
        Polynomial("broken", (0.0, math.inf))


def test_a_kink_that_was_not_said_is_noticed() -> None:
    class Forgot(Activation):
        name = "clipped"

        def function(self, t: torch.Tensor) -> torch.Tensor:
            return t.clamp(-1, 1)

    with pytest.raises(ValueError, match="kinks must list every point"):
        Forgot().dual(torch.zeros(1))


def test_an_activation_must_say_its_function() -> None:
    with pytest.raises(NotImplementedError, match=r"must define function\(self, t\)"):
        Activation().function(GRID)
