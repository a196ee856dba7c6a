"""A fuzzer for the rules: random applications, each minted theorem evaluated in finite models.

It knows nothing of the side conditions: it asks for whatever comes to mind, and the kernel refuses
most of it. A theorem that fails in a model of its hypotheses is a hole. Finite models cannot see
infinite means: the guards against those rest on the attacks and on review.
"""

from __future__ import annotations

import random as python_random
from collections.abc import Callable
from dataclasses import dataclass, field

from model import Model, counterexample

from memorize.kernel import (
    E,
    Refused,
    Term,
    Theorem,
    count,
    eq,
    every,
    exp,
    finite,
    fixed,
    function,
    independent,
    indicator,
    inner,
    maximum,
    mean,
    member,
    number,
    points,
    psi,
    random,
    rules,
    sample,
    sqrt,
    substitute,
    sup,
    vector,
)
from memorize.kernel.rules import assume

X, Y, Z = random("X"), random("Y"), random("Z")
a, b, delta = fixed("a"), fixed("b"), fixed("delta")
q = count("q")
S = sample("S", X, q)
f = function("f")
u, z, w = vector("u", "d"), vector("z", "d"), vector("w", "d")
N, M = points("N", "d"), points("M", "d")
LIMIT = 20_000


@dataclass
class Fuzzer:
    """A pool of theorems that grows by random applications of the rules."""

    rng: python_random.Random
    moves: tuple[Callable[[Fuzzer], Theorem], ...] = ()
    pool: list[Theorem] = field(default_factory=list)
    minted: dict[str, int] = field(default_factory=dict)
    tested: int = 0
    satisfied: int = 0
    holes: list[tuple[Theorem, Model]] = field(default_factory=list)

    def run(self, rounds: int, models: int = 4) -> Fuzzer:
        """Apply random rules; stop at the first hole."""
        self.pool = [assume(self.relation()) for _ in range(6)]
        for _ in range(rounds):
            move = self.rng.choice(self.moves or MOVES)
            try:
                theorem = move(self)
            except (Refused, AttributeError, TypeError):
                continue
            self.minted[theorem.rule] = self.minted.get(theorem.rule, 0) + 1
            if len(repr(theorem)) < 300:
                self.pool.append(theorem)
            self.tested += 1
            found, satisfied = counterexample(
                theorem.hypotheses, theorem.conclusion, self.rng, models
            )
            self.satisfied += satisfied > 0
            if found:
                self.holes.append((theorem, found))
                break
            if len(self.pool) > 60:
                self.pool.pop(self.rng.randrange(len(self.pool)))
        return self

    def law(self) -> tuple[Term, ...]:
        return self.rng.choice(((X,), (Y,), (X, Y), (X, Y), (Y, Z), ()))

    def term(self, depth: int = 2, random_too: bool = True) -> Term:
        r = self.rng
        if depth == 0 or r.random() < 0.15:
            leaves = [a, b, number(r.choice((0, 1, 2)))]
            return r.choice([*leaves, X, X, Y, Y] if random_too else leaves)
        s, t = (self.term(depth - 1, random_too) for _ in range(2))
        choice = r.randrange(12)
        if choice < 7:
            return (s + t, s - t, s * t, s / t, abs(s), s**2, maximum(s, t))[choice]
        if choice == 7:
            return sqrt(s**2 if r.random() < 0.7 else s)
        if choice == 8:
            return f(s, t)
        if choice == 9:
            return indicator(s <= t)
        return E(s, *self.law())

    def relation(self, depth: int = 1, random_too: bool = True) -> Term:
        s, t = self.term(depth, random_too), self.term(depth, random_too)
        return self.rng.choice((s <= t, s <= t, s < t, eq(s, t)))

    def theorem(self) -> Theorem:
        return self.rng.choice(self.pool)

    def theorems(self, most: int = 3) -> list[Theorem]:
        return [self.theorem() for _ in range(self.rng.randrange(most + 1))]

    def true(self, goal: Term, *facts: Theorem) -> Theorem:
        return rules.arith(goal, facts, LIMIT)

    def real(self, *terms: Term) -> list[Theorem]:
        """Assume that the expectations are finite, as finite models make them."""
        return [assume(finite(t)) for t in terms]


