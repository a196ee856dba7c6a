"""What the tests share: the repository's root, a browser, and a word about its absence."""

from __future__ import annotations

import os
import shutil
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parent.parent
IN_CI = os.environ.get("CI") == "true"
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
NO_BROWSER = "the tests in a browser were SKIPPED: no Chromium or Chrome on this machine"


def find_browser() -> str | None:
    """The path of ``MEMORIZE_BROWSER`` or of a Chromium-like browser, or None."""
    names = [os.environ["MEMORIZE_BROWSER"]] if "MEMORIZE_BROWSER" in os.environ else BROWSERS
    return next((path for name in names if (path := shutil.which(name))), None)


@pytest.fixture(scope="session")
def root() -> Path:
    """The repository's root."""
    return ROOT


@pytest.fixture(scope="session")
def browser_path() -> str:
    """A browser to test pages with. Without one: skip, but fail where ``CI`` is true."""
    path = find_browser()
    if path is None and IN_CI:
        pytest.fail("CI needs a browser: install chromium")
    if path is None:
        pytest.skip("no Chromium or Chrome on this machine")
    return path


@pytest.fixture(scope="session")
def browser(browser_path: str) -> Iterator[Any]:
    """A headless Chromium that can reach this machine alone; one for all tests of a process."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        running = playwright.chromium.launch(
            executable_path=browser_path,
            args=[
                "--no-sandbox",
                "--disable-gpu",
                "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
            ],
        )
        yield running
        running.close()


@pytest.fixture
def interruptible() -> Iterator[None]:
    """Let the test's processes heed SIGINT, which they would ignore below a shell's &."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def pytest_unconfigure(config: pytest.Config) -> None:
    """Say as the very last line that the browser's tests did not run."""
    if not hasattr(config, "workerinput") and not IN_CI and find_browser() is None:
        print(NO_BROWSER)
