"""The formulas in the boxes on linear dynamics, against the library and the declared bounds."""

from __future__ import annotations

import math

import pytest
import torch
from reading import between, value
from scipy import stats

from memorize import linear_dynamics as ld
from memorize import statements

SIZES = ld.Sizes(m=20, norm=2.0, absolute=5.0, frobenius=6.0, least=0.1, largest=3.0)
START = ld.initial_residual(20, 4.0, 0.5, 0.1)
AT = {
    **{"m": 20.0, r"\|X\|": 2.0, r"\||G|\|": 5.0, r"\lambda_m": 0.1, r"\tau": 0.5},
    **{r"\|y\|": 4.0, r"\delta": 0.1, r"\varepsilon": 2.0, "B_0": START, r"\pi": math.pi},
    **{"q": 64.0, r"\eta": 0.1, "T": 30.0, "h": 1.5},
}


def declared(id: str, **values: float) -> float:
    bound = statements.get(id).bound
    assert bound is not None
    return float(bound.evaluate(**values).value)


def test_convergence() -> None:
    told = value(between("F.T3.1", r"q\;\ge\;", ",$$"), AT)
    found = ld.convergence_width(SIZES, 4.0, 0.5, 0.1)
    assert told == pytest.approx(found)
    bound = declared("F.T3.1", m=20, least=0.1, tau=0.5, delta=0.1, X=2, G=5, y=4)
    assert bound == pytest.approx(found)
    whole = ld.Sizes(m=20, norm=20**0.5, absolute=20.0, frobenius=20.0, least=0.1, largest=3.0)
    most = ld.convergence_width(whole, 20**0.5, 1.0, 0.1)
    simple = value(between("F.T3.1", r"then $q\ge", "$ is enough"), AT | {r"\tau": 1.0})
    assert most <= simple <= 1.001 * most


def test_the_curve() -> None:
    tau = 2 * math.sqrt(0.1 / 120)
    told = value(between("F.T4.1", r"q\;\ge\;", ".$$"), AT | {r"\tau": tau})
    found = ld.curve_width(SIZES, 4.0, tau, 0.1, 2.0)
    assert told == pytest.approx(found)
    bound = declared("F.T4.1", eps=2, least=0.1, tau=tau, X=2, G=5, y=4)
    assert bound == pytest.approx(found)
    whole = ld.Sizes(m=20, norm=20**0.5, absolute=20.0, frobenius=20.0, least=0.1, largest=3.0)
    eps = 20**0.5
    small = eps * math.sqrt(0.1 / 120)
    most = ld.curve_width(whole, 20**0.5, small, 0.1, eps)
    letters = AT | {r"\tau": small, r"\varepsilon": eps}
    simple = value(between("F.T4.1", "then\n$q\\ge", "$ is enough"), letters)
    assert most <= simple <= 1.001 * most


def test_the_first_residual_the_scale_and_the_rates() -> None:
    told = value(between("F.T3.1", "Let $B_0=", "$, $"), AT)
    assert told == pytest.approx(ld.initial_residual(20, 4.0, 0.5, 0.1))
    squared = value(between("F.T3.1", r"\hat y^{(0)}\|^2\le", "$;"), AT)
    assert squared == pytest.approx(told**2 / 2)
    # F = λ_m/2 in the deterministic theorem
    rate = value(between("F.T3.1", r"y^{(t+1)}\|\le", r"\,\|y"), AT)
    letters = AT | {r"\lambda": 0.1, "F": 0.05}
    shown = between("B.linear.deterministic", r"\rho&=", r".\end")
    assert rate == pytest.approx(value(shown, letters))
    limit = value(between("F.T4.1", r"$\tau\le", "$ and"), AT)
    assert ld.curve_width(SIZES, 4.0, limit, 0.1, 2.0) > 0
    with pytest.raises(ValueError, match="tau must be at most"):
        ld.curve_width(SIZES, 4.0, 1.001 * limit, 0.1, 2.0)
    most = value(between("F.T4.1", r"0<\varepsilon\le", "$, $"), AT)
    assert most == pytest.approx(8.0)  # where ε/(2‖y‖ + ε) is 1/2
    assert most / (8 + most) == pytest.approx(0.5)


