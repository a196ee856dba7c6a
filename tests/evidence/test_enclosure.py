"""Enclosures: true inequalities proved, false ones refuted, the rest undecided; and attacks."""

import time
from fractions import Fraction

import pytest
import sympy as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from memorize.evidence import Enclosure, Tail, Unsupported, enclose
from memorize.kernel.evidence import CheckFailed, Outcome, check

x, y = sp.symbols("x y", real=True)
p = sp.Symbol("p", positive=True)
c = sp.Symbol("c")
R = sp.Rational
oo = sp.oo


def on(right, box, **more):
    return Enclosure(text="claim", right=right, box=box, **more).decide()


def outcome(right, box, **more):
    return on(right, box, **more).outcome


ENVELOPE = Enclosure(
    text="eˣ ≤ x + exp({c} x²) for all real x",
    left=sp.exp(x),
    right=x + sp.exp(c * x**2),
    box={x: (-oo, oo)},
    constants={"c": R(9, 16)},
    tight=({x: 0},),
    tails=(Tail(x, -oo, beyond=-4), Tail(x, oo, beyond=4, factor=sp.exp(-x))),
)


def test_the_envelope_of_the_exponential():
    evidence = check("envelope", ENVELOPE, ENVELOPE.but(c=R(5574, 10000)))
    strict = evidence.verdict()["strict"]
    assert strict["boxes"] < 120
    assert {part["part"] for part in strict["parts"]} == {
        "near x = 0",
        "bulk",
        "tail x ≤ -4",
        "tail x ≥ 4",
    }
    assert evidence.verdict()["control"]["strict"]["witness"] == {"x": "41/64"}
    assert ENVELOPE.but(c=R(55742, 100000)).decide().outcome == Outcome.PROVED


def test_the_envelope_is_quick():
    ENVELOPE.decide()
    start = time.process_time()
    ENVELOPE.decide()
    assert time.process_time() - start < 1


PROVED = [
    (sp.exp(x) - 1 - x, {x: (-3, 3)}),
    (x - sp.sin(x), {x: (0, 4)}),
    (sp.sin(x) - x + x**3 / 6, {x: (0, 3)}),
    ((x - R(1, 3)) ** 2 * sp.exp(x), {x: (-1, 1)}, {"tight": ({x: R(1, 3)},)}),
    ((x**2 - 2) ** 2, {x: (0, 2)}, {"tight": ({x: sp.sqrt(2)},)}),
    (sp.log(2) - sp.log(1 + x), {x: (0, 1)}),
    (x**2 - 2, {x: (sp.sqrt(2), 3)}),
    (2 - x**2, {x: (-sp.sqrt(2), sp.sqrt(2))}),
    (sp.cosh(x) - 1 - x**2 / 2, {x: (-2, 2)}),
    (sp.exp(x**2 / 2) - sp.cosh(x), {x: (-2, 2)}),
    (sp.Abs(x) - x, {x: (-1, 0)}),
    (sp.Abs(x), {x: (-1, 1)}),
    (sp.Max(x, 1 - x) - R(1, 2), {x: (0, 1)}, {"tight": ({x: R(1, 2)},)}),
    (sp.Piecewise((x**2, x < 1), (2, True)), {x: (0, 2)}),
    (sp.sqrt(x) * (1 - sp.sqrt(x)), {x: (0, 1)}),
    (sp.sqrt(x * (1 - x)), {x: (0, 1)}),
    (sp.asin(x) - x, {x: (0, R(9, 10))}),
    (sp.erf(x), {x: (0, 3)}),
    (sp.gamma(x) - R(88, 100), {x: (R(1, 2), 4)}),
    ((x - y) ** 2 + (x + y - 1) ** 2 + R(1, 100), {x: (-1, 1), y: (-1, 1)}),
    (x**2 + y**2 - x * y, {x: (-1, 1), y: (-1, 1)}),
    (x * y + sp.exp(x) * y**2, {x: (0, 1), y: (0, 1)}),
    (sp.exp(x * y) - 1 - x * y, {x: (0, 2), y: (0, 1)}),
    (
        (x**2 + y**2) / 2 - x * y + (x - 1) ** 2 / 9,
        {x: (0, 2), y: (0, 2)},
        {"tight": ({x: 1, y: 1},)},
    ),
]


