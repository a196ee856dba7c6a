"""Interpolation, certificates, SGD through Gram matrices, counting, the cosine neuron."""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction
from itertools import product

import pytest
import torch

from memorize import distributions, interpolation
from memorize.activations import ABS, ERF, RELU, Activation
from memorize.kernels import hidden_kernel


def generator() -> torch.Generator:
    return torch.Generator().manual_seed(7)


def sphere(m: int, d: int) -> torch.Tensor:
    return distributions.sphere(m, d, generator())


def signs(*shape: int) -> torch.Tensor:
    bits: torch.Tensor = torch.randint(0, 2, shape, generator=generator())
    return (2 * bits - 1).double()


# --- the least eigenvalue -----------------------------------------------------------------------


@pytest.mark.parametrize("rho", [-0.9, -0.3, 0.2, 0.8])
def test_the_series_of_relu(rho: float) -> None:
    terms = interpolation.relu_coefficients(200)
    angle = torch.tensor(math.acos(rho), dtype=torch.float64)
    series = sum(c * rho**n for n, c in enumerate(terms))
    assert series == pytest.approx(float(hidden_kernel(RELU).at(angle)), abs=1e-9)


def test_the_first_coefficients_of_relu() -> None:
    found = interpolation.relu_coefficients(7)
    assert found[:2] == [0, 0.25]
    assert found[3] == found[5] == 0
    assert found[2] == pytest.approx(1 / (2 * math.pi))
    assert found[4] == pytest.approx(1 / (12 * math.pi))
    assert found[6] == pytest.approx(3 / (80 * math.pi))


def least(points: torch.Tensor) -> float:
    return float(torch.linalg.eigvalsh(hidden_kernel(RELU).gram(points))[0])


@pytest.mark.parametrize(("m", "d"), [(5, 10), (40, 30), (60, 15)])
def test_the_certificate_is_below(m: int, d: int) -> None:
    points = sphere(m, d)
    found = interpolation.certificate(points, interpolation.relu_coefficients(30), 0.5)
    assert 0 < found <= least(points) + 1e-12


def test_the_certificate_by_hand() -> None:
    # Three points of the plane at 120°: |ρ| = 1/2, rows add up to 1, 1/2, 1/4, … from n = 1 on.
    angle = 2 * math.pi / 3 * torch.arange(3, dtype=torch.float64)
    points = torch.stack([angle.cos(), angle.sin()], 1)
    wanted = 3 * (1 - 1 / 2) + 5 * (1 - 1 / 4)
    assert interpolation.certificate(points, [0, 2, 3], 10) == pytest.approx(wanted)
    orthonormal = torch.eye(4, dtype=torch.float64)
    assert interpolation.certificate(orthonormal, [0, 0.25], 0.5) == pytest.approx(0.5)
    assert least(orthonormal) == pytest.approx(0.5)


def test_longer_series_certify_more() -> None:
    points = sphere(60, 15)
    values = [
        interpolation.certificate(points, interpolation.relu_coefficients(n), 0.5)
        for n in (3, 5, 9, 17, 33)
    ]
    assert values == sorted(values)


def test_bad_series() -> None:
    with pytest.raises(ValueError, match="add up to at most total"):
        interpolation.certificate(sphere(3, 3), [1.0, 1.0], 1.5)
    with pytest.raises(ValueError, match=r"coefficients\[1\] must be at least 0"):
        interpolation.certificate(sphere(3, 3), [1.0, -1.0], 1.5)
    with pytest.raises(ValueError, match="number of coefficients"):
        interpolation.certificate(sphere(3, 3), [], 1.5)


def test_the_certificate_of_uniform_points() -> None:
    r = math.sqrt(2 * math.log(100**2 / 0.01) / 1000)
    wanted = 2 * max(0.0, 1 - 99 * r) + 3 * (1 - 99 * r**4) + 5 * (1 - 99 * r**5)
    found = interpolation.uniform_certificate(100, 1000, 0.01, [0, 2, 0, 0, 3], 10)
    assert found == pytest.approx(wanted)
    assert (
        interpolation.uniform_certificate(100, 10, 0.01, [0, 2, 3], 10) == 0
    )  # r would be above 1
    assert interpolation.uniform_certificate(1, 10, 0.01, [0, 2, 3], 10) == pytest.approx(10)


# --- stochastic gradient descent ---------------------------------------------------------------


