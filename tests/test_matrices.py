"""Random matrices: norms against singular values, bounds against each other and the literature."""

from __future__ import annotations

import math

import pytest
import torch

from memorize import matrices, statements


def gen(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


@pytest.mark.parametrize("shape", [(4, 7), (7, 4), (3, 2, 5, 5), (1, 1)])
def test_operator_norm_is_the_largest_singular_value(shape):
    W = torch.randn(*shape, generator=gen(), dtype=torch.float64)
    wanted = torch.linalg.matrix_norm(W, ord=2)
    torch.testing.assert_close(matrices.operator_norm(W), wanted, rtol=1e-12, atol=0)


def test_operator_norm_of_zero_and_bad_input():
    assert matrices.operator_norm(torch.zeros(3, 4)) == 0
    with pytest.raises(ValueError, match=r"W must have shape"):
        matrices.operator_norm(torch.zeros(3))
    with pytest.raises(ValueError, match=r"W must be finite"):
        matrices.operator_norm(torch.tensor([[1.0, math.nan]]))


def test_chunks_change_neither_length_nor_law():
    norms = matrices.draw_norms(matrices.LAWS["gaussian"], gen(), 10, 5, 3, chunk=4)
    again = matrices.draw_norms(matrices.LAWS["gaussian"], gen(), 10, 5, 3, chunk=4)
    assert norms.shape == (10,)
    assert torch.equal(norms, again)
    with pytest.raises(ValueError, match="draws"):
        matrices.draw_norms(matrices.LAWS["gaussian"], gen(), 0, 5, 3)


@pytest.mark.parametrize("name", matrices.LAWS)
def test_laws_are_centred_with_variance_one(name):
    x = matrices.LAWS[name](gen(3), (400, 500))
    assert x.dtype == torch.float64
    assert abs(float(x.mean())) < 0.02
    assert float(x.square().mean()) == pytest.approx(1, abs=0.02)


@pytest.mark.parametrize(("q", "d"), [(1, 1), (30, 30), (200, 10), (10, 200), (4000, 1)])
def test_bounds_are_in_order(q, d):
    truth_below = matrices.gaussian_mean_norm(q, d).mean
    best = matrices.averaged_optimum(q, d)
    assert truth_below <= matrices.davidson_szarek(q, d) <= best * (1 + 1e-9)
    assert best <= matrices.averaged_bound(q, d)
    assert best <= matrices.classical_net_bound(q, d, 0, 1)


def declared(id, **values):
    """The declared bound at these parameters."""
    return statements.get(id).bound.evaluate(**values).value


@pytest.mark.parametrize(("q", "d"), [(1, 1), (30, 20), (7, 400)])
def test_bounds_are_the_declared_ones(q, d):
    ours = declared("B.matrix", q=q, d=d, s=1.5)
    assert matrices.averaged_bound(q, d, s=1.5) == pytest.approx(ours, rel=1e-12)
    at_half = declared("T.matrix", q=q, d=d, K=1.5, delta=0.5)
    found = matrices.net_bound(q, d, math.sqrt(math.log(2)), 1.5)
    assert found == pytest.approx(at_half, rel=1e-12)
    mgf = math.exp(matrices.MGF_CONSTANT * 0.7**2 * 1.5**2)
    assert mgf == pytest.approx(declared("B.mgf.sharp", mu=0.7, K=1.5), rel=1e-12)


def test_texts_have_the_declared_numbers():
    for id, numbers in {
        "G.F8": (r"(1+2/\varepsilon)^d", r"(1+\sqrt{7/\varepsilon})^d"),
        "B.net.sharp": (r"(1-f^{-2})^{-(d-1)/2}", r"(4/3)^{(d-1)/2}"),
        "B.mgf": (r"\frac{25}{64}\,\mu^2K^2",),
        "T.matrix": (r"1.85\,K\bigl(\sqrt q+\sqrt d+t\bigr)", r"$1-e^{-t^2}$"),
        "B.matrix": (
            r"1.11\,\mu s",
            r"1.11\,s(\sqrt q+\sqrt d)",
            r"s=\sqrt{\ln2}\,K",
            r"0.925\,K(\sqrt q+\sqrt d)",
            r"1.178\,t",
        ),
    }.items():
        for number in numbers:
            assert number in statements.get(id).text


def test_union_bound_over_quarter_nets():
    """9^(q+d) tails e^(−r²/2s²) at half the bound, r, add up to e^(−t²)."""
    q, d, t, s = 12, 5, 1.3, 0.7
    r = matrices.classical_net_bound(q, d, t, s) / 2
    assert (q + d) * math.log(9) - r**2 / (2 * s**2) == pytest.approx(-(t**2))


def test_literature_bounds_at_sizes_with_closed_forms():
    assert matrices.davidson_szarek(16, 9, 1) == pytest.approx(8)
    assert matrices.matrix_series_bound(3, 5) == pytest.approx(math.sqrt(10 * math.log(8)))
    assert matrices.averaged_bound(16, 9, 2, 3) == pytest.approx(3 * (1.11 * 7 + 2))


def test_averaged_optimum_of_square_matrices_has_the_limit_of_the_chapter():
    """With q = d and S = θd it is min over θ of (θ/2 + ln(1 + θ))(1 + θ)/θ^{3/2}, times √d."""
    theta = torch.linspace(1, 6, 200_001, dtype=torch.float64)
    values = (theta / 2 + theta.log1p()) * (1 + theta) / theta**1.5
    for d in (1, 50):
        found = matrices.averaged_optimum(d, d, s=2) / (2 * math.sqrt(d))
        assert found == pytest.approx(float(values.min()), rel=1e-7)
    assert float(values.min()) / 2 == pytest.approx(1.10802, abs=5e-6)


def test_bidiagonal_lipschitz_constant():
    """The norm of the gradient uᵢzⱼ over the entries of B that are random."""
    assert matrices.gaussian_mean_norm(1, 5).lipschitz == pytest.approx(1)
    chi = [math.sqrt(2) * math.gamma((k + 1) / 2) / math.gamma(k / 2) for k in (1, 2, 3)]
    B = torch.tensor([[chi[2], chi[0]], [0, chi[1]]], dtype=torch.float64)  # 3 × 2
    values, right = torch.linalg.eigh(B.T @ B)
    z = right[:, -1]
    u = B @ z / values[-1].sqrt()
    gradient = torch.outer(u, z) * (B != 0)
    found = matrices.gaussian_mean_norm(3, 2)
    assert found.mean == pytest.approx(float(values[-1].sqrt()))
    assert found.lipschitz == pytest.approx(float(gradient.norm()))
    assert found.tail(found.mean - 1) == pytest.approx(
        1 - math.exp(-1 / (2 * float(gradient.norm()) ** 2))
    )


def test_bidiagonal_mean_norm_is_below_the_measured_mean():
    found = matrices.gaussian_mean_norm(40, 25)
    norms = matrices.draw_norms(matrices.LAWS["gaussian"], gen(1), 2000, 40, 25)
    mean, error = float(norms.mean()), float(norms.std()) / math.sqrt(2000)
    assert found.mean <= mean + 5 * error
    assert found.mean >= 0.95 * mean
    for r in (found.mean - 1, found.mean - 0.5, found.mean + 1):
        share = float((norms >= r).double().mean())
        assert found.tail(r) <= share + 0.06


def test_bidiagonal_mean_norm_of_one_row_is_exact():
    exact = math.sqrt(2) * math.gamma(3) / math.gamma(2.5)  # E χ₅
    assert matrices.gaussian_mean_norm(1, 5).mean == pytest.approx(exact)
    assert matrices.gaussian_mean_norm(5, 1).mean == pytest.approx(exact)


def test_net_constant_has_its_minimum_where_the_chapter_says():
    assert 1.84 < matrices.net_constant(0.3214) < 1.841
    assert matrices.net_constant(0.3) > matrices.net_constant(0.3214) < matrices.net_constant(0.34)


def test_tall_matrices_cost_nothing_extra():
    assert matrices.averaged_optimum(10**8, 1) == pytest.approx(1e4, rel=1e-3)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: matrices.net_constant(1.5), "eps must lie"),
        (lambda: matrices.net_constant(0.3, -1), "a must be above 0"),
        (lambda: matrices.net_bound(3, 3, -1, 1), "t must be at least 0"),
        (lambda: matrices.averaged_bound(3, 0), "d must be an integer"),
        (lambda: matrices.davidson_szarek(3.5, 2), "q must be an integer"),
        (lambda: matrices.averaged_optimum(3, 2, s=0), "s must be above 0"),
    ],
)
def test_errors_name_the_argument(call, message):
    with pytest.raises(ValueError, match=message):
        call()
