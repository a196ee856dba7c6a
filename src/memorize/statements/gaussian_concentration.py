"""The statements of book/tails/gaussian_concentration.md."""

from fractions import Fraction

import sympy as sp

from memorize.kernel.terms import (
    E,
    P,
    Sequent,
    every,
    exp,
    fixed,
    maximum,
    number,
    psi,
    random,
    sqrt,
    standard_normal,
)
from memorize.statements import BoundFormula, Parameter, Statement, Term, declare

CHAPTER = "tails/gaussian_concentration"

MGF, TAIL, NORM = 2, 2, Fraction(8, 3)
"""G.T5: E exp(μX) ≤ exp(μ²L²/MGF), P(X ≥ t) ≤ exp(−t²/(TAIL L²)) and ‖X‖² ≤ NORM L²."""
EVEN = Fraction(1, 2)
"""B.gauss.var: the variance is at most EVEN (L² + ‖p‖²), and that of ‖g‖ is below EVEN."""
LEAST = 2
"""B.gauss.norms: the squared norm of a supremum of linear functions is at least LEAST L²."""

# X = f(g) − E f(g), of slope L; xi is an auxiliary standard normal variable.
X, xi = random("X"), random("xi", r"\xi")
L, t, c, M, mu = fixed("L"), fixed("t"), fixed("c"), fixed("M"), fixed("mu")
sub_gaussian = every((mu,), E(exp(mu * X)) <= exp(mu**2 * L**2 / MGF))
norm_bound = sqrt(number(NORM)) * L

_slope = Parameter(sp.Symbol("L", positive=True), "Lipschitz constant of f", 1.0)
_threshold = Parameter(sp.Symbol("t", nonnegative=True), "threshold", 3.0, sp.Interval(0, sp.oo))
_size = Parameter(
    sp.Symbol("p", nonnegative=True), "length of E g f(g), at most L", 0.0, sp.Interval(0, sp.oo)
)
_A = sp.Symbol("A")

_LET = (
    r"$f:\mathbb R^d\to\mathbb R$ is $L$-Lipschitz, "
    r"$|f(x)-f(y)|\le L\,\|x-y\|$, with $L>0$",
    r"$g\sim\mathcal N(0,I_d)$, and $X=f(g)-\mathbb E f(g)$",
)

declare(
    Statement(
        id="G.T5",
        title="Gaussian concentration of Lipschitz functions",
        paper="G",
        number="Theorem 5",
        chapter=CHAPTER,
        kind="theorem",
        text=(
            r"For all real $\mu$ and all $t\ge0$,"
            "\n"
            rf"$$\mathbb E\,e^{{\mu X}}\le e^{{\mu^2L^2/{MGF}}},\qquad"
            rf"\Pr(X\ge t)\le e^{{-t^2/({TAIL}L^2)}},"
            rf"\qquad\|X\|_{{\psi_2}}\le\sqrt{{{NORM}}}\;L .$$"
            "\n"
            r"The last is an equality if and only if $f(x)=b+\langle a,x\rangle$ with "
            r"$\|a\|=L$. With $-f$ in the place of $f$, "
            rf"$\Pr(|X|\ge t)\le2\,e^{{-t^2/({TAIL}L^2)}}$."
        ),
        hypotheses=_LET,
        printed=r"$\|f(X)-\mathbb Ef(X)\|_{\Psi_2}\le CL$ for a universal constant $C$",
        changed=(
            rf"The constant is $C=\sqrt{{{NORM}}}$, the $\psi_2$ norm of a standard normal "
            r"variable, and no smaller one will do. The bounds on the moment generating function "
            rf"and on the tail are added: the exponent $t^2/({TAIL}L^2)$ is better than the "
            rf"${(1 / NORM).numerator}t^2/({(1 / NORM).denominator}L^2)$ that "
            r"follows from the norm."
        ),
        formal=(
            Sequent((standard_normal(xi), L > 0, sub_gaussian), psi(2, X) <= norm_bound),
            Sequent((L > 0, t >= 0, sub_gaussian), P(t <= X) <= exp(-(t**2) / (TAIL * L**2))),
        ),
        bound=BoundFormula(
            quantity=r"\Pr(|f(g)-\mathbb Ef(g)|\ge t)",
            parameters=(_threshold, _slope),
            terms=(Term(_A, "exponent", (_threshold.symbol / _slope.symbol) ** 2 / TAIL),),
            value=2 * sp.exp(-_A),
            trivial=sp.Integer(1),
        ),
        aliases=("Theorem 5.2.2 in Vershynin",),
    )
)

declare(
    Statement(
        id="B.gauss.cov",
        title="The covariance formula",
        paper="B",
        chapter=CHAPTER,
        kind="theorem",
        text=(
            r"Let $g,g'\sim\mathcal N(0,I_d)$ be independent and "
            r"$g_\alpha=\alpha g+\sqrt{1-\alpha^2}\,g'$ for $0\le\alpha\le1$. Then"
            "\n"
            r"$$\operatorname{Cov}\bigl(u(g),v(g)\bigr)=\int_0^1"
            r"\mathbb E\,\bigl\langle\nabla u(g),\nabla v(g_\alpha)\bigr\rangle\,d\alpha .$$"
            "\n"
            r"The formula is classical."
        ),
        hypotheses=(
            r"$u,v:\mathbb R^d\to\mathbb R$ are bounded, with continuous bounded gradients",
        ),
    )
)

