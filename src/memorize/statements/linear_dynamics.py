"""The statements of book/fine_grained/linear_dynamics.md."""

import sympy as sp

from memorize.kernel.terms import Sequent, eq, every, fixed, inner, matrix, vector
from memorize.kernel.terms import Term as Kernel
from memorize.statements import BoundFormula, Parameter, Statement, Term, declare

CHAPTER = "fine_grained/linear_dynamics"

# The cast. e is a residual of the m examples, d a deviation from the linear dynamics, J and S are
# the Jacobian and its secant form, move what a step adds to the p weights.
e, d, u, v = (vector(name, "m") for name in "eduv")
after = vector("after", "m", "e'")
move, k = vector("move", "p", r"\Delta"), vector("k", "p")
J, S, X = matrix("J", "m", "p"), matrix("S", "m", "p"), matrix("X", "m", "n")
A, D, M, P, Q = (matrix(name, "m", "m") for name in "ADMPQ")
w, x, delta = vector("w", "n"), vector("x", "n"), vector("delta", "n", r"\delta")
eta, a, f, n, R, L = (fixed(name) for name in ("eta", "a", "f", "n", "R", "L"))
eps, h, r, norm_x = fixed("eps", r"\varepsilon"), fixed("h"), fixed("r"), fixed("c")


def _bounded(T: Kernel, size: Kernel) -> Kernel:
    """‖Tu‖ ≤ size ‖u‖, in squares."""
    return every((u,), inner(T @ u, T @ u) <= size**2 * inner(u, u))


secant = every((v,), eq(inner(v, e - after), inner(S.T @ v, move)))
gradient = every((k,), eq(inner(k, move), eta * inner(k, J.T @ e)))
contracts, perturbs = _bounded(M, a), _bounded(D, f)
inputs_bounded = every((u,), inner(X.T @ u, X.T @ u) <= norm_x**2 * inner(u, u))
gates = every((u,), inner(A @ u, A @ u) <= inner(u, u))
damped = every((u,), inner(Q @ u, Q @ u) <= h * inner(u, Q @ u))
symmetric = every((u, v), eq(inner(u, D @ v), inner(v, D @ u)))
above = every((u,), inner(u, D @ u) <= eps * inner(u, P @ u))
below = every((u,), -eps * inner(u, P @ u) <= inner(u, D @ u))

m_, q_ = sp.symbols("m q", integer=True, positive=True)
least_, tau_, delta_, eps_, norm_, abs_, y_ = sp.symbols("least tau delta eps X G y", positive=True)
_unit = sp.Interval.open(0, 1)
_examples = Parameter(m_, "number of examples", 267, sp.Interval(1, sp.oo))
_least = Parameter(least_, "least eigenvalue of H", 0.02, sp.Interval.Lopen(0, sp.Rational(1, 2)))
_scale = Parameter(tau_, "scale of the hidden weights", 1.0)
_failure = Parameter(delta_, "probability of failure", 0.1, _unit)
_norm = Parameter(norm_, "‖X‖", 14.5, sp.Interval(1, sp.oo))
_abs = Parameter(abs_, "‖|G|‖, at most m", 210.0, sp.Interval(1, sp.oo))
_labels = Parameter(y_, "‖y‖", 16.3)
CONSTANT = 2048 / sp.pi
"""Of the widths in F.T3.1 and F.T4.1."""

_NETWORK = (
    r"$h_W(x)=q^{-1/2}\sum_ia_i\,\sigma(\langle w_i,x\rangle)$ with $\sigma$ the ReLU, fixed "
    r"$a_i=\pm1$ and $m$ unit inputs; gradient descent on $\frac12\|y-\hat y\|^2$ in $W$, step "
    r"$\eta>0$"
)
_START = (
    r"independent rows $w_i^{(0)}\sim\mathcal N(0,\tau^2I)$, $\tau>0$, and independent uniform "
    r"signs $a_i$; $\lambda_m>0$ and $\delta\in(0,1)$"
)

