"""The gradient of pooling in plans: relu's gradient and sums over the pixels are computed before it."""

import numpy as np
import pytest
from plans import plan_of

from ckeras import GradientTape, layers, ops

X = np.random.default_rng(0).integers(-3, 4, (2, 9, 8, 5)).astype("float32")  # many are equal, many are 0
X[0, 4, 4] = [np.nan, np.inf, -np.inf, -0.0, 3.0]
BIAS = np.float32([1, 0, -1, 2, 0])


def labels(plan):
    return [i.label for i in plan.instructions]


def gradients(activation, *, mean=False, pool_size=2, **options):
    """A function of images and a bias: gradients of the weighted sum of pooled activations."""
    pool = ops.average_pool if mean else ops.max_pool

    def f(x, bias):
        with GradientTape() as tape:
            tape.watch([x, bias])
            y = pool(activation(x + bias), pool_size, **options)
            loss = ops.sum(y * ops.reshape(ops.arange(np.prod(y.shape), dtype="float32"), y.shape))
        return tape.gradient(loss, [x, bias])

    return f


def compared(f):
    """The labels of the plan of ``f``, whose results are those of the calls one by one."""
    plan = plan_of(f, X, BIAS)
    with np.errstate(invalid="ignore"):
        expected = f(ops.convert_to_tensor(X), ops.convert_to_tensor(BIAS))
    for found, one in zip(plan.run([X, BIAS]), expected, strict=True):
        np.testing.assert_array_equal(found, one)
    return labels(plan)


@pytest.mark.parametrize(
    "options",
    [{}, {"pool_size": 3, "strides": 2, "padding": "same"}, {"pool_size": 3, "strides": 1}, {"strides": 3}],
    ids=str,
)
def test_relu_before_maxima(options):
    found = compared(gradients(ops.relu, **options))
    route = found.index("pool_max_route")
    assert "relu_grad" in "".join(found[:route])
    assert not any("relu_grad" in label for label in found[route + 1 :])


def test_other_activations_and_means_stay():
    assert "tanh_grad" in "".join(compared(gradients(ops.tanh))[-3:])
    assert "relu_grad" in "".join(compared(gradients(ops.relu, mean=True))[-3:])


def test_relu_of_something_else_stays():
    def f(x, bias):
        with GradientTape() as tape:
            tape.watch(x)
            pooled = ops.max_pool(x, 2)
        return ops.relu(bias) * tape.gradient(pooled, x)

    assert labels(plan_of(f, X, BIAS))[-1] != "pool_max_route"


def test_the_sum_over_the_pixels_adds_up_the_windows():
    def f(axis):
        def sums(x, bias):
            with GradientTape() as tape:
                tape.watch(x)
                pooled = ops.max_pool(x, 3, 2, "same")
            return (ops.sum(tape.gradient(pooled, x, output_gradients=pooled + bias), axis),)

        return sums

    finite = np.nan_to_num(X, posinf=9, neginf=-9)
    for axis, routed in [((0, 1, 2), False), (None, False), ((1, 2), True), (-1, True)]:
        plan = plan_of(f(axis), finite, BIAS)
        assert ("pool_max_route" in labels(plan)) == routed, axis
        np.testing.assert_array_equal(
            plan.run([finite, BIAS])[0], f(axis)(*map(ops.convert_to_tensor, (finite, BIAS)))[0]
        )


def test_the_gradient_of_a_normalization_computes_that_of_its_relu():
    norm = layers.BatchNormalization()
    norm.build(X.shape)

    def f(x):
        with GradientTape() as tape:
            y = ops.max_pool(ops.relu(norm(x, training=True)), 2)
        return tape.gradient(y, norm.trainable_variables)

    assert "norm_grad_relu" in labels(plan_of(f, X))
