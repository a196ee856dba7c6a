"""Identities: SymPy derives that two expressions are equal, balls look over its shoulder.

The derivation reduces the difference of the two sides to 0. The corroboration evaluates both sides
at points of the domain without what SymPy found: an unevaluated integral by rigorous quadrature
with a bound on its tails, a series with a bound on its remainder, a derivative by Taylor
coefficients.
"""

from __future__ import annotations

import functools
import itertools
import math
import operator
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import sympy as sp
import torch
from flint import acb, arb, arb_series

from memorize import require, runtime
from memorize.evidence import balls
from memorize.evidence.balls import Balls, ComplexBalls, Interval, Intervals, Program, Unsupported
from memorize.kernel.evidence import Claim, Finding, Outcome

__all__ = ["Derivation", "Identity", "derive_zero", "enclosed_value"]

UNDONE = (sp.Integral, sp.Sum, sp.Product, sp.Derivative)
STEPS: dict[str, Callable[[sp.Expr], sp.Expr]] = {
    function.__name__: function
    for function in (
        *(sp.expand, sp.expand_func, sp.expand_log, sp.expand_trig, sp.factor, sp.factor_terms),
        *(sp.cancel, sp.together, sp.apart, sp.radsimp, sp.ratsimp, sp.sqrtdenest, sp.powsimp),
        *(sp.powdenest, sp.logcombine, sp.trigsimp, sp.gammasimp, sp.combsimp, sp.hyperexpand),
        *(sp.piecewise_fold, sp.simplify),
    )
} | {"doit": lambda e: e.doit()}
DEFAULT_STEPS = (
    ("expand",),
    ("expand_func", "expand"),
    ("together", "expand", "cancel"),
    ("powsimp", "expand"),
    ("simplify",),
    ("gammasimp", "simplify"),
    ("expand_func", "simplify"),
    ("rewrite(exp)", "simplify"),
    ("sqrtdenest", "radsimp", "simplify"),
)
AGREEMENT = 2.0**-30
"""Relative width below which two overlapping balls count as agreeing."""
TAIL = 70
"""What is cut off from an integral or a series is below 2^−TAIL."""
DIGITS = 30
"""Working digits where only mpmath can evaluate."""


@dataclass(frozen=True)
class Derivation:
    """Whether 0 was reached, and by which SymPy steps."""

    reached: bool
    steps: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Identity(Claim):
    """``lhs`` = ``rhs`` for all values of the symbols in ``domain``.

    ``domain`` maps each free symbol to an open interval ``(lo, hi)``, a ``range`` of integers, or a
    finite set, whose members are derived one by one. ``by`` suggests SymPy steps (strings) and
    stops on the way (expressions); none of it is believed. Both sides are compared at two fixed and
    ``points`` random rational points, from the random stream ``stream`` (default: the text).

    Raises ``ValueError`` naming the argument for floats, unknown symbols, empty or reversed
    domains, and domains that contradict the assumptions of their symbol.
    """

    kind: ClassVar[str] = "identity"
    lhs: Any
    rhs: Any
    domain: Mapping[sp.Symbol, Any]
    by: Sequence[Any] = ()
    points: int = 8
    bits: int = 128
    stream: str | None = None

    def __post_init__(self) -> None:
        self._stops()
        self._domain()
        require.positive_int("points", self.points)
        if require.positive_int("bits", self.bits) < 53:
            raise ValueError(f"bits must be at least 53, got {self.bits}")
        for step in self.by:
            if isinstance(step, str):
                _step(step)

    def decide(self) -> Finding:
        stops = self._stops()
        domain = self._domain()
        lhs, rhs = stops[0], stops[-1]
        fixed = [_point(domain, unit) for unit in (_first, _second)]
        generator = runtime.generator(f"identity/{self.stream or self.text}")
        points = fixed + [_random_point(domain, generator) for _ in range(self.points)]
        points = [p for k, p in enumerate(points) if p not in points[:k]]
        compared = []
        for k, point in enumerate(points):
            verdict, rigorous = _compare(lhs, rhs, point, self.bits)
            compared.append((verdict, rigorous))
            if verdict is False:
                witness = {s.name: str(v) for s, v in point.items()}
                strict: dict[str, Any] = {"arithmetic": _arithmetic([rigorous])}
                if k < len(fixed):
                    strict["witness"] = witness
                return Finding(Outcome.REFUTED, strict, {"witness": witness})
        if any(verdict is None for verdict, _ in compared):
            return Finding(
                Outcome.UNDECIDED, {"reason": "the sides could not be compared in balls"}
            )
        steps = _derive(stops, domain, tuple(s for s in self.by if isinstance(s, str)))
        if steps is None:
            return Finding(
                Outcome.UNDECIDED, {"reason": "SymPy did not reduce the difference to 0"}
            )
        strict = {
            "derivation": list(steps),
            "points": 2 + self.points if domain else 1,
            "arithmetic": _arithmetic([rigorous for _, rigorous in compared]),
        }
        shown = [{s.name: str(v) for s, v in point.items()} for point in points]
        return Finding(Outcome.PROVED, strict, {"points": shown})

    def _stops(self) -> list[sp.Expr]:
        """lhs, the stops on the way, rhs: with the constants put in."""
        stops = [balls.bind("lhs", self.lhs, self.constants)]
        stops += [
            balls.bind("by", step, self.constants) for step in self.by if not isinstance(step, str)
        ]
        return [*stops, balls.bind("rhs", self.rhs, self.constants)]

    def _domain(self) -> dict[sp.Symbol, Any]:
        if not isinstance(self.domain, Mapping):
            raise ValueError(f"domain must map symbols to where they live, got {self.domain!r}")
        domain = {symbol: _where(symbol, where) for symbol, where in self.domain.items()}
        free = set().union(*(stop.free_symbols for stop in self._stops()))
        unknown = sorted(str(s) for s in free - set(domain))
        if unknown:
            raise ValueError(
                f"unknown symbols {unknown}: name them, with the same assumptions, in domain or "
                "constants"
            )
        return domain


