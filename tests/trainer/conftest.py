"""Models and data that the tests of training share."""

import numpy as np
import pytest

import ckeras
from ckeras import layers


@pytest.fixture
def data():
    """20 samples of 4 features, targets of one column, and integer class labels of three classes."""
    rng = np.random.default_rng(0)
    x = rng.standard_normal((20, 4)).astype("float32")
    return x, (x[:, :1] - 0.5 * x[:, 1:2] + 0.1).astype("float32"), np.arange(20) % 3


@pytest.fixture
def mlp():
    """A function that makes a model of two layers, the same weights each time."""

    def make(units=1, activation=None, **options):
        model = ckeras.Sequential(
            [ckeras.Input((4,)), layers.Dense(5, activation="tanh", **options), layers.Dense(units, activation)]
        )
        rng = np.random.default_rng(1)
        model.set_weights([0.5 * rng.standard_normal(w.shape) for w in model.get_weights()])
        return model

    return make


@pytest.fixture
def state_of():
    """A function that gives copies of all that training changes: weights, optimizer's variables, metrics."""

    def state(model):
        found = [v.numpy() for v in model.variables]
        if model.optimizer is not None:
            found += [v.numpy() for v in model.optimizer.variables]
        return found + [v.numpy() for m in model.metrics for v in m.variables]

    return state


@pytest.fixture
def same():
    """A function that checks that two lists of arrays are equal bit for bit."""

    def check(a, b):
        assert len(a) == len(b)
        for x, y in zip(a, b, strict=True):
            assert np.asarray(x).tobytes() == np.asarray(y).tobytes()

    return check
