"""Full-batch gradient descent: against automatic differentiation, streamed, resumed, refused."""

import math
import subprocess
import sys
from typing import Any

import pytest
import torch

from memorize import runtime
from memorize.descent import Descent, descend, flips, gaussian_start, outputs, paired_start
from memorize.distributions import sphere
from memorize.networks import random_signs
from memorize.sgd import Diverged


def problem(m: int, d: int, q: int, tau: float = 1.0) -> tuple[torch.Tensor, ...]:
    """Inputs, labels, W_0 and a."""
    gen = runtime.generator(f"descent/{m}/{d}/{q}", seed=5)
    start = gaussian_start(q, d, tau, generator=gen)
    return sphere(m, d, gen), random_signs(m, generator=gen), *start


def plain(
    x: torch.Tensor, y: torch.Tensor, start: torch.Tensor, a: torch.Tensor, eta: float, steps: int
) -> tuple[torch.Tensor, torch.Tensor]:
    """W and all outputs, from the definition of the loss alone."""
    w, kept = start.clone(), []
    for _ in range(steps):
        at = w.clone().requires_grad_()
        found = torch.relu(x @ at.T) @ a / math.sqrt(len(a))
        kept.append(found.detach())
        (gradient,) = torch.autograd.grad((y - found).square().sum() / 2, at)
        w = w - eta * gradient
    return w, torch.stack([*kept, torch.relu(x @ w.T) @ a / math.sqrt(len(a))])


@pytest.mark.parametrize(("m", "d", "q"), [(1, 1, 1), (7, 3, 5), (40, 6, 30), (30, 8, 2)])
@pytest.mark.parametrize("chunk", [None, 7])
def test_equals_automatic_differentiation(m: int, d: int, q: int, chunk: int | None) -> None:
    x, y, start, a = problem(m, d, q)
    weights, kept = plain(x, y, start, a, 0.05, 12)
    before = start.clone()
    end = descend(x, y, start, a, eta=0.05, steps=12, chunk=chunk)
    torch.testing.assert_close(end.weights, weights, rtol=1e-12, atol=1e-13)
    torch.testing.assert_close(end.outputs, kept, rtol=1e-12, atol=1e-13)
    torch.testing.assert_close(end.losses, (y - kept).square().sum(1) / 2, rtol=1e-12, atol=1e-13)
    torch.testing.assert_close(end.moved_rows, (weights - start).norm(dim=1))
    torch.testing.assert_close(end.moved, (weights - start).norm())
    assert torch.equal(start, before)


def test_one_neuron_by_hand() -> None:
    """q = d = 1, x = 1, w = 1/2, y = 2: ŷ = w and w ← w + (2 − w)/2, so w = 2 − 3/2^(t+1)."""
    one = torch.ones(1, 1, dtype=torch.float64)
    end = descend(one, 2 * one[0], one / 2, one[0], eta=0.5, steps=4)
    assert end.outputs[:, 0].tolist() == [2 - 1.5 / 2**t for t in range(5)]
    assert end.losses.tolist() == [(1.5 / 2**t) ** 2 / 2 for t in range(5)]


def test_runs_move_as_they_do_alone() -> None:
    x, y, start, a = problem(20, 5, 12)
    labels = torch.stack([y, -y, torch.linspace(-1, 2, 20, dtype=torch.float64)])
    other = torch.stack([start, 2 * start, start.flip(0)])
    eta = torch.tensor([0.01, 0.1, 0.2], dtype=torch.float64)
    for w0 in (start, other):
        end = descend(x, labels, w0, a, eta=eta, steps=9, chunk=6)
        for k in range(3):
            own = w0 if w0.ndim == 2 else w0[k]
            alone = descend(x, labels[k], own, a, eta=float(eta[k]), steps=9)
            for name in ("weights", "moved_rows", "moved"):
                torch.testing.assert_close(getattr(end, name)[k], getattr(alone, name))
            torch.testing.assert_close(end.outputs[:, k], alone.outputs)
            torch.testing.assert_close(end.losses[:, k], alone.losses)


