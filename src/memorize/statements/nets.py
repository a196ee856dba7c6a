"""The statements of book/tails/nets.md."""

from fractions import Fraction

import sympy as sp

from memorize.kernel import (
    E,
    Sequent,
    eq,
    exp,
    finite,
    fixed,
    inner,
    is_net,
    matrix,
    member,
    norm,
    points,
    psi,
    random,
    sphere,
    sup,
    vector,
)
from memorize.statements import BoundFormula, Parameter, Statement, Term, declare

_positive = sp.Interval.open(0, sp.oo)
q, d = sp.symbols("q d", integer=True, positive=True)
K, s, delta, eps, t = sp.symbols("K s delta eps t", positive=True)
rows, columns = sp.symbols("rows columns", positive=True)
_q = Parameter(q, "rows of W", default=512, domain=sp.Interval(1, sp.oo))
_d = Parameter(d, "columns of W", default=512, domain=sp.Interval(1, sp.oo))


def _nets() -> Sequent:
    """Item 1 of Fact 8: e and f say that the two spheres are not empty."""
    N, M = points("N", "q"), points("M", "d", "N'")
    eps, eps2 = fixed("eps", r"\varepsilon"), fixed("eps2", r"\varepsilon'")
    W, x = matrix("W", "q", "d"), vector("x", "d")
    u, z, e, f = vector("u", "q"), vector("z", "d"), vector("e", "q"), vector("f", "d")
    top = sup(inner(u, W @ z), (u, N), (z, M))
    given = (
        *(is_net(N, eps), eps > 0, eps**2 < 2, member(e, sphere("q"))),
        *(is_net(M, eps2), eps2 > 0, eps2**2 < 2, member(f, sphere("d"))),
        finite(top),
    )
    factor = (1 - eps**2 / 2) * (1 - eps2**2 / 2)
    return Sequent(given, sup(norm(W @ x), (x, sphere("d"))) <= top / factor)


def _mgf() -> Sequent:
    X, K, mu = random("X"), fixed("K"), fixed("mu")
    given = (K > 0, psi(2, X) <= K, eq(E(X), 0))
    return Sequent(given, E(exp(mu * X)) <= exp(Fraction(25, 64) * mu**2 * K**2))


declare(
    Statement(
        id="G.F8",
        title="Nets and the operator norm",
        paper="G",
        number="Fact 8",
        chapter="tails/nets",
        kind="theorem",
        text=(
            r"Call a set $N$ of unit vectors of $\mathbb R^d$ an $\varepsilon$-net if every unit "
            r"vector of $\mathbb R^d$ is within Euclidean distance $\varepsilon$ of a point of "
            r"$N$. Let $W\in\mathbb R^{q\times d}$."
            "\n\n"
            r"1. If $N$ is a finite $\varepsilon$-net of the sphere of $\mathbb R^q$ and $N'$ a "
            r"finite $\varepsilon'$-net of the sphere of $\mathbb R^d$, with "
            r"$0<\varepsilon,\varepsilon'<\sqrt2$, then"
            "\n"
            r"   $$\|W\|\;\le\;\Bigl(1-\frac{\varepsilon^2}{2}\Bigr)^{-1}"
            r"\Bigl(1-\frac{\varepsilon'^2}{2}\Bigr)^{-1}\max_{u\in N,\,z\in N'}"
            r"\langle u,Wz\rangle .$$"
            "\n"
            r"2. For every $\varepsilon>0$ the sphere of $\mathbb R^d$ has an $\varepsilon$-net of "
            r"at most $(1+2/\varepsilon)^d$ points."
            "\n"
            r"3. Hence for every $0<\varepsilon\le1$ there are sets $S_{d,\varepsilon}$ of at most "
            r"$(1+\sqrt{7/\varepsilon})^d$ unit vectors such that "
            r"$\|W\|\le(1+\varepsilon)\max_{u\in S_{q,\varepsilon},\,z\in S_{d,\varepsilon}}"
            r"\langle u,Wz\rangle$ for every $W$."
        ),
        hypotheses=(r"$q,d\ge1$", r"in item 1, $0<\varepsilon,\varepsilon'<\sqrt2$"),
        printed=(
            r"There are subsets $S_{d,\varepsilon}\subset\mathbb S^{d-1}$ of size "
            r"$(1/\varepsilon)^{\Theta(d)}$ such that for every $W\in M_{q\times d}$ we have "
            r"$\|W\|\le(1+\varepsilon)\max_{u\in S_{q,\varepsilon},z\in S_{d,\varepsilon}}"
            r"\langle u,Wz\rangle$; the paper uses it at $\varepsilon=1$."
        ),
        changed=(
            r"At $\varepsilon=1$ the printed size is 1, whatever the exponent, and no two single "
            r"points measure a norm. Nor is $1+\varepsilon$ what an $\varepsilon$-net gives: the "
            r"factor is $(1-\varepsilon^2/2)^{-2}$, which is 4 at $\varepsilon=1$ and cannot be "
            r"lowered. In the paper's own form, with the factor $1+\varepsilon$, it takes "
            r"$(1+\sqrt{7/\varepsilon})^d$ points."
        ),
        erratum=True,
        counterexample=(
            r"The eight points $\pm e_i$ of $\mathbb R^4$ are a 1-net, and on the $4\times4$ "
            r"matrix of ones their maximum is 1 while the norm is 4, not at most 2. With one point "
            r"$u$, $z$ on each side the maximum is 0 on any matrix $W\ne0$ with $Wz=0$, and there "
            r"is one if $d\ge2$. Both run in the chapter, in exact arithmetic. (For $q=d=1$ the "
            r"maximum is $-1$ on $W=-uz$.)"
        ),
        formal=(_nets(),),
        bound=BoundFormula(
            quantity=r"\|W\|\big/\max_{u\in N,z\in N'}\langle u,Wz\rangle",
            parameters=(
                Parameter(eps, "fineness of the nets", 0.5, sp.Interval.open(0, sp.sqrt(2))),
            ),
            value=(1 - eps**2 / 2) ** -2,
            trivial=sp.oo,
        ),
        aliases=("Exercise 4.4.3 in Vershynin, with the factor 1/(1 − 2ε)",),
        mathlib=("Metric.coveringNumber_le_packingNumber",),
    )
)

