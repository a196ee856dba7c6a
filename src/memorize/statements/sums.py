"""The statements of book/tails/sums.md."""

from __future__ import annotations

import math
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
    maximum,
    psi,
    random,
    sqrt,
    standard_normal,
)
from memorize.kernel.terms import Term as Kernel
from memorize.statements import BoundFormula, Parameter, Statement, Term, declare

SHARP = Fraction(1, 2)
"""B.mgf.sharp: E exp(μX) ≤ exp(SHARP ln 2 μ²K²)."""
NORM, TAIL = Fraction(8, 3), 2
"""G.T3: ‖S‖² ≤ NORM ln 2 V, and P(|S| ≥ t) ≤ 2 exp(−t²/(TAIL ln 2 V))."""
SHORT = (4, 2)
"""G.T4: P(|S| ≥ t) ≤ 2 exp(−min(t²/(4V), t/(2K)))."""
SCALE, REACH = Fraction(104, 225), Fraction(3, 4)
"""B.bernstein: E exp(μX) ≤ exp(SCALE μ²K²) for |μ|K ≤ REACH."""
BOTH, TOO_MUCH = Fraction(49, 100), Fraction(505, 1000)
"""B.bernstein: the constant that serves both regimes, and one that does not."""

_X, _S, _g = random("X"), random("S"), random("g")
_K, _V, _mu, _t = fixed("K"), fixed("V"), fixed("mu"), fixed("t")
_a = SHARP * log(2)
_grows = every((_mu,), E(exp(_mu * _S)) <= exp(_a * _mu**2 * _V))
_so_far, _with_one_more = E(exp(_mu * _S)), E(exp(_mu * (_S + _X)), _S, _X)
_short_mu = -maximum(-_t / (Fraction(SHORT[0], 2) * _V), -1 / _K)
_best_mu = -REACH * maximum(-_t / _V, -1 / _K)


def _moments(mu: Kernel, scale: Fraction | int) -> tuple[Kernel, Kernel]:
    """The bounds on S's moment generating function at ±mu."""
    top = exp(scale * mu**2 * _V)
    return E(exp(mu * _S)) <= top, E(exp(-mu * _S)) <= top


