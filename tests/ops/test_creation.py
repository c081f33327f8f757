"""Tensors from numbers, arrays and shapes."""

import inspect
import itertools

import numpy as np
import pytest

from ckeras import KerasTensor, Variable, config, ops

DTYPES = [
    "bool",
    "int8",
    "uint8",
    "int16",
    "uint16",
    "int32",
    "uint32",
    "int64",
    "uint64",
    "float16",
    "float32",
    "float64",
]


@pytest.mark.parametrize(
    ("value", "dtype"),
    [
        (1, "int32"),
        (1.5, "float32"),
        (True, "bool"),
        ([1, 2], "int32"),
        ([1, 2.5], "float32"),
        ([[True, False]], "bool"),
        ([], "float32"),
        ([[], []], "float32"),
        (2**40, "int64"),
        (range(3), "int32"),
        (np.float64(2), "float64"),
        (np.array([1, 2]), "int64"),
        (np.array([1, 2], "int8"), "int8"),
        (np.arange(6.0)[::2], "float64"),
        (np.array([1, 2], ">i4"), "int32"),
        (np.arange(6, dtype="float32").reshape(2, 3).T, "float32"),
    ],
    ids=str,
)
def test_convert_to_tensor(value, dtype):
    for convert in (ops.convert_to_tensor, ops.array):
        t = convert(value)
        assert (t.dtype, t.shape) == (dtype, np.shape(value))
        np.testing.assert_array_equal(t, np.asarray(value))
        for other in ("uint64", "float32") if type(value) is int and value > 1 else DTYPES:
            np.testing.assert_array_equal(convert(value, other), np.asarray(value).astype(other))


def test_conversion_copies_arrays():
    a = np.zeros(3, "float32")
    t = ops.convert_to_tensor(a)
    a[0] = 5
    assert t.tolist() == [0, 0, 0]


def test_views_of_arrays_are_copies():
    a = np.zeros((2, 3), "float32")
    views = [ops.reshape(a, (3, 2)), ops.ravel(a), ops.expand_dims(a, 0), ops.stop_gradient(a), ops.transpose(a[:1])]
    a[:] = 5
    assert [np.sum(v.numpy()) for v in views] == [0] * 5


def test_writing_to_a_number_s_array_leaves_all_tensors_of_it():
    a, b = (ops.convert_to_tensor(2.0, dtype="float32") for _ in range(2))
    a.numpy()[...] = 7
    assert (a.item(), b.item(), (ops.ones(()) * 2.0).item()) == (2.0, 2.0, 2.0)


def test_lists_of_tensors():
    one = ops.convert_to_tensor(1.0)
    assert ops.convert_to_tensor([one, 2.0]).tolist() == [1, 2]
    assert ops.convert_to_tensor([[one, one], [one * 3, Variable(4.0)]]).tolist() == [[1, 1], [3, 4]]
    assert ops.convert_to_tensor([one, 2], dtype="int32").dtype == "int32"


def test_values_that_are_no_tensors():
    for value in ("text", None, [None], object(), np.array(["a"]), b"abc", np.array([object()])):
        with pytest.raises(TypeError, match="expected a"):
            ops.convert_to_tensor(value)
    with pytest.raises(ValueError):
        ops.convert_to_tensor([[1], [1, 2]])
    with pytest.raises(ValueError, match="unknown dtype 'what'"):
        ops.convert_to_tensor(1, "what")
    with pytest.raises(OverflowError, match="the integer 300 does not fit int8"):
        ops.convert_to_tensor(300, "int8")
    for option in ("sparse", "ragged"):
        with pytest.raises(ValueError, match="only dense tensors"):
            ops.convert_to_tensor(1, **{option: True})


def test_what_a_value_is():
    x = np.ones((2, 3), "float32")
    for value in (x, ops.convert_to_tensor(x), Variable(x), KerasTensor((2, 3)), x.tolist()):
        assert (ops.shape(value), ops.ndim(value), ops.size(value), ops.dtype(value)) == ((2, 3), 2, 6, "float32")
    assert [ops.is_tensor(v) for v in (ops.convert_to_tensor(1), x, [1], 1, KerasTensor(()))] == [True] + [False] * 4
    for value in (ops.convert_to_tensor(x), Variable(x), x, x.tolist()):
        assert type(ops.convert_to_numpy(value)) is np.ndarray
        np.testing.assert_array_equal(ops.convert_to_numpy(value), x)


