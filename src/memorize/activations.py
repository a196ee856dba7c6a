"""Activation functions: values, slopes, Hermite coefficients, dual activations and constants.

An activation of one's own takes three lines, and has everything that follows from them:

    class Swish(Activation):
        name = "swish"
        def function(self, t): return t * torch.sigmoid(t)

The dual activation of σ is σ̂(ρ) = E σ(g)σ(g'), for standard normal g, g' of correlation ρ (Daniely,
Frostig and Singer 2016). Here it is a function of the angle φ in [0, π] with ρ = cos φ, which keeps
its digits at φ = 0 and π where ρ does not. It is had in three ways: in closed form where there is
one, by quadrature, and from the Hermite series σ̂(ρ) = Σ a_k² ρ^k.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import ClassVar, NamedTuple

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from memorize import require

__all__ = [
    "ABS",
    "ERF",
    "LINEAR",
    "RELU",
    "TANH",
    "Activation",
    "Constants",
    "Erf",
    "PiecewiseLinear",
    "Polynomial",
    "Tanh",
    "dual_by_hermite",
    "dual_by_quadrature",
    "leaky_relu",
    "warn_unless_centred",
]

RADIUS = 9.0
"""Gaussian integrals are cut off here: two tails of 1e-19."""


class Constants(NamedTuple):
    """What the theorems ask of an activation: s₁ = sup |σ'|, s₂ = sup |σ''| off the kinks,
    E σ(g)² and θ = E σ'(g)²."""

    s1: float
    s2: float
    second_moment: float
    theta: float


class Activation:
    """An activation σ: ℝ → ℝ. A subclass gives ``name`` and ``function``, and may give the rest.

    ``kinks``: the points at which σ is not smooth; they must be said, for quadrature splits there.
    """

    name: str
    kinks: ClassVar[tuple[float, ...]] = ()

    def function(self, t: Float[Tensor, "*n"]) -> Float[Tensor, "*n"]:
        """σ(t), entry by entry."""
        raise NotImplementedError(f"{type(self).__name__} must define function(self, t)")

    def derivative(self, t: Float[Tensor, "*n"]) -> Float[Tensor, "*n"]:
        """σ'(t), entry by entry, by automatic differentiation."""
        return _slope(self.function, t)

    @property
    def slope(self) -> float:
        """s₁ = sup |σ'|, ∞ if it is unbounded. Searched for on a grid, so a numerical value."""
        return _supremum(self, 1)

    @property
    def bend(self) -> float:
        """s₂ = sup |σ''| off the kinks, ∞ if it is unbounded. Likewise numerical."""
        return _supremum(self, 2)

    @property
    def is_decent(self) -> bool:
        """Whether s₁ and s₂ are finite (paper N, section 2.3)."""
        return math.isfinite(self.slope) and math.isfinite(self.bend)

    def dual(self, angle: Float[Tensor, "*n"]) -> Float[Tensor, "*n"]:
        """σ̂ at the cosine of ``angle``, in [0, π]: a Chebyshev interpolant of the quadrature."""
        return _evaluate(_interpolant(self, False), angle)

    def dual_derivative(self, angle: Float[Tensor, "*n"]) -> Float[Tensor, "*n"]:
        """The dual activation of σ' at the cosine of ``angle``, which is the derivative of σ̂."""
        return _evaluate(_interpolant(self, True), angle)

    def hermite(self, terms: int) -> Float[Tensor, " terms"]:
        """a_k = E σ(g) h_k(g) for k < ``terms``, h_k the normalised Hermite polynomials, float64.

        Those of σ' are √(k+1) a_{k+1}.
        """
        return _hermite(self, require.positive_int("terms", terms)).clone()

    @property
    def mean_slope(self) -> float:
        """E σ'(g) for a standard normal g, which is E g σ(g) = a_1."""
        return float(self.hermite(2)[1])

    def constants(self) -> Constants:
        """s₁, s₂, E σ(g)² and E σ'(g)²."""
        zero = torch.zeros((), dtype=torch.float64)
        return Constants(
            self.slope, self.bend, float(self.dual(zero)), float(self.dual_derivative(zero))
        )


