"""Dtype promotion, compared with Keras."""

import importlib.util
import pathlib

import numpy as np
import pytest

from ckeras import KerasTensor, backend, config, ops
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
    found, (expected, _) = made.answers(ops, TENSORS[kind]), made.stored()
    assert found.keys() == expected.keys() and len(expected) > 700
    # On JAX, Keras says 32 bits for 64.
    differing = {q for q in expected if found[q].replace("64", "32") != expected[q].replace("64", "32")}
    assert not differing, {q: (expected[q], found[q]) for q in differing}


def test_every_pair_of_dtypes_promotes_as_in_keras():
    found, (_, expected) = made.pairs(backend.result_type), made.stored()
    assert found == expected and len(expected) == 22**2
    assert found["uint32, int32"] == found["int32, uint32"] == "int64"


def addable(expected):
    """The pairs that have a tensor of the first dtype, and a tensor or a Python scalar as the second."""
    for pair, dtype in expected.items():
        a, b = pair.split(", ")
        if a not in made.PYTHON and b != "None":
            yield a, b, dtype


@pytest.mark.parametrize("kind", TENSORS)
def test_sums_and_products_of_every_pair_have_the_dtype_it_promotes_to(kind):
    scalars = {"int": 2, "float": 2.5, "python bool": True, "python complex": 1j}
    for a, b, dtype in addable(made.stored()[1]):
        x, y = TENSORS[kind]((2,), a), scalars[b] if b in scalars else TENSORS[kind]((2,), b)
        if not dtype:
            with pytest.raises(ValueError, match="promote to no dtype"):
                ops.add(x, y)
            continue
        for z in (ops.add(x, y), ops.multiply(y, x), x + y, y * x):
            assert z.dtype == dtype, (a, b)


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
        assert dtypes.standardize(complex) == (ops.ones(2) + 1j).dtype == "complex128"
        assert backend.result_type(int) == "int32"  # Keras gives integers the width of the default float type
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
    assert dtypes.standardize(complex) == "complex64"
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
