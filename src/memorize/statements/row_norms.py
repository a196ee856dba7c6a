"""The statements of book/one_step/row_norms.md."""

import sympy as sp

from memorize.kernel.terms import (
    E,
    P,
    Sequent,
    eq,
    exp,
    fixed,
    independent,
    random,
)
from memorize.statements import BoundFormula, Parameter, Statement, Term, declare

CHAPTER = "one_step/row_norms"

# Z = Σ y_j σ'(g_j) g_j, S = Σ σ'(g_j)², Q of the law χ²_D with D = d − 1, n the others.
Z, S, Q, X = random("Z"), random("S"), random("Q"), random("X")
c, n, D, theta2, theta = (
    fixed("c"),
    fixed("n"),
    fixed("D"),
    fixed("theta2", r"\theta_2"),
    fixed("theta"),
)
a, b, v, x, z, e = (fixed(name) for name in ("a", "b", "v", "x", "z", "e"))
L, t = fixed("L"), fixed("t")

square = (1 + c * Z) ** 2 + c**2 * S * Q
mean = 1 + c**2 * n * (theta2 + D * theta)
step_square = c**2 * Z**2 + c**2 * S * Q
step_mean = c**2 * n * (theta2 + D * theta)
moments = (
    eq(E(Z), 0),
    eq(E(Z**2), n * theta2),
    eq(E(S), n * theta),
    eq(E(Q), D),
    S >= 0,
    Q >= 0,
    independent(S, Q),
)
# On c = 1: the scaled Z, S are what the kernel calls Z and S, so that S ≤ v/d =: v.
three_tails = (
    x >= 0,
    a >= 0,
    z >= 0,
    D >= 0,
    0 <= theta2,
    theta2 <= x**2,
    S >= 0,
    S <= v,
    v > 0,
    P(x <= abs(Z)) <= 2 * e,
    P(a <= abs(Q - D)) <= 2 * e,
    P(z <= abs(S - theta)) <= 2 * e,
)
far = abs((1 + Z) ** 2 + S * Q - (1 + theta2 + D * theta))
far_step = abs(Z**2 + S * Q - (theta2 + D * theta))
bound = 2 * x + x**2 + v * a + D * z

four_signs = tuple(
    E(exp(t * Y / L**2)) <= exp(t**2 / (2 * L**2)) for Y in (Z + X, Z - X, X - Z, -Z - X)
)

_ROW = (
    r"$w_i$ is one row of $W$, a unit vector, and $\eta\widetilde G_i$ that row of "
    r"$\eta\widetilde G$",
    r"$n=m-1\ge1$ examples, $x_j\sim\mathcal N(0,I_d)$, the labels $y_j=\pm1$ fair, all "
    r"independent; $c=\gamma/(d\sqrt q)$ and $\widetilde\varkappa=c^2nd=n\gamma^2/(dq)$",
    r"$0<s_1=\sup|\sigma'|<\infty$, $\theta=\mathbb E\,\sigma'(g)^2$, "
    r"$\theta_2=\mathbb E\,g^2\sigma'(g)^2$, and $\Delta=\sup\sigma'^2-\inf\sigma'^2$, "
    r"kinks left out",
)
_PRINTED_TAIL = (
    r"the probability that it $\frac1{\sqrt d}$-deviates from its expectation is at most "
    r"$\exp\bigl(-\Omega\bigl(\frac{d^2q^2}{m^2\ln^4d}\bigr)\bigr)$"
)


def _symbols() -> dict[str, sp.Symbol]:
    whole = {name: sp.Symbol(name, integer=True, positive=True) for name in ("d", "q", "n")}
    real = {name: sp.Symbol(name, positive=True) for name in ("level", "slope", "theta")}
    return (
        whole
        | real
        | {
            "spread": sp.Symbol("spread", nonnegative=True),
            "t": sp.Symbol("t", nonnegative=True),
        }
    )


