"""Operators, indexing, numpy's protocols and conversions of tensors."""

import copy
import itertools
import math
import operator
import pickle

import numpy as np
import pytest

from ckeras import GradientTape, KerasTensor, Tensor, Variable, ops


def tensor(value, dtype="float32"):
    return ops.convert_to_tensor(np.asarray(value).astype(dtype))


A = np.array([[1.5, -2.0, 3.0], [4.0, 0.5, -6.0]], "float32")
B = np.array([2.0, -0.5, 3.0], "float32")
ARITHMETIC = [operator.add, operator.sub, operator.mul, operator.truediv, operator.floordiv, operator.mod]
COMPARISON = [operator.lt, operator.le, operator.gt, operator.ge, operator.eq, operator.ne]


@pytest.mark.parametrize("op", [*ARITHMETIC, *COMPARISON], ids=lambda op: op.__name__)
def test_operators(op):
    expected = op(A, B)
    left, right = [tensor(A), Variable(A), A, A.tolist()], [tensor(B), Variable(B), B, B.tolist(), tuple(B.tolist())]
    for a, b in itertools.product(left, right):
        if isinstance(a, (Tensor, Variable)) or isinstance(b, (Tensor, Variable)):
            result = op(a, b)
            assert type(result) is Tensor
            assert result.dtype == expected.dtype
            np.testing.assert_allclose(result, expected, 1e-6)
    for number in (2, 0.5, np.float32(2), np.int64(3)):
        np.testing.assert_allclose(op(tensor(A), number), op(A, np.float32(number)), 1e-6)
        np.testing.assert_allclose(op(number, tensor(A)), op(np.float32(number), A), 1e-6)
    assert op(tensor(A), 2.0).dtype == expected.dtype


def test_powers_and_products():
    for a, b in itertools.product([tensor(np.abs(A)), Variable(np.abs(A)), np.abs(A)], [tensor(B), Variable(B), B]):
        if not isinstance(a, np.ndarray) or not isinstance(b, np.ndarray):
            np.testing.assert_allclose(a**b, np.abs(A) ** B, 1e-6)
            np.testing.assert_allclose(a @ b, np.abs(A) @ B, 1e-6)
    np.testing.assert_allclose(2 ** tensor(B), 2**B, 1e-6)
    np.testing.assert_allclose(tensor(B) ** 3, B**3, 1e-6)
    np.testing.assert_allclose(A.T @ tensor(A), A.T @ A, 1e-6)


def test_unary_operators():
    for x in (tensor(A), Variable(A)):
        np.testing.assert_array_equal(-x, -A)
        np.testing.assert_array_equal(+x, A)
        np.testing.assert_array_equal(abs(x), abs(A))
        np.testing.assert_array_equal(round(x), np.round(A))
        np.testing.assert_array_equal(round(x * 1.26, 1), np.round(A * np.float32(1.26), 1))
    np.testing.assert_array_equal(~(tensor(A) > 0), ~(A > 0))


def test_bits_and_logic():
    i, j = np.array([1, 6, 12], "int32"), np.array([3, 3, 4], "int32")
    p, q = i > 3, j > 3
    for op in (operator.and_, operator.or_, operator.xor):
        np.testing.assert_array_equal(op(tensor(i, "int32"), j), op(i, j))
        np.testing.assert_array_equal(op(7, tensor(i, "int32")), op(7, i))
        np.testing.assert_array_equal(op(tensor(p, "bool"), q), op(p, q))
        np.testing.assert_array_equal(op(p, tensor(q, "bool")), op(p, q))
        with pytest.raises(TypeError, match="integers and booleans"):
            op(tensor(A), tensor(A))
    np.testing.assert_array_equal(~tensor(i, "int32"), ~i)


def test_in_place_operators_make_new_tensors():
    x = y = tensor(A)
    x += 1
    assert x is not y
    np.testing.assert_array_equal(y, A)
    array = A.copy()
    array += tensor(B)  # an array changes in place, as with any operand
    assert type(array) is np.ndarray
    np.testing.assert_array_equal(array, A + B)


