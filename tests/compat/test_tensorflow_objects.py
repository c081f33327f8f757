"""Records, summaries, ragged and sparse tensors, dtypes and random numbers under TensorFlow's names."""

import glob

import numpy as np
import pytest

import ckeras
from ckeras.compat import tensorflow as tf
from ckeras.compat.tensorflow import protocol


def test_dtypes_are_objects_and_names():
    assert repr(tf.float32) == "tf.float32"
    assert tf.float32.name == "float32" and tf.string.as_numpy_dtype is object
    assert tf.as_dtype(np.int8) is not None and tf.as_dtype(str) == tf.string
    assert tf.bool.min is False and tf.uint8.max == 255
    with pytest.raises(TypeError, match="string has no minimum value"):
        tf.string.min  # noqa: B018
    x = tf.cast([1.7, 2.0], tf.int32)
    assert x.dtype == tf.int32 and np.zeros(2, tf.float64).dtype == "float64"
    layer = ckeras.layers.Dense(2, dtype=tf.float64)
    assert layer(tf.ones((1, 3), tf.float64)).dtype == tf.float64
    assert ckeras.layers.Dense.from_config(layer.get_config()).compute_dtype == "float64"
    assert ckeras.Input((1,), dtype=tf.string).dtype == "string"
    assert tf.Variable([1, 2], dtype=tf.int64).dtype == tf.int64


def test_damaged_records_are_errors(tmp_path):
    path = tmp_path / "a.tfrecord"
    with tf.io.TFRecordWriter(path) as writer:
        writer.write(b"record")
    data = path.read_bytes()
    for damaged in (data[:-1], data[:5], data[:14] + b"X" + data[15:], b"X" + data[1:]):
        path.write_bytes(damaged)
        with pytest.raises(tf.errors.DataLossError, match="cut or damaged"):
            list(tf.data.TFRecordDataset(path))
    with pytest.raises(ValueError, match="compression_type"):
        tf.io.TFRecordWriter(path, "BZIP")
    with pytest.raises(FileNotFoundError):
        list(tf.data.TFRecordDataset("nowhere"))


def test_a_pipeline_of_records_trains_a_model(tmp_path):
    x, y = np.random.default_rng(0).random((20, 3)).astype("float32"), np.arange(20) % 2
    path = str(tmp_path / "a.tfrecord")
    with tf.io.TFRecordWriter(path) as writer:
        for row, label in zip(x, y, strict=True):
            features = {
                "x": tf.train.Feature(float_list=tf.train.FloatList(value=row)),
                "y": tf.train.Feature(int64_list=tf.train.Int64List(value=[label])),
            }
            writer.write(tf.train.Example(features=tf.train.Features(feature=features)).SerializeToString())
    specs = {"x": tf.io.FixedLenFeature([3], tf.float32), "y": tf.io.FixedLenFeature([], tf.int64)}

    def parsed(record):
        found = tf.io.parse_single_example(record, specs)
        return found["x"], found["y"]

    dataset = tf.data.TFRecordDataset([path]).map(parsed, num_parallel_calls=tf.data.AUTOTUNE).batch(5)
    np.testing.assert_array_equal(np.concatenate([batch.numpy() for batch, _ in dataset]), x)
    model = ckeras.Sequential([ckeras.layers.Dense(1)])
    model.compile("sgd", "mse")
    assert np.isfinite(model.fit(dataset, verbose=0).history["loss"]).all()


FEATURE = tf.train.Feature(int64_list=tf.train.Int64List(value=[1, 2]))
EXAMPLE = tf.train.Example(features=tf.train.Features(feature={"a": FEATURE})).SerializeToString()


