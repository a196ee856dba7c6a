"""ψ norms against closed forms, against the definition, and against nonsense."""

from __future__ import annotations

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from memorize import orlicz, runtime

settings.register_profile("steady", deadline=None, derandomize=True)  # time decides nothing
settings.load_profile("steady")

ROOT = math.sqrt(8 / 3)
sizes = st.floats(1e-3, 1e3)
powers = st.sampled_from([1.0, 1.5, 2.0, 3.0])
lists = st.lists(st.floats(-1e3, 1e3), min_size=1, max_size=12)


def vector(values: list[float]) -> torch.Tensor:
    return torch.tensor(values, dtype=torch.float64)


def moment(values: torch.Tensor, t: float, p: float) -> float:
    return float(((values.abs() / t) ** p).exp().mean())


class TestNormFromMoment:
    @pytest.mark.parametrize(
        ("name", "p", "norm"),
        [
            ("uniform", 1, orlicz.uniform_norm(1)),
            ("Gaussian", 2, ROOT),
            ("exponential", 1, 2.0),
            ("Gaussian", 1, 1.3724949919),
            ("uniform", 2, 0.7727077922),
        ],
    )
    def test_closed_forms(self, name, p, norm):
        bracket = orlicz.LAWS[name].norm(p)
        assert bracket.lower <= norm * (1 + 1e-9)
        assert norm * (1 - 1e-9) <= bracket.upper
        assert bracket.upper <= bracket.lower * (1 + 1e-11)

    @pytest.mark.parametrize(("name", "p"), [("exponential", 2), ("Student, 3 degrees", 1)])
    def test_no_finite_norm(self, name, p):
        bracket = orlicz.LAWS[name].norm(p)
        assert bracket.lower >= 1e12
        assert bracket.upper == math.inf

    def test_the_moment_may_jump(self):
        # Exercise 2 of the chapter: below t = 1 infinite, at t = 1 below 2.
        bracket = orlicz.norm_from_moment(lambda t: 1.669 if t >= 1 else math.inf)
        assert 1 in bracket
        assert bracket.upper - bracket.lower < 1e-11

    def test_zero(self):
        bracket = orlicz.norm_from_moment(lambda t: 1.0)
        assert bracket.lower == 0
        assert bracket.upper <= 1e-11

    def test_overflow_is_above_two(self):
        assert orlicz.constant_norm(5, 2) in orlicz.norm_from_moment(
            lambda t: math.exp(25 / t**2), relative=1e-9
        )

    @given(norm=sizes)
    def test_scale(self, norm):
        bracket = orlicz.norm_from_moment(lambda t: 1 + norm / t)
        assert bracket.lower * (1 - 1e-12) <= norm <= bracket.upper * (1 + 1e-12)

    @pytest.mark.parametrize("bad", [0, -1, math.nan, math.inf, "1"])
    @pytest.mark.parametrize("argument", ["relative", "limit"])
    def test_refuses_bad_settings(self, argument, bad):
        with pytest.raises(ValueError, match=argument):
            orlicz.norm_from_moment(lambda t: 1.0, **{argument: bad})

    @pytest.mark.parametrize("bad", [math.nan, 0.5, -1.0])
    def test_refuses_impossible_moments(self, bad):
        with pytest.raises(ValueError, match="moment must return at least 1"):
            orlicz.norm_from_moment(lambda t: bad)


