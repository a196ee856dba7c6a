"""Identities: derived by SymPy, corroborated in balls; a wrong simplification is caught."""

import pytest
import sympy as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from memorize.evidence import Identity, derive_zero, identity
from memorize.kernel.evidence import CheckFailed, Outcome, check

x, y, s = sp.symbols("x y s", real=True)
a, t = sp.symbols("a t", positive=True)
n = sp.Symbol("n", integer=True, nonnegative=True)
m = sp.Symbol("m", integer=True, positive=True)
c = sp.Symbol("c")
R, oo = sp.Rational, sp.oo
DENSITY = sp.exp(-(x**2) / 2) / sp.sqrt(2 * sp.pi)


def claim(lhs, rhs, domain, **more):
    return Identity(text="claim", lhs=lhs, rhs=rhs, domain=domain, **more)


def true(lhs, rhs, domain):
    return claim(lhs, rhs, domain, constants={"c": 1})


TRUE = {
    "square": true((x + y) ** 2, x**2 + 2 * c * x * y + y**2, {x: (-2, 2), y: (0, oo)}),
    "product lemma": true(
        (sp.exp(x**2) + sp.exp(y**2)) / 2 - sp.exp((x**2 + y**2) / 2),
        c * (sp.exp(x**2 / 2) - sp.exp(y**2 / 2)) ** 2 / 2,
        {x: (-2, 2), y: (-2, 2)},
    ),
    "gaussian integral": true(
        sp.Integral(sp.exp(-a * x**2 / 2) / sp.sqrt(2 * sp.pi), (x, -oo, oo)),
        c / sp.sqrt(a),
        {a: (0, 3)},
    ),
    "fourth moment": true(sp.Integral(x**4 * DENSITY, (x, -oo, oo)), 3 * c, {}),
    "absolute moment": true(
        sp.Integral(sp.Abs(x) * DENSITY, (x, -oo, oo)), c * sp.sqrt(2 / sp.pi), {}
    ),
    "positive part": true(sp.Integral(sp.Max(x, 0) ** 2 * DENSITY, (x, -oo, oo)), c * R(1, 2), {}),
    "cosine transform": true(
        sp.Integral(sp.cos(t * x) * DENSITY, (x, -oo, oo)), sp.exp(-c * t**2 / 2), {t: (0, 3)}
    ),
    "gamma": true(sp.Integral(x**3 * sp.exp(-t * x), (x, 0, oo)), 6 * c / t**4, {t: (R(1, 2), 5)}),
    "arctangent": true(sp.Integral(1 / (1 + x**2), (x, -oo, oo)), c * sp.pi, {}),
    "arcsine": true(sp.Integral(1 / sp.sqrt(1 - x**2), (x, -1, 1)), c * sp.pi, {}),
    "square root": true(sp.Integral(sp.sqrt(x) / (1 + x), (x, 0, 1)), c * (2 - sp.pi / 2), {}),
    "exponential series": true(
        sp.Sum(x**n / sp.factorial(n), (n, 0, oo)), c * sp.exp(x), {x: (-3, 3)}
    ),
    "geometric series": true(sp.Sum(t**n, (n, 0, oo)), c / (1 - t), {t: (0, R(3, 4))}),
    "finite sum": true(sp.Sum(n, (n, 1, m)), c * m * (m + 1) / 2, {m: range(1, 20)}),
    "factorial": true(sp.Product(n, (n, 1, m)), c * sp.factorial(m), {m: range(1, 8)}),
    "derivative": true(
        sp.Derivative(sp.exp(x**2), (x, 2)), c * (2 + 4 * x**2) * sp.exp(x**2), {x: (-1, 1)}
    ),
    "signs": true(sp.Abs(s) * x, c * x, {s: {-1, 1}, x: (-1, 1)}),
    "trigonometry": true(sp.sin(2 * x), 2 * c * sp.sin(x) * sp.cos(x), {x: (-oo, oo)}),
    "logarithm": true(sp.log(a * t), sp.log(a) + c * sp.log(t), {a: (0, oo), t: (0, oo)}),
    "radicals": true(sp.sqrt(3 + 2 * sp.sqrt(2)), c + sp.sqrt(2), {}),
    "gamma function": true(sp.gamma(t + 1), c * t * sp.gamma(t), {t: (0, 4)}),
}


@pytest.mark.parametrize("name", TRUE)
def test_true_identities_are_proved_and_their_controls_refuted(name):
    evidence = check(name, TRUE[name], TRUE[name].but(c=R(101, 100)))
    verdict = evidence.verdict()
    assert verdict["strict"]["arithmetic"] == "balls"
    assert verdict["control"]["strict"]["witness"] is not None


