"""Sphinx extension: pages get their outputs from the one execution, and never run themselves.

myst-nb reads each page with code through :func:`read`, which joins the text as it stands now to the
outputs kept by :mod:`memorize.book.execute`. A page that was not executed, or that was executed
with other code, stops the build. Each such page offers its executed notebook for download.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode
from sphinx.application import Sphinx

from memorize.book import notebooks
from memorize.book.notebooks import Page


def read(text: str, page: Page, config: Any) -> NotebookNode:
    """The notebook of ``page``: the cells of ``text``, with line numbers, and the kept outputs."""
    from myst_nb.core.read import read_myst_markdown_notebook

    notebook = read_myst_markdown_notebook(text, config=config, add_source_map=True)
    execution = nbformat.read(page.executed, as_version=4) if page.executed.exists() else None
    if execution is None:
        raise LookupError(f"{page.name} was not executed: run make notebooks")
    return notebooks.with_outputs(notebook, execution, page.name)


def setup(app: Sphinx) -> dict[str, Any]:
    """Register with Sphinx."""
    app.connect("builder-inited", _use_executions, priority=900)  # after myst-nb's own
    app.connect("source-read", _depend_on_execution)
    app.connect("env-updated", _write_all)
    app.connect("html-page-context", _offer_notebook, priority=400)  # before the theme's buttons
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def _pages(app: Sphinx) -> dict[str, Page]:
    """The pages with code by their Sphinx name."""
    return {f"book/{page.name}": page for page in notebooks.pages(Path(app.srcdir))}


def _use_executions(app: Sphinx) -> None:
    env: Any = app.env
    readers = {
        f"/{docname}.md": (
            f"{__name__}.{read.__name__}",
            {"page": page, "config": env.myst_config},
            False,
        )
        for docname, page in _pages(app).items()
    }
    env.mystnb_config = env.mystnb_config.copy(custom_formats=readers, execution_mode="off")


def _depend_on_execution(app: Sphinx, docname: str, _: list[str]) -> None:
    page = _pages(app).get(docname)
    if page is not None:
        app.env.note_dependency(str(page.executed))


def _write_all(app: Sphinx, env: Any) -> list[str]:
    """Write every page, whichever was edited: its title and labels stand in others too."""
    return sorted(env.found_docs)


def _offer_notebook(
    app: Sphinx, pagename: str, _template: str, context: dict[str, Any], _doctree: Any
) -> None:
    page = _pages(app).get(pagename)
    if page is not None:
        copy = Path(app.outdir, "_sources", f"{pagename}.ipynb")
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(page.executed, copy)
        context["ipynb_source"] = f"{pagename}.ipynb"
