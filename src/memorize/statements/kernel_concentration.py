"""The statements of book/kernels/kernel_concentration.md."""

from fractions import Fraction

import sympy as sp

from memorize.kernel.terms import (
    E,
    P,
    Sequent,
    eq,
    every,
    fixed,
    inner,
    mean,
    random_vector,
)
from memorize.kernel.terms import Term as Kernel
from memorize.statements import BoundFormula, Parameter, Statement, Term, declare
from memorize.statements.vector_features import (
    C,
    R,
    S,
    T,
    bounded_factor,
    bounded_law,
    bounded_scheme,
    d,
    factorized,
    gate,
    gated,
    omega,
    psi,
    q,
    sign,
    signed,
    spherical,
    w,
    x,
    x0,
    z,
)

CHAPTER = "kernels/kernel_concentration"

TOGETHER = Fraction(93, 100)
"""F.LC.3, second line: the one constant for mean and fluctuation."""
HOEFFDING = 2
"""B.conc.entry: an entry errs by more than t|G| with probability at most 2 exp(−HOEFFDING q t²)."""
HALF = Fraction(652, 100)
"""B.conc.chernoff: so many neurons times (Λ/λ) ln(m/δ) keep half of the least eigenvalue."""

# Two independent inputs: E over x inside E over y is under the product of their laws.
y = random_vector("y", "d", "x'")
other_spherical = eq(inner(y, y), 1)
t = fixed("t")
overlap = inner(x, y)


def gap(h: Kernel, weight: Kernel = omega, draws: Kernel = S) -> Kernel:
    """(k_W − k)² at the inputs x and y, where one neuron contributes ``h`` to the kernel."""
    return (mean(h, weight, draws) - E(h, weight)) ** 2


def distance(h: Kernel, weight: Kernel = omega, draws: Kernel = S) -> Kernel:
    """E over the sample of ‖k_W − k‖² in L²(D⊗D)."""
    return E(E(E(gap(h, weight, draws), draws), x), y)


product = inner(psi(omega, x), psi(omega, y))
both = (spherical, other_spherical)
rate = C**4 * R**2 / (q * d)

# The gates of ReLU and the signs of |t|.
open_both = gate(w, x) * gate(w, y)
chance = E(open_both, w)
agree = sign(w, x) * sign(w, y)
jordan = every(
    (x0, z),
    abs(E(sign(w, x0) * sign(w, z), w))
    <= abs(inner(x0, z)) + abs(inner(x0, x0) - 1) + abs(inner(z, z) - 1),
)
second = every((z,), eq(E(inner(x, z) ** 2, x), inner(z, z) / d))
fourth = every((z,), eq(E(inner(x, z) ** 4, x), 3 * inner(z, z) ** 2 / (d * (d + 2))))

m_, q_ = sp.symbols("m q", integer=True, positive=True)
delta_, eps_, t_, Lambda_, v_, rms_, least_ = sp.symbols(
    "delta eps t Lambda v rms least", positive=True
)
d_ = sp.Symbol("d", integer=True, positive=True)
R_, C_ = sp.symbols("R C", positive=True)
_unit = sp.Interval.open(0, 1)
_examples = Parameter(m_, "number of examples", 1000, sp.Interval(1, sp.oo))
_neurons = Parameter(q_, "number of hidden neurons", 4096, sp.Interval(1, sp.oo))
_failure = Parameter(delta_, "probability of failure", 0.01, _unit)
_rms = Parameter(
    rms_,
    "‖G‖_F/m, the root mean square of the inner products of the examples",
    1.0,
    sp.Interval.Lopen(0, 1),
)

