"""The formulas in the boxes of Part III are those of the library and of the declared bounds."""

from __future__ import annotations

import math
import re

import pytest
import torch
from reading import between, value
from scipy import stats

from memorize import gradient_norm as gn
from memorize import memorization as mz
from memorize import outputs, row_norms, statements
from memorize.statements import sums


def declared(id: str, **values: float) -> float:
    bound = statements.get(id).bound
    assert bound is not None
    return float(bound.evaluate(**values).value)


def refused(call: object) -> bool:
    try:
        call()  # type: ignore[operator]
    except (AssertionError, ValueError):
        return True
    return False


def test_the_reader_reads() -> None:
    at = {"x": 3.0, r"\|G\|": 2.0, "s_1": 5.0, r"\rho_+": 7.0, "d": 11.0}
    for latex, expected in (
        (r"-2x^2+\tfrac{32}9\,x", -18 + 32 / 3),
        (r"\frac14x\Bigl(1+\frac{s_1}{2d}\Bigr)", 0.75 * (1 + 5 / 22)),
        (r"\ln^4d-\ln2\cdot\|G\|", math.log(11) ** 4 - 2 * math.log(2)),
        (r"x/(dx)\sqrt{2\ln(2d/x)}", 3 / 33 * math.sqrt(2 * math.log(22 / 3))),
        (r"\max\bigl(x,\,\rho_+\bigr)e^{-x/2}", 7 * math.exp(-1.5)),
        (
            r"x^{-1/2}+\operatorname{erf}\bigl(x/\sqrt{2}\bigr)^2",
            3**-0.5 + math.erf(3 / 2**0.5) ** 2,
        ),
    ):
        assert value(latex, at) == pytest.approx(expected)
    for bad in (r"x+", r"\sum x", "xy", "(x"):
        assert refused(lambda bad=bad: value(bad, at))
    assert refused(lambda: between("G.L6", "no such words", "$"))
    assert refused(lambda: between("G.L6", "probability", "$"))


# Chapter: outputs

A_OUT = 1.5
OUT = {
    r"A\,|\mathbb E\,\sigma(g)|": A_OUT * 0.7,
    **{"s": 1.3, "m": 900.0, r"\delta": 0.02, "q": 64.0, "A": A_OUT},
}


def test_largest_output() -> None:
    given = {"slope": 1.3, "mean": -0.7, "imbalance": A_OUT}
    box = value(between("G.L6", r"\max_j|h_W(x_j)|\;\le\;", ".$$"), OUT)
    assert box == pytest.approx(outputs.largest_output(900, 0.02, **given))
    assert box == pytest.approx(declared("G.L6", A=A_OUT, mean=-0.7, s=1.3, m=900, delta=0.02))
    box = value(between("G.L6", r"hinge loss be $\gamma\ge ", "$"), OUT)
    assert box == pytest.approx(outputs.level_for_activity(900, 0.02, **given))


def first_dimension(holds: object) -> int:
    """The least d ≥ 2 from which on, up to 999, it holds."""
    return 1 + max(d for d in range(1, 1000) if d == 1 or not holds(d))  # type: ignore[operator]


def test_where_the_outputs_are_below_the_level() -> None:
    found = [
        first_dimension(lambda d, level=level: level(d * d, 1 / d, slope=1) < math.log(d))
        for level in (outputs.largest_output, outputs.level_for_activity)
    ]
    text = statements.get("G.L6").text
    assert [int(d) for d in re.findall(r"d\\ge(\d{2,})", text)] == found

    def even(sides: int, d: int) -> bool:
        tail = outputs.even_tail(torch.tensor([math.log(d)], dtype=torch.float64), d)
        return d % 2 == 1 or sides / 2 * d**3 * float(tail) <= 1

    found = [first_dimension(lambda d, sides=sides: even(sides, d)) for sides in (2, 1)]
    text = statements.get("B.outputs.even").text
    assert [2 * math.ceil(int(d) / 2) for d in re.findall(r"d\\ge(\d{2,})", text)] == [
        2 * math.ceil(d / 2) for d in found
    ]


