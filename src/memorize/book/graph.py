"""The dependency graph as one static SVG: a column a part, a node a statement, a link a node."""

from __future__ import annotations

import textwrap
from collections.abc import Callable
from html import escape
from itertools import groupby

from memorize.book.ledger import MARKS, Entry, Ledger
from memorize.statements import PARTS

__all__ = ["svg"]

WIDTH, HEIGHT = 146, 26  # a node, as wide as the longest id needs
COLUMN, ROW = 196, 34  # from one node to the next
TOP, GAP, MARGIN = 58, 30, 12  # above the first chapter, for a chapter's name, at the sides


def svg(ledger: Ledger, link: Callable[[str], str]) -> str:
    """The graph; ``link`` maps a statement's id to where it is stated. Arrows lead from what is
    used to what uses it."""
    places, headings, depth = _layout(ledger)
    width = MARGIN * 2 + COLUMN * len(PARTS)
    edges = [_edge(used, e.statement.id, places) for e in ledger for used in sorted(set(e.uses))]
    nodes = [_node(e, places[e.statement.id], link(e.statement.id)) for e in ledger]
    return (
        f'<div class="memorize-graph" tabindex="0" role="region" '
        f'aria-label="Dependency graph, scrolls sideways">'
        f'<svg viewBox="0 0 {width} {depth}" role="group" '
        f'aria-label="Dependency graph: {len(nodes)} statements, {len(edges)} uses" '
        f'xmlns="http://www.w3.org/2000/svg"><defs><marker id="memorize-arrow" viewBox="0 0 8 8" '
        f'refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto">'
        f'<path d="M0,0 L8,4 L0,8 z"/></marker></defs>'
        f"{''.join(headings)}{''.join(edges)}{''.join(nodes)}</svg></div>"
    )


def _layout(ledger: Ledger) -> tuple[dict[str, tuple[int, int]], list[str], int]:
    """Each node's upper left corner, the headings of parts and chapters, and the height."""
    places: dict[str, tuple[int, int]] = {}
    headings, depth = [], 0
    for column, (part, caption) in enumerate(PARTS.items()):
        x, y = MARGIN + COLUMN * column, TOP
        for line, words in enumerate(_wrapped(caption)):
            headings.append(f'<text class="part" x="{x}" y="{20 + 18 * line}">{words}</text>')
        inside = [e for e in ledger if e.statement.part == part]
        for chapter, entries in groupby(inside, key=lambda e: e.statement.chapter):
            name = chapter.partition("/")[2].replace("_", " ")
            headings.append(f'<text class="chapter" x="{x}" y="{y + 14}">{escape(name)}</text>')
            y += GAP - 8
            for entry in entries:
                places[entry.statement.id] = (x, y)
                y += ROW
            y += GAP - (ROW - HEIGHT)
        depth = max(depth, y)
    return places, headings, depth


def _wrapped(caption: str, width: int = 20) -> list[str]:
    return [escape(line) for line in textwrap.wrap(caption, width)]


def _edge(used: str, user: str, places: dict[str, tuple[int, int]]) -> str:
    """A curve: across from side to side, or out and back where both are in one column."""
    (x0, y0), (x1, y1) = places[used], places[user]
    y0, y1 = y0 + HEIGHT // 2, y1 + HEIGHT // 2
    if x0 == x1:
        start = end = x0 + WIDTH
        bend = 18 + min(abs(y1 - y0) // 8, 44)
        left, right = start + bend, end + bend
    else:
        start, end = (x0 + WIDTH, x1) if x0 < x1 else (x0, x1 + WIDTH)
        left, right = (start + end) // 2, (start + end) // 2
    return (
        f'<path class="edge" data-from="{escape(used)}" data-to="{escape(user)}" '
        f'marker-end="url(#memorize-arrow)" '
        f'd="M{start},{y0} C{left},{y0} {right},{y1} {end},{y1}"/>'
    )


def _node(entry: Entry, place: tuple[int, int], href: str) -> str:
    (x, y), s = place, entry.statement
    said = escape(f"{s.id}: {s.label}, {entry.status}")
    return (
        f'<a href="{escape(href)}" class="node {entry.status}" data-id="{escape(s.id)}" '
        f'aria-label="{said}"><title>{said}</title>'
        f'<rect x="{x}" y="{y}" width="{WIDTH}" height="{HEIGHT}" rx="6"/>'
        f'<text class="mark" x="{x + 14}" y="{y + HEIGHT // 2 + 5}">{MARKS[entry.status]}</text>'
        f'<text x="{x + 28}" y="{y + HEIGHT // 2 + 5}">{escape(s.id)}</text></a>'
    )
