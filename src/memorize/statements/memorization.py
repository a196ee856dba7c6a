"""The statements of book/one_step/memorization.md."""

from __future__ import annotations

from fractions import Fraction

import sympy as sp

from memorize.kernel.terms import (
    E,
    P,
    Sequent,
    Term,
    eq,
    every,
    finite,
    fixed,
    function,
    indicator,
    number,
    random,
)
from memorize.statements import BoundFormula, Parameter, Statement, declare
from memorize.statements import Term as Named

CHAPTER = "one_step/memorization"

s, u, v, w, h = (fixed(name) for name in ("s_1", "u", "v", "w", "h"))
sigma, phi = function("sigma"), function("phi")
lipschitz = every((u, v), abs(sigma(u) - sigma(v)) <= s * abs(u - v))

# Claim 12. A neuron is a uniformly drawn one: E is the average over the neurons where a is free.
xi, a, radius = random("xi", r"\xi"), random("a"), random("r")
p, centre, k = fixed("p", r"r"), fixed("t", r"\bar r"), fixed("k")
lipschitz_phi = every((u, v), abs(phi(u) - phi(v)) <= k * abs(u - v))
drift_of_one = (
    s >= 0,
    lipschitz,
    finite(E(sigma(p * xi))),
    finite(E(sigma(centre * xi))),
    finite(E(abs(xi))),
)
drift_of_all = (k >= 0, lipschitz_phi, eq(a**2, 1), finite(E(abs(radius - centre))))

# Claim 13. g = ⟨w_i, x⟩, n = ⟨ηg̃_i, x⟩ and e = y a_i at a uniformly drawn neuron i.
g, n, e = random("g"), random("n"), random("e")
b, B = fixed("b"), fixed("s_2")
slope, gap = function("slope", None, r"\sigma^\prime"), function("gap", None, r"\operatorname{gap}")
bounded = every((u,), abs(slope(u)) <= s)


def flat_between(u: Term, v: Term, w: Term, h: Term) -> Term:
    """If u has no kink within h, the chord of σ over v, w within h of u has nearly the slope σ'(u).

    That is the mean value theorem, and |σ''| ≤ s₂ between the kinks.
    """
    inside = indicator(h < gap(u)) * indicator(abs(v - u) <= h) * indicator(abs(w - u) <= h)
    return inside * abs(sigma(v) - sigma(w) - slope(u) * (v - w)) <= B * abs(h) * abs(v - w)


smooth = every((u, v, w, h), flat_between(u, v, w, h))
step = e * b * slope(g)
gain = e * (sigma(g + n + step) - sigma(g + n))
reach = abs(n) + b * s
near = P(gap(g) <= reach)
averaged = b * (E(slope(g) ** 2) - 2 * s**2 * near - s * B * (E(abs(n)) + b * s))

lam, rho, rho_0 = fixed("gamma"), fixed("rho"), fixed("rho_0", r"\rho_-")
theta, alpha, beta, nu = fixed("theta"), fixed("alpha"), fixed("beta"), fixed("nu")
b_1, M, S, N = fixed("b_1", "b_+"), fixed("M"), fixed("S"), fixed("N")
bracket = theta - alpha - 2 * s**2 * beta - s * B * (nu + b_1 * s)
in_bounds = (
    *(s >= 0, B >= 0, lam >= 0, rho_0 >= 0, rho_0 <= rho, b <= b_1),
    *(theta - alpha <= M, S <= beta, N <= nu, bracket >= 0),
)

# Lemma 7: Y = U + V is what the others do to an example and what it does to itself.
Y, U, V = random("Y"), random("U"), random("V")
low, high = fixed("u"), fixed("v")
d_1, d_2 = fixed("delta_1", r"\delta_1"), fixed("delta_2", r"\delta_2")