declare(
    Statement(
        id="B.secant",
        title="The exact recursion of the residual",
        paper="B",
        chapter=CHAPTER,
        kind="theorem",
        text=r"""
Let $g_{ij}$ be the slope of the chord of $\sigma$ between $\langle w_i^{(t)},x_j\rangle$ and
$\langle w_i^{(t+1)},x_j\rangle$, and $\mathbf 1\{\langle w_i^{(t)},x_j\rangle\ge0\}$ where the two
are equal. Put
$$\widetilde H^{(t)}_{jl}=\frac{G_{jl}}q\sum_{i\le q}g_{ij}\,
\mathbf 1\{\langle w_i^{(t)},x_l\rangle\ge0\}.$$
Then for $e^{(t)}=y-\hat y^{(t)}$ and every step size $\eta$
$$e^{(t+1)}=\bigl(I-\eta\widetilde H^{(t)}\bigr)\,e^{(t)} .$$
In the formal reading $S$ is the Jacobian with chords in the place of derivatives and $\Delta$ the
movement of the weights, so that $\widetilde H=SJ^\top$.
""",
        hypotheses=(_NETWORK,),
        formal=(
            Sequent(
                (secant, gradient),
                eq(inner(v, after), inner(v, e) - eta * inner(S.T @ v, J.T @ e)),
            ),
        ),
    )
)

declare(
    Statement(
        id="B.linear.deterministic",
        title="Linear dynamics while few inputs are near a kink",
        paper="B",
        chapter=CHAPTER,
        kind="theorem",
        text=r"""
For $r>0$ let $N_{jl}(r)$ be $|G_{jl}|$ times the share of the neurons $i$ with
$|\langle w_i^{(0)},x_j\rangle|\le r$ or $|\langle w_i^{(0)},x_l\rangle|\le r$. Let $K$ be symmetric
with $0\le\lambda\le\lambda_{\min}(K)$ and $\eta\lambda_{\max}(K)\le1$, and
$$\begin{aligned}F&\ge\|N(r)\|+\|H_{W^{(0)}}-K\|,\\\rho&=1-\eta(\lambda-F).\end{aligned}$$
Let $T\le\infty$ be such that
$\frac{\eta\|X\|\|e^{(0)}\|}{\sqrt q}\sum_{s<T}\rho^s\le r$. Then for all $t\le T$
1. no row has moved by more than
   $\frac{\eta\|X\|\|e^{(0)}\|}{\sqrt q}\sum_{s<t}\rho^s\le r$;
2. $\|e^{(t)}\|\le\rho^t\,\|e^{(0)}\|$;
3. $\|e^{(t)}-(I-\eta K)^te^{(0)}\|$
   $\le\bigl(\rho^t-(1-\eta\lambda)^t\bigr)\|e^{(0)}\|$, which is at most
   $\frac F\lambda\|e^{(0)}\|$ if $F<\lambda$.

If $F<\lambda$, then $T=\infty$ will do as soon as
$\frac{\|X\|\|e^{(0)}\|}{\sqrt q\,(\lambda-F)}\le r$. In the formal reading, one step of the
induction for item 3: $M=I-\eta K$, $D=\eta(\widetilde H-K)$, $f=\eta F$, $a=1-\eta\lambda$, and
$R$, $L$, $n$ are $\rho^t$, $(1-\eta\lambda)^t$, $\|e^{(0)}\|$.
""",
        hypotheses=(_NETWORK,),
        formal=(
            Sequent(
                (
                    contracts,
                    perturbs,
                    a >= 0,
                    f >= 0,
                    n >= 0,
                    L >= 0,
                    R >= L,
                    inner(e, e) <= (R * n) ** 2,
                    inner(d, d) <= ((R - L) * n) ** 2,
                ),
                inner(M @ d - D @ e, M @ d - D @ e) <= (((a + f) * R - a * L) * n) ** 2,
            ),
        ),
    )
)

