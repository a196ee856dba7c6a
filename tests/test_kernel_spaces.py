"""Exact linear algebra of kernels on finite sets."""

from __future__ import annotations

import random
from fractions import Fraction as F
from itertools import product

import numpy as np
import pytest

from memorize import statements
from memorize.kernel_spaces import (
    FiniteScheme,
    FunctionSpace,
    coefficients,
    factorize,
    gram,
    norm_squared,
    product_of,
    quadratic,
    smallest_eigenvalue,
)

Rows = list[list[int]]


def symmetric(rng: random.Random, m: int, lift: int) -> Rows:
    """A random symmetric matrix; the larger ``lift``, the likelier positive semi-definite."""
    rows = [[rng.randint(-2, 2) for _ in range(m)] for _ in range(rng.randint(1, m))]
    square = [[lift * sum(r[i] * r[j] for r in rows) for j in range(m)] for i in range(m)]
    if lift < 3:
        i, j = rng.randrange(m), rng.randrange(m)
        square[i][j] += 1
        square[j][i] = square[i][j]
    return square


def multiplied(K: list[list[int]], c: tuple[F, ...]) -> tuple[F, ...]:
    return tuple(product_of(row, c) for row in K)


def test_factorize_agrees_with_eigenvalues_and_certifies_itself() -> None:
    rng = random.Random(0)
    seen = {True: 0, False: 0}
    for _ in range(200):
        K = symmetric(rng, rng.randint(1, 6), rng.randint(0, 4))
        parts = factorize(K)
        least = np.linalg.eigvalsh(np.array(K, dtype=float))[0]
        assert parts.semidefinite == (least > -1e-9)
        seen[parts.semidefinite] += 1
        if parts.negative is not None:
            assert quadratic(K, parts.negative) < 0
            continue
        L, D = parts.lower, parts.pivots
        rebuilt = [[sum(a * d * b for a, d, b in zip(r, D, s, strict=True)) for s in L] for r in L]
        assert rebuilt == K
        assert parts.rank == np.linalg.matrix_rank(np.array(K, dtype=float))
    assert min(seen.values()) > 20


def test_coefficients_solve_or_say_that_f_is_outside() -> None:
    rng = random.Random(1)
    for _ in range(100):
        m = rng.randint(1, 5)
        K = symmetric(rng, m, 3)
        f = multiplied(K, tuple(F(rng.randint(-3, 3)) for _ in range(m)))
        c = coefficients(K, f)
        assert c is not None
        assert multiplied(K, c) == f
        assert norm_squared(K, f) == quadratic(K, c)
    assert coefficients([[1, 0], [0, 0]], [0, 1]) is None
    assert norm_squared([[1, 1], [1, 1]], [1, 2]) is None


def test_smallest_eigenvalue_brackets() -> None:
    low, high = smallest_eigenvalue([[2, 1], [1, 2]], F(1, 1000))
    assert low <= 1 < high
    assert high - low <= F(1, 1000)
    low, high = smallest_eigenvalue([[1, 2], [2, 1]], F(1, 1000))
    assert low <= -1 < high


def test_function_space_has_its_kernel() -> None:
    space = FunctionSpace(((1, 1, 0), (0, 1, 2)), ((2, 1), (1, 3)))
    K = space.kernel()
    assert factorize(K).rank == 2
    for f in space.basis:
        for x, column in enumerate(K):
            assert space.inner(f, column) == f[x]
    assert space.coordinates((1, 0, 0)) is None
    with pytest.raises(ValueError, match="g must lie in the space"):
        space.inner((1, 1, 0), (1, 0, 0))


def scheme() -> FiniteScheme:
    return FiniteScheme(
        (F(1, 2), F(1, 3), F(1, 6)),
        (((1, 0), (0, 1), (1, 1)), ((0, 2), (1, 1), (0, 0)), ((1, -1), (0, 1), (2, 0))),
    )


def test_a_finite_scheme_represents_its_functions() -> None:
    s, c = scheme(), (F(1), F(-2), F(3))
    K = s.kernel()
    f = multiplied([list(r) for r in K], c)
    assert s.values(s.combine(c)) == f
    assert s.size_squared(s.combine(c)) == quadratic(K, c) == norm_squared(K, f)
    representer = s.representer(f)
    assert representer is not None
    assert s.values(representer) == f
    assert s.bound_squared() == 4


