"""Lipschitz functions of a standard Gaussian vector g: tails about the mean, and exact examples.

Throughout, f: ℝ^d → ℝ has slope L, |f(x) − f(y)| ≤ L‖x − y‖, and X = f(g) − E f(g). Φ and φ are
the standard normal distribution function and density. No bound here depends on d.
Source: paper G, Theorem 5, with constants; the sharper tails are B.gauss.tail and B.gauss.best.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from jaxtyping import Float
from scipy import integrate, special
from torch import Tensor

from memorize import require

__all__ = [
    "best_tail",
    "convex_tail",
    "exponential_tail",
    "hinge_mean",
    "inverse_mills",
    "length_mean",
    "maximum_mean",
    "maximum_variance",
]

LOWEST = -40.0
"""Left end of the searches: Φ(−40) is below the smallest double."""
HALVINGS = 80
"""Of an interval from −40 to the threshold: more than its doubles can tell apart."""


def exponential_tail(t: Float[Tensor, "*t"], slope: float) -> Float[Tensor, "*t"]:
    """exp(−t²/(2L²)) ≥ P(X ≥ t), from the moment generating function (G.T5).

    Raises ``ValueError`` unless ``t`` is finite and at least 0 and ``slope`` positive.
    """
    return torch.exp(-(_scaled(t, slope) ** 2) / 2)


def convex_tail(t: Float[Tensor, "*t"], slope: float) -> Float[Tensor, "*t"]:
    """1 − Φ(s) ≥ P(X ≥ t) with :func:`inverse_mills` (s) = t/L (B.gauss.tail).

    Raises ``ValueError`` unless ``t`` is finite and at least 0 and ``slope`` positive.
    """
    return _normal_tail(_root(inverse_mills, _scaled(t, slope)))


def best_tail(t: Float[Tensor, "*t"], slope: float) -> Float[Tensor, "*t"]:
    """1 − Φ(s) = max P(X ≥ t) over all f of slope L, with :func:`hinge_mean` (s) = t/L.

    It is attained by f(x) = L min(⟨u, x⟩, s), u a unit vector (B.gauss.best, which rests on the
    Gaussian isoperimetric inequality).

    Raises ``ValueError`` unless ``t`` is finite and at least 0 and ``slope`` positive.
    """
    return _normal_tail(_root(hinge_mean, _scaled(t, slope)))


def inverse_mills(s: Float[Tensor, "*s"]) -> Float[Tensor, "*s"]:
    """φ(s)/(1 − Φ(s)) = E[ξ | ξ ≥ s] for a standard normal ξ, in float64.

    Raises ``ValueError`` unless ``s`` is finite.
    """
    require.finite("s", s)
    scaled: Tensor = torch.special.erfcx(s.to(torch.float64) / math.sqrt(2))
    return math.sqrt(2 / math.pi) * scaled.reciprocal()


def hinge_mean(s: Float[Tensor, "*s"]) -> Float[Tensor, "*s"]:
    """E max(s − ξ, 0) = s Φ(s) + φ(s) for a standard normal ξ, in float64.

    For s < 0 it is φ(s)(1 − |s|/λ) with λ the inverse Mills ratio at |s|.
    Raises ``ValueError`` unless ``s`` is finite.
    """
    require.finite("s", s)
    s = s.to(torch.float64)
    density = torch.exp(-s * s / 2) / math.sqrt(2 * math.pi)
    left = density * (1 - s.abs() / inverse_mills(s.abs()))
    return torch.where(s < 0, left, s + left)


def length_mean(d: int) -> float:
    """E‖g‖ = √2 Γ((d+1)/2)/Γ(d/2), g standard Gaussian in ℝ^d; its variance is d minus the square.

    Raises ``ValueError`` unless ``d`` is a positive integer.
    """
    require.positive_int("d", d)
    return math.sqrt(2) * float(special.poch(d / 2, 0.5))


def maximum_mean(d: int) -> float:
    """E max_{k≤d} g_k, by quadrature of its distribution function Φ^d.

    Raises ``ValueError`` unless ``d`` is a positive integer.
    """
    require.positive_int("d", d)
    above = _integral(lambda x: -math.expm1(d * float(special.log_ndtr(x))))
    below = _integral(lambda x: math.exp(d * float(special.log_ndtr(-x))))
    return above - below


def maximum_variance(d: int) -> float:
    """Var max_{k≤d} g_k = E M² − (E M)², by quadrature of its distribution function Φ^d.

    Raises ``ValueError`` unless ``d`` is a positive integer.
    """
    require.positive_int("d", d)
    above = _integral(lambda x: -2 * x * math.expm1(d * float(special.log_ndtr(x))))
    below = _integral(lambda x: 2 * x * math.exp(d * float(special.log_ndtr(-x))))
    return above + below - maximum_mean(d) ** 2


def _normal_tail(s: Tensor) -> Tensor:
    """1 − Φ(s) with small relative error, which torch.special.ndtr does not have far out."""
    both: Tensor = torch.special.erfc(s / math.sqrt(2))
    return both / 2


def _scaled(t: Tensor, slope: float) -> Tensor:
    require.finite("t", t)
    if bool((t < 0).any()):
        raise ValueError(f"t must be at least 0, got {t.min().item()}")
    return t.to(torch.float64) / require.positive("slope", slope)


def _root(increasing: Callable[[Tensor], Tensor], value: Tensor) -> Tensor:
    """The s ≤ value with increasing(s) = value, by bisection; increasing(s) ≥ s everywhere."""
    low, high = torch.full_like(value, LOWEST), value.clone()
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        below = increasing(middle) < value
        low, high = torch.where(below, middle, low), torch.where(below, high, middle)
    return high


def _integral(function: Callable[[float], float]) -> float:
    """∫₀^∞ of a function that is negligible beyond 40, by adaptive quadrature on pieces."""
    pieces = (integrate.quad(function, a, a + 4, epsabs=1e-14)[0] for a in range(0, 40, 4))
    return float(sum(pieces))