@pytest.mark.parametrize(
    "call, error, message",
    [
        (lambda: tf.io.parse_single_example(EXAMPLE[:-1], {}), ValueError, "cut or damaged"),
        (lambda: tf.io.parse_single_example(b"\xff" * 12, {}), ValueError, "cut or damaged"),
        (
            lambda: tf.io.parse_single_example(EXAMPLE, {"b": tf.io.FixedLenFeature([], tf.int64)}),
            ValueError, "'b' .* is required",
        ),
        (
            lambda: tf.io.parse_single_example(EXAMPLE, {"a": tf.io.FixedLenFeature([2], tf.float32)}),
            ValueError, "'a': expected float32, got a int64_list",
        ),
        (
            lambda: tf.io.parse_single_example(EXAMPLE, {"a": tf.io.FixedLenFeature([3], tf.int64)}),
            ValueError, "expected 3 values",
        ),
        (lambda: tf.io.parse_single_example(EXAMPLE, {"a": tf.int64}), TypeError, "expected FixedLenFeature"),
        (lambda: tf.io.parse_single_example(3, {}), TypeError, "expected bytes"),
        (lambda: tf.train.BytesList(value=["a"]), TypeError, "encode it first"),
        (lambda: tf.train.Int64List(value=[1.5]), ValueError, "integers of 64 bits"),
        (
            lambda: tf.train.Feature(int64_list=tf.train.Int64List(), float_list=tf.train.FloatList()),
            ValueError, "one list",
        ),
        (lambda: tf.io.parse_tensor(tf.io.serialize_tensor([1.0]), tf.int32), ValueError, "a tensor of int32"),
        (lambda: tf.io.decode_csv("1,x", [[0], [0]]), ValueError, "field 1 in record is not a valid int32"),
        (lambda: tf.io.decode_csv("1", [[0], [0]]), ValueError, "2 fields"),
        (lambda: tf.io.decode_csv(",", [[0], []]), ValueError, "field 1 is required"),
        (lambda: tf.io.decode_compressed(b"", "LZ"), ValueError, "compression_type"),
        (lambda: tf.io.extract_jpeg_shape(b"no"), ValueError, "JPEG"),
        (lambda: tf.RaggedTensor.from_row_splits([1, 2], [0, 1]), ValueError, "rise from 0 to 2"),
        (lambda: tf.RaggedTensor.from_row_splits([1, 2], [0, 2, 1, 2]), ValueError, "rise from 0 to 2"),
        (lambda: tf.RaggedTensor.from_value_rowids([1, 2], [1, 0]), ValueError, "ascending"),
        (lambda: tf.ragged.constant([1, 2]), ValueError, "lists of lists"),
        (lambda: tf.ragged.map_flat_values(tf.abs, [1]), TypeError, "RaggedTensor"),
        (lambda: tf.SparseTensor([[0, 5]], [1], [2, 2]), ValueError, "inside of the shape"),
        (lambda: tf.SparseTensor([[0]], [1], [2, 2]), ValueError, r"indices of shape \(1, 2\)"),
        (
            lambda: tf.sparse.to_dense(tf.SparseTensor([[1], [0]], [1, 2], [2])),
            ValueError, "sparse.reorder",
        ),
        (lambda: tf.linalg.expm(np.ones((2, 3))), ValueError, "square"),
        (lambda: tf.linalg.logm(np.eye(2)), TypeError, "complex"),
        (lambda: tf.linalg.sqrtm([[-1.0, 0.0], [0.0, 1.0]]), ValueError, "complex"),
        (lambda: tf.linalg.tridiagonal_solve([[1.0]], [1.0], "rows"), ValueError, "diagonals_format"),
        (lambda: tf.nn.pool(np.ones((1, 4, 4, 1)), 2, "SUM"), ValueError, "'MAX' or 'AVG'"),
        (lambda: tf.nn.convolution(np.ones((1, 4)), np.ones((2, 1, 1))), ValueError, "3, 4 or 5 axes"),
        (lambda: tf.nn.convolution(np.ones((1, 4, 1)), np.ones((2, 1, 1)), padding=[[1, 1]]), ValueError, "tf.pad"),
        (
            lambda: tf.image.crop_and_resize(np.ones((1, 4, 4, 1)), [[0, 0, 1, 1]], [1], (2, 2)),
            ValueError, "box_indices from 0 to 0",
        ),
        (lambda: tf.math.lgamma([1, 2]), TypeError, "expects floats"),
        (lambda: list(tf.data.Dataset.range(3).group_by_window(lambda e: 0, lambda k, w: w)), ValueError, "either"),
        (
            lambda: tf.data.Dataset.range(3).bucket_by_sequence_length(lambda e: 1, [2], [1]),
            ValueError, "2 bucket_batch_sizes",
        ),
        (lambda: tf.data.Dataset.list_files("no such *"), ValueError, "no files match"),
        (
            lambda: tf.data.Dataset.sample_from_datasets([tf.data.Dataset.range(1)], [1.0, 2.0]),
            ValueError, "1 weights",
        ),
        (
            lambda: list(tf.data.Dataset.choose_from_datasets([], tf.data.Dataset.range(1))),
            ValueError, "expects indices",
        ),
        (lambda: tf.strings.ngrams(["a"], 1, pad_values="x"), ValueError, "pad_values"),
        (lambda: tf.strings.format("{} {}", [1]), ValueError, "expects 2 inputs"),
    ],
)  # fmt: skip
def test_errors(call, error, message):
    with pytest.raises(error, match=message):
        call()


def test_integers_in_wire_format():
    for value in (0, 1, 127, 128, 2**31, 2**63 - 1, -1, -(2**63)):
        found, at = protocol.read_varint(protocol.varint(value), 0)
        assert protocol.signed(found) == value and at == len(protocol.varint(value))


def test_sequence_examples_keep_their_parts():
    steps = tf.train.FeatureList(feature=[FEATURE, tf.train.Feature()])
    example = tf.train.SequenceExample(
        context=tf.train.Features(feature={"c": FEATURE}),
        feature_lists=tf.train.FeatureLists(feature_list={"s": steps}),
    )
    found = tf.train.SequenceExample.FromString(example.SerializeToString())
    assert found.context.feature["c"].int64_list.value == [1, 2]
    assert [f.int64_list.value for f in found.feature_lists.feature_list["s"].feature] == [[1, 2], []]
    assert found.SerializeToString() == example.SerializeToString()


