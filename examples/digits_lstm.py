"""Reads handwritten digits as sequences, row after row, with LSTMs in both directions.

python -m ckeras examples/digits_lstm.py
"""

import keras
from keras import layers
from keras.datasets import digits

keras.utils.set_random_seed(1)

(x_train, y_train), (x_test, y_test) = digits.load_data()
x_train = x_train.astype("float32") / 16  # 8 steps, the rows, of 8 pixels
x_test = x_test.astype("float32") / 16

model = keras.Sequential(
    [
        keras.Input(shape=(8, 8)),
        layers.Bidirectional(layers.LSTM(64)),
        layers.Dropout(0.3),
        layers.Dense(10, activation="softmax"),
    ]
)
model.compile(optimizer=keras.optimizers.Adam(4e-3), loss="sparse_categorical_crossentropy", metrics=["accuracy"])
model.fit(x_train, y_train, batch_size=32, epochs=25, verbose=2)

loss, accuracy = model.evaluate(x_test, y_test, verbose=0)
print(f"Reads {accuracy:.1%} of {len(x_test)} held-out digits, row after row (loss {loss:.3f}).")
assert accuracy >= 0.95
