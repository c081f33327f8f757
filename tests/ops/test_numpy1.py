"""Functions that are called as numpy's, `arccos` to `vstack`: accuracy, ends of the range, and what they refuse."""

import json
import math
import pathlib

import numpy as np
import pytest

from ckeras import GradientTape, KerasTensor, config, ops
from ckeras.tensor import table

API = pathlib.Path(__file__).parents[1] / "data" / "keras_api.json"
LOG_MAX = {"float32": math.log(np.finfo("float32").max), "float64": math.log(np.finfo("float64").max)}
# name -> the points in each dtype
ACCURATE = {
    "arccos": lambda top: np.linspace(-1, 1, 1001),
    "arccosh": lambda top: np.concatenate([1 + np.logspace(-7, 0, 200), np.logspace(0, top / 2.31, 200)]),
    "arcsin": lambda top: np.concatenate([np.linspace(-1, 1, 1001), np.logspace(-20, 0, 99)]),
    "arcsinh": lambda top: np.concatenate([np.linspace(-5, 5, 1001), np.logspace(-20, top / 2.31, 99)]),
    "arctan": lambda top: np.concatenate([np.linspace(-5, 5, 1001), -np.logspace(-20, top / 2.31, 99)]),
    "arctanh": lambda top: np.concatenate([np.linspace(-1, 1, 1001), np.logspace(-20, 0, 99)]),
    "cbrt": lambda top: np.concatenate([np.linspace(-5, 5, 1001), -np.logspace(-20, top / 2.31, 99)]),
    "cosh": lambda top: np.linspace(-top, top, 1001),
    "deg2rad": lambda top: np.linspace(-720, 720, 1001),
    "fabs": lambda top: np.linspace(-5, 5, 11),
    "rad2deg": lambda top: np.linspace(-9, 9, 1001),
    "sinh": lambda top: np.concatenate([np.linspace(-top, top, 1001), np.logspace(-20, 0, 99)]),
    "i0": lambda top: np.linspace(-top, top, 1001) * 0.98,
}
PAIRS = np.array([-math.inf, -3.0, -1e-3, -0.0, 0.0, 0.5, 7.0, math.inf, math.nan])


@pytest.mark.parametrize("dtype", LOG_MAX)
@pytest.mark.parametrize("name", ACCURATE)
def test_accuracy(name, dtype):
    x = ACCURATE[name](LOG_MAX[dtype]).astype(dtype)
    with np.errstate(divide="ignore"):
        expected = getattr(np, name)(x.astype("longdouble" if name != "i0" else "float64")).astype(dtype)
    eps = np.finfo(dtype).eps
    found = getattr(ops, name)(x)
    assert found.dtype == dtype
    # The logarithm of i0 grows with its argument, and its relative error with it.
    tolerance = 4 * eps * (np.maximum(1, np.abs(x)).max() if name == "i0" else 1)
    np.testing.assert_allclose(found.numpy(), expected, rtol=tolerance, atol=np.finfo(dtype).smallest_subnormal)


@pytest.mark.parametrize("dtype", LOG_MAX)
@pytest.mark.parametrize("name", ["arctan2", "fmax", "fmin", "fmod", "hypot"])
def test_pairs_at_the_ends_of_the_range(name, dtype):
    big = np.finfo(dtype).max / 2
    tiny = np.finfo(dtype).tiny
    x = np.concatenate([PAIRS, [big, -big, tiny]]).astype(dtype)
    with np.errstate(all="ignore"):
        expected = getattr(np, name)(x[:, None], x)
    np.testing.assert_allclose(getattr(ops, name)(x[:, None], x), expected, rtol=4 * np.finfo(dtype).eps, atol=tiny)


@pytest.mark.parametrize("name", ["arctan2", "hypot"])
def test_gradients_do_not_overflow(name):
    x, y = (ops.convert_to_tensor(np.array(v, "float32")) for v in ([3e30, 3e-30], [4e30, 4e-30]))
    with GradientTape() as tape:
        tape.watch([x, y])
        z = getattr(ops, name)(x, y)
    found = tape.gradient(z, [x, y])
    scale = np.array([5e30, 5e-30])
    expected = {"hypot": ([0.6, 0.6], [0.8, 0.8]), "arctan2": (0.8 / scale, -0.6 / scale)}[name]
    for g, e in zip(found, expected, strict=True):
        np.testing.assert_allclose(g.numpy(), e, 1e-5)


