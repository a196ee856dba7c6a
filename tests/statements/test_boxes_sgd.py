"""The formulas in the boxes of Part IV, against the library and the declared bounds."""

from __future__ import annotations

import math
from collections.abc import Mapping
from fractions import Fraction
from itertools import product
from typing import Any

import numpy as np
import pytest
import sympy as sp
import torch
from reading import between, value
from scipy import stats

from memorize import constructions, interpolation, lazy, regret, statements
from memorize.activations import RELU
from memorize.concentration import chernoff_width
from memorize.distributions import normalised
from memorize.kernel import rules
from memorize.kernels import hidden_kernel
from memorize.statements import memorization_by_sgd as memory


def declared(id: str, **values: float) -> float:
    """The declared bound of ``id``."""
    bound = statements.get(id).bound
    assert bound is not None
    return float(bound.evaluate(**values).value)


def trivial(id: str, **values: float) -> float:
    """What the declared bound of ``id`` says is known without it."""
    bound = statements.get(id).bound
    assert bound is not None
    return float(bound.evaluate(**values).trivial)


# Chapter: lazy_limit

RUN = lazy.Training(
    pairs=3, eta=0.1, steps=5, batch=2, lipschitz=2.0, smoothness=0.25, slope=1.5, bend=0.5,
    third=4.0, kinks=2,
)  # fmt: skip
B = 10.0
LAZY = {
    **{"q": 3.0, r"\eta": 0.1, "T": 5.0, "b": 2.0, "L": 2.0, r"\beta": 0.25, "B": B},
    **{"s_1": 1.5, "s_2": 0.5, "s_3": 4.0, "r": 2.0},
    **{r"\alpha": RUN.alpha, r"\chi": RUN.chi, r"\varepsilon": 0.2},
}


@pytest.mark.parametrize("id", ["Y.T8", "B.lazy.square"])
def test_alpha_and_chi(id: str) -> None:
    assert value(between(id, r"$\alpha=", r"$ and $\chi="), LAZY) == pytest.approx(RUN.alpha)
    assert value(between(id, r"$ and $\chi=", "$"), LAZY) == pytest.approx(RUN.chi)
    assert r"\chi\le1" in statements.get(id).text
    at_the_edge = lazy.Training(pairs=4, eta=0.25, steps=1, smoothness=1.0, bend=1.0)
    assert at_the_edge.chi == 1


def test_the_parts_of_theorem_8() -> None:
    error = value(between("Y.T8", r"\displaystyle|h-f|\le", "$;"), LAZY)
    assert error == pytest.approx(RUN.error(B))
    chance = value(between("Y.T8", r"\Pr(\text{crossing})\le", "$;"), LAZY)
    assert chance == pytest.approx(RUN.crossing(B))
    enough = value(between("Y.T8", r"{aligned}B\ge", r".\end"), LAZY)
    assert enough == pytest.approx(RUN.enough(0.2))
    found = declared("Y.T8", q=3, T=5, b=2, eta=0.1, B=enough, L=2, beta=0.25, s1=1.5, s2=0.5, r=2)
    assert found == pytest.approx(0.2)


def test_what_is_known_of_the_losses_without_theorem_8() -> None:
    """C bounds the gradient of an output, and ηLC the step: no output is above ηLC²T."""
    C = value(between("B.lazy.regret", "Put $C=", "$"), LAZY)
    known = trivial("Y.T8", q=3, T=5, b=2, eta=0.1, B=B, L=2, beta=0.25, s1=1.5, s2=0.5, r=2)
    assert known == pytest.approx(2 * (2 * 0.1 * 2 * C**2 * 5))


def test_the_gap_that_a_kink_leaves() -> None:
    """One input, labels 0 and ±7 with equal chances, four steps; in fractions, as B grows."""
    eta, w, total = Fraction(1, 4), Fraction(1, 2), Fraction(0)
    for labels in product((-7, 0, 7), repeat=3):
        both = lazy.twins(
            lazy.rational, lazy.rational_slope, lambda h, y: Fraction((h > y) - (h < y)), [[w]],
            [([Fraction(1)], Fraction(y)) for y in labels], [Fraction(1)], eta=eta,
            B=Fraction(10**4),
        )  # fmt: skip
        # On |ŷ| ≤ 7 the expected loss is (14 + |ŷ|)/3.
        total += sum(abs(h) - abs(f) for h, f in zip(both.network, both.tangent, strict=True)) / 3
    gap = total / 27 / 4
    text = statements.get("Y.T8").counterexample.partition("tends to $")[2]
    found = value(text.partition("$")[0], {
        r"\eta": float(eta), r"\mathbb E\,\sigma'(g)^2": float(lazy.rational_slope(w)) ** 2,
    })  # fmt: skip
    assert float(gap) == pytest.approx(found, rel=1e-4)


