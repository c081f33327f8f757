"""Elementwise ops against numpy in float64: dtypes, odd sizes, broadcasting, strides, values not finite."""

import itertools
import math

import numpy as np
import pytest

from ckeras import Variable, ops

SHAPES = [(), (0,), (1,), (3,), (7,), (17,), (1031,), (5, 7), (2, 0, 3), (3, 4, 17)]
TOLERANCE = {"float16": 2e-3, "float32": 4e-6, "float64": 1e-13}
SPECIAL = [math.nan, math.inf, -math.inf, 0.0, -0.0, 1.0, -1.0, 0.5, -2.5, 1e-30, -1e30]
INTEGERS = ["int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "uint64"]

sigmoid = lambda x: np.where(x >= 0, 1 / (1 + np.exp(-np.abs(x))), np.exp(-np.abs(x)) / (1 + np.exp(-np.abs(x))))  # noqa: E731
erf = np.vectorize(math.erf, otypes=[float])
relu6 = lambda x: np.clip(x, 0, 6)  # noqa: E731


def gelu(x):
    return 0.5 * x * (1 + np.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)))


def elu(x, alpha=1.0):
    return np.where(x > 0, x, alpha * np.expm1(np.minimum(x, 0)))


# name -> (reference, minimum input, maximum input)
UNARY = {
    "abs": (np.abs, -5, 5),
    "absolute": (np.abs, -5, 5),
    "ceil": (np.ceil, -5, 5),
    "cos": (np.cos, -50, 50),
    "elu": (elu, -5, 5),
    "erf": (erf, -4, 4),
    "exp": (np.exp, -20, 20),
    "exp2": (np.exp2, -20, 20),
    "expm1": (np.expm1, -3, 3),
    "floor": (np.floor, -5, 5),
    "gelu": (gelu, -5, 5),
    "hard_sigmoid": (lambda x: relu6(x + 3) / 6, -5, 5),
    "hard_silu": (lambda x: x * (relu6(x + 3) / 6), -5, 5),
    "hard_swish": (lambda x: x * (relu6(x + 3) / 6), -5, 5),
    "leaky_relu": (lambda x: np.where(x > 0, x, 0.2 * x), -5, 5),
    "log": (np.log, 0, 50),
    "log10": (np.log10, 0, 50),
    "log1p": (np.log1p, -1, 5),
    "log2": (np.log2, 0, 50),
    "log_sigmoid": (lambda x: -np.logaddexp(-x, 0), -30, 30),
    "negative": (np.negative, -5, 5),
    "reciprocal": (np.reciprocal, 0.1, 5),
    "relu": (lambda x: np.maximum(x, 0), -5, 5),
    "relu6": (relu6, -5, 9),
    "round": (np.round, -5, 5),
    "rsqrt": (lambda x: 1 / np.sqrt(x), 0.1, 50),
    "selu": (lambda x: 1.0507009873554805 * elu(x, 1.6732632423543772), -5, 5),
    "sigmoid": (sigmoid, -30, 30),
    "sign": (np.sign, -5, 5),
    "silu": (lambda x: x * sigmoid(x), -30, 30),
    "sin": (np.sin, -50, 50),
    "softplus": (lambda x: np.logaddexp(x, 0), -30, 30),
    "softsign": (lambda x: x / (1 + np.abs(x)), -5, 5),
    "sqrt": (np.sqrt, 0, 50),
    "square": (np.square, -5, 5),
    "swish": (lambda x: x * sigmoid(x), -30, 30),
    "tan": (np.tan, -1.5, 1.5),
    "tanh": (np.tanh, -10, 10),
    "trunc": (np.trunc, -5, 5),
}
BINARY = {
    "add": np.add,
    "divide": np.true_divide,
    "divide_no_nan": lambda a, b: np.where(b == 0, 0.0, a / np.where(b == 0, 1, b)),
    "floor_divide": np.floor_divide,
    "maximum": np.maximum,
    "minimum": np.minimum,
    "mod": np.mod,
    "multiply": np.multiply,
    "power": lambda a, b: np.power(np.abs(a), b),
    "subtract": np.subtract,
    "true_divide": np.true_divide,
}
COMPARISONS = ["equal", "greater", "greater_equal", "less", "less_equal", "not_equal"]
LOGICAL = ["logical_and", "logical_or", "logical_xor"]
PAIRS = [
    ((), ()),
    ((), (5,)),
    ((3, 1), (1, 4)),
    ((2, 3, 4), (3, 1)),
    ((0, 3), (1, 3)),
    ((17,), (17,)),
    ((1031,), (1,)),
    ((7, 1, 5), (1, 6, 1)),
    ((4, 1031), (1031,)),
]


def uniform(low, high, shape, dtype, seed=0):
    rng = np.random.default_rng([seed, *shape])
    return rng.uniform(low, high, shape).astype(dtype)


