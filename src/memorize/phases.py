"""Phase diagrams of one gradient step: trials over sizes and variants, and what they tell.

A trial draws m examples, weights and labels, makes the step of paper G (level γ = ln d and rate
η = mγ/d, as :mod:`memorize.dynamics` has it) and looks at the margins y_j h_{W⁺}(x_j) of all its
examples. Example j is memorized if its margin is above 0. The load is ϰ = mγ²/(dq).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType
from typing import NamedTuple

import numpy as np
import torch
from jaxtyping import Float
from numpy.typing import ArrayLike
from scipy import optimize, special
from torch import Tensor

from memorize import datasets, networks, require, runtime
from memorize.activations import (
    ABS,
    ERF,
    LINEAR,
    RELU,
    TANH,
    Activation,
    PiecewiseLinear,
    Polynomial,
    dual_by_quadrature,
    leaky_relu,
)
from memorize.dynamics import one_step_stream
from memorize.memorization import mean_field

__all__ = [
    "ACTIVATIONS",
    "INITIALISATIONS",
    "INPUTS",
    "SIGNS",
    "Centred",
    "Cosine",
    "Growth",
    "LogCosh",
    "Transition",
    "growth",
    "level",
    "linear_cap",
    "load_of",
    "predicted_transition",
    "transition",
    "trial",
]

ENTRIES = 2**22
"""Entries of the inputs that stand in memory at a time."""


@dataclass(frozen=True)
class LogCosh(Activation):
    """σ(t) = ln cosh t, a smooth |t|; E σ'(g) = 0 since σ' = tanh is odd."""

    name: str = "ln cosh t"

    def function(self, t: Float[Tensor, "*n"]) -> Float[Tensor, "*n"]:
        """ln cosh t, entry by entry."""
        size = t.abs()
        return size + torch.log1p(torch.exp(-2 * size)) - math.log(2)

    def derivative(self, t: Float[Tensor, "*n"]) -> Float[Tensor, "*n"]:
        """tanh t, entry by entry."""
        return torch.tanh(t)


@dataclass(frozen=True)
class Cosine(Activation):
    """σ(t) = cos t; E σ'(g) = 0 since σ' = −sin is odd."""

    name: str = "cos t"

    def function(self, t: Float[Tensor, "*n"]) -> Float[Tensor, "*n"]:
        """cos t, entry by entry."""
        return torch.cos(t)

    def derivative(self, t: Float[Tensor, "*n"]) -> Float[Tensor, "*n"]:
        """−sin t, entry by entry."""
        return -torch.sin(t)


@dataclass(frozen=True)
class Centred(Activation):
    """σ(t) − μt with μ = E σ'(g): the slope of its mean is 0, what theorem 1 of paper G needs."""

    base: Activation

    @property
    def name(self) -> str:  # type: ignore[override]
        """The name of σ, and that it is centred."""
        return f"{self.base.name}, centred"

    @property
    def kinks(self) -> tuple[float, ...]:  # type: ignore[override]
        """Those of σ."""
        return self.base.kinks

    def function(self, t: Float[Tensor, "*n"]) -> Float[Tensor, "*n"]:
        """σ(t) − μt, entry by entry."""
        return self.base.function(t) - self.base.mean_slope * t

    def derivative(self, t: Float[Tensor, "*n"]) -> Float[Tensor, "*n"]:
        """σ'(t) − μ, entry by entry."""
        return self.base.derivative(t) - self.base.mean_slope


ACTIVATIONS: Mapping[str, Activation] = MappingProxyType(
    {
        "abs": ABS,
        "logcosh": LogCosh(),
        "cos": Cosine(),
        "square": Polynomial("t²", (0.0, 0.0, 1.0)),
        "relu": RELU,
        "relu_centred": PiecewiseLinear("ReLU − t/2", 0.0, 0.5),
        "leaky": leaky_relu(0.1),
        "leaky_centred": PiecewiseLinear("leaky ReLU − 0.55 t", 0.0, 0.45),
        "tanh": TANH,
        "tanh_centred": Centred(TANH),
        "erf": ERF,
        "erf_centred": Centred(ERF),
        "identity": LINEAR,
    }
)
INITIALISATIONS = ("first", "orthonormal", "gaussian", "repeated")
SIGNS = ("balanced", "random", "ones")
INPUTS = ("gaussian", "sphere", "rademacher", "t3", "shifted", "digits", "whitened_digits")
DTYPES = {"float32": torch.float32, "float64": torch.float64}


