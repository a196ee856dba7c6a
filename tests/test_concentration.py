"""Concentration of Gram matrices: exact means, bounds against the declared ones, bad input."""

from __future__ import annotations

import math

import pytest
import torch

from memorize import concentration as con
from memorize import distributions, statements
from memorize.activations import ABS, LINEAR, RELU, TANH, PiecewiseLinear, leaky_relu
from memorize.kernels import hidden_kernel

DOUBLE = torch.float64


def gen(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def points(m: int = 6, d: int = 4) -> torch.Tensor:
    return distributions.sphere(m, d, gen(5))


def declared(id: str, **values: float) -> float:
    """The declared bound at these parameters."""
    bound = statements.get(id).bound
    assert bound is not None
    return float(bound.evaluate(**values).value)


@pytest.mark.parametrize("activation", [RELU, ABS, leaky_relu(0.2)])
def test_mean_square_is_the_measured_one(activation: PiecewiseLinear) -> None:
    x = points()
    H = hidden_kernel(activation).gram(x)
    found = torch.cat(
        [
            (batch - H).square().sum((1, 2))
            for batch in con.gram_draws(activation, x, 3, 4000, gen())
        ]
    )
    error = float(found.std()) / math.sqrt(len(found))
    assert abs(float(found.mean()) - con.mean_square(activation, x, 3)) < 5 * error


def test_mean_square_in_closed_form() -> None:
    x = points()
    angle = torch.arccos((x @ x.T).clamp(-1, 1))
    relu = ((x @ x.T) ** 2 * (1 - angle**2 / math.pi**2)).sum() / 4
    assert con.mean_square(RELU, x, 1) == pytest.approx(float(relu))
    assert con.mean_square(RELU, x, 8) == pytest.approx(float(relu) / 8)
    line = PiecewiseLinear("line", odd=1.0, even=0.0)
    assert con.mean_square(line, x, 1) == pytest.approx(0, abs=1e-12)


def test_bounds_are_the_declared_ones() -> None:
    m, q, delta = 30, 500, 0.02
    at = {"m": m, "q": q, "delta": delta}
    assert con.frobenius_deviation(q, delta, 0.5 * m) == pytest.approx(
        declared("F.LC.3", rms=0.5, **at)
    )
    assert con.entrywise_deviation(m, q, delta, 0.5 * m) == pytest.approx(
        declared("B.conc.entry", rms=0.5, **at)
    )
    assert con.bernstein_deviation(m, q, delta, 4.0, 3.0) == pytest.approx(
        declared("B.conc.bernstein", Lambda=4, v=3, **at)
    )
    assert con.chernoff_tail(0.4, m, q, 20.0) == pytest.approx(
        declared("B.conc.chernoff", m=m, q=q, Lambda=4, least=0.2, eps=0.4)
    )


@pytest.mark.parametrize(
    ("id", "part"),
    [
        ("N.conc", r"\le\frac{C^4R^2}{qd}.$$"),
        ("N.conc", r"\le\frac{C^4R^2}{qd\,t^2}"),
        ("B.conc.sharp", r"\frac1{qd}\Bigl(1-\frac3{d+2}\Bigr)"),
        ("B.conc.relu", r"\frac1{4q}\sum_{j,l}G_{jl}^2\Bigl(1-\frac{\theta_{jl}^2}{\pi^2}\Bigr)"),
        ("F.LC.3", r"\frac{\|G\|_{\mathrm F}}{\sqrt q}\Bigl(\frac12+\sqrt{\tfrac12\ln\tfrac1\de"),
        ("F.LC.3", r"0.93\,m\,\sqrt{\frac{\ln(2/\delta)}q}"),
        ("B.conc.entry", r"|G_{jl}|\sqrt{\frac{\ln(m(m+1)/\delta)}{2q}}"),
        ("B.conc.bernstein", r"2m\,\exp\Bigl(-\frac{q\,t^2}{2v+2\Lambda t/3}\Bigr)"),
        ("B.conc.bernstein", r"\sqrt{\frac{2v\,\ell}q}+\frac{2\Lambda\,\ell}{3q}"),
        ("B.conc.chernoff", r"e^{-\frac qb(\varepsilon+(1-\varepsilon)\ln(1-\varepsilon))}"),
        ("B.conc.chernoff", r"e^{-\frac qb((1+\varepsilon)\ln(1+\varepsilon)-\varepsilon)}"),
        ("B.conc.chernoff", r"6.52\,\frac\Lambda{\lambda_m}\ln\frac m\delta"),
        ("B.conc.need", r"q\ge\log_2\frac m{-\ln(1-\delta)}"),
    ],
)
def test_texts_have_the_checked_numbers(id: str, part: str) -> None:
    assert part in statements.get(id).text


def test_tails_at_their_own_deviations() -> None:
    exponent = 300 * 0.25 / (2 * 2.0 + 2 * 6.0 * 0.5 / 3)
    assert con.bernstein_tail(0.5, 50, 300, 6.0, 2.0) == pytest.approx(100 * math.exp(-exponent))
    t = con.bernstein_deviation(50, 300, 0.01, 6.0, 2.0)
    assert con.bernstein_tail(t, 50, 300, 6.0, 2.0) <= 0.01
    q = con.chernoff_width(0.5, 50, 0.01, 30.0)
    assert con.chernoff_tail(0.5, 50, q, 30.0) <= 0.01 < con.chernoff_tail(0.5, 50, q - 1, 30.0)
    assert q <= math.ceil(6.52 * 30 * math.log(5000))


def test_variance_of_bernstein() -> None:
    assert con.bernstein_variance(1, torch.tensor([0.5, 0.5], dtype=DOUBLE)) == 0.25
    assert con.bernstein_variance(3, torch.tensor([0.1, 2.5], dtype=DOUBLE)) == pytest.approx(1.25)
    with pytest.raises(ValueError, match=r"eigenvalues must lie in \[0, L"):
        con.bernstein_variance(1, torch.tensor([0.5, 1.5], dtype=DOUBLE))


def test_every_width_is_enough_for_its_own_bound() -> None:
    known, delta = con.spectra(points(8, 20)), 0.05
    need, half = con.widths(known, delta), known.least / 2
    assert con.entrywise_deviation(8, need["entries"], delta, known.frobenius) <= half
    assert con.frobenius_deviation(need["differences"], delta, known.frobenius) <= half
    assert con.chernoff_tail(0.5, 8, need["Chernoff"], known.L / known.least) <= delta
    bound = con.bernstein_tail(
        half, 8, need["Bernstein"], float(known.eigenvalues[-1]), known.variance
    )
    assert bound / 2 <= delta
    less = con.bernstein_tail(
        half, 8, need["Bernstein"] - 1, float(known.eigenvalues[-1]), known.variance
    )
    assert less / 2 > delta  # one-sided: m, not 2m
    x = points(8, 20)
    assert known.frobenius == pytest.approx(float((x @ x.T).square().sum().sqrt()))
    assert known.L == pytest.approx(float(torch.linalg.matrix_norm(x @ x.T, ord=2)))
    assert need["Chernoff"] < need["Bernstein"] < need["differences"] < need["entries"]
    assert known.m == 8


def test_widths_need_a_positive_eigenvalue() -> None:
    twice = torch.cat([points(2, 3)] * 2)
    known = con.spectra(twice)
    flat = con.Spectra(known.eigenvalues.clamp(min=0) * 0, known.L, known.frobenius)
    with pytest.raises(ValueError, match="smallest eigenvalue"):
        con.widths(flat, 0.1)


def test_draws_come_in_batches_and_repeat() -> None:
    x = points()
    whole = torch.cat(list(con.gram_draws(TANH, x, 5, 7, gen(1))))
    parts = list(con.gram_draws(TANH, x, 5, 7, gen(1), chunk=150))
    again = list(con.gram_draws(TANH, x, 5, 7, gen(1), chunk=150))
    assert whole.shape == (7, 6, 6)
    assert len(parts) > 1
    assert torch.equal(torch.cat(parts), torch.cat(again))
    assert torch.cat(parts).shape == whole.shape
    with pytest.raises(ValueError, match="points"):
        next(con.gram_draws(LINEAR, 2 * x, 5, 7, gen()))


def test_whitener_whitens() -> None:
    H = hidden_kernel(RELU).gram(points())
    white = con.whitener(H)
    torch.testing.assert_close(white @ H @ white, torch.eye(6, dtype=DOUBLE), atol=1e-12, rtol=0)
    with pytest.raises(ValueError, match="H must be positive definite"):
        con.whitener(torch.ones(3, 3, dtype=DOUBLE))


@pytest.mark.parametrize("gamma", [0.1, 0.5, 0.9])
def test_marchenko_pastur_has_mass_and_mean_one(gamma: float) -> None:
    low, high = con.marchenko_pastur_edges(gamma)
    phi = (torch.arange(20_000, dtype=DOUBLE) + 0.5) * math.pi / 20_000
    x = (low + high) / 2 - (high - low) / 2 * torch.cos(phi)
    weight = con.marchenko_pastur_density(x, gamma) * torch.sin(phi) * (high - low) / 2
    weight = weight * math.pi / 20_000
    for power, moment in ((0, 1.0), (1, 1.0), (2, 1 + gamma)):
        assert float((weight * x**power).sum()) == pytest.approx(moment, rel=1e-6)
    assert con.marchenko_pastur_density(torch.tensor([low / 2, 2 * high]), gamma).tolist() == [0, 0]


@pytest.mark.parametrize(
    ("call", "name"),
    [
        (lambda: con.frobenius_deviation(0, 0.1, 1.0), "q"),
        (lambda: con.frobenius_deviation(3, 1.0, 1.0), "delta"),
        (lambda: con.entrywise_deviation(3, 3, 0.1, -1.0), "frobenius"),
        (lambda: con.bernstein_tail(0.0, 3, 3, 1.0, 1.0), "t must"),
        (lambda: con.bernstein_deviation(3, 3, 0.1, 0.0, 1.0), "L"),
        (lambda: con.chernoff_tail(1.0, 3, 3, 1.0), "eps"),
        (lambda: con.chernoff_width(0.5, 3, 0.1, math.nan), "ratio"),
        (lambda: con.marchenko_pastur_edges(2.0), "gamma"),
        (lambda: con.mean_square(RELU, 2 * points(), 3), "points|x"),
    ],
)
def test_bad_input_is_named(call: object, name: str) -> None:
    with pytest.raises(ValueError, match=name):
        call()  # type: ignore[operator]
