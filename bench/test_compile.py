"""The first step of a model: tracing and compiling it, by the number of its layers.

    pytest bench/test_compile.py
    python -m bench.test_compile      # a table, with the exponent of growth

Times are processor time of `fit` on one batch, the first time less the second time, when everything is compiled.
"""

import time
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import pytest

import ckeras as keras
from bench import growth
from ckeras import ops


class Job(NamedTuple):
    """A model that is not compiled yet, and one batch for it."""

    model: keras.Model
    x: np.ndarray
    y: np.ndarray

    def fit(self) -> float:
        """Seconds of processor time that an epoch of this one batch takes."""
        begun = time.process_time()
        self.model.fit(self.x, self.y, batch_size=len(self.x), verbose=0)
        return time.process_time() - begun


def dense(layers: int, optimizer: str) -> Job:
    """``layers`` Dense layers of 16 units."""
    model = keras.Sequential([keras.Input((16,)), *(keras.layers.Dense(16) for _ in range(layers))])
    model.compile(optimizer, "mse")
    x = np.zeros((32, 16), "float32")
    return Job(model, x, x)


class Residual(keras.layers.Layer):
    """A network of bottleneck blocks, as ResNet50 has them: convolution, batch normalization, relu and addition."""

    def __init__(self, blocks: tuple[int, ...], width: int = 8):
        super().__init__()
        self.blocks, self.width = blocks, width
        self.parameters: list[tuple[Any, ...]] = []

    def _new(self, size: int, inputs: int, outputs: int) -> None:
        kernel = self.add_weight(shape=(size, size, inputs, outputs), initializer="he_normal")
        scale, shift = self.add_weight(shape=(outputs,), initializer="ones"), self.add_weight(shape=(outputs,))
        moving = [self.add_weight(shape=(outputs,), initializer="ones", trainable=False) for _ in range(2)]
        self.parameters.append((kernel, scale, shift, *moving))

    def build(self, shape: tuple[int | None, ...]) -> None:
        """Make the parameters, in the order in which they are used."""
        channels = self.width
        self._new(3, shape[-1], channels)
        for stage, count in enumerate(self.blocks):
            width = self.width << stage
            for block in range(count):
                if block == 0:
                    self._new(1, channels, 4 * width)
                self._new(1, channels, width)
                self._new(3, width, width)
                self._new(1, width, 4 * width)
                channels = 4 * width

    def _convolved(self, x: Any, parameters: tuple[Any, ...], strides: int = 1) -> Any:
        kernel, scale, shift, mean, variance = parameters
        x = ops.conv(x, kernel, strides=strides, padding="same")
        own_mean = ops.mean(x, axis=(0, 1, 2))
        own_variance = ops.mean(ops.square(x - own_mean), axis=(0, 1, 2))
        mean.assign(0.9 * mean + 0.1 * own_mean)
        variance.assign(0.9 * variance + 0.1 * own_variance)
        return (x - own_mean) / ops.sqrt(own_variance + 1e-3) * scale + shift

    def call(self, x: Any) -> Any:
        """The channels' means over the last image."""
        parameters = iter(self.parameters)
        x = ops.relu(self._convolved(x, next(parameters)))
        for stage, count in enumerate(self.blocks):
            for block in range(count):
                strides = 2 if stage and not block else 1
                shortcut = x if block else self._convolved(x, next(parameters), strides)
                y = ops.relu(self._convolved(x, next(parameters), strides))
                y = ops.relu(self._convolved(y, next(parameters)))
                x = ops.relu(self._convolved(y, next(parameters)) + shortcut)
        return ops.mean(x, axis=(1, 2))


def residual(blocks: int, optimizer: str) -> Job:
    """A residual network of ``blocks`` blocks in four stages; 16 have ResNet50's shape."""
    stages = {16: (3, 4, 6, 3)}.get(blocks) or tuple(blocks // 4 for _ in range(4))
    model = keras.Sequential([keras.Input((16, 16, 3)), Residual(stages), keras.layers.Dense(10)])
    model.compile(optimizer, keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    return Job(model, np.zeros((2, 16, 16, 3), "float32"), np.zeros((2,), "int32"))


class Unrolled(keras.layers.Layer):
    """A gated recurrent network, each of whose steps are ops of their own."""

    def build(self, shape: tuple[int | None, ...]) -> None:
        """Make the parameters."""
        self.kernel = self.add_weight(shape=(shape[-1], 64))
        self.recurrent_kernel = self.add_weight(shape=(16, 64))
        self.bias = self.add_weight(shape=(64,))

    def call(self, x: Any) -> Any:
        """The last state."""
        state = memory = ops.zeros((x.shape[0], 16))
        for t in range(x.shape[1]):
            z = ops.matmul(x[:, t], self.kernel) + ops.matmul(state, self.recurrent_kernel) + self.bias
            i, f, g, o = ops.split(z, 4, axis=-1)
            memory = ops.sigmoid(f) * memory + ops.sigmoid(i) * ops.tanh(g)
            state = ops.sigmoid(o) * ops.tanh(memory)
        return state


def recurrent(steps: int, optimizer: str) -> Job:
    """An unrolled recurrent network of ``steps`` steps."""
    model = keras.Sequential([keras.Input((steps, 4), batch_size=8), Unrolled(), keras.layers.Dense(1)])
    model.compile(optimizer, "mse")
    return Job(model, np.zeros((8, steps, 4), "float32"), np.zeros((8, 1), "float32"))


CASES: dict[str, tuple[Callable[[int, str], Job], str, tuple[int, ...]]] = {
    "dense, SGD": (dense, "sgd", (10, 30, 100, 300, 1000, 2000)),
    "dense, Adam": (dense, "adam", (10, 30, 100, 300, 1000, 2000)),
    "residual, SGD": (residual, "sgd", (4, 8, 16, 32)),
    "recurrent, Adam": (recurrent, "adam", (10, 30, 100, 300)),
}


def first_step(build: Callable[[int, str], Job], optimizer: str, size: int) -> float:
    """Seconds that the first step takes longer than the second."""
    job = build(size, optimizer)
    return job.fit() - job.fit()


@pytest.mark.parametrize("size", [10, 100, 1000])
@pytest.mark.parametrize("optimizer", ["sgd", "adam"])
@pytest.mark.benchmark(timer=time.process_time)
def test_dense_layers(benchmark, optimizer, size):
    """The first step of a chain of Dense layers."""
    _first_fit(benchmark, dense, optimizer, size)


@pytest.mark.benchmark(timer=time.process_time)
def test_residual_network(benchmark):
    """The first step of a network of ResNet50's shape."""
    _first_fit(benchmark, residual, "sgd", 16)


@pytest.mark.benchmark(timer=time.process_time)
def test_unrolled_recurrent_network(benchmark):
    """The first step of 100 steps through time."""
    _first_fit(benchmark, recurrent, "adam", 100)


def _first_fit(benchmark, build, optimizer, size):
    benchmark.pedantic(Job.fit, setup=lambda: ((build(size, optimizer),), {}), rounds=3, warmup_rounds=1)


def main() -> None:
    """Print a table of seconds by size for each case."""
    keras.config.set_threads(1)  # so that processor time counts no waiting of other threads
    for name, (build, optimizer, sizes) in CASES.items():
        first_step(build, optimizer, sizes[0])
        growth.table(name, sizes, lambda size, b=build, o=optimizer: first_step(b, o, size))


if __name__ == "__main__":
    main()
