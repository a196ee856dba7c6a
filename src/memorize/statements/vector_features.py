"""The statements of book/kernels/vector_features.md."""

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
    norm,
    number,
    random,
    random_vector,
    sample,
    sqrt,
    vector,
)
from memorize.kernel.terms import Term as Kernel
from memorize.statements import BoundFormula, Parameter, Statement, Term, declare

CHAPTER = "kernels/vector_features"

# The cast. D is the law of x, omega a random weight, S a sample of q weights, psi(omega, x) a
# scheme (0 off the sphere), fcheck the representer of f(x) = E <fcheck, psi>.
d, q = count("d"), count("q")
A, C, L, R, Lambda = fixed("A"), fixed("C"), fixed("L"), fixed("R"), fixed("Lambda")
x, g, omega = random_vector("x", "d"), random_vector("g", "d"), random("omega")
S = sample("S", omega, q)
psi, fcheck = function("psi", "d"), function("fcheck", "d", r"\check f")
c, sign = function("c", None, r"\psi'"), function("sign", None, r"\operatorname{sign}")
u, z, x0 = vector("u", "d"), vector("z", "d"), vector("x0", "d", "x_0")
w0 = fixed("w0", r"\omega_0")

feature = inner(fcheck(omega), psi(omega, x))
truth, guess = E(feature, omega), mean(feature, omega, S)
size = E(inner(fcheck(omega), fcheck(omega)), omega)


def squared_error(h: Kernel, weight: Kernel = omega, draws: Kernel = S) -> Kernel:
    """E over D and the sample of (f − f_ω)², where one feature contributes ``h`` to f_ω."""
    return E(E((mean(h, weight, draws) - E(h, weight)) ** 2, draws), x)


spherical = eq(inner(x, x), 1)
bounded_law = every((u,), E(inner(u, x) ** 2, x) <= R**2 / d * inner(u, u))
isotropic = every((u,), eq(E(inner(g, u) ** 2, g), inner(u, u)))
bounded_scheme = every((w0, x0), inner(psi(w0, x0), psi(w0, x0)) <= A * inner(x0, x0))
spread = every((w0, u), E(inner(u, psi(w0, x)) ** 2, x) <= Lambda * inner(u, u))

factorized = every((w0, x0, u), eq(inner(u, psi(w0, x0)), c(w0, x0) * inner(u, x0)))
bounded_factor = every((w0, x0), abs(c(w0, x0)) <= C)
paired_factor = every((w0, x0), c(w0, x0) ** 2 + c(w0, -x0) ** 2 <= 2 * C**2)
mirrored = every(
    (w0, u),
    eq(
        E(c(w0, x) ** 2 * inner(u, x) ** 2, x),
        E(c(w0, -x) ** 2 * inner(u, x) ** 2, x),
    ),
)
theorem_4 = (spherical, factorized, bounded_factor, bounded_law, finite(size))

# The network's features: gate is the slope of ReLU (0 at 0), sign that of |t| (1 at 0).
w = random_vector("w", "d", r"\omega")
T = sample("T", w, q, "S")
gate, kappa = function("gate", None, r"\mathbb 1_+"), fixed("kappa")
along = inner(u, x)
gated = every((z, x0), eq(gate(z, x0) ** 2, gate(z, x0)))
signed = every((z, x0), eq(sign(z, x0) ** 2, 1))
gate_mean, sign_mean = (
    every((x0,), eq(E(inner(w, u) * side(w, x0), w) * norm(x0), inner(u, x0) / kappa))
    for side in (gate, sign)
)
# Multiplied by the length of x0: at x0 = 0 the gate is shut and there is nothing to claim.
half = every((x0,), eq(E(gate(w, x0), w) * norm(x0), norm(x0) / 2))
half_square = every((x0,), eq(E(inner(w, u) ** 2 * gate(w, x0), w) * norm(x0), norm(x0) / 2))

# Losses: ell(prediction, label), under the joint law of x and y; dell is its slope.
y, Z = random("y"), random("Z")
ell, dell = function("ell", None, r"\ell"), function("dell", None, r"\ell'")
beta, s0, t0, y0 = fixed("beta"), fixed("s"), fixed("t"), fixed("y0", "y_0")
lipschitz = every((s0, t0, y0), abs(ell(s0, y0) - ell(t0, y0)) <= L * abs(s0 - t0))
smooth = every(
    (s0, t0, y0),
    ell(t0, y0) <= ell(s0, y0) + dell(s0, y0) * (t0 - s0) + beta / 2 * (t0 - s0) ** 2,
)
losses = every((s0, y0), ell(s0, y0) >= 0)
finite_loss = finite(E(ell(truth, y), x, y))
rate = R * C * sqrt(size) / sqrt(q * d)

