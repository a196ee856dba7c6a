"""Sweeps: a grid of cells, each a pure function of its parameters and its seed, computed once.

A cell's result is kept in a :class:`memorize.book.store.Store` as soon as it is there, so a sweep
that was stopped, in whatever way, goes on where it was. Cells run in processes on this machine or
on a Dask cluster; the process that runs the sweep alone writes the store. Each cell computes with
one thread, so that its result does not depend on how many run beside it.
"""

from __future__ import annotations

import ast
import hashlib
import importlib
import importlib.util
import os
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures.process import BrokenProcessPool
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from importlib import metadata
from pathlib import Path
from types import ModuleType
from typing import Any

import torch

from memorize.book.store import Row, Store, Value, key_of

__all__ = ["Outcome", "Sweep", "SweepError", "code_version", "run"]

NUMERIC = ("numpy", "scipy", "torch")
CONNECT = 20  # seconds to wait for a Dask scheduler and its first worker
Parameters = Mapping[str, Value]


class SweepError(Exception):
    """A sweep that could not go on; the message says why, and what was kept."""


@dataclass(frozen=True)
class Sweep:
    """A grid of cells.

    ``cell(seed=…, **parameters)`` returns its result: names to ints, finite floats and strings,
    the same names and types for every cell. It is a function of a module that can be imported, and
    pure. ``grid(tier)`` yields the cells' parameters, ``cost(parameters)`` is what a cell takes, in
    any unit: it weighs the remaining time.
    """

    name: str
    about: str
    cell: Callable[..., Mapping[str, Value]]
    grid: Callable[[str], Iterable[Parameters]]
    cost: Callable[[Parameters], float] = lambda parameters: 1.0


@dataclass(frozen=True)
class Outcome:
    """What a run did: how many cells it ``computed`` and how many it found, and all ``rows``."""

    computed: int
    found: int
    rows: list[Row]


def run(
    sweep: Sweep,
    cells: Sequence[Parameters],
    store: Store,
    *,
    seed: int = 0,
    jobs: int = 1,
    dask: str | None = None,
    recompute: bool = False,
    watched: bool = False,
) -> Outcome:
    """Compute those of ``cells`` that the store does not hold, and return the rows of all of them.

    ``jobs`` processes on this machine, or with ``dask`` the workers of the scheduler at that
    address. ``recompute`` allows a store that holds results of other code: they stay, and are not
    used. ``watched`` shows a progress bar on stderr. Raises ``SweepError`` if the store holds
    results of other code, a cell fails, a worker dies or the cluster cannot be used, ``StoreError``
    as the store does, and ``ValueError`` for a cell that comes twice or ``jobs`` below 1.
    """
    if jobs < 1:
        raise ValueError(f"jobs must be an integer of at least 1, got {jobs}")
    code = code_version(sweep.cell)
    keyed = {key_of(sweep.name, code, seed, cell): cell for cell in cells}
    if len(keyed) < len(cells):
        raise ValueError(f"{len(cells) - len(keyed)} cells of {sweep.name} come twice")
    if not recompute:
        _refuse_other_code(sweep.name, code, store)
    there = {str(row["key"]) for row in store.rows(sweep.name)}
    waiting = {key: cell for key, cell in keyed.items() if key not in there}
    found = len(keyed) - len(waiting)
    done = 0
    with _bar(sweep, keyed, waiting, watched) as advance:
        try:
            for key, result in _computed(sweep, waiting, seed, jobs, dask):
                row = _row(key, code, seed, waiting[key], result)
                store.add(sweep.name, row)
                done += 1
                advance(sweep.cost(waiting[key]))
        except SweepError as error:
            raise SweepError(
                f"{error}\n{found + done} of {len(keyed)} cells are in {store.path}; the same "
                "command goes on from there"
            ) from None
    rows = {str(row["key"]): row for row in store.rows(sweep.name)}
    return Outcome(done, found, [rows[key] for key in keyed])


def code_version(function: Callable[..., Any]) -> str:
    """A digest of the sources that ``function`` depends on, and of the numerical packages.

    The sources are its own module and every module of its package that is imported from there,
    directly or not, anywhere in the text.
    """
    return _version_of(function.__module__)


