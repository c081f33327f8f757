"""The names of TensorFlow that ckeras has: every row leads somewhere, with the parameters it promises."""

import inspect
import random

import numpy as np
import pytest

import ckeras
from ckeras.compat import tensorflow as tf
from ckeras.compat.tensorflow.table import resolve

MODULES = (tf, tf.bitwise, tf.dtypes, tf.image, tf.linalg, tf.math, tf.nest, tf.nn, tf.random)
ROWS = [(module, name, row) for module in MODULES for name, row in module.ROWS.items()]


@pytest.mark.parametrize("module, name, row", ROWS, ids=[f"{m.__name__[14:]}.{name}" for m, name, _ in ROWS])
def test_row(module, name, row):
    value = getattr(module, name)
    path, _, listed = row.rstrip(")").partition("(")
    if listed:
        accepted = inspect.signature(resolve(path)).parameters
        assert {p.strip().rpartition("=")[2] for p in listed.split(",")} <= set(accepted)
    else:
        assert inspect.unwrap(value) is inspect.unwrap(resolve(path))
    assert name in dir(module)


X = np.array([[1.0, 5.0, 2.0], [7.0, -3.0, 0.5]], "float32")


@pytest.mark.parametrize(
    "result, expected",
    [
        (lambda: tf.reduce_sum(X, 1, keepdims=True), X.sum(1, keepdims=True)),
        (lambda: tf.reduce_mean(input_tensor=X, axis=0), X.mean(0)),
        (lambda: tf.math.reduce_max(X, name="largest"), X.max()),
        (lambda: tf.argmax(X), [1, 0, 0]),
        (lambda: tf.math.argmin(X, axis=1), [0, 1]),
        (lambda: tf.concat([X, X], 0), np.concatenate([X, X])),
        (lambda: tf.transpose(X, perm=[1, 0]), X.T),
        (lambda: tf.reshape(tensor=X, shape=(3, 2)), X.reshape(3, 2)),
        (lambda: tf.matmul(X, X, transpose_b=True), X @ X.T),
        (lambda: tf.linalg.matmul(X, X, transpose_a=True), X.T @ X),
        (lambda: tf.clip_by_value(X, 0.0, 2.0), X.clip(0, 2)),
        (lambda: tf.where(X > 1, x=X, y=0.0), np.where(X > 1, X, 0)),
        (lambda: tf.one_hot([0, 2], depth=3), [[1, 0, 0], [0, 0, 1]]),
        (lambda: tf.one_hot([1], 3, 5.0, -1.0), [[-1, 5, -1]]),
        (lambda: tf.constant(3.0, shape=(2, 2)), np.full((2, 2), 3)),
        (lambda: tf.constant([1, 2, 3, 4], tf.float32, (2, 2)), [[1, 2], [3, 4]]),
        (lambda: tf.range(2, 8, 3), [2, 5]),
        (lambda: tf.gather(X, [1]), X[[1]]),
        (lambda: tf.math.squared_difference(X, 1.0), (X - 1) ** 2),
        (lambda: tf.nn.softmax(X), np.exp(X) / np.exp(X).sum(-1, keepdims=True)),
        (lambda: tf.nn.sigmoid_cross_entropy_with_logits(labels=[1.0], logits=[0.0]), [np.log(2)]),
        (lambda: tf.cumsum(X), X.cumsum(0)),
        (lambda: tf.cumsum([1.0, 2, 3], exclusive=True), [0, 1, 3]),
        (lambda: tf.math.cumsum([1.0, 2, 3], reverse=True), [6, 5, 3]),
        (lambda: tf.math.cumprod([2.0, 3, 4], exclusive=True, reverse=True), [12, 4, 1]),
        (lambda: tf.add_n([X, X, X]), X * 3),
        (lambda: tf.math.l2_normalize(X, 1), X / np.sqrt((X**2).sum(1, keepdims=True))),
        (lambda: tf.math.multiply_no_nan([np.inf, 2.0], [0.0, 3.0]), [0, 6]),
        (lambda: tf.math.xlogy([0.0, 2.0], [0.0, 3.0]), [0, 2 * np.log(3)]),
        (lambda: tf.math.top_k(X).indices, [[1], [0]]),
        (lambda: tf.math.zero_fraction([0.0, 1.0, 0.0, 2.0]), 0.5),
        (lambda: tf.atan2(y=1.0, x=-1.0), np.arctan2(1, -1)),
        (lambda: tf.math.unsorted_segment_sum([1.0, 2, 3], [1, 1, 0], num_segments=3), [3, 3, 0]),
        (lambda: tf.math.reduce_euclidean_norm(X, axis=1), np.linalg.norm(X, axis=1)),
        (lambda: tf.sort(X, direction="DESCENDING"), -np.sort(-X)),
        (lambda: tf.argsort([3, 1, 3, 2], direction="DESCENDING"), [0, 2, 3, 1]),
        (lambda: tf.split(X, [1, -1], axis=1)[1], X[:, 1:]),
        (lambda: tf.split(X, 3, axis=1)[2], X[:, 2:]),
        (lambda: tf.rank(X), 2),
        (lambda: tf.reverse(X, axis=[1]), X[:, ::-1]),
        (lambda: tf.boolean_mask(X, [False, True]), X[1:]),
        (lambda: tf.boolean_mask(X, [True, False, True], axis=1), X[:, ::2]),
        (lambda: tf.gather_nd(X, [[0, 1], [1, 2]]), [5, 0.5]),
        (lambda: tf.gather_nd(X, [[1]]), X[1:]),
        (lambda: tf.sequence_mask([1, 3]), [[1, 0, 0], [1, 1, 1]]),
        (lambda: tf.sequence_mask([1, 0], 2, tf.float32), [[1, 0], [0, 0]]),
        (lambda: tf.clip_by_norm([3.0, 4.0], 1.0), [0.6, 0.8]),
        (lambda: tf.clip_by_norm([0.0, 0.4], 1.0), [0, 0.4]),
        (lambda: tf.clip_by_global_norm([np.array([3.0]), None, np.array([4.0])], 1.0)[0][2], [0.8]),
        (lambda: tf.linalg.global_norm([np.array([3.0]), np.array([4.0])]), 5),
        (lambda: tf.switch_case(7, [lambda: 1.0, lambda: 2.0]), 2),
        (lambda: tf.switch_case(-1, [lambda: 1.0, lambda: 2.0], default=lambda: 3.0), 3),
        (lambda: tf.tensor_scatter_nd_add([1.0, 2, 3], [[1], [1]], [1.0, 1]), [1, 4, 3]),
        (lambda: tf.tensor_scatter_nd_sub([1.0, 2, 3], [[2]], [1.0]), [1, 2, 2]),
        (lambda: tf.einsum("ij,kj->ik", X, X), X @ X.T),
        (lambda: tf.meshgrid([1, 2], [3, 4, 5])[0], [[1, 2]] * 3),
        (lambda: tf.ones_initializer()((2,)), [1, 1]),
        (lambda: tf.constant_initializer(3.0)((2,)), [3, 3]),
        (lambda: tf.linalg.matvec(X, [1.0, 0, 1]), X @ [1, 0, 1]),
        (lambda: tf.linalg.svd(X, compute_uv=False), np.linalg.svd(X)[1]),
        (lambda: tf.linalg.triangular_solve([[2.0, 0], [1, 1]], [[2.0], [3]]), [[1], [2]]),
        (lambda: tf.linalg.diag([[1.0, 2]]), [[[1, 0], [0, 2]]]),
        (lambda: tf.linalg.diag_part([[[1.0, 2], [3, 4]]]), [[1, 4]]),
        (lambda: tf.linalg.trace([[[1.0, 2], [3, 4]]]), [5]),
        (lambda: tf.linalg.band_part(np.ones((3, 3)), 0, -1), np.triu(np.ones((3, 3)))),
        (lambda: tf.linalg.band_part(np.ones((3, 3)), 1, 0), np.tri(3) * np.triu(np.ones((3, 3)), -1)),
        (lambda: tf.nn.l2_loss(X), (X**2).sum() / 2),
        (lambda: tf.nn.moments(X, axes=[0])[1], X.var(0)),
        (lambda: tf.nn.bias_add(X, [1.0, 2, 3]), X + [1, 2, 3]),
        (lambda: tf.nn.bias_add(X[:, :, None], [1.0, 2, 3], "NC"), (X + [1, 2, 3])[:, :, None]),
        (lambda: tf.nn.batch_normalization(X, 1.0, 4.0, None, 3.0, 0.0), (X - 1) / 2 * 3),
        (lambda: tf.nn.embedding_lookup(X, [1, 1]), X[[1, 1]]),
        (lambda: tf.nn.embedding_lookup([[3.0, 4.0], [0.1, 0.0]], [0, 1], max_norm=1.0), [[0.6, 0.8], [0.1, 0]]),
        (lambda: tf.nn.weighted_cross_entropy_with_logits([1.0, 0.0], [0.0, 0.0], 3.0), np.log(2) * np.array([3, 1])),
        (lambda: tf.nn.max_pool2d(X[None, :, :, None], 2, [1, 1, 1, 1], "VALID"), [[[[7], [5]]]]),
        (lambda: tf.nn.conv2d(X[None, :, :, None], np.ones((2, 2, 1, 1)), 1, "VALID"), [[[[10], [4.5]]]]),
        (lambda: tf.image.flip_left_right(X[:, :, None]), X[:, ::-1, None]),
        (lambda: tf.cast(X, tf.int32), X.astype("int32")),
    ],
)
def test_value(result, expected):
    np.testing.assert_allclose(np.asarray(result()), expected, rtol=1e-6)


