"""Invented statements and records, so that the apparatus is tested without the real chapters."""

from __future__ import annotations

from typing import Any

import sympy as sp

from memorize.statements import BoundFormula, Parameter, Statement, Term

t, K = sp.symbols("t K", positive=True)
d = sp.Symbol("d", integer=True, positive=True)
A = sp.Symbol("A")

TAIL = BoundFormula(
    quantity=r"\Pr(\|X\|\ge t)",
    parameters=(
        Parameter(t, "threshold", default=3.0, domain=sp.Interval(0, sp.oo)),
        Parameter(K, "norm", default=1.0),
        Parameter(d, "dimension", default=2, domain=sp.Interval(1, sp.oo)),
    ),
    terms=(Term(A, "exponent", sp.Min(t**2 / K**2, t / K)),),
    value=2 * d * sp.exp(-A),
    trivial=sp.Integer(1),
)


def statement(id: str, **fields: Any) -> Statement:
    given = {
        "title": f"The title of {id}",
        "paper": "G" if id[0] not in "NYFVB" else id[0],
        "chapter": "tails/nets",
        "kind": "theorem",
        "text": f"Of {id}: $x\\le 2$.",
    }
    return Statement(id=id, **{**given, **fields})


INVENTED = (
    statement("G.def", kind="definition", number="Section 2"),
    statement(
        "G.one",
        number="Lemma 1",
        hypotheses=("$x\\ge 0$", "$y\\ge 0$"),
        bound=TAIL,
        mathlib=("Some.theorem_name",),
        aliases=("Theorem 1 of the draft",),
        printed="$x\\le C$",
        changed="The constant is 2.",
    ),
    statement(
        "G.two",
        number="Fact 8",
        printed="$x\\le 1$",
        changed="False at $x=2$.",
        erratum=True,
        counterexample="The net of six points.",
    ),
    statement("B.three", chapter="kernels/vector_features"),
    statement("N.four", chapter="sgd/polynomials", number="Theorem 6", text=""),
)


def check(name: str = "a check", kind: str = "identity") -> dict[str, Any]:
    return {
        "name": name,
        "kind": kind,
        "claim": "x ≤ 2",
        "outcome": "consistent" if kind == "sample" else "proved",
        "strict": {},
        "control": {
            "claim": "x ≤ 1.9",
            "distance": "C: 2 → 1.9 (5.00%)",
            "outcome": "refuted",
            "strict": {},
        },
    }


def row(id: str, outcome: str, **fields: Any) -> dict[str, Any]:
    given = {"uses": [], "unchecked": 0, "why": "", "checks": [check()], "proofs": []}
    return {"id": id, "title": id, "outcome": outcome, **given, **fields}


def recorded(**changed: dict[str, Any]) -> list[dict[str, Any]]:
    """Records of the two invented chapters that have run; what a row tells can be changed."""
    rows = {
        "G.def": row("G.def", "definition"),
        "G.one": row("G.one", "proved", uses=["G.def"], unchecked=3),
        "G.two": row("G.two", "proved", uses=["G.one"]),
        "B.three": row("B.three", "proved", uses=["G.two"]),
    }
    for id, fields in changed.items():
        rows[id.replace("_", ".")] |= fields
    return [
        {"chapter": "tails/nets", "rows": [rows["G.def"], rows["G.one"], rows["G.two"]]},
        {"chapter": "kernels/vector_features", "rows": [rows["B.three"]]},
    ]