def test_the_verdict_does_not_vary_with_the_seed_but_the_points_do(monkeypatch):
    found = []
    for seed in ("1", "2"):
        monkeypatch.setenv("MEMORIZE_SEED", seed)
        found.append(claim(sp.sin(2 * x), 2 * sp.sin(x) * sp.cos(x), {x: (-3, 3)}).decide())
    assert found[0].strict == found[1].strict
    assert found[0].numbers != found[1].numbers


@pytest.mark.parametrize("step", ["simplify", "expand", "doit"])
def test_a_wrong_simplification_is_caught(monkeypatch, step):
    monkeypatch.setitem(identity.STEPS, step, lambda e: sp.S.Zero)
    wrong = claim(sp.sin(x) ** 2, 1 - R(99, 100) * sp.cos(x) ** 2, {x: (-1, 1)}, by=(step,))
    found = wrong.decide()
    assert found.outcome == Outcome.REFUTED
    assert found.strict["witness"]


def test_a_wrong_integral_is_caught(monkeypatch):
    monkeypatch.setattr(sp.Integral, "doit", lambda self, **_: sp.Integer(1))
    wrong = claim(sp.Integral(x**2, (x, 0, 2)), sp.Integer(1), {})
    assert wrong.decide().outcome == Outcome.REFUTED


def test_what_sympy_cannot_derive_is_undecided():
    found = claim(
        sp.acos(x) - 2 * sp.atan(sp.sqrt((1 - x) / (1 + x))), sp.S.Zero, {x: (R(-9, 10), R(9, 10))}
    ).decide()
    assert found.outcome == Outcome.UNDECIDED
    assert "SymPy" in found.strict["reason"]


def test_agreement_at_the_points_alone_proves_nothing():
    """Zero at the two fixed points and at every random point k/1009, but not zero."""
    sly = sp.sin(1009 * sp.pi * x) * (x - R(2, 5)) * (x - R(5, 7))
    assert claim(sly, sp.S.Zero, {x: (0, 1)}).decide().outcome == Outcome.UNDECIDED


def test_steps_and_stops():
    stops = claim(
        sp.cosh(x) ** 2,
        (sp.cosh(2 * x) + 1) / 2,
        {x: (-2, 2)},
        by=("rewrite(exp)", (sp.exp(x) + sp.exp(-x)) ** 2 / 4),
    )
    assert stops.decide().outcome == Outcome.PROVED
    detour = claim(x, x, {x: (-2, 2)}, by=(x + 1,))
    assert detour.decide().outcome == Outcome.UNDECIDED
    assert derive_zero(sp.sin(x) ** 2 + sp.cos(x) ** 2 - 1, ("trigsimp",)).steps == ("trigsimp",)
    assert not derive_zero(x - 1).reached


def test_long_rationals_in_exponents_do_not_stall():
    long = sp.exp(R(27871, 50000) * x)
    assert derive_zero((long + 1) ** 2 - long**2 - 2 * long - 1).reached
    assert not derive_zero(long - sp.exp(x)).reached


def test_a_condition_that_the_domain_settles_is_resolved_and_others_are_not():
    series = sp.Sum(t**n, (n, 0, oo))
    assert claim(series, 1 / (1 - t), {t: (0, R(1, 2))}).decide().outcome == Outcome.PROVED
    assert claim(series, 1 / (1 - t), {t: (0, 2)}).decide().outcome != Outcome.PROVED


def test_signs_that_do_not_cancel_are_refuted():
    assert claim(sp.sqrt(x**2), x, {x: (-1, 1)}).decide().outcome == Outcome.REFUTED
    assert claim(s**3, s, {s: {-1, 1, 2}}).decide().outcome == Outcome.REFUTED
    assert claim(s**3, s, {s: {-1, 0, 1}}).decide().outcome == Outcome.PROVED


def test_what_only_mpmath_can_evaluate_is_marked():
    zeta = claim(sp.Sum(1 / m**2, (m, 1, oo)), c * sp.pi**2 / 6, {}, constants={"c": 1})
    found = zeta.decide()
    assert found.outcome == Outcome.PROVED
    assert "not rigorous" in found.strict["arithmetic"]
    assert zeta.but(c=R(101, 100)).decide().outcome == Outcome.REFUTED


