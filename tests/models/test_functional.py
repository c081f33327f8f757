"""Models made of the graph between symbolic tensors."""

import copy
import json
import pickle

import numpy as np
import pytest

import ckeras
from ckeras import layers, ops

X = np.random.default_rng(0).standard_normal((6, 4)).astype("float32")


def branches(name=None):
    """A model of two inputs, a shared layer and two outputs."""
    a, b = ckeras.Input((4,), name="a"), ckeras.Input((4,), name="b")
    shared = layers.Dense(3, activation="tanh", name="shared")
    left, right = shared(a), shared(b)
    return ckeras.Model([a, b], [layers.Dense(2, name="head")(left * right), left - right], name=name)


def values_of(model, a, b):
    kernel, bias, head, head_bias = model.get_weights()
    left, right = np.tanh(a @ kernel + bias), np.tanh(b @ kernel + bias)
    return (left * right) @ head + head_bias, left - right


@pytest.mark.filterwarnings("ignore:.* of the given dict are not used")
def test_outputs_are_those_of_the_graph():
    model = branches()
    for given in ([X, 2 * X], (X, 2 * X), {"b": 2 * X, "a": X}, {"c": X, "b": 2 * X, "a": X}):
        for got, expected in zip(model(given), values_of(model, X, 2 * X), strict=True):
            np.testing.assert_allclose(got, expected, rtol=1e-5, atol=1e-6)
    for got, expected in zip(model.predict([X, 2 * X], verbose=0), values_of(model, X, 2 * X), strict=True):
        np.testing.assert_allclose(got, expected, rtol=1e-5, atol=1e-6)


def test_names_and_layers():
    model = branches("mine")
    assert type(model).__name__ == "Functional" and model.name == "mine"
    assert model.input_names == ["a", "b"] and model.output_names[0] == "head"
    assert [layer.name for layer in model.layers] == ["a", "b", "shared", "head"]
    assert model.input_shape == [(None, 4), (None, 4)] and model.output_shape == [(None, 2), (None, 3)]
    assert model.get_layer("shared").count_params() == 15 and model.count_params() == 23
    assert len(model.operations) == 6


def test_structures_of_outputs_are_kept():
    x = ckeras.Input((4,))
    model = ckeras.Model(x, {"twice": x * 2.0, "parts": (x + 1.0, [x])})
    out = model(X)
    np.testing.assert_array_equal(out["twice"], X * 2)
    np.testing.assert_array_equal(out["parts"][1][0], X)
    assert isinstance(out["parts"], tuple)


def test_a_model_of_inner_tensors_shares_the_layers():
    x = ckeras.Input((4,))
    hidden = layers.Dense(3, name="hidden")(x)
    model = ckeras.Model(x, layers.Dense(2, name="last")(hidden))
    features = ckeras.Model(model.input, model.get_layer("hidden").output)
    rest = ckeras.Model(hidden, model.output)
    np.testing.assert_allclose(rest(features(X)), model(X), rtol=1e-6)
    assert rest.get_layer("last") is model.get_layer("last")
    assert [type(layer).__name__ for layer in rest.layers] == ["InputLayer", "Dense"]


def test_a_model_is_a_layer_of_another():
    inner = branches()
    x = ckeras.Input((4,))
    head, difference = inner([x, x * 2.0])
    outer = ckeras.Model(x, ops.concatenate([head, difference], axis=-1))
    np.testing.assert_allclose(outer(X), np.concatenate(values_of(inner, X, 2 * X), -1), rtol=1e-5, atol=1e-6)
    assert len(outer.trainable_weights) == 4
    inner.trainable = False
    assert outer.trainable_weights == []


def test_a_subclass_may_make_its_graph():
    class Regression(ckeras.Model):
        def __init__(self, units=3, **kwargs):
            x = ckeras.Input((4,))
            super().__init__(inputs=x, outputs=layers.Dense(units, name="d")(x), **kwargs)
            self.calls = 0

        def train_step(self, data):
            self.calls += 1
            return super().train_step(data)

    model = Regression(2, name="r")
    model.compile("sgd", "mse")
    model.fit(X, X[:, :2], verbose=0)
    assert model.calls >= 1 and model.name == "r" and [x.name for x in model.layers][-1] == "d"
    again = Regression.from_config(model.get_config())
    assert again.get_layer("d").units == 2


def test_a_plain_subclass_takes_inputs_and_outputs():
    class Mine(ckeras.Model):
        pass

    x = ckeras.Input((4,))
    model = Mine(x, layers.Dense(2)(x))
    assert isinstance(Mine.from_config(model.get_config()), Mine)
    assert model(X).shape == (6, 2)


def test_training_of_two_outputs_lowers_both_losses():
    model = branches()
    model.compile("adam", ["mse", "mae"], loss_weights=[1.0, 0.5])
    history = model.fit([X, X], [X[:, :2], X[:, :3]], epochs=30, verbose=0).history
    assert history["loss"][-1] < history["loss"][0]


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda m: pickle.loads(pickle.dumps(m))])
def test_copies_compute_the_same_and_are_independent(copied):
    model = branches()
    again = copied(model)
    before = [y.numpy() for y in model([X, X])]
    for got, expected in zip(again([X, X]), before, strict=True):
        np.testing.assert_array_equal(got, expected)
    again.set_weights([w * 0 for w in again.get_weights()])
    for got, expected in zip(model([X, X]), before, strict=True):
        np.testing.assert_array_equal(got, expected)
    assert again.input_names == ["a", "b"] and again.get_layer("a").output is again.inputs[0]


