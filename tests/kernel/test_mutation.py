"""No guard of the kernel can be removed without some attack succeeding, but for those listed."""

from __future__ import annotations

from mutate import killed_by, mutants

EQUIVALENT = {
    "not form": "the next line cannot divide by an empty polynomial",
    "goal.op not in (*RELATIONS, 'finite')": "other formulas have no normal form",
    "answer == z3.unknown": "only the kind of refusal differs",
    "type(f) is not Theorem for f in facts": "minting checks the premises again",
    "{a.op, b.op} - {'le', 'lt', 'eq'}": "what else joins is ill-sorted",
    "v.op != 'var'": "compound terms are never replaced",
    "formula.op != 'every'": "no other formula has values to give",
    "len(values) != len(formula.data)": "pairs are formed strictly",
    "parameter.op != 'var'": "compound terms have no kind",
    "supremum.op != 'sup'": "nothing else pairs places with sets",
    "len(places) != len(supremum.data)": "pairs are formed strictly",
    "c.op not in ('le', 'lt', 'eq')": "no other formula has two numbers",
    "c.op not in ('le', 'lt')": "|f| = g would do as well",
    "whole is None": "nothing is then compared",
    "frozenset(kept) & frozenset(dropped)": "an expectation refuses to name a variable twice",
    "one & two": "an expectation refuses to name a variable twice",
    "c.args[0].op != 'E'": "no other binder has one variable, standard normal",
    "len(c.args[0].data) != 1": "one variable is unpacked",
    "draws.kind != 'sample'": "no other variable has a law and a size",
    "len(data) < 4": "four parts are unpacked",
    "type(data) is not tuple": "four parts are unpacked, and no other type is plain",
    "len(symbols) != len(box)": "the hypotheses must confine both to the same interval",
    "h.op not in ('le', 'lt')": "an equation bounds as well",
    "len(sides) != 1": "a variable on the other side has no translation",
    "h.args[1 - sides[0][0]].free": "a variable on the other side has no translation",
    "len(where) != 2": "pairs are formed strictly",
    "bound is None": "nothing is then compared",
    "term.data[0] not in symbols": "the symbol is looked up",
    "term.sort != 'R'": "no operation on vectors is translated",
}


def test_every_guard_matters() -> None:
    found = list(mutants())
    survivors = [m for m in found if killed_by(m) is None]
    unexplained = [str(m) for m in survivors if not any(part in m.what for part in EQUIVALENT)]
    assert unexplained == []
    assert len(survivors) < len(found) / 4
