"""Values of Part IV's library that its other tests leave loose: edges, laws, uneven examples."""

from __future__ import annotations

import math
from fractions import Fraction

import pytest
import torch

from memorize import constructions, interpolation, lazy, regret, runtime, sgd
from memorize.activations import RELU, TANH
from memorize.losses import HINGE, LOGISTIC, SQUARED

# Stochastic gradient descent


def test_the_rows_at_the_start_are_standard_gaussians() -> None:
    """Means of g², g⁴ and 1{|g| < 1}, within six standard deviations, for 400 000 entries."""
    g = sgd.xavier_rows(400, 500, "test/law", [3, 8]).flatten()
    inside = math.erf(1 / math.sqrt(2))
    for found, mean, variance in (
        (g**2, 1.0, 2.0),
        (g**4, 3.0, 96.0),
        ((g.abs() < 1).double(), inside, inside * (1 - inside)),
    ):
        assert abs(float(found.mean()) - mean) < 6 * math.sqrt(variance / len(g))


def test_examples_of_a_set_are_drawn_with_replacement() -> None:
    """Of four draws from four all differ with probability 4!/4⁴ = 3/32."""
    inputs = torch.arange(4, dtype=torch.float64)[:, None]
    x, _ = sgd.from_set(inputs, inputs[:, 0])(runtime.generator("test/replacement"), 40_000)
    groups = x.reshape(-1, 4).sort(1).values
    share = float((groups.diff(dim=1) > 0).all(1).double().mean())
    assert abs(share - 3 / 32) < 6 * math.sqrt(3 / 32 * 29 / 32 / 10_000)


def test_a_stream_reads_its_blocks_in_order_and_each_anew() -> None:
    drawn: list[torch.Tensor] = []

    def sample(generator: torch.Generator, n: int) -> tuple[torch.Tensor, torch.Tensor]:
        drawn.append(torch.randn(n, 1, generator=generator, dtype=torch.float64))
        return drawn[-1], torch.ones(n, dtype=torch.float64)

    stream = sgd.Stream(sample, batch=2, name="test/blocks", block=3)
    read = torch.cat([stream(t)[0] for t in range(1, 7)])
    assert torch.equal(read, torch.cat(drawn))
    assert len(drawn) == 2
    assert not (drawn[0] == drawn[1]).any()


def test_an_infinite_loss_stops_a_run() -> None:
    rows = sgd.xavier_rows(2, 3, "test/infinite", [0])
    x, y = torch.ones(1, 3, dtype=torch.float64), torch.full((1,), 1e200, dtype=torch.float64)
    with pytest.raises(sgd.Diverged, match=r"the loss at step 1 is inf with eta = 0\.1") as caught:
        sgd.train(sgd.Network(TANH, rows), SQUARED, lambda t: (x, y), eta=0.1, steps=2)
    assert (caught.value.run, caught.value.step, caught.value.value) == (0, 1, math.inf)


def test_both_layers_move_from_the_same_weights() -> None:
    """One ReLU pair with w = 2, B = 3, x = 1, y = 1, hinge loss, η = 1/2: w + ηB, then a + ηw."""
    rows, one = torch.full((1, 1, 1), 2.0), torch.ones(1, 1)
    model = sgd.Network(RELU, rows, 3.0, train_outputs=True)
    w, a = sgd.train(model, HINGE, lambda t: (one, one[0]), eta=0.5, steps=1).weights
    assert w.flatten().tolist() == [3.5, 0.5]
    assert a.tolist() == [[4.0, -2.0]]


def test_predictions_do_not_depend_on_the_chunks() -> None:
    model = sgd.Features.random(RELU, sgd.xavier_rows(3, 4, "test/chunks", range(2)))
    weights = (sgd.xavier_rows(3, 4, "test/chunks/weights", range(2)),)
    x = sgd.xavier_rows(7, 4, "test/chunks/inputs", [0])[0]
    whole = sgd.predict(model, weights, x)
    assert whole.shape == (2, 7)
    torch.testing.assert_close(sgd.predict(model, weights, x, chunk=3), whole)
    k, j = 1, 5
    inside = model.rows[k] @ x[j]
    by_hand = ((inside > 0) * (weights[0][k] @ x[j])).sum() / math.sqrt(3)
    assert float(whole[k, j]) == pytest.approx(float(by_hand))


def test_equal_numbers_give_equal_rows() -> None:
    rows = sgd.xavier_rows(3, 2, "test/shape", [5, 5, 6], dtype=torch.float32)
    assert rows.shape == (3, 3, 2)
    assert rows.dtype == torch.float32
    assert torch.equal(rows[0], rows[1])
    assert not torch.equal(rows[0], rows[2])


# The lazy limit


def test_chi_may_be_one_and_no_more() -> None:
    assert lazy.Training(pairs=4, eta=0.25, steps=1, smoothness=1.0, bend=1.0).chi == 1
    with pytest.raises(ValueError, match=r"must be at most 1, got 1\.04"):
        _ = lazy.Training(pairs=4, eta=0.26, steps=1, smoothness=1.0, bend=1.0).chi


def test_a_kink_belongs_to_the_piece_on_its_left() -> None:
    def seen(before: float, after: float) -> bool:
        was, now = (torch.full((1, 1, 1), t, dtype=torch.float64) for t in (before, after))
        x = torch.ones(1, 1, 1, dtype=torch.float64)
        return bool(lazy.crossed((0.5,), was, now, x))

    assert [seen(*ends) for ends in ((0.5, 0.6), (0.6, 0.5), (0.5, 0.4), (0.4, 0.5))] == [
        *(True, True, False, False),
    ]


