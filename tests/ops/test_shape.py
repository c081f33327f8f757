"""Ops that move elements, against numpy; and shapes that are inferred where a size is not known yet."""

import itertools

import numpy as np
import pytest

from ckeras import Function, KerasTensor, Variable, function, ops

DTYPES = ["bool", "int8", "uint16", "int32", "int64", "float16", "float32", "float64"]


def numbers(shape, dtype="float32"):
    return (np.arange(int(np.prod(shape))) * 7 % 101).reshape(shape).astype(dtype)


X, ROW, EMPTY, THIN = (2, 3, 4), (17,), (0, 3), (1, 5, 1)
# what is computed by ops (as `o`) and by numpy, for arrays of some shapes
SAME = {
    "reshape": [(lambda o, x: o.reshape(x, (4, -1)), X), (lambda o, x: o.reshape(x, -1), X)],
    "reshape none": [(lambda o, x: o.reshape(x, (3, 0)), EMPTY), (lambda o, x: o.reshape(x, (5, 1)), THIN)],
    "ravel": [(lambda o, x: o.ravel(x), s) for s in (X, ROW, EMPTY, ())],
    "expand_dims": [(lambda o, x, a=a: o.expand_dims(x, a), X) for a in (0, 1, -1, -4, (0, 2), (-1, 0), (1, 3, 4))],
    "squeeze": [(lambda o, x, a=a: o.squeeze(x, a), THIN) for a in (None, 0, -1, (0, 2), (-1, 0))],
    "transpose": [
        (lambda o, x, a=a: o.transpose(x, a), X) for a in (None, *itertools.permutations(range(3)), (-1, 0, 1))
    ],
    "transpose thin": [(lambda o, x: o.transpose(x), s) for s in (THIN, ROW, EMPTY, (33, 65), (2, 1, 3, 1, 4), ())],
    "swapaxes": [(lambda o, x, p=p: o.swapaxes(x, *p), X) for p in ((0, 1), (-1, 0), (1, 1))],
    "moveaxis": [
        (lambda o, x, p=p: o.moveaxis(x, *p), X) for p in ((0, -1), (2, 0), ((0, 1), (1, 0)), ([0, -1], [-1, 1]))
    ],
    "concatenate": [(lambda o, x, a=a: o.concatenate([x, x[:, :3], x], a), (2, 3, 4)) for a in (0, 1, -1)],
    "concatenate many": [(lambda o, x: o.concatenate([x[:i] for i in range(40)] + [x] * 40), (3, 2))],
    "stack": [(lambda o, x, a=a: o.stack([x, x, x], a), X) for a in (0, 1, -1, 3)],
    "split": [
        (lambda o, x, s=s: o.split(x, *s), X) for s in ((2,), (3, 1), (2, -1), ([1], 0), ([1, 3], 2), ([0, 3], 2))
    ],
    "split beyond": [(lambda o, x: o.split(x, [2, 5, 9]), (4, 3)), (lambda o, x: o.split(x, np.array([1, 2]), 1), X)],
    "pad": [(lambda o, x, w=w: o.pad(x, w), X) for w in (0, 1, (1, 2), ((0, 1), (2, 0), (0, 0)), ((1, 2),))],
    "pad value": [(lambda o, x: o.pad(x, ((0, 1), (2, 0), (0, 3)), constant_values=1), X)],
    "pad mirrored": [
        (lambda o, x, m=m: o.pad(x, ((0, 0), (2, 1), (1, 2)), m), X) for m in ("reflect", "symmetric", "edge", "wrap")
    ],
    "repeat": [(lambda o, x, r=r: o.repeat(x, *r), X) for r in ((2,), (3, 0), (0, 1), (2, -1), ([1, 2], 0), ([2], 1))],
    "repeat empty": [(lambda o, x: o.repeat(x, 2, 0), EMPTY), (lambda o, x: o.repeat(x, 3), ())],
    "tile": [(lambda o, x, r=r: o.tile(x, r), X) for r in (2, (2,), (1, 2), (2, 1, 3), (2, 1, 1, 2), (0, 1, 1), ())],
    "roll": [
        (lambda o, x, r=r: o.roll(x, *r), X)
        for r in ((1,), (-5,), (2, 0), (-3, 1), (100, 2), ((1, 2), (0, 1)), (1, (0, 2)), ((1, 1), 1), ((1, -1), (0, 0)))
    ],
    "flip": [(lambda o, x, a=a: o.flip(x, a), X) for a in (None, 0, -1, (0, 1), [0, -2])],
    "flip small": [(lambda o, x: o.flip(x), s) for s in (ROW, EMPTY, (1,), ())],
    "take": [
        (lambda o, x, t=t: o.take(x, *t), X) for t in (([0, 23, -1],), (5,), ([1, 0, 1], 1), ([[0, 2], [1, -1]], 2))
    ],
    "take one": [(lambda o, x, a=a: o.take(x, 1, a), X) for a in (0, 1, -1)],
    "take none": [(lambda o, x: o.take(x, np.zeros((0,), "int32"), 1), X)],
    "take_along_axis": [
        (lambda o, x: o.take_along_axis(x, np.argsort(np.asarray(x), 1)[:, ::-1], 1), X),
        (lambda o, x: o.take_along_axis(x, np.array([[[0]], [[-1]]]), -1), X),
        (lambda o, x: o.take_along_axis(x, np.array([[[1, 1, 0, 0]]]), 0), X),
        (lambda o, x: o.take_along_axis(x, np.array([5, 1, -1]), None), X),
    ],
}


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", SAME)
def test_same_as_numpy(name, dtype):
    for compute, shape in SAME[name]:
        x = numbers(shape, dtype)
        for tensor in (ops.convert_to_tensor(x), ops.convert_to_tensor(x.copy("F")), Variable(x)):
            result, expected = compute(ops, tensor), compute(np, x)
            if not isinstance(expected, list):
                result, expected = [result], [expected]
            assert len(result) == len(expected)
            for r, e in zip(result, expected, strict=True):
                assert (r.shape, r.dtype) == (e.shape, dtype)
                np.testing.assert_array_equal(r, e)