def test_sinc_near_zero():
    x = ops.convert_to_tensor(np.array([0.0, 1e-9, 0.5]))
    with GradientTape() as outer:
        outer.watch(x)
        with GradientTape() as inner:
            inner.watch(x)
            y = ops.sinc(x)
        first = inner.gradient(y, x)
    np.testing.assert_allclose(y, np.sinc(x.numpy()), 1e-15)
    assert float(first[0]) == 0
    assert float(outer.gradient(first, x)[0]) == pytest.approx(-(math.pi**2) / 3)


def test_derivatives_of_i0():
    """I0' = I1, I1' = I0 - I1 / x, and the series of I1."""
    x = ops.convert_to_tensor(np.array([-3.0, 1e-6, 0.5, 4.0]))
    with GradientTape() as outer:
        outer.watch(x)
        with GradientTape() as inner:
            inner.watch(x)
            y = ops.i0(x)
        first = inner.gradient(y, x)
    v = x.numpy()
    series = sum((v / 2) ** (2 * k + 1) / (math.factorial(k) * math.factorial(k + 1)) for k in range(40))
    np.testing.assert_allclose(first, series, 1e-14)
    np.testing.assert_allclose(outer.gradient(first, x), np.i0(v) - series / v, 1e-9)
    assert ops.i0([math.inf, -math.inf]).tolist() == [math.inf] * 2


@pytest.mark.parametrize("zeros", [(), (0,), (2,), (1, 3), (0, 1, 2, 3)])
def test_derivatives_of_a_running_product_with_zeros(zeros):
    v = np.array([2.0, 3.0, -1.5, 5.0])
    v[list(zeros)] = 0
    weights = np.array([1.0, -2.0, 0.5, 3.0])
    x = ops.convert_to_tensor(v)
    with GradientTape() as outer:
        outer.watch(x)
        with GradientTape() as inner:
            inner.watch(x)
            y = ops.cumprod(x)
        first = inner.gradient(y, x, weights)
        third = first[2]

    def without(*left_out):
        """The weighted sum of the products of the others, over those that contain them all."""
        kept = np.delete(np.arange(4), left_out)
        return sum(w * np.prod(v[kept[kept <= j]]) for j, w in enumerate(weights) if j >= max(left_out))

    np.testing.assert_allclose(first, [without(i) for i in range(4)], atol=1e-12)
    second = [without(i, 2) if i != 2 else 0.0 for i in range(4)]
    np.testing.assert_allclose(outer.gradient(third, x), second, atol=1e-12)


def test_long_sums_lose_no_digits():
    x = np.full(1_000_000, 0.1, "float32")
    np.testing.assert_allclose(ops.cumsum(x)[-1], float(np.float32(0.1)) * 1e6, 1e-6)
    assert ops.cumsum(np.ones(4096, "float16"))[-1] == 4096


def test_no_elements():
    empty = np.zeros((0, 3), "float32")
    for function in (ops.cumsum, ops.cumprod, ops.argsort, lambda x: ops.diff(x, axis=0), lambda x: ops.isin(x, x)):
        assert function(empty).shape in ((0,), (0, 3))
    x = ops.convert_to_tensor(empty)
    for function in (lambda x: ops.cumprod(x, 0), lambda x: ops.einsum("ij,ij->i", x, x), ops.diagflat, ops.sinc):
        with GradientTape() as tape:
            tape.watch(x)
            y = function(x)
        assert tape.gradient(y, x).shape == (0, 3)
    assert ops.bincount(np.zeros((2, 0), "int32"), minlength=3).tolist() == [[0, 0, 0]] * 2
    assert ops.diag(np.zeros(0), k=2).tolist() == [[0, 0], [0, 0]]
    assert ops.einsum("ij,jk->ik", np.zeros((2, 0)), np.zeros((0, 3))).tolist() == [[0.0] * 3] * 2


def test_order_of_equals_and_of_nan():
    assert ops.argsort([2.0, math.nan, 1.0, 2.0, -math.inf, 1.0]).tolist() == [4, 2, 5, 0, 3, 1]
    assert ops.argsort([[True, False], [False, True]], axis=None).tolist() == [1, 2, 0, 3]
    x = np.random.default_rng(0).permutation(100)
    for kth in (0, 37, -1):
        indices = ops.argpartition(x, kth).numpy()
        assert x[indices][kth] == np.sort(x)[kth]
        assert sorted(indices) == list(range(100))


