"""Stochastic gradient descent on whole ensembles of runs: Algorithms 1 to 3 of papers N and Y.

Every tensor of weights has a leading run axis r, over seeds, step sizes, B or anything else: all
runs make their steps together, as one batched computation on the device and in the dtype of the
weights. A model holds what an algorithm starts from, and :func:`train` does the rest:

    Network(σ, rows, B, train_outputs=True)   Algorithm 1 as printed: all weights
    Network(σ, rows, B)                       Algorithm 1 on the hidden weights alone
    Features.tangent(σ, rows)                 Algorithm 2, the tangent model at the start with B = 1
    Features.random(σ, rows)                  Algorithm 3, SGD on random features

The batch of step t is a function of t (:class:`Stream`). So two algorithms can be given the same
batches, and a run that was stopped goes on from its :class:`State` to the same end, bit by bit.
Steps count from 1 as in the papers: W_1 is the start, and step t makes W_{t+1} from W_t.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol, cast

import torch
from jaxtyping import Float, Int
from torch import Tensor

from memorize import require, runtime
from memorize.activations import Activation
from memorize.losses import Loss

__all__ = [
    "Diverged",
    "Draws",
    "Features",
    "Model",
    "Network",
    "State",
    "Stream",
    "from_set",
    "grid",
    "predict",
    "random_iterates",
    "train",
    "xavier_rows",
]

Weights = tuple[Tensor, ...]
Sample = Callable[[torch.Generator, int], tuple[Float[Tensor, "n d"], Float[Tensor, " n"]]]
Draws = Callable[[int], tuple[Tensor, Tensor]]


class Diverged(FloatingPointError):
    """A run's loss was not finite: ``run``, ``step`` (from 1) and the loss's ``value``."""

    def __init__(self, run: int, step: int, value: float, eta: float) -> None:
        super().__init__(
            f"run {run} diverged: the loss at step {step} is {value} with eta = {eta:.6g}; "
            "take a smaller step size"
        )
        self.run, self.step, self.value = run, step, value


class Model(Protocol):
    """What :func:`train` needs of a model: its runs, its start, its outputs and its gradient."""

    @property
    def runs(self) -> int:
        """The length of the run axis."""
        ...

    def start(self) -> Weights:
        """Fresh weights W_1, each with the run axis first."""
        ...

    def forward(self, weights: Weights, inputs: Float[Tensor, "r b d"]) -> tuple[Tensor, object]:
        """The outputs (r b), and what :meth:`add_gradient_` wants to see again."""
        ...

    def add_gradient_(
        self, weights: Weights, inputs: Float[Tensor, "r b d"], force: Tensor, seen: object
    ) -> None:
        """Add Σ_j force_j ∇h(x_j) to the weights, in place; ``force`` has shape (r b)."""
        ...


@dataclass(frozen=True)
class Network:
    """h(x) = Σ_i a_i σ(⟨w_i,x⟩) from the Xavier start with zero output, I(d,q,B).

    ``rows``: the q distinct rows of each run, shape (r q d). The network has 2q neurons: every row
    twice, first all with a = +B, then all with a = −B. ``B``: a number or one for each run.
    ``train_outputs``: whether a is trained too, as Algorithm 1 is printed (paper N, section 2.3).
    Weights: (W,) of shape (r 2q d), or (W, a) with a of shape (r 2q). Raises ``ValueError`` for
    rows that are not finite or not of three axes, and a B that is not above 0.
    """

    activation: Activation
    rows: Float[Tensor, "r q d"]
    B: float | Float[Tensor, " r"] = 1.0
    train_outputs: bool = False

    def __post_init__(self) -> None:
        _checked_rows(self.rows)
        _one_a_run("B", self.B, self.rows)

    @property
    def runs(self) -> int:
        """The length of the run axis."""
        return int(self.rows.shape[0])

    def outputs(self) -> Float[Tensor, "r n"]:
        """The output weights at the start: B q times, then −B q times."""
        B = _one_a_run("B", self.B, self.rows)[:, None].expand(-1, self.rows.shape[1])
        return torch.cat([B, -B], 1)

    def start(self) -> Weights:
        """W_1: every row twice, with the output weights if they are trained."""
        hidden = torch.cat([self.rows, self.rows], 1)
        return (hidden, self.outputs()) if self.train_outputs else (hidden,)

    def forward(self, weights: Weights, inputs: Float[Tensor, "r b d"]) -> tuple[Tensor, object]:
        """The outputs h(x_j), shape (r b); with them σ(⟨w_i,x_j⟩), ⟨w_i,x_j⟩ and a."""
        inside = torch.bmm(weights[0], inputs.mT)
        values = self.activation.function(inside)
        a = weights[1] if self.train_outputs else self.outputs()
        return torch.bmm(a[:, None], values)[:, 0], (values, inside, a)

    def add_gradient_(
        self, weights: Weights, inputs: Float[Tensor, "r b d"], force: Tensor, seen: object
    ) -> None:
        """Add Σ_j force_j ∇h(x_j), in W and, where they are trained, in a."""
        values, inside, a = cast("tuple[Tensor, Tensor, Tensor]", seen)
        gates = self.activation.derivative(inside).mul_(force[:, None]).mul_(a[:, :, None])
        weights[0].baddbmm_(gates, inputs)
        if self.train_outputs:
            weights[1].add_(torch.bmm(values, force[:, :, None])[:, :, 0])


@dataclass(frozen=True)
class Features:
    """f_V(x) = Σ_i c_i σ'(⟨ω_i,x⟩) ⟨v_i,x⟩, linear in the weights V, from V = 0.

    ``rows``: the ω_i, shape (r n d); ``scale``: the c_i, shape (n). Weights: (V,) of shape (r n d).
    """

    activation: Activation
    rows: Float[Tensor, "r n d"]
    scale: Float[Tensor, " n"]

    def __post_init__(self) -> None:
        _checked_rows(self.rows)
        require.finite("scale", require.shape("scale", self.scale, "n", n=self.rows.shape[1]))

    @classmethod
    def tangent(cls, activation: Activation, rows: Float[Tensor, "r q d"]) -> Features:
        """Algorithm 2 (paper Y): the features ∇_W h at I(d,q,1), 2q of them, c = ±1."""
        ones = rows.new_ones(_checked_rows(rows).shape[1])
        return cls(activation, torch.cat([rows, rows], 1), torch.cat([ones, -ones]))

    @classmethod
    def random(cls, activation: Activation, rows: Float[Tensor, "r q d"]) -> Features:
        """Algorithm 3 (papers N and Y): Ψ_ω = (ψ(ω_1,·), …, ψ(ω_q,·))/√q, so c = 1/√q."""
        q = _checked_rows(rows).shape[1]
        return cls(activation, rows, rows.new_full((q,), 1 / math.sqrt(q)))

    @property
    def runs(self) -> int:
        """The length of the run axis."""
        return int(self.rows.shape[0])

    def start(self) -> Weights:
        """V = 0."""
        return (torch.zeros_like(self.rows),)

    def forward(self, weights: Weights, inputs: Float[Tensor, "r b d"]) -> tuple[Tensor, object]:
        """The outputs f_V(x_j), shape (r b); with them c_i σ'(⟨ω_i,x_j⟩)."""
        gates = self.activation.derivative(torch.bmm(self.rows, inputs.mT))
        gates = gates * self.scale[:, None]
        return (gates * torch.bmm(weights[0], inputs.mT)).sum(1), gates

    def add_gradient_(
        self, weights: Weights, inputs: Float[Tensor, "r b d"], force: Tensor, seen: object
    ) -> None:
        """Add Σ_j force_j ∇f(x_j)."""
        weights[0].baddbmm_(cast("Tensor", seen) * force[:, None], inputs)


