"""How far gradient descent moves the hidden weights of a wide ReLU network (paper F, Lemma 5.3).

The network is h_W(x) = q^{-1/2} Σ_i a_i max(⟨w_i,x⟩, 0), a_i = ±1, on m unit inputs with the labels
y; the loss is ½‖ŷ − y‖² and the step size η. Descent on the model that is linear in the weights,
equation (11), moves them by ``linear_dynamics.Spectrum.distance``, for the spectrum of
H₀ = H_{W⁰}; here is how near to that the network stays. All are plain numbers without units.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from memorize import require

__all__ = ["SHARE", "Travel", "path", "remainder", "travel", "width"]

SHARE = math.e - 1
"""A mean of n indicators of chance p is at most SHARE p + ln(1/δ)/n but for the probability δ."""


def path(eta: float, t: float, gain: float) -> float:
    """Θ_t = η Σ_{s<t} (1 − ηg)^s for g = ``gain`` = λ − F (B.distance.finite).

    1/g at t = ``math.inf``, where g must be above 0; g may be negative at finite times. Raises
    ``ValueError`` for η ≤ 0, t < 0 or not whole, and ηg > 1.
    """
    step = require.positive("eta", eta) * require.number("gain", gain)
    if step > 1:
        raise ValueError(f"eta·gain must be at most 1, got {step:.6g}: take a smaller eta")
    if t == math.inf:
        return 1 / require.positive("gain", gain)
    if not float(t).is_integer() or t < 0:
        raise ValueError(f"t must be a whole number from 0 on, or math.inf, got {t!r}")
    if step == 0:
        return eta * t
    if step == 1:
        return eta * min(t, 1)
    return -math.expm1(t * math.log1p(-step)) / gain


def remainder(
    residual: float, eta: float, t: float, *, least: float, F: float, near: float
) -> float:
    """ρ₀Θ_t (F min{λ^{-1/2}, √(ηt)} + √S) ≥ ‖W^t − W⁰ − V^t‖_F (B.distance.finite).

    ``residual``: ρ₀ = ‖y − ŷ⁰‖; ``least``: λ ≤ λ_min(H₀); ``F``: a bound on ‖N‖; ``near``: S,
    the sum of the shares s_j at r. That r is large enough, ‖X‖ρ₀Θ_t ≤ r√q, is the caller's to see;
    ``linear_dynamics.certify`` finds such an r. Raises ``ValueError`` as :func:`path` does.
    """
    lam = require.non_negative("least", least)
    theta = path(eta, t, lam - require.non_negative("F", F))
    reach = math.sqrt(eta * t) if lam == 0 else min(1 / math.sqrt(lam), math.sqrt(eta * t))
    rho = require.non_negative("residual", residual)
    return rho * theta * (F * reach + math.sqrt(require.non_negative("near", near)))


@dataclass(frozen=True)
class Travel:
    """What F.L5.3 promises: ``row`` bounds each row's way, ``total`` the Frobenius norm.

    ``remainder``: how far the latter is from ‖V^t‖ at most. ``share``: s̄, a bound on the share of
    the neurons near a kink. ``holds``: whether the width is large enough for all this.
    """

    row: float
    total: float
    remainder: float
    share: float
    holds: bool


def travel(
    m: int,
    q: int,
    *,
    least: float,
    top: float,
    price: float,
    norm: float,
    tau: float,
    eps: float,
    delta: float,
) -> Travel:
    """r, √(price/(1−ε)) + Δ, Δ and s̄ of F.L5.3, for q neurons in q/2 pairs.

    ``least``: λ_m of H; ``top``: ‖G‖; ``price``: yᵀH⁻¹y; ``norm``: ‖y‖; ``eps``: ε in (0,½]. Raises
    ``ValueError`` for numbers outside their ranges.
    """
    lam, share, r = _sizes(m, q, least, top, norm, tau, eps, delta)
    rest = (eps + math.sqrt(eps / 2)) / (1 - eps) * norm / math.sqrt(lam)
    total = math.sqrt(require.non_negative("price", price) / (1 - eps)) + rest
    enough = q >= _gram_width(m, least, top, eps, delta) and 2 * m * share <= eps * lam
    return Travel(r, total, rest, share, enough)


def width(
    m: int, *, least: float, top: float, norm: float, tau: float, eps: float, delta: float
) -> int:
    """The least even q that F.L5.3 admits. Raises ``ValueError`` as :func:`travel` does.

    The second condition is a quadratic inequality in 1/√q.
    """
    lam, _, far = _sizes(m, 1, least, top, norm, tau, eps, delta)  # far = r√q
    near = SHARE * math.sqrt(2 / math.pi) * far / tau
    room = eps * lam / (2 * m)  # near/√q + log/q ≤ room
    log = 2 * math.log(2 * m / delta)
    root = (near + math.sqrt(near**2 + 4 * room * log)) / (2 * room)
    q = math.ceil(max(root**2, _gram_width(m, least, top, eps, delta)))
    return q + q % 2


def _sizes(
    m: int, q: int, least: float, top: float, norm: float, tau: float, eps: float, delta: float
) -> tuple[float, float, float]:
    """(1−ε)λ_m, s̄ and r."""
    if require.open_unit("eps", eps) > 0.5:
        raise ValueError(f"eps must be at most 1/2, got {eps!r}")
    if require.positive("top", top) < require.positive("least", least):
        raise ValueError(f"top = ‖G‖ = {top} cannot be below the least eigenvalue {least}")
    lam = (1 - eps) * least
    far = math.sqrt(top) * require.positive("norm", norm) / ((1 - eps) * lam)
    r = far / math.sqrt(require.positive_int("q", q))
    log = math.log(2 * require.positive_int("m", m) / require.open_unit("delta", delta))
    near = math.sqrt(2 / math.pi) * r / require.positive("tau", tau)
    return lam, SHARE * near + 2 * log / q, r


def _gram_width(m: int, least: float, top: float, eps: float, delta: float) -> float:
    """2(‖G‖/λ_m) ln(2m/δ)/(ε + (1−ε)ln(1−ε)): q/2 pairs keep (1−ε)H below H₀ but for δ/2."""
    rate = eps + (1 - eps) * math.log1p(-eps)
    return 2 * top / least * math.log(2 * m / delta) / rate
