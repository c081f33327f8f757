"""Reference values that Keras computed, saved next to the scripts that computed them."""

import importlib.util
import pathlib

import numpy as np

DATA = pathlib.Path(__file__).parents[1] / "data"


def script(name):
    """Import a script in `tests/data`."""
    spec = importlib.util.spec_from_file_location(name, DATA / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def values(path):
    """Return {case: {name: array}} of a file whose keys are "case//name"."""
    found = {}
    with np.load(path) as file:
        for key in file.files:
            case, _, name = key.partition("//")
            found.setdefault(case, {})[name] = file[key]
    return found
