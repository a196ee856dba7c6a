"""Every scheme passes the same contract: bound, kernel, second moment, exact error, refusals."""

from __future__ import annotations

import math

import pytest
import torch

from memorize import runtime, schemes
from memorize.schemes import PAIRS, PHASES, SIGNS, STEPS, Scheme

ALL = [STEPS, SIGNS, PHASES, PAIRS]
DRAWS = 200_000
TOLERANCE = 8 / math.sqrt(DRAWS)  # at least 4 standard errors of a variable in [−2, 2]


def points_of(scheme: Scheme, n: int = 4) -> torch.Tensor:
    gen = runtime.generator(f"test_schemes/{scheme.name}")
    if scheme is STEPS:
        return torch.rand(n, 1, generator=gen, dtype=torch.float64)
    points = torch.randn(n, 3, generator=gen, dtype=torch.float64)
    return torch.nn.functional.normalize(points) if scheme is SIGNS else points


def weights_of(scheme: Scheme, points: torch.Tensor, *shape: int) -> torch.Tensor:
    gen = runtime.generator(f"test_schemes/{scheme.name}/weights")
    return scheme.draw(gen, shape, points.shape[1])


@pytest.mark.parametrize("scheme", ALL, ids=lambda s: s.name)
def test_kernel_bound_and_square_are_those_of_the_features(scheme: Scheme) -> None:
    x = points_of(scheme)
    psi = scheme.features(weights_of(scheme, x, DRAWS), x)
    assert float(psi.square().sum(-1).max()) <= scheme.bound**2 + 1e-12
    products = torch.einsum("qnd,qmd->qnm", psi, psi)
    k = scheme.kernel(x, x)
    assert torch.equal(k, k.T)
    torch.testing.assert_close(products.mean(0), k, atol=TOLERANCE, rtol=0)
    torch.testing.assert_close(products.square().mean(0), scheme.square(k), atol=TOLERANCE, rtol=0)
    assert float(torch.linalg.eigvalsh(k)[0]) > -1e-12


def test_kernels_and_features_in_closed_form() -> None:
    x, z = (torch.tensor([v], dtype=torch.float64) for v in ([1.0, 0, 0], [0.6, 0.8, 0]))
    assert float(SIGNS.kernel(x, z)) == pytest.approx(2 / math.pi * math.asin(0.6), rel=1e-12)
    for scheme in (PHASES, PAIRS):
        assert float(scheme.kernel(x, z)) == pytest.approx(math.exp(-0.4), rel=1e-12)
    w = torch.tensor([[0.3, -0.5, 2.0]], dtype=torch.float64)
    assert PAIRS.features(w, z).flatten().tolist() == pytest.approx(
        [math.cos(-0.22), math.sin(-0.22)]
    )
    phase = torch.tensor([[0.3, -0.5, 2.0, 4.0]], dtype=torch.float64)
    assert float(PHASES.features(phase, z)) == pytest.approx(math.sqrt(2) * math.cos(3.78))
    half = torch.tensor([[0.5]], dtype=torch.float64)
    assert float(STEPS.features(half, half)) == 1  # 1[ω ≤ x] at ω = x
    assert float(SIGNS.features(w * 0, z)) == 1  # sign 0 = 1


@pytest.mark.parametrize("scheme", ALL, ids=lambda s: s.name)
def test_bounds_are_attained_or_nearly(scheme: Scheme) -> None:
    x = points_of(scheme)
    sizes = scheme.features(weights_of(scheme, x, 10_000), x).square().sum(-1)
    assert float(sizes.max()) >= 0.999 * scheme.bound**2


def test_phases_are_uniform_on_the_whole_circle() -> None:
    phases = PHASES.draw(runtime.generator("test_schemes/circle"), (DRAWS,), 3)[:, 3]
    assert float(phases.min()) >= 0
    assert 6.28 < float(phases.max()) <= 2 * math.pi
    assert abs(float(torch.cos(phases).mean())) < TOLERANCE
    assert abs(float(torch.sin(phases).mean())) < TOLERANCE


@pytest.mark.parametrize("scheme", ALL, ids=lambda s: s.name)
def test_the_exact_error_is_the_measured_one(scheme: Scheme) -> None:
    x, q, one = points_of(scheme), 5, torch.ones(1, dtype=torch.float64)
    weights = weights_of(scheme, x, DRAWS // q, q)
    guess = scheme.approximate(weights, x[:1], one, x)
    error = (guess - scheme.values(x[:1], one, x)).square().mean(0)
    exact = scheme.exact_error(x[:1], x, q)
    torch.testing.assert_close(error, exact, atol=4 * TOLERANCE / q, rtol=0)
    assert float(exact.max()) <= scheme.bound**2 * scheme.norm(x[:1], one) ** 2 / q + 1e-12


@pytest.mark.parametrize("scheme", ALL, ids=lambda s: s.name)
def test_a_batch_is_a_loop(scheme: Scheme) -> None:
    x = points_of(scheme)
    c = torch.tensor([1.0, -2.0, 0.5, 3.0], dtype=torch.float64)
    weights = weights_of(scheme, x, 3, 7)
    together = scheme.approximate(weights, x, c, x)
    alone = torch.stack([scheme.approximate(w, x, c, x) for w in weights])
    torch.testing.assert_close(together, alone, atol=1e-12, rtol=0)
    one_by_one = torch.stack([scheme.approximate(w[None], x, c, x) for w in weights[0]]).mean(0)
    torch.testing.assert_close(together[0], one_by_one, atol=1e-12, rtol=0)


def test_bad_input_is_refused() -> None:
    one = torch.ones(1, dtype=torch.float64)
    with pytest.raises(ValueError, match=r"points must lie in \[0, 1\], but row 1 is 2"):
        STEPS.values(one[None], one, torch.tensor([[0.5], [2.0]], dtype=torch.float64))
    with pytest.raises(ValueError, match=r"points must lie in \[0, 1\], but row 0 is -0.5"):
        STEPS.values(one[None], one, torch.tensor([[-0.5]], dtype=torch.float64))
    with pytest.raises(ValueError, match="centres must lie on the unit sphere"):
        SIGNS.norm(torch.ones(1, 3, dtype=torch.float64), one)
    with pytest.raises(ValueError, match="c must have shape"):
        PAIRS.norm(torch.ones(2, 3, dtype=torch.float64), one)
    with pytest.raises(ValueError, match="points must be finite"):
        PHASES.values(one[None], one, torch.tensor([[float("nan")]], dtype=torch.float64))
    with pytest.raises(ValueError, match="centre must have shape"):
        STEPS.exact_error(torch.ones(2, 1, dtype=torch.float64), one[None], 3)
    with pytest.raises(ValueError, match="q must be an integer of at least 1"):
        STEPS.exact_error(one[None], one[None], 0)


def test_all_schemes_are_exported() -> None:
    assert {s for s in vars(schemes).values() if isinstance(s, Scheme)} == set(ALL)
