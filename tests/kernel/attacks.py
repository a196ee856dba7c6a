"""False proofs, one for each way to cheat. Each must be refused by the kernel or by a proof.

An attack is a function that returns a theorem that should not exist (or raises). Its name says what
would be wrong. ``test_attacks`` demands that each raises; ``mutate`` demands that each guard of the
kernel is what stops some attack.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from functools import cache, partial
from typing import Any

import sympy as sp

from memorize.book.proof import Proof, algebra, psi_elim, psi_intro, specialise, statement
from memorize.evidence.enclosure import Enclosure
from memorize.evidence.identity import Identity
from memorize.kernel import (
    E,
    Evidence,
    Finding,
    Function,
    Outcome,
    P,
    Sequent,
    Term,
    Theorem,
    check,
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
    log,
    matrix,
    maximum,
    mean,
    member,
    nearest,
    norm,
    number,
    points,
    psi,
    random,
    random_vector,
    root,
    rules,
    sample,
    sphere,
    sqrt,
    standard_normal,
    sup,
    vector,
)
from memorize.kernel.normal import Decision
from memorize.kernel.rules import arith, assume

X, Y, Z, g = random("X"), random("Y"), random("Z"), random("g")
K, L, a, b, delta = fixed("K"), fixed("L"), fixed("a"), fixed("b"), fixed("delta")
q, d = count("q"), count("d")
omega, draws = random("omega"), sample("S", random("omega"), count("q"))
f, h = function("f"), function("h")
x, u, z, v = random_vector("x", "d"), vector("u", "d"), vector("z", "d"), vector("v", "d")
N, M = points("N", "d"), points("M", "d")
eps = fixed("epsilon")

ATTACKS: dict[str, Callable[[], Any]] = {}


def attack(function: Callable[[], Any]) -> Callable[[], Any]:
    """Enter a false proof under what its docstring says."""
    assert function.__doc__
    ATTACKS[function.__doc__.rstrip(".")] = function
    return function


def given(*formulas: Term) -> list[Theorem]:
    return [assume(formula) for formula in formulas]


# --- forgery -----------------------------------------------------------------------------------


@attack
def _():
    """A theorem made without a rule."""
    return Theorem(object(), (), number(1) <= 0, "axiom", (), None)


@attack
def _():
    """A theorem whose conclusion is changed afterwards."""
    theorem = arith(number(0) <= 1)
    theorem.conclusion = number(1) <= 0
    return theorem


@attack
def _():
    """A theorem whose hypotheses are deleted."""
    theorem = assume(number(1) <= 0)
    del theorem.hypotheses
    return theorem


@attack
def _():
    """A term that changes after it was proved about."""
    term = K + 1
    term.args = (K, number(0))
    return term


@attack
def _():
    """A term whose sort is deleted."""
    term = K + 1
    del term.sort
    return term


@attack
def _():
    """A function symbol that is renamed."""
    f.name = "h"


@attack
def _():
    """A sequent that changes after it was declared."""
    Sequent((), number(0) <= 1).conclusion = number(1) <= 0


@attack
def _():
    """A premise that only looks like a theorem."""

    class Fake:
        conclusion = number(1) <= 0
        hypotheses = ()

    return rules.arith(number(1) <= 0, [Fake()])


@attack
def _():
    """A lemma that only looks like a theorem is cut in."""

    class Fake:
        conclusion = number(1) <= 0
        hypotheses = ()

    return rules.cut(Fake(), assume(number(1) <= 0))


@attack
def _():
    """A weakening of what only looks like a theorem."""

    class Fake:
        conclusion = number(1) <= 0
        hypotheses = ()

    return rules.weaken(Fake())


@attack
def _():
    """A floating-point number as an exact one."""
    return arith(K * 0.1 <= K)


@attack
def _():
    """A boolean as a number."""
    return arith(number(True) <= 1)


@attack
def _():
    """Evidence made without a check."""
    return Evidence("x", None, None, None, None, "", object())


@attack
def _():
    """A term where a formula should be."""
    return assume(K)


@attack
def _():
    """A sequent whose hypothesis is a term."""
    return Sequent((K,), number(0) <= 1)


@attack
def _():
    """One name for a fixed and a random variable."""
    return rules.weaken(assume(fixed("X") <= 0), X >= 0)


@attack
def _():
    """One name for two functions."""
    other = function("f", "d")
    return rules.weaken(assume(f(a) <= 0), inner(other(a), u) >= 0)


@attack
def _():
    """A function and a variable of one name."""
    return rules.weaken(assume(function("K")(a) <= 0), K >= 0)


@attack
def _():
    """A chained comparison, which Python would reduce to its second half."""
    return assume(0 <= K <= 1)


@attack
def _():
    """A name that hides another expression."""
    return fixed("K + 1")


class Duck:
    """An object with a term's attributes that may change at will."""

    op, args, data, kind = "var", (), ("K", "fixed", "R", "K"), "fixed"
    free = mentioned = random = frozenset[Any]()

    def __init__(self, sort: str) -> None:
        self.sort = sort


@attack
def _():
    """A part of a term that only looks like a term."""
    return assume(Term("le", (K, Duck("R"))))


@attack
def _():
    """A term's arguments in a container of one's own."""

    class Container(tuple):  # type: ignore[type-arg]
        __slots__ = ()

    return assume(Term("le", Container((K, L))))


@attack
def _():
    """A node whose kind is a string of one's own."""

    class Op(str):
        __slots__ = ()

    return assume(Term(Op("le"), (K, L)))


@attack
def _():
    """A sequent about what only looks like a formula."""
    return Sequent((), Duck("prop"))


@attack
def _():
    """A hypothesis that only looks like a formula."""
    return assume(Duck("prop"))


@attack
def _():
    """An expectation over what only looks like a variable."""
    duck = Duck("R")
    duck.kind = "random"
    return Term("E", (K,), (duck,))


@attack
def _():
    """A name that is equal to every other."""

    class Name(str):
        __slots__ = ()

        def __eq__(self, other: object) -> bool:
            return True

        __hash__ = str.__hash__

    return fixed(Name("K"))


@attack
def _():
    """A function's name that is equal to every other."""

    class Name(str):
        __slots__ = ()

    return function(Name("f"))


@attack
def _():
    """A function with propositions as values."""
    return Function("f", "prop", "f")


@attack
def _():
    """A function whose name is an expression."""
    return function("f + 1")


@attack
def _():
    """A claim for all of nothing."""
    return every((), a <= b)


@attack
def _():
    """A variable that is independent of nothing."""
    return independent(X)


@attack
def _():
    """A sample of a fixed variable."""
    return sample("T", K, q)


@attack
def _():
    """A sample of random size."""
    return sample("T", omega, X)


@attack
def _():
    """A sample whose size is any real number, by the constructor of terms."""
    return Term("var", (), ("T", "sample", "sample", "T", omega, K))


@attack
def _():
    """A random variable of sort sample."""
    return Term("var", (), ("T", "random", "sample", "T"))


@attack
def _():
    """A variable without a kind."""
    return Term("var", (), ("T", "other", "R", "T"))


@attack
def _():
    """A variable with too little data."""
    return Term("var", (), ("T", "fixed", "R"))


# --- sorts -------------------------------------------------------------------------------------


@attack
def _():
    """A vector added to a number."""
    return u + 1


@attack
def _():
    """The scalar product of vectors of two spaces."""
    return inner(u, vector("w", "q"))


@attack
def _():
    """A number in a set of vectors."""
    return member(K, N)


@attack
def _():
    """A supremum of vectors over a set of another space."""
    return sup(inner(u, z), (z, sphere("q")))


@attack
def _():
    """A fractional power through the integer one."""
    return K ** Fraction(1, 2)


@attack
def _():
    """An expectation over a fixed variable."""
    return E(K * X, K, X)


@attack
def _():
    """A supremum over a random variable."""
    return sup(inner(u, x), (x, sphere("d")))


@attack
def _():
    """A ψ-norm with p = 3 (whose moment would be that of p = 2)."""
    return psi(3, X)


@attack
def _():
    """The zeroth root."""
    return root(K, 0)


@attack
def _():
    """A supremum over a set that depends on its own variable."""
    return sup(inner(u, z), (z, N), (u, sphere("q")))


@attack
def _():
    """A random body inside a supremum (measurability is not the kernel's)."""
    return sup(inner(x, z), (z, N))


@attack
def _():
    """A claim for all fixed values about a random variable."""
    return every((a,), X <= a)


@attack
def _():
    """A sample of one variable averaged over another."""
    return mean(f(X), X, draws)


