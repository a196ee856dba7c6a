"""The gpu tier of the chapters: ``python -m memorize.gpu [CHAPTER]``, as ``make gpu`` runs it.

It needs the ground storey and torch, and no more. A job computes what a chapter shows at the
paper's sizes and writes it, with where it comes from, beside the other recorded results of the
book. What is finished is not done again, and a job that was stopped goes on from its last part. At
the end stands a table: the time of each job, the rate of its matrix products as a share of what the
device reached with square ones in the same run (single precision, without TF32), and the memory.

Without a GPU the same code runs at small sizes (``--tiny``), and then nothing is recorded.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import math
import os
import platform
import resource
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from importlib import metadata
from pathlib import Path

import torch
from torch import Tensor

from memorize import datasets, runtime
from memorize.activations import ABS, RELU
from memorize.datasets import Data, DataUnavailable
from memorize.descent import Descent, descend, gaussian_start, paired_start
from memorize.dynamics import one_step
from memorize.kernels import hidden_kernel
from memorize.networks import balanced_signs, network, orthonormal_rows, random_signs

__all__ = ["JOBS", "Job", "Meter", "Place", "code", "main", "product_rate", "run", "table"]

HERE = Path(__file__).parent
RECORDED = HERE / "book" / "recorded"
SCRATCH = Path("_build") / "gpu"
POINTS = 60
"""Steps and eigenvalues that are recorded of each curve, evenly spaced in their logarithm."""

Value = int | float | str
Sizes = Mapping[str, int]
Table = tuple[Sequence[str], Sequence[Sequence[Value]]]


@dataclass
class Meter:
    """The seconds that a job's matrix products took, and the operations that they needed."""

    device: torch.device
    seconds: float = 0.0
    operations: float = 0.0

    @contextmanager
    def products(self, operations: float) -> Iterator[None]:
        """Time what is done within, which needs so many floating-point operations."""
        _wait(self.device)
        start = time.perf_counter()
        yield
        _wait(self.device)
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

    def __post_init__(self) -> None:
        self.meter = Meter(self.device)

    def generator(self, name: str) -> torch.Generator:
        """The stream ``name``, drawn on the CPU: the same numbers on every device."""
        return runtime.generator(f"gpu/{name}", seed=self.seed)

    def load(self, part: str) -> Mapping[str, Tensor]:
        """What :meth:`save` kept of this part for the same code, sizes, seed and device, if any."""
        path = self._path(part)
        if not path.exists():
            return {}
        found: dict[str, Tensor] = torch.load(path, map_location=self.device, weights_only=True)
        meter = found.pop("meter")
        self.meter.seconds, self.meter.operations = meter.tolist()
        return found

    def save(self, part: str, tensors: Mapping[str, Tensor]) -> None:
        """Keep a part and the meter, in one step."""
        self.scratch.mkdir(parents=True, exist_ok=True)
        meter = torch.tensor([self.meter.seconds, self.meter.operations], dtype=torch.float64)
        part_of = self._path(part).with_suffix(".part")
        torch.save({**tensors, "meter": meter}, part_of)
        os.replace(part_of, self._path(part))

    def clear(self) -> None:
        """Forget all parts of the job."""
        for path in self.scratch.glob(f"{self.key}-*"):
            path.unlink()

    def _path(self, part: str) -> Path:
        return self.scratch / f"{self.key}-{part}.pt"


@dataclass(frozen=True)
class Job:
    """What a chapter wants computed: ``compute`` returns its tables by name."""

    name: str
    chapter: str
    sizes: Sizes
    tiny: Sizes
    compute: Callable[[Place, Sizes], dict[str, Table]]


