"""Theorems, and the rules that alone make them.

A theorem is a sequent: in every model in which the hypotheses are true, so is the conclusion. Each
rule works out its conclusion from its premises and refuses where a side condition fails. ``facts``
are theorems that certify: that terms are real numbers, that a set is inhabited, that a sign holds.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Never

import sympy as sp

from memorize.kernel.evidence import Evidence, Outcome
from memorize.kernel.normal import LIMIT, Decision, obligations
from memorize.kernel.terms import (
    RANDOM,
    Function,
    Refused,
    Sequent,
    Term,
    binds,
    eq,
    every,
    exp,
    finite,
    inner,
    mean,
    member,
    nearest,
    norm,
    number,
    pole,
    sphere,
    substitute,
    sup,
)

_MINT = object()
AXIOMS = ("1 + x ≤ eˣ", "0 ≤ ⟨v, v⟩", "ψ-norm: infimum attained", "ε-net", "unit sphere")
TEXTBOOK = (
    "monotone expectation", "domination", "linearity", "constant", "marginal", "Tonelli",
    "independence", "Bienaymé", "vanishing expectation", "limit in a parameter", "Gaussian law",
    "finite almost surely", "unbiased mean",
)  # fmt: skip


class Theorem:
    """A proved sequent, with the rule that made it and the theorems that it rests on."""

    __slots__ = ("conclusion", "detail", "hypotheses", "premises", "rule")
    hypotheses: tuple[Term, ...]
    conclusion: Term
    rule: str
    premises: tuple[Theorem, ...]
    detail: Any

    def __init__(self, mint: object, *fields: Any) -> None:
        if mint is not _MINT:
            raise TypeError("a theorem is made by the kernel's rules alone")
        names = ("hypotheses", "conclusion", "rule", "premises", "detail")
        for name, value in zip(names, fields, strict=True):
            object.__setattr__(self, name, value)

    def __setattr__(self, name: str, value: object = None) -> Never:
        raise AttributeError("a theorem never changes")

    __delattr__ = __setattr__

    @property
    def sequent(self) -> Sequent:
        return Sequent(self.hypotheses, self.conclusion)

    def __repr__(self) -> str:
        return f"{self.sequent!r}   [{self.rule}]"


def _mint(
    rule: str,
    conclusion: Term,
    premises: Iterable[Theorem] = (),
    extra: Iterable[Term] = (),
    detail: Any = None,
    spent: tuple[Theorem, ...] = (),
) -> Theorem:
    """The premises' hypotheses and ``extra`` entail ``conclusion``.

    ``spent`` are further premises, whose hypotheses the rule has dealt with in ``extra``.
    """
    premises = tuple(premises)
    if any(type(p) is not Theorem for p in (*premises, *spent)):
        raise Refused(f"{rule}: premises must be theorems")
    hypotheses = tuple(dict.fromkeys((*(h for p in premises for h in p.hypotheses), *extra)))
    premises = (*spent, *premises)
    meaning: dict[str, Any] = {}
    for formula in (*hypotheses, conclusion):
        if type(formula) is not Term or formula.sort != "prop":
            raise Refused(f"{rule}: a formula was expected, got {formula!r}")
        for v in formula.mentioned:
            name = v.name if isinstance(v, Function) else v.data[0]
            if meaning.setdefault(name, v) != v:
                raise Refused(f"{rule}: the name {name} has two meanings")
    return Theorem(_MINT, hypotheses, conclusion, rule, premises, detail)


def _decision(facts: Sequence[Theorem], *more: Term, limit: int = LIMIT) -> Decision:
    if any(type(f) is not Theorem for f in facts):
        raise Refused("facts must be theorems")
    return Decision((*(f.conclusion for f in facts), *more), limit)


def _has(facts: Sequence[Theorem], formula: Term) -> bool:
    return any(f.conclusion == formula for f in facts)


def _laws(formula: Term) -> frozenset[Term]:
    """Every random variable that a formula speaks of, bound or free."""
    seen = (v for v in formula.mentioned if isinstance(v, Term))
    return frozenset(v for v in seen if v.kind in RANDOM)


def _joint(term: Term) -> list[frozenset[Term]]:
    """The groups of variables whose joint law a term or formula speaks of, its free ones apart."""
    own = [frozenset(binds(term))] if term.op in ("E", "psi", "indep") else []
    return own + [group for a in term.args for group in _joint(a)]


def _holds_under(rule: str, fact: Theorem, *blocks: frozenset[Term]) -> None:
    """Refuse unless ``fact`` holds almost surely when the blocks, and what is in none, are made
    independent of each other. So it does if its free variables lie in one of them; else all that
    its hypotheses say, and each joint law in it, must concern the law of one of them only: the
    theorem then applies to the model in which they are independent.
    """
    speaks = frozenset[Term]().union(*(_laws(f) for f in (*fact.hypotheses, fact.conclusion)))
    parts = (*blocks, speaks.difference(*blocks))
    groups = [fact.conclusion.random]
    if not any(groups[0] <= part for part in parts):
        groups = [h.random for h in fact.hypotheses]
        groups += [g for f in (*fact.hypotheses, fact.conclusion) for g in _joint(f)]
    for group in groups:
        if not any(group <= part for part in parts):
            raise Refused(f"{rule}: {fact!r} speaks of the joint law of {set(group)}")


def _exists(rule: str, f: Term, over: tuple[Term, ...], facts: Sequence[Theorem]) -> None:
    """Refuse unless E[f; over] is shown to exist: f ≥ 0, or the expectation finite."""
    for fact in facts:
        c = fact.conclusion
        if c.op in ("le", "lt") and c.args == (number(0), f):
            return _holds_under(rule, fact, frozenset(over))
    try:
        _decision(facts).check_real(_E(f, over))
    except Refused as error:
        raise Refused(f"{rule}: the expectation of {f!r} was not shown to exist") from error


def _E(f: Term, over: tuple[Term, ...]) -> Term:
    """The expectation over exactly these variables, be they none."""
    return Term("E", (f,), tuple(sorted(over, key=repr)))


def _psi(p: int, f: Term, over: tuple[Term, ...]) -> Term:
    """The ψ-norm over exactly these variables."""
    return Term("psi", (f,), (p, tuple(sorted(over, key=repr))))


# --- logic -------------------------------------------------------------------------------------


def assume(formula: Term) -> Theorem:
    """A formula entails itself."""
    return _mint("hypothesis", formula, extra=(formula,))


def weaken(theorem: Theorem, *hypotheses: Term) -> Theorem:
    """A theorem stays true under more hypotheses."""
    return _mint("weaken", theorem.conclusion, (theorem,), hypotheses)


def cut(lemma: Theorem, theorem: Theorem) -> Theorem:
    """The lemma's conclusion, a hypothesis of the theorem, is discharged."""
    if lemma.conclusion not in theorem.hypotheses:
        raise Refused(f"cut: {lemma.conclusion!r} is no hypothesis of {theorem!r}")
    kept = [h for h in theorem.hypotheses if h != lemma.conclusion]
    return _mint("cut", theorem.conclusion, (lemma,), kept, spent=(theorem,))


