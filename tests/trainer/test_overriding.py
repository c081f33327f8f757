"""What a subclass may override, and what `compile` keeps."""

import copy
import json
import pickle

import numpy as np
import pytest

import ckeras
from ckeras import layers, losses, metrics, ops, optimizers


class Linear(ckeras.Model):
    """A layer of one unit."""

    def __init__(self):
        super().__init__()
        self.dense = layers.Dense(1)

    def call(self, x):
        return self.dense(x)


def made(cls, x, **options):
    """A compiled model of the class, the same each time."""
    ckeras.utils.set_random_seed(0)
    model = cls()
    model(x)
    model.compile("sgd", "mse", **options)
    return model


# -- steps


class Returning(Linear):
    """Trains, and returns `result`."""

    result = None

    def train_step(self, data):
        super().train_step(data)
        return self.result

    def test_step(self, data):
        super().test_step(data)
        return self.result


@pytest.mark.parametrize("run_eagerly", [False, True])
@pytest.mark.parametrize("result", [None, 3.0, [1.0], "loss"], ids=str)
def test_a_step_that_returns_no_logs_changes_nothing(data, state_of, same, result, run_eagerly):
    x, y, _ = data
    model = made(Returning, x, metrics=["mae"], run_eagerly=run_eagerly)
    model.optimizer.build(model.trainable_variables)
    model.result = {"loss": 1.0}
    model.fit(x, y, verbose=0)
    model.result = result
    before = state_of(model)
    kind = type(result).__name__
    for call, name in [
        (lambda: model.fit(x, y, verbose=0, batch_size=8), "train"),
        (lambda: model.train_on_batch(x, y), "train"),
        (lambda: model.evaluate(x, y, verbose=0), "test"),
        (lambda: model.fit(iter([(x, y)]), verbose=0), "train"),
    ]:
        with pytest.raises(
            TypeError, match=rf"Returning\.{name}_step must return a dict of logs, got {kind}"
        ) as caught:
            call()
        assert "\n" not in str(caught.value)
        weights = len(model.variables) + len(model.optimizer.variables)
        same(before[:weights], state_of(model)[:weights])


def test_logs_of_a_step_need_not_be_tensors(data):
    class Named(Linear):
        def train_step(self, batch):
            logs = super().train_step(batch)
            return {**logs, "rate": 0.5, "kind": "plain"}

    x, y, _ = data
    for run_eagerly in (False, True):
        history = made(Named, x, run_eagerly=run_eagerly).fit(x, y, verbose=0).history
        assert history["rate"] == [0.5] and history["kind"] == ["plain"] and len(history["loss"]) == 1


def test_a_function_of_an_iterator_may_be_made(data):
    class Made(Linear):
        def make_train_function(self, force=False):
            def function(iterator):
                seen.append("train")
                return {k: v * 2 for k, v in self.train_step(next(iterator)).items()}

            self.train_function = function
            return function

        def make_predict_function(self, force=False):
            self.predict_function = lambda iterator: self(next(iterator)) * 3
            return self.predict_function

        def make_test_function(self, force=False):
            return lambda iterator: {"only": ops.sum(next(iterator)[1])}

    seen = []
    x, y, _ = data
    model, plain = made(Made, x), made(Linear, x)
    history, expected = (m.fit(x, y, batch_size=8, verbose=0, shuffle=False).history for m in (model, plain))
    assert seen == ["train"] * 3
    np.testing.assert_allclose(history["loss"], expected["loss"], rtol=1e-6)  # which the metric holds
    np.testing.assert_allclose(model.predict(x, verbose=0), 3 * plain.predict(x, verbose=0), rtol=1e-5)
    assert model.evaluate(x, y, batch_size=20, verbose=0, return_dict=True) == {
        "only": pytest.approx(y.sum(), rel=1e-5)
    }


