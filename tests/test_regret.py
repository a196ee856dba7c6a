"""The bounds on descent on random features: against the boxes, against runs, bad input."""

import math
from fractions import Fraction
from typing import Any

import pytest

from memorize import regret, statements
from memorize.lazy import Training

NUMBERS: dict[str, Any] = {"d": 20, "q": 30, "T": 50, "R": 2.0, "C": 1.5, "M": 3.0, "L": 0.7}


def evaluated(id: str, **numbers: float) -> float:
    bound = statements.get(id).bound
    assert bound is not None
    return bound.evaluate(**numbers).value


def test_the_terms_by_hand() -> None:
    """R = 2, C = 3/2, M = 3, L = 7/10; √(qd) = √600, η = 1/8."""
    found = regret.excess(20, 30, 50, 1 / 8, M=3.0, C=1.5, R=2.0, L=0.7)
    assert found.features == pytest.approx(0.7 * 2 * 1.5 * 3 / math.sqrt(600))
    assert found.distance == pytest.approx(9 / (2 * 50 / 8))
    assert found.noise == pytest.approx(0.49 * 2.25 / 16)
    assert found.total == found.features + found.distance + found.noise
    sharper = regret.excess(20, 30, 50, 1 / 8, M=3.0, C=1.5, R=2.0, L=0.7, kappa=0.5)
    assert sharper.noise == pytest.approx(0.49 * 0.5 / 16)
    assert (sharper.features, sharper.distance) == (found.features, found.distance)


def test_the_box_of_theorem_9() -> None:
    eta = regret.step_size(3.0, 1.5, 0.7, 50)
    found = regret.excess(20, 30, 50, eta, M=3.0, C=1.5, R=2.0, L=0.7)
    assert evaluated("Y.T9", **NUMBERS) == pytest.approx(found.total, rel=1e-12)
    assert found.distance == pytest.approx(found.noise, rel=1e-12)
    given_weights = evaluated("Y.T7", T=50, C=1.5, M=3.0, L=0.7)
    assert given_weights == pytest.approx(found.distance + found.noise, rel=1e-12)


@pytest.mark.parametrize("factor", [0.8, 0.9, 1.1, 1.25])
def test_the_step_size_is_the_best(factor: float) -> None:
    eta = regret.step_size(3.0, 1.5, 0.7, 50)
    best = sum(regret.convergence(3.0, 2.25, 0.7, eta, 50))
    assert best == pytest.approx(0.7 * 1.5 * 3 / math.sqrt(50))
    other = sum(regret.convergence(3.0, 2.25, 0.7, factor * eta, 50))
    assert other == pytest.approx(best * (factor + 1 / factor) / 2)


@pytest.mark.parametrize("kappa", [None, 0.5])
@pytest.mark.parametrize("accuracy", [0.05, 0.3])
def test_the_sizes_reach_the_accuracy_and_no_smaller_ones_do(
    accuracy: float, kappa: float | None
) -> None:
    fixed: dict[str, Any] = {"M": 3.0, "C": 1.5, "R": 2.0, "L": 0.7, "kappa": kappa}
    sizes = regret.sizes(accuracy, 20, **fixed)
    found = regret.excess(20, sizes.q, sizes.T, sizes.eta, **fixed)
    assert accuracy * 0.97 < found.total <= accuracy
    half = accuracy / 2
    assert found.features <= half
    assert found.distance + found.noise <= half
    fewer = regret.excess(20, sizes.q - 1, sizes.T, sizes.eta, **fixed)
    assert fewer.features > half
    assert evaluated("N.T5", d=20, R=2, C=1.5, M=3, L=0.7, eps=accuracy) == sizes.q
    power = 2.25 if kappa is None else kappa
    assert 0.7 * 3 * math.sqrt(power / (sizes.T - 1)) > half


def test_sizes_at_round_numbers() -> None:
    """d = 20, ReLU, √d⟨u,x⟩ of norm 2√20, ε = 2/5: q = 100 and T = 2000."""
    found = regret.sizes(0.4, 20, M=2 * math.sqrt(20), C=1.0)
    assert (found.q, found.T) == (100, 2000)
    assert found.eta == pytest.approx(1 / math.sqrt(found.T / 80))


