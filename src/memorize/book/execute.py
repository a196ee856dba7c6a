"""The one execution: run every page with code that is out of date, each once, in parallel.

``python -m memorize.book.execute [--root DIR] [--jobs N]``

A page is out of date when its code, a source of the library, the lock, the data, the seed or the
tier changed since its last execution; its prose is no reason. What has run is kept at once, so a
run that is killed loses only the pages that were running.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import re
import sys
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from nbformat import NotebookNode

from memorize.book import notebooks
from memorize.book.notebooks import Page, Record

BUILD = Path("_build")
HANG = 1800  # seconds; no verdict depends on it, a kernel that hangs is ended after it
ONE_THREAD = {f"{library}_NUM_THREADS": "1" for library in ("OMP", "MKL", "OPENBLAS", "NUMEXPR")}
QUIET = {"TQDM_DISABLE": "1", "PYDEVD_DISABLE_FILE_VALIDATION": "1"}
IPYTHON = BUILD / "ipython"  # an empty profile: nobody's own start-up files


@dataclass(frozen=True)
class Failure:
    """A page that did not run to its end, and where and why it stopped."""

    page: str
    where: str
    source: str
    reason: str


class ExecutionFailed(Exception):
    """Some pages did not run to their end; the others are kept."""

    def __init__(self, failures: list[Failure]) -> None:
        super().__init__(", ".join(failure.page for failure in failures))
        self.failures = failures


def execute(root: Path, jobs: int | None = None) -> list[str]:
    """Run the pages that are out of date and bring all pairs up to the text.

    Returns the names of the pages that ran. Raises ``ExecutionFailed`` if one of them did not run
    to its end, and ``ValueError`` if ``jobs`` is below 1.
    """
    jobs = default_jobs() if jobs is None else jobs
    if jobs < 1:
        raise ValueError(f"jobs must be at least 1, got {jobs}")
    everything = notebooks.pages(root)
    _forget_others(root, everything)
    around = notebooks.surroundings(root)
    keys = {page.name: notebooks.key(page, around) for page in everything}
    stale = [page for page in everything if not notebooks.is_current(page, keys[page.name])]
    stale.sort(key=_last_seconds, reverse=True)  # the longest first: they end the run sooner
    failures = _run_all(stale, keys, jobs) if stale else []
    failed = {failure.page for failure in failures}
    for page in everything:
        if page.name not in failed:
            notebooks.refresh(page)
    if failures:
        raise ExecutionFailed(failures)
    return [page.name for page in stale]


def default_jobs() -> int:
    """``MEMORIZE_JOBS``, or one process a core that this process may use."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return int(os.environ.get("MEMORIZE_JOBS", cores or 1))


def run_page(page: Page, key: str) -> Failure | float:
    """Execute one page and keep the result; returns the seconds it took, or how it failed."""
    from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError

    notebook, begun = notebooks.read(page), list[NotebookNode]()
    start = time.perf_counter()
    try:
        _run_cells(notebook, page, begun)
    except (CellExecutionError, CellTimeoutError, DeadKernelError) as error:
        page.record.unlink(missing_ok=True)
        return _failure(page, begun, error)
    seconds = time.perf_counter() - start
    record = Record(key, notebooks.setting(), round(seconds, 2))
    notebooks.save(page, notebook, record)
    return seconds


def report(failures: list[Failure], colour: bool) -> str:
    """What a person needs to mend the failures: page, cell, source, traceback."""
    parts = []
    for failure in failures:
        text = f"{failure.page}: {failure.where} failed\n\n{failure.source}\n\n{failure.reason}"
        parts.append(text if colour else re.sub(r"\x1b\[[0-9;]*m", "", text))
    rule = "-" * 78
    return f"\n{rule}\n".join(["", *parts, "did not run: " + ", ".join(f.page for f in failures)])


def kernel_environment(root: Path) -> dict[str, str]:
    """What a kernel's environment must hold: one thread, no progress bars, no personal start-up."""
    return {**ONE_THREAD, **QUIET, "IPYTHONDIR": str(root / IPYTHON)}


