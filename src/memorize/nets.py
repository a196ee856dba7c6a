"""Nets of the sphere: how fine they are, exactly; how many points they take; what they measure.

An ε-net of the unit sphere is a set N of unit vectors such that every unit vector has a point of N
within Euclidean distance ε of it. Since ‖x − u‖² = 2 − 2⟨x, u⟩, that is to say that every unit x
has a u in N with ⟨x, u⟩ ≥ 1 − ε²/2 =: c, the net's *cosine*. The largest cosine that a finite net
has is the distance from the origin to the nearest facet of its convex hull; for points with
rational coordinates its square is a rational number, which :func:`covering` finds and certifies.
"""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import torch
from jaxtyping import Float
from numpy.typing import NDArray
from scipy.spatial import ConvexHull
from scipy.special import betainc
from torch import Tensor

from memorize import require

__all__ = [
    "Covering",
    "RationalPoints",
    "cap_measure",
    "circle_net_size",
    "cosine",
    "covering",
    "cross_polytope",
    "equal_angles",
    "fibonacci_lattice",
    "fineness",
    "greedy",
    "net_maximum",
    "norm_factor",
    "rational",
    "size_lower_bound",
    "size_upper_bound",
]


def cosine(eps: Fraction | float) -> Fraction | float:
    """c = 1 − ε²/2, the inner product of two unit vectors at distance ε, exact for a Fraction.

    Raises ``ValueError`` unless 0 < ε < √2: beyond √2 the cosine is no longer positive.
    """
    if not require.number("eps", eps) > 0 or not eps * eps < 2:
        raise ValueError(f"eps must lie in (0, √2), got {eps!r}")
    return 1 - eps * eps / 2


def fineness(cosine: float) -> float:
    """ε = √(2 − 2c), the distance at which the inner product is c; c must lie in (0, 1)."""
    return math.sqrt(2 - 2 * require.open_unit("cosine", cosine))


def norm_factor(eps: Fraction | float, delta: Fraction | float | None = None) -> Fraction | float:
    """1/((1 − ε²/2)(1 − δ²/2)): ‖W‖ is at most this times the maximum of ⟨u, Wz⟩ over the nets.

    ``eps`` and ``delta`` (default: ``eps``) are the two nets' finenesses, each in (0, √2); the
    factor is exact for Fractions. Source: the repaired Fact 8 (G.F8).
    """
    c = cosine(eps)
    return 1 / (c * (c if delta is None else cosine(delta)))


def size_upper_bound(eps: Fraction | float, d: int) -> Fraction | float:
    """(1 + 2/ε)^d: some ε-net of the sphere of ℝ^d has at most so many points (by volume).

    Exact for a Fraction ε in (0, √2). Source: the repaired Fact 8 (G.F8), item 2.
    """
    cosine(eps)
    return (1 + 2 / eps) ** require.positive_int("d", d)


def cap_measure(eps: float, d: int) -> float:
    """The part of the sphere of ℝ^d, d ≥ 2, within distance ε < √2 of one of its points.

    With φ = arccos(1 − ε²/2) it is I(sin²φ; (d−1)/2, 1/2)/2, I the regularised beta function: φ/π
    on the circle and exactly ε²/4 in ℝ³ (Archimedes).
    """
    c = float(cosine(eps))
    if require.positive_int("d", d) < 2:
        raise ValueError("d must be at least 2: the sphere of the line has no caps")
    return float(betainc((d - 1) / 2, 0.5, 1 - c * c)) / 2


def size_lower_bound(eps: float, d: int) -> float:
    """1/:func:`cap_measure`: every ε-net has at least so many points, for its caps cover."""
    return 1 / cap_measure(eps, d)


def circle_net_size(eps: float) -> int:
    """The least size of an ε-net of the circle, ⌈π/φ⌉ with φ = arccos(1 − ε²/2)."""
    return math.ceil(math.pi / math.acos(float(cosine(eps))) - 1e-12)


def equal_angles(n: int, *, dtype: torch.dtype = torch.float64) -> Float[Tensor, "n 2"]:
    """n ≥ 3 points of the circle at equal angles, the first at (1, 0)."""
    if require.positive_int("n", n) < 3:
        raise ValueError(f"n must be at least 3 for a net of the circle, got {n}")
    angle = 2 * math.pi * torch.arange(n, dtype=torch.float64) / n
    return torch.stack([angle.cos(), angle.sin()], 1).to(dtype)


