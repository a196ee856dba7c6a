"""No constant of these sequents can be changed for the better: each is attained in a model.

The hypotheses hold there with equality, and so does the conclusion. So a hypothesis that asks for
more than before is refuted, and a conclusion that claims less than before is not attained.
"""

from __future__ import annotations

from fractions import Fraction as F
from typing import Any

import mpmath
import pytest
from model import DIGITS
from witness import Witness, independently, refuted, times, uniform, where

from memorize import statements
from memorize.kernel import Sequent, Term
from memorize.kernel.terms import number
from memorize.statements import constructions as co
from memorize.statements import lazy_limit as lz
from memorize.statements import memorization as mz
from memorize.statements import memorization_by_sgd as ms
from memorize.statements import polynomials as po
from memorize.statements import row_norms as rn
from memorize.statements import sgd_on_features as sg
from memorize.statements import vector_features as vf

HALF = F(1, 2)


def alone(values: dict[Any, Any], functions: Any = None, dimension: int = 2) -> Witness:
    """One world."""
    return Witness([(F(1), {})], values, functions, dimension)


def absolute(s: Any, y: Any) -> Any:
    return where(s >= y, 3 * (s - y), 3 * (y - s))


def slope(s: Any, y: Any) -> Any:
    return where(s > y, 3, where(s < y, -3, 0))


def walk(weight: Any, x: Any) -> Any:
    """ψ(ω, x) = 2 sign(ω) x: every feature has length 2, and f = 0 where the representer is 1."""
    return times(where(weight > 0, 2, -2), x)


def at_twice_the_goal(eta: Any, goal: Any, dell: Any, **named: Any) -> Witness:
    """d = q = 1, inputs and weights ±1, all labels 0, and the step from V = 2U leads to U.

    So V is as far from U as U is from the start, and the loss is C|u| at U and twice that at V,
    on the same side of the label.
    """

    def gradient(w: Any, _: Any, z: Any) -> Any:
        (psi,) = walk(w, (z,))
        return times(dell(2 * goal * psi, 0), (psi,))

    worlds = independently(
        uniform(vf.x, [(1,), (-1,)]), uniform(vf.y, [0]), uniform(vf.omega, [-1, 1]),
        uniform(sg.W, [-1, 1]), uniform(sg.tau, [0]), uniform(sg.zeta, [1, -1]),
    )  # fmt: skip
    values = {vf.q: 1, vf.d: 1, vf.R: 1, vf.C: 2, vf.L: 3, vf.beta: 3, sg.T: 1, sg.w: 1}
    functions = {
        "psi": walk, "Psi": walk, "c": lambda w, x: where(w > 0, 2, -2), "dell": dell,
        "fcheck": lambda w: (goal,), "U": lambda w: (goal,), "V": lambda w, t: (2 * goal,),
        "G": gradient, "far": lambda w: goal**2,
    }  # fmt: skip
    return Witness(worlds, {**values, sg.eta: eta, sg.rho: HALF}, {**functions, **named}, 1)


LIPSCHITZ = at_twice_the_goal(F(1, 3), 2, slope, ell=absolute)
SMOOTH = at_twice_the_goal(
    F(1, 24), 2, lambda s, y: 3 * (s - y), ell=lambda s, y: 3 * (s - y) ** 2 / 2
)
# H_W = I is half of H = 2I.
HALVED = {
    ms.J: ((1, 0), (0, 1)), ms.A: ((1, 1), (1, -1)), ms.labels: (3, 4), ms.alpha: (3, 4),
    ms.beta: (F(3, 2), 2), ms.least: 2,
}  # fmt: skip
LINE = {ms.eta: HALF, ms.C: 2, ms.u: (1, 0)}  # 2η + η²C² = 2, and C² + 2/η = 8

# Three disjoint events, in each of which one of the three variables is as far as it may be, and all
# of the square with it.
THREE_TAILS = Witness(
    [
        (HALF, {rn.Z: 0, rn.S: 2, rn.Q: 10}),
        (F(1, 6), {rn.Z: 10, rn.S: 2, rn.Q: 10}),
        (F(1, 6), {rn.Z: 0, rn.S: 12, rn.Q: 10}),
        (F(1, 6), {rn.Z: 0, rn.S: 2, rn.Q: 40}),
    ],
    {rn.x: 2, rn.a: 1, rn.z: 1, rn.D: 10, rn.theta2: 4, rn.theta: 2, rn.v: 12, rn.e: F(1, 12)},
)