def test_the_largest_output_at_the_start() -> None:
    """The box's level fails for one of n normal variables with probability n exp(−z²/2) = δ."""
    at = LAZY | {r"\delta": 0.01, r"|\sigma(0)|": 0.0}
    level = value(between("B.lazy.outputs", r"$O\le", "$"), at)
    inputs = 5 * 2 + 1  # T batches of b, and the further input
    assert 3 * inputs * math.exp(-((level / 1.5) ** 2) / 2) == pytest.approx(0.01)


def test_how_far_the_rows_move_with_the_output_weights() -> None:
    """At Ξ = 1 the curved part of the bound grows by the square of what a row's movement does."""
    curved = between("B.lazy.outputs", r"$$|h-f|\le", r"\Bigl(1+")
    plain = between("Y.T8", r"\displaystyle|h-f|\le", r"\Bigl(1+")
    times = math.sqrt(value(curved, LAZY | {r"\Xi": 1.0}) / value(plain, LAZY))
    told = between("B.lazy.outputs", r"$\Xi\le1$ is at most ", " the bound in Theorem 8 (b)")
    assert {"twice": 2.0}[told] == pytest.approx(times)


def test_the_output_weights() -> None:
    level = value(between("B.lazy.outputs", r"\bar O=", r",\qquad"), LAZY | {"O": 0.7})
    xi = value(between("B.lazy.outputs", r"\Xi=", ".$$"), LAZY | {r"\bar O": level})
    at = LAZY | {r"\bar{O}": level, r"\Xi": xi}
    box = between("B.lazy.outputs", r"$$|h-f|\le", ".$$").replace(r"\bar O", r"\bar{O}")
    told = value(box, at)
    assert told == pytest.approx(RUN.outputs(B, 0.7))
    assert r"If $\Xi\le1$" in statements.get("B.lazy.outputs").text


def test_xi_may_be_one_and_no_more() -> None:
    run = lazy.Training(pairs=1, eta=1.0, steps=1, smoothness=0.0)
    edge = 1.0  # Ξ = (O + 2/B)/B³ is 1 at B = 2 for O = 7
    assert (7 + 2 / 2) / 2**3 == edge
    assert run.outputs(2.0, 7.0) == pytest.approx(2 * 64 / 4 + 8 / 8)
    with pytest.raises(ValueError, match="take a larger B"):
        run.outputs(2.0, 7.001)


def test_the_error_of_second_order() -> None:
    told = value(between("B.lazy.square", "steps\n$$|h-f|\\le", ".$$"), LAZY)
    assert told == pytest.approx(RUN.cancelled(B))
    first = value(between("B.lazy.square", r"After one step $|h-f|\le", "$"), LAZY)
    assert first == pytest.approx(RUN.first_step(B))


def test_the_regret_of_a_lazy_run() -> None:
    C = value(between("B.lazy.regret", "Put $C=", "$"), LAZY)
    far = value(between("B.lazy.regret", r"r_{\mathrm F}=", "$."), LAZY | {"C": C})
    at = LAZY | {"C": C, r"r_{\mathrm F}": far, r"\lVert V\rVert_{\mathrm F}": 4.0}
    inside = value(between("B.lazy.regret", r"\mathbb E\Bigl[", r"\Bigr]+"), at)
    noise = value(between("B.lazy.regret", r"\Bigr]+", ".$$"), at)
    assert inside + noise == pytest.approx(RUN.regret(B, 4.0))


# Chapter: sgd_on_features

FEATURES: dict[str, Any] = {"M": 3.0, "C": 1.5, "R": 2.0, "L": 0.7}
AT = FEATURES | {"d": 20.0, "q": 30.0, "T": 50.0, r"\eta": 0.125, r"\beta": 0.25, r"\rho": 0.4}


def test_the_terms_of_theorem_9() -> None:
    found = regret.excess(20, 30, 50, 0.125, **FEATURES)
    box = between("Y.T9", "(h)\\le\\mathcal L_{\\mathcal D}(f)\n+", " .$$")
    parts = [value(part, AT) for part in box.split("+")]
    assert parts == pytest.approx([found.features, found.distance, found.noise])


@pytest.mark.parametrize(("id", "accuracy"), [("Y.T9", r"\varepsilon"), ("N.T5", r"\varepsilon_1")])
def test_the_sizes(id: str, accuracy: str) -> None:
    sizes = regret.sizes(0.3, 20, **FEATURES)
    at = AT | {accuracy: 0.3, "T": float(sizes.T), "q": float(sizes.q)}
    assert math.ceil(value(between(id, r"q&=\Bigl\lceil", r"\Bigr\rceil"), at)) == sizes.q
    assert math.ceil(value(between(id, r"T&=\Bigl\lceil", r"\Bigr\rceil"), at)) == sizes.T
    if id == "Y.T9":
        assert value(between(id, r"\eta=", r"\end"), at) == pytest.approx(sizes.eta)
        ours = between(id, r"the same at the step size $", "$")
        assert value(ours, at | {r"\eta": sizes.eta}) == pytest.approx(sizes.eta / (2 * sizes.q))
    else:
        step = value(between(id, r"\eta_2=", r".\end"), at)
        assert regret.feature_step_size(step, sizes.q) == pytest.approx(sizes.eta)


