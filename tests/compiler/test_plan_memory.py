"""Memory of plans: arenas are shared, and end with the last plan that needs them."""

import gc
import subprocess
import sys

import numpy as np
import pytest

import ckeras
from ckeras import layers
from ckeras._kernels import memory
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