@pytest.mark.parametrize("dtype", [None, *DTYPES])
@pytest.mark.parametrize("name", ["zeros", "ones"])
def test_constant_tensors(name, dtype):
    for shape in [3, (), (0,), (2, 3), [1, 0], np.array([2, 2]), ops.convert_to_tensor([4])]:
        result = getattr(ops, name)(shape, dtype)
        assert result.dtype == (dtype or "float32")
        np.testing.assert_array_equal(result, getattr(np, name)(np.asarray(shape), dtype or "float32"))
    with pytest.raises(ValueError, match="integer of 0 or more"):
        getattr(ops, name)((-1, 2))


def test_full_and_what_is_like_another():
    assert ops.full((2, 3), 1.5).dtype == ops.full(3, 1).dtype == ops.full((), True).dtype == "float32"
    np.testing.assert_array_equal(ops.full((2, 2), [1, 2], "int8"), [[1, 2], [1, 2]])
    for dtype in DTYPES:
        x = np.ones((2, 3), dtype)
        for made, value in [(ops.zeros_like(x), 0), (ops.ones_like(x), 1), (ops.full_like(x, 3), np.array(3, dtype))]:
            assert (made.dtype, made.shape) == (dtype, (2, 3))
            assert (made.numpy() == value).all()
    assert ops.full_like([1, 2], 2.5).dtype == "int32"
    assert ops.zeros_like([1, 2], dtype="float64").dtype == "float64"
    assert ops.empty((2, 3)).shape == (2, 3)
    symbolic = ops.zeros_like(KerasTensor((None, 3), "int32"))
    assert (symbolic.shape, symbolic.dtype) == ((None, 3), "int32")


def test_default_float_type():
    config.set_floatx("float64")
    try:
        assert {t.dtype for t in (ops.zeros(2), ops.eye(2), ops.full(2, 1), ops.linspace(0, 1), ops.arange(2.0))} == {
            "float64"
        }
        assert {ops.convert_to_tensor(v).dtype for v in (1.5, [1.5])} == {"float64"}
        assert ops.mean([1, 2]).dtype == ops.divide(1, 2).dtype == ops.one_hot([1], 3).dtype == "float64"
    finally:
        config.set_floatx("float32")


@pytest.mark.parametrize(
    "arguments", [(3,), (0,), (-1,), (1, 4), (1, 4, 2), (4, 1, -1), (3.0,), (1, 4.5), (0, 1, 0.25), (2, 2)], ids=str
)
def test_arange(arguments):
    result = ops.arange(*arguments)
    assert result.dtype == ("float32" if any(isinstance(a, float) for a in arguments) else "int32")
    np.testing.assert_array_equal(result, np.arange(*arguments))
    for dtype in ("int64", "float64", "uint8"):
        if min(arguments) >= 0:
            assert ops.arange(*arguments, dtype=dtype).dtype == dtype


def test_arange_of_typed_numbers():
    assert ops.arange(np.float32(3)).dtype == "float32"
    assert ops.arange(np.int64(3)).dtype == "int64"
    assert ops.arange(ops.convert_to_tensor(0), ops.convert_to_tensor(3)).tolist() == [0, 1, 2]
    with pytest.raises(ValueError, match="step other than 0"):
        ops.arange(0, 1, 0)


def test_linspace():
    for endpoint, num in itertools.product((True, False), (0, 1, 2, 5, 50)):
        np.testing.assert_allclose(ops.linspace(1, 3, num, endpoint), np.linspace(1, 3, num, endpoint), 1e-6)
    for axis in (0, 1, -1):
        np.testing.assert_allclose(
            ops.linspace([0, 1], [2, 3], 4, axis=axis), np.linspace([0, 1], [2, 3], 4, axis=axis)
        )
    values, step = ops.linspace(0, 1, 5, retstep=True)
    assert (values.shape, float(step)) == ((5,), 0.25)
    assert np.isnan(ops.linspace(0, 1, 1, retstep=True)[1])
    assert ops.linspace(0, 10, 3, dtype="int32").tolist() == [0, 5, 10]
    assert ops.linspace(-1, 1, 4, dtype="int32").tolist() == np.linspace(-1, 1, 4, dtype="int32").tolist()
    assert ops.linspace(0, 1, 7, dtype="float64").tolist() == np.linspace(0, 1, 7).tolist()
    assert ops.linspace(np.zeros(2), 1, 3).dtype == "float64"
    with pytest.raises(ValueError):
        ops.linspace(0, 1, -1)


def test_eye():
    for arguments in [(3,), (2, 3), (3, 2, 1), (3, None, -1), (0,)]:
        np.testing.assert_array_equal(ops.eye(*arguments), np.eye(*arguments))
    assert ops.identity(2, "int32").tolist() == [[1, 0], [0, 1]]


@pytest.mark.parametrize("name", ops.__all__)
def test_every_function_says_what_it_does(name):
    function = getattr(ops, name)
    assert inspect.getdoc(function)
    assert inspect.signature(function).parameters
