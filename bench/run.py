"""Time the library, its peers and the limit in turns: ``make bench [CASE="NAME …"] [RECORD=1]``.

Each side of a case (``cases.py``) lives in a process of its own (``worker.py``) and draws the same
inputs. First every side runs untimed: what it returns is held to the case's tolerance, and its peak
memory is taken. Then all sides take turns, round after round. What counts is the ratio of medians
to ours, with the least and the largest ratio of any round; no test depends on a time. A case's
result is written as soon as it is there, to ``_build/bench``, and with ``--record`` to where the
page "How fast" reads it.
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
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from importlib import metadata
from pathlib import Path
from typing import Any, cast

import numpy as np

from cases import CASES, SEED, Case, Side

ROOT = Path(__file__).resolve().parents[1]
COLUMNS = (
    *("side", "said", "role", "scale", "main", "rounds", "seconds", "fastest", "slowest"),
    *("ratio", "ratio_low", "ratio_high", "reach", "memory", "memory_reach", "error_reach"),
)
"""``ratio``: the side's time over ours. ``memory``: bytes beside the inputs, −1 if not known."""
MOST_ROUNDS = 9


class Failed(Exception):
    """A side that could not do its task, or not well enough."""


class Worker:
    """A side of a case in its own process."""

    def __init__(self, case: Case, side: Side, python: Path, threads: int) -> None:
        count = str(threads)
        names = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")
        self.side = side
        self.process = subprocess.Popen(
            [str(python), str(Path(__file__).with_name("worker.py")), case.name, side.name, count],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE if side.environment == "peers" else None,
            env={**os.environ, **dict.fromkeys(names, count), "JAX_PLATFORMS": "cpu"},
            text=True,
        )

    def __enter__(self) -> Worker:
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            try:
                self.process.communicate('{"do": "quit"}\n', timeout=20)
            except (subprocess.TimeoutExpired, OSError):
                self.process.kill()
                self.process.wait()

    def ask(self, do: str, **more: Any) -> dict[str, Any]:
        """The answer to a command; raises ``Failed`` if there is none, or a failure."""
        pipe_in, pipe_out = self.process.stdin, self.process.stdout
        assert pipe_in is not None
        assert pipe_out is not None
        try:
            pipe_in.write(json.dumps({"do": do, **more}) + "\n")
            pipe_in.flush()
            answer = json.loads(pipe_out.readline() or '{"failed": "its process ended"}')
        except OSError as error:
            answer = {"failed": f"its process ended ({error})"}
        if "failed" in answer:
            raise Failed(answer["failed"])
        return cast("dict[str, Any]", answer)


def measure(
    case: Case, pythons: Mapping[str, Path], threads: int, seconds: float, log: Any = print
) -> tuple[list[str], list[list[Any]], dict[str, str]]:
    """(columns, rows, why some sides are absent) of one case, at all its sizes.

    ``pythons``: the interpreter of each environment. ``seconds``: about how long the rounds at a
    size may take. At a main size three are made in any case, or two if one takes half a minute; two
    at the other sizes.
    """
    columns = [*COLUMNS, *(f"error_{kind}" for kind in case.tolerance)]
    rows: list[list[Any]] = []
    absent: dict[str, str] = {}
    with ExitStack() as stack:
        workers: dict[str, Worker] = {}
        for side in case.sides:
            if side.environment in pythons:
                worker = Worker(case, side, pythons[side.environment], threads)
                workers[side.name] = stack.enter_context(worker)
            else:
                absent[side.name] = "its environment could not be made"
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        for scale in case.at:
            sizes = {**case.sizes, case.scale: scale}
            main = scale in case.main
            here = [w for w in workers.values() if w.side.most is None or scale <= w.side.most]
            found, times, failed = _first(case, here, sizes, folder, log)
            absent |= failed
            for name in failed:
                workers.pop(name)
            timed = [w for w in here if w.side.name in times]
            total = sum(times[w.side.name] for w in timed)
            least = 3 if main and total < 30 else 2
            most = MOST_ROUNDS if main else 3
            rounds = min(most, max(least, int(seconds / total)))
            each = ", ".join(f"{name} {taken:.2g} s" for name, taken in times.items())
            log(f"  {case.scale} = {scale}: {rounds} rounds of about {each}", flush=True)
            taken = _rounds(timed, rounds, times)
            for w in timed:
                counts = main or scale == _largest(case, w.side)
                rows.append(_row(w.side, scale, counts, taken, found[w.side.name], case))
    return columns, rows, absent


