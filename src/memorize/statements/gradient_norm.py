"""The statements of book/one_step/gradient_norm.md."""

from __future__ import annotations

from fractions import Fraction

import sympy as sp

from memorize.kernel import E, Sequent, eq, exp, finite, fixed, independent, psi, random, sqrt
from memorize.statements import BoundFormula, Parameter, Statement, Term, declare
from memorize.statements.sums import BOTH

NORM = Fraction(8, 3)
"""G.C10: the squared ψ₂ norm of a standard normal variable, and of a neuron's slopes over s²."""
EXPONENT = Fraction(16, 9)
"""B.product: the moment generating function is at most exp(EXPONENT μ²s²) for |μ|s ≤ 1/4."""
FACTOR, TURN = Fraction(32, 9), 9
"""B.gradient: the threshold is FACTOR s√(ϰΛ/d) for N ≥ TURN Λ."""
LEAST, HALF, START, REST = 12, Fraction(3, 8), Fraction(31, 20), Fraction(63, 20)
"""B.gradient.sharp: N ≥ LEAST d, and the exponent over d is that of all directions at p = 1/2 and
HALF + (ℓ + START)/d + REST d/N."""

_A, _B, _y = random("A"), random("B"), random("y")
_s, _x, _C = fixed("s"), fixed("x"), fixed("C")
_norm = sqrt(NORM)
_first, _second, _mixed = _x * _A**2 / _s**2, _x * _B**2, _x * _A * _B / _s

_positive = sp.Interval.open(0, sp.oo)
_q = Parameter(sp.Symbol("q", integer=True, positive=True), "neurons", 256, sp.Interval(1, sp.oo))
_d = Parameter(
    sp.Symbol("d", integer=True, positive=True), "input dimension, at least q", 256,
    sp.Interval(1, sp.oo),
)  # fmt: skip
_N = Parameter(
    sp.Symbol("N", integer=True, positive=True), "examples", 20000, sp.Interval(1, sp.oo)
)
_level = Parameter(sp.Symbol("level", positive=True), "γ, the hinge's level", 5.545, _positive)
_slope = Parameter(sp.Symbol("s", positive=True), "largest |σ'|", 1.0, _positive)
_ell = Parameter(
    sp.Symbol("ell", nonnegative=True), "ℓ, failure e^(−ℓ)", 10.0, sp.Interval(0, sp.oo)
)
_eps = Parameter(
    sp.Symbol("eps", positive=True), "fineness of the nets", 0.32, sp.Interval.open(0, sp.sqrt(2))
)
_scale = _level.symbol / (_d.symbol * sp.sqrt(_q.symbol))
_price, _size = sp.symbols("price size", positive=True)

_SETTING = (
    r"$x_1,\dots,x_N$ independent $\mathcal N(0,I_d)$, $y_j=\pm1$ with equal chances, independent "
    r"of them and of each other",
    r"$W\in\mathbb R^{q\times d}$ fixed with orthonormal rows (so $q\le d$), $a_i=\pm1$",
    r"$|\sigma'|\le s$, $s>0$, and $\mathbb E\,\sigma'(g)=0$ for standard normal $g$",
)
_SAME = r"the setting of {st}`G.C10`"

declare(
    Statement(
        id="G.C10",
        title="The gradient's forms are sums of centred sub-exponential terms",
        paper="G",
        number="Claim 10",
        chapter="one_step/gradient_norm",
        kind="theorem",
        text=(
            r"For unit vectors $u\in\mathbb R^q$, $z\in\mathbb R^d$ let "
            r"$A_j=\langle\sigma'(Wx_j),u\rangle$ and $B_j=\langle x_j,z\rangle$. The $N$ terms of "
            r"$\sum_{j=1}^Ny_jA_jB_j$ are independent and centred, and"
            "\n"
            r"$$\|A_j\|_{\psi_2}\le\sqrt{\tfrac83}\,s,\qquad\|B_j\|_{\psi_2}=\sqrt{\tfrac83},"
            r"\qquad\|y_jA_jB_j\|_{\psi_1}\le\tfrac83\,s.$$"
        ),
        hypotheses=_SETTING,
        printed=(
            r"$\sum_{i=1}^my_i\langle\sigma'(Wx_i),u\rangle\langle x_i,z\rangle$ is a sum of $m-1$ "
            r"independent and centered $O(1)$-sub-exponential random variables; in the proof, "
            r"$\|\langle\sigma'(Wx_i),u\rangle\|_{\Psi_2}^2\le C\,\|\sigma'\|_\infty$."
        ),
        changed=(
            r"In the proof $\|\sigma'\|_\infty$ must be squared: for $q=1$ and $\sigma'=\pm s$ the "
            r"left side is $s^2/\ln2$, which is not at most $Cs$ for all $s$. With the square the "
            r"constant is $C=\frac83$, and the bound of the claim is $\frac83s$. The sum is over "
            r"$m-1$ terms; the book writes $N$ for $m-1$."
        ),
        formal=(
            Sequent(
                (_s > 0, psi(2, _A) <= _norm * _s, psi(2, _B) <= _norm),
                psi(1, _A * _B, _A, _B) <= NORM * _s,
            ),
            Sequent(
                (independent(_y, (_A, _B)), eq(E(_y), 0), finite(E(_y * (_A * _B), _y, _A, _B))),
                eq(E(_y * (_A * _B), _y, _A, _B), 0),
            ),
        ),
    )
)

