"""An optimizer's step on five million parameters and more, compared with what the machine's memory allows.

pytest bench/test_optimizers.py

Bytes are those that a step cannot do without: the gradient, and each variable that it reads and writes, once each. A
step of many variables is the work of several map instructions, and memory is its limit, not arithmetic. A last-level
cache that holds five million parameters shows as a share above 1, so Adam runs on eight times as many too.
"""

import numpy as np
import pytest

import ckeras as keras
from bench import machine
from bench.test_training import seconds

SHAPES = [(1000, 2500), (2500, 1000), (2500,), (1000,)]
# name -> options, and how many arrays of a variable's size a step reads or writes
STEPS = {
    "SGD": ({}, 3),
    "SGD with momentum": ({"momentum": 0.9}, 5),
    "RMSprop": ({}, 5),
    "Adagrad": ({}, 5),
    "Adadelta": ({}, 7),
    "Adam": ({}, 7),
    "AdamW": ({}, 7),
    "Adam with AMSGrad": ({"amsgrad": True}, 9),
    "Adamax": ({}, 7),
    "Nadam": ({}, 7),
    "Lion": ({}, 5),
    "Ftrl": ({}, 7),
    "Lamb": ({}, 7),
    "ScheduleFreeAdamW": ({}, 7),
    "Adafactor": ({}, 4),
}


@pytest.mark.parametrize(("name", "times"), [*((name, 1) for name in STEPS), ("Adam", 8)])
def test_step(benchmark, name, times):
    """A compiled step; GB/s, and the share of the machine's bandwidth from memory."""
    options, arrays = STEPS[name]
    shapes = [(times * shape[0], *shape[1:]) for shape in SHAPES]
    optimizer = getattr(keras.optimizers, name.split()[0])(0.001, **options)
    rng = np.random.default_rng(0)
    weights = [keras.Variable(rng.standard_normal(shape, "float32")) for shape in shapes]
    gradients = [keras.ops.convert_to_tensor(rng.standard_normal(shape, "float32")) for shape in shapes]
    optimizer.build(weights)
    step = keras.function(lambda grads: optimizer.apply(grads, weights))
    step(gradients)
    benchmark.pedantic(lambda: step(gradients), rounds=30, warmup_rounds=3)
    threads = keras.config.get_threads()
    speed = arrays * sum(w.numpy().nbytes for w in weights) / seconds(benchmark) / 1e9
    benchmark.extra_info["GB/s"] = speed
    benchmark.extra_info["share_of_bandwidth"] = speed / machine.bandwidth_gbs(threads)
