"""Arithmetic claims: a relation between real numbers under stated hypotheses, decided by z3.

The kernel proves; a rational counter-model, evaluated exactly, refutes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, ClassVar

import z3

from memorize.kernel import rules
from memorize.kernel.evidence import Claim, Finding, Outcome
from memorize.kernel.normal import Undecided
from memorize.kernel.terms import Refused, Term, number, substitute

__all__ = ["Arithmetic"]

LIMIT = 2_000_000
DENOMINATORS = (1, 2, 3, 4, 8, 16, 60, 1000, 10**6, 10**9)


@dataclass(frozen=True, kw_only=True)
class Arithmetic(Claim):
    """``goal`` follows from ``given``: kernel formulas over fixed real variables.

    A fixed variable whose name is in ``constants`` takes that value (an int or a Fraction).
    ``hypotheses`` may name the formulas of ``given``; to give one up, name it and pass the shorter
    ``given``. PROVED by the kernel's arithmetic; REFUTED by rational values of the variables, shown
    in ``strict["witness"]``, under which all of ``given`` hold and ``goal`` does not; otherwise
    UNDECIDED. Raises ``ValueError`` for a constant that no formula mentions or that is not exact,
    and for a goal that is no relation.
    """

    kind: ClassVar[str] = "arithmetic"
    goal: Term
    given: tuple[Term, ...] = field(default=())

    def __post_init__(self) -> None:
        for formula in (*self.given, self.goal):
            if type(formula) is not Term or formula.op not in ("le", "lt", "eq"):
                raise ValueError(f"goal and given must be relations, got {formula!r}")
        names = {v.data[0] for f in (*self.given, self.goal) for v in f.free}
        for name, value in self.constants.items():
            if name not in names:
                raise ValueError(f"constants names {name!r}, which no formula mentions")
            if type(value) not in (int, Fraction):
                raise ValueError(f"constants[{name!r}] must be an int or a Fraction, got {value!r}")

    def decide(self) -> Finding:
        *given, goal = (self._bound(f) for f in (*self.given, self.goal))
        try:
            rules.arith(goal, [rules.assume(f) for f in given], LIMIT)
        except Undecided:
            pass
        except Refused:
            witness = _witness(given, goal)
            if witness is not None:
                shown = {name: str(value) for name, value in sorted(witness.items())}
                return Finding(Outcome.REFUTED, {"goal": repr(goal), "witness": shown})
        else:
            return Finding(Outcome.PROVED, {"goal": repr(goal), "given": [repr(f) for f in given]})
        return Finding(Outcome.UNDECIDED, {"goal": repr(goal)})

    def _bound(self, formula: Term) -> Term:
        image = {
            v: number(self.constants[v.data[0]])
            for v in formula.free
            if v.data[0] in self.constants
        }
        return substitute(formula, image)


def _witness(given: list[Term], goal: Term) -> dict[str, Fraction] | None:
    """Rational values at which the hypotheses hold and the goal does not, found with z3's help."""
    variables = sorted(frozenset[Term]().union(*(f.free for f in (*given, goal))), key=repr)
    context = z3.Context()
    symbols = {v: z3.Real(f"v{i}", context) for i, v in enumerate(variables)}
    solver = z3.SolverFor("QF_NRA", ctx=context)
    solver.set("rlimit", LIMIT)
    extra: list[Any] = []
    try:
        for f in given:
            solver.add(_z3(f, symbols, extra))
        solver.add(z3.Not(_z3(goal, symbols, extra), context))
    except KeyError:
        return None
    solver.add(*extra)
    if solver.check() != z3.sat:
        return None
    model = solver.model()
    for largest in DENOMINATORS:
        values = {v: _rational(model.eval(s, True), largest) for v, s in symbols.items()}
        if all(_holds(f, values) is True for f in given) and _holds(goal, values) is not True:
            return {v.data[0]: q for v, q in values.items()}
    return None


def _rational(value: Any, largest: int) -> Fraction:
    if z3.is_algebraic_value(value):
        value = value.approx(20)
    exact = Fraction(value.numerator_as_long(), value.denominator_as_long())
    return exact.limit_denominator(largest)


def _z3(t: Term, symbols: Mapping[Term, Any], extra: list[Any]) -> Any:
    """A term or relation for z3; raises ``KeyError`` for what it has no word for."""
    if t.op == "num":
        return z3.RealVal(t.data, next(iter(symbols.values())).ctx) if symbols else t.data
    if t.op == "var":
        return symbols[t]
    x = [_z3(a, symbols, extra) for a in t.args]
    if t.op == "div":
        extra.append(x[1] != 0)
    if t.op == "pow":
        result = x[0] / x[0] if t.data == 0 else x[0]
        for _ in range(t.data - 1):
            result = result * x[0]
        return result
    return {
        "add": lambda: x[0] + x[1],
        "sub": lambda: x[0] - x[1],
        "neg": lambda: -x[0],
        "mul": lambda: x[0] * x[1],
        "div": lambda: x[0] / x[1],
        "abs": lambda: z3.If(x[0] >= 0, x[0], -x[0]),
        "max": lambda: z3.If(x[0] >= x[1], x[0], x[1]),
        "le": lambda: x[0] <= x[1],
        "lt": lambda: x[0] < x[1],
        "eq": lambda: x[0] == x[1],
    }[t.op]()


def _holds(formula: Term, values: Mapping[Term, Fraction]) -> bool | None:
    """Whether a relation holds at rational values, exactly; None if it is undefined there."""
    try:
        x, y = (_value(side, values) for side in formula.args)
    except ZeroDivisionError:
        return None
    return {"le": x <= y, "lt": x < y, "eq": x == y}[formula.op]


def _value(t: Term, values: Mapping[Term, Fraction]) -> Fraction:
    if t.op == "num":
        return Fraction(t.data)
    if t.op == "var":
        return values[t]
    x = [_value(a, values) for a in t.args]
    match t.op:
        case "add":
            return x[0] + x[1]
        case "sub":
            return x[0] - x[1]
        case "neg":
            return -x[0]
        case "mul":
            return x[0] * x[1]
        case "div":
            return x[0] / x[1]
        case "abs":
            return abs(x[0])
        case "max":
            return max(x)
    return Fraction(x[0] ** t.data)