def trans(first: Theorem, second: Theorem) -> Theorem:
    """a ≤ b and b ≤ c give a ≤ c; likewise < and =; values may be infinite."""
    a, b = first.conclusion, second.conclusion
    if {a.op, b.op} - {"le", "lt", "eq"} or a.args[1] != b.args[0]:
        raise Refused(f"trans: {a!r} and {b!r} do not join")
    op = next(r for r in ("lt", "le", "eq") if r in (a.op, b.op))
    return _mint("transitivity", Term(op, (a.args[0], b.args[1])), (first, second))


def arith(goal: Term, facts: Sequence[Theorem] = (), limit: int = LIMIT) -> Theorem:
    """A relation that follows from the facts by arithmetic on real numbers."""
    _decision(facts, limit=limit).prove(goal)
    return _mint("arithmetic", goal, facts)


def instance(
    theorem: Theorem, image: Mapping[Term, Term], facts: Sequence[Theorem] = ()
) -> Theorem:
    """The theorem with variables replaced, where they are bound too."""
    formulas = (*theorem.hypotheses, theorem.conclusion)
    named = frozenset(v for f in formulas for v in f.mentioned if isinstance(v, Term))
    tied = frozenset(d for v in named if v.kind == "sample" for d in (v, v.data[4], v.data[5]))
    decision = _decision(facts)
    for v, t in image.items():
        if v.op != "var" or v.sort != t.sort:
            raise Refused(f"instance: {t!r} does not fit {v!r}")
        if v in tied:
            raise Refused(f"instance: {v!r} belongs to a sample")
        if v.kind == "count" and not (
            (t.op == "var" and t.kind == "count")
            or (t.op == "num" and t.data.denominator == 1 and t.data >= 1)
        ):
            raise Refused(f"instance: {t!r} is no count")
        if v.kind not in RANDOM and t.random:
            for f in formulas:
                if v in f.free and f.random:
                    raise Refused(f"instance: {v!r} becomes random in {f!r}, which holds a.s. only")
        decision.check_real(t)
    if theorem.conclusion.op == "indep":
        raise Refused("instance: of a conclusion that is an independence")
    *given, conclusion = (substitute(f, image) for f in formulas)
    detail = tuple(sorted(image.items(), key=repr))
    return _mint("instance", conclusion, facts, given, detail, (theorem,))


