"""Recurrent layers, forward and backward in time, and how their time grows with steps, batch and units.

    pytest bench/test_recurrent.py --benchmark-only
    python -m bench.test_recurrent              # growth on one thread: a table with bars

A pass is compared with the product of all its states with the recurrent kernel at once, which is all of its arithmetic
but the gates: `extra_info["share"]` is the product's time over the pass's. In the table, "growth" is the time over that
of the row before, which is half the size: 2 is linear, 4 is what doubled units cost.
"""

import statistics
import time

import numpy as np
import pytest

from ckeras._kernels import codes, level

CODES = codes("recurrent")
GATES = {"simple_rnn": 1, "lstm": 4, "gru": 3}
SIZES = [(32, 80, 128), (32, 80, 64), (32, 200, 32), (1, 80, 64), (1, 80, 128), (32, 20, 512)]  # batch, steps, units
PASSES = ("forward", "training", "backward", "product")
# What grows, from where to where, by doubling; the others stay at batch 32, 40 steps and 64 units
GROWTH = {
    "steps": [(32, n, 64) for n in (10, 20, 40, 80, 160, 320, 640, 1280)],
    "batch": [(n, 40, 64) for n in (1, 2, 4, 8, 16, 32, 64, 128, 256, 512)],
    "units": [(32, 40, n) for n in (16, 32, 64, 128, 256, 512, 1024)],
}


def passes(cell, batch, steps, units):
    """Functions that run the forward pass, of inference and of training, the backward pass, and the product."""
    rng = np.random.default_rng(0)
    gates, padded = GATES[cell], -(-units // 64) * 64

    def empty(*shape):
        return np.empty(shape, "float32")

    x = rng.standard_normal((batch, steps, gates * units)).astype("float32")
    u = (rng.standard_normal((units, gates * units)) / units**0.5).astype("float32")
    state, packed = np.zeros((batch, units), "float32"), [empty(gates * units * padded) for _ in range(2)]
    for transposed, array in enumerate(packed):
        level.call("recurrent_pack", [array], [u], [0, CODES[cell], units, transposed])
    ends, series = [empty(batch, units) for _ in range(2)], [empty(batch, steps, units) for _ in range(2)]
    columns, scratch, none = [np.empty_like(x) for _ in range(3)], empty(9 * batch * padded), empty(0)
    is_lstm, more = cell == "lstm", cell != "simple_rnn"
    p = [0, CODES[cell], batch, steps, units, CODES["tanh"], CODES["sigmoid"], 0]

    def forward(saves):
        made = [*ends, none, series[0], columns[0], series[1]]
        given = [x, packed[0], state, state, none, none, none, scratch]
        level.call("recurrent", made, given, [*p, 0, saves, saves and more, saves and more, is_lstm, 0, 0, 0])

    def backward():
        made = [columns[1], *ends, columns[2], none]
        given = [series[0], ends[0], columns[0], packed[1], series[1], state, none, none, state, none, none, scratch]
        level.call("recurrent_grad", made, given, [*p, cell == "gru", 0, more, is_lstm, 0, 0, 1, 0, 0])

    rows = rng.standard_normal((batch * steps, units)).astype("float32")
    product = [0, 1, batch * steps, gates * units, units, 0, 0, 0, 0, 0, 0, 0]
    runs = {"forward": lambda: forward(False), "training": lambda: forward(True), "backward": backward}
    forward(True)  # what the backward pass reads
    return {**runs, "product": lambda: level.call("gemm", [columns[0].reshape(-1, gates * units)], [rows, u], product)}


def seconds_of(runs, repeats):
    """The median processor time of each function, run in turn."""
    times = {name: [] for name in runs}
    for _ in range(repeats):
        for name, run in runs.items():
            start = time.process_time()
            run()
            times[name].append(time.process_time() - start)
    return {name: statistics.median(values) for name, values in times.items()}


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("kind", PASSES[:3])
@pytest.mark.parametrize("size", SIZES, ids=lambda s: "x".join(map(str, s)))
@pytest.mark.parametrize("cell", GATES)
def test_pass(benchmark, cell, size, kind, threads):
    runs = passes(cell, *size)
    benchmark.group = f"{cell} {size}"
    level.set_threads(threads)
    try:
        benchmark(runs[kind])
    finally:
        level.set_threads(1)
    if benchmark.stats:
        found = seconds_of({name: runs[name] for name in (kind, "product")}, 9)
        benchmark.extra_info["share"] = found["product"] / found[kind]


def main():
    """Print the table of growth."""
    for cell in GATES:
        for what, sizes in GROWTH.items():
            print(f"\n{cell}, {what}: microseconds of processor time, growth from one size to the next")
            print(f"{what:>6}" + "".join(f"{name:>18}" for name in PASSES))
            before = None
            for batch, steps, units in sizes:
                macs = batch * steps * units * units * GATES[cell]
                found = seconds_of(passes(cell, batch, steps, units), int(np.clip(4e9 // macs, 3, 51)))
                growth = {n: f"{found[n] / before[n]:5.2f}" if before else "    -" for n in PASSES}
                cells = "".join(f"{found[n] * 1e6:12,.0f} {growth[n]}" for n in PASSES)
                number = {"steps": steps, "batch": batch, "units": units}[what]
                bar = "#" * max(1, round(4 * np.log2(1 + found["training"] * 1e6)))
                print(f"{number:>6}{cells}  {bar}", flush=True)
                before = found


if __name__ == "__main__":
    main()
