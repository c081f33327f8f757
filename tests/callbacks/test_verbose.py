"""What `verbose` prints for values other than 0, 1 and 2."""

import numpy as np
import pytest

import ckeras
from ckeras import layers

X, Y = np.zeros((4, 2), "float32"), np.zeros((4, 1), "float32")


@pytest.fixture
def model():
    model = ckeras.Sequential([ckeras.Input((2,)), layers.Dense(1)])
    model.compile("sgd", "mse")
    return model


@pytest.mark.parametrize("verbose", [3, -1, "x", "2", 1.5])
def test_other_values_print_the_numbers_of_the_epochs_alone(model, verbose, capsys):
    model.fit(X, Y, epochs=2, verbose=verbose)
    assert capsys.readouterr().out == "Epoch 1/2\nEpoch 2/2\n"
    model.evaluate(X, Y, verbose=verbose)
    model.predict(X, verbose=verbose)
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("verbose", [None, 0.0, False])
def test_what_is_false_prints_nothing(model, verbose, capsys):
    model.fit(X, Y, epochs=2, verbose=verbose)
    assert capsys.readouterr().out == ""


def test_a_float_or_boolean_is_its_integer(model, capsys):
    model.fit(X, Y, verbose=2.0)
    assert capsys.readouterr().out.startswith("1/1 - 0s - ")
    model.fit(X, Y, verbose=True)
    assert "1/1" in capsys.readouterr().out
