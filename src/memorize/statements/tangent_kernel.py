"""The statements of book/kernels/tangent_kernel.md."""

import sympy as sp

from memorize.kernel.terms import (
    E,
    Sequent,
    count,
    eq,
    every,
    finite,
    fixed,
    function,
    inner,
    matrix,
    mean,
    random,
    sample,
    vector,
)
from memorize.statements import BoundFormula, Parameter, Statement, Term, declare

CHAPTER = "kernels/tangent_kernel"

# The cast. rho = ⟨x,x'⟩. Of one random neuron omega, slope_product is σ'(⟨ω,x⟩)σ'(⟨ω,x'⟩) and
# value_product is σ(⟨ω,x⟩)σ(⟨ω,x'⟩); T is a sample of q neurons. Where the first alone matters it
# is a random variable Y, and S a sample of q of them. J has the gradients of n inputs as rows,
# alpha are coefficients, U is a movement of the p weights, U0 the one that alpha gives.
q, B, rho = count("q"), fixed("B"), fixed("rho")
omega = random("omega")
T = sample("T", omega, q, "S")
slope_product, value_product = function("s")(omega), function("t")(omega)
neuron = rho * slope_product + value_product / B**2
Y = random("Y")
S = sample("S", Y, q)
level, square = fixed("p"), fixed("r")
spread = E((mean(rho * Y, Y, S) - rho * level) ** 2, S)
first, second = eq(E(Y, Y), level), eq(E(Y**2, Y), square)
gated = eq(Y**2, Y)

J = matrix("J", "n", "p")
alpha, e, U = vector("alpha", "n", r"\alpha"), vector("e", "n"), vector("U", "p")
scale = 2 * q * B**2
U0 = (1 / scale) * (J.T @ alpha)
agree = every((e,), eq(inner(e, J @ U), inner(e, J @ U0)))

rho_, phi_ = sp.Symbol("rho", real=True), sp.Symbol("phi", nonnegative=True)
N_, q_ = sp.symbols("N q", integer=True, positive=True)
M_, B_ = sp.symbols("M B", positive=True)

declare(
    Statement(
        id="N.E1",
        title="The tangent kernel and its expectation",
        paper="N",
        number="Equation (1), Sections 2.2, 2.3 and 2.5",
        chapter=CHAPTER,
        kind="definition",
        text=r"""
An activation is *decent* if it is continuous and, but for finitely many points (its kinks), twice
differentiable with $|\sigma'|\le s_1$ and $|\sigma''|\le s_2$. A loss is *$L$-decent* if it is, in
the prediction, convex, $L$-Lipschitz, and twice differentiable but for finitely many points.

Let $h_W(x)=\sum_{i\le2q}a_i\,\sigma(\langle w_i,x\rangle)$ with $(W,a)\sim\mathcal I(d,q,B)$: each
of $q$ independent standard Gaussian rows occurs twice, once with $a_i=B$ and once with $a_i=-B$.
Let $x,x'\in\mathbb S^{d-1}$, $\rho=\langle x,x'\rangle$, and let the gradient $\nabla$ be in all
weights $(W,a)$. Then, with sums over the $q$ distinct rows,
$$\mathrm{tk}_W(x,x')=\frac{\langle\nabla h_W(x),\nabla h_W(x')\rangle}{2qB^2}
=\mathrm{tk}_W^h+\mathrm{tk}_W^o,$$
$$\mathrm{tk}_W^h=\frac\rho q\sum_i\sigma'(\langle w_i,x\rangle)\sigma'(\langle w_i,x'\rangle),
\qquad
\mathrm{tk}_W^o=\frac1{qB^2}\sum_i\sigma(\langle w_i,x\rangle)\sigma(\langle w_i,x'\rangle),$$
and, with the dual activations $\hat\sigma(\rho)=\mathbb E\,\sigma(g)\sigma(g')$ and
$\widehat{\sigma'}(\rho)=\mathbb E\,\sigma'(g)\sigma'(g')$ for standard normal $g,g'$ of
correlation $\rho$,
$$\mathrm{tk}(x,x')=\mathbb E\,\mathrm{tk}_W(x,x')
=\underbrace{\rho\,\widehat{\sigma'}(\rho)}_{\mathrm{tk}^h}
+\underbrace{\hat\sigma(\rho)/B^2}_{\mathrm{tk}^o}.$$
(In the formal reading $s$ and $t$ are the products of the two slopes and of the two values of one
neuron.)
""",
        printed=r"$k(\mathbf x,\mathbf y)=\langle\mathbf x,\mathbf y\rangle\cdot"
        r"\mathbb E_{\mathbf w\sim\mathcal N(I,0)}\,"
        r"\sigma'(\langle\mathbf w,\mathbf x\rangle,\langle\mathbf w,\mathbf y\rangle)$",
        changed=r"The product of two slopes is missing, and mean and covariance have changed "
        r"places: $k=\mathrm{tk}^h$ with $\mathbb E_{w\sim\mathcal N(0,I)}\,"
        r"\sigma'(\langle w,x\rangle)\,\sigma'(\langle w,x'\rangle)$, as in the paper's "
        r"Section 2.5.",
        erratum=True,
        counterexample=r"As printed, $\sigma'$ is a function of one variable that is given two.",
        formal=(
            Sequent(
                (B > 0, finite(E(slope_product)), finite(E(value_product))),
                eq(E(mean(neuron, omega, T), T), rho * E(slope_product) + E(value_product) / B**2),
            ),
        ),
    )
)

