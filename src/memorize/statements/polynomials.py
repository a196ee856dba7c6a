"""The statements of book/sgd/polynomials.md."""

from collections.abc import Callable

import sympy as sp

from memorize.kernel.terms import (
    E,
    Sequent,
    eq,
    every,
    finite,
    function,
    inner,
    random_vector,
    vector,
)
from memorize.kernel.terms import Term as Kernel
from memorize.statements import BoundFormula, Parameter, Statement, Term, declare
from memorize.statements import vector_features as vf

CHAPTER = "sgd/polynomials"

# The cast. f is odd, h a network whose odd part is <a, x>, under a law of x that looks the same
# from both sides.
x, x0, a = random_vector("x", "d"), vector("x0", "d", "x_0"), vector("a", "d")
h, f = function("h"), function("f")
odd = every((x0,), eq(f(-x0), -f(x0)))
linear = eq(h(x) - h(-x), 2 * inner(a, x))
here, there, best = h(x) - f(x), h(-x) - f(-x), inner(a, x) - f(x)


def no_better(size: Callable[[Kernel], Kernel]) -> Sequent:
    """That h is no closer to f than <a, x> is, where ``size`` measures a difference."""
    same = eq(E(size(here)), E(size(there)))
    return Sequent((odd, linear, same, finite(E(size(here)))), E(size(best)) <= E(size(here)))


def square(t: Kernel) -> Kernel:
    """t²."""
    return t**2


share = vf.R**2 * vf.C**2 / vf.d
small = E(vf.truth**2, vf.x) <= share * vf.size

d_, q_, T_, t_, c_, m_ = sp.symbols("d q T t c m", integer=True, positive=True)
N_ = sp.Symbol("N", integer=True, nonnegative=True)
L_, R_, C_, M_, MP_ = sp.symbols("L R C M M_P", positive=True)
_dimension = Parameter(d_, "input dimension", 512, sp.Interval(1, sp.oo))
_spread = Parameter(R_, "boundedness of the inputs", 1.0, sp.Interval(1, sp.oo))
_lipschitz = Parameter(L_, "Lipschitz constant of the loss", 1.0)
_degree = Parameter(c_, "degree, an even number", 2, sp.Interval(2, sp.oo))
_coefficients = Parameter(MP_, "Euclidean norm of the coefficients", 1.0)

_inverse = sp.sqrt(2) * sp.pi ** sp.Rational(3, 2) * (c_ - 1) ** sp.Rational(3, 2)
_overlap, _norm = sp.Symbol("overlap"), sp.Symbol("norm")