@attack
def _():
    """An average whose summand looks at the sample."""
    return mean(f(omega, mean(omega, omega, draws)), omega, draws)


# --- arithmetic --------------------------------------------------------------------------------


@attack
def _():
    """0 < 0."""
    return arith(number(0) < 0)


@attack
def _():
    """K ≤ 0 from nothing."""
    return arith(K <= 0)


@attack
def _():
    """X/X = 1 where X may vanish."""
    return arith(eq(X / X, 1))


@attack
def _():
    """K·(1/K) = 1 where K may vanish."""
    return arith(eq(K * (1 / K), 1))


@attack
def _():
    """K/0 = 0."""
    return arith(eq(K / number(0), 0), given(eq(K, 0)))


@attack
def _():
    """1/(K − K) is a number."""
    return arith(eq(0 * (1 / (K - K)), 0))


@attack
def _():
    """√K·√K = K where K may be negative."""
    return arith(eq(sqrt(K) ** 2, K))


@attack
def _():
    """√(K²) = K."""
    return arith(eq(sqrt(K**2), K))


@attack
def _():
    """√(−1) is non-negative, hence −1 is a square."""
    return arith(0 <= sqrt(number(-1)))


@attack
def _():
    """exp(ln K) = K where K may be negative."""
    return arith(eq(exp(log(K)), K))


@attack
def _():
    """exp(ln 0) = 0."""
    return arith(eq(exp(log(number(0))), 0))


@attack
def _():
    """E X − E X = 0 where E X may be infinite."""
    return arith(eq(E(X**2) - E(X**2), 0))


@attack
def _():
    """0·E X = 0 where E X may be infinite."""
    return arith(eq(0 * E(X**2), 0))


@attack
def _():
    """E X ≤ E X + 1 where E X may not exist."""
    return arith(E(X) <= E(X) + 1)


@attack
def _():
    """An expectation is finite because a smaller one is."""
    return arith(finite(E(X**4)), given(E(X**2) <= E(X**4), E(X**2) <= 1))


@attack
def _():
    """An expectation is finite because it is above something."""
    return arith(finite(E(X**2)), given(0 < E(X**2)))


@attack
def _():
    """An expectation is finite because an equal one, not known to be finite, is."""
    return arith(finite(E(X**2)), given(eq(E(X**2), E(Y**2))))


@attack
def _():
    """The expectation of X/X taken for that of 1."""
    return arith(finite(E(X / X, X)), given(finite(E(1, X))))


@attack
def _():
    """The expectation of √X·√X taken for that of X."""
    return arith(finite(E(sqrt(X) ** 2, X)), given(finite(E(X))))


@attack
def _():
    """The expectation of exp(ln X) taken for that of another law's."""
    return arith(eq(E(X), E(Y)), given(finite(E(X)), finite(E(Y))))


@attack
def _():
    """The ψ1-norm taken for the ψ2-norm."""
    return arith(psi(1, X) <= 1, given(psi(2, X) <= 1))


@attack
def _():
    """A joint expectation taken for an iterated one."""
    return arith(
        eq(E(X * Y), E(E(X * Y, X), Y)), given(finite(E(X * Y)), finite(E(E(X * Y, X), Y)))
    )


@attack
def _():
    """A supremum over one set taken for that over another."""
    one, two = sup(inner(u, z), (z, N)), sup(inner(u, z), (z, M))
    return arith(eq(one, two), given(finite(one), finite(two)))


@attack
def _():
    """An average over one sample taken for that over another."""
    other = sample("T", omega, q)
    return arith(eq(mean(omega, omega, draws), mean(omega, omega, other)))


@attack
def _():
    """One nearest point for two nets, by arithmetic."""
    return arith(eq(inner(nearest(N, z), u), inner(nearest(M, z), u)))


@attack
def _():
    """⟨Wᵀu, z⟩ taken for ⟨Wu, z⟩."""
    from memorize.kernel import matrix

    w = matrix("W", "d", "d")
    return arith(eq(inner(w.T @ u, z), inner(w @ u, z)))


@attack
def _():
    """⟨u, z⟩ is non-negative."""
    return arith(0 <= inner(u, z))


@attack
def _():
    """⟨Wu, u⟩ is non-negative."""
    from memorize.kernel import matrix

    w = matrix("W", "d", "d")
    return arith(0 <= inner(w @ u, u))


@attack
def _():
    """|K| ≤ K."""
    return arith(abs(K) <= K)


@attack
def _():
    """|K|·K = K²."""
    return arith(eq(abs(K) * K, K**2))


@attack
def _():
    """|K + L| = K + L."""
    return arith(eq(abs(K + L), K + L))


@attack
def _():
    """max(K, L) ≤ K."""
    return arith(maximum(K, L) <= K)


@attack
def _():
    """max(K, L) is none of the two."""
    return arith(maximum(K, L) <= -1, given(K <= 0, L <= 0))


@attack
def _():
    """The cube root is the square root."""
    return arith(eq(root(K, 3), root(K, 2)), given(0 <= K))


@attack
def _():
    """An indicator is 1."""
    return arith(eq(indicator(K <= L), 1))


@attack
def _():
    """An indicator of a strict relation is that of the weak one."""
    return arith(eq(indicator(K < L), indicator(K <= L)))


@attack
def _():
    """The indicator of an event about an infinite expectation is a number."""
    return arith(0 <= indicator(0 <= E(X**2)))


@attack
def _():
    """A count may be 1/2."""
    return arith(q <= 1)


@attack
def _():
    """e = 1."""
    return arith(exp(number(1)) <= 1)


@attack
def _():
    """e^{2K} = e^K."""
    return arith(eq(exp(2 * K), exp(K)))


@attack
def _():
    """A random quantity's logarithm exists."""
    return arith(finite(log(X)))


@attack
def _():
    """Arithmetic is asked about membership."""
    return arith(member(z, N))


@attack
def _():
    """An average of what may be undefined is a number."""
    return arith(eq(mean(1 / omega, omega, draws), mean(1 / omega, omega, draws)))


@attack
def _():
    """A larger limit than the kernel allows."""
    if Decision([], 10**12).limit <= 2_000_000:
        raise rules.Refused("the limit is capped")
    return True


# --- logic -------------------------------------------------------------------------------------


@attack
def _():
    """A cut of what is no hypothesis."""
    return rules.cut(arith(number(0) <= 1), assume(K <= 0))


@attack
def _():
    """Lines that do not join."""
    return rules.trans(assume(K <= L), assume(a <= b))


@attack
def _():
    """≤ and a membership joined."""
    return rules.trans(assume(K <= L), assume(member(u, N)))


@attack
def _():
    """a ≤ b and b = c give a = c."""
    theorem = rules.trans(assume(a <= b), assume(eq(b, K)))
    if theorem.conclusion.op == "eq":
        return theorem
    raise rules.Refused("only a ≤ c")


@attack
def _():
    """a ≤ b and b ≤ c give a < c."""
    theorem = rules.trans(assume(a <= b), assume(b <= K))
    if theorem.conclusion.op == "lt":
        return theorem
    raise rules.Refused("only a ≤ c")


@attack
def _():
    """a ≤ b turned round."""
    return rules.symmetric(assume(a <= b))


@attack
def _():
    """Cases a < b and b < a exhaust all values."""
    goal = arith(0 < (a - b) ** 2, given(a < b))
    other = arith(0 < (a - b) ** 2, given(b < a))
    return rules.cases(goal, other, (a < b, b < a))


@attack
def _():
    """Cases a = b and b ≤ a exhaust all values."""
    one = arith(b <= a, given(eq(a, b)))
    return rules.cases(one, arith(b <= a, given(b <= a)), (eq(a, b), b <= a))


@attack
def _():
    """Cases a ≤ b and a < b exhaust all values."""
    one = arith(a <= b, given(a <= b))
    return rules.cases(one, arith(a <= b, given(a < b)), (a <= b, a < b))


@attack
def _():
    """A random quantity is in one case almost surely."""
    one = arith(0 <= K, given(X <= 0, 0 <= K))
    return rules.cases(one, one, (X <= 0, X > 0))


@attack
def _():
    """Cases of a quantity that may be infinite."""
    one = assume(0 <= K)
    return rules.cases(one, one, (E(X) <= 0, E(X) > 0))


@attack
def _():
    """Cases of a quantity that may be undefined."""
    one = assume(0 <= K)
    return rules.cases(one, one, (1 / K <= 0, 1 / K > 0))


@attack
def _():
    """Cases with two different conclusions."""
    return rules.cases(assume(a <= b), assume(b < a), (a <= b, b < a))


