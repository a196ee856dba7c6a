"""Finite models: probability spaces of a few points, in which formulas are true, false or neither.

Untrusted, and written apart from the kernel: it says what the terms mean, so that theorems can be
put to the test. Fixed variables get rational values, random ones depend on some of the space's
coordinates, functions are random tables. Spheres are exact in dimension 1 (two points).
"""

from __future__ import annotations

import itertools
import math
import random as python_random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import mpmath

from memorize.kernel import Function, Term

DIGITS = 40
Value = Any  # a number, a tuple of numbers (a vector), a tuple of tuples (a map), a list (a set)


class Floats:
    """Double precision: fast, and what it calls false is tried again with many digits."""

    tolerance = 1e-9
    exp, log, sqrt = staticmethod(math.exp), staticmethod(math.log), staticmethod(math.sqrt)
    fsum, fprod = staticmethod(math.fsum), staticmethod(math.prod)
    mpf = float
    steps = 60

    @staticmethod
    def root(x: float, n: int) -> float:
        return float(x ** (1 / n))


class Digits:
    """Forty digits."""

    tolerance = mpmath.mpf(10) ** -25
    exp, log, sqrt, root = mpmath.exp, mpmath.log, mpmath.sqrt, mpmath.root
    fsum, fprod, mpf = mpmath.fsum, mpmath.fprod, mpmath.mpf
    steps = 120


class Unknown(Exception):
    """The model cannot tell: a statement about all reals, or a law that no finite space has."""


