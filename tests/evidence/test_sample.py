"""Sampled claims: what is true passes, what is false is refuted, and at the stated rates."""

import dataclasses
import math
import weakref

import numpy as np
import pytest
import sympy as sp
import torch
from scipy import stats

from memorize.evidence import (
    Law,
    LawSample,
    MeanSample,
    TailSample,
    bernstein_radius,
    clopper_pearson,
    dkw_radius,
    fitted_slope,
)
from memorize.evidence.sample import ALPHA
from memorize.kernel.evidence import CheckFailed, Outcome, check

R = sp.Rational
t, c, m = sp.symbols("t c m")
REPEATS = 400
RARE = 1e-9
"""How seldom a test of a rate may fail by chance."""


def normal(generator, n):
    return torch.randn(n, generator=generator, dtype=torch.float64)


def uniform(generator, n):
    return torch.rand(n, generator=generator, dtype=torch.float64)


def coin(generator, n):
    return torch.randint(0, 2, (n,), generator=generator)


HALF_NORMAL = Law("half-normal", stats.halfnorm())
TAIL = TailSample(
    text="P(|g| ≥ t) ≤ {c} exp(−t²/2)",
    draw=lambda generator, n: normal(generator, n).abs(),
    thresholds=(0.05, 0.5, 1, 2),
    bound=c * sp.exp(-(t**2) / 2),
    draws=50_000,
    power_law=HALF_NORMAL,
    constants={"c": 1},
)
LAW = LawSample(
    text="g/{s} is standard normal",
    draw=normal,
    cdf=lambda t, s: stats.norm.cdf(t / float(s)),
    draws=100_000,
    power_law=Law("standard normal", stats.norm()),
    constants={"s": 1},
)
BOUNDED = MeanSample(
    text="E U = {m}",
    draw=uniform,
    mean=m,
    bounds=(0, 1),
    draws=100_000,
    power_law=Law("uniform", stats.uniform()),
    constants={"m": R(1, 2)},
)
CHI = MeanSample(
    text="E g² = {m}",
    draw=lambda generator, n: normal(generator, n) ** 2,
    mean=m,
    total=lambda n, m: stats.gamma(n / 2, scale=2 * float(m)),
    draws=50_000,
    power_law=Law("χ²₁", total=lambda n: stats.gamma(n / 2, scale=2)),
    constants={"m": 1},
)
COIN = MeanSample(
    text="E B = {m}",
    draw=coin,
    mean=m,
    total=lambda n, m: stats.binom(n, float(m)),
    draws=50_000,
    power_law=Law("fair coin", total=lambda n: stats.binom(n, 0.5)),
    constants={"m": R(1, 2)},
)
PAIRS = {
    "tail": (TAIL, TAIL.but(c=R(9, 10))),
    "law": (LAW, LAW.but(s=R(11, 10))),
    "law, cell by cell": (
        LawSample(**{**vars(LAW), "method": "binomial"}),
        LawSample(**{**vars(LAW), "method": "binomial"}).but(s=R(11, 10)),
    ),
    "bounded mean": (BOUNDED, BOUNDED.but(m=R(11, 20))),
    "chi-square": (CHI, CHI.but(m=R(11, 10))),
    "coin": (COIN, COIN.but(m=R(11, 20))),
}


@pytest.mark.parametrize("name", ["tail", "law", "bounded mean", "chi-square", "coin"])
def test_a_true_claim_passes_and_its_control_is_refuted(name):
    claim, control = PAIRS[name]
    evidence = check(name, claim, control)
    numbers = evidence.numbers()
    assert numbers["false_alarm"] == ALPHA
    assert numbers["miss"] <= ALPHA
    assert evidence.verdict()["strict"]["confidence"] == "1 − 5e-10"
    assert evidence.verdict()["control"]["strict"]["miss at most"] == "5e-10"
    assert numbers["claim"]["draws"] == claim.draws