def specialise(formula: Term, *values: Term, facts: Sequence[Theorem] = ()) -> Theorem:
    """What holds for all fixed values holds for these, and for each value of random ones."""
    if formula.op != "every" or len(values) != len(formula.data):
        raise Refused(f"specialise: {formula!r} does not bind {len(values)} variables")
    decision = _decision(facts)
    for v, t in zip(formula.data, values, strict=True):
        if t.sort != v.sort:
            raise Refused(f"specialise: {t!r} must be of the sort of {v!r}")
        decision.check_real(t)
    chosen = substitute(formula.args[0], dict(zip(formula.data, values, strict=True)))
    return _mint("specialise", chosen, facts, (formula,))


def generalise(theorem: Theorem, *over: Term) -> Theorem:
    """What is proved of arbitrary fixed variables holds for all their values."""
    if any(v in h.free for v in over for h in theorem.hypotheses):
        raise Refused("generalise: a hypothesis speaks of the variable")
    return _mint("generalise", every(over, theorem.conclusion), (theorem,))


def cases(
    first: Theorem, second: Theorem, split: tuple[Term, Term], facts: Sequence[Theorem] = ()
) -> Theorem:
    """Two cases that exhaust all fixed values: a ≤ b or b ≤ a (or <)."""
    p, q = split
    if {p.op, q.op} - {"le", "lt"} or p.args != q.args[::-1] or "le" not in (p.op, q.op):
        raise Refused(f"cases: {p!r} and {q!r} do not exhaust all values")
    if p.random:
        raise Refused("cases: a random quantity may be in neither case almost surely")
    if first.conclusion != second.conclusion:
        raise Refused("cases: the conclusions differ")
    _decision(facts).check_real(p)
    kept = [h for h in first.hypotheses if h != p] + [h for h in second.hypotheses if h != q]
    return _mint("cases", first.conclusion, facts, kept, (p, q), (first, second))


def limit(theorem: Theorem, parameter: Term, facts: Sequence[Theorem] = ()) -> Theorem:
    """δ → 0 in a relation between polynomials in δ, proved for all δ > 0 (below some number)."""
    zero, conclusion = number(0), theorem.conclusion
    if parameter.op != "var" or parameter.kind != "fixed":
        raise Refused("limit: the parameter must be a fixed variable")
    bounds = [h for h in theorem.hypotheses if parameter in h.free]
    for h in bounds:
        below = h.op in ("le", "lt") and h.args[0] == parameter and h.args[1].op == "num"
        if h != (zero < parameter) and not (below and h.args[1].data > 0):
            raise Refused(f"limit: {h!r} also restricts the parameter")
    if any(parameter in f.free for fact in facts for f in (*fact.hypotheses, fact.conclusion)):
        raise Refused("limit: the facts may not speak of the parameter")
    if conclusion.op not in ("le", "eq"):
        raise Refused("limit: a strict inequality may be lost")
    if any(parameter in _outside_polynomials(side) for side in conclusion.args):
        raise Refused("limit: a side is no polynomial in the parameter")
    ended = substitute(conclusion, {parameter: zero})
    _decision((theorem, *facts)).check_real(ended)
    kept = [h for h in theorem.hypotheses if h not in bounds]
    return _mint(TEXTBOOK[9], ended, facts, kept, parameter, (theorem,))


def _outside_polynomials(term: Term) -> frozenset[Term]:
    """The variables that occur in a term elsewhere than in sums, products and powers."""
    if term.op in ("add", "sub", "neg", "mul", "pow"):
        return frozenset[Term]().union(*map(_outside_polynomials, term.args))
    return frozenset() if term.op in ("var", "num") else term.free


