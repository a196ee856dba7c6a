"""What m labelled points ask of a network: to interpolate, to memorize by SGD, to be told apart.

Features are the rows Ψ_j of an m × p matrix, for a network of q neurons those of its hidden weights
with p = qd, and H_W = ΨΨᵀ their Gram matrix; H is its expectation. An example is memorized if
y_j h(x_j) > 0. Source: paper N, section 3.3; paper Y, section 4.3.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction
from typing import NamedTuple

import torch
from jaxtyping import Float, Int
from torch import Tensor

from memorize import require
from memorize.activations import Activation
from memorize.concentration import chernoff_width

__all__ = [
    "TangentRun",
    "certificate",
    "cosine_phases",
    "cosine_points",
    "cosine_scale",
    "cover_count",
    "entropy",
    "guarantee",
    "log2_sign_vectors",
    "memorized",
    "relu_coefficients",
    "report_outputs",
    "separable_chance",
    "steps_needed",
    "tangent_sgd",
    "uniform_certificate",
    "updates_bound",
]

KEPT = Fraction(1, 2)
"""The share of H that a random Gram matrix keeps: H_W ≽ KEPT · H (B.conc.chernoff)."""

SHARES = 3
"""N.T7 gives δ/SHARES to the width, as much to the draws, and the rest to the size of B."""

BASE = 4
"""The points of the cosine neuron have the first coordinates BASE^(−j) (B.mem.cosine)."""


# --- the least eigenvalue -----------------------------------------------------------------------


def relu_coefficients(terms: int) -> list[float]:
    """tk_0, …, tk_{terms−1} of tk^h(ρ) = Σ tk_n ρⁿ for ReLU (F.E3); all of them add up to 1/2."""
    found = []
    for n in range(require.positive_int("terms", terms)):
        half = n // 2 - 1
        if n == 1:
            found.append(0.25)
        elif n == 0 or n % 2:
            found.append(0.0)
        else:
            found.append(math.comb(2 * half, half) / (4**half * (2 * half + 1)) / (2 * math.pi))
    return found


def certificate(points: Float[Tensor, "m d"], coefficients: Sequence[float], total: float) -> float:
    """Σ_n tk_n (1 − max_j Σ_{l≠j} |ρ_jl|ⁿ)₊ ≤ λ_m, a lower bound without eigenvalues.

    ``coefficients``: tk_0, …, tk_{N−1} ≥ 0 of the kernel's series; ``total``: their sum over all n,
    tk^h(1). What comes after the first N is counted with the bracket at n = N, which is the least
    of its own (B.mem.certificate). Raises ``ValueError`` for a row off the unit sphere, a negative
    coefficient, and coefficients that add up to more than ``total``.
    """
    rho = (require.on_sphere("points", points) @ points.T).abs().clamp(max=1)
    rho.fill_diagonal_(0)
    power, sums = torch.ones_like(rho).fill_diagonal_(0), []
    for _ in range(len(coefficients) + 1):
        sums.append(float(power.sum(1).max()))
        power = power * rho
    return _weigh(sums, coefficients, total)


def uniform_certificate(
    m: int, d: int, delta: float, coefficients: Sequence[float], total: float
) -> float:
    """Σ_n tk_n (1 − (m−1) rⁿ)₊ with r² = min(1, 2 ln(m²/δ)/d): λ_m is at least that (Y.E1).

    With probability 1 − δ over m independent uniform points of the sphere: no two of them have an
    inner product above r.
    """
    count = 2 * math.log(require.positive_int("m", m)) - math.log(require.open_unit("delta", delta))
    r = min(1.0, math.sqrt(2 * count / require.positive_int("d", d)))
    return _weigh([(m - 1) * r**n for n in range(len(coefficients) + 1)], coefficients, total)


def _weigh(sums: Sequence[float], coefficients: Sequence[float], total: float) -> float:
    """Σ_n tk_n (1 − sums[n])₊, and the rest of ``total`` at the last of ``sums``."""
    require.positive_int("the number of coefficients", len(coefficients))
    for n, value in enumerate(coefficients):
        require.non_negative(f"coefficients[{n}]", value)
    rest = require.positive("total", total) - math.fsum(coefficients)
    if rest < -1e-12 * total:
        raise ValueError(f"coefficients must add up to at most total = {total!r}")
    weights = [*coefficients, max(0.0, rest)]
    return math.fsum(a * max(0.0, 1 - s) for a, s in zip(weights, sums, strict=True))


# --- stochastic gradient descent ---------------------------------------------------------------


def memorized(outputs: Float[Tensor, "*r m"], labels: Float[Tensor, "*r m"]) -> Float[Tensor, "*r"]:
    """The share of the examples with y_j h(x_j) > 0 (Y.D4). Raises unless the labels are ±1."""
    require.signs("labels", labels)
    if outputs.shape[-1:] != labels.shape[-1:]:
        raise ValueError(
            f"outputs and labels must end in one m, got {tuple(outputs.shape)} and "
            f"{tuple(labels.shape)}"
        )
    return (outputs * labels > 0).to(outputs.dtype).mean(-1)


def updates_bound(C: float, eta: float, norm_squared: float) -> float:
    """(C² + 2/η)‖v*‖² ≥ Σ_t a_t, a_t the share of batch t with margin < 1 (B.mem.updates).

    For SGD from 0 with step η on the hinge loss, features of norm at most C, and a v* that has
    margin 1 at every example.
    """
    return (require.positive("C", C) ** 2 + 2 / require.positive("eta", eta)) * (
        require.non_negative("norm_squared", norm_squared)
    )


def steps_needed(updates: float, eps: float, delta: float) -> int:
    """⌈updates/(εδ)⌉ steps: a random iterate has margin < 1 at ε m examples with chance ≤ δ."""
    each = require.open_unit("eps", eps) * require.open_unit("delta", delta)
    return math.ceil(require.positive("updates", updates) / each)


def guarantee(
    m: int, *, least: float, C: float, top: float, eps: float, delta: float, eta: float
) -> tuple[int, int]:
    """(q, T) of N.T7: neurons, and steps of size η, that memorize (1−ε)m of m examples.

    With probability 1 − δ. ``least``: λ_m; ``top``: ‖G‖, the norm of the Gram matrix of the inputs;
    ``C``: s₁ = sup |σ'|.
    """
    each = require.open_unit("delta", delta) / SHARES
    ratio = require.positive("C", C) ** 2 * require.positive("top", top)
    q = chernoff_width(1 - float(KEPT), m, each, ratio / require.positive("least", least))
    norm_squared = m / (float(KEPT) * least)
    return q, steps_needed(updates_bound(C, eta, norm_squared), eps, each)


class TangentRun(NamedTuple):
    """Outputs at the examples after the last step; a_t of each step, shape T r."""

    outputs: Float[Tensor, "r m"]
    active: Float[Tensor, "T r"]


def tangent_sgd(
    gram: Float[Tensor, "r m m"],
    labels: Float[Tensor, "r m"],
    eta: float | Float[Tensor, " r"],
    draws: Int[Tensor, "T r b"],
    start: Float[Tensor, "r m"] | None = None,
) -> TangentRun:
    """SGD with the hinge loss on linear models, r runs at once, seen through their Gram matrices.

    v ← v + (η/b) Σ_k 1{y_k⟨v,Ψ_k⟩ < 1} y_k Ψ_k changes the outputs f = Ψv by η/b times rows of H_W,
    so that a step costs b m numbers a run, whatever the number of weights. ``draws``: the examples
    of each batch; ``eta``: a number, or one for each run; ``start``: outputs to go on from, default
    0. Raises ``ValueError`` for shapes that do not fit, labels other than ±1, η ≤ 0, and an index
    that is not below m.
    """
    r, m = require.finite("gram", require.shape("gram", gram, "r m m")).shape[:2]
    require.signs("labels", require.shape("labels", labels, "r m", r=r, m=m))
    steps, _, b = require.shape("draws", draws, "T r b", r=r).shape
    if int(draws.min()) < 0 or int(draws.max()) >= m:
        raise ValueError(f"draws must be indices below m = {m}, got {int(draws.max())}")
    if isinstance(eta, Tensor):
        rate = require.finite("eta", require.shape("eta", eta, "r", r=r)).to(gram) / b
        require.positive("the least eta", float(rate.min()))
    else:
        rate = gram.new_full((r,), require.positive("eta", eta) / b)
    if start is None:
        outputs = torch.zeros_like(labels)
    else:
        outputs = require.shape("start", start, "r m", r=r, m=m).clone()
    runs = torch.arange(r, device=gram.device)[:, None]
    active = gram.new_empty(steps, r)
    for t, batch in enumerate(draws):
        y = labels.gather(1, batch)
        wrong = (y * outputs.gather(1, batch) < 1).to(y.dtype)
        active[t] = wrong.mean(1)
        moved = (rate[:, None] * y * wrong)[:, None] @ gram[runs, batch]
        outputs += moved[:, 0]
    return TangentRun(outputs, active)


def report_outputs(
    activation: Activation,
    points: Float[Tensor, "m d"],
    labels: Float[Tensor, " m"],
    weights: Float[Tensor, "q d"],
    degree: int,
) -> Float[Tensor, " m"]:
    """The report's interpolant at the points: (1/q) Σ_i ⟨f̌(w_i), σ'(⟨w_i,x_l⟩) x_l⟩.

    f(x) = Σ_j y_j ⟨x_j,x⟩^c for c = ``degree`` has f̌(ω) = β⁻¹ Σ_j y_j h_{c−1}(⟨ω,x_j⟩) x_j with
    β = E σ'(g) h_{c−1}(g) and the normalised Hermite polynomials h (paper Y, section 4.3). Raises
    ``ValueError`` if β = 0 to rounding: f is not in the kernel's space then.
    """
    m, d = require.on_sphere("points", points).shape
    require.signs("labels", require.shape("labels", labels, "m", m=m))
    q = require.shape("weights", weights, "q d", d=d).shape[0]
    last = require.positive_int("degree", degree) - 1
    beta = math.sqrt(degree) * float(activation.hermite(degree + 1)[degree])
    if abs(beta) < 1e-9:
        raise ValueError(
            f"degree = {degree}: the kernel of {activation.name} has no such power, "
            "and ⟨x_j,x⟩ to it is not in its space"
        )
    inside = weights @ points.T
    before, now = torch.zeros_like(inside), torch.ones_like(inside)
    for k in range(last):
        before, now = now, (inside * now - math.sqrt(k) * before) / math.sqrt(k + 1)
    moved = (now * labels) @ points  # the f̌(w_i), times β
    products = (moved @ points.T) * activation.derivative(inside)
    return products.sum(0) / (q * beta)


# --- counting ----------------------------------------------------------------------------------


def cover_count(m: int, p: int) -> int:
    """2 Σ_{k<p} binom(m−1, k): sign vectors of m vectors of ℝ^p, at most (B.mem.cover)."""
    require.positive_int("m", m)
    require.positive_int("p", p)
    return 2 * sum(math.comb(m - 1, k) for k in range(min(p, m)))


def separable_chance(m: int, p: int) -> Fraction:
    """cover_count(m, p)/2^m = P(B < p) for B binomial (m−1, 1/2): fair labels are separable."""
    return Fraction(cover_count(m, p), 2**m)


def entropy(eps: float) -> float:
    """The binary entropy −ε log₂ ε − (1−ε) log₂(1−ε) for ε in [0, 1], in bits."""
    if not 0 <= require.number("eps", eps) <= 1:
        raise ValueError(f"eps must lie in [0, 1], got {eps!r}")
    return -sum(t * math.log2(t) for t in (eps, 1 - eps) if t > 0)


def log2_sign_vectors(m: int, d: int, q: int) -> float:
    """q log₂ C(m,d) + log₂ C(m,qd), C = :func:`cover_count`.

    At most so many bits of sign vectors on m points has a network of q neurons without biases whose
    activation has a slope on each side of 0 and is 0 there (N.lower.m).
    """
    width = require.positive_int("q", q)
    return width * math.log2(cover_count(m, d)) + math.log2(cover_count(m, width * d))


# --- the cosine neuron -------------------------------------------------------------------------


def cosine_points(m: int) -> list[Fraction]:
    """t_j = 4^(−j), j = 1, …, m: the first coordinates of the points of B.mem.cosine."""
    return [Fraction(1, BASE**j) for j in range(1, require.positive_int("m", m) + 1)]


def cosine_scale(labels: Sequence[int]) -> int:
    """The s = Σ_{y_j = −1} 4^j with y_j cos(π s t_j) > 1/2 for all j (B.mem.cosine).

    Raises ``ValueError`` unless there are labels and all of them are ±1.
    """
    require.positive_int("the number of labels", len(labels))
    if any(y not in (-1, 1) for y in labels):
        raise ValueError(f"labels must be +1 or -1, got {labels!r}")
    return sum(BASE**j for j, y in enumerate(labels, 1) if y == -1)


def cosine_phases(labels: Sequence[int], scale: int, at: Sequence[Fraction]) -> list[Fraction]:
    """For each j the φ_j in (−1, 1] with y_j cos(π s t_j) = cos(π φ_j), exactly.

    The margin is above 1/2 if and only if |φ_j| < 1/3, and above 0 if and only if |φ_j| < 1/2.
    """
    if len(labels) != len(at):
        raise ValueError(f"labels and at must have one length, got {len(labels)} and {len(at)}")
    turned = (scale * t + Fraction(1 - y, 2) for y, t in zip(labels, at, strict=True))
    return [1 - (1 - phase) % 2 for phase in turned]