# The theorem with s₁ = 1: T bounds the norm, z = √(2t/q), c = √(2/π), t the θ and f the s₂.
T, z, c, t, f, r, far, b_T = (
    fixed(name) for name in ("T", "z", "c", "theta", "s_2", "r", "k_1", "b")
)
small = (0 < T, 8 * T <= 1)
share = c * (T * far + r * (c * T + b_T + T)) / (1 - T) + (1 + T) * z / T
kept = t - z / 2 - 2 * share - f * (T * (1 + z) + b_T)
difficulty = number(Fraction(1, 2)) + Fraction(7, 2) * r + 2 * far + Fraction(5, 4) * f
sizes = (
    0 <= z,
    6 * z <= T**2,
    0 <= b_T,
    20 * b_T <= T,
    0 <= f,
    0 <= r,
    0 <= far,
    0 <= c,
    5 * c <= 4,
)
left, short = fixed("Theta", r"\Theta"), fixed("rho_0", r"\rho_-")
x, y, two, six = fixed("x"), fixed("y"), fixed("two", r"\sqrt2"), fixed("six", r"\sqrt6")
rows = 2 * two * x + 2 * x**2 * y + 2 * x**2 * (1 + y) + x * T / 20

m, d, q, L = fixed("m"), fixed("d"), fixed("q"), fixed("L")
of_the_paper = (
    *(0 < L, 0 < s, 0 < T, 0 < m, 0 < d, 0 < q, Fraction(81, 4) * s <= T * L, 216 <= T**4 * L**3),
    *(L**4 <= q, m * L**4 <= d * q),
)

_SETTING = (
    r"$x_1,\dots,x_m\sim\mathcal N(0,I_d)$ and fair signs $y_1,\dots,y_m$, all independent",
    r"$W\in\mathbb R^{q\times d}$ has orthonormal rows (so $q\le d$), $a_i=\pm1$ and "
    r"$A=|\sum_ia_i|/\sqrt q$",
    r"$\sigma$ is $s_1$-Lipschitz and, but for $r$ kinks whose distances from 0 add up to $k_1$, "
    r"twice continuously differentiable with $|\sigma''|\le s_2$; $\gamma>0$",
)
_SAME = r"the setting of {st}`G.C13`"
_CENTRED = r"$\mathbb E\,\sigma'(g)=0$, and $\theta=\mathbb E\,\sigma'(g)^2>0$"
_D = r"D=\tfrac12+\tfrac72r+2k_1+\tfrac{5s_2}{4s_1}"

declare(
    Statement(
        id="G.C12",
        title="What the other examples do to an example",
        paper="G",
        number="Claim 12",
        chapter=CHAPTER,
        kind="theorem",
        text=(
            r"Let $r_i=\|w_i+\eta\tilde g_i\|$, lengths where $r$ alone is a number of kinks, and "
            r"$\phi(\varrho)=\mathbb E\,\sigma(\varrho g)$. If "
            r"$\|\eta\widetilde G\|\le T$ and, for some $\bar r$, "
            r"$q^{-1/2}\sum_i|r_i-\bar r|\le R$, then for every $t\ge0$, with conditional "
            r"probability at least $1-e^{-t}$ given $\widetilde G$,"
            "\n"
            r"$$y\,h_{W+\eta\widetilde G}(x)\ \ge\ -s_1(1+T)\sqrt{2t}-A\,|\phi(\bar r)|"
            r"-s_1\sqrt{\tfrac2\pi}\,R,$$"
            "\n"
            r"and $|h_{W+\eta\widetilde G}(x)|$ is at most minus the right side, with probability "
            r"at least $1-2e^{-t}$. Here $|\phi(\bar r)|\le|\mathbb E\,\sigma(g)|"
            r"+s_1\sqrt{2/\pi}\,|\bar r-1|$."
        ),
        hypotheses=(_SAME, r"$(x,y)=(x_m,y_m)$"),
        printed=r"W.h.p. $h_{W+\eta\tilde G}(\mathbf x_m)=O\bigl(\sqrt{\log(d)}\bigr)$.",
        changed=(
            r"Every constant is explicit. What is needed of $\widetilde G$ is said as two "
            r"hypotheses, $T$ and $R$; {st}`G.L7` supplies them. Of the rows an average deviation "
            r"is enough, and the mean is a function of their lengths alone."
        ),
        formal=(
            Sequent(
                drift_of_one,
                abs(E(sigma(p * xi)) - E(sigma(centre * xi))) <= s * E(abs(xi)) * abs(p - centre),
            ),
            Sequent(
                drift_of_all,
                abs(E(a * phi(radius)))
                <= abs(E(a)) * abs(phi(centre)) + k * E(abs(radius - centre)),
            ),
        ),
    )
)

