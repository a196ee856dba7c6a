"""The page "How fast": tables and a figure from what ``make bench`` and ``make bench-book`` record.

A case that has no recorded result is said to be not yet recorded. All times, ratios and sizes come
from the files; the only thing computed here is the exponent fitted to a side's times.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from html import escape
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from memorize.book import figures, recorded
from memorize.book.recorded import Recorded
from memorize.gpu_jobs import JOBS
from memorize.gpu_work import Job
from memorize.statements.model import CHAPTERS

__all__ = [
    "BOOK",
    "CASES",
    "book_table",
    "draw",
    "exponent",
    "gpu_table",
    "missed",
    "results",
    "scaling_table",
    "sources",
    "speed_table",
]

CASES: Mapping[str, str] = {
    "gram_float32": "Gram matrix of the tangent kernel, single precision",
    "gram_float64": "Gram matrix of the tangent kernel, double precision",
    "finite": "Gram matrix of a finite network's tangent kernel",
    "step": "One gradient step, single precision",
    "sgd": "SGD, an ensemble of runs",
    "descent_float32": "Full-batch gradient descent, single precision",
    "descent_float64": "Full-batch gradient descent, double precision",
    "tail": "Tails of sums of 64 uniform terms, by sampling",
    "spectrum": "Least eigenvalue and complexity measure",
}
"""The cases of bench/cases.py, in its order."""

BOOK = "speed_book"
"""The recorded result of ``make bench-book``."""

NOT_YET = "not yet recorded"

Row = dict[str, Any]


def results(folder: Path = recorded.FOLDER) -> dict[str, Recorded | None]:
    """The recorded result of each case, None where there is none."""
    return {name: recorded.find(f"speed_{name}", folder) for name in CASES}


def exponent(scales: Iterable[float], seconds: Iterable[float]) -> float:
    """The slope of ln seconds against ln scale by least squares; NaN for fewer than two scales."""
    x, y = np.log(list(scales)), np.log(list(seconds))
    return float(np.polyfit(x, y, 1)[0]) if len(x) > 1 else math.nan


def speed_table(found: Mapping[str, Recorded | None]) -> str:
    """For each case what ours is compared with: times as fast, memory, errors, as HTML."""
    lines = []
    for name, result in found.items():
        if result is None:
            lines.append(_spanning(CASES[name], NOT_YET))
            continue
        lines.append(_spanning(CASES[name], _sizes(result)))
        for row in _counting(result):
            if row["role"] == "ours":
                continue
            ours = _ours(result, row["scale"])
            scale = f"{result.provenance['scale']} = {row['scale']:,}"
            lines.append(
                "<tr>"
                f"<td>{escape(str(row['said']))}<small>{escape(scale)}</small></td>"
                f"<td>{_seconds(ours['seconds'])}<small>{_seconds(row['seconds'])}</small></td>"
                f"<td>{_compared(row)}</td>"
                f"<td>{_memory(ours['memory'])}<small>{_theirs(row)}</small></td>"
                f"<td>{_error(ours)}<small>{_error(row)}</small></td>"
                "</tr>"
            )
        missing = result.provenance.get("absent")
        for side, why in (missing if isinstance(missing, Mapping) else {}).items():
            lines.append(f'<tr><td colspan="5"><small>{escape(f"{side}: {why}")}</small></td></tr>')
    head = (
        "beside",
        "time<small>ours, theirs</small>",
        "times as fast<small>range; asked</small>",
        "memory<small>ours, theirs</small>",
        "error<small>ours, theirs</small>",
    )
    return _table(head, lines, "Times beside peers and limits")


def missed(found: Mapping[str, Recorded | None]) -> str:
    """What was asked and is not reached, each with what the limit would allow, as HTML."""
    items = [
        f"<b>{escape(CASES[name])}</b>, {escape(str(row['said']))}: {said}."
        for name, result in found.items()
        if result is not None
        for row in _counting(result)
        if row["role"] != "ours"
        for said in _shortfalls(row, _ours(result, row["scale"]), _counting(result))
    ]
    if not items:
        return "<p>Nothing that was asked and is recorded is missed.</p>"
    return f"<ul>{''.join(f'<li>{item}</li>' for item in items)}</ul>"


def _shortfalls(row: Row, ours: Row, rows: list[Row]) -> Iterator[str]:
    """What of that which was asked beside this side is missed: time, memory, error."""
    if row["reach"] and float(row["ratio"]) < _asked(row):
        if row["role"] == "limit":
            yield f"{1 / row['ratio']:.4g} times its time, asked {row['reach']:g}"
        else:
            best = "".join(
                f" ({escape(str(limit['said']))}: {_short(row['seconds'] / limit['seconds'])})"
                for limit in rows
                if limit["role"] == "limit" and limit["scale"] == row["scale"]
            )
            yield f"{row['ratio']:.4g} times as fast{best}, asked {row['reach']:g}"
    if row.get("memory_reach") and ours["memory"] > row["memory_reach"] * row["memory"]:
        share = ours["memory"] / row["memory"]
        yield f"{share:.2f} of its memory, asked {row['memory_reach']:g}"
    if row.get("error_reach"):
        kind = next(name for name in row if name.startswith("error_") and name != "error_reach")
        if row[kind] < row["error_reach"] * ours[kind]:
            times = _short(row[kind] / ours[kind])
            yield f"an error {times} times smaller, asked {row['error_reach']:g}"


def scaling_table(found: Mapping[str, Recorded | None]) -> str:
    """For each case and side the exponent of its times beside the expected one, as HTML."""
    lines = []
    for name, result in found.items():
        if result is None:
            lines.append(_spanning(CASES[name], NOT_YET, 4))
            continue
        about = result.provenance
        for side in result.distinct("side"):
            rows = [r for r in _rows(result) if r["side"] == side]
            scales = [r["scale"] for r in rows]
            slope = exponent(scales, [r["seconds"] for r in rows])
            measured = "–" if math.isnan(slope) else f"{slope:.2f}"
            task = escape(CASES[name]) if rows[0]["role"] == "ours" else ""
            lines.append(
                f"<tr><td>{task}</td><td>{escape(str(rows[0]['said']))}</td>"
                f"<td>{escape(str(about['scale']))} = {min(scales):,} … {max(scales):,}</td>"
                f"<td>{measured}<small>expected {about['order']:g}</small></td></tr>"
            )
    return _table(("task", "side", "sizes", "exponent"), lines, "How the times grow")


def book_table(folder: Path = recorded.FOLDER) -> str:
    """What the book's own builds and tests take, as HTML."""
    result = recorded.find(BOOK, folder)
    if result is None:
        return f"<p>The book's own times are {NOT_YET}.</p>"
    lines = [
        f"<tr><td>{escape(str(r['what']))}</td><td>{_seconds(r['seconds'])}</td></tr>"
        for r in _rows(result)
    ]
    about = escape(_plain(result.source()))
    return _table(("what", "time"), lines, "Times of the book") + f"<p>{about}</p>"


