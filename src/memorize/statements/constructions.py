"""The statements of book/sgd/constructions.md."""

import sympy as sp

from memorize.kernel.terms import Sequent, eq, fixed, indicator, inner, maximum, vector
from memorize.kernel.terms import Term as Kernel
from memorize.statements import BoundFormula, Parameter, Statement, declare

CHAPTER = "sgd/constructions"

# The cast: an input x; a hyperplane's normal u and position b, half the width of a slab; an affine
# map ⟨v, x⟩ + c and the step δ of a difference quotient.
x, u, v, w = (vector(name, "d") for name in "xuvw")
b, c = fixed("b"), fixed("c")
half, delta = fixed("eps", r"\varepsilon"), fixed("delta", r"\varepsilon'")
side, carried = inner(u, x) - b, inner(v, x) + c


def relu(t: Kernel) -> Kernel:
    """max(t, 0)."""
    return maximum(t, 0)


quotient = (relu(side + delta * carried) - relu(side)) / delta
slab = indicator(0 <= side + half) - indicator(0 <= side - half)
on, off = (0 < half, eq(side, 0)), (0 < half, half < abs(side))
switched_on = (0 < delta, 0 <= side, 0 <= side + delta * carried)
switched_off = (0 < delta, side <= 0, side + delta * carried <= 0)
gate = (
    Sequent(switched_on, eq(quotient, carried)),
    Sequent(switched_off, eq(quotient, 0)),
)

_m = sp.Symbol("m", integer=True, positive=True)
_d = sp.Symbol("d", integer=True, positive=True)
_examples = Parameter(_m, "number of examples", 1000, sp.Interval(2, sp.oo))
_dimension = Parameter(_d, "input dimension", 10, sp.Interval(1, sp.oo))


def _count(value: sp.Expr, trivial: sp.Expr, sense: str = "<=") -> BoundFormula:
    return BoundFormula(
        quantity=r"\text{least }q",
        parameters=(_examples, _dimension),
        terms=(),
        value=value,
        trivial=trivial,
        sense=sense,  # type: ignore[arg-type]
    )


declare(
    Statement(
        id="Y.T1",
        title="As many neurons as examples interpolate",
        paper="Y",
        number="Theorem 1",
        chapter=CHAPTER,
        kind="theorem",
        text=r"""
For all labels $y\in\mathbb R^m$ there are $q=m$ neurons such that, for all $j\le m$,
$$\sum_{i=1}^ma_i\,\sigma(\langle w_i,x_j\rangle+b_i)=y_j.$$
The $w_i$ and $b_i$ do not depend on the labels, and the $w_i$ may be taken parallel to any one $u$
for which the numbers $\langle u,x_j\rangle$ are distinct.
""",
        hypotheses=(
            r"$x_1,\dots,x_m\in\mathbb R^d$ are distinct",
            r"$\sigma$ is continuous and no polynomial; or $\lvert\sigma\rvert$ has finite "
            r"integrals over bounded intervals and $\sigma$ is not almost everywhere equal to a "
            r"polynomial",
        ),
        printed=r"Let $\sigma$ be a non-polynomial activation function. Then, there exists a "
        r"two-layer neural network with number of neurons $q=m$ such that $h_W(\mathbf x_i)=y_i$ "
        r"for all $i\in[m]$.",
        changed=r"Three hypotheses are missing. The points must be distinct. There must be biases, "
        r"which the networks $u^\top\sigma(W\mathbf x)$ of the paper's Section 4.1 do not have, "
        r"though its proof uses them. And $\sigma$ must have some regularity. The printed proof "
        r"says that the image is $\mathbb R^m$ since $\sigma$ is no polynomial, which is what had "
        r"to be shown.",
        erratum=True,
        counterexample=r"Without biases, at $x=1$ and $x=2$ every network of ReLUs has "
        r"$h(2)=2h(1)$; on the unit sphere antipodal points do as well ({st}`B.T1.bias`, run "
        r"exactly). Without regularity: let $\sigma$ be discontinuous, hence no polynomial, but "
        r"additive, $\sigma(s+t)=\sigma(s)+\sigma(t)$; then $h(0)-2h(1)+h(2)=0$.",
        aliases=("Folklore",),
    )
)