declare(
    Statement(
        id="G.C13",
        title="What an example does to itself",
        paper="G",
        number="Claim 13",
        chapter=CHAPTER,
        kind="theorem",
        text=(
            r"Let $\Delta=h_{W+\eta G}(x)-h_{W+\eta\widetilde G}(x)$, $\rho=\|x\|^2/d$, "
            r"$g_i=\langle w_i,x\rangle$ and $n_i=\langle\eta\tilde g_i,x\rangle$. Always "
            r"$y\Delta\ge\gamma\rho\,\widehat\Theta$ with"
            "\n"
            r"$$\widehat\Theta=\frac1q\sum_i\sigma'(g_i)^2-2s_1^2\hat\beta"
            r"-s_1s_2\Bigl(\frac1q\sum_i|n_i|+\frac{\gamma\rho s_1}{\sqrt q}\Bigr),$$"
            "\n"
            r"where $\hat\beta$ is the share of neurons with a kink within "
            r"$|n_i|+\gamma\rho s_1/\sqrt q$ of $g_i$. Let $t,\tau>0$, $0<T<1$ and"
            "\n"
            r"$$\begin{gathered}\epsilon=\sqrt{\tfrac{2t}q},"
            r"\quad\rho_+=\Bigl(1+\sqrt{\tfrac{2t}d}\Bigr)^2,\\"
            r"\rho_-=\Bigl(\sqrt{1-\tfrac1{2d}}-\sqrt{\tfrac{2t}d}\Bigr)^2_+,\\"
            r"b=\tfrac{\gamma s_1\rho_+}{\sqrt q},\end{gathered}$$"
            "\n"
            r"$$\beta=\frac{\sqrt{2/\pi}}{1-T}\Bigl(Tk_1+r\Bigl(\sqrt{\tfrac2\pi}\,T+b+\tau\Bigr)"
            r"\Bigr)+\frac{(1+T)\,\epsilon}\tau,$$"
            "\n"
            r"$$\Theta=\theta-\tfrac12s_1^2\epsilon-2s_1^2\beta-s_1s_2\bigl(T(1+\epsilon)+b\bigr),$$"
            "\n"
            r"with $\theta=\mathbb E\,\sigma'(g)^2$, and $\beta=0$ if there is no kink. If "
            r"$\|\eta\widetilde G\|\le T$ and $\Theta\ge0$, then "
            r"$y\Delta\ge\gamma\rho_-\Theta$ with conditional probability at least "
            r"$1-5e^{-t}$ given $\widetilde G$."
        ),
        hypotheses=(*_SETTING, r"$(x,y)=(x_m,y_m)$"),
        printed=(
            r"W.h.p. $y_m\bigl[h_{W+\eta\tilde G+\eta G_m}(\mathbf x_m)-h_{W+\eta\tilde G}"
            r"(\mathbf x_m)\bigr]=\Omega(\log(d))$. [For smooth $\sigma$; of kinks:] "
            r"$1-o(1)$ of the neurons [are] well inside one of the pieces."
        ),
        changed=(
            r"Every constant is explicit, and kinks are part of the statement. The paper bounds "
            r"$|n_i|$ for all neurons at once, which costs a factor of $\ln d$ in $m$; an "
            r"average over the neurons is enough. $\theta>0$ must be assumed for the bound to "
            r"say anything: with a constant $\sigma$, $\Delta=0$."
        ),
        formal=(
            Sequent(
                (
                    b >= 0,
                    s >= 0,
                    B >= 0,
                    lipschitz,
                    bounded,
                    smooth,
                    eq(e**2, 1),
                    finite(E(abs(n))),
                ),
                averaged <= E(gain),
            ),
            Sequent(
                in_bounds,
                lam * rho_0 * bracket <= lam * rho * (M - 2 * s**2 * S - s * B * (N + b * s)),
            ),
        ),
    )
)

