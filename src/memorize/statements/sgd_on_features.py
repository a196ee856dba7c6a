"""The statements of book/sgd/sgd_on_features.md."""

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
    mean,
    random,
    random_vector,
    sqrt,
    vector,
)
from memorize.kernel.terms import Term as Kernel
from memorize.statements import BoundFormula, Parameter, Statement, Term, declare
from memorize.statements.vector_features import (
    C,
    L,
    R,
    S,
    Z,
    beta,
    d,
    dell,
    ell,
    fcheck,
    finite_loss,
    guess,
    lipschitz,
    losses,
    omega,
    psi,
    q,
    rate,
    s0,
    size,
    smooth,
    theorem_4,
    truth,
    x,
    x0,
    y,
    y0,
)
from memorize.statements.vector_features import t0 as r0

CHAPTER = "sgd/sgd_on_features"

# The cast. W stands for all weights of the features, w for one value of them; tau is what a run
# has seen before a step that is chosen at random, t one value of it; zeta is the batch of that
# step. Psi(w, x) is the embedding, V(w, t) the weights that are trained, G the batch's gradient,
# U(w) what they are compared with: all in one space H of dimension qd.
T, eta, rho = count("T"), fixed("eta"), fixed("rho")
M, eps = fixed("M"), fixed("eps", r"\varepsilon")
W, w = random("W", r"\boldsymbol\omega"), fixed("w1", "w")
tau, t, zeta = random("tau"), fixed("t1", "t"), random("zeta", r"\zeta")
U, Psi, V, G = (function(name, "H") for name in ("U", "Psi", "V", "G"))
h = vector("h", "H")
# A finite bound, which the claims only ask to exist.
far = function("far", None, r"\overline D")


def square(v: Kernel) -> Kernel:
    """‖v‖²."""
    return inner(v, v)


def prediction(w: Kernel, t: Kernel) -> Kernel:
    """What the weights of that step predict."""
    return inner(V(w, t), Psi(w, x))


def benchmark(w: Kernel) -> Kernel:
    """What the weights that they are compared with predict."""
    return inner(U(w), Psi(w, x))


def slope(w: Kernel, t: Kernel) -> Kernel:
    """The derivative of the loss in the prediction."""
    return dell(prediction(w, t), y)


def distance(w: Kernel, t: Kernel) -> Kernel:
    """‖V − U‖² before the step."""
    return square(V(w, t) - U(w))


def next_distance(w: Kernel, t: Kernel) -> Kernel:
    """Its mean after the step, over the batch."""
    return E(square(V(w, t) - eta * G(w, t, zeta) - U(w)), zeta)


def loss_of(p: Kernel) -> Kernel:
    """The expected loss of a prediction, on a fresh example."""
    return E(ell(p, y), x, y)


def power(w: Kernel) -> Kernel:
    """E_x ‖Ψ(x)‖² at given weights."""
    return E(square(Psi(w, x)), x)


convex = every((s0, r0, y0), ell(r0, y0) + dell(r0, y0) * (s0 - r0) <= ell(s0, y0))
unbiased_batch = every(
    (w, t, h),
    eq(E(inner(G(w, t, zeta), h), zeta), E(slope(w, t) * inner(Psi(w, x), h), x, y)),
)
averaged_batch = every(
    (w, t), E(square(G(w, t, zeta)), zeta) <= E(slope(w, t) ** 2 * square(Psi(w, x)), x, y)
)
telescope = every(
    (w,), E(distance(w, tau), tau) <= E(next_distance(w, tau), tau) + square(U(w)) / T
)
reached = every((w,), E(distance(w, tau), tau) <= far(w))
training = (unbiased_batch, averaged_batch, telescope, reached)

# The embedding of q independent weights: what the proof asks of it, as means over a sample.
sample_loss = eq(E(loss_of(benchmark(W)), W), E(loss_of(guess), S))
sample_norm = eq(E(square(U(W)), W), E(mean(square(fcheck(omega)), omega, S), S))
sample_power = eq(E(power(W), W), E(E(mean(square(psi(omega, x)), omega, S), S), x))
bounded_embedding = every((w, x0), square(Psi(w, x0)) <= C**2 * square(x0))

