"""A statement's bound as a formula: evaluated, and searched for where it stops being vacuous."""

from __future__ import annotations

import difflib
import keyword
import math
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

import numpy as np
import sympy as sp

__all__ = ["BoundFormula", "Crossing", "Evaluation", "Parameter", "Term", "near"]

Direction = Literal["down", "up"]
_DIRECTIONS: tuple[Direction, ...] = ("down", "up")
_POSITIVE = sp.Interval.open(0, sp.oo)


@dataclass(frozen=True)
class Parameter:
    """One of a bound's arguments: an integer where its symbol is one.

    ``default=None`` makes it a required argument. ``domain`` is an interval; its open ends count.
    """

    symbol: sp.Symbol
    meaning: str
    default: float | None = None
    domain: sp.Interval = _POSITIVE

    @property
    def name(self) -> str:
        """The symbol's name: what the command line and the page call it."""
        return str(self.symbol.name)

    @property
    def integer(self) -> bool:
        """Whether only integers are meant."""
        return bool(self.symbol.is_integer)

    @property
    def ends(self) -> tuple[float, float]:
        """The domain's ends, infinite where it has none."""
        return float(self.domain.start), float(self.domain.end)

    def contains(self, value: float) -> bool:
        """Whether ``value`` is finite, in the domain, and an integer where one is meant."""
        low, high = self.ends
        return (
            math.isfinite(value)
            and (low < value or (low == value and not self.domain.left_open))
            and (value < high or (value == high and not self.domain.right_open))
            and (not self.integer or value == math.floor(value))
        )

    def said(self) -> str:
        """The domain in words."""
        low, high = self.ends
        noun = "an integer" if self.integer else "a number"
        if low == -math.inf and high == math.inf:
            return noun
        left, right = "(" if self.domain.left_open else "[", ")" if self.domain.right_open else "]"
        return f"{noun} in {left}{_tidy(low)}, {_tidy(high)}{right}"


@dataclass(frozen=True)
class Term:
    """A named intermediate value of a bound."""

    symbol: sp.Symbol
    meaning: str
    expression: sp.Expr

    @property
    def name(self) -> str:
        """The symbol's name."""
        return str(self.symbol.name)


@dataclass(frozen=True)
class Crossing:
    """Where a bound's being vacuous changes as one parameter moves and the others stay.

    ``at`` is the first value on the far side: ``vacuous`` tells what the bound is there.
    ``at`` is None where the search came to ``limit`` without a change.
    """

    parameter: str
    direction: Direction
    at: float | None
    vacuous: bool
    limit: float


@dataclass(frozen=True)
class Evaluation:
    """A bound at given numbers: each term, the value, and what is known without the statement."""

    values: Mapping[str, float]
    terms: Mapping[str, float]
    value: float
    trivial: float
    vacuous: bool
    crossings: tuple[Crossing, ...]


