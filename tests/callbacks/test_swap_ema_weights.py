"""`SwapEMAWeights` evaluates with the moving averages, and leaves the weights as they were."""

import numpy as np
import pytest

from ckeras import Sequential, layers, optimizers
from ckeras.callbacks import Callback, SwapEMAWeights

X = np.linspace(-1, 1, 32, dtype="float32").reshape(8, 4)
Y = X.sum(1, keepdims=True)


def trained(*callbacks, epochs=3, **options):
    model = Sequential([layers.Input((4,)), layers.Dense(1, kernel_initializer="zeros")])
    model.compile(optimizers.SGD(0.1, use_ema=True, ema_momentum=0.9, **options), "mse")
    model.fit(X, Y, batch_size=2, epochs=epochs, shuffle=False, verbose=0, callbacks=list(callbacks))
    return model


def averages(model):
    return [average.numpy() for average in model.optimizer._averages]


def equal(found, expected):
    return all(np.array_equal(a, b) for a, b in zip(found, expected, strict=True))


def test_validation_is_of_the_averages():
    class Averages(Callback):
        def on_epoch_end(self, epoch, logs=None):
            kernel, bias = averages(self.model)
            self.expected = float(np.mean((X @ kernel + bias - Y) ** 2))
            self.found = logs["val_loss"]

    check = Averages()
    model = Sequential([layers.Input((4,)), layers.Dense(1, kernel_initializer="zeros")])
    model.compile(optimizers.SGD(0.1, use_ema=True), "mse")
    model.fit(X, Y, validation_data=(X, Y), batch_size=2, verbose=0, callbacks=[SwapEMAWeights(), check])
    assert check.found == pytest.approx(check.expected, rel=1e-5)


@pytest.mark.parametrize("method", ["evaluate", "predict"])
def test_weights_are_back_after_a_pass(method):
    model = trained(epochs=1)
    model.optimizer._averages[0].assign(np.full((4, 1), 7.0))
    weights, means = model.get_weights(), averages(model)
    data = (X,) if method == "predict" else (X, Y)
    found = getattr(model, method)(*data, verbose=0, callbacks=[SwapEMAWeights()])
    assert equal(model.get_weights(), weights) and equal(averages(model), means)
    expected = X @ means[0] + means[1]
    if method == "evaluate":
        expected = np.mean((expected - Y) ** 2)
    np.testing.assert_allclose(found, expected, rtol=1e-5)


def test_training_with_swapped_epochs_is_the_same_training():
    class Seen(Callback):
        def __init__(self):
            super().__init__()
            self.weights = []

        def on_epoch_end(self, epoch, logs=None):
            self.weights.append(self.model.get_weights())

    seen, plain = Seen(), trained()
    swapped = trained(SwapEMAWeights(swap_on_epoch=True), seen)
    assert equal(swapped.get_weights(), plain.get_weights())
    assert equal(seen.weights[-1], plain.get_weights())  # the averages, which training ends with


def test_training_that_is_stopped_ends_with_the_averages():
    class Stop(Callback):
        def on_epoch_end(self, epoch, logs=None):
            self.model.stop_training = True

    stopped = trained(Stop(), SwapEMAWeights(swap_on_epoch=True))
    assert equal(stopped.get_weights(), trained(epochs=1).get_weights())


def test_an_optimizer_without_averages_is_refused():
    model = Sequential([layers.Input((4,)), layers.Dense(1)])
    model.compile("sgd", "mse")
    with pytest.raises(ValueError, match="use_ema=True"):
        model.evaluate(X, Y, verbose=0, callbacks=[SwapEMAWeights()])
