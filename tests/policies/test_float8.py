"""The float8 dtypes of ml_dtypes: stored, cast and moved, but not computed with."""

import pickle
import sys

import ml_dtypes
import numpy as np
import pytest

import ckeras
from ckeras import KerasTensor, Variable, backend, ops
from ckeras.tensor import dtypes

FLOAT8 = ("float8_e4m3fn", "float8_e5m2")
X = np.array([0.0, -0.0, 0.1, 1.06, -3.7, 2**-9, 2**-11, 300.0, 448.0, 470.0, 57344.0, 1e6, np.inf, -np.inf, np.nan])


@pytest.fixture(params=FLOAT8)
def float8(request):
    return request.param


def bits(array):
    return np.asarray(array).view("uint8").tolist()


@pytest.mark.filterwarnings("ignore:overflow encountered in cast")
@pytest.mark.parametrize("source", ["float64", "float32", "float16", "bfloat16"])
def test_casts_round_as_ml_dtypes_does(float8, source):
    x = X.astype(dtypes.NUMPY[source])
    expected = x.astype(getattr(ml_dtypes, float8))
    compiled = ckeras.function(lambda v: v.astype(float8))
    for cast in (lambda v: ops.cast(v, float8), lambda v: v.astype(float8), compiled):
        found = cast(ops.convert_to_tensor(x))
        assert found.dtype == float8 and found.numpy().dtype == expected.dtype
        assert bits(found) == bits(expected)
    assert bits(ops.convert_to_tensor(x, float8)) == bits(expected)
    assert ops.convert_to_tensor(expected).dtype == float8


def test_casts_from_float8_keep_the_value(float8):
    every = np.arange(256, dtype="uint8").view(getattr(ml_dtypes, float8))
    x = ops.convert_to_tensor(every)
    for wide in ("bfloat16", "float16", "float32", "float64"):
        np.testing.assert_array_equal(np.asarray(ops.cast(x, wide), "float64"), every.astype("float64"))
    finite = every[np.isfinite(every.astype("float32"))]
    assert ops.cast(finite, "int32").tolist() == finite.astype("float32").astype("int32").tolist()
    assert ops.cast(finite, "bool").tolist() == (finite.astype("float32") != 0).tolist()


def test_a_cast_to_float8_and_back_rounds_in_a_plan_too(float8):
    def rounded(x):
        return ops.cast(ops.cast(x, float8), "float32")

    x = np.array([0.1, 1.06, -3.7], "float32")
    expected = x.astype(getattr(ml_dtypes, float8)).astype("float32")
    assert rounded(x).tolist() == ckeras.function(rounded)(x).tolist() == expected.tolist() != x.tolist()


def test_a_cast_has_the_gradient_of_the_identity(float8):
    def gradient(x):
        with ckeras.GradientTape() as tape:
            tape.watch(x)
            y = ops.sum(3 * ops.cast(ops.cast(x, float8), "float32"))
        return tape.gradient(y, x)

    x = ops.convert_to_tensor([0.1, 1.06])
    assert gradient(x).tolist() == ckeras.function(gradient)(x).tolist() == [3, 3]


def test_bytes_are_viewed_as_they_are(float8):
    every = np.arange(256, dtype="uint8")
    x = ops.view(every, float8)
    assert x.dtype == float8
    compiled = ckeras.function(lambda v: ops.view(v, "uint8"))
    assert ops.view(x, "uint8").tolist() == compiled(x).tolist() == every.tolist()


@pytest.mark.parametrize(
    "move",
    [
        lambda x: ops.reshape(x, (3, 2)), ops.transpose, lambda x: ops.take(x, [1, 0], axis=1), lambda x: x[1:, ::2],
        ops.copy, ops.stop_gradient, lambda x: ops.expand_dims(x, 0), lambda x: ops.broadcast_to(x, (2, 2, 3)),
    ],
)  # fmt: skip
def test_ops_that_move_elements_keep_the_dtype(float8, move):
    x = ops.cast([[1, 2, 3], [4, 5, 6]], float8)
    expected = move(ops.cast(x, "int32"))
    for found in (move(x), ckeras.function(move)(x)):
        assert found.dtype == float8 and ops.cast(found, "int32").tolist() == expected.tolist()
    assert move(KerasTensor((2, 3), float8)).dtype == float8