def derive_zero(
    expr: sp.Expr, by: Sequence[str] = (), domain: Mapping[sp.Symbol, Any] | None = None
) -> Derivation:
    """Whether SymPy reduces ``expr`` to 0: first by the steps ``by``, then by its simplifiers.

    Conditions of a ``Piecewise`` that hold on all of the open intervals ``domain`` are resolved.
    Raises ``ValueError`` for a step that is not known.
    """
    if expr == 0:
        return Derivation(True, ("same expression",))
    taken: list[str] = []
    if expr.has(*UNDONE):
        expr = expr.doit()
        taken.append("doit")
    if expr.has(sp.Piecewise) and domain:
        expr = _resolved(expr, domain)
        taken.append("conditions on the domain")
    for name in by:
        expr = _step(name)(expr)
        taken.append(name)
    if expr == 0:
        return Derivation(True, tuple(taken))
    expr = _tamed(expr)
    for names in DEFAULT_STEPS:
        current = expr
        for k, name in enumerate(names):
            current = _step(name)(current)
            if current == 0:
                return Derivation(True, (*taken, *names[: k + 1]))
    return Derivation(False, ())


def _resolved(expr: sp.Expr, domain: Mapping[sp.Symbol, Any]) -> sp.Expr:
    """``expr`` with every relation in one symbol replaced by its truth value on the domain."""
    truths = {}
    for relation in expr.atoms(sp.core.relational.Relational):
        if len(relation.free_symbols) != 1:
            continue
        (symbol,) = relation.free_symbols
        where = domain.get(symbol)
        if not isinstance(where, tuple):
            continue
        plain = sp.Dummy(real=True)
        try:
            holds = relation.xreplace({symbol: plain}).as_set()
            fails = sp.Not(relation.xreplace({symbol: plain})).as_set()
        except (NotImplementedError, TypeError, ValueError, AttributeError):
            continue
        for truth, region in ((sp.true, holds), (sp.false, fails)):
            if sp.Interval.open(*where).is_subset(region):
                truths[relation] = truth
    return expr.xreplace(truths)


def _tamed(expr: sp.Expr) -> sp.Expr:
    """Exponentials with long rationals as independent symbols.

    SymPy's polynomial routines would take exp(5574x/10000) for a power of degree 5574.
    """
    expr = sp.powsimp(sp.expand(expr)) if expr.has(sp.exp) else expr
    powers = expr.atoms(sp.exp)
    if all(max(abs(r.p), r.q) <= 100 for e in powers for r in e.atoms(sp.Rational)):
        return expr
    return expr.xreplace({e: sp.Dummy(positive=True) for e in powers})


