"""The statements of book/tails/sums.md."""

from __future__ import annotations

from fractions import Fraction

import sympy as sp

from memorize.kernel import (
    E,
    P,
    Sequent,
    eq,
    every,
    exp,
    fixed,
    independent,
    log,
    psi,
    random,
    sqrt,
    standard_normal,
)
from memorize.statements import BoundFormula, Parameter, Statement, Term, declare

_X, _S, _g = random("X"), random("S"), random("g")
_K, _V, _mu, _t = fixed("K"), fixed("V"), fixed("mu"), fixed("t")
_a, _b = log(2) / 2, Fraction(104, 225)
_grows = every((_mu,), E(exp(_mu * _S)) <= exp(_a * _mu**2 * _V))
_up, _down = E(exp(_mu * _S)), E(exp(-_mu * _S))

_positive = sp.Interval.open(0, sp.oo)
_threshold = Parameter(sp.Symbol("t", nonnegative=True), "threshold", 30.0, sp.Interval(0, sp.oo))
_squares = Parameter(sp.Symbol("V", positive=True), "sum of the squared norms", 100.0, _positive)
_top = Parameter(sp.Symbol("K", positive=True), "largest of the norms", 1.0, _positive)
_argument = Parameter(sp.Symbol("mu", nonnegative=True), "|μ|, the argument", 1.0)
_t_, _V_, _K_, _mu_ = (p.symbol for p in (_threshold, _squares, _top, _argument))
_A = sp.Symbol("A")

declare(
    Statement(
        id="B.mgf.sharp",
        title="The moment generating function of a centred sub-Gaussian variable",
        paper="B",
        chapter="tails/sums",
        kind="theorem",
        text=(
            r"If $\mathbb EX=0$ and $\|X\|_{\psi_2}\le K$, then for every real $\mu$"
            "\n"
            r"$$\mathbb E\,e^{\mu X}\;\le\;\exp\Bigl(\frac{\ln2}2\,\mu^2K^2\Bigr),$$"
            "\n"
            r"and $\frac{\ln2}2$ cannot be lowered."
        ),
        hypotheses=(r"$\mathbb EX=0$", r"$0<K$ and $\|X\|_{\psi_2}\le K$"),
        formal=(
            Sequent(
                (_K > 0, psi(2, _X) <= _K, eq(E(_X), 0)),
                E(exp(_mu * _X)) <= exp(_a * _mu**2 * _K**2),
            ),
        ),
        bound=BoundFormula(
            quantity=r"\mathbb E\,e^{\mu X}",
            parameters=(_argument, _top),
            value=sp.exp(sp.log(2) / 2 * _mu_**2 * _K_**2),
            trivial=2 * sp.exp(_mu_**2 * _K_**2 / 4),
        ),
        mathlib=("ProbabilityTheory.HasSubgaussianMGF",),
    )
)

declare(
    Statement(
        id="G.T3",
        title="Hoeffding's inequality in ψ2 norms",
        paper="G",
        number="Theorem 3",
        chapter="tails/sums",
        kind="theorem",
        text=(
            r"Let $X_1,\dots,X_n$ be independent and centred, $\|X_i\|_{\psi_2}\le K_i$, "
            r"$V=\sum_iK_i^2>0$. Then"
            "\n"
            r"$$\Bigl\|\sum_iX_i\Bigr\|_{\psi_2}^2\;\le\;\frac83\ln2\cdot V\qquad(1.8484\,V),$$"
            "\n"
            r"and for every $t\ge0$"
            "\n"
            r"$$\Pr\Bigl(\Bigl|\sum_iX_i\Bigr|\ge t\Bigr)\;\le\;"
            r"2\exp\Bigl(-\frac{t^2}{2\ln2\cdot V}\Bigr)\qquad(0.7213\ t^2/V).$$"
            "\n"
            r"Neither constant can be improved."
        ),
        hypotheses=(
            r"$X_1,\dots,X_n$ independent",
            r"$\mathbb EX_i=0$",
            r"$\|X_i\|_{\psi_2}\le K_i$",
        ),
        printed=(
            r"$\|\sum_{i=1}^NX_i\|_{\Psi_2}^2\le C\sum_{i=1}^N\|X_i\|_{\Psi_2}^2$; in particular "
            r"$\Pr(|\sum_{i=1}^NX_i|\ge t)\le2\exp(-ct^2/\sum_{i=1}^N\|X_i\|_{\Psi_2}^2)$"
        ),
        changed=r"The constants are $C=\frac83\ln2$ and $c=1/(2\ln2)$, both the best possible.",
        formal=(
            Sequent(
                (_K > 0, psi(2, _X) <= _K, eq(E(_X), 0), _grows, independent(_S, _X)),
                every((_mu,), E(exp(_mu * (_S + _X)), _S, _X) <= exp(_a * _mu**2 * (_V + _K**2))),
            ),
            Sequent(
                (standard_normal(_g), _V > 0, _grows),
                psi(2, _S) <= sqrt(Fraction(8, 3) * log(2) * _V),
            ),
            Sequent(
                (_V > 0, _t >= 0, _grows),
                P(_t <= abs(_S)) <= 2 * exp(-(_t**2) / (2 * log(2) * _V)),
            ),
        ),
        bound=BoundFormula(
            quantity=r"\Pr(|\textstyle\sum X_i|\ge t)",
            parameters=(_threshold, _squares),
            terms=(Term(_A, "exponent", _t_**2 / (2 * sp.log(2) * _V_)),),
            value=2 * sp.exp(-_A),
            trivial=sp.Integer(1),
        ),
        mathlib=("ProbabilityTheory.HasSubgaussianMGF.measure_sum_ge_le_of_iIndepFun",),
    )
)

