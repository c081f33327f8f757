"""Steps that run op by op: the user's own parts see values, and are not called to check the data."""

import numpy as np

import ckeras
from ckeras import layers, metrics, ops

X, Y = np.ones((6, 2), "float32"), np.ones((6, 1), "float32")


def model_of(**options):
    model = ckeras.Sequential([layers.Input((2,)), layers.Dense(1, kernel_initializer="ones")])
    model.compile("sgd", **options, run_eagerly=True)
    return model


def test_a_loss_that_asks_for_values_is_called_once_a_batch():
    def loss(y_true, y_pred):
        seen.append(float(ops.sum(y_pred)))
        return ops.mean(ops.square(y_true - y_pred))

    seen = []
    model = model_of(loss=loss)
    model.evaluate(X, Y, batch_size=2, verbose=0)
    assert seen == [4.0] * 3
    model.train_on_batch(X, Y)
    assert seen == [4.0] * 3 + [12.0]


def test_a_metric_that_asks_for_values_is_called_once_a_batch():
    class Sum(metrics.Mean):
        def update_state(self, y_true, y_pred, sample_weight=None):
            seen.append(float(ops.sum(y_pred)))
            super().update_state(y_pred)

    seen = []
    assert model_of(loss="mse", metrics=[Sum()]).evaluate(X, Y, batch_size=3, verbose=0) == [1.0, 2.0]
    assert seen == [6.0, 6.0]


def test_a_model_without_a_loss_is_evaluated():
    assert model_of(metrics=["mae"]).evaluate(X, Y, verbose=0, return_dict=True) == {"loss": 0.0, "mae": 1.0}
