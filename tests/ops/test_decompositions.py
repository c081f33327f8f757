"""Linear algebra: the definitions of the decompositions, hard matrices, bad input."""

import itertools

import numpy as np
import pytest
from samples import normal as data

from ckeras import GradientTape, function as compiled, ops


def t(x):
    return np.swapaxes(x, -1, -2)


SHAPES = [(1, 1), (3, 3), (5, 2), (2, 5), (2, 3, 4), (2, 1, 4, 3), (0, 3, 3), (17, 17)]


def agree(found, expected, tolerance=1e-10):
    assert found.shape == expected.shape
    np.testing.assert_allclose(found, expected, tolerance, tolerance)


@pytest.mark.parametrize("shape", SHAPES)
def test_definitions(shape):
    x = data(*shape)
    k = min(shape[-2:])
    for mode in ("reduced", "complete"):
        q, u = (v.numpy() for v in ops.qr(x, mode))
        agree(q @ u, x)
        agree(t(q) @ q, np.broadcast_to(np.eye(q.shape[-1]), (*shape[:-2], q.shape[-1], q.shape[-1])))
        np.testing.assert_array_equal(np.tril(u, -1), 0)
    for full in (False, True):
        u, s, v = (part.numpy() for part in ops.svd(x, full_matrices=full))
        agree((u[..., :k] * s[..., None, :]) @ v[..., :k, :], x)
    p = ops.pinv(x).numpy()
    agree(x @ p @ x, x)
    agree(p @ x @ p, p)
    lu, pivots = (part.numpy() for part in ops.lu_factor(x))
    moved = x.copy()
    for index in np.ndindex(shape[:-2]):
        for i, p in enumerate(pivots[index]):
            moved[index][[i, p]] = moved[index][[p, i]]
    lower = np.tril(lu, -1)[..., :k] + np.eye(shape[-2], k)
    agree(lower @ np.triu(lu)[..., :k, :], moved)
    assert (np.abs(lower) <= 1).all()


@pytest.mark.parametrize("shape", [s for s in SHAPES if s[-1] == s[-2]])
def test_definitions_of_square_ones(shape):
    x = data(*shape)
    n = shape[-1]
    one = np.broadcast_to(np.eye(n), shape)
    positive = x @ t(x) + np.eye(n)
    factor = ops.cholesky(positive).numpy()
    agree(factor @ t(factor), positive)
    agree(ops.cholesky(positive, upper=True), t(factor))
    for upper in (False, True):
        agree(ops.cholesky_inverse(t(factor) if upper else factor, upper).numpy() @ positive, one, 1e-8)
    values, vectors = (part.numpy() for part in ops.eigh(positive))
    agree((vectors * values[..., None, :]) @ t(vectors), positive)
    values, vectors = (part.numpy() for part in ops.eig(x))
    agree(x @ vectors, vectors * values[..., None, :])
    agree(ops.inv(x).numpy() @ x, one, 1e-8)
    sign, size = ops.slogdet(x)
    agree(ops.det(x), (sign * ops.exp(size)).numpy())
    for b in (data(*shape[:-1], 2), data(n), data(*shape[:-1])):
        column = b[..., None] if b.ndim < x.ndim or b.ndim == 1 else b
        y = ops.solve(x, b).numpy()
        agree(x @ (y[..., None] if column.ndim > b.ndim else y), np.broadcast_to(column, np.shape(x @ column)), 1e-8)
    for lower in (False, True):
        triangle = np.tril(positive) if lower else np.triu(positive)
        agree(triangle @ ops.solve_triangular(positive, x, lower=lower).numpy(), x, 1e-7)


def test_triangles_are_solved_by_substitution():
    """Elimination of a lower triangle would exchange rows where the diagonal is small, and lose digits."""
    a = np.array([[1e-8, 0.0, 0.0], [1.0, 1.0, 0.0], [1.0, 1.0, 1e-8]])
    x = np.array([1.0, 2.0, 3.0])
    np.testing.assert_allclose(ops.solve_triangular(a, a @ x, lower=True), x, 1e-7)
    nan = np.where(np.tri(3, dtype=bool), a, np.nan)  # of the other triangle nothing is read
    np.testing.assert_allclose(ops.solve_triangular(nan, a @ x, lower=True), x, 1e-7)


def test_determinants_of_singular_matrices_have_gradients():
    for rank in (3, 2, 1, 0):
        x = data(4, rank, seed=1) @ data(rank, 4, seed=2)
        a = ops.convert_to_tensor(x)
        with GradientTape() as tape:
            tape.watch(a)
            y = ops.det(a)
        found = tape.gradient(y, a).numpy()
        minors = [
            (-1) ** (i + j) * np.linalg.det(np.delete(np.delete(x, i, 0), j, 1))
            for i, j in itertools.product(range(4), repeat=2)
        ]
        np.testing.assert_allclose(found, np.reshape(minors, (4, 4)), 1e-9, 1e-12)


