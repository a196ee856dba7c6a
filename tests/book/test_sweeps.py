"""Sweeps: every cell once, whatever interrupts them, and the same results on any workers."""

from __future__ import annotations

import importlib
import json
import os
import pty
import signal
import subprocess
import sys
import termios
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import cells
import pytest
from cells import deadly, failing, process, sweep_of, total

from memorize import phases
from memorize.book import sweeps
from memorize.book.store import Store, StoreError
from memorize.book.sweeps import SweepError, code_version, run

HERE = Path(__file__).parent
GRID = [{"n": n} for n in range(8)]
WAIT = 120  # seconds after which a test that hangs fails


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store(tmp_path / "store.sqlite") as opened:
        yield opened


def plain(rows: list[dict[str, object]]) -> list[tuple[object, ...]]:
    return [(row["n"], row["square"], row["sum"]) for row in rows]


@pytest.fixture(scope="module")
def alone() -> list[tuple[object, ...]]:
    """What the cells give when they are called one after the other."""
    before = sweeps.torch.get_num_threads()
    sweeps.torch.set_num_threads(1)
    found = [(n, *total(n=n, seed=5).values()) for n in range(8)]
    sweeps.torch.set_num_threads(before)
    return found


@pytest.mark.parametrize("jobs", [1, 2, 3])
def test_any_number_of_jobs_gives_the_same(
    store: Store, alone: list[tuple[object, ...]], jobs: int
) -> None:
    threads = sweeps.torch.get_num_threads()
    outcome = run(sweep_of(total), GRID, store, seed=5, jobs=jobs)
    assert (outcome.computed, outcome.found) == (8, 0)
    assert plain(outcome.rows) == alone
    assert sweeps.torch.get_num_threads() == threads


def test_what_is_there_is_not_computed_again(store: Store) -> None:
    sweep = sweep_of(total)
    run(sweep, GRID[:5], store)
    again = run(sweep, GRID, store)
    assert (again.computed, again.found, len(again.rows)) == (3, 5, 8)
    other_seed = run(sweep, GRID, store, seed=1)
    assert (other_seed.computed, other_seed.found) == (8, 0)
    assert {row["seed"] for row in other_seed.rows} == {1}


def test_a_cell_that_comes_twice_is_refused(store: Store) -> None:
    with pytest.raises(ValueError, match="1 cells of squares come twice"):
        run(sweep_of(total), [*GRID, {"n": 3}], store)


def test_jobs_below_one_are_refused(store: Store) -> None:
    with pytest.raises(ValueError, match="jobs must be an integer of at least 1, got 0"):
        run(sweep_of(total), GRID, store, jobs=0)


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_cell_that_fails_is_named_and_the_others_kept(store: Store, jobs: int) -> None:
    with pytest.raises(SweepError, match=r"'n': 3(.|\n)*no such n(.|\n)*cells are in") as told:
        run(sweep_of(failing), GRID[:4], store, jobs=jobs)
    assert f"{len(store.rows('squares'))} of 4 cells" in str(told.value)
    with pytest.raises(ValueError, match="value must be finite"):
        run(sweep_of(failing), GRID[4:5], store)
    assert run(sweep_of(failing), GRID[:3], store).rows
    with pytest.raises(SweepError, match="3 of 4 cells are in"):
        run(sweep_of(failing), GRID[:4], store)


def test_results_must_not_hide_parameters(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cells, "total", lambda n, seed: {"n": 1})
    clash = sweeps.Sweep("squares", "", cells.total, lambda tier: [])
    monkeypatch.setattr(sweeps, "code_version", lambda function: "c")
    with pytest.raises(SweepError, match="names of their own"):
        run(clash, GRID, store)
    monkeypatch.setattr(cells, "total", lambda seconds, seed: {"square": 1})
    clash = sweeps.Sweep("squares", "", cells.total, lambda tier: [])
    with pytest.raises(SweepError, match="names of their own"):
        run(clash, [{"seconds": 1}], store)


def test_a_full_disk_stops_the_sweep_and_it_goes_on(store: Store) -> None:
    store._file.execute("pragma max_page_count = 3")
    grid = [{"n": n} for n in range(60)]
    with pytest.raises(StoreError, match="disk is full"):
        run(sweep_of(total), grid, store)
    kept = len(store.rows("squares"))
    assert 0 < kept < 60
    store._file.execute("pragma max_page_count = 4000")
    outcome = run(sweep_of(total), grid, store)
    assert (outcome.computed, outcome.found) == (60 - kept, kept)


