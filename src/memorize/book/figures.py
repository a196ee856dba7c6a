"""The house style of the figures: one width, one palette, and a handful of helpers.

A series has a name (``ink``, ``blue``, ``red``, ``teal``, ``orange``) and with it a colour, a line
style and a marker, so that a figure still reads in grey and by eyes that do not separate hues: the
lightness of any two colours differs by at least 8 of CIE L*'s 100 steps. Figures have no titles
(the caption says what to see) and lower-case axis labels. The usual cast: what was measured as
points with a band, what is proved as a line, the paper's own bound as a line in ``red``, a
falsified statement in ``orange``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import seaborn as sns
from cycler import cycler
from matplotlib.axes import Axes
from matplotlib.collections import FillBetweenPolyCollection
from matplotlib.container import ErrorbarContainer
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from numpy.typing import ArrayLike, NDArray

from memorize import require

__all__ = [
    "GREY",
    "PALETTE",
    "STYLES",
    "WIDTH",
    "Style",
    "band",
    "guide",
    "label",
    "measured",
    "new",
    "tag",
    "theory",
    "use_house_style",
]

WIDTH = 6.8
"""Width of every figure in inches: the measure of the text, so that type has one size."""

PALETTE = {
    "ink": "#141414",
    "blue": "#1c3788",
    "red": "#a82a48",
    "teal": "#1b8378",
    "orange": "#d08217",
}
"""Names to colours, from dark to light; all have a contrast of at least 3 to 1 on white."""

GREY = "#8a8a8a"
"""For guides that carry no data: the line y = 1, a threshold, an axis through zero."""


@dataclass(frozen=True)
class Style:
    """How one series is drawn."""

    color: str
    linestyle: str | tuple[int, tuple[float, ...]]
    marker: str


STYLES = {
    name: Style(PALETTE[name], linestyle, marker)
    for name, linestyle, marker in (
        ("ink", "-", "o"),
        ("blue", "--", "s"),
        ("red", "-.", "^"),
        ("teal", ":", "D"),
        ("orange", (0, (5, 1, 1, 1, 1, 1)), "v"),
    )
}
"""Names to styles, in the order in which series are drawn."""


def use_house_style() -> None:
    """Set the style for all figures that follow; calling it again changes nothing."""
    sns.set_theme(style="whitegrid", context="paper")
    plt.rcParams.update(
        {
            "axes.edgecolor": "#4a4a4a",
            "axes.grid": True,
            "axes.labelsize": 10,
            "axes.linewidth": 0.7,
            "axes.prop_cycle": _cycle(),
            "axes.spines.right": False,
            "axes.spines.top": False,
            "figure.constrained_layout.use": True,
            "figure.dpi": 96,
            "figure.facecolor": "white",
            "figure.figsize": (WIDTH, 3.4),
            "font.family": "serif",
            "font.serif": ["STIXGeneral", "DejaVu Serif"],
            "font.size": 10,
            "grid.color": "#e3e3e3",
            "grid.linewidth": 0.6,
            "legend.fontsize": 9,
            "legend.frameon": False,
            "lines.linewidth": 1.5,
            "lines.markersize": 4.5,
            "mathtext.fontset": "stix",
            "savefig.dpi": 192,
            "xtick.labelsize": 9,
            "ytick.labelsize": 9,
        }
    )
    _sharp_in_notebooks()


def new(
    columns: int = 1, rows: int = 1, *, height: float | None = None, **subplots: Any
) -> tuple[Figure, list[Axes]]:
    """A figure of the text's width and its panels, row by row.

    ``height`` in inches (default: 3.4 for one column, 2.9 a row for more); ``subplots`` go to
    ``plt.subplots`` (``sharey=True``, …). Raises ``ValueError`` for sizes that are not positive.
    """
    require.positive_int("columns", columns)
    require.positive_int("rows", rows)
    tall = rows * (3.4 if columns == 1 else 2.9) if height is None else height
    size = (WIDTH, require.positive("height", tall))
    figure, grid = plt.subplots(rows, columns, figsize=size, squeeze=False, **subplots)
    return figure, list(grid.flat)


def theory(ax: Axes, x: ArrayLike, y: ArrayLike, series: str = "ink", **line: Any) -> Line2D:
    """What is proved: a line in the style of ``series``; ``line`` goes to ``ax.plot``."""
    style = _style(series)
    options = {"color": style.color, "linestyle": style.linestyle, **line}
    return ax.plot(np.asarray(x), np.asarray(y), **options)[0]


def band(
    ax: Axes, x: ArrayLike, low: ArrayLike, high: ArrayLike, series: str = "blue", **fill: Any
) -> FillBetweenPolyCollection:
    """A confidence band: the region between ``low`` and ``high`` (each of shape n, like ``x``)."""
    below, above = _ordered(low, high)
    options = {"color": _style(series).color, "alpha": 0.22, "linewidth": 0, **fill}
    return ax.fill_between(np.asarray(x), below, above, **options)


def measured(
    ax: Axes,
    x: ArrayLike,
    y: ArrayLike,
    low: ArrayLike | None = None,
    high: ArrayLike | None = None,
    series: str = "blue",
    **points: Any,
) -> ErrorbarContainer:
    """What was measured: a marker at each point, with its confidence interval where given.

    ``x``, ``y``, ``low`` and ``high`` have shape n; ``low ≤ y ≤ high``. Raises ``ValueError`` if
    only one end is given or an estimate lies outside its own interval.
    """
    if (low is None) != (high is None):
        raise ValueError("low and high must be given together")
    centre = np.asarray(y, dtype=float)
    error = None
    if low is not None and high is not None:
        below, above = _ordered(low, high)
        if np.any(centre < below) or np.any(centre > above):
            raise ValueError("y must lie between low and high at every point")
        error = np.stack([centre - below, above - centre])
    style = _style(series)
    options = {"color": style.color, "marker": style.marker, "linestyle": "none", "elinewidth": 1}
    return ax.errorbar(np.asarray(x), centre, yerr=error, **{**options, **points})


def guide(ax: Axes, *, x: float | None = None, y: float | None = None, text: str = "") -> None:
    """A thin grey line at ``x`` (upright) or at ``y`` (level), with ``text`` at its end.

    Raises ``ValueError`` unless exactly one of the two is given.
    """
    if x is not None and y is None:
        ax.axvline(x, color=GREY, linewidth=0.9, zorder=1)
        where, place = (x, 1.0), ax.get_xaxis_transform()
        offset, across, up = (3, -3), "left", "top"
    elif y is not None and x is None:
        ax.axhline(y, color=GREY, linewidth=0.9, zorder=1)
        where, place = (1.0, y), ax.get_yaxis_transform()
        offset, across, up = (-3, 3), "right", "bottom"
    else:
        raise ValueError("give exactly one of x and y")
    if text:
        ax.annotate(
            text,
            where,
            xycoords=place,
            xytext=offset,
            textcoords="offset points",
            ha=across,
            va=up,
            fontsize=8.5,
            color="#555555",
        )


def label(ax: Axes, x: str, y: str, *, legend: str | None = "best") -> None:
    """Name the axes, and show the legend at the place ``legend`` if something is labelled."""
    ax.set_xlabel(x)
    ax.set_ylabel(y)
    if legend is not None and ax.get_legend_handles_labels()[0]:
        place: Any = legend
        ax.legend(loc=place)


def tag(ax: Axes, text: str) -> None:
    """Mark a panel, ``(a)`` or ``d = 64``, above its upper left corner."""
    ax.annotate(
        text,
        (0, 1),
        xycoords="axes fraction",
        xytext=(0, 5),
        textcoords="offset points",
        fontsize=9.5,
    )


def _style(series: str) -> Style:
    if series not in STYLES:
        raise ValueError(f"series must be one of {', '.join(STYLES)}, got {series!r}")
    return STYLES[series]


def _cycle() -> Any:
    styles = STYLES.values()
    return cycler(color=[s.color for s in styles]) + cycler(linestyle=[s.linestyle for s in styles])


def _ordered(low: ArrayLike, high: ArrayLike) -> tuple[NDArray[Any], NDArray[Any]]:
    below, above = np.asarray(low, dtype=float), np.asarray(high, dtype=float)
    if np.any(below > above):
        raise ValueError("low must be at most high at every point")
    return below, above


def _sharp_in_notebooks() -> None:
    """Inside a notebook, draw with two pixels to a point; elsewhere ``savefig.dpi`` does it."""
    from IPython import get_ipython

    if get_ipython() is not None and "inline" in mpl.get_backend():
        from matplotlib_inline.backend_inline import set_matplotlib_formats

        # The layout keeps all within the figure: it need not be drawn once more to be cropped.
        set_matplotlib_formats("retina", bbox_inches=None)  # type: ignore[no-untyped-call]
