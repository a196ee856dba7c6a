"""The gpu tier at small sizes, on the CPU: its results, that it goes on, what it refuses."""

from __future__ import annotations

import json
import math
import signal
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from scipy import stats
from torch import Tensor

from memorize import (
    datasets,
    descent,
    experiments,
    generalization,
    gpu,
    gpu_jobs,
    gpu_work,
    kernels,
    matrices,
    networks,
    orlicz,
    outputs,
    phase_grids,
    phases,
    runtime,
)
from memorize.activations import RELU
from memorize.book import recorded
from memorize.book.recorded import Recorded
from memorize.datasets import DataUnavailable
from memorize.evidence import clopper_pearson
from memorize.gpu import JOBS
from memorize.gpu_work import Job, Place
from memorize.sgd import Diverged
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
    for name in ("gpu_figure_one_cifar", "gpu_figure_two_mnist", FIGURE.name):
        assert (BY_NAME[name].sizes["n"], BY_NAME[name].sizes["q"]) == (10_000, 10_000)
    assert STEP.sizes["d"] == STEP.sizes["q"] == 8192


def test_figure_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gpu_jobs, "POINTS", 1000)  # all of them
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


def test_where_the_runs_of_figure_one_end(tmp_path: Path) -> None:
    """Against plain loops of descent by automatic differentiation."""
    sizes = {**FIGURE.tiny, "q": 6, "n": 40, "d": 2, "steps": 10}
    place = Place(CPU, 5, tmp_path, "ends")
    tables = FIGURE.compute(place, sizes)
    ends = {(row[0], row[1]): row[2:] for row in tables["_ends"][1]}
    curves = {(row[0], row[1], row[2]): row[3:] for row in tables[""][1]}
    data, _ = gpu_jobs._two_classes("sphere", place, sizes)
    x, n = data.inputs, sizes["n"]
    values, vectors = torch.linalg.eigh(kernels.hidden_kernel(RELU).gram(x))
    for start, make, tau, eta in (
        ("paired", descent.paired_start, 1.0, 1 / float(values[-1])),
        ("paper", descent.gaussian_start, 0.01, 1e-3),
    ):
        begin, a = make(6, 2, tau, generator=place.generator(f"sphere/{start}"))
        noise = networks.random_signs(n, generator=place.generator("sphere/labels"))
        assert not torch.equal(noise, data.labels)
        for labels, y in (
            ("true", data.labels),
            ("random", noise),
            ("worst", math.sqrt(n) * vectors[:, 0]),
        ):
            w = begin.clone().requires_grad_()
            left = []
            for _ in range(11):
                loss = (y - (x @ w.T).relu() @ a / math.sqrt(6)).square().sum() / 2
                left.append(math.sqrt(2 * float(loss.detach())) / float(y.norm()))
                (slope,) = torch.autograd.grad(loss, w)
                last, w = w.detach(), (w - eta * slope).detach().requires_grad_()
            changed = float((((x @ begin.T) > 0) != ((x @ last.T) > 0)).double().mean())
            dead = float(((x @ last.T) <= 0).all(0).double().mean())
            gates = ((x @ last.T) > 0).double()
            largest = float(torch.linalg.eigvalsh(gates @ gates.T / 6 * (x @ x.T))[-1])
            told = [eta, 10, changed, dead, largest]
            assert ends[start, labels] == pytest.approx(told, rel=1e-3, abs=1e-9)
            for t in (0, 1, 10):
                linear = vectors.T @ y * (1 - eta * values) ** t
                told = [left[t], float(linear.norm() / y.norm())]
                assert curves[start, labels, t] == pytest.approx(told, rel=1e-3)


def test_dead_neurons() -> None:
    x = torch.tensor([[1.0, 0.0], [0.6, 0.8]])
    weights = torch.tensor([[-1.0, 0.0], [0.0, -1.0], [1.0, 1.0], [-1.0, 1.0]])
    # Outputs at the two rows: (-1, -.6), (0, -.8), (1, 1.4), (-1, .2).
    assert gpu_jobs._dead(x, weights) == 0.5
    assert gpu_jobs._dead(x[:1].repeat(1000, 1), weights) == 0.75
    assert gpu_jobs._dead(torch.cat([x[:1].repeat(1000, 1), x[1:]]), weights) == 0.5


