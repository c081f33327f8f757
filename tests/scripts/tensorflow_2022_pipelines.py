"""In the manner of 2022: records, CSV files, generators, windows and images in tf.data."""

import os
import tempfile

import numpy as np
import tensorflow as tf

folder = tempfile.mkdtemp()


def series():
    for i in range(6):
        yield i, np.ones((i % 3 + 1,))


ds = tf.data.Dataset.from_generator(series, output_types=(tf.int32, tf.float32), output_shapes=((), (None,)))
assert ds.element_spec[1].shape.as_list() == [None] if hasattr(ds.element_spec[1].shape, "as_list") else True
ids, sequences = next(iter(ds.padded_batch(3)))
assert sequences.dtype == tf.float32 and sequences.numpy().tolist() == [[1, 0, 0], [1, 1, 0], [1, 1, 1]]
ragged = next(iter(ds.map(lambda i, s: s).ragged_batch(3)))
assert ragged.to_list() == [[1.0], [1.0, 1.0], [1.0, 1.0, 1.0]]

windows = tf.data.Dataset.range(10).window(5, shift=1, drop_remainder=True).flat_map(lambda w: w.batch(5))
x, y = next(iter(windows.map(lambda b: (b[:-1], b[-1:])).batch(2)))
assert x.numpy().tolist() == [[0, 1, 2, 3], [1, 2, 3, 4]] and y.numpy().tolist() == [[4], [5]]

path = os.path.join(folder, "a.csv")
with open(path, "w") as file:
    file.write("a,b,c\n" + "".join(f"{i},{i / 2},{'xy'[i % 2]}\n" for i in range(6)))
features, label = next(
    iter(tf.data.experimental.make_csv_dataset(path, 4, label_name="b", num_epochs=1, shuffle=False))
)
assert features["a"].dtype == tf.int32 and features["c"].numpy()[1] == b"y" and label.numpy()[3] == 1.5


def preprocess(line):
    fields = tf.io.decode_csv(line, record_defaults=[0.0, tf.constant([], dtype=tf.float32), ""])
    return tf.stack(fields[:-2]), tf.stack(fields[1:2])


lines = tf.data.Dataset.list_files(path).interleave(lambda p: tf.data.TextLineDataset(p).skip(1), cycle_length=1)
assert [float(y[0]) for _, y in lines.map(preprocess)] == [0.0, 0.5, 1.0, 1.5, 2.0, 2.5]
try:
    tf.io.decode_csv("1,,x", [0.0, tf.constant([], dtype=tf.float32), ""])
    raise AssertionError("a required field was missing")
except tf.errors.InvalidArgumentError:
    pass

image = tf.cast(tf.reshape(tf.range(8 * 10 * 3) % 256, (8, 10, 3)), tf.uint8)
tf.io.write_file(os.path.join(folder, "a.png"), tf.io.encode_png(image))


def load(path):
    decoded = tf.image.decode_png(tf.io.read_file(path), channels=3)
    return tf.image.resize(decoded, [5, 5]) / 255.0


images = tf.data.Dataset.list_files(os.path.join(folder, "*.png"), shuffle=False).map(load)
assert next(iter(images)).shape == (5, 5, 3)
rng = tf.random.Generator.from_seed(123, alg="philox")


def augment(image, label):
    seed = rng.make_seeds(1)[:, 0]
    image = tf.image.stateless_random_brightness(image, max_delta=0.5, seed=tf.random.split(seed, num=1)[0, :])
    return tf.clip_by_value(tf.image.stateless_random_crop(image, size=[4, 4, 3], seed=seed), 0, 1), label


data = tf.data.Dataset.zip((images.repeat(4), tf.data.Dataset.range(4))).map(augment).batch(2)
x, y = next(iter(data))
assert x.shape == (2, 4, 4, 3) and y.numpy().tolist() == [0, 1]
gray = tf.image.rgb_to_grayscale(image)
assert gray.dtype == tf.uint8 and gray.shape == (8, 10, 1) and tf.data.experimental.cardinality(data).numpy() == 2
