"""The cases of `tests/data/make_optimizers_values.py`, and the values that Keras gave."""

import importlib
import pathlib
import sys
from types import SimpleNamespace

import numpy as np

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "data"))
import make_optimizers_values as made

from ckeras.tensor import Variable

EXPECTED = made.unpack(made.VALUES)
_PARTS = {name: importlib.import_module(f"ckeras.{name}") for name in made.MODULES}
_K = SimpleNamespace(Variable=Variable, numpy=_PARTS["ops"].convert_to_numpy, **_PARTS)
_CASES = made.cases(_K)


def names(kind):
    """The cases whose name begins so."""
    return [name for name in EXPECTED if name.startswith(kind)]


def compare(name, rtol=1e-5, atol=1e-6, rtol64=1e-10, atol64=1e-12):
    """Compute a case with ckeras, and compare with Keras, more closely for float64; gives the result."""
    result = made.value(_K, name, _CASES[name])
    double = "float64" in name
    assert np.shape(result) == EXPECTED[name].shape
    rtol, atol = (rtol64, atol64) if double else (rtol, atol)
    np.testing.assert_allclose(np.asarray(result), EXPECTED[name], rtol=rtol, atol=atol)
    return result
