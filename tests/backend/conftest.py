"""The cases of the classic functions, and what Keras gave for them."""

import importlib.util
import pathlib
from types import SimpleNamespace

import numpy as np
import pytest

from ckeras import backend, ops

_SCRIPT = pathlib.Path(__file__).parents[1] / "data" / "make_backend_values.py"


def _made():
    spec = importlib.util.spec_from_file_location("make_backend_values", _SCRIPT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


_MADE = _made()
_CASES = _MADE.cases(backend, ops.convert_to_tensor)
_LATER = set(_MADE.later(backend, ops.convert_to_tensor))


def pytest_generate_tests(metafunc):
    """A test that takes `case` runs for each case; those of `later` in a module that has LATER set."""
    if "case" in metafunc.fixturenames:
        wanted = _LATER if getattr(metafunc.module, "LATER", False) else set(_CASES) - _LATER
        metafunc.parametrize("case", sorted(wanted), indirect=True)


@pytest.fixture(scope="session")
def kept_values():
    with np.load(_MADE.VALUES) as kept:
        return dict(kept)


@pytest.fixture
def case(request, kept_values):
    """The name of a case, what computes it, and what Keras gave."""
    return SimpleNamespace(name=request.param, compute=_CASES[request.param], expected=kept_values[request.param])
