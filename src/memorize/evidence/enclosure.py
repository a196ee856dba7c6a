"""Inequalities in one or two real variables, proved on a box by ball arithmetic.

The box is cut adaptively; on each part the inequality follows from the ball value, the mean value
form, or monotonicity. Where equality holds, a Taylor argument with exact zeros takes over; an
infinite end needs a stated :class:`Tail`. All searches are bounded by counts, never by time.
"""

from __future__ import annotations

import itertools
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import sympy as sp
from flint import arb, arb_series, fmpq

from memorize import require
from memorize.evidence import balls
from memorize.evidence.balls import Balls, Interval, Intervals, Program
from memorize.evidence.identity import derive_zero
from memorize.evidence.infinity import Part, Tail, prove_tail
from memorize.kernel.evidence import Claim, Finding, Outcome

__all__ = ["Certificate", "Enclosure", "Part", "Tail", "enclose"]

DEPTH = 64
"""A part of the box is cut at most this often."""
ORDER = 8
"""Highest derivative that the argument at a tight point looks at."""
NARROWER = 12
"""How often the strip beside a tight line is halved."""
STRIP = 1024
"""Boxes for the derivative beside a tight line, and for a tail brought to a bounded box."""
SHOWN = 4
"""Undecided parts that a certificate names; the others are counted."""

Point = tuple[fmpq, ...]
Box = tuple[tuple[fmpq, fmpq], ...]


@dataclass(frozen=True)
class Certificate:
    """What :func:`enclose` found out."""

    outcome: Outcome
    bits: int
    parts: tuple[Part, ...] = ()
    witness: Mapping[str, str] | None = None
    left_over: tuple[str, ...] = ()

    @property
    def boxes(self) -> int:
        return sum(p.boxes for p in self.parts)

    def strict(self) -> dict[str, Any]:
        """As JSON that depends on nothing but the claim."""
        shown: dict[str, Any] = {"boxes": self.boxes, "bits": self.bits}
        if self.outcome == Outcome.PROVED:
            shown["parts"] = [
                {"part": p.part, "argument": p.argument, "boxes": p.boxes} for p in self.parts
            ]
        if self.witness is not None:
            shown["witness"] = dict(self.witness)
        if self.left_over:
            more = len(self.left_over) - SHOWN
            shown["left over"] = [
                *self.left_over[:SHOWN],
                *([f"and {more} more"] if more > 0 else []),
            ]
        return shown


@dataclass(frozen=True, kw_only=True)
class Enclosure(Claim):
    """``left`` ≤ ``right`` (``strict``: <) for all points of ``box``.

    ``box`` maps one or two real symbols to closed intervals with exact ends; an infinite end needs
    a :class:`Tail`. ``tight`` names points (or, in two variables, lines) where equality holds;
    finite ends and 0 are tried unasked. Symbols named in ``constants`` take those exact values.
    The search stops after ``max_boxes`` parts, computed with ``bits`` bits.

    Raises ``ValueError`` naming the argument for floats, unknown symbols, reversed or infinite
    intervals without a tail, integer symbols; ``Unsupported`` for functions without balls.
    """

    kind: ClassVar[str] = "enclosure"
    right: Any
    box: Mapping[sp.Symbol, tuple[Any, Any]]
    left: Any = sp.S.Zero
    strict: bool = False
    tight: Sequence[Mapping[sp.Symbol, Any]] = ()
    tails: Sequence[Tail] = ()
    max_boxes: int = 20_000
    bits: int = 128

    def __post_init__(self) -> None:
        self._problem()

    def decide(self) -> Finding:
        certificate = self._problem().solve()
        return Finding(certificate.outcome, certificate.strict())

    def _problem(self) -> _Problem:
        left = balls.bind("left", self.left, self.constants)
        right = balls.bind("right", self.right, self.constants)
        tails = tuple(
            replace(
                t,
                factor=balls.bind("factor", t.factor, self.constants),
                form=None if t.form is None else balls.bind("form", t.form, self.constants),
            )
            for t in self.tails
        )
        tight = tuple(
            {s: balls.bind(f"tight[{s}]", v, self.constants) for s, v in point.items()}
            for point in self.tight
        )
        return _problem(
            right - left, self.box, self.strict, tight, tails, self.max_boxes, self.bits
        )


