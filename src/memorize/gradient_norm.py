"""The operator norm of the gradient of one step: bounds on it, its law, draws of it.

The gradient step of N examples x_j ~ N(0, I_d) with labels y_j = ±1 on the hinge loss of level γ is
ηG̃ = c · diag(a) M with M = Σ_j y_j σ'(W x_j) x_jᵀ (q × d) and c = γ/(d√q); W has orthonormal rows,
|σ'| ≤ s and E σ'(g) = 0. The signs a do not change the norm. ϰ = Nγ²/(dq).

Source: paper G, Claim 10 and Lemma 9, with the constants of the chapter one_step/gradient_norm.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

import numpy as np
import torch
from jaxtyping import Float
from scipy.optimize import brentq, minimize_scalar
from torch import Tensor

from memorize import matrices, require, runtime
from memorize.activations import Activation
from memorize.dynamics import one_step_stream

__all__ = [
    "best_fineness",
    "draw_gradient_norms",
    "gradient_norm_bound",
    "gradient_norm_log_probability",
    "gradient_norm_optimum",
    "gradient_norm_sharp",
    "gradient_norm_sharp_log_probability",
    "limiting_norm",
    "net_bound",
    "net_log_probability",
    "product_log_mgf",
    "scale",
]

LOG_TWO = math.log(2)
BERNSTEIN = 0.49
"""The constant of B.bernstein."""


def scale(q: int, d: int, level: float) -> float:
    """c = γ/(d√q): the step is c times the sum over the examples.

    Raises ``ValueError`` unless ``q`` and ``d`` are positive integers with q ≤ d (W has orthonormal
    rows) and ``level`` is positive.
    """
    require.positive_int("q", q)
    require.at_most("q", q, "d", require.positive_int("d", d), "the rows of W are orthonormal")
    return require.positive("level", level) / (d * math.sqrt(q))


def gradient_norm_bound(
    q: int, d: int, examples: int, level: float, ell: float, slope: float = 1.0
) -> float:
    """T with P(‖ηG̃‖ ≥ T) ≤ e^(−ℓ); for ℓ = 0 it bounds the mean E‖ηG̃‖ (B.gradient).

    T = (32/9) s c max(√(NΛ), 3Λ) with Λ = (q + d) ln 2 + ℓ. For N ≥ 9Λ it is
    (32/9) s √(ϰΛ/d).

    ``examples``: N; ``level``: γ; ``ell``: ℓ ≥ 0; ``slope``: s ≥ |σ'|. Raises ``ValueError`` as
    :func:`scale`, and unless N is a positive integer, ℓ ≥ 0 and s > 0.
    """
    exponent = (q + d) * LOG_TWO + require.non_negative("ell", ell)
    n = require.positive_int("examples", examples)
    factor = 32 / 9 * require.positive("slope", slope) * scale(q, d, level)
    return factor * max(math.sqrt(n * exponent), 3 * exponent)


def gradient_norm_log_probability(
    T: float, q: int, d: int, examples: int, level: float, slope: float = 1.0
) -> float:
    """ln of the bound on P(‖ηG̃‖ ≥ T): minus the ℓ ≥ 0 of :func:`gradient_norm_bound`, or 0.

    Raises ``ValueError`` as :func:`gradient_norm_bound`, and unless ``T`` is at least 0.
    """
    n = require.positive_int("examples", examples)
    per_unit = 32 / 9 * require.positive("slope", slope) * scale(q, d, level)
    size = require.non_negative("T", T) / per_unit
    return min(0.0, (q + d) * LOG_TWO - min(size * size / n, size / 3))


def product_log_mgf(x: float) -> float:
    """ln ½[(1−2x)^(−1/2) + (1+2x)^(−1/2)] ≥ ln E exp(μyAB) at x = |μ|s < 1/2 (B.product).

    Raises ``ValueError`` unless 0 ≤ x < 1/2.
    """
    if not 0 <= require.number("x", x) < 0.5:
        raise ValueError(f"x must lie in [0, 1/2), got {x!r}")
    return math.log(((1 - 2 * x) ** -0.5 + (1 + 2 * x) ** -0.5) / 2)


def gradient_norm_sharp(
    q: int, d: int, examples: int, level: float, ell: float, slope: float = 1.0
) -> float:
    """T with P(‖ηG̃‖ ≥ T) ≤ e^(−ℓ) for N ≥ 12 d; for ℓ = 0 it bounds E‖ηG̃‖ (B.gradient.sharp).

    T = (4/√3) s√ϰ ((ln 2)/2 (1 + q/d) + 3/8 + (ℓ + 31/20)/d + 63 d/(20 N)), ϰ = Nγ²/(dq).

    Raises ``ValueError`` as :func:`gradient_norm_bound`, and if N < 12 d.
    """
    unit, fixed = _sharp(q, d, examples, level, slope)
    return unit * (fixed + require.non_negative("ell", ell))


def gradient_norm_sharp_log_probability(
    T: float, q: int, d: int, examples: int, level: float, slope: float = 1.0
) -> float:
    """ln of the bound on P(‖ηG̃‖ ≥ T) of B.gradient.sharp, at most 0.

    Raises ``ValueError`` as :func:`gradient_norm_sharp`, and unless ``T`` is at least 0.
    """
    unit, fixed = _sharp(q, d, examples, level, slope)
    return min(0.0, fixed - require.non_negative("T", T) / unit)


def gradient_norm_optimum(
    q: int, d: int, examples: int, level: float, ell: float, slope: float = 1.0
) -> float:
    """The least T that the proofs of B.gradient and B.gradient.sharp give, for any N.

    P(‖ηG̃‖ ≥ T) ≤ e^(−ℓ) for T = (sc/(px)) ((q+d)/2 · ln(1/(1−p)) + ℓ + h(x)) at any p in (0, 1)
    and x = μs in (0, 1/2); h(x) is the least of NΨ(x), Ψ = :func:`product_log_mgf`, and, where
    w = 4Nx²/(πd) < 1, N(e^Ψ(x) − 1 − x²) − ½ ln(1 − w). Numerical, and never above
    :func:`gradient_norm_bound`; raises as it does.
    """
    simple = gradient_norm_bound(q, d, examples, level, ell, slope)

    def all_directions(x: float) -> float:
        return examples * product_log_mgf(x)

    def typical(x: float) -> float:
        w = 4 * examples * x * x / (math.pi * d)
        left = examples * (math.expm1(product_log_mgf(x)) - x * x)
        return left - math.log1p(-w) / 2

    def least(cost: Callable[[float], float], end: float) -> float:
        def at(p: float) -> float:
            price = -(q + d) / 2 * math.log1p(-p) + ell
            found = minimize_scalar(
                lambda x: (price + cost(x)) / (p * x), bounds=(1e-6 * end, end), method="bounded"
            )
            return float(found.fun)

        return float(minimize_scalar(at, bounds=(0.01, 0.999), method="bounded").fun)

    half = 0.5 - 1e-9
    last = min(half, math.sqrt(math.pi * d / (4 * examples)) * (1 - 1e-9))
    found = min(least(all_directions, half), least(typical, last))
    return min(simple, slope * scale(q, d, level) * found)


def net_bound(
    q: int,
    d: int,
    examples: int,
    level: float,
    ell: float,
    slope: float = 1.0,
    eps: float = 8 / 25,
) -> float:
    """T with P(‖ηG̃‖ > T) ≤ e^(−ℓ) from nets of fineness ``eps`` and Bernstein (Lemma 9).

    T = (1 − ε²/2)^(−2) (8s/3) c max(√(NΛ/0.49), Λ/0.49), Λ = (q+d) ln(1+2/ε) + ln 2 + ℓ.
    Raises ``ValueError`` as :func:`gradient_norm_bound`, and unless 0 < ε < √2.
    """
    exponent = _net_price(q, d, eps) + require.non_negative("ell", ell)
    n = require.positive_int("examples", examples)
    t = max(math.sqrt(n * exponent / BERNSTEIN), exponent / BERNSTEIN)
    return 8 / 3 * require.positive("slope", slope) * scale(q, d, level) * t / _sees(eps)


def net_log_probability(
    T: float,
    q: int,
    d: int,
    examples: int,
    level: float,
    slope: float = 1.0,
    eps: float = 8 / 25,
) -> float:
    """ln of Lemma 9's bound on P(‖ηG̃‖ > T), at most 0.

    2(1+2/ε)^(q+d) exp(−0.49 min(t²/(Nc²K²), t/(cK))), t = T(1−ε²/2)², K = 8s/3. Raises
    ``ValueError`` as :func:`net_bound`, and unless ``T`` is at least 0.
    """
    n = require.positive_int("examples", examples)
    unit = 8 / 3 * require.positive("slope", slope) * scale(q, d, level)
    size = require.non_negative("T", T) * _sees(eps) / unit
    return min(0.0, _net_price(q, d, eps) - BERNSTEIN * min(size * size / n, size))


def best_fineness(q: int, d: int, examples: int, ell: float) -> float:
    """The ε in (0, √2) at which :func:`net_bound` is least, by a bounded search."""

    def value(eps: float) -> float:
        return net_bound(q, d, examples, 1.0, ell, eps=eps)

    return float(minimize_scalar(value, bounds=(1e-3, 1.35), method="bounded").x)


def draw_gradient_norms(
    gen: torch.Generator,
    draws: int,
    weights: Float[Tensor, "q d"],
    examples: int,
    activation: Activation,
    level: float,
    *,
    chunk: int = 4096,
) -> Float[Tensor, " draws"]:
    """Independent draws of ‖ηG̃‖ at given weights; the examples stream by in chunks.

    On the generator's device, in the weights' dtype. Raises ``ValueError`` unless ``draws``,
    ``examples`` and ``chunk`` are positive integers, q ≤ d and ``level`` is positive.
    """
    q, d = require.shape("weights", weights, "q d").shape
    scale(q, d, level)
    for name, value in (("draws", draws), ("examples", examples), ("chunk", chunk)):
        require.positive_int(name, value)
    device, dtype = gen.device, weights.dtype

    def batches() -> Iterator[tuple[Tensor, Tensor]]:
        for n in runtime.chunks(examples, chunk):
            x = torch.randn(n, d, generator=gen, device=device, dtype=dtype)
            yield x, 2.0 * torch.randint(2, (n,), generator=gen, device=device) - 1

    # The norm does not depend on the signs; at an infinite level every example is active.
    signs, rate = torch.ones(q, device=device, dtype=dtype), examples * level / d
    steps = (
        one_step_stream(batches(), weights, signs, activation, level=math.inf, rate=rate)
        for _ in range(draws)
    )
    return torch.stack([matrices.operator_norm(step.change) for step in steps])


def limiting_norm(
    q: int, d: int, examples: int, level: float, theta: float = 1.0, *, nodes: int = 400
) -> float:
    """The norm that ηG̃ would have in the limit if σ'(Wx) and x were independent.

    Then M is a Gaussian matrix with the row covariance Σ = Σ_j σ'σ'ᵀ, whose eigenvalues follow the
    law of Marchenko and Pastur of ratio q/N (times Nθ, θ = E σ'(g)²). The edge of the spectrum of
    MMᵀ/d is the least value of z(m) = 1/m + (q/d)∫ t/(1 − mt) dH(t) over 0 < m < 1/max t
    (Silverstein and Choi 1995). As N → ∞ it tends to √(θϰ)(1 + √(q/d)). A prediction, not a bound.

    Raises ``ValueError`` as :func:`scale`, and unless ``theta`` is positive and N an integer ≥ 1.
    """
    n = require.positive_int("examples", examples)
    root = math.sqrt(require.positive("theta", theta) * n * d) * scale(q, d, level)
    ratio = q / n
    # t = 1 + ratio + 2√ratio cos φ, density 2 sin²φ/(π t) dφ; for q > N the mass at 0 is nothing.
    angle = (np.arange(nodes) + 0.5) * math.pi / nodes
    t = 1 + ratio + 2 * math.sqrt(ratio) * np.cos(angle)
    weight = 2 / nodes * np.sin(angle) ** 2 / t

    def slope(m: float) -> float:
        return float(q / d * (weight * t**2 / (1 - m * t) ** 2).sum() - 1 / m**2)

    top = (1 - 1e-12) / float(t.max())
    m = float(brentq(slope, 1e-9, top)) if slope(top) > 0 else top
    return root * math.sqrt(1 / m + q / d * float((weight * t / (1 - m * t)).sum()))


def _sharp(q: int, d: int, examples: int, level: float, slope: float) -> tuple[float, float]:
    """(unit, fixed): the threshold of B.gradient.sharp is unit · (fixed + ℓ)."""
    c, n = scale(q, d, level), require.positive_int("examples", examples)
    if n < 12 * d:
        raise ValueError(f"examples must be at least 12 d = {12 * d}, got {examples}")
    unit = 4 / math.sqrt(3) * require.positive("slope", slope) * c * math.sqrt(n / d)
    return unit, (q + d) * LOG_TWO / 2 + 3 / 8 * d + 31 / 20 + 63 / 20 * d * d / n


def _net_price(q: int, d: int, eps: float) -> float:
    _sees(eps)
    return (q + d) * math.log1p(2 / eps) + LOG_TWO


def _sees(eps: float) -> float:
    """(1 − ε²/2)²: the part of the norm that nets of fineness ε see (Fact 8)."""
    if not 0 < require.number("eps", eps) < math.sqrt(2):
        raise ValueError(f"eps must lie in (0, √2), got {eps!r}")
    return float((1 - eps * eps / 2) ** 2)
