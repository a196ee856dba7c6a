"""The lazy limit: how far Algorithm 1 at scale B is from Algorithm 2, its tangent model.

Both train q pairs of neurons with unit inputs and the same batches, Algorithm 1 with the step η/B²
and Algorithm 2 with η. The bounds hold for activations with |σ'| ≤ s₁ that have |σ''| ≤ s₂ (and
|σ'''| ≤ s₃) between kinks, and for losses with |ℓ'| ≤ L and 0 ≤ ℓ'' ≤ β. Two numbers occur in all:
α = ηLs₁, how far a row moves in one step in units of 1/B, and χ = ηβqs₁², which must not exceed 1
where β matters. The source of each is its statement in book/sgd/lazy_limit.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from memorize import require, sgd
from memorize.activations import Activation
from memorize.losses import Loss

__all__ = [
    "Pairs",
    "Training",
    "Twins",
    "crossed",
    "curved",
    "curved_slope",
    "rational",
    "rational_slope",
    "twins",
    "watched",
]


@dataclass(frozen=True)
class Training:
    """The sizes of a run: q pairs, η, T, b, and the constants of σ and ℓ.

    ``kinks``: r, the number of points at which σ' jumps. ``smoothness``: β, or None where ℓ' jumps.
    Raises ``ValueError`` for sizes that are not positive and constants below 0.
    """

    pairs: int
    eta: float
    steps: int
    batch: int = 1
    lipschitz: float = 1.0
    smoothness: float | None = None
    slope: float = 1.0
    bend: float = 0.0
    third: float = 0.0
    kinks: int = 0

    def __post_init__(self) -> None:
        for name in ("pairs", "steps", "batch"):
            require.positive_int(name, getattr(self, name))
        for name in ("eta", "lipschitz", "slope"):
            require.positive(name, float(getattr(self, name)))
        for name in ("bend", "third", "kinks"):
            require.non_negative(name, float(getattr(self, name)))
        if self.smoothness is not None:
            require.non_negative("smoothness", float(self.smoothness))

    @property
    def alpha(self) -> float:
        """α = ηLs₁: no row moves further than α/B in a step."""
        return self.eta * self.lipschitz * self.slope

    @property
    def chi(self) -> float:
        """χ = ηβqs₁²; raises ``ValueError`` if the loss is not smooth or χ > 1."""
        if self.smoothness is None:
            raise ValueError("smoothness must be given: where ℓ' jumps, the bound does not hold")
        chi = self.eta * self.smoothness * self.pairs * self.slope**2
        if chi > 1:
            raise ValueError(f"χ = ηβqs₁² must be at most 1, got {chi:.6g}: take a smaller eta")
        return chi

    def error(self, B: float) -> float:
        """(2qs₂α²T²/B)(1 + χT/3), a bound on |h − f| while no kink is crossed (Y.T8)."""
        scale = require.positive("B", B)
        if self.bend == 0:
            return 0.0
        n = self.steps
        return 2 * self.pairs * self.bend * self.alpha**2 * n**2 / scale * (1 + self.chi * n / 3)

    def crossing(self, B: float) -> float:
        """√(2/π) rqα (bT(T−1)/2 + T)/B, a bound on the probability of a crossing (Y.T8)."""
        n = self.steps
        places = self.batch * n * (n - 1) / 2 + n
        chance = math.sqrt(2 / math.pi) * self.kinks * self.pairs * self.alpha * places
        return chance / require.positive("B", B)

    def enough(self, epsilon: float) -> float:
        """The B from which on the expected losses differ by at most ε (Y.T8)."""
        q, n = self.pairs, self.steps
        bent = self.bend * (1 + self.chi * n / 3) if self.bend else 0.0
        kinked = math.sqrt(2 / math.pi) * self.kinks * q * self.slope * (self.batch * (n - 1) + 2)
        factor = 2 * q * self.lipschitz * self.alpha**2 * n**2
        return factor * (bent + kinked) / require.positive("epsilon", epsilon)

    def cancelled(self, B: float) -> float:
        """The bound of order B⁻² on |h − f| for σ without kinks (B.lazy.square)."""
        n, ratio = self.steps, self.bend**2 / self.slope
        late = self.chi * n / 2 * (self.third + 3 * ratio)
        factor = self.pairs * self.alpha**3 * n**3 / (3 * require.positive("B", B) ** 2)
        return factor * (2 * self.third + 4 * ratio + late)

    def first_step(self, B: float) -> float:
        """qα³s₃/(3B²), the sharp bound on |h − f| after one step (B.lazy.square)."""
        return self.pairs * self.alpha**3 * self.third / (3 * require.positive("B", B) ** 2)

    def outputs(self, B: float, seen: float) -> float:
        """The bound on |h − f| if the output weights are trained too (B.lazy.outputs).

        ``seen``: O, a bound on |σ(⟨w_i,x⟩)| at the start. Raises ``ValueError`` unless
        Ξ = ηLT(O + 2s₁αT/B)/B³ ≤ 1.
        """
        q, n, B = self.pairs, self.steps, require.positive("B", B)
        level = require.non_negative("seen", seen) + 2 * self.slope * self.alpha * n / B
        xi = self.eta * self.lipschitz * n * level / B**3
        if xi > 1:
            raise ValueError(f"Ξ must be at most 1, got {xi:.6g}: take a larger B")
        chi = self.chi
        bent = 2 * q * self.bend * (1 + xi) ** 2 * self.alpha**2 * n**2 / B * (1 + chi * n / 3)
        direct = 2 * q * self.eta * self.lipschitz * level**2 * n / B**2 * (1 + chi * n)
        return bent + direct + q * self.alpha**2 * level * n**2 / B**3

    def regret(self, B: float, norm: float) -> float:
        """The bound on the mean excess loss over f_V, ‖V‖_F = ``norm`` (B.lazy.regret)."""
        n, features = self.steps, 2 * self.pairs * self.slope**2
        far = self.eta * self.lipschitz * math.sqrt(features) * n
        size = require.non_negative("norm", norm)
        classic = size**2 / (2 * self.eta * n) + self.eta * self.lipschitz**2 * features / 2
        extra = self.lipschitz * self.bend / (2 * require.positive("B", B))
        return classic + extra * (far**2 / 3 + far * size)


@dataclass(frozen=True)
class Pairs:
    """Algorithm 1 on the hidden weights in coordinates that float64 resolves at every B.

    A model for :func:`memorize.sgd.train`, for smooth σ. The rows of a pair are w + z/B² ± p/B, and
    the weights are (p, z), each of shape (r q d), from 0. Its step size is Algorithm 2's η: the
    factor 1/B² is in the coordinates. h = 2 Σ_i ⟨p_i,x⟩ ∫σ'(c_i + s δ_i) ds/2 over |s| ≤ 1, with
    the centre c_i = ⟨w_i + z_i/B²,x⟩ and δ_i = ⟨p_i,x⟩/B, by ``nodes`` Gauss–Legendre nodes: no
    difference of nearby numbers is taken.

    Raises ``ValueError`` for shapes that do not fit, rows that are not finite, and a B ≤ 0.
    """

    activation: Activation
    rows: Float[Tensor, "r q d"]
    B: Float[Tensor, " r"]
    nodes: int = 12

    def __post_init__(self) -> None:
        runs = require.finite("rows", require.shape("rows", self.rows, "r q d")).shape[0]
        require.finite("B", require.shape("B", self.B, "r", r=runs))
        if bool((self.B <= 0).any()):
            raise ValueError(f"B must be above 0, got {self.B.min().item()}")
        require.positive_int("nodes", self.nodes)

    @property
    def runs(self) -> int:
        """The length of the run axis."""
        return int(self.rows.shape[0])

    def start(self) -> tuple[Tensor, ...]:
        """p = z = 0."""
        return torch.zeros_like(self.rows), torch.zeros_like(self.rows)

    def forward(
        self, weights: tuple[Tensor, ...], inputs: Float[Tensor, "r b d"]
    ) -> tuple[Tensor, object]:
        """The outputs h(x_j), shape (r b); with them half the sum and half B times the difference
        of the two rows' slopes."""
        p, z = weights
        B = self.B[:, None, None]
        centre = torch.bmm(self.rows + z / B**2, inputs.mT)
        moved = torch.bmm(p, inputs.mT)
        at, mass = (
            torch.from_numpy(part).to(moved) for part in np.polynomial.legendre.leggauss(self.nodes)
        )
        inner = self.activation.derivative(centre[..., None] + (moved / B)[..., None] * at)
        up = self.activation.derivative(centre + moved / B)
        down = self.activation.derivative(centre - moved / B)
        return (moved * (inner @ mass)).sum(1), ((up + down) / 2, B * (up - down) / 2)

    def add_gradient_(
        self,
        weights: tuple[Tensor, ...],
        inputs: Float[Tensor, "r b d"],
        force: Tensor,
        seen: Any,
    ) -> None:
        """What Σ_j force_j ∇h(x_j) is in these coordinates, added to them."""
        for coordinate, gates in zip(weights, seen, strict=True):
            coordinate.baddbmm_(gates * force[:, None], inputs)