def _step(name: str) -> Callable[[sp.Expr], sp.Expr]:
    match = re.fullmatch(r"rewrite\((\w+)\)", name)
    if match:
        target = getattr(sp, match[1], None)
        if isinstance(target, type) and issubclass(target, sp.Basic):
            return lambda e: e.rewrite(target)
    if name not in STEPS:
        raise ValueError(f"by names the step {name!r}; known are rewrite(…) and {sorted(STEPS)}")
    return STEPS[name]


def _derive(
    stops: Sequence[sp.Expr], domain: Mapping[sp.Symbol, Any], by: tuple[str, ...]
) -> tuple[str, ...] | None:
    """The steps that lead from stop to stop, for every value of the finite variables; or None."""
    finite = {s: w for s, w in domain.items() if isinstance(w, frozenset)}
    taken: dict[str, None] = {}
    for values in itertools.product(*[sorted(w, key=sp.default_sort_key) for w in finite.values()]):
        case = dict(zip(finite, values, strict=True))
        for a, b in itertools.pairwise(stops):
            derivation = derive_zero((a - b).xreplace(case), by, domain)
            if not derivation.reached:
                return None
            taken |= dict.fromkeys(derivation.steps)
    return tuple(taken)


def _arithmetic(rigorous: Sequence[bool]) -> str:
    return "balls" if all(rigorous) else f"mpmath, {DIGITS} digits, not rigorous"


# ------------------------------------------------------------------------------------------ domains


def _where(symbol: Any, where: Any) -> Any:
    """A range, a frozenset of exact numbers, or a pair of exact ends."""
    if not isinstance(symbol, sp.Symbol):
        raise ValueError(f"domain must be keyed by SymPy symbols, got {symbol!r}")
    name = f"domain[{symbol}]"
    if isinstance(where, range):
        members = [sp.Integer(n) for n in where]
    elif isinstance(where, set | frozenset):
        members = [balls.exact(name, v) for v in where]
    else:
        return _interval(name, symbol, where)
    if not members:
        raise ValueError(f"{name} is empty")
    for value in members:
        if not balls.satisfies(symbol, value):
            raise ValueError(f"{name} holds {value}, which contradicts the assumptions of {symbol}")
    return where if isinstance(where, range) else frozenset(members)


def _interval(name: str, symbol: sp.Symbol, where: Any) -> tuple[sp.Expr, sp.Expr]:
    try:
        lo, hi = where
    except (TypeError, ValueError):
        raise ValueError(f"{name} must be (lo, hi), a range or a set, got {where!r}") from None
    lo, hi = balls.exact(name, lo), balls.exact(name, hi)
    if not lo < hi:
        raise ValueError(f"{name} must have lo < hi, got ({lo}, {hi})")
    if symbol.is_integer:
        raise ValueError(f"{name} must be a range or a set: {symbol} is an integer")
    outside = (
        symbol.is_extended_real is False
        or (symbol.is_extended_nonnegative and lo.is_extended_negative)
        or (symbol.is_extended_nonpositive and hi.is_extended_positive)
        or (symbol.is_zero is False and lo.is_extended_negative and hi.is_extended_positive)
    )
    if outside:
        raise ValueError(f"{name} = ({lo}, {hi}) contradicts the assumptions of {symbol}")
    return lo, hi


def _first(i: int) -> sp.Rational:
    return sp.Rational(2 + i, 5 + 2 * i)


def _second(i: int) -> sp.Rational:
    return sp.Rational(5 + i, 7 + i)


def _random_point(
    domain: Mapping[sp.Symbol, Any], generator: torch.Generator
) -> dict[sp.Symbol, sp.Expr]:
    prime = 1009
    parts = torch.randint(1, prime, (max(len(domain), 1),), generator=generator).tolist()
    return _point(domain, lambda i: sp.Rational(parts[i], prime))


def _point(
    domain: Mapping[sp.Symbol, Any], unit: Callable[[int], sp.Rational]
) -> dict[sp.Symbol, sp.Expr]:
    """The point at the fractions ``unit(i)`` of the way through each symbol's domain."""
    return {s: _at_fraction(w, unit(i)) for i, (s, w) in enumerate(domain.items())}


def _at_fraction(where: Any, u: sp.Rational) -> sp.Expr:
    if isinstance(where, range):
        return sp.Integer(where[int(u * len(where))])
    if isinstance(where, frozenset):
        return sorted(where, key=sp.default_sort_key)[int(u * len(where))]
    lo, hi = where
    if lo == -sp.oo and hi == sp.oo:
        return (2 * u - 1) / (u * (1 - u) + sp.Rational(1, 10))
    if hi == sp.oo:
        return _rational_between(lo, lo + u / (sp.Rational(11, 10) - u), lo + 11)
    if lo == -sp.oo:
        return _rational_between(hi - 11, hi - u / (sp.Rational(11, 10) - u), hi)
    return _rational_between(lo, lo + (hi - lo) * u, hi)


