"""What a chapter records: checks under its rows, one outcome for each row, and the verdict.

The verdict is strict: it holds what no seed, thread count or device changes. The numbers of the
sampled checks are shown, and recorded, apart from it. The ledger reads both from the executed
notebook.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from html import escape
from typing import Any

from IPython.display import display

from memorize import statements
from memorize.book.ledger import NUMBERS, RECORD, checks_html, in_words
from memorize.book.proof import Proof
from memorize.evidence.render import verdict_html
from memorize.evidence.typeset import typeset
from memorize.kernel.evidence import Claim, Evidence, check
from memorize.statements import Statement

__all__ = ["Chapter"]


@dataclass
class _Row:
    """What has been recorded under one statement so far."""

    outcome: str = ""
    why: str = ""
    checks: dict[str, Evidence] = field(default_factory=dict)
    proofs: list[dict[str, Any]] = field(default_factory=list)


class Chapter:
    """The record of one chapter, ``"part/name"``; every statement declared for it needs an outcome.

    Raises ``ValueError`` for a chapter that is unknown or has no statement.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self._statements = {s.id: s for s in statements.of_chapter(name)}
        if not self._statements:
            raise ValueError(f"no statement is declared for chapter {name!r}")
        self._rows = {id: _Row() for id in self._statements}
        self._closed = False

    def check(self, id: str, name: str, claim: Claim, control: Claim) -> None:
        """Check ``claim`` against its ``control``, record it under the row ``id``, and show it.

        Raises ``CheckFailed`` or ``ControlNotRefuted`` as the kernel does, and ``ValueError`` if
        another check of the row bears that name, or the verdict is out.
        """
        row = self._row(id)
        if self._closed and name not in row.checks:
            raise ValueError(f"check {name!r} comes after the verdict; an exercise has exercise()")
        evidence = check(name, claim, control)
        if name in row.checks and row.checks[name].verdict() != evidence.verdict():
            raise ValueError(f"{id} has another check named {name!r} already")
        row.checks[name] = evidence
        _show(verdict_html(evidence), _line(evidence))

    def exercise(self, name: str, claim: Claim, control: Claim) -> None:
        """Check a reader's claim and show the outcome; no row records it. Raises as the kernel."""
        evidence = check(name, claim, control)
        _show(verdict_html(evidence), _line(evidence))

    def evidence(self, id: str, name: str) -> Evidence:
        """The recorded check, with its numbers; raises ``LookupError`` if there is none."""
        checks = self._row(id).checks
        if name not in checks:
            raise LookupError(f"{id} has no check named {name!r}; it has {sorted(checks)}")
        return checks[name]

    def prove(self, id: str, *proofs: Proof) -> None:
        """Record that the theorem is proved by these proofs, one for each part of its formal claim.

        Raises ``ValueError`` if a part is missing or a proof is of something else.
        """
        self._row(id)
        records = self._proofs(id, proofs)
        self._decide(id, "proved", ("theorem",), proofs=records)
        _show_proofs(proofs)

    def define(self, id: str, *proofs: Proof) -> None:
        """Record that the properties claimed of a definition hold: checked, and its formal claims,
        if it has any, proved. Raises ``ValueError`` as ``prove`` does."""
        self._row(id)
        wanted = proofs or self._statements[id].formal
        records = self._proofs(id, proofs) if wanted else []
        self._decide(id, "definition", ("definition",), proofs=records)
        _show_proofs(proofs)

    def conjecture(self, id: str, why: str = "") -> None:
        """Record a conjecture, with the step of a proof that fails unless a check speaks for it."""
        self._decide(id, "conjecture", ("theorem",), why)

    def cite(self, id: str, key: str, where: str) -> None:
        """Record that the statement is taken from ``where`` in the source ``key``, not proved."""
        self._decide(id, "cited", ("theorem", "definition"), f"{where} of {key}")

    def open(self, id: str, why: str) -> None:
        """Record that the statement stays open, and why."""
        self._decide(id, "open", ("theorem", "definition", "figure"), why)

    def verdict(self) -> None:
        """Show and record every row's outcome.

        Raises ``ValueError`` if a row has no outcome, or one that its checks do not support.
        """
        rows = [self._verdict_of(s) for s in self._statements.values()]
        self._closed = True
        record = {"chapter": self.name, "rows": rows}
        plain = "\n".join(f"{r['id']}: {r['outcome']}" for r in rows)
        _show(_verdict_table(rows), plain, {RECORD: record})

    def numbers(self) -> None:
        """Show and record what the samples measured, and the chances that they err.

        Raises ``ValueError`` before the verdict: checks may yet be added.
        """
        if not self._closed:
            raise ValueError("numbers() comes after verdict()")
        rows = {
            id: [e.numbers() for e in row.checks.values() if e.claim.kind == "sample"]
            for id, row in self._rows.items()
        }
        alarm = sum(n["false_alarm"] + n["miss"] for row in rows.values() for n in row)
        record = {"chapter": self.name, "rows": rows}
        plain = f"probability of any false alarm or missed control: at most {alarm:.2g}"
        _show(_numbers_html(rows, f"{plain[0].upper()}{plain[1:]}."), plain, {NUMBERS: record})

    def _row(self, id: str) -> _Row:
        if id not in self._rows:
            home = statements.get(id).chapter
            raise ValueError(f"{id} belongs to chapter {home}, not to {self.name}")
        return self._rows[id]

    def _decide(
        self,
        id: str,
        outcome: str,
        kinds: tuple[str, ...],
        why: str = "",
        proofs: list[dict[str, Any]] | None = None,
    ) -> None:
        row, kind = self._row(id), self._statements[id].kind
        if kind not in kinds:
            raise ValueError(f"{id} is a {kind}: its outcome cannot be {outcome!r}")
        if row.outcome not in ("", outcome):
            raise ValueError(f"{id} has the outcome {row.outcome!r} already, not {outcome!r}")
        row.outcome, row.why, row.proofs = outcome, why, proofs or []

    def _proofs(self, id: str, proofs: tuple[Proof, ...]) -> list[dict[str, Any]]:
        if not all(isinstance(proof, Proof) for proof in proofs):
            raise TypeError("proofs must be made by memorize.book.proof.Proof")
        records = [proof.record() for proof in proofs]
        parts = list(range(max(1, len(self._statements[id].formal))))
        got = [(r["id"], r["part"]) for r in records]
        if sorted(got) != [(id, part) for part in parts]:
            raise ValueError(f"{id} needs a proof of each of its parts {parts}, got {got}")
        return records

    def _verdict_of(self, statement: Statement) -> dict[str, Any]:
        id, row = statement.id, self._rows[statement.id]
        outcome = row.outcome or ("consistent" if row.checks else "")
        if not outcome or (statement.kind == "definition" and outcome == "consistent"):
            raise ValueError(f"{id} ({statement.title}) has no outcome")
        if outcome in ("proved", "definition") and not row.checks:
            raise ValueError(f"{id} is {outcome}, but no check is recorded under it")
        if outcome == "conjecture" and not (row.checks or row.why):
            raise ValueError(f"{id} is a conjecture without a check or a reason")
        return {
            "id": id,
            "title": statement.title,
            "outcome": outcome,
            "why": row.why,
            "uses": sorted({used for proof in row.proofs for used in proof["uses"]}),
            "unchecked": sum(proof["unshown"] for proof in row.proofs),
            "checks": [evidence.verdict() for evidence in row.checks.values()],
            "proofs": row.proofs,
        }


