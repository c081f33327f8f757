"""Training gives the weights and the history that Keras gives, from the same weights on the same data."""

from types import SimpleNamespace

import numpy as np
import pytest
import reference

import ckeras

_MADE = reference.script("make_training_values")


@pytest.fixture(scope="module")
def values():
    """{case: {name: array}}, as Keras gave it."""
    return reference.values(_MADE.VALUES)


@pytest.mark.parametrize("case", _MADE.CASES)
def test_weights_and_history_are_those_of_keras(case, values):
    found = _MADE.train(ckeras, case)
    assert list(found) == list(values[case])  # the order of the history's keys, too
    for name, expected in values[case].items():
        np.testing.assert_allclose(found[name], expected, rtol=1e-5, atol=1e-5, err_msg=name)


@pytest.mark.parametrize("optimizer", _MADE.OPTIMIZERS)
def test_run_eagerly_gives_them_too(optimizer, values):
    case = f"{optimizer}/sparse_categorical_crossentropy"
    found = _MADE.train(_EAGER, case)
    for name, expected in values[case].items():
        np.testing.assert_allclose(found[name], expected, rtol=1e-5, atol=1e-5, err_msg=name)


class _EagerSequential(ckeras.Sequential):
    def compile(self, *args, **kwargs):
        super().compile(*args, run_eagerly=True, **kwargs)


_EAGER = SimpleNamespace(
    Input=ckeras.Input, layers=ckeras.layers, optimizers=ckeras.optimizers, Sequential=_EagerSequential
)