wanted = E(ell(truth, y), x, y)
trained = E(E(loss_of(prediction(W, tau)), tau), W)
kappa = E(E(square(psi(omega, x)), omega), x)
on_features = (
    *(L >= 0, R >= 0, C >= 0, eta > 0),
    *(*theorem_4, lipschitz, convex, losses, finite_loss),
    *(sample_loss, sample_norm, sample_power, *training),
)
on_smooth = (
    *(beta > 0, eta > 0, eq(rho, eta * beta * C**2), rho < 1),
    *(*theorem_4, smooth, convex, losses, finite_loss),
    *(sample_loss, sample_norm, bounded_embedding, *training),
)

# One step of any descent: Y is where the weights are from their target, Gr the gradient.
Y, Gr = random_vector("Y", "H"), random_vector("Gr", "H", "G")
# One step of Algorithms 2 and 3: the weights a of half the neurons, and v; P is the feature vector.
a, v, P, delta = vector("a", "H"), vector("v", "H"), vector("P", "H"), fixed("delta")
root = fixed("s", r"\sqrt q")
doubled = (root > 0, eq(root**2, q), every((h,), eq(inner(h, v), 2 * root * inner(h, a))))

d_, q_, T_ = sp.symbols("d q T", integer=True, positive=True)
R_, C_, M_, L_, eps_, beta_, rho_ = sp.symbols("R C M L eps beta rho", positive=True)
_dimension = Parameter(d_, "input dimension", 512, sp.Interval(1, sp.oo))
_neurons = Parameter(q_, "number of random features (pairs of neurons)", 64, sp.Interval(1, sp.oo))
_steps = Parameter(T_, "number of steps", 10000, sp.Interval(1, sp.oo))
_spread = Parameter(R_, "boundedness of the inputs", 1.0, sp.Interval(1, sp.oo))
_scheme = Parameter(C_, "bound of the scheme (sup |σ'| for a network)", 1.0)
_norm = Parameter(M_, "bound on the kernel norm of f", 1.0)
_steep = Parameter(L_, "Lipschitz constant of the loss", 1.0)
_accuracy = Parameter(eps_, "accuracy", 0.1)
_smooth = Parameter(beta_, "smoothness of the loss", 1.0)
_share = Parameter(rho_, "step size times β C²", 0.5, sp.Interval.open(0, 1))
_features = Term(sp.Symbol("features"), "how well q features do", R_ * C_ * M_ / sp.sqrt(q_ * d_))
_training = Term(sp.Symbol("training"), "training for T steps", C_ * M_ / sp.sqrt(T_))

_LOSS = (
    r"$\ell:\mathbb R\times Y\to[0,\infty)$ is measurable, convex in its first argument, and "
    r"$|\ell(s,y)-\ell(s',y)|\le L|s-s'|$"
)
_SCHEME = (
    r"$\psi(\omega,x)=\psi'(\omega,x)\,x$ is factorized, measurable, and $|\psi'|\le C$; "
    r"$\mathcal D$ is $R$-bounded on $\mathbb S^{d-1}$"
)
# What is large enough for ε₀: the first is B.lazy.regret, the others Y.T8, at the sizes of the box.
_SCALE = r"""Let one of these hold for $B>0$:

1. $\sigma'$ is $s_2$-Lipschitz on $\mathbb R$ and
   $B\ge\dfrac{s_2LM^2(T+3\sqrt T)}{12q\,\varepsilon_0}$;
2. $\sigma$ is piecewise linear with $r$ kinks and
   $B\ge\sqrt{\dfrac2\pi}\,\dfrac{rLCM^2T\bigl(b(T-1)+2\bigr)}{2\varepsilon_0}$;
3. the expected losses of Algorithm 1 at the step size $\eta_2/B^2$ and of Algorithm 2 at $\eta_2$
   differ by at most $\varepsilon_0$, as they do for the $B$ of {st}`Y.T8`.
"""
_NETWORK = (
    r"$|\sigma'|\le C$ off its kinks, and the inputs lie on $\mathbb S^{d-1}$; Algorithm 1 trains "
    r"the hidden weights"
)
_TARGET = (
    r"$\|f\|_k\le M$ for the kernel $k$ of the scheme, and $\mathcal L_{\mathcal D}(f)<\infty$"
)

