"""ψ_p norms: ‖X‖ψp = inf{t > 0 : E exp(|X|^p/t^p) ≤ 2}, for laws, for samples, in closed form.

Source: paper G, section 2.1; Vershynin, High-Dimensional Probability, sections 2.5 and 2.7. The
functional is a norm for p ≥ 1. For 0 < p < 1 it is still defined, and the functions here compute
it, but the triangle inequality fails.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float
from scipy import special
from torch import Tensor

from memorize import require

__all__ = [
    "LAWS",
    "Bracket",
    "NamedLaw",
    "bernoulli_norm",
    "constant_norm",
    "exponential_norm",
    "gaussian_norm",
    "norm_from_moment",
    "psi_norm",
    "uniform_norm",
]

NEWTON_STEPS = 60
"""More than the steps that rounding leaves room for: a guard against a cycle of roundings."""


@dataclass(frozen=True)
class Bracket:
    """An interval [lower, upper] that holds a ψ norm; ``upper`` is ∞ if none was found."""

    lower: float
    upper: float

    def __contains__(self, value: float) -> bool:
        return self.lower <= value <= self.upper


def norm_from_moment(
    moment: Callable[[float], float], *, relative: float = 1e-12, limit: float = 1e12
) -> Bracket:
    """The ψ norm of a law that is known by its moment function t ↦ E exp(|X|^p/t^p) ∈ [1, ∞].

    The function never increases, and the norm is the first t at which it is at most 2: doubling
    finds such a t, halving finds one at which it exceeds 2, and bisection narrows the two down to a
    ratio of at most ``1 + relative``. The bracket is right as far as the values of ``moment`` are:
    they are floats, and only ball arithmetic makes the ends certain.

    ``Bracket(limit, inf)`` says that the moment exceeds 2 up to ``limit``: the norm is at least
    ``limit``, and no finite number of evaluations can tell whether it is infinite.
    ``Bracket(0, 1/limit)`` says that the moment is at most 2 down to ``1/limit``, as for X = 0.

    Raises ``ValueError`` unless ``relative`` and ``limit`` are positive and every value that
    ``moment`` returns is a number of at least 1 or ``inf``.
    """
    require.positive("relative", relative)
    require.positive("limit", limit)

    def within(t: float) -> bool:
        try:
            value = moment(t)
        except OverflowError:  # beyond the range of floats, so beyond 2
            return False
        if not value >= 1:
            raise ValueError(f"moment must return at least 1 everywhere, got {value!r} at t = {t}")
        return value <= 2

    upper = 1.0
    while not within(upper):
        if upper >= limit:
            return Bracket(upper, math.inf)
        upper *= 2
    lower = upper / 2
    while within(lower):
        if lower <= 1 / limit:
            return Bracket(0.0, lower)
        upper, lower = lower, lower / 2
    while upper > lower * (1 + relative):
        middle = lower + (upper - lower) / 2
        if middle in (lower, upper):
            break
        if within(middle):
            upper = middle
        else:
            lower = middle
    return Bracket(lower, upper)


def psi_norm(
    values: Float[Tensor, "*batch n"], p: float, weights: Float[Tensor, "*batch n"] | None = None
) -> Float[Tensor, "*batch"]:
    """The ψ_p norm of each law with finitely many values (last dimension) and these weights.

    Without ``weights`` all values weigh 1/n: the norm of the empirical law of a sample. Beware of
    reading that as the norm of the law behind the sample: it is finite even if the law's is not,
    and where it matters (a Gaussian near its norm) E exp(|X|^p/t^p) has infinite variance.

    Newton's method for log E exp(s|X|^p) = ln 2, a convex function of s = t^{-p}, from an s beyond
    the root: 1/s ≥ max_i |x_i|^p/ln(1 + 1/w_i), as no single value's weight may give more than 2.
    The steps descend to the root and end at rounding error; computed in float64.

    Raises ``ValueError`` unless ``p`` is positive, ``values`` are finite, and ``weights`` are
    positive and add up to 1 along the last dimension.
    """
    require.positive("p", p)
    require.finite("values", values)
    if values.ndim == 0 or values.shape[-1] == 0:
        raise ValueError(f"values must have shape (*batch n), n ≥ 1, got {tuple(values.shape)}")
    size = values.abs().to(torch.float64)
    log_weights = _log_weights(weights, size)
    top = size.amax(-1)
    power = (size / torch.where(top > 0, top, 1.0).unsqueeze(-1)) ** p
    s = (torch.log1p(torch.exp(-log_weights)) / power).amin(-1)
    for _ in range(NEWTON_STEPS):
        shifted = log_weights + s.unsqueeze(-1) * power
        log_moment = torch.logsumexp(shifted, -1)
        slope = (torch.exp(shifted - log_moment.unsqueeze(-1)) * power).sum(-1)
        lower = s - (log_moment - math.log(2)) / slope
        if not bool((lower < s).any()):
            break
        s = torch.minimum(s, lower)
    return torch.where(top > 0, top / s ** (1 / p), 0.0)


def constant_norm(value: float, p: float) -> float:
    """‖c‖ψp = |c|/(ln 2)^{1/p}, of a constant c or of ±c with random signs (paper G, Lemma 2.4)."""
    require.positive("p", p)
    return float(abs(require.number("value", value)) / math.log(2) ** (1 / p))


def bernoulli_norm(probability: float, p: float) -> float:
    """‖X‖ψp = ln(1 + 1/π)^{−1/p} of X ∈ {0, 1} with P(X = 1) = π: 1 + π(e^{1/t^p} − 1) = 2."""
    require.positive("p", p)
    if probability == 1:
        return constant_norm(1, p)
    return float(math.log1p(1 / require.open_unit("probability", probability)) ** (-1 / p))


def gaussian_norm(deviation: float) -> float:
    """‖N(0, s²)‖ψ2 = s√(8/3), s the standard deviation (paper G, Lemma 2.3)."""
    return require.non_negative("deviation", deviation) * math.sqrt(8 / 3)


def exponential_norm(mean: float) -> float:
    """‖X‖ψ1 = 2·mean of an exponential (or, with a random sign, Laplace) X: 1/(1 − mean/t) = 2."""
    return 2 * require.non_negative("mean", mean)


def uniform_norm(bound: float) -> float:
    """‖X‖ψ1 of X uniform on [0, b] or on [−b, b]: b/u with e^u = 1 + 2u, by Lambert's function."""
    u = -0.5 - float(special.lambertw(-math.exp(-0.5) / 2, -1).real)
    return require.non_negative("bound", bound) / u


