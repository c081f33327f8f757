"""An autoencoder in the manner of 2019: `add_loss` of a symbolic tensor, `Lambda`, `fit_generator`, schedules."""

import numpy as np
import tensorflow as tf
from tensorflow.keras import backend as K
from tensorflow.keras.callbacks import EarlyStopping, LearningRateScheduler
from tensorflow.keras.layers import Dense, Input, Lambda
from tensorflow.keras.models import Model
from tensorflow.keras.utils import Sequence

tf.random.set_seed(1)
np.random.seed(1)


def sampling(args):
    z_mean, z_log_var = args
    batch, dim = K.shape(z_mean)[0], K.int_shape(z_mean)[1]
    return z_mean + K.exp(0.5 * z_log_var) * K.random_normal(shape=(batch, dim))


inputs = Input(shape=(8,), name="encoder_input")
x = Dense(16, activation="relu")(inputs)
z_mean = Dense(2, name="z_mean")(x)
z_log_var = Dense(2, name="z_log_var")(x)
z = Lambda(sampling, output_shape=(2,), name="z")([z_mean, z_log_var])
encoder = Model(inputs, [z_mean, z_log_var, z], name="encoder")
latent = Input(shape=(2,), name="z_sampling")
decoder = Model(latent, Dense(8, activation="sigmoid")(Dense(16, activation="relu")(latent)), name="decoder")
outputs = decoder(encoder(inputs)[2])
vae = Model(inputs, outputs, name="vae_mlp")
reconstruction = K.sum(K.square(inputs - outputs), axis=-1)
kl = -0.5 * K.sum(1 + z_log_var - K.square(z_mean) - K.exp(z_log_var), axis=-1)
vae.add_loss(K.mean(reconstruction + 0.01 * kl))
vae.compile(optimizer=tf.keras.optimizers.Adam(lr=0.01))

codes = np.random.rand(160, 1)
data = np.clip(np.hstack([codes, 1 - codes] * 4), 0, 1).astype("float32")
history = vae.fit(
    data, epochs=15, batch_size=16, verbose=0,
    callbacks=[LearningRateScheduler(lambda epoch, lr: lr * 0.95), EarlyStopping(monitor="loss", patience=5)],
)  # fmt: skip
assert history.history["loss"][-1] < 0.5 * history.history["loss"][0], history.history
assert K.get_value(vae.optimizer.lr) < 0.01
assert encoder.predict(data, verbose=0)[2].shape == (160, 2)


class Batches(Sequence):
    def __len__(self):
        return 10

    def __getitem__(self, index):
        rows = data[index * 16 : (index + 1) * 16]
        return rows, rows


plain = Model(inputs, decoder(encoder(inputs)[0]))
plain.compile("adam", "mse", metrics=["mae"])
assert plain.metrics_names == ["loss"] or "mae" in plain.metrics_names
history = plain.fit_generator(Batches(), epochs=2, verbose=0)
assert set(history.history) == {"loss", "mae"} and plain.metrics_names == ["loss", "mae"]
assert len(plain.evaluate_generator(Batches())) == 2 and plain.predict_generator(Batches()).shape == (160, 8)
