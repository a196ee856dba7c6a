"""The contract that every activation and kernel passes, and angles near their ends."""

from __future__ import annotations

import math
from fractions import Fraction

import flint
import pytest
import torch
from torch import Tensor

from memorize import kernels, runtime, statements
from memorize.activations import (
    ABS,
    ERF,
    LINEAR,
    RELU,
    TANH,
    Activation,
    Polynomial,
    dual_by_hermite,
    dual_by_quadrature,
    leaky_relu,
)
from memorize.distributions import sphere
from memorize.kernels import (
    SphereKernel,
    angles,
    arcsine_partial_sum,
    arcsine_remainder,
    gradients,
    hidden_kernel,
    network_kernel,
    output_kernel,
    tangent_kernel,
)


class Swish(Activation):
    name = "swish"

    def function(self, t: Tensor) -> Tensor:
        return t * torch.sigmoid(t)


class HardTanh(Activation):
    name, kinks = "hard tanh", (-1.0, 1.0)

    def function(self, t: Tensor) -> Tensor:
        return t.clamp(-1, 1)


ACTIVATIONS = (
    *(RELU, ABS, LINEAR, leaky_relu(0.1), ERF, TANH),
    *(Polynomial("cubic", (0.5, 0.0, -0.5, 0.2)), Swish(), HardTanh()),
)
KERNELS = (
    *(hidden_kernel(a) for a in ACTIVATIONS),
    *(output_kernel(a, 1.5) for a in ACTIVATIONS),
    hidden_kernel(RELU) + output_kernel(RELU, 2.0),
)
DEVICES = ("cpu", *(["cuda"] if torch.cuda.is_available() else []))
ANGLES = torch.tensor(
    [0, 1e-9, 1e-4, 0.3, 1, math.pi / 2, 2, 3, math.pi - 1e-6, math.pi], dtype=torch.float64
)
every_activation = pytest.mark.parametrize("activation", ACTIVATIONS, ids=lambda a: a.name)
every_kernel = pytest.mark.parametrize("kernel", KERNELS, ids=lambda k: k.name)
both_parts = pytest.mark.parametrize("derivative", [False, True], ids=["σ", "σ'"])


def gen(name: str) -> torch.Generator:
    return runtime.generator(name, seed=3)


def dual(activation: Activation, angle: Tensor, derivative: bool) -> Tensor:
    return activation.dual_derivative(angle) if derivative else activation.dual(angle)


# Duals.


@both_parts
@every_activation
def test_quadrature_is_the_closed_form(activation: Activation, derivative: bool) -> None:
    found = dual_by_quadrature(activation, ANGLES, derivative=derivative)
    torch.testing.assert_close(dual(activation, ANGLES, derivative), found, rtol=0, atol=2e-14)


@both_parts
@every_activation
def test_series_is_within_its_bound(activation: Activation, derivative: bool) -> None:
    value, bound = dual_by_hermite(activation, torch.cos(ANGLES), 60, derivative=derivative)
    error = (value - dual(activation, ANGLES, derivative)).abs()
    assert bool((error <= bound + 2e-14).all())
    assert float(bound[5]) == pytest.approx(0, abs=1e-15)  # orthogonal points: one term is all
    torch.testing.assert_close(error[0], bound[0], rtol=0, atol=2e-14)  # at ρ = 1, Parseval
    torch.testing.assert_close(bound, bound[0] * torch.cos(ANGLES).abs() ** 60)


@both_parts
@every_activation
def test_simulation_is_consistent(activation: Activation, derivative: bool) -> None:
    f = activation.derivative if derivative else activation.function
    n = 100_000
    g = torch.randn(2, n, generator=gen("dual"), dtype=torch.float64)
    for angle in ANGLES[3:8]:
        turned = torch.cos(angle) * g[0] + torch.sin(angle) * g[1]
        products = f(g[0]) * f(turned)
        error = float(products.mean() - dual(activation, angle, derivative))
        # Seeded; seven standard errors of a mean of 10⁵ terms with all moments.
        assert abs(error) <= 7 * float(products.std()) / math.sqrt(n) + 1e-14


@every_activation
def test_dual_of_the_derivative_is_the_derivative_of_the_dual(activation: Activation) -> None:
    angle, step = ANGLES[3:8], 1e-5
    quotient = (activation.dual(angle + step) - activation.dual(angle - step)) / (2 * step)
    expected = -torch.sin(angle) * activation.dual_derivative(angle)
    torch.testing.assert_close(quotient, expected, rtol=0, atol=1e-8)


def test_an_angle_out_of_range_is_refused() -> None:
    with pytest.raises(ValueError, match=r"angle must lie in \[0, π\]"):
        dual_by_quadrature(RELU, torch.tensor([0.0, 4.0]))


