"""Keras 3 in the manner of 2024: `keras.ops`, a layer for any backend, `stateless_call`, `keras.Function`."""

import keras
import numpy as np
from keras import layers, ops

keras.utils.set_random_seed(7)
assert keras.__version__.startswith("3.")


class Gate(keras.layers.Layer):
    def __init__(self, units, **kwargs):
        super().__init__(**kwargs)
        self.units = units

    def build(self, input_shape):
        self.kernel = self.add_weight(shape=(input_shape[-1], self.units), initializer="he_normal", name="kernel")
        self.seed_generator = keras.random.SeedGenerator(1)

    def call(self, x, training=False):
        y = ops.matmul(x, self.kernel)
        if training:
            y = y * keras.random.binomial(ops.shape(y), 1, 0.9, seed=self.seed_generator)
        return ops.silu(y)

    def get_config(self):
        return {**super().get_config(), "units": self.units}


x = np.random.default_rng(0).standard_normal((200, 4)).astype("float32")
y = np.sin(x[:, :1]) + x[:, 1:2] ** 2
model = keras.Sequential([keras.Input((4,)), Gate(32), Gate(16), layers.Dense(1)])
model.compile(keras.optimizers.AdamW(0.01), loss="huber", metrics=[keras.metrics.R2Score()])
history = model.fit(x, y, epochs=40, batch_size=20, verbose=0, validation_split=0.1)
assert history.history["r2_score"][-1] > 0.6, history.history["r2_score"]
outputs, state = model.stateless_call(model.trainable_variables, model.non_trainable_variables, x)
np.testing.assert_allclose(ops.convert_to_numpy(outputs), model.predict(x, verbose=0), rtol=1e-4, atol=1e-5)
again = keras.Sequential.from_config(model.get_config(), custom_objects={"Gate": Gate})
again.set_weights(model.get_weights())
np.testing.assert_allclose(again.predict(x, verbose=0), model.predict(x, verbose=0), rtol=1e-6)

a = keras.Input((3,))
f = keras.Function(a, ops.logsumexp(ops.stack([a, a * 2.0], axis=1), axis=1))
assert f(np.zeros((2, 3))).shape == (2, 3)
result = ops.scan(lambda carry, v: (carry + v, carry * v), ops.zeros(()), ops.arange(5.0))
assert float(result[0]) == 10.0
assert ops.shape(ops.vectorized_map(lambda v: v * 2, ops.ones((3, 2)))) == (3, 2)