def test_variable_tape_and_function():
    v = tf.Variable(3.0, trainable=True, name="v", dtype=tf.float32)
    assert isinstance(v, ckeras.Variable)
    with tf.GradientTape() as tape:
        y = tf.square(v)
    assert float(tape.gradient(y, v)) == 6.0
    assert float(tf.function(lambda x: x + 1.0)(tf.constant(1.0))) == 2.0

    @tf.function(jit_compile=True)
    def doubled(x):
        return x * 2.0

    assert float(doubled(tf.constant(2.0))) == 4.0


def test_set_seed_repeats_samples_and_leaves_other_generators_alone():
    states = random.getstate(), np.random.get_state()[1].tolist()
    tf.random.set_seed(7)
    first = np.asarray(tf.random.normal((4,), 1.0, 2.0))
    tf.random.set_seed(7)
    np.testing.assert_array_equal(first, np.asarray(tf.random.normal(shape=(4,), mean=1.0, stddev=2.0)))
    assert (random.getstate(), np.random.get_state()[1].tolist()) == states


def test_complex_numbers_of_parts():
    x = tf.Variable([3.0, -1.0])
    with tf.GradientTape() as tape:
        z = tf.complex(x, 2.0)
        loss = tf.reduce_sum(tf.abs(z) ** 2)
    assert z.dtype == tf.complex64 and z.numpy().tolist() == [3 + 2j, -1 + 2j]
    np.testing.assert_allclose(tape.gradient(loss, x), [6, -2], 1e-6)
    assert (tf.math.real(z).numpy() == tf.real(z).numpy()).all() and tf.conj(z).numpy().tolist() == [3 - 2j, -1 - 2j]
    assert tf.complex(np.zeros(2), np.ones(2)).dtype == tf.complex128
    with pytest.raises(TypeError, match="got dtypes float32 and float64"):
        tf.complex(x, np.ones(2))


