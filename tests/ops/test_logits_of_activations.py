"""Cross-entropies compute from the logits that an activation left, where it was the one that fits, and only there."""

import numpy as np
import pytest

import ckeras
from ckeras import activations, losses, ops

LOGITS = np.random.default_rng(0).normal(size=(4, 3, 5)).astype("float32") * 3
ONE_HOT = np.eye(5, dtype="float32")[np.random.default_rng(1).integers(0, 5, (4, 3))]
ACTIVATIONS = {
    "sigmoid": activations.sigmoid,
    "softmax": activations.softmax,
    "softmax of axis 1": lambda x: activations.softmax(x, axis=1),
    "softmax of two axes": lambda x: activations.softmax(x, axis=(1, 2)),
}
LOSSES = {
    "binary": lambda p: losses.binary_crossentropy(ONE_HOT, p),
    "categorical": lambda p: losses.categorical_crossentropy(ONE_HOT, p),
    "categorical of axis 1": lambda p: losses.categorical_crossentropy(ONE_HOT, p, axis=1),
    "sparse categorical": lambda p: losses.sparse_categorical_crossentropy(ONE_HOT.argmax(-1), p),
}


@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("loss", LOSSES)
def test_the_loss_is_that_of_the_probabilities(activation, loss):
    function = lambda x: LOSSES[loss](ACTIVATIONS[activation](x))  # noqa: E731
    plain = LOSSES[loss](ops.convert_to_tensor(np.asarray(ACTIVATIONS[activation](LOGITS))))
    np.testing.assert_allclose(function(LOGITS), plain, rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(ckeras.function(function)(LOGITS), plain, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
@pytest.mark.parametrize(
    ("activation", "loss"),
    [(activations.softmax, ops.categorical_crossentropy), (activations.sigmoid, ops.binary_crossentropy)],
)
def test_logits_of_the_fitting_activation_keep_what_probabilities_lose(activation, loss, dtype):
    x, target = np.array([[40.0, -40.0]], dtype), np.array([[0.0, 1.0]], dtype)
    assert float(np.max(loss(target, activation(x)))) >= 40


def test_integer_logits_are_taken_as_floats():
    x, target = np.array([[4, -4]]), np.array([[0.0, 1.0]], "float32")
    np.testing.assert_allclose(ops.binary_crossentropy(target, activations.sigmoid(x)), [[4.01815, 4.01815]], rtol=1e-5)
