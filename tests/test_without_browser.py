"""Without a browser its tests are skipped and the last line says so; in CI they fail."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest


@pytest.mark.parametrize("workers", ["0", "1"])
@pytest.mark.parametrize(("ci", "outcome"), [("false", "1 skipped"), ("true", "1 error")])
def test_a_missing_browser_is_told(
    root: Path, tmp_path: Path, ci: str, outcome: str, workers: str
) -> None:
    shutil.copy(root / "tests" / "conftest.py", tmp_path)
    (tmp_path / "test_it.py").write_text("def test_it(browser_path): pass\n", encoding="utf-8")
    (tmp_path / "pytest.ini").write_text("[pytest]\n", encoding="utf-8")
    own = {k: v for k, v in os.environ.items() if not k.startswith(("PYTEST", "COV"))}
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "--numprocesses", workers],
        cwd=tmp_path,
        env={**own, "CI": ci, "MEMORIZE_BROWSER": "no-such-browser"},
        capture_output=True,
        text=True,
        check=False,
    )
    said = done.stdout.splitlines()
    if ci == "false":
        assert said.pop().startswith("the tests in a browser were SKIPPED")
    assert outcome in said[-1]
    assert done.returncode == (ci == "true")