declare(
    Statement(
        id="Y.A3",
        title="Stochastic gradient descent on random features",
        paper="Y",
        number="Algorithm 3",
        chapter=CHAPTER,
        kind="definition",
        text=r"""
Draw $\omega_1,\dots,\omega_q\sim\mu$ and let
$\Psi_\omega(x)=\frac1{\sqrt q}\bigl(\psi(\omega_1,x),\dots,\psi(\omega_q,x)\bigr)$. From
$V^{(1)}=0\in\mathbb R^{q\times d}$, for $t=1,\dots,T$, draw a batch
$S_t\sim\mathcal D^b$ and set
$$V^{(t+1)}=V^{(t)}-\eta\,\nabla\mathcal L_{S_t}\bigl(V^{(t)}\bigr),\qquad
\mathcal L_S(V)=\frac1b\sum_{(x,y)\in S}\ell\bigl(\langle V,\Psi_\omega(x)\rangle,y\bigr).$$
Return $h=\langle V^{(t)},\Psi_\omega(\cdot)\rangle$ for a uniform $t\in\{1,\dots,T\}$.

For $\psi(\omega,x)=\sigma'(\langle\omega,x\rangle)x$ and $\omega\sim\mathcal N(0,I_d)$, Algorithm
2 at the step size $\eta_2$ *is* Algorithm 3 at the step size $\eta_3=2q\,\eta_2$: on the same
weights and batches both predict the same at every step.
""",
        printed=r"If the mapping $(\sigma'(\omega^\top x)x,-\sigma'(\omega^\top x)x)$ is changed "
        r"to $\sigma'(\omega^\top x)x$, the inner products only change by a factor of $\sqrt2$.",
        changed=r"They change by a factor of $2$ (the lengths by $\sqrt2$). With the factor "
        r"$1/\sqrt q$ in $\Psi_\omega$ the step size changes by $2q$.",
        erratum=True,
        counterexample=r"$\langle(z,-z),(z',-z')\rangle=2\langle z,z'\rangle$; the exact run of "
        r"the chapter refutes a factor that is one per cent off.",
        formal=(
            Sequent(
                doubled,
                every(
                    (h,),
                    eq(
                        inner(h, v - 2 * q * eta * (delta / root) * P),
                        2 * root * inner(h, a - eta * delta * P),
                    ),
                ),
            ),
            Sequent(doubled, eq(inner(P, v) / root, inner(P, a) - inner(P, -a))),
        ),
    )
)