def test_the_functions_that_are_made_take_a_step(data):
    x, y, _ = data
    model, plain = made(Linear, x, metrics=["mae"]), made(Linear, x, metrics=["mae"])
    function = model.make_train_function()
    assert function is model.train_function is model.make_train_function()
    assert function is not model.make_train_function(force=True)
    logs = model.train_function(iter([(x, y)]))
    assert logs == plain.train_on_batch(x, y, return_dict=True)
    assert model.make_test_function()(iter([(x, y)]))["mae"] > 0
    assert model.make_predict_function()(iter([(x,)])).shape == (20, 1)
    model.compile("sgd", "mse")
    assert model.train_function is None


def test_a_model_whose_functions_were_made_can_be_copied(data):
    x, y, _ = data
    model = ckeras.Sequential([ckeras.Input((4,)), layers.Dense(1)])
    model.compile("sgd", "mse", metrics=["mae"])
    model.make_train_function()
    model.fit(x, y, verbose=0)
    for other in (copy.deepcopy(model), pickle.loads(pickle.dumps(model))):
        assert other.train_function is None
        assert other.get_compile_config() == model.get_compile_config()
        assert other.evaluate(x, y, verbose=0) == model.evaluate(x, y, verbose=0)
        other.fit(x, y, verbose=0)


def test_a_function_that_is_not_made(data):
    class Forgotten(Linear):
        def make_train_function(self, force=False):
            pass

    x, y, _ = data
    with pytest.raises(TypeError, match=r"Forgotten\.make_train_function must set train_function to a function"):
        made(Forgotten, x).fit(x, y, verbose=0)


def test_arguments_of_ones_own_methods_may_have_other_names(data):
    class Own(Linear):
        def compute_loss(self, inputs, target, output, weight, training=True):
            return ops.mean((target - output) ** 2)

        def compute_metrics(self, inputs, target, output, weight=None):
            return super().compute_metrics(inputs, target, output, weight)

    x, y, _ = data
    assert made(Own, x).fit(x, y, verbose=0).history == made(Linear, x).fit(x, y, verbose=0).history


def test_compiled_loss_and_metrics_in_a_step(data):
    class Older(Linear):
        def train_step(self, batch):
            x, y = batch
            with ckeras.GradientTape() as tape:
                y_pred = self(x, training=True)
                loss = self.compiled_loss(y, y_pred, regularization_losses=self.losses)
            variables = self.trainable_variables
            self.optimizer.apply_gradients(zip(tape.gradient(loss, variables), variables, strict=True))
            self.compiled_metrics.update_state(y, y_pred)
            return {**self.compiled_metrics.result(), "own": loss}

    x, y, _ = data
    expected = made(Linear, x, metrics=["mae", "mse"]).fit(x, y, verbose=0).history
    for run_eagerly in (False, True):
        history = made(Older, x, metrics=["mae", "mse"], run_eagerly=run_eagerly).fit(x, y, verbose=0).history
        assert list(history) == ["mae", "mse", "own"]
        np.testing.assert_allclose(history["mae"], expected["mae"], rtol=1e-5)
        np.testing.assert_allclose(history["mse"], expected["mse"], rtol=1e-5)
    bare = Linear()
    assert bare.compiled_metrics is None
    with pytest.raises(ValueError, match="has no loss: give one to compile"):
        bare.compiled_loss(y, y)


def test_compiled_metrics_can_be_reset(data):
    x, y, _ = data
    model = made(Linear, x, metrics=["mae"])
    model.compiled_metrics.update_state(ops.convert_to_tensor(y), model(x))
    assert float(model.compiled_metrics.result()["mae"]) > 0
    model.compiled_metrics.reset_state()
    assert float(model.compiled_metrics.result()["mae"]) == 0


# -- compile


def _custom(y_true, y_pred):
    return ops.mean(ops.abs(y_true - y_pred), axis=-1)


