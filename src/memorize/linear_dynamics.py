"""Gradient descent on a wide ReLU network as a linear recursion (paper F, sections 3 and 4).

h_W(x) = q^{−1/2} Σ_i a_i σ(⟨w_i,x⟩) with fixed signs a_i, trained on ½‖y − ŷ‖². The residual
e = y − ŷ obeys e⁺ = (I − ηH̃)e exactly, where H̃ is the Gram matrix with secant slopes in the place
of derivatives. While few inputs come near a kink H̃ stays near a fixed matrix K, and the training
curve near ‖(I − ηK)^t e‖, which one eigendecomposition gives for all t.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from memorize import require
from memorize.activations import RELU
from memorize.concentration import chernoff_width
from memorize.kernels import hidden_kernel

__all__ = [
    "EXACT_SCALE",
    "PRINTED_STEPS",
    "WIDTH",
    "Certificate",
    "Sizes",
    "Spectrum",
    "certify",
    "checked_step",
    "convergence_width",
    "curve_width",
    "initial_residual",
    "movement_matrix",
    "near_kink",
    "paired_scale",
    "paired_scale_at",
    "paired_width",
    "printed_width",
    "row_movement",
    "secant_gram",
    "secant_slopes",
    "shares",
    "tracking_error",
    "tracking_width",
]

WIDTH = 2048 / math.pi
"""The constant of the widths in F.T3.1 and F.T4.1."""

EXACT_SCALE = math.sqrt(8 / math.pi)
"""B.linear.paired, item 3: τ ≥ EXACT_SCALE √q m‖X‖‖y‖/(λ_m δ)."""

PRINTED_STEPS = (64 / (math.e * math.sqrt(2 * math.pi))) ** 2
"""What the printed proof of Theorem 4.1 makes of its Ω, from its leading term, for small η and τ.

