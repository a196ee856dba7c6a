"""The chapter object: what it records, what it shows, what it refuses."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import pytest

from memorize.book import Chapter, chapter, ledger
from memorize.book.ledger import NUMBERS, RECORD
from memorize.book.proof import Proof, algebra
from memorize.kernel import (
    CheckFailed,
    Claim,
    ControlNotRefuted,
    Finding,
    Outcome,
    Sequent,
    evidence,
    fixed,
)
from memorize.statements import model

pytestmark = pytest.mark.usefixtures("invented")


@dataclass(frozen=True, kw_only=True)
class AtMost(Claim):
    """x ≤ C, decided by looking."""

    kind: ClassVar[str] = "exact run"
    text: str = "<x> ≤ {C}"
    x: int = 2

    def decide(self) -> Finding:
        outcome = Outcome.PROVED if self.x <= self.constants["C"] else Outcome.REFUTED
        return Finding(
            outcome,
            {"looked at": "x"},
            {"x": self.x * 1.5, "row": list(range(20)), "ends": {"low": 1 / 3}},
        )


@dataclass(frozen=True, kw_only=True)
class Sampled(AtMost):
    """The same from a sample."""

    kind: ClassVar[str] = "sample"

    def decide(self) -> Finding:
        found = super().decide()
        outcome = Outcome.REFUTED if found.outcome == Outcome.REFUTED else Outcome.CONSISTENT
        return Finding(outcome, found.strict, found.numbers, false_alarm=3e-10, miss=2e-10)


CLAIM = AtMost(constants={"C": 2})
CONTROL = CLAIM.but(C=1)
SAMPLE = Sampled(constants={"C": 2})


@pytest.fixture(autouse=True)
def _admit(monkeypatch: pytest.MonkeyPatch) -> None:
    toys = {f"{__name__}.{kind.__name__}" for kind in (AtMost, Sampled)}
    monkeypatch.setattr(evidence, "PROCEDURES", evidence.PROCEDURES | toys)


def proof(id: str) -> Proof:
    made = Proof(id)
    made.prose("Look at it.")
    return made.qed()


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> list[Mapping[str, Any]]:
    """What the chapter displayed."""
    outputs: list[Mapping[str, Any]] = []

    def display(data: Any, raw: bool = False) -> None:
        outputs.append(data if raw else {"text/html": data._repr_html_()})

    monkeypatch.setattr(chapter, "display", display)
    return outputs


@pytest.fixture
def ch(shown: list[Mapping[str, Any]]) -> Chapter:
    """The chapter of G.def, G.one and G.two."""
    return Chapter("tails/nets")


def complete(ch: Chapter) -> None:
    ch.check("G.def", "looks right", CLAIM, CONTROL)
    ch.define("G.def")
    ch.check("G.one", "at most <C>", CLAIM, CONTROL)
    ch.prove("G.one", proof("G.one"))
    ch.check("G.two", "drawn", SAMPLE, SAMPLE.but(C=1))


def test_the_record_is_what_the_ledger_reads(ch: Chapter, shown: list[Mapping[str, Any]]) -> None:
    complete(ch)
    ch.verdict()
    ch.numbers()
    record, numbers = json.loads(json.dumps([shown[-2][RECORD], shown[-1][NUMBERS]]))
    book = ledger.build([record], [numbers], {"tails/nets": "executed"})
    assert {e.statement.id: e.status for e in book if e.statement.chapter == "tails/nets"} == {
        "G.def": "definition",
        "G.one": "proved",
        "G.two": "consistent",
    }
    assert book["G.one"].unchecked == 1
    assert book.risk == pytest.approx(5e-10)
    assert book["G.two"].as_json()["checks"] == [
        {
            "name": "drawn",
            "kind": "sample",
            "claim": "<x> ≤ 2",
            "outcome": "consistent",
            "control": {
                "claim": "<x> ≤ 1",
                "distance": "C: 2 → 1 (50.00%)",
                "outcome": "refuted",
            },
        }
    ]


def test_the_verdict_holds_no_number_and_escapes_its_text(
    ch: Chapter, shown: list[Mapping[str, Any]]
) -> None:
    complete(ch)
    ch.verdict()
    said = shown[-1]
    assert "1.5" not in json.dumps(said)
    assert "at most &lt;C&gt;: " in said["text/html"]
    assert ">proved, 1 step in words</span>" in said["text/html"]
    assert said["text/html"].count('<th scope="col">') == 3  # as many as a phone is wide
    assert "<summary>1 check</summary>" in said["text/html"]
    assert said["text/plain"] == "G.def: definition\nG.one: proved\nG.two: consistent"


def test_numbers_are_shown_apart_and_cut_to_length(
    ch: Chapter, shown: list[Mapping[str, Any]]
) -> None:
    complete(ch)
    with pytest.raises(ValueError, match=r"numbers\(\) comes after verdict\(\)"):
        ch.numbers()
    ch.verdict()
    ch.numbers()
    assert shown[-1]["text/html"].startswith("<details><summary>Numbers of this run (they change")
    assert "Refutable factor" not in shown[-1]["text/html"]  # no tail was sampled
    assert "x: 3" in shown[-1]["text/html"]
    assert "row: [0, 1, 2, 3, 4, 5, …]" in shown[-1]["text/html"]
    assert "ends: low 0.3333" in shown[-1]["text/html"]
    assert "at most 5e-10" in shown[-1]["text/plain"]


def test_each_check_and_each_proof_is_shown(ch: Chapter, shown: list[Mapping[str, Any]]) -> None:
    ch.check("G.one", "at most <C>", CLAIM, CONTROL)
    assert "&lt;x&gt;" in shown[-1]["text/html"]
    assert shown[-1]["text/plain"] == (
        "at most <C>: <x> ≤ 2: proved; control C: 2 → 1 (50.00%): refuted"
    )
    ch.prove("G.one", proof("G.one"))
    assert "Look at it." in shown[-1]["text/html"]


def test_evidence_is_at_hand_for_figures(ch: Chapter) -> None:
    ch.check("G.two", "drawn", SAMPLE, SAMPLE.but(C=1))
    assert ch.evidence("G.two", "drawn").finding.numbers["x"] == 3.0
    with pytest.raises(LookupError, match=r"no check named 'drown'; it has \['drawn'\]"):
        ch.evidence("G.two", "drown")


def test_a_failed_check_raises_and_records_nothing(ch: Chapter) -> None:
    with pytest.raises(CheckFailed):
        ch.check("G.one", "false", CLAIM.but(C=1), CLAIM)
    with pytest.raises(ControlNotRefuted):
        ch.check("G.one", "toothless", CLAIM, CLAIM.but(C=3))
    with pytest.raises(LookupError, match=r"it has \[\]"):
        ch.evidence("G.one", "false")


def test_a_cell_may_run_again_but_a_name_names_one_check(ch: Chapter) -> None:
    for _ in range(2):
        complete(ch)
        ch.verdict()
    with pytest.raises(ValueError, match=r"G\.one has another check named 'at most <C>'"):
        ch.check("G.one", "at most <C>", CLAIM, CLAIM.but(C=0))


def test_an_exercise_is_shown_and_not_recorded(ch: Chapter, shown: list[Mapping[str, Any]]) -> None:
    complete(ch)
    ch.verdict()
    before = shown[-1][RECORD]
    ch.exercise("yours", CLAIM, CONTROL)
    assert "&lt;x&gt;" in shown[-1]["text/html"]
    with pytest.raises(ValueError, match="'late' comes after the verdict"):
        ch.check("G.one", "late", CLAIM, CONTROL)
    ch.verdict()
    assert shown[-1][RECORD] == before


def test_every_row_needs_an_outcome(ch: Chapter) -> None:
    with pytest.raises(ValueError, match=r"G\.def .* has no outcome"):
        ch.verdict()


def test_a_checked_definition_needs_to_be_called_one(ch: Chapter) -> None:
    ch.check("G.def", "looks right", CLAIM, CONTROL)
    with pytest.raises(ValueError, match=r"G\.def .* has no outcome"):
        ch.verdict()


def test_a_proof_without_a_check_is_not_enough(ch: Chapter) -> None:
    complete(ch)
    ch.prove("G.two", proof("G.two"))
    ch.verdict()
    bare = Chapter("tails/nets")
    bare.define("G.def")
    with pytest.raises(ValueError, match=r"G\.def is definition, but no check"):
        bare.verdict()


def test_a_conjecture_needs_a_check_or_a_reason(ch: Chapter) -> None:
    ch.check("G.def", "looks right", CLAIM, CONTROL)
    ch.define("G.def")
    ch.cite("G.one", "vershynin2018", "Theorem 4.4.5")
    ch.conjecture("G.two")
    with pytest.raises(ValueError, match="a conjecture without a check or a reason"):
        ch.verdict()
    ch.conjecture("G.two", why="the second step fails")
    ch.verdict()


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda ch: ch.define("G.one"), "G.one is a theorem: its outcome cannot be 'definition'"),
        (lambda ch: ch.prove("G.def", proof("G.def")), "G.def is a definition"),
        (lambda ch: ch.conjecture("G.def"), "G.def is a definition"),
        (lambda ch: ch.prove("G.one"), r"needs a proof of each of its parts \[0\], got \[\]"),
        (lambda ch: ch.prove("G.one", proof("G.two")), r"got \[\('G.two', 0\)\]"),
        (lambda ch: ch.open("B.three", "later"), "B.three belongs to chapter kernels/vector_f"),
        (lambda ch: ch.check("N.four", "x", CLAIM, CONTROL), "N.four belongs to chapter sgd"),
    ],
)
def test_a_wrong_outcome_is_refused(ch: Chapter, call: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call(ch)


def test_each_part_of_a_formal_claim_needs_its_proof(
    ch: Chapter, monkeypatch: pytest.MonkeyPatch
) -> None:
    K = fixed("K")
    formal = (Sequent((K > 0,), K**2 >= 0), Sequent((K > 0,), K + 1 > 0))
    for id in ("G.one", "G.def"):
        monkeypatch.setitem(model._REGISTRY, id, replace(model.get(id), formal=formal))
    ch = Chapter("tails/nets")
    first, second = Proof("G.one").qed(algebra()), Proof("G.one", part=1).qed(algebra())
    for proofs in ((), (first,), (first, first)):
        with pytest.raises(ValueError, match=r"a proof of each of its parts \[0, 1\]"):
            ch.prove("G.one", *proofs)
    ch.prove("G.one", second, first)
    with pytest.raises(ValueError, match=r"G\.def needs a proof of each of its parts"):
        ch.define("G.def")


def test_a_handmade_proof_is_refused(ch: Chapter) -> None:
    class Fake:
        def record(self) -> dict[str, Any]:
            return {"id": "G.one", "part": 0, "uses": [], "unshown": 0}

    with pytest.raises(TypeError, match=r"made by memorize\.book\.proof"):
        ch.prove("G.one", Fake())  # type: ignore[arg-type]
    ch.check("G.one", "at most <C>", CLAIM, CONTROL)
    assert ch._verdict_of(ch._statements["G.one"])["outcome"] == "consistent"


def test_a_second_outcome_is_refused(ch: Chapter) -> None:
    ch.open("G.one", "later")
    with pytest.raises(
        ValueError, match=r"G\.one has the outcome 'open' already, not 'conjecture'"
    ):
        ch.conjecture("G.one")


def test_an_unknown_id_or_chapter_is_refused_with_near_ones(ch: Chapter) -> None:
    with pytest.raises(LookupError, match=r"did you mean G\.one"):
        ch.define("G.on")
    with pytest.raises(ValueError, match="did you mean tails/nets"):
        Chapter("tails/net")
    with pytest.raises(ValueError, match="no statement is declared for chapter 'tails/sums'"):
        Chapter("tails/sums")
