"""What the chapters' figures sample, at sizes of one's choice: for a page and for the gpu tier.

A *draw* takes a generator and a number n and returns n independent values, on the generator's
device.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from types import MappingProxyType

import torch
from jaxtyping import Float
from torch import Tensor

from memorize import distributions, lipschitz, networks, orlicz, require, runtime
from memorize.activations import ABS, RELU, PiecewiseLinear
from memorize.features import KernelExpansion, approximate

__all__ = [
    "FEATURES",
    "LIPSCHITZ",
    "PSI_TAILS",
    "SUMS",
    "Draw",
    "eigenvalue",
    "feature_errors",
    "feature_target",
    "first_output",
    "gaussians",
    "largest_output",
    "length",
    "lipschitz_function",
    "lipschitz_mean",
    "marks",
    "maximum_of",
    "network",
    "network_of",
    "norm_draws",
]

Draw = Callable[[torch.Generator, int], Float[Tensor, " n"]]
Target = tuple[
    PiecewiseLinear, Callable[[Tensor], Tensor], Callable[[Tensor], Tensor], float, float
]


def gaussians(generator: torch.Generator, *size: int) -> Tensor:
    """Standard normal numbers in float64, on the generator's device."""
    return torch.randn(*size, generator=generator, dtype=torch.float64, device=generator.device)


def marks(reach: float, count: int = 12) -> Float[Tensor, " count"]:
    """``reach``/count, 2 ``reach``/count, …, ``reach``: thresholds of a measured tail."""
    return torch.linspace(0, reach, require.positive_int("count", count) + 1, dtype=torch.float64)[
        1:
    ]


PSI_TAILS: Mapping[str, tuple[int, float]] = MappingProxyType(
    {
        "uniform": (2, 1.0),
        "Gaussian": (2, 5.5),
        "exponential": (1, 14.0),
        "Student, 3 degrees": (2, 60.0),
    }
)
"""Laws of :data:`memorize.orlicz.LAWS` with p and the largest threshold (tails/psi_norms)."""


LIPSCHITZ: Mapping[str, tuple[int, ...]] = MappingProxyType(
    {
        "length": (2, 16, 128),
        "maximum": (2, 16, 128),
        "network": (4, 32, 128),
        "largest eigenvalue": (2, 4, 8),
    }
)
"""1-Lipschitz functions of a Gaussian and their sizes: d, or n of an n × n matrix."""


def length(d: int) -> Draw:
    """‖g‖, g standard Gaussian in ℝ^d."""
    return lambda generator, n: torch.linalg.vector_norm(gaussians(generator, n, d), dim=1)


def maximum_of(d: int) -> Draw:
    """max_{k≤d} g_k."""
    return lambda generator, n: gaussians(generator, n, d).amax(1)


def network_of(
    d: int, generator: torch.Generator
) -> tuple[Float[Tensor, "d q"], Float[Tensor, " q"]]:
    """q = d/2 orthonormal rows, as columns, and the outer weights ±1/√q, alternating."""
    q = d // 2
    rows = torch.linalg.qr(gaussians(generator, d, q)).Q
    signs = torch.tensor([1.0, -1.0], dtype=torch.float64, device=rows.device).repeat(q)[:q]
    return rows, signs / math.sqrt(q)


def network(rows: Float[Tensor, "d q"], signs: Float[Tensor, " q"]) -> Draw:
    """Σ_i a_i |⟨w_i, g⟩| for fixed rows (as columns) and outer weights."""
    d = rows.shape[0]
    return lambda generator, n: (gaussians(generator, n, d) @ rows).abs() @ signs


def eigenvalue(n: int) -> Draw:
    """The largest eigenvalue of (G + Gᵀ)/2, G an n × n matrix of standard normal entries."""

    def draw(generator: torch.Generator, count: int) -> Tensor:
        matrix = gaussians(generator, count, n, n)
        parts = torch.split((matrix + matrix.mT) / 2, 2**15)  # the solver takes room for a batch
        return torch.cat([torch.linalg.eigvalsh(part)[:, -1] for part in parts])

    return draw


def lipschitz_function(name: str, size: int, generator: torch.Generator) -> Draw:
    """One of :data:`LIPSCHITZ`; ``generator`` draws what is fixed of it, the network's rows."""
    if name == "network":
        return network(*network_of(size, generator))
    return {"length": length, "maximum": maximum_of, "largest eigenvalue": eigenvalue}[name](size)


def lipschitz_mean(name: str, size: int) -> float | None:
    """Its mean, or None where that is not known in closed form."""
    if name == "largest eigenvalue":
        return math.sqrt(math.pi) / 2 if size == 2 else None
    if name == "network":
        return 0.0
    return (lipschitz.length_mean if name == "length" else lipschitz.maximum_mean)(size)


def _signs(n: int, terms: int, generator: torch.Generator) -> Tensor:
    bits = torch.randint(0, 2, (n, terms), generator=generator, device=generator.device)
    return (bits * 2.0 - 1).sum(1)