# Gram matrices.


@every_kernel
def test_batch_is_the_loop_and_blocks_and_products_are_the_gram_matrix(
    kernel: SphereKernel, monkeypatch: pytest.MonkeyPatch
) -> None:
    x, y = sphere(9, 4, gen("x")), sphere(7, 4, gen("y"))
    whole = kernel.gram(x, y)
    loop = torch.stack([torch.stack([kernel.gram(a[None], b[None])[0, 0] for b in y]) for a in x])
    torch.testing.assert_close(whole, loop, rtol=0, atol=1e-14)
    monkeypatch.setattr(kernels, "TILE", 4)
    torch.testing.assert_close(kernel.gram(x, y), whole, rtol=0, atol=1e-14)
    torch.testing.assert_close(torch.cat(list(kernel.blocks(x, y, 2))), whole, rtol=0, atol=1e-14)
    v = torch.randn(7, 3, generator=gen("v"), dtype=torch.float64)
    torch.testing.assert_close(kernel.product(x, y, v), whole @ v)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("device", DEVICES)
@every_kernel
def test_gram_matrix_is_symmetric_positive_and_has_the_diagonal(
    kernel: SphereKernel, device: str, dtype: torch.dtype, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kernels, "TILE", 16)
    x = sphere(40, 3, gen("gram"), dtype=dtype).to(device)
    x[20:30] = -x[:10]  # antipodal pairs and a repeated point
    x[30] = x[0]
    gram = kernel.gram(x)
    unit = torch.finfo(dtype).eps
    assert (gram.dtype, gram.device.type) == (dtype, device)
    assert torch.equal(gram, gram.T)
    size = float(kernel.at(torch.zeros((), dtype=torch.float64)))
    diagonal = torch.full((40,), size, dtype=torch.float64)
    torch.testing.assert_close(gram.diagonal().double().cpu(), diagonal, rtol=64 * unit, atol=0)
    least = float(torch.linalg.eigvalsh(gram.double())[0])
    assert least >= -64 * 40 * unit * size  # Weyl: 40 times the largest error of an entry


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("d", [2, 30, 784])
def test_entries_keep_their_digits_at_all_angles(d: int, dtype: torch.dtype) -> None:
    u, v = sphere(2, d, gen("pair"))
    v = v - (u @ v) * u
    v = v / v.norm()
    unit = torch.finfo(dtype).eps
    for angle in (0.0, 1e-12, 1e-8, 1e-3, 0.2, 1.0, 2.0, 3.0, math.pi - 1e-8, math.pi):
        x = u.to(dtype)[None]
        y = (math.cos(angle) * u + math.sin(angle) * v).to(dtype)[None]
        exact = exact_angle(x[0], y[0])
        assert abs(flint.arb(float(angles(x, y))) - exact) < 8 * unit
        kernel = exact.cos() * (flint.arb.pi() - exact) / (2 * flint.arb.pi())
        assert abs(flint.arb(float(tangent_kernel(RELU, x, y))) - kernel) < 4 * unit


def exact_angle(x: Tensor, y: Tensor) -> flint.arb:
    """Of the vectors as stored, whose lengths are 1 only up to rounding: atan2 of exact numbers."""
    a, b = ([Fraction(float(value)) for value in row] for row in (x, y))
    along = dot(a, b)
    area = dot(a, a) * dot(b, b) - along**2
    with flint.ctx.workprec(300):
        return flint.arb.atan2(ball(area).sqrt(), ball(along))


def dot(a: list[Fraction], b: list[Fraction]) -> Fraction:
    return sum((s * t for s, t in zip(a, b, strict=True)), Fraction(0))


def ball(value: Fraction) -> flint.arb:
    return flint.arb(flint.fmpq(value.numerator, value.denominator))


def test_angles_keep_their_digits_near_the_ends() -> None:
    x = torch.tensor([[1.0, 0.0]], dtype=torch.float64)
    for angle in (0.0, 1e-9, 1e-4, 1.0, math.pi - 1e-9, math.pi):
        y = torch.tensor([[math.cos(angle), math.sin(angle)]], dtype=torch.float64)
        assert float(angles(x, y)) == pytest.approx(angle, abs=4e-16, rel=1e-12)


def test_angles_are_symmetric_and_complementary() -> None:
    x, y = sphere(7, 4, gen("x")), sphere(5, 4, gen("y"))
    torch.testing.assert_close(angles(x, y), angles(y, x).T)
    torch.testing.assert_close(angles(x, y) + angles(x, -y), torch.full((7, 5), math.pi).double())


