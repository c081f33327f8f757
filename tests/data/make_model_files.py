"""Files of models written by Keras, and what the models in them compute.

`KERAS_BACKEND=jax python tests/data/make_model_files.py` (Keras 3.15) writes `keras_sequential.keras`,
`keras_nested.weights.h5`, `keras_legacy.h5`, the folder `keras_shards` and `model_files_values.npz` next to this file.
The tests read them with ckeras.
"""

import pathlib
import zipfile

import numpy as np

FOLDER = pathlib.Path(__file__).parent
SEQUENTIAL, NESTED = FOLDER / "keras_sequential.keras", FOLDER / "keras_nested.weights.h5"
VALUES = FOLDER / "model_files_values.npz"
X = np.linspace(-1, 1, 24, dtype="float32").reshape(6, 4)
Y = np.stack([X.sum(1), X[:, 0] * X[:, 1]], 1)


def sequential(k):
    """A compiled model whose classes are all shipped."""
    model = k.Sequential(
        [
            k.layers.Input((4,)),
            k.layers.Dense(3, activation="tanh", kernel_regularizer=k.regularizers.L2(0.01)),
            k.layers.Dropout(0.0, seed=3),
            k.layers.Dense(2, name="out"),
            k.layers.Dense(2, use_bias=False),
        ]
    )
    model.compile(k.optimizers.Adam(0.01), "mse", metrics=["mae", k.metrics.MeanSquaredError(name="error")])
    return model


def nested(k):
    """A model whose layers are attributes, also of other layers, and elements of lists, tuples and dicts."""

    class Block(k.layers.Layer):
        def __init__(self, **kwargs):
            super().__init__(**kwargs)
            dense = k.layers.Dense
            self.items = [dense(4), (dense(4), k.layers.Dropout(0.0)), {"x": dense(4, use_bias=False)}]
            self.before = dense(4)
            self._private = dense(4)

        def build(self, input_shape):
            self.scale = self.add_weight((4,), initializer="ones")
            self.count = self.add_weight((), initializer="zeros", trainable=False)
            self.offset = self.add_weight((4,), initializer="zeros")

        def call(self, x):
            x = self._private(self.before(x)) * self.scale + self.offset
            first, (second, dropout), third = self.items
            return third["x"](dropout(second(first(x)))) + self.count

    class Nested(k.Model):
        def __init__(self):
            super().__init__(name="nested")
            self.last = k.layers.Dense(2)
            self.block = Block()
            self.also = self.block

        def call(self, x):
            return self.last(self.block(x))

    model = Nested()
    model.compile(k.optimizers.SGD(0.01, momentum=0.9), "mse")
    return model


def further(model):
    """The losses of five more steps."""
    return [float(model.train_on_batch(X, Y, return_dict=True)["loss"]) for _ in range(5)]


def main():
    import keras

    assert keras.__version__.startswith("3.15"), keras.__version__
    keras.utils.set_random_seed(1)
    values = {}
    for name, make in (("sequential", sequential), ("nested", nested)):
        model = make(keras)
        model.fit(X, Y, batch_size=2, epochs=2, shuffle=False, verbose=0)
        if name == "sequential":
            model.save(SEQUENTIAL)
            _compress(SEQUENTIAL)
        else:
            model.save_weights(NESTED)
        values[f"{name} predictions"] = model.predict(X, verbose=0)
        values[f"{name} losses"] = further(model)
    np.savez(VALUES, **values)
    _shards(keras)
    _legacy(keras)


def _shards(keras):
    """Weights in two files."""
    layers = keras.layers
    model = keras.Sequential([layers.Input((4,)), layers.Dense(6), layers.Dropout(0.5), layers.Dense(3)])
    model.compile("adam", "mse")
    model.fit(X, X[:, :3], verbose=0)
    kernel = np.arange(24, dtype="float32").reshape(4, 6)
    model.set_weights([kernel, np.zeros(6), kernel[:3].T, np.zeros(3)])
    (FOLDER / "keras_shards").mkdir(exist_ok=True)
    model.save_weights(FOLDER / "keras_shards" / "keras.weights.json", max_shard_size=400 / 2**30)


def legacy(k):
    """A model with frozen weights, a layer without weights, and layers within a layer."""
    layers = k.layers
    inner = k.Sequential([layers.Input((3,)), layers.Dense(3, name="x"), layers.Dense(2, name="y")], name="inner")
    model = k.Sequential([layers.Input((4,)), layers.Dense(3, name="a"), layers.Dropout(0.5), inner], name="outer")
    inner.layers[0].trainable = False
    return model


def _legacy(keras):
    """A model in the older format, whose weights are numbered."""
    model = legacy(keras)
    model.set_weights([np.full(w.shape, i + 1.0) for i, w in enumerate(model.get_weights())])
    model.save(FOLDER / "keras_legacy.h5")


def _compress(path):
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)


if __name__ == "__main__":
    main()
