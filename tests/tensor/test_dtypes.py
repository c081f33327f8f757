"""Dtype promotion, compared with Keras."""

import importlib.util
import pathlib

import numpy as np
import pytest

from ckeras import KerasTensor, config, ops
from ckeras.tensor import dtypes

_PATH = pathlib.Path(__file__).parents[1] / "data" / "make_ops_values.py"
_SPEC = importlib.util.spec_from_file_location("make_ops_values", _PATH)
made = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(made)


def result_type(*values):
    return dtypes.result_type(*(v if isinstance(v, str) else v.__name__ for v in values))


TENSORS = {"symbolic": KerasTensor, "real": lambda shape, dtype: ops.ones(shape, dtype)}


@pytest.mark.parametrize("kind", TENSORS)
def test_results_have_the_dtypes_that_keras_gives_them(kind):
    found, expected = made.answers(result_type, ops, TENSORS[kind]), made.stored()
    assert found.keys() == expected.keys() and len(expected) > 1000
    # On JAX, Keras says 32 bits for 64.
    differing = {q for q in expected if found[q].replace("64", "32") != expected[q].replace("64", "32")}
    assert not differing, {q: (expected[q], found[q]) for q in differing}


@pytest.mark.parametrize("wide", ["int64", "uint64", "float64"])
def test_64_bits_stay_64(wide):
    for other in ("bool", "uint8", "uint16", "uint32", wide, "int"):
        assert result_type(wide, other) == result_type(other, wide) == wide
    x = ops.ones((3,), wide)
    for function in (ops.add, ops.maximum, ops.multiply, ops.power):
        assert function(x, x).dtype == function(x, 2).dtype == wide
    for function in (ops.sum, ops.prod, ops.max, ops.abs, ops.square, ops.ravel, ops.ones_like):
        assert function(x).dtype == wide
    assert result_type("int64", "float32") == result_type("uint64", "float") == "float32"
    assert result_type("float64", "float32") == result_type("float64", "int64") == "float64"


def test_order_does_not_matter():
    names = [*made.DTYPES, "int", "float"]
    for a in names:
        for b in names:
            assert result_type(a, b) == result_type(b, a)
            for c in ("int8", "uint32", "float16", "int"):
                assert dtypes.result_type(a, b, c) == dtypes.result_type(c, b, a)


def test_python_numbers_follow_the_default_float_type():
    config.set_floatx("float64")
    try:
        assert result_type("float") == result_type("int32", "float") == "float64"
        assert result_type("float32", "float") == "float32"
    finally:
        config.set_floatx("float32")


def test_names():
    for name in made.DTYPES:
        assert (
            dtypes.standardize(name)
            == dtypes.standardize(np.dtype(name))
            == dtypes.standardize(np.dtype(name).type)
            == name
        )
        assert dtypes.of_array(np.zeros(1, name)) == dtypes.of_array(np.zeros(1, np.dtype(name).newbyteorder())) == name
    assert [dtypes.standardize(d) for d in (None, float, int, bool, "int")] == [
        "float32",
        "float32",
        "int32",
        "bool",
        "int32",
    ]
    for unknown in ("float", "f4", "what", "", object(), str, np.dtype("U3"), 3):
        with pytest.raises(ValueError, match="unknown dtype"):
            dtypes.standardize(unknown)