def _show(html: str, plain: str, record: Mapping[str, Any] | None = None) -> None:
    data = {"text/html": html, "text/plain": plain, **(record or {})}
    display(data, raw=True)  # type: ignore[no-untyped-call]


def _show_proofs(proofs: Iterable[Proof]) -> None:
    for proof in proofs:
        display(proof)  # type: ignore[no-untyped-call]


def _line(evidence: Evidence) -> str:
    v = evidence.verdict()
    return (
        f"{v['name']}: {v['claim']}: {v['outcome']}; "
        f"control {v['control']['distance']}: {v['control']['outcome']}"
    )


def _table(kind: str, head: Iterable[str], body: Iterable[str]) -> str:
    cells = "".join(f'<th scope="col">{h}</th>' for h in head)
    return (
        f'<table class="memorize-{kind}"><thead><tr>{cells}</tr></thead>'
        f"<tbody>{''.join(body)}</tbody></table>"
    )


def _verdict_table(rows: list[dict[str, Any]]) -> str:
    """A line for each row: what it says and rests on, its checks, folded, and its outcome."""
    body = []
    for row in rows:
        notes = [typeset(row["why"])] if row["why"] else []
        if row["uses"]:
            notes.append(f"rests on {escape(', '.join(row['uses']))}")
        small = f"<small>{'; '.join(notes)}</small>" if notes else ""
        body.append(
            f'<tr><th scope="row">{escape(row["id"]).replace(".", ".<wbr>")}</th>'
            f"<td>{escape(row['title'])}{small}{checks_html(row['checks'], 'check')}</td>"
            f'<td><span class="memorize-badge {row["outcome"]}">{row["outcome"]}'
            f"{in_words(row['unchecked'])}</span></td></tr>"
        )
    return _table("verdict", ("Row", "Statement", "Outcome"), body)


FACTOR = (
    "<p><em>Refutable factor</em>: the smallest multiple of the bound that this sample does not "
    "refute. Near 1 the sample tests the bound sharply, near 0 hardly at all.</p>"
)


def _numbers_html(rows: Mapping[str, list[dict[str, Any]]], risk: str) -> str:
    """The numbers of all samples, folded, since they are of this run alone."""
    if not any(rows.values()):
        return "<p>No check is a sample.</p>"
    measured = [n["claim"] for checks in rows.values() for n in checks]
    factor = FACTOR if any("refutable factor" in m for m in measured) else ""
    return (
        "<details><summary>Numbers of this run (they change with the seed)</summary>"
        f'{factor}<div class="memorize-scroll" tabindex="0" role="region" '
        f'aria-label="Numbers of this run">{_numbers_table(rows)}</div><p>{risk}</p></details>'
    )


def _numbers_table(rows: Mapping[str, list[dict[str, Any]]]) -> str:
    body = [
        f'<tr><th scope="row">{escape(id)}</th><td>{escape(n["name"])}</td>'
        f"<td>{_told(n['claim'])}</td><td>{_told(n['control'])}</td>"
        f"<td>{n['false_alarm']:.2g}</td><td>{n['miss']:.2g}</td></tr>"
        for id, checks in rows.items()
        for n in checks
    ]
    head = ("Row", "Check", "Claim", "Control", "False alarm", "Missed control")
    return _table("numbers", head, body)


def _told(numbers: Mapping[str, Any]) -> str:
    return "<br>".join(f"{escape(name)}: {escape(_short(v))}" for name, v in numbers.items())


def _short(value: Any, most: int = 6) -> str:
    """A number, list or record at a length that a table can hold."""
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {_short(v)}" for name, v in value.items())
    if isinstance(value, float):
        return f"{value:.4g}"
    if isinstance(value, list | tuple):
        shown = [_short(v) for v in value[:most]]
        return f"[{', '.join(shown)}{', …' if len(value) > most else ''}]"
    return str(value)