declare(
    Statement(
        id="B.T1.exact",
        title="Which activations interpolate",
        paper="B",
        chapter=CHAPTER,
        kind="theorem",
        text=r"""
Let $\sigma$ be continuous and $m\ge1$. These are equivalent:

1. at any $m$ distinct points of $\mathbb R^d$, $m$ neurons take all real labels;
2. at any $m$ distinct points of $\mathbb R^d$, all real labels are taken by some number of neurons;
3. $\sigma$ is not a polynomial of degree at most $m-2$ (the zero function has degree $-1$).
""",
    )
)

declare(
    Statement(
        id="B.T1.bias",
        title="ReLUs without bias at antipodal points",
        paper="B",
        chapter=CHAPTER,
        kind="theorem",
        text=r"""
Let $x_1,\dots,x_n\in\mathbb R^d$, no two of them on one line through the origin and none of them
zero. At the $2n$ points $\pm x_j$, the vectors of values of all networks of ReLUs without bias, of
whatever size, form a space of dimension
$$n+\operatorname{rank}(x_1,\dots,x_n)\le n+d.$$
So for $n>d$ there are labels that no such network takes.
""",
        formal=(
            Sequent((), eq(relu(inner(w, x)) - relu(-inner(w, x)), inner(w, x))),
            Sequent((), eq(relu(inner(w, x)) + relu(-inner(w, x)), abs(inner(w, x)))),
        ),
    )
)

declare(
    Statement(
        id="Y.T2",
        title="Baum's threshold networks",
        paper="Y",
        number="Theorem 2",
        chapter=CHAPTER,
        kind="theorem",
        text=r"""
Let $n$ be the number of examples with the rarer label. If $n\ge1$, the labels are taken by
$$q=2\Bigl\lceil\frac nd\Bigr\rceil\le2\Bigl\lceil\frac{\lfloor m/2\rfloor}d\Bigr\rceil$$
neurons $\sigma(t)=\mathbf 1\{t\ge0\}$ with biases and output weights $\pm1$. If $n=0$, one neuron
or none is enough.
""",
        hypotheses=(
            r"$x_1,\dots,x_m\in\mathbb R^d$ are in general position: any at most $d+1$ of them are "
            r"affinely independent",
            r"$y_j\in\{0,1\}$",
        ),
        printed=r"Let $\{\mathbf x_1,\dots,\mathbf x_m\}\subseteq\mathbb R^d$ be in the general "
        r"position, $\{y_1,\dots,y_m\}\subseteq\{0,1\}^m$. Then, there is a two-layer neural "
        r"network with number of neurons $q=O(m/d)$ such that $h_W(\mathbf x_i)=y_i$ for all "
        r"$i\in[m]$. (In the proof: at most $2\cdot\frac md$ neurons.)",
        changed=r"The statement holds for $m\ge d$, which is surely meant; here the count is given "
        r"with its ceiling, for all $m$ and $d$. Taking the rarer label halves it. The printed "
        r"proof is silent on the last group, which may have fewer than $d$ points.",
        formal=(Sequent(on, eq(slab, 1)), Sequent(off, eq(slab, 0))),
        bound=_count(2 * sp.ceiling(sp.floor(_m / 2) / _d), _m),
        aliases=("Baum 1988",),
    )
)

declare(
    Statement(
        id="B.T2.sharp",
        title="Baum's count is within one neuron of the best",
        paper="B",
        chapter=CHAPTER,
        kind="theorem",
        text=r"""
1. Let $x_j=(t_j,t_j^2,\dots,t_j^d)$ with $t_1<\dots<t_m$; these points are in general position. Let
   $y_j\in\{0,1\}$ have $\ell\ge1$ changes, $y_j\ne y_{j+1}$. Then $\lceil\ell/d\rceil$ threshold
   neurons with biases take the labels, and fewer do not.
2. So let $Q(m,d)$ be the least number of threshold neurons that takes all labels $0$ and $1$ at all
   $m\ge2$ points of $\mathbb R^d$ in general position. Then
   $$\begin{aligned}\Bigl\lceil\frac{m-1}d\Bigr\rceil\le Q(m,d)
   &\le2\Bigl\lceil\frac{\lfloor m/2\rfloor}d\Bigr\rceil\\
   &\le\Bigl\lceil\frac{m-1}d\Bigr\rceil+1.\end{aligned}$$
""",
        bound=_count(sp.ceiling((_m - 1) / _d), sp.Integer(1), ">="),
    )
)

