"""The statements of book/sgd/memorization_by_sgd.md."""

from fractions import Fraction

import sympy as sp

from memorize.interpolation import BASE, KEPT, SHARES
from memorize.kernel.terms import (
    E,
    P,
    Sequent,
    eq,
    every,
    finite,
    fixed,
    function,
    inner,
    matrix,
    maximum,
    number,
    random,
    random_vector,
    vector,
)
from memorize.statements import BoundFormula, Parameter, Statement, Term, declare
from memorize.statements.kernel_concentration import HALF

CHAPTER = "sgd/memorization_by_sgd"

MARGIN = Fraction(1, 2)
"""B.mem.cosine, part 1: every margin is above it."""
TWICE = 1 / KEPT
"""B.mem.width: ‖v‖² is at most so often yᵀH⁻¹y."""

# One example drawn from the data: its label y and the output h at its input.
y, h = random("y"), random("h")

# The rows of J are the features of the m examples: H_W = J Jᵀ; H = AᵀA; H_W α = Hβ = y.
J, A = matrix("J", "m", "p"), matrix("A", "m", "m")
z, labels = vector("z", "m"), vector("y_", "m", "y")
alpha, beta = vector("alpha", "m", r"\alpha"), vector("beta", "m", r"\beta")
least = fixed("lambda_m", r"\lambda_m")
kept = every((z,), inner(A @ z, A @ z) <= number(TWICE) * inner(J.T @ z, J.T @ z))
solved = every((z,), eq(inner(z, J @ (J.T @ alpha)), inner(z, labels)))
in_mean = every((z,), eq(inner(z, A.T @ (A @ beta)), inner(z, labels)))
definite = every((z,), least * inner(z, z) <= inner(A @ z, A @ z))
interpolant = J.T @ alpha

# One step: v before it, u = v* a direction with margin 1, g the step over η, a the share of the
# batch with a margin below 1, N the sum of such shares in the steps before.
v, u, g = vector("v", "p"), vector("u", "p", "v^*"), vector("g", "p")
N, a, eta, C = fixed("N"), fixed("a"), fixed("eta"), fixed("C")
growth = 2 * eta + eta**2 * C**2
price = (C**2 + 2 / eta) * inner(u, u)
ahead = eta * N <= inner(u, v)
short = inner(v, v) <= growth * N
share, eps, T = random("p"), fixed("eps", r"\varepsilon"), fixed("T")

# A neuron drawn at random: E over it is the average over the neurons.
w, x, b = random_vector("w", "d"), vector("x", "d"), random("a_", "a")
t, kappa = fixed("t"), fixed("kappa")
sigma = function("sigma")
odd_part = every((t,), eq(sigma(t) - sigma(-t), kappa * t))
here, there = b * sigma(inner(w, x)), b * sigma(-inner(w, x))

m_, d_, q_, T_ = sp.symbols("m d q T", integer=True, positive=True)
eps_, delta_, least_, eta_, C_, norm_ = sp.symbols("eps delta least eta C norm", positive=True)
_examples = Parameter(m_, "number of examples", 1000, sp.Interval(1, sp.oo))
_dimension = Parameter(d_, "input dimension", 50, sp.Interval(1, sp.oo))
_unit = sp.Interval.open(0, 1)

_GRAM = (
    r"$x_1,\dots,x_m\in\mathbb S^{d-1}$ with the matrix $G=[\langle x_j,x_l\rangle]$; $\sigma$ is "
    r"{st}`decent <N.E1>` and $C=s_1=\sup|\sigma'|$"
)
_NEURONS = (
    r"$w_1,\dots,w_q\sim\mathcal N(0,I_d)$ are independent, "
    r"$\Psi_W(x)=q^{-1/2}\bigl(\sigma'(\langle w_i,x\rangle)\,x\bigr)_{i\le q}\in\mathbb R^{qd}$, "
    r"$H_W=[\langle\Psi_W(x_j),\Psi_W(x_l)\rangle]$, and $\lambda_m$ is the least eigenvalue of "
    r"$H=\mathbb E\,H_W$"
)
_WIDTH = rf"{float(HALF)}"

