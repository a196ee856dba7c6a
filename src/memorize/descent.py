"""Full-batch gradient descent on the hidden weights, as in paper F, on several runs at once.

The network is h_W(x) = q^(-1/2) Σ_i a_i relu(⟨w_i,x⟩) with a_i = ±1 fixed, and the loss is
Φ(W) = ½‖y − ŷ‖², ŷ_j = h_W(x_j). A step at rate η is

    w_i ← w_i + (η/√q) a_i Σ_j (y_j − ŷ_j) 1{⟨w_i,x_j⟩ > 0} x_j,

with the derivative of the ReLU at 0 taken to be 0, as automatic differentiation does. One pass over
the examples makes it, in two products of matrices; the m·q pre-activations are never kept but for
one block of examples. Runs that differ in their labels, their start or their step size move
together: the neurons of all runs are the rows of one matrix.

What is kept is the change W − W_0 and not W. So a step too small to move a weight of single
precision still counts, and the distance to the start has no cancellation.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor

from memorize import require
from memorize.networks import Device, random_signs
from memorize.sgd import Diverged

__all__ = ["Descent", "descend", "flips", "gaussian_start", "outputs", "paired_start"]

CACHED, BUDGET = 2**21, 2**30
"""Bytes of a block of pre-activations: what stays in a core's cache, and what none exceeds."""


@dataclass(frozen=True)
class Descent:
    """Where gradient descent stands after ``step`` steps; ``*r`` is the axis of runs, or nothing.

    ``start``: W_0, of shape (q d) if all runs share it. ``change``: W_step − W_0. ``losses``:
    Φ(W_t) in row t, from 0 to step. ``outputs``: ŷ after 0, e, 2e, … steps, e = ``every``.
    """

    step: int
    every: int
    start: Float[Tensor, "*r q d"]
    change: Float[Tensor, "*r q d"]
    losses: Float[Tensor, "t ..."]
    outputs: Float[Tensor, "k *r m"]

    @property
    def weights(self) -> Float[Tensor, "*r q d"]:
        """W_step."""
        return self.start + self.change

    @property
    def moved_rows(self) -> Float[Tensor, "*r q"]:
        """‖w_i − w_i(0)‖, how far each row has moved."""
        norms: Tensor = torch.linalg.vector_norm(self.change, dim=-1)
        return norms

    @property
    def moved(self) -> Float[Tensor, "*r"]:
        """‖W − W_0‖_F, the distance to the start."""
        norms: Tensor = torch.linalg.vector_norm(self.change, dim=(-2, -1))
        return norms

    def tensors(self) -> dict[str, Tensor]:
        """All of it as plain tensors, to be saved with ``torch.save``."""
        counts = {"step": torch.tensor(self.step), "every": torch.tensor(self.every)}
        names = ("start", "change", "losses", "outputs")
        return counts | {name: getattr(self, name) for name in names}

    @classmethod
    def of(cls, tensors: Mapping[str, Tensor]) -> Descent:
        """The state that :meth:`tensors` came from."""
        rest = {name: t for name, t in tensors.items() if name not in ("step", "every")}
        return cls(int(tensors["step"]), int(tensors["every"]), **rest)


