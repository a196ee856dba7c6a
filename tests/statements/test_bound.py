"""Bounds at one's own numbers: against direct evaluation, and where they turn vacuous."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
import sympy as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from memorize import statements
from memorize.statements import BoundFormula, Parameter, Term

t, K = sp.symbols("t K", positive=True)
d = sp.Symbol("d", integer=True, positive=True)
A = sp.Symbol("A")


def formula(**changed: Any) -> BoundFormula:
    """2 d exp(−min(t²/K², t/K)) for a probability."""
    given = {
        "quantity": "P",
        "parameters": (
            Parameter(t, "threshold", 3.0, sp.Interval(0, sp.oo)),
            Parameter(K, "norm", 1.0),
            Parameter(d, "dimension", 2, sp.Interval(1, sp.oo)),
        ),
        "terms": (Term(A, "exponent", sp.Min(t**2 / K**2, t / K)),),
        "value": 2 * d * sp.exp(-A),
        "trivial": sp.Integer(1),
    }
    return BoundFormula(**{**given, **changed})


TAIL = formula()


def by_numpy(values: Mapping[str, float]) -> float:
    s = values["t"] / values["K"]
    return float(2 * values["d"] * np.exp(-min(s**2, s)))


numbers = {
    "t": st.floats(0, 50),
    "K": st.floats(0.01, 50),
    "d": st.integers(1, 10**6),
}


@settings(deadline=None)
@given(st.fixed_dictionaries(numbers))
def test_value_and_terms_are_those_of_a_direct_evaluation(values: dict[str, float]) -> None:
    found = TAIL.evaluate(**values)
    assert found.value == pytest.approx(by_numpy(values), rel=1e-12)
    s = values["t"] / values["K"]
    assert found.terms == {"A": pytest.approx(min(s**2, s), rel=1e-12)}
    assert found.vacuous == (found.value >= 1)


@settings(deadline=None)
@given(st.fixed_dictionaries(numbers))
def test_a_crossing_is_where_vacuity_changes(values: dict[str, float]) -> None:
    found = TAIL.evaluate(**values)
    for crossing in found.crossings:
        name, at = crossing.parameter, crossing.at
        if at is None:
            assert_vacuous(crossing.vacuous, {**found.values, name: crossing.limit})
            assert crossing.vacuous == found.vacuous
            continue
        assert crossing.vacuous != found.vacuous
        assert_vacuous(crossing.vacuous, {**found.values, name: at})
        step = 1.0 if name == "d" else 1e-9 * at
        back = at + (step if crossing.direction == "down" else -step)
        if abs(back - values[name]) > 2 * step:
            assert_vacuous(found.vacuous, {**found.values, name: back})


def assert_vacuous(expected: bool, values: Mapping[str, float]) -> None:
    value = by_numpy(values)
    assert (value >= 1) == expected or value == pytest.approx(1, rel=1e-11)


def test_crossings_at_known_places() -> None:
    at = {
        (c.parameter, c.direction): c.at for c in formula().evaluate().crossings if c.at is not None
    }
    assert at == {
        ("t", "down"): pytest.approx(math.log(4)),
        ("K", "up"): pytest.approx(3 / math.log(4)),
        ("d", "up"): math.ceil(math.e**3 / 2),
    }


def test_a_bounded_domain_is_searched_to_its_ends() -> None:
    p = sp.Symbol("p")
    unit = BoundFormula(
        quantity="P",
        parameters=(Parameter(p, "probability", 0.5, sp.Interval.open(0, 1)),),
        value=sp.log(1 / p),
        trivial=sp.Float(30),
    )
    (down, up) = unit.evaluate().crossings
    assert down.at == pytest.approx(math.exp(-30), rel=1e-9)
    assert (up.at, up.vacuous) == (None, False)
    assert up.limit < 1


def test_a_lower_bound_is_vacuous_from_below() -> None:
    lower = formula(sense=">=", value=1 - 2 * d * sp.exp(-A), trivial=sp.Integer(0))
    assert not lower.evaluate().vacuous
    assert lower.evaluate(t=1).vacuous


def test_any_bound_beats_an_infinite_trivial_one() -> None:
    assert not formula(trivial=sp.oo).evaluate(t=0).vacuous


def test_overflow_is_infinite_and_vacuous() -> None:
    grown = formula(value=sp.exp(d * t * K + A))
    found = grown.evaluate(t=1000, d=1000)
    assert found.value == math.inf
    assert found.vacuous


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"T": 3}, r"unknown parameter 'T'"),
        ({"dd": 3}, r"unknown parameter 'dd'; did you mean d\?"),
        ({"t": -1}, r"t must be a number in \[0, ∞\), got -1"),
        ({"K": 0}, r"K must be a number in \(0, ∞\), got 0"),
        ({"d": 1.5}, r"d must be an integer in \[1, ∞\), got 1.5"),
        ({"d": 0}, r"d must be an integer"),
        ({"t": math.nan}, r"t must be"),
        ({"t": math.inf}, r"t must be"),
    ],
)
def test_a_bad_argument_is_refused_by_name(values: dict[str, float], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        formula().evaluate(**values)


def test_a_parameter_without_default_is_required() -> None:
    needed = formula(
        parameters=(
            Parameter(t, "threshold"),
            Parameter(K, "norm", 1.0),
            Parameter(d, "dimension", 2, sp.Interval(1, sp.oo)),
        )
    )
    with pytest.raises(ValueError, match="t is required: threshold"):
        needed.evaluate()
    assert needed.evaluate(t=3) == formula().evaluate(t=3)


def test_where_the_formula_has_no_value_it_says_so() -> None:
    with pytest.raises(ValueError, match="not defined at these numbers: value"):
        formula(value=sp.sqrt(t - 2) * K * d * A).evaluate(t=1)


x = sp.Symbol("x")


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"value": x + A}, r"value uses \['x'\]"),
        ({"trivial": A}, r"trivial uses \['A'\]"),
        ({"value": t * K * d}, r"never uses \['A'\]"),
        ({"terms": (Term(A, "a", x),)}, r"term A uses \['x'\]"),
        ({"value": sp.gamma(t) * A * d}, "JavaScript lacks.*gamma"),
        ({"sense": "<"}, "sense must be"),
        ({"parameters": (Parameter(sp.Symbol(r"\delta"), "δ", 1.0),)}, "ASCII identifier"),
        ({"parameters": (Parameter(sp.Symbol("lambda"), "λ", 1.0),)}, "ASCII identifier"),
        ({"parameters": (Parameter(t, "t", 1.0), Parameter(t, "t", 1.0))}, "'t' comes twice"),
        (
            {"parameters": (Parameter(t, "t", -1.0),), "terms": (), "value": t},
            r"default of t must be a number in \(0, ∞\), got -1",
        ),
    ],
)
def test_a_formula_that_cannot_be_carried_is_refused(changed: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        formula(**changed)


def test_the_books_own_bounds_evaluate_at_their_defaults() -> None:
    for s in statements.all():
        if s.bound is not None and all(p.default is not None for p in s.bound.parameters):
            assert math.isfinite(s.bound.evaluate().value), s.id
