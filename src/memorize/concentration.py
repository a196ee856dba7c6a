"""How far the Gram matrix of a finite network is from its expectation: laws, bounds and widths.

A neuron ω contributes A_ω = [σ'(⟨ω,x_j⟩)σ'(⟨ω,x_l⟩)⟨x_j,x_l⟩], and H_W is the average of q
independent ones, H = E A_ω. With C = sup |σ'| and the Gram matrix G = XXᵀ of the points,
0 ≼ A_ω ≼ L I for L = C²‖G‖, which the book writes Λ. Bounds that speak of no kernel take L, the
eigenvalues of H, ‖G‖_F.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from memorize import require, runtime
from memorize.activations import RELU, Activation, PiecewiseLinear
from memorize.kernels import angles, hidden_kernel, network_kernel

__all__ = [
    "Spectra",
    "bernstein_deviation",
    "bernstein_tail",
    "bernstein_variance",
    "chernoff_tail",
    "chernoff_width",
    "entrywise_deviation",
    "frobenius_deviation",
    "gram_draws",
    "marchenko_pastur_density",
    "marchenko_pastur_edges",
    "mean_square",
    "spectra",
    "whitener",
    "widths",
]


def mean_square(activation: PiecewiseLinear, points: Float[Tensor, "m d"], q: int) -> float:
    """E ‖H_W − H‖_F² for q neurons, exactly (B.conc.relu).

    σ'² is a constant plus a multiple of a sign, so E σ'²σ'² needs Sheppard's formula alone. Raises
    ``ValueError`` for a point off the unit sphere.
    """
    angle = angles(points)
    odd, even = activation.odd, activation.even
    agree = 1 - 2 * angle / math.pi
    second = (odd**2 + even**2) ** 2 + 4 * (odd * even) ** 2 * agree
    first = odd**2 + even**2 * agree
    each = torch.cos(angle).square() * (second - first.square())
    return float(each.sum()) / require.positive_int("q", q)


def frobenius_deviation(q: int, delta: float, frobenius: float) -> float:
    """(‖G‖_F/√q)(½ + √(ln(1/δ)/2)): ‖H_W − H‖_F is below it with probability 1 − δ (F.LC.3).

    For ReLU. ``frobenius``: ‖G‖_F, at most m.
    """
    spread = 0.5 + math.sqrt(math.log(1 / require.open_unit("delta", delta)) / 2)
    return require.positive("frobenius", frobenius) * spread / _root(q)


def entrywise_deviation(m: int, q: int, delta: float, frobenius: float) -> float:
    """‖G‖_F √(ln(m(m+1)/δ)/2q): Hoeffding's inequality at each of m(m+1)/2 entries (B.conc.entry).

    For ReLU, with probability 1 − δ.
    """
    require.open_unit("delta", delta)
    count = require.positive_int("m", m) * (m + 1)
    return (
        require.positive("frobenius", frobenius) * math.sqrt(math.log(count / delta) / 2) / _root(q)
    )


def bernstein_variance(L: float, eigenvalues: Float[Tensor, " m"]) -> float:
    """max λ(L − λ) over the eigenvalues of H, a bound on ‖E A² − H²‖ (B.conc.bernstein).

    Raises ``ValueError`` if an eigenvalue lies outside [0, L] by more than rounding.
    """
    require.finite("eigenvalues", require.shape("eigenvalues", eigenvalues, "m"))
    room = 1e-9 * require.positive("L", L)
    if float(eigenvalues.min()) < -room or float(eigenvalues.max()) > L + room:
        raise ValueError(f"eigenvalues must lie in [0, L = {L}]")
    return max(0.0, float((eigenvalues * (L - eigenvalues)).max()))


def bernstein_tail(t: float, m: int, q: int, L: float, v: float) -> float:
    """2m exp(−q t²/(2v + 2Lt/3)) ≥ P(‖H_W − H‖ ≥ t) (B.conc.bernstein)."""
    require.positive("t", t)
    below = 2 * require.non_negative("v", v) + 2 * require.positive("L", L) * t / 3
    return 2 * require.positive_int("m", m) * math.exp(-require.positive_int("q", q) * t**2 / below)


def bernstein_deviation(m: int, q: int, delta: float, L: float, v: float) -> float:
    """√(2v ln(2m/δ)/q) + 2L ln(2m/δ)/(3q), where :func:`bernstein_tail` is at most δ."""
    count = math.log(2 * require.positive_int("m", m) / require.open_unit("delta", delta))
    each = count / require.positive_int("q", q)
    return (
        math.sqrt(2 * require.non_negative("v", v) * each) + 2 * require.positive("L", L) * each / 3
    )


def chernoff_tail(eps: float, m: int, q: int, ratio: float) -> float:
    """m exp(−(q/b)(ε + (1−ε) ln(1−ε))) ≥ P(not H_W ≽ (1−ε)H), b = ``ratio`` (B.conc.chernoff).

    ``ratio``: L/λ_m, at least 1.
    """
    rate = _lower_rate(eps) * require.positive_int("q", q) / require.positive("ratio", ratio)
    return require.positive_int("m", m) * math.exp(-rate)


def chernoff_width(eps: float, m: int, delta: float, ratio: float) -> int:
    """The least q at which :func:`chernoff_tail` is ≤ δ; at ε = ½ at most ⌈6.52 b ln(m/δ)⌉."""
    count = math.log(require.positive_int("m", m) / require.open_unit("delta", delta))
    return math.ceil(require.positive("ratio", ratio) * count / _lower_rate(eps))


@dataclass(frozen=True)
class Spectra:
    """What the bounds know of m points: ``eigenvalues`` of H, rising; ``L`` = ‖G‖; ‖G‖_F.

    For ReLU, C = 1.
    """

    eigenvalues: Float[Tensor, " m"]
    L: float
    frobenius: float

    @property
    def m(self) -> int:
        """Number of points."""
        return len(self.eigenvalues)

    @property
    def least(self) -> float:
        """λ_m, the smallest eigenvalue of H."""
        return float(self.eigenvalues[0])

    @property
    def variance(self) -> float:
        """:func:`bernstein_variance`."""
        return bernstein_variance(self.L, self.eigenvalues.clamp(min=0))


def spectra(points: Float[Tensor, "m d"]) -> Spectra:
    """The spectra of G and of the ReLU kernel's H. Raises ``ValueError`` off the unit sphere."""
    H = hidden_kernel(RELU).gram(points)
    G = points @ points.T
    top = float(torch.linalg.eigvalsh(G)[-1])
    return Spectra(torch.linalg.eigvalsh(H), top, float(torch.linalg.matrix_norm(G)))


