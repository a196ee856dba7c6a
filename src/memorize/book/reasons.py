"""Reasons for the lines of a proof: untrusted functions (goal, facts) → theorem.

Whatever they return was made by the kernel's rules; a mistake here can lose a proof, not forge one.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache

from memorize.kernel import rules
from memorize.kernel.evidence import Evidence
from memorize.kernel.normal import LIMIT, Undecided, obligations
from memorize.kernel.rules import Theorem, arith, assume, cut
from memorize.kernel.terms import (
    E,
    Refused,
    Sequent,
    Term,
    eq,
    exp,
    finite,
    fixed,
    inner,
    member,
    norm,
    number,
    vector,
)

__all__ = [
    "Facts", "Hints", "Reason", "algebra", "at", "bienayme", "by_cases", "cauchy_schwarz",
    "constant", "convex", "cs", "dominated_by", "enclosed", "gaussian", "identity", "increasing",
    "independence", "jensen", "least", "lemma", "limit", "linearity", "marginal", "markov",
    "near", "nonneg", "on_net", "positive", "psi_elim", "psi_intro", "specialise", "statement",
    "steps", "tangent", "tonelli", "unbiased", "under_E", "vanishes",
]  # fmt: skip


SPARING_LIMIT = 20_000


class Facts(dict[str, Theorem]):
    """Labelled theorems, and the resource limit that a reason should keep to.

    Those in ``local`` have hypotheses of their own and are used only where they are named. If
    ``sparing``, arithmetic is asked again without the facts that it turns out not to need.
    """

    limit: int = LIMIT
    local: frozenset[str] = frozenset()
    sparing: bool = True

    def pick(self, labels: Sequence[str]) -> list[Theorem]:
        """Those named, or all; an unknown label is refused."""
        unknown = [label for label in labels if label not in self]
        if unknown:
            raise Refused(f"no fact is labelled {unknown[0]!r}; there are {sorted(self)}")
        if labels:
            return [self[label] for label in labels]
        return [theorem for label, theorem in self.items() if label not in self.local]

    def also(self, more: Mapping[str, Theorem]) -> Facts:
        """These and more, under the same limit."""
        joined = Facts({**self, **more})
        joined.limit, joined.local, joined.sparing = self.limit, self.local, self.sparing
        return joined

    def arith(self, goal: Term, theorems: Sequence[Theorem]) -> Theorem:
        """Arithmetic from these theorems."""
        theorem = arith(goal, theorems, self.limit)
        if self.sparing and len(theorems) > 1:
            kept = list(theorems)
            size = len(kept) // 2
            while size:
                for start in range(0, len(kept), size)[::-1]:
                    fewer = kept[:start] + kept[start + size :]
                    with contextlib.suppress(Refused):
                        theorem, kept = arith(goal, fewer, SPARING_LIMIT), fewer
                size //= 2
        return theorem


Reason = Callable[[Term, Facts], Theorem]
Hints = Sequence[Theorem] | Callable[[Facts], Sequence[Theorem]]


def _hints(hints: Hints, facts: Facts) -> list[Theorem]:
    return list(hints(facts) if callable(hints) else hints)


def _fixed_first(theorems: Iterable[Theorem]) -> list[list[Theorem]]:
    """First those that speak of no random variable, then all: fewer facts carry further."""
    everything = list(theorems)
    plain = [
        t for t in everything if not any(rules._laws(f) for f in (*t.hypotheses, t.conclusion))
    ]
    return [plain, everything] if len(plain) < len(everything) else [everything]


def _first(attempts: Iterable[Callable[[], Theorem]]) -> Theorem:
    """The first attempt that is not refused; else the last refusal."""
    trouble: Refused = Refused("nothing to try")
    for attempt in attempts:
        try:
            return attempt()
        except Refused as error:
            trouble = error if not isinstance(trouble, Undecided) else trouble
    raise trouble


def _close(theorem: Theorem, facts: Facts, labels: Sequence[str] = ()) -> Theorem:
    """Discharge the hypotheses that the facts entail."""
    chosen = facts.pick(labels)
    for h in theorem.hypotheses:
        known = [f for f in facts.pick(()) if f.conclusion == h]
        if known:
            theorem = cut(known[0], theorem) if known[0].hypotheses != (h,) else theorem
        elif h.op in ("le", "lt", "eq", "finite"):
            theorem = cut(facts.arith(h, chosen), theorem)
    return theorem


def _convert(theorem: Theorem, goal: Term, facts: Facts, labels: Sequence[str] = ()) -> Theorem:
    """The goal itself, if it is the theorem or follows from it by arithmetic."""
    if theorem.conclusion == goal:
        return theorem
    turned = goal.op == theorem.conclusion.op == "eq" and goal.args == theorem.conclusion.args[::-1]
    if turned:
        return rules.symmetric(theorem)
    if goal.op == "le" and theorem.conclusion == Term("lt", goal.args):
        return arith(goal, [theorem], facts.limit)
    return facts.arith(goal, [theorem, *facts.pick(labels)])


# --- hints: pointwise facts for arithmetic -----------------------------------------------------


_a, _b, _w = fixed("a_"), fixed("b_"), fixed("w_")


@cache
def _tangent() -> Theorem:
    return arith(exp(_b) * (1 + _a - _b) <= exp(_a), [rules.exp_above(_a - _b)])


@cache
def _increasing() -> Theorem:
    return arith(exp(_a) <= exp(_b), [assume(_a <= _b), rules.exp_above(_b - _a)])


@cache
def _convex() -> Theorem:
    middle = (1 - _w) * _a + _w * _b
    weight = [assume(0 <= _w), assume(_w <= 1)]
    image = {_b: middle}
    left = rules.instance(_tangent(), image)
    right = rules.instance(_tangent(), {_a: _b, _b: middle})
    one = arith((1 - _w) * left.conclusion.args[0] <= (1 - _w) * exp(_a), [left, *weight])
    two = arith(_w * right.conclusion.args[0] <= _w * exp(_b), [right, *weight])
    return arith(exp(middle) <= (1 - _w) * exp(_a) + _w * exp(_b), [one, two])


@cache
def _cs(space: str) -> Theorem:
    u, v = vector("u_", space), vector("v_", space)
    uu, uv, vv = inner(u, u), inner(u, v), inner(v, v)
    squares = [rules.nonneg(z) for z in (u, v, vv * u - uv * v, uu * v - uv * u, u + v, u - v)]
    return arith(uv**2 <= uu * vv, squares)


def _instance(theorem: Theorem, image: Mapping[Term, Term], facts: Sequence[Theorem]) -> Theorem:
    """An instance, its hypotheses discharged by arithmetic from the facts."""
    partial = any(obligations(t) for t in image.values())
    theorem = rules.instance(theorem, image, facts if partial else ())
    for h in theorem.hypotheses:
        if not any(h in f.hypotheses for f in facts):
            theorem = cut(arith(h, facts), theorem)
    return theorem


def tangent(x: Term, at: Term | int = 0, facts: Sequence[Theorem] = ()) -> Theorem:
    """eˣ ≥ eʸ(1 + x − y), the tangent at y = ``at``."""
    return _instance(_tangent(), {_a: x, _b: number(at)}, facts)


def increasing(a: Term, b: Term, *facts: Theorem) -> Theorem:
    """eᵃ ≤ eᵇ, where a ≤ b follows from the facts by arithmetic."""
    return _instance(_increasing(), {_a: number(a), _b: number(b)}, facts)


def convex(a: Term, b: Term, *facts: Theorem, weight: Term | None = None) -> Theorem:
    """e^{(1−w)a + wb} ≤ (1−w)eᵃ + w eᵇ for a weight 0 ≤ w ≤ 1 (default 1/2)."""
    w = 1 / number(2) if weight is None else weight
    return _instance(_convex(), {_a: a, _b: b, _w: w}, facts)


def nonneg(v: Term, *facts: Theorem) -> Theorem:
    """0 ≤ ⟨v, v⟩."""
    return rules.nonneg(v, facts)


def cs(a: Term, b: Term, *facts: Theorem) -> Theorem:
    """⟨a,b⟩² ≤ ⟨a,a⟩⟨b,b⟩, from 0 ≤ ‖⟨b,b⟩a − ⟨a,b⟩b‖²."""
    space = a.sort[2:]
    return _instance(_cs(space), {vector("u_", space): a, vector("v_", space): b}, facts)


def specialise(formula: Term, *values: Term, facts: Sequence[Theorem] = ()) -> Theorem:
    """What holds for all values holds for these, which may be random."""
    return rules.specialise(formula, *values, facts=facts)


# --- reasons -----------------------------------------------------------------------------------


def algebra(*labels: str, hints: Hints = ()) -> Reason:
    """The goal follows from the facts and hints by arithmetic."""

    def reason(goal: Term, facts: Facts) -> Theorem:
        more = _hints(hints, facts)
        groups = [facts.pick(labels)] if labels else _fixed_first(facts.pick(()))
        return _first((lambda g=g: facts.arith(goal, [*g, *more])) for g in groups)  # type: ignore[misc]

    return reason


def _sides(goal: Term, *ops: str) -> tuple[Term, Term]:
    if goal.op not in ops or goal.args[0].op != "E" or goal.args[1].op != "E":
        raise Refused(f"a relation of two expectations was expected, got {goal!r}")
    left, right = goal.args
    if set(left.data) != set(right.data):
        raise Refused(f"the expectations are over {left.data} and {right.data}")
    return left, right


def under_E(*labels: str, hints: Hints = (), by: Reason | None = None) -> Reason:
    """E f ≤ E g (or =) over one law, as f ≤ g pointwise ``by`` a reason (default: algebra)."""

    def reason(goal: Term, facts: Facts) -> Theorem:
        left, right = _sides(goal, "le", "eq")
        f, g, over = left.args[0], right.args[0], left.data
        pointwise = (by or algebra(*labels, hints=hints))(Term(goal.op, (f, g)), facts)
        return rules.monotone(pointwise, over, _existence(f, facts, labels))

    return reason


def _existence(f: Term, facts: Facts, labels: Sequence[str] = ()) -> list[Theorem]:
    """0 ≤ f where arithmetic sees it, or all facts (one may say that E f is finite)."""
    try:
        return [algebra()(0 <= f, facts)]
    except Refused:
        pass
    if f.op == "E":
        try:
            return [_positive(f, facts)]
        except Refused:
            pass
    return facts.pick(labels)


def _positive(f: Term, facts: Facts) -> Theorem:
    """0 ≤ E g from 0 ≤ g, the value +∞ included."""
    (g,) = f.args
    sign = _positive(g, facts) if g.op == "E" else algebra()(0 <= g, facts)
    zero = arith(number(0) <= 0)
    below = rules.monotone(sign, f.data, [zero])
    return rules.trans(rules.symmetric(rules.constant(0, f.data)), below)


def positive(*labels: str) -> Reason:
    """0 ≤ E f as 0 ≤ f, the value +∞ included."""

    def reason(goal: Term, facts: Facts) -> Theorem:
        if goal.op != "le" or goal.args[0] != number(0) or goal.args[1].op != "E":
            raise Refused(f"0 ≤ E[f] was expected, got {goal!r}")
        return _positive(goal.args[1], facts)

    return reason


def dominated_by(g: Term, *labels: str, hints: Hints = ()) -> Reason:
    """E f is finite, as |f| ≤ g pointwise and E g is finite by the facts."""

    def reason(goal: Term, facts: Facts) -> Theorem:
        if goal.op != "finite" or goal.args[0].op != "E":
            raise Refused(f"finite(E[f]) was expected, got {goal!r}")
        target = goal.args[0]
        pointwise = algebra(*labels, hints=hints)(abs(target.args[0]) <= g, facts)
        known = [arith(finite(E(g, *target.data)), facts.pick(labels), facts.limit)]
        return rules.dominated(pointwise, target.data, known)

    return reason


def _parts(term: Term, op: str) -> Iterable[Term]:
    if term.op == op:
        yield term
    for a in term.args:
        yield from _parts(a, op)


def linearity(*labels: str) -> Reason:
    """E[Σ c g; B] = Σ c E g, each expectation on the right finite; E g over part of B included."""

    def reason(goal: Term, facts: Facts) -> Theorem:
        if goal.op == "eq" and goal.args[0].op != "E" and goal.args[1].op == "E":
            return rules.symmetric(reason(Term("eq", goal.args[::-1]), facts))
        if goal.op != "eq" or goal.args[0].op != "E":
            raise Refused(f"E[f] = … was expected, got {goal!r}")
        left, right = goal.args
        over = frozenset(left.data)
        given = facts.pick(labels)
        smaller = [e for e in dict.fromkeys(_parts(right, "E")) if frozenset(e.data) < over]
        wider = [_widen(e, left.data, facts, labels) for e in smaller]
        whole = _replace(
            right, {e: w.conclusion.args[0] for e, w in zip(smaller, wider, strict=True)}
        )
        return _first(
            (lambda g=g: _linear(left, right, whole, [*given, *wider], g, facts))  # type: ignore[misc]
            for g in _fixed_first(given)
        )

    return reason


def _linear(
    left: Term,
    right: Term,
    whole: Term,
    given: list[Theorem],
    pointwise: list[Theorem],
    facts: Facts,
) -> Theorem:
    split = rules.linear(eq(left, whole), given, pointwise)
    return _convert_with(split, eq(left, right), given, facts)


def _convert_with(theorem: Theorem, goal: Term, given: list[Theorem], facts: Facts) -> Theorem:
    return theorem if theorem.conclusion == goal else facts.arith(goal, [theorem, *given])


def _widen(e: Term, over: tuple[Term, ...], facts: Facts, labels: Sequence[str]) -> Theorem:
    """E[g; B] = E[g; B'] for the part B' of B that g depends on."""
    dropped = tuple(v for v in over if v not in e.data)
    return rules.marginal(e.args[0], e.data, dropped, _existence(e.args[0], facts, labels))


def _replace(term: Term, image: Mapping[Term, Term]) -> Term:
    if term in image:
        return image[term]
    return Term(term.op, tuple(_replace(a, image) for a in term.args), term.data)


def constant(*labels: str) -> Reason:
    """E c = c for what does not depend on the law."""

    def reason(goal: Term, facts: Facts) -> Theorem:
        if goal.op != "eq" or goal.args[0].op != "E":
            raise Refused(f"E[c] = c was expected, got {goal!r}")
        left = goal.args[0]
        theorem = rules.constant(left.args[0], left.data, facts.pick(labels))
        return _convert(theorem, goal, facts, labels)

    return reason


def marginal(*labels: str) -> Reason:
    """E[f; B ∪ C] = E[f; B] (or the reverse) for f that does not depend on C."""

    def reason(goal: Term, facts: Facts) -> Theorem:
        if goal.op != "eq" or {a.op for a in goal.args} != {"E"}:
            raise Refused(f"an equation of expectations was expected, got {goal!r}")
        small, large = sorted(goal.args, key=lambda e: len(e.data))
        return _convert(_widen(small, large.data, facts, labels), goal, facts, labels)

    return reason


def tonelli(*labels: str) -> Reason:
    """E_C E_B f = E_B E_C f for f ≥ 0."""

    def reason(goal: Term, facts: Facts) -> Theorem:
        outer = goal.args[0]
        if goal.op != "eq" or outer.op != "E" or outer.args[0].op != "E":
            raise Refused(f"E[E[f]] = E[E[f]] was expected, got {goal!r}")
        inside = outer.args[0]
        sign = algebra(*labels)(0 <= inside.args[0], facts)
        theorem = rules.tonelli(inside.args[0], inside.data, outer.data, sign)
        return _convert(theorem, goal, facts, labels)

    return reason


def independence(*labels: str) -> Reason:
    """E[f; B ∪ C] = E[E[f; B]; C] for independent B, C (f ≥ 0, or the left side finite)."""

    def reason(goal: Term, facts: Facts) -> Theorem:
        nested = [e for e in goal.args if e.op == "E" and e.args[0].op == "E"]
        if goal.op != "eq" or not nested:
            raise Refused(f"E[f] = E[E[f]] was expected, got {goal!r}")
        inside = nested[0].args[0]
        f, groups = inside.args[0], (inside.data, nested[0].data)
        independent = [t for t in facts.pick(()) if t.conclusion.op == "indep"]
        theorem = rules.independence(f, groups, [*independent, *_existence(f, facts, labels)])
        return _convert(theorem, goal, facts, labels)

    return reason


def _averaged(goal: Term) -> tuple[Term, Term]:
    """The summand and the sample of the first average on the left of a relation."""
    means = list(_parts(goal.args[0], "mean")) if goal.op in ("eq", "le") else []
    if not means:
        raise Refused(f"no average over a sample in {goal!r}")
    return means[0].args[0], means[0].data[1]


def bienayme(*labels: str) -> Reason:
    """E (mean f − E f)² = (E f² − (E f)²)/q over a sample, E f² finite."""

    def reason(goal: Term, facts: Facts) -> Theorem:
        theorem = rules.bienayme(*_averaged(goal), facts.pick(labels))
        return _convert(theorem, goal, facts, labels)

    return reason


def unbiased(*labels: str) -> Reason:
    """E (mean f) = E f over a sample, E f or E f² finite."""

    def reason(goal: Term, facts: Facts) -> Theorem:
        f, draws = _averaged(goal)
        given = facts.pick(labels)
        try:
            integrable = arith(finite(E(f, draws.data[4])), given, facts.limit)
        except Refused:
            integrable = _integrable(f, draws.data[4], given, facts)
        theorem = rules.unbiased(f, draws, [integrable])
        known = facts.also({"E f is finite": integrable})
        return _convert(theorem, goal, known, (*labels, "E f is finite") if labels else ())

    return reason


def _integrable(f: Term, law: Term, given: list[Theorem], facts: Facts) -> Theorem:
    """E f is finite as E f² is: |f| ≤ (1 + f²)/2."""
    larger = (1 + f**2) / 2
    split = rules.linear(eq(E(larger, law), (1 + E(f**2, law)) / 2), given, given)
    pointwise = arith(abs(f) <= larger, given, facts.limit)
    known = arith(finite(E(larger, law)), [split, *given], facts.limit)
    return rules.dominated(pointwise, (law,), [known])


def psi_intro(*labels: str) -> Reason:
    """ψ_p(f) ≤ t from 0 < t and E exp(|f|^p/t^p) ≤ 2."""

    def reason(goal: Term, facts: Facts) -> Theorem:
        if goal.op != "le" or goal.args[0].op != "psi":
            raise Refused(f"psi ≤ t was expected, got {goal!r}")
        left, t = goal.args
        p, over = left.data
        return _close(rules.psi_intro(p, left.args[0], over, t), facts, labels)

    return reason


def psi_elim(*labels: str) -> Reason:
    """E exp(|f|^p/t^p) ≤ 2 from a fact ψ_p(f) ≤ t with 0 < t."""

    def reason(goal: Term, facts: Facts) -> Theorem:
        def attempt(fact: Theorem) -> Theorem:
            left, t = fact.conclusion.args
            p, over = left.data
            theorem = cut(fact, rules.psi_elim(p, left.args[0], over, t))
            return _convert(_close(theorem, facts, labels), goal, facts, labels)

        bounds = [
            f
            for f in facts.pick(labels)
            if f.conclusion.op == "le" and f.conclusion.args[0].op == "psi"
        ]
        if not bounds:
            raise Refused("no fact bounds a ψ-norm")
        return _first((lambda f=f: attempt(f)) for f in bounds)  # type: ignore[misc]

    return reason


def markov(*labels: str) -> Reason:
    """P(t ≤ f) ≤ E f / t, for 0 ≤ f with E f finite and 0 < t."""

    def reason(goal: Term, facts: Facts) -> Theorem:
        left = goal.args[0]
        if goal.op != "le" or left.op != "E" or left.args[0].op != "ind":
            raise Refused(f"P(t ≤ f) ≤ E f/t was expected, got {goal!r}")
        event, over = left.args[0].args[0], left.data
        if event.op not in ("le", "lt"):
            raise Refused(f"the event must be t ≤ f, got {event!r}")
        t, f = event.args
        pointwise = algebra(*labels)(left.args[0] <= f / t, facts)
        first = rules.monotone(pointwise, over, [arith(0 <= left.args[0])])
        second = linearity(*labels)(eq(E(f / t, *over), E(f, *over) / t), facts)
        return _convert(rules.trans(first, second), goal, facts, labels)

    return reason


def jensen(*labels: str) -> Reason:
    """exp(E f) ≤ E exp f, or (E f)² ≤ E f², by the tangent at E f; |E f| ≤ E|f|. E f finite."""

    def reason(goal: Term, facts: Facts) -> Theorem:
        left, right = goal.args
        if goal.op != "le" or right.op != "E" or not left.args or left.args[0].op != "E":
            raise Refused(f"φ(E f) ≤ E φ(f) was expected, got {goal!r}")
        m, over = left.args[0], left.args[0].data
        f = m.args[0]
        given = facts.pick(labels)
        if left.op == "abs":
            return _absolute(m, right, given, facts)
        known = [arith(finite(m), given, facts.limit), *given]
        if left.op == "exp":
            slope, rest, pointwise = exp(m), exp(m) * (1 - m), tangent(f, m, known)
        elif left.op == "pow" and left.data == 2:
            slope, rest = 2 * m, -(m**2)
            pointwise = arith(slope * f + rest <= f**2, known)
        else:
            raise Refused(f"Jensen is for exp, squares and |·|, got {left!r}")
        line = slope * f + rest
        pointwise = arith(line <= pointwise.conclusion.args[1], [pointwise, *known])
        fixed_part = rules.constant(rest, over, known)
        split = rules.linear(
            eq(E(line, *over), slope * m + E(rest, *over)), [fixed_part, *known], known
        )
        start = arith(eq(left, E(line, *over)), [split, fixed_part, *known])
        step = rules.monotone(pointwise, over, [split, fixed_part, *known])
        return _convert(rules.trans(start, step), goal, facts, labels)

    return reason


def _absolute(m: Term, right: Term, given: list[Theorem], facts: Facts) -> Theorem:
    (f,), over = m.args, m.data
    size = arith(finite(E(abs(f), *over)), given, facts.limit)
    real = rules.dominated(arith(abs(f) <= abs(f)), over, [size])
    above = rules.monotone(arith(f <= abs(f)), over, [real])
    minus = rules.linear(eq(E(-f, *over), -m), [real])
    below = rules.monotone(arith(-f <= abs(f)), over, [minus, real])
    return arith(abs(m) <= right, [above, below, minus, size, real], facts.limit)


def cauchy_schwarz(*labels: str) -> Reason:
    """⟨a,b⟩ ≤ ‖a‖‖b‖, |⟨a,b⟩| ≤ ‖a‖‖b‖ or ⟨a,b⟩² ≤ ⟨a,a⟩⟨b,b⟩."""

    def reason(goal: Term, facts: Facts) -> Theorem:
        products = list(_parts(goal.args[0], "inner")) if goal.op == "le" else []
        if not products:
            raise Refused(f"no scalar product on the left of {goal!r}")
        a, b = products[0].args
        squares = [rules.nonneg(v) for v in (a, b) if not obligations(v)]
        product = arith(0 <= norm(a) * norm(b), squares)
        bound = cs(a, b)
        size = arith(abs(inner(a, b)) <= norm(a) * norm(b), [bound, product, *squares])
        return _convert(size, goal, Facts({"1": bound, "2": product}), ())

    return reason


def vanishes(*labels: str) -> Reason:
    """f = 0 almost surely, as 0 ≤ f and E f ≤ 0."""

    def reason(goal: Term, facts: Facts) -> Theorem:
        f = goal.args[0]
        small = [
            t
            for t in facts.pick(labels)
            if t.conclusion.op == "le" and t.conclusion.args[1] == number(0)
        ]
        for t in small:
            left = t.conclusion.args[0]
            if left.op == "E" and left.args[0] == f:
                return rules.vanishes(f, left.data, algebra()(0 <= f, facts), t)
        raise Refused(f"no fact says E f ≤ 0 for f = {f!r}")

    return reason


def limit(fact: str | Theorem, parameter: Term, *labels: str) -> Reason:
    """The parameter tends to 0 in a fact proved for all its positive values."""

    def reason(goal: Term, facts: Facts) -> Theorem:
        before = facts.pick([fact])[0] if isinstance(fact, str) else fact
        ended = rules.limit(before, parameter, [f for f in facts.pick(labels) if f is not before])
        return _convert(ended, goal, facts, labels)

    return reason


def by_cases(a: Term, b: Term | int, first: Reason, second: Reason) -> Reason:
    """One reason where a ≤ b (the fact "case"), another where b < a; a and b fixed."""

    def reason(goal: Term, facts: Facts) -> Theorem:
        split = (a <= b, a > b)
        one = first(goal, facts.also({"case": assume(split[0])}))
        two = second(goal, facts.also({"case": assume(split[1])}))
        return rules.cases(one, two, split, facts.pick(()) if obligations(split[0]) else ())

    return reason


def steps(*links: tuple[Term, Reason]) -> Reason:
    """Intermediate formulas, each by its reason, as facts "step 1", …; the goal is the last."""

    def reason(goal: Term, facts: Facts) -> Theorem:
        known = facts
        theorem: Theorem | None = None
        for i, (formula, why) in enumerate(links, 1):
            theorem = why(formula, known)
            known = known.also({f"step {i}": theorem})
        if theorem is None:
            raise Refused("steps: at least one step is needed")
        return _convert(theorem, goal, facts)

    return reason


def lemma(theorem: Theorem, image: Mapping[Term, Term] | None = None, *labels: str) -> Reason:
    """An instance of a theorem; its hypotheses follow from the facts."""

    def reason(goal: Term, facts: Facts) -> Theorem:
        replaced = dict(image or {})
        if not replaced:
            chosen = theorem
        elif not any(obligations(t) for t in replaced.values()):
            chosen = rules.instance(theorem, replaced)
        else:
            groups = _fixed_first(facts.pick(labels))
            chosen = _first((lambda g=g: rules.instance(theorem, replaced, g)) for g in groups)  # type: ignore[misc]
        return _convert(_close(chosen, facts, labels), goal, facts, labels)

    return reason


def statement(
    id: str, image: Mapping[Term, Term] | None = None, *labels: str, part: int = 0
) -> Reason:
    """An instance of another declared statement: the proof then rests on its id."""
    return lambda goal, facts: lemma(rules.earlier(id, part), image, *labels)(goal, facts)


def at(*places: Term, using: Sequence[str] = ()) -> Reason:
    """The value at members of the sets is at most the supremum; facts say that they are members."""

    def reason(goal: Term, facts: Facts) -> Theorem:
        if goal.op != "le":
            raise Refused(f"value ≤ sup was expected, got {goal!r}")
        suprema = [s for s in _parts(goal.args[1], "sup") if len(s.data) == len(places)]
        if not suprema:
            raise Refused(f"no supremum on the right of {goal!r}")
        wanted = {member(z, s) for z, s in zip(places, suprema[0].args[1:], strict=True)}
        inside = [f for f in facts.values() if f.conclusion in wanted]
        certify = facts.pick(using) if using else []
        theorem = rules.at(suprema[0], places, [*inside, *certify])
        return theorem if theorem.conclusion == goal else arith(goal, [theorem, *certify])

    return reason


def least(by: Reason, *labels: str) -> Reason:
    """sup body ≤ b, as body ≤ b for arbitrary members, ``by`` a reason with the fact "inside z"."""

    def reason(goal: Term, facts: Facts) -> Theorem:
        if goal.op != "le" or goal.args[0].op != "sup":
            raise Refused(f"sup ≤ b was expected, got {goal!r}")
        body, *sets = goal.args[0].args
        over = list(zip(goal.args[0].data, sets, strict=True))
        inside = {f"inside {z!r}": assume(Term("member", (z, s))) for z, s in over}
        pointwise = by(body <= goal.args[1], facts.also(inside))
        known = [f for f in facts.pick(()) if f.conclusion.op in ("net", "member")]
        return rules.least(pointwise, over, known)

    return reason


def on_net(net: Term, fineness: Term, u: Term, *facts: Theorem) -> Theorem:
    """A point of a net has norm 1: {net, u ∈ net} ⊢ ⟨u,u⟩ = 1."""
    return cut(rules.net_on_sphere(net, fineness, u, facts), rules.on_sphere(u, facts)[0])


def near(
    net: Term, fineness: Term, z: Term, facts: Sequence[Theorem] = ()
) -> tuple[Theorem, Theorem]:
    """The nearest point to z of the sphere is in the net, and within its fineness."""
    return rules.net_covers(net, fineness, z, facts)


def enclosed(evidence: Evidence, *given: Term, of: Term | None = None) -> Reason:
    """What an enclosure proved, under bounds on its variables."""
    return lambda goal, facts: _convert(
        _close(rules.enclosed(Sequent(given, of or goal), evidence), facts), goal, facts
    )


def identity(evidence: Evidence, *given: Term, of: Term | None = None) -> Reason:
    """What SymPy derived, under bounds on its variables."""
    return lambda goal, facts: _convert(
        _close(rules.identity(Sequent(given, of or goal), evidence), facts), goal, facts
    )


def gaussian(evidence: Evidence, *given: Term, of: Term | None = None) -> Reason:
    """E f(g) for a standard normal g, as the integral that SymPy evaluated."""
    return lambda goal, facts: _convert(
        _close(rules.gaussian(Sequent(given, of or goal), evidence), facts), goal, facts
    )
