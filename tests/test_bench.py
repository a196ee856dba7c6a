"""The benchmark: its sides do one task, its results are recorded results. No time is judged."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import cases
import run
import worker
from cases import CASES, Case, Side, Task, relative_errors
from memorize.book import recorded

HERE = {"library": Path(sys.executable)}
SIDES = [(c, s) for c in CASES for s in c.sides if s.environment == "library"]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_all_sides_agree_at_a_tiny_size(case: Case) -> None:
    probes = {}
    for side in case.sides:
        if side.environment == "library":
            task = side.make(case.tiny)
            probes[side.name] = task.probe(task.run())
    roles = {side.role: side.name for side in reversed(case.sides) if side.name in probes}
    judge = probes[roles.get("reference", roles.get("peer", ""))]
    for side in case.sides:
        if side.role in ("ours", "peer") and side.name in probes:
            found = case.errors(probes[side.name], judge, case.tiny)
            assert found.keys() == case.tolerance.keys()
            assert all(found[k] <= case.tolerance[k] for k in found), (side.name, found)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_case_is_whole(case: Case) -> None:
    assert len(case.at) == 4
    assert set(case.main) <= set(case.at)
    assert case.sizes[case.scale] in case.main
    assert case.tiny.keys() == case.sizes.keys()
    roles = [side.role for side in case.sides]
    assert roles.count("ours") == 1
    assert "peer" in roles
    assert len({side.name for side in case.sides}) == len(roles)
    assert all(side.why for side in case.sides if side.most)


def test_the_errors_are_told_apart() -> None:
    known = {"a": np.array([1.0, -4.0])}
    assert relative_errors({"a": np.array([1.0, -4.2])}, known)["a"] == pytest.approx(0.05)


def invented(*sides: Side) -> Case:
    return Case(
        *("invented", "Invented", {"n": 2}, "n", (1, 2), (2,), 1.0),
        (Side("ours", "ours", lambda sizes: Task(lambda: None), "this book"), *sides),
        {"all": 1e-3},
        {"n": 1},
    )


class Answers:
    """A worker that does nothing: its times are given, and so is what it finds."""

    def __init__(self, side: Side, seconds: float, value: float) -> None:
        self.side, self.seconds, self.value = side, seconds, value

    def ask(self, do: str, **more: Any) -> dict[str, Any]:
        if do == "observe":
            np.savez(more["where"], all=np.array([self.value]))
        return {"seconds": self.seconds, "memory": 7}


def first(tmp_path: Path, ours: float, peer: float) -> Any:
    case = invented(
        Side("peer", "peer", lambda sizes: Task(lambda: None), "a peer"),
        Side("exact", "reference", lambda sizes: Task(lambda: None), "the truth"),
    )
    known = dict(zip(("ours", "peer", "exact"), (ours, peer, 1.0), strict=True))
    workers = [Answers(side, 1.0, known[side.name]) for side in case.sides]
    return run._first(case, workers, {"n": 2}, tmp_path, lambda *a, **k: None)  # type: ignore[arg-type]


def test_only_what_is_accurate_is_timed(tmp_path: Path) -> None:
    found, times, failed = first(tmp_path, 1.0001, 1.0)
    assert times.keys() == {"ours", "peer"} == found.keys()
    assert found["ours"]["errors"]["all"] == pytest.approx(1e-4)
    assert not failed
    _, times, failed = first(tmp_path, 1.0, 1.01)
    assert times.keys() == {"ours"}
    assert "too large: all 0.01 above 0.001" in failed["peer"]
    with pytest.raises(run.Failed, match="ours is off at"):
        first(tmp_path, 0.99, 1.0)
    assert not first(tmp_path, 1.0, float("nan"))[1].keys() - {"ours"}


def test_a_side_that_is_much_faster_runs_more_often_in_its_turn() -> None:
    case = invented(Side("peer", "peer", lambda sizes: Task(lambda: None), "a peer"))
    asked: dict[str, list[int]] = {"ours": [], "peer": []}

    class Counting(Answers):
        def ask(self, do: str, **more: Any) -> dict[str, Any]:
            asked[self.side.name].append(more["times"])
            return super().ask(do, **more)

    workers = [Counting(side, 1.0, 1.0) for side in case.sides]
    for ours, runs in ((1.0, 1), (0.05, 4), (0.001, 5)):
        taken = run._rounds(workers, 2, {"ours": ours, "peer": 1.0})  # type: ignore[arg-type]
        assert taken == {"ours": [1.0, 1.0], "peer": [1.0, 1.0]}
        assert asked == {"ours": [runs] * 2, "peer": [1] * 2}
        asked = {"ours": [], "peer": []}


def test_ratios_are_of_medians_and_rounds() -> None:
    case = invented(Side("peer", "peer", lambda sizes: Task(lambda: None), "a peer", reach=2.0))
    taken = {"ours": [1.0, 2.0, 3.0], "peer": [4.0, 4.0, 9.0]}
    found = {"memory": 5, "errors": {"all": 0.0}}
    values = run._row(case.side("peer"), 2, True, taken, found, case)
    row = dict(zip([*run.COLUMNS, "error_all"], values, strict=True))
    assert (row["seconds"], row["ratio"]) == (4.0, 2.0)
    assert (row["ratio_low"], row["ratio_high"], row["rounds"]) == (2.0, 4.0, 3)
    assert (row["reach"], row["memory"], row["error_all"]) == (2.0, 5, 0.0)


def test_a_case_runs_in_processes_of_its_own_and_is_recorded(tmp_path: Path) -> None:
    """Two sides of a real case: rounds in turns, a result that the page can read."""
    case = next(c for c in CASES if c.name == "sgd")
    small = Case(
        *(case.name, case.title, case.tiny, "runs", (2, 3), (3,), 1.0, case.sides[:2]),
        *(case.tolerance, case.tiny),
    )
    said: list[str] = []
    columns, rows, absent = run.measure(small, HERE, 1, 0.01, lambda *a, **k: said.append(a[0]))
    assert not absent
    assert len(rows) == 4
    assert all(dict(zip(columns, row, strict=True))["fastest"] > 0 for row in rows)
    about = run.provenance(small, HERE, 1, absent, "abc")
    recorded.write("speed_sgd", about, columns, rows, tmp_path)
    found = recorded.read("speed_sgd", tmp_path)
    assert found.where(side="loop", main=1).column("scale").tolist() == [3]
    assert len(run.told(columns, rows)) == 2


def test_a_worker_tells_what_failed(monkeypatch: pytest.MonkeyPatch) -> None:
    here = str(Path(worker.__file__))
    commands = '{"do": "prepare", "sizes": {}}\n{"do": "run", "times": 1}\n{"do": "quit"}\n'
    done = subprocess.run(
        [sys.executable, here, "tail", "numpy", "1"], input=commands, capture_output=True, text=True
    )
    answers = [json.loads(line) for line in io.StringIO(done.stdout)]
    assert "KeyError: 'draws'" in answers[0]["failed"]
    assert "AssertionError" in answers[1]["failed"]


@pytest.mark.parametrize(("dtype", "most"), [("float32", 1e-6), ("float64", 1e-14)])
def test_ours_is_accurate_near_the_diagonal(dtype: str, most: float) -> None:
    """Below what arccos leaves, which the case's own tolerance admits."""
    case = next(c for c in CASES if c.name == f"gram_{dtype}")
    ours, exact = (case.side(name).make(case.tiny) for name in ("ours", "exact"))
    found = case.errors(ours.probe(ours.run()), exact.probe(exact.run()), case.tiny)
    assert found["near"] < most


