"""Unique elements, indices, choices, triangles and views: edge cases and bad input."""

import numpy as np
import pytest

from ckeras import KerasTensor, ops


def test_unique():
    assert ops.unique([]).shape == (0,)
    assert ops.unique([[2, 1], [1, 2]]).tolist() == [1, 2]
    assert ops.unique([True, True]).dtype == "bool"
    assert ops.unique(3.5).tolist() == [3.5]
    assert ops.unique(np.array([1.0, np.nan, np.nan]), return_counts=True)[1].tolist() == [1, 1, 1]
    rows, inverse = ops.unique([[1, 2], [0, 5], [1, 2]], axis=0, return_inverse=True)
    assert rows.numpy()[inverse.numpy()].tolist() == [[1, 2], [0, 5], [1, 2]]
    assert ops.unique([3, 1, 2], size=2).tolist() == [1, 2]
    assert ops.unique([3, 1], size=4, fill_value=9).tolist() == [1, 3, 9, 9]
    assert ops.unique([], size=2, fill_value=1.5).tolist() == [1.5, 1.5]
    assert ops.unique([1, 1], size=0).shape == (0,)
    with pytest.raises(ValueError, match="unique of no elements needs a fill_value to give 2 of them"):
        ops.unique([], size=2)
    with pytest.raises(ValueError, match="unique: axis 1 is out of range"):
        ops.unique([1, 2], axis=1)
    with pytest.raises(ValueError, match="unique expects an integer of 0 or more as size, got -1"):
        ops.unique([1, 2], size=-1)


def test_indices():
    assert [i.tolist() for i in ops.nonzero([0.0, np.nan, -0.0, 2.0])] == [[1, 3]]
    with pytest.raises(ValueError, match="nonzero expects a tensor with axes"):
        ops.nonzero(1.0)
    for values in (2, [2], [[2, 4]], []):
        assert ops.searchsorted([1, 3, 5], values).shape == np.shape(values)
    assert ops.searchsorted([1, 3, 5], [3.5, 0.5]).tolist() == [2, 0]
    with pytest.raises(ValueError, match="searchsorted expects a sorted_sequence of one axis"):
        ops.searchsorted([[1]], [1])
    with pytest.raises(ValueError, match="searchsorted expects the side 'left' or 'right', got 'middle'"):
        ops.searchsorted([1], [1], side="middle")
    assert [i.tolist() for i in ops.unravel_index(5, (2, 3))] == [1, 2]
    assert [i.tolist() for i in ops.unravel_index([4], 6)] == [[4]]
    with pytest.raises(TypeError, match="unravel_index expects integers, got dtype float32"):
        ops.unravel_index([1.0], (2, 3))
    with pytest.raises(ValueError, match="unravel_index expects a shape with elements"):
        ops.unravel_index([0], (2, 0))


def test_choices():
    assert ops.select([[1, 0], True], [1.5, 2], 9).tolist() == [1.5, 2]
    assert ops.select([np.array([True, False])], [np.float64(1)]).dtype == "float64"
    for conditions, choices in (([], []), (True, [1]), ([True], 1)):
        with pytest.raises(ValueError, match="select expects condlist and choicelist to be lists that are not empty"):
            ops.select(conditions, choices)
    with pytest.raises(ValueError, match="select expects as many choices as conditions, got 2 and 1"):
        ops.select([True], [1, 2])


def test_triangles():
    for dtype in ("bool", "int8", "float16", "complex64"):
        x = np.ones((2, 3), dtype)
        assert ops.tril(x).dtype == ops.triu(x).dtype == dtype
        np.testing.assert_array_equal(ops.triu(x, 1), np.triu(x, 1))
    assert ops.tri(0).shape == (0, 0)
    assert ops.tri(2, 3, -5).numpy().sum() == 0
    for function in (ops.tril, ops.triu):
        with pytest.raises(ValueError, match=r"expects two axes at least, got shape \(3,\)"):
            function(np.ones(3))
    assert ops.trace(np.ones((3, 3), "uint8")).dtype == "uint32"
    assert ops.trace(np.ones((2, 2)), offset=5).tolist() == 0
    with pytest.raises(ValueError, match="trace expects two axes, got 0 and -2"):
        ops.trace(np.ones((2, 2)), 0, 0, -2)
    with pytest.raises(ValueError, match="trace: axis 2 is out of range"):
        ops.trace(np.ones((2, 2)), 0, 0, 2)