def _rational_between(lo: sp.Expr, value: sp.Expr, hi: sp.Expr) -> sp.Expr:
    """``value``, or a rational close to it that lies in (lo, hi)."""
    if value.is_Rational:
        return value
    for digits in itertools.count(12, 12):
        near = sp.Rational(str(value.evalf(digits)))
        if lo < near and near < hi:
            return near
    raise AssertionError


# ------------------------------------------------------------------------------------ corroboration


def _compare(
    lhs: sp.Expr, rhs: sp.Expr, point: Mapping[sp.Symbol, sp.Expr], bits: int
) -> tuple[bool | None, bool]:
    """(whether the sides agree at ``point``: True, False or None, whether by balls)."""
    try:
        for more in (1, 2, 4):
            with balls.precision(bits * more):
                a, b = (enclosed_value(side, point) for side in (lhs, rhs))
                if not (a.is_finite() and b.is_finite()):
                    raise Unsupported("not finite in balls")
                if not a.overlaps(b):
                    return False, True
                scale = max(1.0, abs(float(a.mid())))
                if float((a - b).abs_upper()) <= AGREEMENT * scale:
                    return True, True
    except Unsupported:
        return _compare_without_balls(lhs, rhs, point), False
    return None, True


def _compare_without_balls(
    lhs: sp.Expr, rhs: sp.Expr, point: Mapping[sp.Symbol, sp.Expr]
) -> bool | None:
    try:
        sides = [side.subs(point) for side in (lhs, rhs)]
    except OverflowError:  # SymPy takes a logarithm of a number beyond the floats
        return None
    for node in set().union(*(side.atoms(sp.Sum, sp.Product) for side in sides)):
        if not all(end.is_Integer or end.is_infinite for limit in node.limits for end in limit[1:]):
            return None
    try:
        a, b = (side.evalf(DIGITS) for side in sides)
    except (ValueError, NotImplementedError, ZeroDivisionError, OverflowError):
        return None  # a sum that diverges, for one
    if not (a.is_Float or a.is_Rational) or not (b.is_Float or b.is_Rational):
        return None
    scale = max(1, abs(a))
    if abs(a - b) <= scale * sp.Float("1e-20"):
        return True
    return False if abs(a - b) > scale * sp.Float("1e-9") else None


def enclosed_value(expr: sp.Expr, point: Mapping[sp.Symbol, sp.Expr]) -> arb:
    """A ball around ``expr`` at a point with exact coordinates, at the working precision.

    Unevaluated integrals and sums are enclosed by quadrature and summation with bounds on what is
    cut off. Raises :class:`Unsupported` where no such bound is known.
    """
    atoms: dict[sp.Expr, sp.Dummy] = {}

    def at(node: sp.Basic) -> sp.Basic:
        if isinstance(node, UNDONE):
            return atoms.setdefault(node, sp.Dummy(real=True))
        if node in point:
            return point[node]
        if not node.args:
            return node
        args = [at(a) for a in node.args]
        if isinstance(node, sp.Pow) and _is_unwieldy(*args):
            root = sp.Pow(*args, evaluate=False)
            return atoms.setdefault(root, sp.Dummy(real=True))
        return node if args == list(node.args) else node.func(*args)

    outline = at(expr)
    if outline.has(sp.nan, sp.zoo, sp.oo, -sp.oo, sp.I):
        raise Unsupported(f"{expr} is not a real number at {dict(point)}")
    values = [_enclosed_atom(node, point) for node in atoms]
    enclosed: arb = Program(outline, tuple(atoms.values())).run(Balls(), *values)
    return enclosed


def _is_unwieldy(base: sp.Basic, exponent: sp.Basic) -> bool:
    """Whether SymPy would factorise long numbers to write this power with radicals."""
    if not isinstance(base, sp.Rational) or not isinstance(exponent, sp.Rational):
        return False
    if exponent.is_Integer:
        return False
    return bool(max(abs(base.p), base.q) >= 2**64 or max(abs(exponent.p), exponent.q) >= 16)