# The two sharp examples.
walk = omega * inner(x0, x)
jordan = every(
    (x0,),
    abs(E(sign(w, z) * sign(w, x0), w)) <= abs(inner(z, x0)) + abs(inner(x0, x0) - 1),
)
agreement = sign(w, z) * sign(w, x) * inner(z, x)


m_, d_, q_ = sp.symbols("m d q", integer=True, positive=True)
R_, C_, M_, L_, beta_, t_, eps_ = sp.symbols("R C M L beta t eps", positive=True)
_dimension = Parameter(d_, "input dimension", 512, sp.Interval(1, sp.oo))
_neurons = Parameter(q_, "number of random features (hidden neurons)", 64, sp.Interval(1, sp.oo))
_spread = Parameter(R_, "boundedness of the inputs", 1.0, sp.Interval(1, sp.oo))
_scheme = Parameter(C_, "bound of the scheme (sup |σ'| for a network)", 1.0)
_norm = Parameter(M_, "bound on the kernel norm of f", 1.0)

declare(
    Statement(
        id="N.R",
        title="R-bounded distributions",
        paper="N",
        number="Section 1",
        chapter=CHAPTER,
        kind="definition",
        text=r"""
A distribution $\mathcal D$ on the unit sphere $\mathbb S^{d-1}$ is *$R$-bounded* if
$$\mathbb E_{x\sim\mathcal D}\langle u,x\rangle^2\le\frac{R^2}{d}
\qquad\text{for every }u\in\mathbb S^{d-1}.$$
The smallest such $R$ is $R(\mathcal D)=\sqrt{d\,\lambda_{\max}(S_{\mathcal D})}$ with
$S_{\mathcal D}=\mathbb E\,xx^\top$, and always $1\le R(\mathcal D)\le\sqrt d$. The left end is
attained exactly if $S_{\mathcal D}=I/d$, as for the uniform laws on the sphere, on the cube
$\{\pm1/\sqrt d\}^d$ and on $\{e_1,\dots,e_d\}$; the right end exactly if $\mathcal D$ lives on
one pair $\{x,-x\}$.
""",
        printed=r"The uniform laws on $\mathbb S^{d-1}$ and on the cube are $O(1)$-bounded or even "
        r"$(1+o(1))$-bounded.",
        changed="For both, $R=1$ exactly, in every dimension; and no distribution has $R<1$.",
        formal=(
            Sequent(
                (spherical, bounded_law, isotropic, eq(E(inner(g, g), g), d)),
                R**2 >= 1,
            ),
            Sequent((spherical,), E(inner(u, x) ** 2, x) <= inner(u, u)),
        ),
    )
)

declare(
    Statement(
        id="B.R.points",
        title="R-boundedness of random points",
        paper="B",
        chapter=CHAPTER,
        kind="theorem",
        text=r"""
Let $\mathcal D$ be the uniform law on $m$ independent uniform points of $\mathbb S^{d-1}$.

1. $\mathbb E\,R(\mathcal D)\le1.11\,\bigl(1+\sqrt{d/m}\bigr)$, and for every $v\ge0$
   $$\Pr\Bigl(R(\mathcal D)\ge1.11\,\bigl(1+\sqrt{d/m}\bigr)+v\Bigr)\le e^{-mv^2/2}.$$
2. For all $t>0$ and $0<\varepsilon<\sqrt2$
   $$\Pr\Bigl(R(\mathcal D)^2\ge\frac{1+t}{(1-\varepsilon^2/2)^2}\Bigr)\le
   \Bigl(1+\frac2\varepsilon\Bigr)^d\exp\Bigl(-\frac m2\bigl(t-\ln(1+t)\bigr)\Bigr).$$
""",
        bound=BoundFormula(
            quantity=r"\Pr\Bigl(R(\mathcal D)^2\ge\frac{1+t}{(1-\varepsilon^2/2)^2}\Bigr)",
            parameters=(
                Parameter(m_, "number of random points", 16384, sp.Interval(1, sp.oo)),
                _dimension,
                Parameter(t_, "excess of R² before the net's factor", 0.6),
                Parameter(eps_, "fineness of the net", 0.3, sp.Interval.open(0, sp.sqrt(2))),
            ),
            terms=(
                Term(
                    sp.Symbol("net"), "logarithm of the size of the net", d_ * sp.log(1 + 2 / eps_)
                ),
                Term(
                    sp.Symbol("rate"),
                    "exponent at one direction",
                    m_ * (t_ - sp.log(1 + t_)) / 2,
                ),
            ),
            value=sp.exp(sp.Symbol("net") - sp.Symbol("rate")),
            trivial=sp.Integer(1),
        ),
    )
)

