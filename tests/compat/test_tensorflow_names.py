"""Checkpoints, sessions, tables, arrays and pipelines under TensorFlow's names: what is more than a value."""

import os
import subprocess
import sys
import warnings

import numpy as np
import pytest

import ckeras
from ckeras import backend as K
from ckeras.compat import tensorflow as tf

X = np.random.default_rng(0).standard_normal((6, 4)).astype("float32")


def model(*units):
    return ckeras.Sequential([ckeras.Input((4,)), *(ckeras.layers.Dense(n) for n in units)])


# -- checkpoints


class Net(ckeras.Model):
    def __init__(self):
        super().__init__()
        self.parts = [ckeras.layers.Dense(3), ckeras.layers.BatchNormalization()]

    def call(self, x):
        for part in self.parts:
            x = part(x)
        return x


def trained(net, optimizer):
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(net(X) ** 2)
    optimizer.apply_gradients(zip(tape.gradient(loss, net.trainable_variables), net.trainable_variables, strict=True))


@pytest.mark.parametrize("way", [lambda f: f, tf.function], ids=["eager", "compiled"])
def test_checkpoint_restores_built_and_unbuilt_objects(tmp_path, way):
    net, optimizer, step = Net(), ckeras.optimizers.Adam(0.1), tf.Variable(1)
    manager = tf.train.CheckpointManager(
        tf.train.Checkpoint(net=net, optimizer=optimizer, step=step), tmp_path / "ck", max_to_keep=2
    )
    for _ in range(3):
        trained(net, optimizer)
        step.assign_add(1)
        path = manager.save()
    assert [os.path.basename(p) for p in manager.checkpoints] == ["ckpt-2", "ckpt-3"]
    assert path == manager.latest_checkpoint == tf.train.latest_checkpoint(tmp_path / "ck")
    trained(net, optimizer)
    expected = [v.numpy() for v in (*net.variables, *optimizer.variables)]

    fresh, other, count = Net(), ckeras.optimizers.Adam(0.1), tf.Variable(0)
    status = tf.train.Checkpoint(net=fresh, optimizer=other, step=count).restore(path)
    assert int(count) == 4 and status.expect_partial() is status
    with pytest.raises(AssertionError, match="values that were not used"):
        status.assert_consumed()
    way(trained)(fresh, other)  # builds both, restores them, and takes the step that the others took
    for mine, theirs in zip((*fresh.variables, *other.variables), expected, strict=True):
        np.testing.assert_allclose(mine.numpy(), theirs, rtol=1e-5, atol=1e-7)


def test_checkpoint_of_built_objects_is_complete(tmp_path):
    first, second = model(3, 2), model(3, 2)
    optimizer = ckeras.optimizers.SGD(0.1, momentum=0.9)
    optimizer.build(first.trainable_variables)
    path = tf.train.Checkpoint(model=first, optimizer=optimizer).save(tmp_path / "m")
    assert path == str(tmp_path / "m-1")
    other = ckeras.optimizers.SGD(0.1, momentum=0.9)
    status = tf.train.Checkpoint(model=second, optimizer=other).restore(path)
    status.assert_existing_objects_matched()
    assert np.array_equal(first(X), second(X)) and len(other.variables) == len(optimizer.variables)
    assert ("model/1.0", [4, 3]) in tf.train.list_variables(path)
    assert tf.train.load_variable(path, "model/1.0").shape == (4, 3)
    assert tf.train.load_checkpoint(tmp_path).has_tensor("model/2.1")


def test_checkpoint_of_modules_and_lists(tmp_path):
    class Line(tf.Module):
        def __init__(self, slope):
            super().__init__()
            self.parts = {"slope": tf.Variable(slope), "rest": [tf.Variable(1.0)]}

    path = tf.train.Checkpoint(line=Line(2.0)).write(tmp_path / "line")
    line = Line(0.0)
    tf.train.Checkpoint(line=line).read(path).assert_consumed()
    assert float(line.parts["slope"]) == 2