def test_points_off_the_sphere_and_bad_shapes_are_refused() -> None:
    x = sphere(3, 4, gen("ok"))
    with pytest.raises(ValueError, match="y must lie on the unit sphere, but row 1"):
        tangent_kernel(RELU, x, x * torch.tensor([[1.0], [2.0], [1.0]]))
    with pytest.raises(ValueError, match="y must have shape"):
        angles(x, x[:, :3])
    with pytest.raises(ValueError, match="x must be finite"):
        angles(x * math.nan)
    with pytest.raises(ValueError, match="v must have 3 rows"):
        hidden_kernel(RELU).product(x, x, torch.zeros(2))
    with pytest.raises(ValueError, match="B must be above 0"):
        output_kernel(RELU, 0.0)


# The series of the ReLU kernel.


def test_series_of_the_relu_kernel_is_enclosed() -> None:
    rho = torch.linspace(-1, 1, 41, dtype=torch.float64)
    exact = hidden_kernel(RELU).at(torch.acos(rho))
    for terms in (1, 2, 7, 40):
        rest = exact - arcsine_partial_sum(rho, terms)
        low, high = arcsine_remainder(rho, terms)
        assert bool((low - 1e-15 <= rest).all())
        assert bool((rest <= high + 1e-15).all())


def test_bounds_on_the_remainder_are_no_wider_than_stated() -> None:
    rho = torch.tensor([-1.0, -0.6, 0.6, 0.99, 1.0], dtype=torch.float64)
    for n in (1, 5, 30):
        low, high = arcsine_remainder(rho, n)
        first = math.comb(2 * n, n) / 4**n / (2 * n + 1) * rho ** (2 * n + 2) / (2 * math.pi)
        ends = torch.tensor([2 * n + 1, 1, 1, 1, 2 * n + 1], dtype=torch.float64)
        torch.testing.assert_close(low, first * ends)
        uniform = (2 * n + 1) * (1 + 1 / (6 * n))
        torch.testing.assert_close(high, first * (1 / (1 - rho**2)).clamp(max=uniform))


def test_a_correlation_beyond_one_by_rounding_counts_as_one() -> None:
    beyond, one = (torch.tensor([v], dtype=torch.float64) for v in (1 + 4e-16, 1.0))
    for found, wanted in zip(arcsine_remainder(beyond, 5), arcsine_remainder(one, 5), strict=True):
        assert torch.equal(found, wanted)
    with pytest.raises(ValueError, match=r"rho must lie in \[-1, 1\]"):
        arcsine_remainder(torch.tensor([1.1]), 5)


# The formulas behind the calculators, against the library and against exact runs.


def bound_of(name: str, **values: float) -> float:
    formula = statements.get(name).bound
    assert formula is not None
    return formula.evaluate(**values).value


def test_formulas_of_the_bounds_are_those_of_the_statements() -> None:
    # h = tk_W(·, z) has the norm √tk_W(z, z), and its least movement is Ψ(z)/(2qB²).
    q, B = 5, 1.5
    z = sphere(1, 3, gen("z"))
    w = torch.randn(q, 3, generator=gen("zw"), dtype=torch.float64)
    paired, ends = torch.cat([w, w]), B * torch.tensor([1.0] * q + [-1.0] * q).double()
    movement = gradients(TANH, paired, ends, z)[0] / (2 * q * B**2)
    norm = float(network_kernel(TANH, paired, ends, z, B=B).total.sqrt())
    assert bound_of("N.min", M=norm, q=q, B=B) == pytest.approx(float(movement.norm()))
    # One neuron is on with probability p: the standard deviation of a coin, times |ρ|/√q.
    for angle in (0.0, 1.0, 2.5):
        rho, kernel = math.cos(angle), float(hidden_kernel(RELU).at(torch.tensor(angle).double()))
        exact = math.sqrt(kernel * (rho - kernel) / 7)
        assert bound_of("B.tk.variance", phi=angle, q=7) == pytest.approx(exact)
    # At ±1 the telescope gives away 1/(60N²) of the remainder, and the bound on β 1/(64N²).
    one = torch.ones(1, dtype=torch.float64)
    for terms in (5, 30):
        rest = float(0.5 - arcsine_partial_sum(one, terms))
        assert 1 <= bound_of("B.E3.rest", rho=1, N=terms) / rest <= 1 + 1 / (25 * terms**2)