declare(
    Statement(
        id="N.conc",
        title="The kernel of a finite network near its expectation",
        paper="N",
        number="Sections 1 and 3.1",
        chapter=CHAPTER,
        kind="theorem",
        text=r"""
Let $k_W=\frac1q\sum_{i\le q}\langle\psi(\omega_i,\cdot),\psi(\omega_i,\cdot)\rangle$ and
$k=\mathbb E\,k_W$, and let $x,x'\sim\mathcal D$ be independent. Write
$\kappa=\langle\psi(\omega,x),\psi(\omega,x')\rangle$ for one neuron's contribution.

1. For every bounded scheme,
   $$\mathbb E\,\|k_W-k\|^2_{2,\mathcal D\otimes\mathcal D}
   =\frac1q\,\mathbb E_{x,x'}\operatorname{Var}_\omega(\kappa).$$
2. For a factorized scheme with $|\psi'|\le C$ and an $R$-bounded $\mathcal D$,
   $$\mathbb E\,\|k_W-k\|^2_{2,\mathcal D\otimes\mathcal D}\le\frac{C^4R^2}{qd}.$$
3. Under the assumptions of 2 the bound there holds for $\mathbb E\,\|T_W-T\|^2$ as well, where
   $(T_Wg)(x)=\mathbb E_{x'}k_W(x,x')g(x')$ on $L^2(\mathcal D)$, $T=\mathbb E\,T_W$, and the norm
   is that of operators; and for all $t>0$
   $$\Pr\bigl(\|T_W-T\|\ge t\bigr)\le\frac{C^4R^2}{qd\,t^2}.$$
""",
        hypotheses=(
            r"$\mathcal D$ is a law on $\mathbb S^{d-1}$",
            r"$\psi$ is measurable, and $\omega_1,\dots,\omega_q$ are independent, of one law",
        ),
        printed=r"for every $f\in\mathcal H_k$ there is an $\hat f\in\mathcal H_{k_W}$ with "
        r"$\mathbb E(f-\hat f)^2=O(\|f\|_k^2/(dq))$",
        changed="The printed form is {st}`N.T4`, whose constant is $R^2C^2$. What its heading "
        "promises is that the kernel itself converges: the same rate, with an exact law, holds for "
        "it and for its operator.",
        formal=(
            Sequent(
                (*both, bounded_scheme),
                eq(
                    distance(product),
                    (E(E(E(product**2, omega), x), y) - E(E(E(product, omega) ** 2, x), y)) / q,
                ),
            ),
            Sequent((*both, factorized, bounded_factor, bounded_law), distance(product) <= rate),
            Sequent(
                (t > 0, *both, factorized, bounded_factor, bounded_law),
                P(t <= E(E(gap(product), x), y), S) <= rate / t,
            ),
        ),
        bound=BoundFormula(
            quantity=r"\sqrt{\mathbb E\,\|k_W-k\|^2_{2,\mathcal D\otimes\mathcal D}}",
            parameters=(
                Parameter(d_, "input dimension", 512, sp.Interval(1, sp.oo)),
                _neurons,
                Parameter(R_, "boundedness of the inputs", 1.0, sp.Interval(1, sp.oo)),
                Parameter(C_, "bound of the scheme (sup |σ'| for a network)", 1.0),
            ),
            terms=(
                Term(sp.Symbol("scalar"), "what one pair of inputs may err", C_**2 / sp.sqrt(q_)),
                Term(sp.Symbol("gain"), "what the dimension saves", R_ / sp.sqrt(d_)),
            ),
            value=sp.Symbol("scalar") * sp.Symbol("gain"),
            trivial=C_**2 * R_ / sp.sqrt(d_),
        ),
    )
)

declare(
    Statement(
        id="B.conc.sharp",
        title="The constant of the kernel's rate",
        paper="B",
        chapter=CHAPTER,
        kind="theorem",
        text=r"""
For $\sigma(t)=|t|$, standard normal $\omega$ and uniform inputs, where $R=C=1$,
$$\frac1{qd}\Bigl(1-\frac3{d+2}\Bigr)\le
\mathbb E\,\|k_W-k\|^2_{2,\mathcal D\otimes\mathcal D}\le\frac1{qd}.$$
""",
        formal=(
            Sequent(
                (*both, signed, jordan, second, fourth),
                (1 - 3 / (d + 2)) / (q * d) <= distance(agree * overlap, w, T),
            ),
        ),
    )
)