def symmetric(theorem: Theorem) -> Theorem:
    """a = b gives b = a, infinite values included."""
    if theorem.conclusion.op != "eq":
        raise Refused("symmetric: not an equation")
    return _mint("symmetry", Term("eq", theorem.conclusion.args[::-1]), (theorem,))


# --- axioms ------------------------------------------------------------------------------------


def exp_above(x: Any, facts: Sequence[Theorem] = ()) -> Theorem:
    """1 + x ≤ eˣ for real x."""
    x = number(x)
    _decision(facts).check_real(x)
    return _mint(AXIOMS[0], 1 + x <= exp(x), facts)


def nonneg(v: Term, facts: Sequence[Theorem] = ()) -> Theorem:
    """0 ≤ ⟨v, v⟩."""
    _decision(facts).check_real(v)
    return _mint(AXIOMS[1], 0 <= inner(v, v), facts)


def _moment(p: int, f: Term, over: tuple[Term, ...], t: Term) -> Term:
    if t.free & frozenset(over):
        raise Refused(f"psi: {t!r} depends on the law's own variables")
    size = abs(f) / t if p == 1 else abs(f) ** 2 / t**2
    return _E(exp(size), over) <= 2


def psi_intro(p: int, f: Term, over: tuple[Term, ...], t: Term) -> Theorem:
    """0 < t and E exp(|f|^p/t^p) ≤ 2 entail ψ_p(f) ≤ t."""
    moment = _moment(p, f, over, t)
    return _mint(AXIOMS[2], _psi(p, f, over) <= t, extra=(0 < t, moment))


def psi_elim(p: int, f: Term, over: tuple[Term, ...], t: Term) -> Theorem:
    """0 < t and ψ_p(f) ≤ t entail E exp(|f|^p/t^p) ≤ 2, as the infimum is attained."""
    moment = _moment(p, f, over, t)
    return _mint(AXIOMS[2], moment, extra=(0 < t, _psi(p, f, over) <= t, finite(t)))


def on_sphere(z: Term, facts: Sequence[Theorem] = ()) -> tuple[Theorem, Theorem]:
    """z ∈ sphere entails ⟨z, z⟩ = 1, and conversely."""
    _decision(facts).check_real(z)
    unit, inside = eq(inner(z, z), 1), member(z, sphere(z.sort[2:]))
    return _mint(AXIOMS[4], unit, facts, (inside,)), _mint(AXIOMS[4], inside, facts, (unit,))


def pole_on_sphere(space: str) -> Theorem:
    """Spaces have dimension at least 1: their spheres have points."""
    return _mint(AXIOMS[4], member(pole(space), sphere(space)))


def net_covers(
    net: Term, fineness: Term, z: Term, facts: Sequence[Theorem] = ()
) -> tuple[Theorem, Theorem]:
    """A net's nearest point to z on the sphere is in it, and within its fineness."""
    _decision(facts).check_real(z)
    given = (Term("net", (net, fineness)), member(z, sphere(z.sort[2:])))
    point = nearest(net, z)
    return (
        _mint(AXIOMS[3], member(point, net), facts, given),
        _mint(AXIOMS[3], norm(z - point) <= fineness, facts, given),
    )


def net_on_sphere(net: Term, fineness: Term, u: Term, facts: Sequence[Theorem] = ()) -> Theorem:
    """A net's points lie on the sphere."""
    _decision(facts).check_real(u)
    given = (Term("net", (net, fineness)), member(u, net))
    return _mint(AXIOMS[3], member(u, sphere(net.sort[2:])), facts, given)


def at(supremum: Term, places: Sequence[Term], facts: Sequence[Theorem] = ()) -> Theorem:
    """A supremum is at least the value at members of the sets."""
    if supremum.op != "sup" or len(places) != len(supremum.data):
        raise Refused("at: a supremum and a place for each of its variables were expected")
    body, *sets = supremum.args
    decision = _decision(facts)
    bound = frozenset(supremum.data)
    for kind, t in obligations(body):
        if t.free & bound:
            raise Refused(f"at: {t!r} may not be {kind} all over the set")
    decision.check_real(body)
    for z, where in zip(places, sets, strict=True):
        decision.check_real(z)
        if not _has(facts, member(z, where)):
            raise Refused(f"at: {z!r} was not shown to be in {where!r}")
    value = substitute(body, dict(zip(supremum.data, places, strict=True)))
    return _mint("supremum at a point", value <= supremum, facts)