declare(
    Statement(
        id="Y.D4",
        title="Memorizing a data set",
        paper="Y",
        number="Definition 4",
        chapter=CHAPTER,
        kind="definition",
        text=r"""
A function $h$ *memorizes* the example $(x_j,y_j)$, $y_j=\pm1$, if $y_j\,h(x_j)>0$. It memorizes a
share $s$ of the data $(x_1,y_1),\dots,(x_m,y_m)$ if this holds for at least $sm$ of them. A random
$h$ memorizes the share $1-\varepsilon$ with probability $1-\delta$; both numbers are named.

The share that is not memorized is at most the mean hinge loss,
$$\frac1m\bigl|\{j:y_j\,h(x_j)\le0\}\bigr|\le\frac1m\sum_{j\le m}\bigl(1-y_j\,h(x_j)\bigr)_+ .$$
(In the formal reading one example is drawn at random.)
""",
        printed=r"The function $h$ memorizes the dataset $S$, if $h(\mathbf x_i)=y_i$ with "
        r"probability at least $1-\delta$.",
        changed=r"The printed form asks for the values $\pm1$, which a network trained with the "
        r"hinge loss does not take, and leaves open what is random: the labels, the training, or "
        r"the index $i$. Paper N counts signs, and so do all its theorems; the share of the "
        r"examples and the probability are two numbers.",
        formal=(Sequent((), P(y * h <= 0) <= E(maximum(1 - y * h, 0))),),
    )
)

declare(
    Statement(
        id="B.mem.width",
        title="A network that interpolates all labels",
        paper="B",
        chapter=CHAPTER,
        kind="theorem",
        text=rf"""
Let $\lambda_m>0$, $\delta\in(0,1)$ and
$$q\ \ge\ {_WIDTH}\,\frac{{C^2\|G\|}}{{\lambda_m}}\,\ln\frac m\delta .$$
With probability at least $1-\delta$, for all $y\in\mathbb R^m$ at once there is a
$v\in\mathbb R^{{qd}}$ with $\langle v,\Psi_W(x_j)\rangle=y_j$ for every $j$ and
$$\|v\|^2\ \le\ {TWICE}\,y^\top H^{{-1}}y\ \le\ \frac{{{TWICE}\,\|y\|^2}}{{\lambda_m}}.$$
The constant ${_WIDTH}$ is $\frac2{{1-\ln2}}$, rounded up; it comes from {{st}}`B.conc.chernoff`.
(In the formal reading the rows of $J$ are the $\Psi_W(x_j)$, $H=A^\top A$, and
$v=J^\top\alpha$.)
""",
        hypotheses=(_GRAM, _NEURONS),
        formal=(
            Sequent(
                (kept, solved, in_mean),
                inner(interpolant, interpolant) <= number(TWICE) * inner(labels, beta),
            ),
            Sequent(
                (least > 0, definite, in_mean),
                inner(labels, beta) <= inner(labels, labels) / least,
            ),
        ),
        bound=BoundFormula(
            quantity=r"\|v\|^2",
            parameters=(
                _examples,
                Parameter(least_, "least eigenvalue of H", 0.1),
            ),
            terms=(),
            value=sp.Integer(int(TWICE)) * m_ / least_,
            trivial=sp.oo,
        ),
    )
)

declare(
    Statement(
        id="B.mem.certificate",
        title="A lower bound on the least eigenvalue without eigenvalues",
        paper="B",
        chapter=CHAPTER,
        kind="theorem",
        text=r"""
Let $\mathrm{tk}^h(\rho)=\sum_n\mathrm{tk}_n\,\rho^n$ with $\rho_{jl}=\langle x_j,x_l\rangle$. Then
$$\lambda_m\ \ge\ \sum_{n\ge0}\mathrm{tk}_n\Bigl(1-\max_j\sum_{l\ne j}|\rho_{jl}|^n\Bigr)_+ .$$
For every $N$, the terms $n\ge N$ are together at least
$\bigl(\mathrm{tk}^h(1)-\sum_{n<N}\mathrm{tk}_n\bigr)$ times the bracket at $n=N$.
""",
        hypotheses=(_GRAM,),
    )
)

