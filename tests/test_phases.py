"""Phase diagrams: the trials are what they say, and what they tell is computed rightly."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from scipy import special

from memorize import dynamics, memorization, networks, phases, runtime
from memorize.phases import Transition, trial

SETTING = {"d": 24, "q": 12, "m": 700, "replica": 3, "seed": 7}
CENTRED = {name for name in phases.ACTIVATIONS if name.endswith("_centred")} | {
    *("abs", "logcosh", "cos", "square")
}


def examples(law: str, d: int, m: int, dtype: torch.dtype = torch.float64) -> torch.Tensor:
    drawn = phases._Examples(law, d, m, "test", 0, torch.device("cpu"), dtype)
    return torch.cat([x for x, _ in drawn])


def test_a_trial_depends_on_its_arguments_alone() -> None:
    first = trial(**SETTING)
    torch.manual_seed(1)
    torch.rand(100)
    assert trial(**SETTING) == first
    others = [{"replica": 4}, {"seed": 8}, {"m": 701}, {"initialisation": "orthonormal"}]
    assert all(trial(**{**SETTING, **other}) != first for other in others)


def test_a_trial_is_one_step_and_its_margins(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(phases, "ENTRIES", 24 * 256)  # three chunks
    found = trial(**SETTING, dtype="float64")
    name = "phases/24/12/700/3"
    drawn = phases._Examples("gaussian", 24, 700, name, 7, torch.device("cpu"), torch.float64)
    assert [len(x) for x, _ in drawn] == [256, 256, 188]
    x, y = (torch.cat(part) for part in zip(*drawn, strict=True))
    a = networks.balanced_signs(12)
    gamma = math.log(24)
    step = dynamics.one_step(
        x, y, networks.first_rows(12, 24), a, phases.ABS, level=gamma, rate=700 * gamma / 24
    )
    margins = y * networks.network(x, step.weights, a, phases.ABS)
    assert found["fraction"] == float((margins > 0).double().mean())
    assert found["everything"] == int((margins > 0).all())
    assert found["least"] == pytest.approx(float(margins.min()) / gamma, rel=1e-10)
    assert found["mean"] == pytest.approx(float(margins.mean()) / gamma, rel=1e-10)
    assert found["variance"] == pytest.approx(float(margins.var(correction=0)), rel=1e-10)
    assert found["active"] == step.active / 700


def test_single_precision_moves_no_margin_by_more_than_a_thousandth() -> None:
    x = examples("gaussian", 256, 2000, torch.float32)
    y = networks.random_signs(2000, generator=runtime.generator("test"), dtype=torch.float32)
    margins = []
    for kind in (torch.float32, torch.float64):
        weights, a = networks.first_rows(256, 256, dtype=kind), networks.balanced_signs(256)
        a, points, labels = a.to(kind), x.to(kind), y.to(kind)
        gamma = math.log(256)
        step = dynamics.one_step(
            points, labels, weights, a, phases.ABS, level=gamma, rate=2000 * gamma / 256
        )
        margins.append(labels * networks.network(points, step.weights, a, phases.ABS))
    assert float((margins[0].double() - margins[1]).abs().max()) < 1e-3


@pytest.mark.parametrize("law", phases.INPUTS)
def test_inputs_have_mean_squared_norm_d_and_come_again(law: str) -> None:
    x = examples(law, 64, 1500)
    assert torch.equal(x, examples(law, 64, 1500))
    norms = x.square().sum(1)
    if law in ("sphere", "rademacher"):
        torch.testing.assert_close(norms, torch.full_like(norms, 64.0))
    elif law != "t3":  # the squared norm of t₃ has no variance
        error = 6 * float(norms.std()) / math.sqrt(1500)
        assert float(norms.mean()) == pytest.approx(64, abs=error)
    else:
        mean = 2 * special.gamma(2) / (math.sqrt(math.pi) * special.gamma(1.5)) / 2
        error = 6 / math.sqrt(x.numel())
        assert float(x.abs().mean()) == pytest.approx(mean, abs=error)


def test_whitened_digits_are_white() -> None:
    x = examples("whitened_digits", 64, 1797)
    values = torch.linalg.eigvalsh(x.T @ x / 1797)
    kept = values[values > 1e-9]
    torch.testing.assert_close(kept, torch.full_like(kept, 64 / len(kept)))


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"activation": "swish"}, "activation must be one of abs, "),
        ({"inputs": "cauchy"}, "inputs must be one of gaussian, "),
        ({"initialisation": "zero"}, "initialisation must be one of first, "),
        ({"signs": "none"}, "signs must be one of balanced, "),
        ({"dtype": "int8"}, "dtype must be one of float32, "),
        ({"m": 0}, "m must be an integer of at least 1, got 0"),
        ({"q": 25}, "q = 25 must be at most d = 24"),
        ({"inputs": "digits"}, "the digits have d = 64 and m at most 1797, got d = 24"),
        ({"inputs": "digits", "d": 64, "m": 1798}, "got d = 64, m = 1798"),
    ],
)
def test_bad_arguments_are_named(changed: dict[str, object], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        trial(**{**SETTING, **changed})  # type: ignore[arg-type]


@pytest.mark.parametrize("name", phases.ACTIVATIONS)
def test_which_activations_are_centred(name: str) -> None:
    activation = phases.ACTIVATIONS[name]
    assert (abs(activation.mean_slope) < 1e-9) == (name in CENTRED)
    assert math.isinf(phases.linear_cap(activation, 256)) == (name in CENTRED)
    t = torch.linspace(-3, 3, 60, dtype=torch.float64, requires_grad=True)
    (slope,) = torch.autograd.grad(activation.function(t).sum(), t)
    torch.testing.assert_close(activation.derivative(t), slope)


def test_the_predicted_transition_solves_its_equation() -> None:
    d, q = 200, 50
    m = phases.predicted_transition(d, q)
    chance = memorization.mean_field(d, q, m, level=math.log(d)).memorized ** m
    assert chance == pytest.approx(0.5, abs=1e-6)


def test_the_predicted_transition_grows_as_its_limit_says() -> None:
    limit = (2 / math.pi) / (2 * math.sqrt(1 - 2 / math.pi))
    ratios = [
        phases.predicted_transition(2**k, 2**k) * (k * math.log(2)) ** 1.5 / 4**k
        for k in (20, 60, 200)
    ]
    assert ratios == sorted(ratios)
    assert 0.75 * limit < ratios[-1] < limit


def test_a_transition_is_found_where_it_is() -> None:
    m = np.array([10, 14, 20, 28, 40, 57, 80])
    share = special.expit(4 * (math.log(30) - np.log(m)))
    found = phases.transition(m, 1000 * share, np.full(7, 1000))
    assert found is not None
    assert found.m == pytest.approx(30, rel=0.01)
    assert found.low < 30 < found.high
    assert found.high / found.low < 1.1
    coarse = phases.transition(m, 10 * share, np.full(7, 10))
    assert coarse is not None
    assert coarse.low < found.low < found.high < coarse.high


@pytest.mark.parametrize("hits", [[9, 9, 8], [1, 0, 0], [5, 5, 5]])
def test_a_transition_out_of_reach_is_none(hits: list[int]) -> None:
    assert phases.transition([1, 2, 3], hits, [10, 10, 10]) is None


def test_a_transition_wants_arrays_of_one_shape() -> None:
    with pytest.raises(ValueError, match="three arrays of one shape"):
        phases.transition([1, 2, 3], [1, 2], [2, 2, 2])


def test_growth_recovers_a_power() -> None:
    d = np.array([32, 64, 128, 256, 512])
    found = [Transition(m, 0.95 * m, m / 0.95) for m in (0.3 * d * d / np.log(d) ** 1.5).tolist()]
    fitted = phases.growth(d, d, found)
    assert fitted.factor == pytest.approx(0.3)
    assert fitted.power == pytest.approx(1.5)
    assert fitted.low < 1.5 < fitted.high
    with pytest.raises(ValueError, match="at least three transitions, got 2"):
        phases.growth(d[:2], d[:2], found[:2])
