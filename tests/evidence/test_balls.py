"""The translator to balls, jets, complex balls and intervals, against mpmath and SymPy."""

from fractions import Fraction

import mpmath
import pytest
import sympy as sp
from flint import acb, arb, arb_series, fmpq
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from memorize.evidence import balls
from memorize.evidence.balls import (
    INFINITY,
    Balls,
    ComplexBalls,
    Decay,
    Interval,
    Intervals,
    Program,
    Unsupported,
)

x, y = sp.symbols("x y", real=True)
UNARY = [
    sp.exp,
    lambda e: sp.log(2 + e**2),
    lambda e: sp.sqrt(1 + e**2),
    lambda e: (2 + sp.sin(e)) ** sp.Rational(-2, 3),
    sp.sin,
    sp.cos,
    sp.tanh,
    sp.sinh,
    sp.cosh,
    sp.atan,
    lambda e: sp.asin(e / (1 + e**2)),
    lambda e: sp.acos(e / (2 + e**2)),
    lambda e: sp.gamma(1 + sp.sin(e) ** 2),
    lambda e: sp.loggamma(2 + sp.cos(e)),
    sp.erf,
    sp.erfc,
    lambda e: sp.erfi(sp.tanh(e)),
    sp.Abs,
    lambda e: e**3 - 2 * e,
    lambda e: 1 / (3 + sp.cos(e)),
    lambda e: sp.Max(e, e**2 / 3, -1),
    lambda e: sp.Min(e, sp.Rational(1, 3)),
    lambda e: sp.Piecewise((e**2, e < sp.Rational(1, 5)), (e / 5, True)),
]
SMOOTH = [f for f in UNARY if balls.is_smooth(f(x))]
fractions = st.fractions(min_value=-2, max_value=2, max_denominator=64)
numbers = fractions.map(lambda f: sp.Rational(f.numerator, f.denominator))


def expressions(unary):
    leaves = st.one_of(st.sampled_from([x, y]), numbers)
    return st.recursive(
        leaves,
        lambda inner: st.one_of(
            st.tuples(st.sampled_from(unary), inner).map(lambda t: t[0](t[1])),
            st.tuples(inner, inner).map(lambda t: t[0] + t[1]),
            st.tuples(inner, inner).map(lambda t: t[0] * t[1]),
        ),
        max_leaves=5,
    ).filter(lambda e: isinstance(e, sp.Expr) and e.is_finite is not False)


def of(value: Fraction) -> arb:
    return arb(fmpq(value.numerator, value.denominator))


def reference(expr: sp.Expr, a: Fraction, b: Fraction) -> mpmath.mpf | None:
    """mpmath's value at 60 digits, through lambdify: another road than the translator's."""
    with mpmath.workdps(60):
        point = [mpmath.mpf(v.numerator) / v.denominator for v in (a, b)]
        try:
            value = sp.lambdify((x, y), expr, "mpmath")(*point)
        except (ZeroDivisionError, ValueError, OverflowError):
            return None
        value = mpmath.mpmathify(value)
        return value.real if abs(mpmath.im(value)) == 0 and mpmath.isfinite(value) else None


def holds(ball: arb, value: mpmath.mpf) -> bool:
    """Whether the ball, widened by mpmath's own rounding, contains the value."""
    with mpmath.workdps(60):
        text = mpmath.nstr(value, 50)
        slack = mpmath.nstr(mpmath.mpf(10) ** -40 * (1 + abs(value)), 5)
    return bool((ball + arb(0, arb(slack))).overlaps(arb(text)))


@settings(max_examples=120, deadline=None, derandomize=True)
@given(expressions(UNARY), fractions, fractions)
def test_a_ball_contains_the_value_that_mpmath_finds(expr, a, b):
    value = reference(expr, a, b)
    assume(value is not None and abs(value) < 1e30)
    with balls.precision(128):
        ball = Program(expr, (x, y)).run(Balls(), of(a), of(b))
        assume(ball.is_finite())
        assert holds(ball, value)
        assert float(ball.rad()) <= 1e-20 * max(1.0, abs(float(value)))