def test_extremes_at_equals_and_nan():
    """The gradient goes to the second where both are equal, as in JAX."""
    a, b = (ops.convert_to_tensor(v) for v in ([1.0, 2.0, math.nan, 4.0], [1.0, 3.0, 5.0, math.nan]))
    for function, expected in ((ops.fmax, [[0, 0, 0, 1], [1, 1, 1, 0]]), (ops.fmin, [[0, 1, 0, 1], [1, 0, 1, 0]])):
        with GradientTape() as tape:
            tape.watch([a, b])
            y = function(a, b)
        assert [g.tolist() for g in tape.gradient(y, [a, b])] == expected


def test_copies():
    x = np.arange(3.0)
    t = ops.copy(x)
    x[0] = 9
    assert t.tolist() == [0, 1, 2]
    source = ops.convert_to_tensor([1.0, 2.0])
    assert not np.shares_memory(ops.copy(source).numpy(), source.numpy())


def test_complex_numbers():
    z = ops.convert_to_tensor(np.array([3 + 4j, -1j]))
    assert ops.abs(z).dtype == "float64"
    np.testing.assert_allclose(ops.abs(z), [5, 1])
    np.testing.assert_allclose(ops.conj(z) * z, [25, 1])
    assert ops.isclose(z, z + 1e-9).tolist() == [True, True]
    assert ops.isclose(z, z + 1e-3j).tolist() == [False, False]
    assert ops.isreal([1, 2j]).tolist() == [True, False]
    assert ops.cast(z, "float32").tolist() == [3, 0]
    assert ops.cast(np.array([0, 1j]), "bool").tolist() == [False, True]
    assert (ops.convert_to_tensor(1j).dtype, ops.add(np.float32(1), 1j).dtype) == ("complex64", "complex64")
    config.set_floatx("float64")
    try:
        assert ops.convert_to_tensor([1j]).dtype == "complex128"
    finally:
        config.set_floatx("float32")
    np.testing.assert_allclose(ops.einsum("i,i", z, z), np.dot(z, z))
    np.testing.assert_allclose(ops.correlate(z, z), np.correlate(z.numpy(), z.numpy()))
    x = np.random.default_rng(0).standard_normal((2, 5, 2))
    np.testing.assert_allclose(ops.corrcoef(x[..., 0] + 1j * x[..., 1]), np.corrcoef(x[..., 0] + 1j * x[..., 1]))
    assert ops.corrcoef(x[:1, :, 0]).shape == np.corrcoef(x[:1, :, 0]).shape == ()


def test_weights_of_several_axes():
    x, w = np.random.default_rng(0).random((2, 3, 4)), np.random.default_rng(1).random((4, 2))
    expected = np.einsum("ijk,ki->j", x, w) / w.sum()
    np.testing.assert_allclose(ops.average(x, axis=(2, 0), weights=w), expected)
    np.testing.assert_allclose(ops.average(x, axis=(0, -1), weights=w.T), expected)
    with pytest.raises(ValueError, match="weights of shape"):
        ops.average(x, axis=(0, 2), weights=w)


def test_geometric_series():
    y = ops.geomspace(2, 2e30, 7)
    assert (float(y[0]), float(y[-1])) == (2, np.float32(2e30))
    np.testing.assert_allclose(y[1:] / y[:-1], 1e5, 1e-6)
    assert ops.geomspace(1, 256, 9, dtype="int32").tolist() == [1, 2, 4, 8, 16, 32, 64, 128, 256]
    assert np.isnan(ops.geomspace(-1.0, 1.0, 3)[1])
    np.testing.assert_allclose(ops.geomspace(1, 1j, 3), np.geomspace(1, 1j, 3), 1e-6)


def test_paths_of_einsum():
    arrays = [np.random.default_rng(i).standard_normal(s) for i, s in enumerate([(3, 8), (8, 2), (2, 9), (9, 4)])]
    text = "ij,jk,kl,lm->im"
    expected = np.linalg.multi_dot(arrays)
    path = np.einsum_path(text, *arrays, optimize="optimal")[0]
    for optimize in (
        True,
        False,
        "greedy",
        "optimal",
        path,
        ["einsum_path", (0, 1, 2, 3)],
        ["einsum_path", (1, 3), (0, 1), (0, 1)],
    ):
        np.testing.assert_allclose(ops.einsum(text, *arrays, optimize=optimize), expected, 1e-12)
    np.testing.assert_allclose(
        ops.einsum(arrays[0], [0, 1], arrays[1], [1, 2], [2, 0]), (arrays[0] @ arrays[1]).T, 1e-12
    )
    np.testing.assert_allclose(ops.einsum(arrays[0], [Ellipsis, 1], [1, Ellipsis]), arrays[0].T)