def test_what_checkpoints_refuse(tmp_path):
    path = tf.train.Checkpoint(model=model(3)).save(tmp_path / "m")
    other = model(5)
    before = other.get_weights()
    with pytest.raises(ValueError, match=r"has .model/1.0. of shape \(4, 3\), and the variable .* has shape \(4, 5\)"):
        tf.train.Checkpoint(model=other).restore(path)
    assert all(np.array_equal(a, b) for a, b in zip(before, other.get_weights(), strict=True))
    with pytest.raises(tf.errors.NotFoundError, match="there is no checkpoint of ckeras at"):
        tf.train.Checkpoint(model=other).restore(tmp_path / "absent")
    with pytest.raises(ValueError, match="Checkpoint expects objects that hold variables, got x=3"):
        tf.train.Checkpoint(x=3)
    assert tf.train.Checkpoint(model=other).restore(None) is not None
    assert tf.train.latest_checkpoint(tmp_path / "nowhere") is None
    with pytest.raises(ValueError, match="max_to_keep to be at least 1"):
        tf.train.CheckpointManager(tf.train.Checkpoint(), tmp_path, 0)


# -- sessions


def test_session_runs_symbolic_tensors():
    x = tf.placeholder(tf.float32, shape=(None, 4))
    labels = tf.placeholder("float32", (None, 1))
    loss = tf.reduce_mean(tf.square(ckeras.layers.Dense(1, kernel_initializer="ones")(x) - labels))
    step = tf.train.GradientDescentOptimizer(0.1).minimize(loss)
    fed = {x: X, labels: X[:, :1]}
    with tf.compat.v1.Session(config=tf.ConfigProto(intra_op_parallelism_threads=1)) as session:
        assert session.run(tf.global_variables_initializer()) is None
        first = session.run(loss, feed_dict=fed)
        for _ in range(60):
            step.run(feed_dict=fed)
        found = session.run({"loss": loss, "x": [x * 2.0, tf.constant(3)], "step": step}, fed)
    assert isinstance(first, np.float32) and found["loss"] < 0.05 * first and found["step"] is None
    np.testing.assert_array_equal(found["x"][0], X * 2)
    assert found["x"][1] == 3 and loss.eval(feed_dict=fed) <= found["loss"]
    with pytest.raises(ValueError, match="You must feed a value for each placeholder; there is none for"):
        session.run(loss, {x: X})
    with pytest.raises(ValueError, match=r"was fed a value of shape \(6,\)"):
        session.run(loss, {x: X[:, 0], labels: X[:, :1]})
    with pytest.raises(TypeError, match="a session runs tensors and training steps, got 'loss'"):
        session.run("loss")


def test_session_trains_variables_of_expressions():
    x = tf.placeholder(tf.float32, (None, 2))
    weight, bias = tf.Variable([[1.0], [1.0]]), tf.Variable([0.5])
    frozen = tf.Variable(2.0, trainable=False)
    loss = tf.reduce_sum(tf.square(tf.matmul(x, weight) + bias) * frozen)
    step = tf.train.AdamOptimizer(learning_rate=0.1, beta1=0.8).minimize(loss)
    assert {id(v) for v in step.variables} == {id(weight), id(bias)}
    assert step.optimizer.get_config()["beta_1"] == 0.8
    session = K.get_session()
    session.run(step, {x: [[1.0, 2.0]]})
    np.testing.assert_allclose(session.run(weight), [[0.9], [0.9]], rtol=1e-4)
    (gradient,) = tf.compat.v1.gradients(tf.reduce_sum(x * x), x)
    np.testing.assert_array_equal(session.run(gradient, {x: [[1.0, 3.0]]}), [[2.0, 6.0]])
    with pytest.raises(TypeError, match=r"use tf\.GradientTape"):
        tf.gradients(tf.constant(1.0), [weight])


