"""The statements of book/fine_grained/distance.md."""

from fractions import Fraction

import sympy as sp

from memorize.kernel.terms import (
    E,
    P,
    Sequent,
    eq,
    every,
    exp,
    finite,
    fixed,
    indicator,
    inner,
    matrix,
    maximum,
    norm,
    number,
    random,
    random_vector,
    vector,
)
from memorize.kernel.terms import Term as Kernel
from memorize.statements import BoundFormula, Parameter, Statement, Term, declare

CHAPTER = "fine_grained/distance"

HALF = Fraction(1, 2)
"""B.rademacher.differences: an exchanged example moves m Rad_S(F) by HALF, for values in [0,1]."""
GAP = 2
"""F.TB.1: the deviation is √(GAP ln(1/δ)/m)."""

# The cast. J is the Jacobian at the start; b solves JJᵀb = y and V is any solution of JV = y.
J, H, H0 = matrix("J", "m", "p"), matrix("H", "m", "m"), matrix("H0", "m", "m", "H_0")
b, b0, y, e, u = (
    vector("b", "m"),
    vector("b0", "m", "b_0"),
    vector("y", "m"),
    vector("e", "m"),
    vector("u", "m"),
)
V = vector("V", "p")


def _solves(applied: Kernel, right: Kernel) -> Kernel:
    """The two vectors of ℝ^m are equal."""
    return every((e,), eq(inner(e, applied), inner(e, right)))


normal_equations = _solves(J @ (J.T @ b), y)
interpolates = _solves(J @ V, y)

# One step of the residual: p = ρ, h = H₀ρ, g = H̃ρ. Then the whole way: U = V + A + B.
eta, lam, lam0, mu, far, rho, S, Eps = (
    fixed("eta"),
    fixed("lam", r"\lambda"),
    fixed("lam0", r"\lambda_0"),
    fixed("mu"),
    fixed("E"),
    fixed("rho"),
    fixed("S"),
    fixed("eps", r"\varepsilon"),
)
p, h, g = vector("p", "m"), vector("h", "m"), vector("g", "m")
one_step = Sequent(
    (
        eta >= 0,
        norm(p - eta * h) <= (1 - eta * lam) * norm(p),
        norm(h - g) <= far * norm(p),
    ),
    norm(p - eta * g) <= (1 - eta * (lam - far)) * norm(p),
)
# 1/k is min{λ^{-1/2}, √(ηt)}, and s the root of S.
k, s = fixed("k"), fixed("s")
U, A, B = vector("U", "p"), vector("A", "p"), vector("B", "p")
_parts = (mu > 0, k > 0, norm(A) <= rho / mu * (far / k), norm(B) <= rho / mu * s)
_rest = rho / mu * (far / k + s)
whole_way = Sequent(_parts, norm((V + A + B) - V) <= _rest)
lengths = Sequent(_parts, abs(norm(V + A + B) - norm(V)) <= _rest)

keeps = every((u,), (1 - Eps) * inner(u, H @ u) <= inner(u, H0 @ u))
symmetric = every((u, e), eq(inner(u, H @ e), inner(e, H @ u)))
positive = every((u,), inner(u, H @ u) >= 0)
price_kept = Sequent(
    (Eps < 1, keeps, symmetric, positive, _solves(H @ b, y), _solves(H0 @ b0, y)),
    inner(b0, y) <= inner(b, y) / (1 - Eps),
)
# k, l, c are the roots of λ_min(H₀), of (1−ε)λ_m and of ε/2; s that of S.
l, c = fixed("l", r"\ell"), fixed("c")  # noqa: E741
rest = Sequent(
    (
        rho >= 0,
        Eps > 0,
        Eps < 1,
        c >= 0,
        l > 0,
        l <= k,
        far >= 0,
        far <= Eps * l**2,
        s <= c * l,
    ),
    rho / (k**2 - far) * (far / k + s) <= (Eps + c) / (1 - Eps) * (rho / l),
)

