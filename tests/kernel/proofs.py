"""The proofs that the chapters copy, each as a function: they are what the kernel must carry."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import sympy as sp

from memorize.book.proof import (
    Proof,
    algebra,
    at,
    bienayme,
    by_cases,
    constant,
    convex,
    cs,
    dominated_by,
    gaussian,
    increasing,
    jensen,
    least,
    lemma,
    limit,
    linearity,
    marginal,
    near,
    nonneg,
    on_net,
    positive,
    psi_elim,
    psi_intro,
    specialise,
    steps,
    tangent,
    tonelli,
    unbiased,
    under_E,
)
from memorize.evidence.identity import Identity
from memorize.kernel import (
    E,
    Evidence,
    P,
    Sequent,
    Term,
    check,
    count,
    eq,
    every,
    exp,
    finite,
    fixed,
    function,
    inner,
    is_net,
    log,
    matrix,
    mean,
    member,
    nearest,
    norm,
    points,
    pole,
    psi,
    random,
    random_vector,
    rules,
    sample,
    sphere,
    sqrt,
    standard_normal,
    sup,
    vector,
)

X, Y, g = random("X"), random("Y"), random("g")
K, L, M, t, s, c = (fixed(n) for n in ("K", "L", "M", "t", "s", "c"))
delta = fixed("delta")


def size(p: int, f: Term, k: Term) -> Term:
    """|f|^p/k^p as the proofs write it."""
    return abs(f) / k if p == 1 else f**2 / k**2


@cache
def product_scaled() -> Proof:
    """‖XY‖ψ1 ≤ KL where ‖X‖ψ2 ≤ K and ‖Y‖ψ2 ≤ L."""
    u, v = X**2 / K**2, Y**2 / L**2
    q = Proof(
        Sequent((0 < K, 0 < L, psi(2, X) <= K, psi(2, Y) <= L), psi(1, X * Y) <= K * L),
        title="product, scaled",
    ).names("K", "L", "X", "Y")
    q.have("x", E(exp(u)) <= 2, psi_elim("K", "X"))
    q.have("y", E(exp(v)) <= 2, psi_elim("L", "Y"))
    q.have("ab", abs(X * Y) / (K * L) <= (u + v) / 2, algebra("K", "L"))
    q.chain(E(exp(abs(X * Y) / (K * L))))
    q.le(
        E(exp((u + v) / 2)),
        under_E(
            "K",
            "L",
            hints=lambda f: [
                increasing(abs(X * Y) / (K * L), (u + v) / 2, f["ab"], f["K"], f["L"])
            ],
        ),
    )
    q.le(E((exp(u) + exp(v)) / 2), under_E("K", "L"))
    q.eq((E(exp(u)) + E(exp(v))) / 2, linearity("K", "L", "x", "y"))
    q.le(2, algebra("x", "y"))
    return q.qed(psi_intro("K", "L", "chain"))


@cache
def product() -> Proof:
    """‖XY‖ψ1 ≤ ‖X‖ψ2 ‖Y‖ψ2."""
    x, y = psi(2, X), psi(2, Y)
    q = Proof(Sequent((finite(x), finite(y)), psi(1, X * Y) <= x * y), title="product")
    core = product_scaled().theorem
    assert core is not None
    q.have(
        "d",
        psi(1, X * Y) <= (x + delta) * (y + delta),
        lemma(core, {K: x + delta, L: y + delta}),
        given=[0 < delta],
    )
    return q.qed(limit("d", delta, "h1", "h2"))


@cache
def triangle_scaled(p: int) -> Proof:
    """‖X + Y‖ ≤ K + L where ‖X‖ ≤ K and ‖Y‖ ≤ L: convexity of exp(|·|^p)."""
    u, v, w = size(p, X, K), size(p, Y, L), size(p, X + Y, K + L)
    weight = L / (K + L)
    between = (1 - weight) * u + weight * v
    q = Proof(
        Sequent((0 < K, 0 < L, psi(p, X) <= K, psi(p, Y) <= L), psi(p, X + Y) <= K + L),
        title=f"triangle inequality, p = {p}, scaled",
    ).names("K", "L", "X", "Y")
    q.have("x", E(exp(u)) <= 2, psi_elim("K", "X"))
    q.have("y", E(exp(v)) <= 2, psi_elim("L", "Y"))
    q.have("w", w <= between, algebra("K", "L"))
    q.chain(E(exp(w)))
    q.le(
        E(exp(between)),
        under_E("K", "L", hints=lambda f: [increasing(w, between, f["w"], f["K"], f["L"])]),
    )
    q.le(
        E((1 - weight) * exp(u) + weight * exp(v)),
        under_E("K", "L", hints=lambda f: [convex(u, v, f["K"], f["L"], weight=weight)]),
    )
    q.eq((1 - weight) * E(exp(u)) + weight * E(exp(v)), linearity("K", "L", "x", "y"))
    q.le(2, algebra("K", "L", "x", "y"))
    return q.qed(psi_intro("K", "L", "chain"))


@cache
def triangle(p: int) -> Proof:
    """‖X + Y‖ ≤ ‖X‖ + ‖Y‖."""
    x, y = psi(p, X), psi(p, Y)
    q = Proof(
        Sequent((finite(x), finite(y)), psi(p, X + Y) <= x + y),
        title=f"triangle inequality, p = {p}",
    )
    core = triangle_scaled(p).theorem
    assert core is not None
    q.have(
        "d",
        psi(p, X + Y) <= (x + delta) + (y + delta),
        lemma(core, {K: x + delta, L: y + delta}),
        given=[0 < delta],
    )
    return q.qed(limit("d", delta, "h1", "h2"))


@cache
def multiple(p: int) -> Proof:
    """‖cX‖ ≤ sK where |c| ≤ s and ‖X‖ ≤ K."""
    u, v = size(p, X, K), size(p, c * X, s * K)
    q = Proof(
        Sequent((0 < K, 0 < s, abs(c) <= s, psi(p, X) <= K), psi(p, c * X) <= s * K),
        title=f"multiples, p = {p}, scaled",
    ).names("K", "s", "c", "X")
    q.have("x", E(exp(u)) <= 2, psi_elim("K", "X"))
    q.have("r", abs(c) / s <= 1, algebra("s", "c"))
    q.have("e", size(p, c * X, s * K) <= u, multiple_pointwise(p))
    q.chain(E(exp(v)))
    q.le(
        E(exp(u)),
        under_E("K", "s", hints=lambda f: [increasing(v, u, f["e"], f["K"], f["s"])]),
    )
    q.le(2, algebra("x"))
    return q.qed(psi_intro("K", "s", "chain"))


def multiple_pointwise(p: int):  # type: ignore[no-untyped-def]
    """|cX|^p/(sK)^p ≤ |X|^p/K^p, as |c|/s ≤ 1."""
    u = size(p, X, K)
    ratio = abs(c) / s if p == 1 else (abs(c) / s) ** 2
    return steps(
        (ratio <= 1, algebra("r", "s")),
        (0 <= u, algebra("K")),
        (ratio * u <= u, algebra("step 1", "step 2", "K", "s")),
        (size(p, c * X, s * K) <= u, algebra("step 3", "K", "s")),
    )


@cache
def homogeneity(p: int) -> Proof:
    """‖cX‖ = |c| ‖X‖ for fixed c."""
    x, cx = psi(p, X), psi(p, c * X)
    q = Proof(Sequent((finite(x),), eq(cx, abs(c) * x)), title=f"homogeneity, p = {p}").names("X")
    up, down = multiple(p).theorem, divided(p).theorem
    assert up is not None
    assert down is not None
    q.have(
        "d",
        cx <= (abs(c) + delta) * (x + delta),
        lemma(up, {K: x + delta, s: abs(c) + delta}),
        given=[0 < delta],
    )
    q.have("le", cx <= abs(c) * x, limit("d", delta, "X"))
    q.have(
        "back",
        abs(c) * x <= cx + delta,
        lemma(down, {K: cx + delta}, "X", "le", "given 1", "given 2"),
        given=[0 < delta, 0 < abs(c)],
    )
    q.have("back 0", abs(c) * x <= cx, limit("back", delta, "X", "le"), given=[0 < abs(c)])
    q.have(
        "ge",
        abs(c) * x <= cx,
        by_cases(abs(c), 0, algebra("case", "X", "le"), lambda goal, facts: facts["back 0"]),
    )
    return q.qed(algebra("le", "ge", "X"))


@cache
def divided(p: int) -> Proof:
    """|c| ‖X‖ ≤ K where c ≠ 0 and ‖cX‖ ≤ K."""
    u = size(p, X, K / abs(c))
    q = Proof(
        Sequent((0 < abs(c), 0 < K, psi(p, c * X) <= K), abs(c) * psi(p, X) <= K),
        title=f"division, p = {p}",
    ).names("c", "K", "X")
    q.have("x", E(exp(size(p, c * X, K))) <= 2, psi_elim("K", "X"))
    q.chain(E(exp(u)))
    q.eq(E(exp(size(p, c * X, K))), under_E("c", "K"))
    q.le(2, algebra("x"))
    q.end("m")
    q.have("k", psi(p, X) <= K / abs(c), psi_intro("c", "K", "m"))
    return q.qed(algebra("c", "K", "k"))


@cache
def mean_is_smaller(p: int) -> Proof:
    """exp(|E X|^p/K^p) ≤ 2 where ‖X‖ψp ≤ K: the norm of E X is at most the norm of X."""
    u = size(p, X, K)
    m = E(X)
    q = Proof(
        Sequent((0 < K, psi(p, X) <= K), exp(size(p, m, K)) <= 2),
        title=f"norm of the mean, p = {p}",
    ).names("K", "X")
    q.have("x", E(exp(u)) <= 2, psi_elim("K", "X"))
    q.have(
        "u",
        finite(E(u)),
        dominated_by(exp(u), "K", "x", hints=[rules.exp_above(u, [assumed(0 < K)])]),
    )
    q.have("Kx", eq(E(K * exp(u)), K * E(exp(u))), linearity("K", "x"))
    q.have(
        "m",
        finite(m),
        dominated_by(
            K * exp(u), "K", "x", "Kx",
            hints=[rules.exp_above(u, [assumed(0 < K)])],
        ),
    )  # fmt: skip
    q.have("Eu", size(p, m, K) <= E(u), jensen_for_size(p))
    q.chain(exp(size(p, m, K)))
    q.le(
        exp(E(u)),
        algebra(
            "K", "u", "m",
            hints=lambda f: [increasing(size(p, m, K), E(u), f["Eu"], f["K"], f["m"], f["u"])],
        ),
    )  # fmt: skip
    q.le(E(exp(u)), jensen("u", "K"))
    q.le(2, algebra("x"))
    q.end("all")
    return q.qed()


def assumed(formula: Term):  # type: ignore[no-untyped-def]
    """A hypothesis as a fact."""
    return rules.assume(formula)


def jensen_for_size(p: int):  # type: ignore[no-untyped-def]
    """|E X|^p/K^p ≤ E |X|^p/K^p."""
    m = E(X)
    if p == 1:
        return steps(
            (eq(E(K * (abs(X) / K)), K * E(abs(X) / K)), linearity("K", "u")),
            (eq(E(abs(X)), E(K * (abs(X) / K))), under_E("K")),
            (finite(E(abs(X))), algebra("K", "u", "step 1", "step 2")),
            (abs(m) <= E(abs(X)), jensen("step 3")),
            (abs(m) / K <= E(abs(X) / K), algebra("K", "u", "m", "step 1", "step 2", "step 4")),
        )
    return steps(
        (eq(E(K**2 * (X**2 / K**2)), K**2 * E(X**2 / K**2)), linearity("K", "u")),
        (eq(E(X**2), E(K**2 * (X**2 / K**2))), under_E("K")),
        (m**2 <= E(X**2), jensen("m")),
        (m**2 / K**2 <= E(X**2 / K**2), algebra("K", "u", "m", "step 1", "step 2", "step 3")),
    )


@cache
def centring(p: int) -> Proof:
    """‖X − E X‖ ≤ 2K where ‖X‖ ≤ K."""
    m = E(X)
    q = Proof(
        Sequent((0 < K, psi(p, X) <= K), psi(p, X - m, X) <= 2 * K),
        title=f"centring, p = {p}, scaled",
    ).names("K", "X")
    small, sum_ = mean_is_smaller(p).theorem, triangle_scaled(p).theorem
    assert small is not None
    assert sum_ is not None
    q.have("m", exp(size(p, m, K)) <= 2, lemma(small))
    q.have("c", eq(E(exp(size(p, -m, K))), exp(size(p, -m, K))), constant("K", "m"))
    q.have("k", psi(p, -m) <= K, psi_intro("K", "m", "c"))
    q.have("t", psi(p, X + -m, X) <= K + K, lemma(sum_, {Y: -m, L: K}))
    return q.qed(algebra("t"))


@cache
def bounded() -> Proof:
    """‖X‖ψ2 ≤ M/√ln 2 where |X| ≤ M."""
    top = M / sqrt(log(2))
    q = Proof(Sequent((0 < M, abs(X) <= M), psi(2, X) <= top), title="bounded").names("M", "X")
    q.have("ln 2", 0 < log(2), algebra(hints=[rules.exp_above(-log(2))]))
    q.have("top", 0 < top, algebra("M", "ln 2"))
    q.have("x", X**2 / top**2 <= log(2), algebra("M", "X", "ln 2"))
    q.chain(E(exp(abs(X) ** 2 / top**2)))
    q.le(
        E(2, X),
        under_E(
            "M",
            "ln 2",
            hints=lambda f: [increasing(X**2 / top**2, log(2), f["x"], f["M"], f["ln 2"])],
        ),
    )
    q.eq(2, constant())
    return q.qed(psi_intro("top", "chain"))


@cache
def tail(p: int) -> Proof:
    """P(|X| ≥ t) ≤ 2 exp(−t^p/K^p) where ‖X‖ψp ≤ K: Markov's inequality."""
    u, v = size(p, X, K), (t / K if p == 1 else t**2 / K**2)
    q = Proof(
        Sequent((0 < K, 0 <= t, psi(p, X) <= K), P(t <= abs(X)) <= 2 * exp(-v)),
        title=f"tail, p = {p}",
    ).names("K", "t", "X")
    q.have("x", E(exp(u)) <= 2, psi_elim("K", "X"))
    q.chain(P(t <= abs(X)))
    q.le(
        E(exp(-v) * exp(u)),
        under_E("K", "t", hints=lambda f: [rules.exp_above(u - v, [f["K"]])]),
        gloss="where $|X| \\ge t$ the right side is at least 1",
    )
    q.eq(exp(-v) * E(exp(u)), linearity("K", "x"))
    q.le(2 * exp(-v), algebra("K", "x"))
    return q.qed()