declare(
    Statement(
        id="Y.E1",
        title="An interpolant of small norm",
        paper="Y",
        number="Equation (1)",
        chapter=CHAPTER,
        kind="theorem",
        text=rf"""
Let $x_1,\dots,x_m$ be independent and uniform on $\mathbb S^{{d-1}}$, $\delta\in(0,\frac13)$, and
$$\begin{{aligned}}r^2&=\frac2d\ln\frac{{m^2}}\delta,\qquad
\lambda=\sum_{{n\ge0}}\mathrm{{tk}}_n\bigl(1-(m-1)\,r^n\bigr)_+,\\
R&=1.11\Bigl(1+\sqrt{{\tfrac dm}}\Bigr)+\sqrt{{\tfrac2m\ln\tfrac1\delta}} .\end{{aligned}}$$

1. Let $r<1$ and $\lambda>0$. If
   $$q\ \ge\ {_WIDTH}\,\frac{{C^2R^2m}}{{\lambda\,d}}\,\ln\frac m\delta,$$
   then with probability at least $1-3\delta$ over the points and the weights, for all
   $y\in\{{\pm1\}}^m$ at once there is a $v\in\mathbb R^{{qd}}$ with
   $\langle v,\Psi_W(x_j)\rangle=y_j$ for every $j$, and $\|v\|^2\le\frac{{{TWICE}m}}\lambda$.
2. The order of the norm is right: whatever the points and the weights with $H_W$ invertible,
   for fair random labels $\mathbb E_y\min\|v\|^2=\operatorname{{tr}}H_W^{{-1}}\ge\frac m{{C^2}}$.
""",
        hypotheses=(
            r"$\sigma$ is {st}`decent <N.E1>`, $C=s_1$; $\mathrm{tk}_n$ and $\Psi_W$ as in "
            r"{st}`B.mem.width` and {st}`B.mem.certificate`",
        ),
        printed=r"For $q=\tilde O(m/d)=\tilde O(d^{c-1})$ with probability $1-o(1)$ over the "
        r"choice of $S$ and $\omega$, there is $\mathbf v\in\mathbb R^{dq}$ such that "
        r"$\langle\mathbf v,\Psi_\omega(\mathbf x_i)\rangle=y_i+o(1)$ for all $i$ and "
        r"$\|\mathbf v\|_2^2=\tilde O(m)$. [Construction:] "
        r"$f(\mathbf x)=\sum_iy_i\langle\mathbf x_i,\mathbf x\rangle^{c'}$ where $c'>4c+2$.",
        changed=r"True, with exact values $y_j$, for all labels at once, and with every constant. "
        r"The printed construction is not used: it gives $m^2/d$ neurons by Chebyshev's "
        r"inequality, as its authors say, who refer to paper N's supplement for $m/d$; and for "
        r"ReLU and odd $c'$ the function $f$ is in general not even in the kernel's space, since "
        r"only even powers (and the first) occur in the kernel. "
        r"Paper N, Section 3.3, writes $h^*\in\mathcal H_k^{O(m)}$ for the interpolant; it means "
        r"$\mathcal H_k^{O(\sqrt m)}$, and with the printed norm the number of steps would be "
        r"of order $m^2$.",
    )
)

