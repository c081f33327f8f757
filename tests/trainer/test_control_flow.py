"""Layers and training steps with branches and loops: compiled without Python, and like the same op by op."""

import numpy as np
import pytest

import ckeras
from ckeras import GradientTape, layers, ops, remat

rng = np.random.default_rng(1)
X = rng.standard_normal((24, 5, 3)).astype("float32")
Y = rng.standard_normal((24, 2)).astype("float32")


class Wrapped(layers.Layer):
    """A weight, and a function of the input and the weight."""

    def __init__(self, function):
        super().__init__()
        self.function = function
        self.seeds = ckeras.random.SeedGenerator(1)

    def build(self, shape):
        self.w = self.add_weight((shape[-1], shape[-1]), initializer="glorot_uniform")
        self.count = self.add_weight((), initializer="zeros", trainable=False)

    def call(self, x):
        return self.function(self, x)


def cond(layer, x):
    return ops.cond(ops.mean(x) > 0, lambda: ops.matmul(x, layer.w), lambda: x * ops.sum(layer.w))


def switch(layer, x):
    index = ops.cast(layer.count.assign_add(1.0) % 3, "int32")
    return ops.switch(index, [lambda a: a, lambda a: ops.matmul(a, layer.w), lambda a: ops.tanh(a)], x)


def while_loop(layer, x):
    def body(i, h):
        return i + 1, ops.tanh(ops.matmul(h, layer.w))

    return ops.while_loop(lambda i, h: i < 2 + ops.cast(ops.mean(x) > 0, "int32"), body, (0, x), maximum_iterations=4)[
        1
    ]


def fori_loop(layer, x):
    return ops.fori_loop(0, 3, lambda i, h: ops.tanh(ops.matmul(h, layer.w)) + ops.cast(i, "float32"), x)


def scan(layer, x):
    def step(h, row):
        h = ops.tanh(row + ops.matmul(h, layer.w))
        return h, h

    return ops.transpose(ops.scan(step, ops.zeros((x.shape[0], 3)), ops.transpose(x, (1, 0, 2)))[1], (1, 0, 2))


def mapped(layer, x):
    return ops.map(lambda row: ops.matmul(row, layer.w) - ops.mean(row), x)


def vectorized_map(layer, x):
    return ops.vectorized_map(lambda pair: ops.matmul(pair[0], layer.w) * ops.sum(pair[1]), [x, x[:, 0]])


def associative_scan(layer, x):
    return ops.associative_scan(ops.add, ops.matmul(x, layer.w), axis=1)


def custom_gradient(layer, x):
    @ops.custom_gradient
    def clipped(a):
        return a, lambda upstream: ops.clip(upstream, -0.01, 0.01)

    return clipped(ops.matmul(x, layer.w))


def recomputed(layer, x):
    return remat(lambda a: ops.tanh(ops.matmul(a, layer.w)) * ckeras.random.uniform((3,), seed=layer.seeds))(x)


def random_rounds(layer, x):
    def body(i, h):
        return h * ckeras.random.uniform((3,), seed=layer.seeds) + ops.matmul(x, layer.w)

    return ops.fori_loop(0, 3, body, x)


def counted(layer, x):
    def body(i, h):
        layer.count.assign_add(1.0)
        return ops.matmul(h, layer.w)

    return ops.fori_loop(0, 2, body, x)


def scattered(layer, x):
    i = ops.cast(layer.count.assign_add(1.0) % 5, "int32")
    x = ops.slice_update(x, (0, i, 0), ops.matmul(ops.slice(x, (0, i, 0), (x.shape[0], 1, 3)), layer.w))
    return ops.scatter_update(x, [[0], [1]], ops.ones((2, 5, 3)) * layer.count, reduction="add")


FUNCTIONS = [
    cond, switch, while_loop, fori_loop, scan, mapped, vectorized_map, associative_scan, custom_gradient, recomputed,
    random_rounds, counted, scattered,
]  # fmt: skip


class Stepper(ckeras.Sequential):
    """Makes a step only where the loss is large, as a training step of one's own may."""

    def train_step(self, data):
        x, y = data
        with GradientTape() as tape:
            loss = self.compute_loss(y=y, y_pred=self(x, training=True))
        gradients = tape.gradient(loss, self.trainable_variables)
        ops.cond(loss > 0.5, lambda: self.optimizer.apply(gradients, self.trainable_variables), lambda: None)
        return {"loss": loss}


def trained(make, eager=False, kind=ckeras.Sequential, **options):
    ckeras.utils.set_random_seed(3)
    model = kind([layers.Input((5, 3)), *make(), layers.Flatten(), layers.Dense(2)])
    model.compile(ckeras.optimizers.SGD(0.01), "mse", run_eagerly=eager)
    model.fit(X, Y, batch_size=8, epochs=2, shuffle=False, verbose=0, **options)
    return model


def plans(model):
    return [step.plan for step in model._plans.values()]


@pytest.mark.parametrize("function", FUNCTIONS, ids=lambda f: f.__name__)
def test_a_layer(function, recwarn):
    model = trained(lambda: [Wrapped(function)])
    assert not recwarn.list
    assert plans(model) and all(plan.python_instructions == 0 for plan in plans(model))
    op_by_op = trained(lambda: [Wrapped(function)], eager=True)
    for v, e in zip(model.variables, op_by_op.variables, strict=True):
        np.testing.assert_allclose(v.numpy(), e.numpy(), 1e-4, 1e-5)
    np.testing.assert_allclose(model.predict(X, verbose=0), op_by_op.predict(X, verbose=0), 1e-3, 1e-4)


def test_a_step_of_ones_own_that_is_made_under_a_condition(recwarn):
    model = trained(list, kind=Stepper)
    assert not recwarn.list and all(plan.python_instructions == 0 for plan in plans(model))
    op_by_op = trained(list, eager=True, kind=Stepper)
    for v, e in zip([*model.variables, *model.optimizer.variables],
                    [*op_by_op.variables, *op_by_op.optimizer.variables], strict=True):  # fmt: skip
        np.testing.assert_allclose(v.numpy(), e.numpy(), 1e-4, 1e-5)
    assert 0 < int(model.optimizer.iterations) <= 6


def test_the_same_bits_with_one_thread_and_two():
    before = ckeras.config.get_threads()
    try:
        found = []
        for threads in (1, 2):
            ckeras.config.set_threads(threads)
            found.append(trained(lambda: [Wrapped(scan), Wrapped(while_loop), Wrapped(cond)]).get_weights())
    finally:
        ckeras.config.set_threads(before)
    for a, b in zip(*found, strict=True):
        np.testing.assert_array_equal(a, b)
