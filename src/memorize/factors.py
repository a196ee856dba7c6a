"""Eigenvalues and prices of a Gram matrix from one factorisation, without eigenvectors.

For a Gram matrix H of m points and labels y the price is yᵀH⁻¹y, and the complexity measure of
paper F, equation (10), is √(2 yᵀH⁻¹y/m).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float
from scipy import linalg
from scipy.linalg import lapack
from torch import Tensor

from memorize import require

__all__ = ["Tridiagonal"]


@dataclass(frozen=True)
class Tridiagonal:
    """H = QTQᵀ with T tridiagonal: ``diagonal`` (m) and ``beside`` (m−1), in float64.

    Q is kept as LAPACK's Householder vectors (``reflectors`` (m m), ``scales`` (m−1)). T has the
    eigenvalues of H, to rounding, and with Qᵀy the price of labels y: O(m²) each.
    """

    diagonal: Float[np.ndarray, " m"]
    beside: Float[np.ndarray, " m-1"]
    reflectors: Float[np.ndarray, "m m"]
    scales: Float[np.ndarray, " m-1"]

    @classmethod
    def of(cls, H: Float[Tensor, "m m"]) -> Tridiagonal:
        """Householder's reduction, 4m³/3 multiplications and additions, on the CPU.

        Only the lower triangle is read. Raises ``ValueError`` unless H is finite and of this shape.
        """
        m = require.finite("H", require.shape("H", H, "m m")).shape[0]
        # Rows as columns: the lower triangle becomes the upper one, whose reduction is faster.
        matrix = np.array(H.detach().cpu().numpy().T, dtype=np.float64, order="F")
        work, _ = lapack.dsytrd_lwork(require.positive_int("m", m), lower=0)
        parts = lapack.dsytrd(matrix, lower=0, lwork=int(work), overwrite_a=1)
        reflectors, diagonal, beside, scales, info = parts
        assert info == 0, info  # LAPACK: it cannot fail on a finite matrix
        return cls(diagonal, beside, reflectors, scales)

    def eigenvalues(self) -> Float[Tensor, " m"]:
        """All of them, rising."""
        found = linalg.eigvalsh_tridiagonal(self.diagonal, self.beside)
        return torch.from_numpy(np.ascontiguousarray(found))

    def least_eigenvalue(self) -> float:
        """λ_min of H, by bisection."""
        if self.diagonal.size == 1:
            return float(self.diagonal[0])
        found = linalg.eigvalsh_tridiagonal(
            self.diagonal, self.beside, select="i", select_range=(0, 0)
        )
        return float(found[0])

    def price(self, y: Float[Tensor, "m ..."]) -> Float[Tensor, "*k"]:
        """yᵀH⁻¹y, for each column of y. Raises ``ValueError`` unless y has m finite rows and H is
        positive definite to working precision.
        """
        m = self.diagonal.size
        require.finite("y", y)
        if y.ndim not in (1, 2) or y.shape[0] != m:
            raise ValueError(f"y must have {m} rows, got {tuple(y.shape)}")
        turned = self._turned(np.array(y.detach().cpu().numpy().reshape(m, -1), dtype=np.float64))
        beside = self.beside if m > 1 else np.zeros(1)  # SciPy wants one entry at least
        d, e, info = lapack.dpttrf(self.diagonal, beside)
        if info:
            raise ValueError("H must be positive definite, but it is not to working precision")
        solved, _ = lapack.dpttrs(d, e, turned)
        return torch.from_numpy((turned * solved).sum(0)).reshape(y.shape[1:])

    def complexity(self, y: Float[Tensor, "m ..."]) -> Float[Tensor, "*k"]:
        """√(2 yᵀH⁻¹y/m), equation (10) of paper F. Raises as :meth:`price`."""
        return (self.price(y) * (2 / self.diagonal.size)).sqrt()

    def _turned(self, columns: np.ndarray) -> np.ndarray:
        """QᵀY: reflector i, in column i + 1, moves the coordinates up to i."""
        for i in range(self.scales.size - 1, -1, -1):
            axis = np.append(self.reflectors[:i, i + 1], 1.0)
            columns[: i + 1] -= np.outer(self.scales[i] * axis, axis @ columns[: i + 1])
        return columns
