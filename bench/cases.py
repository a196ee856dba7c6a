"""The cases of ``make bench``: one task each, done by the library, by its peers, and at the limit.

To add a case: write a function for each side that takes the sizes and returns a :class:`Task`, and
add a :class:`Case` to ``CASES``. Sides import what they need within themselves, since this file is
read in two environments: the library's and that of the peers (``requirements-peers.txt``). All
sides draw the same inputs with NumPy.
"""

from __future__ import annotations

import math
import sys
import types
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

Sizes = Mapping[str, int]
Probe = dict[str, Any]
SEED = 20261122


@dataclass(frozen=True)
class Task:
    """``run`` does the task once; ``probe`` picks from its output the numbers to be compared."""

    run: Callable[[], Any]
    probe: Callable[[Any], Probe] = lambda output: {}


@dataclass(frozen=True)
class Side:
    """One way to do a case's task.

    ``role``: ``ours``, ``peer``, ``limit`` (the bare work that nobody can avoid; not compared), or
    ``reference`` (what all are compared with; not timed). ``environment``: whose packages it
    imports. ``most``: the largest scale at which it is run, and ``why`` no larger one.
    ``reach``: what ours should reach: for a peer how many times as fast, for a limit at most how
    many times its time. ``memory_reach``: at most what share of its memory; ``error_reach``: an
    error how many times smaller, of the case's first kind. ``said`` names it in tables.
    """

    name: str
    role: str
    make: Callable[[Sizes], Task]
    said: str
    environment: str = "library"
    most: int | None = None
    why: str = ""
    reach: float = 0.0
    memory_reach: float = 0.0
    error_reach: float = 0.0


@dataclass(frozen=True)
class Case:
    """A task at ``sizes``; ``sizes[scale]`` runs over ``at``, and ``main`` are those that count.

    ``order``: how the time should grow with the scale. ``tolerance``: for each kind of error the
    largest that any side but a limit may make; only then is it timed. ``tiny``: sizes for tests.
    """

    name: str
    title: str
    sizes: Sizes
    scale: str
    at: tuple[int, ...]
    main: tuple[int, ...]
    order: float
    sides: tuple[Side, ...]
    tolerance: Mapping[str, float]
    tiny: Sizes
    errors: Callable[[Probe, Probe, Sizes], dict[str, float]] = field(
        default=lambda found, known, sizes: relative_errors(found, known)
    )

    def side(self, name: str) -> Side:
        """The side of this name; raises ``LookupError`` if there is none."""
        for side in self.sides:
            if side.name == name:
                return side
        raise LookupError(f"{self.name} has no side {name!r}")


def relative_errors(found: Probe, known: Probe) -> dict[str, float]:
    """For each kind max |found − known| / max |known|."""
    return {
        kind: float(np.abs(found[kind] - value).max() / np.abs(value).max())
        for kind, value in known.items()
    }


def _normal(name: str, *shape: int, dtype: str = "float64") -> Any:
    """Standard normal numbers that belong to ``name``."""
    seed = [SEED, *name.encode()]
    return np.random.default_rng(seed).standard_normal(shape, dtype=np.dtype(dtype).type)


# --- the Gram matrix of the analytic tangent kernel ---------------------------------------------


