"""What stochastic gradient descent on random features loses, term by term, and the sizes it needs.

Everything is a function of a few numbers: the dimension d, the number q of features, the number T
of steps of size η, the bound C of the scheme, the boundedness R of the inputs, the bound M on the
kernel norm of what is to be learned, and the loss: L its Lipschitz constant, β its smoothness. All
are plain numbers without units; the weights start at 0. Sources: paper Y, Theorems 7 and 9; paper
N, Theorem 5; the constants are those of the chapter on descent on random features.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from memorize import require
from memorize.features import rate

__all__ = [
    "Excess",
    "Sizes",
    "convergence",
    "curved_output_scale",
    "excess",
    "feature_step_size",
    "oscillation",
    "output_scale",
    "scalar_floor",
    "sizes",
    "smooth_excess",
    "smooth_sizes",
    "step_size",
]


@dataclass(frozen=True)
class Excess:
    """A bound on E L(h) − L(f) by its three terms.

    ``features``: how well q features approximate f. ``distance``: what is left of the way to the
    weights that do, M²/(2ηT). ``noise``: what the steps add, of the order of η.
    """

    features: float
    distance: float
    noise: float

    @property
    def total(self) -> float:
        """Their sum."""
        return self.features + self.distance + self.noise


@dataclass(frozen=True)
class Sizes:
    """How many features and steps, and at which step size (of Algorithm 3), reach an accuracy."""

    q: int
    T: int
    eta: float


def convergence(M: float, power: float, L: float, eta: float, T: int) -> tuple[float, float]:
    """M²/(2ηT) and ηL²·power/2: the two terms of training, for E‖Ψ(x)‖² ≤ ``power``.

    ``power`` is C² in Theorem 9, E k(x,x) in its sharper form. Raises ``ValueError`` unless T is an
    integer of at least 1, η and ``power`` are above 0 and the others at least 0.
    """
    require.non_negative("M", M)
    require.non_negative("L", L)
    require.positive("power", power)
    require.positive("eta", eta)
    require.positive_int("T", T)
    return M**2 / (2 * eta * T), eta * L**2 * power / 2


def excess(
    d: int,
    q: int,
    T: int,
    eta: float,
    *,
    M: float,
    C: float,
    R: float = 1.0,
    L: float = 1.0,
    kappa: float | None = None,
) -> Excess:
    """LRCM/√(qd), M²/(2ηT) and ηL²κ/2: Theorem 9 of paper Y, for κ = C² where none is given.

    Raises ``ValueError`` for sizes below 1, η ≤ 0, C ≤ 0, κ outside (0, C²], R below 1 or above √d.
    """
    require.positive("C", C)
    power = C**2 if kappa is None else require.positive("kappa", kappa)
    if power > C**2:
        raise ValueError(f"kappa must be at most C**2 = {C**2!r}, got {kappa!r}")
    distance, noise = convergence(M, power, L, eta, T)
    return Excess(L * _features(d, q, M, C, R), distance, noise)


def smooth_excess(
    d: int,
    q: int,
    T: int,
    rho: float,
    *,
    M: float,
    C: float,
    R: float = 1.0,
    beta: float = 1.0,
    best: float = 0.0,
) -> Excess:
    """The same for a β-smooth loss at the step size η = ρ/(βC²), if L(f) ≤ ``best``.

    The terms are βR²C²M²/(2(1−ρ)qd), βC²M²/(2ρT) and ρL(f)/(1−ρ). Raises ``ValueError`` as
    :func:`excess` does, and for ρ outside (0, 1).
    """
    require.open_unit("rho", rho)
    require.positive("beta", beta)
    require.positive("C", C)
    distance, _ = convergence(M, C**2, 0.0, rho / (beta * C**2), T)
    features = beta / 2 * _features(d, q, M, C, R) ** 2 / (1 - rho)
    return Excess(features, distance, require.non_negative("best", best) * rho / (1 - rho))


def step_size(M: float, C: float, L: float, T: int) -> float:
    """η = M/(LC√T), at which M²/(2ηT) and ηL²C²/2 are equal and their sum, LCM/√T, is least."""
    factors = require.positive("M", M) / (require.positive("L", L) * require.positive("C", C))
    return factors / math.sqrt(require.positive_int("T", T))


def feature_step_size(eta: float, q: int) -> float:
    """η₃ = 2qη₂: Algorithm 3 at this step size is Algorithm 2 at the step size ``eta``."""
    return 2 * require.positive_int("q", q) * require.positive("eta", eta)


def sizes(
    accuracy: float,
    d: int,
    *,
    M: float,
    C: float,
    R: float = 1.0,
    L: float = 1.0,
    kappa: float | None = None,
) -> Sizes:
    """q = ⌈4L²C²R²M²/(dε²)⌉, T = ⌈4L²κM²/ε²⌉ and η = M/(L√(κT)), for κ = C² where none is given.

    With these E L(h) ≤ L(f) + ε, ε = ``accuracy``, whenever ‖f‖ ≤ M. Raises ``ValueError`` as
    :func:`excess` does, and for ε ≤ 0 or M = 0.
    """
    require.positive("accuracy", accuracy)
    require.positive("M", M)
    require.positive("L", L)
    excess(d, 1, 1, 1.0, M=M, C=C, R=R, L=L, kappa=kappa)  # the other arguments
    power = C**2 if kappa is None else kappa
    scale = 4 * L**2 * M**2 / accuracy**2
    T = math.ceil(scale * power)
    return Sizes(math.ceil(scale * C**2 * R**2 / d), T, step_size(M, math.sqrt(power), L, T))


def smooth_sizes(
    accuracy: float, d: int, *, M: float, C: float, R: float = 1.0, beta: float = 1.0
) -> Sizes:
    """q = ⌈2βR²C²M²/(dε)⌉, T = ⌈2βC²M²/ε⌉ and η = 1/(2βC²): E L(h) ≤ ε if L(f) = 0.

    For convex β-smooth losses and ε = ``accuracy``. Raises ``ValueError`` as :func:`smooth_excess`
    does, and for ε ≤ 0 or M = 0.
    """
    require.positive("accuracy", accuracy)
    require.positive("M", M)
    smooth_excess(d, 1, 1, 0.5, M=M, C=C, R=R, beta=beta)  # the other arguments
    scale = 2 * beta * C**2 * M**2 / accuracy
    return Sizes(math.ceil(scale * R**2 / d), math.ceil(scale), 1 / (2 * beta * C**2))


def oscillation(k: int, T: int, eta: float, L: float, C: float) -> float:
    """E L(h) in the example where the terms of training are attained, M = (k + ½)ηLC.

    One input, the loss L|ŷ − y|, weights that walk to M in steps of ηLC and then to and fro about
    it; the value is M²/(2ηT) + ηL²C²/2 − ηL²C²/(8T). Raises ``ValueError`` unless 0 ≤ k < T.
    """
    require.positive_int("T", T)
    if isinstance(k, bool) or not isinstance(k, int) or not 0 <= k < T:
        raise ValueError(f"k must be an integer with 0 <= k < T = {T}, got {k!r}")
    step = require.positive("eta", eta) * (require.positive("L", L) * require.positive("C", C)) ** 2
    return step * ((k + 1) ** 2 + T - k - 1) / (2 * T)


def scalar_floor(d: int, q: int) -> float:
    """√(2/π)(1 − q/d): what q ≤ d features sign⟨ω,x⟩e₁ leave of the loss E|h(x) − √d⟨u,x⟩|.

    Raises ``ValueError`` for sizes below 1 or q > d.
    """
    require.positive_int("d", d)
    require.at_most("q", require.positive_int("q", q), "d", d, "more features may span all inputs")
    return math.sqrt(2 / math.pi) * (1 - q / d)


def output_scale(
    accuracy: float, T: int, *, M: float, L: float, C: float, kinks: int = 1, batch: int = 1
) -> float:
    """B = √(2/π)·r·LCM²T(b(T−1)/2 + 1)/ε₀, at which Algorithm 1 is within ε₀ of Algorithm 2.

    For a piecewise linear σ with r = ``kinks`` kinks and sup|σ'| = C, batches of b = ``batch``
    examples, Algorithm 2 at the step size M/(2qLC√T), ε₀ = ``accuracy``. With Theorem 8 of paper Y:
    unless a neuron crosses a kink both predict the same, and if one does, they differ by at most
    2CM√T. Raises ``ValueError`` for counts below 1 and numbers not above 0.
    """
    require.positive("accuracy", accuracy)
    steps = require.positive_int("T", T) * (require.positive_int("batch", batch) * (T - 1) / 2 + 1)
    size = require.positive("L", L) * require.positive("C", C) * require.positive("M", M) ** 2
    return math.sqrt(2 / math.pi) * require.positive_int("kinks", kinks) * size * steps / accuracy


def curved_output_scale(
    accuracy: float, q: int, T: int, *, M: float, L: float, bend: float
) -> float:
    """B = s₂LM²(T + 3√T)/(12qε₀), at which Algorithm 1 loses ε₀ more than Algorithm 2's bound.

    For a σ whose derivative is s₂-Lipschitz, s₂ = ``bend``, any convex L-Lipschitz loss,
    Algorithm 2 at the step size M/(2qLC√T), ε₀ = ``accuracy``: B.lazy.regret of the chapter on the
    lazy limit, for weights of the norm M/√(2q). Raises ``ValueError`` for counts below 1 and
    numbers not above 0.
    """
    require.positive("accuracy", accuracy)
    steps = require.positive_int("T", T) + 3 * math.sqrt(T)
    size = require.positive("bend", bend) * require.positive("L", L) * require.positive("M", M) ** 2
    return size * steps / (12 * require.positive_int("q", q) * accuracy)


def _features(d: int, q: int, M: float, C: float, R: float) -> float:
    """RCM/√(qd), for an R that inputs in that dimension can have."""
    if not 1 <= require.number("R", R) <= math.sqrt(require.positive_int("d", d)) * (1 + 1e-12):
        raise ValueError(f"R must lie between 1 and √d = {math.sqrt(d):.6g}, got {R!r}")
    return rate(R, C, M, q, d)
