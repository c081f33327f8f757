"""`evaluate` and single batches that a callback calls within `fit`."""

import numpy as np
import pytest

import ckeras
from ckeras import layers

X, Y = np.zeros((8, 1), "float32"), np.full((8, 1), 2.0, "float32")


@pytest.fixture
def still():
    """A model that gives 0 and does not learn, so that its losses on `Y` are 2."""

    def make(**options):
        model = ckeras.Sequential([ckeras.Input((1,)), layers.Dense(1, use_bias=False)])
        model.compile(ckeras.optimizers.SGD(0.0), "mae", metrics=["mse"], **options)
        return model

    return make


RUNS = {
    "evaluate": lambda m: m.evaluate(X, Y + 100, verbose=0),
    "train_on_batch": lambda m: m.train_on_batch(X, Y + 100),
    "test_on_batch": lambda m: m.test_on_batch(X, Y + 100),
}


@pytest.mark.parametrize("eager", [False, True])
@pytest.mark.parametrize("name", RUNS)
def test_a_run_within_fit_leaves_the_metrics_of_fit_alone(still, name, eager):
    class Look(ckeras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            seen.append((logs["loss"], RUNS[name](self.model)))

    seen = []
    history = still(run_eagerly=eager).fit(X, Y, batch_size=2, verbose=0, callbacks=[Look()]).history
    assert history == {"loss": [2.0], "mse": [4.0]}
    assert len(seen) == 4 and all(loss == 2.0 for loss, _ in seen)
    assert all(inner == [102.0, 102.0**2] for _, inner in seen)


def test_a_run_within_a_validation_leaves_its_metrics_alone(still):
    class Look(ckeras.callbacks.Callback):
        def on_test_batch_end(self, batch, logs=None):
            self.model.test_on_batch(X, Y + 100)

    history = still().fit(X, Y + 1, validation_data=(X, Y), verbose=0, callbacks=[Look()]).history
    assert history["loss"] == [3.0] and history["val_loss"] == [2.0]


def test_runs_one_after_another_begin_with_new_metrics(still):
    model = still()
    model.fit(X, Y + 100, verbose=0)
    assert model.evaluate(X, Y, verbose=0) == [2.0, 4.0]
    assert [m.result() for m in model.metrics] == [2.0, 4.0]


@pytest.mark.parametrize("hook", ["on_train_begin", "on_epoch_begin", "on_train_batch_end", "on_epoch_end"])
def test_fit_within_fit_leaves_its_history_alone(still, hook):
    class Inner(ckeras.callbacks.Callback):
        def inner(self, *_):
            if not inner:
                inner.append(None)  # which begins no other
                inner[0] = self.model.fit(X, Y + 100, epochs=3, verbose=0)
                assert self.model.history is inner[0]

    inner = []
    setattr(Inner, hook, Inner.inner)
    model = still()
    history = model.fit(X, Y, epochs=2, verbose=0, callbacks=[Inner()])
    assert model.history is history and history.epoch == [0, 1] and history.history["loss"] == [2.0, 2.0]
    assert inner[0].epoch == [0, 1, 2] and inner[0].history["loss"] == [102.0] * 3