@pytest.mark.parametrize("make", [ops.zeros, ops.ones, lambda shape, dtype: ops.full(shape, 3, dtype)])
def test_creation(float8, make):
    assert make((2,), float8).numpy().dtype == getattr(ml_dtypes, float8)
    assert ops.cast(make((2,), float8), "int32").tolist() == make((2,), "int32").tolist()


def test_variables(float8):
    v = Variable([1.0, 1.06], dtype=float8)
    v.assign([0.1, 300.0])
    expected = np.array([0.1, 300.0]).astype(getattr(ml_dtypes, float8))
    assert v.dtype == float8 and bits(v) == bits(pickle.loads(pickle.dumps(v))) == bits(expected)


@pytest.mark.parametrize(
    "compute",
    [
        lambda x: x + x, lambda x: x * 2, lambda x: 1.5 - x, ops.exp, ops.relu, lambda x: ops.matmul(x, x),
        lambda x: ops.where([True, False], x, 0), lambda x: ops.equal(x, ops.ones(2)), ops.softmax,
    ],
)  # fmt: skip
def test_arithmetic_asks_for_a_cast(float8, compute):
    for x in (ops.ones(2, float8), KerasTensor((2,), float8)):
        with pytest.raises(ValueError, match=f"values of dtype {float8} promote to no dtype; cast them, to float32"):
            compute(x)


def test_names(float8):
    assert backend.standardize_dtype(float8) == backend.standardize_dtype(getattr(ml_dtypes, float8)) == float8
    assert backend.is_float_dtype(float8) and not backend.is_int_dtype(float8)
    with pytest.raises(ValueError, match="set_floatx expects one of"):
        ckeras.config.set_floatx(float8)
    for unknown in ("float8", "float8_e4m3", "float8_e4m3b11fnuz"):
        with pytest.raises(ValueError, match="unknown dtype"):
            backend.standardize_dtype(unknown)


@pytest.mark.parametrize(
    ("x", "source", "target", "expected"),
    [
        ([1000.0, -1e9, 3.0, np.inf], "float32", "float8_e4m3fn", [448, -448, 3, 448]),
        ([1000.0, 1e9, -np.inf], "float32", "float8_e5m2", [1024, 57344, -57344]),
        ([300, -5000], "int32", "float8_e4m3fn", [288, -448]),
        ([1.0, 57344.0, -np.inf], "float8_e5m2", "float8_e4m3fn", [1, 448, -448]),
        ([-1.0, 57344.0], "float8_e5m2", "uint8", [0, 255]),
        ([1e38, -1e38], "bfloat16", "float16", [65504, -65504]),
        ([1e300], "float64", "bfloat16", [3.3895313892515355e38]),
    ],
)
def test_saturate_cast_clips_to_the_finite_range(x, source, target, expected):
    found = ops.saturate_cast(ops.cast(np.array(x), source), target)
    assert found.dtype == target and np.asarray(found).astype("float64").tolist() == expected


def test_what_float8_needs_is_named(float8, monkeypatch):
    monkeypatch.setitem(sys.modules, "ml_dtypes", None)
    monkeypatch.delitem(dtypes.NUMPY, float8, raising=False)
    assert KerasTensor((2,), float8).dtype == float8
    for make in (lambda: ops.cast([1.0], float8), lambda: Variable([1.0], dtype=float8)):
        with pytest.raises(ImportError, match=rf"arrays of {float8} need .* pip install 'ckeras\[float8\]'"):
            make()