def test_transposes_of_every_size():
    for rows, columns in itertools.product((1, 3, 7, 16, 17, 33), repeat=2):
        x = numbers((rows, columns))
        np.testing.assert_array_equal(ops.transpose(x), x.T)


def test_slice_and_its_update():
    x = numbers((4, 5, 6))
    np.testing.assert_array_equal(ops.slice(x, (1, 0, 2), (2, 5, 3)), x[1:3, :, 2:5])
    np.testing.assert_array_equal(ops.slice(x, [1, 2, 0], [-1, 1, -1]), x[1:, 2:3])
    assert ops.slice(x, (4, 0, 0), (0, 5, 6)).shape == (0, 5, 6)
    expected = x.copy()
    expected[1:3, 2:3, 4:] = -1
    np.testing.assert_array_equal(ops.slice_update(x, (1, 2, 4), np.full((2, 1, 2), -1, "float32")), expected)
    np.testing.assert_array_equal(ops.slice_update(x, [0, 0, 0], x + 1), x + 1)
    for start, shape in [((0, 0), (1, 1)), ((0, 0, 5), (1, 1, 2)), ((-5, 0, 0), (1, 1, 1)), ((0, 0, 0), (1, 1, -2))]:
        with pytest.raises(ValueError, match=r"slice (of|expects)"):
            ops.slice(x, start, shape)
    with pytest.raises(ValueError, match="slice_update"):
        ops.slice_update(x, (3, 0, 0), x[:2])
    with pytest.raises(ValueError, match="slice_update"):
        ops.slice_update(x, (0, 0), x[0])