def test_outputs_of_even_activations() -> None:
    q, pairs = 64, 26  # |Σa| = 64 − 52 = 12
    at = OUT | {"n": 26.0, r"\mu": 2.5}
    box = value(between("B.outputs.even", r"\mathbb E\,e^{\mu X}\le ", ",$$"), at)
    assert box == pytest.approx(math.exp(outputs.even_chernoff(2.5, q, pairs, slope=1.3)))
    text = statements.get("B.outputs.even").text
    first, second = (part.split("$$")[0] for part in text.split(r"$$\Pr(|X|\ge t)\le")[1:])
    second, v = second.rstrip(",").split(r",\qquad v=")
    for t in (0.5, 2.0, 4.0, 9.0):
        at = OUT | {"t": t}
        tails = value(first.rstrip(","), at), value(second, at | {"v": value(v, at)})
        tail = outputs.even_tail(
            torch.tensor([t], dtype=torch.float64), q, slope=1.3, imbalance=A_OUT
        )
        assert min(tails) == pytest.approx(float(tail), rel=1e-9, abs=0)
        expected = declared("B.outputs.even", t=t, s=1.3, q=q, A=A_OUT)
        assert min(tails) == pytest.approx(expected, rel=1e-9, abs=0)
        assert (tails[0] < tails[1]) == (t == 9)
    radius = value(between("B.outputs.even", "holds with $", "$"), OUT)
    pair_variance = 2 * math.exp(-(radius**2) / (1.3**2 * (1 + A_OUT / 8)))
    assert 900 * pair_variance == pytest.approx(0.02)


# Chapter: the norm of the gradient

GRAD = {
    "q": 40.0,
    "d": 50.0,
    "N": 3000.0,
    r"\gamma": 3.5,
    "s": 1.2,
    r"\ell": 4.0,
    r"\varepsilon": 0.3,
}
SIZES = {"q": 40, "d": 50, "examples": 3000, "level": 3.5, "slope": 1.2}
NAMED = {"q": 40, "d": 50, "N": 3000, "level": 3.5, "s": 1.2}


@pytest.mark.parametrize("n", [7, 3000, 10**6])
def test_the_gradient_s_norm(n: int) -> None:
    at, sizes, named = GRAD | {"N": float(n)}, SIZES | {"examples": n}, NAMED | {"N": n}
    price = value(between("B.gradient", r"with $\Lambda=", "$"), at)
    box = value(
        between("B.gradient", r"\|\eta\tilde G\|\ge", r"\Bigr)\;\le\;e"), at | {r"\Lambda": price}
    )
    assert box == pytest.approx(gn.gradient_norm_bound(**sizes, ell=4.0))
    assert box == pytest.approx(declared("B.gradient", **named, ell=4.0))
    rule = between("B.gradient", r"$\ell=0$. For $N\ge", "$")
    if n >= value(rule, {r"\Lambda": price}):
        at |= {r"\Lambda": price, r"\varkappa": value(r"N\gamma^2/(dq)", at)}
        assert box == pytest.approx(value(between("B.gradient", "the threshold is $", "$"), at))
    else:
        assert box == pytest.approx(32 / 3 * 1.2 * gn.scale(40, 50, 3.5) * price)


def test_the_gradient_s_norm_for_many_examples() -> None:
    at = GRAD | {r"\varkappa": value(between("B.gradient.sharp", r"\varkappa=", "$"), GRAD)}
    box = value(between("B.gradient.sharp", r"\;<\;", ",$$"), at)
    assert box == pytest.approx(gn.gradient_norm_sharp(**SIZES, ell=4.0))
    assert box == pytest.approx(declared("B.gradient.sharp", **NAMED, ell=4.0))
    T, rest = gn.gradient_norm_sharp(10**6, 10**6, 10**12, 1.0, 0.0), math.sqrt(1e6**2 / 1e12)
    least = int(value(between("B.gradient.sharp", r"let $N\ge", "$"), {"d": 50.0}))
    assert least == 600
    gn.gradient_norm_sharp(**SIZES | {"examples": least}, ell=4.0)
    with pytest.raises(ValueError, match="at least 12 d"):
        gn.gradient_norm_sharp(**SIZES | {"examples": least - 1}, ell=4.0)
    claimed = between("B.gradient.sharp", r"at most $s\sqrt\varkappa\,(", ")$")
    assert value(claimed, {"q": 1.0, "d": 1.0}) == pytest.approx(T * rest, abs=2e-3)
    assert T < value(between("B.gradient.sharp", r"remainder that vanishes: at most $", r"\,s"), {})
    assert 0.801 > 2 / math.sqrt(3) * math.log(2) > 0.8
    assert 1.667 > 2 / math.sqrt(3) * math.log(2) + math.sqrt(3) / 2 > 1.666