def least(
    theorem: Theorem, over: Sequence[tuple[Term, Term]], facts: Sequence[Theorem] = ()
) -> Theorem:
    """From body ≤ b for arbitrary members of the sets, sup body ≤ b."""
    if theorem.conclusion.op != "le":
        raise Refused("least: the premise must be body ≤ bound")
    body, bound = theorem.conclusion.args
    inside = [member(z, where) for z, where in over]
    variables = [z for z, _ in over]
    kept = [h for h in theorem.hypotheses if h not in inside]
    if any(z in f.free for z in variables for f in (bound, *kept)) or bound.random:
        raise Refused("least: the variables must be fresh and the bound fixed")
    for _, where in over:
        nets = (f.conclusion.args[0] for f in facts if f.conclusion.op == "net")
        members = (f.conclusion.args[1] for f in facts if f.conclusion.op == "member")
        if where.op != "sphere" and where not in (*nets, *members):
            raise Refused(f"least: {where!r} was not shown to be inhabited")
    value = sup(body, *over) <= bound
    return _mint("least upper bound", value, facts, kept, spent=(theorem,))


# --- expectations ------------------------------------------------------------------------------


def monotone(pointwise: Theorem, over: tuple[Term, ...], facts: Sequence[Theorem] = ()) -> Theorem:
    """f ≤ g (or =, <) pointwise gives E f ≤ E g (=, ≤), if f ≥ 0 or E f is finite."""
    rule, c = TEXTBOOK[0], pointwise.conclusion
    if c.op not in ("le", "lt", "eq"):
        raise Refused(f"{rule}: {c!r} is no relation")
    _holds_under(rule, pointwise, frozenset(over))
    f, g = c.args
    _exists(rule, f, over, facts)
    op = "eq" if c.op == "eq" else "le"
    return _mint(rule, Term(op, (_E(f, over), _E(g, over))), (pointwise, *facts))


def dominated(pointwise: Theorem, over: tuple[Term, ...], facts: Sequence[Theorem] = ()) -> Theorem:
    """|f| ≤ g pointwise and E g finite: E f is finite."""
    rule, c = TEXTBOOK[1], pointwise.conclusion
    if c.op not in ("le", "lt") or c.args[0].op != "abs":
        raise Refused(f"{rule}: |f| ≤ g was expected, got {c!r}")
    _holds_under(rule, pointwise, frozenset(over))
    _decision(facts).check_real(_E(c.args[1], over))
    return _mint(rule, finite(_E(c.args[0].args[0], over)), (pointwise, *facts))


def linear(goal: Term, facts: Sequence[Theorem] = (), pointwise: Sequence[Theorem] = ()) -> Theorem:
    """E[f; B] = Σ c E[g; B], where f = Σ c g and each expectation on the right is finite."""
    rule = TEXTBOOK[2]
    if goal.op != "eq" or goal.args[0].op != "E":
        raise Refused(f"{rule}: E[f] = … was expected, got {goal!r}")
    left, right = goal.args
    over = frozenset(left.data)
    for fact in pointwise:
        _holds_under(rule, fact, over)
    _decision((*facts, *pointwise)).check_real(right)
    whole = _integrand(right, over)
    if whole is None:
        raise Refused(f"{rule}: {right!r} is not linear in expectations over {set(over)}")
    _decision(pointwise).prove(eq(left.args[0], whole))
    return _mint(rule, goal, (*facts, *pointwise))


def _integrand(term: Term, over: frozenset[Term]) -> Term | None:
    """What Σ c E[g; B] is the expectation of: Σ c g; c may not depend on B."""
    if term.op == "E" and frozenset(term.data) == over:
        return term.args[0]
    free = [bool(a.free & over) for a in term.args]
    spoken = [_speaks(a, over) for a in term.args]
    parts: list[Term | None] = list(term.args)
    if any(spoken) and term.op in ("add", "sub", "neg"):
        parts = [_integrand(a, over) for a in term.args]
    elif term.op == "mul" and spoken[1] and not free[0]:
        parts[1] = _integrand(term.args[1], over)
    elif term.op in ("mul", "div") and spoken[0] and not free[1]:
        parts[0] = _integrand(term.args[0], over)
    elif term.free & over:
        return None
    known = tuple(p for p in parts if p is not None)
    return Term(term.op, known, term.data) if len(known) == len(parts) else None