@pytest.mark.parametrize("q", [1, 2, 3])
def test_the_error_formula_is_the_average_over_all_samples(q: int) -> None:
    s = scheme()
    representer = s.combine((F(1), F(-2), F(3)))
    f = s.values(representer)
    samples = list(s.samples(representer, q))
    assert len(samples) == 3**q
    assert sum(p for p, _ in samples) == 1
    measured = [sum(p * (g[x] - f[x]) ** 2 for p, g in samples) for x in range(3)]
    assert tuple(measured) == s.error(representer, q)


def test_a_function_outside_has_no_representer() -> None:
    flat = FiniteScheme((F(1),), (((1,), (1,)),))
    assert flat.representer((1, 2)) is None
    assert flat.representer((3, 3)) == ((3,),)


BAD = [
    (lambda: factorize([[1, 2], [3, 4]]), r"K must be symmetric, but \(1, 0\) is 3 and \(0, 1\)"),
    (lambda: factorize([[1, 2]]), "K must be square"),
    (lambda: factorize([[0.5]]), r"K must hold ints and Fractions, but \(0, 0\) is 0.5"),
    (lambda: factorize([]), "K must have rows of one length"),
    (lambda: coefficients([[-1]], [1]), "K must be positive semi-definite"),
    (lambda: coefficients([[1]], [1, 2]), "f must have 1 entries, got 2"),
    (lambda: product_of([1], [1, 2]), "v and w must have the same length"),
    (lambda: smallest_eigenvalue([[1]], F(0)), "width must be above 0"),
    (lambda: gram(lambda x, z: x / z, [1, 2]), "kernel must hold ints and Fractions"),
    (lambda: FunctionSpace(((1, 1), (2, 2)), ((1, 0), (0, 1))), "the Gram matrix of basis must be"),
    (lambda: FunctionSpace(((1, 1),), ((0,),)), "products must be positive definite"),
    (lambda: FunctionSpace(((1, 1),), ((1, 0), (0, 1))), r"products must have shape \(1, 1\)"),
    (lambda: FiniteScheme((F(1, 2),), (((1,),),)), "law must be positive and add up to 1"),
    (lambda: FiniteScheme((F(1),), ()), "law must have 0 entries, got 1"),
    (
        lambda: FiniteScheme((F(1, 2), F(1, 2)), (((1,),), ((1,), (1,)))),
        r"features must have one shape \(m d\)",
    ),
    (lambda: scheme().error(scheme().combine((1, 0, 0)), 0), "q must be an integer"),
]


@pytest.mark.parametrize(("act", "message"), BAD, ids=[m for _, m in BAD])
def test_bad_input_is_refused(act: object, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        act()  # type: ignore[operator]


def test_gram_asks_for_every_pair() -> None:
    K = gram(lambda x, z: min(x, z), [F(1, 3), F(1, 2)])
    assert K == ((F(1, 3), F(1, 3)), (F(1, 3), F(1, 2)))
    assert all(K[i][j] == K[j][i] for i, j in product(range(2), repeat=2))


@pytest.mark.parametrize(
    ("id", "part"),
    [
        ("N.T2", r"\|f\|_k=\min\bigl\{\|v\|_{\mathcal H}:f_{\Psi,v}=f\bigr\}"),
        ("B.T2.ball", r"M^2k(x,x')-f(x)f(x')\text{ is a kernel.}"),
        ("N.RFS", r"then $|k|\le C^2$"),
        ("N.RFS", r"\mathbb E\|\check f(\omega)\|^2=\|f\|_k^2"),
        ("N.C3", r"\le\frac{C^2\|f\|_k^2}q"),
        ("N.C3", r"\le\frac{C\,\|f\|_k}{\sqrt q}"),
        ("B.C3.exact", r"\frac1q\Bigl(C^2\,\mathbb E\|\check f\|^2-f(x)^2\Bigr)"),
        ("B.C3.sharp", r"\frac{C^2}q\Bigl(1-\frac1n\Bigr)"),
    ],
)
def test_texts_have_the_checked_numbers(id: str, part: str) -> None:
    assert part in statements.get(id).text