declare(
    Statement(
        id="B.mem.updates",
        title="How often SGD with the hinge loss moves",
        paper="B",
        chapter=CHAPTER,
        kind="theorem",
        text=r"""
Let $\Psi_1,\dots,\Psi_m$ be vectors with $\|\Psi_j\|\le C$, $y_j=\pm1$, and let $v^*$ have
$y_j\langle v^*,\Psi_j\rangle\ge1$ for all $j$. From $v^{(1)}=0$, for batches $S_t$ of size $b$
(repetitions allowed) and $\eta>0$, let
$$v^{(t+1)}=v^{(t)}+\frac\eta b\sum_{j\in S_t}
\mathbf 1\bigl\{y_j\langle v^{(t)},\Psi_j\rangle<1\bigr\}\,y_j\Psi_j ,$$
and let $a_t$ be the share of $S_t$ whose margin $y_j\langle v^{(t)},\Psi_j\rangle$ is below $1$.

1. For every sequence of batches and every $T$,
   $$\sum_{t\le T}a_t\ \le\ \Bigl(C^2+\frac2\eta\Bigr)\|v^*\|^2 .$$
2. Let the batches be independent uniform draws, $\tau$ uniform in $\{1,\dots,T\}$ and independent
   of them, and $p$ the share of all examples whose margin at $v^{(\tau)}$ is below $1$. Then
   $\mathbb E\,p\le\frac1T\bigl(C^2+\frac2\eta\bigr)\|v^*\|^2$, and for every $\varepsilon>0$
   $$\Pr(p\ge\varepsilon)\ \le\ \frac1{\varepsilon T}\Bigl(C^2+\frac2\eta\Bigr)\|v^*\|^2 .$$

(In the formal reading $N$ is the sum of the $a_t$ before a step, and $\eta g$ the step.)
""",
        formal=(
            Sequent((eta > 0, a <= inner(u, g), ahead), eta * (N + a) <= inner(u, v + eta * g)),
            Sequent(
                (
                    *(eta > 0, 0 <= a, a <= 1, inner(g, g) <= C**2 * a**2),
                    *(inner(v, g) <= a, short),
                ),
                inner(v + eta * g, v + eta * g) <= growth * (N + a),
            ),
            Sequent((eta > 0, 0 <= N, ahead, short), price >= N),
            Sequent(
                (eta > 0, eps > 0, T > 0, 0 <= share, E(share) <= price / T),
                P(eps <= share) <= price / (eps * T),
            ),
        ),
        bound=BoundFormula(
            quantity=r"\Pr(p\ge\varepsilon)",
            parameters=(
                Parameter(norm_, "‖v*‖², at most 2m/λ_m by B.mem.width", 20000.0),
                Parameter(C_, "bound of the features (sup |σ'| for a network)", 1.0),
                Parameter(eta_, "step size", 1.0),
                Parameter(T_, "number of steps", 10_000_000, sp.Interval(1, sp.oo)),
                Parameter(eps_, "share of the examples", 0.1, _unit),
            ),
            terms=(
                Term(
                    sp.Symbol("updates"),
                    "bound on the number of updates, over all time",
                    (C_**2 + 2 / eta_) * norm_,
                ),
            ),
            value=sp.Symbol("updates") / (eps_ * T_),
            trivial=sp.Integer(1),
        ),
    )
)

