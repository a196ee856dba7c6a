"""A statement's bound at one's own numbers: as text, as JSON, and as a calculator for a page."""

from __future__ import annotations

import json
import math
from dataclasses import asdict
from html import escape
from typing import Any

import sympy as sp

from memorize.book.formulas import inline
from memorize.evidence.typeset import typeset
from memorize.statements import BoundFormula, Evaluation, Parameter, Statement

__all__ = ["as_html", "as_javascript", "as_json", "as_text", "formula_of", "letter"]

SIGN = {"<=": "≤", ">=": "≥"}
LETTERS = {
    name: {"epsilon": "varepsilon", "phi": "varphi"}.get(name, name)
    for name in (
        *("alpha", "beta", "gamma", "delta", "epsilon", "eta", "theta", "kappa", "mu", "nu"),
        *("xi", "rho", "sigma", "tau", "phi", "psi", "omega", "Delta", "Theta", "Lambda", "ell"),
    )
}


def formula_of(statement: Statement) -> BoundFormula:
    """The statement's bound; raises ``LookupError`` if it has none."""
    if statement.bound is None:
        raise LookupError(f"{statement.id} has no bound to evaluate")
    return statement.bound


def as_json(statement: Statement, evaluation: Evaluation) -> dict[str, Any]:
    """The bound at given numbers; infinite values as the strings "inf" and "-inf"."""
    formula = formula_of(statement)
    return {
        "id": statement.id,
        "title": statement.title,
        "statement": statement.text,
        "quantity": formula.quantity,
        "sense": formula.sense,
        "parameters": {k: _finite(v) for k, v in evaluation.values.items()},
        "terms": {k: _finite(v) for k, v in evaluation.terms.items()},
        "bound": _finite(evaluation.value),
        "trivial": _finite(evaluation.trivial),
        "vacuous": evaluation.vacuous,
        "crossings": [asdict(crossing) for crossing in evaluation.crossings],
    }


def as_text(statement: Statement, evaluation: Evaluation) -> str:
    """The statement, each parameter and term, the bound, and where it is vacuous."""
    formula = formula_of(statement)
    lines = [f"{statement.id}  {statement.label}", "", statement.text.strip(), ""]
    lines += [f"  if {hypothesis}" for hypothesis in statement.hypotheses]
    rows = [(p.name, evaluation.values[p.name], p.meaning) for p in formula.parameters]
    rows += [(t.name, evaluation.terms[t.name], t.meaning) for t in formula.terms]
    width = max(len(name) for name, *_ in rows)
    lines += [f"  {name:<{width}} = {number(value):<14} {said}" for name, value, said in rows]
    lines += [
        "",
        f"  {formula.quantity} {SIGN[formula.sense]} {number(evaluation.value)}",
    ]
    changes = [f"{name}: {said}" for name, said in crossings(formula, evaluation).items()]
    lines += [f"  {said}" for said in [verdict(evaluation), *changes] if said]
    return "\n".join(lines)


def verdict(evaluation: Evaluation) -> str:
    """Whether the bound says anything at these numbers; nothing where that goes without saying."""
    if evaluation.vacuous:
        return f"vacuous at these numbers: {number(evaluation.trivial)} is known without it"
    if math.isinf(evaluation.trivial):
        return ""
    return f"not vacuous: without the statement one knows only {number(evaluation.trivial)}"


def crossings(formula: BoundFormula, evaluation: Evaluation) -> dict[str, str]:
    """For each parameter, where the bound stops or starts being vacuous, the others kept."""
    said = {}
    for parameter in formula.parameters:
        changes = [
            f"{'turns vacuous' if c.vacuous else 'stops being vacuous'} at {number(c.at)}, "
            f"going {c.direction}"
            for c in evaluation.crossings
            if c.parameter == parameter.name and c.at is not None
        ]
        if changes:
            said[parameter.name] = "; ".join(changes)
    return said


