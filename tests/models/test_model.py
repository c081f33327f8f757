"""Subclasses of Model, and copies and pickles of models."""

import copy
import pickle

import numpy as np
import pytest

import ckeras
from ckeras import layers, ops

X = np.random.default_rng(0).standard_normal((20, 4)).astype("float32")
Y = (X[:, :1] - X[:, 1:2]).astype("float32")


class Residual(ckeras.Model):
    """Two blocks in a list, a head, and dropout."""

    def __init__(self, units=4, **kwargs):
        super().__init__(**kwargs)
        self.blocks = [layers.Dense(units, "relu") for _ in range(2)]
        self.drop = layers.Dropout(0.3)
        self.head = layers.Dense(1)

    def call(self, x, training=None):
        for block in self.blocks:
            x = x + block(x)
        return self.head(self.drop(x, training=training))


class Joined(ckeras.Model):
    """Two inputs in a dict."""

    def __init__(self):
        super().__init__()
        self.a, self.b = layers.Dense(2), layers.Dense(2)

    def call(self, x):
        return self.a(x["p"]) + self.b(x["q"])


def test_layers_and_weights():
    model = Residual(name="mine")
    assert model.layers == [*model.blocks, model.drop, model.head]
    assert not model.built and model.weights == []
    assert model(X).shape == (20, 1)
    assert model.built and len(model.weights) == 6
    assert [v.path.split("/")[0] for v in model.weights] == ["mine"] * 6
    assert len(model.variables) == 7  # and the seed of the dropout
    assert model.get_layer(model.head.name) is model.head


@pytest.mark.parametrize("how", ["fit", "predict", "evaluate", "train_on_batch", "test_on_batch", "build", "call"])
def test_every_way_builds(how):
    model = Residual()
    model.compile("sgd", "mse", metrics=["mae"])
    {
        "fit": lambda: model.fit(X, Y, verbose=0),
        "predict": lambda: model.predict(X, verbose=0),
        "evaluate": lambda: model.evaluate(X, Y, verbose=0),
        "train_on_batch": lambda: model.train_on_batch(X, Y),
        "test_on_batch": lambda: model.test_on_batch(X, Y),
        "build": lambda: model.build((None, 4)),
        "call": lambda: model(X),
    }[how]()
    assert model.built and all(layer.built for layer in model.layers)
    assert model.count_params() == 2 * 20 + 5
    model.fit(X, Y, verbose=0)


def test_build_with_several_inputs():
    model = Joined()
    model.build({"p": (None, 3), "q": (None, 5)})
    assert [w.shape for w in model.weights] == [(3, 2), (2,), (5, 2), (2,)]


def test_a_build_that_fails_can_be_tried_again():
    model = Joined()
    with pytest.raises((TypeError, KeyError, ValueError, IndexError)):
        model.build((None, 3))
    assert not model.built
    model.build({"p": (None, 3), "q": (None, 5)})
    assert model.built


def test_a_build_of_its_own():
    class Own(ckeras.Model):
        def build(self, input_shape):
            self.kernel = self.add_weight((input_shape[-1], 2), name="kernel")

        def call(self, x):
            return ops.matmul(x, self.kernel)

    model = Own()
    model.compile("sgd", "mse")
    model.fit(X, X[:, :2], verbose=0)
    assert model.kernel.shape == (4, 2) and model.kernel.path.endswith("/kernel")
    model = Own()
    model.build((None, 3))
    assert model.built and model.kernel.shape == (3, 2)


def test_training_reaches_the_layers():
    model = Residual()
    assert np.array_equal(model(X), model(X, training=False))
    assert not np.array_equal(model(X, training=True), model(X, training=True))
    np.testing.assert_allclose(model.predict(X, verbose=0), model(X), rtol=1e-5, atol=1e-6)


def test_a_call_that_says_it_does_not_train_runs_the_plan_of_plain_calls():
    inputs = layers.Input((4,))
    model = ckeras.Model(inputs, layers.Dropout(0.5)(layers.Dense(3)(inputs)))
    expected = model(X, training=False)
    plans = model._calls.plans.values()
    assert plans
    for kwargs in ({}, {"training": None}, {"training": False, "mask": None}):
        assert np.array_equal(model(X, **kwargs), expected)
    assert model._calls.plans.values() == plans
    assert not np.array_equal(model(X, training=True), expected)


def test_a_summary_of_layers_that_need_more_than_the_shapes(capsys):
    class Rows(layers.Layer):
        def call(self, inputs):
            return ops.take(inputs[0], inputs[1], axis=0)

    class Model(ckeras.Model):
        def __init__(self):
            super().__init__()
            self.rows = Rows(name="rows")

        def call(self, x):
            return self.rows((x, ops.array([0, 1])))

    model = Model()
    model(X)
    model.summary()
    assert "rows (Rows)" in capsys.readouterr().out


