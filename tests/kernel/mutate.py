"""Mutation of the kernel's guards: with one removed, some attack must succeed.

A guard is an ``if …: raise`` (or one part of its condition) or a call that raises where a side
condition fails. Each is taken out in turn, by exchanging the function's code in place, and the
attacks that it refuses are run again. In the terms and the normal form most guards are conditions
without a ``raise``: which nodes have a sort, when ``|t|³`` is ``t³``. There each part of a
conjunction is left out, each comparison with a number taken for true, each obligation forgotten,
and all attacks are run. ``python tests/kernel/mutate.py`` lists the survivors.
"""

from __future__ import annotations

import ast
import inspect
import re
import sys
import traceback
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from types import CodeType, FunctionType, ModuleType
from typing import Any

from attacks import ATTACKS

from memorize.book.proof import ProofError
from memorize.kernel import Refused, normal, rules, terms

MODULES: tuple[ModuleType, ...] = (terms, normal, rules)
SHOWS = re.compile(r"_text|_greek|__repr__|__hash__|__eq__").fullmatch  # only display and hash
CALLS = ("check_real", "_holds_under", "_exists", "_prove", "_check_binder")
REFUSALS = (Refused, ProofError, TypeError, AttributeError, LookupError, ValueError)


@dataclass(frozen=True)
class Mutant:
    """A guard taken out: the function, the guard's lines, its new code, and what was done."""

    function: FunctionType
    lines: range
    code: CodeType
    what: str
    raises: bool = True

    def __str__(self) -> str:
        return f"{self.function.__module__}:{self.lines.start}: {self.what}"


def functions(module: ModuleType) -> Iterator[FunctionType]:
    for value in vars(module).values():
        if isinstance(value, FunctionType) and value.__module__ == module.__name__:
            yield value
        elif isinstance(value, type) and value.__module__ == module.__name__:
            yield from (f for f in vars(value).values() if isinstance(f, FunctionType))


def guards(tree: ast.AST) -> Iterator[tuple[ast.stmt, list[tuple[str, ast.stmt]]]]:
    """The guards of a function, each with its mutations."""
    for node in ast.walk(tree):
        if isinstance(node, ast.If) and isinstance(node.body[-1], ast.Raise):
            yield node, [(what, changed) for what, changed in weaker(node)]
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
            target = node.value.func
            name = target.attr if isinstance(target, ast.Attribute) else getattr(target, "id", "")
            if name in CALLS:
                yield node, [(f"without {ast.unparse(node)}", ast.Pass())]


def weaker(node: ast.If) -> Iterator[tuple[str, ast.stmt]]:
    """The guard never applied; each part of its condition left out."""
    tests: list[tuple[str, ast.expr]] = [
        (f"without: if {ast.unparse(node.test)}", ast.Constant(False))
    ]
    if isinstance(node.test, ast.BoolOp):
        for i, part in enumerate(node.test.values):
            rest = node.test.values[:i] + node.test.values[i + 1 :]
            if isinstance(node.test.op, ast.Or):
                new = rest[0] if len(rest) == 1 else ast.BoolOp(ast.Or(), rest)
                tests.append((f"without the part {ast.unparse(part)}", new))
    for what, test in tests:
        yield what, ast.If(test, node.body, node.orelse)


def conditions(tree: ast.AST) -> Iterator[tuple[ast.AST, list[tuple[str, ast.AST]]]]:
    """What decides without a ``raise``, each with its mutations."""
    strict = [n.test for n in ast.walk(tree) if isinstance(n, ast.If) and _raises(n)]
    stricter = {id(part) for test in strict for part in ast.walk(test)}
    for node in ast.walk(tree):
        if id(node) in stricter:  # with a part of its condition left out, a guard refuses more
            continue
        if isinstance(node, ast.BoolOp) and isinstance(node.op, ast.And):
            rest = [node.values[:i] + node.values[i + 1 :] for i in range(len(node.values))]
            yield (
                node,
                [
                    (
                        f"{ast.unparse(node)}: without the part {ast.unparse(part)}",
                        kept[0] if len(kept) == 1 else ast.BoolOp(ast.And(), kept),
                    )
                    for part, kept in zip(node.values, rest, strict=True)
                ],
            )
        if isinstance(node, ast.If | ast.IfExp) and _compares_with_a_number(node.test):
            yield node.test, [(f"always {ast.unparse(node.test)}", ast.Constant(True))]
        if isinstance(node, ast.Expr) and ast.unparse(node).startswith("own.append"):
            yield node, [(f"without {ast.unparse(node)}", ast.Pass())]


