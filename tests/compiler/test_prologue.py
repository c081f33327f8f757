"""What depends on variables alone is computed once, and again when one of them has changed."""

import threading

import numpy as np
import pytest
from plans import plan_of

import ckeras
from ckeras import layers, models, ops
from ckeras._kernels import level
from ckeras.tensor import Variable


def labels(plan):
    return [i.label for i in plan.instructions]


X = np.arange(6, dtype="float32").reshape(2, 3)


def test_elementwise_calls_on_variables_alone_are_in_the_prologue():
    v, w = Variable([1.0, 2.0, 3.0]), Variable(4.0)
    plan = plan_of(lambda x: x + ops.exp(v) * 2 / ops.sqrt(w), X)
    assert plan.kept_bytes == 12
    assert "exp" not in str(labels(plan)) and "exp" in str(labels(plan.prologue))
    assert set(plan.variables) == {v, w}
    for value in (4.0, 9.0):
        w.assign(value)
        for _ in range(2):
            np.testing.assert_allclose(plan.run([X])[0], X + np.exp([1, 2, 3]) * 2 / np.sqrt(value), rtol=1e-6)


def test_variables_that_the_plan_assigns_are_not_known_ahead():
    v = Variable([1.0, 2.0, 3.0])

    def f(x):
        y = x + ops.exp(v)
        v.assign(v + 1)
        return y

    plan = plan_of(f, X)
    assert plan.prologue is None
    for i in range(3):
        np.testing.assert_allclose(plan.run([X])[0], X + np.exp([1.0 + i, 2.0 + i, 3.0 + i]), rtol=1e-6)


def test_an_assignment_by_another_plan_makes_the_prologue_run_again():
    v = Variable([1.0, 2.0, 3.0])
    reads = plan_of(lambda x: x * ops.exp(v), X)

    def add(x):
        v.assign(v + x)

    writes = plan_of(add, np.float32(1) + np.zeros(3, "float32"))
    for i in range(3):
        np.testing.assert_allclose(reads.run([X])[0], X * np.exp([1.0 + i, 2.0 + i, 3.0 + i]), rtol=1e-6)
        writes.run([np.ones(3, "float32")])


def test_results_that_depend_on_variables_alone():
    v, w = Variable([1.0, 2.0]), Variable([0.0, 0.0])

    def f(x):
        w.assign(ops.exp(v))
        return ops.exp(v), ops.reshape(ops.exp(v), (2, 1)), x

    plan = plan_of(f, X)
    v.assign([0.0, 1.0])
    y, z, _ = plan.run([X])
    np.testing.assert_allclose(y, np.exp([0, 1]), rtol=1e-6)
    np.testing.assert_allclose(z, np.exp([[0], [1]]), rtol=1e-6)
    np.testing.assert_allclose(w, np.exp([0, 1]), rtol=1e-6)


def test_results_are_not_the_memory_that_is_kept():
    v = Variable([1.0, 2.0])
    plan = plan_of(lambda x: ops.exp(v), X)
    (y,) = plan.run([X])
    y[...] = 0
    np.testing.assert_allclose(plan.run([X])[0], np.exp([1, 2]), rtol=1e-6)


def test_branches_and_loops_read_what_is_kept():
    v = Variable([1.0, 2.0, 3.0])

    def f(x):
        y = ops.cond(ops.sum(x) > 0, lambda: x * ops.exp(v), lambda: x - ops.exp(v))
        return ops.fori_loop(0, 3, lambda i, z: z + ops.exp(v), y)

    plan = plan_of(f, X)
    for start in (1.0, 2.0):
        v.assign([start, 0.0, 1.0])
        e = np.exp([start, 0, 1])
        np.testing.assert_allclose(plan.run([X])[0], X * e + 3 * e, rtol=1e-5)


def test_values_much_larger_than_their_variables_are_not_kept():
    v = Variable([1.0])
    plan = plan_of(lambda x: x + ops.sqrt(ops.broadcast_to(v, (100, 1000))) * x, np.ones((100, 1000), "float32"))
    assert plan.kept_bytes < 1000


# -- packed weights


def network():
    ckeras.utils.set_random_seed(1)
    return models.Sequential(
        [ckeras.Input((20,)), layers.Dense(33, activation="relu"), layers.Dense(17, activation="tanh"), layers.Dense(5)]
    )