@dataclass
class Model:
    """Values for all variables; ``coordinates`` has two points of given probability each."""

    seed: int
    dimensions: Mapping[str, int]
    arithmetic: Any = Floats
    coordinates: int = 2
    fixed: dict[Term, Value] = field(default_factory=dict)
    tables: dict[Term, tuple[tuple[int, ...], dict[tuple[int, ...], Value]]] = field(
        default_factory=dict
    )
    functions: dict[tuple[Function, tuple[Value, ...]], Value] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.rng = python_random.Random(self.seed)
        weights = [
            self.arithmetic.mpf(self.rng.choice((1, 1, 2, 3))) / 4 for _ in range(self.coordinates)
        ]
        self.weights = [(w, 1 - w) for w in weights]

    # values

    def number(self) -> Value:
        return self.arithmetic.mpf(
            self.rng.choice((-3, -2, -1, -1, 0, 0, 1, 1, 2, 3, 4))
        ) / self.rng.choice((1, 1, 2))

    def value(self, sort: str) -> Value:
        if sort == "R":
            return self.number()
        kind, *spaces = sort.split(":")
        sizes = [self.dimensions[s] for s in spaces]
        if kind == "V":
            return tuple(self.number() for _ in range(sizes[0]))
        if kind == "M":
            return tuple(tuple(self.number() for _ in range(sizes[1])) for _ in range(sizes[0]))
        if sizes[0] == 1 and self.rng.random() < 0.7:  # a set: perhaps a net of the sphere
            return [(self.arithmetic.mpf(1),), (self.arithmetic.mpf(-1),)]
        return [self.value("V:" + spaces[0]) for _ in range(self.rng.choice((1, 2, 3)))]

    def of_fixed(self, v: Term) -> Value:
        if v not in self.fixed:
            if v.kind == "count":
                self.fixed[v] = self.arithmetic.mpf(self.rng.choice((1, 2)))
            else:
                self.fixed[v] = self.value(v.sort)
        return self.fixed[v]

    def of_random(self, v: Term, point: tuple[int, ...]) -> Value:
        if v not in self.tables:
            like = [w for w in self.tables if w.sort == v.sort]
            if like and self.rng.random() < 0.3:  # sometimes two variables are one
                self.tables[v] = self.tables[self.rng.choice(like)]
                return self.of_random(v, point)
            on = tuple(i for i in range(self.coordinates) if self.rng.random() < 0.6)
            table = {key: self.value(v.sort) for key in itertools.product((0, 1), repeat=len(on))}
            self.tables[v] = (on, table)
        on, table = self.tables[v]
        return table[tuple(point[i] for i in on)]

    def of_function(self, f: Function, args: tuple[Value, ...]) -> Value:
        """One value for equal arguments (0 and −0 are), whatever was asked before."""
        if (f, args) not in self.functions:
            keep = self.rng
            self.rng = python_random.Random(f"{self.seed} {f.name} {_unsigned(args)!r}")
            self.functions[f, args] = self.value(f.sort)
            self.rng = keep
        return self.functions[f, args]

    def points(self) -> Iterator[tuple[tuple[int, ...], Any]]:
        for point in itertools.product((0, 1), repeat=self.coordinates):
            p = self.arithmetic.mpf(1)
            for i, side in enumerate(point):
                p *= self.weights[i][side]
            if p > 0:
                yield point, p

    def law(self, over: tuple[Term, ...]) -> list[tuple[dict[Term, Value], Any]]:
        """The joint law of variables; a sample is independent of all else."""
        plain = [v for v in over if v.kind == "random"]
        worlds = [({v: self.of_random(v, point) for v in plain}, p) for point, p in self.points()]
        for s in over:
            if s.kind == "sample":
                omega, size = s.data[4], int(self.of_fixed(s.data[5]))
                one = [(self.of_random(omega, point), p) for point, p in self.points()]
                drawn = [
                    ([v for v, _ in draw], self.arithmetic.fprod(p for _, p in draw))
                    for draw in itertools.product(one, repeat=size)
                ]
                worlds = [({**w, s: d}, p * r) for w, p in worlds for d, r in drawn]
        return worlds

    # terms

    def term(self, t: Term, env: Mapping[Term, Value]) -> Value:
        """The value of a term: None if undefined."""
        a = t.args
        match t.op:
            case "num":
                return self.arithmetic.mpf(t.data.numerator) / t.data.denominator
            case "var":
                return env[t] if t in env else self.of_fixed(t)
            case "E":
                total = self.arithmetic.mpf(0)
                for world, p in self.law(t.data):
                    value = self.term(a[0], {**env, **world})
                    if value is None:
                        return None
                    total += p * value
                return total
            case "psi":
                return self.psi(t, env)
            case "mean":
                omega, draws = t.data
                values = [self.term(a[0], {**env, omega: v}) for v in env[draws]]
                return None if None in values else self.arithmetic.fsum(values) / len(values)
            case "sup":
                sets = [self.set(s, env) for s in a[1:]]
                places = list(itertools.product(*sets))
                values = [
                    self.term(a[0], {**env, **dict(zip(t.data, p, strict=True))}) for p in places
                ]
                return None if not values or None in values else max(values)
            case "ind":
                return {True: self.arithmetic.mpf(1), False: self.arithmetic.mpf(0)}.get(
                    self.relation(a[0], env)
                )
            case "sphere":
                raise Unknown
            case "pole":
                return (
                    self.arithmetic.mpf(1),
                    *[self.arithmetic.mpf(0)] * (self.dimensions[t.data] - 1),
                )
            case "near":
                points = self.set(a[0], env)
                z = self.term(a[1], env)
                if z is None:
                    return None
                return min(points, key=lambda p: _norm(_minus(z, p))) if points else z
            case "adjoint":
                return tuple(zip(*self.term(a[0], env), strict=True))
            case "app":
                args = tuple(self.term(x, env) for x in a)
                return None if None in args else self.of_function(t.data, args)
        values = [self.term(x, env) for x in a]
        return None if None in values else self.apply(t, values)

    def apply(self, t: Term, x: list[Value]) -> Value:
        match t.op:
            case "add":
                return x[0] + x[1] if t.sort == "R" else _minus(x[0], _times(-1, x[1]))
            case "sub":
                return x[0] - x[1] if t.sort == "R" else _minus(x[0], x[1])
            case "neg":
                return -x[0] if t.sort == "R" else _times(-1, x[0])
            case "mul":
                return x[0] * x[1] if t.sort == "R" else _times(x[0], x[1])
            case "div":
                if x[1] == 0:
                    return None
                return x[0] / x[1] if t.sort == "R" else _times(1 / x[1], x[0])
            case "pow":
                return x[0] ** t.data
            case "root":
                return None if x[0] < 0 else self.arithmetic.root(x[0], t.data)
            case "exp":
                return self.arithmetic.exp(x[0])
            case "log":
                return None if x[0] <= 0 else self.arithmetic.log(x[0])
            case "abs":
                return abs(x[0])
            case "max":
                return max(x)
            case "inner":
                return self.arithmetic.fsum(p * q for p, q in zip(*x, strict=True))
            case "norm":
                return _norm(x[0])
            case "apply":
                return tuple(
                    self.arithmetic.fsum(p * q for p, q in zip(row, x[1], strict=True))
                    for row in x[0]
                )
        raise Unknown

    def set(self, s: Term, env: Mapping[Term, Value]) -> list[Value]:
        if s.op != "sphere":
            return self.term(s, env)
        if self.dimensions[s.data] != 1:
            raise Unknown
        return [(self.arithmetic.mpf(1),), (self.arithmetic.mpf(-1),)]

    def psi(self, t: Term, env: Mapping[Term, Value]) -> Value:
        p, over = t.data
        law = [(self.term(t.args[0], {**env, **w}), r) for w, r in self.law(over)]
        if any(v is None for v, _ in law):
            return None
        sizes = [(abs(v), r) for v, r in law if v != 0]
        if not sizes:
            return self.arithmetic.mpf(0)
        rest = 1 - self.arithmetic.fsum(r for _, r in sizes)

        def moment(k: Any) -> Any:
            try:
                return rest + self.arithmetic.fsum(
                    r * self.arithmetic.exp((v / k) ** p) for v, r in sizes
                )
            except OverflowError:
                return math.inf

        high = max(v for v, _ in sizes) / self.arithmetic.log(2) ** (self.arithmetic.mpf(1) / p)
        low = high / 1000
        while moment(low) <= 2:
            low /= 1000
        for _ in range(self.arithmetic.steps):
            middle = (low + high) / 2
            low, high = (low, middle) if moment(middle) <= 2 else (middle, high)
        return high

    # formulas

    def relation(self, f: Term, env: Mapping[Term, Value]) -> bool | None:
        """Whether a formula holds at given values; None if undefined."""
        a = f.args
        match f.op:
            case "le" | "lt" | "eq":
                x, y = self.term(a[0], env), self.term(a[1], env)
                if x is None or y is None:
                    return None
                slack = self.arithmetic.tolerance * (1 + abs(x) + abs(y))
                if abs(x - y) <= slack:  # equal as far as can be told
                    return f.op != "lt" or None
                return bool(x < y) and f.op != "eq"
            case "finite":
                return True if self.term(a[0], env) is not None else None
            case "member":
                z = self.term(a[0], env)
                if z is None:
                    return None
                points = self.set(a[1], env)
                return any(_norm(_minus(z, p)) <= self.arithmetic.tolerance for p in points)
            case "net":
                net, fineness = self.term(a[0], env), self.term(a[1], env)
                space = a[0].sort[2:]
                if self.dimensions[space] != 1:
                    raise Unknown
                sphere = [(self.arithmetic.mpf(1),), (self.arithmetic.mpf(-1),)]
                on = all(p in sphere for p in net)
                return on and all(any(_norm(_minus(z, p)) <= fineness for p in net) for z in sphere)
            case "indep":
                return self.independent(f.data)
        raise Unknown

    def independent(self, groups: tuple[tuple[Term, ...], ...]) -> bool:
        everything = tuple(v for g in groups for v in g)
        joint: dict[Any, Any] = {}
        singles: list[dict[Any, Any]] = [{} for _ in groups]
        for world, p in self.law(everything):
            keys = tuple(tuple(repr(world[v]) for v in g) for g in groups)
            joint[keys] = joint.get(keys, 0) + p
            for single, key in zip(singles, keys, strict=True):
                single[key] = single.get(key, 0) + p
        return all(
            abs(
                joint.get(keys, 0)
                - self.arithmetic.fprod(s[k] for s, k in zip(singles, keys, strict=True))
            )
            <= self.arithmetic.tolerance
            for keys in itertools.product(*singles)
        )

    def holds(self, f: Term) -> bool:
        """Whether a formula is true: defined, and almost surely so."""
        if f.op == "indep":
            return self.relation(f, {}) is True
        worlds = self.law(tuple(f.random))
        return all(self.relation(f, world) is True for world, _ in worlds)

    def fails(self, f: Term) -> bool:
        """Whether a formula is false or undefined beyond rounding (a strict tie is neither)."""
        for world, _ in self.law(tuple(f.random)):
            value = self.relation(f, world)
            if value is False:
                return True
            if value is None:
                sides = [self.term(t, world) for t in f.args if t.sort == "R"]
                if any(s is None for s in sides):
                    return True
                if f.op == "lt":  # a tie: false, unless only rounding hides the difference
                    return bool(abs(sides[0] - sides[1]) <= self.arithmetic.tolerance**1.4)
        return False