@cache
def gaussian_integral() -> Evidence:
    """E exp(3g²/8) = 2, derived by SymPy."""
    x, a = sp.Symbol("x", real=True), sp.Symbol("a")
    claim = Identity(
        text="E exp({a} g²) = 2",
        lhs=sp.Integral(
            sp.exp(a * x**2) * sp.exp(-(x**2) / 2) / sp.sqrt(2 * sp.pi), (x, -sp.oo, sp.oo)
        ),
        rhs=sp.Integer(2),
        domain={},
        constants={"a": sp.Rational(3, 8)},
    )
    return check("Gaussian integral", claim, claim.but(a=sp.Rational(39, 100)))


@cache
def gaussian_norm() -> Proof:
    """‖σ g‖ψ2 ≤ √(8/3) σ for a standard normal g."""
    sigma = fixed("sigma")
    top = sqrt(sp_fraction(8, 3)) * sigma
    q = Proof(Sequent((standard_normal(g), 0 < sigma), psi(2, sigma * g) <= top), title="Gaussian")
    q.have(
        "I",
        eq(E(exp(sp_fraction(3, 8) * g**2)), 2),
        gaussian(gaussian_integral(), standard_normal(g)),
    )
    q.chain(E(exp(abs(sigma * g) ** 2 / top**2)))
    q.eq(E(exp(sp_fraction(3, 8) * g**2)), under_E("h2", by=same_exponent(sigma, top)))
    q.eq(2, algebra("I"))
    return q.qed(psi_intro("h2", "chain"))


