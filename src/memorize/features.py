"""Vector random features: ψ(ω,x) = σ'(⟨ω,x⟩) x with standard normal ω (paper N, section 2.6).

A function of the kernel space is f(x) = E_ω ⟨f̌(ω), ψ(ω,x)⟩ for a representer f̌: Ω → ℝ^d; its
approximation by q random features is f_ω(x) = (1/q) Σ_i ⟨f̌(ω_i), ψ(ω_i,x)⟩. Weights are batched: a
leading ``*b`` runs over independent draws of all q of them.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from memorize import require, runtime
from memorize.activations import Activation, PiecewiseLinear
from memorize.kernels import angles, tangent_kernel

__all__ = ["KernelExpansion", "approximate", "linear", "rate", "squared_errors"]

CACHED = 2**18
"""Numbers in a batch on the CPU: 2 MiB of float64."""


def rate(R: float, C: float, norm: float, q: int, d: int) -> float:
    """RC‖f‖/√(qd), the bound of Theorem 4 on √(E ‖f − f_ω‖²), for ‖f‖ = ``norm``."""
    require.non_negative("norm", norm)
    neurons = require.positive_int("q", q) * require.positive_int("d", d)
    return require.positive("R", R) * require.positive("C", C) * norm / math.sqrt(neurons)


def approximate(
    activation: Activation,
    weights: Float[Tensor, "*b q d"],
    representer: Float[Tensor, "*b q d"],
    points: Float[Tensor, "n d"],
) -> Float[Tensor, "*b n"]:
    """f_ω at each of ``points``, from ``representer`` = f̌(ω_i) at each of ``weights`` = ω_i.

    Raises ``ValueError`` for a point off the unit sphere or shapes that do not fit.
    """
    d = require.on_sphere("points", points).shape[1]
    if weights.ndim < 2 or weights.shape[-1] != d or representer.shape != weights.shape:
        raise ValueError(
            f"weights and representer must both have shape (*b q d={d}), got "
            f"{tuple(weights.shape)} and {tuple(representer.shape)}"
        )
    slopes = activation.derivative(weights @ points.T)
    return (representer @ points.T).mul_(slopes).mean(-2)


@dataclass(frozen=True)
class KernelExpansion:
    """f = Σ_j c_j tk(·, z_j), for which everything is known in closed form.

    Its representer f̌(ω) = Σ_j c_j ψ(ω, z_j) is the one of least norm, and f̌ is bounded.
    ``centres``: the z_j, shape (p d), on the unit sphere; ``coefficients``: the c_j, shape (p).
    Raises ``ValueError`` for a centre off the unit sphere or shapes that do not fit.
    """

    activation: PiecewiseLinear
    centres: Float[Tensor, "p d"]
    coefficients: Float[Tensor, " p"]

    def __post_init__(self) -> None:
        p = require.on_sphere("centres", self.centres).shape[0]
        require.finite("coefficients", require.shape("coefficients", self.coefficients, "p", p=p))

    def values(self, points: Float[Tensor, "n d"]) -> Float[Tensor, " n"]:
        """f at each of ``points``, unit vectors."""
        return tangent_kernel(self.activation, points, self.centres) @ self.coefficients

    def norm(self) -> float:
        """‖f‖ in the kernel space: the root of Σ_jl c_j c_l tk(z_j, z_l)."""
        gram = tangent_kernel(self.activation, self.centres, self.centres)
        return math.sqrt(float(self.coefficients @ gram @ self.coefficients))

    def representer(self, weights: Float[Tensor, "*b q d"]) -> Float[Tensor, "*b q d"]:
        """f̌ at each of ``weights``."""
        slopes = self.activation.derivative(weights @ self.centres.T)
        return (slopes * self.coefficients) @ self.centres

    def approximate(
        self, weights: Float[Tensor, "*b q d"], points: Float[Tensor, "n d"]
    ) -> Float[Tensor, "*b n"]:
        """f_ω at each of ``points``: :func:`approximate` without the d numbers of each f̌(ω_i).

        The sum over the neurons of σ'(⟨ω,x⟩) σ'(⟨ω,z_j⟩) is one product of matrices.
        """
        require.on_sphere("points", points)
        at_points = _slopes(self.activation, weights @ points.T)
        at_centres = _slopes(self.activation, weights @ self.centres.T)
        shares = self.coefficients[:, None] * (self.centres @ points.T)
        return (at_centres.mT @ at_points).mul_(shares).sum(-2) / weights.shape[-2]

    def second_moment(self, points: Float[Tensor, "n d"]) -> float:
        """E_ω f̌(ω)ᵀ Σ_ω f̌(ω), with Σ_ω the mean of ψ(ω,x)ψ(ω,x)ᵀ over ``points``.

        σ' takes the two values odd ± even, so the expectation over ω needs only the chance that
        two of the signs of ⟨ω,z_j⟩, ⟨ω,z_l⟩, ⟨ω,x⟩ agree, which is Sheppard's; the product of all
        three has mean 0, as ω and −ω have the same law.
        """
        require.on_sphere("points", points)
        odd, even = self.activation.odd, self.activation.even
        z, c = self.centres, self.coefficients
        agreement_z = 1 - 2 * angles(z, z) / math.pi
        agreement_x = 1 - 2 * angles(points, z) / math.pi
        products = points @ z.T
        pairs = torch.outer(c, c) * (products.T @ products / points.shape[0])
        across = ((products @ c) * ((products * agreement_x) @ c)).mean()
        among = (pairs * (odd**2 + even**2 * agreement_z)).sum()
        return float((odd**2 + even**2) * among + 4 * (odd * even) ** 2 * across)

    def exact_error(self, points: Float[Tensor, "n d"], q: int) -> float:
        """E_ω ‖f − f_ω‖² for the uniform distribution on ``points``: the master identity."""
        spread = self.second_moment(points) - float(self.values(points).square().mean())
        return spread / require.positive_int("q", q)


def linear(activation: PiecewiseLinear, u: Float[Tensor, " d"]) -> KernelExpansion:
    """⟨u,x⟩ for a unit vector u, as a kernel expansion with the centres u and −u.

    tk(x,u) − tk(x,−u) = 2 odd² ⟨x,u⟩, so the norm is 1/|odd|. Raises ``ValueError`` if the
    activation is even: then the kernel space holds no linear function.
    """
    if activation.odd == 0:
        raise ValueError(f"activation must not be even, got {activation.name}")
    weight = 1 / (2 * activation.odd**2)
    return KernelExpansion(
        activation, torch.stack([u, -u]), torch.tensor([weight, -weight], dtype=u.dtype)
    )


def squared_errors(
    approximation: Callable[[Float[Tensor, "b q d"]], Float[Tensor, "b n"]],
    values: Float[Tensor, " n"],
    q: int,
    d: int,
    replicas: int,
    generator: torch.Generator,
    *,
    chunk: int | None = None,
) -> Iterator[Float[Tensor, " b"]]:
    """The mean of (f − f_ω)² over n points, for ``replicas`` independent draws of q weights.

    ``approximation`` takes weights to f_ω at the points, ``values`` are those of f there; dtype and
    device are those of ``values`` and ``generator``. The weights lie in one array that the next
    batch overwrites. Batches hold about ``chunk`` numbers (default: what a core's cache holds, and
    2²⁴ off the CPU), so memory does not grow with ``replicas``.
    """
    each = require.positive_int("q", q) * (require.positive_int("d", d) + values.shape[0])
    if chunk is None:
        chunk = CACHED if generator.device.type == "cpu" else 2**24
    most = min(replicas, max(1, chunk // each))
    room = torch.empty(most, q, d, dtype=values.dtype, device=generator.device)
    for batch in runtime.chunks(replicas, most):
        weights = room[:batch].normal_(generator=generator)
        yield (approximation(weights) - values).square().mean(-1)


def _slopes(activation: PiecewiseLinear, t: Float[Tensor, "*n"]) -> Float[Tensor, "*n"]:
    """σ'(t), written over t: a second array of that size would cost more than the arithmetic."""
    return t.sign_().mul_(activation.even).add_(activation.odd)
