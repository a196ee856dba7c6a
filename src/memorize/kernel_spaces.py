"""Kernels, kernel spaces and random feature schemes on finitely many points, in exact fractions.

A function on the points x_1, …, x_m is the vector of its values, a kernel its Gram matrix. Nothing
is rounded: whether a matrix is positive semi-definite, a function lies in a space, or an error has
a value is decided. Source: paper N, sections 2.4 and 2.6.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import product
from typing import TypeVar

from memorize import require

__all__ = [
    "Factorization",
    "FiniteScheme",
    "FunctionSpace",
    "coefficients",
    "factorize",
    "gram",
    "norm_squared",
    "product_of",
    "quadratic",
    "smallest_eigenvalue",
]

Vector = tuple[Fraction, ...]
Matrix = tuple[Vector, ...]
Rational = int | Fraction
Point = TypeVar("Point")


def gram(kernel: Callable[[Point, Point], Rational], points: Sequence[Point]) -> Matrix:
    """[k(x_i, x_j)], shape m m. Raises ``ValueError`` for a value that is no int or Fraction."""
    return _matrix("kernel", [[kernel(x, z) for z in points] for x in points])


def product_of(v: Sequence[Rational], w: Sequence[Rational]) -> Fraction:
    """Σ_i v_i w_i. Raises ``ValueError`` for different lengths."""
    if len(v) != len(w):
        raise ValueError(f"v and w must have the same length, got {len(v)} and {len(w)}")
    return sum((Fraction(a) * b for a, b in zip(v, w, strict=True)), Fraction(0))


def quadratic(K: Sequence[Sequence[Rational]], c: Sequence[Rational]) -> Fraction:
    """cᵀKc."""
    return product_of(c, [product_of(row, c) for row in K])


@dataclass(frozen=True)
class Factorization:
    """K = L D Lᵀ with unit lower triangular L and pivots D ≥ 0, or a proof that there is none.

    ``negative`` is a vector c with cᵀKc < 0 if K is not positive semi-definite (then ``lower`` and
    ``pivots`` stop where that came to light), and ``None`` if it is.
    """

    lower: Matrix
    pivots: Vector
    negative: Vector | None

    @property
    def semidefinite(self) -> bool:
        """Whether K is positive semi-definite."""
        return self.negative is None

    @property
    def rank(self) -> int:
        """The number of pivots that are not 0: the rank of a positive semi-definite K."""
        return sum(d != 0 for d in self.pivots)


def factorize(K: Sequence[Sequence[Rational]]) -> Factorization:
    """Decide whether a symmetric matrix (m m) is positive semi-definite, with a certificate.

    Elimination without exchanges: a pivot below 0, or a pivot 0 with something else left in its
    column, shows a direction of negative curvature. Raises ``ValueError`` unless K is square,
    symmetric, and made of ints and Fractions.
    """
    rest = [list(row) for row in _symmetric("K", K)]
    m = len(rest)
    lower = [[Fraction(int(i == j)) for j in range(m)] for i in range(m)]
    pivots: list[Fraction] = []

    def stop(direction: dict[int, Fraction]) -> Factorization:
        c = _back(lower, [direction.get(i, Fraction(0)) for i in range(m)])
        return Factorization(_frozen(lower), tuple(pivots), c)

    for j in range(m):
        d = rest[j][j]
        if d < 0:
            return stop({j: Fraction(1)})
        if d == 0:
            i = next((i for i in range(j + 1, m) if rest[i][j] != 0), None)
            if i is not None:  # at (a, 1) the form [[0, s], [s, t]] is 2as + t = −1
                return stop({j: -(rest[i][i] + 1) / (2 * rest[i][j]), i: Fraction(1)})
        pivots.append(d)
        for i in range(j + 1, m):
            if d == 0 or rest[i][j] == 0:
                continue
            ratio = lower[i][j] = rest[i][j] / d
            for k in range(j + 1, m):
                rest[i][k] -= ratio * rest[j][k]
    return Factorization(_frozen(lower), tuple(pivots), None)


def coefficients(K: Sequence[Sequence[Rational]], f: Sequence[Rational]) -> Vector | None:
    """Some c with Kc = f, that is f = Σ_j c_j k(·, x_j); ``None`` if f is not in the space.

    Raises ``ValueError`` if K is not positive semi-definite or f has not m rational values.
    """
    values = _vector("f", f, len(K))
    parts = factorize(K)
    if not parts.semidefinite:
        raise ValueError("K must be positive semi-definite; factorize(K).negative shows why not")
    y: list[Fraction] = []
    for row, value in zip(parts.lower, values, strict=True):
        y.append(value - sum((a * b for a, b in zip(row, y, strict=False)), Fraction(0)))
    if any(b != 0 for b, d in zip(y, parts.pivots, strict=True) if d == 0):
        return None
    return _back(
        parts.lower, [b / d if d else Fraction(0) for b, d in zip(y, parts.pivots, strict=True)]
    )


def norm_squared(K: Sequence[Sequence[Rational]], f: Sequence[Rational]) -> Fraction | None:
    """‖f‖_k² = cᵀKc for f = Kc; ``None`` if f is not in the space. Raises as ``coefficients``."""
    c = coefficients(K, f)
    return None if c is None else product_of(c, f)


def smallest_eigenvalue(
    K: Sequence[Sequence[Rational]], width: Fraction
) -> tuple[Fraction, Fraction]:
    """An interval (low, high) of at most that width with low ≤ λ_min(K) < high, proved.

    λ_min ≥ t exactly if K − tI is positive semi-definite, which is decided. Raises ``ValueError``
    as ``factorize``, or unless width > 0.
    """
    rows = _symmetric("K", K)
    if width <= 0:
        raise ValueError(f"width must be above 0, got {width}")
    size = max(sum((abs(a) for a in row), Fraction(0)) for row in rows)
    low, high = -size, size + 1
    while high - low > width:
        middle = (low + high) / 2
        shifted = [[a - middle * (i == j) for j, a in enumerate(r)] for i, r in enumerate(rows)]
        if factorize(shifted).semidefinite:
            low = middle
        else:
            high = middle
    return low, high


@dataclass(frozen=True)
class FunctionSpace:
    """A finite-dimensional Hilbert space of functions on m points.

    ``basis``: linearly independent functions b_i, shape (n m); ``products``: [⟨b_i, b_j⟩], shape
    (n n), positive definite. Raises ``ValueError`` if they are not.
    """

    basis: Matrix
    products: Matrix

    def __post_init__(self) -> None:
        basis = _matrix("basis", self.basis)
        products = _symmetric("products", self.products)
        if len(products) != len(basis):
            raise ValueError(f"products must have shape ({len(basis)}, {len(basis)})")
        for name, square in (("products", products), ("the Gram matrix of basis", _outer(basis))):
            parts = factorize(square)
            if not parts.semidefinite or parts.rank < len(square):
                raise ValueError(f"{name} must be positive definite")
        object.__setattr__(self, "basis", basis)
        object.__setattr__(self, "products", products)

    def coordinates(self, f: Sequence[Rational]) -> Vector | None:
        """The a with f = Σ_i a_i b_i; ``None`` if f is not in the space."""
        values = _vector("f", f, len(self.basis[0]))
        a = coefficients(_outer(self.basis), [product_of(b, values) for b in self.basis])
        assert a is not None
        span = [product_of(a, column) for column in zip(*self.basis, strict=True)]
        return a if tuple(span) == values else None

    def inner(self, f: Sequence[Rational], g: Sequence[Rational]) -> Fraction:
        """⟨f, g⟩. Raises ``ValueError`` for a function that is not in the space."""
        a, b = self.coordinates(f), self.coordinates(g)
        if a is None or b is None:
            raise ValueError(f"{'f' if a is None else 'g'} must lie in the space")
        return product_of(a, [product_of(row, b) for row in self.products])

    def kernel(self) -> Matrix:
        """[⟨e_x, e_z⟩] for the e_x with f(x) = ⟨f, e_x⟩: BᵀA⁻¹B. Source: N, Theorem 1."""
        columns = list(zip(*self.basis, strict=True))
        solved = [coefficients(self.products, column) for column in columns]
        return tuple(tuple(product_of(x, c or ()) for c in solved) for x in columns)


@dataclass(frozen=True)
class FiniteScheme:
    """A random feature scheme with finitely many weights, on finitely many points.

    ``law``: the probabilities of the n weights; ``features``: ψ(ω, x) for each weight and point,
    shape (n m d). Raises ``ValueError`` unless the law is one and the features are rational and of
    one shape. Source: N, equations (3) to (6).
    """

    law: Vector
    features: tuple[Matrix, ...]

    def __post_init__(self) -> None:
        law = _vector("law", self.law, len(self.features))
        if any(p <= 0 for p in law) or sum(law) != 1:
            raise ValueError(f"law must be positive and add up to 1, got {law}")
        features = tuple(_matrix("features", each) for each in self.features)
        if len({(len(each), len(each[0])) for each in features}) != 1:
            raise ValueError("features must have one shape (m d) at every weight")
        object.__setattr__(self, "law", law)
        object.__setattr__(self, "features", features)

    def mean(self, values: Sequence[Rational]) -> Fraction:
        """E over the weights of a number at each of them."""
        return product_of(self.law, values)

    def kernel(self) -> Matrix:
        """k(x, z) = E⟨ψ(ω, x), ψ(ω, z)⟩, equation (3)."""
        m = len(self.features[0])
        return tuple(
            tuple(self.mean([product_of(each[i], each[j]) for each in self.features])
                  for j in range(m))
            for i in range(m)
        )  # fmt: skip

    def bound_squared(self) -> Fraction:
        """C² = max ‖ψ(ω, x)‖²."""
        return max(product_of(v, v) for each in self.features for v in each)

    def combine(self, c: Sequence[Rational]) -> Matrix:
        """Σ_j c_j ψ(·, x_j), the representer of least norm of Σ_j c_j k(·, x_j); shape (n d)."""
        return tuple(
            tuple(product_of(c, column) for column in zip(*each, strict=True))
            for each in self.features
        )

    def representer(self, f: Sequence[Rational]) -> Matrix | None:
        """The representer of least norm of f, shape (n d); ``None`` if f is not in the space."""
        c = coefficients(self.kernel(), f)
        return None if c is None else self.combine(c)

    def contributions(self, representer: Sequence[Sequence[Rational]]) -> Matrix:
        """⟨f̌(ω), ψ(ω, x)⟩ for each weight and point, shape (n m)."""
        return tuple(
            tuple(product_of(v, psi) for psi in each)
            for v, each in zip(representer, self.features, strict=True)
        )

    def values(self, representer: Sequence[Sequence[Rational]]) -> Vector:
        """f(x) = E⟨f̌(ω), ψ(ω, x)⟩ at each point, equation (6)."""
        return tuple(map(self.mean, zip(*self.contributions(representer), strict=True)))

    def size_squared(self, representer: Sequence[Sequence[Rational]]) -> Fraction:
        """E‖f̌(ω)‖²."""
        return self.mean([product_of(v, v) for v in representer])

    def error(self, representer: Sequence[Sequence[Rational]], q: int) -> Vector:
        """E(f(x) − f_ω(x))² at each point, by the formula (E⟨f̌, ψ⟩² − f²)/q of B.C3.exact."""
        require.positive_int("q", q)
        columns = zip(*self.contributions(representer), strict=True)
        return tuple(
            (self.mean([h * h for h in column]) - self.mean(column) ** 2) / q for column in columns
        )

    def samples(
        self, representer: Sequence[Sequence[Rational]], q: int
    ) -> Iterator[tuple[Fraction, Vector]]:
        """Every sample of q weights: its probability, and f_ω at each point. There are n^q."""
        require.positive_int("q", q)
        rows = self.contributions(representer)
        for chosen in product(range(len(rows)), repeat=q):
            columns = zip(*(rows[i] for i in chosen), strict=True)
            yield (
                math.prod((self.law[i] for i in chosen), start=Fraction(1)),
                tuple(sum(column, Fraction(0)) / q for column in columns),
            )


def _back(lower: Sequence[Sequence[Fraction]], y: list[Fraction]) -> Vector:
    """The c with Lᵀc = y."""
    c = list(y)
    for j in reversed(range(len(c))):
        c[j] -= sum((lower[i][j] * c[i] for i in range(j + 1, len(c))), Fraction(0))
    return tuple(c)


def _frozen(rows: Sequence[Sequence[Fraction]]) -> Matrix:
    return tuple(map(tuple, rows))


def _outer(basis: Matrix) -> Matrix:
    return tuple(tuple(product_of(f, g) for g in basis) for f in basis)


def _vector(name: str, values: Sequence[Rational], length: int) -> Vector:
    if len(values) != length:
        raise ValueError(f"{name} must have {length} entries, got {len(values)}")
    return _matrix(name, [values])[0]


def _matrix(name: str, rows: Sequence[Sequence[Rational]]) -> Matrix:
    if not rows or not rows[0] or any(len(row) != len(rows[0]) for row in rows):
        raise ValueError(f"{name} must have rows of one length of at least 1")
    for i, row in enumerate(rows):
        for j, a in enumerate(row):
            if isinstance(a, bool) or not isinstance(a, int | Fraction):
                raise ValueError(f"{name} must hold ints and Fractions, but ({i}, {j}) is {a!r}")
    return tuple(tuple(map(Fraction, row)) for row in rows)


def _symmetric(name: str, rows: Sequence[Sequence[Rational]]) -> Matrix:
    matrix = _matrix(name, rows)
    if len(matrix[0]) != len(matrix):
        raise ValueError(f"{name} must be square, got shape {len(matrix), len(matrix[0])}")
    for i, row in enumerate(matrix):
        for j in range(i):
            if row[j] != matrix[j][i]:
                raise ValueError(
                    f"{name} must be symmetric, but ({i}, {j}) is {row[j]} and ({j}, {i}) is "
                    f"{matrix[j][i]}"
                )
    return matrix
