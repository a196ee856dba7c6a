"""The formulas in the boxes of Part IV, against the library and the declared bounds."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import pytest
import sympy as sp
from reading import between, value

from memorize import constructions, interpolation, lazy, regret, statements
from memorize.concentration import chernoff_width
from memorize.kernel import rules
from memorize.statements import memorization_by_sgd as memory


def declared(id: str, **values: float) -> float:
    """The declared bound of ``id``."""
    bound = statements.get(id).bound
    assert bound is not None
    return float(bound.evaluate(**values).value)


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
    enough = value(between("Y.T8", r"$$B\ge", ".$$"), LAZY)
    assert enough == pytest.approx(RUN.enough(0.2))
    found = declared("Y.T8", q=3, T=5, b=2, eta=0.1, B=enough, L=2, beta=0.25, s1=1.5, s2=0.5, r=2)
    assert found == pytest.approx(0.2)


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


def test_smooth_losses() -> None:
    found = regret.smooth_excess(20, 30, 50, 0.4, M=3.0, C=1.5, R=2.0, beta=0.25, best=0.1)
    at = AT | {r"\mathcal L_{\mathcal D}(f)": 0.1, r"\eta": 0.4 / (0.25 * 1.5**2)}
    assert value(between("B.T5.smooth", r"If $\rho=", "<1$"), at) == pytest.approx(0.4)
    told = value(r"\frac1" + between("B.T5.smooth", r"(h)\le\frac1", ",$$"), at)
    assert told == pytest.approx(0.1 + found.total)
    last = value(between("B.T5.smooth", "last term is $", "$"), at)
    assert last == pytest.approx(found.distance)
    sizes = regret.smooth_sizes(0.01, 20, M=3.0, C=1.5, R=2.0, beta=0.25)
    at |= {r"\varepsilon": 0.01, r"\rho": 0.5}
    assert math.ceil(value(between("B.T5.smooth", r"$q=\lceil", r"\rceil"), at)) == sizes.q
    assert math.ceil(value(between("B.T5.smooth", r"$T=\lceil", r"\rceil"), at)) == sizes.T
    half = value(between("B.T5.smooth", "then\n$\\rho=", "$"), {})
    assert sizes.eta == pytest.approx(half / (0.25 * 1.5**2))


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