def enclose(
    expr: Any,
    box: Mapping[sp.Symbol, tuple[Any, Any]],
    *,
    strict: bool = False,
    tight: Sequence[Mapping[sp.Symbol, Any]] = (),
    tails: Sequence[Tail] = (),
    max_boxes: int = 20_000,
    bits: int = 128,
) -> Certificate:
    """Decide ``expr`` ≥ 0 (``strict``: > 0) on ``box``; arguments and errors as in
    :class:`Enclosure`.
    """
    expr = balls.bind("expr", expr, {})
    return _problem(expr, box, strict, tight, tails, max_boxes, bits).solve()


# ----------------------------------------------------------------------------- stating the problem


def _problem(
    expr: sp.Expr,
    box: Mapping[sp.Symbol, tuple[Any, Any]],
    strict: bool,
    tight: Sequence[Mapping[sp.Symbol, Any]],
    tails: Sequence[Tail],
    max_boxes: int,
    bits: int,
) -> _Problem:
    """Check every argument, and bring the problem to its inner form."""
    require.positive_int("max_boxes", max_boxes)
    if require.positive_int("bits", bits) < 53:
        raise ValueError(f"bits must be at least 53, got {bits}")
    if not isinstance(box, Mapping) or len(box) not in (1, 2):
        raise ValueError(f"box must map one or two symbols to intervals, got {box!r}")
    ends = {}
    for symbol, interval in box.items():
        ends[symbol] = _interval(symbol, interval)
    variables = tuple(ends)
    unknown = sorted(str(s) for s in expr.free_symbols - set(variables))
    if unknown:
        raise ValueError(
            f"unknown symbols {unknown}: name them, with the same assumptions, in box or constants"
        )
    for tail in tails:
        if tail.variable not in ends:
            raise ValueError(f"tails names {tail.variable}, which is not in box")
    cuts = {}
    for symbol, (lo, hi) in ends.items():
        below, above = _tail(tails, symbol, -sp.oo, lo), _tail(tails, symbol, sp.oo, hi)
        cut_lo = lo if below is None else sp.sympify(below.beyond)
        cut_hi = hi if above is None else sp.sympify(above.beyond)
        if not cut_lo < cut_hi:
            raise ValueError(
                f"tails of {symbol} must leave an interval between them, got [{cut_lo}, {cut_hi}]"
            )
        cuts[symbol] = (cut_lo, cut_hi)
    points = []
    for point in tight:
        if not point or not set(point) <= set(variables):
            raise ValueError(f"tight must name symbols of box, got {dict(point)}")
        points.append({s: balls.exact(f"tight[{s}]", v) for s, v in point.items()})
    Program(expr, variables)
    return _Problem(expr, ends, cuts, strict, tuple(points), tuple(tails), max_boxes, bits)


