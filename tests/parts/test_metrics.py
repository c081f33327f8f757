"""Metrics: their values over several batches, their state, and what they say of input that does not fit."""

import numpy as np
import pytest

from ckeras import losses, metrics, ops
from ckeras.compiler.function import function
from ckeras.tensor import Variable

KIND = "metric/"


def test_state_and_result_are_those_of_keras(keras_case, agrees):
    agrees(rtol64=3e-7, atol64=1e-7)  # Keras takes means in float32 whatever the dtype


def test_float64_is_accumulated_in_float64():
    metric = metrics.MeanSquaredError(dtype="float64")
    y, p = np.random.default_rng(0).standard_normal((2, 6, 4))
    metric.update_state(y, p)
    metric.update_state(2 * y, p)
    expected = (((y - p) ** 2).mean() + ((2 * y - p) ** 2).mean()) / 2
    assert float(metric.result()) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize(
    ("name", "cls"),
    [
        ("mse", metrics.MeanSquaredError),
        ("MSE", metrics.MeanSquaredError),
        ("mean_squared_error", metrics.MeanSquaredError),
        ("mae", metrics.MeanAbsoluteError),
        ("accuracy", metrics.Accuracy),
        ("acc", metrics.Accuracy),
        ("binary_accuracy", metrics.BinaryAccuracy),
        ("SparseCategoricalAccuracy", metrics.SparseCategoricalAccuracy),
        ("mean", metrics.Mean),
        ("Mean", metrics.Mean),
    ],
)
def test_by_name(name, cls):
    assert type(metrics.get(name)) is cls


def test_unknown_name_and_type():
    with pytest.raises(ValueError, match=r"Unknown metric 'binary_acuracy'; the nearest names are .*'binary_accuracy'"):
        metrics.get("binary_acuracy")
    with pytest.raises(ValueError, match="Expected a metric"):
        metrics.get(3)


@pytest.mark.parametrize(
    "metric",
    [
        metrics.Mean(name="m", dtype="float64"),
        metrics.BinaryAccuracy(threshold=0.25),
        metrics.MeanSquaredError(),
        metrics.MeanMetricWrapper(losses.mean_squared_error, name="w"),
        metrics.MeanMetricWrapper(losses.categorical_crossentropy, name="w", from_logits=True),
    ],
)
def test_config_round_trip(metric):
    config = metrics.serialize(metric)
    assert config["module"] == "keras.metrics"
    twin = metrics.deserialize(config)
    assert type(twin) is type(metric)
    assert twin.get_config() == metric.get_config()
    assert getattr(twin, "_fn", None) is getattr(metric, "_fn", None)


def test_before_the_first_batch_and_after_reset():
    metric = metrics.Mean()
    assert float(metric.result()) == 0.0
    metric.update_state(np.array([1.0, 2.0]))
    metric.reset_state()
    assert [float(ops.convert_to_tensor(v)) for v in metric.variables] == [0.0, 0.0]


def test_variables_are_named():
    assert [v.path for v in metrics.Mean(name="loss").variables] == ["loss/total", "loss/count"]
    assert all(not v.trainable for v in metrics.Mean().variables)


def test_call_gives_the_result_so_far():
    metric = metrics.Sum()
    assert float(metric(np.array([1.0, 2.0]))) == 3.0
    assert float(metric(np.array([1.0, 2.0]))) == 6.0


def test_empty_batch_changes_nothing():
    metric = metrics.Mean()
    metric.update_state(np.zeros((0,), "float32"))
    assert float(metric.result()) == 0.0


def test_nan_flows():
    assert np.isnan(float(metrics.Mean()(np.array([np.nan, 1.0]))))


