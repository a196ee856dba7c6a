"""No declared sequent is vacuous: its hypotheses are true in a finite model, and so is its claim.

The one kind of hypothesis that no finite space can meet is a normal law; where it stands, the other
hypotheses are met, and normal laws are known to exist. In dimension 2 and above two more are out of
reach: E⟨w,u⟩ sign(w,x)‖x‖ = ⟨u,x⟩/κ for all x, and the same for the gate, have a right side that
varies continuously with x where a finite law leaves but finitely many values. Their witnesses have
dimension 1.
"""

from __future__ import annotations

from fractions import Fraction as F
from typing import Any

import mpmath
import pytest
import sympy as sp
from witness import (
    Witness,
    conclusion_fails,
    constants,
    independently,
    refuted,
    search,
    times,
    uniform,
    where,
)

from memorize import statements
from memorize.evidence import Enclosure, Tail
from memorize.kernel import (
    E,
    Outcome,
    Refused,
    Sequent,
    Term,
    eq,
    every,
    exp,
    fixed,
    function,
    independent,
    inner,
    is_net,
    matrix,
    member,
    number,
    points,
    psi,
    random,
    rules,
    sphere,
    vector,
)
from memorize.kernel.rules import assume
from memorize.statements import distance as di
from memorize.statements import generalization as ge
from memorize.statements import initial_outputs as io
from memorize.statements import kernel_concentration as kc
from memorize.statements import kernel_spaces as ks
from memorize.statements import lazy_limit as lz
from memorize.statements import learnable as le
from memorize.statements import linear_dynamics as li
from memorize.statements import memorization as mz
from memorize.statements import memorization_by_sgd as ms
from memorize.statements import polynomials as po
from memorize.statements import row_norms as rn
from memorize.statements import sgd_on_features as sg
from memorize.statements import tangent_kernel as tk
from memorize.statements import vector_features as vf

X, Y, K, L = random("X"), random("Y"), fixed("K"), fixed("L")
PARTS = [(s.id, part) for s in statements.all() for part in range(len(s.formal))]
MUST_BE_CONSTANT = {
    ("G.psi", 0): "ψ₁(X) ≤ 0 says that X = 0 almost surely",
    ("G.psi", 4): "ψ₂(X) ≤ 0 says that X = 0 almost surely",
}
NORMAL = "a standard normal law has no atoms"
NO_FINITE_MODEL = {("G.L2.3", 0): NORMAL, ("G.T3", 1): NORMAL, ("G.T5", 0): NORMAL}
# E exp(μX) ≤ exp(sμ²) for all μ is more than arithmetic can decide: random signs meet it for every
# s ≥ 1/2, by an enclosure of its own below.
SIGNS_MEET_IT = {
    ("G.T3", 0), ("G.T3", 1), ("G.T3", 2), ("G.T5", 0), ("G.T5", 1), ("G.L6", 0), ("G.L6", 1),
    ("B.rademacher.differences", 2), ("F.TB.1", 0),
}  # fmt: skip

# --- the witnesses -----------------------------------------------------------------------------

AXES = [(1, 0), (-1, 0), (0, 1), (0, -1)]
SIGNS = uniform(vf.omega, [-1, 1])
INPUTS = uniform(vf.x, AXES)
LABELLED = [(F(1, 4), {vf.x: v, vf.y: label}) for v, label in zip(AXES, (1, 0, 2, -1), strict=True)]


def on(w: Any, x: Any) -> Any:
    """The gate of a neuron with the scalar weight w: 1 where w x₁ > 0."""
    return where(w * x[0] > 0, 1, 0)


def gated(w: Any, x: Any) -> Any:
    """Its features."""
    return times(on(w, x), x)


NETWORK = {"c": on, "psi": gated, "fcheck": lambda w: (w, F(1, 2))}
SCHEME = {vf.q: 2, vf.d: 2, vf.R: 1, vf.C: 1, vf.A: 1, vf.Lambda: F(1, 2)}
LINE = uniform(vf.x, [(1,), (-1,)])
WEIGHTS = uniform(vf.w, [(1,), (-1,)])
UP = {vf.u: (1,), vf.kappa: 2, vf.q: 2}
# On the circle with E⟨z,x⟩² = 1/2 and E⟨z,x⟩⁴ = 3/8 for z = (1, 0), as if uniform.
CIRCLE = [
    (F(527, 2304), {vf.x: (1, 0)}),
    (F(527, 2304), {vf.x: (0, 1)}),
    (F(625, 2304), {vf.x: (F(3, 5), F(4, 5))}),
    (F(625, 2304), {vf.x: (F(4, 5), F(3, 5))}),
]