def fibonacci_lattice(n: int, *, dtype: torch.dtype = torch.float64) -> Float[Tensor, "n 3"]:
    """n ≥ 4 points of the sphere of ℝ³ at equal steps of height, each a golden angle further on."""
    if require.positive_int("n", n) < 4:
        raise ValueError(f"n must be at least 4 for a net of the sphere, got {n}")
    k = torch.arange(n, dtype=torch.float64)
    height = 1 - (2 * k + 1) / n
    angle = math.pi * (3 - math.sqrt(5)) * k
    radius = (1 - height.square()).sqrt()
    return torch.stack([radius * angle.cos(), radius * angle.sin(), height], 1).to(dtype)


def cross_polytope(d: int, *, dtype: torch.dtype = torch.float64) -> Float[Tensor, "n d"]:
    """The n = 2d points ±e_i, a net of the sphere of ℝ^d with cosine 1/√d exactly."""
    basis = torch.eye(require.positive_int("d", d), dtype=dtype)
    return torch.cat([basis, -basis])


def greedy(eps: float, d: int, *, max_points: int = 2000) -> Float[Tensor, "n d"]:
    """An ε-net of the sphere of ℝ^d, d = 2 or 3: farthest points, from ±e_i on.

    While some point of the sphere is further than ε from all points, the furthest one is added, so
    that any two points are more than ε apart and the volume bound (1 + 2/ε)^d holds. Raises
    ``ValueError`` for other d or ε outside (0, √2), ``RuntimeError`` beyond ``max_points``.
    """
    if d not in (2, 3):
        raise ValueError(f"d must be 2 or 3, got {d!r}")
    target = float(cosine(eps))
    points = cross_polytope(d).numpy()
    while True:
        planes = ConvexHull(points).equations  # rows (n, −h): ⟨n, x⟩ ≤ h, n a unit vector
        deepest = int(planes[:, -1].argmax())
        if -planes[deepest, -1] >= target:
            return torch.from_numpy(points)
        if len(points) == max_points:
            raise RuntimeError(f"greedy needs more than max_points = {max_points} points")
        points = np.vstack([points, planes[deepest, :-1]])


@dataclass(frozen=True)
class RationalPoints:
    """Points of the unit sphere with rational coordinates: row i is numerators[i]/denominators[i].

    ``numerators`` has shape (n, d), ``denominators`` shape (n,), both of Python integers (dtype
    object); that each row is a unit vector is checked exactly.
    """

    numerators: NDArray[np.object_]
    denominators: NDArray[np.object_]

    def __post_init__(self) -> None:
        squares = (self.numerators * self.numerators).sum(1)
        off = squares != self.denominators * self.denominators
        if off.any() or (self.denominators <= 0).any():
            raise ValueError(f"points must be unit vectors, but row {int(off.argmax())} is not")

    def __len__(self) -> int:
        return len(self.denominators)

    def tensor(self) -> Float[Tensor, "n d"]:
        """The points in float64, each coordinate rounded once."""
        rows = zip(self.numerators, self.denominators, strict=True)
        return torch.tensor([[int(a) / int(b) for a in row] for row, b in rows]).to(torch.float64)


def rational(points: Float[Tensor, "n d"], *, bits: int = 20) -> RationalPoints:
    """Rational unit vectors within about 2^(−bits) of ``points``, unit vectors in float64.

    Each point is projected stereographically from the far side of its largest coordinate, rounded
    to multiples of 2^(−bits), and projected back. Raises ``ValueError`` for points off the sphere.
    """
    require.on_sphere("points", points, tolerance=1e-6)
    scale = 2 ** require.positive_int("bits", bits)
    numerators, denominators = [], []
    for row in points.to(torch.float64).tolist():
        top = max(range(len(row)), key=lambda j: abs(row[j]))
        flat = [round(scale * x / (1 + abs(row[top]))) for x in row]
        flat[top] = 0
        square = sum(k * k for k in flat)
        point = [2 * scale * k for k in flat]
        point[top] = (scale * scale - square) * (1 if row[top] > 0 else -1)
        numerators.append(point)
        denominators.append(scale * scale + square)
    return RationalPoints(np.array(numerators, object), np.array(denominators, object))


