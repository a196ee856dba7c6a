"""A calculational proof: a chain of lines, each with a reason that the kernel checked.

Nothing here is trusted: what a proof proves is its kernel theorem, which must be the declared
statement exactly. Steps that the kernel's language cannot carry are prose lines, counted openly,
and whatever rests on one says so.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from html import escape
from typing import Any

from memorize import statements
from memorize.book import reasons
from memorize.book.formulas import SIGN, broken, inline, pieces, spaced
from memorize.book.reasons import *  # noqa: F403 (authors import everything from here)
from memorize.book.reasons import Facts, Reason
from memorize.kernel import rules
from memorize.kernel.evidence import Evidence
from memorize.kernel.normal import Undecided
from memorize.kernel.rules import Theorem, assume, trans, weaken
from memorize.kernel.terms import E, Refused, Sequent, Term, number

__all__ = ["Controls", "Proof", "ProofError", *reasons.__all__]

MUTANT_LIMIT = 200_000
"""z3's resource limit for a falsified line."""


class ProofError(Exception):
    """A line that its reason does not carry, a chain that does not join, a wrong conclusion."""


@dataclass
class Controls:
    """What became of the falsified versions of a line: refused, shown true, or undecided."""

    refused: int = 0
    true: int = 0
    undecided: int = 0

    def __add__(self, other: Controls) -> Controls:
        return Controls(
            self.refused + other.refused,
            self.true + other.true,
            self.undecided + other.undecided,
        )

    @property
    def total(self) -> int:
        return self.refused + self.true + self.undecided


@dataclass
class _Line:
    label: str
    gloss: str
    formula: Term | None = None
    theorem: Theorem | None = None
    given: tuple[Term, ...] = ()
    chained: bool = False
    first: bool = False
    text: str = ""
    evidence: Evidence | None = None
    uses: tuple[str, ...] = ()
    because: str = ""
    controls: Controls = field(default_factory=Controls)

    @property
    def prose(self) -> bool:
        return bool(self.text)