@pytest.mark.parametrize("n", [7, 10**6])
def test_the_norm_from_nets(n: int) -> None:
    at, sizes = GRAD | {"N": float(n)}, SIZES | {"examples": n}
    price = value(between("G.L9", r"$\Lambda=", "$"), at)
    box = value(between("G.L9", r"$$\|\eta\tilde G\|\ \le\ ", ".$$"), at | {r"\Lambda": price})
    T = gn.net_bound(**sizes, ell=4.0, eps=0.3)
    assert box == pytest.approx(T)
    assert box == pytest.approx(declared("G.L9", **NAMED | {"N": n}, ell=4.0, eps=0.3))
    at |= {"T": 1.1 * T}
    at |= {"t": value(between("G.L9", "with $t=", "$"), at)}
    tail = value(between("G.L9", r">T\bigr)\le", ".$$"), at)
    assert math.log(tail) == pytest.approx(gn.net_log_probability(1.1 * T, **sizes, eps=0.3))
    assert value(between("G.L9", "with $c=", "$"), at) == pytest.approx(gn.scale(40, 50, 3.5))


def test_what_a_direction_and_a_product_cost() -> None:
    assert gn.BERNSTEIN == float(sums.BOTH)
    factor = between("B.directions", r"\|M\|}\;\le\;", r"\;\mathbb E")
    p = value(between("B.directions", "At $p=", "$"), {})
    simple = value(between("B.directions", "the factor is $", "$"), GRAD)
    assert value(factor, GRAD | {"p": p}) == pytest.approx(simple) == pytest.approx(2.0**90)
    x = 0.23
    at = {r"|\mu|": x / 1.2, r"\mu": x / 1.2, "s": 1.2}
    box = value(between("B.product", r"\mathbb E\,e^{\mu yAB}\;\le\;", ",$$"), at)
    assert math.log(box) == pytest.approx(gn.product_log_mgf(x))
    simple = value(between("B.product", "at most $", "$"), at)
    assert box < simple < 1.01 * box
    assert value(between("B.product", r"$|\mu|s\le", "$"), {}) == 0.25


def test_the_norms_of_claim_10() -> None:
    neuron = value(between("G.C10", r"\|A_j\|_{\psi_2}\le", r",\qquad"), {"s": 1.0})
    gaussian = value(between("G.C10", r"\|B_j\|_{\psi_2}=", r",\qquad\|y"), {})
    product = value(between("G.C10", r"\|y_jA_jB_j\|_{\psi_1}\le", ".$$"), {"s": 1.0})
    assert product == pytest.approx(neuron * gaussian) == pytest.approx(gaussian**2)
    # E exp(g²/t²) = (1 − 2/t²)^(−1/2) is 2 at the norm t.
    assert (1 - 2 / gaussian**2) ** -0.5 == pytest.approx(2)


# Chapter: the rows

ROWS = {
    **{r"\widetilde\varkappa": 0.8, "v": 0.8 * 1.4**2, "t": 6.0, "d": 70.0, "n": 90.0},
    **{r"\Delta": 1.1, r"\theta_2": 0.5, r"\theta": 0.7, "s_1": 1.4},
}
ROW = {"load": 0.8, "d": 70, "others": 90, "slope": 1.4, "spread": 1.1}


@pytest.mark.parametrize(("id", "moved"), [("G.L11.1", True), ("G.L11.2", False)])
def test_the_squares_of_the_rows(id: str, moved: bool) -> None:
    start = r"\mathbb E\,r_i^2=" if moved else r"\mathbb E\,R_i="
    mean = value(between(id, start, r"\ \in\ " if moved else r"\le"), ROWS)
    expected = row_norms.square_mean(0.8, 70, 0.7, 0.5, start=float(moved))
    assert mean == pytest.approx(expected)
    box = value(between(id, r"\bigr|\le", " .$$"), ROWS)
    assert box == pytest.approx(row_norms.square_deviation(6.0, **ROW, moved=moved))
    at = ROWS | {r"\alpha": value(between(id, r"$\alpha=", "$"), ROWS)}
    root = value("2/" + between(id, r"}=2\big/", "$"), at)
    assert root**2 == pytest.approx(row_norms.square_tail(70**-0.5, **ROW, moved=moved))
    assert f"at least $1-{declared_failures(id)}e^{{-t}}$" in statements.get(id).text


