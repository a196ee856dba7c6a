"""What the scripts do, in a real browser, with the pages opened as files."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from bs4 import BeautifulSoup
from invented import TAIL
from playwright.sync_api import Browser, Page

from memorize import statements
from memorize.book import bound
from memorize.statements import BoundFormula


@pytest.fixture
def open_page(browser: Browser, folder: Path, pages: dict[str, BeautifulSoup]) -> Iterator[Any]:
    """Opens a page of the small project; fails if it complains or asks for anything outside."""
    context = browser.new_context(viewport={"width": 900, "height": 700}, has_touch=True)
    complaints: list[str] = []

    def at(name: str) -> Page:
        page = context.new_page()
        page.set_default_timeout(120_000)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.route("http*://**", lambda route: route.abort())  # mathjax, here not beside the page
        page.goto((folder / "html" / f"{name}.html").as_uri())
        return page

    yield at
    context.close()
    assert complaints == []


def test_a_card_shows_on_pointing_focus_and_tap_and_goes_on_escape(open_page: Any) -> None:
    page = open_page("index")
    link = page.locator("a.memorize-st").first
    card = page.locator("#preview-st-G-one")
    assert card.is_hidden()
    link.hover()
    assert card.is_visible()
    assert "Of G.one" in card.inner_text()
    page.keyboard.press("Escape")
    assert card.is_hidden()
    page.mouse.move(0, 0)
    link.focus()
    assert card.is_visible()
    page.evaluate("document.activeElement.blur()")
    card.wait_for(state="hidden")
    link.tap()
    assert card.is_visible()
    assert page.url.endswith("index.html")
    card.get_by_text("Go to the statement").tap()
    page.wait_for_url("**/nets.html#st-G-one")


def test_a_second_tap_follows_the_link(open_page: Any) -> None:
    page = open_page("index")
    link = page.locator("a.memorize-st").first
    link.tap()
    link.tap()
    page.wait_for_url("**/nets.html#st-G-one")


def test_a_card_stays_inside_a_narrow_window(open_page: Any) -> None:
    page = open_page("index")
    page.set_viewport_size({"width": 390, "height": 500})
    page.locator("a.memorize-st").first.focus()
    box = page.locator("#preview-st-G-one").bounding_box()
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= 390


def rows(page: Page) -> list[str]:
    return page.locator(".memorize-ledger tbody tr:not([hidden]) th").all_inner_texts()


def test_the_ledger_filters_by_text_part_status_and_kind(open_page: Any) -> None:
    page = open_page("apparatus")
    assert len(rows(page)) == 5
    page.get_by_role("searchbox").fill("lemma 1")
    assert rows(page) == ["G.one"]
    assert page.locator(".memorize-filters output").inner_text() == "1 of 5 rows"
    page.get_by_role("searchbox").fill("")
    page.get_by_label("Every status").select_option("open")
    assert rows(page) == ["N.four"]
    page.get_by_label("Every status").select_option("")
    page.get_by_label("Every part").select_option("kernels")
    assert rows(page) == ["B.three"]
    page.get_by_label("Every part").select_option("")
    page.get_by_label("Every kind of check").select_option("identity")
    assert "N.four" not in rows(page)


def test_the_ledger_sorts_and_returns_to_the_books_order(open_page: Any) -> None:
    page = open_page("apparatus")
    button = page.get_by_role("button", name="Row")
    orders = []
    for _ in range(3):
        button.click()
        orders.append(rows(page))
    up, down, book = orders
    assert up == ["B.three", "G.def", "G.one", "G.two", "N.four"]
    assert down == up[::-1]
    assert book == ["G.def", "G.one", "G.two", "B.three", "N.four"]


def test_the_graph_traces_a_nodes_kin(open_page: Any) -> None:
    page = open_page("apparatus")
    page.locator('.node[data-id="G.two"]').hover()
    kin = page.locator(".node.kin").evaluate_all("nodes => nodes.map(n => n.dataset.id).sort()")
    assert kin == ["B.three", "G.def", "G.one", "G.two"]


def test_the_calculator_answers_and_explains_a_bad_number(open_page: Any) -> None:
    page = open_page("apparatus")
    form = page.locator("form.memorize-bound")
    form.locator('input[name="t"]').fill("1")
    assert float(form.locator("[data-value]").inner_text()) == pytest.approx(4 / math.e, rel=1e-9)
    assert form.locator("[data-verdict]").inner_text().startswith("vacuous at these numbers: 1 ")
    form.locator('input[name="d"]').fill("1.5")
    assert form.locator("[data-verdict]").inner_text() == "d must be an integer in [1, ∞)"
    assert form.locator("[data-value]").inner_text() == ""


def points(formula: BoundFormula) -> list[dict[str, float]]:
    """The default numbers and others around them, inside the domains."""
    found = []
    for factor in (1.0, 0.5, 1.7, 3.0):
        values = {}
        for p in formula.parameters:
            x = (1.0 if p.default is None else p.default) * factor
            x = float(round(x)) if p.integer else x
            values[p.name] = x if p.contains(x) else (p.default if p.default is not None else 1.0)
        found.append(values)
    return found


def test_the_page_computes_what_python_computes(browser: Browser, root: Path) -> None:
    """Every bound of the book, and an invented one: values and crossings to 1e-9."""
    page = browser.new_page()
    page.add_script_tag(path=root / "book" / "assets" / "bounds.js")
    own = [s for s in statements.all() if s.bound is not None]
    invented = statements.Statement(
        id="B.tail", title="Tail", paper="B", chapter="tails/nets", kind="theorem", bound=TAIL
    )
    for s in (invented, *own):
        page.add_script_tag(content=bound.as_javascript(s))
        for values in points(bound.formula_of(s)):
            found = bound.formula_of(s).evaluate(**values)
            told = page.evaluate(
                "([id, values]) => memorizeBound.evaluate(memorizeBounds[id], values)",
                [s.id, found.values],
            )
            ours = [*found.terms.values(), found.value, found.trivial]
            theirs = [*told["terms"], told["value"], told["trivial"]]
            assert theirs == pytest.approx(ours, rel=1e-9, abs=1e-300), (s.id, values)
            assert told["vacuous"] == found.vacuous
            crossings = [c for pair in told["crossings"] for c in pair]
            for c, t in zip(found.crossings, crossings, strict=True):
                assert (c.direction, c.vacuous) == (t["direction"], t["vacuous"])
                near = None if c.at is None else pytest.approx(c.at, rel=1e-9)
                assert t["at"] == near
    page.close()