def hypothesis(m: Fuzzer) -> Theorem:
    return assume(m.relation())


def event(m: Fuzzer) -> Theorem:
    return assume(m.rng.choice((independent(X, Y), independent(X, Y, Z), independent(X, (Y, Z)))))


def nothing(m: Fuzzer) -> Theorem:
    """Equations that hold only where both sides are defined."""
    t = m.term(1)
    s = m.term(1)
    r = m.rng.choice((t / t, s * (t / s), sqrt(t) ** 2, sqrt(t**2), t - t, 0 * t, abs(t)))
    goal = m.rng.choice((eq(r, t), eq(r, 1), eq(r, 0), eq(r, abs(t)), finite(r), t <= r))
    return m.true(goal, *m.theorems(2))


def arithmetic(m: Fuzzer) -> Theorem:
    t = m.theorem().conclusion
    if t.op not in ("le", "lt", "eq"):
        raise Refused("no relation")
    s, r = t.args
    c = m.term(1)
    goal = m.rng.choice((s + c <= r + c, s * c <= r * c, s**2 <= r**2, eq(s, r), s - r <= abs(c)))
    return m.true(goal, *m.theorems(2))


def monotone(m: Fuzzer) -> Theorem:
    pointwise = m.theorem()
    if pointwise.conclusion.op not in ("le", "lt", "eq"):
        raise Refused("no relation")
    over = m.law()
    e = E(pointwise.conclusion.args[0], *over)
    return rules.monotone(pointwise, over, [*m.theorems(1), *m.real(e)])


def square(m: Fuzzer) -> Theorem:
    s, t = m.term(1), m.term(1)
    return m.true(2 * s * t <= s**2 + t**2, *m.theorems(1))


def linear(m: Fuzzer) -> Theorem:
    over = m.law()
    s, t, c = m.term(1), m.term(1), m.term(1)
    one, two = E(s, *over), E(t, *over)
    left, right = m.rng.choice(
        (
            (s + t, one + two), (c * s, c * one), (s * t, one * two), (s - c, one - c),
            (s / c, one / c), (c * s + t, c * one + two), (s**2, one**2), (s, one + 1),
        )
    )  # fmt: skip
    facts = [*m.real(one, two), *m.theorems(1)]
    return rules.linear(eq(E(left, *over), right), facts, [*m.real(one, two), *m.theorems(1)])


def constant(m: Fuzzer) -> Theorem:
    return rules.constant(m.term(1), m.law(), m.theorems(1))


def marginal(m: Fuzzer) -> Theorem:
    t, kept = m.term(2), m.law()
    return rules.marginal(t, kept, m.law(), m.real(E(t, *kept)))


def tonelli(m: Fuzzer) -> Theorem:
    t = m.rng.choice((X**2 * Y, (X - Y) ** 2, X * Y, m.term(1), X - Y))
    sign = m.rng.choice([*m.pool, assume(0 <= t), assume(Y <= X)])
    if sign.conclusion != (0 <= t):
        sign = m.true(0 <= t, sign)
    return rules.tonelli(t, m.law(), m.law(), sign)


def independence(m: Fuzzer) -> Theorem:
    t = m.rng.choice((X * Y, (X - Y) ** 2, f(X, Y), X * Y * Z, X * (Y + Z)))
    groups = m.rng.choice((((X,), (Y,)), ((X, Y), (Z,)), ((Y,), (Z,)), ((X,), (Y, Z))))
    whole = E(t, *groups[0], *groups[1])
    return rules.independence(t, groups, [event(m), *m.real(whole)])


def bienayme(m: Fuzzer) -> Theorem:
    t = m.rng.choice((X, X**2, f(X, Y), X * Y, a * X + b))
    return rules.bienayme(t, S, m.real(E(t**2, X)))


