"""One gradient step: the closed form against automatic differentiation, the stream, bad input."""

import math
import subprocess
import sys
from typing import Any

import pytest
import torch

from memorize import runtime
from memorize.activations import ABS, RELU, TANH, Activation, PiecewiseLinear
from memorize.dynamics import Step, one_step, one_step_stream
from memorize.networks import (
    balanced_signs,
    first_rows,
    gaussian_rows,
    network,
    orthonormal_rows,
    random_signs,
)


class Cosine(Activation):
    """Smooth, and it gives no derivative of its own."""

    name = "cos"

    def function(self, t: torch.Tensor) -> torch.Tensor:
        return torch.cos(t)


EVERY = pytest.mark.parametrize(
    "activation",
    [RELU, ABS, TANH, PiecewiseLinear("leaky", 0.6, 0.4), Cosine()],
    ids=lambda a: a.name,
)


def problem(m: int, d: int, q: int, dtype: torch.dtype = torch.float64) -> tuple[torch.Tensor, ...]:
    gen = runtime.generator(f"dynamics/{m}/{d}/{q}", seed=3)
    inputs = torch.randn(m, d, generator=gen, dtype=torch.float64)
    labels = random_signs(m, generator=gen)
    rows = orthonormal_rows if q <= d else gaussian_rows
    weights, signs = rows(q, d, generator=gen), random_signs(q, generator=gen)
    return tuple(t.to(dtype) for t in (inputs, labels, weights, signs))


def by_autograd(
    inputs: torch.Tensor,
    labels: torch.Tensor,
    weights: torch.Tensor,
    signs: torch.Tensor,
    activation: Activation,
    level: float,
    rate: float,
) -> torch.Tensor:
    """W − η ∇ (1/m) Σ (level − y h)_+, from the definition of the loss alone."""
    at = weights.clone().requires_grad_()
    outputs = activation.function(inputs @ at.T) @ signs / math.sqrt(len(signs))
    (gradient,) = torch.autograd.grad(torch.relu(level - labels * outputs).mean(), at)
    return weights - rate * gradient


@EVERY
@pytest.mark.parametrize(("m", "d", "q"), [(1, 1, 1), (1, 5, 3), (7, 4, 4), (40, 6, 2), (30, 3, 8)])
@pytest.mark.parametrize("level", [-0.4, 0.1, 0.5, 3.0])
def test_equals_automatic_differentiation(
    activation: Activation, m: int, d: int, q: int, level: float
) -> None:
    data = problem(m, d, q)
    step = one_step(*data, activation, level=level, rate=1.7, chunk=7)
    wanted = by_autograd(*data, activation, level, 1.7)
    torch.testing.assert_close(step.weights, wanted, rtol=1e-13, atol=1e-13)
    torch.testing.assert_close(step.change, step.weights - data[2], rtol=1e-13, atol=1e-13)


@EVERY
def test_single_precision(activation: Activation) -> None:
    data = problem(60, 12, 8, torch.float32)
    step = one_step(*data, activation, level=0.5, rate=2.0)
    assert step.weights.dtype == torch.float32
    torch.testing.assert_close(step.weights, by_autograd(*data, activation, 0.5, 2.0))


def test_some_are_inactive_and_they_are_counted() -> None:
    X, y, W, a = problem(50, 6, 4)
    step = one_step(X, y, W, a, ABS, level=0.2, rate=1.0)
    outputs = network(X, W, a, ABS)
    active = y * outputs < 0.2
    assert 0 < step.active == int(active.sum()) < step.examples == 50
    assert step.largest == float(outputs.abs().max())
    assert step.initial is not None
    torch.testing.assert_close(step.initial, outputs)
    # Those that are inactive count in m, and in nothing else.
    alone = one_step(X[active], y[active], W, a, ABS, level=0.2, rate=step.active / 50)
    torch.testing.assert_close(step.change, alone.change)


@pytest.mark.parametrize("activation", [RELU, ABS], ids=lambda a: a.name)
def test_at_the_corners_of_hinge_and_activation(activation: Activation) -> None:
    """Example 0 sits on the corner of the hinge, example 1 on the kink of both neurons."""
    W, a = first_rows(2, 3), balanced_signs(2)
    X = torch.tensor([[2.0, 2.0, 1.0], [0.0, 0.0, 5.0]], dtype=torch.float64)
    y = torch.tensor([1.0, -1.0], dtype=torch.float64)
    step = one_step(X, y, W, a, activation, level=0.0, rate=1.0)
    assert step.active == 0
    assert bool((step.change == 0).all())
    step = one_step(X, y, W, a, activation, level=1.0, rate=1.0)
    torch.testing.assert_close(step.weights, by_autograd(X, y, W, a, activation, 1.0, 1.0))


def test_an_infinite_level_makes_every_example_active() -> None:
    data = problem(20, 5, 3)
    step = one_step(*data, ABS, level=math.inf, rate=1.0)
    assert step.active == 20
    torch.testing.assert_close(step.change, one_step(*data, ABS, level=99, rate=1.0).change)