def widths(known: Spectra, delta: float) -> dict[str, int]:
    """Neurons that each route needs for λmin(H_W) ≥ λ_m/2 with probability 1 − δ, ReLU.

    Through ‖H_W − H‖_F ≤ λ_m/2 or ‖H_W − H‖ ≤ λ_m/2 ("entries", "differences", "Bernstein",
    the last one-sided: m for 2m and, as H − A_ω ≼ λ_1 I, λ_1 for L in the second term) or directly
    ("Chernoff"). Raises ``ValueError`` unless λ_m > 0.
    """
    if known.least <= 0:
        raise ValueError(f"the smallest eigenvalue of H must be above 0, got {known.least}")
    require.open_unit("delta", delta)
    half, m = known.least / 2, known.m
    log_m = math.log(m / delta)
    one_sided = 2 * known.variance + 2 * float(known.eigenvalues[-1]) * half / 3
    return {
        "entries": math.ceil((entrywise_deviation(m, 1, delta, known.frobenius) / half) ** 2),
        "differences": math.ceil((frobenius_deviation(1, delta, known.frobenius) / half) ** 2),
        "Bernstein": math.ceil(one_sided * log_m / half**2),
        "Chernoff": chernoff_width(0.5, m, delta, known.L / known.least),
    }


def gram_draws(
    activation: Activation,
    points: Float[Tensor, "m d"],
    q: int,
    draws: int,
    generator: torch.Generator,
    *,
    chunk: int = 2**20,
) -> Iterator[Float[Tensor, "b m m"]]:
    """``draws`` independent H_W for standard normal weights, in batches of about ``chunk`` numbers.

    dtype is that of ``points``, the device the generator's. Raises ``ValueError`` for a point off
    the unit sphere.
    """
    m, d = require.on_sphere("points", points).shape
    each = require.positive_int("q", q) * (d + m) + m * m
    ones = torch.ones(q, dtype=points.dtype, device=points.device)
    for batch in runtime.chunks(draws, max(1, chunk // each)):
        weights = torch.randn(
            batch, q, d, generator=generator, dtype=points.dtype, device=generator.device
        )
        yield network_kernel(activation, weights, ones, points, B=1.0).hidden


def whitener(H: Float[Tensor, "m m"]) -> Float[Tensor, "m m"]:
    """H^{−1/2}. Raises ``ValueError`` unless H is positive definite beyond rounding."""
    require.shape("H", H, "m m")
    values, vectors = torch.linalg.eigh(H)
    if not float(values[0]) > len(values) * torch.finfo(H.dtype).eps * float(values[-1]):
        raise ValueError(f"H must be positive definite, its least eigenvalue is {float(values[0])}")
    whitened: Tensor = (vectors * values.rsqrt()) @ vectors.T
    return whitened


def marchenko_pastur_edges(gamma: float) -> tuple[float, float]:
    """((1−√γ)², (1+√γ)²), the ends of the Marchenko–Pastur law of ratio γ in (0, 1]."""
    if require.positive("gamma", gamma) > 1:
        raise ValueError(f"gamma must be at most 1, got {gamma!r}")
    return (1 - math.sqrt(gamma)) ** 2, (1 + math.sqrt(gamma)) ** 2


def marchenko_pastur_density(x: Float[Tensor, "*n"], gamma: float) -> Float[Tensor, "*n"]:
    """√((x−x₋)(x₊−x))/(2πγx) between the edges x₋, x₊, and 0 elsewhere, for γ in (0, 1]."""
    low, high = marchenko_pastur_edges(gamma)
    inside = ((x - low) * (high - x)).clamp(min=0).sqrt()
    return torch.where(inside > 0, inside / (2 * math.pi * gamma * x), 0.0)


def _root(q: int) -> float:
    return math.sqrt(require.positive_int("q", q))


def _lower_rate(eps: float) -> float:
    """ε + (1−ε) ln(1−ε), which is above 0 on (0, 1)."""
    left = 1 - require.open_unit("eps", eps)
    return 1 - left + left * math.log(left)
