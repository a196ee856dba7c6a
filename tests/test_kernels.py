"""Tangent kernels: the closed form against simulation, angles near their ends."""

import math

import pytest
import torch

from memorize import runtime
from memorize.activations import ABS, RELU, PiecewiseLinear
from memorize.distributions import sphere
from memorize.kernels import angles, tangent_kernel


def gen(name: str) -> torch.Generator:
    return runtime.generator(name, seed=3)


def test_angles_keep_their_digits_near_the_ends() -> None:
    x = torch.tensor([[1.0, 0.0]], dtype=torch.float64)
    for angle in (0.0, 1e-9, 1e-4, 1.0, math.pi - 1e-9, math.pi):
        y = torch.tensor([[math.cos(angle), math.sin(angle)]], dtype=torch.float64)
        assert float(angles(x, y)) == pytest.approx(angle, abs=4e-16, rel=1e-12)


def test_angles_are_symmetric_and_complementary() -> None:
    x, y = sphere(7, 4, gen("x")), sphere(5, 4, gen("y"))
    torch.testing.assert_close(angles(x, y), angles(y, x).T)
    torch.testing.assert_close(angles(x, y) + angles(x, -y), torch.full((7, 5), math.pi).double())


@pytest.mark.parametrize("activation", [RELU, ABS], ids=lambda a: a.name)
def test_kernel_is_the_mean_over_neurons(activation: PiecewiseLinear) -> None:
    x, n = sphere(6, 3, gen("points")), 200_000
    slopes = activation.derivative(torch.randn(n, 3, generator=gen("w"), dtype=torch.float64) @ x.T)
    simulated = (x @ x.T) * (slopes.T @ slopes) / n
    error = (tangent_kernel(activation, x, x) - simulated).abs().max()
    assert float(error) <= math.sqrt(2 * 24 / n)  # Hoeffding, 36 entries: below 72 exp(-24)


def test_gram_matrix_is_positive() -> None:
    x = sphere(30, 4, gen("gram"))
    assert float(torch.linalg.eigvalsh(tangent_kernel(RELU, x, x))[0]) > 0


def test_points_off_the_sphere_are_refused() -> None:
    x = sphere(3, 4, gen("ok"))
    with pytest.raises(ValueError, match="y must lie on the unit sphere, but row 1"):
        tangent_kernel(RELU, x, x * torch.tensor([[1.0], [2.0], [1.0]]))
    with pytest.raises(ValueError, match="y must have shape"):
        angles(x, x[:, :3])
