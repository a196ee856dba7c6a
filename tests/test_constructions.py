from __future__ import annotations

import itertools
import math
import random
from collections.abc import Callable
from fractions import Fraction

import pytest
import torch

from memorize import statements
from memorize.constructions import (
    ABSOLUTE,
    RELU,
    SOFTSIGN,
    THRESHOLD,
    Activation,
    Network,
    baum,
    baum_neurons,
    curve,
    dependent,
    dichotomies,
    direction,
    fewest_thresholds,
    gates,
    gates_neurons,
    hyperplane,
    interpolate,
    least_real,
    least_thresholds,
    on_curve,
    rank,
    slabs,
    slabs_neurons,
)

SQUARE = Activation("square", lambda t: t * t, torch.square)
HALF = Fraction(1, 2)


def scattered(seed: int, m: int, d: int) -> list[list[Fraction]]:
    """Points in general position: one set of rows after another is drawn until it is."""
    rng = random.Random(seed)
    while True:
        x = [
            [Fraction(rng.randint(-60, 60), rng.randint(1, 4)) for _ in range(d)] for _ in range(m)
        ]
        if len(set(map(tuple, x))) == m and dependent(x) is None:
            return x


def real_labels(seed: int, m: int) -> list[Fraction]:
    rng = random.Random(seed)
    return [Fraction(rng.randint(-9, 9), rng.randint(1, 3)) for _ in range(m)]


SIZES = [(1, 1), (2, 1), (7, 1), (1, 2), (3, 2), (8, 2), (9, 3), (12, 3), (3, 5)]


def test_a_network_is_its_formula() -> None:
    h = Network(RELU, ((2, -1), (0, 3)), (Fraction(1), Fraction(-4)), (Fraction(5), Fraction(-2)))
    assert h([(1, 1), (0, 2), (-3, 0)]) == (10, -4, 0)
    assert h.hidden([(1, 1), (0, 2)]) == ((2, 0), (0, 2))
    assert (h.size, h.largest) == (2, 10)
    x = torch.tensor([[1.0, 1], [0, 2], [-3, 0]])
    assert h.rounded(x).tolist() == [10, -4, 0]
    assert h.rounded(x).dtype == torch.float32
    none = Network(RELU, (), (), ())
    assert none([(1,)]) == (0,)
    assert none.rounded(torch.ones(2, 1)).tolist() == [0, 0]
    assert (none.size, none.largest) == (0, 0)


@pytest.mark.parametrize(
    ("activation", "values"),
    [
        (RELU, (0, 0, 3)),
        (THRESHOLD, (0, 1, 1)),
        (ABSOLUTE, (2, 0, 3)),
        (SOFTSIGN, (Fraction(-2, 3), 0, Fraction(3, 4))),
    ],
)
def test_activations_are_the_same_on_fractions_and_tensors(activation, values) -> None:
    assert tuple(activation.exact(Fraction(t)) for t in (-2, 0, 3)) == values
    tensor = activation.tensor(torch.tensor([-2.0, 0, 3], dtype=torch.float64))
    assert torch.allclose(tensor, torch.tensor([float(v) for v in values], dtype=torch.float64))


@pytest.mark.parametrize("activation", [RELU, THRESHOLD, ABSOLUTE, SOFTSIGN])
@pytest.mark.parametrize(("m", "d"), [(1, 1), (4, 1), (6, 3)])
def test_as_many_neurons_as_examples_interpolate(activation: Activation, m: int, d: int) -> None:
    x, y = scattered(m, m, d), real_labels(m, m)
    h = interpolate(x, y, activation)
    assert h.size == m
    assert h(x) == tuple(y)


def test_an_activation_that_is_zero_far_out_needs_other_scales() -> None:
    hat = Activation(
        "hat", lambda t: max(1 - abs(t), Fraction(0)), lambda t: (1 - t.abs()).clamp(min=0)
    )
    x, y = [(0,), (3,), (7,)], (2, -1, 5)
    assert interpolate(x, y, hat)(x) == y
    with pytest.raises(ValueError, match="only 2 independent"):
        interpolate(x, y, hat, most=1)


def test_a_polynomial_interpolates_up_to_its_degree_and_not_beyond() -> None:
    x = [(0,), (1,), (5,), (7,)]
    assert interpolate(x[:3], (4, -1, 2), SQUARE)(x[:3]) == (4, -1, 2)
    with pytest.raises(ValueError, match=r"degree at most m - 2 = 2, but .* only 3 independent"):
        interpolate(x, (4, -1, 2, 0), SQUARE, most=50)


@pytest.mark.parametrize(("m", "d"), SIZES)
def test_baum_takes_all_labels_with_the_neurons_that_it_says(m: int, d: int) -> None:
    x, rng = scattered(m, m, d), random.Random(m)
    for y in ([0] * m, [1] * m, *([rng.randint(0, 1) for _ in x] for _ in range(8))):
        h = baum(x, y)
        assert h(x) == tuple(y)
        assert h.size == baum_neurons(sum(y), m, d)