def _compares_with_a_number(test: ast.expr) -> bool:
    sides = [test.left, *test.comparators] if isinstance(test, ast.Compare) else []
    return any(isinstance(side, ast.Constant) and type(side.value) is int for side in sides)


def _raises(node: ast.If) -> bool:
    return isinstance(node.body[-1], ast.Raise)


def mutants() -> Iterator[Mutant]:
    for module in MODULES:
        for function in functions(module):
            try:
                source, first = inspect.getsourcelines(function)
            except OSError:
                continue
            text = "".join(source)
            indent = len(text) - len(text.lstrip())
            lines = [line[indent:] if line[:indent].isspace() else line for line in source]
            text = "".join(lines)
            tree = ast.parse(text)
            found: list[tuple[bool, Any, Any]] = [(True, *guard) for guard in guards(tree)]
            if module is not rules and not SHOWS(function.__name__):
                found += [(False, *condition) for condition in conditions(tree)]
            for raises, guard, changes in found:
                where = range(guard.lineno + first - 1, (guard.end_lineno or 0) + first)
                for what, changed in changes:
                    code = recompiled(tree, guard, changed, function)
                    yield Mutant(function, where, code, what, raises)


def recompiled(tree: ast.Module, old: ast.AST, new: ast.AST, function: FunctionType) -> CodeType:
    """The function's code with one statement or expression exchanged."""

    class Exchange(ast.NodeTransformer):
        def visit(self, node: ast.AST) -> Any:
            if node is old:
                return ast.copy_location(new, old)
            return self.generic_visit(node)

    fresh = ast.fix_missing_locations(Exchange().visit(_copied(tree, old)))
    fresh.body[0].decorator_list = []
    space: dict[str, Any] = {}
    header = "from __future__ import annotations\n"
    future = ast.parse(header).body
    fresh.body = [*future, *fresh.body]
    exec(compile(fresh, function.__code__.co_filename, "exec"), dict(function.__globals__), space)
    return next(v for v in space.values() if isinstance(v, FunctionType)).__code__


def _copied(tree: ast.Module, keep: ast.AST) -> ast.Module:
    """A copy of the tree that shares the one node to be exchanged."""
    import copy

    return copy.deepcopy(tree, {id(keep): keep})


@cache
def refusals() -> dict[str, frozenset[tuple[str, int]]]:
    """Which lines of the kernel each attack runs into."""
    found = {}
    for name, attack in ATTACKS.items():
        places: set[tuple[str, int]] = set()
        try:
            attack()
        except REFUSALS as error:
            trouble: BaseException | None = error
            while trouble is not None:
                for frame in traceback.extract_tb(trouble.__traceback__):
                    places.add((frame.filename, frame.lineno or 0))
                trouble = trouble.__cause__
        found[name] = frozenset(places)
    return found


def killed_by(mutant: Mutant) -> str | None:
    """An attack that succeeds against the mutant."""
    file = mutant.function.__code__.co_filename
    candidates = [
        name
        for name, places in refusals().items()
        if not mutant.raises or any(f == file and line in mutant.lines for f, line in places)
    ]
    original = mutant.function.__code__
    if original.co_freevars != mutant.code.co_freevars:
        return None
    mutant.function.__code__ = mutant.code
    normal.forget()
    try:
        for name in candidates if mutant.raises else reversed(candidates):
            try:
                ATTACKS[name]()
            except Exception:  # a mutant that stumbles proves nothing
                continue
            return name
    finally:
        mutant.function.__code__ = original
        normal.forget()
    return None


def main() -> int:
    survivors, total = [], 0
    for mutant in mutants():
        total += 1
        if killed_by(mutant) is None:
            survivors.append(mutant)
    for mutant in survivors:
        print(f"survives: {mutant}")
    print(f"{total} mutants, {len(survivors)} survive")
    return 0


if __name__ == "__main__":
    sys.exit(main())