def test_the_box_for_smooth_losses() -> None:
    found = regret.smooth_excess(20, 30, 50, 0.4, M=3.0, C=1.5, R=2.0, beta=0.25, best=0.1)
    box = evaluated("B.T5.smooth", d=20, q=30, T=50, R=2, C=1.5, M=3, beta=0.25, rho=0.4)
    assert found.features + found.distance == pytest.approx(box, rel=1e-12)
    assert found.features == pytest.approx(0.25 * 4 * 2.25 * 9 / (2 * 600) / 0.6)
    assert found.distance == pytest.approx(0.25 * 2.25 * 9 / (2 * 0.4 * 50))
    assert found.noise == pytest.approx(0.1 * 0.4 / 0.6)


def test_sizes_for_smooth_losses() -> None:
    sizes = regret.smooth_sizes(0.01, 20, M=3.0, C=1.5, R=2.0, beta=0.25)
    assert sizes.T == math.ceil(2 * 0.25 * 2.25 * 9 / 0.01)
    assert sizes.q == math.ceil(2 * 0.25 * 2.25 * 9 * 4 / 0.2)
    assert sizes.eta == pytest.approx(1 / (2 * 0.25 * 2.25))
    found = regret.smooth_excess(20, sizes.q, sizes.T, 0.5, M=3.0, C=1.5, R=2.0, beta=0.25)
    assert 0.99 * 0.01 < found.total <= 0.01


@pytest.mark.parametrize(("k", "T"), [(0, 1), (0, 7), (3, 4), (2, 30)])
def test_the_example_is_its_run(k: int, T: int) -> None:
    """Weights that walk by ηLC towards M = (k + ½)ηLC, in fractions; and the closed form."""
    eta, L, C = Fraction(1, 3), Fraction(5, 2), Fraction(3, 2)
    M, v, total = (k + Fraction(1, 2)) * eta * L * C, Fraction(0), Fraction(0)
    for _ in range(T):
        total += L * C * abs(v - M)
        v += eta * L * C * (1 if v < M else -1)
    found = regret.oscillation(k, T, float(eta), float(L), float(C))
    assert found == pytest.approx(float(total / T), rel=1e-14)
    terms = M**2 / (2 * eta * T) + eta * L**2 * C**2 / 2 - eta * L**2 * C**2 / (8 * T)
    assert total / T == terms


def test_scalar_features() -> None:
    assert regret.scalar_floor(10, 4) == pytest.approx(0.6 * 0.7978845608028654)
    assert regret.scalar_floor(10, 10) == 0


def test_step_sizes_of_the_algorithms() -> None:
    assert regret.feature_step_size(0.5, 7) == 7


def test_the_scale_of_the_outputs() -> None:
    """r = 2, L = 7/10, C = 3/2, M = 3, T = 5, b = 4: 2 · 9.45 · 5 · 9 · √(2/π) / ε₀."""
    found = regret.output_scale(0.1, 5, M=3.0, L=0.7, C=1.5, kinks=2, batch=4)
    assert found == pytest.approx(2 * 9.45 * 45 * 0.7978845608028654 / 0.1)


def test_the_scale_is_that_of_theorem_8() -> None:
    """q = 6 pairs at η₂ = M/(2qLC√T): the B of Y.T8 (c) for a piecewise linear σ."""
    eta = regret.step_size(3.0, 1.5, 0.7, 5) / 12
    run = Training(pairs=6, eta=eta, steps=5, batch=4, lipschitz=0.7, slope=1.5, bend=0.0, kinks=2)
    found = regret.output_scale(0.1, 5, M=3.0, L=0.7, C=1.5, kinks=2, batch=4)
    assert found == pytest.approx(run.enough(0.1), rel=1e-12)