declare(
    Statement(
        id="B.conc.relu",
        title="The mean square error of a ReLU Gram matrix",
        paper="B",
        chapter=CHAPTER,
        kind="theorem",
        text=r"""
For ReLU let $p=\Pr(\langle\omega,x\rangle>0,\langle\omega,x'\rangle>0)$. Then
$$\mathbb E\,\|k_W-k\|^2_{2,\mathcal D\otimes\mathcal D}=\frac1q\,\mathbb E_{x,x'}\,
\langle x,x'\rangle^2\,p(1-p)\le\frac1{4q}\,\mathbb E_{x,x'}\langle x,x'\rangle^2 .$$
For standard normal $\omega$ and examples $x_1,\dots,x_m$ with the angles $\theta_{jl}$ and the
Gram matrix $G=XX^\top$ this reads
$$\mathbb E\,\|H_W-H\|_{\mathrm F}^2
=\frac1{4q}\sum_{j,l}G_{jl}^2\Bigl(1-\frac{\theta_{jl}^2}{\pi^2}\Bigr)
\le\frac{\|G\|_{\mathrm F}^2}{4q}.$$
""",
        formal=(
            Sequent(
                (*both, gated),
                eq(
                    distance(open_both * overlap, w, T),
                    E(E(overlap**2 * (chance - chance**2), x), y) / q,
                ),
            ),
            Sequent(
                (*both, gated),
                distance(open_both * overlap, w, T) <= E(E(overlap**2, x), y) / (4 * q),
            ),
        ),
    )
)

declare(
    Statement(
        id="F.LC.3",
        title="The initial Gram matrix near its limit",
        paper="F",
        number="Lemma C.3",
        chapter=CHAPTER,
        kind="theorem",
        text=r"""
For ReLU and every $\delta\in(0,1)$, with probability at least $1-\delta$,
$$\begin{aligned}\|H_W-H\|_{\mathrm F}
&\le\frac{\|G\|_{\mathrm F}}{\sqrt q}\Bigl(\frac12+\sqrt{\tfrac12\ln\tfrac1\delta}\Bigr)\\
"""
        rf"&\le{float(TOGETHER)}"
        r"""\,m\,\sqrt{\frac{\ln(2/\delta)}q}.\end{aligned}$$
""",
        hypotheses=(
            r"$x_1,\dots,x_m\in\mathbb S^{d-1}$, with the Gram matrix $G=XX^\top$",
            r"$H_W=\frac1q\sum_iA_{w_i}$ with independent rows $w_i\sim\mathcal N(0,\tau^2I)$, "
            r"$\tau>0$, where $(A_w)_{jl}=\langle x_j,x_l\rangle\,\mathbf 1\{\langle w,x_j\rangle"
            r"\ge0,\langle w,x_l\rangle\ge0\}$ and $H=\mathbb E\,H_W$",
        ),
        printed=r"$\|\mathbf H(0)-\mathbf H^\infty\|_F="
        r"O\bigl(n\sqrt{\log(2/\delta)}/\sqrt m\bigr)$",
        changed=rf"True as printed, with the constant ${float(TOGETHER)}$. But the printed proof, "
        r"Hoeffding's inequality at each entry, shows $\log(2n^2/\delta)$ in the place of "
        r"$\log(2/\delta)$; bounded differences show what is claimed. And where the proof "
        r"says “bounded in $[0,1]$”, a negative inner product gives $[-1,0]$; "
        r"the range is $1$ at most all the same.",
        bound=BoundFormula(
            quantity=r"\|H_W-H\|_{\mathrm F}",
            parameters=(_examples, _neurons, _failure, _rms),
            terms=(
                Term(sp.Symbol("frobenius"), "‖G‖_F", m_ * rms_),
                Term(sp.Symbol("typical"), "root mean square", sp.Symbol("frobenius") / 2),
                Term(
                    sp.Symbol("fluctuation"),
                    "what the failure probability costs",
                    sp.Symbol("frobenius") * sp.sqrt(sp.log(1 / delta_) / 2),
                ),
            ),
            value=(sp.Symbol("typical") + sp.Symbol("fluctuation")) / sp.sqrt(q_),
            trivial=m_ * rms_,
        ),
    )
)