def _speaks(term: Term, over: frozenset[Term]) -> bool:
    return (term.op == "E" and frozenset(term.data) == over) or any(
        _speaks(a, over) for a in term.args
    )


def constant(c: Any, over: tuple[Term, ...], facts: Sequence[Theorem] = ()) -> Theorem:
    """E[c; B] = c for a real c that does not depend on B."""
    c = number(c)
    if c.free & frozenset(over):
        raise Refused(f"{TEXTBOOK[3]}: {c!r} depends on {over}")
    _decision(facts).check_real(c)
    return _mint(TEXTBOOK[3], eq(_E(c, over), c), facts)


def marginal(
    f: Term, kept: tuple[Term, ...], dropped: tuple[Term, ...], facts: Sequence[Theorem] = ()
) -> Theorem:
    """E[f; B ∪ C] = E[f; B] where f does not depend on C."""
    if f.free & frozenset(dropped) or frozenset(kept) & frozenset(dropped):
        raise Refused(f"{TEXTBOOK[4]}: {f!r} depends on {dropped}")
    _exists(TEXTBOOK[4], f, kept, facts)
    return _mint(TEXTBOOK[4], eq(_E(f, (*kept, *dropped)), _E(f, kept)), facts)


def tonelli(f: Term, first: tuple[Term, ...], second: tuple[Term, ...], sign: Theorem) -> Theorem:
    """E[E[f; B]; C] = E[E[f; C]; B] for f ≥ 0."""
    rule = TEXTBOOK[5]
    b, c = frozenset(first), frozenset(second)
    if b & c:
        raise Refused(f"{rule}: {set(b & c)} on both sides")
    if sign.conclusion != (0 <= f):
        raise Refused(f"{rule}: 0 ≤ {f!r} was expected, got {sign.conclusion!r}")
    _holds_under(rule, sign, b, c)
    return _mint(rule, eq(_E(_E(f, first), second), _E(_E(f, second), first)), (sign,))


def independence(
    f: Term, groups: tuple[tuple[Term, ...], tuple[Term, ...]], facts: Sequence[Theorem]
) -> Theorem:
    """E[f; B ∪ C] = E[E[f; B]; C] for independent B and C, if f ≥ 0 or the left is finite."""
    rule = TEXTBOOK[6]
    one, two = map(frozenset, groups)
    declared = [f.conclusion for f in facts if f.conclusion.op == "indep"]
    if one & two or not any(_separates(d, one, two) for d in declared):
        raise Refused(f"{rule}: {set(one)} and {set(two)} were not shown to be independent")
    _exists(rule, f, (*groups[0], *groups[1]), facts)
    joint = _E(f, (*groups[0], *groups[1]))
    return _mint(rule, eq(joint, _E(_E(f, groups[0]), groups[1])), facts)


def _separates(declared: Term, one: frozenset[Term], two: frozenset[Term]) -> bool:
    """Mutually independent groups, each of which meets only one of the two sides, cover both."""
    groups = [frozenset(g) for g in declared.data]
    covered = one | two <= frozenset[Term]().union(*groups)
    return covered and not any(g & one and g & two for g in groups)


def bienayme(f: Term, draws: Term, facts: Sequence[Theorem]) -> Theorem:
    """E (mean f − E f)² = (E f² − (E f)²)/q over q independent copies, if E f² is finite."""
    rule = TEXTBOOK[7]
    omega, size = draws.data[4], draws.data[5]
    square = _E(f**2, (omega,))
    _decision(facts).check_real(square)
    first = _E(f, (omega,))
    left = _E((mean(f, omega, draws) - first) ** 2, (draws,))
    return _mint(rule, eq(left, (square - first**2) / size), facts)


def unbiased(f: Term, draws: Term, facts: Sequence[Theorem]) -> Theorem:
    """E (mean f) = E f over independent copies, if E f is finite."""
    omega = draws.data[4]
    first = _E(f, (omega,))
    _decision(facts).check_real(first)
    return _mint(TEXTBOOK[12], eq(_E(mean(f, omega, draws), (draws,)), first), facts)


