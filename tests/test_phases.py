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


def test_the_activations_are_the_functions_that_they_say() -> None:
    t = torch.linspace(-3, 3, 61, dtype=torch.float64)
    relu, leaky = t.clamp(min=0), torch.maximum(t, t / 10)
    for name, expected in {
        "abs": t.abs(),
        "logcosh": t.cosh().log(),
        "cos": t.cos(),
        "square": t * t,
        "relu": relu,
        "relu_centred": relu - t / 2,
        "leaky": leaky,
        "leaky_centred": leaky - 0.55 * t,
        "tanh": t.tanh(),
        "tanh_centred": t.tanh() - phases.TANH.mean_slope * t,
        "erf": torch.erf(t),
        "erf_centred": torch.erf(t) - 2 / math.sqrt(3 * math.pi) * t,
        "identity": t,
    }.items():
        torch.testing.assert_close(phases.ACTIVATIONS[name].function(t), expected)


ROWS = {
    "first": networks.first_rows,
    "orthonormal": networks.orthonormal_rows,
    "gaussian": networks.gaussian_rows,
    "repeated": networks.repeated_rows,
}


@pytest.mark.parametrize("initialisation", phases.INITIALISATIONS)
@pytest.mark.parametrize("signs", phases.SIGNS)
def test_every_draw_of_a_trial_has_a_stream_of_its_own(initialisation: str, signs: str) -> None:
    d, q, m = 24, 12, 200

    def stream(what: str) -> torch.Generator:
        return runtime.generator(f"phases/{d}/{q}/{m}/3/{what}", seed=7)

    drawn = {} if initialisation == "first" else {"generator": stream("weights")}
    weights = ROWS[initialisation](q, d, **drawn)
    a = {
        "balanced": networks.balanced_signs(q),
        "random": networks.random_signs(q, generator=stream("signs")),
        "ones": torch.ones(q, dtype=torch.float64),
    }[signs]
    x = torch.randn(m, d, generator=stream("inputs"), dtype=torch.float64)
    y = networks.random_signs(m, generator=stream("labels"))
    gamma = math.log(d)
    step = dynamics.one_step(x, y, weights, a, phases.ABS, level=gamma, rate=m * gamma / d)
    margins = y * networks.network(x, step.weights, a, phases.ABS)
    found = trial(
        **{**SETTING, "m": m}, initialisation=initialisation, signs=signs, dtype="float64"
    )
    assert found["least"] == pytest.approx(float(margins.min()) / gamma, rel=1e-9)
    assert found["mean"] == pytest.approx(float(margins.mean()) / gamma, rel=1e-9)


def test_shifted_inputs_and_digits_have_their_means() -> None:
    x = examples("shifted", 64, 1500)
    assert float(x.mean()) == pytest.approx(1 / math.sqrt(2), abs=6 * math.sqrt(0.5 / x.numel()))
    assert float(x.var()) == pytest.approx(0.5, abs=6 * math.sqrt(2 * 0.25 / x.numel()))
    for law in ("digits", "whitened_digits"):
        torch.testing.assert_close(
            examples(law, 64, 1797).mean(0), torch.zeros(64, dtype=torch.float64)
        )


@pytest.mark.parametrize("d", [64, 1000])
def test_the_linear_cap_solves_its_equation(d: int) -> None:
    """For the ReLU E σ' = θ = 1/2 and Var σ = 1/2 − 1/(2π); for the identity all are 1."""
    for activation, mu, theta, variance in (
        (phases.RELU, 0.5, 0.5, 0.5 - 0.5 / math.pi),
        (phases.LINEAR, 1.0, 1.0, 1.0),
    ):
        m, gamma = phases.linear_cap(activation, d), math.log(d)
        noise = math.sqrt(variance + gamma**2 * mu**4 * m / d)
        assert special.ndtr(gamma * theta / noise) ** m == pytest.approx(0.5, rel=1e-6)


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


def test_the_interval_of_a_transition_is_that_of_the_information() -> None:
    """Asymptotically: 1.96 standard deviations of the middle, the steepness being estimated too."""
    m, trials = np.geomspace(10, 90, 25), 6
    x, steep = np.log(m), 4.0
    share = special.expit(steep * (math.log(30) - x))
    found = phases.transition(m, trials * share, np.full(25, trials))
    assert found is not None
    weight = trials * share * (1 - share)
    slopes = np.stack([np.full(25, steep), math.log(30) - x])
    information = (slopes * weight) @ slopes.T
    deviation = math.sqrt(np.linalg.inv(information)[0, 0])
    wanted = 2 * 1.96 * deviation - math.log(9) / 500  # on a grid, each end half a step inside
    assert math.log(found.high / found.low) == pytest.approx(wanted, abs=0.04 * wanted)


def test_a_bare_majority_is_a_start() -> None:
    assert phases.transition([1, 2, 3, 4], [6, 6, 4, 3], [10] * 4) is not None


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


@pytest.mark.parametrize("noise", [0.0, 0.3])
def test_the_interval_of_a_power_is_that_of_least_squares(noise: float) -> None:
    """Weights 1/width²; wider where the points scatter more than their own intervals say."""
    d = np.array([32, 64, 128, 256, 512, 1024])
    widths = np.array([0.1, 0.2, 0.1, 0.3, 0.1, 0.2])  # of ln m, from end to end
    y = math.log(0.3) - 1.5 * np.log(np.log(d)) + noise * np.array([1, -1, 1, -1, 1, -1])
    m = np.exp(y) * d * d
    found = [
        Transition(*row)
        for row in zip(m, m * np.exp(-widths / 2), m * np.exp(widths / 2), strict=True)
    ]
    deviations = widths / (2 * 1.96)
    (slope, _), covariance = np.polyfit(-np.log(np.log(d)), y, 1, w=1 / deviations, cov="unscaled")
    rest = y - np.polyval(
        np.polyfit(-np.log(np.log(d)), y, 1, w=1 / deviations), -np.log(np.log(d))
    )
    excess = float(np.square(rest / deviations).sum()) / 4
    assert (excess > 1) == (noise > 0)
    reach = 1.96 * math.sqrt(covariance[0, 0] * max(1.0, excess))
    fitted = phases.growth(d, d, found)
    assert fitted[1:] == pytest.approx((slope, slope - reach, slope + reach))