@cache
def gaussian_square() -> Evidence:
    """E g² exp(3g²/8) = 8, derived by SymPy."""
    x, a = sp.Symbol("x", real=True), sp.Symbol("a")
    claim = Identity(
        text="E g² exp({a} g²) = 8",
        lhs=sp.Integral(
            x**2 * sp.exp(a * x**2) * sp.exp(-(x**2) / 2) / sp.sqrt(2 * sp.pi),
            (x, -sp.oo, sp.oo),
        ),
        rhs=sp.Integer(8),
        domain={},
        constants={"a": sp.Rational(3, 8)},
    )
    return check("Gaussian integral, times g²", claim, claim.but(a=sp.Rational(39, 100)))


@cache
def gaussian_lower() -> Proof:
    """√(8/3) s ≤ K where ‖s g‖ψ2 ≤ K: a larger exponent has a larger moment."""
    s_ = fixed("s")
    v, u = sp_fraction(3, 8) * g**2, (s_ * g) ** 2 / K**2
    ratio = s_**2 / K**2 - sp_fraction(3, 8)
    q = Proof(
        Sequent(
            (standard_normal(g), 0 < K, 0 <= s_, psi(2, s_ * g) <= K),
            sqrt(sp_fraction(8, 3)) * s_ <= K,
        ),
        title="Gaussian, lower bound",
    ).names("g", "K", "s", "norm")
    q.have("I", eq(E(exp(v)), 2), gaussian(gaussian_integral(), standard_normal(g)))
    q.have("J", eq(E(g**2 * exp(v)), 8), gaussian(gaussian_square(), standard_normal(g)))
    q.have("u", E(exp(u)) <= 2, psi_elim("K", "norm"))
    q.have(
        "line", eq(E(exp(v) + ratio * (g**2 * exp(v))), E(exp(v)) + ratio * E(g**2 * exp(v))),
        linearity("K", "I", "J"),
    )  # fmt: skip
    q.have(
        "below",
        E(exp(v) + ratio * (g**2 * exp(v))) <= E(exp(u)),
        under_E("K", "line", "I", "J", hints=lambda f: [tangent(u, v, [f["K"]])]),
        gloss="the tangent of exp at $3g^2/8$",
    )
    q.have("ratio", s_**2 / K**2 <= sp_fraction(3, 8), algebra("below", "line", "I", "J", "u", "K"))
    return q.qed(algebra("ratio", "K", "s"))