declare(
    Statement(
        id="F.T3.1",
        title="Linear convergence of gradient descent",
        paper="F",
        number="Theorem 3.1, with Equations (1), (2), (5) and (6)",
        chapter=CHAPTER,
        kind="theorem",
        text=r"""
Let $B_0=\sqrt{\frac3\delta\bigl(\|y\|^2+\frac{m\tau^2}2\bigr)}$, $\eta\le1/\lambda_1$ and
$$q\;\ge\;\frac{2048}\pi\,\frac{\|X\|^2\,\||G|\|^2\,B_0^2}{\lambda_m^4\tau^2},$$
where $|G|=[|G_{jl}|]$. Then with probability at least $1-\delta$
1. $\|y-\hat y^{(0)}\|\le B_0$, and so $\frac12\|y-\hat y^{(0)}\|^2\le
   \frac3{2\delta}\bigl(\|y\|^2+\frac{m\tau^2}2\bigr)$;
2. for all $t\ge0$:
   $\|y-\hat y^{(t+1)}\|\le\bigl(1-\frac{\eta\lambda_m}2\bigr)\,\|y-\hat y^{(t)}\|$.

If $|y_j|\le1$ and $\tau\le1$, then $q\ge2934\,m^4/(\lambda_m^4\tau^2\delta)$ is enough.
""",
        hypotheses=(_NETWORK, _START),
        printed=r"$m=\Omega\bigl(\frac{n^6}{\lambda_0^4\kappa^2\delta^3}\bigr)$, "
        r"$\eta=O\bigl(\frac{\lambda_0}{n^2}\bigr)$: $\Phi(\mathbf W(0))=O(n/\delta)$ and "
        r"$\Phi(\mathbf W(k+1))\le\bigl(1-\frac{\eta\lambda_0}2\bigr)\Phi(\mathbf W(k))$",
        changed=r"The paper cites {cite:t}`du2019provably`, who treat $\tau=1$, and calls the "
        r"general case straightforward; here is a proof. Two powers of $m$ and two of $1/\delta$ "
        r"are saved, the step may be $1/\lambda_1$, and the squared loss falls by the square of "
        r"the factor, which is less than the printed one.",
        bound=BoundFormula(
            quantity="q",
            parameters=(_examples, _least, _scale, _failure, _norm, _abs, _labels),
            terms=(
                Term(
                    sp.Symbol("start"),
                    "B₀², bound on the first squared residual",
                    3 * (y_**2 + m_ * tau_**2 / 2) / delta_,
                ),
            ),
            value=CONSTANT * norm_**2 * abs_**2 * sp.Symbol("start") / (least_**4 * tau_**2),
            trivial=sp.oo,
        ),
    )
)

declare(
    Statement(
        id="F.LC.1",
        title="How far the weights move",
        paper="F",
        number="Lemma C.1",
        chapter=CHAPTER,
        kind="theorem",
        text=r"""
If $\|e^{(t)}\|\le(1-\eta\mu)^t\|e^{(0)}\|$ for all $t$, with $0<\eta\mu\le1$, then for all rows
and all $t$
$$\|w_i^{(t)}-w_i^{(0)}\|\le\frac{\|X\|\,\|e^{(0)}\|}{\sqrt q\,\mu}.$$
So under the assumptions of {st}`Theorem 3.1 <F.T3.1>`, and on the same event of probability
$1-\delta$,
$$\|w_i^{(t)}-w_i^{(0)}\|\le\frac{2\,\|X\|\,\|e^{(0)}\|}{\sqrt q\,\lambda_m}.$$
In the formal reading $A$ is the diagonal matrix of the gates of one neuron and $c=\|X\|$.
""",
        hypotheses=(_NETWORK,),
        printed=r"$\|\mathbf w_r(k)-\mathbf w_r(0)\|_2\le"
        r"\frac{4\sqrt n\,\|\mathbf y-\mathbf u(0)\|_2}{\sqrt m\,\lambda_0}$",
        changed=r"True as printed. The factor $\sqrt m$ of the examples is replaced by "
        r"$\|X\|\le\sqrt m$, and $4$ by $2$.",
        formal=(
            Sequent(
                (inputs_bounded, gates, norm_x >= 0),
                inner(X.T @ (A @ e), X.T @ (A @ e)) <= norm_x**2 * inner(e, e),
            ),
        ),
    )
)