declare(
    Statement(
        id="G.L7",
        title="After the step every margin is large",
        paper="G",
        number="Lemma 7",
        chapter=CHAPTER,
        kind="theorem",
        text=(
            r"For all $t,\tau>0$, $0<T<1$, $R\ge0$ and $\bar r\ge1$, in the letters of "
            r"{st}`G.C13` and if $\Theta\ge0$, with probability at least"
            "\n"
            r"$$1-m\,(p_1+p_2+6e^{-t}),$$"
            "\n"
            r"where $p_1=\Pr\bigl(\|\eta\widetilde G\|>T\bigr)$ and "
            r"$p_2=\Pr\bigl(q^{-1/2}\sum_i|r_i-\bar r|>R\bigr)$, all $m$ examples have"
            "\n"
            r"$$y_jh_{W+\eta G}(x_j)\ \ge\ \gamma\rho_-\Theta-s_1(1+T)\sqrt{2t}"
            r"-A\bigl(|\mathbb E\,\sigma(g)|+s_1\sqrt{\tfrac2\pi}(\bar r-1)\bigr)"
            r"-s_1\sqrt{\tfrac2\pi}\,R .$$"
        ),
        hypotheses=(_SAME,),
        printed=(
            r"Assume that $m\le\frac{dq}{\log^4(d)}$ and that $q\ge\log^4(d)$. We have that w.p. "
            r"$1-o(1)$, for every $i\in[m]$, $y_ih_{W+\eta G}(\mathbf x_i)=\Omega(\ln(d))$."
        ),
        changed=(
            r"One explicit inequality, from which {st}`G.T1` and its sharper forms are read off "
            r"by choosing $t$, $T$, $R$ and $\tau$. It does not need "
            r"$\mathbb E\,\sigma'(g)=0$; without it no $T<1$ is likely for large $m$."
        ),
        formal=(
            Sequent(
                (eq(Y, U + V), P(U < -low) <= d_1, P(V < high) <= d_2),
                P(Y < high - low) <= d_1 + d_2,
            ),
        ),
    )
)

_T = sp.Symbol("T", positive=True)
_d = sp.Symbol("d", integer=True, positive=True)
_lam, _s, _theta = (sp.Symbol(name, positive=True) for name in ("level", "s", "theta"))
_bend, _kinks, _far = (sp.Symbol(name, nonnegative=True) for name in ("bend", "kinks", "far"))
_A, _mean = (sp.Symbol(name, nonnegative=True) for name in ("A", "mean"))
_cost = sp.Symbol("D")
_half_line = sp.Interval(0, sp.oo)

declare(
    Statement(
        id="B.memorize",
        title="One step memorizes: the explicit theorem",
        paper="B",
        chapter=CHAPTER,
        kind="theorem",
        text=(
            rf"Let ${_D}$ and $0<T\le\frac18$ with $s_1^2DT\le\theta$. If"
            "\n"
            r"$$m\le\frac{T^2}{24}\cdot\frac{dq}{s_1^2\gamma^2},\qquad m\le d^2,\qquad "
            r"q\ge\frac{410\,s_1^2\gamma^2}{T^2},\qquad q\ge\frac{216\ln d}{T^4}$$"
            "\n"
            r"and $\gamma>A\,|\mathbb E\,\sigma(g)|+s_1\sqrt{6\ln d}$, then with probability at "
            r"least $1-15/d$ all $m$ examples have"
            "\n"
            r"$$y_jh_{W^+}(x_j)\ \ge\ \gamma\,(\theta-s_1^2DT)-3s_1\sqrt{\ln d}"
            r"-A\bigl(|\mathbb E\,\sigma(g)|+\tfrac1{60}s_1T^2\bigr).$$"
        ),
        hypotheses=(
            _SAME,
            _CENTRED,
            r"$W^+$ are the weights after one full-batch step at $\eta=m\gamma/d$ for the mean "
            r"hinge loss $(\gamma-y\,h_W(x))_+$",
        ),
        formal=(
            Sequent((*small, *sizes), t - (difficulty - Fraction(1, 16)) * T <= kept),
            Sequent(
                (
                    *small,
                    t <= 1,
                    difficulty * T <= t,
                    1 - T / 16 <= short,
                    0 <= r,
                    0 <= far,
                    0 <= f,
                    t - (difficulty - Fraction(1, 16)) * T <= left,
                ),
                t - difficulty * T <= short * left,
            ),
            Sequent(
                (*small, 0 <= x, 24 * x**2 <= T**2, 0 <= y, 7 * y <= T**2, 0 <= two, two**2 <= 2),
                rows <= Fraction(59, 100) * T,
            ),
            Sequent(
                (*small, 0 <= six, six**2 <= 6),
                (1 + T) * six + Fraction(4, 5) * (Fraction(118, 100) * T) <= 3,
            ),
        ),
        bound=BoundFormula(
            quantity=r"\min_jy_jh_{W^+}(x_j)",
            parameters=(
                Parameter(_d, "input dimension", 10**9, sp.Interval(2, sp.oo)),
                Parameter(_lam, "level γ of the hinge", 40.0),
                Parameter(_T, "bound on ‖ηG̃‖, at most 1/8", 0.1, sp.Interval.Lopen(0, 0.125)),
                Parameter(_s, "largest slope of σ", 1.0),
                Parameter(_theta, "mean squared slope θ", 1.0),
                Parameter(_kinks, "number of kinks", 1.0, _half_line),
                Parameter(_far, "sum of their distances from 0", 0.0, _half_line),
                Parameter(_bend, "largest |σ''| between kinks", 0.0, _half_line),
                Parameter(_A, "imbalance A of the output signs", 0.0, _half_line),
                Parameter(_mean, "|E σ(g)|", 0.8, _half_line),
            ),
            terms=(
                Named(
                    _cost,
                    "what a unit of T costs",
                    sp.Rational(1, 2)
                    + sp.Rational(7, 2) * _kinks
                    + 2 * _far
                    + sp.Rational(5, 4) * _bend / _s,
                ),
            ),
            value=_lam * (_theta - _s**2 * _cost * _T)
            - 3 * _s * sp.sqrt(sp.log(_d))
            - _A * (_mean + _s * _T**2 / 60),
            trivial=sp.Integer(0),
            sense=">=",
        ),
    )
)