declare(
    Statement(
        id="B.T5.regret",
        title="What descent loses, at given weights",
        paper="B",
        chapter=CHAPTER,
        kind="theorem",
        text=r"""
Let $g^{(t)}$ be the gradient that step $t$ subtracts, $V^{(t+1)}=V^{(t)}-\eta g^{(t)}$ from
$V^{(1)}=0$, and $u$ any weights. In the mean over $t=1,\dots,T$,
$$\mathbb E_t\langle g^{(t)},V^{(t)}-u\rangle
=\frac{\|u\|^2-\|V^{(T+1)}-u\|^2}{2\eta T}+\frac\eta2\,\mathbb E_t\|g^{(t)}\|^2 .$$
So for every embedding $\Psi$ with $\mathbb E_x\|\Psi(x)\|^2<\infty$ and every $u$ of finite loss
$$\mathbb E\,\mathcal L_{\mathcal D}\bigl(\langle V^{(t)},\Psi\rangle\bigr)
\le\mathcal L_{\mathcal D}\bigl(\langle u,\Psi\rangle\bigr)
+\frac{\|u\|^2}{2\eta T}+\frac{\eta L^2}2\,\mathbb E_x\|\Psi(x)\|^2 ,$$
for every batch size; the mean on the left is over the batches and over the uniform $t$.
""",
        hypotheses=(_LOSS, r"the gradients are those of fresh batches"),
        formal=(
            Sequent(
                (eta > 0, finite(E(square(Y))), finite(E(square(Gr)))),
                eq(
                    E(inner(Gr, Y)),
                    (E(square(Y)) - E(square(Y - eta * Gr))) / (2 * eta) + eta / 2 * E(square(Gr)),
                ),
            ),
            Sequent(
                (
                    *(eta > 0, lipschitz, convex, losses, *training),
                    *(finite(loss_of(benchmark(w))), finite(power(w))),
                ),
                E(loss_of(prediction(w, tau)), tau)
                <= loss_of(benchmark(w)) + square(U(w)) / (2 * eta * T) + eta * L**2 / 2 * power(w),
            ),
        ),
    )
)

declare(
    Statement(
        id="Y.T9",
        title="Algorithm 2 learns the tangent kernel space",
        paper="Y",
        number="Theorem 9",
        chapter=CHAPTER,
        kind="theorem",
        text=r"""
For all $q$, $T$, $\eta$ and every batch size, Algorithm 3 returns an $h$ with
$$\mathbb E\,\mathcal L_{\mathcal D}(h)\le\mathcal L_{\mathcal D}(f)
+\frac{LRCM}{\sqrt{qd}}+\frac{M^2}{2\eta T}+\frac{\eta L^2C^2}2 .$$
With
$$\begin{aligned}q&=\Bigl\lceil\frac{4L^2C^2R^2M^2}{d\,\varepsilon^2}\Bigr\rceil,\\
T&=\Bigl\lceil\frac{4L^2C^2M^2}{\varepsilon^2}\Bigr\rceil,\qquad
\eta=\frac M{LC\sqrt T}\end{aligned}$$
the right side is at most $\mathcal L_{\mathcal D}(f)+\varepsilon$. So
$\mathbb E\,\mathcal L_{\mathcal D}(h)\le\mathcal L_{\mathcal D}(\mathcal H_k^M)+\varepsilon$,
the least loss over the ball; for the network, where $k=\mathrm{tk}^h$ and
$C=\sup|\sigma'|$, Algorithm 2 does the same at the step size $\eta/(2q)$.
""",
        hypotheses=(_LOSS, _SCHEME, _TARGET),
        printed=r"There is a choice of $q=\widetilde O\bigl(\frac{M^2R^2}{d\varepsilon^2}\bigr)$ "
        r"and $T=O(M^2/\varepsilon^2)$ with "
        r"$\mathbb E\,\mathcal L_{\mathcal D}(h)\le"
        r"\mathcal L_{\mathcal D}(\mathcal H^M_{\mathrm{tk}})+\varepsilon$",
        changed=r"The numbers are $4L^2C^2$ both times, and there is no logarithm. The dependence "
        r"on $L$ and $C$, which the printed form leaves out, is said.",
        formal=(
            Sequent(
                on_features,
                trained <= wanted + L * rate + size / (2 * eta * T) + eta * L**2 * C**2 / 2,
            ),
            Sequent(
                (
                    *(L > 0, R > 0, C > 0, M > 0, eps > 0, eta > 0),
                    4 * L**2 * C**2 * M**2 <= eps**2 * T,
                    4 * L**2 * C**2 * R**2 * M**2 <= eps**2 * q * d,
                    eq(eta**2 * L**2 * C**2 * T, M**2),
                ),
                L * (R * C * M / sqrt(q * d)) + M**2 / (2 * eta * T) + eta * L**2 * C**2 / 2 <= eps,
            ),
        ),
        bound=BoundFormula(
            quantity=r"\mathbb E\,\mathcal L(h)-\mathcal L(f)",
            parameters=(_dimension, _neurons, _steps, _spread, _scheme, _norm, _steep),
            terms=(_features, _training),
            value=L_ * (sp.Symbol("features") + sp.Symbol("training")),
            trivial=L_ * C_ * M_,
        ),
    )
)