def vanishes(f: Term, over: tuple[Term, ...], sign: Theorem, small: Theorem) -> Theorem:
    """0 ≤ f and E f ≤ 0 give f = 0 almost surely."""
    rule = TEXTBOOK[8]
    if sign.conclusion != (0 <= f) or small.conclusion != (_E(f, over) <= 0):
        raise Refused(f"{rule}: 0 ≤ f and E f ≤ 0 were expected")
    if not f.random <= frozenset(over):
        raise Refused(f"{rule}: {f!r} has other random variables than {over}")
    return _mint(rule, eq(f, 0), (sign, small))


def almost_surely(f: Term, over: tuple[Term, ...], facts: Sequence[Theorem]) -> Theorem:
    """E f is finite: so is f, almost surely."""
    if not f.random <= frozenset(over):
        raise Refused(f"{TEXTBOOK[11]}: {f!r} has other random variables than {over}")
    _decision(facts).check_real(_E(f, over))
    return _mint(TEXTBOOK[11], finite(f), facts)


# --- facts from elsewhere ----------------------------------------------------------------------


def earlier(id: str, part: int = 0) -> Theorem:
    """The declared claim of another statement, marked as resting on it."""
    from memorize import statements  # the declarations use the terms

    sequent = statements.get(id).formal[part]
    return _mint("statement", sequent.conclusion, extra=sequent.hypotheses, detail=(id, part))


def unshown(formula: Term, text: str, evidence: Evidence | None = None) -> Theorem:
    """A step that the kernel did not check: whatever rests on it is marked so."""
    return _mint("unshown", formula, detail=(text, evidence))


def enclosed(goal: Sequent, evidence: Evidence) -> Theorem:
    """An inequality between numbers, on a box: exactly what an enclosure proved."""
    claim = _proved(evidence, "enclosure", "Enclosure")
    left, right = _bound(claim.left, claim), _bound(claim.right, claim)
    symbols = _inside(goal.hypotheses, dict(claim.box), closed=True)
    c = goal.conclusion
    if c.op not in ("le", "lt") or (c.op == "lt" and not claim.strict):
        raise Refused(f"enclosure: {c!r} is not the relation that was proved")
    _decision([assume(h) for h in goal.hypotheses]).check_real(c)
    if [_sympy(side, symbols) for side in c.args] != [left, right]:
        raise Refused(f"enclosure: the evidence is about {left} ≤ {right}, not about {c!r}")
    return _mint("enclosure", c, extra=goal.hypotheses, detail=evidence)


def identity(goal: Sequent, evidence: Evidence) -> Theorem:
    """An equation between numbers: exactly what SymPy derived."""
    claim = _proved(evidence, "identity", "Identity")
    symbols = _inside(goal.hypotheses, dict(claim.domain), closed=False)
    c = goal.conclusion
    if c.op != "eq":
        raise Refused(f"identity: {c!r} is no equation")
    _decision([assume(h) for h in goal.hypotheses]).check_real(c)
    if [_sympy(side, symbols) for side in c.args] != [
        _bound(claim.lhs, claim),
        _bound(claim.rhs, claim),
    ]:
        raise Refused(f"identity: the evidence is not about {c!r}")
    return _mint("identity", c, extra=goal.hypotheses, detail=evidence)


def gaussian(goal: Sequent, evidence: Evidence) -> Theorem:
    """E[f(g); g] = value for a standard normal g: exactly the integral that SymPy evaluated."""
    claim = _proved(evidence, "identity", "Identity")
    c = goal.conclusion
    if c.op != "eq" or c.args[0].op != "E" or len(c.args[0].data) != 1:
        raise Refused(f"gaussian: E[f; g] = value was expected, got {c!r}")
    (law,) = c.args[0].data
    laws = [h for h in goal.hypotheses if h.op == "normal"]
    if laws != [Term("normal", (law,))]:
        raise Refused(f"gaussian: {law!r} is not assumed to be standard normal")
    others = [h for h in goal.hypotheses if h.op != "normal"]
    symbols = _inside(others, dict(claim.domain), closed=False)
    integral = _bound(claim.lhs, claim)
    if not isinstance(integral, sp.Integral) or len(integral.limits) != 1:
        raise Refused("gaussian: the evidence's left side must be one integral")
    variable, *ends = integral.limits[0]
    plain = sp.Symbol(variable.name, real=True)
    if ends != [-sp.oo, sp.oo] or variable.name in symbols or variable != plain:
        raise Refused("gaussian: the integral must be over the real line")
    facts = [assume(h) for h in others]
    decision = _decision(facts)
    decision.check_real(c.args[0].args[0])
    decision.check_real(c.args[1])
    density = sp.exp(-(variable**2) / 2) / sp.sqrt(2 * sp.pi)
    body = _sympy(c.args[0].args[0], {**symbols, law.data[0]: variable})
    value = _sympy(c.args[1], symbols)
    if body * density != integral.function or value != _bound(claim.rhs, claim):
        raise Refused(f"gaussian: the evidence is about {integral}, not about {c!r}")
    return _mint(TEXTBOOK[10], c, extra=goal.hypotheses, detail=evidence)