@dataclass(frozen=True)
class State:
    """Where an ensemble stands after ``step`` updates.

    ``weights``: W_{step+1}. ``losses``: the mean loss of the batch of step t at W_t, in row t − 1,
    shape (step r). ``total``: Σ_{t ≤ step} W_t, if averages were asked for. ``picked``: W_t for the
    t that was picked, where it has been reached already.
    """

    step: int
    weights: Weights
    losses: Float[Tensor, "step r"]
    total: Weights | None = None
    picked: Weights | None = None

    @property
    def mean(self) -> Weights:
        """The average iterate, (1/T) Σ_{t ≤ T} W_t; raises ``ValueError`` if it was not kept."""
        if self.total is None:
            raise ValueError("the average was not kept: call train with average=True")
        return tuple(w / self.step for w in self.total)

    def tensors(self) -> dict[str, Tensor]:
        """All of it as plain tensors, to be saved with ``torch.save``."""
        groups = {"weights": self.weights, "total": self.total, "picked": self.picked}
        found = {f"{k}.{i}": w for k, g in groups.items() if g for i, w in enumerate(g)}
        return found | {"step": torch.tensor(self.step), "losses": self.losses}

    @classmethod
    def of(cls, tensors: Mapping[str, Tensor]) -> State:
        """The state that :meth:`tensors` came from."""

        def group(name: str) -> Weights:
            count = sum(key.startswith(name + ".") for key in tensors)
            return tuple(tensors[f"{name}.{i}"] for i in range(count))

        step, losses = int(tensors["step"]), tensors["losses"]
        optional = (group("total") or None, group("picked") or None)
        return cls(step, group("weights"), losses, *optional)


