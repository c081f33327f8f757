"""A part of the calls with arguments of wrong types; `wrong_types.py` makes all of them."""

import numpy as np
import pytest
import wrong_types

from ckeras import activations, ops, random


@pytest.mark.parametrize(
    "function",
    [
        activations.relu, ops.argmax, ops.clip, ops.concatenate, ops.convert_to_tensor, ops.cumsum, ops.dot,
        ops.full_like, ops.histogram, ops.linspace, ops.logspace, ops.mean, ops.multi_hot, ops.norm, ops.one_hot,
        ops.repeat, ops.reshape, ops.rot90, ops.round, ops.scatter, ops.segment_sum, ops.slice, ops.split, ops.stack,
        ops.tensordot, ops.top_k, ops.unique, ops.unravel_index, ops.image.resize, ops.nn.max_pool, random.uniform,
    ],
    ids=lambda function: function.__name__,
)  # fmt: skip
def test_no_wrong_type_reaches_numpy(function):
    found = {
        f"{parameter} as {kind}": error
        for parameter, kind, error in wrong_types.wrong_calls(function)
        if error is not None and wrong_types.is_internal(error)
    }
    assert not found


def test_an_error_that_no_statement_of_the_package_raised_is_internal():
    assert wrong_types.is_internal(wrong_types.attempt(np.reshape, [np.ones(3), "abc"], {}))
    assert not wrong_types.is_internal(wrong_types.attempt(ops.reshape, [np.ones(3), "abc"], {}))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda x: ops.linspace(0, 1, "abc"), "linspace expects an integer as num, got 'abc'"),
        (lambda x: ops.top_k(x, x), r"top_k expects an integer as k, got a tensor of shape \(2, 2\)"),
        (lambda x: ops.mean(x, keepdims=x), r"mean expects a boolean as keepdims, got a tensor of shape \(2, 2\)"),
        (lambda x: ops.leaky_relu(x, None), "leaky_relu expects a number as negative_slope, got None"),
        (lambda x: ops.tensordot(x, x, "ab"), "tensordot expects an integer as axes, got 'ab'"),
        (lambda x: ops.exp([[1], [1, 2]]), "expected lists of one length at each depth"),
    ],
)  # fmt: skip
def test_messages_name_the_argument(call, message):
    with pytest.raises((TypeError, ValueError), match=message):
        call(np.ones((2, 2), np.float32))