@pytest.mark.parametrize(("id", "start"), [("G.L11.1", 1.0), ("G.L11.2", 0.0)])
def test_the_ends_of_the_mean_square_are_attained(id: str, start: float) -> None:
    """At σ = |·| the mean is the upper end; and the failures are those of every t."""
    upper = (r"[\,1,\ ", r"\,]") if start else (r"d\le ", "$; and")
    end = value(between(id, *upper), ROWS)
    assert end == pytest.approx(row_norms.square_mean(0.8, 70, 1.4**2, 1.4**2, start=start))
    assert f"at most ${declared_failures(id)}e^{{-t_{2 - int(start)}}}$" in statements.get(id).text


def test_the_moments_of_a_row_are_those_of_its_law() -> None:
    """The last coordinate along the row is ε_j g_j, as in Z, and θ₂ is the mean of its square."""
    assert r"Z=\sum_j\epsilon_j\,\sigma'(g_j)\,g_j,\q" in statements.get("B.rows.law").text
    for id in ("G.L11.1", "G.L11.2", "B.rows.length"):
        (said,) = (h for h in statements.get(id).hypotheses if r"\theta_2=" in h)
        assert r"$\theta=\mathbb E\,\sigma'(g)^2$, $\theta_2=\mathbb E\,g^2\sigma'(g)^2$" in said


def test_the_sizes_of_a_row() -> None:
    at = {r"\gamma": 5.0, "d": 70.0, "q": 40.0, "n": 90.0, "c": 5 / (70 * math.sqrt(40))}
    for id in ("B.rows.law", "G.L11.1", "G.L11.2", "B.rows.flat", "B.rows.length", "B.rows.below"):
        assert value(between(id, "$c=", "$"), at) == pytest.approx(at["c"])
        for said in between(id, r"$\widetilde\varkappa=", "$").split("="):
            assert value(said, at) == pytest.approx(row_norms.load(70, 40, 90, 5.0))


def test_the_exact_law_of_a_row() -> None:
    at = {"c": 0.3, "Z": 1.7, "S": 4.0, r"\chi^2_{d-1}": 11.0}
    moved = value(between("B.rows.law", r"\|w_i+\eta\widetilde G_i\|^2=", "$"), at)
    alone = value(between("B.rows.law", r"$\|\eta\widetilde G_i\|^2=", "$"), at)
    rest = 0.09 * 4 * 11
    assert (moved, alone) == pytest.approx((1.51**2 + rest, 0.51**2 + rest))
    shift = value(between("B.rows.flat", r"\chi'^2_d(", ")"), ROWS)
    each = value(between("B.rows.flat", r"\mathcal N\bigl(0,", "I_d"), ROWS)
    assert row_norms.flat_law(0.8, 70, 1.4).args[1] == pytest.approx(shift)
    assert row_norms.flat_law(0.8, 70, 1.4).kwds["scale"] == pytest.approx(each)


def declared_failures(id: str) -> int:
    """The number in front of e^(−t): the declared bound at a deviation of exponent 0."""
    return round(declared(id, level=1e9))


def test_the_lengths_of_the_rows() -> None:
    box = value(between("B.rows.length", r"$$|r_i-\bar r|\le", " .$$"), ROWS)
    rest = {k: v for k, v in ROW.items() if k != "spread"}
    assert box == pytest.approx(row_norms.length_deviation(6.0, **rest, theta=0.7, spread=1.1))
    hat = value(between("B.rows.length", r"\hat r=", ",$$"), ROWS)
    low, high = row_norms.length_centre(0.8, 70, 0.7)
    assert hat == pytest.approx(high)
    below = value(between("B.rows.length", r"$\bar r^2\ge", "$"), ROWS | {r"\hat r": hat})
    assert low == pytest.approx(math.sqrt(below))
    mean = between("B.rows.length", r"$$\bar r=\mathbb E", r",\qquad")
    assert value(mean, ROWS | {r"\chi^2_{d-1}": 69.0}) == pytest.approx(hat)  # Jensen
    assert r"least $1-6q\,e^{-t}$" in statements.get("B.rows.length").text
    flat = value(between("B.rows.flat", r"|r_i-\mathbb E\,r_i|\ge", r"\Bigr)"), ROWS)
    assert flat == pytest.approx(row_norms.flat_deviation(6.0, 0.8, 70, 1.4))