def test_the_sizes_of_theorem_7() -> None:
    """Twice the accuracy of what training alone leaves: LCM/√T ≤ ε − ε₀."""
    at = AT | {r"\varepsilon": 0.5, r"\varepsilon_0": 0.2}
    T = value(between("Y.T7", r"$T=\lceil", r"\rceil"), at)
    assert declared("Y.T7", T=math.ceil(T), C=1.5, M=3, L=0.7) <= 0.3
    assert declared("Y.T7", T=math.floor(T), C=1.5, M=3, L=0.7) > 0.3
    eta = value(between("Y.T7", r"$\eta_2=", "$"), at)
    best = regret.step_size(3.0, 1.5, 0.7, 50)
    assert regret.feature_step_size(eta, 30) == pytest.approx(best)
    both = "$\\eta_3=2q\\,\\eta_2$"
    assert both in statements.get("Y.A3").text
    assert value(r"2q\,\eta_2", {"q": 30.0, r"\eta_2": eta}) == pytest.approx(best)


def test_what_training_loses_at_given_weights() -> None:
    at = AT | {r"\|u\|": 3.0, r"\mathbb E_x\|\Psi(x)\|^2": 0.5}
    box = between("B.T5.regret", "\\langle u,\\Psi\\rangle\\bigr)\n+", " ,$$")
    terms = regret.convergence(3.0, 0.5, 0.7, 0.125, 50)
    assert [value(part, at) for part in box.split("+")] == pytest.approx(terms)
    at = {r"\|u\|": 3.0, r"\|V^{(T+1)}-u\|": 2.0, r"\eta": 0.5, "T": 1.0}
    at |= {r"\mathbb E_t\|g^{(t)}\|^2": 1.0}  # in one dimension: u = 3, V = 0, so g = −2, V' = 1
    square = value(
        between("B.T5.regret", "-u\\rangle\n=", " .$$"), at | {r"\mathbb E_t\|g^{(t)}\|^2": 4.0}
    )
    assert square == pytest.approx(-2 * (0 - 3))


def test_the_diagonal() -> None:
    at = AT | {r"\kappa": 0.5}
    eta = value(between("B.T5.diagonal", r"$\eta=", "$"), at)
    told = value(between("B.T5.diagonal", "last two terms are $", "$"), at)
    assert sum(regret.convergence(3.0, 0.5, 0.7, eta, 50)) == pytest.approx(told)
    assert regret.sizes(0.3, 20, **FEATURES, kappa=0.5).eta == pytest.approx(
        value(between("B.T5.diagonal", r"$\eta=", "$"), at | {"T": 98.0})
    )
    assert r"for ReLU $\frac12$" in statements.get("B.T5.diagonal").text
    with_relu = regret.sizes(0.01, 20, M=3.0, C=1.0, kappa=0.5).T
    told = between("B.T5.diagonal", r"$LM\sqrt{\kappa/T}$, and ", " of the steps do")
    assert with_relu == pytest.approx({"half": 0.5}[told] * regret.sizes(0.01, 20, M=3.0, C=1.0).T)


def test_smooth_losses() -> None:
    found = regret.smooth_excess(20, 30, 50, 0.4, M=3.0, C=1.5, R=2.0, beta=0.25, best=0.1)
    at = AT | {r"\mathcal L_{\mathcal D}(f)": 0.1, r"\eta": 0.4 / (0.25 * 1.5**2)}
    assert value(between("B.T5.smooth", r"If $\rho=", "<1$"), at) == pytest.approx(0.4)
    told = value(r"\frac1" + between("B.T5.smooth", r"(h)\le\frac1", ",$$"), at)
    assert told == pytest.approx(0.1 + found.total)
    last = value(between("B.T5.smooth", "last term is $", "$"), at)
    assert last == pytest.approx(found.distance)
    values = {"d": 20, "q": 30, "T": 50, "M": 3, "C": 1.5, "R": 2, "beta": 0.25, "rho": 0.4}
    bare = regret.smooth_excess(20, 30, 50, 0.4, M=3.0, C=1.5, R=2.0, beta=0.25)
    assert declared("B.T5.smooth", **values) == pytest.approx(bare.total)
    assert trivial("B.T5.smooth", **values) == pytest.approx(  # training for one step
        value(between("B.T5.smooth", "last term is $", "$"), at | {"T": 1.0})
    )
    sizes = regret.smooth_sizes(0.01, 20, M=3.0, C=1.5, R=2.0, beta=0.25)
    at |= {r"\varepsilon": 0.01, r"\rho": 0.5}
    assert math.ceil(value(between("B.T5.smooth", r"$q=\lceil", r"\rceil"), at)) == sizes.q
    assert math.ceil(value(between("B.T5.smooth", r"$T=\lceil", r"\rceil"), at)) == sizes.T
    half = value(between("B.T5.smooth", "then\n$\\rho=", "$"), {})
    assert sizes.eta == pytest.approx(half / (0.25 * 1.5**2))


