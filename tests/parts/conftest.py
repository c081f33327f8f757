"""The values that Keras gave, and what computes the same with ckeras."""

import importlib
import importlib.util
import pathlib
from types import SimpleNamespace

import numpy as np
import pytest

_PATH = pathlib.Path(__file__).parents[1] / "data" / "make_keras_values.py"
_SPEC = importlib.util.spec_from_file_location("make_keras_values", _PATH)
_MADE = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(_MADE)
_VALUES = _MADE.unpack()


def _ckeras():
    parts = {name: importlib.import_module(f"ckeras.{name}") for name in _MADE.MODULES}
    variable = importlib.import_module("ckeras.autograd").Variable
    return SimpleNamespace(Variable=variable, numpy=parts["ops"].convert_to_numpy, **parts)


def pytest_generate_tests(metafunc):
    """A test that takes `keras_case` runs for each case whose name starts with its module's `KIND`."""
    if "keras_case" in metafunc.fixturenames:
        kinds = metafunc.module.KIND
        metafunc.parametrize("keras_case", [name for name in _VALUES if name.startswith(kinds)], indirect=True)


@pytest.fixture(scope="session")
def ckeras_cases():
    """What computes the case of a name with ckeras."""
    k = _ckeras()
    cases = _MADE.cases(k)
    return lambda name: _MADE.value(k, name, cases[name])


@pytest.fixture
def keras_case(request, ckeras_cases):
    """The name of a case, what ckeras gives, and what Keras gave."""
    result = ckeras_cases(request.param)
    dtype = getattr(result, "dtype", None)
    return SimpleNamespace(
        name=request.param, result=np.asarray(result), dtype=str(dtype), expected=_VALUES[request.param]
    )


@pytest.fixture
def agrees(keras_case):
    """Check the result of a case against Keras's, more closely for float64."""

    def check(rtol=1e-5, atol=1e-6, rtol64=1e-10, atol64=1e-12):
        double = "float64" in keras_case.name
        rtol, atol = (rtol64, atol64) if double else (rtol, atol)
        assert keras_case.result.shape == keras_case.expected.shape
        np.testing.assert_allclose(keras_case.result, keras_case.expected, rtol=rtol, atol=atol)

    return check
