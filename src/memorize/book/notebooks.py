"""Pages with code: the text that people write, its execution, and the pair beside the text.

Under the root of the repository, a page with code has three forms:

- ``book/PART/NAME.md``, MyST in jupytext's ``md:myst``: the only form that people edit;
- ``_build/executed/PART/NAME.ipynb``, the same cells with all the outputs of one execution, and
  ``NAME.json`` beside it, the record of that execution (its key says what it was made from);
- ``book/PART/NAME.ipynb``, the pair: the same without images and stderr, so that a re-run that
  changes nothing makes no diff.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import cast

import nbformat
from nbformat import NotebookNode

EXECUTED = Path("_build", "executed")
CELL_METADATA = ("tags", "mystnb")
KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}
# What memorize.runtime reads, and its defaults: the pairs show these.
DEFAULTS = {"MEMORIZE_SEED": "0", "MEMORIZE_TIER": "laptop", "MEMORIZE_DEVICE": ""}


@dataclass(frozen=True)
class Record:
    """What an execution was made from, and what it took."""

    key: str
    setting: dict[str, str]
    seconds: float


@dataclass(frozen=True)
class Page:
    """A page with code; ``name`` is its path below ``book`` without the suffix."""

    root: Path
    name: str

    @property
    def text(self) -> Path:
        return self.root / "book" / f"{self.name}.md"

    @property
    def pair(self) -> Path:
        return self.root / "book" / f"{self.name}.ipynb"

    @property
    def executed(self) -> Path:
        return self.root / EXECUTED / f"{self.name}.ipynb"

    @property
    def record(self) -> Path:
        return self.root / EXECUTED / f"{self.name}.json"


def pages(root: Path) -> list[Page]:
    """All pages with code under ``root``, in the order of their names."""
    texts = sorted((root / "book").rglob("*.md"))
    names = (t.relative_to(root / "book").with_suffix("").as_posix() for t in texts if _has_code(t))
    return [Page(root, name) for name in names]


def read(page: Page) -> NotebookNode:
    """The page as a notebook without outputs; its cell ids depend on its cells alone."""
    import jupytext

    notebook = cast(NotebookNode, jupytext.read(page.text, fmt="md:myst"))
    seen: Counter[str] = Counter()
    for cell in notebook.cells:
        digest = hashlib.sha256(f"{cell.cell_type}\n{cell.source}".encode()).hexdigest()[:12]
        seen[digest] += 1
        cell.id = digest if seen[digest] == 1 else f"{digest}-{seen[digest]}"
        cell.metadata = NotebookNode(
            {name: cell.metadata[name] for name in CELL_METADATA if name in cell.metadata}
        )
    notebook.metadata = NotebookNode(kernelspec=KERNEL, language_info={"name": "python"})
    return notebook


def code_cells(notebook: NotebookNode) -> list[NotebookNode]:
    """The code cells, in order."""
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def key(page: Page, surroundings: str) -> str:
    """What decides the outputs of a page: its code and tags, and :func:`surroundings`."""
    cells = [[c.source, sorted(c.metadata.get("tags", []))] for c in code_cells(read(page))]
    return hashlib.sha256(json.dumps([surroundings, cells]).encode()).hexdigest()


def surroundings(root: Path) -> str:
    """A digest of all else that decides the outputs: src, the lock, data, Python, seed and tier."""
    digest = hashlib.sha256()
    for path in _sources(root):
        digest.update(f"{path.relative_to(root).as_posix()}\n".encode())
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    digest.update(json.dumps([sys.version_info[:2], setting()]).encode())
    return digest.hexdigest()


def setting() -> dict[str, str]:
    """The seed, tier and device that a page would run with now."""
    return {name: os.environ.get(name, default) for name, default in DEFAULTS.items()}


def recorded(page: Page) -> Record | None:
    """The record of the page's last execution, if there is one."""
    if not (page.record.exists() and page.executed.exists()):
        return None
    return Record(**json.loads(page.record.read_text(encoding="utf-8")))


def is_current(page: Page, key: str) -> bool:
    """Whether the page's last execution was made from what ``key`` stands for."""
    record = recorded(page)
    return record is not None and record.key == key


def executed(page: Page) -> NotebookNode:
    """The page's last execution under its present text; raises ``LookupError`` if they differ."""
    if not page.executed.exists():
        raise LookupError(f"{page.name} was not executed: run make notebooks")
    return with_outputs(read(page), nbformat.read(page.executed, as_version=4), page.name)


def with_outputs(notebook: NotebookNode, execution: NotebookNode, name: str) -> NotebookNode:
    """Put the outputs of ``execution`` into ``notebook``; ``LookupError`` if their code differs."""
    ours, theirs = code_cells(notebook), code_cells(execution)
    if [cell.source for cell in ours] != [cell.source for cell in theirs]:
        raise LookupError(f"{name} was executed with other code: run make notebooks")
    for cell, ran in zip(ours, theirs, strict=True):
        cell.execution_count, cell.outputs = ran.execution_count, ran.outputs
    return notebook


def pruned(notebook: NotebookNode) -> NotebookNode:
    """A copy fit for the repository: no images, no stderr, nothing that a re-run would change."""
    copy = cast(NotebookNode, nbformat.from_dict(json.loads(json.dumps(notebook))))
    for cell in code_cells(copy):
        cell.outputs = list(_kept(cell.outputs))
    return copy


def save(page: Page, notebook: NotebookNode, record: Record) -> None:
    """Keep an execution: the notebook first, so that a record always has its notebook."""
    write(page.executed, nbformat.writes(notebook) + "\n")
    write(page.record, json.dumps(asdict(record), indent=1) + "\n")


def refresh(page: Page) -> None:
    """Bring the executed notebook and the pair up to the text, whose prose may have changed.

    The pair shows the default seed and tier, whatever the last execution was made with.
    """
    notebook, record = executed(page), recorded(page)
    write(page.executed, nbformat.writes(notebook) + "\n")
    if record is not None and record.setting == DEFAULTS:
        write(page.pair, nbformat.writes(pruned(notebook)) + "\n")


def write(path: Path, text: str) -> None:
    """Write a file whole or not at all, and only if that changes it."""
    if path.exists() and path.read_text(encoding="utf-8") == text:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    with os.fdopen(handle, "w", encoding="utf-8") as stream:
        stream.write(text)
    os.chmod(temporary, 0o644)
    os.replace(temporary, path)


def _has_code(text: Path) -> bool:
    header = text.read_text(encoding="utf-8").split("\n---", 1)[0]
    return header.startswith("---") and "format_name: myst" in header


def _sources(root: Path) -> list[Path]:
    files = [p for p in (root / "src").rglob("*") if p.is_file() and "__pycache__" not in p.parts]
    files = [p for p in files if not any(part.endswith(".egg-info") for part in p.parts)]
    files += [p for p in (root / "book").rglob("*") if p.suffix in (".json", ".csv")]
    files += [p for p in [root / "requirements.lock"] if p.exists()]
    return sorted(files)


def _kept(outputs: list[NotebookNode]) -> Iterator[NotebookNode]:
    for output in outputs:
        if output.output_type == "stream" and output.name == "stderr":
            continue
        if output.output_type in ("display_data", "execute_result"):
            output.data = {mime: d for mime, d in output.data.items() if not _is_image(mime)}
            output.metadata = {m: d for m, d in output.metadata.items() if m in output.data}
            if not output.data:
                continue
        yield output


def _is_image(mime: str) -> bool:
    return mime.startswith("image/") or mime == "application/pdf"