def test_functions_run_eagerly():
    seen = []

    @tf.function
    def double(x):
        seen.append(type(x).__name__)
        return x * 2

    tf.config.run_functions_eagerly(True)
    try:
        assert tf.config.functions_run_eagerly()
        double(tf.constant(1.0))
        model = ckeras.Sequential([ckeras.layers.Lambda(lambda x: seen.append(type(x).__name__) or x)])
        model.compile("sgd", "mse")
        model.predict(np.ones((2, 3)), verbose=0)
    finally:
        tf.config.run_functions_eagerly(False)
    assert seen[0] == "Tensor" and seen[-1] == "Tensor"
    double(tf.constant(1.0))
    assert seen[-1] == "TracedTensor"


def test_summaries_are_event_files(tmp_path):
    from tensorboard.backend.event_processing import event_file_loader as loader

    assert not tf.summary.scalar("loss", 1.0, step=0)
    writer = tf.summary.create_file_writer(tmp_path)
    with writer.as_default(step=3):
        assert tf.summary.scalar("loss", 0.5) and tf.summary.histogram("weights", np.arange(5.0))
        assert tf.summary.image("image", np.zeros((1, 2, 2, 3), np.uint8)) and tf.summary.text("text", "words")
        tf.summary.scalar("loss", 0.25, step=4)
    writer.close()
    (file,) = glob.glob(str(tmp_path / "events*"))
    values = [(v.tag, e.step) for e in loader.EventFileLoader(file).Load() for v in e.summary.value]
    assert values == [("loss", 3), ("weights", 3), ("image", 3), ("text", 3), ("loss", 4)]
    with tf.summary.create_noop_writer().as_default():
        assert not tf.summary.scalar("loss", 1.0, step=0)
    other = tf.summary.create_file_writer(str(tmp_path / "other"))
    with other.as_default(), pytest.raises(ValueError, match="expects a step"):
        tf.summary.scalar("loss", 1.0)


def test_random_numbers():
    assert tf.random.poisson((1000,), [1.0, 50.0], seed=1).numpy().mean(0) == pytest.approx([1, 50], rel=0.1)
    for function, mean in (
        (lambda seed: tf.random.stateless_poisson((4000,), seed, 7.0), 7),
        (lambda seed: tf.random.stateless_gamma((4000,), seed, 3.0, 2.0), 1.5),
        (lambda seed: tf.random.stateless_binomial((4000,), seed, 10, 0.3), 3),
        (lambda seed: tf.random.stateless_categorical([[0.0, 0.0, -99.0]], 4000, seed), 0.5),
    ):
        found = function([1, 2]).numpy()
        np.testing.assert_array_equal(found, function([1, 2]).numpy())
        assert (found != function([1, 3]).numpy()).any()
        assert found.mean() == pytest.approx(mean, rel=0.1)
    seeds = tf.random.split([1, 2], 3)
    assert seeds.shape == (3, 2) and len({tuple(s) for s in seeds.numpy().tolist()}) == 3
    assert tf.random.fold_in([1, 2], 5).numpy().tolist() != tf.random.fold_in([1, 2], 6).numpy().tolist()
    generator = tf.random.Generator.from_seed(1)
    tf.random.set_global_generator(generator)
    assert tf.random.get_global_generator() is generator


def test_stateless_changes_of_images():
    image = np.random.default_rng(0).random((6, 5, 3)).astype("float32")
    for name, arguments in (
        ("brightness", (0.5,)), ("contrast", (0.5, 2.0)), ("hue", (0.4,)), ("saturation", (0.5, 2.0)),
        ("crop", ((3, 2, 3),)),
    ):  # fmt: skip
        function = getattr(tf.image, f"stateless_random_{name}")
        found = [function(image, *arguments, seed=(1, n)).numpy() for n in range(8)]
        np.testing.assert_array_equal(found[0], function(image, *arguments, (1, 0)).numpy())
        assert any((other != found[0]).any() for other in found)
    flipped = [tf.image.stateless_random_flip_left_right(image, seed=(1, n)).numpy() for n in range(20)]
    assert {(f == image).all() for f in flipped} == {True, False}


def test_ragged_rows_of_strings_reach_a_layer():
    words = tf.strings.split(["a b", "b"])
    lookup = ckeras.layers.StringLookup(vocabulary=["a", "b"], mask_token="")
    assert lookup(words.to_tensor()).tolist() == [[2, 3], [3, 0]]
    layer = ckeras.layers.TextVectorization(split=lambda texts: tf.strings.split(texts, "|"), standardize=None)
    layer.adapt(["x|y", "x"])
    assert layer(["x|y", "x"]).tolist() == [[2, 3], [2, 0]]