# Two functions of a class on one example: a, b their sums on the others, v, w their values on it.
a1, a2, v, w, f, f2, L, r, z, t, x, x2 = (
    fixed("a1", "a_1"),
    fixed("a2", "a_2"),
    fixed("v"),
    fixed("w"),
    fixed("f"),
    fixed("f2", "f_2"),
    fixed("L"),
    fixed("r"),
    fixed("z"),
    fixed("t"),
    fixed("x"),
    fixed("x2", "x'"),
)
contraction = Sequent(
    (abs(v - w) <= L * abs(f - f2),),
    (a1 + v) + (a2 - w) <= maximum((a1 + L * f) + (a2 - L * f2), (a1 - L * f) + (a2 + L * f2)),
)
both_signs = maximum(a1 + v, a2 + w) + maximum(a1 - v, a2 - w)
unit_values = (0 <= v, v <= 1, 0 <= w, w <= 1)
exchange_below = Sequent(unit_values, 2 * maximum(a1, a2) <= both_signs)
exchange_above = Sequent(unit_values, both_signs / 2 <= maximum(a1, a2) + number(HALF))

# X deviates from its mean; 1/K is the sum of the squared ranges of its differences.
X, K, C, M, n = random("X"), fixed("K"), fixed("C"), fixed("M"), fixed("m")
differences = every((mu,), E(exp(mu * X)) <= exp(mu**2 / (8 * K)))
tail = Sequent((K > 0, t >= 0, differences), P(t <= X) <= exp(-2 * K * t**2))
# The excess of the gap over the complexity: its mean is M ≤ 0, and 1/K = 2 GAP/m.
centred = every((mu,), E(exp(mu * (X - M))) <= exp(mu**2 * GAP / (4 * n)))
gap_tail = Sequent((n > 0, t >= 0, M <= 0, centred), P(t <= X) <= exp(-(n * t**2) / GAP))

Y, Z = random("Y"), random_vector("Z", "p")
mean_norm = Sequent((finite(E(inner(Z, Z))),), E(norm(Z)) ** 2 <= E(inner(Z, Z)))
fourth = Sequent(
    (Y >= 0, C > 0, finite(E(Y)), finite(E(Y**4)), E(Y**4) <= C**2 * E(Y**2)),
    E(Y**2) <= C * E(Y),
)

relu_gap = maximum(z + x, 0) - maximum(z, 0) - indicator(0 <= z) * x
kink_below = Sequent((), relu_gap >= 0)
kink_above = Sequent((abs(x) <= r,), relu_gap <= maximum(r - abs(z), 0))
o = fixed("o")
kink_slope = Sequent(
    (0 <= o, o <= 1),
    abs((maximum(z + x, 0) - o * x) - (maximum(z + x2, 0) - o * x2)) <= abs(x - x2),
)

m_, q_, q0_ = sp.symbols("m q q0", integer=True, positive=True)
r_, rF_, Rad_ = sp.symbols("r rF Rad", nonnegative=True)
tau_, delta_, eps_, L_, least_, top_, norm_ = sp.symbols(
    "tau delta eps L least top norm", positive=True
)
price_ = sp.Symbol("price", nonnegative=True)
_unit = sp.Interval.open(0, 1)
_examples = Parameter(m_, "number of examples", 1000, sp.Interval(1, sp.oo))
_neurons = Parameter(q_, "number of hidden neurons", 10**6, sp.Interval(1, sp.oo))
_failure = Parameter(delta_, "probability of failure", 0.01, _unit)
_scale = Parameter(tau_, "scale τ of the weights at the start", 1.0)

_POINTS = r"$x_1,\dots,x_m\in\mathbb S^{d-1}$, and $y\in\mathbb R^m$"
_NETWORK = (
    r"$h_W(x)=q^{-1/2}\sum_ia_i\max(\langle w_i,x\rangle,0)$ with fixed $a_i=\pm1$ is trained by "
    r"gradient descent on $\frac12\|y-\hat y\|^2$ with the step size $\eta$"
)
_START = (
    r"$J=J_{W^{(0)}}$ and $H_0=JJ^\top$ with the eigenvalues $\lambda_k$ and eigenvectors $v_k$"
)

