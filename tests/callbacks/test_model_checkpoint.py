"""`ModelCheckpoint` writes files that hold the model of their epoch."""

import os
import pathlib

import numpy as np
import pytest

from ckeras import Sequential, layers, models
from ckeras.callbacks import Callback, CallbackList, LambdaCallback, ModelCheckpoint

X = np.linspace(-1, 1, 24, dtype="float32").reshape(12, 2)


def model_of():
    model = Sequential([layers.Input((2,)), layers.Dense(1)])
    model.compile("adam", "mse")
    return model


def fit(model, *callbacks, **options):
    return model.fit(X, X[:, :1], batch_size=3, epochs=2, verbose=0, callbacks=list(callbacks), **options)


@pytest.mark.parametrize("weights_only", [False, True])
def test_files_hold_the_model_of_their_epoch(weights_only):
    ending, model, weights = ".weights.h5" if weights_only else ".keras", model_of(), []
    remember = LambdaCallback(on_epoch_end=lambda epoch, logs: weights.append(model.get_weights()))
    fit(model, ModelCheckpoint(pathlib.Path("{epoch}" + ending), save_weights_only=weights_only), remember)
    for epoch, expected in enumerate(weights, 1):
        if weights_only:
            loaded = model_of()
            loaded.optimizer.build(loaded.trainable_variables)
            loaded.load_weights(f"{epoch}.weights.h5")
        else:
            loaded = models.load_model(f"{epoch}.keras")
        assert all(np.array_equal(a, b) for a, b in zip(loaded.get_weights(), expected, strict=True))
        assert int(loaded.optimizer.iterations.numpy()) == 4 * epoch


def test_saving_after_epochs_calls_no_hook_of_batches():
    assert CallbackList([ModelCheckpoint("m.keras")]).batch_hooks == frozenset()
    assert CallbackList([ModelCheckpoint("m.keras", save_freq=2)]).batch_hooks == {"on_train_batch_end"}

    class Own(ModelCheckpoint):
        def on_train_batch_end(self, batch, logs=None):
            pass

    assert CallbackList([Own("m.keras")]).batch_hooks == {"on_train_batch_end"}


def test_batches_are_counted_across_epochs_and_executions():
    model = model_of()
    model.compile("sgd", "mse", steps_per_execution=2)
    fit(model, ModelCheckpoint("{epoch}-{batch}.keras", save_freq=3))
    assert sorted(os.listdir()) == ["1-4.keras", "2-4.keras"]


def test_the_best_of_all_batches():
    class Given(Callback):
        def on_train_batch_end(self, batch, logs=None):
            logs["loss"] = [4.0, 3.0, 3.5, 2.0][batch]

    best = ModelCheckpoint("{epoch}-{batch}.keras", "loss", save_best_only=True, save_freq=1)
    fit(model_of(), Given(), best)
    assert sorted(os.listdir()) == ["1-1.keras", "1-2.keras", "1-4.keras"]


def test_folders_are_checked_before_training():
    pathlib.Path("file").touch()
    os.mkdir("is.keras")
    model = model_of()
    before = model.get_weights()
    for path in ("file/m.keras", "file/{epoch}/m.keras", "is.keras"):
        with pytest.raises(OSError, match=r"cannot write to the folder|got a folder"):
            fit(model, ModelCheckpoint(path))
    assert all(np.array_equal(a, b) for a, b in zip(before, model.get_weights(), strict=True))


def test_a_field_that_the_logs_do_not_have():
    with pytest.raises(KeyError, match=r"cannot format the path .*the logs have no 'val_loss', they have loss"):
        fit(model_of(), ModelCheckpoint("{val_loss}.keras"))


@pytest.mark.parametrize(
    ("path", "options"),
    [
        ("m.hdf", {}),
        ("m", {}),
        ("m.keras", {"save_weights_only": True}),
        ("m.keras", {"save_freq": 0}),
        ("m.keras", {"save_freq": "batch"}),
    ],
)
def test_other_arguments(path, options):
    with pytest.raises(ValueError, match=r"expects filepath to end with|expects save_freq"):
        ModelCheckpoint(path, **options)


def test_an_error_leaves_the_checkpoint_before(monkeypatch):
    model = model_of()
    fit(model, ModelCheckpoint("m.keras"))
    data = pathlib.Path("m.keras").read_bytes()

    def full(number):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        fit(model, ModelCheckpoint("m.keras"))
    assert pathlib.Path("m.keras").read_bytes() == data and os.listdir() == ["m.keras"]
