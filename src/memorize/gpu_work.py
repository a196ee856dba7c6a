"""What a job of the gpu tier is, where it computes, and how it goes on after a stop."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

import torch
from torch import Tensor

from memorize import runtime

__all__ = ["Job", "Meter", "Place", "Sizes", "Table", "Value", "short"]

KEEP = 30.0
"""Seconds after which what :meth:`Place.each` has found is kept."""

Value = int | float | str
Sizes = Mapping[str, int]
Table = tuple[Sequence[str], Sequence[Sequence[Value]]]
Setting = TypeVar("Setting")


@dataclass
class Meter:
    """The seconds that a job's matrix products took, and the operations that they needed."""

    device: torch.device
    seconds: float = 0.0
    operations: float = 0.0

    @contextmanager
    def products(self, operations: float) -> Iterator[None]:
        """Time what is done within, which needs so many floating-point operations."""
        wait(self.device)
        start = time.perf_counter()
        yield
        wait(self.device)
        self.seconds += time.perf_counter() - start
        self.operations += operations


@dataclass
class Place:
    """Where a job computes: its generators' ``seed``, and the folder of unfinished parts."""

    device: torch.device
    seed: int
    scratch: Path
    key: str
    meter: Meter = field(init=False)
    _begun: float = field(init=False)
    _before: float = 0.0

    def __post_init__(self) -> None:
        self.meter = Meter(self.device)
        self._begun = time.perf_counter()

    @property
    def seconds(self) -> float:
        """What the job took so far, with what it took before it was stopped."""
        return self._before + time.perf_counter() - self._begun

    def generator(self, name: str) -> torch.Generator:
        """The stream ``name``, drawn on the CPU: the same numbers on every device."""
        return runtime.generator(f"gpu/{name}", seed=self.seed)

    def stream(self, name: str) -> torch.Generator:
        """The stream ``name``, drawn on the device."""
        return runtime.generator(f"gpu/{name}", seed=self.seed, device=self.device)

    def load(self, part: str) -> Mapping[str, Tensor]:
        """What :meth:`save` kept of this part for the same code, sizes, seed and device, if any."""
        path = self._path(part)
        if not path.exists():
            return {}
        found: dict[str, Tensor] = torch.load(path, map_location=self.device, weights_only=True)
        meter = found.pop("meter")
        self.meter.seconds, self.meter.operations, before = meter.tolist()
        self._before = max(self._before, before)
        return found

    def save(self, part: str, tensors: Mapping[str, Tensor]) -> None:
        """Keep a part, the meter and the time, in one step."""
        self.scratch.mkdir(parents=True, exist_ok=True)
        told = (self.meter.seconds, self.meter.operations, self.seconds)
        meter = torch.tensor(told, dtype=torch.float64)
        part_of = self._path(part).with_suffix(".part")
        torch.save({**tensors, "meter": meter}, part_of)
        os.replace(part_of, self._path(part))

    def each(
        self, part: str, settings: Sequence[Setting], work: Callable[[Setting], Sequence[float]]
    ) -> list[list[float]]:
        """``work`` for each setting, in order: as many numbers each, kept every so many seconds."""
        kept = self.load(part)
        found: list[list[float]] = kept["found"].tolist() if kept else []
        saved = time.perf_counter()
        for setting in settings[len(found) :]:
            found.append([float(value) for value in work(setting)])
            if time.perf_counter() - saved >= KEEP:
                self.save(part, {"found": torch.tensor(found, dtype=torch.float64)})
                saved = time.perf_counter()
        return found

    def clear(self) -> None:
        """Forget all parts of the job."""
        for path in self.scratch.glob(f"{self.key}-*"):
            path.unlink()

    def _path(self, part: str) -> Path:
        return self.scratch / f"{self.key}-{part}.pt"


@dataclass(frozen=True)
class Job:
    """What a chapter wants computed: ``compute`` returns its tables by name.

    ``asked``: the share of the device's rate in matrix products that it is to reach, if any.
    """

    name: str
    chapter: str
    title: str
    sizes: Sizes
    tiny: Sizes
    compute: Callable[[Place, Sizes], dict[str, Table]]
    asked: float | None = None


def short(value: float) -> float:
    """Five digits of it, as tables are written."""
    return float(f"{value:.5g}")


def wait(device: torch.device) -> None:
    """Until the device has done what it was told."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)