def test_the_law_of_a_row_where_the_slope_is_flat() -> None:
    law = row_norms.flat_law(0.8, 70, 1.4)
    v, d = ROWS["v"], 70
    assert float(law.mean()) == pytest.approx(1 + v)
    assert float(law.var()) == pytest.approx((v / d) ** 2 * 2 * (d + 2 * d / v))
    ends = between("B.rows.flat", r"\le2e^{-t},\qquad", " .$$").split(r"\le\mathbb E\,r_i\le")
    low, high = (value(end, ROWS) for end in ends)
    assert (low**2, high**2) == pytest.approx((1 + v - v / d, 1 + v))
    assert low <= float(law.expect(math.sqrt)) <= high


def test_the_tails_of_chi_squared_and_the_bounds_from_below() -> None:
    for k in (1.0, 12.0):
        at = {"k": k, "t": 5.0}
        up = value(between("B.chi2", r"\Pr\bigl(Q-k\ge", r"\bigr)"), at)
        down = value(between("B.chi2", r"\Pr\bigl(Q-k\le", r"\bigr)"), at)
        assert (up, down) == pytest.approx((2 * math.sqrt(5 * k) + 10, -2 * math.sqrt(5 * k)))
        assert stats.chi2.sf(k + up, k) <= math.exp(-5)
        assert stats.chi2.cdf(k + down, k) <= math.exp(-5)
    assert statements.get("B.chi2").text.count(r"\bigr)\le e^{-t}") == 2
    parts = statements.get("B.rows.below").text.split(r"\tfrac1{\sqrt d}\Bigr)")[1:]
    for u, d in ((3.0, 5), (6.0, 5), (20.0, 70)):
        at = {"u": u, "d": float(d)}
        moved, alone = (
            value(part.split(r"\ge", 1)[1].split("$$")[0].rstrip(",."), at) for part in parts
        )
        exact = row_norms.flat_law(1 / u, d).sf(1 + 1 / u + d**-0.5)
        assert moved == pytest.approx(stats.norm.sf(math.sqrt(u) / 2 + 1 / math.sqrt(2 * u)) / 2)
        assert moved <= exact
        exact = row_norms.flat_law(1 / u, d, start=0.0).sf(1 / u + d**-0.5)
        assert alone == pytest.approx(2 * stats.norm.sf(math.sqrt(d + u * math.sqrt(d))), abs=1e-12)
        assert alone <= exact


def test_the_exponents_of_the_bounds_from_below() -> None:
    """Those of the normal tails: half the squares of where they begin, at leading order."""
    inside = between("B.rows.below", r"\Phi\bigl(\tfrac12", r"\bigr)\Bigr),")
    eighth = value(between("B.rows.below", "exponents are at most $", "+O"), {"u": 1.0})
    start = value(r"\tfrac12" + inside, {"u": 1e12})
    assert start**2 / 2 == pytest.approx(eighth * 1e12)
    told = statements.get("G.L11.1")
    assert value(told.changed.split("exponent is $")[-1].split("$")[0], {"u": 1.0}) == eighth
    assert value(told.counterexample.split(r"\exp(-(")[1].split("+o")[0], {}) == eighth
    begin = between("B.rows.below", r"\Phi\bigl(\sqrt{d", r"}\bigr)\Bigr).")
    at = {"u": math.sqrt(70), r"\widetilde u": math.sqrt(70), "d": 70.0}
    said = value(between("B.rows.below", r"at most $u", "+O").join(("u", "")), at)
    assert value("d" + begin, at) / 2 == pytest.approx(said)  # at u = √d, where the two terms meet
    again = statements.get("G.L11.2").counterexample.split(r"\Phi(\sqrt{")[1].split("})")[0]
    assert value(again, at) == pytest.approx(value("d" + begin, at))


# Chapter: memorization