class TestPsiNorm:
    @given(values=lists, p=powers)
    def test_solves_the_definition(self, values, p):
        x = vector(values)
        norm = float(orlicz.psi_norm(x, p))
        if norm < 1e-300:
            assert x.abs().max() < 1e-290
            return
        assert moment(x, norm * (1 + 1e-9), p) <= 2 * (1 + 1e-12)
        assert moment(x, norm * (1 - 1e-9), p) > 2 * (1 - 1e-12)

    @given(values=lists, p=powers, factor=st.floats(-50, 50))
    def test_homogeneous(self, values, p, factor):
        x = vector(values)
        expected = abs(factor) * float(orlicz.psi_norm(x, p))
        assert float(orlicz.psi_norm(factor * x, p)) == pytest.approx(
            expected, rel=1e-9, abs=1e-290
        )

    @given(pairs=st.lists(st.tuples(st.floats(-9, 9), st.floats(-9, 9)), min_size=1), p=powers)
    def test_triangle(self, pairs, p):
        x, y = vector([a for a, _ in pairs]), vector([b for _, b in pairs])
        both = orlicz.psi_norm(x + y, p)
        assert both <= (orlicz.psi_norm(x, p) + orlicz.psi_norm(y, p)) * (1 + 1e-9)

    @given(pairs=st.lists(st.tuples(st.floats(-9, 9), st.floats(-9, 9)), min_size=1))
    def test_product_and_centring(self, pairs):
        x, y = vector([a for a, _ in pairs]), vector([b for _, b in pairs])
        norms = orlicz.psi_norm(x, 2) * orlicz.psi_norm(y, 2)
        assert orlicz.psi_norm(x * y, 1) <= norms * (1 + 1e-9) + 1e-290
        for p, constant in ((1, 1.061), (2, 1.21)):
            bound = constant * orlicz.psi_norm(x, p)
            assert orlicz.psi_norm(x - x.mean(), p) <= bound * (1 + 1e-9) + 1e-12

    @given(values=lists, p=powers)
    def test_between_the_bounds_of_the_largest_value(self, values, p):
        x = vector(values)
        top, norm = float(x.abs().max()), float(orlicz.psi_norm(x, p))
        assert norm <= orlicz.constant_norm(top, p) * (1 + 1e-12)
        assert norm >= top / math.log(len(values) + 1) ** (1 / p) * (1 - 1e-12)

    @given(probability=st.floats(1e-6, 1 - 1e-6), p=powers)
    def test_weights(self, probability, p):
        found = orlicz.psi_norm(vector([0, 1]), p, vector([1 - probability, probability]))
        assert float(found) == pytest.approx(orlicz.bernoulli_norm(probability, p), rel=1e-9)

    def test_batches_are_loops(self):
        x = torch.randn(3, 4, 50, generator=runtime.generator("batch", seed=1))
        found = orlicz.psi_norm(x, 2)
        assert found.shape == (3, 4)
        assert found.dtype == torch.float64
        looped = [[orlicz.psi_norm(x[i, j], 2) for j in range(4)] for i in range(3)]
        torch.testing.assert_close(found, torch.tensor(looped, dtype=torch.float64))

    def test_a_zero_row_does_not_disturb_the_others(self):
        found = orlicz.psi_norm(vector([[0, 0], [1, 1]]), 2)
        assert found.tolist() == pytest.approx([0, orlicz.constant_norm(1, 2)])

    def test_an_infinite_norm_goes_unnoticed(self):
        # The warning in the docstring: finite, and growing with the sample.
        law, rng = orlicz.LAWS["Student, 3 degrees"], runtime.generator("student", seed=1)
        small, large = (orlicz.psi_norm(law.draw(n, rng), 2) for n in (100, 100_000))
        assert small < large < math.inf

    def test_below_one_it_is_no_norm(self):
        disjoint = vector([1, 0]), vector([0, 1])
        parts = [orlicz.psi_norm(x, 0.5) for x in disjoint]
        assert orlicz.psi_norm(disjoint[0] + disjoint[1], 0.5) > sum(parts)

    @pytest.mark.parametrize("p", [0, -1, math.nan, math.inf, True])
    def test_refuses_bad_p(self, p):
        with pytest.raises(ValueError, match="p must"):
            orlicz.psi_norm(vector([1]), p)

    @pytest.mark.parametrize("bad", [math.nan, math.inf])
    def test_refuses_what_is_not_finite(self, bad):
        with pytest.raises(ValueError, match=r"values must be finite.*\(1,\)"):
            orlicz.psi_norm(vector([1, bad]), 2)

    @pytest.mark.parametrize("empty", [torch.zeros(0), torch.zeros(()), torch.zeros(2, 0)])
    def test_refuses_nothing(self, empty):
        with pytest.raises(ValueError, match="values must have shape"):
            orlicz.psi_norm(empty, 2)

    @pytest.mark.parametrize(
        ("weights", "complaint"),
        [
            ([0.5, 0.6], "add up to 1"),
            ([1.0, 0.0], "positive"),
            ([1.5, -0.5], "positive"),
            ([0.2, 0.3, 0.5], "shape of values"),
            ([math.nan, 1.0], "weights must be finite"),
        ],
    )
    def test_refuses_bad_weights(self, weights, complaint):
        with pytest.raises(ValueError, match=complaint):
            orlicz.psi_norm(vector([1, 2]), 2, vector(weights))