def nets() -> Witness:
    N, M = points("N", "q"), points("M", "d", "N'")
    values = {
        N: list(AXES), M: list(AXES), fixed("eps", r"\varepsilon"): 1,
        fixed("eps2", r"\varepsilon'"): F(4, 5), vector("e", "q"): (0, 1), vector("f", "d"): (1, 0),
        matrix("W", "q", "d"): ((1, 2), (0, 1)),
    }  # fmt: skip
    return Witness([(F(1), {})], values)


def losses(**named: Any) -> Witness:
    return Witness(
        independently(LABELLED, SIGNS), {**SCHEME, vf.L: 1, vf.beta: 1}, {**NETWORK, **named}
    )


def kernels() -> Witness:
    """Two independent inputs and a weight."""
    two = independently(INPUTS, uniform(kc.y, AXES), SIGNS)
    return Witness(two, {**SCHEME, kc.t: 1}, NETWORK)


def gates() -> Witness:
    """The same for ReLU, with weights in the plane."""
    two = independently(INPUTS, uniform(kc.y, AXES), uniform(vf.w, [(1, 0), (-1, 0)]))
    return Witness(two, SCHEME, {"gate": lambda w, x: where(w[0] * x[0] > 0, 1, 0)})


def rows() -> Witness:
    """A sign, and two independent positive variables, none of which is ever far from its mean."""
    parts = (uniform(rn.Z, [-1, 1]), uniform(rn.S, [1, 3]), uniform(rn.Q, [0, 2]))
    values = {rn.c: F(1, 2), rn.n: 1, rn.D: 1, rn.theta2: 1, rn.theta: 2}
    limits = {rn.x: 2, rn.a: 2, rn.z: 2, rn.v: 3, rn.e: F(1, 4)}
    return Witness(independently(*parts), {**values, **limits})


WITNESSES: dict[tuple[str, int], Witness] = {
    ("G.F8", 0): nets(),
    ("B.mgf", 0): Witness(uniform(X, [-1, 1]), {K: 2, fixed("mu"): 1}),
    ("G.T3", 0): Witness(
        independently(uniform(X, [-1, 1]), uniform(random("S"), [-1, 1])),
        {K: F(3, 2), fixed("V"): 2},
    ),
    ("G.T3", 1): Witness(uniform(random("S"), [-1, 1]), {fixed("V"): 2}),
    ("G.T3", 2): Witness(uniform(random("S"), [-1, 1]), {fixed("V"): 2, fixed("t"): 3}),
    **{
        (id, 1): Witness(
            independently(uniform(X, [-1, 1]), uniform(random("S"), [-1, 1])),
            {K: F(3, 2), fixed("V"): 2, fixed("mu"): F(1, 3)},
        )
        for id in ("G.T4", "B.bernstein")
    },
    ("G.T5", 0): Witness(uniform(X, [-1, 1]), {L: 1}),
    ("G.T5", 1): Witness(uniform(X, [-1, 1]), {L: 1, fixed("t"): F(1, 2)}),
    **{
        ("G.L6", part): Witness(
            independently(uniform(output, [-1, 1]), uniform(io.J, [0, 1])),
            {io.s: 1, io.b: F(1, 2), io.t: F(1, 2), io.m: 2},
        )
        for part, output in enumerate((io.H, io.Z))
    },
    ("G.L11.1", 0): rows(),
    ("G.L11.1", 1): rows(),
    ("G.L11.2", 0): rows(),
    ("G.L11.2", 1): rows(),
    ("B.chi2", 0): Witness(uniform(rn.Q, [-1, 1]), {rn.a: 1, rn.b: 1}),
    ("B.chi2", 1): Witness(uniform(rn.Q, [-1, 1]), {rn.a: 1, rn.b: 1}),
    ("B.rows.length", 0): Witness(
        independently(uniform(rn.Z, [-F(1, 2), F(1, 2)]), uniform(rn.X, [-F(1, 2), F(1, 2)])),
        {rn.L: 1, rn.t: F(1, 2)},
    ),
    ("N.R", 0): Witness(
        independently(INPUTS, uniform(vf.g, [(1, 1), (1, -1), (-1, 1), (-1, -1)])),
        {vf.R: 1, vf.d: 2},
    ),
    ("N.R", 1): Witness(INPUTS, {vf.u: (2, 1)}),
    ("B.tk.variance", 1): Witness(
        uniform(tk.Y, [0, 1]), {tk.rho: F(1, 2), tk.level: F(1, 2), tk.q: 2}
    ),
    ("N.min", 0): Witness(
        [(F(1), {})],
        {tk.J: ((1, 0), (1, 0)), tk.alpha: (2, 2), tk.U: (2, 5), tk.B: 1, tk.q: 1},
    ),
    ("B.T4.exact", 0): Witness(independently(INPUTS, SIGNS), SCHEME, NETWORK),
    ("B.T4.exact", 1): Witness(independently(INPUTS, SIGNS), SCHEME, NETWORK),
    ("N.T4", 0): Witness(independently(INPUTS, SIGNS), SCHEME, NETWORK),
    ("B.T4.paired", 0): Witness(
        independently(INPUTS, SIGNS), {**SCHEME, vf.C: F(3, 4)}, NETWORK
    ),
    ("B.T4.sharp", 0): Witness(independently(INPUTS, SIGNS), {**SCHEME, vf.x0: (0, 1)}),
    ("B.T4.sharp", 1): Witness(
        independently(CIRCLE, uniform(vf.w, [(1, 0), (-1, 0)])),
        {**SCHEME, vf.z: (1, 0)},
        {"sign": lambda w, x: where(x[0] >= 1, 1, where(w[0] > 0, 1, -1))},
    ),
    ("B.T4.closed", 0): Witness(
        independently(INPUTS, uniform(vf.w, [(1, 0), (-1, 0)])),
        {vf.u: (2, 1), vf.q: 2},
        {"gate": lambda w, x: where(w[0] > 0, 1, 0)},
    ),
    ("B.T4.closed", 1): Witness(
        independently(LINE, WEIGHTS),
        UP,
        {"gate": lambda w, x: where(w[0] * x[0] > 0, 1, 0)},
        dimension=1,
    ),
    ("B.T4.closed", 2): Witness(
        independently(LINE, WEIGHTS),
        {**UP, vf.kappa: 1},
        {"sign": lambda w, x: where(w[0] * x[0] >= 0, 1, -1)},
        dimension=1,
    ),
    ("N.T4.loss", 0): losses(ell=lambda s, y: where(s >= y, s - y, y - s)),
    ("B.T4.smooth", 0): losses(ell=lambda s, y: (s - y) ** 2 / 2, dell=lambda s, y: s - y),
    ("B.T4.smooth", 1): losses(),
    **{("N.conc", part): kernels() for part in range(3)},
    **{("B.conc.relu", part): gates() for part in range(2)},
    ("B.conc.sharp", 0): Witness(
        independently(LINE, uniform(kc.y, [(1,), (-1,)]), WEIGHTS),
        {vf.q: 2, vf.d: 1},
        {"sign": lambda w, x: where(w[0] * x[0] >= 0, 1, -1)},
        dimension=1,
    ),
}  # fmt: skip