Each of its events has probability δ; dividing δ among them would make it larger.
"""


def checked_step(eta: float, largest: float) -> float:
    """``eta``; raises ``ValueError`` with the limit unless 0 < η < 2/λ_max, ``largest`` = λ_max."""
    require.positive("eta", eta)
    if eta * largest >= 2:
        raise ValueError(
            f"eta = {eta:.6g} is not below 2/λ_max = {2 / largest:.6g}, and the residual's part "
            f"along the first eigenvector would not shrink; take eta below it"
        )
    return float(eta)


@dataclass(frozen=True)
class Spectrum:
    """Eigenvalues of a Gram matrix, falling, and its orthonormal eigenvectors as columns."""

    values: Float[Tensor, " m"]
    vectors: Float[Tensor, "m m"]

    @classmethod
    def of(cls, H: Float[Tensor, "m m"]) -> Spectrum:
        """One eigendecomposition. Rounding below 0 is set to 0.

        Raises ``ValueError`` unless H is symmetric and positive semi-definite beyond rounding.
        """
        require.finite("H", require.shape("H", H, "m m"))
        scale = float(H.abs().max())
        room = 16 * len(H) * torch.finfo(H.dtype).eps * scale
        if float((H - H.T).abs().max()) > room:
            raise ValueError("H must be symmetric")
        values, vectors = torch.linalg.eigh(H)
        if float(values[0]) < -room:
            raise ValueError(
                f"H must be positive semi-definite, its least eigenvalue is {float(values[0]):.6g}"
            )
        return cls(values.flip(0).clamp(min=0), vectors.flip(1))

    @property
    def m(self) -> int:
        """The number of examples."""
        return len(self.values)

    @property
    def largest(self) -> float:
        """λ_1."""
        return float(self.values[0])

    @property
    def least(self) -> float:
        """λ_m."""
        return float(self.values[-1])

    def projections(self, y: Float[Tensor, "m ..."]) -> Float[Tensor, "m ..."]:
        """⟨v_i, y⟩, or those of each column of y."""
        if y.shape[:1] != (self.m,):
            raise ValueError(f"y must have {self.m} rows, one an example, got {tuple(y.shape)}")
        return self.vectors.T @ y

    def residual(self, y: Float[Tensor, "m ..."], eta: float, t: float) -> Float[Tensor, "m ..."]:
        """(I − ηH)^t y, the residual of the linear dynamics (7) after t steps (t = ∞: the limit).

        Raises ``ValueError`` unless 0 < η < 2/λ_1.
        """
        return self._from(self._powers(eta, t), y)

    def driven(self, y: Float[Tensor, "m ..."], eta: float, t: float) -> Float[Tensor, "m ..."]:
        """c_t = Σ_{s<t} η(I − ηH)^s y, so that the weights move by J_0ᵀc_t; t = ∞: H⁻¹y.

        Raises ``ValueError`` unless 0 < η < 2/λ_1, and at t = ∞ if H is singular.
        """
        if t == math.inf:
            self._invertible()
        return self._from(self._sums(eta, t), y)

    def distance(self, y: Float[Tensor, "m ..."], eta: float, t: float) -> Float[Tensor, " ..."]:
        """‖J_0ᵀc_t‖ = √⟨c_t, Hc_t⟩, how far the weights of the linear dynamics are after t steps.

        At t = ∞ it is √(yᵀH⁻¹y). Raises as :meth:`driven`.
        """
        moved = self.projections(self.driven(y, eta, t))
        return self._weigh(self.values, moved.square()).sqrt()

    def curve(
        self, y: Float[Tensor, "m ..."], eta: float, steps: Sequence[float] | Tensor
    ) -> Float[Tensor, "n ..."]:
        """‖(I − ηH)^t y‖ for each t of ``steps``: the main term of (8), for each column of y.

        Raises ``ValueError`` unless 0 < η < 2/λ_1.
        """
        times = torch.as_tensor(steps, dtype=self.values.dtype, device=self.values.device)
        shrink = (1 - checked_step(eta, self.largest) * self.values).abs()
        weights = shrink ** (2 * require.shape("steps", times, "n")[:, None])
        return (weights @ self.projections(y).square()).sqrt()

    def price(self, y: Float[Tensor, "m ..."]) -> Float[Tensor, " ..."]:
        """yᵀH⁻¹y. Raises ``ValueError`` if H is singular."""
        self._invertible()
        return self._weigh(1 / self.values, self.projections(y).square())

    def _powers(self, eta: float, t: float) -> Tensor:
        factor = 1 - checked_step(eta, self.largest) * self.values
        return (factor == 1).to(factor) if t == math.inf else factor**t

    def _sums(self, eta: float, t: float) -> Tensor:
        """(1 − (1−ηλ)^t)/λ, and ηt where λ = 0."""
        positive = self.values > 0
        safe = torch.where(positive, self.values, 1.0)
        limit = 0.0 if t == math.inf else eta * t
        return torch.where(positive, (1 - self._powers(eta, t)) / safe, limit)

    def _from(self, weights: Tensor, y: Tensor) -> Tensor:
        along = self.projections(y)
        return self.vectors @ (along * weights.view(-1, *[1] * (along.ndim - 1)))

    @staticmethod
    def _weigh(weights: Tensor, squares: Tensor) -> Tensor:
        result: Tensor = torch.tensordot(weights, squares, dims=1)
        return result

    def _invertible(self) -> None:
        if not self.least > self.m * torch.finfo(self.values.dtype).eps * self.largest:
            raise ValueError(
                f"H must be invertible, its least eigenvalue is {self.least:.6g}; "
                "look for equal or antipodal inputs"
            )


# The secant identity


def secant_slopes(before: Float[Tensor, "*n"], after: Float[Tensor, "*n"]) -> Float[Tensor, "*n"]:
    """(σ(b) − σ(a))/(b − a) of ReLU, in [0, 1]; where a = b, 1{a ≥ 0} (B.secant)."""
    equal = before == after
    rise = after.clamp(min=0) - before.clamp(min=0)
    run = torch.where(equal, 1.0, after - before)
    return torch.where(equal, (before >= 0).to(rise), rise / run)


def secant_gram(
    inputs: Float[Tensor, "m d"], before: Float[Tensor, "q d"], after: Float[Tensor, "q d"]
) -> Float[Tensor, "m m"]:
    """H̃ of the step from the weights ``before`` to ``after``: e⁺ = (I − ηH̃)e (B.secant).

    H̃_jl = (G_jl/q) Σ_i g_ij 1{⟨w_i,x_l⟩ ≥ 0} with the secant slopes g. Not symmetric. With
    ``after`` = ``before`` it is H_W.
    """
    require.shape("before", before, "q d", d=require.shape("inputs", inputs, "m d").shape[1])
    require.shape("after", after, "q d", q=len(before), d=before.shape[1])
    at = before @ inputs.T
    slopes = secant_slopes(at, after @ inputs.T)
    return (inputs @ inputs.T) * (slopes.T @ (at >= 0).to(slopes)) / len(before)


# The deterministic theorem


def near_kink(
    weights: Float[Tensor, "q d"], inputs: Float[Tensor, "m d"], r: float
) -> Bool[Tensor, "q m"]:
    """Whether |⟨w_i,x_j⟩| ≤ r: only there may a row that moves by r change sides."""
    require.shape("weights", weights, "q d", d=require.shape("inputs", inputs, "m d").shape[1])
    return (weights @ inputs.T).abs() <= require.non_negative("r", r)


def shares(near: Bool[Tensor, "q m"]) -> Float[Tensor, " m"]:
    """s_j, the share of the neurons that are near the kink on example j."""
    return require.shape("near", near, "q m").double().mean(0)


def movement_matrix(
    near: Bool[Tensor, "q m"], inputs: Float[Tensor, "m d"]
) -> Float[Tensor, "m m"]:
    """N(r): |G_jl| times the share of neurons near the kink on example j or on l (F.LC.2).

    It bounds |H_W − H_0| and |H̃ − H_0| entry by entry for all rows within r of the start.
    """
    require.shape("near", near, "q m", m=require.shape("inputs", inputs, "m d").shape[0])
    counts = near.to(inputs.dtype)
    one = counts.sum(0)
    either = one[:, None] + one - counts.T @ counts
    return (inputs @ inputs.T).abs() * either / len(near)


@dataclass(frozen=True)
class Certificate:
    """B.linear.deterministic, on given weights: ``rate`` = 1 − η(λ − F), for t ≤ ``steps``.

    ``radius``: r, which no row leaves. ``F``: bound on ‖H̃ − K‖. ``linear_rate``: 1 − ηλ.
    """

    radius: float
    F: float
    rate: float
    linear_rate: float
    start: float
    push: float
    steps: float

    def residual(self, t: int) -> float:
        """Bound on ‖e^{(t)}‖."""
        return float(self.start * self.rate ** self._within(t))

    def deviation(self, t: int) -> float:
        """Bound on ‖e^{(t)} − (I − ηK)^t e^{(0)}‖."""
        return float(self.start * (self.rate ** self._within(t) - self.linear_rate**t))

    def movement(self, t: int) -> float:
        """Bound on every row's movement."""
        return self.push * _geometric(self.rate, self._within(t))

    @property
    def worst(self) -> float:
        """(F/λ)‖e^{(0)}‖, a bound on the deviation at all times; ∞ unless F < λ."""
        gap = 1 - self.linear_rate
        return self.start * (self.rate - self.linear_rate) / gap if self.rate < 1 else math.inf

    def _within(self, t: int) -> int:
        if t < 0 or t > self.steps:
            raise ValueError(f"t must lie between 0 and {self.steps}, got {t}")
        return t