declare(
    Statement(
        id="N.T7",
        title="Memorizing with nearly as many parameters as examples",
        paper="N",
        number="Theorem 7",
        chapter=CHAPTER,
        kind="theorem",
        text=rf"""
Let $\lambda_m>0$, let $y\in\{{\pm1\}}^m$ be any labels, $\varepsilon,\delta\in(0,1)$, $b\ge1$, and
$$\begin{{aligned}}q&\ge{_WIDTH}\,\frac{{C^2\|G\|}}{{\lambda_m}}\ln\frac{{{SHARES}m}}\delta,\\
T&\ge\frac{{{SHARES * TWICE}\,m}}{{\lambda_m\,\varepsilon\,\delta}}\Bigl(C^2+\frac2\eta\Bigr).
\end{{aligned}}$$
The loss is the hinge loss, with slope $0$ at margin $1$, the input distribution the uniform one on
the examples.

1. For every $\eta>0$, Algorithm 3, SGD on the features $\Psi_W$ with step $\eta$ and batches of
   size $b$, returns a function that memorizes the share $1-\varepsilon$, with margin $1$, with
   probability at least $1-\frac23\delta$.
2. For every $\eta>0$ there is a $B_0$, the same for all $b$ and $y$, such that for all $B\ge B_0$
   Algorithm 1, started from $\mathcal I(d,q,B)$, with step $\frac\eta{{2qB^2}}$ and batches of
   size $b$, all weights trained, returns a network that memorizes the share $1-\varepsilon$, with
   margin $1$, with probability at least $1-\delta$.
3. For independent uniform points $\|G\|\le R^2m/d$ and $\lambda_m\ge\lambda$ with probability at
   least $1-2\delta$, with $R$ and $\lambda$ of {{st}}`Y.E1`. If $m\le d^c$ with $c$ fixed,
   $d\to\infty$ and $m\ge d$, then $R\le2.3$ and
   $\lambda\ge\frac12\sum_{{n>2c}}\mathrm{{tk}}_n$ from some $d$ on; the sum is positive unless
   $\sigma$ is affine. So with $\varepsilon$, $\delta$ and $\eta$ fixed, $qd$ may be $m\ln m$ times
   a constant, and $T$ $m$ times a constant.
""",
        hypotheses=(_GRAM, _NEURONS),
        printed=r"There is a choice of $q=\tilde O(\frac md)$, $T=\tilde O(\frac m{\epsilon^2})$, "
        r"as well as $B>0$ and $\eta>0$, such that for every batch size $b$, w.p. $1-o_m(1)$, the "
        r"function $h$ returned by algorithm 1 memorizes $1-\epsilon$ fraction of the examples.",
        changed=r"Every constant is explicit, and the labels are arbitrary instead of random. The "
        r"points may be any for which $\lambda_m>0$. The number of steps grows with "
        r"$\frac1\varepsilon$ and not with $\frac1{\varepsilon^2}$, because the hinge loss can be "
        r"brought to zero. As printed, one $B$ serves every $b$, and nothing is said on its size; "
        r"here $B_0$ is shown to exist, and {st}`Y.T8` is where its size is asked.",
        bound=BoundFormula(
            quantity=r"\text{least }q",
            parameters=(
                _examples,
                Parameter(
                    sp.Symbol("top", positive=True),
                    "norm of the Gram matrix of the inputs, R²m/d",
                    30.0,
                ),
                Parameter(least_, "least eigenvalue of H", 0.1),
                Parameter(C_, "bound of the features (sup |σ'| for a network)", 1.0),
                Parameter(delta_, "probability of failure", 0.01, _unit),
            ),
            terms=(
                Term(
                    sp.Symbol("ratio"),
                    "C²‖G‖/λ_m",
                    C_**2 * sp.Symbol("top", positive=True) / least_,
                ),
            ),
            value=sp.Rational(HALF.numerator, HALF.denominator)
            * sp.Symbol("ratio")
            * sp.log(SHARES * m_ / delta_),
            trivial=sp.oo,
        ),
    )
)

declare(
    Statement(
        id="B.mem.cover",
        title="How many labellings linear functions reach",
        paper="B",
        chapter=CHAPTER,
        kind="theorem",
        text=r"""
Let $C(m,p)=2\sum_{k<p}\binom{m-1}k$, and $z_1,\dots,z_m\in\mathbb R^p$.

1. At most $C(m,p)$ sign vectors $(\operatorname{sign}\langle v,z_j\rangle)_{j\le m}$ without a
   zero occur, $v\in\mathbb R^p$.
2. For fair labels, independent of the $z_j$, with $B$ binomial $(m-1,\frac12)$,
   some $v\in\mathbb R^p$ has $y_j\langle v,z_j\rangle>0$ for all $j$ with probability at most
   $$\Pr(B<p)=\frac{C(m,p)}{2^m} .$$
3. So, for $qd$ features that do not depend on the labels, some linear function of them memorizes
   all $m\ge2qd$ fair labels with probability at most
   $$\exp\Bigl(-\frac{(m+1-2qd)^2}{2(m-1)}\Bigr),\qquad m\ge2 .$$
""",
        aliases=("Schläfli (1850), Cover (1965)",),
    )
)