declare(
    Statement(
        id="B.T5.diagonal",
        title="The kernel's diagonal in the place of the bound",
        paper="B",
        chapter=CHAPTER,
        kind="theorem",
        text=r"""
In the last term of {st}`Y.T9`, $C^2$ may be replaced by
$\kappa=\mathbb E_{x\sim\mathcal D}\,k(x,x)\le C^2$. For the network
$\kappa=\mathrm{tk}^h(1)=\mathbb E\,\sigma'(g)^2$, for ReLU $\frac12$: with
$\eta=M/(L\sqrt{\kappa T})$ the last two terms are $LM\sqrt{\kappa/T}$, and half of the steps do.
""",
        hypotheses=(r"those of {st}`Y.T9`",),
        formal=(
            Sequent(
                on_features,
                trained <= wanted + L * rate + size / (2 * eta * T) + eta * L**2 / 2 * kappa,
            ),
        ),
    )
)

declare(
    Statement(
        id="B.T5.average",
        title="The average iterate does no worse",
        paper="B",
        chapter=CHAPTER,
        kind="theorem",
        text=r"""
Let $\bar h=\frac1T\sum_{t\le T}h_t$ be the prediction of the average
$\frac1T\sum_tV^{(t)}$. For every run $\mathcal L_{\mathcal D}(\bar h)$ is at most the mean of
$\mathcal L_{\mathcal D}(h_t)$ over $t=1,\dots,T$. So all that this chapter bounds for the random
iterate of Algorithms 2 and 3 holds for their average iterate, without the randomness of $t$.
""",
        hypotheses=(r"$\ell$ is measurable, non-negative and convex in its first argument",),
        formal=(Sequent((convex, losses, finite(E(Z))), ell(E(Z), y0) <= E(ell(Z, y0))),),
    )
)

declare(
    Statement(
        id="B.T5.smooth",
        title="Smooth losses need fewer neurons and fewer steps",
        paper="B",
        chapter=CHAPTER,
        kind="theorem",
        text=r"""
If $\rho=\eta\beta C^2<1$, Algorithm 3 returns an $h$ with
$$\mathbb E\,\mathcal L_{\mathcal D}(h)\le\frac1{1-\rho}\Bigl(\mathcal L_{\mathcal D}(f)
+\frac{\beta R^2C^2M^2}{2qd}\Bigr)+\frac{M^2}{2\eta T},$$
and the last term is $\beta C^2M^2/(2\rho T)$. If $\mathcal L_{\mathcal D}(f)=0$, then
$\rho=\frac12$, $q=\lceil2\beta R^2C^2M^2/(d\varepsilon)\rceil$ and
$T=\lceil2\beta C^2M^2/\varepsilon\rceil$ give
$\mathbb E\,\mathcal L_{\mathcal D}(h)\le\varepsilon$.
""",
        hypotheses=(
            r"$\ell:\mathbb R\times Y\to[0,\infty)$ is measurable, convex and differentiable in "
            r"its first argument with a derivative that is $\beta$-Lipschitz there (it need not be "
            r"Lipschitz itself)",
            _SCHEME,
            _TARGET,
        ),
        formal=(
            Sequent(
                on_smooth,
                trained
                <= (wanted + beta / 2 * (R**2 * C**2 / (q * d) * size)) / (1 - rho)
                + size / (2 * eta * T),
            ),
        ),
        bound=BoundFormula(
            quantity=r"\mathbb E\,\mathcal L(h)-\frac{\mathcal L(f)}{1-\rho}",
            parameters=(_dimension, _neurons, _steps, _spread, _scheme, _norm, _smooth, _share),
            terms=(_features, _training),
            value=beta_
            / 2
            * (sp.Symbol("features") ** 2 / (1 - rho_) + sp.Symbol("training") ** 2 / rho_),
            trivial=beta_ * C_**2 * M_**2 / (2 * rho_),
        ),
    )
)

