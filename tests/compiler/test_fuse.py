"""Grouping and ordering: what may run in one pass over memory, and in what order."""

import numpy as np
import pytest

from ckeras import ops
from ckeras.compiler import fuse, order
from ckeras.compiler.fuse import group, root
from ckeras.compiler.plan import Plan
from ckeras.compiler.rewrite import rewrite
from ckeras.compiler.trace import trace
from ckeras.tensor import Spec, Variable, table

RNG = np.random.default_rng(0)


def array(*shape):
    return RNG.normal(size=shape).astype("float32")


def traced(function, *arrays):
    graph, _ = trace(function, [Spec(a.shape, str(a.dtype)) for a in arrays], tuple)
    return graph


def labels(function, *arrays):
    """The ops of each instruction, after checking that the results are those of the ops run one by one."""
    plan = Plan(traced(function, *arrays))
    expected = function(*arrays)
    expected = expected if isinstance(expected, (list, tuple)) else [expected]
    for found, value in zip(plan.run(list(arrays)), expected, strict=True):
        np.testing.assert_allclose(found, np.asarray(value), rtol=1e-5, atol=1e-5)
    return [i.label for i in plan.instructions]


# -- what may join


def test_groups_that_broadcast_over_different_shapes_of_one_size_stay_apart():
    found = labels(lambda x, r, c: ops.reshape(x + r, (6, 4)) * c, array(4, 6), array(6), array(4))
    assert found == ["add", "mul"]


def test_a_group_that_broadcasts_takes_in_reshaped_ones_that_do_not():
    found = labels(lambda x, r: ops.tanh(ops.reshape(x + r, (6, 4))), array(4, 6), array(6))
    assert found == ["add+tanh"]


def test_groups_over_different_numbers_of_elements_stay_apart():
    assert labels(lambda x, y: ops.tanh(ops.tanh(y) + x), array(3, 4), array(4)) == ["tanh", "add+tanh"]


def test_a_group_has_no_more_instructions_than_its_limit(monkeypatch):
    monkeypatch.setattr(fuse, "MAX_INSTRUCTIONS", 4)

    def f(x):
        for _ in range(10):
            x = ops.tanh(x)
        return x

    assert labels(f, array(5)) == ["tanh+tanh+tanh+tanh", "tanh+tanh+tanh+tanh", "tanh+tanh"]


def test_a_group_reads_no_more_values_than_its_limit():
    values = [array(5) for _ in range(60)]
    plan = Plan(traced(lambda *xs: sum(xs[1:], xs[0]), *values))
    assert len(plan.instructions) > 1
    assert all(len(i.operands) <= fuse.MAX_OPERANDS for i in plan.instructions)


def test_two_products_do_not_share_a_group():
    def f(x, w):
        return ops.tanh(ops.matmul(x, w) + ops.matmul(ops.square(x), w))

    found = labels(f, array(128, 96), array(96, 96))
    assert sum("matmul" in label for label in found) == 2


def test_a_group_does_not_follow_a_product_that_another_one_between_them_needs():
    def f(x, w):
        y = ops.matmul(x, w)
        return ops.tanh(y) * ops.matmul(y, w)

    assert labels(f, array(128, 96), array(96, 96)) == ["matmul", "matmul+tanh+mul"]


def test_a_product_comes_first_in_a_group_that_began_before_it():
    def f(x, w):
        t = ops.tanh(x)
        return ops.matmul(x, w) * t

    assert labels(f, array(128, 96), array(96, 96)) == ["matmul+tanh+mul"]


def test_a_product_is_followed_by_one_of_the_groups_that_read_it():
    def f(x, w):
        y = ops.matmul(x, w)
        return y * ops.matmul(ops.exp(y), w)

    assert labels(f, 0.1 * array(128, 96), 0.1 * array(96, 96)) == ["matmul+exp", "matmul+mul"]


def test_of_two_groups_that_may_not_join_one_follows_the_product(monkeypatch):
    monkeypatch.setattr(fuse, "MAX_INSTRUCTIONS", 1)

    def f(x, w):
        y = ops.matmul(x, w)
        return [ops.exp(y), ops.tanh(y)]

    assert labels(f, 0.1 * array(128, 96), 0.1 * array(96, 96)) == ["matmul+exp", "tanh"]


# -- random graphs


