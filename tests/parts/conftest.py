"""The values that Keras gave, and what computes the same with ckeras."""

import importlib
import importlib.util
import pathlib
import sys
from types import SimpleNamespace

import numpy as np
import pytest

_DATA = pathlib.Path(__file__).parents[1] / "data"


def _script(name):
    spec = importlib.util.spec_from_file_location(name, _DATA / f"{name}.py")
    module = sys.modules[name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


_MADE = _script("make_keras_values")
_SCRIPTS = [_MADE, _script("make_losses_values"), _script("make_metrics_values")]
_VALUES = {name: value for script in _SCRIPTS for name, value in _MADE.unpack(script.VALUES).items()}


def _ckeras():
    parts = {name: importlib.import_module(f"ckeras.{name}") for name in _MADE.MODULES}
    variable = importlib.import_module("ckeras.tensor").Variable
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
    cases = {name: case for script in _SCRIPTS for name, case in script.cases(k).items()}
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