declare(
    Statement(
        id="B.conc.entry",
        title="The entries of a ReLU Gram matrix",
        paper="B",
        chapter=CHAPTER,
        kind="theorem",
        text=r"""
1. $q\,(H_W)_{jl}/G_{jl}$ has the binomial law of $q$ trials with the chance of success
   $p_{jl}=\frac{\pi-\theta_{jl}}{2\pi}$, if $G_{jl}\ne0$; and $(H_W)_{jl}=0$ otherwise.
2. With probability at least $1-\delta$, $\delta\in(0,1)$, for all $j,l$ at once,
   $$\bigl|(H_W-H)_{jl}\bigr|\le|G_{jl}|\sqrt{\frac{\ln(m(m+1)/\delta)}"""
        rf"{{{HOEFFDING}q}}}},$$"
        r"""
   and then $\|H_W-H\|_{\mathrm F}$ is at most the same root times $\|G\|_{\mathrm F}$.
""",
        hypotheses=(r"those of {st}`F.LC.3`",),
        bound=BoundFormula(
            quantity=r"\|H_W-H\|_{\mathrm F}",
            parameters=(_examples, _neurons, _failure, _rms),
            terms=(
                Term(
                    sp.Symbol("entry"),
                    "relative error of every entry",
                    sp.sqrt(sp.log(m_ * (m_ + 1) / delta_) / (HOEFFDING * q_)),
                ),
            ),
            value=m_ * rms_ * sp.Symbol("entry"),
            trivial=m_ * rms_,
        ),
    )
)

_spectral = (
    r"$A_1,\dots,A_q$ are independent, of one law, symmetric and positive semi-definite "
    r"$m\times m$ matrices with $\|A_i\|\le\Lambda$, $\Lambda>0$, $H_W=\frac1q\sum_iA_i$ and "
    r"$H=\mathbb E\,A_1$; for a factorized scheme with $|\psi'|\le C$ one may take "
    r"$\Lambda=C^2\|G\|$"
)

declare(
    Statement(
        id="B.conc.bernstein",
        title="The Gram matrix in operator norm",
        paper="B",
        chapter=CHAPTER,
        kind="theorem",
        text=r"""
Let $v=\max_j\lambda_j(\Lambda-\lambda_j)$ over the eigenvalues of $H$; it is at most
$\Lambda\lambda_1$ and at most $\Lambda^2/4$. For all $t>0$
$$\Pr\bigl(\|H_W-H\|\ge t\bigr)\le2m\,\exp\Bigl(-\frac{q\,t^2}{2v+2\Lambda t/3}\Bigr).$$
So with probability at least $1-\delta$, $\delta\in(0,1)$, with $\ell=\ln\frac{2m}\delta$,
$$\|H_W-H\|\le\sqrt{\frac{2v\,\ell}q}+\frac{2\Lambda\,\ell}{3q}.$$
""",
        hypotheses=(_spectral,),
        bound=BoundFormula(
            quantity=r"\|H_W-H\|",
            parameters=(
                _examples,
                _neurons,
                _failure,
                Parameter(Lambda_, "bound on one neuron's matrix, ‖G‖ for ReLU", 8.0),
                Parameter(v_, "variance, at most Λ²/4", 8.0),
            ),
            terms=(
                Term(sp.Symbol("count"), "ln(2m/δ)", sp.log(2 * m_ / delta_)),
                Term(
                    sp.Symbol("gaussian"),
                    "from the variance",
                    sp.sqrt(2 * v_ * sp.Symbol("count") / q_),
                ),
                Term(
                    sp.Symbol("poisson"),
                    "from the range",
                    2 * Lambda_ * sp.Symbol("count") / (3 * q_),
                ),
            ),
            value=sp.Symbol("gaussian") + sp.Symbol("poisson"),
            trivial=Lambda_,
        ),
    )
)