def side(w: Any, x: Any) -> Any:
    """A scalar feature of one size: the side of the input that a scalar weight lies on."""
    return where(w * x[0] > 0, 1, -1)


UNIT_SCHEME = {
    "psi": lambda w, x: (F(3, 5) * side(w, x), F(4, 5)),
    "fcheck": lambda w: (w, F(1, 2)),
    "g": lambda w: (w + 1, F(1, 2) + w),
    "s": side,
}
POINTS = {ks.x0: (1, 2), ks.z0: (-1, 1), ks.q: 2, ks.d: 2, ks.N: 2, ks.C: 1}
MIRRORED = uniform(po.x, [(1, 2), (-1, -2)])
WITNESSES |= {
    ("B.lower.zero", 0): Witness(independently(INPUTS, SIGNS), SCHEME, NETWORK),
    **{("B.T6.odd", part): Witness(
        MIRRORED,
        {po.a: (2, 1)},
        {"f": lambda v: v[0] ** 3, "h": lambda v: 2 * v[0] + v[1] + v[0] ** 2},
    ) for part in range(2)},
}  # fmt: skip
TWO_POINTS = {  # at 60°: H⁻¹e = b, H⁻¹(1, 1) = a
    ge.H: ((F(1, 2), F(1, 6)), (F(1, 6), F(1, 2))),
    ge.e: (1, 0),
    ge.f: (0, 1),
    ge.b: (F(9, 4), F(-3, 4)),
    ge.a: (F(3, 2), F(3, 2)),
    ge.y: (1, 1),
    ge.s: F(2, 3),
    ge.u: (0, 5),
    ge.least: F(1, 3),
}
PREDICTION = independently(uniform(ge.U, [-1, 0, F(1, 2), 2]), uniform(ge.Y, [-1, 1]))
WITNESSES |= {
    ("F.R5.1", 0): Witness(
        [(F(1), {})],
        {ge.H: ((1, 1), (1, 1)), ge.Z: ((1, 0), (1, 0)), ge.tk: 1, ge.b: (1, -1)},
    ),
    **{
        place: Witness([(F(1), {})], TWO_POINTS)
        for place in (
            ("F.R5.1", 1),
            ("B.E10.random", 0),
            *(("B.loo", part) for part in range(4)),
        )
    },
    ("B.online.generalization", 0): Witness(uniform(ge.D, [-1, 2]), {ge.M: 5}),
    ("B.online.generalization", 1): Witness(PREDICTION, {ge.M: 9}),
    ("F.T5.1", 0): Witness(
        [(F(1), {})],
        {
            ge.L_D: 4,
            ge.L_S: 1,
            ge.Rad: 1,
            ge.level: 1,
            ge.training: 1,
            ge.slack: F(1, 2),
            ge.wide: F(1, 4),
            ge.kinks: F(1, 8),
            ge.index: 2,
            ge.root: F(3, 2),
            ge.width: F(1, 2),
        },
    ),
    **{("F.C5.2", part): Witness(PREDICTION) for part in range(2)},
}
FLIPS, PLACES = uniform(ks.omega, [-1, 1]), uniform(ks.x, AXES)
WITNESSES |= {
    ("F.LE.1", 0): Witness(
        [(F(1), {})],
        {
            le.A: ((1, 0), (0, 0)),
            le.B: ((2, 1), (1, 1)),
            le.a: (1, 0),
            le.b: (1, -1),
            le.v: (1, 0),
        },
    ),
    ("B.LE.sup", 0): Witness(
        [(F(1), {})], {le.A: ((1, 1), (1, 1)), le.a: (1, 0), le.v: (1, 1), le.u: (2, 5)}
    ),
    ("B.LE.sup", 1): Witness([(F(1), {})], {le.A: ((1, 1), (1, 1)), le.a: (1, 0), le.v: (1, 1)}),
    ("F.T6.1", 0): Witness(
        [(F(1), {})],
        {
            le.Z: ((1, 0), (1, 1)),
            le.H: ((2, 1), (1, 2)),
            le.tk: F(1, 2),
            le.theta: (3, 0),
            le.b: (1, 1),
        },
    ),
    ("F.C6.2", 0): Witness(
        [(F(1), {})],
        {
            le.H: ((2, 1), (1, 2)),
            le.b1: (1, 0),
            le.y1: (2, 1),
            le.M1: 2,
            le.b2: (0, 1),
            le.y2: (1, 2),
            le.M2: F(3, 2),
        },
    ),
    ("B.F6.pythagoras", 0): Witness(
        [(F(1), {})],
        {
            le.H: ((2, 1), (1, 2)),
            le.Z1: ((1, 0), (0, 1)),
            le.Z2: ((1, 0), (1, 0)),
            le.t1: 1,
            le.t2: F(1, 2),
            le.theta1: (1, 1),
            le.theta2: (2, 1),
            le.b: (1, 1),
        },
    ),
    ("B.F6.online", 0): Witness(
        [(F(1), {})],
        {
            le.residual: (3, 0),
            le.psi: (F(1, 2), F(1, 2)),
            le.fresh: (F(1, 2), 0),
            le.step: 6,
        },
    ),
    ("N.T2", 0): Witness([(F(1), {})], {ks.v: (1, 2), ks.w: (3, 1)}),
    **{("N.RFS", part): Witness(FLIPS, POINTS, UNIT_SCHEME) for part in range(4)},
    ("N.RFS", 4): Witness(FLIPS, {ks.C: 1, ks.u0: (1, 2), ks.y0: (2, -1)}, NETWORK),
    ("N.C3", 0): Witness(FLIPS, POINTS, UNIT_SCHEME),
    ("N.C3", 1): Witness(independently(FLIPS, PLACES), POINTS, UNIT_SCHEME),
    ("B.C3.exact", 0): Witness(FLIPS, POINTS, UNIT_SCHEME),
    ("B.C3.exact", 1): Witness(FLIPS, POINTS, UNIT_SCHEME),
    ("B.C3.exact", 2): Witness(FLIPS, POINTS, {"a": lambda w: w / 2 + 1, "s": side}),
    ("B.C3.sharp", 0): Witness(
        FLIPS, POINTS, {"a": lambda w: 1, "s": side}
    ),
    ("B.C3.sharp", 1): Witness(
        independently(uniform(ks.phi, [0, 1]), FLIPS),
        POINTS,
        {"a": lambda v, w: where(v > 0, 1, w), "s": side},
    ),
}  # fmt: skip

