"""The sweeps behind the phase diagrams of one gradient step: :mod:`memorize.phase_grids`."""

from __future__ import annotations

from memorize import phases
from memorize.book.sweeps import Sweep
from memorize.phase_grids import GRIDS, cost

__all__ = ["SWEEPS"]

SWEEPS = {
    name: Sweep(name, grid.__doc__ or "", phases.trial, grid, cost) for name, grid in GRIDS.items()
}
