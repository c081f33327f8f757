"""Functions with gradients of their own, and functions that are computed again in the backward pass."""

import gc
import weakref

import numpy as np
import pytest

import ckeras
from ckeras import GradientTape, RematScope, Variable, layers, ops, remat
from ckeras.compiler.function import compile_plan

X = np.array([-1.0, 0.5, 2.0], "float32")


def derivative(f, x, order=1):
    x = ops.convert_to_tensor(x)
    with GradientTape() as tape:
        tape.watch(x)
        y = ops.sum(f(x) if order == 1 else derivative(f, x, order - 1))
    return tape.gradient(y, x)


def agree(f, plain, orders=(1, 2, 3)):
    """``f`` and its derivatives are those of ``plain``, op by op and compiled."""
    for order in orders:
        expected = derivative(plain, X, order).numpy()
        np.testing.assert_allclose(derivative(f, X, order).numpy(), expected, 1e-4, 1e-5)
        compiled = ckeras.function(lambda x, n=order: derivative(f, x, n))
        np.testing.assert_allclose(compiled(X).numpy(), expected, 1e-4, 1e-5)


@ops.custom_gradient
def log1pexp(x):
    e = ops.exp(x)

    def grad(*args, upstream=None):
        if upstream is None:
            (upstream,) = args
        return ops.multiply(upstream, 1.0 - 1.0 / ops.add(1, e))

    return ops.log(1 + e), grad


def test_the_gradient_it_says_it_has():
    agree(log1pexp, ops.softplus)
    np.testing.assert_allclose(log1pexp(X).numpy(), ops.softplus(X).numpy(), 1e-6)
    doubled = ops.custom_gradient(lambda x: (x, lambda g: 2 * g))
    assert derivative(doubled, X).tolist() == [2, 2, 2]
    assert derivative(lambda x: doubled(doubled(x)) * 3, X).tolist() == [12, 12, 12]


def test_within_branches_and_loops():
    agree(lambda x: ops.map(lambda r: log1pexp(r * 2) * r, x), lambda x: ops.softplus(x * 2) * x)

    def branched(f):
        return lambda x: ops.cond(ops.sum(x) > 0, lambda: f(x) * x, lambda: x)

    agree(branched(log1pexp), branched(ops.softplus))

    def closed_over(x):
        def row(r):
            s = ops.tanh(r)
            scaled = ops.custom_gradient(lambda a: (a * s, lambda g: g * s))
            return scaled(r)

        return ops.map(row, x)

    agree(closed_over, lambda x: ops.tanh(ops.stop_gradient(x)) * x, [1])


def test_several_arguments_and_outputs():
    def check(f, expected):
        a, b = ops.convert_to_tensor(X), ops.convert_to_tensor(X + 1)
        for run in (lambda a, b: f(a, b), ckeras.function(lambda a, b: f(a, b))):
            assert [[round(v, 4) for v in t.tolist()] for t in run(a, b)] == expected

    def slopes(f):
        def run(a, b):
            with GradientTape() as tape:
                tape.watch([a, b])
                p, q = f({"a": a}, b)
                y = ops.sum(p) + 2 * ops.sum(q)
            return tape.gradient(y, [a, b])

        return run

    one = ops.custom_gradient(lambda d, b: ((d["a"], b), lambda up: ({"a": up[0] * 3}, up[1] * 5)))
    two = ops.custom_gradient(lambda d, b: ((d["a"], b), lambda p, q: (p * 3, q * 5)))
    torch_like = ops.custom_gradient(
        lambda d, b: ((d["a"], b), lambda *args, upstream: (upstream[0] * 3, upstream[1] * 5 + 0 * args[1]))
    )
    for f in (one, two, torch_like):
        check(slopes(f), [[3, 3, 3], [10, 10, 10]])
    first = ops.custom_gradient(lambda d, b: ((d["a"], b), lambda p, q: (p * 3, None)))
    a, b = ops.convert_to_tensor(X), ops.convert_to_tensor(X)
    with GradientTape() as tape:
        tape.watch([a, b])
        y = ops.sum(first({"a": a}, b)[0])
    ga, gb = tape.gradient(y, [a, b])
    assert ga.tolist() == [3, 3, 3] and gb is None


