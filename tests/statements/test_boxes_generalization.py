"""The formulas in the boxes of the chapter on generalisation, against the library."""

from __future__ import annotations

import math

import pytest
import sympy as sp
import torch
from reading import between, value

from memorize import generalization as ge
from memorize import statements
from memorize.activations import RELU
from memorize.kernel import eq, rules
from memorize.kernels import hidden_kernel
from memorize.learnable import nested_values
from memorize.statements import generalization as cast

AT = {"Q": 369.0, "m": 267.0, r"\delta": 0.1}


def declared(id: str, **values: float) -> float:
    bound = statements.get(id).bound
    assert bound is not None
    return float(bound.evaluate(**values).value)


def number(term: object, values: dict[str, float]) -> float:
    symbols = {name: sp.Symbol(name) for name in values}
    found = rules._sympy(term, symbols)  # type: ignore[arg-type]
    return float(sp.sympify(found).subs({symbols[n]: v for n, v in values.items()}))


def test_the_measure() -> None:
    box = between("F.E10", "$H\\succ0$ the measure is\n$$", ".$$")
    told = value(box, AT | {r"\,y^\top H^{-1}y": 369.0})
    assert told == pytest.approx(declared("F.E10", Q=369, m=267))
    assert told == pytest.approx(math.sqrt(2 * 369 / 267))
    assert told == pytest.approx(ge.network_certificate(369.0, 267, 0.1).measure)
    level = value(between("F.E10", "it is never below $", "$"), {"m": 16.0})
    assert level**2 == pytest.approx(2 * 16 / (16 * 16 / 2))  # 2‖y‖²/(mλ₁) at λ₁ = m/2
    half = value(between("F.E10", "$y^\\top H^{-1}y<", "$"), AT)
    assert declared("F.E10", Q=half, m=267) == pytest.approx(1)


def test_random_labels() -> None:
    assert r"\ge4$$" in statements.get("B.E10.random").text
    pair = value(between("B.E10.random", "holds with\n   $\\pi=", "$"), {"m": 7.0, "k": 3.0})
    assert pair == pytest.approx(float(ge.kept_pair(7, 3)))
    alone = value(between("B.E10.random", "Then with\n   $\\pi=", "$"), {"p": 0.25})
    assert alone == pytest.approx(0.75**2)
    assert statements.get("B.E10.random").formal[0].conclusion == (cast.inner(cast.b, cast.e) >= 2)
    box = between("B.E10.random", r"\bigl(f(x)-Z\bigr)^2=", ".$$")
    letters = {r"\pi": 0.5, r"\langle g,t\rangle": 0.7, r"\|g\|": 0.3, r"\varrho": 0.8, "z": -1.0}
    weights = torch.tensor([[0.3, 0.0]], dtype=torch.float64)
    labels = torch.tensor([1.0, 1.0], dtype=torch.float64)
    target = torch.tensor([-1.0], dtype=torch.float64)
    found = ge.expected_square_error(weights, labels, target, kept=0.5, stays=0.8)
    assert value(box, letters | {r"\langle g,t\rangle": 0.3}) == pytest.approx(float(found))


def sphere(m: int, d: int) -> torch.Tensor:
    x = torch.randn(m, d, generator=torch.Generator().manual_seed(3), dtype=torch.float64)
    return x / x.norm(dim=1, keepdim=True)


def test_repeated_points() -> None:
    at = {"m": 5.0, "p": 0.3}
    twice = sum(math.comb(5, k) * 0.3**k * 0.7 ** (5 - k) for k in range(2, 6))
    told = value(between("F.D5.1", "the probability $p>0$, there is no such $\\lambda$ for any\n"
                         "   $\\delta<", "$"), at)  # fmt: skip
    assert told == pytest.approx(twice)


def test_the_rank() -> None:
    base = sphere(4, 3)
    x = torch.cat([base, -base, base[:2], sphere(6, 3)[4:]])
    gram = hidden_kernel(RELU).gram(x)
    nullity = int((torch.linalg.eigvalsh(gram) < 1e-10).sum())
    at = {"m'": 10.0, "m": 12.0, "k": 4.0, "r": 3.0}
    told = value(between("F.R5.1", r"m-\operatorname{rank}H=", ".$$"), at)
    assert told == nullity == ge.degeneracy(x).nullity
    pair = hidden_kernel(RELU).gram(base[:2])
    least = value(between("F.R5.1", "$$\\lambda_m\\le", ".$$"),
                  {r"\max_{j\ne j'}": 1.0, "H_{jj'}": abs(float(pair[0, 1]))})  # fmt: skip
    assert float(torch.linalg.eigvalsh(pair)[0]) == pytest.approx(least)


