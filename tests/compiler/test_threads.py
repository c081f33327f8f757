"""Plans that several threads make, run and drop at the same time."""

import sys
import threading

import numpy as np
import pytest

import ckeras
from ckeras import layers
from ckeras.compiler.function import function

THREADS = 8


@pytest.fixture(autouse=True)
def frequent_switches():
    """Let threads take turns often, so that they meet between any two lines."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    yield
    sys.setswitchinterval(before)


def run_together(work, count=THREADS):
    """Run ``work(i)`` in threads that start together; raise the first error of any."""
    barrier, errors = threading.Barrier(count), []

    def run(i):
        barrier.wait()
        try:
            work(i)
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=run, args=(i,)) for i in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]


def small_model():
    model = ckeras.Sequential([ckeras.Input((6,)), layers.Dense(16, activation="relu"), layers.Dense(3)])
    x = np.random.default_rng(0).standard_normal((12, 6)).astype("float32")
    return model, x, model.predict(x, verbose=0)


def test_a_function_of_many_shapes_is_called_from_several_threads():
    double_plus = function(lambda x, k: x * 2 + k)

    def work(i):
        for n in np.random.default_rng(i).permutation(np.arange(1, 80)):
            x = np.full(n, i, "float32")
            np.testing.assert_array_equal(double_plus(x, 1).numpy(), np.full(n, 2 * i + 1))

    run_together(work)


def test_a_function_does_not_mix_the_constants_of_threads():
    scale = function(lambda x, k: x * k)
    x = np.arange(5, dtype="float32")

    def work(i):
        for turn in range(60):
            k = (i + turn) % 5
            np.testing.assert_array_equal(scale(x, k).numpy(), x * k)

    run_together(work)


def test_results_of_one_thread_do_not_change_when_another_runs_the_same_plan():
    square = function(lambda x: x * x)
    kept = [[] for _ in range(THREADS)]

    def work(i):
        for turn in range(100):
            kept[i].append(square(np.full(300, i * 100 + turn, "float32")).numpy())

    run_together(work)
    for i, results in enumerate(kept):
        for turn, result in enumerate(results):
            np.testing.assert_array_equal(result, np.full(300, (i * 100 + turn) ** 2))


def test_predictions_are_right_while_a_layer_changes_between_two_states():
    model, x, linear = small_model()
    model.layers[-1].activation = ckeras.activations.relu
    rectified = model.predict(x, verbose=0)
    assert not np.array_equal(linear, rectified)

    def work(i):
        for turn in range(20):
            if i == 0:
                model.layers[-1].activation = ckeras.activations.relu if turn % 2 else ckeras.activations.linear
            else:
                found = model.predict(x, verbose=0)
                assert np.array_equal(found, linear) or np.array_equal(found, rectified)

    run_together(work)
    assert np.array_equal(model.predict(x, verbose=0), rectified)


def test_predictions_are_right_while_sessions_are_cleared():
    model, x, expected = small_model()

    def work(i):
        for turn in range(20):
            if i == 0:
                ckeras.utils.clear_session()
            else:
                n = 1 + (i + turn) % len(x)
                np.testing.assert_allclose(model.predict(x[:n], verbose=0), expected[:n], rtol=1e-6, atol=1e-6)

    run_together(work)
