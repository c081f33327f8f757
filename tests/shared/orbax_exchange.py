"""Checkpoints of Orbax, exchanged with Keras in both directions.

`python tests/shared/orbax_exchange.py`, in an environment with `ckeras[orbax]`, Keras 3.15 and JAX, trains models with
`OrbaxCheckpoint` of one side, reads the checkpoints with the other, and compares predictions and the optimizer's state.
"""

import os
import sys
import tempfile

os.environ["KERAS_BACKEND"] = "jax"

import keras
import numpy as np

import ckeras

X = np.random.default_rng(0).standard_normal((12, 3)).astype("float32")


def model(lib, source):
    """A model; Keras reads of a checkpoint of a `Sequential` no weights, as it gives them other paths."""
    lib.utils.clear_session()
    layers = lib.layers
    parts = [layers.Dense(4, "relu"), layers.BatchNormalization(), layers.Dropout(0.2), layers.Dense(2)]
    if source is keras:
        made = lib.Sequential([layers.Input((3,)), *parts])
    else:
        x = y = lib.Input((3,))
        for part in parts:
            y = part(y)
        made = lib.Model(x, y)
    made.compile(lib.optimizers.Adam(0.01), "mse", metrics=["mae"])
    return made


def texts(lib):
    layers = lib.layers
    vocabulary = layers.StringLookup()
    vocabulary.adapt(["b", "a", "a", "c"])
    return lib.Sequential([layers.Input((2,), dtype="string"), vocabulary, layers.Embedding(5, 3), layers.Flatten()])


def check(name, one, other):
    np.testing.assert_allclose(np.asarray(one), np.asarray(other), rtol=1e-5, atol=1e-6, err_msg=name)


def exchange(source, target, folder):
    """Train with one library, and read with both."""
    made = model(source, source)
    callback = source.callbacks.OrbaxCheckpoint(os.path.join(folder, "epochs"), monitor="loss", max_to_keep=2)
    made.fit(X, X[:, :2], batch_size=4, epochs=4, verbose=0, callbacks=[callback])
    assert sorted(os.listdir(os.path.join(folder, "epochs"))) == ["2", "3"]
    for lib in {ckeras, target}:
        loaded = lib.saving.load_model(os.path.join(folder, "epochs"))
        check(f"{source.__name__} to {lib.__name__}", loaded.predict(X, verbose=0), made.predict(X, verbose=0))
        assert int(loaded.optimizer.iterations) == 12
        check("optimizer", loaded.optimizer.variables[-1], made.optimizer.variables[-1])
        loaded.fit(X, X[:, :2], epochs=1, verbose=0)
    step = os.path.join(folder, "steps")
    callback = source.callbacks.OrbaxCheckpoint(
        step, save_freq=2, max_to_keep=None, save_on_background=False, save_weights_only=True
    )
    made.fit(X, X[:, :2], batch_size=4, epochs=2, verbose=0, callbacks=[callback])
    assert sorted(os.listdir(step)) == ["14", "16", "18"]
    other = model(target, source)
    other.load_weights(step)
    check("weights of a step", other.predict(X, verbose=0), made.predict(X, verbose=0))
    best = source.callbacks.OrbaxCheckpoint(
        os.path.join(folder, "best"), monitor="loss", save_best_only=True, initial_value_threshold=0.0
    )
    made.fit(X, X[:, :2], epochs=2, verbose=0, callbacks=[best])
    assert not os.path.isdir(os.path.join(folder, "best")) or not os.listdir(os.path.join(folder, "best"))


def exchange_files(folder):
    """The files of layers, such as a vocabulary, are part of a checkpoint."""
    from ckeras.saving import orbax_files

    made = texts(ckeras)
    pointer = orbax_files.checkpointer(os.path.join(folder, "texts"))
    pointer.save_checkpointables(0, orbax_files.contents(made, False))
    pointer.close()
    loaded = ckeras.saving.load_model(os.path.join(folder, "texts"))
    words = np.array([["a", "x"], ["c", "b"]])
    check("texts", loaded.predict(words, verbose=0), made.predict(words, verbose=0))


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        for source, target in ((ckeras, keras), (keras, ckeras)):
            exchange(source, target, os.path.join(folder, source.__name__))
            print(f"{source.__name__} to {target.__name__}: the same")
        exchange_files(folder)
    sys.exit(0)
