"""Losses ℓ(ŷ, y), with the two constants that the theorems ask of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional

__all__ = ["ABSOLUTE", "HINGE", "LOGISTIC", "SQUARED", "Loss"]

Pairing = Callable[[Float[Tensor, "*n"], Float[Tensor, "*n"]], Float[Tensor, "*n"]]


@dataclass(frozen=True)
class Loss:
    """``value(prediction, label)``, entry by entry.

    ``lipschitz``: the least L with |ℓ(s,y) − ℓ(t,y)| ≤ L|s − t| for all s, t and labels, or None.
    ``smoothness``: the least β such that ∂ℓ/∂ŷ is β-Lipschitz in ŷ, or None.
    Labels are ±1 for the hinge and the logistic loss, real for the others.
    """

    name: str
    value: Pairing
    lipschitz: float | None
    smoothness: float | None


ABSOLUTE = Loss("absolute", lambda p, y: (p - y).abs(), 1.0, None)
HINGE = Loss("hinge", lambda p, y: torch.relu(1 - p * y), 1.0, None)
LOGISTIC = Loss("logistic", lambda p, y: functional.softplus(-p * y, threshold=50), 1.0, 0.25)
SQUARED = Loss("squared", lambda p, y: (p - y).square() / 2, None, 1.0)
