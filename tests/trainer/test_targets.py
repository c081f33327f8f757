"""Targets that fit the outputs by broadcasting alone, and class weights that cannot mean what was asked."""

import warnings

import numpy as np
import pytest

import ckeras
from ckeras import layers


def zeros(*shape):
    return np.zeros(shape, "float32")


@pytest.fixture
def model():
    def make(units, **options):
        model = ckeras.Sequential([ckeras.Input((4,)), layers.Dense(units)])
        model.compile("sgd", **options)
        return model

    return make


@pytest.mark.parametrize(("units", "targets"), [(1, (24, 3)), (3, (24, 1)), (24, (24,))])
@pytest.mark.parametrize("loss", ["mse", "mae", "huber", "kld", "hinge", ckeras.losses.MeanSquaredError()])
def test_targets_that_fit_by_broadcasting_warn(model, units, targets, loss):
    with pytest.warns(UserWarning, match="are broadcast to outputs of shape") as caught:
        model(units, loss=loss, metrics=["mae"]).fit(zeros(24, 4), zeros(*targets), verbose=0)
    assert len(caught) == 1 and caught[0].filename == __file__


def test_targets_of_a_metric_alone_warn(model):
    m = model(1, metrics=["mae"])
    with pytest.warns(UserWarning, match="mae: targets of shape .None, 3. are broadcast"):
        m.evaluate(zeros(24, 4), zeros(24, 3), verbose=0)


@pytest.mark.parametrize(
    ("units", "targets", "loss"),
    [
        (1, (24,), "mse"),
        (1, (24, 1), "mse"),
        (3, (24, 3), "mae"),
        (3, (24,), "sparse_categorical_crossentropy"),
        (3, (24, 1), "sparse_categorical_crossentropy"),
        (3, (24, 1), lambda y, p: ckeras.ops.mean(p - y, axis=-1)),
    ],
)
def test_targets_that_fit_do_not_warn(model, units, targets, loss):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model(units, loss=loss).fit(zeros(24, 4), zeros(*targets), verbose=0)


# -- class weights

X = zeros(4, 4)
CASES = [
    (None, {0: 1.0}, "expects targets y where class_weight is given, got None"),
    ([zeros(4, 3)] * 2, {0: 1.0}, "one array where class_weight is given"),
    (zeros(4, 3), {"a": 1}, "class_weight to be a dict from integer class label"),
    (zeros(4, 3), {0.5: 1}, "class_weight to be a dict from integer class label"),
    (zeros(4, 3), [1.0, 2.0], "class_weight to be a dict from integer class label"),
    (np.eye(3), {0: 1.0}, "x has 4, y has 3$"),
]


@pytest.mark.parametrize(("y", "weights", "words"), CASES)
def test_errors_of_class_weight_speak_of_class_weight(model, y, weights, words):
    m = model(3, loss="mse")
    for name in ("fit", "train_on_batch"):
        with pytest.raises(ValueError, match=f"^{name} .*{words}"):
            getattr(m, name)(X, y, class_weight=weights)


def test_class_weight_together_with_sample_weight_is_refused(model):
    m = model(3, loss="mse")
    with pytest.raises(ValueError, match="at most one of class_weight and sample_weight, got both"):
        m.train_on_batch(X, np.eye(4)[:, :3], sample_weight=np.ones(4), class_weight={0: 1.0})


def test_class_weight_with_several_labels_a_row_warns(model):
    m = model(3, loss="binary_crossentropy")
    y = np.array([[1, 1, 0], [0, 1, 0], [0, 0, 1], [1, 0, 1]], "float32")
    with pytest.warns(UserWarning, match="class_weight expects one class a sample"):
        m.fit(X, y, class_weight={0: 1.0, 1: 2.0}, verbose=0)


def test_class_weight_of_one_hot_rows_does_not_warn(model):
    m = model(3, loss="mse")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        m.fit(X, np.eye(3)[[0, 1, 2, 0]], class_weight={0: 1.0, 1: 2.0}, verbose=0)


def test_class_weight_is_refused_for_batches_without_targets(model):
    class OfItself(layers.Layer):
        def call(self, x):
            self.add_loss(ckeras.ops.mean(x))
            return x

    m = ckeras.Sequential([ckeras.Input((4,)), OfItself(), layers.Dense(1)])
    m.compile("sgd")
    with pytest.raises(ValueError, match=r"batch 0 of the generator\) expects targets y where class_weight is given"):
        m.fit((X for _ in range(2)), class_weight={0: 1.0}, verbose=0)