def certify(
    weights: Float[Tensor, "q d"],
    inputs: Float[Tensor, "m d"],
    residual: float,
    K: Spectrum,
    *,
    gap: float,
    eta: float,
    steps: float = math.inf,
) -> Certificate | None:
    """The deterministic theorem on these weights, or None where no radius is found.

    ``residual``: ‖y − ŷ‖ at the start; ``gap``: ‖H_W − K‖ there. The radius is looked for from
    below, 1 % at a time at least. Raises ``ValueError`` for a row off the sphere, or η > 1/λ_1(K).
    """
    require.on_sphere("inputs", inputs)
    require.non_negative("gap", gap)
    require.positive("eta", eta)
    if eta * K.largest > 1 + 1e-12:
        raise ValueError(f"eta = {eta:.6g} is above 1/λ_1 = {1 / K.largest:.6g}")
    at = (weights @ inputs.T).abs()
    norm = float(torch.linalg.matrix_norm(inputs, 2))
    push = eta * norm * require.non_negative("residual", residual) / math.sqrt(len(weights))
    radius = 0.0
    for _ in range(2000):
        N = movement_matrix(at <= radius, inputs)
        F = float(torch.linalg.eigvalsh(N)[-1]) + gap
        rate = 1 - eta * (K.least - F)
        needed = push * _geometric(rate, steps)
        if needed <= radius:
            return Certificate(radius, F, rate, 1 - eta * K.least, residual, push, steps)
        if not math.isfinite(needed) or radius > float(at.max()):
            return None
        radius = 1.01 * needed
    return None


