"""Workloads in the Keras API, for ckeras and its peers alike.

    KERAS_BACKEND=jax python bench/workloads.py keras xor,mlp
    python bench/workloads.py ckeras xor,mlp

The data is random; what counts is time. Each workload prints one line of JSON: its `name`, the median time of a step in
`us`, the time until the first step has ended in `first_s` (building and compiling the model included), and the largest
memory of the process so far in `peak_mb`. The first line holds the time that the import took.
"""

import importlib
import json
import resource
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

WORKLOADS: dict[str, Callable[[Any, Any], Iterator[dict[str, Any]]]] = {}


def workload(function: Callable) -> Callable:
    """Enter a function of ``(keras, numpy)`` that yields results into the table, under its own name."""
    WORKLOADS[function.__name__] = function
    return function


def fit(keras: Any, build: Callable[[], Any], x: Any, y: Any, epochs: int, batch_size: int) -> tuple[float, float]:
    """Seconds until the first step has ended, and seconds a step in the median epoch after the first.

    Whole epochs are timed, so that a peer that runs steps without looking up is measured as it is used.
    """

    class Clock(keras.callbacks.Callback):
        def __init__(self) -> None:
            super().__init__()
            self.begun, self.seconds = 0.0, []

        def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
            self.begun = time.perf_counter()

        def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
            self.seconds.append(time.perf_counter() - self.begun)

    start = time.perf_counter()
    model = build()
    first = slice(0, batch_size)
    inputs, targets = ([a[first] for a in part] if isinstance(part, list) else part[first] for part in (x, y))
    model.fit(inputs, targets, batch_size=batch_size, verbose=0)
    first_s = time.perf_counter() - start

    clock = Clock()
    model.fit(x, y, epochs=epochs, batch_size=batch_size, verbose=0, callbacks=[clock])
    steps = -(-len(x[0] if isinstance(x, list) else x) // batch_size)
    return first_s, statistics.median(clock.seconds[1:]) / steps


def call(function: Callable[[], Any], count: int, warm_up: int = 20) -> tuple[float, float]:
    """Seconds of the first call, and of the median one later."""

    def timed() -> float:
        start = time.perf_counter()
        function()
        return time.perf_counter() - start

    first_s = timed()
    for _ in range(warm_up):
        function()
    return first_s, statistics.median(timed() for _ in range(count))


@workload
def xor(keras: Any, np: Any) -> Iterator[dict[str, Any]]:
    """XOR, one sample a step, whole epochs: nothing but overhead."""
    x = np.array([[1, 1], [1, 0], [0, 1], [0, 0]], "float32")
    y = np.array([[0], [1], [1], [0]], "float32")

    def build() -> Any:
        model = keras.Sequential(
            [
                keras.Input((2,)),
                keras.layers.Dense(2, activation="sigmoid"),
                keras.layers.Dense(1, activation="sigmoid"),
            ]
        )
        model.compile(optimizer=keras.optimizers.SGD(learning_rate=0.1), loss="mse")
        return model

    yield result("xor", *fit(keras, build, x, y, epochs=50, batch_size=1))


@workload
def bin(keras: Any, np: Any) -> Iterator[dict[str, Any]]:
    """Two classes from 100 numbers, the small model of a first tutorial."""
    rng = np.random.default_rng(0)
    x = rng.random((1000, 100), dtype="float32")
    y = rng.integers(0, 2, (1000, 1)).astype("float32")

    def build() -> Any:
        model = keras.Sequential(
            [
                keras.Input((100,)),
                keras.layers.Dense(32, activation="relu"),
                keras.layers.Dense(1, activation="sigmoid"),
            ]
        )
        model.compile("rmsprop", "binary_crossentropy", metrics=["accuracy"])
        return model

    yield result("bin", *fit(keras, build, x, y, epochs=10, batch_size=32))


@workload
def mlp(keras: Any, np: Any) -> Iterator[dict[str, Any]]:
    """784-512-512-10 with Adam, batch 128: arithmetic."""
    rng = np.random.default_rng(0)
    x = rng.random((30000, 784), dtype="float32")
    y = rng.integers(0, 10, (30000,))

    def build() -> Any:
        model = keras.Sequential(
            [
                keras.Input((784,)),
                keras.layers.Dense(512, activation="relu"),
                keras.layers.Dense(512, activation="relu"),
                keras.layers.Dense(10, activation="softmax"),
            ]
        )
        model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
        return model

    yield result("mlp", *fit(keras, build, x, y, epochs=3, batch_size=128))


@workload
def ticket(keras: Any, np: Any) -> Iterator[dict[str, Any]]:
    """Support tickets: three inputs of 20,100 numbers in total, two outputs, a graph of shared features."""
    rng = np.random.default_rng(0)
    rows, sizes = 1280, (10000, 10000, 100)
    x = [rng.integers(0, 2, (rows, size)).astype("float32") for size in sizes]
    y = [rng.random((rows, 1)).astype("float32"), np.eye(4, dtype="float32")[rng.integers(0, 4, rows)]]

    def build() -> Any:
        names = ("title", "text_body", "tags")
        inputs = [keras.Input((size,), name=name) for name, size in zip(names, sizes, strict=True)]
        features = keras.layers.Dense(64, activation="relu")(keras.layers.Concatenate()(inputs))
        priority = keras.layers.Dense(1, activation="sigmoid", name="priority")(features)
        department = keras.layers.Dense(4, activation="softmax", name="department")(features)
        model = keras.Model(inputs, [priority, department])
        model.compile(
            "rmsprop",
            ["mean_squared_error", "categorical_crossentropy"],
            metrics=[["mean_absolute_error"], ["accuracy"]],
        )
        return model

    yield result("ticket", *fit(keras, build, x, y, epochs=5, batch_size=32))


def _sequences(np: Any, words: int, steps: int, rows: int = 1024) -> tuple[Any, Any]:
    """Sequences of integers below ``words``, and two classes."""
    rng = np.random.default_rng(0)
    x = rng.integers(0, words, (rows, steps)).astype("int32")
    return x, rng.integers(0, 2, (rows, 1)).astype("float32")


def _recurrent(keras: Any, words: int, size: int, layer: Any, steps: int, optimizer: str) -> Callable[[], Any]:
    def build() -> Any:
        model = keras.Sequential(
            [
                keras.Input((steps,), dtype="int32"),
                keras.layers.Embedding(words, size),
                layer,
                keras.layers.Dense(1, activation="sigmoid"),
            ]
        )
        model.compile(optimizer, "binary_crossentropy", metrics=["accuracy"])
        return model

    return build


@workload
def simplernn(keras: Any, np: Any) -> Iterator[dict[str, Any]]:
    """Embedding and SimpleRNN(32) over 200 steps, batch 32."""
    build = _recurrent(keras, 10000, 32, keras.layers.SimpleRNN(32), 200, "rmsprop")
    yield result("simplernn", *fit(keras, build, *_sequences(np, 10000, 200), epochs=4, batch_size=32))


@workload
def lstm(keras: Any, np: Any) -> Iterator[dict[str, Any]]:
    """Embedding and LSTM(128) over 80 steps, batch 32."""
    build = _recurrent(keras, 20000, 128, keras.layers.LSTM(128), 80, "adam")
    yield result("lstm", *fit(keras, build, *_sequences(np, 20000, 80), epochs=4, batch_size=32))


@workload
def gru(keras: Any, np: Any) -> Iterator[dict[str, Any]]:
    """Embedding and GRU(128) over 80 steps, batch 32."""
    build = _recurrent(keras, 20000, 128, keras.layers.GRU(128), 80, "adam")
    yield result("gru", *fit(keras, build, *_sequences(np, 20000, 80), epochs=4, batch_size=32))


@workload
def embedding(keras: Any, np: Any) -> Iterator[dict[str, Any]]:
    """A table of a million rows trained by SGD, batch 128: what counts are the rows that a step touches."""
    build = _recurrent(keras, 1000000, 32, keras.layers.GlobalAveragePooling1D(), 20, "sgd")
    yield result("embedding", *fit(keras, build, *_sequences(np, 1000000, 20, 1280), epochs=4, batch_size=128))


def convnet_model(keras: Any) -> Any:
    """The convolutional network of the first tutorials on MNIST."""
    layers = keras.layers
    model = keras.Sequential(
        [
            keras.Input((28, 28, 1)),
            layers.Conv2D(32, 3, activation="relu"),
            layers.MaxPooling2D(2),
            layers.Conv2D(64, 3, activation="relu"),
            layers.MaxPooling2D(2),
            layers.Flatten(),
            layers.Dropout(0.5),
            layers.Dense(10, activation="softmax"),
        ]
    )
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


@workload
def convnet(keras: Any, np: Any) -> Iterator[dict[str, Any]]:
    """`convnet_model`, batch 128."""
    rng = np.random.default_rng(0)
    x = rng.random((3200, 28, 28, 1), dtype="float32")
    y = rng.integers(0, 10, (3200,))
    yield result("convnet", *fit(keras, lambda: convnet_model(keras), x, y, epochs=4, batch_size=128))


def vgg_model(keras: Any) -> Any:
    """Pairs of convolutions with batch normalization on images of 32 x 32."""
    layers = keras.layers
    inputs = h = keras.Input((32, 32, 3))
    for filters in (32, 64, 128):
        for _ in range(2):
            h = layers.Conv2D(filters, 3, padding="same", use_bias=False)(h)
            h = layers.Activation("relu")(layers.BatchNormalization()(h))
        h = layers.MaxPooling2D(2)(h)
    model = keras.Model(inputs, layers.Dense(10, activation="softmax")(layers.GlobalAveragePooling2D()(h)))
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


@workload
def vgg(keras: Any, np: Any) -> Iterator[dict[str, Any]]:
    """`vgg_model`, batch 64."""
    rng = np.random.default_rng(0)
    x = rng.random((1024, 32, 32, 3), dtype="float32")
    y = rng.integers(0, 10, (1024,))
    yield result("vgg", *fit(keras, lambda: vgg_model(keras), x, y, epochs=4, batch_size=64))


@workload
def predict(keras: Any, np: Any) -> Iterator[dict[str, Any]]:
    """One sample through 100-64-64-10: by ``predict``, and by calling the model."""
    x = np.random.default_rng(0).random((1, 100), dtype="float32")
    start = time.perf_counter()
    model = keras.Sequential(
        [
            keras.Input((100,)),
            keras.layers.Dense(64, activation="relu"),
            keras.layers.Dense(64, activation="relu"),
            keras.layers.Dense(10, activation="softmax"),
        ]
    )
    built = time.perf_counter() - start
    first_s, seconds = call(lambda: model.predict(x, verbose=0), 200)
    yield result("predict", built + first_s, seconds)
    first_s, seconds = call(lambda: model(x), 500)
    yield result("call", built + first_s, seconds)


def result(name: str, first_s: float, seconds: float) -> dict[str, Any]:
    """What one workload prints."""
    return {"name": name, "us": round(seconds * 1e6, 2), "first_s": round(first_s, 4), "peak_mb": peak_mb()}


def peak_mb() -> float:
    """The largest resident memory of this process so far."""
    unit = 1 if sys.platform == "darwin" else 1024  # bytes there, kilobytes elsewhere
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 2**20, 1)


def run(load: Callable[[], Any], table: dict[str, Callable], names: list[str]) -> None:
    """Import a library, and print its time and the results of the workloads of these names."""
    start = time.perf_counter()
    library = load()
    imported = time.perf_counter() - start
    import numpy

    print(json.dumps({"name": "import", "s": round(imported, 4), "peak_mb": peak_mb()}), flush=True)
    for name in names:
        if name in table:
            for line in table[name](library, numpy):
                print(json.dumps(line), flush=True)


if __name__ == "__main__":

    def load() -> Any:
        """Import the library and the parts that a script uses, which ckeras would load later otherwise."""
        library = importlib.import_module(sys.argv[1])
        for part in ("layers", "models", "optimizers", "callbacks"):
            getattr(library, part)
        return library

    run(load, WORKLOADS, sys.argv[2].split(","))
