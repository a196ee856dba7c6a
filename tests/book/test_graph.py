"""The dependency graph: every statement a linked node, every use an arrow, nothing on top of
another thing."""

from __future__ import annotations

import re
from itertools import combinations
from xml.etree import ElementTree

import pytest
from invented import recorded

from memorize import statements
from memorize.book import graph, ledger
from memorize.book.graph import HEIGHT, WIDTH

SVG = "{http://www.w3.org/2000/svg}"


def drawn(book: ledger.Ledger) -> ElementTree.Element:
    return ElementTree.fromstring(graph.svg(book, lambda id: f"#{id}"))


def test_nodes_and_arrows_are_the_ledgers(invented: None) -> None:
    picture = drawn(ledger.build(recorded()))
    nodes = {a.get("data-id"): a for a in picture.iter(f"{SVG}a")}
    assert set(nodes) == {"G.def", "G.one", "G.two", "B.three", "N.four"}
    for id, node in nodes.items():
        assert node.get("href") == f"#{id}"
    assert nodes["G.one"].get("aria-label") == "G.one: Lemma 1 (The title of G.one), proved"
    assert "open" in str(nodes["N.four"].get("class")).split()
    edges = {(p.get("data-from"), p.get("data-to")) for p in picture.iter(f"{SVG}path")}
    assert edges - {(None, None)} == {("G.def", "G.one"), ("G.one", "G.two"), ("G.two", "B.three")}


@pytest.fixture(scope="module")
def whole() -> ElementTree.Element:
    return drawn(ledger.build([]))


def test_the_whole_book_fits_and_nothing_overlaps(whole: ElementTree.Element) -> None:
    (picture,) = whole.iter(f"{SVG}svg")
    _, _, width, height = map(float, str(picture.get("viewBox")).split())
    boxes = [(float(r.get("x", 0)), float(r.get("y", 0))) for r in picture.iter(f"{SVG}rect")]
    assert len(boxes) == len(statements.all())
    for x, y in boxes:
        assert x >= 0
        assert x + WIDTH <= width
        assert y + HEIGHT <= height
    for (x0, y0), (x1, y1) in combinations(boxes, 2):
        assert abs(x0 - x1) >= WIDTH or abs(y0 - y1) >= HEIGHT
    texts = [(float(e.get("x", 0)), float(e.get("y", 0))) for e in picture.iter(f"{SVG}text")]
    assert len(set(texts)) == len(texts)


def test_no_colour_is_fixed_in_the_picture(whole: ElementTree.Element) -> None:
    assert not re.search(
        r"#[0-9a-f]{3,6}\b|rgb\(|fill=|style=", ElementTree.tostring(whole, "unicode")
    )