def figure_one(source: str, place: Place, sizes: Sizes) -> dict[str, Table]:
    """Figure 1 of paper F: descent on true, random and worst-case labels, and the spectrum of H.

    ‖y − ŷ^{(t)}‖/‖y‖ beside ‖(I − ηH)^t y‖/‖y‖ at η = 1/λ_1, from the paper's start with κ = 0.01
    and from the paired start with κ = 1. H and its eigenvalues in double precision.
    """
    n, q, steps = sizes["n"], sizes["q"], sizes["steps"]
    data = _two_classes(source, place, sizes)
    inputs = data.inputs.to(place.device)
    d = inputs.shape[1]
    values, vectors = torch.linalg.eigh(hidden_kernel(RELU).gram(inputs))
    values, vectors = values.flip(0), vectors.flip(1)
    noise = random_signs(n, generator=place.generator(f"{source}/labels"), device=place.device)
    true = data.labels.to(place.device)
    labels = torch.stack([true, noise, math.sqrt(n) * vectors[:, -1]])
    shares = labels @ vectors / math.sqrt(n)
    eta = 1 / float(values[0])
    x, y = inputs.float(), labels.float()
    curves: list[list[Value]] = []
    times = _spaced(steps)
    for start, make, tau in (("paper", gaussian_start, 0.01), ("paired", paired_start, 1.0)):
        gen = place.generator(f"{source}/{start}")
        w, a = make(q, d, tau, generator=gen, device=place.device, dtype=torch.float32)
        kept = place.load(start)
        state = Descent.of(kept) if kept else None
        for end in [*range(sizes["part"], steps, sizes["part"]), steps]:
            if state is not None and state.step >= end:
                continue
            made = end - (0 if state is None else state.step)
            with place.meter.products(2 * made * 2 * len(y) * n * q * d):
                state = descend(x, y, w, a, eta=eta, steps=end, every=steps, state=state)
            place.save(start, state.tensors())
        assert state is not None
        found = (2 * state.losses).sqrt() / y.norm(dim=1)
        for k, name in enumerate(("true", "random", "worst")):
            for t in times:
                linear = float(((1 - eta * values) ** t * shares[k]).norm())
                curves.append([start, name, t, _short(float(found[t, k])), _short(linear)])
    spectrum: list[list[Value]] = [
        [i, *(_short(float(v)) for v in (values[i - 1], *shares[:2, i - 1].abs()))]
        for i in _spaced(n)
        if i > 0
    ]
    return {
        "": (("start", "labels", "step", "residual", "linear"), curves),
        "_spectrum": (("index", "eigenvalue", "true", "random"), spectrum),
    }