@pytest.mark.parametrize("case", PROVED, ids=lambda case: str(case[0]))
def test_true_inequalities_are_proved(case):
    right, box, more = (*case, {})[:3]
    found = on(right, box, **more)
    assert found.outcome == Outcome.PROVED, found.strict


REFUTED = [
    (x - sp.sin(x), {x: (-1, 4)}),
    (sp.exp(x) - 1 - x - x**2 / 2, {x: (-1, 1)}),
    (R(1, 10**6) - sp.exp(-((x - R(1, 7)) ** 2) * 400) / 999_999, {x: (0, 1)}),
    (x**2 - R(1, 10**6), {x: (-3, 5)}),
    (2 - x**2, {x: (0, sp.sqrt(2) + R(1, 1000))}),
    (sp.Piecewise((1, x < 1), (-1, True)), {x: (0, 2)}),
    (x**2 + y**2 - R(21, 10) * x * y, {x: (-1, 1), y: (-1, 1)}),
    (sp.Abs(x) - R(1, 10**4), {x: (-1, 2)}),
]


@pytest.mark.parametrize("case", REFUTED, ids=lambda case: str(case[0]))
def test_false_inequalities_are_refuted_by_a_rational_witness_in_the_box(case):
    right, box = case
    found = on(right, box)
    assert found.outcome == Outcome.REFUTED
    witness = {s: R(found.strict["witness"][s.name]) for s in box}
    assert all(box[s][0] <= witness[s] <= box[s][1] for s in box)
    assert right.subs(witness).evalf(50) < 0


def test_strict_and_weak_differ_at_a_root():
    assert outcome(x**2, {x: (-1, 1)}) == Outcome.PROVED
    assert outcome(x**2, {x: (-1, 1)}, strict=True) == Outcome.REFUTED
    assert on(x**2, {x: (-1, 1)}, strict=True).strict["witness"] == {"x": "0"}
    assert outcome(x**2 + R(1, 10**6), {x: (-1, 1)}, strict=True) == Outcome.PROVED
    assert outcome(sp.exp(p) - 1 - p, {p: (0, 1)}, strict=True) == Outcome.PROVED
    assert outcome(p * y, {p: (0, 1), y: (0, 1)}, strict=True) == Outcome.REFUTED


def test_a_strict_claim_with_an_irrational_root_is_never_proved():
    square = (x**2 - 2) ** 2
    tight = ({x: sp.sqrt(2)},)
    assert outcome(square, {x: (0, 2)}, strict=True, tight=tight, max_boxes=500) == Outcome.REFUTED
    assert outcome(square, {x: (0, 2)}, strict=True, max_boxes=500) == Outcome.UNDECIDED
    assert outcome(2 - x**2, {x: (0, sp.sqrt(2))}, strict=True, max_boxes=500) != Outcome.PROVED


# attacks: none of these may be proved


@pytest.mark.parametrize(
    ("right", "box"),
    [
        (1 / x**2, {x: (-1, 1)}),
        (1 / (x - R(1, 3)) ** 2, {x: (0, 1)}),
        (sp.exp(1 / x), {x: (-1, 1)}),
        (sp.Abs(1 / x), {x: (-1, 1)}),
        (sp.tan(x) ** 2, {x: (0, 2)}),
        (sp.gamma(x) ** 2, {x: (-2, 2)}),
        (sp.sqrt(x), {x: (-1, 1)}),
        (sp.sqrt(x**3), {x: (R(-1, 1000), 1)}),
        (sp.log(x) ** 2, {x: (0, 1)}),
        (sp.exp(sp.log(x) ** 3), {x: (-1, 1)}),
        (sp.asin(x) + 2, {x: (0, R(1001, 1000))}),
        (sp.Piecewise((1, x < 1), (1, x > 1)), {x: (0, 2)}),
        (1 / (x - y) ** 2, {x: (0, 1), y: (0, 1)}),
        (1 / (x**2 + y**2), {x: (-1, 1), y: (-1, 1)}),
    ],
)
def test_an_inequality_that_is_undefined_somewhere_is_not_proved(right, box):
    assert outcome(right, box, max_boxes=400) == Outcome.UNDECIDED