def agree(result, expected, dtype):
    assert result.dtype == dtype
    assert result.shape == np.shape(expected)
    tolerance = TOLERANCE[dtype]
    np.testing.assert_allclose(result.numpy().astype("float64"), expected, rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", UNARY)
def test_unary(name, dtype):
    reference, low, high = UNARY[name]
    for shape in SHAPES:
        x = uniform(low, high, shape, dtype)
        with np.errstate(all="ignore"):
            agree(getattr(ops, name)(x), reference(x.astype("float64")), dtype)


@pytest.mark.parametrize("name", UNARY)
def test_unary_of_half_precision(name):
    reference, low, high = UNARY[name]
    x = uniform(max(low, -5), min(high, 5), (17,), "float16")
    result = getattr(ops, name)(x)
    assert result.dtype == "float16"
    np.testing.assert_allclose(result.numpy().astype("float64"), reference(x.astype("float64")), rtol=1e-2, atol=1e-2)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", UNARY)
def test_unary_beyond_the_finite(name, dtype):
    reference, low, _ = UNARY[name]
    x = np.array(SPECIAL * 3, dtype)  # longer than a vector, so that the body of a loop sees them as well as its end
    with np.errstate(all="ignore"):
        expected = reference(x.astype("float64")).astype(dtype)
    result = getattr(ops, name)(x).numpy()
    np.testing.assert_allclose(result, expected, rtol=TOLERANCE[dtype], atol=1e-30 if low > 0 else 1e-6)


@pytest.mark.parametrize("name", UNARY)
def test_unary_of_strided_input(name):
    reference, low, high = UNARY[name]
    whole = uniform(low, high, (9, 14), "float32")
    for view in (whole.T, whole[::2, ::-3], np.asfortranarray(whole), whole.astype(">f4")):
        agree(getattr(ops, name)(view), reference(view.astype("float64")), "float32")


WHOLE = {"abs", "absolute", "negative", "sign", "square", "relu", "trunc", "round"}


@pytest.mark.parametrize("name", sorted(UNARY))
def test_unary_of_integers_and_booleans(name):
    reference = UNARY[name][0]
    for dtype in ("int8", "uint8", "int32", "int64"):
        x = np.arange(1, 5).astype(dtype)
        result = getattr(ops, name)(x)
        if name in WHOLE:
            assert result.dtype == dtype
            np.testing.assert_array_equal(result, reference(x))
        else:
            agree(result, reference(x.astype("float64")), "float32")
    assert getattr(ops, name)([True, False]).dtype in ("bool", "int32", "float32")


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", BINARY)
def test_binary(name, dtype):
    for seed, (left, right) in enumerate(PAIRS):
        a, b = uniform(-4, 4, left, dtype, seed), uniform(0.5, 4, right, dtype, seed + 100)
        a = np.abs(a) if name == "power" else a
        agree(getattr(ops, name)(a, b), BINARY[name](a.astype("float64"), b.astype("float64")), dtype)


@pytest.mark.parametrize("name", BINARY)
def test_binary_beyond_the_finite(name):
    a, b = (np.array(v) for v in zip(*itertools.product(SPECIAL, SPECIAL), strict=True))
    for dtype in ("float32", "float64"):
        x, y = a.astype(dtype), b.astype(dtype)
        with np.errstate(all="ignore"):
            expected = np.power(x, y) if name == "power" else BINARY[name](x, y)
        np.testing.assert_allclose(getattr(ops, name)(x, y), expected, rtol=2e-6, err_msg=name)


@pytest.mark.parametrize("dtype", INTEGERS)
@pytest.mark.parametrize("name", ["add", "subtract", "multiply", "maximum", "minimum", "floor_divide", "mod"])
def test_binary_of_integers(name, dtype):
    rng = np.random.default_rng(1)
    low = 0 if dtype[0] == "u" else -100
    a, b = rng.integers(low, 100, (3, 17)).astype(dtype), rng.integers(1, 50, (17,)).astype(dtype)
    b = b if dtype[0] == "u" else b * np.where(np.arange(17) % 2, 1, -1).astype(dtype)
    result = getattr(ops, name)(a, b)
    assert result.dtype == dtype
    with np.errstate(over="ignore"):
        np.testing.assert_array_equal(result, getattr(np, name)(a, b))


def test_power_of_integers():
    a, b = np.array([-3, -1, 0, 2, 7], "int32"), np.array([3, 5, 0, 10, 2], "int32")
    for dtype in ("int32", "int64", "int16", "uint8"):
        np.testing.assert_array_equal(
            ops.power(np.abs(a).astype(dtype), b.astype(dtype)), np.abs(a).astype(dtype) ** b.astype(dtype)
        )
    np.testing.assert_array_equal(ops.power(a, b), a**b)
    assert ops.power([True], [True]).dtype == "int32"
    for dtype in ("int8", "int16", "int32", "int64"):
        negative = ops.power(np.array([2, 1, -1, -1, 0], dtype), np.array([-1, -2, -1, -2, 3], dtype))
        assert (negative.dtype, negative.tolist()) == (dtype, [0, 1, -1, 1, 0])
        assert ops.power(np.array([3], dtype), np.array([5], dtype)).numpy() == np.array([3], dtype) ** 5
    np.testing.assert_array_equal(ops.power(a.astype("float32"), 2), np.square(a))
    np.testing.assert_array_equal(ops.power(a.astype("float32"), 1), a)
    np.testing.assert_allclose(ops.power(np.abs(a).astype("float32"), 0.5), np.sqrt(np.abs(a)), rtol=1e-6)


@pytest.mark.parametrize("dtype", ["bool", *INTEGERS, "float16", "float32", "float64"])
@pytest.mark.parametrize("name", COMPARISONS)
def test_comparisons(name, dtype):
    a, b = np.array([0, 1, 2, 3, 4] * 7).astype(dtype), np.array([[1], [2], [1], [0]]).astype(dtype)
    result = getattr(ops, name)(a, b)
    assert result.dtype == "bool"
    np.testing.assert_array_equal(result, getattr(np, name)(a, b))


@pytest.mark.parametrize("name", COMPARISONS)
def test_comparisons_of_what_has_no_order(name):
    a, b = (np.array(v, "float32") for v in zip(*itertools.product(SPECIAL, SPECIAL), strict=True))
    np.testing.assert_array_equal(getattr(ops, name)(a, b), getattr(np, name)(a, b))


@pytest.mark.parametrize("dtype", ["bool", "int32", "uint8", "float32", "float64"])
def test_logic(dtype):
    a, b = np.array([0, 0, 1, 2] * 9).astype(dtype), np.array([[0], [3]]).astype(dtype)
    for name in LOGICAL:
        np.testing.assert_array_equal(getattr(ops, name)(a, b), getattr(np, name)(a, b))
    np.testing.assert_array_equal(ops.logical_not(a), np.logical_not(a))


@pytest.mark.parametrize("dtype", ["bool", *INTEGERS])
def test_bits(dtype):
    a, b = np.array([0, 1, 5, 12, 100] * 7).astype(dtype), np.array([[3], [6]]).astype(dtype)
    for name in ("bitwise_and", "bitwise_or", "bitwise_xor"):
        result = getattr(ops, name)(a, b)
        assert result.dtype == dtype
        np.testing.assert_array_equal(result, getattr(np, name)(a, b))
    for name in ("bitwise_not", "bitwise_invert"):
        np.testing.assert_array_equal(getattr(ops, name)(a), np.invert(a))


def test_bits_of_floats_are_refused():
    with pytest.raises(TypeError, match="bitwise_and works on integers and booleans, got dtype float32"):
        ops.bitwise_and([1.0], [2.0])


@pytest.mark.parametrize("name", ["isfinite", "isinf", "isnan"])
def test_what_a_float_is(name):
    for dtype in ("float16", "float32", "float64"):
        x = np.array([*SPECIAL[:9], 1.0] * 4, dtype)
        np.testing.assert_array_equal(getattr(ops, name)(x), getattr(np, name)(x))
    np.testing.assert_array_equal(getattr(ops, name)([1, 2]), [name == "isfinite"] * 2)


@pytest.mark.parametrize("dtype", ["bool", *INTEGERS, "float16", "float32", "float64"])
def test_where(dtype):
    for shapes in [((17,), (17,), (17,)), ((5, 1), (1, 7), ()), ((0,), (0,), (1,)), ((3, 1031), (1031,), (3, 1))]:
        rng = np.random.default_rng(2)
        c, a, b = (rng.integers(0, 2, s) for s in shapes)
        a, b = a.astype(dtype), (b + 1).astype(dtype)
        result = ops.where(c, a, b)
        assert result.dtype == dtype
        np.testing.assert_array_equal(result, np.where(c, a, b))


def test_where_of_a_condition_alone_gives_indices():
    found = ops.where([[0, 1], [2, 0]])
    assert [f.tolist() for f in found] == [[0, 1], [1, 0]]
    assert all(f.dtype == "int32" for f in found)
    with pytest.raises(ValueError, match="both x1 and x2"):
        ops.where([True], 1)


def test_clip():
    x = np.array([-2.0, math.nan, 0.3, 5.0, math.inf] * 4, "float32")
    np.testing.assert_array_equal(ops.clip(x, -1, 3), np.clip(x, -1, 3))
    np.testing.assert_array_equal(ops.clip(x, None, 3), np.minimum(x, np.float32(3)))
    np.testing.assert_array_equal(ops.clip(x, 0, None), np.maximum(x, np.float32(0)))
    np.testing.assert_array_equal(
        ops.clip(x.reshape(5, 4), [0, 1, 2, 3], [[4]] * 5), np.clip(x.reshape(5, 4), [0, 1, 2, 3], 4)
    )
    assert ops.clip(x, 0, 1).dtype == "float32"
    assert ops.clip(np.array([1, 9], "int8"), 0, 5).tolist() == [1, 5]
    assert ops.clip(np.array([-2, 5], "int32"), 0.5, 3.5).tolist() == [0.5, 3.5]
    assert ops.clip(True, 0, 1).dtype == "int32"


def test_round_to_digits():
    np.testing.assert_array_equal(ops.round([0.5, 1.5, 2.5, -0.5, -1.5]), [0, 2, 2, 0, -2])
    np.testing.assert_allclose(ops.round([1.234, 5.678], 2), [1.23, 5.68])
    np.testing.assert_allclose(ops.round([1234.0, 5678.0], -2), [1200, 5700])
    assert ops.round(np.array([1234, 5678], "int32"), -2).tolist() == [1200, 5700]
    assert ops.round(np.array([1, 2], "int16"), 3).dtype == "int16"


DTYPES = ["bool", *INTEGERS, "float16", "float32", "float64"]


@pytest.mark.parametrize("source", DTYPES)
def test_cast(source):
    x = np.array([0, 1, 2, 3, 100] * 7).astype(source)
    for target in DTYPES:
        result = ops.cast(x, target)
        assert result.dtype == target
        np.testing.assert_array_equal(result, x.astype(target))
    assert ops.cast(np.array([-1.7, 1.7, -0.0]), "int32").tolist() == [-1, 1, 0]
    assert ops.cast([math.nan, 0.0], "bool").tolist() == [True, False]
    with pytest.raises(ValueError, match="unknown dtype 'float'"):
        ops.cast(x, "float")


def test_broadcast_to():
    x = np.arange(6, dtype="float32").reshape(2, 1, 3)
    np.testing.assert_array_equal(ops.broadcast_to(x, (4, 2, 5, 3)), np.broadcast_to(x, (4, 2, 5, 3)))
    np.testing.assert_array_equal(ops.broadcast_to([1.0], 3), [1, 1, 1])
    assert ops.broadcast_to(x[:, :, :1], (2, 0, 3)).shape == (2, 0, 3)
    for shape in [(2, 1, 4), (1, 3), (3, 1, 3)]:
        with pytest.raises(ValueError, match=r"cannot (stretch|be broadcast)"):
            ops.broadcast_to(x, shape)


@pytest.mark.parametrize("name", [*BINARY, *COMPARISONS])
def test_shapes_that_do_not_fit(name):
    with pytest.raises(ValueError, match=r"shapes \(2, 3\) and \(4,\) cannot be broadcast"):
        getattr(ops, name)(np.ones((2, 3), "float32"), np.ones(4, "float32"))


def test_kinds_of_arguments():
    """A tensor, a variable, an array, a list and a number stand for the same values."""
    kinds = [
        ops.convert_to_tensor([1.0, 2.0]),
        Variable([1.0, 2.0]),
        np.array([1, 2], "float32"),
        [1.0, 2.0],
        (1.0, 2.0),
    ]
    for a, b in itertools.product(kinds, kinds):
        assert ops.add(a, b).tolist() == [2.0, 4.0]
        assert ops.add(a, b).dtype == "float32"
    for a in kinds:
        assert ops.multiply(a, 3).tolist() == [3.0, 6.0]
        assert ops.subtract(1.5, a).tolist() == [0.5, -0.5]
    assert ops.add([ops.convert_to_tensor(1.0), 2.0], 1).tolist() == [2.0, 3.0]


def test_numbers_that_do_not_fit_the_dtype_they_meet():
    x, half = ops.convert_to_tensor(np.array([1, 2], "int8")), ops.convert_to_tensor(np.array([1, 2], "float16"))
    for number in (300, -129, 2**40):
        with pytest.raises(OverflowError, match=f"the integer {number} does not fit int8"):
            x + number
    assert (x + 100).tolist() == [101, 102]
    with np.errstate(over="ignore"):
        assert (half * 1e9).tolist() == [math.inf, math.inf]


def test_operations_without_meaning():
    with pytest.raises(TypeError, match="subtract is not defined for booleans"):
        ops.subtract([True], [False])
    for value in ("text", None, [None], object()):
        with pytest.raises(TypeError, match="expected a"):
            ops.add(value, 1)


def test_hard_tanh_of_unsigned_integers():
    found = ops.hard_tanh(np.array([0, 1, 7], "uint8"))
    assert (found.dtype, found.tolist()) == ("uint8", [0, 1, 1])