declare(
    Statement(
        id="B.T4.exact",
        title="The exact error of random features",
        paper="B",
        chapter=CHAPTER,
        kind="theorem",
        text=r"""
Let $\Sigma_\omega=\mathbb E_x\,\psi(\omega,x)\psi(\omega,x)^\top$. For *any* $\check f$ that
represents $f$,
$$\mathbb E_\omega\|f-f_\omega\|^2_{2,\mathcal D}
=\frac1q\Bigl(\mathbb E_\omega\,\check f(\omega)^\top\Sigma_\omega\check f(\omega)
-\|f\|^2_{2,\mathcal D}\Bigr).$$
If moreover $\lambda_{\max}(\Sigma_\omega)\le\Lambda$ for every $\omega$, the right side is at most
$\bigl(\Lambda\,\mathbb E\|\check f\|^2-\|f\|^2_{2,\mathcal D}\bigr)/q$.
""",
        hypotheses=(
            r"$\psi$ is measurable with $\|\psi\|\le C<\infty$, and "
            r"$f(x)=\mathbb E_\omega\langle\check f(\omega),\psi(\omega,x)\rangle$ with "
            r"$\mathbb E\|\check f\|^2<\infty$",
            r"$f_\omega=\frac1q\sum_{i\le q}"
            r"\langle\check f(\omega_i),\psi(\omega_i,\cdot)\rangle$ with "
            r"$\omega_1,\dots,\omega_q$ independent, of one law",
        ),
        mathlib=("ProbabilityTheory.IndepFun.variance_sum",),
        formal=(
            Sequent(
                (spherical, bounded_scheme, finite(size)),
                eq(
                    squared_error(feature),
                    (E(E(feature**2, x), omega) - E(truth**2, x)) / q,
                ),
            ),
            Sequent(
                (spherical, bounded_scheme, finite(size), spread),
                squared_error(feature) <= (Lambda * size - E(truth**2, x)) / q,
            ),
        ),
    )
)

declare(
    Statement(
        id="N.T4",
        title="The vector rate of factorized random features",
        paper="N",
        number="Theorem 4",
        chapter=CHAPTER,
        kind="theorem",
        text=r"""
$$\begin{aligned}\mathbb E_\omega\|f-f_\omega\|_{2,\mathcal D}
&\le\sqrt{\mathbb E_\omega\|f-f_\omega\|^2_{2,\mathcal D}}\\
&\le\frac{RC\,\|f\|_k}{\sqrt{qd}}.\end{aligned}$$
The second inequality holds for *any* representer $\check f$ of $f$ that $f_\omega$ is made of,
with $\sqrt{\mathbb E\|\check f\|^2}$ in the place of $\|f\|_k$.
""",
        hypotheses=(
            r"$\mathcal D$ is $R$-bounded on $\mathbb S^{d-1}$",
            r"$\psi(\omega,x)=\psi'(\omega,x)\,x$ is factorized, measurable, and $|\psi'|\le C$",
            r"$f$ lies in the kernel space of "
            r"$k(x,x')=\mathbb E\langle\psi(\omega,x),\psi(\omega,x')\rangle$, and "
            r"$\check f$ is its representer of least norm, $\mathbb E\|\check f\|^2=\|f\|_k^2$",
        ),
        formal=(
            Sequent(theorem_4, squared_error(feature) <= R**2 * C**2 / (q * d) * size),
            Sequent((finite(E(Z**2)),), E(Z) <= sqrt(E(Z**2))),
        ),
        bound=BoundFormula(
            quantity=r"\sqrt{\mathbb E_\omega\|f-f_\omega\|^2_{2,\mathcal D}}",
            parameters=(_dimension, _neurons, _spread, _scheme, _norm),
            terms=(
                Term(sp.Symbol("scalar"), "the scalar rate of Corollary 3", C_ * M_ / sp.sqrt(q_)),
                Term(sp.Symbol("gain"), "what the dimension saves", R_ / sp.sqrt(d_)),
            ),
            value=sp.Symbol("scalar") * sp.Symbol("gain"),
            trivial=C_ * M_ / sp.sqrt(q_),
        ),
    )
)