@attack
def _():
    """Cases that forget a hypothesis of the second."""
    one = rules.weaken(arith(number(0) <= 1), a <= b)
    two = rules.cut(
        arith(number(0) <= 1), rules.weaken(arith(number(0) <= 1), b < a, K < 0, number(0) <= 1)
    )
    theorem = rules.cases(one, two, (a <= b, b < a))
    if (K < 0) in theorem.hypotheses:
        raise rules.Refused("the hypothesis is kept")
    return theorem


@attack
def _():
    """Cases that forget a hypothesis of their facts."""
    positive = arith(K > 0, given(a <= b, eq(a * K, 1), 0 <= a))
    one = rules.weaken(arith(number(0) <= 1), 1 / K <= 0)
    theorem = rules.cases(one, one, (1 / K <= 0, 1 / K > 0), [positive])
    if (a <= b) in theorem.hypotheses:
        raise rules.Refused("the hypothesis is kept")
    return theorem


@attack
def _():
    """All values from one that a hypothesis restricts."""
    return rules.generalise(assume(K <= 0), K)


@attack
def _():
    """All values of a random variable."""
    return rules.generalise(arith(0 <= X**2), X)


@attack
def _():
    """For all fixed values, hence for the bound variable itself."""
    return rules.specialise(every((a,), E(X * a, X) <= a), X)


@attack
def _():
    """For all numbers, hence for a vector in a function's place."""
    return rules.specialise(every((a,), f(a) <= f(a) + 1), u)


@attack
def _():
    """For all values, hence for an infinite one."""
    return rules.specialise(every((a,), a < a + 1), E(X**2))


@attack
def _():
    """For all numbers, hence for a vector."""
    return rules.specialise(every((a,), a < a + 1), u)


@attack
def _():
    """What is no claim for all values, taken for one."""
    return rules.specialise(a < b, K)


@attack
def _():
    """For all a and b, with one value for both."""
    return rules.specialise(every((a, b), a < b), K)


# --- instances ---------------------------------------------------------------------------------


@attack
def _():
    """E (X − m)² = E X² − … at m := X: the bound variable is captured."""
    return rules.instance(assume(E((X - a) ** 2, X) <= 1), {a: X})


@attack
def _():
    """An instance that leaves the bound variable: E X = 0 entails E (Y + 1) = 0."""
    q = Proof(Sequent((eq(E(X), 0),), eq(E(Y + 1), 0)), title="")
    return q.qed(lambda goal, facts: rules.instance(facts["h1"], {X: Y + 1}))


@attack
def _():
    """X := Y where Y is held fixed beside it."""
    return rules.instance(assume(eq(E(X * Y, X), Y * E(X))), {X: Y})


@attack
def _():
    """A fixed bound z := a term with the supremum's own variable."""
    return rules.instance(assume(sup(inner(u, z), (z, N)) <= 1), {u: z})


@attack
def _():
    """A fixed variable becomes random where the formula holds almost surely only."""
    return rules.instance(assume(X <= a), {a: Y})


@attack
def _():
    """A fixed variable becomes random where a hypothesis holds almost surely only."""
    theorem = rules.weaken(arith(a <= a + 1), X <= a)
    return rules.instance(theorem, {a: Y})


@attack
def _():
    """K := an expectation that may be infinite."""
    return rules.instance(arith(K <= K + 1), {K: E(X**2)})


@attack
def _():
    """K := 1/L where L may vanish."""
    return rules.instance(arith(K <= K + 1), {K: 1 / L})


@attack
def _():
    """X := log Y where Y may be negative."""
    return rules.instance(arith(X <= X + 1), {X: log(Y)})


@attack
def _():
    """A vector for a number."""
    return rules.instance(arith(K <= K + 1), {K: u})


@attack
def _():
    """A vector for a number in a function's place."""
    return rules.instance(arith(f(K) <= f(K) + 1), {K: u})


@attack
def _():
    """A vector of one space for one of another."""
    return rules.instance(arith(0 <= norm(z)), {z: vector("w", "q")})


@attack
def _():
    """A compound term replaced as if it were a variable."""
    return rules.instance(assume(K + 1 <= 0), {K + 1: number(-1)})


@attack
def _():
    """q := 1/2 for a count."""
    return rules.instance(arith(1 <= q), {q: number(Fraction(1, 2))})


@attack
def _():
    """q := 0 for a count."""
    return rules.instance(arith(1 <= q), {q: number(0)})


@attack
def _():
    """q := K for a count."""
    return rules.instance(arith(1 <= q), {q: K})


def variance() -> Theorem:
    """Bienaymé's equation with its hypothesis."""
    return rules.bienayme(omega, draws, given(finite(E(omega**2))))


@attack
def _():
    """The size of a sample replaced."""
    return rules.instance(variance(), {q: number(1)})


@attack
def _():
    """The law of a sample replaced."""
    return rules.instance(variance(), {omega: X})


@attack
def _():
    """The sample replaced."""
    return rules.instance(variance(), {draws: sample("T", omega, q)})


@attack
def _():
    """A variable of the summand renamed onto the sample's law."""
    theorem = rules.bienayme(f(omega, Y), draws, given(finite(E(f(omega, Y) ** 2, omega))))
    return rules.instance(theorem, {Y: omega})


@attack
def _():
    """f(X) is independent of Y, hence X is."""
    return rules.instance(assume(independent(X, Y)), {X: f(Z)})


@attack
def _():
    """X is independent of itself."""
    return rules.instance(rules.weaken(arith(number(0) <= 1), independent(X, Y)), {X: Y})


@attack
def _():
    """R-bounded used at a random u that is the variable itself."""
    bound = every((v,), E(inner(v, x) ** 2, x) <= K * inner(v, v))
    return specialise(bound, x)


@attack
def _():
    """Hypotheses of the instance forgotten."""
    theorem = rules.instance(assume(0 < K), {K: L})
    if theorem.hypotheses:
        raise rules.Refused("the hypothesis is kept")
    return theorem


# --- limits ------------------------------------------------------------------------------------


@attack
def _():
    """0 < δ for all δ > 0, hence 0 < 0."""
    return rules.limit(assume(0 < delta), delta)


@attack
def _():
    """K < K + δ for all δ > 0, hence K < K."""
    return rules.limit(arith(K < K + delta, given(0 < delta)), delta)


@attack
def _():
    """1 ≤ δ/δ in the limit."""
    return rules.limit(arith(number(1) <= delta * (1 / delta), given(0 < delta)), delta)


@attack
def _():
    """A limit through a jump."""
    return rules.limit(arith(number(1) <= indicator(0 < delta), given(0 < delta)), delta)


@attack
def _():
    """A limit although δ ≥ 1."""
    return rules.limit(assume(1 <= delta), delta)


@attack
def _():
    """A limit although 2δ ≥ 1."""
    return rules.limit(arith(number(1) <= 2 * delta, given(1 <= 2 * delta)), delta)


@attack
def _():
    """A limit although δ ≤ 0."""
    return rules.limit(rules.weaken(arith(0 <= delta**2), delta <= number(0)), delta)


@attack
def _():
    """A limit although δ ≤ −1."""
    return rules.limit(arith(delta <= -1, given(delta <= number(-1))), delta)


@attack
def _():
    """A limit of δ·E X² where E X² may be infinite: E X² ≤ (1 + δ)E X² is not about 0·∞."""
    return rules.limit(assume(0 <= E(X**2) * (delta + 1) + 0 * delta), delta)


@attack
def _():
    """K ≤ δ·∞ for all δ > 0, hence K ≤ 0·∞."""
    return rules.limit(rules.unshown(K <= delta * E(X**2), "in words"), delta)


@attack
def _():
    """A limit with a fact about its parameter."""
    return rules.limit(arith(0 <= delta * K**2, given(0 < delta)), delta, given(eq(delta, K)))


@attack
def _():
    """A limit in a random variable."""
    return rules.limit(arith(X <= X + 1), X)


@attack
def _():
    """A limit in a count."""
    return rules.limit(arith(0 <= q * K, given(0 <= K)), q)


@attack
def _():
    """A limit in a vector."""
    return rules.limit(arith(0 <= inner(u, u)), u)


# --- axioms ------------------------------------------------------------------------------------


@attack
def _():
    """1 + E X ≤ e^{E X} where E X may not exist."""
    return rules.exp_above(E(X))


@attack
def _():
    """0 ≤ ⟨u/K, u/K⟩ where K may vanish."""
    return rules.nonneg(u / K)


@attack
def _():
    """ψ-norm at a t that depends on X."""
    return rules.psi_intro(2, X, (X,), abs(X) + 1)