@cache
def gaussian_exact() -> Proof:
    """‖s g‖ψ2 = √(8/3) s."""
    s_ = fixed("s")
    top = sqrt(sp_fraction(8, 3))
    q = Proof(
        Sequent((standard_normal(g), 0 <= s_), eq(psi(2, s_ * g), top * s_)),
        title="Gaussian, exactly",
    ).names("g", "s")
    k = top * (s_ + delta)
    u = abs(s_ * g) ** 2 / k**2
    v = sp_fraction(3, 8) * g**2
    positive = [0 < delta]
    q.have("k", 0 < k, algebra("s", "given 1"), given=positive)
    q.have("I", eq(E(exp(v)), 2), gaussian(gaussian_integral(), standard_normal(g)))
    q.have("share", s_**2 / k**2 <= sp_fraction(3, 8), algebra("s", "given 1", "k"), given=positive)
    q.have("uv", u <= v, algebra("share", "k"), given=positive)
    q.have(
        "moment",
        E(exp(u)) <= E(exp(v)),
        under_E("k", hints=lambda f: [increasing(u, v, f["uv"], f["k"])]),
        given=positive,
    )
    q.have("two", E(exp(u)) <= 2, algebra("moment", "I", "k"), given=positive)
    q.have("upper", psi(2, s_ * g) <= k, psi_intro("k", "two"), given=positive)
    q.have("le", psi(2, s_ * g) <= top * s_, limit("upper", delta, "s"))
    lower = gaussian_lower().theorem
    assert lower is not None
    norm_ = psi(2, s_ * g)
    q.have(
        "lower",
        top * s_ <= norm_ + delta,
        lemma(lower, {K: norm_ + delta}, "g", "s", "le", "given 1"),
        given=positive,
    )
    q.have("ge", top * s_ <= norm_, limit("lower", delta, "s", "le"))
    return q.qed(algebra("le", "ge", "s"))


