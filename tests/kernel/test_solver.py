"""The solver's answers depend on the question alone: not on what was asked before, nor on a clock.

Its limit counts from a query's own start.
"""

from __future__ import annotations

import random
from functools import cache
from typing import Any

import proofs
import pytest
import z3
from attacks import ATTACKS
from test_attacks import REFUSALS

from memorize import runtime
from memorize.kernel import Refused, Undecided, fixed, normal
from memorize.kernel.normal import Decision

SMALL = 400
"""A limit that some of the questions below meet and some exceed."""


@cache
def questions() -> list[tuple[Any, ...]]:
    """What some of the example proofs and the attacks ask."""
    asked: dict[tuple[Any, ...], None] = {}
    inner = normal._solve

    def note(*question: Any) -> Any:
        asked.setdefault(question)
        return inner(*question)

    normal._solve = note  # type: ignore[assignment]
    try:
        for build, *given in (
            *((proofs.product_scaled,), (proofs.triangle_scaled, 2), (proofs.tail, 1)),
            *((proofs.net_bound,), (proofs.rate,), (proofs.lipschitz_loss,)),
        ):
            build.__wrapped__(*given)
        for attack in ATTACKS.values():
            try:
                attack()
            except REFUSALS:
                continue
    finally:
        normal._solve = inner
    return list(asked)


def answers(order: list[int], limit: int | None = None) -> dict[int, str]:
    """The answers by number, asked in this order, none remembered."""
    ask = normal._solve.__wrapped__
    return {i: str(ask(*(q := questions()[i])[:3], limit or q[3])) for i in order}


@pytest.mark.parametrize("limit", [None, SMALL])
def test_the_order_of_questions_does_not_matter(limit: int | None) -> None:
    order = list(range(0, len(questions()), 8 if limit else 1))
    assert len(order) > (30 if limit else 250)
    first = answers(order, limit)
    expected = {"sat", "unsat", "unknown"} if limit else {"sat", "unsat"}
    assert set(first.values()) >= expected
    assert answers(order[::-1], limit) == first
    random.Random(runtime.derived_seed("kernel order of questions")).shuffle(order)
    assert answers(order, limit) == first


def test_the_shared_context_only_saves_time() -> None:
    """A context of the question's own gives the same answer."""
    for question in questions()[::5]:
        assert normal._ask(z3.Context(), *question) == normal._solve.__wrapped__(*question)


def decided(limit: int) -> bool:
    """Whether xyz ≤ 1 is proved from x² + y² + z² ≤ 3 within the limit."""
    x, y, z = fixed("x"), fixed("y"), fixed("z")
    normal.forget()
    try:
        Decision([x**2 + y**2 + z**2 <= 3], limit).prove(x * y * z <= 1)
    except Undecided:
        return False
    return True


def test_the_limit_counts_from_the_questions_own_start() -> None:
    """The least limit that suffices is the same before and after many other questions."""

    def least() -> int:
        low, high = 4, normal.LIMIT
        while high > low + 1:
            middle = (low + high) // 2
            low, high = (low, middle) if decided(middle) else (middle, high)
        return high

    before = least()
    assert 100 < before < normal.LIMIT
    answers(list(range(0, len(questions()), 3)))
    assert least() == before


@pytest.mark.parametrize("limit", [0, -1, 1])
def test_no_limit_means_a_small_one(limit: int) -> None:
    """z3 takes 0 for no limit at all; the kernel does not."""
    assert not decided(limit)
    with pytest.raises(Refused):
        Decision([], limit).prove(fixed("x") <= 0)