@pytest.mark.parametrize("q", [1, 6])
def test_the_scale_for_curved_activations(q: int) -> None:
    """q pairs at η₂ = M/(2qLC√T), weights of the norm M/√(2q): B.lazy.regret is LCM/√T + ε₀."""
    eta = regret.step_size(3.0, 1.5, 0.7, 5) / (2 * q)
    run = Training(pairs=q, eta=eta, steps=5, lipschitz=0.7, slope=1.5, bend=0.4)
    B = regret.curved_output_scale(0.1, q, 5, M=3.0, L=0.7, bend=0.4)
    assert run.regret(B, 3 / math.sqrt(2 * q)) == pytest.approx(
        3.15 / math.sqrt(5) + 0.1, rel=1e-12
    )
    assert B == pytest.approx(0.4 * 6.3 * (5 + 3 * math.sqrt(5)) / (1.2 * q))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: regret.excess(0, 1, 1, 1.0, M=1, C=1), "d must be"),
        (lambda: regret.excess(4, 0, 1, 1.0, M=1, C=1), "q must be"),
        (lambda: regret.excess(4, 1, 0, 1.0, M=1, C=1), "T must be"),
        (lambda: regret.excess(4, 1, 1, 0.0, M=1, C=1), "eta must be"),
        (lambda: regret.excess(4, 1, 1, 1.0, M=-1, C=1), "M must be"),
        (lambda: regret.excess(4, 1, 1, 1.0, M=1, C=0), "C must be"),
        (lambda: regret.excess(4, 1, 1, 1.0, M=1, C=1, L=-1), "L must be"),
        (lambda: regret.excess(4, 1, 1, 1.0, M=1, C=1, R=2.1), "R must lie between 1 and"),
        (lambda: regret.excess(4, 1, 1, 1.0, M=1, C=1, R=0.9), "R must lie between 1 and"),
        (lambda: regret.excess(4, 1, 1, 1.0, M=1, C=1, kappa=1.1), "kappa must be at most"),
        (lambda: regret.excess(4, 1, 1, 1.0, M=1, C=1, kappa=0), "kappa must be"),
        (lambda: regret.sizes(0, 4, M=1, C=1), "accuracy must be"),
        (lambda: regret.sizes(1, 4, M=0, C=1), "M must be"),
        (lambda: regret.sizes(1, 4, M=1, C=1, L=0), "L must be"),
        (lambda: regret.smooth_excess(4, 1, 1, 1.0, M=1, C=1), "rho must lie"),
        (lambda: regret.smooth_excess(4, 1, 1, 0.5, M=1, C=1, beta=0), "beta must be"),
        (lambda: regret.smooth_excess(4, 1, 1, 0.5, M=1, C=1, best=-1), "best must be"),
        (lambda: regret.smooth_sizes(0, 4, M=1, C=1), "accuracy must be"),
        (lambda: regret.step_size(1, 1, 1, 0), "T must be"),
        (lambda: regret.feature_step_size(1.0, 0), "q must be"),
        (lambda: regret.oscillation(3, 3, 1.0, 1, 1), "k must be an integer"),
        (lambda: regret.oscillation(-1, 3, 1.0, 1, 1), "k must be an integer"),
        (lambda: regret.scalar_floor(3, 4), "q = 4 must be at most d = 3"),
        (lambda: regret.output_scale(0.0, 3, M=1, L=1, C=1), "accuracy must be"),
        (lambda: regret.output_scale(0.1, 3, M=1, L=1, C=1, batch=0), "batch must be"),
        (lambda: regret.output_scale(0.1, 3, M=1, L=1, C=1, kinks=0), "kinks must be"),
        (lambda: regret.curved_output_scale(0, 1, 3, M=1, L=1, bend=1), "accuracy must be"),
        (lambda: regret.curved_output_scale(0.1, 0, 3, M=1, L=1, bend=1), "q must be"),
        (lambda: regret.curved_output_scale(0.1, 1, 0, M=1, L=1, bend=1), "T must be"),
        (lambda: regret.curved_output_scale(0.1, 1, 3, M=0, L=1, bend=1), "M must be"),
        (lambda: regret.curved_output_scale(0.1, 1, 3, M=1, L=0, bend=1), "L must be"),
        (lambda: regret.curved_output_scale(0.1, 1, 3, M=1, L=1, bend=0), "bend must be"),
    ],
)
def test_bad_input(call: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()
