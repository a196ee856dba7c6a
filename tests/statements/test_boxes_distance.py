"""The formulas in the boxes of the chapter on distance, against the library and the kernel."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import pytest
import sympy as sp
import torch
from reading import between, value

from memorize import distance, rademacher, statements
from memorize.kernel import rules, terms
from memorize.statements import distance as st


def declared(id: str, **values: float) -> float:
    """The declared bound of ``id``."""
    bound = statements.get(id).bound
    assert bound is not None
    return float(bound.evaluate(**values).value)


def number(term: Any, values: Mapping[str, float]) -> float:
    """A kernel term of fixed variables, at these values."""
    symbols = {name: sp.Symbol(name) for name in values}
    found = rules._sympy(term, symbols)
    return float(sp.sympify(found).subs({symbols[n]: sp.Float(v, 30) for n, v in values.items()}))


# How far the weights move

SIZES = {"least": 0.3, "top": 40.0, "norm": 7.0, "tau": 2.0, "eps": 0.25, "delta": 0.1}
LETTERS = {
    **{r"\|X\|": math.sqrt(40.0), r"\|y\|": 7.0, r"\|G\|": 40.0, r"\lambda_m": 0.3},
    **{r"\varepsilon": 0.25, r"\delta": 0.1, r"\tau": 2.0, "m": 60.0, "q": 1e7},
}


def test_the_radius_the_share_and_the_remainder() -> None:
    found = distance.travel(60, 10**7, price=500.0, **SIZES)
    lam = value(between("F.L5.3", r"$\lambda=", "$"), LETTERS)
    at = LETTERS | {r"\lambda": lam}
    r = value(between("F.L5.3", r"$$r=", r",\qquad"), at)
    assert r == pytest.approx(found.row)
    share = value(between("F.L5.3", r"\bar s=", ".$$"), at | {"r": r})
    assert share == pytest.approx(found.share)
    rest = value(between("F.L5.3", r"\Delta=", ".$$"), at)
    assert rest == pytest.approx(found.remainder)
    total = value(
        between("F.L5.3", r"\|W^{(t)}-W^{(0)}\|_{\mathrm F}\le", "$."),
        at | {r"y^\top H^{-1}y": 500.0, r"\Delta": rest},
    )
    assert total == pytest.approx(found.total)
    assert total == pytest.approx(declared("F.L5.3", price=500, norm=7, least=0.3, eps=0.25))


@pytest.mark.parametrize("tau", [2.0, 1e9])
def test_the_width(tau: float) -> None:
    """At the least admitted width one of the two conditions of the box is an equality."""
    sizes = SIZES | {"tau": tau}
    q = distance.width(60, **sizes)
    found = distance.travel(60, q, price=1.0, **sizes)
    at = LETTERS | {"q": float(q), r"\bar s": found.share, r"\lambda": 0.225}
    gram = value(between("F.L5.3", r"$$q\ge", r"\qquad\text{and}"), at)
    left, right = between("F.L5.3", r"\text{and}\qquad", ",$$").split(r"\le")
    near, room = value(left, at), value(right, at)
    assert q >= gram * (1 - 1e-9)
    assert near <= room * (1 + 1e-9)
    assert q == pytest.approx(gram, rel=1e-4) or near == pytest.approx(room)


@pytest.mark.parametrize(("lam", "t"), [(4.0, 2.0), (4.0, 900.0), (1e-3, 900.0)])
def test_the_remainder_at_every_time(lam: float, t: float) -> None:
    eta, F, S, rho = 0.1, 0.0005, 0.25, 3.0
    theta = distance.path(eta, t, lam - F)
    at = {r"\rho_0": rho, r"\Theta_t": theta, "F": F, "S": S, r"\lambda": lam, r"\eta": eta, "t": t}
    box = between("B.distance.finite", r"\|_{\mathrm F}\le\rho_0", ",$$").replace(r"\{", "(")
    told = value(r"\rho_0" + box.replace(r"\}", ")"), at)
    found = distance.remainder(rho, eta, int(t), least=lam, F=F, near=S)
    assert told == pytest.approx(found)
    last = value(between("B.distance.finite", r"$\Theta_\infty=", "$"), {r"\lambda": 4.0, "F": 1.0})
    assert last == pytest.approx(distance.path(eta, math.inf, 3.0))


# Complexity

CLASS = {"m": 50.0, "q": 200.0, "q_0": 100.0, "r": 0.3, r"r_{\mathrm F}": 5.0, r"\tau": 2.0}
AT = CLASS | {r"\delta": 0.02}


def test_the_class_around_the_start() -> None:
    found = rademacher.class_bound(50, 200, 0.3, 5.0, 2.0, 0.02, rows=100)
    linear = value(between("F.L5.4", r"\le{}&", r"\\"), AT)
    kinks = value(between("F.L5.4", "\\\\\n&+", r".\end"), AT)
    assert linear == pytest.approx(found.linear)
    assert kinks == pytest.approx(found.kinks)
    told = declared("F.L5.4", m=50, q=200, q0=100, r=0.3, rF=5, tau=2, delta=0.02)
    assert told == pytest.approx(found.total)


def test_the_printed_class_bound_is_larger() -> None:
    printed = rademacher.printed_class_bound(50, 200, 0.3, 5.0, 2.0, 0.02)
    ours = rademacher.class_bound(50, 200, 0.3, 5.0, 2.0, 0.02)
    assert ours.linear < printed.linear
    first, root = statements.get("F.L5.4").changed.split("the factors $")[1].split("$ and $")[:2]
    assert float(first) == pytest.approx(0.5 / math.sqrt(2 * math.pi), abs=5e-5)
    assert float(root.split("$")[0]) == pytest.approx(1 / math.sqrt(8), abs=5e-4)
    # The linear parts meet at ln(2/δ) = 8q.
    for log, less in ((15.9, True), (16.1, False)):
        shape = (1, 2, 0.0, 1.0, 1.0, 2 * math.exp(-log))
        small, large = rademacher.class_bound(*shape), rademacher.printed_class_bound(*shape)
        assert (small.linear < large.linear) == less
    assert r"\ln(2/\delta)>8q" in statements.get("F.L5.4").changed
    log = math.log(100)
    again = float(first) * 0.09 / 2 * math.sqrt(200) + 0.3536 * 0.3 * math.sqrt(log)
    assert ours.kinks == pytest.approx(again, rel=1e-3)
    assert printed.kinks == pytest.approx(0.09 * math.sqrt(200) + 0.3 * math.sqrt(2 * log))


def test_the_deterministic_bound() -> None:
    """One neuron, one example: z = −0.1, and J = 0."""
    weights, x = torch.tensor([[-0.1]]).double(), torch.ones(1, 1).double()
    found = rademacher.class_bound_at(weights, x, 0.15, 2.0)
    front = value(between("F.L5.4", "\\|J\\|_{\\mathrm F}\n+", r"\sum_{i,j}"), {"m": 1.0, "q": 1.0})
    assert found.total == pytest.approx(front * 0.05)
    at = {"m": 5.0, r"r_{\mathrm F}": 2.0, r"\|J\|_{\mathrm F}": math.sqrt(5.0)}
    box = between("F.L5.4", "At every start $W^{(0)}$\n$$", "\n+").split(r"\le", 1)[1]
    free = rademacher.class_bound_at(torch.ones(1, 1).double(), torch.ones(5, 1).double(), 0.1, 2.0)
    assert value(box, at) == pytest.approx(free.total)


def test_the_kinks_by_contraction() -> None:
    told = value(between("B.rademacher.kinks", "by\n$$r\\,", " .$$"), AT)
    found = rademacher.contracted_kinks(50, 200, 0.3, 2.0, 0.02, rows=100)
    assert 0.3 * told == pytest.approx(found)
    front = value(between("B.rademacher.kinks", "replaced by\n$$", r"\sum_i"), AT)
    crowded = torch.ones(50, 1).double()
    weights = torch.full((200, 1), -0.1).double()  # all n_i = 50; the triangles give more
    low = rademacher.class_bound_at(weights, crowded, 3.0, 1.0).kinks
    assert low == pytest.approx(front / 0.3 * 3.0 * 200 * math.sqrt(50))


def test_generalisation() -> None:
    at = {"L": 2.0, "m": 300.0, r"\delta": 0.02}
    letter = {r"\mathrm{Rad}_S(\mathcal F)": 0.1}
    told = value(between("F.TB.1", "\\bigr)\\le\n", " .$$"), at | letter)
    assert told == pytest.approx(rademacher.generalization_bound(0.1, 300, 0.02, 2.0))
    assert told == pytest.approx(declared("F.TB.1", Rad=0.1, L=2, m=300, delta=0.02))


def test_the_ball() -> None:
    H = torch.tensor([[2.0, 1.0, 0.5], [1.0, 3.0, -1.0], [0.5, -1.0, 1.0]]).double()
    kappa = 2 * (1 + 0.25 + 1) / 36
    at = {r"\operatorname{tr}H_0": 6.0, r"\kappa": kappa, r"r_{\mathrm F}": 1.5, "m": 3.0}
    low = value(between("B.rademacher.linear", ",\\qquad\n", "\\le\n"), at)
    high = value(between("B.rademacher.linear", r"\epsilon^\top H_0\epsilon}\le", ",$$"), at)
    found = rademacher.linear_bounds(H, 1.5)
    assert found == pytest.approx((0.5 * low, 0.5 * high))


# What the kernel proves


def test_the_constants_of_one_example() -> None:
    told = value(
        between("B.rademacher.differences", "\\mathcal G)$ changes by at most $", "$, and"),
        {"m": 1.0},
    )
    assert told == float(st.HALF)
    gap = value(between("B.rademacher.differences", "\\bigr)$ by at most $", "$."), {"m": 1.0})
    # F.TB.1 adds this to twice the other number; the sum of the squares is 2 GAP/m.
    assert (gap + 2 * told) ** 2 == 2 * st.GAP
    above = statements.get("B.rademacher.differences").formal[1].conclusion.args[1]
    assert above == terms.maximum(st.a1, st.a2) + terms.number(st.HALF)


def test_the_tails_in_the_kernel() -> None:
    """c_j = 2/m for all j: 1/K = 4/m, and the tail of the gap is that of bounded differences."""
    tail = statements.get("B.rademacher.differences").formal[2].conclusion.args[1]
    gap = statements.get("F.TB.1").formal[0].conclusion.args[1]
    at = {"m": 300.0, "t": 0.1, "K": 75.0}
    assert number(tail, at) == pytest.approx(number(gap, at))
    box = between("B.rademacher.differences", r"+t)\le e^{", "}$ for")
    told = math.exp(value(box, {"t": 0.1, r"\sum_jc_j^2": 4 / 300}))
    assert told == pytest.approx(number(tail, at))
    delta = number(gap, at)
    assert rademacher.generalization_bound(0.0, 300, delta) == pytest.approx(0.1)


def test_the_remainder_in_the_kernel() -> None:
    """With k, l, c the roots of λ, λ and ε/2 it is Δ."""
    right = statements.get("F.L5.3").formal[1].conclusion.args[1]
    at = {"rho": 7.0, "eps": 0.25, "c": math.sqrt(0.125), "l": math.sqrt(0.225)}
    found = distance.travel(60, 100, price=1.0, **SIZES)
    assert number(right, at) == pytest.approx(found.remainder)
    parts = statements.get("B.distance.finite").formal
    assert parts[1].hypotheses == parts[2].hypotheses
    for whole in (part.conclusion.args[1] for part in parts[1:]):
        at = {"rho": 3.0, "mu": 3.0, "E": 1.0, "k": 2.0, "s": 0.5}
        told = distance.remainder(3.0, 0.1, math.inf, least=4.0, F=1.0, near=0.25)
        assert number(whole, at) == pytest.approx(told)
        early = {"mu": 1 / distance.path(0.1, 2, 3.0), "k": 1 / math.sqrt(0.2)}
        told = distance.remainder(3.0, 0.1, 2, least=4.0, F=1.0, near=0.25)
        assert number(whole, at | early) == pytest.approx(told)


# Ranges and constants that no bound's function carries


def test_the_ranges_of_the_step_size() -> None:
    """1/λ_max for the network (`path` refuses more), 2/λ_max for the linear sequence (the loop)."""
    most = value(between("F.L5.3", r"every $\eta\le", "$:"), {r"\|G\|": 4.0})
    assert distance.path(most, 3, 4.0) == pytest.approx(0.25)
    with pytest.raises(ValueError, match="smaller eta"):
        distance.path(1.05 * most, 3, 4.0)
    assert r"$\eta\le1/\lambda_{\max}(H_0)$" in statements.get("B.distance.finite").hypotheses
    top = {r"\lambda_{\max}(H_0)": 4.0}
    below = value(between("F.E11", r"$0<\eta<", "$, then"), top)
    assert below == value(between("F.E11", r"$\eta\ge", "$, it has"), top)
    assert abs(1 - 0.99 * below * 4) < 1 == abs(1 - below * 4)


def test_the_other_hypotheses() -> None:
    half = value(between("F.L5.3", r"\varepsilon\in(0,", "]$"), {})
    assert distance.travel(60, 100, price=1.0, **SIZES | {"eps": half}).row > 0
    with pytest.raises(ValueError, match="eps"):
        distance.travel(60, 100, price=1.0, **SIZES | {"eps": 1.01 * half})
    left, right = between("B.distance.finite", "be such that\n$", "$. Then").split(r"\le ")
    assert (left, right) == (r"\|X\|\rho_0\Theta_T", r"r\sqrt q")
    added = value(between("F.L5.3", "and add\n$", "$ in item 3"), {r"\zeta": 3.0, r"\lambda": 4.0})
    assert added == pytest.approx(3 / math.sqrt(4))  # √(vᵀH₀⁻¹v) for ‖v‖ = 3, H₀ = 4I


def test_the_constants_of_the_rules() -> None:
    assert between("B.rademacher.contraction", "\\le\n", r"\;\mathbb E") == "L"
    factor = between("F.DB.1", r"\mathrm{Rad}_S(c\,\mathcal F)=", r"\,\mathrm{Rad}")
    assert value(factor.replace("|", ""), {"c": 2.0}) == 2
    assert factor == "|c|"  # Rad is never negative
    kappa = between("B.rademacher.linear", r"$\kappa=", r"\le1-")
    assert kappa == r"\sum_{j\ne l}(H_0)_{jl}^2/(\operatorname{tr}H_0)^2"
    most = value(between("B.rademacher.linear", r"H_0)^2\le", "$. If"), {"m": 5.0})
    assert most == pytest.approx((25 - 5) / 25)  # attained by the matrix of ones
    excess = statements.get("F.L5.4").formal[1].conclusion.args[1]
    assert excess == terms.maximum(st.r - abs(st.z), 0)
