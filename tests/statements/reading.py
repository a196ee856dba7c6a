"""A reader of the formulas in the boxes: LaTeX in, a number out, with nothing in between."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping

from memorize import statements

FUNCTIONS: Mapping[str, Callable[..., float]] = {
    r"\exp": math.exp,
    r"\ln": math.log,
    r"\max": max,
    r"\min": min,
    r"\operatorname{erf}": math.erf,
    r"\Phi": lambda x: math.erfc(-x / math.sqrt(2)) / 2,
}
SPACE = re.compile(r"\\\\|\\[,;! ]|\\[Bb]ig[lr]?|\\q?quad|&|\s+")
TOKEN = re.compile(r"<\d+>|\d+(?:\.\d+)?|\\operatorname\{erf\}|\\[A-Za-z]+|.")


def between(id: str, start: str, end: str) -> str:
    """What stands in the box of ``id`` between ``start``, which comes once, and ``end``."""
    declared = statements.get(id)
    before, found, after = " ".join((declared.text, *declared.hypotheses)).partition(start)
    assert found, f"{id} does not have {start}"
    assert start not in after, f"{id} has {start} more than once, first after {before[-40:]}"
    inside, found, _ = after.partition(end)
    assert found, f"{id} does not have {end} after {start}"
    return inside


def value(latex: str, letters: Mapping[str, float]) -> float:
    """The number that a formula says, where ``letters`` gives what its letters stand for.

    A letter may be any piece of LaTeX; the longest that fits is taken. Raises ``ValueError`` for
    what it cannot read.
    """
    names = sorted(letters, key=len, reverse=True)
    places = {name: f"<{k}>" for k, name in enumerate(names)}
    piece = "|".join(
        re.escape(n) + "(?![A-Za-z])" * (n.startswith("\\") and n[-1].isalpha()) for n in names
    )
    latex = re.sub(
        rf"(?P<letter>{piece})|\\operatorname\{{erf\}}|\\[A-Za-z]+",
        lambda found: places[found[0]] if found["letter"] else found[0],
        latex,
    )
    reader = _Reader(TOKEN.findall(SPACE.sub("", latex)), [letters[name] for name in names])
    found = reader.sum()
    if reader.rest:
        raise ValueError(f"cannot read {''.join(reader.rest)} in {latex}")
    return found


class _Reader:
    """Sums of products of factors; a factor may follow another without a sign."""

    def __init__(self, tokens: list[str], letters: list[float]) -> None:
        self.rest, self.letters = tokens, letters

    def next(self) -> str:
        return self.rest[0] if self.rest else ""

    def take(self, *wanted: str) -> str:
        if not self.rest or (wanted and self.rest[0] not in wanted):
            raise ValueError(f"expected {' or '.join(wanted)} at {''.join(self.rest[:9])!r}")
        return self.rest.pop(0)

    def sum(self) -> float:
        total = -self.product() if self._skip("-") else self.product()
        while self.next() in ("+", "-"):
            total += self.product() if self.take() == "+" else -self.product()
        return total

    def product(self) -> float:
        found = self.power()
        while self.next() not in ("", "+", "-", ")", "]", "}", ","):
            if self._skip("/"):
                found /= self.power()
            else:
                self._skip(r"\cdot")
                found *= self.power()
        return found

    def power(self) -> float:
        """A factor with its exponent."""
        found = self.atom()
        return found ** self.argument() if self._skip("^") else found

    def argument(self) -> float:
        """What a command takes: a group, one digit, or one other thing."""
        if self._skip("{"):
            found = self.sum()
            self.take("}")
            return found
        if self.next()[:1].isdigit() and len(self.next()) > 1:
            first, self.rest[0] = self.rest[0][0], self.rest[0][1:]
            return float(first)
        return self.atom()

    def atom(self) -> float:
        token = self.take()
        if token.startswith("<"):
            return self.letters[int(token[1:-1])]
        if token[0].isdigit():
            return float(token)
        if token in (r"\frac", r"\tfrac"):
            return self.argument() / self.argument()
        if token == r"\sqrt":
            return math.sqrt(self.argument())
        if token == r"\pi":
            return math.pi
        if token == "e":
            return math.e
        if token in FUNCTIONS:
            power = self.argument() if self._skip("^") else 1.0
            return FUNCTIONS[token](*self._arguments()) ** power
        if token in ("(", "[", "{"):
            found = self.sum()
            self.take({"(": ")", "[": "]", "{": "}"}[token])
            return found
        raise ValueError(f"cannot read {token!r} before {''.join(self.rest[:9])!r}")

    def _arguments(self) -> list[float]:
        """In parentheses and between commas, or one factor without them."""
        if not self._skip("("):
            return [self.argument()]
        found = [self.sum()]
        while self._skip(","):
            found.append(self.sum())
        self.take(")")
        return found

    def _skip(self, token: str) -> bool:
        if self.next() != token:
            return False
        self.take()
        return True
