"""The tables and the figure of "How fast", from results that are recorded, or are not yet."""

from __future__ import annotations

import math
import re
from html import unescape
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import pytest

from cases import CASES
from memorize.book import recorded, speed
from memorize.gpu_jobs import JOBS
from run import COLUMNS

ABOUT: dict[str, Any] = {
    **{"command": "c", "date": "2026-01-01", "machine": "m", "device": "two cores"},
    **{"versions": {"torch": "2"}, "code": "abc", "seed": 0, "title": "t", "order": 2.0},
    **{"scale": "n", "absent": {"slow": "it is <too> slow"}},
}
NAMES = [*COLUMNS, "error_near"]


def row(side: str, role: str, scale: int, seconds: float, **more: Any) -> list[Any]:
    """A row of a recorded result."""
    usual: dict[str, Any] = dict.fromkeys(NAMES, 0)
    usual |= {"side": side, "said": f"{side} & co", "role": role, "scale": scale, "rounds": 3}
    usual |= {"main": int(scale == 40), "seconds": seconds, "error_near": ""}
    return [(usual | more)[name] for name in NAMES]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    rows = [
        row("ours", "ours", 10, 0.01),
        row("ours", "ours", 20, 0.04),
        row("ours", "ours", 40, 0.16, memory=2**20, error_near=1e-7),
        row("peer", "peer", 20, 1.0),
        row(
            *("peer", "peer", 40, 8.0),
            **{"ratio": 50.0, "ratio_low": 40.0, "ratio_high": 60.0, "reach": 2.5},
            **{"memory": 3 * 2**30, "error_near": 1e-4},
        ),
        row(
            *("bare", "limit", 40, 0.08),
            **{"ratio": 0.5, "ratio_low": 0.4, "ratio_high": 0.8, "reach": 1.2, "memory": -1},
        ),
    ]
    about = {**ABOUT, "sizes": {"n": 40, "d": 7}}
    recorded.write("speed_finite", about, NAMES, rows, tmp_path)
    return tmp_path


def test_the_page_knows_the_benchmark_s_cases() -> None:
    assert dict(speed.CASES) == {case.name: case.title for case in CASES}


def test_what_is_recorded_is_shown_and_the_rest_said_to_be_missing(folder: Path) -> None:
    found = speed.results(folder)
    assert [name for name, result in found.items() if result] == ["finite"]
    table = speed.speed_table(found)
    assert table.count(speed.NOT_YET) == len(CASES) - 1
    text = re.sub("<[^>]*>", " ", table)
    assert "50 40 … 60; asked 2.5" in text
    assert "2 times its time 1.2 … 2.5; asked 1.2" in text  # ours takes twice as long as the limit
    assert "1\u00a0MiB 3\u00a0GiB" in text
    assert "1.0e\u201107 1.0e\u201104" in text
    assert "0.16\u00a0s 8\u00a0s" in text
    assert "it is &lt;too&gt; slow" in table
    assert "peer &amp; co" in table
    assert "d = 7" in text


def test_exponents_stand_beside_the_expected_ones(folder: Path) -> None:
    assert speed.exponent([1, 2, 4], [3, 12, 48]) == pytest.approx(2)
    assert math.isnan(speed.exponent([1], [3]))
    text = re.sub("<[^>]*>", " ", speed.scaling_table(speed.results(folder)))
    assert "2.00 expected 2" in text
    assert "3.00 expected 2" in text
    assert "– expected 2" in text


def test_what_is_missed_is_told_with_what_the_limit_allows(folder: Path) -> None:
    said = unescape(re.sub("<[^>]*>", "", speed.missed(speed.results(folder))))
    title = speed.CASES["finite"]
    assert said == f"{title}, bare & co: 2 times its time, asked 1.2."
    found = recorded.read("speed_finite", folder)
    ratio, reach = found.columns.index("ratio"), found.columns.index("reach")
    rows = [list(r) for r in found.rows]
    for r in rows:
        if r[reach] == 2.5:
            r[ratio] = 2.4
        elif r[reach] == 1.2:
            r[ratio] = 0.9
    recorded.write("speed_finite", found.provenance, found.columns, rows, folder)
    said = unescape(re.sub("<[^>]*>", "", speed.missed(speed.results(folder))))
    assert said == (f"{title}, peer & co: 2.4 times as fast (bare & co: 100), asked 2.5.")
    memory, error = (found.columns.index(name) for name in ("memory_reach", "error_reach"))
    for r in rows:
        if r[reach] == 2.5:
            r[ratio], r[memory], r[error] = 2.6, 0.0003, 1001.0
    recorded.write("speed_finite", found.provenance, found.columns, rows, folder)
    said = unescape(re.sub("<[^>]*>", "", speed.missed(speed.results(folder))))
    assert said == (
        f"{title}, peer & co: 0.00 of its memory, asked 0.0003."
        f"{title}, peer & co: an error 1000 times smaller, asked 1001."
    )
    assert "Nothing" in speed.missed(speed.results(folder / "empty"))