@dataclass
class Stream:
    """The batches of an ensemble: ``stream(t)`` is that of step t = 1, 2, …, and nothing else is.

    ``sample(generator, n)`` gives n examples, inputs (n d) and labels (n); ``batch`` is b. Run k
    reads the stream ``numbers[k]``: runs with one number see the same examples, and a stream does
    not depend on which others there are. Without ``numbers`` all runs read stream 0. The seed comes
    from ``name`` and the master seed. ``block``: so many steps are drawn at a time.
    """

    sample: Sample
    batch: int
    name: str
    numbers: Sequence[int] | None = None
    block: int = 64
    device: torch.device | str = "cpu"
    _kept: tuple[int, Tensor, Tensor] | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        require.positive_int("batch", self.batch)
        require.positive_int("block", self.block)
        numbers = [0] if self.numbers is None else [int(n) for n in self.numbers]
        self._distinct = sorted(set(numbers))
        places = [self._distinct.index(n) for n in numbers]
        self._places = torch.tensor(places, device=self.device)
        self._shared = len(self._distinct) == 1
        self._plain = places == list(range(len(self._distinct)))

    def __call__(self, t: int) -> tuple[Tensor, Tensor]:
        """Inputs (r b d) and labels (r b) of step t; (b d) and (b) where all runs share them."""
        k, i = divmod(require.positive_int("t", t) - 1, self.block)
        if self._kept is None or self._kept[0] != k:
            self._kept = (k, *self._draw(k))
        x, y = self._kept[1][i], self._kept[2][i]
        if self._shared:
            return x[0], y[0]
        return (x, y) if self._plain else (x[self._places], y[self._places])

    def _draw(self, k: int) -> tuple[Tensor, Tensor]:
        inputs, labels = [], []
        for number in self._distinct:
            generator = runtime.generator(f"{self.name}/{number}/{k}")
            x, y = self.sample(generator, self.block * self.batch)
            inputs.append(x.reshape(self.block, self.batch, -1))
            labels.append(y.reshape(self.block, self.batch))
        return torch.stack(inputs, 1).to(self.device), torch.stack(labels, 1).to(self.device)


def from_set(inputs: Float[Tensor, "m d"], labels: Float[Tensor, " m"]) -> Sample:
    """Examples drawn independently and uniformly from these m, with replacement.

    Raises ``ValueError`` for shapes that do not fit and inputs that are not finite.
    """
    m = require.finite("inputs", require.shape("inputs", inputs, "m d")).shape[0]
    require.shape("labels", labels, "m", m=m)

    def sample(generator: torch.Generator, n: int) -> tuple[Tensor, Tensor]:
        index = torch.randint(0, m, (n,), generator=generator).to(inputs.device)
        return inputs[index], labels[index]

    return sample


def grid(**axes: Sequence[float]) -> dict[str, Tensor]:
    """All combinations of the axes as flat tensors of one length r, the last axis running fastest.

    ``grid(seed=range(8), eta=(0.1, 0.2))["eta"]`` has 16 entries, in float64; integers stay whole.
    """
    rows = list(itertools.product(*axes.values()))
    columns = zip(*rows, strict=True)
    return {
        name: torch.tensor(column)
        if all(isinstance(v, int) for v in column)
        else torch.tensor(column, dtype=torch.float64)
        for name, column in zip(axes, columns, strict=True)
    }


def xavier_rows(
    q: int,
    d: int,
    name: str,
    numbers: Sequence[int],
    *,
    dtype: torch.dtype = torch.float64,
    device: torch.device | str = "cpu",
) -> Float[Tensor, "r q d"]:
    """q standard Gaussian rows for each of ``numbers``, the distinct rows of I(d,q,B).

    Run k has the rows of the stream ``numbers[k]``: equal numbers give equal rows, and a run's rows
    do not depend on the other runs. Seeded by ``name`` and the master seed; drawn on the CPU.
    """
    size = (require.positive_int("q", q), require.positive_int("d", d))
    require.positive_int("the number of runs", len(numbers))
    drawn = {
        n: torch.randn(size, generator=runtime.generator(f"{name}/{n}"), dtype=torch.float64)
        for n in {int(n) for n in numbers}
    }
    return torch.stack([drawn[int(n)] for n in numbers]).to(dtype=dtype, device=device)


def random_iterates(runs: int, steps: int, generator: torch.Generator) -> Int[Tensor, " r"]:
    """One t in 1, …, T for each run, uniform: Algorithms 1 to 3 return W_t."""
    size = (require.positive_int("runs", runs),)
    return torch.randint(1, require.positive_int("steps", steps) + 1, size, generator=generator)