def test_of_a_variable():
    v = Variable(X)
    with GradientTape() as tape:
        y = ops.sum(log1pexp(v))
    np.testing.assert_allclose(tape.gradient(y, v).numpy(), 1 / (1 + np.exp(-X)), 1e-5)


def test_arguments_that_are_no_tensors():
    power = ops.custom_gradient(lambda x, n, scale=1.0: (x**n * scale, lambda g: g * 100))
    assert derivative(lambda x: power(x, 2, scale=3.0), X).tolist() == [100, 100, 100]
    for_all = ops.custom_gradient(lambda x, n: (x**n, lambda g: (g * 100, None)))
    assert derivative(lambda x: for_all(x, 2), X).tolist() == [100, 100, 100]


def test_a_plan_has_nothing_of_it_but_the_ops():
    plan, _ = compile_plan(lambda x: derivative(log1pexp, x), [ops.convert_to_tensor(X).spec], tuple)
    assert [i.kernel for i in plan.instructions] == ["map"]


def test_what_is_refused():
    with pytest.raises(ValueError, match="a pair"):
        ops.custom_gradient(lambda x: x)(X)
    with pytest.raises(ValueError, match="give 1 tensors, one for each argument, got 2"):
        derivative(ops.custom_gradient(lambda x: (x, lambda g: (g, g, g)[:2])), X)
    with pytest.raises(ValueError, match=r"shape \(3,\) of the argument"):
        derivative(ops.custom_gradient(lambda x: (x, lambda g: g[:2])), X)


def test_on_symbolic_tensors():
    x = ckeras.Input((3,))
    f = ckeras.Function(x, log1pexp(x * 2))
    agree(lambda x: f(ops.reshape(x, (1, 3))), lambda x: ops.softplus(x * 2), [1, 2])


class Steep(layers.Layer):
    """Passes its input on, with a gradient that is 3 times as large."""

    def call(self, x):
        @ops.custom_gradient
        def steep(x):
            return x, lambda upstream: upstream * 3.0

        return steep(x)


def test_in_a_layer_that_is_trained():
    def trained(*middle):
        ckeras.utils.set_random_seed(1)
        model = ckeras.Sequential([layers.Input((3,)), layers.Dense(1, name="first"), *middle])
        model.compile(ckeras.optimizers.SGD(0.01), "mse")
        model.fit(np.tile(X, (4, 1)), np.ones((4, 1)), epochs=1, verbose=0)
        return model.get_weights()[1]

    np.testing.assert_allclose(trained(Steep()), 3 * trained(), 1e-4)


# -- remat


def wave(x):
    return ops.sin(x * x) * ops.exp(-x)


def test_remat_changes_no_result():
    agree(remat(wave), wave)
    agree(lambda x: remat(wave)(remat(wave)(x)) + x, lambda x: wave(wave(x)) + x)
    agree(lambda x: ops.map(remat(wave), x), wave)
    agree(remat(lambda x: x), lambda x: x, [1])


def test_remat_keeps_no_intermediate_results():
    kept = []

    def f(x):
        y = ops.exp(x)
        kept.append(weakref.ref(y))
        return ops.square(y)

    x = ops.convert_to_tensor(X)
    for function, alive in ((f, True), (remat(f), False)):
        kept.clear()
        with GradientTape() as tape:
            tape.watch(x)
            y = function(x)
        gc.collect()
        assert (kept[0]() is not None) == alive
        np.testing.assert_allclose(tape.gradient(y, x).numpy(), 2 * np.exp(2 * X), 1e-5)


