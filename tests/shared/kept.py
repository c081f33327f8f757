"""What Keras gave, kept beside the script that computes it, for tests to compute the same with ckeras."""

import importlib.util
import pathlib

import numpy as np

DATA = pathlib.Path(__file__).parents[1] / "data"


def script(name):
    """The module of a script in `tests/data`."""
    spec = importlib.util.spec_from_file_location(name, DATA / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def values(path):
    """{case: {name: array}} of a file whose keys are "case//name"."""
    found = {}
    with np.load(path) as kept:
        for key in kept.files:
            case, _, name = key.partition("//")
            found.setdefault(case, {})[name] = kept[key]
    return found
