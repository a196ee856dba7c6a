"""The built book in a real browser: what a reader meets.

Each page is opened once from disk, and the tests of one page share the visit; once more from a
server on the loopback address, for what may differ there. Nothing can leave the machine: the
browser resolves no other name.
"""

from __future__ import annotations

import functools
import http.server
import json
import os
import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urldefrag, urljoin, urlsplit

import pytest
import yaml
from bs4 import BeautifulSoup

from memorize import statements

ROOT = Path(__file__).resolve().parents[1]
HTML = ROOT / "_build" / "html"
WIDE, PHONE = {"width": 1280, "height": 900}, {"width": 390, "height": 844}


def _toc() -> list[str]:
    toc = yaml.safe_load((ROOT / "_toc.yml").read_text(encoding="utf-8"))
    chapters = [c["file"] for part in toc["parts"] for c in part["chapters"]]
    return [toc["root"], *chapters]


PAGES = _toc()
NOTEBOOKS = [
    name for name in PAGES if "format_name: myst" in (ROOT / f"{name}.md").read_text("utf-8")[:400]
]


@pytest.fixture(scope="session")
def html() -> Path:
    """The folder of the built book."""
    if not (HTML / "index.html").exists():
        absent = pytest.fail if os.environ.get("CI") == "true" else pytest.skip
        absent("the book is not built: run make book")
    return HTML


@pytest.fixture(scope="session")
def server(html: Path) -> Iterator[str]:
    """The address of the book on a server of this machine."""

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_: Any) -> None:
            pass

    handler = functools.partial(Quiet, directory=str(html))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as running:
        threading.Thread(target=running.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{running.server_port}/"
        running.shutdown()


@dataclass
class Visit:
    """An open page, and what the browser said about it."""

    name: str
    base: str
    page: Any
    errors: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)

    def open(self, address: str) -> None:
        """Go to an address below the book's and wait until its mathematics stands."""
        self.page.goto(self.base + address)
        self.page.wait_for_function(
            "window.MathJax?.startup?.promise !== undefined || !document.querySelector('.math')",
            polling=100,  # milliseconds; the default waits for frames, and a tab may draw none
        )
        self.page.evaluate("window.MathJax?.startup?.promise")

    def lost(self, request: Any) -> None:
        """Note a request that failed, but for those given up on leaving for the next page."""
        if request.failure != "net::ERR_ABORTED":
            self.failed.append(request.url)

    def look(self, size: dict[str, int], mode: str) -> None:
        """Show the page at this size, light or dark."""
        self.page.set_viewport_size(size)
        self.page.evaluate(
            "mode => Object.assign(document.documentElement.dataset, {mode, theme: mode})", mode
        )
        self.page.wait_for_timeout(50)


def _visit(browser: Any, base: str, name: str) -> Iterator[Visit]:
    context = browser.new_context(viewport=WIDE)
    context.set_default_timeout(120_000)  # time decides nothing, also on a busy machine
    page = context.new_page()
    visit = Visit(name, base, page)
    page.on("console", lambda m: visit.errors.append(m.text) if m.type == "error" else None)
    page.on("pageerror", lambda error: visit.errors.append(str(error)))
    page.on("request", lambda request: visit.requests.append(request.url))
    page.on("requestfailed", visit.lost)
    page.on("response", lambda r: visit.failed.append(r.url) if r.status >= 400 else None)
    yield visit
    context.close()


@pytest.fixture(scope="module", params=PAGES)
def visit(request: pytest.FixtureRequest, browser: Any, html: Path) -> Iterator[Visit]:
    """Every page, from disk."""
    for visit in _visit(browser, f"{html.as_uri()}/", request.param):
        visit.open(f"{request.param}.html")
        yield visit


@pytest.fixture(params=["disk", "server"])
def fresh(request: pytest.FixtureRequest, browser: Any, html: Path) -> Iterator[Visit]:
    """An empty tab, for pages from disk and from a server."""
    on_disk = request.param == "disk"
    base = f"{html.as_uri()}/" if on_disk else request.getfixturevalue("server")
    yield from _visit(browser, base, "")


def _is_quiet(visit: Visit) -> None:
    """No error on the console, no failed request, none that leaves the machine."""
    home = (visit.base, "data:", "blob:")
    assert [url for url in visit.requests if not url.startswith(home)] == []
    assert visit.failed == []
    assert visit.errors == []


def test_quiet_and_offline(visit: Visit) -> None:
    """A page from disk asks nothing of anybody."""
    _is_quiet(visit)


def test_quiet_from_a_server(browser: Any, server: str) -> None:
    """Nor do the pages from a server, read one after another."""
    for visit in _visit(browser, server, "all"):
        for name in PAGES:
            visit.open(f"{name}.html")
        _is_quiet(visit)