class Proof:
    """The proof of one part of a declared statement, or of a sequent of one's own.

    ``Proof("G.L2.2")`` proves ``formal[part]`` of that statement; ``Proof(Sequent(...), title=…)``
    is a lemma inside a chapter. Its hypotheses are facts labelled h1, h2, … (see :meth:`names`).
    ``controls=False`` skips the falsified lines. Raises ``LookupError`` for an unknown id,
    ``ProofError`` naming the line for whatever a reason refuses.
    """

    def __init__(
        self, goal: str | Sequent, part: int = 0, title: str = "", controls: bool = True
    ) -> None:
        self.id = goal if isinstance(goal, str) else ""
        self.part = part
        self.sequent: Sequent | None = goal if isinstance(goal, Sequent) else None
        if isinstance(goal, str):
            declared = statements.get(goal)
            title = title or declared.title
            if declared.formal:
                if not 0 <= part < len(declared.formal):
                    raise ProofError(f"{goal} has {len(declared.formal)} parts, not part {part}")
                self.sequent = declared.formal[part]
        self.title = title
        self.theorem: Theorem | None = None
        self._done = False
        self._lines: list[_Line] = []
        self._facts = Facts()
        self._checked = controls
        self._start: Term | None = None
        self._link: Theorem | None = None
        hypotheses = self.sequent.hypotheses if self.sequent else ()
        self._names = [f"h{i}" for i in range(1, len(hypotheses) + 1)]
        for name, h in zip(self._names, hypotheses, strict=True):
            self._facts[name] = assume(h)

    # what an author writes

    def names(self, *labels: str) -> Proof:
        """Label the hypotheses in their order; before the first line."""
        if len(labels) != len(self._names) or len(set(labels)) != len(labels) or self._lines:
            raise ProofError(f"names: {len(self._names)} distinct labels, before any line")
        self._facts = Facts(zip(labels, self._facts.values(), strict=True))
        self._names = list(labels)
        return self

    def have(
        self,
        label: str,
        formula: Term,
        reason: Reason,
        gloss: str = "",
        given: Sequence[Term] = (),
    ) -> Theorem:
        """A labelled side fact; ``given`` are further hypotheses of this fact alone."""
        self._no_chain("have")
        if label in self._facts:
            raise ProofError(f"the label {label!r} is taken")
        local = self._facts.also({f"given {i}": assume(g) for i, g in enumerate(given, 1)})
        line = self._line(label, formula, reason, local, gloss, tuple(given))
        assert line.theorem is not None
        self._facts[label] = line.theorem
        if given:
            self._facts.local |= {label}
        return line.theorem

    def chain(self, start: Term) -> Proof:
        """Begin a chain at this term."""
        self._no_chain("chain")
        self._start, self._link = start, None
        return self

    def le(self, term: Term | int | Fraction, reason: Reason, gloss: str = "") -> Proof:
        """… ≤ term."""
        return self._extend("le", term, reason, gloss)

    def lt(self, term: Term | int | Fraction, reason: Reason, gloss: str = "") -> Proof:
        """… < term."""
        return self._extend("lt", term, reason, gloss)

    def eq(self, term: Term | int | Fraction, reason: Reason, gloss: str = "") -> Proof:
        """… = term."""
        return self._extend("eq", term, reason, gloss)

    def end(self, label: str) -> Theorem:
        """Close the chain: its first term in relation to its last, as a labelled fact."""
        if self._link is None:
            raise ProofError("end: no chain with a line is open")
        if label in self._facts:
            raise ProofError(f"the label {label!r} is taken")
        theorem, self._start, self._link = self._link, None, None
        self._facts[label] = theorem
        return theorem

    def prose(
        self,
        text: str,
        evidence: Evidence | None = None,
        formula: Term | None = None,
        label: str = "",
        uses: Sequence[str] = (),
    ) -> Proof:
        """A step in words, perhaps with evidence beside it; with ``formula`` it is a fact, and what
        rests on that fact says so. Without evidence it counts as a step without a check. ``uses``
        names the declared statements that the words invoke; ``LookupError`` for an unknown id.
        """
        self._no_chain("prose")
        if not text.strip():
            raise ProofError("prose: a text is needed")
        if evidence is not None and not isinstance(evidence, Evidence):
            raise ProofError("prose: evidence must come from memorize.kernel.check")
        invoked = tuple(statements.get(name).id for name in uses)
        label = label or f"step {1 + sum(line.prose for line in self._lines)}"
        if label in self._facts:
            raise ProofError(f"the label {label!r} is taken")
        theorem = None if formula is None else rules.unshown(formula, text, evidence)
        self._lines.append(
            _Line(label, "", formula, theorem, text=text.strip(), evidence=evidence, uses=invoked)
        )
        if theorem is not None:
            self._facts[label] = theorem
        return self

    def qed(self, reason: Reason | None = None, gloss: str = "") -> Proof:
        """Derive the goal and demand that it is the declared statement exactly."""
        if self._done:
            raise ProofError("qed: the proof is finished")
        if self._link is not None:
            self.end("chain")
        self._no_chain("qed")
        self._done = True
        if self.sequent is None:
            if reason is not None or not self._lines:
                raise ProofError(f"qed: {self.id} has no formal claim, and its proof no reason")
            return self
        goal = self.sequent.conclusion
        found = next((t for t in self._facts.values() if t.conclusion == goal), None)
        if reason is None and found is None:
            raise ProofError(f"qed: no fact is the goal {goal!r}; give a reason")
        if found is None or reason is not None:
            line = self._line("goal", goal, reason or reasons.algebra(), self._facts, gloss, ())
            found = line.theorem
        assert found is not None
        theorem = weaken(found, *self.sequent.hypotheses)
        if theorem.sequent != self.sequent:
            raise ProofError(f"qed: proved is {theorem.sequent!r}, declared {self.sequent!r}")
        self.theorem = theorem
        return self

    # what others ask

    @property
    def facts(self) -> Facts:
        """The labelled theorems so far."""
        return self._facts

    @property
    def controls(self) -> Controls:
        """What became of all falsified lines."""
        return sum((line.controls for line in self._lines), Controls())

    @property
    def uses(self) -> tuple[str, ...]:
        """The ids of the statements that the lines rest on."""
        derived = {t.detail[0] for t in self._all() if t.rule == "statement"}
        return tuple(sorted(derived.union(*(line.uses for line in self._lines))))

    @property
    def unshown(self) -> int:
        """How many steps are in words alone, without a check beside them: its own prose lines, and
        those inside the proofs of the lemmas that its lines rest on."""
        own = [line for line in self._lines if line.prose and line.evidence is None]
        known = {id(line.theorem) for line in own}
        inside = {
            t.detail[0]
            for t in self._all()
            if t.rule == "unshown" and t.detail[1] is None and id(t) not in known
        }
        return len(own) + len(inside)

    def profile(self) -> dict[str, list[str] | int]:
        """What the proof rests on: axioms, textbook rules, SymPy, enclosures, steps in words."""
        theorems = list(self._all())
        named = {t.rule for t in theorems}
        evidence = [t for t in theorems if isinstance(t.detail, Evidence)]
        return {
            "axioms": [a for a in rules.AXIOMS if a in named],
            "textbook rules": [r for r in rules.TEXTBOOK if r in named],
            "SymPy facts": _names(t for t in evidence if t.rule != "enclosure"),
            "enclosures": _names(t for t in evidence if t.rule == "enclosure"),
            "statements": list(self.uses),
            "steps in words": self.unshown,
            "steps in words with a check beside them": sum(
                line.prose and line.evidence is not None for line in self._lines
            ),
            "the conclusion rests on steps in words": len(
                {t.detail[0] for t in _ancestors(self.theorem) if t.rule == "unshown"}
            )
            if self.theorem
            else 0,
        }

    def record(self) -> dict[str, Any]:
        """The strict record for the ledger; raises ``ProofError`` before :meth:`qed`."""
        if not self._done:
            raise ProofError(f"{self.id or self.title}: the proof has no qed yet")
        c = self.controls
        return {
            "id": self.id,
            "part": self.part,
            "formal": self.theorem is not None,
            "uses": list(self.uses),
            "steps": len(self._lines),
            "unshown": self.unshown,
            "controls": {"refused": c.refused, "true": c.true, "undecided": c.undecided},
            "profile": self.profile(),
        }

    # inside

    def _no_chain(self, what: str) -> None:
        if self._done and what != "qed":
            raise ProofError(f"{what}: the proof is finished")
        if self._start is not None:
            raise ProofError(f"{what}: a chain is open; end it first")

    def _extend(self, op: str, term: Any, reason: Reason, gloss: str) -> Proof:
        if self._start is None:
            raise ProofError("no chain is open")
        before = self._start if self._link is None else self._link.conclusion.args[1]
        formula = Term(op, (before, term if isinstance(term, Term) else number(term)))
        line = self._line(self._number(), formula, reason, self._facts, gloss, ())
        line.chained, line.first = True, self._link is None
        assert line.theorem is not None
        self._link = line.theorem if self._link is None else trans(self._link, line.theorem)
        self._facts[line.label] = line.theorem
        return self

    def _number(self) -> str:
        taken = sum(line.chained for line in self._lines) + 1
        while str(taken) in self._facts:
            taken += 1
        return str(taken)

    def _line(
        self,
        label: str,
        formula: Term,
        reason: Reason,
        facts: Facts,
        gloss: str,
        given: tuple[Term, ...],
    ) -> _Line:
        where = f"{self.id or self.title}, line {label}: {formula!r}"
        try:
            theorem = reason(formula, facts)
        except Refused as error:
            raise ProofError(f"{where}\n  refused: {error}") from error
        if type(theorem) is not Theorem or theorem.conclusion != formula:
            raise ProofError(f"{where}\n  the reason proves something else: {theorem!r}")
        allowed = {h for f in facts.values() for h in f.hypotheses}
        extra = [h for h in theorem.hypotheses if h not in allowed]
        if extra:
            raise ProofError(f"{where}\n  hypotheses not discharged: {extra}")
        line = _Line(label, gloss, formula, theorem, given)
        line.because = _because(theorem, facts)
        if self._checked:
            line.controls = _falsify(formula, reason, facts)
        self._lines.append(line)
        return line

    def _all(self) -> Iterator[Theorem]:
        seen: dict[int, Theorem] = {}
        for line in self._lines:
            for t in _ancestors(line.theorem):
                seen.setdefault(id(t), t)
        return iter(seen.values())

    def __repr__(self) -> str:
        state = "proved" if self.theorem else "in words" if self._done else "unfinished"
        return f"<proof of {self.id or self.title}: {len(self._lines)} lines, {state}>"

    def _repr_html_(self) -> str:
        return _html(self, self._lines)


