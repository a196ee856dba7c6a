"""The statements of book/sgd/lazy_limit.md."""

import sympy as sp

from memorize.kernel.terms import (
    E,
    Sequent,
    eq,
    finite,
    fixed,
    inner,
    norm,
    random,
    vector,
)
from memorize.statements import BoundFormula, Parameter, Statement, Term, declare

CHAPTER = "sgd/lazy_limit"

# The cast. All weights of a model are one vector: U those of the network's movement, V those of the
# tangent model, D a difference of two. On one example psi is the tangent model's gradient, phi the
# network's; a, b, c are the slopes of the loss at the network's output, at f_U, and at f_V.
eta, beta, C, L, kappa, e, k, t = (
    fixed("eta"),
    fixed("beta"),
    fixed("C"),
    fixed("L"),
    fixed("kappa"),
    fixed("e"),
    fixed("k"),
    fixed("t"),
)
a, b, c = fixed("a"), fixed("b"), fixed("c")
D, psi, phi, U, V = (
    vector("D", "p"),
    vector("psi", "p", r"\psi"),
    vector("phi", "p", r"\varphi"),
    vector("U", "p"),
    vector("V", "p"),
)
no_expansion = Sequent(
    (t >= 0, t * inner(psi, psi) <= 2), norm(D - t * inner(psi, D) * psi) <= norm(D)
)
moved = (U - eta * a * phi) - (V - eta * c * psi)
one_step = Sequent(
    (
        0 <= k,
        k <= beta,
        eta > 0,
        eta * beta * C**2 <= 2,
        norm(psi) <= C,
        norm(phi - psi) <= kappa,
        abs(a) <= L,
        abs(a - b) <= beta * e,
        eq(b - c, k * inner(psi, U - V)),
    ),
    norm(moved) <= norm(U - V) + eta * (beta * C * e + L * kappa),
)
# J tells a crossing, M bounds |h − f| there; A, F are the losses of h and f, p = E J.
A, F, J = random("A"), random("F"), random("J")
M, p = fixed("M"), fixed("p")
chance = E(J, A, F, J)
expected = Sequent(
    (L >= 0, M >= 0, finite(chance), chance <= p, abs(A - F) <= L * (e + M * J)),
    E(abs(A - F), A, F, J) <= L * (e + M * p),
)

# One pair on one input: P and Z are ⟨p,x⟩ and ⟨z,x⟩, out is what it adds to h, s and r are the
# slopes at w and at the centre of the pair.
P_, Z_, B, s, r, out = (
    fixed("P"),
    fixed("Z"),
    fixed("B"),
    fixed("s"),
    fixed("r"),
    fixed("h"),
)
s1, s2, s3 = fixed("s1", "s_1"), fixed("s2", "s_2"), fixed("s3", "s_3")
pair = Sequent(
    (
        B > 0,
        abs(out - 2 * P_ * r) <= s3 * abs(P_) ** 3 / (3 * B**2),
        abs(r - s) <= s2 * abs(Z_) / B**2,
    ),
    abs(out - 2 * P_ * s) <= (s3 * abs(P_) ** 3 / 3 + 2 * s2 * abs(P_) * abs(Z_)) / B**2,
)

# The weight a network with slope t at the moved row gives an input is (1 + xi) t in place of s.
xi, u = fixed("xi"), fixed("u")
gate = Sequent(
    (abs(t) <= s1, abs(t - s) <= s2 * u / B),
    abs((1 + xi) * t - s) <= s2 * u / B + s1 * abs(xi),
)

# Regret: g is a subgradient of the loss at h; K, m are the losses of h and of f_V; e, k are the
# errors of the two linearisations. G is the mean of g·phi over a batch.
g, h, f, K, m = fixed("g"), fixed("h"), fixed("f"), fixed("K"), fixed("m")
G = vector("G", "p")
slack = K - m - L * (e + k)
example = Sequent(
    (
        abs(g) <= L,
        K + g * (f - h) <= m,
        abs(inner(phi, U) - h) <= e,
        abs(inner(phi, V) - f) <= k,
    ),
    slack <= inner(g * phi, U - V),
)
after = U - eta * G - V
nearer = Sequent(
    (eta > 0, norm(G) <= L * C, slack <= inner(G, U - V)),
    2 * eta * slack <= inner(U - V, U - V) - inner(after, after) + eta**2 * L**2 * C**2,
)