def test_formulas_are_typeset(visit: Visit) -> None:
    """Every formula became a picture with a size, and none of them an error."""
    bad = visit.page.evaluate(
        """() => [...document.querySelectorAll('.math')]
            .filter(e => e.checkVisibility())
            .filter(e => {
                const box = e.querySelector('mjx-container svg')?.getBoundingClientRect();
                return !box || box.width === 0 || box.height === 0;
            })
            .map(e => e.textContent.slice(0, 80))"""
    )
    assert bad == []
    source = visit.page.evaluate(
        """() => [...document.querySelectorAll('.math')]
            .filter(e => !e.querySelector('mjx-container')).map(e => e.textContent.slice(0, 80))"""
    )
    assert source == []  # what is folded too
    errors = visit.page.evaluate(
        """() => [...document.querySelectorAll(
                'mjx-merror, [data-mml-node=merror], mjx-container [fill=red]')]
            .map(e => e.closest('mjx-container')?.parentElement.textContent.slice(0, 80))"""
    )
    assert errors == []
    left_over = visit.page.evaluate(
        r"() => document.querySelector('article').innerText.match(/\\\(|\\\[|\$\$?[^$\n]*\\[a-z]+/)"
    )
    assert left_over is None


def test_typesetting_begins_where_the_reader_is(browser: Any, html: Path) -> None:
    """First what is not folded, around the place that the address names; on paper there is all."""
    for visit in _visit(browser, f"{html.as_uri()}/", ""):
        visit.page.add_init_script(
            """document.addEventListener('typeset', event => {
                const folded = 'details:not([open]) > :not(summary), [hidden]';
                const stand = what => what.querySelector('mjx-container') !== null;
                window.folded = event.detail.filter(e => e.closest(folded)).length;
                if (location.hash) return;
                dispatchEvent(new Event('beforeprint'));
                window.whole = [...document.querySelectorAll('.math')].every(stand);
            }, {once: true})"""
        )
        visit.open("book/sgd/constructions.html")
        assert visit.page.evaluate("[window.folded, window.whole]") == [0, True]
        visit.open("book/sgd/polynomials.html#the-verdict")
        assert visit.page.evaluate("window.folded") == 0
        place = visit.page.locator("#the-verdict").bounding_box()["y"]
        assert 0 <= place < WIDE["height"] / 4
        assert visit.errors == []


def test_pictures_say_what_they_show(visit: Visit) -> None:
    """Every figure has loaded and has a text in its place; every drawing has a name."""
    pictures = visit.page.evaluate(
        """() => [...document.querySelectorAll('article img')]
            .map(e => ({alt: e.alt, source: e.getAttribute('src'), width: e.naturalWidth}))"""
    )
    for picture in pictures:
        assert picture["width"] > 0, picture
        assert len(picture["alt"].split()) >= 8, picture
        assert Path(picture["source"]).name not in picture["alt"]
    unnamed = visit.page.evaluate(
        """() => [...document.querySelectorAll('article svg')]
            .filter(e => !e.closest('mjx-container') && e.getBoundingClientRect().width > 60)
            .filter(e => !e.getAttribute('aria-label') && !e.querySelector(':scope > title'))
            .map(e => e.outerHTML.slice(0, 120))"""
    )
    assert unnamed == []


def test_ids_are_unique(visit: Visit) -> None:
    """No two elements share an id."""
    twice = visit.page.evaluate(
        """() => {
            const ids = [...document.querySelectorAll('[id]')]
                .filter(e => !e.closest('mjx-container')).map(e => e.id);
            return ids.filter((id, i) => ids.indexOf(id) !== i);
        }"""
    )
    assert twice == []


# The order of the sizes, here and below, spares the page being laid out anew.
@pytest.mark.parametrize(
    ("size", "mode"),
    [(WIDE, "light"), (WIDE, "dark"), (PHONE, "dark"), (PHONE, "light")],
    ids=["wide-light", "wide-dark", "phone-dark", "phone-light"],
)
def test_fits_the_window(visit: Visit, size: dict[str, int], mode: str) -> None:
    """The page never scrolls sideways; what is wider than it scrolls within its own box."""
    visit.look(size, mode)
    assert (
        visit.page.evaluate(
            "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"
        )
        <= 0
    )
    cut = visit.page.evaluate(
        """() => [...document.querySelectorAll('article *')]
            .filter(e => !e.closest('svg, mjx-assistive-mml, .visually-hidden'))
            .filter(e => e.checkVisibility())
            .filter(e => e.getBoundingClientRect().right > document.documentElement.clientWidth + 1)
            .filter(e => {
                for (let a = e.parentElement; a; a = a.parentElement)
                    if (/auto|scroll/.test(getComputedStyle(a).overflowX)) return false;
                return true;
            })
            .map(e => e.outerHTML.slice(0, 120))"""
    )
    assert cut == []


