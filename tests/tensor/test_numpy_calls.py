"""numpy's functions `arccos` to `vstack`, and einsum, called on tensors."""

import numpy as np
import pytest

from ckeras import GradientTape, Variable, function, ops
from ckeras.tensor import Tensor

A = np.array([[0.5, -0.25, 0.75], [0.1, 0.9, -0.6]])
B = np.array([1.5, -2.0, 3.0])

DIFFERENTIABLE = [
    np.arcsin,
    np.arccos,
    np.arctan,
    np.arctanh,
    np.arcsinh,
    np.sinh,
    np.cosh,
    np.cbrt,
    np.fabs,
    np.deg2rad,
    np.degrees,
    np.radians,
    np.sinc,
    np.i0,
    np.real,
    np.conj,
    np.diff,
    np.cumsum,
    np.fliplr,
    np.diagflat,
    np.corrcoef,
    lambda x: np.arccosh(x + 2),
    lambda x: np.arctan2(x, B),
    lambda x: np.hypot(x, 2),
    lambda x: np.fmax(x, 0.2),
    lambda x: np.fmin(0.2, x),
    lambda x: np.fmod(x, 0.4),
    lambda x: np.heaviside(0.0, x),
    lambda x: np.ldexp(x, 3),
    lambda x: np.cumprod(x, axis=1),
    lambda x: np.cumsum(x, 0, "float64"),
    lambda x: np.diff(x, n=2, axis=1),
    lambda x: np.einsum("ij,kj", x, A),
    lambda x: np.einsum("ij,kj,k->i", x, A, B[:2], optimize=True),
    lambda x: np.einsum(x, [0, 1], B, [1], [0]),
    lambda x: np.einsum(x, [0, Ellipsis], [Ellipsis]),
    lambda x: np.inner(x, B),
    lambda x: np.kron(x, B),
    lambda x: np.cross(x, B),
    lambda x: np.correlate(x[0], B, "full"),
    lambda x: np.average(x, axis=1, weights=B),
    lambda x: np.diag(x[0], 1),
    lambda x: np.diagonal(x, 1),
    lambda x: np.hstack([x, x]),
    lambda x: np.vstack((x, B)),
    lambda x: np.dstack([x, A]),
    lambda x: np.append(x, B),
    lambda x: np.array_split(x, 2, axis=1)[0],
    lambda x: np.hsplit(x, 3)[1],
    lambda x: np.flipud(x),
    lambda x: np.geomspace(x + 1, 5, 4),
    lambda x: np.bincount([0, 2, 2], x[0]),
]


@pytest.mark.parametrize("call", DIFFERENTIABLE)
def test_differentiable(call):
    for x in (ops.convert_to_tensor(A), Variable(A, dtype="float64")):
        with GradientTape() as tape:
            tape.watch(x)
            y = call(x)
        assert type(y) is Tensor
        expected = call(A)
        assert y.shape == np.shape(expected)
        np.testing.assert_allclose(y, expected, 1e-12, 1e-12)
        assert tape.gradient(y, x).shape == A.shape


@pytest.mark.parametrize(
    "call",
    [
        lambda x: np.argsort(x, axis=0),
        lambda x: np.digitize(x, [0.0, 0.5]),
        lambda x: np.isin(x, [0.5, -0.25]),
        lambda x: np.isclose(x, A + 1e-9),
        lambda x: np.allclose(x, A),
        lambda x: np.isneginf(x),
        lambda x: np.isreal(x),
        lambda x: np.imag(x),
        lambda x: np.angle(x),
    ],
)
def test_without_a_gradient(call):
    found = call(ops.convert_to_tensor(A))
    assert type(found) is Tensor
    np.testing.assert_array_equal(found, call(A))


def test_integers():
    n = np.array([12, -18, 7])
    for call in (
        lambda x: np.gcd(x, 8),
        lambda x: np.lcm(x, 8),
        lambda x: np.left_shift(x, 2),
        lambda x: np.right_shift(x, 1),
        lambda x: np.bincount(abs(x)),
    ):
        assert type(call(ops.convert_to_tensor(n))) is Tensor
        np.testing.assert_array_equal(call(ops.convert_to_tensor(n)), call(n))


@pytest.mark.parametrize(
    "call",
    [
        lambda x: np.histogram(x, [0, 0.5, 1])[0],
        lambda x: np.argpartition(x, [0, 2]),
        lambda x: np.copy(x),
        lambda x: np.empty_like(x) * 0,
        lambda x: np.average(x, 0, returned=True)[1],
        lambda x: np.diff(x, prepend=0),
        lambda x: np.angle(x, True),
        lambda x: np.corrcoef(x, A),
        lambda x: np.einsum("ij->j", x, dtype="float64"),
        lambda x: np.digitize(x, [0.0, 0.5], right=True),
        lambda x: np.linalg.diagonal(np.stack([x.T[:2], x.T[1:]])),
    ],
)
def test_what_numpy_alone_does(call):
    found = call(ops.convert_to_tensor(A))
    assert not isinstance(found, Tensor)
    np.testing.assert_allclose(found, call(A), 1e-12)


def test_copies_can_be_written_to():
    t = ops.convert_to_tensor(A)
    np.copy(t)[0, 0] = 7
    np.testing.assert_array_equal(t, A)


def test_compiled():
    compute = function(lambda x: np.sum(np.cumsum(np.arctan(x), 1) * np.einsum("ij,kj->ik", x, x)[:, :1]))
    expected = np.sum(np.cumsum(np.arctan(A), 1) * (A @ A.T)[:, :1])
    np.testing.assert_allclose(compute(A), expected, 1e-12)