# σ(t) = |t|, its slope, and the distance from its kink, for the one step of Part III.
MODULUS = {
    "sigma": lambda t: where(t >= 0, t, -t),
    "phi": lambda t: where(t >= 0, t, -t),
    "slope": lambda t: where(t >= 0, 1, -1),
    "gap": lambda t: where(t >= 0, t, -t),
}
NEURONS = [
    (F(1, 2), {mz.g: 3, mz.n: 1, mz.e: 1}),
    (F(1, 2), {mz.g: F(-1, 4), mz.n: -1, mz.e: -1}),
]
ONCE = [(F(1), {})]
EIGHTH = {mz.T: F(1, 8), mz.r: 1, mz.far: 1, mz.f: 1}
PAPER = {mz.L: 400, mz.s: 1, mz.T: F(1, 8), mz.q: 400**4, mz.d: 400**4, mz.m: 400**4}
WITNESSES |= {
    ("G.C12", 0): Witness(
        uniform(mz.xi, [-1, 2]), {mz.s: 1, mz.p: 2, mz.centre: 1}, MODULUS
    ),
    ("G.C12", 1): Witness(
        [(F(1, 2), {mz.a: 1, mz.radius: 2}), (F(1, 2), {mz.a: -1, mz.radius: 1})],
        {mz.k: 1, mz.centre: 1},
        MODULUS,
    ),
    ("G.C13", 0): Witness(NEURONS, {mz.b: 1, mz.s: 1, mz.B: 1}, MODULUS),
    ("G.C13", 1): Witness(
        ONCE,
        {
            mz.s: 1, mz.B: 1, mz.lam: 2, mz.rho_0: 1, mz.rho: 2, mz.b: F(1, 8), mz.b_1: F(1, 4),
            mz.theta: 2, mz.alpha: F(1, 4), mz.M: 2, mz.beta: F(1, 4), mz.S: F(1, 8),
            mz.nu: F(1, 4), mz.N: F(1, 8),
        },
    ),
    ("G.L7", 0): Witness(
        [(F(1, 2), {mz.Y: 3, mz.U: 1, mz.V: 2}), (F(1, 2), {mz.Y: -1, mz.U: -2, mz.V: 1})],
        {mz.low: 1, mz.high: F(3, 2), mz.d_1: F(1, 2), mz.d_2: F(1, 2)},
    ),
    ("B.memorize", 0): Witness(
        ONCE, {**EIGHTH, mz.z: F(1, 400), mz.b_T: F(1, 200), mz.c: F(3, 4), mz.t: 1}
    ),
    ("B.memorize", 1): Witness(
        ONCE, {**EIGHTH, mz.r: 0, mz.far: 0, mz.t: 1, mz.short: 1, mz.left: 1}
    ),
    ("B.memorize", 2): Witness(
        ONCE, {**EIGHTH, mz.x: F(1, 50), mz.y: F(1, 500), mz.two: F(7, 5)}
    ),
    ("B.memorize", 3): Witness(ONCE, {**EIGHTH, mz.six: F(12, 5)}),
    **{("G.T1", part): Witness(ONCE, PAPER) for part in range(3)},
}  # fmt: skip