_SETTING = (
    r"inputs are unit vectors, and $\ell$ is convex and $L$-Lipschitz in the prediction",
    r"Algorithm 1 trains the hidden weights from $\mathcal I(d,q,B)$ with the step $\eta/B^2$, "
    r"Algorithm 2 has the same rows, the same batches and the step $\eta$",
)
_ALPHA = r"$\alpha=\eta Ls_1$ and $\chi=\eta\beta qs_1^2$"

q_, T_, b_ = sp.symbols("q T b", integer=True, positive=True)
r_ = sp.Symbol("r", integer=True, nonnegative=True)
eta_, L_, s1_, B_ = sp.symbols("eta L s1 B", positive=True)
beta_, s2_ = sp.symbols("beta s2", nonnegative=True)
alpha_, chi_ = sp.symbols("alpha chi", positive=True)
kinked = sp.sqrt(2 / sp.pi) * r_ * q_ * s1_ * (b_ * (T_ - 1) + 2)
gap = 2 * q_ * L_ * alpha_**2 * T_**2 / B_ * (s2_ * (1 + chi_ * T_ / 3) + kinked)

declare(
    Statement(
        id="N.A1",
        title="Training a network by stochastic gradient descent",
        paper="N",
        number="Algorithm 1",
        chapter=CHAPTER,
        kind="definition",
        text=r"""
Input: $\sigma$, $d$, $q$, a loss $\ell$, a scale $B>0$, a step size $\eta>0$, a batch size $b$, a
number of steps $T\ge1$, access to samples of $\mathcal D$.

1. Draw the weights $\mathbf W_1=(W,a)\sim\mathcal I(d,q,B)$.
2. For $t=1,\dots,T$: draw $b$ examples, $S_t\sim\mathcal D^b$, and put
   $\mathbf W_{t+1}=\mathbf W_t-\eta\nabla\mathcal L_{S_t}(\mathbf W_t)$.
3. Return $\mathbf W_t$ for a uniformly random $t\in\{1,\dots,T\}$.

As printed, the gradient is in all weights; *on the hidden weights* it is in $W$ alone. Where $\ell$
or $\sigma$ has a kink, its derivative there is any fixed value between the one-sided ones. Given
$\mathbf W_t$, the gradient on $S_t$ is an unbiased estimate of that of $\mathcal L_{\mathcal D}$
wherever the latter can be differentiated under the expectation.
""",
        aliases=("Algorithm 1 in Ye and Wei",),
    )
)

declare(
    Statement(
        id="Y.D5",
        title="Xavier initialisation with zero output",
        paper="Y",
        number="Definition 5",
        chapter=CHAPTER,
        kind="definition",
        text=r"""
$\mathcal I(d,q,B)$ is the law of $(W,a)$ where $W\in\mathbb R^{2q\times d}$ has $q$ independent
standard Gaussian rows, each twice, and of the two neurons of such a *pair* one has the output
weight $B$ and the other $-B$. Then $h_W(x)=0$ for every $x\in\mathbb R^d$, whatever $\sigma$.
""",
        printed=r"$\mathbf u=\begin{bmatrix}\mathbf u'\\-\mathbf u'\end{bmatrix}$, $\mathbf u'$ "
        r"the all-1 vector; this is $\mathcal I(d,q,B)$",
        changed=r"The printed weights do not contain $B$. It is paper N's all-$B$ vector.",
        erratum=True,
        counterexample=r"As printed, $\mathcal I(d,q,1)=\mathcal I(d,q,B)$ for all $B$, and "
        r"Theorem 8, which chooses $B$, would have nothing to choose.",
        aliases=("Section 2.3 in Daniely, Neural Networks Learning and Memorization",),
    )
)

declare(
    Statement(
        id="Y.A2",
        title="Training the tangent model",
        paper="Y",
        number="Algorithm 2",
        chapter=CHAPTER,
        kind="definition",
        text=r"""
Draw $W\sim\mathcal I(d,q,1)$ and let $\Psi_W(x)=\nabla_Wh_W(x)\in\mathbb R^{2q\times d}$. From
$V_1=0$, with batches as in Algorithm 1, put
$V_{t+1}=V_t-\eta\nabla_V\mathcal L_{S_t}(f_{V_t})$ for
$f_V(x)=\langle V,\Psi_W(x)\rangle$, and return $f_{V_t}$ for a uniformly random
$t\in\{1,\dots,T\}$.

The two rows of a pair always move by opposite amounts, and the outputs obey
$$f_{t+1}(x)=f_t(x)-\frac{2q\eta}b\sum_{(x',y)\in S_t}
\ell'(f_t(x'),y)\;\mathrm{tk}^h_W(x,x') .$$
""",
    )
)

