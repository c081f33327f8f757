"""Training steps and calls of small models: how long one takes when everything is compiled.

pytest bench/test_training.py
"""

import numpy as np
import pytest

import ckeras as keras
from bench import machine
from bench.compare import FLOPS

RNG = np.random.default_rng(0)
XOR = np.array([[1, 1], [1, 0], [0, 1], [0, 0]], "float32"), np.array([[0], [1], [1], [0]], "float32")


def seconds(benchmark) -> float:
    """The median of a benchmark, or not a number under ``--benchmark-disable``."""
    return benchmark.stats["median"] if benchmark.stats else float("nan")


def dense(*widths: int, last: str, inner: str = "relu") -> keras.Sequential:
    """A model of dense layers; the first width is the input's."""
    *hidden, units = widths[1:]
    return keras.Sequential(
        [
            keras.Input((widths[0],)),
            *(keras.layers.Dense(n, activation=inner) for n in hidden),
            keras.layers.Dense(units, activation=last),
        ]
    )


def test_xor_epoch(benchmark):
    """An epoch of four steps of one sample each, through ``fit``."""
    x, y = XOR
    model = dense(2, 2, 1, last="sigmoid", inner="sigmoid")
    model.compile(keras.optimizers.SGD(learning_rate=0.1), "mse")
    model.fit(x, y, batch_size=1, verbose=0)
    benchmark.pedantic(lambda: model.fit(x, y, batch_size=1, epochs=100, verbose=0), rounds=20, warmup_rounds=1)
    benchmark.extra_info["us_per_step"] = seconds(benchmark) / 400 * 1e6


@pytest.mark.parametrize("way", ["fit", "train_on_batch"])
def test_two_classes(benchmark, way):
    """100-32-1 with RMSprop: an epoch of 32 steps of 32 samples, or one step."""
    x, y = RNG.random((1024, 100), dtype="float32"), RNG.integers(0, 2, (1024, 1)).astype("float32")
    model = dense(100, 32, 1, last="sigmoid")
    model.compile("rmsprop", "binary_crossentropy", metrics=["accuracy"])
    if way == "fit":
        benchmark(lambda: model.fit(x, y, batch_size=32, verbose=0))
    else:
        benchmark(lambda: model.train_on_batch(x[:32], y[:32]))
    steps = 32 if way == "fit" else 1
    benchmark.extra_info["us_per_step"] = seconds(benchmark) / steps * 1e6


@pytest.mark.parametrize("way", ["generator", "data set", "threads"])
def test_batches_from_python(benchmark, way):
    """100-32-1 with RMSprop: an epoch of 32 steps of 32 samples that Python hands over one by one."""
    x, y = RNG.random((1024, 100), dtype="float32"), RNG.integers(0, 2, (1024, 1)).astype("float32")
    cuts = [slice(i, i + 32) for i in range(0, 1024, 32)]

    class Rows(keras.utils.PyDataset):
        def __len__(self):
            return len(cuts)

        def __getitem__(self, i):
            return x[cuts[i]], y[cuts[i]]

    model = dense(100, 32, 1, last="sigmoid")
    model.compile("rmsprop", "binary_crossentropy", metrics=["accuracy"])
    sources = {
        "generator": lambda: ((x[cut], y[cut]) for cut in cuts),
        "data set": Rows,
        "threads": lambda: Rows(workers=2),
    }
    benchmark(lambda: model.fit(sources[way](), verbose=0))
    benchmark.extra_info["us_per_step"] = seconds(benchmark) / 32 * 1e6


def test_mlp_step(benchmark):
    """784-512-512-10 with Adam, 128 samples, compared with the minimum time that its products take on this machine."""
    x, y = RNG.random((128, 784), dtype="float32"), RNG.integers(0, 10, (128,))
    model = dense(784, 512, 512, 10, last="softmax")
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    benchmark(lambda: model.train_on_batch(x, y))
    reached = FLOPS["mlp"] / seconds(benchmark) / 1e9
    benchmark.extra_info["gflops"] = reached
    benchmark.extra_info["share_of_limit"] = reached / machine.peak_gflops("float32", keras.config.get_threads())


@pytest.mark.parametrize("way", ["predict", "call"])
def test_one_sample(benchmark, way):
    """One sample through 100-64-64-10."""
    x = RNG.random((1, 100), dtype="float32")
    model = dense(100, 64, 64, 10, last="softmax")
    benchmark((lambda: model.predict(x, verbose=0)) if way == "predict" else (lambda: model(x)))
