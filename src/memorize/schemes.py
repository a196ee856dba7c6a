"""Random feature schemes to draw from, each with its kernel in closed form (paper N, section 2.6).

A function f = Σ_j c_j k(·, z_j) has the representer f̌ = Σ_j c_j ψ(·, z_j) of least norm, and q
independent weights approximate it by f_ω(x) = (1/q) Σ_i ⟨f̌(ω_i), ψ(ω_i, x)⟩. Points have shape
(n p), weights a leading ``*b q``: ``*b`` runs over independent draws of all q of them.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from memorize import require
from memorize.kernels import angles

__all__ = ["PAIRS", "PHASES", "SIGNS", "STEPS", "Scheme"]


@dataclass(frozen=True)
class Scheme:
    """A scheme with values in ℝ^d, and what is known of it exactly.

    ``bound``: C ≥ ‖ψ‖. ``draw(generator, shape, p)``: independent weights, shape (*shape w).
    ``features(weights, points)``: ψ(ω, x), shape (*b q n d). ``kernel(points, centres)``: the
    E⟨ψ(ω,x),ψ(ω,z)⟩, shape (n m). ``square``: E⟨ψ(ω,x),ψ(ω,z)⟩² as a function of those.
    ``check`` raises ``ValueError`` for points on which the scheme is not defined.
    """

    name: str
    bound: float
    draw: Callable[[torch.Generator, tuple[int, ...], int], Tensor]
    features: Callable[[Tensor, Tensor], Tensor]
    kernel: Callable[[Tensor, Tensor], Tensor]
    square: Callable[[Tensor], Tensor]
    check: Callable[[str, Tensor], Tensor]

    def norm(self, centres: Float[Tensor, "m p"], c: Float[Tensor, " m"]) -> float:
        """‖f‖_k for f = Σ_j c_j k(·, z_j)."""
        self._fits(centres, c)
        return math.sqrt(max(0.0, float(c @ self.kernel(centres, centres) @ c)))

    def values(
        self, centres: Float[Tensor, "m p"], c: Float[Tensor, " m"], points: Float[Tensor, "n p"]
    ) -> Float[Tensor, " n"]:
        """f at the points."""
        self._fits(centres, c)
        return self.kernel(self.check("points", points), centres) @ c

    def approximate(
        self,
        weights: Float[Tensor, "*b q w"],
        centres: Float[Tensor, "m p"],
        c: Float[Tensor, " m"],
        points: Float[Tensor, "n p"],
    ) -> Float[Tensor, "*b n"]:
        """f_ω at the points, from the q weights of each draw.

        Raises ``ValueError`` for points outside the scheme's domain or shapes that do not fit.
        """
        self._fits(centres, c)
        self.check("points", points)
        representer = torch.einsum("...md,m->...d", self.features(weights, centres), c)
        return (
            torch.einsum("...qnd,...qd->...n", self.features(weights, points), representer)
            / (weights.shape[-2])
        )

    def exact_error(
        self, centre: Float[Tensor, "1 p"], points: Float[Tensor, "n p"], q: int
    ) -> Float[Tensor, " n"]:
        """E(f(x) − f_ω(x))² for f = k(·, z) at each of the points: (E⟨ψ,ψ⟩² − k²)/q."""
        require.positive_int("q", q)
        self.check("centre", require.shape("centre", centre, "1 p"))
        k = self.kernel(self.check("points", points), centre)[:, 0]
        return (self.square(k) - k.square()) / q

    def _fits(self, centres: Tensor, c: Tensor) -> None:
        self.check("centres", centres)
        require.finite("c", require.shape("c", c, "m", m=centres.shape[0]))


def _normal(gen: torch.Generator, shape: tuple[int, ...], p: int) -> Tensor:
    return torch.randn(*shape, p, generator=gen, dtype=torch.float64, device=gen.device)


def _uniform(gen: torch.Generator, shape: tuple[int, ...], p: int) -> Tensor:
    return torch.rand(*shape, p, generator=gen, dtype=torch.float64, device=gen.device)


def _with_phase(gen: torch.Generator, shape: tuple[int, ...], p: int) -> Tensor:
    return torch.cat([_normal(gen, shape, p), 2 * math.pi * _uniform(gen, shape, 1)], -1)


def _finite(name: str, points: Tensor) -> Tensor:
    return require.finite(name, require.shape(name, points, "n p"))


def _unit_interval(name: str, points: Tensor) -> Tensor:
    require.finite(name, require.shape(name, points, "n 1"))
    if bool(((points < 0) | (points > 1)).any()):
        row = int(((points < 0) | (points > 1)).nonzero()[0, 0])
        raise ValueError(f"{name} must lie in [0, 1], but row {row} is {points[row, 0].item():.6g}")
    return points


def _gaussian(x: Tensor, z: Tensor) -> Tensor:
    return torch.exp(-torch.cdist(x, z).square() / 2)


def _cosine(weights: Tensor, x: Tensor) -> Tensor:
    phase = weights[..., :-1] @ x.T + weights[..., -1:]
    return math.sqrt(2) * torch.cos(phase)[..., None]


def _circle(weights: Tensor, x: Tensor) -> Tensor:
    phase = weights @ x.T
    return torch.stack([torch.cos(phase), torch.sin(phase)], -1)


STEPS = Scheme(
    "steps",
    1.0,
    lambda gen, shape, p: _uniform(gen, shape, p),
    lambda w, x: (w <= x.T).to(x.dtype)[..., None],
    lambda x, z: torch.minimum(x, z.T),
    lambda k: k,
    _unit_interval,
)
"""ψ(ω,x) = 1[ω ≤ x] for uniform ω in [0,1]: k(x,z) = min(x,z) on [0,1]."""

SIGNS = Scheme(
    "signs",
    1.0,
    _normal,
    lambda w, x: torch.where(w @ x.T >= 0, 1.0, -1.0).to(x.dtype)[..., None],
    lambda x, z: 1 - 2 * angles(x, z) / math.pi,
    torch.ones_like,
    require.on_sphere,
)
"""ψ(ω,x) = sign⟨ω,x⟩, sign 0 = 1, for standard normal ω: k = (2/π) arcsin⟨x,z⟩ on the sphere."""

PHASES = Scheme(
    "phases",
    math.sqrt(2),
    _with_phase,
    _cosine,
    _gaussian,
    lambda k: 1 + k**4 / 2,
    _finite,
)
"""ψ(ω,b,x) = √2 cos(⟨ω,x⟩ + b), ω standard normal, b a uniform phase: k = exp(−‖x−z‖²/2)."""

PAIRS = Scheme("pairs", 1.0, _normal, _circle, _gaussian, lambda k: (1 + k**4) / 2, _finite)
"""ψ(ω,x) = (cos⟨ω,x⟩, sin⟨ω,x⟩) for standard normal ω: the same kernel with two features."""