@dataclass(frozen=True)
class NamedLaw:
    """A law by its moment function, its tail and its draws.

    ``moment(t, p)`` is E exp(|X|^p/t^p) ∈ [1, ∞], ``tail(t)`` is P(|X| ≥ t) for t ≥ 0 (any shape),
    ``draw(n, generator)`` are n independent draws in float64.
    """

    name: str
    moment: Callable[[float, float], float]
    tail: Callable[[Float[Tensor, "*t"]], Float[Tensor, "*t"]]
    draw: Callable[[int, torch.Generator], Float[Tensor, " n"]]

    def norm(self, p: float, *, relative: float = 1e-12) -> Bracket:
        """The ψ_p norm, by :func:`norm_from_moment`."""
        require.positive("p", p)
        return norm_from_moment(lambda t: self.moment(t, p), relative=relative)


def _uniform_moment(t: float, p: float) -> float:
    # E exp(U^p/t^p), U uniform on [0, 1]: a confluent hypergeometric function of t^{-p}.
    return float(special.hyp1f1(1 / p, 1 + 1 / p, t**-p))


def _gaussian_moment(t: float, p: float) -> float:
    if p == 1:
        with np.errstate(over="ignore"):  # beyond the range of floats it is inf
            return 2 * float(np.exp(1 / (2 * t * t)) * special.ndtr(1 / t))
    if p == 2:
        return (1 - 2 / t**2) ** -0.5 if t**2 > 2 else math.inf
    raise ValueError(f"p must be 1 or 2 for the Gaussian law's moment, got {p}")


def _exponential_moment(t: float, p: float) -> float:
    if p == 1:
        return 1 / (1 - 1 / t) if t > 1 else math.inf
    if p > 1:
        return math.inf
    raise ValueError(f"p must be at least 1 for the exponential law's moment, got {p}")


def _uniform_draw(n: int, generator: torch.Generator) -> Tensor:
    return 2 * _rand(n, generator) - 1


def _gaussian_draw(n: int, generator: torch.Generator) -> Tensor:
    return torch.randn(n, generator=generator, dtype=torch.float64, device=generator.device)


def _exponential_draw(n: int, generator: torch.Generator) -> Tensor:
    return -torch.log1p(-_rand(n, generator))


def _student_draw(n: int, generator: torch.Generator) -> Tensor:
    g = torch.randn(4, n, generator=generator, dtype=torch.float64, device=generator.device)
    return g[0] / (g[1:].square().sum(0) / 3).sqrt()


def _student_tail(t: Tensor) -> Tensor:
    s = t / math.sqrt(3)
    return 1 - 2 / math.pi * (torch.atan(s) + s / (1 + s * s))


LAWS: Mapping[str, NamedLaw] = {
    law.name: law
    for law in (
        NamedLaw("uniform", _uniform_moment, lambda t: (1 - t).clamp(min=0), _uniform_draw),
        NamedLaw(
            "Gaussian", _gaussian_moment, lambda t: torch.erfc(t / math.sqrt(2)), _gaussian_draw
        ),
        NamedLaw("exponential", _exponential_moment, lambda t: torch.exp(-t), _exponential_draw),
        NamedLaw("Student, 3 degrees", lambda t, p: math.inf, _student_tail, _student_draw),
    )
}
"""Bounded to heavy-tailed: uniform on [−1, 1], N(0, 1), exponential of mean 1, Student's t₃."""


def _log_weights(weights: Tensor | None, like: Tensor) -> Tensor:
    if weights is None:
        return like.new_full((), -math.log(like.shape[-1]))
    require.finite("weights", weights)
    try:
        spread = weights.to(like).expand_as(like)
    except RuntimeError:
        raise ValueError(
            f"weights must have the shape of values, {tuple(like.shape)}, "
            f"got {tuple(weights.shape)}"
        ) from None
    if not bool((spread > 0).all()):
        raise ValueError("weights must be positive: leave out the values of weight 0")
    if not bool(((spread.sum(-1) - 1).abs() < 1e-9).all()):
        raise ValueError(f"weights must add up to 1, got {spread.sum(-1).flatten()[0].item()}")
    return torch.log(spread)


def _rand(n: int, generator: torch.Generator) -> Tensor:
    return torch.rand(n, generator=generator, dtype=torch.float64, device=generator.device)
