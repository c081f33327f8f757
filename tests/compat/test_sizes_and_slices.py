"""tf.shape as a tensor, and assignment to slices of variables: eagerly, compiled and symbolically."""

import numpy as np
import pytest

import ckeras
import ckeras.compat.tensorflow as tf
from ckeras import layers

WAYS = {"eager": lambda f: f, "compiled": tf.function}


@pytest.fixture(params=WAYS)
def way(request):
    return WAYS[request.param]


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(
    "use, expected",
    [
        (lambda x: tf.shape(x) * 2, [4, 6]),
        (lambda x: 1 + tf.shape(x), [3, 4]),
        (lambda x: tf.shape(x)[1:] * [5], [15]),
        (lambda x: tf.cast(tf.shape(x)[0], "float32") / 4.0, 0.5),
        (lambda x: tf.shape(x, out_type=tf.int64)[::-1], [3, 2]),
        (lambda x: tf.concat([tf.shape(x)[:1], [7]], 0), [2, 7]),
        (lambda x: tf.reduce_prod(tf.shape(x)), 6),
        (lambda x: tf.zeros(tf.shape(x)), np.zeros((2, 3))),
        (lambda x: tf.zeros((tf.shape(x)[0], 4)), np.zeros((2, 4))),
        (lambda x: tf.fill([tf.shape(x)[1] // 2, tf.shape(x)[0] * tf.shape(x)[1]], 1.0), np.ones((1, 6))),
        (lambda x: tf.reshape(x, [tf.shape(x)[1], -1]), np.ones((3, 2))),
        (lambda x: tf.reshape(x, tf.shape(x)[::-1]), np.ones((3, 2))),
        (lambda x: tf.broadcast_to(tf.constant(1.0), tf.shape(x)), np.ones((2, 3))),
        (lambda x: tf.tile(x, [tf.shape(x)[0], 1]), np.ones((4, 3))),
        (lambda x: tf.range(tf.shape(x)[1]), [0, 1, 2]),
        (lambda x: tf.zeros_like(tf.random.normal(tf.shape(x))), np.zeros((2, 3))),
        (lambda x: x * 2.0 if tf.shape(x)[0] == 2 else x, np.full((2, 3), 2)),
    ],
)
def test_shape_is_a_tensor_whose_elements_are_sizes(way, use, expected):
    found = way(use)(tf.ones((2, 3)))
    assert tf.is_tensor(found)
    np.testing.assert_array_equal(found.numpy(), expected)


def test_shape_keeps_its_dtype():
    assert tf.shape(tf.ones((2, 3))).dtype == "int32"
    assert tf.shape(tf.ones((2, 3)), tf.int64).dtype == (tf.shape(tf.ones((2, 3)), tf.int64)[0] * 2).dtype == "int64"
    assert tf.shape(3.0).shape == (0,)


def test_shape_of_a_batch_of_any_size():
    class Padded(layers.Layer):
        def call(self, x):
            sizes = tf.cast(1 + tf.shape(x) * 2, "float32")
            return x + tf.zeros((tf.shape(x)[0], tf.shape(x)[1])) + tf.reduce_sum(sizes)

    model = ckeras.Sequential([ckeras.Input((3,)), Padded()])
    assert model.output_shape == (None, 3)
    for rows in (5, 2):
        np.testing.assert_array_equal(model.predict(np.ones((rows, 3)), verbose=0), np.full((rows, 3), 9 + 2 * rows))
        np.testing.assert_array_equal(model(np.ones((rows, 3))), np.full((rows, 3), 9 + 2 * rows))


KEYS = [
    (0, 1),
    1,
    (slice(None), 0),
    (slice(None, None, -2), slice(1, 3)),
    (-1, slice(None, None, -1)),
    Ellipsis,
    (slice(0, 0), 0),
    (Ellipsis, None, 2),
]


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("key", KEYS, ids=str)
def test_assignment_to_a_slice(way, key):
    start = np.arange(12, dtype="float32").reshape(3, 4)
    size = start[key].shape
    value = np.arange(1, 1 + np.prod(size, dtype=int), dtype="float32").reshape(size) * 10
    v = tf.Variable(start)
    expected = start.copy()
    for name, update in (("assign", lambda a, b: b), ("assign_add", np.add), ("assign_sub", np.subtract)):
        for given in (value, 3.0):
            run = way(lambda x, name=name: getattr(v[key], name)(x))
            run(tf.constant(given))
            expected[key] = update(expected[key], given)
            np.testing.assert_array_equal(v.numpy(), expected)


def test_assignment_at_an_index_that_is_a_tensor(way):
    v = tf.Variable(np.zeros((3, 2), "float32"))
    put = way(lambda i, x: v[i].assign_add(x))
    for i in (2, 0, 2):
        put(tf.constant(i), tf.constant([1.0, 2.0]))
    np.testing.assert_array_equal(v.numpy(), [[1, 2], [0, 0], [2, 4]])


def test_a_tensor_read_before_an_assignment_keeps_its_values():
    v = tf.Variable(np.zeros((2, 2), "float32"))
    part, whole = v[0], v[...]
    part.assign([1.0, 2.0])
    assert part.numpy().tolist() == [0, 0] and whole.numpy().tolist() == [[0, 0], [0, 0]]
    part.assign_add([1.0, 1.0])  # to what the variable holds now
    assert v.numpy().tolist() == [[2, 3], [0, 0]]


def test_a_slice_is_assigned_its_own_shape_alone():
    v = tf.Variable(np.zeros((2, 2), "float32"))
    with pytest.raises(ValueError, match=r"slice of shape \(2,\), and it was assigned a value of shape \(3,\)"):
        v[0].assign([1.0, 2.0, 3.0])
    with pytest.raises(IndexError):
        v[2].assign(1.0)
    assert not v.numpy().any()
