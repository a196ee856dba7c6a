"""One side of one case, in a process of its own: ``python worker.py CASE SIDE THREADS``.

It reads commands as lines of JSON and answers each with one: ``prepare`` (with sizes), ``run`` (so
many times; answers the median of the seconds), ``observe`` (a run whose peak memory and result are
kept), ``quit``.
"""

from __future__ import annotations

import ctypes
import gc
import json
import os
import resource
import statistics
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np

from cases import CASES, Task


def _status(field: str) -> int:
    """A line of /proc/self/status in bytes, or 0 where there is none."""
    with suppress(OSError):
        for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
            if line.startswith(field + ":"):
                return int(line.split()[1]) * 1024
    return 0


def _forget_peak() -> bool:
    """Set the process's peak back to what it holds now; whether the system could."""
    with suppress(OSError, AttributeError):
        ctypes.CDLL("libc.so.6").malloc_trim(0)
    try:
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
    except OSError:
        return False
    return True


def _timed(task: Task) -> tuple[float, Any]:
    start = time.perf_counter()
    output = task.run()
    return time.perf_counter() - start, output


def observe(task: Task, where: str) -> dict[str, Any]:
    """Run once; what it took beside what the process held before, and its result in a file."""
    gc.collect()
    fresh = _forget_peak()
    before = _status("VmRSS")
    seconds, output = _timed(task)
    peak = _status("VmHWM") or resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    np.savez(where, **task.probe(output))
    return {"seconds": seconds, "memory": max(0, peak - before) if fresh and before else -1}


def main(name: str, side: str, threads: int) -> None:
    """Serve until told to quit."""
    with suppress(AttributeError, OSError):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:threads])
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # what a library prints is no answer
    case = next(case for case in CASES if case.name == name)
    make, task = case.side(side).make, None
    for line in sys.stdin:
        command = json.loads(line)
        try:
            answer: dict[str, Any] = {}
            if command["do"] == "quit":
                return
            if command["do"] == "prepare":
                task = None
                gc.collect()
                task = make(command["sizes"])
            elif command["do"] == "run":
                assert task is not None
                taken = [_timed(task)[0] for _ in range(command["times"])]
                answer = {"seconds": statistics.median(taken)}
            else:
                assert task is not None
                answer = observe(task, command["where"])
        except Exception as error:  # told to the driver, who leaves this side out
            answer = {"failed": f"{type(error).__name__}: {error}"}
        answers.write(json.dumps(answer) + "\n")
        answers.flush()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