# Two examples with the features (1, 0) and (0, 2), and H = I; then one ReLU neuron of two.
SOLVED = {
    ms.J: ((1, 0), (0, 2)), ms.A: ((1, 0), (0, 1)), ms.alpha: (3, 1), ms.beta: (3, 4),
    ms.labels: (3, 4), ms.least: F(1, 2),
}  # fmt: skip
WITNESSES |= {
    ("B.mem.width", 0): Witness(ONCE, SOLVED),
    ("B.mem.width", 1): Witness(ONCE, SOLVED),
    ("B.mem.antipodal", 0): Witness(
        [(F(1, 2), {ms.w: (1, 2), ms.b: 1}), (F(1, 2), {ms.w: (-3, 1), ms.b: -2})],
        {ms.x: (1, 1), ms.kappa: 1},
        {"sigma": lambda t: where(t >= 0, t, 0)},
    ),
}


def descent(**named: Any) -> Witness:
    """One step from 0 with one neuron: zeta numbers the example, and only the first one counts."""
    worlds = independently(
        LABELLED, SIGNS, uniform(sg.W, [-1, 1]), uniform(sg.tau, [0, 1]), uniform(sg.zeta, range(4))
    )
    functions = {
        "U": lambda w: (w, F(1, 2)),
        "Psi": gated,
        "V": lambda w, t: (0, 0),
        "far": lambda w: w * w + F(1, 4),
        "G": lambda w, t, z: times(-1 if z == 0 else 0, gated(w, (1, 0))),
    }
    half = {sg.eta: F(1, 2), sg.rho: F(1, 2), vf.beta: 1, vf.L: 1}
    return Witness(
        worlds, {**SCHEME, **half, vf.q: 1, sg.T: 1, sg.w: 1}, {**NETWORK, **functions, **named}
    )


def absolute(s: Any, y: Any) -> Any:
    return where(s >= y, s - y, y - s)


def side_of(s: Any, y: Any) -> Any:
    return where(s > y, 1, where(s < y, -1, 0))


