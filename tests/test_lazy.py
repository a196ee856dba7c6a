"""The lazy limit: the bounds as formulas, the exact twins, and the pair coordinates."""

from __future__ import annotations

import dataclasses
import math
from fractions import Fraction as F
from typing import Any

import pytest
import torch
from torch import Tensor

from memorize import lazy, runtime, sgd
from memorize.activations import ERF, RELU, TANH
from memorize.distributions import sphere
from memorize.lazy import Training, twins
from memorize.losses import HINGE, LOGISTIC

ONE = Training(pairs=1, eta=1.0, steps=1, smoothness=1.0, bend=1.0, third=6.0, kinks=1)


def huber(prediction: Any, label: Any) -> Any:
    return max(min(prediction - label, F(1)), F(-1))


def hinge(prediction: Any, label: Any) -> Any:
    return -label if prediction * label < 1 else 0 * label


def relu(t: Any) -> Any:
    return max(t, 0 * t)


def gate(t: Any) -> Any:
    return F(1) if t > 0 else F(0)


def test_the_bounds_are_their_formulas() -> None:
    run = Training(
        pairs=3, eta=0.1, steps=5, batch=2, lipschitz=2.0, smoothness=0.25, slope=1.5, bend=0.5,
        third=4.0, kinks=2,
    )  # fmt: skip
    assert run.alpha == pytest.approx(0.3)
    assert run.chi == pytest.approx(0.1 * 0.25 * 3 * 2.25)
    error = 2 * 3 * 0.5 * 0.09 * 25 / 10 * (1 + 0.16875 * 5 / 3)
    assert run.error(10) == pytest.approx(error)
    crossing = math.sqrt(2 / math.pi) * 2 * 3 * 0.3 * (2 * 10 + 5) / 10
    assert run.crossing(10) == pytest.approx(crossing)
    gap = 2 * error + 4 * 2 * 3 * 1.5 * 0.3 * 5 * crossing
    assert run.enough(gap) == pytest.approx(10)
    square = 3 * 0.027 * 125 / 300 * (8 + 4 / 6 + 0.16875 * 2.5 * (4 + 0.5))
    assert run.cancelled(10) == pytest.approx(square)
    assert run.first_step(10) == pytest.approx(3 * 0.027 * 4 / 300)
    level = 0.7 + 2 * 1.5 * 0.3 * 5 / 10
    xi = 0.1 * 2 * 5 * level / 1000
    both = error * (1 + xi) ** 2 + 6 * 0.2 * level**2 * 5 / 100 * (1 + 5 * 0.16875)
    assert run.outputs(10, 0.7) == pytest.approx(both + 3 * 0.09 * level * 25 / 1000)
    far = 0.2 * math.sqrt(6 * 2.25) * 5
    regret = 16 / (2 * 0.5) + 0.1 * 4 * 6 * 2.25 / 2 + 0.5 / 10 * (far**2 / 3 + far * 4)
    assert run.regret(10, 4.0) == pytest.approx(regret)


def test_no_curvature_no_error_for_any_loss() -> None:
    run = Training(pairs=3, eta=0.1, steps=5, kinks=1)
    assert run.error(2.0) == 0
    assert run.enough(0.1) > 0