declare(
    Statement(
        id="F.LC.2",
        title="How far the Gram matrix moves",
        paper="F",
        number="Lemma C.2",
        chapter=CHAPTER,
        kind="theorem",
        text=r"""
Let $s_j(r)$ be the share of the neurons with $|\langle w_i^{(0)},x_j\rangle|\le r$, and let $H_0$
and $J_0$ belong to $W^{(0)}$.
1. For all $W$ whose rows are within $r$ of those of $W^{(0)}$, at once,
   $|(H_W-H_0)_{jl}|\le|G_{jl}|\,(s_j(r)+s_l(r))$ and
   $\|J_W-J_0\|_{\mathrm F}^2\le\sum_js_j(r)$.
2. Let $p=\sqrt{\frac2\pi}\,\frac r\tau$ and $q\,p\,(2\ln2-1)\ge\ln\frac m\delta$. With probability
   at least $1-\delta$, for all these $W$ at once,
   $\|H_W-H_0\|_{\mathrm F}\le4p\,\|G\|_{\mathrm F}$,
   $\|H_W-H_0\|\le4p\,\||G|\|$ and $\|J_W-J_0\|_{\mathrm F}^2\le2mp$.
3. Under the assumptions of {st}`Theorem 3.1 <F.T3.1>`, on the same event, for all $t$ at once,
   $$\begin{aligned}\|H_{W^{(t)}}-H_0\|_{\mathrm F}&\le8\sqrt{\tfrac2\pi}\,
   \frac{\|X\|\,\|G\|_{\mathrm F}\,B_0}{\sqrt q\,\lambda_m\tau},\\
   \|J_{W^{(t)}}-J_0\|_{\mathrm F}^2&\le4\sqrt{\tfrac2\pi}\,
   \frac{m\,\|X\|\,B_0}{\sqrt q\,\lambda_m\tau}.\end{aligned}$$

If $|y_j|\le1$ and $\tau\le1$, these are at most $13.6\,m^2/(\sqrt q\,\lambda_m\tau\sqrt\delta)$ and
$6.8\,m^2/(\sqrt q\,\lambda_m\tau\sqrt\delta)$. In the formal reading, a neuron that is not near its
kink keeps its side: $w$ moves by $\delta$ with $\|\delta\|\le r$.
""",
        hypotheses=(_NETWORK, _START),
        printed=r"with probability $1-4\delta$, for all $k$: $\|\mathbf H(k)-\mathbf H(0)\|_F="
        r"O\bigl(\frac{n^3}{\sqrt m\lambda_0\kappa\delta^{3/2}}\bigr)$, "
        r"$\|\mathbf Z(k)-\mathbf Z(0)\|_F="
        r"O\bigl(\frac n{\sqrt{m^{1/2}\lambda_0\kappa\delta^{3/2}}}\bigr)$",
        changed=r"The statement is true, but the printed proof is wrong twice. It divides the "
        r"probability $\delta$ that *some* row leaves its ball by the number of neurons, as if the "
        r"rows failed one at a time, while they fail together. And it applies Markov's inequality "
        r"at a fixed step and claims the result for all steps at once. The repair takes the "
        r"supremum over all weights near the start first, and only then the probability; it saves "
        r"one power of $1/\delta$ (for the Jacobian, in the square of the norm), and one of $m$ "
        r"for the Gram matrix.",
        formal=(
            Sequent(
                (r >= 0, inner(x, x) <= 1, inner(delta, delta) <= r**2, inner(w, x) > r),
                0 < inner(w + delta, x),
            ),
        ),
    )
)

