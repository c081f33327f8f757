"""Variables: assignment, reading, and what stays where it is."""

import copy
import pickle

import numpy as np
import pytest

from ckeras import GradientTape, Tensor, Variable, config, name_scope, ops
from ckeras.utils import naming


def address(v):
    return v._array.__array_interface__["data"][0]


def test_assignment():
    v = Variable([1.0, 2.0])
    start = address(v)
    for value in ([3, 4], (3, 4), np.array([3, 4], "int64"), ops.convert_to_tensor([3.0, 4.0]), Variable([3.0, 4.0])):
        v.assign([0.0, 0.0])
        assert v.assign(value) is v
        assert v.numpy().tolist() == [3, 4]
    v.assign_add([1.0, 1.0])
    v.assign_sub(2)
    assert v.numpy().tolist() == [2, 3]
    v.assign(v * 2 + v)
    v.assign(v)
    v.assign(v.numpy()[::-1])
    v.assign(ops.reshape(v, (2, 1))[::-1, 0])
    assert v.numpy().tolist() == [6, 9]
    assert (address(v), v.dtype) == (start, "float32")


@pytest.mark.parametrize("dtype", ["bool", "int8", "int32", "int64", "float16", "float32", "float64"])
def test_assigned_values_take_the_dtype(dtype):
    v = Variable(np.zeros(3), dtype=dtype)
    v.assign([0.0, 1.0, 2.75])
    assert v.dtype == dtype
    np.testing.assert_array_equal(v, np.array([0, 1, 2.75]).astype(dtype))
    assert v.numpy().dtype == dtype


def test_values_that_do_not_fit_change_nothing():
    v = Variable([[1.0, 2.0]], name="variable")
    for value in (1.0, [1.0, 2.0], [[1.0], [2.0]], np.zeros((1, 3)), ops.zeros((2, 2))):
        with pytest.raises(
            ValueError, match=r"Variable 'variable(_\d+)?' expects a value of shape \(1, 2\), got shape"
        ):
            v.assign(value)
    with pytest.raises(ValueError):
        v.assign_add(np.zeros((3, 2)))
    for value in ([["a", "b"]], [[None, 1]], np.array([[object(), 1]])):
        with pytest.raises(TypeError, match=r"cannot hold a value of dtype|expected a"):
            v.assign(value)
    assert v.numpy().tolist() == [[1, 2]]


def test_what_was_read_stays():
    v = Variable([[1.0, 2.0], [3.0, 4.0]])
    expected = v.numpy()
    read = [v.value, v.read_value(), ops.reshape(v, (4,)), ops.expand_dims(v, 0), ops.squeeze(v.value[None], 0)]
    read += [v[0], ops.transpose(v), ops.stop_gradient(v), ops.convert_to_tensor(v), ops.ravel(v.value), v.numpy()]
    read += [np.asarray(v), np.asarray(v.value), v.value.numpy(), ops.cast(v, "float32"), ops.convert_to_numpy(v)]
    values = [np.array(r) for r in read]
    v.assign(np.full((2, 2), -1))
    v.assign_add(np.full((2, 2), -1))
    for r, value in zip(read, values, strict=True):
        np.testing.assert_array_equal(r, value)
    np.testing.assert_array_equal(read[0], expected)


def test_reading_twice_gives_one_tensor_until_an_assignment():
    v = Variable([1.0])
    first = v.value
    assert v.value is first
    v.assign([2.0])
    assert v.value is not first
    assert (first.tolist(), v.value.tolist()) == ([1], [2])


def test_initial_values():
    a = np.ones(2, "float32")
    v = Variable(a)
    a[0] = 5
    assert v.numpy().tolist() == [1, 1]
    assert [Variable(x).dtype for x in (1, 1.5, True, [1], [1.5], np.float64(1), np.ones(2, "int8"))] == [
        "int32",
        "float32",
        "bool",
        "int32",
        "float32",
        "float64",
        "int8",
    ]
    assert Variable(1, dtype="float64").dtype == "float64"
    assert Variable(ops.ones((2, 3))).shape == Variable(Variable(ops.ones((2, 3)))).shape == (2, 3)
    made = Variable(lambda shape, dtype: ops.full(shape, 3, dtype), (2, 3), dtype="float64", name="kernel")
    assert (made.shape, made.dtype, made.name, float(made[0, 0])) == ((2, 3), "float64", "kernel", 3.0)
    assert Variable(np.arange(6).reshape(2, 3).T).numpy().tolist() == [[0, 3], [1, 4], [2, 5]]
    assert Variable(np.zeros((0, 3))).shape == (0, 3)
    config.set_floatx("float64")
    try:
        assert Variable(1.5).dtype == "float64"
    finally:
        config.set_floatx("float32")