def _proved(evidence: Evidence, module: str, name: str) -> Any:
    """The evidence's claim, which must be of the named procedure and proved by it."""
    claim = evidence.claim if type(evidence) is Evidence else None
    kind = type(claim)
    if (kind.__module__, kind.__qualname__) != (f"memorize.evidence.{module}", name):
        raise Refused(f"{module}: evidence of that kind was expected, got {evidence!r}")
    if evidence.finding.outcome != Outcome.PROVED:
        raise Refused(f"{module}: the evidence proves nothing")
    return claim


def _bound(expression: Any, claim: Any) -> Any:
    """A claim's expression with its constants filled in."""
    expression = sp.sympify(expression)
    values = {
        s: sp.Rational(v.numerator, v.denominator) if hasattr(v, "numerator") else sp.sympify(v)
        for s in expression.free_symbols
        if (v := claim.constants.get(s.name)) is not None
    }
    return expression.xreplace(values)


def _inside(
    hypotheses: Iterable[Term], box: Mapping[Any, Any], closed: bool
) -> dict[str, sp.Symbol]:
    """The symbols by name; the hypotheses must confine each of them to its interval."""
    symbols = {s.name: s for s in box}
    if len(symbols) != len(box):
        raise Refused("two symbols of one name")
    held: dict[str, list[Any]] = {name: [None, None] for name in symbols}
    for h in hypotheses:
        sides = [(i, a) for i, a in enumerate(h.args) if a.op == "var"]
        if h.op not in ("le", "lt") or len(sides) != 1 or h.args[1 - sides[0][0]].free:
            raise Refused(f"{h!r} is not a bound on one variable")
        i, v = sides[0]
        if v.kind != "fixed":
            raise Refused(f"{v!r} is not fixed")
        if v.data[0] in held:
            end = _sympy(h.args[1 - i], {})
            held[v.data[0]][1 - i] = (end, h.op == "lt")
    for symbol, where in box.items():
        if not isinstance(where, tuple) or len(where) != 2:
            raise Refused(f"{symbol} does not range over an interval")
        for end, bound, infinite in zip(where, held[symbol.name], (-sp.oo, sp.oo), strict=True):
            end = sp.sympify(end)
            if end == infinite:
                continue
            if bound is None or bound[0] != end or not (closed or bound[1]):
                raise Refused(f"the hypotheses do not confine {symbol} to {where}")
    return symbols


def _sympy(term: Term, symbols: Mapping[str, sp.Symbol]) -> Any:
    """A term of numbers and fixed real variables (and a law's variable) as a SymPy expression."""
    if term.op == "num":
        return sp.Rational(term.data.numerator, term.data.denominator)
    if term.op == "var":
        if term.data[0] not in symbols or term.sort != "R":
            raise Refused(f"{term!r} is not in the evidence's domain")
        return symbols[term.data[0]]
    parts = [_sympy(a, symbols) for a in term.args]
    match term.op:
        case "add":
            return parts[0] + parts[1]
        case "sub":
            return parts[0] - parts[1]
        case "neg":
            return -parts[0]
        case "mul":
            return parts[0] * parts[1]
        case "div":
            return parts[0] / parts[1]
        case "pow":
            return parts[0] ** term.data
        case "root":
            return parts[0] ** sp.Rational(1, term.data)
        case "exp":
            return sp.exp(parts[0])
        case "log":
            return sp.log(parts[0])
        case "abs":
            return sp.Abs(parts[0])
        case "max":
            return sp.Max(*parts)
    raise Refused(f"{term!r} has no translation to SymPy")
