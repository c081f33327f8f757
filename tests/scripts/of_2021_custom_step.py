"""A model with a training step of its own in the manner of 2021: `train_step`, `metrics`, a strategy, `tf.data`."""

import numpy as np
import tensorflow as tf
from tensorflow import keras
from tensorflow.keras import layers

keras.utils.set_random_seed(0)
loss_tracker = keras.metrics.Mean(name="loss")


class CustomModel(keras.Model):
    def train_step(self, data):
        x, y = data
        with tf.GradientTape() as tape:
            y_pred = self(x, training=True)
            loss = tf.reduce_mean(tf.math.squared_difference(tf.cast(y, y_pred.dtype), y_pred))
            loss += tf.add_n([tf.nn.l2_loss(w) for w in self.trainable_weights]) * 1e-4
        gradients = tape.gradient(loss, self.trainable_variables)
        gradients, norm = tf.clip_by_global_norm(gradients, 1.0)
        self.optimizer.apply_gradients(zip(gradients, self.trainable_variables))
        loss_tracker.update_state(loss)
        return {"loss": loss_tracker.result(), "norm": norm}

    @property
    def metrics(self):
        return [loss_tracker]


strategy = tf.distribute.MirroredStrategy()
assert strategy.num_replicas_in_sync == 1
with strategy.scope():
    inputs = keras.Input(shape=(6,))
    model = CustomModel(inputs, layers.Dense(1)(layers.Dense(16, activation="swish")(inputs)))
    model.compile(optimizer=keras.optimizers.Adam(keras.optimizers.schedules.ExponentialDecay(0.02, 100, 0.9)))

x = np.random.random((256, 6)).astype("float32")
y = x.sum(axis=1, keepdims=True)
AUTOTUNE = tf.data.AUTOTUNE
dataset = tf.data.Dataset.from_tensor_slices((x, y))
dataset = dataset.map(lambda a, b: (a, tf.cast(b, tf.float32)), num_parallel_calls=AUTOTUNE)
dataset = dataset.cache().shuffle(256).batch(32, drop_remainder=True).prefetch(AUTOTUNE)
assert tf.data.experimental.cardinality(dataset).numpy() == 8
history = model.fit(dataset, epochs=12, verbose=0)
assert history.history["loss"][-1] < 0.1 * history.history["loss"][0], history.history["loss"]
assert set(history.history) == {"loss", "norm"}
assert tf.config.list_physical_devices("GPU") == []
