"""A graph of two branches in the manner of 2015: Keras 1's argument names, `merge`, `Model(input=, output=)`."""

import numpy as np
from keras.layers import Dense, Dropout, Input, merge
from keras.models import Model
from keras.utils import np_utils

np.random.seed(1337)
nb_classes = 3
X = np.random.randn(300, 8).astype("float32")
labels = X[:, :3].argmax(axis=1)
Y = np_utils.to_categorical(labels, nb_classes)

a = Input(shape=(8,), name="main_input")
left = Dense(output_dim=32, init="glorot_uniform", activation="relu", W_regularizer="l2")(a)
right = Dense(32, init="uniform", activation="tanh", bias=False)(a)
both = merge([left, right], mode="concat", concat_axis=1)
out = Dense(nb_classes, activation="softmax")(Dropout(p=0.1)(both))
model = Model(input=a, output=out)
model.compile(loss="categorical_crossentropy", optimizer="adam", metrics=["accuracy"])
history = model.fit(X, Y, batch_size=16, nb_epoch=12, verbose=0, validation_split=0.1)

assert len(history.history["val_loss"]) == 12
assert model.layers[1].use_bias and not model.layers[2].use_bias
score = model.evaluate(X, Y, verbose=0)
assert score[1] > 0.8, score
assert merge([left, right], mode="sum").shape == (None, 32)
