"""Rademacher complexity: exact, sampled and bounded; of a network class around its start.

The empirical complexity of a class F on the points x_1, …, x_m is
Rad_S(F) = (1/m) E sup_f Σ_j ε_j f(x_j), with m independent signs and no absolute value. Networks
are h_W(x) = q^{-1/2} Σ_i a_i max(⟨w_i,x⟩, 0), a_i = ±1, and F_{r,r_F} is the class of those with
‖w_i − w_i⁰‖ ≤ r for every row and ‖W − W⁰‖_F ≤ r_F (paper F, appendix B and Lemma 5.4).
Complexities have the unit of the functions' values.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import torch
from jaxtyping import Float
from torch import Tensor

from memorize import require
from memorize.networks import checked_network, random_signs

__all__ = [
    "ENUMERATED",
    "Ascent",
    "ClassBound",
    "ascent",
    "class_bound",
    "class_bound_at",
    "contracted_kinks",
    "exact",
    "generalization_bound",
    "kink_mean",
    "linear_bounds",
    "linear_exact",
    "linear_values",
    "printed_class_bound",
    "printed_generalization_bound",
    "sign_vectors",
]

ENUMERATED = 20
"""The most examples whose 2^m sign vectors are enumerated."""

Rational = int | Fraction


def exact(values: Sequence[Sequence[Rational]]) -> Fraction:
    """Rad_S of a finite class, by all 2^m sign vectors, in fractions (F.DB.1).

    ``values``: one row a function, its m values. Raises ``ValueError`` for an empty class, rows of
    different lengths, or m outside 1, …, ``ENUMERATED``.
    """
    rows = [tuple(Fraction(v) for v in row) for row in values]
    sizes = {len(row) for row in rows}
    if len(sizes) != 1:
        raise ValueError(f"values must be rows of one length, got lengths {sorted(sizes)}")
    m = _few(sizes.pop())
    total = Fraction(0)
    for signs in itertools.product((1, -1), repeat=m):
        total += max(
            sum((v if s > 0 else -v for v, s in zip(row, signs, strict=True)), Fraction(0))
            for row in rows
        )
    return total / (m << m)


def sign_vectors(
    m: int, *, dtype: torch.dtype = torch.float64, device: torch.device | str | None = None
) -> Float[Tensor, "n m"]:
    """All n = 2^m vectors of signs. Raises ``ValueError`` for m outside 1, …, ``ENUMERATED``."""
    codes = torch.arange(2 ** _few(m), device=device)[:, None]
    bits = (codes >> torch.arange(m, device=device)) & 1
    return (1 - 2 * bits).to(dtype)


def linear_values(H: Float[Tensor, "m m"], signs: Float[Tensor, "n m"]) -> Float[Tensor, " n"]:
    """√(εᵀHε)/m, the supremum over ‖V‖ ≤ 1 of (1/m) Σ_j ε_j ⟨V,J_j⟩ where H = JJᵀ.

    One a row of ``signs``. Raises ``ValueError`` for shapes that do not fit and signs not ±1.
    """
    m = require.shape("H", H, "m m").shape[0]
    require.signs("signs", require.shape("signs", signs, "n m", m=m))
    return (signs @ H).mul_(signs).sum(1).clamp(min=0).sqrt() / m


def linear_exact(H: Float[Tensor, "m m"], r_F: float = 1.0) -> float:
    """r_F E‖Jᵀε‖/m, Rad_S of {x_j ↦ ⟨V,J_j⟩ : ‖V‖ ≤ r_F}, H = JJᵀ, by all sign vectors.

    Raises ``ValueError`` for more than ``ENUMERATED`` examples (B.rademacher.linear).
    """
    m = require.shape("H", H, "m m").shape[0]
    signs = sign_vectors(m, dtype=H.dtype, device=H.device)
    return require.positive("r_F", r_F) * float(linear_values(H, signs).mean())


def linear_bounds(H: Float[Tensor, "m m"], r_F: float = 1.0) -> tuple[float, float]:
    """(r_F/m)√tr H / √(1 + 2Σ_{j≠l}H_jl²/(tr H)²) ≤ Rad_S ≤ (r_F/m)√tr H (B.rademacher.linear).

    Raises ``ValueError`` unless H has a positive trace.
    """
    m = require.finite("H", require.shape("H", H, "m m")).shape[0]
    trace = require.positive("tr H", float(H.trace()))
    off = float(H.square().sum() - H.diagonal().square().sum())
    upper = require.positive("r_F", r_F) * math.sqrt(trace) / m
    return upper / math.sqrt(1 + 2 * off / trace**2), upper


def generalization_bound(complexity: float, m: int, delta: float, lipschitz: float = 1.0) -> float:
    """2L Rad_S(F) + √(2 ln(1/δ)/m): sup_f (L_D(f) − L_S(f)) is below it but for δ (F.TB.1).

    For losses in [0,1] that are L-Lipschitz in the prediction; ``complexity``: Rad_S(F).
    """
    slack = math.sqrt(2 * math.log(1 / require.open_unit("delta", delta)) / _count(m))
    return 2 * require.non_negative("lipschitz", lipschitz) * _size(complexity) + slack


def printed_generalization_bound(
    complexity: float, m: int, delta: float, lipschitz: float = 1.0
) -> float:
    """2L Rad_S(F) + 3√(ln(2/δ)/(2m)), as Theorem B.1 of paper F is printed, for c = 1."""
    slack = 3 * math.sqrt(math.log(2 / require.open_unit("delta", delta)) / (2 * _count(m)))
    return 2 * require.non_negative("lipschitz", lipschitz) * _size(complexity) + slack


@dataclass(frozen=True)
class ClassBound:
    """A bound on Rad_S(F_{r,r_F}): ``linear`` for the tangent model, ``kinks`` for what is left."""

    linear: float
    kinks: float

    @property
    def total(self) -> float:
        """Their sum."""
        return self.linear + self.kinks


def class_bound(
    m: int, q: int, r: float, r_F: float, tau: float, delta: float, rows: int | None = None
) -> ClassBound:
    """(r_F/√(2m))(1 + ½√(2ln(2/δ)/q₀)) and (√q/2)(r²/(√(2π)τ) + r√(ln(2/δ)/(2q₀))) (F.L5.4).

    A bound on Rad_S(F_{r,r_F}), but for the probability δ of the start. ``rows``: q₀, how many of
    the q rows are independent; default q, and q/2 for a paired start.
    """
    q0 = _independent(q, rows)
    log = math.log(2 / require.open_unit("delta", delta))
    scale = require.non_negative("r_F", r_F) / math.sqrt(2 * _count(m))
    linear = scale * (1 + math.sqrt(2 * log / q0) / 2)
    spread = require.non_negative("r", r) * math.sqrt(log / (2 * q0))
    return ClassBound(linear, math.sqrt(q) / 2 * (kink_mean(r, tau) + spread))


def printed_class_bound(
    m: int, q: int, r: float, r_F: float, tau: float, delta: float
) -> ClassBound:
    """(r_F/√(2m))(1 + (2ln(2/δ)/q)^{1/4}) and 2r²√q/τ + r√(2ln(2/δ)): Lemma 5.4 as printed."""
    log = math.log(2 / require.open_unit("delta", delta))
    scale = require.non_negative("r_F", r_F) / math.sqrt(2 * _count(m))
    linear = scale * (1 + (2 * log / require.positive_int("q", q)) ** 0.25)
    far = require.non_negative("r", r)
    kinks = 2 * far**2 * math.sqrt(q) / require.positive("tau", tau) + far * math.sqrt(2 * log)
    return ClassBound(linear, kinks)


def kink_mean(r: float, tau: float) -> float:
    """r²/(√(2π)τ) ≥ E (r − |z|)_+ for z ~ N(0,τ²): the triangle's area times the density at 0."""
    return require.non_negative("r", r) ** 2 / (
        math.sqrt(2 * math.pi) * require.positive("tau", tau)
    )