def test_the_figure_shows_a_row_for_each_comparison(folder: Path, tmp_path: Path) -> None:
    figure = speed.draw(speed.results(folder))
    labels = [text.get_text() for text in figure.axes[0].get_yticklabels()]
    assert labels == ["finite: peer & co (40)", "finite: bare & co (40)"]
    plt.close(figure)
    (tmp_path / "empty").mkdir()
    figure = speed.draw(speed.results(tmp_path / "empty"))
    assert [text.get_text() for text in figure.axes[0].texts] == [speed.NOT_YET]
    plt.close(figure)


def test_the_book_s_times_and_the_sources(folder: Path, tmp_path: Path) -> None:
    assert speed.NOT_YET in speed.book_table(folder)
    rows = [("build from clean", 250.0), ("build with no change", 1.5)]
    about = {**ABOUT, "sizes": {"pages with code": 3}}
    recorded.write(speed.BOOK, about, ["what", "seconds"], rows, folder)
    table = speed.book_table(folder)
    assert "4.2\u00a0min" in table
    assert "1.5\u00a0s" in table
    said = speed.sources(speed.results(folder))
    assert "finite: 2026-01-01, two cores; torch 2; commit abc." in said
    (tmp_path / "none").mkdir()
    assert speed.NOT_YET in speed.sources(speed.results(tmp_path / "none"))


def test_what_is_committed_can_be_shown() -> None:
    found = speed.results()
    assert speed.speed_table(found)
    assert speed.scaling_table(found)
    assert speed.book_table()
    assert speed.gpu_table()
    plt.close(speed.draw(found))


def test_the_gpu_tier_has_a_row_a_job(tmp_path: Path) -> None:
    about = {**ABOUT, "device": "a GPU", "command": "python -m memorize.gpu"}
    about["sizes"] = {"d": 8192, "m": 4096, "part": 3, "more": 1}
    about |= {"seconds": 90.0, "memory": 3 * 2**30}
    recorded.write("gpu_step", {**about, "share": 0.876}, ["d"], [[1]], tmp_path)
    recorded.write("gpu_sums", about, ["d"], [[1]], tmp_path)
    some = {name: value for name, value in about.items() if name != "memory"}
    some["command"] = "python -m memorize sweep collapse --tier gpu --only d=1024"
    recorded.write("collapse_gpu", some, ["d"], [[1]], tmp_path)
    html = speed.gpu_table(tmp_path)
    rows = {job.name: line_of(html, job.title) for job in JOBS}
    assert cells_of(rows["gpu_step"]) == [
        "90\u00a0s",
        "88 %<small>asked 85 % of a GPU's</small>",
        "3\u00a0GiB",
    ]
    assert cells_of(rows["gpu_sums"]) == ["90\u00a0s", "–<small></small>", "3\u00a0GiB"]
    assert cells_of(rows["collapse_gpu"]) == ["90\u00a0s", "–<small></small>", "–"]
    assert "a GPU, some of its cells" in rows["collapse_gpu"]
    assert f"<small>{ABOUT['date']}, a GPU, m = 4,096</small>" in rows["gpu_step"]
    missing = [row for name, row in rows.items() if not recorded.find(name, tmp_path)]
    assert len(missing) == len(JOBS) - 3
    assert all(cells_of(row)[0] == speed.NOT_YET for row in missing)
    asked = [name for name, row in rows.items() if "asked 80 %" in row]
    assert asked == [f"gpu_figure_one_{source}" for source in ("mnist", "cifar", "sphere")]
    assert {job.chapter for job in JOBS} == set(re.findall(r"<small>(\w+/\w+)</small></th>", html))


def line_of(html: str, title: str) -> str:
    """The one row of the table with this title."""
    (line,) = (row for row in html.split("<tr>") if f"<td>{title}<" in row)
    return line


def cells_of(line: str) -> list[str]:
    """What its cells hold, without the first."""
    return re.findall(r"<td>(.*?)</td>", line)[1:]