def test_a_worker_that_dies_is_told_and_the_sweep_goes_on(store: Store, tmp_path: Path) -> None:
    grid = [{"n": n, "folder": str(tmp_path), "spare": os.getpid()} for n in range(12)]
    with pytest.raises(SweepError, match=r"a worker died(.|\n)*goes on from there"):
        run(sweep_of(deadly), grid, store, jobs=2)
    kept = len(store.rows("squares"))
    outcome = run(sweep_of(deadly), grid, store, jobs=2)
    assert (outcome.computed, outcome.found) == (12 - kept, kept)
    assert [row["square"] for row in outcome.rows] == [n * n for n in range(12)]


def in_a_process(*arguments: object, **options: object) -> subprocess.Popen[str]:
    command = [sys.executable, str(HERE / "cells.py"), *map(str, arguments)]
    return subprocess.Popen(command, text=True, **options)  # type: ignore[call-overload]


@pytest.mark.parametrize("jobs", [1, 2])
def test_kill_9_loses_no_more_than_was_running(tmp_path: Path, jobs: int) -> None:
    path, count = tmp_path / "store.sqlite", 40
    running = in_a_process(path, tmp_path, count, jobs, stdout=subprocess.PIPE)
    begun = time.monotonic()
    while len(list(tmp_path.glob("*.begun"))) < 12 and time.monotonic() < begun + WAIT:
        time.sleep(0.01)
    running.send_signal(signal.SIGKILL)
    running.communicate(timeout=WAIT)
    time.sleep(2.5)  # its workers see within a second that it is gone, and end
    with Store(path) as store:
        kept = {int(row["n"]) for row in store.rows("squares")}
    marks = {int(p.stem): p.read_text() for p in tmp_path.glob("*.begun")}
    assert 0 < len(kept) < count
    assert kept <= set(marks)
    assert len(marks) < count
    again = in_a_process(path, tmp_path, count, jobs, stdout=subprocess.PIPE)
    said, _ = again.communicate(timeout=WAIT)
    assert said.split() == [str(count - len(kept)), str(len(kept))]
    for n in range(count):
        times = len((tmp_path / f"{n}.begun").read_text())
        assert times == 1 if n in kept else times == 1 + len(marks.get(n, ""))


