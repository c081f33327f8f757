"""Reductions against numpy in float64, over every choice of axes."""

import itertools
import math

import numpy as np
import pytest

from ckeras import ops

SHAPES = [(1,), (3,), (7,), (17,), (1031,), (3, 7), (17, 1), (2, 3, 5), (4, 1, 33), (2, 3, 4, 5)]
AXES = {
    1: [None, 0, -1, (), (0,)],
    2: [None, 0, 1, -1, (0, 1), [-1], (1, 0)],
    3: [None, 0, 1, 2, -2, (0, 2), (-1, 1), (0, 1, 2), ()],
    4: [None, 1, -1, (0, 2), (1, 3), (0, 1, 2), (3, 2, 1, 0)],
}
FLOAT = {
    "amax": np.max,
    "amin": np.min,
    "logsumexp": lambda x, axis, keepdims: np.log(np.sum(np.exp(x), axis=axis, keepdims=keepdims)),
    "max": np.max,
    "mean": np.mean,
    "min": np.min,
    "norm": lambda x, axis, keepdims: np.sqrt(np.sum(x * x, axis=axis, keepdims=keepdims)),
    "prod": np.prod,
    "std": np.std,
    "sum": np.sum,
    "var": np.var,
}
BOOLEAN = {"all": np.all, "any": np.any}
INDEX = {"argmax": np.argmax, "argmin": np.argmin}
INTEGERS = ["int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "uint64"]
TOLERANCE = {"float16": 4e-3, "float32": 3e-6, "float64": 1e-12}


def data(shape, dtype="float64", seed=0):
    return np.random.default_rng([seed, *shape]).uniform(-1.5, 1.5, shape).astype(dtype)


def canonical(axis):
    return tuple(axis) if isinstance(axis, list) else axis


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", FLOAT)
def test_floats(name, dtype):
    for shape in SHAPES:
        x = data(shape, dtype)
        for axis, keepdims in itertools.product(AXES[len(shape)], (False, True)):
            result = getattr(ops, name)(x, axis=axis, keepdims=keepdims)
            expected = FLOAT[name](x.astype("float64"), axis=canonical(axis), keepdims=keepdims)
            assert (result.dtype, result.shape) == (dtype, np.shape(expected))
            np.testing.assert_allclose(result, expected, TOLERANCE[dtype], TOLERANCE[dtype], err_msg=f"{shape} {axis}")


@pytest.mark.parametrize("name", FLOAT)
def test_half_precision(name):
    x = data((3, 17), "float16")
    result = getattr(ops, name)(x, axis=1)
    assert result.dtype == "float16"
    expected = FLOAT[name](x.astype("float64"), axis=1, keepdims=False)
    np.testing.assert_allclose(result.numpy().astype("float64"), expected, 1e-2, 1e-2)


@pytest.mark.parametrize("name", FLOAT)
def test_strided_input(name):
    whole = data((9, 14), "float32")
    for view in (whole.T, whole[::2, ::-3], np.asfortranarray(whole)):
        expected = FLOAT[name](view.astype("float64"), axis=0, keepdims=False)
        np.testing.assert_allclose(getattr(ops, name)(view, axis=0), expected, 1e-5, 1e-5)


@pytest.mark.parametrize("dtype", ["bool", *INTEGERS])
def test_sums_and_products_of_integers(dtype):
    x = np.random.default_rng(3).integers(0, 4, (5, 17)).astype(dtype)
    wide = {"bool": "int32", "int8": "int32", "int16": "int32", "uint8": "uint32", "uint16": "uint32"}.get(dtype, dtype)
    for axis in (None, 0, 1):
        for name in ("sum", "prod"):
            result = getattr(ops, name)(x, axis=axis)
            assert result.dtype == wide
            np.testing.assert_array_equal(result, getattr(np, name)(x, axis=axis, dtype=wide))
        assert ops.mean(x, axis=axis).dtype == "float32"
        np.testing.assert_allclose(ops.mean(x, axis=axis), np.mean(x, axis=axis), 1e-6)
        np.testing.assert_array_equal(ops.count_nonzero(x, axis=axis), np.count_nonzero(x, axis=axis))
    assert ops.prod(x, dtype="float64").dtype == "float64"
    assert ops.count_nonzero(x).dtype == "int32"


@pytest.mark.parametrize("dtype", ["bool", *INTEGERS, "float16"])
def test_extremes_of_other_dtypes(dtype):
    x = np.random.default_rng(4).integers(0, 2 if dtype == "bool" else 100, (5, 17)).astype(dtype)
    for name, axis in itertools.product(("max", "min"), (None, 0, 1)):
        result = getattr(ops, name)(x, axis=axis)
        assert result.dtype == dtype
        np.testing.assert_array_equal(result, getattr(np, name)(x, axis=axis))
    for name, axis in itertools.product(INDEX, (None, 0, 1)):
        np.testing.assert_array_equal(getattr(ops, name)(x, axis=axis), INDEX[name](x, axis=axis))


@pytest.mark.parametrize("name", INDEX)
def test_indices(name):
    for shape in SHAPES:
        for x in (data(shape, "float32"), np.round(data(shape, "float64")), np.zeros(shape, "int32")):
            for axis, keepdims in itertools.product([None, *range(-len(shape), len(shape))], (False, True)):
                result = getattr(ops, name)(x, axis=axis, keepdims=keepdims)
                assert result.dtype == "int32"
                np.testing.assert_array_equal(result, INDEX[name](x, axis=axis, keepdims=keepdims))


@pytest.mark.parametrize("name", BOOLEAN)
def test_boolean(name):
    for shape, dtype in itertools.product(SHAPES, ("bool", "int32", "float32")):
        x = (np.random.default_rng([5, *shape]).random(shape) < 0.8).astype(dtype)
        for axis, keepdims in itertools.product(AXES[len(shape)], (False, True)):
            result = getattr(ops, name)(x, axis=axis, keepdims=keepdims)
            assert result.dtype == "bool"
            np.testing.assert_array_equal(result, BOOLEAN[name](x, axis=canonical(axis), keepdims=keepdims))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_values_that_are_not_finite(dtype):
    x = np.tile(np.array([1.0, 2.0, 3.0], dtype), (6, 11))
    x[1, 5], x[2, 0], x[3, 32], x[4, 17], x[5] = math.nan, math.inf, -math.inf, math.nan, -math.inf
    x[4, 3] = math.inf
    with np.errstate(all="ignore"):
        for name in ("sum", "mean", "prod", "max", "min", "var", "std", "argmax", "argmin"):
            for axis in (None, 0, 1):
                np.testing.assert_allclose(
                    getattr(ops, name)(x, axis=axis), getattr(np, name)(x, axis=axis), TOLERANCE[dtype], err_msg=name
                )
    found = ops.logsumexp(x, axis=1).numpy()
    assert math.isnan(found[1]) and found[2] == math.inf and math.isnan(found[4]) and found[5] == -math.inf


def test_logsumexp_far_out():
    np.testing.assert_allclose(ops.logsumexp([1000.0, 1000.0]), 1000 + math.log(2), rtol=1e-6)
    np.testing.assert_allclose(ops.logsumexp([-1000.0, -1000.0]), -1000 + math.log(2), rtol=1e-6)


def test_no_elements():
    for shape, axis in [((0,), None), ((0, 3), 0), ((3, 0), -1), ((2, 0, 3), 1)]:
        x = np.zeros(shape, "float32")
        for name in ("sum", "prod", "any", "all"):
            np.testing.assert_array_equal(getattr(ops, name)(x, axis=axis), getattr(np, name)(x, axis=axis))
        assert np.isnan(ops.mean(x, axis=axis).numpy()).all()
        assert (ops.logsumexp(x, axis=axis).numpy() == -math.inf).all()
        for name in ("max", "min", "argmax", "argmin"):
            with pytest.raises(ValueError, match=f"{name} (over|of) no elements"):
                getattr(ops, name)(x, axis=axis)
        np.testing.assert_array_equal(ops.max(x, axis=axis, initial=2.0), np.max(x, axis=axis, initial=2.0))
    x = np.zeros((0, 3), "float32")
    assert ops.sum(x, axis=1).shape == ops.max(x, axis=1).shape == ops.argmax(x, axis=1).shape == (0,)


def test_initial():
    x = np.array([[1, 5], [7, 2]], "int32")
    for initial, axis in itertools.product((4, -1, 10), (None, 0, 1)):
        np.testing.assert_array_equal(ops.max(x, axis=axis, initial=initial), np.max(x, axis=axis, initial=initial))
        np.testing.assert_array_equal(ops.min(x, axis=axis, initial=initial), np.min(x, axis=axis, initial=initial))
    assert ops.max(x, initial=2.5).dtype == "int32"


def test_norms():
    x = data((3, 4, 5))
    for order in (None, 1, 2, 3, 0.5, -1, -2, 0, math.inf, -math.inf):
        for axis in (0, -1):
            np.testing.assert_allclose(ops.norm(x, ord=order, axis=axis), np.linalg.norm(x, order, axis), 1e-12)
    for order, axis in itertools.product(
        (None, "fro", "nuc", 1, -1, 2, -2, math.inf, -math.inf), ((0, 1), (1, 0), (-1, 0))
    ):
        for keepdims in (False, True):
            expected = np.linalg.norm(x, order, axis, keepdims)
            np.testing.assert_allclose(ops.norm(x, ord=order, axis=axis, keepdims=keepdims), expected, 1e-12)
    np.testing.assert_allclose(ops.norm(x), np.linalg.norm(x), 1e-12)
    np.testing.assert_allclose(ops.norm(x[0], ord=1), np.linalg.norm(x[0], 1), 1e-12)
    for order, axis in [("nuc", 0), (3, (0, 1)), ("fro", 0), ("x", 0), (1, None)]:
        with pytest.raises(ValueError, match="norm does not support order"):
            ops.norm(x, ord=order, axis=axis)


@pytest.mark.parametrize("name", [*FLOAT, *BOOLEAN, *INDEX])
def test_axes_that_do_not_exist(name):
    x = np.ones((2, 3), "float32")
    for axis in (2, -3):
        with pytest.raises(ValueError, match=f"axis {axis} is out of range for a tensor with 2 axes"):
            getattr(ops, name)(x, axis=axis)
    with pytest.raises(ValueError, match="repeated"):
        ops.sum(x, axis=(0, -2))


@pytest.mark.parametrize("name", [*FLOAT, *BOOLEAN, *INDEX])
def test_one_number(name):
    assert getattr(ops, name)(0.5).shape == ()
    assert getattr(ops, name)(np.float32(0.5), keepdims=True).shape == ()