declare(
    Statement(
        id="F.T4.1",
        title="The training curve, eigenvector by eigenvector",
        paper="F",
        number="Theorem 4.1, Theorem 3.2 and Section 4.1, Equations (7) and (8)",
        chapter=CHAPTER,
        kind="theorem",
        text=r"""
Let $H=\sum_j\lambda_jv_jv_j^\top$ with orthonormal $v_j$. Then for all $\eta$ and $t$
$$\|(I-\eta H)^ty\|^2=\sum_j(1-\eta\lambda_j)^{2t}\langle v_j,y\rangle^2,$$
and $y-(I-\eta H)^ty$ is the sequence (7), $\tilde y^{(0)}=0$,
$\tilde y^{(t+1)}=\tilde y^{(t)}-\eta H(\tilde y^{(t)}-y)$.

Let $0<\varepsilon\le2\|y\|$, $\eta\le1/\lambda_1$, $\tau\le\varepsilon\sqrt{\delta/(6m)}$ and
$$q\;\ge\;\frac{2048}\pi\,\frac{\|X\|^2\,\||G|\|^2\,(\|y\|+\varepsilon/2)^4}
{\varepsilon^2\lambda_m^4\tau^2}.$$
Then with probability at least $1-\delta$, for all $t\ge0$ at once,
$\|(y-\hat y^{(t)})-(I-\eta H)^ty\|\le\varepsilon$, and so
$$\Bigl|\,\|y-\hat y^{(t)}\|-\sqrt{\textstyle\sum_j(1-\eta\lambda_j)^{2t}
\langle v_j,y\rangle^2}\,\Bigr|\le\varepsilon .$$
If $|y_j|\le1$ and $\varepsilon\le\|y\|$, then
$q\ge3301\,m^5/(\lambda_m^4\tau^2\varepsilon^2)$ is enough.
""",
        hypotheses=(_NETWORK, _START),
        printed=r"$\kappa=O\bigl(\frac{\epsilon\delta}{\sqrt n}\bigr)$, "
        r"$m=\Omega\bigl(\frac{n^7}{\lambda_0^4\kappa^2\delta^4\epsilon^2}\bigr)$, "
        r"$\eta=O\bigl(\frac{\lambda_0}{n^2}\bigr)$",
        changed=r"The printed proof rests on that of {st}`F.LC.2`, and is repaired with it. "
        r"(Before (19) the bound on an expectation contains the random "
        r"$\|\mathbf y-\mathbf u(0)\|$; the fixed radius of (15) belongs there.) The geometric "
        r"sum is done exactly. Two powers of $m$ and four of $1/\delta$ are saved, the scale may "
        r"be larger by $1/\sqrt\delta$, and the step may be $1/\lambda_1$.",
        bound=BoundFormula(
            quantity="q",
            parameters=(
                Parameter(eps_, "accuracy ε, at most 2‖y‖", 1.0),
                _least,
                Parameter(tau_, "scale of the hidden weights, at most ε√(δ/6m)", 0.0079),
                _norm,
                _abs,
                _labels,
            ),
            terms=(Term(sp.Symbol("start"), "bound on ‖e⁽⁰⁾‖", y_ + eps_ / 2),),
            value=CONSTANT
            * norm_**2
            * abs_**2
            * sp.Symbol("start") ** 4
            / (eps_**2 * least_**4 * tau_**2),
            trivial=sp.oo,
        ),
    )
)

declare(
    Statement(
        id="B.linear.tracking",
        title="Two linear dynamics stay together at all times",
        paper="B",
        chapter=CHAPTER,
        kind="theorem",
        text=r"""
Let $H$, $H'$ be symmetric and positive semi-definite, $\varepsilon\in(0,1)$ and
$(1-\varepsilon)H\preceq H'\preceq(1+\varepsilon)H$, and let $\eta\lambda_{\max}(H)\le h$ and
$\eta\lambda_{\max}(H')\le h$ with $\eta>0$, $0<h<2$.
1. For all $t\ge0$
   $$\|(I-\eta H')^t-(I-\eta H)^t\|\le\frac\varepsilon{(2-h)\sqrt{1-\varepsilon}}.$$
2. At $h=1$ the factor $1$ of $\varepsilon$ is the best possible as $\varepsilon\to0$.
3. For $H'=H_W$ with $q$ independent rows $w_i\sim\mathcal N(0,\tau^2I)$ and $\lambda_m>0$ the
   assumption holds with probability at least $1-\delta$, $\delta\in(0,1)$, once
   $$q\ge\frac{\|G\|}{\lambda_m}\,\frac{\ln(2m/\delta)}
   {(1+\varepsilon)\ln(1+\varepsilon)-\varepsilon}.$$

In the formal reading $Q=\eta H'$, $P=\eta H$, $D=\eta(H'-H)$.
""",
        formal=(
            Sequent(
                (damped,),
                (2 - h) * inner(v, Q @ v) <= inner(v, v) - inner(v - Q @ v, v - Q @ v),
            ),
            Sequent(
                (symmetric, above, below),
                2 * inner(v, D @ d) <= eps * (inner(v, P @ v) + inner(d, P @ d)),
            ),
        ),
        bound=BoundFormula(
            quantity=r"\sup_t\|(I-\eta H')^t-(I-\eta H)^t\|",
            parameters=(
                Parameter(eps_, "relative accuracy ε", 0.1, _unit),
                Parameter(
                    sp.Symbol("h", positive=True),
                    "bound on ηλ₁ of both",
                    1.0,
                    sp.Interval.open(0, 2),
                ),
            ),
            terms=(),
            value=eps_ / ((2 - sp.Symbol("h", positive=True)) * sp.sqrt(1 - eps_)),
            trivial=sp.Integer(1),
        ),
    )
)