def test_gradients_of_equal_values_are_finite():
    for function in (lambda x: ops.eigh(x)[1], lambda x: ops.svd(x)[0], lambda x: ops.norm(x, 2)):
        x = ops.eye(3)
        with GradientTape() as tape:
            tape.watch(x)
            y = function(x)
        assert np.isfinite(tape.gradient(y, x).numpy()).all()


def test_gradients_that_do_not_exist():
    x, z = ops.convert_to_tensor(data(4, 2)), ops.convert_to_tensor(data(2, 2) + 1j)
    for function, a, error, message in [
        (lambda x: ops.qr(x, "complete")[0], x, ValueError, "qr in the mode 'complete' has no gradient"),
        (lambda x: ops.svd(x)[0], x, ValueError, "svd with full_matrices=True has no gradient"),
        (lambda x: ops.qr(x)[0], z, TypeError, "expects real matrices"),
        (ops.pinv, z, TypeError, "expects real matrices"),
    ]:
        with GradientTape() as tape:
            tape.watch(a)
            y = function(a)
        with pytest.raises(error, match=message):
            tape.gradient(y, a)


@pytest.mark.parametrize("dtype", ["float16", "float32", "bool", "int32", "complex64", "complex128"])
def test_dtypes(dtype):
    x = (np.eye(3) * 4 + np.tri(3) + np.tri(3).T).astype(dtype)
    whole = x.astype("complex128" if dtype.startswith("complex") else "float64")
    wide = {"bool": "float32", "int32": "float32"}.get(dtype, dtype)
    names = ("inv", "det", "pinv") if dtype != "bool" else ("det",)
    for name in names:
        found = getattr(ops, name)(x)
        assert found.dtype == wide
        expected = getattr(np.linalg, name)(whole) if dtype != "bool" else 0.0
        np.testing.assert_allclose(
            found.numpy().astype(whole.dtype), expected, 2e-2 if wide == "float16" else 1e-4, 1e-4
        )
    parts = {"complex64": "float32", "complex128": "float64"}.get(dtype, wide)
    assert [y.dtype for y in ops.eigh(x)] == [parts, wide]
    assert [y.dtype for y in ops.svd(x)] == [wide, parts, wide]
    assert ops.eig(x)[0].dtype == ("complex128" if dtype == "complex128" else "complex64")
    assert ops.matrix_rank(x).dtype == "int32"


def test_complex_matrices():
    z = data(2, 4, 3) + 1j * data(2, 4, 3, seed=1)
    square = z.swapaxes(-1, -2).conj() @ z
    for name in ("inv", "det", "cholesky", "slogdet", "eigh"):
        found, expected = getattr(ops, name)(square), getattr(np.linalg, name)(square)
        for y, e in zip(*(v if isinstance(v, tuple) else (v,) for v in (found, expected)), strict=True):
            agree(y, e)
    agree(ops.cholesky_inverse(ops.cholesky(square)), np.linalg.inv(square), 1e-8)
    agree(ops.pinv(z), np.linalg.pinv(z))
    q, u = (v.numpy() for v in ops.qr(z.swapaxes(-1, -2)))
    agree(q @ u, z.swapaxes(-1, -2))


def test_least_squares():
    a, b = data(6, 3), data(6, 2, seed=1)
    agree(ops.lstsq(a, b), np.linalg.lstsq(a, b)[0])
    agree(ops.lstsq(a.T, b[:3]), np.linalg.lstsq(a.T, b[:3])[0])
    low = data(6, 2) @ data(2, 4)
    agree(ops.lstsq(low, b[:, 0]), np.linalg.lstsq(low, b[:, 0])[0])


def test_nothing():
    empty = np.zeros((0, 0))
    assert float(ops.det(empty)) == 1
    assert ops.inv(empty).shape == (0, 0)
    assert int(ops.matrix_rank(np.zeros((0, 3)))) == 0
    assert ops.pinv(np.zeros((0, 3))).shape == (3, 0)
    assert ops.svd(np.zeros((0, 3)), compute_uv=False).shape == (0,)
    assert ops.lu_factor(np.zeros((0, 3)))[1].shape == (0,)


SINGULAR = np.array([[1.0, 2.0], [2.0, 4.0]])
BAD = {
    "not square": [
        (f, np.zeros((2, 3)))
        for f in (ops.cholesky, ops.cholesky_inverse, ops.det, ops.eig, ops.eigh, ops.inv, ops.slogdet, ops.logdet)
    ],
    "not a matrix": [
        (f, np.zeros(3))
        for f in (ops.cholesky, ops.det, ops.eigh, ops.inv, ops.qr, ops.svd, ops.pinv, ops.matrix_rank, ops.lu_factor)
    ],
}


