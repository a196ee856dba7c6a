"""Losses ℓ(ŷ, y), with the two constants that the theorems ask of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional

from memorize import require

__all__ = ["ABSOLUTE", "HINGE", "LOGISTIC", "SQUARED", "Loss"]

Pairing = Callable[[Float[Tensor, "*n"], Float[Tensor, "*n"]], Float[Tensor, "*n"]]


@dataclass(frozen=True)
class Loss:
    """``value(prediction, label)`` and ``slope(prediction, label)`` = ∂ℓ/∂ŷ, entry by entry.

    ``lipschitz``: the least L with |ℓ(s,y) − ℓ(t,y)| ≤ L|s − t| for all s, t and labels, or None.
    ``smoothness``: the least β such that ∂ℓ/∂ŷ is β-Lipschitz in ŷ, or None.
    ``domain``: the labels allowed, ±1 or any finite number. At a kink the slope is a subgradient,
    the one that automatic differentiation of ``value`` takes.
    """

    name: str
    value: Pairing
    slope: Pairing
    lipschitz: float | None
    smoothness: float | None
    domain: Literal["signs", "reals"] = "reals"

    def checked(self, labels: Float[Tensor, "*n"]) -> Float[Tensor, "*n"]:
        """``labels``; raises ``ValueError`` naming the first that is not in the loss's domain."""
        check = require.signs if self.domain == "signs" else require.finite
        return check(f"labels of the {self.name} loss", labels)


ABSOLUTE = Loss("absolute", lambda p, y: (p - y).abs(), lambda p, y: torch.sign(p - y), 1.0, None)
HINGE = Loss(
    "hinge",
    lambda p, y: torch.relu(1 - p * y),
    lambda p, y: -y * (p * y < 1),
    1.0,
    None,
    "signs",
)
LOGISTIC = Loss(
    "logistic",
    lambda p, y: functional.softplus(-p * y, threshold=50),
    lambda p, y: -y * torch.sigmoid(-p * y),
    1.0,
    0.25,
    "signs",
)
SQUARED = Loss("squared", lambda p, y: (p - y).square() / 2, lambda p, y: p - y, None, 1.0)