def test_random_uniform():
    samples = np.asarray(tf.random.uniform((1000,), 2.0, 3.0))
    assert samples.min() >= 2 and samples.max() < 3
    assert set(np.asarray(tf.random.uniform((1000,), 0, 3, dtype=tf.int32)).tolist()) == {0, 1, 2}
    with pytest.raises(ValueError, match="maxval"):
        tf.random.uniform((2,), dtype="int32")


def test_devices():
    assert tf.config.list_physical_devices("GPU") == [] and len(tf.config.list_physical_devices()) == 1
    assert tf.config.experimental.list_physical_devices("GPU") == []
    assert not tf.test.is_gpu_available() and tf.executing_eagerly()
    assert int(tf.__version__.split(".")[0]) == 2 and tf.__version__ == tf.version.VERSION


def test_absent_name():
    with pytest.raises(AttributeError, match=r"tensorflow\.absent is not one of .*keras\.ops"):
        _ = tf.absent
    assert not hasattr(tf.nn, "conv17d")


def test_wrong_argument_is_named():
    with pytest.raises(TypeError, match=r"reduce_sum\(\).*'dim'"):
        tf.reduce_sum(X, dim=1)


def test_optimizers_by_their_older_names():
    assert tf.optimizers is ckeras.optimizers
    assert float(tf.optimizers.Adam(lr=0.5, decay=0.1).lr) == 0.5
    assert tf.optimizers.legacy.SGD is tf.optimizers.SGD
    assert float(tf.optimizers.schedules.ExponentialDecay(1.0, 10, 0.5)(10)) == 0.5
    assert tf.initializers.Orthogonal is ckeras.initializers.OrthogonalInitializer


def test_print_shows_values(capsys):
    tf.print("x:", tf.constant([1.0, 2.0]))
    assert capsys.readouterr().err == "x: [1. 2.]\n"


def test_print_in_a_compiled_function_prints_at_every_run_in_order(capsys):
    @tf.function
    def f(x):
        tf.print("begin")
        y = x + 1
        tf.print("y:", y)
        tf.cond(y[0] > 2, lambda: tf.print("large"), lambda: tf.print("small"))
        tf.print("y:", y)
        return y

    f(tf.constant([1.0]))
    assert capsys.readouterr().err == "begin\ny: [2.]\nsmall\ny: [2.]\n"
    f(tf.constant([2.0]))
    assert capsys.readouterr().err == "begin\ny: [3.]\nlarge\ny: [3.]\n"
