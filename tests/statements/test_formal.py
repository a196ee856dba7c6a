"""What the kernel proves in Part III has the constants of the boxes, and none that are weaker."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import pytest
import sympy as sp
from reading import between, value

from memorize import gradient_norm as gn
from memorize import memorization as mz
from memorize import outputs, row_norms, statements
from memorize.kernel import rules
from memorize.kernel.terms import substitute
from memorize.statements import gradient_norm as gradient
from memorize.statements import initial_outputs as initial
from memorize.statements import memorization as memory
from memorize.statements import row_norms as rows


def conclusion(id: str, part: int = 0) -> Any:
    return statements.get(id).formal[part].conclusion


def number(term: Any, values: Mapping[str, float] | None = None) -> float:
    """A kernel term of fixed variables, at these values."""
    given = values or {}
    symbols = {name: sp.Symbol(name) for name in given}
    found = rules._sympy(term, symbols)
    return float(sp.sympify(found).subs({symbols[n]: sp.Float(v, 30) for n, v in given.items()}))


@pytest.mark.parametrize(
    ("part", "bound"), [(0, outputs.largest_output), (1, outputs.level_for_activity)]
)
def test_the_failures_of_lemma_6_are_delta_at_its_bounds(part: int, bound: Any) -> None:
    t = bound(900, 0.02, slope=1.3)
    right = conclusion("G.L6", part).args[1]
    assert number(right, {"m": 900.0, "s": 1.3, "t": t}) == pytest.approx(0.02)
    assert conclusion("G.L6", part).args[0] == initial.P(initial.J >= 1)


def test_the_norms_of_claim_10() -> None:
    first = statements.get("G.C10").formal[0]
    neuron, gaussian = (number(h.args[1], {"s": 1.3}) for h in first.hypotheses[1:])
    product = number(first.conclusion.args[1], {"s": 1.3})
    at = {"s": 1.3}
    assert neuron == pytest.approx(value(between("G.C10", r"\|A_j\|_{\psi_2}\le", r",\q"), at))
    assert gaussian == pytest.approx(value(between("G.C10", r"\|B_j\|_{\psi_2}=", r",\q"), at))
    assert product == pytest.approx(
        value(between("G.C10", r"\|y_jA_jB_j\|_{\psi_1}\le", ".$$"), at)
    )


def test_the_product_is_bounded_by_what_bounds_its_factors() -> None:
    given = statements.get("B.product").formal[0]
    bounds = {h.args[1] for h in given.hypotheses if h.op == "le"} - {gradient._x}
    assert bounds == {given.conclusion.args[1]}


def test_the_constants_of_the_gradient_are_those_of_the_library() -> None:
    exponent = value(between("B.product", "at most $e^{", r"\mu^2s^2}$"), {})
    assert exponent == pytest.approx(float(gradient.EXPONENT))
    # μs = √(Λ/(N·EXPONENT)) is best, and 1/4 where N = TURN Λ.
    assert float(gradient.FACTOR) == pytest.approx(4 / 3 * 2 * math.sqrt(exponent))
    assert gradient.TURN * exponent == 16
    _, fixed = gn._sharp(2, 3, 5000, 1.0, 1.0)
    rest = 5 * math.log(2) / 2 + 3 * gradient.HALF + gradient.START + gradient.REST * 9 / 5000
    assert fixed == pytest.approx(float(rest))


def test_the_deviation_of_the_rows() -> None:
    """x, v/d, a and z are those of the proof: tails of Z, S, χ² and of S again."""
    t, d, n, load, slope, spread = 6.0, 70, 90, 0.8, 1.4, 1.1
    v = load * slope**2
    at = {
        "x": slope * math.sqrt(2 * load * t / d),
        "v": v / d,
        "a": 2 * math.sqrt(d * t) + 2 * t,
        "D": float(d),
        "z": spread * load / d * math.sqrt(t / (2 * n)),
    }
    for id, moved in (("G.L11.1", True), ("G.L11.2", False)):
        shown = conclusion(id, 1)
        limit = rows.bound if moved else rows.x**2 + rows.v * rows.a + rows.D * rows.z
        distance = rows.far if moved else rows.far_step
        assert shown == (rows.P(limit <= distance) <= 6 * rows.e)
        expected = row_norms.square_deviation(t, load, d, n, slope, spread, moved=moved)
        assert number(limit, at) == pytest.approx(expected)
        assert f"least $1-{number(shown.args[1], {'e': 1.0}):g}e^{{-t}}$" in _box(id)
    assert "1-6e^{-t}" in _box("B.rows.length")


def _box(id: str) -> str:
    return statements.get(id).text.replace("\n", "")


def test_the_means_of_the_rows() -> None:
    at = {"c": 0.3, "n": 50.0, "theta2": 0.4, "D": 9.0, "theta": 0.7}
    load = 0.3**2 * 50 * 10
    for id, start in (("G.L11.1", 1.0), ("G.L11.2", 0.0)):
        expected = row_norms.square_mean(load, 10, 0.7, 0.4, start=start)
        assert number(conclusion(id).args[1], at) == pytest.approx(expected)


def test_the_tails_of_chi_squared_and_of_the_lengths() -> None:
    k, t = 12.0, 5.0
    at = {"a": math.sqrt(k), "b": math.sqrt(t), "k": k, "t": t}
    a, b = rows.a, rows.b
    for part, edge, start in ((0, 2 * a * b + 2 * b**2, "ge"), (1, 2 * a * b, "le-")):
        event = rows.Q if part == 0 else -rows.Q
        assert conclusion("B.chi2", part) == (rows.P(edge <= event) <= rows.exp(-(b**2)))
        box = value(between("B.chi2", rf"\Pr\bigl(Q-k\{start}", r"\bigr)"), at)
        assert number(edge, at) == pytest.approx(box)
    rest = number(conclusion("B.rows.length").args[1], {"t": 2.0, "L": 1.0})
    assert rest == pytest.approx(4 * math.exp(-2.0))  # and 2 e^(−t) for the mean of the gates: 6


def test_the_moment_generating_functions_of_the_rows() -> None:
    """Those of χ²_k − k at μ = b/(a + 2b) and −b/a, and of four normal variables of variance L²."""
    k, t = 12.0, 5.0
    at = {"a": math.sqrt(k), "b": math.sqrt(t)}
    tilts = at["b"] / (at["a"] + 2 * at["b"]), -at["b"] / at["a"]
    for part, (mu, limit) in enumerate(zip(tilts, (1 - 2 * tilts[0], 1.0), strict=True)):
        (given,) = (h for h in statements.get("B.chi2").formal[part].hypotheses if h.op == "le")
        assert _exponent(given.args[0], at | {"Q": 1.0}) == pytest.approx(mu)
        assert number(given.args[1], at) == pytest.approx(math.exp(k * mu**2 / limit))
        assert -mu * k - k / 2 * math.log(1 - 2 * mu) <= k * mu**2 / limit
    at = {"t": 0.7, "L": 1.3}
    four = [h for h in statements.get("B.rows.length").formal[0].hypotheses if h.args[0].op == "E"]
    found = sorted(_exponent(h.args[0], at | {"Z": 1.0, "X": 10.0}) for h in four)
    assert found == pytest.approx([y * 0.7 / 1.3**2 for y in (-11, -9, 9, 11)])
    for given in four:
        assert number(given.args[1], at) == pytest.approx(math.exp(0.7**2 / (2 * 1.3**2)))


def _exponent(mean: Any, at: Mapping[str, float]) -> float:
    """The exponent under E exp(…), where the random variables take these values."""
    fixed = {v: rows.fixed(v.data[0]) for v in mean.args[0].free}
    inside = substitute(mean.args[0].args[0], fixed)
    return number(inside, {name: at[name] for name in (v.data[0] for v in inside.free)})


def test_the_bracket_of_claim_13() -> None:
    t, q, T, s, bend = 3.0, 900.0, 0.1, 1.3, 0.4
    error, reach = math.sqrt(2 * t / q), 0.05
    at = {"theta": 0.9, "alpha": s**2 * error / 2, "beta": 0.02, "nu": T * (1 + error)}
    at |= {"b_1": reach / s, "s_1": s, "s_2": bend}
    letters = {r"\theta": 0.9, "s_1": s, "s_2": bend, r"\epsilon": error, r"\beta": 0.02}
    box = value(between("G.C13", r"$$\Theta=", ",$$"), letters | {"T": T, "b": reach})
    assert number(memory.bracket, at) == pytest.approx(box)
    s_1, b = memory.s, memory.b
    assert memory.averaged == b * (
        memory.E(memory.slope(memory.g) ** 2)
        - 2 * s_1**2 * memory.near
        - s_1 * memory.B * (memory.E(abs(memory.n)) + b * s_1)
    )
    shown = r"\frac1q\sum_i\sigma'(g_i)^2-2s_1^2\hat\beta-s_1s_2\Bigl(\frac1q\sum_i|n_i|+"
    assert shown in _box("G.C13")


def test_what_the_explicit_theorem_adds_up() -> None:
    known = mz.Facts(1.0, 0.4, 0.9, 2, 0.6, 0.0)
    at = {"r": 2.0, "k_1": 0.6, "s_2": 0.4}
    assert number(memory.difficulty, at) == pytest.approx(mz.difficulty(known))
    cost = memory.difficulty
    T, t, sixteenth = memory.T, memory.t, memory.Fraction(1, 16)
    assert conclusion("B.memorize").args[0] == t - (cost - sixteenth) * T
    assert conclusion("B.memorize").args[1] == memory.kept
    assert conclusion("B.memorize", 1) == (t - cost * T <= memory.short * memory.left)
    # The rows: 2√2 x + 2x²χ + 2x²(1 + χ) + xT/20, at most as much T as part 3 takes, halved.
    rest = conclusion("B.memorize", 2).args[1]
    share = number(rest, {"T": 1.0})
    left = conclusion("B.memorize", 3)
    noise = number(left.args[0], {"T": 1.0, "six": 0.0})
    assert noise == pytest.approx(4 / 5 * 2 * share)
    assert number(left.args[1]) == 3
    assert r"-3s_1\sqrt{\ln d}" in _box("B.memorize")
    found = number(memory.rows, {"x": 0.3, "y": 0.2, "two": 1.5, "T": 0.1})
    assert found == pytest.approx(2 * 1.5 * 0.3 + 0.18 * 0.2 + 0.18 * 1.2 + 0.0015)


def test_the_conditions_of_theorem_1() -> None:
    """Each part concludes a condition of B.memorize at γ = L = ln d."""
    at = {"m": 3.0, "s_1": 1.3, "L": 7.0, "T": 0.1, "d": 11.0, "q": 9.0}
    letters = {"T": 0.1, "d": 11.0, "q": 9.0, "s_1": 1.3, r"\gamma": 7.0, r"\ln d": 7.0}
    conditions = between("B.memorize", "If\n$$", "$$").split(r",\qquad ")
    few, wide, wider = (
        value(conditions[k].split(r"\le" if k == 0 else r"\ge")[1].rstrip(", "), letters)
        for k in (0, 2, 3)
    )
    left, right = (number(side, at) for side in conclusion("G.T1").args)
    assert right / left == pytest.approx(few / 3)
    for part, edge in ((1, wide), (2, wider)):
        left, right = (number(side, at) for side in conclusion("G.T1", part).args)
        assert left / right == pytest.approx(edge / 9)
    norm, width = (h for h in memory.of_the_paper[6:8])
    first = number(norm.args[0], at) / 1.3
    assert f"{first:.2f}\\,s_1" in _box("G.T1")
    assert number(width.args[0]) ** 0.25 <= value("3.84", {}) < 1.01 * number(width.args[0]) ** 0.25
    assert r"\frac{3.84}{(\ln d)^{3/4}}" in _box("G.T1")
