"""Losses of logits neither saturate nor lose their gradient, however large the logits are."""

import numpy as np
import pytest

import ckeras
from ckeras import losses, ops

LOGITS = (-1e4, -200.0, -89.0, -50.0, -17.0, -3.0, 0.0, 3.0, 17.0, 50.0, 89.0, 200.0, 1e4)
BINARY = {
    "crossentropy": lambda y, z: losses.binary_crossentropy(y, z, from_logits=True),
    **{
        f"focal-{gamma}": lambda y, z, gamma=gamma: losses.binary_focal_crossentropy(
            y, z, from_logits=True, gamma=gamma
        )
        for gamma in (0.0, 0.5, 1.0, 2.0)
    },
}
CATEGORICAL = {
    "crossentropy": lambda y, z: losses.categorical_crossentropy(y, z, from_logits=True),
    "sparse": lambda y, z: losses.sparse_categorical_crossentropy(ops.argmax(y, -1), z, from_logits=True),
    **{
        f"focal-{gamma}": lambda y, z, gamma=gamma: losses.categorical_focal_crossentropy(
            y, z, from_logits=True, gamma=gamma, alpha=1.0
        )
        for gamma in (0.0, 0.5, 1.0, 2.0)
    },
}


def value_and_gradient(loss, y, z):
    """The loss of one sample, and its gradient by the logits."""
    z = ops.convert_to_tensor(z)
    with ckeras.GradientTape() as tape:
        tape.watch(z)
        value = loss(y, z)
    return value.numpy(), tape.gradient(value, z).numpy()


def focal(gamma, miss, log_hit):
    """(1 - p)^gamma (-log p) in float64."""
    return miss**gamma * -log_hit


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", BINARY)
def test_binary_losses_of_large_logits(name, dtype):
    gamma = float(name.partition("-")[2] or 0)
    for z in LOGITS:
        for y in (0.0, 1.0):
            value, gradient = value_and_gradient(BINARY[name], np.array([[y]], dtype), np.array([[z]], dtype))
            signed = z if y else -z
            expected = focal(gamma, np.exp(-np.logaddexp(0.0, signed)), -np.logaddexp(0.0, -signed))
            np.testing.assert_allclose(value, [expected], rtol=2e-5, atol=1e-6)
            assert np.isfinite(gradient).all()
            if gamma == 0 or signed < -20:  # the slope of the cross-entropy of a wrong answer
                slope = -np.exp(-np.logaddexp(0.0, signed)) * (1 if y else -1)
                np.testing.assert_allclose(gradient, [[slope]], rtol=1e-3, atol=1e-6)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", CATEGORICAL)
def test_categorical_losses_of_large_logits(name, dtype):
    gamma = float(name.partition("-")[2] or 0)
    for z in LOGITS:
        value, gradient = value_and_gradient(
            CATEGORICAL[name], np.array([[1.0, 0.0]], dtype), np.array([[z, 0.0]], dtype)
        )
        expected = focal(gamma, np.exp(-np.logaddexp(0.0, z)), -np.logaddexp(0.0, -z))
        np.testing.assert_allclose(value, [expected], rtol=2e-4 if gamma else 2e-5, atol=1e-6)
        assert np.isfinite(gradient).all()


@pytest.mark.parametrize(
    "make",
    [
        lambda: losses.Huber(delta=0),
        lambda: losses.Huber(delta=float("nan")),
        lambda: losses.huber([[0.0]], [[1.0]], delta=-1.0),
        lambda: losses.BinaryFocalCrossentropy(gamma=-1.0),
        lambda: losses.CategoricalFocalCrossentropy(gamma=float("inf")),
        lambda: losses.Circle(gamma=0.0),
        lambda: losses.Tversky(alpha=-0.1),
        lambda: losses.CategoricalGeneralizedCrossEntropy(q=1.0),
    ],
)
def test_parameters_outside_of_their_range_are_refused(make):
    with pytest.raises(ValueError, match=r"delta|gamma|alpha|q "):
        make()
