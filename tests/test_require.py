"""Bad input gets an error that names the argument and what was expected."""

import math

import pytest
import torch

from memorize import require


@pytest.mark.parametrize("value", [0, -3, 2.0, True, "4", None])
def test_positive_int_refuses(value):
    with pytest.raises(ValueError, match="draws must be an integer of at least 1"):
        require.positive_int("draws", value)


@pytest.mark.parametrize("value", [math.nan, math.inf, True, "1", None, 1j])
def test_number_refuses(value):
    with pytest.raises(ValueError, match="t must be a finite real number"):
        require.number("t", value)


@pytest.mark.parametrize(
    ("call", "value", "message"),
    [
        (require.positive, 0, "above 0"),
        (require.non_negative, -1e-9, "at least 0"),
        (require.open_unit, 1, r"lie in \(0, 1\)"),
        (require.open_unit, 0, r"lie in \(0, 1\)"),
    ],
)
def test_edges_are_refused(call, value, message):
    with pytest.raises(ValueError, match=f"x must (be )?{message}"):
        call("x", value)


def test_good_numbers_pass_through():
    assert require.positive_int("n", 3) == 3
    assert require.positive("x", 2) == 2.0
    assert require.non_negative("x", 0) == 0.0
    assert require.open_unit("delta", 0.1) == 0.1


def test_at_most_says_why():
    with pytest.raises(ValueError, match="q = 5 must be at most d = 4: rows are orthonormal"):
        require.at_most("q", 5, "d", 4, "rows are orthonormal")
    assert require.at_most("q", 4, "d", 4, "rows are orthonormal") == 4


def test_finite_names_the_entry():
    points = torch.zeros(2, 3)
    points[1, 2] = math.nan
    with pytest.raises(ValueError, match=r"points must be finite, but entry \(1, 2\) is nan"):
        require.finite("points", points)


def test_signs_name_the_entry():
    signs = torch.tensor([1.0, -1.0, 0.5])
    assert require.signs("labels", signs[:2]).shape == (2,)
    with pytest.raises(ValueError, match=r"labels must be \+1 or -1, but entry \(2,\) is 0.5"):
        require.signs("labels", signs)


def test_shape_matches_letters_and_sizes():
    tensor = torch.zeros(4, 3)
    assert require.shape("x", tensor, "n d", d=3) is tensor
    with pytest.raises(ValueError, match=r"x must have shape \(n d=2\), got \(4, 3\)"):
        require.shape("x", tensor, "n d", d=2)
    with pytest.raises(ValueError, match=r"x must have shape \(d d\)"):
        require.shape("x", tensor, "d d")
    with pytest.raises(ValueError, match=r"x must have shape \(n\)"):
        require.shape("x", tensor, "n")
    with pytest.raises(ValueError, match="got list"):
        require.shape("x", [1.0], "n")  # type: ignore[arg-type]


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_on_sphere_refuses_with_the_row(dtype):
    generator = torch.Generator().manual_seed(0)
    points = torch.randn(50, 784, generator=generator, dtype=dtype)
    points /= points.norm(dim=1, keepdim=True)
    assert require.on_sphere("points", points) is points
    points[7] *= 1.001
    with pytest.raises(ValueError, match=r"row 7 has norm 1\.001"):
        require.on_sphere("points", points)