@dataclass(frozen=True)
class Covering:
    """How fine a net is: the square of its largest cosine, the facets that show it, the worst hole.

    ``hole`` (shape d) is a unit vector furthest from the net, rounded to float64.
    """

    cosine_squared: Fraction
    facets: int
    hole: Float[Tensor, " d"]

    @property
    def cosine(self) -> float:
        """The net's cosine, rounded to float64."""
        return math.sqrt(self.cosine_squared)

    @property
    def fineness(self) -> float:
        """The least ε for which the set is an ε-net, rounded to float64."""
        return fineness(self.cosine)

    def is_net(self, eps: Fraction) -> bool:
        """Whether the set is an ε-net, decided exactly: c² ≥ (1 − ε²/2)²."""
        return self.cosine_squared >= Fraction(cosine(Fraction(eps))) ** 2


def covering(points: RationalPoints) -> Covering:
    """The exact fineness of a finite set of rational points of the sphere of ℝ^d, 2 ≤ d ≤ 4.

    The convex hull's facets are proposed in floating point and then certified in integers: every
    point lies on the inner side of every facet's plane, the origin strictly so, and the facets,
    turned outwards, form a cycle: every ridge belongs to exactly two, which induce opposite
    orientations on it. Seen from the origin a cycle of outward facets covers all directions equally
    often, so at least once: no facet is missing. Raises ``ValueError`` if the origin is not inside
    the hull, or if a certificate fails because points are too close together.
    """
    d = points.numerators.shape[1]
    _small(d)
    approximate = points.tensor()
    facets = np.sort(ConvexHull(approximate.numpy()).simplices, axis=1)
    # Cramer: the plane {⟨n, x⟩ = D} through a facet's vertices a_i/b_i solves ⟨n, a_i⟩ = D b_i.
    vertices, heights = points.numerators[facets], points.denominators[facets]
    D = _determinant(vertices)
    columns = []
    for j in range(d):
        replaced = vertices.copy()
        replaced[:, :, j] = heights
        columns.append(_determinant(replaced))
    normals, outward = np.stack(columns, 1), np.where(D > 0, 1, -1)
    normals, D = np.where(D[:, None] < 0, -normals, normals), abs(D)
    if (D == 0).any():
        raise ValueError("points: the origin must lie strictly inside their convex hull")
    if (normals.dot(points.numerators.T) > D[:, None] * points.denominators).any():
        raise ValueError("points: a point lies beyond a facet, so the hull is not certified")
    if not _is_cycle(facets, outward):
        raise ValueError("points: the facets do not close up, so the hull is not certified")
    squares = [Fraction(int(h) ** 2, int(s)) for h, s in zip(D, (normals**2).sum(1), strict=True)]
    worst = min(range(len(squares)), key=squares.__getitem__)
    hole = torch.tensor([float(Fraction(int(x), int(D[worst]))) for x in normals[worst]])
    hole = hole.to(torch.float64)
    return Covering(squares[worst], len(facets), hole / hole.norm())


def net_maximum(
    W: Float[Tensor, "... q d"], N_q: Float[Tensor, "n q"], N_d: Float[Tensor, "k d"]
) -> Float[Tensor, ...]:
    """max ⟨u, W z⟩ over u in ``N_q`` and z in ``N_d``, for each matrix of the batch ``W``."""
    require.finite("W", W)
    require.shape("N_q", N_q, "n q", q=W.shape[-2])
    require.shape("N_d", N_d, "k d", d=W.shape[-1])
    return (N_q @ W @ N_d.T).amax((-2, -1))


def _small(d: int) -> None:
    if not 2 <= require.positive_int("d", d) <= 4:
        raise ValueError(f"d must be 2, 3 or 4 (facets of hulls become too many), got {d}")


def _is_cycle(facets: NDArray[np.intp], orientation: NDArray[np.intp]) -> bool:
    """Whether each ridge belongs to one facet in each of its two directions.

    ``facets`` has shape (n, d), rows ascending; ``orientation`` (n) holds ±1, the sign of the
    determinant of the facet's vertices. Leaving out the i-th vertex induces (−1)^i times that.
    """
    directions = defaultdict(list)
    for facet, sign in zip(facets.tolist(), orientation.tolist(), strict=True):
        for i in range(len(facet)):
            directions[(*facet[:i], *facet[i + 1 :])].append(sign * (-1) ** i)
    return all(sorted(signs) == [-1, 1] for signs in directions.values())


def _determinant(M: NDArray[np.object_]) -> NDArray[np.object_]:
    """Determinants of a batch of small integer matrices (shape n k k), by the first row."""
    if M.shape[-1] == 1:
        return M[:, 0, 0]
    total = np.zeros(len(M), dtype=object)
    for j in range(M.shape[-1]):
        minor = np.delete(M[:, 1:], j, axis=2)
        total = total + (-1) ** j * M[:, 0, j] * _determinant(minor)
    return total