ONE, TWO = np.ones(3, "float32"), np.ones((2, 3), "float32")
ERRORS = [
    (lambda: ops.einsum("ij,jk", TWO), ValueError, "2 operands"),
    (lambda: ops.einsum("ij", ONE), ValueError, "does not fit an operand of 1 axes"),
    (lambda: ops.einsum("...ijk", TWO), ValueError, "does not fit"),
    (lambda: ops.einsum("ij,jk", TWO, TWO), ValueError, "sizes 3 and 2"),
    (lambda: ops.einsum("ij,jk", KerasTensor((None, 3)), KerasTensor((4, 5))), ValueError, "sizes 3 and 4"),
    (lambda: ops.einsum("ii", TWO), ValueError, "sizes 2 and 3"),
    (lambda: ops.einsum("ii", np.ones((1, 3))), ValueError, "sizes 1 and 3"),
    (lambda: ops.einsum("ij->ii", TWO), ValueError, "once"),
    (lambda: ops.einsum("ij->k", TWO), ValueError, "'k'"),
    (lambda: ops.einsum("i1->i", TWO), ValueError, "letters"),
    (lambda: ops.einsum("i->j->k", ONE), ValueError, "letters"),
    (lambda: ops.einsum("i..j", TWO), ValueError, "letters"),
    (lambda: ops.einsum("ij"), ValueError, "got none"),
    (lambda: ops.einsum("ij", TWO, order="C"), TypeError, "order"),
    (lambda: ops.einsum("ij", TWO, optimize="best"), ValueError, "best"),
    (lambda: ops.einsum("ij,jk", TWO, TWO.T, optimize=["einsum_path", (0, 2)]), ValueError, "path for 2"),
    (lambda: ops.einsum("ij,jk", TWO, TWO.T, optimize=["einsum_path"]), ValueError, "path for 2"),
    (lambda: ops.einsum(TWO, "ij"), TypeError, "list of numbers after each operand"),
    (lambda: ops.einsum(TWO, [0, 99]), ValueError, "from 0 to 51"),
    (lambda: ops.inner(TWO, np.ones(2)), ValueError, "sizes 3 and 2"),
    (lambda: ops.cross(np.ones(4), ONE), ValueError, "2 or 3 components along axis 0 of x1"),
    (lambda: ops.cross(ONE, ONE, axis=2), ValueError, "axis 2"),
    (lambda: ops.correlate(ONE, ONE, "half"), ValueError, "'half'"),
    (lambda: ops.correlate(TWO, ONE), ValueError, "two vectors"),
    (lambda: ops.correlate(ONE[:0], ONE), ValueError, "two vectors with elements"),
    (lambda: ops.corrcoef(np.ones((2, 2, 2))), ValueError, "at most two axes"),
    (lambda: ops.average(TWO, weights=ONE), ValueError, "axis=None"),
    (lambda: ops.average(TWO, axis=0, weights=ONE), ValueError, "axes that are named"),
    (lambda: ops.average(TWO, axis=5), ValueError, "axis 5"),
    (lambda: ops.argsort(ONE, 1), ValueError, "axis 1"),
    (lambda: ops.argpartition(ONE, 3), ValueError, "kth 3"),
    (lambda: ops.argpartition(ONE, 1.5), ValueError, "integer kth"),
    (lambda: ops.cumsum(ONE, axis=1), ValueError, "cumsum: axis 1"),
    (lambda: ops.cumprod(ONE, dtype="number"), ValueError, "unknown dtype"),
    (lambda: ops.diff(5.0), ValueError, "at least one axis"),
    (lambda: ops.diff(ONE, n=-1), ValueError, "0 or more"),
    (lambda: ops.digitize(ONE, TWO), ValueError, "along one axis"),
    (lambda: ops.digitize(ONE, [1.0, 3.0, 2.0]), ValueError, "monoton"),
    (lambda: ops.histogram(TWO), ValueError, "one axis"),
    (lambda: ops.histogram(ONE, 2.5), TypeError, "histogram expects an integer as bins"),
    (lambda: ops.histogram(ONE, 0), ValueError, "histogram expects an integer of 1 or more as bins"),
    (lambda: ops.histogram(ONE, 2, (1, 0)), ValueError, "ascending"),
    (lambda: ops.histogram(ONE, 2, (1,)), ValueError, "two numbers"),
    (lambda: ops.histogram(ONE * math.nan), ValueError, "finite"),
    (lambda: ops.bincount(ONE), TypeError, "integers"),
    (lambda: ops.bincount([1, -1]), ValueError, "-1"),
    (lambda: ops.bincount(np.ones((1, 1, 1), "int32")), ValueError, "one axis or two"),
    (lambda: ops.bincount([1, 2], weights=ONE), ValueError, "weights of the shape"),
    (lambda: ops.bincount([1, 2], sparse=True), ValueError, "sparse tensors are not supported"),
    (lambda: ops.bincount([1, 2], minlength=-1), ValueError, "minlength"),
    (lambda: ops.diag(np.ones((1, 1, 1))), ValueError, "one axis or two"),
    (lambda: ops.diagonal(ONE), ValueError, "at least two axes"),
    (lambda: ops.diagonal(TWO, 0, 1, -1), ValueError, "different axes"),
    (lambda: ops.array_split(ONE, 0), ValueError, "from 1 to 100000 as the number of sections, got 0"),
    (lambda: ops.hsplit(TWO, 2), ValueError, "equal parts"),
    (lambda: ops.hsplit(5.0, 1), ValueError, "at least 1 axes"),
    (lambda: ops.vsplit(5.0, 1), ValueError, "at least 1 axes"),
    (lambda: ops.dsplit(TWO, 1), ValueError, "at least 3 axes"),
    (lambda: ops.vstack([]), ValueError, "at least one tensor"),
    (lambda: ops.hstack([TWO, ONE]), ValueError, "equal"),
    (lambda: ops.append(ONE, TWO, axis=0), ValueError, "equal"),
    (lambda: ops.bartlett(-1), ValueError, "0 or more"),
    (lambda: ops.hanning(ONE), ValueError, "one number of points"),
    (lambda: ops.geomspace(1, 2, -1), ValueError, "num=-1"),
    (lambda: ops.gcd(ONE, 2), TypeError, "gcd works on integers"),
    (lambda: ops.left_shift(2, 1.5), TypeError, "left_shift works on integers"),
    (lambda: ops.ldexp(ONE, 0.5), TypeError, "integers as exponents"),
    (lambda: ops.ldexp(ONE, True), TypeError, "integers as exponents"),
    (lambda: ops.cbrt(1j), TypeError, "real numbers"),
    (lambda: ops.fabs(1j), TypeError, "real numbers"),
    (lambda: ops.isposinf(1j), TypeError, "isposinf works on real numbers"),
    (lambda: ops.i0(1j), TypeError, "real numbers"),
    (lambda: ops.flipud(1.0), ValueError, "axis 0"),
    (lambda: ops.fliplr(ONE), ValueError, "axis 1"),
    (lambda: ops.allclose(ONE, np.ones(2)), ValueError, "broadcast"),
    (lambda: ops.kron("a", ONE), TypeError, "number"),
]


