"""The statements of chapters not yet written: declared, so that the ledger counts them as open.

A chapter that is written takes its rows from here into a module of its own.
"""

from __future__ import annotations

from typing import Literal

from memorize.statements import Statement, declare

Kind = Literal["definition", "theorem", "figure"]


def _open(chapter: str, *rows: tuple[str, Kind, str, str]) -> None:
    for id, kind, number, title in rows:
        declare(
            Statement(id=id, kind=kind, number=number, title=title, paper=id[0], chapter=chapter)
        )


_open(
    "fine_grained/linear_dynamics",
    ("F.T3.1", "theorem", "Theorem 3.1", "Linear convergence of gradient descent"),
    ("F.LC.1", "theorem", "Lemma C.1", "How far the weights move"),
    ("F.LC.2", "theorem", "Lemma C.2", "How far the Gram matrix moves"),
    ("F.T4.1", "theorem", "Theorem 4.1", "The training curve, eigenvector by eigenvector"),
    ("F.Fig1", "figure", "Figure 1", "Training with true and with random labels"),
)