@pytest.mark.parametrize(("m", "d"), SIZES)
@pytest.mark.parametrize(("build", "count"), [(slabs, slabs_neurons), (gates, gates_neurons)])
def test_relus_take_real_labels_with_the_neurons_that_they_say(
    m: int, d: int, build: Callable[..., Network], count: Callable[[int, int], int]
) -> None:
    x = scattered(m, m, d)
    for seed in range(6):
        y = real_labels(seed, m)
        h = build(x, y)
        assert h(x) == tuple(y)
        assert h.size == count(m, d)


def test_the_slab_may_reach_to_the_next_point_and_no_further() -> None:
    x, y = [(0,), (1,), (3,), (4,), (6,)], (1, 0, 1, 0, 0)
    assert baum(x, y, width=Fraction(99, 100))(x) == y
    assert baum(x, y, width=Fraction(101, 100))(x) != y
    assert baum(x, y, width=Fraction(0))(x) != y


@pytest.mark.parametrize("build", [slabs, gates])
def test_the_step_is_the_largest_possible(build: Callable[..., Network]) -> None:
    x, y = scattered(3, 9, 2), real_labels(3, 9)
    assert build(x, y, step=HALF)(x) == tuple(y)
    assert build(x, y, step=Fraction(101, 100))(x) != tuple(y)


@pytest.mark.parametrize("build", [baum, slabs, gates])
def test_float_arithmetic_comes_close(build: Callable[..., Network]) -> None:
    x = scattered(5, 9, 2)
    y = [0, 1, 1, 0, 1, 0, 0, 0, 1]
    tensor = torch.tensor([[float(c) for c in row] for row in x], dtype=torch.float64)
    assert torch.allclose(build(x, y).rounded(tensor), torch.tensor(y, dtype=torch.float64))


def test_floats_and_tensors_count_as_the_fractions_that_they_are() -> None:
    x = torch.tensor([[0.1, 0.2], [0.3, -1.5], [2.0, 0.7]], dtype=torch.float64)
    h = gates(x, [0.1, 0.2, 0.7])
    assert h(x) == (Fraction(0.1), Fraction(0.2), Fraction(0.7))


def test_counts() -> None:
    assert [baum_neurons(n, 10, 3) for n in range(11)] == [0, 2, 2, 2, 4, 4, 4, 2, 2, 2, 1]
    assert [slabs_neurons(m, 3) for m in (1, 3, 4, 6, 7)] == [4, 4, 8, 8, 12]
    assert [gates_neurons(m, 3) for m in (1, 4, 5, 8, 9)] == [2, 2, 4, 4, 6]
    assert [least_thresholds(m, 3) for m in (1, 2, 4, 5, 7, 8)] == [0, 1, 1, 2, 2, 3]
    assert [least_real(m, 4) for m in (1, 4, 5)] == [1, 1, 2]


def test_baum_is_within_one_neuron_of_what_the_worst_points_need() -> None:
    for d in range(1, 9):
        for m in range(2, 60):
            most = max(baum_neurons(n, m, d) for n in range(m + 1))
            assert most - least_thresholds(m, d) in (0, 1)


@pytest.mark.parametrize("d", [1, 2, 3])
def test_on_the_curve_the_changes_count(d: int) -> None:
    for m in range(1, 6):
        assert dependent(curve(m, d)) is None
        for y in itertools.product((0, 1), repeat=m):
            changes = sum(a != b for a, b in itertools.pairwise(y))
            h = on_curve(y, d)
            assert h(curve(m, d)) == y
            assert h.size == (math.ceil(changes / d) if changes else y[0])
            assert fewest_thresholds(y, d) == h.size


def test_dichotomies_of_the_curve() -> None:
    assert set(dichotomies(3, 1)) == {
        *((0, 0, 0), (1, 0, 0), (1, 1, 0), (1, 1, 1), (0, 1, 1), (0, 0, 1))
    }
    for m, d in ((5, 1), (6, 2), (6, 3)):  # Cover's number, for points in general position
        assert len(dichotomies(m, d)) == 2 * sum(math.comb(m - 1, i) for i in range(d + 1))


def test_fewest_thresholds_for_real_labels_is_the_number_of_examples() -> None:
    assert fewest_thresholds((1, 10, 100, 1000), 1) == 4
    assert fewest_thresholds((0, 0, 7), 1) == 1


def test_direction_tells_points_apart() -> None:
    assert direction([(0, 0), (1, 0)]) == (1, 0)
    assert direction([(0, 0), (0, 1)]) == (1, 1)
    assert direction([(0, 0), (0, 1), (1, 0), (-1, 1)]) == (1, 3)