def _ancestors(theorem: Theorem | None) -> Iterator[Theorem]:
    """The theorem and all that it was made from, once each."""
    stack, seen = [theorem] if theorem else [], set()
    while stack:
        t = stack.pop()
        if id(t) not in seen:
            seen.add(id(t))
            yield t
            stack.extend(t.premises)


def _names(theorems: Iterator[Theorem]) -> list[str]:
    return sorted({t.detail.name for t in theorems})


# --- controls ----------------------------------------------------------------------------------


def _falsify(formula: Term, reason: Reason, facts: Facts) -> Controls:
    """Give the reason falsified versions of its line: it must refuse each that is not true."""
    tight = facts.also({})
    tight.limit, tight.sparing = MUTANT_LIMIT, False
    found = Controls()
    for mutant in _mutants(formula):
        try:
            theorem = reason(mutant, tight)
            found.true += theorem.conclusion == mutant
            found.refused += theorem.conclusion != mutant
        except Undecided:
            found.undecided += 1
        except (Refused, ProofError):
            found.refused += 1
    return found


def _mutants(formula: Term) -> list[Term]:
    """±1 % on the numbers of the right side (or on the whole), power + 1, reversed, strict."""
    if formula.op not in ("le", "lt", "eq"):
        return []
    left, right = formula.args
    changed: list[Term] = []
    numbers = 0
    for path, t in _nodes(right):
        if t.op == "num" and t.data and numbers < 2:
            numbers += 1
            for factor in (Fraction(99, 100), Fraction(101, 100)):
                changed.append(_put(right, path, Term("num", (), t.data * factor)))
    if not numbers:
        for factor in (Fraction(99, 100), Fraction(101, 100)):
            scaled = E(factor * right.args[0], *right.data) if right.op == "E" else factor * right
            changed.append(scaled)
    power = next(((p, t) for p, t in _nodes(right) if t.op == "pow" and t.data), None)
    if power is not None:
        path, t = power
        changed.append(_put(right, path, Term("pow", t.args, t.data + 1)))
    mutants = [Term(formula.op, (left, r)) for r in changed if r != right]
    if formula.op != "eq":
        mutants.append(Term(formula.op, (right, left)))
    if formula.op != "lt":
        mutants.append(Term("lt", (left, right)))
    return mutants


