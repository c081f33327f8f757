"""The activations that are ops of the same name: their values, how they are found, and where they are compiled."""

import numpy as np
import pytest
from optimizers_values import compare, made, names

import ckeras
from ckeras import activations, layers, ops

SHRINKING = ["hard_shrink", "soft_shrink", "tanh_shrink", "squareplus", "sparse_plus", "sparse_sigmoid"]


@pytest.mark.parametrize("name", names("activation/"))
def test_value_is_that_of_keras(name):
    result = compare(name, rtol64=3e-7 if "/tanh" in name else 1e-10)  # Keras takes tanh in float32
    assert result.dtype == name.rsplit("/", 1)[1]


@pytest.mark.parametrize("name", sorted([*made.SPARSE_ACTIVATIONS, "sparsemax"]))
def test_by_name(name):
    assert activations.get(name) is getattr(activations, name)
    assert activations.serialize(activations.get(name)) == name
    assert activations.deserialize(name) is activations.get(name)


@pytest.mark.parametrize("name", [*SHRINKING, "sparsemax", "glu"])
def test_empty_arrays(name):
    assert activations.get(name)(np.zeros((0, 4), "float32")).shape == (0, 2 if name == "glu" else 4)


@pytest.mark.parametrize("axis", [-1, 0])
@pytest.mark.parametrize("scale", [0.1, 1.0, 30.0])
def test_sparsemax_is_the_nearest_probability(scale, axis):
    """`max(x - t, 0)` for the t that makes it sum to one, found by halving; what Keras 3.15 gives does not."""
    x = scale * np.random.default_rng(0).standard_normal((7, 5))
    low, high = x.min(axis, keepdims=True) - 1, x.max(axis, keepdims=True)
    for _ in range(100):
        t = (low + high) / 2
        above = np.maximum(x - t, 0).sum(axis, keepdims=True) > 1
        low, high = np.where(above, t, low), np.where(above, high, t)
    np.testing.assert_allclose(activations.sparsemax(x, axis=axis), np.maximum(x - high, 0), atol=1e-12)


def test_glu_of_an_odd_axis():
    with pytest.raises(ValueError, match="3"):
        activations.glu(np.zeros((2, 3), "float32"))


@pytest.mark.parametrize("name", SHRINKING)
def test_a_layer_with_it_is_compiled(name):
    model = ckeras.Sequential([ckeras.Input((4,)), layers.Dense(8, name), layers.Dense(1)])
    model.compile("sgd", "mse")
    x = np.random.default_rng(0).standard_normal((16, 4)).astype("float32")
    losses = model.fit(x, x[:, :1], batch_size=8, epochs=5, verbose=0).history["loss"]
    assert losses[-1] < losses[0]
    plans = [step.plan for step in model._plans.values() if hasattr(step, "plan")]
    assert plans
    assert sum(plan.python_instructions for plan in plans) == 0


def test_symbolic():
    x = ckeras.KerasTensor((None, 6))
    assert activations.glu(x).shape == (None, 3)
    for name in (*SHRINKING, "sparsemax"):
        assert activations.get(name)(x).shape == (None, 6)
    assert activations.threshold(x, 0.5, 1.0).shape == (None, 6)
    assert ops.is_tensor(activations.threshold(np.ones((2,), "float32"), 0.5, 1.0))
