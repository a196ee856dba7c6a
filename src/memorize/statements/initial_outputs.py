"""The statements of book/one_step/initial_outputs.md."""

import sympy as sp

from memorize.kernel.terms import E, P, Sequent, count, every, exp, fixed, random
from memorize.statements import BoundFormula, Parameter, Statement, declare

CHAPTER = "one_step/initial_outputs"

# One example: H = h_W(x), or Z = y h_W(x); b bounds its mean, s its slope. J of m examples are bad.
H, Z, J = random("H"), random("Z"), random("J")
s, t, b, mu = fixed("s"), fixed("t"), fixed("b"), fixed("mu")
m = count("m")
moment_bound = exp(b * abs(mu) + mu**2 * s**2 / 2)
two_sided = (
    s > 0,
    t >= 0,
    every((mu,), E(exp(mu * H)) <= moment_bound),
    J >= 0,
    E(J) <= m * P(b + t <= abs(H)),
)
one_sided = (
    s > 0,
    t >= 0,
    every((mu,), E(exp(mu * Z)) <= moment_bound),
    J >= 0,
    E(J) <= m * P(b + t <= Z),
)
per_example = exp(-(t**2) / (2 * s**2))

_half = sp.Interval(0, sp.oo)
_unit = sp.Interval.open(0, 1)
_imbalance = Parameter(sp.Symbol("A", nonnegative=True), "imbalance |Σa|/√q", 0.0, _half)
_mean = Parameter(sp.Symbol("mean", real=True), "E σ(g)", 0.7979, sp.Interval(-sp.oo, sp.oo))
_slope = Parameter(sp.Symbol("s", positive=True), "Lipschitz constant of σ", 1.0)
_examples = Parameter(sp.Symbol("m", integer=True, positive=True), "examples", 512**2)
_failure = Parameter(sp.Symbol("delta", positive=True), "probability of failure", 1 / 512, _unit)
_level = Parameter(sp.Symbol("level", positive=True), "level of the hinge loss", 6.238)
_threshold = Parameter(sp.Symbol("t", nonnegative=True), "threshold", 3.0, _half)
_width = Parameter(sp.Symbol("q", integer=True, positive=True), "neurons", 512)

_share = _imbalance.symbol / sp.sqrt(_width.symbol)
_square = (_threshold.symbol / _slope.symbol) ** 2
_variance = 1 - 2 / sp.pi * (1 - _share)

_LET = (
    r"$W\in\mathbb R^{q\times d}$ has orthonormal rows, so that $q\le d$; $a_i=\pm1$ and "
    r"$A=|\sum_ia_i|/\sqrt q$",
    r"$\sigma$ is $s$-Lipschitz with $s>0$",
    r"$h_W(x)=q^{-1/2}\sum_ia_i\,\sigma(\langle w_i,x\rangle)$",
    r"$x_j\sim\mathcal N(0,I_d)$ for $j\le m$, whatever their joint law; $0<\delta<1$",
)