def test_a_jump_or_a_corner_hides_nothing():
    jump = sp.Piecewise((1, x < R(1, 3)), (-R(1, 100), x < R(34, 100)), (1, True))
    assert outcome(jump, {x: (0, 1)}) == Outcome.REFUTED
    spike = sp.Abs(x - R(1, 3)) - R(1, 10**5)
    assert outcome(spike, {x: (0, 1)}) == Outcome.REFUTED
    step = sp.Piecewise((1, x < R(1, 3)), (-1, y < R(-99, 100)), (1, True))
    assert outcome(step, {x: (0, 1), y: (-1, 1)}) == Outcome.REFUTED
    edge = sp.Piecewise((x, x < 1), (x - 2, x <= 1), (x, True))  # −1 at the point 1 alone
    assert outcome(edge, {x: (0, 2)}, max_boxes=500) != Outcome.PROVED


def test_cancellation_near_a_root_is_not_believed():
    wiggle = (x - sp.sin(x)) - x**3 / 6 + x**5 / 120  # of size x⁷/5040, ≥ 0 for x ≥ 0
    assert outcome(wiggle, {x: (0, 1)}) == Outcome.PROVED
    assert outcome(wiggle - R(1, 10**18), {x: (0, 1)}) == Outcome.REFUTED
    assert outcome(wiggle, {x: (-1, 1)}) == Outcome.REFUTED


def test_a_tie_that_no_candidate_names_is_undecided():
    root = sp.cos(1) ** 2 - 2 * sp.cos(1) * sp.cos(x) + sp.cos(x) ** 2  # 0 at x = 1, unnamed
    found = on(root, {x: (0, 2)}, max_boxes=300)
    assert found.outcome == Outcome.UNDECIDED
    assert found.strict["left over"]
    assert outcome(root, {x: (0, 2)}, tight=({x: 1},)) == Outcome.PROVED


def test_what_lies_just_outside_the_box_counts_neither_for_nor_against():
    third = R(1, 3)
    assert outcome(third - x, {x: (0, third)}) == Outcome.PROVED
    assert outcome(third + R(1, 10**15) - x, {x: (0, third)}) == Outcome.PROVED
    assert outcome(x - third, {x: (third, 1)}) == Outcome.PROVED
    below = on(x - third, {x: (third - R(1, 10**9), 1)})
    assert third - R(1, 10**9) <= R(below.strict["witness"]["x"]) < third
    assert outcome(sp.sqrt(third - x), {x: (0, third)}, max_boxes=300) != Outcome.REFUTED


def test_a_false_tight_point_proves_nothing():
    assert outcome(x - R(1, 2), {x: (0, 1)}, tight=({x: R(1, 4)},)) == Outcome.REFUTED
    almost = (x - R(1, 2)) ** 2 - R(1, 10**8)
    assert outcome(almost, {x: (0, 1)}, tight=({x: R(1, 2)},)) == Outcome.REFUTED


def test_huge_boxes_and_huge_values():
    assert outcome(x**2 + 1, {x: (-(10**30), 10**30)}) == Outcome.PROVED
    assert outcome(sp.exp(x) - x, {x: (-(10**6), 10**6)}) == Outcome.PROVED
    assert outcome(sp.exp(sp.exp(x)) - x, {x: (0, 10**3)}, max_boxes=500) != Outcome.REFUTED


def test_a_witness_satisfies_what_its_symbol_assumes():
    assert outcome(p - R(1, 10**9), {p: (0, 1)}) == Outcome.REFUTED
    assert outcome(p * (1 + p), {p: (0, 1)}, strict=True) == Outcome.PROVED
    found = on(x * (1 + x), {x: (0, 1)}, strict=True)
    assert found.strict["witness"] == {"x": "0"}


def test_the_search_is_bounded_by_a_count_and_the_rest_is_named():
    found = on((sp.cos(1) - sp.cos(x)) * (sp.exp(x) - sp.E), {x: (0, 2)}, max_boxes=50)
    assert found.outcome == Outcome.UNDECIDED
    assert found.strict["boxes"] <= 50
    assert "x ∈ [" in found.strict["left over"][0]


def test_a_certificate_is_the_same_every_time():
    assert ENVELOPE.decide() == ENVELOPE.decide()


# infinite ends

