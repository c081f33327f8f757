"""The state of models as trees and as arguments, and arguments that calls pass on to layers inside."""

import numpy as np
import pytest

import ckeras
from ckeras import layers

X = np.random.default_rng(0).standard_normal((6, 3)).astype("float32")


def trained():
    model = ckeras.Sequential([ckeras.Input((3,)), layers.Dense(2, name="d")], name="m")
    model.compile(ckeras.optimizers.Adam(name="adam"), "mse", metrics=["mae"])
    model.fit(X, X[:, :2], verbose=0)
    return model


def test_the_state_tree_has_all_variables_by_their_paths():
    model = trained()
    tree = model.get_state_tree("numpy_array")
    assert list(tree) == ["trainable_variables", "non_trainable_variables", "optimizer_variables", "metrics_variables"]
    np.testing.assert_array_equal(tree["trainable_variables"]["m"]["d"]["kernel"], model.get_weights()[0])
    assert tree["optimizer_variables"]["adam"]["iteration"] == 1
    assert set(tree["metrics_variables"]["loss"]) == {"total", "count"}
    assert isinstance(model.get_state_tree()["trainable_variables"]["m"]["d"]["bias"], ckeras.ops.ones(1).__class__)


def test_a_state_tree_is_assigned_whole_or_in_part():
    model = trained()
    tree = model.get_state_tree("numpy_array")
    weights, slots = model.get_weights(), [v.numpy() for v in model.optimizer.variables]
    model.fit(X, X[:, :2], verbose=0)
    model.set_state_tree(tree)
    for a, b in zip([*model.weights, *model.optimizer.variables], [*weights, *slots], strict=True):
        np.testing.assert_array_equal(a, b)
    model.set_state_tree({"trainable_variables": {"m": {"d": {"bias": np.array([5.0, 6.0])}}}})
    np.testing.assert_array_equal(model.layers[0].bias, [5.0, 6.0])


@pytest.mark.parametrize(
    ("tree", "message"),
    [
        ({"weights": {}}, "expects the keys"),
        ({"trainable_variables": {"m": {"d": {"kernel": np.ones((3, 2)), "b": 1.0}}}}, "no variable 'm/d/b'"),
        ({"trainable_variables": {"m": {"d": {"bias": np.ones(2), "kernel": np.ones(3)}}}}, "has shape"),
    ],
)
def test_a_wrong_tree_changes_nothing(tree, message):
    model = trained()
    before = model.get_weights()
    with pytest.raises(ValueError, match=message):
        model.set_state_tree(tree)
    for a, b in zip(model.get_weights(), before, strict=True):
        np.testing.assert_array_equal(a, b)


def test_an_unknown_format():
    with pytest.raises(ValueError, match="value_format to be one of"):
        trained().get_state_tree("list")


def test_the_loss_for_other_values_of_the_variables():
    model = trained()
    before = model.get_weights()
    values = [[np.zeros(v.shape, "float32") for v in variables] for variables in (model.trainable_variables, [])]
    metrics = [v.numpy() for v in model.metrics_variables]
    y_pred, _ = model.stateless_call(*values, X)
    loss, after = model.stateless_compute_loss(*values, metrics, X, X[:, :2], y_pred)
    assert float(loss) == pytest.approx(float(np.mean(X[:, :2] ** 2)), rel=1e-5)
    assert [len(part) for part in after] == [2, 0, len(metrics)]
    for a, b in zip(model.get_weights(), before, strict=True):
        np.testing.assert_array_equal(a, b)
    with pytest.raises(ValueError, match="expects values for"):
        model.stateless_compute_loss([], [], metrics, X, X[:, :2], y_pred)


class Shift(layers.Layer):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self._register_call_context_args("shift")

    def call(self, x, shift=None):
        return x if shift is None else x + shift


class Outer(layers.Layer):
    def __init__(self, registered, **kwargs):
        super().__init__(**kwargs)
        self.inner = Shift()
        if registered:
            self._register_call_context_args("shift")

    def call(self, x):
        return self.inner(x)


def test_arguments_of_the_context_reach_layers_inside():
    np.testing.assert_array_equal(Outer(True)(X, shift=2.0), X + 2)
    np.testing.assert_array_equal(Outer(True)(X), X)
    with pytest.raises(TypeError, match="shift"):
        Outer(False)(X, shift=2.0)


def test_arguments_of_the_context_in_a_graph():
    x = ckeras.Input((3,))
    model = ckeras.Model(x, Outer(True)(x))
    model._register_call_context_args("shift")
    np.testing.assert_array_equal(model(X, shift=3.0), X + 3)
    np.testing.assert_array_equal(model(X), X)
    np.testing.assert_array_equal(model(X, shift=4.0), X + 4)
