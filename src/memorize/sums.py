"""Sums of independent terms: bounds from their ψ norms, and their exact tails by convolution.

Source: paper G, Theorems 3 and 4, with the constants of the chapter tails/sums.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import reduce
from typing import TypeVar

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from memorize import require, runtime

__all__ = [
    "LatticeLaw",
    "bernstein_tail",
    "hoeffding_norm",
    "hoeffding_quantile",
    "hoeffding_tail",
    "random_blocks",
    "rounded",
    "uniform_sums",
]

T = TypeVar("T")

BLOCK = 2**17
"""Random integers at a time: 512 KiB, which stay in a core's cache."""

BERNSTEIN_SLOPE = 3 / 4
"""Up to which μK the moment generating function of B.bernstein is used."""
BERNSTEIN_SCALE = 104 / 225
"""E exp(μX) ≤ exp(104/225 μ²K²) for those μ (B.bernstein)."""


def hoeffding_norm(norms: Float[Tensor, " n"]) -> float:
    """√((8/3) ln 2 · Σ Kᵢ²) ≥ ‖Σ Xᵢ‖ψ2 for independent centred Xᵢ, ‖Xᵢ‖ψ2 ≤ Kᵢ (Theorem 3).

    Raises ``ValueError`` unless ``norms`` is a non-empty vector of finite positive numbers.
    """
    return math.sqrt(8 / 3 * math.log(2) * _squares(norms))


def hoeffding_tail(t: Float[Tensor, "*t"], norms: Float[Tensor, " n"]) -> Float[Tensor, "*t"]:
    """2 exp(−t²/(2 ln 2 · Σ Kᵢ²)) ≥ P(|Σ Xᵢ| ≥ t), under the same hypotheses (Theorem 3).

    Raises ``ValueError`` unless ``t`` is finite and at least 0 and ``norms`` as above.
    """
    return 2 * torch.exp(-(_thresholds(t) ** 2) / (2 * math.log(2) * _squares(norms)))


def hoeffding_quantile(delta: float, norms: Float[Tensor, " n"]) -> float:
    """The t at which :func:`hoeffding_tail` is ``delta``: |Σ Xᵢ| < t with probability ≥ 1 − δ.

    Raises ``ValueError`` unless ``delta`` lies in (0, 1) and ``norms`` as above.
    """
    require.open_unit("delta", delta)
    return math.sqrt(2 * math.log(2) * math.log(2 / delta) * _squares(norms))


def bernstein_tail(t: Float[Tensor, "*t"], norms: Float[Tensor, " n"]) -> Float[Tensor, "*t"]:
    """A bound on P(|Σ Xᵢ| ≥ t) for independent centred Xᵢ with ‖Xᵢ‖ψ1 ≤ Kᵢ (B.bernstein).

    With V = Σ Kᵢ², K = max Kᵢ, a = 104/225 it is 2 exp(−t²/(4aV)) up to t = (3/2) aV/K, and
    2 exp(−(3/4) t/K + (9/16) aV/K²) beyond; both are at most 2 exp(−0.49 min(t²/V, t/K)).

    Raises ``ValueError`` unless ``t`` is finite and at least 0 and ``norms`` as above.
    """
    t, squares, top = _thresholds(t), _squares(norms), float(norms.max())
    mu = (t / (2 * BERNSTEIN_SCALE * squares)).clamp(max=BERNSTEIN_SLOPE / top)
    return 2 * torch.exp(BERNSTEIN_SCALE * mu**2 * squares - mu * t)


@dataclass(frozen=True)
class LatticeLaw:
    """A law on the points (first + k)·step, k = 0, 1, …, with these ``probabilities``.

    Sums of independent such terms are convolutions. They are added up directly, not by a Fourier
    transform: no cancellation, so that small tails keep their relative accuracy.

    Raises ``ValueError`` unless ``step`` is positive and ``probabilities`` is a non-empty vector
    of finite non-negative numbers that add up to 1.
    """

    first: int
    probabilities: Float[np.ndarray, " k"]
    step: float = 1.0

    def __post_init__(self) -> None:
        require.positive("step", self.step)
        p = self.probabilities
        if p.ndim != 1 or p.size == 0 or not bool(np.isfinite(p).all()) or bool((p < 0).any()):
            raise ValueError("probabilities must be a non-empty vector of finite numbers ≥ 0")
        if abs(float(p.sum()) - 1) > 1e-9:
            raise ValueError(f"probabilities must add up to 1, got {float(p.sum())}")

    def __add__(self, other: LatticeLaw) -> LatticeLaw:
        """The law of the sum of two independent variables; the steps must agree."""
        if self.step != other.step:
            raise ValueError(f"step must be the same, got {self.step} and {other.step}")
        both = np.convolve(self.probabilities, other.probabilities)
        return LatticeLaw(self.first + other.first, both, self.step)

    def total(self, n: int) -> LatticeLaw:
        """The law of the sum of n independent copies, by repeated squaring.

        Raises ``ValueError`` unless ``n`` is a positive integer.
        """
        require.positive_int("n", n)
        powers, bits = [self], bin(n)[:1:-1]
        for _ in bits[1:]:
            powers.append(powers[-1] + powers[-1])
        return reduce(
            lambda a, b: a + b, [p for p, bit in zip(powers, bits, strict=True) if bit == "1"]
        )

    @property
    def values(self) -> Float[np.ndarray, " k"]:
        """Where the probabilities sit."""
        return (self.first + np.arange(self.probabilities.size)) * self.step

    def upper_tail(self, t: Float[np.ndarray, " t"]) -> Float[np.ndarray, " t"]:
        """P(S ≥ t), summed from the far end."""
        sums = np.append(np.cumsum(self.probabilities[::-1])[::-1], 0.0)
        index = np.ceil(np.asarray(t) / self.step - 1e-9).astype(int) - self.first
        return np.asarray(sums[np.clip(index, 0, self.probabilities.size)])

    def tail(self, t: Float[np.ndarray, " t"]) -> Float[np.ndarray, " t"]:
        """P(|S| ≥ t) for t > 0."""
        mirrored = LatticeLaw(
            -(self.first + self.probabilities.size - 1), self.probabilities[::-1], self.step
        )
        return np.asarray(self.upper_tail(t) + mirrored.upper_tail(t))