def test_hyperplane_avoids_the_other_points() -> None:
    u, b, gap = hyperplane([(0, 0), (1, 1), (3, 0), (0, 2)], (0, 1))
    distances = [abs(u[0] * p + u[1] * r - b) for p, r in ((3, 0), (0, 2))]
    assert u[0] + u[1] == b == 0
    assert gap == min(distances) > 0
    u, b, gap = hyperplane([(0, 0), (1, 1), (3, 0), (0, 2)], (1,))
    assert u[0] + u[1] == b
    assert gap == min(abs(u[0] * p + u[1] * r - b) for p, r in ((0, 0), (3, 0), (0, 2))) > 0
    assert hyperplane([(1, 2), (3, 4)], (0, 1))[2] == 1


def test_dependent_names_the_fewest_rows() -> None:
    assert dependent([(0, 0), (1, 0), (0, 1), (3, 4)]) is None
    assert dependent([(0, 0), (1, 3), (5, 0), (2, 6), (7, 1)]) == (0, 1, 3)
    assert dependent([(0, 0), (1, 3), (0, 0)]) == (0, 2)
    assert dependent([(1,), (2,), (3,)]) is None


def test_rank() -> None:
    assert rank([(1, 2), (2, 4)]) == 1
    assert rank([(0, 1), (1, 0), (HALF, HALF)]) == 2
    assert rank([(0, 0)]) == 0


X = [(0, 0), (1, 0), (0, 1), (5, 3)]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: gates([], []), "points must be rows of one length"),
        (lambda: gates([(1, 2), (3,)], [0, 0]), "points must be rows of one length"),
        (lambda: gates([(), ()], [0, 0]), "points must be rows of one length"),
        (lambda: gates(X, [0, 1]), "labels must have m = 4 entries, got 2"),
        (lambda: gates([(0, math.nan), (1, 0)], [0, 0]), r"entry \(0, 1\) of points must be"),
        (lambda: gates(X, [0, math.inf, 0, 0]), "label 1 must be a finite"),
        (lambda: gates(X, [0, True, 0, 0]), "label 1 must be a finite"),
        (lambda: slabs([*X, (1, 0)], [1, 2, 3, 4, 2]), "rows 1 and 4 are the same; drop one"),
        (lambda: baum([*X, (1, 0)], [1, 0, 1, 1, 1]), "rows 1 and 4 .* labels 0 and 1: no func"),
        (lambda: interpolate([*X, (0, 0)], [1, 2, 3, 4, 5], RELU), "rows 0 and 4 .* 1 and 5"),
        (lambda: baum(X, [0, 1, -1, 1]), r"label 2 is -1; .* pass \(y \+ 1\)/2"),
        (lambda: on_curve([0, 2], 1), "labels must be 0 or 1"),
        (lambda: baum([(0, 0), (1, 1), (2, 2), (3, 0), (0, 3)], [1, 1, 0, 0, 0]),
         "row 2 lies in the affine hull of rows 0, 1"),
        (lambda: slabs([(0, 0), (1, 1), (2, 2), (3, 0)], [1, 2, 3, 4]),
         "row 2 lies in the affine hull of rows 0, 1"),
        (lambda: gates([(0, 0), (1, 1), (2, 2), (3, 0)], [1, 2, 4, 4]),
         "rows 0, 1, 2 are affinely dependent"),
        (lambda: Network(RELU, ((1, 1),), (0,), (1,)).rounded(torch.ones(2, 3)), "d=2"),
        (lambda: Network(RELU, ((1, 1),), (0,), (1,)).rounded(torch.ones(2)), "points must have"),
        (lambda: interpolate(X, [1, 2, 3, 4], RELU, most=0), "most must be"),
        (lambda: baum_neurons(5, 4, 1), "ones must lie between 0 and m = 4"),
        (lambda: gates_neurons(0, 1), "m must be"),
        (lambda: slabs_neurons(1, 0), "d must be"),
        (lambda: least_thresholds(1, 0), "d must be"),
        (lambda: least_real(3, 0), "parameters must be"),
        (lambda: curve(3, 0), "d must be"),
        (lambda: dichotomies(0, 1), "m must be"),
        (lambda: direction([(1, 2), (1, 2)]), "rows 0 and 1 are the same"),
    ],
)  # fmt: skip
def test_bad_input_is_named(call: Callable[[], object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()


def test_the_calculators_count_as_the_constructions_do() -> None:
    def value(id: str, m: int, d: int) -> float:
        bound = statements.get(id).bound
        assert bound is not None
        return bound.evaluate(m=m, d=d).value

    for m, d in ((2, 1), (7, 2), (20, 3), (1000, 10), (1001, 10), (3, 50)):
        assert value("Y.T2", m, d) == max(baum_neurons(n, m, d) for n in range(m + 1))
        assert value("Y.T3", m, d) == slabs_neurons(m, d)
        assert value("B.T3.gates", m, d) == gates_neurons(m, d)
        assert value("B.T2.sharp", m, d) == least_thresholds(m, d)
        assert value("B.T3.lower", m, d) == least_real(m, d + 1)
