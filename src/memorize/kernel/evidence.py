"""Evidence, and the one way to mint it: run a claim and its control, and look at both outcomes.

A claim is a frozen record of what is asserted, its constants and hypotheses by name; it decides
itself by running its procedure. Its control is the same claim with one constant or one hypothesis
changed: the procedure must refute it. Without such a control nothing is recorded.
"""

from __future__ import annotations

import dataclasses
import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from fractions import Fraction
from typing import Any, ClassVar, Self

__all__ = [
    "CheckFailed",
    "Claim",
    "ControlNotRefuted",
    "Evidence",
    "Finding",
    "Outcome",
    "check",
]

_MINT = object()
KINDS = ("identity", "arithmetic", "enclosure", "exact run", "sample")
PROCEDURES = frozenset(
    f"memorize.evidence.{name}"
    for name in (
        "arithmetic.Arithmetic",
        "enclosure.Enclosure",
        "exact.ExactRun",
        "identity.Identity",
        "sample.LawSample",
        "sample.MeanSample",
        "sample.TailSample",
    )
)
"""The classes whose claims may become evidence: the kernel and these are what a sceptic reads."""


class Outcome(StrEnum):
    """What a procedure can say of a claim."""

    PROVED = "proved"
    CONSISTENT = "consistent"
    REFUTED = "refuted"
    UNDECIDED = "undecided"


class CheckFailed(Exception):
    """The claim was refuted, or could not be decided."""


class ControlNotRefuted(Exception):
    """The falsified claim passed: the procedure has no teeth here."""


@dataclass(frozen=True)
class Finding:
    """What a procedure found. ``strict`` never varies with the seed; ``numbers`` may.

    ``false_alarm`` bounds the probability that a true claim is refuted, ``miss`` the probability
    that this claim, if it is the falsified one, is not refuted; both are 0 without randomness.
    """

    outcome: Outcome
    strict: Mapping[str, Any] = field(default_factory=dict)
    numbers: Mapping[str, Any] = field(default_factory=dict)
    false_alarm: float = 0.0
    miss: float = 0.0


@dataclass(frozen=True, kw_only=True)
class Claim:
    """What is asserted. ``text`` may name its constants in braces: ``"‖XY‖ ≤ {C} ‖X‖‖Y‖"``."""

    kind: ClassVar[str]
    text: str
    constants: Mapping[str, Any] = field(default_factory=dict)
    hypotheses: tuple[str, ...] = ()

    def decide(self) -> Finding:
        """Run the procedure on this claim."""
        raise NotImplementedError

    def but(self, **changed: Any) -> Self:
        """The same claim with one named constant changed."""
        if len(changed) != 1 or not set(changed) <= set(self.constants):
            raise ValueError(
                f"a control changes exactly one named constant of {sorted(self.constants)}, "
                f"got {sorted(changed)}"
            )
        return dataclasses.replace(self, constants={**self.constants, **changed})

    def without(self, hypothesis: str, **fields: Any) -> Self:
        """The same claim with one named hypothesis given up; ``fields`` embody the loss."""
        if hypothesis not in self.hypotheses:
            raise ValueError(f"hypothesis must be one of {self.hypotheses}, got {hypothesis!r}")
        if not fields or not set(fields) <= _embodied(self):
            raise ValueError(
                f"fields must name at least one of {sorted(_embodied(self))}, got {sorted(fields)}"
            )
        kept = tuple(h for h in self.hypotheses if h != hypothesis)
        return dataclasses.replace(self, hypotheses=kept, **fields)

    def said(self) -> str:
        """The claim in words, its constants filled in."""
        text = self.text
        for name, value in self.constants.items():
            text = _filled(text, name, _show(value))
        return text


@dataclass(frozen=True)
class Evidence:
    """A claim that passed and a control that was refuted. Only :func:`check` makes one."""

    name: str
    claim: Claim
    finding: Finding
    control: Claim
    control_finding: Finding
    distance: str
    mint: dataclasses.InitVar[object]

    def __post_init__(self, mint: object) -> None:
        if mint is not _MINT:
            raise TypeError("evidence is made by memorize.kernel.check alone")

    def verdict(self) -> dict[str, Any]:
        """The strict form: equal under every seed."""
        return {
            "name": self.name,
            "kind": self.claim.kind,
            "claim": self.claim.said(),
            "outcome": str(self.finding.outcome),
            "strict": dict(self.finding.strict),
            "control": {
                "claim": self.control.said(),
                "distance": self.distance,
                "outcome": str(self.control_finding.outcome),
                "strict": dict(self.control_finding.strict),
            },
        }

    def numbers(self) -> dict[str, Any]:
        """The evidence form: what was measured."""
        return {
            "name": self.name,
            "claim": dict(self.finding.numbers),
            "control": dict(self.control_finding.numbers),
            "false_alarm": self.finding.false_alarm,
            "miss": self.control_finding.miss,
        }


