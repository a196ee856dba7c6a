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
    "without the part type(n) is int": "a power has a sort for integers n ≥ 0 only",
    "without the part n < 0": "a power has a sort for integers n ≥ 0 only",
    "without the part bool(sorts)": "where it is asked, the arguments are counted too",
    "without the part len(args) == 1 + len(data)": "pairs are formed strictly",
    "without the part type(v) is Term": "nothing else that is plain has an operation or a kind",
    "without the part v.kind": "no sample at all would have a sort",
    "without the part term.op == 'mean'": "variables and numbers have no first argument",
    "without the part obligations(term.args[0])": "more averages would need to be shown finite",
    "without the part len(form) == 1": "one monomial is unpacked",
    "always len(form) == 1": "one monomial is unpacked",
    "always form[min(form)] > 0": "|t| and |−t| would be two atoms",
    "without the part e.denominator == 1": "no fraction leaves 0 when divided by 2",
    "without the part not positive": "|t| would be an atom where it is t",
    "always e != 1": "products drop the power 0",
    "without the part len(path) % 2 == 0": "in the middle no map is its own adjoint's name",
    "without the part a[4] != '('": "|s + t|² would be the square of a number not known further",
}


def test_every_guard_matters() -> None:
    found = list(mutants())
    survivors = [m for m in found if killed_by(m) is None]
    unexplained = [str(m) for m in survivors if not any(part in m.what for part in EQUIVALENT)]
    assert unexplained == []
    assert len(survivors) < len(found) / 4
