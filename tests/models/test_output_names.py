"""Losses, metrics, targets and weights by the names of the layers that compute the outputs of a graph."""

import numpy as np
import pytest

import ckeras
from ckeras import layers

X = np.random.default_rng(0).standard_normal((8, 4)).astype("float32")
Y = [X[:, :1], X[:, :2]]


def model(*names):
    x = ckeras.Input((4,))
    return ckeras.Model(x, [layers.Dense(i + 1, name=name)(x) for i, name in enumerate(names)])


def history(m, y, **kwargs):
    m.compile("sgd", **kwargs)
    return m.fit(X, y, verbose=0).history


def test_logs_are_named_after_the_outputs():
    m = model("z", "a")
    logs = history(m, Y, loss="mse", metrics=[["mae"], ["mse"]])
    assert sorted(logs) == ["a_loss", "a_mse", "loss", "z_loss", "z_mae"]
    results = m.evaluate(X, Y, verbose=0)
    names = m.evaluate(X, Y, verbose=0, return_dict=True)
    assert results[1] == pytest.approx(names["z_loss"]) and results[2] == pytest.approx(names["a_loss"])


@pytest.mark.parametrize("wrap", [tuple, list, lambda pair: {"z": pair[0], "a": pair[1]}])
def test_each_output_gets_its_own(wrap):
    logs = history(
        model("z", "a"), wrap(Y), loss={"a": "mae", "z": "mse"}, loss_weights={"z": 0.0, "a": 2.0}, metrics={"a": "mae"}
    )
    assert logs["a_loss"][0] == pytest.approx(logs["a_mae"][0]) and logs["loss"][0] == pytest.approx(
        2 * logs["a_loss"][0]
    )


def test_weights_by_name():
    weights = {"z": np.zeros(8), "a": np.ones(8)}
    m = model("z", "a")
    m.compile("sgd", "mse")
    logs = m.fit(X, Y, sample_weight=weights, verbose=0).history
    assert logs["z_loss"] == [0.0] and logs["a_loss"][0] > 0


def test_one_output_may_be_named():
    logs = history(one(), Y[0], loss={"only": "mse"}, metrics={"only": ["mae"]})
    assert sorted(logs) == ["loss", "mae"]


def one():
    x = ckeras.Input((4,))
    return ckeras.Model(x, layers.Dense(1, name="only")(x))


@pytest.mark.parametrize("what", ["loss", "metrics"])
def test_an_unknown_name_is_an_error_that_lists_the_outputs(what):
    given = {"loss": "mse", what: {"wrong": "mae"}}
    with pytest.raises(
        ValueError, match=rf"{what} names the outputs \['wrong'\], and the model has them as \['a', 'z'\]"
    ):
        history(model("z", "a"), Y, **given)
