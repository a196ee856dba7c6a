"""Evidence as HTML: the verdict form alone, equal under every seed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from html import escape
from typing import Any

from memorize.evidence.typeset import typeset
from memorize.kernel.evidence import Evidence

__all__ = ["verdict_html"]


def verdict_html(evidence: Evidence) -> str:
    """The verdict of ``evidence`` as one ``<div class="memorize-evidence">``: two lines, for the
    claim and its control, and how both were decided, folded."""
    verdict = evidence.verdict()
    control = verdict["control"]
    return (
        f'<div class="memorize-evidence" data-outcome="{_text(verdict["outcome"])}">'
        f'<p><strong class="outcome">{_text(verdict["outcome"])}</strong> '
        f'<span class="kind">({_text(verdict["kind"])})</span> '
        f'<span class="claim">{typeset(verdict["claim"])}</span></p>'
        f'<p class="control"><strong class="outcome">control {_text(control["outcome"])}</strong> '
        f'<span class="distance">({typeset(control["distance"])})</span>'
        f"{_control_claim(verdict)}</p>{_details(verdict)}</div>"
    )


def _control_claim(verdict: Mapping[str, Any]) -> str:
    """The control's claim, where its words differ from the claim's."""
    said = verdict["control"]["claim"]
    return "" if said == verdict["claim"] else f' <span class="claim">{typeset(said)}</span>'


def _details(verdict: Mapping[str, Any]) -> str:
    """How claim and control were decided; for the control, what differs."""
    strict, control = verdict["strict"], verdict["control"]["strict"]
    own = {name: value for name, value in control.items() if strict.get(name) != value}
    lists = _list(strict) + (f"<p>The control:</p>{_list(own)}" if own else "")
    return f"<details><summary>how</summary>{lists}</details>" if lists else ""


def _list(strict: Mapping[str, Any]) -> str:
    if not strict:
        return ""
    rows = "".join(
        f"<dt>{_text(name)}</dt><dd>{_text(_plain(value))}</dd>" for name, value in strict.items()
    )
    return f"<dl>{rows}</dl>"


def _plain(value: Any) -> str:
    """A value in words: lists joined, records as their fields."""
    if isinstance(value, Mapping):
        return ", ".join(f"{k} = {_plain(v)}" for k, v in value.items())
    if isinstance(value, list | tuple):
        return "; ".join(_plain(v) for v in value)
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _text(value: Any) -> str:
    return escape(str(value))