declare(
    Statement(
        id="B.linear.paired",
        title="Paired rows of large scale: exactly linear",
        paper="B",
        chapter=CHAPTER,
        kind="theorem",
        text=r"""
Let $c_t=\sum_{s<t}\eta(I-\eta H_0)^se^{(0)}$.
1. If $|\langle w_i^{(0)},x_j\rangle|>\|X\|\,\|c_t\|/\sqrt q$ for all $i$, $j$ and all $t\le T$
   ($T\le\infty$), then no activation changes up to $T$, and for $t\le T$
   $$e^{(t)}=(I-\eta H_0)^te^{(0)},\qquad W^{(t)}=W^{(0)}+J_0^\top c_t .$$

Now let the rows be *paired*: $q$ is even, $q/2$ independent rows $\mathcal N(0,\tau^2I)$ come
twice, with $+1$ and $-1$, so that $\hat y^{(0)}=0$ and $e^{(0)}=y$. Let $\delta\in(0,1)$, and
$\lambda_m>0$ in item 3.

2. For every even $q$ and finite $T$, if $\eta\le2/\|X\|^2$ and
   $$\tau\ge\frac{\sqrt q\,m\,\|X\|\,\eta T\,\|y\|}{\sqrt{2\pi}\,\delta},$$
   then item 1 applies with probability at least $1-\delta$.
3. For $T=\infty$ it applies with probability at least $1-\delta$ if $\eta\le1/\|X\|^2$,
   $$q\ge13.04\,\frac{\|G\|}{\lambda_m}\ln\frac{2m}\delta\qquad\text{and}\qquad
   \tau\ge\sqrt{\frac8\pi}\,\frac{\sqrt q\,m\,\|X\|\,\|y\|}{\lambda_m\,\delta} .$$
""",
        hypotheses=(_NETWORK,),
        bound=BoundFormula(
            quantity=r"\tau",
            parameters=(
                Parameter(q_, "number of neurons, even", 1024, sp.Interval(1, sp.oo)),
                _examples,
                _least,
                _failure,
                _norm,
                _labels,
            ),
            terms=(),
            value=sp.sqrt(8 / sp.pi) * sp.sqrt(q_) * m_ * norm_ * y_ / (least_ * delta_),
            trivial=sp.oo,
        ),
    )
)

declare(
    Statement(
        id="F.Fig1",
        title="Training with true and with random labels",
        paper="F",
        number="Figure 1",
        chapter=CHAPTER,
        kind="figure",
        text=r"""
The curves $\|(I-\eta H)^ty\|$ that {st}`Theorem 4.1 <F.T4.1>` predicts, and those of gradient
descent, for true labels, random labels, and the worst labels $\sqrt m\,v_m$; the
eigenvalues of $H$, and the shares $\langle v_j,y\rangle^2/m$ of the true and the random labels.
For labels of the same length, those that have more of their length, for every $k$, in the first
$k$ eigenvectors have the lower predicted curve at every step, if $\eta\lambda_1\le1$.
""",
        printed=r"$\kappa=10^{-2}$, $\eta=10^{-3}$, $10{,}000$ neurons, two classes of MNIST or "
        r"CIFAR with $10{,}000$ images",
        changed=r"The scale $\tau=10^{-2}$ of the paper's experiments does not reach the regime of "
        r"its own theorem at any width that was tried. The control parameter is $\tau\sqrt q$, and "
        r"with paired rows nothing keeps $\tau$ small. The step $\eta=10^{-3}$ is beyond "
        r"$2/\lambda_1$ on two classes of CIFAR-10, where the linear dynamics diverge.",
    )
)
