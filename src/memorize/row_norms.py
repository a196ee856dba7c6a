"""The rows of W + ηG̃ after the step of the other examples: exact laws, moments, deviations.

One row w of W, of norm 1, moves by ηg̃ = c Σ_{j≤N} ±y_j σ'(⟨w,x_j⟩) x_j, where c = λ/(d√q), the N
inputs x_j are standard Gaussian in ℝ^d, and the labels y_j are independent fair signs. The *load*
is κ_N = c²Nd = Nλ²/(dq). Throughout s = sup |σ'|, θ = E σ'(g)², τ = E g²σ'(g)², and ω is the
range of σ'², its supremum minus its infimum: 0 for |t|, and at most s².
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

    ``slope``: s = sup |σ'|; ``theta``: θ = E σ'(g)²; ``radial``: τ = E g²σ'(g)²; ``spread``: ω, an
    upper bound on sup σ'² − inf σ'².
    """

    slope: float
    theta: float
    radial: float
    spread: float


def slopes(activation: Activation, lowest: float = 0.0) -> Slopes:
    """The constants of an activation; ``lowest`` ≤ |σ'| everywhere, so that ω = s² − lowest².

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
    """κ_N = Nλ²/(dq) for N = ``others`` examples and the level λ of the hinge.

    Raises ``ValueError`` unless the sizes are positive integers, q ≤ d, and λ positive.
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
    """E‖w + ηg̃‖² = ‖w‖² + κ_N (τ + (d − 1)θ)/d, exactly (G.L11.1); ``start``: ‖w‖.

    With ``start=0`` it is E‖ηg̃‖² (G.L11.2). Raises ``ValueError`` unless ``load`` is positive, d a
    positive integer, and the rest at least 0.
    """
    require.positive_int("d", d)
    inside = require.non_negative("radial", radial) + (d - 1) * require.non_negative("theta", theta)
    return require.non_negative("start", start) ** 2 + require.positive("load", load) * inside / d


def square_deviation(
    ell: float, load: float, d: int, others: int, slope: float, spread: float, *, moved: bool = True
) -> float:
    """With probability 1 − 6e^(−ℓ), ‖w + ηg̃‖² is within this of its mean (G.L11.1).

    It is 2√(2vℓ/d) + 2vℓ/d + 2v(√(ℓ/d) + ℓ/d) + ωκ_N√(ℓ/(2N)) with v = s²κ_N. With ``moved=False``
    the first term is dropped: that is for ‖ηg̃‖² (G.L11.2). Raises ``ValueError`` unless ``ell`` and
    ``spread`` are at least 0, ``load`` and ``slope`` positive, the sizes positive integers.
    """
    root = math.sqrt(require.non_negative("ell", ell))
    a, b = _square_terms(load, d, others, slope, spread, moved)
    return a * root + b * root**2


def square_tail(
    eps: float, load: float, d: int, others: int, slope: float, spread: float, *, moved: bool = True
) -> float:
    """The exponent ℓ at which :func:`square_deviation` is ε: P(|‖·‖² − mean| > ε) ≤ 6e^(−ℓ).

    Raises ``ValueError`` as :func:`square_deviation`, and unless ``eps`` is at least 0.
    """
    a, b = _square_terms(load, d, others, slope, spread, moved)
    eps = require.non_negative("eps", eps)
    return (2 * eps / (a + math.sqrt(a * a + 4 * b * eps))) ** 2


def length_deviation(
    ell: float, load: float, d: int, others: int, slope: float, theta: float, spread: float
) -> float:
    """With probability 1 − 6e^(−ℓ), r = ‖w + ηg̃‖ is within this of one number r̄ (B.rows.length).

    It is 2s√(κ_N ℓ/d) + ω√(κ_N ℓ/(2θN)). The number r̄, enclosed by :func:`length_centre`, is the
    same for all rows of a network. Raises ``ValueError`` unless ``ell`` and ``spread`` are at least
    0, ``load``, ``slope`` and ``theta`` positive, and the sizes positive integers.
    """
    ell, spread = require.non_negative("ell", ell), require.non_negative("spread", spread)
    require.positive("load", load), require.positive("theta", theta)
    require.positive_int("d", d), require.positive_int("others", others)
    first = 2 * require.positive("slope", slope) * math.sqrt(load * ell / d)
    return first + spread * math.sqrt(load * ell / (2 * theta * others))


def length_centre(load: float, d: int, theta: float) -> tuple[float, float]:
    """(low, high) with low ≤ r̄ ≤ high, r̄ = E√(1 + (θκ_N/d) χ²_{d−1}) ≥ 1 (B.rows.length).

    high² = 1 + θκ_N(d − 1)/d, and low² = max(1, high² − θκ_N/(2d)). Raises ``ValueError`` unless
    ``load`` and ``theta`` are positive and d is a positive integer.
    """
    each = require.positive("load", load) * require.positive("theta", theta)
    each /= require.positive_int("d", d)
    high = 1 + each * (d - 1)
    return math.sqrt(max(1.0, high - each / 2)), math.sqrt(high)