declare(
    Statement(
        id="Y.D6",
        title="The tangent kernel at given weights",
        paper="Y",
        number="Definition 6",
        chapter=CHAPTER,
        kind="definition",
        text=r"""
For weights $w_1,\dots,w_n\in\mathbb R^d$, $a\in\mathbb R^n$, a scale $B>0$ and inputs
$x,x'\in\mathbb R^d$,
$$\mathrm{tk}_W(x,x')=\frac{\langle\nabla h_W(x),\nabla h_W(x')\rangle}{nB^2}
=\frac1{nB^2}\sum_{i\le n}\bigl(a_i^2\,s_is_i'\,\langle x,x'\rangle+t_it_i'\bigr),$$
with $s_i=\sigma'(\langle w_i,x\rangle)$, $t_i=\sigma(\langle w_i,x\rangle)$, and $s_i'$, $t_i'$
likewise at $x'$.
At a kink, $\sigma'$ is any fixed value, the same for both arguments. $\mathrm{tk}_W$ is a kernel
(its Gram matrices are positive semi-definite); it does not change when a neuron $(w_i,a_i)$ is
replaced by two, $(w_i,a_i)$ and $(w_i,-a_i)$, for every $i$.
""",
        printed=r"$\mathrm{tk}_{\mathbf W}(\mathbf x,\mathbf y)=\langle\nabla_{\mathbf W}"
        r"h_{\mathbf W}(\mathbf x),\nabla_{\mathbf W}h_{\mathbf W}(\mathbf y)\rangle/2qB^2$, after "
        r"a Definition 5 in which the output weights are $\pm1$",
        changed=r"The output weights are $\pm B$, as in paper N; with $\pm1$ the hidden part would "
        r"be divided by $B^2$ once too often. The book says what holds at a kink, and takes any "
        r"weights: after a step of training they are no longer paired.",
    )
)

declare(
    Statement(
        id="B.dual",
        title="Dual activations as power series",
        paper="B",
        chapter=CHAPTER,
        kind="theorem",
        text=r"""
Let $h_0,h_1,\dots$ be the normalised Hermite polynomials and
$\sigma_k=\mathbb E\,\sigma(g)\,h_k(g)$. For $|\rho|\le1$
$$\hat\sigma(\rho)=\sum_{k\ge0}\sigma_k^2\,\rho^k,\qquad
\widehat{\sigma'}(\rho)=\sum_{k\ge1}k\,\sigma_k^2\,\rho^{k-1}=\hat\sigma'(\rho),\qquad
\mathrm{tk}(\rho)=\sum_{k\ge0}\Bigl(k+\frac1{B^2}\Bigr)\sigma_k^2\,\rho^k .$$
What follows the first $n$ terms of $\hat\sigma$ is at most
$|\rho|^n\bigl(\mathbb E\,\sigma(g)^2-\sum_{k<n}\sigma_k^2\bigr)$.
""",
        hypotheses=(
            r"$\sigma$ is decent ($\hat\sigma'$ at $\rho=\pm1$ is a one-sided derivative)",
        ),
        aliases=("Daniely, Frostig and Singer (2016), Section 8",),
    )
)