def test_a_curve_beyond_the_limit() -> None:
    """Where 1 − ηλ_1 < −1 it grows, and that of the other eigenvectors does not."""
    values = torch.tensor([3400.0, 100.0, 1e-3]).double()
    first, other = torch.tensor([0.6, 0.8, 0.0]).double(), torch.tensor([0.0, 0.0, 1.0]).double()
    assert gpu_jobs._linear(values, first, 1e-3, 0) == pytest.approx(1)
    told = math.hypot(0.6 * 2.4**10, 0.8 * 0.9**10)
    assert gpu_jobs._linear(values, first, 1e-3, 10) == pytest.approx(told)
    assert gpu_jobs._linear(values, first, 1e-3, 5000) == pytest.approx(0.6 * gpu_jobs.FAR)
    assert gpu_jobs._linear(values, other, 1e-3, 5000) == pytest.approx((1 - 1e-6) ** 5000)


def test_a_wide_network_follows_the_linear_curve(tmp_path: Path) -> None:
    sizes = {**FIGURE.tiny, "q": 20_000, "n": 8}
    place = Place(CPU, 0, tmp_path, "wide")
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

    monkeypatch.setattr(gpu_jobs, "descend", stopping)
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


def test_a_job_counts_as_recorded_only_once_all_its_tables_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write, written = gpu._write, []

    def failing(path: Path, *told: Any) -> None:
        if written:
            raise KeyboardInterrupt
        written.append(path.name)
        write(path, *told)

    monkeypatch.setattr(gpu, "_write", failing)
    with pytest.raises(KeyboardInterrupt):
        compute(FIGURE, tmp_path)
    monkeypatch.setattr(gpu, "_write", write)
    assert compute(FIGURE, tmp_path)["state"] == "done"
    assert (tmp_path / "recorded" / f"{FIGURE.name}.json").exists()
    assert (tmp_path / "recorded" / f"{FIGURE.name}_spectrum.json").exists()


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
    names = ["gpu_step", *(f"{name}_gpu" for name in phase_grids.GRIDS)]
    assert told[: len(names)] == [f"{name} ..." for name in names]
    head, *rows = told[-len(names) - 1 :]
    assert " ".join(head.split()) == "job seconds TFLOP/s share of peak memory GiB"
    assert [row.split()[0] for row in rows] == names
    assert all(row.endswith("done") for row in rows)
    found = recorded.read("gpu_step", tmp_path / "_build" / "gpu" / "tiny")
    assert found.provenance["command"] == (
        "python -m memorize.gpu one_step/memorization --tiny --seed 5 --device cpu"
    )


def test_the_command_at_other_sizes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    words = ["gpu_step", "--tiny", "--device", "cpu", "--seed", "5"]
    assert gpu.main([*words, "--size", "m=40", "--size", "d=20"]) == 0
    assert capsys.readouterr().out.splitlines()[0] == "gpu_step ..."
    found = recorded.read("gpu_step", tmp_path / "_build" / "gpu" / "tiny")
    assert found.provenance["sizes"] == {"d": 20, "q": 8, "m": 40}
    assert found.column("m").tolist() == [5, 40]
    assert found.provenance["command"] == (
        "python -m memorize.gpu gpu_step --tiny --size m=40 --size d=20 --seed 5 --device cpu"
    )
    assert gpu.main([*words, "--size", "m=40", "--size", "d=20"]) == 0
    assert capsys.readouterr().out.rstrip().endswith("recorded before")
    assert gpu.main(words) == 0
    assert capsys.readouterr().out.rstrip().endswith("done")


def test_a_size_is_for_the_jobs_that_have_it(tmp_path: Path) -> None:
    row = compute(STEP, tmp_path, changed={"m": 16, "steps": 3})
    assert row["state"] == "done"
    sizes = recorded.read(STEP.name, tmp_path / "recorded").provenance["sizes"]
    assert sizes == {**STEP.tiny, "m": 16}
    row = compute(STEP, tmp_path / "odd", changed={"q": 17})
    assert row["state"].startswith("not run at these sizes: ")
    with pytest.raises(ValueError, match="q"):
        compute(
            Job("gpu_odd", "tails/sums", "", STEP.sizes, {**STEP.tiny, "q": 17}, STEP.compute),
            tmp_path,
        )


