"""``python -m memorize``: the ledger and the bounds."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from invented import TAIL, recorded

from memorize.book import cli, ledger


@pytest.fixture(autouse=True)
def _known(invented: object, monkeypatch: pytest.MonkeyPatch) -> None:
    book = ledger.build(recorded(), sources={"tails/nets": "committed"})
    monkeypatch.setattr(ledger, "load", lambda root: book)


def test_the_table_has_every_row_and_the_totals(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["ledger"]) == 0
    said = capsys.readouterr().out
    for words in (
        "G.one    ✓ proved      G Lemma 1",
        "uses G.def",
        "steps in words: 3",
        "N.four   ○ open",
        "[sgd/polynomials]",
        "4 of 5 rows green: 3 proved, 1 definition, 0 cited, 0 consistent, 0 conjecture, 1 open",
        "tails/nets read from the committed notebooks",
    ):
        assert words in said


def test_json_is_a_list_of_records(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["ledger", "--format", "json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert [r["id"] for r in told] == ["G.def", "G.one", "G.two", "B.three", "N.four"]
    assert {frozenset(r) for r in told} == {
        frozenset(
            (
                "id",
                "title",
                "paper",
                "number",
                "chapter",
                "status",
                "green",
                "uses",
                "checks",
                "displayed_relations_without_check",
            )
        )
    }


def test_bound_prints_statement_terms_value_and_crossings(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert cli.main(["bound", "G.one", "--t", "2", "--d=1"]) == 0
    said = capsys.readouterr().out
    for words in (
        "Of G.one: $x\\le 2$.",
        "t = 2              threshold",
        "A = 2              exponent",
        r"\Pr(\|X\|\ge t) ≤ 0.2706705665",
        "not vacuous: without the statement one knows only 1",
        "t: turns vacuous at 0.8325546112, going down",
    ):
        assert words in said


def test_bound_as_json_is_the_evaluation(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["bound", "G.one", "--t", "2", "--format", "json"]) == 0
    told = json.loads(capsys.readouterr().out)
    found = TAIL.evaluate(t=2)
    assert (told["bound"], told["terms"], told["vacuous"]) == (found.value, found.terms, False)
    assert told["parameters"] == {"t": 2, "K": 1, "d": 2}
    assert [c["at"] for c in told["crossings"]] == [c.at for c in found.crossings]


def test_bound_alone_lists_those_that_have_one(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["bound"]) == 0
    said = capsys.readouterr().out
    assert "G.one      Lemma 1 (The title of G.one): --t 3 --K 1 --d 2" in said
    assert "G.two" not in said


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["bound", "G.on"], "no statement 'G.on' is declared; did you mean G.one"),
        (["bound", "G.two"], "G.two has no bound"),
        (["bound", "G.one", "--q", "2"], "unknown parameter 'q'"),
        (["bound", "G.one", "--d", "1.5"], "d must be an integer in [1, ∞), got 1.5"),
        (["bound", "G.one", "--t", "two"], "t must be a number, got 'two'"),
        (["bound", "G.one", "--t"], "options come as --NAME NUMBER"),
        (["bound", "G.one", "t", "2"], "expected --NAME NUMBER, each name once, got 't'"),
        (["bound", "G.one", "--t", "2", "--t", "3"], "each name once, got '--t'"),
        (["bound", "G.one", "--format", "xml"], "format must be text or json"),
    ],
)
def test_a_wrong_request_is_refused_with_a_reason(
    capsys: pytest.CaptureFixture[str], arguments: list[str], message: str
) -> None:
    assert cli.main(arguments) == 2
    said = capsys.readouterr()
    assert message in said.err
    assert said.out == ""


def test_runs_as_a_module(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "memorize", "ledger", "--root", str(tmp_path)]
    ran = subprocess.run(command, capture_output=True, text=True, check=True)
    assert "no chapter has been executed" in ran.stdout
