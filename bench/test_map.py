"""Elementwise instructions and the fused Adam update compared with numpy. GB/s counts each array once, read or written.

python -m pytest bench/test_map.py --benchmark-only -o addopts=
"""

import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "kernels"))
from fused_kernel import FusedKernel, adam, start_of

from ckeras import _kernels

SIZES = [1_000, 100_000, 4_000_000]
OPS = {
    "add": (2, lambda x, y: np.add(x, y)),
    "mul": (2, lambda x, y: np.multiply(x, y)),
    "div": (2, lambda x, y: np.divide(x, y)),
    "exp": (1, lambda x: np.exp(x)),
    "log": (1, lambda x: np.log(x)),
    "tanh": (1, lambda x: np.tanh(x)),
    "sigmoid": (1, lambda x: 1 / (1 + np.exp(-x))),
    "sqrt": (1, lambda x: np.sqrt(x)),
    "pow": (2, lambda x, y: np.power(x, y)),
    "sin": (1, lambda x: np.sin(x)),
    "sinh": (1, lambda x: np.sinh(x)),
    "atan": (1, lambda x: np.arctan(x)),
    "asinh": (1, lambda x: np.arcsinh(x)),
    "cbrt": (1, lambda x: np.cbrt(x)),
    "atan2": (2, lambda x, y: np.arctan2(x, y)),
    "hypot": (2, lambda x, y: np.hypot(x, y)),
    "relu": (1, lambda x: np.maximum(x, 0)),
}


@pytest.fixture(params=[1, 2], ids=["1-thread", "2-threads"])
def level(request):
    _kernels.level.set_threads(request.param)
    yield _kernels.level
    _kernels.level.set_threads(1)


def prepared(level, kernel):
    """The kernel as a call that encodes nothing."""
    outs, ins = [o[1] for o in kernel.outputs], [start_of(i[0]) for i in kernel.inputs]
    p, f = np.array(kernel.encode(level), np.int64), np.array([c[2] for c in kernel.constants], np.float64)
    return lambda: level.call("map", outs, ins, p, f)


def measure(benchmark, call, n, nbytes):
    benchmark.pedantic(call, rounds=200 if n < 1e6 else 30, iterations=max(1, 20_000 // n), warmup_rounds=3)
    best = benchmark.stats.stats.min
    benchmark.extra_info["GB/s"] = round(nbytes / best / 1e9, 1)
    benchmark.extra_info["elements/ns"] = round(n / best / 1e9, 3)


@pytest.mark.parametrize("n", SIZES)
@pytest.mark.parametrize("dtype", ["f32", "f64"])
@pytest.mark.parametrize("op", OPS)
def test_instruction(benchmark, level, op, dtype, n):
    benchmark.group = f"{op}.{dtype} {n}"
    count = OPS[op][0]
    arrays = list((np.random.default_rng(0).random((count, n)) + 0.5).astype({"f32": "f4", "f64": "f8"}[dtype]))
    out = np.empty_like(arrays[0])
    kernel = FusedKernel(n)
    kernel.output(kernel.instruction(f"{op}.{dtype}", *(kernel.input(a) for a in arrays)), out)
    measure(benchmark, prepared(level, kernel), n, (count + 1) * out.nbytes)


@pytest.mark.parametrize("n", SIZES)
@pytest.mark.parametrize("dtype", ["f32", "f64"])
@pytest.mark.parametrize("op", OPS)
def test_numpy(benchmark, op, dtype, n):
    benchmark.group = f"{op}.{dtype} {n}"
    count, function = OPS[op]
    arrays = list((np.random.default_rng(0).random((count, n)) + 0.5).astype({"f32": "f4", "f64": "f8"}[dtype]))
    measure(benchmark, lambda: function(*arrays), n, (count + 1) * arrays[0].nbytes)


@pytest.mark.parametrize("n", [1_000, 100_000, 670_000, 4_000_000])
def test_adam(benchmark, level, n):
    benchmark.group = f"adam {n}"
    w, m, v, g = np.random.default_rng(0).random((4, n)).astype(np.float32)
    kernel = FusedKernel(n)
    adam(kernel, w, m, v, g)
    measure(benchmark, prepared(level, kernel), n, 7 * w.nbytes)


@pytest.mark.parametrize("n", [1_000, 100_000, 670_000, 4_000_000])
def test_adam_numpy(benchmark, n):
    benchmark.group = f"adam {n}"
    w, m, v, g = np.random.default_rng(0).random((4, n)).astype(np.float32)
    s, t = np.empty_like(w), np.empty_like(w)

    def update():
        np.subtract(g, m, out=s)
        np.multiply(s, np.float32(0.1), out=s)
        np.add(m, s, out=m)
        np.square(g, out=s)
        np.subtract(s, v, out=s)
        np.multiply(s, np.float32(0.001), out=s)
        np.add(v, s, out=v)
        np.sqrt(v, out=s)
        np.add(s, np.float32(1e-7), out=s)
        np.multiply(m, np.float32(1e-3), out=t)
        np.divide(t, s, out=t)
        np.subtract(w, t, out=w)

    measure(benchmark, update, n, 7 * w.nbytes)


@pytest.mark.parametrize(
    "shapes", [((128, 512), (512,)), ((128, 512), (128, 1)), ((6553, 10), (10,)), ((6553, 10), (6553, 1))]
)
def test_broadcast(benchmark, level, shapes):
    benchmark.group = f"add {shapes}"
    x, y = (np.ones(s, np.float32) for s in shapes)
    out = np.empty_like(x)
    kernel = FusedKernel(x.shape)
    kernel.output(kernel.instruction("add.f32", kernel.input(x), kernel.input(y)), out)
    measure(benchmark, prepared(level, kernel), x.size, 2 * x.nbytes)


@pytest.mark.parametrize("n", [1, 10, 100])
def test_tiny_kernel(benchmark, level, n):
    # five instructions; the cost of Level.call in Python is included
    x = np.ones(n, np.float32)
    kernel = FusedKernel(n)
    r = a = kernel.input(x)
    for _ in range(5):
        r = kernel.instruction("add.f32", r, a)
    kernel.output(r, np.empty_like(x))
    measure(benchmark, prepared(level, kernel), n, 2 * x.nbytes)
