"""Recorded results: small tables with their provenance, and the command that makes them."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from memorize.book import cli, recorded, sweep_command
from memorize.book.phase_sweeps import SWEEPS
from memorize.book.recorded import Recorded, RecordedError
from memorize.book.sweep_command import chosen
from memorize.phase_grids import GRIDS, PLAIN, SIZES, recorded_as, summary

PROVENANCE = {
    **{"command": "c", "date": "2026-01-01", "machine": "m", "device": "GPU"},
    **{"versions": {"torch": "2"}, "code": "abc", "seed": 0, "sizes": {}},
}
COLUMNS = ["d", "law", "least"]
ROWS = [[64, "sphere", 0.5], [64, "t₃", 0.1 + 0.2], [128, "t₃", -1.0]]


def test_a_result_comes_back_as_it_was(tmp_path: Path) -> None:
    path = recorded.write("one", PROVENANCE, COLUMNS, ROWS, tmp_path)
    assert json.loads(path.read_text(encoding="utf-8"))["rows"] == ROWS
    found = recorded.read("one", tmp_path)
    assert found.column("least").tolist() == [0.5, 0.1 + 0.2, -1.0]
    assert found.where(law="t₃", d=64).rows == ((64, "t₃", 0.1 + 0.2),)
    assert found.distinct("law") == ["sphere", "t₃"]
    assert found.source() == "Recorded on 2026-01-01 by `c` on m (GPU; torch 2), seed 0."
    assert recorded.names(tmp_path) == ["one"]


def test_a_long_list_in_a_command_is_told_by_its_ends(tmp_path: Path) -> None:
    told = {**PROVENANCE, "command": "sweep --only d=1,2,3,4 --only m=10,20,30,40,50 --record"}
    recorded.write("one", told, COLUMNS, ROWS, tmp_path)
    said = recorded.read("one", tmp_path).source()
    assert "`sweep --only d=1,2,3,4 --only m=10,…,50 --record`" in said


def test_what_is_not_there_is_told(tmp_path: Path) -> None:
    recorded.write("one", PROVENANCE, COLUMNS, ROWS, tmp_path)
    found = recorded.read("one", tmp_path)
    with pytest.raises(RecordedError, match="'two'; there are: one"):
        recorded.read("two", tmp_path)
    with pytest.raises(LookupError, match="no column 'q'"):
        found.column("q")
    with pytest.raises(LookupError, match="no column q"):
        found.where(q=1)
    with pytest.raises(LookupError, match="no row with"):
        found.where(d=65)


def test_what_is_malformed_is_refused(tmp_path: Path) -> None:
    less = {name: value for name, value in PROVENANCE.items() if name != "seed"}
    with pytest.raises(RecordedError, match="does not say its seed"):
        recorded.write("one", less, COLUMNS, ROWS, tmp_path)
    with pytest.raises(RecordedError, match="each with 3 values"):
        recorded.write("one", PROVENANCE, COLUMNS, [[1, 2]], tmp_path)
    (tmp_path / "bad.json").write_text("{")
    with pytest.raises(RecordedError, match=r"bad.json is no recorded result"):
        recorded.read("bad", tmp_path)


@pytest.mark.parametrize("name", recorded.names())
def test_the_committed_results_are_whole_and_small(name: str) -> None:
    assert recorded.read(name).rows
    assert (recorded.FOLDER / f"{name}.json").stat().st_size < 150_000


@pytest.mark.parametrize(("name", "tier"), [(n, t) for n in GRIDS for t in ("laptop", "gpu")])
def test_the_committed_results_are_those_of_the_grid(name: str, tier: str) -> None:
    """Each setting that the command asked for, with all its replicas; on a laptop, of all."""
    if tier == "gpu" and recorded_as(name, tier) not in recorded.names():
        pytest.skip(f"{recorded_as(name, tier)} is not recorded yet")
    found = recorded.read(recorded_as(name, tier))
    words = str(found.provenance["command"]).split()
    if words[:3] != ["python", "-m", "memorize.gpu"]:
        assert words[:7] == ["python", "-m", "memorize", "sweep", name, "--tier", tier]
    only = [after for word, after in pairwise(words) if word == "--only"]
    assert tier == "gpu" or not only
    assert_table_of(chosen(list(GRIDS[name](tier)), only), found)


def assert_table_of(cells: Sequence[Mapping[str, Any]], found: Recorded) -> None:
    settings = [*SIZES, *PLAIN]
    there = [found.columns.index(column) for column in (*settings, "replicas")]
    counts = Counter(tuple(cell[s] for s in settings) for cell in cells)
    assert {tuple(row[i] for i in there) for row in found.rows} == {
        (*setting, count) for setting, count in counts.items()
    }
    assert found.provenance.get("cells", len(cells)) == len(cells)


@pytest.mark.parametrize("name", SWEEPS)
def test_every_grid_has_each_cell_once_in_both_tiers(name: str) -> None:
    for tier in ("laptop", "gpu"):
        cells = [tuple(cell.items()) for cell in SWEEPS[name].grid(tier)]
        assert len(cells) == len(set(cells)) > 0


def test_a_summary_counts_and_averages() -> None:
    setting = {"d": 8, "q": 4, "m": 9, "activation": "abs", "initialisation": "first"}
    setting |= {"signs": "balanced", "inputs": "gaussian"}
    told = {"fraction": 1.0, "mean": 0.5, "variance": 1.0, "active": 1.0}
    rows = [{**setting, **told, "everything": k % 2, "least": float(k)} for k in range(3)]
    columns, table = summary(rows)
    assert dict(zip(columns, table[0], strict=True)) == {
        **setting,
        **told,
        **{"replicas": 3, "everything": 1, "least": 1.0, "least_sd": 0.8165},
    }


SMALL = ["sweep", "collapse", "--only", "d=64", "--only", "m=15,21", "--jobs", "1"]


def test_the_command_runs_goes_on_and_records(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def here(name: str, *told: object) -> Path:
        return write(name, *told, tmp_path)  # type: ignore[arg-type]

    write = recorded.write
    monkeypatch.setattr(sweep_command.recorded, "write", here)
    store = ["--store", str(tmp_path / "store.sqlite")]
    assert cli.main([*SMALL, "--only", "replica=0,1", *store]) == 0
    said = capsys.readouterr()
    assert "collapse: 4 cells computed, 0 were in" in said.out
    assert said.err == ""
    assert cli.main([*SMALL, *store, "--record"]) == 0
    assert "collapse: 8 cells computed, 4 were in" in capsys.readouterr().out
    found = recorded.read("collapse", tmp_path)
    assert found.column("replicas").tolist() == [6, 6]
    assert found.provenance["sizes"] == {"d": [64, 64], "q": [16 * 4, 16 * 4], "m": [15, 21]}
    assert "--only d=64 --only m=15,21 --record" in str(found.provenance["command"])
    assert cli.main([*SMALL, *store, "--tier", "gpu", "--record"]) == 0
    assert "collapse: 0 cells computed, 12 were in" in capsys.readouterr().out
    of_gpu = recorded.read("collapse_gpu", tmp_path)
    assert of_gpu.rows == found.rows
    assert "sweep collapse --tier gpu " in str(of_gpu.provenance["command"])
    only = ["d=64", "m=15,21"]
    assert_table_of(chosen(list(GRIDS["collapse"]("gpu")), only), of_gpu)


def test_the_command_lists_the_sweeps(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["sweep"]) == 0
    said = capsys.readouterr().out
    assert all(name in said for name in SWEEPS)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["nothing"], "there is no sweep 'nothing'; there are collapse, "),
        (["collapse", "--only", "d=65"], "expected values among 64, 128"),
        (["collapse", "--only", "z=1"], "expected a NAME among d, q, m"),
        (["collapse", "--only", "d=512", "--only", "q=128"], "no cell has d=512 and q=128"),
        (["collapse", "--jobs", "-1", "--only", "m=15"], "jobs must be an integer of at least 1"),
    ],
)
def test_what_is_asked_wrongly_is_told(
    words: list[str], said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["sweep", *words, "--store", str(tmp_path / "s.sqlite")]) == 2
    assert said in capsys.readouterr().err


def test_a_store_that_is_none_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "s.sqlite").write_bytes(b"x" * 3000)
    assert cli.main([*SMALL, "--store", str(tmp_path / "s.sqlite")]) == 1
    assert "not a store at all" in capsys.readouterr().err


def test_help_explains_itself(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        cli.main(["sweep", "--help"])
    assert ended.value.code == 0
    said = capsys.readouterr().out
    for word in ("--tier", "--store", "--jobs", "--dask", "--device", "--recompute", "examples"):
        assert word in said
