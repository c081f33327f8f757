"""The names of TensorFlow that ckeras has: every row leads somewhere, with the parameters it promises."""

import inspect
import random

import numpy as np
import pytest

import ckeras
from ckeras.compat import tensorflow as tf
from ckeras.compat.tensorflow.table import resolve

MODULES = (tf, tf.linalg, tf.math, tf.nn, tf.random)
ROWS = [(module, name, row) for module in MODULES for name, row in module.ROWS.items()]


@pytest.mark.parametrize("module, name, row", ROWS, ids=[f"{m.__name__[14:]}.{name}" for m, name, _ in ROWS])
def test_row(module, name, row):
    value = getattr(module, name)
    path, _, listed = row.rstrip(")").partition("(")
    if listed:
        accepted = inspect.signature(resolve(path)).parameters
        assert {p.strip().rpartition("=")[2] for p in listed.split(",")} <= set(accepted)
    else:
        assert value is resolve(path)
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


def test_set_seed_repeats_draws_and_leaves_other_generators_alone():
    states = random.getstate(), np.random.get_state()[1].tolist()
    tf.random.set_seed(7)
    first = np.asarray(tf.random.normal((4,), 1.0, 2.0))
    tf.random.set_seed(7)
    np.testing.assert_array_equal(first, np.asarray(tf.random.normal(shape=(4,), mean=1.0, stddev=2.0)))
    assert (random.getstate(), np.random.get_state()[1].tolist()) == states


def test_random_uniform():
    draws = np.asarray(tf.random.uniform((1000,), 2.0, 3.0))
    assert draws.min() >= 2 and draws.max() < 3
    assert set(np.asarray(tf.random.uniform((1000,), 0, 3, dtype=tf.int32)).tolist()) == {0, 1, 2}
    with pytest.raises(ValueError, match="maxval"):
        tf.random.uniform((2,), dtype="int32")


def test_devices():
    assert tf.config.list_physical_devices("GPU") == [] and len(tf.config.list_physical_devices()) == 1
    assert not tf.test.is_gpu_available() and tf.executing_eagerly()
    assert int(tf.__version__.split(".")[0]) == 2 and tf.__version__ == tf.version.VERSION


def test_absent_name():
    with pytest.raises(AttributeError, match=r"tensorflow\.Session is not among .*keras\.ops"):
        _ = tf.Session
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