declare(
    Statement(
        id="B.conc.chernoff",
        title="The least eigenvalue of the Gram matrix",
        paper="B",
        chapter=CHAPTER,
        kind="theorem",
        text=r"""
Let $\lambda_m>0$ and $b=\Lambda/\lambda_m$. For every $\varepsilon\in(0,1)$
$$\begin{aligned}\Pr\bigl(H_W\not\succeq(1-\varepsilon)H\bigr)&\le m\,
e^{-\frac qb(\varepsilon+(1-\varepsilon)\ln(1-\varepsilon))},\\
\Pr\bigl(H_W\not\preceq(1+\varepsilon)H\bigr)&\le m\,
e^{-\frac qb((1+\varepsilon)\ln(1+\varepsilon)-\varepsilon)}.\end{aligned}$$
In particular $\lambda_m(H_W)\ge\frac12\lambda_m$ with probability at least $1-\delta$,
$\delta\in(0,1)$, once
"""
        rf"$$q\ge{float(HALF)}"
        r"""\,\frac\Lambda{\lambda_m}\ln\frac m\delta .$$
""",
        hypotheses=(_spectral,),
        bound=BoundFormula(
            quantity=r"\Pr\bigl(H_W\not\succeq(1-\varepsilon)H\bigr)",
            parameters=(
                _examples,
                _neurons,
                Parameter(Lambda_, "bound on one neuron's matrix, ‖G‖ for ReLU", 8.0),
                Parameter(least_, "least eigenvalue of H", 0.1),
                Parameter(eps_, "share of it that may be lost", 0.5, _unit),
            ),
            terms=(
                Term(sp.Symbol("trials"), "q λ_m/Λ", q_ * least_ / Lambda_),
                Term(
                    sp.Symbol("exponent"),
                    "the rate ε + (1−ε) ln(1−ε)",
                    eps_ + (1 - eps_) * sp.log(1 - eps_),
                ),
            ),
            value=m_ * sp.exp(-sp.Symbol("trials") * sp.Symbol("exponent")),
            trivial=sp.Integer(1),
        ),
    )
)

declare(
    Statement(
        id="B.conc.need",
        title="Orthonormal examples, and what every width must pay",
        paper="B",
        chapter=CHAPTER,
        kind="theorem",
        text=r"""
1. For ReLU, independent $w_i\sim\mathcal N(0,\tau^2I)$ with $\tau>0$, and orthonormal
   $x_1,\dots,x_m$, $H=\frac12I$, and $H_W$ is diagonal with independent
   entries $n_j/q$, where $n_j$ is binomial with $q$ trials and chance $\frac12$. Hence
   $$\Pr\bigl(\|H_W-H\|\ge t\bigr)=1-\bigl(1-\Pr(|\tfrac{n_1}q-\tfrac12|\ge t)\bigr)^m.$$
   $H_W$ is singular with probability $1-(1-2^{-q})^m$, which exceeds $\delta\in(0,1)$ unless
   $$q\ge\log_2\frac m{-\ln(1-\delta)} .$$
2. For every factorized scheme, any law of $\omega$ and any $m>qd$ examples, $\lambda_m(H_W)=0$.
""",
    )
)

declare(
    Statement(
        id="B.conc.MP",
        title="The spectrum follows Marchenko and Pastur",
        paper="B",
        chapter=CHAPTER,
        kind="theorem",
        text=r"""
For ReLU, independent standard normal rows and $m$ independent uniform examples, let
$d,q\to\infty$, $q/\ln m\to\infty$ and $\frac m{qd}\to\gamma\in(0,1)$. *Conjecture:* the
distribution of the eigenvalues of $H^{-1/2}H_WH^{-1/2}$ tends to the law with the density
$$\frac{\sqrt{(s-s_-)(s_+-s)}}{2\pi\gamma s},\qquad s_\pm=(1\pm\sqrt\gamma)^2,$$
on $[s_-,s_+]$, and its least eigenvalue to $s_-$.
""",
    )
)
