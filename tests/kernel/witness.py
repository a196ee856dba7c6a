"""Witnesses: for each declared sequent a finite model in which all its hypotheses are true.

A sequent whose hypotheses contradict each other is proved by anything, and no rule can notice. A
witness is exact: rational numbers, functions as programs, and what is claimed for all reals is
decided by z3 (a second use of it, apart from the kernel). Only exponentials, roots and ψ-norms are
evaluated with forty digits. Where no witness is written down, one is looked for at random.
"""

from __future__ import annotations

import math
import random as python_random
from collections.abc import Callable, Iterator, Mapping, Sequence
from fractions import Fraction
from itertools import product
from typing import Any

import mpmath
import z3
from model import DIGITS, Digits, Floats, Model, Unknown, Value, names_of_spaces

from memorize.kernel import Function, Sequent, Term
from memorize.kernel.terms import RANDOM

INEXACT = frozenset({"exp", "log", "root", "psi"})
World = tuple[Fraction, Mapping[Term, Any]]


class Exact:
    """Rational arithmetic, and z3's for values that stand for all reals."""

    tolerance = 0
    fsum, mpf = staticmethod(sum), Fraction

    @staticmethod
    def fprod(factors: Any) -> Any:
        result = Fraction(1)
        for factor in factors:
            result = result * factor
        return result


def where(condition: Any, yes: Any, no: Any) -> Any:
    """``yes`` if the condition holds, else ``no``; the condition may be z3's."""
    if isinstance(condition, z3.BoolRef):
        return z3.If(condition, z3.RealVal(0) + yes, z3.RealVal(0) + no)
    return yes if condition else no


def times(c: Any, v: Value) -> Value:
    """A vector's multiple."""
    return tuple(c * x for x in v)


class Witness(Model):
    """Values for all variables: random ones by world, functions as Python functions."""

    def __init__(
        self,
        worlds: Sequence[World],
        values: Mapping[Term, Any] | None = None,
        functions: Mapping[str, Callable[..., Any]] | None = None,
        dimension: int = 2,
        arithmetic: Any = Exact,
    ) -> None:
        assert sum(p for p, _ in worlds) == 1
        self.arithmetic, self.dimension = arithmetic, dimension
        self.given = (worlds, values or {}, functions or {}, dimension)
        self.worlds = [
            (self.number_of(p), {v: self.number_of(t) for v, t in w.items()}) for p, w in worlds
        ]
        self.fixed = {v: self.number_of(t) for v, t in (values or {}).items()}
        self.named = functions or {}
        self.side: list[Any] = []

    def numeric(self) -> Witness:
        """The same with forty digits."""
        return Witness(*self.given, arithmetic=Digits)

    def number_of(self, value: Any) -> Any:
        if isinstance(value, tuple | list):
            return type(value)(map(self.number_of, value))
        value = Fraction(value)
        return self.arithmetic.mpf(value.numerator) / value.denominator

    @property
    def dimensions(self) -> Any:
        return _All(self.dimension)

    @dimensions.setter
    def dimensions(self, _: Any) -> None: ...

    def law(self, over: tuple[Term, ...]) -> list[tuple[dict[Term, Value], Any]]:
        """Equal worlds are one."""
        plain = [v for v in over if v.kind == "random"]
        merged = self.merged(plain)
        for s in over:
            if s.kind == "sample":
                omega = s.data[4]
                one = [(w[omega], p) for w, p in self.merged([omega])]
                draws = [
                    ([v for v, _ in draw], self.arithmetic.fprod(p for _, p in draw))
                    for draw in product(one, repeat=int(self.of_fixed(s.data[5])))
                ]
                merged = [({**w, s: d}, p * r) for w, p in merged for d, r in draws]
        return merged

    def merged(self, plain: list[Term]) -> list[tuple[dict[Term, Value], Any]]:
        together: dict[tuple[Value, ...], Any] = {}
        for p, world in self.worlds:
            key = tuple(world[v] for v in plain)
            together[key] = together.get(key, 0) + p
        return [(dict(zip(plain, key, strict=True)), p) for key, p in together.items()]

    def of_fixed(self, v: Term) -> Value:
        return self.fixed[v]

    def of_function(self, f: Function, args: tuple[Value, ...]) -> Value:
        return self.named[f.name](*args)

    def apply(self, t: Term, x: list[Value]) -> Value:
        if t.op == "norm":
            return self.length(x[0])
        symbolic = any(isinstance(y, z3.ExprRef) for y in x)
        if symbolic and t.op == "abs":
            return z3.If(x[0] >= 0, x[0], -x[0])
        if symbolic and t.op == "max":
            return where(x[0] >= x[1], x[0], x[1])
        if t.op in INEXACT and self.arithmetic is Exact:
            raise Unknown
        if t.op == "div" and isinstance(x[1], z3.ExprRef):
            raise Unknown
        return super().apply(t, x)

    def length(self, v: Value) -> Any:
        square = sum(x * x for x in v)
        if isinstance(square, z3.ExprRef):
            r = z3.FreshReal("norm")
            self.side += [r >= 0, r * r == square]
            return r
        if self.arithmetic is Exact:
            root = Fraction(math.isqrt(square.numerator), math.isqrt(square.denominator))
            if root * root != square:
                raise Unknown
            return root
        return self.arithmetic.sqrt(square)

    def term(self, t: Term, env: Mapping[Term, Value]) -> Value:
        """An indicator of what stands for all reals is one of z3's terms."""
        if t.op == "ind" and t.args[0].op in ("le", "lt"):
            left, right = (self.term(a, env) for a in t.args[0].args)
            if any(isinstance(side, z3.ExprRef) for side in (left, right)):
                return where(left <= right if t.args[0].op == "le" else left < right, 1, 0)
        return super().term(t, env)

    def relation(self, f: Term, env: Mapping[Term, Value]) -> bool | None:
        match f.op:
            case "every":
                return self.for_all(f, env)
            case "net":
                return self.net(*(self.term(a, env) for a in f.args))
            case "member" if f.args[1].op == "sphere":
                return bool(sum(x * x for x in self.term(f.args[0], env)) == 1)
        return super().relation(f, env)

    def for_all(self, f: Term, env: Mapping[Term, Value]) -> bool | None:
        """Whether no real values of the bound variables make the relation false."""
        body = f.args[0]
        if body.op not in ("le", "lt", "eq") or INEXACT & set(_nodes(body)):
            raise Unknown
        self.side = []
        symbols = {v: self.unknown(v.sort) for v in f.data}
        left, right = (self.term(a, {**env, **symbols}) for a in body.args)
        if left is None or right is None:
            return None
        left = z3.RealVal(0) + left
        claim = {"le": left <= right, "lt": left < right, "eq": left == right}[body.op]
        return self.proved(claim)

    def net(self, net: list[Value], fineness: Any) -> bool:
        """On the sphere, and every point of the sphere within the fineness of one of its points."""
        if any(sum(x * x for x in p) != 1 for p in net):
            return False
        z = self.unknown("V:d")
        self.side = [sum(x * x for x in z) == 1]
        near = [sum((x - y) ** 2 for x, y in zip(z, p, strict=True)) for p in net]
        return fineness >= 0 and self.proved(z3.Or(*(n <= fineness**2 for n in near)))

    def unknown(self, sort: str) -> Any:
        if sort == "R":
            return z3.FreshReal()
        return tuple(z3.FreshReal() for _ in range(self.dimension))

    def proved(self, claim: Any) -> bool:
        solver = z3.Solver()
        solver.set("rlimit", 5_000_000)
        solver.add(*self.side, z3.Not(claim))
        answer = solver.check()
        if answer == z3.unknown:
            raise Unknown
        return bool(answer == z3.unsat)

    def holds(self, f: Term) -> bool:
        if f.op not in ("every", "net") and INEXACT & set(_nodes(f)) and self.arithmetic is Exact:
            with mpmath.workdps(DIGITS):
                return self.numeric().holds(f)
        return super().holds(f) if f.random else self.relation(f, {}) is True


