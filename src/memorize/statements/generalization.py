"""The statements of book/fine_grained/generalization.md."""

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
    matrix,
    maximum,
    number,
    random,
    vector,
)
from memorize.kernel.terms import Term as Kernel
from memorize.statements import BoundFormula, Parameter, Statement, declare

CHAPTER = "fine_grained/generalization"

FIGURE_LOW, FIGURE_SHARE = Fraction(8, 5), Fraction(9, 50)
"""F.Fig2: the least root mean square of (10), and the most that the test error is of it."""

# The cast. H is m by m; the rows of Z are tensor powers of the inputs; b solves Hb = e for a unit
# vector e, a solves Ha = y, and c = a − sb are the coefficients without the example of e.
H, Z = matrix("H", "m", "m"), matrix("Z", "m", "n")
a, b, e, f, u, w, y = (vector(name, "m") for name in "abefuwy")
tk, least, s = fixed("tk", r"\mathrm{tk}_n"), fixed("l", r"\lambda_m"), fixed("s")
half = number(1) / 2


def _solves(x: Kernel, right: Kernel) -> Kernel:
    """Hx = right."""
    return every((u,), eq(inner(u, H @ x), inner(u, right)))


semidefinite = every((u,), inner(u, H @ u) >= 0)
symmetric = every((u, w), eq(inner(u, H @ w), inner(w, H @ u)))
dominates = every((u,), tk * inner(Z.T @ u, Z.T @ u) <= inner(u, H @ u))
eigenvalue = every((u,), least * inner(u, u) <= inner(u, H @ u))
units = (
    eq(inner(e, e), 1),
    eq(inner(f, f), 1),
    eq(inner(e, f), 0),
    eq(inner(e, H @ e), half),
    eq(inner(f, H @ f), half),
)
solves_e, solves_y = _solves(b, e), _solves(a, y)
without = a - s * b
share = eq(s * inner(b, e), inner(a, e))

# A prediction and its label; an error with a bounded mean square.
U, Y, D, M = random("U"), random("Y"), random("D"), fixed("M")
sign = eq(Y**2, 1)
ramp = maximum(1 - maximum(U * Y, 0), 0)
square = E((U - Y) ** 2) <= M

# The assembly of the theorem: losses, complexity of the class i, what training and sampling add.
L_D, L_S, Rad, level = fixed("L"), fixed("S"), fixed("R"), fixed("g")
training, slack = fixed("t", r"\varepsilon_S"), fixed("D_", r"\Delta")
wide, kinks = fixed("c"), fixed("k", "c'")
index, root, width = fixed("i"), fixed("p", r"\sqrt Q"), fixed("h", r"\tfrac1{\sqrt{2m}}")
assembly = (
    L_D <= L_S + 2 * Rad + level,
    L_S <= training,
    Rad <= index * (1 + wide) * width + kinks,
    index <= root + slack + 1,
    wide >= 0,
    width >= 0,
)
assembled = (
    2 * root * width
    + training
    + 2 * width * ((slack + 1) * (1 + wide) + wide * root)
    + 2 * kinks
    + level
)

Q_, m_, delta_ = (
    sp.Symbol("Q", nonnegative=True),
    sp.Symbol("m", integer=True, positive=True),
    sp.Symbol("delta", positive=True),
)
_price = Parameter(Q_, "price of the labels", 369.0, sp.Interval(0, sp.oo))
_count = Parameter(m_, "number of examples", 267, sp.Interval(1, sp.oo))
_delta = Parameter(delta_, "probability of failure", 0.1, sp.Interval.open(0, 1))
MEASURE = sp.sqrt(2 * Q_ / m_)
TRAINED = (3 + 3 * sp.sqrt(2)) / sp.sqrt(m_) + sp.sqrt(
    2 * sp.log(4 * (sp.sqrt(Q_) + 2) * (sp.sqrt(Q_) + 3) / delta_) / m_
)
"""The remainder of F.T5.1, item 2."""
ONLINE = MEASURE / 2 + sp.sqrt(sp.log(1 / delta_) / (2 * m_))


def _bound(quantity: str, value: sp.Expr, *parameters: Parameter) -> BoundFormula:
    return BoundFormula(
        quantity=quantity, parameters=parameters, terms=(), value=value, trivial=sp.Integer(1)
    )


