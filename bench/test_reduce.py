"""Reductions, softmax, row gathers and strided copies compared with numpy, which knows one thread.

    pytest bench/test_reduce.py --benchmark-only --benchmark-group-by=func,param:shape

`extra_info["GB/s"]` is what is read and written, over the fastest round.
"""

import numpy as np
import pytest

from ckeras import _kernels

OPS = {"sum": 0, "max": 2, "argmax": 6}
SIDES = ["ckeras", "numpy"]
pytestmark = pytest.mark.parametrize("side", SIDES)


def measure(benchmark, side, kernel, reference, nbytes, threads=1):
    if side == "numpy" and threads > 1:
        pytest.skip("numpy has one thread")
    name, outs, ins, p, f = kernel
    p, f = np.array(p, np.int64), np.array(f, np.float64)
    _kernels.level.set_threads(threads)
    try:
        benchmark(reference if side == "numpy" else lambda: _kernels.level.call(name, outs, ins, p, f))
    finally:
        _kernels.level.set_threads(1)
    if benchmark.stats:
        benchmark.extra_info["GB/s"] = round(nbytes / benchmark.stats.stats.min / 1e9, 2)


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("op", list(OPS))
@pytest.mark.parametrize(
    "shape, axis",
    [((128, 512), 0), ((128, 512), 1), ((128, 10), 0), ((128, 10), 1), ((100352, 32), 0), ((512, 512), None)],
    ids=str,
)
def test_reductions(benchmark, side, op, shape, axis, threads):
    x = np.random.default_rng(0).standard_normal(shape).astype(np.float32)
    if axis is None:
        x = x.ravel()
    reduced = [int(axis is None or axis == k) for k in range(x.ndim)]
    kept = [d for d, r in zip(x.shape, reduced, strict=True) if not r]
    out = np.empty(kept, np.int64 if op == "argmax" else np.float32)
    kernel = ("reduce", [out], [x], [OPS[op], 0, x.ndim, *x.shape, *reduced], [1.0])
    measure(benchmark, side, kernel, lambda: getattr(np, op)(x, axis=axis), x.nbytes, threads)


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("shape", [(1, 10), (128, 10), (128, 512), (32, 10000)], ids=str)
def test_softmax(benchmark, side, shape, threads):
    x = np.random.default_rng(0).standard_normal(shape).astype(np.float32)
    y = np.empty_like(x)

    def reference():
        e = np.exp(x - x.max(1, keepdims=True))
        return e / e.sum(1, keepdims=True)

    measure(benchmark, side, ("softmax", [y], [x], [0, *shape], []), reference, 2 * x.nbytes, threads)


@pytest.mark.parametrize("shape", [(128, 10), (128, 512)], ids=str)
def test_sparse_cross_entropy(benchmark, side, shape):
    rng = np.random.default_rng(0)
    z, labels = rng.standard_normal(shape).astype(np.float32), rng.integers(0, shape[1], shape[0])
    loss, prob, rows = np.empty(shape[0], np.float32), np.empty_like(z), np.arange(shape[0])

    def reference():
        e = np.exp(z - z.max(1, keepdims=True))
        p = e / e.sum(1, keepdims=True)
        return -np.log(p[rows, labels])

    kernel = ("softmax_xent_sparse", [loss, prob], [z, labels], [0, *shape, 3], [])
    measure(benchmark, side, kernel, reference, 2 * z.nbytes)


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("rows, cols, n", [(20000, 32, 6400), (20000, 128, 2560), (1000000, 64, 128)])
def test_gather(benchmark, side, rows, cols, n, threads):
    table = np.ones((rows, cols), np.float32)
    index, out = np.random.default_rng(0).integers(0, rows, n), np.empty((n, cols), np.float32)
    kernel = ("gather_rows", [out], [table, index], [4 * cols, n, rows, 3, 0], [])
    measure(benchmark, side, kernel, lambda: np.take(table, index, 0), 2 * out.nbytes, threads)


@pytest.mark.parametrize("rows, cols, n", [(20000, 32, 6400), (20000, 128, 2560)])
def test_scatter_add(benchmark, side, rows, cols, n):
    table, g = np.zeros((rows, cols), np.float32), np.ones((n, cols), np.float32)
    index = np.random.default_rng(0).integers(0, rows, n)
    kernel = ("scatter_add_rows", [table], [index, g], [0, n, cols, rows, 3, 0, 1], [])
    measure(benchmark, side, kernel, lambda: np.add.at(table, index, g), 3 * g.nbytes)


@pytest.mark.parametrize("source", [np.float32, np.uint8, np.float64], ids=lambda t: np.dtype(t).name)
@pytest.mark.parametrize("rows, cols, n", [(60000, 784, 128), (4, 2, 1)])
def test_training_feed(benchmark, side, rows, cols, n, source):
    table, out = np.ones((rows, cols), source), np.empty((n, cols), np.float32)
    code = {np.float32: 0, np.float64: 1, np.uint8: 5}[source]
    index = np.random.default_rng(0).integers(0, rows, n)
    kernel = ("gather_cast", [out], [table, index], [code, 0, cols, n, rows], [])
    nbytes = out.nbytes + n * cols * table.itemsize
    measure(benchmark, side, kernel, lambda: table[index].astype(np.float32), nbytes)


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize(
    "shape, axes",
    [((512, 512), (1, 0)), ((784, 128), (1, 0)), ((64, 32, 32, 3), (0, 3, 1, 2)), ((128, 28, 28, 1), (0, 2, 1, 3)),
     ((64, 32, 32, 32), (0, 3, 1, 2)), ((32, 80, 8, 16), (0, 2, 1, 3))],
    ids=str,
)  # fmt: skip
def test_transpositions(benchmark, side, shape, axes, threads):
    x = np.ones(shape, np.float32)
    view = x.transpose(axes)
    out = np.empty(view.shape, np.float32)
    strides = [s // 4 for s in view.strides] + [s // 4 for s in out.strides]
    kernel = ("copy", [out], [x], [4, x.ndim, 0, 0, *view.shape, *strides], [])
    measure(benchmark, side, kernel, lambda: np.copyto(out, view), 2 * x.nbytes, threads)
