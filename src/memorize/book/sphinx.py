"""Sphinx extension: statements, references to them, and the pages made from the ledger.

Boxes, previews, tables and the graph are made from the declarations and from the ledger, which is
read once, before any page. A page that shows any of it is read again when either changes.
"""

# mypy: allow-subclassing-any

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator, Mapping
from html import escape
from pathlib import Path
from typing import Any

from docutils import nodes
from docutils.statemachine import StringList
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.errors import ExtensionError
from sphinx.transforms import SphinxTransform
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective, SphinxRole, new_document

from memorize import statements
from memorize.book import bound, graph, ledger
from memorize.book.formulas import broken, inline
from memorize.book.ledger import (
    BUDGET,
    MARKS,
    STATUSES,
    Entry,
    Ledger,
    LedgerError,
    checks_html,
)
from memorize.statements import CHAPTERS, PAPERS, PARTS, Statement

__all__ = ["setup"]

logger = logging.getLogger(__name__)

MATHLIB = "https://leanprover-community.github.io/mathlib4_docs/find/?pattern={}#doc"


class tag(nodes.General, nodes.Inline, nodes.TextElement):
    """An HTML element: ``tag`` is its name, ``attributes`` what docutils has no place for."""


class late(nodes.General, nodes.Inline, nodes.TextElement):
    """A link whose target is known only when all pages are read: ``where`` is what it leads to."""


class drawn(nodes.General, nodes.Element):
    """HTML that holds such links: ``draw`` names the function that makes it."""


class previews(nodes.comment):
    """The statements that a page refers to, for its cards; as a comment the search skips them."""


def setup(app: Sphinx) -> dict[str, Any]:
    """Register with Sphinx."""
    for node, visitors in (
        (tag, (_visit_tag, _depart_tag)),
        (previews, (lambda self, node: None, lambda self, node: None)),
    ):
        app.add_node(node, html=visitors)
    for name, directive in (
        ("statement", StatementBox),
        ("bounds", Bounds),
        ("errata", Errata),
        ("graph", Graph),
        ("ledger", LedgerTable),
        ("made-explicit", MadeExplicit),
        ("totals", Totals),
        ("whats-new", WhatsNew),
    ):
        app.add_directive(name, directive)
    app.add_role("st", Reference())
    app.add_role("total", Total())
    app.add_transform(AddPreviews)
    for file in ("memorize.js", "bounds.js"):
        app.add_js_file(file)
    app.add_css_file("memorize.css")
    # Mathematics that the ledger brings stands on its page too late for Sphinx to count it.
    app.set_html_assets_policy("always")
    app.connect("builder-inited", _read_ledger)
    app.connect("env-get-outdated", _outdated)
    app.connect("env-purge-doc", _purge)
    app.connect("env-merge-info", _merge)
    app.connect("env-updated", _moved)
    app.connect("doctree-resolved", _resolve)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}


# ---------------------------------------------------------------- what is known while building


class _Known:
    """What the pages told: who shows what. Kept with Sphinx's environment."""

    def __init__(self) -> None:
        self.digest = ""
        self.users: set[str] = set()  # pages that show anything from the ledger
        self.homes: dict[str, str] = {}  # statement or "ledger" or "bounds" → page
        self.resolved: dict[str, str] = {}  # the homes that the written pages link to


def _known(env: BuildEnvironment) -> _Known:
    if not hasattr(env, "memorize_known"):
        env.memorize_known = _Known()  # type: ignore[attr-defined]
    known: _Known = env.memorize_known  # type: ignore[attr-defined]
    return known


def _ledger(env: BuildEnvironment) -> Ledger:
    book: Ledger = env.app.memorize_ledger  # type: ignore[attr-defined]
    return book


def _read_ledger(app: Sphinx) -> None:
    try:
        app.memorize_ledger = ledger.load(Path(app.srcdir))  # type: ignore[attr-defined]
    except LedgerError as error:
        raise ExtensionError(f"the ledger does not add up: {error}") from error


