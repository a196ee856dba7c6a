"""Gradient descent as a linear recursion, against exact and independent values."""

from __future__ import annotations

import dataclasses
import math

import pytest
import torch
from torch import Tensor

from memorize import linear_dynamics as ld
from memorize import runtime
from memorize.activations import RELU
from memorize.kernels import hidden_kernel

H = torch.tensor([[2.0, 1.0], [1.0, 2.0]], dtype=torch.float64)  # eigenvalues 3 and 1
Y = torch.tensor([1.0, 0.0], dtype=torch.float64)


@pytest.fixture
def spectrum() -> ld.Spectrum:
    return ld.Spectrum.of(H)


def small(q: int = 40, m: int = 6, d: int = 4, tau: float = 1.0) -> tuple[Tensor, ...]:
    gen = runtime.generator("tests/linear_dynamics")
    inputs = torch.randn(m, d, generator=gen, dtype=torch.float64)
    inputs /= inputs.norm(dim=1, keepdim=True)
    weights = tau * torch.randn(q, d, generator=gen, dtype=torch.float64)
    signs = torch.ones(q, dtype=torch.float64)
    signs[q // 2 :] = -1
    labels = torch.tensor([1.0, -1.0] * (m // 2), dtype=torch.float64)
    return inputs, labels, weights, signs


def outputs(inputs: Tensor, weights: Tensor, signs: Tensor) -> Tensor:
    return signs @ (weights @ inputs.T).clamp(min=0) / math.sqrt(len(signs))


def step(inputs: Tensor, labels: Tensor, weights: Tensor, signs: Tensor, eta: float) -> Tensor:
    e = labels - outputs(inputs, weights, signs)
    active = (weights @ inputs.T >= 0).double()
    return weights + eta / math.sqrt(len(signs)) * (signs[:, None] * active * e) @ inputs


# Spectrum


def test_eigenvalues_fall(spectrum: ld.Spectrum) -> None:
    assert spectrum.values.tolist() == pytest.approx([3, 1])
    assert (spectrum.largest, spectrum.least, spectrum.m) == pytest.approx((3, 1, 2))
    assert torch.allclose(spectrum.vectors @ torch.diag(spectrum.values) @ spectrum.vectors.T, H)
    assert spectrum.projections(Y).abs().tolist() == pytest.approx([0.5**0.5] * 2)


@pytest.mark.parametrize("eta", [0.1, 0.4, 0.65])
@pytest.mark.parametrize("t", [0, 1, 2, 7])
def test_the_linear_dynamics_is_iterated(spectrum: ld.Spectrum, eta: float, t: int) -> None:
    residual, driven = Y.clone(), torch.zeros(2, dtype=torch.float64)
    for _ in range(t):
        driven, residual = driven + eta * residual, residual - eta * H @ residual
    assert torch.allclose(spectrum.residual(Y, eta, t), residual)
    assert torch.allclose(spectrum.driven(Y, eta, t), driven, atol=1e-14)
    assert float(spectrum.curve(Y, eta, [t])[0]) == pytest.approx(float(residual.norm()))
    moved = math.sqrt(float(driven @ H @ driven))
    assert float(spectrum.distance(Y, eta, t)) == pytest.approx(moved)


def test_the_limit_is_the_interpolant(spectrum: ld.Spectrum) -> None:
    solved = torch.linalg.solve(H, Y)
    assert torch.allclose(spectrum.driven(Y, 0.3, math.inf), solved)
    assert float(spectrum.price(Y)) == pytest.approx(2 / 3)
    assert float(spectrum.distance(Y, 0.3, math.inf)) == pytest.approx(math.sqrt(2 / 3))
    assert spectrum.residual(Y, 0.3, math.inf).abs().max() == 0


def test_several_labels_at_once(spectrum: ld.Spectrum) -> None:
    both = torch.stack([Y, torch.tensor([1.0, 3.0], dtype=torch.float64)], 1)
    curves = spectrum.curve(both, 0.2, range(4))
    assert curves.shape == (4, 2)
    for k in range(2):
        assert torch.allclose(curves[:, k], spectrum.curve(both[:, k], 0.2, range(4)))
        one = spectrum.driven(both[:, k], 0.2, 3)
        assert torch.allclose(spectrum.driven(both, 0.2, 3)[:, k], one)
        assert float(spectrum.price(both)[k]) == pytest.approx(float(spectrum.price(both[:, k])))


def test_a_null_space_is_driven_without_end() -> None:
    flat = ld.Spectrum.of(torch.diag(torch.tensor([1.0, 0.0], dtype=torch.float64)))
    up = torch.tensor([0.0, 1.0], dtype=torch.float64)
    assert flat.driven(up, 0.5, 6).tolist() == pytest.approx([0, 3])
    assert flat.residual(up, 0.5, math.inf).tolist() == pytest.approx([0, 1])
    for call in (lambda: flat.price(up), lambda: flat.driven(up, 0.5, math.inf)):
        with pytest.raises(ValueError, match="invertible, its least eigenvalue is 0"):
            call()


def test_bad_matrices_are_refused() -> None:
    with pytest.raises(ValueError, match="symmetric"):
        ld.Spectrum.of(torch.tensor([[1.0, 0.5], [0.0, 1.0]]))
    with pytest.raises(ValueError, match=r"least eigenvalue is -1"):
        ld.Spectrum.of(torch.tensor([[0.0, 1.0], [1.0, 0.0]]))
    with pytest.raises(ValueError, match="2 rows"):
        ld.Spectrum.of(H).projections(torch.ones(3, dtype=torch.float64))


def test_steps_beyond_two_over_lambda_max_are_refused(spectrum: ld.Spectrum) -> None:
    assert ld.checked_step(0.666, 3.0) == 0.666
    for eta in (2 / 3, 1.0):
        with pytest.raises(ValueError, match=r"2/λ_max = 0\.666667"):
            spectrum.curve(Y, eta, [1])
    with pytest.raises(ValueError, match="above 0"):
        ld.checked_step(0.0, 3.0)


# The secant identity


def test_slopes() -> None:
    before = torch.tensor([1.0, -1.0, -1.0, 3.0, 0.0, 2.0, -2.0])
    after = torch.tensor([2.0, -2.0, 3.0, -1.0, 0.0, 2.0, -2.0])
    expected = [1, 0, 0.75, 0.75, 1, 1, 0]
    assert ld.secant_slopes(before, after).tolist() == pytest.approx(expected)


def test_the_secant_identity() -> None:
    inputs, labels, weights, signs = small(tau=0.05)
    gaps, without = [], []
    for _ in range(15):
        new = step(inputs, labels, weights, signs, 0.5)
        e, e_new = (labels - outputs(inputs, w, signs) for w in (weights, new))
        told = e - 0.5 * ld.secant_gram(inputs, weights, new) @ e
        derivative = e - 0.5 * ld.secant_gram(inputs, weights, weights) @ e
        gaps.append(float((told - e_new).abs().max()))
        without.append(float((derivative - e_new).abs().max()))
        weights = new
    assert max(gaps) < 1e-13
    assert max(without) > 1e-3


# The deterministic theorem


def test_near_the_kink() -> None:
    inputs = torch.eye(2, dtype=torch.float64)
    weights = torch.tensor([[1.0, -2.0], [-0.5, 0.5]], dtype=torch.float64)
    near = ld.near_kink(weights, inputs, 1.0)
    assert near.tolist() == [[True, False], [True, True]]
    assert ld.shares(near).tolist() == [1, 0.5]
    tilted = torch.tensor([[1.0, 0.0], [-0.6, 0.8]], dtype=torch.float64)
    N = ld.movement_matrix(torch.tensor([[True, False], [False, False]]), tilted)
    assert torch.allclose(N, torch.tensor([[0.5, 0.3], [0.3, 0.0]], dtype=torch.float64))


def test_the_matrix_bounds_what_moves_within_the_radius() -> None:
    inputs, _, weights, _ = small(q=200)
    gen = runtime.generator("tests/linear_dynamics/moved")
    r = 0.1
    N = ld.movement_matrix(ld.near_kink(weights, inputs, r), inputs)
    start = ld.secant_gram(inputs, weights, weights)
    for _ in range(20):
        turn = torch.randn(weights.shape, generator=gen, dtype=torch.float64)
        moved = weights + r * turn / turn.norm(dim=1, keepdim=True)
        for new in (ld.secant_gram(inputs, moved, moved), ld.secant_gram(inputs, weights, moved)):
            assert bool(((new - start).abs() <= N + 1e-12).all())


@pytest.mark.parametrize("steps", [30, math.inf])
def test_a_certificate_holds(steps: float) -> None:
    inputs, labels, weights, signs = small(q=2000, d=20, tau=100.0)
    weights[1000:] = weights[:1000]
    start = ld.secant_gram(inputs, weights, weights)
    K = ld.Spectrum.of(start)
    eta = 1 / K.largest
    first = float(labels.norm())
    found = ld.certify(weights, inputs, first, K, gap=0.0, eta=eta, steps=steps)
    assert found is not None
    norm = float(torch.linalg.matrix_norm(inputs, 2))
    bound = ld.movement_matrix(ld.near_kink(weights, inputs, found.radius), inputs)
    assert found.F == pytest.approx(float(torch.linalg.eigvalsh(bound)[-1]))
    assert found.rate == pytest.approx(1 - eta * (K.least - found.F))
    assert found.linear_rate == pytest.approx(1 - eta * K.least)
    assert found.movement(3) == pytest.approx(
        eta * norm * first / math.sqrt(2000) * (1 + found.rate + found.rate**2)
    )
    if steps == math.inf:
        assert found.worst == pytest.approx(first * found.F / K.least)
        assert found.movement(10**6) <= found.radius
    else:
        assert found.movement(30) <= found.radius
    now = weights
    for t in range(31):
        e = labels - outputs(inputs, now, signs)
        assert float(e.norm()) <= found.residual(t) + 1e-11
        off = e - K.residual(labels, eta, t)
        assert float(off.norm()) <= found.deviation(t) + 1e-11
        assert float((now - weights).norm(dim=1).max()) <= found.movement(t) + 1e-11
        now = step(inputs, labels, now, signs, eta)


def test_no_certificate_where_rows_must_leave_every_radius() -> None:
    inputs, labels, weights, _ = small(q=40, tau=0.01)
    K = ld.Spectrum.of(hidden_kernel(RELU).gram(inputs))
    assert ld.certify(weights, inputs, float(labels.norm()), K, gap=0.1, eta=0.1) is None
    with pytest.raises(ValueError, match="above 1/λ_1"):
        ld.certify(weights, inputs, 1.0, K, gap=0.0, eta=1.01 / K.largest)


def test_a_certificate_ends_at_its_last_step() -> None:
    found = ld.Certificate(1.0, 0.5, 0.75, 0.5, start=2.0, push=1.0, steps=4)
    assert found.residual(2) == pytest.approx(2 * 0.75**2)
    assert found.deviation(2) == pytest.approx(2 * (0.75**2 - 0.25))
    assert found.movement(4) == pytest.approx(1 + 0.75 + 0.75**2 + 0.75**3)
    assert found.worst == pytest.approx(2 * 0.5)
    assert dataclasses.replace(found, rate=1.0).movement(3) == 3
    assert dataclasses.replace(found, rate=1.0).worst == math.inf
    with pytest.raises(ValueError, match="between 0 and 4"):
        found.residual(5)


def test_row_movement() -> None:
    assert ld.row_movement(3.0, 2.0, 16, 0.5) == 3.0


# Widths

SIZES = ld.Sizes(m=20, norm=2.0, absolute=5.0, frobenius=6.0, least=0.1, largest=3.0)


def test_sizes() -> None:
    inputs, *_ = small()
    G, H = inputs @ inputs.T, hidden_kernel(RELU).gram(inputs)
    found = ld.Sizes.of(inputs)
    assert found.m == 6
    assert found.norm**2 == pytest.approx(float(torch.linalg.matrix_norm(G, 2)))
    assert found.absolute == pytest.approx(float(torch.linalg.matrix_norm(G.abs(), 2)))
    assert found.frobenius == pytest.approx(float(torch.linalg.matrix_norm(G)))
    values = torch.linalg.eigvalsh(H)
    assert (found.least, found.largest) == pytest.approx((float(values[0]), float(values[-1])))
    assert found.ratio == pytest.approx(found.norm**2 / found.least)
    with pytest.raises(ValueError, match="equal or antipodal"):
        ld.Sizes.of(torch.cat([inputs, inputs[:1]]))


def test_widths_by_hand() -> None:
    start = math.sqrt(3 * (16 + 20 * 0.25 / 2) / 0.1)
    assert ld.initial_residual(20, 4.0, 0.5, 0.1) == pytest.approx(start)
    each = 2048 / math.pi * 4 * 25 / (1e-4 * 0.25)
    assert ld.convergence_width(SIZES, 4.0, 0.5, 0.1) == pytest.approx(each * start**2)
    tau = 2 * math.sqrt(0.1 / 120)
    found = ld.curve_width(SIZES, 4.0, tau, 0.1, 2.0)
    assert found == pytest.approx(each * 0.25 / tau**2 * 5**4 / 4)
    for name, bad in (("tau", {"tau": 1.001 * tau}), ("eps", {"eps": 8.001})):
        with pytest.raises(ValueError, match=f"{name} must be at most"):
            ld.curve_width(SIZES, **{"y": 4.0, "tau": tau, "delta": 0.1, "eps": 2.0, **bad})
    assert ld.curve_width(SIZES, 4.0, tau, 0.1, 8.0) > 0
    printed = ld.printed_width(20, 0.1, 0.5, 0.1, 2.0, constant=3.0)
    assert printed == pytest.approx(3 * 20**7 / (1e-4 * 0.25 * 1e-4 * 4))
    # R = 4n/(√m λ√δ), then ‖H(k) − H(0)‖ ≤ 4n²R/(√(2π)κδ), times 4/(eλ)·√(n/δ): F, (17) and (30)
    n, least, delta, kappa, width = 7.0, 0.2, 0.3, 0.05, 11.0
    R = 4 * n / (math.sqrt(width) * least * math.sqrt(delta))
    moved = 4 * n**2 * R / (math.sqrt(2 * math.pi) * kappa * delta)
    eps = 4 / (math.e * least) * moved * math.sqrt(n / delta)
    found = ld.printed_width(7, least, kappa, delta, eps, ld.PRINTED_STEPS)
    assert found == pytest.approx(width)


def test_the_conditions_in_the_proofs() -> None:
    """At the width of each theorem the two or three conditions of its proof hold with room."""
    chernoff = 2 * math.log(2) - 1
    for y, tau, delta, eps in ((4.0, 0.5, 0.1, None), (4.0, 0.02, 0.1, 2.0)):
        q = (
            ld.convergence_width(SIZES, y, tau, delta)
            if eps is None
            else ld.curve_width(SIZES, y, tau, delta, eps)
        )
        start = ld.initial_residual(20, y, tau, delta) if eps is None else y + eps / 2
        share = 0.5 if eps is None else eps / (2 * y + eps)
        radius = 2 * SIZES.norm * start / (math.sqrt(q) * SIZES.least)
        near = math.sqrt(2 / math.pi) * radius / tau
        assert 4 * near * SIZES.absolute == pytest.approx(share * SIZES.least / 2)
        assert q * near * chernoff >= math.log(3 * 20 / delta)
        gap = SIZES.frobenius / math.sqrt(q) * (0.5 + math.sqrt(math.log(3 / delta) / 2))
        assert gap <= share * SIZES.least / 2


def test_tracking() -> None:
    assert ld.tracking_error(0.19) == pytest.approx(0.19 / 0.9)
    assert ld.tracking_error(0.19, 1.5) == pytest.approx(2 * 0.19 / 0.9)
    with pytest.raises(ValueError, match="below 2"):
        ld.tracking_error(0.1, 2.0)
    rate = 1.5 * math.log(1.5) - 0.5
    expected = math.ceil(40.0 * math.log(2 * 20 / 0.1) / rate)
    assert ld.tracking_width(20, 40.0, 0.5, 0.1) == expected


@pytest.mark.parametrize("h", [1.0, 1.6])
def test_tracking_holds(h: float) -> None:
    gen = runtime.generator("tests/linear_dynamics/tracking")
    eps = 0.3
    for _ in range(30):
        root = torch.randn(5, 5, generator=gen, dtype=torch.float64)
        H = root @ root.T
        turn, _ = torch.linalg.qr(torch.randn(5, 5, generator=gen, dtype=torch.float64))
        mixed = turn @ torch.diag(eps * torch.linspace(-1, 1, 5, dtype=torch.float64)) @ turn.T
        near = H + root @ mixed @ root.T
        eta = h / float(torch.linalg.eigvalsh(torch.stack([H, near])).max())
        one = torch.eye(5, dtype=torch.float64)
        first, second = one.clone(), one.clone()
        for _ in range(40):
            first, second = first @ (one - eta * H), second @ (one - eta * near)
            gap = float(torch.linalg.matrix_norm(first - second, 2))
            assert gap <= ld.tracking_error(eps, h) + 1e-12


def test_paired() -> None:
    scale = ld.paired_scale(16, 20, 2.0, 4.0, 3.0, 0.1)
    assert scale == pytest.approx(4 * 20 * 2 * 3 * 4 / (math.sqrt(2 * math.pi) * 0.1))
    forever = ld.paired_scale_at(SIZES, 16, 4.0, 0.1)
    assert forever == pytest.approx(math.sqrt(8 / math.pi) * 4 * 20 * 2 * 4 / (0.1 * 0.1))
    q = ld.paired_width(SIZES, 0.1)
    rate = 0.5 + 0.5 * math.log(0.5)
    assert q == 2 * math.ceil(40.0 * math.log(2 * 20 / 0.1) / rate)
    assert q <= 13.04 * 40.0 * math.log(2 * 20 / 0.1) + 2
