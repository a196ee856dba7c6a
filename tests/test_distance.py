"""How far the weights move: the bounds against sums written out, and against runs."""

from __future__ import annotations

import math

import pytest
import torch

from memorize import distance, runtime
from memorize import linear_dynamics as ld
from memorize.descent import descend, paired_start

DIGITS = {"least": 0.02145, "top": 200.0, "norm": 16.34, "tau": 1.0, "eps": 0.25, "delta": 0.1}


@pytest.mark.parametrize("gain", [0.7, 1e-9, 0.0, -0.4, 2.0])
@pytest.mark.parametrize("t", [0, 1, 2, 17])
def test_the_path_is_the_sum(gain: float, t: int) -> None:
    expected = 0.5 * sum((1 - 0.5 * gain) ** s for s in range(t))
    assert distance.path(0.5, t, gain) == pytest.approx(expected)


def test_the_path_at_infinity() -> None:
    assert distance.path(0.5, math.inf, 0.25) == 4
    assert distance.path(0.5, 10**6, 0.25) == pytest.approx(4)
    with pytest.raises(ValueError, match="gain"):
        distance.path(0.5, math.inf, 0.0)
    with pytest.raises(ValueError, match="smaller eta"):
        distance.path(0.5, 3, 2.1)
    with pytest.raises(ValueError, match="whole number"):
        distance.path(0.5, 1.5, 0.1)


def test_the_remainder() -> None:
    at_last = distance.remainder(3.0, 0.1, math.inf, least=4.0, F=1.0, near=0.25)
    assert at_last == pytest.approx(3 / 3 * (1 / 2 + 0.5))
    early = distance.remainder(3.0, 0.1, 2, least=4.0, F=1.0, near=0.25)
    assert early == pytest.approx(3 * 0.1 * 1.7 * (math.sqrt(0.2) + 0.5))
    flat = distance.remainder(3.0, 0.1, 2, least=0.0, F=0.0, near=0.0)
    assert flat == 0
    flat = distance.remainder(3.0, 0.1, 2, least=0.0, F=1.0, near=0.25)
    assert flat == pytest.approx(3 * 0.1 * 2.1 * (math.sqrt(0.2) + 0.5))


def test_travel_by_hand() -> None:
    found = distance.travel(100, 10**6, price=400.0, **DIGITS)
    lam = 0.75 * 0.02145
    r = math.sqrt(200) * 16.34 / (0.75 * lam * 1000)
    assert found.row == pytest.approx(r)
    share = (math.e - 1) * math.sqrt(2 / math.pi) * r + 2e-6 * math.log(2000)
    assert found.share == pytest.approx(share)
    rest = (0.25 + math.sqrt(0.125)) / 0.75 * 16.34 / math.sqrt(lam)
    assert found.remainder == pytest.approx(rest)
    assert found.total == pytest.approx(math.sqrt(400 / 0.75) + rest)
    assert not found.holds


@pytest.mark.parametrize("tau", [1.0, 1e9])
def test_the_width_is_the_least(tau: float) -> None:
    """At small τ the kinks decide, at very large τ the logarithms."""
    sizes = DIGITS | {"tau": tau}
    q = distance.width(100, **sizes)
    assert q % 2 == 0
    assert distance.travel(100, q + 2, price=1.0, **sizes).holds
    assert not distance.travel(100, math.floor(q * (1 - 1e-9)) - 2, price=1.0, **sizes).holds


def test_a_share_exceeds_its_bound_rarely() -> None:
    """P(Bin(n,p)/n > (e−1)p + ln(1/δ)/n) ≤ δ, from E e^{Bin} ≤ e^{(e−1)np}, exactly."""
    from scipy import stats

    for n, p in ((10, 0.01), (100, 0.2), (1000, 0.5)):
        for delta in (0.5, 0.1, 1e-6):
            edge = distance.SHARE * n * p + math.log(1 / delta)
            assert stats.binom.sf(math.floor(edge), n, p) <= delta


def test_bad_arguments_are_named() -> None:
    with pytest.raises(ValueError, match="eps"):
        distance.travel(10, 100, price=1.0, **(DIGITS | {"eps": 0.6}))
    with pytest.raises(ValueError, match="top"):
        distance.width(10, **(DIGITS | {"top": 0.01}))
    with pytest.raises(ValueError, match="top"):
        distance.width(10, **(DIGITS | {"top": 0.02}))
    with pytest.raises(ValueError, match="price"):
        distance.travel(10, 100, price=-1.0, **DIGITS)


def test_a_run_keeps_the_certificate() -> None:
    """Six orthogonal inputs: λ_m is large, and a certificate holds for all times."""
    gen = runtime.generator("travel", seed=4)
    x = torch.eye(6, dtype=torch.float64)
    y = torch.tensor([1.0, -1.0, 1.0, 1.0, -1.0, 0.5], dtype=torch.float64)
    start, signs = paired_start(4000, 6, 100.0, generator=gen)
    gates = (x @ start.T >= 0).double()
    spectrum = ld.Spectrum.of(x @ x.T * (gates @ gates.T) / 4000)
    eta = 1 / spectrum.largest
    known = ld.certify(start, x, float(y.norm()), spectrum, gap=0.0, eta=eta)
    assert known is not None
    near = float(ld.shares(ld.near_kink(start, x, known.radius)).sum())
    end = descend(x, y, start, signs, eta=eta, steps=30)
    moved, linear = float(end.moved), float(spectrum.distance(y, eta, 30))
    rest = distance.remainder(float(y.norm()), eta, 30, least=spectrum.least, F=known.F, near=near)
    assert abs(moved - linear) <= rest < 0.2 * linear
    assert float(end.moved_rows.max()) <= known.radius