def _outdated(app: Sphinx, env: BuildEnvironment, *_: Any) -> list[str]:
    """The pages that show the ledger or the declarations, if either has changed."""
    known = _known(env)
    told = f"{_ledger(env).digest()} {statements.all()!r}"
    digest = hashlib.sha256(told.encode()).hexdigest()
    changed, known.digest = digest != known.digest, digest
    return sorted(known.users & env.all_docs.keys()) if changed else []


def _purge(app: Sphinx, env: BuildEnvironment, docname: str) -> None:
    known = _known(env)
    known.users.discard(docname)
    known.homes = {what: page for what, page in known.homes.items() if page != docname}


def _merge(app: Sphinx, env: BuildEnvironment, docnames: Any, other: BuildEnvironment) -> None:
    known, more = _known(env), _known(other)
    known.users |= more.users
    known.homes |= more.homes


def _moved(app: Sphinx, env: BuildEnvironment) -> list[str]:
    """The pages whose links must be made anew, since a statement has moved."""
    known = _known(env)
    moved, known.resolved = known.homes != known.resolved, dict(known.homes)
    return sorted(known.users) if moved else []


def _settle(env: BuildEnvironment, what: str, location: Any) -> None:
    """Note that this page is where ``what`` is shown; warn if another one is already."""
    homes = _known(env).homes
    if what in homes:
        logger.warning("%s is shown in %s too", what, homes[what], location=location)
    homes[what] = env.docname


# ---------------------------------------------------------------- nodes


def _element(name: str, *children: nodes.Node | str, **attributes: Any) -> tag:
    """An HTML element; ``classes`` and ``ids`` as in docutils, other attributes as they are."""
    element: tag = tag("", "", tag=name, classes=attributes.pop("classes", []))
    element["ids"] = attributes.pop("ids", [])
    element["attributes"] = attributes
    element += [nodes.Text(c) if isinstance(c, str) else c for c in children]
    return element


def _visit_tag(self: Any, node: tag) -> None:
    self.body.append(self.starttag(node, node["tag"], "", **node["attributes"]))


def _depart_tag(self: Any, node: tag) -> None:
    self.body.append(f"</{node['tag']}>")


def _link(
    where: str,
    id: str,
    text: str,
    *,
    preview: bool = False,
    attributes: Mapping[str, str] | None = None,
) -> late:
    """A link to a statement's ``"box"``, its ``"row"`` of the ledger, or its ``"bound"``."""
    return late(
        "", "", where=where, id=id, said=text, preview=preview, attributes=dict(attributes or {})
    )


def _badge(entry: Entry) -> late:
    """The status, with a link to the row that says why."""
    return _link(
        "row",
        entry.statement.id,
        entry.said,
        attributes={
            "class": f"memorize-badge {entry.status}",
            "title": _because(entry) or "ledger",
        },
    )


def _because(entry: Entry) -> str:
    if entry.held:
        return f"{entry.outcome} in its chapter, but rests on {', '.join(entry.held)}"
    return entry.why


def _target(app: Sphinx, page: str, where: str, id: str) -> str | None:
    """The address of a statement's box, row or bound from ``page``; a row stands in for a box."""
    homes, anchor = _known(app.env).homes, statements.get(id).anchor
    if where == "box" and id in homes:
        home, mark = homes[id], anchor
    elif where == "bound":
        home, mark = homes.get("bounds", ""), f"bound-{anchor}"
    else:
        home, mark = homes.get("ledger", ""), f"row-{anchor}"
    return f"{app.builder.get_relative_uri(page, home)}#{mark}" if home else None