def _interval(symbol: Any, interval: Any) -> tuple[sp.Expr, sp.Expr]:
    if not isinstance(symbol, sp.Symbol):
        raise ValueError(f"box must be keyed by SymPy symbols, got {symbol!r}")
    if any(getattr(symbol, f"is_{w}") for w in ("integer", "rational", "irrational")):
        raise ValueError(
            f"box holds {symbol}, which is not a real variable (integer or rational); "
            "use a real symbol, or an ExactRun over the integers"
        )
    if symbol.is_extended_real is False:
        raise ValueError(f"box holds {symbol}, which is not real")
    try:
        lo, hi = interval
    except (TypeError, ValueError):
        raise ValueError(f"box[{symbol}] must be a pair (lo, hi), got {interval!r}") from None
    lo, hi = balls.exact(f"box[{symbol}]", lo), balls.exact(f"box[{symbol}]", hi)
    if not lo < hi:
        raise ValueError(f"box[{symbol}] must have lo < hi, got ({lo}, {hi})")
    if (lo.is_negative and symbol.is_nonnegative) or (hi.is_positive and symbol.is_nonpositive):
        raise ValueError(f"box[{symbol}] = ({lo}, {hi}) contradicts the assumptions of {symbol}")
    if lo.is_nonpositive and hi.is_nonnegative and lo * hi != 0 and symbol.is_zero is False:
        raise ValueError(f"box[{symbol}] = ({lo}, {hi}) contains 0, but {symbol} is not zero")
    return lo, hi


def _tail(tails: Sequence[Tail], symbol: sp.Symbol, end: sp.Expr, given: sp.Expr) -> Tail | None:
    """The tail at this end: demanded if the end is infinite, forbidden otherwise."""
    found = [t for t in tails if t.variable == symbol and t.end == end]
    infinite = given == end
    if len(found) > 1 or (found and not infinite):
        raise ValueError(f"tails must hold one Tail for each infinite end, got {found}")
    if infinite and not found:
        raise ValueError(
            f"box[{symbol}] has the infinite end {end}: state a Tail({symbol}, {end}, beyond=…)"
        )
    return found[0] if found else None


# ----------------------------------------------------------------------------- solving the problem


@dataclass(frozen=True)
class _Problem:
    expr: sp.Expr
    ends: Mapping[sp.Symbol, tuple[sp.Expr, sp.Expr]]
    cuts: Mapping[sp.Symbol, tuple[sp.Expr, sp.Expr]]
    strict: bool
    tight: tuple[Mapping[sp.Symbol, sp.Expr], ...]
    tails: tuple[Tail, ...]
    max_boxes: int
    bits: int
    plain: bool = False
    """Whether to leave tight places alone."""

    @property
    def variables(self) -> tuple[sp.Symbol, ...]:
        return tuple(self.ends)

    def solve(self) -> Certificate:
        with balls.precision(self.bits):
            parts: list[Part] = []
            left_over: list[str] = []
            for cell in self._cells():
                bulk = _Bulk(self, cell)
                parts += bulk.run(self.max_boxes - sum(p.boxes for p in parts))
                if bulk.witness is not None:
                    return Certificate(Outcome.REFUTED, self.bits, tuple(parts), bulk.witness)
                left_over += bulk.left_over
            for tail in self.tails:
                part, witness = prove_tail(self, tail)
                if witness is not None:
                    return Certificate(Outcome.REFUTED, self.bits, tuple(parts), witness)
                if part is None:
                    left_over.append(str(tail))
                else:
                    parts.append(part)
            outcome = Outcome.UNDECIDED if left_over else Outcome.PROVED
            return Certificate(
                outcome, self.bits, tuple(_merged(parts)), left_over=tuple(left_over)
            )

    def _cells(self) -> list[dict[sp.Symbol, tuple[sp.Expr, sp.Expr]]]:
        """The bounded part of the box, cut at irrational tight points."""
        sides = []
        for symbol, (lo, hi) in self.cuts.items():
            inner = {p[symbol] for p in self.tight if symbol in p and not p[symbol].is_Rational}
            inner = {v for v in inner if lo < v and v < hi}
            marks = [lo, *sorted(inner, key=lambda v: v.evalf(30)), hi]
            sides.append([(symbol, pair) for pair in itertools.pairwise(marks)])
        return [dict(cell) for cell in itertools.product(*sides)]

    def holds(self, value: arb) -> bool:
        """Whether a ball settles the inequality."""
        return bool(value > 0) if self.strict else bool(value >= 0)

    def witness(self, point: Sequence[Any]) -> dict[str, str] | None:
        """The point as a witness, if it is one: in the box, as its symbols assume, and failing."""
        exact = [_sympy(p) if isinstance(p, fmpq) else p for p in point]
        for (symbol, (lo, hi)), value in zip(self.ends.items(), exact, strict=True):
            inside = lo <= value and value <= hi
            if not (inside and balls.satisfies(symbol, value)):
                return None
        value = self._program().run(Balls(), *[balls.ball(v) for v in exact])
        zero = self.strict and value.contains(0) and _vanishes(self.expr, self.variables, exact)
        if value < 0 or zero:
            return {s.name: str(v) for s, v in zip(self.variables, exact, strict=True)}
        return None

    def bounded(self, expr: sp.Expr, box: Mapping[sp.Symbol, tuple[sp.Expr, sp.Expr]]) -> int:
        """In how many boxes ``expr`` ≥ 0 (> 0) was shown on a bounded box; 0 if it was not."""
        try:
            certificate = replace(
                self, expr=expr, ends=box, cuts=box, tails=(), max_boxes=STRIP, plain=True
            ).solve()
        except balls.Unsupported:
            return 0
        return certificate.boxes if certificate.outcome == Outcome.PROVED else 0

    def _program(self) -> Program:
        return Program(self.expr, self.variables)