ATTAINED: dict[tuple[str, int], Witness] = {
    ("G.L11.1", 1): THREE_TAILS,
    ("G.L11.2", 1): THREE_TAILS,
    ("G.C12", 0): Witness(
        uniform(mz.xi, [1, 2]), {mz.s: 3, mz.p: 2, mz.centre: 1}, {"sigma": lambda t: 3 * t}
    ),
    ("G.C12", 1): Witness(
        independently(uniform(mz.a, [1]), uniform(mz.radius, [1, 2])),
        {mz.k: 2, mz.centre: 1},
        {"phi": lambda t: 2 * t},
    ),
    ("G.C13", 0): Witness(  # no kink within the reach of 3
        independently(uniform(mz.g, [1]), uniform(mz.n, [0]), uniform(mz.e, [1, -1])),
        {mz.b: 1, mz.s: 3, mz.B: 0},
        {"sigma": lambda t: 3 * t, "slope": lambda t: 3, "gap": lambda t: 4},
    ),
    ("G.C13", 1): alone({
        mz.s: 1, mz.B: 1, mz.lam: 2, mz.rho_0: 1, mz.rho: 1, mz.b: F(1, 8), mz.b_1: F(1, 8),
        mz.theta: 2, mz.alpha: F(1, 4), mz.M: F(7, 4), mz.beta: F(1, 8), mz.S: F(1, 8),
        mz.nu: F(1, 8), mz.N: F(1, 8),
    }),
    ("Y.T8", 0): alone({lz.t: HALF, lz.psi: (2, 0), lz.D: (3, 0)}),
    ("Y.T8", 1): alone({  # the step turns U − V round, and what is added points the same way
        lz.k: HALF, lz.beta: HALF, lz.eta: 1, lz.C: 2, lz.L: 3, lz.e: 4, lz.kappa: HALF,
        lz.a: 3, lz.b: 1, lz.c: 0, lz.psi: (2, 0), lz.phi: (F(5, 2), 0),
        lz.U: (1, 0), lz.V: (0, 0),
    }),
    ("Y.T8", 2): Witness(
        [(HALF, {lz.A: 5, lz.F: 1, lz.J: 1}), (HALF, {lz.A: 1, lz.F: 2, lz.J: 0})],
        {lz.L: 2, lz.M: F(3, 2), lz.e: HALF, lz.p: HALF},
    ),
    ("B.lazy.outputs", 0): alone(
        {lz.t: 2, lz.s: F(3, 2), lz.s1: 2, lz.s2: 3, lz.u: HALF, lz.B: 3, lz.xi: HALF}
    ),
    ("B.lazy.square", 0): alone(
        {lz.B: 3, lz.P_: 2, lz.Z_: 1, lz.r: F(3, 2), lz.s: HALF, lz.out: 14, lz.s2: 9, lz.s3: 27}
    ),
    ("B.lazy.regret", 0): alone({
        lz.g: 2, lz.L: 2, lz.e: HALF, lz.k: F(1, 4), lz.h: F(3, 2), lz.f: F(7, 4), lz.K: 0,
        lz.m: HALF, lz.phi: (1, 1), lz.U: (1, 0), lz.V: (0, 2),
    }),
    ("B.lazy.regret", 1): alone({
        lz.eta: HALF, lz.L: 2, lz.C: 3, lz.e: HALF, lz.k: F(1, 4), lz.K: F(15, 2), lz.m: 0,
        lz.G: (6, 0), lz.U: (1, 0), lz.V: (0, 0),
    }),
    ("B.T5.regret", 1): LIPSCHITZ,
    ("Y.T9", 0): LIPSCHITZ,
    ("B.T5.diagonal", 0): LIPSCHITZ,
    ("B.T5.smooth", 0): SMOOTH,
    ("Y.T9", 1): alone({
        vf.L: 3, vf.R: 2, vf.C: HALF, sg.M: 2, sg.eps: 2, sg.T: 9, vf.q: 4, vf.d: 9,
        sg.eta: F(4, 9),
    }),
    ("B.T5.average", 0): Witness(
        uniform(vf.Z, [2, 3]), {vf.y0: 1}, {"ell": absolute, "dell": slope}
    ),
    **{("B.T6.odd", part): Witness(
        uniform(po.x, [(1, 2), (-1, -2)]),
        {po.a: (2, 1)},
        {"f": lambda v: v[0] ** 3, "h": lambda v: 2 * v[0] + v[1]},
    ) for part in range(2)},
    ("B.lower.zero", 0): Witness(  # one line in four dimensions, and no randomness of ω
        independently(uniform(vf.x, [(1, 0, 0, 0), (-1, 0, 0, 0)]), uniform(vf.omega, [1])),
        {vf.d: 4, vf.R: 2, vf.C: 3},
        {"c": lambda w, x: 3, "psi": lambda w, x: times(3, x), "fcheck": lambda w: (2, 0, 0, 0)},
        4,
    ),
    ("Y.D4", 0): Witness(
        [(HALF, {ms.y: 1, ms.h: 0}), (HALF, {ms.y: -1, ms.h: -2})],
    ),
    ("B.mem.width", 0): alone(HALVED),
    ("B.mem.width", 1): alone(HALVED),
    ("B.mem.updates", 0): alone({**LINE, ms.v: (1, 5), ms.N: 2, ms.g: (HALF, 1), ms.a: HALF}),
    ("B.mem.updates", 1): alone(
        {**LINE, ms.v: (HALF, HALF), ms.N: F(1, 4), ms.g: (2, 0), ms.a: 1}
    ),
    ("B.mem.updates", 2): alone({**LINE, ms.v: (4, 0), ms.N: 8}),
    ("B.mem.updates", 3): Witness(
        uniform(ms.share, [0, HALF]), {**LINE, ms.T: 32, ms.eps: HALF}
    ),
    ("Y.T2", 1): alone({co.half: 1, co.u: (1, 0), co.b: 0, co.x: (F(101, 100), 3)}),
    **{
        (id, part): alone({
            co.delta: HALF, co.u: (1, 0), co.b: 1, co.x: (1 + side, 3), co.v: (0, 1), co.c: move,
        })
        for id in ("Y.T3", "B.T3.gates")
        # at the hyperplane; the affine map takes the side there
        for part, side, move in ((0, 1, -5), (1, -1, -1))
    },
}  # fmt: skip
PARTS = list(ATTAINED)
PAPER = alone({mz.T: 1, mz.L: 6, mz.s: F(8, 27), mz.q: 1296, mz.m: 5, mz.d: 5})
# All hypotheses with equality, where the conclusion has room to spare.
ADMITTED = {
    ("B.memorize", 0): alone({
        mz.T: F(1, 8), mz.z: F(1, 384), mz.b_T: F(1, 160), mz.c: F(4, 5), mz.t: 1, mz.f: 0,
        mz.r: 0, mz.far: 0,
    }),
    ("B.memorize", 1): alone({
        mz.T: F(1, 8), mz.t: 1, mz.r: F(15, 7), mz.far: 0, mz.f: 0, mz.short: F(127, 128),
        mz.left: F(1, 128),
    }),
    **{("G.T1", part): PAPER for part in range(3)},
}  # fmt: skip