def level(d: int) -> float:
    """γ = ln d."""
    return math.log(require.positive_int("d", d))


def load_of(d: int, q: int, m: int) -> float:
    """ϰ = mγ²/(dq)."""
    return m * level(d) ** 2 / (d * q)


def trial(
    *,
    d: int,
    q: int,
    m: int,
    replica: int,
    activation: str = "abs",
    initialisation: str = "first",
    signs: str = "balanced",
    inputs: str = "gaussian",
    dtype: str = "float32",
    device: str = "cpu",
    seed: int = 0,
) -> dict[str, int | float]:
    """One step from one draw of everything; a function of its arguments alone.

    ``replica`` numbers the draws of one setting. ``initialisation`` ``first`` is W = [I_q 0]: for
    Gaussian inputs and for those of the sphere the law of all results is that of orthonormal rows.
    ``inputs`` have mean squared norm d: ``sphere`` all of them, ``t3`` are Student's with three
    degrees of freedom, ``shifted`` are Gaussian of mean (1, …, 1)/√2 and covariance I/2, the digits
    are drawn without replacement (d = 64, m ≤ 1797). Labels are random signs.

    Returns ``fraction``, the share of examples that are memorized; ``everything``, 1 if all are;
    ``least`` and ``mean``, the least and the mean margin over γ; ``variance``, that of the margin;
    ``active``, the share of examples that the step moves along. Memory O(qd) whatever m. Raises
    ``ValueError`` for a name that is not known or sizes that do not fit.
    """
    sigma = ACTIVATIONS[_one_of("activation", activation, tuple(ACTIVATIONS))]
    kind = DTYPES[_one_of("dtype", dtype, tuple(DTYPES))]
    where = torch.device(device)
    name = f"phases/{d}/{q}/{m}/{replica}"
    weights = _weights(initialisation, q, d, _stream(f"{name}/weights", seed, where), kind)
    a = _signs(signs, q, _stream(f"{name}/signs", seed, where), kind)
    examples = _Examples(inputs, d, m, name, seed, where, kind)
    size = level(d)
    step = one_step_stream(examples, weights, a, sigma, level=size, rate=m * size / d)
    parts = [y * networks.network(x, step.weights, a, sigma) for x, y in examples]
    margins = torch.cat(parts).double()
    memorized = int((margins > 0).sum())
    return {
        "fraction": memorized / m,
        "everything": int(memorized == m),
        "least": float(margins.min()) / size,
        "mean": float(margins.mean()) / size,
        "variance": float(margins.var(correction=0)),
        "active": step.active / m,
    }


def _one_of(argument: str, value: str, known: tuple[str, ...]) -> str:
    """Return ``value``; raise ``ValueError`` unless it is one of ``known``."""
    if value not in known:
        raise ValueError(f"{argument} must be one of {', '.join(known)}, got {value!r}")
    return value