def row_movement(norm: float, residual: float, q: int, rate: float) -> float:
    """‖X‖‖e^{(0)}‖/(√q μ), where ‖e^{(t)}‖ ≤ (1 − ημ)^t‖e^{(0)}‖, μ = ``rate`` (F.LC.1)."""
    require.non_negative("residual", residual)
    below = math.sqrt(require.positive_int("q", q)) * require.positive("rate", rate)
    return require.positive("norm", norm) * residual / below


# What the theorems ask of the width


@dataclass(frozen=True)
class Sizes:
    """What the widths know of m unit inputs: ‖X‖, ‖|G|‖, ‖G‖_F, and λ_m, λ_1 of H."""

    m: int
    norm: float
    absolute: float
    frobenius: float
    least: float
    largest: float

    @classmethod
    def of(cls, inputs: Float[Tensor, "m d"]) -> Sizes:
        """Raises ``ValueError`` off the unit sphere, and if H is singular beyond rounding."""
        H = Spectrum.of(hidden_kernel(RELU).gram(inputs))
        H._invertible()
        G = inputs @ inputs.T
        return cls(
            len(inputs),
            math.sqrt(float(torch.linalg.eigvalsh(G)[-1])),
            float(torch.linalg.eigvalsh(G.abs())[-1]),
            float(torch.linalg.matrix_norm(G)),
            H.least,
            H.largest,
        )

    @property
    def ratio(self) -> float:
        """‖G‖/λ_m, what matrix Chernoff bounds pay."""
        return self.norm**2 / self.least


def initial_residual(m: int, y: float, tau: float, delta: float) -> float:
    """B_0 = √(3(‖y‖² + mτ²/2)/δ): ‖e^{(0)}‖ exceeds it with probability ≤ δ/3 (F.T3.1).

    ``y``: ‖y‖; random signs.
    """
    square = (
        require.non_negative("y", y) ** 2
        + require.positive_int("m", m) * require.positive("tau", tau) ** 2 / 2
    )
    return math.sqrt(3 * square / require.open_unit("delta", delta))


def convergence_width(sizes: Sizes, y: float, tau: float, delta: float) -> float:
    """(2048/π)‖X‖²‖|G|‖²B_0²/(λ_m⁴τ²), the neurons that F.T3.1 asks for; ``y``: ‖y‖."""
    start = initial_residual(sizes.m, y, tau, delta)
    return _width(sizes, tau) * start**2


def curve_width(sizes: Sizes, y: float, tau: float, delta: float, eps: float) -> float:
    """(2048/π)‖X‖²‖|G|‖²(‖y‖ + ε/2)⁴/(ε²λ_m⁴τ²), what F.T4.1 asks for; ``y``: ‖y‖.

    Raises ``ValueError`` unless 0 < ε ≤ 2‖y‖ and τ ≤ ε√(δ/6m).
    """
    if not 0 < require.positive("eps", eps) <= 2 * require.positive("y", y):
        raise ValueError(f"eps must be at most 2‖y‖ = {2 * y:.6g}, got {eps!r}")
    limit = eps * math.sqrt(require.open_unit("delta", delta) / (6 * sizes.m))
    if require.positive("tau", tau) > limit * (1 + 1e-12):
        raise ValueError(f"tau must be at most eps·√(delta/6m) = {limit:.6g}, got {tau!r}")
    return _width(sizes, tau) * (y + eps / 2) ** 4 / eps**2


