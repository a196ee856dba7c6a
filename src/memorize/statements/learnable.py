"""The statements of book/fine_grained/learnable.md."""

import sympy as sp

from memorize.kernel.terms import (
    Sequent,
    eq,
    every,
    fixed,
    inner,
    matrix,
    number,
    vector,
)
from memorize.kernel.terms import Term as Kernel
from memorize.statements import BoundFormula, Parameter, Statement, declare

CHAPTER = "fine_grained/learnable"

# The cast. A, B and H are m by m; a, b solve Aa = v, Bb = v, and b solves Hb = y in the theorem.
# The columns of Zᵀ are the features of the m inputs, theta the weights of the function on them.
A, B, H = matrix("A", "m", "m"), matrix("B", "m", "m"), matrix("H", "m", "m")
Z, Z1, Z2 = matrix("Z", "m", "n"), matrix("Z1", "m", "n", "Z_1"), matrix("Z2", "m", "p", "Z_2")
a, b, v, u, w, e = (vector(name, "m") for name in "abvuwe")
b1, b2 = vector("b1", "m", "b_1"), vector("b2", "m", "b_2")
y1, y2 = vector("y1", "m", "y_1"), vector("y2", "m", "y_2")
theta = vector("theta", "n", r"\theta")
theta1, theta2 = vector("theta1", "n", r"\theta_1"), vector("theta2", "p", r"\theta_2")
tk, t1, t2 = fixed("tk", r"\mathrm{tk}_c"), fixed("t1", "t_1"), fixed("t2", "t_2")
M1, M2 = fixed("M1", "M_1"), fixed("M2", "M_2")
# The online step: the residual's representer, the new feature, its new part, the step along it.
residual, psi, fresh = vector("r", "m"), vector("psi", "m", r"\psi"), vector("p", "m")
step = fixed("s")


def _semidefinite(M: Kernel) -> Kernel:
    return every((u,), inner(u, M @ u) >= 0)


def _symmetric(M: Kernel) -> Kernel:
    return every((u, w), eq(inner(u, M @ w), inner(w, M @ u)))


def _solves(M: Kernel, x: Kernel, right: Kernel) -> Kernel:
    """Mx = right."""
    return every((e,), eq(inner(e, M @ x), inner(e, right)))


semidefinite, symmetric = _semidefinite(A), _symmetric(A)
order = every((u,), inner(u, A @ u) <= inner(u, B @ u))
solves_a, solves_b = _solves(A, a, v), _solves(B, b, v)
dominates = every((u,), tk * inner(Z.T @ u, Z.T @ u) <= inner(u, H @ u))
labels = _solves(H, b, Z @ theta)
semidefinite_h, symmetric_h = _semidefinite(H), _symmetric(H)
solves_1, solves_2 = _solves(H, b1, y1), _solves(H, b2, y2)
dominates_both = every(
    (u,),
    t1 * inner(Z1.T @ u, Z1.T @ u) + t2 * inner(Z2.T @ u, Z2.T @ u) <= inner(u, H @ u),
)
both = Z1 @ theta1 + Z2 @ theta2
labels_both = _solves(H, b, both)
online = (
    eq(inner(residual, psi - fresh), 0),
    eq(inner(fresh, psi - fresh), 0),
    eq(inner(psi, psi), number(1) / 2),
    eq(step * inner(fresh, fresh), inner(residual, psi)),
)
after = residual - step * fresh

c_ = sp.Symbol("c", integer=True, positive=True)
alpha_ = sp.Symbol("alpha", real=True)
size_, frob_ = sp.symbols("v A", nonnegative=True)
wave_ = sp.Symbol("b", nonnegative=True)
M_, m_ = sp.Symbol("M", positive=True), sp.Symbol("m", integer=True, positive=True)

EVEN_PRICE = 2 * sp.pi ** sp.Rational(3, 2) * (c_ - 1) * sp.sqrt(c_ / 2 - sp.Rational(2, 3))
"""The upper bound of 1/tk_c for even c of B.F6.constant."""

_size = Parameter(size_, "length of v", 1.0, sp.Interval(0, sp.oo))

