"""Each function runs in three modes: eagerly, compiled, and on symbolic tensors of known and of unknown sizes."""

import numpy as np
import pytest
from samples import normal as data

from ckeras import Function, KerasTensor, function as compiled, ops
from ckeras.tensor import Tensor

A, B = data(4, 6), data(4, 6, seed=1)
CUBE = data(2, 4, 6)
WHOLE = np.arange(24).reshape(4, 6) % 7
SMALL = A / (1 + np.abs(A))
UNARY = (
    "angle", "arcsinh", "arctan", "cbrt", "conj", "copy", "cosh", "deg2rad", "empty_like", "fabs", "fliplr", "flipud",
    "i0", "imag", "isneginf", "isposinf", "isreal", "rad2deg", "real", "sinc", "sinh",
)  # fmt: skip
# name -> function, arrays
CASES = {
    **{name: (getattr(ops, name), [A]) for name in UNARY},
    **{name: (getattr(ops, name), [SMALL]) for name in ("arccos", "arcsin", "arctanh")},
    **{name: (getattr(ops, name), [A, B]) for name in ("arctan2", "fmax", "fmin", "fmod", "heaviside", "hypot")},
    **{name: (getattr(ops, name), [WHOLE, WHOLE]) for name in ("gcd", "lcm", "left_shift", "right_shift")},
    "allclose": (ops.allclose, [A, A + 1e-9]),
    "append": (ops.append, [A, B]),
    "append rows": (lambda a, b: ops.append(a, b, 0), [A, B]),
    "arccosh": (ops.arccosh, [1 + A * A]),
    "argpartition": (lambda x: ops.argpartition(x, 2), [A]),
    "argsort": (lambda x: ops.argsort(x, 0), [A]),
    "argsort all": (lambda x: ops.argsort(x, None), [A]),
    "array_split": (lambda x: ops.array_split(x, 3), [A]),
    "array_split columns": (lambda x: ops.array_split(x, 4, -1), [A]),
    "average": (lambda x, w: ops.average(x, 0, w), [A, B]),
    "average of rows": (lambda x, w: ops.average(x, 1, w), [A, B[0]]),
    "corrcoef": (ops.corrcoef, [A]),
    "correlate": (lambda a, b: ops.correlate(a, b, "same"), [A[0], B[0, :3]]),
    "correlate valid": (ops.correlate, [A[0], B[0, :3]]),
    "cross": (ops.cross, [A[:, :3], B[:, :3]]),
    "cross in the plane": (ops.cross, [A[:, :2], B[:, :2]]),
    "cumprod": (lambda x: ops.cumprod(x, 1), [A]),
    "cumsum": (lambda x: ops.cumsum(x, 0), [A]),
    "cumsum all": (ops.cumsum, [A]),
    "diag": (lambda x: ops.diag(x, 1), [A[0]]),
    "diag of a matrix": (lambda x: ops.diag(x, -1), [A]),
    "diagflat": (ops.diagflat, [A[:2, :3]]),
    "diagonal": (lambda x: ops.diagonal(x, 1, 0, 2), [CUBE]),
    "diagonal of each": (lambda x: ops.diagonal(x, 0, 1, 2), [CUBE]),
    "diff": (lambda x: ops.diff(x, axis=0), [A]),
    "diff of rows": (lambda x: ops.diff(x, 2), [A]),
    "digitize": (ops.digitize, [A, np.array([-1.0, 0.0, 0.5])]),
    "dsplit": (lambda x: ops.dsplit(x, [1, 4]), [CUBE]),
    "dstack": (lambda a, b: ops.dstack([a, b]), [A, B]),
    "dstack of vectors": (lambda a, b: ops.dstack([a, b]), [A[0], B[0]]),
    "einsum": (lambda a, b: ops.einsum("btd,dhk->bthk", a, b), [CUBE, data(6, 2, 3)]),
    "einsum ellipsis": (lambda a, b: ops.einsum("...i,...i->...", a, b), [CUBE, A]),
    "einsum scores": (lambda a, b: ops.einsum("bthd,bshd->bhts", a, b), [data(2, 4, 3, 5), data(2, 6, 3, 5)]),
    "einsum three": (lambda a, b, c: ops.einsum("ij,kj,k", a, b, c), [A, B, A[:, 0]]),
    "einsum diagonal": (lambda x: ops.einsum("bii->b", x), [data(3, 4, 4)]),
    "geomspace": (lambda a, b: ops.geomspace(a, b, 3), [1 + A * A, 1 + B * B]),
    "geomspace of rows": (lambda a, b: ops.geomspace(a, b, 3, axis=-1), [1 + A * A, 1 + B[0] ** 2]),
    "get_item": (lambda x: ops.get_item(x, (0, slice(None, None, 2))), [A]),
    "histogram": (lambda x: ops.histogram(x, 4), [A[0]]),
    "hsplit": (lambda x: ops.hsplit(x, 3), [A]),
    "hstack": (lambda a, b: ops.hstack([a, b]), [A, B]),
    "inner": (ops.inner, [A, B]),
    "isclose": (lambda a, b: ops.isclose(a, b, equal_nan=True), [A, B]),
    "isin": (ops.isin, [WHOLE, WHOLE[0]]),
    "kron": (ops.kron, [A, B[:2]]),
    "ldexp": (ops.ldexp, [A, WHOLE]),
    "vsplit": (lambda x: ops.vsplit(x, 2), [A]),
    "vstack": (lambda a, b: ops.vstack([a, b]), [A, B]),
}


