"""In the manner of 2020: strings, ragged and sparse tensors, sets and arrays, as books introduce them."""

import numpy as np
import tensorflow as tf
from tensorflow import keras

K = keras.backend
t = tf.constant([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
assert t.shape.as_list() == [2, 3] and t.dtype.name == "float32" and t.get_shape()[1] == 3
assert np.array_equal(t @ tf.transpose(t), [[14.0, 32.0], [32.0, 77.0]])
assert (K.square(K.transpose(t)) + 10).shape == (3, 2)

v = tf.Variable([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
v.assign(2 * v)
v[0, 1].assign(42)
v[:, 2].assign([0.0, 1.0])
v.scatter_nd_update(indices=[[0, 0], [1, 2]], updates=[100.0, 200.0])
assert v.numpy().tolist() == [[100.0, 42.0, 0.0], [8.0, 10.0, 200.0]]
v.scatter_update(tf.IndexedSlices(values=[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]], indices=[1, 0]))
assert v.numpy().tolist() == [[4.0, 5.0, 6.0], [1.0, 2.0, 3.0]]
try:
    v[1] = [7.0, 8.0, 9.0]
    raise AssertionError("an element of a variable was set")
except TypeError:
    pass

p = tf.constant(["Café", "Coffee", "caffè"])
assert tf.strings.length(p, unit="UTF8_CHAR").numpy().tolist() == [4, 6, 5]
r = tf.strings.unicode_decode(p, "UTF8")
assert r.to_tensor().shape == (3, 6) and r[1:3].to_list()[1][0] == 99
r2 = tf.ragged.constant([[65, 66], [], [67]])
assert tf.concat([r, r2], axis=0).shape[0] == 6
assert tf.concat([r, r2], axis=1).row_lengths().numpy().tolist() == [6, 6, 6]
assert (r2 + 1).to_list() == [[66, 67], [], [68]]
assert tf.reduce_sum(r2, axis=1).numpy().tolist() == [131, 0, 67]

s = tf.SparseTensor(indices=[[0, 1], [1, 0], [2, 3]], values=[1.0, 2.0, 3.0], dense_shape=[3, 4])
assert (s * 2.0).values.numpy().tolist() == [2.0, 4.0, 6.0]
try:
    s + 1.0
    raise AssertionError("a number was added to a sparse tensor")
except TypeError:
    pass
dense = tf.constant([[10.0, 20.0], [30.0, 40.0], [50.0, 60.0], [70.0, 80.0]])
assert tf.sparse.sparse_dense_matmul(s, dense).numpy().tolist() == [[30.0, 40.0], [20.0, 40.0], [210.0, 240.0]]

set1, set2 = tf.constant([[2, 3, 5, 7], [7, 9, 0, 0]]), tf.constant([[4, 5, 6], [9, 10, 0]])
union = tf.sparse.to_dense(tf.sets.union(set1, set2))
assert union.numpy().tolist() == [[2, 3, 4, 5, 6, 7], [0, 7, 9, 10, 0, 0]]

array = tf.TensorArray(dtype=tf.float32, size=3)
array = array.write(0, tf.constant([1.0, 2.0]))
array = array.write(1, tf.constant([3.0, 10.0]))
array = array.write(2, tf.constant([5.0, 7.0]))
mean, variance = tf.nn.moments(array.stack(), axes=0)
assert np.allclose(mean, [3.0, 19 / 3]) and np.allclose(variance, [8 / 3, 98 / 9])

images = np.random.rand(2, 4, 6, 3).astype("float32")
pooled = tf.nn.max_pool(images, ksize=(1, 1, 1, 3), strides=(1, 1, 1, 3), padding="VALID")
assert np.array_equal(pooled, images.max(-1, keepdims=True))