declare(
    Statement(
        id="F.LE.1",
        title="Order and pseudo-inverses",
        paper="F",
        number="Lemma E.1",
        chapter=CHAPTER,
        kind="theorem",
        text=r"""
Let $A,B\in\mathbb R^{m\times m}$ be symmetric with $B\succeq A\succeq0$, and $P_A$ the orthogonal
projection to the range of $A$. Then
$$A^\dagger\succeq P_A\,B^\dagger P_A .$$
In the formal reading $Aa=v$ and $Bb=v$, so that $\langle a,v\rangle=v^\top A^\dagger v$ and
$\langle b,v\rangle=v^\top B^\dagger v$.
""",
        formal=(
            Sequent(
                (semidefinite, symmetric, order, solves_a, solves_b),
                inner(b, v) <= inner(a, v),
            ),
        ),
    )
)

declare(
    Statement(
        id="B.LE.sup",
        title="The value of a vector under a matrix",
        paper="B",
        chapter=CHAPTER,
        kind="theorem",
        text=r"""
For a symmetric $A\succeq0$ and a vector $v$ put
$$Q_A(v)=\sup_u\,\bigl(2\langle u,v\rangle-\langle u,Au\rangle\bigr)\in[0,\infty].$$
1. $Q_A(v)=v^\top A^\dagger v$ if $v$ is in the range of $A$, and $\infty$ if it is not.
2. If $A\preceq B$, then $Q_B(v)\le Q_A(v)$ for every $v$.
3. $Q_{sA}(v)=Q_A(v)/s$ for $s>0$, and $Q_{ZZ^\top}(v)=\min\{\|\theta\|^2:Z\theta=v\}$, which is
   $\infty$ if there is no such $\theta$.
""",
        formal=(
            Sequent(
                (semidefinite, symmetric, solves_a),
                2 * inner(u, v) - inner(u, A @ u) <= inner(a, v),
            ),
            Sequent((solves_a,), eq(2 * inner(a, v) - inner(a, A @ a), inner(a, v))),
        ),
    )
)

declare(
    Statement(
        id="F.T6.1",
        title="Powers of a linear form are learnable",
        paper="F",
        number="Theorem 6.1",
        chapter=CHAPTER,
        kind="theorem",
        text=r"""
Let $y_j=\alpha\langle v,x_j\rangle^c$ for all $j\le m$, with $c=1$ or $c\ge2$ even. Then
$$\sqrt{y^\top H^{-1}y}\;\le\;\frac{|\alpha|\,\|v\|^c}{\sqrt{\mathrm{tk}_c}}
\;\le\;(2\pi^3)^{1/4}\,c^{3/4}\,|\alpha|\,\|v\|^c,$$
$$\frac1{\mathrm{tk}_1}=4,\qquad
\frac1{\mathrm{tk}_c}=2\pi\,(c-1)\,\frac{(c-2)!!}{(c-3)!!}\quad(c\text{ even}),$$
where $n!!=n(n-2)(n-4)\cdots$ and $0!!=(-1)!!=1$. If $H$ is singular, read $Q_H(y)$ of
{st}`B.LE.sup` for $y^\top H^{-1}y$. In the formal reading the rows of $Z$ are the tensor powers
$x_j^{\otimes c}$, $\theta=\alpha v^{\otimes c}$, and $Hb=y=Z\theta$.
""",
        hypotheses=(
            r"$x_1,\dots,x_m\in\mathbb S^{d-1}$",
            r"$H=[\mathrm{tk}^h(x_j,x_{j'})]$ for ReLU, and $\mathrm{tk}^h(\rho)="
            r"\sum_n\mathrm{tk}_n\rho^n$ ({st}`F.E3`)",
        ),
        printed=r"$\sqrt{\mathbf y^\top(\mathbf H^\infty)^{-1}\mathbf y}\le"
        r"3p\,|\alpha|\cdot\|\boldsymbol\beta\|_2^p$, for $p=1$ or $p=2l$",
        changed=r"True as printed, with a constant of the wrong order: $3c$ is replaced by "
        r"$1/\sqrt{\mathrm{tk}_c}\le2.81\,c^{3/4}$, the best constant that holds in all dimensions "
        r"({st}`B.F6.ridge`). $H$ need not be invertible. (In the proof $\mathbf X^{\circ l}$ "
        r"stands once for $\mathbf X^{\odot l}$.)",
        formal=(
            Sequent((tk > 0, dominates, labels), inner(b, Z @ theta) <= inner(theta, theta) / tk),
        ),
        bound=BoundFormula(
            quantity=r"\sqrt{y^\top H^{-1}y}",
            parameters=(
                Parameter(c_, "degree: 1, or even", 2, sp.Interval(1, sp.oo)),
                Parameter(alpha_, "factor α", 1.0, sp.Interval(-sp.oo, sp.oo)),
                _size,
            ),
            terms=(),
            value=sp.Abs(alpha_)
            * size_**c_
            * sp.Piecewise(
                (2, sp.Eq(c_, 1)),
                (sp.sqrt(EVEN_PRICE), sp.Eq(sp.floor(c_ / 2) * 2, c_)),
                (sp.oo, True),
            ),
            trivial=sp.oo,
        ),
    )
)