def same_exponent(sigma: Term, top: Term):  # type: ignore[no-untyped-def]
    """exp(σ²g²/(8σ²/3)) = exp(3g²/8)."""
    u, v = abs(sigma * g) ** 2 / top**2, sp_fraction(3, 8) * g**2

    def reason(goal, facts):  # type: ignore[no-untyped-def]
        known = [facts["h2"]]
        equal = rules.arith(eq(u, v), known)
        up = increasing(u, v, equal, *known)
        down = increasing(v, u, equal, *known)
        return rules.arith(goal, [up, down, *known])

    return reason


def sp_fraction(n: int, d: int):  # type: ignore[no-untyped-def]
    from fractions import Fraction

    return rules.number(Fraction(n, d))


W = matrix("W", "q", "d")
z, u, w = vector("z", "d"), vector("u", "q"), vector("w", "q")
eps = fixed("epsilon", r"\varepsilon")


@cache
def net_step(space: str, name: str) -> Proof:
    """(1 − ε²/2)‖a‖ ≤ sup over a net of ⟨b, a⟩."""
    net, a, b = points(name, space), vector(f"a_{space}", space), vector(f"b_{space}", space)
    top = sup(inner(b, a), (b, net))
    low = 1 - eps**2 / 2
    q = Proof(
        Sequent((is_net(net, eps), 0 <= eps), low * norm(a) <= top),
        title="a net sees almost the whole norm",
    ).names("net", "eps")
    unit, north = a / norm(a), nearest(net, pole(space))
    point = nearest(net, unit)
    positive = [0 < norm(a)]
    q.have("sign", 0 < norm(a), lambda goal, f: f["given 1"], given=positive)
    q.have("unit", eq(inner(unit, unit), 1), algebra("sign", hints=[nonneg(a)]), given=positive)
    q.have(
        "on",
        member(unit, sphere(space)),
        lambda goal, f: rules.cut(f["unit"], rules.on_sphere(unit, [f["sign"]])[1]),
        given=positive,
    )
    q.have(
        "in",
        member(point, net),
        lambda goal, f: rules.cut(f["on"], near(net, eps, unit, [f["sign"]])[0]),
        given=positive,
    )
    q.have(
        "near",
        norm(unit - point) <= eps,
        lambda goal, f: rules.cut(f["on"], near(net, eps, unit, [f["sign"]])[1]),
        given=positive,
    )
    q.have(
        "one",
        eq(inner(point, point), 1),
        lambda goal, f: rules.cut(f["in"], on_net(net, eps, point, f["sign"])),
        given=positive,
    )
    q.have(
        "square",
        inner(unit - point, unit - point) <= eps**2,
        algebra("near", "eps", "sign", hints=lambda f: [nonneg(unit - point, f["sign"])]),
        given=positive,
    )
    q.have(
        "cos",
        low <= inner(unit, point),
        algebra("square", "unit", "one", "sign"),
        given=positive,
    )
    q.have("at", inner(point, a) <= top, at(point, using=["sign"]), given=positive)
    q.have("norm > 0", low * norm(a) <= top, through(inner(point, a)), given=positive)
    q.have("pole", member(pole(space), sphere(space)), lambda goal, f: rules.pole_on_sphere(space))
    q.have(
        "north",
        member(north, net),
        lambda goal, f: rules.cut(f["pole"], near(net, eps, pole(space))[0]),
    )
    q.have("at north", inner(north, a) <= top, at(north))
    q.have(
        "norm = 0",
        low * norm(a) <= inner(north, a),
        algebra("given 1", hints=[cs(north, a), nonneg(a), nonneg(north)]),
        given=[norm(a) <= 0],
    )
    return q.qed(
        by_cases(
            norm(a),
            0,
            lambda goal, f: rules.trans(f["norm = 0"], f["at north"]),
            lambda goal, f: f["norm > 0"],
        )
    )


