"""The classic functions give what they give in Keras."""

import json
import pathlib
import subprocess
import sys

import numpy as np
import pytest

import ckeras
from ckeras import backend as K, ops

X = np.arange(12, dtype="float32").reshape(3, 4)
IMAGE = np.ones((1, 2, 2, 1), "float32")


def test_as_in_keras(case):
    result = case.compute()
    expected = case.expected
    if "arg" in case.name or "constant" in case.name:
        expected = expected.astype(str(result.dtype))  # the width of indices is ours
    assert str(result.dtype) == str(expected.dtype)
    assert tuple(result.shape) == expected.shape
    np.testing.assert_allclose(np.asarray(result), expected, rtol=2e-5, atol=1e-6)


def test_names_and_settings():
    assert K.backend() == "ckeras" and K.floatx() == "float32" and K.image_data_format() == "channels_last"
    assert K.epsilon() == ckeras.config.epsilon()
    assert len(K.__all__) == 146
    for name in K.__all__:
        assert callable(getattr(K, name)), name


def test_the_same_functions_in_scripts(tmp_path):
    script = tmp_path / "script.py"
    script.write_text(
        "import json\n"
        "import keras\n"
        "import tensorflow as tf\n"
        "from keras import backend as K\n"
        "from tensorflow.keras import backend as T\n"
        "import tensorflow.keras.backend\n"
        "print(json.dumps([K is T, K is tf.keras.backend, float(K.mean(K.square(K.constant([1.0, 3.0]))))]))\n"
    )
    ran = subprocess.run([sys.executable, "-m", "ckeras", script], capture_output=True, text=True, check=False)
    assert ran.stderr == "" and json.loads(ran.stdout) == [True, True, 5.0]
    assert pathlib.Path(script).exists()


def test_functions_are_differentiable_and_compiled():
    w = ckeras.Variable(X)

    @ckeras.function
    def gradient(t):
        with ckeras.GradientTape() as tape:
            loss = K.mean(K.square(K.relu(w - 3.5, alpha=0.1, max_value=6.0) - t))
        return tape.gradient(loss, w)

    x = X - 3.5
    y = np.where(x > 0, np.minimum(x, 6), 0.1 * x)
    slope = np.where(x > 6, 0, np.where(x > 0, 1, 0.1))
    np.testing.assert_allclose(gradient(np.ones(4, "float32")), 2 * (y - 1) * slope / 12, rtol=1e-5, atol=1e-6)


def test_a_loss_of_a_script():
    def root_mean_square(y_true, y_pred):
        return K.sqrt(K.mean(K.square(y_pred - y_true), axis=-1))

    model = ckeras.Sequential([ckeras.layers.Input((4,)), ckeras.layers.Dense(1)])
    model.compile("sgd", root_mean_square, metrics=[lambda a, b: K.max(K.abs(a - b))])
    found = model.fit(X, X[:, :1], epochs=2, verbose=0).history
    assert len(found["loss"]) == 2 and np.isfinite(found["loss"]).all()


def test_symbolic_tensors():
    x, y = ckeras.Input((3, 4)), ckeras.Input((4, 5))
    assert K.batch_dot(x, y).shape == (None, 3, 5)
    assert K.batch_flatten(x).shape == (None, 12)
    assert K.int_shape(x) == (None, 3, 4) and K.ndim(x) == 3 and K.dtype(x) == "float32"
    assert K.is_keras_tensor(x) and not K.is_keras_tensor(ops.ones(2))
    assert K.get_value(x) is x


def test_values():
    v = K.variable(X, constraint="non_neg", name="v")
    assert v.name == "v" and v.constraint is not None and v.trainable
    K.set_value(v, X + 1)
    assert np.array_equal(K.get_value(v), X + 1) and np.array_equal(K.eval(v * 2), 2 * X + 2)
    K.batch_set_value([(v, X)])
    assert np.array_equal(K.batch_get_value([v, 3])[0], X) and K.batch_get_value([3]) == [3]
    assert K.count_params(v) == 12
    assert K.cast_to_floatx([1, 2]).dtype == np.float32 and K.cast_to_floatx(ops.ones(2, "int32")).dtype == "float32"
    assert not K.is_sparse(v) and K.to_dense(v) is v
    assert [float(x) for x in K.stop_gradient([ops.ones(()), ops.zeros(())])] == [1, 0]
    with pytest.raises(ValueError, match="expects a value of shape"):
        K.set_value(v, [1.0])


def test_random_tensors():
    assert K.random_normal((3, 4), 5.0, 0.1, seed=1).shape == (3, 4)
    assert np.array_equal(K.random_uniform((4,), seed=2), K.random_uniform((4,), seed=2))
    whole = K.random_uniform((1000,), maxval=4, dtype="int64", seed=3)
    assert whole.dtype == "int64" and set(np.unique(whole)) == {0, 1, 2, 3}
    assert set(np.unique(K.random_uniform((1000,), -3, -1, dtype="int32", seed=3))) == {-3, -2}
    with pytest.raises(ValueError, match="expects maxval for the integer dtype 'int32'"):
        K.random_uniform((3,), dtype="int32")
    uniform = np.asarray(K.random_uniform((1000,), -2, 3, seed=3))
    assert uniform.min() >= -2 and uniform.max() < 3 and abs(uniform.mean() - 0.5) < 0.2
    assert np.abs(K.get_value(K.truncated_normal((1000,), seed=4))).max() <= 2
    bits = np.asarray(K.random_bernoulli((1000,), p=0.3, seed=5))
    assert set(np.unique(bits)) == {0, 1} and abs(bits.mean() - 0.3) < 0.06
    assert isinstance(K.random_normal_variable((2,), 0, 1, "float64"), ckeras.Variable)
    assert K.random_uniform_variable((2,), 0, 1, name="u").name == "u"
    assert np.asarray(K.dropout(ops.ones((4, 50)), 0.5, seed=1)).max() == 2