class _Bulk:
    """A bounded cell: first the tight places, then subdivision of what they leave."""

    def __init__(
        self, problem: _Problem, cell: Mapping[sp.Symbol, tuple[sp.Expr, sp.Expr]]
    ) -> None:
        self.problem = problem
        self.original = cell
        self.maps: list[sp.Expr] = []  # the problem's variables in terms of the inner ones
        self.inner: list[sp.Symbol] = []
        self.box: list[tuple[fmpq, fmpq]] = []
        for symbol, (lo, hi) in cell.items():
            if lo.is_Rational and hi.is_Rational:
                self.inner.append(symbol)
                self.maps.append(symbol)
                self.box.append((_fmpq(lo), _fmpq(hi)))
            else:
                unit = sp.Dummy(symbol.name, real=True)
                self.inner.append(unit)
                self.maps.append(lo + (hi - lo) * unit)
                self.box.append((fmpq(0), fmpq(1)))
        self.expr = problem.expr.xreplace(dict(zip(cell, self.maps, strict=True)))
        self.program = Program(self.expr, self.inner)
        self.witness: dict[str, str] | None = None
        self.left_over: list[str] = []

    def run(self, budget: int) -> list[Part]:
        """The parts proved; sets ``witness`` or ``left_over`` if not all are."""
        parts: list[Part] = []
        proved: list[Box] = []
        for place in [] if self.problem.plain else self._candidates():
            part = self._at(place, proved)
            if self.witness is not None:
                return parts
            if part is not None:
                parts.append(part)
        used = sum(p.boxes for p in parts)
        boxes = self._subdivide(_without(tuple(self.box), proved), max(budget - used, 1))
        if boxes:
            parts.append(Part("bulk", "subdivision, mean value form", boxes))
        return parts

    # subdivision

    def _subdivide(self, start: list[Box], budget: int) -> int:
        queue = deque((box, 0) for box in start)
        count = 0
        while queue and count < budget:
            box, depth = queue.popleft()
            count += 1
            settled, slopes = self._settle(box, with_ends=depth % 4 == 0)
            if self.witness is not None:
                return count
            if settled:
                continue
            if depth == DEPTH:
                self.left_over.append(self._show(box))
                continue
            queue.extend((half, depth + 1) for half in _halves(box, slopes))
        self.left_over += [self._show(box) for box, _ in queue]
        return count

    def _settle(self, box: Box, *, with_ends: bool) -> tuple[bool, list[arb]]:
        """Whether the inequality holds on ``box``, and the slopes there; may find a witness.

        Intervals keep track of both ends, balls of the middle: they are slower, but do not lose
        that a product of numbers ≥ 0 is ≥ 0; so they are asked ``with_ends``, or where there is no
        ball.
        """
        value, slopes = self._jet(box)
        if self.problem.holds(value):
            return True, slopes
        if with_ends or not value.is_finite():
            interval = self.program.run(Intervals(), *[_as_interval(lo, hi) for lo, hi in box])
            if self.problem.holds(interval.lo):
                return True, slopes
        middle = tuple((lo + hi) / 2 for lo, hi in box)
        at_middle = self._at_point(middle)
        if at_middle < 0:
            self.witness = self._witness(middle)
            if self.witness is not None:
                return False, slopes
        if all(s.is_finite() for s in slopes):
            if self.problem.holds(_mean_value(at_middle, slopes, box, middle)):
                return True, slopes
            edge = tuple(
                (lo, lo) if s >= 0 else (hi, hi) if s <= 0 else (lo, hi)
                for (lo, hi), s in zip(box, slopes, strict=True)
            )
            if edge != box and self._holds_on_edge(edge):
                return True, slopes
        return False, slopes

    def _holds_on_edge(self, edge: Box) -> bool:
        if all(lo == hi for lo, hi in edge):
            return self.problem.holds(self._at_point(tuple(lo for lo, _ in edge)))
        value, slopes = self._jet(edge)
        if self.problem.holds(value):
            return True
        if not all(s.is_finite() for s in slopes):
            return False
        middle = tuple((lo + hi) / 2 for lo, hi in edge)
        return self.problem.holds(_mean_value(self._at_point(middle), slopes, edge, middle))

    def _jet(self, box: Box) -> tuple[arb, list[arb]]:
        """The value and the partial derivatives on ``box``: none where the value is not known."""
        values = [_as_ball(lo, hi) for lo, hi in box]
        jets = [self._coefficients(values, i, 2) for i in range(len(values))]
        value = jets[0][0]
        return value, [jet[1] if value.is_finite() else balls.NAN for jet in jets]

    def _coefficients(self, values: Sequence[arb], direction: int, count: int) -> list[arb]:
        """Taylor coefficients in one variable, each enclosed over the whole of ``values``."""
        arguments = [
            arb_series([v, 1], prec=count) if i == direction else v for i, v in enumerate(values)
        ]
        result = self.program.run(Balls(), *arguments)
        return [balls.coefficient(result, k) for k in range(count)]

    def _at_point(self, point: Point) -> arb:
        value: arb = self.program.run(Balls(), *[arb(p) for p in point])
        return value

    # tight places

    def _candidates(self) -> list[dict[int, fmpq]]:
        """Places to try: what the claim names, finite ends, and 0; lines before points."""
        named = []
        for point in self.problem.tight:
            place = {}
            for i, symbol in enumerate(self.original):
                if symbol in point:
                    coordinate = self._inner_coordinate(i, point[symbol])
                    if coordinate is None:
                        break
                    place[i] = coordinate
            else:
                named.append(place)
        marks = []
        for lo, hi in self.box:
            zero = fmpq(0)
            marks.append([lo, hi, *([zero] if lo < zero < hi else [])])
        tried = [{i: m} for i in range(len(marks)) for m in marks[i]]
        if len(marks) == 2:
            tried += [dict(enumerate(corner)) for corner in itertools.product(*marks)]
        places: list[dict[int, fmpq]] = []
        for place in sorted(named + tried, key=len):
            if place not in places:
                places.append(place)
        return places

    def _inner_coordinate(self, i: int, value: sp.Expr) -> fmpq | None:
        """Where a tight value lies inside this cell; None if outside, or not rational there."""
        if self.maps[i] == self.inner[i]:
            coordinate = value
        else:
            lo, hi = list(self.original.values())[i]
            coordinate = sp.simplify((value - lo) / (hi - lo))
        if not coordinate.is_Rational:
            return None
        inner = _fmpq(coordinate)
        lo_hi = self.box[i]
        return inner if lo_hi[0] <= inner <= lo_hi[1] else None

    def _at(self, place: dict[int, fmpq], proved: list[Box]) -> Part | None:
        """Prove the inequality near a tight place; adds what it covers to ``proved``."""
        free = [i for i in range(len(self.box)) if i not in place]
        probe = tuple(place.get(i, (lo + hi) / 2) for i, (lo, hi) in enumerate(self.box))
        at_probe = self._at_point(probe)
        if at_probe.is_finite() and not at_probe.contains(0):
            if at_probe < 0:
                self.witness = self._witness(probe)
            return None
        fixed = {self.inner[i]: _sympy(v) for i, v in place.items()}
        if at_probe.is_finite() and not _zero(self.expr.xreplace(fixed)):
            return None
        if not at_probe.is_finite():
            return None
        if self.problem.strict and not self._excluded(place):
            exact = [self._outer(i, v) for i, v in enumerate(probe)]
            self.witness = self.problem.witness(exact)
            return None
        covered: list[Box] = []
        arguments: list[str] = []
        count = 0
        if len(place) == 1:
            (i,) = place
            for sign in (1, -1):
                found = self._beside(i, place[i], sign, free)
                if found is not None:
                    region, argument, boxes = found
                    covered.append(region)
                    arguments.append(argument)
                    count += boxes
        else:
            for signs in itertools.product((1, -1), repeat=2):
                found = self._in_quadrant(place, signs)
                if found is not None:
                    region, argument, boxes = found
                    covered.append(region)
                    arguments.append(argument)
                    count += boxes
        if not covered:
            return None
        proved += covered
        name = ", ".join(f"{self._name(i)} = {self._outer(i, v)}" for i, v in place.items())
        return Part(f"near {name}", "; ".join(dict.fromkeys(arguments)), count)

    def _excluded(self, place: dict[int, fmpq]) -> bool:
        """Whether the symbols' assumptions exclude the place (a positive symbol is not 0)."""
        symbols = list(self.original)
        return any(
            v == 0 and self.maps[i] == symbols[i] and symbols[i].is_zero is False
            for i, v in place.items()
        )

    def _beside(self, i: int, at: fmpq, sign: int, free: list[int]) -> tuple[Box, str, int] | None:
        """Beside the point (or line) where variable i is ``at``, on the side ``sign``."""
        lo, hi = self.box[i]
        room = hi - at if sign > 0 else at - lo
        if room == 0:
            return None
        order = self._order(i, {i: at}, free)
        if order is None:
            return None
        for shrink in range(DEPTH if len(self.box) == 1 else NARROWER):
            reach = room / 2**shrink
            side = (at, at + reach) if sign > 0 else (at - reach, at)
            region = tuple(side if j == i else self.box[j] for j in range(len(self.box)))
            boxes = self._derivative_has_sign(i, order, sign, region)
            if boxes:
                return region, _taylor_text(order, self._name(i)), boxes
        return None

    def _order(self, i: int, fixed: dict[int, fmpq], free: list[int]) -> int | None:
        """The first derivative in variable i that is not exactly 0 at the place."""
        substitution = {self.inner[j]: _sympy(v) for j, v in fixed.items()}
        smooth = balls.is_smooth(self.expr)
        for order in range(1, ORDER + 1):
            probe = [
                arb(fixed[j]) if j in fixed else arb((lo + hi) / 2)
                for j, (lo, hi) in enumerate(self.box)
            ]
            coefficient = self._coefficients(probe, i, order + 1)[order]
            if not coefficient.is_finite():
                return order if order == 1 else None
            if not coefficient.contains(0) or not smooth:
                return order
            if not _zero(sp.diff(self.expr, self.inner[i], order).xreplace(substitution)):
                return order
        return None

    def _derivative_has_sign(self, i: int, order: int, side: int, region: Box) -> int:
        """In how many boxes side^order·∂ᵢ^order f ≥ 0 (> 0) was shown on ``region``; 0: not."""
        if len(region) == 1 or not balls.is_smooth(self.expr):
            values = [
                _as_ball(lo, hi, from_above=k == i and side < 0)
                for k, (lo, hi) in enumerate(region)
            ]
            coefficient = self._coefficients(values, i, order + 1)[order]
            return int(self.problem.holds(coefficient * side**order))
        derivative = side**order * sp.diff(self.expr, self.inner[i], order)
        sides = [(_sympy(lo), _sympy(hi)) for lo, hi in region]
        return self.problem.bounded(derivative, dict(zip(self.inner, sides, strict=True)))

    def _in_quadrant(
        self, place: dict[int, fmpq], signs: tuple[int, ...]
    ) -> tuple[Box, str, int] | None:
        """Near a tight point in two variables, on one quadrant."""
        rooms = []
        for i, sign in enumerate(signs):
            lo, hi = self.box[i]
            rooms.append(hi - place[i] if sign > 0 else place[i] - lo)
        if 0 in rooms:
            return None
        orders = [self._order(i, place, []) for i in (0, 1)]
        critical = balls.is_smooth(self.expr) and all(o is not None and o > 1 for o in orders)
        for shrink in range(DEPTH):
            reach = [room / 2**shrink for room in rooms]
            region = tuple(
                (place[i], place[i] + reach[i]) if signs[i] > 0 else (place[i] - reach[i], place[i])
                for i in (0, 1)
            )
            values = [
                _as_ball(lo, hi, from_above=sign < 0)
                for (lo, hi), sign in zip(region, signs, strict=True)
            ]
            for i, j in ((0, 1), (1, 0)):
                order = orders[j]
                if order is None:
                    continue
                slope = self._coefficients(values, i, 2)[1] * signs[i]
                on_line = [arb(place[i]) if k == i else values[k] for k in (0, 1)]
                along = self._coefficients(on_line, j, order + 1)[order] * signs[j] ** order
                if self.problem.holds(slope) and self.problem.holds(along):
                    argument = f"increasing away in {self._name(i)}, then " + _taylor_text(
                        order, self._name(j)
                    )
                    return region, argument, 2
            if critical and self._convex(values, signs):
                return region, "gradient 0 there, second-order form ≥ 0 near by", 1
        return None

    def _convex(self, values: Sequence[arb], signs: tuple[int, ...]) -> bool:
        """Whether the second-order form is ≥ 0 (> 0) in all directions of the quadrant."""
        xx = self._coefficients(values, 0, 3)[2]
        yy = self._coefficients(values, 1, 3)[2]
        diagonal = self.program.run(Balls(), *[arb_series([v, 1], prec=3) for v in values])
        xy = balls.coefficient(diagonal, 2) - xx - yy
        if not (self.problem.holds(xx) and self.problem.holds(yy)):
            return False
        return bool(xy * signs[0] * signs[1] >= 0) or self.problem.holds(4 * xx * yy - xy**2)

    # witnesses and names, in the problem's own variables

    def _witness(self, point: Point) -> dict[str, str] | None:
        """A witness near ``point``, with as few binary places as will do."""
        outer = [self._outer(i, p) for i, p in enumerate(point)]
        for places in range(40):
            near = [_fmpq_near(balls.ball(value), places) for value in outer]
            witness = self.problem.witness([_sympy(v) for v in near])
            if witness is not None:
                return witness
        return self.problem.witness(outer)

    def _outer(self, i: int, value: fmpq) -> sp.Expr:
        return sp.simplify(self.maps[i].xreplace({self.inner[i]: _sympy(value)}))

    def _name(self, i: int) -> str:
        return str(list(self.original)[i])

    def _show(self, box: Box) -> str:
        return " × ".join(
            f"{self._name(i)} ∈ [{self._outer(i, lo)}, {self._outer(i, hi)}]"
            for i, (lo, hi) in enumerate(box)
        )


