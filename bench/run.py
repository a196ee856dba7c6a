"""Time the library against its plainest peer: ours and the peer take turns, in one go.

``make bench`` runs every case and writes ``_build/bench.json``. A case compares one task of the
library with the few lines of NumPy that anyone would write for it; both must agree before they are
timed. What counts is the ratio of the medians, peer over ours, with its spread over the rounds: a
ratio above 1 says that ours is faster. No test depends on a time.
"""

from __future__ import annotations

import argparse
import datetime
import json
import os
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]


@dataclass(frozen=True)
class Case:
    """Two ways to do one task, each returning its result, and whether two results agree."""

    name: str
    sizes: dict[str, int]
    ours: Callable[[], Any]
    peer: Callable[[], Any]
    agree: Callable[[Any, Any], bool]


def errors_of_random_features() -> Case:
    """Squared errors of random ReLU features for a linear function, over many draws of weights."""
    import numpy as np
    import torch

    from memorize import runtime
    from memorize.activations import RELU
    from memorize.distributions import sphere
    from memorize.features import linear, squared_errors

    sizes = {"d": 64, "q": 160, "points": 200, "draws": 400}
    d, q, points, draws = sizes.values()
    x = sphere(points, d, runtime.generator("bench/points"))
    u = sphere(1, d, runtime.generator("bench/direction"))[0]
    f = linear(RELU, u)
    inputs, direction = x.numpy(), u.numpy()

    def ours() -> float:
        generator = runtime.generator("bench/weights")
        batches = squared_errors(
            lambda weights: f.approximate(weights, x), f.values(x), q, d, draws, generator
        )
        return float(torch.cat(list(batches)).mean())

    def peer() -> float:
        rng, total = np.random.default_rng(0), 0.0
        for _ in range(draws):
            weights = rng.standard_normal((q, d))
            representer = np.tile(2 * direction, (q, 1))  # that of <u, x> for ReLU
            features = (inputs @ weights.T > 0) * (inputs @ representer.T)
            total += float(((features.mean(1) - inputs @ direction) ** 2).mean())
        return total / draws

    def agree(a: float, b: float) -> bool:
        return abs(a - b) < 0.1 * b

    return Case("squared errors of random ReLU features", sizes, ours, peer, agree)


def gram_matrix_of_relu() -> Case:
    """The Gram matrix of the ReLU tangent kernel; the peer's angles lose half of their digits."""
    import numpy as np
    import torch

    from memorize import runtime
    from memorize.activations import RELU
    from memorize.distributions import sphere
    from memorize.kernels import hidden_kernel

    sizes = {"points": 4000, "d": 784}
    points, d = sizes.values()
    x = sphere(points, d, runtime.generator("bench/gram"), dtype=torch.float32)
    inputs = x.numpy()

    def peer() -> Any:
        products = inputs @ inputs.T
        return products * (np.pi - np.arccos(np.clip(products, -1, 1))) / (2 * np.pi)

    def agree(a: Any, b: Any) -> bool:
        return float(np.abs(a.numpy() - b).max()) < 1e-3

    return Case(
        "Gram matrix of the ReLU kernel", sizes, lambda: hidden_kernel(RELU).gram(x), peer, agree
    )


def gradient_step() -> Case:
    """One full-batch gradient step of a network with |t|, beside plain autograd."""
    import torch

    from memorize.activations import ABS
    from memorize.dynamics import one_step

    inputs, labels, weights, signs, sizes, level, rate = _memorization()

    def ours() -> Any:
        return one_step(inputs, labels, weights, signs, ABS, level=level, rate=rate).weights

    def peer() -> Any:
        at = weights.clone().requires_grad_()
        outputs = (inputs @ at.T).abs() @ signs / sizes["q"] ** 0.5
        torch.relu(level - labels * outputs).mean().backward()
        return weights - rate * at.grad

    def agree(a: Any, b: Any) -> bool:
        return bool(torch.allclose(a, b, rtol=1e-12, atol=1e-12))

    return Case("one gradient step, against autograd", sizes, ours, peer, agree)


def step_and_margins() -> Case:
    """A step and the outputs after it; the peer is its three matrix products alone, all else known.

    A ratio above 1/1.2 = 0.83 says that the rest costs at most a fifth of the products.
    """
    import torch

    from memorize.activations import ABS
    from memorize.dynamics import one_step
    from memorize.networks import network

    inputs, labels, weights, signs, sizes, level, rate = _memorization()
    factor = rate / (sizes["examples"] * sizes["q"] ** 0.5)
    slopes = (labels[:, None] * torch.sign(inputs @ weights.T) * signs).mul_(factor)

    def ours() -> Any:
        step = one_step(inputs, labels, weights, signs, ABS, level=level, rate=rate)
        network(inputs, step.weights, signs, ABS)
        return step.weights

    def peer() -> Any:
        inputs @ weights.T  # the outputs before
        after = weights + slopes.T @ inputs
        inputs @ after.T  # the outputs after
        return after

    def agree(a: Any, b: Any) -> bool:
        return bool(torch.allclose(a, b, rtol=1e-12, atol=1e-12))

    return Case("a step and its margins, against its products alone", sizes, ours, peer, agree)