def unbiased(m: Fuzzer) -> Theorem:
    t = m.rng.choice((X, X**2, f(X, Y), X * Y, 1 / X, Y / X, mean(X, X, S)))
    known = m.rng.choice(((), (E(t, X),), (E(t**2, X),), (E(t, X, Y),)))
    return rules.unbiased(t, S, m.real(*known))


def sampled(m: Fuzzer) -> Theorem:
    t = m.rng.choice((X, X**2, f(X, Y), X * Y, 1 / X))
    return m.true(eq(mean(t, X, S), mean(t, X, S)), *m.real(mean(t, X, S)))


def instance(m: Fuzzer) -> Theorem:
    image = {}
    for v in m.rng.sample((X, Y, a, b, delta, q), m.rng.randrange(1, 3)):
        image[v] = m.rng.choice((m.term(1), m.term(0), X + 1, Y, Z, E(X)))
    facts = [*m.theorems(1), *m.real(E(X))]
    return rules.instance(m.theorem(), image, facts)


def captured(m: Fuzzer) -> Theorem:
    """Facts with a variable held fixed beside a bound one, and then an instance."""
    t = m.rng.choice((E(X * Y, X) - Y * E(X), E((X - a) ** 2, X) - a**2, E(f(X, Y), X)))
    facts = m.real(E(X * Y, X), E(X), E((X - a) ** 2, X), E(f(X, Y), X))
    linear_one = rules.linear(eq(E(X * Y, X), Y * E(X)), facts)
    chosen = m.rng.choice((m.true(eq(t, t), *facts), linear_one))
    return rules.instance(chosen, {m.rng.choice((X, Y, a)): m.rng.choice((X, Y, Y + 1, X * Y))})


def cases(m: Fuzzer) -> Theorem:
    s, t = m.term(1, m.rng.random() < 0.5), m.term(1, False)
    p, r = m.rng.choice(((s <= t, t < s), (s < t, t < s), (s <= t, t <= s), (s < t, t <= s)))
    goal = m.rng.choice((0 <= abs(s - t), eq(abs(s - t), maximum(s - t, t - s)), 0 < (s - t) ** 2))
    one, two = m.true(goal, assume(p)), m.true(goal, assume(r))
    return rules.cases(one, two, (p, r), m.theorems(1))


def limit(m: Fuzzer) -> Theorem:
    s, t = m.term(1), m.term(1)
    jump = indicator(0 < delta)
    c = m.rng.choice((delta, delta**2, 1 / delta, jump, jump, exp(delta), s * delta))
    bound = m.rng.choice((0 < delta, 0 < delta, 1 <= delta, delta <= 1, delta <= number(-1)))
    goal = m.rng.choice((s <= s + c, s < s + c, 0 <= c, 1 <= c, s <= t + c))
    theorem = m.true(goal, assume(bound), *m.theorems(1))
    return rules.limit(rules.weaken(theorem, bound), delta, m.real(E(X)))


def joined(m: Fuzzer) -> Theorem:
    return rules.trans(m.theorem(), m.theorem())


def cut(m: Fuzzer) -> Theorem:
    return rules.cut(m.theorem(), m.theorem())


def general(m: Fuzzer) -> Theorem:
    theorem = rules.generalise(m.theorem(), a)
    return rules.cut(theorem, rules.specialise(theorem.conclusion, m.term(1)))


def vanishes(m: Fuzzer) -> Theorem:
    t, over = m.rng.choice(((X - Y) ** 2, X**2, X, abs(X - Y))), m.law()
    sign = m.true(0 <= t, *m.theorems(1))
    return rules.vanishes(t, over, sign, assume(E(t, *over) <= 0))


def surely(m: Fuzzer) -> Theorem:
    t, over = m.term(1), m.law()
    return rules.almost_surely(t, over, m.real(E(t, *over)))


