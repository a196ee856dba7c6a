"""The store of a sweep: one SQLite file, a table for each sweep, a row for each finished cell.

A row is a cell's parameters, its result, the seed and the code that it was computed with, and a
digest of all that. It is written in a transaction of its own, so that after a kill, a crash or on a
full disk a row is there whole or not at all. Nothing in it is pickled: any program that reads
SQLite can open it, pandas with

    pandas.read_sql("select * from NAME", sqlite3.connect(PATH))
"""

from __future__ import annotations

import hashlib
import json
import math
import re
import sqlite3
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType

__all__ = ["Row", "Store", "StoreError", "Value", "key_of"]

Value = int | float | str
Row = dict[str, Value]

APPLICATION = 0x4D656D6F  # in SQLite's header, so that another program's database is not taken
LAYOUT = 1
TYPES: dict[type, str] = {int: "INTEGER", float: "REAL", str: "TEXT"}
NAME = re.compile(r"[a-z][a-z0-9_]*")
WAIT = 60.0  # seconds that a write waits for another process that is writing


class StoreError(Exception):
    """A store that cannot be read, written or trusted; the message says what to do."""


class Store:
    """The file at ``path``, made if it is not there.

    Raises ``StoreError`` if it is not a store, is damaged, or cannot be opened. Close it, or use it
    in a ``with`` statement.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._file = sqlite3.connect(path, timeout=WAIT, isolation_level=None)
        except (OSError, sqlite3.Error) as error:
            raise StoreError(f"{path} cannot be opened: {error}") from None
        try:
            self._check()
        except BaseException:
            self._file.close()
            raise

    def __enter__(self) -> Store:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def codes(self, sweep: str) -> Counter[str]:
        """How many rows of ``sweep`` were computed with which code."""
        return Counter(str(row["code"]) for row in self.rows(sweep))

    def rows(self, sweep: str) -> list[Row]:
        """All rows of ``sweep``, in the order in which they were finished.

        Raises ``StoreError`` if one of them is not what was written.
        """
        table = _named("sweep", sweep)
        with self._reading():
            if not self._columns(table):
                return []
            found = self._file.execute(f'SELECT * FROM "{table}" ORDER BY rowid')
            names = [column[0] for column in found.description]
            rows = [dict(zip(names, values, strict=True)) for values in found]
        for row in rows:
            if row.pop("digest") != _digest(row):
                raise StoreError(
                    f"{self.path}: the row {row['key']} of {sweep} is not what was written: the "
                    "file was damaged or edited. Move it away, or delete that row"
                )
        return rows

    def add(self, sweep: str, row: Mapping[str, Value]) -> bool:
        """Write ``row``, whole or not at all; False if the very same row was there already.

        ``row`` has a ``key``; the row that is there may differ in ``seconds`` and ``finished``
        alone. Raises ``StoreError`` if it differs in more, if its columns are not those of the
        table, or if it cannot be written; ``ValueError`` for a value that is not a finite number
        or a string, or a name that is no plain word.
        """
        table, values = _named("sweep", sweep), {name: _stored(name, v) for name, v in row.items()}
        with self._writing():
            self._create(table, values)
            values["digest"] = _digest(values)
            holes = ", ".join("?" * len(values))
            names = ", ".join(f'"{name}"' for name in values)
            done = self._file.execute(
                f'INSERT INTO "{table}" ({names}) VALUES ({holes}) ON CONFLICT (key) DO NOTHING',
                tuple(values.values()),
            )
        if done.rowcount == 1:
            return True
        (there,) = (old for old in self.rows(sweep) if old["key"] == row["key"])
        if not _same(there, row):
            raise StoreError(
                f"{self.path}: the cell {row['key']} of {sweep} is there with another result. The "
                "cell is no pure function of its parameters and its seed, or machines differ"
            )
        return False

    def _check(self) -> None:
        """That this is a store, and whole; an empty file becomes one."""
        with self._reading():
            (tables,) = self._file.execute("SELECT count(*) FROM sqlite_master").fetchone()
            (application,) = self._file.execute("PRAGMA application_id").fetchone()
            (layout,) = self._file.execute("PRAGMA user_version").fetchone()
            (found,) = self._file.execute("PRAGMA quick_check(1)").fetchone()
        if application == 0 and tables == 0:
            with self._writing():
                self._file.execute(f"PRAGMA application_id = {APPLICATION}")
                self._file.execute(f"PRAGMA user_version = {LAYOUT}")
        elif application != APPLICATION:
            raise StoreError(f"{self.path} is a database of another program: name another file")
        elif layout not in (0, LAYOUT):
            raise StoreError(
                f"{self.path} is a store of layout {layout}, and this program knows {LAYOUT}: name "
                "another file"
            )
        if found != "ok":
            raise StoreError(self._damaged(found))

    def _create(self, table: str, row: Mapping[str, Value]) -> None:
        there = self._columns(table)
        wanted = {_named("column", n): TYPES[type(v)] for n, v in {**row, "digest": ""}.items()}
        if not there:
            columns = ", ".join(f'"{name}" {kind}' for name, kind in wanted.items())
            self._file.execute(
                f'CREATE TABLE IF NOT EXISTS "{table}" ({columns}, PRIMARY KEY (key))'
            )
        elif there != wanted:
            raise StoreError(
                f"{self.path}: the table {table} has the columns {_told(there)}, but a cell "
                f"now has {_told(wanted)}: name another file"
            )

    def _columns(self, table: str) -> dict[str, str]:
        """Names to types."""
        found = self._file.execute(f'PRAGMA table_info("{table}")')
        return {column[1]: column[2] for column in found}

    def _damaged(self, why: object) -> str:
        return (
            f"{self.path} is damaged, or not a store at all ({why}): move it away, and the cells "
            "are computed anew"
        )

    @contextmanager
    def _reading(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.OperationalError as error:
            raise StoreError(f"{self.path} cannot be read: {error}") from None
        except sqlite3.DatabaseError as error:
            raise StoreError(self._damaged(error)) from None

    @contextmanager
    def _writing(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.OperationalError as error:
            raise StoreError(
                f"{self.path} cannot be written: {error}. What it held before it still holds"
            ) from None
        except sqlite3.DatabaseError as error:
            raise StoreError(self._damaged(error)) from None


def key_of(sweep: str, code: str, seed: int, parameters: Mapping[str, Value]) -> str:
    """What a cell's result is filed under: a digest of all that decides it."""
    return _hash([sweep, code, seed, sorted(parameters.items())])


def _stored(name: str, value: Value) -> Value:
    if type(value) not in TYPES:  # a bool is none of them
        raise ValueError(f"{name} must be an int, a float or a string, got {value!r}")
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError(f"{name} must be finite, got {value!r}")
    return value


def _named(what: str, name: str) -> str:
    if not NAME.fullmatch(name):
        raise ValueError(f"a {what}'s name must be a plain word in lower case, got {name!r}")
    return name


def _told(columns: Mapping[str, str]) -> str:
    return ", ".join(f"{name} {kind}" for name, kind in columns.items())


def _same(one: Mapping[str, Value], other: Mapping[str, Value]) -> bool:
    told = ("seconds", "finished")
    return all(one.get(name) == other.get(name) for name in {*one, *other} - {*told})


def _digest(row: Mapping[str, Value]) -> str:
    return _hash(sorted(row.items()))


def _hash(value: object) -> str:
    return hashlib.sha256(json.dumps(value).encode()).hexdigest()[:20]