def test_what_is_known_without_theorems_7_and_9() -> None:
    """The loss of 0, as |f| ≤ CM; and q for inputs on one line, R = √d, where nothing is saved."""
    size: dict[str, float] = {"C": 1.5, "M": 3, "L": 0.7}
    known = declared("Y.T7", T=1, **size)  # a single step is no better
    assert trivial("Y.T7", T=50, **size) == pytest.approx(known)
    assert trivial("Y.T9", d=20, q=30, T=50, R=2, **size) == pytest.approx(known)
    assert trivial("N.T5", d=16, R=2, eps=0.1, **size) == declared(
        "N.T5", d=16, R=4, eps=0.1, **size
    )


def test_the_examples_against_smaller_constants() -> None:
    eta, k = 0.125, 2
    M = value(between("B.T5.sharp", "=M=", "$"), AT | {"k": 2.0})
    told = value(between("B.T5.sharp", "(h)\n=", ".$$"), AT | {"M": M})
    assert told == pytest.approx(regret.oscillation(k, 50, eta, 0.7, 1.5))
    box = between("B.T5.factor", r"(h)\ge", ".$$")
    assert value(box, {"q": 5.0, "d": 20.0}) == pytest.approx(regret.scalar_floor(20, 5))
    norm = value(between("B.T5.factor", r"\|f\|_k\le M=", "$"), {"d": 20.0})
    needed = value(between("B.T5.factor", r"would be $\lceil", r"\rceil"), {r"\varepsilon": 0.3})
    assert regret.sizes(0.3, 20, M=norm, C=1.0).q == math.ceil(needed)
    edge = value(between("B.T5.factor", r"$\varepsilon<", "$"), {})
    assert edge == pytest.approx(regret.scalar_floor(10**9, 1))


# Chapter: memorization_by_sgd


def test_the_width_that_interpolates() -> None:
    at = {"C": 1.5, r"\|G\|": 4.0, r"\lambda_m": 0.2, "m": 100.0, r"\delta": 0.01}
    told = value(between("B.mem.width", r"q\ \ge\ ", " .$$"), at)
    exact = chernoff_width(0.5, 100, 0.01, 1.5**2 * 4 / 0.2)
    assert exact <= math.ceil(told) <= 1.001 * exact + 1
    box = between("B.mem.width", r"\frac{2\,", r"}{\lambda_m}")
    norm = value(rf"\frac{{2\,{box}}}{{\lambda_m}}", at | {r"\|y\|": 10.0})
    assert norm == pytest.approx(100 / (float(interpolation.KEPT) * 0.2))
    assert norm == pytest.approx(declared("B.mem.width", m=100, least=0.2))


def test_the_points_are_uniform() -> None:
    at = {"d": 1000.0, "m": 100.0, r"\delta": 0.01, "C": 1.5}
    square = value(between("Y.E1", r"r^2&=", r",\q"), at)
    n, r = 3, math.sqrt(square)
    bracket = value(between("Y.E1", r"\mathrm{tk}_n\bigl(", r"\bigr)_+"), at | {"r": r, "n": 3.0})
    alone = interpolation.uniform_certificate(100, 1000, 0.01, [0.0] * n + [1.0], 1.0)
    assert max(0.0, bracket) == pytest.approx(alone)
    few = value(
        between("Y.E1", r"\mathrm{tk}_n\bigl(", r"\bigr)_+"), at | {"m": 3.0, "r": 0.5, "n": 2.0}
    )
    assert few == 0.5
    R = value(between("Y.E1", "R&=", r" .\end"), at)
    assert R == pytest.approx(1.11 * (1 + math.sqrt(10)) + math.sqrt(0.02 * math.log(100)))
    width = value(between("Y.E1", r"q\ \ge\ ", ",$$"), at | {"R": R, r"\lambda": 0.2})
    same = value(between("B.mem.width", r"q\ \ge\ ", " .$$"),
                 at | {r"\|G\|": R**2 * 100 / 1000, r"\lambda_m": 0.2})  # fmt: skip
    assert width == pytest.approx(same)
    norm = value(between("Y.E1", r"$\|v\|^2\le", "$"), {"m": 100.0, r"\lambda": 0.2})
    assert norm == pytest.approx(declared("B.mem.width", m=100, least=0.2))