declare(
    Statement(
        id="Y.T8",
        title="Training the network is training its tangent model",
        paper="Y",
        number="Theorem 8",
        chapter=CHAPTER,
        kind="theorem",
        text=r"""
Let $\sigma$ be continuous and $\sigma'$ jump at $r$ points, its *kinks*; between them let
$|\sigma'|\le s_1$ and let $\sigma'$ be $s_2$-Lipschitz. Let $s_2=0$ (a piecewise linear
$\sigma$), or else let $\ell'$ be $\beta$-Lipschitz in the prediction and $\chi\le1$; here """
        + _ALPHA
        + r""". Call it a *crossing* if, for some
neuron, $\langle w_i,x\rangle$ leaves its piece of $\sigma$, at an input $x$ of a batch by the time
it is drawn, or at one further input by the end. Then for the outputs $h$ and $f$ at this further
input after at most $T$ steps:

(a) unless there is a crossing, $\displaystyle|h-f|\le\frac{2qs_2\alpha^2T^2}B
\Bigl(1+\frac{\chi T}3\Bigr)$; for piecewise linear $\sigma$, $h=f$;

(b) if the further input is independent of the rows at the start,
$\displaystyle\Pr(\text{crossing})\le\sqrt{\frac2\pi}\,\frac{rq\alpha}B
\Bigl(\frac{bT(T-1)}2+T\Bigr)$;

(c) $|\mathbb E\mathcal L_{\mathcal D}(h_1)-\mathbb E\mathcal L_{\mathcal D}(h_2)|\le\varepsilon$
for the functions $h_1,h_2$ that Algorithms 1 and 2 return, where these losses are finite, if
$$\begin{aligned}B\ge\frac{2qL\alpha^2T^2}\varepsilon&\Bigl[s_2\Bigl(1+\frac{\chi T}3\Bigr)\\
&+\sqrt{\frac2\pi}\,rqs_1\bigl(b(T-1)+2\bigr)\Bigr].\end{aligned}$$
(In the formal reading $a,b,c$ are the slopes of the loss at $h$, $f_U$, $f_V$; $A,F$ are two losses
and $J$ tells a crossing.)
""",
        hypotheses=_SETTING,
        printed=r"Fix a decent activation $\sigma$ and decent loss $\ell$. There is a choice of "
        r"$B$, such that for every input distribution we have "
        r"$|\mathbb E\mathcal L_{\mathcal D}(h_1)-\mathbb E\mathcal L_{\mathcal D}(h_2)|"
        r"\le\epsilon$",
        changed=r"For a loss with a kink no large $B$ will do, and a large $B$ is what the printed "
        r"proof chooses. It shows that $h$ is near the "
        r"tangent model at *its own* weights, and does not follow the two runs, which a kink of "
        r"$\ell$ can part for good; it bounds a Hessian that does not exist at the kinks of "
        r"$\sigma$; and its $B=\Omega(HR^2)$ does not contain $\varepsilon$. The output weights, "
        r"which Algorithm 1 trains too, are the matter of {st}`B.lazy.outputs`; what remains for a "
        r"loss with a kink is {st}`B.lazy.regret`.",
        erratum=True,
        counterexample=r"The absolute loss, $\sigma(t)=t/(1+t^2)$, one input with the labels "
        r"$0$ and $\pm7$, $T=4$, $\eta\le1$: as $B\to\infty$ the difference of the expected losses "
        r"tends to $\frac2{81}\eta\,\mathbb E\,\sigma'(g)^2$, not to 0. An exact run stands under "
        r"*Break it*.",
        formal=(no_expansion, one_step, expected),
        bound=BoundFormula(
            quantity=r"|\mathbb E\,\mathcal L_{\mathcal D}(h_1)"
            r"-\mathbb E\,\mathcal L_{\mathcal D}(h_2)|",
            parameters=(
                Parameter(q_, "pairs of neurons", 100, sp.Interval(1, sp.oo)),
                Parameter(T_, "steps", 1000, sp.Interval(1, sp.oo)),
                Parameter(b_, "batch", 1, sp.Interval(1, sp.oo)),
                Parameter(eta_, "step size of Algorithm 2", 0.0001),
                Parameter(B_, "scale of the output weights", 1e6),
                Parameter(L_, "Lipschitz constant of the loss", 1.0),
                Parameter(beta_, "smoothness of the loss", 0.25, sp.Interval(0, sp.oo)),
                Parameter(s1_, "supremum of |σ'|", 1.0),
                Parameter(s2_, "supremum of |σ''| between kinks", 0.0, sp.Interval(0, sp.oo)),
                Parameter(r_, "kinks of σ", 1, sp.Interval(0, sp.oo)),
            ),
            terms=(
                Term(alpha_, "movement of a row in a step, times B", eta_ * L_ * s1_),
                Term(chi_, "step size against smoothness, at most 1", eta_ * beta_ * q_ * s1_**2),
            ),
            value=gap,
            trivial=4 * q_ * L_**2 * s1_**2 * eta_ * T_,
        ),
    )
)

