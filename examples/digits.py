"""Learns to read handwritten digits: a Keras script, nothing else.

python -m ckeras examples/digits.py
"""

import time

import keras
from keras import layers
from keras.datasets import digits

keras.utils.set_random_seed(1)

(x_train, y_train), (x_test, y_test) = digits.load_data()
x_train = x_train.astype("float32") / 16
x_test = x_test.astype("float32") / 16

model = keras.Sequential(
    [
        keras.Input(shape=(8, 8)),
        layers.Flatten(),
        layers.Dense(512, activation="relu"),
        layers.Dropout(0.5),
        layers.Dense(10, activation="softmax"),
    ]
)
model.summary()
model.compile(optimizer="adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"])

start = time.perf_counter()
model.fit(x_train, y_train, batch_size=32, epochs=50, validation_split=0.1)
seconds = time.perf_counter() - start

loss, accuracy = model.evaluate(x_test, y_test, verbose=0)
print(f"Trained on {len(x_train)} digits in {seconds:.1f} s.")
print(f"Reads {accuracy:.1%} of {len(x_test)} held-out digits rightly (loss {loss:.3f}).")

first = model.predict(x_test[:10], verbose=0).argmax(axis=-1)
print("The first ten, as read: ", *first)
print("The first ten labels:  ", *y_test[:10])
