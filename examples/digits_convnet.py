"""Reads handwritten digits with a convolutional network: 99 % of those it has not seen.

python -m ckeras examples/digits_convnet.py
"""

import keras
from keras import layers
from keras.datasets import digits

keras.utils.set_random_seed(1)

EPOCHS, BATCH = 25, 32
(x_train, y_train), (x_test, y_test) = digits.load_data()
x_train = x_train[..., None].astype("float32") / 16
x_test = x_test[..., None].astype("float32") / 16

model = keras.Sequential(
    [
        keras.Input(shape=(8, 8, 1)),
        layers.Conv2D(32, 3, padding="same", activation="relu"),
        layers.BatchNormalization(momentum=0.9),
        layers.Conv2D(64, 3, padding="same", activation="relu"),
        layers.BatchNormalization(momentum=0.9),
        layers.MaxPooling2D(2),
        layers.Dropout(0.3),
        layers.Flatten(),
        layers.Dense(128, activation="relu"),
        layers.Dropout(0.5),
        layers.Dense(10),
    ]
)
steps = EPOCHS * -(-len(x_train) // BATCH)
model.compile(
    optimizer=keras.optimizers.Adam(keras.optimizers.schedules.CosineDecay(3e-3, steps)),
    loss=keras.losses.CategoricalCrossentropy(from_logits=True, label_smoothing=0.1),
    metrics=["accuracy"],
)
to_one_hot = keras.utils.to_categorical
model.fit(x_train, to_one_hot(y_train, 10), batch_size=BATCH, epochs=EPOCHS, verbose=2)

loss, accuracy = model.evaluate(x_test, to_one_hot(y_test, 10), verbose=0)
print(f"Reads {accuracy:.1%} of {len(x_test)} held-out digits (loss {loss:.3f}).")
assert accuracy >= 0.99
