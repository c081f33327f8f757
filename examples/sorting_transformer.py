"""A small transformer that learns to sort: eight digits in, the same digits in order out.

python -m ckeras examples/sorting_transformer.py
"""

import keras
import numpy as np
from keras import layers, ops

keras.utils.set_random_seed(1)

LENGTH, SIZE = 8, 64


class Positions(layers.Layer):
    """Adds a trained vector to each position."""

    def build(self, shape):
        self.table = self.add_weight(shape[1:], initializer="random_normal", name="table")

    def call(self, x):
        return x + self.table


def block(x):
    """Attention, then two dense layers, each normalized before and added to what it got."""
    y = layers.LayerNormalization()(x)
    x = x + layers.MultiHeadAttention(num_heads=4, key_dim=SIZE // 4)(y, y)
    y = layers.LayerNormalization()(x)
    return x + layers.Dense(SIZE)(layers.Dense(2 * SIZE, activation="gelu")(y))


inputs = keras.Input((LENGTH,), dtype="int32")
x = Positions()(layers.Embedding(10, SIZE)(inputs))
for _ in range(2):
    x = block(x)
model = keras.Model(inputs, layers.Dense(10)(layers.LayerNormalization()(x)))
model.compile(
    optimizer=keras.optimizers.Adam(keras.optimizers.schedules.CosineDecay(3e-3, 625)),
    loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    metrics=["accuracy"],
)

rng = np.random.default_rng(1)
digits = rng.integers(0, 10, (8500, LENGTH), dtype="int32")
x_train, x_test = digits[:8000], digits[8000:]
model.fit(x_train, np.sort(x_train), batch_size=64, epochs=5, verbose=2)

sorted_by_model = ops.convert_to_numpy(ops.argmax(model.predict(x_test, verbose=0), axis=-1))
right = (sorted_by_model == np.sort(x_test)).all(-1).mean()
print("First: ", *x_test[0], "->", *sorted_by_model[0])
print(f"Sorts {right:.1%} of {len(x_test)} new sequences without any mistake.")
assert right >= 0.95
