"""Memory of plans: arenas are shared, and end with the last plan that needs them."""

import gc
import subprocess
import sys

import numpy as np
import pytest
from plans import plan_of

import ckeras
from ckeras import layers, ops
from ckeras._kernels import memory
from ckeras.compiler.memory import aligned
from ckeras.tensor import cache


@pytest.fixture(autouse=True)
def nothing_kept():
    """Start without plans and idle arenas of other tests."""
    gc.collect()
    cache.clear_all()
    memory.free_idle()


def deep(width=256, depth=6):
    """A model whose steps need an arena of some megabytes."""
    model = ckeras.Sequential([ckeras.Input((None, width))] + [layers.Dense(width, "tanh") for _ in range(depth)])
    model.compile("sgd", "mse")
    return model


def train(model, length, rows=4):
    x = np.zeros((rows, length, 256), "float32")
    model.train_on_batch(x, x)


def arenas(model):
    """Bytes of the arenas of a model's plans."""
    return [step.plan.arena_bytes for step in model._plans.values()]


MANY_LENGTHS = """
import numpy as np
import ckeras
from ckeras import layers
from ckeras._kernels import memory

def resident():
    with open("/proc/self/statm") as status:
        return int(status.read().split()[1]) * 4096

model = ckeras.Sequential([ckeras.Input((None, 256))] + [layers.Dense(256, "tanh") for _ in range(6)])
model.compile("sgd", "mse")
lengths = list(range(20, 220))[::ORDER]
for count, length in enumerate(lengths):
    x = np.zeros((4, length, 256), "float32")
    model.train_on_batch(x, x)
    if count == 0:
        before = resident()
arenas = [step.plan.arena_bytes for step in model._plans.values()]
assert len(arenas) == 200, len(arenas)
assert memory.idle_bytes() <= max(arenas) + (1 << 20), memory.idle_bytes()
# The tables of 200 plans take some memory too; 200 arenas would take a hundred times the largest.
assert resident() - before < 2 * max(arenas) + (32 << 20), (resident() - before, max(arenas))
"""


@pytest.mark.parametrize("order", [1, -1], ids=["growing", "shrinking"])
def test_plans_of_many_lengths_share_one_arena(order):
    program = MANY_LENGTHS.replace("ORDER", str(order))
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_two_models_that_never_run_at_once_share_an_arena():
    first, second = deep(), deep()
    train(first, 200)
    idle = memory.idle_bytes()
    train(second, 200)
    assert memory.idle_bytes() == idle > 0


def test_deleting_a_model_frees_its_arenas():
    small, large = deep(depth=2), deep()
    train(small, 50)
    train(large, 200)
    needed = max(arenas(small))
    assert memory.idle_bytes() > needed
    del large
    gc.collect()
    assert memory.idle_bytes() <= needed


def test_clear_session_frees_arenas_and_plans():
    model = deep()
    train(model, 200)
    assert memory.idle_bytes() > 0
    ckeras.utils.clear_session()
    assert memory.idle_bytes() == 0
    assert model._plans.values() == []
    train(model, 200)  # and the model works as before


def test_concurrent_runs_have_arenas_of_their_own():
    import threading

    model = deep()
    inputs = [np.full((4, 100, 256), v, "float32") for v in (0.1, -0.7)]
    expected = [model.predict(x, verbose=0) for x in inputs]
    wrong = []

    def run(number):
        for _ in range(40):
            if not np.array_equal(model.predict(inputs[number], verbose=0), expected[number]):
                wrong.append(number)

    threads = [threading.Thread(target=run, args=(i % 2,)) for i in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


# -- what may be written over


ROWS = np.random.default_rng(0).uniform(-1, 1, (64, 100)).astype("float32")
N, TOTAL = ROWS.nbytes, aligned(64 * 4)


def elementwise(x):
    return (ops.sum(ops.exp(ops.softmax(x)), -1),)


def view(x):
    return (ops.sum(ops.exp(-ops.reshape(ops.softmax(x), (100, 64))), 0),)


def read_later(x):
    a = ops.softmax(x)
    return ops.sum(ops.exp(a), -1), ops.max(a, -1)


def broadcast(x):
    repeated = ops.expand_dims(ops.softmax(x), 1) * ops.ones((1, 2, 1))
    return (ops.sum(repeated, (1, 2)),)


@pytest.mark.parametrize(
    ("function", "values"),
    [(elementwise, N + TOTAL), (view, N + TOTAL), (read_later, 2 * N + TOTAL), (broadcast, 3 * N)],
)
def test_an_elementwise_call_writes_over_what_it_reads_last(function, values):
    plan = plan_of(function, ROWS)
    assert plan.arena_bytes == N + values  # the input first
    for found, expected in zip(plan.run([ROWS]), function(ops.convert_to_tensor(ROWS)), strict=True):
        np.testing.assert_allclose(found, expected, 1e-6)


def test_a_group_that_reads_what_it_wrote_over():
    """One of two results is written where the group reads its input again."""

    def f(x):
        a, b = ops.softmax(x), ops.softmax(-x)
        first = a + b
        second = first * a - b
        return ops.sum(first, -1), ops.sum(second, -1)

    plan = plan_of(f, ROWS)
    assert plan.arena_bytes == 4 * N  # both results are where the softmaxes were
    for found, expected in zip(plan.run([ROWS]), f(ops.convert_to_tensor(ROWS)), strict=True):
        np.testing.assert_allclose(found, expected, 1e-5)


def test_a_training_step_of_a_convolution_network_keeps_little():
    model = ckeras.Sequential(
        [
            ckeras.Input((30, 30, 1)),
            layers.Conv2D(32, 3, activation="relu"),
            layers.MaxPooling2D(2),
            layers.Flatten(),
            layers.Dense(3),
        ]
    )
    model.compile("sgd", "mse")
    model.train_on_batch(np.zeros((16, 30, 30, 1), "float32"), np.zeros((16, 3), "float32"))
    images, pixels = 16 * 28 * 28 * 32 * 4, 16 * 30 * 30 * 4
    # Alone with the pooled images and the indices of the maxima: the images, and later the gradient of them.
    assert max(arenas(model)) <= 1.05 * (pixels + images + images / 4 + images / 16)
