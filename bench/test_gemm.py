"""Matrix products of dense, recurrent and convolution layers: ckeras and numpy.matmul, on one thread and two.

    pytest bench/test_gemm.py --benchmark-only --benchmark-group-by=param:shape

`extra_info["gflops"]` is taken from the fastest round. The threads of numpy's own library are limited where
threadpoolctl is installed; without it numpy runs once, with the threads that it takes by itself.
"""

import contextlib

import numpy as np
import pytest

from ckeras._kernels import level

try:
    from threadpoolctl import threadpool_limits
except ImportError:
    threadpool_limits = None

SHAPES = {  # m, k, n: as "m x k times k x n"
    "nn": [(128, 784, 512), (128, 512, 512), (32, 128, 512), (15488, 288, 64), (512, 512, 512), (2048, 2048, 2048),
           (128, 512, 10), (1, 784, 512), (32, 100, 32), (32, 32, 1), (1, 2, 2)],
    "tn": [(784, 128, 512), (288, 15488, 64), (32, 32, 1)],
    "nt": [(128, 512, 784), (32, 512, 128), (8, 512, 512), (1, 512, 784), (32, 1, 32)],
}  # fmt: skip
CASES = [(layout, *shape) for layout, shapes in SHAPES.items() for shape in shapes]
THREADS = [1, 2]


def operands(layout, m, k, n, dtype):
    rng = np.random.default_rng(0)
    a = rng.random((k, m) if layout[0] == "t" else (m, k)).astype(dtype)
    b = rng.random((n, k) if layout[1] == "t" else (k, n)).astype(dtype)
    return a, b


def measure(benchmark, run, m, k, n):
    benchmark.group = f"{m}x{k}x{n}"
    benchmark(run)
    if benchmark.stats:
        benchmark.extra_info["gflops"] = 2e-9 * m * k * n / benchmark.stats.stats.min


@pytest.mark.parametrize("threads", THREADS)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("shape", CASES, ids=lambda s: f"{s[0]}-{s[1]}x{s[2]}x{s[3]}")
def test_ckeras(benchmark, shape, dtype, threads):
    layout, m, k, n = shape
    a, b = operands(layout, m, k, n, dtype)
    c = np.empty((m, n), dtype)
    p = [int(dtype == "float64"), 1, m, n, k, layout[0] == "t", layout[1] == "t", 0, 0, 0, 0, 0]
    p = np.array(p, np.int64)
    level.set_threads(threads)
    try:
        measure(benchmark, lambda: level.call("gemm", [c], [a, b], p), m, k, n)
    finally:
        level.set_threads(1)


@pytest.mark.parametrize("threads", THREADS if threadpool_limits else ["default"])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("shape", CASES, ids=lambda s: f"{s[0]}-{s[1]}x{s[2]}x{s[3]}")
def test_numpy(benchmark, shape, dtype, threads):
    layout, m, k, n = shape
    a, b = operands(layout, m, k, n, dtype)
    a, b = a.T if layout[0] == "t" else a, b.T if layout[1] == "t" else b
    c = np.empty((m, n), dtype)
    with threadpool_limits(threads) if threadpool_limits else contextlib.nullcontext():
        measure(benchmark, lambda: np.matmul(a, b, out=c), m, k, n)
