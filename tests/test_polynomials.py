"""Norms of polynomials in the space of the ReLU tangent kernel, and what learning them costs."""

from __future__ import annotations

import math
from fractions import Fraction as F
from itertools import product
from typing import Any

import flint
import pytest
import torch
from scipy.special import betainc, betaincinv

from memorize import polynomials as P
from memorize import statements
from memorize.activations import RELU
from memorize.kernels import hidden_kernel


def test_series_coefficients_are_those_of_the_kernel() -> None:
    """Against the Taylor series of ρ/4 + ρ arcsin(ρ)/2π, which flint computes."""
    with flint.ctx.workprec(200):
        rho = flint.arb_series([0, 1], prec=10)
        kernel = rho * (flint.arb_series([1], prec=10) / 4 + rho.asin() / (2 * flint.arb.pi()))
        for n in range(10):
            scale = flint.arb(1) if n == 1 else 1 / (2 * flint.arb.pi())
            exact = P.series_coefficient(n)
            assert (scale * flint.fmpq(exact.numerator, exact.denominator)).overlaps(kernel[n])
    assert [P.series_coefficient(n) for n in (1, 2, 3, 4, 6, 8)] == [
        F(1, 4), 1, 0, F(1, 6), F(3, 40), F(5, 112),
    ]  # fmt: skip


def test_inverse_coefficients() -> None:
    found = [P.inverse_coefficient(c) / math.pi for c in (2, 4, 6)]
    assert found == pytest.approx([2, 12, 80 / 3], rel=1e-15)
    for c in range(2, 200, 2):  # the bound of N.T6, and how far it is
        assert 1 < math.sqrt(2 * math.pi**3) * (c - 1) ** 1.5 / P.inverse_coefficient(c) < 1.254


def test_mean_length() -> None:
    assert P.mean_length(1) == pytest.approx(math.sqrt(2 / math.pi), rel=1e-14)
    assert P.mean_length(2) == pytest.approx(math.sqrt(math.pi / 2), rel=1e-14)
    assert P.mean_length(3) == pytest.approx(math.sqrt(8 / math.pi), rel=1e-14)
    for d in (2, 5, 40, 10**6):
        assert P.mean_length(d) * P.mean_length(d + 1) == pytest.approx(d, rel=1e-8)


def ball(value: F) -> flint.arb:
    return flint.arb(flint.fmpq(value.numerator, value.denominator))


def funk_hecke(m: int, d: int, output: int) -> flint.arb:
    """E (tk^h + output·σ̂)(ρ) P_m(ρ), by rigorous quadrature over the angle."""

    def legendre(t: flint.acb) -> flint.acb:
        before, now = flint.acb(1), t
        if m == 0:
            return before
        for n in range(1, m):
            before, now = now, ((2 * n + d - 2) * t * now - n * before) / (n + d - 2)
        return now

    def integrand(a: flint.acb, _: bool) -> flint.acb:
        hidden = (flint.acb.pi() - a) * a.cos()
        kernel = (1 + output) * hidden + output * a.sin()
        return kernel / (2 * flint.acb.pi()) * legendre(a.cos()) * a.sin() ** (d - 2)

    mass = flint.acb.integral(lambda a, _: a.sin() ** (d - 2), 0, flint.arb.pi())
    return (flint.acb.integral(integrand, 0, flint.arb.pi()) / mass).real


@pytest.mark.parametrize("d", [2, 3, 4, 7])
def test_eigenvalues_are_funk_hecke_integrals(d: int) -> None:
    for m in range(8):
        assert float(funk_hecke(m, d, 0)) == pytest.approx(P.eigenvalue(m, d), abs=1e-14)
        assert float(funk_hecke(m, d, 4)) == pytest.approx(P.eigenvalue(m, d, B=0.5), abs=1e-14)