def test_the_deterministic_theorem() -> None:
    inputs, weights = torch.eye(2, dtype=torch.float64), torch.full((64, 2), 9.0).double()
    K = ld.Spectrum.of(torch.eye(2, dtype=torch.float64))
    found = ld.certify(weights, inputs, 3.0, K, gap=0.25, eta=0.5)
    assert found is not None
    assert found.F == 0.25
    letters = AT | {r"\eta": 0.5, r"\lambda": 1.0, "F": 0.25, r"\|X\|": 1.0, r"\|e^{(0)}\|": 3.0}
    assert value(between("B.linear.deterministic", r"\rho&=", r".\end"), letters) == found.rate
    radius = value(between("B.linear.deterministic", "soon as\n$", r"\le r"), letters)
    assert radius == pytest.approx(found.movement(10**6))
    push = between("B.linear.deterministic", "be such that\n$", r"\sum_{s<T}")
    first = between("B.linear.deterministic", "more than\n   $", r"\sum_{s<t}")
    for each in (push, first):
        assert value(each, letters) == pytest.approx(found.movement(1))
    decay = between("B.linear.deterministic", r"2. $\|e^{(t)}\|\le", r"\,\|e")
    assert value(decay, {r"\rho": found.rate, "t": 3.0}) == pytest.approx(found.residual(3) / 3)
    limit = value(between("B.linear.deterministic", r"(K)\le", "$,"), {})
    ld.certify(weights, inputs, 3.0, K, gap=0.25, eta=limit)
    with pytest.raises(ValueError, match="above 1/"):
        ld.certify(weights, inputs, 3.0, K, gap=0.25, eta=1.001 * limit)
    share = value(
        between("B.linear.deterministic", "which is at most\n   $", r"\|e^{(0)}\|$ if"), letters
    )
    assert 3 * share == pytest.approx(found.worst)


def test_how_far_the_weights_move() -> None:
    letters = AT | {r"\mu": 0.05, r"\|e^{(0)}\|": 3.0}
    first = value(r"\frac{\|X\|" + between("F.LC.1", r"\le\frac{\|X\|", ".$$"), letters)
    assert first == pytest.approx(ld.row_movement(2.0, 3.0, 64, 0.05))
    second = value(r"\frac{2" + between("F.LC.1", r"\le\frac{2", ".$$"), letters)
    assert second == pytest.approx(ld.row_movement(2.0, 3.0, 64, SIZES.least / 2))


def test_how_far_the_gram_matrix_moves() -> None:
    r = 0.01
    letters = AT | {"r": r, r"\|G\|_{\mathrm F}": SIZES.frobenius}
    p = value(between("F.LC.2", "Let $p=", "$ and"), letters)
    chance = math.erf(r / (0.5 * math.sqrt(2)))
    assert chance <= p <= 1.001 * chance
    # P(s_j > 2p) ≤ δ/m by Chernoff's bound, the least over θ, and so by the exact law
    letters |= {"p": p}
    rate = value(between("F.LC.2", "$q", r"\ge\ln"), letters)
    assert rate == pytest.approx(
        -min(p * (math.exp(k / 999) - 1 - 2 * k / 999) for k in range(999))
    )
    needed = value(r"\ln" + between("F.LC.2", r"\ge\ln", "$."), letters)
    assert needed == pytest.approx(math.log(20 / 0.1))
    q = math.ceil(needed / rate)
    assert stats.binom.sf(math.floor(2 * p * q), q, p) <= 0.1 / 20
    # two shares in an entry, m in the Jacobian, each at most 2p
    whole = value(between("F.LC.2", r"H_0\|_{\mathrm F}\le", "$,"), letters)
    assert whole == pytest.approx(2 * 2 * p * SIZES.frobenius)
    absolute = value(between("F.LC.2", r"H_0\|\le", "$ and"), letters)
    assert absolute == pytest.approx(2 * 2 * p * SIZES.absolute)
    jacobian = value(between("F.LC.2", r"F}^2\le2", "$."), letters | {"m": 2 * 20.0})
    assert jacobian == pytest.approx(20 * 2 * p)
    # item 3 is item 2 at F.LC.1's radius, with B_0
    radius = ld.row_movement(2.0, START, 64, SIZES.least / 2)
    at = math.sqrt(2 / math.pi) * radius / 0.5
    gram = value(between("F.LC.2", r"&\le8", r",\\"), letters) * 8
    assert gram == pytest.approx(4 * at * SIZES.frobenius)
    change = value(between("F.LC.2", r"&\le4", r".\end"), letters) * 4
    assert change == pytest.approx(2 * 20 * at)
    # and the last line is item 3 at |y_j| = τ = 1 and the largest sizes
    most = AT | {r"\tau": 1.0, "B_0": ld.initial_residual(20, 20**0.5, 1.0, 0.1)}
    most |= {r"\|X\|": 20**0.5, r"\|G\|_{\mathrm F}": 20.0}
    for start, end, exact in (
        ("these are at most $", "$ and", 8 * value(between("F.LC.2", r"&\le8", r",\\"), most)),
        ("$ and\n$6", "$. In", 4 * value(between("F.LC.2", r"&\le4", r".\end"), most)),
    ):
        simple = value(("6" if "6" in start else "") + between("F.LC.2", start, end), most)
        assert exact <= simple <= 1.005 * exact


