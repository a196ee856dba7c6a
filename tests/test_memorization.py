"""What the proof that one step memorizes guarantees: its formulas, in floats and in balls."""

from __future__ import annotations

import math

import pytest
import torch
from flint import arb
from scipy import integrate

from memorize import memorization as mz
from memorize.activations import ABS, RELU, TANH, PiecewiseLinear, Polynomial

FLOATS = mz.Facts(1.0, 0.0, 1.0, 1, 0.0, math.sqrt(2 / math.pi))
BALLS = mz.Facts(arb(1), arb(0), arb(1), 1, arb(0), (2 / arb.pi()).sqrt())


def test_facts_of_the_absolute_value() -> None:
    assert mz.facts(ABS) == pytest.approx(FLOATS)
    half = mz.facts(PiecewiseLinear("ReLU − t/2", 0.0, 0.5))
    assert (half.slope, half.theta) == pytest.approx((0.5, 0.25))


@pytest.mark.parametrize("activation", [RELU, TANH])
def test_facts_refuse_a_mean_slope(activation: object) -> None:
    with pytest.raises(ValueError, match=r"E σ'\(g\) must be 0, got 0\.[0-9]+ for"):
        mz.facts(activation)  # type: ignore[arg-type]


def test_facts_refuse_unbounded_slopes() -> None:
    with pytest.raises(ValueError, match="bounded"):
        mz.facts(Polynomial("t²", (0.0, 0.0, 1.0)))


def test_the_difficulty_of_the_absolute_value_is_four() -> None:
    assert mz.difficulty(FLOATS) == 4


@pytest.mark.parametrize("m", [1e7, 1e9])
def test_balls_enclose_the_floats(m: float) -> None:
    d, level = 1e8, math.log(1e8)
    seen = mz.best_margin(d, d, m, level=level, known=FLOATS, delta=0.01)
    ball = mz.best_margin(
        arb(d), arb(d), arb(m), level=arb(d).log(), known=BALLS, delta=arb(1) / 100
    )
    for one, other in zip(seen, ball, strict=True):
        assert float(one) == pytest.approx(float(other), rel=1e-9)


def test_the_margin_is_what_its_terms_say() -> None:
    d = 1e9
    found = mz.best_margin(d, d, d, level=math.log(d), known=FLOATS, delta=0.01, imbalance=1.0)
    assert found.value == pytest.approx(found.learned - found.noise - found.drift)
    even = mz.best_margin(d, d, d, level=math.log(d), known=FLOATS, delta=0.01)
    assert even.value > found.value
    assert even.bracket == found.bracket


def test_the_explicit_theorem_is_weaker_than_the_lemma_it_comes_from() -> None:
    d = 1e18
    level = math.log(d)
    m = 0.99 * d**2 / (1536 * level**2)
    proved = mz.guarantee(d, d, m, level=level, known=FLOATS, norm=1 / 8)
    assert 0 < proved == pytest.approx(level / 2 - 3 * math.sqrt(level))
    assert proved < mz.best_margin(d, d, m, level=level, known=FLOATS, delta=15 / d).value


@pytest.mark.parametrize(
    "change",
    [{"m": 2.0}, {"norm": 0.13}, {"norm": 0.01}, {"q": 1e6}, {"q": 2e18}, {"imbalance": 1e3}],
)
def test_the_explicit_theorem_says_nothing_outside_its_conditions(change: dict[str, float]) -> None:
    d = 1e18
    level = math.log(d)
    scale = change.pop("m", 0.99)
    given = {"q": d, "norm": 1 / 8, **change}
    q = given.pop("q")
    m = scale * d * d / (1536 * level**2)
    assert mz.guarantee(d, q, m, level=level, known=FLOATS, **given) == -math.inf


def test_an_input_that_may_vanish_teaches_nothing() -> None:
    flat = mz.Facts(1.0, 0.0, 1.0, 0, 0.0, 0.0)
    given = {"ell": 5.0, "norm": 0.01, "width": 0.1, "drift": 0.0, "centre": 1.0}
    found = mz.margin(10.0, 10.0, level=3.0, known=flat, **given)
    assert found.bracket > 0
    assert found.learned == 0


def test_without_kinks_no_neuron_is_near_one() -> None:
    smooth = FLOATS._replace(kinks=0, bend=1.0)
    assert mz.near_kink(smooth, reach=0.1, norm=0.1, width=0.1, error=0.1) == 0


def test_the_mean_field_tends_to_its_limit() -> None:
    loads = torch.tensor([0.0, 1.0, 3.0], dtype=torch.float64)
    assert mz.mean_field_limit(loads).tolist() == pytest.approx([1, 0.5, 1 / 3])
    wide = mz.mean_field(10**9, 10**9, 10**18 // 400, level=20.0)
    assert wide.mean / 20 == pytest.approx(0.5, abs=1e-4)
    assert 0.98 < mz.mean_field(64, 64, 192, level=math.log(64)).memorized < 0.99


def test_the_mean_field_keeps_all_without_others() -> None:
    """As κ → 0 the example keeps E min(|g|/b, 1) of its margin."""
    b = 2.0 / math.sqrt(100)
    alone = mz.mean_field(10**6, 100, 1, level=2.0)
    edge = math.erf(b / math.sqrt(2))
    kept = math.sqrt(2 / math.pi) * (1 - math.exp(-b * b / 2)) / b + 1 - edge
    assert alone.mean / 2 == pytest.approx(kept, abs=2e-4)


@pytest.mark.parametrize("load", [0.05, 1.0, 20.0])
@pytest.mark.parametrize("b", [0.3, 2.0])
def test_the_mean_of_the_mean_field_is_what_a_neuron_keeps(load: float, b: float) -> None:
    def kept(t: float, n: float) -> float:
        both = 4 * math.exp(-(t * t + n * n) / 2) / (2 * math.pi)  # g > 0, and |g| counts
        return both / 2 * max(-b, min(b, t + math.sqrt(load) * n)) / b

    expected, _ = integrate.dblquad(kept, -9, 9, 0, 9, epsabs=1e-7, epsrel=1e-7)
    d, q, level = 64, 100, 10 * b
    field = mz.mean_field(d, q, load * d * q / level**2, level=level)
    assert field.mean / level == pytest.approx(expected, abs=1e-5)


@pytest.mark.parametrize("bad", [{"d": 0}, {"q": 1.5}, {"m": -1}, {"level": 0.0}])
def test_the_mean_field_refuses_bad_sizes(bad: dict[str, float]) -> None:
    given = {"d": 64, "q": 64, "m": 64, "level": 4.0, **bad}
    with pytest.raises(ValueError, match=next(iter(bad))):
        mz.mean_field(**given)  # type: ignore[arg-type]