KNOWN = mz.Facts(1.3, 0.4, 0.9, 2, 0.6, 0.7)
D = {"s_1": 1.3, "s_2": 0.4, r"\theta": 0.9, "r": 2.0, "k_1": 0.6}
WIDE = {"d": 8e7, "q": 5e7, "level": 9.0, "ell": 4.0, "norm": 0.02, "width": 0.01}
NARROW = {"d": 50.0, "q": 40.0, "level": 0.5, "ell": 0.5, "norm": 0.04, "width": 0.02}
CASES = pytest.mark.parametrize(
    ("sizes", "known"), [(WIDE, KNOWN), (NARROW, KNOWN._replace(kinks=0)), (NARROW, KNOWN)]
)
NEAR = 4e-5
"""√(2/π) is rounded up in the library."""


def claim_13(sizes: dict[str, float], kinks: int) -> dict[str, float]:
    """All that the box of Claim 13 defines, one after the other."""
    at = {**D, "A": 1.5, r"|\mathbb E\,\sigma(g)|": 0.7, r"\bar r": 1.1, "R": 0.3}
    at |= {"t": sizes["ell"], "q": sizes["q"], "d": sizes["d"], r"\gamma": sizes["level"]}
    at |= {"T": sizes["norm"], r"\tau": sizes["width"]}
    lines = between("G.C13", r"\epsilon=", r"\end")
    first, plus, minus, reach = re.split(r",(?:\\\\|\\quad)[^=]*=", lines)
    at |= {r"\epsilon": value(first, at), r"\rho_+": value(plus, at)}
    at |= {r"\rho_-": value(minus.removesuffix("_+"), at), "b": value(reach.rstrip(","), at)}
    near = value(between("G.C13", r"$$\beta=", ",$$"), at)
    at |= {r"\beta": near if kinks else 0.0}
    return at | {r"\Theta": value(between("G.C13", r"$$\Theta=", ",$$"), at)}


def lemma_7(sizes: dict[str, float], known: mz.Facts) -> mz.Margin:
    rest = {name: given for name, given in sizes.items() if name not in ("d", "q")}
    given = {**rest, "known": known, "drift": 0.3, "centre": 1.1, "imbalance": 1.5}
    return mz.margin(sizes["d"], sizes["q"], **given)


@CASES
def test_what_an_example_does_to_itself(sizes: dict[str, float], known: mz.Facts) -> None:
    at, found = claim_13(sizes, known.kinks), lemma_7(sizes, known)
    assert found.near == pytest.approx(at[r"\beta"], rel=NEAR)
    bracket = at[r"\Theta"]
    assert found.bracket == pytest.approx(bracket, rel=10 * NEAR)
    share = at[r"\rho_-" if bracket > 0 else r"\rho_+"]  # below 0 the larger share is the worse
    assert found.learned == pytest.approx(sizes["level"] * share * bracket, rel=10 * NEAR)


@CASES
def test_lemma_7_and_claim_12(sizes: dict[str, float], known: mz.Facts) -> None:
    at, found = claim_13(sizes, known.kinks), lemma_7(sizes, known)
    if at[r"\Theta"] > 0:
        box = value(between("G.L7", r"\ \ge\ ", " .$$"), at)
        assert found.value == pytest.approx(box, rel=10 * NEAR)
    at |= {r"|\bar r-1|": at[r"\bar r"] - 1}
    at |= {r"|\phi(\bar r)|": value(between("G.C12", r"$|\phi(\bar r)|\le", "$"), at)}
    box = value(between("G.C12", r"(x)\ \ge\ ", ",$$"), at)
    assert -found.noise - found.drift == pytest.approx(box, rel=NEAR)
    noise = value(between("G.C12", r"(x)\ \ge\ -", "-A"), at)
    assert found.noise == pytest.approx(noise)


def test_the_cases_are_of_both_signs() -> None:
    signs = [
        lemma_7(sizes, known).bracket > 0
        for sizes, known in ((WIDE, KNOWN), (NARROW, KNOWN._replace(kinks=0)), (NARROW, KNOWN))
    ]
    assert signs == [True, True, False]


def test_the_difficulty() -> None:
    for id, start in (
        ("B.memorize", "Let $D="),
        ("G.T1", "With $D="),
        ("B.memorize.log2", ", $D="),
        ("B.memorize.log", ", $D="),
    ):
        assert mz.difficulty(KNOWN) == pytest.approx(value(between(id, start, "$ "), D))


