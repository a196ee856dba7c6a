"""Time the book: ``make bench-book [RECORD=1]``.

In a copy of the tracked files the book is built from clean, again without a change, after an edit
of prose and after one of src; then its notebooks are run by nbval, one after another and in
parallel. It takes as long as all that takes. No test depends on a time.
"""

from __future__ import annotations

import argparse
import datetime
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path
from typing import Any

from run import ROOT, _commit, _processor

PROSE = "book/tails/nets.md"
SOURCE = "src/memorize/nets.py"
BUILD = ("-m", "memorize.book.build")
NBVAL = ("-m", "pytest", "-q", "--nbval", "--nbval-current-env")
NBVAL_MORE = ("--nbval-kernel-startup-timeout", "600", "book")


class Failed(Exception):
    """A command that was to be timed, and failed."""


def copy(target: Path, root: Path = ROOT) -> None:
    """The files of ``root`` that git tracks, as they are now."""
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=root, capture_output=True, text=True, check=True
    ).stdout
    for name in filter(None, listed.split("\0")):
        if (root / name).is_file():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(root / name, target / name)


def timed(root: Path, *arguments: str) -> float:
    """Seconds of a Python command in ``root``; raises ``Failed`` with what it said."""
    environment = {**os.environ, "PYTHONPATH": str(root / "src")}
    start = time.perf_counter()
    done = subprocess.run(
        [sys.executable, *arguments], cwd=root, env=environment, capture_output=True, text=True
    )
    taken = time.perf_counter() - start
    if done.returncode:
        raise Failed(f"{' '.join(arguments)} failed:\n{done.stdout[-3000:]}{done.stderr[-3000:]}")
    return taken


def append(path: Path, line: str) -> None:
    """Add a line to a file."""
    path.write_text(path.read_text(encoding="utf-8") + f"\n{line}\n", encoding="utf-8")


def measure(root: Path) -> Iterator[tuple[str, float]]:
    """(what, seconds) for each thing that is timed in the copy at ``root``."""
    yield "build from clean", timed(root, *BUILD)
    yield "build with no change", timed(root, *BUILD)
    append(root / PROSE, "One sentence more.")
    yield "build after an edit of prose", timed(root, *BUILD)
    append(root / SOURCE, "# one comment more")
    yield "build after an edit of src", timed(root, *BUILD)
    yield "nbval, one notebook after another", timed(root, *NBVAL, *NBVAL_MORE)
    parallel = ("--numprocesses", "auto", "--dist", "loadfile")
    yield "nbval, in parallel", timed(root, *NBVAL, *parallel, *NBVAL_MORE)


def provenance(pages: int) -> dict[str, Any]:
    """What the times belong to."""
    names = ("torch", "sphinx", "nbval")
    return {
        "command": "make bench-book RECORD=1",
        "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
        "machine": f"{platform.system()} {platform.machine()}",
        "device": f"{_processor()}, {os.cpu_count()} cores",
        "versions": {name: metadata.version(name) for name in names},
        "code": _commit(),
        "seed": int(os.environ.get("MEMORIZE_SEED", "0")),
        "sizes": {"pages with code": pages},
    }


def main() -> int:
    """The command line."""
    from memorize.book import notebooks, recorded, speed

    parser = argparse.ArgumentParser(prog="make bench-book", description=__doc__)
    parser.add_argument("--record", action="store_true", help="keep it for the page")
    options = parser.parse_args()
    rows: list[tuple[str, float]] = []
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "book"
        copy(root)
        about = provenance(len(notebooks.pages(root)))
        try:
            for what, seconds in measure(root):
                print(f"{what}: {seconds:.1f} s", flush=True)
                rows.append((what, round(seconds, 1)))
        except Failed as error:
            print(error, file=sys.stderr)
            return 1
    target = recorded.FOLDER if options.record else ROOT / "_build" / "bench"
    target.mkdir(parents=True, exist_ok=True)
    print(recorded.write(speed.BOOK, about, ["what", "seconds"], rows, target))
    return 0


if __name__ == "__main__":
    sys.exit(main())
