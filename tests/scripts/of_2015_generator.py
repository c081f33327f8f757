"""Training from a generator in the manner of 2015: `samples_per_epoch`, `nb_epoch`, `predict_classes`, old modules."""

import numpy as np
from keras.callbacks import Callback
from keras.constraints import maxnorm
from keras.layers.core import Activation, Dense, Dropout
from keras.layers.noise import GaussianNoise
from keras.models import Sequential
from keras.optimizers import SGD
from keras.regularizers import l2

rng = np.random.RandomState(0)
X = rng.randn(256, 4).astype("float32")
y = (X[:, 0] * X[:, 1] > 0).astype("int32")


def batches(size=32):
    while True:
        rows = rng.randint(0, len(X), size)
        yield X[rows], y[rows]


class Losses(Callback):
    def on_train_begin(self, logs={}):
        self.losses = []

    def on_batch_end(self, batch, logs={}):
        self.losses.append(logs.get("loss"))


model = Sequential()
model.add(Dense(64, input_dim=4, init="he_normal", W_constraint=maxnorm(4), b_regularizer=l2(1e-4)))
model.add(Activation("relu"))
model.add(GaussianNoise(sigma=0.01))
model.add(Dropout(p=0.05))
model.add(Dense(1))
model.add(Activation("sigmoid"))
model.compile(loss="binary_crossentropy", optimizer=SGD(lr=0.2, decay=1e-6, momentum=0.9, nesterov=True))
losses = Losses()
model.fit_generator(batches(), samples_per_epoch=256, nb_epoch=30, verbose=0, callbacks=[losses], nb_worker=1)

assert len(losses.losses) == 30 * 8, len(losses.losses)
classes = model.predict_classes(X, verbose=0)
probabilities = model.predict_proba(X, verbose=0)
assert classes.shape == probabilities.shape == (256, 1)
assert ((probabilities > 0.5) == classes).all()
assert (classes[:, 0] == y).mean() > 0.8