EDGE = {"d": 1e18, "q": 1e18, r"\gamma": 45.0, "T": 0.1, "A": 2e4, **D}
EASY = mz.Facts(1.3, 0.4, 2.9, 1, 0.2, 1e-4)
EDGE |= {r"\theta": 2.9, "r": 1.0, "k_1": 0.2, r"|\mathbb E\,\sigma(g)|": 1e-4}


def explicit(**changed: object) -> float:
    given = {"d": 1e18, "q": 1e18, "m": 1e6, "level": 45.0, "known": EASY, "norm": 0.1}
    given |= {"imbalance": 2e4, **changed}
    sizes = [given.pop(name) for name in ("d", "q", "m")]
    return float(mz.guarantee(*sizes, **given))  # type: ignore[arg-type]


def test_the_explicit_theorem() -> None:
    at = EDGE | {"D": mz.difficulty(EASY)}
    box = value(between("B.memorize", r"y_jh_{W^+}(x_j)\ \ge\ ", ".$$"), at)
    assert 0 < explicit() == pytest.approx(box)
    bound = {"d": 10**18, "level": 45.0, "T": 0.1, "s": 1.3, "theta": 2.9, "kinks": 1.0}
    bound |= {"far": 0.2, "bend": 0.4, "A": 2e4, "mean": 1e-4}
    assert box == pytest.approx(declared("B.memorize", **bound))


def test_where_the_explicit_theorem_speaks() -> None:
    """Each condition of the box is where the library's begins, to a thousandth."""
    conditions = between("B.memorize", "If\n$$", "$$").split(r",\qquad ")
    ends = [re.split(r"\\[lg]e(?![a-z])", c)[1].rstrip(",") for c in conditions]
    few, square, wide, wider = (value(end, EDGE) for end in ends)
    assert few < square
    below, above = 0.999, 1.001
    assert explicit(m=below * few) > 0 > explicit(m=above * few)
    assert square == 1e36
    small = {"d": 1e9, "q": 1e9, "level": 15.0, "imbalance": 0.0}
    tiny = EASY._replace(slope=1e-6, theta=1e-9, bend=0.0, mean=0.0)
    assert math.isfinite(explicit(**small, known=tiny, m=below * 1e18))
    assert explicit(**small, known=tiny, m=above * 1e18) == -math.inf
    assert wide > wider
    assert explicit(q=above * wide) > 0 > explicit(q=below * wide)
    low = {"level": 25.0, "norm": 0.03, "imbalance": 0.0}
    at = EDGE | {r"\gamma": 25.0, "T": 0.03}
    wide, wider = (value(end, at) for end in ends[2:])
    assert wider > wide
    assert explicit(**low, q=above * wider) > 0 > explicit(**low, q=below * wider)
    level = value(between("B.memorize", r"and $\gamma>", "$"), EDGE)
    assert math.isfinite(explicit(level=above * level))
    assert explicit(level=below * level) == -math.inf
    assert math.isfinite(explicit(q=1e18))
    assert explicit(q=above * 1e18) == -math.inf
    most = value(between("B.memorize", r"$0<T\le", "$"), {})
    assert math.isfinite(explicit(norm=below * most))
    assert explicit(norm=above * most) == -math.inf
    lost = 1.3**2 * mz.difficulty(EASY) * 0.1
    assert math.isfinite(explicit(known=EASY._replace(theta=above * lost)))
    assert explicit(known=EASY._replace(theta=below * lost)) == -math.inf
    assert r"with $s_1^2DT\le\theta$. If" in statements.get("B.memorize").text
    assert r"least $1-15/d$ all" in statements.get("B.memorize").text


@pytest.mark.parametrize("log_d", [30.0, 3e5])
def test_theorem_1_is_the_explicit_one(log_d: float) -> None:
    """T_d is the least T with which the conditions of B.memorize hold at the ends of m and q."""
    at = D | {"d": math.exp(30.0), r"\ln d": log_d, r"(\ln d)": log_d}
    T = value(between("G.T1", r"$$T_d=", ".$$"), at)
    assert T >= 20.25 * 1.3 / log_d * (1 - 1e-12)
    assert 24 * 1.3**2 <= T**2 * log_d**2
    assert 410 * 1.3**2 <= T**2 * log_d**2
    assert 216 <= T**4 * log_d**3
    smaller = 0.995 * T
    assert not (410 * 1.3**2 <= smaller**2 * log_d**2 and 216 <= smaller**4 * log_d**3)
    at |= {"D": 2.0, "T_d": T, "A": 2e4, r"|\mathbb E\,\sigma(g)|": 0.7}
    box = value(between("G.T1", r"y_jh_{W^+}(x_j)\ \ge\ ", ".$$"), at)
    shift = 2e4 * (0.7 + 1.3 / 60 / 64)
    expected = (0.9 - 1.69 * 2.0 * T) * log_d - 3 * 1.3 * math.sqrt(log_d) - shift
    assert box - expected == pytest.approx(0, abs=1e-3)


