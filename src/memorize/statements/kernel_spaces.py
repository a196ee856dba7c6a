"""The statements of book/kernels/kernel_spaces.md."""

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
    sample,
    sqrt,
    vector,
)
from memorize.kernel.terms import Term as Kernel
from memorize.statements import BoundFormula, Parameter, Statement, declare

CHAPTER = "kernels/kernel_spaces"

# The cast. Inputs are points of some R^p; psi(omega, x) is a scheme with values in R^d, fcheck the
# representer of f(x) = E <fcheck, psi>, other another one, S a sample of q weights.
d, q, N = count("d"), count("q"), count("n")
C = fixed("C")
omega, x, Z = random("omega"), random_vector("x", "p"), random("Z")
S = sample("S", omega, q)
x0, z0, w0 = vector("x0", "p", "x_0"), vector("z0", "p", "z_0"), fixed("w0", r"\omega_0")
psi, fcheck, other = function("psi", "d"), function("fcheck", "d", r"\check f"), function("g", "d")
v, w = vector("v", "n"), vector("w", "n")

bounded = every((w0, x0), inner(psi(w0, x0), psi(w0, x0)) <= C**2)
pair = inner(psi(omega, x0), psi(omega, z0))
size = E(inner(fcheck(omega), fcheck(omega)), omega)
rival = E(inner(other(omega), other(omega)), omega)
apart = other(omega) - fcheck(omega)


def feature(at: Kernel) -> Kernel:
    """What one weight contributes to f_ω at an input."""
    return inner(fcheck(omega), psi(omega, at))


def value(at: Kernel) -> Kernel:
    """f at an input."""
    return E(feature(at), omega)


def error(h: Kernel) -> Kernel:
    """E over the sample of (f − f_ω)², where one weight contributes ``h``."""
    return E((mean(h, omega, S) - E(h, omega)) ** 2, S)


# Factorized schemes: inputs and features in the same space.
u0, y0 = vector("u0", "d", "x_0"), vector("y0", "d", "z_0")
c = function("c", None, r"\psi'")
factorized = every((w0, u0, v_ := vector("v0", "d", "v")), eq(
    inner(v_, psi(w0, u0)), c(w0, u0) * inner(v_, u0)
))  # fmt: skip
bounded_factor = every((w0, u0), abs(c(w0, u0)) <= C)

# Scalar schemes whose features have the one absolute value C, and a random function of the space.
sign, a = function("s", None, r"\psi"), function("a", None, r"\check f")
phi = random("phi", r"\varphi")
of_one_size = every((w0, x0), eq(sign(w0, x0) ** 2, C**2))
scalar = a(omega) * sign(omega, x0)
scalar_size = E(a(omega) ** 2, omega)
drawn = a(phi, omega) * sign(omega, x0)

q_ = sp.Symbol("q", integer=True, positive=True)
C_, M_, f_ = sp.Symbol("C", positive=True), sp.Symbol("M", positive=True), sp.Symbol("f", real=True)
_neurons = Parameter(q_, "number of random features", 64, sp.Interval(1, sp.oo))
_scheme = Parameter(C_, "bound of the scheme", 1.0)
_norm = Parameter(M_, "bound on the kernel norm of f", 1.0)

declare(
    Statement(
        id="N.T1",
        title="Kernels and kernel spaces",
        paper="N",
        number="Theorem 1",
        chapter=CHAPTER,
        kind="theorem",
        text=r"""
1. For every kernel $k$ on $\mathcal X$ there is exactly one kernel space $\mathcal H_k$ that
   contains all $k(\cdot,x)$ and in which
   $$f(x)=\langle f,k(\cdot,x)\rangle\qquad\text{for all }f\in\mathcal H_k,\ x\in\mathcal X.$$
   The combinations of the $k(\cdot,x)$ are dense in it.
2. Every kernel space $\mathcal H$ is $\mathcal H_k$ for exactly one kernel $k$.
""",
        printed=r"For every kernel $k$ there exists a unique kernel space $\mathcal H_k$ such that "
        r"for every $x,x'\in\mathcal X$, "
        r"$k(x,x')=\langle k(\cdot,x),k(\cdot,x')\rangle_{\mathcal H_k}$. "
        r"Likewise, for every kernel space $\mathcal H$ there is a kernel $k$ for which "
        r"$\mathcal H=\mathcal H_k$.",
        changed=r"Existence is right, in both sentences. Uniqueness fails: the printed identity "
        r"says nothing about the part of $\mathcal H$ that is orthogonal to all $k(\cdot,x)$. It "
        r"has to be asked of every $f$, not of $f=k(\cdot,x')$ alone. Symmetry, which is usually "
        r"part of “positive semi-definite”, is said.",
        erratum=True,
        counterexample=r"$\mathcal X=\{1,2\}$, $k(1,1)=1$ and $k=0$ else: the line spanned by "
        r"$e_1$ and the whole of $\mathbb R^2$ both satisfy it. Run in exact fractions under "
        r"{st}`B.T1.spaces`, which finds all spaces that do.",
        mathlib=("RKHS",),
    )
)