declare(
    Statement(
        id="F.D5.1",
        title="Non-degenerate distributions",
        paper="F",
        number="Definition 5.1",
        chapter=CHAPTER,
        kind="definition",
        text=r"""
A law $\mathcal D$ of examples $(x,y)$ with $x\in\mathbb S^{d-1}$ is
$(\lambda,\delta,m)$-*non-degenerate*, with $\lambda>0$, if for $m$ independent draws
$\lambda_m(H)\ge\lambda$ with probability at least $1-\delta$.
1. Then $\lambda\le\frac12$ if $\delta<1$, and $\mathcal D$ is
   $(\lambda',\delta',m')$-non-degenerate for all $0<\lambda'\le\lambda$, $\delta'\ge\delta$,
   $m'\le m$.
2. If two independent inputs are equal or opposite with probability $0$, then for all $m$ and
   $\delta>0$ there is a $\lambda>0$ for which $\mathcal D$ is $(\lambda,\delta,m)$-non-degenerate.
3. If some point has the probability $p>0$, there is no such $\lambda$ for any
   $\delta<1-(1-p)^m-mp(1-p)^{m-1}$. If the inputs are uniform on $N$ points, there is none for
   $\delta<1-\prod_{k<m}\bigl(1-\frac kN\bigr)$.
4. For $m\ge2$ points of the circle, $\lambda_m(H)\le\frac1m+\frac{\pi^2}{m^2}$, whatever they are.
""",
        printed=r"A distribution $\mathcal D$ over $\mathbb R^d\times\mathbb R$ is "
        r"$(\lambda_0,\delta,n)$-*non-degenerate*, if for $n$ i.i.d. samples from $\mathcal D$, "
        r"with probability at least $1-\delta$ we have "
        r"$\lambda_{\min}(\mathbf H^\infty)\ge\lambda_0>0$.",
        changed=r"The definition is the paper's. Items 1 to 4 are the book's: when the condition "
        r"can be met, and that $\lambda$ cannot be independent of $m$.",
    )
)

declare(
    Statement(
        id="F.R5.1",
        title="When the Gram matrix is invertible",
        paper="F",
        number="Remark 5.1",
        chapter=CHAPTER,
        kind="theorem",
        text=r"""
Among $x_1,\dots,x_m\in\mathbb S^{d-1}$ let there be $m'$ different points, and among these $k$
pairs $\{x,-x\}$; let $r$ be the rank of one representative of each pair. Then
$$m-\operatorname{rank}H=(m-m')+(k-r).$$
So $H\succ0$ if and only if no two of the points are equal and the representatives of the antipodal
pairs are linearly independent. Moreover, for $m\ge2$,
$$\lambda_m\le\tfrac12-\max_{j\ne j'}H_{jj'}.$$
In the formal reading $\mathrm{tk}_nZZ^\top\preceq H$, $\lambda_m$ is any lower bound of the
spectrum, and $e$, $f$ are the unit vectors of two examples.
""",
        printed=r"As long as no two $\mathbf x_i$ and $\mathbf x_j$ are parallel to each other, we "
        r"have $\lambda_{\min}(\mathbf H^\infty)>0$.",
        changed=r"True, and not necessary: the $2d$ points $\pm e_i$ have $H=\frac12I$. The book "
        r"says exactly when, and what the rank is when not.",
        formal=(
            Sequent((tk > 0, dominates, inner(b, H @ b) <= 0), inner(Z.T @ b, Z.T @ b) <= 0),
            Sequent((eigenvalue, symmetric, *units), least <= half - inner(e, H @ f)),
        ),
    )
)

declare(
    Statement(
        id="F.E10",
        title="The complexity measure of the data",
        paper="F",
        number="Equation (10)",
        chapter=CHAPTER,
        kind="definition",
        text=r"""
For examples with $H\succ0$ the measure is
$$\sqrt{\frac{2\,y^\top H^{-1}y}m}.$$
Its square lies between $\frac{2\|y\|^2}{m\lambda_1}$ and $\frac{2\|y\|^2}{m\lambda_m}$. As a bound
on a loss with values in $[0,1]$ it says something only below $1$, that is, for
$y^\top H^{-1}y<\frac m2$; and it is never below $\frac2{\sqrt m}$ if all labels are $\pm1$.
""",
        printed=r"$\sqrt{2\mathbf y^\top(\mathbf H^\infty)^{-1}\mathbf y/n}$",
        changed=r"The definition is the paper's. What it can be, the book adds.",
        bound=_bound(r"\text{(10)}", MEASURE, _price, _count),
    )
)

