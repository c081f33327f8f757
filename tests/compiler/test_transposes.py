"""Transposes between layers with channels first cancel; others stay where they are."""

import numpy as np
import pytest
from plans import plan_of

import ckeras
from ckeras import layers, models, ops

RNG = np.random.default_rng(0)
FIRST = {"data_format": "channels_first"}


def labels(plan):
    return [i.label for i in plan.instructions]


def sample(*shape):
    return RNG.standard_normal(shape).astype("float32")


def channels_first(residual):
    inputs = layers.Input((3, 8, 8))
    x = layers.Conv2D(6, 3, padding="same", **FIRST)(inputs)
    x = layers.Activation("tanh")(layers.BatchNormalization(axis=1)(x))
    y = layers.ReLU()(layers.BatchNormalization(axis=1)(layers.Conv2D(6, 3, padding="same", **FIRST)(x)))
    x = layers.Add()([x, y]) if residual else y
    x = layers.GlobalAveragePooling2D(**FIRST)(layers.MaxPooling2D(2, **FIRST)(x))
    model = models.Model(inputs, x)
    for weight in model.weights:
        weight.assign(RNG.uniform(0.5, 1.0, weight.shape))
    return model


@pytest.mark.parametrize("residual", [False, True])
def test_a_model_with_channels_first_transposes_its_input_alone(residual):
    model, x = channels_first(residual), sample(2, 3, 8, 8)
    plan = plan_of(lambda x: model(x, training=False), x)
    assert labels(plan).count("transpose") == 1
    np.testing.assert_allclose(plan.run([x])[0], model(ops.convert_to_tensor(x), training=False), rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("residual", [False, True])
def test_its_gradients_are_those_of_eager_calls(residual):
    model, x = channels_first(residual), sample(2, 3, 8, 8)
    weights = model.trainable_variables
    state = model.get_weights()

    def gradients(x):
        with ckeras.GradientTape() as tape:
            tape.watch(x)
            y = model(x, training=True)
        return [y, *tape.gradient(y, [x, *weights], output_gradients=ops.cos(y))]

    plan = plan_of(gradients, x)
    assert labels(plan).count("transpose") <= 4
    found = plan.run([x])
    model.set_weights(state)
    for value, expected in zip(found, gradients(ops.convert_to_tensor(x)), strict=True):
        np.testing.assert_allclose(value, expected, rtol=1e-3, atol=1e-4)


X, Y = sample(2, 3, 4, 5), sample(2, 5, 3, 4)
FUNCTIONS = {  # function of X, and how many transposes remain
    "inverse": (lambda x: ops.transpose(ops.tanh(ops.transpose(x, (0, 3, 1, 2))), (0, 2, 3, 1)), 0),
    "two as one": (lambda x: ops.transpose(ops.transpose(x, (0, 3, 1, 2)), (1, 0, 2, 3)), 1),
    "scalars and vectors": (
        lambda x: ops.transpose(ops.transpose(x, (0, 3, 1, 2)) * 2.0 + Y[0, :, :1, :1], (0, 2, 3, 1)),
        0,
    ),
    "a matrix": (lambda x: ops.transpose(ops.transpose(x, (0, 3, 1, 2)) + Y[0, 0], (0, 2, 3, 1)), 2),
    "another operand": (lambda x: ops.transpose(ops.exp(ops.transpose(x, (0, 3, 1, 2))) + Y, (0, 2, 3, 1)), 2),
    "an output between": (lambda x: [y := ops.exp(ops.transpose(x)), ops.transpose(y)], 1),
    "no transpose after it": (lambda x: ops.exp(ops.transpose(x)) + 1, 1),
    "sum": (lambda x: ops.sum(ops.transpose(ops.transpose(x, (0, 3, 1, 2)), (0, 1, 3, 2)), (2, 3)), 0),
    "sum with kept axes": (
        lambda x: ops.mean(ops.transpose(ops.transpose(x, (0, 3, 1, 2)), (0, 1, 3, 2)), (2, 3), True),
        0,
    ),
    "sum in another order": (lambda x: ops.max(ops.transpose(ops.transpose(x), (0, 2, 1, 3)), (1, 3)), 1),
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_results_are_those_of_eager_calls(name):
    function, remaining = FUNCTIONS[name]
    plan = plan_of(function, X)
    assert labels(plan).count("transpose") == remaining
    expected = function(ops.convert_to_tensor(X))
    for found, value in zip(plan.run([X]), expected if isinstance(expected, list) else [expected], strict=True):
        np.testing.assert_allclose(found, value, rtol=1e-5, atol=1e-6)