def by_numpy(model, x):
    w = model.get_weights()
    h = np.maximum(x @ w[0] + w[1], 0)
    return np.tanh(h @ w[2] + w[3]) @ w[4] + w[5]


DATA = np.random.default_rng(0).normal(size=(40, 20)).astype("float32")


def test_dense_layers_read_packed_weights():
    model = network()
    plan = plan_of(lambda x: model(x), DATA)
    # Matrix units pack both operands themselves.
    assert (labels(plan.prologue) if plan.prologue else []) == ["pack_weights"] * 3 * ("gemm_pack" in level.kernels)
    np.testing.assert_allclose(plan.run([DATA])[0], by_numpy(model, DATA), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("units, pays", [(512, True), (40, False)])
def test_large_weights_are_packed_for_a_single_row_too(units, pays):
    x, w = np.ones((1, 200), "float32"), Variable(np.random.default_rng(0).normal(size=(200, units)).astype("float32"))
    plan = plan_of(lambda x: ops.matmul(x, w), x)
    assert labels(plan) == ["packed_dense" if pays and "gemm_pack" in level.kernels else "matmul"]
    np.testing.assert_allclose(plan.run([x])[0], w.numpy().sum(0, keepdims=True), rtol=1e-4, atol=1e-4)


def test_predict_follows_every_change_of_the_weights():
    model = network()
    model.compile("sgd", "mse")

    def check():
        for _ in range(2):
            np.testing.assert_allclose(
                model.predict(DATA, batch_size=40, verbose=0), by_numpy(model, DATA), rtol=1e-4, atol=1e-5
            )

    check()
    model.layers[0].kernel.assign(model.layers[0].kernel * 2)
    check()
    model.train_on_batch(DATA, np.ones((40, 5), "float32"))
    check()
    model.fit(DATA, np.ones((40, 5), "float32"), batch_size=8, verbose=0)
    check()
    model.set_weights([w * 0.5 for w in model.get_weights()])
    check()


def test_predict_within_fit_sees_the_weights_of_that_batch():
    model = network()
    model.compile("sgd", "mse")
    checked = []

    class Check(ckeras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            found = model.predict(DATA, batch_size=40, verbose=0)
            np.testing.assert_allclose(found, by_numpy(model, DATA), rtol=1e-4, atol=1e-5)
            checked.append(batch)

    model.fit(DATA, np.ones((40, 5), "float32"), batch_size=8, verbose=0, callbacks=[Check()])
    assert checked == [0, 1, 2, 3, 4]


def test_two_models_that_share_a_variable():
    first = network()
    shared = models.Sequential([ckeras.Input((20,)), first.layers[0]])
    for _ in range(2):
        w, b = first.get_weights()[:2]
        np.testing.assert_allclose(
            shared.predict(DATA, batch_size=40, verbose=0), np.maximum(DATA @ w + b, 0), rtol=1e-4, atol=1e-5
        )
        np.testing.assert_allclose(
            first.predict(DATA, batch_size=40, verbose=0), by_numpy(first, DATA), rtol=1e-4, atol=1e-5
        )
        first.layers[0].kernel.assign_add(np.ones_like(w))


def test_threads_that_predict_while_nothing_is_assigned_agree():
    model = network()
    plan = plan_of(lambda x: model(x), DATA)
    for scale in (1.0, 2.0):
        model.layers[0].kernel.assign(model.layers[0].kernel * scale)
        results, barrier = [None] * 4, threading.Barrier(4)

        def work(i, results=results, barrier=barrier):
            barrier.wait()
            results[i] = plan.run([DATA])[0]

        threads = [threading.Thread(target=work, args=(i,)) for i in range(4)]
        for t in threads:
            t.start()
        for t in threads:
            t.join()
        for y in results:
            np.testing.assert_allclose(y, by_numpy(model, DATA), rtol=1e-4, atol=1e-5)


def test_host_seeds_count_as_a_change():
    ckeras.utils.set_random_seed(3)
    state = ckeras.random.global_generator().state
    plan = plan_of(lambda x: ops.cast(state, "int64") + 1, X)
    before = plan.run([X])[0]
    ckeras.random.host_seed()
    assert plan.run([X])[0][1] == before[1] + 1