class _All(dict[str, int]):
    """Every space has the one dimension."""

    def __init__(self, dimension: int) -> None:
        super().__init__()
        self.dimension = dimension

    def __missing__(self, _: str) -> int:
        return self.dimension


def _nodes(t: Term) -> Iterator[str]:
    yield t.op
    for a in t.args:
        yield from _nodes(a)


def uniform(v: Term, values: Sequence[Any]) -> list[World]:
    """A variable with equally likely values."""
    return [(Fraction(1, len(values)), {v: value}) for value in values]


def independently(*laws: Sequence[World]) -> list[World]:
    """The product of laws."""
    result: list[World] = [(Fraction(1), {})]
    for law in laws:
        result = [(p * r, {**w, **more}) for (p, w), (r, more) in product(result, law)]
    return result


def constants(model: Model, sequent: Sequent) -> set[Term]:
    """The random variables of the sequent that take one value only."""
    spoken = {v for f in (*sequent.hypotheses, sequent.conclusion) for v in f.mentioned}
    laws = {v for v in spoken if isinstance(v, Term) and v.kind in RANDOM and v.kind != "sample"}
    return {v for v in laws if len({repr(w[v]) for w, _ in model.law((v,))}) < 2}


def refuted(model: Model, sequent: Sequent) -> list[Term]:
    """The hypotheses that are not true in the model."""
    return [h for h in sequent.hypotheses if not model.holds(h)]


def conclusion_fails(model: Model, sequent: Sequent) -> bool:
    """Whether the claim itself is false in the model (not, if that cannot be told)."""
    claim = sequent.conclusion
    if isinstance(model, Witness) and (INEXACT | {"norm"}) & set(_nodes(claim)):
        model = model.numeric()
    try:
        with mpmath.workdps(DIGITS):
            return model.fails(claim)
    except Unknown:
        return False


def search(sequent: Sequent, tries: int = 400) -> Model | None:
    """A random model of the hypotheses in which no random variable is constant, if one turns up."""
    rng = python_random.Random(0)
    spaces = sorted(names_of_spaces(*sequent.hypotheses, sequent.conclusion))
    for _ in range(tries):
        seed, sizes = rng.getrandbits(40), {s: rng.choice((1, 2)) for s in spaces}
        try:
            with mpmath.workdps(DIGITS):
                for arithmetic in (Floats, Digits):
                    model = Model(seed, sizes, arithmetic)
                    if refuted(model, sequent):
                        break
                else:
                    if not constants(model, sequent):
                        return model
        except (Unknown, OverflowError, ValueError):
            continue
    return None