_s = _symbols()
_SIZES = (
    Parameter(_s["d"], "input dimension", 4096, sp.Interval(1, sp.oo)),
    Parameter(_s["q"], "hidden neurons, at most d", 4096, sp.Interval(1, sp.oo)),
    Parameter(_s["n"], "other examples, m − 1", 10000, sp.Interval(1, sp.oo)),
    Parameter(_s["level"], "level of the hinge (ln d in the paper)", 8.3178),
)
_SLOPE = Parameter(_s["slope"], "supremum of |σ'|", 1.0)
_SPREAD = Parameter(_s["spread"], "supremum minus infimum of σ'²", 0.0, sp.Interval(0, sp.oo))
_load, _v, _alpha = sp.symbols("kappa v alpha")


def _tail_at_root_d(moved: bool) -> BoundFormula:
    """6 e^(−ℓ) with ℓ such that the deviation is 1/√d."""
    first = 2 * sp.sqrt(2 * _v) if moved else sp.Integer(0)
    gates = _s["spread"] * _load * sp.sqrt(_s["d"] / (2 * _s["n"]))
    root = 2 / (_alpha + sp.sqrt(_alpha**2 + 16 * _v / sp.sqrt(_s["d"])))
    norm = r"\|w_i+\eta\widetilde G_i\|^2" if moved else r"\|\eta\widetilde G_i\|^2"
    return BoundFormula(
        quantity=rf"\Pr\bigl(\bigl|{norm}-\mathbb E\,{norm}\bigr|> d^{{-1/2}}\bigr)",
        parameters=(*_SIZES, _SLOPE, _SPREAD),
        terms=(
            Term(_load, "load", _s["n"] * _s["level"] ** 2 / (_s["d"] * _s["q"])),
            Term(_v, "squared slope times load", _s["slope"] ** 2 * _load),
            Term(_alpha, "deviation at first order", first + 2 * _v + gates),
        ),
        value=6 * sp.exp(-(root**2)),
        trivial=sp.Integer(1),
    )


declare(
    Statement(
        id="B.rows.law",
        title="The exact law of a row's length",
        paper="B",
        chapter=CHAPTER,
        kind="theorem",
        text=(
            r"Let $g_1,\dots,g_n$ be standard normal, $\epsilon_1,\dots,\epsilon_n$ fair signs and "
            r"$\chi^2_{d-1}$ chi-squared with $d-1$ degrees of freedom, all independent, and"
            "\n"
            r"$$Z=\sum_j\epsilon_j\,\sigma'(g_j)\,g_j,\qquad S=\sum_j\sigma'(g_j)^2 .$$"
            "\n"
            r"Then, jointly, $\|w_i+\eta\widetilde G_i\|^2=(1+cZ)^2+c^2S\,\chi^2_{d-1}$ and "
            r"$\|\eta\widetilde G_i\|^2=c^2Z^2+c^2S\,\chi^2_{d-1}$ in law. The law is the same "
            r"for every unit vector $w_i$ and for both signs $a_i$."
        ),
        hypotheses=_ROW[:2],
    )
)