def test_how_often_descent_moves() -> None:
    at = {"C": 1.5, r"\eta": 0.5, r"\|v^*\|": 3.0, "T": 70.0, r"\varepsilon": 0.1}
    expected = interpolation.updates_bound(1.5, 0.5, 9.0)
    assert value(between("B.mem.updates", r"a_t\ \le\ ", " .$$"), at) == pytest.approx(expected)
    mean = value(between("B.mem.updates", r"\mathbb E\,p\le", "$"), at)
    assert mean == pytest.approx(expected / 70)
    chance = value(between("B.mem.updates", r"\Pr(p\ge\varepsilon)\ \le\ ", " .$$"), at)
    assert chance == pytest.approx(expected / 7)
    assert chance == pytest.approx(declared("B.mem.updates", norm=9, C=1.5, eta=0.5, T=70, eps=0.1))


def test_the_sizes_of_memorization() -> None:
    at = {"C": 1.5, r"\|G\|": 4.0, r"\lambda_m": 0.2, "m": 100.0, r"\delta": 0.03}
    at |= {r"\varepsilon": 0.1, r"\eta": 0.5}
    q, T = interpolation.guarantee(100, least=0.2, C=1.5, top=4.0, eps=0.1, delta=0.03, eta=0.5)
    told = value(between("N.T7", r"q&\ge", r",\\"), at)
    assert q <= math.ceil(told) <= 1.001 * q + 1
    assert told == pytest.approx(declared("N.T7", m=100, top=4, least=0.2, C=1.5, delta=0.03))
    assert value(between("N.T7", r"T&\ge", ".\n\\end"), at) == pytest.approx(T, abs=1)
    left = value(r"\frac23" + between("N.T7", "least $1-\\frac23", "$"), at)
    assert left == pytest.approx(0.03 * (1 - 1 / interpolation.SHARES))


def test_the_count_of_sign_vectors() -> None:
    pieces = {r"\sum_{k<p}\binom{m-1}k": 11.0}  # m = 5, p = 3: 1 + 4 + 6
    count = value(between("B.mem.cover", "Let $C(m,p)=", "$"), pieces)
    assert count == interpolation.cover_count(5, 3)
    at = {"m": 30.0, "qd": 8.0}
    inside = between("B.mem.cover", r"\exp\Bigl(", r"\Bigr),")
    told = math.exp(value(inside, at))
    exact = float(interpolation.separable_chance(30, 8))
    assert exact <= told == pytest.approx(math.exp(-(15**2) / 58))
    for qd in (3, 8):
        edge = round(value(between("B.mem.cover", r"all $m\ge", "$"), {"qd": float(qd)}))
        for m in range(edge, edge + 5):
            told = math.exp(value(inside, {"m": float(m), "qd": float(qd)}))
            assert float(interpolation.separable_chance(m, qd)) <= told


def test_one_example_shows_what_is_counted() -> None:
    """At m = 1 and h = 0 the share is 1 and so is the hinge loss."""
    box = between("Y.D4", r"\{j:y_j\,h(x_j)\le0\}\bigr|\le", r"\sum")
    assert value(box, {"m": 1.0}) == 1


def test_the_events_of_uniform_points() -> None:
    all_of_them = value(between("Y.E1", "with probability at least $", "$"), {r"\delta": 0.1})
    points = value(between("N.T7", "\n   least $", "$, with $R$"), {r"\delta": 0.1})
    assert all_of_them == pytest.approx(points - 0.1)  # and the weights: B.mem.width
    edge = value(between("Y.E1", r"$\delta\in(0,", ")"), {})
    assert value(between("Y.E1", "with probability at least $", "$"), {r"\delta": edge}) == 0
    C, m = 2.0, 5  # |t| with the slopes ±2, orthonormal points: H_W = 4I
    least = value(between("Y.E1", r"\operatorname{tr}H_W^{-1}\ge", "$"), {"m": 5.0, "C": C})
    assert least == pytest.approx(np.trace(np.linalg.inv(C**2 * np.eye(m))))


def test_the_powers_that_count_in_high_dimension() -> None:
    """For m = d^c the brackets vanish up to n = 2c, and tend to 1 beyond."""
    c, d = 1.5, 10**40
    edge = round(value(between("N.T7", r"\sum_{n>", "}"), {"c": c}))
    for n in range(edge + 3):
        one = [0.0] * n + [1.0]
        found = interpolation.uniform_certificate(round(d**c), d, 0.01, one, 1.0)
        assert (found > 0.99) if n > edge else (found == 0)
    # With the limit of R at m = d, and a little for what tends to 0.
    at = {"d": 1e6, "m": 1e6, r"\delta": 0.01}
    R = value(between("Y.E1", "R&=", r" .\end"), at)
    assert R < value(between("N.T7", r"$R\le", "$"), {}) < R + 0.1


def test_the_step_of_the_network() -> None:
    box = r"\frac" + between("N.T7", r"with step $\frac", "$")
    step = value(box, {r"\eta": 0.5, "q": 30.0, "B": 7.0})
    assert regret.feature_step_size(step * 7**2, 30) == pytest.approx(0.5)