def _points(n: int, d: int, dtype: str) -> Any:
    """Unit vectors; each second one is a neighbour of the one before, at angles 10⁻¹ … 10⁻⁶."""
    g = _normal("points", n, d)
    g /= np.linalg.norm(g, axis=1, keepdims=True)
    near = _normal("neighbours", n // 2, d) / math.sqrt(d)
    angle = 10.0 ** -(1 + 5 * (np.arange(n // 2) % 64) / 63)
    g[1 : 2 * (n // 2) : 2] = g[0 : 2 * (n // 2) : 2] + angle[:, None] * near
    return (g / np.linalg.norm(g, axis=1, keepdims=True)).astype(dtype)


def _pairs(n: int) -> tuple[Any, Any, Any, Any]:
    """Rows and columns on the diagonal and of neighbours, and others."""
    left = np.arange(0, n - n % 2, 2)
    i, j = np.random.default_rng(SEED).integers(0, n, (2, 1000))
    others = i // 2 != j // 2
    return (
        np.concatenate([left, np.arange(n)]),
        np.concatenate([left + 1, np.arange(n)]),
        *(i[others], j[others]),
    )


def _pick(matrix: Any) -> Probe:
    i, j, k, l = _pairs(matrix.shape[0])  # noqa: E741
    return {"near": np.asarray(matrix[i, j]), "far": np.asarray(matrix[k, l])}


def gram_ours(sizes: Sizes, dtype: str) -> Task:
    import torch

    from memorize.activations import RELU
    from memorize.kernels import hidden_kernel, output_kernel

    x = torch.from_numpy(_points(sizes["n"], sizes["d"], dtype))
    kernel = hidden_kernel(RELU) + output_kernel(RELU, 1.0)
    return Task(lambda: kernel.gram(x), _pick)


def gram_neural_tangents(sizes: Sizes, dtype: str) -> Task:
    jax, _, stax = _neural_tangents(dtype)
    x = jax.numpy.asarray(_points(sizes["n"], sizes["d"], dtype))
    *_, kernel = stax.serial(
        stax.Dense(1, W_std=sizes["d"] ** 0.5), stax.Relu(), stax.Dense(1, W_std=1.0)
    )
    compiled = jax.jit(lambda x: kernel(x, None, "ntk"))
    return Task(lambda: compiled(x).block_until_ready(), lambda k: _pick(np.asarray(k)))


def gram_product(sizes: Sizes, dtype: str) -> Task:
    """The products on and above the diagonal, in tiles, and the matrix written from them."""
    import torch

    x = torch.from_numpy(_points(sizes["n"], sizes["d"], dtype))
    starts = range(0, len(x), 512)

    def run() -> Any:
        matrix = x.new_empty(len(x), len(x))
        for i in starts:
            for j in starts[i // 512 :]:
                tile = x[i : i + 512] @ x[j : j + 512].T
                matrix[i : i + 512, j : j + 512] = tile
                matrix[j : j + 512, i : i + 512] = tile.T
        return matrix

    return Task(run)


def gram_exact(sizes: Sizes, dtype: str) -> Task:
    """In extended precision, from angles that are 2 atan2(|x−x'|, |x+x'|)."""
    x = _points(sizes["n"], sizes["d"], dtype)

    def value(i: Any, j: Any) -> Any:
        a, b = x[i].astype(np.longdouble), x[j].astype(np.longdouble)
        a /= np.sqrt((a * a).sum(1, keepdims=True))
        b /= np.sqrt((b * b).sum(1, keepdims=True))
        angle = 2 * np.arctan2(np.sqrt(((a - b) ** 2).sum(1)), np.sqrt(((a + b) ** 2).sum(1)))
        left = np.longdouble("3.14159265358979323846264338327950288") - angle
        both = 2 * left * np.cos(angle) + np.sin(angle)
        return (both / (2 * np.longdouble("3.14159265358979323846264338327950288"))).astype(float)

    def run() -> Probe:
        i, j, k, l = _pairs(sizes["n"])  # noqa: E741
        return {"near": value(i, j), "far": value(k, l)}

    return Task(run, lambda found: found)


def _neural_tangents(dtype: str) -> tuple[Any, Any, Any]:
    """(jax, neural_tangents, its stax), in single or double precision."""
    # Its experimental part alone needs TensorFlow; an empty one stands in for it.
    name = "neural_tangents.experimental"
    sys.modules.setdefault(name, types.ModuleType(name))
    import jax

    jax.config.update("jax_enable_x64", dtype == "float64")
    import neural_tangents
    from neural_tangents import stax

    return jax, neural_tangents, stax


def _gram(dtype: str, name: str, tolerance: float) -> Case:
    def of(side: Callable[[Sizes, str], Task]) -> Callable[[Sizes], Task]:
        return lambda sizes: side(sizes, dtype)

    return Case(
        f"gram_{dtype}",
        f"Gram matrix of the tangent kernel, {name}",
        {"n": 4000, "d": 784},
        "n",
        (500, 1000, 2000, 4000),
        (4000,),
        2.0,
        (
            Side("ours", "ours", of(gram_ours), "this book"),
            Side(
                "neural_tangents",
                "peer",
                of(gram_neural_tangents),
                "neural-tangents",
                "peers",
                reach=2.5,
                memory_reach=0.5,
                error_reach=10.0,
            ),
            Side("product", "limit", of(gram_product), "half of its product, written alone"),
            Side("exact", "reference", of(gram_exact), "extended precision"),
        ),
        {"near": 1e-3, "far": tolerance},
        {"n": 70, "d": 8},
    )


# --- the tangent kernel of a finite network -----------------------------------------------------


BLOCK = 500
"""Inputs at a time for neural-tangents, which needs 4 GiB for such a block of the matrix."""


def _network(sizes: Sizes) -> tuple[Any, Any, Any]:
    n, q, d = sizes["n"], sizes["q"], sizes["d"]
    x = _normal("inputs", n, d, dtype="float32")
    signs = np.where(np.arange(q) % 2, -1.0, 1.0).astype(np.float32)
    return x, _normal("rows", q, d, dtype="float32"), signs


def _spread(n: int) -> Any:
    """64 of n inputs, from the first to the last: what is compared lies in every block."""
    return np.linspace(0, n - 1, 64).astype(int)


def _entries(matrix: Any) -> Probe:
    chosen = _spread(matrix.shape[0])
    return {"entries": np.asarray(matrix[chosen[:, None], chosen[None]])}


def finite_ours(sizes: Sizes) -> Task:
    import torch

    from memorize.activations import RELU
    from memorize.kernels import network_kernel

    x, w, a = map(torch.from_numpy, _network(sizes))
    return Task(lambda: network_kernel(RELU, w, a, x, B=1.0).total, _entries)


def finite_neural_tangents(sizes: Sizes) -> Task:
    jax, nt, _ = _neural_tangents("float32")
    x, w, a = map(jax.numpy.asarray, _network(sizes))

    def network(params: Any, x: Any) -> Any:
        hidden, outer = params
        return jax.nn.relu(x @ hidden.T) @ outer[:, None] / math.sqrt(sizes["q"])

    kernel = nt.empirical_ntk_fn(
        network,
        trace_axes=(),
        vmap_axes=0,
        implementation=nt.NtkImplementation.STRUCTURED_DERIVATIVES,
    )
    compiled = jax.jit(lambda x, y: kernel(x, y, (w, a))[:, :, 0, 0])
    parts = [x[i : i + BLOCK] for i in range(0, len(x), BLOCK)]

    def run() -> Any:
        return np.block([[np.asarray(compiled(left, right)) for right in parts] for left in parts])

    return Task(run, _entries)


def finite_jacobian(sizes: Sizes) -> Task:
    """The contraction of Jacobians from PyTorch's own tutorial on neural tangent kernels."""
    import torch
    from torch.func import functional_call, jacrev, vmap

    x, w, a = map(torch.from_numpy, _network(sizes))
    q, d = sizes["q"], sizes["d"]
    net = torch.nn.Sequential(
        torch.nn.Linear(d, q, bias=False), torch.nn.ReLU(), torch.nn.Linear(q, 1, bias=False)
    )
    params = {"0.weight": w, "2.weight": a[None]}

    def one(params: Any, point: Any) -> Any:
        return functional_call(net, params, (point[None],))[0, 0] / math.sqrt(q)

    def run() -> Any:
        jacobian = vmap(jacrev(one), (None, 0))(params, x)
        parts = [j.flatten(1) for j in jacobian.values()]
        return sum(part @ part.T for part in parts)

    return Task(run, _entries)


def finite_products(sizes: Sizes) -> Task:
    import torch

    x, w, _ = map(torch.from_numpy, _network(sizes))

    def run() -> Any:
        inside = x @ w.T
        return inside @ inside.T, inside @ inside.T, x @ x.T

    return Task(run)


def finite_exact(sizes: Sizes) -> Task:
    x, w, _ = (part.astype(np.float64) for part in _network(sizes))

    def run() -> Any:
        few = x[_spread(sizes["n"])]
        inside = few @ w.T
        slopes, values = (inside > 0).astype(float), np.maximum(inside, 0)
        return (slopes @ slopes.T * (few @ few.T) + values @ values.T) / sizes["q"]

    return Task(run, lambda entries: {"entries": entries})


# --- one gradient step --------------------------------------------------------------------------

POOL = 40_000
"""Examples that are drawn; a longer stream reads them again and again."""


def _step(sizes: Sizes) -> tuple[Any, Any, Any, Any, float]:
    """Inputs and labels (at most POOL of them), weights, signs, and γ = ln d."""
    m, d, q = min(sizes["m"], POOL), sizes["d"], sizes["q"]
    inputs = _normal("examples", m, d, dtype="float32")
    labels = np.where(_normal("labels", m) > 0, 1.0, -1.0).astype(np.float32)
    rows = np.linalg.qr(_normal("weights", d, q))[0].T.astype(np.float32)
    signs = np.where(np.arange(q) % 2, -1.0, 1.0).astype(np.float32)
    return inputs, labels, np.ascontiguousarray(rows), signs, math.log(d)


def _in_norm(found: Probe, known: Probe, sizes: Sizes) -> dict[str, float]:
    """‖found − known‖/‖known‖: single precision puts a few ⟨w_i,x_j⟩ on the other side of 0."""
    off = np.linalg.norm(found["change"] - known["change"])
    return {"change": float(off / np.linalg.norm(known["change"]))}


def _whole(m: int) -> int:
    """How often the pool is read."""
    times, rest = divmod(m, min(m, POOL))
    if rest:
        raise ValueError(f"m must be at most {POOL} or a multiple of it, got {m}")
    return times


def step_ours(sizes: Sizes) -> Task:
    import torch

    from memorize.activations import ABS
    from memorize.dynamics import one_step_stream

    *data, level = _step(sizes)
    x, y, w, a = map(torch.from_numpy, data)
    rate, times = level / sizes["d"], _whole(sizes["m"])  # η/m, as the gradient is a mean

    def run() -> Any:
        stream = ((x, y) for _ in range(times))
        return one_step_stream(stream, w, a, ABS, level=level, rate=rate * sizes["m"])

    return Task(run, lambda step: {"change": step.change.numpy() / sizes["m"]})


def step_autograd(sizes: Sizes) -> Task:
    import torch

    *data, level = _step(sizes)
    times = _whole(sizes["m"])
    x, y, w, a = map(torch.from_numpy, data)
    x, y = x.repeat(times, 1), y.repeat(times)
    rate = sizes["m"] * level / sizes["d"]

    def run() -> Any:
        weights = w.clone().requires_grad_()
        outputs = (x @ weights.T).abs() @ a / math.sqrt(sizes["q"])
        torch.relu(level - y * outputs).mean().backward()
        return -rate * weights.grad

    return Task(run, lambda change: {"change": change.numpy() / sizes["m"]})


def step_products(sizes: Sizes) -> Task:
    import torch

    x, _, w, *_ = _step(sizes)
    x, w, times = torch.from_numpy(x), torch.from_numpy(w), _whole(sizes["m"])
    inside = torch.empty(x.shape[0], w.shape[0])
    total = torch.zeros_like(w)

    def run() -> Any:
        for _ in range(times):
            torch.mm(x, w.T, out=inside)
            torch.mm(inside.T, x, out=total)
        return total

    return Task(run)


def step_exact(sizes: Sizes) -> Task:
    """In double precision, by the formula; the pool stands for a stream of it."""
    inputs, labels, w, a, level = _step(sizes)
    x, y, rows = inputs.astype(float), labels.astype(float), w.astype(float)

    def run() -> Any:
        inside = x @ rows.T
        active = level - y * (np.abs(inside) @ a) / math.sqrt(sizes["q"]) > 0
        total = (np.sign(inside) * (active * y)[:, None]).T @ x * a[:, None]
        return total * level / sizes["d"] / (x.shape[0] * math.sqrt(sizes["q"]))

    return Task(run, lambda change: {"change": change})


# --- SGD, many runs at once ---------------------------------------------------------------------


def _runs(sizes: Sizes) -> tuple[Any, ...]:
    """Points (r m d), labels (r m), indices (t r b), rows (r q d): the chapter's uniform data."""
    runs, q, d, m, batch, steps = (sizes[k] for k in ("runs", "q", "d", "m", "batch", "steps"))
    x = _normal("sgd points", runs, m, d)
    x /= np.linalg.norm(x, axis=2, keepdims=True)
    y = np.where(_normal("sgd labels", runs, m) > 0, 1.0, -1.0)
    index = np.random.default_rng(SEED).integers(0, m, (steps, runs, batch))
    return x, y, index, _normal("sgd rows", runs, q, d)


def sgd_ours(sizes: Sizes) -> Task:
    import torch

    from memorize import sgd
    from memorize.activations import RELU
    from memorize.losses import HINGE

    x, y, index, rows = map(torch.from_numpy, _runs(sizes))
    runs, d = sizes["runs"], sizes["d"]

    def draws(t: int) -> tuple[Any, Any]:
        chosen = index[t - 1]
        return x.gather(1, chosen[:, :, None].expand(runs, -1, d)), y.gather(1, chosen)

    def run() -> Any:
        model = sgd.Network(RELU, rows, B=3.0, train_outputs=True)
        eta = 20 / (2 * sizes["q"] * 9)
        return sgd.train(model, HINGE, draws, eta=eta, steps=sizes["steps"]).weights[0]

    return Task(run, lambda weights: {"weights": weights.numpy()})


def sgd_loop(sizes: Sizes) -> Task:
    import torch

    x, y, index, rows = map(torch.from_numpy, _runs(sizes))
    eta = 20 / (2 * sizes["q"] * 9)

    def run() -> Any:
        ends = []
        for k in range(sizes["runs"]):
            hidden = torch.cat([rows[k], rows[k]]).requires_grad_()
            outer = torch.full((2 * sizes["q"],), 3.0, dtype=torch.float64)
            outer[sizes["q"] :] = -3
            outer.requires_grad_()
            optimiser = torch.optim.SGD([hidden, outer], lr=eta)
            for t in range(sizes["steps"]):
                chosen = index[t, k]
                optimiser.zero_grad()
                outputs = torch.relu(x[k, chosen] @ hidden.T) @ outer
                torch.relu(1 - y[k, chosen] * outputs).mean().backward()
                optimiser.step()
            ends.append(hidden.detach())
        return torch.stack(ends)

    return Task(run, lambda weights: {"weights": weights.numpy()})


def sgd_products(sizes: Sizes) -> Task:
    import torch

    x, _, index, rows = map(torch.from_numpy, _runs(sizes))
    runs, d = sizes["runs"], sizes["d"]
    weights = torch.cat([rows, rows], 1)

    def run() -> Any:
        for chosen in index:
            batch = x.gather(1, chosen[:, :, None].expand(runs, -1, d))
            inside = torch.bmm(weights, batch.mT)
            torch.bmm(inside, batch)

    return Task(run)


# --- full-batch gradient descent -----------------------------------------------------------------


def _descent(sizes: Sizes, dtype: str) -> tuple[Any, ...]:
    """Points on the sphere, random labels, the start of paper F with κ = 1, signs, the rate."""
    n, q, d = sizes["n"], sizes["q"], sizes["d"]
    x = _normal("descent points", n, d)
    x /= np.linalg.norm(x, axis=1, keepdims=True)
    y = np.sign(_normal("descent labels", n))
    a = np.sign(_normal("descent signs", q))
    start = _normal("descent start", q, d)
    # 1/n: λmax of H is at most its trace n/2.
    return *(t.astype(dtype) for t in (x, y, start, a)), 1.0 / n


def descent_ours(sizes: Sizes, dtype: str) -> Task:
    import torch

    from memorize.descent import descend

    *arrays, eta = _descent(sizes, dtype)
    x, y, start, a = (torch.from_numpy(t) for t in arrays)
    return Task(
        lambda: descend(x, y, start, a, eta=eta, steps=sizes["steps"], every=sizes["steps"]),
        lambda end: {"moved": end.moved.numpy()[None], "outputs": end.outputs[-1].numpy()},
    )


def descent_autograd(sizes: Sizes, dtype: str) -> Task:
    import torch

    *arrays, eta = _descent(sizes, dtype)
    x, y, start, a = (torch.from_numpy(t) for t in arrays)
    root = math.sqrt(sizes["q"])

    def run() -> Any:
        w = start.clone().requires_grad_()
        optimiser = torch.optim.SGD([w], lr=eta)
        for _ in range(sizes["steps"]):
            optimiser.zero_grad()
            loss = (y - torch.relu(x @ w.T) @ a / root).square().sum() / 2
            loss.backward()
            optimiser.step()
        with torch.no_grad():
            return (w - start).norm(), torch.relu(x @ w.T) @ a / root

    return Task(run, lambda end: {"moved": end[0].numpy()[None], "outputs": end[1].numpy()})


def descent_products(sizes: Sizes, dtype: str) -> Task:
    """X Wᵀ and Gᵀ X a step and X Wᵀ at the end, each in one piece, into memory that is there."""
    import torch

    x, _, start, _, _ = _descent(sizes, dtype)
    x, w = torch.from_numpy(x), torch.from_numpy(start)
    inside, change = x @ w.T, torch.empty_like(w)
    gates = (inside > 0).to(x)

    def run() -> None:
        for _ in range(sizes["steps"]):
            torch.mm(x, w.T, out=inside)
            torch.mm(gates.T, x, out=change)
        torch.mm(x, w.T, out=inside)

    return Task(run)


def _gradient_descent(dtype: str, name: str, tolerance: Mapping[str, float]) -> Case:
    def of(side: Callable[[Sizes, str], Task], dtype: str = dtype) -> Callable[[Sizes], Task]:
        return lambda sizes: side(sizes, dtype)

    exact = Side("exact", "reference", of(descent_autograd, "float64"), "double precision")
    return Case(
        f"descent_{dtype}",
        f"Full-batch gradient descent, {name}",
        {"n": 1500, "q": 4096, "d": 64, "steps": 10},
        "q",
        (1024, 2048, 4096, 8192),
        (4096,),
        1.0,
        (
            Side("ours", "ours", of(descent_ours), "this book"),
            Side("autograd", "peer", of(descent_autograd), "plain autograd", reach=1.5),
            Side("products", "limit", of(descent_products), "its products alone", reach=1.3),
            *([exact] if dtype == "float32" else []),  # in float64 it would be the peer itself
        ),
        tolerance,
        {"n": 30, "q": 40, "d": 5, "steps": 3},
    )


# --- a tail by sampling -------------------------------------------------------------------------

TERMS = 64
THRESHOLDS = (5.0, 10.0, 15.0, 20.0)


def tail_ours(sizes: Sizes) -> Task:
    import torch

    from memorize import runtime
    from memorize.sums import uniform_sums
    from memorize.tails import exceedances

    generator, levels = runtime.generator("bench/tail"), torch.tensor(THRESHOLDS).double()
    n = sizes["draws"] // TERMS

    def run() -> Any:
        return exceedances(
            lambda n, g: uniform_sums(n, TERMS, g), levels, n, generator, chunk=2**20
        )

    return Task(run, lambda counts: {"tail": counts.numpy() / n})


def tail_numpy(sizes: Sizes) -> Task:
    rng, n = np.random.default_rng(SEED), sizes["draws"] // TERMS

    def run() -> Any:
        sums = np.abs(rng.uniform(-1, 1, (n, TERMS)).sum(1))
        return np.array([(sums >= t).mean() for t in THRESHOLDS])

    return Task(run, lambda tail: {"tail": tail})


def tail_generator(sizes: Sizes) -> Task:
    """The fastest generator at hand, on every core: 32 bits a term, each block used up at once."""
    from memorize.sums import random_blocks

    def run() -> None:
        for _ in random_blocks(sizes["draws"] // TERMS, TERMS, SEED, lambda block: None):
            pass

    return Task(run)


def tail_exact(sizes: Sizes) -> Task:
    """The Irwin–Hall law in rational numbers."""
    from fractions import Fraction

    def run() -> Any:
        found = []
        for t in THRESHOLDS:
            s = Fraction(TERMS - Fraction(t)) / 2  # P(S ≥ t) = P(S ≤ −t), terms uniform on [0, 1]
            total = sum(
                (-1) ** k * math.comb(TERMS, k) * (s - k) ** TERMS for k in range(math.floor(s) + 1)
            )
            found.append(float(2 * total / math.factorial(TERMS)))
        return np.array(found)

    return Task(run, lambda tail: {"tail": tail})


def _in_deviations(found: Probe, known: Probe, sizes: Sizes) -> dict[str, float]:
    """The largest error in standard deviations of the count."""
    p, n = known["tail"], sizes["draws"] // TERMS
    return {"tail": float((np.abs(found["tail"] - p) / np.sqrt(p * (1 - p) / n)).max())}


# --- the least eigenvalue and the complexity measure --------------------------------------------


def _labelled_gram(sizes: Sizes) -> tuple[Any, Any]:
    import torch

    from memorize.activations import RELU
    from memorize.kernels import hidden_kernel

    x = _normal("spectrum", sizes["n"], sizes["d"])
    x /= np.linalg.norm(x, axis=1, keepdims=True)
    H = hidden_kernel(RELU).gram(torch.from_numpy(x))
    return H, torch.from_numpy(np.where(_normal("spectrum labels", sizes["n"]) > 0, 1.0, -1.0))


def spectrum_ours(sizes: Sizes) -> Task:
    from memorize.factors import Tridiagonal

    H, y = _labelled_gram(sizes)

    def run() -> Any:
        parts = Tridiagonal.of(H)
        return np.array([parts.least_eigenvalue(), float(parts.complexity(y))])

    return Task(run, lambda found: {"least": found[:1], "complexity": found[1:]})


def spectrum_scipy(sizes: Sizes) -> Task:
    from scipy import linalg

    H, y = (part.numpy() for part in _labelled_gram(sizes))

    def run() -> Any:
        least = linalg.eigvalsh(H, subset_by_index=[0, 0])[0]
        price = y @ linalg.solve(H, y, assume_a="pos")
        return np.array([least, math.sqrt(2 * price / len(y))])

    return Task(run, lambda found: {"least": found[:1], "complexity": found[1:]})


def spectrum_cholesky(sizes: Sizes) -> Task:
    import torch

    H, _ = _labelled_gram(sizes)
    return Task(lambda: torch.linalg.cholesky(H))


CASES: tuple[Case, ...] = (
    _gram("float32", "single precision", 1e-5),
    _gram("float64", "double precision", 1e-12),
    Case(
        "finite",
        "Gram matrix of a finite network's tangent kernel",
        {"n": 2000, "q": 4096, "d": 256},
        "n",
        (250, 500, 1000, 2000),
        (2000,),
        2.0,
        (
            Side("ours", "ours", finite_ours, "this book"),
            Side(
                "neural_tangents",
                "peer",
                finite_neural_tangents,
                "neural-tangents, structured derivatives, blocks of 500",
                "peers",
                most=1000,
                why="at n = 2000 it takes four times as long, minutes a run",
                reach=8.0,
            ),
            Side(
                "jacobian",
                "peer",
                finite_jacobian,
                "torch.func, contraction of Jacobians",
                reach=100.0,
            ),
            Side("products", "limit", finite_products, "its products alone"),
            Side("exact", "reference", finite_exact, "double precision"),
        ),
        {"entries": 1e-5},
        {"n": 70, "q": 32, "d": 8},
    ),
    Case(
        "step",
        "One gradient step, single precision",
        {"d": 512, "q": 512, "m": 40_000},
        "m",
        (4_000, 40_000, 400_000, 4_000_000),
        (40_000, 4_000_000),
        1.0,
        (
            Side("ours", "ours", step_ours, "this book"),
            Side(
                "autograd",
                "peer",
                step_autograd,
                "plain autograd",
                most=400_000,
                why="its inputs and activations take 25 GiB and more at m = 4,000,000",
                reach=2.0,
            ),
            Side("products", "limit", step_products, "its two products alone", reach=1.2),
            Side("exact", "reference", step_exact, "double precision"),
        ),
        {"change": 1e-2},
        {"d": 16, "q": 8, "m": 300},
        errors=_in_norm,
    ),
    Case(
        "sgd",
        "SGD, an ensemble of runs",
        {"runs": 64, "q": 6, "d": 20, "m": 200, "batch": 20, "steps": 100},
        "runs",
        (8, 16, 32, 64),
        (64,),
        1.0,
        (
            Side("ours", "ours", sgd_ours, "this book"),
            Side("loop", "peer", sgd_loop, "one run after another, plain PyTorch", reach=10.0),
            Side("products", "limit", sgd_products, "its batched products alone"),
        ),
        {"weights": 1e-9},
        {"runs": 3, "q": 2, "d": 4, "m": 10, "batch": 2, "steps": 5},
    ),
    _gradient_descent("float32", "single precision", {"moved": 1e-4, "outputs": 1e-4}),
    _gradient_descent("float64", "double precision", {"moved": 1e-10, "outputs": 1e-10}),
    Case(
        "tail",
        "Tails of sums of 64 uniform terms, by sampling",
        {"draws": 100_000_000},
        "draws",
        (1_000_000, 10_000_000, 30_000_000, 100_000_000),
        (100_000_000,),
        1.0,
        (
            Side("ours", "ours", tail_ours, "this book"),
            Side("numpy", "peer", tail_numpy, "plain NumPy", reach=4.0),
            Side("generator", "limit", tail_generator, "the generator alone", reach=1.5),
            Side("exact", "reference", tail_exact, "Irwin and Hall's law"),
        ),
        {"tail": 6.0},
        {"draws": 6_400},
        errors=_in_deviations,
    ),
    Case(
        "spectrum",
        "Least eigenvalue and complexity measure",
        {"n": 4000, "d": 64},
        "n",
        (500, 1000, 2000, 4000),
        (4000,),
        3.0,
        (
            Side("ours", "ours", spectrum_ours, "this book"),
            Side("scipy", "peer", spectrum_scipy, "plain SciPy", reach=1.0),
            Side("cholesky", "limit", spectrum_cholesky, "one Cholesky factorisation alone"),
        ),
        {"least": 1e-8, "complexity": 1e-9},
        {"n": 40, "d": 8},
    ),
)