declare(
    Statement(
        id="N.T6",
        title="Networks learn even polynomials",
        paper="N",
        number="Theorem 6",
        chapter=CHAPTER,
        kind="theorem",
        text=r"""
Let $c\ge2$ be even and $\mathcal P$ the set of the polynomials
$$p(x)=\sum_{|\alpha|\in\{2,4,\dots,c\}}a_\alpha x^\alpha\quad\text{with}\quad
\sum_\alpha a_\alpha^2\le M_{\mathcal P}^2,$$
which have no constant term. Every $p\in\mathcal P$ has $\|p\|_{\mathrm{tk}^h}\le M$ with
$$M^2=\frac{M_{\mathcal P}^2}{\mathrm{tk}_c},\qquad
\frac1{\mathrm{tk}_c}=2\pi\,\frac{4^l(2l+1)}{\binom{2l}l}\le\sqrt2\,\pi^{3/2}(c-1)^{3/2},
\quad l=\tfrac c2-1 .$$
Stochastic gradient descent on $q$ ReLU features ({st}`Y.A3`), from $0$, with
$$T=\Bigl\lceil\frac{4L^2M^2}{\varepsilon^2}\Bigr\rceil,\qquad
q=\Bigl\lceil\frac{4L^2R^2M^2}{d\,\varepsilon^2}\Bigr\rceil,\qquad
\eta=\frac M{L\sqrt T},$$
any batch size, and one of its $T$ iterates drawn at random as the result $h$, has
$$\mathbb E\,\mathcal L_{\mathcal D}(h)\le\inf_{p\in\mathcal P}\mathcal L_{\mathcal D}(p)
+\varepsilon .$$
For any $T$ and $q$, with that $\eta$, it has $\frac{LM}{\sqrt T}+\frac{LRM}{\sqrt{qd}}$ in the
place of $\varepsilon$. With this $M$, {st}`N.T5` says the same of Algorithm 1 on the hidden
weights of a network with $2q$ neurons and large output weights, up to any $\varepsilon_0>0$.
""",
        hypotheses=(
            r"the loss is non-negative, measurable, and in the prediction convex and "
            r"$L$-Lipschitz",
            r"the inputs lie on $\mathbb S^{d-1}$, $d\ge2$, and are $R$-bounded",
        ),
        printed=r"$\mathcal P_c^M$ has all $\alpha$ with $|\alpha|$ even, $\alpha=0$ included; "
        r"for every constant $c$, $\mathcal P_c^M\subset\mathcal H^{O(M)}_{\mathrm{tk}^h}$; "
        r"algorithm 1 learns $\mathcal P_c^M$ with $q=\tilde O(M^2R^2/(d\varepsilon^2))$ and "
        r"$T=O(M^2/\varepsilon^2)$",
        changed=r"$\alpha=0$ has to be left out: the norm of the constant $1$ is not $O(1)$ but "
        r"$\sqrt{2\pi d}$, up to a factor that tends to $1$ ({st}`B.T6.one`). With it the theorem "
        r"is false for every $B$, $\eta$ and $T$: no network with so few neurons comes near the "
        r"constant ({st}`B.T6.neurons`). The constants are made explicit; there is no logarithm.",
        erratum=True,
        counterexample=r"$p\equiv1$, $M_{\mathcal P}=1$, uniform inputs that are all labelled $1$, "
        r"the absolute loss, $\varepsilon=1/\sqrt d$. The printed $q$ is $\tilde O(1)$, and $2q$ "
        r"neurons with any weights have loss at least $\sqrt\pi/(10\sqrt q)$ if $4q\le d-2$, which "
        r"is above $\varepsilon$ for large $d$. Under the hinge loss, which only asks for "
        r"$h\ge1$, stochastic gradient descent on the features of any number $q$ fails: with "
        r"batches of one example and any step size its loss is at least "
        r"$1-T\sqrt{2(d+1)/(\pi d^2)}$ while this is at least $\frac12$ ({st}`B.T6.fails`).",
        bound=BoundFormula(
            quantity=r"\mathbb E\,\mathcal L_{\mathcal D}(h)-\inf_{p}\mathcal L_{\mathcal D}(p)",
            parameters=(
                _coefficients,
                _degree,
                Parameter(T_, "steps", 10_000, sp.Interval(1, sp.oo)),
                Parameter(q_, "neurons", 1000, sp.Interval(1, sp.oo)),
                Parameter(d_, "input dimension", 20, sp.Interval(2, sp.oo)),
                _spread,
                _lipschitz,
            ),
            terms=(Term(_norm, "bound on the kernel norm", MP_ * sp.sqrt(_inverse)),),
            value=L_ * _norm * (1 / sp.sqrt(T_) + R_ / sp.sqrt(q_ * d_)),
            trivial=L_ * MP_ * sp.sqrt(_inverse) * R_ / sp.sqrt(d_),
        ),
        aliases=("learning polynomials, in the introduction",),
    )
)

declare(
    Statement(
        id="B.T6.series",
        title="The norm of a polynomial, from the kernel's series",
        paper="B",
        chapter=CHAPTER,
        kind="theorem",
        text=r"""
Let $k(x,x')=\sum_{n\ge0}\mathrm{tk}_n\langle x,x'\rangle^n$ with $\mathrm{tk}_n\ge0$ and
$\sum_n\mathrm{tk}_n<\infty$, for $\|x\|,\|x'\|\le1$ in $\mathbb R^d$. A polynomial
$p=\sum_\alpha a_\alpha x^\alpha$ whose coefficients vanish where $\mathrm{tk}_{|\alpha|}=0$ is in
$\mathcal H_k$, with
$$\|p\|_k^2\le\sum_n\frac1{\mathrm{tk}_n}\sum_{|\alpha|=n}\frac{\alpha!}{n!}\,a_\alpha^2 .$$
On the ball this is an equality. On the sphere it holds for every polynomial that agrees with $p$
there. For ReLU,
$$\frac1{\mathrm{tk}_1}=4,\qquad\frac1{\mathrm{tk}_2}=2\pi,\qquad\frac1{\mathrm{tk}_4}=12\pi,
\qquad\frac1{\mathrm{tk}_6}=\tfrac{80}3\pi,$$
$1/\mathrm{tk}_n$ increases over even $n$, and a polynomial of degrees $1,2,4,\dots,c$ has
$\|p\|^2_{\mathrm{tk}^h}\le\sum_\alpha a_\alpha^2/\mathrm{tk}_c$.
""",
        aliases=("Daniely, Frostig and Singer (2016), for the dual of an activation",),
    )
)