def test_models_in_models():
    class Outer(ckeras.Model):
        def __init__(self):
            super().__init__()
            self.inner = Residual()
            self.chain = ckeras.Sequential([layers.Dense(3), layers.Dense(1)])

        def call(self, x, training=None):
            return self.chain(self.inner(x))

    model = Outer()
    model.compile("adam", "mse")
    history = model.fit(X, Y, epochs=3, verbose=0)
    assert len(history.history["loss"]) == 3 and len(model.weights) == 10
    assert len(model.layers) == 2
    before = model.inner.get_weights()
    model.fit(X, Y, verbose=0)
    assert not np.array_equal(before[0], model.inner.get_weights()[0])


def test_a_part_of_a_model_is_a_model():
    encoder = ckeras.Sequential([ckeras.Input((4,)), layers.Dense(2)])
    decoder = ckeras.Sequential([ckeras.Input((2,)), layers.Dense(4)])
    both = ckeras.Sequential([encoder, decoder])
    both.compile("adam", "mse")
    both.fit(X, X, epochs=2, verbose=0)
    np.testing.assert_allclose(
        decoder.predict(encoder.predict(X, verbose=0), verbose=0), both.predict(X, verbose=0), rtol=1e-5, atol=1e-6
    )


def test_config():
    model = Residual(4, name="mine")
    config = model.get_config()
    assert config["units"] == 4 and config["name"] == "mine"
    again = Residual.from_config(config)
    for m in (model, again):
        m(X)
    assert again.name == "mine" and [w.shape for w in again.weights] == [w.shape for w in model.weights]


def test_model_takes_no_single_positional_argument():
    with pytest.raises(TypeError, match=r"Model expects \(inputs, outputs\), or only keyword arguments"):
        ckeras.Model(3)


def test_summary(capsys):
    model = Residual(name="mine")
    model(X)
    model.summary()
    printed = capsys.readouterr().out
    assert "mine" in printed and "Total params: 45" in printed


# -- copies


def _sequential():
    return ckeras.Sequential(
        [
            ckeras.Input((2, 2)),
            layers.Flatten(),
            layers.Dense(8, "tanh", kernel_regularizer="l2", activity_regularizer="l1"),
            layers.Dropout(0.2),
            ckeras.Sequential([layers.Dense(3, "relu")]),
            layers.Dense(1),
        ]
    )


@pytest.mark.parametrize("make", [_sequential, Residual])
@pytest.mark.parametrize("duplicate", [copy.deepcopy, lambda m: pickle.loads(pickle.dumps(m))])
@pytest.mark.parametrize("optimizer", ["adam", "sgd", "rmsprop"])
def test_a_copy_of_a_trained_model_predicts_and_trains_on_alike(make, duplicate, optimizer):
    x = X.reshape(-1, 2, 2) if make is _sequential else X
    ckeras.utils.set_random_seed(3)
    model = make()
    model.compile(optimizer, "mse", metrics=["mae"])
    model.fit(x, Y, batch_size=8, epochs=2, verbose=0, validation_split=0.2)
    model.predict(x, verbose=0)
    model(x)
    twin = duplicate(model)
    assert twin.compiled and twin.built and twin.name == model.name
    assert np.array_equal(twin.predict(x, verbose=0), model.predict(x, verbose=0))
    assert np.array_equal(twin(x), model(x))
    assert twin.evaluate(x, Y, verbose=0) == model.evaluate(x, Y, verbose=0)
    assert int(twin.optimizer.iterations) == int(model.optimizer.iterations) == 4
    before = model.get_weights()
    got = twin.fit(x, Y, batch_size=8, epochs=2, shuffle=False, verbose=0).history
    assert all(map(np.array_equal, before, model.get_weights()))  # the copy has weights of its own
    expected = model.fit(x, Y, batch_size=8, epochs=2, shuffle=False, verbose=0).history
    assert got == expected
    for a, b in zip(twin.get_weights(), model.get_weights(), strict=True):
        assert np.array_equal(a, b)
    twin.summary(print_fn=lambda *args, **kwargs: None)


def test_a_copy_of_a_model_that_was_never_used():
    for model in (_sequential(), Residual(), ckeras.Sequential([layers.Dense(2)]), ckeras.Sequential()):
        for twin in (copy.deepcopy(model), pickle.loads(pickle.dumps(model))):
            assert twin.built == model.built and not twin.compiled
            assert [w.shape for w in twin.weights] == [w.shape for w in model.weights]


def test_a_copy_may_grow():
    model = ckeras.Sequential([ckeras.Input((4,)), layers.Dense(3)])
    twin = copy.deepcopy(model)
    twin.add(layers.Dense(2))
    assert twin.output_shape == (None, 2) and model.output_shape == (None, 3)
    assert np.array_equal(twin.layers[0](X), model(X))
    assert twin.predict(X, verbose=0).shape == (20, 2)


def test_pickle_of_a_history_and_of_a_model_inside_other_things():
    model = ckeras.Sequential([ckeras.Input((4,)), layers.Dense(1)])
    model.compile("sgd", "mse")
    history = model.fit(X, Y, epochs=2, verbose=0)
    kept = pickle.loads(pickle.dumps({"model": model, "history": history}))
    assert kept["history"].history == history.history
    assert np.array_equal(kept["model"].predict(X, verbose=0), model.predict(X, verbose=0))