def test_the_exact_cell_test_too():
    claim, control = PAIRS["law, cell by cell"]
    assert claim.decide().outcome == Outcome.CONSISTENT
    assert control.decide().outcome == Outcome.REFUTED


def test_the_verdict_is_the_same_under_every_seed_and_number_of_draws(monkeypatch):
    for name, (claim, control) in PAIRS.items():
        found = []
        for seed, more in (("1", 1), ("2", 2)):
            monkeypatch.setenv("MEMORIZE_SEED", seed)
            pair = [dataclasses.replace(x, draws=x.draws * more) for x in (claim, control)]
            found.append([x.decide() for x in pair])
        assert [f.strict for f in found[0]] == [f.strict for f in found[1]], name
        assert found[0][0].numbers != found[1][0].numbers, name


def test_the_smallest_bound_that_the_sample_would_have_refuted():
    factor = TAIL.decide().numbers["refutable factor"]
    claims = [TAIL.but(c=R(str(factor * f))) for f in (0.9999, 1.0001)]
    outcomes = [TailSample(**{**vars(claim), "miss": 0.999}).decide().outcome for claim in claims]
    assert outcomes == [Outcome.REFUTED, Outcome.CONSISTENT]


# calibration


def rate(claim, **more):
    """The share of refutations over independent streams."""
    refuted = 0
    for k in range(REPEATS):
        again = type(claim)(**{**vars(claim), **more, "stream": f"repeat {k}"})
        refuted += again.decide().outcome == Outcome.REFUTED
    return refuted


SMALL = {"alpha": 0.05, "thresholds": (-2, -1, -0.5, 0, 0.5, 1, 2)}
EXACT_TAIL = TailSample(
    text="P(g ≥ t) ≤ Φ(−t)",
    draw=normal,
    thresholds=(0.3,),
    bound=lambda t: stats.norm.sf(t),
    draws=2000,
    power_law=Law("standard normal", stats.norm()),
    alpha=0.05,
)


@pytest.mark.parametrize(
    ("claim", "near"),
    [
        (EXACT_TAIL, True),
        (TailSample(**{**vars(EXACT_TAIL), "thresholds": (-1.0, 0.0, 1.0, 2.0)}), False),
        (LawSample(**{**vars(LAW), **SMALL, "draws": 1000}), False),
        (
            LawSample(
                **{
                    **vars(LAW),
                    "draws": 2000,
                    "alpha": 0.05,
                    "method": "binomial",
                    "thresholds": (0.1,),
                }
            ),
            True,
        ),
        (MeanSample(**{**vars(BOUNDED), "draws": 1000, "alpha": 0.05}), False),
        (MeanSample(**{**vars(CHI), "draws": 1000, "alpha": 0.05}), True),
        (MeanSample(**{**vars(COIN), "draws": 2000, "alpha": 0.05}), True),
    ],
)
def test_false_alarms_are_as_rare_as_stated(claim, near):
    refuted = rate(claim)
    assert refuted <= stats.binom.isf(RARE, REPEATS, 0.05)
    if near:
        assert refuted >= stats.binom.ppf(RARE, REPEATS, 0.03)


def test_misses_are_as_rare_as_computed():
    claim = TailSample(
        **{**vars(EXACT_TAIL), "bound": lambda t: 0.93 * stats.norm.sf(t), "miss": 0.9}
    )
    miss = claim.decide().miss
    assert 0.05 < miss < 0.9
    missed = REPEATS - rate(claim)
    assert stats.binom.ppf(RARE, REPEATS, miss) <= missed <= stats.binom.isf(RARE, REPEATS, miss)


