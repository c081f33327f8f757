"""Order statistics, linear algebra, Fourier transforms, segments and special functions against the values of Keras."""

import importlib.util
import pathlib

import numpy as np
import pytest

from ckeras import ops

_PATH = pathlib.Path(__file__).parents[1] / "data" / "make_numpy2_values.py"
_SPEC = importlib.util.spec_from_file_location("make_numpy2_values", _PATH)
_MADE = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(_MADE)
VALUES = _MADE.stored()
CASES = _MADE.cases(ops)
TOLERANCE = {"float16": 2e-3, "float32": 2e-5, "complex64": 2e-5, "float64": 1e-10, "complex128": 1e-10}


def test_the_cases_are_those_that_are_stored():
    assert list(CASES) == list(VALUES)


@pytest.mark.parametrize("name", VALUES)
def test_value(name):
    found = _MADE.results(CASES[name]())
    assert len(found) == len(VALUES[name])
    for y, expected in zip(found, VALUES[name], strict=True):
        assert y.shape == expected.shape
        # Indices are int64 on JAX where it is enabled; Keras documents int32.
        assert y.dtype.name.replace("int64", "int32") == expected.dtype.name.replace("int64", "int32")
        tolerance = TOLERANCE.get(y.dtype.name, 0)
        np.testing.assert_allclose(y, expected, tolerance, tolerance)
