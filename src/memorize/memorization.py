"""What the proof that one gradient step memorizes guarantees, with every constant explicit.

Setting and letters: m examples in ℝ^d, q ≤ d neurons with orthonormal rows, hinge of level γ, step
size η = mγ/d, output signs a with A = |Σ a_i|/√q, load ϰ = mγ²/(dq). Source: paper G, Lemma 7
(:func:`margin`) and Theorem 1 (:func:`guarantee`).

The bounds are written in elementary operations, so that they may be evaluated in any arithmetic: a
number here is a float, or anything else with ``+ - * /``, ``abs`` and methods ``sqrt``, ``log`` and
``exp``, such as python-flint's balls, with which a page certifies them.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import torch
from jaxtyping import Float
from scipy import special
from torch import Tensor

from memorize import require
from memorize.activations import Activation

__all__ = [
    "Facts",
    "Margin",
    "best_margin",
    "difficulty",
    "facts",
    "gradient_norm",
    "guarantee",
    "margin",
    "mean_field",
    "mean_field_limit",
    "near_kink",
    "row_drift",
]

Number = Any
"""A float, or a number of another arithmetic (see above)."""


class Facts(NamedTuple):
    """What the theorem asks of an activation with E σ'(g) = 0, for a standard normal g.

    ``slope``: s₁ = sup |σ'|. ``bend``: s₂ = sup |σ''| off the kinks. ``theta``: θ = E σ'(g)².
    ``kinks``: their number r. ``far``: k₁, the sum of their distances from 0. ``mean``: |E σ(g)|.
    """

    slope: Number
    bend: Number
    theta: Number
    kinks: int
    far: Number
    mean: Number


class Margin(NamedTuple):
    """The terms of Lemma 7's bound: ``value`` = ``learned`` − ``noise`` − ``drift``.

    ``near``: β, a bound on the share of neurons whose slope the other examples may have changed.
    ``bracket``: θ less all that is lost of it. ``learned``: what an example does to itself.
    ``noise`` and ``drift``: how far the others move it, about the mean and in the mean.
    """

    near: Number
    bracket: Number
    learned: Number
    noise: Number
    drift: Number
    value: Number


@dataclass(frozen=True)
class MeanField:
    """The conjectured law of y h_{W⁺}(x) for σ = |t|: normal, with this mean and variance."""

    mean: float
    variance: float

    @property
    def memorized(self) -> float:
        """P(y h > 0)."""
        return float(special.ndtr(self.mean / math.sqrt(self.variance)))


def facts(activation: Activation) -> Facts:
    """Those of a library activation, in floats; numerical where it has no closed form.

    Raises ``ValueError`` unless s₁ and s₂ are finite and |E σ'(g)| ≤ 1e-9 s₁.
    """
    known = activation.constants()
    if not (math.isfinite(known.s1) and math.isfinite(known.s2)):
        raise ValueError(f"σ must have bounded σ' and σ'', got {activation.name}")
    mean, tilt = activation.hermite(2).tolist()
    if abs(tilt) > 1e-9 * known.s1:
        raise ValueError(f"E σ'(g) must be 0, got {tilt:.6g} for {activation.name}")
    kinks = activation.kinks
    return Facts(known.s1, known.s2, known.theta, len(kinks), sum(map(abs, kinks)), abs(mean))


def difficulty(known: Facts) -> Number:
    """D = 1/2 + 7r/2 + 2k₁ + 5s₂/(4s₁): what a unit of ‖ηG̃‖ costs, of a slope s₁ (B.memorize)."""
    return (2 + 14 * known.kinks + 8 * known.far + 5 * (known.bend / known.slope)) / 4


def gradient_norm(
    d: Number, q: Number, others: Number, *, level: Number, slope: Number, ell: Number
) -> Number:
    """T with P(‖ηG̃‖ ≥ T) ≤ e^(−t), G̃ the gradient of ``others`` examples, t = ``ell``.

    B.gradient, or B.gradient.sharp where that applies and is smaller.
    """
    price = (d + q) * _ln2(d) + ell
    larger = (_root(others * price) + 3 * price + abs(_root(others * price) - 3 * price)) / 2
    most = 32 * slope * level * larger / (9 * d * _root(q))
    if others >= 12 * d:
        exponent = (
            (price - ell) / (2 * d) + (20 * ell + 31) / (20 * d) + (d / others) * 63 / 20 + 3 / 8
        )
        load = slope * slope * others * level * level / (d * q)
        sharp = 4 * _root(load / 3) * exponent
        most = sharp if sharp < most else most
    return most


def row_drift(
    d: Number, q: Number, others: Number, *, level: Number, slope: Number, ell: Number
) -> Number:
    """R with P(q^(−1/2) Σ_i |r_i − r̄| > R) ≤ 6 e^(−t), r_i = ‖w_i + ηg̃_i‖, r̄² = E r_i².

    From G.L11.1 at t + ln q for each row: |r_i − r̄| ≤ |r_i² − r̄²| since r_i + r̄ ≥ 1. ``others``
    must not be 0: without other examples R = 0.
    """
    more = ell + _log(q)
    v = slope * slope * others * level * level / (d * q)
    share = more / d
    square = (
        2 * _root(2 * v * share)
        + 2 * v * share
        + 2 * v * (_root(share) + share)
        + v * _root(more / (2 * others))
    )
    return _root(q) * square


def near_kink(known: Facts, *, reach: Number, norm: Number, width: Number, error: Number) -> Number:
    """β: of the neurons, a share of at most β has a kink within |n_i| + ``reach`` of ⟨w_i, x⟩.

    n_i is what the others add to neuron i; ``norm`` = T < 1 bounds ‖ηG̃‖, ``width`` = τ > 0 is free
    and ``error`` = √(2t/q); with probability 1 − e^(−t) (Claim 13).
    """
    if known.kinks == 0:
        return 0 * width
    middle = norm * known.far + known.kinks * (_mean_abs(norm) * norm + reach + width)
    return _mean_abs(norm) * middle / (1 - norm) + (1 + norm) * error / width


def margin(
    d: Number,
    q: Number,
    *,
    level: Number,
    known: Facts,
    ell: Number,
    norm: Number,
    width: Number,
    drift: Number,
    centre: Number,
    imbalance: Number = 0,
) -> Margin:
    """A lower bound on y h_{W+ηG}(x) for one example, with every term (Lemma 7).

    It holds with probability 1 − 6 e^(−t) given that ‖ηG̃‖ ≤ T = ``norm`` < 1 and that
    q^(−1/2) Σ_i |r_i − r̄| ≤ R = ``drift``; ``width`` = τ > 0 is free, ``centre`` = r̄ ≥ 1 and
    ``imbalance`` = A.
    """
    s, b = known.slope, known.bend
    error = _root(2 * ell / q)
    spread = _root(2 * ell / d)
    long = (1 + spread) * (1 + spread)
    short = _root(1 - 1 / (2 * d)) - spread
    reach = level * long * s / _root(q)
    near = near_kink(known, reach=reach, norm=norm, width=width, error=error)
    bent = s * b * (norm * (1 + error) + reach)
    bracket = known.theta - s * s * error / 2 - 2 * s * s * near - bent
    below = short * short if short > 0 else 0 * short  # ρ₋, a square of what may be negative
    share = below if bracket > 0 else long
    learned = level * share * bracket
    noise = s * (1 + norm) * _root(2 * ell)
    shift = imbalance * (known.mean + s * _mean_abs(norm) * (centre - 1))
    moved = shift + s * _mean_abs(norm) * drift
    return Margin(near, bracket, learned, noise, moved, learned - noise - moved)


def best_margin(
    d: Number,
    q: Number,
    m: Number,
    *,
    level: Number,
    known: Facts,
    delta: Number,
    imbalance: Number = 0,
) -> Margin:
    """:func:`margin` for all m examples at once, with probability 1 − ``delta``, and being active.

    The failure is shared out equally: e^(−t) = δ/(15m), of which an example has 2 for its output at
    the start, 1 for ‖ηG̃‖, 6 for the rows and 6 for x. The width is the best. ``m`` ≥ 2. The value
    says something if ‖ηG̃‖ is bounded below 1 and the level is above A|E σ| + s₁√(2t); otherwise it
    is minus infinity.
    """
    ell = _log(15 * m / delta)
    norm = gradient_norm(d, q, m - 1, level=level, slope=known.slope, ell=ell)
    drift = row_drift(d, q, m - 1, level=level, slope=known.slope, ell=ell)
    v = known.slope * known.slope * (m - 1) * level * level / (d * q)
    if not (norm < 1 and level > imbalance * known.mean + known.slope * _root(2 * ell)):
        nothing = -math.inf
        return Margin(nothing, nothing, nothing, nothing, drift, nothing)
    error = _root(2 * ell / q)
    slack = error * (1 - norm * norm) / (max(known.kinks, 1) * _mean_abs(norm))
    return margin(
        d,
        q,
        level=level,
        known=known,
        ell=ell,
        norm=norm,
        width=_root(slack),
        drift=drift,
        centre=_root(1 + v),
        imbalance=imbalance,
    )


def guarantee(
    d: Number,
    q: Number,
    m: Number,
    *,
    level: Number,
    known: Facts,
    norm: Number,
    imbalance: Number = 0,
) -> Number:
    """The margin of B.memorize, with probability 1 − 15/d, or minus infinity if it says nothing.

    ``norm`` = T is free. The conditions: T ≤ 1/8 and s₁²DT ≤ θ; m ≤ T²dq/(24 s₁²γ²) and m ≤ d²;
    q ≥ 410 s₁²γ²/T² and q ≥ 216 ln d/T⁴; q ≤ d; γ > A|E σ(g)| + s₁√(6 ln d).
    """
    log_d, size = _log(d), known.slope * level
    lost = known.slope * known.slope * difficulty(known) * norm
    square = norm * norm
    start = imbalance * known.mean + known.slope * _root(6 * log_d)
    met = (
        8 * norm <= 1,
        lost <= known.theta,
        24 * m * size * size <= square * d * q and m <= d * d,
        square * q >= 410 * size * size and square * square * q >= 216 * log_d,
        q <= d and level > start,
    )
    if not all(met):
        return -math.inf
    drift = imbalance * (known.mean + known.slope * square / 60)
    return level * (known.theta - lost) - 3 * known.slope * _root(log_d) - drift


def mean_field(
    d: int, q: int, m: float, *, level: float, label_sum: float | None = None
) -> MeanField:
    """The conjectured law of y h_{W⁺}(x) for σ = |t| and Σ a_i = 0 (B.meanfield).

    With ϰ = mγ²/(dq), γ = ``level`` and b = γ/√q, neuron i sees p = g + √ϰ n, independent standard
    normal g, n, from itself and all the others, and the example adds b s to it, s = sign g. So the
    mean over γ is E[|p + bs| − |p − bs|]/(2b) = E clip(ps, −b, b)/b. As |g| + √ϰ n has a skew
    normal law, that is (4/b) ∫_0^b T(t/√(1+ϰ), 1/√ϰ) dt with Owen's T.
    ``label_sum``: Σ_j y_j; by default its square is taken at its mean, m.
    Raises ``ValueError`` unless d and q are positive integers and m and ``level`` are positive.
    """
    d, q = require.positive_int("d", d), require.positive_int("q", q)
    m, level = require.positive("m", m), require.positive("level", level)
    load = m * level**2 / (d * q)
    nodes, weights = np.polynomial.legendre.leggauss(40)
    t = level / math.sqrt(q) * (nodes + 1) / 2
    kept = 2 * weights @ special.owens_t(t / math.sqrt(1 + load), 1 / math.sqrt(load))
    tilt = 1.0 if label_sum is None else label_sum**2 / m
    variance = (1 - 2 / math.pi) * (1 + load)
    variance += 4 / math.pi**2 * (q / d) * (load / (1 + load)) * (1 + tilt)
    return MeanField(level * float(kept), variance)


def mean_field_limit(load: Float[Tensor, "*n"]) -> Float[Tensor, "*n"]:
    """(2/π) arcsin(1/√(1+ϰ)): the mean margin over γ in the mean field, as γ/√q → 0."""
    require.finite("load", load)
    return 2 / math.pi * torch.asin(torch.rsqrt(1 + load))


def _root(x: Number) -> Number:
    return x.sqrt() if hasattr(x, "sqrt") else math.sqrt(x)


def _log(x: Number) -> Number:
    return x.log() if hasattr(x, "log") else math.log(x)


def _mean_abs(like: Number) -> Number:
    """A number above E|g| = √(2/π) = 0.797884…, in the arithmetic of ``like``."""
    return (0 * like + 79789) / 100000


def _ln2(like: Number) -> Number:
    """A number above ln 2 = 0.693147…, in the arithmetic of ``like``."""
    return (0 * like + 69315) / 100000