declare(
    Statement(
        id="B.T4.paired",
        title="The rate for inputs symmetric about the origin",
        paper="B",
        chapter=CHAPTER,
        kind="theorem",
        text=r"""
For the network's features $\psi(\omega,x)=\sigma'(\langle\omega,x\rangle)x$ and $\mathcal D$
symmetric under $x\mapsto-x$, {st}`N.T4` holds with $C$ replaced by
$$C_\pm=\sup_{t\ne0}\sqrt{\tfrac12\bigl(\sigma'(t)^2+\sigma'(-t)^2\bigr)}\le\sup|\sigma'|.$$
For ReLU, with $\sigma'(0)=\frac12$ or $0$, $C_\pm=1/\sqrt2$: the rate gains a factor $\sqrt2$.
""",
        hypotheses=(
            r"those of {st}`N.T4`",
            r"$|\sigma'(0)|\le C_\pm$ (for standard normal $\omega$ a matter of a null set)",
        ),
        formal=(
            Sequent(
                (spherical, factorized, paired_factor, mirrored, bounded_law, finite(size)),
                squared_error(feature) <= R**2 * C**2 / (q * d) * size,
            ),
        ),
    )
)

declare(
    Statement(
        id="B.T4.sharp",
        title="The vector rate is attained",
        paper="B",
        chapter=CHAPTER,
        kind="theorem",
        text=r"""
1. For all $d$ and $q$ there are a $1$-bounded $\mathcal D$, a factorized scheme with $C=1$ and
   an $f$ with $\|f\|_k=1$ for which
   $\mathbb E_\omega\|f-f_\omega\|^2_{2,\mathcal D}=\frac1{qd}$ exactly; for $q=1$ also
   $\mathbb E_\omega\|f-f_\omega\|_{2,\mathcal D}=\frac1{\sqrt d}$.
2. For $\sigma(t)=|t|$, the uniform law on $\mathbb S^{d-1}$ and $f=k(\cdot,z)$ with $z$ on the
   sphere, $\|f\|_k=C=R=1$ and
   $$\frac1{qd}\Bigl(1-\frac3{d+2}\Bigr)\le\mathbb E_\omega\|f-f_\omega\|^2_{2,\mathcal D}
   \le\frac1{qd}.$$
""",
        formal=(
            Sequent(
                (
                    *(eq(E(omega, omega), 0), eq(E(omega**2, omega), 1)),
                    eq(E(inner(x0, x) ** 2, x), 1 / number(d)),
                ),
                eq(squared_error(walk), 1 / (q * d)),
            ),
            Sequent(
                (
                    *(spherical, signed, jordan),
                    eq(E(inner(z, x) ** 2, x), 1 / number(d)),
                    eq(E(inner(z, x) ** 4, x), 3 / (d * (d + 2))),
                ),
                (1 - 3 / (d + 2)) / (q * d) <= squared_error(agreement, w, T),
            ),
        ),
    )
)

declare(
    Statement(
        id="B.T4.closed",
        title="Closed forms for ReLU and the absolute value",
        paper="B",
        chapter=CHAPTER,
        kind="theorem",
        text=r"""
Let $u$ be a unit vector and $\omega$ standard normal. For *every* $\mathcal D$ on the sphere, with
$s=\mathbb E\langle u,x\rangle^2$ and $r=\mathbb E\langle u,x\rangle^4$, the error
$\mathbb E_\omega\|f-f_\omega\|^2_{2,\mathcal D}$ is

1. $\frac sq$ for ReLU, $f(x)=\langle u,x\rangle$ and $\check f=2u$;
2. $\frac1q(\pi s-r)$ for ReLU, $f(x)=\langle u,x\rangle^2$ and
   $\check f(\omega)=\sqrt{2\pi}\,\langle\omega,u\rangle u$;
3. $\frac1q(\frac\pi2s-r)$ for $\sigma(t)=|t|$, $f(x)=\langle u,x\rangle^2$ and
   $\check f(\omega)=\sqrt{\pi/2}\,\langle\omega,u\rangle u$.

For uniform inputs $s=\frac1d$ and $r=\frac3{d(d+2)}$.
""",
        hypotheses=(r"$\psi(\omega,x)=\sigma'(\langle\omega,x\rangle)\,x$",),
        formal=(
            Sequent(
                (spherical, gated, half),
                eq(squared_error(2 * gate(w, x) * along, w, T), E(along**2, x) / q),
            ),
            Sequent(
                (
                    *(spherical, kappa > 0, gated, half_square),
                    gate_mean,
                ),
                eq(
                    squared_error(kappa * inner(w, u) * gate(w, x) * along, w, T),
                    (kappa**2 / 2 * E(along**2, x) - E(along**4, x)) / q,
                ),
            ),
            Sequent(
                (
                    *(spherical, kappa > 0, signed, eq(E(inner(w, u) ** 2, w), 1)),
                    sign_mean,
                ),
                eq(
                    squared_error(kappa * inner(w, u) * sign(w, x) * along, w, T),
                    (kappa**2 * E(along**2, x) - E(along**4, x)) / q,
                ),
            ),
        ),
    )
)

