"""Callbacks that change learning rates, with one optimizer, several, and one that follows a schedule."""

import numpy as np
import pytest

from ckeras import Sequential, layers, optimizers
from ckeras.callbacks import LearningRateScheduler, ReduceLROnPlateau
from ckeras.optimizers.schedules import ExponentialDecay

X = np.ones((4, 1), "float32")


def model_with(optimizer):
    model = Sequential([layers.Input((1,)), layers.Dense(1, name="a"), layers.Dense(1, name="b")])
    model.compile(optimizer, "mse")
    return model


def two_rates():
    first, second = optimizers.SGD(0.1, name="first"), optimizers.SGD(0.2, name="second")
    return optimizers.MultiOptimizer(lambda v: first if v.path.startswith("sequential/a") else second)


def rates(history):
    return {name: np.round(v, 4).tolist() for name, v in history.history.items() if name.startswith("learning_rate")}


def test_a_schedule_sets_the_rate_of_each_of_several_optimizers(capsys):
    model = model_with(two_rates())
    scheduler = LearningRateScheduler(lambda epoch, rate: rate / 2, verbose=1)
    history = model.fit(X, X, epochs=2, verbose=0, callbacks=[scheduler])
    names = [f"learning_rate_{one.name}" for one in model.optimizer.optimizers]
    assert sorted(rates(history)) == sorted(names)
    assert "setting second learning rate to" in capsys.readouterr().out


def test_a_plateau_lowers_the_rate_of_each_of_several_optimizers(capsys):
    model = model_with(two_rates())
    lower = ReduceLROnPlateau("loss", factor=0.5, patience=1, min_delta=100, verbose=1)
    history = model.fit(X, X, epochs=3, verbose=0, callbacks=[lower])
    for name, values in rates(history).items():
        assert values[2] == pytest.approx(values[0] / 2), name
    assert "reducing second learning rate to" in capsys.readouterr().out


@pytest.mark.parametrize("wrapped", [False, True])
def test_a_plateau_refuses_a_schedule_before_training(wrapped):
    optimizer = optimizers.SGD(ExponentialDecay(0.1, 10, 0.5))
    model = model_with(optimizers.LossScaleOptimizer(optimizer) if wrapped else optimizer)
    before = model.get_weights()
    with pytest.raises(TypeError, match="follows ExponentialDecay"):
        model.fit(X, X, verbose=0, callbacks=[ReduceLROnPlateau("loss")])
    assert all(np.array_equal(a, b) for a, b in zip(before, model.get_weights(), strict=True))


def test_the_older_name_of_min_delta():
    assert ReduceLROnPlateau(epsilon=0.5).min_delta == 0.5
    with pytest.raises(TypeError, match="unknown arguments: 'eps'"):
        ReduceLROnPlateau(eps=0.5)


def test_a_scalar_tensor_is_a_learning_rate():
    from ckeras import ops

    model = model_with("sgd")
    model.fit(X, X, verbose=0, callbacks=[LearningRateScheduler(lambda epoch, rate: ops.exp(-1.0))])
    assert float(model.optimizer.learning_rate.numpy()) == pytest.approx(np.exp(-1), rel=1e-6)


def test_an_error_of_the_schedule_is_not_taken_for_another_signature():
    def schedule(epoch, rate=None):
        raise TypeError("mine")

    with pytest.raises(TypeError, match="mine"):
        model_with("sgd").fit(X, X, verbose=0, callbacks=[LearningRateScheduler(schedule)])
