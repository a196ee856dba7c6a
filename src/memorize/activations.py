"""Activation functions: values, slopes, and what the tangent kernel needs of them."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Protocol

import torch
from jaxtyping import Float
from torch import Tensor

from memorize import require

__all__ = ["ABS", "LINEAR", "RELU", "Activation", "PiecewiseLinear"]


class Activation(Protocol):
    """What every activation σ: ℝ → ℝ offers. ``slope`` is s₁ = sup |σ'|, the C of its features."""

    @property
    def name(self) -> str: ...

    @property
    def slope(self) -> float: ...

    def function(self, t: Float[Tensor, "*n"]) -> Float[Tensor, "*n"]: ...

    def derivative(self, t: Float[Tensor, "*n"]) -> Float[Tensor, "*n"]: ...


@dataclass(frozen=True)
class PiecewiseLinear:
    """σ(t) = odd · t + even · |t|: every activation with one kink, at 0.

    ReLU is (½, ½), the absolute value (0, 1), the leaky ReLU of slope a is ((1+a)/2, (1−a)/2).
    Raises ``ValueError`` if a coefficient is not finite.
    """

    name: str
    odd: float
    even: float

    def __post_init__(self) -> None:
        require.number("odd", self.odd)
        require.number("even", self.even)

    @property
    def slope(self) -> float:
        """s₁ = sup |σ'| = |odd| + |even|."""
        return abs(self.odd) + abs(self.even)

    @property
    def paired_slope(self) -> float:
        """√(odd² + even²): the root mean square of σ'(t) and σ'(−t), the same at every t ≠ 0."""
        return math.hypot(self.odd, self.even)

    def function(self, t: Float[Tensor, "*n"]) -> Float[Tensor, "*n"]:
        """σ(t), entry by entry."""
        return self.odd * t + self.even * t.abs()

    def derivative(self, t: Float[Tensor, "*n"]) -> Float[Tensor, "*n"]:
        """σ'(t), entry by entry; at the kink, the mean of the two slopes."""
        return self.odd + self.even * torch.sign(t)

    def dual_derivative(self, angle: Float[Tensor, "*n"]) -> Float[Tensor, "*n"]:
        """κ = E σ'(⟨ω,x⟩) σ'(⟨ω,x'⟩) for standard normal ω and unit x, x' at ``angle`` in [0, π].

        Sheppard's formula: the two signs differ with probability angle/π.
        """
        return self.odd**2 + self.even**2 * (1 - 2 * angle / math.pi)


RELU = PiecewiseLinear("ReLU", 0.5, 0.5)
ABS = PiecewiseLinear("|t|", 0.0, 1.0)
LINEAR = PiecewiseLinear("linear", 1.0, 0.0)