declare(
    Statement(
        id="G.L11.1",
        title="Norms of the rows after the step",
        paper="G",
        number="Lemma 11, item 1",
        chapter=CHAPTER,
        kind="theorem",
        text=(
            r"Let $r_i=\|w_i+\eta\widetilde G_i\|$. Exactly,"
            "\n"
            r"$$\mathbb E\,r_i^2=1+\widetilde\varkappa\,\frac{\theta_2+(d-1)\,\theta}d\ \in\ "
            r"[\,1,\ 1+s_1^2\widetilde\varkappa\,],$$"
            "\n"
            r"and with $v=s_1^2\widetilde\varkappa$, for every $t\ge0$, with probability at least "
            r"$1-6e^{-t}$,"
            "\n"
            r"$$\bigl|r_i^2-\mathbb E\,r_i^2\bigr|\le2\sqrt{\frac{2vt}d}+\frac{2vt}d"
            r"+2v\Bigl(\sqrt{\frac td}+\frac td\Bigr)"
            r"+\Delta\widetilde\varkappa\sqrt{\frac t{2n}} .$$"
            "\n"
            r"So a deviation above $1/\sqrt d$ has probability at most $6e^{-t_1}$ with "
            r"$\sqrt{t_1}=2\big/\bigl(\alpha+\sqrt{\alpha^2+16v/\sqrt d}\bigr)$ and "
            r"$\alpha=2\sqrt{2v}+2v+\Delta\widetilde\varkappa\sqrt{d/(2n)}$. It is not needed that "
            r"$\mathbb E\,\sigma'(g)=0$, that $m\le dq$, or that the rows are orthogonal."
        ),
        hypotheses=_ROW,
        printed=(
            r"For $m\le dq$: $1\le\mathbb E\,\|w_i+\eta\widetilde G_i\|^2\le1+\frac{m\ln^2d}{dq}"
            r"\|\sigma'\|_\infty^2$, and " + _PRINTED_TAIL
        ),
        changed=(
            r"The expectation is exact. With $u=dq/(m\ln^2d)$ the printed exponent is "
            r"$\Omega(u^2)$; it is false, and the true one is linear in $u$ for large $u$. The "
            r"square $(1+cZ)^2$ is linear in $Z$ near 1, and $cZ$ is of the size $1/\sqrt{ud}$, "
            r"so that the deviation $1/\sqrt d$ is $\frac12\sqrt u$ standard deviations. For "
            r"$|\cdot|$ the "
            r"corrected exponent is $u/8$ to leading order, from above and from below."
        ),
        erratum=True,
        counterexample=(
            r"$\sigma=|\cdot|$ with $m=dq/\ln^4d$, the size of Theorem 1 itself: $u=\ln^2d$, and "
            r"the "
            r"probability is at least $\exp(-(\frac18+o(1))\ln^2d)$ by {st}`B.rows.below`, against "
            r"$\exp(-\Omega(\ln^4d))$ as printed. The chapter computes it at $d=1000$ in ball "
            r"arithmetic."
        ),
        formal=(
            Sequent(moments, eq(E(square), mean)),
            Sequent(three_tails, P(bound <= far) <= 6 * e),
        ),
        bound=_tail_at_root_d(True),
    )
)

declare(
    Statement(
        id="G.L11.2",
        title="Norms of the steps that the rows take",
        paper="G",
        number="Lemma 11, item 2",
        chapter=CHAPTER,
        kind="theorem",
        text=(
            r"Let $R_i=\|\eta\widetilde G_i\|^2$. Exactly, "
            r"$\mathbb E\,R_i=\widetilde\varkappa\,\frac{\theta_2+(d-1)\,\theta}d\le "
            r"s_1^2\widetilde\varkappa$; and with $v=s_1^2\widetilde\varkappa$, for every $t\ge0$, "
            r"with probability at least $1-6e^{-t}$,"
            "\n"
            r"$$\bigl|R_i-\mathbb E\,R_i\bigr|\le\frac{2vt}d"
            r"+2v\Bigl(\sqrt{\frac td}+\frac td\Bigr)"
            r"+\Delta\widetilde\varkappa\sqrt{\frac t{2n}} .$$"
            "\n"
            r"So a deviation above $1/\sqrt d$ has probability at most $6e^{-t_2}$ with "
            r"$\sqrt{t_2}=2\big/\bigl(\alpha+\sqrt{\alpha^2+16v/\sqrt d}\bigr)$ and "
            r"$\alpha=2v+\Delta\widetilde\varkappa\sqrt{d/(2n)}$."
        ),
        hypotheses=_ROW,
        printed=(
            r"For $m\le dq$: $\mathbb E\,\|\eta\widetilde G_i\|^2\le\frac{m\ln^2d}{dq}"
            r"\|\sigma'\|_\infty^2$, and " + _PRINTED_TAIL
        ),
        changed=(
            r"The expectation is exact. With $u=dq/(m\ln^2d)$ the printed exponent $\Omega(u^2)$ "
            r"holds for $|\cdot|$ as long as $u$ is at most of the order $\sqrt d$, and fails "
            r"beyond, "
            r"where the exponent is of the order $u\sqrt d$: that is the case of few examples."
        ),
        erratum=True,
        counterexample=(
            r"$\sigma=|\cdot|$, $m=2$ and $q=d$: $\|\eta\widetilde G_i\|^2$ is "
            r"$\frac1{\widetilde u\,d}\chi^2_d$ with "
            r"$\widetilde u=d^2/\ln^2d$, and by {st}`B.rows.below` the probability is at least "
            r"$2\bigl(1-\Phi(\sqrt{d+\widetilde u\sqrt d})\bigr)$, an exponent of at most the "
            r"order $d^{5/2}/\ln^2d$, where $d^4/\ln^4d$ is printed."
        ),
        formal=(
            Sequent(moments, eq(E(step_square), step_mean)),
            Sequent(three_tails, P(x**2 + v * a + D * z <= far_step) <= 6 * e),
        ),
        bound=_tail_at_root_d(False),
    )
)