def listed(y):
    return list(y) if isinstance(y, (tuple, list)) else [y]


def agree(found, expected):
    for y, e in zip(listed(found), listed(expected), strict=True):
        assert (type(y), y.shape, y.dtype) == (Tensor, e.shape, e.dtype)
        np.testing.assert_allclose(y, e, 1e-12, 1e-12)


@pytest.mark.parametrize("name", CASES)
def test_compiled(name):
    function, arrays = CASES[name]
    tensors = [ops.convert_to_tensor(a) for a in arrays]
    agree(listed(compiled(lambda *t: listed(function(*t)))(*tensors)), function(*tensors))


@pytest.mark.parametrize("unknown", ["none", "first", "all"])
@pytest.mark.parametrize("name", CASES)
def test_symbolic(name, unknown):
    function, arrays = CASES[name]
    if unknown == "all" and name in NEED_SIZES:
        with pytest.raises(ValueError, match=r"cross expects|unknown size"):
            function(*(KerasTensor((None,) * a.ndim, a.dtype.name) for a in arrays))
        return
    shapes = {
        "none": lambda a: a.shape,
        "first": lambda a: (None, *a.shape[1:]) if a.ndim > 1 else a.shape,
        "all": lambda a: (None,) * a.ndim,
    }
    symbols = [KerasTensor(shapes[unknown](a), a.dtype.name) for a in arrays]
    expected = listed(function(*arrays))
    found = listed(function(*symbols))
    assert [(type(y), y.dtype) for y in found] == [(KerasTensor, e.dtype) for e in expected]
    for y, e in zip(found, expected, strict=True):
        assert len(y.shape) == len(e.shape)
        assert all(d == known or (d is None and unknown != "none") for d, known in zip(y.shape, e.shape, strict=True))
    agree(Function(symbols, found)([ops.convert_to_tensor(a) for a in arrays]), expected)


# What takes apart an axis of components has to know their number.
NEED_SIZES = ("cross", "cross in the plane", "get_item")


def test_shapes_that_values_decide():
    x = KerasTensor((None, 3), "int32")
    assert (ops.bincount(x).shape, ops.bincount(x).dtype) == ((None, None), "int32")
    assert ops.bincount(x, weights=KerasTensor((None, 3))).dtype == "float32"
    points = KerasTensor((), "int32")
    for window in (ops.bartlett, ops.blackman, ops.hamming, ops.hanning, lambda n: ops.kaiser(n, 2.0)):
        y = window(points)
        assert (y.shape, y.dtype) == ((None,), "float32")
        np.testing.assert_array_equal(Function(points, y)(5), window(5))
    with pytest.warns(UserWarning, match="is run op by op"):
        assert compiled(lambda t: ops.bincount(t))(ops.convert_to_tensor([2, 0, 2])).tolist() == [1, 0, 2]


def test_a_training_step_stays_native():
    """What a step of training may use has kernels: no instruction of its plan takes numpy."""

    def step(x, w):
        y = ops.einsum("btd,dhk->bthk", x, w)
        scores = ops.einsum("bthk,bshk->bhts", y, y)
        angles = ops.arctan2(ops.sinh(y), ops.cosh(y)) + ops.hypot(y, ops.cbrt(y)) + ops.arcsinh(ops.fmax(y, 0.1))
        return ops.sum(scores) + ops.sum(angles) + ops.sum(ops.sinc(ops.fmod(y, 0.5)))

    step = compiled(step)
    x, w = CUBE.astype("float32"), data(6, 2, 3).astype("float32")
    step(x, w)
    ((plan, *_),) = step.plans.values()
    assert plan.python_instructions == 0


@pytest.mark.parametrize("dtype", ["float16", "float32"])
@pytest.mark.parametrize(
    "name", [n for n, (_, arrays) in CASES.items() if arrays[0].dtype == "float64" and n != "argpartition"]
)
def test_narrower_floats(name, dtype):
    """In another float type a function gives that type, and what it gives for the same numbers in double."""
    function, arrays = CASES[name]
    rounded = [a.astype(dtype) if a.dtype == "float64" else a for a in arrays]
    expected = listed(function(*(a.astype("float64") if a.dtype == dtype else a for a in rounded)))
    tolerance = {"float16": 2e-2, "float32": 2e-5}[dtype]
    for y, e in zip(listed(function(*rounded)), expected, strict=True):
        assert y.dtype == (dtype if e.dtype == "float64" else e.dtype)
        np.testing.assert_allclose(y.numpy().astype("float64"), e, tolerance, tolerance)