declare(
    Statement(
        id="N.lower.m",
        title="How many parameters memorizing needs",
        paper="N",
        number="Section 1",
        chapter=CHAPTER,
        kind="theorem",
        text=r"""
Let $x_1,\dots,x_m\in\mathbb R^d$, $0\le\varepsilon<\frac12$, let $y_1,\dots,y_m$ be fair labels,
and $\mathrm h(\varepsilon)=-\varepsilon\log_2\varepsilon-(1-\varepsilon)\log_2(1-\varepsilon)$.

1. If there are $K$ sign vectors such that each function of a class $\mathcal F$ agrees on the
   points with one of them wherever it is not $0$, then the probability $s$ that some
   $h\in\mathcal F$ memorizes $(1-\varepsilon)m$ examples satisfies
   $$s\ \le\ K\,2^{-m(1-\mathrm h(\varepsilon))} .$$
   So for networks with $n$ parameters of $b$ bits each
   $nb\ge m(1-\mathrm h(\varepsilon))-\log_2\frac1s$.
2. For $\sigma(t)=\alpha t$ on $t\ge0$ and $\beta t$ on $t<0$, $q$ neurons without biases, real
   weights and $qd\le m$, one may take
   $$K=C(m,d)^q\,C(m,qd)\le\Bigl(\frac{2em}d\Bigr)^{2qd},$$
   with $C$ of {st}`B.mem.cover`. So
   $$qd\ \ge\ \frac{m(1-\mathrm h(\varepsilon))-\log_2\frac1s}{2\log_2(2em/d)} .$$
3. For general decent $\sigma$ and real weights there is no such bound, by {st}`B.mem.cosine`.
""",
        printed="In order to memorize even just slightly more than half of the $m$ examples we "
        "need a network with at least $m$ parameters (up to poly-log factors).",
        changed=r"True where the number of labellings can be counted: for weights of few bits, and "
        r"for piecewise linear $\sigma$ as in item 2. False for real weights and decent $\sigma$ "
        r"at large, which is what the paper speaks of, and so is the remark that the width of "
        r"Theorem 7 is optimal. The counterexample's weights have many bits, as item 1 says they "
        r"must.",
        erratum=True,
        counterexample=r"One neuron $\cos\langle w,x\rangle$ memorizes any labels of $m$ "
        r"independent uniform points, almost surely, for every $m$: {st}`B.mem.cosine`. It runs in "
        r"exact arithmetic, and for random points in balls.",
        bound=BoundFormula(
            quantity=r"qd\ \text{(ReLU)}",
            parameters=(
                _examples,
                _dimension,
                Parameter(eps_, "share that need not be memorized", 0.1, sp.Interval.open(0, 0.5)),
                Parameter(sp.Symbol("s", positive=True), "probability of success", 0.5, _unit),
            ),
            terms=(
                Term(
                    sp.Symbol("entropy"),
                    "binary entropy of ε, in bits",
                    -(eps_ * sp.log(eps_) + (1 - eps_) * sp.log(1 - eps_)) / sp.log(2),
                ),
                Term(
                    sp.Symbol("bits"),
                    "what the labels carry",
                    m_ * (1 - sp.Symbol("entropy"))
                    + sp.log(sp.Symbol("s", positive=True)) / sp.log(2),
                ),
            ),
            value=sp.Symbol("bits") * sp.log(2) / (2 * sp.log(2 * sp.E * m_ / d_)),
            trivial=sp.Integer(0),
            sense=">=",
        ),
    )
)