declare(
    Statement(
        id="B.F6.constant",
        title="The price of a power, from both sides",
        paper="B",
        chapter=CHAPTER,
        kind="theorem",
        text=r"""
For every even $c\ge2$
$$2\pi^{3/2}(c-1)\sqrt{\tfrac c2-\tfrac34}\;\le\;\frac1{\mathrm{tk}_c}\;\le\;
2\pi^{3/2}(c-1)\sqrt{\tfrac c2-\tfrac23}\;\le\;\sqrt{2\pi^3}\,c^{3/2} .$$
So $1/\sqrt{\mathrm{tk}_c}$ grows like $(2\pi^3)^{1/4}c^{3/4}$, with a ratio that tends to $1$.
""",
    )
)

declare(
    Statement(
        id="B.F6.ridge",
        title="The price of a function of one direction, in any dimension",
        paper="B",
        chapter=CHAPTER,
        kind="theorem",
        text=r"""
Let $f(x)=\sum_{n\ge0}b_n\langle v,x\rangle^n$ with $\|v\|=1$ and $\sum_n|b_n|<\infty$. Over all
dimensions $d$ and all finite sets of points of $\mathbb S^{d-1}$, with labels $y_j=f(x_j)$,
$$\sup_{d,\,x_1,\dots,x_m}Q_H(y)=\sum_{n\ge0}\frac{b_n^2}{\mathrm{tk}_n},$$
where a term with $b_n=0$ is $0$, and one with $b_n\ne0=\mathrm{tk}_n$ is $\infty$.

*Data sets that come near.* Take levels $t_1,\dots,t_K\in(-1,1)$ and, for each, $N$ points
$t_av+\sqrt{1-t_a^2}\,e_{a,s}$, with $v$ and all $e_{a,s}$ orthonormal. For labels $z_a$ that
depend on the level only,
$$Q_H(y)=Q_G(z),\qquad
G=\Bigl[\mathrm{tk}^h(t_at_{a'})\Bigr]+\frac1N\operatorname{diag}\Bigl(\tfrac12-
\mathrm{tk}^h(t_a^2)\Bigr).$$
""",
    )
)

declare(
    Statement(
        id="B.F6.odd",
        title="Odd powers are not learnable",
        paper="B",
        chapter=CHAPTER,
        kind="theorem",
        text=r"""
Let $f(x)=\langle v,x\rangle^c$ on $\mathbb S^{d-1}$ with $\|v\|=1$, $c\ge3$ odd and $d\ge2$.
1. The odd part $\frac12(g(x)-g(-x))$ of every $g$ in the space of $\mathrm{tk}^h$ is linear. So
   $f$ is not in it, and as examples fill the sphere, $Q_H(y)\to\infty$.
2. For uniform $x$, with $t=\langle v,x\rangle$, and every $g$ in the space the bound of
   {st}`B.T6.odd` is
   $$\mathbb E\bigl(f(x)-g(x)\bigr)^2\ge\mathbb E\,t^{2c}-d\,\bigl(\mathbb E\,t^{c+1}\bigr)^2>0,$$
   and this is $\frac{6(d-1)}{d(d+2)^2(d+4)}$ for $c=3$. It is attained by a linear $g$.
3. For $0<s<t<1$ let the levels be $\pm s$, $\pm t$, with $N$ points on each as in
   {st}`B.F6.ridge`; there are $m=4N$ examples. Then
   $$Q_H(y)\ge m\,\frac{s^2t^2\,(t^{c-1}-s^{c-1})^2}{s^2+t^2}.$$
""",
    )
)