def domination(m: Fuzzer) -> Theorem:
    t, over = m.term(1), m.law()
    pointwise = m.true(abs(t) <= t**2 + 1, *m.theorems(1))
    return rules.dominated(pointwise, over, m.real(E(t**2 + 1, *over)))


def psi_rules(m: Fuzzer) -> Theorem:
    t, p, over = m.term(1), m.rng.choice((1, 2)), m.law()
    k = m.rng.choice((a, a**2 + 1, abs(X) + 1, number(2)))
    rule = m.rng.choice((rules.psi_intro, rules.psi_elim))
    return rule(p, t, over, k)


def psi_compare(m: Fuzzer) -> Theorem:
    s, t = psi(1, m.term(1), X, Y), psi(2, m.term(1), X, Y)
    return m.true(m.rng.choice((0 <= s + t, s <= t, eq(s, s), t <= 2)), *m.real(s, t))


def suprema(m: Fuzzer) -> Theorem:
    body = m.rng.choice((inner(u, z), inner(z, z), 1 / inner(u, z), a * inner(u, z)))
    top = sup(body, (z, m.rng.choice((N, M))))
    given = [assume(member(w, N)), assume(0 < inner(u, w))]
    return rules.at(top, [m.rng.choice((w, u))], given)


def bounds(m: Fuzzer) -> Theorem:
    inside = m.rng.choice((member(z, N), member(u, N)))
    theorem = m.true(inner(u, z) <= m.rng.choice((a, inner(z, z), b**2)), assume(m.rng.choice((
        inner(u, z) <= a, inner(u, z) <= b**2, eq(inner(u, z), inner(z, z)))))
    )  # fmt: skip
    inhabited = assume(m.rng.choice((member(w, N), member(w, M), member(z, N))))
    return rules.least(rules.weaken(theorem, inside), [(z, N)], [inhabited])


def forall_moments(m: Fuzzer) -> Theorem:
    """A claim for all values, used at a random one."""
    claim = every((b,), E((X - b) ** 2, X) <= a)
    fresh = fixed("c")
    theorem = rules.specialise(claim, fresh)
    return rules.instance(theorem, {fresh: m.rng.choice((X, Y, E(X)))}, m.real(E(X)))


def twice(m: Fuzzer) -> Theorem:
    """One theorem's expectation within another's: E E f against joint laws."""
    t = m.rng.choice(((X - Y) ** 2, X * Y))
    same = m.true(eq(t, m.rng.choice((number(0), X**2))), assume(eq(X, Y)))
    once = rules.monotone(same, m.rng.choice(((X,), (X, Y))), [m.true(0 <= t)])
    return once


def bodies(m: Fuzzer) -> Theorem:
    """Expectations of terms with one normal form, of which one may be undefined."""
    partial, total = m.rng.choice(((X / X, 1), (sqrt(X) ** 2, X), (X * (Y / X), Y)))
    one, two = E(partial, X, Y), E(total, X, Y)
    return m.true(m.rng.choice((finite(one), eq(one, two))), *m.real(two))


def substituted(m: Fuzzer) -> Theorem:
    """An equation and its image under a substitution that the kernel makes."""
    t = m.rng.choice((E((X - a) ** 2, X), E(X * Y, X), E(f(X, Y), X)))
    s = substitute(t, {m.rng.choice((a, Y)): m.rng.choice((X, Z, b))})
    return m.true(eq(s, s), *m.real(s))


MOVES: tuple[Callable[[Fuzzer], Theorem], ...] = (
    hypothesis, nothing, nothing, arithmetic, arithmetic, monotone, monotone, square, linear,
    linear, constant, marginal, tonelli, tonelli, independence, independence, independence,
    bienayme, unbiased, sampled, linear, instance, instance, captured, captured, cases, cases,
    limit, limit, joined, joined, cut, general, vanishes, surely, domination, psi_rules,
    psi_compare, suprema, bounds, forall_moments, twice, twice, bodies, substituted,
)  # fmt: skip
