"""Shapes and counts that claim more than they hold: what there is to compute decides the cost, not what is claimed."""

import numpy as np
import pytest

import ckeras
from ckeras import GradientTape, KerasTensor, ops


def gradient(function, x):
    x = ops.convert_to_tensor(x)
    with GradientTape() as tape:
        tape.watch(x)
        y = function(x)
    return tape.gradient(y, x)


def claims(*shape, dtype="int8"):
    return np.broadcast_to(np.ones((), dtype), shape)


@pytest.mark.parametrize(
    ("function", "shape", "shapes"),
    [
        (ops.qr, (2**31, 0, 3), [(2**31, 0, 0), (2**31, 0, 3)]),
        (ops.lu_factor, (0, 2**40), [(0, 2**40), (0,)]),
        (lambda x: ops.matmul(x, ops.ones((3, 2))), (2**31, 0, 3), [(2**31, 0, 2)]),
        (lambda x: ops.solve(ops.ones((0, 0)), x), (0, 2**40), [(0, 2**40)]),
        (lambda x: ops.solve_triangular(ops.ones((0, 0)), x, lower=True), (0, 2**40), [(0, 2**40)]),
        (lambda x: ops.svd(x, full_matrices=False), (2**31, 0, 3), [(2**31, 0, 0), (2**31, 0), (2**31, 0, 3)]),
    ],
)
def test_results_without_elements_are_not_computed(function, shape, shapes):
    x = np.empty(shape, "float32")
    eager, compiled = function(x), ckeras.function(function)(x)
    for found in (eager, compiled):
        assert [y.shape for y in (found if isinstance(found, (list, tuple)) else [found])] == shapes
    assert gradient(function, x).shape == shape


def test_an_op_without_elements_still_checks_its_arguments():
    with pytest.raises(ValueError, match="square matrices"):
        ops.inv(np.empty((2**31, 0, 3)))
    with pytest.raises(TypeError, match="real matrices"):
        gradient(ops.qr, np.empty((2**31, 0, 3), "complex64"))


@pytest.mark.parametrize(
    ("shape", "axis", "found"),
    [((0, 2**31), 0, (0, 2**31)), ((3, 0, 2**31), 0, (1, 0, 2**31)), ((2**40, 0), 1, (2**40, 0))],
)
def test_unique_slices_without_elements(shape, axis, found):
    values, index, inverse, counts = ops.unique(
        np.empty(shape), return_index=True, return_inverse=True, return_counts=True, axis=axis
    )
    n, distinct = shape[axis], found[axis]
    assert values.shape == found and inverse.tolist() == [0] * n
    assert index.tolist() == [0] * distinct and counts.tolist() == [n] * distinct


@pytest.mark.parametrize("dtype", ["bool", "int8", "uint64", "float16", "float32", "complex64"])
@pytest.mark.parametrize("axis", [0, 1, 2])
def test_unique_slices_as_numpy_finds_them(dtype, axis):
    x = np.random.default_rng(1).integers(0, 2, (6, 2, 5)).astype(dtype)
    x = np.concatenate([x, x[::-1]], axis)
    found = ops.unique(x, return_index=True, return_inverse=True, return_counts=True, axis=axis)
    for y, expected in zip(found, np.unique(x, True, True, True, axis), strict=True):
        np.testing.assert_array_equal(y, np.reshape(expected, y.shape))


def test_unique_of_few_long_rows():
    x = np.zeros((3, 10**6), "int8")
    x[1, -1] = -1
    values, counts = ops.unique(x, return_counts=True, axis=0)
    assert values.shape == (2, 10**6) and values[0, -1] == -1 and counts.tolist() == [1, 2]


def test_tensors_in_an_error_are_named_by_their_shapes():
    with pytest.raises(TypeError, match=r"after each operand, got \[a tensor of shape \(2, 2, "):
        ops.einsum(-1, claims(*(2,) * 40), claims(3))


@pytest.mark.parametrize("function", [ops.stack, ops.concatenate, ops.vstack, ops.hstack, ops.dstack])
def test_rows_that_do_not_fit_in_memory_are_not_copied_one_by_one(function, monkeypatch):
    monkeypatch.setattr("ckeras._kernels.capacity.available", lambda: 2**31)
    with pytest.raises(MemoryError, match=rf"{function.__name__}, to copy a tensor of shape \(65536, 65536\)"):
        function(claims(2**16, 2**16))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: ops.image.scale_and_translate(np.ones(3), claims(2**60), 1.0, 0.0, (0,), "linear"),
            r"output_shape of scale_and_translate expects integers, got a tensor of shape \(1152921504606846976,\)",
        ),
        (
            lambda: ops.image.scale_and_translate(np.ones(3), (3,), [1.0], [0.0], claims(2**60), "linear"),
            "scale_and_translate expects at most 64 integers as spatial_dims",
        ),
        (lambda: ops.unstack(KerasTensor((2**60,))), "unstack expects .* to 100000 as the number of tensors"),
        (lambda: ops.unstack(np.empty((2**40, 0))), "unstack expects .* to 100000 as the number of tensors"),
        (lambda: ops.unstack(KerasTensor((None, 2)), 2**60), "unstack expects .* to 100000 as the number of tensors"),
        (lambda: ops.split(np.empty((2**40, 0)), 2**40), "split expects .* to 100000 as the number of sections"),
        (lambda: ops.array_split(KerasTensor((2**60,)), 2**60), "expects .* to 100000 as the number of sections"),
    ],
)
def test_absurd_counts_are_errors(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_the_number_of_tensors_is_an_integer():
    with pytest.raises(TypeError, match="unstack expects an integer as num, got 'abc'"):
        ops.unstack(KerasTensor((None, 2)), "abc")
