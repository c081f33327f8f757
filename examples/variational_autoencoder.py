"""A variational autoencoder (Kingma and Welling, 2014) that learns to draw digits.

python -m ckeras examples/variational_autoencoder.py
"""

import keras
import numpy as np
from keras import layers, ops
from keras.datasets import digits

keras.utils.set_random_seed(1)

LATENT = 8
(x_train, _), (x_test, _) = digits.load_data()
x_train, x_test = (x.reshape(-1, 64).astype("float32") / 16 for x in (x_train, x_test))


class Sampling(layers.Layer):
    """A normal sample with this mean and log variance; its divergence from the standard normal is added to the loss."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.seed_generator = keras.random.SeedGenerator(1)

    def call(self, inputs, training=False):
        mean, log_variance = inputs
        divergence = 0.5 * ops.sum(ops.exp(log_variance) + ops.square(mean) - 1 - log_variance, axis=-1)
        self.add_loss(ops.mean(divergence) / 64)  # per pixel, as the reconstruction's loss
        if not training:
            return mean
        return mean + ops.exp(0.5 * log_variance) * keras.random.normal(ops.shape(mean), seed=self.seed_generator)


inputs = keras.Input((64,))
x = layers.Dense(128, activation="relu")(inputs)
x = layers.Dense(64, activation="relu")(x)
mean, log_variance = layers.Dense(LATENT)(x), layers.Dense(LATENT)(x)
z = Sampling()([mean, log_variance])
decoder = keras.Sequential(
    [
        keras.Input((LATENT,)),
        layers.Dense(64, activation="relu"),
        layers.Dense(128, activation="relu"),
        layers.Dense(64, activation="sigmoid"),
    ]
)
model = keras.Model(inputs, decoder(z))
model.compile(optimizer=keras.optimizers.Adam(2e-3), loss="binary_crossentropy")
model.fit(x_train, x_train, batch_size=32, epochs=60, validation_data=(x_test, x_test), verbose=2)

error = np.mean((model.predict(x_test, verbose=0) - x_test) ** 2) / np.var(x_test - x_train.mean(0))
print(f"Reconstructs held-out digits from {LATENT} numbers with {error:.0%} of their variance as error.")
assert error < 0.4


def distance(x):
    """The distances to the nearest training digits."""
    return np.sqrt(((x[:, None] - x_train[None]) ** 2).sum(-1).min(1))


drawn = decoder.predict(np.random.default_rng(1).standard_normal((100, LATENT)), verbose=0)
print(
    f"Drawn digits are {distance(drawn).mean():.2f} from the nearest real one, real ones {distance(x_test).mean():.2f}."
)
assert distance(drawn).mean() < 1.2 * distance(x_test).mean()
spread = np.sqrt(((drawn[:, None] - drawn[None]) ** 2).sum(-1)).mean()
assert spread > 1.5  # they are not one and the same

for row in drawn[0].reshape(8, 8):
    print("".join(" .:*#"[int(pixel * 4.99)] * 2 for pixel in row))