def check(name: str, claim: Claim, control: Claim) -> Evidence:
    """Run ``claim`` and ``control`` and mint the evidence.

    Raises ``TypeError`` unless the claim is of one of the ``PROCEDURES``, ``ValueError`` if the
    control is not the claim with exactly one constant or hypothesis changed, ``CheckFailed`` if the
    claim does not pass, ``ControlNotRefuted`` if the control does.
    """
    _known_procedure(type(claim))
    distance = _one_change(claim, control)
    finding = claim.decide()
    passes = Outcome.CONSISTENT if claim.kind == "sample" else Outcome.PROVED
    if finding.outcome != passes:
        raise CheckFailed(
            f"{name}: {claim.said()}: {finding.outcome} "
            f"({dict(finding.strict)} {dict(finding.numbers)})"
        )
    control_finding = control.decide()
    if control_finding.outcome != Outcome.REFUTED:
        raise ControlNotRefuted(
            f"{name}: the control {control.said()} ({distance}) is {control_finding.outcome} "
            f"({dict(control_finding.strict)} {dict(control_finding.numbers)})"
        )
    return Evidence(name, claim, finding, control, control_finding, distance, _MINT)


def _known_procedure(kind: type) -> None:
    """Refuse a claim of any class but the listed ones, themselves and not their namesakes."""
    module, name = kind.__module__, kind.__qualname__
    known = f"{module}.{name}" in PROCEDURES and getattr(sys.modules.get(module), name, None)
    if known is not kind or getattr(kind, "kind", None) not in KINDS:
        raise TypeError(f"claim must be of one of {sorted(PROCEDURES)}, got {module}.{name}")


def _embodied(claim: Claim) -> set[str]:
    """The fields that a change of hypothesis may touch."""
    return {f.name for f in dataclasses.fields(claim)} - {"constants", "hypotheses"}


def _one_change(claim: Claim, control: Claim) -> str:
    """The distance of the control, in words; raises ``ValueError`` unless it is one change."""
    if type(claim) is not type(control):
        raise ValueError("control must be of the claim's own kind")
    if set(claim.constants) != set(control.constants):
        raise ValueError("control must have the claim's constants")
    constants = [n for n in claim.constants if claim.constants[n] != control.constants[n]]
    dropped = [h for h in claim.hypotheses if h not in control.hypotheses]
    if len(constants) + len(dropped) != 1 or set(control.hypotheses) - set(claim.hypotheses):
        raise ValueError(
            "control must change exactly one constant or hypothesis of its claim, got "
            f"{constants + dropped or 'none'}"
        )
    if dropped:
        return f"without: {dropped[0]}"
    touched = [n for n in _embodied(claim) if getattr(claim, n) is not getattr(control, n)]
    if touched:
        raise ValueError(f"control changes a constant and also {sorted(touched)}")
    (name,) = constants
    old, new = claim.constants[name], control.constants[name]
    return f"{name}: {_show(old)} → {_show(new)}{_relative(old, new)}"


def _relative(old: Any, new: Any) -> str:
    try:
        a, b = float(old), float(new)
    except (TypeError, ValueError):
        return ""
    return f" ({abs(b - a) / abs(a):.2%})" if a else ""


def _filled(text: str, name: str, shown: str) -> str:
    """``text`` with a constant's value in its place: in brackets where a quotient would be read
    with what stands before or after it, as in 1/(21/10), (11/10)/16 and (3/2)^n."""

    def put(match: re.Match[str]) -> str:
        before, after = text[: match.start()][-1:], text[match.end() :][:1]
        misread = "/" in shown and (before in ("/", "^", "√") or after in ("/", "^"))
        return f"({shown})" if misread else shown

    return re.sub(re.escape("{" + name + "}"), put, text)


def _show(value: Any) -> str:
    return (
        f"{value:.6g}"
        if isinstance(value, float)
        else str(Fraction(value) if isinstance(value, Fraction) else value)
    )
