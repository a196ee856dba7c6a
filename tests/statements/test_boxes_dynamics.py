"""The formulas in the boxes on linear dynamics, against the library and the declared bounds."""

from __future__ import annotations

import math

import pytest
from reading import between, value

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


def test_tracking_and_pairs() -> None:
    assert declared("B.linear.tracking", eps=0.2, h=1.5) == pytest.approx(
        ld.tracking_error(0.2, 1.5)
    )
    found = ld.paired_scale_at(SIZES, 64, 4.0, 0.1)
    bound = declared("B.linear.paired", q=64, m=20, least=0.1, delta=0.1, X=2, y=4)
    assert bound == pytest.approx(found)
    assert 13.04 == pytest.approx(2 / (0.5 + 0.5 * math.log(0.5)), abs=0.01)
    assert 2 / (0.5 + 0.5 * math.log(0.5)) <= 13.04
