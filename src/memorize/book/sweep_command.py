"""``python -m memorize sweep``: run a sweep, go on with one, record what it measured."""

from __future__ import annotations

import argparse
import os
import platform
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path

import torch

from memorize import runtime
from memorize.book import execute, recorded
from memorize.book.phase_sweeps import SWEEPS
from memorize.book.store import Row, Store, StoreError, Value
from memorize.book.sweeps import Parameters, Sweep, SweepError, code_version, run
from memorize.phase_grids import recorded_as, summary

__all__ = ["add", "chosen", "main"]

STORE = execute.BUILD / "sweeps.sqlite"
ABOUT = """\
Run a sweep: a grid of cells, each a pure function of its parameters and its seed.

Every result is written to the store as soon as it is there. However a run ends, the same command
goes on from there and computes only what is missing. Without the name of a sweep: list them.
"""
AFTER = """\
examples:
  python -m memorize sweep collapse
  python -m memorize sweep transition --only d=64,128 --only q=64 --jobs 1
  python -m memorize sweep transition --tier gpu --device cuda --record
  python -m memorize sweep activations --dask tcp://127.0.0.1:8786

The store is an SQLite file with a table for each sweep and a row for each cell:
  pandas.read_sql("select * from collapse", sqlite3.connect("_build/sweeps.sqlite"))
Results of changed code are never mixed with others: the run stops and says so. A Dask worker needs
the same sources and versions as this machine; it writes nothing, the store is written here.
"""


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Declare the command and its options."""
    parser = commands.add_parser(
        "sweep",
        help="run the sweeps behind the phase diagrams, or go on with one",
        description=ABOUT,
        epilog=AFTER,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("sweep", nargs="?", metavar="SWEEP", help=", ".join(SWEEPS))
    parser.add_argument(
        "--tier", choices=runtime.TIERS, help="sizes: default MEMORIZE_TIER, else laptop"
    )
    parser.add_argument(
        "--only",
        action="append",
        default=[],
        metavar="NAME=VALUE[,VALUE…]",
        help="the cells whose parameter NAME has one of these values; may come several times",
    )
    parser.add_argument(
        "--store",
        type=Path,
        default=STORE,
        help=f"the file (default: {STORE}, which make clean removes: name another for long runs)",
    )
    parser.add_argument("--seed", type=int, help="default: MEMORIZE_SEED, else 0")
    parser.add_argument(
        "--jobs",
        type=int,
        help="processes on this machine, one thread each (default: one a core; one with a GPU)",
    )
    parser.add_argument("--dask", metavar="ADDRESS", help="use the workers of this Dask scheduler")
    parser.add_argument(
        "--device",
        help="where cells compute, as torch names it (default: MEMORIZE_DEVICE, else as the tier)",
    )
    parser.add_argument(
        "--recompute",
        action="store_true",
        help="compute all cells anew beside results of other code, which stay in the store",
    )
    parser.add_argument(
        "--record",
        action="store_true",
        help="write the summary, with where it comes from, to src/memorize/book/recorded/, as "
        "SWEEP.json for the laptop tier and SWEEP_gpu.json for the gpu tier",
    )


def main(options: argparse.Namespace) -> int:
    """Run what ``options`` ask for; returns the exit status. Raises ``ValueError`` if they err."""
    if options.sweep is None:
        print(_listed(options.tier or runtime.tier()))
        return 0
    if options.sweep not in SWEEPS:
        raise ValueError(f"there is no sweep {options.sweep!r}; there are {', '.join(SWEEPS)}")
    sweep = SWEEPS[options.sweep]
    tier = options.tier or runtime.tier()
    device = str(torch.device(options.device or _default_device(tier)))
    seed = runtime.master_seed() if options.seed is None else options.seed
    cells = [{**cell, "device": device} for cell in sweep.grid(tier)]
    wanted = chosen(cells, options.only)
    jobs = options.jobs or (execute.default_jobs() if device == "cpu" else 1)
    try:
        with Store(options.store) as store:
            outcome = run(
                sweep,
                wanted,
                store,
                seed=seed,
                jobs=jobs,
                dask=options.dask,
                recompute=options.recompute,
                watched=sys.stderr.isatty() and "TQDM_DISABLE" not in os.environ,
            )
    except (StoreError, SweepError) as error:
        print(f"python -m memorize sweep: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print(f"\ninterrupted; {options.store} keeps what was finished", file=sys.stderr)
        return 130
    print(
        f"{sweep.name}: {outcome.computed} cells computed, {outcome.found} were in {options.store}"
    )
    if options.record:
        print(f"recorded in {_record(sweep, tier, seed, device, options.only, outcome.rows)}")
    return 0


def _default_device(tier: str) -> str:
    """As ``runtime.device``, for a tier that the command names."""
    best = "cuda" if tier == "gpu" and torch.cuda.is_available() else "cpu"
    return os.environ.get("MEMORIZE_DEVICE", best)


def _listed(tier: str) -> str:
    lines = []
    for sweep in SWEEPS.values():
        count = sum(1 for _ in sweep.grid(tier))
        lines.append(f"{sweep.name:<12} {count:>6} cells ({tier})  {sweep.about}")
    return "\n".join(lines)


def chosen(cells: Sequence[Parameters], only: Sequence[str]) -> list[Parameters]:
    """The cells that all of the ``only`` allow; ``ValueError`` if one of them allows none."""
    left = list(cells)
    for wanted in only:
        name, _, values = wanted.partition("=")
        known = list(dict.fromkeys(str(cell[name]) for cell in cells if name in cell))
        unknown = set(values.split(",")) - set(known)
        if not known or unknown:
            there = known if known else cells[0]
            what = "values" if known else "a NAME"
            raise ValueError(f"--only {wanted}: expected {what} among {', '.join(there)}")
        left = [cell for cell in left if str(cell[name]) in values.split(",")]
    if not left:
        raise ValueError(f"no cell has {' and '.join(only)}")
    return left


def _record(
    sweep: Sweep, tier: str, seed: int, device: str, only: Sequence[str], rows: Sequence[Row]
) -> Path:
    columns, table = summary(rows)
    words = [sweep.name, "--tier", tier, "--seed", str(seed), "--device", device]
    words += [word for wanted in only for word in ("--only", wanted)]
    provenance: Mapping[str, object] = {
        "command": f"python -m memorize sweep {' '.join(words)} --record",
        "date": datetime.now(UTC).date().isoformat(),
        "machine": f"{platform.system()} {platform.machine()}",
        "device": _device_name(device),
        "versions": {name: metadata.version(name) for name in ("numpy", "scipy", "torch")},
        "code": code_version(sweep.cell),
        "seed": seed,
        "sizes": {name: _range(columns, table, name) for name in ("d", "q", "m")},
        "cells": len(rows),
        "seconds": round(sum(float(row["seconds"]) for row in rows)),
    }
    return recorded.write(recorded_as(sweep.name, tier), provenance, columns, table)


def _device_name(device: str) -> str:
    if device.startswith("cuda"):
        return str(torch.cuda.get_device_name(device))
    return "CPU, one thread a cell"


def _range(columns: Sequence[str], rows: Sequence[Sequence[Value]], name: str) -> list[Value]:
    values = [row[columns.index(name)] for row in rows]
    return [min(values), max(values)]
