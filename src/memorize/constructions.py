"""Networks that take given labels at given points, in exact fractions: Theorems 1 to 3 of paper Y.

Every construction takes points and labels and returns a :class:`Network` with hidden weights,
biases and output weights in the rationals; whether it takes the labels is decided, not measured.
Numbers may be ints, Fractions or floats; a float counts as the fraction that it is.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import combinations, pairwise, product

import torch
from torch import Tensor

from memorize import require

__all__ = [
    "ABSOLUTE",
    "RELU",
    "SOFTSIGN",
    "THRESHOLD",
    "Activation",
    "Network",
    "baum",
    "baum_neurons",
    "curve",
    "dependent",
    "dichotomies",
    "direction",
    "fewest_thresholds",
    "gates",
    "gates_neurons",
    "hyperplane",
    "interpolate",
    "least_real",
    "least_thresholds",
    "on_curve",
    "rank",
    "slabs",
    "slabs_neurons",
]

Number = int | float | Fraction
Vector = tuple[Fraction, ...]
Matrix = tuple[Vector, ...]


@dataclass(frozen=True)
class Activation:
    """σ twice: on a fraction, exactly, and elementwise on a tensor of any shape."""

    name: str
    exact: Callable[[Fraction], Fraction]
    tensor: Callable[[Tensor], Tensor]


RELU = Activation("ReLU", lambda t: max(t, Fraction(0)), lambda t: t.clamp(min=0))
THRESHOLD = Activation("threshold", lambda t: Fraction(int(t >= 0)), lambda t: (t >= 0).to(t))
ABSOLUTE = Activation("absolute value", abs, torch.abs)
SOFTSIGN = Activation("softsign", lambda t: t / (1 + abs(t)), lambda t: t / (1 + t.abs()))


@dataclass(frozen=True)
class Network:
    """h(x) = Σ_i a_i σ(⟨w_i, x⟩ + b_i): ``weights`` (q d), ``biases`` (q), ``outputs`` (q)."""

    activation: Activation
    weights: Matrix
    biases: Vector
    outputs: Vector

    @property
    def size(self) -> int:
        """The number q of hidden neurons."""
        return len(self.outputs)

    @property
    def largest(self) -> Fraction:
        """The greatest |a_i w_ik|, which does not see the scale of a ReLU; 0 without neurons."""
        return max(
            (abs(a * c) for a, w in zip(self.outputs, self.weights, strict=True) for c in w),
            default=Fraction(0),
        )

    def hidden(self, points: Sequence[Sequence[Number]]) -> Matrix:
        """[σ(⟨w_i, x_j⟩ + b_i)], shape (m q)."""
        return tuple(
            tuple(
                self.activation.exact(_dot(w, x) + b)
                for w, b in zip(self.weights, self.biases, strict=True)
            )
            for x in _points(points)
        )

    def __call__(self, points: Sequence[Sequence[Number]]) -> Vector:
        """h at the points (m d), exactly."""
        return tuple(_dot(self.outputs, row) for row in self.hidden(points))

    def rounded(self, points: Tensor) -> Tensor:
        """h at the points (m d) in their floating-point arithmetic, on their device.

        Raises ``ValueError`` for points of another shape.
        """
        require.shape("points", points, "m d")
        if self.size == 0:
            return points.new_zeros(len(points))
        require.shape("points", points, "m d", d=len(self.weights[0]))
        w = points.new_tensor([[float(c) for c in row] for row in self.weights])
        b, a = (points.new_tensor([float(c) for c in v]) for v in (self.biases, self.outputs))
        return self.activation.tensor(points @ w.T + b) @ a


# How many neurons: what the constructions take, and what no network can do without.


def baum_neurons(ones: int, m: int, d: int) -> int:
    """2⌈n/d⌉ for the n examples of the rarer label; 1 if all labels are 1. Source: Y, Theorem 2.

    Raises ``ValueError`` unless 0 ≤ ones ≤ m, m ≥ 1 and d ≥ 1.
    """
    _sizes(m, d)
    if not 0 <= ones <= m:
        raise ValueError(f"ones must lie between 0 and m = {m}, got {ones}")
    return 1 if ones == m else 2 * math.ceil(Fraction(min(ones, m - ones), d))


def slabs_neurons(m: int, d: int) -> int:
    """4⌈m/d⌉. Source: Y, Theorem 3. Raises ``ValueError`` unless m, d ≥ 1."""
    _sizes(m, d)
    return 4 * math.ceil(Fraction(m, d))


def gates_neurons(m: int, d: int) -> int:
    """2⌈m/(d+1)⌉. Source: B.T3.gates. Raises ``ValueError`` unless m, d ≥ 1."""
    _sizes(m, d)
    return 2 * math.ceil(Fraction(m, d + 1))


def least_thresholds(m: int, d: int) -> int:
    """⌈(m−1)/d⌉: what some labels 0 and 1 at some points in general position need.

    Source: B.T2.sharp. Raises ``ValueError`` unless m, d ≥ 1.
    """
    _sizes(m, d)
    return math.ceil(Fraction(m - 1, d))


def least_real(m: int, parameters: int) -> int:
    """⌈m/parameters⌉, the parameters being those that count in a neuron. Source: B.T3.lower.

    That is 1 for thresholds, d + 1 for the ReLU and |t|, and d + 2 for other locally Lipschitz σ.
    Raises ``ValueError`` unless both are at least 1.
    """
    require.positive_int("m", m)
    require.positive_int("parameters", parameters)
    return math.ceil(Fraction(m, parameters))


# The constructions.


def interpolate(
    points: Sequence[Sequence[Number]],
    labels: Sequence[Number],
    activation: Activation,
    most: int = 4000,
) -> Network:
    """As many neurons as examples, for any σ that is no polynomial. Source: Y, Theorem 1.

    All hidden weights are multiples λu of one direction u, and (λ, b) runs through the kinks
    between the points and then through all fractions by height, keeping what raises the rank.
    ``points``: (m d), ``labels``: (m). Raises ``ValueError`` for bad examples (see ``_examples``),
    or if ``most`` places (λ, b) after the kinks do not reach rank m.
    """
    x, y = _examples(points, labels)
    m, u = len(x), direction(x)
    t = [_dot(u, each) for each in x]
    basis = _Basis()
    chosen: list[tuple[Fraction, Fraction]] = []
    for scale, bias in _places(sorted(t), require.positive_int("most", most)):
        if basis.add([activation.exact(scale * each + bias) for each in t]):
            chosen.append((scale, bias))
            if len(chosen) == m:
                break
    else:
        raise ValueError(
            f"activation must be no polynomial of degree at most m - 2 = {m - 2}, but at "
            f"{m + most} places (scale, bias) {activation.name} gives only {len(chosen)} "
            "independent features"
        )
    features = [[activation.exact(s * each + b) for s, b in chosen] for each in t]
    outputs = _solve(features, y)
    assert outputs is not None
    weights = tuple(tuple(s * c for c in u) for s, _ in chosen)
    return Network(activation, weights, tuple(b for _, b in chosen), outputs)


def baum(
    points: Sequence[Sequence[Number]], labels: Sequence[Number], width: Number = Fraction(1, 2)
) -> Network:
    """Threshold neurons for labels 0 and 1: slabs of d points. Source: Y, Theorem 2.

    The rarer label's points are cut into groups of d; each group lies in the middle of a slab
    whose half-width is ``width`` times the distance to the next other point (any width in (0, 1)
    will do). ``points``: (m d), ``labels``: (m). Raises ``ValueError`` for bad examples, labels
    other than 0 and 1, and a group whose affine hull holds another point, naming the rows.
    """
    x, y = _examples(points, labels)
    for j, value in enumerate(y):
        if value not in (0, 1):
            raise ValueError(
                f"labels must be 0 or 1, but label {j} is {value}; for labels -1 and 1 pass "
                "(y + 1)/2 and use 2 h - 1"
            )
    d, share = len(x[0]), _fraction("width", width)
    ones = [j for j, value in enumerate(y) if value == 1]
    zeros = [j for j, value in enumerate(y) if value == 0]
    if not zeros:
        return Network(THRESHOLD, ((Fraction(0),) * d,), (Fraction(0),), (Fraction(1),))
    inside = len(ones) <= len(zeros)
    neurons: list[tuple[Vector, Fraction, Fraction]] = []
    for number, group in enumerate(_groups(ones if inside else zeros, d)):
        u, b, gap = hyperplane(x, group)
        half = share * gap
        if inside or number > 0:  # the slab's indicator, or minus it
            sign = Fraction(1 if inside else -1)
            neurons += [(u, half - b, sign), (u, -half - b, -sign)]
        else:  # one minus the slab's indicator: below it, or above it
            minus = tuple(-c for c in u)
            neurons += [(minus, b - half, Fraction(1)), (u, -half - b, Fraction(1))]
    return _network(THRESHOLD, neurons)


def slabs(
    points: Sequence[Sequence[Number]], labels: Sequence[Number], step: Number = 1
) -> Network:
    """Four ReLUs for every d points. Source: Y, Theorem 3 (Bubeck, Eldan, Lee, Mikulincer).

    Each group of d points lies in a slab that holds no other point, and carries an affine map
    that takes its labels there. ``step`` multiplies the difference quotient's step, which is the
    largest possible at 1. ``points``: (m d), ``labels``: (m). Raises ``ValueError`` for bad
    examples, and for a group that is affinely dependent or whose affine hull holds another point,
    naming the rows; other points out of general position are taken as they are.
    """
    x, y = _examples(points, labels)
    neurons: list[tuple[Vector, Fraction, Fraction]] = []
    for group in _groups(range(len(x)), len(x[0])):
        u, b, gap = hyperplane(x, group)
        v, c = _affine(x, group, [y[j] for j in group])
        for edge, sign in ((b - gap / 2, 1), (b + gap / 2, -1)):
            neurons += _gated(x, u, edge, v, c, _fraction("step", step), sign)
    return _network(RELU, neurons)


def gates(
    points: Sequence[Sequence[Number]], labels: Sequence[Number], step: Number = 1
) -> Network:
    """Two ReLUs for every d + 1 points. Source: B.T3.gates.

    The points are sorted along a direction and cut into groups of d + 1; group after group, an
    affine map switched on before the group corrects what those before it left. ``step`` as in
    ``slabs``. ``points``: (m d), ``labels``: (m). Raises ``ValueError`` for bad examples and for a
    group that is affinely dependent, naming the rows.
    """
    x, y = _examples(points, labels)
    u = direction(x)
    t = [_dot(u, each) for each in x]
    order = sorted(range(len(x)), key=t.__getitem__)
    before = t[order[0]] - max(t[order[-1]] - t[order[0]], Fraction(1))
    neurons: list[tuple[Vector, Fraction, Fraction]] = []
    slope, height = (Fraction(0),) * len(u), Fraction(0)  # the sum of the maps so far
    for group in _groups(order, len(u) + 1):
        v, c = _affine(x, group, [y[j] - _dot(slope, x[j]) - height for j in group])
        edge = (before + t[group[0]]) / 2
        neurons += _gated(x, u, edge, v, c, _fraction("step", step), 1)
        slope, height = tuple(a + b for a, b in zip(slope, v, strict=True)), height + c
        before = t[group[-1]]
    return _network(RELU, neurons)


# The curve on which Baum's count is needed.


def curve(m: int, d: int) -> Matrix:
    """The points (t, t², …, t^d) for t = 1, …, m: they are in general position.

    Raises ``ValueError`` unless m, d ≥ 1.
    """
    _sizes(m, d)
    return tuple(tuple(Fraction(t**k) for k in range(1, d + 1)) for t in range(1, m + 1))


def on_curve(labels: Sequence[Number], d: int) -> Network:
    """A threshold neuron for every d changes of labels 0 and 1 on ``curve``. Source: B.T2.sharp.

    Each neuron is a polynomial of t with roots at up to d successive changes. Labels that are all
    0 take no neuron, and all 1 one. Raises ``ValueError`` for labels other than 0 and 1.
    """
    x = curve(len(labels), d)
    _, y = _examples(x, labels)
    if any(value not in (0, 1) for value in y):
        raise ValueError("labels must be 0 or 1")
    changes = [t for t in range(1, len(y)) if y[t] != y[t - 1]]  # between the points t and t + 1
    if not changes:
        constant = ((Fraction(0),) * d, Fraction(0), Fraction(1))
        return _network(THRESHOLD, [constant] if y[0] == 1 else [])
    neurons = []
    for number, block in enumerate(_groups(changes, d)):
        starts_at_one = number == 0 and y[0] == 1
        rises = y[block[0]] == 1
        output = Fraction(1 if rises or starts_at_one else -1)
        c = [Fraction(1 if starts_at_one == (len(block) % 2 == 0) else -1)]
        for t in block:  # times (t' − t − 1/2), lowest power first
            root = Fraction(2 * t + 1, 2)
            c = [a - root * b for a, b in zip([Fraction(0), *c], [*c, Fraction(0)], strict=True)]
        c += [Fraction(0)] * (d + 1 - len(c))
        neurons.append((tuple(c[1:]), c[0], output))
    return _network(THRESHOLD, neurons)


def dichotomies(m: int, d: int) -> tuple[tuple[int, ...], ...]:
    """All that one threshold neuron can be at ``curve(m, d)``: 0 and 1 with at most d changes.

    On the line, d = 1, this holds for any m points in their order. Raises ``ValueError`` unless
    m, d ≥ 1.
    """
    _sizes(m, d)
    return tuple(
        each for each in product((0, 1), repeat=m) if sum(a != b for a, b in pairwise(each)) <= d
    )


def fewest_thresholds(labels: Sequence[Number], d: int) -> int:
    """The least number of threshold neurons that take the labels on ``curve``, by trying all sets.

    Raises ``ValueError`` for labels that are not finite numbers, or d < 1.
    """
    y = [_fraction(f"label {j}", value) for j, value in enumerate(labels)]
    features = [each for each in dichotomies(len(y), d) if any(each)]
    for q in range(len(y)):
        for chosen in combinations(features, q):
            basis = _Basis()
            for each in chosen:
                basis.add([Fraction(c) for c in each])
            if not basis.add(y):
                return q
    return len(y)


# Geometry.


def direction(points: Sequence[Sequence[Number]]) -> Vector:
    """A u = (1, s, s², …) with ⟨u, x⟩ different at all points, s the least of 0, 1, 2, ….

    It exists: two points x ≠ x′ exclude at most d − 1 values of s, the roots of ⟨u, x − x′⟩.
    Raises ``ValueError`` for a point that occurs twice.
    """
    x = _points(points)
    _distinct(x)
    for s in range(len(x[0]) * len(x) ** 2 + 1):
        u = tuple(Fraction(s**i) for i in range(len(x[0])))
        if len({_dot(u, each) for each in x}) == len(x):
            return u
    raise AssertionError("two points exclude fewer than d values of s")


def hyperplane(
    points: Sequence[Sequence[Number]], rows: Sequence[int]
) -> tuple[Vector, Fraction, Fraction]:
    """u, b and a gap: ⟨u, x⟩ = b at the ``rows``, and |⟨u, x⟩ − b| ≥ gap > 0 at the others.

    The gap is the least such distance (1 if there are no others). Where several hyperplanes pass
    through the rows, N_0 + sN_1 + s²N_2 + … of a basis N is taken with the least s = 0, 1, … that
    works. Raises ``ValueError`` if another point lies in the affine hull of the rows.
    """
    x = _points(points)
    inside = set(rows)
    others = [j for j in range(len(x)) if j not in inside]
    basis = _nullspace([(*x[j], Fraction(1)) for j in rows])
    for j in others:
        if all(_dot(n, (*x[j], Fraction(1))) == 0 for n in basis):
            raise ValueError(
                f"points must be in general position, but row {j} lies in the affine hull of "
                f"rows {_listed(rows)}"
            )
    for s in range(len(others) * len(basis) + 1):
        *u, minus_b = (
            sum((s**i * n[k] for i, n in enumerate(basis)), Fraction(0))
            for k in range(len(x[0]) + 1)
        )
        gap = min((abs(_dot(u, x[j]) + minus_b) for j in others), default=Fraction(1))
        if gap > 0:
            return tuple(u), -minus_b, gap
    raise AssertionError("each other point excludes fewer than len(basis) values of s")


def dependent(points: Sequence[Sequence[Number]]) -> tuple[int, ...] | None:
    """The fewest rows, at most d + 1, whose points are affinely dependent; ``None`` if none are.

    ``None`` says that the points (m d) are in general position. All sets of up to d + 1 points
    are tried.
    """
    x = _points(points)
    for size in range(2, min(len(x), len(x[0]) + 1) + 1):
        for rows in combinations(range(len(x)), size):
            if rank([(*x[j], Fraction(1)) for j in rows]) < size:
                return rows
    return None


def rank(rows: Sequence[Sequence[Number]]) -> int:
    """The rank of a matrix, exactly."""
    basis = _Basis()
    return sum(basis.add([_fraction("rows", c) for c in row]) for row in rows)


class _Basis:
    """Independent vectors, reduced against each other as they come."""

    def __init__(self) -> None:
        self.rows: list[tuple[int, list[Fraction]]] = []

    def add(self, row: Sequence[Fraction]) -> bool:
        """Whether the row is independent of those before it."""
        rest = list(row)
        for pivot, known in self.rows:
            if rest[pivot] != 0:
                ratio = rest[pivot] / known[pivot]
                rest = _less(rest, ratio, known)
        lead = next((k for k, a in enumerate(rest) if a != 0), None)
        if lead is not None:
            self.rows.append((lead, rest))
        return lead is not None


def _less(row: list[Fraction], ratio: Fraction, other: list[Fraction]) -> list[Fraction]:
    """row − ratio · other; zeros are common, and are passed over."""
    return [a - ratio * b if b else a for a, b in zip(row, other, strict=True)]


def _reduced(
    rows: Sequence[Sequence[Fraction]], columns: int
) -> tuple[list[list[Fraction]], list[int]]:
    """The reduced row echelon form, pivots sought in the first ``columns`` only, and the pivots."""
    matrix = [list(row) for row in rows]
    pivots: list[int] = []
    for k in range(columns):
        top = len(pivots)
        found = next((i for i in range(top, len(matrix)) if matrix[i][k] != 0), None)
        if found is None:
            continue
        matrix[top], matrix[found] = matrix[found], matrix[top]
        head = matrix[top] = [a / matrix[top][k] for a in matrix[top]]
        for i, row in enumerate(matrix):
            if i != top and row[k] != 0:
                matrix[i] = _less(row, row[k], head)
        pivots.append(k)
    return matrix, pivots


def _nullspace(rows: Sequence[Sequence[Fraction]]) -> list[Vector]:
    """A basis of the vectors orthogonal to the rows."""
    n = len(rows[0])
    matrix, pivots = _reduced(rows, n)
    basis = []
    for free in (k for k in range(n) if k not in pivots):
        vector = [Fraction(int(k == free)) for k in range(n)]
        for row, pivot in zip(matrix, pivots, strict=False):
            vector[pivot] = -row[free]
        basis.append(tuple(vector))
    return basis


def _solve(rows: Sequence[Sequence[Fraction]], values: Sequence[Fraction]) -> Vector | None:
    """A solution, free unknowns 0, of a system with independent rows; ``None`` if they are not."""
    n = len(rows[0])
    matrix, pivots = _reduced([(*row, v) for row, v in zip(rows, values, strict=True)], n)
    if len(pivots) < len(rows):
        return None
    solution = [Fraction(0)] * n
    for row, pivot in zip(matrix, pivots, strict=True):
        solution[pivot] = row[n]
    return tuple(solution)


def _affine(x: Matrix, group: Sequence[int], values: Sequence[Fraction]) -> tuple[Vector, Fraction]:
    """v, c with ⟨v, x_j⟩ + c the value of each point of the group."""
    solution = _solve([(*x[j], Fraction(1)) for j in group], values)
    if solution is None:
        found = dependent([x[j] for j in group])
        assert found is not None
        raise ValueError(
            "points must be in general position, but rows "
            f"{_listed(sorted(group[i] for i in found))} are affinely dependent"
        )
    return solution[:-1], solution[-1]


def _gated(
    x: Matrix, u: Vector, edge: Fraction, v: Vector, c: Fraction, step: Fraction, sign: int
) -> list[tuple[Vector, Fraction, Fraction]]:
    """Two ReLUs that are sign · (⟨v, x⟩ + c) where ⟨u, x⟩ > edge, and 0 elsewhere, at all points.

    (σ(s + δL) − σ(s))/δ with s = ⟨u, x⟩ − edge and L = ⟨v, x⟩ + c. It is right for every δ > 0
    where s and L have the same sign, and up to |s|/|L| where they have not: ``step`` times the
    least of these is taken (times 1 if there are none).
    """
    sides = [(_dot(u, each) - edge, _dot(v, each) + c) for each in x]
    delta = step * min((-s / value for s, value in sides if s * value < 0), default=Fraction(1))
    moved = tuple(a + delta * b for a, b in zip(u, v, strict=True))
    return [(moved, delta * c - edge, sign / delta), (u, -edge, -sign / delta)]


def _network(
    activation: Activation, neurons: Sequence[tuple[Vector, Fraction, Fraction]]
) -> Network:
    w, b, a = zip(*neurons, strict=True) if neurons else ((), (), ())
    return Network(activation, tuple(w), tuple(b), tuple(a))


def _places(t: Sequence[Fraction], most: int) -> Iterator[tuple[Fraction, Fraction]]:
    """The (λ, b) to try: a kink before each point, then all fractions by their height."""
    before = [t[0] - 1, *t[:-1]]
    yield from ((Fraction(1), -(a + b) / 2) for a, b in zip(before, t, strict=True))
    seen, height = 0, 0
    while True:
        height += 1
        fractions = sorted(
            {Fraction(p, q) for p in range(-height, height + 1) for q in range(1, height + 1)},
            key=lambda f: (abs(f), f),
        )
        for scale in fractions:
            for bias in fractions:
                if seen == most:
                    return
                seen += 1
                yield scale, bias


def _groups(rows: Sequence[int], size: int) -> list[list[int]]:
    return [list(rows[i : i + size]) for i in range(0, len(rows), size)]


def _dot(v: Sequence[Fraction], w: Sequence[Fraction]) -> Fraction:
    top, bottom = 0, 1  # reduced once, not after every term
    for a, b in zip(v, w, strict=True):
        if a and b:
            share = a.denominator * b.denominator
            if bottom % share:
                scale = share // math.gcd(bottom, share)
                top, bottom = top * scale, bottom * scale
            top += a.numerator * b.numerator * (bottom // share)
    return Fraction(top, bottom)


def _examples(
    points: Sequence[Sequence[Number]], labels: Sequence[Number]
) -> tuple[Matrix, Vector]:
    """Points and labels as fractions.

    Raises ``ValueError`` unless there is at least one point, all points have the same positive
    number of coordinates, there is a label for each, all numbers are finite, and no point occurs
    twice: the error names the two rows, and says if their labels conflict.
    """
    x = _points(points)
    if len(labels) != len(x):
        raise ValueError(f"labels must have m = {len(x)} entries, got {len(labels)}")
    y = tuple(_fraction(f"label {j}", value) for j, value in enumerate(labels))
    _distinct(x, y)
    return x, y


def _distinct(x: Matrix, y: Vector | None = None) -> None:
    first: dict[Vector, int] = {}
    for j, point in enumerate(x):
        i = first.setdefault(point, j)
        if i == j:
            continue
        if y is not None and y[i] != y[j]:
            raise ValueError(
                f"points must not have two labels, but rows {i} and {j} are the same point with "
                f"labels {y[i]} and {y[j]}: no function takes both"
            )
        raise ValueError(
            f"points must be distinct, but rows {i} and {j} are the same; drop one of them"
        )


def _points(points: Sequence[Sequence[Number]]) -> Matrix:
    rows = points.tolist() if isinstance(points, Tensor) else points
    if len(rows) == 0 or any(len(row) != len(rows[0]) for row in rows) or len(rows[0]) == 0:
        raise ValueError("points must be rows of one length of at least 1")
    return tuple(
        tuple(_fraction(f"entry ({j}, {k}) of points", c) for k, c in enumerate(row))
        for j, row in enumerate(rows)
    )


def _fraction(name: str, value: Number) -> Fraction:
    if isinstance(value, Fraction):
        return value
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise ValueError(f"{name} must be a finite int, float or Fraction, got {value!r}")
    return Fraction(value)


def _sizes(m: int, d: int) -> None:
    require.positive_int("m", m)
    require.positive_int("d", d)


def _listed(rows: Sequence[int]) -> str:
    return ", ".join(map(str, rows))
