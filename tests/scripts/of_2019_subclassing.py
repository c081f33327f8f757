"""TensorFlow 2.0's tutorial for experts, in the manner of 2019: a subclass, a tape, `tf.function`, `tf.data`."""

from __future__ import absolute_import, division, print_function, unicode_literals

import numpy as np
import tensorflow as tf
from tensorflow.keras import Model
from tensorflow.keras.layers import Dense, Flatten

rng = np.random.RandomState(0)
x_train = rng.rand(200, 4, 4).astype("float32")
y_train = (x_train.reshape(200, -1)[:, :8].sum(1) > x_train.reshape(200, -1)[:, 8:].sum(1)).astype("int64")
x_train = x_train[..., tf.newaxis]
train_ds = tf.data.Dataset.from_tensor_slices((x_train, y_train)).shuffle(200).batch(20)
test_ds = tf.data.Dataset.from_tensor_slices((x_train, y_train)).batch(50)


class MyModel(Model):
    def __init__(self):
        super(MyModel, self).__init__()
        self.flatten = Flatten()
        self.d1 = Dense(16, activation="relu")
        self.d2 = Dense(2)

    def call(self, x):
        return self.d2(self.d1(self.flatten(x)))


model = MyModel()
loss_object = tf.keras.losses.SparseCategoricalCrossentropy(from_logits=True)
optimizer = tf.keras.optimizers.Adam(0.02)
train_loss = tf.keras.metrics.Mean(name="train_loss")
test_accuracy = tf.keras.metrics.SparseCategoricalAccuracy(name="test_accuracy")


@tf.function
def train_step(images, labels):
    with tf.GradientTape() as tape:
        loss = loss_object(labels, model(images, training=True))
    gradients = tape.gradient(loss, model.trainable_variables)
    optimizer.apply_gradients(zip(gradients, model.trainable_variables))
    train_loss(loss)


@tf.function
def test_step(images, labels):
    test_accuracy(labels, model(images, training=False))


for epoch in range(10):
    train_loss.reset_states()
    test_accuracy.reset_states()
    for images, labels in train_ds:
        train_step(images, labels)
    for images, labels in test_ds:
        test_step(images, labels)
    print("Epoch {}, Loss: {}, Accuracy: {}".format(epoch + 1, train_loss.result(), test_accuracy.result() * 100))
assert test_accuracy.result() > 0.85
assert images.shape.as_list() == [50, 4, 4, 1] and tf.executing_eagerly()
