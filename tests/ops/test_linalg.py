"""Matrix products against numpy in float64."""

import itertools

import numpy as np
import pytest

from ckeras import ops

MATRICES = [
    ((3,), (3,)),
    ((2, 3), (3,)),
    ((3,), (3, 4)),
    ((1, 1), (1, 1)),
    ((7, 17), (17, 3)),
    ((33, 65), (65, 49)),
    ((130, 7), (7, 131)),
    ((5, 2, 3), (3, 4)),
    ((2, 3), (5, 3, 4)),
    ((5, 2, 3), (5, 3, 4)),
    ((1, 2, 3), (5, 3, 4)),
    ((5, 1, 2, 3), (7, 3, 4)),
    ((2, 1, 4, 5), (1, 3, 5, 2)),
    ((5, 2, 3), (3,)),
    ((3,), (5, 3, 4)),
    ((0, 3), (3, 2)),
    ((2, 0), (0, 3)),
    ((2, 3), (3, 0)),
    ((0, 2, 3), (3, 4)),
]
TOLERANCE = {"float16": 1e-2, "float32": 1e-5, "float64": 1e-12}


def data(shape, dtype, seed=0):
    return np.random.default_rng([seed, *shape]).standard_normal(shape).astype(dtype)


def agree(result, expected, dtype):
    assert (result.shape, result.dtype) == (np.shape(expected), dtype)
    np.testing.assert_allclose(result.numpy().astype("float64"), expected, TOLERANCE[dtype], TOLERANCE[dtype])


@pytest.mark.parametrize("dtype", TOLERANCE)
@pytest.mark.parametrize("shapes", MATRICES, ids=str)
def test_matmul(shapes, dtype):
    a, b = (data(s, dtype, i) for i, s in enumerate(shapes))
    expected = np.matmul(a.astype("float64"), b.astype("float64"))
    agree(ops.matmul(a, b), expected, dtype)
    agree(ops.convert_to_tensor(a) @ b, expected, dtype)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_matmul_of_transposed_and_strided(dtype):
    for m, k, n in [(5, 7, 3), (33, 17, 65)]:
        a, b = data((k, m), dtype), data((n, k), dtype)
        expected = a.T.astype("float64") @ b.T.astype("float64")
        agree(ops.matmul(a.T, b.T), expected, dtype)
        agree(ops.matmul(ops.transpose(a), ops.transpose(b)), expected, dtype)
        wide = data((2 * m, 2 * k), dtype)
        agree(ops.matmul(wide[::2, ::2], b.T), wide[::2, ::2].astype("float64") @ b.T.astype("float64"), dtype)


def test_values_that_are_not_finite_reach_their_rows_and_columns():
    a, b = np.ones((3, 5), "float32"), np.ones((5, 4), "float32")
    a[1, 2], b[0, 3] = np.nan, np.inf
    np.testing.assert_array_equal(ops.matmul(a, b), a @ b)


@pytest.mark.parametrize("dtype", ["bool", "int8", "uint8", "int16", "int32", "int64", "uint32"])
def test_integers(dtype):
    rng = np.random.default_rng(0)
    a, b = (rng.integers(0, 2 if dtype == "bool" else 4, s).astype(dtype) for s in ((3, 5), (5, 4)))
    for compute, wide in [(ops.matmul, "int32" if dtype == "int8" else dtype), (ops.dot, dtype)]:
        result = compute(a, b)
        assert result.dtype == wide
        np.testing.assert_array_equal(result, np.matmul(a, b))


def test_dtypes_meet():
    assert ops.matmul(np.ones((2, 2), "int32"), np.ones((2, 2), "float32")).dtype == "float32"
    assert ops.matmul(np.ones((2, 2), "float64"), np.ones((2, 2), "float32")).dtype == "float64"
    assert ops.outer(np.ones(2, "float16"), 2.0).dtype == "float16"


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_dot(dtype):
    for left, right in [((3,), (3,)), ((2, 3), (3,)), ((2, 3), (3, 4)), ((5, 2, 3), (7, 3, 4)), ((), (3,)), ((2,), ())]:
        a, b = data(left, dtype), data(right, dtype, 1)
        agree(ops.dot(a, b), np.dot(a.astype("float64"), b.astype("float64")), dtype)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_tensordot(dtype):
    a, b = data((2, 3, 4), dtype), data((4, 3, 2), dtype, 1)
    for axes in (0, 1, ([1, 2], [1, 0]), ([2], [0]), (1, 1), ([-1, 0], [0, -1]), ([], []), ([0, 1, 2], [2, 1, 0])):
        agree(ops.tensordot(a, b, axes), np.tensordot(a.astype("float64"), b.astype("float64"), axes), dtype)
    agree(ops.tensordot(a, a, 3), np.tensordot(a.astype("float64"), a.astype("float64"), 3), dtype)


def test_outer():
    for left, right in itertools.product([(), (3,), (2, 2), (0,)], repeat=2):
        a, b = data(left, "float32"), data(right, "float32", 1)
        np.testing.assert_array_equal(ops.outer(a, b), np.outer(a, b))


def test_shapes_that_do_not_fit():
    a = np.ones((2, 3), "float32")
    for left, right in [(a, a), (a, a[:, 0]), (np.ones((5, 2, 3)), np.ones((4, 3, 1)))]:
        with pytest.raises(ValueError, match=r"matmul expects the inner dimensions|broadcast"):
            ops.matmul(left, right)
    with pytest.raises(ValueError, match="matmul expects tensors with axes"):
        ops.matmul(2.0, a)
    for axes in (1, ([0, 1], [0]), ([0], [1])):
        with pytest.raises(ValueError, match="tensordot cannot sum axes"):
            ops.tensordot(a, a, axes)
    with pytest.raises(ValueError, match="tensordot: axis 2"):
        ops.tensordot(a, a, ([2], [0]))


def test_cdist_of_integers_and_shapes_that_do_not_fit():
    found = ops.cdist(np.array([[0, 200]], "uint8"), np.array([[255, 200], [0, 0]], "uint8"))
    assert (found.dtype, found.tolist()) == ("float32", [[255.0, 200.0]])
    assert ops.cdist([[True, False]], [[False, True]]).tolist() == [[pytest.approx(2**0.5)]]
    for a, b in (((2,), (3, 2)), ((3, 2), (2,)), ((), (3, 2)), ((3, 2), (3, 1))):
        with pytest.raises(ValueError, match=r"cdist expects shapes \(\.\.\., m, d\)"):
            ops.cdist(np.ones(a), np.ones(b))
    with pytest.raises(ValueError, match="cannot be broadcast"):
        ops.cdist(np.ones((2, 3, 2)), np.ones((3, 4, 2)))