def through(middle: Term):  # type: ignore[no-untyped-def]
    """low‖a‖ ≤ ⟨u, a⟩ by the angle, and ⟨u, a⟩ is at most the supremum."""
    return lambda goal, f: rules.trans(
        rules.arith(goal.args[0] <= middle, [f["cos"], f["sign"]]), f["at"]
    )


@cache
def net_bound() -> Proof:
    """‖W‖ ≤ (1 − ε²/2)⁻² sup over two nets of ⟨u, Wz⟩."""
    nq, nd = points("N_q", "q"), points("N_d", "d")
    W, z = matrix("W", "q", "d"), vector("z", "d")
    bq, bd = vector("b_q", "q"), vector("b_d", "d")
    top = sup(inner(bq, W @ bd), (bq, nq), (bd, nd))
    low = 1 - eps**2 / 2
    operator = sup(norm(W @ z), (z, sphere("d")))
    q = Proof(
        Sequent(
            (is_net(nq, eps), is_net(nd, eps), 0 <= eps, eps**2 < 2, finite(top)),
            operator <= top / low**2,
        ),
        title="nets and the operator norm",
    ).names("N_q", "N_d", "eps", "fine", "top")
    left, right = net_step("q", "N_q").theorem, net_step("d", "N_d").theorem
    assert left is not None
    assert right is not None
    aq, ad = vector("a_q", "q"), vector("a_d", "d")
    across = sup(inner(bd, W.T @ bq), (bd, nd))

    def inside(goal, f):  # type: ignore[no-untyped-def]
        """⟨u, Wz⟩ ≤ T/low for u in the net: by Cauchy–Schwarz, and the net of the other side."""
        u_norm = norm(W.T @ bq)
        lower = lemma(right, {ad: W.T @ bq}, "N_d", "eps")(low * u_norm <= across, f)
        upper = least(at(bq, bd, using=["top"]))(across <= top, f)
        both = rules.trans(lower, upper)
        z_one = rules.on_sphere(z)[0]
        bound = rules.arith(
            inner(bq, W @ z) <= u_norm,
            [cs(W.T @ bq, z), z_one, nonneg(W.T @ bq)],
        )
        return rules.arith(goal, [both, bound, f["fine"], f["top"], f["eps"]])

    def column(goal, f):  # type: ignore[no-untyped-def]
        """‖Wz‖ ≤ T/low² for z on the sphere."""
        middle = sup(inner(bq, W @ z), (bq, nq))
        first = lemma(left, {aq: W @ z}, "N_q", "eps")(low * norm(W @ z) <= middle, f)
        second = least(inside)(middle <= top / low, f)
        return rules.arith(goal, [rules.trans(first, second), f["fine"], f["top"]])

    return q.qed(least(column))


# --- vector random features --------------------------------------------------------------------

omega, x, size_q, dim = random("omega"), random_vector("x", "d"), count("q"), count("d")
draws = sample("S", omega, size_q)
represent, scheme = function("fcheck", "d"), function("c")
C, R = fixed("C"), fixed("R")
h = scheme(omega, x) * inner(represent(omega), x)
target = E(h, omega)
error = E(E((mean(h, omega, draws) - target) ** 2, draws), x)
weight = E(inner(represent(omega), represent(omega)), omega)


def bounded_scheme() -> Term:
    """|c(ω, x)| ≤ C for all values."""
    w0, x0 = fixed("w_0"), vector("x_0", "d")
    return every((w0, x0), abs(scheme(w0, x0)) <= C)


def r_bounded() -> Term:
    """E⟨u, x⟩² ≤ (R²/d)‖u‖² for all u."""
    v = vector("v", "d")
    return every((v,), E(inner(v, x) ** 2, x) <= R**2 / dim * inner(v, v))