declare(
    Statement(
        id="B.chi2",
        title="Tails of the χ² law",
        paper="B",
        chapter=CHAPTER,
        kind="theorem",
        text=(
            r"Let $Q\sim\chi^2_k$. For every $t\ge0$,"
            "\n"
            r"$$\Pr\bigl(Q-k\ge2\sqrt{kt}+2t\bigr)\le e^{-t},\qquad"
            r"\Pr\bigl(Q-k\le-2\sqrt{kt}\bigr)\le e^{-t}.$$"
        ),
        formal=(
            Sequent(
                (a > 0, b > 0, E(exp(b * Q / (a + 2 * b))) <= exp(a * b**2 / (a + 2 * b))),
                P(2 * a * b + 2 * b**2 <= Q) <= exp(-(b**2)),
            ),
            Sequent(
                (a > 0, b > 0, E(exp(-b * Q / a)) <= exp(b**2)),
                P(2 * a * b <= -Q) <= exp(-(b**2)),
            ),
        ),
    )
)

declare(
    Statement(
        id="B.rows.flat",
        title="Where |σ'| is constant, a row's step is Gaussian",
        paper="B",
        chapter=CHAPTER,
        kind="theorem",
        text=(
            r"Let $|\sigma'|=s_1>0$ almost everywhere, as for $|\cdot|$ with $s_1=1$, and "
            r"$v=s_1^2\widetilde\varkappa$. "
            r"Then $\eta\widetilde G_i\sim\mathcal N\bigl(0,\frac vdI_d\bigr)$ exactly; "
            r"$\frac dv\,\|\eta\widetilde G_i\|^2$ has the law $\chi^2_d$, and "
            r"$\frac dv\,\|w_i+\eta\widetilde G_i\|^2$ the non-central law $\chi'^2_d(d/v)$. The "
            r"length $r_i=\|w_i+\eta\widetilde G_i\|$ satisfies, for every $t\ge0$,"
            "\n"
            r"$$\Pr\Bigl(|r_i-\mathbb E\,r_i|\ge\sqrt{2vt/d}\Bigr)\le2e^{-t},\qquad"
            r"\sqrt{1+v-\tfrac vd}\le\mathbb E\,r_i\le\sqrt{1+v} .$$"
        ),
        hypotheses=_ROW[:2],
        bound=BoundFormula(
            quantity=r"|r_i-\mathbb E\,r_i|\text{ with probability }1-2e^{-t}",
            parameters=(
                Parameter(_s["t"], "exponent of the failure", 10.0, sp.Interval(0, sp.oo)),
                *_SIZES,
                _SLOPE,
            ),
            terms=(
                Term(
                    _v,
                    "squared slope times load",
                    _s["slope"] ** 2 * _s["n"] * _s["level"] ** 2 / (_s["d"] * _s["q"]),
                ),
            ),
            value=sp.sqrt(2 * _v * _s["t"] / _s["d"]),
            trivial=sp.oo,
        ),
    )
)

