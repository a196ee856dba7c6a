"""Ensembles of SGD: against plain autograd, run by run; stopped and continued; bad input."""

from __future__ import annotations

import io
import math

import pytest
import torch
from torch import Tensor

from memorize import runtime, sgd
from memorize.activations import ERF, RELU, TANH, Activation
from memorize.distributions import sphere
from memorize.kernels import network_kernel
from memorize.losses import ABSOLUTE, HINGE, LOGISTIC, SQUARED, Loss

R, Q, D, BATCH, STEPS = 3, 4, 5, 2, 7
ROWS = sgd.xavier_rows(Q, D, "test/rows", range(R))
ETA = torch.tensor([0.3, 0.5, 0.2], dtype=torch.float64)
SCALE = torch.tensor([1.0, 2.0, 5.0], dtype=torch.float64)


def examples(generator: torch.Generator, n: int) -> tuple[Tensor, Tensor]:
    x = sphere(n, D, generator)
    return x, torch.sign(x[:, 0] + 0.1)


def stream(**keywords: object) -> sgd.Stream:
    return sgd.Stream(examples, BATCH, "test/stream", range(R), **keywords)  # type: ignore[arg-type]


def plain(
    activation: Activation, loss: Loss, k: int, draws: sgd.Draws, *, outputs: bool
) -> tuple[Tensor, Tensor, list[float]]:
    """Algorithm 1 as anyone would write it, for run k alone."""
    w = torch.cat([ROWS[k], ROWS[k]]).requires_grad_()
    a = SCALE[k] * torch.tensor([1.0] * Q + [-1.0] * Q, dtype=torch.float64)
    a.requires_grad_(outputs)
    seen = []
    for t in range(1, STEPS + 1):
        x, y = (part[k] for part in draws(t))
        value = loss.value(activation.function(x @ w.T) @ a, y).mean()
        wanted = [w, a] if outputs else [w]
        found = torch.autograd.grad(value, wanted)
        with torch.no_grad():
            for weight, slope in zip(wanted, found, strict=True):
                weight -= ETA[k] * slope
        seen.append(float(value.detach()))
    return w.detach(), a.detach(), seen


@pytest.mark.parametrize("activation", [RELU, TANH], ids=lambda a: a.name)
@pytest.mark.parametrize("loss", [HINGE, LOGISTIC, SQUARED, ABSOLUTE], ids=lambda a: a.name)
@pytest.mark.parametrize("outputs", [False, True], ids=["hidden", "both"])
def test_algorithm_1_is_plain_autograd(activation: Activation, loss: Loss, outputs: bool) -> None:
    model = sgd.Network(activation, ROWS, SCALE, train_outputs=outputs)
    found = sgd.train(model, loss, stream(), eta=ETA, steps=STEPS)
    for k in range(R):
        w, a, losses = plain(activation, loss, k, stream(), outputs=outputs)
        torch.testing.assert_close(found.weights[0][k], w, rtol=1e-12, atol=1e-12)
        torch.testing.assert_close(found.losses[:, k], torch.tensor(losses, dtype=torch.float64))
        if outputs:
            torch.testing.assert_close(found.weights[1][k], a, rtol=1e-12, atol=1e-12)
        else:
            assert len(found.weights) == 1


def test_the_start_has_zero_output_and_its_rows_in_pairs() -> None:
    model = sgd.Network(ERF, ROWS, SCALE, train_outputs=True)
    hidden, outputs = model.start()
    assert torch.equal(hidden[:, :Q], ROWS)
    assert torch.equal(hidden[:, Q:], ROWS)
    assert torch.equal(
        outputs,
        torch.cat([SCALE[:, None].expand(R, Q)] * 2, 1) * torch.tensor([1.0] * Q + [-1.0] * Q),
    )
    x, _ = examples(runtime.generator("test/points"), 11)
    assert float(sgd.predict(model, model.start(), x).abs().max()) < 1e-14