declare(
    Statement(
        id="G.T1",
        title="One gradient step memorizes",
        paper="G",
        number="Theorem 1",
        chapter=CHAPTER,
        kind="theorem",
        text=(
            rf"Let $\gamma=\ln d$, $m\le dq/\ln^4d$ and $q\ge\ln^4d$. With ${_D}$ let"
            "\n"
            r"$$T_d=\max\Bigl(\frac{20.25\,s_1}{\ln d},\ \frac{3.84}{(\ln d)^{3/4}}\Bigr).$$"
            "\n"
            r"If $d$ is so large that $T_d\le\frac18$, $s_1^2DT_d\le\theta$ and "
            r"$\ln d>A|\mathbb E\,\sigma(g)|+s_1\sqrt{6\ln d}$, then with probability at least "
            r"$1-15/d$ all $m$ examples have"
            "\n"
            r"$$y_jh_{W^+}(x_j)\ \ge\ (\theta-s_1^2DT_d)\ln d-3s_1\sqrt{\ln d}"
            r"-A\bigl(|\mathbb E\,\sigma(g)|+\tfrac{s_1}{3840}\bigr).$$"
            "\n"
            r"For fixed $\sigma$ and $A$ that is $(\theta-o(1))\ln d$. For $\sigma(t)=|t|$, "
            r"$D=4$."
        ),
        hypotheses=(
            *_SETTING,
            _CENTRED,
            r"one full-batch step at $\eta=m\ln(d)/d$ for the mean hinge loss "
            r"$(\ln d-y\,h_W(x))_+$",
        ),
        printed=(
            r"Assume that $m\le\frac{dq}{\log^4(d)}$ and that $q\ge\log^4(d)$. We have that w.p. "
            r"$1-o(1)$, for every $i\in[m]$, $y_ih_{W^+}(\mathbf x_i)=\Omega(\ln(d))$. "
            r"[$\sigma$ is $O(1)$-Lipschitz, piecewise twice differentiable, and "
            r"$\mathbb E\,\sigma'(X)=0$; $\sum_ia_i=O(\sqrt q)$.]"
        ),
        changed=(
            r"$\theta>0$ is missing: a constant $\sigma$ satisfies all that is printed. "
            r"Orthonormal rows mean $q\le d$, which the proof uses. $|\sum_ia_i|$ is meant, and "
            r"the loss is a mean over the examples. The probability of failure, “$o(1/m)$ each” in "
            r"the proof, is $15/d$ for all."
        ),
        erratum=True,
        counterexample=(
            r"For $\sigma=1$ every $h_W$ is constant: $h_{W^+}=h_W=\sum_ia_i/\sqrt q$, which has "
            r"the sign of at most one label."
        ),
        formal=(
            Sequent(of_the_paper, 24 * m * (s * L) ** 2 <= T**2 * (d * q)),
            Sequent(of_the_paper, 410 * (s * L) ** 2 <= T**2 * q),
            Sequent(of_the_paper, 216 * L <= T**4 * q),
        ),
    )
)