def test_shapes_that_do_not_fit():
    for function, x in BAD["not square"]:
        with pytest.raises(ValueError, match=r"expects square matrices, got shape \(2, 3\)"):
            function(x)
    for function, x in BAD["not a matrix"]:
        with pytest.raises(ValueError, match=r"expects matrices, with two axes at least, got shape \(3,\)"):
            function(x)
    for function in (ops.solve, ops.solve_triangular):
        with pytest.raises(ValueError, match="expects square matrices"):
            function(np.zeros((2, 3)), np.zeros(2))
        for b in (np.zeros(2), np.zeros((2, 3)), 1.0):
            with pytest.raises(ValueError, match="expects as many equations as right sides"):
                function(np.eye(3), b)
        with pytest.raises(ValueError, match="cannot be broadcast together"):
            function(np.ones((2, 3, 3)), np.ones((4, 3, 1)))
    for a, b in ((np.zeros((2, 3)), np.zeros(3)), (np.zeros(3), np.zeros(3)), (np.zeros((2, 2)), np.zeros((2, 2, 2)))):
        with pytest.raises(ValueError, match="lstsq expects a matrix and as many right sides"):
            ops.lstsq(a, b)
    with pytest.raises(ValueError, match="qr expects the mode 'reduced' or 'complete', got 'full'"):
        ops.qr(np.eye(2), "full")


def test_matrices_without_an_answer():
    """Eagerly and compiled the error is the same, and another call works afterwards."""
    for function, message in [
        (ops.inv, "inv expects matrices that are not singular: got shape"),
        (lambda x: ops.solve(x, [1.0, 2.0]), "solve expects matrices that are not singular"),
        (lambda x: ops.solve_triangular(x * [[1.0, 1.0], [1.0, 0.0]], [1.0, 2.0]), "expects a diagonal without zeros"),
        (lambda x: ops.cholesky(-x), "cholesky expects positive definite matrices"),
    ]:
        step = compiled(function)
        for run in (function, step):
            with pytest.raises(ValueError, match=message):
                run(ops.convert_to_tensor(SINGULAR))
    assert float(ops.det(SINGULAR)) == pytest.approx(0)
    assert [v.tolist() for v in ops.slogdet(np.zeros((2, 2)))] == [0, -np.inf]


def gradient_of(function):
    def run(x):
        with GradientTape() as tape:
            tape.watch(x)
            y = function(x)
        return tape.gradient(y, x)

    return run


ENDLESS = {
    "svd": ops.svd,
    "svd, reduced": lambda x: ops.svd(x, full_matrices=False),
    "svd, values": lambda x: ops.svd(x, compute_uv=False),
    "pinv": ops.pinv,
    "eig": ops.eig,
    "eigh": ops.eigh,
    "norm 2": lambda x: ops.norm(x, 2, axis=(-2, -1)),
    "norm nuc": lambda x: ops.norm(x, "nuc", axis=(-2, -1)),
    "gradient of det": gradient_of(ops.det),
    "gradient of svd": gradient_of(lambda x: ops.svd(x, compute_uv=False)),
    "gradient of eigh": gradient_of(lambda x: ops.eigh(x)[0]),
}


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("name", ENDLESS)
def test_matrices_that_are_not_finite_give_nan_and_leave_the_others_alone(name, value):
    x = data(3, 4, 4).astype("float32")
    broken = x.copy()
    broken[1, 2, 1] = broken[1, 1, 2] = value
    for run in (ENDLESS[name], compiled(ENDLESS[name])):
        found, expected = (run(ops.convert_to_tensor(a)) for a in (broken, x))
        for part, right in zip(*(v if isinstance(v, tuple) else (v,) for v in (found, expected)), strict=True):
            part, right = part.numpy(), right.numpy()
            assert np.isnan(part[1]).all()
            np.testing.assert_array_equal(part[[0, 2]], right[[0, 2]])


def test_numbers_made_of_matrices_that_are_not_finite():
    x = np.eye(3, dtype="float32")
    x[0, 0] = np.inf
    tall = ops.pinv(x[:, :2])
    assert tall.shape == (2, 3)
    complex_values = ops.svd(np.where(np.isinf(x), complex(0, np.inf), x), compute_uv=False)
    for found in (tall, complex_values, ops.lstsq(x, np.ones(3, "float32"))):
        assert np.isnan(found.numpy()).all()
    assert int(ops.matrix_rank(x)) == 0
    large = np.full((2, 2), 3e38, "float32")  # finite, but not x + x^T
    assert np.isnan(ops.eigh(large)[0].numpy()).all()