def printed_width(
    m: int, least: float, tau: float, delta: float, eps: float, constant: float = 1.0
) -> float:
    """constant · m⁷/(λ_m⁴τ²δ⁴ε²), Theorem 4.1 as printed (there in the letters n and κ)."""
    require.positive_int("m", m)
    below = require.positive("least", least) ** 4 * require.positive("tau", tau) ** 2
    return constant * m**7 / (below * require.open_unit("delta", delta) ** 4 * eps**2)


def tracking_error(eps: float, h: float = 1.0) -> float:
    """ε/((2−h)√(1−ε)) ≥ ‖(I−ηH_0)^t − (I−ηH)^t‖ for all t (B.linear.tracking).

    For (1−ε)H ≼ H_0 ≼ (1+ε)H and step sizes with ηλ_1 ≤ h for both, 0 < h < 2.
    """
    if require.positive("h", h) >= 2:
        raise ValueError(f"h must be below 2, got {h!r}")
    return require.open_unit("eps", eps) / ((2 - h) * math.sqrt(1 - eps))


def tracking_width(m: int, ratio: float, eps: float, delta: float) -> int:
    """The least q ≥ b ln(2m/δ)/((1+ε)ln(1+ε) − ε), b = ``ratio`` = ‖G‖/λ_m (B.linear.tracking).

    So many independent rows give (1−ε)H ≼ H_W ≼ (1+ε)H with probability 1 − δ.
    """
    count = math.log(2 * require.positive_int("m", m) / require.open_unit("delta", delta))
    more = 1 + require.open_unit("eps", eps)
    rate = more * math.log(more) - eps
    return math.ceil(require.positive("ratio", ratio) * count / rate)


def paired_scale(q: int, m: int, norm: float, y: float, path: float, delta: float) -> float:
    """√q m‖X‖ηT‖y‖/(√(2π)δ), with ``path`` = ηT (B.linear.paired, item 2).

    At this scale τ of q paired rows no activation changes in T steps, with probability 1 − δ.
    """
    each = math.sqrt(require.positive_int("q", q)) * require.positive_int("m", m)
    length = require.positive("norm", norm) * require.positive("y", y)
    return (
        each
        * length
        * require.positive("path", path)
        / (math.sqrt(2 * math.pi) * require.open_unit("delta", delta))
    )


def paired_scale_at(sizes: Sizes, q: int, y: float, delta: float) -> float:
    """√(8/π)√q m‖X‖‖y‖/(λ_m δ), at which no activation ever changes (B.linear.paired, item 3).

    With probability 1 − δ, for q of at least :func:`paired_width`.
    """
    each = EXACT_SCALE * math.sqrt(require.positive_int("q", q)) * sizes.m * sizes.norm
    return each * require.positive("y", y) / (sizes.least * require.open_unit("delta", delta))


def paired_width(sizes: Sizes, delta: float) -> int:
    """The least even q whose q/2 rows keep λ_m(H_W) ≥ λ_m/2 with probability 1 − δ/2."""
    return 2 * chernoff_width(0.5, sizes.m, require.open_unit("delta", delta) / 2, sizes.ratio)


def _width(sizes: Sizes, tau: float) -> float:
    return (
        WIDTH
        * sizes.norm**2
        * sizes.absolute**2
        / (sizes.least**4 * require.positive("tau", tau) ** 2)
    )


def _geometric(rate: float, t: float) -> float:
    """Σ_{s<t} rate^s, for rate ≥ 0; ∞ where it does not converge."""
    if t == math.inf:
        return 1 / (1 - rate) if rate < 1 else math.inf
    if rate == 1:
        return t
    try:
        return float((rate**t - 1) / (rate - 1))
    except OverflowError:
        return math.inf