@attack
def _():
    """ψ-norm's moment at a t that depends on X."""
    return rules.psi_elim(2, X, (X,), abs(X) + 1)


@attack
def _():
    """The moment at an infinite t."""
    theorem = rules.psi_elim(2, X, (X,), E(Y**2))
    if finite(E(Y**2)) in theorem.hypotheses:
        raise rules.Refused("the hypothesis is kept")
    return theorem


@attack
def _():
    """‖X‖ ≤ t from E exp(X²/t²) ≤ 3."""
    goal = Sequent((0 < K, E(exp(X**2 / K**2)) <= 3), psi(2, X) <= K)
    return Proof(goal, title="").qed(psi_intro())


@attack
def _():
    """‖X‖ ≤ t without t > 0."""
    goal = Sequent((E(exp(X**2 / K**2)) <= 2,), psi(2, X) <= K)
    return Proof(goal, title="").qed(psi_intro())


@attack
def _():
    """The ψ1-norm from the ψ2-moment."""
    goal = Sequent((0 < K, E(exp(X**2 / K**2)) <= 2), psi(1, X) <= K)
    return Proof(goal, title="").qed(psi_intro())


@attack
def _():
    """E exp(X²/K²) ≤ 2 from a bound on another variable's norm."""
    goal = Sequent((0 < K, psi(2, Y) <= K), E(exp(X**2 / K**2)) <= 2)
    return Proof(goal, title="").qed(psi_elim())


@attack
def _():
    """E exp(X²/K²) ≤ 3/2 from ‖X‖ ≤ K."""
    goal = Sequent((0 < K, psi(2, X) <= K), E(exp(X**2 / K**2)) <= Fraction(3, 2))
    return Proof(goal, title="").qed(psi_elim())


@attack
def _():
    """A point of another net is in this one."""
    first = rules.net_covers(N, eps, z)[0]
    if first.conclusion == member(nearest(N, z), N):
        return rules.at(sup(inner(u, z), (z, M)), [nearest(N, z)], [first])
    return first


@attack
def _():
    """The nearest point without z on the sphere."""
    inside, near = rules.net_covers(N, eps, z)
    if member(z, sphere("d")) in inside.hypotheses and member(z, sphere("d")) in near.hypotheses:
        raise rules.Refused("the hypothesis is kept")
    return near


@attack
def _():
    """The nearest point to what is undefined."""
    return rules.net_covers(N, eps, z / norm(z))


@attack
def _():
    """Any point lies on the sphere."""
    unit, inside = rules.on_sphere(z)
    if unit.hypotheses and inside.hypotheses:
        raise rules.Refused("the hypotheses are kept")
    return unit


@attack
def _():
    """What is undefined lies on the sphere."""
    return rules.on_sphere(z / norm(z))


@attack
def _():
    """What is undefined lies on the sphere, as it is in a net."""
    return rules.net_on_sphere(N, eps, z / K)


# --- suprema -----------------------------------------------------------------------------------


@attack
def _():
    """A supremum is above the value at any point."""
    return rules.at(sup(inner(u, z), (z, N)), [v], ())


@attack
def _():
    """A supremum is above the value at a point of another set."""
    return rules.at(sup(inner(u, z), (z, N)), [v], given(member(v, M)))


@attack
def _():
    """The supremum of 1/⟨u, z⟩ is a number wherever one value is."""
    return rules.at(sup(1 / inner(u, z), (z, N)), [v], given(member(v, N), 0 < inner(u, v)))


@attack
def _():
    """The supremum of 1/⟨u, z⟩ is a number as it is one for a fixed z of that name."""
    facts = given(member(v, N), 0 < inner(u, z), 0 < inner(u, v))
    return rules.at(sup(1 / inner(u, z), (z, N)), [v], facts)


@attack
def _():
    """The supremum of E[Y·⟨u, z⟩] is above a value that may not exist."""
    return rules.at(sup(E(f(Y, z), Y), (z, N)), [v], given(member(v, N)))


@attack
def _():
    """A supremum of ⟨u, z⟩/K where K may vanish."""
    return rules.at(sup(inner(u, z) / K, (z, N)), [v], given(member(v, N)))


@attack
def _():
    """A supremum at an undefined point."""
    return rules.at(sup(inner(u, z), (z, N)), [v / K], given(member(v / K, N)))


@attack
def _():
    """A value at a point for what is no supremum."""
    return rules.at(E(X), [v], ())


@attack
def _():
    """A supremum at fewer points than it has variables."""
    return rules.at(sup(inner(u, z), (z, N), (u, M)), [v], given(member(v, N)))


@attack
def _():
    """The supremum over an empty set."""
    return rules.least(arith(inner(z, z) <= inner(z, z)), [(z, N)])


@attack
def _():
    """A set is inhabited because its arbitrary member is."""
    bound = rules.weaken(arith(-inner(z, z) <= 0), member(z, N))
    theorem = rules.least(bound, [(z, N)], given(member(z, N)))
    if member(z, N) in theorem.hypotheses:
        raise rules.Refused("the hypothesis is kept")
    return theorem


@attack
def _():
    """A set is inhabited because another is."""
    bound = rules.weaken(arith(-inner(z, z) <= 0), member(z, N))
    return rules.least(bound, [(z, N)], given(member(v, M)))


@attack
def _():
    """A bound that depends on the point."""
    return rules.least(arith(inner(z, z) <= inner(z, z)), [(z, sphere("d"))])


@attack
def _():
    """A point that a hypothesis restricts."""
    restricted = arith(inner(z, z) <= K, given(inner(z, z) <= K))
    return rules.least(restricted, [(z, sphere("d"))])


@attack
def _():
    """A strict bound for a supremum."""
    return rules.least(assume(inner(u, u) < K), [(z, sphere("d"))])


@attack
def _():
    """A random bound that holds almost surely for each point."""
    return rules.least(arith(inner(u, u) <= inner(u, u) + X**2), [(z, sphere("d"))])


# --- expectations ------------------------------------------------------------------------------


@attack
def _():
    """E X ≤ E X² + 1 where E X may not exist."""
    return rules.monotone(arith(X <= X**2 + 1), (X,))


@attack
def _():
    """E(−X²) ≤ E 0 where E X² may be infinite: the left side may be −∞."""
    return rules.monotone(arith(-(X**2) <= 0), (X,), given(finite(E(0, X))))


@attack
def _():
    """E f ≤ E g as 0 ≤ g (not f)."""
    return rules.monotone(arith(X <= X**2 + 1), (X,), [arith(0 <= X**2 + 1)])


@attack
def _():
    """X = Y almost surely, hence under independent copies too."""
    same = arith(eq((X - Y) ** 2, 0), given(eq(X, Y)))
    inner_ = rules.monotone(same, (X,), [arith(0 <= (X - Y) ** 2)])
    return inner_


@attack
def _():
    """0 ≤ f for the joint law, hence E f exists for the product."""
    sign = arith(0 <= X - Y, given(Y <= X))
    sure = rules.weaken(arith(X - Y <= X - Y + 1), number(0) <= 1)
    return rules.monotone(sure, (X,), [sign])


@attack
def _():
    """A pointwise fact about the joint law inside a product expectation, by linearity."""
    goal = eq(E(X * Y, X), E(Y * Y, X))
    return rules.linear(goal, given(finite(E(Y * Y, X))), given(eq(X, Y)))


@attack
def _():
    """A fact whose joint expectation is of another model."""
    joint = E((X - Y) ** 2)
    same = arith(eq(X + joint, X + joint + Y - Y), given(finite(joint), eq(joint, 0)))
    return rules.monotone(same, (X,), given(finite(E(X + joint, X))))


@attack
def _():
    """f < g pointwise, hence E f < E g from what is no relation."""
    return rules.monotone(assume(member(u, N)), (X,), ())


@attack
def _():
    """E X is finite as X ≤ X² + 1 (not |X|) and E X² is."""
    return rules.dominated(arith(X <= X**2 + 1), (X,), given(finite(E(X**2 + 1))))


@attack
def _():
    """E X is finite as −X ≤ X² + 1."""
    return rules.dominated(arith(-X <= X**2 + 1), (X,), given(finite(E(X**2 + 1))))


@attack
def _():
    """E X is finite as |X| ≤ X² + 1, whose expectation may be infinite."""
    return rules.dominated(arith(abs(X) <= X**2 + 1), (X,))


@attack
def _():
    """E X is finite as |X| ≤ Y² almost surely in the joint law."""
    joint = arith(abs(X) <= Y**2, given(abs(X) <= Y**2))
    return rules.dominated(joint, (X,), [arith(finite(E(Y**2, X)), given(finite(E(Y**2, X))))])