def test_the_range_of_the_measure() -> None:
    H = hidden_kernel(RELU).gram(sphere(6, 4))
    values, vectors = torch.linalg.eigh(H)
    for end, (start, stop) in ((-1, ("lies between $", "$ and")), (0, ("$ and $", "$. As"))):
        at = {r"\|y\|": 3.0, "m": 6.0, r"\lambda_1": float(values[-1])}
        told = value(between("F.E10", start, stop), at | {r"\lambda_m": float(values[0])})
        assert float(ge.complexity(H, 3 * vectors[:, end])) ** 2 == pytest.approx(told)


def test_the_means_over_random_labels() -> None:
    H, t = hidden_kernel(RELU).gram(sphere(5, 3)), torch.tensor([1.0, -1, 1, 1, -1]).double()
    at = {"m": 5.0, r"\operatorname{tr}H^{-1}": float(torch.linalg.inv(H).trace())}
    start = r"\frac{2\operatorname{tr}"
    alone = value(start + between("B.E10.random", "H^{-1}y}m=" + start, r"\ge4"), at)
    assert alone == pytest.approx(ge.mixed_square(H, t, 0))
    at |= {r"\pi": 0.3, r"t^\top H^{-1}t": float(nested_values(H, t)[-1])}
    start = r"\frac2m\Bigl("
    mixed = value(start + between("B.E10.random", "H^{-1}y}m=" + start, ".$$"), at)
    assert mixed == pytest.approx(ge.mixed_square(H, t, 0.3))


def test_leaving_one_out() -> None:
    H, y = hidden_kernel(RELU).gram(sphere(5, 3)), torch.tensor([1.0, -1, 2, 1, -1]).double()
    A = torch.linalg.inv(H)
    error = value(between("B.loo", "y_j-f_{-j}(x_j)=", ",$$"),
                  {"(H^{-1}y)_j": float((A @ y)[1]), "(H^{-1})_{jj}": float(A[1, 1])})  # fmt: skip
    assert float(ge.leave_one_out(H, y)[1]) == pytest.approx(error)
    half, one = torch.eye(5, dtype=torch.float64) / 2, {r"\bigl(y_j-f_{-j}(x_j)\bigr)": 2.0}
    e = float(ge.leave_one_out(half, y)[2])
    fall = float(nested_values(half, y)[-1] - nested_values(half[:4, :4], y[[0, 1, 3, 4]])[-1])
    assert e == pytest.approx(2)
    assert fall == pytest.approx(value(between("B.loo", r"\bigr)^2\ge", " .$$"), one))
    prices = {r"\mathbb E\,Q_m": fall, r"\mathbb E\,Q_{m-1}": 0.0}
    told = value(between("B.loo", "expected squared error of at most\n$", "$."), prices)
    assert told == pytest.approx(e**2)


def test_what_the_theorem_asks() -> None:
    at = AT | {r"\lambda": 0.02, r"\eta": 1 / 267, r"\rho": 3.0, "c": 0.2, "c'": 0.01}
    time = value(between("F.T5.1", r"$T\ge", "$ and"), at)
    assert math.exp(-at[r"\eta"] * time * 0.02 / 2) * math.sqrt(267) == pytest.approx(1)
    assert 4 * value(between("F.T5.1", r"be $(\lambda,", ",m)$"), at) == pytest.approx(0.1)
    rich = value(between("F.T5.1", "Rademacher complexity of at most\n   $", "$"), at)
    loss = 2 * rich + ge.grid_level(3, 267, 0.1)  # the class 3 at c and c', nothing else
    found = ge.network_certificate(9.0, 267, 0.1, wide=0.2, kinks=0.01).total
    assert found == pytest.approx(loss)
    assert value(between("F.T5.1", r"$\eta\le", "$"), at) == pytest.approx(1 / 267)


def test_the_three_losses() -> None:
    assert cast.sign == eq(cast.Y**2, 1)
    margin = between("F.C5.2", r"\min\bigl(1,(", ")_+")
    for u in (-0.5, 0.0, 0.25, 1.5):
        told = min(1.0, max(value(margin, {"u": u, "y": -1.0}), 0.0))
        assert told == float(ge.ramp(torch.tensor([u]), torch.tensor([-1.0])))


