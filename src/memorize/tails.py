"""Tail bounds that follow from a ψ_p norm alone.

Source: paper G, Lemma 2, items 5 and 6, with c = 1; the best possible bound is B.tail.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from jaxtyping import Float, Int
from torch import Tensor

from memorize import require, runtime

__all__ = ["best_psi_tail", "exceedances", "psi_quantile", "psi_tail"]


def psi_tail(t: Float[Tensor, "*t"], norm: float, p: float) -> Float[Tensor, "*t"]:
    """2 exp(−t^p/K^p) ≥ P(|X| ≥ t) whenever ‖X‖ψp ≤ K = ``norm`` (Lemma 2.5, 2.6; vacuous at ≥ 1).

    Raises ``ValueError`` unless ``t`` is finite and at least 0, ``norm`` and ``p`` positive.
    """
    return 2 * torch.exp(-_exponent(t, norm, p))


def best_psi_tail(t: Float[Tensor, "*t"], norm: float, p: float) -> Float[Tensor, "*t"]:
    """min(1, 1/(exp(t^p/K^p) − 1)) = max of P(|X| ≥ t) over all laws with ‖X‖ψp ≤ K (B.tail).

    The maximum is attained at a law on {0, t}; for large t it is half of :func:`psi_tail`.

    Raises ``ValueError`` unless ``t`` is finite and at least 0, ``norm`` and ``p`` positive.
    """
    return (1 / torch.expm1(_exponent(t, norm, p))).clamp(max=1)


def psi_quantile(delta: float, norm: float, p: float) -> float:
    """K ln(1 + 1/δ)^{1/p}: |X| is below it with probability at least 1 − δ if ‖X‖ψp ≤ K (B.tail).

    Raises ``ValueError`` unless ``delta`` lies in (0, 1) and ``norm`` and ``p`` are positive.
    """
    require.open_unit("delta", delta)
    require.positive("norm", norm)
    return float(norm * math.log1p(1 / delta) ** (1 / require.positive("p", p)))


def exceedances(
    draw: Callable[[int, torch.Generator], Float[Tensor, " n"]],
    thresholds: Float[Tensor, " t"],
    draws: int,
    generator: torch.Generator,
    *,
    chunk: int = 65_536,
) -> Int[Tensor, " t"]:
    """How many of ``draws`` independent |X| reach each threshold; memory does not grow with them.

    ``draw(n, generator)`` returns n draws of X. Raises ``ValueError`` unless ``thresholds`` is a
    finite vector, ``draws`` and ``chunk`` are positive, and the draws are finite.
    """
    require.finite("thresholds", require.shape("thresholds", thresholds, "t"))
    levels, order = thresholds.sort()
    # How many draws have exactly k of the thresholds at or below them.
    passed = torch.zeros(len(levels) + 1, dtype=torch.int64, device=thresholds.device)
    for n in runtime.chunks(draws, chunk):
        size = require.finite("draw", draw(n, generator)).abs()
        below = torch.searchsorted(levels.to(size), size, right=True)
        passed += torch.bincount(below, minlength=len(passed)).to(passed.device)
    counts = torch.empty_like(order)
    counts[order] = draws - passed.cumsum(0)[:-1]
    return counts


def _exponent(t: Tensor, norm: float, p: float) -> Tensor:
    require.finite("t", t)
    if bool((t < 0).any()):
        raise ValueError(f"t must be at least 0, got {t.min().item()}")
    require.positive("p", p)
    return (t / require.positive("norm", norm)) ** p
