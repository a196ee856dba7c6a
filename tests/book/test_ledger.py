"""The ledger: statuses that look through all that a row rests on, and refusals."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from invented import check, recorded

from memorize.book import ledger, notebooks
from memorize.book.ledger import NUMBERS, RECORD, STATUSES, LedgerError

pytestmark = pytest.mark.usefixtures("invented")


def statuses(records: list[dict[str, Any]]) -> dict[str, str]:
    return {e.statement.id: e.status for e in ledger.build(records)}


def numbers(chapter: str, id: str, name: str, alarm: float, miss: float) -> dict[str, Any]:
    told = {"name": name, "claim": {}, "control": {}, "false_alarm": alarm, "miss": miss}
    return {"chapter": chapter, "rows": {id: [told]}}


def test_what_ran_is_green_and_the_rest_is_open() -> None:
    book = ledger.build(recorded())
    assert {e.statement.id: e.status for e in book} == {
        "G.def": "definition",
        "G.one": "proved",
        "G.two": "proved",
        "B.three": "proved",
        "N.four": "open",
    }
    assert [e.green for e in book] == [True, True, True, True, False]
    assert book.totals | {"rows": 5} == {
        "rows": 5,
        "green": 4,
        **dict.fromkeys(STATUSES, 0),
        "proved": 3,
        "definition": 1,
        "open": 1,
        "checks": 4,
        "unchecked": 3,
    }


@pytest.mark.parametrize("weak", ["cited", "consistent", "conjecture", "open"])
def test_a_weak_row_weakens_all_that_rests_on_it(weak: str) -> None:
    changed = recorded(G_one={"outcome": weak})
    book = ledger.build(changed)
    assert statuses(changed) == {
        "G.def": "definition",
        "G.one": weak,
        "G.two": weak,
        "B.three": weak,
        "N.four": "open",
    }
    assert book["B.three"].outcome == "proved"
    assert book["B.three"].held == ("G.two",)
    assert not book["B.three"].green


def test_what_rests_on_an_unwritten_chapter_is_open() -> None:
    assert statuses(recorded(B_three={"uses": ["N.four", "G.one"]}))["B.three"] == "open"


def test_the_weakest_of_several_decides() -> None:
    changed = recorded(
        G_def={"outcome": "cited"},
        G_one={"outcome": "conjecture", "uses": []},
        G_two={"uses": ["G.def", "G.one"]},
    )
    assert statuses(changed)["G.two"] == "conjecture"


def test_a_circle_is_refused_and_shown() -> None:
    with pytest.raises(LedgerError, match=r"G\.one → B\.three → G\.two → G\.one"):
        ledger.build(recorded(G_one={"uses": ["B.three"]}))


def test_a_row_that_rests_on_itself_is_refused() -> None:
    with pytest.raises(LedgerError, match=r"G\.one → G\.one"):
        ledger.build(recorded(G_one={"uses": ["G.one"]}))


def test_a_use_of_an_unknown_row_is_refused() -> None:
    with pytest.raises(LedgerError, match=r"G\.one uses \['G\.zero'\]"):
        ledger.build(recorded(G_one={"uses": ["G.zero"]}))


def test_a_record_of_other_rows_is_refused() -> None:
    stale = recorded()
    stale[0]["rows"].pop()
    with pytest.raises(LedgerError, match=r"tails/nets declares .*G\.two.* run make notebooks"):
        ledger.build(stale)


def test_risks_add_up() -> None:
    told = [
        numbers("tails/nets", "G.one", "a", 5e-10, 4e-10),
        numbers("kernels/vector_features", "B.three", "b", 5e-10, 0.0),
    ]
    assert ledger.build(recorded(), told).risk == pytest.approx(14e-10)


@pytest.mark.parametrize("alarm", [1.1e-6, float("nan")])
def test_a_risk_above_the_budget_is_refused(alarm: float) -> None:
    with pytest.raises(LedgerError, match="above the book's budget of 1e-06"):
        ledger.build(recorded(), [numbers("tails/nets", "G.one", "a", alarm, 0.0)])


def test_a_sample_that_does_not_tell_its_risk_is_refused() -> None:
    sampled = recorded(G_one={"checks": [check("drawn", "sample")]})
    with pytest.raises(
        LedgerError, match=r"no numbers are recorded for the sample 'drawn' of G\.one"
    ):
        ledger.build(sampled)
    told = [numbers("tails/nets", "G.one", "drawn", 5e-10, 5e-10)]
    assert ledger.build(sampled, told)["G.one"].green


def test_an_unknown_row_is_refused_with_near_ones() -> None:
    with pytest.raises(LookupError, match=r"did you mean .*G\.one"):
        ledger.build(recorded())["G.once"]


def test_json_says_what_the_checks_and_controls_said() -> None:
    told = ledger.build(recorded())["G.one"].as_json()
    assert told == {
        "id": "G.one",
        "title": "The title of G.one",
        "paper": "G",
        "number": "Lemma 1",
        "chapter": "tails/nets",
        "status": "proved",
        "green": True,
        "uses": ["G.def"],
        "checks": [
            {
                "name": "a check",
                "kind": "identity",
                "claim": "x ≤ 2",
                "outcome": "proved",
                "control": {
                    "claim": "x ≤ 1.9",
                    "distance": "C: 2 → 1.9 (5.00%)",
                    "outcome": "refuted",
                },
            }
        ],
        "displayed_relations_without_check": 3,
    }


TEXT = """---
jupytext:
  text_representation:
    extension: .md
    format_name: myst