def test_operands_without_meaning():
    for other in ("text", None, object(), {}):
        with pytest.raises(TypeError):
            tensor(A) + other
        with pytest.raises(TypeError):
            other * tensor(A)
    assert (tensor(A) == "text") is False
    assert (tensor(A) != None) is True  # noqa: E711


# -- indexing -----------------------------------------------------------------------------------------------------

X = np.arange(24, dtype="float32").reshape(2, 3, 4)
PARTS = [
    0,
    -1,
    slice(None),
    slice(1, None),
    slice(None, None, -1),
    slice(5, 0, -2),
    slice(0, 0),
    None,
    Ellipsis,
    [0, 1],
    [[1], [0]],
    np.array([1, -1, 0]),
    np.array(1),
    np.array([], "int32"),
]


def same_as_numpy(x, t, key):
    try:
        expected = x[key]
    except IndexError:
        with pytest.raises(IndexError):
            t[key]
        return
    found = t[key]
    assert found.shape == expected.shape, key
    np.testing.assert_array_equal(found, expected, err_msg=str(key))


@pytest.mark.parametrize("count", [1, 2, 3, 4])
def test_indexing(count):
    t = tensor(X)
    for key in itertools.product(PARTS if count < 4 else [0, slice(1, None), None, Ellipsis, [0, 1]], repeat=count):
        if sum(k is Ellipsis for k in key) < 2:
            same_as_numpy(X, t, key if count > 1 else key[0])


@pytest.mark.parametrize("dtype", ["bool", "int8", "int64", "float16", "float64"])
def test_indexing_of_other_dtypes(dtype):
    x = X.astype(dtype)
    for key in (0, (slice(None), 1), (Ellipsis, slice(None, None, -2)), [1, 0], (0, [2, 0]), X > 4, None):
        same_as_numpy(x, tensor(x, dtype), key)


def test_masks():
    t = tensor(X)
    rows, columns = np.array([True, False]), np.array([True, False, True])
    keys = [X > 4, rows, (slice(None), columns), (0, columns), (rows, [0]), (Ellipsis, np.arange(4) > 1), X > 99]
    keys += [(rows, columns[:1].repeat(3)), (X[:, :, 0] > 4, 1), (None, rows)]
    for key in keys:
        same_as_numpy(X, t, key)
    np.testing.assert_array_equal(t[t > 4], X[X > 4])
    np.testing.assert_array_equal(t[[True, False]], X[[True, False]])
    for key in (columns, X[0] > 1, (slice(None), rows)):
        with pytest.raises(IndexError, match="does not fit"):
            t[key]


def test_indices_of_every_kind():
    t = tensor(X)
    for one in (1, np.int64(1), np.uint8(1), tensor(1, "int32"), Variable(1), np.array(1)):
        np.testing.assert_array_equal(t[one], X[1])
        np.testing.assert_array_equal(t[:, one, None], X[:, 1, None])
        np.testing.assert_array_equal(t[: int(one)], X[:1])
    for many in (tensor([1, 0], "int64"), tensor([1, 0], "uint8"), Variable(np.array([1, 0])), (1, 0), [1, 0]):
        np.testing.assert_array_equal(ops.take(t, many, 0), X[[1, 0]])
        if not isinstance(many, tuple):
            np.testing.assert_array_equal(t[many], X[[1, 0]])
    np.testing.assert_array_equal(Variable(X)[..., 1], X[..., 1])


def test_indices_without_meaning():
    t = tensor(X)
    for key in (2, -3, (0, 3), (0, 0, 0, 0), [2], [-3], ([0], [3]), ([0], [-4]), (Ellipsis, Ellipsis)):
        with pytest.raises(IndexError):
            t[key]
    for key in ("a", 1.0, object()):
        with pytest.raises(TypeError, match="a tensor cannot be indexed by"):
            t[key]
    for key in ([0.5], np.array([1.0]), True, np.True_):
        with pytest.raises(IndexError, match="indexed by integers or by a mask"):
            t[key]
    with pytest.raises(IndexError):
        tensor(1.0)[0]
    with pytest.raises(TypeError):
        t[0] = 1


# -- numpy --------------------------------------------------------------------------------------------------------


def gradient(function, x):
    with GradientTape() as tape:
        tape.watch(x)
        y = function(x)
    return tape.gradient(y, x)