def _enclosed_atom(node: sp.Expr, point: Mapping[sp.Symbol, sp.Expr]) -> arb:
    if isinstance(node, sp.Pow):
        return balls.ball(node)
    if isinstance(node, sp.Derivative):
        return _derivative(node, point)
    if len(node.limits) != 1 or len(node.limits[0]) != 3:
        raise Unsupported(f"no ball for a multiple or indefinite {type(node).__name__}")
    variable, lo, hi = node.limits[0]
    outside = {s: v for s, v in point.items() if s != variable}
    body = node.function.xreplace(outside)
    lo, hi = lo.xreplace(dict(point)), hi.xreplace(dict(point))
    if body.has(*UNDONE):
        body = body.doit()
    if isinstance(node, sp.Integral):
        return _integral(body, variable, lo, hi)
    if isinstance(node, sp.Sum):
        return _sum(body, variable, lo, hi)
    return _finite_terms(body, variable, lo, hi, operator.mul, 1)


def _derivative(node: sp.Derivative, point: Mapping[sp.Symbol, sp.Expr]) -> arb:
    if len(node.variable_count) != 1:
        raise Unsupported("no ball for a mixed derivative")
    variable, order = node.variable_count[0]
    order = int(order)
    if order > 8:
        raise Unsupported("no ball for a derivative of order above 8")
    outside = {s: v for s, v in point.items() if s != variable}
    program = Program(node.expr.xreplace(outside), (variable,))
    jet = arb_series([balls.ball(point[variable]), 1], prec=order + 1)
    return balls.coefficient(program.run(Balls(), jet), order) * math.factorial(order)


# integrals


def _integral(body: sp.Expr, x: sp.Symbol, lo: sp.Expr, hi: sp.Expr) -> arb:
    """∫ body dx, infinite ends by a decay bound or the substitution x = 1/u."""
    if lo == hi:
        return arb(0)
    if (lo > hi) == True:  # noqa: E712
        return -_integral(body, x, hi, lo)
    if lo.is_extended_negative and hi.is_extended_positive:
        return _integral(body, x, lo, sp.S.Zero) + _integral(body, x, sp.S.Zero, hi)
    if lo == -sp.oo:
        return _integral(body.xreplace({x: -x}), x, -hi, sp.oo)
    if hi == sp.oo:
        start, rest = _tail(body, x, lo)
        return _finite_integral(body, x, lo, start) + rest
    return _finite_integral(body, x, lo, hi)


def _finite_integral(body: sp.Expr, x: sp.Symbol, lo: sp.Expr, hi: sp.Expr) -> arb:
    """Rigorous quadrature; where an end is singular like a root, after x = end ± w²."""
    value = _quadrature(body, x, lo, hi)
    if not value.is_finite():
        w = sp.Dummy("w", positive=True)
        value = arb(0)
        for end, sign in ((lo, 1), (hi, -1)):
            unfolded = sp.simplify(body.xreplace({x: end + sign * w**2}) * 2 * w)
            value += _quadrature(unfolded, w, sp.S.Zero, sp.sqrt((hi - lo) / 2))
    if not value.is_finite():
        raise Unsupported(f"the integral of {body} is not finite in balls")
    return value


def _quadrature(body: sp.Expr, x: sp.Symbol, lo: sp.Expr, hi: sp.Expr) -> arb:
    program = Program(body, (x,))

    def integrand(z: acb, analytic: bool) -> acb:
        return acb(program.run(ComplexBalls(bool(analytic)), z))

    tolerance = arb(2) ** -80
    value: arb = acb.integral(
        integrand,
        acb(balls.ball(lo)),
        acb(balls.ball(hi)),
        rel_tol=tolerance,
        abs_tol=tolerance,
        eval_limit=5_000,
    ).real
    return value


def _tail(body: sp.Expr, x: sp.Symbol, lo: sp.Expr) -> tuple[sp.Expr, arb]:
    """A cut and a ball around the integral from there to ∞."""
    positive = sp.Dummy("x", positive=True)
    beyond = body.xreplace({x: positive})
    terms = sp.Add.make_args(sp.expand(beyond))
    first = max(sp.ceiling(lo), 0)
    enough = arb(2) ** -TAIL
    for step in (2**k for k in range(3, 18)):  # up to a rate of 1/1009, as at a random point
        cut = first + step
        bounds = [_decay_bound(term, positive, cut) for term in terms]
        if all(b is not None for b in bounds):
            total = sum((b for b in bounds if b is not None), arb(0))
            if total < enough:
                return cut, arb(0, total)
        elif step >= 256:
            break
    u = sp.Dummy("u", positive=True)
    cut = first + 1
    inverted = sp.simplify(beyond.xreplace({positive: 1 / u}) / u**2)
    near = Interval(arb(0), balls.ball(1 / (1000 * cut)).upper())
    if Program(inverted, (u,)).run(Intervals(), near).undefined:
        raise Unsupported(f"no bound on the tail of the integral of {body}")
    return cut, _finite_integral(inverted, u, sp.S.Zero, 1 / cut)


