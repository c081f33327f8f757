"""Every way to run a plan while another process keeps one processor busy, compared with an idle machine.

    pytest bench/test_busy.py
    python -m bench.test_busy      # a table: microseconds a call, and ratios to idle and to a step of `fit`

A parallel region waits for its slowest thread, so one busy processor can cost far more than its share. All ways have
the same guard against it: none should suffer more than a step of `fit` does.
"""

import contextlib
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator

import numpy as np
import pytest

import ckeras as keras

BATCH = 128
CALLS = 40
ROUNDS = 5
# Ends by itself when the process that started it has ended.
SPIN = "import os, sys\nwhile os.getppid() == int(sys.argv[1]):\n    pass"


@contextlib.contextmanager
def busy(processes: int = 1) -> Iterator[None]:
    """Keep ``processes`` processors busy meanwhile."""
    spinning = [subprocess.Popen([sys.executable, "-c", SPIN, str(os.getpid())]) for _ in range(processes)]
    try:
        yield
    finally:
        for process in spinning:
            process.kill()
            process.wait()


def ways() -> dict[str, Callable[[], None]]:
    """Functions that run ``CALLS`` batches each, by name; all plans are compiled already."""
    layers = keras.layers
    model = keras.Sequential(
        [
            keras.Input((784,)),
            layers.Dense(512, activation="relu"),
            layers.Dense(512, activation="relu"),
            layers.Dense(10),
        ]
    )
    model.compile("adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    rng = np.random.default_rng(0)
    x = rng.standard_normal((BATCH * CALLS, 784)).astype("float32")
    y = rng.integers(0, 10, BATCH * CALLS).astype("int32")
    rows, labels = x[:BATCH], y[:BATCH]
    forward = keras.function(lambda rows: model(rows))

    def repeated(call: Callable[[], object]) -> Callable[[], None]:
        def run() -> None:
            for _ in range(CALLS):
                call()

        return run

    found = {
        "fit": lambda: model.fit(x, y, batch_size=BATCH, verbose=0, shuffle=False),
        "train_on_batch": repeated(lambda: model.train_on_batch(rows, labels)),
        "predict": repeated(lambda: model.predict(rows, batch_size=BATCH, verbose=0)),
        "function": repeated(lambda: forward(rows)),
        "model(x)": repeated(lambda: model(rows)),
        "eager product": repeated(lambda: keras.ops.matmul(rows, model.layers[0].kernel)),
    }
    for run in found.values():
        run()
    return found


@pytest.mark.parametrize("processes", [0, 1])
@pytest.mark.parametrize("way", ["fit", "train_on_batch", "predict", "function", "model(x)", "eager product"])
def test_batches_next_to_spinning_processes(benchmark, way, processes):
    """A number of batches, while so many processors are busy."""
    run = ways()[way]
    with busy(processes):
        benchmark.pedantic(run, rounds=ROUNDS, warmup_rounds=1)


def microseconds(runs: dict[str, Callable[[], None]]) -> dict[str, float]:
    """Median microseconds of a call, by way; the ways take turns."""
    samples: dict[str, list[float]] = {name: [] for name in runs}
    for _ in range(ROUNDS):
        for name, run in runs.items():
            begun = time.perf_counter()
            run()
            samples[name].append((time.perf_counter() - begun) / CALLS * 1e6)
    return {name: statistics.median(s) for name, s in samples.items()}


def main() -> None:
    """Print the table."""
    runs = ways()
    idle = microseconds(runs)
    with busy():
        loaded = microseconds(runs)
    print(f"{'':16}{'idle, us':>12}{'busy, us':>12}{'busy/idle':>12}{'busy/fit':>12}")
    for name in runs:
        ratios = loaded[name] / idle[name], loaded[name] / loaded["fit"]
        print(f"{name:16}{idle[name]:12.1f}{loaded[name]:12.1f}{ratios[0]:12.2f}{ratios[1]:12.2f}")


if __name__ == "__main__":
    main()
