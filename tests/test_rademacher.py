"""Rademacher complexities against exact values, by other routes."""

from __future__ import annotations

import itertools
import math
from fractions import Fraction as F

import pytest
import torch

from memorize import rademacher, runtime
from memorize.descent import gaussian_start, paired_start

SHAPE = (7, 12, 4)  # m, q, d


def points(m: int = SHAPE[0], d: int = SHAPE[2], name: str = "points") -> torch.Tensor:
    drawn = torch.randn(m, d, generator=runtime.generator(name, seed=3), dtype=torch.float64)
    return torch.nn.functional.normalize(drawn, dim=1)


def jacobian(weights: torch.Tensor, signs: torch.Tensor, x: torch.Tensor) -> torch.Tensor:
    gates = (x @ weights.T >= 0).double() * signs / math.sqrt(len(weights))
    return (gates[:, :, None] * x[:, None, :]).flatten(1)


def test_exact_on_classes_known_by_hand() -> None:
    assert rademacher.exact([[3, -7, F(1, 2)]]) == 0
    assert rademacher.exact([[1], [0]]) == F(1, 2)
    cube = list(itertools.product((0, 1), repeat=4))
    assert rademacher.exact(cube) == F(1, 2)
    # ±(1,1): E|ε₁ + ε₂|/2 = 1/2
    assert rademacher.exact([[1, 1], [-1, -1]]) == F(1, 2)
    assert rademacher.exact([[1, 0], [0, 1]]) == F(1, 4)


def test_exact_refuses_what_it_cannot_do() -> None:
    with pytest.raises(ValueError, match="rows of one length"):
        rademacher.exact([[1, 2], [3]])
    with pytest.raises(ValueError, match="rows of one length"):
        rademacher.exact([])
    with pytest.raises(ValueError, match="sample them"):
        rademacher.exact([[0] * 21])


def test_all_sign_vectors_once() -> None:
    signs = rademacher.sign_vectors(5)
    assert signs.shape == (32, 5)
    assert {tuple(row) for row in signs.tolist()} == set(itertools.product((1, -1), repeat=5))


def test_the_ball_is_the_supremum() -> None:
    """√(εᵀHε)/m is attained by V = Jᵀε/‖Jᵀε‖, and no other unit vector does better."""
    J = torch.randn(6, 9, generator=runtime.generator("J", seed=1), dtype=torch.float64)
    signs = rademacher.sign_vectors(6)
    best = torch.linalg.vector_norm(signs @ J, dim=1) / 6
    assert torch.allclose(rademacher.linear_values(J @ J.T, signs), best)
    assert rademacher.linear_exact(J @ J.T, 2.0) == pytest.approx(2 * float(best.mean()))


def test_the_bounds_of_a_ball() -> None:
    low, high = rademacher.linear_bounds(4 * torch.eye(5, dtype=torch.float64), 3.0)
    assert low == high == pytest.approx(3 * math.sqrt(20) / 5)
    ones = torch.ones(4, 4, dtype=torch.float64)  # E|Σε| = 3/2, the bounds √(16/(1 + 24/16)), 2
    low, high = rademacher.linear_bounds(ones)
    assert (low, high) == pytest.approx((2 / math.sqrt(2.5) / 4, 2 / 4))
    assert low <= 1.5 / 4 <= high
    assert rademacher.linear_exact(ones) == pytest.approx(1.5 / 4)
    with pytest.raises(ValueError, match="tr H"):
        rademacher.linear_bounds(0 * ones)


def test_generalization_bounds() -> None:
    ours = rademacher.generalization_bound(0.1, 200, math.exp(-4), 2.0)
    assert ours == pytest.approx(0.4 + math.sqrt(8 / 200))
    printed = rademacher.printed_generalization_bound(0.1, 200, 2 * math.exp(-4), 2.0)
    assert printed == pytest.approx(0.4 + 3 * math.sqrt(4 / 400))
    for delta in (0.9, 0.5, 0.01, 1e-9):
        slack = rademacher.generalization_bound(0.0, 50, delta)
        assert slack <= 2 / 3 * rademacher.printed_generalization_bound(0.0, 50, delta)