def test_config_round_trip():
    model = branches("mine")
    config = json.loads(model.to_json())
    again = ckeras.Model.from_config(config["config"])
    assert json.loads(again.to_json()) == config
    again.set_weights(model.get_weights())
    for got, expected in zip(again([X, 2 * X]), model([X, 2 * X]), strict=True):
        np.testing.assert_array_equal(got, expected)


@pytest.mark.parametrize("default", [None, False])
def test_training_of_a_call_is_fixed_where_it_was_given(default):
    class Flag(layers.Layer):
        def call(self, x, training=default):
            return x + 1.0 if training else x

    x = ckeras.Input((4,))
    always, never, follows = (
        ckeras.Model(x, Flag()(x, **given)) for given in ({"training": True}, {"training": False}, {})
    )
    for training, expected in ((True, X + 1), (False, X), (None, X)):
        np.testing.assert_array_equal(always(X, training=training), X + 1)
        np.testing.assert_array_equal(never(X, training=training), X)
        np.testing.assert_array_equal(follows(X, training=training), expected)
    np.testing.assert_array_equal(always.predict(X, verbose=0), X + 1)
    with ckeras.saving.custom_object_scope({"Flag": Flag}):
        np.testing.assert_array_equal(ckeras.Model.from_config(always.get_config())(X), X + 1)


def test_a_last_axis_of_size_one_may_be_missing_or_too_many():
    x = ckeras.Input((1,))
    model = ckeras.Model(x, x * 2.0)
    assert model(np.ones(5, "float32")).shape == (5, 1) and model(np.ones((5, 1, 1), "float32")).shape == (5, 1)


def test_inputs_are_cast_to_the_dtype_of_the_input():
    x = ckeras.Input((2,), dtype="int32")
    model = ckeras.Model(x, x + 1)
    assert model(np.ones((1, 2))).dtype == "int32"


def test_an_optional_input_may_be_none():
    class Scaled(layers.Layer):
        def call(self, x, factor=None):
            return x if factor is None else x * factor

    x, factor = ckeras.Input((4,), name="x"), ckeras.Input((4,), name="factor", optional=True)
    model = ckeras.Model([x, factor], Scaled()(x, factor))
    np.testing.assert_array_equal(model([X, None]), X)
    np.testing.assert_array_equal(model([X, X]), X * X)


X_IN, Y_IN = ckeras.Input((4,), name="x_in"), ckeras.Input((3,), name="y_in")


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: ckeras.Model(X_IN, layers.Dense(2)(Y_IN)), "does not follow from the inputs"),
        (lambda: ckeras.Model(X_IN, 3), "expects outputs to be symbolic tensors, got 3"),
        (lambda: ckeras.Model(X, X_IN), "expects inputs to be symbolic tensors"),
        (lambda: ckeras.Model([], X_IN), "expects one or more inputs"),
        (lambda: ckeras.Model(X_IN, []), "expects one or more outputs"),
        (lambda: ckeras.Model(X_IN, layers.Dense(2, name="s")(layers.Dense(2, name="s")(X_IN))), "a second 's'"),
        (lambda: ckeras.Model(X_IN, X_IN, wrong=1), "wrong"),
        (lambda: branches("m")([X]), r"model 'm' expects 2 inputs, \['a', 'b'\], got 1"),
        (lambda: branches("m")([X, X, X]), "expects 2 inputs"),
        (lambda: branches("m")({"a": X, "c": X}), r"expects inputs \['a', 'b'\], got a dict with \['a', 'c'\]"),
        (lambda: branches("m")([X, X[:, :3]]), r"wrong input 'b': expected shape \(None, 4\), got \(6, 3\)"),
        (lambda: branches("m")([X, X[0]]), r"wrong input 'b': expected shape \(None, 4\), got \(4,\)"),
    ],
)
def test_errors_name_the_model_and_the_argument(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def test_a_list_for_a_dict_of_inputs_warns():
    a, b = ckeras.Input((4,), name="a"), ckeras.Input((4,), name="b")
    model = ckeras.Model({"a": a, "b": b}, a - b)
    np.testing.assert_array_equal(model({"a": X, "b": X}), X * 0)
    with pytest.warns(UserWarning, match=r"expects a dict of inputs with the keys \['a', 'b'\], got a list"):
        model([X, 2 * X])


def test_entries_of_a_dict_that_are_no_inputs_are_named():
    a, b = ckeras.Input((4,), name="a"), ckeras.Input((4,), name="b")
    model = ckeras.Model([a, b], a - b)
    with pytest.warns(UserWarning, match=r"expects inputs \['a', 'b'\]; \['c'\] of the given dict are not used"):
        np.testing.assert_array_equal(model.predict({"a": X, "b": X, "c": X}, verbose=0), X * 0)
