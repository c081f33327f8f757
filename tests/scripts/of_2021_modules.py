"""Below Keras in the manner of 2021: `tf.Module`, `tf.Variable`, `tf.nest`, a persistent tape, pipelines of text."""

import numpy as np
import tensorflow as tf


class Linear(tf.Module):
    def __init__(self, size_in, size_out, name=None):
        super().__init__(name=name)
        self.w = tf.Variable(tf.random.normal([size_in, size_out], seed=1), name="w")
        self.b = tf.Variable(tf.zeros([size_out]), name="b")

    def __call__(self, x):
        return tf.matmul(x, self.w) + self.b


class Network(tf.Module):
    def __init__(self):
        super().__init__(name="network")
        self.blocks = [Linear(3, 8), Linear(8, 1)]

    @tf.function(input_signature=[tf.TensorSpec(shape=[None, 3], dtype=tf.float32)])
    def __call__(self, x):
        return self.blocks[1](tf.nn.relu(self.blocks[0](x)))


network = Network()
assert len(network.trainable_variables) == 4 and len(network.submodules) == 2
x = tf.constant(np.random.RandomState(0).randn(64, 3), tf.float32)
y = tf.reduce_sum(x, axis=1, keepdims=True)
first = None
for _ in range(60):
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean(tf.square(network(x) - y))
    for variable, gradient in zip(network.trainable_variables, tape.gradient(loss, network.trainable_variables)):
        variable.assign_sub(0.05 * gradient)
    first = loss if first is None else first
assert loss < 0.2 * first, (first, loss)

t = tf.Variable(3.0)
with tf.GradientTape(persistent=True) as tape:
    a = t * t
    b = a * t
assert tape.gradient(a, t).numpy() == 6.0 and tape.gradient(b, t).numpy() == 27.0

nested = {"a": [tf.ones([2]), tf.zeros([2])], "b": (tf.ones([1]),)}
doubled = tf.nest.map_structure(lambda v: v * 2, nested)
assert [v.numpy().sum() for v in tf.nest.flatten(doubled)] == [4.0, 0.0, 2.0]
tf.nest.assert_same_structure(nested, doubled)
tf.debugging.assert_near(doubled["b"][0], [2.0])
tf.debugging.assert_shapes([(x, ("N", 3)), (y, ("N", 1))])

lines = tf.data.Dataset.from_tensor_slices(["The cat", "sat  on", "THE mat"])
words = lines.map(tf.strings.lower).map(lambda line: tf.strings.split(line))
assert [[w.decode() for w in line.numpy()] for line in words] == [["the", "cat"], ["sat", "on"], ["the", "mat"]]
windows = tf.data.Dataset.range(6).window(3, shift=1, drop_remainder=True).flat_map(lambda w: w.batch(3))
assert [w.numpy().tolist() for w in windows] == [[0, 1, 2], [1, 2, 3], [2, 3, 4], [3, 4, 5]]