declare(
    Statement(
        id="F.E11",
        title="The auxiliary linear sequence",
        paper="F",
        number="Equation (11), Section 5.2",
        chapter=CHAPTER,
        kind="definition",
        text=r"""
$V^{(0)}=0$ and $V^{(t+1)}=V^{(t)}-\eta J^\top\bigl(JV^{(t)}-y\bigr)$. Then for every $t$
$$JV^{(t)}=\bigl(I-(I-\eta H_0)^t\bigr)y,\qquad
\|V^{(t)}\|^2=\sum_{\lambda_k>0}\frac{\bigl(1-(1-\eta\lambda_k)^t\bigr)^2}{\lambda_k}\,
\langle v_k,y\rangle^2 .$$
If $H_0$ is invertible and $0<\eta<2/\lambda_{\max}(H_0)$, then $V^{(t)}\to J^\top H_0^{-1}y$, the
shortest of all $V$ with $JV=y$, and $\|V^{(t)}\|\to\sqrt{y^\top H_0^{-1}y}$. If
$\eta\ge2/\lambda_{\max}(H_0)$, it has no limit for almost all $y$. In the formal reading
$JJ^\top b=y$.
""",
        hypotheses=(_START,),
        formal=(
            Sequent((normal_equations, interpolates), inner(b, y) <= inner(V, V)),
            Sequent((normal_equations,), eq(inner(J.T @ b, J.T @ b), inner(b, y))),
        ),
    )
)

declare(
    Statement(
        id="B.distance.finite",
        title="The way of the weights at every time",
        paper="B",
        chapter=CHAPTER,
        kind="theorem",
        text=r"""
Let $\rho_0=\|y-\hat y^{(0)}\|$, $0\le\lambda\le\lambda_{\min}(H_0)$, and let $r>0$ be a radius.
Let $S=\sum_js_j$, where $s_j$ is the share of the neurons with
$|\langle w_i^{(0)},x_j\rangle|\le r$, let $N_{jl}$ be $|\langle x_j,x_l\rangle|$ times the share of
the neurons that are counted in $s_j$ or in $s_l$, let $F\ge\|N\|$, and put
$\Theta_t=\eta\sum_{s<t}(1-\eta(\lambda-F))^s$. Let $T\le\infty$ be such that
$\|X\|\rho_0\Theta_T\le r\sqrt q$. Then for all $t\le T$ every row has moved by at most $r$, and
$$\bigl\|W^{(t)}-W^{(0)}-V^{(t)}\bigr\|_{\mathrm F}\le\rho_0\,\Theta_t\,\Bigl(F\,
\min\bigl\{\lambda^{-1/2},\sqrt{\eta t}\bigr\}+\sqrt S\Bigr),$$
where $V^{(t)}$ is the {st}`linear sequence (11) <F.E11>` for $y-\hat y^{(0)}$ in the place of $y$;
so the lengths $\|W^{(t)}-W^{(0)}\|_{\mathrm F}$ and $\|V^{(t)}\|$ differ by no more. If
$F<\lambda$, then $\Theta_\infty=\frac1{\lambda-F}$. In the formal reading $p$ is the residual, $h$
and $g$ its images under $H_0$ and under the secant Gram matrix, $V+A+B$ the whole movement, and
$1/k$ the minimum, $s=\sqrt S$, $\rho=\rho_0$, $\mu=1/\Theta_t$, $E=F$.
""",
        hypotheses=(_POINTS, _NETWORK, _START, r"$\eta\le1/\lambda_{\max}(H_0)$"),
        formal=(one_step, whole_way, lengths),
    )
)