@contextmanager
def alone(root: Path) -> Iterator[None]:
    """Let one run at a time work in ``_build``; another one waits."""
    import fcntl

    (root / BUILD).mkdir(exist_ok=True)
    with open(root / BUILD / ".lock", "w", encoding="utf-8") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print("waiting for another run to end", flush=True)
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def interrupted() -> int:
    """What to say, and the exit status, when a person stops a run."""
    print("\ninterrupted; what had been executed is kept", file=sys.stderr)
    return 130


def main(arguments: list[str] | None = None) -> int:
    """The command line; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m memorize.book.execute", description=__doc__)
    parser.add_argument("--root", type=Path, default=Path.cwd(), help="the repository's root")
    parser.add_argument("--jobs", type=int, help="how many pages run at a time")
    options = parser.parse_args(arguments)
    root = options.root.resolve()
    try:
        with alone(root):
            ran = execute(root, options.jobs)
    except ExecutionFailed as error:
        print(report(error.failures, sys.stderr.isatty()), file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return interrupted()
    print(f"executed: {', '.join(ran) or 'nothing, all pages are up to date'}")
    return 0


def _run_all(pages: list[Page], keys: Mapping[str, str], jobs: int) -> list[Failure]:
    """Run the pages in kernels of their own; here is only what talks with them."""
    from memorize.book import forks

    start = time.perf_counter()
    if forks.load(page.text for page in pages):
        print(f"  the library was loaded in {time.perf_counter() - start:.1f} s", flush=True)
    pool = ThreadPoolExecutor(min(jobs, len(pages)))
    try:
        waiting = {pool.submit(run_page, page, keys[page.name]): page for page in pages}
        failures = []
        for done in as_completed(waiting):
            result, name = done.result(), waiting[done].name
            if isinstance(result, Failure):
                failures.append(result)
                print(f"  {name}  FAILED at {result.where}", flush=True)
            else:
                print(f"  {name}  {result:.1f} s", flush=True)
    except BaseException:
        pool.shutdown(wait=False, cancel_futures=True)
        for kernel in multiprocessing.active_children():
            kernel.kill()  # its thread sees it and ends
        raise
    pool.shutdown()
    return sorted(failures, key=lambda failure: failure.page)


def _run_cells(notebook: NotebookNode, page: Page, begun: list[NotebookNode]) -> None:
    """Execute in place; each code cell is put into ``begun`` as it begins."""
    from nbclient import NotebookClient
    from traitlets.config import Config

    from memorize.book.forks import ThisPython

    with TemporaryDirectory() as sockets:
        # Sockets in a folder: processes that start kernels at one time would race for ports.
        transport = {"transport": "ipc", "ip": f"{sockets}/kernel"}
        client = NotebookClient(
            notebook,
            kernel_manager_class=ThisPython,
            config=Config(KernelManager=transport),
            timeout=HANG,
            record_timing=False,
            coalesce_streams=True,  # how prints fall into messages differs from run to run
            on_cell_execute=lambda cell, cell_index: begun.append(cell),
            resources={"metadata": {"path": str(page.text.parent)}},
        )
        client.execute(env={**os.environ, **kernel_environment(page.root)})
    notebook.metadata["language_info"] = {"name": "python"}


def _failure(page: Page, begun: list[NotebookNode], error: Exception) -> Failure:
    """What stopped the page in the last cell that began."""
    if not begun:
        return Failure(page.name, "the start of its kernel", "", str(error))
    cell = begun[-1]
    errors = [output for output in cell.outputs if output.output_type == "error"]
    reason = "\n".join(errors[0].traceback) if errors else f"{type(error).__name__}: {error}"
    text = page.text.read_text(encoding="utf-8")
    line = text[: max(text.find(cell.source), 0)].count("\n") + 1
    where = f"code cell {len(begun)} (book/{page.name}.md, line {line})"
    return Failure(page.name, where, cell.source, reason)


def _last_seconds(page: Page) -> float:
    record = notebooks.recorded(page)
    return record.seconds if record is not None else float("inf")


def _forget_others(root: Path, pages: list[Page]) -> None:
    """Remove executions whose page is gone: the ledger must not read them."""
    kept = {path for page in pages for path in (page.executed, page.record)}
    for path in (root / notebooks.EXECUTED).rglob("*"):
        if path.is_file() and path not in kept:
            with suppress(FileNotFoundError):
                path.unlink()


if __name__ == "__main__":
    sys.exit(main())
