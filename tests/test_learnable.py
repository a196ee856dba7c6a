"""What the ReLU kernel learns: exact prices, the data sets that attain them, pseudo-inverses."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from fractions import Fraction as F

import numpy as np
import pytest
import torch
from scipy import integrate

from memorize import learnable, statements
from memorize.activations import RELU
from memorize.kernels import arcsine_partial_sum, hidden_kernel
from memorize.learnable import (
    cosine_cost,
    level_form,
    level_points,
    linear_growth,
    nested_values,
    odd_error,
    online_errors,
    power_cost,
    power_cost_bounds,
    pseudo_inverse,
    range_projection,
)
from memorize.polynomials import Polynomial, eigenvalue, norm_squared, series_bound, sphere_product

KERNEL = hidden_kernel(RELU)


def ridge(b: Sequence[float]) -> Polynomial:
    """Σ b_n t^n as a polynomial in one variable."""
    return {(n,): F(value) for n, value in enumerate(b) if value}


def tk(rho: float) -> float:
    return rho / 4 + rho * math.asin(rho) / (2 * math.pi)


def legendre(n: int, d: int) -> np.polynomial.Polynomial:
    """P_n in dimension d by its three-term recurrence."""
    t = np.polynomial.Polynomial([0, 1])
    before, here = np.polynomial.Polynomial([1]), t
    if n == 0:
        return before
    for k in range(1, n):
        before, here = here, ((2 * k + d - 2) * t * here - k * before) / (k + d - 2)
    return here


def mean(f: object, d: int, low: float = -math.pi / 2) -> float:
    """E f(t) for one coordinate t = sin θ of a uniform point of the sphere."""
    density = math.gamma(d / 2) / (math.sqrt(math.pi) * math.gamma((d - 1) / 2))
    found, _ = integrate.quad(
        lambda a: density * f(math.sin(a)) * math.cos(a) ** (d - 2),  # type: ignore[operator]
        low,
        math.pi / 2,
        epsabs=1e-13,
    )
    return float(found)


def test_coefficients_are_those_of_the_series() -> None:
    rho = torch.tensor([0.7], dtype=torch.float64)
    terms = math.fsum(0.7**c / power_cost(c) for c in range(1, 41) if c == 1 or c % 2 == 0)
    assert float(arcsine_partial_sum(rho, 20)) == pytest.approx(terms, rel=1e-14)


def test_prices_of_powers() -> None:
    inverse = [2 * math.pi, 12 * math.pi, 80 * math.pi / 3, 224 * math.pi / 5]
    assert [power_cost(c) for c in (2, 4, 6, 8)] == pytest.approx(inverse, rel=1e-15)
    assert power_cost(1) == 4
    assert all(math.isinf(power_cost(c)) for c in (0, 3, 5, 11))
    for c in range(2, 400, 2):
        low, high = power_cost_bounds(c)
        assert low < power_cost(c) < high
        assert math.sqrt(high) < learnable.POWER_CONSTANT * c**0.75 < 3 * c
    assert learnable.POWER_CONSTANT == pytest.approx(2.806, abs=5e-4)
    low, high = power_cost_bounds(10**6)
    assert low / high > 1 - 1e-6
    assert math.sqrt(high) / 10**4.5 > (1 - 1e-5) * learnable.POWER_CONSTANT
    low, high = power_cost_bounds(2)  # 2π^{3/2}/2 and 2π^{3/2}/√3
    assert (low, high) == pytest.approx((math.pi**1.5, 2 * math.pi**1.5 / math.sqrt(3)))


def test_prices_of_cosines() -> None:
    b = [0.0] * 40
    for k in range(1, 20):
        b[2 * k] = (-1) ** k * 1.7 ** (2 * k) / math.factorial(2 * k)
    assert cosine_cost(1.7) == pytest.approx(series_bound(ridge(b)).value, rel=1e-13)
    assert cosine_cost(0) == 0
    assert cosine_cost(0.01) == pytest.approx(2 * math.pi * (0.01**2 / 2) ** 2, rel=1e-3)


@pytest.mark.parametrize("d", [2, 3, 4, 5, 8])
def test_norms_of_powers_are_sums_over_legendre_polynomials(d: int) -> None:
    """Σ_n N_n (E t^c P_n)²/λ_n with λ_n = E tk^h(t) P_n and 1/N_n = E P_n², all by quadrature."""
    for n in range(7):
        P = legendre(n, d)
        assert eigenvalue(n, d) == pytest.approx(mean(lambda t, P=P: tk(t) * P(t), d), abs=1e-12)
    for c in (1, 2, 4, 6):
        found = 0.0
        for n in range(c, -1, -2):
            P = legendre(n, d)
            part = mean(lambda t, c=c, P=P: t**c * P(t), d)
            assert float(
                sphere_product(ridge([0] * c + [1]), ridge(P.coef.tolist()), d)
            ) == pytest.approx(part, abs=1e-12)
            price = mean(lambda t, P=P: P(t) ** 2, d) * mean(lambda t, P=P: tk(t) * P(t), d)
            found += part**2 / price
        exact = norm_squared(ridge([0] * c + [1]), d).value
        assert exact == pytest.approx(found, rel=1e-8)
        assert exact < power_cost(c) or c == 1
    assert math.isinf(norm_squared(ridge([0, 0, 0, 1]), d).value)
    square = norm_squared({(2,): 1}, d)
    assert square.even == F(2 * d * d + 4 * d + 3, d * (2 * d * d + 5 * d + 2))


def test_the_price_in_high_dimension_is_that_of_the_ridge() -> None:
    f = ridge([0, 0, 1, 0, 1])
    assert norm_squared(f, 20_001).value == pytest.approx(series_bound(f).value, rel=2e-3)


@pytest.mark.parametrize("d", [3, 5])
def test_values_on_the_sphere_rise_to_the_price(d: int) -> None:
    x = torch.randn(1500, d, generator=torch.Generator().manual_seed(d), dtype=torch.float64)
    x = x / x.norm(dim=1, keepdim=True)
    for c in (1, 2, 4):
        exact = norm_squared(ridge([0] * c + [1]), d).value
        values = nested_values(KERNEL.gram(x), x[:, 0] ** c)
        assert bool((values.diff() >= 0).all())
        assert 0.95 * exact < float(values[-1]) < exact


def test_level_form_is_the_value_of_the_points() -> None:
    levels, copies = [-0.9, 0.2, 0.5, 0.8], 3
    x = level_points(levels, copies)
    assert x.shape == (12, 13)
    assert torch.allclose(x.norm(dim=1), torch.ones(12, dtype=torch.float64), atol=1e-15)
    labels = torch.tensor([1.0, -2.0, 0.5, 3.0], dtype=torch.float64)
    H = KERNEL.gram(x)
    whole = nested_values(H, labels.repeat_interleave(copies))[-1]
    small = torch.tensor(level_form(tk, levels, copies), dtype=torch.float64)
    assert float(labels @ torch.linalg.solve(small, labels)) == pytest.approx(float(whole))


def test_odd_powers_cost_a_share_of_the_examples() -> None:
    s, t = F(1, 2), F(9, 10)
    share = linear_growth(3, s, t)
    assert share == F(81, 400) * F(14, 25) ** 2 / F(106, 100)
    for copies in (1, 4, 16):
        levels = [-0.9, -0.5, 0.5, 0.9]
        x = level_points(levels, copies)
        value = float(nested_values(KERNEL.gram(x), x[:, 0] ** 3)[-1])
        assert float(share) * 4 * copies < value
        assert float(nested_values(KERNEL.gram(x), x[:, 0])[-1]) < 4


def test_odd_powers_keep_a_distance_from_the_linear_functions() -> None:
    for d in (2, 3, 5, 8):
        assert odd_error(1, d) == 0
        assert odd_error(3, d) == F(6 * (d - 1), d * (d + 2) ** 2 * (d + 4))
        for c in (3, 5):
            slope = d * mean(lambda t, c=c: t ** (c + 1), d)
            far = mean(lambda t, c=c, slope=slope: (t**c - slope * t) ** 2, d)
            assert float(odd_error(c, d)) == pytest.approx(far, rel=1e-9)


def test_nested_values_are_those_of_the_prefixes() -> None:
    x = torch.randn(12, 4, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    x = x / x.norm(dim=1, keepdim=True)
    H, y = KERNEL.gram(x), torch.stack([x[:, 0] ** 2, x[:, 1]], 1)
    values, errors = nested_values(H, y), online_errors(H, y)
    assert torch.allclose(nested_values(H, y[:, 0]), values[:, 0], rtol=1e-12)
    assert torch.allclose(online_errors(H, y[:, 1]), errors[:, 1], rtol=1e-12)
    for m in range(1, 13):
        solved = torch.linalg.solve(H[:m, :m], y[:m])
        assert torch.allclose(values[m - 1], (y[:m] * solved).sum(0))
        if m < 12:
            assert torch.allclose(errors[m], y[m] - H[m, :m] @ solved)
    assert torch.equal(errors[0], y[0])
    assert bool((errors.square().sum(0) <= values[-1] / 2).all())


def semidefinite(rng: random.Random, m: int) -> list[list[int]]:
    rows = [[rng.randint(-2, 2) for _ in range(m)] for _ in range(rng.randint(0, m))]
    return [[sum(r[i] * r[j] for r in rows) for j in range(m)] for i in range(m)]


def test_pseudo_inverses_are_exact() -> None:
    rng = random.Random(0)
    ranks = set()
    for _ in range(60):
        A = semidefinite(rng, rng.randint(1, 5))
        inverse, projection = pseudo_inverse(A), range_projection(A)
        a, i, p = (np.array(M, dtype=object) for M in (A, inverse, projection))
        assert (a.dot(i) == p).all()
        assert (i.dot(a) == p).all()
        assert (p.dot(p) == p).all()
        assert (p == p.T).all()
        assert (a.dot(p) == a).all()
        assert (i.dot(p) == i).all()
        ranks.add((len(A), sum(p[k][k] for k in range(len(A)))))
    assert len(ranks) > 12
    with pytest.raises(ValueError, match="positive semi-definite"):
        pseudo_inverse([[1, 2], [2, 1]])


def test_bad_input() -> None:
    for call, words in (
        (lambda: power_cost(-1), "exponents must be integers"),
        (lambda: power_cost_bounds(3), "c must be an even number"),
        (lambda: power_cost_bounds(0), "c must be an even number"),
        (lambda: odd_error(3, 1), "d must be"),
        (lambda: level_points([0.5, 1.0], 2), "levels must lie"),
        (lambda: level_points([], 2), "levels must lie"),
        (lambda: level_points([0.5], 0), "copies"),
        (lambda: linear_growth(2, F(1, 2), F(3, 4)), "c must be odd"),
        (lambda: linear_growth(1, F(1, 2), F(3, 4)), "c must be odd"),
        (lambda: linear_growth(3, F(3, 4), F(3, 4)), "0 < s < t < 1"),
        (lambda: odd_error(2, 3), "c must be odd"),
        (lambda: cosine_cost(-1.0), "b"),
        (lambda: nested_values(torch.ones(2, 2), torch.ones(2)), "leading 2 rows"),
        (lambda: nested_values(torch.eye(2), torch.ones(3)), "y must have 2 rows"),
    ):
        with pytest.raises(ValueError, match=words):
            call()


def bound_of(id: str, **values: float) -> float:
    bound = statements.get(id).bound
    assert bound is not None
    return bound.evaluate(**values).value


def test_the_declared_bounds_are_the_librarys() -> None:
    for c in (2, 4, 10):
        declared = bound_of("F.T6.1", c=c, alpha=-3, v=1.5)
        assert declared == pytest.approx(3 * 1.5**c * math.sqrt(power_cost_bounds(c)[1]))
        assert declared <= 3 * 1.5**c * learnable.POWER_CONSTANT * c**0.75
    assert bound_of("F.T6.1", c=1, alpha=1, v=5) == 5 * math.sqrt(power_cost(1))
    assert math.isinf(bound_of("F.T6.1", c=3))
    assert bound_of("F.X6.1", v=3) == 9 * power_cost(1)
    assert bound_of("F.X6.2", A=3) == pytest.approx(9 * power_cost(2))
    for b in (0.3, 1.0, 5.0):
        assert cosine_cost(b) < bound_of("F.X6.3", b=b)
    assert bound_of("F.X6.3", b=2) == pytest.approx((6 * math.sinh(2)) ** 2)
    arctan = [0.0] * 60
    for k in range(1, 30):
        arctan[2 * k] = (-1) ** (k - 1) * 2 ** (1 - 2 * k) / (2 * k - 1)
    assert (
        0.98 * bound_of("F.X6.4", b=1) < series_bound(ridge(arctan)).value < bound_of("F.X6.4", b=1)
    )
    assert bound_of("F.X6.4", b=0.5) == pytest.approx(5 / 48)
    small = [value * 0.01**n for n, value in enumerate(arctan)]
    cost = series_bound(ridge(small)).value
    assert math.pi / 2 * 1e-8 < cost == pytest.approx(math.pi / 2 * 1e-8, rel=1e-4)
    assert bound_of("B.F6.online", M=3, m=50) == pytest.approx(0.3)


@pytest.mark.parametrize(
    ("id", "formula"),
    [
        ("F.T6.1", r"\;\le\;(2\pi^3)^{1/4}\,c^{3/4}\,|\alpha|\,\|v\|^c,"),
        ("F.T6.1", r"with $c=1$ or $c\ge2$ even. Then"),
        ("F.LE.1", r"$$A^\dagger\succeq P_A\,B^\dagger P_A .$$"),
        ("B.F6.pythagoras", r"\alpha_j\alpha_{j'}\langle v_j,v_{j'}\rangle^n ,$$"),
        ("B.F6.ridge", r"Q_H(y)=\sum_{n\ge0}\frac{b_n^2}{\mathrm{tk}_n},"),
        ("B.F6.odd", r"$\|v\|=1$, $c\ge3$ odd and $d\ge2$."),
        ("B.F6.limit", r"Q_{H_m}(y_m)=\|f\|_{\mathrm{tk}^h}^2,"),
        ("F.T6.1", r"\frac1{\mathrm{tk}_c}=2\pi\,(c-1)\,\frac{(c-2)!!}{(c-3)!!}"),
        (
            "B.F6.constant",
            r"$$2\pi^{3/2}(c-1)\sqrt{\tfrac c2-\tfrac34}\;\le\;\frac1{\mathrm{tk}_c}",
        ),
        ("B.F6.constant", r"2\pi^{3/2}(c-1)\sqrt{\tfrac c2-\tfrac23}\;\le\;\sqrt{2\pi^3}\,c^{3/2}"),
        ("B.F6.odd", r"Q_H(y)\ge m\,\frac{s^2t^2\,(t^{c-1}-s^{c-1})^2}{s^2+t^2}."),
        ("B.F6.odd", r"\ge\mathbb E\,t^{2c}-d\,\bigl(\mathbb E\,t^{c+1}\bigr)^2>0,"),
        ("B.F6.odd", r"$\frac{6(d-1)}{d(d+2)^2(d+4)}$"),
        ("B.F6.ridge", r"\frac1N\operatorname{diag}\Bigl(\tfrac12-"),
        ("F.C6.2", r"(2\pi^3)^{1/4}\sum_jc_j^{3/4}\,|\alpha_j|\,\|v_j\|^{c_j}."),
        ("B.F6.online", r"\le\tfrac12\,y^\top H^{-1}y ."),
        ("B.F6.online", r"\le\frac{M^2}{2m},"),
        ("F.X6.1", r"$y^\top H^{-1}y\le4\|v\|^2$"),
        ("F.X6.2", r"\le\;2\pi\,\|A\|_{\mathrm F}^2\;\le\;2\pi\,\|A\|\,\|A\|_*,"),
        ("F.X6.2", r"$m=2\alpha^2$"),
        ("F.X6.3", r"\sum_{l\ge1}\frac{b^{4l}}{((2l)!)^2\,\mathrm{tk}_{2l}}"),
        ("F.X6.3", r"\;\le\;(3\,b\sinh b)^2 ."),
        ("F.X6.3", r"$F(b)\ge\frac{2\pi}{e^2b}\,e^{2b}$"),
        ("F.X6.4", r"\sum_{l\ge1}\frac{4^{1-2l}\,b^{4l}}{(2l-1)^2\,\mathrm{tk}_{2l}}"),
        ("F.X6.4", r"\;\le\;\tfrac53\,b^4 ,"),
        ("F.X6.4", r"$G(b)\ge\frac\pi2b^4$"),
    ],
)
def test_the_boxes_say_what_is_proved(id: str, formula: str) -> None:
    assert formula in statements.get(id).text


def test_the_counterexamples_of_the_boxes() -> None:
    for alpha in (2, 3, 5):  # example 6.2: labels 1, nuclear norm α, price at least 2α²
        height = alpha**-0.5
        x = level_points([-height, height], alpha**2)
        y = alpha * x[:, 0] ** 2
        assert torch.allclose(y, torch.ones_like(y))
        assert float(nested_values(KERNEL.gram(x), y)[-1]) > 2 * alpha**2
    for b in range(2, 40, 2):  # example 6.3
        assert cosine_cost(b) > 2 * math.pi / (math.e**2 * b) * math.exp(2 * b)
        assert cosine_cost(b) / (b * math.sinh(b)) > 4 * math.pi * math.exp(b - 2) / b**2
