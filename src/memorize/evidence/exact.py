"""Deterministic runs in exact arithmetic that decide a finite claim."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from memorize.kernel.evidence import Claim, Finding, Outcome

__all__ = ["ExactRun"]


@dataclass(frozen=True, kw_only=True)
class ExactRun(Claim):
    """The claim that ``run(**constants, **parameters)`` decides, in integers, fractions or balls.

    The run returns a bool (proved or refuted), an :class:`Outcome`, or a :class:`Finding` with its
    details; ``CONSISTENT`` is refused, for a run without chance proves, refutes, or cannot decide.

    Raises ``ValueError`` if ``run`` is not callable or a name is both constant and parameter, and
    ``TypeError`` from :meth:`decide` if it returns anything else.
    """

    kind: ClassVar[str] = "exact run"
    run: Callable[..., bool | Outcome | Finding]
    parameters: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not callable(self.run):
            raise ValueError(f"run must be callable, got {self.run!r}")
        both = sorted(set(self.constants) & set(self.parameters))
        if both:
            raise ValueError(f"parameters must not repeat the constants {both}")

    def decide(self) -> Finding:
        result = self.run(**self.constants, **self.parameters)
        if isinstance(result, bool):
            result = Outcome.PROVED if result else Outcome.REFUTED
        if isinstance(result, Outcome):
            result = Finding(result)
        if not isinstance(result, Finding):
            raise TypeError(f"run must return a bool, an Outcome or a Finding, got {result!r}")
        if result.outcome == Outcome.CONSISTENT or result.false_alarm or result.miss:
            raise ValueError("run must be free of chance: its outcome cannot be 'consistent'")
        return result