def test_dtypes_meet_in_what_joins_them():
    assert ops.concatenate([[1, 2], [0.5]]).dtype == "float32"
    assert ops.stack([np.array([1], "int8"), np.array([2], "int32")]).dtype == "int32"
    assert ops.stack([1, 2]).dtype == "int32"
    assert ops.pad(np.array([1], "int64"), 1, constant_values=7).tolist() == [7, 1, 7]


ERRORS = [
    (lambda x: ops.reshape(x, (5, 5)), ValueError, r"reshape cannot give a tensor of shape \(2, 3, 4\)"),
    (lambda x: ops.reshape(x, (-1, -1)), ValueError, "reshape cannot"),
    (lambda x: ops.reshape(x, (-1, 5)), ValueError, "reshape cannot"),
    (lambda x: ops.expand_dims(x, 4), ValueError, "expand_dims: axis 4 is out of range"),
    (lambda x: ops.expand_dims(x, (0, 0)), ValueError, "each axis once"),
    (lambda x: ops.squeeze(x, 1), ValueError, "squeeze cannot drop axis 1 of size 3"),
    (lambda x: ops.squeeze(x, 3), ValueError, "squeeze: axis 3 is out of range"),
    (lambda x: ops.transpose(x, (0, 1)), ValueError, "transpose expects each of 3 axes once"),
    (lambda x: ops.transpose(x, (0, 0, 1)), ValueError, "transpose expects"),
    (lambda x: ops.moveaxis(x, (0, 0), (1, 2)), ValueError, "moveaxis|transpose"),
    (lambda x: ops.concatenate([x, x[0]]), ValueError, "concatenate"),
    (lambda x: ops.concatenate([x, x[:, :2]], 0), ValueError, "concatenate along axis 0 expects equal shapes"),
    (lambda x: ops.concatenate([]), ValueError, "at least one tensor"),
    (lambda x: ops.stack([]), ValueError, "at least one tensor"),
    (lambda x: ops.stack([x, x[0]]), ValueError, "stack expects tensors of one shape"),
    (lambda x: ops.split(x, 5), ValueError, "split cannot cut axis 0|as the number of sections, got 0"),
    (lambda x: ops.split(x, 0), ValueError, "split cannot cut axis 0|as the number of sections, got 0"),
    (lambda x: ops.pad(x, -1), ValueError, "widths of 0 or more"),
    (lambda x: ops.pad(x, ((1, 1), (1, 1))), ValueError, "pad expects a pair for each of 3 axes"),
    (lambda x: ops.pad(x, 1, "mean"), ValueError, "pad expects mode"),
    (lambda x: ops.pad(x, 1, "reflect", 3), ValueError, "constant_values only in mode 'constant'"),
    (lambda x: ops.repeat(x, -1, 0), ValueError, "repeat expects"),
    (lambda x: ops.tile(x, -1), ValueError, "tile expects"),
    (lambda x: ops.take(x, [3], 1), IndexError, r"index 3 at position 0 is outside \[0, 3\)"),
    (lambda x: ops.take(x, [-4], 1), IndexError, "index -4"),
    (lambda x: ops.take(x, 24), IndexError, "index 24"),
    (lambda x: ops.take(x, [0.5]), TypeError, "integer indices"),
    (lambda x: ops.take(x, [0], 3), ValueError, "take: axis 3"),
    (lambda x: ops.take_along_axis(x, np.full((2, 1, 4), 3), 1), IndexError, "outside"),
    (lambda x: ops.take_along_axis(x, np.full((2, 1, 4), -4), 1), IndexError, "outside"),
    (lambda x: ops.take_along_axis(x, [[0]], 1), ValueError, "of one rank"),
    (lambda x: ops.take_along_axis(x, np.zeros(x.shape), 1), TypeError, "integer indices"),
]


