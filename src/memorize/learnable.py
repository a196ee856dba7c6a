"""What the ReLU kernel of the hidden weights learns: the price of powers, forms and waves.

The kernel is tk^h(x,x') = Σ_n tk_n ⟨x,x'⟩^n on the unit sphere, the H^∞ of paper F (its section 6
and appendix E). For labels y on m points with the Gram matrix H the number in question is yᵀH⁻¹y,
the square of the least kernel norm of a function that takes these values. Norms of polynomials on
the sphere and in every dimension are in ``memorize.polynomials``; Σ_n b_n⟨v,x⟩^n is one in one
variable.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from memorize import require
from memorize.kernel_spaces import Matrix, coefficients, factorize, product_of
from memorize.polynomials import Polynomial, inverse_coefficient, series_bound, sphere_product

__all__ = [
    "POWER_CONSTANT",
    "cosine_cost",
    "level_form",
    "level_points",
    "linear_growth",
    "nested_values",
    "odd_error",
    "online_errors",
    "power_cost",
    "power_cost_bounds",
    "pseudo_inverse",
    "range_projection",
]

Rational = int | Fraction

POWER_CONSTANT = (2 * math.pi**3) ** 0.25
"""√(1/tk_c) ≤ (2π³)^{1/4} c^{3/4} for c = 1 and even c, and no smaller constant will do."""


def power_cost(c: int) -> float:
    """1/tk_c, the price of ⟨v,x⟩^c with ‖v‖ = 1; infinite for c = 0 and odd c ≥ 3 (F.T6.1).

    4 at c = 1, and 2π(c−1)(c−2)!!/(c−3)!! at even c.
    """
    return series_bound({(c,): 1}).value


def power_cost_bounds(c: int) -> tuple[float, float]:
    """2π^{3/2}(c−1)√(c/2−3/4) ≤ 1/tk_c ≤ 2π^{3/2}(c−1)√(c/2−2/3), even c ≥ 2 (B.F6.constant).

    Raises ``ValueError`` for any other c.
    """
    if _natural("c", c) < 2 or c % 2:
        raise ValueError(f"c must be an even number from 2 on, got {c}")
    factor = 2 * math.pi**1.5 * (c - 1)
    return factor * math.sqrt(c / 2 - 3 / 4), factor * math.sqrt(c / 2 - 2 / 3)


def cosine_cost(b: float, terms: int = 200) -> float:
    """Σ_{l≥1} b^{4l}/((2l)!² tk_{2l}), the price of cos⟨w,x⟩ − 1 with ‖w‖ = b (F.X6.3).

    Raises ``ValueError`` unless b ≥ 0. The first ``terms`` terms; they fall once 2l > b.
    """
    size, total = require.non_negative("b", b), []
    for l in range(1, require.positive_int("terms", terms) + 1):  # noqa: E741
        if size:
            log = 4 * l * math.log(size) - 2 * math.lgamma(2 * l + 1)
            total.append(math.exp(log) * inverse_coefficient(2 * l))
    return math.fsum(total)


def pseudo_inverse(A: Sequence[Sequence[Rational]]) -> Matrix:
    """A† of a positive semi-definite matrix (m m), in fractions. Raises as ``factorize``."""
    return _on_range(A, A)


def range_projection(A: Sequence[Sequence[Rational]]) -> Matrix:
    """P_A, the orthogonal projection to the range of a positive semi-definite matrix (m m)."""
    size = range(len(A))
    return _on_range(A, [[int(i == j) for j in size] for i in size])


def level_form(kernel: Callable[[Any], Any], levels: Sequence[Any], copies: int) -> list[list[Any]]:
    """[k(t_at_b)] + diag(k(1) − k(t_a²))/r: what H is for labels that depend on the level only.

    The points are :func:`level_points`. yᵀH⁻¹y is the same form of the inverse of this matrix, with
    one label a level (B.F6.ridge). Works in any arithmetic that ``kernel`` does.
    """
    r = require.positive_int("copies", copies)
    rows = [[kernel(s * t) for t in levels] for s in levels]
    one = kernel(levels[0] * 0 + 1)
    for a in range(len(levels)):
        rows[a][a] = rows[a][a] + (one - rows[a][a]) / r
    return rows


def level_points(levels: Sequence[float], copies: int) -> Float[Tensor, "n d"]:
    """The points t_a v + √(1−t_a²) e_{a,s}, s ≤ r, with v and all e orthonormal, d = Kr + 1.

    v is the first unit vector. Raises ``ValueError`` for a level outside (−1, 1).
    """
    r = require.positive_int("copies", copies)
    if not levels or any(not -1 < t < 1 for t in levels):
        raise ValueError(f"levels must lie in (-1, 1), got {list(levels)}")
    heights = torch.tensor(levels, dtype=torch.float64).repeat_interleave(r)
    return torch.cat([heights[:, None], torch.diag((1 - heights**2).sqrt())], 1)


def linear_growth(c: int, s: Fraction, t: Fraction) -> Fraction:
    """κ with yᵀH⁻¹y ≥ κm for y = ⟨v,x⟩^c on the levels ±s, ±t, c ≥ 3 odd (B.F6.odd).

    κ = s²t²(t^{c−1} − s^{c−1})²/(s² + t²). Raises ``ValueError`` unless 0 < s < t < 1 and c is odd
    and at least 3.
    """
    if not 0 < s < t < 1:
        raise ValueError(f"s and t must satisfy 0 < s < t < 1, got {s} and {t}")
    if _natural("c", c) < 3 or c % 2 == 0:
        raise ValueError(f"c must be odd and at least 3, got {c}")
    return (s * t * (t ** (c - 1) - s ** (c - 1))) ** 2 / (s**2 + t**2)


def odd_error(c: int, d: int) -> Fraction:
    """E t^{2c} − d (E t^{c+1})²: what no function of the space gets rid of (B.F6.odd).

    The mean squared distance of ⟨v,x⟩^c, ‖v‖ = 1, to the linear functions, for uniform x on the
    sphere of ℝ^d; 0 at c = 1. Raises ``ValueError`` for an even c, or d below 2.
    """
    if _natural("c", c) % 2 == 0:
        raise ValueError(f"c must be odd, got {c}")
    power: Polynomial = {(c,): 1}
    linear: Polynomial = {(1,): 1}
    return sphere_product(power, power, d) - d * sphere_product(power, linear, d) ** 2


def nested_values(H: Float[Tensor, "m m"], y: Float[Tensor, "m ..."]) -> Float[Tensor, "m ..."]:
    """yᵀH⁻¹y for the first 1, 2, …, m examples, from one Cholesky factor.

    Raises ``ValueError`` if H is not positive definite to working precision.
    """
    return _whitened(H, y)[1].square().cumsum(0)


def online_errors(H: Float[Tensor, "m m"], y: Float[Tensor, "m ..."]) -> Float[Tensor, "m ..."]:
    """y_{j+1} − f_j(x_{j+1}) for f_j the interpolant of least norm of the first j examples.

    These are diag(L)∘(L⁻¹y) for H = LLᵀ (B.F6.online). Raises as :func:`nested_values`.
    """
    factor, white = _whitened(H, y)
    diagonal = factor.diagonal()
    return white * (diagonal if y.ndim == 1 else diagonal[:, None])


def _whitened(H: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
    m = require.shape("H", H, "m m").shape[0]
    if y.ndim not in (1, 2) or y.shape[0] != m:
        raise ValueError(f"y must have {m} rows, one an example, got {tuple(y.shape)}")
    factor, info = torch.linalg.cholesky_ex(H)
    if int(info):
        raise ValueError(f"H must be positive definite, but its leading {int(info)} rows are not")
    columns = y if y.ndim == 2 else y[:, None]
    return factor, torch.linalg.solve_triangular(factor, columns, upper=False).reshape(y.shape)


def _on_range(A: Sequence[Sequence[Rational]], M: Sequence[Sequence[Rational]]) -> Matrix:
    """V(VᵀMV)⁻¹Vᵀ for a basis V of the range of A: A† for M = A, P_A for M = I."""
    parts = factorize(A)
    if not parts.semidefinite:
        raise ValueError("A must be positive semi-definite; factorize(A).negative shows why not")
    V = [A[j] for j, pivot in enumerate(parts.pivots) if pivot]  # columns of A, as rows
    middle = [[product_of(v, [product_of(row, w) for row in M]) for w in V] for v in V]
    result = []
    for i in range(len(A)):
        if V:
            solved = coefficients(middle, [v[i] for v in V]) or ()
            row = tuple(product_of(solved, [v[j] for v in V]) for j in range(len(A)))
        else:
            row = (Fraction(0),) * len(A)
        result.append(row)
    return tuple(result)


def _natural(name: str, value: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise ValueError(f"{name} must be a whole number from 0 on, got {value!r}")
    return value
