"""memorize.sums: bounds on sums, and exact tails by convolution."""

import math

import numpy as np
import pytest
import torch
from scipy import stats

from memorize import orlicz, statements, sums

ONES = torch.ones(10, dtype=torch.float64)


def test_signs_give_the_classical_form_of_hoeffding() -> None:
    # ‖±1‖ψ2 = 1/√ln 2, so that the bound is 2 exp(−t²/(2n))
    norms = orlicz.constant_norm(1, 2) * ONES
    t = torch.tensor([0.0, 1.0, 7.5], dtype=torch.float64)
    expected = 2 * torch.exp(-(t**2) / 20)
    assert torch.allclose(sums.hoeffding_tail(t, norms), expected)
    assert sums.hoeffding_norm(norms) == pytest.approx(math.sqrt(8 / 3 * 10))


def test_the_quantile_inverts_the_tail() -> None:
    t = sums.hoeffding_quantile(1e-3, 2 * ONES)
    found = sums.hoeffding_tail(torch.tensor(t, dtype=torch.float64), 2 * ONES)
    assert float(found) == pytest.approx(1e-3)


def test_bernstein_is_below_its_two_regimes_and_continuous() -> None:
    norms = torch.tensor([1.0, 2.0, 0.5], dtype=torch.float64)
    t = torch.linspace(0, 60, 5001, dtype=torch.float64)
    bound = sums.bernstein_tail(t, norms)
    squares, top = 5.25, 2.0
    assert bool((bound <= 2 * torch.exp(-0.49 * torch.minimum(t**2 / squares, t / top))).all())
    assert float(bound.diff().abs().max()) < 0.02


def test_bernstein_meets_the_statement_at_the_corner() -> None:
    # at t = V/K the best argument is 3/4 over K, and 104/225 · 9/16 − 3/4 = −0.49
    norms = torch.tensor([1.0, 2.0, 0.5], dtype=torch.float64)
    corner = torch.tensor(5.25 / 2, dtype=torch.float64)
    expected = 2 * math.exp(-0.49 * 5.25 / 4)
    assert float(sums.bernstein_tail(corner, norms)) == pytest.approx(expected, rel=1e-12)
    below = torch.tensor(1.0, dtype=torch.float64)
    expected = 2 * math.exp(-1 / (4 * 104 / 225 * 5.25))
    assert float(sums.bernstein_tail(below, norms)) == pytest.approx(expected, rel=1e-12)


def _declared(id: str, **values: float) -> float:
    """The bound of a statement at these values of its parameters."""
    bound = statements.get(id).bound
    assert bound is not None
    defined = {term.symbol: term.expression for term in bound.terms}
    at = {p.symbol: values[p.symbol.name] for p in bound.parameters}
    return float(bound.value.subs(defined).subs(at))


def test_the_declared_bounds_are_those_of_the_functions_and_of_chernoff() -> None:
    squares, top = 5.25, 2.0
    norms = torch.tensor([1.0, 2.0, 0.5], dtype=torch.float64)
    mu = np.linspace(0, 1 / top, 20_001)
    for t in (0.5, 2.0, 5.25, 9.0):
        found = float(sums.hoeffding_tail(torch.tensor(t, dtype=torch.float64), norms))
        assert _declared("G.T3", t=t, V=squares) == pytest.approx(found)
        best = float(2 * np.exp((mu**2 * squares - mu * t).min()))
        declared = _declared("G.T4", t=t, V=squares, K=top)
        # equal as long as the best argument is allowed, else above
        assert declared == pytest.approx(best, rel=1e-6) if t <= 5.25 else declared > best
    assert _declared("G.T4", t=9.0, V=squares, K=top) == pytest.approx(2 * math.exp(-9 / 4))
    corner = _declared("B.bernstein", t=squares / top, V=squares, K=top)
    assert corner == pytest.approx(2 * math.exp(-0.49 * squares / top**2))
    sign = math.exp(math.log(2) / 2 * 0.3**2 * top**2)
    assert _declared("B.mgf.sharp", mu=0.3, K=top) == pytest.approx(sign)


def test_sums_of_signs_are_binomial() -> None:
    signs = sums.LatticeLaw(-1, np.array([0.5, 0.0, 0.5]))
    law = signs.total(101)
    t = np.arange(1.0, 102.0, 2)
    exact = 2 * stats.binom(101, 0.5).sf((101 + t) / 2 - 1)
    assert np.allclose(law.tail(t), exact, rtol=1e-11, atol=0)