def _nodes(t: Term, path: tuple[int, ...] = ()) -> Iterator[tuple[tuple[int, ...], Term]]:
    yield path, t
    for i, a in enumerate(t.args):
        yield from _nodes(a, (*path, i))


def _put(t: Term, path: tuple[int, ...], new: Term) -> Term:
    if not path:
        return new
    args = tuple(_put(a, path[1:], new) if i == path[0] else a for i, a in enumerate(t.args))
    return Term(t.op, args, t.data)


MOST_LABELS = 8
"""A reason that names more lines than these takes all that is known."""

# --- what a line rests on, in words ------------------------------------------------------------

_SILENT = {"hypothesis", "cut", "transitivity", "weaken", "symmetry", "arithmetic", "instance"}
_PLAIN = {
    "ψ-norm: infimum attained": "definition of the ψ-norm (the infimum is attained)",
    "enclosure": "ball arithmetic",
    "identity": "SymPy",
    "unshown": "in words",
    "supremum at a point": "a supremum is at least each value",
    "least upper bound": "a supremum is at most each upper bound",
    "specialise": "for all, hence here",
    "cases": "by cases",
}


def _because(theorem: Theorem, facts: Facts) -> str:
    """The rules and facts that the checked derivation used, in words."""
    known = {id(t): label for label, t in facts.items()}
    labels: dict[str, None] = {}
    used: dict[str, None] = {}
    arithmetic = False
    stack, seen = [theorem], set()
    while stack:
        t = stack.pop(0)
        if id(t) in seen:
            continue
        seen.add(id(t))
        if id(t) in known:
            labels[known[id(t)]] = None
            continue
        if t.rule == "statement":
            used[f"statement {t.detail[0]}"] = None
        elif t.rule == "hypothesis":
            label = next((n for n, f in facts.items() if f.conclusion == t.conclusion), "")
            labels |= {label: None} if label else {}
        elif t.rule not in _SILENT:
            used[_PLAIN.get(t.rule, t.rule)] = None
        arithmetic = arithmetic or t.rule == "arithmetic"
        stack.extend(t.premises)
    words = [*used, *(["arithmetic"] if arithmetic and len(used) < 4 else [])]
    by = ", ".join(labels) if len(labels) <= MOST_LABELS else "the lines above"
    return ", ".join(words or ["as known"]) + (f"; by {by}" if by else "")


