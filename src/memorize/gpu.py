"""The gpu tier of the chapters: ``python -m memorize.gpu [CHAPTER or JOB]``, as ``make gpu`` does.

It needs the ground storey and torch, and no more. A job computes what a chapter shows at the
paper's sizes and writes it, with where it comes from, beside the other recorded results of the
book. What is finished is not done again, and a job that was stopped goes on from its last part. At
the end stands a table: the time of each job, the rate of its matrix products as a share of what the
device reached with square ones in the same run (single precision, without TF32), and the memory.

Without a GPU the same code runs at small sizes (``--tiny``), and then nothing is recorded. With
time it runs at the same sizes on a CPU, if need be for fewer steps (``--device cpu --size
steps=200``): what is recorded says so.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import platform
import resource
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from importlib import metadata
from pathlib import Path

import torch

from memorize import runtime
from memorize.datasets import DataUnavailable
from memorize.gpu_jobs import JOBS
from memorize.gpu_work import Job, Meter, Place, Value, short
from memorize.sgd import Diverged

__all__ = ["JOBS", "code", "main", "product_rate", "run", "table"]

HERE = Path(__file__).parent
RECORDED = HERE / "book" / "recorded"
SCRATCH = Path("_build") / "gpu"


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
    changed: Mapping[str, int] | None = None,
) -> dict[str, Value]:
    """Run a job, unless its result is there, write its tables and return its row of the table.

    ``changed``: other values of its sizes; those of sizes that it does not have are left out. A
    result at the job's own sizes is not replaced by one at others, unless ``again``.
    """
    sizes = dict(job.tiny if tiny else job.sizes)
    sizes |= {name: size for name, size in (changed or {}).items() if name in sizes}
    same = {"code": code(), "seed": seed, "sizes": sizes, "device": _name(device)}
    path = into / f"{job.name}.json"
    before = _provenance(path)
    if not again and all(before.get(name) == value for name, value in same.items()):
        return {"job": job.name, "state": "recorded before", **_figures(before)}
    if not again and not tiny and sizes != job.sizes and before.get("sizes") == dict(job.sizes):
        state = "recorded before at its own sizes, which --again would replace"
        return {"job": job.name, "state": state, **_figures(before)}
    text = json.dumps(same, sort_keys=True)
    key = f"{job.name}-{hashlib.sha256(text.encode()).hexdigest()[:12]}"
    side = 256 if tiny else 8192 if device.type == "cuda" else 2048
    rate = product_rate(device, side)
    if device.type == "cuda":
        torch.cuda.reset_peak_memory_stats(device)
    place = Place(device, seed, scratch, key)
    if again:
        place.clear()
    try:
        tables = job.compute(place, sizes)
    except (DataUnavailable, Diverged) as error:
        return {"job": job.name, "state": f"not run: {str(error).splitlines()[0]}"}
    except ValueError as error:
        if sizes == (job.tiny if tiny else job.sizes):
            raise
        return {"job": job.name, "state": f"not run at these sizes: {error}"}
    except torch.cuda.OutOfMemoryError:
        return {"job": job.name, "state": "not run: the device has not enough memory for it"}
    seconds, memory = place.seconds, _memory(device)
    rate = max(rate, product_rate(device, side))
    provenance: dict[str, object] = {
        "command": command,
        "date": datetime.now(UTC).date().isoformat(),
        "machine": f"{platform.system()} {platform.machine()}",
        "versions": {name: metadata.version(name) for name in ("numpy", "scipy", "torch")},
        **same,
        "seconds": short(seconds),
        "square_rate": short(rate),
        "memory": memory,
    }
    if place.meter.operations:
        reached = place.meter.operations / place.meter.seconds
        provenance |= {
            "product_seconds": short(place.meter.seconds),
            "operations": place.meter.operations,
            "rate": short(reached),
            "share": short(reached / rate),
        }
    for suffix in sorted(tables, reverse=True):  # "" last: it says that all is recorded
        columns, rows = tables[suffix]
        _write(into / f"{job.name}{suffix}.json", provenance, columns, rows)
    place.clear()
    return {"job": job.name, "state": "done", **_figures(provenance)}


def table(rows: Sequence[Mapping[str, Value]]) -> str:
    """The rows of :func:`run` as text; a dash where no products of matrices were timed."""
    head = ("job", "seconds", "TFLOP/s", "share of peak", "memory GiB", "")
    lines: list[tuple[str, ...]] = [head]
    for row in rows:
        numbers = [""] * 4
        if "seconds" in row:
            numbers = [f"{row['seconds']:.4g}", "–", "–", f"{float(row['memory']) / 2**30:.2f}"]
        if "share" in row:
            numbers[1:3] = f"{float(row['rate']) / 1e12:.3g}", f"{100 * float(row['share']):.1f} %"
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
    parser.add_argument("what", nargs="?", help="a chapter, for its jobs, or one job")
    parser.add_argument(
        "--size",
        action="append",
        default=[],
        type=_size,
        metavar="NAME=N",
        help="another size, as in steps=200, of the jobs that have it",
    )
    parser.add_argument("--device", help="as torch names it (default: MEMORIZE_DEVICE, else cuda)")
    parser.add_argument("--seed", type=int, help="default: MEMORIZE_SEED, else 0")
    parser.add_argument("--tiny", action="store_true", help="small sizes; nothing is recorded")
    parser.add_argument("--again", action="store_true", help="do anew what is recorded")
    parser.add_argument("--into", type=Path, help="the folder of the results")
    options = parser.parse_args(arguments)
    jobs = [job for job in JOBS if options.what in (None, job.chapter, job.name)]
    if not jobs:
        known = ", ".join(sorted({job.chapter for job in JOBS}) + [job.name for job in JOBS])
        parser.error(f"there is no chapter or job {options.what!r}, but {known}")
    changed = dict(options.size)
    for name in changed:
        if not any(name in job.sizes for job in jobs):
            known = ", ".join(sorted({size for job in jobs for size in job.sizes}))
            parser.error(f"none of these jobs has a size {name!r}, but {known}")
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
    words = [w for w in (options.what, "--tiny" if options.tiny else None) if w]
    words += [f"--size {name}={size}" for name, size in changed.items()]
    command = " ".join(["python -m memorize.gpu", *words, f"--seed {seed} --device {device}"])
    into = options.into or (SCRATCH / "tiny" if options.tiny else RECORDED)
    rows = []
    for job in jobs:
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
                changed=changed,
            )
        )
    sys.stdout.write("\n" + table(rows))
    return 0


def _size(text: str) -> tuple[str, int]:
    name, _, size = text.partition("=")
    if not name or not size.isascii() or not size.isdigit() or int(size) < 1:
        raise argparse.ArgumentTypeError(f"a size must look like steps=200, got {text!r}")
    return name, int(size)


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
    dumps = partial(json.dumps, ensure_ascii=False, allow_nan=False)
    lines = ",\n".join(f"  {dumps(list(row))}" for row in rows)
    text = dumps(head, indent=1)[:-2] + f',\n "rows": [\n{lines}\n ]\n}}\n'
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    part.write_text(text, encoding="utf-8")
    os.replace(part, path)


if __name__ == "__main__":
    raise SystemExit(main())