@settings(max_examples=100, deadline=None, derandomize=True)
@given(expressions(UNARY), fractions, fractions, st.fractions(min_value=0, max_value=1))
def test_balls_and_intervals_over_a_range_contain_its_points(expr, a, b, part):
    inside = a + part / 4
    value = reference(expr, inside, b)
    assume(value is not None and abs(value) < 1e30)
    with balls.precision(128):
        program = Program(expr, (x, y))
        wide = of(a).union(of(a + Fraction(1, 4)))
        ball = program.run(Balls(), wide, of(b))
        assert not ball.is_finite() or holds(ball, value)
        side = Interval(of(a).lower(), of(a + Fraction(1, 4)).upper())
        interval = program.run(Intervals(), side, Interval.of(of(b)))
        if not interval.undefined and interval.ball().is_finite():
            assert holds(interval.ball(), value)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(expressions(SMOOTH), fractions, fractions)
def test_a_jet_holds_the_derivatives_that_sympy_finds(expr, a, b):
    with balls.precision(192):
        jet = Program(expr, (x, y)).run(Balls(), arb_series([of(a), 1], prec=4), of(b))
        for order in range(1, 4):
            coefficient = balls.coefficient(jet, order)
            value = reference(sp.diff(expr, x, order), a, b)
            assume(coefficient.is_finite() and value is not None and abs(value) < 1e20)
            assert holds(coefficient * int(sp.factorial(order)), value)


@pytest.mark.parametrize(
    "expr",
    [
        1 / x,
        sp.log(x),
        sp.sqrt(x),
        x ** sp.Rational(1, 3),
        x ** sp.Rational(-1, 2),
        sp.tan(x * 3),
        sp.gamma(x),
        sp.asin(2 * x),
        sp.acos(2 * x),
        x**x,
        sp.exp(1 / x),
        sp.Abs(1 / x),
        sp.Max(1 / x, 0),
        (1 / x) ** 2,
        sp.atan(1 / x),
        sp.Piecewise((1, x < -5)),
    ],
)
def test_what_is_not_defined_throughout_is_nan_in_every_algebra(expr):
    with balls.precision(128):
        program = Program(expr, (x,))
        wide = arb(0, 1)
        value = program.run(Balls(), wide)
        assert not value.is_finite()
        assert not value >= 0
        jet = program.run(Balls(), arb_series([wide, 1], prec=3))
        assert not any(balls.coefficient(jet, k).is_finite() for k in range(3))
        interval = program.run(Intervals(), Interval(arb(-1), arb(1)))
        assert interval.undefined
        assert not interval.lo >= 0


def test_a_division_of_jets_does_not_cancel_a_common_zero():
    with balls.precision(128):
        program = Program(sp.sin(x) / x, (x,))
        jet = program.run(Balls(), arb_series([arb(0), 1], prec=3))
        assert not balls.coefficient(jet, 0).is_finite()


def test_a_corner_has_the_hull_of_its_slopes_and_nothing_above():
    with balls.precision(128):
        for expr in (sp.Abs(x), sp.Max(x, -x), -sp.Min(x, -x)):
            jet = Program(expr, (x,)).run(Balls(), arb_series([arb(0, 1), 1], prec=3))
            assert balls.coefficient(jet, 1).contains(1)
            assert balls.coefficient(jet, 1).contains(-1)
            assert not balls.coefficient(jet, 2).is_finite()
        jump = sp.Piecewise((0, x < 0), (1, True))
        jet = Program(jump, (x,)).run(Balls(), arb_series([arb(0, 1), 1], prec=2))
        assert balls.coefficient(jet, 0).contains(0)
        assert balls.coefficient(jet, 0).contains(1)
        assert not balls.coefficient(jet, 1).is_finite()


@pytest.mark.parametrize(
    ("condition", "at", "expected"),
    [
        (x < 0, 0, 5),
        (x <= 0, 0, 7),
        (x > 0, 0, 5),
        (x >= 0, 0, 7),
        (sp.And(x > 0, x < 2), 1, 7),
        (sp.And(x > 0, x < 2), 2, 5),
        (sp.Or(x < 0, x > 2), 1, 5),
        (sp.Not(sp.And(x > 0, x < 2)), 3, 7),
    ],
)
def test_the_edge_of_a_piece_belongs_to_the_right_piece(condition, at, expected):
    expr = sp.Piecewise((7, condition), (5, True))
    with balls.precision(64):
        program = Program(expr, (x,))
        assert program.run(Balls(), arb(at)) == expected
        assert program.run(Intervals(), Interval(arb(at), arb(at))).lo == expected
        assert program.run(ComplexBalls(False), acb(at)).real == expected