def gpu_table(folder: Path = recorded.FOLDER) -> str:
    """The jobs of ``make gpu``: time, share of the device's rate, memory, as HTML.

    A dash stands where no products of matrices were timed, or memory was not measured. Sizes are
    told where they are others than the job's.
    """
    lines: list[str] = []
    chapter = ""
    for job in sorted(JOBS, key=lambda job: CHAPTERS.index(job.chapter)):
        if job.chapter != chapter:
            chapter = job.chapter
            lines.append(_spanning(chapter.partition("/")[2].replace("_", " "), chapter, 4))
        result = recorded.find(job.name, folder)
        told, share, memory, about = NOT_YET, "–", "–", ""
        if result is not None:
            p: Mapping[str, Any] = result.provenance
            told = _seconds(p["seconds"])
            share = f"{100 * p['share']:.0f} %" if "share" in p else "–"
            memory = _memory(p["memory"]) if "memory" in p else "–"
            other = [f"{k} = {n:,}" for k, n in p["sizes"].items() if _differs(job, k, n)]
            part = ["some of its cells"] if "--only" in p["command"] else other
            about = ", ".join([p["date"], p["device"], *part])
        asked = f"asked {100 * job.asked:.0f} % of a GPU's" if job.asked else ""
        lines.append(
            f"<tr><td>{escape(job.title)}<small>{escape(about)}</small></td><td>{told}</td>"
            f"<td>{share}<small>{asked}</small></td><td>{memory}</td></tr>"
        )
    head = ("job", "time", "share of the device's rate", "memory")
    return _table(head, lines, "The gpu tier")


def _differs(job: Job, name: str, size: object) -> bool:
    """Whether a size of a recorded result is another than the job's; ``part`` changes no result.

    A sweep's command records lists of sizes, and its cells are told otherwise.
    """
    return isinstance(size, int) and name != "part" and size != job.sizes.get(name, size)


def sources(found: Mapping[str, Recorded | None]) -> str:
    """Where the numbers come from: one sentence for each way they came about, as HTML."""
    told: dict[str, list[str]] = {}
    for name, result in found.items():
        if result is not None:
            p = result.provenance
            versions = p["versions"]
            with_ = ", ".join(f"{k} {v}" for k, v in dict(versions).items())  # type: ignore[call-overload]
            said = f"{p['date']}, {p['device']}; {with_}; commit {p['code'] or 'unknown'}"
            told.setdefault(said, []).append(name)
    if not told:
        return f"<p>All of it is {NOT_YET}.</p>"
    items = "".join(f"<li>{escape(', '.join(ns))}: {escape(s)}.</li>" for s, ns in told.items())
    return f"<ul>{items}</ul>"