@attack
def _():
    """E(X + Y) = E X + E Y where they may not exist."""
    return rules.linear(eq(E(X + Y), E(X, X, Y) + E(Y, X, Y)))


@attack
def _():
    """E(XY) = E X·E Y without independence."""
    goal = eq(E(X * Y), E(X, X, Y) * E(Y, X, Y))
    facts = given(finite(E(X, X, Y)), finite(E(Y, X, Y)))
    return rules.linear(goal, facts, facts)


@attack
def _():
    """The average over a sample is its expectation."""
    whole = E(omega, omega, draws)
    return rules.linear(eq(mean(omega, omega, draws), whole), given(finite(whole)))


@attack
def _():
    """E X² = X·E X."""
    return rules.linear(eq(E(X**2), X * E(X)), given(finite(E(X))))


@attack
def _():
    """E(X + 1) = E X."""
    return rules.linear(eq(E(X + 1), E(X)), given(finite(E(X))))


@attack
def _():
    """E(1/X) = 1/E X."""
    return rules.linear(eq(E(1 / X), 1 / E(X)), given(0 < E(X), E(X) <= 1, 0 < X))


@attack
def _():
    """E X² = (E X)²."""
    facts = given(finite(E(X)))
    return rules.linear(eq(E(X**2), E(X) ** 2), facts, facts)


@attack
def _():
    """E(1/X·X) = 1 where X may vanish, by linearity."""
    return rules.linear(eq(E(X / X), E(1, X)), [rules.constant(1, (X,))])


@attack
def _():
    """E X = X + (E X − X): the right side depends on the law's own variable."""
    facts = given(finite(E(X)))
    return rules.linear(eq(E(X), X + (E(X) - X)), facts, facts)


@attack
def _():
    """Linearity proves an inequality."""
    return rules.linear(E(X) <= E(X), given(finite(E(X))))


@attack
def _():
    """E over X taken for E over X and Y, by linearity."""
    return rules.linear(eq(E(X * Y), E(X * Y, X)), given(finite(E(X * Y, X))))


@attack
def _():
    """E X = X."""
    return rules.constant(X, (X,))


@attack
def _():
    """E X = X, as an expectation over nothing."""
    theorem = rules.constant(X, ())
    if theorem.conclusion.args[0] != E(X):
        raise rules.Refused("only E[X; ] = X")
    return theorem


@attack
def _():
    """The ψ-norm over nothing, at a t that depends on X, taken for that of X."""
    theorem = rules.psi_intro(2, X, (), abs(X) + 1)
    if theorem.conclusion.args[0] != psi(2, X):
        raise rules.Refused("only the norm of a constant")
    return theorem


@attack
def _():
    """E[1/K] = 1/K where K may vanish."""
    return rules.constant(1 / K, (X,))


@attack
def _():
    """The mean over X and Y of Y is that over X."""
    return rules.marginal(Y**2, (X,), (Y,), [arith(0 <= Y**2)])


@attack
def _():
    """A marginal of what may not exist."""
    return rules.marginal(X, (X,), (Y,))


@attack
def _():
    """A variable is kept and dropped."""
    return rules.marginal(Y**2, (X, Y), (X,), [arith(0 <= Y**2)])


@attack
def _():
    """The order of expectations exchanged without a sign."""
    return rules.tonelli(X * Y, (X,), (Y,), arith(0 <= X**2))


@attack
def _():
    """The order of expectations over the same variable exchanged."""
    return rules.tonelli(X**2, (X, Y), (X,), arith(0 <= X**2))


@attack
def _():
    """The order exchanged as f ≥ 0 in the joint law only."""
    return rules.tonelli(X - Y, (X,), (Y,), arith(0 <= X - Y, given(Y <= X)))


@attack
def _():
    """E f(X, Y) = E E f(X, Y) without independence."""
    return rules.independence(X**2 * Y**2, ((X,), (Y,)), [arith(0 <= X**2 * Y**2)])


@attack
def _():
    """Independence of X and Z used for X and Y."""
    return rules.independence(
        X**2 * Y**2, ((X,), (Y,)), [assume(independent(X, Z)), arith(0 <= X**2 * Y**2)]
    )


@attack
def _():
    """Pairwise independence used for the three together."""
    facts = [assume(independent(X, Y)), assume(independent(X, Z)), arith(0 <= X**2 * (Y + Z) ** 2)]
    return rules.independence(X**2 * (Y + Z) ** 2, ((X,), (Y, Z)), facts)


@attack
def _():
    """Independence across a group that is not split."""
    facts = [assume(independent((X, Y), Z)), arith(0 <= X**2 * Y**2)]
    return rules.independence(X**2 * Y**2, ((X,), (Y,)), facts)


@attack
def _():
    """Independence of a variable from itself."""
    facts = [assume(independent(X, Y)), arith(0 <= X**2)]
    return rules.independence(X**2, ((X,), (X, Y)), facts)


@attack
def _():
    """E XY = E E XY for independent variables where the left side may not exist."""
    return rules.independence(X * Y, ((X,), (Y,)), [assume(independent(X, Y))])


@attack
def _():
    """Bienaymé where E f² may be infinite."""
    return rules.bienayme(omega, draws, given(finite(E(omega))))


@attack
def _():
    """Bienaymé with a summand that looks at the sample."""
    summand = omega + mean(omega, omega, draws)
    return rules.bienayme(summand, draws, given(finite(E(summand**2, omega))))


@attack
def _():
    """Bienaymé with 1/q²."""
    fair = variance()
    left, right = fair.conclusion.args
    return arith(eq(left, right / q), [fair, *given(finite(E(omega**2)), finite(E(omega)))])


@attack
def _():
    """Bienaymé without the square of the mean."""
    fair = variance()
    left = fair.conclusion.args[0]
    facts = [fair, *given(finite(E(omega**2)), finite(E(omega)))]
    return arith(eq(left, E(omega**2) / q), facts)


@attack
def _():
    """A sample's mean is unbiased where E f may be infinite."""
    return rules.unbiased(omega, draws, [])


@attack
def _():
    """A sample's mean is unbiased as another variable's expectation is finite."""
    return rules.unbiased(omega, draws, given(finite(E(X)), finite(E(omega + X, omega, X))))


@attack
def _():
    """A mean of what may be undefined is unbiased."""
    return rules.unbiased(1 / omega, draws, given(finite(E(omega)), finite(E(omega / omega))))


@attack
def _():
    """An unbiased mean with a summand that looks at the sample."""
    summand = omega + mean(omega, omega, draws)
    return rules.unbiased(summand, draws, given(finite(E(summand, omega))))


@attack
def _():
    """The unbiased mean of what is no sample."""
    return rules.unbiased(X, omega, given(finite(E(X)), finite(E(X, omega))))


def average() -> Theorem:
    """An unbiased mean with its hypothesis."""
    return rules.unbiased(omega, draws, given(finite(E(omega))))


@attack
def _():
    """The law of an unbiased mean replaced."""
    return rules.instance(average(), {omega: X})


@attack
def _():
    """A variable of an unbiased mean renamed onto the sample's law."""
    theorem = rules.unbiased(f(omega, Y), draws, given(finite(E(f(omega, Y), omega))))
    return rules.instance(theorem, {Y: omega})


@attack
def _():
    """The square of a mean is unbiased too."""
    facts = [average(), *given(finite(E(omega)), finite(E(mean(omega, omega, draws) ** 2)))]
    return arith(eq(E(mean(omega, omega, draws) ** 2), E(omega) ** 2), facts)


@attack
def _():
    """A mean over a sample that was drawn apart from Y is one over the joint law."""
    h = f(omega, Y)
    apart = rules.unbiased(h, draws, given(finite(E(h, omega))))
    joint = [E(mean(h, omega, draws), draws, Y), E(h, omega, Y)]
    return arith(eq(*joint), [apart, *given(*map(finite, joint))])


@attack
def _():
    """E X² = E X · X, a coefficient on the right that depends on the law."""
    return rules.linear(eq(E(X * X), E(X) * X), given(finite(E(X))))


@attack
def _():
    """E X² = X · E X, a coefficient on the left that depends on the law."""
    return rules.linear(eq(E(X * X), X * E(X)), given(finite(E(X))))


@attack
def _():
    """E (X/Y) = E X / Y under the joint law."""
    laws = (X, Y)
    facts = given(finite(E(X, *laws)), 0 < Y)
    return rules.linear(eq(E(X / Y, *laws), E(X, *laws) / Y), facts, given(0 < Y))


@attack
def _():
    """E (1/X) = 1/E X."""
    return rules.linear(eq(E(1 / X), 1 / E(X)), given(finite(E(X)), 0 < E(X)), given(0 < X))