# --- display -----------------------------------------------------------------------------------

# A formula that leaves its reason too little room takes the row, and the reason goes beneath.
_STYLE = (
    "<style>"
    ".memorize-proof{margin:1em 0;font-size:.95em}"
    ".memorize-proof ol{list-style:none;margin:0;padding:0}"
    ".memorize-proof>.m{padding:.35em 0 .5em}"
    ".memorize-proof li{display:flex;flex-wrap:wrap;gap:.2em 1.2em;align-items:baseline;"
    "padding:.25em 0 .25em 4.6em;border-top:1px solid rgba(128,128,128,.25)}"
    ".memorize-proof .n{flex:0 0 5em;margin:0 -1em 0 -5.41em;opacity:.75;font-size:.85em;"
    "overflow-wrap:anywhere}"
    ".memorize-proof .m{flex:1000 1 max-content;min-width:0;max-width:100%;"
    "overflow-x:auto;overflow-y:hidden}"
    ".memorize-proof .link{display:block;padding-left:2.2em}"
    ".memorize-proof .r{flex:1 1 17em;min-width:0;font-size:.88em}"
    ".memorize-proof .g{display:block;font-style:italic}"
    ".memorize-proof summary{cursor:pointer}"
    ".memorize-proof pre{white-space:pre-wrap;overflow-wrap:anywhere;font-size:.85em}"
    ".memorize-proof .w{box-shadow:inset 3px 0 #b58900;}"
    ".memorize-proof .w .n{flex-basis:4.4em;margin:0 -1.22em 0 -4.59em}"
    ".memorize-proof .w .m{flex:1 1 min-content}"
    ".memorize-proof .w .r{opacity:.75}"
    "@media(max-width:600px){.memorize-proof li{padding-left:0}"
    ".memorize-proof li.w .n,.memorize-proof li .n{flex:0 0 100%;margin:0}"
    ".memorize-proof .w{padding-left:.7em}"
    ".memorize-proof .w .m{flex-basis:100%}}"
    "</style>"
)


def _html(proof: Proof, lines: list[_Line]) -> str:
    head = f"Proof of {proof.id}" if proof.id else "Lemma"
    title = f"{head}{', part ' + str(proof.part + 1) if proof.part else ''}"
    title += f" ({proof.title})" if proof.title else ""
    body = [f"<p><strong>{escape(title)}</strong></p>"]
    if proof.sequent is not None:
        given = "".join(
            f'<li><span class="n">{escape(n)}</span><span class="m">{broken(h)}</span>'
            '<span class="r">hypothesis</span></li>'
            for n, h in zip(proof._names, proof.sequent.hypotheses, strict=True)
        )
        body.append(f"<ol>{given}</ol>" if given else "")
        body.append(f'<div class="m">To show: {broken(proof.sequent.conclusion)}</div>')
    body.append(f"<ol>{''.join(map(_line_html, lines))}</ol>")
    body.append(_foot(proof))
    return f'{_STYLE}<div class="memorize-proof">{"".join(body)}</div>'


