"""Losses: their two constants hold, and no smaller ones do."""

import pytest
import torch

from memorize.losses import ABSOLUTE, HINGE, LOGISTIC, SQUARED, Loss

GRID = torch.linspace(-6, 6, 4001, dtype=torch.float64)
EVERY = pytest.mark.parametrize("loss", [ABSOLUTE, HINGE, LOGISTIC, SQUARED], ids=lambda a: a.name)


def slopes(loss: Loss, label: float) -> torch.Tensor:
    values = loss.value(GRID, torch.full_like(GRID, label))
    return values.diff() / GRID.diff()


@EVERY
@pytest.mark.parametrize("label", [-1.0, 1.0])
def test_lipschitz_constant_is_the_steepest_slope(loss: Loss, label: float) -> None:
    if loss.lipschitz is None:
        assert float(slopes(loss, label).abs().max()) > 6
    else:
        steepest = float(slopes(loss, label).abs().max())
        assert 0.99 * loss.lipschitz <= steepest <= loss.lipschitz * (1 + 1e-9)


@EVERY
@pytest.mark.parametrize("label", [-1.0, 1.0])
def test_smoothness_is_the_largest_change_of_slope(loss: Loss, label: float) -> None:
    sharpest = float((slopes(loss, label).diff() / GRID.diff()[1:]).abs().max())
    if loss.smoothness is None:
        assert sharpest > 100
    else:
        assert 0.99 * loss.smoothness <= sharpest <= loss.smoothness * (1 + 1e-6)


@EVERY
def test_losses_are_never_negative_and_stay_finite(loss: Loss) -> None:
    far = torch.tensor([-1e4, 1e4], dtype=torch.float64)
    for label in (-1.0, 1.0):
        values = loss.value(far, torch.full_like(far, label))
        assert bool(torch.isfinite(values).all())
        assert float(values.min()) >= 0


@EVERY
@pytest.mark.parametrize("label", [-1.0, 1.0])
def test_slope_is_that_of_automatic_differentiation_at_the_kinks_too(
    loss: Loss, label: float
) -> None:
    at = torch.cat([GRID, GRID.new_tensor([-1.0, 0.0, 1.0])]).requires_grad_()
    y = torch.full_like(at, label)
    (found,) = torch.autograd.grad(loss.value(at, y).sum(), at)
    torch.testing.assert_close(loss.slope(at.detach(), y), found, rtol=1e-14, atol=1e-15)


def test_labels_are_checked_against_the_domain() -> None:
    for loss in (HINGE, LOGISTIC):
        loss.checked(torch.tensor([1.0, -1.0]))
        with pytest.raises(ValueError, match=rf"labels of the {loss.name} loss .* entry \(1,\)"):
            loss.checked(torch.tensor([1.0, 0.0]))
    for loss in (ABSOLUTE, SQUARED):
        loss.checked(torch.tensor([0.3, -7.0]))
        with pytest.raises(ValueError, match="must be finite"):
            loss.checked(torch.tensor([0.3, float("inf")]))
