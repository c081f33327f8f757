"""Softmax, cross-entropies and encodings against numpy in float64."""

import math

import numpy as np
import pytest

from ckeras import GradientTape, activations, ops

SHAPES = [(1,), (3,), (17,), (2, 7), (5, 1), (3, 1031), (2, 3, 10), (40, 16)]
TOLERANCE = {"float32": 2e-6, "float64": 1e-13}
FLOATS = ["float32", "float64"]


def data(shape, scale=3.0, seed=0):
    return scale * np.random.default_rng([seed, *shape]).standard_normal(shape)


def softmax(x, axis=-1):
    z = np.exp(x - x.max(axis, keepdims=True))
    return z / z.sum(axis, keepdims=True)


def log_softmax(x, axis=-1):
    z = x - x.max(axis, keepdims=True)
    return z - np.log(np.exp(z).sum(axis, keepdims=True))


def agree(result, expected, dtype, scale=1.0):
    assert (result.shape, result.dtype) == (np.shape(expected), dtype)
    np.testing.assert_allclose(result, expected, scale * TOLERANCE[dtype], scale * TOLERANCE[dtype])


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("name", ["softmax", "log_softmax"])
def test_softmax(name, dtype):
    compute, reference = getattr(ops, name), {"softmax": softmax, "log_softmax": log_softmax}[name]
    for shape in SHAPES:
        x = data(shape).astype(dtype)
        for axis in [None, *range(-len(shape), len(shape)), tuple(range(len(shape)))]:
            agree(compute(x, axis), reference(x.astype("float64"), axis), dtype, 4)
    x = data((3, 4, 5)).astype(dtype)
    for axis in ((0, 1), [0, 2], (-1, 1)):
        agree(compute(x, axis), reference(x.astype("float64"), tuple(axis)), dtype, 4)
    agree(compute(x.T, 0), reference(x.T.astype("float64"), 0), dtype, 4)
    assert compute(np.zeros((0, 3), dtype)).shape == (0, 3)
    assert compute(np.zeros((3, 0), dtype)).shape == (3, 0)
    assert compute(2.0).shape == ()
    assert compute([1, 2]).dtype == "float32"
    assert compute(np.array([1, 2], "float16")).dtype == "float16"
    with pytest.raises(ValueError, match="axis 3 is out of range"):
        compute(x, 3)


@pytest.mark.parametrize("dtype", FLOATS)
def test_softmax_far_out(dtype):
    x = np.array([[1000.0, 1000.0, -1000.0], [-1e30, 0.0, 1.0], [-math.inf, 0.0, 0.0], [math.nan, 0.0, 1.0]], dtype)
    np.testing.assert_allclose(ops.softmax(x)[0], [0.5, 0.5, 0])
    np.testing.assert_allclose(ops.softmax(x)[2], [0, 0.5, 0.5])
    assert np.isnan(ops.softmax(x)[3].numpy()).all()
    np.testing.assert_allclose(ops.log_softmax(x)[0], [-math.log(2), -math.log(2), -2000 - math.log(2)], 1e-6)
    assert ops.log_softmax(x)[2, 0] == -math.inf


def cases(rows, classes, dtype):
    logits = data((rows, classes)).astype(dtype)
    return logits, softmax(logits.astype("float64")).astype(dtype), np.arange(rows) % classes


@pytest.mark.parametrize("dtype", FLOATS)
def test_sparse_categorical_crossentropy(dtype):
    for rows, classes in [(1, 1), (3, 2), (17, 7), (5, 1031), (0, 3)]:
        logits, p, labels = cases(rows, classes, dtype)
        expected = -log_softmax(logits.astype("float64"))[np.arange(rows), labels]
        for kind in ("int32", "int64", "uint8" if classes < 256 else "uint16", "float32"):
            t = labels.astype(kind)
            agree(ops.sparse_categorical_crossentropy(t, logits, from_logits=True), expected, dtype, 8)
            agree(ops.sparse_categorical_crossentropy(t[:, None], logits, True), expected, dtype, 8)
        with np.errstate(divide="ignore"):
            clipped = -np.log(np.clip(p.astype("float64")[np.arange(rows), labels], 1e-7, 1 - 1e-7))
        agree(ops.sparse_categorical_crossentropy(labels, 3 * p), clipped, dtype, 20)
    x = data((2, 5, 3)).astype(dtype)
    t = np.array([[0, 1, 4], [2, 2, 3]])
    expected = -np.take_along_axis(log_softmax(x.astype("float64"), 1), t[:, None], 1)[:, 0]
    agree(ops.sparse_categorical_crossentropy(t, x, from_logits=True, axis=1), expected, dtype, 8)