def test_what_is_compared_lies_in_every_block() -> None:
    chosen = cases._spread(2000)
    assert (chosen[0], chosen[-1], len(set(chosen))) == (0, 1999, 64)
    assert int(np.diff(chosen).max()) < 64


def test_each_round_begins_with_another_side() -> None:
    order: list[str] = []

    class Turn(Answers):
        def ask(self, do: str, **more: Any) -> dict[str, Any]:
            order.append(self.side.name + do)
            return super().ask(do, **more)

    sides = [Side(name, "peer", lambda sizes: Task(lambda: None), "") for name in "abc"]
    workers = [Turn(side, float(k), 0.0) for k, side in enumerate(sides)]
    taken = run._rounds(workers, 4, dict.fromkeys("abc", 1.0))  # type: ignore[arg-type]
    assert "".join(order).replace("run", "") == "abcbcacababc"
    assert taken == {"a": [0.0] * 4, "b": [1.0] * 4, "c": [2.0] * 4}


def test_memory_is_what_a_run_adds(tmp_path: Path) -> None:
    held = np.ones(2**22)
    task = Task(lambda: np.ones(2**23).sum() + held[0], lambda total: {"total": total})
    told = worker.observe(task, str(tmp_path / "found.npz"))["memory"]
    assert told == -1 or 2**26 - 2**21 <= told < 2**26 + 2**24
