"""The formulas in the boxes of the chapter on generalisation, against the library."""

from __future__ import annotations

import math

import pytest
import sympy as sp
from reading import between, value

from memorize import generalization as ge
from memorize import statements
from memorize.kernel import rules
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
    import torch

    weights = torch.tensor([[0.3, 0.0]], dtype=torch.float64)
    labels = torch.tensor([1.0, 1.0], dtype=torch.float64)
    target = torch.tensor([-1.0], dtype=torch.float64)
    found = ge.expected_square_error(weights, labels, target, kept=0.5, stays=0.8)
    assert value(box, letters | {r"\langle g,t\rangle": 0.3}) == pytest.approx(float(found))


def test_the_circle() -> None:
    told = value(between("F.D5.1", r"$\lambda_m(H)\le", "$, whatever"), {"m": 7.0})
    assert told == pytest.approx(1 / 7 + math.pi**2 / 49)


def test_the_online_certificate() -> None:
    box = between("B.online.generalization", "\\mathcal L_{\\mathcal D}(f_j)\\le\n   ", ".$$")
    told = value(box, AT)
    assert told == pytest.approx(ge.online_certificate(369.0, 267, 0.1).total)
    assert told == pytest.approx(declared("B.online.generalization", Q=369, m=267, delta=0.1))
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
    assert ge.enough_neurons(267, 0.02, 0.1, 1e9) == math.ceil(kernel)
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
    first = value(between("F.T5.1", r"\begin{aligned}\mathcal L_{\mathcal D}(h)\le", r"\\"),
                  letters)  # fmt: skip
    second = value(between("F.T5.1", "\\\\\n   &+", r",\qquad i="), letters)
    assert first + second == pytest.approx(formal)
    found = ge.network_certificate(root**2, m, delta, **given).total
    assert found <= formal
    rounding = 2 * (root + 0.75 + 1 - index) * 1.2 / math.sqrt(2 * m)
    assert found + rounding == pytest.approx(formal)
