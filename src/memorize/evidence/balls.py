"""SymPy expressions in ball arithmetic: real balls, jets, complex balls, and closed intervals.

An expression is compiled once into a straight-line :class:`Program`; an *algebra* says what each
operation does. :class:`Balls` works with python-flint's ``arb`` and ``arb_series`` (Taylor
coefficients over a ball), :class:`ComplexBalls` with ``acb`` and the ``analytic`` flag of rigorous
quadrature, :class:`Intervals` with exact end points, which may be infinite.

Whatever may be undefined is NaN, and every comparison with NaN is false: three outcomes everywhere.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from numbers import Integral as IntegralNumber
from typing import Any

import flint
import sympy as sp
from flint import acb, arb, arb_series, fmpq

__all__ = [
    "Balls",
    "ComplexBalls",
    "Decay",
    "Interval",
    "Intervals",
    "Program",
    "Unsupported",
    "ball",
    "bind",
    "exact",
    "is_smooth",
    "rational",
    "without_decay",
]

NAN = arb.nan()
INFINITY = arb.pos_inf()


class Unsupported(ValueError):
    """The expression holds something that the ball translator does not know."""


# ---------------------------------------------------------------------------------- exact numbers


def exact(name: str, value: Any) -> sp.Expr:
    """``value`` as an exact real SymPy number (±oo allowed).

    Raises ``ValueError`` naming ``name`` for floats, symbols, complex numbers and anything else.
    """
    if isinstance(value, bool):
        raise ValueError(f"{name} must be an exact number, got {value!r}")
    if isinstance(value, IntegralNumber):
        return sp.Integer(int(value))
    if isinstance(value, Fraction):
        return sp.Rational(value.numerator, value.denominator)
    if isinstance(value, sp.Expr):
        if value.has(sp.Float):
            raise ValueError(f"{name} must be exact, got the float {value}; write a Rational")
        if not value.free_symbols and value.is_extended_real:
            return value
    raise ValueError(
        f"{name} must be an exact real number (int, Fraction or SymPy number), got {value!r}"
    )


def rational(value: sp.Rational | fmpq) -> Fraction:
    """A SymPy or flint rational as a Fraction."""
    return Fraction(int(value.p), int(value.q))


def bind(name: str, expr: Any, constants: Mapping[str, Any]) -> sp.Expr:
    """``expr`` with the symbols that are named in ``constants`` replaced by their exact values.

    Raises ``ValueError`` naming ``name`` if ``expr`` is no SymPy expression or holds a float, or if
    a value contradicts what its symbol assumes.
    """
    try:
        expr = sp.sympify(expr, strict=True)
    except sp.SympifyError:
        raise ValueError(f"{name} must be a SymPy expression, got {expr!r}") from None
    if not isinstance(expr, sp.Expr):
        raise ValueError(f"{name} must be a SymPy expression, got {type(expr).__name__}")
    if expr.has(sp.Float):
        raise ValueError(f"{name} must be exact, but holds a float: {expr}; write Rational(p, q)")
    values = {}
    for symbol in expr.free_symbols:
        if symbol.name in constants:
            value = exact(f"constants[{symbol.name!r}]", constants[symbol.name])
            if not satisfies(symbol, value):
                raise ValueError(
                    f"constants[{symbol.name!r}] = {value} contradicts what its symbol assumes"
                )
            values[symbol] = value
    bound: sp.Expr = expr.xreplace(values)
    if bound.has(sp.nan, sp.zoo):
        raise ValueError(f"{name} is not defined at these constants: {bound}")
    return bound


def satisfies(symbol: sp.Symbol, value: sp.Expr) -> bool:
    """Whether ``value`` is known to fulfil every assumption of ``symbol``."""
    return all(
        getattr(value, f"is_{what}") is wanted
        for what, wanted in symbol._assumptions_orig.items()
        if what != "commutative"
    )


def ball(value: sp.Expr | Fraction | int) -> arb:
    """An exact finite number as a ball, at the working precision."""
    if isinstance(value, int):
        return arb(value)
    if isinstance(value, Fraction | sp.Rational):
        if isinstance(value, sp.Rational):
            value = rational(value)
        return arb(fmpq(value.numerator, value.denominator))
    enclosed: arb = Program(value, ()).run(Balls())
    return enclosed


def is_smooth(expr: sp.Expr) -> bool:
    """Whether ``expr`` is built without corners or jumps (Abs, Min, Max, Piecewise)."""
    return not expr.has(sp.Abs, sp.Min, sp.Max, sp.Piecewise)


# --------------------------------------------------------------------------------------- programs

UNARY: dict[type, str] = {
    sp.exp: "exp",
    sp.log: "log",
    sp.sin: "sin",
    sp.cos: "cos",
    sp.tan: "tan",
    sp.sinh: "sinh",
    sp.cosh: "cosh",
    sp.tanh: "tanh",
    sp.asin: "asin",
    sp.acos: "acos",
    sp.atan: "atan",
    sp.gamma: "gamma",
    sp.loggamma: "lgamma",
    sp.erf: "erf",
    sp.erfc: "erfc",
    sp.erfi: "erfi",
    sp.Abs: "abs",
}
NUMBERS = {sp.pi: "pi", sp.E: "const_e", sp.EulerGamma: "const_euler", sp.Catalan: "const_catalan"}
RELATIONS: dict[type, str] = {sp.Lt: "lt", sp.Le: "le", sp.Gt: "gt", sp.Ge: "ge"}


class Decay(sp.Function):  # type: ignore[misc]
    """zᵏ·exp(q) for z > 0, as Decay(z, k, q, k + z ∂q/∂z): the last is z times the logarithmic
    derivative, by whose sign intervals know that the product falls.
    """

    nargs = 4


def without_decay(expr: sp.Expr) -> sp.Expr:
    """``expr`` with :class:`Decay` written out."""
    return expr.replace(Decay, lambda z, k, q, _: z**k * sp.exp(q))


class Program:
    """An expression as a list of operations, common subexpressions once.

    Raises :class:`Unsupported` for an operation that is not known, ``ValueError`` for a symbol that
    is not among ``variables``.
    """

    def __init__(self, expr: sp.Expr, variables: Sequence[sp.Symbol]) -> None:
        self.variables = tuple(variables)
        self._steps: list[tuple[str, Any]] = []
        self._known: dict[sp.Basic, int] = {}
        self._root = self._add(expr)

    def run(self, algebra: Any, *values: Any) -> Any:
        """The value of the expression at ``values`` of the variables, in ``algebra``."""
        done: list[Any] = []
        for operation, data in self._steps:
            done.append(getattr(algebra, operation)(done, data, values))
        return done[self._root]

    def _add(self, expr: sp.Basic) -> int:
        if expr not in self._known:
            step = self._step(expr)
            self._known[expr] = len(self._steps)
            self._steps.append(step)
        return self._known[expr]

    def _step(self, expr: sp.Basic) -> tuple[str, Any]:
        if isinstance(expr, sp.Rational):
            return "rational", rational(expr)
        if expr in NUMBERS:
            return "number", NUMBERS[expr]
        if isinstance(expr, sp.Symbol):
            if expr not in self.variables:
                raise ValueError(
                    f"unknown symbol {expr}: known are {[str(v) for v in self.variables]}"
                )
            return "variable", self.variables.index(expr)
        if isinstance(expr, sp.Add | sp.Mul | sp.Min | sp.Max):
            name = {sp.Add: "add", sp.Mul: "mul", sp.Min: "min", sp.Max: "max"}[expr.func]
            return name, tuple(self._add(a) for a in expr.args)
        if isinstance(expr, sp.Pow):
            return self._power(expr)
        if isinstance(expr, sp.Piecewise):
            return "piecewise", tuple(
                (self._add(value), self._condition(when)) for value, when in expr.args
            )
        if isinstance(expr, Decay):
            z, power, exponent, rate = expr.args
            inner = Program(exponent, self.variables), Program(rate, self.variables)
            return "decay", (self.variables.index(z), int(power), *inner)
        if expr.func in UNARY and len(expr.args) == 1:
            return "unary", (UNARY[expr.func], self._add(expr.args[0]))
        raise Unsupported(f"the ball translator does not know {expr.func.__name__}: {expr}")

    def _power(self, expr: sp.Pow) -> tuple[str, Any]:
        base, exponent = expr.args
        if isinstance(exponent, sp.Integer):
            return "integer_power", (self._add(base), int(exponent))
        if isinstance(exponent, sp.Rational):
            return "root_power", (self._add(base), int(exponent.p), int(exponent.q))
        return "unary", ("exp", self._add(exponent * sp.log(base)))

    def _condition(self, when: sp.Basic) -> Any:
        """A tree of ("lt", i, j), ("and", …), ("or", …), ("not", …) or a bool."""
        if when in (sp.true, sp.false):
            return bool(when)
        if type(when) in RELATIONS:
            return RELATIONS[type(when)], self._add(when.args[0]), self._add(when.args[1])
        if isinstance(when, sp.And | sp.Or | sp.Not):
            parts = tuple(self._condition(a) for a in when.args)
            return type(when).__name__.lower(), *parts
        raise Unsupported(f"the ball translator does not know the condition {when}")


def _truth(
    condition: Any, less: Callable[[int, int], bool], equal_less: Callable[[int, int], bool]
) -> bool | None:
    """Three-valued truth; ``less(i, j)`` and ``equal_less(i, j)`` are true only when certain."""
    if isinstance(condition, bool):
        return condition
    name, *parts = condition
    if name in ("gt", "ge"):
        name, parts = {"gt": "lt", "ge": "le"}[name], parts[::-1]
    if name in ("lt", "le"):
        i, j = parts
        surely, surely_not = (less, equal_less) if name == "lt" else (equal_less, less)
        return True if surely(i, j) else False if surely_not(j, i) else None
    truths = [_truth(p, less, equal_less) for p in parts]
    if name == "not":
        return None if truths[0] is None else not truths[0]
    decisive = bool(name == "or")
    if decisive in truths:
        return decisive
    return None if None in truths else not decisive


def _branches(
    data: Sequence[tuple[int, Any]],
    less: Callable[[int, int], bool],
    equal_less: Callable[[int, int], bool],
) -> tuple[list[int], bool]:
    """The branches of a Piecewise that may apply, and whether one of them surely does."""
    possible = []
    for i, condition in data:
        truth = _truth(condition, less, equal_less)
        if truth is not False:
            possible.append(i)
        if truth:
            return possible, True
    return possible, False


class _Algebra:
    """What all algebras share: each method is (values so far, data of the step, variables)."""

    def variable(self, done: list[Any], data: int, values: Sequence[Any]) -> Any:
        return values[data]

    def rational(self, done: list[Any], data: Fraction, values: Sequence[Any]) -> Any:
        return arb(fmpq(data.numerator, data.denominator))

    def number(self, done: list[Any], data: str, values: Sequence[Any]) -> Any:
        return getattr(arb, data)()

    def add(self, done: list[Any], data: tuple[int, ...], values: Sequence[Any]) -> Any:
        total = done[data[0]]
        for i in data[1:]:
            total = total + done[i]
        return total

    def mul(self, done: list[Any], data: tuple[int, ...], values: Sequence[Any]) -> Any:
        product = done[data[0]]
        for i in data[1:]:
            product = product * done[i]
        return product


class Balls(_Algebra):
    """Real balls (``arb``) and jets (``arb_series``): k-th coefficient = k-th derivative / k!.

    ``Abs``, ``Min`` and ``Max`` at a corner have the hull of their one-sided derivatives as first
    coefficient (Clarke's generalised gradient, for which the mean value theorem holds) and NaN
    above; a ``Piecewise`` whose condition is open has the union of its values and no derivative.
    """

    def unary(self, done: list[Any], data: tuple[str, int], values: Sequence[Any]) -> Any:
        name, i = data
        x = done[i]
        if name == "abs":
            return self._abs(x)
        if isinstance(x, arb):
            return _or_nan(getattr(x, name)())
        if name in ("sinh", "cosh", "tanh"):
            up, down = x.exp(), (-x).exp()
            sinh, cosh = (up - down) / 2, (up + down) / 2
            return {"sinh": sinh, "cosh": cosh}.get(name) or _ratio(sinh, cosh)
        if name in ("log", "lgamma") and not x[0] > 0:
            return _nan_like(x)
        if name in ("asin", "acos") and not abs(x[0]) < 1:
            return _nan_like(x)
        y = getattr(x, name)()
        return _whole(y, x) if y[0].is_finite() else _nan_like(x)

    def integer_power(self, done: list[Any], data: tuple[int, int], values: Sequence[Any]) -> Any:
        i, n = data
        x = done[i]
        if n < 0:
            x, n = _ratio(arb(1), x), -n
        power = x**n
        if n % 2 == 0:
            power = _at_least_zero(power)
        return power

    def root_power(self, done: list[Any], data: tuple[int, int, int], values: Sequence[Any]) -> Any:
        i, p, q = data
        x = done[i]
        if isinstance(x, arb):
            if x == 0:
                return arb(0) if p > 0 else NAN
            if p < 0 and not x > 0:
                return NAN
            root = x.sqrt() if q == 2 else x.root(q)
            return root**p if p > 0 else 1 / root ** (-p)
        if not x[0] > 0:
            return _nan_like(x)
        if q == 2:
            root = x.sqrt()
            return root**p if p > 0 else _ratio(arb(1), root ** (-p))
        return (x.log() * arb(fmpq(p, q))).exp()

    def min(self, done: list[Any], data: tuple[int, ...], values: Sequence[Any]) -> Any:
        return self._extreme([done[i] for i in data], -1)

    def max(self, done: list[Any], data: tuple[int, ...], values: Sequence[Any]) -> Any:
        return self._extreme([done[i] for i in data], 1)

    def piecewise(self, done: list[Any], data: tuple[Any, ...], values: Sequence[Any]) -> Any:
        def less(i: int, j: int) -> bool:
            return bool(_value(done[i]) < _value(done[j]))

        def equal_less(i: int, j: int) -> bool:
            return _surely_at_most(_value(done[i]), _value(done[j]))

        steps, complete = _branches(data, less, equal_less)
        possible = [done[i] for i in steps]
        if not complete:
            return _nan_like(possible[0]) if possible else NAN
        if len(possible) == 1:
            return possible[0]
        value = _hull([_value(item) for item in possible])
        precs = [v.prec for v in values if not isinstance(v, arb)]
        return _series([value], min(precs)) if precs else value

    def decay(self, done: list[Any], data: tuple[Any, ...], values: Sequence[Any]) -> Any:
        i, power, exponent, _ = data
        return values[i] ** power * exponent.run(self, *values).exp()

    def _abs(self, x: Any) -> Any:
        value = _value(x)
        if value >= 0:
            return x
        if value <= 0:
            return -x
        if isinstance(x, arb):
            return abs(x).nonnegative_part()
        return _series([abs(value).nonnegative_part(), coefficient(x, 1) * _unit()], x.prec)

    def _extreme(self, items: list[Any], sign: int) -> Any:
        best = items[0]
        for item in items[1:]:
            a, b = _value(best), _value(item)
            if _surely_at_most(b, a) if sign > 0 else _surely_at_most(a, b):
                continue
            if _surely_at_most(a, b) if sign > 0 else _surely_at_most(b, a):
                best = item
                continue
            if isinstance(best, arb) and isinstance(item, arb):
                best = _extreme_of_balls(a, b, sign)
                continue
            prec = min(i.prec for i in (best, item) if not isinstance(i, arb))
            slope = _hull([coefficient(best, 1), coefficient(item, 1)])
            best = _series([_extreme_of_balls(a, b, sign), slope], prec)
        return best


def _surely_at_most(a: arb, b: arb) -> bool:
    """a ≤ b, judged by the ends: a difference of balls would round its radius up."""
    return bool(a.upper() <= b.lower())


def _extreme_of_balls(a: arb, b: arb, sign: int) -> arb:
    if not (a.is_finite() and b.is_finite()):
        return NAN
    return a.max(b) if sign > 0 else a.min(b)


def _unit() -> arb:
    """A ball that contains [−1, 1]."""
    return arb(0, 1)


def _value(x: Any) -> arb:
    return x if isinstance(x, arb) else x[0]


def coefficient(x: Any, k: int) -> arb:
    """The k-th coefficient of a jet; NaN where the jet does not reach."""
    if isinstance(x, arb):
        return x if k == 0 or not x.is_finite() else arb(0)
    return x[k] if k < x.prec else NAN


def _or_nan(value: arb) -> arb:
    """A value that is not finite may come from a pole: not even its existence is known."""
    return value if value.is_finite() else NAN


def _series(coefficients: list[arb], prec: int) -> arb_series:
    """A jet of ``prec`` terms: the given coefficients, then NaN."""
    return arb_series((coefficients + [NAN] * prec)[:prec], prec=prec)


def _nan_like(x: Any) -> Any:
    return NAN if isinstance(x, arb) else _series([], x.prec)


def _whole(y: arb_series, x: arb_series) -> arb_series:
    """``y`` with NaN in the terms that the operation lost."""
    return y if y.prec >= x.prec else _series([y[k] for k in range(y.prec)], x.prec)


def _ratio(a: Any, b: Any) -> Any:
    """a / b, NaN where b may vanish (flint would cancel common powers of a jet)."""
    certain = bool(_value(b) != 0)
    return a / b if certain else _nan_like(b)


def _at_least_zero(power: Any) -> Any:
    """An even power cannot be negative."""
    if isinstance(power, arb):
        return power.nonnegative_part() if not power >= 0 and power.is_finite() else power
    if power[0] >= 0 or not power[0].is_finite():
        return power
    rest = [power[k] for k in range(1, power.prec)]
    return _series([power[0].nonnegative_part(), *rest], power.prec)


def _hull(items: Sequence[arb]) -> arb:
    """A ball around all of ``items``; NaN if one is not finite."""
    if not all(x.is_finite() for x in items):
        return NAN
    return functools.reduce(lambda a, b: a.union(b), items)


# ---------------------------------------------------------------------------------- complex balls


@dataclass(frozen=True)
class ComplexBalls(_Algebra):
    """Complex balls for rigorous quadrature.

    With ``analytic`` every operation that is not holomorphic on its argument gives a non-finite
    ball, as ``acb.integral`` demands.
    """

    analytic: bool

    def unary(self, done: list[Any], data: tuple[str, int], values: Sequence[Any]) -> Any:
        name, i = data
        x = acb(done[i])
        if name == "abs":
            return x.real_abs(analytic=self.analytic)
        if name == "log":
            return self._real_or_nan(x, x.log(analytic=self.analytic))
        if name in ("asin", "acos", "atan", "lgamma"):
            return self._cut(x, name)
        return getattr(x, name)()

    def _cut(self, x: acb, name: str) -> acb:
        """Functions with cuts off the real axis: safe on discs that stay away from the cuts."""
        if name == "atan":
            safe = bool(abs(x.imag) < 1)
        elif name == "lgamma":
            safe = bool(x.real > 0)
        else:
            inside = bool(abs(x.real) < 1)
            on_axis = x.imag == 0 and bool(abs(x.real) <= 1)
            safe = inside or (on_axis and not self.analytic)
        return getattr(x, name)() if safe else acb(NAN, NAN)

    def _real_or_nan(self, x: acb, y: acb) -> acb:
        """On the real axis a logarithm or root of a possibly negative number is not real: NaN."""
        return acb(NAN, NAN) if x.imag == 0 and not x.real >= 0 else y

    def integer_power(self, done: list[Any], data: tuple[int, int], values: Sequence[Any]) -> Any:
        i, n = data
        x = acb(done[i])
        return x**n if n > 0 else 1 / x ** (-n)

    def root_power(self, done: list[Any], data: tuple[int, int, int], values: Sequence[Any]) -> Any:
        i, p, q = data
        x = acb(done[i])
        if q == 2:
            root = x.sqrt(analytic=self.analytic)
            power = root**p if p > 0 else 1 / root ** (-p)
        else:
            power = x.pow(acb(fmpq(p, q)), analytic=self.analytic)
        return self._real_or_nan(x, power)

    def min(self, done: list[Any], data: tuple[int, ...], values: Sequence[Any]) -> Any:
        return self._extreme(done, data, "real_min")

    def max(self, done: list[Any], data: tuple[int, ...], values: Sequence[Any]) -> Any:
        return self._extreme(done, data, "real_max")

    def _extreme(self, done: list[Any], data: tuple[int, ...], method: str) -> acb:
        best = acb(done[data[0]])
        for i in data[1:]:
            best = getattr(best, method)(acb(done[i]), analytic=self.analytic)
        return best

    def piecewise(self, done: list[Any], data: tuple[Any, ...], values: Sequence[Any]) -> Any:
        """Branches are vertical strips of the plane: holomorphic where the choice is certain."""

        def less(i: int, j: int) -> bool:
            return bool(acb(done[i]).real < acb(done[j]).real)

        def equal_less(i: int, j: int) -> bool:
            return bool(acb(done[i]).real <= acb(done[j]).real)

        steps, complete = _branches(data, less, equal_less)
        if not complete:
            return acb(NAN, NAN)
        possible = [acb(done[i]) for i in steps]
        if len(possible) == 1:
            return possible[0]
        if self.analytic or not all(p.is_finite() for p in possible):
            return acb(NAN, NAN)
        return functools.reduce(lambda a, b: a.union(b), possible)


# -------------------------------------------------------------------------------------- intervals


@dataclass(frozen=True)
class Interval:
    """[lo, hi] with exact ends, −∞ ≤ lo ≤ hi ≤ ∞; NaN ends where something may be undefined."""

    lo: arb
    hi: arb

    @staticmethod
    def of(value: arb) -> Interval:
        """The interval of a ball."""
        return Interval(value.lower(), value.upper()) if not value.is_nan() else UNDEFINED

    @property
    def undefined(self) -> bool:
        return bool(self.lo.is_nan() or self.hi.is_nan())

    def contains_zero(self) -> bool:
        return bool(self.lo <= 0) and bool(self.hi >= 0)

    def ball(self) -> arb:
        """A ball around a bounded interval, NaN if it is unbounded."""
        if self.lo.is_finite() and self.hi.is_finite():
            return self.lo.union(self.hi)
        return NAN


UNDEFINED = Interval(NAN, NAN)
WHOLE = Interval(-INFINITY, INFINITY)
INCREASING = {"exp", "log", "sinh", "tanh", "asin", "atan", "erf", "erfi", "sqrt"}
DECREASING = {"acos", "erfc"}
DOMAIN = {"log": (0, None), "sqrt": (0, None), "asin": (-1, 1), "acos": (-1, 1)}
AT_INFINITY: dict[str, tuple[Callable[[], arb], Callable[[], arb]]] = {
    "exp": (lambda: arb(0), lambda: INFINITY),
    "log": (lambda: NAN, lambda: INFINITY),
    "sqrt": (lambda: NAN, lambda: INFINITY),
    "sinh": (lambda: -INFINITY, lambda: INFINITY),
    "tanh": (lambda: arb(-1), lambda: arb(1)),
    "atan": (lambda: -arb.pi() / 2, lambda: arb.pi() / 2),
    "erf": (lambda: arb(-1), lambda: arb(1)),
    "erfi": (lambda: -INFINITY, lambda: INFINITY),
    "erfc": (lambda: arb(2), lambda: arb(0)),
}


@dataclass(frozen=True)
class Intervals(_Algebra):
    """Closed intervals with outward rounding, ends possibly infinite.

    The value of an expression over intervals of real numbers lies in the interval computed. With
    ``limit`` a variable may be [∞, ∞] or [−∞, −∞]: every limit point of the expression, as that
    variable tends there, lies in the interval computed (so 0·∞ and ∞ − ∞ say nothing).
    """

    limit: bool = False

    def variable(self, done: list[Any], data: int, values: Sequence[Any]) -> Any:
        return values[data]

    def rational(self, done: list[Any], data: Fraction, values: Sequence[Any]) -> Any:
        return Interval.of(super().rational(done, data, values))

    def number(self, done: list[Any], data: str, values: Sequence[Any]) -> Any:
        return Interval.of(super().number(done, data, values))

    def add(self, done: list[Any], data: tuple[int, ...], values: Sequence[Any]) -> Any:
        total = done[data[0]]
        for i in data[1:]:
            total = self._sum(total, done[i])
        return total

    def mul(self, done: list[Any], data: tuple[int, ...], values: Sequence[Any]) -> Any:
        product = done[data[0]]
        for i in data[1:]:
            product = self._product(product, done[i])
        return product

    def integer_power(self, done: list[Any], data: tuple[int, int], values: Sequence[Any]) -> Any:
        i, n = data
        x = done[i]
        if x.undefined:
            return UNDEFINED
        power = self._positive_power(x, abs(n))
        return power if n > 0 else self._inverse(power)

    def root_power(self, done: list[Any], data: tuple[int, int, int], values: Sequence[Any]) -> Any:
        i, p, q = data
        x = done[i]
        if x.undefined or not x.lo >= 0 or (self.limit and x.lo == 0):
            return UNDEFINED
        root = Interval(_root(x.lo, q).lower(), _upper(_root(x.hi, q)))
        power = self._positive_power(root, abs(p))
        return power if p > 0 else self._inverse(power)

    def unary(self, done: list[Any], data: tuple[str, int], values: Sequence[Any]) -> Any:
        name, i = data
        x = done[i]
        if x.undefined:
            return UNDEFINED
        if name == "abs":
            return self._abs(x)
        if name in DOMAIN:
            least, most = DOMAIN[name]
            open_ends = name == "log" or self.limit
            if not (x.lo > least if open_ends else x.lo >= least):
                return UNDEFINED
            if most is not None and not (x.hi < most if open_ends else x.hi <= most):
                return UNDEFINED
        if name in INCREASING:
            return Interval(_lower(_at(name, x.lo)), _upper(_at(name, x.hi)))
        if name in DECREASING:
            return Interval(_lower(_at(name, x.hi)), _upper(_at(name, x.lo)))
        if name in ("sin", "cos"):
            return self._wave(name, x)
        if name == "cosh":
            y = self._abs(x)
            return Interval(
                _lower(y.lo.cosh()) if y.lo.is_finite() else INFINITY,
                _upper(y.hi.cosh()) if y.hi.is_finite() else INFINITY,
            )
        if name in ("gamma", "lgamma") and x.lo >= 2:
            low = getattr(x.lo, name)().lower() if x.lo.is_finite() else INFINITY
            return Interval(low, getattr(x.hi, name)().upper() if x.hi.is_finite() else INFINITY)
        value = x.ball()
        return Interval.of(getattr(value, name)()) if value.is_finite() else UNDEFINED

    def min(self, done: list[Any], data: tuple[int, ...], values: Sequence[Any]) -> Any:
        items = [done[i] for i in data]
        if any(x.undefined for x in items):
            return UNDEFINED
        return Interval(_least(x.lo for x in items), _least(x.hi for x in items))

    def max(self, done: list[Any], data: tuple[int, ...], values: Sequence[Any]) -> Any:
        items = [done[i] for i in data]
        if any(x.undefined for x in items):
            return UNDEFINED
        return Interval(_greatest(x.lo for x in items), _greatest(x.hi for x in items))

    def piecewise(self, done: list[Any], data: tuple[Any, ...], values: Sequence[Any]) -> Any:
        def less(i: int, j: int) -> bool:
            return bool(done[i].hi < done[j].lo)

        def equal_less(i: int, j: int) -> bool:
            # At a limit, equal limits do not say which side the approach is from.
            return less(i, j) if self.limit else bool(done[i].hi <= done[j].lo)

        steps, complete = _branches(data, less, equal_less)
        possible: list[Interval] = [done[i] for i in steps]
        if not complete or any(x.undefined for x in possible):
            return UNDEFINED
        return Interval(_least(x.lo for x in possible), _greatest(x.hi for x in possible))

    def decay(self, done: list[Any], data: tuple[Any, ...], values: Sequence[Any]) -> Any:
        """Falling in z, if z times the logarithmic derivative is ≤ 0: then the ends suffice."""
        i, power, exponent, rate = data
        z = values[i]

        def at(z: Interval) -> Interval:
            inner = exponent.run(self, *[z if k == i else v for k, v in enumerate(values)])
            grown = self.unary([inner], ("exp", 0), ())
            return self._product(self._positive_power(z, power), grown)

        slope = rate.run(self, *values)
        if not z.lo > 0 or not slope.hi <= 0:
            return at(z)
        if not z.lo.is_finite():
            return Interval(arb(0), arb(0)) if slope.hi == -INFINITY else WHOLE
        first = at(Interval(z.lo, z.lo))
        last = at(Interval(z.hi, z.hi)) if z.hi.is_finite() else Interval(arb(0), arb(0))
        if first.undefined or last.undefined:
            return UNDEFINED
        return Interval(_greatest((last.lo, arb(0))), first.hi)

    def _sum(self, x: Interval, y: Interval) -> Interval:
        if x.undefined or y.undefined:
            return UNDEFINED
        lo, hi = x.lo + y.lo, x.hi + y.hi
        return Interval(
            -INFINITY if lo.is_nan() else _lower(lo), INFINITY if hi.is_nan() else _upper(hi)
        )

    def _product(self, x: Interval, y: Interval) -> Interval:
        if x.undefined or y.undefined:
            return UNDEFINED
        corners = [a * b for a in (x.lo, x.hi) for b in (y.lo, y.hi)]
        if any(c.is_nan() for c in corners):
            if self.limit:
                return WHOLE
            corners = [arb(0) if c.is_nan() else c for c in corners]
        return Interval(_least(map(_lower, corners)), _greatest(map(_upper, corners)))

    def _positive_power(self, x: Interval, n: int) -> Interval:
        if n % 2 == 0:
            x = self._abs(x)
        return Interval(_lower(_power(x.lo, n)), _upper(_power(x.hi, n)))

    def _inverse(self, x: Interval) -> Interval:
        if x.undefined or x.contains_zero():
            return UNDEFINED

        def inverse(end: arb) -> arb:
            return 1 / end if end.is_finite() else arb(0)

        return Interval(_lower(inverse(x.hi)), _upper(inverse(x.lo)))

    def _abs(self, x: Interval) -> Interval:
        if x.lo >= 0:
            return x
        if x.hi <= 0:
            return Interval(-x.hi, -x.lo)
        return Interval(arb(0), _greatest((-x.lo, x.hi)))

    def _wave(self, name: str, x: Interval) -> Interval:
        value = x.ball()
        y = getattr(value, name)() if value.is_finite() else _unit()
        return Interval(_greatest((y.lower(), arb(-1))), _least((y.upper(), arb(1))))


def _at(name: str, end: arb) -> arb:
    if end.is_finite():
        return end.sqrt() if name == "sqrt" else getattr(end, name)()
    return AT_INFINITY[name][1 if end > 0 else 0]()


def _root(end: arb, q: int) -> arb:
    if not end.is_finite():
        return INFINITY
    return arb(0) if end == 0 else end.root(q)


def _power(end: arb, n: int) -> arb:
    if end.is_finite():
        return end**n
    return INFINITY if end > 0 or n % 2 == 0 else -INFINITY


def _lower(value: arb) -> arb:
    """The lower end of a ball or of ±∞ (NaN, and an overflow, are −∞: nothing is known)."""
    if value.is_nan():
        return -INFINITY
    return value if not value.is_finite() and value.is_exact() else value.lower()


def _upper(value: arb) -> arb:
    if value.is_nan():
        return INFINITY
    return value if not value.is_finite() and value.is_exact() else value.upper()


def _least(ends: Iterable[arb]) -> arb:
    """The least of some ends (exact, none NaN)."""
    return functools.reduce(lambda a, b: b if b < a else a, ends)


def _greatest(ends: Iterable[arb]) -> arb:
    """The greatest of some ends (exact, none NaN)."""
    return functools.reduce(lambda a, b: b if b > a else a, ends)


def largest(x: Interval) -> arb:
    """The largest absolute value in ``x``; NaN if undefined."""
    return NAN if x.undefined else _greatest((abs(x.lo), abs(x.hi)))


def precision(bits: int) -> Any:
    """A context manager that sets flint's working precision."""
    return flint.ctx.workprec(bits)