def crossed(
    kinks: Sequence[float],
    before: Float[Tensor, "r n d"],
    after: Float[Tensor, "r n d"],
    inputs: Float[Tensor, "r m d"],
) -> Float[Tensor, " r"]:
    """Whether some ⟨w_i,x_j⟩ of a run has passed a kink between two states of the weights."""
    was, now = torch.bmm(before, inputs.mT), torch.bmm(after, inputs.mT)
    found = torch.zeros(before.shape[0], dtype=torch.bool, device=before.device)
    for kink in kinks:
        found |= ((was > kink) != (now > kink)).flatten(1).any(1)
    return found


def watched(
    model: sgd.Network,
    loss: Loss,
    draws: sgd.Draws,
    probe: Float[Tensor, "m d"],
    *,
    eta: Float[Tensor, " r"],
    steps: int,
) -> tuple[sgd.State, Float[Tensor, " r"]]:
    """The end of Algorithm 1, and for each run whether it has crossed a kink (Y.T8).

    Looked at are the inputs of each batch when it is drawn, and ``probe`` at the end.
    """
    state, start = None, model.start()[0]
    found = torch.zeros(model.runs, dtype=torch.bool, device=start.device)
    for t in range(1, steps + 1):
        here = start if state is None else state.weights[0]
        x = draws(t)[0].expand(model.runs, -1, -1)
        found |= crossed(model.activation.kinks, start, here, x)
        state = sgd.train(model, loss, draws, eta=eta, steps=t, state=state)
    assert state is not None
    points = probe.expand(model.runs, -1, -1)
    return state, found | crossed(model.activation.kinks, start, state.weights[0], points)