@pytest.mark.parametrize("from_logits", [True, False])
def test_class_labels_out_of_range(from_logits):
    x = np.full((2, 3), 0.3, "float32")
    for label in (3, -1, 100):
        with pytest.raises(IndexError, match=rf"index {label} at position 1 is outside \[0, 3\)"):
            ops.sparse_categorical_crossentropy(np.array([0, label]), x, from_logits=from_logits)
    for target in (np.array([0, 1, 2]), np.array(0), np.array([[0, 1]])):
        with pytest.raises(ValueError, match="a class label for each row"):
            ops.sparse_categorical_crossentropy(target, x, from_logits=from_logits)


@pytest.mark.parametrize("dtype", FLOATS)
def test_categorical_crossentropy(dtype):
    for rows, classes in [(1, 1), (3, 2), (17, 7), (5, 1031), (0, 3)]:
        logits, p, labels = cases(rows, classes, dtype)
        soft = softmax(data((rows, classes), seed=1)).astype(dtype)
        for t in (np.eye(classes)[labels].astype(dtype), soft):
            expected = -(t.astype("float64") * log_softmax(logits.astype("float64"))).sum(-1)
            agree(ops.categorical_crossentropy(t, logits, from_logits=True), expected, dtype, 8)
            clipped = -(t.astype("float64") * np.log(np.clip(p.astype("float64"), 1e-7, 1 - 1e-7))).sum(-1)
            agree(ops.categorical_crossentropy(t, 3 * p), clipped, dtype, 20)
    x, t = data((2, 5, 3)).astype(dtype), softmax(data((2, 5, 3), seed=1), 1).astype(dtype)
    expected = -(t.astype("float64") * log_softmax(x.astype("float64"), 1)).sum(1)
    agree(ops.categorical_crossentropy(t, x, from_logits=True, axis=1), expected, dtype, 8)
    assert ops.categorical_crossentropy(np.eye(3, dtype="int32"), np.eye(3, dtype=dtype)).dtype == dtype
    for target in (t[:, :4], t[0], 1.0):
        with pytest.raises(ValueError, match="categorical_crossentropy expects target and output"):
            ops.categorical_crossentropy(target, x)


@pytest.mark.parametrize("dtype", FLOATS)
def test_binary_crossentropy(dtype):
    for shape in SHAPES:
        x, t = data(shape, 8).astype(dtype), (data(shape, seed=1) > 0).astype(dtype)
        wide = x.astype("float64")
        expected = np.maximum(wide, 0) - wide * t + np.log1p(np.exp(-np.abs(wide)))
        agree(ops.binary_crossentropy(t, x, from_logits=True), expected, dtype, 4)
        p = np.random.default_rng(2).uniform(0.01, 0.99, shape).astype(dtype)
        expected = -(t * np.log(p.astype("float64")) + (1 - t) * np.log1p(-p.astype("float64")))
        agree(ops.binary_crossentropy(t, p), expected, dtype, 20)
    far = ops.binary_crossentropy(
        np.array([0.0, 1.0, 0.0, 1.0], dtype), np.array([500.0, 500.0, -500.0, -500.0], dtype), True
    )
    np.testing.assert_allclose(far, [500, 0, 0, 500], atol=1e-200)
    np.testing.assert_allclose(
        ops.binary_crossentropy(np.array([0.0, 1.0], dtype), np.array([0.0, 1.0], dtype)), 0, atol=2e-7
    )
    with pytest.raises(ValueError, match="binary_crossentropy expects target and output of one shape"):
        ops.binary_crossentropy(np.ones(3, dtype), np.ones((2, 3), dtype))


def test_half_precision():
    logits, p, labels = cases(5, 4, "float16")
    logits, p = logits / 4, p**0.25 / (p**0.25).sum(-1, keepdims=True)
    hot = np.eye(4, dtype="float16")[labels]
    expected = -log_softmax(logits.astype("float64"))[np.arange(5), labels]
    for result in (
        ops.sparse_categorical_crossentropy(labels, logits, True),
        ops.sparse_categorical_crossentropy(labels, p),
        ops.categorical_crossentropy(hot, logits, True),
        ops.categorical_crossentropy(hot, p),
        ops.sparse_categorical_crossentropy(labels, activations.softmax(ops.convert_to_tensor(logits))),
    ):
        assert result.dtype == "float16"
        np.testing.assert_allclose(result.numpy().astype("float64"), expected, 1e-2, 1e-2)


def test_losses_of_a_softmax_see_its_logits():
    """A probability too small for float32 still has its logarithm."""
    logits = ops.convert_to_tensor([[0.0, 200.0]])
    assert ops.sparse_categorical_crossentropy([0], activations.softmax(logits)).tolist() == [200.0]
    assert ops.categorical_crossentropy([[1.0, 0.0]], activations.softmax(logits)).tolist() == [200.0]
    assert ops.binary_crossentropy([[0.0, 0.0]], activations.sigmoid(logits)).tolist()[0][1] == 200.0
    np.testing.assert_allclose(ops.sparse_categorical_crossentropy([0], ops.softmax(logits)), -math.log(1e-7), 1e-6)