def _decay_bound(term: sp.Expr, x: sp.Symbol, cut: sp.Expr) -> arb | None:
    """A bound on ∫_cut^∞ |term|, from term′/term ≤ −λ < 0 beyond the cut; None if there is none.

    Factors that are at most 1 in absolute value are dropped first.
    """
    kept = [f for f in sp.Mul.make_args(term) if not _at_most_one(f)]
    term = sp.Mul(*kept)
    if term == 0:
        return arb(0)
    rate = sp.Add(*[sp.diff(factor, x) / factor for factor in sp.Mul.make_args(term)])
    far = Interval(balls.ball(cut).lower(), balls.INFINITY)
    for way in (sp.expand, sp.simplify, lambda rate: sp.expand(sp.simplify(rate))):
        try:
            decay = Program(way(rate), (x,)).run(Intervals(), far).hi
            start = Program(term, (x,)).run(Balls(), balls.ball(cut))
        except Unsupported:
            return None
        if decay < 0:
            return arb((start / -decay).abs_upper())
    return None


def _at_most_one(factor: sp.Expr) -> bool:
    if isinstance(factor, sp.Pow) and factor.exp.is_Integer and factor.exp > 0:
        factor = factor.base
    return isinstance(factor, sp.sin | sp.cos | sp.tanh | sp.erf)


# sums


def _sum(body: sp.Expr, n: sp.Symbol, lo: sp.Expr, hi: sp.Expr) -> arb:
    if hi != sp.oo:
        return _finite_terms(body, n, lo, hi, operator.add, 0)
    ratios = _ratios(body, n)
    enough = arb(2) ** -TAIL
    for count in (16, 32, 64, 128, 256, 512):
        cut = lo + count
        for ratio, variable, far in ratios:
            worst = Program(ratio, (variable,)).run(Intervals(), far(cut))
            size = balls.largest(worst)
            if size < 1:
                first = abs(_term(body, n, cut))
                rest = arb((first / (1 - size)).abs_upper())
                if rest < enough:
                    head = _finite_terms(body, n, lo, cut - 1, operator.add, 0)
                    return head + arb(0, rest)
    raise Unsupported(f"no bound on the remainder of the sum of {body}")


def _ratios(
    body: sp.Expr, n: sp.Symbol
) -> list[tuple[sp.Expr, sp.Symbol, Callable[[sp.Expr], Interval]]]:
    """The ratio of neighbouring terms, in n and in u = 1/n."""
    m = sp.Dummy("n", positive=True, integer=True)
    u = sp.Dummy("u", positive=True)
    term = body.xreplace({n: m})
    ratio = sp.simplify(sp.combsimp(term.xreplace({m: m + 1}) / term))
    if ratio.has(sp.factorial, sp.binomial, sp.RisingFactorial):
        raise Unsupported(f"no bound on the ratio of terms {ratio}")
    inverse = sp.simplify(ratio.xreplace({m: 1 / u}))

    def from_cut(cut: sp.Expr) -> Interval:
        return Interval(balls.ball(cut).lower(), balls.INFINITY)

    def below_inverse(cut: sp.Expr) -> Interval:
        return Interval(arb(0), (1 / balls.ball(cut)).upper())

    return [(ratio, m, from_cut), (inverse, u, below_inverse)]


def _finite_terms(
    body: sp.Expr,
    n: sp.Symbol,
    lo: sp.Expr,
    hi: sp.Expr,
    join: Callable[[arb, arb], arb],
    start: int,
) -> arb:
    if not (lo.is_Integer and hi.is_Integer) or hi - lo >= 10_000:
        raise Unsupported(f"no ball for the terms from {lo} to {hi}")
    terms = (_term(body, n, sp.Integer(k)) for k in range(int(lo), int(hi) + 1))
    return functools.reduce(join, terms, arb(start))


def _term(body: sp.Expr, n: sp.Symbol, value: sp.Expr) -> arb:
    return balls.ball(body.xreplace({n: value}))