declare(
    Statement(
        id="B.gauss.var",
        title="The variance, with a gain for even functions",
        paper="B",
        chapter=CHAPTER,
        kind="theorem",
        text=(
            rf"$$\operatorname{{Var}}f(g)\;\le\;\tfrac{{{EVEN.numerator}}}{{{EVEN.denominator}}}"
            r"\bigl(L^2+\|p\|^2\bigr)\;\le\;L^2,"
            r"\qquad p=\mathbb E\,g\,f(g).$$"
            "\n"
            rf"For even $f$, every norm among them, $p=0$ and the variance is at most "
            rf"$L^2/{1 / EVEN}$. "
            r"Both constants are the best that serve every $d$: $f(x)=x_1$ has variance 1, and "
            rf"the variance of $\|g\|$ lies between $d/(2d+1)$ and ${EVEN}$. If "
            r"$\operatorname{Var}f(g)=L^2$, then $f(x)=b+\langle p,x\rangle$. "
            r"The second inequality is Poincaré's."
        ),
        hypotheses=_LET,
        bound=BoundFormula(
            quantity=r"\operatorname{Var}f(g)",
            parameters=(_slope, _size),
            value=sp.Rational(EVEN) * (_slope.symbol**2 + _size.symbol**2),
            trivial=_slope.symbol**2,
        ),
    )
)

declare(
    Statement(
        id="B.gauss.convex",
        title="Below a normal variable in the convex order",
        paper="B",
        chapter=CHAPTER,
        kind="theorem",
        text=(
            r"Let $\xi$ be a standard normal variable. For every convex "
            r"$\varphi:\mathbb R\to\mathbb R$,"
            "\n"
            r"$$\mathbb E\,\varphi\bigl(f(g)-\mathbb Ef(g)\bigr)\;\le\;\mathbb E\,\varphi(L\xi),$$"
            "\n"
            r"where both sides may be $+\infty$. With $\varphi(x)=e^{\mu x}$, $e^{x^2/t^2}$ and "
            r"$x^2$ this contains the bounds of {st}`G.T5` and Poincaré's inequality."
        ),
        hypotheses=_LET,
    )
)

declare(
    Statement(
        id="B.gauss.tail",
        title="A sharper tail about the mean",
        paper="B",
        chapter=CHAPTER,
        kind="theorem",
        text=(
            r"Let $\phi$ and $\Phi$ be the standard normal density and distribution function. For "
            r"every real $s$,"
            "\n"
            r"$$\Pr\bigl(X\ge L\,\lambda(s)\bigr)\le1-\Phi(s),\qquad"
            r"\lambda(s)=\frac{\phi(s)}{1-\Phi(s)} .$$"
            "\n"
            r"As $s$ runs through $\mathbb R$, $L\lambda(s)$ runs through all $t>0$."
        ),
        hypotheses=_LET,
        formal=(
            Sequent(
                (c < t, E(maximum(X - c, 0)) <= M),
                (t - c) * P(t <= X) <= M,
            ),
        ),
    )
)

declare(
    Statement(
        id="B.gauss.norms",
        title="The ψ2 norm of a supremum of linear functions",
        paper="B",
        chapter=CHAPTER,
        kind="theorem",
        text=(
            r"Let $A\subset\mathbb R^d$ be bounded, $f(x)=\sup_{a\in A}\langle a,x\rangle$ and "
            r"$L=\sup_{a\in A}\|a\|>0$. Then $f$ is $L$-Lipschitz, and"
            "\n"
            rf"$$\sqrt{{{LEAST}}}\,L\;\le\;\|f(g)-\mathbb Ef(g)\|_{{\psi_2}}\;\le\;"
            rf"\sqrt{{{NORM}}}\,L .$$"
            "\n"
            r"Both ends are attained in every dimension: the right one by linear functions, the "
            r"left one by the Euclidean norm."
        ),
        hypotheses=(r"$g\sim\mathcal N(0,I_d)$",),
    )
)

declare(
    Statement(
        id="T.isoperimetry",
        title="The Gaussian isoperimetric inequality",
        paper="V",
        number="Theorem 5.2.1",
        chapter=CHAPTER,
        kind="theorem",
        text=(
            r"Let $A\subset\mathbb R^d$ be closed with $\Pr(g\in A)=\Phi(s)$. For every $r\ge0$ "
            r"the points within distance $r$ of $A$ have probability "
            r"$\Pr(\operatorname{dist}(g,A)\le r)\ge\Phi(s+r)$, as much as if $A$ were a "
            r"half-space."
        ),
        hypotheses=(r"$g\sim\mathcal N(0,I_d)$",),
    )
)

declare(
    Statement(
        id="B.gauss.best",
        title="The best tail about the mean",
        paper="B",
        chapter=CHAPTER,
        kind="theorem",
        text=(
            r"For every real $s$,"
            "\n"
            r"$$\max_f\;\Pr\bigl(X\ge L\,\Psi(s)\bigr)=1-\Phi(s),\qquad"
            r"\Psi(s)=s\,\Phi(s)+\phi(s),$$"
            "\n"
            r"the maximum over all $L$-Lipschitz $f$, attained by $f(x)=L\min(x_1,s)$. As $s$ "
            r"runs through $\mathbb R$, $L\Psi(s)$ runs through all $t>0$. In particular a median "
            r"of $f(g)$ is within $L/\sqrt{2\pi}$ of the mean."
        ),
        hypotheses=_LET,
    )
)
