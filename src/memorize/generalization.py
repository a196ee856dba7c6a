"""Generalisation by the price of the labels: the complexity measure, random labels, leave-one-out.

H is the Gram matrix of the hidden weights' expected ReLU kernel on unit vectors, the H^∞ of paper F
(section 5); its diagonal is 1/2. The price of labels y on m points is yᵀH⁻¹y, and the measure (10)
is √(2 yᵀH⁻¹y/m). The errors of the interpolants of the first 1, 2, …, m examples are in
``memorize.learnable.online_errors``.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor

from memorize import require
from memorize.activations import RELU
from memorize.kernels import hidden_kernel

__all__ = [
    "Certificate",
    "Degeneracy",
    "complexity",
    "degeneracy",
    "enough_neurons",
    "expected_square_error",
    "grid_level",
    "kept_pair",
    "labelled_gram",
    "leave_one_out",
    "mistakes_bound",
    "mixed_square",
    "network_certificate",
    "online_certificate",
    "ramp",
    "trained_certificate",
]

SPREAD, FLIPS = 64, 1073
"""F.T5.1, item 2: q ≥ SPREAD (m/λ)³ ln(8m/δ) and q ≥ FLIPS (m/λ)⁶/τ² neurons are enough."""

ROWS = 512
"""Rows that are compared with all others at a time."""

Pairs = tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class Degeneracy:
    """What makes the Gram matrix of points on the sphere singular (F.R5.1).

    ``duplicates`` and ``opposites`` are pairs of rows (i, j), i < j, with x_j = x_i and x_j = −x_i;
    of equal rows only the first occurs in ``opposites``, and each later one once in ``duplicates``.
    ``rank`` is the rank of the rows i of ``opposites``.
    """

    duplicates: Pairs
    opposites: Pairs
    rank: int

    @property
    def nullity(self) -> int:
        """m − rank H: the duplicates, and the pairs beyond the rank of their representatives."""
        return len(self.duplicates) + len(self.opposites) - self.rank


def degeneracy(x: Float[Tensor, "m d"]) -> Degeneracy:
    """The duplicates and antipodal pairs among the rows, and what they do to H.

    Rows count as equal, or opposite, within 16 d rounding units. Raises ``ValueError`` for a row
    off the unit sphere, which it names.
    """
    require.on_sphere("x", x)
    near = 16 * x.shape[1] * torch.finfo(x.dtype).eps
    first = list(range(len(x)))  # the first row equal to this one
    duplicates, opposites = [], []
    for i, j, sign in _parallel(x, near):
        if first[i] != i or first[j] != j:
            continue
        if sign > 0:
            first[j] = i
            duplicates.append((i, j))
        else:
            opposites.append((i, j))
    opposites = [(i, j) for i, j in opposites if first[i] == i and first[j] == j]
    rank = 0
    if opposites:
        rank = int(torch.linalg.matrix_rank(x[[i for i, _ in opposites]]))
    return Degeneracy(tuple(sorted(duplicates)), tuple(sorted(opposites)), rank)


def labelled_gram(x: Float[Tensor, "m d"], y: Float[Tensor, "m ..."]) -> Float[Tensor, "m m"]:
    """H of examples whose labels can be interpolated: H is invertible (F.R5.1).

    Raises ``ValueError``, naming rows, for inputs that are not normalised, equal inputs (with equal
    or with different labels), and antipodal pairs whose representatives are linearly dependent.
    """
    require.finite("y", y)
    if y.ndim not in (1, 2) or y.shape[0] != x.shape[0]:
        raise ValueError(f"y must have {x.shape[0]} rows, one an example, got {tuple(y.shape)}")
    found = degeneracy(x)
    for i, j in found.duplicates:
        if bool((y[i] != y[j]).any()):
            raise ValueError(
                f"x must not have equal rows with different labels, but rows {i} and {j} are "
                f"equal, with the labels {_told(y[i])} and {_told(y[j])}"
            )
    if found.duplicates:
        raise ValueError(
            f"x must not have equal rows, or H is singular, but {_rows(found.duplicates)} are equal"
        )
    if found.nullity:
        raise ValueError(
            "representatives of antipodal pairs of rows of x must be linearly independent, or H is "
            f"singular, but those of the {len(found.opposites)} pairs {_rows(found.opposites)} "
            f"have rank {found.rank}"
        )
    return hidden_kernel(RELU).gram(x)


def complexity(H: Float[Tensor, "m m"], y: Float[Tensor, "m ..."]) -> Float[Tensor, " ..."]:
    """√(2 yᵀH⁻¹y/m), the complexity measure of the data (paper F, equation (10); F.E10).

    ``y`` may hold several label vectors as columns. Raises ``ValueError`` if H is not positive
    definite to working precision.
    """
    columns, factor = _labels(H, y), _factor(H)
    white = torch.linalg.solve_triangular(factor, columns, upper=False)
    found: Tensor = (2 * white.square().sum(0) / H.shape[0]).sqrt()
    return found.reshape(y.shape[1:])


def kept_pair(m: int, k: int) -> Fraction:
    """The chance that two given examples of m are both outside a random subset of k of them.

    (m−k)(m−k−1)/(m(m−1)); where each is replaced with probability p on its own it is (1−p)².
    Raises ``ValueError`` unless m ≥ 2 and 0 ≤ k ≤ m.
    """
    if require.positive_int("m", m) < 2:
        raise ValueError(f"m must be at least 2, got {m}")
    if isinstance(k, bool) or not isinstance(k, int) or not 0 <= k <= m:
        raise ValueError(f"k must be a whole number from 0 to m = {m}, got {k!r}")
    return Fraction((m - k) * (m - k - 1), m * (m - 1))


def mixed_square(H: Float[Tensor, "m m"], y: Float[Tensor, " m"], kept: float | Fraction) -> float:
    """E of the square of (10) where labels y_j = ±1 are replaced by random signs (B.E10.random).

    (2/m)(kept · yᵀH⁻¹y + (1 − kept) tr H⁻¹), where ``kept`` is the chance that two given labels
    both stay: :func:`kept_pair`, or (1−p)². With ``kept = 0`` all labels are random. Raises
    ``ValueError`` for labels other than ±1 and a chance outside [0, 1].
    """
    require.signs("y", require.shape("y", y, "m", m=len(H)))
    share = _chance("kept", kept)
    trace = float(torch.cholesky_inverse(_factor(H)).diagonal().sum())
    price = float(complexity(H, y)) ** 2 * len(H) / 2
    return 2 / len(H) * (share * price + (1 - share) * trace)


def expected_square_error(
    weights: Float[Tensor, "n m"],
    y: Float[Tensor, " m"],
    target: Float[Tensor, " n"],
    *,
    kept: float | Fraction,
    stays: float | Fraction,
) -> Float[Tensor, " n"]:
    """E(Σ_j g_j Y_j − Z)² for each row g of ``weights``, all labels ±1 and some of them random.

    Y are the labels ``y`` of the examples, two of which both stay with the chance ``kept``; Z is
    the test label, which stays ``target`` with the chance ``stays``, is a random sign otherwise,
    and is independent of Y; each Y_j stays with that chance too. The mean is
    kept (gᵀy)² + (1 − kept)‖g‖² − 2 stays² z gᵀy + 1. Raises as :func:`mixed_square`.
    """
    n, m = require.shape("weights", weights, "n m").shape
    require.signs("y", require.shape("y", y, "m", m=m))
    require.signs("target", require.shape("target", target, "n", n=n))
    both, one = _chance("kept", kept), _chance("stays", stays)
    value = weights @ y
    noise = (1 - both) * weights.square().sum(1)
    return both * value.square() + noise - 2 * one**2 * target * value + 1


def leave_one_out(H: Float[Tensor, "m m"], y: Float[Tensor, "m ..."]) -> Float[Tensor, "m ..."]:
    """y_j − f(x_j) for f the interpolant of least norm of all examples but j (B.loo).

    (H⁻¹y)_j/(H⁻¹)_jj, from one Cholesky factor. Raises as :func:`complexity`.
    """
    columns, factor = _labels(H, y), _factor(H)
    inverse = torch.cholesky_inverse(factor)
    return (torch.cholesky_solve(columns, factor) / inverse.diagonal()[:, None]).reshape(y.shape)


def ramp(prediction: Float[Tensor, "*n"], y: Float[Tensor, "*n"]) -> Float[Tensor, "*n"]:
    """The ramp loss: 1 − uy, cut off to [0, 1] (paper F, appendix D.4; F.C5.2)."""
    return (1 - prediction * y).clamp(0, 1)


def grid_level(i: int, m: int, delta: float) -> float:
    """√(2 ln(i(i+1)/δ)/m): what F.TB.1 adds for class i at the failure δ/(i(i+1)) (B.grid).

    The failures of all i ≥ 1 add up to δ. Raises ``ValueError`` unless i, m ≥ 1 and 0 < δ < 1.
    """
    index, count = require.positive_int("i", i), require.positive_int("m", m)
    chance = require.open_unit("delta", delta)
    return math.sqrt(2 * math.log(index * (index + 1) / chance) / count)


class Certificate(NamedTuple):
    """A bound on an expected loss with values in [0, 1]: what the labels cost, and the rest."""

    measure: float
    remainder: float

    @property
    def total(self) -> float:
        """The bound; at 1 and above it says nothing."""
        return self.measure + self.remainder


def network_certificate(
    price: float,
    m: int,
    delta: float,
    *,
    training: float = 0.0,
    slack: float = 0.0,
    wide: float = 0.0,
    kinks: float = 0.0,
) -> Certificate:
    """F.T5.1: the expected loss of a trained network, with the measure (10) and its remainder.

    The network has the mean loss ``training`` on the examples, has moved by at most
    √price + ``slack`` in Frobenius norm, and the classes of networks that have moved by i have a
    Rademacher complexity of at most i(1 + ``wide``)/√(2m) + ``kinks``; ``delta`` is the failure of
    the sampling alone. All four vanish with growing width. Raises ``ValueError`` for negative ones.
    """
    root, count = math.sqrt(require.non_negative("price", price)), require.positive_int("m", m)
    left = require.non_negative("training", training)
    extra, over = require.non_negative("slack", slack), require.non_negative("wide", wide)
    index = max(1, math.ceil(root + extra))
    complexity_of_class = index * (1 + over) / math.sqrt(2 * count)
    total = (
        left
        + 2 * (complexity_of_class + require.non_negative("kinks", kinks))
        + grid_level(index, count, delta)
    )
    measure = root * math.sqrt(2 / count)
    return Certificate(measure, total - measure)


def trained_certificate(price: float, m: int, delta: float) -> Certificate:
    """F.T5.1, item 2: the measure and (3 + 3√2)/√m + √(2 ln(4(√Q+2)(√Q+3)/δ)/m), Q the price.

    For networks of the width of :func:`enough_neurons`; ``delta`` is the failure of everything.
    Raises ``ValueError`` for a negative price, m < 1, and δ outside (0, 1).
    """
    root, count = math.sqrt(require.non_negative("price", price)), require.positive_int("m", m)
    grid = math.log(4 * (root + 2) * (root + 3) / require.open_unit("delta", delta))
    remainder = (3 + 3 * math.sqrt(2)) / math.sqrt(count) + math.sqrt(2 * grid / count)
    return Certificate(root * math.sqrt(2 / count), remainder)


def enough_neurons(m: int, least: float, delta: float, tau: float) -> int:
    """64 (m/λ)³ ln(8m/δ) or 1073 (m/λ)⁶/τ², whichever is more, rounded up to an even number.

    Enough for F.T5.1, item 2, whose start is paired.

    ``least`` is a level λ that the least eigenvalue of H reaches with probability 1 − δ/4, and
    ``tau`` the scale of the paired start. Raises ``ValueError`` unless 0 < λ ≤ 1/2, 0 < δ < 1 and
    τ > 0.
    """
    if require.positive("least", least) > 1 / 2:
        raise ValueError(f"least must be at most 1/2, the mean of the eigenvalues, got {least!r}")
    ratio, chance = require.positive_int("m", m) / least, require.open_unit("delta", delta)
    kernel = SPREAD * ratio**3 * math.log(8 * m / chance)
    flips = FLIPS * ratio**6 / require.positive("tau", tau) ** 2
    return 2 * math.ceil(max(kernel, flips) / 2)


def online_certificate(price: float, m: int, delta: float) -> Certificate:
    """½ √(2 price/m) and √(ln(1/δ)/2m): the mean loss of the first m interpolants.

    For losses with values in [0, 1] that are 1-Lipschitz and 0 at the label
    (B.online.generalization, item 3). Raises ``ValueError`` for a negative price, m < 1, and δ
    outside (0, 1).
    """
    cost, count = require.non_negative("price", price), require.positive_int("m", m)
    rest = math.sqrt(math.log(1 / require.open_unit("delta", delta)) / (2 * count))
    return Certificate(math.sqrt(2 * cost / count) / 2, rest)


def mistakes_bound(mistakes: int, m: int, delta: float) -> float:
    """e/(e−1) (mistakes + ln(1/δ))/m, for the mean probability of error of the m interpolants.

    ``mistakes`` counts the j with y_{j+1} f_j(x_{j+1}) ≤ 0; it is at most half the price
    (B.online.generalization, item 4). Raises ``ValueError`` unless 0 ≤ mistakes ≤ m, 0 < δ < 1.
    """
    count = require.positive_int("m", m)
    if isinstance(mistakes, bool) or not isinstance(mistakes, int) or not 0 <= mistakes <= count:
        raise ValueError(f"mistakes must be a whole number from 0 to {count}, got {mistakes!r}")
    rest = math.log(1 / require.open_unit("delta", delta))
    return math.e / (math.e - 1) * (mistakes + rest) / count


def _parallel(x: Tensor, near: float) -> list[tuple[int, int, int]]:
    """All (i, j, sign), i < j, with ‖x_j − sign x_i‖ ≤ near, by i and then j."""
    found = []
    for start in range(0, len(x), ROWS):
        block = x[start : start + ROWS]
        rows, columns = ((block @ x.T).abs() > 1 - 1e-3).nonzero(as_tuple=True)
        later = columns > rows + start
        rows, columns = rows[later], columns[later]
        for sign in (1, -1):
            apart = torch.linalg.vector_norm(x[columns] - sign * block[rows], dim=1)
            hit = apart <= near
            pairs = zip((rows[hit] + start).tolist(), columns[hit].tolist(), strict=True)
            found += [(i, j, sign) for i, j in pairs]
    return sorted(found)


def _factor(H: Tensor) -> Tensor:
    require.finite("H", require.shape("H", H, "m m"))
    factor, info = torch.linalg.cholesky_ex(H)
    lost = len(H) * torch.finfo(H.dtype).eps * float(H.diagonal().amax())
    small = (factor.diagonal().square() <= lost).nonzero()
    row = int(info) - 1 if int(info) else int(small[0]) if len(small) else None
    if row is not None:
        raise ValueError(
            f"H must be positive definite, but row {row} is a combination of those before it to "
            "working precision; degeneracy(x) names equal and antipodal inputs"
        )
    checked: Tensor = factor
    return checked


def _labels(H: Tensor, y: Tensor) -> Tensor:
    m = require.shape("H", H, "m m").shape[0]
    if y.ndim not in (1, 2) or y.shape[0] != m:
        raise ValueError(f"y must have {m} rows, one an example, got {tuple(y.shape)}")
    return require.finite("y", y if y.ndim == 2 else y[:, None])


def _chance(name: str, value: float | Fraction) -> float:
    chance = require.number(name, value)
    if not 0 <= chance <= 1:
        raise ValueError(f"{name} must lie in [0, 1], got {value!r}")
    return chance


def _rows(pairs: Sequence[tuple[int, int]], most: int = 4) -> str:
    named = ", ".join(f"({i}, {j})" for i, j in pairs[:most])
    return f"rows {named}" + (f" and {len(pairs) - most} more" if len(pairs) > most else "")


def _told(label: Tensor) -> str:
    return str(label.tolist())