def test_remat_makes_a_smaller_arena():
    def deep(x, wrap):
        for _ in range(8):
            x = wrap(_block)(x)
        return x

    def arena(wrap):
        spec = ops.zeros((256, 64)).spec
        plan, _ = compile_plan(lambda x: derivative(lambda a: deep(a, wrap), x), [spec], tuple)
        assert plan.python_instructions == 0
        return plan.arena_bytes

    assert arena(remat) < 0.6 * arena(lambda f: f)


def _block(x):
    for _ in range(4):
        x = ops.tanh(ops.matmul(x, ops.matmul(ops.transpose(x), x)) * 0.01)
    return x


def test_remat_of_variables_and_random_numbers():
    v = Variable(X)
    seeds = ckeras.random.SeedGenerator(5)

    def noisy(x):
        return x * v * ckeras.random.uniform((3,), seed=seeds)

    def run(f):
        seeds.state.assign([5, 0])
        x = ops.convert_to_tensor(X)
        with GradientTape() as tape:
            tape.watch(x)
            y = f(x)
        return [y, *tape.gradient(y, [x, v]), ops.convert_to_tensor(seeds.state)]

    plain = run(noisy)
    for again in (run(remat(noisy)), ckeras.function(lambda: run(remat(noisy)))()):
        for a, b in zip(again, plain, strict=True):
            np.testing.assert_allclose(a.numpy(), b.numpy(), 1e-6)
    assert seeds.state.numpy().tolist() == [5, 1]


@pytest.mark.parametrize(
    "options",
    [
        {"mode": "full"},
        {"mode": "activations"},
        {"mode": "larger_than", "output_size_threshold": 4},
        {"mode": "larger_than", "output_size_threshold": 4000},
        {"mode": "list_of_layers", "layer_names": ["first"]},
        {"mode": None},
    ],
)
def test_layers_made_in_a_remat_scope_train_alike(options):
    def trained(**scope):
        ckeras.utils.set_random_seed(2)
        with RematScope(**scope):
            model = ckeras.Sequential(
                [layers.Input((3,)), layers.Dense(8, "tanh", name="first"), layers.Dropout(0.5), layers.Dense(1)]
            )
        model.compile("sgd", "mse")
        model.fit(np.tile(X, (8, 1)), np.ones((8, 1)), epochs=2, batch_size=4, verbose=0)
        return model.get_weights()

    for a, b in zip(trained(**options), trained(mode=None), strict=True):
        np.testing.assert_allclose(a, b, 1e-5, 1e-6)


@pytest.mark.parametrize("eager", [True, False])
def test_losses_and_random_numbers_of_layers_inside(eager):
    class Block(layers.Layer):
        def __init__(self):
            super().__init__()
            self.dense = layers.Dense(4, "tanh", activity_regularizer="l2")
            self.dropout = layers.Dropout(0.5, seed=3)

        def call(self, x):
            y = self.dropout(self.dense(x))
            self.add_loss(0.1 * ops.sum(ops.square(y)))
            return y

    def trained(mode):
        ckeras.utils.set_random_seed(2)
        with RematScope(mode):
            block = Block()
        model = ckeras.Sequential([layers.Input((3,)), block, layers.Dense(1)])
        model.compile(ckeras.optimizers.SGD(0.1), "mse", run_eagerly=eager)
        history = model.fit(np.tile(X, (8, 1)), np.ones((8, 1)), epochs=3, batch_size=4, verbose=0)
        return [*history.history["loss"], *model.get_weights()]

    for a, b in zip(trained("full"), trained(None), strict=True):
        np.testing.assert_allclose(a, b, 1e-5, 1e-6)


def test_a_remat_scope_says_what_it_takes():
    with pytest.raises(ValueError, match="mode"):
        RematScope("some")
    calls = []

    class Counted(layers.Layer):
        def call(self, x):
            calls.append(1)
            return x * x

    for mode, expected in (("full", 2), (None, 1)):
        calls.clear()
        with RematScope(mode):
            layer = Counted()
        derivative(layer, X)
        assert len(calls) == expected
