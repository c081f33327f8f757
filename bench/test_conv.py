"""Convolutions and their gradients, each compared with a plain matrix product of as many operations.

    pytest bench/test_conv.py --benchmark-only --benchmark-group-by=param:name
    python -m bench.test_conv [threads]

The second form alternates between the kernels in one process and prints a table: operations a second, and the ratio
to the product. On one thread it measures processor time, which other processes disturb less.
"""

import statistics
import sys
import time

import numpy as np
import pytest

from ckeras._kernels import level
from ckeras.ops.nn.windows import Windows, geometry

# images, side, channels, filters, window, stride, padding
SHAPES = {
    "MNIST, first": (128, 28, 1, 32, 3, 1, "valid"),
    "MNIST, second": (128, 13, 32, 64, 3, 1, "valid"),
    "VGG, first": (4, 224, 3, 64, 3, 1, "same"),
    "VGG, 112": (4, 112, 64, 128, 3, 1, "same"),
    "VGG, 56": (4, 56, 256, 256, 3, 1, "same"),
    "VGG, 28": (4, 28, 512, 512, 3, 1, "same"),
    "VGG, 14": (8, 14, 512, 512, 3, 1, "same"),
    "ResNet, first": (4, 224, 3, 64, 7, 2, "same"),
    "ResNet, 56": (8, 56, 64, 64, 3, 1, "same"),
    "ResNet, 56 to 28": (8, 56, 128, 128, 3, 2, "same"),
    "ResNet, 28": (8, 28, 128, 128, 3, 1, "same"),
    "ResNet, 14": (8, 14, 256, 256, 3, 1, "same"),
    "ResNet, 7": (16, 7, 512, 512, 3, 1, "same"),
    "ResNet, shortcut": (8, 56, 256, 512, 1, 2, "same"),
}
DEPTHWISE = {
    "MobileNet, 112": (4, 112, 32, 32, 3, 1, "same"),
    "MobileNet, 56": (4, 56, 128, 128, 3, 1, "same"),
    "MobileNet, 28 to 14": (8, 28, 256, 256, 3, 2, "same"),
    "MobileNet, 14": (16, 14, 512, 512, 3, 1, "same"),
    "MobileNet, 7": (32, 7, 1024, 1024, 3, 1, "same"),
}
# The last two are the forward pass and the gradient of the kernel by Winograd's method.
DIRECTIONS = ("product", "forward", "input gradient", "kernel gradient", "Winograd", "Winograd kernel")
WINOGRAD = [name for name, (_, _, channels, _, *w) in SHAPES.items() if channels >= 32 and w[:2] == [3, 1]]
CASES = [(name, d) for name in (*SHAPES, *DEPTHWISE) for d in DIRECTIONS if "Winograd" not in d or name in WINOGRAD]
PARTS = 8


def kernels(name):
    """A call without arguments for each direction, and the number of operations of each."""
    batch, side, channels, filters, window, stride, padding = {**SHAPES, **DEPTHWISE}[name]
    w, groups = Windows.over((side,) * 2, (window,) * 2, (stride,) * 2, padding, (1, 1)), 1
    kind = "conv"
    if name in DEPTHWISE:
        groups, kind = channels, "conv_depthwise"
    back_kind = "conv_narrow" if channels <= 4 else kind
    rng = np.random.default_rng(0)

    def sample(*shape):
        return rng.standard_normal(shape, dtype=np.float32)

    x, kernel = sample(batch, side, side, channels), sample(window, window, channels // groups, filters)
    y, g = sample(batch, *w.outputs, filters), sample(batch, *w.outputs, filters)
    dx, dk = np.empty_like(x), np.empty_like(kernel)
    panels = np.empty(max(w.taps, 36) * max(channels * (filters + 32), filters * (channels + 32)), np.float32)
    m, k = batch * w.outputs[0] * w.outputs[1], w.taps * channels // groups
    parts = max(1, min(PARTS, m // 1024, 2**18 // dk.size))
    sums = np.empty(parts * dk.size, np.float32)
    a, b, c = sample(m, k), sample(k, filters), np.empty((m, filters), np.float32)

    def parameters(back, *own):
        return np.array([0, back, batch, channels, filters, groups, 2, *own, *geometry(w)], np.int64)

    product = np.array([0, 1, m, filters, k, 0, 0, 0, 0, 0, 0, 0], np.int64)
    forward, back, grad = parameters(0, 0, 0, 0), parameters(1, 0, 0, 0), parameters(0, parts, 0, 0)
    whole = parameters(0, 1, 0, 0)
    return 2 * m * k * filters, {
        "product": lambda: level.call("gemm", [c], [a, b], product),
        "forward": lambda: level.call(kind, [y], [x, kernel, panels], forward),
        "input gradient": lambda: level.call(back_kind, [dx], [g, kernel, panels], back),
        "kernel gradient": lambda: level.call(f"{kind}_kernel_grad", [dk], [x, g, sums], grad),
        "Winograd": lambda: level.call("conv_winograd", [y], [x, kernel, panels], forward),
        "Winograd kernel": lambda: level.call("conv_winograd_kernel_grad", [dk], [x, g], whole),
    }


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("name, direction", CASES)
def test_convolution(benchmark, name, direction, threads):
    operations, calls = kernels(name)
    level.set_threads(threads)
    try:
        benchmark(calls[direction])
    finally:
        level.set_threads(1)
    if benchmark.stats:
        benchmark.extra_info["gflops"] = 1e-9 * operations / benchmark.stats.stats.min


def main(threads, rounds=7):
    """Print the table."""
    clock = time.thread_time if threads == 1 else time.perf_counter
    level.set_threads(threads)
    print(f"{'GF/s, ratio to the product':28}" + "".join(f"{d:>20}" for d in DIRECTIONS))
    for name in [*SHAPES, *DEPTHWISE]:
        operations, calls = kernels(name)
        seconds = {direction: [] for of, direction in CASES if of == name}
        for _ in range(rounds + 1):
            for direction, taken in seconds.items():
                start = clock()
                calls[direction]()
                taken.append(clock() - start)
        rate = {d: 1e-9 * operations / statistics.median(v[1:]) for d, v in seconds.items()}
        print(f"{name:28}" + "".join(f"{r:13.1f} {r / rate['product']:6.2f}" for r in rate.values()), flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1)