@pytest.mark.parametrize(
    ("id", "part"),
    [
        ("N.E1", r"\mathrm{tk}_W(x,x')=\frac{\langle\nabla h_W(x),\nabla h_W(x')\rangle}{2qB^2}"),
        ("N.E1", r"\underbrace{\rho\,\widehat{\sigma'}(\rho)}_{\mathrm{tk}^h}"),
        ("N.E1", r"\underbrace{\hat\sigma(\rho)/B^2}_{\mathrm{tk}^o}"),
        (
            "Y.D6",
            r"\frac1{nB^2}\sum_{i\le n}\bigl(a_i^2\,s_is_i'\,\langle x,x'\rangle+t_it_i'\bigr)",
        ),
        ("B.dual", r"\Bigl(k+\frac1{B^2}\Bigr)\sigma_k^2\,\rho^k"),
        ("B.dual", r"$|\rho|^n\bigl(\mathbb E\,\sigma(g)^2-\sum_{k<n}\sigma_k^2\bigr)$"),
        ("F.E3", r"\frac{\rho\,(\pi-\varphi)}{2\pi}"),
        ("F.E3", r"\frac{\sin\varphi+(\pi-\varphi)\cos\varphi}{2\pi}"),
        ("B.E3.rest", r"\beta_N\Bigl(1+\frac1{6N}\Bigr)\rho^{2N+2}"),
        ("B.E3.rest", r"\beta_N\le\frac1{\sqrt{\pi(N+\frac14)}}"),
        ("B.E3.rest", r"\frac{\beta_N}{(2N+1)(1-\rho^2)}\rho^{2N+2}"),
        ("B.tk.variance", r"$\frac{\rho^2}q\,p(1-p)\le\frac1{4q}$"),
        ("N.min", r"=\frac{\|h\|_{\mathrm{tk}_W}}{\sqrt{2q}\,B}"),
    ],
)
def test_texts_have_the_checked_numbers(id: str, part: str) -> None:
    assert part in statements.get(id).text


# Networks.


@every_activation
def test_network_kernel_is_the_product_of_gradients(activation: Activation) -> None:
    x, y = sphere(5, 3, gen("nx")), sphere(4, 3, gen("ny"))
    w = torch.randn(6, 3, generator=gen("nw"), dtype=torch.float64)
    a = torch.randn(6, generator=gen("na"), dtype=torch.float64)
    kernel = network_kernel(activation, w, a, x, y, B=1.5)
    product = gradients(activation, w, a, x) @ gradients(activation, w, a, y).T
    torch.testing.assert_close(kernel.total, product / (6 * 1.5**2))
    small = network_kernel(activation, w, a, x, y, B=1.5, chunk=1)
    torch.testing.assert_close(small.hidden, kernel.hidden)
    many = network_kernel(activation, torch.stack([w, 2 * w]), a, x, B=1.5)
    again = network_kernel(activation, 2 * w, a, x, B=1.5)
    torch.testing.assert_close(many.total[1], again.total)


@every_activation
def test_gradients_are_those_of_automatic_differentiation(activation: Activation) -> None:
    x = sphere(5, 3, gen("gx"))
    w = torch.randn(6, 3, generator=gen("gw"), dtype=torch.float64, requires_grad=True)
    a = torch.randn(6, generator=gen("ga"), dtype=torch.float64, requires_grad=True)
    found = gradients(activation, w.detach(), a.detach(), x)
    for row, point in zip(found, x, strict=True):
        of_w, of_a = torch.autograd.grad(a @ activation.function(w @ point), (w, a))
        torch.testing.assert_close(row, torch.cat([of_w.flatten(), of_a]))


@every_activation
def test_network_kernel_has_the_expected_kernel_as_its_mean(activation: Activation) -> None:
    x, q = sphere(6, 3, gen("points")), 100_000
    w = torch.randn(q, 3, generator=gen("w"), dtype=torch.float64)
    found = network_kernel(activation, w, torch.full((q,), 2.0).double(), x, B=2.0)
    f, g = activation.derivative(w @ x.T), activation.function(w @ x.T)
    for part, expected, values in (
        (found.hidden, hidden_kernel(activation), f[:, :, None] * f[:, None]),
        (found.output, output_kernel(activation, 2.0), g[:, :, None] * g[:, None] / 4),
    ):
        error = (part - expected.gram(x)).abs()
        assert bool((error <= 7 * values.std(0) / math.sqrt(q) + 1e-13).all())


def test_shapes_of_networks_that_do_not_fit_are_refused() -> None:
    x = sphere(3, 4, gen("ok"))
    with pytest.raises(ValueError, match="weights must have shape"):
        network_kernel(RELU, torch.zeros(5, 3), torch.zeros(5), x, B=1.0)
    with pytest.raises(ValueError, match="outputs must have shape"):
        network_kernel(RELU, torch.zeros(5, 4), torch.zeros(4), x, B=1.0)
    with pytest.raises(ValueError, match="B must be above 0"):
        network_kernel(RELU, torch.zeros(5, 4), torch.zeros(5), x, B=-1.0)