@lru_cache(maxsize=64)
def _version_of(module: str) -> str:
    digest = hashlib.sha256()
    for name, path in sorted(_sources(module).items()):
        digest.update(f"{name}\n".encode() + hashlib.sha256(path.read_bytes()).digest())
    for package in NUMERIC:
        digest.update(f"{package}=={metadata.version(package)}\n".encode())
    return digest.hexdigest()[:12]


def _sources(module: str) -> dict[str, Path]:
    """The modules of ``module``'s own package or of memorize that it reaches, and their files."""
    found: dict[str, Path] = {}
    waiting = [module]
    ours = {module.split(".")[0], "memorize"}
    while waiting:
        name = waiting.pop()
        path = _file_of(name) if name not in found and name.split(".")[0] in ours else None
        if path is None:
            continue
        found[name] = path
        parents = name.split(".")[:-1]
        waiting += [".".join(parents[: i + 1]) for i in range(len(parents))]
        waiting += _imports(ast.parse(path.read_text(encoding="utf-8")), name, path)
    return found


def _file_of(name: str) -> Path | None:
    loaded = sys.modules.get(name)
    if isinstance(loaded, ModuleType):
        origin = getattr(loaded, "__file__", None)
    else:
        try:
            spec = importlib.util.find_spec(name)
        except (ImportError, ValueError):
            return None
        origin = spec.origin if spec is not None else None
    return Path(origin) if origin and origin.endswith(".py") else None


def _imports(tree: ast.AST, module: str, path: Path) -> Iterator[str]:
    package = module if path.name == "__init__.py" else module.rpartition(".")[0]
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            up = package.split(".")[: len(package.split(".")) - node.level + 1]
            base = ".".join([*(up if node.level else []), *([node.module] if node.module else [])])
            yield base
            yield from (f"{base}.{alias.name}" for alias in node.names)


def _refuse_other_code(name: str, code: str, store: Store) -> None:
    others = {other: count for other, count in store.codes(name).items() if other != code}
    if others:
        told = ", ".join(f"{count} cells of code {other}" for other, count in others.items())
        raise SweepError(
            f"{store.path} holds {told}, but the code is {code} now: the sources of the cell or "
            "numpy, scipy or torch changed since. Results of two codes are never mixed: name "
            "another store, or compute all cells anew beside the old ones with --recompute"
        )


def _row(key: str, code: str, seed: int, cell: Parameters, result: Mapping[str, Any]) -> Row:
    """A row of the store; raises ``SweepError`` if the cell failed or was run by other code."""
    if result["error"]:
        raise SweepError(f"the cell {dict(cell)} failed:\n{result['error']}")
    if result["code"] != code:
        raise SweepError(
            f"a worker on {result['machine']} runs other code ({result['code']}, here {code}): "
            "give all workers the same sources and the same numpy, scipy and torch"
        )
    values = dict(result["values"])
    own = ("key", "code", "seed", "seconds", "finished", "digest")
    clash = set(values) & {*cell, *own} | set(cell) & set(own)
    if clash:
        raise SweepError(f"a cell's results must have names of their own, but {clash} are taken")
    finished = datetime.now(UTC).isoformat(timespec="seconds")
    told = {"seconds": float(result["seconds"]), "finished": finished}
    return {"key": key, "code": code, "seed": seed, **cell, **values, **told}