@pytest.mark.parametrize(
    "claim",
    [
        MeanSample(**{**vars(BOUNDED), "draws": 1100, "alpha": 0.05, "miss": 0.9}).but(
            m=R(55, 100)
        ),
        MeanSample(**{**vars(CHI), "draws": 700, "alpha": 0.05, "miss": 0.9}).but(m=R(112, 100)),
        LawSample(**{**vars(LAW), **SMALL, "draws": 3000, "miss": 0.9}).but(s=R(112, 100)),
    ],
)
def test_misses_are_no_commoner_than_bounded(claim):
    miss = claim.decide().miss
    assert 0 < miss < 0.9
    assert REPEATS - rate(claim) <= stats.binom.isf(RARE, REPEATS, miss)


def test_too_few_draws_are_refused_with_the_number_that_would_do():
    few = TailSample(**{**vars(TAIL), "draws": 100})
    assert few.decide().outcome == Outcome.CONSISTENT
    with pytest.raises(
        ValueError, match=r"draws = 100 would miss .* needs about \d+ draws"
    ) as error:
        few.but(c=R(9, 10)).decide()
    enough = int(str(error.value).split("about ")[1].split()[0])
    assert 100 < enough < 20_000
    control = TailSample(**{**vars(TAIL), "draws": enough}).but(c=R(9, 10))
    assert control.decide().outcome == Outcome.REFUTED
    nearly = TailSample(**{**vars(TAIL), "draws": int(enough * 0.9)}).but(c=R(9, 10))
    with pytest.raises(ValueError, match="would miss"):
        nearly.decide()
    for small in (
        MeanSample(**{**vars(BOUNDED), "draws": 100}).but(m=R(51, 100)),
        MeanSample(**{**vars(CHI), "draws": 100}).but(m=R(11, 10)),
        LawSample(**{**vars(LAW), "draws": 100}).but(s=R(11, 10)),
    ):
        with pytest.raises(ValueError, match="needs about"):
            small.decide()


def test_a_control_that_no_number_of_draws_refutes():
    with pytest.raises(ValueError, match="too close to true"):
        MeanSample(**{**vars(BOUNDED), "draws": 100}).but(m=R(1, 2) + R(1, 10**8)).decide()


def test_a_false_claim_does_not_pass():
    with pytest.raises(CheckFailed):
        check("false", TAIL.but(c=R(1, 2)), TAIL.but(c=R(1, 4)))


def test_a_dropped_hypothesis():
    centred = MeanSample(
        text="a centred sign has mean 0",
        hypotheses=("centred",),
        draw=lambda generator, n: 2 * coin(generator, n) - 1,
        mean=0,
        bounds=(-1, 1),
        draws=50_000,
        power_law=Law("sign", mean=0, variance=1),
    )
    shifted = centred.without(
        "centred",
        draw=lambda generator, n: 2 * (uniform(generator, n) < 0.55).double() - 1,
        power_law=Law("sign with P(+1) = .55", mean=0.1, variance=0.99),
    )
    assert check("centred", centred, shifted).distance == "without: centred"


@pytest.mark.parametrize(
    ("relation", "low", "high"), [("≤", R(45, 100), R(1, 2)), ("≥", R(55, 100), R(1, 2))]
)
def test_one_sided_means(relation, low, high):
    claim = MeanSample(**{**vars(BOUNDED), "relation": relation, "constants": {"m": high}})
    check("one-sided", claim, claim.but(m=low))
    slack = R(9, 10) if relation == "≤" else R(1, 10)
    assert claim.but(m=slack).decide().outcome == Outcome.CONSISTENT


def test_memory_does_not_grow_with_the_number_of_draws():
    alive: list[weakref.ref] = []
    most = 0
    sizes = set()

    def draw(generator, n):
        nonlocal most
        piece = normal(generator, n).abs()
        sizes.add(n)
        alive.append(weakref.ref(piece))
        most = max(most, sum(r() is not None for r in alive))
        return piece

    claim = TailSample(**{**vars(TAIL), "draw": draw, "draws": 100_500, "chunk": 1000})
    assert claim.decide().outcome == Outcome.CONSISTENT
    assert sizes == {1000, 500}
    assert most <= 2


