"""Each page with code and the notebook beside it: one source, all of it executed, nothing hidden.

nbval compares the notebooks with what runs now, but it is lenient: a cell that was never executed
passes, and a tag or a comment can switch it off. What it does not see is refused here.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import nbformat
import pytest
import yaml
from nbformat import NotebookNode

from memorize.book import notebooks
from memorize.book.notebooks import Page

ROOT = Path(__file__).parents[1]
PAGES = notebooks.pages(ROOT)
CHAPTERS = [page for page in PAGES if "/" in page.name]
IGNORED = "nbval-ignore-output"
TAGS = {IGNORED, "hide-input", "hide-output", "hide-cell", "remove-input", "remove-output"}
RECORD = "application/vnd.memorize.record+json"


def problems(pair: NotebookNode, text: NotebookNode) -> Iterator[str]:
    """What is wrong with a pair, given the notebook that its text stands for."""
    for name in ("cell_type", "source", "metadata", "id"):
        if [cell.get(name) for cell in pair.cells] != [cell.get(name) for cell in text.cells]:
            yield f"{name} differs from the text"
    if pair.metadata != text.metadata:
        yield f"metadata {dict(pair.metadata)}"
    code = notebooks.code_cells(pair)
    if [cell.execution_count for cell in code] != list(range(1, len(code) + 1)):
        yield "not every cell was executed once, in order"
    for number, cell in enumerate(code, start=1):
        for problem in _cell_problems(cell):
            yield f"code cell {number}: {problem}"


def _cell_problems(cell: NotebookNode) -> Iterator[str]:
    tags = set(cell.metadata.get("tags", ()))
    if tags - TAGS:
        yield f"tags {sorted(tags - TAGS)}"
    if re.search(r"#\s*(NBVAL_|PYTEST_VALIDATE_)", cell.source):
        yield "a comment that steers nbval"
    if not cell.source.strip():
        yield "no code"
    for output in cell.outputs:
        if output.output_type == "error":
            yield f"ended in {output.ename}"
        if output.get("name") == "stderr":
            yield "stderr"
        data = output.get("data", {})
        if any(mime.startswith("image/") for mime in data):
            yield "an image"
        if RECORD in data and IGNORED in tags:
            yield "a verdict that nbval does not compare"
        if re.search(r"\bat 0x[0-9a-f]{6,}", json.dumps(output)):
            yield "an address in memory"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_the_pair_is_the_text_executed(page: Page) -> None:
    assert page.pair.exists(), "there is no notebook beside the text: run make notebooks"
    pair = nbformat.read(page.pair, as_version=4)
    assert list(problems(pair, notebooks.read(page))) == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_the_text_names_no_version_of_jupytext(page: Page) -> None:
    header = page.text.read_text(encoding="utf-8").split("\n---", 1)[0]
    assert "jupytext_version" not in header
    assert "format_version" not in header


@pytest.mark.parametrize("page", CHAPTERS, ids=lambda page: page.name)
def test_a_chapter_has_verdicts_that_nbval_compares(page: Page) -> None:
    cells = notebooks.code_cells(nbformat.read(page.pair, as_version=4))
    strict = [c for c in cells if c.outputs and IGNORED not in c.metadata.get("tags", ())]
    assert any(RECORD in output.get("data", {}) for cell in strict for output in cell.outputs)


def test_every_notebook_has_its_text() -> None:
    found = set((ROOT / "book").rglob("*.ipynb"))
    assert {p for p in found if ".ipynb_checkpoints" not in p.parts} == {p.pair for p in PAGES}


def test_every_page_is_in_the_table_of_contents() -> None:
    toc = yaml.safe_load((ROOT / "_toc.yml").read_text(encoding="utf-8"))
    listed = [toc["root"], *(c["file"] for part in toc["parts"] for c in part["chapters"])]
    there = {t.relative_to(ROOT).with_suffix("").as_posix() for t in (ROOT / "book").rglob("*.md")}
    assert len(listed) == len(set(listed))
    assert set(listed) == there


# ------------------------------------------------- the controls: each defect must be found


def good() -> NotebookNode:
    """A notebook without a fault."""
    output = nbformat.v4.new_output("stream", text="proved\n")
    code = nbformat.v4.new_code_cell("print('proved')", outputs=[output], execution_count=1)
    prose = nbformat.v4.new_markdown_cell("# Title")
    code.id, prose.id = "a", "b"
    return nbformat.v4.new_notebook(cells=[prose, code])


def _set(**fields: object) -> Callable[[NotebookNode], None]:
    return lambda notebook: notebook.cells[1].update(fields)


def _tag(name: str) -> Callable[[NotebookNode], None]:
    return lambda notebook: notebook.cells[1].metadata.update(tags=[name])


def _output(kind: str, **fields: object) -> Callable[[NotebookNode], None]:
    made = nbformat.v4.new_output(kind, **fields)
    return lambda notebook: notebook.cells[1].outputs.append(made)


DEFECTS: dict[str, tuple[Callable[[NotebookNode], None], str]] = {
    "other code": (_set(source="print('refuted')"), "source differs"),
    "other prose": (lambda n: n.cells[0].update(source="# Other"), "source differs"),
    "a cell too few": (lambda n: n.cells.pop(), "source differs"),
    "other metadata": (_set(metadata={"collapsed": True}), "metadata differs"),
    "unstable id": (_set(id="c"), "id differs"),
    "a version": (lambda n: n.metadata.update(jupytext={"v": "1.19"}), "metadata {"),
    "never executed": (_set(execution_count=None), "not every cell was executed"),
    "executed twice": (_set(execution_count=2), "not every cell was executed"),
    "skipped by tag": (_tag("nbval-skip"), "tags ['nbval-skip']"),
    "may raise": (_tag("raises-exception"), "tags ['raises-exception']"),
    "skipped in execution": (_tag("skip-execution"), "tags ['skip-execution']"),
    "skipped by comment": (_set(source="# NBVAL_SKIP\n1"), "steers nbval"),
    "old comment": (_set(source="#PYTEST_VALIDATE_IGNORE_OUTPUT\n1"), "steers nbval"),
    "empty": (_set(source=" "), "no code"),
    "failed": (_output("error", ename="ValueError", evalue="", traceback=[]), "ValueError"),
    "stderr": (_output("stream", name="stderr", text="warning"), "stderr"),
    "image": (_output("display_data", data={"image/png": "AAAA"}), "an image"),
    "address": (_output("stream", text="<object at 0x7f0011aabbcc>"), "an address"),
}


def test_a_good_pair_has_no_problem() -> None:
    assert list(problems(good(), good())) == []


@pytest.mark.parametrize("defect", DEFECTS)
def test_a_defect_is_found(defect: str) -> None:
    spoil, expected = DEFECTS[defect]
    bad = good()
    spoil(bad)
    assert any(expected in problem for problem in problems(bad, good()))


def test_a_verdict_that_nbval_ignores_is_found() -> None:
    bad = good()
    _tag(IGNORED)(bad)
    assert not [p for p in problems(bad, bad) if "verdict" in p]
    _output("display_data", data={RECORD: {}})(bad)
    assert [p for p in problems(bad, bad) if "verdict" in p]