def _computed(
    sweep: Sweep, cells: Mapping[str, Parameters], seed: int, jobs: int, dask: str | None
) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Keys and results, in the order in which they are finished."""
    if not cells:
        return
    from joblib import Parallel, delayed

    parent = None if dask else os.getpid()
    work = delayed(_compute)
    tasks = (work(sweep.cell, key, dict(cell), seed, parent) for key, cell in cells.items())
    with _workers(jobs, dask), _one_thread():
        n_jobs = jobs if dask is None else -1
        parallel = Parallel(n_jobs, return_as="generator_unordered", batch_size=1)
        try:
            with closing(parallel(tasks)) as results:
                yield from results
        except BrokenProcessPool:
            raise SweepError(
                "a worker died: it was killed, or the machine ran out of memory (fewer --jobs "
                "take less)"
            ) from None
        except Exception as error:
            if dask is None or type(error).__module__.split(".")[0] != "distributed":
                raise
            raise SweepError(f"the cluster at {dask} failed: {error}") from None


def _compute(
    cell: Callable[..., Mapping[str, Value]],
    key: str,
    parameters: Parameters,
    seed: int,
    parent: int | None,
) -> tuple[str, Mapping[str, Any]]:
    """Run one cell, in a worker; what goes wrong in it is told, not raised."""
    if parent is not None and parent != os.getpid():
        _end_with(parent)
    torch.set_num_threads(1)
    start, values, failure = time.perf_counter(), dict[str, Value](), ""
    try:
        values = dict(cell(seed=seed, **parameters))
    except Exception:
        failure = traceback.format_exc()
    return key, {
        "values": values,
        "error": failure,
        "seconds": round(time.perf_counter() - start, 4),
        "code": code_version(cell),
        "machine": os.uname().nodename if hasattr(os, "uname") else "",
    }


@lru_cache(maxsize=1)
def _end_with(parent: int) -> None:
    """End this process when ``parent`` is gone, however it ended."""

    def follow() -> None:
        while os.getppid() == parent:
            time.sleep(1)
        os._exit(1)

    if os.getppid() == parent:
        threading.Thread(target=follow, daemon=True).start()


@contextmanager
def _workers(jobs: int, dask: str | None) -> Iterator[None]:
    from joblib import parallel_config

    if dask is None:
        with parallel_config(backend="loky", inner_max_num_threads=1, n_jobs=jobs):
            yield
        return
    try:
        from distributed import Client
    except ImportError:
        raise SweepError(
            "--dask needs the packages dask and distributed, on this machine and on the workers: "
            "pip install dask distributed"
        ) from None
    try:
        client = Client(dask, timeout=CONNECT)
    except (OSError, ValueError, TimeoutError) as error:
        raise SweepError(f"no Dask scheduler answers at {dask}: {error}") from None
    with client:
        try:
            client.wait_for_workers(1, timeout=CONNECT)
        except TimeoutError:
            raise SweepError(f"the Dask scheduler at {dask} has no worker") from None
        with parallel_config(backend=_cluster(client)):
            yield


def _cluster(client: Any) -> Any:
    """joblib's Dask backend, for a cluster of one thread too: joblib would run all cells here."""
    from joblib._dask import DaskDistributedBackend

    class Cluster(DaskDistributedBackend):  # type: ignore[misc]
        def effective_n_jobs(self, n_jobs: int) -> int:
            return max(2, int(super().effective_n_jobs(n_jobs)))

    return Cluster(client=client)


@contextmanager
def _one_thread() -> Iterator[None]:
    """Give back the threads that a cell takes from this process."""
    before = torch.get_num_threads()
    try:
        yield
    finally:
        torch.set_num_threads(before)


@contextmanager
def _bar(
    sweep: Sweep,
    cells: Mapping[str, Parameters],
    waiting: Mapping[str, Parameters],
    watched: bool,
) -> Iterator[Callable[[float], None]]:
    """A progress bar that weighs cells by what they cost; nothing if nobody watches."""
    if not watched:
        yield lambda cost: None
        return
    from tqdm import tqdm

    costs = {key: sweep.cost(cell) for key, cell in cells.items()}
    total, done = sum(costs.values()), len(cells) - len(waiting)
    left = "{desc} {percentage:3.0f}%|{bar}| {postfix} [{elapsed}, {remaining} left]"
    with tqdm(
        total=total,
        initial=total - sum(costs[key] for key in waiting),
        desc=sweep.name,
        bar_format=left,
        file=sys.stderr,
        disable=False,  # TQDM_DISABLE is for who decides on watched
    ) as bar:
        bar.set_postfix_str(f"{done}/{len(cells)} cells")

        def advance(cost: float) -> None:
            nonlocal done
            done += 1
            bar.set_postfix_str(f"{done}/{len(cells)} cells", refresh=False)
            bar.update(cost)

        yield advance
