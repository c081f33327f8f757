"""Windows along an axis, element by element, and elements to pool."""

import numpy as np

DTYPES = [np.float32, np.float64, np.int32, np.int64]  # of the kernels, in the order of their codes


def windows(span):
    """(begin, first, last) of each window, the last two within the axis."""
    for j in range(span.count):
        begin = -((-j * span.step - span.low) // span.over)
        yield begin, max(begin, 0), min((j * span.step + span.high) // span.over, span.size - 1)


def samples(shape, dtype):
    rng = np.random.default_rng(0)
    x = rng.integers(-5, 5, shape).astype(dtype)  # with equals
    if x.dtype.kind == "f":
        x += np.where(rng.random(shape) < 0.5, 0, rng.standard_normal(shape)).astype(dtype)
        x[rng.random(shape) < 0.02] = np.nan
        x[rng.random(shape) < 0.02] = -np.inf
    return x