declare(
    Statement(
        id="F.E3",
        title="The limiting Gram matrix of ReLU in closed form",
        paper="F",
        number="Equation (3) and Appendix E",
        chapter=CHAPTER,
        kind="theorem",
        text=r"""
For the ReLU, unit vectors $x,x'$ at the angle $\varphi\in[0,\pi]$, and $\rho=\cos\varphi$,
$$\mathrm{tk}^h(x,x')=\mathbb E_w\,\rho\,\mathbf 1\{\langle w,x\rangle\ge0\}
\mathbf 1\{\langle w,x'\rangle\ge0\}=\frac{\rho\,(\pi-\varphi)}{2\pi}
=\frac\rho4+\frac{\rho\arcsin\rho}{2\pi},$$
$$\mathrm{tk}^h(\rho)=\frac\rho4+\frac1{2\pi}\sum_{l\ge0}
\frac{\binom{2l}l}{4^l(2l+1)}\,\rho^{2l+2}\qquad(|\rho|\le1),$$
and every coefficient of the series is positive. The output part is
$$B^2\,\mathrm{tk}^o(x,x')=\hat\sigma(\rho)=\frac{\sin\varphi+(\pi-\varphi)\cos\varphi}{2\pi}.$$
""",
        hypotheses=(r"$w\sim\mathcal N(0,I_d)$",),
        aliases=("half the arc-cosine kernels of degree 0, times ρ, and 1 (Cho and Saul 2009)",),
    )
)

declare(
    Statement(
        id="B.E3.rest",
        title="What the series of the ReLU kernel leaves out",
        paper="B",
        chapter=CHAPTER,
        kind="theorem",
        text=r"""
Let $R_N(\rho)$ be $\mathrm{tk}^h(\rho)$ of {st}`F.E3` minus $\frac\rho4$ and minus the terms
$l<N$ of the sum, $N\ge1$, and let $\beta_N=\binom{2N}N/4^N$. For $|\rho|\le1$
$$\frac{\beta_N}{2N+1}\,\rho^{2N+2}\;\le\;2\pi\,R_N(\rho)\;\le\;
\beta_N\Bigl(1+\frac1{6N}\Bigr)\rho^{2N+2},\qquad
\beta_N\le\frac1{\sqrt{\pi(N+\frac14)}} .$$
For $|\rho|<1$ also $2\pi R_N(\rho)\le\frac{\beta_N}{(2N+1)(1-\rho^2)}\rho^{2N+2}$, and at
$\rho=\pm1$ also $2\pi R_N\ge\beta_N$.
""",
        bound=BoundFormula(
            quantity=r"R_N(\rho)",
            parameters=(
                Parameter(rho_, "correlation of the two inputs", 0.9, sp.Interval(-1, 1)),
                Parameter(N_, "terms of the sum that are kept", 10, sp.Interval(1, sp.oo)),
            ),
            terms=(
                Term(
                    sp.Symbol("binomial"),
                    "bound on the central binomial coefficient over 4^N",
                    1 / sp.sqrt(sp.pi * (N_ + sp.Rational(1, 4))),
                ),
            ),
            value=sp.Symbol("binomial")
            * (1 + 1 / (6 * N_))
            * sp.Abs(rho_) ** (2 * N_ + 2)
            / (2 * sp.pi),
            trivial=sp.Rational(1, 4),
        ),
    )
)

declare(
    Statement(
        id="B.tk.variance",
        title="The exact variance of the kernel of a network",
        paper="B",
        chapter=CHAPTER,
        kind="theorem",
        text=r"""
$$\mathbb E\bigl(\mathrm{tk}^h_W(x,x')-\mathrm{tk}^h(x,x')\bigr)^2
=\frac{\rho^2}q\,\operatorname{Var}\bigl(\sigma'(\langle w,x\rangle)
\sigma'(\langle w,x'\rangle)\bigr).$$
For ReLU, with $p=\frac{\pi-\varphi}{2\pi}$, this is $\frac{\rho^2}q\,p(1-p)\le\frac1{4q}$, with
equality at $x'=x$. (In the formal reading $Y$ is the product
of the two slopes of one neuron.)
""",
        hypotheses=(r"$\sigma$ is decent, $w\sim\mathcal N(0,I_d)$, $x,x'\in\mathbb S^{d-1}$",),
        formal=(
            Sequent((first, second), eq(spread, rho**2 * (square - level**2) / q)),
            Sequent((gated, first), eq(spread, rho**2 * level * (1 - level) / q)),
        ),
        bound=BoundFormula(
            quantity=r"\sqrt{\mathbb E(\mathrm{tk}^h_W-\mathrm{tk}^h)^2}\ (\text{ReLU})",
            parameters=(
                Parameter(phi_, "angle of the two inputs", 1.0, sp.Interval(0, sp.pi)),
                Parameter(q_, "number of neurons", 1000, sp.Interval(1, sp.oo)),
            ),
            terms=(
                Term(
                    sp.Symbol("p"),
                    "probability that both inputs switch a neuron on",
                    (sp.pi - phi_) / (2 * sp.pi),
                ),
            ),
            value=sp.Abs(sp.cos(phi_)) * sp.sqrt(sp.Symbol("p") * (1 - sp.Symbol("p")) / q_),
            trivial=sp.Integer(1),
        ),
    )
)