declare(
    Statement(
        id="B.net.sharp",
        title="No better factor, and how many points any factor takes",
        paper="B",
        chapter="tails/nets",
        kind="theorem",
        text=(
            r"1. For all $q,d\ge2$ and $0<\varepsilon<\sqrt2$ there are finite $\varepsilon$-nets "
            r"$N$, $N'$ and a matrix $W\ne0$ with $\|W\|=(1-\varepsilon^2/2)^{-2}"
            r"\max_{u\in N,z\in N'}\langle u,Wz\rangle$."
            "\n"
            r"2. Let $f>1$, and let $S$, $S'$ be finite sets of unit vectors of $\mathbb R^q$ and "
            r"$\mathbb R^d$ with $\|W\|\le f\max_{u\in S,z\in S'}\langle u,Wz\rangle$ for every "
            r"$W\in\mathbb R^{q\times d}$. Then $|S'|\ge(1-f^{-2})^{-(d-1)/2}$. For $f=2$ that is "
            r"$(4/3)^{(d-1)/2}$."
        ),
        hypotheses=(r"item 1: $q,d\ge2$; item 2: $q,d\ge1$",),
    )
)

declare(
    Statement(
        id="B.mgf",
        title="Moment generating function of a centred sub-Gaussian variable",
        paper="B",
        chapter="tails/nets",
        kind="theorem",
        text=(
            r"If $\mathbb E X=0$ and $\|X\|_{\psi_2}\le K$, then for every real $\mu$"
            "\n"
            r"$$\mathbb E\,e^{\mu X}\;\le\;\exp\Bigl(\frac{25}{64}\,\mu^2K^2\Bigr).$$"
        ),
        hypotheses=(r"$\mathbb E X=0$", r"$0<K$ and $\|X\|_{\psi_2}\le K$"),
        formal=(_mgf(),),
        bound=BoundFormula(
            quantity=r"\mathbb E\,e^{\mu X}",
            parameters=(
                Parameter(t, "|μ|, the argument", 1.0, sp.Interval(0, sp.oo)),
                Parameter(K, "bound on the ψ₂ norm of X", 1.0, _positive),
            ),
            value=sp.exp(sp.Rational(25, 64) * t**2 * K**2),
            trivial=2 * sp.exp(t**2 * K**2 / 4),
        ),
        mathlib=("ProbabilityTheory.HasSubgaussianMGF",),
    )
)

