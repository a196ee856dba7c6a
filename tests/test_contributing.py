"""CONTRIBUTING.md's "how to add a chapter", followed to the letter in a copy of the repository."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

BLOCK = re.compile(r"^(`{3,})(\w+) title=(\S+)\n(.*?)^\1$", re.DOTALL | re.MULTILINE)


def follow(guide: str, copy: Path) -> None:
    """Make the files and insert the lines that the guide shows."""
    for _, language, name, body in BLOCK.findall(guide):
        path = copy / name
        if language != "diff":
            path.write_text(body, encoding="utf-8")
            continue
        old, new = (
            "".join(line[1:] for line in body.splitlines(keepends=True) if line[0] in kept)
            for kept in (" ", " +")
        )
        text = path.read_text(encoding="utf-8")
        assert text.count(old) == 1, f"{name} must hold once: {old}"
        path.write_text(text.replace(old, new), encoding="utf-8")


def test_how_to_add_a_chapter_works(root: Path, tmp_path: Path) -> None:
    ignored = shutil.ignore_patterns("__pycache__", "*.ipynb")
    for name in ("src", "book"):
        shutil.copytree(root / name, tmp_path / name, ignore=ignored)
    for name in ("_config.yml", "_toc.yml"):
        shutil.copy(root / name, tmp_path)
    follow((root / "CONTRIBUTING.md").read_text(encoding="utf-8"), tmp_path)
    assert "- file: book/tails/gap\n" in (tmp_path / "_toc.yml").read_text(encoding="utf-8")

    # The other pages take their time elsewhere: here the book is a front page and the new chapter.
    for page in (tmp_path / "book").rglob("*.md"):
        if page.name not in ("gap.md", "ledger.md"):
            page.unlink()
    (tmp_path / "book" / "index.md").write_text("# Front\n\nSee {st}`B.gap`.\n", encoding="utf-8")
    files = ("ledger", "tails/gap")
    chapters = "".join(f"- file: book/{name}\n" for name in files)
    toc = f"format: jb-book\nroot: book/index\nchapters:\n{chapters}"
    (tmp_path / "_toc.yml").write_text(toc, encoding="utf-8")

    def run(module: str, *arguments: str) -> str:
        command = [sys.executable, "-m", module, *arguments, "--root", str(tmp_path)]
        environment = {**os.environ, "PYTHONPATH": str(tmp_path / "src"), "MEMORIZE_SEED": "0"}
        done = subprocess.run(
            command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    run("memorize.book.build")
    rows = {row["id"]: row for row in json.loads(run("memorize", "ledger", "--format", "json"))}
    assert rows["B.gap"]["status"] == "definition"
    assert rows["B.gap"]["green"] is True
    assert (tmp_path / "book" / "tails" / "gap.ipynb").exists()
    page = (tmp_path / "_build" / "html" / "book" / "tails" / "gap.html").read_text("utf-8")
    assert 'id="st-B-gap"' in page