@cache
def master_identity() -> Proof:
    """E_x E_S (f_S − f)² = (E_x E_ω h² − E_x f²)/q."""
    square = E(E(h**2, omega), x)
    q = Proof(
        Sequent((finite(square),), eq(error, (square - E(target**2, x)) / size_q)),
        title="the exact error",
    ).names("finite")
    q.have(
        "each",
        finite(E(h**2, omega)),
        lambda goal, f: rules.almost_surely(E(h**2, omega), (x,), [f["finite"]]),
    )
    q.have(
        "mean",
        finite(target),
        finite_mean(h, omega),
    )
    q.have("jensen", target**2 <= E(h**2, omega), jensen("mean"))
    q.have(
        "f",
        finite(E(target**2, x)),
        square_finite,
    )
    q.chain(error)
    q.eq(E((E(h**2, omega) - target**2) / size_q, x), under_E("each", by=bienayme("each")))
    q.eq((square - E(target**2, x)) / size_q, linearity("finite", "f", "each", "mean"))
    return q.qed()


def square_finite(goal, f):  # type: ignore[no-untyped-def]
    """E f² is finite, as f² ≤ E h² and E E h² is finite."""
    below = rules.arith(abs(target**2) <= E(h**2, omega), [f["jensen"], f["each"], f["mean"]])
    return rules.dominated(below, (x,), [f["finite"]])


def finite_mean(f: Term, law: Term):  # type: ignore[no-untyped-def]
    """E f is finite as E f² is: |f| ≤ f² + 1."""

    def reason(goal, facts):  # type: ignore[no-untyped-def]
        one = rules.constant(1, (law,))
        whole = rules.linear(eq(E(f**2 + 1, law), E(f**2, law) + E(1, law)), [facts["each"], one])
        real = rules.arith(finite(E(f**2 + 1, law)), [whole, facts["each"], one])
        return rules.dominated(rules.arith(abs(f) <= f**2 + 1), (law,), [real])

    return reason


@cache
def rate() -> Proof:
    """E_x E_S (f_S − f)² ≤ R²C²/(qd) E‖f̌‖²."""
    q = Proof(
        Sequent(
            (bounded_scheme(), r_bounded(), finite(weight)),
            error <= R**2 * C**2 / (size_q * dim) * weight,
        ),
        title="the vector rate",
    ).names("C", "R", "f")
    flat = inner(represent(omega), x)
    length = inner(represent(omega), represent(omega))
    pair = E(E(flat**2, x), omega)
    q.have(
        "R at f",
        E(flat**2, x) <= R**2 / dim * length,
        lambda goal, f: specialise(r_bounded(), represent(omega)),
        gloss="R-boundedness at $u = \\check f(\\omega)$",
    )
    q.have(
        "c",
        abs(scheme(omega, x)) <= C,
        lambda goal, f: specialise(bounded_scheme(), omega, x),
    )
    q.have("c²", h**2 <= C**2 * flat**2, algebra("c"))
    q.have(
        "Rf",
        eq(E(R**2 / dim * length, omega), R**2 / dim * weight),
        linearity("f"),
    )
    q.have("pair", pair <= E(R**2 / dim * length, omega), under_E(by=lambda g, f: f["R at f"]))
    q.have("swap", eq(E(E(flat**2, omega), x), pair), tonelli("f"))
    q.have(
        "each flat",
        finite(E(flat**2, omega)),
        lambda goal, f: rules.almost_surely(
            E(flat**2, omega),
            (x,),
            [rules.arith(finite(E(E(flat**2, omega), x)), [f["swap"], f["pair"], f["Rf"], f["f"]])],
        ),
    )
    q.have("C flat", eq(E(C**2 * flat**2, omega), C**2 * E(flat**2, omega)), linearity("each flat"))
    q.have("h ≤", E(h**2, omega) <= C**2 * E(flat**2, omega), steps(
        (E(h**2, omega) <= E(C**2 * flat**2, omega), under_E("c")),
        (E(h**2, omega) <= C**2 * E(flat**2, omega), algebra("step 1", "C flat", "each flat")),
    ))  # fmt: skip
    q.have("total", eq(
        E(C**2 * E(flat**2, omega), x), C**2 * E(E(flat**2, omega), x)
    ), linearity("swap", "pair", "Rf", "f", "each flat"))  # fmt: skip
    q.have(
        "all",
        E(E(h**2, omega), x) <= E(C**2 * E(flat**2, omega), x),
        under_E(by=lambda g, f: f["h ≤"]),
    )
    q.have(
        "finite",
        finite(E(E(h**2, omega), x)),
        algebra("all", "total", "swap", "pair", "Rf", "f"),
    )
    q.have(
        "each",
        finite(E(h**2, omega)),
        lambda goal, f: rules.almost_surely(E(h**2, omega), (x,), [f["finite"]]),
    )
    q.have("mean", finite(target), finite_mean(h, omega))
    q.have("jensen", target**2 <= E(h**2, omega), jensen("mean"))
    q.have("f finite", finite(E(target**2, x)), square_finite)
    q.have("square", 0 <= E(target**2, x), positive())
    q.chain(error)
    exact = master_identity().theorem
    assert exact is not None
    q.eq((E(E(h**2, omega), x) - E(target**2, x)) / size_q, lemma(exact, {}, "finite"))
    q.le(
        E(E(h**2, omega), x) / size_q,
        algebra("finite", "square", "f finite"),
        gloss="$E f^2 \\ge 0$",
    )
    q.le(
        R**2 * C**2 / (size_q * dim) * weight,
        algebra("all", "total", "swap", "pair", "Rf", "f", "finite"),
    )
    return q.qed()


