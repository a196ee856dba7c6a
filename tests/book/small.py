"""A small Sphinx project that uses every directive and role."""

from __future__ import annotations

import io
import re
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from sphinx.application import Sphinx
from sphinx.util.docutils import docutils_namespace, patch_docutils

from memorize.book import ledger

Pages = dict[str, BeautifulSoup]

ASSETS = Path(__file__).parents[2] / "book" / "assets"
CONF = {
    "extensions": ["myst_parser", "sphinxcontrib.bibtex", "memorize.book.sphinx"],
    "myst_enable_extensions": ["dollarmath", "amsmath"],
    "bibtex_bibfiles": ["refs.bib"],
    "html_theme": "basic",
    "html_static_path": [str(ASSETS / n) for n in ("memorize.css", "memorize.js", "bounds.js")],
}
BIB = """@misc{daniely2020memorizing,
  author = {Daniely, Amit},
  title  = {Memorizing {G}aussians},
  year   = {2020}
}
"""
INDEX = """# Small

Read {st}`G.one`, {st}`the open one <N.four>` and {st}`G.one`;
{total}`green` of {total}`rows`, {total}`budget`.

```{toctree}
nets
apparatus
```
"""
NETS = """# Nets

```{statement} G.def
```

```{statement} G.one
```

```{statement} G.two
```
"""
APPARATUS = """# Apparatus

```{totals}
```

```{ledger}
```

```{graph}
```

```{errata}
```

```{made-explicit}
```

```{whats-new}
```

```{bounds}
```
"""


SOURCES = """---
orphan: true
---
# Sources

```{bibliography}
```
"""


def made(folder: Path, book: ledger.Ledger, texts: dict[str, str]) -> Pages:
    """Build the project, warnings as errors; returns the pages that were written."""
    source, out = folder / "source", folder / "html"
    source.mkdir(exist_ok=True)
    before = {path: path.stat().st_mtime_ns for path in out.glob("*.html")}
    pages = {"index": INDEX, "nets": NETS, "apparatus": APPARATUS, **texts}
    for name, content in {**pages, "sources": SOURCES}.items():
        path = source / f"{name}.md"
        if not path.exists() or path.read_text(encoding="utf-8") != content:
            path.write_text(content, encoding="utf-8")
    (source / "refs.bib").write_text(BIB, encoding="utf-8")
    warning = io.StringIO()
    with pytest.MonkeyPatch.context() as patch, patch_docutils(), docutils_namespace():
        patch.setattr(ledger, "load", lambda root: book)
        app = Sphinx(
            srcdir=source,
            confdir=None,
            outdir=out,
            doctreedir=folder / "doctrees",
            buildername="html",
            confoverrides=CONF,
            status=None,
            warning=warning,
        )
        app.build()
    if said := re.sub(r"\x1b\[[0-9;]*m", "", warning.getvalue()):
        raise RuntimeError(said)
    return {
        path.stem: BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")
        for path in out.glob("*.html")
        if path.stem in pages and before.get(path) != path.stat().st_mtime_ns
    }