@torch.no_grad()
def train(
    model: Model,
    loss: Loss,
    draws: Draws,
    *,
    eta: float | Float[Tensor, " r"],
    steps: int,
    state: State | None = None,
    average: bool = False,
    pick: Int[Tensor, " r"] | None = None,
) -> State:
    """The state after T = ``steps`` updates W_{t+1} = W_t − η (1/b) Σ_j ∇ℓ(h(x_j), y_j).

    ``eta``: the step size η of the algorithm as printed, a number or one for each run; the theorems
    give the network η/B². ``draws(t)``: the batch of step t, inputs (r b d) or (b d), labels (r b)
    or (b). ``state``: go on from there (it is left as it was), to the same end as without a stop.
    ``average``: keep the sum of the W_t, t ≤ T. ``pick``: keep W_t for one t in 1, …, T a run.

    Raises :class:`Diverged` at the first loss that is not finite, and ``ValueError`` for T < 1 or a
    T not beyond ``state``, an η not above 0, labels outside the loss's domain (at the step that
    meets them), and shapes that do not fit.
    """
    first = 0 if state is None else state.step
    if require.positive_int("steps", steps) <= first:
        raise ValueError(f"steps must exceed the {first} steps of state, got {steps}")
    weights = model.start() if state is None else tuple(w.clone() for w in state.weights)
    runs, like = model.runs, weights[0]
    rate = _one_a_run("eta", eta, like)
    losses = like.new_empty(steps, runs)
    total = None
    if state is not None:
        losses[:first] = state.losses
    if average:
        sums = [torch.zeros_like(w) for w in weights] if state is None else state.total
        if sums is None:
            raise ValueError("average=True must be asked for from the first step on")
        total = tuple(w.clone() for w in sums)
    picked, due = _picks(pick, runs, state, weights)
    for t in range(first + 1, steps + 1):
        x, y = _batch(draws(t), runs)
        for k in due.get(t, ()):
            for kept, w in zip(picked or (), weights, strict=True):
                kept[k] = w[k]
        if total is not None:
            for s, w in zip(total, weights, strict=True):
                s.add_(w)
        outputs, seen = model.forward(weights, x)
        now = loss.value(outputs, loss.checked(y)).mean(1)
        if not bool(torch.isfinite(now).all()):
            k = int((~torch.isfinite(now)).nonzero()[0])
            raise Diverged(k, t, float(now[k]), float(rate[k]))
        losses[t - 1] = now
        force = loss.slope(outputs, y).mul_((-rate / y.shape[1])[:, None])
        model.add_gradient_(weights, x, force, seen)
    return State(steps, weights, losses, total, picked)


@torch.no_grad()
def predict(
    model: Model, weights: Weights, inputs: Tensor, *, chunk: int = 1024
) -> Float[Tensor, "r m"]:
    """The outputs of every run at ``inputs``, shape (m d) or (r m d), ``chunk`` at a time."""
    x = inputs if inputs.ndim == 3 else inputs.expand(model.runs, -1, -1)
    parts = torch.split(x, require.positive_int("chunk", chunk), 1)
    return torch.cat([model.forward(weights, part)[0] for part in parts], 1)


def _batch(drawn: tuple[Tensor, Tensor], runs: int) -> tuple[Tensor, Tensor]:
    x, y = drawn
    if x.ndim == 2:
        x, y = x.expand(runs, -1, -1), y.expand(runs, -1)
    if x.ndim != 3 or x.shape[0] != runs or y.shape != x.shape[:2]:
        raise ValueError(
            f"draws must give inputs (b d) or (r={runs} b d) and labels to fit, got "
            f"{tuple(drawn[0].shape)} and {tuple(drawn[1].shape)}"
        )
    return x, y


def _picks(
    pick: Tensor | None, runs: int, state: State | None, weights: Weights
) -> tuple[Weights | None, dict[int, list[int]]]:
    """Where the picked iterates go, and the runs whose iterate is due at each step."""
    due: dict[int, list[int]] = {}
    if pick is None:
        return None, due
    for k, t in enumerate(require.shape("pick", pick, "r", r=runs).tolist()):
        due.setdefault(require.positive_int(f"entry {k} of pick", t), []).append(k)
    before = None if state is None else state.picked
    if state is not None and before is None:
        raise ValueError("pick must be asked for from the first step on")
    return tuple(w.clone() for w in before or weights), due


def _checked_rows(rows: Tensor) -> Tensor:
    return require.finite("rows", require.shape("rows", rows, "r n d"))


def _one_a_run(name: str, value: float | Tensor, like: Tensor) -> Tensor:
    """``value`` as a tensor (r) of the dtype and device of ``like``, every entry above 0."""
    runs = like.shape[0]
    if not isinstance(value, Tensor):
        return like.new_full((runs,), require.positive(name, value))
    require.finite(name, require.shape(name, value, "r", r=runs))
    if bool((value <= 0).any()):
        k = int((value <= 0).nonzero()[0])
        raise ValueError(f"{name} must be above 0, but entry {k} is {value[k].item()}")
    return value.to(like)
