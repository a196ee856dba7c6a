"""A claim in words: constants filled in, so that quotients and powers read as they are meant."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest

from memorize.evidence import ExactRun


@pytest.mark.parametrize(
    ("text", "value", "said"),
    [
        ("(k+1)²/{c}", 2, "(k+1)²/2"),
        ("(k+1)²/{c}", Fraction(21, 10), "(k+1)²/(21/10)"),
        ("√({c}/π)", Fraction(21, 10), "√((21/10)/π)"),
        ("√{c} x", Fraction(1, 2), "√(1/2) x"),
        ("{c}^m and {c} r", Fraction(3, 2), "(3/2)^m and 3/2 r"),
        ("x^{c}/{c}", 0.5, "x^0.5/0.5"),
        ("{c}/{c}", Fraction(1, 3), "(1/3)/(1/3)"),
        ("a {d} of {c}", 7, "a {d} of 7"),
    ],
)
def test_values_stand_in_brackets_where_a_quotient_would_be_misread(
    text: str, value: Any, said: str
) -> None:
    assert ExactRun(text=text, run=lambda c: True, constants={"c": value}).said() == said
