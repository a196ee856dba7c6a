"""Inequalities on the infinite part of a box: interval arithmetic up to ∞.

The variable that goes to infinity is replaced by z = ±variable, z ≥ T. The form to be shown ≥ 0 is
written in several ways; terms zᵏ·exp(q) with k > 0 are bounded through their logarithmic
derivative.
"""

from __future__ import annotations

import itertools
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import sympy as sp
from flint import arb, fmpq

from memorize.evidence import balls
from memorize.evidence.balls import Balls, Decay, Interval, Intervals, Program
from memorize.evidence.identity import derive_zero

__all__ = ["Part", "Tail", "prove_tail"]

ARGUMENTS = ("value", "monotone", "reciprocal")
BOXES = (16, 1024)
"""Parts into which a tail is cut at most: first with all arguments cheaply, then with patience."""
NARROWER = 8
"""How often the strip beside a tight line is halved."""
ORDER = 8
"""Highest derivative that the argument beside a tight line looks at."""


@dataclass(frozen=True)
class Tail:
    """How an infinite end of ``variable`` is dealt with: the part beyond ``beyond``.

    ``factor`` is a positive expression to multiply the inequality with; ``form`` is factor·(right −
    left) written otherwise. Both are checked. ``by`` is ``"value"`` (interval arithmetic up to ∞),
    ``"monotone"`` (a derivative of one sign, with the value at the cut or the limit at ∞),
    ``"reciprocal"`` (variable = 1/u), or None for the first of these that succeeds (the last only
    where no transcendental function holds the variable).
    """

    variable: sp.Symbol
    end: Any
    beyond: Any
    factor: Any = sp.S.One
    form: Any = None
    by: str | None = None

    def __post_init__(self) -> None:
        if self.end not in (sp.oo, -sp.oo):
            raise ValueError(f"end must be oo or -oo, got {self.end!r}")
        if self.by not in (None, *ARGUMENTS):
            raise ValueError(f"by must be one of {', '.join(ARGUMENTS)} or None, got {self.by!r}")
        if not balls.exact("beyond", self.beyond).is_Rational:
            raise ValueError(f"beyond must be rational, got {self.beyond}")

    @property
    def outward(self) -> int:
        return 1 if self.end == sp.oo else -1

    def __str__(self) -> str:
        relation = "≥" if self.outward > 0 else "≤"
        return f"tail {self.variable} {relation} {sp.sympify(self.beyond)}"


@dataclass(frozen=True)
class Part:
    """One part of a proof: where, by which argument, in how many boxes."""

    part: str
    argument: str
    boxes: int


class Problem(Protocol):
    """What a tail needs to know of the inequality expr ≥ 0 (``strict``: > 0)."""

    @property
    def expr(self) -> sp.Expr: ...
    @property
    def strict(self) -> bool: ...
    @property
    def ends(self) -> Mapping[sp.Symbol, tuple[sp.Expr, sp.Expr]]: ...
    @property
    def cuts(self) -> Mapping[sp.Symbol, tuple[sp.Expr, sp.Expr]]: ...
    @property
    def tight(self) -> Sequence[Mapping[sp.Symbol, sp.Expr]]: ...

    def witness(self, point: Sequence[Any]) -> dict[str, str] | None: ...

    def bounded(self, expr: sp.Expr, box: Mapping[sp.Symbol, tuple[sp.Expr, sp.Expr]]) -> int: ...


def prove_tail(problem: Problem, tail: Tail) -> tuple[Part | None, dict[str, str] | None]:
    """The part that proves ``tail``, or a witness in it, or neither.

    Raises ``ValueError`` if the tail's factor is not positive or its form not equal.
    """
    return _Proof(problem, tail).run()


