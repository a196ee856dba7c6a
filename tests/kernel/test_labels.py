"""Each rule mints under its own label: what the trust profiles and the pages call it."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Callable, Iterator
from fractions import Fraction
from functools import cache
from types import FunctionType
from typing import Any

import proofs
import pytest
from attacks import binomial, exponential
from mutate import functions
from proofs import ALL

from memorize.kernel import E, Sequent, eq, exp, fixed, independent, random, rules
from memorize.kernel.rules import Theorem, arith, assume

LABELS = {
    "assume": "hypothesis",
    "weaken": "weaken",
    "cut": "cut",
    "trans": "transitivity",
    "arith": "arithmetic",
    "instance": "instance",
    "specialise": "specialise",
    "generalise": "generalise",
    "cases": "cases",
    "limit": "limit in a parameter",
    "symmetric": "symmetry",
    "exp_above": "1 + x ≤ eˣ",
    "nonneg": "0 ≤ ⟨v, v⟩",
    "psi_intro": "ψ-norm: infimum attained",
    "psi_elim": "ψ-norm: infimum attained",
    "on_sphere": "unit sphere",
    "pole_on_sphere": "unit sphere",
    "net_covers": "ε-net",
    "net_on_sphere": "ε-net",
    "at": "supremum at a point",
    "least": "least upper bound",
    "monotone": "monotone expectation",
    "dominated": "domination",
    "linear": "linearity",
    "constant": "constant",
    "marginal": "marginal",
    "tonelli": "Tonelli",
    "independence": "independence",
    "bienayme": "Bienaymé",
    "unbiased": "unbiased mean",
    "vanishes": "vanishing expectation",
    "almost_surely": "finite almost surely",
    "earlier": "statement",
    "unshown": "unshown",
    "enclosed": "enclosure",
    "identity": "identity",
    "gaussian": "Gaussian law",
}
"""What each rule's theorems must say that they rest on."""

RULES = {f.__name__: f for f in functions(rules) if not f.__name__.startswith("_")}
Call = tuple[tuple[Any, ...], dict[str, Any]]


def others() -> Iterator[tuple[str, tuple[Any, ...]]]:
    """Calls of the rules that the model proofs do not use."""
    K, X, Y, s, t = fixed("K"), random("X"), random("Y"), fixed("s"), fixed("t")
    unit = (0 <= s, s <= 1)
    square, sign = X**2 * Y**2, arith(0 <= X**2 * Y**2)
    yield "weaken", (assume(K <= 1), K <= 2)
    yield "generalise", (arith(K <= K + 1), K)
    yield "independence", (square, ((X,), (Y,)), [assume(independent(X, Y)), sign])
    yield "vanishes", (X**2, (X,), arith(0 <= X**2), assume(E(X**2) <= 0))
    yield "earlier", ("G.L2.5",)
    yield "unshown", (K <= 1, "so they say")
    yield "enclosed", (Sequent(unit, 1 + s <= exp(s) + Fraction(1, 10)), exponential())
    yield "identity", (Sequent((0 < t,), eq((t + 1) ** 2, t**2 + 2 * t + 1)), binomial())


@cache
def recorded() -> dict[str, Call]:
    """A call of each rule that it grants: from the model proofs, and from ``others``."""
    calls: dict[str, Call] = {}

    def recording(name: str, rule: FunctionType) -> Callable[..., Any]:
        def call(*args: Any, **kwargs: Any) -> Any:
            granted = rule(*args, **kwargs)
            calls.setdefault(name, (args, kwargs))
            return granted

        return call

    with pytest.MonkeyPatch.context() as patch:
        for name, rule in RULES.items():
            patch.setattr(rules, name, recording(name, rule))
        for kept in vars(proofs).values():  # of tests that ran before in this process
            if hasattr(kept, "cache_clear"):
                kept.cache_clear()
        for proof in ALL.values():
            proof()
    for name, args in others():
        RULES[name](*args)
        calls.setdefault(name, (args, {}))
    return calls


def labels(granted: Any) -> set[str]:
    theorems = granted if isinstance(granted, tuple) else (granted,)
    assert all(type(t).__name__ == Theorem.__name__ for t in theorems)
    return {t.rule for t in theorems}


def mislabelled(rule: FunctionType) -> FunctionType:
    """The rule with the next label of its list, or another word, where its own stands."""

    class Exchange(ast.NodeTransformer):
        def visit_Subscript(self, node: ast.Subscript) -> ast.AST:
            if isinstance(node.value, ast.Name) and node.value.id in ("TEXTBOOK", "AXIOMS"):
                assert isinstance(node.slice, ast.Constant)
                size = len(getattr(rules, node.value.id))
                node.slice = ast.Constant((int(node.slice.value) + 1) % size)
            return node

        def visit_Call(self, node: ast.Call) -> ast.AST:
            self.generic_visit(node)
            first = node.args[0] if node.args else None
            if ast.unparse(node.func) == "_mint" and isinstance(first, ast.Constant):
                node.args[0] = ast.Constant("linearity")
            return node

    tree = Exchange().visit(ast.parse(inspect.getsource(rule)))
    space = dict(vars(rules))
    future = ast.parse("from __future__ import annotations").body
    tree.body = [*future, *tree.body]
    exec(compile(ast.fix_missing_locations(tree), rules.__file__, "exec"), space)
    changed: FunctionType = space[rule.__name__]
    return changed


def test_every_rule_has_its_label_here() -> None:
    assert set(RULES) == set(LABELS)
    assert {*rules.TEXTBOOK, *rules.AXIOMS} <= set(LABELS.values())


@pytest.mark.parametrize("name", LABELS)
def test_a_rule_mints_under_its_own_label(name: str) -> None:
    args, kwargs = recorded()[name]
    assert labels(RULES[name](*args, **kwargs)) == {LABELS[name]}


@pytest.mark.parametrize("name", LABELS)
def test_a_wrong_label_would_be_seen(name: str) -> None:
    args, kwargs = recorded()[name]
    assert labels(mislabelled(RULES[name])(*args, **kwargs)) != {LABELS[name]}