@pytest.mark.parametrize("chunk", [1, 777, 100_000])
def test_the_moments_are_right_whatever_the_chunk(chunk):
    pattern = torch.tensor([0.0, 0.25, 1.0], dtype=torch.float64).repeat(100)
    drawn = 0

    def draw(generator, n):
        nonlocal drawn
        drawn += n
        return pattern[drawn - n : drawn]

    law = Law("the pattern", mean=R(5, 12), variance=R(13, 72))
    fields = {"draw": draw, "chunk": chunk, "draws": 300, "power_law": law}
    claim = MeanSample(**{**vars(BOUNDED), **fields, "constants": {"m": R(5, 12)}})
    numbers = claim.decide().numbers
    assert numbers["mean"] == pytest.approx(pattern.mean().item(), rel=1e-12)
    assert numbers["variance"] == pytest.approx(pattern.var().item(), rel=1e-12)


# the plain functions


def test_clopper_pearson_against_its_definition():
    for k, n in ((0, 10), (3, 10), (10, 10), (500, 1000)):
        lo, hi = clopper_pearson(k, n, 0.99)
        if k:
            assert stats.binom.sf(k - 1, n, lo) == pytest.approx(0.005)
        if k < n:
            assert stats.binom.cdf(k, n, hi) == pytest.approx(0.005)
    assert clopper_pearson(0, 10, 0.99)[0] == 0
    assert clopper_pearson(10, 10, 0.99)[1] == 1


def test_radii_against_their_formulas():
    assert 2 * math.exp(-2 * 1000 * dkw_radius(1000, 0.01) ** 2) == pytest.approx(0.01)
    log = math.log(2 / 0.01)
    expected = math.sqrt(2 * 0.25 * log / 100) + 7 * 3 * log / (3 * 99)
    assert bernstein_radius(0.25, 100, 3, 0.01) == pytest.approx(expected)


def test_a_fitted_slope_is_a_pair_of_numbers():
    x = torch.linspace(0, 1, 20)
    slope, error = fitted_slope(x, 3 * x + 1)
    assert slope == pytest.approx(3)
    assert error < 1e-6
    with pytest.raises(ValueError, match="x must not be constant"):
        fitted_slope(torch.ones(5), torch.ones(5))
    with pytest.raises(ValueError, match="one common length"):
        fitted_slope([1, 2, 3], [1, 2])


# bad input


@pytest.mark.parametrize(
    ("claim", "changes", "message"),
    [
        (TAIL, {"draws": 0}, "draws must be an integer of at least 1"),
        (TAIL, {"chunk": 0}, "chunk must be an integer of at least 1"),
        (TAIL, {"alpha": 0}, r"alpha must lie in \(0, 1\)"),
        (TAIL, {"alpha": 1.5}, r"alpha must lie in \(0, 1\)"),
        (TAIL, {"miss": 1}, r"miss must lie in \(0, 1\)"),
        (TAIL, {"draw": 3}, "draw must be callable"),
        (TAIL, {"power_law": stats.norm()}, "power_law must be a Law"),
        (TAIL, {"thresholds": ()}, "thresholds must not be empty"),
        (TAIL, {"thresholds": (math.nan,)}, "thresholds must be finite"),
        (TAIL, {"bound": -sp.exp(t)}, "bound must be at least 0"),
        (TAIL, {"bound": sp.Symbol("unknown") * t}, r"bound holds unknown symbols \['unknown'\]"),
        (TAIL, {"bound": lambda t, c: math.inf}, "bound must be a finite real number"),
        (LAW, {"method": "bootstrap"}, "method must be 'dkw' or 'binomial'"),
        (LAW, {"cdf": 3}, "cdf must be callable"),
        (LAW, {"thresholds": []}, "thresholds must not be empty"),
        (BOUNDED, {"bounds": (1, 0)}, "bounds must have lo < hi"),
        (BOUNDED, {"bounds": None}, "exactly one of bounds and total"),
        (BOUNDED, {"relation": "<"}, "relation must be"),
        (CHI, {"relation": "≤"}, "relation must be '=' where total is given"),
        (CHI, {"mean": sp.Symbol("nobody")}, r"mean holds unknown symbols \['nobody'\]"),
    ],
)
def test_bad_arguments_are_named(claim, changes, message):
    with pytest.raises(ValueError, match=message):
        type(claim)(**{**vars(claim), **changes})