def test_algorithm_2_moves_by_the_tangent_kernel() -> None:
    """One step on (x', y): f(x) = −2qη ℓ'(0, y) tk^h(x, x'), which the factor 2q makes sharp."""
    x, y = examples(runtime.generator("test/points"), 3)
    draws = lambda t: (x[:1], y[:1])  # noqa: E731
    model = sgd.Features.tangent(RELU, ROWS)
    after = sgd.predict(model, sgd.train(model, LOGISTIC, draws, eta=ETA, steps=1).weights, x)
    kernel = network_kernel(RELU, ROWS, torch.ones(Q, dtype=torch.float64), x, x[:1], B=1).hidden
    expected = 2 * Q * ETA[:, None] * y[0] / 2 * kernel[:, :, 0]
    torch.testing.assert_close(after, expected, rtol=1e-12, atol=1e-14)


def test_algorithm_2_is_algorithm_3_with_the_step_2q_eta() -> None:
    tangent, features = sgd.Features.tangent(RELU, ROWS), sgd.Features.random(RELU, ROWS)
    first = sgd.train(tangent, HINGE, stream(), eta=ETA, steps=STEPS)
    second = sgd.train(features, HINGE, stream(), eta=2 * Q * ETA, steps=STEPS)
    torch.testing.assert_close(first.losses, second.losses, rtol=1e-12, atol=1e-12)
    assert torch.equal(first.weights[0][:, :Q], -first.weights[0][:, Q:])


@pytest.mark.parametrize("outputs", [False, True], ids=["hidden", "both"])
def test_stopped_saved_and_continued_runs_end_bit_by_bit_the_same(outputs: bool) -> None:
    model = sgd.Network(TANH, ROWS, SCALE, train_outputs=outputs)
    pick = torch.tensor([2, 6, 7])
    whole = sgd.train(model, HINGE, stream(), eta=ETA, steps=7, average=True, pick=pick)
    half = sgd.train(model, HINGE, stream(block=64), eta=ETA, steps=3, average=True, pick=pick)
    kept = {name: tensor.clone() for name, tensor in half.tensors().items()}
    file = io.BytesIO()
    torch.save(half.tensors(), file)
    file.seek(0)
    loaded = sgd.State.of(torch.load(file))
    rest = sgd.train(
        model, HINGE, stream(), eta=ETA, steps=7, state=loaded, average=True, pick=pick
    )
    for name, tensor in whole.tensors().items():
        assert torch.equal(tensor, rest.tensors()[name]), name
    again = sgd.train(model, HINGE, stream(), eta=ETA, steps=7, state=half, average=True, pick=pick)
    assert torch.equal(again.weights[0], whole.weights[0])
    assert all(torch.equal(tensor, half.tensors()[name]) for name, tensor in kept.items())


def test_averages_and_picks_are_those_of_the_iterates() -> None:
    model = sgd.Network(TANH, ROWS, SCALE, train_outputs=True)
    iterates = [model.start()]
    iterates += [
        sgd.train(model, LOGISTIC, stream(), eta=ETA, steps=t).weights for t in range(1, 4)
    ]
    pick = torch.tensor([1, 4, 2])
    found = sgd.train(model, LOGISTIC, stream(), eta=ETA, steps=4, average=True, pick=pick)
    assert found.picked is not None
    for part in range(2):
        mean = sum(w[part] for w in iterates) / 4
        torch.testing.assert_close(found.mean[part], mean, rtol=1e-13, atol=1e-13)
        for k in range(R):
            assert torch.equal(found.picked[part][k], iterates[int(pick[k]) - 1][part][k])