declare(
    Statement(
        id="B.mem.cosine",
        title="One cosine neuron memorizes everything",
        paper="B",
        chapter=CHAPTER,
        kind="theorem",
        text=rf"""
1. Let $t_j={BASE}^{{-j}}$, $j=1,\dots,m$. For all $y\in\{{\pm1\}}^m$ and
   $s=\sum_{{j:\,y_j=-1}}{BASE}^j$,
   $$y_j\cos(\pi s\,t_j)>\tfrac{MARGIN.numerator}{MARGIN.denominator}\qquad\text{{for all }}j .$$
   So for every $m$ there are $m$ points of $\mathbb S^{{d-1}}$, $d\ge2$, with the first
   coordinates $t_j$, all labellings of which the one neuron $\cos\langle w,x\rangle$,
   $w=\pi s\,e_1$, memorizes.
2. Let $t_1,\dots,t_m$ be reals with $\sum_jn_jt_j\ne0$ for all integers $n_j$, not all $0$, with
   $|n_j|\le2m$. For all $y\in\{{\pm1\}}^m$ there is an $s>0$ with $y_j\cos(s\,t_j)>0$ for all $j$.
3. The condition holds almost surely for $t_j=\langle u,x_j\rangle$, where $u$ is any unit vector
   and the $x_j$ are independent and uniform on $\mathbb S^{{d-1}}$, $d\ge2$.
""",
        aliases=("part 1: the sine waves of infinite VC dimension, with an explicit margin",),
    )
)

declare(
    Statement(
        id="B.mem.antipodal",
        title="Antipodal examples with opposite labels",
        paper="B",
        chapter=CHAPTER,
        kind="theorem",
        text=r"""
Let $\sigma(t)-\sigma(-t)=\kappa t$ for all $t$: ReLU and its leaky kin, or $|t|$ with $\kappa=0$.
A network $h(x)=\sum_ia_i\,\sigma(\langle w_i,x\rangle)$, of any width and with any weights, has
$$h(x)-h(-x)=\kappa\Bigl\langle\sum_ia_iw_i,\,x\Bigr\rangle .$$
If it memorizes $(x_j,y_j)$ and $(-x_j,-y_j)$ for $j=1,\dots,n$, then
$y_j\langle\kappa\sum_ia_iw_i,x_j\rangle>0$ for all $j$. So for fair $y_j$, independent of the
$x_j$, some network does it with probability at most $\Pr(B<d)$, $B$ binomial $(n-1,\frac12)$; and
$\lambda_{2n}=0$ for the $2n$ points $\pm x_j\in\mathbb S^{d-1}$ if $n>d$. (In the formal reading
$\mathbb E$ is the average over the neurons.)
""",
        formal=(
            Sequent(
                (odd_part, finite(E(here)), finite(E(there))),
                eq(E(here) - E(there), E(kappa * (b * inner(w, x)))),
            ),
            Sequent(
                (fixed("h_1") * fixed("y_1") > 0, -fixed("h_2") * fixed("y_1") > 0),
                fixed("y_1") * (fixed("h_1") - fixed("h_2")) > 0,
            ),
        ),
    )
)

_LIMIT = (
    r"For ReLU, independent standard normal rows and $m$ independent uniform examples, let "
    r"$d,q\to\infty$, $q/\ln m\to\infty$ and $\frac{qd}m\to\alpha\in(0,\infty)$."
)

declare(
    Statement(
        id="B.threshold.rank",
        title="Interpolation from one parameter per example",
        paper="B",
        chapter=CHAPTER,
        kind="theorem",
        text=rf"""
{_LIMIT} *Conjecture:* if $\alpha\ne1$, the rank of $H_W$ is $\min(m,qd)$ with probability tending
to $1$. Then all labels can be interpolated if $\alpha>1$; if $\alpha<1$ they cannot, by
{{st}}`B.conc.need`.
""",
    )
)

declare(
    Statement(
        id="B.threshold.half",
        title="Memorization from half a parameter per example",
        paper="B",
        chapter=CHAPTER,
        kind="theorem",
        text=rf"""
{_LIMIT} Let the labels be fair and independent of the rest. *Conjecture:* if $\alpha>\frac12$,
some $v\in\mathbb R^{{qd}}$ has $y_j\langle v,\Psi_W(x_j)\rangle>0$ for all $j$, with probability
tending to $1$. If $\alpha<\frac12$ the probability tends to $0$, by {{st}}`B.mem.cover`.
""",
    )
)
