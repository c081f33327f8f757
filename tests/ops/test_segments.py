"""Reductions over segments: gradients of equal elements, dtypes, bad input."""

import numpy as np
import pytest

from ckeras import GradientTape, ops

ALL = (ops.segment_sum, ops.segment_max, ops.segment_min, ops.segment_prod)


def gradient(function, x, ids, weights):
    x = ops.convert_to_tensor(x)
    with GradientTape() as tape:
        tape.watch(x)
        y = function(x, ids, len(weights)) * weights
    return tape.gradient(y, x).tolist()


def test_gradients():
    x, ids = [3.0, 1.0, 3.0, 2.0], [0, 0, 0, 2]
    assert gradient(ops.segment_sum, x, ids, [1.0, 7.0, 2.0]) == [1, 1, 1, 2]
    assert gradient(ops.segment_max, x, ids, [1.0, 7.0, 2.0]) == [0.5, 0, 0.5, 2]
    assert gradient(ops.segment_min, x, ids, [1.0, 7.0, 2.0]) == [0, 1, 0, 2]
    assert gradient(ops.segment_prod, x, ids, [1.0, 7.0, 2.0]) == [3, 9, 3, 2]
    assert gradient(ops.segment_prod, [0.0, 2.0, 5.0, 0.0], [0, 0, 1, 1], [1.0, 1.0]) == [2, 0, 0, 5]
    assert gradient(ops.segment_prod, [0.0, 0.0, 5.0, 4.0], [0, 0, 0, 1], [1.0, 1.0]) == [0, 0, 0, 1]
    for function in ALL:  # rows of no segment have none
        assert gradient(function, [1.0, 2.0, 3.0], [5, -1, 0], [2.0]) == [0, 0, 2]


def test_the_number_of_segments_is_one_more_than_the_maximum_id():
    for function in ALL:
        assert function([1.0, 2.0, 3.0], [0, 3, 1]).shape == (4,)
        assert function(np.zeros((0, 2)), np.zeros(0, int)).shape == (0, 2)
        assert function([1.0], [0], num_segments=0).shape == (0,)


def test_dtypes():
    for dtype in ("int8", "uint8", "int16", "int32", "int64", "uint32", "float16", "float64"):
        limits = np.finfo(dtype) if "float" in dtype else np.iinfo(dtype)
        low, high = (-np.inf, np.inf) if "float" in dtype else (limits.min, limits.max)
        x = np.array([3, 1, 2], dtype)
        for function, expected in zip(ALL, ([4, 0, 2], [3, low, 2], [1, high, 2], [3, 1, 2]), strict=True):
            found = function(x, np.array([0, 0, 2], "int8"), 3)
            assert (found.dtype, found.tolist()) == (dtype, expected)
    assert ops.segment_max([True, False], [0, 2], 3).tolist() == [True, False, False]
    assert ops.segment_min([True, False], [0, 2], 3).tolist() == [True, True, False]


def test_arguments_that_do_not_fit():
    for function in ALL:
        for x, ids in (([1.0, 2.0], [0]), ([1.0], [[0]]), (1.0, [0]), ([1.0], 0)):
            with pytest.raises(ValueError, match="expects segment_ids with one id for each row of data"):
                function(x, ids, 2)
        with pytest.raises(TypeError, match="expects integer segment_ids, got dtype float32"):
            function([1.0], [0.0], 2)
        with pytest.raises(ValueError, match="expects num_segments of 0 or more, got -1"):
            function([1.0], [0], -1)


@pytest.mark.parametrize("name", ["segment_sum", "segment_max", "segment_min", "segment_prod"])
def test_more_axes_than_numpys_at_knows(name):
    x = np.arange(1, 7, dtype="int8").reshape(3, 2, *[1] * 40)
    found = getattr(ops, name)(x, np.array([0, 1, 0]), num_segments=2).numpy()
    expected = getattr(ops, name)(x.reshape(3, 2), np.array([0, 1, 0]), num_segments=2).numpy()
    np.testing.assert_array_equal(found.reshape(2, 2), expected)


@pytest.mark.parametrize("reduction", ["add", "max", "min", "mul"])
def test_more_axes_than_numpys_at_knows_in_scatter_update(reduction):
    x, u = np.arange(1, 7, dtype="int16").reshape(3, 2), np.array([[5, 1], [2, 9]], "int16")
    shape = [1] * 40
    found = ops.scatter_update(x.reshape(3, 2, *shape), [[0], [0]], u.reshape(2, 2, *shape), reduction).numpy()
    expected = ops.scatter_update(x, [[0], [0]], u, reduction).numpy()
    np.testing.assert_array_equal(found.reshape(3, 2), expected)