ABSOLUTE = {"ell": absolute, "dell": side_of}
SQUARED = {"ell": lambda s, y: (s - y) ** 2 / 2, "dell": lambda s, y: s - y}
WITNESSES |= {
    ("Y.A3", 0): Witness(
        [(F(1), {})],
        {sg.root: 2, sg.q: 4, sg.a: (1, 2), sg.v: (4, 8), sg.P: (3, 1), sg.eta: 1, sg.delta: 2},
    ),
    ("Y.A3", 1): Witness(
        [(F(1), {})], {sg.root: 2, sg.q: 4, sg.a: (1, 2), sg.v: (4, 8), sg.P: (3, 1)}
    ),
    ("B.T5.regret", 0): Witness(
        [(F(1, 2), {sg.Y: (1, 2), sg.Gr: (0, 1)}), (F(1, 2), {sg.Y: (3, -1), sg.Gr: (2, 5)})],
        {sg.eta: F(1, 3)},
    ),
    ("B.T5.regret", 1): descent(**ABSOLUTE),
    ("B.T5.diagonal", 0): descent(**ABSOLUTE),
    ("Y.T9", 0): descent(**ABSOLUTE),
    ("Y.T9", 1): Witness(
        [(F(1), {})],
        {
            vf.L: 1, vf.R: 1, vf.C: 1, sg.M: 1, sg.eps: 2, sg.eta: 1, sg.T: 1, vf.q: 1, vf.d: 1,
        },
    ),
    ("B.T5.average", 0): Witness(uniform(vf.Z, [-1, 3]), {vf.y0: 1}, ABSOLUTE),
    ("B.T5.smooth", 0): descent(**SQUARED),
}  # fmt: skip

HALF = F(1, 2)
WITNESSES |= {
    ("Y.T8", 1): Witness(
        ONCE,
        {
            lz.k: 1, lz.beta: 1, lz.eta: 1, lz.C: 1, lz.L: 2, lz.e: HALF, lz.kappa: HALF,
            lz.a: F(3, 2), lz.b: 1, lz.c: 0,
            lz.psi: (1, 0), lz.phi: (1, HALF), lz.U: (1, 0), lz.V: (0, 0),
        },
    ),
    ("Y.T8", 2): Witness(
        [(HALF, {lz.A: 2, lz.F: 0, lz.J: 1}), (HALF, {lz.A: 1, lz.F: HALF, lz.J: 0})],
        {lz.L: 1, lz.M: F(3, 2), lz.e: HALF, lz.p: HALF},
    ),
    ("B.lazy.outputs", 0): Witness(
        ONCE, {lz.t: 1, lz.s: HALF, lz.s1: 1, lz.s2: 1, lz.u: 1, lz.B: 1, lz.xi: HALF}
    ),
    ("B.lazy.square", 0): Witness(
        ONCE,
        {
            lz.B: 1, lz.P_: 1, lz.Z_: 1, lz.r: 1, lz.s: HALF, lz.out: F(7, 3),
            lz.s2: 1, lz.s3: 1,
        },
    ),
    ("B.lazy.regret", 0): Witness(
        ONCE,
        {
            lz.g: 1, lz.L: 1, lz.h: HALF, lz.f: HALF, lz.K: 0, lz.m: 0, lz.e: HALF, lz.k: HALF,
            lz.phi: (1, 1), lz.U: (1, 0), lz.V: (0, 1),
        },
    ),
    ("B.lazy.regret", 1): Witness(
        ONCE,
        {
            lz.eta: 1, lz.L: 1, lz.C: 1, lz.K: 2, lz.m: 0, lz.e: HALF, lz.k: HALF,
            lz.G: (1, 0), lz.U: (1, 0), lz.V: (0, 0),
        },
    ),
    ("F.E11", 0): Witness(ONCE, {di.J: ((1, 0), (1, 1)), di.b: (1, 1), di.y: (2, 3), di.V: (2, 1)}),
    ("F.E11", 1): Witness(ONCE, {di.J: ((1, 0), (1, 1)), di.b: (1, 1), di.y: (2, 3)}),
    ("B.distance.finite", 0): Witness(
        ONCE,
        {
            di.eta: 1, di.lam: HALF, di.far: HALF,
            di.p: (1, 0), di.h: (HALF, 0), di.g: (F(3, 4), 0),
        },
    ),
    ("B.distance.finite", 1): Witness(
        ONCE,
        {
            di.mu: 1, di.k: 1, di.rho: 2, di.far: 1, di.s: 1,
            di.V: (2, 3), di.A: (1, 0), di.B: (0, 1),
        },
    ),
    ("B.distance.finite", 2): Witness(
        ONCE,
        {
            di.mu: 1, di.k: 1, di.rho: 2, di.far: 1, di.s: 1,
            di.V: (2, 3), di.A: (1, 0), di.B: (0, 1),
        },
    ),
    ("F.L5.3", 0): Witness(
        ONCE,
        {
            di.Eps: HALF, di.H: ((2, 1), (1, 2)), di.H0: ((2, 1), (1, 2)),
            di.b: (1, 0), di.b0: (1, 0), di.y: (2, 1),
        },
    ),
    ("F.L5.3", 1): Witness(
        ONCE, {di.rho: 1, di.Eps: HALF, di.c: HALF, di.l: 1, di.k: 1, di.far: HALF, di.s: HALF}
    ),
    ("B.rademacher.differences", 2): Witness(
        uniform(X, [-1, 1]), {di.K: F(1, 4), di.t: HALF}
    ),
    ("F.TB.1", 0): Witness(uniform(X, [-1, 1]), {di.n: 1, di.M: 0, di.t: HALF}),
    ("B.rademacher.linear", 0): Witness(uniform(di.Z, [(1, 0), (3, 4)]), {}),
    ("B.rademacher.linear", 1): Witness(uniform(di.Y, [1, 2]), {di.C: 2}),
}  # fmt: skip