declare(
    Statement(
        id="G.L9",
        title="The operator norm of the gradient",
        paper="G",
        number="Lemma 9",
        chapter="one_step/gradient_norm",
        kind="theorem",
        text=(
            r"Let $\eta\tilde G=c\,\mathrm{diag}(a)\sum_{j=1}^Ny_j\,\sigma'(Wx_j)\,x_j^\top$ "
            r"with $c=\gamma/(d\sqrt q)$. For every $0<\varepsilon<\sqrt2$ and $T\ge0$, with "
            r"$t=T(1-\varepsilon^2/2)^2$,"
            "\n"
            r"$$\Pr\bigl(\|\eta\tilde G\|>T\bigr)\le2\Bigl(1+\frac2\varepsilon\Bigr)^{q+d}"
            r"\exp\Bigl(-0.49\min\Bigl(\frac{9\,t^2d^2q}{64N\gamma^2s^2},\ "
            r"\frac{3\,t\,d\sqrt q}{8\gamma s}\Bigr)\Bigr).$$"
            "\n"
            r"Hence for every $\ell\ge0$, with "
            r"$\Lambda=(q+d)\ln(1+\frac2\varepsilon)+\ln2+\ell$, with probability at least "
            r"$1-e^{-\ell}$"
            "\n"
            r"$$\|\eta\tilde G\|\ \le\ \frac{8\,s\gamma}{3\,d\sqrt q\,(1-\varepsilon^2/2)^2}"
            r"\max\Bigl(\sqrt{\frac{N\Lambda}{0.49}},\ \frac\Lambda{0.49}\Bigr).$$"
        ),
        hypotheses=(_SAME, r"$\gamma>0$"),
        printed=(
            r"We have that $\|\eta\tilde G\|\le2$ w.p. "
            r"$\exp\bigl(O(d)-\Omega\bigl(\frac{d^2q}{m\ln^2(d)}\bigr)\bigr)$."
        ),
        changed=(
            r"The words “at least $1-$” are missing. What the proof gives for "
            r"$m\ge d\sqrt q/\ln d$ is not what it gives for smaller $m$: filling up "
            r"with zeros leaves the exponent $\frac{d\sqrt q}{\ln d}$, and the printed one is "
            r"false there. Bernstein's minimum stays in the statement. A net of fineness 1 has "
            r"the factor 4, not 2 ({st}`G.F8`), and $O(d+q)=O(d)$ because "
            r" $q\le d$. The best fineness for large $N$ is 0.32."
        ),
        erratum=True,
        counterexample=(
            r"At $m=2$ and $|\sigma'|=1$ there is one term, and $\|\eta\tilde G\|="
            r"\frac\gamma d\|x_1\|$ exactly. So $\Pr(\|\eta\tilde G\|>2)="
            r"\Pr(\chi^2_d>4d^2/\gamma^2)\ge e^{-2d^2/\gamma^2}$, while for $q=d$ the printed "
            r"bound is $e^{Cd-cd^3/(2\gamma^2)}$: smaller from some $d$ on, whatever $C,c>0$. The "
            r"two are compared in ball arithmetic in the chapter."
        ),
        bound=BoundFormula(
            quantity=r"\|\eta\tilde G\|\ \text{with probability}\ \ge1-e^{-\ell}",
            parameters=(_q, _d, _N, _level, _slope, _ell, _eps),
            terms=(
                Term(
                    _price,
                    "Λ",
                    (_q.symbol + _d.symbol) * sp.log(1 + 2 / _eps.symbol) + sp.log(2) + _ell.symbol,
                ),
                Term(
                    _size,
                    "the largest form over two nets",
                    sp.Rational(NORM)
                    * _slope.symbol
                    * sp.Max(
                        sp.sqrt(_N.symbol * _price / sp.Rational(BOTH)),
                        _price / sp.Rational(BOTH),
                    ),
                ),
            ),
            value=_scale * _size / (1 - _eps.symbol**2 / 2) ** 2,
            trivial=sp.oo,
        ),
    )
)

declare(
    Statement(
        id="B.directions",
        title="Every direction at the price of a few",
        paper="B",
        chapter="one_step/gradient_norm",
        kind="theorem",
        text=(
            r"Let $U$, $Z$ be independent and uniform on the unit spheres of $\mathbb R^q$ and "
            r"$\mathbb R^d$. For every matrix $M\in\mathbb R^{q\times d}$, every $\mu\ge0$ and "
            r"every $0\le p<1$"
            "\n"
            r"$$e^{p\,\mu\|M\|}\;\le\;(1-p)^{-(q+d)/2}\;\mathbb E\,e^{\mu\langle U,MZ\rangle}.$$"
            "\n"
            r"At $p=\frac34$ the factor is $2^{\,q+d}$."
        ),
    )
)