def test_default_sessions_and_scopes_of_variables():
    session = tf.Session()
    K.set_session(session)
    assert K.get_session() is session is tf.compat.v1.get_default_session()
    with tf.variable_scope("outer_scope"):
        first = tf.get_variable("w", shape=(2, 3))
    with tf.variable_scope("outer_scope", reuse=True):
        assert tf.get_variable("w") is first
        with pytest.raises(ValueError, match="variable outer_scope/absent does not exist"):
            tf.get_variable("absent", (1,))
    with tf.variable_scope("outer_scope"), pytest.raises(ValueError, match="exists already; use reuse=True"):
        tf.get_variable("w", (2, 3))
    assert first in tf.trainable_variables() and tf.get_default_graph() is tf.compat.v1.get_default_graph()
    with pytest.raises(AttributeError, match=r"compat.v1.assign is not .* use variable.assign"):
        tf.compat.v1.assign  # noqa: B018
    assert tf.compat.v1.nn is tf.nn and "placeholder" in dir(tf.compat.v1)


# -- compiled and differentiable

SIGNAL = np.sin(np.arange(64) / 3).astype("float32")


@pytest.mark.parametrize(
    "function",
    [
        lambda x: tf.abs(tf.signal.stft(x, 16, 8)),
        lambda x: tf.signal.inverse_stft(tf.signal.stft(x, 16, 8), 16, 8),
        lambda x: tf.signal.dct(tf.signal.frame(x, 16, 8), norm="ortho"),
        lambda x: tf.nn.max_pool_with_argmax(tf.reshape(x, (1, 4, 4, 4)), 2, 2, "SAME").output,
        lambda x: tf.nn.max_pool2d(tf.reshape(x, (1, 4, 4, 4)), (1, 1, 1, 2), (1, 1, 1, 2), "VALID"),
        lambda x: tf.grad_pass_through(tf.round)(x) * 2.0,
        lambda x: tf.image.rgb_to_grayscale(tf.reshape(x[:48], (4, 4, 3))),
        lambda x: tf.TensorArray(tf.float32, 2).write(0, x).write(1, x * x).stack(),
        lambda x: tf.linalg.banded_triangular_solve(tf.reshape(x[:4] + 2.0, (1, 4)), tf.reshape(x[:4], (4, 1))),
        lambda x: tf.nn.embedding_lookup_sparse(
            tf.reshape(x, (16, 4)), tf.SparseTensor([[0, 0], [1, 0]], np.int64([1, 3]), [2, 1])
        ),
        lambda x: tf.sparse.softmax(tf.SparseTensor([[0, 0], [0, 1]], x[:2], [1, 2])).values,
    ],
)
def test_compiled_and_differentiable(function):
    x = tf.constant(SIGNAL)
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # a function that cannot be compiled warns
        np.testing.assert_allclose(tf.function(function)(x), function(x), rtol=1e-5, atol=1e-6)
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = tf.reduce_sum(function(x) ** 2)
    assert np.isfinite(tape.gradient(y, x).numpy()).all()


def test_functions_with_a_signature():
    @tf.function(input_signature=[tf.TensorSpec([None], tf.float32)])
    def double(x):
        return 2 * x

    assert double([1, 2]).tolist() == [2.0, 4.0]
    assert double.get_concrete_function()(tf.constant([1.0])).tolist() == [2.0]
    for wrong in (tf.constant([[1.0]]), tf.constant([1])):
        with pytest.raises(TypeError, match=r"the function expects float32 of shape \(None,\), as its input_signature"):
            double(wrong)
    with pytest.raises(TypeError, match="the function expects 1 arguments, got 3"):
        double(1, 2, 3)
    assert tf.function(lambda x: x**3)(2).numpy() == 8

    class Scale(tf.Module):
        factor = 3.0

        @tf.function(input_signature=[tf.TensorSpec([], tf.float32)])
        def __call__(self, x):
            return self.factor * x

    assert float(Scale()(2)) == 6


def test_sizes_that_are_not_known_stay_open():
    class Positions(ckeras.layers.Layer):
        def call(self, x):
            return x + tf.cast(tf.range(start=0, limit=tf.shape(x)[1]), "float32")

    inputs = ckeras.Input((None,))
    found = ckeras.Model(inputs, Positions()(inputs))
    assert found.output_shape == (None, None)
    assert found.predict(np.zeros((2, 3)), verbose=0).tolist() == [[0.0, 1.0, 2.0]] * 2


