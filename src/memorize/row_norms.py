"""The rows of W + ηG̃ after the step of the other examples: exact laws, moments, deviations.

One row wᵢ of W, of norm 1, moves by ηG̃ᵢ = c Σ_{j≤n} ±y_j σ'(⟨wᵢ,x_j⟩) x_j, where c = γ/(d√q), the
n = m − 1 inputs x_j are standard Gaussian in ℝ^d, and the labels y_j are independent fair signs.
The *load* is ϰ̃ = c²nd = nγ²/(dq). Throughout s₁ = sup |σ'|, θ = E σ'(g)², θ₂ = E g²σ'(g)², and Δ
is the range of σ'², its supremum minus its infimum: 0 for |·|, and at most s₁².
Source: paper G, Lemma 11, with the constants of the chapter one_step/row_norms.
"""

from __future__ import annotations

import itertools
import math
from typing import Any, NamedTuple

import torch
from jaxtyping import Float
from scipy import integrate, stats
from torch import Tensor

from memorize import require
from memorize.activations import Activation

__all__ = [
    "Slopes",
    "draw_lengths",
    "flat_deviation",
    "flat_law",
    "length_centre",
    "length_deviation",
    "load",
    "row_steps",
    "slopes",
    "square_deviation",
    "square_mean",
    "square_tail",
]

RADIUS = 12.0
"""Gaussian integrals are cut off here: two tails of 2e-33."""


class Slopes(NamedTuple):
    """What the rows need of an activation.

    ``slope``: s₁ = sup |σ'|; ``theta``: θ = E σ'(g)²; ``radial``: θ₂ = E g²σ'(g)²; ``spread``: Δ,
    or an upper bound on it.
    """

    slope: float
    theta: float
    radial: float
    spread: float


def slopes(activation: Activation, lowest: float = 0.0) -> Slopes:
    """The constants of an activation; ``lowest`` ≤ |σ'| everywhere, so that Δ = s₁² − lowest².

    The moments are numerical, by quadrature between the kinks. Raises ``ValueError`` if σ' is
    unbounded or ``lowest`` is negative or above its supremum.
    """
    s = require.positive("sup |σ'| of the activation", activation.slope)
    if require.non_negative("lowest", lowest) > s:
        raise ValueError(f"lowest must be at most sup |σ'| = {s}, got {lowest}")
    ends = [-RADIUS, *sorted(activation.kinks), RADIUS]

    def moment(power: int) -> float:
        def integrand(t: float) -> float:
            slope = float(activation.derivative(torch.tensor(t, dtype=torch.float64)))
            return t**power * slope**2 * math.exp(-t * t / 2) / math.sqrt(2 * math.pi)

        pieces = itertools.pairwise(ends)
        return float(
            sum(integrate.quad(integrand, a, b, epsabs=1e-12, limit=200)[0] for a, b in pieces)
        )

    return Slopes(s, moment(0), moment(2), s**2 - lowest**2)


def load(d: int, q: int, others: int, level: float) -> float:
    """ϰ̃ = nγ²/(dq) for n = ``others`` examples and the level γ of the hinge.

    Raises ``ValueError`` unless the sizes are positive integers, q ≤ d, and γ positive.
    """
    require.at_most(
        "q",
        require.positive_int("q", q),
        "d",
        require.positive_int("d", d),
        "the rows are orthonormal",
    )
    size = require.positive_int("others", others)
    return size * require.positive("level", level) ** 2 / (d * q)


def square_mean(load: float, d: int, theta: float, radial: float, *, start: float = 1.0) -> float:
    """E‖wᵢ + ηG̃ᵢ‖² = ‖wᵢ‖² + ϰ̃ (θ₂ + (d − 1)θ)/d, exactly (G.L11.1); ``start``: ‖wᵢ‖.

    For a norm other than 1, θ and θ₂ are those of the gates: θ = E σ'(‖wᵢ‖g)².

    With ``start=0`` it is E‖ηG̃ᵢ‖² (G.L11.2). Raises ``ValueError`` unless ``load`` is positive, d a
    positive integer, and the rest at least 0.
    """
    require.positive_int("d", d)
    inside = require.non_negative("radial", radial) + (d - 1) * require.non_negative("theta", theta)
    return require.non_negative("start", start) ** 2 + require.positive("load", load) * inside / d