declare(
    Statement(
        id="B.T5.sharp",
        title="No smaller constants in the training terms",
        paper="B",
        chapter=CHAPTER,
        kind="theorem",
        text=r"""
For all $q$, $d$, $L$, $C$, all integers $k\ge0$ and $T>k$, and every $\eta>0$, there are a
distribution, a factorized scheme with bound $C$, the loss $\ell(\hat y,y)=L|\hat y-y|$ and an
$f$ with $\|f\|_k=M=(k+\frac12)\eta LC$ and $\mathcal L_{\mathcal D}(f)=0$, which its random
features express exactly, and
$$\mathbb E\,\mathcal L_{\mathcal D}(h)
=\frac{M^2}{2\eta T}+\frac{\eta L^2C^2}2-\frac{\eta L^2C^2}{8T}.$$
Here $q$ is arbitrary, so that the first term of {st}`Y.T9` may be as small as one likes: neither
$\frac12$ can be lowered.
""",
    )
)

declare(
    Statement(
        id="B.T5.factor",
        title="Without the factorization the gain is lost",
        paper="B",
        chapter=CHAPTER,
        kind="theorem",
        text=r"""
Let $\psi(\omega,x)=\operatorname{sign}(\langle\omega,x\rangle)\,e_1$ with $\omega\sim\mathcal
N(0,I_d)$, $\mathcal D$ uniform on $\mathbb S^{d-1}$, $f(x)=\sqrt d\,\langle u,x\rangle$ with
$\|u\|=1$, $y=f(x)$ and $\ell(\hat y,y)=|\hat y-y|$. Then $L=C=R=1$, $\mathcal L_{\mathcal D}(f)=0$
and $\|f\|_k\le M=\sqrt{\pi d/2}$, but whatever is trained on $q\le d$ of these features has
$$\mathbb E\,\mathcal L_{\mathcal D}(h)\ge\sqrt{\frac2\pi}\,\Bigl(1-\frac qd\Bigr).$$
The $q$ of {st}`Y.T9` would be $\lceil2\pi/\varepsilon^2\rceil$ in every dimension: for
$\varepsilon<\sqrt{2/\pi}$ and large $d$ its conclusion is false.
""",
    )
)

declare(
    Statement(
        id="Y.T7",
        title="Algorithm 1 learns the space of the tangent kernel",
        paper="Y",
        number="Theorem 7",
        chapter=CHAPTER,
        kind="theorem",
        text=r"""
Let $C=\sup|\sigma'|$, $0<\varepsilon_0<\varepsilon$,
$T=\lceil L^2C^2M^2/(\varepsilon-\varepsilon_0)^2\rceil$ and $\eta_2=M/(2qLC\sqrt T)$.
"""
        + _SCALE
        + r"""
Then Algorithm 1 on the hidden weights, at the step size $\eta_2/B^2$, returns an $h$ with
$$\mathbb E\,\mathcal L_{\mathcal D}(h)\le
\mathbb E_W\,\mathcal L_{\mathcal D}\bigl(\mathcal H^M_{\mathrm{tk}_W^h}\bigr)+\varepsilon,$$
for *every* $q\ge1$, every distribution $\mathcal D$ on the sphere and every batch size $b$.
""",
        hypotheses=(
            _LOSS,
            _NETWORK,
            r"$\mathcal L_{\mathcal D}(0)<\infty$",
        ),
        printed=r"There is a choice of $q=\widetilde O\bigl(\frac{M^2R^2}{d\varepsilon^2}\bigr)$, "
        r"$T=O(M^2/\varepsilon^2)$, $B$ and $\eta$ such that for any $R$-bounded distribution "
        r"$\mathbb E\,\mathcal L_{\mathcal D}(h)\le"
        r"\mathcal L_{\mathcal D}(\mathcal H^M_{\mathrm{tk}_W})+\varepsilon$",
        changed=r"The benchmark is that of the *random* kernel, which the network starts with: "
        r"neither the condition on $q$ nor the boundedness of $\mathcal D$ is needed, and both "
        r"sides are averaged over $W$. What the condition buys is the expected kernel in the place "
        r"of the random one, in {st}`N.T5`. The output weights, which the printed algorithm trains "
        r"too, stay as they are; and for a loss with a kink and a $\sigma$ with kinks *and* "
        r"curvature no $B$ is given: the printed proof's Theorem 8 is false for such a loss.",
        bound=BoundFormula(
            quantity=r"\mathbb E\,\mathcal L(h)-\mathbb E_W\mathcal L"
            r"(\mathcal H^M_{\mathrm{tk}_W^h})-\varepsilon_0",
            parameters=(_steps, _scheme, _norm, _steep),
            terms=(_training,),
            value=L_ * sp.Symbol("training"),
            trivial=L_ * C_ * M_,
        ),
    )
)