def test_a_run_does_not_depend_on_the_others() -> None:
    model = sgd.Network(RELU, ROWS, SCALE)
    together = sgd.train(model, HINGE, stream(), eta=ETA, steps=STEPS)
    rows = sgd.xavier_rows(Q, D, "test/rows", [1])
    assert torch.equal(rows[0], ROWS[1])
    draws = sgd.Stream(examples, BATCH, "test/stream", [1])
    alone = sgd.train(sgd.Network(RELU, rows, 2.0), HINGE, draws, eta=0.5, steps=STEPS)
    torch.testing.assert_close(alone.weights[0][0], together.weights[0][1])


def test_streams_repeat_themselves_and_differ_from_each_other() -> None:
    draws = sgd.Stream(examples, BATCH, "test/stream", [4, 9, 4], block=3)
    x, y = draws(5)
    assert x.shape == (3, BATCH, D)
    assert y.shape == (3, BATCH)
    assert torch.equal(x[0], x[2])
    assert not torch.equal(x[0], x[1])
    assert not torch.equal(draws(4)[0], x)
    assert torch.equal(draws(5)[0], x)
    assert torch.equal(draws(5)[1], y)
    shared = sgd.Stream(examples, BATCH, "test/stream", [9, 9], block=3)
    assert torch.equal(shared(5)[0], x[1])
    assert sgd.Stream(examples, BATCH, "test/stream")(1)[0].shape == (BATCH, D)
    assert not torch.equal(sgd.Stream(examples, BATCH, "other")(1)[0], draws(1)[0][0])


def test_examples_of_a_set_are_uniform_pairs() -> None:
    inputs = torch.arange(4, dtype=torch.float64)[:, None]
    x, y = sgd.from_set(inputs, inputs[:, 0] + 10)(runtime.generator("test/set"), 4000)
    assert torch.equal(x[:, 0] + 10, y)
    counts = torch.bincount(x[:, 0].long(), minlength=4)
    assert int((counts - 1000).abs().max()) < 200  # seven standard deviations


def test_grids_run_through_all_combinations() -> None:
    found = sgd.grid(seed=range(2), eta=(0.5, 1, 2))
    assert found["seed"].tolist() == [0, 0, 0, 1, 1, 1]
    assert found["eta"].tolist() == [0.5, 1, 2, 0.5, 1, 2]
    assert found["eta"].dtype == torch.float64
    assert found["seed"].dtype == torch.int64


def test_random_iterates_are_uniform_in_1_to_T() -> None:
    t = sgd.random_iterates(6000, 3, runtime.generator("test/pick"))
    counts = torch.bincount(t, minlength=4)
    assert counts[0] == 0
    assert counts.shape == (4,)
    assert int((counts[1:] - 2000).abs().max()) < 260  # seven standard deviations


def test_float32_stays_float32() -> None:
    def draws(t: int) -> tuple[Tensor, Tensor]:
        x, y = stream()(t)
        return x.float(), y.float()

    found = sgd.train(sgd.Network(RELU, ROWS.float(), 3.0), HINGE, draws, eta=0.1, steps=2)
    assert found.weights[0].dtype == found.losses.dtype == torch.float32


def test_the_first_loss_that_is_not_finite_stops_all() -> None:
    """h = w²-like growth: the squared loss with a huge step; the step is that of the plain loop."""
    model = sgd.Network(RELU, ROWS, torch.tensor([1.0, 1e3, 1.0], dtype=torch.float64), True)
    eta = torch.tensor([1e-9, 10.0, 1e-9], dtype=torch.float64)
    with pytest.raises(sgd.Diverged, match="run 1 diverged: the loss at step") as caught:
        sgd.train(model, SQUARED, stream(), eta=eta, steps=200)
    error = caught.value
    assert error.run == 1
    assert not math.isfinite(error.value)
    before = sgd.train(model, SQUARED, stream(), eta=eta, steps=error.step - 1)
    assert bool(torch.isfinite(before.losses).all())
    with pytest.raises(sgd.Diverged):
        sgd.train(model, SQUARED, stream(), eta=eta, steps=error.step)