declare(
    Statement(
        id="B.T1.spaces",
        title="All spaces with the printed identity",
        paper="B",
        chapter=CHAPTER,
        kind="theorem",
        text=r"""
Let $k$ be a kernel on $\mathcal X$. The kernel spaces $\mathcal H$ that contain all $k(\cdot,x)$
and satisfy $k(x,x')=\langle k(\cdot,x),k(\cdot,x')\rangle_{\mathcal H}$ for all $x,x'$ are exactly
the orthogonal sums
$$\mathcal H=\mathcal H_k\oplus\mathcal L,\qquad\mathcal L\text{ a kernel space with }
\mathcal L\cap\mathcal H_k=\{0\}.$$
There is only one if and only if $\mathcal H_k$ holds all functions on $\mathcal X$, that is, if
and only if $\mathcal X$ is finite and the matrix of $k$ is invertible.
""",
    )
)

declare(
    Statement(
        id="N.T2",
        title="Kernels and embeddings",
        paper="N",
        number="Theorem 2",
        chapter=CHAPTER,
        kind="theorem",
        text=r"""
1. $k:\mathcal X\times\mathcal X\to\mathbb R$ is a kernel if and only if there are a Hilbert space
   $\mathcal H$ and $\Psi:\mathcal X\to\mathcal H$ with
   $k(x,x')=\langle\Psi(x),\Psi(x')\rangle_{\mathcal H}$.
2. Then $\mathcal H_k=\{f_{\Psi,v}:v\in\mathcal H\}$ with
   $f_{\Psi,v}(x)=\langle v,\Psi(x)\rangle_{\mathcal H}$, and
   $$\|f\|_k=\min\bigl\{\|v\|_{\mathcal H}:f_{\Psi,v}=f\bigr\}.$$
3. There is one minimiser. It is the only $v$ with $f_{\Psi,v}=f$ in the closed span of
   $\Psi(\mathcal X)$; for $f=\sum_jc_jk(\cdot,x_j)$ it is $\sum_jc_j\Psi(x_j)$.
""",
        printed=r"$\|f\|_k=\min\{\|v\|_{\mathcal H}:f_{\Psi,v}\}$ and the minimizer is unique.",
        changed=r"The condition $f_{\Psi,v}=f$ is left incomplete. The third item is added: it is "
        r"how one finds the minimiser.",
        formal=(
            Sequent(
                (eq(inner(v, w - v), 0),),
                eq(inner(w, w), inner(v, v) + inner(w - v, w - v)),
            ),
        ),
    )
)

declare(
    Statement(
        id="B.T2.ball",
        title="Membership is positive semi-definiteness",
        paper="B",
        chapter=CHAPTER,
        kind="theorem",
        text=r"""
Let $k$ be a kernel on $\mathcal X$, $f:\mathcal X\to\mathbb R$ and $M\ge0$. Then
$$f\in\mathcal H_k\text{ and }\|f\|_k\le M\iff
M^2k(x,x')-f(x)f(x')\text{ is a kernel.}$$
So $\|f\|_k^2=\sup_A\|f|_A\|^2_{k|A}$ over the finite $A\subset\mathcal X$, with the value $\infty$
where $f\notin\mathcal H_k$; and on $A$, $\|f|_A\|^2_{k|A}=c^\top K_Ac$ for any $c$ with
$K_Ac=f|_A$, where $K_A=[k(x,x')]_{x,x'\in A}$, and $\infty$ if there is no such $c$.
""",
    )
)