def test_class_bounds() -> None:
    delta = 2 * math.exp(-2)
    found = rademacher.class_bound(50, 100, 0.1, 3.0, 2.0, delta)
    assert found.linear == pytest.approx(0.3 * (1 + 0.5 * 0.2))
    assert found.kinks == pytest.approx(5 * (0.01 / (2 * math.sqrt(2 * math.pi)) + 0.1 * 0.1))
    assert found.total == found.linear + found.kinks
    paired = rademacher.class_bound(50, 100, 0.1, 3.0, 2.0, delta, rows=50)
    assert paired.linear == pytest.approx(0.3 * (1 + 0.5 * math.sqrt(0.08)))
    printed = rademacher.printed_class_bound(50, 100, 0.1, 3.0, 2.0, delta)
    assert printed.linear == pytest.approx(0.3 * (1 + math.sqrt(0.2)))
    assert printed.kinks == pytest.approx(2 * 0.01 * 10 / 2 + 0.1 * 2)
    kinks = rademacher.contracted_kinks(50, 100, 0.1, 2.0, delta)
    share = math.sqrt(2 / math.pi) * 0.05 + 0.1
    assert kinks == pytest.approx(0.1 * math.sqrt(2) * math.sqrt(share))
    with pytest.raises(ValueError, match="rows"):
        rademacher.class_bound(50, 100, 0.1, 3.0, 2.0, delta, rows=101)


def test_the_mean_of_a_kink() -> None:
    """E(r − |z|)₊ = ∫(r − |z|)₊ φ by the midpoint rule; sharp as r → 0."""
    for r, tau in ((0.01, 1.0), (0.3, 2.0), (2.0, 0.5)):
        z = (torch.arange(20_000, dtype=torch.float64) + 0.5) / 20_000 * r
        density = torch.exp(-(z**2) / (2 * tau**2)) / (math.sqrt(2 * math.pi) * tau)
        exact = 2 * float(((r - z) * density).mean()) * r
        assert exact <= rademacher.kink_mean(r, tau) * (1 + 1e-9)
        if r < 0.1 * tau:
            assert exact >= 0.99 * rademacher.kink_mean(r, tau)


def test_the_bound_at_a_start_adds_up_what_it_says() -> None:
    x = points()
    weights, signs = gaussian_start(12, 4, 1.0, generator=runtime.generator("start", seed=2))
    J = jacobian(weights, signs, x)
    z = x @ weights.T
    direct = float((0.2 - z.abs()).clamp(min=0).sum()) / (2 * 7 * math.sqrt(12))
    counts = (z.abs() <= 0.2).sum(0).double()
    roots = 0.2 * float(counts.sqrt().sum()) / (7 * math.sqrt(12))
    found = rademacher.class_bound_at(weights, x, 0.2, 1.5)
    assert found.linear == pytest.approx(1.5 * float(J.norm()) / 7)
    assert found.kinks == pytest.approx(min(direct, roots))
    crowded = x[:1].repeat(60, 1)  # many equal inputs, far from the kink's edge: roots win
    far = float((crowded @ weights.T).abs().max()) * 10
    close = rademacher.class_bound_at(weights, crowded, far, 1.5)
    assert close.kinks == pytest.approx(far * math.sqrt(12) * math.sqrt(60) / 60)


def test_neurons_on_their_kink_count() -> None:
    """A gate is open at 0, and |z| = r is near."""
    x = torch.ones(60, 1, dtype=torch.float64)
    at_kink = torch.tensor([[0.0], [-0.5]], dtype=torch.float64)
    found = rademacher.class_bound_at(at_kink, x, 0.5, 2.0)
    assert found.linear == pytest.approx(2 * math.sqrt(60 / 2) / 60)
    assert found.kinks == pytest.approx(0.5 * 2 * math.sqrt(60) / (60 * math.sqrt(2)))


