"""Every minted theorem holds in finite models; with a guard removed, the fuzzer finds the hole."""

from __future__ import annotations

import random

import pytest
from fuzz import Fuzzer
from model import counterexample
from proofs import ALL

from memorize import runtime
from memorize.book.proof import _ancestors
from memorize.kernel import E, normal, rules
from memorize.kernel.terms import Term

ROUNDS = 250


def fuzzers(name: str, streams: int) -> list[Fuzzer]:
    return [
        Fuzzer(random.Random(runtime.derived_seed(f"kernel fuzz {name} {i}")))
        for i in range(streams)
    ]


def test_rules_are_sound_in_finite_models() -> None:
    """No hole; and the fuzzer was not idle: most rules minted, most hypotheses satisfied."""
    runs = [m.run(ROUNDS) for m in fuzzers("rules", 4)]
    assert not [hole for m in runs for hole in m.holes]
    assert len({rule for m in runs for rule in m.minted}) >= 14
    assert sum(m.satisfied for m in runs) >= 150


def test_proofs_hold_in_finite_models() -> None:
    """Every theorem that the example proofs mint, and every one they rest on."""
    rng = random.Random(runtime.derived_seed("kernel fuzz proofs"))
    minted = {t.sequent: t for build in ALL.values() for t in _ancestors(build().theorem)}
    assert len(minted) > 300
    met = 0
    for t in minted.values():
        hole, satisfied = counterexample(t.hypotheses, t.conclusion, rng, 2)
        assert hole is None, f"{t!r} fails in {hole}"
        met += satisfied > 0
    assert met > len(minted) / 5


def nothing(*args: object, **keywords: object) -> None:
    """A guard that lets everything pass."""


def no_capture(term: Term, image: dict[Term, Term]) -> Term:
    """Substitution that lets variables be captured."""
    if term.op == "var":
        return image.get(term, term)
    args = tuple(no_capture(a, image) for a in term.args)
    if term.op == "E":
        over = tuple(w for v in term.data for w in image.get(v, v).random)
        return Term("E", args, tuple(dict.fromkeys(over)))
    return Term(term.op, args, term.data)


HOLES = {
    "denominators": (normal.Decision, "check_real", nothing),
    "joint laws": (rules, "_holds_under", nothing),
    "capture": (rules, "substitute", no_capture),
    "independence": (rules, "_separates", lambda *_: True),
    "coefficients": (
        rules, "_integrand", lambda t, over: t.args[0] if t.op == "E" else Term(
            t.op, tuple(rules._integrand(a, over) for a in t.args), t.data)
    ),
    "laws of nothing": (rules, "_E", lambda f, over: E(f, *over)),
    "polynomials in the parameter": (rules, "_outside_polynomials", lambda t: frozenset()),
    "absolute values": (normal.Forms, "absolute", lambda self, form: form),
    "definedness of bodies": (normal.Forms, "condition", lambda self, kind, t: []),
}  # fmt: skip


@pytest.mark.parametrize("hole", HOLES)
def test_planted_hole_is_found(hole: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A kernel with one guard removed proves something false, and the fuzzer shows it."""
    owner, name, broken = HOLES[hole]
    monkeypatch.setattr(owner, name, broken)
    normal._solve.cache_clear()
    found = any(m.run(ROUNDS).holes for m in fuzzers(f"planted {hole}", 12))
    normal._solve.cache_clear()
    assert found