def test_changed_code_is_told_and_never_mixed(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    sweep = sweep_of(total)
    run(sweep, GRID, store)
    monkeypatch.setattr(sweeps, "code_version", lambda function: "newer")
    with pytest.raises(SweepError, match=r"holds 8 cells of code \w+, but the code is newer now"):
        run(sweep, GRID, store)
    outcome = run(sweep, GRID, store, recompute=True)
    assert (outcome.computed, outcome.found) == (8, 0)
    assert {row["code"] for row in outcome.rows} == {"newer"}
    assert len(store.rows("squares")) == 16


def test_a_worker_with_other_code_is_told(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    versions = iter(["here", "there"])
    monkeypatch.setattr(sweeps, "code_version", lambda function: next(versions))
    with pytest.raises(SweepError, match=r"runs other code \(there, here here\)"):
        run(sweep_of(total), GRID, store)


def test_the_code_of_a_cell_is_all_that_it_reaches(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reached = sweeps._sources("memorize.phases")
    for name in ("phases", "dynamics", "networks", "activations", "runtime", "require", "datasets"):
        assert f"memorize.{name}" in reached
    assert "memorize.nets" not in reached
    assert not [name for name in reached if name.startswith("memorize.book")]
    package = tmp_path / "invented_package"
    package.mkdir()
    (package / "__init__.py").touch()
    (package / "cell.py").write_text("from .deep import value\ndef cell(): return value\n")
    (package / "deep.py").write_text("value = 1\n")
    monkeypatch.syspath_prepend(tmp_path)
    cell = importlib.import_module("invented_package.cell").cell
    before = code_version(cell)
    (package / "deep.py").write_text("value = 2\n")
    assert code_version(cell) == before  # what runs is what was loaded
    sweeps._version_of.cache_clear()
    assert code_version(cell) != before


def test_nobody_watching_sees_no_bar(tmp_path: Path) -> None:
    quiet = in_a_process(tmp_path / "s.sqlite", tmp_path, 3, 1, stderr=subprocess.PIPE)
    _, said = quiet.communicate(timeout=WAIT)
    assert said == ""


def test_a_person_sees_what_is_left(tmp_path: Path) -> None:
    ours, theirs = pty.openpty()
    termios.tcsetwinsize(theirs, (24, 100))
    watched = in_a_process(tmp_path / "s.sqlite", tmp_path, 6, 1, "yes", stderr=theirs)
    watched.wait(timeout=WAIT)
    os.set_blocking(ours, False)
    said = ""
    with suppress(BlockingIOError):
        while True:
            said += os.read(ours, 65536).decode()
    os.close(theirs)
    os.close(ours)
    assert "squares 100%" in said
    assert "6/6 cells" in said
    assert "left]" in said


def test_dask_that_is_not_installed_is_told(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(SweepError, match="needs the packages dask and distributed"):
        run(sweep_of(total), GRID, store, dask="tcp://127.0.0.1:1")


@pytest.fixture(params=[2])
def cluster(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of a Dask scheduler on loopback that has two workers, or so many."""
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join([str(HERE), *filter(None, [os.environ.get("PYTHONPATH")])]),
    }
    file = tmp_path / "scheduler.json"
    common = ["--scheduler-file", str(file)]
    log = open(tmp_path / "cluster.log", "wb")  # noqa: SIM115
    options = {"env": environment, "cwd": tmp_path, "stdout": log, "stderr": log}
    started: list[subprocess.Popen[bytes]] = []

    def start(what: str, *arguments: str) -> None:
        command = [sys.executable, "-m", f"distributed.cli.dask_{what}", *common, *arguments]
        command += ["--host", "127.0.0.1", "--no-dashboard"]
        started.append(subprocess.Popen(command, **options))  # type: ignore[call-overload]

    try:
        start("scheduler", "--port", "0")
        begun = time.monotonic()
        while not file.exists() and time.monotonic() < begun + WAIT:
            time.sleep(0.05)
        for _ in range(request.param):
            start("worker", "--nthreads", "1", "--no-nanny")
        yield json.loads(file.read_text())["address"]
    finally:
        for running in reversed(started):
            running.kill()
            running.wait()
        log.close()


def test_a_dask_cluster_gives_the_same(
    store: Store, alone: list[tuple[object, ...]], cluster: str
) -> None:
    outcome = run(sweep_of(total), GRID, store, seed=5, dask=cluster)
    assert (outcome.computed, outcome.found) == (8, 0)
    assert plain(outcome.rows) == alone
    assert run(sweep_of(total), GRID, store, seed=5).found == 8


@pytest.mark.parametrize("cluster", [1], indirect=True)
def test_one_dask_worker_has_the_cells_too(store: Store, cluster: str) -> None:
    outcome = run(sweep_of(process), GRID, store, dask=cluster)
    (worker,) = {row["process"] for row in outcome.rows}
    assert worker != os.getpid()


def test_a_dask_worker_that_dies_is_made_up_for(store: Store, tmp_path: Path, cluster: str) -> None:
    grid = [{"n": n, "folder": str(tmp_path), "spare": os.getpid()} for n in range(12)]
    outcome = run(sweep_of(deadly), grid, store, dask=cluster)
    assert (tmp_path / "died").exists()
    assert [row["square"] for row in outcome.rows] == [n * n for n in range(12)]


def test_no_scheduler_is_told(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sweeps, "CONNECT", 1)
    with pytest.raises(SweepError, match="no Dask scheduler answers at"):
        run(sweep_of(total), GRID, store, dask="tcp://127.0.0.1:9")


def test_a_cell_of_the_phase_diagrams_is_one_of_a_sweep(store: Store) -> None:
    setting = {"d": 16, "q": 8, "m": 30}
    sweep = sweeps.Sweep("phases", "", phases.trial, lambda tier: [])
    outcome = run(sweep, [{**setting, "replica": r} for r in range(2)], store)
    assert outcome.rows[0]["least"] == phases.trial(**setting, replica=0, seed=0)["least"]