@pytest.mark.parametrize(
    "function",
    [
        np.exp,
        np.tanh,
        np.square,
        np.negative,
        np.absolute,
        np.sum,
        np.mean,
        np.max,
        np.transpose,
        np.ravel,
        lambda x: np.add(x, 1),
        lambda x: np.multiply(2.0, x),
        lambda x: np.power(np.abs(x), 3),
        lambda x: np.matmul(x, x.T),
        lambda x: np.sum(x, 1),
        lambda x: np.sum(x, axis=0, keepdims=True),
        lambda x: np.mean(x, axis=-1),
        lambda x: np.var(x, 0),
        lambda x: np.prod(x, axis=1),
        lambda x: np.max(x, axis=1, keepdims=True),
        lambda x: np.concatenate([x, x], axis=1),
        lambda x: np.concatenate((x, x)),
        lambda x: np.stack([x, x], axis=1),
        lambda x: np.reshape(x, (3, 2)),
        lambda x: np.reshape(x, (3, 2), "C"),
        lambda x: np.transpose(x, (1, 0)),
        lambda x: np.expand_dims(x, 1),
        lambda x: np.squeeze(np.expand_dims(x, 1), axis=1),
        lambda x: np.clip(x, -1, 1),
        lambda x: np.where(x > 0, x, 0.0),
        lambda x: np.maximum(x, 0.25),
        lambda x: np.pad(x, 1, constant_values=2.0),
        lambda x: np.tile(x, (2, 1)),
        lambda x: np.repeat(x, 2, axis=1),
        lambda x: np.roll(x, 1, axis=0),
        lambda x: np.flip(x, 1),
        lambda x: np.take(x, [1, 0], axis=1),
        lambda x: np.dot(x, B),
        lambda x: np.outer(x, B),
        lambda x: np.tensordot(x, x, 2),
        lambda x: np.moveaxis(x, 0, 1),
        lambda x: np.linalg.norm(x, axis=1),
    ],
)
def test_numpy_functions_are_differentiable(function):
    for x in (tensor(A), Variable(A)):
        result = function(x)
        assert type(result) is Tensor
        expected = function(A)
        assert result.shape == np.shape(expected)
        np.testing.assert_allclose(result, expected, 1e-5)
        assert gradient(function, x).shape == A.shape


def test_calls_that_only_numpy_knows():
    t = tensor(A)
    for result, expected in [
        (np.var(t, ddof=1), np.var(A, ddof=1)),
        (np.sum(t, dtype="float64"), np.sum(A, dtype="float64")),
        (np.mean(t, 0, "float64"), np.mean(A, 0, "float64")),
        (np.partition(t, 1, axis=0), np.partition(A, 1, axis=0)),
        (np.add.reduce(t), np.add.reduce(A)),
        (np.multiply.outer(t, B), np.multiply.outer(A, B)),
        (np.arctan(t, dtype="float64"), np.arctan(A, dtype="float64")),
        (np.add(t, 1, dtype="float64"), np.add(A, 1, dtype="float64")),
        (np.reshape(t, (3, 2), order="F"), np.reshape(A, (3, 2), order="F")),
        (np.array_equal(t, A), True),
        (np.array_equiv(t, A), True),
    ]:
        assert not isinstance(result, Tensor)
        assert np.asarray(result).dtype == np.asarray(expected).dtype
        np.testing.assert_allclose(result, expected, 1e-6)
    out = np.zeros_like(A)
    assert np.add(t, 1, out=out) is out
    np.testing.assert_array_equal(out, A + 1)
    with pytest.raises(TypeError, match="immutable"):
        np.add(A, 1, out=t)


def test_arrays_of_tensors():
    for x in (tensor(A), Variable(A)):
        assert type(np.asarray(x)) is np.ndarray
        np.testing.assert_array_equal(np.asarray(x), A)
        assert np.asarray(x, "float64").dtype == np.float64
        assert np.array(x, "int32").tolist() == A.astype("int32").tolist()
        np.array(x)[0, 0] = 100
        x.numpy().copy()[0, 0] = 100
        np.testing.assert_array_equal(x, A)
        assert [list(map(float, row)) for row in x] == A.tolist()
    v = Variable(A)
    v.numpy()[:] = 0
    np.asarray(v)[:] = 0
    v.value.numpy()[:] = 0
    np.testing.assert_array_equal(v, A)  # a variable changes by assignment alone