def test_the_figure() -> None:
    low, share = cast.FIGURE_LOW, cast.FIGURE_SHARE
    assert value(between("F.Fig2", "is at least $", "$"), {}) == pytest.approx(float(low))
    assert value(between("F.Fig2", "error at most $", "$"), {}) == pytest.approx(float(share))


def test_the_circle() -> None:
    told = value(between("F.D5.1", r"$\lambda_m(H)\le", "$, whatever"), {"m": 7.0})
    assert told == pytest.approx(1 / 7 + math.pi**2 / 49)


def test_the_online_certificate() -> None:
    box = between("B.online.generalization", "\\mathcal L_{\\mathcal D}(f_j)\\le\n   ", ".$$")
    told = value(box, AT)
    assert told == pytest.approx(ge.online_certificate(369.0, 267, 0.1).total)
    assert told == pytest.approx(declared("B.online.generalization", Q=369, m=267, delta=0.1))
    root = value(between("B.online.generalization", r"y-f_J(x)|\le", "$;"),
                 AT | {r"\mathbb E\,Q": 369.0})  # fmt: skip
    assert root == pytest.approx(ge.online_certificate(369.0, 267, 0.1).measure)
    most = value(between("B.online.generalization", r"let $N\le", "$"), AT)
    assert most == pytest.approx(369 / 1**2 / 2)  # Σe² ≤ Q/2, and each error in sign has e² ≥ 1
    box = between("B.online.generalization", "\\,f_j(x)\\le0\\bigr)\\le\n   ", ".$$")
    assert value(box, AT | {"N": 6.0}) == pytest.approx(ge.mistakes_bound(6, 267, 0.1))
    mean = value(between("B.online.generalization", r"(x)\bigr)^2\le", "$, a quarter"),
                 AT | {r"\mathbb E\,Q": 369.0})  # fmt: skip
    assert mean == pytest.approx(2 * 369 / 267 / 4)
    chance = value(between("B.online.generalization", r"f_J(x)\le0\bigr)\le", "$."),
                   AT | {r"\mathbb E\,Q": 369.0})  # fmt: skip
    assert chance == pytest.approx(mean)


def test_the_grid() -> None:
    box = between("B.grid", "(\\mathcal F_i)+\n", ".$$")
    assert value(box, AT | {"i": 5.0}) == pytest.approx(ge.grid_level(5, 267, 0.1))


def test_the_theorem() -> None:
    box = between("F.T5.1", "satisfies\n   $$\\mathcal L_{\\mathcal D}(h)\\le", ".$$")
    told = value(box, AT)
    assert told == pytest.approx(ge.trained_certificate(369.0, 267, 0.1).total)
    assert told == pytest.approx(declared("F.T5.1", Q=369, m=267, delta=0.1))
    letters = AT | {r"\lambda": 0.02, r"\tau": 1e9}
    kernel = value(between("F.T5.1", "\n   $$q\\ge", r",\qquad"), letters)
    assert ge.enough_neurons(267, 0.02, 0.1, 1e9) == 2 * math.ceil(kernel / 2)
    flips = value(between("F.T5.1", r"\qquad" + "\n   q\\ge", " .$$"), letters | {r"\tau": 2.0})
    assert ge.enough_neurons(267, 0.02, 0.1, 2.0) == pytest.approx(flips, rel=1e-12)


def test_the_assembly() -> None:
    """The conclusion of the formal part, the first item of the box and the library agree."""
    root, m, delta = 5.0, 200, 0.1
    given = {"training": 0.01, "slack": 0.75, "wide": 0.2, "kinks": 0.03}
    index = 6  # ⌈5.75⌉
    level = ge.grid_level(index, m, delta)
    at = {"p": root, "t": 0.01, "D_": 0.75, "c": 0.2, "k": 0.03, "g": level}
    at["h"] = 1 / math.sqrt(2 * m)
    formal = number(cast.assembled, at)
    letters = {"Q": root**2, "m": float(m), r"\Delta": 0.75, "c": 0.2, "c'": 0.03, "i": 6.0}
    letters |= {r"\delta": delta, r"\varepsilon_S": 0.01}
    shown = between("F.T5.1", r"\begin{aligned}&\mathcal L_{\mathcal D}(h)\le", r"\end{aligned}")
    assert value(shown, letters) == pytest.approx(formal)
    found = ge.network_certificate(root**2, m, delta, **given).total
    assert found <= formal
    rounding = 2 * (root + 0.75 + 1 - index) * 1.2 / math.sqrt(2 * m)
    assert found + rounding == pytest.approx(formal)
