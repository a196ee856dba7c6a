"""Tail bounds against the laws that attain them."""

from __future__ import annotations

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from memorize import orlicz, runtime, statements, tails

settings.register_profile("steady", deadline=None, derandomize=True)  # time decides nothing
settings.load_profile("steady")

norms, powers = st.floats(0.01, 100), st.sampled_from([0.5, 1.0, 2.0, 3.0])


def vector(*values: float) -> torch.Tensor:
    return torch.tensor(values, dtype=torch.float64)


@given(norm=norms, p=powers, ratio=st.floats(0, 5))
def test_best_is_better(norm, p, ratio):
    t = vector(ratio * norm)
    printed, best = tails.psi_tail(t, norm, p), tails.best_psi_tail(t, norm, p)
    assert best <= printed.clamp(max=1) * (1 + 1e-12)
    assert 0 <= best <= 1


@given(norm=norms, p=st.sampled_from([1.0, 2.0]), level=st.floats(0.7, 20))
def test_the_extremal_law_attains_it(norm, p, level):
    probability = 1 / math.expm1(level)
    t = norm * level ** (1 / p)
    law = t * orlicz.bernoulli_norm(min(probability, 1), p)
    if probability < 1:
        assert law == pytest.approx(norm)
        assert float(tails.best_psi_tail(vector(t), norm, p)) == pytest.approx(probability)


def test_constants_attain_the_printed_bound():
    for p in (1, 2):
        norm = orlicz.constant_norm(3, p)
        assert float(tails.psi_tail(vector(3), norm, p)) == pytest.approx(1)
        assert float(tails.best_psi_tail(vector(3), norm, p)) == pytest.approx(1)


def test_trivial_at_zero():
    assert tails.best_psi_tail(vector(0), 1, 2).tolist() == [1]
    assert tails.psi_tail(vector(0), 1, 2).tolist() == [2]


@pytest.mark.parametrize("name", ["uniform", "Gaussian", "exponential"])
def test_named_laws_obey_it(name):
    law, p = orlicz.LAWS[name], 1 if name == "exponential" else 2
    t = torch.linspace(0.01, 8, 400, dtype=torch.float64)
    assert bool((law.tail(t) <= tails.best_psi_tail(t, law.norm(p).upper, p)).all())


@given(delta=st.floats(1e-9, 0.99), norm=norms, p=powers)
def test_quantile_inverts_the_best_bound(delta, norm, p):
    t = tails.psi_quantile(delta, norm, p)
    assert float(tails.best_psi_tail(vector(t), norm, p)) == pytest.approx(delta, rel=1e-6)


@given(t=st.floats(0, 20), norm=st.floats(0.1, 10))
def test_declared_bounds_agree(t, norm):
    for id, p in (("G.L2.5", 2), ("G.L2.6", 1)):
        bound = statements.get(id).bound
        assert bound is not None
        expected = float(tails.psi_tail(vector(t), norm, p))
        assert bound.evaluate(t=t, K=norm).value == pytest.approx(expected, rel=1e-9, abs=1e-300)


def declared(id: str, **at: float) -> float:
    bound = statements.get(id).bound
    assert bound is not None
    return bound.evaluate(**at).value


@given(K=norms, L=norms)
def test_declared_bounds_are_what_the_laws_attain(K, L):
    assert declared("G.L2.1", K=K) == pytest.approx(2 * K)
    assert declared("B.centring", K=K) == pytest.approx(1.21 * K)
    assert declared("G.L2.3", s=K) == pytest.approx(orlicz.gaussian_norm(K))
    assert declared("G.L2.4", M=K) == pytest.approx(orlicz.constant_norm(K, 2))
    product = declared("G.L2.2", K=orlicz.constant_norm(K, 2), L=orlicz.constant_norm(L, 2))
    assert product == pytest.approx(orlicz.constant_norm(K * L, 1))


@given(level=st.floats(0.7, 20), norm=norms, p=st.sampled_from([1.0, 1.5, 2.0]))
def test_the_declared_best_bound_is_this_one(level, norm, p):
    t = norm * level ** (1 / p)
    expected = float(tails.best_psi_tail(vector(t), norm, p))
    assert declared("B.tail", t=t, K=norm, p=p) == pytest.approx(expected)


def test_exceedances_count():
    draws = torch.arange(-10.0, 10.0, dtype=torch.float64)
    places = iter(draws.split(7))
    counts = tails.exceedances(
        lambda n, generator: next(places), vector(0, 3, 3.5, 10, 11), 20, torch.Generator(), chunk=7
    )
    assert counts.tolist() == [int((draws.abs() >= t).sum()) for t in (0, 3, 3.5, 10, 11)]
    assert counts[0] == 20


def test_exceedances_do_not_depend_on_the_order_of_thresholds():
    law = orlicz.LAWS["Gaussian"]
    found = [
        tails.exceedances(law.draw, t, 10_000, runtime.generator("order", seed=3))
        for t in (vector(1, 2), vector(2, 1))
    ]
    assert found[0].tolist() == found[1].tolist()[::-1]


@pytest.mark.parametrize("function", [tails.psi_tail, tails.best_psi_tail])
@pytest.mark.parametrize(
    ("t", "norm", "p", "complaint"),
    [
        (-1.0, 1, 2, "t must be at least 0"),
        (math.nan, 1, 2, "t must be finite"),
        (1.0, 0, 2, "norm"),
        (1.0, math.inf, 2, "norm"),
        (1.0, 1, 0, "p must"),
    ],
)
def test_refuse(function, t, norm, p, complaint):
    with pytest.raises(ValueError, match=complaint):
        function(vector(t), norm, p)


@pytest.mark.parametrize("delta", [0, 1, -0.1, math.nan])
def test_quantile_refuses(delta):
    with pytest.raises(ValueError, match="delta"):
        tails.psi_quantile(delta, 1, 2)


def test_exceedances_refuse():
    draw = orlicz.LAWS["uniform"].draw
    for thresholds, draws, complaint in (
        (torch.zeros(2, 2), 5, "thresholds must have shape"),
        (vector(math.nan), 5, "thresholds must be finite"),
        (vector(1), 0, "total"),
    ):
        with pytest.raises(ValueError, match=complaint):
            tails.exceedances(draw, thresholds, draws, torch.Generator())
