"""The jobs of the gpu tier, by chapter: what each computes, at which sizes.

``python -m memorize.gpu`` runs them; see :mod:`memorize.gpu`.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from fractions import Fraction
from functools import partial
from itertools import product

import torch
from torch import Tensor

from memorize import datasets, experiments, matrices, orlicz, phases, runtime
from memorize.activations import ABS, RELU
from memorize.datasets import Data
from memorize.descent import Descent, descend, flips, gaussian_start, outputs, paired_start
from memorize.dynamics import one_step
from memorize.generalization import (
    complexity,
    degeneracy,
    expected_square_error,
    kept_pair,
    mixed_square,
)
from memorize.gpu_work import Job, Place, Sizes, Table, Value, short
from memorize.kernels import hidden_kernel, network_kernel
from memorize.networks import balanced_signs, network, orthonormal_rows, random_signs
from memorize.phase_grids import GRIDS, MEASURED, SIZES, Parameters, recorded_as, summary
from memorize.tails import exceedances

__all__ = ["JOBS"]

POINTS = 60
"""Steps and eigenvalues that are recorded of each curve, evenly spaced in their logarithm."""
FAR = 1e30
"""The most that a component of a curve that grows is multiplied by."""
BLOCKS = 10
"""Draws of a tail come in so many blocks, each with a stream of its own."""
TRIAL = (*MEASURED, "everything")
"""What is kept of a trial."""
SHARES = tuple(Fraction(k, 10) for k in range(11))
"""The shares of random labels in Figure 2 of paper F."""

Panels = dict[tuple[Value, ...], tuple[Tensor, experiments.Draw]]


def psi_norms(place: Place, sizes: Sizes) -> dict[str, Table]:
    """How many draws of four laws reach each threshold."""
    laws: Panels = {
        (name,): (experiments.marks(reach)[:-1], _of_law(name))
        for name, (_, reach) in experiments.PSI_TAILS.items()
    }
    return {"": _counts(place, sizes["draws"], ("law",), laws)}


def gaussian_concentration(place: Place, sizes: Sizes) -> dict[str, Table]:
    """The same for 1-Lipschitz functions of a Gaussian about their means.

    Where no closed form is known, the mean is that of ``sizes["mean"]`` draws.
    """
    at = torch.linspace(0.25, 4.0, 11, dtype=torch.float64)
    panels: Panels = {}
    for name, dimensions in experiments.LIPSCHITZ.items():
        for size in dimensions:
            stream = f"gaussian_concentration/{name}/{size}"
            fixed = place.stream(f"{stream}/rows")
            draw = experiments.lipschitz_function(name, size, fixed)
            centre = experiments.lipschitz_mean(name, size)
            if centre is None:
                gen, count = place.stream(f"{stream}/mean"), sizes["mean"]
                centre = sum(float(draw(gen, n).sum()) for n in runtime.chunks(count, 2**18))
                centre /= count
            panels[name, size] = (at, _centred(draw, centre))
    return {"": _counts(place, sizes["draws"], ("function", "size"), panels)}


def sums(place: Place, sizes: Sizes) -> dict[str, Table]:
    """The same for four sums of independent terms."""
    panels: Panels = {
        (name,): (experiments.marks(reach), draw)
        for name, (reach, draw) in experiments.SUMS.items()
    }
    return {"": _counts(place, sizes["draws"], ("sum",), panels)}


def nets(place: Place, sizes: Sizes) -> dict[str, Table]:
    """Norms of random q × d matrices, q = d and q = 4d, of three laws."""
    rows = [2**k for k in range(4, sizes["d"].bit_length())]
    cells = [
        (law, ratio * d, d, draw)
        for ratio, law, d in product((1, 4), matrices.LAWS, rows)
        for draw in range(experiments.norm_draws(ratio * d))
    ]

    def norm(cell: tuple[str, int, int, int]) -> list[float]:
        law, q, d, _ = cell
        gen = place.stream("nets/" + "/".join(map(str, cell)))
        return matrices.draw_norms(matrices.LAWS[law], gen, 1, q, d).tolist()

    found = place.each("norms", cells, norm)
    table = [[law, q, d, short(x)] for (law, q, d, _), (x,) in zip(cells, found, strict=True)]
    return {"": (("law", "q", "d", "norm"), table)}


def vector_features(place: Place, sizes: Sizes) -> dict[str, Table]:
    """Mean squared errors of three targets by random features, and their standard errors."""
    dimensions = [d for d in (8, 40, 200, 1000) if d <= sizes["d"]]
    widths = [q for q in (10, 40, 160, 640, 2560) if q <= sizes["q"]]
    cells = list(product(experiments.FEATURES, dimensions, widths))

    def errors(cell: tuple[str, int, int]) -> tuple[float, float]:
        gen = place.stream("vector_features/" + "/".join(map(str, cell)))
        found = experiments.feature_errors(*cell, gen, replicas=sizes["replicas"])
        return float(found.mean()), float(found.std()) / math.sqrt(len(found))

    table: list[list[Value]] = [
        [*cell, sizes["replicas"], *map(short, found)]
        for cell, found in zip(cells, place.each("errors", cells, errors), strict=True)
    ]
    return {"": (("target", "d", "q", "replicas", "error", "standard_error"), table)}


def initial_outputs(place: Place, sizes: Sizes) -> dict[str, Table]:
    """The largest of d² outputs before the first step, and the tail of one output at q = 64."""
    cells = [(2**k, r) for k in range(4, sizes["d"].bit_length()) for r in range(3)]

    def largest(cell: tuple[int, int]) -> list[float]:
        gen = place.stream(f"initial_outputs/largest/{cell[0]}/{cell[1]}")
        chunk = None if place.device.type == "cpu" else 2**28 // cell[0]
        return [experiments.largest_output(cell[0], gen, chunk=chunk)]

    found = place.each("largest", cells, largest)
    gen = place.stream("initial_outputs/rows")
    draw = experiments.first_output(
        orthonormal_rows(64, 64, generator=gen), balanced_signs(64, device=place.device)
    )
    one: Panels = {(64,): (experiments.marks(3.6, 9), draw)}
    table = [[*cell, short(x)] for cell, (x,) in zip(cells, found, strict=True)]
    return {
        "": (("d", "replica", "largest"), table),
        "_tail": _counts(place, sizes["draws"], ("q",), one),
    }


def sweep(name: str, place: Place, sizes: Sizes) -> dict[str, Table]:
    """The gpu grid of a sweep of one_step/memorization, cell by cell, summed up."""
    cells = [
        cell
        for cell in GRIDS[name]("gpu")
        if all(int(cell[size]) <= sizes[size] for size in (*SIZES, "replica"))
    ]
    if any("digits" in str(cell["inputs"]) for cell in cells):
        datasets.digits()  # where they are not there, it is said before the hours of the others

    def trial(cell: Parameters) -> list[float]:
        with place.meter.products(6.0 * math.prod(float(cell[size]) for size in SIZES)):
            found = phases.trial(**cell, device=str(place.device), seed=place.seed)  # type: ignore[arg-type]
        return [found[name] for name in TRIAL]

    rows = [
        {**cell, **dict(zip(TRIAL, found, strict=True))}
        for cell, found in zip(cells, place.each("cells", cells, trial), strict=True)
    ]
    return {"": summary(rows)}


def memorization_step(place: Place, sizes: Sizes) -> dict[str, Table]:
    """One gradient step of paper G from orthonormal rows, at several loads: who is memorized."""
    d, q = sizes["d"], sizes["q"]
    level = math.log(d)
    gen = place.stream("step/weights")
    weights = orthonormal_rows(q, d, generator=gen, dtype=torch.float32)
    signs = balanced_signs(q, dtype=torch.float32, device=place.device)
    rows: list[list[Value]] = []
    for m in (sizes["m"] // 8, sizes["m"]):
        gen = place.stream(f"step/{m}")
        inputs = torch.randn(m, d, generator=gen, device=place.device)
        labels = random_signs(m, generator=gen, dtype=torch.float32)
        rate = m * level / d
        with place.meter.products(2 * 2 * m * q * d):
            step = one_step(inputs, labels, weights, signs, ABS, level=level, rate=rate)
        margins = labels * network(inputs, step.weights, signs, ABS)
        memorized = int((margins > 0).sum())
        least, mean = float(margins.min()) / level, float(margins.mean()) / level
        rows.append([d, q, m, step.active, memorized, short(least), short(mean)])
    return {"": (("d", "q", "m", "active", "memorized", "least", "mean"), rows)}


def figure_one(source: str, place: Place, sizes: Sizes) -> dict[str, Table]:
    """Figure 1 of paper F: descent on true, random and worst-case labels, and the spectrum of H.

    ‖y − ŷ^{(t)}‖/‖y‖ beside ‖(I − ηH)^t y‖/‖y‖, from the paper's start, κ = 0.01, at the paper's
    step η = 10⁻³ (no component is multiplied by more than ``FAR``), and from the paired start with
    κ = 1 at η = 1/λ_1. At the end of each run, the share of the activations that have changed, that
    of the neurons that are off at all examples, and the largest eigenvalue of the network's own
    Gram matrix. H and its eigenvalues in double precision.
    """
    n, q = sizes["n"], sizes["q"]
    data, _ = _two_classes(source, place, sizes)
    inputs = data.inputs
    values, vectors = torch.linalg.eigh(hidden_kernel(RELU).gram(inputs))
    values, vectors = values.flip(0), vectors.flip(1)
    noise = random_signs(n, generator=place.generator(f"{source}/labels"), device=place.device)
    labels = torch.stack([data.labels, noise, math.sqrt(n) * vectors[:, -1]])
    shares = labels @ vectors / math.sqrt(n)
    shares[2, :-1] = 0  # but for rounding, which a step beyond 2/λ_1 would magnify
    x, y = inputs.float(), labels.float()
    curves: list[list[Value]] = []
    ends: list[list[Value]] = []
    times = _spaced(sizes["steps"])
    for start, make, tau, eta in (
        ("paired", paired_start, 1.0, 1 / float(values[0])),
        ("paper", gaussian_start, 0.01, 1e-3),
    ):
        gen = place.generator(f"{source}/{start}")
        w, a = make(q, x.shape[1], tau, generator=gen, device=place.device, dtype=torch.float32)
        state = _descended(place, sizes, start, x, y, w, a, eta)
        found = (2 * state.losses).sqrt() / y.norm(dim=1)
        changed = flips(x, w, state.weights).double().mean(1) / q
        for k, name in enumerate(("true", "random", "worst")):
            end = state.weights[k]
            told = float(changed[k]), _dead(x, end), _largest(x, end)
            ends.append([start, name, short(eta), state.step, *map(short, told)])
            for t in times:
                linear = short(_linear(values, shares[k], eta, t))
                curves.append([start, name, t, short(float(found[t, k])), linear])
    spectrum: list[list[Value]] = [
        [i, *(short(float(v)) for v in (values[i - 1], *shares[:2, i - 1].abs()))]
        for i in _spaced(n)
        if i > 0
    ]
    return {
        "": (("start", "labels", "step", "residual", "linear"), curves),
        "_ends": (("start", "labels", "eta", "steps", "changed", "dead", "largest"), ends),
        "_spectrum": (("index", "eigenvalue", "true", "random"), spectrum),
    }


def figure_two(source: str, place: Place, sizes: Sizes) -> dict[str, Table]:
    """Figure 2 of paper F: the measure (10) and the test loss as labels become random.

    For each share of random labels: ``measure``, (10) for one draw of them, and ``measure_rms``,
    its exact root mean square; ``loss`` and ``wrong``, the mean of |u − y| and the share of wrong
    signs at the test points of a network trained from the paired start with κ = 1 at η = 1.5/λ_1;
    ``left``, the root mean square of what it leaves on the examples; ``error_rms``, the exact root
    mean square of the interpolant's test error. All networks are trained at once. H and what comes
    from it in double precision.
    """
    q = sizes["q"]
    train, test = _two_classes(source, place, sizes)
    n, d = train.inputs.shape
    kernel = hidden_kernel(RELU)
    H = kernel.gram(train.inputs)
    weights = torch.linalg.solve(H, kernel.gram(train.inputs, test.inputs)).T
    labels, truth = (
        torch.stack([_replaced(place, f"{source}/{name}", y, share) for share in SHARES])
        for name, y in (("train", train.labels), ("test", test.labels))
    )
    gen = place.generator(f"{source}/start")
    w, a = paired_start(q, d, 1.0, generator=gen, device=place.device, dtype=torch.float32)
    eta = 1.5 / float(torch.linalg.eigvalsh(H)[-1])
    state = _descended(place, sizes, "networks", train.inputs.float(), labels.float(), w, a, eta)
    found = outputs(test.inputs.float(), state.weights, a).double()
    rows: list[list[Value]] = []
    for k, share in enumerate(SHARES):
        replaced = round(share * n)
        kept, stays = kept_pair(n, replaced), Fraction(n - replaced, n)
        error = expected_square_error(weights, train.labels, test.labels, kept=kept, stays=stays)
        numbers = (
            complexity(H, labels[k]),
            math.sqrt(mixed_square(H, train.labels, kept)),
            (found[k] - truth[k]).abs().mean(),
            (found[k] * truth[k] <= 0).double().mean(),
            (2 * state.losses[-1, k] / n).sqrt(),
            error.mean().sqrt(),
        )
        rows.append([float(share), replaced, *(short(float(x)) for x in numbers)])
    columns = ("share", "replaced", "measure", "measure_rms", "loss", "wrong", "left", "error_rms")
    return {"": (columns, rows)}


def _jobs() -> Iterator[Job]:
    draws, few = 10**8, {"draws": 20_000}
    yield Job(
        "gpu_psi_norms",
        "tails/psi_norms",
        f"Tails of four laws, {draws:,} draws each",
        {"draws": draws},
        few,
        psi_norms,
    )
    yield Job(
        "gpu_gaussian_concentration",
        "tails/gaussian_concentration",
        f"Tails of Lipschitz functions, {draws:,} draws each",
        {"draws": draws, "mean": 10**7},
        {**few, "mean": 20_000},
        gaussian_concentration,
    )
    yield Job(
        "gpu_sums",
        "tails/sums",
        f"Tails of four sums, {draws:,} draws each",
        {"draws": draws},
        few,
        sums,
    )
    yield Job(
        "gpu_nets",
        "tails/nets",
        "Norms of random matrices, up to 16,384 × 4,096",
        {"d": 4096},
        {"d": 32},
        nets,
    )
    yield Job(
        "gpu_vector_features",
        "kernels/vector_features",
        "Errors of random features, up to d = 1,000, q = 2,560",
        {"d": 1000, "q": 2560, "replicas": 30},
        {"d": 8, "q": 40, "replicas": 30},
        vector_features,
    )
    yield Job(
        "gpu_initial_outputs",
        "one_step/initial_outputs",
        "Largest outputs before the first step, up to d = q = 2,048",
        {"d": 2048, "draws": draws},
        {"d": 32, **few},
        initial_outputs,
    )
    yield Job(
        "gpu_step",
        "one_step/memorization",
        "One gradient step, d = q = 8,192",
        {"d": 8192, "q": 8192, "m": 65_536},
        {"d": 16, "q": 8, "m": 64},
        memorization_step,
        asked=0.85,
    )
    large = {"n": 10_000, "q": 10_000, "steps": 2000, "part": 200}
    little = {"n": 24, "q": 32, "steps": 12, "part": 5}
    for source, said in (("mnist", "MNIST"), ("cifar", "CIFAR-10"), ("sphere", "the sphere")):
        d = {"d": 784} if source == "sphere" else {}
        tiny_d = {"d": 6} if source == "sphere" else {}
        yield Job(
            f"gpu_figure_one_{source}",
            "fine_grained/linear_dynamics",
            f"Figure 1 on {said}, n = q = 10,000",
            {**large, **d},
            {**little, **tiny_d},
            partial(figure_one, source),
            asked=0.8,
        )
        yield Job(
            f"gpu_figure_two_{source}",
            "fine_grained/generalization",
            f"Figure 2 on {said}, n = q = 10,000",
            {**large, **d, "test": 2000},
            {**little, **tiny_d, "test": 10},
            partial(figure_two, source),
        )
    # The sweeps take longest, so they come last.
    at_most = {"d": 8192, "q": 8192, "m": 10**9, "replica": 99}
    small = {"d": 64, "q": 64, "m": 24, "replica": 1}
    for name, largest, tiny in (
        ("collapse", 8192, small),
        ("transition", 8192, {**small, "d": 32, "m": 100}),
        ("activations", 1024, {**small, "d": 1024}),
        ("robustness", 1024, small),
    ):
        yield Job(
            recorded_as(name, "gpu"),
            "one_step/memorization",
            f"Sweep: {name}, up to d = {largest:,}",
            at_most,
            tiny,
            partial(sweep, name),
        )


JOBS = tuple(_jobs())


def _of_law(name: str) -> experiments.Draw:
    return lambda generator, n: orlicz.LAWS[name].draw(n, generator)


def _centred(draw: experiments.Draw, centre: float) -> experiments.Draw:
    return lambda generator, n: draw(generator, n) - centre


def _counts(place: Place, draws: int, columns: Sequence[str], panels: Panels) -> Table:
    """How many draws of each panel reach each of its thresholds; all have as many thresholds."""
    cells = list(product(panels, range(BLOCKS)))
    chunk = 2**16 if place.device.type == "cpu" else 2**18

    def counted(cell: tuple[tuple[Value, ...], int]) -> list[float]:
        (at, draw), name = panels[cell[0]], "/".join(map(str, cell[0]))
        gen = place.stream(f"counts/{name}/{cell[1]}")
        found = exceedances(lambda n, g: draw(g, n), at, draws // BLOCKS, gen, chunk=chunk)
        return [float(count) for count in found]

    found = torch.tensor(place.each("counts", cells, counted), dtype=torch.float64)
    whole = found.reshape(len(panels), BLOCKS, -1).sum(1)
    table: list[list[Value]] = [
        [*setting, round(float(t), 9), int(count), draws // BLOCKS * BLOCKS]
        for (setting, (at, _)), counts in zip(panels.items(), whole, strict=True)
        for t, count in zip(at, counts, strict=True)
    ]
    return (*columns, "threshold", "count", "draws"), table


def _descended(
    place: Place,
    sizes: Sizes,
    name: str,
    inputs: Tensor,
    labels: Tensor,
    start: Tensor,
    signs: Tensor,
    eta: float,
) -> Descent:
    """``sizes["steps"]`` steps of descent, kept under ``name`` after each ``sizes["part"]``."""
    steps, part = sizes["steps"], sizes["part"]
    kept = place.load(name)
    state = Descent.of(kept) if kept else None
    for end in [*range(part, steps, part), steps]:
        made = end - (0 if state is None else state.step)
        if made <= 0:
            continue
        with place.meter.products(2 * made * 2 * labels.shape[0] * inputs.numel() * len(signs)):
            state = descend(
                inputs, labels, start, signs, eta=eta, steps=end, every=steps, state=state
            )
        place.save(name, state.tensors())
    assert state is not None
    return state


def _linear(values: Tensor, shares: Tensor, eta: float, t: int) -> float:
    """‖(I − ηH)^t y‖ from the components of y."""
    return float(((1 - eta * values).abs().pow(t).clamp(max=FAR) * shares).norm())


def _dead(x: Tensor, weights: Tensor) -> float:
    """The share of the neurons that are off at all rows of x."""
    tops = [(block @ weights.T).amax(0) for block in torch.split(x, 1000)]
    return float((torch.stack(tops).amax(0) <= 0).double().mean())


def _largest(x: Tensor, weights: Tensor) -> float:
    """λ_1 of the Gram matrix of the gradients, the part of the hidden weights, where a_i² = 1."""
    gram = network_kernel(RELU, weights, torch.ones_like(weights[:, 0]), x, B=1.0).hidden
    ones = torch.ones_like(gram[:, :1])  # no entry is negative where inputs are not: nearly v_1
    return float(torch.lobpcg(gram, X=ones, niter=200)[0])


def _replaced(place: Place, name: str, labels: Tensor, share: Fraction) -> Tensor:
    """The labels, a share of them replaced by random signs; of a larger share, the same ones."""
    count = round(share * len(labels))
    return datasets.corrupted_subset(labels, count, generator=place.generator(f"{name}/labels"))


def _two_classes(source: str, place: Place, sizes: Sizes) -> tuple[Data, Data]:
    """n examples of the first two classes, +1 for the first, and what is left for testing.

    Or points of the sphere. Of equal images one is kept: H would be singular. At most
    ``sizes["test"]`` are for testing.
    """
    gen, n, most = place.generator(f"{source}/data"), sizes["n"], sizes.get("test", 1)
    if source == "sphere":
        data = datasets.halfspace(n + most, sizes["d"], gen)
    else:
        data = datasets.pair(*datasets.openml(source), 0, 1)
    data = Data(*(t.to(place.device) for t in data))
    kept = torch.ones(len(data.labels), dtype=torch.bool, device=place.device)
    kept[[j for _, j in degeneracy(data.inputs).duplicates]] = False
    data = Data(*(t[kept] for t in data))
    return datasets.split(data, n, min(most, len(data.labels) - n), generator=gen)


def _spaced(last: int) -> list[int]:
    """0, and whole numbers from 1 to ``last``, about evenly spaced in their logarithm."""
    return [0, *sorted({round(last ** (k / POINTS)) for k in range(POINTS + 1)})]