@dataclass(frozen=True)
class PiecewiseLinear(Activation):
    """σ(t) = odd · t + even · |t|: every activation with one kink, at 0.

    ReLU is (½, ½), the absolute value (0, 1), the leaky ReLU of slope a is ((1+a)/2, (1−a)/2).
    Raises ``ValueError`` if a coefficient is not finite.
    """

    name: str
    odd: float
    even: float
    kinks: ClassVar[tuple[float, ...]] = (0.0,)

    def __post_init__(self) -> None:
        require.number("odd", self.odd)
        require.number("even", self.even)

    @property
    def slope(self) -> float:
        """s₁ = sup |σ'| = |odd| + |even|."""
        return abs(self.odd) + abs(self.even)

    @property
    def bend(self) -> float:
        """s₂ = 0: the pieces are straight."""
        return 0.0

    @property
    def paired_slope(self) -> float:
        """√(odd² + even²): the root mean square of σ'(t) and σ'(−t), the same at every t ≠ 0."""
        return math.hypot(self.odd, self.even)

    def function(self, t: Float[Tensor, "*n"]) -> Float[Tensor, "*n"]:
        """σ(t), entry by entry."""
        even = t.abs() if self.even == 1 else t.abs().mul_(self.even)
        return even.add_(t, alpha=self.odd) if self.odd else even

    def derivative(self, t: Float[Tensor, "*n"]) -> Float[Tensor, "*n"]:
        """σ'(t), entry by entry; at the kink, the mean of the two slopes."""
        even = t.sign() if self.even == 1 else t.sign().mul_(self.even)
        return even.add_(self.odd) if self.odd else even

    def dual(self, angle: Float[Tensor, "*n"]) -> Float[Tensor, "*n"]:
        """odd² cos φ + even² (2/π)(sin φ + (π/2 − φ) cos φ) (Cho and Saul 2009)."""
        share = self.even**2 * (2 / math.pi)
        factor = torch.mul(angle, -share).add_(self.odd**2 + self.even**2)
        return torch.sin(angle).mul_(share).addcmul_(torch.cos(angle), factor)

    def dual_derivative(self, angle: Float[Tensor, "*n"]) -> Float[Tensor, "*n"]:
        """κ = E σ'(⟨ω,x⟩) σ'(⟨ω,x'⟩) for standard normal ω and unit x, x' at ``angle`` in [0, π].

        Sheppard's formula: the two signs differ with probability angle/π.
        """
        constant, linear = self.odd**2 + self.even**2, 2 * self.even**2 / math.pi
        return torch.mul(angle, -linear).add_(constant)


@dataclass(frozen=True)
class Erf(Activation):
    """σ(t) = erf(t) = (2/√π) ∫_0^t exp(−s²) ds, with its dual in closed form (Williams 1997)."""

    name: str = "erf"

    @property
    def slope(self) -> float:
        """s₁ = 2/√π, at 0."""
        return 2 / math.sqrt(math.pi)

    @property
    def bend(self) -> float:
        """s₂ = √(8/(πe)), at ±1/√2."""
        return math.sqrt(8 / (math.pi * math.e))

    def function(self, t: Float[Tensor, "*n"]) -> Float[Tensor, "*n"]:
        """erf(t), entry by entry."""
        return torch.erf(t)

    def derivative(self, t: Float[Tensor, "*n"]) -> Float[Tensor, "*n"]:
        """(2/√π) exp(−t²), entry by entry."""
        return (2 / math.sqrt(math.pi)) * torch.exp(-t.square())

    def dual(self, angle: Float[Tensor, "*n"]) -> Float[Tensor, "*n"]:
        """(2/π) arcsin(2ρ/3)."""
        return (2 / math.pi) * torch.asin((2 / 3) * torch.cos(angle))

    def dual_derivative(self, angle: Float[Tensor, "*n"]) -> Float[Tensor, "*n"]:
        """(4/π) / √(9 − 4ρ²)."""
        return (4 / math.pi) / torch.sqrt(9 - 4 * torch.cos(angle).square())


@dataclass(frozen=True)
class Tanh(Activation):
    """σ(t) = tanh(t); its dual activation has no closed form."""

    name: str = "tanh"

    @property
    def slope(self) -> float:
        """s₁ = 1, at 0."""
        return 1.0

    @property
    def bend(self) -> float:
        """s₂ = 4/(3√3), where tanh(t)² = 1/3."""
        return 4 / (3 * math.sqrt(3))

    def function(self, t: Float[Tensor, "*n"]) -> Float[Tensor, "*n"]:
        """tanh(t), entry by entry."""
        return torch.tanh(t)

    def derivative(self, t: Float[Tensor, "*n"]) -> Float[Tensor, "*n"]:
        """1 − tanh(t)², entry by entry."""
        return 1 - torch.tanh(t).square()