def random_function(seed):
    """A function of three arrays that reads and assigns two variables, made of random calls; and its variables."""
    rng = np.random.default_rng(seed)
    steps = rng.integers(0, 1 << 30, (int(rng.integers(5, 60)), 3)).tolist()
    variables = [Variable(array(6, 4)) for _ in range(2)]
    unary = [ops.tanh, ops.square, ops.sigmoid, ops.relu]
    binary = [ops.add, ops.subtract, ops.multiply, ops.maximum]
    calls = [
        *[lambda p, q, n: unary[n % 4](p)] * 2,
        *[lambda p, q, n: binary[n % 4](p, q)] * 3,
        lambda p, q, n: p * ops.sum(q, axis=n % 2, keepdims=True),
        lambda p, q, n: ops.reshape(p, p.shape[::-1]),
        lambda p, q, n: ops.tanh(ops.matmul(ops.matmul(p, ops.reshape(q, p.shape[::-1])), p)),
        lambda p, q, n: variables[n % 2] * 1.5,
        lambda p, q, n: assigned(variables[n % 2], p, n),
    ]

    def assigned(variable, p, n):
        old, value = variable.value, ops.reshape(p, (6, 4))
        variable.assign(value if n % 3 else ops.tanh(old - value))
        return old if n % 5 else p

    def f(*arrays):
        values = [ops.convert_to_tensor(x) for x in arrays]
        for a, b, n in steps:
            p, q = values[a % len(values)], values[b % len(values)]
            values.append(calls[n // 64 % len(calls)](p, ops.reshape(q, p.shape), n % 61))
        return [ops.tanh(v) for v in values[-4:]]

    return f, variables


def inputs():
    return [array(6, 4), array(4, 6), array(6, 4)]


@pytest.mark.parametrize("seed", range(60))
def test_random_functions_give_what_their_ops_give_one_by_one(seed):
    f, variables = random_function(seed)
    before, arrays = [v.numpy().copy() for v in variables], inputs()
    expected = [np.asarray(y) for y in f(*arrays)]
    assigned = [v.numpy().copy() for v in variables]
    for v, value in zip(variables, before, strict=True):
        v.assign(value)
    found = Plan(traced(f, *arrays)).run(arrays)
    for y, value in zip([*found, *(v.numpy() for v in variables)], [*expected, *assigned], strict=True):
        np.testing.assert_allclose(y, value, rtol=2e-5, atol=2e-5)


@pytest.mark.parametrize("spacing", [2, order.SPACING])
@pytest.mark.parametrize("seed", range(20))
def test_units_of_random_functions_are_in_topological_order(seed, spacing, monkeypatch):
    monkeypatch.setattr(order, "SPACING", spacing)
    graph = traced(random_function(seed)[0], *inputs())
    rewrite(graph)
    calls = {id(node) for node in graph.nodes if not node.op.alias}
    made = {id(y) for node in graph.nodes if not node.op.alias for y in node.outputs}
    done: set[int] = set()
    for unit in group(graph):
        for node in unit.nodes:
            calls.remove(id(node))
            missing = {id(root(x)) for x in node.inputs} & made - done
            assert not missing, f"{node.op.name} runs before what it reads"
            done.update(id(y) for y in node.outputs)
    assert not calls


# -- rewrites


@pytest.mark.parametrize("activation", [lambda x: x, ops.relu])
def test_a_product_of_a_transposed_factor_stays_one(activation):
    def f(x, w, b):
        return activation(table["matmul"](x, w, transpose_a=False, transpose_b=True) + b)

    assert labels(f, array(4, 5), array(5, 5), array(5))[0] == "matmul"


def test_one_and_zero_count_on_the_right_side_only_where_order_matters():
    assert labels(lambda x: 1.0 / x, array(5)) == ["div"]
    assert labels(lambda x: 0.0 - x, array(5)) == ["sub"]
    assert labels(lambda x: ops.tanh(x / 1.0 - 0.0), array(5)) == ["tanh"]


def test_a_reduction_over_axes_of_size_one_is_a_view_and_others_are_not():
    assert labels(lambda x: ops.tanh(ops.sum(x, axis=1)), array(5, 1, 3)) == ["tanh"]
    assert labels(lambda x: ops.tanh(ops.sum(x, axis=0)), array(5, 1, 3)) == ["sum", "tanh"]


# -- order


def test_a_group_runs_where_its_last_call_was():
    assert labels(lambda x: [ops.tanh(x), ops.matmul(x, x), ops.square(x)], array(7, 7)) == ["matmul", "tanh+square"]


def test_an_update_waits_for_those_that_read_the_old_value():
    x = array(8, 8)
    weight = Variable(array(8, 8))

    def f(x):
        old = weight.value
        weight.assign(old - 1.0)
        return ops.matmul(ops.sum(x, axis=0, keepdims=True) + x, old)

    plan = Plan(traced(f, x))
    assert plan.instructions[-1].label == "sub"  # in place, without a copy
    before = weight.numpy().copy()
    (y,) = plan.run([x])
    np.testing.assert_allclose(y, (x.sum(0, keepdims=True) + x) @ before, rtol=1e-5, atol=1e-5)
    np.testing.assert_array_equal(weight.numpy(), before - 1)


def test_updates_run_as_soon_as_they_can():
    x = array(16, 16)
    weights = [Variable(array(16, 16)) for _ in range(3)]

    def f(x):
        gradients = [ops.matmul(x, ops.tanh(x * k)) for k in (1.0, 2.0, 3.0)]
        for weight, gradient in zip(weights, gradients, strict=True):
            weight.assign(weight - gradient)

    found = [i.label for i in Plan(traced(f, x)).instructions]
    assert found[1:] == ["matmul", "sub"] * 3
