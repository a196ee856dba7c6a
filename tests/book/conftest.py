"""A registry of invented statements, and a small project that shows them."""

from __future__ import annotations

from pathlib import Path

import pytest
from invented import INVENTED, recorded
from small import Pages, made

from memorize.book import ledger
from memorize.statements import model


@pytest.fixture
def invented(monkeypatch: pytest.MonkeyPatch) -> None:
    """A registry of five invented statements."""
    monkeypatch.setattr(model, "_REGISTRY", {})
    for s in INVENTED:
        model.declare(s)


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("small")


@pytest.fixture(scope="session")
def pages(folder: Path) -> Pages:
    """The project as it stands, built once."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(model, "_REGISTRY", {s.id: s for s in INVENTED})
        return made(folder, ledger.build(recorded()), {})