def draw(found: Mapping[str, Recorded | None]) -> Figure:
    """How many times as long each peer and each limit takes, with what was asked."""
    rows = [
        (name.replace("_", " "), row)
        for name, result in found.items()
        if result is not None
        for row in _counting(result)
        if row["role"] != "ours"
    ]
    figure, (ax,) = figures.new(height=max(1.6, 0.36 * len(rows) + 0.9))
    for role, series in (("peer", "blue"), ("limit", "red")):
        at = [i for i, (_, row) in enumerate(rows) if row["role"] == role]
        chosen = [rows[i][1] for i in at]
        if not chosen:
            continue
        style = figures.STYLES[series]
        middle = np.array([r["ratio"] for r in chosen], dtype=float)
        ends = np.array([[r["ratio_low"], r["ratio_high"]] for r in chosen], dtype=float).T
        ends = np.stack([np.minimum(ends[0], middle), np.maximum(ends[1], middle)])
        ax.errorbar(
            middle,
            at,
            xerr=np.abs(ends - middle),
            linestyle="none",
            marker=style.marker,
            color=style.color,
            elinewidth=1,
            label={"peer": "a peer", "limit": "the limit"}[role],
        )
    asked = [(_asked(row), i) for i, (_, row) in enumerate(rows) if row["reach"]]
    if asked:
        ax.plot(*zip(*asked, strict=True), "|", color="#141414", markersize=12, label="asked")
    ax.set_yticks(
        range(len(rows)), [f"{what}: {row['said']} ({row['scale']:,})" for what, row in rows]
    )
    ax.set_ylim(max(len(rows), 1) - 0.5, -0.5)
    ax.set_xscale("log")
    figures.guide(ax, x=1.0)
    ax.set_xlabel("its time over ours")
    if rows:
        figure.legend(loc="outside upper right", ncol=3)
    else:
        ax.text(0.5, 0.5, NOT_YET, ha="center", transform=ax.transAxes)
    return figure


def _rows(result: Recorded) -> list[Row]:
    return [dict(zip(result.columns, row, strict=True)) for row in result.rows]


def _counting(result: Recorded) -> list[Row]:
    """The rows that count: at the main sizes, ours first."""
    return [row for row in _rows(result) if row["main"]]


def _ours(result: Recorded, scale: int) -> Row:
    return next(r for r in _rows(result) if r["role"] == "ours" and r["scale"] == scale)


def _asked(row: Row) -> float:
    """What was asked, as a ratio of their time to ours."""
    reach = float(row["reach"])
    return reach if row["role"] == "peer" else 1 / reach


def _compared(row: Row) -> str:
    """A peer: times as fast as it. A limit: our time in units of it."""
    middle, low, high = (float(row[k]) for k in ("ratio", "ratio_low", "ratio_high"))
    asked = f"; asked {float(row['reach']):g}" if row["reach"] else ""
    if row["role"] == "peer":
        return f"{_short(middle)}<small>{_short(low)} … {_short(high)}{asked}</small>"
    inverse = f"{_short(1 / high)} … {_short(1 / low)}{asked}"
    return f"{_short(1 / middle)} times its time<small>{inverse}</small>"


def _sizes(result: Recorded) -> str:
    sizes = result.provenance["sizes"]
    assert isinstance(sizes, Mapping)
    scale = result.provenance["scale"]
    return ", ".join(f"{k} = {v:,}" for k, v in sizes.items() if k != scale)


def _short(x: float) -> str:
    return f"{x:.0f}" if x >= 99.5 else f"{x:.2g}" if x < 9.95 else f"{x:.3g}"


def _seconds(x: float) -> str:
    if x >= 100:
        return f"{x / 60:.1f}\u00a0min"
    return f"{x:.3g}\u00a0s" if x >= 0.1 else f"{1000 * x:.3g}\u00a0ms"


def _memory(size: float) -> str:
    if size < 0:
        return "–"
    gib = size >= 2**30
    return f"{size / 2**30:.2g}\u00a0GiB" if gib else f"{size / 2**20:.3g}\u00a0MiB"


def _theirs(row: Row) -> str:
    """The memory of a peer; most limits work in memory that they were given."""
    return "–" if row["role"] == "limit" else _memory(row["memory"])


def _error(row: Row) -> str:
    """The first kind of error, which is the one that the case is about."""
    for name, value in row.items():
        if name.startswith("error_") and name != "error_reach" and value != "":
            # A hyphen at which no line ends.
            return f"{value:.2g}" if value >= 0.01 else f"{value:.1e}".replace("-", "\u2011")
    return "–"


def _plain(text: str) -> str:
    return text.replace("`", "")


def _spanning(title: str, more: str, columns: int = 5) -> str:
    said = f"{escape(title)}<small>{escape(more)}</small>"
    return f'<tr><th scope="rowgroup" colspan="{columns}">{said}</th></tr>'


def _table(head: Iterable[str], lines: Iterable[str], label: str) -> str:
    cells = "".join(f'<th scope="col">{name}</th>' for name in head)
    return (
        f'<div class="memorize-scroll" tabindex="0" role="region" aria-label="{escape(label)}">'
        f'<table class="table memorize-speed"><thead><tr>{cells}</tr></thead>'
        f"<tbody>{''.join(lines)}</tbody></table></div>"
    )
