"""Dot-product attention without the matrix of scores: memory, gradients of both orders, masks together, and errors."""

import numpy as np
import pytest
from plans import plan_of

from ckeras import GradientTape, function, ops
from ckeras.ops.nn.attention import attend


def data(*shape, seed=0):
    return np.random.default_rng(seed).standard_normal(shape)


Q, K, V = data(2, 5, 4, 3), data(2, 6, 2, 3, seed=1), data(2, 6, 2, 2, seed=2)
MASK = np.random.default_rng(3).random((2, 1, 5, 6)) < 0.6
MASK[1, 0, 2] = False  # a target without sources


def loss(q, k, v, **options):
    y = ops.dot_product_attention(q, k, v, **options)
    return ops.sum(y * data(*y.shape, seed=9))


def slopes(f, arrays):
    """Central differences of a function that gives a number."""
    found = []
    for i, a in enumerate(arrays):
        slope = np.zeros(a.shape)
        for index in np.ndindex(a.shape):
            ends = []
            for step in (1e-5, -1e-5):
                moved = [x.copy() for x in arrays]
                moved[i][index] += step
                ends.append(float(f(*moved)))
            slope[index] = (ends[0] - ends[1]) / 2e-5
        found.append(slope)
    return found


def gradients(f, arrays):
    tensors = [ops.convert_to_tensor(a) for a in arrays]
    with GradientTape() as tape:
        tape.watch(tensors)
        value = f(*tensors)
    return tape.gradient(value, tensors)


OPTIONS = [
    {}, {"is_causal": True, "scale": 0.7}, {"mask": MASK}, {"mask": MASK, "is_causal": True},
    {"attn_logits_soft_cap": 0.5, "mask": MASK}, {"scale": ops.convert_to_tensor(0.3, "float64")},
]  # fmt: skip


@pytest.mark.parametrize("options", OPTIONS)
def test_gradients(options):
    def f(q, k, v):
        return loss(q, k, v, **options)

    expected = slopes(f, [Q, K, V])
    for found in (gradients(f, [Q, K, V]), function(lambda *a: gradients(f, a))(Q, K, V)):
        for a, b in zip(found, expected, strict=True):
            np.testing.assert_allclose(a, b, 1e-6, 1e-8)


def test_gradients_of_a_bias_and_a_scale():
    def f(q, k, v, bias, scale):
        return loss(q, k, v, bias=bias, scale=scale, mask=MASK)

    arrays = [Q, K, V, data(4, 5, 6, seed=4), np.array(0.4)]
    for a, b in zip(gradients(f, arrays), slopes(f, arrays), strict=True):
        np.testing.assert_allclose(a, b, 1e-6, 1e-8)


@pytest.mark.parametrize("options", OPTIONS)
def test_second_derivatives(options):
    def f(q, k, v):
        return loss(q, k, v, **options)

    def total(*arrays):
        return sum(ops.sum(g * data(*g.shape, seed=11)) for g in gradients(f, arrays))

    for a, b in zip(gradients(total, [Q, K, V]), slopes(total, [Q, K, V]), strict=True):
        np.testing.assert_allclose(a, b, 1e-5, 1e-7)


def test_one_tensor_as_query_key_and_value():
    x = ops.convert_to_tensor(data(1, 4, 2, 3))
    (found,) = gradients(lambda x: loss(x, x, x), [x])
    (expected,) = slopes(lambda x: loss(x, x, x), [x.numpy()])
    np.testing.assert_allclose(found, expected, 1e-6, 1e-8)


@pytest.mark.parametrize("empty", ["uniform", "zero", "unmasked"])
def test_several_masks_are_one(empty):
    q, k, v = map(ops.convert_to_tensor, (Q, K, V))
    rows, columns = data(2, 1, 5, 1, seed=5) < 0.8, data(1, 1, 1, 6, seed=6) < 0.8
    band = abs(np.arange(5)[:, None] - np.arange(6)) < 2
    apart = attend(q, k, v, [ops.convert_to_tensor(m) for m in (rows, columns, MASK)], window=2, empty=empty)
    together = attend(q, k, v, [ops.convert_to_tensor(rows & columns & MASK & band)], empty=empty)
    np.testing.assert_allclose(apart, together, 1e-12)
    without = attend(q, k, v)
    none = ~(rows & columns & MASK & band).any(-1)[:, 0]
    expected = {
        "uniform": np.broadcast_to(np.repeat(V.mean(1, keepdims=True), 2, 2), without.shape),
        "zero": np.zeros(without.shape),
        "unmasked": without.numpy(),
    }[empty]
    assert none.sum() > 1
    np.testing.assert_allclose(apart.numpy()[none], expected[none], 1e-12, 1e-12)


def test_memory_grows_with_the_length_alone():
    """Of a step with gradients: queries, keys, values, outputs and their gradients, and nothing of length x length."""

    def step(q, k, v):
        with GradientTape() as tape:
            tape.watch([q, k, v])
            y = ops.sum(ops.dot_product_attention(q, k, v, is_causal=True))
        return tape.gradient(y, [q, k, v])

    length = 2048
    x = np.zeros((1, length, 2, 8), "float32")
    assert plan_of(step, x, x, x).arena_bytes < 8 * x.nbytes < length * length


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float32"])
def test_narrow_dtypes(dtype):
    q, k, v = (ops.cast(x, dtype) for x in (Q, K, V))
    y = ops.dot_product_attention(q, k, v, mask=MASK)
    assert y.dtype == dtype
    exact = ops.dot_product_attention(*(ops.cast(x, "float64") for x in (q, k, v)), mask=MASK)
    np.testing.assert_allclose(ops.cast(y, "float64"), exact, 1e-2, 1e-2)


def test_flash_attention():
    y = ops.dot_product_attention(Q, K, V, flash_attention=True)
    np.testing.assert_array_equal(y, ops.dot_product_attention(Q, K, V, flash_attention=False))
    with pytest.raises(RuntimeError, match="no flash attention"):
        ops.dot_product_attention(Q, K, V, flash_attention=True, attn_logits_soft_cap=1.0)


@pytest.mark.parametrize("shape", [(2, 1, 5, 5), (2, 3, 5, 6), (3, 1, 5, 6), (2, 2, 1, 5, 6)])
def test_masks_that_do_not_fit(shape):
    with pytest.raises(ValueError, match=r"expects a mask that broadcasts to .* \(2, 4, 5, 6\), got shape"):
        ops.dot_product_attention(Q, K, V, mask=np.ones(shape, bool))
