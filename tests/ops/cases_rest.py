"""Gradient cases of short functions that no other file has: aliases, views, and those that pass over NaN."""

import numpy as np
from samples import data, positive

from ckeras import ops

CASES = {}

GAPS = data(3, 4)
GAPS[0, 1] = GAPS[2, 3] = np.nan


def with_gaps(function):
    """``function`` of x with some elements replaced by NaN."""
    return lambda x: function(ops.where(np.isnan(GAPS), np.nan, x))


# Functions made of several ops
COMPOSED = {
    "absolute": (lambda x: ops.absolute(x), [data(7)]),
    "amax": (lambda x: ops.amax(x, 1), [data(3, 5)]),
    "amin": (lambda x: ops.amin(x, 0, True), [data(3, 5)]),
    "diagflat": (lambda x: ops.diagflat(x, 1), [data(2, 2)]),
    "divide": (lambda a, b: ops.divide(a, b), [data(2, 3), positive(3)]),
    "dsplit": (lambda x: ops.dsplit(x, 2), [data(2, 3, 4)]),
    "fabs": (lambda x: ops.fabs(x), [data(7)]),
    "fft": (lambda a, b: list(ops.fft((a, b))), [data(2, 5), data(2, 5, seed=1)]),
    "fliplr": (lambda x: ops.fliplr(x), [data(2, 3)]),
    "flipud": (lambda x: ops.flipud(x), [data(2, 3)]),
    "full": (lambda x: ops.full((2, 3), x, dtype="float64"), [data()]),
    "full_like": (lambda x: ops.full_like(np.zeros((2, 3)), x), [data()]),
    "hard_sigmoid": (lambda x: ops.hard_sigmoid(x), [data(7, low=-4, high=4)]),
    "hard_swish": (lambda x: ops.hard_swish(x), [data(7, low=-4, high=4)]),
    "hsplit": (lambda x: ops.hsplit(x, 2), [data(3, 4)]),
    "i0": (lambda x: ops.i0(x), [data(5)]),
    "linspace": (lambda a, b: list(ops.linspace(a, b, 5, retstep=True)), [data(2), data(2, seed=1)]),
    "logdet": (lambda x: ops.logdet(ops.matmul(x, ops.transpose(x)) + 3 * np.eye(3)), [data(3, 3)]),
    "moveaxis": (lambda x: ops.moveaxis(x, 0, -1), [data(2, 3, 4)]),
    "nancumprod": (with_gaps(lambda x: ops.nancumprod(x, 1)), [data(3, 4)]),
    "nancumsum": (with_gaps(lambda x: ops.nancumsum(x, 1)), [data(3, 4)]),
    "nanmin": (with_gaps(lambda x: ops.nanmin(x, 1)), [data(3, 4)]),
    "nanpercentile": (with_gaps(lambda x: ops.nanpercentile(x, 30.0, 1)), [data(3, 4)]),
    "nanquantile": (with_gaps(lambda x: ops.nanquantile(x, 0.3, 0)), [data(3, 4)]),
    "nansum": (with_gaps(lambda x: ops.nansum(x, 0)), [data(3, 4)]),
    "nanvar": (with_gaps(lambda x: ops.nanvar(x, 1)), [data(3, 4)]),
    "negative": (lambda x: ops.negative(x), [data(5)]),
    "power": (lambda a, b: ops.power(a, b), [positive(2, 3), data(3)]),
    "rad2deg": (lambda x: ops.rad2deg(x) / 50, [data(5)]),
    "ravel": (lambda x: ops.ravel(x), [data(2, 3)]),
    "relu6": (lambda x: ops.relu6(x), [data(7, low=-2, high=8)]),
    "subtract": (lambda a, b: ops.subtract(a, b), [data(2, 3), data(3, seed=1)]),
    "swapaxes": (lambda x: ops.swapaxes(x, 0, 2), [data(2, 3, 4)]),
    "swish": (lambda x: ops.swish(x), [data(7)]),
    "take": (lambda x: ops.take(x, [[0, -1], [2, 0]], 1), [data(2, 3)]),
    "true_divide": (lambda a, b: ops.true_divide(a, b), [data(2, 3), positive(3)]),
    "vsplit": (lambda x: ops.vsplit(x, 2), [data(4, 3)]),
}
