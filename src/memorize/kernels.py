"""Tangent kernels of two-layer networks: in expectation, in closed form, and at given weights.

On the sphere an expected kernel is a function of the angle between its arguments. Gram matrices are
made tile by tile: angles near 0 and π, where arccos ⟨x,x'⟩ loses half of its digits, are done again
as 2 atan2(‖x−x'‖, ‖x+x'‖), which keeps them.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor

from memorize import require
from memorize.activations import Activation

__all__ = [
    "NetworkKernel",
    "SphereKernel",
    "angles",
    "arcsine_partial_sum",
    "arcsine_remainder",
    "gradients",
    "hidden_kernel",
    "network_kernel",
    "output_kernel",
    "tangent_kernel",
]

NEAR = 0.97
"""Above this |⟨x,x'⟩| an angle is done again: there arccos magnifies an error by at least 4."""

TILE = 384
"""Rows and columns of a tile: a float64 tile has 1.1 MiB, and what is made of it fits a cache."""


@dataclass(frozen=True)
class SphereKernel:
    """k(x,x') = profile(⟨x,x'⟩, φ) for unit vectors x, x' at the angle φ.

    ``profile`` takes correlations and angles of one shape and works entry by entry. Kernels add:
    ``hidden_kernel(a) + output_kernel(a, B)``.
    """

    name: str
    profile: Callable[[Float[Tensor, "*n"], Float[Tensor, "*n"]], Float[Tensor, "*n"]]

    def __add__(self, other: SphereKernel) -> SphereKernel:
        first, second = self.profile, other.profile
        return SphereKernel(
            f"{self.name} + {other.name}", lambda rho, angle: first(rho, angle) + second(rho, angle)
        )

    def at(self, angle: Float[Tensor, "*n"]) -> Float[Tensor, "*n"]:
        """The kernel of two points at ``angle``, in [0, π]."""
        return self.profile(torch.cos(angle), angle)

    def gram(
        self, x: Float[Tensor, "n d"], y: Float[Tensor, "m d"] | None = None
    ) -> Float[Tensor, "n m"]:
        """[k(x_i, y_j)]; without ``y``, the Gram matrix of ``x``, exactly symmetric.

        Peak memory is the result and a few tiles. Raises ``ValueError`` for a row off the sphere
        (which names it), entries that are not finite, and dimensions that do not fit.
        """
        x, other = _pair(x, y)
        result = x.new_empty(x.shape[0], other.shape[0])
        for i in range(0, x.shape[0], TILE):
            rows = slice(i, i + TILE)
            for j in range(i if y is None else 0, other.shape[0], TILE):
                columns = slice(j, j + TILE)
                tile = self._tile(x[rows], other[columns], same=y is None and i == j)
                result[rows, columns] = tile
                if y is None and i != j:
                    result[columns, rows] = tile.T
        return result

    def blocks(
        self, x: Float[Tensor, "n d"], y: Float[Tensor, "m d"], rows: int = TILE
    ) -> Iterator[Float[Tensor, "b m"]]:
        """The matrix of :meth:`gram`, ``rows`` rows at a time, for matrices that are not kept."""
        x, y = _pair(x, y)
        for part in torch.split(x, require.positive_int("rows", rows)):
            yield torch.cat([self._tile(part, other) for other in torch.split(y, TILE)], 1)

    def product(
        self, x: Float[Tensor, "n d"], y: Float[Tensor, "m d"], v: Float[Tensor, "m ..."]
    ) -> Float[Tensor, "n ..."]:
        """[k(x_i, y_j)] v, in memory that does not grow with n·m."""
        if v.shape[:1] != y.shape[:1]:
            raise ValueError(f"v must have {y.shape[0]} rows, one a row of y, got {tuple(v.shape)}")
        return torch.cat([block @ v for block in self.blocks(x, y)])

    def _tile(self, x: Tensor, y: Tensor, same: bool = False) -> Tensor:
        products = x @ y.T
        if same:  # a product of a matrix with itself need not be symmetric to the last bit
            products = products.triu() + products.triu(1).T
        angle = _angles(x, y, products, same)
        return self.profile(products, angle)