declare(
    Statement(
        id="N.T5",
        title="Networks learn the expected tangent kernel space",
        paper="N",
        number="Theorem 5",
        chapter=CHAPTER,
        kind="theorem",
        text=r"""
Let $C=\sup|\sigma'|$, $0<\varepsilon_0<\varepsilon$, $\varepsilon_1=\varepsilon-\varepsilon_0$ and
$$\begin{aligned}q&=\Bigl\lceil\frac{4L^2C^2R^2M^2}{d\,\varepsilon_1^2}\Bigr\rceil,\\
T&=\Bigl\lceil\frac{4L^2C^2M^2}{\varepsilon_1^2}\Bigr\rceil,\qquad
\eta_2=\frac M{2qLC\sqrt T}.\end{aligned}$$
"""
        + _SCALE
        + r"""
Then for every $R$-bounded distribution $\mathcal D$ and every batch size $b$, Algorithm 1 on the
hidden weights, with $2q$ neurons and the step size $\eta_2/B^2$, returns an $h$ with
$$\mathbb E\,\mathcal L_{\mathcal D}(h)\le
\mathcal L_{\mathcal D}\bigl(\mathcal H^M_{\mathrm{tk}^h}\bigr)+\varepsilon .$$
""",
        hypotheses=(
            _LOSS,
            _NETWORK,
            r"$\mathcal L_{\mathcal D}(0)<\infty$",
        ),
        printed=r"There is a choice of $q=\widetilde O\bigl(\frac{M^2R^2}{d\varepsilon^2}\bigr)$, "
        r"$T=O\bigl(\frac{M^2}{\varepsilon^2}\bigr)$, as well as $B>0$ and $\eta>0$",
        changed=r"The choice is written out, without a logarithm, and the share $\varepsilon_0$ "
        r"of the error that a finite $B$ costs is told apart. The output weights, which the "
        r"printed algorithm trains too, stay as they are; and for a loss with a kink and a "
        r"$\sigma$ with kinks *and* curvature no $B$ is given.",
        bound=BoundFormula(
            quantity=r"\text{least }q",
            parameters=(_dimension, _spread, _scheme, _norm, _steep, _accuracy),
            terms=(
                Term(
                    sp.Symbol("scalar"),
                    "features that the scalar rate asks for",
                    4 * L_**2 * C_**2 * M_**2 / eps_**2,
                ),
                Term(sp.Symbol("gain"), "what the dimension saves", R_**2 / d_),
            ),
            value=sp.ceiling(sp.Symbol("scalar") * sp.Symbol("gain")),
            trivial=sp.ceiling(4 * L_**2 * C_**2 * M_**2 / eps_**2),
        ),
    )
)
