"""Convolutions, pooling and patches: native rows, compiled training, sizes at the edges, and bad input."""

import itertools

import numpy as np
import pytest

from ckeras import Function, GradientTape, KerasTensor, function, ops
from ckeras.ops.nn.windows import Windows


def data(*shape, seed=0):
    return np.random.default_rng([seed, *shape]).standard_normal(shape).astype("float32")


def convolved(x, kernel, strides, padding, dilation, groups):
    """The convolution of one image axis after the other window, by its definition, in float64."""
    w = Windows.over(x.shape[1:-1], kernel.shape[:-2], strides, padding, dilation)
    x = np.pad(x.astype("float64"), ((0, 0), *w.padding, (0, 0)))
    per, filters = kernel.shape[-2], kernel.shape[-1] // groups
    y = np.zeros((len(x), *w.outputs, kernel.shape[-1]))
    for index in np.ndindex(*w.outputs):
        cut = tuple(
            slice(o * s, o * s + (n - 1) * d + 1, d)
            for o, s, n, d in zip(index, strides, w.window, dilation, strict=True)
        )
        for g in range(groups):
            patch = x[(slice(None), *cut, slice(g * per, (g + 1) * per))]
            part = kernel[..., g * filters : (g + 1) * filters].astype("float64")
            y[(slice(None), *index, slice(g * filters, (g + 1) * filters))] = np.tensordot(
                patch, part, (range(1, patch.ndim), range(part.ndim - 1))
            )
    return y


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64", "int32"])
@pytest.mark.parametrize("rank", [1, 2, 3])
def test_conv_is_its_definition(rank, dtype):
    sizes, window = (7, 4, 5)[:rank], (3, 1, 2)[:rank]
    tolerance = {"float16": 2e-2, "float32": 1e-5, "float64": 1e-12, "int32": 0}[dtype]
    cases = itertools.product((1, 2, 3), ("valid", "same"), (1, 2), (1, 2, 4))
    for strides, padding, dilation, groups in cases:
        x = (2 * data(2, *sizes, 4)).astype(dtype)
        kernel = (2 * data(*window, 4 // groups, 4)).astype(dtype)
        y = ops.conv(x, kernel, strides, padding, None, dilation)
        expected = convolved(x, kernel, (strides,) * rank, padding, (dilation,) * rank, groups)
        assert (y.dtype, y.shape) == (dtype, expected.shape)
        np.testing.assert_allclose(y, expected, tolerance, 5 * tolerance)


def test_sizes_at_the_edges():
    assert ops.conv(data(1, 1, 1, 1), data(1, 1, 1, 1)).shape == (1, 1, 1, 1)
    assert ops.conv(data(0, 5, 5, 2), data(3, 3, 2, 4)).shape == (0, 3, 3, 4)
    assert ops.conv(data(2, 1, 1, 3), data(3, 3, 3, 2), padding="same").shape == (2, 1, 1, 2)
    assert ops.conv(data(1, 3, 2), data(7, 2, 1), 2, "same").shape == (1, 2, 1)
    assert ops.max_pool(data(1, 2, 2, 1), 5, 1, "same").shape == (1, 2, 2, 1)
    assert ops.max_pool(data(0, 4, 4, 2), 2).shape == (0, 2, 2, 2)
    assert ops.average_pool(data(0, 4, 2), 2).shape == (0, 2, 2)
    np.testing.assert_allclose(ops.average_pool(np.ones((1, 3, 1), "float32"), 3, 1, "same"), np.ones((1, 3, 1)))
    x = ops.convert_to_tensor(data(0, 4, 4, 2))
    with GradientTape() as tape:
        tape.watch(x)
        y = ops.conv(x, data(3, 3, 2, 4))
    assert tape.gradient(y, x).shape == x.shape


def test_special_values():
    nan = np.array([[[1.0], [np.nan], [3.0], [2.0]]], "float32")
    np.testing.assert_array_equal(ops.max_pool(nan, 2)[0, :, 0], [np.nan, 3])
    low = np.full((1, 2, 1), -np.inf, "float32")
    assert ops.max_pool(low, 2).tolist() == [[[-np.inf]]]
    far = np.array([[[-5], [-7]]], "int32")
    assert ops.max_pool(far, 2, padding="same").tolist() == [[[-5]]]
    assert ops.max_pool(far, 3, 1, "same").tolist() == [[[-5], [-5]]]


def test_default_strides_are_the_window():
    x = data(1, 6, 5, 2)
    for pool in (ops.max_pool, ops.average_pool):
        np.testing.assert_array_equal(pool(x, (3, 2)), pool(x, (3, 2), (3, 2)))
        np.testing.assert_array_equal(pool(x, 2), pool(x, (2, 2), (2, 2)))
        np.testing.assert_array_equal(pool(x, [3]), pool(x, 3))


def test_gradient_goes_to_the_first_of_equals():
    x = ops.ones((1, 4, 4, 1))
    with GradientTape() as tape:
        tape.watch(x)
        y = ops.max_pool(x, 2)
    assert tape.gradient(y, x)[0, :, :, 0].tolist() == [[1, 0, 1, 0], [0, 0, 0, 0], [1, 0, 1, 0], [0, 0, 0, 0]]


def test_pooling_of_other_dtypes():
    rng = np.random.default_rng(3)
    for dtype in ("bool", "uint8", "int8", "int16", "uint16", "int32", "uint32", "int64", "uint64", "float16"):
        limits = np.finfo(dtype) if dtype == "float16" else None if dtype == "bool" else np.iinfo(dtype)
        x = rng.integers(0, 2, (1, 6, 5, 2)).astype(dtype) if limits is None else np.zeros((1, 6, 5, 2), dtype)
        if limits is not None:
            x[0, :3], x[0, 3, 4], x[0, 4, 0] = limits.min, limits.max, limits.max - limits.dtype.type(1)
        y = ops.max_pool(x, (3, 5))
        assert y.dtype == dtype
        np.testing.assert_array_equal(y, np.stack([x[:, :3].max((1, 2)), x[:, 3:].max((1, 2))], 1)[:, :, None])
    half = np.full((1, 4096, 1), 60000, "float16")  # whose sum a half does not hold
    assert ops.average_pool(half, 4096).tolist() == [[[60000.0]]]
    with pytest.raises(TypeError, match="max_pool expects real numbers, got complex64"):
        ops.max_pool(x.astype("complex64"), 2)


def test_windows_may_be_as_large_as_a_number_can_be():
    x = data(1, 6, 5, 2)
    huge = 2**31 - 1
    np.testing.assert_array_equal(ops.max_pool(x, huge, huge, "same")[0, 0, 0], x.max((0, 1, 2)))
    np.testing.assert_allclose(ops.average_pool(x, huge, 1, "same")[0, 5, 4], x.mean((0, 1, 2)), 1e-5)
    assert ops.adaptive_average_pool(data(1, 5, 1), 10**5).shape == (1, 10**5, 1)
    for geometry in [(huge, 1, "valid"), (2**31, 1, "same"), (2, -1, "same"), (2, 10**30, "same")]:
        with pytest.raises(ValueError, match=r"no window of size|expects an integer from 1 to 2147483647"):
            ops.average_pool(x, *geometry)


def test_a_transposed_convolution_is_the_gradient_of_a_convolution():
    x, kernel = ops.convert_to_tensor(data(2, 8, 6, 3)), data(3, 2, 3, 4)
    for padding, strides in (("valid", 1), ("same", 1), ("same", 2)):
        with GradientTape() as tape:
            tape.watch(x)
            y = ops.conv(x, kernel, strides, padding)
        g = data(*y.shape, seed=1)
        expected = tape.gradient(y, x, output_gradients=g)
        np.testing.assert_allclose(ops.conv_transpose(g, kernel, strides, padding), expected, 1e-5, 1e-5)


def test_unknown_sizes():
    x = KerasTensor((None, None, None, 3), "float32")
    assert ops.conv(x, data(3, 3, 3, 5), 2, "same").shape == (None, None, None, 5)
    assert ops.conv(KerasTensor((None, 9, None, 4), "float32"), data(3, 3, 2, 6)).shape == (None, 7, None, 6)
    assert ops.depthwise_conv(x, data(3, 3, 3, 2)).shape == (None, None, None, 6)
    assert ops.separable_conv(x, data(3, 3, 3, 2), data(1, 1, 6, 4)).shape == (None, None, None, 4)
    assert ops.max_pool(x, 2).shape == ops.average_pool(x, 2).shape == (None, None, None, 3)
    for pool in (ops.adaptive_average_pool, ops.adaptive_max_pool):
        assert pool(x, (2, 5)).shape == (None, 2, 5, 3)
        assert pool(KerasTensor((None, 3, None), "float32"), 4, "channels_first").shape == (None, 3, 4)
    assert ops.unfold(KerasTensor((None, 3, None, 8), "float32"), 2).shape == (None, 12, None)
    assert ops.fold(KerasTensor((None, None, 35), "float32"), (6, 8), 2).shape == (None, None, 6, 8)
    assert ops.space_to_depth(x, 2).shape == (None, None, None, 12)


@pytest.mark.parametrize(
    "compute",
    [
        lambda x: ops.average_pool(x, 2, 1, "same"),
        lambda x: ops.adaptive_max_pool(x, 2),
        lambda x: ops.conv_transpose(x, data(3, 3, 2, 3), 2, "same"),
        lambda x: ops.space_to_depth(x, 2),
        lambda x: ops.conv(x, data(3, 3, 3, 2)),
    ],
)
def test_a_symbolic_call_is_run_later(compute):
    """What a symbolic result remembers computes it once there are values."""
    x = data(2, 4, 6, 3)
    symbol = KerasTensor((None, None, None, 3), "float32")
    np.testing.assert_array_equal(Function(symbol, compute(symbol))(x), compute(x))


def network(x, first, second, dense, labels):
    """The loss of a small network with every kind of convolution, and its gradients."""
    weights = [first, second, dense]
    with GradientTape() as tape:
        tape.watch(weights)
        h = ops.max_pool(ops.relu(ops.conv(x, first, padding="same")), 2)
        h = ops.max_pool(ops.depthwise_conv(h, second, (1, 2)), 3, 1, "same")
        h = ops.average_pool(h, 2, padding="same")
        loss = ops.mean(ops.sparse_categorical_crossentropy(labels, ops.matmul(ops.reshape(h, (8, -1)), dense), True))
    return [loss, *tape.gradient(loss, weights)]


def test_a_training_step_is_native_and_the_same_as_op_by_op():
    arrays = [data(8, 12, 10, 2), data(3, 3, 2, 4), data(3, 2, 4, 2), data(16, 5), np.arange(8, dtype="int32") % 5]
    tensors = [ops.convert_to_tensor(a) for a in arrays]
    compiled = function(network)
    for found, expected in zip(compiled(*tensors), network(*tensors), strict=True):
        np.testing.assert_allclose(found, expected, 1e-4, 1e-5)
    (entry,) = compiled.plans.values()
    assert entry[0].python_instructions == 0, str(entry[0])


@pytest.mark.parametrize(
    ("compute", "message"),
    [
        (lambda: ops.conv(data(5, 3), data(3, 3, 2)), r"expects inputs of rank 3 or 4 or 5 .* got shape \(5, 3\)"),
        (lambda: ops.conv(data(1, 5, 5, 3), data(3, 3, 2)), r"expects a kernel of rank 4 .* got shape \(3, 3, 2\)"),
        (lambda: ops.conv(data(1, 5, 3), data(3, 2, 2)), "3 channels .* multiple of the kernel's 2"),
        (lambda: ops.conv(data(1, 5, 4), data(3, 2, 3)), "its 3 filters of the number of groups"),
        (lambda: ops.conv(data(1, 2, 1), data(3, 1, 1)), "no window of a kernel"),
        (lambda: ops.conv(data(1, 5, 1), data(3, 1, 1), 0), "strides of conv expects an integer from 1 to"),
        (lambda: ops.conv(data(1, 5, 1), data(3, 1, 1), (1, 2)), "or one for each of 1 spatial axes"),
        (lambda: ops.conv(data(1, 5, 1), data(3, 1, 1), 1.5), "or one for each of 1 spatial axes"),
        (lambda: ops.conv(data(1, 5, 1), data(3, 1, 1), padding="full"), "expects padding 'valid' or 'same'"),
        (lambda: ops.conv(data(1, 5, 1), data(3, 1, 1), padding=1), "expects padding 'valid' or 'same', got 1"),
        (lambda: ops.conv(data(1, 5, 1), data(3, 1, 1), data_format="nhwc"), "data_format expects 'channels_last' or"),
        (lambda: ops.conv(KerasTensor((None, 5, None), "float32"), data(3, 1, 1)), "conv of None channels"),
        (lambda: ops.depthwise_conv(data(1, 5, 3), data(3, 2, 1)), "of 3 channels expects a kernel of as many"),
        (lambda: ops.separable_conv(data(1, 5, 2), data(3, 2, 1), data(1, 3, 1)), "conv of 2 channels"),
        (lambda: ops.conv_transpose(data(1, 5, 2), data(3, 2, 1)), "expects a kernel whose last axis is as long"),
        (lambda: ops.conv_transpose(data(1, 5, 1), data(3, 2, 1), 2, output_padding=-1), "output_padding expects"),
        (lambda: ops.max_pool(data(1, 2, 1), 3), r"no window of size \(3,\) fits into inputs of shape \(1, 2, 1\)"),
        (lambda: ops.max_pool(data(2, 1), 3), "max_pool expects inputs of rank"),
        (lambda: ops.average_pool(data(1, 4, 4, 1), (2, 2, 2)), "pool_size of average_pool expects"),
        (lambda: ops.adaptive_max_pool(data(1, 4, 1), 0), "output_size of adaptive_max_pool expects"),
        (lambda: ops.adaptive_average_pool(data(1, 0, 1), 2), "expects inputs with elements"),
        (lambda: ops.unfold(data(1, 4, 4), 2), "unfold expects .* got shape"),
        (lambda: ops.unfold(data(1, 1, 2, 2), 3), "no patch of size"),
        (lambda: ops.fold(data(1, 5, 4), 3, 2), "expects a multiple of 4 rows and 4 patches"),
        (lambda: ops.fold(data(1, 4, 5), 3, 2), "expects a multiple of 4 rows and 4 patches"),
        (lambda: ops.depth_to_space(data(1, 2, 2, 3), 2), "a multiple of 4 channels"),
        (lambda: ops.space_to_depth(data(1, 3, 2, 3), 2), "in multiples of 2"),
        (lambda: ops.space_to_depth(data(1, 2, 2, 3), 1), "block_size of 2 or more"),
        (lambda: ops.depth_to_space(data(2, 2, 4), 2), "of rank 4"),
    ],
)
def test_bad_input(compute, message):
    with pytest.raises(ValueError, match=message):
        compute()


def test_fold_where_strides_leave_elements_out():
    """The images have the size that was asked for, 0 where there is no patch."""
    ones = ops.fold(np.ones((1, 4, 4), "float32"), (5, 5), 2, stride=2)
    assert ones[0, 0].tolist() == [[1, 1, 1, 1, 0]] * 4 + [[0] * 5]