def test_a_result_at_its_own_sizes_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    job = Job("gpu_odd", "tails/sums", "", {"m": 3}, {"m": 1}, told_sizes)
    run = partial(compute, job, tmp_path, tiny=False)
    assert run()["state"] == "done"
    assert run(changed={"m": 2})["state"].startswith("recorded before at its own sizes")
    assert sizes_of(tmp_path) == 3
    assert run(changed={"m": 2}, again=True)["state"] == "done"
    assert sizes_of(tmp_path) == 2
    assert run(changed={"m": 1})["state"] == "done"
    assert run()["state"] == "done"
    assert sizes_of(tmp_path) == 3


def told_sizes(place: Place, sizes: Any) -> Any:
    return {"": (("m",), [[sizes["m"]]])}


def sizes_of(folder: Path) -> int:
    return int(recorded.read("gpu_odd", folder / "recorded").column("m")[0])


def test_sizes_reach_every_job_that_has_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = {"m": "gpu_odd", "n": "gpu_other"}
    jobs = [
        Job(name, "tails/sums", "", {k: 3}, {k: 1}, partial(kept_size, k))
        for k, name in names.items()
    ]
    monkeypatch.setattr(gpu, "JOBS", jobs)
    monkeypatch.chdir(tmp_path)
    assert gpu.main(["--tiny", "--size", "n=7"]) == 0
    folder = tmp_path / "_build" / "gpu" / "tiny"
    assert recorded.read("gpu_odd", folder).column("size").tolist() == [1]
    assert recorded.read("gpu_other", folder).column("size").tolist() == [7]


def kept_size(name: str, place: Place, sizes: Any) -> Any:
    return {"": (("size",), [[sizes[name]]])}


def test_a_job_that_diverges_is_told(tmp_path: Path) -> None:
    def far(place: Place, sizes: Any) -> Any:
        raise Diverged(0, 3, math.inf, 0.1)

    row = compute(Job("gpu_far", "tails/sums", "", {}, {}, far), tmp_path)
    assert row["state"].startswith("not run: ")
    assert "3" in row["state"]


def test_a_number_that_is_none_is_not_written(tmp_path: Path) -> None:
    job = Job("gpu_nan", "tails/sums", "", {}, {}, lambda *_: {"": (("x",), [[math.nan]])})
    with pytest.raises(ValueError, match="not JSON compliant"):
        compute(job, tmp_path)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["tails"], "there is no chapter or job 'tails', but fine_grained/generalization"),
        (["gpu_step", "--size", "steps=2"], "none of these jobs has a size 'steps', but d, m, q"),
        (["gpu_step", "--size", "m=0"], "a size must look like steps=200, got 'm=0'"),
        (["gpu_step", "--size", "m=1e3"], "a size must look like"),
        (["gpu_step", "--size", "m=²"], "a size must look like"),
        (["gpu_step", "--size", "m=٣"], "a size must look like"),
        (["gpu_step", "--size", "=3"], "a size must look like"),
        (["gpu_step", "--size", "m"], "a size must look like"),
    ],
)
def test_a_command_that_names_nothing(
    words: list[str], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        gpu.main([*words, "--tiny"])
    assert told in capsys.readouterr().err


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
        {"job": "ef", "state": "done", "seconds": 12.0, "memory": 2**30},
    ]
    assert gpu.table(rows).splitlines() == [
        "job  seconds  TFLOP/s  share of peak  memory GiB",
        "a        2.5       45         90.0 %        2.00  done",
        "bcd                                               not run: no data",
        "ef        12        –              –        1.00  done",
    ]


def found(job: str, folder: Path, suffix: str = "", **changed: Any) -> Recorded:
    """What a job records at its tiny sizes."""
    assert compute(BY_NAME[job], folder, **changed)["state"] == "done"
    return recorded.read(job + suffix, folder / "recorded")


def assert_of_the_law(counts: Recorded, chance: float) -> None:
    """Each count lies in the middle 1 − 1e-9 of its binomial law."""
    for count, draws in zip(counts.column("count"), counts.column("draws"), strict=True):
        low, high = clopper_pearson(int(count), int(draws), 1 - 1e-9)
        assert low <= chance <= high