declare(
    Statement(
        id="B.product",
        title="The moment generating function of a term",
        paper="B",
        chapter="one_step/gradient_norm",
        kind="theorem",
        text=(
            r"In the setting of {st}`G.C10` let $A$, $B$ be $A_j$, $B_j$ for one $j$ and $y=y_j$. "
            r"For every real $\mu$ with $|\mu|s<\frac12$"
            "\n"
            r"$$\mathbb E\,e^{\mu yAB}\;\le\;\tfrac12\bigl((1-2|\mu|s)^{-1/2}"
            r"+(1+2|\mu|s)^{-1/2}\bigr),$$"
            "\n"
            r"and this is at most $e^{\frac{16}9\mu^2s^2}$ for $|\mu|s\le\frac14$."
        ),
        hypotheses=(_SAME,),
        formal=(
            Sequent(
                (
                    _s > 0,
                    _x >= 0,
                    finite(E(exp(_first))),
                    finite(E(exp(-_first))),
                    finite(E(exp(_second))),
                    finite(E(exp(-_second))),
                    E(exp(_first)) + E(exp(-_first)) <= 2 * _C,
                    E(exp(_second)) + E(exp(-_second)) <= 2 * _C,
                ),
                E(exp(_mixed) + exp(-_mixed), _A, _B) <= 2 * _C,
            ),
        ),
    )
)

declare(
    Statement(
        id="B.gradient",
        title="The operator norm of the gradient, without a net",
        paper="B",
        chapter="one_step/gradient_norm",
        kind="theorem",
        text=(
            r"In the setting of {st}`G.L9`, for every $\ell\ge0$, with $\Lambda=(q+d)\ln2+\ell$,"
            "\n"
            r"$$\Pr\Bigl(\|\eta\tilde G\|\ge\tfrac{32}9\,\frac{s\gamma}{d\sqrt q}"
            r"\max\bigl(\sqrt{N\Lambda},\,3\Lambda\bigr)\Bigr)\;\le\;e^{-\ell},$$"
            "\n"
            r"and $\mathbb E\,\|\eta\tilde G\|$ is at most the same threshold with $\ell=0$. For "
            r"$N\ge9\Lambda$ the threshold is $\frac{32}9\,s\sqrt{\varkappa\Lambda/d}$, where "
            r"$\varkappa=N\gamma^2/(dq)$."
        ),
        hypotheses=(_SAME, r"$\gamma>0$"),
        bound=BoundFormula(
            quantity=r"\|\eta\tilde G\|\ \text{with probability}\ \ge1-e^{-\ell}",
            parameters=(_q, _d, _N, _level, _slope, _ell),
            terms=(Term(_price, "Λ", (_q.symbol + _d.symbol) * sp.log(2) + _ell.symbol),),
            value=sp.Rational(FACTOR)
            * _slope.symbol
            * _scale
            * sp.Max(sp.sqrt(_N.symbol * _price), sp.sqrt(TURN) * _price),
            trivial=sp.oo,
        ),
    )
)

declare(
    Statement(
        id="B.gradient.sharp",
        title="The operator norm of the gradient, for many examples",
        paper="B",
        chapter="one_step/gradient_norm",
        kind="theorem",
        text=(
            r"In the setting of {st}`G.L9` let $N\ge12d$ and $\varkappa=N\gamma^2/(dq)$. For every "
            r"$\ell\ge0$, with probability at least $1-e^{-\ell}$"
            "\n"
            r"$$\|\eta\tilde G\|\;<\;\frac4{\sqrt3}\,s\sqrt\varkappa\,\Bigl(\frac{\ln2}2\Bigl(1+"
            r"\frac qd\Bigr)+\frac38+\frac{\ell+1.55}d+3.15\,\frac dN\Bigr),$$"
            "\n"
            r"and $\mathbb E\,\|\eta\tilde G\|$ is at most the right side with $\ell=0$. As "
            r"$d$ and $N/d$ grow, that is at most $s\sqrt\varkappa\,(1.667+0.801\,q/d)$ and a "
            r"remainder that vanishes: at most $2.47\,s\sqrt\varkappa$, since $q\le d$."
        ),
        hypotheses=(_SAME, r"$\gamma>0$", r"$N\ge12d$"),
        bound=BoundFormula(
            quantity=r"\|\eta\tilde G\|\ \text{with probability}\ \ge1-e^{-\ell}",
            parameters=(_q, _d, _N, _level, _slope, _ell),
            terms=(
                Term(
                    _price,
                    "the exponent over d",
                    sp.log(2) / 2 * (1 + _q.symbol / _d.symbol)
                    + sp.Rational(HALF)
                    + (_ell.symbol + sp.Rational(START)) / _d.symbol
                    + sp.Rational(REST) * _d.symbol / _N.symbol,
                ),
            ),
            value=4
            / sp.sqrt(3)
            * _slope.symbol
            * _level.symbol
            * sp.sqrt(_N.symbol / (_d.symbol * _q.symbol))
            * _price,
            trivial=sp.oo,
        ),
    )
)
