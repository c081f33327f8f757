"""Metrics that get their variables late, and what `metrics` of `compile` may name."""

import numpy as np
import pytest

import ckeras
from ckeras import layers, losses, metrics
from ckeras.trainer.metric_results import Scalars

X = np.random.default_rng(0).normal(size=(64, 4)).astype("float32")
Y = (np.random.default_rng(1).random((64, 3)) > 0.5).astype("float32")


def late_metrics():
    return [metrics.F1Score(), metrics.R2Score(), metrics.AUC(multi_label=True, name="auc")]


@pytest.mark.parametrize("eager", [True, False])
def test_metrics_that_get_variables_in_a_step_are_reset(eager):
    class Own(ckeras.Sequential):
        def train_step(self, data):
            return super().train_step(data)

        def test_step(self, data):
            return super().test_step(data)

    model = Own([layers.Dense(3, activation="sigmoid")])
    model.compile("sgd", "mse", metrics=late_metrics(), run_eagerly=eager)
    model.fit(X, Y, verbose=0)
    found = model.evaluate(X[:20], Y[:20], verbose=0, return_dict=True)
    predicted = model.predict(X[:20], verbose=0)
    for metric in late_metrics():
        np.testing.assert_allclose(found[metric.name], metric(Y[:20], predicted), rtol=1e-5)


def test_a_metric_made_after_the_first_fit_is_reset():
    class Own(ckeras.Sequential):
        late = None

        def test_step(self, data):
            x, y = data
            if self.late is None:
                self.late = metrics.MeanSquaredError("late")
            self.late.update_state(y, self(x))
            return {"late": self.late.result()}

    model = Own([layers.Dense(3)])
    model.compile("sgd", "mse")
    model.fit(X, Y, verbose=0)
    first = model.evaluate(X, Y, verbose=0, return_dict=True)["late"]
    assert model.evaluate(X[:20], Y[:20], verbose=0, return_dict=True)["late"] == pytest.approx(
        np.mean((model.predict(X[:20], verbose=0) - Y[:20]) ** 2), rel=1e-5
    )
    assert first == pytest.approx(np.mean((model.predict(X, verbose=0) - Y) ** 2), rel=1e-5)


@pytest.mark.parametrize("given", ["Huber", "huber"])
def test_metrics_take_the_name_of_a_loss(given):
    model = ckeras.Sequential([layers.Dense(3)])
    model.compile("sgd", "mse", weighted_metrics=[given])
    weight = np.arange(64.0)
    found = model.evaluate(X, Y, sample_weight=weight, verbose=0, return_dict=True)[given]
    values = losses.huber(Y, model.predict(X, verbose=0))
    assert found == pytest.approx(np.average(np.asarray(values), weights=weight), rel=1e-5)


def test_classes_given_to_compile_are_saved_as_their_objects():
    model = ckeras.Sequential([layers.Input((4,)), layers.Dense(3)])
    model.compile(ckeras.optimizers.Adam, losses.MeanSquaredError, metrics=[metrics.F1Score])
    config = model.get_compile_config()
    assert [config["optimizer"]["class_name"], config["loss"]["class_name"]] == ["Adam", "MeanSquaredError"]
    assert config["metrics"][0]["class_name"] == "F1Score"
    model.compile_from_config(config)
    assert "f1_score" in model.evaluate(X, Y, verbose=0, return_dict=True)


@pytest.mark.parametrize("run_eagerly", [False, True])
def test_metrics_that_a_step_resolves_begin_anew_in_each_epoch(run_eagerly):
    class Own(ckeras.Model):
        def __init__(self):
            super().__init__()
            self.dense = ckeras.layers.Dense(1, kernel_initializer="ones")
            self.dense.build((None, 2))

        def train_step(self, data):
            x, y = data
            return self.compute_metrics(x, y, self.dense(x))

    model = Own()
    model.compile(metrics=[ckeras.metrics.TruePositives(name="hits")], run_eagerly=run_eagerly)
    history = model.fit(np.ones((6, 2), "float32"), np.ones((6, 1)), batch_size=2, epochs=3, verbose=0).history
    assert history["hits"] == [6.0, 6.0, 6.0]


RESULTS = {"value": float, "number": lambda v: 2.0, "op": lambda v: v + 0.0}


@pytest.mark.parametrize("result", RESULTS.values(), ids=RESULTS)
def test_scalars_are_computed_whether_or_not_they_can_be_compiled(result):
    variable, scalars = ckeras.Variable(2.0), Scalars()
    for _ in range(2):
        assert scalars(lambda: {"it": result(variable)}, [variable]) == {"it": 2.0}
