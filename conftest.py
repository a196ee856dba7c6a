"""Settings of every test run, the chapters' own (nbval) among them."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from memorize.book import execute

# Before torch is loaded, and inherited by the kernels that nbval starts.
os.environ.update(execute.kernel_environment(Path(__file__).parent))


def pytest_collection_modifyitems(items: list[Any]) -> None:
    """Time decides nothing: nbval's 5 s for a cell's last message are too few on a busy machine."""
    for item in items:
        if hasattr(item, "output_timeout"):
            item.output_timeout = execute.HANG
