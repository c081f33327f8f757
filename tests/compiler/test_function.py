"""Functions that compile themselves."""

import re
import warnings

import numpy as np
import pytest

import ckeras
from ckeras import ops
from ckeras.autograd import GradientTape
from ckeras.compiler.function import function
from ckeras.tensor import Variable, cache


def test_traces_once_for_each_signature():
    calls = []

    @function
    def double(x):
        calls.append(x.shape)
        return x * 2

    for shape in [(2,), (2,), (3,), (2,)]:
        np.testing.assert_array_equal(double(np.ones(shape, "float32")).numpy(), np.full(shape, 2))
    assert calls == [(2,), (3,)]
    double(np.ones(2, "float64"))
    assert len(calls) == 3


def test_arguments_that_are_not_arrays_are_part_of_the_signature():
    @function
    def scale(x, factor, power=1):
        return x * factor**power

    x = np.ones(2, "float32")
    assert scale(x, 2).tolist() == [2, 2]
    assert scale(x, 3, power=2).tolist() == [9, 9]
    assert scale(x, 2.5).tolist() == [2.5, 2.5]
    assert scale(x, True).tolist() == [1, 1]


def test_structures_go_in_and_come_out():
    @function
    def f(data, options):
        return {"sum": data["a"] + data["b"][0], "rest": [data["b"][1], options, None]}

    one = np.ones(2, "float32")
    out = f({"a": one, "b": (one, one * 3)}, "text")
    assert out["sum"].tolist() == [2, 2]
    assert out["rest"][0].tolist() == [3, 3] and out["rest"][1:] == ["text", None]


def test_variables_are_read_and_assigned_by_each_call():
    v = Variable(np.zeros(2, "float32"))

    @function
    def step(x):
        v.assign_add(x)
        return v * 10

    assert step(np.ones(2, "float32")).tolist() == [10, 10]
    v.assign([5, 5])
    assert step(np.ones(2, "float32")).tolist() == [60, 60]


def test_methods_are_compiled_for_each_object():
    class Adder:
        def __init__(self, by):
            self.by = by

        @function
        def add(self, x):
            return x + self.by

    x = np.zeros(2, "float32")
    assert Adder(1).add(x).tolist() == [1, 1]
    assert Adder(2).add(x).tolist() == [2, 2]


def test_a_gradient_inside():
    w = Variable(np.array([3.0], "float32"))

    @function
    def slope(x):
        with GradientTape() as tape:
            y = ops.sum(w * w * x)
        return tape.gradient(y, w)

    assert slope(np.array([2.0], "float32")).tolist() == [12.0]


def test_a_gradient_of_a_compiled_function_is_recorded():
    @function
    def cube(x):
        return x * x * x

    x = ops.convert_to_tensor(2.0)
    with GradientTape() as tape:
        tape.watch(x)
        y = cube(x)
    assert float(tape.gradient(y, x)) == 12.0


def test_a_function_within_a_function():
    @function
    def inner(x):
        return x + 1

    @function
    def outer(x):
        return inner(x) * 2

    assert outer(np.ones(2, "float32")).tolist() == [4, 4]


def test_random_numbers_are_new_in_every_call():
    @function
    def sample():
        return ckeras.random.uniform((4,))

    ckeras.random.set_random_seed(3)
    first, second = sample().numpy(), sample().numpy()
    assert not np.array_equal(first, second)
    ckeras.random.set_random_seed(3)
    np.testing.assert_array_equal(sample().numpy(), first)


def test_code_that_needs_a_value_runs_op_by_op_with_one_warning():
    @function
    def absolute(x):
        if ops.sum(x) > 0:
            return x
        return -x

    with pytest.warns(UserWarning, match=r"absolute.*test_function\.py:\d+") as caught:
        assert absolute(np.array([-1.0], "float32")).tolist() == [1.0]
    line = int(re.search(r"test_function\.py:(\d+)", str(caught[0].message)).group(1))
    with open(__file__) as source:
        assert "if ops.sum(x) > 0" in source.read().splitlines()[line - 1]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert absolute(np.array([2.0], "float32")).tolist() == [2.0]


@pytest.mark.parametrize("ask", [float, int, bool, lambda x: x.numpy(), np.asarray, lambda x: f"{x:.2f}"])
def test_every_way_to_ask_for_a_value_falls_back(ask):
    @function
    def f(x):
        ask(ops.sum(x))
        return x + 1

    with pytest.warns(UserWarning):
        result = f(np.ones(1, "float32"))
    assert result.tolist() == [2.0]


def test_a_traced_tensor_can_be_iterated():
    @function
    def f(x):
        first, second = x
        return first - second

    assert f(np.array([[5.0], [3.0]], "float32")).tolist() == [2.0]
    assert len(f.plans.values()) == 1


def test_plans_are_bounded_in_bytes(monkeypatch):
    @function
    def f(x):
        return x + 1

    f(np.zeros(1, "float32"))
    size = sum(plan.size for plan, *_ in f.plans.values())
    cache.clear_all()
    monkeypatch.setattr(cache, "BUDGET", 20 * size)
    for n in range(1, 60):
        f(np.zeros(n, "float32"))
    assert 10 <= len(f.plans.values()) <= 20


def test_errors_of_the_function_come_through():
    @function
    def f(x, y):
        return ops.matmul(x, y)

    with pytest.raises(ValueError, match="inner dimensions"):
        f(np.ones((2, 3), "float32"), np.ones((2, 3), "float32"))
    with pytest.raises(IndexError, match="outside \\[0, 3\\)"):
        function(lambda t, i: ops.take(t, i, axis=0))(np.ones((3, 2), "float32"), np.array([0, 7]))


def test_as_a_decorator_with_options():
    @function(jit_compile=True)
    def f(x):
        return x * x

    assert f(np.array([3.0], "float32")).tolist() == [9.0]
    assert f.__name__ == "f"