def rounded(
    cdf: Callable[[Float[np.ndarray, " k"]], Float[np.ndarray, " k"]],
    low: float,
    high: float,
    step: float,
    *,
    up: bool,
) -> LatticeLaw:
    """A law that is known by its distribution function, rounded to a lattice.

    Every value is rounded ``up`` (or down) to a multiple of ``step``, what lies beyond ``high``
    to ``high`` and what lies below ``low`` to ``low``. Rounding up all terms of a sum can only
    raise its upper tail, rounding down only lower it (but for the mass beyond the ends): the two
    bracket the sum's tail.

    Raises ``ValueError`` unless ``low`` < ``high`` and ``step`` is positive.
    """
    require.positive("step", step)
    if not low < high:
        raise ValueError(f"low must be below high, got {low} and {high}")
    first, last = math.floor(low / step), math.ceil(high / step)
    edges = np.arange(first, last + 1) * step
    at = np.asarray(cdf(edges), dtype=float)
    inner = np.diff(at).clip(min=0)
    mass = np.concatenate([[0.0], inner] if up else [inner, [0.0]])
    mass[0] += at[0]
    mass[-1] += 1 - at[-1]
    return LatticeLaw(first, mass / mass.sum(), step)


def random_blocks(
    n: int, terms: int, seed: int, use: Callable[[np.ndarray], T]
) -> Iterator[tuple[int, T]]:
    """``use`` of blocks of uniform 32-bit integers, shape (terms k), n columns in all, in order.

    Yields (k, what ``use`` returned); it runs in torch's number of threads, a stream of eight
    blocks in each, and must not keep a block. Streams are made from ``seed`` and their number
    (NumPy's SFC64): the integers do not depend on the threads. Raises ``ValueError`` for sizes
    below 1.
    """
    columns = max(1, BLOCK // require.positive_int("terms", terms))
    streams = list(runtime.chunks(n, 8 * columns))

    def made(number: int) -> list[tuple[int, T]]:
        stream = np.random.Generator(np.random.SFC64([seed, number]))
        found = []
        for k in runtime.chunks(streams[number], columns):
            words = stream.integers(0, 2**64, (k * terms + 1) // 2, dtype=np.uint64)
            found.append((k, use(words.view(np.int32)[: k * terms].reshape(terms, k))))
        return found

    with ThreadPoolExecutor(torch.get_num_threads()) as pool:
        for found in pool.map(made, range(len(streams))):
            yield from found


def uniform_sums(n: int, terms: int, generator: torch.Generator) -> Float[Tensor, " n"]:
    """n independent sums of ``terms`` independent uniform variables on [−1, 1], in float64.

    A term is an odd multiple of 2⁻³², so its law is symmetric; a sum is that of real uniform terms
    up to ``terms``·2⁻³². The integers are added exactly. Drawn on the CPU, in torch's number of
    threads, from a seed that ``generator`` gives; memory is the result. Raises ``ValueError`` for
    sizes below 1.
    """
    place = generator.device
    seed = int(torch.randint(2**63 - 1, (), generator=generator, device=place))
    result = np.empty(require.positive_int("n", n))
    start = 0

    def added(block: np.ndarray) -> np.ndarray:
        return np.asarray(block.sum(0, dtype=np.int64))

    for k, sums in random_blocks(n, terms, seed, added):
        result[start : start + k] = sums
        start += k
    result += terms / 2  # the integer j stands for (2j + 1)/2³²
    result *= 2.0**-31
    return torch.from_numpy(result)


def _squares(norms: Tensor) -> float:
    require.finite("norms", require.shape("norms", norms, "n"))
    if norms.numel() == 0 or not bool((norms > 0).all()):
        raise ValueError("norms must be a non-empty vector of positive numbers")
    return float(norms.to(torch.float64).square().sum())


def _thresholds(t: Tensor) -> Tensor:
    require.finite("t", t)
    if bool((t < 0).any()):
        raise ValueError(f"t must be at least 0, got {t.min().item()}")
    return t
