"""Kernels of two-layer networks in closed form."""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor

from memorize import require
from memorize.activations import PiecewiseLinear

__all__ = ["angles", "tangent_kernel"]


def angles(x: Float[Tensor, "n d"], y: Float[Tensor, "m d"]) -> Float[Tensor, "n m"]:
    """The angles in [0, π] between the rows of ``x`` and ``y``, which are unit vectors.

    arccos ⟨x,y⟩ loses half of its digits near 0 and π; rows of ``x`` that come that near to a row
    of ``y`` are done again by 2 atan2(‖x−y‖, ‖x+y‖), which keeps them.
    """
    d = require.on_sphere("x", x).shape[1]
    require.on_sphere("y", require.shape("y", y, "m d", d=d))
    products = x @ y.T
    found = torch.acos(products.clamp(-1, 1))
    close = (products.abs() > 0.999).any(1)
    exactly = "donot_use_mm_for_euclid_dist"
    apart = torch.cdist(x[close], y, compute_mode=exactly)
    found[close] = 2 * torch.atan2(apart, torch.cdist(x[close], -y, compute_mode=exactly))
    return found


def tangent_kernel(
    activation: PiecewiseLinear, x: Float[Tensor, "n d"], y: Float[Tensor, "m d"]
) -> Float[Tensor, "n m"]:
    """tk(x,y) = ⟨x,y⟩ E σ'(⟨ω,x⟩)σ'(⟨ω,y⟩): the hidden layer's kernel (paper N, section 2.5).

    Raises ``ValueError`` for a row off the unit sphere.
    """
    return (x @ y.T) * activation.dual_derivative(angles(x, y))
