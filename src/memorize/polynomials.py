"""Norms of polynomials in the space of the ReLU tangent kernel, and what learning them costs.

A polynomial is a mapping from exponents to rational coefficients, ``{(2, 0): 1, (1, 1): -3}`` for
x₁² − 3x₁x₂; variables that do not occur may be left out, and the dimension d ≥ 2 is said apart.
Everything about the sphere is a rational number, but for one: the mean length of a Gaussian vector.
Source: statements B.T6.series, B.T6.sphere, B.T6.neurons, N.T6, N.lower.M, B.lower.samples.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from itertools import product
from typing import NamedTuple

from memorize import require

__all__ = [
    "NormSquared",
    "Polynomial",
    "Sizes",
    "bits_needed",
    "constant_floor",
    "eigenvalue",
    "eigenvalue_ratio",
    "excess_floor",
    "harmonic_parts",
    "inverse_coefficient",
    "laplacian",
    "learning_sizes",
    "linear_floor",
    "mean_length",
    "norm_squared",
    "ramp_ratio",
    "series_bound",
    "series_coefficient",
    "sphere_moment",
    "sphere_product",
]

Exponents = tuple[int, ...]
Polynomial = Mapping[Exponents, Fraction | int]


def series_coefficient(n: int) -> Fraction:
    """tk_1 = 1/4 for n = 1; else 2π tk_n: binom(2l,l)/(4^l(2l+1)) for n = 2l + 2, and 0.

    The coefficients of tk^h(ρ) = Σ tk_n ρⁿ for ReLU (F.E3); those of even degree have a factor
    1/2π, which is left out. Raises ``ValueError`` unless n is an integer of at least 0.
    """
    n = _degree("n", n)
    if n == 1:
        return Fraction(1, 4)
    if n == 0 or n % 2:
        return Fraction(0)
    half = n // 2 - 1
    return Fraction(math.comb(2 * half, half), 4**half * (2 * half + 1))


def inverse_coefficient(c: int) -> float:
    """1/tk_c for even c ≥ 2: the squared kernel norm that a unit of coefficients costs at most.

    2π, 12π, 80π/3, … Raises ``ValueError`` for other c.
    """
    return float(2 * math.pi / series_coefficient(_even(c)))


def mean_length(d: int) -> float:
    """E‖g‖ = √2 Γ((d+1)/2)/Γ(d/2) for a standard Gaussian vector g of ℝ^d."""
    half = require.positive_int("d", d) / 2
    return math.sqrt(2) * math.exp(math.lgamma(half + 0.5) - math.lgamma(half))


def ramp_ratio(m: int, d: int) -> Fraction:
    """r_m/r_0 for even m, where r_m = E max(ρ,0) P_m(ρ), ρ a coordinate of a uniform unit vector.

    P_m is the Legendre polynomial of ℝ^d with P_m(1) = 1. From r_{m+2} = −(m−1)/(m+d+1) r_m.
    Raises ``ValueError`` for odd m and d < 2.
    """
    if _degree("m", m) % 2:
        raise ValueError(f"m must be even, got {m}")
    ratio = Fraction(1)
    for n in range(0, m, 2):
        ratio *= Fraction(-(n - 1), n + _dimension(d) + 1)
    return ratio


def eigenvalue_ratio(m: int, d: int) -> Fraction:
    """λ_m/λ_0 of tk^h on the sphere of ℝ^d, for even m: (r_m/r_0)²(1 + m(m+d−2))."""
    return ramp_ratio(m, d) ** 2 * (1 + m * (m + _dimension(d) - 2))


def eigenvalue(m: int, d: int, B: float = math.inf) -> float:
    """λ_m of tk^h + tk^o for ReLU and output weights ±B (B.T6.sphere); tk^h alone by default.

    r_m²(1 + m(m+d−2) + d/B²) with r_0 = 1/(√(2π) E‖g‖), r_1 = 1/(2d), and 0 for odd m ≥ 3. Under
    the uniform law, as a probability, on the sphere of ℝ^d. Raises ``ValueError`` for m < 0, d < 2
    and B ≤ 0.
    """
    m, d = _degree("m", m), _dimension(d)
    if B != math.inf:
        require.positive("B", B)
    size = 1 + m * (m + d - 2) + d / B**2
    if m == 1:
        return size / (2 * d) ** 2
    if m % 2:
        return 0.0
    return float(ramp_ratio(m, d)) ** 2 * size / (2 * math.pi * mean_length(d) ** 2)


@dataclass(frozen=True)
class NormSquared:
    """``linear + 2π length² even`` with rational ``linear`` and ``even``; infinite if not finite.

    ``length²`` is (E‖g‖)² in an exact norm on the sphere and 1 in a bound by the series.
    """

    linear: Fraction
    even: Fraction
    finite: bool
    length: float

    @property
    def value(self) -> float:
        """The number, ``math.inf`` for a function outside the space."""
        if not self.finite:
            return math.inf
        return float(self.linear) + 2 * math.pi * self.length**2 * float(self.even)


def norm_squared(p: Polynomial, d: int) -> NormSquared:
    """‖p‖² in the space of tk^h for ReLU on the sphere of ℝ^d, exactly (B.T6.sphere).

    Σ_m E p_m²/λ_m over the harmonic parts; infinite if one of odd degree m ≥ 3 is not 0. Raises
    ``ValueError`` for a polynomial that is malformed or has more than d variables.
    """
    linear, even, finite = Fraction(0), Fraction(0), True
    for m, part in harmonic_parts(p, d).items():
        size = sphere_product(part, part, d)
        if m == 1:
            linear = 4 * d * size
        elif m % 2:
            finite = finite and size == 0
        else:
            even += size / eigenvalue_ratio(m, d)
    return NormSquared(linear, even, finite, mean_length(d))


def series_bound(p: Polynomial) -> NormSquared:
    """Σ_n tk_n⁻¹ Σ_{|α|=n} a_α² α!/n!, at least ‖p‖² in every dimension (B.T6.series).

    Infinite if p has a constant term or one of odd degree ≥ 3. Raises ``ValueError`` for a
    polynomial that is malformed.
    """
    linear, even, finite = Fraction(0), Fraction(0), True
    for alpha, a in _checked(p).items():
        n = sum(alpha)
        shared = a * a * math.prod(map(math.factorial, alpha)) / Fraction(math.factorial(n))
        coefficient = series_coefficient(n)
        if coefficient == 0:
            finite = finite and a == 0
        elif n == 1:
            linear += shared / coefficient
        else:
            even += shared / coefficient
    return NormSquared(linear, even, finite, 1.0)


def laplacian(p: Polynomial) -> dict[Exponents, Fraction]:
    """Σ_i ∂²p/∂x_i²."""
    result: dict[Exponents, Fraction] = {}
    for alpha, a in _checked(p).items():
        for i, e in enumerate(alpha):
            if e >= 2:
                lower = (*alpha[:i], e - 2, *alpha[i + 1 :])
                result[lower] = result.get(lower, Fraction(0)) + e * (e - 1) * a
    return {alpha: a for alpha, a in result.items() if a}


def sphere_moment(alpha: Exponents, d: int) -> Fraction:
    """E x^α for x uniform on the sphere of ℝ^d: Π(α_i−1)!!/(d(d+2)⋯(d+|α|−2)), 0 if one is odd."""
    if any(e % 2 for e in alpha):
        return Fraction(0)
    top = math.prod(math.prod(range(1, e, 2)) for e in alpha)
    return Fraction(top, math.prod(range(d, d + sum(alpha), 2)))


def sphere_product(p: Polynomial, q: Polynomial, d: int) -> Fraction:
    """E p(x)q(x) for x uniform on the sphere of ℝ^d. Raises ``ValueError`` as ``norm_squared``."""
    left, right = _checked(p, d), _checked(q, d)
    if left and right and len(next(iter(left))) != len(next(iter(right))):
        raise ValueError("p and q must have the same variables")
    return sum(
        (
            a * b * sphere_moment(tuple(map(sum, zip(alpha, beta, strict=True))), d)
            for (alpha, a), (beta, b) in product(left.items(), right.items())
        ),
        Fraction(0),
    )


def harmonic_parts(p: Polynomial, d: int) -> dict[int, dict[Exponents, Fraction]]:
    """The harmonic parts p_m with p = Σ_m p_m on the sphere of ℝ^d, by their degree m.

    On the sphere ‖x‖ = 1, and powers of ‖x‖² are left out: p_m is harmonic once its terms of degree
    m − 2j are multiplied by ‖x‖^{2j}. Raises ``ValueError`` as ``norm_squared``.
    """
    checked = _checked(p, d)
    parts: dict[int, dict[Exponents, Fraction]] = {}
    for n in {sum(alpha) for alpha in checked}:
        rest = {alpha: a for alpha, a in checked.items() if sum(alpha) == n}
        for j in range(n // 2 + 1):  # Δʲ takes ‖x‖^{2j} p_m to a multiple of p_m
            m = n - 2 * j
            scale = math.prod(2 * i * (2 * i + 2 * m + d - 2) for i in range(1, j + 1))
            into = parts.setdefault(m, {})
            for alpha, a in _top_part(rest, m, d).items():
                into[alpha] = into.get(alpha, Fraction(0)) + a / scale
            rest = laplacian(rest)
    return {m: {alpha: a for alpha, a in part.items() if a} for m, part in sorted(parts.items())}


class Sizes(NamedTuple):
    """What N.T6 asks for: steps T, neurons q, step size η; and the bound M on the kernel norm."""

    T: int
    q: int
    eta: float
    M: float


def learning_sizes(
    c: int, coefficients: float, d: int, epsilon: float, *, R: float = 1.0, L: float = 1.0
) -> Sizes:
    """Sizes for SGD on ReLU features to reach the best even polynomial within ε, by N.T6.

    The class: degrees 2, 4, …, c without a constant, coefficients of Euclidean norm at most
    ``coefficients``. M² = coefficients²/tk_c, T = ⌈4L²M²/ε²⌉, q = ⌈4L²R²M²/(dε²)⌉, η = M/(L√T).
    Raises ``ValueError`` for odd c, and for sizes that are not positive.
    """
    M = require.positive("coefficients", coefficients) * math.sqrt(inverse_coefficient(c))
    scale = 2 * require.positive("L", L) * M / require.positive("epsilon", epsilon)
    T = math.ceil(scale**2)
    q = math.ceil((scale * require.positive("R", R)) ** 2 / require.positive_int("d", d))
    return Sizes(T, q, M / (L * math.sqrt(T)), M)


def linear_floor(parameters: int, targets: int) -> float:
    """max(0, 1 − N/n): mean error of N-dimensional spaces on n orthonormal targets (N.lower.M)."""
    N = _degree("parameters", parameters)
    return max(0.0, 1 - N / require.positive_int("targets", targets))


def constant_floor(N: int, d: int) -> float:
    """√(π(d−2−N)/(N(d−2)))/5 ≤ E|h(x) − 1|, h a ReLU network of N neurons, no bias (B.T6.neurons).

    x is uniform on the sphere of ℝ^d. Raises ``ValueError`` unless 1 ≤ N < d − 2.
    """
    if require.positive_int("N", N) >= require.positive_int("d", d) - 2:
        raise ValueError(f"N must be below d - 2 = {d - 2}, got {N}")
    return math.sqrt(math.pi * (d - 2 - N) / (N * (d - 2))) / 5


def bits_needed(targets: int, epsilon: float) -> float:
    """n log₂(1/ε): bits to name an ε-approximation of each function of an n-dimensional unit ball.

    Source: N.lower.M. Raises ``ValueError`` unless n ≥ 1 and 0 < ε < 1.
    """
    n = require.positive_int("targets", targets)
    return -n * math.log2(require.open_unit("epsilon", epsilon))


def excess_floor(M: float, m: int) -> float:
    """min(1/2, M/(4√m)): an excess hinge loss that m examples cannot beat (B.lower.samples)."""
    return min(0.5, require.positive("M", M) / (4 * math.sqrt(require.positive_int("m", m))))


def _top_part(q: Polynomial, m: int, d: int) -> dict[Exponents, Fraction]:
    """The harmonic part of degree m of a homogeneous q of degree m, on the sphere."""
    result = dict(_checked(q))
    term: dict[Exponents, Fraction] = dict(result)
    for j in range(1, m // 2 + 1):
        step = -Fraction(1, 2 * j * (2 * m + d - 2 - 2 * j))
        term = {alpha: step * a for alpha, a in laplacian(term).items()}
        for alpha, a in term.items():
            result[alpha] = result.get(alpha, Fraction(0)) + a
    return result


def _checked(p: Polynomial, d: int | None = None) -> dict[Exponents, Fraction]:
    lengths = {len(alpha) for alpha in p}
    if len(lengths) > 1:
        raise ValueError(f"p must have exponents of one length, got lengths {sorted(lengths)}")
    if d is not None and max(lengths, default=0) > _dimension(d):
        raise ValueError(f"p must have at most d = {d} variables, got {max(lengths)}")
    for alpha, a in p.items():
        if any(isinstance(e, bool) or not isinstance(e, int) or e < 0 for e in alpha):
            raise ValueError(f"exponents must be integers of at least 0, got {alpha}")
        if isinstance(a, bool) or not isinstance(a, int | Fraction):
            raise ValueError(f"coefficients must be ints and Fractions, got {a!r} at {alpha}")
    return {alpha: Fraction(a) for alpha, a in p.items()}


def _degree(name: str, value: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise ValueError(f"{name} must be an integer of at least 0, got {value!r}")
    return value


def _dimension(d: int) -> int:
    if require.positive_int("d", d) < 2:
        raise ValueError(f"d must be at least 2, got {d}")
    return d


def _even(c: int) -> int:
    if _degree("c", c) < 2 or c % 2:
        raise ValueError(f"c must be an even integer of at least 2, got {c!r}")
    return c