@pytest.mark.parametrize(
    ("metric", "true_shape", "pred_shape"),
    [
        (metrics.SparseCategoricalAccuracy(), (3,), (2, 4)),
        (metrics.SparseCategoricalAccuracy(), (2, 4), (2, 4)),
        (metrics.CategoricalAccuracy(), (2,), (2, 4)),
        (metrics.BinaryAccuracy(), (3,), (2,)),
        (metrics.Accuracy(), (3, 2), (3, 4)),
        (metrics.MeanSquaredError(), (3, 2), (3, 4)),
    ],
)
def test_shapes_that_do_not_fit(metric, true_shape, pred_shape):
    with pytest.raises(ValueError) as error:
        metric.update_state(np.zeros(true_shape), np.zeros(pred_shape))
    assert f"{true_shape}" in str(error.value)
    assert f"{pred_shape}" in str(error.value)
    assert float(metric.result()) == 0.0


def test_weights_that_do_not_fit():
    metric = metrics.Mean()
    with pytest.raises(ValueError, match=r"mean: expected sample_weight .* \(3,\), got \(4,\)"):
        metric.update_state(np.zeros(3), sample_weight=np.ones(4))
    assert float(metric.result()) == 0.0


def test_mask_leaves_samples_out():
    predictions = ops.convert_to_tensor(np.array([[1.0], [3.0], [30.0]], "float32"))
    predictions._keras_mask = ops.convert_to_tensor(np.array([True, True, False]))
    assert float(metrics.MeanAbsoluteError()(np.zeros((3, 1)), predictions)) == pytest.approx(2.0)


@pytest.mark.parametrize(
    ("metric", "true", "predicted"),
    [
        (metrics.SparseCategoricalAccuracy(), np.array([1, 0, 1]), np.eye(3, dtype="float32")),
        (metrics.CategoricalAccuracy(), np.eye(3, dtype="float32")[::-1].copy(), np.eye(3, dtype="float32")),
        (metrics.BinaryAccuracy(), np.array([1, 0, 1]), np.array([[0.7], [0.6], [0.2]], "float32")),
        (metrics.MeanSquaredError(), np.zeros((3, 2), "float32"), np.ones((3, 2), "float32")),
    ],
)
def test_a_compiled_update_is_the_eager_update(metric, true, predicted):
    for sample_weight in (None, np.array([1.0, 0.5, 2.0], "float32")):
        metric.reset_state()
        metric.update_state(true, predicted, sample_weight)
        expected = float(metric.result())
        metric.reset_state()
        update = function(lambda *batch: metric.update_state(*batch))
        batch = (true, predicted) if sample_weight is None else (true, predicted, sample_weight)
        update(*batch)
        assert float(metric.result()) == pytest.approx(expected)
        (entry,) = update.plans.values()
        assert entry[0].python_instructions == 0, str(entry[0])


def test_directions():
    assert metrics.MeanSquaredError()._direction == "down"
    assert metrics.BinaryAccuracy()._direction == "up"
    assert metrics.MeanMetricWrapper(losses.mean_squared_error)._direction == "down"


def test_wrapper_needs_a_function():
    with pytest.raises(TypeError, match="fn"):
        metrics.MeanMetricWrapper(3)


def test_own_metric_tracks_variables_and_metrics():
    class Two(metrics.Metric):
        def __init__(self, **kwargs):
            super().__init__(**kwargs)
            self.seen = self.add_weight(name="seen")
            self.extra = Variable(np.zeros(2, "float32"), name="extra")
            self.parts = [metrics.Mean(), metrics.Sum()]

        def update_state(self, values):
            self.seen.assign_add(1.0)
            for part in self.parts:
                part.update_state(values)

        def result(self):
            return {"mean": self.parts[0].result(), "sum": self.parts[1].result()}

    metric = Two()
    assert len(metric.variables) == 5
    result = metric(np.array([1.0, 3.0]))
    assert float(result["mean"]) == 2.0
    assert float(result["sum"]) == 4.0
    metric.reset_state()
    assert float(metric.result()["sum"]) == 0.0


def test_forgotten_super_init():
    class Forgetful(metrics.Metric):
        def __init__(self):
            self.total = self.add_variable((), "zeros")

    with pytest.raises(RuntimeError, match="super"):
        Forgetful()


def test_base_class_says_what_is_missing():
    with pytest.raises(NotImplementedError, match="update_state"):
        metrics.Metric().update_state(1)
    with pytest.raises(NotImplementedError, match="result"):
        metrics.Metric().result()