def hidden_kernel(activation: Activation) -> SphereKernel:
    """tk^h(x,x') = ⟨x,x'⟩ E σ'(⟨ω,x⟩)σ'(⟨ω,x'⟩): the hidden weights' share (paper N, section 2.5).

    For ReLU, equation (3) of paper F: ⟨x,x'⟩(π − φ)/2π.
    """
    return SphereKernel(
        f"hidden, {activation.name}",
        lambda rho, angle: rho * activation.dual_derivative(angle),
    )


def output_kernel(activation: Activation, B: float) -> SphereKernel:
    """tk^o(x,x') = E σ(⟨ω,x⟩)σ(⟨ω,x'⟩)/B²: the output weights' share (paper N, section 2.5)."""
    factor = 1 / require.positive("B", B) ** 2
    return SphereKernel(
        f"output, {activation.name}", lambda rho, angle: factor * activation.dual(angle)
    )


def tangent_kernel(
    activation: Activation, x: Float[Tensor, "n d"], y: Float[Tensor, "m d"]
) -> Float[Tensor, "n m"]:
    """tk^h(x,y), the matrix of :func:`hidden_kernel`.

    Raises ``ValueError`` for a row off the unit sphere.
    """
    return hidden_kernel(activation).gram(x, y)


def angles(x: Float[Tensor, "n d"], y: Float[Tensor, "m d"] | None = None) -> Float[Tensor, "n m"]:
    """The angles in [0, π] between the rows of ``x`` and ``y`` (or ``x``), which are unit vectors.

    The error is a few rounding units, at equal and at antipodal points too.
    """
    return SphereKernel("angle", lambda rho, angle: angle).gram(x, y)


class NetworkKernel(NamedTuple):
    """tk_W at given weights, hidden and output part."""

    hidden: Float[Tensor, "*b n m"]
    output: Float[Tensor, "*b n m"]

    @property
    def total(self) -> Float[Tensor, "*b n m"]:
        """Their sum, tk_W."""
        return self.hidden + self.output


