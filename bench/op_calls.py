"""Calls of single ops as the plans make them: kernels on arrays that exist already."""

from collections.abc import Callable
from typing import Any

import numpy as np

from bench import growth
from ckeras import _kernels
from ckeras.tensor import Spec, table
from ckeras.tensor.dtypes import NUMPY
from ckeras.tensor.eager import native_calls, workspace_of


class OpCall:
    """An op on arrays; ``nbytes`` is what a call cannot avoid to read and write, ``outputs`` its results."""

    def __init__(self, name: str, *arrays: np.ndarray, **attrs: Any):
        op, specs = table[name], [Spec(x.shape, str(x.dtype)) for x in arrays]
        made = op.infer(*specs, **attrs)
        made = made if isinstance(made, list) else [made]
        self.outputs = [np.zeros(s.shape, NUMPY[s.dtype]) for s in made]
        scratch = [np.zeros(size, np.uint8) for size in workspace_of(op, specs, made, attrs)]
        buffers = [*self.outputs, *arrays, *scratch]
        self.nbytes = sum(x.nbytes for x in (*self.outputs, *arrays))
        self._calls: list[Callable[[], None]] = []
        for call in native_calls(op, specs, made, attrs):
            used, n = [buffers[i] for i in call.operands], len(made)
            p, f = np.array(call.p, np.int64), np.array(call.f, np.float64)
            self._calls.append(lambda c=call.kernel, u=used, n=n, p=p, f=f: _kernels.level.call(c, u[:n], u[n:], p, f))

    def __call__(self) -> None:
        for call in self._calls:
            call()

    def seconds(self) -> float:
        """Processor time of a call with one thread, from as many as take a few milliseconds."""
        return growth.seconds(self)


def run(benchmark: Any, call: OpCall, threads: int = 1) -> None:
    """Benchmark a call; `extra_info["GB/s"]` is of the bytes that it cannot avoid, over the fastest round."""
    _kernels.level.set_threads(threads)
    try:
        benchmark(call)
    finally:
        _kernels.level.set_threads(1)
    if benchmark.stats:
        benchmark.extra_info["GB/s"] = round(call.nbytes / benchmark.stats.stats.min / 1e9, 2)