---
# Nets

```{code-cell}
1
```
"""


def notebook(*outputs: dict[str, Any]) -> str:
    cells = [{"cell_type": "code", "outputs": [{"data": data} for data in outputs]}]
    return json.dumps({"cells": cells})


@pytest.fixture
def page(tmp_path: Path) -> notebooks.Page:
    """A chapter's text in an otherwise empty repository."""
    found = notebooks.Page(tmp_path, "tails/nets")
    found.text.parent.mkdir(parents=True)
    found.text.write_text(TEXT, encoding="utf-8")
    return found


def test_nothing_executed_is_all_open(page: notebooks.Page) -> None:
    book = ledger.load(page.root)
    assert book.totals["open"] == 5
    assert book.source() == "no chapter has been executed"


def test_reads_the_execution_if_it_is_up_to_date_else_the_pair(page: notebooks.Page) -> None:
    told = {NUMBERS: {"chapter": "tails/nets", "rows": {}}}
    page.pair.write_text(notebook({RECORD: recorded()[0]}, told), encoding="utf-8")
    book = ledger.load(page.root)
    assert book["G.two"].green
    assert book.source() == "tails/nets read from the committed notebooks"

    page.executed.parent.mkdir(parents=True)
    ran = recorded(G_two={"outcome": "conjecture"})[0]
    page.executed.write_text(notebook({RECORD: ran}, told), encoding="utf-8")
    for key, status, source in (
        (
            notebooks.key(page, notebooks.surroundings(page.root)),
            "conjecture",
            "tails/nets read from this machine's executions",
        ),
        ("of older sources", "proved", "tails/nets read from the committed notebooks"),
    ):
        record = notebooks.Record(key, notebooks.setting(), seconds=1.0)
        page.record.write_text(json.dumps(record.__dict__), encoding="utf-8")
        book = ledger.load(page.root)
        assert (book["G.two"].status, book.source()) == (status, source)


@pytest.mark.parametrize("count", [0, 2])
def test_a_chapter_gives_its_verdict_exactly_once(page: notebooks.Page, count: int) -> None:
    page.pair.write_text(notebook(*[{RECORD: recorded()[0]}] * count), encoding="utf-8")
    with pytest.raises(
        LedgerError, match=r"tails/nets must call its Chapter's verdict\(\) exactly"
    ):
        ledger.load(page.root)


def test_a_chapter_gives_its_numbers(page: notebooks.Page) -> None:
    page.pair.write_text(notebook({RECORD: recorded()[0]}), encoding="utf-8")
    with pytest.raises(LedgerError, match=r"numbers\(\) exactly once"):
        ledger.load(page.root)


def test_a_record_of_another_chapter_is_refused(page: notebooks.Page) -> None:
    page.pair.write_text(notebook({RECORD: recorded()[1]}), encoding="utf-8")
    with pytest.raises(LedgerError, match="kernels/vector_features"):
        ledger.load(page.root)