@pytest.mark.parametrize(
    ("keywords", "message"),
    [
        ({"steps": 0}, "steps must be an integer of at least 1"),
        ({"steps": True}, "steps must be an integer"),
        ({"eta": 0.0}, "eta must be above 0"),
        ({"eta": torch.tensor([0.1, -1.0, 0.1])}, "eta must be above 0, but entry 1"),
        ({"eta": torch.tensor([0.1, 0.1])}, "eta must have shape"),
        ({"eta": math.nan}, "eta must be a finite real number"),
        ({"pick": torch.tensor([1, 0, 1])}, "entry 1 of pick"),
    ],
)
def test_bad_arguments_are_named(keywords: dict[str, object], message: str) -> None:
    good: dict[str, object] = {"eta": 0.1, "steps": 3}
    model = sgd.Network(RELU, ROWS, 1.0)
    with pytest.raises(ValueError, match=message):
        sgd.train(model, HINGE, stream(), **(good | keywords))  # type: ignore[arg-type]


@pytest.mark.parametrize("B", [0.0, -1.0, math.inf, torch.tensor([1.0, 0.0, 1.0])])
def test_B_must_be_positive(B: float | Tensor) -> None:
    with pytest.raises(ValueError, match=r"\bB must be"):
        sgd.Network(RELU, ROWS, B)


@pytest.mark.parametrize("loss", [HINGE, LOGISTIC], ids=lambda a: a.name)
def test_labels_outside_the_domain_are_refused_where_they_occur(loss: Loss) -> None:
    def draws(t: int) -> tuple[Tensor, Tensor]:
        x, y = stream()(t)
        return x, y * (0.5 if t == 2 else 1)

    model = sgd.Network(RELU, ROWS, 1.0)
    sgd.train(model, loss, draws, eta=0.1, steps=1)
    with pytest.raises(ValueError, match=rf"labels of the {loss.name} loss must be \+1 or -1"):
        sgd.train(model, loss, draws, eta=0.1, steps=2)


def test_labels_of_a_real_loss_must_be_finite() -> None:
    x = sphere(BATCH, D, runtime.generator("test/points"))
    draws = lambda t: (x, torch.full((BATCH,), math.nan, dtype=torch.float64))  # noqa: E731
    with pytest.raises(ValueError, match="labels of the squared loss must be finite"):
        sgd.train(sgd.Network(RELU, ROWS, 1.0), SQUARED, draws, eta=0.1, steps=1)


def test_a_state_that_lacks_what_is_asked_for_is_refused() -> None:
    model = sgd.Network(RELU, ROWS, 1.0)
    state = sgd.train(model, HINGE, stream(), eta=0.1, steps=2)
    with pytest.raises(ValueError, match="steps must exceed the 2 steps of state"):
        sgd.train(model, HINGE, stream(), eta=0.1, steps=2, state=state)
    with pytest.raises(ValueError, match="average=True"):
        sgd.train(model, HINGE, stream(), eta=0.1, steps=3, state=state, average=True)
    with pytest.raises(ValueError, match="pick must be asked"):
        sgd.train(model, HINGE, stream(), eta=0.1, steps=3, state=state, pick=torch.ones(3).long())
    with pytest.raises(ValueError, match="average was not kept"):
        _ = state.mean


def test_shapes_that_do_not_fit_are_refused() -> None:
    with pytest.raises(ValueError, match="rows must have shape"):
        sgd.Network(RELU, ROWS[0], 1.0)
    draws = lambda t: (ROWS[:2], torch.ones(2, Q))  # noqa: E731
    with pytest.raises(ValueError, match="draws must give inputs"):
        sgd.train(sgd.Network(RELU, ROWS, 1.0), HINGE, draws, eta=0.1, steps=1)
    with pytest.raises(ValueError, match="labels must have shape"):
        sgd.from_set(ROWS[0], torch.ones(Q + 1))