class _Proof:
    def __init__(self, problem: Problem, tail: Tail) -> None:
        self.problem, self.tail = problem, tail
        self.z = sp.Dummy(tail.variable.name, real=True)
        self.outwards = {tail.variable: tail.outward * self.z}
        self.start = tail.outward * sp.sympify(tail.beyond)
        self.variables = tuple(self.z if s == tail.variable else s for s in problem.ends)
        self.position = self.variables.index(self.z)
        self.box = tuple(
            Interval(balls.ball(self.start).lower(), balls.INFINITY)
            if s == self.z
            else Interval(_end(problem.ends[s][0], False), _end(problem.ends[s][1], True))
            for s in self.variables
        )
        self.points = self._some_points()
        self.boxes = BOXES[-1]
        self.written: dict[sp.Expr, tuple[list[sp.Expr], Iterator[sp.Expr]]] = {}
        self.product = (tail.factor * problem.expr).xreplace(self.outwards)

    def run(self) -> tuple[Part | None, dict[str, str] | None]:
        witness = self._witness()
        if witness is not None:
            return None, witness
        tail = self.tail
        count = 0
        if not _positive(tail.factor):
            count = self._sign(tail.factor.xreplace(self.outwards), self.box, True)
            if not count:
                raise ValueError(f"factor of {tail} must be positive there: {tail.factor}")
        argue: dict[str, Callable[[sp.Expr], tuple[str, int] | None]] = {
            "value": self._by_value,
            "monotone": self._by_monotone,
            "reciprocal": self._by_reciprocal,
        }
        names = (tail.by,) if tail.by else ARGUMENTS
        for self.boxes, name in itertools.product(BOXES, names):
            for form in self._forms():
                found = argue[name](form)
                if found is not None:
                    text, boxes = found
                    text = text if tail.factor == 1 else f"times {tail.factor}: {text}"
                    return Part(str(tail), text, count + boxes), None
        return None, None

    # the three arguments

    def _by_value(self, form: sp.Expr) -> tuple[str, int] | None:
        boxes = self._sign(form, self.box, self.problem.strict)
        if boxes:
            return "interval arithmetic up to infinity", boxes
        return self._beside_a_line()

    def _by_monotone(self, form: sp.Expr) -> tuple[str, int] | None:
        """A form that moves one way along the tail is at least the smaller of its two ends."""
        if not balls.is_smooth(form):
            return None
        derivative = sp.diff(balls.without_decay(form), self.z)
        cut = Interval.of(balls.ball(self.start))
        infinity = Interval(balls.INFINITY, balls.INFINITY)
        ways = (
            (1, "increasing outwards, ≥ 0 at the cut", Intervals(), cut),
            (-1, "decreasing outwards, limit ≥ 0", Intervals(limit=True), infinity),
        )
        for way in self._written(derivative):
            for sign, text, algebra, end in ways:
                moves = self._sign(sign * way, self.box, False)
                if not moves:
                    continue
                edge = tuple(end if i == self.position else s for i, s in enumerate(self.box))
                stays = self._sign(form, edge, self.problem.strict, algebra)
                if stays:
                    return text, moves + stays
        return None

    def _by_reciprocal(self, form: sp.Expr) -> tuple[str, int] | None:
        """Substitute z = 1/u: a bounded box, once the form is simplified."""
        others = [s for s in self.variables if s != self.z]
        infinite = any(end.is_infinite for s in others for end in self.problem.ends[s])
        if not self.start > 0 or infinite:
            return None
        if self.tail.by is None and not form.is_algebraic_expr(self.z):
            return None
        u = sp.Dummy("u", real=True)
        bounded = sp.simplify(form.xreplace({self.z: 1 / u}))
        if not self._agree(bounded.xreplace({u: 1 / self.z}), form):
            return None
        sides = {s: self.problem.ends[s] for s in others} | {u: (sp.S.Zero, 1 / self.start)}
        boxes = self.problem.bounded(bounded, sides)
        return (f"{self.tail.variable} = {self.tail.outward}/u", boxes) if boxes else None

    # two variables, equality on a whole line

    def _beside_a_line(self) -> tuple[str, int] | None:
        """Beside y = a, where all derivatives in y below order k vanish: the k-th has one sign."""
        if len(self.variables) != 2 or not balls.is_smooth(self.product):
            return None
        other = 1 - self.position
        y = self.variables[other]
        side = self.box[other]
        for a in self._lines(y):
            order = self._order(y, a)
            if order is None:
                continue
            at = Interval.of(balls.ball(a))
            derivative = sp.diff(self.product, y, order)
            for shrink in range(NARROWER):
                count, rest = 0, []
                for sign, room in ((1, side.hi - at.hi), (-1, at.lo - side.lo)):
                    if not room > 0:
                        continue
                    reach = (room / 2**shrink).mid() if room.is_finite() else arb(1) / 2**shrink
                    strip = (
                        Interval(at.lo, at.hi + reach)
                        if sign > 0
                        else Interval(at.lo - reach, at.hi)
                    )
                    boxes = self._sign_written(sign**order * derivative, self._with(other, strip))
                    if not boxes:
                        break
                    count += boxes
                    if sign > 0 and strip.hi < side.hi:
                        rest.append(Interval(strip.hi.lower(), side.hi))
                    elif sign < 0 and strip.lo > side.lo:
                        rest.append(Interval(side.lo, strip.lo.upper()))
                else:
                    parts = [self._sign_written(self.product, self._with(other, r)) for r in rest]
                    if all(parts):
                        text = f"interval arithmetic up to infinity; beside {y} = {a} for the "
                        return text + f"derivative of order {order} in {y}", count + sum(parts)
        return None

    def _lines(self, y: sp.Symbol) -> Iterator[sp.Expr]:
        """Values of y on which the inequality is an equality, exactly."""
        named = [p[y] for p in self.problem.tight if set(p) == {y}]
        ends = [e for e in self.problem.ends[y] if not e.is_infinite]
        for a in dict.fromkeys([*named, *ends]):
            if self.problem.strict and not (a == 0 and y.is_zero is False):
                continue
            if self._vanishes(self.product, y, a):
                yield a

    def _order(self, y: sp.Symbol, a: sp.Expr) -> int | None:
        for order in range(1, ORDER + 1):
            if not self._vanishes(sp.diff(self.product, y, order), y, a):
                return order
        return None

    def _vanishes(self, expr: sp.Expr, y: sp.Symbol, a: sp.Expr) -> bool:
        on_line = expr.xreplace({y: a})
        probe = Program(on_line, (self.z,)).run(Balls(), balls.ball(self.start) + 1)
        return bool(probe.contains(0)) and derive_zero(on_line).reached

    def _with(self, i: int, side: Interval) -> tuple[Interval, ...]:
        return tuple(side if k == i else s for k, s in enumerate(self.box))

    # forms

    def _forms(self) -> Iterator[sp.Expr]:
        """factor·(right − left), written in ways that are worth evaluating; all checked equal."""
        if self.tail.form is None:
            yield from self._written(self.product)
            return
        unknown = self.tail.form.free_symbols - set(self.problem.ends)
        if unknown:
            raise ValueError(f"form of {self.tail} holds unknown symbols {unknown}")
        form = self.tail.form.xreplace(self.outwards)
        if not (self._agree(form, self.product) and derive_zero(form - self.product).reached):
            raise ValueError(
                f"form of {self.tail} must equal factor·(right − left), "
                "and that could not be derived"
            )
        yield form
        yield from self._written(form)

    def _written(self, expr: sp.Expr) -> Iterator[sp.Expr]:
        """``expr`` in several ways, all of which agree with it; each is worked out once."""
        known, more = self.written.setdefault(expr, ([], self._distinct_ways(expr)))
        yield from list(known)
        for way in more:
            known.append(way)
            yield way

    def _distinct_ways(self, expr: sp.Expr) -> Iterator[sp.Expr]:
        seen = set()
        for way in self._ways(expr):
            form = _nested(way)
            if form not in seen and self._agree(form, expr):
                seen.add(form)
                yield form

    def _ways(self, expr: sp.Expr) -> Iterator[sp.Expr]:
        """Not by ``sympy.factor``: exp(5574x/10000) would become a polynomial of degree 5574."""
        yield expr
        expanded = sp.powsimp(sp.expand(expr))
        yield _decaying(expanded, self.z)
        yield sp.factor_terms(expr)
        for power in sorted(expanded.atoms(sp.exp), key=sp.default_sort_key):
            rest = sp.powsimp(sp.expand(expr * sp.exp(-power.args[0])))
            yield sp.Mul(power, _decaying(rest, self.z), evaluate=False)

    def _agree(self, a: sp.Expr, b: sp.Expr) -> bool:
        """Whether two forms agree in balls at a few points of the tail (a guard, not a proof)."""
        try:
            programs = [Program(e, self.variables) for e in (a, b)]
        except balls.Unsupported:
            return False
        for point in self.points:
            one, other = (p.run(Balls(), *[arb(c) for c in point]) for p in programs)
            if not (one.is_finite() and other.is_finite() and one.overlaps(other)):
                return False
        return True

    # points and signs

    def _some_points(self) -> list[tuple[fmpq, ...]]:
        """Rational points of the tail, ever further out."""
        middles: list[fmpq | None] = []
        for symbol in self.variables:
            if symbol == self.z:
                middles.append(None)
            else:
                lo, hi = self.problem.cuts[symbol]
                middles.append(((balls.ball(lo) + balls.ball(hi)) / 2).mid().fmpq())
        start = fmpq(int(self.start.p), int(self.start.q))
        steps = (fmpq(0), fmpq(1, 2), fmpq(1), fmpq(3), fmpq(7), fmpq(20))
        return [tuple(start + step if m is None else m for m in middles) for step in steps]

    def _witness(self) -> dict[str, str] | None:
        program = Program(self.problem.expr.xreplace(self.outwards), self.variables)
        for point in self.points:
            if program.run(Balls(), *[arb(c) for c in point]) < 0:
                outer = [
                    c * self.tail.outward if i == self.position else c for i, c in enumerate(point)
                ]
                witness = self.problem.witness(outer)
                if witness is not None:
                    return witness
        return None

    def _sign_written(self, expr: sp.Expr, box: tuple[Interval, ...]) -> int:
        """As :meth:`_sign`, for the first way of writing ``expr`` that succeeds."""
        signs = (self._sign(way, box, self.problem.strict) for way in self._written(expr))
        return next((count for count in signs if count), 0)

    def _sign(
        self,
        expr: sp.Expr,
        box: tuple[Interval, ...],
        strict: bool,
        algebra: Intervals = Intervals(),  # noqa: B008 (frozen)
    ) -> int:
        """In how many parts ``expr`` ≥ 0 (> 0) was shown on ``box``; 0 if it was not."""
        try:
            program = Program(expr, self.variables)
        except balls.Unsupported:
            return 0
        queue = deque([(box, 0)])
        count = 0
        while queue:
            part, depth = queue.popleft()
            count += 1
            value = program.run(algebra, *part)
            if value.lo > 0 if strict else value.lo >= 0:
                continue
            halves = _halves(part, depth)
            if value.hi < 0 or count + len(queue) > self.boxes or not halves:
                return 0
            queue.extend((half, depth + 1) for half in halves)
        return count


