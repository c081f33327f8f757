"""Arguments of the wrong kind are named, and counts beyond measure are answered at once."""

import numpy as np
import pytest

from ckeras import KerasTensor, function, ops
from ckeras._kernels import MAX_NDIM, capacity
from ckeras.tensor import table

X = np.ones((2, 3), "float32")
HUGE = 10**9


@pytest.mark.parametrize(
    ("compute", "message"),
    [
        (lambda: ops.one_hot([0, 1], "abc"), "one_hot expects an integer as num_classes, got 'abc'"),
        (lambda: ops.multi_hot([0, 1], ()), r"multi_hot expects an integer as num_classes, got \(\)"),
        (lambda: ops.rearrange(X, X), r"rearrange expects a string as pattern, got a tensor of shape \(2, 3\)"),
        (lambda: ops.sum(X, "abc"), "a reduction expects an integer.* as axis, got 'abc'"),
        (lambda: ops.flip(X, {}), "flip expects an integer.* as axis, got {}"),
        (lambda: ops.concatenate(None), "concatenate expects a sequence of tensors as xs, got None"),
        (lambda: ops.stack(3), "stack expects a sequence of tensors as x, got 3"),
        (lambda: ops.zeros("ab"), "zeros expects an integer.* as shape, got 'ab'"),
        (lambda: ops.reshape(X, (2, 1.5)), "reshape expects an integer as newshape, got 1.5"),
        (lambda: ops.arange("a"), "arange expects a number as stop, got 'a'"),
        (lambda: ops.eye("a"), "eye expects an integer as N, got 'a'"),
        (lambda: ops.tri(2, None, "a"), "tri expects an integer as k, got 'a'"),
        (lambda: ops.roll(X, "a", 0), "roll expects an integer.* as shift, got 'a'"),
        (lambda: ops.pad(X, None), "pad expects integers as pad_width, got None"),
        (lambda: ops.repeat(X, "a"), "repeat expects an integer as repeats, got 'a'"),
        (lambda: ops.diff(X, "a"), "diff expects an integer as n, got 'a'"),
        (lambda: ops.bincount([1], minlength="a"), "bincount expects an integer as minlength, got 'a'"),
        (lambda: ops.erf(1j), "erf does not take inputs of dtype complex64"),
    ],
)
def test_an_argument_of_the_wrong_kind_is_named(compute, message):
    with pytest.raises(TypeError, match=message):
        compute()


@pytest.mark.parametrize(
    "compute",
    [
        lambda: ops.bincount([1], minlength=2**62),
        lambda: ops.bincount([2**40]),
        lambda: ops.array_split(X, HUGE),
        lambda: ops.split(np.ones((0,)), HUGE),
        lambda: ops.repeat(X, 2**60),
        lambda: ops.repeat(X, [2**50, 2**50, 1], axis=1),
        lambda: ops.tile(X, (2**40, 2**20)),
        lambda: ops.pad(X, 2**40),
        lambda: ops.pad(X, 2**40, "reflect"),
        lambda: ops.one_hot([1, 2], 2**50),
        lambda: ops.arange(10**15),
        lambda: ops.arange(0, 1, 1e-300),
        lambda: ops.arange(float("inf")),
        lambda: ops.zeros((2**31, 2**31)),
        lambda: ops.ones((2**21, 2**21)),
        lambda: ops.full((2**31, 2**31), 1),
        lambda: ops.eye(2**30),
        lambda: ops.tri(2**30),
        lambda: ops.linspace(0.0, 1.0, 2**45),
        lambda: ops.broadcast_to(X, (2**45, 2, 3)),
        lambda: ops.add(np.broadcast_to(X[0, 0], (2**45,)), 1),
        lambda: ops.exp(np.broadcast_to(X[:, :1], (2**22, 2, 2**22))),
        lambda: ops.matmul(np.ones((2**22, 1)), np.ones((1, 2**22))),
        lambda: function(lambda x: ops.sum(ops.outer(x, x)))(np.ones(2**23, "float32")),
    ],
)
def test_sizes_that_no_machine_holds_are_refused(compute):
    with pytest.raises((MemoryError, ValueError)):
        compute()


