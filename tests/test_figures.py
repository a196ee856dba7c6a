"""The house style: what it promises of its colours, and what its helpers refuse."""

from __future__ import annotations

import itertools

import matplotlib
import matplotlib.pyplot as plt
import numpy as np
import pytest
from numpy.typing import NDArray

matplotlib.use("agg")

from memorize import runtime
from memorize.book import figures, hero

RGB_TO_XYZ = np.array(
    [[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]
)
# Machado, Oliveira and Fernandes (2009), full severity: linear RGB as such an eye sees it.
EYES = {
    "usual": np.eye(3),
    "protanopia": np.array(
        [[0.1523, 1.0526, -0.2049], [0.1145, 0.7863, 0.0992], [-0.0039, -0.0481, 1.0520]]
    ),
    "deuteranopia": np.array(
        [[0.3673, 0.8606, -0.2280], [0.2801, 0.6725, 0.0474], [-0.0118, 0.0429, 0.9689]]
    ),
    "tritanopia": np.array(
        [[1.2555, -0.0767, -0.1788], [-0.0784, 0.9308, 0.1476], [0.0047, 0.6914, 0.3039]]
    ),
}


@pytest.fixture(autouse=True)
def _fresh_figures():
    figures.use_house_style()
    yield
    plt.close("all")


def linear(colour: str) -> NDArray[np.float64]:
    """Linear RGB of an sRGB colour ``#rrggbb``."""
    c = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    return np.where(c <= 0.04045, c / 12.92, ((c + 0.055) / 1.055) ** 2.4)


def luminance(colour: str) -> float:
    return float(RGB_TO_XYZ[1] @ linear(colour))


def lab(rgb: NDArray[np.float64]) -> NDArray[np.float64]:
    """CIE L*a*b* under D65 of linear RGB."""
    xyz = RGB_TO_XYZ @ np.clip(rgb, 0, 1) / np.array([0.9505, 1.0, 1.089])
    f = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


def test_lightness_rises_through_the_palette() -> None:
    lightness = [lab(linear(colour))[0] for colour in figures.PALETTE.values()]
    assert np.diff(lightness).min() >= 8


def test_every_colour_stands_out_from_white() -> None:
    assert min(1.05 / (luminance(c) + 0.05) for c in figures.PALETTE.values()) >= 3


@pytest.mark.parametrize("eye", EYES)
def test_colours_differ_to_every_eye(eye: str) -> None:
    seen = [lab(EYES[eye] @ linear(colour)) for colour in figures.PALETTE.values()]
    assert min(np.linalg.norm(a - b) for a, b in itertools.combinations(seen, 2)) >= 15


def test_series_differ_in_line_and_marker() -> None:
    styles = figures.STYLES.values()
    assert list(figures.STYLES) == list(figures.PALETTE)
    assert len({str(s.linestyle) for s in styles}) == len({s.marker for s in styles}) == len(styles)


def test_style_is_idempotent() -> None:
    once = dict(plt.rcParams)
    figures.use_house_style()
    assert {name: str(value) for name, value in plt.rcParams.items()} == {
        name: str(value) for name, value in once.items()
    }


def test_panels_come_row_by_row_at_the_text_width() -> None:
    figure, panels = figures.new(2, 3)
    assert len(panels) == 6
    assert figure.get_size_inches()[0] == figures.WIDTH
    assert [ax.get_subplotspec().rowspan.start for ax in panels] == [0, 0, 1, 1, 2, 2]


def test_helpers_draw_in_the_style_of_their_series() -> None:
    figure, (ax,) = figures.new()
    x = np.array([1.0, 2.0, 3.0])
    line = figures.theory(ax, x, x, "teal", label="theory")
    area = figures.band(ax, x, x - 1, x + 1, "red")
    points = figures.measured(ax, x, x, x - 0.5, x + 0.25, "blue", label="measured")
    figures.guide(ax, y=1.0, text="vacuous above")
    figures.guide(ax, x=2.0)
    figures.label(ax, "dimension $d$", "error")
    figures.tag(ax, "(a)")
    figure.canvas.draw()
    assert line.get_color() == figures.PALETTE["teal"]
    assert matplotlib.colors.same_color(area.get_facecolor()[0][:3], figures.PALETTE["red"])
    ends = points.lines[2][0].get_segments()
    np.testing.assert_allclose(ends[1], [[2, 1.5], [2, 2.25]])
    assert ax.get_title() == ""
    assert ax.get_legend() is not None


def test_no_empty_legend() -> None:
    _, (ax,) = figures.new()
    figures.label(ax, "x", "y")
    assert ax.get_legend() is None


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda ax: figures.theory(ax, [1], [1], "green"), "series must be one of ink"),
        (lambda ax: figures.band(ax, [1], [2], [1]), "low must be at most high"),
        (lambda ax: figures.measured(ax, [1], [1], low=[0]), "given together"),
        (lambda ax: figures.measured(ax, [1], [3], [0], [2]), "between low and high"),
        (lambda ax: figures.guide(ax), "exactly one of x and y"),
        (lambda ax: figures.guide(ax, x=1, y=1), "exactly one of x and y"),
        (lambda ax: figures.new(0), "columns must be an integer"),
        (lambda ax: figures.new(height=-1), "height must be above 0"),
    ],
)
def test_bad_input_is_named(call, message: str) -> None:
    _, (ax,) = figures.new()
    with pytest.raises(ValueError, match=message):
        call(ax)


@pytest.mark.parametrize(("one_point", "scale"), [(False, 1 / 12), (True, 1.0)])
def test_hero_follows_its_exact_law(one_point: bool, scale: float) -> None:
    rng = runtime.generator("test/hero", seed=1)
    squares = hero.squared_errors(12, 5, 40_000, rng, one_point=one_point)
    error = squares.std().item() / 200
    assert abs(squares.mean().item() - scale / 5) < 5 * error
    assert error < 0.02 * scale / 5


def test_hero_names_bad_sizes() -> None:
    with pytest.raises(ValueError, match="q must be an integer"):
        hero.squared_errors(3, 0, 10, runtime.generator("test/hero"))


def test_hero_draws_a_file(tmp_path) -> None:
    hero.main([str(tmp_path / "hero.png")])
    width = plt.imread(tmp_path / "hero.png").shape[1]
    assert width == pytest.approx(192 * figures.WIDTH, abs=2)