@cache
def lipschitz_loss() -> Proof:
    """E|ℓ(f_S(x), y) − ℓ(f(x), y)| ≤ Lε where ℓ is L-Lipschitz and the error is at most ε²."""
    loss, y = function("loss", latex=r"\\ell"), random("y")
    a, b, y0, e = fixed("a"), fixed("b"), fixed("y_0"), fixed("e")
    lipschitz = every((a, b, y0), abs(loss(a, y0) - loss(b, y0)) <= L * abs(a - b))
    guess = mean(h, omega, draws)
    v = (guess - target) ** 2
    gap = abs(loss(guess, y) - loss(target, y))
    square = E(E(h**2, omega), x)
    q = Proof(
        Sequent(
            (lipschitz, 0 <= L, 0 < e, finite(square), E(E(v, draws), x) <= e**2),
            E(E(gap, draws), x, y) <= L * e,
        ),
        title="Lipschitz losses",
    ).names("loss", "L", "e", "finite", "error")
    q.have(
        "each",
        finite(E(h**2, omega)),
        lambda goal, f: rules.almost_surely(E(h**2, omega), (x,), [f["finite"]]),
    )
    q.have("f", finite(target), finite_mean(h, omega))
    q.have(
        "v",
        finite(E(v, draws)),
        lambda goal, f: rules.almost_surely(
            E(v, draws), (x,), [rules.arith(finite(E(E(v, draws), x)), [f["error"], f["e"]])]
        ),
    )
    q.have(
        "gap",
        gap <= L * abs(guess - target),
        lambda goal, f: specialise(lipschitz, guess, target, y, facts=[f["f"]]),
    )
    q.have("pointwise", gap <= L * (v / (2 * e) + e / 2), algebra("gap", "L", "e", "f"))
    q.have(
        "wide",
        eq(E(E(v, draws), x, y), E(E(v, draws), x)),
        marginal("error", "e", "f"),
    )
    q.chain(E(E(gap, draws), x, y))
    q.le(
        E(E(L * (v / (2 * e) + e / 2), draws), x, y),
        under_E("f", by=under_E("f", by=lambda g, f: f["pointwise"])),
    )
    q.eq(
        E(L * (E(v, draws) / (2 * e) + e / 2), x, y),
        under_E("L", "e", "f", "v", by=linearity("L", "e", "f", "v")),
    )
    q.eq(
        L * (E(E(v, draws), x, y) / (2 * e) + e / 2),
        linearity("wide", "error", "e", "v", "f"),
    )
    q.le(L * e, algebra("wide", "error", "L", "e"))
    return q.qed()


@cache
def unbiased_mean(p: int) -> Proof:
    """E mean⟨f, ψ⟩ = E⟨f, ψ⟩ at an input y, from the p-th moment."""
    omega, n = random("omega"), count("n")
    draws, y = sample("D", omega, n), random_vector("y", "d")
    h = inner(function("f", "d")(omega), function("phi", "d")(omega, y))
    goal = eq(E(mean(h, omega, draws), draws), E(h, omega))
    return Proof(
        Sequent((finite(E(h**p, omega)),), goal), title=f"unbiased mean, from moment {p}"
    ).qed(unbiased("h1"))


ALL: dict[str, Callable[[], Proof]] = {
    "product": product,
    "product, scaled": product_scaled,
    "triangle, p = 1": lambda: triangle(1),
    "triangle, p = 2": lambda: triangle(2),
    "homogeneity, p = 1": lambda: homogeneity(1),
    "homogeneity, p = 2": lambda: homogeneity(2),
    "centring, p = 1": lambda: centring(1),
    "centring, p = 2": lambda: centring(2),
    "bounded": bounded,
    "tail, p = 1": lambda: tail(1),
    "tail, p = 2": lambda: tail(2),
    "Gaussian": gaussian_norm,
    "Gaussian, exactly": gaussian_exact,
    "net step": lambda: net_step("q", "N_q"),
    "net bound": net_bound,
    "exact error": master_identity,
    "vector rate": rate,
    "Lipschitz loss": lipschitz_loss,
    "unbiased mean, from E h": lambda: unbiased_mean(1),
    "unbiased mean, from E h²": lambda: unbiased_mean(2),
}
