"""The figure of the front page: what a dimension buys.

``python -m memorize.book.hero [FILE]`` draws it into a file (default ``book/assets/hero.png``).
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from matplotlib.figure import Figure

from memorize import require, runtime
from memorize.book import figures

DIMENSIONS, WIDTHS = (4, 16, 64, 256, 1024), (10, 40, 160, 640)
FIXED_DIMENSION, FIXED_WIDTH = 64, 40
CHUNK = 2**22  # normal variables at a time


@dataclass(frozen=True)
class Errors:
    """Root mean square errors at some (d, q), with the ends of a 95 % normal interval."""

    sizes: tuple[tuple[int, int], ...]
    error: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]


def squared_errors(
    d: int, q: int, repetitions: int, rng: torch.Generator, *, one_point: bool = False
) -> torch.Tensor:
    """(f(x) − f_ω(x))² for f(x) = ⟨e₁, x⟩ and q random ReLU features, once a repetition.

    The features are ψ(ω, x) = 1{⟨ω, x⟩ > 0} x with ω standard normal, and f is represented by the
    constant 2e₁. The inputs are uniform on the sphere, or all equal to e₁ if ``one_point``.
    Returns float32 of shape (repetitions,); the errors of one repetition use fresh ω and x.
    """
    for name, size in (("d", d), ("q", q), ("repetitions", repetitions)):
        require.positive_int(name, size)
    errors = []
    for n in runtime.chunks(repetitions, max(1, CHUNK // (q * d))):
        x = torch.zeros(n, d)
        x[:, 0] = 1
        if not one_point:
            x = torch.nn.functional.normalize(torch.randn(n, d, generator=rng), dim=1)
        active = torch.einsum("nqd,nd->nq", torch.randn(n, q, d, generator=rng), x) > 0
        errors.append((x[:, 0] * (2 * active.float().mean(1) - 1)).square())
    return torch.cat(errors)


def measure(
    sizes: Sequence[tuple[int, int]],
    rng: torch.Generator,
    *,
    one_point: bool = False,
    repetitions: int = 1000,
) -> Errors:
    """The error at each (d, q)."""
    rows = []
    for d, q in sizes:
        squares = squared_errors(d, q, repetitions, rng, one_point=one_point)
        mean = squares.mean().item()
        half = 1.96 * squares.std().item() / repetitions**0.5
        rows.append((mean, max(mean - half, 0.0), mean + half))
    error, low, high = (tuple(value**0.5 for value in column) for column in zip(*rows, strict=True))
    return Errors(tuple(sizes), error, low, high)


def draw(rng: torch.Generator) -> Figure:
    """Measure and draw: the error against the dimension and against the width."""
    figure, (left, right) = figures.new(2, height=3.5, sharey=True)
    for ax, axis, sizes in (
        (left, 0, [(d, FIXED_WIDTH) for d in DIMENSIONS]),
        (right, 1, [(FIXED_DIMENSION, q) for q in WIDTHS]),
    ):
        x = [size[axis] for size in sizes]
        spread = measure(sizes, rng)
        single = measure(sizes, rng, one_point=True)
        for scale, series, name in (
            ([2 / q**0.5 for _, q in sizes], "red", r"scalar bound $C\|f\|_k/\sqrt{q}$"),
            ([2 / (q * d) ** 0.5 for d, q in sizes], "ink", r"vector bound $RC\|f\|_k/\sqrt{qd}$"),
            (
                [1 / (q * d) ** 0.5 for d, q in sizes],
                "teal",
                r"exact for uniform inputs, $1/\sqrt{qd}$",
            ),
        ):
            figures.theory(ax, x, scale, series, label=name)
        for found, series, name in (
            (spread, "blue", "uniform inputs"),
            (single, "orange", "all inputs equal"),
        ):
            figures.measured(ax, x, found.error, found.low, found.high, series, label=name)
        ax.set(xscale="log", yscale="log", xticks=x, xticklabels=[str(size) for size in x])
        ax.minorticks_off()
    figures.label(left, "input dimension $d$", "root mean square error", legend=None)
    figures.label(right, "hidden neurons $q$", "", legend=None)
    figures.tag(left, f"$q = {FIXED_WIDTH}$")
    figures.tag(right, f"$d = {FIXED_DIMENSION}$")
    figure.legend(
        *left.get_legend_handles_labels(), loc="outside lower center", ncols=3, handlelength=2.8
    )
    return figure


def main(arguments: list[str] | None = None) -> None:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m memorize.book.hero", description=__doc__)
    parser.add_argument("file", type=Path, nargs="?", default=Path("book", "assets", "hero.png"))
    figures.use_house_style()
    draw(runtime.generator("index/hero")).savefig(parser.parse_args(arguments).file)


if __name__ == "__main__":
    main()