# -- pipelines, tables and arrays


def test_text_pipelines_train_models():
    text, labels = ["great film", "bad film", "great fun", "bad plot"] * 2, [1, 0, 1, 0] * 2
    raw = tf.data.Dataset.from_tensor_slices((text, labels)).batch(4)
    layer = ckeras.layers.TextVectorization(output_mode="int", output_sequence_length=3)
    layer.adapt(raw.map(lambda x, y: x))
    data = raw.map(lambda x, y: (layer(tf.squeeze(tf.expand_dims(x, -1), -1)), y)).cache()
    net = ckeras.Sequential(
        [ckeras.layers.Embedding(9, 4), ckeras.layers.GlobalAveragePooling1D(), ckeras.layers.Dense(1)]
    )
    net.compile("sgd", "mse")
    assert np.isfinite(net.fit(data, verbose=0).history["loss"][0])
    chars = tf.strings.unicode_split(["abc", "ca"], "UTF-8")
    ids = ckeras.layers.StringLookup(vocabulary=list("abc"), mask_token=None)(chars)
    assert ids.to_list() == [[1, 2, 3], [3, 1]]


@pytest.mark.parametrize(
    "call, error, message",
    [
        (lambda: tf.lookup.StaticVocabularyTable(None, 0), ValueError, "num_oov_buckets of at least 1, got 0"),
        (
            lambda: tf.lookup.StaticHashTable(tf.lookup.KeyValueTensorInitializer(["a"], [1]), 0).lookup([1]),
            TypeError,
            "a table of keys of dtype string was given keys of dtype int32",
        ),
        (lambda: tf.lookup.KeyValueTensorInitializer(["a"], [1, 2]), ValueError, "as many values as keys"),
        (
            lambda: tf.TensorArray("float32", 1).write(1, [1.0]),
            tf.errors.OutOfRangeError,
            "size 1 was written at index 1",
        ),
        (lambda: tf.TensorArray("float32", 1).read(3), tf.errors.OutOfRangeError, "size 1 was read at index 3"),
        (lambda: tf.TensorArray("float32", 1).write(0, np.int32(1)), ValueError, "dtype float32 was given"),
        (lambda: tf.TensorArray("float32", 1).stack(), ValueError, "unknown element_shape was read before"),
        (lambda: tf.signal.fft([1.0]), TypeError, "expected a complex tensor, got dtype float32"),
        (lambda: tf.signal.dct([1.0], type=5), ValueError, "dct expects type 1 to 4"),
        (lambda: tf.audio.decode_wav(b"text"), tf.errors.InvalidArgumentError, "the contents of a WAV file"),
        (lambda: tf.sparse.reshape(tf.sparse.eye(2), [3]), ValueError, "a shape of 4 elements, got"),
        (lambda: tf.ragged.constant([[1], []]) + tf.ragged.constant([[], [1]]), ValueError, "rows of the same lengths"),
        (lambda: tf.nn.max_pool2d(np.zeros((1, 2, 2, 1)), (2, 1, 1, 1), 1, "VALID"), ValueError, "1 along the batch"),
        (
            lambda: tf.io.decode_csv(",", [[0], np.zeros(0, "int32")]),
            tf.errors.InvalidArgumentError,
            "field 1 is required",
        ),
        (
            lambda: list(tf.data.Dataset.from_generator(lambda: iter([[1, 2]]), tf.int32, (3,))),
            ValueError,
            r"elements of shape \(3,\), got \(2,\)",
        ),
        (
            lambda: list(tf.data.Dataset.from_generator(lambda: iter(["a"]), tf.int32)),
            TypeError,
            "elements of dtype int32, got 'a'",
        ),
        (lambda: tf.distribute.MultiWorkerMirroredStrategy(object()), ValueError, "computes on one machine"),
    ],
)
def test_what_is_refused(call, error, message):
    with pytest.raises(error, match=message):
        call()