@pytest.mark.parametrize("runs", [(), (2,)])
@pytest.mark.parametrize("every", [1, 4])
def test_a_stop_changes_nothing(runs: tuple[int, ...], every: int) -> None:
    x, y, start, a = problem(20, 5, 12)
    labels = torch.stack([y, -y]) if runs else y
    told: dict[str, Any] = {"eta": 0.05, "every": every}
    whole = descend(x, labels, start, a, steps=11, **told)
    half = descend(x, labels, start, a, steps=6, **told)
    saved = Descent.of({name: t.clone() for name, t in half.tensors().items()})
    on = descend(x, labels, start, a, steps=11, state=saved, **told)
    for name, tensor in whole.tensors().items():
        assert torch.equal(tensor, on.tensors()[name]), name
    assert torch.equal(saved.change, half.change)
    assert whole.outputs.shape == (11 // every + 1, *runs, 20)
    assert whole.losses.shape == (12, *runs)


def test_the_paired_start_is_zero() -> None:
    gen = runtime.generator("descent/pairs")
    start, a = paired_start(12, 4, 3.0, generator=gen)
    assert torch.equal(start[:6], start[6:])
    assert a.tolist() == [1] * 6 + [-1] * 6
    x = sphere(30, 4, gen)
    assert float(outputs(x, start, a).abs().max()) < 1e-14
    with pytest.raises(ValueError, match="q must be even"):
        paired_start(5, 4, 1.0, generator=gen)


def test_a_seed_gives_one_start_in_every_precision() -> None:
    for make in (paired_start, gaussian_start):
        w, a = make(6, 3, 0.1, generator=runtime.generator("descent/precision"))
        v, b = make(
            6, 3, 0.1, generator=runtime.generator("descent/precision"), dtype=torch.float32
        )
        assert torch.equal(w.float(), v)
        assert torch.equal(a.float(), b)
    assert set(a.tolist()) == {-1, 1}


def test_flips() -> None:
    x = torch.eye(2, dtype=torch.float64)
    before = torch.tensor([[1.0, 1.0], [1.0, -1.0], [0.0, 2.0]], dtype=torch.float64)
    after = torch.tensor([[-1.0, 1.0], [1.0, 1.0], [0.5, 1.0]], dtype=torch.float64)
    assert flips(x, before, after).tolist() == [2, 1]
    assert flips(x, before, torch.stack([before, after])).tolist() == [[0, 0], [2, 1]]
    both = torch.stack([before, after])
    assert flips(x, both, both.flip(0), chunk=1).tolist() == [[2, 1], [2, 1]]


def test_far_from_zero_nothing_flips_and_the_outputs_move_linearly() -> None:
    """Paper F's κ large, paired: then ŷ^{(t)} = (I − (I − ηH)^t) y with H at the start."""
    gen = runtime.generator("descent/linear")
    x, y = sphere(15, 4, gen), random_signs(15, generator=gen)
    start, a = paired_start(400, 4, 1e5, generator=gen)
    gates = (x @ start.T > 0).double()
    gram = (x @ x.T) * (gates @ gates.T) / 400
    largest = float(torch.linalg.eigvalsh(gram)[-1])
    end = descend(x, y, start, a, eta=1 / largest, steps=50, largest=largest)
    assert int(flips(x, start, end.weights).sum()) == 0
    left = torch.linalg.matrix_power(torch.eye(15) - gram / largest, 50) @ y
    torch.testing.assert_close(y - end.outputs[-1], left, rtol=0, atol=1e-8)


def test_single_precision_counts_steps_below_its_rounding() -> None:
    """Each step moves a weight of 1 by 1e-9, which single precision would lose."""
    one = torch.ones(1, 1)
    end = descend(one, 1 + 2.0**-10 * one[0], one, one[0], eta=1e-6, steps=1000)
    assert float(end.moved) == pytest.approx(2**-10 * (1 - (1 - 1e-6) ** 1000), rel=1e-3)


def test_it_ends_where_the_loss_is_not_finite() -> None:
    x, y, start, a = problem(20, 5, 12)
    labels = torch.stack([y, 1e150 * y])
    with pytest.raises(Diverged, match="run 1 diverged: the loss at step") as raised:
        descend(x, labels, start, a, eta=50.0, steps=400)
    step = raised.value.step
    fine = descend(x, labels, start, a, eta=50.0, steps=step - 1)
    assert bool(torch.isfinite(fine.losses).all())


def test_a_step_size_beyond_the_limit_is_refused_with_the_number() -> None:
    x, y, start, a = problem(20, 5, 12)
    descend(x, y, start, a, eta=0.199, steps=1, largest=10.0)
    with pytest.raises(ValueError, match=r"eta must be below 2/λmax = 0\.2, got 0\.201"):
        descend(x, y, start, a, eta=0.201, steps=1, largest=10.0)
    limits = torch.tensor([10.0, 20.0], dtype=torch.float64)
    with pytest.raises(ValueError, match=r"eta must be below 2/λmax = 0\.1, got 0\.15"):
        descend(x, torch.stack([y, y]), start, a, eta=0.15, steps=1, largest=limits)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"inputs": lambda p: 2 * p[0]}, "inputs must lie on the unit sphere, but row"),
        ({"inputs": lambda p: p[0] * math.nan}, "inputs must be finite"),
        ({"labels": lambda p: p[1] * math.nan}, "labels must be finite"),
        ({"labels": lambda p: p[1][:-1]}, r"labels must have shape \(m=20\) or \(r m=20\)"),
        ({"start": lambda p: p[2] * math.inf}, "weights must be finite"),
        ({"start": lambda p: p[2][None]}, "weights must have shape"),
        ({"start": lambda p: p[2][:, :-1]}, "weights must have shape"),
        ({"signs": lambda p: 2 * p[3]}, "signs must be"),
        ({"signs": lambda p: p[3][:-1]}, "signs must have shape"),
        ({"eta": 0.0}, "eta must be above 0"),
        ({"eta": math.inf}, "eta must be above 0"),
        ({"steps": 0}, "steps must be an integer"),
        ({"every": 0}, "every must be an integer"),
        ({"chunk": 0}, "chunk must be an integer"),
    ],
)
def test_bad_input(change: dict[str, Any], told: str) -> None:
    data = problem(20, 5, 12)
    given: dict[str, Any] = dict(zip(("inputs", "labels", "start", "signs"), data, strict=True))
    given |= {"eta": 0.1, "steps": 3}
    given |= {name: v(data) if callable(v) else v for name, v in change.items()}
    with pytest.raises(ValueError, match=told):
        descend(**given)


def test_a_state_of_another_descent_is_refused() -> None:
    x, y, start, a = problem(20, 5, 12)
    state = descend(x, y, start, a, eta=0.1, steps=3)
    with pytest.raises(ValueError, match="steps must exceed the 3 steps of state"):
        descend(x, y, start, a, eta=0.1, steps=3, state=state)
    with pytest.raises(ValueError, match="every must be that of state, 1"):
        descend(x, y, start, a, eta=0.1, steps=4, every=2, state=state)


def test_memory_does_not_grow_with_examples_times_neurons() -> None:
    """20,000 × 20,000 pre-activations would take 3 GB."""
    program = """
import resource, torch
from memorize import runtime
from memorize.descent import descend, paired_start
from memorize.distributions import sphere
gen = runtime.generator("memory")
x, y = sphere(20_000, 2, gen), torch.ones(20_000, dtype=torch.float64)
start, a = paired_start(20_000, 2, 1.0, generator=gen)
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
descend(x, y, start, a, eta=1e-5, steps=1)
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) < 200_000  # kilobytes
