"""Nets: exact fineness against closed forms, certificates that refuse, errors that name."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest
import torch

from memorize import nets, statements


def unit(*shape: int, seed: int = 0) -> torch.Tensor:
    gen = torch.Generator().manual_seed(seed)
    x = torch.randn(*shape, generator=gen, dtype=torch.float64)
    return x / x.norm(dim=-1, keepdim=True)


def test_cosine_and_factor_are_exact_on_fractions():
    assert nets.cosine(Fraction(1, 2)) == Fraction(7, 8)
    assert nets.norm_factor(Fraction(1)) == 4
    assert nets.norm_factor(Fraction(1, 2), Fraction(1)) == Fraction(16, 7)
    assert nets.fineness(float(nets.cosine(0.3))) == pytest.approx(0.3)


def test_sizes_by_volume_and_by_caps():
    assert nets.size_upper_bound(Fraction(1, 4), 3) == 9**3
    assert nets.size_upper_bound(1.0, 2) == pytest.approx(9)
    assert nets.size_lower_bound(1, 2) == pytest.approx(3)  # three caps of 120° tile the circle
    assert nets.size_lower_bound(0.5, 3) == pytest.approx(16)


def test_the_factor_is_the_declared_one():
    declared = statements.get("G.F8").bound
    (eps,) = (parameter.symbol for parameter in declared.parameters)
    for value in (Fraction(1), Fraction(1, 4), Fraction(7, 5)):
        assert Fraction(str(declared.value.subs(eps, value))) == nets.norm_factor(value)


@pytest.mark.parametrize("eps", [0, -0.1, math.sqrt(2), 2, math.nan])
def test_cosine_refuses_what_is_no_fineness(eps):
    with pytest.raises(ValueError, match="eps must"):
        nets.cosine(eps)


@pytest.mark.parametrize("d", [2, 3, 4])
def test_cross_polytope_has_cosine_one_over_root_d(d):
    found = nets.covering(nets.rational(nets.cross_polytope(d)))
    assert found.cosine_squared == Fraction(1, d)
    assert found.facets == 2**d
    assert (found.hole.abs() - 1 / math.sqrt(d)).abs().max() < 1e-12


@pytest.mark.parametrize("n", [3, 4, 7, 12])
def test_equal_angles_are_covered_to_half_the_step(n):
    found = nets.covering(nets.rational(nets.equal_angles(n)))
    assert found.cosine == pytest.approx(math.cos(math.pi / n), abs=1e-5)
    assert nets.circle_net_size(nets.fineness(math.cos(math.pi / n))) == n


@pytest.mark.parametrize(("d", "eps"), [(2, 0.3), (3, 1.0), (3, 0.4)])
def test_greedy_is_a_separated_net(d, eps):
    points = nets.greedy(eps, d)
    distances = torch.cdist(points, points) + 2 * torch.eye(len(points), dtype=points.dtype)
    assert distances.min() > eps
    found = nets.covering(nets.rational(points))
    assert found.fineness <= eps + 1e-5
    assert nets.size_lower_bound(eps, d) <= len(points) <= nets.size_upper_bound(eps, d)


def test_hole_is_the_furthest_of_many_points():
    points = nets.fibonacci_lattice(60)
    found = nets.covering(nets.rational(points))
    tried = (unit(20_000, 3) @ points.T).amax(1).min()
    at_hole = (points @ found.hole).max()
    assert found.cosine == pytest.approx(float(at_hole), abs=1e-5)
    assert found.cosine <= float(tried) + 1e-5


def test_is_net_decides_exactly_at_the_edge():
    found = nets.covering(nets.rational(nets.cross_polytope(4)))
    assert found.is_net(Fraction(1))
    assert not found.is_net(Fraction(999, 1000))


def test_covering_refuses_a_set_in_a_half_space():
    half = nets.fibonacci_lattice(60)
    half = half[half[:, 2] > 0.2]
    with pytest.raises(ValueError, match="points"):
        nets.covering(nets.rational(half))


def test_covering_refuses_a_hull_with_the_origin_on_its_surface():
    pyramid = nets.rational(nets.cross_polytope(3)[:5])
    with pytest.raises(ValueError, match="origin must lie strictly inside"):
        nets.covering(pyramid)


def test_covering_refuses_facets_that_leave_out_a_point(monkeypatch):
    """The triangles of an octahedron, proposed for its corners and one point more."""
    corners = nets.cross_polytope(3)
    more = torch.cat([corners, torch.full((1, 3), 1 / math.sqrt(3), dtype=torch.float64)])
    simplices = nets.ConvexHull(corners.numpy()).simplices
    hull = type("Proposed", (), {"__init__": lambda self, points: None, "simplices": simplices})
    monkeypatch.setattr(nets, "ConvexHull", hull)
    with pytest.raises(ValueError, match="a point lies beyond a facet"):
        nets.covering(nets.rational(more))


def test_fibonacci_lattice_turns_by_the_golden_angle():
    points = nets.fibonacci_lattice(7)
    plane = torch.view_as_complex(points[:, :2].contiguous())
    turns = (plane[1:] / plane[:-1]).angle() % (2 * math.pi)
    golden = 2 * math.pi * (1 - 2 / (1 + math.sqrt(5)))
    torch.testing.assert_close(turns, torch.full((6,), golden, dtype=torch.float64))
    torch.testing.assert_close(
        points[0, 2] - points[1, 2], torch.tensor(2 / 7, dtype=torch.float64)
    )


def test_covering_sees_a_removed_point():
    points = nets.fibonacci_lattice(60)
    whole = nets.covering(nets.rational(points)).cosine_squared
    assert nets.covering(nets.rational(points[1:])).cosine_squared < whole


FLAT_TOP = nets.RationalPoints(
    np.array(
        [[3, 0, 4], [-3, 0, 4], [0, 3, 4], [0, -3, 4], [0, 0, -1], [3, 0, -4], [-3, 4, 0]], object
    ),
    np.array([5, 5, 5, 5, 1, 5, 5], object),
)
"""The first four points span one flat facet, a square."""


def test_covering_triangulates_a_flat_facet_once():
    found = nets.covering(FLAT_TOP)
    assert found.cosine_squared == Fraction(1, 19)
    assert found.facets == 10


def test_covering_refuses_facets_that_do_not_surround_the_origin(monkeypatch):
    """Both triangulations of the square: every edge is in two triangles, all points behind."""

    class Proposed:
        def __init__(self, points):
            self.simplices = np.array([[0, 2, 1], [0, 1, 3], [0, 2, 3], [2, 1, 3]])

    monkeypatch.setattr(nets, "ConvexHull", Proposed)
    with pytest.raises(ValueError, match="facets do not close up"):
        nets.covering(FLAT_TOP)


@pytest.mark.parametrize("d", [2, 3, 4])
def test_covering_refuses_a_missing_or_doubled_facet(d, monkeypatch):
    points = nets.rational(nets.cross_polytope(d))
    simplices = nets.ConvexHull(points.tensor().numpy()).simplices
    for proposed in (simplices[1:], np.concatenate([simplices, simplices])):
        hull = type("Proposed", (), {"__init__": lambda self, points: None, "simplices": proposed})
        monkeypatch.setattr(nets, "ConvexHull", hull)
        with pytest.raises(ValueError, match="facets do not close up"):
            nets.covering(points)


def test_rational_points_are_near_and_on_the_sphere():
    points = unit(50, 3)
    exact = nets.rational(points)
    assert (exact.tensor() - points).norm(dim=1).max() < 4e-6
    assert len(exact) == 50


def test_rational_points_refuse_what_is_off_the_sphere():
    with pytest.raises(ValueError, match="row 0"):
        nets.RationalPoints(np.array([[3, 4]], object), np.array([6], object))
    with pytest.raises(ValueError, match="points must lie on the unit sphere"):
        nets.rational(torch.tensor([[1.0, 1.0]], dtype=torch.float64))


def test_cap_measures():
    assert nets.cap_measure(0.5, 3) == pytest.approx(0.25 / 4)
    assert nets.cap_measure(1, 2) == pytest.approx(1 / 3)
    inside = (unit(200_000, 5)[:, 0] >= 1 - 0.9**2 / 2).double().mean()
    assert nets.cap_measure(0.9, 5) == pytest.approx(float(inside), rel=0.1)
    with pytest.raises(ValueError, match="d must be at least 2"):
        nets.cap_measure(0.5, 1)


def test_net_maximum_bounds_the_norm():
    W = torch.randn(5, 3, 2, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    N, M = nets.fibonacci_lattice(60), nets.equal_angles(9)
    eps = nets.covering(nets.rational(N)).fineness + 1e-5
    other = nets.covering(nets.rational(M)).fineness + 1e-5
    maximum = nets.net_maximum(W, N, M)
    brute = [max(float(u @ A @ z) for u in N for z in M) for A in W]
    torch.testing.assert_close(maximum, torch.tensor(brute, dtype=torch.float64))
    norm = torch.linalg.matrix_norm(W, ord=2)
    assert maximum.shape == (5,)
    assert (maximum <= norm + 1e-12).all()
    assert (norm <= nets.norm_factor(eps, other) * maximum).all()


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: nets.greedy(0.5, 4), "d must be 2 or 3"),
        (lambda: nets.equal_angles(2), "n must be at least 3"),
        (lambda: nets.fibonacci_lattice(3), "n must be at least 4"),
        (lambda: nets.fineness(1.5), "cosine must lie in"),
        (lambda: nets.covering(nets.rational(nets.cross_polytope(5))), "d must be 2, 3 or 4"),
        (
            lambda: nets.net_maximum(torch.eye(3), torch.eye(2), torch.eye(3)),
            "N_q must have shape",
        ),
    ],
)
def test_errors_name_the_argument(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_greedy_stops_at_max_points():
    with pytest.raises(RuntimeError, match="max_points = 20"):
        nets.greedy(0.2, 3, max_points=20)
