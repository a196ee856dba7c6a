"""The declarations: every numbered statement of the papers, once.

Each chapter's are in a module of its own, those of chapters not yet written in ``open``; importing
this package loads them all.
"""

import importlib
import pkgutil

from memorize.statements.bound import BoundFormula, Crossing, Evaluation, Parameter, Term
from memorize.statements.model import (
    CHAPTERS,
    PAPERS,
    PARTS,
    Statement,
    all,
    declare,
    get,
    of_chapter,
)

__all__ = [
    "CHAPTERS",
    "PAPERS",
    "PARTS",
    "BoundFormula",
    "Crossing",
    "Evaluation",
    "Parameter",
    "Statement",
    "Term",
    "all",
    "declare",
    "get",
    "of_chapter",
]

for _module in pkgutil.iter_modules(__path__):
    importlib.import_module(f"{__name__}.{_module.name}")
