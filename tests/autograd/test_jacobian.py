"""Jacobians: the gradient of each element of a target."""

import numpy as np
import pytest

import ckeras
from ckeras import ops

A = np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]], "float32")


@pytest.mark.parametrize("persistent", [False, True])
def test_jacobian(persistent):
    x, other = ckeras.Variable([1.0, 2.0, 3.0]), ckeras.Variable(1.0)
    with ckeras.GradientTape(persistent=persistent) as tape:
        y = ops.matmul(A, ops.square(x))
    found = tape.jacobian(y, {"x": x, "other": other})
    np.testing.assert_allclose(found["x"], A * [2, 4, 6])
    assert found["other"] is None
    if persistent:
        np.testing.assert_allclose(tape.jacobian(y, [x, other], unconnected_gradients="zero")[1], [0, 0])
    else:
        with pytest.raises(RuntimeError, match="persistent"):
            tape.jacobian(y, x)


def test_jacobian_of_gradients_and_in_a_compiled_function():
    @ckeras.function
    def hessian(x):
        with ckeras.GradientTape() as outer:
            outer.watch(x)
            with ckeras.GradientTape() as inner:
                inner.watch(x)
                y = ops.sum(x**3) + x[0] * x[1]
            gradient = inner.gradient(y, x)
        return outer.jacobian(gradient, x)

    np.testing.assert_allclose(hessian(ops.convert_to_tensor([1.0, 2.0])), [[6, 1], [1, 12]])


def test_an_empty_target_is_refused():
    x = ckeras.Variable([1.0])
    with ckeras.GradientTape() as tape:
        y = x[:0]
    with pytest.raises(ValueError, match=r"none of them 0, got shape \(0,\)"):
        tape.jacobian(y, x)
