"""The check beside each step in words of a proof, held to a table that somebody has read.

No program can tell whether a check supports a sentence. So the pairs stand in ``citations.txt``, a
line for each step in words that names a check; they were read against the pages, and none changes
unless that file does. ``python tests/test_citations.py`` writes it anew: read what changed.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from memorize.book import notebooks
from memorize.statements import CHAPTERS

ROOT = Path(__file__).resolve().parents[1]
TABLE = ROOT / "tests" / "citations.txt"
WORDS = 72
"""How much of a step's text a line shows; steps of one proof differ before that."""


@dataclass(frozen=True)
class Step:
    """A step in words: of which row, what it says, and the check that it names, if any."""

    row: str
    text: str
    check: tuple[str, ...]

    def line(self, chapter: str) -> str:
        """Its line of the table."""
        where = self.check[-1] if self.check[:-1] == (self.row,) else " / ".join(self.check)
        return f"{chapter} | {self.row} | {where} | {self.text[:WORDS]}"


def steps(chapter: str) -> list[Step]:
    """The steps in words of a chapter's proofs, as they are written."""
    found, rows = [], {}
    for node in _nodes(chapter):
        match node:
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                made = [call for call in ast.walk(value) if _named(call, "Proof")]
                if made and isinstance(made[0], ast.Call):
                    rows[name] = _said(made[0].args[0])
            case ast.Call(func=ast.Attribute(attr="prose", value=of), args=[text, *_]):
                given = {k.arg: k.value for k in node.keywords}
                beside = given.get("evidence")
                found.append(
                    Step(
                        rows.get(ast.unparse(of), ast.unparse(of)),
                        _said(text),
                        _named_check(beside) if beside else (),
                    )
                )
    return found


def _nodes(chapter: str) -> Iterator[ast.AST]:
    """All nodes of a chapter's code, in the order in which they are written."""
    for cell in notebooks.code_cells(notebooks.read(notebooks.Page(ROOT, chapter))):
        stack: list[ast.AST] = [ast.parse(cell.source)]
        while stack:
            node = stack.pop()
            yield node
            stack.extend(reversed(list(ast.iter_child_nodes(node))))


def _named(node: ast.AST, name: str) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == name


def _said(node: ast.expr) -> str:
    """A string as it is, anything else as it is written."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    return ast.unparse(node)


def _named_check(node: ast.expr) -> tuple[str, ...]:
    match node:
        case ast.Call(func=ast.Attribute(attr="evidence"), args=args):
            return tuple(map(_said, args))
    return (_said(node),)


def table() -> str:
    """What ``citations.txt`` should hold."""
    return "".join(
        f"{step.line(chapter)}\n" for chapter in CHAPTERS for step in steps(chapter) if step.check
    )


def test_every_step_names_the_check_of_the_table() -> None:
    written, read = table().splitlines(), TABLE.read_text(encoding="utf-8").splitlines()
    assert [line for line in written if line not in read] == []
    assert [line for line in read if line not in written] == []
    assert written == read


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_steps_are_told_apart(chapter: str) -> None:
    lines: dict[str, set[str]] = {}
    for step in steps(chapter):
        if step.check:
            lines.setdefault(f"{step.row} {step.text[:WORDS]}", set()).add(step.text)
    assert all(len(texts) == 1 for texts in lines.values())


def test_steps_are_found() -> None:
    found = [step for chapter in CHAPTERS for step in steps(chapter)]
    assert sum(bool(step.check) for step in found) > 200
    assert sum(not step.check for step in found) > 200


if __name__ == "__main__":
    TABLE.write_text(table(), encoding="utf-8")