declare(
    Statement(
        id="N.min",
        title="Kernel norm and least movement of the weights",
        paper="N",
        number="Equation (2), Section 2.5",
        chapter=CHAPTER,
        kind="theorem",
        text=r"""
Let $\Psi(x)=\nabla h_W(x)\in\mathbb R^{2q(d+1)}$. On $\mathbb S^{d-1}$ the space of
$\mathrm{tk}_W$ is
$\{\langle U,\Psi(\cdot)\rangle:\ U\in\mathbb R^{2q(d+1)}\}$, and for each $h$ in it
$$\min\bigl\{\|U\|:\ h=\langle U,\Psi(\cdot)\rangle\bigr\}
=\frac{\|h\|_{\mathrm{tk}_W}}{\sqrt{2q}\,B}.$$
At every $x$ for which no $\langle w_i,x\rangle$ is a kink of $\sigma$,
$$\langle U,\Psi(x)\rangle=\lim_{\varepsilon\to0}
\frac{h_{W+\varepsilon U}(x)-h_W(x)}\varepsilon .$$
For the $U$ of least norm this holds at every $x$ if the neurons are paired, $(w_i,B)$ with
$(w_i,-B)$, and $\sigma'$ at a kink is the mean of the slopes on its two sides.
""",
        hypotheses=(
            r"$\sigma$ is decent, the weights $W$ are fixed, $|a_i|=B>0$",
            r"at a kink $\sigma'$ has some fixed value",
        ),
        printed=r"$\sqrt q\,B\cdot\|h\|_{\mathrm{tk}_{\mathbf W}}$ is the minimal Euclidean norm "
        r"of $\mathbf U$ with "
        r"$h(\mathbf x)=\lim_{\epsilon\to0}\frac{h_{\mathbf W+\epsilon\mathbf U}"
        r"(\mathbf x)-h_{\mathbf W}(\mathbf x)}\epsilon$ for all "
        r"$\mathbf x\in\mathbb S^{d-1}$",
        changed=r"The factor is $1/(\sqrt{2q}\,B)$: the printed one is $\sqrt2\,qB^2$ times as "
        r"large. More neurons, and larger output weights, mean *less* movement. And for an "
        r"activation with a kink the limit need not exist at all $x$: at paired weights it does "
        r"for the least movement, at others it does not.",
        erratum=True,
        counterexample=r"Any network and $h=\mathrm{tk}_W(\cdot,z)$: $U=\Psi(z)/(2qB^2)$ has "
        r"$\|U\|^2=\mathrm{tk}_W(z,z)/(2qB^2)$, while $\|h\|^2=\mathrm{tk}_W(z,z)$. For ReLU and "
        r"$x\perp w_i$, $w_i$ not paired and $U=\Psi(z)$ with $\langle w_i,z\rangle>0$, "
        r"$\langle x,z\rangle\ne0$, the quotients tend to different limits from the two sides. "
        r"Both run in fractions in the chapter.",
        formal=(
            Sequent((B > 0, agree), inner(U0, U0) <= inner(U, U)),
            Sequent(
                (B > 0,),
                eq(
                    scale * inner(U0, U0),
                    inner(alpha, (1 / scale) * (J @ (J.T @ alpha))),
                ),
            ),
        ),
        bound=BoundFormula(
            quantity=r"\min\|U\|",
            parameters=(
                Parameter(M_, "kernel norm of h", 1.0),
                Parameter(q_, "number of pairs of neurons", 1000, sp.Interval(1, sp.oo)),
                Parameter(B_, "size of the output weights", 1.0),
            ),
            terms=(),
            value=M_ / (sp.sqrt(2 * q_) * B_),
            trivial=sp.oo,
        ),
    )
)