def test_a_divergent_integral_has_no_ball():
    with identity.balls.precision(64):
        for body, lo in ((sp.exp(x**2) * DENSITY, 0), (1 / x, 1), (sp.cos(x), 0), (1 / x, 0)):
            for integral in (sp.Integral(body, (x, lo, oo)), sp.Integral(-body, (x, lo, oo))):
                with pytest.raises(identity.Unsupported):
                    identity.enclosed_value(integral, {})


def test_a_slow_decay_is_followed_far_enough():
    """At a random point s of (0, 1) the rate 1 − s may be as small as 1/1009."""
    with identity.balls.precision(128):
        for rate in (R(1, 1009), R(3, 5)):
            slow = identity.enclosed_value(sp.Integral(sp.exp(-rate * x - 1), (x, 0, oo)), {})
            assert slow.overlaps(identity.balls.ball(sp.exp(-1) / rate))
            assert float(slow.rad()) < 1e-15


def test_powers_that_sympy_cannot_write_with_radicals_are_enclosed():
    """SymPy would factorise their numerators and denominators, for minutes, and overflow."""
    tall, thin, power = R(3**701, 2**1101), R(2**1101, 3**701), R(1009, 2018) + R(400, 1009)
    with identity.balls.precision(128):
        one = identity.enclosed_value(x**y * s**y + s ** (y - y), {x: tall, s: thin, y: power})
        assert one.overlaps(identity.arb(2))
        assert float(one.rad()) < 1e-30
        for base, root in ((-tall, R(2, 5)), (-thin, R(1, 2))):
            assert not identity.enclosed_value(x**y, {x: base, y: root}).is_finite()
        assert identity.enclosed_value(sp.sqrt(x), {x: R(9, 4)}) == identity.balls.ball(R(3, 2))


@settings(max_examples=25, deadline=None, derandomize=True)
@given(
    st.lists(st.integers(-3, 3), min_size=1, max_size=4),
    st.fractions(min_value=-1, max_value=1, max_denominator=7),
    st.integers(1, 3),
)
def test_quadrature_agrees_with_exact_integrals(coefficients, shift, rate):
    shift = sp.Rational(str(shift))
    poly = sum(k * (x - shift) ** i for i, k in enumerate(coefficients)) + sp.S.Zero
    integral = sp.Integral(sp.expand(poly * sp.exp(-rate * x)), (x, 0, oo))
    with identity.balls.precision(128):
        value = identity.enclosed_value(integral, {})
        expanded = sp.Poly(poly, x).all_coeffs()[::-1]
        exact = sum(k * sp.factorial(i) / R(rate) ** (i + 1) for i, k in enumerate(expanded))
        assert value.overlaps(identity.balls.ball(sp.sympify(exact)))
        assert float(value.rad()) < 1e-15


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"domain": {}}, r"unknown symbols \['x'\]"),
        ({"domain": {x: (1, 0)}}, r"domain\[x\] must have lo < hi"),
        ({"domain": {x: (0, 0.5)}}, r"domain\[x\] must be an exact"),
        ({"domain": {x: set()}}, r"domain\[x\] is empty"),
        ({"domain": {x: 3}}, r"domain\[x\] must be \(lo, hi\), a range or a set"),
        ({"domain": [x]}, "domain must map symbols"),
        ({"domain": {x: (0, 1)}, "lhs": 0.5 * x}, "lhs must be exact"),
        ({"domain": {x: (0, 1)}, "by": ("trust me",)}, "by names the step 'trust me'"),
        ({"domain": {x: (0, 1)}, "points": 0}, "points must be an integer of at least 1"),
        ({"domain": {x: (0, 1)}, "bits": 8}, "bits must be at least 53"),
        ({"domain": {a: (-1, 1)}, "lhs": a, "rhs": a}, "contradicts the assumptions of a"),
        ({"domain": {m: (1, 2)}, "lhs": m, "rhs": m}, "must be a range or a set: m is an integer"),
        ({"domain": {m: range(0, 3)}, "lhs": m, "rhs": m}, "holds 0, which contradicts"),
        ({"domain": {s: {R(1, 2), 0.5}}, "lhs": s, "rhs": s}, "must be an exact"),
    ],
)
def test_bad_input_is_named(arguments, message):
    with pytest.raises(ValueError, match=message):
        Identity(**{"text": "t", "lhs": x, "rhs": x, **arguments})


def test_a_false_identity_does_not_pass_the_mint():
    false = claim(x**2, c * x**2, {x: (0, 1)}, constants={"c": 2})
    with pytest.raises(CheckFailed):
        check("false", false, false.but(c=3))