def test_mutable_tables(tmp_path):
    table = tf.lookup.experimental.MutableHashTable(tf.string, tf.int64, -1)
    table.insert(["a", "b"], [1, 2])
    table.remove(["a"])
    assert table.lookup(["a", "b"]).tolist() == [-1, 2] and int(table.size()) == 1
    (tmp_path / "v.txt").write_text("x\ny\n")
    index = tf.lookup.TextFileIndex
    lines = tf.lookup.TextFileInitializer(
        str(tmp_path / "v.txt"), tf.string, index.WHOLE_LINE, tf.int64, index.LINE_NUMBER
    )
    table = tf.lookup.StaticVocabularyTable(lines, 1)
    assert table[["y", "q"]].tolist() == [1, 2]


def test_resampled_classes_are_balanced():
    labels = (np.arange(400) % 10 == 0).astype("int64")
    data = tf.data.Dataset.from_tensor_slices(labels).rejection_resample(lambda y: y, [0.5, 0.5], [0.9, 0.1], seed=0)
    kept = [int(label) for label, _ in data]
    assert 0.3 < np.mean(kept) < 0.7 and sum(kept) == 40


def test_test_cases_and_contexts():
    case = tf.test.TestCase()
    case.assertAllClose({"a": tf.constant([1.0])}, {"a": [1.0 + 1e-8]})
    case.assertAllEqual(tf.constant([1, 2]), [1, 2])
    with pytest.raises(AssertionError):
        case.assertAllClose([1.0], [1.1])
    theirs, mine = tf.test.compute_gradient(lambda x: x**3, [np.float32([1.0, 2.0])])
    np.testing.assert_allclose(theirs[0], mine[0], rtol=1e-2)
    assert tf.distribute.get_replica_context().all_reduce("SUM", 3) == 3
    with tf.summary.record_if(False):
        assert not tf.summary.should_record_summaries()


# -- printed forms, in a process whose imports are redirected

PRINTED = """
import tensorflow as tf
x = tf.constant([[1.0, 2.0], [3.0, 4.0]])
print(x)
print(repr(tf.constant([1, 2])), tf.constant("a"), tf.constant(["a", "b"]))
print(tf.Variable([1.0], name="w"))
print(repr(x.shape), x.dtype.name, x.dtype.is_floating, x.get_shape().as_list())
print(f"{tf.constant(0.1)} {tf.constant(2.0):.2f} {tf.constant([1, 2])}")
print(tf.data.Dataset.range(2).batch(2).element_spec)
print(tf.sparse.from_dense([[0, 1]]))
print(tf.ragged.constant([[1], [2, 3]]))
import tensorflow.compat.v1 as v1
from tensorflow.python.framework import ops
from tensorflow.python.framework.ops import EagerTensor
from tensorflow.python.client import device_lib
print(isinstance(x, EagerTensor), ops.convert_to_tensor(1).numpy(), device_lib.list_local_devices()[0].device_type)
v1.disable_eager_execution()
print(v1.keras.layers.Dense is tf.keras.layers.Dense)
"""

EXPECTED = """\
tf.Tensor(
[[1. 2.]
 [3. 4.]], shape=(2, 2), dtype=float32)
<tf.Tensor: shape=(2,), dtype=int32, numpy=array([1, 2], dtype=int32)> tf.Tensor(b'a', shape=(), dtype=string) \
tf.Tensor([b'a' b'b'], shape=(2,), dtype=string)
<tf.Variable 'w:0' shape=(1,) dtype=float32, numpy=array([1.], dtype=float32)>
TensorShape([2, 2]) float32 True [2, 2]
0.10000000149011612 2.00 [1 2]
TensorSpec(shape=(None,), dtype=tf.int64, name=None)
SparseTensor(indices=tf.Tensor([[0 1]], shape=(1, 2), dtype=int64), values=tf.Tensor([1], shape=(1,), dtype=int32), \
dense_shape=tf.Tensor([1 2], shape=(2,), dtype=int64))
<tf.RaggedTensor [[1], [2, 3]]>
True 1 CPU
True
"""


def test_printed_forms(tmp_path):
    (tmp_path / "script.py").write_text(PRINTED)
    command = [sys.executable, "-W", "error", "-m", "ckeras", str(tmp_path / "script.py")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    assert done.stdout == EXPECTED