def _unsigned(x: Value) -> Value:
    return tuple(map(_unsigned, x)) if isinstance(x, tuple) else x + 0


def _minus(x: Value, y: Value) -> Value:
    return tuple(p - q for p, q in zip(x, y, strict=True))


def _times(c: Any, x: Value) -> Value:
    return tuple(c * p for p in x)


def _norm(x: Value) -> Any:
    return sum(p * p for p in x) ** 0.5


def names_of_spaces(*formulas: Term) -> set[str]:
    """The names of all spaces that the sorts of variables and subterms mention."""
    found: set[str] = set()

    def walk(t: Term) -> None:
        found.update(t.sort.split(":")[1:])
        if t.op == "app":
            found.update(t.data.sort.split(":")[1:])
        for x in t.args:
            walk(x)
        if t.op in ("E", "psi", "mean", "sup", "every"):
            for v in t.mentioned:
                if isinstance(v, Term):
                    found.update(v.sort.split(":")[1:])

    for f in formulas:
        walk(f)
    return found


def counterexample(
    hypotheses: tuple[Term, ...], conclusion: Term, rng: python_random.Random, models: int
) -> tuple[Model | None, int]:
    """A model of the hypotheses in which the conclusion fails, if one is found; how many models
    satisfied the hypotheses.
    """
    named = names_of_spaces(*hypotheses, conclusion)
    satisfied = 0
    for _ in range(models):
        seed, sizes = rng.getrandbits(40), {s: rng.choice((1, 1, 2)) for s in sorted(named)}
        try:
            model = Model(seed, sizes)
            if not all(model.holds(h) for h in hypotheses):
                continue
            satisfied += 1
            if model.fails(conclusion):
                with mpmath.workdps(DIGITS):
                    model = Model(seed, sizes, Digits)
                    if all(model.holds(h) for h in hypotheses) and model.fails(conclusion):
                        return model, satisfied
        except (Unknown, OverflowError, ValueError, mpmath.libmp.NoConvergence):
            continue
    return None, satisfied