def paired_start(
    q: int,
    d: int,
    tau: float,
    *,
    generator: torch.Generator,
    device: Device = None,
    dtype: torch.dtype = torch.float64,
) -> tuple[Float[Tensor, "q d"], Float[Tensor, " q"]]:
    """(W_0, a): q/2 rows N(0, τ²I) with a = +1, then the same rows with a = −1, so that h = 0.

    The outputs are zero up to rounding. Drawn in float64 on the generator's device: one seed gives
    the same start in every precision. Raises ``ValueError`` unless q is even and τ > 0.
    """
    if require.positive_int("q", q) % 2:
        raise ValueError(f"q must be even: the rows come in pairs, got {q}")
    half = _gaussian(q // 2, d, tau, generator).to(device, dtype)
    signs = torch.ones(q, device=half.device, dtype=dtype)
    signs[q // 2 :] = -1
    return torch.cat([half, half]), signs


def gaussian_start(
    q: int,
    d: int,
    tau: float,
    *,
    generator: torch.Generator,
    device: Device = None,
    dtype: torch.dtype = torch.float64,
) -> tuple[Float[Tensor, "q d"], Float[Tensor, " q"]]:
    """(W_0, a): q independent rows N(0, τ²I) and q independent uniform signs (paper F, (1)).

    Drawn as :func:`paired_start` draws. Raises ``ValueError`` unless τ > 0.
    """
    rows = _gaussian(q, d, tau, generator)
    return rows.to(device, dtype), random_signs(q, generator=generator, device=device, dtype=dtype)


@torch.no_grad()
def descend(
    inputs: Float[Tensor, "m d"],
    labels: Float[Tensor, "*r m"],
    start: Float[Tensor, "*r q d"],
    signs: Float[Tensor, " q"],
    *,
    eta: float | Float[Tensor, "*r"],
    steps: int,
    largest: float | Float[Tensor, "*r"] | None = None,
    every: int = 1,
    state: Descent | None = None,
    chunk: int | None = None,
) -> Descent:
    """Gradient descent from ``start`` until ``steps`` steps are made in all.

    ``labels``: real numbers, (m) or, for r runs, (r m); ``start``, of (q d), and ``eta`` may be
    shared by the runs or differ. ``largest``: λmax of H at the start; then a step size of 2/λmax or
    more, at which the linear dynamics do not converge, is refused. ``every``: the outputs are kept
    each so many steps, the losses always. ``state``: go on from there, to the same end as without a
    stop. ``chunk``: so many examples make a block.

    Two products of matrices a step, m·q·d multiplications each, and one at the end. Memory beside
    the inputs: three copies of the weights of all runs, one block, and what is kept.

    Raises :class:`memorize.sgd.Diverged` at the first loss that is not finite, naming the run and
    how many steps it had made, and ``ValueError`` for inputs off the unit sphere, entries that are
    not finite, signs other than ±1, an η not above 0 or refused, and shapes that do not fit.
    """
    m, d = require.on_sphere("inputs", inputs).shape
    if labels.ndim not in (1, 2) or labels.shape[-1] != m:
        raise ValueError(f"labels must have shape (m={m}) or (r m={m}), got {tuple(labels.shape)}")
    wanted = require.finite("labels", labels).to(inputs).reshape(-1, m)
    runs, q = wanted.shape[0], _checked_start(start, signs, d, labels.shape[:-1])
    rate = _rates(eta, largest, wanted.new_ones(runs)) / math.sqrt(q)
    first = _first(state, steps, every)
    at = inputs.new_empty(runs, q, d)
    moved = torch.zeros_like(at)  # row i times a_i: what the passes add to it is what a step is
    losses = wanted.new_empty(steps + 1, runs)
    kept = wanted.new_empty(steps // every + 1, runs, m)
    if state is not None:
        torch.mul(state.change.reshape(runs, q, d), signs[:, None], out=moved)
        losses[:first] = state.losses[:first].reshape(first, runs)
        kept[: len(state.outputs)] = state.outputs.reshape(-1, runs, m)
    found = torch.empty_like(wanted)
    blocks = _blocks(inputs, runs * q, chunk)
    buffer = inputs.new_empty(blocks[0].stop, runs * q)
    for t in range(first, steps + 1):
        torch.addcmul(start, moved, signs[:, None], out=at)
        for block in blocks:
            x, n = inputs[block], block.stop - block.start
            values = _values(x, at, out=buffer[:n])
            found[:, block] = _outputs(values, signs, runs)
            if t < steps:
                force = (wanted[:, block] - found[:, block]) * rate[:, None]
                gates = values.gt_(0)
                for k in range(runs):
                    own = gates[:, k * q : (k + 1) * q]
                    moved[k].addmm_(own.T, force[k, :, None] * x)
        losses[t] = torch.linalg.vector_norm(wanted - found, dim=1).square() / 2
        if not bool(torch.isfinite(losses[t]).all()):
            k = int((~torch.isfinite(losses[t])).nonzero()[0])
            raise Diverged(k, t, float(losses[t, k]), float(rate[k]) * math.sqrt(q))
        if t % every == 0:
            kept[t // every] = found
    change = moved.mul_(signs[:, None])
    axis = labels.shape[:-1]
    return Descent(
        steps,
        every,
        start,
        change.reshape(*axis, q, d),
        losses.reshape(-1, *axis),
        kept.reshape(-1, *axis, m),
    )


@torch.no_grad()
def outputs(
    inputs: Float[Tensor, "m d"],
    weights: Float[Tensor, "*r q d"],
    signs: Float[Tensor, " q"],
    *,
    chunk: int | None = None,
) -> Float[Tensor, "*r m"]:
    """h_W at the inputs, which need not be those of the descent, nor unit vectors.

    Raises ``ValueError`` for shapes that do not fit, entries that are not finite, signs not ±1.
    """
    m, d = require.finite("inputs", require.shape("inputs", inputs, "m d")).shape
    q = _checked_start(weights, signs, d, weights.shape[:-2])
    at = weights.reshape(-1, q, d)
    parts = [
        _outputs(_values(inputs[block], at), signs, len(at))
        for block in _blocks(inputs, len(at) * q, chunk)
    ]
    return torch.cat(parts, 1).reshape(*weights.shape[:-2], m)


@torch.no_grad()
def flips(
    inputs: Float[Tensor, "m d"],
    before: Float[Tensor, "*r q d"],
    after: Float[Tensor, "*r q d"],
    *,
    chunk: int | None = None,
) -> Int[Tensor, "*r m"]:
    """For each x_j, how many neurons have changed sides: 1{⟨w_i,x_j⟩ > 0} differs.

    ``before`` may be shared by the runs of ``after``. Memory: two blocks of examples. Raises
    ``ValueError`` for shapes that do not fit and entries that are not finite.
    """
    m, d = require.finite("inputs", require.shape("inputs", inputs, "m d")).shape
    for name, w in (("before", before), ("after", after)):
        if w.ndim not in (2, 3) or w.shape[-1] != d or w.shape[-2:] != after.shape[-2:]:
            raise ValueError(f"{name} must have shape (*r q d={d}), got {tuple(w.shape)}")
        require.finite(name, w)
    runs, q = after.reshape(-1, *after.shape[-2:]).shape[:2]
    blocks = _blocks(inputs, runs * q, chunk)
    counts = []
    for block in blocks:
        was, now = (
            (inputs[block] @ w.reshape(-1, d).T).gt_(0).view(-1, w[..., 0].numel() // q, q)
            for w in (before, after)
        )
        counts.append((was != now).sum(-1).T)
    return torch.cat(counts, 1).reshape(*after.shape[:-2], m)


def _values(x: Tensor, weights: Tensor, out: Tensor | None = None) -> Tensor:
    """relu(⟨w_i,x_j⟩), the neurons of all runs side by side, shape (n r·q)."""
    return torch.mm(x, weights.reshape(-1, x.shape[1]).T, out=out).clamp_(min=0)


def _outputs(values: Tensor, signs: Tensor, runs: int) -> Tensor:
    """The outputs (r n) of the runs."""
    q = signs.shape[0]
    return (values.view(-1, runs, q) @ signs).T / math.sqrt(q)


def _blocks(inputs: Tensor, neurons: int, chunk: int | None) -> list[slice]:
    """Slices of the examples. On the CPU a block that leaves the cache must be worth a pass over
    the weights, which d examples are."""
    m, d = inputs.shape
    if chunk is None:
        row = neurons * inputs.element_size()
        wanted = max(CACHED // row, d) if inputs.device.type == "cpu" else m
        chunk = max(64, min(wanted, BUDGET // row))
    require.positive_int("chunk", chunk)
    return [slice(i, min(i + chunk, m)) for i in range(0, m, chunk)]


def _checked_start(start: Tensor, signs: Tensor, d: int, axis: torch.Size) -> int:
    """q; raises ``ValueError`` unless ``start`` has shape (q d) or (*axis q d) and is finite."""
    if start.shape[-1:] != (d,) or start.shape[:-2] not in ((), axis) or start.ndim < 2:
        told = " ".join([*map(str, axis), f"q d={d}"])
        raise ValueError(f"weights must have shape ({told}), got {tuple(start.shape)}")
    require.finite("weights", start)
    q = start.shape[-2]
    require.signs("signs", require.shape("signs", signs, "q", q=q))
    return q


def _rates(eta: float | Tensor, largest: float | Tensor | None, ones: Tensor) -> Tensor:
    """η of each run; raises ``ValueError`` unless 0 < η < 2/λmax."""
    rates = ones * eta
    if not bool((torch.isfinite(rates) & (rates > 0)).all()):
        raise ValueError(f"eta must be above 0 and finite, got {eta}")
    if largest is not None:
        bounds = 2 / (ones * largest)
        if bool((rates >= bounds).any()):
            k = int((rates >= bounds).nonzero()[0])
            raise ValueError(
                f"eta must be below 2/λmax = {bounds[k].item():.6g}, got {rates[k].item():.6g}"
            )
    return rates


def _first(state: Descent | None, steps: int, every: int) -> int:
    require.positive_int("steps", steps)
    require.positive_int("every", every)
    if state is None:
        return 0
    if steps <= state.step:
        raise ValueError(f"steps must exceed the {state.step} steps of state, got {steps}")
    if every != state.every:
        raise ValueError(f"every must be that of state, {state.every}, got {every}")
    return state.step


def _gaussian(q: int, d: int, tau: float, generator: torch.Generator) -> Tensor:
    size = (require.positive_int("q", q), require.positive_int("d", d))
    drawn = torch.randn(size, generator=generator, dtype=torch.float64, device=generator.device)
    return drawn.mul_(require.positive("tau", tau))
