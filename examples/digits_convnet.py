"""Reads handwritten digits with a convolutional network: 99 % of those it has not seen.

python -m ckeras examples/digits_convnet.py
"""

import keras
from keras import layers
from keras.datasets import digits

keras.utils.set_random_seed(1)

(x_train, y_train), (x_test, y_test) = digits.load_data()
x_train = x_train[..., None].astype("float32") / 16
x_test = x_test[..., None].astype("float32") / 16

model = keras.Sequential(
    [
        keras.Input(shape=(8, 8, 1)),
        layers.Conv2D(32, 3, padding="same", activation="relu"),
        layers.BatchNormalization(),
        layers.Conv2D(64, 3, padding="same", activation="relu"),
        layers.BatchNormalization(),
        layers.MaxPooling2D(2),
        layers.Dropout(0.3),
        layers.Conv2D(64, 3, padding="same", activation="relu"),
        layers.Flatten(),
        layers.Dropout(0.5),
        layers.Dense(10, activation="softmax"),
    ]
)
model.compile(optimizer="adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
model.fit(x_train, y_train, batch_size=32, epochs=20, verbose=2)

loss, accuracy = model.evaluate(x_test, y_test, verbose=0)
print(f"Reads {accuracy:.1%} of {len(x_test)} held-out digits (loss {loss:.3f}).")
assert accuracy >= 0.99
