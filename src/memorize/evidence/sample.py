"""Claims against Monte Carlo: exact or non-asymptotic tests, streaming over the draws.

A sample can refute a claim or be consistent with it, never prove it. Each claim is tested with
probability at most ``alpha`` of a false alarm; if it is false at its stated ``power_law`` (as a
control is), the probability that the test misses that is computed and must be at most ``miss``.

Sources: Clopper and Pearson, Biometrika 26 (1934); Massart, Ann. Probab. 18 (1990), for the
constant 2 of the Dvoretzky–Kiefer–Wolfowitz inequality; Maurer and Pontil, COLT 2009, Theorems 4
and 10; Hoeffding, J. Amer. Statist. Assoc. 58 (1963); Bernstein's inequality as in Boucheron,
Lugosi and Massart, Concentration Inequalities (2013), Corollary 2.11.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import sympy as sp
import torch
from jaxtyping import Float
from numpy.typing import NDArray
from scipy import stats
from torch import Tensor

from memorize import require, runtime
from memorize.evidence import balls
from memorize.kernel.evidence import Claim, Finding, Outcome

__all__ = [
    "ALPHA",
    "Law",
    "LawSample",
    "MeanSample",
    "TailSample",
    "bernstein_radius",
    "clopper_pearson",
    "dkw_radius",
    "fitted_slope",
]

ALPHA = 5e-10
"""False alarm of one claim, and the miss of its control, if nothing else is said."""
GRID = 255
"""Thresholds of a :class:`LawSample` that names none."""
ROUNDING = 1e-9
"""A claim that is off its power law by no more counts as true there: both are floats."""
MOST_DRAWS = 2**40
"""No answer to "how many draws would be enough" above this."""
Draw = Callable[[torch.Generator, int], Tensor]


@dataclass(frozen=True)
class Law:
    """A named law, as far as a test needs it.

    ``frozen`` is a frozen scipy.stats law. Pieces override it: ``tail(t)`` = P(X ≥ t) or a lower
    bound on it, ``cdf(t)`` = P(X ≤ t) for an array of t, ``mean``, ``variance`` (or an upper bound
    on it), ``total(n)`` the frozen law of the sum of n independent draws.
    """

    name: str
    frozen: Any = None
    tail: Callable[[float], float] | None = None
    cdf: Callable[[NDArray[np.float64]], Any] | None = None
    mean: Any = None
    variance: Any = None
    total: Callable[[int], Any] | None = None

    def tail_at(self, t: float) -> float:
        """P(X ≥ t), or a lower bound on it."""
        if self.tail is not None:
            value = float(self.tail(t))
        else:
            frozen = self._frozen("tail")
            discrete = hasattr(frozen.dist, "pmf") and hasattr(frozen, "pmf")
            value = float(frozen.sf(t)) + (float(frozen.pmf(t)) if discrete else 0.0)
        return _probability(f"tail of {self.name} at {t}", value)

    def cdf_at(self, t: NDArray[np.float64]) -> NDArray[np.float64]:
        """P(X ≤ t) at each t."""
        values = self.cdf(t) if self.cdf is not None else self._frozen("cdf").cdf(t)
        return _probabilities(f"cdf of {self.name}", values, t)

    def moments(self) -> tuple[float, float]:
        """Mean and variance."""
        mean = self._frozen("mean").mean() if self.mean is None else self.mean
        variance = self._frozen("variance").var() if self.variance is None else self.variance
        return require.number("power_law.mean", float(mean)), require.non_negative(
            "power_law.variance", float(variance)
        )

    def total_of(self, n: int) -> Any:
        """The law of the sum of n draws."""
        if self.total is None:
            raise ValueError(f"power_law {self.name!r} must state total, the law of the sum")
        return self.total(n)

    def _frozen(self, what: str) -> Any:
        if self.frozen is None:
            raise ValueError(f"power_law {self.name!r} must state {what}, or a frozen scipy law")
        return self.frozen


@dataclass(frozen=True, kw_only=True)
class _Sample(Claim):
    """What all sampled claims share.

    ``draw(generator, n)`` returns a real tensor of shape (n,): n independent draws, on the device
    ``device`` of the generator, which is derived from the name ``stream`` (default: the text).
    ``draws`` are drawn in pieces of at most ``chunk``.
    """

    kind: ClassVar[str] = "sample"
    draw: Draw
    draws: int
    power_law: Law
    stream: str | None = None
    alpha: float = ALPHA
    miss: float = ALPHA
    chunk: int = 65_536
    device: torch.device | str = "cpu"

    def __post_init__(self) -> None:
        if not callable(self.draw):
            raise ValueError(f"draw must be callable as draw(generator, n), got {self.draw!r}")
        require.positive_int("draws", self.draws)
        require.positive_int("chunk", self.chunk)
        require.open_unit("alpha", self.alpha)
        require.open_unit("miss", self.miss)
        if not isinstance(self.power_law, Law):
            raise ValueError(f"power_law must be a Law, got {self.power_law!r}")

    def _pieces(self) -> Any:
        """The draws, piece by piece, each checked."""
        generator = runtime.generator(f"sample/{self.stream or self.text}", device=self.device)
        for n in runtime.chunks(self.draws, self.chunk):
            piece = require.shape("draw", self.draw(generator, n), "n", n=n)
            if piece.is_complex():
                raise ValueError("draw must return real numbers")
            yield require.finite("draw", piece if piece.is_floating_point() else piece.double())

    def _finding(
        self,
        refuted: bool,
        miss: float | None,
        strict: Mapping[str, Any],
        numbers: Mapping[str, Any],
    ) -> Finding:
        """``miss`` None: the claim is true at its power law, so there is nothing to miss."""
        shown = {
            **strict,
            "confidence": f"1 − {self.alpha:g}",
            "power computed for": self.power_law.name,
        }
        if miss is not None:
            shown["miss at most"] = f"{self.miss:g}"
        return Finding(
            Outcome.REFUTED if refuted else Outcome.CONSISTENT,
            shown,
            {"draws": self.draws, **numbers},
            false_alarm=self.alpha,
            miss=1.0 if miss is None else miss,
        )

    def _demand_power(self, miss_of: Callable[[int], float]) -> float:
        """The miss with these draws; ``ValueError`` naming enough draws if it is too big."""
        missed = miss_of(self.draws)
        if missed <= self.miss:
            return missed
        enough = self.draws
        while miss_of(enough) > self.miss:
            enough *= 2
            if enough > MOST_DRAWS:
                raise ValueError(
                    f"draws = {self.draws} cannot refute this claim at {self.power_law.name}, and "
                    "no feasible number of draws can: the claim is too close to true"
                )
        low = enough // 2
        while enough - low > max(1, enough // 100):
            middle = (low + enough) // 2
            low, enough = (low, middle) if miss_of(middle) <= self.miss else (middle, enough)
        raise ValueError(
            f"draws = {self.draws} would miss a falsehood at {self.power_law.name} with "
            f"probability {missed:.2g} > {self.miss:g}; it needs about {enough} draws"
        )

    def _value(self, name: str, value: Any, **extra: float) -> float:
        """A number that may be a SymPy expression or a callable of the constants."""
        if callable(value) and not isinstance(value, sp.Basic):
            got = value(*extra.values(), **self.constants)
        elif isinstance(value, sp.Expr):
            constants = {**self.constants}
            expr = balls.bind(name, value, constants)
            got = expr.xreplace(
                {s: sp.Float(extra[s.name], 30) for s in expr.free_symbols if s.name in extra}
            )
            unknown = sorted(str(s) for s in got.free_symbols)
            if unknown:
                raise ValueError(f"{name} holds unknown symbols {unknown}: name them in constants")
            got = got.evalf(30)
        else:
            got = value
        return require.number(name, float(got))


@dataclass(frozen=True, kw_only=True)
class TailSample(_Sample):
    """P(X ≥ t) ≤ ``bound``(t) at every t of ``thresholds``.

    ``bound`` is a callable ``(t, **constants)`` or a SymPy expression in ``Symbol("t")`` and the
    constants. Each threshold has an exact binomial test (a Clopper–Pearson lower end above the
    bound refutes) with ``alpha / len(thresholds)``. Raises ``ValueError`` for a claim that no data
    could refute: one whose bounds are so near 1 that even ``draws`` exceedances are likely enough.
    """

    thresholds: Sequence[float]
    bound: Any

    def __post_init__(self) -> None:
        super().__post_init__()
        share = self.alpha / len(_thresholds(self.thresholds))
        if all(_critical(self.draws, p, share) > self.draws for p in self._bounds()):
            raise ValueError(
                f"no data could refute this claim: with draws = {self.draws} the bound is too near "
                "1 at every one of the thresholds; take larger thresholds or more draws"
            )

    def decide(self) -> Finding:
        thresholds, bounds = _thresholds(self.thresholds), self._bounds()
        share = self.alpha / len(thresholds)
        truth = np.array([self.power_law.tail_at(t) for t in thresholds])
        false = np.flatnonzero(truth > bounds * (1 + ROUNDING))

        def miss_of(draws: int) -> float:
            return min(
                float(stats.binom.cdf(_critical(draws, bounds[i], share) - 1, draws, truth[i]))
                for i in false
            )

        miss = self._demand_power(miss_of) if false.size else None
        counts = np.zeros(len(thresholds), dtype=np.int64)
        for piece in self._pieces():
            counts += _at_least(piece, thresholds)
        lower = np.array(
            [clopper_pearson(int(k), self.draws, 1 - 2 * share, tail=share)[0] for k in counts]
        )
        refuted = stats.binom.sf(counts - 1, self.draws, np.minimum(bounds, 1.0)) <= share
        factor = float(
            np.max(
                np.where(
                    bounds > 0,
                    lower / np.where(bounds > 0, bounds, 1.0),
                    np.where(lower > 0, np.inf, 0.0),
                )
            )
        )
        numbers = {
            "thresholds": thresholds.tolist(),
            "counts": counts.tolist(),
            "lower ends": lower.tolist(),
            "bounds": bounds.tolist(),
            "refutable factor": factor,
            "refuted at": thresholds[refuted].tolist(),
        }
        strict = {"test": "Clopper–Pearson", "thresholds": len(thresholds)}
        return self._finding(bool(refuted.any()), miss, strict, numbers)

    def _bounds(self) -> NDArray[np.float64]:
        values = [
            self._value("bound", self.bound, t=float(t)) for t in _thresholds(self.thresholds)
        ]
        if min(values) < 0:
            raise ValueError(f"bound must be at least 0 at every threshold, got {min(values)}")
        return np.array(values)


@dataclass(frozen=True, kw_only=True)
class LawSample(_Sample):
    """X has the distribution function ``cdf``, compared at ``thresholds``.

    ``cdf`` is a callable ``(t, **constants)`` that gives P(X ≤ t) for an array of t. ``method`` is
    ``"dkw"`` (two-sided Dvoretzky–Kiefer–Wolfowitz) or ``"binomial"`` (an exact two-sided test at
    each threshold, Bonferroni). Without ``thresholds``, 255 points at equal steps of the cdf are
    found by bisection; a discrete law needs them stated, off its atoms.
    """

    cdf: Callable[..., Any]
    thresholds: Sequence[float] | None = None
    method: str = "dkw"

    def __post_init__(self) -> None:
        super().__post_init__()
        if not callable(self.cdf):
            raise ValueError(f"cdf must be callable as cdf(t, **constants), got {self.cdf!r}")
        if self.method not in ("dkw", "binomial"):
            raise ValueError(f"method must be 'dkw' or 'binomial', got {self.method!r}")
        if self.thresholds is not None:
            _thresholds(self.thresholds)

    def decide(self) -> Finding:
        named = self.thresholds
        thresholds = self._quantiles() if named is None else _thresholds(named)
        claimed = self._cdf(thresholds)
        truth = self.power_law.cdf_at(thresholds)
        false = np.flatnonzero(np.abs(truth - claimed) > ROUNDING)
        tried = false[np.argsort(-np.abs(truth - claimed)[false])][:8]

        def miss_of(draws: int) -> float:
            return min(self._accepts(draws, claimed[i], truth[i], len(thresholds)) for i in tried)

        miss = self._demand_power(miss_of) if false.size else None
        counts = np.zeros(len(thresholds), dtype=np.int64)
        for piece in self._pieces():
            counts += _at_most(piece, thresholds)
        ends = np.array([self._acceptance(self.draws, p, len(thresholds)) for p in claimed])
        refuted = (counts < ends[:, 0]) | (counts > ends[:, 1])
        gaps = np.abs(counts / self.draws - claimed)
        numbers = {
            "largest gap": float(gaps.max()),
            "at": float(thresholds[gaps.argmax()]),
            "radius": dkw_radius(self.draws, self.alpha),
            "thresholds refuted": int(refuted.sum()),
        }
        test = {
            "dkw": "Dvoretzky–Kiefer–Wolfowitz, two-sided",
            "binomial": "exact binomial, two-sided",
        }
        strict = {"test": test[self.method], "thresholds": len(thresholds)}
        return self._finding(bool(refuted.any()), miss, strict, numbers)

    def _cdf(self, t: NDArray[np.float64]) -> NDArray[np.float64]:
        return _probabilities("cdf", self.cdf(t, **self.constants), t)

    def _acceptance(self, draws: int, p: float, cells: int) -> tuple[int, int]:
        """The counts that do not refute, at a threshold where the claimed cdf is ``p``."""
        if self.method == "dkw":
            radius = dkw_radius(draws, self.alpha)
            return math.ceil(draws * (p - radius)), math.floor(draws * (p + radius))
        share = self.alpha / (2 * cells)
        high = _critical(draws, p, share) - 1
        low = draws - (_critical(draws, 1 - p, share) - 1)
        return low, high

    def _accepts(self, draws: int, p: float, truth: float, cells: int) -> float:
        low, high = self._acceptance(draws, p, cells)
        law = stats.binom(draws, truth)
        return float(max(0.0, law.cdf(high) - law.cdf(low - 1)))

    def _quantiles(self) -> NDArray[np.float64]:
        """Points at equal steps of the claimed cdf, by bisection."""
        steps = np.arange(1, GRID + 1) / (GRID + 1)
        reach = 1.0
        while reach < 1e300:
            ends = self._cdf(np.array([-reach, reach]))
            if ends[0] <= steps[0] and ends[1] >= steps[-1]:
                break
            reach *= 2
        low, high = np.full(GRID, -reach), np.full(GRID, reach)
        for _ in range(80):
            middle = (low + high) / 2
            below = self._cdf(middle) < steps
            low, high = np.where(below, middle, low), np.where(below, high, middle)
        return np.unique(high)


@dataclass(frozen=True, kw_only=True)
class MeanSample(_Sample):
    """E X = ``mean`` (``relation`` "≤" or "≥": E X is at most, at least ``mean``).

    ``mean`` is a number, a SymPy expression in the constants, or a callable ``(**constants)``.
    Exactly one of two tests: with ``bounds = (lo, hi)``, in which all draws lie, an empirical
    Bernstein bound or Hoeffding's, whichever is narrower; with ``total``, a callable
    ``(n, **constants)`` that gives the frozen scipy law of the sum of n draws under the claim (on
    the integers if it is discrete), an exact two-sided test of the sum.
    """

    mean: Any
    relation: str = "="
    bounds: tuple[float, float] | None = None
    total: Callable[..., Any] | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.relation not in ("=", "≤", "≥"):
            raise ValueError(f"relation must be '=', '≤' or '≥', got {self.relation!r}")
        if (self.bounds is None) == (self.total is None):
            raise ValueError("exactly one of bounds and total must be given")
        if self.bounds is not None:
            lo, hi = (require.number("bounds", b) for b in self.bounds)
            if not lo < hi:
                raise ValueError(f"bounds must have lo < hi, got ({lo}, {hi})")
        elif self.relation != "=":
            raise ValueError("relation must be '=' where total is given")
        self._value("mean", self.mean)

    def decide(self) -> Finding:
        return self._by_total() if self.total is not None else self._by_bounds()

    def _by_total(self) -> Finding:
        assert self.total is not None
        total = self.total
        claimed = self._value("mean", self.mean)
        of_draws = total(self.draws, **self.constants)
        implied = float(of_draws.mean()) / self.draws
        if abs(implied - claimed) > ROUNDING * max(1.0, abs(claimed)):
            raise ValueError(f"total has mean {implied} per draw, but mean is {claimed}")
        true_law = self.power_law.total_of(self.draws)
        probes = of_draws.ppf([0.001, 0.1, 0.5, 0.9, 0.999])
        false = float(np.abs(of_draws.cdf(probes) - true_law.cdf(probes)).max()) > ROUNDING

        def miss_of(draws: int) -> float:
            law, true = total(draws, **self.constants), self.power_law.total_of(draws)
            low, high = law.ppf(self.alpha / 2), law.isf(self.alpha / 2)
            step = 1 if hasattr(law.dist, "pmf") else 0
            return float(true.cdf(high) - true.cdf(low - step))

        miss = self._demand_power(miss_of) if false else None
        observed = math.fsum(float(piece.double().sum()) for piece in self._pieces())
        discrete = hasattr(of_draws.dist, "pmf")
        at_least = float(of_draws.sf(observed - 1 if discrete else observed))
        at_most = float(of_draws.cdf(observed))
        numbers = {
            "mean": observed / self.draws,
            "claimed": claimed,
            "p-value": min(1.0, 2 * min(at_least, at_most)),
        }
        refuted = min(at_least, at_most) < self.alpha / 2
        return self._finding(refuted, miss, {"test": "exact law of the sum, two-sided"}, numbers)

    def _by_bounds(self) -> Finding:
        assert self.bounds is not None
        lo, hi = (float(b) for b in self.bounds)
        claimed = self._value("mean", self.mean)
        true_mean, variance = self.power_law.moments()
        sides = 2 if self.relation == "=" else 1
        off = {"=": abs(true_mean - claimed), "≤": true_mean - claimed, "≥": claimed - true_mean}
        gap = off[self.relation]
        false = gap > ROUNDING * max(1.0, abs(claimed))

        def miss_of(draws: int) -> float:
            return _bernstein_miss(gap, variance, hi - lo, draws, self.alpha / sides)

        miss = self._demand_power(miss_of) if false else None
        count, mean, squares = 0, 0.0, 0.0
        for piece in self._pieces():
            values = piece.double()
            least, most = float(values.min()), float(values.max())
            if least < lo or most > hi:
                outside = least if least < lo else most
                raise ValueError(f"draw must lie in bounds = [{lo}, {hi}], got {outside}")
            n, m = values.numel(), float(values.mean())
            between = (m - mean) ** 2 * count * n / (count + n)
            squares += float((values - m).square().sum()) + between
            count += n
            mean += (m - mean) * n / count
        spread = squares / max(count - 1, 1)
        radius = _radius(spread, count, hi - lo, self.alpha / sides)
        beyond = {
            "=": abs(mean - claimed) > radius,
            "≤": mean - claimed > radius,
            "≥": claimed - mean > radius,
        }
        numbers = {
            "mean": mean,
            "claimed": claimed,
            "radius": radius,
            "variance": spread,
            "refutable": {"above": mean + radius, "below": mean - radius},
        }
        strict = {
            "test": "empirical Bernstein or Hoeffding",
            "bounds": [str(b) for b in self.bounds],
        }
        return self._finding(beyond[self.relation], miss, strict, numbers)


# ------------------------------------------------------------------------ displayed, never gating


def clopper_pearson(
    successes: int, draws: int, confidence: float, *, tail: float | None = None
) -> tuple[float, float]:
    """The Clopper–Pearson interval for a probability; ``tail`` overrides (1 − confidence)/2.

    Raises ``ValueError`` unless 0 ≤ successes ≤ draws and confidence lies in (0, 1).
    """
    require.positive_int("draws", draws)
    if not 0 <= successes <= draws:
        raise ValueError(f"successes must lie between 0 and draws = {draws}, got {successes}")
    beyond = (1 - require.open_unit("confidence", confidence)) / 2 if tail is None else tail
    lo = stats.beta.ppf(beyond, successes, draws - successes + 1) if successes else 0.0
    hi = stats.beta.isf(beyond, successes + 1, draws - successes) if successes < draws else 1.0
    return float(lo), float(hi)


def dkw_radius(draws: int, alpha: float) -> float:
    """The ε with 2 exp(−2 n ε²) = alpha: sup |Fₙ − F| ≤ ε with probability at least 1 − alpha."""
    require.positive_int("draws", draws)
    return math.sqrt(math.log(2 / require.open_unit("alpha", alpha)) / (2 * draws))


def bernstein_radius(variance: float, draws: int, width: float, alpha: float) -> float:
    """One-sided radius √(2 V ln(2/α)/n) + 7 w ln(2/α)/(3(n−1)) around a sample mean.

    ``variance`` is the sample variance (n − 1 in the denominator) of draws from an interval of
    length ``width``. Source: Maurer and Pontil (2009), Theorem 4, scaled from [0, 1].
    """
    if require.positive_int("draws", draws) < 2:
        raise ValueError(f"draws must be at least 2, got {draws}")
    require.non_negative("variance", variance)
    require.positive("width", width)
    log = math.log(2 / require.open_unit("alpha", alpha))
    return math.sqrt(2 * variance * log / draws) + 7 * width * log / (3 * (draws - 1))


def fitted_slope(
    x: Float[Tensor, " n"] | Sequence[float], y: Float[Tensor, " n"] | Sequence[float]
) -> tuple[float, float]:
    """Least-squares slope of y on x and its standard error: for display, never for a verdict.

    Raises ``ValueError`` unless both have the same length of at least 3 and x is not constant.
    """
    a, b = (np.asarray(v, dtype=np.float64) for v in (x, y))
    if a.ndim != 1 or a.shape != b.shape or len(a) < 3:
        raise ValueError(
            f"x and y must have one common length of at least 3, got {a.shape}, {b.shape}"
        )
    if not (np.isfinite(a).all() and np.isfinite(b).all()) or np.ptp(a) == 0:
        raise ValueError("x and y must be finite, and x must not be constant")
    fit = stats.linregress(a, b)
    return float(fit.slope), float(fit.stderr)


# ------------------------------------------------------------------------------------- small tools


def _thresholds(values: Sequence[float]) -> NDArray[np.float64]:
    array = np.array([float(v) for v in values], dtype=np.float64)
    if array.size == 0:
        raise ValueError("thresholds must not be empty")
    if not np.isfinite(array).all():
        raise ValueError(f"thresholds must be finite, got {array.tolist()}")
    return array


def _probability(name: str, value: float) -> float:
    if not -1e-12 <= value <= 1 + 1e-12:
        raise ValueError(f"{name} must be a probability, got {value}")
    return min(max(value, 0.0), 1.0)


def _probabilities(name: str, values: Any, t: NDArray[np.float64]) -> NDArray[np.float64]:
    array = np.asarray(values, dtype=np.float64)
    if array.shape != t.shape:
        raise ValueError(f"{name} must give one value for each t, got {array.shape} for {t.shape}")
    if not bool(((array >= -1e-12) & (array <= 1 + 1e-12)).all()):
        raise ValueError(f"{name} must give probabilities, got {array.tolist()}")
    return np.clip(array, 0.0, 1.0)


def _at_least(piece: Tensor, thresholds: NDArray[np.float64]) -> NDArray[np.int64]:
    """How many entries of ``piece`` are ≥ each threshold."""
    return piece.numel() - _below(piece, thresholds, right=False)


def _at_most(piece: Tensor, thresholds: NDArray[np.float64]) -> NDArray[np.int64]:
    """How many entries of ``piece`` are ≤ each threshold."""
    return _below(piece, thresholds, right=True)


def _below(piece: Tensor, thresholds: NDArray[np.float64], *, right: bool) -> NDArray[np.int64]:
    """Counts of entries below (``right``: or at) each threshold, compared in float64."""
    ordered = piece.double().sort().values
    marks = torch.as_tensor(thresholds, device=piece.device)
    counts: NDArray[np.int64] = torch.searchsorted(ordered, marks, right=right).cpu().numpy()
    return counts


def _critical(draws: int, p: float, share: float) -> int:
    """The least count k with P(Binomial(draws, p) ≥ k) ≤ share; draws + 1 if there is none."""
    if p >= 1:
        return draws + 1
    k = int(stats.binom.isf(share, draws, p)) + 1
    while k <= draws and stats.binom.sf(k - 1, draws, p) > share:
        k += 1
    while k > 0 and stats.binom.sf(k - 2, draws, p) <= share:
        k -= 1
    return k


def _radius(variance: float, draws: int, width: float, alpha: float) -> float:
    """The narrower of Hoeffding's and the empirical Bernstein radius, each with half of alpha."""
    hoeffding = width * math.sqrt(math.log(2 / alpha) / (2 * draws))
    if draws < 2:
        return hoeffding
    return min(hoeffding, bernstein_radius(variance, draws, width, alpha / 2))