declare(
    Statement(
        id="N.RFS",
        title="Random feature schemes",
        paper="N",
        number="Equations (3)–(6), Section 2.6",
        chapter=CHAPTER,
        kind="definition",
        text=r"""
A *random feature scheme* for a kernel $k$ on a measurable space $\mathcal X$ is a law $\mu$ of
$\omega\in\Omega$ and a measurable $\psi:\Omega\times\mathcal X\to\mathbb R^d$ with
$$k(x,x')=\mathbb E\langle\psi(\omega,x),\psi(\omega,x')\rangle\qquad\text{for all }x,x'.\tag{3}$$
It is *$C$-bounded* if $\|\psi(\omega,x)\|\le C$ for all $\omega,x$; then $|k|\le C^2$. It is
*factorized* if the inputs are points of $\mathbb R^d$ and $\psi(\omega,x)=\psi'(\omega,x)\,x$ with
a scalar $\psi'$; then, if $\psi'$ is measurable and bounded,
$k(x,x')=\langle x,x'\rangle\,\mathbb E\,\psi'(\omega,x)\psi'(\omega,x')$.

Its embedding is $\Psi^x=\psi(\cdot,x)\in L^2(\Omega,\mathbb R^d)$ (4). A *representer* of $f$ is
any $\check f\in L^2(\Omega,\mathbb R^d)$ with (6), and each $f\in\mathcal H_k$ has exactly one with
(5), the one of least norm:
$$\mathbb E\|\check f(\omega)\|^2=\|f\|_k^2,\tag{5}$$
$$f(x)=\mathbb E\langle\check f(\omega),\psi(\omega,x)\rangle\quad\text{for all }x.\tag{6}$$
For independent $\omega_1,\dots,\omega_q\sim\mu$, the *random $q$-embedding* is
$\Psi_\omega(x)=\frac1{\sqrt q}(\psi(\omega_1,x),\dots,\psi(\omega_q,x))$, its kernel is the
*random $q$-kernel* $k_\omega$, and
$f_\omega(x)=\frac1q\sum_i\langle\check f(\omega_i),\psi(\omega_i,x)\rangle$; for bounded schemes
$\mathbb E\,k_\omega=k$ and $\mathbb E f_\omega=f$ at all inputs.
""",
        formal=(
            Sequent((bounded,), abs(E(pair, omega)) <= C**2),
            Sequent((bounded,), eq(E(mean(pair, omega, S), S), E(pair, omega))),
            Sequent((bounded, finite(size)), eq(E(mean(feature(x0), omega, S), S), value(x0))),
            Sequent(
                (finite(size), finite(rival), eq(E(inner(fcheck(omega), apart), omega), 0)),
                eq(rival, size + E(inner(apart, apart), omega)),
            ),
            Sequent(
                (factorized, bounded_factor),
                eq(
                    E(inner(psi(omega, u0), psi(omega, y0)), omega),
                    inner(u0, y0) * E(c(omega, u0) * c(omega, y0), omega),
                ),
            ),
        ),
    )
)

declare(
    Statement(
        id="N.C3",
        title="The scalar rate of random features",
        paper="N",
        number="Corollary 3",
        chapter=CHAPTER,
        kind="theorem",
        text=r"""
For every $x\in\mathcal X$,
$$\mathbb E_\omega\bigl(f(x)-f_\omega(x)\bigr)^2\le\frac{C^2\|f\|_k^2}q,$$
and so for every law $\mathcal D$ of the inputs
$$\mathbb E_\omega\|f-f_\omega\|_{2,\mathcal D}
\le\sqrt{\mathbb E_\omega\|f-f_\omega\|_{2,\mathcal D}^2}\le\frac{C\,\|f\|_k}{\sqrt q}.$$
Both hold for any representer $\check f$ that $f_\omega$ is made of, with
$\sqrt{\mathbb E\|\check f\|^2}$ in the place of $\|f\|_k$.
""",
        hypotheses=(
            r"$\psi$ is a $C$-bounded random feature scheme for $k$",
            r"$f\in\mathcal H_k$, and $\check f$ is its representer of least norm",
        ),
        mathlib=("ProbabilityTheory.IndepFun.variance_sum",),
        formal=(
            Sequent((bounded, finite(size)), error(feature(x0)) <= C**2 * size / q),
            Sequent((bounded, finite(size)), E(error(feature(x)), x) <= C**2 * size / q),
            Sequent((finite(E(Z**2)),), E(Z) <= sqrt(E(Z**2))),
        ),
        bound=BoundFormula(
            quantity=r"\sqrt{\mathbb E_\omega(f(x)-f_\omega(x))^2}",
            parameters=(_neurons, _scheme, _norm),
            terms=(),
            value=C_ * M_ / sp.sqrt(q_),
            trivial=C_ * M_,
        ),
    )
)