def test_memorized() -> None:
    outputs = torch.tensor([[1.0, -2.0, 0.0, 3.0], [1.0, 1.0, 1.0, 1.0]])
    labels = torch.tensor([[1.0, -1.0, 1.0, -1.0], [1.0, 1.0, -1.0, 1.0]])
    assert memorized_list(outputs, labels) == [0.5, 0.75]
    with pytest.raises(ValueError, match=r"labels must be \+1 or -1"):
        interpolation.memorized(outputs, 2 * labels)
    with pytest.raises(ValueError, match="must end in one m"):
        interpolation.memorized(outputs, labels[:, :3])


def memorized_list(outputs: torch.Tensor, labels: torch.Tensor) -> list[float]:
    found: list[float] = interpolation.memorized(outputs, labels).tolist()
    return found


def test_the_updates_bound() -> None:
    assert interpolation.updates_bound(2, 0.5, 3) == pytest.approx((4 + 4) * 3)
    assert interpolation.steps_needed(10, 0.25, 0.1) == 400
    with pytest.raises(ValueError, match="eta must be above 0"):
        interpolation.updates_bound(2, 0, 3)


def test_sgd_through_the_gram_matrix_is_sgd() -> None:
    r, m, p, steps, b, eta = 3, 6, 8, 40, 2, 0.3
    features = torch.randn(r, m, p, generator=generator(), dtype=torch.float64)
    labels = signs(r, m)
    draws = torch.randint(0, m, (steps, r, b), generator=generator())
    found = interpolation.tangent_sgd(features @ features.mT, labels, eta, draws)
    for run in range(r):
        v = torch.zeros(p, dtype=torch.float64)
        for t in range(steps):
            gradient, active = torch.zeros(p, dtype=torch.float64), 0
            for k in draws[t, run].tolist():
                if float(labels[run, k] * (features[run, k] @ v)) < 1:
                    gradient -= labels[run, k] * features[run, k] / b
                    active += 1
            v = v - eta * gradient
            assert float(found.active[t, run]) == active / b
        assert torch.allclose(features[run] @ v, found.outputs[run])


def test_runs_have_their_own_steps() -> None:
    features = torch.randn(2, 5, 7, generator=generator(), dtype=torch.float64)
    gram, labels = features @ features.mT, signs(2, 5)
    draws = torch.randint(0, 5, (20, 2, 3), generator=generator())
    steps = torch.tensor([0.1, 0.7], dtype=torch.float64)
    both = interpolation.tangent_sgd(gram, labels, steps, draws)
    for k, eta in enumerate((0.1, 0.7)):
        one = slice(k, k + 1)
        alone = interpolation.tangent_sgd(gram[one], labels[one], eta, draws[:, one])
        assert torch.allclose(both.outputs[one], alone.outputs)


def test_sgd_goes_on_where_it_stopped() -> None:
    features = torch.randn(2, 5, 7, generator=generator(), dtype=torch.float64)
    gram, labels = features @ features.mT, signs(2, 5)
    draws = torch.randint(0, 5, (20, 2, 3), generator=generator())
    whole = interpolation.tangent_sgd(gram, labels, 0.2, draws)
    first = interpolation.tangent_sgd(gram, labels, 0.2, draws[:12])
    second = interpolation.tangent_sgd(gram, labels, 0.2, draws[12:], first.outputs)
    assert torch.equal(whole.outputs, second.outputs)
    assert torch.equal(whole.active, torch.cat([first.active, second.active]))


def test_bad_runs() -> None:
    gram, labels = torch.eye(3)[None], torch.ones(1, 3)
    draws = torch.zeros(2, 1, 1, dtype=torch.long)
    with pytest.raises(ValueError, match="indices below m = 3, got 3"):
        interpolation.tangent_sgd(gram, labels, 0.1, draws + 3)
    with pytest.raises(ValueError, match="eta must be above 0"):
        interpolation.tangent_sgd(gram, labels, 0.0, draws)
    with pytest.raises(ValueError, match="the least eta must be above 0"):
        interpolation.tangent_sgd(gram, labels, torch.tensor([-0.1]), draws)
    with pytest.raises(ValueError, match="eta must have shape"):
        interpolation.tangent_sgd(gram, labels, torch.tensor([0.1, 0.2]), draws)
    with pytest.raises(ValueError, match=r"labels must be \+1 or -1"):
        interpolation.tangent_sgd(gram, labels * 0, 0.1, draws)
    with pytest.raises(ValueError, match="gram must have shape"):
        interpolation.tangent_sgd(gram[0], labels, 0.1, draws)