def test_tails_of_four_laws_are_counted(tmp_path: Path) -> None:
    table = found("gpu_psi_norms", tmp_path)
    assert table.distinct("law") == list(experiments.PSI_TAILS)
    for name in experiments.PSI_TAILS:
        for row in table.where(law=name).rows:
            at = torch.tensor([float(row[1])], dtype=torch.float64)
            own = Recorded("", {}, table.columns, (row,))
            assert_of_the_law(own, float(orlicz.LAWS[name].tail(at)))
    assert set(table.column("draws")) == {20_000}
    assert "share" not in table.provenance
    assert "operations" not in table.provenance


def test_tails_of_lipschitz_functions_are_counted(tmp_path: Path) -> None:
    table = found("gpu_gaussian_concentration", tmp_path)
    assert {tuple(row[:2]) for row in table.rows} == {
        (name, size) for name, sizes in experiments.LIPSCHITZ.items() for size in sizes
    }
    for t in (0.25, 1.0, 1.75):
        for size, law in ((2, stats.chi(2)), (128, stats.chi(128))):
            mean = law.mean()
            own = table.where(function="length", size=size, threshold=t)
            assert_of_the_law(own, law.sf(mean + t) + law.cdf(mean - t))
        # for d = 4 the network has the density 4 φ(x)(1 − Φ(|x|))
        own = table.where(function="network", size=4, threshold=t)
        assert_of_the_law(own, 4 * stats.norm.sf(t) ** 2)
    draw = experiments.eigenvalue(2)(torch.Generator().manual_seed(1), 20_000)
    assert float(draw.mean()) == pytest.approx(math.sqrt(math.pi) / 2, abs=0.04)


def test_tails_of_sums_are_counted(tmp_path: Path) -> None:
    table = found("gpu_sums", tmp_path)
    for name, law, scale, shift in (
        ("signs", stats.binom(100, 0.5), 2, -100),
        ("rare", stats.binom(50, 0.1), 10, -50),
    ):
        ks = np.arange(101)
        values, weights = np.abs(scale * ks + shift), law.pmf(ks)
        for row in table.where(sum=name).rows:
            own = Recorded("", {}, table.columns, (row,))
            assert_of_the_law(own, float(weights[values >= float(row[1])].sum()))
    deviation = math.sqrt(20 + 20 / 3 + 20)
    own = table.where(sum="mixed", threshold=11.25)
    low, high = clopper_pearson(int(own.column("count")[0]), 20_000, 1 - 1e-9)
    assert low - 0.01 <= 2 * stats.norm.sf(11.25 / deviation) <= high + 0.01


def test_norms_are_those_of_the_matrices(tmp_path: Path) -> None:
    table = found("gpu_nets", tmp_path)
    shapes = {(ratio * d, d) for ratio in (1, 4) for d in (16, 32)}
    assert {(row[1], row[2]) for row in table.rows} == shapes
    gen = torch.Generator().manual_seed(runtime.derived_seed("gpu/nets/uniform/64/16/3", 3))
    W = matrices.LAWS["uniform"](gen, (64, 16))
    norms = table.where(law="uniform", q=64, d=16).column("norm")
    assert norms[3] == pytest.approx(float(torch.linalg.svdvals(W)[0]), rel=1e-4)
    assert len(norms) == len(set(norms)) == 10


def test_errors_of_features_follow_the_exact_law(tmp_path: Path) -> None:
    table = found("gpu_vector_features", tmp_path)
    for name in experiments.FEATURES:
        *_, spread = experiments.feature_target(name, 8)
        for q in (10, 40):
            row = table.where(target=name, d=8, q=q)
            error, bar = (float(row.column(c)[0]) for c in ("error", "standard_error"))
            assert abs(error - spread / q) < 7 * bar
            assert 0 < bar < error / 3


def test_largest_outputs_and_the_tail_of_one(tmp_path: Path) -> None:
    table = found("gpu_initial_outputs", tmp_path)
    assert [tuple(row[:2]) for row in table.rows] == [(d, k) for d in (16, 32) for k in range(3)]
    gen = torch.Generator().manual_seed(runtime.derived_seed("gpu/initial_outputs/largest/16/1", 3))
    values = torch.randn(256, 16, generator=gen).abs().double()
    signs = torch.tensor([1.0, -1.0]).repeat(8).double()
    largest = float((values @ signs / 4).abs().max())
    assert table.where(d=16, replica=1).column("largest")[0] == pytest.approx(largest, rel=1e-4)
    tail = recorded.read("gpu_initial_outputs_tail", tmp_path / "recorded")
    for row in tail.rows:
        chance = 2 * (1 - outputs.abs_cdf(np.array([float(row[1])]), 64)[0])
        assert_of_the_law(Recorded("", {}, tail.columns, (row,)), float(chance))