declare(
    Statement(
        id="B.E10.random",
        title="The measure under random labels",
        paper="B",
        chapter=CHAPTER,
        kind="theorem",
        text=r"""
Let $H\succ0$ and let $t\in\{\pm1\}^m$ be the true labels.
1. For independent uniform signs $y_j$
   $$\mathbb E\,\frac{2\,y^\top H^{-1}y}m=\frac{2\operatorname{tr}H^{-1}}m\ge4$$
   on every data set, with equality if and only if $H=\frac12I$: every $(H^{-1})_{jj}\ge2$.
2. Let each label be replaced by a uniform sign with probability $p$, all independent. Then with
   $\pi=(1-p)^2$
   $$\mathbb E\,\frac{2\,y^\top H^{-1}y}m=\frac2m\Bigl(\pi\,t^\top H^{-1}t+
   (1-\pi)\operatorname{tr}H^{-1}\Bigr).$$
3. If instead a uniformly random set of $k$ of the $m\ge2$ labels is replaced, the same holds with
   $\pi=\frac{(m-k)(m-k-1)}{m(m-1)}$.
4. Let $f$ be the interpolant of $y$, $g=H^{-1}(\mathrm{tk}^h(x,x_j))_{j\le m}$ its weights at
   $x$, and $z=\pm1$ the true label of $x$. The labels $y$ are those of item 2 or 3, and each of
   them stays with the chance $\varrho=1-p$ or $1-\frac km$. The label $Z$ of $x$ is $z$ with the
   chance $\varrho$ and a uniform sign otherwise, independently of $y$. Then
   $$\mathbb E\bigl(f(x)-Z\bigr)^2=\pi\,\langle g,t\rangle^2+(1-\pi)\|g\|^2
   -2\varrho^2z\langle g,t\rangle+1 .$$

In the formal reading $Hb=e$ for the unit vector $e$ of an example, and
$\langle b,e\rangle=(H^{-1})_{jj}$.
""",
        formal=(
            Sequent((semidefinite, symmetric, solves_e, units[0], units[3]), inner(b, e) >= 2),
        ),
    )
)

declare(
    Statement(
        id="B.loo",
        title="Leaving one example out",
        paper="B",
        chapter=CHAPTER,
        kind="theorem",
        text=r"""
Let $H\succ0$, and let $f_{-j}$ be the function of least norm in the space of $\mathrm{tk}^h$ with
$f_{-j}(x_i)=y_i$ for all $i\ne j$. Its error at the example left out is
$$y_j-f_{-j}(x_j)=\frac{(H^{-1}y)_j}{(H^{-1})_{jj}},$$
and $1/(H^{-1})_{jj}\le\frac12$ is the squared distance of $\mathrm{tk}^h(\cdot,x_j)$ from the span
of the others. The price of the other labels is less than that of all by
$$(H^{-1})_{jj}\bigl(y_j-f_{-j}(x_j)\bigr)^2\ge2\bigl(y_j-f_{-j}(x_j)\bigr)^2 .$$
So if the examples are independent draws and $\mathbb E\,Q_m<\infty$ for the price $Q_m$ of $m$ of
them, the interpolant $f$ of $m-1$ of them has, at a new one, an expected squared error of at most
$\frac12(\mathbb E\,Q_m-\mathbb E\,Q_{m-1})$.
In the formal reading $Ha=y$, $Hb=e$ for the unit vector $e$ of the example, and $a-sb$ are the
coefficients of $f_{-j}$.
""",
        formal=(
            Sequent((share,), eq(inner(without, e), 0)),
            Sequent(
                (solves_e, solves_y, eq(inner(u, e), 0)),
                eq(inner(u, H @ without), inner(u, y)),
            ),
            Sequent((solves_e, solves_y, units[0]), eq(inner(e, y) - inner(e, H @ without), s)),
            Sequent(
                (semidefinite, symmetric, solves_e, solves_y, units[0], units[3], share),
                2 * s**2 <= inner(a, y) - inner(without, y),
            ),
        ),
    )
)