@attack
def _():
    """A sample of three halves."""
    return rules.instance(arith(1 <= q), {q: number(Fraction(3, 2))})


@attack
def _():
    """A limit from the one value δ = 1."""
    one = eq(delta, 1)
    return rules.limit(arith(1 <= delta, given(one)), delta)


@attack
def _():
    """A ψ-norm of 0 put to use in a division by it."""
    theorem = rules.psi_elim(1, X, (X,), number(0))
    return rules.cut(arith(number(0) <= 0), theorem)


@attack
def _():
    """A value below a supremum, strictly."""
    top = sup(inner(u, z), (z, N))
    theorem = rules.at(top, [v], given(member(v, N)))
    return theorem if theorem.conclusion.op == "lt" else rules.symmetric(theorem)


@attack
def _():
    """f = 0 as E f ≤ 1."""
    return rules.vanishes(X**2, (X,), arith(0 <= X**2), assume(E(X**2) <= 1))


@attack
def _():
    """f = 0 as −1 ≤ f and E f ≤ 0."""
    return rules.vanishes(X, (X,), assume(number(-1) <= X), assume(E(X) <= 0))


@attack
def _():
    """f = 0 as E f ≤ 0 (without 0 ≤ f)."""
    return rules.vanishes(X, (X,), arith(0 <= X**2), assume(E(X) <= 0))


@attack
def _():
    """f = 0 as 0 ≤ f and E f ≤ 1."""
    return rules.vanishes(X**2, (X,), arith(0 <= X**2), assume(E(X**2) <= 1))


@attack
def _():
    """f(X, Y) = 0 in the joint law, as E_X f = 0 for almost every Y."""
    sign = arith(0 <= (X - Y) ** 2)
    return rules.vanishes((X - Y) ** 2, (X,), sign, assume(E((X - Y) ** 2, X) <= 0))


@attack
def _():
    """f is finite almost surely as its expectation may be."""
    return rules.almost_surely(E(X**2 * Y**2, X), (Y,), ())


@attack
def _():
    """f(X, Y) is finite in the joint law as E_X f is for almost every Y."""
    return rules.almost_surely(1 / (X - Y) ** 2, (X,), given(finite(E(1 / (X - Y) ** 2, X))))


# --- facts from elsewhere ----------------------------------------------------------------------

s_, t_ = sp.Symbol("s", real=True), sp.Symbol("t", real=True)
S, T = fixed("s"), fixed("t")


@cache
def exponential() -> Evidence:
    """1 + s ≤ e^s + c on [0, 1]."""
    claim = Enclosure(
        text="1 + s ≤ exp(s) + {c}", left=1 + s_, right=sp.exp(s_) + sp.Symbol("c"),
        box={s_: (0, 1)}, constants={"c": sp.Rational(1, 10)},
    )  # fmt: skip
    return check("e", claim, claim.but(c=sp.Rational(-1, 10)))


@cache
def binomial() -> Evidence:
    """(t + 1)² = t² + 2t + 1 for t > 0."""
    claim = Identity(
        text="(t+1)²", lhs=(t_ + 1) ** 2, rhs=t_**2 + sp.Symbol("c") * t_ + 1,
        domain={t_: (0, sp.oo)}, constants={"c": 2},
    )  # fmt: skip
    return check("b", claim, claim.but(c=sp.Rational(21, 10)))


@cache
def normal_moment() -> Evidence:
    """E g² = 1."""
    y = sp.Symbol("y", real=True)
    claim = Identity(
        text="E g² = {c}",
        lhs=sp.Integral(y**2 * sp.exp(-(y**2) / 2) / sp.sqrt(2 * sp.pi), (y, -sp.oo, sp.oo)),
        rhs=sp.Symbol("c"), domain={}, constants={"c": 1},
    )  # fmt: skip
    return check("m", claim, claim.but(c=sp.Rational(11, 10)))


@cache
def half_line() -> Evidence:
    """∫ of the density over [0, ∞) = 1/2."""
    y = sp.Symbol("y", real=True)
    claim = Identity(
        text="P(g > 0) = {c}",
        lhs=sp.Integral(sp.exp(-(y**2) / 2) / sp.sqrt(2 * sp.pi), (y, 0, sp.oo)),
        rhs=sp.Symbol("c"), domain={}, constants={"c": sp.Rational(1, 2)},
    )  # fmt: skip
    return check("h", claim, claim.but(c=sp.Rational(51, 100)))


def forged(claim: Any, outcome: Outcome) -> Evidence:
    """Evidence that no procedure gave: the rules must be right for any claim, proved or not."""
    evidence = object.__new__(Evidence)
    for name, value in (("name", "forged"), ("claim", claim), ("finding", Finding(outcome))):
        object.__setattr__(evidence, name, value)
    return evidence


@attack
def _():
    """An enclosure that was refuted."""
    claim = Enclosure(text="", left=1 + s_, right=s_, box={s_: (0, 1)})
    evidence = forged(claim, Outcome.REFUTED)
    return rules.enclosed(Sequent((0 <= S, S <= 1), 1 + S <= S), evidence)


@attack
def _():
    """An inequality in two symbols of one name, taken for one in one variable."""
    other = sp.Symbol("s", negative=True)
    claim = Enclosure(text="", left=other, right=s_ - 1, box={s_: (0, 1), other: (-2, -1)})
    evidence = forged(claim, Outcome.PROVED)
    return rules.enclosed(Sequent((-2 <= S, S <= -1), S <= S - 1), evidence)


TENTH = number(Fraction(1, 10))


@attack
def _():
    """An enclosure of another inequality."""
    return rules.enclosed(Sequent((0 <= S, S <= 1), 1 + S <= exp(S)), exponential())


@attack
def _():
    """An enclosure beyond its box."""
    return rules.enclosed(Sequent((0 <= S, S <= 2), 1 + S <= exp(S) + TENTH), exponential())


@attack
def _():
    """An enclosure without its lower end."""
    return rules.enclosed(Sequent((S <= 1,), 1 + S <= exp(S) + TENTH), exponential())


@attack
def _():
    """A strict inequality from a weak enclosure."""
    return rules.enclosed(Sequent((0 <= S, S <= 1), 1 + S < exp(S) + TENTH), exponential())


@attack
def _():
    """An equation from an enclosure."""
    return rules.enclosed(Sequent((0 <= S, S <= 1), eq(1 + S, exp(S) + TENTH)), exponential())


@attack
def _():
    """An enclosure of another variable."""
    return rules.enclosed(Sequent((0 <= T, T <= 1), 1 + T <= exp(T) + TENTH), exponential())


@attack
def _():
    """An enclosure whose box is bounded by a variable."""
    return rules.enclosed(Sequent((0 <= S, S <= T), 1 + S <= exp(S) + TENTH), exponential())


@attack
def _():
    """An enclosure's bounds on a random variable (they hold almost surely)."""
    R = random("s")
    return rules.enclosed(Sequent((0 <= R, R <= 1), 1 + R <= exp(R) + TENTH), exponential())


@attack
def _():
    """An identity taken for an enclosure."""
    return rules.enclosed(Sequent((0 < T,), (T + 1) ** 2 <= T**2 + 2 * T + 1), binomial())


@attack
def _():
    """An enclosure taken for an identity."""
    return rules.identity(Sequent((0 <= S, S <= 1), eq(1 + S, exp(S) + TENTH)), exponential())


@attack
def _():
    """An identity on an interval at its end, which the check did not cover."""
    return rules.identity(Sequent((0 <= T,), eq((T + 1) ** 2, T**2 + 2 * T + 1)), binomial())


@attack
def _():
    """An identity without its domain."""
    return rules.identity(Sequent((), eq((T + 1) ** 2, T**2 + 2 * T + 1)), binomial())


@attack
def _():
    """Another identity."""
    return rules.identity(Sequent((0 < T,), eq((T + 1) ** 2, T**2 + 3 * T + 1)), binomial())


@attack
def _():
    """An inequality from an identity."""
    return rules.identity(Sequent((0 < T,), (T + 1) ** 2 <= T**2 + 2 * T + 1), binomial())


@attack
def _():
    """An identity with a factor that SymPy cancels, where it vanishes."""
    one = (T - 1) / (T - 1)
    return rules.identity(Sequent((0 < T,), eq((T + 1) ** 2 * one, T**2 + 2 * T + 1)), binomial())


@attack
def _():
    """An enclosure with a factor that SymPy cancels, where it vanishes."""
    goal = Sequent((0 <= S, S <= 1), (1 + S) * (S / S) <= exp(S) + TENTH)
    return rules.enclosed(goal, exponential())