def _tex(value: Fraction | int) -> str:
    return str(sp.latex(sp.Rational(value)))


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
            r"For every real $\mu$"
            "\n"
            r"$$\mathbb E\,e^{\mu X}\;\le\;"
            rf"\exp\Bigl(\frac{{\ln2}}{{{1 / SHARP}}}\,\mu^2K^2\Bigr),$$"
            "\n"
            rf"and $\frac{{\ln2}}{{{1 / SHARP}}}$ cannot be lowered."
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
            value=sp.exp(sp.Rational(SHARP) * sp.log(2) * _mu_**2 * _K_**2),
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
            rf"$$\Bigl\|\sum_iX_i\Bigr\|_{{\psi_2}}^2\;\le\;{_tex(NORM)}\ln2\cdot V"
            rf"\qquad({float(NORM) * math.log(2):.4f}\,V),$$"
            "\n"
            r"and for every $t\ge0$"
            "\n"
            r"$$\Pr\Bigl(\Bigl|\sum_iX_i\Bigr|\ge t\Bigr)\;\le\;"
            rf"2\exp\Bigl(-\frac{{t^2}}{{{TAIL}\ln2\cdot V}}\Bigr)"
            rf"\qquad({1 / (TAIL * math.log(2)):.4f}\ t^2/V).$$"
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
        changed=(
            rf"The constants are $C={_tex(NORM)}\ln2$ and $c=1/({TAIL}\ln2)$, both the best "
            r"possible."
        ),
        formal=(
            Sequent(
                (_K > 0, psi(2, _X) <= _K, eq(E(_X), 0), _grows, independent(_S, _X)),
                every((_mu,), _with_one_more <= exp(_a * _mu**2 * (_V + _K**2))),
            ),
            Sequent(
                (standard_normal(_g), _V > 0, _grows),
                psi(2, _S) <= sqrt(NORM * log(2) * _V),
            ),
            Sequent(
                (_V > 0, _t >= 0, _grows),
                P(_t <= abs(_S)) <= 2 * exp(-(_t**2) / (TAIL * log(2) * _V)),
            ),
        ),
        bound=BoundFormula(
            quantity=r"\Pr(|\textstyle\sum X_i|\ge t)",
            parameters=(_threshold, _squares),
            terms=(Term(_A, "exponent", _t_**2 / (TAIL * sp.log(2) * _V_)),),
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
            rf"2\exp\Bigl(-\min\Bigl(\frac{{t^2}}{{{SHORT[0]}V}},\ "
            rf"\frac t{{{SHORT[1]}K}}\Bigr)\Bigr).$$"
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
            rf"The constants are $\frac1{SHORT[0]}$ and $\frac1{SHORT[1]}$, by a short proof. In "
            rf"the paper's form, one constant for both, $c={float(BOTH)}$ is {{st}}`B.bernstein`."
        ),
        formal=(
            Sequent(
                (_K > 0, psi(1, _X) <= _K, eq(E(_X), 0), abs(_mu) * _K <= 1),
                E(exp(_mu * _X)) <= exp(_mu**2 * _K**2),
            ),
            Sequent(
                (
                    *(_K > 0, psi(1, _X) <= _K, eq(E(_X), 0), abs(_mu) * _K <= 1),
                    *(_so_far <= exp(_mu**2 * _V), independent(_S, _X)),
                ),
                _with_one_more <= exp(_mu**2 * (_V + _K**2)),
            ),
            Sequent(
                (_V > 0, _K > 0, _t >= 0, *_moments(_short_mu, 1)),
                P(_t <= abs(_S))
                <= 2 * exp(maximum(-(_t**2) / (SHORT[0] * _V), -_t / (SHORT[1] * _K))),
            ),
        ),
        bound=BoundFormula(
            quantity=r"\Pr(|\textstyle\sum X_i|\ge t)",
            parameters=(_threshold, _squares, _top),
            terms=(
                Term(_A, "exponent", sp.Min(_t_**2 / (SHORT[0] * _V_), _t_ / (SHORT[1] * _K_))),
            ),
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
            rf"2\exp\Bigl(-{float(BOTH)}\,\min\Bigl(\frac{{t^2}}V,\ \frac tK\Bigr)\Bigr),$$"
            "\n"
            rf"and no constant $c\ge{float(TOO_MUCH)}$ may stand for ${float(BOTH)}$. "
            rf"It comes from $\mathbb E\,e^{{\mu X}}\le\exp({_tex(SCALE)}\mu^2K^2)$ for "
            rf"$|\mu|K\le{_tex(REACH)}$, if $\mathbb EX=0$ and $\|X\|_{{\psi_1}}\le K$."
        ),
        formal=(
            Sequent(
                (_K > 0, psi(1, _X) <= _K, eq(E(_X), 0), abs(_mu) * _K <= REACH),
                E(exp(_mu * _X)) <= exp(SCALE * _mu**2 * _K**2),
            ),
            Sequent(
                (
                    *(_K > 0, psi(1, _X) <= _K, eq(E(_X), 0), abs(_mu) * _K <= REACH),
                    *(_so_far <= exp(SCALE * _mu**2 * _V), independent(_S, _X)),
                ),
                _with_one_more <= exp(SCALE * _mu**2 * (_V + _K**2)),
            ),
            Sequent(
                (_V > 0, _K > 0, _t >= 0, *_moments(_best_mu, SCALE)),
                P(_t <= abs(_S)) <= 2 * exp(BOTH * maximum(-(_t**2) / _V, -_t / _K)),
            ),
        ),
        bound=BoundFormula(
            quantity=r"\Pr(|\textstyle\sum X_i|\ge t)",
            parameters=(_threshold, _squares, _top),
            terms=(Term(_A, "exponent", sp.Rational(BOTH) * sp.Min(_t_**2 / _V_, _t_ / _K_)),),
            value=2 * sp.exp(-_A),
            trivial=sp.Integer(1),
        ),
    )
)