declare(
    Statement(
        id="B.online.generalization",
        title="Half the measure, without logarithms",
        paper="B",
        chapter=CHAPTER,
        kind="theorem",
        text=r"""
Let $(x_1,y_1),\dots,(x_m,y_m)$ be independent draws from any $\mathcal D$ with
$x\in\mathbb S^{d-1}$, let $Q=y^\top H^{-1}y$, and let $f_j$ be the function of least norm in the
space of $\mathrm{tk}^h$ with $f_j(x_i)=y_i$ for $i\le j$, $f_0=0$. Let $J$ be uniform in
$\{0,\dots,m-1\}$, independent of all else, and $(x,y)$ a new draw.
1. $\displaystyle\mathbb E\bigl(y-f_J(x)\bigr)^2\le\frac{\mathbb E\,Q}{2m}$, a quarter of the mean
   square of (10). The mean $\frac1m\sum_{j<m}f_j$ satisfies it too.
2. So $\displaystyle\mathbb E\,|y-f_J(x)|\le\tfrac12\sqrt{\tfrac2m\mathbb E\,Q}$; and if
   $y=\pm1$, then $\displaystyle\Pr\bigl(y\,f_J(x)\le0\bigr)\le\frac{\mathbb E\,Q}{2m}$.
3. Let the loss $\ell(u,y)\in[0,1]$ be $1$-Lipschitz in $u$ with $\ell(y,y)=0$. With probability at
   least $1-\delta$ over the sample
   $$\frac1m\sum_{j<m}\mathcal L_{\mathcal D}(f_j)\le
   \frac12\sqrt{\frac{2Q}m}+\sqrt{\frac{\ln(1/\delta)}{2m}} .$$
4. Let $y=\pm1$ and let $N\le\frac12Q$ be the number of the $j<m$ with
   $y_{j+1}f_j(x_{j+1})\le0$. With probability at least $1-\delta$ over the sample
   $$\frac1m\sum_{j<m}\Pr\bigl(y\,f_j(x)\le0\bigr)\le
   \frac{e}{e-1}\cdot\frac{N+\ln(1/\delta)}m .$$

No $\lambda_m$, no width and no training occur: these are interpolants in the kernel's space, the
limits of wide networks. In the formal reading $D=y-f_J(x)$, or $U=f_J(x)$ and $Y=y$.
""",
        hypotheses=(
            r"$H\succ0$ with probability one, or $y=f(x)$ for some $f$ in the space; then read "
            r"$Q_H(y)$ of {st}`B.LE.sup` for $Q$",
        ),
        formal=(
            Sequent((E(D**2) <= M,), E(abs(D)) ** 2 <= M),
            Sequent((sign, square), P(U * Y <= 0) <= M),
        ),
        bound=_bound(
            r"\tfrac1m\sum_{j<m}\mathcal L_{\mathcal D}(f_j)", ONLINE, _price, _count, _delta
        ),
    )
)

declare(
    Statement(
        id="B.grid",
        title="Infinitely many classes at once",
        paper="B",
        chapter=CHAPTER,
        kind="theorem",
        text=r"""
Let $\mathcal F_1,\mathcal F_2,\dots$ be classes of functions, fixed before the sample
$S\sim\mathcal D^m$ is drawn, and let the loss have values in $[0,1]$ and be $L$-Lipschitz in the
prediction. With probability at least $1-\delta$, for all $i\ge1$ and all $h\in\mathcal F_i$ at
once,
$$\mathcal L_{\mathcal D}(h)\le\mathcal L_S(h)+2L\,\mathrm{Rad}_S(\mathcal F_i)+
\sqrt{\frac{2\ln(i(i+1)/\delta)}m}.$$
""",
        hypotheses=(
            r"each $\mathcal F_i$ is countable, or its suprema are those over a countable subset",
        ),
    )
)

