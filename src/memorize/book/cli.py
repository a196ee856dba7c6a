"""The command line: ``python -m memorize ledger``, ``bound`` and ``sweep``."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from memorize import statements
from memorize.book import bound, ledger, sweep_command
from memorize.book.ledger import MARKS, STATUSES, Ledger, LedgerError
from memorize.statements import PARTS, Statement

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit status, 2 for what was asked wrongly."""
    parser = argparse.ArgumentParser(prog="python -m memorize", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    shown = commands.add_parser("ledger", help="every statement and its status")
    shown.add_argument("--format", choices=("table", "json"), default="table")
    shown.add_argument("--root", type=Path, default=Path.cwd(), help="the repository's root")
    bounds = commands.add_parser(
        "bound", help="a statement's bound at your numbers", add_help=False, prefix_chars="\0"
    )
    bounds.add_argument("rest", nargs=argparse.REMAINDER)
    sweep_command.add(commands)
    options, rest = parser.parse_known_args(arguments)
    if rest and options.command != "bound":
        parser.error(f"unrecognized arguments: {' '.join(rest)}")
    try:
        if options.command == "sweep":
            return sweep_command.main(options)
        if options.command == "bound":
            return _bound([*options.rest, *rest])
        print(_ledger(ledger.load(options.root.resolve()), options.format))
    except (LedgerError, LookupError, ValueError) as error:
        print(f"{parser.prog} {options.command}: {error}", file=sys.stderr)
        return 2
    return 0


def _ledger(book: Ledger, format: str) -> str:
    if format == "json":
        return json.dumps([entry.as_json() for entry in book], indent=1, ensure_ascii=False)
    sources = {e.statement.id: f"{e.statement.paper} {e.statement.number}".strip() for e in book}
    first, second = (max(map(len, column)) for column in (sources, sources.values()))
    lines = []
    for part, caption in PARTS.items():
        lines += ["", caption]
        for entry in (e for e in book if e.statement.part == part):
            s, status = entry.statement, f"{MARKS[entry.status]} {entry.status}"
            row = f"{s.id:<{first}}  {status:<12}  {sources[s.id]:<{second}}  {s.title}"
            lines.append(f"{row} [{s.chapter}]")
            if entry.uses:
                lines.append(f"{'':<{first}}  uses {', '.join(entry.uses)}")
            if entry.unchecked:
                lines.append(f"{'':<{first}}  steps in words: {entry.unchecked}")
    totals = book.totals
    counted = ", ".join(f"{totals[status]} {status}" for status in STATUSES)
    lines += [
        "",
        f"{totals['green']} of {totals['rows']} rows green: {counted}",
        f"{totals['checks']} checks, each with a refuted control; "
        f"{totals['unchecked']} steps in words",
        f"probability of any false alarm or missed control in a run: at most {book.risk:.2g}",
        book.source(),
    ]
    return "\n".join(lines[1:])


def _bound(arguments: list[str]) -> int:
    have = [s for s in statements.all() if s.bound is not None]
    if not arguments or arguments[0] in ("-h", "--help"):
        print("python -m memorize bound ID [--NAME NUMBER …] [--format text|json]\n")
        print("\n".join(f"{s.id:<10} {s.label}: {_options(s)}" for s in have))
        return 0
    statement = statements.get(arguments[0])
    formula = bound.formula_of(statement)
    given, format = _numbers(arguments[1:])
    evaluation = formula.evaluate(**given)
    if format == "json":
        print(json.dumps(bound.as_json(statement, evaluation), indent=1, ensure_ascii=False))
    else:
        print(bound.as_text(statement, evaluation))
    return 0


def _options(statement: Statement) -> str:
    parameters = bound.formula_of(statement).parameters
    return " ".join(
        f"--{p.name} {'NUMBER' if p.default is None else bound.number(p.default)}"
        for p in parameters
    )


def _numbers(arguments: list[str]) -> tuple[dict[str, float], str]:
    """The options of ``bound``: numbers by name, and the format."""
    numbers: dict[str, float] = {}
    format = "text"
    words = [piece for word in arguments for piece in _pieces(word)]
    if len(words) % 2:
        raise ValueError(f"options come as --NAME NUMBER, got {' '.join(arguments)!r}")
    for option, value in zip(words[::2], words[1::2], strict=True):
        name = option.removeprefix("--")
        if not option.startswith("--") or name in numbers:
            raise ValueError(f"expected --NAME NUMBER, each name once, got {option!r}")
        if name == "format":
            if value not in ("text", "json"):
                raise ValueError(f"format must be text or json, got {value!r}")
            format = value
            continue
        try:
            numbers[name] = float(value)
        except ValueError:
            raise ValueError(f"{name} must be a number, got {value!r}") from None
    return numbers, format


def _pieces(word: str) -> list[str]:
    """``--name=value`` as two words."""
    return word.split("=", 1) if word.startswith("--") else [word]