# --- the declared sequents ---------------------------------------------------------------------


def sequent_of(id: str, part: int) -> Sequent:
    """The declared sequent, without a law that no finite space has."""
    declared: Sequent = statements.get(id).formal[part]
    kept = list(declared.hypotheses)
    if (id, part) in NO_FINITE_MODEL:
        kept = [h for h in kept if h.op != "normal"]
        assert len(kept) == len(declared.hypotheses) - 1
    if (id, part) in SIGNS_MEET_IT:
        kept.remove(bound_on_the_mgf(id, part))
    return Sequent(kept, declared.conclusion)


def bound_on_the_mgf(id: str, part: int) -> Term:
    """The one hypothesis that bounds a moment generating function."""
    (found,) = (h for h in statements.get(id).formal[part].hypotheses if h.op == "every")
    return found


def test_signs_meet_the_bounds_on_moment_generating_functions() -> None:
    mu = sp.Symbol("mu", real=True)
    claim = Enclosure(
        text="cosh μ ≤ exp(μ²/2); both sides are even",
        left=(sp.exp(mu) + sp.exp(-mu)) / 2,
        right=sp.exp(mu**2 / 2),
        box={mu: (0, sp.oo)},
        tight=({mu: 0},),
        tails=(Tail(mu, sp.oo, beyond=4, factor=sp.exp(-mu)),),
    )
    assert claim.decide().outcome is Outcome.PROVED
    for id, part in SIGNS_MEET_IT:
        hypothesis = bound_on_the_mgf(id, part)
        (bound,), witness = hypothesis.data, WITNESSES[id, part].numeric()
        left, right = hypothesis.args[0].args
        with mpmath.workdps(40):
            for at in (1, 2, 3):
                env = {bound: mpmath.mpf(at)}
                assert abs(witness.term(left, env) - mpmath.cosh(at)) < 1e-30
                assert mpmath.log(witness.term(right, env)) >= mpmath.mpf(at) ** 2 / 2


@pytest.mark.parametrize(("id", "part"), PARTS)
def test_hypotheses_can_be_met(id: str, part: int) -> None:
    """By the witness written down, or by one found at random; and there the claim is true."""
    sequent = sequent_of(id, part)
    model = WITNESSES.get((id, part)) or (
        Witness(uniform(X, [0]), {}) if (id, part) in MUST_BE_CONSTANT else search(sequent)
    )
    assert model is not None, f"{id}, part {part}: write down a witness of {sequent!r}"
    assert refuted(model, sequent) == []
    assert ((id, part) in MUST_BE_CONSTANT) == bool(constants(model, sequent))
    assert (id, part) in NO_FINITE_MODEL or not conclusion_fails(model, sequent)


def test_the_lists_speak_of_declared_parts() -> None:
    assert set(PARTS) >= {*WITNESSES, *MUST_BE_CONSTANT, *NO_FINITE_MODEL}


@pytest.mark.parametrize(("id", "part"), NO_FINITE_MODEL)
def test_what_no_finite_model_has_is_a_normal_law(id: str, part: int) -> None:
    hypotheses = statements.get(id).formal[part].hypotheses
    assert [h.op for h in hypotheses].count("normal") == 1


# --- vacuous ones are caught -------------------------------------------------------------------

