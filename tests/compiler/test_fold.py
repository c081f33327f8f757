"""Scales of channels fold into the product before them; residuals and activations, into normalizations."""

import numpy as np
import pytest
from plans import plan_of

import ckeras
from ckeras import layers, models, ops

RNG = np.random.default_rng(0)


def labels(plan):
    return [i.label for i in plan.instructions]


def filled(model):
    for weight in model.weights:
        weight.assign(RNG.uniform(0.5, 1.5, weight.shape))
    return model


def sequence(shape, *parts):
    return filled(models.Sequential([layers.Input(shape), *parts]))


def images(*shape):
    return RNG.standard_normal(shape).astype("float32")


def expected(model, x):
    """The prediction of the model, layer by layer."""
    y = ops.convert_to_tensor(x)
    for layer in model.layers:
        y = layer(y, training=False) if isinstance(layer, layers.BatchNormalization) else layer(y)
    return y.numpy()


NORM = layers.BatchNormalization
MODELS = {
    "conv": lambda: sequence((6, 5, 3), layers.Conv2D(4, 3, use_bias=False), NORM(), layers.ReLU()),
    "conv with bias": lambda: sequence((6, 5, 3), layers.Conv2D(4, (2, 3), 2, "same"), NORM(scale=False)),
    "grouped conv": lambda: sequence((7, 4), layers.Conv1D(6, 3, groups=2), NORM(), layers.Activation("tanh")),
    "transposed conv": lambda: sequence((4, 5, 3), layers.Conv2DTranspose(2, 3, 2), NORM()),
    "dense": lambda: sequence((12,), layers.Dense(5), NORM(), layers.ReLU()),
    "dense of sequences": lambda: sequence((3, 12), layers.Dense(5, use_bias=False), NORM(center=False)),
    "two": lambda: sequence((8, 8, 3), layers.Conv2D(4, 3), NORM(), layers.ReLU(), layers.Conv2D(4, 3), NORM()),
}


@pytest.mark.parametrize("name", MODELS)
def test_batch_normalization_folds_into_the_product_before_it(name):
    model = MODELS[name]()
    x = images(9, *model.input_shape[1:])
    plan = plan_of(lambda x: model(x, training=False), x)
    assert "mul" not in "+".join(labels(plan)) and "rsqrt" in str(labels(plan.prologue))
    np.testing.assert_allclose(plan.run([x])[0], expected(model, x), rtol=2e-5, atol=2e-5)


@pytest.mark.parametrize("name", MODELS)
def test_predictions_follow_training_and_new_weights(name):
    model = MODELS[name]()
    model.compile("sgd", "mse")
    x = images(9, *model.input_shape[1:])
    np.testing.assert_allclose(model.predict(x, verbose=0), expected(model, x), rtol=2e-5, atol=2e-5)
    before = model.predict(x, verbose=0)
    model.fit(x, np.zeros_like(before), epochs=2, verbose=0)
    after = model.predict(x, verbose=0)
    assert np.abs(after - before).max() > 1e-3
    np.testing.assert_allclose(after, expected(model, x), rtol=2e-5, atol=2e-5)
    model.set_weights([w * 1.25 for w in model.get_weights()])
    np.testing.assert_allclose(model.predict(x, verbose=0), expected(model, x), rtol=2e-5, atol=2e-5)
    model.weights[-1].assign(model.weights[-1] * 4)  # the moving variance alone
    np.testing.assert_allclose(model.predict(x, verbose=0), expected(model, x), rtol=2e-5, atol=2e-5)


def test_a_product_that_is_read_twice_keeps_its_weights():
    inputs = layers.Input((6, 6, 3))
    y = layers.Conv2D(4, 3)(inputs)
    model = filled(models.Model(inputs, [y, NORM()(y)]))
    x = images(2, 6, 6, 3)
    plain, normal = model.predict(x, verbose=0)
    np.testing.assert_allclose(plain, model.layers[1](x), rtol=1e-5)
    np.testing.assert_allclose(normal, model.layers[2](plain, training=False), rtol=1e-5, atol=1e-5)


def test_scales_of_inputs_and_of_single_rows_stay():
    scale = ckeras.Variable(np.array([[2.0], [3.0]], "float32"))
    model = filled(models.Sequential([layers.Input((4,)), layers.Rescaling(0.5, 1.0), layers.Dense(1)]))
    x = images(2, 4)
    plan = plan_of(lambda x: model(x) * scale, x)
    np.testing.assert_allclose(plan.run([x])[0], model(x) * scale, rtol=1e-5)


def test_nothing_folds_into_weights_that_a_step_assigns():
    layer, norm = layers.Dense(3), NORM()
    layer.build((None, 4)), norm.build((None, 3))
    x = images(5, 4)

    def step(x):
        y = norm(layer(x), training=False)
        layer.kernel.assign(layer.kernel * 0.5)
        return y

    plan = plan_of(step, x)
    for _ in range(3):
        wanted = norm(layer(x), training=False).numpy()
        np.testing.assert_allclose(plan.run([x])[0], wanted, rtol=1e-5, atol=1e-6)


# -- training -------------------------------------------------------------------------------------------------------


def gradients(function, x, variables):
    def with_gradients(x):
        with ckeras.GradientTape() as tape:
            tape.watch(x)
            y = function(x)
        return [y, *tape.gradient(y, [x, *variables], output_gradients=ops.sin(y))]

    return with_gradients


@pytest.mark.parametrize("residual", [False, True])
def test_residual_and_activation_join_the_normalization(residual):
    norm = NORM()
    norm.build((None, 5, 4))
    norm.gamma.assign([1.0, -2.0, 0.5, 3.0]), norm.beta.assign([0.1, 0.0, -0.3, 0.2])
    x = images(3, 5, 4)

    def function(x):
        y = norm(x, training=True)
        return ops.relu(y + ops.sin(x) if residual else y)

    f = gradients(function, ops.convert_to_tensor(x), [norm.gamma, norm.beta])
    plan = plan_of(f, x)
    assert "norm_apply_fused" in labels(plan)
    assert ("norm_grad_relu" in labels(plan)) is not residual
    moving = norm.moving_mean.numpy()
    wanted = [v.numpy() for v in f(ops.convert_to_tensor(x))]
    norm.moving_mean.assign(moving)
    for found, value in zip(plan.run([x]), wanted, strict=True):
        np.testing.assert_allclose(found, value, rtol=1e-5, atol=1e-6)


def test_two_normalizations_are_added():
    one, two = NORM(), NORM()
    one.build((None, 4)), two.build((None, 4))
    x = images(6, 4)
    f = gradients(lambda x: ops.relu(one(x, training=True) + two(ops.exp(x), training=True)), x, [one.gamma, two.beta])
    for found, value in zip(plan_of(f, x).run([x]), f(ops.convert_to_tensor(x)), strict=True):
        np.testing.assert_allclose(found, value, rtol=1e-5, atol=1e-6)
