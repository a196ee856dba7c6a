"""Outputs of a network before the first step: bounds that hold for all examples, and exact laws.

The network h_W(x) = q^(-1/2) Σ_i a_i σ(⟨w_i, x⟩) has orthonormal rows w_i and signs a_i = ±1, the
inputs are standard Gaussian, and the *imbalance* of the signs is A = |Σ_i a_i|/√q.
Sources: paper G, Lemma 6, with constants (G.L6); the sharper bounds for even σ are B.outputs.even.
"""

from __future__ import annotations

import math

import numpy as np
import torch
from jaxtyping import Float
from numpy.typing import NDArray
from scipy import special
from torch import Tensor

from memorize import require

__all__ = [
    "abs_cdf",
    "even_chernoff",
    "even_tail",
    "imbalance",
    "largest_output",
    "level_for_activity",
]

FOURTH = 3 / 10
"""The fourth-order term of the exponent for even σ: 3t⁴/(10q)."""


def imbalance(signs: Float[Tensor, " q"]) -> float:
    """A = |Σ_i a_i|/√q; raises ``ValueError`` for signs other than ±1."""
    require.signs("signs", require.shape("signs", signs, "q"))
    return abs(float(signs.sum())) / math.sqrt(len(signs))


def largest_output(
    m: int, delta: float, *, slope: float, mean: float = 0.0, imbalance: float = 0.0
) -> float:
    """A|E σ(g)| + s √(2 ln(2m/δ)): at least max_j |h_W(x_j)| with probability 1 − δ (G.L6).

    ``slope``: s; ``mean``: E σ(g); ``imbalance``: A. Raises ``ValueError`` unless m ≥ 1,
    0 < δ < 1 and the others are finite, s and A not negative.
    """
    return _shift(mean, imbalance) + _radius(2 * require.positive_int("m", m), delta, slope)


def level_for_activity(
    m: int, delta: float, *, slope: float, mean: float = 0.0, imbalance: float = 0.0
) -> float:
    """A|E σ(g)| + s √(2 ln(m/δ)): from this level on all m examples are active, with probability
    1 − δ, for labels that do not depend on the inputs (G.L6).

    Raises ``ValueError`` as :func:`largest_output` does.
    """
    return _shift(mean, imbalance) + _radius(require.positive_int("m", m), delta, slope)


def even_chernoff(mu: float, q: int, pairs: int, *, slope: float = 1.0) -> float:
    """ln of a bound on E exp(μ(h_W(x) − E h_W(x))) for an even σ of slope s (B.outputs.even).

    It is s²μ²/2 + n ln(1 − erf(sμ/√(2q))²), where ``pairs`` = n is how many pairs of opposite signs
    there are; for σ = s|·| and 2n = q the value itself. Raises ``ValueError`` unless 2n ≤ q.
    """
    require.at_most("2 * pairs", 2 * pairs, "q", require.positive_int("q", q), "a pair has two")
    scaled = require.positive("slope", slope) * abs(require.number("mu", mu))
    z = scaled / math.sqrt(2 * q)
    # 1 − erf² = erfc (1 + erf), and erfc(z) = erfcx(z) exp(−z²) does not underflow as a logarithm
    gap = math.log(special.erfcx(z)) - z * z + math.log1p(math.erf(z))
    return scaled * scaled / 2 + pairs * gap


def even_tail(
    t: Float[Tensor, "*t"], q: int, *, slope: float = 1.0, imbalance: float = 0.0
) -> Float[Tensor, "*t"]:
    """A bound on P(|h_W(x) − E h_W(x)| ≥ t) for an even σ of slope s (B.outputs.even), in float64.

    2 exp(−e) with e the larger of t²/(s²(1 + A/√q)) and t²/(2vs²) − 3t⁴/(10qs⁴), where
    v = 1 − (2/π)(1 − A/√q). Raises ``ValueError`` unless t is finite and not negative, q ≥ 1, s > 0
    and 0 ≤ A ≤ √q.
    """
    if bool((require.finite("t", t) < 0).any()):
        raise ValueError(f"t must be at least 0, got {float(t.min())}")
    share = require.non_negative("imbalance", imbalance) / math.sqrt(require.positive_int("q", q))
    if share > 1:
        raise ValueError(f"imbalance must be at most √q = {math.sqrt(q):.6g}, got {imbalance!r}")
    square = (t.to(torch.float64) / require.positive("slope", slope)).square()
    near = square / (2 * (1 - (2 / math.pi) * (1 - share))) - FOURTH * square.square() / q
    return 2 * torch.exp(-torch.maximum(square / (1 + share), near))


def abs_cdf(t: NDArray[np.float64], q: int) -> NDArray[np.float64]:
    """P(h_W(x) ≤ t) for σ = |·|, even q ≥ 4 and balanced signs, to an absolute error of 1e-14.

    The characteristic function is (e^(−2z²) + (4/π) D(z)²)^(q/2) at z = u/√(2q), D Dawson's
    function. Gil-Pelaez's formula 1/2 + (1/π) ∫ sin(ut)/u (…) du over u > 0, by the rule of
    midpoints, whose error is the chance of a value beyond 2π/step − |t|.
    Raises ``ValueError`` unless q is even and at least 4.
    """
    if require.positive_int("q", q) % 2 or q < 4:
        raise ValueError(f"q must be even and at least 4, got {q}")
    at = np.asarray(t, dtype=np.float64)
    inside = np.clip(at, -20.0, 20.0)  # beyond, the law has no mass that a double could show
    step = 2 * math.pi / 40
    reach = math.sqrt(2 * q / math.pi) * 10 ** (17 / q)
    u = step * (np.arange(math.ceil(reach / step)) + 0.5)
    z = u / math.sqrt(2 * q)
    weight = (np.exp(-2 * z * z) + (4 / math.pi) * special.dawsn(z) ** 2) ** (q // 2) / u
    weight *= step / math.pi
    flat = [float(np.sin(u * x) @ weight) for x in inside.ravel()]
    return np.clip(0.5 + np.array(flat), 0.0, 1.0).reshape(at.shape)


def _shift(mean: float, imbalance: float) -> float:
    return require.non_negative("imbalance", imbalance) * abs(require.number("mean", mean))


def _radius(count: int, delta: float, slope: float) -> float:
    """s √(2 ln(count/δ))."""
    chances = math.log(count) - math.log(require.open_unit("delta", delta))
    return require.non_negative("slope", slope) * math.sqrt(2 * chances)