def test_the_law_of_the_count() -> None:
    m, p = 9, 4
    chance = float(interpolation.separable_chance(m, p))
    at = {"C(m,p)": float(interpolation.cover_count(m, p)), "m": float(m)}
    assert value(between("B.mem.cover", r"\Pr(B<p)=", " .$$"), at) == pytest.approx(chance)
    for id, letter in (("B.mem.cover", "m"), ("B.mem.antipodal", "n")):
        trials, coin = between(id, "binomial $(", ")$").split(",")
        law = stats.binom(value(trials, {letter: float(m)}), value(coin, {}))
        assert law.cdf(p - 1) == pytest.approx(chance)
    half = value(between("B.threshold.half", r"*Conjecture:* if $\alpha>", "$"), {})
    assert interpolation.separable_chance(40, round(half * 40)) == Fraction(1, 2)


def test_antipodal_pairs_beyond_the_dimension() -> None:
    kernel, gen = hidden_kernel(RELU), torch.Generator().manual_seed(1)
    d = 3
    edge = round(value(between("B.mem.antipodal", r"\in\mathbb S^{d-1}$ if $n>", "$"), {"d": d}))
    for n in (edge, edge + 1):
        x = normalised(torch.randn(n, d, generator=gen, dtype=torch.float64))
        least = float(torch.linalg.eigvalsh(kernel.gram(torch.cat([x, -x])))[0])
        assert (least > 1e-6) == (n <= edge)


def test_how_many_frequencies_the_cosine_proof_sees() -> None:
    """Fejér's kernel of n = 2m + 1 terms has |k| < n, and 2m/n < 1 fails for any smaller n."""
    m = 6.0
    most = value(between("B.mem.cosine", r"$|n_j|\le", "$"), {"m": m})
    assert 2 * m / (most + 1) < 1 <= 2 * m / most
    # The phases come as near as one likes to Σ BASE^(−k) over k ≥ 1.
    assert float(memory.MARGIN) == pytest.approx(math.cos(math.pi / (interpolation.BASE - 1)))


def test_labellings_and_bits() -> None:
    at = {r"\mathrm h(\varepsilon)": 0.0, "m": 5.0, "K": 8.0}
    chance = value(between("N.lower.m", r"$$s\ \le\ ", " .$$"), at)
    assert chance == 8 / 2**5  # at ε = 0 all labels are to be right
    at |= {r"\mathrm h(\varepsilon)": 0.3, "b": -math.log2(0.1)}
    box = between("N.lower.m", r"$nb\ge ", "$").replace(r"\log_2\frac1s", "b")
    at["K"] = 2 ** value(box, at)
    assert value(between("N.lower.m", r"$$s\ \le\ ", " .$$"), at) == pytest.approx(0.1)
    at = {"C(m,d)": float(interpolation.cover_count(100, 10)), "q": 2.0}
    at["C(m,qd)"] = float(interpolation.cover_count(100, 20))
    K = value(between("N.lower.m", "$$K=", r"\le"), at)
    assert math.log2(K) == pytest.approx(interpolation.log2_sign_vectors(100, 10, 2))


def test_the_lower_bound_on_the_width() -> None:
    at = {"m": 100.0, "d": 10.0, "qd": 20.0}
    told = math.log2(value(between("N.lower.m", r"C(m,qd)\le", ",$$"), at))
    assert told == pytest.approx(40 * math.log2(20 * math.e))
    assert interpolation.log2_sign_vectors(100, 10, 2) <= told
    at = {"m": 1000.0, "d": 50.0}
    bits = 1000 * (1 - interpolation.entropy(0.1)) - 1
    letters = at | {r"\mathrm h(\varepsilon)": interpolation.entropy(0.1)}
    box = between("N.lower.m", r"qd\ \ge\ ", ".$$")
    box = box.replace(r"\log_2\frac1s", "1").replace(
        r"\log_2(2em/d)", f"({math.log2(40 * math.e)})"
    )
    assert value(box, letters) == pytest.approx(bits / (2 * math.log2(40 * math.e)))
    assert value(box, letters) == pytest.approx(declared("N.lower.m", m=1000, d=50, eps=0.1, s=0.5))
    q = next(q for q in range(1, 21) if interpolation.log2_sign_vectors(1000, 50, q) >= bits)
    assert q * 50 >= value(box, letters)


# Chapter: constructions


COUNTS = {
    "Y.T2": (r"q=2\Bigl\lceil", r"\Bigr\rceil\le"),
    "Y.T3": (r"q=4\Bigl\lceil", r"\Bigr\rceil"),
    "B.T3.gates": (r"q=2\Bigl\lceil", r"\Bigr\rceil"),
    "B.T3.lower": (r"$\lceil", r"\rceil$"),
    "B.T2.sharp": (r"$$\begin{aligned}\Bigl\lceil", r"\Bigr\rceil\le Q"),
}