u, z, x, N = vector("u", "d"), vector("z", "d"), vf.x, points("N", "d")
h = function("h")
VACUOUS: dict[str, tuple[Sequent, Witness]] = {
    "K is positive and negative": (
        Sequent((K > 0, K < 0), number(1) <= 0), Witness([(F(1), {})], {K: 1}),
    ),
    "a bounded quadratic form": (
        Sequent((every((u,), inner(u, u) <= K),), number(1) <= 0),
        Witness([(F(1), {})], {K: 10**9}),
    ),
    "a bound for all inputs, homogeneous on one side only": (
        Sequent((every((u,), abs(h(u)) <= inner(u, u) - 1),), number(1) <= 0),
        Witness([(F(1), {})], {}, {"h": lambda v: 0}),
    ),
    "a law that is too evenly spread": (
        Sequent(
            (eq(inner(x, x), 1), every((u,), E(inner(u, x) ** 2, x) <= inner(u, u) / 3)),
            number(1) <= 0,
        ),
        Witness(INPUTS, {}),
    ),
    "a ψ-norm below a mean": (
        Sequent((psi(2, X) <= 1, E(X) >= 1), number(1) <= 0), Witness(uniform(X, [1, 2]), {}),
    ),
    "a variable independent of itself": (
        Sequent((independent(X, Y), eq(X, Y), eq(E(X), 0), eq(E(X**2), 1)), number(1) <= 0),
        Witness([(F(1, 2), {X: 1, Y: 1}), (F(1, 2), {X: -1, Y: -1})], {}),
    ),
    "an exponential below its tangent": (
        Sequent((exp(K) <= K,), number(1) <= 0), Witness([(F(1), {})], {K: 1}),
    ),
    "a point off its sphere": (
        Sequent((member(z, sphere("d")), eq(inner(z, z), 2)), number(1) <= 0),
        Witness([(F(1), {})], {z: (1, 1)}),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", VACUOUS)
def test_vacuous_sequents_have_no_witness(name: str) -> None:
    sequent, attempt = VACUOUS[name]
    assert refuted(attempt, sequent)
    assert search(sequent, 100) is None


def test_a_witness_fails_without_its_values() -> None:
    """Each number of a witness matters to some hypothesis: the smaller constants are refused."""
    sequent = sequent_of("N.T4", 0)
    law = independently(INPUTS, SIGNS)
    for changed in ({vf.R: F(99, 100)}, {vf.C: F(99, 100)}, {vf.d: 3}):
        assert len(refuted(Witness(law, {**SCHEME, **changed}, NETWORK), sequent)) == 1
    skew = {**NETWORK, "psi": lambda w, v: times(on(w, v), (v[1], v[0]))}
    assert len(refuted(Witness(law, SCHEME, skew), sequent)) == 1
    slow = losses(ell=lambda s, y: where(s >= y, s - y, y - s), dell=lambda s, y: 0)
    assert len(refuted(slow, sequent_of("B.T4.smooth", 0))) == 1


def test_a_net_is_as_fine_as_its_points_allow() -> None:
    """The four axes come within √(2 − √2) = 0.765… of every point of the circle."""
    axes = Witness([(F(1), {})], {N: list(AXES)})
    assert axes.holds(is_net(N, F(766, 1000)))
    assert not axes.holds(is_net(N, F(765, 1000)))


@pytest.mark.parametrize(("id", "part"), PARTS)
def test_arithmetic_finds_no_contradiction(id: str, part: int) -> None:
    hypotheses: tuple[Term, ...] = statements.get(id).formal[part].hypotheses
    with pytest.raises(Refused):
        rules.arith(fixed("unheard_of") <= 0, [assume(h) for h in hypotheses])


def test_arithmetic_does_find_one() -> None:
    assert rules.arith(fixed("unheard_of") <= 0, [assume(K > L), assume(L > K)])


ONE, ZERO = ((1, 0), (0, 1)), ((0, 0), (0, 0))
HALF = ((F(1, 2), 0), (0, F(1, 2)))
WITNESSES |= {
    ("B.secant", 0): Witness(
        [(F(1), {})],
        {
            li.S: HALF, li.J: ONE, li.eta: F(1, 2), li.e: (4, 0), li.move: (2, 0),
            li.after: (3, 0), li.v: (1, 5),
        },
    ),
    ("B.linear.deterministic", 0): Witness(
        [(F(1), {})],
        {
            li.M: HALF, li.D: HALF, li.a: F(1, 2), li.f: F(1, 2), li.n: 2, li.L: F(1, 4),
            li.R: F(3, 4), li.e: (1, 0), li.d: (0, 1),
        },
    ),
    ("F.LC.1", 0): Witness(
        [(F(1), {})], {li.X: ONE, li.A: ((1, 0), (0, 0)), li.norm_x: 1, li.e: (2, 3)}
    ),
    ("B.linear.tracking", 0): Witness(
        [(F(1), {})], {li.Q: HALF, li.h: F(1, 2), li.v: (2, 3)}
    ),
    ("B.linear.tracking", 1): Witness(
        [(F(1), {})],
        {li.D: ((F(1, 4), 0), (0, F(-1, 4))), li.P: HALF, li.eps: F(1, 2), li.v: (1, 2),
         li.d: (3, -1)},
    ),
}  # fmt: skip