@attack
def _():
    """An identity on {0, 1} taken for one on the interval between."""
    claim = Identity(
        text="t² = {c} t",
        lhs=t_**2,
        rhs=sp.Symbol("c") * t_,
        domain={t_: {0, 1}},
        constants={"c": 1},
    )
    evidence = check("t", claim, claim.but(c=sp.Rational(11, 10)))
    return rules.identity(Sequent((0 < T, T < 1), eq(T**2, T)), evidence)


@attack
def _():
    """E g² = −(√−1)², which SymPy takes for 1."""
    value = -(sqrt(number(-1)) ** 2)
    return rules.gaussian(Sequent((standard_normal(g),), eq(E(g**2), value)), normal_moment())


@attack
def _():
    """E(−(√−1)² g²) = 1, an integral that SymPy takes for a real one."""
    body = -(sqrt(number(-1)) ** 2) * g**2
    return rules.gaussian(Sequent((standard_normal(g),), eq(E(body), 1)), normal_moment())


@attack
def _():
    """E|g| = 0, by an integral in which |y| was taken for y."""
    y = sp.Symbol("y", positive=True)
    claim = Identity(
        text="∫ yφ = {c}",
        lhs=sp.Integral(y * sp.exp(-(y**2) / 2) / sp.sqrt(2 * sp.pi), (y, -sp.oo, sp.oo)),
        rhs=sp.Symbol("c"), domain={}, constants={"c": 0},
    )  # fmt: skip
    evidence = check("odd", claim, claim.but(c=sp.Rational(1, 10)))
    return rules.gaussian(Sequent((standard_normal(g),), eq(E(abs(g)), 0)), evidence)


@attack
def _():
    """E g² = Σ over the integers."""
    y = sp.Symbol("y", real=True)
    density = sp.exp(-(y**2) / 2) / sp.sqrt(2 * sp.pi)
    claim = Identity(
        text="sum", lhs=sp.Sum(y**2 * density, (y, -sp.oo, sp.oo)), rhs=sp.Symbol("c"), domain={},
        constants={"c": 2},
    )  # fmt: skip
    evidence = forged(claim, Outcome.PROVED)
    return rules.gaussian(Sequent((standard_normal(g),), eq(E(g**2), 2)), evidence)


@attack
def _():
    """E(y g) = E g² for a fixed y of the integration variable's name."""
    y = sp.Symbol("y", real=True)
    claim = Identity(
        text="y twice",
        lhs=sp.Integral(y**2 * sp.exp(-(y**2) / 2) / sp.sqrt(2 * sp.pi), (y, -sp.oo, sp.oo)),
        rhs=sp.Symbol("c"), domain={y: (-sp.oo, sp.oo)}, constants={"c": 1},
    )  # fmt: skip
    evidence = forged(claim, Outcome.PROVED)
    return rules.gaussian(Sequent((standard_normal(g),), eq(E(g * fixed("y"), g), 1)), evidence)


@attack
def _():
    """A variable's data in a container of one's own."""

    class Container(tuple):  # type: ignore[type-arg]
        __slots__ = ()

    return Term("var", (), Container(("K", "fixed", "R", "K")))


@attack
def _():
    """E g² = 2, by an integral over a second variable too."""
    y, w = sp.symbols("y w", real=True)
    density = sp.exp(-(y**2) / 2) / sp.sqrt(2 * sp.pi)
    claim = Identity(
        text="double", lhs=sp.Integral(y**2 * density, (y, -sp.oo, sp.oo), (w, 0, 2)),
        rhs=sp.Symbol("c"), domain={}, constants={"c": 2},
    )  # fmt: skip
    evidence = forged(claim, Outcome.PROVED)
    return rules.gaussian(Sequent((standard_normal(g),), eq(E(g**2), 2)), evidence)


@attack
def _():
    """E g² = 1 for a variable that is not normal."""
    return rules.gaussian(Sequent((), eq(E(g**2), 1)), normal_moment())


@attack
def _():
    """E X² = 1 as g is normal."""
    return rules.gaussian(Sequent((standard_normal(g),), eq(E(X**2), 1)), normal_moment())


@attack
def _():
    """E g² = 2."""
    return rules.gaussian(Sequent((standard_normal(g),), eq(E(g**2), 2)), normal_moment())


@attack
def _():
    """E g⁴ = 1."""
    return rules.gaussian(Sequent((standard_normal(g),), eq(E(g**4), 1)), normal_moment())


@attack
def _():
    """E 1 = 1/2, by an integral over half the line."""
    half = number(Fraction(1, 2))
    return rules.gaussian(Sequent((standard_normal(g),), eq(E(1, g), half)), half_line())


@attack
def _():
    """A Gaussian integral from an identity that is none."""
    return rules.gaussian(Sequent((standard_normal(g),), eq(E(g**2), 1)), binomial())


@attack
def _():
    """A Gaussian integral from an inequality."""
    return rules.gaussian(Sequent((standard_normal(g),), E(g**2) <= 1), normal_moment())


@attack
def _():
    """A claim that calls itself an enclosure."""
    from dataclasses import dataclass

    @dataclass(frozen=True, kw_only=True)
    class Enclosure(Identity):
        kind = "enclosure"
        left: Any = 0
        right: Any = 0
        box: Any = ()

        def decide(self) -> Finding:
            wrong = self.constants["c"] != 1
            return Finding(Outcome.REFUTED if wrong else Outcome.PROVED)

    claim = Enclosure(
        text="", lhs=0, rhs=0, domain={}, left=s_, right=s_ - 1, box={s_: (-sp.oo, sp.oo)},
        constants={"c": 1},
    )  # fmt: skip
    evidence = forged(claim, Outcome.PROVED)
    return rules.enclosed(Sequent((), S <= S - 1), evidence)


@attack
def _():
    """A claim of a class that decides as it likes."""
    from dataclasses import dataclass

    from memorize.kernel import Claim

    @dataclass(frozen=True, kw_only=True)
    class Obliging(Claim):
        kind = "enclosure"

        def decide(self) -> Finding:
            return Finding(Outcome.PROVED if self.constants["c"] == 1 else Outcome.REFUTED)

    claim = Obliging(text="", constants={"c": 1})
    return check("x", claim, claim.but(c=2))


@attack
def _():
    """No evidence at all for an enclosure."""
    return rules.enclosed(Sequent((0 <= S, S <= 1), S <= 0), None)


@attack
def _():
    """A statement that is not declared."""
    return rules.earlier("G.L9999")


# --- proofs ------------------------------------------------------------------------------------


@attack
def _():
    """A proof that ends elsewhere."""
    proof = Proof(Sequent((), 0 <= K**2 + 1), title="")
    proof.have("a", 0 <= K**2, algebra())
    return proof.qed(lambda goal, facts: facts["a"])


@attack
def _():
    """A proof under a hypothesis that was not declared."""
    proof = Proof(Sequent((), 0 <= K), title="")
    return proof.qed(lambda goal, facts: assume(goal))


@attack
def _():
    """A side fact's own hypothesis kept silent."""
    proof = Proof(Sequent((), 0 <= K), title="")
    proof.have("a", 0 <= K, algebra("given 1"), given=[1 <= K])
    return proof.qed()


@attack
def _():
    """A line whose reason is no theorem."""
    proof = Proof(Sequent((), 0 <= K), title="")
    return proof.qed(lambda goal, facts: goal)


@attack
def _():
    """A line whose reason proves another line."""
    proof = Proof(Sequent((), 0 <= K), title="").chain(K)
    return proof.le(0, lambda goal, facts: arith(K <= K))


@attack
def _():
    """A reason that names no fact."""
    return Proof(Sequent((), 0 <= K), title="").qed(algebra("the obvious"))


@attack
def _():
    """A proof without a reason for its goal."""
    return Proof(Sequent((), 0 <= K), title="").qed()


@attack
def _():
    """A chain left open by another."""
    proof = Proof(Sequent((), 0 <= K), title="").chain(K)
    return proof.chain(L)


@attack
def _():
    """A line without a chain."""
    return Proof(Sequent((), 0 <= K), title="").le(K, algebra())


@attack
def _():
    """A second fact under the same label."""
    proof = Proof(Sequent((0 <= L,), 0 <= K), title="")
    return proof.have("h1", 0 <= L**2, algebra())


@attack
def _():
    """A line added after the end."""
    proof = Proof(Sequent((), 0 <= K**2), title="").qed(algebra())
    return proof.have("more", 0 <= L**2, algebra())


