"""Eigenvalues and prices from one tridiagonal reduction."""

from __future__ import annotations

import math

import pytest
import torch

from memorize.activations import RELU
from memorize.distributions import sphere
from memorize.factors import Tridiagonal
from memorize.kernels import hidden_kernel
from memorize.runtime import generator


@pytest.mark.parametrize("m", [1, 2, 3, 40, 200])
def test_it_says_what_two_factorisations_say(m: int) -> None:
    g = generator("tests/factors")
    H = hidden_kernel(RELU).gram(sphere(m, 8, g))
    y = torch.randn(m, 3, generator=g, dtype=torch.float64)
    parts, before = Tridiagonal.of(H), H.clone()
    values = torch.linalg.eigvalsh(H)
    price = (y * torch.linalg.solve(H, y)).sum(0)
    torch.testing.assert_close(parts.eigenvalues(), values, rtol=0, atol=1e-13 * m)
    assert parts.least_eigenvalue() == pytest.approx(float(values[0]), rel=1e-10)
    torch.testing.assert_close(parts.price(y), price, rtol=1e-9, atol=0)
    torch.testing.assert_close(parts.price(y[:, 0]), price[0], rtol=1e-9, atol=0)
    assert float(parts.complexity(y[:, 1])) == pytest.approx(math.sqrt(2 * float(price[1]) / m))
    assert torch.equal(H, before)


def test_only_the_lower_triangle_is_read_and_labels_stay() -> None:
    H = torch.tensor([[2.0, 99.0], [1.0, 3.0]], dtype=torch.float64)
    y = torch.tensor([1.0, 0.0], dtype=torch.float64)
    assert float(Tridiagonal.of(H).price(y)) == pytest.approx(3 / 5)
    assert y.tolist() == [1.0, 0.0]
    assert Tridiagonal.of(H.float()).least_eigenvalue() == pytest.approx((5 - 5**0.5) / 2)


def test_bad_input_is_named() -> None:
    eye = torch.eye(3, dtype=torch.float64)
    with pytest.raises(ValueError, match="H must have shape"):
        Tridiagonal.of(eye[:2])
    with pytest.raises(ValueError, match="H must be finite"):
        Tridiagonal.of(eye * math.nan)
    parts = Tridiagonal.of(eye)
    with pytest.raises(ValueError, match="y must have 3 rows"):
        parts.price(torch.ones(2))
    with pytest.raises(ValueError, match="y must be finite"):
        parts.price(torch.full((3,), math.inf))
    with pytest.raises(ValueError, match="H must be positive definite"):
        Tridiagonal.of(eye - 2 * torch.diag(torch.tensor([0.0, 0.0, 1.0]))).price(torch.ones(3))
    with pytest.raises(ValueError, match="m must be an integer of at least 1"):
        Tridiagonal.of(torch.zeros(0, 0))