# ------------------------------------------------------------------------------------- small tools


def _taylor_text(order: int, name: str) -> str:
    if order == 1:
        return f"0 there, derivative in {name} of one sign"
    return (
        f"derivatives in {name} below order {order} are 0 there, order {order} of one sign near by"
    )


def _zero(expr: sp.Expr) -> bool:
    """Whether SymPy derives that ``expr`` is 0."""
    return derive_zero(expr).reached


def _vanishes(expr: sp.Expr, variables: Sequence[sp.Symbol], point: Sequence[sp.Expr]) -> bool:
    return _zero(expr.xreplace(dict(zip(variables, point, strict=True))))


def _mean_value(at: arb, slopes: Sequence[arb], box: Box, middle: Point) -> arb:
    for slope, (lo, hi), m in zip(slopes, box, middle, strict=True):
        if lo != hi:
            at = at + slope * _as_ball(lo - m, hi - m)
    return at


def _as_ball(lo: fmpq, hi: fmpq, *, from_above: bool = False) -> arb:
    """A ball around [lo, hi]: no wider than it at ``lo`` (``from_above``: at ``hi``), if dyadic.

    flint rounds radii up to 30 bits; a ball that reached over a corner of the function, or over
    the end of its domain, would spoil an argument that starts there.
    """
    if lo == hi:
        return arb(lo)
    half = (hi - lo) / 2
    length = arb(half, half).nonnegative_part()
    return arb(hi) - length if from_above else arb(lo) + length