def _first(
    case: Case, workers: Sequence[Worker], sizes: Mapping[str, int], folder: Path, log: Any
) -> tuple[dict[str, dict[str, Any]], dict[str, float], dict[str, str]]:
    """(memory and errors, seconds, failures) of each side's first run; a quick one runs twice."""
    answers: dict[str, dict[str, Any]] = {}
    probes: dict[str, dict[str, Any]] = {}
    failed: dict[str, str] = {}
    for w in workers:
        name = w.side.name
        where = str(folder / f"{name}.npz")
        try:
            w.ask("prepare", sizes=sizes)
            answers[name] = w.ask("observe", where=where)
            if answers[name]["seconds"] < 5 and w.side.role != "reference":
                answers[name] = w.ask("observe", where=where)  # all is loaded and compiled now
        except Failed as error:
            if w.side.role == "ours":
                raise
            failed[name] = str(error)
            log(f"  {name} left out: {error}", flush=True)
            continue
        with np.load(where) as file:
            probes[name] = dict(file)
    by_role = {w.side.role: w.side.name for w in reversed(workers) if w.side.name in probes}
    judge = by_role.get("reference") or by_role.get("peer")
    found: dict[str, dict[str, Any]] = {}
    times: dict[str, float] = {}
    for w in workers:
        name, role = w.side.name, w.side.role
        if name not in answers or role == "reference":
            continue
        errors: dict[str, float] = {}
        if role != "limit" and judge is not None and name != judge:
            errors = case.errors(probes[name], probes[judge], sizes)
            bad = {k: e for k, e in errors.items() if not e <= case.tolerance[k]}
            if bad:
                said = ", ".join(f"{k} {e:.2g} above {case.tolerance[k]:g}" for k, e in bad.items())
                if role == "ours":
                    raise Failed(f"ours is off at {dict(sizes)}: {said}")
                failed[name] = f"its error is too large: {said}"
                log(f"  {name} left out: {failed[name]}", flush=True)
                continue
        found[name] = {"memory": answers[name]["memory"], "errors": errors}
        times[name] = answers[name]["seconds"]
    return found, times, failed


def _rounds(
    workers: Sequence[Worker], rounds: int, times: Mapping[str, float]
) -> dict[str, list[float]]:
    """Seconds of each side, in turns; each round begins with another side.

    A side that is much faster than the slowest runs up to five times in its turn, and the median
    counts: it has waited long, and the system may have taken back its memory.
    """
    taken: dict[str, list[float]] = {w.side.name: [] for w in workers}
    slowest = max(times[w.side.name] for w in workers)
    for turn in range(rounds):
        shift = turn % len(workers)
        for w in [*workers[shift:], *workers[:shift]]:
            runs = min(5, max(1, int(slowest / (5 * times[w.side.name]))))
            taken[w.side.name].append(w.ask("run", times=runs)["seconds"])
    return taken


def _largest(case: Case, side: Side) -> int | None:
    """The scale that counts for a side that reaches no main one."""
    if side.most is None or min(case.main) <= side.most:
        return None
    return max(scale for scale in case.at if scale <= side.most)


def _row(
    side: Side,
    scale: int,
    main: bool,
    taken: Mapping[str, list[float]],
    found: Mapping[str, Any],
    case: Case,
) -> list[Any]:
    """A row under COLUMNS and the case's kinds of error ('' where there is none)."""
    mine = taken[side.name]
    ours = taken[next(s.name for s in case.sides if s.role == "ours")]
    ratios = [a / b for a, b in zip(mine, ours, strict=True)]
    numbers = [statistics.median(mine), min(mine), max(mine)]
    numbers += [numbers[0] / statistics.median(ours), min(ratios), max(ratios)]
    short = [float(f"{x:.4g}") for x in numbers]
    errors = [found["errors"].get(kind, "") for kind in case.tolerance]
    return [
        *(side.name, side.said, side.role, scale, int(main), len(mine), *short[:3]),
        *(*short[3:], side.reach if main else 0.0, found["memory"]),
        *((side.memory_reach, side.error_reach) if main else (0.0, 0.0)),
        *(e if e == "" else float(f"{e:.3g}") for e in errors),
    ]