def network_kernel(
    activation: Activation,
    weights: Float[Tensor, "*b q d"],
    outputs: Float[Tensor, " q"],
    x: Float[Tensor, "n d"],
    y: Float[Tensor, "m d"] | None = None,
    *,
    B: float,
    chunk: int = 2**22,
) -> NetworkKernel:
    """tk_W(x,y) = ⟨∇h(x), ∇h(y)⟩/(qB²) for h(x) = Σ_i a_i σ(⟨w_i,x⟩), a = ``outputs``.

    q counts all rows, so that a paired network of paper N has 2q of them there; with a_i = ±B the
    parts are (1/q) Σ σ'σ'⟨x,y⟩ and (1/(qB²)) Σ σσ (paper N, section 2.5; paper Y, Definition 6).
    A leading ``*b`` runs over networks. The points need not be unit vectors. Neurons are taken
    about ``chunk`` numbers at a time. Raises ``ValueError`` for shapes that do not fit, inputs that
    are not finite, and a B that is not above 0.
    """
    require.finite("x", require.shape("x", x, "n d"))
    other = x if y is None else require.finite("y", require.shape("y", y, "m d", d=x.shape[1]))
    if weights.ndim < 2 or weights.shape[-1] != x.shape[1]:
        raise ValueError(
            f"weights must have shape (*b q d={x.shape[1]}), got {tuple(weights.shape)}"
        )
    q = require.shape("outputs", outputs, "q", q=weights.shape[-2]).shape[0]
    scale = q * require.positive("B", B) ** 2
    shape = (*weights.shape[:-2], x.shape[0], other.shape[0])
    networks = weights.reshape(-1, q, x.shape[1])
    slopes, values = (x.new_zeros(len(networks), *shape[-2:]) for _ in range(2))
    step = max(1, chunk // max(1, len(networks) * (x.shape[0] + other.shape[0])))
    for w, a in zip(torch.split(networks, step, 1), torch.split(outputs, step), strict=True):
        left = w @ x.T
        slope, value = activation.derivative(left), activation.function(left)
        weighted, left_value = a.square()[:, None] * slope, value
        if y is not None:
            right = w @ other.T
            slope, value = activation.derivative(right), activation.function(right)
        slopes.baddbmm_(weighted.mT, slope)
        values.baddbmm_(left_value.mT, value)
    hidden = slopes.mul_(x @ other.T).div_(scale)
    return NetworkKernel(hidden.reshape(shape), values.div_(scale).reshape(shape))


def gradients(
    activation: Activation,
    weights: Float[Tensor, "q d"],
    outputs: Float[Tensor, " q"],
    x: Float[Tensor, "n d"],
) -> Float[Tensor, "n p"]:
    """∇h(x) in all p = qd + q weights, hidden ones first, at each row of ``x``.

    Raises ``ValueError`` for shapes that do not fit and inputs that are not finite.
    """
    require.finite("x", require.shape("x", x, "n d"))
    require.shape("weights", weights, "q d", d=x.shape[1])
    require.shape("outputs", outputs, "q", q=weights.shape[0])
    inside = x @ weights.T
    hidden = (activation.derivative(inside) * outputs)[:, :, None] * x[:, None, :]
    return torch.cat([hidden.flatten(1), activation.function(inside)], 1)


def arcsine_partial_sum(rho: Float[Tensor, "*n"], terms: int) -> Float[Tensor, "*n"]:
    """ρ/4 + (1/2π) Σ_{l<terms} c_l ρ^{2l+2}, the series of tk^h for ReLU.

    c_l = binom(2l,l)/(4^l(2l+1)), as in paper F, appendix E, with its l shifted by one.
    """
    square, total, central = rho.square(), torch.zeros_like(rho), 1.0
    power = square.clone()
    for k in range(require.positive_int("terms", terms)):
        total = total + central / (2 * k + 1) * power
        power = power * square
        central *= (2 * k + 1) / (2 * k + 2)
    return rho / 4 + total / (2 * math.pi)


def arcsine_remainder(
    rho: Float[Tensor, "*n"], terms: int
) -> tuple[Float[Tensor, "*n"], Float[Tensor, "*n"]]:
    """(low, high) for tk^h − :func:`arcsine_partial_sum`, ReLU: between its first term and a bound.

    With w = binom(2N,N)/4^N for N ``terms``, ρ^{2N+2}/2π is multiplied by w/(2N+1) and by the
    smaller of w(1 + 1/(6N)) and w/((2N+1)(1−ρ²)); at ρ = ±1 the lower end is w itself (statement
    B.E3.rest). A ρ that rounding has put beyond ±1 counts as ±1. Raises ``ValueError`` for entries
    that are further out.
    """
    n = require.positive_int("terms", terms)
    if bool((require.finite("rho", rho).abs() > 1 + 1e3 * torch.finfo(rho.dtype).eps).any()):
        raise ValueError(f"rho must lie in [-1, 1], got {rho.min():.6g} … {rho.max():.6g}")
    square = rho.square().clamp(max=1)
    central = math.comb(2 * n, n) / 4**n  # of whole numbers, rounded once
    power = square ** (n + 1) / (2 * math.pi)
    first = power * (central / (2 * n + 1))
    low = torch.where(square == 1, power * central, first)
    return low, torch.minimum(power * (central * (1 + 1 / (6 * n))), first / (1 - square))


def _pair(x: Tensor, y: Tensor | None) -> tuple[Tensor, Tensor]:
    require.on_sphere("x", x)
    if y is None:
        return x, x
    return x, require.on_sphere("y", require.shape("y", y, "m d", d=x.shape[1]))


def _angles(x: Tensor, y: Tensor, products: Tensor, same: bool) -> Tensor:
    """The angles, from the products ⟨x_i,y_j⟩ where they are not near ±1; ``same``: y is x."""
    if products.numel() == 0 or max(map(abs, map(float, torch.aminmax(products)))) <= NEAR:
        return products.acos()
    found = products.clamp(-1, 1).acos_()
    near = products.abs() > NEAR
    rows, columns = (near.triu(1) if same else near).nonzero(as_tuple=True)
    step = max(1, 2**16 // x.shape[1])
    for i, j in zip(torch.split(rows, step), torch.split(columns, step), strict=True):
        left, right = x[i], y[j]
        apart = torch.linalg.vector_norm(left - right, dim=1)
        angle = 2 * torch.atan2(apart, torch.linalg.vector_norm(left.add_(right), dim=1))
        found[i, j] = angle
        if same:
            found[j, i] = angle
    return found.fill_diagonal_(0) if same else found