declare(
    Statement(
        id="B.T6.sphere",
        title="Exact norms on the sphere",
        paper="B",
        chapter=CHAPTER,
        kind="theorem",
        text=r"""
Let $x$ be uniform on $\mathbb S^{d-1}$, $d\ge2$. On the sphere every polynomial is in one way a sum
$p=\sum_mp_m$ of harmonic homogeneous polynomials of degrees $m$. For ReLU and the whole tangent
kernel $\mathrm{tk}=\mathrm{tk}^h+\mathrm{tk}^o$ with output weights $\pm B$,
$$\|p\|_{\mathrm{tk}}^2=\sum_m\frac{\mathbb E\,p_m(x)^2}{\lambda_m},\qquad
\lambda_m=r_m^2\Bigl(1+m(m+d-2)+\frac d{B^2}\Bigr),$$
where $0/0=0$, and $p\notin\mathcal H_{\mathrm{tk}}$ if some $p_m\ne0$ has $\lambda_m=0$. Here
$$r_0=\frac1{\sqrt{2\pi}\,\mathbb E\|g\|},\qquad r_1=\frac1{2d},\qquad
r_{m+2}=-\frac{m-1}{m+d+1}\,r_m\quad(m\text{ even}),$$
$g$ is a standard Gaussian vector of $\mathbb R^d$, and $r_m=0$ for odd $m\ge3$. The kernel
$\mathrm{tk}^h$ of the hidden weights alone is the case $B=\infty$.
""",
    )
)

declare(
    Statement(
        id="B.T6.one",
        title="What the constant function costs",
        paper="B",
        chapter=CHAPTER,
        kind="theorem",
        text=r"""
For ReLU on $\mathbb S^{d-1}$, $d\ge2$, and a standard Gaussian vector $g$ of $\mathbb R^d$,
$$\|1\|_{\mathrm{tk}^h}=\sqrt{2\pi}\;\mathbb E\|g\|
=2\sqrt\pi\;\frac{\Gamma(\frac{d+1}2)}{\Gamma(\frac d2)},\qquad
\frac{d^2}{d+1}\le\bigl(\mathbb E\|g\|\bigr)^2\le d .$$
The representer of least norm is $\sqrt{2\pi}\,\mathbb E\|g\|\;\omega/\|\omega\|$.
""",
        bound=BoundFormula(
            quantity=r"\|1\|_{\mathrm{tk}^h}",
            parameters=(_dimension,),
            terms=(),
            value=sp.sqrt(2 * sp.pi * d_**2 / (d_ + 1)),
            trivial=sp.sqrt(2),  # |f(x)| ≤ ‖f‖ √k(x,x), and k(x,x) = 1/2
            sense=">=",
        ),
    )
)

declare(
    Statement(
        id="B.T6.fails",
        title="Stochastic gradient descent fails on a constant",
        paper="B",
        chapter=CHAPTER,
        kind="theorem",
        text=r"""
Let $h$ be the model after $t$ steps of stochastic gradient descent from $0$ on $q$ ReLU features,
with step size $\eta$ and fresh examples, and let $x$ be a further input.

1. If the inputs are $R$-bounded and the loss is $L$-Lipschitz, then, whatever the labels,
   $$\mathbb E|h(x)|\le\frac{\eta\,t\,LR}{\sqrt d}.$$
2. If the inputs are uniform on $\mathbb S^{d-1}$, all labels are $1$, and the loss is the hinge
   loss, then
   $$\mathbb E\,(1-h(x))_+\ge1-\frac{\eta\,t}{\|1\|^2_{\mathrm{tk}^h}},$$
   with equality for $\eta t\le1$.
3. If moreover the batches have size $1$, then for *every* $\eta>0$ and $q$
   $$\mathbb E\,(1-h(x))_+\ge1-t\,\mathbb E|x_1|\qquad\text{while}\quad
   t\,\mathbb E|x_1|\le\tfrac12,$$
   where $\mathbb E|x_1|=\sqrt{2/\pi}\,/\,\mathbb E\|g\|\le\sqrt{2(d+1)/(\pi d^2)}$.
""",
        hypotheses=(
            r"$d\ge2$",
            r"at its kink the hinge loss has some slope between $-1$ and $0$",
        ),
        bound=BoundFormula(
            quantity=r"\mathbb E\,(1-h(x))_+",
            parameters=(
                Parameter(t_, "steps", 10, sp.Interval(1, sp.oo)),
                Parameter(d_, "input dimension", 10_000, sp.Interval(2, sp.oo)),
            ),
            terms=(
                Term(
                    _overlap,
                    "bound on the mean of |x₁|",
                    sp.sqrt(2 * (d_ + 1) / (sp.pi * d_**2)),
                ),
            ),
            value=sp.Piecewise((1 - t_ * _overlap, t_ * _overlap <= sp.Rational(1, 2)), (0, True)),
            trivial=sp.Integer(0),
            sense=">=",
        ),
    )
)