@pytest.mark.parametrize(
    "options",
    [
        {"optimizer": "adam", "loss": "mse"},
        {"optimizer": optimizers.SGD(0.3, momentum=0.5), "loss": losses.MeanSquaredError(name="q")},
        {"loss": "mse", "loss_weights": [np.float32(2)], "metrics": ["mae", metrics.MeanSquaredError(name="q")]},
        {"loss": losses.mean_squared_error, "weighted_metrics": [losses.mean_absolute_error]},
        {"loss": losses.MeanSquaredError, "metrics": [metrics.MeanAbsoluteError]},
        {"loss": ["mse"], "metrics": [["mae"]], "steps_per_execution": 3, "run_eagerly": True},
    ],
)
def test_a_model_is_compiled_again_from_its_config(data, options):
    x, y, _ = data
    model, other = made(Linear, x), made(Linear, x)
    model.compile(**options)
    config = json.loads(json.dumps(model.get_compile_config()))
    other.compile_from_config(config)
    assert other.compiled and other.optimizer.built
    assert other.get_compile_config() == model.get_compile_config()
    assert other.optimizer.get_config() == model.optimizer.get_config()
    assert (other.run_eagerly, other.steps_per_execution) == (model.run_eagerly, model.steps_per_execution)
    assert other.fit(x, y, verbose=0, shuffle=False).history == model.fit(x, y, verbose=0, shuffle=False).history


def test_the_config_is_that_of_keras():
    model = ckeras.Sequential([ckeras.Input((3,)), layers.Dense(2)])
    assert model.get_compile_config() == {}
    model.compile("adam", losses.MeanSquaredError(), metrics=["mae", metrics.MeanSquaredError(name="q")])
    config = model.get_compile_config()
    assert config["optimizer"]["module"] == "keras.optimizers" and config["optimizer"]["class_name"] == "Adam"
    assert config["loss"]["module"] == "keras.losses" and config["loss"]["class_name"] == "MeanSquaredError"
    assert config["metrics"][0] == "mae" and config["metrics"][1]["config"] == {"name": "q", "dtype": "float32"}
    rest = ("loss_weights", "weighted_metrics", "run_eagerly", "steps_per_execution", "jit_compile")
    assert [config[name] for name in rest] == [None, None, False, 1, True]
    assert list(config) == ["optimizer", "loss", "loss_weights", "metrics", *rest[1:]]


def test_custom_objects_in_the_config(data):
    x, y, _ = data
    ckeras.registry.register_keras_serializable("tests")(_custom)
    model, other = made(Linear, x), made(Linear, x)
    model.compile("sgd", {"class_name": "MeanSquaredError", "config": {}}, metrics=[_custom])
    other.compile_from_config(model.get_compile_config())
    assert other.fit(x, y, verbose=0, shuffle=False).history == model.fit(x, y, verbose=0, shuffle=False).history


def test_a_compile_of_ones_own_is_not_called_from_a_config(data):
    class Own(Linear):
        def compile(self, *args, **options):
            super().compile(*args, **options)

    model = made(Own, data[0])
    model.compiled = False
    with pytest.warns(UserWarning, match=r"Own has a compile\(\) method of its own"):
        model.compile_from_config(made(Linear, data[0]).get_compile_config())
    assert not model.compiled


def test_what_compile_leaves_on_the_model(data):
    model = Linear()
    assert (model.compiled, model.optimizer, model.loss, model.jit_compile) == (False, None, None, True)
    model.compile("sgd", "mse")
    assert (model.compiled, model.loss, model.run_eagerly, model.jit_compile) == (True, "mse", False, True)
    with pytest.warns(UserWarning, match="jit_compile=True is ignored"):
        model.compile("sgd", "mse", run_eagerly=True, jit_compile=True)
    assert (model.run_eagerly, model.jit_compile) == (True, False)
    model.compile("sgd", "mse", jit_compile=False, auto_scale_loss=False)
    x, y, _ = data
    model.fit(x, y, verbose=0)
    model.run_eagerly = True
    model.fit(x, y, verbose=0)
    assert model.stop_training is False


# -- losses and metrics


