"""Generalisation by the price: degenerate points, the measure, random labels, leave-one-out."""

from __future__ import annotations

import math
from fractions import Fraction as F
from itertools import combinations, product

import pytest
import torch

from memorize import generalization as ge
from memorize.activations import RELU
from memorize.distance import travel
from memorize.kernels import hidden_kernel
from memorize.learnable import nested_values
from memorize.rademacher import class_bound

KERNEL = hidden_kernel(RELU)


def sphere(m: int, d: int, seed: int = 0) -> torch.Tensor:
    x = torch.randn(m, d, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    return x / x.norm(dim=1, keepdim=True)


def signs(m: int, seed: int = 1) -> torch.Tensor:
    draw = torch.randint(0, 2, (m,), generator=torch.Generator().manual_seed(seed))
    return 2.0 * draw.double() - 1


# Degenerate points


def test_degeneracy_counts_what_the_rank_of_the_gram_matrix_says() -> None:
    base = sphere(4, 3)
    x = torch.cat([base, -base, base[:1], base[:1], -base[1:2], sphere(2, 3, 5)])
    found = ge.degeneracy(x)
    assert found.duplicates == ((0, 8), (0, 9), (5, 10))
    assert found.opposites == ((0, 4), (1, 5), (2, 6), (3, 7))
    assert found.rank == 3
    assert found.nullity == 4
    gram = KERNEL.gram(x)
    assert int((torch.linalg.eigvalsh(gram) < 1e-10).sum()) == found.nullity


def test_orthogonal_antipodal_pairs_do_no_harm() -> None:
    cross = torch.cat([torch.eye(3), -torch.eye(3)]).double()
    found = ge.degeneracy(cross)
    assert (len(found.opposites), found.rank, found.nullity) == (3, 3, 0)
    assert torch.equal(KERNEL.gram(cross), torch.eye(6, dtype=torch.float64) / 2)
    assert torch.equal(ge.labelled_gram(cross, signs(6)), KERNEL.gram(cross))


def test_many_rows_are_compared_in_blocks() -> None:
    x = sphere(ge.ROWS + 40, 6)
    x[ge.ROWS + 3] = x[2]
    x[ge.ROWS + 5] = -x[7]
    x[ge.ROWS + 9] = x[ge.ROWS + 1]
    found = ge.degeneracy(x)
    assert found.duplicates == ((2, ge.ROWS + 3), (ge.ROWS + 1, ge.ROWS + 9))
    assert found.opposites == ((7, ge.ROWS + 5),)
    assert found.nullity == 2


def test_rounding_does_not_hide_an_equal_row() -> None:
    raw = torch.randn(1, 64, generator=torch.Generator().manual_seed(3), dtype=torch.float64)
    both = torch.cat([raw, 7 * raw])
    found = ge.degeneracy(both / both.norm(dim=1, keepdim=True))
    assert found.duplicates == ((0, 1),)
    near = torch.tensor([[1.0, 0.0], [math.cos(1e-9), math.sin(1e-9)]], dtype=torch.float64)
    assert ge.degeneracy(near).nullity == 0


def test_what_is_refused_is_named() -> None:
    x, y = sphere(5, 3), signs(5)
    with pytest.raises(ValueError, match="row 3 has norm 2"):
        ge.labelled_gram(x * torch.tensor([[1.0], [1], [1], [2], [1]]).double(), y)
    twice = torch.cat([x, x[1:2]])
    with pytest.raises(ValueError, match="different labels, but rows 1 and 5 are equal"):
        ge.labelled_gram(twice, torch.cat([y, -y[1:2]]))
    with pytest.raises(ValueError, match=r"must not have equal rows.*\(1, 5\)"):
        ge.labelled_gram(twice, torch.cat([y, y[1:2]]))
    flat = sphere(3, 2)
    with pytest.raises(ValueError, match=r"3 pairs rows \(0, 3\), \(1, 4\), \(2, 5\) have rank 2"):
        ge.labelled_gram(torch.cat([flat, -flat]), signs(6))
    with pytest.raises(ValueError, match="y must have 5 rows"):
        ge.labelled_gram(x, y[:4])
    with pytest.raises(ValueError, match="y must be finite"):
        ge.labelled_gram(x, y / 0)
    singular = KERNEL.gram(twice)
    for run in (ge.complexity, ge.leave_one_out):
        with pytest.raises(ValueError, match="H must be positive definite, but row 5 is"):
            run(singular, torch.cat([y, y[1:2]]))
        with pytest.raises(ValueError, match="y must have 5 rows"):
            run(KERNEL.gram(x), y[:4])


def test_several_labels_a_row_and_long_lists() -> None:
    x = sphere(3, 4)
    with pytest.raises(ValueError, match=r"labels \[0.0, 1.0\] and \[0.0, 2.0\]"):
        ge.labelled_gram(
            torch.cat([x, x[:1]]), torch.tensor([[0.0, 1], [0, 0], [0, 0], [0, 2]]).double()
        )
    with pytest.raises(ValueError, match=r"\(3, 9\) and 2 more are equal"):
        ge.labelled_gram(sphere(6, 3).repeat(2, 1), torch.zeros(12))


def test_an_indefinite_matrix_is_refused() -> None:
    H = torch.tensor([[0.5, 0.6], [0.6, 0.5]], dtype=torch.float64)
    with pytest.raises(ValueError, match="but row 1 is"):
        ge.complexity(H, signs(2))
    close = torch.tensor([[1.0, 0.0], [math.cos(1e-9), math.sin(1e-9)]], dtype=torch.float64)
    assert float(ge.complexity(KERNEL.gram(close), torch.tensor([1.0, -1]).double())) > 1e4


# The measure


def test_the_measure_is_the_root_of_twice_the_price_over_m() -> None:
    x = sphere(12, 4)
    H, y = KERNEL.gram(x), torch.stack([signs(12), signs(12, 2)], 1)
    prices = (y * torch.linalg.solve(H, y)).sum(0)
    assert ge.complexity(H, y).tolist() == pytest.approx((2 * prices / 12).sqrt().tolist())
    assert float(ge.complexity(H, y[:, 1])) == pytest.approx(math.sqrt(2 * prices[1] / 12))
    half = torch.eye(5, dtype=torch.float64) / 2
    assert float(ge.complexity(half, signs(5))) == pytest.approx(2)


def test_kept_pairs_are_counted() -> None:
    for m, k in ((2, 0), (2, 1), (5, 2), (6, 3), (6, 6)):
        sets = list(combinations(range(m), k))
        kept = sum(0 not in chosen and 1 not in chosen for chosen in sets)
        assert ge.kept_pair(m, k) == F(kept, len(sets))
    for m, k in ((1, 0), (0, 0), (4, 5), (4, -1), (4, True)):
        with pytest.raises(ValueError, match="must be"):
            ge.kept_pair(m, k)


def replaced(y: torch.Tensor, chosen: tuple[int, ...]) -> list[torch.Tensor]:
    """All labellings in which the chosen labels are any signs."""
    every = []
    for values in product((-1.0, 1.0), repeat=len(chosen)):
        z = y.clone()
        z[list(chosen)] = torch.tensor(values, dtype=y.dtype)
        every.append(z)
    return every


@pytest.mark.parametrize("k", [0, 2, 5])
def test_a_fixed_number_of_random_labels(k: int) -> None:
    H, y = KERNEL.gram(sphere(5, 3)), signs(5)
    every = [z for chosen in combinations(range(5), k) for z in replaced(y, chosen)]
    squares = ge.complexity(H, torch.stack(every, 1)).square()
    kept = ge.kept_pair(5, k)
    assert float(squares.mean()) == pytest.approx(ge.mixed_square(H, y, kept))
    weights, target = torch.randn(3, 5, dtype=torch.float64), signs(3, 4)
    stays = F(5 - k, 5)
    errors = torch.stack(
        [
            float(stays) * (weights @ z - target).square()
            + float(1 - stays) * ((weights @ z).square() + 1)
            for z in every
        ]
    )
    found = ge.expected_square_error(weights, y, target, kept=kept, stays=stays)
    assert found.tolist() == pytest.approx(errors.mean(0).tolist())


def test_all_labels_random() -> None:
    H = KERNEL.gram(sphere(6, 3))
    trace = float(torch.linalg.inv(H).trace())
    assert ge.mixed_square(H, signs(6), 0) == pytest.approx(2 * trace / 6)
    assert 2 * trace / 6 > 4
    assert ge.mixed_square(torch.eye(3).double() / 2, signs(3), 0.3) == pytest.approx(4)
    with pytest.raises(ValueError, match=r"kept must lie in \[0, 1\]"):
        ge.mixed_square(H, signs(6), 1.5)
    with pytest.raises(ValueError, match=r"y must be \+1 or -1"):
        ge.mixed_square(H, signs(6) * 2, 0.5)
    with pytest.raises(ValueError, match=r"stays must lie in \[0, 1\]"):
        ge.expected_square_error(H, signs(6), signs(6), kept=0, stays=-0.1)
    with pytest.raises(ValueError, match="target must have shape"):
        ge.expected_square_error(H, signs(6), signs(5), kept=0, stays=0)


# Leaving one out


def test_leave_one_out_by_leaving_one_out() -> None:
    x = sphere(9, 4)
    H, y = KERNEL.gram(x), torch.stack([signs(9), torch.arange(9.0).double()], 1)
    found = ge.leave_one_out(H, y)
    for j in range(9):
        rest = [i for i in range(9) if i != j]
        weights = torch.linalg.solve(H[rest][:, rest], H[rest, j])
        assert found[j].tolist() == pytest.approx((y[j] - weights @ y[rest]).tolist())
        without = nested_values(H[rest][:, rest], y[rest])[-1]
        gain = nested_values(H, y)[-1] - without
        inverse = torch.linalg.inv(H)[j, j]
        assert gain.tolist() == pytest.approx((inverse * found[j].square()).tolist())
        assert inverse >= 2
    assert ge.leave_one_out(H, y[:, 0]).tolist() == pytest.approx(found[:, 0].tolist())


# Losses and certificates


def test_the_ramp() -> None:
    u = torch.tensor([-3.0, -0.5, 0, 0.25, 1, 4])
    assert ge.ramp(u, torch.ones(6)).tolist() == [1, 1, 1, 0.75, 0, 0]
    assert ge.ramp(u, -torch.ones(6)).tolist() == [0, 0.5, 1, 1, 1, 1]


def test_the_levels_of_the_grid_fail_with_delta_together() -> None:
    m, delta = 50, 0.2
    chances = [math.exp(-m * ge.grid_level(i, m, delta) ** 2 / 2) for i in range(1, 400)]
    assert sum(chances) == pytest.approx(delta * (1 - 1 / 400))
    for bad in ((0, 5, 0.1), (1, 0, 0.1), (1, 5, 1.0)):
        with pytest.raises(ValueError, match="must"):
            ge.grid_level(*bad)


def test_the_certificate_of_a_network() -> None:
    found = ge.network_certificate(30.0, 200, 0.1, training=0.01, slack=0.6, wide=0.1, kinks=0.02)
    index = math.ceil(math.sqrt(30) + 0.6)
    expected = 0.01 + 2 * (index * 1.1 / 20 + 0.02) + ge.grid_level(index, 200, 0.1)
    assert found.total == pytest.approx(expected)
    assert found.measure == pytest.approx(math.sqrt(60 / 200))
    assert ge.network_certificate(0.0, 8, 0.5).total == pytest.approx(
        2 / 4 + math.sqrt(2 * math.log(4) / 8)
    )
    whole = ge.network_certificate(9.0, 8, 0.5, slack=1.0)  # √9 + 1 is the class 4 itself
    assert whole.total == pytest.approx(2 * 4 / 4 + ge.grid_level(4, 8, 0.5))
    with pytest.raises(ValueError, match="slack must be at least 0"):
        ge.network_certificate(1.0, 8, 0.5, slack=-1.0)


def test_the_certificate_of_a_wide_network_covers_the_other() -> None:
    for price in (0.0, 0.5, 9.0, 20.25, 369.0):
        root = math.sqrt(price)
        slim = ge.network_certificate(
            price, 267, 0.1 / 4, training=1 / math.sqrt(267), slack=1.0,
            wide=1 / (root + 2), kinks=1 / math.sqrt(267),
        )  # fmt: skip
        wide = ge.trained_certificate(price, 267, 0.1)
        assert slim.total <= wide.total + 1e-12
    at_the_edge = ge.trained_certificate(9.0, 100, 0.4)
    assert at_the_edge.remainder == pytest.approx(
        (3 + 3 * math.sqrt(2)) / 10 + math.sqrt(2 * math.log(10 * 5 * 6) / 100)
    )
    assert at_the_edge.measure == pytest.approx(math.sqrt(18 / 100))


@pytest.mark.parametrize("tau", [1e-3, 1.0, 1e9])
@pytest.mark.parametrize(("m", "least"), [(2, 0.5), (267, 0.02), (1000, 0.3)])
def test_the_width_is_that_of_the_lemmas(m: int, least: float, tau: float) -> None:
    """F.L5.3 and F.L5.4 at ε = λ/(4m) and δ/4, as their own chapter computes them."""
    x, delta = m / least, 0.1
    q = ge.enough_neurons(m, least, delta, tau)
    known = {"least": least, "top": m, "norm": math.sqrt(m), "tau": tau}
    way = travel(m, q, **known, price=x, eps=1 / (4 * x), delta=delta / 4)
    assert way.holds
    assert way.total <= math.sqrt(x) + 1
    rich = class_bound(m, q, way.row, math.sqrt(2 * m), tau, delta / 4, rows=q // 2)
    assert rich.linear - 1 <= 1 / (2 + math.sqrt(x))
    assert rich.kinks <= 1 / math.sqrt(m)
    # What the examples fit, by B.linear.deterministic at T = ln m/(ηλ).
    assert math.exp(-math.log(m) * (1 - 1 / (4 * x)) ** 2) * math.sqrt(m) <= 1


def test_enough_neurons() -> None:
    assert ge.enough_neurons(10, 0.5, 0.1, 1e9) == 2 * math.ceil(32 * 8000 * math.log(800))
    assert ge.enough_neurons(10, 0.5, 0.1, 2.0) == 1073 * 20**6 / 4
    widths = [ge.enough_neurons(m, 0.5, 0.1, 1e9) for m in range(1, 20)]
    assert all(q % 2 == 0 for q in widths)  # a paired start has an even number of rows
    with pytest.raises(ValueError, match="least must be at most 1/2"):
        ge.enough_neurons(10, 0.51, 0.1, 1.0)


def test_the_certificates_of_the_interpolants() -> None:
    found = ge.online_certificate(50.0, 100, 0.05)
    assert found.measure == pytest.approx(0.5)
    assert found.remainder == pytest.approx(math.sqrt(math.log(20) / 200))
    assert ge.mistakes_bound(7, 100, 0.05) == pytest.approx(
        (7 + math.log(20)) / (1 - math.exp(-1)) / 100
    )
    with pytest.raises(ValueError, match="mistakes must be a whole number from 0 to 100"):
        ge.mistakes_bound(101, 100, 0.05)
    with pytest.raises(ValueError, match="price must be at least 0"):
        ge.online_certificate(-1.0, 100, 0.05)
