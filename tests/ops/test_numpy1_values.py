"""Functions that are called as numpy's, `arccos` to `vstack`: values and dtypes compared with Keras."""

import importlib.util
import pathlib
from types import SimpleNamespace

import numpy as np
import pytest

from ckeras import KerasTensor, ops

_PATH = pathlib.Path(__file__).parents[1] / "data" / "make_numpy1_values.py"
_SPEC = importlib.util.spec_from_file_location("make_numpy1_values", _PATH)
made = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(made)
VALUES, DTYPES = made.stored()
K = SimpleNamespace(ops=ops, numpy=ops.convert_to_numpy)
CASES = made.cases(K)
TOLERANCE = {"float32": 2e-6}


def _narrow(dtype):
    return dtype.replace("complex128", "complex64") if dtype.startswith("complex") else dtype.replace("64", "32")


def test_the_cases_are_those_that_were_kept():
    assert CASES.keys() == VALUES.keys() and len(VALUES) > 900


@pytest.mark.parametrize("name", VALUES)
def test_value(name):
    result, dtype = made.value(K, CASES[name])
    expected, expected_dtype = VALUES[name]
    assert result.shape == expected.shape
    # On JAX, Keras makes 32 bits of 64 where it looks for the common dtype; and where it counts, 64 of 32.
    assert _narrow(dtype) == _narrow(expected_dtype)
    wide = result.astype("complex128" if dtype.startswith("complex") else "float64")
    tolerance = max(TOLERANCE.get(d, 1e-10) for d in (dtype, expected_dtype))
    np.testing.assert_allclose(wide, expected, rtol=tolerance, atol=tolerance / (1 if "edges" in name else 10))


@pytest.mark.parametrize("kind", ["symbolic", "real"])
def test_dtypes(kind):
    tensor = {"symbolic": lambda d: KerasTensor((3, 3), d), "real": lambda d: ops.ones((3, 3), d)}[kind]
    found = made.answers(ops, tensor)
    assert found.keys() == DTYPES.keys()
    differing = {q: (DTYPES[q], found[q]) for q in found if _narrow(found[q]) not in map(_narrow, DTYPES[q])}
    assert not differing, differing