def test_names_resolve_whatever_the_form(data):
    x, _, y = data
    model = ckeras.Sequential([ckeras.Input((4,)), layers.Dense(3, "softmax")])
    given = ["accuracy", "acc", "ce", "crossentropy", "sparse_categorical_accuracy", "SparseCategoricalAccuracy"]
    given += ["sparse_categorical_crossentropy", losses.sparse_categorical_crossentropy]
    given += [metrics.SparseCategoricalAccuracy(), metrics.SparseCategoricalAccuracy]
    for loss in ("crossentropy", "ce", "CE", "sparse_categorical_crossentropy", "SparseCategoricalCrossentropy"):
        model.compile("sgd", loss, metrics=given)
        found = model.evaluate(x, y, verbose=0, return_dict=True)
        assert found["ce"] == pytest.approx(found["loss"], rel=1e-6)
        assert found["crossentropy"] == found["sparse_categorical_crossentropy_1"] == found["ce"]
        accuracies = [v for name, v in found.items() if "acc" in name.lower()]
        assert len(accuracies) == 6 and len(set(accuracies)) == 1


class Two(ckeras.Model):
    """Two outputs."""

    def __init__(self):
        super().__init__()
        self.a, self.b = layers.Dense(1), layers.Dense(2)

    def call(self, x):
        return {"p": self.a(x), "o": self.b(x)}


@pytest.mark.parametrize(
    "options, words",
    [
        (
            {"loss": {"p": "mse", "z": "mae"}},
            r"loss names the outputs \['p', 'z'\], and .* \['o', 'p'\]",
        ),
        ({"loss": ["mse"]}, "loss has 1 entries, and the model has 2 outputs"),
        ({"loss": ["mse", "mse", "mse"]}, "loss has 3 entries, and the model has 2 outputs"),
        ({"loss": "mse", "metrics": ["mae"]}, "metrics has 1 entries, and the model has 2 outputs"),
        ({"loss": "mse", "metrics": {"z": ["mae"]}}, r"metrics names the outputs \['z'\]"),
        ({"loss": "mse", "loss_weights": [1.0]}, "loss_weights has 1 entries"),
        ({"loss": {"p": "mse", "o": "mae"}, "loss_weights": {"p": 2.0}}, r"loss_weights has no entry .*\['o'\]"),
    ],
)
def test_parts_that_do_not_fit_the_outputs(data, options, words):
    x, y, _ = data
    for run_eagerly in (False, True):
        model = made(Two, x)
        model.compile("sgd", **options, run_eagerly=run_eagerly)
        before = model.get_weights()
        with pytest.raises(ValueError, match=words) as caught:
            model.fit(x, {"p": y, "o": x[:, :2]}, verbose=0)
        assert "\n" not in str(caught.value)
        assert all(map(np.array_equal, before, model.get_weights()))


def test_targets_and_weights_that_do_not_fit_the_outputs(data):
    x, y, _ = data
    model = made(Two, x)
    good = {"p": y, "o": x[:, :2]}
    for target, weight, words in [
        ({"p": y}, None, r"y has no entry for the outputs \['o'\]"),
        ([y], None, "the model has 2 outputs, and y has 1 parts"),
        ([y, y, y], None, "the model has 2 outputs, and y has 3 parts"),
        (good, np.ones((20, 2)), r"one sample_weight for all outputs to have the shape \(20,\), got \(20, 2\)"),
        (good, [np.ones(20)] * 3, "the model has 2 outputs, and sample_weight has 3 parts"),
    ]:
        before = model.get_weights()
        with pytest.raises(ValueError, match=words):
            model.fit(x, target, sample_weight=weight, verbose=0)
        assert all(map(np.array_equal, before, model.get_weights()))
    model.fit(x, good, verbose=0)


@pytest.mark.parametrize(
    "loss, order",
    [({"p": "mse", "o": "mae"}, ["loss", "p_loss", "o_loss"]), ("mse", ["loss", "o_loss", "p_loss"])],
)
def test_the_order_of_results_is_that_of_the_losses(data, loss, order):
    x, y, _ = data
    model = made(Two, x)
    model.compile("sgd", loss, metrics={"p": ["mae"]})
    target = {"p": y, "o": x[:, :2]}
    found = model.evaluate(x, target, verbose=0, return_dict=True)
    assert model.evaluate(x, target, verbose=0) == [found[name] for name in [*order, "p_mae"]]
    assert model.metrics_names == [*order, "p_mae"]