declare(
    Statement(
        id="F.L5.3",
        title="Distance to the initialisation",
        paper="F",
        number="Lemma 5.3",
        chapter=CHAPTER,
        kind="theorem",
        text=r"""
Let $\varepsilon\in(0,\frac12]$, $\delta\in(0,1)$, $\lambda=(1-\varepsilon)\lambda_m$, and
$$r=\frac{\|X\|\,\|y\|}{(1-\varepsilon)\,\lambda\sqrt q},\qquad
\bar s=(e-1)\sqrt{\frac2\pi}\,\frac r\tau+\frac2q\ln\frac{2m}\delta .$$
If the width is so large that
$$q\ge\frac{2\,\|G\|}{\lambda_m}\cdot\frac{\ln(2m/\delta)}
{\varepsilon+(1-\varepsilon)\ln(1-\varepsilon)}\qquad\text{and}\qquad
2m\,\bar s\le\varepsilon\lambda ,$$
then with probability at least $1-\delta$, for all $t$ at once and every $\eta\le1/\|G\|$:

1. $\|w_i^{(t)}-w_i^{(0)}\|\le r$ for all $i\le q$.
2. $\bigl|\,\|W^{(t)}-W^{(0)}\|_{\mathrm F}-\|V^{(t)}\|\,\bigr|\le\Delta$ with $V^{(t)}$ of
   the {st}`linear sequence (11) <F.E11>` and
   $$\Delta=\frac{\varepsilon+\sqrt{\varepsilon/2}}{1-\varepsilon}\cdot
   \frac{\|y\|}{\sqrt\lambda} .$$
3. $\displaystyle\|W^{(t)}-W^{(0)}\|_{\mathrm F}\le
   \sqrt{\frac{y^\top H^{-1}y}{1-\varepsilon}}+\Delta$.

A paired start has the outputs $0$. For other starts let $\zeta\ge0$ be a number, write
$\|y\|+\zeta$ for $\|y\|$ throughout and $y-\hat y^{(0)}$ for $y$ in $V^{(t)}$, and add
$\zeta/\sqrt\lambda$ in item 3; then all this holds, but for a probability of at most $\delta$,
whenever $\|\hat y^{(0)}\|\le\zeta$. In the formal reading $k,\ell,c,s$ are the roots of
$\lambda_{\min}(H_0)$, $\lambda$, $\varepsilon/2$, $\sum_js_j$, and $Hb=H_0b_0=y$.
""",
        hypotheses=(
            _POINTS,
            _NETWORK,
            r"the start is paired, $q/2$ independent rows $w_i\sim\mathcal N(0,\tau^2I)$, each "
            r"twice, with $a_i=1$ and $a_i=-1$; or all $q$ rows are independent",
            r"$\lambda_m>0$ is the least eigenvalue of $H$, and $G=XX^\top$",
        ),
        printed=r"$\|\mathbf w_r(k)-\mathbf w_r(0)\|_2=O\bigl(\frac n{\sqrt m\lambda_0\sqrt\delta}"
        r"\bigr)$ and $\|\mathbf W(k)-\mathbf W(0)\|_F\le\sqrt{\mathbf y^\top(\mathbf H^\infty)"
        r"^{-1}\mathbf y}+O\bigl(\frac{n\kappa}{\lambda_0\delta}\bigr)+"
        r"\frac{\mathrm{poly}(n,\lambda_0^{-1},\delta^{-1})}{m^{1/4}\kappa^{1/2}}$ if "
        r"$m\ge\kappa^{-2}\mathrm{poly}(n,\lambda_0^{-1},\delta^{-1})$ and "
        r"$\eta=O(\lambda_0/n^2)$",
        changed=r"The constants and the width are explicit. The step size may be $1/\|G\|$, larger "
        r"than $\lambda_m/m^2$; the remainder is the printed one in its order, "
        r"$q^{-1/4}\tau^{-1/2}$, and two-sided about the finite-time value; the price is "
        r"multiplied by $1/(1-\varepsilon)$, where the paper adds to it a term with "
        r"$\lambda_m^{-2}$; "
        r"and the outputs at the start, which a paired start makes zero, cost "
        r"$\zeta/\sqrt\lambda$ and not $n\kappa/(\lambda_0\delta)$.",
        formal=(price_kept, rest),
        bound=BoundFormula(
            quantity=r"\|W^{(t)}-W^{(0)}\|_{\mathrm F}",
            parameters=(
                Parameter(price_, "price of the labels", 369.0, sp.Interval(0, sp.oo)),
                Parameter(norm_, "norm of the labels", 16.34),
                Parameter(least_, "least eigenvalue of H", 0.02145),
                Parameter(eps_, "ε, what the width buys", 0.01, sp.Interval.Lopen(0, sp.S.Half)),
            ),
            terms=(
                Term(sp.Symbol("lam"), "(1−ε)λ_m", (1 - eps_) * least_),
                Term(
                    sp.Symbol("rest"),
                    "Δ",
                    (eps_ + sp.sqrt(eps_ / 2)) / (1 - eps_) * norm_ / sp.sqrt(sp.Symbol("lam")),
                ),
            ),
            value=sp.sqrt(price_ / (1 - eps_)) + sp.Symbol("rest"),
            trivial=sp.oo,
        ),
    )
)