declare(
    Statement(
        id="T.matrix",
        title="Operator norm of a sub-Gaussian matrix",
        paper="V",
        number="Theorem 4.4.5",
        chapter="tails/nets",
        kind="theorem",
        text=(
            r"Let $W\in\mathbb R^{q\times d}$ have independent centred entries with "
            r"$\|W_{ij}\|_{\psi_2}\le K$, $K>0$. Then for every $t\ge0$, with probability at least "
            r"$1-e^{-t^2}$,"
            "\n"
            r"$$\|W\|\;\le\;1.85\,K\bigl(\sqrt q+\sqrt d+t\bigr).$$"
        ),
        hypotheses=(
            r"the $qd$ entries are independent",
            r"$\mathbb E W_{ij}=0$",
            r"$0<K$ and $\|W_{ij}\|_{\psi_2}\le K$",
        ),
        printed=(
            r"For any $t>0$ we have $\|A\|\le CK(\sqrt m+\sqrt n+t)$ with probability at least "
            r"$1-2\exp(-t^2)$, where $C$ is an absolute constant."
        ),
        changed=(
            r"The constant is $C=1.85$, and the factor 2 before the exponential is not needed. "
            r"The book writes $q\times d$ for $m\times n$."
        ),
        bound=BoundFormula(
            quantity=r"\|W\|\ \text{with probability}\ \ge 1-\delta",
            parameters=(
                _q,
                _d,
                Parameter(K, "bound on the ψ₂ norms of the entries", 1.0, _positive),
                Parameter(delta, "failure probability", 0.01, sp.Interval.open(0, 1)),
            ),
            terms=(
                Term(rows, "what the rows cost", sp.Rational(37, 20) * K * sp.sqrt(q)),
                Term(columns, "what the columns cost", sp.Rational(37, 20) * K * sp.sqrt(d)),
                Term(
                    t,
                    "what the probability costs",
                    sp.Rational(37, 20) * K * sp.sqrt(sp.log(1 / delta)),
                ),
            ),
            value=rows + columns + t,
            trivial=K * sp.sqrt(q * d * sp.log(2) + sp.log(1 / delta)),
        ),
    )
)

declare(
    Statement(
        id="B.matrix",
        title="The operator norm of a sub-Gaussian matrix, without a net",
        paper="B",
        chapter="tails/nets",
        kind="theorem",
        text=(
            r"Let $s>0$, and let $W\in\mathbb R^{q\times d}$ be random with "
            r"$\mathbb E\,e^{\mu\langle u,Wz\rangle}\le e^{\mu^2s^2/2}$ for all unit "
            r"vectors $u$, $z$ and all $\mu\ge0$. Then for every $\mu\ge0$"
            "\n"
            r"$$\mathbb E\,e^{\mu\|W\|}\;\le\;\exp\Bigl(\frac{\mu^2s^2}{2}+1.11\,\mu s"
            r"\,(\sqrt q+\sqrt d)\Bigr),$$"
            "\n"
            r"so that $\mathbb E\|W\|\le1.11\,s(\sqrt q+\sqrt d)$ and, for every $v\ge0$, "
            r"$\Pr\bigl(\|W\|\ge s(1.11(\sqrt q+\sqrt d)+v)\bigr)\le e^{-v^2/2}$."
            "\n\n"
            r"If the entries are independent and centred with $\|W_{ij}\|_{\psi_2}\le K$, "
            r"$K>0$, then $s=\sqrt{\ln2}\,K$ will do: "
            r"$\mathbb E\|W\|\le0.925\,K(\sqrt q+\sqrt d)$, and for every $t\ge0$, "
            r"$\|W\|\le K\bigl(0.925(\sqrt q+\sqrt d)+1.178\,t\bigr)$ with probability at least "
            r"$1-e^{-t^2}$."
        ),
        hypotheses=(
            r"$\mathbb E\,e^{\mu\langle u,Wz\rangle}\le e^{\mu^2s^2/2}$ for all unit "
            r"vectors $u\in\mathbb R^q$, $z\in\mathbb R^d$ and all $\mu\ge0$, with $s>0$",
            r"in the second half, instead: the $qd$ entries are independent and centred, with "
            r"$0<K$ and $\|W_{ij}\|_{\psi_2}\le K$",
        ),
        bound=BoundFormula(
            quantity=r"\mathbb E\,\|W\|",
            parameters=(_q, _d, Parameter(s, "sub-Gaussian scale", 1.0, _positive)),
            terms=(
                Term(rows, "what the rows cost", sp.Rational(111, 100) * s * sp.sqrt(q)),
                Term(columns, "what the columns cost", sp.Rational(111, 100) * s * sp.sqrt(d)),
            ),
            value=rows + columns,
            trivial=s * sp.sqrt(q * d),
        ),
    )
)