declare(
    Statement(
        id="F.T5.1",
        title="Generalisation of the trained network",
        paper="F",
        number="Theorem 5.1, Equation (9); informally Theorem 3.3",
        chapter=CHAPTER,
        kind="theorem",
        text=r"""
Let $\ell(u,y)\in[0,1]$ be $1$-Lipschitz in $u$ with $\ell(y,y)=0$, let $S$ be $m\ge2$ independent
draws from $\mathcal D$, with $\|x\|=1$ and $|y|\le1$, and $Q=y^\top H^{-1}y$.
1. Let $W^{(0)}$ be independent of $S$ and $r>0$ fixed. Suppose that with probability at least
   $1-\delta'$: $H\succ0$; after training each row has moved by at most $r$ and $W$ in Frobenius
   norm by at most $\sqrt Q+\Delta$; the mean loss on $S$ is at most $\varepsilon_S$; and for all
   $\rho>0$ at once the networks whose rows are at most $r$, and whose $W$ is in Frobenius norm at
   most $\rho$, away from $W^{(0)}$ have a Rademacher complexity of at most
   $\frac\rho{\sqrt{2m}}(1+c)+c'$. Then with probability at least $1-\delta'-\delta$
   $$\begin{aligned}&\mathcal L_{\mathcal D}(h)\le\sqrt{\frac{2Q}m}+\varepsilon_S+2c'\\
   &\ +\sqrt{\frac2m}\,\bigl((\Delta+1)(1+c)+c\sqrt Q\bigr)\\
   &\ +\sqrt{\frac2m\ln\frac{i(i+1)}\delta}\end{aligned}$$
   with $i=\max\bigl(1,\lceil\sqrt Q+\Delta\rceil\bigr)$.
2. Let $\mathcal D$ be $(\lambda,\frac\delta4,m)$-non-degenerate, the start paired with scale
   $\tau>0$ and independent of $S$, $\eta\le\frac1m$, $T\ge\frac{\ln m}{\eta\lambda}$ and
   $$q\ge64\,\Bigl(\frac m\lambda\Bigr)^3\ln\frac{8m}\delta,\qquad
   q\ge\frac{1073}{\tau^2}\Bigl(\frac m\lambda\Bigr)^6 .$$
   Then with probability at least $1-\delta$ over sample and start the network after $T$ steps
   satisfies
   $$\mathcal L_{\mathcal D}(h)\le\sqrt{\frac{2Q}m}+\frac{3+3\sqrt2}{\sqrt m}+
   \sqrt{\frac2m\ln\frac{4(\sqrt Q+2)(\sqrt Q+3)}\delta}.$$

In the formal reading of item 1, $\mathrm{Rad}$ is that of the class $i$ and $g$ the last term.
""",
        printed=r"$L_{\mathcal D}(f_{\mathbf W(k),\mathbf a})\le\sqrt{\frac{2\mathbf y^\top"
        r"(\mathbf H^\infty)^{-1}\mathbf y}n}+O\Bigl(\sqrt{\frac{\log\frac n{\lambda_0\delta}}n}"
        r"\Bigr)$ for $\kappa=O(\frac{\lambda_0\delta}n)$, $m\ge\kappa^{-2}\mathrm{poly}"
        r"(n,\lambda_0^{-1},\delta^{-1})$, $k\ge\Omega(\frac1{\eta\lambda_0}\log\frac n\delta)$",
        changed=r"All constants are numbers. The remainder does not contain $\lambda$: the classes "
        r"are weighted by $\frac1{i(i+1)}$ where the paper counts them, and the logarithm is of "
        r"the price itself. The start is paired, which the paper's is not: its outputs are zero, "
        r"so $\tau$ need not be small.",
        formal=(Sequent(assembly, L_D <= assembled),),
        bound=_bound(r"\mathcal L_{\mathcal D}(h)", MEASURE + TRAINED, _price, _count, _delta),
    )
)

declare(
    Statement(
        id="F.C5.2",
        title="Generalisation in classification",
        paper="F",
        number="Corollary 5.2",
        chapter=CHAPTER,
        kind="theorem",
        text=r"""
For $y=\pm1$ and every $u$
$$\begin{aligned}\mathbf 1\{uy\le0\}&\le\min\bigl(1,(1-uy)_+\bigr)\\
&\le\min\bigl(1,|u-y|\bigr),\end{aligned}$$
and both losses on the right satisfy the hypotheses of {st}`Theorem 5.1 <F.T5.1>`. So if all labels
are $\pm1$,
$\Pr\bigl(y\,h(x)\le0\bigr)$ is bounded by the right sides of {st}`Theorem 5.1 <F.T5.1>` too,
under its hypotheses. In the formal reading $U=h(x)$ and $Y=y$.
""",
        printed=r"The population classification error $\Pr[\mathrm{sign}(f(\mathbf x))\ne y]$ is "
        r"bounded by the right side of (9).",
        changed=r"The constants are those of {st}`F.T5.1`. An output of $0$ counts as an error.",
        formal=(
            Sequent((sign,), P(U * Y <= 0) <= E(ramp)),
            Sequent((sign,), E(ramp) <= E(abs(U - Y))),
        ),
    )
)

declare(
    Statement(
        id="F.Fig2",
        title="Generalisation error against the complexity measure",
        paper="F",
        number="Figure 2",
        chapter=CHAPTER,
        kind="figure",
        text=r"""
On 267 images of the digits 3 and 8, with $0,\frac1{10},\dots,1$ of the labels replaced by random
signs, the root mean squares of the measure (10) and of the interpolant's test error, which
{st}`B.E10.random` computes, both rise at each step; the measure is at least $1.6$, and the test
error at most $0.18$ of it. The test loss $|u-y|$ of trained networks is drawn beside them and their
share of wrong signs told in a table, one run for each share; nothing is claimed of these.
""",
        printed=r"Our complexity measure almost matches the trend of generalization error as the "
        r"portion of random labels increases.",
        changed=r"The paper claims no more than the trend, and has 10,000 images of MNIST or of "
        r"CIFAR and networks of 10,000 neurons, trained until the loss converges. On fewer images "
        r"the trend is the same; the scale is not, and as a bound the measure says nothing here.",
    )
)
