"""The examples in the docstrings of the package do what they say."""

import doctest
import importlib
from pathlib import Path

import pytest

import ckeras


def modules() -> list[str]:
    """Every module of Python code in the package, found as a file, so that collecting the tests imports none."""
    root = Path(ckeras.__file__).parent
    names = (".".join(path.relative_to(root.parent).with_suffix("").parts) for path in root.rglob("*.py"))
    return sorted(name.removesuffix(".__init__") for name in names)


@pytest.mark.parametrize("name", modules())
def test_examples(name):
    result = doctest.testmod(importlib.import_module(name), optionflags=doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE)
    assert result.failed == 0


def test_examples_are_found():
    digits = importlib.import_module("ckeras.datasets.digits")
    assert doctest.testmod(digits).attempted >= 4
