"""The store: whole rows or none, and clear words for what it cannot trust."""

from __future__ import annotations

import resource
import sqlite3
import subprocess
import sys
from pathlib import Path

import pandas
import pytest

from memorize.book.store import Store, StoreError, key_of

ROW = {"key": "k", "code": "c", "seed": 0, "d": 64, "name": "abs", "least": 0.1, "seconds": 1.0}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "deep" / "store.sqlite"


def row(key: str, **changed: object) -> dict[str, object]:
    return {**ROW, "key": key, **changed}


def test_rows_come_back_as_they_were(path: Path) -> None:
    values = [0.1 + 0.2, 1e-300, -5e300, 3.0]
    with Store(path) as store:
        for k, value in enumerate(values):
            assert store.add("one", row(str(k), least=value))
    with Store(path) as store:
        assert [r["least"] for r in store.rows("one")] == values
        assert store.rows("one")[0] == row("0", least=values[0])
        assert store.rows("two") == []


def test_pandas_opens_it(path: Path) -> None:
    with Store(path) as store:
        store.add("one", ROW)
    with sqlite3.connect(path) as file:
        frame = pandas.read_sql("select * from one", file)
    assert frame.loc[0, "d"] == 64
    assert frame.loc[0, "name"] == "abs"


def test_a_cell_that_is_there_is_not_written_again(path: Path) -> None:
    with Store(path) as store:
        assert store.add("one", ROW)
        assert not store.add("one", {**ROW, "seconds": 2.0})
        assert store.add("two", {**ROW, "finished": "yesterday"})
        assert not store.add("two", {**ROW, "finished": "today"})
        assert len(store.rows("one")) == 1
        with pytest.raises(StoreError, match="with another result"):
            store.add("one", {**ROW, "least": 0.2})


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"least": float("nan")}, "least must be finite"),
        ({"least": float("inf")}, "least must be finite"),
        ({"least": None}, "least must be an int, a float or a string"),
        ({"least": True}, "least must be"),
    ],
)
def test_only_finite_numbers_and_strings_are_kept(
    path: Path, changed: dict[str, object], words: str
) -> None:
    with Store(path) as store:
        with pytest.raises(ValueError, match=words):
            store.add("one", {**ROW, **changed})
        assert store.rows("one") == []


@pytest.mark.parametrize("changed", [{"least": 1}, {"more": 1.0}])
def test_columns_that_changed_are_refused(path: Path, changed: dict[str, object]) -> None:
    with Store(path) as store:
        store.add("one", ROW)
        with pytest.raises(StoreError, match="has the columns"):
            store.add("one", row("other", **changed))


def test_names_cannot_carry_sql(path: Path) -> None:
    with Store(path) as store, pytest.raises(ValueError, match="plain word"):
        store.add('one"; drop table one', ROW)
    with Store(path) as store, pytest.raises(ValueError, match="plain word"):
        store.add("one", {**ROW, 'x" INTEGER, "y': 1})


@pytest.mark.parametrize("content", [b"no database at all, but long enough " * 40, b"\0" * 4096])
def test_a_file_that_is_no_store_is_told(path: Path, content: bytes) -> None:
    path.parent.mkdir()
    path.write_bytes(content)
    with pytest.raises(StoreError, match="damaged, or not a store"):
        Store(path)
    assert path.read_bytes() == content


def test_a_damaged_store_is_told(path: Path) -> None:
    with Store(path) as store:
        for k in range(300):
            store.add("one", row(str(k)))
    whole = bytearray(path.read_bytes())
    whole[8192:12288] = bytes(4096)
    path.write_bytes(whole)
    with pytest.raises(StoreError, match="is damaged"):
        Store(path)


def test_a_truncated_store_is_told(path: Path) -> None:
    with Store(path) as store:
        for k in range(300):
            store.add("one", row(str(k)))
    path.write_bytes(path.read_bytes()[:9000])
    with pytest.raises(StoreError, match="is damaged"):
        Store(path)


def test_a_row_that_was_edited_is_told(path: Path) -> None:
    with Store(path) as store:
        store.add("one", ROW)
    with sqlite3.connect(path) as file:
        file.execute("update one set least = 0.5")
    with Store(path) as store, pytest.raises(StoreError, match="is not what was written"):
        store.rows("one")


def test_a_database_of_another_program_is_told_and_left_alone(path: Path) -> None:
    path.parent.mkdir()
    with sqlite3.connect(path) as file:
        file.execute("create table mine (x)")
    before = path.read_bytes()
    with pytest.raises(StoreError, match="another program"):
        Store(path)
    assert path.read_bytes() == before


def test_a_later_layout_is_told(path: Path) -> None:
    Store(path).close()
    with sqlite3.connect(path) as file:
        file.execute("pragma user_version = 7")
    with pytest.raises(StoreError, match="layout 7"):
        Store(path)


def test_a_store_that_cannot_be_opened_is_told(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="cannot be opened"):
        Store(tmp_path)
    (tmp_path / "file").touch()
    with pytest.raises(StoreError, match="cannot be opened"):
        Store(tmp_path / "file" / "store.sqlite")


def test_a_full_store_keeps_what_it_had(path: Path) -> None:
    with Store(path) as store:
        store.add("one", ROW)
        store._file.execute("pragma max_page_count = 4")
        with pytest.raises(StoreError, match=r"disk is full.*still holds"):
            list(store.add("one", row(str(k))) for k in range(1000))  # noqa: C400
        count = len(store.rows("one"))
        assert [r["key"] for r in store.rows("one")] == ["k", *map(str, range(count - 1))]
        store._file.execute("pragma max_page_count = 4000")
        store.add("one", row("after"))
    with Store(path) as store:
        assert len(store.rows("one")) == count + 1


def fill(path: Path, limit: int) -> subprocess.CompletedProcess[str]:
    """Write rows in a process whose files may not grow beyond ``limit`` bytes."""
    program = f"""
import resource, sys
from pathlib import Path
from memorize.book.store import Store, StoreError
resource.setrlimit(resource.RLIMIT_FSIZE, ({limit}, {limit}))
store = Store(Path({str(path)!r}))
for k in range(1000):
    try:
        store.add("one", {{**{ROW!r}, "key": str(k)}})
    except StoreError as error:
        print(k, error)
        sys.exit(3)
"""
    return subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)


@pytest.mark.skipif(not hasattr(resource, "RLIMIT_FSIZE"), reason="no limits on files here")
def test_what_the_system_refuses_to_write_is_told(path: Path) -> None:
    done = fill(path, 40_000)
    assert done.returncode == 3, done.stderr
    written, words = done.stdout.split(" ", 1)
    assert "cannot be written" in words
    with Store(path) as store:
        assert [r["key"] for r in store.rows("one")] == [str(k) for k in range(int(written))]


def test_keys_tell_all_that_decides_a_result_apart() -> None:
    keys = {
        key_of("one", "c", 0, {"d": 1, "q": 2}),
        key_of("two", "c", 0, {"d": 1, "q": 2}),
        key_of("one", "e", 0, {"d": 1, "q": 2}),
        key_of("one", "c", 1, {"d": 1, "q": 2}),
        key_of("one", "c", 0, {"d": 2, "q": 1}),
    }
    assert len(keys) == 5
    assert key_of("one", "c", 0, {"q": 2, "d": 1}) in keys
    many = 10_000  # cells; of so many a digest of 32 bits would take two for one, by 1 in 100
    assert len({key_of("one", "c", seed, {"d": 1}) for seed in range(many)}) == many