class Twins(NamedTuple):
    """Outputs of Algorithms 1 and 2 at the probe after 0, 1, …, T steps."""

    network: list[Any]
    tangent: list[Any]

    @property
    def error(self) -> Any:
        """|h − f| at the end."""
        return abs(self.network[-1] - self.tangent[-1])


def twins(
    sigma: Callable[[Any], Any],
    slope: Callable[[Any], Any],
    force: Callable[[Any, Any], Any],
    rows: Sequence[Sequence[Any]],
    examples: Sequence[tuple[Sequence[Any], Any]],
    probe: Sequence[Any],
    *,
    eta: Any,
    B: Any,
    train_outputs: bool = False,
) -> Twins:
    """Both algorithms, one example a step, in the arithmetic of their arguments: with ``Fraction``
    in all of them the result is exact.

    ``sigma`` and ``slope``: σ and σ'; ``force``: ℓ'(ŷ, y). Plain loops.
    """
    q, d = len(rows), len(rows[0])
    w = [list(row) for row in (*rows, *rows)]
    a = [B] * q + [-B] * q
    ones = [1] * q + [-1] * q
    v = [[0] * d for _ in range(2 * q)]
    start = [list(row) for row in w]

    def dot(u: Sequence[Any], x: Sequence[Any]) -> Any:
        return sum(s * t for s, t in zip(u, x, strict=True))

    def network(x: Sequence[Any]) -> Any:
        return sum(c * sigma(dot(row, x)) for c, row in zip(a, w, strict=True))

    def tangent(x: Sequence[Any]) -> Any:
        return sum(
            c * slope(dot(row, x)) * dot(u, x) for c, row, u in zip(ones, start, v, strict=True)
        )

    h, f = [network(probe)], [tangent(probe)]
    for x, y in examples:
        g, k = force(network(x), y), force(tangent(x), y)
        for i in range(2 * q):
            gate, value = slope(dot(w[i], x)), sigma(dot(w[i], x))
            fixed = ones[i] * slope(dot(start[i], x))
            for j in range(d):
                w[i][j] -= eta / B**2 * g * a[i] * gate * x[j]
                v[i][j] -= eta * k * fixed * x[j]
            if train_outputs:
                a[i] -= eta / B**2 * g * value
        h.append(network(probe))
        f.append(tangent(probe))
    return Twins(h, f)


def curved(t: Any) -> Any:
    """σ of the parabolic ramp: t − t|t|/2 up to |t| = 1 and constant beyond; s₁ = s₂ = 1."""
    return t - t * abs(t) / 2 if abs(t) < 1 else abs(t) / t / 2


def curved_slope(t: Any) -> Any:
    """σ'(t) = (1 − |t|)_+ of :func:`curved`."""
    return max(1 - abs(t), 0 * t)


def rational(t: Any) -> Any:
    """σ(t) = t/(1 + t²): s₁ = 1, s₂ < 3/2, s₃ = 6 (each shown in the chapter)."""
    return t / (1 + t * t)


def rational_slope(t: Any) -> Any:
    """σ'(t) = (1 − t²)/(1 + t²)² of :func:`rational`."""
    return (1 - t * t) / (1 + t * t) ** 2
