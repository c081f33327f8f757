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


@pytest.mark.parametrize("compiled", [False, True])
def test_batch_jacobian_is_the_diagonal_of_the_jacobian(compiled):
    x = np.random.default_rng(0).standard_normal((4, 3)).astype("float32")

    def both(x):
        with ckeras.GradientTape(persistent=True) as tape:
            tape.watch(x)
            y = ops.reshape(ops.matmul(ops.square(x), A.T), (4, 2, 1)) * ops.reshape(x, (4, 1, 3))
        return tape.batch_jacobian(y, x), tape.jacobian(y, x)

    found, whole = (ckeras.function(both) if compiled else both)(ops.convert_to_tensor(x))
    assert found.shape == (4, 2, 3, 3)
    np.testing.assert_allclose(found, np.einsum("buvbw->buvw", whole.numpy()), 1e-6)


def test_batch_jacobian_of_what_is_not_connected_or_does_not_fit():
    x, other = ckeras.Variable([[1.0, 2.0]]), ckeras.Variable([[1.0]])
    with ckeras.GradientTape(persistent=True) as tape:
        y = x * x
    assert tape.batch_jacobian(y, other) is None
    assert tape.batch_jacobian(y, other, unconnected_gradients="zero").tolist() == [[[0], [0]]]
    with pytest.raises(ValueError, match=r"the same first axis, got shapes \(1, 2\) and \(3,\)"):
        tape.batch_jacobian(y, ckeras.Variable([1.0, 2.0, 3.0]))
    with pytest.raises(TypeError, match="a tensor or a variable as source, got list"):
        tape.batch_jacobian(y, [x])


def test_batch_jacobian_uses_up_a_tape_that_is_not_persistent():
    x = ckeras.Variable([[1.0, 2.0]])
    with ckeras.GradientTape() as tape:
        y = x * x
    assert tape.batch_jacobian(y, x).tolist() == [[[2, 0], [0, 4]]]
    with pytest.raises(RuntimeError, match="persistent"):
        tape.batch_jacobian(y, x)