def test_arguments_that_do_not_fit():
    with pytest.raises(ValueError, match="needs a shape"):
        Variable(lambda shape, dtype: ops.ones(shape, dtype))
    with pytest.raises(ValueError, match=r"an initial value of shape \(3,\), got \(2,\)"):
        Variable([1.0, 2.0], shape=(3,))
    with pytest.raises(ValueError, match="unknown dtype"):
        Variable(1, dtype="what")
    with pytest.raises(TypeError, match=r"unknown arguments \['what'\]"):
        Variable(1, what=2)
    for value in ("a", None, [None], np.array([object()])):
        with pytest.raises(TypeError):
            Variable(value)


def test_attributes():
    v = Variable([1.0], trainable=False, name="bias")
    assert (v.name, v.path, v.trainable, v.shape, v.ndim, v.size, len(v)) == ("bias", "bias", False, (1,), 1, 1, 1)
    v.trainable = True
    assert v.trainable
    with pytest.raises(AttributeError):
        v.shape = (2,)
    assert repr(v) == "<Variable path=bias, shape=(1,), dtype=float32, value=[1.]>"
    assert f"{Variable(0.125):.2f}" == "0.12"
    assert type(v.value) is Tensor


@pytest.mark.parametrize("again", [copy.deepcopy, lambda v: pickle.loads(pickle.dumps(v))])
def test_copies_are_independent(again):
    v = Variable(np.arange(6).reshape(2, 3), dtype="float64", trainable=False, name="state")
    v.note = "kept"
    twin = again(v)
    assert (twin.name, twin.path, twin.dtype, twin.shape, twin.trainable, twin.note) == (
        "state",
        "state",
        "float64",
        (2, 3),
        False,
        "kept",
    )
    np.testing.assert_array_equal(twin, v)
    v.assign(np.zeros((2, 3)))
    assert twin.numpy().tolist() == [[0, 1, 2], [3, 4, 5]]
    with GradientTape() as tape:
        tape.watch([v, twin])
        y = ops.sum(v * twin)
    assert tape.gradient(y, [twin])[0].tolist() == [[0] * 3] * 2


def test_a_deep_copy_keeps_what_is_shared_shared():
    v = Variable(1.0)
    a, b = copy.deepcopy([v, v])
    assert a is b and a is not v


def test_buffers_never_move():
    variables = [
        Variable(np.zeros(shape), dtype=dtype) for shape in ((), (3,), (64, 65)) for dtype in ("float32", "int64")
    ]
    addresses = [address(v) for v in variables]
    for v in variables:
        keep = v.value
        v.assign(np.ones(v.shape))
        v.assign_add(np.ones(v.shape))
        v.assign_sub(keep)
        v.assign(ops.ones(v.shape))
        pickle.dumps(v), copy.deepcopy(v), v.numpy(), v.value
    assert [address(v) for v in variables] == addresses


def test_state_survives_a_pickle_of_a_structure():
    state = {"w": Variable([1.0]), "t": ops.ones(2)}
    twin = pickle.loads(pickle.dumps(state))
    assert twin["w"].numpy().tolist() == [1] and twin["t"].tolist() == [1, 1]


def test_names_are_numbered():
    naming.reset()
    with name_scope("outer"):
        paths = [Variable(0.0).path, Variable(0.0, name="own").path, Variable(0.0).path]
    assert paths == ["outer/variable", "outer/own", "outer/variable_1"]
    first = Variable(0.0)
    copies = [copy.deepcopy(first), pickle.loads(pickle.dumps(first))]
    assert [v.name for v in (first, *copies, Variable(0.0))] == ["variable_2"] * 3 + ["variable_3"]


def test_arguments_about_replicas():
    v = Variable(0.0, aggregation=None, synchronization=None)
    assert (v.aggregation, v.synchronization, v.overwrite_with_gradient, v.handle) == ("none", "none", False, v)
    assert (Variable(0.0).aggregation, Variable(0.0).synchronization) == ("none", "auto")
    v.overwrite_with_gradient = True
    assert copy.deepcopy(v).overwrite_with_gradient
    with pytest.raises(TypeError, match="expects overwrite_with_gradient to be a boolean, got 1"):
        v.overwrite_with_gradient = 1
    for argument, value in (("aggregation", "median"), ("synchronization", 3), ("layout", "rows")):
        with pytest.raises(ValueError, match=f"Variable expects {argument} to be None"):
            Variable(0.0, **{argument: value})