declare(
    Statement(
        id="N.T4.loss",
        title="The loss of random features",
        paper="N",
        number="Theorem 4, second part",
        chapter=CHAPTER,
        kind="theorem",
        text=r"""
$$\mathbb E_\omega\,\mathcal L_{\mathcal D'}(f_\omega)\le\mathcal L_{\mathcal D'}(f)
+\frac{LRC\,\|f\|_k}{\sqrt{qd}}.$$
""",
        hypotheses=(
            r"those of {st}`N.T4`, for the law $\mathcal D$ of $x$ when $(x,y)\sim\mathcal D'$",
            r"$\ell:\mathbb R\times Y\to[0,\infty)$ is measurable, and "
            r"$|\ell(s,y)-\ell(t,y)|\le L|s-t|$ for all $s,t,y$ (convexity is not needed)",
        ),
        printed=r"a loss $\ell:\mathbb S^{d-1}\times Y\to[0,\infty)$",
        changed=r"The first argument of a loss is a prediction, a real number.",
        formal=(
            Sequent(
                (*(L >= 0, R >= 0, C >= 0), *theorem_4, lipschitz, losses, finite_loss),
                E(E(ell(guess, y), x, y), S) <= E(ell(truth, y), x, y) + L * rate,
            ),
        ),
        bound=BoundFormula(
            quantity=r"\mathbb E_\omega\mathcal L(f_\omega)-\mathcal L(f)",
            parameters=(
                _dimension,
                _neurons,
                _spread,
                _scheme,
                _norm,
                Parameter(L_, "Lipschitz constant of the loss", 1.0),
            ),
            terms=(Term(sp.Symbol("rate"), "the vector rate", R_ * C_ * M_ / sp.sqrt(q_ * d_)),),
            value=L_ * sp.Symbol("rate"),
            trivial=L_ * C_ * M_ / sp.sqrt(q_),
        ),
    )
)

declare(
    Statement(
        id="B.T4.smooth",
        title="Smooth losses gain the square of the rate",
        paper="B",
        chapter=CHAPTER,
        kind="theorem",
        text=r"""
$$\mathbb E_\omega\,\mathcal L_{\mathcal D'}(f_\omega)\le\mathcal L_{\mathcal D'}(f)
+\frac\beta2\,\mathbb E_\omega\|f-f_\omega\|^2_{2,\mathcal D}
\le\mathcal L_{\mathcal D'}(f)+\frac{\beta R^2C^2\,\|f\|_k^2}{2qd},$$
and for the squared loss $\frac12(\hat y-y)^2$, where $\beta=1$, the first inequality is an
equality.
""",
        hypotheses=(
            r"those of {st}`N.T4`, for the law $\mathcal D$ of $x$ when $(x,y)\sim\mathcal D'$",
            r"$\ell:\mathbb R\times Y\to[0,\infty)$ is measurable, differentiable in its first "
            r"argument with a derivative that is $\beta$-Lipschitz there (neither convexity nor a "
            r"Lipschitz $\ell$ is needed)",
        ),
        formal=(
            Sequent(
                (*theorem_4, beta >= 0, smooth, losses, finite_loss),
                E(E(ell(guess, y), x, y), S)
                <= E(ell(truth, y), x, y) + beta / 2 * squared_error(feature),
            ),
            Sequent(
                (*theorem_4, finite(E((truth - y) ** 2, x, y))),
                eq(
                    E(E((guess - y) ** 2 / 2, S), x, y),
                    E((truth - y) ** 2 / 2, x, y) + squared_error(feature) / 2,
                ),
            ),
        ),
        bound=BoundFormula(
            quantity=r"\mathbb E_\omega\mathcal L(f_\omega)-\mathcal L(f)",
            parameters=(
                _dimension,
                _neurons,
                _spread,
                _scheme,
                _norm,
                Parameter(
                    beta_, "smoothness of the loss: the Lipschitz constant of its slope", 1.0
                ),
            ),
            terms=(Term(sp.Symbol("rate"), "the vector rate", R_ * C_ * M_ / sp.sqrt(q_ * d_)),),
            value=beta_ / 2 * sp.Symbol("rate") ** 2,
            trivial=beta_ * C_**2 * M_**2 / (2 * q_),
        ),
    )
)