declare(
    Statement(
        id="F.DB.1",
        title="Rademacher complexity",
        paper="F",
        number="Definition B.1",
        chapter=CHAPTER,
        kind="definition",
        text=r"""
For points $S=(x_1,\dots,x_m)$ and a class $\mathcal F$ of functions,
$$\mathrm{Rad}_S(\mathcal F)=\frac1m\,\mathbb E\,\sup_{f\in\mathcal F}\sum_{j=1}^m
\epsilon_jf(x_j)$$
with independent uniform signs $\epsilon_j=\pm1$, and no absolute value. For $\mathcal F\ne
\emptyset$, a function $f_0$ and a number $c$:

1. $\mathrm{Rad}_S(\mathcal F)\ge0$, with equality for one function; and it grows with
   $\mathcal F$.
2. $\mathrm{Rad}_S(f_0+\mathcal F)=\mathrm{Rad}_S(\mathcal F)$.
3. $\mathrm{Rad}_S(c\,\mathcal F)=|c|\,\mathrm{Rad}_S(\mathcal F)$.
4. $\mathrm{Rad}_S$ of the convex hull of $\mathcal F$ is $\mathrm{Rad}_S(\mathcal F)$.
5. $\mathrm{Rad}_S(\mathcal F+\mathcal F')=\mathrm{Rad}_S(\mathcal F)+
   \mathrm{Rad}_S(\mathcal F')$ for $\mathcal F+\mathcal F'=\{f+f'\}$.
""",
    )
)

declare(
    Statement(
        id="B.rademacher.contraction",
        title="Contraction",
        paper="B",
        chapter=CHAPTER,
        kind="theorem",
        text=r"""
If $\phi_j:\mathbb R\to\mathbb R$ is $L$-Lipschitz for every $j$, then
$$\mathbb E\sup_{f\in\mathcal F}\sum_j\epsilon_j\phi_j(f(x_j))\le
L\;\mathbb E\sup_{f\in\mathcal F}\sum_j\epsilon_jf(x_j) .$$
In the formal reading $f,f'$ are the values of two functions on one example, $v,w$ those of
$\phi_j$ there, and $a_1,a_2$ the sums over the other examples.
""",
        formal=(contraction,),
    )
)

declare(
    Statement(
        id="B.rademacher.differences",
        title="What one example can change",
        paper="B",
        chapter=CHAPTER,
        kind="theorem",
        text=r"""
1. If $f(z_1,\dots,z_m)$ changes by at most $c_j$ when $z_j$ alone is exchanged, and the $z_j$ are
   independent, then $\Pr(f\ge\mathbb Ef+t)\le e^{-2t^2/\sum_jc_j^2}$ for $t\ge0$.
2. Let all functions of $\mathcal G$ have values in $[0,1]$. If one example is exchanged,
   $\mathrm{Rad}_S(\mathcal G)$ changes by at most $\frac1{2m}$, and
   $\sup_{g\in\mathcal G}\bigl(\mathbb E\,g-\frac1m\sum_jg(z_j)\bigr)$ by at most $\frac1m$.
   Neither number can be lowered.

In the formal reading $\mathcal G$ has two functions, with the values $v,w$ on the example and the
sums $a_1,a_2$ on the others; and $1/K=\sum_jc_j^2$.
""",
        formal=(exchange_below, exchange_above, tail),
    )
)

