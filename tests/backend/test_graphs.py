"""`K.placeholder`, `K.function` and `K.gradients`, checked against a tape and NumPy."""

import numpy as np
import pytest

import ckeras
from ckeras import backend as K, layers, ops

X = np.random.default_rng(0).standard_normal((4, 3)).astype("float32")


def test_gradients_are_those_of_a_tape():
    x = ckeras.Input((3,))
    first, second = layers.Dense(5, activation="tanh"), layers.Dense(2)
    h = first(x)
    loss = ops.sum(ops.square(second(h)), axis=1)
    found = K.function([x], K.gradients(loss, [x, h, first.kernel]))([X])
    with ckeras.GradientTape() as tape:
        value = ops.convert_to_tensor(X)
        tape.watch(value)
        hidden = first(value)
        total = ops.sum(ops.square(second(hidden)))
    for mine, expected in zip(found, tape.gradient(total, [value, hidden, first.kernel]), strict=True):
        np.testing.assert_allclose(mine, expected, rtol=1e-5, atol=1e-6)


def test_gradient_goes_through_other_tensors_of_the_list():
    x = K.placeholder((None,))
    y = x * 3.0
    assert [g.tolist() for g in K.function(x, K.gradients(y * x, [y, x]))([2.0])] == [[2.0], [12.0]]


def test_what_does_not_follow_has_no_gradient():
    x, y = K.placeholder((2,)), K.placeholder((2,))
    assert K.gradients(x * 2.0, [y, ckeras.Variable(1.0)]) == [None, None]
    with pytest.raises(ValueError, match="gradients expects loss to be a symbolic tensor, got"):
        K.gradients(ops.ones(2), x)


def test_function_assigns_updates():
    x, total = K.placeholder(ndim=1), K.variable(1.0)
    add = K.function([x], K.sum(x), updates=[(total, total + K.sum(x))])
    assert add([[1.0, 2.0]]) == 3.0 and add([[4.0]]) == 4.0 and float(total) == 8.0


def test_function_in_both_phases():
    x = K.placeholder((None, 100))
    drop = K.function([x, K.learning_phase()], layers.Dropout(0.5)(x))
    ones = np.ones((1, 100))
    assert drop([ones, 0]).tolist() == ones.tolist() and (drop([ones, 1]) == 0).any()
    with pytest.raises(ValueError, match="the function expects 2 values, got 1"):
        drop([ones])


@pytest.mark.parametrize("options", [{}, {"shape": (1,), "sparse": True}, {"ndim": 1, "ragged": True}])
def test_placeholder_that_cannot_be(options):
    with pytest.raises(ValueError, match="placeholder expects"):
        K.placeholder(**options)
    assert K.placeholder((2, None), dtype="int32", name="p").dtype == "int32"


def test_dim_ordering():
    assert K.image_dim_ordering() == "tf"
    K.set_image_dim_ordering("th")
    try:
        assert K.image_data_format() == "channels_first" and K.image_dim_ordering() == "th"
    finally:
        K.set_image_dim_ordering("tf")
    with pytest.raises(ValueError, match="expects 'th' or 'tf', got 'ft'"):
        K.set_image_dim_ordering("ft")