def memorization_step(place: Place, sizes: Sizes) -> dict[str, Table]:
    """One gradient step of paper G from orthonormal rows, at several loads: who is memorized."""
    d, q = sizes["d"], sizes["q"]
    level = math.log(d)
    gen = runtime.generator("gpu/step/weights", seed=place.seed, device=place.device)
    weights = orthonormal_rows(q, d, generator=gen, dtype=torch.float32)
    signs = balanced_signs(q, dtype=torch.float32, device=place.device)
    rows: list[list[Value]] = []
    for m in (sizes["m"] // 8, sizes["m"]):
        gen = runtime.generator(f"gpu/step/{m}", seed=place.seed, device=place.device)
        inputs = torch.randn(m, d, generator=gen, device=place.device)
        labels = random_signs(m, generator=gen, dtype=torch.float32)
        rate = m * level / d
        with place.meter.products(2 * 2 * m * q * d):
            step = one_step(inputs, labels, weights, signs, ABS, level=level, rate=rate)
        margins = labels * network(inputs, step.weights, signs, ABS)
        memorized = int((margins > 0).sum())
        least, mean = float(margins.min()) / level, float(margins.mean()) / level
        rows.append([d, q, m, step.active, memorized, _short(least), _short(mean)])
    return {"": (("d", "q", "m", "active", "memorized", "least", "mean"), rows)}


def _jobs() -> Iterator[Job]:
    large = {"n": 10_000, "q": 10_000, "steps": 2000, "part": 200}
    small = {"n": 24, "q": 32, "steps": 12, "part": 5}
    for source, d in (("mnist", 784), ("cifar", 3072), ("sphere", 784)):
        yield Job(
            f"gpu_figure_one_{source}",
            "fine_grained/linear_dynamics",
            {**large, "d": d},
            {**small, "d": 6},
            partial(figure_one, source),
        )
    yield Job(
        "gpu_step",
        "one_step/memorization",
        {"d": 8192, "q": 8192, "m": 65_536},
        {"d": 16, "q": 8, "m": 64},
        memorization_step,
    )


JOBS = tuple(_jobs())


def product_rate(device: torch.device, n: int, *, repeats: int = 8) -> float:
    """Operations a second in products of n × n matrices in float32, the best of three rounds."""
    gen = runtime.generator("gpu/rate", device=device)
    left, right = (torch.randn(n, n, generator=gen, device=device) for _ in range(2))
    out = torch.mm(left, right)
    best = 0.0
    for _ in range(3):
        meter = Meter(device)
        with meter.products(repeats * 2.0 * n**3):
            for _ in range(repeats):
                torch.mm(left, right, out=out)
        best = max(best, meter.operations / meter.seconds)
    return best


def run(
    job: Job,
    *,
    device: torch.device,
    seed: int,
    tiny: bool,
    into: Path,
    scratch: Path,
    command: str,
    again: bool = False,
) -> dict[str, Value]:
    """Run a job, unless its result is there, write its tables and return its row of the table."""
    sizes = job.tiny if tiny else job.sizes
    same = {"code": code(), "seed": seed, "sizes": dict(sizes), "device": _name(device)}
    path = into / f"{job.name}.json"
    before = _provenance(path)
    if not again and all(before.get(name) == value for name, value in same.items()):
        return {"job": job.name, "state": "recorded before", **_figures(before)}
    text = json.dumps(same, sort_keys=True)
    place = Place(
        device, seed, scratch, f"{job.name}-{hashlib.sha256(text.encode()).hexdigest()[:12]}"
    )
    if again:
        place.clear()
    side = 256 if tiny else 8192 if device.type == "cuda" else 2048
    if device.type == "cuda":
        torch.cuda.reset_peak_memory_stats(device)
    rate = product_rate(device, side)
    start = time.perf_counter()
    try:
        tables = job.compute(place, sizes)
    except DataUnavailable as error:
        return {"job": job.name, "state": f"not run: {str(error).splitlines()[0]}"}
    seconds = time.perf_counter() - start
    memory = _memory(device)
    rate = max(rate, product_rate(device, side))
    reached = place.meter.operations / place.meter.seconds
    provenance: dict[str, object] = {
        "command": command,
        "date": datetime.now(UTC).date().isoformat(),
        "machine": f"{platform.system()} {platform.machine()}",
        "versions": {name: metadata.version(name) for name in ("numpy", "scipy", "torch")},
        **same,
        "seconds": _short(seconds),
        "product_seconds": _short(place.meter.seconds),
        "operations": place.meter.operations,
        "rate": _short(reached),
        "square_rate": _short(rate),
        "share": _short(reached / rate),
        "memory": memory,
    }
    for suffix, (columns, rows) in tables.items():
        _write(into / f"{job.name}{suffix}.json", provenance, columns, rows)
    place.clear()
    return {"job": job.name, "state": "done", **_figures(provenance)}


def table(rows: Sequence[Mapping[str, Value]]) -> str:
    """The rows of :func:`run` as text."""
    head = ("job", "seconds", "TFLOP/s", "share of peak", "memory GiB", "")
    lines = [head]
    for row in rows:
        if "share" in row:
            numbers = (
                f"{row['seconds']:.4g}",
                f"{float(row['rate']) / 1e12:.3g}",
                f"{100 * float(row['share']):.1f} %",
                f"{float(row['memory']) / 2**30:.2f}",
            )
        else:
            numbers = ("", "", "", "")
        lines.append((str(row["job"]), *numbers, str(row["state"])))
    widths = [max(len(line[i]) for line in lines) for i in range(len(head) - 1)]
    return "".join(
        "  ".join(
            [line[0].ljust(widths[0]), *map(str.rjust, line[1:-1], widths[1:]), line[-1]]
        ).rstrip()
        + "\n"
        for line in lines
    )


def code() -> str:
    """A digest of the ground storey."""
    digest = hashlib.sha256()
    for path in sorted(HERE.glob("*.py")):
        digest.update(path.name.encode() + hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()[:12]


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m memorize.gpu", description=__doc__)
    chapters = sorted({job.chapter for job in JOBS})
    parser.add_argument("chapter", nargs="?", choices=chapters, help="the jobs of one chapter")
    parser.add_argument("--device", help="as torch names it (default: MEMORIZE_DEVICE, else cuda)")
    parser.add_argument("--seed", type=int, help="default: MEMORIZE_SEED, else 0")
    parser.add_argument("--tiny", action="store_true", help="small sizes; nothing is recorded")
    parser.add_argument("--again", action="store_true", help="do anew what is recorded")
    parser.add_argument("--into", type=Path, help="the folder of the results")
    options = parser.parse_args(arguments)
    wanted = (
        options.device or os.environ.get("MEMORIZE_DEVICE") or ("cpu" if options.tiny else "cuda")
    )
    device = torch.device(wanted)
    if device.type == "cuda" and not torch.cuda.is_available():
        parser.error(
            "torch sees no CUDA device here: run this where there is one, or try the same code at "
            "small sizes with --tiny, or name another device with --device"
        )
    torch.backends.cuda.matmul.allow_tf32 = False
    seed = runtime.master_seed() if options.seed is None else options.seed
    words = [w for w in (options.chapter, "--tiny" if options.tiny else None) if w]
    command = " ".join(["python -m memorize.gpu", *words, f"--seed {seed} --device {device}"])
    into = options.into or (SCRATCH / "tiny" if options.tiny else RECORDED)
    rows = []
    for job in JOBS:
        if options.chapter in (None, job.chapter):
            sys.stdout.write(f"{job.name} ...\n")
            sys.stdout.flush()
            rows.append(
                run(
                    job,
                    device=device,
                    seed=seed,
                    tiny=options.tiny,
                    into=into,
                    scratch=SCRATCH,
                    command=command,
                    again=options.again,
                )
            )
    sys.stdout.write("\n" + table(rows))
    return 0


def _two_classes(source: str, place: Place, sizes: Sizes) -> Data:
    """n examples of the first two classes, +1 for the first; or points of the sphere."""
    gen = place.generator(f"{source}/data")
    if source == "sphere":
        return datasets.halfspace(sizes["n"], sizes["d"], gen)
    data = datasets.pair(*datasets.openml(source), 0, 1)
    return datasets.split(data, sizes["n"], generator=gen)[0]


def _spaced(last: int) -> list[int]:
    """0, and whole numbers from 1 to ``last``, about evenly spaced in their logarithm."""
    return [0, *sorted({round(last ** (k / POINTS)) for k in range(POINTS + 1)})]


def _short(value: float) -> float:
    return float(f"{value:.5g}")


def _wait(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize(device)


def _name(device: torch.device) -> str:
    if device.type == "cuda":
        return str(torch.cuda.get_device_name(device))
    return f"{device.type}, {torch.get_num_threads()} threads"


def _memory(device: torch.device) -> int:
    """The most bytes in use so far: by torch on a GPU, else by the process."""
    if device.type == "cuda":
        return int(torch.cuda.max_memory_allocated(device))
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (
        1 if sys.platform == "darwin" else 1024
    )


def _figures(provenance: Mapping[str, object]) -> dict[str, Value]:
    return {
        name: value
        for name in ("seconds", "rate", "share", "memory")
        if isinstance(value := provenance.get(name), int | float)
    }


def _provenance(path: Path) -> Mapping[str, object]:
    try:
        return dict(json.loads(path.read_text(encoding="utf-8"))["provenance"])
    except (OSError, ValueError, KeyError):
        return {}


def _write(
    path: Path,
    provenance: Mapping[str, object],
    columns: Sequence[str],
    rows: Sequence[Sequence[Value]],
) -> None:
    """As the book's recorded results are written: one line a row, in one step."""
    head = {"provenance": provenance, "columns": list(columns)}
    lines = ",\n".join(f"  {json.dumps(list(row), ensure_ascii=False)}" for row in rows)
    text = json.dumps(head, indent=1, ensure_ascii=False)[:-2] + f',\n "rows": [\n{lines}\n ]\n}}\n'
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    part.write_text(text, encoding="utf-8")
    os.replace(part, path)


if __name__ == "__main__":
    raise SystemExit(main())