@pytest.mark.parametrize("case", range(len(ERRORS)))
def test_errors(case):
    compute, error, message = ERRORS[case]
    with pytest.raises(error, match=message):
        compute(ops.convert_to_tensor(numbers(X)))


# -- unknown sizes ------------------------------------------------------------------------------------------------

W = numbers((3, 5))
# what is computed, the shape of its argument, the shape inferred
SYMBOLIC = [
    (lambda x: ops.matmul(x, W), (None, 3), (None, 5)),
    (lambda x: ops.matmul(x, W), (None, 4, 3), (None, 4, 5)),
    (lambda x: ops.matmul(x, W[:, 0]), (None, 3), (None,)),
    (lambda x: ops.matmul(x, ops.transpose(x, (0, 2, 1))), (None, 4, 3), (None, 4, 4)),
    (lambda x: ops.dot(x, W), (None, 4, 3), (None, 4, 5)),
    (lambda x: ops.tensordot(x, np.ones((4, 3, 2), "float32"), 2), (None, 4, 3), (None, 2)),
    (lambda x: ops.outer(x, [1.0, 2.0]), (None, 3), (None, 2)),
    (lambda x: x @ W + 1, (None, 3), (None, 5)),
    (lambda x: x + np.ones((4, 1), "float32"), (None, 4, 3), (None, 4, 3)),
    (lambda x: -x / 2 + x**2 - abs(x), (None, 3), (None, 3)),
    (lambda x: x > 0, (None, 3), (None, 3)),
    (lambda x: ops.where(x > 0, x, 0.0), (None, 3), (None, 3)),
    (lambda x: ops.clip(x, 0, 1), (None, None), (None, None)),
    (lambda x: ops.sum(x), (None, 3), ()),
    (lambda x: ops.sum(x, 0), (None, 3), (3,)),
    (lambda x: ops.sum(x, -1), (None, 3), (None,)),
    (lambda x: ops.sum(x, (0, 2), True), (None, 4, 3), (1, 4, 1)),
    (lambda x: ops.mean(x, 1), (None, 4, 3), (None, 3)),
    (lambda x: ops.max(x, -1, True), (None, 3), (None, 1)),
    (lambda x: ops.argmax(x, -1), (None, 3), (None,)),
    (lambda x: ops.std(x, 1), (None, 3), (None,)),
    (lambda x: ops.logsumexp(x, 1), (None, 3), (None,)),
    (lambda x: ops.norm(x, axis=1), (None, 3), (None,)),
    (lambda x: ops.softmax(x), (None, 3), (None, 3)),
    (lambda x: ops.softmax(x, 1), (None, 4, 3), (None, 4, 3)),
    (lambda x: ops.softmax(x, (1, 2)), (None, 4, 3), (None, 4, 3)),
    (lambda x: ops.log_softmax(x, None), (None, 3), (None, 3)),
    (lambda x: ops.one_hot(ops.cast(x, "int32"), 101), (None, 3), (None, 3, 101)),
    (lambda x: ops.one_hot(ops.cast(x, "int32"), 101, axis=1), (None, 3), (None, 101, 3)),
    (lambda x: ops.reshape(x, (-1, 12)), (None, 4, 3), (None, 12)),
    (lambda x: ops.reshape(x, (-1, 2, 6)), (None, 4, 3), (None, 2, 6)),
    (lambda x: ops.reshape(x, (None, 12)), (None, 4, 3), (None, 12)),
    (lambda x: ops.ravel(x), (None, 3), (None,)),
    (lambda x: ops.expand_dims(x, -1), (None, 3), (None, 3, 1)),
    (lambda x: ops.expand_dims(x, (0, 2)), (None, 3), (1, None, 1, 3)),
    (lambda x: ops.squeeze(x), (None, 1, 3), (None, 3)),
    (lambda x: ops.transpose(x, (0, 2, 1)), (None, 4, 3), (None, 3, 4)),
    (lambda x: ops.swapaxes(x, 0, 1), (None, 4, 3), (4, None, 3)),
    (lambda x: ops.moveaxis(x, 0, -1), (None, 4, 3), (4, 3, None)),
    (lambda x: ops.concatenate([x, x]), (None, 3), (None, 3)),
    (lambda x: ops.concatenate([x, x * 2], 1), (None, 3), (None, 6)),
    (lambda x: ops.stack([x, x], 1), (None, 3), (None, 2, 3)),
    (lambda x: ops.split(x, 2, 1)[1], (None, 4, 3), (None, 2, 3)),
    (lambda x: ops.pad(x, ((0, 0), (1, 2), (0, 0))), (None, 4, 3), (None, 7, 3)),
    (lambda x: ops.pad(x, 1), (None, 3), (None, 5)),
    (lambda x: ops.pad(x, ((0, 0), (1, 2), (0, 0)), "reflect"), (None, 4, 3), (None, 7, 3)),
    (lambda x: ops.repeat(x, 2, 0), (None, 3), (None, 3)),
    (lambda x: ops.repeat(x, 2, 1), (None, 3), (None, 6)),
    (lambda x: ops.repeat(x, 2), (None, 3), (None,)),
    (lambda x: ops.tile(x, (1, 2)), (None, 3), (None, 6)),
    (lambda x: ops.tile(x, (2, 1)), (None, 3), (None, 3)),
    (lambda x: ops.tile(x, (2, 1, 1)), (None, 3), (2, None, 3)),
    (lambda x: ops.roll(x, 1, 1), (None, 3), (None, 3)),
    (lambda x: ops.flip(x), (None, 3), (None, 3)),
    (lambda x: ops.flip(x, 1), (None, 4, 3), (None, 4, 3)),
    (lambda x: ops.take(x, [0, 2], 1), (None, 3), (None, 2)),
    (lambda x: ops.take(x, 0, 0), (None, 3), (3,)),
    (lambda x: ops.take(np.ones((101, 2), "float32"), ops.cast(x, "int32"), 0), (None, 7), (None, 7, 2)),
    (lambda x: ops.broadcast_to(ops.expand_dims(x, 1), (None, 4, 3)), (None, 3), (None, 4, 3)),
    (lambda x: ops.zeros_like(x), (None, 3), (None, 3)),
    (lambda x: ops.full_like(x, 2), (None, 3), (None, 3)),
    (lambda x: ops.cast(x, "int32"), (None, 3), (None, 3)),
    (lambda x: ops.stop_gradient(x), (None, 3), (None, 3)),
    (lambda x: x[0], (None, 4, 3), (4, 3)),
    (lambda x: x[-1, 1], (None, 4, 3), (3,)),
    (lambda x: x[:, 0], (None, 4, 3), (None, 3)),
    (lambda x: x[:, -1], (None, None, 3), (None, 3)),
    (lambda x: x[:, 1:-1, ::2], (None, 4, 3), (None, 2, 2)),
    (lambda x: x[..., 0], (None, 4, 3), (None, 4)),
    (lambda x: x[:, None, :, 0, None], (None, 4, 3), (None, 1, 4, 1)),
    (lambda x: x[::-1], (None, 3), (None, 3)),
    (lambda x: x[:, [2, 0]], (None, 3), (None, 2)),
    (lambda x: x[[0, -1]], (None, 3), (2, 3)),
    (lambda x: x[:, [0, 1], [2, 0]], (None, 4, 3), (None, 2)),
    (lambda x: x.T, (None, 3), (3, None)),
    (lambda x: ops.binary_crossentropy(x, x, True), (None, 3), (None, 3)),
    (lambda x: ops.categorical_crossentropy(ops.softmax(x), x, True), (None, 3), (None,)),
    (lambda x: ops.sparse_categorical_crossentropy(ops.argmax(x, -1), x, True), (None, 3), (None,)),
]