def _line_html(line: _Line) -> str:
    number = f'<span class="n">{escape(line.label)}</span>'
    if line.prose:
        beside = _said(line.evidence) if line.evidence else "<em>step in words</em>"
        beside += "".join(f"; statement {escape(name)}" for name in line.uses)
        shown = f"<br>{broken(line.formula)}" if line.formula is not None else ""
        return (
            f'<li class="w">{number}<span class="m">{_words(line.text)}{shown} '
            f'<span class="r">[{beside}]</span></span></li>'
        )
    assert line.formula is not None
    if line.chained:
        left, right = line.formula.args
        first, *rest = pieces(right)
        tail = spaced([f"{SIGN[line.formula.op]} {first}", *rest])
        start = spaced(pieces(left)) if line.first else ""
        shown = f'{start}<span class="link">{tail}</span>'
    else:
        shown = broken(line.formula)
        if line.given:
            shown += f" for {', '.join(map(broken, line.given))}"
    gloss = f'<span class="g">{_words(line.gloss)}</span>' if line.gloss else ""
    return (
        f'<li>{number}<span class="m">{shown}</span><span class="r">'
        f"<details><summary>{escape(line.because)}</summary>{_certificate(line)}</details>"
        f"{gloss}</span></li>"
    )


def _certificate(line: _Line) -> str:
    c = line.controls
    tree = "\n".join(_tree(line.theorem)) if line.theorem else ""
    counts = f"<p>falsified versions of this line: {_counted(c)}</p>" if c.total else ""
    return f"<pre>{escape(tree)}</pre>{counts}"


def _counted(c: Controls) -> str:
    return f"{c.refused} refused, {c.true} true (slack), {c.undecided} undecided"


def _tree(theorem: Theorem, depth: int = 0, most: int = 3) -> Iterator[str]:
    """The derivation, its uppermost rules."""
    yield f"{'  ' * depth}{theorem.rule}: {theorem.conclusion!r}"
    if depth < most:
        for p in theorem.premises:
            if p.rule != "hypothesis":
                yield from _tree(p, depth + 1, most)


def _said(evidence: Evidence) -> str:
    outcome = escape(str(evidence.finding.outcome))
    kind = escape(evidence.claim.kind)
    return f"in words; checked beside it: {escape(evidence.name)} ({kind}, {outcome})"


def _foot(proof: Proof) -> str:
    c = proof.controls
    profile = proof.profile()
    items = [
        f"{escape(name)}: {escape(', '.join(value)) if isinstance(value, list) else value}"
        for name, value in profile.items()
        if value
    ]
    state = "" if proof._done else "<p><strong>Unfinished.</strong></p>"
    tried = f"; {c.total} falsified lines: {_counted(c)}" if c.total else ""
    if not items:
        return state + (f"<p>{tried.removeprefix('; ')}</p>" if tried else "")
    return (
        f"{state}<details><summary>What this proof rests on{tried}</summary>"
        f"<ul>{''.join(f'<li>{i}</li>' for i in items)}</ul></details>"
    )


def _words(text: str) -> str:
    """An author's words, with $…$ as mathematics and *…* stressed; {st}`G.T3` is its id."""
    parts = re.sub(r"\{st\}`([^`<]+)`", r"\1", text).split("$")
    if len(parts) % 2 == 0:
        return escape(text)
    html = "".join(
        inline(p) if i % 2 else re.sub(r"\*([^*]+)\*", r"<em>\1</em>", escape(p))
        for i, p in enumerate(parts)
    )
    return re.sub(r"^\*(.+?)\*(?= )", r"<em>\1</em>", html)  # with mathematics in it