@pytest.mark.parametrize("name", phase_grids.GRIDS)
def test_a_sweep_is_the_one_of_the_command(name: str, tmp_path: Path) -> None:
    job = BY_NAME[f"{name}_gpu"]
    table = found(job.name, tmp_path)
    bounds = {size: job.tiny[size] for size in ("d", "q", "m", "replica")}
    cells = [
        cell
        for cell in phase_grids.GRIDS[name]("gpu")
        if all(int(cell[size]) <= most for size, most in bounds.items())
    ]
    rows = [{**cell, **phases.trial(**cell, seed=3)} for cell in cells]  # type: ignore[arg-type]
    columns, expected = phase_grids.summary(rows)
    assert list(table.columns) == columns
    assert [list(row) for row in table.rows] == expected
    assert table.provenance["operations"] == sum(
        6 * int(c["d"]) * int(c["q"]) * int(c["m"]) for c in cells
    )
    large = job.sizes
    assert all(
        int(cell[size]) <= large[size] for cell in phase_grids.GRIDS[name]("gpu") for size in bounds
    )


def test_a_sweep_that_was_stopped_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    job = BY_NAME["collapse_gpu"]
    whole = found(job.name, tmp_path / "whole")
    cells = sum(int(k) for k in whole.column("replicas"))
    made: list[int] = []

    def stopping(**setting: Any) -> dict[str, int | float]:
        if len(made) == cells // 2:
            made.append(-1)
            raise KeyboardInterrupt
        made.append(int(setting["m"]))
        return trial(**setting)

    trial = phases.trial
    monkeypatch.setattr(phases, "trial", stopping)
    monkeypatch.setattr(gpu_work, "KEEP", 0.0)
    with pytest.raises(KeyboardInterrupt):
        compute(job, tmp_path / "stopped")
    stopped = found(job.name, tmp_path / "stopped")
    assert len(made) == cells + 1
    assert stopped.rows == whole.rows
    assert stopped.provenance["operations"] == whole.provenance["operations"]


def test_a_sweep_goes_on_after_a_kill(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = f"""
import os, signal, torch
from pathlib import Path
from memorize import gpu, gpu_work, phases
torch.set_num_threads({torch.get_num_threads()})
gpu_work.KEEP, trial, made = 0.0, phases.trial, []
def dying(**setting):
    made.append(setting)
    if len(made) > 2:
        os.kill(os.getpid(), signal.SIGKILL)
    return trial(**setting)
phases.trial = dying
(job,) = (job for job in gpu.JOBS if job.name == "collapse_gpu")
folder = Path({str(tmp_path)!r})
gpu.run(job, device=torch.device("cpu"), seed=3, tiny=True, command="",
        into=folder / "recorded", scratch=folder / "scratch")
"""
    killed = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    made: list[int] = []
    trial = phases.trial
    monkeypatch.setattr(phases, "trial", lambda **s: (made.append(0), trial(**s))[1])
    after = found("collapse_gpu", tmp_path)
    assert len(made) == sum(int(k) for k in after.column("replicas")) - 2 > 0
    assert after.rows == found("collapse_gpu", tmp_path / "whole").rows


def test_what_a_stopped_job_took_counts(tmp_path: Path) -> None:
    place = Place(CPU, 0, tmp_path, "a")
    with place.meter.products(8.0):
        pass
    place.save("one", {})
    before = place.seconds
    again = Place(CPU, 0, tmp_path, "a")
    assert again.load("one") == {}
    assert again.seconds >= 0
    place.save("one", {"x": torch.ones(1)})
    assert set(again.load("one")) == {"x"}
    assert again.seconds > before
    assert again.meter.operations == 8.0


def test_a_sweep_without_its_digits_says_so_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "sklearn.datasets", None)
    monkeypatch.setattr(phases, "trial", lambda **setting: pytest.fail("it began"))
    row = compute(BY_NAME["robustness_gpu"], tmp_path)
    assert row["state"].startswith("not run: the digits come with scikit-learn")