def test_tracking() -> None:
    letters = AT | {r"\varepsilon": 0.2, r"\|G\|": 4.0}
    told = value(between("B.linear.tracking", "I-\\eta H)^t\\|\\le", ".$$"), letters)
    assert told == pytest.approx(ld.tracking_error(0.2, 1.5))
    assert declared("B.linear.tracking", eps=0.2, h=1.5) == pytest.approx(told)
    width = value(between("B.linear.tracking", r"q\ge", ".$$"), letters)
    assert math.ceil(width) == ld.tracking_width(20, SIZES.ratio, 0.2, 0.1)
    rate = 1.2 * math.log(1.2) - 0.2
    assert 2 * 20 * math.exp(-width * 0.1 / 4 * rate) == pytest.approx(0.1)
    assert rate < 0.2 + 0.8 * math.log(0.8)  # the other side's


def test_pairs() -> None:
    letters = AT | {r"\|G\|": 4.0, r"\eta": 0.1}
    later = AT | {r"\|G\|": 4.0}
    told = value(between("B.linear.paired", "$$\\tau\\ge", ",$$"), letters)
    assert told == pytest.approx(ld.paired_scale(64, 20, 2.0, 4.0, 3.0, 0.1))
    forever = value(between("B.linear.paired", "text{and}\\qquad\n   \\tau\\ge", ".$$"), later)
    assert forever == pytest.approx(ld.paired_scale_at(SIZES, 64, 4.0, 0.1))
    bound = declared("B.linear.paired", q=64, m=20, least=0.1, delta=0.1, X=2, y=4)
    assert bound == pytest.approx(forever)
    # the chance that one of 32·20 values is within ‖X‖‖c_t‖/√q, from below: the density's peak
    for scale, path, chance in ((told, 4.0 * 3.0, 0.1), (forever, 2 * 4.0 / SIZES.least, 0.05)):
        each = math.sqrt(2 / math.pi) * (2 * path / 8) / scale
        assert 32 * 20 * each == pytest.approx(chance)
    # η: all factors within [−1, 1], and within [0, 1], for eigenvalues up to ‖X‖²
    step = value(between("B.linear.paired", r"finite $T$, if $\eta\le", "$ and"), letters)
    assert 1 - step * SIZES.norm**2 == pytest.approx(-1)
    step = value(between("B.linear.paired", r"at least $1-\delta$ if $\eta\le", "$,"), letters)
    assert 1 - step * SIZES.norm**2 == pytest.approx(0)
    width = value(between("B.linear.paired", "$$q\\ge", r"\qquad"), letters)
    exact = 2 * 40 * math.log(2 * 20 / 0.1) / (0.5 + 0.5 * math.log(0.5))
    assert exact <= width <= 1.001 * exact
    assert ld.paired_width(SIZES, 0.1) == 2 * math.ceil(exact / 2)
    needed = value(between("B.linear.paired", r"x_j\rangle|>", "$ for all"), AT | {r"\|c_t\|": 3.0})
    assert needed == pytest.approx(ld.row_movement(2.0, 3.0, 64, 1.0))


def test_secants_and_shares() -> None:
    inputs = torch.tensor([[1.0, 0.0], [0.6, 0.8]], dtype=torch.float64)
    before = torch.tensor([[0.1, 3.0], [3.0, -2.2], [3.0, -2.2], [3.0, 3.0]], dtype=torch.float64)
    after = torch.tensor([[-0.1, 3.0], [3.0, -2.3], [3.0, -2.3], [3.0, 3.0]], dtype=torch.float64)
    start = ld.secant_gram(inputs, before, before)
    each = value(between("B.secant", "{jl}=", r"\sum"), {"G_{jl}": 0.6, "q": 4.0})
    assert float(start[0, 1]) == pytest.approx(4 * each)  # all four are active on both
    near = ld.shares(ld.near_kink(before, inputs, 0.15)).tolist()
    assert near == [0.25, 0.5]
    letters = {r"|G_{jl}|": 0.6, "s_j(r)": near[0], "s_l(r)": near[1]}
    told = value(between("F.LC.2", r"(H_W-H_0)_{jl}|\le", "$ and"), letters)
    change = float((ld.secant_gram(inputs, after, after) - start).abs()[0, 1])
    assert change == pytest.approx(told)
    flips = (before @ inputs.T >= 0) != (after @ inputs.T >= 0)
    assert float(flips.double().sum() / 4) == pytest.approx(sum(near))
    assert between("F.LC.2", r"F}^2\le\sum", "$.") == "_js_j(r)"
    assert value(between("F.LC.1", r"$0<\eta\mu\le", "$,"), {}) == 1  # (1 − ημ)ˢ is not negative