@dataclass(frozen=True)
class Polynomial(Activation):
    """σ(t) = Σ_k coefficients[k] t^k. Decent only if it is linear: otherwise s₁ = ∞.

    Raises ``ValueError`` for no coefficients or one that is not finite.
    """

    name: str
    coefficients: tuple[float, ...]

    def __post_init__(self) -> None:
        require.positive_int("the number of coefficients", len(self.coefficients))
        for k, value in enumerate(self.coefficients):
            require.number(f"coefficients[{k}]", value)

    @property
    def slope(self) -> float:
        """s₁: infinite from degree 2 on."""
        return math.inf if any(self.coefficients[2:]) else abs(sum(self.coefficients[1:2]))

    @property
    def bend(self) -> float:
        """s₂: infinite from degree 3 on."""
        return math.inf if any(self.coefficients[3:]) else 2 * abs(sum(self.coefficients[2:3]))

    def function(self, t: Float[Tensor, "*n"]) -> Float[Tensor, "*n"]:
        """σ(t), entry by entry."""
        return _horner(self.coefficients, t)

    def derivative(self, t: Float[Tensor, "*n"]) -> Float[Tensor, "*n"]:
        """σ'(t), entry by entry."""
        return _horner([k * c for k, c in enumerate(self.coefficients)][1:] or [0.0], t)

    def dual(self, angle: Float[Tensor, "*n"]) -> Float[Tensor, "*n"]:
        """The finite Hermite series Σ a_k² ρ^k."""
        return _horner([a * a for a in self._in_hermite()], torch.cos(angle))

    def dual_derivative(self, angle: Float[Tensor, "*n"]) -> Float[Tensor, "*n"]:
        """Its derivative Σ k a_k² ρ^(k−1)."""
        squares = [k * a * a for k, a in enumerate(self._in_hermite())][1:]
        return _horner(squares or [0.0], torch.cos(angle))

    def _in_hermite(self) -> list[float]:
        """The a_k: t^n is the sum over j of n!/(2^j j! √(n−2j)!) h_{n−2j}(t)."""
        a = [0.0] * len(self.coefficients)
        for n, c in enumerate(self.coefficients):
            for j in range(n // 2 + 1):
                root = math.sqrt(math.factorial(n - 2 * j))
                a[n - 2 * j] += c * math.factorial(n) / (2**j * math.factorial(j) * root)
        return a


RELU = PiecewiseLinear("ReLU", 0.5, 0.5)
ABS = PiecewiseLinear("|t|", 0.0, 1.0)
LINEAR = PiecewiseLinear("linear", 1.0, 0.0)
ERF = Erf()
TANH = Tanh()


def leaky_relu(a: float) -> PiecewiseLinear:
    """max(t, at) for a ≤ 1: slope a on the left, 1 on the right."""
    a = require.number("a", a)
    return PiecewiseLinear(f"leaky ReLU ({a:g})", (1 + a) / 2, (1 - a) / 2)


def warn_unless_centred(activation: Activation, theorem: str) -> float:
    """Return E σ'(g); warn, with the number, if ``theorem`` needs 0 and it is not 0 to rounding."""
    mean = activation.mean_slope
    if abs(mean) > 1e-9 * max(1.0, math.sqrt(activation.constants().theta)):
        warnings.warn(
            f"{theorem} needs E σ'(g) = 0, but it is {mean:.6g} for {activation.name}; "
            f"σ(t) - {mean:.6g} t has it",
            stacklevel=2,
        )
    return mean


def dual_by_quadrature(
    activation: Activation,
    angle: Float[Tensor, "*n"],
    *,
    derivative: bool = False,
    nodes: int = 20,
) -> Float[Tensor, "*n"]:
    """σ̂ (or the dual of σ') at the cosine of ``angle``, by Gauss–Legendre on panels; float64.

    With independent standard normal u, v the two arguments are u cos(φ/2) ± v sin(φ/2). For φ above
    π/2 the second changes its sign and φ becomes π − φ, so that u always carries the larger share.
    Panels end where a kink is met, and what is left is analytic on each if σ is. ``nodes``: the
    number a panel, of which there are eight and as many as the kinks ask for; 20 agree with every
    closed form here to 2e-14. Raises ``ValueError`` for an angle that is not in [0, π].
    """
    require.positive_int("nodes", nodes)
    flat = require.finite("angle", torch.as_tensor(angle)).detach().double().cpu().reshape(-1)
    if bool(((flat < 0) | (flat > math.nextafter(math.pi, 4))).any()):
        raise ValueError(f"angle must lie in [0, π], got {flat.min():.6g} … {flat.max():.6g}")
    f = activation.derivative if derivative else activation.function
    kinks = torch.tensor(activation.kinks, dtype=torch.float64)
    results = [_double_integral(f, kinks, part, nodes) for part in torch.split(flat, 8)]
    found = torch.cat(results) if results else flat
    return found.reshape(torch.as_tensor(angle).shape).to(angle.device)


def dual_by_hermite(
    activation: Activation,
    correlation: Float[Tensor, "*n"],
    terms: int,
    *,
    derivative: bool = False,
) -> tuple[Float[Tensor, "*n"], Float[Tensor, "*n"]]:
    """(value, bound): ``terms`` terms of σ̂(ρ) = Σ a_k² ρ^k (or of its derivative), and the rest.

    By Parseval the coefficients left out add up to E σ(g)² minus those kept, so that the rest is at
    most this times |ρ|^terms; no smoothness is needed. The a_k themselves are numerical.
    """
    count = require.positive_int("terms", terms)
    a = activation.hermite(count + 1)
    order = torch.arange(count, dtype=torch.float64)
    squares = (order + 1) * a[1:].square() if derivative else a[:-1].square()
    zero = torch.zeros((), dtype=torch.float64)
    whole = dual_by_quadrature(activation, zero, derivative=derivative)
    left = float(whole - squares.sum())
    rho = torch.as_tensor(correlation, dtype=torch.float64)
    value = _horner(squares.tolist(), rho)
    return value, max(left, 0.0) * rho.abs() ** count


def _slope(f: Callable[[Tensor], Tensor], t: Tensor) -> Tensor:
    """f'(t) entry by entry."""
    with torch.enable_grad():
        at = t if t.requires_grad else t.detach().requires_grad_()
        values = f(at)
        if not values.requires_grad:  # f is constant on its pieces
            return torch.zeros_like(t)
        (found,) = torch.autograd.grad(values.sum(), at, create_graph=t.requires_grad)
    return found


def _horner(coefficients: list[float] | tuple[float, ...], t: Tensor) -> Tensor:
    total = torch.full_like(t, coefficients[-1])
    for c in reversed(coefficients[:-1]):
        total = total * t + c
    return total


@lru_cache(maxsize=64)
def _legendre(nodes: int) -> tuple[Tensor, Tensor]:
    x, w = np.polynomial.legendre.leggauss(nodes)
    return torch.from_numpy(x), torch.from_numpy(w)


def _panels(breaks: Tensor, base: Tensor, nodes: int) -> tuple[Tensor, Tensor]:
    """Nodes and weights on the line for ∫ dt, with panels that end at ``breaks`` and ``base``."""
    x, w = _legendre(nodes)
    ends = breaks.clamp(float(base[0]), float(base[-1]))
    edges = torch.cat([ends, base.expand(*breaks.shape[:-1], -1)], -1).sort(-1).values
    middle, half = (edges[..., 1:] + edges[..., :-1]) / 2, (edges[..., 1:] - edges[..., :-1]) / 2
    t = (middle[..., None] + half[..., None] * x).flatten(-2)
    return t, (half[..., None] * w).flatten(-2)


def _density(t: Tensor) -> Tensor:
    return torch.exp(-t.square() / 2) / math.sqrt(2 * math.pi)


def _double_integral(
    f: Callable[[Tensor], Tensor], kinks: Tensor, angle: Tensor, nodes: int
) -> Tensor:
    """E f(g) f(g') at each of ``angle`` (shape n)."""
    turned = torch.where(angle > math.pi / 2, -1.0, 1.0).double()
    near = torch.where(angle > math.pi / 2, math.pi - angle, angle).clamp(min=0)
    c, s = torch.cos(near / 2), torch.sin(near / 2)
    base = torch.linspace(-RADIUS, RADIUS, 9, dtype=torch.float64)
    # The kink lines of the two factors cross at v = (κ_i ∓ κ_j)/(2s): there v is split.
    gaps = kinks[None, :, None] - turned[:, None, None] * kinks[None, None, :]
    crossings = torch.where(gaps == 0, gaps, gaps / (2 * s[:, None, None]))
    v, weight_v = _panels(crossings.flatten(1), base, nodes)
    shift = (v * s[:, None])[..., None]
    scale, sign = c[:, None, None], turned[:, None, None]
    u, weight_u = _panels(
        torch.cat([(kinks - shift) / scale, (sign * kinks + shift) / scale], -1), base, nodes
    )
    values = f(u * scale + shift) * f(sign * (u * scale - shift))
    inner = (values * weight_u * _density(u)).sum(-1)
    return (inner * weight_v * _density(v)).sum(-1)


@lru_cache(maxsize=64)
def _hermite(activation: Activation, terms: int) -> Tensor:
    """The a_k, as integrals of σ√p against the Hermite functions h_k√p, p the Gaussian density."""
    radius = 13.0  # √p is 1e-19 there, and the Hermite functions are at most 1
    panels = 16 + math.ceil(2 * radius * math.sqrt(terms) / (6 * math.pi))
    base = torch.linspace(-radius, radius, panels + 1, dtype=torch.float64)
    t, weight = _panels(torch.tensor(activation.kinks, dtype=torch.float64), base, 20)
    root = _density(t).sqrt()
    target = activation.function(t) * root * weight
    before, now = torch.zeros_like(t), root
    found = []
    for k in range(terms):
        found.append(float(target @ now))
        before, now = now, (t * now - math.sqrt(k) * before) / math.sqrt(k + 1)
    return torch.tensor(found, dtype=torch.float64)


@lru_cache(maxsize=64)
def _interpolant(activation: Activation, derivative: bool) -> Tensor:
    """Chebyshev coefficients in φ of the quadrature, as many as float64 has use for.

    Raises ``ValueError`` if the quadrature has not converged: most likely a kink was not said.
    """
    probe = torch.linspace(0, math.pi, 5, dtype=torch.float64)
    coarse, fine = (
        dual_by_quadrature(activation, probe, derivative=derivative, nodes=n) for n in (20, 27)
    )
    size = float(fine.abs().max())
    if not float((coarse - fine).abs().max()) <= 1e-12 * size:
        raise ValueError(
            f"the quadrature of {activation.name} does not converge: kinks must list every point "
            f"where it is not smooth, got {activation.kinks}"
        )
    before = None
    for n in (16, 32, 64, 128, 256, 512):
        index = torch.arange(n + 1, dtype=torch.float64)
        angle = ((math.pi / 2) * (1 + torch.cos(math.pi * index / n))).clamp(0, math.pi)
        fresh = index % 2 == 1 if before is not None else index >= 0  # every other node is known
        values = torch.empty_like(angle)
        if before is not None:
            values[~fresh] = before
        values[fresh] = dual_by_quadrature(activation, angle[fresh], derivative=derivative)
        before = values
        ends = torch.ones(n + 1, dtype=torch.float64)
        ends[0] = ends[-1] = 0.5
        table = torch.cos(math.pi * torch.outer(index, index) / n)
        found = (2 / n) * ends * (table @ (ends * values))
        if float(found[-n // 4 :].abs().max()) <= 1e-14 * size:
            kept = int((found.abs() > 1e-16 * size).nonzero().max()) + 1
            return found[:kept]
    raise ValueError(f"the dual of {activation.name} is not resolved by 512 Chebyshev polynomials")


def _evaluate(coefficients: Tensor, angle: Tensor) -> Tensor:
    """The Chebyshev series at ``angle``, by Clenshaw's recurrence, in the angle's dtype."""
    unit = torch.finfo(angle.dtype).eps
    seen = (coefficients.abs() > unit / 16 * coefficients.abs().max()).nonzero()
    kept = coefficients[: int(seen.max()) + 1].tolist()
    t = angle * (2 / math.pi) - 1
    twice, after, now = 2 * t, torch.zeros_like(t), torch.zeros_like(t)
    for c in reversed(kept[1:]):
        after, now = now, torch.addcmul(c - after, twice, now)
    return torch.addcmul(kept[0] - after, t, now)


@lru_cache(maxsize=64)
def _supremum(activation: Activation, order: int) -> float:
    """sup |σ'| or sup |σ''| over a grid, closer where it is largest; ∞ if it grows without end."""

    def size(t: Tensor) -> Tensor:
        first = activation.derivative
        values = first(t) if order == 1 else _slope(first, t)
        return require.finite(f"derivative {order} of {activation.name}", values).abs()

    far = torch.logspace(1.5, 8, 400, dtype=torch.float64)
    kinks = torch.tensor(activation.kinks, dtype=torch.float64)
    near = torch.linspace(-32, 32, 64001, dtype=torch.float64)
    t = torch.cat([-far, near, far, kinks - 1e-9, kinks + 1e-9]).sort().values
    t = t[~torch.isin(t, kinks)]
    values = size(t)
    ends, inside = t.abs() > 1e7, t.abs() < 1e4
    if float(values[ends].max()) > 1.01 * float(values[inside].max()):
        return math.inf
    for _ in range(4):
        best = int(values.argmax())
        low, high = t[max(best - 1, 0)], t[min(best + 1, len(t) - 1)]
        t = torch.linspace(float(low), float(high), 1001, dtype=torch.float64)
        t = torch.cat([t[~torch.isin(t, kinks)], t.new_tensor([float(low)])]).sort().values
        values = torch.maximum(size(t), values.max() * (t == low))
    return float(values.max())
