"""Copies of models with new layers."""

import numpy as np
import pytest

import ckeras
from ckeras import layers
from ckeras.models import clone_model, model_from_json

X = np.random.default_rng(0).standard_normal((5, 4)).astype("float32")


def shared():
    """A graph with a layer that is called twice, an operation, and an argument of a call."""
    x = ckeras.Input((4,), name="x")
    layer = layers.Dense(4, name="twice")
    return ckeras.Model(x, layers.Dropout(0.5, name="drop")(layer(layer(x)) * 2.0), name="shared")


def chain():
    return ckeras.Sequential([ckeras.Input((4,)), layers.Dense(2, name="d")], name="chain")


@pytest.mark.parametrize("make", [shared, chain])
def test_a_clone_has_new_layers_of_the_same_configuration(make):
    model = make()
    clone = clone_model(model)
    assert clone.name == model.name and [x.name for x in clone.layers] == [x.name for x in model.layers]
    assert not {id(x) for x in clone.layers} & {id(x) for x in model.layers}
    clone.set_weights(model.get_weights())
    np.testing.assert_array_equal(clone(X), model(X))


def test_a_clone_is_compiled_like_the_model():
    model = chain()
    model.compile("sgd", "mse")
    clone = clone_model(model)
    assert clone.compiled and clone.optimizer is not model.optimizer
    clone.fit(X, X[:, :2], verbose=0)


def test_functions_see_each_layer_once_and_each_call():
    cloned, called = [], []

    def clone(layer):
        cloned.append(layer.name)
        return type(layer).from_config(layer.get_config())

    def call(layer, *args, **kwargs):
        called.append(layer.name)
        return layer(*args, **kwargs)

    clone_model(shared(), clone_function=clone, call_function=call)
    assert len(cloned) == 3 and cloned[0] == "twice" and cloned[-1] == "drop"
    assert called[:2] == ["twice", "twice"] and len(called) == 4


def test_a_clone_function_may_replace_layers():
    model = clone_model(chain(), clone_function=lambda layer: layers.Dense(5, name=layer.name))
    assert model.output_shape == (None, 5)


def test_models_among_the_layers_are_cloned_if_asked():
    x = ckeras.Input((4,))
    outer = ckeras.Model(x, shared()(x))
    seen = []

    def clone(layer):
        seen.append(layer.name)
        return type(layer).from_config(layer.get_config())

    clone_model(outer, clone_function=clone)
    assert seen == ["shared"]
    seen.clear()
    clone_model(outer, clone_function=clone, recursive=True)
    assert "twice" in seen and "shared" not in seen


@pytest.mark.parametrize("make", [shared, chain])
def test_a_clone_may_start_from_other_tensors(make):
    new = ckeras.Input((4,), name="new")
    assert clone_model(make(), input_tensors=new).inputs[0] is new


class Mine(ckeras.Model):
    def __init__(self, units, **kwargs):
        super().__init__(**kwargs)
        self.units = units

    def call(self, x):
        return x * self.units


def test_a_subclass_is_made_again_from_its_configuration():
    assert clone_model(Mine(3)).units == 3


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: clone_model(3), "expects a model, got 3"),
        (lambda: clone_model(chain(), call_function=print), "call_function only for functional models"),
        (lambda: clone_model(Mine(1), clone_function=print), "clone_function only for Sequential and functional"),
        (lambda: clone_model(shared(), input_tensors=X), "input_tensors to be symbolic"),
        (lambda: clone_model(chain(), input_tensors=[ckeras.Input((4,))] * 2), "expects one tensor"),
        (lambda: clone_model(shared(), input_tensors=[ckeras.Input((4,))] * 2), "expects 1 input_tensors, got 2"),
        (lambda: clone_model(chain(), clone_function=3), "clone_function to be callable"),
        (lambda: model_from_json(ckeras.Model.to_json(chain())[:-5]), "delimiter|Expecting"),
        (lambda: model_from_json('{"class_name": "Dense", "config": {"units": 2}}'), "expects the JSON of a model"),
    ],
)
def test_errors_say_what_was_expected(call, message):
    with pytest.raises(ValueError, match=message):
        call()


@pytest.mark.parametrize("make", [shared, chain])
def test_json_round_trip(make):
    model = make()
    again = model_from_json(model.to_json())
    assert again.to_json(sort_keys=True) == model.to_json(sort_keys=True)