@pytest.mark.parametrize("sizes", [(50,), (1, 49), (20, 0, 30), (7, 7, 7, 29)])
def test_a_stream_is_a_batch(sizes: tuple[int, ...]) -> None:
    X, y, W, a = problem(50, 6, 4)
    batch = one_step(X, y, W, a, TANH, level=0.2, rate=3.0)
    pairs = zip(X.split(sizes), y.split(sizes), strict=True)
    stream = one_step_stream(pairs, W, a, TANH, level=0.2, rate=3.0, chunk=8)
    torch.testing.assert_close(stream.weights, batch.weights, rtol=1e-13, atol=1e-13)
    assert (stream.active, stream.examples) == (batch.active, batch.examples)
    assert stream.largest == pytest.approx(batch.largest)
    assert stream.initial is None


MEMORY_OF_A_STREAM = """
import resource, sys
import torch
from memorize.activations import ABS
from memorize.dynamics import one_step_stream
from memorize.networks import balanced_signs, first_rows

torch.set_num_threads(1)
generator = torch.Generator().manual_seed(0)

def chunks(count):
    for _ in range(count):
        yield torch.randn(4096, 64, generator=generator), torch.ones(4096)

def step(count):
    weights = first_rows(64, 64, dtype=torch.float32)
    one_step_stream(chunks(count), weights, balanced_signs(64, dtype=torch.float32), ABS,
                    level=4.0, rate=1.0, chunk=512)
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

print(step(4), step(int(sys.argv[1])))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="ru_maxrss is in KiB on Linux alone")
def test_the_memory_of_a_stream_does_not_grow_with_the_examples() -> None:
    """204,800 more examples of 256 bytes, 50 MiB, leave the peak where it was, to 8 MiB."""
    run = [sys.executable, "-c", MEMORY_OF_A_STREAM, "54"]
    few, many = map(int, subprocess.run(run, capture_output=True, check=True).stdout.split())
    assert many - few < 8 * 1024


def test_a_stream_holds_one_chunk_at_a_time() -> None:
    import weakref

    _, _, W, a = problem(1, 6, 4)
    gen, alive = runtime.generator("stream", seed=3), []

    def chunks() -> Any:
        for _ in range(5):
            x = torch.randn(10, 6, generator=gen, dtype=torch.float64)
            alive.append(weakref.ref(x))
            yield x, torch.ones(10)
            del x
            # The loop that consumes us still holds the latest pair, and nothing older.
            assert sum(r() is not None for r in alive) <= 1

    assert one_step_stream(chunks(), W, a, ABS, level=1.0, rate=1.0).examples == 50


def call(**changes: Any) -> Step:
    X, y, W, a = problem(6, 4, 3)
    given = {
        "inputs": X,
        "labels": y,
        "weights": W,
        "signs": a,
        "level": 1.0,
        "rate": 1.0,
    } | changes
    positional = [given.pop(name) for name in ("inputs", "labels", "weights", "signs")]
    return one_step(*positional, ABS, **given)


NAN = torch.full((6, 4), math.nan, dtype=torch.float64)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"inputs": torch.zeros(0, 4).double(), "labels": torch.zeros(0)},
            r"m, the number of examples,",
        ),
        ({"inputs": torch.zeros(6, 5).double()}, r"inputs must have shape \(n d=4\), got \(6, 5\)"),
        ({"inputs": torch.zeros(6).double()}, r"inputs must have shape \(m d\), got \(6,\)"),
        ({"inputs": NAN}, r"inputs must be finite, but entry \(0, 0\) is nan"),
        ({"labels": torch.ones(5)}, r"labels must have shape \(m=6\), got \(5,\)"),
        ({"labels": torch.arange(6)}, r"labels must be \+1 or -1, but entry \(0,\) is 0"),
        (
            {"labels": torch.full((6,), math.nan)},
            r"labels must be \+1 or -1, but entry \(0,\) is nan",
        ),
        ({"signs": torch.ones(2)}, r"signs must have shape \(q=3\), got \(2,\)"),
        ({"weights": NAN[:3]}, r"weights must be finite"),
        ({"rate": 0.0}, r"rate must be above 0"),
        ({"level": math.nan}, r"level must be a finite real number"),
        ({"chunk": 0}, r"chunk must be an integer of at least 1"),
    ],
)
def test_bad_input(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call(**changes)


def test_an_infinite_entry_of_an_inactive_example_is_named() -> None:
    x, y, W, a = problem(6, 4, 3)
    x[4, 2] = math.inf
    with pytest.raises(ValueError, match=r"inputs must be finite, but entry \(4, 2\) is inf"):
        one_step(x, y, W, a, ABS, level=-1e9, rate=1.0)


def test_an_empty_stream_is_refused() -> None:
    _, _, W, a = problem(1, 4, 3)
    with pytest.raises(ValueError, match="number of examples in chunks"):
        one_step_stream([], W, a, ABS, level=1.0, rate=1.0)