declare(
    Statement(
        id="B.rows.length",
        title="All rows have nearly one length",
        paper="B",
        chapter=CHAPTER,
        kind="theorem",
        text=(
            r"Let $\theta>0$ and"
            "\n"
            r"$$\bar r=\mathbb E\sqrt{1+\frac{\theta\widetilde\varkappa}d\,\chi^2_{d-1}},\qquad"
            r"\hat r=\sqrt{1+\theta\widetilde\varkappa\,\frac{d-1}d},$$"
            "\n"
            r"so that $1\le\bar r\le\hat r$ and "
            r"$\bar r^2\ge\hat r^2-\theta\widetilde\varkappa/(2d)$."
            "\n\n"
            "\n"
            r"For every $t\ge0$, with probability at least $1-6e^{-t}$, the length "
            r"$r_i=\|w_i+\eta\widetilde G_i\|$ satisfies"
            "\n"
            r"$$|r_i-\bar r|\le2s_1\sqrt{\frac{\widetilde\varkappa t}d}"
            r"+\Delta\sqrt{\frac{\widetilde\varkappa t}{2\theta n}} .$$"
            "\n"
            r"The number $\bar r$ is the same for all rows. So all $q$ rows of the network are "
            r"that near to it with probability at least $1-6q\,e^{-t}$."
        ),
        hypotheses=_ROW,
        formal=(
            Sequent(
                (L > 0, t >= 0, *four_signs),
                P(t <= abs(Z) + abs(X)) <= 4 * exp(-(t**2) / (2 * L**2)),
            ),
        ),
        bound=BoundFormula(
            quantity=r"|r_i-\bar r|\text{ with probability }1-6e^{-t}",
            parameters=(
                Parameter(_s["t"], "exponent of the failure", 10.0, sp.Interval(0, sp.oo)),
                *_SIZES,
                _SLOPE,
                Parameter(_s["theta"], "E σ'(g)²", 1.0),
                _SPREAD,
            ),
            terms=(Term(_load, "load", _s["n"] * _s["level"] ** 2 / (_s["d"] * _s["q"])),),
            value=2 * _s["slope"] * sp.sqrt(_load * _s["t"] / _s["d"])
            + _s["spread"] * sp.sqrt(_load * _s["t"] / (2 * _s["theta"] * _s["n"])),
            trivial=sp.oo,
        ),
    )
)

declare(
    Statement(
        id="B.rows.below",
        title="The printed exponent is too large",
        paper="B",
        chapter=CHAPTER,
        kind="theorem",
        text=(
            r"Let $\sigma=|\cdot|$, $d\ge2$ and $u=1/\widetilde\varkappa$. "
            r"With $r_i=\|w_i+\eta\widetilde G_i\|$ and $R_i=\|\eta\widetilde G_i\|^2$,"
            "\n"
            r"$$\Pr\Bigl(r_i^2-\mathbb E\,r_i^2\ge\tfrac1{\sqrt d}\Bigr)"
            r"\ge\tfrac12\Bigl(1-\Phi\bigl(\tfrac12\sqrt u+\tfrac1{\sqrt{2u}}\bigr)\Bigr),$$"
            "\n"
            r"$$\Pr\Bigl(R_i-\mathbb E\,R_i\ge\tfrac1{\sqrt d}\Bigr)"
            r"\ge2\Bigl(1-\Phi\bigl(\sqrt{d+u\sqrt d}\bigr)\Bigr).$$"
            "\n"
            r"The exponents are at most $\frac u8+O(\ln u)$, whatever $d$, and, for $u\ge\sqrt d$, "
            r"at most $u\sqrt d+O(\ln(ud))$. So no $\exp(-\Omega(u^2))$ bounds the "
            r"first for large $u$, or the second where $u/\sqrt d$ is large."
        ),
        hypotheses=_ROW[:2],
    )
)