def test_pairs_integrate_the_slope() -> None:
    """h = B(tanh(c + P/B) − tanh(c − P/B)) for one pair with x = 1, also at a small B."""
    B = torch.tensor([0.7, 3.0], dtype=torch.float64)
    rows, p, z = (torch.full((2, 1, 1), t, dtype=torch.float64) for t in (0.4, 0.9, -0.3))
    x = torch.ones(1, 1, dtype=torch.float64)
    found = sgd.predict(lazy.Pairs(TANH, rows, B), (p, z), x)[:, 0]
    c = 0.4 - 0.3 / B**2
    expected = B * (torch.tanh(c + 0.9 / B) - torch.tanh(c - 0.9 / B))
    torch.testing.assert_close(found, expected, rtol=1e-6, atol=0)


# Losses and their prices


def test_the_logistic_loss_far_out() -> None:
    at = torch.tensor([-30.0, -3.0, 3.0, 30.0], dtype=torch.float64)
    found = LOGISTIC.value(at, torch.ones_like(at)).tolist()
    assert found == pytest.approx([math.log1p(math.exp(-t)) for t in at.tolist()], rel=1e-13)


def test_prices_of_descent_at_uneven_numbers() -> None:
    assert regret.feature_step_size(0.3, 11) == pytest.approx(6.6)
    first, second = regret.convergence(3.0, 0.5, 0.7, 0.125, 50)
    assert (first, second) == (pytest.approx(0.72), pytest.approx(0.0153125))
    with pytest.raises(ValueError, match="kappa must be at most"):
        regret.excess(4, 1, 1, 1.0, M=1, C=2, kappa=4.01)
    with pytest.raises(ValueError, match="R must lie between 1 and"):
        regret.excess(4, 1, 1, 1.0, M=1, C=1, R=2.01)
    assert regret.excess(4, 1, 1, 1.0, M=1, C=2, R=2.0, kappa=4.0).features == 2
    one = regret.output_scale(0.1, 1, M=3.0, L=0.7, C=1.5)
    assert one == pytest.approx(94.5 * math.sqrt(2 / math.pi))
    assert regret.output_scale(0.1, 3, M=3.0, L=0.7, C=1.5, batch=2) == pytest.approx(9 * one)


# Interpolation


def test_the_certificate_takes_the_worst_row() -> None:
    """At (e₁, e₂, (e₁+e₂)/√2) the rows add up to 2^(−n/2) twice, and to 2 · 2^(−n/2)."""
    s = math.sqrt(0.5)
    points = torch.tensor([[1, 0], [0, 1], [s, s]], dtype=torch.float64)
    wanted = 7 * (1 - s) + 11 * (1 - 0.5) + 5 * (1 - s / 2)
    found = interpolation.certificate(points, [1, 2, 3, 7, 11], 29)
    assert found == pytest.approx(wanted)
    alone = torch.tensor([[0.6, 0.8]], dtype=torch.float64)
    assert interpolation.certificate(alone, [2, 3], 10) == 10


def test_steps_are_rounded_up() -> None:
    assert interpolation.steps_needed(10, 0.25, 0.11) == 364


def test_a_margin_of_one_is_left_alone() -> None:
    one = torch.ones(1, 1, 1, dtype=torch.float64)
    draws = torch.zeros(3, 1, 1, dtype=torch.long)
    found = interpolation.tangent_sgd(one, one[0], 0.5, draws)
    assert found.active[:, 0].tolist() == [1, 1, 0]
    assert found.outputs.tolist() == [[1.0]]


def test_the_memorizing_sizes_by_hand() -> None:
    """C = 3/2, η = 1/2, λ = 1/5, ‖G‖ = 4: C²‖G‖/λ = 45, updates (9/4 + 4) · 2 · 100/(1/5)."""
    q, T = interpolation.guarantee(100, least=0.2, C=1.5, top=4.0, eps=0.1, delta=0.03, eta=0.5)
    assert q == math.ceil(45 * math.log(300 / 0.03) / ((1 - math.log(2)) / 2))
    assert pytest.approx(3 * 6.25 * 1000 / 0.003, abs=1) == T


def test_the_count_of_sign_vectors_by_hand() -> None:
    assert interpolation.log2_sign_vectors(4, 2, 2) == pytest.approx(3 + 3 + 4)
    assert interpolation.log2_sign_vectors(24, 2, 1) == pytest.approx(2 * math.log2(48))


# Constructions


def test_the_largest_weight_may_be_negative() -> None:
    h = constructions.Network(
        constructions.RELU, ((2, -1), (0, 3)), (Fraction(1), Fraction(0)), (2, Fraction(-5))
    )
    assert h.largest == 15


def test_so_many_places_are_tried_and_no_more() -> None:
    tried = []

    def zero(t: Fraction) -> Fraction:
        tried.append(t)
        return Fraction(0)

    never = constructions.Activation("zero", zero, torch.zeros_like)
    for most in (1, 7):
        tried.clear()
        with pytest.raises(ValueError, match=f"at {1 + most} places .* gives only 0 "):
            constructions.interpolate([(1,)], [2], never, most=most)
        assert len(tried) == 1 + most