def _as_interval(lo: fmpq, hi: fmpq) -> Interval:
    return Interval(arb(lo).lower(), arb(hi).upper())


def _halves(box: Box, slopes: Sequence[arb]) -> list[Box]:
    """Cut across the side along which the function moves most."""

    def weight(i: int) -> float:
        width = float((box[i][1] - box[i][0]).p) / float((box[i][1] - box[i][0]).q)
        return width * (float(abs(slopes[i]).upper()) if slopes[i].is_finite() else 1.0)

    i = max(range(len(box)), key=weight)
    lo, hi = box[i]
    middle = (lo + hi) / 2
    return [
        tuple(part if k == i else side for k, side in enumerate(box))
        for part in ((lo, middle), (middle, hi))
    ]


def _without(box: Box, regions: list[Box]) -> list[Box]:
    """``box`` cut along the sides of ``regions``, without the cells that they cover."""
    sides = []
    for i, (lo, hi) in enumerate(box):
        marks = {lo, hi}
        for region in regions:
            marks |= {m for m in region[i] if lo < m < hi}
        sides.append(list(itertools.pairwise(sorted(marks))))
    return [
        cell
        for cell in itertools.product(*sides)
        if not any(
            all(r[0] <= c[0] and c[1] <= r[1] for c, r in zip(cell, region, strict=True))
            for region in regions
        )
    ]


def _merged(parts: list[Part]) -> list[Part]:
    """The cells' bulks as one part."""
    merged: dict[tuple[str, str], int] = {}
    for part in parts:
        key = (part.part, part.argument)
        merged[key] = merged.get(key, 0) + part.boxes
    return [Part(name, argument, boxes) for (name, argument), boxes in merged.items()]


def _fmpq(value: sp.Rational) -> fmpq:
    return fmpq(int(value.p), int(value.q))


def _sympy(value: fmpq) -> sp.Rational:
    return sp.Rational(int(value.p), int(value.q))


def _fmpq_near(value: arb, places: int = 20) -> fmpq:
    """A number with ``places`` binary places close to ``value``."""
    scaled = (value * 2**places + arb(fmpq(1, 2))).mid().floor().unique_fmpz()
    return fmpq(int(scaled), 2**places)