class _Examples:
    """The m examples of a trial, drawn anew, and the same, at each iteration."""

    def __init__(
        self,
        law: str,
        d: int,
        m: int,
        name: str,
        seed: int,
        device: torch.device,
        dtype: torch.dtype,
    ) -> None:
        self.law, self.d = _one_of("inputs", law, INPUTS), d
        self.m = require.positive_int("m", m)
        self.name, self.seed, self.device, self.dtype = name, seed, device, dtype

    def __iter__(self) -> Iterator[tuple[Tensor, Tensor]]:
        points = _stream(f"{self.name}/inputs", self.seed, self.device)
        labels = _stream(f"{self.name}/labels", self.seed, self.device)
        images = self._images(points) if "digits" in self.law else None
        done = 0
        for n in runtime.chunks(self.m, max(256, ENTRIES // self.d)):
            x = self._draw(n, points) if images is None else images[done : done + n]
            yield x, networks.random_signs(n, generator=labels, dtype=self.dtype)
            done += n

    def _draw(self, n: int, generator: torch.Generator) -> Tensor:
        if self.law == "rademacher":
            bits = networks.random_signs(n * self.d, generator=generator, dtype=self.dtype)
            return bits.reshape(n, self.d)
        x = self._normal((n, self.d), generator)
        if self.law == "sphere":
            x *= math.sqrt(self.d) / torch.linalg.vector_norm(x, dim=1, keepdim=True)
        elif self.law == "t3":  # Student's t₃ over its standard deviation √3
            x /= self._normal((3, n, self.d), generator).square().sum(0).sqrt()
        elif self.law == "shifted":
            x = (x + 1) / math.sqrt(2)
        return x

    def _normal(self, size: tuple[int, ...], generator: torch.Generator) -> Tensor:
        return torch.randn(size, generator=generator, device=self.device, dtype=self.dtype)

    def _images(self, generator: torch.Generator) -> Tensor:
        images = _digits(self.law == "whitened_digits")
        count, size = images.shape
        if self.d != size or self.m > count:
            raise ValueError(
                f"the digits have d = {size} and m at most {count}, got d = {self.d}, m = {self.m}"
            )
        order = torch.randperm(count, generator=generator, device=self.device)[: self.m]
        return images.to(self.device, self.dtype)[order]


def predicted_transition(d: int, q: int) -> float:
    """The m at which the mean field gives σ = |·| an even chance to memorize all m examples.

    The solution of m ln Φ(γA/√V) = −ln 2, as if margins were independent N(γA, V).
    """
    size = level(d)

    def excess(log_m: float) -> float:
        margin = mean_field(d, q, math.exp(log_m), level=size)
        ratio = margin.mean / math.sqrt(margin.variance)
        return float(math.exp(log_m) * special.log_ndtr(ratio)) + math.log(2)

    return math.exp(optimize.brentq(excess, 0.0, math.log(10.0 * d * q)))


def linear_cap(activation: Activation, d: int) -> float:
    """The m at which E σ'(g) = μ ≠ 0 alone leaves an even chance to memorize all, whatever q.

    All neurons share the direction Σ_j y_j x_j. It adds to each margin a term of deviation
    γμ²√(m/d), beside the initial output's variance Var σ(g), while what an example adds to its own
    is γθ, θ = E σ'(g)²: so m ln Φ(γθ/√(Var σ(g) + γ²μ⁴m/d)) = −ln 2. A heuristic that leaves out
    all that grows with ϰ, so that it is the limit for large q. Infinite if μ = 0.
    """
    size, zero = level(d), torch.zeros((), dtype=torch.float64)
    constant, mu = (float(a) for a in activation.hermite(2))
    theta = float(dual_by_quadrature(activation, zero, derivative=True))
    variance = float(dual_by_quadrature(activation, zero)) - constant**2
    if abs(mu) < 1e-9 * math.sqrt(theta):
        return math.inf

    def excess(log_m: float) -> float:
        noise = variance + size**2 * mu**4 * math.exp(log_m) / d
        ratio = size * theta / math.sqrt(noise)
        return float(math.exp(log_m) * special.log_ndtr(ratio)) + math.log(2)

    return math.exp(optimize.brentq(excess, 0.0, math.log(1e6 * d)))


class Transition(NamedTuple):
    """The m with an even chance, and the ends of an interval of 95 % for it (asymptotic)."""

    m: float
    low: float
    high: float


def transition(m: ArrayLike, successes: ArrayLike, trials: ArrayLike) -> Transition | None:
    """Where the probability of success crosses ½, from ``successes`` among ``trials`` at each m.

    A logistic curve in ln m by maximum likelihood on a grid, with the interval of its profile
    likelihood. None if the successes do not fall from above a half to below it: then the crossing
    is not among the m. Raises ``ValueError`` for arrays of other shapes than (n).
    """
    sizes, hits, runs = (np.asarray(a, dtype=float) for a in (m, successes, trials))
    if not sizes.ndim == 1 or not sizes.shape == hits.shape == runs.shape:
        raise ValueError("m, successes and trials must be three arrays of one shape (n)")
    if not (2 * hits > runs).any() or not (2 * hits < runs).any():
        return None
    x = np.log(sizes)
    middle = np.linspace(x.min(), x.max(), 501)
    steepness = np.geomspace(0.5, 60, 40)
    z = steepness[:, None, None] * (middle[None, :, None] - x)
    likelihood = (special.log_expit(z) @ hits + special.log_expit(-z) @ (runs - hits)).max(0)
    inside = middle[likelihood >= likelihood.max() - 1.921]
    best = middle[likelihood >= likelihood.max() - 1e-9].mean()
    return Transition(*(float(v) for v in np.exp([best, inside.min(), inside.max()])))


class Growth(NamedTuple):
    """The exponent p and the factor of m* = factor · dq/ln^p d, with an interval of 95 % for p."""

    factor: float
    power: float
    low: float
    high: float


def growth(d: ArrayLike, q: ArrayLike, found: list[Transition]) -> Growth:
    """Fit m* = C dq/ln^p d by weighted least squares in logarithms; asymptotic, for display.

    The weights come from the intervals of ``found``; if the points scatter more than those say,
    the interval for p is widened accordingly. Raises ``ValueError`` for fewer than three points.
    """
    sizes, hidden = np.asarray(d, dtype=float), np.asarray(q, dtype=float)
    if len(found) < 3:
        raise ValueError(f"a fit needs at least three transitions, got {len(found)}")
    y = np.log([f.m for f in found]) - np.log(sizes * hidden)
    deviation = np.array([math.log(f.high / f.low) / (2 * 1.96) for f in found])
    design = np.stack([np.ones_like(y), -np.log(np.log(sizes))], 1) / deviation[:, None]
    covariance = np.linalg.inv(design.T @ design)
    fitted = covariance @ design.T @ (y / deviation)
    excess = float(np.square(y / deviation - design @ fitted).sum()) / (len(y) - 2)
    reach = 1.96 * math.sqrt(covariance[1, 1] * max(1.0, excess))
    power = float(fitted[1])
    return Growth(math.exp(float(fitted[0])), power, power - reach, power + reach)


@lru_cache(maxsize=2)
def _digits(white: bool) -> Float[Tensor, "1797 64"]:
    """The digits less their mean, as they are or whitened, of mean squared norm 64."""
    pixels, _ = datasets.digits()
    centred = pixels - pixels.mean(0)
    if white:
        left, values, right = torch.linalg.svd(centred, full_matrices=False)
        kept = values > 1e-9 * values[0]
        centred = left[:, kept] @ right[kept]
    return centred * math.sqrt(centred.shape[1] / float(centred.square().sum(1).mean()))


def _stream(name: str, seed: int, device: torch.device) -> torch.Generator:
    return runtime.generator(name, seed=seed, device=device)


def _weights(
    name: str, q: int, d: int, generator: torch.Generator, dtype: torch.dtype
) -> Float[Tensor, "q d"]:
    _one_of("initialisation", name, INITIALISATIONS)
    if name == "first":
        return networks.first_rows(q, d, device=generator.device, dtype=dtype)
    draw = {
        "orthonormal": networks.orthonormal_rows,
        "gaussian": networks.gaussian_rows,
        "repeated": networks.repeated_rows,
    }[name]
    return draw(q, d, generator=generator, dtype=dtype)


def _signs(
    name: str, q: int, generator: torch.Generator, dtype: torch.dtype
) -> Float[Tensor, " q"]:
    _one_of("signs", name, SIGNS)
    if name == "random":
        return networks.random_signs(q, generator=generator, dtype=dtype)
    balanced = networks.balanced_signs(q, device=generator.device, dtype=dtype)
    return balanced if name == "balanced" else balanced.abs()