def test_eigenvalues_add_up_to_the_diagonal() -> None:
    """Σ λ_m dim H_m = tk^h(1) = 1/2: on the circle, where dim H_m = 2 but for m = 0."""
    total = P.eigenvalue(0, 2) + 2 * sum(P.eigenvalue(m, 2) for m in range(1, 2000))
    assert 0 < 0.5 - total < 1e-4
    assert [P.ramp_ratio(m, 3) for m in (0, 2, 4, 6)] == [1, F(1, 4), F(-1, 24), F(1, 64)]
    assert [P.eigenvalue_ratio(m, 3) for m in (0, 2, 4)] == [1, F(7, 16), F(21, 576)]
    assert P.eigenvalue(3, 5) == 0.0 == P.eigenvalue(5, 2, B=1.0)


def test_sphere_moments() -> None:
    assert P.sphere_moment((2, 0), 5) == F(1, 5)
    assert P.sphere_moment((4,), 5) == F(3, 35)
    assert P.sphere_moment((2, 2), 5) == F(1, 35)
    assert P.sphere_moment((2, 4, 2), 3) == F(3, 3 * 5 * 7 * 9)
    assert P.sphere_moment((3, 1), 5) == 0
    assert P.sphere_moment((), 5) == 1
    assert P.sphere_product({(1, 0): 2, (0, 2): 1}, {(1, 0): 1, (0, 0): 3}, 4) == F(2 + 3, 4)
    x = torch.nn.functional.normalize(torch.randn(200_000, 3, generator=torch.manual_seed(0)))
    assert float((x[:, 0] ** 4 * x[:, 1] ** 2).mean()) == pytest.approx(3 / 105, abs=1e-3)


CUBIC: P.Polynomial = {
    (4, 0, 0): 1,
    (2, 1, 1): F(-3, 2),
    (0, 3, 0): 5,
    (1, 0, 1): 2,
    (0, 1, 0): 1,
    (0, 0, 0): 7,
}


def value(p: P.Polynomial, x: tuple[F, ...]) -> F:
    powers = {alpha: math.prod(t**e for t, e in zip(x, alpha, strict=True)) for alpha in p}
    return sum((F(a) * powers[alpha] for alpha, a in p.items()), F(0))


@pytest.mark.parametrize("d", [3, 4, 9])
def test_harmonic_parts(d: int) -> None:
    """They add up to the polynomial on the sphere, are orthogonal, and become harmonic."""
    parts = P.harmonic_parts(CUBIC, d)
    assert list(parts) == [0, 1, 2, 3, 4]
    for x in ((F(1, 3), F(2, 3), F(2, 3)), (F(2, 7), F(-3, 7), F(6, 7))):
        assert sum(value(p, x) for p in parts.values()) == value(CUBIC, x)
    for m, n in product(parts, parts):
        assert m == n or P.sphere_product(parts[m], parts[n], d) == 0
    if d == 3:  # all variables are there, so that powers of ‖x‖² can be put back
        for m, part in parts.items():
            assert P.laplacian(homogeneous(part, m)) == {}


