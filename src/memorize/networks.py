"""Two-layer networks h_W(x) = q^(-1/2) Σ_i a_i σ(⟨w_i, x⟩), a_i = ±1, and initial weights for them.

Paper G, section 1, starts from orthonormal rows w_i, so that q ≤ d: then the ⟨w_i, x⟩ of a standard
Gaussian x are independent standard normal variables. The other initialisations here break that.
Random weights are drawn on the generator's device and handed over on ``device`` (default: the
same), so that one seed gives the same weights everywhere.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import torch
from jaxtyping import Float
from torch import Tensor

from memorize import require
from memorize.activations import Activation

__all__ = [
    "balanced_signs",
    "first_rows",
    "gaussian_rows",
    "network",
    "orthonormal_rows",
    "random_signs",
    "repeated_rows",
    "rows_at_once",
]

CACHED = 2**19
"""Pre-activations in a chunk on the CPU: 2 MiB of float32."""

Device = torch.device | str | None


def orthonormal_rows(
    q: int,
    d: int,
    *,
    generator: torch.Generator,
    device: Device = None,
    dtype: torch.dtype = torch.float64,
) -> Float[Tensor, "q d"]:
    """q orthonormal rows of ℝ^d, uniform (Haar) among all such matrices.

    The QR decomposition of a Gaussian matrix, with the signs that make it unique (Mezzadri 2007).
    Raises ``ValueError`` unless 1 ≤ q ≤ d.
    """
    _few("q", q, d)
    columns, triangle = torch.linalg.qr(_gaussian(d, q, generator, dtype))
    flips = torch.where(triangle.diagonal() < 0, -1.0, 1.0).to(dtype)
    rows: Tensor = (columns * flips).T.contiguous()
    return rows.to(device)


def first_rows(
    q: int, d: int, *, device: Device = None, dtype: torch.dtype = torch.float64
) -> Float[Tensor, "q d"]:
    """[I_q 0], the first q unit vectors. For Gaussian inputs any orthonormal rows are equivalent.

    Raises ``ValueError`` unless 1 ≤ q ≤ d.
    """
    return torch.eye(_few("q", q, d), d, device=device, dtype=dtype)


def gaussian_rows(
    q: int,
    d: int,
    *,
    generator: torch.Generator,
    device: Device = None,
    dtype: torch.dtype = torch.float64,
) -> Float[Tensor, "q d"]:
    """q independent rows N(0, I_d/d), of mean squared norm 1; any q ≥ 1.

    Raises ``ValueError`` unless q and d are positive integers.
    """
    return (_gaussian(q, d, generator, dtype) / math.sqrt(d)).to(device)


def repeated_rows(
    q: int,
    d: int,
    *,
    generator: torch.Generator,
    device: Device = None,
    dtype: torch.dtype = torch.float64,
) -> Float[Tensor, "q d"]:
    """One uniform unit vector, q times over; any q ≥ 1.

    Raises ``ValueError`` unless q and d are positive integers.
    """
    require.positive_int("q", q)
    row = _gaussian(1, d, generator, dtype)
    length: Tensor = torch.linalg.vector_norm(row)
    return (row / length).repeat(q, 1).to(device)


def balanced_signs(
    q: int, *, device: Device = None, dtype: torch.dtype = torch.float64
) -> Float[Tensor, " q"]:
    """+1, −1, +1, …: their sum is 0 for even q and 1 for odd q.

    Raises ``ValueError`` unless q is a positive integer.
    """
    signs = torch.ones(require.positive_int("q", q), device=device, dtype=dtype)
    signs[1::2] = -1
    return signs


def random_signs(
    q: int,
    *,
    generator: torch.Generator,
    device: Device = None,
    dtype: torch.dtype = torch.float64,
) -> Float[Tensor, " q"]:
    """q independent uniform signs: output weights, or labels.

    Raises ``ValueError`` unless q is a positive integer.
    """
    size = (require.positive_int("q", q),)
    bits = torch.randint(0, 2, size, generator=generator, device=generator.device)
    return (2 * bits - 1).to(device=device, dtype=dtype)


def network(
    inputs: Float[Tensor, "m d"],
    weights: Float[Tensor, "q d"],
    signs: Float[Tensor, " q"],
    activation: Activation,
    *,
    chunk: int | None = None,
) -> Float[Tensor, " m"]:
    """h_W at each of ``inputs``, ``chunk`` of them at a time: memory O(m + chunk·q) beside them.

    Raises ``ValueError`` for shapes that do not fit, entries that are not finite, or signs other
    than ±1.
    """
    q, d = checked_network(weights, signs)
    require.shape("inputs", inputs, "m d", d=d)
    outputs = inputs.new_empty(inputs.shape[0])
    for part in rows_at_once(inputs.shape[0], q, inputs.device, chunk):
        here = require.finite(f"inputs[{part.start}:{part.stop}]", inputs[part])
        outputs[part] = activation.function(here @ weights.T) @ signs
    return outputs / math.sqrt(q)


def checked_network(weights: Float[Tensor, "q d"], signs: Float[Tensor, " q"]) -> tuple[int, int]:
    """(q, d); raises ``ValueError`` unless ``weights`` are finite and ``signs`` ±1, one a row."""
    q, d = require.finite("weights", require.shape("weights", weights, "q d")).shape
    require.signs("signs", require.shape("signs", signs, "q", q=q))
    return q, d


def rows_at_once(m: int, q: int, device: torch.device, chunk: int | None) -> Iterator[slice]:
    """Slices of ``range(m)`` of at most ``chunk`` examples.

    The default keeps a chunk's m·q numbers in a core's cache, or is 2²⁴ of them off the CPU, and
    not below 256 examples: products of thin matrices are slow.
    """
    if chunk is None:
        chunk = max(256, (CACHED if device.type == "cpu" else 2**24) // q)
    require.positive_int("chunk", chunk)
    for start in range(0, m, chunk):
        yield slice(start, min(start + chunk, m))


def _few(name: str, q: int, d: int) -> int:
    require.positive_int(name, q)
    why = "more than d rows of ℝ^d cannot be orthonormal; gaussian_rows has no such limit"
    return require.at_most(name, q, "d", require.positive_int("d", d), why)


def _gaussian(n: int, d: int, generator: torch.Generator, dtype: torch.dtype) -> Tensor:
    size = (require.positive_int("q or d", n), require.positive_int("q or d", d))
    return torch.randn(size, generator=generator, dtype=dtype, device=generator.device)