declare(
    Statement(
        id="G.T4",
        title="Bernstein's inequality in ψ1 norms",
        paper="G",
        number="Theorem 4",
        chapter="tails/sums",
        kind="theorem",
        text=(
            r"Let $X_1,\dots,X_n$ be independent and centred, $0<\|X_i\|_{\psi_1}\le K_i$, "
            r"$V=\sum_iK_i^2$, $K=\max_iK_i$. Then for every $t\ge0$"
            "\n"
            r"$$\Pr\Bigl(\Bigl|\sum_iX_i\Bigr|\ge t\Bigr)\;\le\;"
            r"2\exp\Bigl(-\min\Bigl(\frac{t^2}{4V},\ \frac t{2K}\Bigr)\Bigr).$$"
        ),
        hypotheses=(
            r"$X_1,\dots,X_n$ independent",
            r"$\mathbb EX_i=0$",
            r"$0<\|X_i\|_{\psi_1}\le K_i$",
        ),
        printed=(
            r"$\Pr(|\sum_{i=1}^NX_i|\ge t)\le2\exp(-c\min(t^2/\sum_{i=1}^N\|X_i\|_{\Psi_1}^2,"
            r"\,t/\max_i\|X_i\|_{\Psi_1}))$"
        ),
        changed=(
            r"The constants are $\frac14$ and $\frac12$, by a short proof. In the paper's form, "
            r"one constant for both, $c=0.49$ is {st}`B.bernstein`."
        ),
        formal=(
            Sequent(
                (_K > 0, psi(1, _X) <= _K, eq(E(_X), 0), abs(_mu) * _K <= 1),
                E(exp(_mu * _X)) <= exp(_mu**2 * _K**2),
            ),
            Sequent(
                (
                    _V > 0,
                    _t >= 0,
                    _mu >= 0,
                    _up <= exp(_mu**2 * _V),
                    _down <= exp(_mu**2 * _V),
                ),
                P(_t <= abs(_S)) <= 2 * exp(_mu**2 * _V - _mu * _t),
            ),
        ),
        bound=BoundFormula(
            quantity=r"\Pr(|\textstyle\sum X_i|\ge t)",
            parameters=(_threshold, _squares, _top),
            terms=(Term(_A, "exponent", sp.Min(_t_**2 / (4 * _V_), _t_ / (2 * _K_))),),
            value=2 * sp.exp(-_A),
            trivial=sp.Integer(1),
        ),
    )
)

declare(
    Statement(
        id="B.bernstein",
        title="Bernstein's inequality, nearly sharp",
        paper="B",
        chapter="tails/sums",
        kind="theorem",
        text=(
            r"Under the hypotheses of {st}`G.T4`, for every $t\ge0$"
            "\n"
            r"$$\Pr\Bigl(\Bigl|\sum_iX_i\Bigr|\ge t\Bigr)\;\le\;"
            r"2\exp\Bigl(-0.49\,\min\Bigl(\frac{t^2}V,\ \frac tK\Bigr)\Bigr),$$"
            "\n"
            r"and no constant $c\ge0.505$ may stand for $0.49$. It comes from "
            r"$\mathbb E\,e^{\mu X}\le\exp(\frac{104}{225}\mu^2K^2)$ for "
            r"$|\mu|K\le\frac34$, if $\mathbb EX=0$ and $\|X\|_{\psi_1}\le K$."
        ),
        formal=(
            Sequent(
                (_K > 0, psi(1, _X) <= _K, eq(E(_X), 0), abs(_mu) * _K <= Fraction(3, 4)),
                E(exp(_mu * _X)) <= exp(_b * _mu**2 * _K**2),
            ),
        ),
        bound=BoundFormula(
            quantity=r"\Pr(|\textstyle\sum X_i|\ge t)",
            parameters=(_threshold, _squares, _top),
            terms=(Term(_A, "exponent", sp.Rational(49, 100) * sp.Min(_t_**2 / _V_, _t_ / _K_)),),
            value=2 * sp.exp(-_A),
            trivial=sp.Integer(1),
        ),
    )
)