def test_figure_two(tmp_path: Path) -> None:
    """Against closed forms and a plain loop of descent by automatic differentiation."""
    job = BY_NAME["gpu_figure_two_sphere"]
    table = found(job.name, tmp_path)
    n, most, q = job.tiny["n"], job.tiny["test"], job.tiny["q"]
    assert table.column("share").tolist() == [k / 10 for k in range(11)]
    assert table.column("replaced").tolist() == [round(k * n / 10) for k in range(11)]
    place = Place(CPU, 3, tmp_path, "other")
    train, test = gpu_jobs._two_classes("sphere", place, job.tiny)
    assert (len(train.inputs), len(test.inputs)) == (n, most)
    H = kernels.hidden_kernel(RELU).gram(train.inputs)
    price = float(train.labels @ torch.linalg.solve(H, train.labels))
    assert table.column("measure")[0] == pytest.approx(math.sqrt(2 * price / n), rel=1e-4)
    assert table.column("measure_rms")[0] == pytest.approx(math.sqrt(2 * price / n), rel=1e-4)
    trace = float(torch.linalg.inv(H).trace())
    assert table.column("measure_rms")[-1] == pytest.approx(math.sqrt(2 * trace / n), rel=1e-4)
    cross = kernels.hidden_kernel(RELU).gram(test.inputs, train.inputs)
    error = cross @ torch.linalg.solve(H, train.labels) - test.labels
    rms = math.sqrt(float(error.square().mean()))
    assert table.column("error_rms")[0] == pytest.approx(rms, rel=1e-4)
    for row in (0, 5, 10):
        y, truth = (
            gpu_jobs._replaced(place, f"sphere/{name}", labels, gpu_jobs.SHARES[row])
            for name, labels in (("train", train.labels), ("test", test.labels))
        )
        told = trained(train.inputs, y, test.inputs, q, job.tiny, place, H)
        for name, value in zip(("loss", "wrong", "left"), told(truth), strict=True):
            assert table.column(name)[row] == pytest.approx(value, rel=1e-3, abs=1e-6)
    assert table.provenance["operations"] == 2 * 12 * 2 * 11 * n * q * job.tiny["d"]


def trained(
    x: Tensor, y: Tensor, new: Tensor, q: int, sizes: Any, place: Place, H: Tensor
) -> Callable[[Tensor], tuple[float, float, float]]:
    """|u − y|, wrong signs and what is left of a network trained by autograd in float64."""
    gen = place.generator("sphere/start")
    start, a = descent.paired_start(q, x.shape[1], 1.0, generator=gen)
    w = start.clone().requires_grad_()
    eta = 1.5 / float(torch.linalg.eigvalsh(H)[-1])
    for _ in range(sizes["steps"]):
        loss = (y - (x @ w.T).relu() @ a / math.sqrt(q)).square().sum() / 2
        (slope,) = torch.autograd.grad(loss, w)
        w = (w - eta * slope).detach().requires_grad_()
    left = (y - (x @ w.T).relu() @ a / math.sqrt(q)).square().mean().sqrt()
    u = ((new @ w.T).relu() @ a / math.sqrt(q)).detach()
    return lambda truth: (
        float((u - truth).abs().mean()),
        float((u * truth <= 0).double().mean()),
        float(left.detach()),
    )


def test_of_equal_images_one_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    gen = torch.Generator().manual_seed(4)
    images = torch.rand(40, 6, generator=gen, dtype=torch.float64)
    images = torch.cat([images, images[:5]])
    monkeypatch.setattr(datasets, "openml", lambda name: (images, torch.arange(45) % 2))
    place = Place(CPU, 0, tmp_path, "equal")
    train, test = gpu_jobs._two_classes("mnist", place, {"n": 24, "test": 100})
    assert (len(train.inputs), len(test.inputs)) == (24, 16)
    kept = torch.cat([train.inputs, test.inputs])
    assert generalization.degeneracy(kept).duplicates == ()
    row = compute(BY_NAME["gpu_figure_two_mnist"], tmp_path)
    assert row["state"] == "done"


def test_a_device_that_is_too_small_is_told(tmp_path: Path) -> None:
    def full(place: Place, sizes: Any) -> Any:
        raise torch.cuda.OutOfMemoryError("no room")

    row = compute(Job("gpu_full", "tails/sums", "Too much", {}, {}, full), tmp_path)
    assert row["state"] == "not run: the device has not enough memory for it"
