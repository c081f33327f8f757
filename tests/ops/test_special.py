"""Special functions to the last digits, and where they end."""

import math

import numpy as np
import pytest

from ckeras import GradientTape, ops


def ulps(found, expected):
    """How many floats lie between two values of float64, in the worst case."""
    return np.max(np.abs(found - expected) / np.spacing(np.abs(expected)))


def test_inverse_error_function():
    # From y to x = erf(y) and back, where erf has digits enough: the error of x by rounding is not that of the inverse.
    y = np.concatenate([np.linspace(-0.9, 0.9, 4001), np.logspace(-300, -1, 1000)])
    x = np.array([math.erf(v) for v in y])
    slope = np.maximum(1, np.spacing(np.abs(x)) / (2 / math.sqrt(math.pi) * np.exp(-y * y)) / np.spacing(np.abs(y)))
    found = ops.erfinv(x).numpy()
    assert np.max(np.abs(found - y) / np.spacing(np.abs(y)) / slope) < 6
    # In the tails through erfc: erf(erfinv(x)) = x says how far off the result is.
    x = 1 - np.logspace(-15.9, -1, 1000)
    found = ops.erfinv(x).numpy()
    off = np.array([1 - math.erfc(v) for v in found]) - x
    assert np.max(np.abs(off)) <= 4 * np.spacing(1.0)
    assert ops.erfinv([1.0, -1.0, 0.0]).tolist() == [math.inf, -math.inf, 0]
    assert np.isnan(ops.erfinv([1.5, -2.0, math.nan]).numpy()).all()


def test_inverse_error_function_far_out():
    """At the smallest distances from 1, where erfc is known to all digits: x is 1 - 2**-n exactly."""
    for n in range(2, 54):
        found = float(ops.erfinv(np.float64(1 - 2.0**-n)))
        slope = 2 / math.sqrt(math.pi) * math.exp(-found * found)
        assert abs(math.erfc(found) - 2.0**-n) / slope <= 6 * math.ulp(found)


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_complementary_error_function(dtype):
    x = np.linspace(-6, 26, 500).astype(dtype)
    expected = np.array([math.erfc(v) for v in x.tolist()]).astype(dtype)
    np.testing.assert_array_equal(ops.erfc(x), expected)


def test_logarithms_of_sums():
    x, y = np.array([1e4, -1e4, 0.0, 1e-20]), np.array([0.0, 1e4, 0.0, 0.0])
    np.testing.assert_array_equal(ops.logaddexp(x, y), np.logaddexp(x, y))
    np.testing.assert_allclose(ops.logaddexp2(x, y), np.logaddexp2(x, y), 1e-15)
    assert ops.logaddexp(np.float16(1), 2.0).dtype == "float16"
    assert ops.logaddexp(np.int8(1), np.int64(2)).dtype == "float32"
    ends = ops.convert_to_tensor([math.inf, -math.inf, -math.inf, 3.0])
    with GradientTape() as tape:
        tape.watch(ends)
        total = ops.logaddexp(ends, ops.convert_to_tensor([math.inf, -math.inf, 0.0, -math.inf]))
    assert tape.gradient(total, ends).tolist() == [0.5, 0.5, 0, 1]


def test_floats():
    x = np.array([1.0, 0.0, -0.0, np.inf, np.nan], "float32")
    np.testing.assert_array_equal(ops.nextafter(x, np.float32(2)), np.nextafter(x, np.float32(2)))
    assert ops.nextafter(1, 2).dtype == "float32"
    assert ops.signbit(np.array([-0.0, 0.0], "float16")).tolist() == [True, False]
    assert ops.signbit(np.array([0, 255], "uint8")).tolist() == [False, False]
    assert ops.signbit(np.array([0, -1], "int64")).tolist() == [False, True]


def test_complex_numbers_without_nan():
    z = np.array([1 + 2j, complex(math.nan, 1.0), complex(math.inf, math.nan)])
    np.testing.assert_array_equal(ops.nan_to_num(z, posinf=5.0), np.nan_to_num(z, posinf=5.0))
    assert ops.nansum(z[:2]).tolist() == 1 + 2j
    assert ops.nanmean(z[:2]).tolist() == 1 + 2j