def contracted_kinks(
    m: int, q: int, r: float, tau: float, delta: float, rows: int | None = None
) -> float:
    """r√(q/m)·√(√(2/π) r/τ + √(ln(2/δ)/(2q₀))): another bound on the kinks (B.rademacher.kinks).

    It may stand for ``class_bound(…).kinks``, with the same δ.
    """
    q0 = _independent(q, rows)
    log = math.log(2 / require.open_unit("delta", delta))
    share = math.sqrt(2 / math.pi) * require.non_negative("r", r) / require.positive("tau", tau)
    return r * math.sqrt(q / _count(m)) * math.sqrt(share + math.sqrt(log / (2 * q0)))


def class_bound_at(
    weights: Float[Tensor, "q d"], points: Float[Tensor, "m d"], r: float, r_F: float
) -> ClassBound:
    """The bound at the given start: r_F‖J‖_F/m, and the lesser of the two for the kinks (F.L5.4).

    These are (1/(2m√q)) Σ_ij (r − |z_ij|)_+ and (r/(m√q)) Σ_i √n_i, where z_ij = ⟨w_i,x_j⟩ and n_i
    is the number of j with |z_ij| ≤ r. Raises ``ValueError`` for points off the unit sphere.
    """
    q, d = require.finite("weights", require.shape("weights", weights, "q d")).shape
    m = require.shape("points", require.on_sphere("points", points), "m d", d=d).shape[0]
    far = require.non_negative("r", r)
    z = points @ weights.T
    norm = math.sqrt(int((z >= 0).sum()) / q)
    triangles = float((far - z.abs()).clamp(min=0).sum()) / (2 * m * math.sqrt(q))
    roots = far * float((z.abs() <= far).sum(0).to(z.dtype).sqrt().sum()) / (m * math.sqrt(q))
    return ClassBound(require.non_negative("r_F", r_F) * norm / m, min(triangles, roots))