half = R(1, 2)
TAILS = [
    (sp.exp(-(x**2) / 2) - sp.erfc(x / sp.sqrt(2)), {x: (0, oo)}, (Tail(x, oo, beyond=4),)),
    (1 / (1 + x) - 1 / (2 + x), {x: (0, oo)}, (Tail(x, oo, beyond=3),)),
    (x / (1 + x) - x / (2 + x), {x: (0, oo)}, (Tail(x, oo, beyond=3, by="reciprocal"),)),
    (2 - sp.atan(x), {x: (0, oo)}, (Tail(x, oo, beyond=3),)),
    (1 - x * sp.exp(-x), {x: (-1, oo)}, (Tail(x, oo, beyond=3),)),
    (sp.exp(x) - x**3, {x: (5, oo)}, (Tail(x, oo, beyond=9, factor=sp.exp(-x)),)),
    (x**4 - x + 1, {x: (-oo, oo)}, (Tail(x, oo, beyond=2), Tail(x, -oo, beyond=-2))),
    (
        sp.exp(x**2) - sp.exp(x * y),
        {x: (2, oo), y: (0, 1)},
        (Tail(x, oo, beyond=4, factor=sp.exp(-(x**2))),),
    ),
]


@pytest.mark.parametrize("case", TAILS, ids=lambda case: str(case[0]))
def test_tails_are_proved(case):
    right, box, tails = case
    found = on(right, box, tails=tails)
    assert found.outcome == Outcome.PROVED, found.strict


@pytest.mark.parametrize(
    ("right", "tail"),
    [
        (100 - x, Tail(x, oo, beyond=1)),
        (100 - sp.log(x), Tail(x, oo, beyond=1)),
        (sp.sin(x) + R(99, 100), Tail(x, oo, beyond=1)),
        (x * sp.exp(-x) - R(1, 10**9), Tail(x, oo, beyond=1)),
        (sp.exp(-x) - 2 * sp.exp(-x) * sp.tanh(x), Tail(x, oo, beyond=1, factor=sp.exp(x))),
        (10 + 1 / (x - 50) ** 3, Tail(x, oo, beyond=1)),
        (1 / (x - 50) ** 2, Tail(x, oo, beyond=1)),
        (sp.sqrt(10**6 - x), Tail(x, oo, beyond=1)),
    ],
)
def test_false_or_undefined_tails_are_not_proved(right, tail):
    assert outcome(right, {x: (1 - half, oo)}, tails=(tail,), max_boxes=300) != Outcome.PROVED


def test_a_tight_line_that_runs_to_infinity():
    f = sp.exp(x * y) - 1 - x * y - (x * y) ** 2 / 2
    tails = (Tail(x, oo, beyond=4),)
    assert outcome(f, {x: (0, oo), y: (0, 2)}, tails=tails) == Outcome.PROVED
    mu = sp.Symbol("mu", real=True)
    beta = mu**2 * (R(26, 100) - R(5, 100) * mu)
    bound = sp.exp(R(9, 25) * mu**2) * (1 - 2 * beta + beta * sp.exp(x**2))
    bound += (mu + R(12, 100) * mu**3) * x
    claim = Enclosure(
        text="the moment generating function of a centred sub-Gaussian variable",
        left=sp.exp(c * mu * x),
        right=bound,
        box={mu: (0, 1), x: (-oo, oo)},
        constants={"c": 1},
        tight=({mu: 0},),
        tails=tuple(Tail(x, e, beyond=b, factor=sp.exp(-(x**2))) for e, b in ((oo, 6), (-oo, -6))),
    )
    check("mgf", claim, claim.but(c=R(11, 10)))


def test_the_factor_and_the_form_of_a_tail_are_checked():
    box = {x: (0, oo)}
    with pytest.raises(ValueError, match="factor of tail x ≥ 2 must be positive"):
        on(1 + x, box, tails=(Tail(x, oo, beyond=2, factor=3 - x),))
    with pytest.raises(ValueError, match="form of tail x ≥ 2 must equal"):
        on(1 + x, box, tails=(Tail(x, oo, beyond=2, form=2 + x),))
    fine = Tail(x, oo, beyond=2, form=(x + 1) ** 2, by="value")
    assert outcome(x**2 + 2 * x + 1, box, tails=(fine,)) == Outcome.PROVED