@pytest.mark.parametrize("size", [PHONE, WIDE], ids=["phone", "wide"])
def test_wide_formulas_of_proofs_show_that_they_scroll(visit: Visit, size: dict[str, int]) -> None:
    """What a row of a proof cuts off has the row to itself, scrolls, and has a shadow that says so;
    no formula is cut off that could have been broken."""
    visit.look(size, "light")
    bad = visit.page.evaluate(
        """() => {
            const folds = [...document.querySelectorAll('article details:not([open])')];
            folds.forEach(fold => { fold.open = true; });
            const bad = [...document.querySelectorAll('.memorize-proof .m')].filter(row => {
                const cut = [...row.querySelectorAll('*')].some(e =>
                    !e.closest('svg, mjx-assistive-mml') && e.scrollWidth > e.clientWidth + 1
                    && /hidden|clip/.test(getComputedStyle(e).overflowX));
                if (cut) return true;
                if (row.scrollWidth <= row.clientWidth + 1) return false;
                const style = getComputedStyle(row), around = [...row.parentElement.children];
                const reason = around.find(e => e.classList.contains('r'));
                const shadows = style.backgroundAttachment.split(', ');
                const alone = !reason ||
                    reason.getBoundingClientRect().top >= row.getBoundingClientRect().bottom - 1;
                const broken = [...row.querySelectorAll('mjx-container')]
                    .some(e => e.getBoundingClientRect().width > row.clientWidth - 60);
                return !(alone && broken && style.overflowX === 'auto'
                    && shadows.includes('local') && shadows.includes('scroll'));
            }).map(row => row.parentElement.textContent.slice(0, 120));
            folds.forEach(fold => { fold.open = false; });
            return bad;
        }"""
    )
    assert bad == []


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_text_can_be_read(visit: Visit, mode: str) -> None:
    """All text has a contrast of at least 4.5 to 1 against what lies behind it."""
    visit.look(WIDE, mode)
    faint = visit.page.evaluate(CONTRAST)
    assert faint == []


CONTRAST = """() => {
    const canvas = document.createElement('canvas').getContext('2d', {willReadFrequently: true});
    const known = new Map();
    const rgba = colour => {
        if (!known.has(colour)) known.set(colour, drawn(colour));
        return known.get(colour);
    };
    const drawn = colour => {
        canvas.clearRect(0, 0, 1, 1);
        canvas.fillStyle = colour;
        canvas.fillRect(0, 0, 1, 1);
        const [r, g, b, a] = canvas.getImageData(0, 0, 1, 1).data;
        return [r, g, b, a / 255];
    };
    const over = (top, below) => [0, 1, 2].map(i => top[i] * top[3] + below[i] * (1 - top[3]));
    const behind = e => {
        const layers = [];
        for (let a = e; a; a = a.parentElement)
            layers.push(rgba(getComputedStyle(a).backgroundColor));
        return layers.reverse().reduce((below, top) => over(top, below), [255, 255, 255]);
    };
    const luminance = colour => {
        const [r, g, b] = colour.map(c => c / 255)
            .map(c => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
        return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const faint = new Set();
    const article = document.querySelector('article');
    const walker = document.createTreeWalker(article, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
        const e = walker.currentNode.parentElement, text = walker.currentNode.data.trim();
        if (!text || e.closest('mjx-container, script, style, .headerlink')) continue;
        if (!e.checkVisibility({opacityProperty: true})) continue;
        const drawing = e.closest('svg'), style = getComputedStyle(e);
        const below = behind(drawing ?? e);
        const ink = drawing ? style.fill : style.color;
        const [a, b] = [luminance(over(rgba(ink), below)), luminance(below)];
        const contrast = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
        const name = e.className?.baseVal ?? e.className;
        if (contrast < 4.5) faint.add(`${contrast.toFixed(2)} ${name} ${text.slice(0, 40)}`);
    }
    return [...faint];
}"""


def test_folds_open(visit: Visit) -> None:
    """Every folded cell, proof and box opens at a click and shows something."""
    visit.look(WIDE, "light")
    folds = visit.page.locator("article details:not([open])")
    if folds.count() == 0:
        return
    first = folds.first.element_handle()
    first.query_selector("summary").click()  # the first as a person would
    assert first.get_attribute("open") is not None
    stuck = visit.page.evaluate(
        """() => {
            const folds = [...document.querySelectorAll('article details')];
            const head = fold => fold.querySelector('summary');
            // The theme looks through the whole page at each click, always for the same elements.
            const found = new Map(), look = document.querySelectorAll.bind(document);
            document.querySelectorAll = what => {
                if (!found.has(what)) found.set(what, look(what));
                return found.get(what);
            };
            folds.filter(fold => !fold.open).forEach(fold => head(fold).click());
            delete document.querySelectorAll;
            return folds
                .filter(f => !f.open || f.scrollHeight - head(f).offsetHeight < 10)
                .map(f => f.outerHTML.slice(0, 200));
        }"""
    )
    assert stuck == []