declare(
    Statement(
        id="B.memorize.log2",
        title="The paper's step memorizes dq/ln² d examples",
        paper="B",
        chapter=CHAPTER,
        kind="theorem",
        text=(
            rf"Let $\gamma=\ln d$, ${_D}$ and "
            r"$T=\min\bigl(\frac18,\frac\theta{2s_1^2D}\bigr)$. If"
            "\n"
            r"$$m\le\frac{T^2}{24s_1^2}\cdot\frac{dq}{\ln^2d},\qquad m\le d^2,\qquad "
            r"q\ge\frac{410\,s_1^2}{T^2}\ln^2d,\qquad q\ge\frac{216}{T^4}\ln d$$"
            "\n"
            r"and $\ln d>A|\mathbb E\,\sigma(g)|+s_1\sqrt{6\ln d}$, then with probability at least "
            r"$1-15/d$ all $m$ examples have"
            "\n"
            r"$$y_jh_{W^+}(x_j)\ \ge\ \tfrac12\theta\ln d-3s_1\sqrt{\ln d}"
            r"-A\bigl(|\mathbb E\,\sigma(g)|+\tfrac{s_1}{3840}\bigr).$$"
            "\n"
            r"For $\sigma(t)=|t|$: $T=\frac18$ and $m\le\frac1{1536}\,dq/\ln^2d$."
        ),
        hypotheses=(r"those of {st}`B.memorize`",),
    )
)

declare(
    Statement(
        id="B.memorize.log",
        title="A shorter step memorizes dq/ln d examples",
        paper="B",
        chapter=CHAPTER,
        kind="theorem",
        text=(
            rf"Let $\gamma=K\sqrt{{\ln d}}$, ${_D}$ and "
            r"$T=\min\bigl(\frac18,\frac\theta{2s_1^2D}\bigr)$. If"
            "\n"
            r"$$m\le\frac{T^2}{24s_1^2K^2}\cdot\frac{dq}{\ln d},\qquad m\le d^2,\qquad "
            r"q\ge\max\Bigl(\frac{410\,s_1^2K^2}{T^2},\ \frac{216}{T^4}\Bigr)\ln d$$"
            "\n"
            r"and $K\sqrt{\ln d}>A|\mathbb E\,\sigma(g)|+s_1\sqrt{6\ln d}$, then with probability "
            r"at least $1-15/d$ all $m$ examples have"
            "\n"
            r"$$y_jh_{W^+}(x_j)\ \ge\ \bigl(\tfrac12\theta K-3s_1\bigr)\sqrt{\ln d}"
            r"-A\bigl(|\mathbb E\,\sigma(g)|+\tfrac{s_1}{3840}\bigr).$$"
            "\n"
            r"For $\sigma(t)=|t|$, $\sum_ia_i=0$ and $K=7$: one step memorizes "
            r"$m\le\frac1{75264}\,dq/\ln d$ examples as soon as $q\ge1\,285\,760\ln d$."
        ),
        hypotheses=(r"those of {st}`B.memorize`",),
    )
)

declare(
    Statement(
        id="B.meanfield",
        title="The law of a margin in the mean field",
        paper="B",
        chapter=CHAPTER,
        kind="theorem",
        text=(
            r"Conjecture. Let $\sigma(t)=|t|$, $\sum_ia_i=0$, $\varkappa=m\gamma^2/(dq)$ and "
            r"$b=\gamma/\sqrt q$. As $d\to\infty$ with $q/d$, $\varkappa$ and $b$ fixed, the law "
            r"of $y_jh_{W^+}(x_j)$ approaches the normal law with mean $\gamma\Lambda$,"
            "\n"
            r"$$\Lambda=\mathbb E\,\frac{|p+b\operatorname{sgn}g|-|p-b\operatorname{sgn}g|}{2b},"
            r"\qquad p=g+\sqrt\varkappa\,g',$$"
            "\n"
            r"$g,g'$ independent and standard normal, and variance"
            "\n"
            r"$$\Bigl(1-\frac2\pi\Bigr)(1+\varkappa)+\frac4{\pi^2}\cdot\frac qd\cdot"
            r"\frac\varkappa{1+\varkappa}\Bigl(1+\frac{(\sum_jy_j)^2}m\Bigr).$$"
            "\n"
            r"As $b\to0$, $\Lambda\to\frac2\pi\arcsin(1/\sqrt{1+\varkappa})$."
        ),
    )
)
