"""Every minted theorem holds in finite models; with a guard removed, the fuzzer finds the hole."""

from __future__ import annotations

import random
from dataclasses import replace

import fuzz
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


def any_integrand(term: Term, over: frozenset[Term]) -> Term:
    """Linearity with whatever coefficients."""
    if term.op == "E":
        return term.args[0]
    return Term(term.op, tuple(any_integrand(a, over) for a in term.args), term.data)


HOLES = {
    "denominators": (normal.Decision, "check_real", nothing, (fuzz.nothing, fuzz.bodies)),
    "means": (normal.Decision, "check_real", nothing, (fuzz.unbiased,)),
    "joint laws": (rules, "_holds_under", nothing, (fuzz.twice, fuzz.tonelli)),
    "capture": (rules, "substitute", no_capture, (fuzz.captured,)),
    "independence": (rules, "_separates", lambda *_: True, (fuzz.independence,)),
    "coefficients": (rules, "_integrand", any_integrand, (fuzz.linear,)),
    "laws of nothing": (rules, "_E", lambda f, over: E(f, *over), (fuzz.constant,)),
    "polynomials": (rules, "_outside_polynomials", lambda t: frozenset(), (fuzz.limit,)),
    "absolute values": (normal.Forms, "absolute", lambda self, form: form, (fuzz.nothing,)),
    "definedness": (normal.Forms, "condition", lambda self, kind, t: [], (fuzz.bodies,)),
}


@pytest.mark.parametrize("hole", HOLES)
def test_planted_hole_is_found(hole: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A kernel with one guard removed proves something false, and the fuzzer shows it."""
    owner, name, broken, moves = HOLES[hole]
    streams = fuzzers(f"planted {hole}", 12)
    monkeypatch.setattr(owner, name, broken)
    normal.forget()
    try:
        assert any(replace(m, moves=moves).run(ROUNDS).holes for m in streams)
    finally:
        normal.forget()