@pytest.mark.parametrize(
    ("id", "K"), [("B.memorize.log2", math.log(1e18) ** 0.5), ("B.memorize.log", 7.0)]
)
def test_the_sharper_theorems_are_the_explicit_one(id: str, K: float) -> None:
    """At γ = ln d, that is K = √ln d, and at γ = K√ln d: the same conditions, half of θ left."""
    cost = mz.difficulty(EASY)
    T = value(r"\min" + between(id, "$T=\\min", "$"), EDGE | {"D": cost})
    assert pytest.approx(min(1 / 8, 2.9 / (2 * 1.69 * cost))) == T
    at = EDGE | {"T": T, "K": K, r"\gamma": K * math.log(1e18) ** 0.5}
    plain = between("B.memorize", "If\n$$", "$$").split(r",\qquad ")
    few, _, wide, wider = (
        value(re.split(r"\\[lg]e(?![a-z])", c)[1].rstrip(","), at) for c in plain
    )
    ours = between(id, "If\n$$", "$$").split(r",\qquad ")
    ends = [value(re.split(r"\\[lg]e(?![a-z])", c)[1].rstrip(","), at) for c in ours]
    assert ends[0] == pytest.approx(few)
    assert ends[1] == 1e36
    assert max(ends[2:]) == pytest.approx(max(wide, wider))
    box = value(between(id, r"y_jh_{W^+}(x_j)\ \ge\ ", ".$$"), at)
    log_d = math.log(1e18)
    expected = 1.45 * K * math.sqrt(log_d) - 3.9 * math.sqrt(log_d) - 2e4 * (1e-4 + 1.3 / 60 / 64)
    assert box == pytest.approx(expected)


def test_the_numbers_for_the_absolute_value() -> None:
    plain = mz.Facts(1.0, 0.0, 1.0, 1, 0.0, 0.8)
    assert mz.difficulty(plain) == 4
    assert "$D=4$" in statements.get("G.T1").text
    at = {"d": 1.0, "q": 1.0, r"\ln d": 1.0, r"\ln^2d": 1.0}
    assert value(between("B.memorize.log2", r"$T=\frac18$ and $m\le", "$"), at) == 1 / (24 * 64)
    one = between("B.memorize.log", "one step memorizes $m\\le", "$")
    assert value(one, at) == pytest.approx(1 / (24 * 64 * 49))
    wide = between("B.memorize.log", r"as soon as $q\ge", r"\ln d$").replace(r"\,", "")
    assert int(wide) == max(410 * 64 * 49, 216 * 8**4)


def test_the_mean_field() -> None:
    at = {r"\varkappa": 500 * 9.0 / (80 * 60), "q": 60.0, "d": 80.0, "m": 500.0}
    at |= {r"(\sum_jy_j)": 30.0}
    box = value(between("B.meanfield", "and variance\n$$", ".$$"), at)
    found = mz.mean_field(80, 60, 500, level=3.0, label_sum=30.0)
    assert found.variance == pytest.approx(box)
    limit = value(
        between("B.meanfield", r"$\Lambda\to", "$").replace(r"\arcsin", ""), {r"\varkappa": 1.0}
    )
    assert limit == pytest.approx(2 / math.pi / math.sqrt(2))
    load = torch.tensor([1.0], dtype=torch.float64)
    assert float(mz.mean_field_limit(load)) == pytest.approx(0.5)
    wide = mz.mean_field(10**6, 10**12, 0.9 * 10**18 / 4, level=2.0)  # γ/√q = 2e-6
    assert wide.mean / 2 == pytest.approx(
        float(mz.mean_field_limit(torch.tensor([0.9], dtype=torch.float64)))
    )