def test_tails_between_the_points_of_the_lattice() -> None:
    # points −0.1, 0, 0.1, …, 0.3: P(S ≥ t) jumps at each, and 3 · 0.1 is above 0.3 in floats
    law = sums.LatticeLaw(-1, np.array([0.1, 0.2, 0.3, 0.25, 0.15]), 0.1)
    t = np.array([-0.5, -0.1, -0.05, 0.0, 0.01, 0.1, 0.15, 3 * 0.1, 0.3, 0.31])
    expected = [1, 1, 0.9, 0.9, 0.7, 0.7, 0.4, 0.15, 0.15, 0]
    assert np.allclose(law.upper_tail(t), expected)
    assert np.allclose(law.tail(np.array([0.05, 0.1, 0.11])), [0.8, 0.8, 0.4])


def test_rounding_puts_what_lies_beyond_the_ends_on_them() -> None:
    cdf = stats.norm.cdf
    down, up = (sums.rounded(cdf, -1, 2, 1.0, up=side) for side in (False, True))
    inner = np.diff(cdf([-1.0, 0.0, 1.0, 2.0]))
    assert up.first == down.first == -1
    assert np.allclose(up.probabilities, [cdf(-1), *inner[:2], inner[2] + 1 - cdf(2)])
    assert np.allclose(down.probabilities, [cdf(-1) + inner[0], *inner[1:], 1 - cdf(2)])


def test_rounding_up_and_down_brackets_a_gamma_tail() -> None:
    law = stats.expon()
    t = np.array([5.0, 12.0, 25.0])
    exact = stats.gamma(4).sf(t)
    for up in (False, True):
        found = sums.rounded(law.cdf, 0, 40, 1 / 64, up=up).total(4).upper_tail(t)
        assert ((found >= exact) if up else (found <= exact)).all()
        assert np.allclose(found, exact, rtol=0.1)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: sums.hoeffding_norm(torch.zeros(0)), "norms"),
        (lambda: sums.hoeffding_norm(torch.tensor([1.0, -1.0])), "norms"),
        (lambda: sums.hoeffding_tail(torch.tensor(-1.0), ONES), "t must"),
        (lambda: sums.bernstein_tail(torch.tensor(float("nan")), ONES), "t"),
        (lambda: sums.hoeffding_quantile(1.0, ONES), "delta"),
        (lambda: sums.LatticeLaw(0, np.array([0.5, 0.4])), "add up"),
        (lambda: sums.LatticeLaw(0, np.array([1.5, -0.5])), "probabilities"),
        (lambda: sums.LatticeLaw(0, np.array([1.0])).total(0), "n"),
        (
            lambda: sums.LatticeLaw(0, np.array([1.0])) + sums.LatticeLaw(0, np.array([1.0]), 0.5),
            "step",
        ),
        (lambda: sums.rounded(stats.norm.cdf, 1, 0, 0.1, up=True), "low"),
    ],
)
def test_bad_input_is_named(call, message) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(ValueError, match=message):
        call()


def test_uniform_sums_have_the_law_of_irwin_and_hall() -> None:
    """Mean, variance and a tail known exactly, P(|U + U'| ≥ 1) = 1/4; within six deviations."""
    gen = torch.Generator().manual_seed(8)
    n = 400_001  # odd, so that the last block ends within a word
    two = sums.uniform_sums(n, 2, gen)
    assert two.shape == (n,)
    assert two.dtype == torch.float64
    assert float(two.abs().max()) < 2
    assert abs(float(two.mean())) < 6 * math.sqrt(2 / 3 / n)
    assert abs(float((two.abs() >= 1).double().mean()) - 0.25) < 6 * math.sqrt(3 / 16 / n)
    many = sums.uniform_sums(20_000, 48, gen)
    assert abs(float(many.square().mean()) - 16) < 6 * 16 * math.sqrt(2 / 20_000)
    one = sums.uniform_sums(9, 1, gen) * 2**32
    assert torch.equal(one, one.round())
    assert bool((one % 2 == 1).all())  # odd multiples of 2⁻³²


def test_the_draws_do_not_depend_on_threads_and_never_repeat() -> None:
    threads = torch.get_num_threads()
    try:
        found = []
        for count in (1, 3):  # one stream is not enough for them
            torch.set_num_threads(count)
            found.append(sums.uniform_sums(90_000, 7, torch.Generator().manual_seed(3)))
    finally:
        torch.set_num_threads(threads)
    assert torch.equal(*found)
    gen = torch.Generator().manual_seed(3)
    first, second = sums.uniform_sums(10, 7, gen), sums.uniform_sums(10, 7, gen)
    assert not torch.equal(first, second)
    assert found[0].unique().numel() > 89_990


def test_sizes_of_uniform_sums_are_checked() -> None:
    gen = torch.Generator()
    with pytest.raises(ValueError, match="n must be an integer of at least 1"):
        sums.uniform_sums(0, 3, gen)
    with pytest.raises(ValueError, match="terms must be an integer of at least 1"):
        sums.uniform_sums(3, 0, gen)