declare(
    Statement(
        id="Y.T3",
        title="ReLU networks interpolate real labels",
        paper="Y",
        number="Theorem 3",
        chapter=CHAPTER,
        kind="theorem",
        text=r"""
The labels are taken by
$$q=4\Bigl\lceil\frac md\Bigr\rceil$$
ReLUs with biases: four for each group of at most $d$ points, which carry an affine map
$\langle v,x\rangle+c$ on a slab that holds the group and no other point.
""",
        hypotheses=(
            r"$x_1,\dots,x_m\in\mathbb R^d$ are in general position: any at most $d+1$ of them are "
            r"affinely independent",
            r"$y_j\in\mathbb R$",
        ),
        printed=r"Let $\sigma$ be the ReLU function, $\{\mathbf x_1,\dots,\mathbf x_m\}\subseteq"
        r"\mathbb R^d$ in the general position, $\{y_1,\dots,y_m\}\subseteq\mathbb R^m$. Then, "
        r"there is a two-layer neural network with number of neurons $q=O(m/d)$ such that "
        r"$h_W(\mathbf x_i)=y_i$ for all $i\in[m]$. (In the proof: $v\cdot\mathbf x_i=y_i$ on each "
        r"group, and $\delta=\frac12\min_i\lvert u\cdot\mathbf x_i-b\rvert/\lvert v\cdot"
        r"\mathbf x_i\rvert$.)",
        changed=r"The statement holds, with this count. Its proof needs one repair: the linear map "
        r"$v\cdot\mathbf x$ must be affine, for $(1,0),(2,0),(0,1)$ are in general position, but "
        r"no $v$ has $v\cdot(1,0)=v\cdot(2,0)=1$. (The paper does not define general position. "
        r"If any $d$ points are to be linearly independent as well, the linear map exists.) In "
        r"the printed $\delta$ the number $b$ is to be read as the edge, $b-\tau$ or $b+\tau$, at "
        r"which the map is switched.",
        formal=gate,
        bound=_count(4 * sp.ceiling(_m / _d), _m),
        aliases=("Bubeck, Eldan, Lee and Mikulincer 2020",),
    )
)

declare(
    Statement(
        id="B.T3.gates",
        title="Two ReLUs for every d + 1 points",
        paper="B",
        chapter=CHAPTER,
        kind="theorem",
        text=r"""
The labels are taken by
$$q=2\Bigl\lceil\frac m{d+1}\Bigr\rceil$$
ReLUs with biases. In the place of general position it is enough that the points have distinct
positions $\langle u,x_j\rangle$ along some direction $u$ and that, cut in this order into groups of
$d+1$ (the last may be smaller), they are affinely independent within each group.
""",
        hypotheses=(
            r"$x_1,\dots,x_m\in\mathbb R^d$ are in general position",
            r"$y_j\in\mathbb R$",
        ),
        formal=gate,
        bound=_count(2 * sp.ceiling(_m / (_d + 1)), _m),
    )
)

declare(
    Statement(
        id="B.T3.lower",
        title="What real labels cost at least",
        paper="B",
        chapter=CHAPTER,
        kind="theorem",
        text=r"""
Let $x_1,\dots,x_m\in\mathbb R^d$ be any points, and let $q$ neurons with biases be too few in this
sense:

1. $q(d+2)<m$, and $\sigma$ is Lipschitz on bounded intervals;
2. $q(d+1)<m$, and besides $\sigma(st)=s\,\sigma(t)$ for $s>0$, like the ReLU and $\lvert t\rvert$;
3. $q<m$, and $\sigma(t)=\mathbf 1\{t\ge0\}$.

Then the labels $y\in\mathbb R^m$ that some choice of the weights takes are a set of volume zero. So
ReLUs for all real labels at points in general position number at least
$\lceil\frac m{d+1}\rceil$, half of what {st}`B.T3.gates` takes.
""",
        bound=_count(sp.ceiling(_m / (_d + 1)), sp.Integer(1), ">="),
    )
)

declare(
    Statement(
        id="B.T3.line",
        title="Points on a line",
        paper="B",
        chapter=CHAPTER,
        kind="theorem",
        text=r"""
Let the points lie on a line, in this order, with labels that alternate in sign, $y_jy_{j+1}<0$.

1. $q$ ReLUs with biases take them only if $q\ge m-2$.
2. For every $q\ge4$ there are $m=q+2$ such points and labels that $q$ ReLUs take; for $q\le3$ there
   are not.
""",
    )
)