declare(
    Statement(
        id="B.F6.limit",
        title="The limit of many examples",
        paper="B",
        chapter=CHAPTER,
        kind="theorem",
        text=r"""
Let $f$ be continuous on $\mathbb S^{d-1}$, let $x_1,x_2,\dots$ be dense in $\mathbb S^{d-1}$, and
$H_m$ and $y_m$ the Gram matrix and the labels $f(x_j)$ of the first $m$. Then $Q_{H_m}(y_m)$ never
falls, and
$$\lim_{m\to\infty}Q_{H_m}(y_m)=\|f\|_{\mathrm{tk}^h}^2,$$
which is $\infty$ if $f$ is not in the space of $\mathrm{tk}^h$, and for polynomials is computed in
{st}`B.T6.sphere`. Independent draws from a law with
positive mass in every open set of the sphere are dense with probability one.
""",
    )
)

declare(
    Statement(
        id="F.C6.2",
        title="Sums of powers are learnable",
        paper="F",
        number="Corollary 6.2, Equations (12) and (13)",
        chapter=CHAPTER,
        kind="theorem",
        text=r"""
1. $\sqrt{Q_H(y+y')}\le\sqrt{Q_H(y)}+\sqrt{Q_H(y')}$ for all labels $y,y'$, and
   $Q_H(y)\le\liminf_nQ_H(y^{(n)})$ if $y^{(n)}\to y$.
2. Let $y_k=\sum_j\alpha_j\langle v_j,x_k\rangle^{c_j}$ for all $k\le m$, a finite or convergent
   infinite sum with $c_j=1$ or $c_j\ge2$ even. Then
   $$\sqrt{y^\top H^{-1}y}\;\le\;\sum_j\frac{|\alpha_j|\,\|v_j\|^{c_j}}{\sqrt{\mathrm{tk}_{c_j}}}
   \;\le\;(2\pi^3)^{1/4}\sum_jc_j^{3/4}\,|\alpha_j|\,\|v_j\|^{c_j}.$$

In the formal reading $Hb_i=y_i$ and $Q_H(y_i)=\langle b_i,y_i\rangle\le M_i^2$.
""",
        hypotheses=(r"as in {st}`F.T6.1`",),
        printed=r"$\sqrt{\mathbf y^\top(\mathbf H^\infty)^{-1}\mathbf y}\le"
        r"3\sum_jp_j|\alpha_j|\cdot\|\boldsymbol\beta_j\|_2^{p_j}$",
        changed=r"True as printed; the constants are those of {st}`F.T6.1`. Infinite sums, which "
        r"the paper's examples use, are covered by the limit in the first item.",
        formal=(
            Sequent(
                (
                    semidefinite_h,
                    symmetric_h,
                    solves_1,
                    solves_2,
                    M1 > 0,
                    M2 > 0,
                    inner(b1, y1) <= M1**2,
                    inner(b2, y2) <= M2**2,
                ),
                inner(b1 + b2, y1 + y2) <= (M1 + M2) ** 2,
            ),
        ),
    )
)

declare(
    Statement(
        id="B.F6.pythagoras",
        title="Different degrees add up in squares",
        paper="B",
        chapter=CHAPTER,
        kind="theorem",
        text=r"""
Let $y_k=\sum_j\alpha_j\langle v_j,x_k\rangle^{c_j}$ for all $k\le m$ with $c_j=1$ or
$c_j\ge2$ even, a finite sum, or an infinite one with finitely many terms of each degree and
$\sum_j|\alpha_j|\,\|v_j\|^{c_j}<\infty$. Then
$$y^\top H^{-1}y\;\le\;\sum_n\frac1{\mathrm{tk}_n}\Bigl\|\sum_{j:\,c_j=n}
\alpha_jv_j^{\otimes n}\Bigr\|^2=\sum_n\frac1{\mathrm{tk}_n}\sum_{j,j':\,c_j=c_{j'}=n}
\alpha_j\alpha_{j'}\langle v_j,v_{j'}\rangle^n ,$$
which is never more than the square of the first sum of {st}`F.C6.2`. In the formal reading there
are two degrees; the rows of $Z_i$ are the tensor powers of the inputs and $\theta_i$ the weights
on them.
""",
        hypotheses=(r"as in {st}`F.T6.1`",),
        formal=(
            Sequent(
                (t1 > 0, t2 > 0, dominates_both, labels_both),
                inner(b, both) <= inner(theta1, theta1) / t1 + inner(theta2, theta2) / t2,
            ),
        ),
    )
)