def test_one_hot():
    labels = np.array([[0, 2, -1], [3, 1, 7]])
    expected = (labels[..., None] == np.arange(4)).astype("float32")
    for dtype in ("int32", "int64", "uint8", "float32"):
        if dtype != "uint8":
            np.testing.assert_array_equal(ops.one_hot(labels.astype(dtype), 4), expected)
    for axis in (0, 1, 2, -1, -2):
        np.testing.assert_array_equal(ops.one_hot(labels, 4, axis=axis), np.moveaxis(expected, -1, axis))
    assert ops.one_hot(labels, 4, dtype="bool").dtype == "bool"
    assert ops.one_hot(np.array([200], "uint8"), 300).numpy().argmax() == 200
    assert ops.one_hot(1, 3).tolist() == [0, 1, 0]
    assert ops.one_hot(np.zeros((0,), "int32"), 3).shape == (0, 3)
    with pytest.raises(ValueError, match="sparse tensors are not supported"):
        ops.one_hot(labels, 4, sparse=True)


@pytest.mark.parametrize("dtype", FLOATS)
def test_parameters_of_activations(dtype):
    x = data((3, 17)).astype(dtype)
    wide = x.astype("float64")
    erf = np.vectorize(math.erf)
    agree(ops.gelu(x, approximate=False), 0.5 * wide * (1 + erf(wide / math.sqrt(2))), dtype, 2)
    agree(ops.elu(x, alpha=0.3), np.where(wide > 0, wide, 0.3 * np.expm1(wide)), dtype)
    agree(ops.leaky_relu(x, negative_slope=0.7), np.where(wide > 0, wide, 0.7 * wide), dtype)


@pytest.mark.parametrize("dtype", FLOATS)
def test_sparsemax(dtype):
    """The nearest point of the simplex: no other is nearer."""
    rng = np.random.default_rng(3)
    for shape, axis in [((5,), -1), ((7, 4), 0), ((2, 3, 6), 1), ((3, 1), -1)]:
        x = data(shape, 1.5).astype(dtype)
        y = ops.sparsemax(x, axis)
        assert (y.shape, y.dtype) == (shape, dtype) and (y.numpy() >= 0).all()
        np.testing.assert_allclose(ops.sum(y, axis), np.ones(np.delete(shape, axis)), 1e-5)
        for _ in range(20):
            other = rng.dirichlet(np.ones(shape[axis]), np.prod(shape) // shape[axis])
            other = np.moveaxis(other.reshape(*np.delete(shape, axis), shape[axis]), -1, axis)
            assert (np.sum((x - y.numpy()) ** 2, axis) <= np.sum((x - other) ** 2, axis) + 1e-5).all()
    assert ops.sparsemax([1.0, 1.0, 1.0, 1.0]).tolist() == [0.25] * 4
    assert ops.sparsemax([3, 1]).tolist() == [1, 0]


def test_normalizations_refuse():
    x = np.ones((2, 3), "float32")
    for compute, error, message in (
        (lambda: ops.normalize(x, order=0), ValueError, "an integer order of 1 or more, got 0"),
        (lambda: ops.normalize(x, order=1.5), ValueError, "an integer order of 1 or more, got 1.5"),
        (lambda: ops.batch_normalization(x, x[0, :2], x[0], 1), ValueError, r"mean of shape \(3,\)"),
        (lambda: ops.batch_normalization(x, x[0], x, 1), ValueError, r"variance of shape \(3,\)"),
        (lambda: ops.batch_normalization(x, x[0], x[0], 2), ValueError, "axis 2 is out of range"),
        (lambda: ops.layer_normalization(x[None], np.ones((2, 3)), axis=-1), ValueError, "parameter of shape"),
        (lambda: ops.layer_normalization(x, rms=True), TypeError, r"unknown arguments \['rms'\]"),
        (lambda: ops.nn.moments(x, 2), ValueError, "axis 2 is out of range"),
        (lambda: ops.psnr(x, x[:1], 1), ValueError, "of one shape"),
        (lambda: ops.multi_hot([0]), ValueError, "expects num_classes"),
        (lambda: ops.multi_hot([0], 2, depth=3), TypeError, "unknown arguments"),
        (lambda: ops.multi_hot([0], 2, sparse=True), ValueError, "sparse tensors are not supported"),
        (lambda: ops.glu(x), ValueError, "an axis of even size"),
    ):
        with pytest.raises(error, match=message):
            compute()


def test_rms_scaling_is_deprecated():
    x = np.array([[1.0, 2.0, 6.0]], "float32")
    with pytest.warns(UserWarning, match="use rms_normalization"):
        found = ops.layer_normalization(x, rms_scaling=True)
    np.testing.assert_allclose(found, x / x.std(), 1e-5)


def test_slope_of_normalize_at_zero():
    x = ops.zeros((2, 3))
    with GradientTape() as tape:
        tape.watch(x)
        y = ops.normalize(x, epsilon=0.5)
    np.testing.assert_allclose(tape.gradient(y, x), np.full((2, 3), 2.0))
