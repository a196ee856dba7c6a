"""All that chapters import, in one place: the server of ``memorize.book.forks`` loads it once.

A page imports by itself what it uses and does not need this module.
"""

from __future__ import annotations

import importlib
import os
from contextlib import suppress

from memorize.book.execute import ONE_THREAD

os.environ.update(ONE_THREAD)  # before numpy and torch start threads: a fork would lose them
os.environ["MPLBACKEND"] = "module://matplotlib_inline.backend_inline"  # as in every kernel

for name in (
    *("ipykernel.kernelapp", "ipykernel.zmqshell"),
    *("scipy.integrate", "scipy.optimize", "scipy.spatial", "scipy.special", "scipy.stats"),
    *("torch", "memorize.evidence", "memorize.book.proof"),
    *("memorize.book.chapter", "memorize.book.figures"),
):
    with suppress(Exception):  # what cannot be imported is for the pages that import it to show
        importlib.import_module(name)