declare(
    Statement(
        id="B.F6.online",
        title="How many examples the interpolant needs",
        paper="B",
        chapter=CHAPTER,
        kind="theorem",
        text=r"""
Let $f_j$ be the function of least norm in the space of $\mathrm{tk}^h$ with $f_j(x_i)=y_i$ for
$i\le j$, and $f_0=0$. For examples in any order
$$\sum_{j<m}\bigl(y_{j+1}-f_j(x_{j+1})\bigr)^2\le\tfrac12\,y^\top H^{-1}y .$$
So if $y=f(x)$ with $\|f\|_{\mathrm{tk}^h}\le M$ and the inputs are independent draws from
$\mathcal D$, then for $J$ uniform in $\{0,\dots,m-1\}$ and independent of them
$$\mathbb E\,\|f-f_J\|_{2,\mathcal D}^2\le\frac{M^2}{2m},$$
and $m\ge M^2/(2\varepsilon^2)$ examples suffice for $\mathbb E\,|f(x)-f_J(x)|\le\varepsilon$ at a
new $x\sim\mathcal D$. In the formal reading $r$ represents $f-f_j$, $\psi$ the new input, $p$ the
part of $\psi$ that is orthogonal to the earlier ones, and $r-sp$ represents $f-f_{j+1}$.
""",
        hypotheses=(
            r"$H$ is invertible, or $y_j=f(x_j)$ for some $f$ in the space; then read $Q_H(y)$ for "
            r"$y^\top H^{-1}y$",
        ),
        formal=(
            Sequent(
                online,
                inner(residual, psi) ** 2 <= (inner(residual, residual) - inner(after, after)) / 2,
            ),
        ),
        bound=BoundFormula(
            quantity=r"\sqrt{\mathbb E\|f-f_J\|_{2,\mathcal D}^2}",
            parameters=(
                Parameter(M_, "bound on the kernel norm of f", 2.5),
                Parameter(m_, "number of examples", 1000, sp.Interval(1, sp.oo)),
            ),
            terms=(),
            value=M_ / sp.sqrt(2 * m_),
            trivial=M_ / sp.sqrt(2),
        ),
    )
)

declare(
    Statement(
        id="F.X6.1",
        title="Linear functions",
        paper="F",
        number="Example 6.1",
        chapter=CHAPTER,
        kind="theorem",
        text=r"""
If $y_j=\langle v,x_j\rangle$, then $y^\top H^{-1}y\le4\|v\|^2$. For the $2d$ points $\pm e_i$ it is
equal to $4\|v\|^2$, and so it is in the limit of {st}`B.F6.limit` in every dimension.
""",
        hypotheses=(r"as in {st}`F.T6.1`",),
        printed=r"$M_g=O(\|\boldsymbol\beta\|_2^2)$",
        changed=r"The constant is $4$, and it is attained.",
        bound=BoundFormula(
            quantity=r"y^\top H^{-1}y",
            parameters=(_size,),
            terms=(),
            value=4 * size_**2,
            trivial=sp.oo,
        ),
    )
)

declare(
    Statement(
        id="F.X6.2",
        title="Quadratic functions",
        paper="F",
        number="Example 6.2",
        chapter=CHAPTER,
        kind="theorem",
        text=r"""
Let $y_j=x_j^\top Ax_j$ with a symmetric $A\in\mathbb R^{d\times d}$. Then
$$y^\top H^{-1}y\;\le\;2\pi\,\|A\|_{\mathrm F}^2\;\le\;2\pi\,\|A\|\,\|A\|_*,$$
where $\|A\|_*$ is the sum of the absolute eigenvalues; and $2\pi$ cannot be replaced by a smaller
number. For every integer $\alpha\ge2$ there are an $A$ with $\|A\|_*=\alpha$ and $m=2\alpha^2$
points for which all labels are $1$ and $y^\top H^{-1}y\ge2\alpha^2$.
""",
        hypotheses=(r"as in {st}`F.T6.1`",),
        printed=r"$M_g=O\bigl(\sum_i|\alpha_i|\bigr)=O(\|\mathbf A\|_*)$, where $\alpha_i$ are the "
        r"eigenvalues of $\mathbf A$",
        changed=r"A square is missing: both sides of (13) are square roots, and "
        r"$y^\top H^{-1}y$ is quadratic in $A$. As printed it is false for large $A$, even where "
        r"all labels are at most $1$. It does hold for $\|A\|\le1$, by the Frobenius norm, which "
        r"the paper's own route does not reach: that gives $36\,\|A\|_*^2$.",
        erratum=True,
        counterexample=r"$A=\alpha vv^\top$ and the points $\pm\tau v+\sqrt{1-\tau^2}\,e$ with "
        r"$\tau^2=1/\alpha$ and a direction $e$ of its own for each: all labels are $1$, "
        r"$\|A\|_*=\alpha$, and $y^\top H^{-1}y\ge2\alpha^2$.",
        bound=BoundFormula(
            quantity=r"y^\top H^{-1}y",
            parameters=(Parameter(frob_, "Frobenius norm of A", 1.0, sp.Interval(0, sp.oo)),),
            terms=(),
            value=2 * sp.pi * frob_**2,
            trivial=sp.oo,
        ),
    )
)