declare(
    Statement(
        id="B.T6.neurons",
        title="A constant needs many neurons",
        paper="B",
        chapter=CHAPTER,
        kind="theorem",
        text=r"""
Let $x$ be uniform on $\mathbb S^{d-1}$, and $h(x)=\sum_{i\le N}a_i\,\sigma(\langle w_i,x\rangle)$ a
ReLU network without biases, with $1\le N<d-2$ neurons and any weights, however found. Then
$$\mathbb E|h(x)-1|\ge\frac15\sqrt{\frac{\pi(d-2-N)}{N(d-2)}} .$$
So a loss of $\varepsilon$ needs $N\ge\pi/(50\,\varepsilon^2)$ or $N>\frac{d-2}2$ neurons.
""",
        bound=BoundFormula(
            quantity=r"\mathbb E|h(x)-1|",
            parameters=(
                Parameter(N_, "neurons", 10, sp.Interval(1, sp.oo)),
                _dimension,
            ),
            terms=(),
            value=sp.sqrt(sp.pi * sp.Max(d_ - 2 - N_, 0) / (N_ * (d_ - 2))) / 5,
            trivial=sp.Integer(0),
            sense=">=",
        ),
    )
)

declare(
    Statement(
        id="B.T6.odd",
        title="No bias-free ReLU network learns odd degrees above one",
        paper="B",
        chapter=CHAPTER,
        kind="theorem",
        text=r"""
Let $h$ be a ReLU network without biases, $\sum_ia_i\,\sigma(\langle w_i,x\rangle)$, or a
combination of the gradients of its neurons,
$\sum_i\mathbf 1\{\langle w_i,x\rangle>0\}\langle v_i,x\rangle$, or a sum of both; with any weights,
however found. Then $\frac12(h(x)-h(-x))$ is a linear function of $x$, off the hyperplanes
$\langle w_i,x\rangle=0$. So if $x$ and $-x$ have the same law, which gives these hyperplanes no
mass, and $f$ is odd,
$$\mathbb E|h-f|\ge\min_a\mathbb E|f-\langle a,x\rangle|,\qquad
\mathbb E(h-f)^2\ge\min_a\mathbb E\bigl(f-\langle a,x\rangle\bigr)^2 .$$
The last is $\mathbb E f^2$, the error of $h=0$, if $\mathbb E\,f(x)\,x=0$: for uniform inputs, if
$f$ has no harmonic part of degree $1$.
""",
        hypotheses=(r"$\mathbb E\|x\|^2$, $\mathbb E f^2$ and $\mathbb E h^2$ are finite",),
        formal=(no_better(abs), no_better(square)),
    )
)

declare(
    Statement(
        id="N.lower.M",
        title="How many parameters polynomials need",
        paper="N",
        number="Sections 1 and 3.2",
        chapter=CHAPTER,
        kind="theorem",
        text=r"""
Let $c\ge2$ be even, $d\ge c$, and let $x$ be uniform on the cube $\{\pm1/\sqrt d\}^d$, which is
$1$-bounded. Let $\mathcal P$ be the polynomials of degree $c$ whose coefficients have norm at most
$M_{\mathcal P}=d^{c/2}$, and $n=\binom dc\ge M_{\mathcal P}^2/c^c$.

1. Let $\mathcal H$ be a linear space of functions of dimension $N<n$: for instance a network of
   which only the first-order effect of its $N$ weights is kept. Some $p\in\mathcal P$ with
   $\mathbb E\,p^2=1$ is orthogonal to $\mathcal H$, so that nothing in $\mathcal H$ is closer to it
   than $0$ is. If $\mathcal H$ is drawn at random, some $p$ with $\mathbb E\,p^2=1$, chosen before
   the draw, has
   $$\mathbb E_{\mathcal H}\inf_{h\in\mathcal H}\mathbb E(h-p)^2\ge1-\frac Nn .$$
2. Let $\mathcal H$ be any set of at most $2^K$ functions: for instance all networks with $N$
   weights of $b$ bits, $K=Nb$. If for every $p\in\mathcal P$ some $h\in\mathcal H$ has
   $\mathbb E(h-p)^2\le\varepsilon^2$, then
   $$K\ge n\log_2\frac1\varepsilon .$$
""",
        hypotheses=(r"$0<\varepsilon<1$", r"the functions of $\mathcal H$ are square integrable"),
        printed=r"Learning the class $\mathcal P_c^M$ requires a network with at least "
        r"$\Omega(M^2)$ parameters (and this remains true even if we restrict to $O(1)$-bounded "
        r"distributions). The number of samples is optimal up to constant factor.",
        changed=r"No proof is given, and the quantifiers are left open. The book says for which "
        r"classes of networks, dimensions and laws it is true. For $d\ge(LRM/\varepsilon)^2$, "
        r"with $M$ the bound of {st}`N.T6`, it is not: the function $0$ is good enough "
        r"({st}`B.lower.zero`). The number of samples is {st}`B.lower.samples`.",
        bound=BoundFormula(
            quantity=r"\mathbb E_{\mathcal H}\inf_{h\in\mathcal H}\mathbb E(h-p)^2",
            parameters=(
                Parameter(N_, "dimension of the linear space", 1000, sp.Interval(0, sp.oo)),
                Parameter(d_, "input dimension", 100, sp.Interval(2, sp.oo)),
                _degree,
            ),
            terms=(),
            value=1 - N_ * (c_ / d_) ** c_,
            trivial=sp.Integer(0),
            sense=">=",
        ),
    )
)

