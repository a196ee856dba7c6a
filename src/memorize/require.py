"""One place for checks of arguments: every error names the argument and what was expected."""

from __future__ import annotations

from numbers import Integral, Real
from typing import Any

import torch
from torch import Tensor


def positive_int(name: str, value: Any) -> int:
    """Return ``value`` as an int; raise ``ValueError`` unless it is an integer of at least 1."""
    if isinstance(value, bool) or not isinstance(value, Integral) or value < 1:
        raise ValueError(f"{name} must be an integer of at least 1, got {value!r}")
    return int(value)


def number(name: str, value: Any) -> float:
    """Return ``value`` as a float; raise ``ValueError`` unless it is a finite real number."""
    if isinstance(value, bool) or not isinstance(value, Real) or not _is_finite(value):
        raise ValueError(f"{name} must be a finite real number, got {value!r}")
    return float(value)


def positive(name: str, value: Any) -> float:
    """Return ``value`` as a float; raise ``ValueError`` unless it is finite and above 0."""
    if number(name, value) <= 0:
        raise ValueError(f"{name} must be above 0, got {value!r}")
    return float(value)


def non_negative(name: str, value: Any) -> float:
    """Return ``value`` as a float; raise ``ValueError`` unless it is finite and at least 0."""
    if number(name, value) < 0:
        raise ValueError(f"{name} must be at least 0, got {value!r}")
    return float(value)


def open_unit(name: str, value: Any) -> float:
    """Return ``value`` as a float; raise ``ValueError`` unless it lies in (0, 1)."""
    if not 0 < number(name, value) < 1:
        raise ValueError(f"{name} must lie in (0, 1), got {value!r}")
    return float(value)


def at_most(name: str, value: int, other: str, bound: int, why: str) -> int:
    """Return ``value``; raise ``ValueError`` if it exceeds ``bound``, saying ``why``."""
    if value > bound:
        raise ValueError(f"{name} = {value} must be at most {other} = {bound}: {why}")
    return value


def finite(name: str, tensor: Tensor) -> Tensor:
    """Return ``tensor``; raise ``ValueError`` naming the first entry that is NaN or infinite."""
    if bool(torch.isfinite(tensor.sum())):  # one entry that is not finite makes the sum so
        return tensor
    bad = ~torch.isfinite(tensor)
    if bool(bad.any()):
        where = tuple(bad.nonzero()[0].tolist())
        raise ValueError(
            f"{name} must be finite, but entry {where} is {tensor[where].item()} "
            f"({int(bad.sum())} such entries)"
        )
    return tensor


def signs(name: str, tensor: Tensor) -> Tensor:
    """Return ``tensor``; raise ``ValueError`` naming the first entry that is not +1 or −1."""
    bad = tensor.abs() != 1
    if bool(bad.any()):
        where = tuple(bad.nonzero()[0].tolist())
        raise ValueError(f"{name} must be +1 or -1, but entry {where} is {tensor[where].item()}")
    return tensor


def shape(name: str, tensor: Tensor, pattern: str, **sizes: int) -> Tensor:
    """Return ``tensor``; raise ``ValueError`` unless its shape fits ``pattern``, e.g. ``"n d"``.

    Letters that appear in ``sizes`` must have that size; a repeated letter must repeat its size;
    a digit stands for itself.
    """
    letters = pattern.split()
    known = dict(sizes)
    fits = isinstance(tensor, Tensor) and tensor.ndim == len(letters)
    if fits:
        for letter, size in zip(letters, tensor.shape, strict=True):
            wanted = int(letter) if letter.isdigit() else known.setdefault(letter, size)
            fits = fits and wanted == size
    if not fits:
        got = tuple(tensor.shape) if isinstance(tensor, Tensor) else type(tensor).__name__
        expected = " ".join(f"{c}={sizes[c]}" if c in sizes else c for c in letters)
        raise ValueError(f"{name} must have shape ({expected}), got {got}")
    return tensor


def on_sphere(name: str, points: Tensor, tolerance: float | None = None) -> Tensor:
    """Return ``points`` (shape n d); raise ``ValueError`` naming the row furthest off the sphere.

    The default tolerance on the squared norm is 16 d times the rounding unit of the dtype.
    """
    shape(name, points, "n d")
    finite(name, points)
    if tolerance is None:
        tolerance = 16 * points.shape[1] * torch.finfo(points.dtype).eps
    off = (torch.linalg.vector_norm(points, dim=1).square() - 1).abs()
    worst = int(off.argmax())
    if off[worst] > tolerance:
        raise ValueError(
            f"{name} must lie on the unit sphere, but row {worst} has norm "
            f"{points[worst].norm().item():.6g}; divide the rows by their norms first"
        )
    return points


def _is_finite(value: Any) -> bool:
    return float("-inf") < float(value) < float("inf")
