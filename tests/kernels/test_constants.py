"""The limits and codes that the kernels tell Python."""

import importlib

import pytest

from ckeras import _kernels
from ckeras.tensor import dtypes


@pytest.mark.parametrize("name", _kernels.built_levels())
def test_every_level_has_the_same_constants(name):
    module = importlib.import_module(f"ckeras._kernels._level_{name}")
    assert module.constants == _kernels.constants


def test_every_dtype_of_kernels_has_a_suffix():
    assert list(dtypes.CODE) == list(dtypes.SUFFIX)


@pytest.mark.parametrize("kind", ["dtype", "activation", "reduce", "scan", "random", "pool", "sample"])
def test_codes_of_a_kind_are_all_different(kind):
    found = _kernels.codes(kind)
    assert sorted(found.values()) == list(range(len(found))) and found