def _nested(expr: sp.Expr) -> sp.Expr:
    """Polynomial arguments of functions in Horner's form, which intervals like better."""

    def horner(arg: sp.Expr) -> sp.Expr:
        symbols = sorted(arg.free_symbols, key=str)
        return sp.horner(arg) if symbols and arg.is_polynomial(*symbols) else _nested(arg)

    if expr.is_Atom or isinstance(expr, Decay):
        return expr
    if isinstance(expr, sp.Function | sp.exp):
        return expr.func(*[horner(a) for a in expr.args], evaluate=False)
    return expr.func(*[_nested(a) if isinstance(a, sp.Expr) else a for a in expr.args])


def _decaying(expr: sp.Expr, z: sp.Symbol) -> sp.Expr:
    """Terms zᵏ·exp(q), k > 0 and q a polynomial in z, as :class:`Decay`."""
    terms = []
    for term in sp.Add.make_args(expr):
        exponent, power, rest = sp.S.Zero, sp.S.Zero, []
        for factor in sp.Mul.make_args(term):
            base, to = factor.as_base_exp()
            if isinstance(factor, sp.exp):
                exponent += factor.args[0]
            elif base == z and to.is_Integer:
                power += to
            else:
                rest.append(factor)
        if power > 0 and exponent.has(z) and exponent.is_polynomial(z):
            rate = sp.horner(sp.expand(power + z * sp.diff(exponent, z)))
            term = sp.Mul(*rest, Decay(z, power, sp.horner(exponent), rate))
        terms.append(term)
    return sp.Add(*terms)


