"""The directives and roles, rendered in a small Sphinx project."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import sympy as sp
from invented import recorded
from small import INDEX, NETS, Pages, made

from memorize.book import bound, ledger
from memorize.kernel import Sequent, fixed
from memorize.statements import BoundFormula, Parameter, model

Build = Callable[..., Pages]


@pytest.fixture
def build(tmp_path: Path, invented: None) -> Build:
    """Builds the project again and again in one place."""

    def run(texts: dict[str, str] | None = None, **changed: Any) -> Pages:
        return made(tmp_path, ledger.build(recorded(**changed)), texts or {})

    return run


def text(element: Any) -> str:
    return " ".join(element.get_text().split())


def test_a_box_shows_all_that_is_declared(pages: Pages) -> None:
    box = pages["nets"].find(id="st-G-one")
    said = text(box)
    for words in (
        "G.one · Lemma 1 (The title of G.one) ✓ proved, 3 steps in words",
        r"Hypotheses. \(x\ge 0\); \(y\ge 0\).",
        r"Of G.one: \(x\le 2\).",
        r"As printed\(x\le C\) What the book changed. The constant is 2.",
        "Lemma 1. Also called Theorem 1 of the draft. Related in mathlib: Some.theorem_name.",
    ):
        assert words in said
    assert box.find("a", class_="proved")["href"] == "apparatus.html#row-st-G-one"
    assert box.find("a", string="Put in your own numbers")["href"] == (
        "apparatus.html#bound-st-G-one"
    )
    assert box.find("a", string="Some.theorem_name")["href"].endswith("Some.theorem_name#doc")


def test_a_false_statement_shows_what_was_printed_at_once(pages: Pages) -> None:
    page = pages["nets"]
    assert page.find(id="st-G-two").details.has_attr("open")
    assert not page.find(id="st-G-one").details.has_attr("open")


def test_a_reference_leads_to_the_box_and_shows_it(pages: Pages) -> None:
    page = pages["index"]
    one, four, again = page.find_all(class_="memorize-st")
    assert one["href"] == again["href"] == "nets.html#st-G-one"
    assert text(one) == "Lemma 1 (The title of G.one)"
    assert (four["href"], text(four)) == ("apparatus.html#row-st-N-four", "the open one")
    cards = page.find_all(class_="memorize-preview")
    assert [card["id"] for card in cards] == ["preview-st-G-one", "preview-st-N-four"]
    assert all(card.has_attr("hidden") for card in cards)
    assert one["aria-describedby"] == cards[0]["id"]
    assert r"Of G.one: \(x\le 2\)." in text(cards[0])
    assert "To be stated in chapter sgd/polynomials." in text(cards[1])
    assert cards[0].find("a", string="Go to the statement")["href"] == "nets.html#st-G-one"


def test_pages_with_cards_have_mathematics_and_searches_pass_the_cards_by(
    pages: Pages, folder: Path
) -> None:
    page = pages["index"]
    assert _has_mathematics(page)
    index = (folder / "html" / "searchindex.js").read_text(encoding="utf-8")
    assert '"apparatu"' in index
    titles = re.search(r'"titl":(\[[\d,]*\]|\d+)', index)
    assert titles is None or "0" not in titles.group(1)


def test_mathematics_that_the_ledger_alone_brings_is_typeset(build: Build) -> None:
    pages = build({"apparatus": "# The ledger\n\n```{ledger}\n```\n"})
    assert _has_mathematics(pages["apparatus"])


def _has_mathematics(page: Any) -> bool:
    return any("mathjax" in script.get("src", "") for script in page.find_all("script"))


def test_a_definition_is_called_one_and_its_section_is_its_source(pages: Pages) -> None:
    box = pages["nets"].find(id="st-G-def")
    assert box["class"] == ["memorize-statement", "kind-definition"]  # no class of the theme's
    assert text(box).startswith("G.def · Definition (The title of G.def) ≔ definition")
    assert text(box).endswith("Section 2.")


def test_totals_inside_a_sentence(pages: Pages) -> None:
    assert r"; 4 of 5, \(10^{-6}\)." in text(pages["index"])


def test_the_table_of_totals_has_no_empty_column(pages: Pages, build: Build) -> None:
    def head(page: Any) -> list[str]:
        return [text(cell) for cell in page.find(class_="memorize-totals").thead.find_all("th")]

    assert head(pages["apparatus"]) == ["Part", "proved", "definition", "open", "all"]
    changed = build(G_one={"outcome": "conjecture"})["apparatus"]
    assert head(changed) == ["Part", "definition", "conjecture", "open", "all"]


def test_the_ledger_is_a_table_without_scripts(pages: Pages) -> None:
    table = pages["apparatus"].find(class_="memorize-ledger")
    rows = {row.th.get_text(): row for row in table.tbody.find_all("tr")}
    assert list(rows) == ["G.def", "G.one", "G.two", "B.three", "N.four"]
    assert rows["G.one"].th.a["href"] == "nets.html#st-G-one"
    assert rows["N.four"].th.a["href"] == "#row-st-N-four"
    assert r"\(\le 2\): proved. Control, \(C\): \(2\) \(\to 1.9\) (5.00%): refuted." in text(
        rows["G.one"]
    )
    assert rows["G.one"]["data-status"] == "proved"
    assert rows["N.four"]["data-part"] == "sgd"


def test_a_weak_row_says_what_holds_it_back(build: Build) -> None:
    pages = build(G_one={"outcome": "conjecture"})
    row = pages["apparatus"].find(id="row-st-G-two")
    assert "? conjectureproved in its chapter, but rests on G.one" in text(row)
    assert "? conjecture" in text(pages["nets"].find(id="st-G-two"))


def test_graph_errata_and_news(pages: Pages) -> None:
    page = pages["apparatus"]
    assert page.find("a", attrs={"data-id": "G.two"})["href"] == "nets.html#st-G-two"
    (erratum,) = page.find_all(class_="memorize-erratum")
    assert text(erratum).endswith(
        r"As printed. \(x\le 1\) What is wrong. False at \(x=2\). "
        r"Counterexample. The net of six points. Repaired. Of G.two: \(x\le 2\)."
    )
    assert "Lemma 1 (The title of G.one): The constant is 2." in text(page)
    (news,) = page.find_all(class_="memorize-new")
    assert text(news).startswith("The title of B.three ✓ proved")
    assert text(news.find_previous(class_="rubric")) == "Proved"
    assert "3 steps of the proofs are in words" in text(page)


def test_bounds_are_readable_without_scripts(pages: Pages) -> None:
    form = pages["apparatus"].find("form", class_="memorize-bound")
    assert [i["value"] for i in form.find_all("input", type="number")] == ["3", "1", "2"]
    assert text(form.find(attrs={"data-value": ""})) == "0.1991482735"
    assert "\\(t\\): turns vacuous at 1.386294361, going down" in text(form)


@pytest.mark.parametrize(
    ("name", "said"),
    [("K", r"\(K\)"), ("eps", r"\(\varepsilon\)"), ("Lambda", r"\(\Lambda\)"),
     ("s_1", r"\(s_{1}\)"), ("spread", "spread")],
)  # fmt: skip
def test_a_calculator_names_a_letter_as_the_text_does(name: str, said: str) -> None:
    assert re.sub("<[^>]+>", "", bound.letter(name)) == said


def test_a_bound_of_one_number_is_folded(build: Build, monkeypatch: pytest.MonkeyPatch) -> None:
    K = Parameter(sp.Symbol("K", positive=True), "norm", 1.0)
    one = BoundFormula(quantity="x", parameters=(K,), value=2 * K.symbol, terms=(), trivial=sp.oo)
    monkeypatch.setitem(model._REGISTRY, "G.def", replace(model.get("G.def"), bound=one))
    page = build()["apparatus"]
    folded = page.find(id="bound-st-G-def")
    assert text(folded.parent.summary) == "G.def · Definition (The title of G.def)"
    assert text(folded.find(attrs={"data-verdict": ""})) == ""  # nothing is known without it
    assert folded.find("li") is None
    assert page.find(id="bound-st-G-one").parent.name != "details"


def test_nothing_is_asked_of_another_machine(pages: Pages) -> None:
    for page in pages.values():
        for element in page.find_all(["script", "link", "img", "iframe"]):
            address = element.get("src") or element.get("href") or ""
            assert "mathjax" in address or not address.startswith(("http", "//"))


def test_only_what_changed_is_written_again(build: Build) -> None:
    """Beside the front page, which Sphinx writes again with any other."""
    plain = "---\norphan: true\n---\n# Plain\n"
    build({"plain": plain})
    assert set(build({"plain": plain})) <= {"index"}
    assert set(build({"plain": plain + "More.\n"})) <= {"index", "plain"}
    changed = build({"plain": plain + "More.\n"}, G_one={"outcome": "cited"})
    assert set(changed) == {"index", "nets", "apparatus"}
    assert "” cited" in text(changed["nets"].find(id="st-G-one"))


def test_links_follow_a_statement_that_moves(build: Build) -> None:
    build({"other": "# Other\n", "index": INDEX.replace("nets\n", "nets\nother\n")})
    moved = build(
        {
            "nets": NETS.replace("```{statement} G.one\n```\n", ""),
            "other": "# Other\n\n```{statement} G.one\n```\n",
            "index": INDEX.replace("nets\n", "nets\nother\n"),
        }
    )
    assert moved["index"].find(class_="memorize-st")["href"] == "other.html#st-G-one"


def test_a_changed_declaration_is_shown(build: Build, monkeypatch: pytest.MonkeyPatch) -> None:
    build()
    K = fixed("K")
    formal = (Sequent((K > 0,), K**2 > 0), Sequent((), K**2 >= 0))
    changed = replace(model.get("G.def"), text="Other words.", formal=formal)
    monkeypatch.setitem(model._REGISTRY, "G.def", changed)
    said = text(build()["nets"].find(id="st-G-def"))
    assert "Other words." in said
    assert r"As the program reads it" in said
    assert r"If \(0\) \(< K\), then \(0\) \(< {K}^{2}\) Always \(0\) \(\le {K}^{2}\)" in said


@pytest.mark.parametrize(
    ("page", "message"),
    [
        ("```{statement} G.on\n```", "no statement 'G.on' is declared; did you mean G.one"),
        ("```{statement} N.four\n```", "statement N.four is shown here, but it has no text"),
        ("{st}`G.on`", "did you mean G.one"),
        ("{total}`blue`", "total must be one of rows, green"),
        ("```{bounds} G.two\n```", "G.two has no bound"),
        ("```{statement} G.one\n```", "G.one is shown in nets too"),
    ],
)
def test_a_mistake_in_a_page_is_a_warning(build: Build, page: str, message: str) -> None:
    with pytest.raises(RuntimeError, match=re.escape(message)):
        build({"plain": f"---\norphan: true\n---\n# Plain\n\n{page}\n"})