@pytest.mark.parametrize(("activation", "degree"), [(RELU, 2), (RELU, 4), (ABS, 2), (ERF, 3)])
def test_the_report_has_the_right_mean(activation: Activation, degree: int) -> None:
    points, labels = sphere(4, 3), signs(4)
    weights = torch.randn(400_000, 3, generator=generator(), dtype=torch.float64)
    found = interpolation.report_outputs(activation, points, labels, weights, degree)
    wanted = (points @ points.T) ** degree @ labels
    assert torch.allclose(found, wanted, atol=0.05)


def test_the_report_needs_the_power() -> None:
    with pytest.raises(ValueError, match="kernel of ReLU has no such power"):
        interpolation.report_outputs(RELU, sphere(3, 3), signs(3), sphere(2, 3), 5)


# --- counting ----------------------------------------------------------------------------------


def patterns_by_enumeration(points: Sequence[tuple[int, ...]], reach: int) -> int:
    """How many strict sign vectors integer vectors of a box show."""
    seen = set()
    for v in product(range(-reach, reach + 1), repeat=len(points[0])):
        values = [sum(a * b for a, b in zip(v, x, strict=True)) for x in points]
        if all(values):
            seen.add(tuple(value > 0 for value in values))
    return len(seen)


def test_sign_vectors_by_enumeration() -> None:
    moments = [(1, t, t * t) for t in (-2, -1, 0, 1, 3)]
    assert patterns_by_enumeration(moments, 12) == interpolation.cover_count(5, 3) == 22
    dependent = [*moments[:4], (2, -2, 2)]  # twice the second
    assert patterns_by_enumeration(dependent, 12) < 22
    assert [interpolation.cover_count(m, 2) for m in (1, 2, 3, 4)] == [2, 4, 6, 8]
    assert interpolation.cover_count(5, 5) == interpolation.cover_count(5, 9) == 32


def test_half_of_twice_as_many() -> None:
    assert interpolation.separable_chance(20, 10) == Fraction(1, 2)
    assert interpolation.separable_chance(3, 1) == Fraction(1, 4)
    assert interpolation.separable_chance(3, 3) == 1


def test_entropy() -> None:
    assert interpolation.entropy(0) == interpolation.entropy(1) == 0
    assert interpolation.entropy(0.5) == 1
    assert interpolation.entropy(0.25) == pytest.approx(2 - 0.75 * math.log2(3))
    with pytest.raises(ValueError, match="eps must lie in"):
        interpolation.entropy(1.5)


def test_sign_vectors_of_networks() -> None:
    assert interpolation.log2_sign_vectors(4, 2, 1) == pytest.approx(6)  # 8 patterns, 8 signs
    # Two rows of 20 patterns, and 2 (1 + 9 + 36 + 84) = 260 signs in four dimensions.
    found = interpolation.log2_sign_vectors(10, 2, 2)
    assert found == pytest.approx(2 * math.log2(20) + math.log2(260))


# --- the cosine neuron -------------------------------------------------------------------------


@pytest.mark.parametrize("m", [1, 2, 5])
def test_one_neuron_for_all_labels(m: int) -> None:
    at = interpolation.cosine_points(m)
    assert at[-1] == Fraction(1, 4**m)
    for labels in product((-1, 1), repeat=m):
        scale = interpolation.cosine_scale(labels)
        phases = interpolation.cosine_phases(labels, scale, at)
        assert all(abs(phase) < Fraction(1, 3) for phase in phases)
        for y, t, phase in zip(labels, at, phases, strict=True):
            assert y * math.cos(math.pi * scale * t) == pytest.approx(math.cos(math.pi * phase))


def test_the_scale_by_hand() -> None:
    assert interpolation.cosine_scale([1, -1, 1, -1]) == 16 + 256
    assert interpolation.cosine_phases([1, -1], 1, [Fraction(1, 2), Fraction(3)]) == [
        Fraction(1, 2),
        0,
    ]
    assert interpolation.cosine_phases([1], 3, [Fraction(1)]) == [1]
    with pytest.raises(ValueError, match=r"labels must be \+1 or -1"):
        interpolation.cosine_scale([1, 0])
    with pytest.raises(ValueError, match="one length"):
        interpolation.cosine_phases([1], 3, [])


def test_the_guarantee() -> None:
    q, steps = interpolation.guarantee(100, least=0.1, C=1.0, top=4.0, eps=0.1, delta=0.03, eta=1.0)
    rate = 0.5 + 0.5 * math.log(0.5)
    assert q == math.ceil(40 * math.log(100 / 0.01) / rate)
    assert steps == math.ceil(3 * 2000 / (0.1 * 0.01))
    with pytest.raises(ValueError, match=r"eps must lie in \(0, 1\)"):
        interpolation.guarantee(100, least=0.1, C=1.0, top=4.0, eps=1.0, delta=0.03, eta=1.0)
