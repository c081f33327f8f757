"""Running sums and products that leave NaN out."""

import numpy as np

from ckeras import ops

X = np.array([[1.0, np.nan, 3.0], [np.nan, 2.0, 4.0]])


def test_values():
    for axis in (None, 0, 1, -1):
        np.testing.assert_allclose(ops.nancumsum(X, axis), np.nancumsum(X, axis))
        np.testing.assert_allclose(ops.nancumprod(X, axis), np.nancumprod(X, axis))
    assert ops.nancumsum(X[0], dtype="float32").dtype == "float32"
    assert ops.nancumsum(np.array([1, 2], "int8")).tolist() == [1, 3]
    assert ops.nancumprod(np.array([True, True])).dtype == "int32"
