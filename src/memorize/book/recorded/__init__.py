"""Recorded results: tables that some machine measured once, kept with how they came about.

A recorded result is a small JSON file in this folder: ``provenance`` says on what machine, with
what versions, seed, sizes, command and when it was measured, ``columns`` and ``rows`` hold a table.
Chapters plot it beside what they measure live.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from IPython.display import Markdown
from numpy.typing import NDArray

from memorize.book.store import Value

__all__ = ["PROVENANCE", "Recorded", "RecordedError", "find", "names", "read", "told", "write"]

FOLDER = Path(__file__).parent
PROVENANCE = ("command", "date", "machine", "device", "versions", "code", "seed", "sizes")


class RecordedError(Exception):
    """A recorded result that is missing or not as it must be."""


@dataclass(frozen=True)
class Recorded:
    """A table, ``rows`` of values under ``columns``, and its ``provenance``."""

    name: str
    provenance: Mapping[str, object]
    columns: tuple[str, ...]
    rows: tuple[tuple[Value, ...], ...]

    def where(self, **wanted: Value) -> Recorded:
        """The rows that have these values; raises ``LookupError`` if there is none."""
        unknown = set(wanted) - set(self.columns)
        if unknown:
            raise LookupError(f"{self.name} has no column {', '.join(sorted(unknown))}")
        places = {self.columns.index(name): value for name, value in wanted.items()}
        rows = tuple(r for r in self.rows if all(r[i] == v for i, v in places.items()))
        if not rows:
            raise LookupError(f"{self.name} has no row with {wanted}")
        return Recorded(self.name, self.provenance, self.columns, rows)

    def column(self, name: str) -> NDArray[np.generic]:
        """One column; raises ``LookupError`` if there is no such one."""
        if name not in self.columns:
            raise LookupError(f"{self.name} has no column {name!r}, only {list(self.columns)}")
        index = self.columns.index(name)
        return np.array([row[index] for row in self.rows])

    def distinct(self, name: str) -> list[Value]:
        """The values of one column, each once, in the order in which they come."""
        self.column(name)
        index = self.columns.index(name)
        return list(dict.fromkeys(row[index] for row in self.rows))

    def source(self) -> str:
        """One sentence on where the numbers come from; of a long list the ends stand for all."""
        p = self.provenance
        command = re.sub(r"=([^\s,]+)(?:,[^\s,]+){3,},([^\s,]+)", r"=\1,…,\2", str(p["command"]))
        versions = p["versions"]
        told = versions.items() if isinstance(versions, Mapping) else ()
        with_ = ", ".join(f"{name} {version}" for name, version in told)
        return (
            f"Recorded on {p['date']} by `{command}` on {p['machine']} ({p['device']}; "
            f"{with_}), seed {p['seed']}."
        )


def names(folder: Path = FOLDER) -> list[str]:
    """The names of all recorded results."""
    return sorted(path.stem for path in folder.glob("*.json"))


def read(name: str, folder: Path = FOLDER) -> Recorded:
    """The recorded result ``name``; raises ``RecordedError`` if it is missing or malformed."""
    path = folder / f"{name}.json"
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        provenance, columns = dict(found["provenance"]), tuple(found["columns"])
        rows = tuple(tuple(row) for row in found["rows"])
    except FileNotFoundError:
        known = ", ".join(names(folder)) or "none"
        raise RecordedError(f"no result is recorded as {name!r}; there are: {known}") from None
    except (ValueError, KeyError, TypeError) as error:
        raise RecordedError(f"{path.name} is no recorded result: {error!r}") from None
    _check(path.name, provenance, columns, rows)
    return Recorded(name, provenance, columns, rows)


def find(name: str, folder: Path = FOLDER) -> Recorded | None:
    """The recorded result ``name``, or None where nothing is recorded under that name."""
    return read(name, folder) if name in names(folder) else None


def told(*found: Recorded | None) -> Markdown | None:
    """Where these come from, each of them once, to stand below a figure; None for none of them."""
    lines = dict.fromkeys(one.source() for one in found if one is not None)
    if not lines:
        return None
    return Markdown("\n\n".join(lines))  # type: ignore[no-untyped-call]


def write(
    name: str,
    provenance: Mapping[str, object],
    columns: Sequence[str],
    rows: Iterable[Sequence[Value]],
    folder: Path = FOLDER,
) -> Path:
    """Write a result, one line a row, and return its path; raises ``RecordedError`` as ``read``."""
    from memorize.book import notebooks

    table = [list(row) for row in rows]
    _check(name, provenance, columns, table)
    lines = ",\n".join(f"  {json.dumps(row, ensure_ascii=False)}" for row in table)
    head = json.dumps(
        {"provenance": provenance, "columns": list(columns)}, indent=1, ensure_ascii=False
    )
    path = folder / f"{name}.json"
    notebooks.write(path, f'{head[:-2]},\n "rows": [\n{lines}\n ]\n}}\n')
    return path


def _check(
    name: str,
    provenance: Mapping[str, object],
    columns: Sequence[str],
    rows: Sequence[Sequence[Value]],
) -> None:
    missing = [field for field in PROVENANCE if field not in provenance]
    if missing:
        raise RecordedError(f"{name} does not say its {', '.join(missing)}")
    if not rows or any(len(row) != len(columns) for row in rows):
        raise RecordedError(f"{name} must have rows, each with {len(columns)} values")