@pytest.mark.parametrize("case", range(len(SYMBOLIC)))
def test_unknown_sizes(case):
    compute, shape, inferred = SYMBOLIC[case]
    argument = KerasTensor(shape)
    symbol = compute(argument)
    assert type(symbol) is KerasTensor
    assert symbol.shape == inferred
    for batch in (2, 6):
        x = ops.convert_to_tensor(numbers([batch if d is None else d for d in shape]))
        expected = compute(x)
        assert symbol.dtype == expected.dtype
        assert all(a in (None, b) for a, b in zip(symbol.shape, expected.shape, strict=True))
        np.testing.assert_array_equal(Function(argument, symbol)(x), expected)


@pytest.mark.parametrize("case", range(len(SYMBOLIC)))
def test_compiled(case):
    """A compiled function gives what the ops give one by one."""
    compute, shape, _ = SYMBOLIC[case]
    x = ops.convert_to_tensor(numbers([5 if d is None else d for d in shape]) / 7)
    found, expected = function(compute)(x), compute(x)
    assert (found.shape, found.dtype) == (expected.shape, expected.dtype)
    np.testing.assert_allclose(found, expected, 1e-5, 1e-5)


@pytest.mark.parametrize(
    "compute",
    [
        lambda x: ops.take_along_axis(x, ops.cast(x, "int32"), 1),
        lambda x: x[ops.cast(x[0], "int32")],
        lambda x: x[ops.cast(x[0], "int32"), [0, 1, 2]],
    ],
)
def test_indices_out_of_range_in_a_compiled_function(compute):
    for index in (5, -5):
        with pytest.raises(IndexError, match="is outside"):
            function(compute)(np.full((2, 3), index, "float32"))