@pytest.mark.parametrize(
    ("keywords", "message"),
    [
        ({"pairs": 0}, "pairs must be an integer"),
        ({"steps": 0}, "steps must be an integer"),
        ({"eta": 0.0}, "eta must be above 0"),
        ({"slope": -1.0}, "slope must be above 0"),
        ({"bend": -1.0}, "bend must be at least 0"),
        ({"smoothness": -1.0}, "smoothness must be at least 0"),
    ],
)
def test_bad_sizes_are_named(keywords: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Training(**({"pairs": 1, "eta": 1.0, "steps": 1} | keywords))


def test_what_a_bound_needs_is_asked_for() -> None:
    with pytest.raises(ValueError, match="smoothness must be given"):
        Training(pairs=1, eta=1.0, steps=1, bend=1.0).error(1.0)
    with pytest.raises(ValueError, match=r"must be at most 1, got 1\.5"):
        Training(pairs=3, eta=0.5, steps=1, bend=1.0, smoothness=1.0).error(1.0)
    for B in (0.5, 1.0):  # Ξ = 40 and 3
        with pytest.raises(ValueError, match="take a larger B"):
            ONE.outputs(B, 1.0)
    with pytest.raises(ValueError, match="B must be above 0"):
        ONE.error(0.0)


def test_one_step_on_the_ramp_attains_the_error_s2_alpha_squared_over_B() -> None:
    both = twins(lazy.curved, lazy.curved_slope, huber, [[F(0)]], [([F(1)], F(5))], [F(1)],
                 eta=F(1), B=F(10))  # fmt: skip
    assert both.network == [0, 2 - F(1, 10)]
    assert both.tangent == [0, 2]
    assert both.error <= ONE.error(10)


def test_one_step_on_the_rational_activation_nears_the_bound_of_second_order() -> None:
    both = twins(lazy.rational, lazy.rational_slope, huber, [[F(0)]], [([F(1)], F(5))], [F(1)],
                 eta=F(1), B=F(100))  # fmt: skip
    assert both.error == 2 * F(1, 100) ** 2 / (1 + F(1, 100) ** 2)
    assert 0.999 < float(both.error) / ONE.first_step(100) <= 1


EXAMPLES = [([F(3, 5), F(4, 5)], F(1)), ([F(1), F(0)], F(-1)), ([F(-4, 5), F(3, 5)], F(1))]
ROWS = [[F(1, 3), F(-1, 2)], [F(-2, 3), F(1, 5)], [F(1, 7), F(1)]]


@pytest.mark.parametrize("outputs", [False, True], ids=["hidden", "both"])
def test_twins_are_the_library_s_algorithms(outputs: bool) -> None:
    both = twins(relu, gate, hinge, ROWS, EXAMPLES, [F(0), F(1)], eta=F(1, 4), B=F(2),
                 train_outputs=outputs)  # fmt: skip
    rows = torch.tensor([[[float(t) for t in row] for row in ROWS]], dtype=torch.float64)
    x = torch.tensor([[float(t) for t in x] for x, _ in EXAMPLES], dtype=torch.float64)
    y = torch.tensor([float(y) for _, y in EXAMPLES], dtype=torch.float64)
    network = sgd.Network(RELU, rows, 2.0, train_outputs=outputs)
    tangent = sgd.Features.tangent(RELU, rows)
    probe = torch.tensor([[0.0, 1.0]], dtype=torch.float64)
    for model, eta, found in ((network, 0.25 / 4, both.network), (tangent, 0.25, both.tangent)):
        end = sgd.train(model, HINGE, lambda t: (x[t - 1 : t], y[t - 1 : t]), eta=eta, steps=3)
        assert float(sgd.predict(model, end.weights, probe)) == pytest.approx(float(found[-1]))


def test_the_tangent_model_keeps_the_slopes_of_the_start() -> None:
    """So its outputs do not depend on B, while the network's do."""
    small, large = (
        twins(lazy.rational, lazy.rational_slope, huber, ROWS, EXAMPLES, [F(0), F(1)],
              eta=F(1, 4), B=F(B))
        for B in (2, 50)
    )  # fmt: skip
    assert small.tangent == large.tangent
    assert small.network != large.network


def test_pair_coordinates_are_the_network() -> None:
    rows = sgd.xavier_rows(3, 4, "test/lazy", [0, 1])
    B = torch.tensor([1.0, 7.0], dtype=torch.float64)

    def examples(generator: torch.Generator, n: int) -> tuple[Tensor, Tensor]:
        x = sphere(n, 4, generator)
        return x, torch.sign(x[:, 1])

    probe = sphere(5, 4, runtime.generator("test/probe"))
    for activation in (ERF, TANH):
        draws = sgd.Stream(examples, 2, "test/lazy", [0, 1])
        pairs, plain = lazy.Pairs(activation, rows, B), sgd.Network(activation, rows, B)
        first = sgd.train(pairs, LOGISTIC, draws, eta=0.3, steps=9)
        second = sgd.train(plain, LOGISTIC, draws, eta=0.3 / B**2, steps=9)
        p, z = (w / s[:, None, None] for w, s in zip(first.weights, (B, B**2), strict=True))
        torch.testing.assert_close(rows + z + p, second.weights[0][:, :3], rtol=0, atol=1e-12)
        torch.testing.assert_close(rows + z - p, second.weights[0][:, 3:], rtol=0, atol=1e-12)
        torch.testing.assert_close(
            sgd.predict(pairs, first.weights, probe), sgd.predict(plain, second.weights, probe)
        )  # fmt: skip


def test_crossings_are_seen_run_by_run() -> None:
    before = torch.tensor([[[1.0]], [[1.0]], [[-1.0]]], dtype=torch.float64)
    after = torch.tensor([[[2.0]], [[-0.5]], [[-2.0]]], dtype=torch.float64)
    x = torch.ones(3, 1, 1, dtype=torch.float64)
    assert lazy.crossed((0.0,), before, after, x).tolist() == [False, True, False]
    assert lazy.crossed((0.0, 1.5), before, after, x).tolist() == [True, True, False]
    assert lazy.crossed((), before, after, x).tolist() == [False, False, False]


@pytest.mark.parametrize("B", [2, 5, 50])
def test_bounds_hold_for_exact_runs(B: int) -> None:
    sizes: dict[str, Any] = {"pairs": 3, "eta": 0.25, "steps": 3, "smoothness": 1.0}
    probe = [F(0), F(1)]
    for sigma, slope, run in (
        (lazy.curved, lazy.curved_slope, Training(**sizes, bend=1.0)),
        (lazy.rational, lazy.rational_slope, Training(**sizes, bend=1.5, third=6.0)),
    ):
        both = twins(sigma, slope, huber, ROWS, EXAMPLES, probe, eta=F(1, 4), B=F(B))
        assert 0 < both.error <= run.error(B)
        seen = max(abs(sigma(sum(s * t for s, t in zip(w, x, strict=True))))
                   for w in ROWS for x in [probe, *(x for x, _ in EXAMPLES)])  # fmt: skip
        all_weights = twins(sigma, slope, huber, ROWS, EXAMPLES, probe, eta=F(1, 4), B=F(B),
                            train_outputs=True)  # fmt: skip
        assert 0 < all_weights.error <= run.outputs(B, float(seen))
        if run.third:
            assert both.error <= run.cancelled(B)


def test_the_declared_bound_is_the_one_of_the_library() -> None:
    from memorize import statements

    declared = statements.get("Y.T8").bound
    assert declared is not None
    for bend, kinks in ((0.77, 0), (0.0, 1), (0.5, 2)):
        run = Training(pairs=5, eta=0.3, steps=7, batch=3, lipschitz=2.0, smoothness=0.25,
                       slope=1.5, bend=bend, kinks=kinks)  # fmt: skip
        if bend:
            run = dataclasses.replace(run, eta=0.1)
        B = run.enough(0.2)
        found = declared.evaluate(q=5, T=7, b=3, eta=run.eta, B=B, L=2.0, beta=0.25, s1=1.5,
                                  s2=bend, r=kinks)  # fmt: skip
        assert found.value == pytest.approx(0.2)
        worst = 4 * 5 * 2.0 * 1.5 * run.alpha * 7
        assert found.trivial == pytest.approx(worst)
        assert 2.0 * run.error(B) + worst * run.crossing(B) == pytest.approx(0.2)


def test_watched_runs_end_as_others_do_and_tell_their_crossings() -> None:
    """One step at x = e_1 with label 1: with ReLU only an active second neuron comes nearer 0."""
    rows = torch.tensor([[[0.2, 1.0]], [[0.4, 1.0]], [[-0.2, 1.0]]], dtype=torch.float64)
    x = torch.tensor([[1.0, 0.0]], dtype=torch.float64)
    draws = lambda t: (x, torch.ones(1, dtype=torch.float64))  # noqa: E731
    model = sgd.Network(RELU, rows, 2.0)
    eta = torch.full((3,), 0.15, dtype=torch.float64)  # a step moves a row by 0.3
    for probe, expected in ((x, [True, False, False]), (-x, [True, False, False])):
        end, found = lazy.watched(model, HINGE, draws, probe, eta=eta, steps=1)
        assert found.tolist() == expected
        whole = sgd.train(model, HINGE, draws, eta=eta, steps=1)
        assert torch.equal(end.weights[0], whole.weights[0])
    far = torch.tensor([[0.0, 1.0]], dtype=torch.float64)
    assert not lazy.watched(model, HINGE, draws, far, eta=eta, steps=1)[1].any()
    later = lazy.watched(model, HINGE, draws, far, eta=eta, steps=2)[1]
    assert later.tolist() == [True, False, False]  # seen at the batch of the second step


@pytest.mark.parametrize("B", [torch.ones(3), torch.tensor([1.0, 0.0])])
def test_pairs_want_one_positive_B_a_run(B: Tensor) -> None:
    with pytest.raises(ValueError, match=r"\bB must"):
        lazy.Pairs(TANH, torch.ones(2, 3, 4), B)


def test_slopes_of_the_exact_activations() -> None:
    for sigma, slope in ((lazy.curved, lazy.curved_slope), (lazy.rational, lazy.rational_slope)):
        for t in (-1.7, -0.6, 0.0, 0.3, 0.9, 2.5):
            difference = (sigma(t + 1e-6) - sigma(t - 1e-6)) / 2e-6
            assert difference == pytest.approx(slope(t), abs=1e-5)
    assert lazy.curved(F(3)) == F(1, 2)
    assert lazy.curved(F(-3)) == F(-1, 2)
