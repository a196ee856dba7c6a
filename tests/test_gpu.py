"""The gpu tier at small sizes, on the CPU: its results, that it goes on, what it refuses."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from memorize import datasets, descent, gpu
from memorize.book import recorded
from memorize.datasets import DataUnavailable
from memorize.gpu import JOBS, Job
from memorize.statements.model import CHAPTERS

CPU = torch.device("cpu")
BY_NAME = {job.name: job for job in JOBS}
FIGURE, STEP = BY_NAME["gpu_figure_one_sphere"], BY_NAME["gpu_step"]


def compute(job: Job, folder: Path, **changed: Any) -> dict[str, Any]:
    told: dict[str, Any] = {"device": CPU, "seed": 3, "tiny": True, "command": "python -m …"}
    told |= {"into": folder / "recorded", "scratch": folder / "scratch"}
    return gpu.run(job, **(told | changed))


def test_every_job_belongs_to_a_chapter() -> None:
    assert {job.chapter for job in JOBS} <= set(CHAPTERS)
    assert len(BY_NAME) == len(JOBS)
    large = BY_NAME["gpu_figure_one_cifar"].sizes
    assert (large["n"], large["q"], large["d"]) == (10_000, 10_000, 3072)
    assert STEP.sizes["d"] == STEP.sizes["q"] == 8192


def test_figure_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gpu, "POINTS", 1000)  # all of them
    row = compute(FIGURE, tmp_path)
    assert row["state"] == "done"
    curves = recorded.read(FIGURE.name, tmp_path / "recorded")
    steps = FIGURE.tiny["steps"]
    assert curves.distinct("labels") == ["true", "random", "worst"]
    for labels in ("true", "random", "worst"):
        found = curves.where(start="paired", labels=labels)
        assert found.column("step")[[0, -1]].tolist() == [0, steps]
        np.testing.assert_allclose(found.column("residual")[0], 1, atol=1e-5)
        assert found.column("linear")[0] == pytest.approx(1, abs=1e-4)
        assert bool((np.diff(found.column("linear").astype(float)) < 0).all())
    spectrum = recorded.read(f"{FIGURE.name}_spectrum", tmp_path / "recorded")
    n = FIGURE.tiny["n"]
    values = spectrum.column("eigenvalue").astype(float)
    assert spectrum.column("index").tolist() == list(range(1, n + 1))
    assert values.sum() == pytest.approx(n / 2, rel=1e-3)  # the trace of H
    for labels in ("true", "random"):
        shares = spectrum.column(labels).astype(float)
        assert np.square(shares).sum() == pytest.approx(1, rel=1e-3)
        end = curves.where(start="paired", labels=labels).column("linear")[-1]
        linear = math.sqrt(np.square((1 - values / values[0]) ** steps * shares).sum())
        assert end == pytest.approx(linear, rel=1e-2, abs=1e-4)
    worst = curves.where(start="paired", labels="worst").column("linear")[-1]
    assert worst == pytest.approx((1 - values[-1] / values[0]) ** steps, rel=1e-3)


def test_a_wide_network_follows_the_linear_curve(tmp_path: Path) -> None:
    sizes = {**FIGURE.tiny, "q": 20_000, "n": 8}
    place = gpu.Place(CPU, 0, tmp_path, "wide")
    _, rows = FIGURE.compute(place, sizes)[""]
    apart = [abs(float(row[3]) - float(row[4])) for row in rows if row[0] == "paired"]
    assert max(apart) < 0.05
    assert place.meter.operations == 2 * 12 * 2 * 3 * 2 * 8 * 20_000 * 6  # starts, steps, products


def test_a_step(tmp_path: Path) -> None:
    compute(STEP, tmp_path)
    found = recorded.read(STEP.name, tmp_path / "recorded")
    assert found.column("m").tolist() == [8, 64]
    assert bool((found.column("memorized") <= found.column("m")).all())
    assert found.provenance["operations"] == 4 * (8 + 64) * 16 * 8
    assert found.provenance["share"] == pytest.approx(
        found.provenance["rate"] / found.provenance["square_rate"], rel=1e-3
    )


def test_what_is_recorded_is_not_done_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    compute(STEP, tmp_path)
    path = tmp_path / "recorded" / f"{STEP.name}.json"
    before = path.read_bytes()
    row = compute(STEP, tmp_path, command="another")
    assert row["state"] == "recorded before"
    assert row["share"] == json.loads(before)["provenance"]["share"]
    assert path.read_bytes() == before
    assert compute(STEP, tmp_path, seed=4)["state"] == "done"
    assert compute(STEP, tmp_path, seed=4, again=True)["state"] == "done"
    monkeypatch.setattr(gpu, "code", lambda: "other")
    assert compute(STEP, tmp_path, seed=4)["state"] == "done"


def test_a_job_that_was_stopped_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    compute(FIGURE, tmp_path / "whole")
    made: list[int] = []

    def stopping(*args: Any, **kwargs: Any) -> Any:
        if len(made) == 4:
            made.append(0)
            raise KeyboardInterrupt
        made.append(kwargs["steps"])
        return descent.descend(*args, **kwargs)

    monkeypatch.setattr(gpu, "descend", stopping)
    with pytest.raises(KeyboardInterrupt):
        compute(FIGURE, tmp_path / "stopped")
    assert not (tmp_path / "stopped" / "recorded").exists()
    compute(FIGURE, tmp_path / "stopped")
    assert made == [5, 10, 12, 5, 0, 10, 12]
    for suffix in ("", "_spectrum"):
        whole, stopped = (
            recorded.read(FIGURE.name + suffix, tmp_path / name / "recorded")
            for name in ("whole", "stopped")
        )
        assert whole.rows == stopped.rows
        assert whole.provenance["operations"] == stopped.provenance["operations"]
    assert not list((tmp_path / "stopped" / "scratch").iterdir())


def test_images_that_are_not_there_are_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def absent(name: str) -> None:
        raise DataUnavailable("MNIST is not in the folder\nand more")

    job = BY_NAME["gpu_figure_one_mnist"]
    monkeypatch.setattr(datasets, "openml", absent)
    row = compute(job, tmp_path)
    assert row["state"] == "not run: MNIST is not in the folder"
    assert not (tmp_path / "recorded").exists()
    images = torch.rand(60, 6, dtype=torch.float64)
    monkeypatch.setattr(datasets, "openml", lambda name: (images, torch.arange(60) % 3))
    assert compute(job, tmp_path)["state"] == "done"


def test_the_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("MEMORIZE_DEVICE", raising=False)
    assert gpu.main(["one_step/memorization", "--tiny", "--seed", "5"]) == 0
    told = capsys.readouterr().out.splitlines()
    assert told[0] == "gpu_step ..."
    assert " ".join(told[-2].split()) == "job seconds TFLOP/s share of peak memory GiB"
    assert told[-1].startswith("gpu_step")
    assert told[-1].endswith("done")
    found = recorded.read("gpu_step", tmp_path / "_build" / "gpu" / "tiny")
    assert found.provenance["command"] == (
        "python -m memorize.gpu one_step/memorization --tiny --seed 5 --device cpu"
    )


def test_without_a_gpu_the_command_says_so(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("MEMORIZE_DEVICE", raising=False)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(SystemExit):
        gpu.main([])
    assert "torch sees no CUDA device here" in capsys.readouterr().err


def test_the_table() -> None:
    rows = [
        {
            "job": "a",
            "state": "done",
            "seconds": 2.5,
            "rate": 4.5e13,
            "share": 0.9,
            "memory": 2**31,
        },
        {"job": "bcd", "state": "not run: no data"},
    ]
    assert gpu.table(rows).splitlines() == [
        "job  seconds  TFLOP/s  share of peak  memory GiB",
        "a        2.5       45         90.0 %        2.00  done",
        "bcd                                               not run: no data",
    ]