declare(
    Statement(
        id="F.X6.3",
        title="Cosine activation",
        paper="F",
        number="Example 6.3",
        chapter=CHAPTER,
        kind="theorem",
        text=r"""
Let $y_j=\cos\langle w,x_j\rangle-1$ and $b=\|w\|$. Then
$$y^\top H^{-1}y\;\le\;F(b)=\sum_{l\ge1}\frac{b^{4l}}{((2l)!)^2\,\mathrm{tk}_{2l}}
\;\le\;(3\,b\sinh b)^2 .$$
$F(b)$ is the least bound that holds in all dimensions, and
$F(b)\ge\frac{2\pi}{e^2b}\,e^{2b}$ for $b=2,4,6,\dots$
""",
        hypotheses=(r"as in {st}`F.T6.1`",),
        printed=r"$M_g=O\bigl(\sum_j\frac j{(2j)!}\|\boldsymbol\beta\|_2^{2j}\bigr)"
        r"=O(\|\boldsymbol\beta\|_2\sinh\|\boldsymbol\beta\|_2)$",
        changed=r"A square is missing. The printed bound grows like $be^b$, the truth in high "
        r"dimension at least like $e^{2b}/b$: no constant in the $O$ that is independent of the "
        r"dimension will do.",
        erratum=True,
        counterexample=r"$F(b)/(b\sinh b)\ge4\pi e^{b-2}/b^2$ for even $b$, which is not bounded; "
        r"and $F$ is approached by the data sets of {st}`B.F6.ridge`. One of them, with $b=5$, "
        r"runs in the chapter in ball arithmetic.",
        bound=BoundFormula(
            quantity=r"y^\top H^{-1}y",
            parameters=(Parameter(wave_, "length of w", 1.0, sp.Interval(0, sp.oo)),),
            terms=(),
            value=(3 * wave_ * sp.sinh(wave_)) ** 2,
            trivial=sp.oo,
        ),
    )
)

declare(
    Statement(
        id="F.X6.4",
        title="A function that is not so smooth",
        paper="F",
        number="Example 6.4",
        chapter=CHAPTER,
        kind="theorem",
        text=r"""
Let $\phi(z)=z\arctan\frac z2$ and $y_j=\phi(\langle w,x_j\rangle)$ with $b=\|w\|\le1$. Then
$$y^\top H^{-1}y\;\le\;G(b)=\sum_{l\ge1}\frac{4^{1-2l}\,b^{4l}}{(2l-1)^2\,\mathrm{tk}_{2l}}
\;\le\;\tfrac53\,b^4 ,$$
$G(b)$ is the least bound that holds in all dimensions, and $G(b)\ge\frac\pi2b^4$. The series
$\sum_l\frac{C^{2l}2^{1-2l}}{2l-1}$ converges if and only if $|C|<2$.
""",
        hypotheses=(r"as in {st}`F.T6.1`",),
        printed=r"$M_g=O\bigl(\sum_j\frac{j\cdot2^{1-2j}}{2j-1}\|\boldsymbol\beta\|_2^{2j}\bigr)"
        r"=O(\|\boldsymbol\beta\|_2^2)$ for $\|\boldsymbol\beta\|_2\le1$",
        changed=r"A square is missing, but as $b\le1$ the printed conclusion is true; with the "
        r"square it becomes $O(b^4)$, and the constant is $\frac53$. The last sentence is the "
        r"paper's remark that the condition of {cite:t}`allenzhu2019` fails, with "
        r"$C\sqrt{\ln(1/\varepsilon)}$ for $C$; whether that theorem needs it the book does not "
        r"check.",
        bound=BoundFormula(
            quantity=r"y^\top H^{-1}y",
            parameters=(Parameter(wave_, "length of w", 1.0, sp.Interval(0, 1)),),
            terms=(),
            value=sp.Rational(5, 3) * wave_**4,
            trivial=sp.oo,
        ),
    )
)
