"""Metrics warn of values that they cannot count, in compiled steps as well as op by op."""

import warnings

import numpy as np
import pytest

import ckeras
from ckeras import layers, metrics

X = np.linspace(0, 1, 24, dtype="float32").reshape(12, 2)
LABELS = np.arange(12) % 3
NAN = {
    "AUC": metrics.AUC,
    "precision": metrics.Precision,
    "recall at precision": lambda: metrics.RecallAtPrecision(0.5),
}
IOU = {
    "targets": lambda: metrics.IoU(2, [0, 1]),
    "ignored": lambda: metrics.MeanIoU(2, ignore_class=2),
}


def model_of(metric, run_eagerly):
    """A model whose predictions are 0."""
    model = ckeras.Sequential([layers.Input((2,)), layers.Dense(1, kernel_initializer="zeros")])
    model.compile(ckeras.optimizers.SGD(0.0), "mse", metrics=[metric], run_eagerly=run_eagerly)
    return model


def runs(model, x, y):
    return {
        "fit": lambda: model.fit(x, y, batch_size=4, epochs=2, verbose=0, shuffle=False),
        "evaluate": lambda: model.evaluate(x, y, batch_size=4, verbose=0),
        "train_on_batch": lambda: model.train_on_batch(x, y),
        "test_on_batch": lambda: model.test_on_batch(x, y),
    }


@pytest.mark.parametrize("run_eagerly", [False, True])
@pytest.mark.parametrize("run", ["fit", "evaluate", "train_on_batch", "test_on_batch"])
@pytest.mark.parametrize("name", NAN)
def test_predictions_that_are_nan_are_named(name, run, run_eagerly):
    model, y = model_of(NAN[name](), run_eagerly), LABELS % 2
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        runs(model, X, y)[run]()
    model.set_weights([np.full((2, 1), np.nan), np.zeros(1)])
    with pytest.warns(UserWarning, match="got predictions that are NaN") as caught:
        runs(model, X, y)[run]()
    assert caught[0].filename == __file__


@pytest.mark.parametrize("run_eagerly", [False, True])
@pytest.mark.parametrize("run", ["fit", "evaluate", "train_on_batch", "test_on_batch"])
@pytest.mark.parametrize("name", IOU)
def test_labels_that_are_no_class_are_named_once(name, run, run_eagerly):
    model = model_of(IOU[name](), run_eagerly)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        runs(model, X, LABELS)[run]()
        runs(model, X, LABELS)[run]()
    found = [w for w in caught if "expects y_true to hold labels from 0 to 1, got 2" in str(w.message)]
    assert len(found) == (0 if name == "ignored" else 1)


@pytest.mark.parametrize("run_eagerly", [False, True])
@pytest.mark.parametrize("run", ["fit", "evaluate", "train_on_batch", "test_on_batch"])
def test_targets_of_one_class_are_named_once(run, run_eagerly):
    model = model_of(metrics.AUC(name="area"), run_eagerly)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        runs(model, X, LABELS % 2)[run]()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        runs(model, X, np.ones(12))[run]()
        runs(model, X, np.ones(12))[run]()
    assert [w.filename for w in caught if "area is not defined by targets of one class" in str(w.message)] == [__file__]


@pytest.mark.parametrize("run_eagerly", [False, True])
def test_a_warning_that_is_an_error_ends_the_run(run_eagerly):
    model = model_of(metrics.AUC(), run_eagerly)
    model.set_weights([np.full((2, 1), np.nan), np.zeros(1)])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(UserWarning, match="got predictions that are NaN"):
            model.fit(X, LABELS % 2, verbose=0)
    model.set_weights([np.ones((2, 1)), np.zeros(1)])
    assert model.fit(X, LABELS % 2, verbose=0).epoch == [0]