@attack
def _():
    """A proof recorded before its end."""
    return Proof(Sequent((), 0 <= K**2), title="").record()


@attack
def _():
    """A proof of a statement that is not declared."""
    return Proof("G.L9999")


@attack
def _():
    """An unknown statement as a reason."""
    return Proof(Sequent((), 0 <= K), title="").qed(statement("G.L9999"))


@attack
def _():
    """Words with something that is no evidence beside them."""
    return Proof(Sequent((), 0 <= K), title="").prose("clearly", evidence="seen")


@attack
def _():
    """Markov's inequality without 0 ≤ X."""
    from memorize.book.proof import markov

    goal = Sequent((0 < K, finite(E(X))), P(K <= X) <= E(X) / K)
    return Proof(goal, title="").qed(markov())


@attack
def _():
    """Jensen's inequality the wrong way round."""
    from memorize.book.proof import jensen

    return Proof(Sequent((finite(E(X)),), E(X**2) <= E(X) ** 2), title="").qed(jensen())


@attack
def _():
    """Jensen's inequality for a concave function."""
    from memorize.book.proof import jensen

    return Proof(Sequent((finite(E(X)),), -(E(X) ** 2) <= E(-(X**2))), title="").qed(jensen())


@attack
def _():
    """Cauchy–Schwarz with half the right side."""
    from memorize.book.proof import cauchy_schwarz

    return Proof(Sequent((), inner(u, v) <= norm(u) * norm(v) / 2), title="").qed(cauchy_schwarz())


@attack
def _():
    """Convexity of exp for a weight above 1."""
    from memorize.book.proof import convex

    return convex(a, b, weight=number(2))


@attack
def _():
    """exp is increasing, from a ≤ b not shown."""
    from memorize.book.proof import increasing

    return increasing(a, b)


# --- conditions of the normal form -------------------------------------------------------------


@attack
def _():
    """|K|³ = K³."""
    return arith(eq(abs(K) ** 3, K**3))


@attack
def _():
    """‖v‖³ = ⟨v, v⟩."""
    return arith(eq(norm(v) ** 3, inner(v, v)))


@attack
def _():
    """(√K)³ = K."""
    return arith(eq(sqrt(K) ** 3, K), given(0 <= K))


@attack
def _():
    """|K + 1| = |K|, as if the size of a sum were that of a product."""
    return arith(eq(abs(K + 1), abs(K)))


@attack
def _():
    """0 ≤ ⟨v, A A v⟩ for a linear map that need not be symmetric."""
    A = matrix("A", "d", "d")
    return arith(0 <= inner(v, A @ (A @ v)))


@attack
def _():
    """eᴷ ≤ 0, as if what is not 0 stood in every relation to it."""
    return arith(exp(K) <= 0)


@attack
def _():
    """E Y finite, as E X = E Y: both may be infinite."""
    return arith(finite(E(Y)), given(eq(E(X), E(Y))))


@attack
def _():
    """exp|K| = K, as if |K| were the logarithm of K."""
    return arith(eq(exp(abs(K)), K))


@attack
def _():
    """exp(w ln a) = a."""
    return arith(eq(exp(fixed("w") * log(a)), a), given(0 < a))


@attack
def _():
    """exp((ln a)²) = a."""
    return arith(eq(exp(log(a) ** 2), a), given(0 < a))


@attack
def _():
    """E (√(XY))² finite, as E (XY)²/(XY) is: XY ≠ 0 is not XY ≥ 0."""
    return arith(finite(E(sqrt(X * Y) ** 2)), given(finite(E((X * Y) ** 2 / (X * Y)))))


@attack
def _():
    """sup ⟨z, Bw⟩ = sup ⟨w, Bw⟩ over z and w on the sphere, as if they were one variable."""
    w, B = vector("w", "d"), matrix("B", "d", "d")
    across, along = (
        sup(sup(body, (w, sphere("d"))), (z, sphere("d")))
        for body in (inner(z, B @ w), inner(w, B @ w) + 0 * inner(z, z))
    )
    return arith(eq(across, along), given(finite(across), finite(along)))


@attack
def _():
    """(K + 1)² = K²."""
    return arith(eq((K + 1) ** 2, K * K))


@attack
def _():
    """⟨u, v⟩² = ⟨u, u⟩."""
    return arith(eq(inner(u, v) ** 2, inner(u, u)))


@attack
def _():
    """(K²)² = K."""
    return arith(eq((K**2) ** 2, K))


@attack
def _():
    """|K²| = |K| K."""
    return arith(eq(abs(K**2), abs(K) * K))


@attack
def _():
    """K = L, as if they had one inverse."""
    return arith(eq(K, L), given(1 / K + L / K + 1 / L <= a))


@attack
def _():
    """1/K = K."""
    return arith(eq(1 / K, K), given(0 < K))


@attack
def _():
    """v² = w², by names in which the square of a size is read."""
    total = sum((fixed(f"letter{i}") for i in range(10)), number(0))
    one, two = fixed("wwwwletter1"), fixed("vvvvletter1")
    return arith(eq(total + one**2, total + two**2))


@attack
def _():
    """A sample of an average, called by the name of a kind."""
    return sample("T", mean(f(omega), omega, sample("random", omega, q)), q)


# --- ill-formed nodes --------------------------------------------------------------------------

y, A, p = vector("y", "q"), matrix("A", "q", "d"), K <= L
ONE_X = (X,)
ILL_FORMED: tuple[tuple[str, tuple[Any, ...], Any], ...] = (
    ("num", (K,), Fraction(1)), ("num", (), 1), ("nothing", (), Fraction(1)),
    ("var", (L,), ("K", "fixed", "R", "K")), ("nothing", (), ("K", "fixed", "R", "K")),
    ("nothing", (K, L), None), ("add", (K, L, K), None), ("add", (p, p), None),
    ("add", (K, v), None), ("sub", (v, y), None),
    ("neg", (K, L), None), ("neg", (p,), None), ("nothing", (K,), None),
    ("nothing", (K, v), None), ("mul", (K, L, K), None), ("mul", (v, K), None),
    ("mul", (K, p), None),
    ("div", (K, L, K), None), ("div", (K, v), None), ("div", (p, K), None),
    ("exp", (v,), None), ("max", (K,), None), ("log", (K, L), None),
    ("pow", (K, L), 2), ("pow", (v,), 2), ("pow", (K,), -1), ("pow", (K,), Fraction(1, 2)),
    ("nothing", (K,), 2), ("root", (K, L), 2), ("root", (v,), 2), ("root", (K,), Fraction(5, 2)),
    ("root", (K,), 1),
    ("nothing", (v, v), None), ("inner", (v, v, v), None), ("inner", (K, K), None),
    ("inner", (v, y), None),
    ("nothing", (v,), None), ("norm", (v, v), None), ("norm", (K,), None),
    ("nothing", (A,), None), ("adjoint", (A, A), None), ("adjoint", (vector("s", "a:b"),), None),
    ("nothing", (A, v), None), ("apply", (A, v, v), None), ("apply", (A, y), None),
    ("apply", (vector("s", "q:d"), v), None),
    ("nothing", (K,), f), ("app", (K,), L), ("app", (), f), ("app", (p,), f),
    ("E", (X, Y), ONE_X), ("E", (x,), (x,)), ("psi", (x,), (2, (x,))),
    ("nothing", (K,), ()), ("sup", (inner(z, z),), (z,)), ("sup", (p, sphere("d")), (z,)),
    ("nothing", (p,), None), ("ind", (p, p), None), ("ind", (finite(K),), None),
    ("nothing", (N, v), None), ("near", (N, v, v), None), ("near", (v, v), None),
    ("near", (N, y), None),
    ("nothing", (), "d"), ("sphere", (K,), "d"), ("pole", (K,), "d"),
    ("le", (K, L, K), None), ("le", (v, v), None), ("lt", (K,), None),
    ("finite", (K, L), None), ("finite", (v,), None),
    ("nothing", (v, N), None), ("member", (v, N, N), None), ("member", (N, N), None),
    ("member", (y, N), None),
    ("nothing", (N, eps), None), ("net", (N, eps, eps), None), ("net", (K, eps), None),
    ("net", (sphere("d"), eps), None), ("net", (N, v), None),
    ("nothing", (), ()), ("indep", (K,), ((X,), (Y,))), ("normal", (X, Y), None),
    ("normal", (x,), None),
    ("every", (p, p), (K,)), ("every", (K,), (L,)),
)  # fmt: skip
for place, node in enumerate(ILL_FORMED):
    ATTACKS[f"Ill-formed {place}: {node[0]} of {node[1]} with {node[2]}"] = partial(Term, *node)
