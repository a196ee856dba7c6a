"""Random matrices with independent entries: laws to draw from, operator norms, bounds on them.

Shapes: W is q × d. ``s`` is a sub-Gaussian scale (E e^{λ⟨u, Wz⟩} ≤ e^{λ²s²/2} for unit vectors u, z
and all λ), ``K`` a bound on the ψ₂ norms of centred entries; then s = K√(2a) will do for any a with
E e^{λX} ≤ e^{aλ²K²}. The best a is (ln 2)/2 (B.mgf.sharp).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float
from scipy.optimize import minimize_scalar
from torch import Tensor

from memorize import require

__all__ = [
    "LAWS",
    "MGF_CONSTANT",
    "Entries",
    "averaged_bound",
    "averaged_optimum",
    "classical_net_bound",
    "davidson_szarek",
    "draw_norms",
    "gaussian_mean_norm",
    "matrix_series_bound",
    "net_bound",
    "net_constant",
    "operator_norm",
]

MGF_CONSTANT = math.log(2) / 2
"""The least a with E e^{λX} ≤ e^{aλ²K²} for every centred X of ψ₂ norm ≤ K (B.mgf.sharp)."""

Entries = Callable[[torch.Generator, Sequence[int]], Tensor]
"""Draws a tensor of the given shape in float64: (generator, shape) → tensor."""


def _gaussian(gen: torch.Generator, shape: Sequence[int]) -> Tensor:
    return torch.randn(*shape, generator=gen, dtype=torch.float64, device=gen.device)


def _uniform(gen: torch.Generator, shape: Sequence[int]) -> Tensor:
    u = torch.rand(*shape, generator=gen, dtype=torch.float64, device=gen.device)
    return math.sqrt(12) * (u - 0.5)


def _rademacher(gen: torch.Generator, shape: Sequence[int]) -> Tensor:
    bits = torch.randint(2, tuple(shape), generator=gen, device=gen.device)
    return (2 * bits - 1).to(torch.float64)


LAWS: dict[str, Entries] = {
    "gaussian": _gaussian,
    "rademacher": _rademacher,
    "uniform": _uniform,
}
"""Independent centred entries of variance 1 and sub-Gaussian scale s = 1, by name."""


def operator_norm(W: Float[Tensor, "*batch q d"]) -> Float[Tensor, "*batch"]:
    """‖W‖, the largest singular value of each matrix, from the smaller of its Gram matrices.

    In float64 the relative error is of the order of 1e-15. Raises ``ValueError`` if ``W`` has fewer
    than two axes or an entry that is not finite.
    """
    if not isinstance(W, Tensor) or W.ndim < 2:
        raise ValueError("W must have shape (... q d)")
    require.finite("W", W)
    gram = W @ W.mT if W.shape[-2] <= W.shape[-1] else W.mT @ W
    largest: Tensor = torch.linalg.eigvalsh(gram)[..., -1]
    return largest.clamp(min=0).sqrt()


def draw_norms(
    entries: Entries, gen: torch.Generator, draws: int, q: int, d: int, *, chunk: int = 64
) -> Float[Tensor, " draws"]:
    """Operator norms of ``draws`` independent q × d matrices, ``chunk`` matrices at a time."""
    for name, value in (("draws", draws), ("q", q), ("d", d), ("chunk", chunk)):
        require.positive_int(name, value)
    sizes = [min(chunk, draws - start) for start in range(0, draws, chunk)]
    return torch.cat([operator_norm(entries(gen, (n, q, d))) for n in sizes])


def net_constant(eps: float, a: float = MGF_CONSTANT) -> float:
    """2√(a ln(1 + 2/ε))/(1 − ε²/2)²: what nets of fineness ε give for ‖W‖/(K√(q + d)).

    Raises ``ValueError`` unless 0 < ε < √2 and a > 0. Source: the proof of T.matrix.
    """
    if not 0 < require.number("eps", eps) < math.sqrt(2):
        raise ValueError(f"eps must lie in (0, √2), got {eps!r}")
    require.positive("a", a)
    return 2 * math.sqrt(a * math.log1p(2 / eps)) / (1 - eps * eps / 2) ** 2


def net_bound(q: int, d: int, t: float, K: float) -> float:
    """1.85K(√q + √d + t), exceeded by ‖W‖ with probability at most e^(−t²) (T.matrix)."""
    return 1.85 * require.positive("K", K) * (_roots(q, d) + require.non_negative("t", t))


def classical_net_bound(q: int, d: int, t: float, s: float) -> float:
    """2s√(2((q + d) ln 9 + t²)): nets of fineness 1/4, 9 points a dimension, and 1/(1 − 2ε) = 2.

    Exceeded with probability at most e^(−t²). Source: vershynin2018, Theorem 4.4.5, its constant
    written out for entries of sub-Gaussian scale ``s``.
    """
    _roots(q, d)
    spread = (q + d) * math.log(9) + require.non_negative("t", t) ** 2
    return 2 * require.positive("s", s) * math.sqrt(2 * spread)


def averaged_bound(q: int, d: int, v: float = 0.0, s: float = 1.0) -> float:
    """s(1.11(√q + √d) + v): bounds E‖W‖ for v = 0; exceeded with probability ≤ e^(−v²/2).

    Source: B.matrix.
    """
    return require.positive("s", s) * (1.11 * _roots(q, d) + require.non_negative("v", v))


def averaged_optimum(q: int, d: int, s: float = 1.0) -> float:
    """The least bound on E‖W‖ that the proof of B.matrix gives: min over S of Γ(S)/λ(S).

    Γ(S) = (S + q ln(1 + S/q) + d ln(1 + S/d))/2 and λ(S)² = S³/((q + S)(d + S)).
    """
    _roots(q, d)

    def value(log_S: float) -> float:
        S = math.exp(log_S)
        gamma = (S + q * math.log1p(S / q) + d * math.log1p(S / d)) / 2
        return gamma * math.sqrt((q + S) * (d + S) / S**3)

    middle = math.log(q * d) / 2
    found = minimize_scalar(value, bounds=(middle - 8, middle + 8), method="bounded")
    return require.positive("s", s) * float(found.fun)


def davidson_szarek(q: int, d: int, v: float = 0.0) -> float:
    """√q + √d + v, exceeded by a standard Gaussian ‖W‖ with probability at most e^(−v²/2).

    Source: davidson2001szarek, Theorem II.13.
    """
    return _roots(q, d) + require.non_negative("v", v)


def matrix_series_bound(q: int, d: int) -> float:
    """√(2 max(q, d) ln(q + d)), a bound on E‖W‖ for standard Gaussian or Rademacher entries.

    Source: tropp2015, Theorem 4.1.1.
    """
    _roots(q, d)
    return math.sqrt(2 * max(q, d) * math.log(q + d))


@dataclass(frozen=True)
class MeanNorm:
    """A lower bound on E‖W‖, and how sharply a variable below ‖W‖ concentrates about it.

    P(‖W‖ < mean − v) ≤ exp(−v²/(2 lipschitz²)) for every v ≥ 0.
    """

    mean: float
    lipschitz: float

    def tail(self, r: float) -> float:
        """A lower bound on P(‖W‖ ≥ r)."""
        if r >= self.mean:
            return 0.0
        return -math.expm1(-((self.mean - r) ** 2) / (2 * self.lipschitz**2))


def gaussian_mean_norm(q: int, d: int) -> MeanNorm:
    """A lower bound on the norm of a standard Gaussian q × d matrix, without simulation.

    Reflections turn W into a bidiagonal B of the same norm whose entries are independent: χ_q,
    χ_{q−1}, … on the diagonal, χ_{d−1}, χ_{d−2}, … above it (for q ≥ d; else transpose). With the
    leading singular vectors u, z of the matrix of means, ‖W‖ ≥ ⟨u, Bz⟩, whose mean is ‖E B‖ and
    which is a Lipschitz function of the Gaussians behind the χs, hence concentrated. Source:
    silverstein1985 for the form, vershynin2018, Theorem 5.2.2, for the concentration; its
    constant is that of van Handel's notes (vanhandel2016, Theorem 3.25).
    """
    _roots(q, d)
    q, d = max(q, d), min(q, d)
    k = torch.arange(d, dtype=torch.float64)
    B = torch.diag(_chi_mean(q - k)) + torch.diag(_chi_mean(d - 1 - k[:-1]), 1)
    left, values, right = torch.linalg.svd(B)
    u, z = left[:, 0], right[0]
    squares = (u * z).square().sum() + (u[:-1] * z[1:]).square().sum()
    return MeanNorm(float(values[0]), float(squares.sqrt()))


def _chi_mean(k: Tensor) -> Tensor:
    """E χ_k = √2 Γ((k+1)/2)/Γ(k/2), for each entry of ``k``."""
    return torch.exp(
        math.log(2) / 2 + torch.special.gammaln((k + 1) / 2) - torch.special.gammaln(k / 2)
    )


def _roots(q: int, d: int) -> float:
    return math.sqrt(require.positive_int("q", q)) + math.sqrt(require.positive_int("d", d))