declare(
    Statement(
        id="G.L6",
        title="Outputs at initialisation",
        paper="G",
        number="Lemma 6",
        chapter=CHAPTER,
        kind="theorem",
        text=(
            r"(a) With probability at least $1-\delta$,"
            "\n"
            r"$$\max_j|h_W(x_j)|\;\le\;A\,|\mathbb E\,\sigma(g)|+s\sqrt{2\ln(2m/\delta)}.$$"
            "\n"
            r"(b) Let each label $y_j=\pm1$ be independent of $x_j$, and let the level of the "
            r"hinge loss be $\gamma\ge A\,|\mathbb E\,\sigma(g)|+s\sqrt{2\ln(m/\delta)}$. With "
            r"probability at least $1-\delta$ every example is active, "
            r"$y_jh_W(x_j)<\gamma$, and one step of gradient descent at rate $\eta$ on the mean "
            r"loss $\frac1m\sum_j(\gamma-y_jh_W(x_j))_+$ leads exactly to $W^+=W+\eta G$, with"
            "\n"
            r"$$\eta G=\frac{\eta}{m\sqrt q}\sum_{j=1}^m y_j\,\operatorname{diag}(a)\,"
            r"\sigma'(Wx_j)\,x_j^\top .$$"
            "\n"
            r"(c) For $A=0$, $s=1$, $m=d^2$, $\delta=1/d$ and $\gamma=\ln d$, the bound in (a) is "
            r"below $\gamma$ if and only if $d\ge505$, and $\gamma$ is as large as (b) asks if "
            r"and only if $d\ge404$ ($d\ge2$ an integer)."
        ),
        hypotheses=_LET,
        printed=r"w.p. $1-o(1)$, for all $i\in[m]$, $|h_W(\mathbf x_i)|<O(\sqrt{\ln d})$",
        changed=(
            r"The constants are explicit, and the logarithm is of $m/\delta$: the printed form "
            r"needs $\ln m=O(\ln d)$, which the paper has from $m\le dq\le d^2$, that is from "
            r"$q\le d$, which orthonormal rows imply and which it does not state. The printed "
            r"$\sum_ia_i=O(\sqrt q)$ must be read as a bound on the absolute value. The step "
            r"itself needs one side only, so that the 2 in the logarithm goes."
        ),
        formal=(
            Sequent(two_sided, P(J >= 1) <= 2 * m * per_example),
            Sequent(one_sided, P(J >= 1) <= m * per_example),
        ),
        bound=BoundFormula(
            quantity=r"\max_j|h_W(x_j)|",
            parameters=(_imbalance, _mean, _slope, _examples, _failure, _level),
            value=_imbalance.symbol * sp.Abs(_mean.symbol)
            + _slope.symbol * sp.sqrt(2 * sp.log(2 * _examples.symbol / _failure.symbol)),
            trivial=_level.symbol,
        ),
    )
)

declare(
    Statement(
        id="B.outputs.even",
        title="Outputs at initialisation for even activations",
        paper="B",
        chapter=CHAPTER,
        kind="theorem",
        text=(
            r"Let $X=h_W(x)-\mathbb E\,h_W(x)$, and let $n=(q-|\sum_ia_i|)/2$ be the number of "
            r"pairs of opposite signs. For every real $\mu$,"
            "\n"
            r"$$\mathbb E\,e^{\mu X}\le e^{s^2\mu^2/2}\Bigl(1-\operatorname{erf}"
            r"\bigl(s\mu/\sqrt{2q}\bigr)^2\Bigr)^n,$$"
            "\n"
            r"with equality for $\sigma(t)=s|t|$ and $A=0$. For every $t\ge0$,"
            "\n"
            r"$$\Pr(|X|\ge t)\le2\exp\Bigl(-\frac{t^2}{s^2(1+A/\sqrt q)}\Bigr),$$"
            "\n"
            r"$$\Pr(|X|\ge t)\le2\exp\Bigl(-\frac{t^2}{2vs^2}+\frac{3\,t^4}{10\,q\,s^4}\Bigr),"
            r"\qquad v=1-\frac2\pi\Bigl(1-\frac A{\sqrt q}\Bigr),$$"
            "\n"
            r"and for one side without the factors 2. In particular (a) of {st}`G.L6` holds with "
            r"$s\sqrt{(1+A/\sqrt q)\ln(2m/\delta)}$ in the place of $s\sqrt{2\ln(2m/\delta)}$, and "
            r"(b) likewise. For $A=0$, $s=1$, even $q=d$, $m=d^2$, $\delta=1/d$ and "
            r"$\gamma=\ln d$, all outputs are below $\gamma$ in absolute value for $d\ge16$, and "
            r"all examples active for $d\ge12$, with probability at least $1-\delta$."
        ),
        hypotheses=(*_LET[:1], r"$\sigma$ is even, $\sigma(-t)=\sigma(t)$", *_LET[1:]),
        bound=BoundFormula(
            quantity=r"\Pr(|h_W(x)-\mathbb Eh_W(x)|\ge t)",
            parameters=(_threshold, _slope, _width, _imbalance),
            value=2
            * sp.exp(
                -sp.Max(
                    _square / (1 + _share),
                    _square / (2 * _variance) - sp.Rational(3, 10) * _square**2 / _width.symbol,
                )
            ),
            trivial=sp.Integer(1),
        ),
    )
)