@pytest.mark.parametrize(
    ("claim", "draw", "message"),
    [
        (TAIL, lambda g, n: torch.full((n,), math.nan), "draw must be finite"),
        (TAIL, lambda g, n: torch.zeros(n, 2), r"draw must have shape \(n=50000\)"),
        (TAIL, lambda g, n: torch.zeros(n + 1), "draw must have shape"),
        (TAIL, lambda g, n: np.zeros(n), "draw must have shape"),
        (TAIL, lambda g, n: torch.zeros(n, dtype=torch.complex64), "draw must return real numbers"),
        (BOUNDED, lambda g, n: torch.full((n,), 2.0), r"draw must lie in bounds = \[0.0, 1.0\]"),
    ],
)
def test_bad_draws_are_named(claim, draw, message):
    with pytest.raises(ValueError, match=message):
        type(claim)(**{**vars(claim), "draw": draw}).decide()


def test_a_claim_that_no_data_could_refute_is_refused():
    """300 exceedances of 300 have the probability bound³⁰⁰: at 0.9 that is 2e-14, at 0.95 2e-7."""
    for bound in (1, R(3, 2), R(95, 100)):
        with pytest.raises(ValueError, match=r"no data could refute .* draws = 300"):
            TailSample(**{**vars(TAIL), "thresholds": (0.05, 0.1), "bound": bound, "draws": 300})
    refutable = {"thresholds": (0.05,), "bound": R(9, 10), "draws": 300}
    assert TailSample(**{**vars(TAIL), **refutable, "power_law": Law("one", tail=lambda t: 1.0)})
    mixed = {"thresholds": (0.05, 1.5), "bound": c * sp.exp(-(t**2) / 2), "draws": 300}
    assert TailSample(**{**vars(TAIL), **mixed}).thresholds == (0.05, 1.5)


def test_a_law_that_does_not_state_what_a_test_needs():
    silent = Law("silent")
    for claim, piece in ((TAIL, "tail"), (LAW, "cdf"), (BOUNDED, "mean"), (CHI, "total")):
        with pytest.raises(ValueError, match=f"power_law 'silent' must state {piece}"):
            type(claim)(**{**vars(claim), "power_law": silent}).decide()
    with pytest.raises(ValueError, match="must be a probability"):
        TailSample(**{**vars(TAIL), "power_law": Law("odd", tail=lambda t: 2.0)}).decide()
    with pytest.raises(ValueError, match="cdf must give one value for each t"):
        LawSample(**{**vars(LAW), "cdf": lambda t, s: 0.5}).decide()
    with pytest.raises(ValueError, match=r"total has mean 1\.0 per draw, but mean is 2"):
        MeanSample(**{**vars(CHI), "mean": lambda m: 2}).decide()


def test_a_discrete_tail_counts_the_atom():
    coin_law = Law("fair coin", stats.bernoulli(0.5))
    assert coin_law.tail_at(1.0) == 0.5
    assert coin_law.tail_at(0.0) == 1.0
    claim = TailSample(
        text="P(B ≥ 1) ≤ {c}",
        draw=coin,
        thresholds=(1,),
        bound=c,
        draws=20_000,
        power_law=coin_law,
        constants={"c": R(1, 2)},
    )
    check("coin", claim, claim.but(c=R(45, 100)))
