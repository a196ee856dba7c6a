"""The environment: one source of truth, a lock of plain pins, and this environment follows it."""

from __future__ import annotations

import re
import tomllib
from importlib import metadata
from pathlib import Path
from typing import Any

import lock
import pytest
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import Version


@pytest.fixture(scope="module")
def project(root: Path) -> dict[str, Any]:
    return tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]


@pytest.fixture(scope="module")
def pins(root: Path) -> dict[str, str]:
    return lock.locked((root / "requirements.lock").read_text(encoding="utf-8").splitlines())


def declared(project: dict[str, Any]) -> list[Requirement]:
    extras = [text for extra in lock.EXTRAS for text in project["optional-dependencies"][extra]]
    return [Requirement(text) for text in (*project["dependencies"], *extras)]


def test_the_extras_are_those_of_the_lock(project: dict[str, Any]) -> None:
    assert set(project["optional-dependencies"]) == set(lock.EXTRAS)


def test_every_declared_package_is_locked_within_its_bounds(
    project: dict[str, Any], pins: dict[str, str]
) -> None:
    for wanted in declared(project):
        version = pins.get(canonicalize_name(wanted.name))
        assert version is not None, f"{wanted.name} is not locked: run make lock"
        assert wanted.specifier.contains(version, prereleases=True), f"{wanted}, locked {version}"


def test_the_lock_holds_all_that_is_needed_and_nothing_else(pins: dict[str, str]) -> None:
    installed = {
        canonicalize_name(found.metadata["Name"]): found.requires or []
        for found in metadata.distributions()
    }
    needed = lock.needed(installed)
    assert needed - set(pins) == set(), "needed on this Python, but not locked"
    assert set(pins) - needed == set(), "locked, but nobody needs it on this Python"


def test_this_environment_follows_the_lock(pins: dict[str, str]) -> None:
    versions = {name: Version(metadata.version(name)).public for name in pins}
    assert versions == pins


@pytest.mark.parametrize(
    "line",
    [
        "torch==2.13.0+cpu",
        "torch @ file:///wheels/torch.whl",
        "./wheels/torch.whl",
        "-e .",
        "--extra-index-url https://example.org",
        "torch>=2",
        "torch==2.13.0 ; sys_platform == 'linux'",
    ],
)
def test_only_plain_pins_are_a_lock(line: str) -> None:
    with pytest.raises(ValueError, match=r"lock|version"):
        lock.locked([line])


def test_what_torch_wants_on_one_platform_only_is_not_locked() -> None:
    requires = {
        "memorize": ["torch>=2", "sympy>=1 ; extra == 'book'"],
        "torch": ["numpy", "triton==3 ; platform_system == 'Linux'", "filelock"],
        "numpy": [],
        "filelock": [],
        "sympy": ["mpmath ; python_version >= '3'", "absent ; python_version < '3'"],
        "mpmath": [],
        "triton": [],
    }
    assert lock.needed(requires) == {"torch", "numpy", "filelock", "sympy", "mpmath"}


def test_environment_yml_is_python_and_the_lock(root: Path, project: dict[str, Any]) -> None:
    environment = yaml.safe_load((root / "environment.yml").read_text(encoding="utf-8"))
    python, pip, packages = environment["dependencies"]
    assert SpecifierSet(python.removeprefix("python")) == SpecifierSet(project["requires-python"])
    assert pip == "pip"
    assert packages == {"pip": ["-r requirements.lock", "-e ."]}


def test_no_file_names_a_host_of_packages_or_a_local_folder(root: Path) -> None:
    for name in ("pyproject.toml", "requirements.lock", "environment.yml", "Makefile"):
        text = (root / name).read_text(encoding="utf-8")
        found = re.search(r"https?://(?!localhost)|file:|/(home|root|opt|tmp|Users)/", text)
        assert found is None, name