declare(
    Statement(
        id="F.TB.1",
        title="Generalisation from Rademacher complexity",
        paper="F",
        number="Theorem B.1",
        chapter=CHAPTER,
        kind="theorem",
        text=r"""
Let the loss have values in $[0,1]$ and be $L$-Lipschitz in the prediction, and let
$S\sim\mathcal D^m$. For every $\delta\in(0,1)$, with probability at least $1-\delta$,
$$\sup_{f\in\mathcal F}\bigl(\mathcal L_{\mathcal D}(f)-\mathcal L_S(f)\bigr)\le
2L\,\mathrm{Rad}_S(\mathcal F)+\sqrt{\frac{2\ln(1/\delta)}m} .$$
The factor $2$ cannot be lowered. In the formal reading $X$ is the left side less
$2\,\mathrm{Rad}_S(\ell\circ\mathcal F)$ and $M$ its mean.
""",
        hypotheses=(
            r"$\mathcal F$ is countable, or its suprema are those over a countable subset",
        ),
        printed=r"$\sup_{f\in\mathcal F}\{L_{\mathcal D}(f)-L_S(f)\}\le"
        r"2\rho\mathcal R_S(\mathcal F)+3c\sqrt{\frac{\log(2/\delta)}{2n}}$ for a loss in $[0,c]$",
        changed=r"True as printed (divide the loss by $c$). The last term is replaced by "
        r"$2\sqrt{\ln(1/\delta)/(2m)}$, which is less than two thirds of it: the bounded "
        r"differences are used once, for both quantities together, and the complexity changes by "
        r"half of what is commonly said.",
        formal=(gap_tail,),
        bound=BoundFormula(
            quantity=r"\sup_f(\mathcal L_{\mathcal D}(f)-\mathcal L_S(f))",
            parameters=(
                Parameter(Rad_, "Rademacher complexity of the class", 0.1, sp.Interval(0, sp.oo)),
                Parameter(L_, "Lipschitz constant of the loss", 1.0),
                _examples,
                _failure,
            ),
            terms=(Term(sp.Symbol("slack"), "deviation", sp.sqrt(GAP * sp.log(1 / delta_) / m_)),),
            value=2 * L_ * Rad_ + sp.Symbol("slack"),
            trivial=sp.Integer(1),
        ),
    )
)

declare(
    Statement(
        id="B.rademacher.linear",
        title="The complexity of a ball, from both sides",
        paper="B",
        chapter=CHAPTER,
        kind="theorem",
        text=r"""
For the class of $x_j\mapsto\langle V,J_j\rangle$ with $\|V\|_{\mathrm F}\le r_{\mathrm F}$, where
$J_j$ are vectors with the Gram matrix $H_0\ne0$,
$$\mathrm{Rad}_S=\frac{r_{\mathrm F}}m\,\mathbb E\sqrt{\epsilon^\top H_0\epsilon},\qquad
\frac{\sqrt{\operatorname{tr}H_0}}{\sqrt{1+2\kappa}}\le
\mathbb E\sqrt{\epsilon^\top H_0\epsilon}\le\sqrt{\operatorname{tr}H_0},$$
where $\kappa=\sum_{j\ne l}(H_0)_{jl}^2/(\operatorname{tr}H_0)^2\le1-\frac1m$. If the $J_j$ are
orthogonal, both are equalities. In the formal reading $Z=J^\top\epsilon$, $Y=\|Z\|$, and
$C^2=\mathbb EY^4/\mathbb EY^2$.
""",
        formal=(mean_norm, fourth),
    )
)

