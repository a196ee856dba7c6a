"""Distributions: shapes, exact moments, and the boundedness of named laws."""

import math

import pytest
import torch

from memorize import runtime
from memorize.distributions import (
    basis,
    boundedness,
    cube,
    normalised,
    perron_enclosure,
    second_moment,
    sphere,
)


def gen(name: str) -> torch.Generator:
    return runtime.generator(name, seed=7)


@pytest.mark.parametrize("draw", [sphere, cube])
def test_draws_lie_on_the_sphere_and_follow_the_generator(draw) -> None:  # type: ignore[no-untyped-def]
    points = draw(50, 6, gen("draw"))
    assert points.shape == (50, 6)
    assert points.dtype == torch.float64
    torch.testing.assert_close(points.norm(dim=1), torch.ones(50, dtype=torch.float64))
    assert torch.equal(points, draw(50, 6, gen("draw")))
    assert not torch.equal(points, draw(50, 6, gen("another")))
    assert draw(3, 2, gen("draw"), dtype=torch.float32).dtype == torch.float32


def test_cube_is_a_cube() -> None:
    torch.testing.assert_close(cube(9, 4, gen("cube")).abs(), torch.full((9, 4), 0.5).double())


@pytest.mark.parametrize("d", [1, 2, 5])
def test_whole_cube_and_basis_are_1_bounded(d: int) -> None:
    signs = torch.cartesian_prod(*[torch.tensor([-1.0, 1.0]).double()] * d).reshape(-1, d)
    assert boundedness(signs / math.sqrt(d)) == pytest.approx(1)
    assert boundedness(basis(d)) == pytest.approx(1)


@pytest.mark.parametrize("d", [1, 3, 20])
def test_one_point_attains_the_largest_boundedness(d: int) -> None:
    assert boundedness(sphere(1, d, gen("point"))) == pytest.approx(math.sqrt(d))


def test_boundedness_stays_in_its_range_and_ignores_signs_and_rotations() -> None:
    points = sphere(40, 8, gen("range"))
    R = boundedness(points)
    assert 1 <= R <= math.sqrt(8)
    flips = cube(40, 1, gen("flips"))
    assert boundedness(points * flips) == pytest.approx(R)
    turn = torch.linalg.qr(torch.randn(8, 8, generator=gen("turn"), dtype=torch.float64)).Q
    assert boundedness(points @ turn) == pytest.approx(R)


def test_second_moment_has_trace_one() -> None:
    S = second_moment(sphere(30, 5, gen("trace")))
    assert float(S.trace()) == pytest.approx(1)
    torch.testing.assert_close(S, S.T)


def test_perron_enclosure_holds_the_boundedness() -> None:
    points = normalised(torch.rand(60, 9, generator=gen("perron"), dtype=torch.float64))
    low, high = perron_enclosure(points)
    assert low <= boundedness(points) <= high
    assert high - low < 1e-9
    # Coordinates that never occur are left out; few iterations still enclose.
    padded = torch.cat([points, torch.zeros(60, 3, dtype=torch.float64)], dim=1)
    low, high = perron_enclosure(padded, iterations=1)
    assert low < boundedness(padded) < high


def test_perron_enclosure_leaves_room_for_rounding() -> None:
    # For the unit vectors every ratio is exactly 1/d: what is left of the width is the margin.
    low, high = perron_enclosure(basis(8))
    margin = 8 * (8 + 8) * torch.finfo(torch.float64).eps
    assert low**2 <= 1 - 0.99 * margin
    assert high**2 >= 1 + 0.99 * margin


def test_perron_enclosure_refuses_negative_entries() -> None:
    with pytest.raises(ValueError, match="row 1 has one"):
        perron_enclosure(torch.tensor([[1.0, 0.0], [-1.0, 0.0]]))


def test_points_off_the_sphere_are_named() -> None:
    points = sphere(5, 3, gen("off"))
    points[3] *= 1.1
    with pytest.raises(ValueError, match=r"row 3 has norm 1\.1"):
        boundedness(points)


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        (torch.zeros(2, 3), "row 0 is zero"),
        (torch.tensor([[1.0, 2.0], [math.nan, 0.0]]), "points must be finite"),
        (torch.ones(3), r"points must have shape \(n d\)"),
    ],
)
def test_normalised_refuses(bad: torch.Tensor, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        normalised(bad)


@pytest.mark.parametrize("draw", [sphere, cube])
def test_sizes_must_be_positive(draw) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(ValueError, match="n must be"):
        draw(-1, 3, gen("size"))
    with pytest.raises(ValueError, match="d must be"):
        draw(1, 0, gen("size"))
    with pytest.raises(ValueError, match="d must be"):
        basis(0)