@dataclass(frozen=True)
class Ascent:
    """Draws of sup_f (1/m) Σ_j ε_j f(x_j), f = h_W − h_{W⁰}: lower bounds, one a sign vector.

    ``linear``: the same for the tangent model, in closed form if no row's bound r binds, and
    otherwise at the best W of the class.
    """

    network: Float[Tensor, " n"]
    linear: Float[Tensor, " n"]


def ascent(
    weights: Float[Tensor, "q d"],
    signs: Float[Tensor, " q"],
    points: Float[Tensor, "m d"],
    r: float,
    r_F: float,
    draws: int,
    generator: torch.Generator,
    *,
    steps: int = 8,
) -> Ascent:
    """What F_{r,r_F} attains against ``draws`` random sign vectors: Rad_S from below, on average.

    Each step goes to the best W of the class for the gradient at the last one, and the best of the
    values met is kept; the first step is the tangent model's best. The functions are taken without
    h_{W⁰}, which changes no expectation. Raises ``ValueError`` as :func:`class_bound_at` does, and
    for output signs other than ±1.
    """
    q, d = checked_network(weights, signs)
    m = require.shape("points", require.on_sphere("points", points), "m d", d=d).shape[0]
    bounds = require.positive("r", r), require.positive("r_F", r_F)
    require.positive_int("steps", steps)
    z = points @ weights.T
    start = z.clamp(min=0)
    networks, tangents = [], []
    for _ in range(require.positive_int("draws", draws)):
        eps = random_signs(m, generator=generator, device=points.device, dtype=points.dtype)
        out = eps[:, None] * signs / (m * math.sqrt(q))  # the slope of the objective in each σ
        best, at = 0.0, z
        for step in range(steps):
            move = _furthest((out * (at >= 0)).T @ points, *bounds)
            change = points @ move.T
            if step == 0:
                tangents.append(float((out * (z >= 0) * change).sum()))
            at = z + change
            best = max(best, float((out * (at.clamp(min=0) - start)).sum()))
        networks.append(best)
    return Ascent(points.new_tensor(networks), points.new_tensor(tangents))


def _furthest(gradient: Float[Tensor, "q d"], r: float, r_F: float) -> Float[Tensor, "q d"]:
    """The Δ of largest ⟨gradient,Δ⟩ among those with ‖Δ_i‖ ≤ r and ‖Δ‖_F ≤ r_F.

    Its rows have the lengths min(r, c‖g_i‖). With the rows in falling order, the c that k rows cut
    off have is (r_F² − kr²)₊^{1/2} over the norm of the rest, and the first k that fits is right.
    """
    length = torch.linalg.vector_norm(gradient, dim=1)
    order, which = length.sort(descending=True)
    q = len(order)
    rest = order.square().flip(0).cumsum(0).flip(0)
    cut = torch.arange(q, dtype=order.dtype, device=order.device)
    free = (r_F**2 - cut * r**2).clamp(min=0)
    scale = (free / rest.clamp(min=torch.finfo(order.dtype).tiny)).sqrt()
    fits = (scale * order <= r * (1 + 1e-12)).nonzero()
    lengths = torch.full_like(order, r)
    if len(fits):
        k = int(fits[0])
        lengths[k:] = scale[k] * order[k:]
    sizes = torch.empty_like(lengths)
    sizes[which] = lengths
    return gradient * torch.where(length > 0, sizes / length, 0.0)[:, None]


def _independent(q: int, rows: int | None) -> int:
    require.positive_int("q", q)
    if rows is None:
        return q
    return require.at_most("rows", require.positive_int("rows", rows), "q", q, "it counts rows")


def _few(m: int) -> int:
    why = f"all 2^m sign vectors are enumerated; sample them for m above {ENUMERATED}"
    return require.at_most("m", require.positive_int("m", m), "ENUMERATED", ENUMERATED, why)


def _count(m: int) -> int:
    return require.positive_int("m", m)


def _size(complexity: float) -> float:
    return require.non_negative("complexity", complexity)