def provenance(
    case: Case, pythons: Mapping[str, Path], threads: int, absent: Mapping[str, str], code: str
) -> dict[str, Any]:
    """What the times belong to; ``code``: the commit that the run began with."""
    versions = {name: metadata.version(name) for name in ("torch", "numpy", "scipy")}
    if any(side.environment == "peers" for side in case.sides) and "peers" in pythons:
        names = ("neural-tangents", "jax", "jaxlib")
        program = f"from importlib.metadata import version as v; print(*map(v, {names!r}))"
        told = subprocess.run(
            [str(pythons["peers"]), "-c", program], capture_output=True, text=True, check=True
        )
        versions |= dict(zip(names, told.stdout.split(), strict=True))
    return {
        "command": f"make bench CASE={case.name} RECORD=1",
        "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
        "machine": f"{platform.system()} {platform.machine()}",
        "device": f"{_processor()}, {os.cpu_count()} cores, {threads} used",
        "python": platform.python_version(),
        "versions": versions,
        "code": code,
        "seed": SEED,
        "sizes": dict(case.sizes),
        "title": case.title,
        "scale": case.scale,
        "order": case.order,
        "absent": {s.name: s.why for s in case.sides if s.most} | dict(absent),
    }


def _commit() -> str:
    """The commit, with a + if the code differs from it; empty outside of git.

    To be read before anything is recorded, which changes the tree.
    """
    said = []
    changes = ["status", "--porcelain", "--", "src", "bench"]
    for command in (["rev-parse", "--short=12", "HEAD"], changes):
        done = subprocess.run(
            ["git", *command], cwd=ROOT, capture_output=True, text=True, check=False
        )
        said.append(done.stdout.strip())
    return said[0] + ("+" if said[1] else "")


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor()
    named = (line.split(":")[1].strip() for line in lines if "model name" in line)
    return next(named, platform.processor())


def told(columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> list[str]:
    """A line for each side at the main sizes."""
    lines = []
    for values in rows:
        row = dict(zip(columns, values, strict=True))
        if not row["main"]:
            continue
        line = f"    {row['scale']:>9d} {row['said']:42s} {row['seconds']:9.4g} s"
        if row["role"] != "ours":
            line += f"  ×{row['ratio']:.3g} ({row['ratio_low']:.3g} to {row['ratio_high']:.3g})"
        line += f"  {row['memory'] / 2**20:.4g} MiB"
        errors = {c[6:]: row[c] for c in columns[len(COLUMNS) :] if row[c] != ""}
        lines.append(line + "".join(f"  {kind} {e:.2g}" for kind, e in errors.items()))
    return lines


def main() -> int:
    """The command line; 1 if any case failed."""
    from memorize.book import recorded

    names = [case.name for case in CASES]
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("cases", nargs="*", metavar="CASE", help=f"of {', '.join(names)}")
    parser.add_argument("--peers", type=Path, help="the Python of the peers' environment")
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--seconds", type=float, default=8.0, help="of rounds at a size")
    parser.add_argument("--record", action="store_true", help="keep it for the page")
    options = parser.parse_args()
    if unknown := set(options.cases) - set(names):
        parser.error(f"no case {', '.join(sorted(unknown))}; there are: {', '.join(names)}")
    pythons = {"library": Path(sys.executable)}
    if options.peers is not None and options.peers.exists():
        pythons["peers"] = options.peers
    else:
        print("without the peers' environment: neural-tangents is left out")
    folder = recorded.FOLDER if options.record else ROOT / "_build" / "bench"
    folder.mkdir(parents=True, exist_ok=True)
    status, start, code = 0, time.perf_counter(), _commit()
    for case in CASES:
        if options.cases and case.name not in options.cases:
            continue
        print(f"{case.title} ({case.name}), {time.perf_counter() - start:.0f} s", flush=True)
        try:
            columns, rows, absent = measure(case, pythons, options.threads, options.seconds)
        except Failed as error:
            print(f"  failed: {error}", flush=True)
            status = 1
            continue
        about = provenance(case, pythons, options.threads, absent, code)
        path = recorded.write(f"speed_{case.name}", about, columns, rows, folder)
        print(*told(columns, rows), f"  {path}", sep="\n", flush=True)
    print(f"done in {time.perf_counter() - start:.0f} s")
    return status


if __name__ == "__main__":
    sys.exit(main())