def _resolve(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Make the links and the drawings, now that all pages are known."""
    for node in list(doctree.findall(late)):
        attributes = dict(node["attributes"])
        href = _target(app, docname, node["where"], node["id"])
        if node["preview"]:
            attributes |= {
                "class": "memorize-st",
                "data-st": statements.get(node["id"]).anchor,
                "aria-describedby": f"preview-{statements.get(node['id']).anchor}",
            }
        if href is None:
            node.replace_self(_element("span", node["said"], **attributes))
        else:
            node.replace_self(_element("a", node["said"], href=href, **attributes))
    for node in list(doctree.findall(drawn)):
        draw = DRAWINGS[node["draw"]]

        def link(where: str, id: str) -> str:
            return _target(app, docname, where, id) or ""

        node.replace_self(nodes.raw("", draw(_ledger(app.env), link), format="html"))


# ---------------------------------------------------------------- statements and references


class _Directive(SphinxDirective):
    """A directive whose page is made again when the ledger changes."""

    has_content = False

    def run(self) -> list[nodes.Node]:
        _known(self.env).users.add(self.env.docname)
        return list(self.made())

    def made(self) -> Iterator[nodes.Node]:
        raise NotImplementedError

    def myst(self, text: str) -> list[nodes.Node]:
        """``text`` parsed as the page itself is."""
        holder = nodes.Element()
        self.state.nested_parse(StringList(text.splitlines(), "statement"), 0, holder)
        return list(holder.children)

    def declared(self, id: str) -> Statement:
        """The statement, or docutils' error for an id that nobody declared."""
        try:
            return statements.get(id)
        except LookupError as error:
            raise self.error(str(error)) from error

    @property
    def ledger(self) -> Ledger:
        return _ledger(self.env)


class StatementBox(_Directive):
    """The box of a statement: what is claimed, its status, its source, what was changed."""

    required_arguments = 1

    def made(self) -> Iterator[nodes.Node]:
        statement = self.declared(self.arguments[0])
        if not statement.text:
            raise self.error(f"statement {statement.id} is shown here, but it has no text")
        _settle(self.env, statement.id, self.get_location())
        entry = self.ledger[statement.id]
        title_id = f"{statement.anchor}-title"
        title = _element(
            "p",
            _element("strong", statement.id),
            f" · {statement.label} ",
            _badge(entry),
            classes=["memorize-title"],
            ids=[title_id],
        )
        yield _element(
            "div",
            title,
            *_claim(statement, self.myst),
            *self._as_printed(statement),
            *self._formal(statement),
            _element("div", *self._source(statement), classes=["memorize-source"]),
            # A bare "figure" would be taken for one by the theme.
            classes=["memorize-statement", f"kind-{statement.kind}"],
            ids=[statement.anchor],
            **{"role": "group", "aria-labelledby": title_id},
        )

    def _as_printed(self, statement: Statement) -> Iterator[nodes.Node]:
        if statement.printed:
            said = "As printed: false" if statement.erratum else "As printed"
            attributes = {"open": ""} if statement.erratum else {}
            parts = [statement.printed, f"**What the book changed.** {statement.changed}"]
            if statement.counterexample:
                parts.append(f"**Counterexample.** {statement.counterexample}")
            yield _element(
                "details",
                _element("summary", said),
                *self.myst("\n\n".join(parts)),
                classes=["memorize-printed"],
                **attributes,
            )

    def _formal(self, statement: Statement) -> Iterator[nodes.Node]:
        if statement.formal:
            lines = []
            for sequent in statement.formal:
                given = ", ".join(map(broken, sequent.hypotheses))
                lines.append(f"<p>If {given}, then</p>" if given else "<p>Always</p>")
                lines.append(f'<p class="formula">{broken(sequent.conclusion)}</p>')
            yield _element(
                "details",
                _element("summary", "As the program reads it"),
                nodes.raw("", "\n".join(lines), format="html"),
                classes=["memorize-formal"],
            )

    def _source(self, statement: Statement) -> Iterator[nodes.Node]:
        yield from self.myst(_cited(statement))
        if statement.aliases:
            yield nodes.paragraph("", f"Also called {'; '.join(statement.aliases)}.")
        if statement.mathlib:
            names = ", ".join(f"[`{n}`]({MATHLIB.format(n)})" for n in statement.mathlib)
            yield from self.myst(f"Related in mathlib: {names}.")
        if statement.bound is not None:
            link = _link("bound", statement.id, "Put in your own numbers")
            yield nodes.paragraph("", "", link)


def _claim(statement: Statement, myst: Callable[[str], list[nodes.Node]]) -> Iterator[nodes.Node]:
    """Hypotheses and text."""
    if statement.hypotheses:
        listed = "; ".join(statement.hypotheses)
        yield _element("div", *myst(f"*Hypotheses.* {listed}."), classes=["memorize-hypotheses"])
    yield _element("div", *myst(statement.text), classes=["memorize-claim"])


def _cited(statement: Statement) -> str:
    """Where a statement is from, in MyST."""
    paper = PAPERS[statement.paper]
    if not paper.key:
        return "This book."
    return f"{{cite:t}}`{paper.key}`" + (f", {statement.number}." if statement.number else ".")


class Reference(SphinxRole):
    """``{st}`ID` `` or ``{st}`words <ID>` ``: a link to a statement, which it shows on a card."""

    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        words = re.fullmatch(r"(.*?)\s*<([^<>]+)>", self.text, re.DOTALL)
        text, id = words.groups() if words else ("", self.text)
        try:
            statement = statements.get(id)
        except LookupError as error:
            message = self.inliner.reporter.error(str(error), line=self.lineno)
            return [], [message]
        _known(self.env).users.add(self.env.docname)
        return [_link("box", id, text or statement.label, preview=True)], []


class AddPreviews(SphinxTransform):
    """Put each statement that a page refers to at its end, hidden until its card is wanted."""

    default_priority = 400  # before Sphinx looks for equations

    def apply(self, **kwargs: Any) -> None:
        links = [node for node in self.document.findall(late) if node["preview"]]
        ids = dict.fromkeys(node["id"] for node in links)
        if ids:
            self.document += previews("", "", *(self._card(statements.get(id)) for id in ids))

    def _card(self, statement: Statement) -> nodes.Node:
        entry = _ledger(self.env)[statement.id]
        paper = PAPERS[statement.paper].name
        source = f"{paper}, {statement.number}" if statement.number else paper
        if statement.text:
            claim = list(_claim(statement, self._myst))
        else:
            claim = [nodes.paragraph("", f"To be stated in chapter {statement.chapter}.")]
        return _element(
            "aside",
            _element(
                "p",
                _element("strong", statement.id),
                f" · {statement.title} ",
                _element("span", entry.said, classes=["memorize-badge", entry.status]),
                classes=["memorize-title"],
            ),
            *claim,
            _element(
                "p",
                f"{source} ",
                _link("box", statement.id, "Go to the statement"),
                classes=["memorize-source"],
            ),
            classes=["memorize-preview"],
            ids=[f"preview-{statement.anchor}"],
            **{"role": "tooltip", "hidden": ""},
        )

    def _myst(self, text: str) -> list[nodes.Node]:
        from myst_parser.parsers.sphinx_ import MystParser

        document = new_document(self.document["source"], self.document.settings)
        MystParser().parse(text, document)
        for inner in list(document.findall(late)):
            inner["preview"] = False  # a card holds no cards
        return list(document.children)


# ---------------------------------------------------------------- the apparatus


class LedgerTable(_Directive):
    """The table of all rows; ``memorize.js`` adds filters and sorting to it."""

    def made(self) -> Iterator[nodes.Node]:
        _settle(self.env, "ledger", self.get_location())
        yield drawn("", draw="table")


class Graph(_Directive):
    """The dependency graph, with its legend."""

    def made(self) -> Iterator[nodes.Node]:
        yield drawn("", draw="graph")


class Totals(_Directive):
    """Counts by part and status, checks, and the budget of false alarms."""

    def made(self) -> Iterator[nodes.Node]:
        yield nodes.raw("", _totals(self.ledger), format="html")


class Total(SphinxRole):
    """``{total}`green` ``: one of the ledger's counts, or the ``budget`` or ``risk``."""

    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        _known(self.env).users.add(self.env.docname)
        book = _ledger(self.env)
        counts, risks = book.totals, {"budget": BUDGET, "risk": book.risk}
        if self.text in counts:
            return [nodes.Text(str(counts[self.text]))], []
        if self.text in risks:
            tex = _scientific(risks[self.text])
            return [nodes.math(tex, tex)], []
        said = f"total must be one of {', '.join([*counts, *risks])}, got {self.text!r}"
        return [], [self.inliner.reporter.error(said, line=self.lineno)]


class Errata(_Directive):
    """What is false as printed, in full."""

    def made(self) -> Iterator[nodes.Node]:
        false = [s for s in statements.all() if s.erratum]
        for s in false:
            parts = [
                f"**{{st}}`{s.id}`**, {_cited(s)}",
                f"*As printed.* {s.printed}",
                f"*What is wrong.* {s.changed}",
                f"*Counterexample.* {s.counterexample}" if s.counterexample else "",
                "*Repaired.*",
                s.text,
            ]
            body = self.myst("\n\n".join(filter(None, parts)))
            yield _element("div", *body, classes=["memorize-erratum"])
        if not false:
            yield nodes.paragraph("", "No chapter written so far has found a false statement.")


class MadeExplicit(_Directive):
    """What is right as printed, and says more in this book."""

    def made(self) -> Iterator[nodes.Node]:
        explicit = [s for s in statements.all() if s.printed and not s.erratum]
        if not explicit:
            yield nodes.paragraph("", "Nothing yet.")
        items = "\n".join(f"- {{st}}`{s.id}`: {_inline(s.changed)}" for s in explicit)
        yield from self.myst(items)


class WhatsNew(_Directive):
    """The book's own results by what is known of them."""

    HEADINGS: Mapping[str, str] = {
        "proved": "Proved",
        "definition": "Defined",
        "consistent": "Measured, not proved",
        "conjecture": "Conjectured",
        "cited": "Cited",
        "open": "Open",
    }

    def made(self) -> Iterator[nodes.Node]:
        own = [entry for entry in self.ledger if entry.statement.id.startswith("B.")]
        for status, heading in self.HEADINGS.items():
            entries = [entry for entry in own if entry.status == status]
            if not entries:
                continue
            yield nodes.rubric("", heading)
            for entry in entries:
                s = entry.statement
                title = _element(
                    "p",
                    _link("box", s.id, s.title, preview=True),
                    " ",
                    _badge(entry),
                    classes=["memorize-title"],
                )
                yield _element(
                    "div",
                    title,
                    *self.myst(s.text),
                    *self.myst(entry.why),
                    classes=["memorize-new"],
                )
        if not own:
            yield nodes.paragraph("", "Nothing yet.")


class Bounds(_Directive):
    """Calculators of bounds: of one statement, or of all that have one."""

    optional_arguments = 1

    def made(self) -> Iterator[nodes.Node]:
        if self.arguments:
            chosen = [self.declared(self.arguments[0])]
            if chosen[0].bound is None:
                raise self.error(f"{chosen[0].id} has no bound to evaluate")
        else:
            _settle(self.env, "bounds", self.get_location())
            chosen = [s for s in statements.all() if s.bound is not None]
        for s in chosen:
            title = _element(
                "p",
                _element("strong", s.id),
                " · ",
                _link("box", s.id, s.label, preview=True),
                classes=["memorize-title"],
            )
            form = nodes.raw("", bound.as_html(s), format="html")
            claim = [] if self.arguments else _claim(s, self.myst)
            ids = [f"bound-{s.anchor}"]
            box = _element("div", title, *claim, form, classes=["memorize-bounds"], ids=ids)
            if self.arguments or len(bound.formula_of(s).parameters) > 1:
                yield box
            else:  # of one number there is little to see
                yield _element("details", _element("summary", f"{s.id} · {s.label}"), box)
        if not chosen:
            yield nodes.paragraph("", "No chapter written so far has a bound to evaluate.")


def _inline(text: str) -> str:
    """MyST paragraphs as one, to stand in a list."""
    return " ".join(text.split())


def _table(book: Ledger, link: Callable[[str, str], str]) -> str:
    head = "".join(
        f'<th scope="col">{name}</th>'
        for name in ("Row", "Statement", "Chapter", "Status", "Checks", "Uses", "Steps in words")
    )
    rows = "".join(_row(entry, link) for entry in book)
    return (
        f'<div class="memorize-scroll" tabindex="0" role="region" aria-label="The ledger">'
        f'<table class="memorize-ledger"><thead><tr>{head}</tr></thead>'
        f"<tbody>{rows}</tbody></table></div>"
    )


def _row(entry: Entry, link: Callable[[str, str], str]) -> str:
    s = entry.statement
    kinds = sorted({check["kind"] for check in entry.checks})
    uses = ", ".join(f'<a href="{escape(link("box", u))}">{escape(u)}</a>' for u in entry.uses)
    source = f"{PAPERS[s.paper].name}, {s.number}" if s.number else PAPERS[s.paper].name
    return (
        f'<tr id="row-{s.anchor}" data-part="{s.part}" data-status="{entry.status}" '
        f'data-kinds="{escape(" ".join(kinds).replace("exact run", "exact-run"))}">'
        f'<th scope="row"><a href="{escape(link("box", s.id))}">{escape(s.id)}</a></th>'
        f"<td>{escape(s.title)}<small>{escape(source)}</small></td>"
        f'<td data-sort="{CHAPTERS.index(s.chapter):02}">{s.chapter.replace("/", "/<wbr>")}</td>'
        f'<td data-sort="{STATUSES.index(entry.status)}">'
        f'<span class="memorize-badge {entry.status}">{MARKS[entry.status]} {entry.status}</span>'
        f"<small>{escape(_because(entry))}</small></td>"
        f'<td data-sort="{len(entry.checks):03}">{checks_html(entry.checks)}</td><td>{uses}</td>'
        f'<td data-sort="{entry.unchecked:03}">{entry.unchecked or ""}</td></tr>'
    )


def _graph(book: Ledger, link: Callable[[str, str], str]) -> str:
    legend = "".join(f'<span class="memorize-badge {s}">{MARKS[s]} {s}</span> ' for s in STATUSES)
    return graph.svg(book, lambda id: link("box", id)) + f'<p class="memorize-legend">{legend}</p>'


def _totals(book: Ledger) -> str:
    def line(caption: str, entries: list[Entry]) -> str:
        counts = [sum(e.status == status for e in entries) for status in shown]
        cells = "".join(f"<td>{count or ''}</td>" for count in counts)
        return f'<tr><th scope="row">{caption}</th>{cells}<td>{len(entries)}</td></tr>'

    totals = book.totals
    shown = [status for status in STATUSES if totals[status]]
    head = "".join(f'<th scope="col">{name}</th>' for name in ("Part", *shown, "all"))
    parts = "".join(
        line(caption, [e for e in book if e.statement.part == part])
        for part, caption in PARTS.items()
    )
    return (
        f'<div class="memorize-scroll" tabindex="0" role="region" aria-label="Totals">'
        f'<table class="memorize-totals"><thead><tr>{head}</tr></thead><tbody>{parts}'
        f"{line('The book', list(book))}</tbody></table></div>"
        f"<p>{totals['green']} of {totals['rows']} rows are green. {totals['checks']} checks ran, "
        f"each with a control that was refuted; {totals['unchecked']} steps of the proofs are in "
        f"words, without a check. The probability of any false alarm or missed control in one run "
        f"is at most {inline(_scientific(book.risk))}, of a budget of "
        f"{inline(_scientific(BUDGET))}.</p>"
    )


def _scientific(x: float) -> str:
    """A small number as LaTeX, at two digits."""
    if not x:
        return "0"
    digits, exponent = f"{x:.1e}".split("e")
    power = f"10^{{{int(exponent)}}}"
    return power if float(digits) == 1 else rf"{float(digits):g}\cdot {power}"


DRAWINGS: Mapping[str, Callable[[Ledger, Callable[[str, str], str]], str]] = {
    "graph": _graph,
    "table": _table,
}
