"""What a statement is, and the registry in which each is declared once.

A statement's box, its hover preview, its row of the ledger, its entry among the errata and its
calculator of bounds are all made from the one declaration.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from memorize.statements.bound import BoundFormula, near

__all__ = [
    "CHAPTERS",
    "PAPERS",
    "PARTS",
    "Paper",
    "Statement",
    "all",
    "declare",
    "get",
    "of_chapter",
]


@dataclass(frozen=True)
class Paper:
    """A source: its key in ``references.bib`` ("" for this book) and its name in a sentence."""

    key: str
    name: str


PAPERS: Mapping[str, Paper] = {
    "G": Paper("daniely2020memorizing", "Daniely, Memorizing Gaussians"),
    "N": Paper("daniely2020neural", "Daniely, Neural Networks Learning and Memorization"),
    "Y": Paper("ye2021", "Ye and Wei"),
    "F": Paper("arora2019fine", "Arora, Du, Hu, Li and Wang"),
    "V": Paper("vershynin2018", "Vershynin, High-Dimensional Probability"),
    "B": Paper("", "this book"),
}

PARTS: Mapping[str, str] = {
    "tails": "I. Tails and nets",
    "kernels": "II. Kernels and random features",
    "one_step": "III. One gradient step",
    "sgd": "IV. SGD with near-optimal width",
    "fine_grained": "V. Fine-grained analysis",
}

CHAPTERS: tuple[str, ...] = (
    "tails/psi_norms",
    "tails/sums",
    "tails/gaussian_concentration",
    "tails/nets",
    "kernels/tangent_kernel",
    "kernels/kernel_spaces",
    "kernels/vector_features",
    "kernels/kernel_concentration",
    "one_step/initial_outputs",
    "one_step/gradient_norm",
    "one_step/row_norms",
    "one_step/memorization",
    "sgd/lazy_limit",
    "sgd/sgd_on_features",
    "sgd/polynomials",
    "sgd/memorization_by_sgd",
    "sgd/constructions",
    "fine_grained/linear_dynamics",
    "fine_grained/distance",
    "fine_grained/generalization",
    "fine_grained/learnable",
)


@dataclass(frozen=True, kw_only=True)
class Statement:
    """A numbered statement of a paper, or one of the book's own (ids ``B.…``).

    ``text``, ``hypotheses``, ``printed``, ``changed`` and ``counterexample`` are MyST with LaTeX.
    ``printed`` is the paper's wording where the book's differs, ``changed`` what was changed and
    why; ``erratum`` says that the printed form is false, not merely less explicit. ``formal`` holds
    the kernel sequents that the proof must conclude, where the kernel's language can carry them.
    """

    id: str
    title: str
    paper: str
    chapter: str
    kind: Literal["definition", "theorem", "figure"]
    number: str = ""
    text: str = ""
    hypotheses: tuple[str, ...] = ()
    printed: str = ""
    changed: str = ""
    erratum: bool = False
    counterexample: str = ""
    formal: tuple[Any, ...] = ()
    bound: BoundFormula | None = None
    mathlib: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        def refuse(field: str, expected: str) -> None:
            raise ValueError(
                f"statement {self.id!r}: {field} must be {expected}, got {getattr(self, field)!r}"
            )

        if not re.fullmatch(r"[A-Z](\.[A-Za-z0-9]+)+", self.id):
            refuse("id", "a capital letter and parts joined by dots, as in G.L2.1")
        if not self.title:
            refuse("title", "a few words")
        if self.paper not in PAPERS:
            refuse("paper", f"one of {', '.join(PAPERS)}")
        if self.chapter not in CHAPTERS:
            refuse("chapter", f"a chapter of the book{near(self.chapter, CHAPTERS)}")
        if self.kind not in ("definition", "theorem", "figure"):
            refuse("kind", "'definition', 'theorem' or 'figure'")
        if bool(self.printed) != bool(self.changed):
            refuse("changed", "said exactly where printed is")
        if self.erratum and not self.printed:
            refuse("printed", "the false wording of an erratum")
        if self.counterexample and not self.erratum:
            refuse("counterexample", "empty unless the printed form is false")

    @property
    def anchor(self) -> str:
        """The HTML id of its box."""
        return "st-" + self.id.replace(".", "-")

    @property
    def part(self) -> str:
        """The folder of its part of the book."""
        return self.chapter.partition("/")[0]

    @property
    def label(self) -> str:
        """What a reference to it says: its number in its paper and its title.

        A definition without a number of its own is called one; its section is told as its source.
        """
        named = self.kind == "definition" and not self.number.startswith("Def")
        number = "Definition" if named else self.number
        return f"{number} ({self.title})" if number else self.title


_REGISTRY: dict[str, Statement] = {}


def declare(statement: Statement) -> Statement:
    """Enter a statement in the registry; raises ``ValueError`` if its id is already taken."""
    if statement.id in _REGISTRY:
        raise ValueError(
            f"statement {statement.id!r} is declared twice: {_REGISTRY[statement.id].title!r} in "
            f"{_REGISTRY[statement.id].chapter} and {statement.title!r} in {statement.chapter}"
        )
    _REGISTRY[statement.id] = statement
    return statement


def get(id: str) -> Statement:
    """The statement of that id; raises ``LookupError`` that suggests near ids."""
    if id not in _REGISTRY:
        raise LookupError(f"no statement {id!r} is declared{near(id, _REGISTRY)}")
    return _REGISTRY[id]


def all() -> tuple[Statement, ...]:
    """Every statement, in the book's order: by chapter, then as declared."""
    return tuple(sorted(_REGISTRY.values(), key=lambda s: CHAPTERS.index(s.chapter)))


def of_chapter(chapter: str) -> tuple[Statement, ...]:
    """The statements of one chapter, as declared; raises ``ValueError`` for an unknown chapter."""
    if chapter not in CHAPTERS:
        raise ValueError(f"no chapter {chapter!r} in this book{near(chapter, CHAPTERS)}")
    return tuple(s for s in _REGISTRY.values() if s.chapter == chapter)