@dataclass(frozen=True)
class BoundFormula:
    """A statement's bound as SymPy expressions in its parameters and named terms.

    The bound is vacuous where ``value`` is no better than ``trivial``, what is known without the
    statement. Raises ``ValueError`` for what the command line and the offline page cannot carry:
    an unknown symbol, an idle term or parameter, a function that JavaScript lacks.
    """

    quantity: str
    parameters: tuple[Parameter, ...]
    value: sp.Expr
    trivial: sp.Expr
    terms: tuple[Term, ...] = ()
    sense: Literal["<=", ">="] = "<="

    def __post_init__(self) -> None:
        if self.sense not in ("<=", ">="):
            raise ValueError(f"sense must be '<=' or '>=', got {self.sense!r}")
        names = [p.name for p in self.parameters] + [t.name for t in self.terms]
        for name in names:
            if not re.fullmatch(r"[A-Za-z][A-Za-z0-9_]*", name) or keyword.iskeyword(name):
                raise ValueError(f"a symbol must be named by an ASCII identifier, got {name!r}")
            if names.count(name) > 1:
                raise ValueError(f"symbols must differ in name, but {name!r} comes twice")
        known = {p.symbol for p in self.parameters}
        _in_symbols("trivial", self.trivial, known)
        used = set(self.value.free_symbols) | set(self.trivial.free_symbols)
        for term in self.terms:
            _in_symbols(f"term {term.name}", term.expression, known)
            known.add(term.symbol)
            used |= set(term.expression.free_symbols)
        _in_symbols("value", self.value, known)
        if idle := known - used:
            raise ValueError(f"the bound names but never uses {sorted(map(str, idle))}")
        for parameter in self.parameters:
            default = parameter.default
            if default is not None and not parameter.contains(default):
                raise ValueError(
                    f"default of {parameter.name} must be {parameter.said()}, got {default!r}"
                )
        if all(p.default is not None for p in self.parameters):
            self._defined(self.arguments())

    def evaluate(self, **given: float) -> Evaluation:
        """The bound at the given numbers; what is not given takes its default.

        Raises ``ValueError`` naming an argument that is unknown, missing, or out of its domain, and
        where the formula has no value.
        """
        values = self.arguments(**given)
        *terms, value, trivial = self._defined(values)
        return Evaluation(
            values,
            dict(zip((t.name for t in self.terms), terms, strict=True)),
            value,
            trivial,
            self._vacuous(value, trivial),
            tuple(
                self._crossing(values, parameter, direction)
                for parameter in self.parameters
                for direction in _DIRECTIONS
            ),
        )

    def arguments(self, **given: float) -> dict[str, float]:
        """Every parameter's number, given or default; raises ``ValueError`` as ``evaluate``."""
        names = [p.name for p in self.parameters]
        for name in given:
            if name not in names:
                raise ValueError(f"unknown parameter {name!r}{near(name, names)}")
        values: dict[str, float] = {}
        for parameter in self.parameters:
            value = given.get(parameter.name, parameter.default)
            if value is None:
                raise ValueError(f"{parameter.name} is required: {parameter.meaning}")
            if not parameter.contains(value):
                raise ValueError(f"{parameter.name} must be {parameter.said()}, got {value!r}")
            values[parameter.name] = float(value)
        return values

    @cached_property
    def _compiled(self) -> Callable[..., tuple[Any, ...]]:
        unfolded: dict[sp.Symbol, sp.Expr] = {}
        for term in self.terms:
            unfolded[term.symbol] = term.expression.subs(unfolded)
        outputs = [*unfolded.values(), self.value.subs(unfolded), self.trivial]
        symbols = [p.symbol for p in self.parameters]
        compiled: Callable[..., tuple[Any, ...]] = sp.lambdify(symbols, outputs, modules="numpy")
        return compiled

    def _numbers(self, values: Mapping[str, float]) -> list[float]:
        """Terms, value and trivial value, in double precision; infinite or NaN where they are."""
        with np.errstate(all="ignore"):
            return [float(x) for x in self._compiled(*map(np.float64, values.values()))]

    def _defined(self, values: Mapping[str, float]) -> list[float]:
        """The same; raises ``ValueError`` where one of them is not a number."""
        numbers = self._numbers(values)
        names = (*(t.name for t in self.terms), "value", "trivial")
        for name, number in zip(names, numbers, strict=True):
            if math.isnan(number):
                raise ValueError(f"the formula is not defined at these numbers: {name} is not one")
        return numbers

    def _vacuous(self, value: float, trivial: float) -> bool:
        """Whether the bound is no better than the trivial one; equal up to rounding is not."""
        better = trivial - value if self.sense == "<=" else value - trivial
        return not better > 1e-12 * abs(value)

    def _crossing(
        self, values: Mapping[str, float], parameter: Parameter, direction: Direction
    ) -> Crossing:
        """The first change of vacuity along a fixed grid, then narrowed by bisection."""

        def vacuous(x: float) -> bool | None:
            *_, value, trivial = self._numbers({**values, parameter.name: x})
            return None if math.isnan(value + trivial) else self._vacuous(value, trivial)

        start = last = values[parameter.name]
        here = vacuous(start)
        for x in _grid(parameter, start, direction):
            there = vacuous(x)
            if there is None:
                break
            if there != here:
                at = _bisect(vacuous, last, x, parameter)
                return Crossing(parameter.name, direction, at, there, x)
            last = x
        return Crossing(parameter.name, direction, None, bool(here), last)


# Points of a search: this many even steps to an end of the domain, this many doublings.
_STEPS, _DOUBLINGS = 64, 50


def _grid(parameter: Parameter, start: float, direction: Direction) -> list[float]:
    """Points of the domain from ``start`` away: even steps, then closer and closer to a finite end,
    or further and further off where there is none."""
    low, high = parameter.ends
    end, sign = (high, 1.0) if direction == "up" else (low, -1.0)
    if math.isfinite(end):
        gap = end - start
        points = {start + gap * k / _STEPS for k in range(1, _STEPS + 1)}
        points |= {end - gap * 2.0**-k for k in range(1, _DOUBLINGS)}
    else:
        scale = max(abs(start), 1.0) / _STEPS
        points = {start + sign * scale * k for k in range(1, _STEPS + 1)}
        points |= {start + sign * scale * 2.0**k for k in range(1, _DOUBLINGS)}
    if parameter.integer:
        points = {float(math.floor(x) if direction == "up" else math.ceil(x)) for x in points}
    return sorted(
        (x for x in points if x != start and parameter.contains(x)), reverse=direction == "down"
    )


def _bisect(
    vacuous: Callable[[float], bool | None], last: float, far: float, parameter: Parameter
) -> float:
    """The first point on the far side of a change between ``last`` and ``far``."""
    here = vacuous(last)
    while True:
        middle = (last + far) / 2
        close = abs(far - last) <= 1e-13 * max(abs(far), abs(last))
        if parameter.integer:
            middle, close = last + math.trunc(middle - last), False
        if close or middle in (last, far):
            return far
        if vacuous(middle) == here:
            last = middle
        else:
            far = middle


def _in_symbols(what: str, expression: sp.Expr, known: set[sp.Symbol]) -> None:
    """Raise ``ValueError`` unless the expression is in known symbols and JavaScript can say it."""
    if strangers := set(expression.free_symbols) - known:
        raise ValueError(
            f"{what} uses {sorted(map(str, strangers))}, neither a parameter nor an earlier term"
        )
    constants, lacking, _ = sp.jscode(expression, human=False)
    if lacking or constants:
        raise ValueError(
            f"{what} uses what JavaScript lacks: {sorted(map(str, (*lacking, *constants)))}"
        )


def _tidy(x: float) -> str:
    return {math.inf: "∞", -math.inf: "-∞"}.get(x, f"{x:g}")


def near(name: str, names: Iterable[str]) -> str:
    """``; did you mean …?`` with the closest of ``names``, or nothing."""
    close = difflib.get_close_matches(name, list(names), n=3, cutoff=0.5)
    return f"; did you mean {' or '.join(close)}?" if close else ""
