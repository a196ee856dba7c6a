"""Input distributions on the unit sphere, and how evenly they spread: R-boundedness.

A distribution D on the unit sphere of ℝ^d is R-bounded if E ⟨u,x⟩² ≤ R²/d for every unit u
(paper N, section 1). Its smallest R is √(d λmax(S)), with S = E xxᵀ.
"""

from __future__ import annotations

import math

import torch
from jaxtyping import Float
from torch import Tensor

from memorize import require

__all__ = [
    "basis",
    "boundedness",
    "cube",
    "normalised",
    "perron_enclosure",
    "second_moment",
    "sphere",
]


def normalised(points: Float[Tensor, "n d"]) -> Float[Tensor, "n d"]:
    """The rows of ``points`` divided by their norms.

    Raises ``ValueError`` naming the first row that is zero, NaN or infinite.
    """
    require.finite("points", require.shape("points", points, "n d"))
    lengths = torch.linalg.vector_norm(points, dim=1, keepdim=True)
    zero = (lengths == 0).squeeze(1)
    if bool(zero.any()):
        raise ValueError(
            f"points must have no zero row, but row {int(zero.nonzero()[0])} is zero "
            f"({int(zero.sum())} such rows): drop them first"
        )
    on_sphere: Tensor = points / lengths
    return on_sphere


def sphere(
    n: int, d: int, generator: torch.Generator, *, dtype: torch.dtype = torch.float64
) -> Float[Tensor, "n d"]:
    """n independent uniform points of the unit sphere of ℝ^d, on the generator's device."""
    return normalised(_gaussian(n, d, generator, dtype))


def cube(
    n: int, d: int, generator: torch.Generator, *, dtype: torch.dtype = torch.float64
) -> Float[Tensor, "n d"]:
    """n independent uniform points of {±1/√d}^d, on the generator's device."""
    size = (require.positive_int("n", n), require.positive_int("d", d))
    bits = torch.randint(0, 2, size, generator=generator, device=generator.device)
    return (2 * bits - 1).to(dtype) / math.sqrt(d)


def basis(d: int, *, dtype: torch.dtype = torch.float64) -> Float[Tensor, "d d"]:
    """The d unit vectors e_1, …, e_d as rows."""
    return torch.eye(require.positive_int("d", d), dtype=dtype)


def second_moment(points: Float[Tensor, "n d"]) -> Float[Tensor, "d d"]:
    """S = E xxᵀ for the uniform distribution on the rows of ``points``, which are unit vectors."""
    require.on_sphere("points", points)
    return points.T @ points / points.shape[0]


def boundedness(points: Float[Tensor, "n d"]) -> float:
    """The smallest R for which the uniform distribution on the rows of ``points`` is R-bounded.

    R = √(d λmax(S)), between 1 and √d. Raises ``ValueError`` for a row off the unit sphere.
    """
    largest = torch.linalg.eigvalsh(second_moment(points))[-1]
    return math.sqrt(points.shape[1] * float(largest))


def perron_enclosure(points: Float[Tensor, "n d"], iterations: int = 50) -> tuple[float, float]:
    """A proved enclosure (low, high) of :func:`boundedness`, for points without negative entries.

    For a matrix S ≥ 0 and a vector v > 0, min_i (Sv)_i/v_i ≤ λmax(S) ≤ max_i (Sv)_i/v_i (Collatz
    and Wielandt); v comes from ``iterations`` steps of the power method. Sums of non-negative
    numbers are exact up to the relative error that the margin 8 (n + d) u allows, u the rounding
    unit. Raises ``ValueError`` for a negative entry or a row off the unit sphere.
    """
    require.on_sphere("points", points)
    if bool((points < 0).any()):
        row = int((points < 0).any(1).nonzero()[0])
        raise ValueError(f"points must have no negative entry, but row {row} has one")
    n, d = points.shape
    seen = points[:, (points > 0).any(0)]
    v = torch.ones(seen.shape[1], dtype=points.dtype, device=points.device)
    for _ in range(require.positive_int("iterations", iterations)):
        v = seen.T @ (seen @ v) / n
        v = v / v.max()
    ratios = (seen.T @ (seen @ v) / n) / v
    margin = 8 * (n + d) * torch.finfo(points.dtype).eps
    low, high = float(ratios.min()) * (1 - margin), float(ratios.max()) * (1 + margin)
    return math.sqrt(d * low), math.sqrt(d * high)


def _gaussian(n: int, d: int, generator: torch.Generator, dtype: torch.dtype) -> Tensor:
    size = (require.positive_int("n", n), require.positive_int("d", d))
    return torch.randn(size, generator=generator, dtype=dtype, device=generator.device)