@pytest.mark.parametrize("case", range(len(ERRORS)))
def test_errors(case):
    compute, kind, words = ERRORS[case]
    with pytest.raises(kind, match=words):
        compute()


def test_the_namespace_of_numpy_is_complete():
    known = [n.split(".")[3] for n in json.loads(API.read_text())["symbols"] if n.startswith("keras.ops.numpy.")]
    assert sorted(known) == sorted(ops.numpy.__all__)
    assert set(known) <= set(dir(ops.numpy))
    there = [name for name in known if hasattr(ops, name)]
    assert len(there) > 170
    for name in there:
        assert getattr(ops.numpy, name) is getattr(ops, name)
    with pytest.raises(AttributeError, match="has no attribute 'relu'"):
        _ = ops.numpy.relu


def test_shifts_beyond_the_bits():
    for dtype in ("int8", "uint8", "int32", "uint32", "int64"):
        one, bits = np.array(1, dtype), np.array([0, 3, 7, 8, 31, 33, 100]).astype(dtype)
        np.testing.assert_array_equal(ops.left_shift(one, bits), np.left_shift(one, bits))
        minus = ops.convert_to_tensor(np.array(100, dtype))
        np.testing.assert_array_equal(ops.right_shift(minus, bits), np.right_shift(minus.numpy(), bits))
    assert ops.bitwise_left_shift.function is ops.left_shift.function
    assert ops.bitwise_right_shift.function is ops.right_shift.function
    assert ops.ldexp(1.0, np.array([2**63 - 1, 3], "uint64")).tolist() == [math.inf, 8]


def test_rows_know_the_dtype_of_their_first_argument():
    assert table["ldexp"](np.ones(2, "float64"), np.ones(2, "int32")).dtype == "float64"
