"""The registry: every statement of the papers, once; clear refusals."""

from __future__ import annotations

from typing import Any

import pytest

from memorize import statements
from memorize.statements import CHAPTERS, PAPERS, PARTS, Statement, declare, model

PAPERS_STATEMENTS = """
G.psi G.L2.1 G.L2.2 G.L2.3 G.L2.4 G.L2.5 G.L2.6 G.T3 G.T4 G.T5 G.F8 T.matrix T.isoperimetry
N.E1 Y.D6 F.E3 N.min N.T1 N.T2 N.RFS N.C3 N.R N.T4 N.T4.loss N.conc F.LC.3
G.L6 G.C10 G.L9 G.L11.1 G.L11.2 G.C12 G.C13 G.L7 G.T1
N.A1 Y.D5 Y.A2 Y.T8 Y.A3 Y.T9 Y.T7 N.T5 N.T6 N.lower.m N.lower.M Y.D4 Y.E1 N.T7 Y.T1 Y.T2 Y.T3
F.T3.1 F.LC.1 F.LC.2 F.T4.1 F.Fig1 F.E11 F.L5.3 F.DB.1 F.TB.1 F.L5.4 F.D5.1 F.R5.1 F.T5.1 F.C5.2
F.E10 F.Fig2 F.LE.1 F.T6.1 F.C6.2 F.X6.1 F.X6.2 F.X6.3 F.X6.4
"""

FIELDS: dict[str, Any] = {
    "id": "B.new",
    "title": "New",
    "paper": "B",
    "chapter": "tails/nets",
    "kind": "theorem",
}


def test_every_statement_of_the_papers_is_declared_and_nothing_else_but_the_books_own() -> None:
    ids, theirs = {s.id for s in statements.all()}, set(PAPERS_STATEMENTS.split())
    assert theirs <= ids
    assert all(id.startswith("B.") for id in ids - theirs)


def test_papers_statements_say_where_they_are_printed() -> None:
    for s in statements.all():
        assert s.paper == "B" or s.number, s.id
        assert (s.paper == "B") == s.id.startswith("B."), s.id


def test_order_is_the_books() -> None:
    chapters = [CHAPTERS.index(s.chapter) for s in statements.all()]
    assert chapters == sorted(chapters)
    assert {c.partition("/")[0] for c in CHAPTERS} == set(PARTS)


def test_anchors_differ_even_where_ids_differ_in_case_alone() -> None:
    anchors = [s.anchor for s in statements.all()]
    assert len(set(anchors)) == len(anchors)
    assert statements.get("N.lower.m").anchor != statements.get("N.lower.M").anchor


def test_an_id_is_declared_once() -> None:
    with pytest.raises(ValueError, match=r"'G.F8' is declared twice"):
        declare(Statement(**{**FIELDS, "id": "G.F8", "paper": "G"}))


def test_an_unknown_id_is_refused_with_near_ones() -> None:
    with pytest.raises(LookupError, match=r"no statement 'G.L21'.*did you mean G\.L2\.1"):
        statements.get("G.L21")


def test_an_unknown_chapter_is_refused_with_near_ones() -> None:
    with pytest.raises(ValueError, match=r"no chapter 'tails/net'.*did you mean tails/nets"):
        statements.of_chapter("tails/net")


@pytest.mark.parametrize(
    ("field", "value", "expected"),
    [
        ("id", "psi", "a capital letter and parts joined by dots"),
        ("id", "B.é", "a capital letter"),
        ("title", "", "a few words"),
        ("paper", "Z", f"one of {', '.join(PAPERS)}"),
        ("chapter", "tails/knots", "a chapter of the book"),
        ("kind", "lemma", "'definition', 'theorem' or 'figure'"),
        ("changed", "why?", "said exactly where printed is"),
        ("erratum", True, "the false wording"),
        ("counterexample", "six points", "empty unless the printed form is false"),
    ],
)
def test_a_bad_field_is_refused_by_name(field: str, value: Any, expected: str) -> None:
    with pytest.raises(ValueError, match=expected):
        Statement(**{**FIELDS, field: value})


def test_of_chapter_keeps_the_order_of_declaration(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(model, "_REGISTRY", {})
    for id in ("B.z", "B.a"):
        declare(Statement(**{**FIELDS, "id": id}))
    assert [s.id for s in statements.of_chapter("tails/nets")] == ["B.z", "B.a"]
    assert statements.of_chapter("tails/sums") == ()