# bad input


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"box": {x: (1, 0)}}, r"box\[x\] must have lo < hi"),
        ({"box": {x: (0, 0)}}, r"box\[x\] must have lo < hi"),
        ({"box": {x: (0, 0.5)}}, r"box\[x\] must be an exact real number"),
        ({"box": {x: (0, oo)}}, r"box\[x\] has the infinite end oo: state a Tail"),
        ({"box": {x: 1}}, r"box\[x\] must be a pair"),
        ({"box": {}}, "box must map one or two symbols"),
        ({"box": {y: (0, 1)}}, r"unknown symbols \['x'\]"),
        ({"box": {sp.Symbol("n", integer=True): (0, 1)}}, "not a real variable"),
        ({"box": {sp.Symbol("z", imaginary=True): (0, 1)}}, "not real"),
        ({"box": {p: (-1, 1)}, "right": p}, "contradicts the assumptions of p"),
        ({"box": {x: (0, 1)}, "right": 0.5 * x}, "right must be exact"),
        ({"box": {x: (0, 1)}, "right": sp.zeta(x)}, "does not know zeta"),
        ({"box": {x: (0, 1)}, "right": x + sp.I}, "does not know"),
        ({"box": {x: (0, 1)}, "max_boxes": 0}, "max_boxes must be an integer of at least 1"),
        ({"box": {x: (0, 1)}, "bits": 10}, "bits must be at least 53"),
        ({"box": {x: (0, 1)}, "tight": ({y: 0},)}, "tight must name symbols of box"),
        ({"box": {x: (0, 1)}, "tails": (Tail(x, oo, beyond=1),)}, "one Tail for each infinite end"),
        ({"box": {x: (3, oo)}, "tails": (Tail(x, oo, beyond=1),)}, "must leave an interval"),
        (
            {"box": {x: (0, 1)}, "constants": {"c": 0.5}, "right": c * x},
            r"constants\['c'\] must be",
        ),
    ],
)
def test_bad_input_is_named(arguments, message):
    with pytest.raises(ValueError, match=message):
        Enclosure(**{"text": "t", "right": x, **arguments})


def test_bad_tails_are_named():
    with pytest.raises(ValueError, match="end must be oo or -oo"):
        Tail(x, 3, beyond=1)
    with pytest.raises(ValueError, match="by must be one of value, monotone, reciprocal"):
        Tail(x, oo, beyond=1, by="trust me")
    with pytest.raises(ValueError, match="beyond must be"):
        Tail(x, oo, beyond=0.5)
    with pytest.raises(Unsupported):
        enclose(sp.Heaviside(x), {x: (-1, 1)})


def test_a_control_equal_to_its_claim_is_refused():
    with pytest.raises(ValueError, match="exactly one constant"):
        check("same", ENVELOPE, ENVELOPE)
    with pytest.raises(CheckFailed):
        check("false", ENVELOPE.but(c=half), ENVELOPE.but(c=R(1, 4)))


@settings(max_examples=60, deadline=None, derandomize=True)
@given(
    st.lists(st.integers(-6, 6), min_size=2, max_size=5),
    st.fractions(min_value=-2, max_value=0, max_denominator=9),
    st.fractions(min_value=Fraction(1, 9), max_value=2, max_denominator=9),
)
def test_polynomials_against_their_exact_minimum(coefficients, lo, hi):
    poly = sum(k * x**i for i, k in enumerate(coefficients)) + sp.S.Zero
    lo, hi = sp.Rational(str(lo)), sp.Rational(str(hi))
    critical = list(sp.real_roots(sp.diff(poly, x))) if sp.diff(poly, x).has(x) else []
    values = [poly.subs(x, v) for v in (lo, hi, *(r for r in critical if lo <= r <= hi))]
    least = min(values, key=lambda v: v.evalf(40))
    found = outcome(poly, {x: (lo, hi)}, max_boxes=400)
    if least.evalf(40) > 1e-9:
        assert found == Outcome.PROVED
    elif least.evalf(40) < -1e-3:
        assert found == Outcome.REFUTED
    elif least.evalf(40) >= 0:
        assert found != Outcome.REFUTED
    else:
        assert found != Outcome.PROVED