declare(
    Statement(
        id="F.L5.4",
        title="Complexity of the class around the initialisation",
        paper="F",
        number="Lemma 5.4",
        chapter=CHAPTER,
        kind="theorem",
        text=r"""
Let $\mathcal F_{r,r_{\mathrm F}}$ be the class of $h_W$ with $\|w_i-w_i^{(0)}\|\le r$ for all $i$
and $\|W-W^{(0)}\|_{\mathrm F}\le r_{\mathrm F}$. At every start $W^{(0)}$
$$\mathrm{Rad}_S(\mathcal F_{r,r_{\mathrm F}})\le\frac{r_{\mathrm F}}m\|J\|_{\mathrm F}
+\frac1{2m\sqrt q}\sum_{i,j}\bigl(r-|\langle w_i^{(0)},x_j\rangle|\bigr)_+ .$$
If the rows are $q_0$ independent draws from $\mathcal N(0,\tau^2I)$, each repeated $q/q_0$ times
($q_0=\frac q2$ for a paired start), then for $r>0$ and $\delta\in(0,1)$, with probability at least
$1-\delta$, for all $r_{\mathrm F}>0$ at once
$$\begin{aligned}\mathrm{Rad}_S(\mathcal F_{r,r_{\mathrm F}})\le{}&
\frac{r_{\mathrm F}}{\sqrt{2m}}\Bigl(1+\frac12\sqrt{\frac{2\ln(2/\delta)}{q_0}}\Bigr)\\
&+\frac{\sqrt q}2\Bigl(\frac{r^2}{\sqrt{2\pi}\,\tau}
+r\sqrt{\frac{\ln(2/\delta)}{2q_0}}\Bigr).\end{aligned}$$
In the formal reading $z=\langle w_i^{(0)},x_j\rangle$ and $x=\langle w_i-w_i^{(0)},x_j\rangle$.
""",
        hypotheses=(r"$x_1,\dots,x_m\in\mathbb S^{d-1}$, and $a_i=\pm1$",),
        printed=r"$\mathcal R_S\bigl(\mathcal F_{R,B}^{\mathbf W(0),\mathbf a}\bigr)\le"
        r"\frac B{\sqrt{2n}}\Bigl(1+\bigl(\frac{2\log\frac2\delta}m\bigr)^{1/4}\Bigr)"
        r"+\frac{2R^2\sqrt m}\kappa+R\sqrt{2\log\frac2\delta}$",
        changed=r"True as printed. For $q_0=q$ ours is smaller in each term: "
        r"$\frac12\sqrt{2\ln(2/\delta)/q}$ for its root, as $\sqrt{1+2x}\le1+x$ (this is larger "
        r"only if $\ln(2/\delta)>8q$); and the factors $0.1995$ and $0.354$ "
        r"for $2$ and $\sqrt2$, as ReLU exceeds its tangent by at most "
        r"$(r-|z|)_+$, not $2r$, and the mean of these excesses may be subtracted "
        r"({st}`F.DB.1`, item 2).",
        formal=(kink_below, kink_above),
        bound=BoundFormula(
            quantity=r"\mathrm{Rad}_S(\mathcal F_{r,r_{\mathrm F}})",
            parameters=(
                _examples,
                _neurons,
                Parameter(q0_, "independent rows among them", 10**6, sp.Interval(1, sp.oo)),
                Parameter(r_, "how far each row moves", 0.001, sp.Interval(0, sp.oo)),
                Parameter(rF_, "how far the matrix moves", 10.0, sp.Interval(0, sp.oo)),
                _scale,
                _failure,
            ),
            terms=(
                Term(
                    sp.Symbol("linear"),
                    "of the tangent model",
                    rF_ / sp.sqrt(2 * m_) * (1 + sp.sqrt(2 * sp.log(2 / delta_) / q0_) / 2),
                ),
                Term(
                    sp.Symbol("kinks"),
                    "of the kinks",
                    sp.sqrt(q_)
                    / 2
                    * (
                        r_**2 / (sp.sqrt(2 * sp.pi) * tau_)
                        + r_ * sp.sqrt(sp.log(2 / delta_) / (2 * q0_))
                    ),
                ),
            ),
            value=sp.Symbol("linear") + sp.Symbol("kinks"),
            trivial=sp.oo,
        ),
    )
)

declare(
    Statement(
        id="B.rademacher.kinks",
        title="The kinks by contraction",
        paper="B",
        chapter=CHAPTER,
        kind="theorem",
        text=r"""
With $n_i$ the number of $j$ for which $|\langle w_i^{(0)},x_j\rangle|\le r$, the second term of
{st}`F.L5.4` may be replaced by
$$\frac r{m\sqrt q}\sum_i\sqrt{n_i} ,$$
and under the hypotheses of its second part, for the same $\delta$, by
$$r\,\sqrt{\frac qm}\,\Bigl(\sqrt{\frac2\pi}\,\frac r\tau+
\sqrt{\frac{\ln(2/\delta)}{2q_0}}\Bigr)^{1/2} .$$
In the formal reading the excess of ReLU over its tangent is $1$-Lipschitz in the movement $x$.
""",
        formal=(kink_slope,),
    )
)