def square_deviation(
    t: float, load: float, d: int, others: int, slope: float, spread: float, *, moved: bool = True
) -> float:
    """With probability 1 − 6e^(−t), ‖wᵢ + ηG̃ᵢ‖² is within this of its mean (G.L11.1).

    It is 2√(2vt/d) + 2vt/d + 2v(√(t/d) + t/d) + Δϰ̃√(t/(2n)) with v = s₁²ϰ̃. With ``moved=False``
    the first term is dropped: that is for ‖ηG̃ᵢ‖² (G.L11.2). Raises ``ValueError`` unless ``t`` and
    ``spread`` are at least 0, ``load`` and ``slope`` positive, the sizes positive integers.
    """
    root = math.sqrt(require.non_negative("t", t))
    a, b = _square_terms(load, d, others, slope, spread, moved)
    return a * root + b * root**2


def square_tail(
    eps: float, load: float, d: int, others: int, slope: float, spread: float, *, moved: bool = True
) -> float:
    """The exponent t at which :func:`square_deviation` is ε: P(|‖·‖² − mean| > ε) ≤ 6e^(−t).

    Raises ``ValueError`` as :func:`square_deviation`, and unless ``eps`` is at least 0.
    """
    a, b = _square_terms(load, d, others, slope, spread, moved)
    eps = require.non_negative("eps", eps)
    return (2 * eps / (a + math.sqrt(a * a + 4 * b * eps))) ** 2


def length_deviation(
    t: float, load: float, d: int, others: int, slope: float, theta: float, spread: float
) -> float:
    """With probability 1 − 6e^(−t), r = ‖wᵢ + ηG̃ᵢ‖ is within this of one number r̄ (B.rows.length).

    It is 2s₁√(ϰ̃ t/d) + Δ√(ϰ̃ t/(2θn)). The number r̄, enclosed by :func:`length_centre`, is the
    same for all rows of a network. Raises ``ValueError`` unless ``t`` and ``spread`` are at least
    0, ``load``, ``slope`` and ``theta`` positive, and the sizes positive integers.
    """
    t, spread = require.non_negative("t", t), require.non_negative("spread", spread)
    require.positive("load", load), require.positive("theta", theta)
    require.positive_int("d", d), require.positive_int("others", others)
    first = 2 * require.positive("slope", slope) * math.sqrt(load * t / d)
    return first + spread * math.sqrt(load * t / (2 * theta * others))


def length_centre(load: float, d: int, theta: float) -> tuple[float, float]:
    """(low, high) with low ≤ r̄ ≤ high, r̄ = E√(1 + (θϰ̃/d) χ²_{d−1}) ≥ 1 (B.rows.length).

    high² = 1 + θϰ̃(d − 1)/d, and low² = max(1, high² − θϰ̃/(2d)). Raises ``ValueError`` unless
    ``load`` and ``theta`` are positive and d is a positive integer.
    """
    each = require.positive("load", load) * require.positive("theta", theta)
    each /= require.positive_int("d", d)
    high = 1 + each * (d - 1)
    return math.sqrt(max(1.0, high - each / 2)), math.sqrt(high)


def flat_law(load: float, d: int, slope: float = 1.0, *, start: float = 1.0) -> Any:
    """The law of ‖wᵢ + ηG̃ᵢ‖² where |σ'| = s₁ almost everywhere (B.rows.flat), as in scipy.stats.

    v/d times a non-central χ²_d of parameter ‖wᵢ‖²d/v, v = s₁²ϰ̃; for ``start`` = ‖wᵢ‖ = 0 it is the
    law of ‖ηG̃ᵢ‖², v/d times χ²_d. Raises ``ValueError`` unless ``load`` and ``slope`` are positive,
    d is a positive integer and ``start`` at least 0.
    """
    each = require.positive("load", load) * require.positive("slope", slope) ** 2
    each /= require.positive_int("d", d)
    shift = require.non_negative("start", start) ** 2 / each
    return stats.ncx2(d, shift, scale=each) if shift else stats.chi2(d, scale=each)


