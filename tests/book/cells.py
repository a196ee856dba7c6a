"""Cells of the tests' sweeps: functions of a module that workers can import."""

from __future__ import annotations

import os
import signal
import sys
import time
from pathlib import Path

import torch

from memorize.book.store import Store
from memorize.book.sweeps import Sweep, run


def total(*, n: int, seed: int) -> dict[str, int | float]:
    """A pure function whose last digits would tell how many threads computed it."""
    generator = torch.Generator().manual_seed(seed + n)
    x = torch.randn(200, 300, generator=generator)
    return {"square": n * n, "sum": float((x @ x.T).sum())}


def slow(*, n: int, folder: str, seed: int) -> dict[str, int]:
    """Leave a mark for each time that a cell was begun, and take a while."""
    with open(Path(folder, f"{n}.begun"), "a", encoding="utf-8") as marks:
        marks.write("x")
    time.sleep(0.08)
    return {"square": n * n}


def process(*, n: int, seed: int) -> dict[str, int]:
    """No pure function: which process computed it."""
    return {"process": os.getpid()}


def deadly(*, n: int, folder: str, spare: int, seed: int) -> dict[str, int]:
    """Kill the worker, once; ``spare`` is the process of the sweep itself."""
    mark = Path(folder, "died")
    if os.getpid() == spare:
        raise RuntimeError("a cell ran in the sweep's own process")
    if n == 5 and not mark.exists():
        mark.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return {"square": n * n}


def failing(*, n: int, seed: int) -> dict[str, float]:
    """A cell with a fault for n = 3, and a result that is no number for n = 4."""
    if n == 3:
        raise ZeroDivisionError("no such n")
    return {"value": float("nan") if n == 4 else 1.0}


def sweep_of(cell: object, name: str = "squares") -> Sweep:
    """A sweep of that cell, without a grid of its own."""
    return Sweep(name, "", cell, lambda tier: [])  # type: ignore[arg-type]


def main(path: str, folder: str, count: str, jobs: str, watched: str = "") -> None:
    """A sweep in a process of its own."""
    grid = [{"n": n, "folder": folder} for n in range(int(count))]
    with Store(Path(path)) as store:
        outcome = run(sweep_of(slow), grid, store, jobs=int(jobs), watched=bool(watched))
    print(outcome.computed, outcome.found)


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parent))
    import cells  # the cells' module by the name that workers know

    cells.main(*sys.argv[1:])
