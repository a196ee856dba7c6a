"""One step of gradient descent on the hidden weights, in closed form and streaming over examples.

The loss is the mean over m examples of the hinge loss (level − y h_W(x))_+ of the network of
:mod:`memorize.networks`. An example is *active* if level − y h_W(x) > 0. A full-batch step at rate
η moves the weights to

    W⁺ = W + η/(m√q) Σ_j 1{j active} y_j diag(a) σ'(W x_j) x_jᵀ,

where it takes the derivative of the hinge to be 0 at its corner, as automatic differentiation does,
and σ' at a kink as the activation says. Source: paper G, section 2.2, with level = ln d and
η = m ln(d)/d.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from memorize import require
from memorize.activations import Activation
from memorize.networks import checked_network, rows_at_once

__all__ = ["Step", "one_step", "one_step_stream"]


@dataclass(frozen=True)
class Step:
    """One gradient step.

    ``weights``: W⁺, and ``change``: W⁺ − W before rounding, both of shape (q d).
    ``examples``: m, and ``active``: how many of them are active; if all, ``change`` is ηG.
    ``largest``: max_j |h_W(x_j)|.
    ``initial``: the h_W(x_j), shape (m), from :func:`one_step`; None from a stream.
    """

    weights: Float[Tensor, "q d"]
    change: Float[Tensor, "q d"]
    examples: int
    active: int
    largest: float
    initial: Float[Tensor, " m"] | None = None


def one_step(
    inputs: Float[Tensor, "m d"],
    labels: Float[Tensor, " m"],
    weights: Float[Tensor, "q d"],
    signs: Float[Tensor, " q"],
    activation: Activation,
    *,
    level: float,
    rate: float,
    chunk: int | None = None,
) -> Step:
    """The step at rate η = ``rate`` for the hinge loss at ``level``, in one pass over the examples.

    Two products of matrices, m·q·d multiplications each; memory O(qd + m + chunk·q) beside the
    inputs. ``level`` may be ``math.inf``: then every example is active. Raises ``ValueError`` for
    no examples, shapes that do not fit, entries that are not finite, labels or signs other than ±1.
    """
    m = require.shape("inputs", inputs, "m d").shape[0]
    require.positive_int("m, the number of examples,", m)
    require.shape("labels", labels, "m", m=m)
    step = _Accumulator(weights, signs, activation, level, rate, chunk)
    initial = step.add(inputs, labels)
    return step.result(initial)


def one_step_stream(
    chunks: Iterable[tuple[Float[Tensor, "n d"], Float[Tensor, " n"]]],
    weights: Float[Tensor, "q d"],
    signs: Float[Tensor, " q"],
    activation: Activation,
    *,
    level: float,
    rate: float,
    chunk: int | None = None,
) -> Step:
    """:func:`one_step` for examples that come as pairs (inputs, labels) of any sizes n.

    Nothing is kept of a pair that has been used: memory O(qd + chunk·q) whatever m. Raises as
    :func:`one_step` does.
    """
    step = _Accumulator(weights, signs, activation, level, rate, chunk)
    for inputs, labels in chunks:
        step.add(inputs, labels)
    require.positive_int("m, the number of examples in chunks,", step.examples)
    return step.result(None)


class _Accumulator:
    """Σ_j 1{j active} y_j σ'(W x_j) x_jᵀ over the examples seen so far, and what a Step tells."""

    def __init__(
        self,
        weights: Tensor,
        signs: Tensor,
        activation: Activation,
        level: float,
        rate: float,
        chunk: int | None,
    ) -> None:
        self.q, self.d = checked_network(weights, signs)
        self.weights, self.signs, self.activation = weights, signs, activation
        self.level = level if level == math.inf else require.number("level", level)
        self.rate, self.chunk = require.positive("rate", rate), chunk
        self.total = torch.zeros_like(weights)
        self.examples, self.active, self.largest = 0, 0, 0.0

    @torch.no_grad()
    def add(self, inputs: Tensor, labels: Tensor) -> Tensor:
        """Take in examples; returns their outputs at W."""
        n = require.shape("inputs", inputs, "n d", d=self.d).shape[0]
        labels = require.signs("labels", require.shape("labels", labels, "n", n=n)).to(inputs.dtype)
        if n == 0:
            return inputs.new_empty(0)
        outer = self.signs / math.sqrt(self.q)
        outputs, inside = inputs.new_empty(n), None
        for part in rows_at_once(n, self.q, inputs.device, self.chunk):
            x, y, found = inputs[part], labels[part], outputs[part]
            if inside is None or len(inside) != len(x):  # fresh memory costs as much as a sum
                inside = x.new_empty(len(x), self.q)
            before = torch.mm(x, self.weights.T, out=inside)
            torch.mv(self.activation.function(before), outer, out=found)
            force = torch.where(y * found < self.level, y, 0.0)
            slopes = self.activation.derivative(before)
            self.total.addmm_(torch.mul(slopes, force[:, None], out=before).T, x)
        if not bool(torch.isfinite(self.total.sum())):  # one entry that is not finite makes it so
            require.finite("inputs", inputs)
        self.examples += n
        self.active += int((labels * outputs < self.level).count_nonzero())
        self.largest = max(self.largest, float(torch.linalg.vector_norm(outputs, math.inf)))
        return outputs

    def result(self, initial: Tensor | None) -> Step:
        """The step of all that was taken in."""
        factor = self.rate / (self.examples * math.sqrt(self.q))
        change = self.total.mul_((factor * self.signs)[:, None])
        return Step(
            self.weights + change, change, self.examples, self.active, self.largest, initial
        )