declare(
    Statement(
        id="B.lazy.outputs",
        title="The output weights trained too",
        paper="B",
        chapter=CHAPTER,
        kind="theorem",
        text=r"""
Let Algorithm 1 train the output weights too, as it is printed, and let the rest be as in Theorem 8,
with $\ell'$ $\beta$-Lipschitz and $\chi\le1$ also for piecewise linear $\sigma$. Let $O$ bound
$|\sigma(\langle w_i,x\rangle)|$ at the start, for all neurons, all inputs of the batches and the
further input, and put
$$\bar O=O+\frac{2s_1\alpha T}B,\qquad \Xi=\frac{\eta LT\bar O}{B^3} .$$
If $\Xi\le1$, and unless there is a crossing,
$$|h-f|\le\frac{2qs_2(1+\Xi)^2\alpha^2T^2}B\Bigl(1+\frac{\chi T}3\Bigr)
+\frac{2q\eta LT\bar O^2}{B^2}\,(1+\chi T)+\frac{q\alpha^2\bar OT^2}{B^3} .$$
If the further input is independent of the rows at the start, the probability of a crossing while
$\Xi\le1$ is at most twice the bound in Theorem 8 (b), and
$O\le|\sigma(0)|+s_1\sqrt{2\ln(q(bT+1)/\delta)}$ except with probability $\delta$.
""",
        hypotheses=(
            _SETTING[0],
            r"Algorithm 1 trains all weights from $\mathcal I(d,q,B)$ with the step $\eta/B^2$, "
            r"Algorithm 2 as in Theorem 8; " + _ALPHA,
        ),
        formal=(gate,),
    )
)

declare(
    Statement(
        id="B.lazy.square",
        title="The error is of second order",
        paper="B",
        chapter=CHAPTER,
        kind="theorem",
        text=r"""
Let $|\sigma'|\le s_1$, $|\sigma''|\le s_2$ and let $\sigma''$ be $s_3$-Lipschitz on
$\mathbb R$, let $\ell'$ be $\beta$-Lipschitz in the prediction and $\chi\le1$; here """
        + _ALPHA
        + r""". Then at
every input and after at most $T$ steps
$$|h-f|\le\frac{q\alpha^3T^3}{3B^2}\Bigl[2s_3+\frac{4s_2^2}{s_1}
+\frac{\chi T}2\Bigl(s_3+\frac{3s_2^2}{s_1}\Bigr)\Bigr] .$$
After one step $|h-f|\le q\alpha^3s_3/(3B^2)$, and this constant cannot be lowered.
""",
        hypotheses=_SETTING,
        formal=(pair,),
    )
)

declare(
    Statement(
        id="B.lazy.regret",
        title="What remains for a loss with a kink",
        paper="B",
        chapter=CHAPTER,
        kind="theorem",
        text=r"""
Let $|\sigma'|\le s_1$ and let $\sigma'$ be $s_2$-Lipschitz on $\mathbb R$; no smoothness of
$\ell$ and no condition on $\eta$ are needed. Put $C=s_1\sqrt{2q}$ and
$r_{\mathrm F}=\eta LCT$. For every $V\in\mathbb R^{2q\times d}$, also one that depends on the
rows at the start, the function $h_1$ returned by Algorithm 1 satisfies
$$\mathbb E\mathcal L_{\mathcal D}(h_1)\le\mathbb E\mathcal L_{\mathcal D}(f_V)
+\mathbb E\Bigl[\frac{\lVert V\rVert_{\mathrm F}^2}{2\eta T}
+\frac{Ls_2}{2B}\Bigl(\frac{r_{\mathrm F}^2}3
+r_{\mathrm F}\lVert V\rVert_{\mathrm F}\Bigr)\Bigr]+\frac{\eta L^2C^2}2 .$$
""",
        hypotheses=_SETTING,
        formal=(example, nearer),
    )
)