def _mixed(generator: torch.Generator, n: int) -> Tensor:
    device, size = generator.device, (n, 20)
    signs = _signs(n, 20, generator)
    uniform = torch.rand(size, generator=generator, device=device) * 2 - 1
    normal = torch.randn(size, generator=generator, device=device)
    return signs + uniform.sum(1) + normal.sum(1)


def _rare(generator: torch.Generator, n: int) -> Tensor:
    seldom = torch.rand((n, 50), generator=generator, device=generator.device) < 0.1
    return torch.where(seldom, 9.0, -1.0).sum(1)


def _student(generator: torch.Generator, n: int) -> Tensor:
    return orlicz.LAWS["Student, 3 degrees"].draw(30 * n, generator).reshape(n, 30).sum(1)


SUMS: Mapping[str, tuple[float, Draw]] = MappingProxyType(
    {
        "signs": (60.0, lambda generator, n: _signs(n, 100, generator)),
        "mixed": (45.0, _mixed),
        "rare": (160.0, _rare),
        "Student": (120.0, _student),
    }
)
"""The sums of tails/sums, with the largest threshold: 100 signs; 20 signs, 20 uniform and 20
Gaussian terms; 50 terms 9 (one in ten) or −1; 30 of Student's law with three degrees of freedom."""


def norm_draws(q: int) -> int:
    """How many matrices of q rows are drawn for tails/nets: fewer of the large ones."""
    return 10 if q <= 128 else 4 if q <= 512 else 2


FEATURES = ("linear", "square", "kernel")
"""Targets of kernels/vector_features: ⟨u,x⟩ and its square with the ReLU, k(·,z) with |t|."""


def feature_target(name: str, d: int, device: networks.Device = None) -> Target:
    """Activation, representer, f, E‖f̌‖² and q times the exact mean squared error, uniform x.

    ``name`` is one of :data:`FEATURES`.
    """
    e = distributions.basis(d)[0].to(device)
    if name == "linear":
        return RELU, lambda w: (2 * e).expand_as(w), lambda x: x @ e, 4, 1 / d
    if name == "square":
        scale = math.sqrt(2 * math.pi)
        return (
            RELU,
            lambda w: scale * (w @ e)[..., None] * e,
            lambda x: (x @ e) ** 2,
            2 * math.pi,
            math.pi / d - 3 / (d * (d + 2)),
        )
    f = KernelExpansion(ABS, e[None], torch.ones(1, dtype=e.dtype, device=e.device))
    return ABS, f.representer, f.values, 1, 1 / d - _kernel_square(d)


def feature_errors(
    name: str,
    d: int,
    q: int,
    generator: torch.Generator,
    *,
    replicas: int = 30,
    points: int = 100,
) -> Float[Tensor, " replicas"]:
    """Mean squared errors of ``replicas`` samples of q weights, each on fresh uniform inputs."""
    activation, representer, f, *_ = feature_target(name, d, generator.device)
    errors = []
    for _ in range(require.positive_int("replicas", replicas)):
        x = distributions.sphere(points, d, generator)
        w = torch.randn(q, d, generator=generator, dtype=x.dtype, device=x.device)
        errors.append((approximate(activation, w, representer(w), x) - f(x)).square().mean())
    return torch.stack(errors).cpu()


def _kernel_square(d: int) -> float:
    """E k(x,z)² for σ = |t| and uniform x: the mean of ρ²(2/π · arcsin ρ)², by quadrature."""
    phi = (torch.arange(4000, dtype=torch.float64) + 0.5) * (math.pi / 2 / 4000)
    density = torch.cos(phi) ** (d - 2)
    return float(((torch.sin(phi) * phi * 2 / math.pi) ** 2 * density).sum() / density.sum())


def first_output(rows: Float[Tensor, "q d"], signs: Float[Tensor, " q"]) -> Draw:
    """h_W(x) of the network with σ = |t| and these weights, x standard Gaussian."""
    d = rows.shape[1]
    return lambda generator, n: networks.network(gaussians(generator, n, d), rows, signs, ABS)


def largest_output(d: int, generator: torch.Generator, *, chunk: int | None = None) -> float:
    """max_j |h_W(x_j)| over d² Gaussian inputs, σ = |t|, q = d orthonormal rows, balanced signs.

    In single precision, ``chunk`` inputs at a time. With W = I: the law is that of any such rows.
    """
    signs = networks.balanced_signs(d, dtype=torch.float32, device=generator.device)
    found = torch.zeros((), device=generator.device)
    for n in runtime.chunks(d * d, chunk or max(1, 2**20 // d)):
        inputs = torch.randn(n, d, generator=generator, device=generator.device)
        values = inputs.abs_() @ signs / math.sqrt(d)
        found = torch.maximum(found, values.abs().max())
    return float(found)
