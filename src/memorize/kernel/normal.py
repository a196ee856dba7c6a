"""The normal form of terms (Laurent polynomials over atoms) and arithmetic on them, by z3.

An atom is what arithmetic cannot look into: a variable, an expectation, a supremum, a norm, a
function's value. Two expectations are one atom if their bodies have one normal form *and* are
defined under the same conditions; where both are defined they are then equal. z3 sees polynomials
in atoms, is bounded by a resource limit, and is asked only once all terms are shown to be real.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from fractions import Fraction
from functools import lru_cache
from math import lcm
from typing import Any

import z3

from memorize.kernel.terms import RELATIONS, Refused, Term, binds, substitute

__all__ = ["LIMIT", "Decision", "Undecided", "obligations"]

LIMIT = 2_000_000
Mono = tuple[tuple[str, Fraction], ...]
Poly = dict[Mono, Fraction]
ONE: Mono = ()


class Undecided(Refused):
    """The solver ran into its resource limit."""


def obligations(term: Term) -> list[tuple[str, Term]]:
    """What makes a term (or a formula's terms) real numbers, innermost first."""
    if term.op in ("E", "psi", "sup") or (term.op == "mean" and obligations(term.args[0])):
        return [("real", term)]
    if term.op == "mean":
        return []
    own = [o for a in term.args for o in obligations(a)]
    if term.op == "div":
        own.append(("nonzero", term.args[1]))
    elif term.op == "root":
        own.append(("nonneg", term.args[0]))
    elif term.op == "log":
        own.append(("positive", term.args[0]))
    return [o for o in dict.fromkeys(own) if not _settled(*o)]


def _settled(kind: str, term: Term) -> bool:
    if term.op != "num":
        return False
    return bool({"nonzero": term.data != 0, "nonneg": term.data >= 0}.get(kind, term.data > 0))


class Forms:
    """Normal forms within one decision: ``about`` tells what is known of each composite atom."""

    def __init__(self) -> None:
        self.about: dict[str, tuple[str, Any]] = {}
        self._ids: dict[Any, str] = {}
        self._polys: dict[Term, Poly] = {}

    def copy(self) -> Forms:
        """Forms that know the same and go their own way from here; no polynomial ever changes."""
        twin = Forms()
        twin.about, twin._ids, twin._polys = dict(self.about), dict(self._ids), dict(self._polys)
        return twin

    def id(self, thing: Any) -> str:
        """A variable's or function's name, distinct for distinct things."""
        name = thing.name if not isinstance(thing, Term) else thing.data[0]
        return self._ids.setdefault(thing, f"{name}#{len(self._ids)}")

    def key(self, t: Term) -> str:
        """A canonical text: equal for two terms only if they agree wherever they are defined."""
        if t.sort[0] == "V":
            form = self.vec(t)
            body = " ".join(f"{_text(form[a])}·{_path(a)}" for a in sorted(form))
        elif t.sort == "R":
            body = _text(self.poly(t))
        else:
            bound = binds(t)
            heads = ",".join(map(self.id, bound))
            return f"{t.op}{heads}[{self.id(t) if t.op == 'var' else self.keys(t.args)}]"
        conditions = sorted({c for o in obligations(t) for c in self.condition(*o)})
        return f"{body}|{' '.join(conditions)}" if conditions else body

    def keys(self, terms: Iterable[Term]) -> str:
        return ";".join(self.key(t) for t in terms)

    def condition(self, kind: str, t: Term) -> list[str]:
        """The canonical text of an obligation; a product is non-zero if its factors are."""
        if kind == "real":
            return [f"real[{self.binder(t)}]"]
        form = self.poly(t)
        if kind == "nonzero" and len(form) == 1:
            (mono,) = form
            return [f"nonzero[{a}]" for a, _ in mono if not a.startswith("exp[")]
        return [f"{kind}[{_text(form)}]"]

    def atom(self, name: str, kind: str = "", payload: Any = None) -> Poly:
        if kind:
            self.about.setdefault(name, (kind, payload))
        return {((name, Fraction(1)),): Fraction(1)}

    def binder(self, t: Term) -> str:
        """The name of the atom of an expectation, ψ-norm, average or supremum."""
        body = t.args[0]
        if t.op == "sup":
            depth = sum(type(v) is Term and v.kind == "mark" for v in body.mentioned)
            marks = {
                z: Term("var", (), (f"bound{depth + i}", "mark", z.sort, ""))
                for i, z in enumerate(t.data)
            }
            return f"sup[{self.key(substitute(body, marks))};{self.keys(t.args[1:])}]"
        if t.op == "mean":
            return f"mean[{self.key(body)};{self.id(t.data[0])};{self.id(t.data[1])}]"
        laws = ",".join(sorted(map(self.id, binds(t))))
        return f"{t.op}{t.data[0] if t.op == 'psi' else ''}[{self.key(body)};{laws}]"

    def poly(self, t: Term) -> Poly:
        """The Laurent polynomial of a scalar term; equal to it wherever the term is real."""
        found = self._polys.get(t)
        if found is None:
            found = self._polys[t] = self._poly(t)
        return found

    def _poly(self, t: Term) -> Poly:
        a = t.args
        match t.op:
            case "num":
                return {ONE: t.data} if t.data else {}
            case "var":
                return self.atom(self.id(t), "count" if t.kind == "count" else "")
            case "add":
                return _add(self.poly(a[0]), self.poly(a[1]))
            case "sub":
                return _add(self.poly(a[0]), _scale(self.poly(a[1]), Fraction(-1)))
            case "neg":
                return _scale(self.poly(a[0]), Fraction(-1))
            case "mul":
                return _mul(self.poly(a[0]), self.poly(a[1]))
            case "div":
                return _mul(self.poly(a[0]), self.inverse(self.poly(a[1])))
            case "pow":
                base, n = a[0], t.data
                if base.op == "abs" and n % 2 == 0:
                    base = base.args[0]
                if base.op == "norm" and n % 2 == 0:
                    base, n = Term("inner", (base.args[0], base.args[0])), n // 2
                if base.op == "root" and n % base.data == 0:
                    base, n = base.args[0], n // base.data
                result, factor = {ONE: Fraction(1)}, self.poly(base)
                for _ in range(n):
                    result = _mul(result, factor)
                return result
            case "exp":
                result = {ONE: Fraction(1)}
                for mono, c in self.poly(a[0]).items():
                    name = f"exp[{_text({mono: Fraction(1)})}]"
                    self.about.setdefault(name, ("exp", mono))
                    result = _mul(result, {((name, c),): Fraction(1)})
                return result
            case "abs":
                return self.absolute(self.poly(a[0]))
            case "max":
                first, second = sorted((self.poly(a[0]), self.poly(a[1])), key=_text)
                return self.atom(f"max[{_text(first)};{_text(second)}]", "max", (first, second))
            case "root":
                return self.root(self.poly(a[0]), t.data)
            case "norm":
                return self.root(self.poly(Term("inner", (a[0], a[0]))), 2)
            case "log":
                inside = self.poly(a[0])
                return self.atom(f"log[{_text(inside)}]", "log", inside)
            case "inner":
                return self.inner(self.vec(a[0]), self.vec(a[1]))
            case "app":
                return self.atom(f"app[{self.id(t.data)};{self.keys(a)}]")
            case "ind":
                sides = (self.poly(a[0].args[0]), self.poly(a[0].args[1]))
                text = f"{_text(sides[0])} {a[0].op} {_text(sides[1])}"
                return self.atom(f"ind[{text}]", "ind", (a[0].op, sides))
            case "E" | "psi" | "mean" | "sup":
                return self.atom(self.binder(t), "psi" if t.op == "psi" else "")
        raise Refused(f"no normal form for {t!r}")

    def inverse(self, form: Poly) -> Poly:
        if not form:
            raise Refused("division by zero")
        if len(form) == 1:
            ((mono, c),) = form.items()
            return {tuple((a, -e) for a, e in mono): 1 / c}
        lead = form[min(form)]
        monic = _scale(form, 1 / lead)
        return _scale(self.atom(f"inv[{_text(monic)}]", "inv", monic), 1 / lead)

    def absolute(self, form: Poly) -> Poly:
        if len(form) <= 1:
            result: Poly = {ONE: Fraction(1)} if form else {}
            for mono, c in form.items():
                result = _scale(result, abs(c))
                for a, e in mono:
                    positive = self.about.get(a, ("",))[0] in ("exp", "root", "abs", "count", "psi")
                    even = e.denominator == 1 and e % 2 == 0
                    size = {((a, Fraction(1)),): Fraction(1)}
                    step: Poly = {((a, e),): Fraction(1)}
                    if not positive and not even:
                        rest: Mono = ((a, e - 1),) if e != 1 else ONE
                        step = _mul(self.atom(f"abs[{a}]", "abs", size), {rest: Fraction(1)})
                    result = _mul(result, step)
            return result
        signed = form if form[min(form)] > 0 else _scale(form, Fraction(-1))
        return self.atom(f"abs[{_text(signed)}]", "abs", signed)

    def root(self, form: Poly, n: int) -> Poly:
        return self.atom(f"root[{n};{_text(form)}]", "root", (form, n))

    def vec(self, t: Term) -> dict[tuple[tuple[str, ...], str], Poly]:
        """A vector as a linear combination of (product of maps, vector)."""
        a = t.args
        match t.op:
            case "add" | "sub":
                left, right = self.vec(a[0]), self.vec(a[1])
                sign = Fraction(1 if t.op == "add" else -1)
                both = {
                    k: _add(left.get(k, {}), _scale(right.get(k, {}), sign))
                    for k in {**left, **right}
                }
                return {k: p for k, p in both.items() if p}
            case "neg":
                return {k: _scale(p, Fraction(-1)) for k, p in self.vec(a[0]).items()}
            case "mul":
                factor = self.poly(a[0])
                return {k: q for k, p in self.vec(a[1]).items() if (q := _mul(factor, p))}
            case "div":
                factor = self.inverse(self.poly(a[1]))
                return {k: q for k, p in self.vec(a[0]).items() if (q := _mul(factor, p))}
            case "apply":
                name, turned = a[0], False
                while name.op == "adjoint":
                    name, turned = name.args[0], not turned
                head = self.id(name) + ("'" if turned else "")
                return {((head, *word), v): p for (word, v), p in self.vec(a[1]).items()}
            case "var":
                return {((), self.id(t)): {ONE: Fraction(1)}}
            case "app":
                return {((), f"app[{self.id(t.data)};{self.keys(a)}]"): {ONE: Fraction(1)}}
            case "pole":
                return {((), f"pole[{t.data}]"): {ONE: Fraction(1)}}
            case "near":
                return {((), f"near[{self.keys(a)}]"): {ONE: Fraction(1)}}
        raise Refused(f"no normal form for {t!r}")

    def inner(self, left: Any, right: Any) -> Poly:
        total: Poly = {}
        for (word, u), p in left.items():
            for (more, v), q in right.items():
                path = (*_turned(word), *more)
                first, middle, last = min((u, path, v), (v, _turned(path), u))
                square = first == last and len(path) % 2 == 0 and path == _turned(path)
                name = f"<{first}|{' '.join(middle)}|{last}>"
                atom = self.atom(name, "square" if square else "")
                total = _add(total, _mul(_mul(p, q), atom))
        return total


def _turned(word: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(m[:-1] if m.endswith("'") else m + "'" for m in reversed(word))


def _path(atom: tuple[tuple[str, ...], str]) -> str:
    return f"({' '.join(atom[0])} {atom[1]})"


def _text(form: Poly) -> str:
    """Canonical text of a polynomial."""
    terms = (f"{form[m]}" + "".join(f"*{a}^{e}" for a, e in m) for m in sorted(form))
    return "(" + "+".join(terms) + ")"


def _add(p: Poly, q: Poly) -> Poly:
    total = dict(p)
    for mono, c in q.items():
        total[mono] = total.get(mono, Fraction(0)) + c
    return {m: c for m, c in total.items() if c}


def _scale(p: Poly, c: Fraction) -> Poly:
    return {m: c * k for m, k in p.items()}


def _mul(p: Poly, q: Poly) -> Poly:
    total: Poly = {}
    for m, c in p.items():
        for n, k in q.items():
            powers = dict(m)
            for a, e in n:
                powers[a] = powers.get(a, Fraction(0)) + e
            for a in [a for a in powers if a.startswith("abs[") and a[4] != "("]:
                even = powers[a] - powers[a] % 2  # |x|² = x²
                powers[a[4:-1]] = powers.get(a[4:-1], Fraction(0)) + even
                powers[a] -= even
            mono = tuple(sorted((a, e) for a, e in powers.items() if e))
            total[mono] = total.get(mono, Fraction(0)) + c * k
    return {m: c for m, c in total.items() if c}


class Learnt:
    """What true formulas say: relations between polynomials, and which binders are real."""

    def __init__(self, facts: tuple[Term, ...]) -> None:
        self.forms = Forms()
        self.real: set[str] = set()
        self.known: list[tuple[str, Poly]] = []
        waiting = list(facts)
        while waiting:  # a relation bounded by a real number makes its other side real
            rest = [f for f in waiting if not self._learn(f)]
            if len(rest) == len(waiting):
                break
            waiting = rest

    def _learn(self, fact: Term) -> bool:
        """Take in a true formula once its terms are known real; its truth makes them defined."""
        if fact.op == "finite":
            self._certify(fact.args[0])
            return True
        if fact.op not in RELATIONS:
            return True
        left, right = fact.args
        if self._is_real(right):
            self._certify(left)
        elif fact.op == "eq" and self._is_real(left):
            self._certify(right)
        else:
            return False
        self._certify(right)
        self.known.append(
            (fact.op, _add(self.forms.poly(left), _scale(self.forms.poly(right), Fraction(-1))))
        )
        return True

    def _is_real(self, term: Term) -> bool:
        """All binders real; its divisions and roots are defined because the fact is true."""
        return all(k != "real" or self.forms.binder(t) in self.real for k, t in obligations(term))

    def _certify(self, term: Term) -> None:
        for kind, t in obligations(term):
            if kind == "real":
                self.real.add(self.forms.binder(t))
            else:
                self.known.append((kind, self.forms.poly(t)))


@lru_cache(maxsize=1024)
def _learnt(facts: tuple[Term, ...]) -> Learnt:
    """Remembered, as it depends on the formulas alone, which never change; copied before use."""
    return Learnt(facts)


class Decision:
    """One question of arithmetic: facts are learnt, terms certified as real, goals proved."""

    def __init__(self, facts: Iterable[Term], limit: int = LIMIT) -> None:
        learnt = _learnt(tuple(facts))
        self.limit = max(4, min(limit, LIMIT))  # z3 takes 0 for no limit
        self.forms, self.real, self.known = learnt.forms.copy(), {*learnt.real}, [*learnt.known]

    def check_real(self, term: Term) -> None:
        """Show that a term (or each term of a formula) is a real number, or refuse."""
        for kind, t in obligations(term):
            if kind == "real":
                if self.forms.binder(t) not in self.real:
                    raise Refused(f"not shown to be finite: {t!r}")
            else:
                self._prove(kind, self.forms.poly(t), f"not shown to be {kind}: {t!r}")
                self.known.append((kind, self.forms.poly(t)))

    def prove(self, goal: Term) -> None:
        """Show a relation, or that a term is finite."""
        if goal.op not in (*RELATIONS, "finite"):
            raise Refused(f"arithmetic does not decide {goal!r}")
        self.check_real(goal)
        if goal.op != "finite":
            left, right = (self.forms.poly(side) for side in goal.args)
            self._prove(
                goal.op, _add(left, _scale(right, Fraction(-1))), f"does not follow: {goal!r}"
            )

    def _prove(self, relation: str, form: Poly, complaint: str) -> None:
        if set(form) <= {ONE}:
            if not _holds(relation, form.get(ONE, Fraction(0))):
                raise Refused(complaint)
            return
        if (relation, form) in self.known or (
            relation == "nonzero" and len(form) == 1 and all(map(self._positive, _atoms(form)))
        ):
            return
        answer = _unsat([*self.known, (f"not {relation}", form)], self.forms, self.limit)
        if answer == z3.unknown:
            raise Undecided(f"undecided: {complaint}")
        if answer != z3.unsat:
            raise Refused(complaint)

    def _positive(self, atom: str) -> bool:
        """Exponentials, counts, and atoms that a fact says to be above 0."""
        said = ("lt", {((atom, Fraction(1)),): Fraction(-1)})
        return self.forms.about.get(atom, ("",))[0] in ("exp", "count") or said in self.known


def _holds(relation: str, value: Any) -> Any:
    """``value`` stands in the relation to 0; for numbers and for z3's terms."""
    match relation:
        case "le":
            return value <= 0
        case "lt":
            return value < 0
        case "eq":
            return value == 0
        case "nonzero":
            return value != 0
        case "nonneg":
            return value >= 0
        case "positive":
            return value > 0
    raise Refused(f"unknown relation {relation}")


def _atoms(form: Poly) -> Iterator[str]:
    return (a for mono in form for a, _ in mono)


def _unsat(constraints: list[tuple[str, Poly]], forms: Forms, limit: int) -> Any:
    """z3's answer to whether the constraints, with what is known of their atoms, contradict."""
    facts: dict[str, tuple[str, Any]] = {}
    names: dict[str, None] = {}
    waiting = [form for _, form in constraints]
    while waiting:
        for a in _atoms(waiting.pop()):
            if a in names:
                continue
            names[a] = None
            kind, payload = forms.about.get(a, ("", None))
            if kind == "exp":
                payload = _logarithm(payload, forms)
            if kind:
                facts[a] = (kind, _frozen(payload))
                waiting.extend(_polys_in(payload))
    problem = tuple((relation, _frozen(form)) for relation, form in constraints)
    return _solve(problem, tuple(facts.items()), tuple(sorted(names)), limit)


def _logarithm(mono: Mono, forms: Forms) -> Poly | None:
    """The a of e^{ln a}, if the exponent is such a logarithm."""
    kind, payload = forms.about.get(mono[0][0], ("", None)) if mono else ("", None)
    return payload if kind == "log" and len(mono) == 1 and mono[0][1] == 1 else None


def _frozen(payload: Any) -> Any:
    if isinstance(payload, dict):
        return tuple(payload.items())
    return tuple(map(_frozen, payload)) if isinstance(payload, tuple) else payload


def _polys_in(payload: Any) -> list[Poly]:
    if isinstance(payload, dict):
        return [payload]
    parts = payload if isinstance(payload, tuple) else ()
    return [form for part in parts for form in _polys_in(part)]


_SHARED = z3.Context()
_NLSAT = z3.Tactic("qfnra-nlsat", ctx=_SHARED)  # QF_NRA's own mix looks at a clock


@lru_cache(maxsize=4096)
def _solve(problem: Any, facts: Any, names: tuple[str, ...], limit: int) -> Any:
    """z3's answer, which depends on the arguments alone.

    In the shared context what a query costs varies a little with those before it. So it gets a
    quarter of its limit there, and all of it, if that is not enough, in a context of its own.
    """
    answer = _ask(_SHARED, problem, facts, names, limit // 4)
    return _ask(z3.Context(), problem, facts, names, limit) if answer == z3.unknown else answer


def _ask(context: Any, problem: Any, facts: Any, names: tuple[str, ...], limit: int) -> Any:
    """The answer of a fresh solver; ``limit`` counts its steps from its own start."""
    forms = [form for _, form in problem]
    for _, (kind, payload) in facts:
        forms += {
            "inv": [payload], "abs": [payload], "log": [], "exp": [payload or ()],
            "root": payload[:1] if kind == "root" else [],
            "max": payload, "ind": payload[1] if kind == "ind" else [],
        }.get(kind, [])  # fmt: skip
    parts = dict.fromkeys(names, 1)
    for form in forms:
        for mono, _ in form:
            for a, e in mono:
                parts[a] = lcm(parts[a], e.denominator)
    variables = {a: z3.Real(f"v{i}", context) for i, a in enumerate(names)}
    inverses: dict[str, Any] = {}
    products: dict[Any, list[Any]] = {}

    def factors(mono: Any) -> list[Any]:
        if mono not in products:
            found = products[mono] = []
            for a, e in mono:
                power = int(e * parts[a])
                if power < 0 and a not in inverses:
                    inverses[a] = z3.Real(f"i{len(inverses)}", context)
                found += [variables[a] if power > 0 else inverses[a]] * abs(power)
        return products[mono]

    def value(form: Any) -> Any:
        terms = []
        for mono, c in form:
            scale = [z3.RealVal(c, context)] if c != 1 or not mono else []
            terms.append(_many(z3.Z3_mk_mul, [*scale, *factors(mono)]))
        return _many(z3.Z3_mk_add, terms) if terms else z3.RealVal(0, context)

    tactic = _NLSAT if context is _SHARED else z3.Tactic("qfnra-nlsat", ctx=context)
    solver = tactic.solver()
    solver.set("rlimit", limit)
    for relation, form in problem:
        wanted = _holds(relation.removeprefix("not "), value(form))
        solver.add(z3.Not(wanted, context) if relation.startswith("not ") else wanted)
    for a, (kind, payload) in facts:
        v = variables[a]
        match kind:
            case "count":
                solver.add(v >= 1)
            case "psi" | "square":
                solver.add(v >= 0)
            case "exp":
                solver.add(v > 0)
                if payload is not None:
                    solver.add(v ** parts[a] == value(payload))
            case "root":
                solver.add(v >= 0, v ** payload[1] == value(payload[0]))
            case "abs":
                inside = value(payload)
                solver.add(v >= 0, z3.Or(v == inside, v == -inside))
            case "max":
                first, second = map(value, payload)
                solver.add(v >= first, v >= second, z3.Or(v == first, v == second))
            case "inv":
                solver.add(v * value(payload) == 1)
            case "ind":
                relation, (left, right) = payload
                true = _holds(relation, value(left) - value(right))
                solver.add(z3.Or(z3.And(true, v == 1), z3.And(z3.Not(true), v == 0)))
    for a, w in inverses.items():
        solver.add(w * variables[a] == 1)
    return solver.check()


def _many(make: Any, terms: list[Any]) -> Any:
    """A sum or product of reals in one call: z3's operators take two at a time, and are slow."""
    if len(terms) == 1:
        return terms[0]
    context = terms[0].ctx
    given = (z3.Ast * len(terms))(*(t.as_ast() for t in terms))
    return z3.ArithRef(make(context.ref(), len(terms), given), context)


def forget() -> None:
    """Forget what was remembered: for tests that exchange a part of this module."""
    _learnt.cache_clear()
    _solve.cache_clear()