# Without a browser: links and downloads.


@functools.cache
def _soup(path: Path) -> BeautifulSoup:
    return BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")


@functools.cache
def _anchors(path: Path) -> frozenset[str]:
    return frozenset(e["id"] for e in _soup(path).find_all(id=True))


@pytest.mark.parametrize("name", PAGES)
def test_links_lead_somewhere(html: Path, name: str) -> None:
    """Every link within the book has a page and, where it names one, an anchor."""
    path = html / f"{name}.html"
    broken = []
    for element in _soup(path).find_all(["a", "link", "img", "script"]):
        target = element.get("href") or element.get("src") or ""
        if not target or urlsplit(target).scheme:
            continue
        address, anchor = urldefrag(urljoin(path.as_uri(), target))
        file = Path(unquote(urlsplit(address).path))
        known = file.is_file() and html in file.resolve().parents
        if not known or (anchor and file.suffix == ".html" and anchor not in _anchors(file)):
            broken.append(target)
    assert broken == []


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_executed_notebook_can_be_downloaded(html: Path, name: str) -> None:
    """The page offers its notebook, and every code cell in it was run."""
    page = html / f"{name}.html"
    links = [a["href"] for a in _soup(page).find_all("a", href=re.compile(r"\.ipynb$"))]
    assert links, "no link to a notebook"
    for link in links:
        notebook = json.loads((page.parent / link).read_text(encoding="utf-8"))
        cells = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
        assert cells
        assert all(cell["execution_count"] for cell in cells)


# The apparatus.


def test_search_finds_a_statement(fresh: Visit) -> None:
    """The search works from disk too, and stays on the machine."""
    fresh.open("search.html?q=covering")
    fresh.page.wait_for_selector("#search-results li a")
    found = fresh.page.eval_on_selector_all("#search-results li a", "es => es.map(e => e.href)")
    assert any("tails/nets" in address for address in found)
    _is_quiet(fresh)


def _card(fresh: Visit, id: str) -> tuple[Any, Any]:
    """The first reference to a statement on the front page, and its card."""
    fresh.open("book/index.html")
    mark = "st-" + id.replace(".", "-")
    return (
        fresh.page.locator(f'article a.memorize-st[data-st="{mark}"]').first,
        fresh.page.locator(f"#preview-{mark}"),
    )


def test_reference_shows_its_statement(fresh: Visit) -> None:
    """Pointing at a reference shows the statement, typeset and inside the window."""
    link, card = _card(fresh, "N.T4")
    assert not card.is_visible()
    link.hover()
    card.wait_for(state="visible")
    assert card.locator("mjx-container svg").count() > 0
    box = card.bounding_box()
    assert 0 <= box["x"] <= WIDE["width"] - box["width"]
    assert 0 <= box["y"] <= WIDE["height"] - box["height"]
    fresh.page.keyboard.press("Escape")
    assert not card.is_visible()


def test_reference_shows_its_statement_to_the_keyboard(fresh: Visit) -> None:
    """So does moving to it with the keyboard, also when that scrolls the page to it."""
    link, card = _card(fresh, "N.T4")
    link.focus()
    card.wait_for(state="visible")
    link.blur()
    card.wait_for(state="hidden")
    fresh.page.evaluate("scrollTo({top: document.body.scrollHeight, behavior: 'instant'})")
    link.focus()
    card.wait_for(state="visible")


def test_a_node_of_the_graph_leads_to_its_statement(fresh: Visit) -> None:
    """A click on a node of the graph shows the box of its statement."""
    fresh.open("book/ledger.html")
    statement = next(s for s in statements.all() if f"book/{s.chapter}" in PAGES)
    fresh.page.locator(f'.memorize-graph a.node[data-id="{statement.id}"]').click()
    fresh.page.wait_for_url(f"**/{statement.chapter}.html#{statement.anchor}")
    assert fresh.page.locator(f"#{statement.anchor}.memorize-statement").is_visible()


def test_every_node_leads_to_its_own_statement(html: Path) -> None:
    """No node is missing or leads astray: to its box where there is one, else to its row."""
    nodes = _soup(html / "book" / "ledger.html").select(".memorize-graph a.node")
    assert {node["data-id"] for node in nodes} == {s.id for s in statements.all()}
    for node in nodes:
        anchor = statements.get(node["data-id"]).anchor
        assert node["href"].split("#")[1] in (anchor, f"row-{anchor}")
