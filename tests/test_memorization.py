"""What the proof that one step memorizes guarantees: its formulas, in floats and in balls."""

from __future__ import annotations

import math

import pytest
import torch
from flint import arb
from scipy import integrate

from memorize import gradient_norm, row_norms
from memorize import memorization as mz
from memorize.activations import ABS, RELU, TANH, Activation, PiecewiseLinear, Polynomial

FLOATS = mz.Facts(1.0, 0.0, 1.0, 1, 0.0, math.sqrt(2 / math.pi))
BALLS = mz.Facts(arb(1), arb(0), arb(1), 1, arb(0), (2 / arb.pi()).sqrt())


def test_facts_of_the_absolute_value() -> None:
    assert mz.facts(ABS) == pytest.approx(FLOATS)
    half = mz.facts(PiecewiseLinear("ReLU − t/2", 0.0, 0.5))
    assert (half.slope, half.theta) == pytest.approx((0.5, 0.25))


class Steps(Activation):
    """|t| and a ramp from −2 to −1, less the tilt that makes the mean slope 0."""

    name = "steps"
    kinks = (-2.0, -1.0, 0.0)  # type: ignore[misc]

    def function(self, t: torch.Tensor) -> torch.Tensor:
        ramp = (t + 2).clamp(0, 1)
        chance = math.erf(2 / math.sqrt(2)) / 2 - math.erf(1 / math.sqrt(2)) / 2
        return t.abs() + ramp - chance * t


def test_facts_count_kinks_on_both_sides() -> None:
    found = mz.facts(Steps())
    assert (found.kinks, found.far, found.bend) == pytest.approx((3, 3, 0), abs=1e-5)


@pytest.mark.parametrize("activation", [RELU, TANH, PiecewiseLinear("tilted |t|", 0.12, 0.5)])
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


def test_rounded_constants_are_above_the_true_ones() -> None:
    assert 0 < mz._mean_abs(1.0) - math.sqrt(2 / math.pi) < 1e-5
    assert 0 < mz._ln2(1.0) - math.log(2) < 1e-5


@pytest.mark.parametrize("others", [50, 7000, 7200, 10**7])
def test_the_norm_is_bounded_by_the_better_of_two_theorems(others: int) -> None:
    q, d, level, slope, ell = 400, 600, 6.0, 1.3, 8.0
    found = mz.gradient_norm(d, q, others, level=level, slope=slope, ell=ell)
    expected = gradient_norm.gradient_norm_bound(q, d, others, level, ell, slope)
    if others >= 12 * d:
        sharp = gradient_norm.gradient_norm_sharp(q, d, others, level, ell, slope)
        assert sharp < expected
        expected = sharp
    assert found == pytest.approx(expected, rel=1e-5)


def test_far_out_the_plain_theorem_is_the_better_one() -> None:
    q, d, others, ell = 400, 600, 10**7, 1e5
    found = mz.gradient_norm(d, q, others, level=6.0, slope=1.0, ell=ell)
    expected = gradient_norm.gradient_norm_bound(q, d, others, 6.0, ell)
    assert expected < gradient_norm.gradient_norm_sharp(q, d, others, 6.0, ell)
    assert found == pytest.approx(expected, rel=1e-5)


def test_the_rows_deviate_as_lemma_11_says() -> None:
    """Each of q rows by its bound at t + ln q, with Δ ≤ s₁²."""
    q, d, others, level, slope, ell = 400, 600, 50, 6.0, 1.3, 8.0
    load = row_norms.load(d, q, others, level)
    one = row_norms.square_deviation(ell + math.log(q), load, d, others, slope, slope**2)
    found = mz.row_drift(d, q, others, level=level, slope=slope, ell=ell)
    assert found == pytest.approx(math.sqrt(q) * one)


KINKY = mz.Facts(1.2, 0.3, 0.9, 2, 0.5, 0.7)


def test_the_best_margin_puts_lemma_7_together() -> None:
    d, q, m, level, delta = 3e9, 2e9, 2e14, 25.0, 0.02
    ell = math.log(15 * m / delta)
    norm = mz.gradient_norm(d, q, m - 1, level=level, slope=1.2, ell=ell)
    drift = mz.row_drift(d, q, m - 1, level=level, slope=1.2, ell=ell)
    load = 1.44 * (m - 1) * level**2 / (d * q)
    known = KINKY._replace(mean=1e-4)
    given = {"level": level, "known": known, "ell": ell, "norm": norm, "drift": drift}
    given |= {"centre": math.sqrt(1 + load), "imbalance": 1e4}

    def at(width: float) -> mz.Margin:
        return mz.margin(d, q, width=width, **given)

    assert 0.2 < norm < 0.9
    found = mz.best_margin(d, q, m, level=level, known=known, delta=delta, imbalance=1e4)
    error = math.sqrt(2 * ell / q)
    best = math.sqrt((1 - norm**2) * error / (2 * math.sqrt(2 / math.pi)))
    assert found == pytest.approx(at(best), rel=1e-8)
    assert found.near < min(at(1.05 * best).near, at(0.95 * best).near)
    shift = 1e4 * 1.2 * mz._mean_abs(1.0) * (math.sqrt(1 + load) - 1)
    assert found.drift == pytest.approx(1 + shift + 1.2 * mz._mean_abs(1.0) * drift)


def test_the_best_margin_says_nothing_outside_its_conditions() -> None:
    d, q, delta = 3e9, 2e9, 0.02
    m = 1e6
    start = 1.2 * math.sqrt(2 * math.log(15 * m / delta)) + 3 * KINKY.mean
    given = {"known": KINKY, "delta": delta, "imbalance": 3.0}
    assert math.isfinite(mz.best_margin(d, q, m, level=1.001 * start, **given).value)
    assert mz.best_margin(d, q, m, level=0.999 * start, **given).value == -math.inf

    def norm(m: float) -> float:
        return mz.gradient_norm(d, q, m - 1, level=25.0, slope=1.2, ell=math.log(15 * m / delta))

    low, high = 1e6, 1e18
    while high > low * (1 + 1e-6):
        middle = math.sqrt(low * high)
        low, high = (middle, high) if norm(middle) < 1 else (low, middle)
    assert math.isfinite(mz.best_margin(d, q, 0.999 * low, level=25.0, **given).bracket)
    assert mz.best_margin(d, q, 1.001 * high, level=25.0, **given).bracket == -math.inf


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


def test_labels_whose_sum_is_typical_are_the_default() -> None:
    plain = mz.mean_field(80, 60, 400, level=3.0)
    assert plain == mz.mean_field(80, 60, 400, level=3.0, label_sum=20.0)
    load = 400 * 9 / 4800
    share = 8 / math.pi**2 * (60 / 80) * load / (1 + load)
    assert plain.variance == pytest.approx((1 - 2 / math.pi) * (1 + load) + share)


@pytest.mark.parametrize("bad", [{"d": 0}, {"q": 1.5}, {"m": -1}, {"level": 0.0}])
def test_the_mean_field_refuses_bad_sizes(bad: dict[str, float]) -> None:
    given = {"d": 64, "q": 64, "m": 64, "level": 4.0, **bad}
    with pytest.raises(ValueError, match=next(iter(bad))):
        mz.mean_field(**given)  # type: ignore[arg-type]