def homogeneous(part: P.Polynomial, m: int) -> P.Polynomial:
    """The terms of degree m − 2j, times (x₁² + x₂² + x₃²)ʲ."""
    result: dict[tuple[int, ...], F] = {}
    for alpha, a in part.items():
        terms = {alpha: F(a)}
        for _ in range((m - sum(alpha)) // 2):
            longer: dict[tuple[int, ...], F] = {}
            for beta, b in terms.items():
                for i in range(3):
                    gamma = tuple(e + 2 * (i == k) for k, e in enumerate(beta))
                    longer[gamma] = longer.get(gamma, F(0)) + b
            terms = longer
        for beta, b in terms.items():
            result[beta] = result.get(beta, F(0)) + b
    return result


def test_norms() -> None:
    for d in (2, 5, 30):
        one = 2 * math.pi * P.mean_length(d) ** 2
        assert P.norm_squared({(0,): 3}, d).value == pytest.approx(9 * one, rel=1e-14)
        product_ = one * (d + 1) ** 2 / (d * (d + 2) * (2 * d + 1))
        assert P.norm_squared({(1, 1): 1}, d).value == pytest.approx(product_, rel=1e-14)
        assert P.norm_squared({(1, 0): 3, (0, 1): 4}, d).value == 4 * 25
    assert P.norm_squared({(3,): 1}, 5).value == math.inf
    assert P.norm_squared({}, 5).value == 0
    whole = {tuple(2 * (i == k) for k in range(4)): 1 for i in range(4)}  # ‖x‖² = 1
    assert P.norm_squared(whole, 4) == P.norm_squared({(0,): 1}, 4)


def test_norm_is_at_least_that_on_finitely_many_points_and_near_it() -> None:
    """fᵀK⁻¹f on points of the circle, an independent computation (B.T2.ball)."""
    angles = torch.arange(0, 101, dtype=torch.float64) * (2 * math.pi / 101)
    x = torch.stack([angles.cos(), angles.sin()], 1)
    K = hidden_kernel(RELU).gram(x) + 1e-12 * torch.eye(101, dtype=torch.float64)
    some: list[dict[tuple[int, ...], F | int]] = [
        {(2, 0): 1}, {(0, 0): 1}, {(3, 1): 1, (1, 0): -2}, {(4, 2): F(5, 2)},
    ]  # fmt: skip
    for p in some:
        terms = [float(a) * x[:, 0] ** i * x[:, 1] ** j for (i, j), a in p.items()]
        f = torch.stack(terms).sum(0)
        found = float(f @ torch.linalg.lstsq(K, f[:, None], driver="gelsd").solution[:, 0])
        exact = P.norm_squared(p, 2).value
        assert 0.99 * exact < found < exact * (1 + 1e-6)


def test_series_bound() -> None:
    assert P.series_bound({(1, 0): 3, (0, 1): 4}).value == 100
    assert P.series_bound({(1, 1): 2}).value == pytest.approx(2 * math.pi * 4 / 2, rel=1e-15)
    assert P.series_bound({(2, 2): 1}).value == pytest.approx(2 * math.pi * 6 / 6, rel=1e-15)
    assert P.series_bound({(0,): 1}).value == math.inf == P.series_bound({(3,): 1}).value
    assert P.series_bound({(0,): 0, (2,): 1}).value == pytest.approx(2 * math.pi, rel=1e-15)
    some: list[dict[tuple[int, ...], F | int]] = [
        {(2, 0, 0): 1, (1, 1, 0): -2}, {(4, 2, 0): 1, (2, 2, 2): 3, (1, 0, 0): 1},
    ]  # fmt: skip
    for d in (3, 4, 10):
        for p in some:
            assert P.norm_squared(p, d).value < P.series_bound(p).value


def test_learning_sizes() -> None:
    sizes = P.learning_sizes(2, 1.0, 10, 0.5)
    assert sizes[:2] == (101, 11)  # 32π = 100.5, 3.2π = 10.05
    assert sizes.M == pytest.approx(math.sqrt(2 * math.pi), rel=1e-15)
    assert sizes.eta == pytest.approx(sizes.M / math.sqrt(101), rel=1e-15)
    other = P.learning_sizes(4, 2.0, 10, 0.5, R=1.5, L=2.0)
    scale = 4 * 2**2 * 4 * 12 * math.pi / 0.25
    assert other[:2] == (math.ceil(scale), math.ceil(scale * 2.25 / 10))
    assert other.eta == pytest.approx(other.M / (2 * math.sqrt(other.T)), rel=1e-15)
    bound = statements.get("N.T6").bound
    assert bound is not None
    told = bound.evaluate(M_P=1, c=2, T=sizes.T, q=sizes.q, d=10, R=1, L=1).value
    assert told <= math.sqrt(1.2534) * 0.5  # up to the bound on 1/tk_2


def test_floors() -> None:
    assert P.linear_floor(3, 12) == 0.75
    assert P.linear_floor(13, 12) == 0.0
    assert P.bits_needed(10, 0.25) == 20.0
    assert P.excess_floor(8.0, 400) == 0.1
    assert P.excess_floor(8.0, 16) == 0.5
    bound = statements.get("B.lower.samples").bound
    assert bound is not None
    for m in (3, 16, 500):
        assert bound.evaluate(M=8, m=m).value == pytest.approx(P.excess_floor(8.0, m), rel=1e-14)


def test_constant_floor() -> None:
    """Against min_c E|cs − 1|, s² ~ Beta: 2P(s < m) − 1, m the median of s with the weight s."""
    bound = statements.get("B.T6.neurons").bound
    assert bound is not None
    for N, d in ((1, 4), (1, 1000), (2, 5), (2, 10**5), (10, 50), (100, 10**5), (400, 1000)):
        a, b = N / 2, (d - N) / 2
        exact = 2 * betainc(a, b, betaincinv(a + 0.5, b, 0.5)) - 1
        floor = P.constant_floor(N, d)
        assert 1.4 < exact / floor < 2.1
        assert bound.evaluate(N=N, d=d).value == pytest.approx(floor, rel=1e-14)
    assert P.constant_floor(2, 10) == pytest.approx(math.sqrt(3 * math.pi / 8) / 5, rel=1e-15)


def test_bounds_of_the_statements() -> None:
    one = statements.get("B.T6.one").bound
    fails = statements.get("B.T6.fails").bound
    assert one is not None
    assert fails is not None
    for d in (2, 3, 17, 512):
        true = math.sqrt(P.norm_squared({(0,): 1}, d).value)
        assert 1 - 0.6 / d < one.evaluate(d=d).value / true <= 1
        overlap = dict(fails.evaluate(d=d, t=1).terms)["overlap"]
        exact = math.sqrt(2 / math.pi) / P.mean_length(d)
        assert exact <= overlap <= exact * (1 + 0.6 / d)
    assert fails.evaluate(d=10**4, t=10).value == pytest.approx(1 - 10 * 0.00797924454)
    assert fails.evaluate(d=10**4, t=63).value == 0


INEXACT: Any = 0.5


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: P.series_coefficient(-1), "n must be"),
        (lambda: P.inverse_coefficient(3), "c must be an even"),
        (lambda: P.inverse_coefficient(0), "c must be an even"),
        (lambda: P.ramp_ratio(3, 4), "m must be even"),
        (lambda: P.eigenvalue(2, 1), "d must be at least 2"),
        (lambda: P.eigenvalue(2, 3, B=0.0), "B must be above 0"),
        (lambda: P.norm_squared({(1, 1, 1): 1}, 2), "at most d = 2"),
        (lambda: P.norm_squared({(1, 1): 1, (2,): 1}, 3), "of one length"),
        (lambda: P.norm_squared({(1, -1): 1}, 3), "exponents must be"),
        (lambda: P.norm_squared({(1, 1): INEXACT}, 3), "coefficients must be"),
        (lambda: P.sphere_product({(1,): 1}, {(1, 0): 1}, 3), "the same variables"),
        (lambda: P.learning_sizes(2, 0.0, 10, 0.5), "coefficients must be above 0"),
        (lambda: P.learning_sizes(2, 1.0, 10, -1), "epsilon must be above 0"),
        (lambda: P.linear_floor(1, 0), "targets must be"),
        (lambda: P.constant_floor(3, 5), "N must be below"),
        (lambda: P.bits_needed(3, 1.0), "epsilon must lie in"),
        (lambda: P.excess_floor(1.0, 0), "m must be"),
    ],
)
def test_bad_input(call: object, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()  # type: ignore[operator]
