"""The grids behind the phase diagrams of one gradient step, and the tables that sum them up.

A grid yields the parameters of its cells for a tier; :func:`memorize.phases.trial` is the cell.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from memorize import phases
from memorize.gpu_work import Value, short

__all__ = ["GRIDS", "MEASURED", "PLAIN", "SIZES", "cost", "recorded_as", "summary"]

Parameters = Mapping[str, Value]
Row = Mapping[str, Value]

PLAIN: dict[str, Value] = {
    "activation": "abs",
    "initialisation": "first",
    "signs": "balanced",
    "inputs": "gaussian",
}
SIZES = ("d", "q", "m")
MEASURED = ("fraction", "least", "mean", "variance", "active")


def collapse(tier: str) -> Iterator[Parameters]:
    """|t| at loads ϰ from 1/16 to 8: does everything depend on ϰ alone?"""
    sizes = [(64, 64), (128, 128), (256, 256), (512, 512), (256, 64), (512, 64)]
    if tier == "gpu":
        sizes += [(1024, 1024), (2048, 2048), (4096, 4096), (8192, 8192), (8192, 512)]
    for d, q in sizes:
        for load in np.geomspace(1 / 16, 8, 15):
            m = round(load * d * q / phases.level(d) ** 2)
            yield from _replicas(6, {"d": d, "q": q, "m": m, **PLAIN})


def transition(tier: str) -> Iterator[Parameters]:
    """|t| around the m that leaves an even chance to memorize all, for q = d and q = d/4."""
    squares = {32: 60, 48: 60, 64: 60, 96: 60, 128: 60, 192: 40, 256: 40, 384: 30, 512: 24}
    sizes = {(d, d): count for d, count in squares.items()} | {
        (d, d // 4): 40 for d in (64, 128, 256, 512)
    }
    if tier == "gpu":
        sizes |= {(d, d): 24 for d in (768, 1024, 2048, 4096, 8192)}
        sizes |= {(d, d // 4): 24 for d in (1024, 2048, 4096, 8192)}
    for (d, q), count in sizes.items():
        for m in np.geomspace(0.4, 2.2, 10) * phases.predicted_transition(d, q):
            yield from _replicas(count, {"d": d, "q": q, "m": round(m), **PLAIN})


def activations(tier: str) -> Iterator[Parameters]:
    """Activations with E σ'(g) = 0, and others, at two widths."""
    d, widths = (256, (64, 256)) if tier == "laptop" else (1024, (64, 256, 1024))
    for name in phases.ACTIVATIONS:
        for q in widths:
            for m in _ladder(16, 4096 if tier == "laptop" else 65536):
                yield from _replicas(12, {"d": d, "q": q, "m": m, **PLAIN, "activation": name})


def robustness(tier: str) -> Iterator[Parameters]:
    """|t| from other initial weights, other output signs and on other inputs."""
    d, q = (256, 128) if tier == "laptop" else (1024, 512)
    haar = {"initialisation": "orthonormal"}
    for changed in (
        {},
        haar,
        {"initialisation": "gaussian"},
        {"initialisation": "repeated"},
        {"signs": "random"},
        {"signs": "ones"},
        {"inputs": "sphere"},
        {**haar, "inputs": "rademacher"},
        {"inputs": "rademacher"},
        {**haar, "inputs": "t3"},
        {**haar, "inputs": "shifted"},
    ):
        for m in _ladder(2, 4096 if tier == "laptop" else 65536):
            yield from _replicas(12, {"d": d, "q": q, "m": m, **PLAIN, **changed})
    for inputs in ("gaussian", "digits", "whitened_digits"):
        for m in _ladder(2, 1024):
            yield from _replicas(12, {"d": 64, "q": 64, "m": m, **PLAIN, **haar, "inputs": inputs})


def summary(rows: Sequence[Row]) -> tuple[list[str], list[list[Value]]]:
    """(columns, rows): the replicas of each setting in one row.

    ``replicas``, how many of them memorized ``everything``, the means of what a trial returns, and
    ``least_sd``, the standard deviation of the least margin over the replicas.
    """
    settings: dict[tuple[Value, ...], list[Row]] = {}
    names = [*SIZES, *PLAIN]
    for row in rows:
        settings.setdefault(tuple(row[name] for name in names), []).append(row)
    table = []
    for setting, group in settings.items():
        columns = {name: np.array([row[name] for row in group], dtype=float) for name in MEASURED}
        means = [short(columns[name].mean()) for name in MEASURED]
        everything = sum(int(row["everything"]) for row in group)
        table.append([*setting, len(group), everything, *means, short(columns["least"].std())])
    return [*names, "replicas", "everything", *MEASURED, "least_sd"], table


def cost(parameters: Parameters) -> float:
    """Three products of matrices, and what any cell takes."""
    return math.prod(float(parameters[size]) for size in SIZES) + 1e6


def recorded_as(name: str, tier: str) -> str:
    """The name of what is recorded of a sweep: its own for the laptop, with the tier for others."""
    return name if tier == "laptop" else f"{name}_{tier}"


def _replicas(count: int, setting: Parameters) -> Iterator[Parameters]:
    for replica in range(count):
        yield {**setting, "replica": replica, "dtype": "float32"}


def _ladder(low: int, high: int) -> list[int]:
    """Whole numbers from ``low`` to ``high`` in steps of about √2."""
    steps = round(2 * math.log2(high / low))
    return [round(low * 2 ** (k / 2)) for k in range(steps + 1)]


GRIDS = {grid.__name__: grid for grid in (collapse, transition, activations, robustness)}