def _bernstein_miss(gap: float, variance: float, width: float, draws: int, alpha: float) -> float:
    """A bound on the probability that the test of a mean misses a falsehood of size ``gap``.

    The radius is at most Hoeffding's; and, with probability 1 − δ, at most the empirical one at
    √V ≤ σ + w √(2 ln(1/δ)/(n−1)) (Maurer and Pontil, Theorem 10). The sample mean then has to be
    off by gap − radius, which Bernstein's inequality bounds. The best δ of a grid is taken.
    """
    if draws < 2:
        return 1.0

    def deviation(room: float) -> float:
        if room <= 0:
            return 1.0
        bernstein = draws * room**2 / (2 * (variance + width * room / 3))
        hoeffding = 2 * draws * room**2 / width**2
        return math.exp(-max(bernstein, hoeffding))

    hoeffding = width * math.sqrt(math.log(2 / alpha) / (2 * draws))
    best = deviation(gap - hoeffding)
    for exponent in range(1, 800):
        delta = math.exp(-exponent)
        root = math.sqrt(variance) + width * math.sqrt(2 * exponent / (draws - 1))
        best = min(
            best, delta + deviation(gap - bernstein_radius(root**2, draws, width, alpha / 2))
        )
        if delta < best / 1e3:
            break
    return min(best, 1.0)
