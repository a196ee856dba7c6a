"""Random features: batch against loop, closed forms against each other and against simulation."""

import math
from functools import partial

import pytest
import torch

from memorize import runtime
from memorize.activations import ABS, RELU, PiecewiseLinear
from memorize.distributions import basis, boundedness, cube, sphere
from memorize.features import KernelExpansion, approximate, linear, rate, squared_errors
from memorize.kernels import tangent_kernel

LEAKY = PiecewiseLinear("leaky ReLU", 0.55, -0.45)
EVERY = pytest.mark.parametrize("activation", [RELU, ABS, LEAKY], ids=lambda a: a.name)


def gen(name: str) -> torch.Generator:
    return runtime.generator(name, seed=11)


def expansion(activation: PiecewiseLinear, d: int = 5) -> KernelExpansion:
    coefficients = torch.tensor([1.0, -2.0, 0.5], dtype=torch.float64)
    return KernelExpansion(activation, sphere(3, d, gen("centres")), coefficients)


def weights(*size: int) -> torch.Tensor:
    return torch.randn(*size, generator=gen("weights"), dtype=torch.float64)


@EVERY
def test_approximation_is_its_definition(activation: PiecewiseLinear) -> None:
    f, points, W = expansion(activation), sphere(4, 5, gen("points")), weights(6, 5)
    total = torch.zeros(4, dtype=torch.float64)
    for w in W:
        representer = sum(
            c * activation.derivative(w @ z) * z
            for c, z in zip(f.coefficients, f.centres, strict=True)
        )
        for j, x in enumerate(points):
            total[j] += representer @ (activation.derivative(w @ x) * x)
    torch.testing.assert_close(approximate(activation, W, f.representer(W), points), total / 6)
    torch.testing.assert_close(f.approximate(W, points), total / 6)


@EVERY
def test_batches_are_loops(activation: PiecewiseLinear) -> None:
    f, points, W = expansion(activation), sphere(4, 5, gen("points")), weights(2, 3, 6, 5)
    batched = f.approximate(W, points)
    assert batched.shape == (2, 3, 4)
    for i in range(2):
        for j in range(3):
            torch.testing.assert_close(batched[i, j], f.approximate(W[i, j], points))


@EVERY
def test_exact_error_against_simulation(activation: PiecewiseLinear) -> None:
    f, points, q = expansion(activation), sphere(20, 5, gen("points")), 3
    errors = torch.cat(
        list(
            squared_errors(
                partial(f.approximate, points=points), f.values(points), q, 5, 40_000, gen("w")
            )
        )
    )
    # Bernstein with the sample's own variance; the draws are far below the range that counts.
    spread = float(errors.std()) / math.sqrt(40_000)
    assert float(errors.mean()) == pytest.approx(f.exact_error(points, q), abs=7 * spread)


@EVERY
def test_exact_error_scales_and_stays_below_the_rate(activation: PiecewiseLinear) -> None:
    f, points = expansion(activation), sphere(20, 5, gen("points"))
    assert f.exact_error(points, 7) == pytest.approx(f.exact_error(points, 1) / 7)
    bound = rate(boundedness(points), activation.slope, f.norm(), 7, 5) ** 2
    assert f.exact_error(points, 7) <= bound


@EVERY
def test_second_moment_on_symmetric_points_needs_the_paired_slope_only(
    activation: PiecewiseLinear,
) -> None:
    half = sphere(9, 5, gen("half"))
    points = torch.cat([half, -half])
    f, W = expansion(activation), weights(50_000, 5)
    S = points.T @ points / 18
    representer = f.representer(W)
    simulated = activation.paired_slope**2 * ((representer @ S) * representer).sum(1).mean()
    assert f.second_moment(points) == pytest.approx(float(simulated), rel=0.05)


def test_norm_is_that_of_the_gram_matrix() -> None:
    f = expansion(RELU)
    gram = tangent_kernel(RELU, f.centres, f.centres)
    assert f.norm() ** 2 == pytest.approx(float(f.coefficients @ gram @ f.coefficients))


@pytest.mark.parametrize("activation", [RELU, LEAKY], ids=lambda a: a.name)
def test_linear_functions(activation: PiecewiseLinear) -> None:
    u = sphere(1, 5, gen("u"))[0]
    f, points = linear(activation, u), sphere(8, 5, gen("points"))
    torch.testing.assert_close(f.values(points), points @ u)
    assert f.norm() == pytest.approx(1 / abs(activation.odd))


def test_linear_relu_error_is_exact_on_every_distribution() -> None:
    u = sphere(1, 6, gen("u"))[0]
    for points in (cube(12, 6, gen("cube")), basis(6), sphere(1, 6, gen("one"))):
        expected = float((points @ u).square().mean()) / 4
        assert linear(RELU, u).exact_error(points, 4) == pytest.approx(expected)


def test_even_activations_have_no_linear_function() -> None:
    with pytest.raises(ValueError, match="activation must not be even"):
        linear(ABS, basis(3)[0])


def test_squared_errors_do_not_depend_on_the_chunk() -> None:
    f, points = expansion(RELU, 4), sphere(3, 4, gen("points"))
    error = partial(f.approximate, points=points)
    # 16 weights a draw: torch fills normal numbers in blocks of 16.
    run = partial(squared_errors, error, f.values(points), 4, 4, 10)
    pieces = list(run(gen("w"), chunk=60))
    assert [len(piece) for piece in pieces] == [2] * 5
    weights = torch.randn(10, 4, 4, generator=gen("w"), dtype=torch.float64)
    expected = ((f.approximate(weights, points) - f.values(points)) ** 2).mean(1)
    torch.testing.assert_close(torch.cat(pieces), expected)
    torch.testing.assert_close(torch.cat(list(run(gen("w")))), expected)
    assert float(expected.min()) > 0


def test_rate() -> None:
    assert rate(1, 1, 2, 64, 512) == pytest.approx(2 / math.sqrt(64 * 512))
    for arguments, message in (
        ((0, 1, 1, 1, 1), "R must be above 0"),
        ((1, 1, -1, 1, 1), "norm must be at least 0"),
        ((1, 1, 1, 0, 1), "q must be an integer"),
        ((1, 1, 1, 1, 2.5), "d must be an integer"),
    ):
        with pytest.raises(ValueError, match=message):
            rate(*arguments)  # type: ignore[arg-type]


def test_bad_shapes_and_points_are_refused() -> None:
    points, W = sphere(4, 5, gen("points")), weights(6, 5)
    with pytest.raises(ValueError, match=r"weights and representer must both have shape"):
        approximate(RELU, W, W[:3], points)
    with pytest.raises(ValueError, match=r"weights and representer must both have shape"):
        approximate(RELU, weights(6, 4), weights(6, 4), points)
    with pytest.raises(ValueError, match="row 2 has norm"):
        approximate(RELU, W, W, points * torch.tensor([[1.0], [1.0], [3.0], [1.0]]))
    with pytest.raises(ValueError, match="coefficients must have shape"):
        KernelExpansion(RELU, points, torch.ones(3, dtype=torch.float64))
    with pytest.raises(ValueError, match="centres must lie on the unit sphere"):
        KernelExpansion(RELU, 2 * points, torch.ones(4, dtype=torch.float64))