def flat_deviation(t: float, load: float, d: int, slope: float = 1.0) -> float:
    """s₁√(2ϰ̃ t/d): where |σ'| = s₁, |r − E r| is below it but for 2e^(−t) (B.rows.flat).

    Raises ``ValueError`` unless ``t`` is at least 0, ``load`` and ``slope`` are positive and d is
    a positive integer.
    """
    spread = 2 * require.positive("load", load) * require.non_negative("t", t)
    return require.positive("slope", slope) * math.sqrt(spread / require.positive_int("d", d))


def row_steps(
    inputs: Float[Tensor, "k n d"],
    labels: Float[Tensor, "k n"],
    row: Float[Tensor, " d"],
    activation: Activation,
    factor: float,
) -> Float[Tensor, "k d"]:
    """ηG̃ᵢ = c Σ_j y_j σ'(⟨wᵢ,x_j⟩) x_j in each of k independent experiments, c = ``factor``.

    (For an output weight −1 it is −ηG̃ᵢ; as the labels are symmetric, that has the same law.) Raises
    ``ValueError`` for shapes that do not fit, or a factor that is not a number.
    """
    k, n, d = require.shape("inputs", inputs, "k n d").shape
    require.shape("labels", labels, "k n", k=k, n=n)
    gates = labels * activation.derivative(inputs @ require.shape("row", row, "d", d=d))
    step: Tensor = require.number("factor", factor) * torch.einsum("kn,knd->kd", gates, inputs)
    return step


def draw_lengths(
    draws: int,
    d: int,
    others: int,
    factor: float,
    activation: Activation,
    generator: torch.Generator,
    *,
    chunk: int = 2**20,
) -> Float[Tensor, " draws"]:
    """Independent draws of ‖wᵢ + ηG̃ᵢ‖ from the exact law √((1 + cZ)² + c²S χ²_{d−1}) (B.rows.law).

    Z = Σ y_jσ'(g_j)g_j and S = Σ σ'(g_j)²: n numbers a draw, and not n·d; they are drawn ``chunk``
    at a time. On the generator's device, in float64. Raises ``ValueError`` unless the sizes are
    positive integers.
    """
    require.positive_int("draws", draws), require.positive_int("d", d)
    require.positive_int("chunk", chunk)
    device, c = generator.device, require.number("factor", factor)
    options: Any = {"generator": generator, "dtype": torch.float64, "device": device}
    Z, S = torch.zeros(2, draws, dtype=torch.float64, device=device)
    step = max(1, chunk // draws)
    for first in range(0, require.positive_int("others", others), step):
        t = torch.randn(draws, min(step, others - first), **options)
        slope = activation.derivative(t)
        # σ'(t)t times a fair sign, whatever the parity of σ'.
        sign = 2 * torch.randint(0, 2, t.shape, generator=generator, device=device) - 1
        Z += (sign * slope * t).sum(1)
        S += slope.square().sum(1)
    shape = torch.full((draws,), (d - 1) / 2, dtype=torch.float64, device=device)
    chi = 2 * torch._standard_gamma(shape, generator=generator) if d > 1 else torch.zeros_like(Z)
    squares: Tensor = (1 + c * Z).square() + c * c * S * chi
    return squares.sqrt()


def _square_terms(
    load: float, d: int, others: int, slope: float, spread: float, moved: bool
) -> tuple[float, float]:
    """(a, b) with the deviation a√t + bt."""
    require.positive_int("d", d), require.positive_int("others", others)
    v = require.positive("load", load) * require.positive("slope", slope) ** 2
    gates = require.non_negative("spread", spread) * load / math.sqrt(2 * others)
    first = 2 * math.sqrt(2 * v / d) if moved else 0.0
    return first + 2 * v / math.sqrt(d) + gates, 4 * v / d