@pytest.mark.parametrize(("m", "d"), [(2, 1), (7, 2), (20, 3), (101, 10), (3, 50)])
def test_the_counts_of_neurons(m: int, d: int) -> None:
    at = {"m": float(m), "d": float(d), "n": float(m // 2)}
    found = {id: math.ceil(value(between(id, *ends), at)) for id, ends in COUNTS.items()}
    assert 2 * found["Y.T2"] == constructions.baum_neurons(m // 2, m, d)
    assert 4 * found["Y.T3"] == constructions.slabs_neurons(m, d)
    assert 2 * found["B.T3.gates"] == constructions.gates_neurons(m, d)
    assert found["B.T3.lower"] == constructions.least_real(m, d + 1)
    assert found["B.T2.sharp"] == constructions.least_thresholds(m, d)


@pytest.mark.parametrize(("m", "d"), [(2, 1), (7, 2), (20, 3), (101, 10), (3, 50)])
def test_the_declared_counts(m: int, d: int) -> None:
    baum = constructions.baum_neurons(m // 2, m, d)
    at = {"m": float(m), "d": float(d), "h": float(m // 2)}
    for id, start in (("Y.T2", r"\rceil\le2\Bigl\lceil"), ("B.T2.sharp", r"&\le2\Bigl\lceil")):
        box = between(id, start, r"\Bigr\rceil")
        assert 2 * math.ceil(value(box.replace(r"\lfloor m/2\rfloor", "h"), at)) == baum
    assert declared("Y.T2", m=m, d=d) == baum
    assert declared("Y.T3", m=m, d=d) == constructions.slabs_neurons(m, d)
    assert declared("B.T3.gates", m=m, d=d) == constructions.gates_neurons(m, d)
    assert declared("B.T3.lower", m=m, d=d) == constructions.least_real(m, d + 1)
    assert declared("B.T2.sharp", m=m, d=d) == constructions.least_thresholds(m, d)
    told = between("B.T3.lower", r"rceil$, ", " of what {st}`B.T3.gates` takes")
    assert constructions.least_real(m, d + 1) == pytest.approx(
        {"half": 0.5}[told] * constructions.gates_neurons(m, d)
    )


def test_how_near_the_counts_come() -> None:
    most = max(
        constructions.baum_neurons(m // 2, m, d) - constructions.least_thresholds(m, d)
        for d in range(1, 8) for m in range(2, 60)
    )  # fmt: skip
    assert between("B.T2.sharp", r"&\le\Bigl\lceil\frac{m-1}d\Bigr\rceil+", ".\\end") == str(most)
    for m, d in ((7, 2), (12, 5)):
        labels = [j % 2 for j in range(m)]  # m − 1 changes
        told = value(between("B.T2.sharp", r"Then $\lceil", r"\rceil$"), {r"\ell": m - 1, "d": d})
        assert constructions.on_curve(labels, d).size == math.ceil(told)


def test_the_parameters_of_a_network() -> None:
    """Item 1 counts what there is; positive homogeneity saves one a neuron, and 0/1 values all."""
    d, q = 3, 5
    at = {"d": 3.0, "q": 5.0}
    x = [tuple(Fraction(j**k) for k in range(1, d + 1)) for j in range(q)]
    h = constructions.interpolate(x, [Fraction(j) for j in range(q)], constructions.SOFTSIGN)
    there = sum(len(w) for w in h.weights) + len(h.biases) + len(h.outputs)
    ends = ("1. $", "<m$"), ("2. $", "<m$"), ("3. $", "<m$")
    counts = [value(between("B.T3.lower", *end), at) for end in ends]
    assert counts == [there, there - q, q]
    for parameters, count in zip((d + 2, d + 1, 1), counts, strict=True):
        assert constructions.least_real(round(count), parameters) == q
    groups = value(between("B.T3.gates", "into groups of\n$", "$"), at)
    assert 2 * math.ceil(40 / groups) == constructions.gates_neurons(40, d)


def test_powers_take_as_many_labels_as_their_degree_allows() -> None:
    """Neurons t^k span the polynomials of degree k: all labels at k + 1 points, and no more."""
    for k in (2, 3, 5):
        places = list(product(range(-4, 5), repeat=2))
        full = [
            m for m in range(1, 9)
            if constructions.rank([[(s * t + b) ** k for t in range(m)] for s, b in places]) == m
        ]  # fmt: skip
        least = max(full) + 1  # the least m at which they fail
        assert value(between("B.T1.exact", "degree at most $", "$"), {"m": float(least)}) == k


def test_points_on_a_line_and_in_pairs() -> None:
    needs = value(between("B.T3.line", r"$q\ge ", "$"), {"m": 9.0})
    assert value(between("B.T3.line", "there are $m=", "$"), {"q": needs}) == 9
    first = value(between("B.T3.line", r"For every $q\ge", "$"), {})
    assert value(between("B.T3.line", r"for $q\le", "$"), {}) == first - 1
    rank, most = between("B.T1.bias", "form a space of dimension\n$$", ".$$").split(r"\le ")
    letters = {"n": 7.0, "d": 3.0, r"\operatorname{rank}(x_1,\dots,x_n)": 3.0}
    assert value(rank, letters) == value(most, letters)


# What the kernel proves


def number(term: Any, values: Mapping[str, float]) -> float:
    """A kernel term of fixed variables, at these values."""
    symbols = {name: sp.Symbol(name) for name in values}
    found = rules._sympy(term, symbols)
    return float(sp.sympify(found).subs({symbols[n]: sp.Float(v, 30) for n, v in values.items()}))


def right(id: str, part: int = 0) -> Any:
    return statements.get(id).formal[part].conclusion.args[1]


def test_one_pair_in_the_kernel_is_the_bound_after_one_step() -> None:
    one = lazy.Training(pairs=1, eta=0.1, steps=1, smoothness=0.0, lipschitz=2.0, slope=1.5,
                        bend=0.5, third=4.0)  # fmt: skip
    at = {"P": one.alpha, "Z": 0.0, "B": 10.0, "s3": 4.0, "s2": 0.5}
    assert number(right("B.lazy.square"), at) == pytest.approx(one.first_step(10.0))
    # |Z| ≤ η L s₂ |P| for each step: what is left of the bound is 2 s₂ |P| |Z| / B².
    at["Z"] = 0.3
    rest = 2 * 0.5 * one.alpha * 0.3 / 100
    assert number(right("B.lazy.square"), at) == pytest.approx(one.first_step(10.0) + rest)


def test_the_limits_of_the_steps_in_the_kernel() -> None:
    """The step that does not expand: t‖ψ‖² ≤ 2 and ηβC² ≤ 2, which is χ ≤ 1 for C² = 2q s₁²."""
    first, second, third = statements.get("Y.T8").formal
    assert number(first.hypotheses[1].args[1], {}) == 2
    assert number(second.hypotheses[3].args[1], {}) == 2
    assert number(second.hypotheses[3].args[0], {"eta": 0.1, "beta": 0.25, "C": 3.0}) == (
        pytest.approx(2 * 0.1 * 0.25 * 9 / 2)
    )
    shown = number(third.conclusion.args[1], {"L": 3.0, "e": 0.2, "M": 5.0, "p": 0.1})
    assert shown == pytest.approx(3 * (0.2 + 0.5))
    gate = number(right("B.lazy.outputs"), {"s2": 0.5, "u": 0.3, "B": 10.0, "s1": 1.5, "xi": 0.1})
    assert gate == pytest.approx(0.5 * 0.3 / 10 + 1.5 * 0.1)


def test_the_sizes_of_theorem_9_in_the_kernel() -> None:
    part = statements.get("Y.T9").formal[1]
    at = {"L": 0.7, "C": 1.5, "M": 3.0, "R": 2.0, "d": 20.0, "q": 30.0, "T": 50.0, "eps": 0.3}
    few, wide, step = part.hypotheses[-3:]
    scale = 4 * (0.7 * 1.5 * 3) ** 2
    assert number(few.args[0], at) == pytest.approx(scale)
    assert number(few.args[1], at) == pytest.approx(0.3**2 * 50)
    assert number(wide.args[0], at) == pytest.approx(4 * scale)
    assert number(wide.args[1], at) == pytest.approx(0.3**2 * 600)
    eta = regret.step_size(3.0, 1.5, 0.7, 50)
    at["eta"] = eta
    assert number(step.args[0], at) == pytest.approx(number(step.args[1], at))
    found = regret.excess(20, 30, 50, eta, **FEATURES)
    assert number(part.conclusion.args[0], at) == pytest.approx(found.total)


def test_the_growth_of_the_weights_in_the_kernel() -> None:
    """‖v‖² ≤ (2η + η²C²) N and ηN ≤ ⟨v*,v⟩ give N ≤ (C² + 2/η) ‖v*‖²."""
    at = {"eta": 0.5, "C": 1.5, "T": 70.0, "eps": 0.1, "N": 1.0, "a": 0.0}
    assert number(memory.growth, at) / 0.5**2 == pytest.approx(
        interpolation.updates_bound(1.5, 0.5, 1.0)
    )
    price = memory.inner(memory.u, memory.u)
    assert memory.price == (memory.C**2 + 2 / memory.eta) * price
    updates = statements.get("B.mem.updates").formal
    assert updates[2].conclusion == (memory.price >= memory.N)
    assert updates[3].conclusion == (
        memory.P(memory.eps <= memory.share) <= memory.price / (memory.eps * memory.T)
    )


def test_the_terms_of_descent_in_the_kernel() -> None:
    at = {"eta": 0.125, "L": 0.7, "C": 1.5, "T": 50.0, "M": 3.0}
    noise = number(right("Y.T9").args[-1], at)
    assert noise == pytest.approx(regret.convergence(3.0, 1.5**2, 0.7, 0.125, 50)[1])