def test_what_is_large_but_possible_is_compared_with_what_is_left(monkeypatch):
    monkeypatch.setattr(capacity, "available", lambda: 2**29)
    with pytest.raises(MemoryError, match=r"contiguous copy of an array of shape \(1024, 1024, 513\) needs"):
        ops.exp(np.broadcast_to(X[0, 0], (1024, 1024, 513)))
    with pytest.raises(MemoryError, match=r"broadcast_to, to make a tensor of shape \(1024, 1024, 513\)"):
        ops.broadcast_to(X[0, 0], (1024, 1024, 513))
    with pytest.raises(MemoryError, match=r"zeros, to make a tensor of shape \(268435456,\)"):
        ops.zeros(2**28)
    with pytest.raises(MemoryError, match="a compiled step of 2 instructions needs"):
        function(lambda x: ops.sum(ops.outer(x, x)))(np.ones(2**14, "float32"))


def test_orders_beyond_the_size_of_an_axis_leave_nothing():
    assert ops.diff(X, HUGE).shape == (2, 0)
    assert ops.diff(KerasTensor((None, 3)), 7).shape == (None, 0)
    assert ops.diff(np.array([True, False]), 2).dtype == "bool"
    assert ops.diff(X, 2).shape == (2, 1)


def test_empty_arrays_with_huge_axes():
    x = np.empty((0, 2**40), "float32")
    assert ops.softmax(x, 0).shape == ops.exp(x).shape == (0, 2**40)
    assert ops.transpose(x).shape == (2**40, 0)
    assert ops.concatenate([x, x]).shape == (0, 2**40)
    assert ops.sum(x, 1).shape == (0,)
    with pytest.raises((MemoryError, ValueError)):
        ops.sum(x, 0)
    with pytest.raises((MemoryError, ValueError), match="cast would return"):
        ops.cast(np.empty((0, 2**62), "bool"), "float64")


@pytest.mark.parametrize("rank", [33, 40, 63, 64])
def test_every_rank_that_numpy_has(rank):
    x = np.arange(8, dtype="float32").reshape((2, *(1,) * (rank - 3), 2, 2))
    for found, expected in [
        (ops.transpose(x), x.T),
        (ops.sum(x, (0, -1)), x.sum((0, -1))),
        (ops.add(x, x[:1]), x + x[:1]),
        (ops.flip(x), np.flip(x)),
        (ops.concatenate([x, x], -1), np.concatenate([x, x], -1)),
        (ops.roll(x, 3, 0), np.roll(x, 3, 0)),
        (function(lambda x: ops.exp(ops.transpose(x)))(x), np.exp(x.T)),
    ]:
        np.testing.assert_allclose(found, expected, 1e-6)
    empty = np.empty((0, *(2,) * 40))
    assert ops.transpose(empty).shape == (*(2,) * 40, 0)
    halves = np.empty((0, *(2,) * 40), "float16")
    assert table["scatter_add_rows"](halves, np.empty(0, "int32"), rows=0).shape == halves.shape


def test_no_tensor_has_more_axes_than_numpy_gives_an_array():
    x = np.ones((1,) * MAX_NDIM)
    for value in (x, KerasTensor((1,) * MAX_NDIM)):
        with pytest.raises(ValueError, match="expand_dims would return a tensor of 65 axes, the maximum is 64"):
            ops.expand_dims(value, 0)
    with pytest.raises(ValueError, match="65 axes"):
        function(lambda x: ops.expand_dims(x, 0))(x)


@pytest.mark.parametrize("mode", ["reflect", "symmetric", "edge", "wrap"])
@pytest.mark.parametrize("size", [1, 2, 3, 7])
def test_pads_longer_than_the_axis(mode, size):
    x = np.arange(size, dtype="float32")
    np.testing.assert_array_equal(ops.pad(x, (17, 12), mode), np.pad(x, (17, 12), mode))
    with pytest.raises(ValueError, match="it has no elements"):
        ops.pad(x[:0], 1, mode)