def test_intervals_reach_to_infinity():
    far = Interval(arb(4), INFINITY)
    with balls.precision(128):
        run = {
            e: Program(e, (x,)).run(Intervals(), far)
            for e in (sp.exp(-x), x**2, 1 / x, sp.atan(x), sp.erfc(x), sp.sin(x), x - x**2)
        }
        assert run[sp.exp(-x)].lo == 0
        assert run[x**2].lo == 16
        assert not run[x**2].hi.is_finite()
        assert run[1 / x].lo == 0
        assert run[1 / x].hi == arb(fmpq(1, 4))
        assert run[sp.atan(x)].hi >= arb.pi().lower() / 2
        assert run[sp.erfc(x)].lo == 0
        assert run[sp.sin(x)].lo == -1
        assert not run[x - x**2].lo.is_finite()


@settings(max_examples=60, deadline=None, derandomize=True)
@given(
    st.integers(1, 5),
    st.fractions(min_value=1, max_value=9),
    st.fractions(min_value=0, max_value=50),
)
def test_decay_bounds_the_product_it_stands_for(power, start, step):
    exponent = -(x**2) / 2 + x
    decay = Decay(x, sp.Integer(power), exponent, power + x * sp.diff(exponent, x))
    written = balls.without_decay(decay)
    with balls.precision(128):
        bound = Program(decay, (x,)).run(Intervals(), Interval(of(start).lower(), INFINITY))
        value = Program(written, (x,)).run(Balls(), of(start + step))
        assert value >= bound.lo or value.overlaps(bound.lo)
        assert not value > bound.hi
        if start >= 4:
            assert bound.hi.is_finite()


def test_a_limit_says_nothing_about_zero_times_infinity():
    infinite = Interval(INFINITY, INFINITY)
    with balls.precision(64):
        limits = Intervals(limit=True)
        assert Program(sp.exp(-x), (x,)).run(limits, infinite) == Interval(arb(0), arb(0))
        for expr in (x * sp.exp(-x), x - sp.sqrt(x), x / (1 + x)):
            value = Program(expr, (x,)).run(limits, infinite)
            assert value.undefined or (not value.lo.is_finite() and not value.hi.is_finite())


def test_quadrature_sees_cuts_and_corners():
    def integral(expr, lo, hi):
        program = Program(expr, (x,))
        return acb.integral(lambda z, a: acb(program.run(ComplexBalls(bool(a)), z)), lo, hi).real

    with balls.precision(64):
        assert abs(integral(sp.sqrt(x), 1, 4) - arb(14) / 3) < 1e-12
        assert abs(integral(sp.log(x), 1, 2) - (2 * arb(2).log() - 1)) < 1e-12
        assert abs(integral(sp.Abs(x), -1, 2) - arb(5) / 2) < 1e-10
        assert abs(integral(sp.Max(x, 0), -1, 2) - 2) < 1e-10
        assert abs(integral(sp.asin(x / 2), 0, 1) - (arb.pi() / 6 + arb(3).sqrt() - 2)) < 1e-12
        assert abs(integral(sp.Piecewise((0, x < 1), (x, True)), 0, 2) - arb(3) / 2) < 1e-8
        assert not integral(sp.log(x), -1, 1).is_finite()


def test_bad_input_is_named():
    with pytest.raises(ValueError, match=r"width must be an exact .* got 0\.1"):
        balls.exact("width", 0.1)
    with pytest.raises(ValueError, match="width must be exact, got the float"):
        balls.exact("width", sp.Float("0.1"))
    with pytest.raises(ValueError, match="width must be an exact real number"):
        balls.exact("width", sp.I)
    with pytest.raises(ValueError, match="unknown symbol y"):
        Program(x + y, (x,))
    with pytest.raises(Unsupported, match="zeta"):
        Program(sp.zeta(x), (x,))
    with pytest.raises(ValueError, match="right must be exact, but holds a float"):
        balls.bind("right", 0.5 * x, {})
    with pytest.raises(ValueError, match="right must be a SymPy expression"):
        balls.bind("right", "x", {})
    with pytest.raises(ValueError, match=r"constants\['c'\] = -1 contradicts"):
        balls.bind("right", sp.Symbol("c", positive=True) * x, {"c": -1})
    with pytest.raises(ValueError, match="not defined at these constants"):
        balls.bind("right", x / sp.Symbol("c"), {"c": 0})
