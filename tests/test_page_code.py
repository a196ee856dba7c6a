"""The code of the pages does not reach into the kernel: what it claims, it earned.

Python cannot keep a program that wants to from forging an object. So the means of doing that are
not allowed in a page's code, where nobody would expect them.
"""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from memorize.book import notebooks

ROOT = Path(__file__).resolve().parents[1]
PAGES = {page.name: page for page in notebooks.pages(ROOT)}
READABLE = {"__doc__", "__file__", "__name__"}
BUILTINS = {"compile", "delattr", "eval", "exec", "globals", "locals", "setattr", "vars"}
MODULES = {"builtins", "ctypes", "gc", "importlib", "mock", "pickle", "sys", "unittest"}


def tricks(code: str) -> list[str]:
    """What in ``code`` could change an object that is not its own, with the line."""
    found = []
    for node in ast.walk(ast.parse(code)):
        match node:
            case ast.Attribute(attr=name, ctx=ast.Store() | ast.Del()):
                found.append(f"line {node.lineno}: sets .{name}")
            case ast.Attribute(attr=name) if name.startswith("_") and name not in READABLE:
                found.append(f"line {node.lineno}: reads .{name}")
            case ast.Name(id=name) if name in BUILTINS or name.startswith("__"):
                found.append(f"line {node.lineno}: {name}")
            case ast.Import(names=names):
                roots = {alias.name.split(".")[0] for alias in names}
                found += [f"line {node.lineno}: imports {root}" for root in roots & MODULES]
            case ast.ImportFrom(module=str(module), names=names):
                private = [alias.name for alias in names if alias.name.startswith("_")]
                if module.split(".")[0] in MODULES or private:
                    found.append(f"line {node.lineno}: imports from {module}")
    return found


@pytest.mark.parametrize("name", PAGES)
def test_no_tricks(name: str) -> None:
    for cell in notebooks.code_cells(notebooks.read(PAGES[name])):
        assert tricks(cell.source) == [], cell.source


@pytest.mark.parametrize(
    "code",
    [
        "evidence.outcome = 'proved'",
        "del theorem.premises",
        "object.__setattr__(theorem, 'rule', 'arithmetic')",
        "setattr(rules, 'arith', anything)",
        "rules._mint('arithmetic', goal)",
        "from memorize.kernel.rules import _MINT",
        "vars(rules)['arith'] = anything",
        "exec('x = 1')",
        "import gc",
        "from unittest.mock import patch",
        "__import__('gc')",
    ],
)
def test_tricks_are_seen(code: str) -> None:
    assert tricks(code)


def test_plain_code_passes() -> None:
    plain = "x = sp.Symbol('x')\nvalues[0] = x.name\nprint(type(x).__name__)"
    assert tricks(plain) == []