def flat_law(load: float, d: int, slope: float = 1.0, *, start: float = 1.0) -> Any:
    """The law of ‖w + ηg̃‖² where |σ'| = s almost everywhere (B.rows.flat), as in scipy.stats.

    v/d times a non-central χ²_d of parameter ‖w‖²d/v, v = s²κ_N; for ``start`` = ‖w‖ = 0 it is the
    law of ‖ηg̃‖², v/d times χ²_d. Raises ``ValueError`` unless ``load`` and ``slope`` are positive,
    d is a positive integer and ``start`` at least 0.
    """
    each = require.positive("load", load) * require.positive("slope", slope) ** 2
    each /= require.positive_int("d", d)
    shift = require.non_negative("start", start) ** 2 / each
    return stats.ncx2(d, shift, scale=each) if shift else stats.chi2(d, scale=each)


def flat_deviation(ell: float, load: float, d: int, slope: float = 1.0) -> float:
    """s√(2κ_N ℓ/d): where |σ'| = s, |r − E r| is below it but for 2e^(−ℓ) (B.rows.flat).

    Raises ``ValueError`` unless ``ell`` is at least 0, ``load`` and ``slope`` are positive and d is
    a positive integer.
    """
    spread = 2 * require.positive("load", load) * require.non_negative("ell", ell)
    return require.positive("slope", slope) * math.sqrt(spread / require.positive_int("d", d))


def row_steps(
    inputs: Float[Tensor, "n N d"],
    labels: Float[Tensor, "n N"],
    row: Float[Tensor, " d"],
    activation: Activation,
    factor: float,
) -> Float[Tensor, "n d"]:
    """ηg̃ = c Σ_j y_j σ'(⟨w,x_j⟩) x_j in each of n independent experiments, c = ``factor``.

    (For an output weight −1 it is −ηg̃; as the labels are symmetric, that has the same law.) Raises
    ``ValueError`` for shapes that do not fit, or a factor that is not a number.
    """
    n, others, d = require.shape("inputs", inputs, "n N d").shape
    require.shape("labels", labels, "n N", n=n, N=others)
    gates = labels * activation.derivative(inputs @ require.shape("row", row, "d", d=d))
    step: Tensor = require.number("factor", factor) * torch.einsum("nN,nNd->nd", gates, inputs)
    return step


def draw_lengths(
    n: int,
    d: int,
    others: int,
    factor: float,
    activation: Activation,
    generator: torch.Generator,
    *,
    chunk: int = 2**20,
) -> Float[Tensor, " n"]:
    """n independent draws of ‖w + ηg̃‖ from the exact law √((1 + cZ)² + c²S χ²_{d−1}) (B.rows.law).

    Z = Σ y_jσ'(t_j)t_j and S = Σ σ'(t_j)²: N numbers a draw, and not N·d; they are drawn ``chunk``
    at a time. On the generator's device, in float64. Raises ``ValueError`` unless the sizes are
    positive integers.
    """
    require.positive_int("n", n), require.positive_int("d", d), require.positive_int("chunk", chunk)
    device, c = generator.device, require.number("factor", factor)
    options: Any = {"generator": generator, "dtype": torch.float64, "device": device}
    Z, S = torch.zeros(2, n, dtype=torch.float64, device=device)
    step = max(1, chunk // n)
    for first in range(0, require.positive_int("others", others), step):
        t = torch.randn(n, min(step, others - first), **options)
        slope = activation.derivative(t)
        # σ'(t)t times a fair sign, whatever the parity of σ'.
        sign = 2 * torch.randint(0, 2, t.shape, generator=generator, device=device) - 1
        Z += (sign * slope * t).sum(1)
        S += slope.square().sum(1)
    shape = torch.full((n,), (d - 1) / 2, dtype=torch.float64, device=device)
    chi = 2 * torch._standard_gamma(shape, generator=generator) if d > 1 else torch.zeros_like(Z)
    squares: Tensor = (1 + c * Z).square() + c * c * S * chi
    return squares.sqrt()


def _square_terms(
    load: float, d: int, others: int, slope: float, spread: float, moved: bool
) -> tuple[float, float]:
    """(a, b) with the deviation a√ℓ + bℓ."""
    require.positive_int("d", d), require.positive_int("others", others)
    v = require.positive("load", load) * require.positive("slope", slope) ** 2
    gates = require.non_negative("spread", spread) * load / math.sqrt(2 * others)
    first = 2 * math.sqrt(2 * v / d) if moved else 0.0
    return first + 2 * v / math.sqrt(d) + gates, 4 * v / d