def test_learning_phase():
    seen = []

    class Watching(ckeras.Layer):
        def call(self, x):
            seen.append(K.learning_phase())
            return K.in_train_phase(lambda: x * 2, x)

    layer = Watching()
    assert float(layer(np.float32([1]), training=True)[0]) == 2
    assert float(layer(np.float32([1]), training=False)[0]) == 1
    assert seen == [1, 0] and K.learning_phase() == 0
    K.set_learning_phase(1)
    try:
        assert float(layer(np.float32([1]))[0]) == 2 and K.in_test_phase("test", "train") == "train"
    finally:
        K.clear_session()
    assert K.in_train_phase(1, 2, training=True) == 1
    with K.name_scope("block") as name:
        assert name == "block"


def test_map_of_structures():
    sums, products = K.map_fn(lambda e: (e[0] + e[1], e[0] * e[1]), (X, X), dtype="float64")
    assert sums.dtype == "float64" and np.array_equal(sums, 2 * X) and np.array_equal(products, X * X)


def test_switch_chooses_samples():
    assert np.array_equal(K.switch(np.array([True, False, True]), X, -X)[1], -X[1])


def test_batch_normalization_along_another_axis():
    mean, var = X.mean(1), X.var(1)
    expected = (X - mean[:, None]) / np.sqrt(var[:, None] + 1e-3)
    np.testing.assert_allclose(K.batch_normalization(X, mean, var, None, None, axis=0), expected, rtol=1e-5)


def test_input_length_of_rnn():
    def step(x, states):
        return x + states[0], [x + states[0]]

    x = np.ones((2, 4, 1), "float32")
    last, every, (state,) = K.rnn(step, x, [np.zeros((2, 1), "float32")], input_length=np.array([2, 4]))
    assert np.asarray(every)[..., 0].tolist() == [[1, 2, 2, 2], [1, 2, 3, 4]]
    assert np.asarray(last)[:, 0].tolist() == np.asarray(state)[:, 0].tolist() == [2, 4]
    _, major, _ = K.rnn(step, x.swapaxes(0, 1), [np.zeros((2, 1), "float32")], time_major=True)
    assert major.shape == (4, 2, 1)


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda: K.batch_dot(X, X[0]), "at least two axes"),
        (lambda: K.batch_dot(X, X, axes=0), "axes other than the batch axis"),
        (lambda: K.batch_dot(X, X[:, :3]), "cannot multiply the shapes"),
        (lambda: K.batch_dot(X, X, axes=([1, 2], 1)), "expects axes to be one or two integers"),
        (lambda: K.softmax(X[0]), "at least two axes"),
        (lambda: K.repeat(X[0], 2), "tensor of two axes"),
        (lambda: K.bias_add(X, X), "a bias of 1 axis"),
        (lambda: K.bias_add(X, X[0], "first"), "'channels_first' or 'channels_last', got 'first'"),
        (lambda: K.spatial_2d_padding(X, (1, 1, 1)), "2 pairs of integers"),
        (lambda: K.switch(np.ones((3, 4, 1)), X, X), "at most 2 axes"),
        (lambda: K.foldl(max, X[:0]), "foldl expects an initializer"),
        (lambda: K.map_fn(max, X[:0]), "at least one element"),
        (lambda: K.map_fn(max, ckeras.Input((2,))), "known size"),
        (lambda: K.rnn(max, ckeras.Input((None, 2)), []), "known number of steps"),
        (lambda: K.set_learning_phase(2), "expects 0 or 1, got 2"),
        (lambda: K.pool2d(X, (2,)), "pool_size to be 2 integers"),
        (lambda: K.pool2d(X, (2, 2), pool_mode="min"), "'max' or 'avg', got 'min'"),
        (
            lambda: K.conv2d_transpose(np.ones((1, 2, 2, 1)), np.ones((2, 2, 1, 1)), (1, 9, 9, 1)),
            "cannot give the shape",
        ),
        (lambda: K.standardize_dtype("float33"), "unknown dtype 'float33'"),
    ],
)
def test_bad_input(call, sentence):
    with pytest.raises(ValueError, match=sentence):
        call()


@pytest.mark.parametrize(
    ("dtypes", "met"),
    [
        (("bfloat16", "float16"), "float32"),
        (("bfloat16", "float32"), "float32"),
        (("bfloat16", float), "bfloat16"),
        (("int64", "bfloat16"), "bfloat16"),
        ((), "float32"),
        ((int, float), "float32"),
        (("float32", int), "float32"),
        ((bool,), "bool"),
        (("uint8", "int8"), "int16"),
        (("int64", "float16"), "float16"),
    ],
)
def test_result_type(dtypes, met):
    assert K.result_type(*dtypes) == met


def test_dtypes():
    given = [None, int, float, bool, "bool", "int", "bfloat16", np.float32, np.dtype("int8")]
    expected = ["float32", "int32", "float32", "bool", "bool", "int32", "bfloat16", "float32", "int8"]
    assert [K.standardize_dtype(d) for d in given] == expected
    floats = ["float32", "bfloat16", "int8", float, np.float64, None]
    assert [K.is_float_dtype(d) for d in floats] == [True, True, False, True, True, True]
    assert [K.is_int_dtype(d) for d in ("int32", "uint8", "bool", int, np.int64)] == [True, True, False, True, True]
    assert K.get_uid("a word of its own") == 1 and K.get_uid("a word of its own") == 2