def _halves(box: tuple[Interval, ...], depth: int) -> list[tuple[Interval, ...]]:
    """Two parts, the sides in turn; [a, ∞] is cut at max(2a, a + 1)."""
    wide = [i for i, side in enumerate(box) if side.lo < side.hi]
    if not wide:
        return []
    i = wide[depth % len(wide)]
    side = box[i]
    if side.lo.is_finite() and side.hi.is_finite():
        cut = ((side.lo + side.hi) / 2).mid()
    elif side.lo.is_finite():
        cut = max(2 * side.lo, side.lo + 1).mid()
    elif side.hi.is_finite():
        cut = min(2 * side.hi, side.hi - 1).mid()
    else:
        cut = arb(0)
    if not (side.lo < cut and cut < side.hi):
        return []
    halves = (Interval(side.lo, cut), Interval(cut, side.hi))
    return [tuple(h if k == i else s for k, s in enumerate(box)) for h in halves]


def _end(value: sp.Expr, upper: bool) -> arb:
    """A bound on an end of a box, outwards."""
    if value.is_infinite:
        return balls.INFINITY if value == sp.oo else -balls.INFINITY
    enclosed = balls.ball(value)
    return enclosed.upper() if upper else enclosed.lower()


def _positive(expr: sp.Expr) -> bool:
    """Positive by its looks: products of exponentials and positive numbers."""
    if isinstance(expr, sp.Mul):
        return all(_positive(a) for a in expr.args)
    return isinstance(expr, sp.exp) or (expr.is_number and bool(expr.is_positive))