def as_javascript(statement: Statement) -> str:
    """The bound as an entry of the page's table of bounds, for ``bounds.js``."""
    formula = formula_of(statement)
    names = {p.symbol: sp.Symbol(f"p.{p.name}") for p in formula.parameters}
    names |= {t.symbol: sp.Symbol(f"t.{t.name}") for t in formula.terms}

    def code(expression: sp.Expr) -> str:
        return str(sp.jscode(expression.xreplace(names)))

    terms = [f"t.{t.name} = {code(t.expression)};" for t in formula.terms]
    numbers = ", ".join(
        [*(f"t.{t.name}" for t in formula.terms), code(formula.value), code(formula.trivial)]
    )
    data = {
        "sense": formula.sense,
        "parameters": [
            {
                "name": p.name,
                "integer": p.integer,
                "said": p.said(),
                "low": _end(p.ends[0]),
                "high": _end(p.ends[1]),
                "open": [bool(p.domain.left_open), bool(p.domain.right_open)],
            }
            for p in formula.parameters
        ],
    }
    body = f"p => {{ const t = {{}}; {' '.join(terms)} return [{numbers}]; }}"
    return (
        f"(globalThis.memorizeBounds ??= {{}})[{json.dumps(statement.id)}] = "
        f"{{ ...{json.dumps(data)}, numbers: {body} }};"
    )


def as_html(statement: Statement) -> str:
    """A calculator: readable as a table at the default numbers where scripts don't run."""
    formula = formula_of(statement)
    defaults = {p.name: p.default for p in formula.parameters}
    known = None not in defaults.values()
    at = formula.evaluate() if known else None
    rows = [_input(statement, p) for p in formula.parameters]
    for t in formula.terms:
        value = number(at.terms[t.name]) if at else ""
        rows.append(
            f'<tr><th scope="row">{letter(t.name)}</th><td>{typeset(t.meaning)}</td>'
            f'<td><output data-term="{escape(t.name)}">{value}</output></td></tr>'
        )
    value = number(at.value) if at else ""
    said = verdict(at) if at else ""
    changes = crossings(formula, at) if at else {}
    listed = "".join(f"<li>{letter(name)}: {escape(c)}</li>" for name, c in changes.items())
    return (
        f'<form class="memorize-bound" data-bound="{escape(statement.id)}" '
        f'aria-label="Bound of {escape(statement.label)}"><table><tbody>{"".join(rows)}'
        f'<tr class="value"><th scope="row">bound</th>'
        f"<td>{inline(formula.quantity)} {SIGN[formula.sense]}</td>"
        f'<td><output data-value aria-live="polite">{value}</output></td>'
        f"</tr></tbody></table>"
        f"<p><output data-verdict>{said}</output></p><ul data-crossings>{listed}</ul>"
        f"<script>{as_javascript(statement)}</script></form>"
    )


def _input(statement: Statement, p: Parameter) -> str:
    id, name = f"{statement.anchor}-{p.name}", escape(p.name)
    value = "" if p.default is None else number(p.default)
    return (
        f'<tr><th scope="row"><label for="{id}" title="{name}">{letter(p.name)}</label></th>'
        f"<td>{typeset(p.meaning)}, {escape(p.said())}</td>"
        f'<td><input id="{id}" name="{p.name}" type="number" step="any" value="{value}" required>'
        f'<input type="range" min="-1" max="1" step="0.01" value="0" '
        f'aria-label="{name}, slider"></td></tr>'
    )


def letter(name: str) -> str:
    """A parameter's name as HTML: a letter of the text as mathematics, a word as it is."""
    known = {"eps": "epsilon", "varepsilon": "epsilon"}.get(name, name)
    stem, _, index = known.partition("_")
    if len(stem) == 1 or stem in LETTERS:
        tex = stem if len(stem) == 1 else rf"\{LETTERS[stem]}"
        return inline(f"{tex}_{{{index}}}" if index else tex)
    return escape(name)


def number(x: float) -> str:
    """A number at ten digits, as people and HTML inputs read it."""
    return f"{x:.10g}"


def _finite(x: float) -> float | str:
    return x if math.isfinite(x) else str(x)


def _end(x: float) -> float | None:
    return x if math.isfinite(x) else None