class TestClosedForms:
    @given(value=sizes, p=powers)
    def test_constants(self, value, p):
        norm = orlicz.constant_norm(value, p)
        assert math.exp((value / norm) ** p) == pytest.approx(2)
        assert orlicz.bernoulli_norm(1, p) == pytest.approx(orlicz.constant_norm(1, p))

    @given(bound=sizes)
    def test_uniform(self, bound):
        t = orlicz.uniform_norm(bound) / bound
        assert t * math.expm1(1 / t) == pytest.approx(2)

    def test_gaussian_and_exponential(self):
        assert orlicz.gaussian_norm(3) == pytest.approx(3 * ROOT)
        assert orlicz.exponential_norm(3) == 6
        assert orlicz.gaussian_norm(0) == orlicz.exponential_norm(0) == orlicz.uniform_norm(0) == 0

    @pytest.mark.parametrize(
        ("norm", "argument"),
        [
            (orlicz.gaussian_norm, "deviation"),
            (orlicz.exponential_norm, "mean"),
            (orlicz.uniform_norm, "bound"),
            (lambda v: orlicz.bernoulli_norm(v, 2), "probability"),
        ],
    )
    @pytest.mark.parametrize("bad", [-1, math.nan, math.inf])
    def test_refuse(self, norm, argument, bad):
        with pytest.raises(ValueError, match=argument):
            norm(bad)


class TestLaws:
    @pytest.mark.parametrize("name", orlicz.LAWS)
    def test_tail_and_draws_agree(self, name):
        law, n = orlicz.LAWS[name], 200_000
        size = law.draw(n, runtime.generator(f"laws/{name}", seed=7)).abs()
        assert size.dtype == torch.float64
        for t in (0.1, 0.5, 0.9, 2.0):
            expected = float(law.tail(vector([t])))
            spread = math.sqrt(max(expected * (1 - expected), 1e-12) / n)
            assert abs(float((size >= t).double().mean()) - expected) <= 6.5 * spread

    @pytest.mark.parametrize(("name", "p"), [("uniform", 1), ("uniform", 2), ("uniform", 1.5)])
    def test_moment_and_draws_agree(self, name, p):
        law = orlicz.LAWS[name]
        draws = law.draw(400_000, runtime.generator("moments", seed=7))
        assert moment(draws, 0.9, p) == pytest.approx(law.moment(0.9, p), rel=0.01)

    @pytest.mark.parametrize(
        ("name", "p"), [("uniform", 1), ("uniform", 2), ("Gaussian", 1), ("Gaussian", 2)]
    )
    def test_a_moment_may_be_beyond_the_range_of_floats(self, name, p):
        assert orlicz.LAWS[name].moment(1e-3, p) == math.inf

    @pytest.mark.parametrize(("name", "p"), [("Gaussian", 3), ("exponential", 0.5)])
    def test_refuse_a_p_without_a_closed_form(self, name, p):
        with pytest.raises(ValueError, match="p must be"):
            orlicz.LAWS[name].norm(p)
