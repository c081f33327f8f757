"""Weights per sample, and per time step, for outputs of more axes."""

import numpy as np
import pytest

import ckeras
from ckeras import layers, losses, metrics, ops
from ckeras.tensor.masks import set_mask

VALUES = np.array([[1.0, 1.0, 1.0], [2.0, 2.0, 2.0], [4.0, 4.0, 4.0]], "float32")


@pytest.fixture
def zeros():
    """A model of sequences (3, 3, 1) that gives 0, so that its losses are `VALUES`."""

    def make(**options):
        model = ckeras.Sequential([ckeras.Input((3, 1)), layers.Dense(1, kernel_initializer="zeros")])
        model.compile("sgd", "mae", **options)
        return model

    return make


WEIGHTS = np.array([1.0, 0.0, 3.0], "float32")
X, Y = np.ones((3, 3, 1), "float32"), VALUES[..., None]


def test_a_weight_a_sample_weighs_all_steps_of_that_sample(zeros):
    # As many steps as samples: a broadcast to the last axis would weigh the steps.
    loss, mean = zeros(weighted_metrics=["mae"]).evaluate(X, Y, sample_weight=WEIGHTS, verbose=0)
    assert loss == pytest.approx((3 * 1 + 3 * 4 * 3) / 9)
    assert mean == pytest.approx((1 + 4 * 3) / 4)


@pytest.mark.parametrize("eager", [False, True])
def test_every_way_to_train_takes_a_weight_a_sample(zeros, eager):
    model = zeros(run_eagerly=eager)
    expected = (3 * 1 + 3 * 4 * 3) / 9
    assert model.test_on_batch(X, Y, sample_weight=WEIGHTS) == pytest.approx(expected)
    assert model.fit(X, Y, sample_weight=WEIGHTS, verbose=0).history["loss"] == pytest.approx([expected])


def test_a_weight_a_sample_of_images_of_classes():
    model = ckeras.Sequential(
        [ckeras.Input((2, 2, 1)), layers.Dense(3, activation="softmax", kernel_initializer="zeros")]
    )
    model.compile("sgd", "sparse_categorical_crossentropy")
    x, y = np.ones((2, 2, 2, 1), "float32"), np.zeros((2, 2, 2), "int32")
    found = model.evaluate(x, y, sample_weight=np.array([1.0, 3.0]), verbose=0)
    assert found == pytest.approx(2 * np.log(3), rel=1e-5)


def test_a_weight_a_step(zeros):
    weights = np.arange(9.0, dtype="float32").reshape(3, 3)
    assert zeros().evaluate(X, Y, sample_weight=weights, verbose=0) == pytest.approx((weights * VALUES).mean())


def test_losses_and_metrics_called_alone():
    x, y = np.zeros((3, 3, 1), "float32"), Y
    assert float(losses.MeanAbsoluteError()(y, x, WEIGHTS)) == pytest.approx((3 * 1 + 3 * 4 * 3) / 9)
    metric = metrics.MeanAbsoluteError()
    metric.update_state(y, x, WEIGHTS)
    assert float(metric.result()) == pytest.approx((1 + 4 * 3) / 4)


def test_masked_steps_keep_the_weight_of_their_sample():
    x = ops.convert_to_tensor(np.zeros((3, 3, 1), "float32"))
    set_mask(x, ops.convert_to_tensor(np.array([[1, 1, 0], [1, 0, 0], [1, 1, 1]], "bool")))
    loss = losses.MeanAbsoluteError()(Y, x, WEIGHTS)
    assert float(loss) == pytest.approx((2 * 1 + 3 * 4 * 3) / 6)  # over the six steps that are there
    metric = metrics.MeanAbsoluteError()
    metric.update_state(Y, x, WEIGHTS)
    assert float(metric.result()) == pytest.approx((2 * 1 + 3 * 4 * 3) / (2 + 3 * 3))


def test_weights_that_do_not_fit_are_refused(zeros):
    with pytest.raises(ValueError, match="sample_weight"):
        zeros().evaluate(X, Y, sample_weight=np.ones((3, 2), "float32"), verbose=0)