def test_ascent_sees_the_gates_it_opens() -> None:
    """One neuron, active on the first example and just below the kink of the second."""
    x = torch.tensor([[1.0, 0.0], [0.6, 0.8]], dtype=torch.float64)
    weights = torch.tensor([[1.0, -0.8]], dtype=torch.float64)  # z = 1 and -0.04
    signs = torch.ones(1, dtype=torch.float64)
    gen = runtime.generator("signs", seed=4)
    found = rademacher.ascent(weights, signs, x, 0.5, 0.5, 40, gen, steps=2).network
    assert float(found.max()) == pytest.approx((0.5 * math.sqrt(3.2) - 0.04) / 2)


@pytest.mark.parametrize(("r", "r_F"), [(0.3, 0.4), (0.05, 1.0), (10.0, 0.5), (0.1, 0.25)])
def test_the_furthest_point_of_the_class(r: float, r_F: float) -> None:
    """It lies in the class, and no random point of the class has a larger product."""
    gen = runtime.generator("furthest", seed=5)
    gradient = torch.randn(12, 4, generator=gen, dtype=torch.float64)
    gradient[0] = 0
    best = rademacher._furthest(gradient, r, r_F)
    assert float(best.norm()) <= r_F * (1 + 1e-9)
    assert float(best.norm(dim=1).max()) <= r * (1 + 1e-9)
    if r * math.sqrt(11) > r_F:
        assert float(best.norm()) == pytest.approx(r_F)
    value = float((best * gradient).sum())
    for _ in range(200):
        other = gradient + torch.randn(12, 4, generator=gen, dtype=torch.float64)
        other *= (r / other.norm(dim=1)).clamp(max=r_F)[:, None]
        other *= min(1.0, r_F / float(other.norm()))
        assert float((other * gradient).sum()) <= value * (1 + 1e-12)


def test_ascent_lies_between_nothing_and_the_bound() -> None:
    x = points()
    weights, signs = paired_start(12, 4, 1.0, generator=runtime.generator("pairs", seed=2))
    gen = runtime.generator("signs", seed=2)
    found = rademacher.ascent(weights, signs, x, 0.3, 0.4, 300, gen)
    bound = rademacher.class_bound_at(weights, x, 0.3, 0.4)
    assert 0 < float(found.network.mean()) <= bound.total
    assert float(found.linear.mean()) <= bound.linear
    J = jacobian(weights, signs, x)
    free = rademacher.ascent(weights, signs, x, 0.4, 0.4, 300, gen)
    exact = rademacher.linear_exact(J @ J.T, 0.4)
    assert float(free.linear.mean()) == pytest.approx(exact, rel=0.1)


def test_ascent_is_exact_without_kinks() -> None:
    """Far from all kinks the network is its tangent model, and one step finds the supremum."""
    x = torch.eye(3, dtype=torch.float64)
    weights = 5 * torch.ones(4, 3, dtype=torch.float64)
    signs = torch.tensor([1.0, -1.0, 1.0, -1.0], dtype=torch.float64)
    gen = runtime.generator("signs", seed=8)
    found = rademacher.ascent(weights, signs, x, 1.0, 0.6, 5, gen)
    assert torch.allclose(found.network, found.linear)
    assert torch.allclose(found.linear, torch.full((5,), 0.6 * math.sqrt(3) / 3).double())


def test_bad_arguments_are_named() -> None:
    x = points()
    weights, signs = paired_start(12, 4, 1.0, generator=runtime.generator("pairs", seed=2))
    gen = runtime.generator("signs", seed=2)
    with pytest.raises(ValueError, match="unit sphere"):
        rademacher.class_bound_at(weights, 2 * x, 0.1, 1.0)
    with pytest.raises(ValueError, match="signs"):
        rademacher.ascent(weights, 2 * signs, x, 0.1, 1.0, 3, gen)
    with pytest.raises(ValueError, match="delta"):
        rademacher.generalization_bound(0.1, 10, 1.0)
    with pytest.raises(ValueError, match="shape"):
        rademacher.linear_values(torch.eye(3), torch.ones(2, 4))