def _memorization() -> tuple[Any, ...]:
    """Gaussian examples with random labels, orthonormal rows, and the paper's level and rate."""
    import math

    import torch

    from memorize import runtime
    from memorize.networks import balanced_signs, orthonormal_rows, random_signs

    sizes = {"d": 512, "q": 512, "examples": 8192}
    d, q, m = sizes.values()
    generator = runtime.generator("bench/step")
    inputs = torch.randn(m, d, generator=generator, dtype=torch.float64)
    labels = random_signs(m, generator=generator)
    weights = orthonormal_rows(q, d, generator=generator)
    level = math.log(d)
    return inputs, labels, weights, balanced_signs(q), sizes, level, m * level / d


def ensemble_of_sgd() -> Case:
    """64 runs of SGD on all weights at once; the peer makes them one after another, by autograd."""
    import torch

    from memorize import sgd
    from memorize.activations import RELU
    from memorize.distributions import sphere
    from memorize.losses import HINGE

    sizes = {"runs": 64, "q": 32, "d": 20, "batch": 1, "steps": 64}
    runs, q, d, batch, steps = sizes.values()
    eta, B = 0.01, 3.0

    def examples(generator: torch.Generator, n: int) -> tuple[Any, Any]:
        x = sphere(n, d, generator)
        return x, torch.where(x[:, 0] >= 0, 1.0, -1.0).to(x)

    rows = sgd.xavier_rows(q, d, "bench/rows", range(runs))
    stream = sgd.Stream(examples, batch, "bench/examples", range(runs))
    batches = [stream(t) for t in range(1, steps + 1)]
    start = sgd.Network(RELU, rows, B, train_outputs=True).start()

    def ours() -> Any:
        model = sgd.Network(RELU, rows, B, train_outputs=True)
        return sgd.train(model, HINGE, lambda t: batches[t - 1], eta=eta, steps=steps).weights[0]

    def peer() -> Any:
        ends = []
        for k in range(runs):
            hidden = start[0][k].clone().requires_grad_()
            outer = start[1][k].clone().requires_grad_()
            optimiser = torch.optim.SGD([hidden, outer], lr=eta)
            for x, y in batches:
                optimiser.zero_grad()
                outputs = torch.relu(x[k] @ hidden.T) @ outer
                torch.relu(1 - y[k] * outputs).mean().backward()
                optimiser.step()
            ends.append(hidden.detach())
        return torch.stack(ends)

    def agree(a: Any, b: Any) -> bool:
        return bool(torch.allclose(a, b, rtol=1e-9, atol=1e-9))

    return Case("SGD, an ensemble of 64 runs, against one after another", sizes, ours, peer, agree)


CASES = (
    errors_of_random_features,
    gram_matrix_of_relu,
    gradient_step,
    step_and_margins,
    ensemble_of_sgd,
)


def measure(case: Case, rounds: int) -> dict[str, Any]:
    """Times of ``rounds`` rounds, ours and the peer in turn, after a round that is not counted."""
    first = case.ours(), case.peer()
    if not case.agree(*first):
        raise SystemExit(f"{case.name}: ours gives {first[0]}, the peer {first[1]}")
    times: dict[str, list[float]] = {"ours": [], "peer": []}
    for turn in range(rounds):
        order = [("ours", case.ours), ("peer", case.peer)]
        for name, task in order if turn % 2 else reversed(order):
            start = time.perf_counter()
            task()
            times[name].append(time.perf_counter() - start)
    ratios = sorted(p / o for p, o in zip(times["peer"], times["ours"], strict=True))
    return {
        "case": case.name,
        "sizes": case.sizes,
        "seconds": {name: round(statistics.median(t), 6) for name, t in times.items()},
        "ratio": round(statistics.median(times["peer"]) / statistics.median(times["ours"]), 3),
        "ratio_spread": [round(ratios[0], 3), round(ratios[-1], 3)],
        "rounds": rounds,
    }


def provenance() -> dict[str, Any]:
    """What the times belong to."""
    import torch

    commit = subprocess.run(
        ["git", "rev-parse", "--verify", "HEAD"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    return {
        "date": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        "commit": commit.stdout.strip() or None,
        "python": platform.python_version(),
        "machine": platform.machine(),
        "processor": _processor(),
        "cores": os.cpu_count(),
        "threads": torch.get_num_threads(),
        "versions": {name: metadata.version(name) for name in ("torch", "numpy")},
        "command": "make bench",
    }


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor()
    return next((line.split(":")[1].strip() for line in lines if "model name" in line), "")


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--output", type=Path, default=ROOT / "_build" / "bench.json")
    options = parser.parse_args()
    results = [measure(make(), options.rounds) for make in CASES]
    for r in results:
        low, high = r["ratio_spread"]
        print(
            f"{r['case']}: ours {r['seconds']['ours']:.3f} s, peer {r['seconds']['peer']:.3f} s, "
            f"ratio {r['ratio']:.2f} ({low:.2f} to {high:.2f} over {r['rounds']} rounds)"
        )
    options.output.parent.mkdir(parents=True, exist_ok=True)
    report = {"provenance": provenance(), "results": results}
    options.output.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