def test_grids():
    assert ops.meshgrid() == []
    assert [g.shape for g in ops.meshgrid(1, [1, 2, 3])] == [(3, 1), (3, 1)]
    with pytest.raises(ValueError, match="meshgrid expects vectors"):
        ops.meshgrid([[1, 2]])
    with pytest.raises(ValueError, match="meshgrid expects the indexing 'xy' or 'ij', got 'yx'"):
        ops.meshgrid([1], indexing="yx")
    with pytest.raises(ValueError, match="logspace expects a number of 0 or more, got -1"):
        ops.logspace(0, 1, -1)
    assert ops.logspace(np.float16(0), 1, 2).dtype == "float16"
    for arguments, error, message in [
        (([[1]],), ValueError, "vander expects a vector"),
        (([1], 1.5), TypeError, "vander expects N to be an integer"),
        (([1], -1), ValueError, "vander expects N to be 0 or more"),
        (([1], 2, 1), TypeError, "vander expects increasing to be a bool"),
        (([True],), TypeError, "vander expects numbers"),
    ]:
        with pytest.raises(error, match=message):
            ops.vander(*arguments)
    for x, axes in ((np.ones(3), (0, 1)), (np.ones((2, 2)), (0, 1, 1)), (np.ones((2, 2)), (1, -1))):
        with pytest.raises(ValueError, match="rot90 expects two"):
            ops.rot90(x, axes=axes)
    with pytest.raises(ValueError, match="trapezoid: axis 1 is out of range"):
        ops.trapezoid([1.0, 2.0], axis=1)
    with pytest.raises(ValueError, match="trapezoid expects as many sample points x as values y, got 2 and 3"):
        ops.trapezoid([1.0, 2.0, 3.0], [1.0, 2.0])
    with pytest.raises(ValueError, match="cannot be broadcast"):
        ops.trapezoid([1.0, 2.0, 3.0], dx=[1.0, 2.0, 3.0])


def test_views():
    x = np.arange(6, dtype="int32").reshape(2, 3)
    np.testing.assert_array_equal(ops.view(x, "uint8"), x.view("uint8"))
    assert ops.view(x).dtype == "int32"
    assert ops.view(np.array([2, 0, 1], "int8"), "bool").numpy().view("uint8").tolist() == [1, 0, 1]
    assert ops.view(np.float32(1), "int32").tolist() == 1065353216
    assert ops.view(KerasTensor((None, None), "int8"), "int16").shape == (None, None)
    for y, dtype in ((x, "int64"), (np.float32(1), "int8")):
        with pytest.raises(ValueError, match="view cannot show a tensor of shape"):
            ops.view(y, dtype)
    for y in (np.ones(3), np.ones(()), np.ones((2, 3))):
        with pytest.raises(ValueError, match="view_as_complex expects a last axis of size 2"):
            ops.view_as_complex(y)
    assert ops.view_as_complex(np.ones(2, "float64")).dtype == "complex128"
    assert ops.view_as_complex(np.ones(2, "float16")).dtype == "complex64"
    assert ops.vdot(np.array([1 + 2j]), np.array([1 + 1j])).tolist() == 3 - 1j
    with pytest.raises(ValueError, match="cannot sum"):
        ops.vdot([1.0, 2.0], [1.0, 2.0, 3.0])


def test_rearrange():
    x = np.arange(24).reshape(2, 3, 4)
    assert ops.rearrange(x, " a b (c d)->d (c  b a) ", c=2).shape == (2, 12)
    assert ops.rearrange(x, "a b c -> a () (c b)").shape == (2, 1, 12)
    assert ops.rearrange(np.float32(2), "-> ()").shape == (1,)
    y = ops.rearrange(KerasTensor((None, 12, None)), "b (h w) c -> (b h) c w", h=3)
    assert y.shape == (None, None, 4)
    for pattern, lengths, message in [
        ("a b c", {}, "a pattern with one '->'"),
        ("a b -> b a", {}, "a tensor with the 2 axes"),
        ("a b c -> a b", {}, "the same axes on both sides"),
        ("a a c -> a c a", {}, "a name of its own"),
        ("a b 1 -> a b 1", {}, "a name of its own"),
        ("a b ... -> ... a b", {}, "names of axes and groups"),
        ("a b (c -> c a b", {}, "names of axes and groups"),
        ("a b (c d) -> a b c d", {}, "the lengths of all but one"),
        ("a b (c d) -> a b c d", {"c": 3}, "cannot split an axis of size 4"),
        ("a b (c d) -> a b c d", {"c": 0}, "cannot split an axis of size 4"),
        ("a b (c d) -> a b c d", {"c": 3, "d": 1}, "cannot split an axis of size 4"),
        ("a b c -> a b c", {"d": 3}, "lengths of \\['d'\\], which are no axes"),
        ("a b c -> a b c", {"c": 3}, "cannot split an axis of size 4"),
    ]:
        with pytest.raises(ValueError, match=f"rearrange .*{message}"):
            ops.rearrange(x, pattern, **lengths)


def test_moments():
    mean, variance = ops.moments(np.ones((2, 3), "float16"), [0, 1], keepdims=True)
    assert (mean.dtype, mean.shape, variance.tolist()) == ("float16", (1, 1), [[0]])
    assert [v.dtype for v in ops.moments([[1, 2]], [0])] == ["float32"] * 2
    with pytest.raises(ValueError, match="axis 2 is out of range"):
        ops.moments(np.ones((2, 3)), [2])


@pytest.mark.parametrize("index", [2**64 - 1, 2**63, 2**32 + 1])
def test_indices_of_uint64_do_not_count_from_the_end(index):
    x, at = ops.arange(5), ops.convert_to_tensor(np.array([index], "uint64"))
    for pick in (lambda: ops.take(x, at), lambda: x[at], lambda: ops.take_along_axis(x, at, 0)):
        with pytest.raises(IndexError, match=r"outside \[0, 5\)"):
            pick()
