"""Derivatives in a direction, and functions of scalars mapped over tensors."""

import numpy as np
import pytest

from ckeras import Function, KerasTensor, Variable, function as compiled, ops

X, T = np.array([0.3, -1.2, 2.0]), np.array([1.0, 0.5, -2.0])


def test_the_derivative_in_a_direction():
    value, slope = ops.jvp(ops.sin, (X,), (T,))
    np.testing.assert_allclose(value, np.sin(X))
    np.testing.assert_allclose(slope, np.cos(X) * T)
    value, slope = ops.jvp(lambda a, b: ops.sum(a * b), (X, T), (T, X))
    np.testing.assert_allclose(slope, (T * T + X * X).sum())
    value, slope = ops.jvp(lambda a, b: a / b, (2.0, 4.0), (1.0, 0.0))
    assert (float(value), float(slope)) == (0.5, 0.25)
    a = X[:, None] * T + 3 * np.eye(3)
    value, slope = ops.jvp(ops.inv, (a,), (np.eye(3),))
    np.testing.assert_allclose(slope, -np.linalg.inv(a) @ np.linalg.inv(a), 1e-9)


def test_structures_of_arguments_and_results():
    def function(d, e):
        return {"product": d["a"] * d["b"], "kept": [e]}

    value, slope = ops.jvp(function, ({"a": 2.0, "b": 3.0}, 5.0), ({"a": 1.0, "b": 0.0}, 7.0))
    assert {k: np.asarray(v).tolist() for k, v in value.items()} == {"product": 6, "kept": [5]}
    assert {k: np.asarray(v).tolist() for k, v in slope.items()} == {"product": 3, "kept": [7]}
    value, slope, aux = ops.jvp(lambda x: (x * x, "more"), (3.0,), (1.0,), has_aux=True)
    assert (float(value), float(slope), aux) == (9, 6, "more")


def test_one_argument_twice_and_none_that_counts():
    x = ops.convert_to_tensor(3.0)
    assert float(ops.jvp(lambda a, b: a * b, (x, x), (1.0, 0.0))[1]) == 3
    assert float(ops.jvp(lambda a: ops.ones(()), (x,), (1.0,))[1]) == 0
    assert ops.jvp(lambda a: ops.argmax(a), (X,), (T,))[1].tolist() == 0
    v = Variable(2.0)
    assert float(ops.jvp(lambda a: a * v, (x,), (1.0,))[1]) == 2
    assert ops.jvp(ops.exp, (np.float64(0),), (1,))[1].dtype == "float64"


def test_the_derivative_compiled_and_symbolic():
    step = compiled(lambda x, t: ops.jvp(lambda v: ops.exp(ops.sort(v)), (x,), (t,)))
    value, slope = step(ops.convert_to_tensor(X), ops.convert_to_tensor(T))
    np.testing.assert_allclose(value, np.exp(np.sort(X)))
    np.testing.assert_allclose(slope, np.exp(np.sort(X)) * T[np.argsort(X)])
    value, slope = ops.jvp(ops.tanh, (KerasTensor((None, 3)),), (KerasTensor((None, 3)),))
    assert value.shape == slope.shape == (None, 3)
    x, direction = KerasTensor((None, 3)), KerasTensor((None, 3))
    value, slope, aux = ops.jvp(lambda v: ({"m": ops.median(v, 1)}, ("kept", v)), [x], [direction], True)
    assert (value["m"].shape, slope["m"].shape, aux[0], aux[1].shape) == ((None,), (None,), "kept", (None, 3))
    found = Function([x, direction], slope["m"])([X[None], T[None]])
    np.testing.assert_allclose(found, [1.0])


def test_directions_that_do_not_fit():
    with pytest.raises(ValueError, match="jvp expects tangents of the shapes of primals"):
        ops.jvp(ops.sin, (X,), (T[:2],))
    with pytest.raises(ValueError, match="jvp expects tangents of the shapes of primals"):
        ops.jvp(ops.add, (X, X), (T,))
    with pytest.raises(TypeError, match="jvp expects primals and tangents to be tuples"):
        ops.jvp(ops.sin, X, T)


def test_vectorize():
    f = ops.vectorize(lambda a, b: a - b)
    np.testing.assert_array_equal(f(np.arange(3), np.arange(2)[:, None]), np.arange(3) - np.arange(2)[:, None])
    assert f(2.0, 1.0).shape == ()
    assert float(f(a=2.0, b=1.0)) == 1
    first, second = ops.vectorize(lambda a: (a + 1, a > 0))(X)
    assert (first.shape, second.dtype) == ((3,), "bool")
    table = np.arange(12.0).reshape(3, 4)
    assert ops.vectorize(ops.sum, signature="(n)->()")(table).tolist() == table.sum(1).tolist()
    products = ops.vectorize(ops.matmul, signature="(n,m),(m,k)->(n,k)")(np.ones((5, 2, 3)), np.ones((3, 4)))
    assert products.shape == (5, 2, 4)
    scaled = ops.vectorize(lambda x, n: x * len(n), excluded={1})
    assert scaled(np.ones(2), "abc").tolist() == [3, 3]
    assert ops.vectorize(lambda x, n=2: x * n, excluded={"n"})(np.ones(2), n=5).tolist() == [5, 5]


def test_vectorize_nothing():
    first, second = ops.vectorize(lambda a, b: (a + b, ops.stack([a, b]) > 0))(np.zeros((0, 2)), np.zeros(2))
    assert (first.shape, first.dtype, second.shape, second.dtype) == ((0, 2), "float64", (0, 2, 2), "bool")


def test_vectorize_what_cannot_be():
    with pytest.raises(ValueError, match="vectorize expects a function, got 3"):
        ops.vectorize(3)
    for signature in ("n->n", "(n)", "(n)->(m", "(n m)->()->()"):
        with pytest.raises(ValueError, match="vectorize expects a signature such as"):
            ops.vectorize(ops.sum, signature=signature)
    f = ops.vectorize(ops.vdot, signature="(n),(n)->()")
    for arguments in ((np.ones(2), np.ones(3)), (1.0, np.ones(3))):
        with pytest.raises(ValueError, match="vectorize expects arguments that fit"):
            f(*arguments)
    with pytest.raises(ValueError, match="vectorize expects the 2 arguments of"):
        f(np.ones(3))
    with pytest.raises(ValueError, match="cannot be broadcast together"):
        ops.vectorize(ops.add)(np.ones(2), np.ones(3))
