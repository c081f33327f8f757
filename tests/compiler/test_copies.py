"""What a plan copies: results that would share memory with an input or a variable, and no others."""

import numpy as np
from plans import plan_of

from ckeras import ops
from ckeras.tensor import Variable


def test_a_computed_value_in_another_shape_is_not_copied():
    x = np.linspace(-1, 1, 12, dtype="float32").reshape(3, 4)
    plan = plan_of(lambda x: ops.reshape(ops.exp(x), (2, 6)), x)
    assert len(plan.instructions) == 1
    np.testing.assert_allclose(plan.run([x])[0], np.exp(x).reshape(2, 6), rtol=1e-6)


def test_a_product_in_another_shape_is_not_copied():
    x = np.linspace(-1, 1, 12, dtype="float32").reshape(3, 4)
    plan = plan_of(lambda x: ops.reshape(ops.matmul(x, ops.transpose(x)), (9,)), x)
    same = plan_of(lambda x: ops.matmul(x, ops.transpose(x)), x)
    assert [i.name for i in plan.instructions] == [i.name for i in same.instructions]
    np.testing.assert_allclose(plan.run([x])[0], (x @ x.T).reshape(9), rtol=1e-5)


def test_an_unchanged_input_is_no_instruction():
    x = np.arange(12, dtype="float32").reshape(3, 4)
    plan = plan_of(lambda x: x, x)
    assert not plan.instructions
    np.testing.assert_array_equal(plan.run([x])[0], x)


def test_an_input_in_another_shape_is_copied():
    x = np.arange(12, dtype="float32").reshape(3, 4)
    plan = plan_of(lambda x: ops.reshape(x, (2, 6)), x)
    result = plan.run([x])[0]
    assert not np.shares_memory(result, x)
    np.testing.assert_array_equal(result, x.reshape(2, 6))


def test_the_old_value_of_an_assigned_variable_is_copied():
    v = Variable(np.arange(4, dtype="float32"))

    def step(x):
        old = v.value
        v.assign(old + x)
        return ops.reshape(old, (2, 2))

    x = np.ones(4, "float32")
    plan = plan_of(step, x)
    for start in (0, 1):
        np.testing.assert_array_equal(plan.run([x])[0], np.arange(4).reshape(2, 2) + start)
    np.testing.assert_array_equal(v.numpy(), np.arange(4) + 2)


def test_a_profile_adds_up_to_all_of_the_time():
    x = np.ones((4, 8), "float32")
    plan = plan_of(lambda x: ops.softmax(ops.matmul(x, ops.transpose(x))), x)
    lines = str(plan.profile([x])).splitlines()
    assert "100.0%" in lines[-1]
    shares = [float(word[:-1]) for line in lines[1:-1] for word in line.split() if word.endswith("%")]
    assert len(shares) == len(plan.instructions) and abs(sum(shares) - 100) < len(shares)
