"""What makes a compiled function compile anew: each part of its signature, by what goes wrong without it."""

import numpy as np
import pytest

import ckeras
from ckeras import ops
from ckeras.compiler.function import function


@pytest.fixture
def restored_floatx():
    yield
    ckeras.config.set_floatx("float32")


def test_floatx_is_part_of_the_signature(restored_floatx):
    sine = function(ops.sin)
    x = np.arange(3, dtype="int32")
    assert sine(x).dtype == "float32"
    ckeras.config.set_floatx("float64")
    assert sine(x).dtype == "float64"
    np.testing.assert_allclose(sine(x).numpy(), np.sin(np.arange(3.0)), rtol=1e-15)


def test_the_kind_of_a_structure_is_part_of_the_signature():
    @function
    def kind(pair):
        return pair[0] * (2 if isinstance(pair, list) else 3)

    x = np.ones(2, "float32")
    assert kind([x, x]).tolist() == [2, 2]
    assert kind((x, x)).tolist() == [3, 3]
    assert kind([x, x]).tolist() == [2, 2]


def test_the_keys_of_a_dict_are_part_of_the_signature():
    @function
    def difference(parts):
        return parts["a"] - parts["b"] if "b" in parts else parts["a"] - parts["c"] * 2

    x, y = np.full(2, 5, "float32"), np.ones(2, "float32")
    assert difference({"a": x, "b": y}).tolist() == [4, 4]
    assert difference({"a": x, "c": y}).tolist() == [3, 3]


def test_the_dtype_and_the_rank_of_an_argument_are_part_of_the_signature():
    total = function(lambda x: ops.sum(x, axis=-1))
    assert total(np.ones((2, 3), "float32")).tolist() == [3, 3]
    assert total(np.ones((2, 3), "int32")).dtype == "int32"
    assert total(np.ones(6, "float32")).tolist() == 6
    assert total(np.ones((3, 2), "float32")).tolist() == [2, 2, 2]


def test_positional_and_named_arguments_are_distinguished():
    subtract = function(lambda a, b: a - b)
    x, y = np.full(2, 5, "float32"), np.ones(2, "float32")
    assert subtract(x, y).tolist() == [4, 4]
    assert subtract(b=x, a=y).tolist() == [-4, -4]
    assert subtract(a=x, b=y).tolist() == [4, 4]
