"""Tails about the mean against the functions that attain them, and exact examples."""

from __future__ import annotations

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from memorize import lipschitz, runtime, statements

settings.register_profile("steady", deadline=None, derandomize=True)  # time decides nothing
settings.load_profile("steady")

TAILS = [lipschitz.exponential_tail, lipschitz.convex_tail, lipschitz.best_tail]


def vector(*values: float) -> torch.Tensor:
    return torch.tensor(values, dtype=torch.float64)


@given(ratio=st.floats(0, 30), slope=st.floats(0.01, 100))
def test_each_tail_is_sharper_than_the_one_before_and_above_a_linear_function(ratio, slope):
    t = vector(ratio * slope)
    one, two, three = (float(tail(t, slope)) for tail in TAILS)
    linear = float(stats.norm.sf(ratio))
    assert linear * (1 - 1e-9) <= three <= two * (1 + 1e-9) <= one * (1 + 2e-9) <= 1 + 1e-8


@given(s=st.floats(-6, 20), slope=st.floats(0.01, 100))
def test_the_capped_linear_function_attains_the_best_tail(s, slope):
    t = slope * lipschitz.hinge_mean(vector(s))  # L(s − E min(ξ, s))
    assert float(lipschitz.best_tail(t, slope)) == pytest.approx(stats.norm.sf(s), rel=1e-9)


@given(s=st.floats(-6, 20), slope=st.floats(0.01, 100))
def test_convex_tail_inverts_the_mills_ratio(s, slope):
    t = slope * lipschitz.inverse_mills(vector(s))
    assert float(lipschitz.convex_tail(t, slope)) == pytest.approx(stats.norm.sf(s), rel=1e-9)


@pytest.mark.parametrize("s", [-8.0, -3.0, -0.5, 0.0, 0.5, 3.0, 8.0])
def test_hinge_mean_is_the_expectation(s):
    expected = stats.norm.expect(lambda x: s - x, ub=s)
    assert float(lipschitz.hinge_mean(vector(s))) == pytest.approx(expected, rel=1e-6, abs=1e-18)


@pytest.mark.parametrize("s", [-12.0, -3.0, -0.5, 0.0, 0.5, 3.0, 12.0])
def test_inverse_mills_is_the_ratio(s):
    expected = stats.norm.pdf(s) / stats.norm.sf(s)
    assert float(lipschitz.inverse_mills(vector(s))) == pytest.approx(expected, rel=1e-12)


def test_at_zero_nothing_is_claimed():
    for tail in TAILS:
        assert tail(vector(0), 2).tolist() == [1]


def test_batches_are_loops():
    t = torch.linspace(0, 6, 12, dtype=torch.float64).reshape(3, 4)
    for tail in TAILS:
        assert tail(t, 1.5).shape == t.shape
        one_by_one = [float(tail(x, 1.5)) for x in t.flatten()]
        assert tail(t, 1.5).flatten().tolist() == one_by_one


def test_lengths():
    assert lipschitz.length_mean(1) == pytest.approx(math.sqrt(2 / math.pi))
    for d in (1, 2, 3, 17, 1000):
        assert lipschitz.length_mean(d) == pytest.approx(stats.chi(d).mean(), rel=1e-10)
        assert d / (2 * d + 1) < d - lipschitz.length_mean(d) ** 2 < 1 / 2


def test_maxima():
    assert lipschitz.maximum_mean(1) == pytest.approx(0, abs=1e-12)
    assert lipschitz.maximum_variance(1) == pytest.approx(1)
    assert lipschitz.maximum_mean(2) == pytest.approx(1 / math.sqrt(math.pi))
    assert lipschitz.maximum_variance(2) == pytest.approx(1 - 1 / math.pi)
    assert lipschitz.maximum_mean(3) == pytest.approx(1.5 / math.sqrt(math.pi))


def test_maxima_against_draws():
    rng = runtime.generator("lipschitz/maxima", seed=1)
    for d in (10, 1000):
        seen = torch.randn(20_000, d, generator=rng, dtype=torch.float64).amax(1)
        deviation = math.sqrt(lipschitz.maximum_variance(d))
        assert abs(float(seen.mean()) - lipschitz.maximum_mean(d)) < 7 * deviation / 20_000**0.5
        assert float(seen.std()) == pytest.approx(deviation, rel=0.06)


@given(t=st.floats(0, 20), slope=st.floats(0.1, 10))
def test_the_declared_bound_is_twice_the_exponential_tail(t, slope):
    bound = statements.get("G.T5").bound
    assert bound is not None
    expected = 2 * float(lipschitz.exponential_tail(vector(t), slope))
    assert bound.evaluate(t=t, L=slope).value == pytest.approx(expected, rel=1e-9, abs=1e-300)


@given(a=st.floats(-1, 1), b=st.floats(-1, 1))
def test_the_declared_bound_on_the_variance_is_attained_by_quadratics(a, b):
    # f(x) = ax + b(x² − 1), with E f′² = a² + 4b² in the place of L², and E ξ f = a
    bound = statements.get("B.gauss.var").bound
    assert bound is not None
    mean_square = math.sqrt(a**2 + 4 * b**2)
    if mean_square > 1e-3:
        assert bound.evaluate(L=mean_square, p=abs(a)).value == pytest.approx(a**2 + 2 * b**2)


@pytest.mark.parametrize("tail", TAILS)
@pytest.mark.parametrize(
    ("t", "slope", "complaint"),
    [
        (-1.0, 1, "t must be at least 0"),
        (math.nan, 1, "t must be finite"),
        (1.0, 0, "slope must be above 0"),
        (1.0, math.inf, "slope must be a finite"),
    ],
)
def test_tails_refuse(tail, t, slope, complaint):
    with pytest.raises(ValueError, match=complaint):
        tail(vector(t), slope)


@pytest.mark.parametrize("function", [lipschitz.inverse_mills, lipschitz.hinge_mean])
def test_functions_of_a_point_refuse(function):
    with pytest.raises(ValueError, match="s must be finite"):
        function(vector(math.nan))


@pytest.mark.parametrize(
    "function", [lipschitz.length_mean, lipschitz.maximum_mean, lipschitz.maximum_variance]
)
@pytest.mark.parametrize("d", [0, -1, 1.5])
def test_dimensions_are_refused(function, d):
    with pytest.raises(ValueError, match="d must be an integer of at least 1"):
        function(d)