def gap(model: Witness, relation: Term) -> Any:
    """The least distance of the two sides, over the worlds."""
    left, right = relation.args
    return min(
        abs(model.term(left, world) - model.term(right, world))
        for world, _ in model.law(tuple(relation.random))
    )


def loose(model: Witness, sequent: Sequent) -> list[Term]:
    """The hypotheses of the form ≤, none of them a sign, that hold with room to spare."""
    return [
        given
        for given in sequent.hypotheses
        if given.op == "le" and number(0) not in given.args and gap(model, given) >= 1e-30
    ]


@pytest.mark.parametrize(("id", "part"), list(ADMITTED))
def test_hypotheses_admit_their_extremes(id: str, part: int) -> None:
    sequent: Sequent = statements.get(id).formal[part]
    model = ADMITTED[id, part]
    assert refuted(model, sequent) == []
    with mpmath.workdps(DIGITS):
        assert loose(model.numeric(), sequent) == []
        assert model.numeric().holds(sequent.conclusion)


@pytest.mark.parametrize(("id", "part"), PARTS)
def test_hypotheses_and_conclusion_hold_with_equality(id: str, part: int) -> None:
    sequent: Sequent = statements.get(id).formal[part]
    model = ATTAINED[id, part]
    assert refuted(model, sequent) == []
    with mpmath.workdps(DIGITS):
        exact = model.numeric()
        assert exact.holds(sequent.conclusion)
        assert gap(exact, sequent.conclusion) < 1e-30
        assert loose(exact, sequent) == []
