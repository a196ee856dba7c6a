"""Evidence as HTML: the verdict form alone, escaped, equal under every seed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from html import escape
from typing import Any

from memorize.kernel.evidence import Evidence

__all__ = ["verdict_html"]


def verdict_html(evidence: Evidence) -> str:
    """The verdict of ``evidence`` as one ``<div class="memorize-evidence">``."""
    verdict = evidence.verdict()
    control = verdict["control"]
    return (
        f'<div class="memorize-evidence" data-outcome="{_text(verdict["outcome"])}">'
        f'<p><strong class="outcome">{_text(verdict["outcome"])}</strong> '
        f'<span class="kind">({_text(verdict["kind"])})</span> '
        f'<span class="claim">{_text(verdict["claim"])}</span></p>'
        f"{_details(verdict['strict'])}"
        f'<p class="control"><strong class="outcome">control {_text(control["outcome"])}</strong> '
        f'<span class="distance">({_text(control["distance"])})</span> '
        f'<span class="claim">{_text(control["claim"])}</span></p>'
        f"{_details(control['strict'])}</div>"
    )


def _details(strict: Mapping[str, Any]) -> str:
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
