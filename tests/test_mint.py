"""Evidence is minted from a claim that passes and a control that is refuted, or not at all."""

from dataclasses import dataclass
from typing import ClassVar

import pytest

from memorize.kernel import evidence as kernel
from memorize.kernel.evidence import Claim, Evidence, Finding, Outcome, check


@dataclass(frozen=True, kw_only=True)
class AtLeast(Claim):
    """A toy procedure: the stored value is at least the constant c."""

    kind: ClassVar[str] = "exact run"
    value: float = 1.0

    def decide(self) -> Finding:
        holds = self.value >= self.constants["c"]
        return Finding(Outcome.PROVED if holds else Outcome.REFUTED)


@pytest.fixture(autouse=True)
def _admit(monkeypatch):
    if hasattr(kernel, "PROCEDURES"):
        monkeypatch.setattr(kernel, "PROCEDURES", kernel.PROCEDURES | {f"{__name__}.AtLeast"})


CLAIM = AtLeast(text="value ≥ {c}", constants={"c": 1, "k": 0}, hypotheses=("big",))


def test_a_claim_and_its_control_make_evidence():
    evidence = check("toy", CLAIM, CLAIM.but(c=1.05))
    assert evidence.verdict()["claim"] == "value ≥ 1"
    assert evidence.verdict()["control"]["distance"] == "c: 1 → 1.05 (5.00%)"
    dropped = check("toy", CLAIM, CLAIM.without("big", value=0.5))
    assert dropped.distance == "without: big"


def test_a_false_claim_raises():
    with pytest.raises(kernel.CheckFailed, match="value ≥ 2: refuted"):
        check("toy", CLAIM.but(c=2), CLAIM.but(c=2).but(k=3))


def test_a_toothless_control_raises():
    with pytest.raises(kernel.ControlNotRefuted, match=r"value ≥ 0\.5"):
        check("toy", CLAIM, CLAIM.but(c=0.5))


@pytest.mark.parametrize(
    "control",
    [
        CLAIM,
        CLAIM.but(c=2).but(k=1),
        AtLeast(text="value ≥ {c}", constants={"c": 2, "k": 0}, hypotheses=("big",), value=0.0),
        AtLeast(text="value ≥ {c}", constants={"c": 2}, hypotheses=("big",)),
        AtLeast(text="other", constants={"c": 2, "k": 0}, hypotheses=("big",)),
    ],
    ids=["equal", "two constants", "field as well", "constant missing", "text as well"],
)
def test_a_control_changes_exactly_one_thing(control):
    with pytest.raises(ValueError, match="control"):
        check("toy", CLAIM, control)


def test_controls_are_built_by_name():
    with pytest.raises(ValueError, match=r"exactly one named constant of \['c', 'k'\]"):
        CLAIM.but(b=1)
    with pytest.raises(ValueError, match="hypothesis must be one of"):
        CLAIM.without("small", value=0.0)
    with pytest.raises(ValueError, match="fields must name at least one"):
        CLAIM.without("big", constants={})


def test_evidence_cannot_be_made_by_hand():
    finding = Finding(Outcome.PROVED)
    with pytest.raises(TypeError, match=r"memorize\.kernel\.check alone"):
        Evidence("toy", CLAIM, finding, CLAIM, finding, "none", object())