def test_unknown_sizes_that_are_needed():
    x = KerasTensor((None, 3))
    for compute in (
        lambda: ops.split(x, 2),
        lambda: ops.roll(x, 1, 0),
        lambda: ops.pad(x, 1, "reflect"),
        lambda: ops.slice(x, (0, 0), (1, 1)),
        lambda: ops.repeat(x, [1, 2], 0),
        lambda: ops.take_along_axis(x, [[0]], 1),
        lambda: x[1:],
    ):
        with pytest.raises(ValueError, match=r"known|to know"):
            compute()
    for compute, error in [(lambda: len(x), TypeError), (lambda: bool(x), TypeError), (lambda: x[:, 3], IndexError)]:
        with pytest.raises(error):
            compute()
    with pytest.raises(TypeError, match="has no value"):
        np.asarray(x)
    with pytest.raises(ValueError, match="inner dimensions"):
        ops.matmul(x, np.ones((4, 2), "float32"))
    assert ops.shape(x) == (None, 3)
    assert (ops.size(x), ops.ndim(x), ops.is_tensor(x)) == (None, 2, False)


def test_axes_that_are_no_integers_and_sizes_below_0_are_refused_symbolically_too():
    for x in (np.ones((3, 3), "float32"), KerasTensor((3, 3))):
        with pytest.raises(TypeError, match="expects an integer as axis"):
            ops.cumsum(x, axis=1.0)
        with pytest.raises(ValueError, match="expects an integer of 0 or more as shape"):
            ops.broadcast_to(x, (-1, 3, 3))


@pytest.mark.parametrize("rows", [0, 3])
def test_scatter_of_rows_without_elements(rows):
    index = np.zeros((rows, 1), "int32")
    for reduction in (None, "add", "max"):
        found = ops.scatter_update(np.ones((5, 0, 2)), index, np.ones((rows, 0, 2)), reduction=reduction)
        assert found.shape == (5, 0, 2)
    assert ops.scatter(index, np.ones((rows, 0)), (5, 0)).shape == (5, 0)
    with pytest.raises(IndexError, match="out of range"):
        ops.scatter_update(np.ones((5, 0)), [[5]], np.ones((1, 0)))