declare(
    Statement(
        id="B.C3.exact",
        title="The exact error at one input",
        paper="B",
        chapter=CHAPTER,
        kind="theorem",
        text=r"""
For any representer $\check f$ of $f$ and every $x$,
$$\begin{aligned}\mathbb E_\omega\bigl(f(x)-f_\omega(x)\bigr)^2
&=\frac1q\Bigl(\mathbb E\langle\check f(\omega),\psi(\omega,x)\rangle^2-f(x)^2\Bigr)\\
&\le\frac1q\Bigl(C^2\,\mathbb E\|\check f\|^2-f(x)^2\Bigr).\end{aligned}$$
The two are equal, for every $f$ and $x$, if the scheme is scalar ($d=1$) and $|\psi|=C$.
""",
        hypotheses=(r"$\psi$ is $C$-bounded and $\mathbb E\|\check f\|^2<\infty$",),
        formal=(
            Sequent(
                (bounded, finite(size)),
                eq(
                    error(feature(x0)),
                    (E(feature(x0) ** 2, omega) - value(x0) ** 2) / q,
                ),
            ),
            Sequent(
                (bounded, finite(size)),
                error(feature(x0)) <= (C**2 * size - value(x0) ** 2) / q,
            ),
            Sequent(
                (of_one_size, finite(scalar_size)),
                eq(error(scalar), (C**2 * scalar_size - E(scalar, omega) ** 2) / q),
            ),
        ),
        bound=BoundFormula(
            quantity=r"\sqrt{\mathbb E_\omega(f(x)-f_\omega(x))^2}",
            parameters=(
                _neurons,
                _scheme,
                _norm,
                Parameter(f_, "f(x), the value at that input", 0.5),
            ),
            terms=(),
            value=sp.sqrt(sp.Max(0, C_**2 * M_**2 - f_**2) / q_),
            trivial=C_ * M_,
        ),
    )
)

declare(
    Statement(
        id="B.C3.sharp",
        title="The scalar rate is attained, and typical",
        paper="B",
        chapter=CHAPTER,
        kind="theorem",
        text=r"""
1. For every $q$ there are a scalar scheme with $C=1$, an $f$ with $\|f\|_k=1$ and an $x$ with
   $\mathbb E_\omega(f(x)-f_\omega(x))^2=\frac1q$.
2. Let $|\psi|=C>0$ with $d=1$ and $n=\dim\mathcal H_k<\infty$. For $f$ drawn uniformly from the
   unit sphere of $\mathcal H_k$, at every $x$,
   $$\mathbb E_f\,\mathbb E_\omega\bigl(f(x)-f_\omega(x)\bigr)^2
   =\frac{C^2}q\Bigl(1-\frac1n\Bigr).$$
""",
        formal=(
            Sequent(
                (
                    every((w0,), eq(a(w0) ** 2, 1)),
                    every((w0, x0), eq(sign(w0, x0) ** 2, 1)),
                    eq(E(scalar, omega), 0),
                ),
                eq(error(scalar), 1 / q),
            ),
            Sequent(
                (
                    of_one_size,
                    finite(E(a(phi, omega) ** 2, omega)),
                    eq(E(E(a(phi, omega) ** 2, omega), phi), 1),
                    eq(E(E(drawn, omega) ** 2, phi), C**2 / N),
                ),
                eq(E(error(drawn), phi), C**2 / q * (1 - 1 / N)),
            ),
        ),
    )
)