# -- conversions --------------------------------------------------------------------------------------------------


def test_numbers():
    for value in (tensor(2.5), tensor([2.5]), tensor([[2.5]]), Variable(2.5)):
        assert (float(value), int(value), bool(value)) == (2.5, 2, True)
    assert (tensor(2.5).item(), tensor([7], "int8").item(), tensor([[1, 2]], "int32").tolist()) == (2.5, 7, [[1, 2]])
    assert not tensor(0.0) and not Variable(0)
    assert [10, 20, 30][tensor(1, "int32")] == 20 and list(range(tensor(3, "int64"))) == [0, 1, 2]
    assert math.sqrt(tensor(4.0)) == 2
    for convert in (float, int, operator.methodcaller("item")):
        with pytest.raises(TypeError, match=r"expected a tensor of one element .* got shape \(2, 3\)"):
            convert(tensor(A))
    with pytest.raises(ValueError, match="ambiguous"):
        bool(tensor(A))
    with pytest.raises(ValueError, match="ambiguous"):
        bool(tensor([]))
    with pytest.raises(TypeError, match="only a tensor of integers can be an index, got dtype float32"):
        [1, 2][tensor(1.0)]


def test_formatting():
    assert f"{tensor(3.14159):.3f} {tensor(7, 'int32'):d} {Variable(0.5):.1%}" == "3.142 7 50.0%"
    assert f"{tensor(2.0)}" == "2.0"
    assert str(tensor([1.0, 2.0])) == f"{tensor([1.0, 2.0])}" == "Tensor([1. 2.], shape=(2,), dtype=float32)"
    assert repr(tensor([1.0])) == "<Tensor shape=(1,) dtype=float32 value=[1.]>"
    assert (
        repr(KerasTensor((None, 3), name="x"))
        == "<KerasTensor shape=(None, 3), dtype=float32, sparse=False, ragged=False, name=x>"
    )
    with pytest.raises(ValueError):
        f"{tensor([1.0, 2.0]):.3f}"


def test_iteration_and_length():
    assert [float(x) for x in tensor([1.0, 2.0])] == [1, 2]
    first, second = tensor(A)
    np.testing.assert_array_equal(first, A[0])
    np.testing.assert_array_equal(second, A[1])
    assert (len(tensor(A)), len(tensor(np.zeros((0, 3))))) == (2, 0)
    assert list(tensor(np.zeros((0, 3)))) == []
    for function in (len, iter, list):
        with pytest.raises(TypeError):
            function(tensor(1.0))


def test_what_a_tensor_is():
    t = tensor(X)
    assert (t.shape, t.ndim, t.size, t.dtype, t.T.shape) == ((2, 3, 4), 3, 24, "float32", (4, 3, 2))
    assert t.astype("int32").dtype == "int32"
    assert t.reshape(6, 4).shape == t.reshape((6, -1)).shape == t.reshape([6, 4]).shape == (6, 4)
    assert t.reshape(-1).shape == (24,)


def test_hashes():
    a, b = tensor(A), tensor(A)
    assert len({a, b, a}) == 2
    assert {a: 1}[a] == 1


@pytest.mark.parametrize("again", [copy.deepcopy, lambda t: pickle.loads(pickle.dumps(t)), copy.copy])
def test_copies(again):
    for dtype in ("bool", "float16", "float32", "int64"):
        t = tensor(X, dtype)
        twin = again(t)
        assert (type(twin), twin.dtype, twin.shape) == (Tensor, dtype, t.shape)
        np.testing.assert_array_equal(twin, t)
    v = Variable([1.0, 2.0])
    twin = again(v.value)
    v.assign([3.0, 4.0])
    assert twin.tolist() == [1, 2]


def test_object_arrays_are_refused():
    with pytest.raises(TypeError, match="expected an array of numbers"):
        tensor(A) + np.array([1, None, 2], object)