declare(
    Statement(
        id="B.lower.samples",
        title="The number of samples is optimal",
        paper="B",
        chapter=CHAPTER,
        kind="theorem",
        text=r"""
Let $c\ge2$ be even, $d\ge1$, and $x$ uniform on $e_1,\dots,e_d$, which is $1$-bounded. The
polynomials $\sum_ja_jx_j^c$ of coefficient norm at most $M=\sqrt d$ include one for each pattern
of signs on the $d$ inputs. For every learning algorithm that sees $m$ examples, random or not,
there are such a polynomial $p$ and a law of the labels $y=\pm1$ given $x$ for which its result
$\hat h$ has, under the hinge loss,
$$\mathbb E\,\mathcal L_{\mathcal D}(\hat h)\ge\mathcal L_{\mathcal D}(p)
+\min\Bigl(\frac12,\frac M{4\sqrt m}\Bigr).$$
So an excess of $\varepsilon<\frac12$ needs $m\ge M^2/(16\,\varepsilon^2)$ examples, where
{st}`N.T6` with batches of size $1$ and $L=R=1$ uses $4M^2/(\mathrm{tk}_c\,\varepsilon^2)$, rounded
up.
""",
        bound=BoundFormula(
            quantity=r"\mathbb E\,\mathcal L_{\mathcal D}(\hat h)-\mathcal L_{\mathcal D}(p)",
            parameters=(
                Parameter(M_, "norm of the coefficients, the root of d", 10.0),
                Parameter(m_, "examples", 1000, sp.Interval(1, sp.oo)),
            ),
            terms=(),
            value=sp.Min(sp.Rational(1, 2), M_ / (4 * sp.sqrt(m_))),
            trivial=sp.Integer(0),
            sense=">=",
        ),
    )
)

declare(
    Statement(
        id="B.lower.zero",
        title="In high dimension there is nothing to learn",
        paper="B",
        chapter=CHAPTER,
        kind="theorem",
        text=r"""
Let $k$ have a factorized $C$-bounded scheme, $\|f\|_k\le M$, and let the inputs be $R$-bounded.
Then
$$\mathbb E f(x)^2\le\frac{R^2C^2M^2}d,\qquad
\mathcal L_{\mathcal D}(0)\le\mathcal L_{\mathcal D}(f)+\frac{LRCM}{\sqrt d}$$
for every loss that is $L$-Lipschitz in the prediction. For $d\ge(LRCM/\varepsilon)^2$ no network
and no example is needed. (In the formal reading $\check f$ is any representer of $f$.)
""",
        formal=(Sequent(vf.theorem_4, small),),
        bound=BoundFormula(
            quantity=r"\mathcal L_{\mathcal D}(0)-\mathcal L_{\mathcal D}(f)",
            parameters=(
                Parameter(M_, "bound on the kernel norm of f", 10.0),
                _dimension,
                _spread,
                Parameter(C_, "bound of the scheme (sup |σ'| for a network)", 1.0),
                _lipschitz,
            ),
            terms=(),
            value=L_ * R_ * C_ * M_ / sp.sqrt(d_),
            trivial=L_ * C_ * M_,
        ),
    )
)
