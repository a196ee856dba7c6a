"""The ledger: what stands, worked out from the records that the executed chapters left.

A row's own outcome is what its chapter recorded. Its status looks further: a row is green, that is
proved or a definition that holds, only if all it rests on is green; else it has the status of the
weakest row that it rests on. Nothing here is written by hand.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

from memorize import statements
from memorize.evidence.typeset import typeset
from memorize.statements import CHAPTERS, Statement

__all__ = [
    "BUDGET",
    "MARKS",
    "STATUSES",
    "Entry",
    "Ledger",
    "LedgerError",
    "build",
    "checks_html",
    "in_words",
    "load",
]

RECORD = "application/vnd.memorize.record+json"
NUMBERS = "application/vnd.memorize.numbers+json"
BUDGET = 1e-6

# From the strongest to the weakest; the first two are green.
STATUSES = ("proved", "definition", "cited", "consistent", "conjecture", "open")
GREEN = STATUSES[:2]
MARKS = dict(zip(STATUSES, "✓≔”≈?○", strict=True))  # so that colour is never needed


class LedgerError(Exception):
    """The records contradict each other, the declarations, or the budget of false alarms."""


@dataclass(frozen=True)
class Entry:
    """A row: its statement, what its chapter recorded of it, and its status in the whole book.

    ``unchecked`` counts the steps of its proofs that are in words, without a check beside them;
    ``held`` names the weaker rows that keep its status below its own outcome.
    """

    statement: Statement
    outcome: str
    status: str
    uses: tuple[str, ...] = ()
    held: tuple[str, ...] = ()
    checks: tuple[Mapping[str, Any], ...] = ()
    unchecked: int = 0
    why: str = ""

    @property
    def said(self) -> str:
        """The status with its mark, and how many steps in words it rests on."""
        return f"{MARKS[self.status]} {self.status}{in_words(self.unchecked)}"

    @property
    def green(self) -> bool:
        """Whether it stands: it and all that it rests on."""
        return self.status in GREEN

    def as_json(self) -> dict[str, Any]:
        """The row as the command line prints it."""
        s = self.statement
        return {
            "id": s.id,
            "title": s.title,
            "paper": s.paper,
            "number": s.number,
            "chapter": s.chapter,
            "status": self.status,
            "green": self.green,
            "uses": list(self.uses),
            "checks": [_told(check) for check in self.checks],
            "displayed_relations_without_check": self.unchecked,
        }


@dataclass(frozen=True)
class Ledger:
    """All rows, in the book's order; where each chapter's record came from; the chance of error.

    ``sources`` maps a chapter to ``"executed"`` or ``"committed"``; chapters without a record are
    not in it. ``risk`` bounds the probability that any check of the book errs in one run.
    """

    entries: tuple[Entry, ...]
    sources: Mapping[str, str]
    risk: float

    def __iter__(self) -> Iterator[Entry]:
        return iter(self.entries)

    def __getitem__(self, id: str) -> Entry:
        statements.get(id)  # an unknown id: an error that suggests near ones
        return next(entry for entry in self.entries if entry.statement.id == id)

    @property
    def totals(self) -> dict[str, int]:
        """Counts: rows, green ones, each status, checks, steps in words."""
        by_status = Counter(entry.status for entry in self)
        return {
            "rows": len(self.entries),
            "green": sum(entry.green for entry in self),
            **{status: by_status[status] for status in STATUSES},
            "checks": sum(len(entry.checks) for entry in self),
            "unchecked": sum(entry.unchecked for entry in self),
        }

    def source(self) -> str:
        """Where the records were read, in a sentence."""
        words = {
            "executed": "read from this machine's executions",
            "committed": "read from the committed notebooks",
        }
        said = [
            f"{', '.join(names)} {words[source]}"
            for source in words
            if (names := [chapter for chapter in CHAPTERS if self.sources.get(chapter) == source])
        ]
        return "; ".join(said) or "no chapter has been executed"

    def digest(self) -> str:
        """A name for all that the pages show of it."""
        shown = [(e.as_json(), e.outcome, e.held, e.why, repr(e.statement.printed)) for e in self]
        return hashlib.sha256(json.dumps([shown, self.risk]).encode()).hexdigest()


def build(
    records: Iterable[Mapping[str, Any]],
    numbers: Iterable[Mapping[str, Any]] = (),
    sources: Mapping[str, str] | None = None,
) -> Ledger:
    """The ledger of chapters' records and of the numbers beside them.

    Raises ``LedgerError`` for a row that is not its chapter's, a use of an unknown row, a cycle of
    uses, a chapter with samples but without numbers, and a risk above ``BUDGET``.
    """
    declared = {s.id: s for s in statements.all()}
    rows: dict[str, Mapping[str, Any]] = {}
    for record in records:
        _same_rows(record)
        rows |= {row["id"]: row for row in record["rows"]}
    for id, row in rows.items():
        if unknown := [used for used in row["uses"] if used not in declared]:
            raise LedgerError(f"{id} uses {unknown}, which nobody declared")
    uses = {id: tuple(rows[id]["uses"]) if id in rows else () for id in declared}
    own = {id: rows[id]["outcome"] if id in rows else "open" for id in declared}
    status = _statuses(own, uses)
    entries = []
    for id, statement in declared.items():
        row = rows.get(id, {})
        entries.append(
            Entry(
                statement,
                own[id],
                status[id],
                uses[id],
                tuple(u for u in uses[id] if _rank(status[u]) > _rank(own[id])),
                tuple(row.get("checks", ())),
                row.get("unchecked", 0),
                row.get("why", ""),
            )
        )
    return Ledger(tuple(entries), dict(sources or {}), _risk(rows, numbers))


def load(root: Path) -> Ledger:
    """The ledger of the repository at ``root``: from its executions where these are up to date,
    else from the committed notebooks.

    Raises ``LedgerError`` as ``build`` does, and for a chapter that records no verdict.
    """
    from memorize.book import notebooks

    around = notebooks.surroundings(root)
    records, numbers, sources = [], [], {}
    for page in notebooks.pages(root):
        if page.name not in CHAPTERS:
            continue
        if notebooks.is_current(page, notebooks.key(page, around)):
            path, sources[page.name] = page.executed, "executed"
        elif page.pair.exists():
            path, sources[page.name] = page.pair, "committed"
        else:
            continue
        outputs = list(_outputs(json.loads(path.read_text(encoding="utf-8"))))
        records.append(_only(page.name, RECORD, "verdict()", outputs))
        numbers.append(_only(page.name, NUMBERS, "numbers()", outputs))
    return build(records, numbers, sources)


def _outputs(notebook: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """The data of every output of a notebook."""
    for cell in notebook["cells"]:
        for output in cell.get("outputs", ()):
            yield output.get("data", {})


def _only(
    chapter: str, mime: str, maker: str, outputs: Iterable[Mapping[str, Any]]
) -> Mapping[str, Any]:
    found: list[Mapping[str, Any]] = [data[mime] for data in outputs if mime in data]
    if len(found) != 1 or found[0]["chapter"] != chapter:
        raise LedgerError(
            f"{chapter} must call its Chapter's {maker} exactly once, but its notebook has "
            f"{[record['chapter'] for record in found]}"
        )
    return found[0]


def _same_rows(record: Mapping[str, Any]) -> None:
    chapter = record["chapter"]
    declared = [s.id for s in statements.of_chapter(chapter)]
    recorded = [row["id"] for row in record["rows"]]
    if sorted(declared) != sorted(recorded):
        raise LedgerError(
            f"{chapter} declares {sorted(declared)} but its notebook records {sorted(recorded)}: "
            "run make notebooks"
        )


def _rank(status: str) -> int:
    """0 for the green ones, then the weaker the higher."""
    return 0 if status in GREEN else STATUSES.index(status)


def _statuses(own: Mapping[str, str], uses: Mapping[str, tuple[str, ...]]) -> dict[str, str]:
    """Each row's own outcome, or the status of the weakest row that it rests on.

    Raises ``LedgerError`` that shows the circle, if rows rest on each other.
    """
    status: dict[str, str] = {}

    def settle(id: str, path: tuple[str, ...]) -> str:
        if id in path:
            raise LedgerError(f"rows rest on each other: {' → '.join((*path, id))}")
        if id not in status:
            below = [settle(used, (*path, id)) for used in uses[id]]
            status[id] = max([own[id], *below], key=_rank)
        return status[id]

    for id in own:
        settle(id, ())
    return status


def _risk(rows: Mapping[str, Mapping[str, Any]], numbers: Iterable[Mapping[str, Any]]) -> float:
    """The sum of all false alarms and missed controls; every check must have told its own."""
    risks: dict[tuple[str, str], float] = {
        (id, check["name"]): check["false_alarm"] + check["miss"]
        for chapter in numbers
        for id, checks in chapter["rows"].items()
        for check in checks
    }
    for id, row in rows.items():
        for check in row["checks"]:
            if check["kind"] == "sample" and (id, check["name"]) not in risks:
                raise LedgerError(
                    f"no numbers are recorded for the sample {check['name']!r} of {id}"
                )
    total = sum(risks.values())
    if not total <= BUDGET:
        raise LedgerError(
            f"the checks' false alarms and missed controls add up to {total:.3g}, "
            f"above the book's budget of {BUDGET:g}"
        )
    return total


def _told(check: Mapping[str, Any]) -> dict[str, Any]:
    control = check["control"]
    return {
        **{key: check[key] for key in ("name", "kind", "claim", "outcome")},
        "control": {key: control[key] for key in ("claim", "distance", "outcome")},
    }


def in_words(steps: int) -> str:
    """What a badge adds for steps in words: ", 6 steps in words", or nothing."""
    return f", {steps} step{'' if steps == 1 else 's'} in words" if steps else ""


def checks_html(checks: Iterable[Mapping[str, Any]], noun: str = "") -> str:
    """The checks of a row and what became of their controls, folded behind their number, with
    ``noun`` for what is counted."""
    items = [
        f"<li>{escape(c['kind'])}, {escape(c['name'])}: {typeset(c['claim'])}: "
        f"<b>{escape(c['outcome'])}</b>. Control, {typeset(c['control']['distance'])}: "
        f"<b>{escape(c['control']['outcome'])}</b>.</li>"
        for c in checks
    ]
    if not items:
        return ""
    many = "" if len(items) == 1 else "s"
    count = f"{len(items)} {noun}{many}" if noun else f"{len(items)}"
    return f"<details><summary>{count}</summary><ul>{''.join(items)}</ul></details>"
