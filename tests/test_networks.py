"""Two-layer networks: the batch against the definition, the initialisations, bad input."""

import math
from collections.abc import Callable
from typing import Any

import pytest
import torch

from memorize import runtime
from memorize.activations import ABS, RELU, TANH
from memorize.networks import (
    balanced_signs,
    first_rows,
    gaussian_rows,
    network,
    orthonormal_rows,
    random_signs,
    repeated_rows,
)


def gen(name: str = "networks") -> torch.Generator:
    return runtime.generator(name, seed=5)


def identity(q: int) -> torch.Tensor:
    return torch.eye(q, dtype=torch.float64)


@pytest.mark.parametrize(("q", "d"), [(1, 1), (1, 7), (5, 7), (7, 7)])
def test_orthonormal_rows(q: int, d: int) -> None:
    for W in (orthonormal_rows(q, d, generator=gen()), first_rows(q, d)):
        assert W.shape == (q, d)
        torch.testing.assert_close(W @ W.T, identity(q))


def test_orthonormal_rows_are_haar() -> None:
    """Entries have mean 0 (a QR's own signs would not have it), E w² = 1/d, Var w² = 4/45."""
    draws = gen()
    entries = torch.stack([orthonormal_rows(2, 3, generator=draws) for _ in range(4000)])
    assert entries.mean(0).abs().max() < 7 / math.sqrt(3 * 4000)
    assert (entries.square().mean(0) - 1 / 3).abs().max() < 7 * math.sqrt(4 / 45 / 4000)


def test_other_rows() -> None:
    W = repeated_rows(4, 6, generator=gen())
    torch.testing.assert_close(W @ W.T, torch.ones(4, 4, dtype=torch.float64))
    lengths = gaussian_rows(500, 40, generator=gen()).square().sum(1)
    assert lengths.mean() == pytest.approx(1, abs=7 * math.sqrt(2 / 40 / 500))


def test_signs() -> None:
    assert balanced_signs(4).tolist() == [1, -1, 1, -1]
    assert balanced_signs(5).sum() == 1
    drawn = random_signs(1000, generator=gen())
    assert set(drawn.tolist()) == {-1.0, 1.0}
    assert abs(float(drawn.sum())) < 7 * math.sqrt(1000)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_dtype_and_reproducibility(dtype: torch.dtype) -> None:
    for make in (orthonormal_rows, gaussian_rows, repeated_rows):
        first = make(3, 5, generator=gen(), dtype=dtype)
        assert first.dtype == dtype
        torch.testing.assert_close(first, make(3, 5, generator=gen(), dtype=dtype), rtol=0, atol=0)
    assert (
        balanced_signs(3, dtype=dtype).dtype == random_signs(3, generator=gen(), dtype=dtype).dtype
    )


@pytest.mark.parametrize("activation", [ABS, RELU, TANH], ids=lambda a: a.name)
@pytest.mark.parametrize("chunk", [None, 1, 4, 100])
def test_network_is_its_definition(activation: Any, chunk: int | None) -> None:
    W, a = gaussian_rows(5, 3, generator=gen()), random_signs(5, generator=gen())
    X = torch.randn(9, 3, generator=gen("x"), dtype=torch.float64)
    for j, x in enumerate(network(X, W, a, activation, chunk=chunk)):
        terms = [float(a[i] * activation.function(W[i] @ X[j])) for i in range(5)]
        assert float(x) == pytest.approx(sum(terms) / math.sqrt(5), abs=1e-14)


def test_no_examples() -> None:
    assert network(torch.zeros(0, 3).double(), first_rows(2, 3), balanced_signs(2), ABS).shape == (
        0,
    )


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: orthonormal_rows(4, 3, generator=gen()), r"q = 4 must be at most d = 3.*rows"),
        (lambda: first_rows(4, 3), r"q = 4 must be at most d = 3"),
        (lambda: first_rows(0, 3), r"q must be an integer of at least 1, got 0"),
        (lambda: balanced_signs(0), r"q must be an integer of at least 1"),
        (
            lambda: network(torch.zeros(2, 4).double(), first_rows(2, 3), balanced_signs(2), ABS),
            r"inputs must have shape \(m d=3\), got \(2, 4\)",
        ),
        (
            lambda: network(torch.zeros(2, 3).double(), first_rows(2, 3), balanced_signs(3), ABS),
            r"signs must have shape \(q=2\), got \(3,\)",
        ),
        (
            lambda: network(torch.zeros(2, 3).double(), first_rows(2, 3), torch.ones(2) / 2, ABS),
            r"signs must be \+1 or -1, but entry \(0,\) is 0.5",
        ),
        (
            lambda: network(
                torch.full((2, 3), math.nan).double(), first_rows(2, 3), balanced_signs(2), ABS
            ),
            r"inputs\[0:2\] must be finite, but entry \(0, 0\) is nan",
        ),
        (
            lambda: network(
                torch.zeros(2, 3).double(), first_rows(2, 3), balanced_signs(2), ABS, chunk=0
            ),
            r"chunk must be an integer of at least 1",
        ),
    ],
)
def test_bad_input(call: Callable[[], Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()
