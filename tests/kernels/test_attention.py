"""Attention in blocks against the matrix of scores in float64; gradients also against central differences."""

import numpy as np
import pytest
from guarded import guarded

FLOATS = {np.float32: 0, np.float64: 1}
EMPTY = {"uniform": 0, "zero": 1, "unmasked": 2}
# batch, heads, shared heads, queries, keys, depth, width
SIZES = [
    (1, 1, 1, 1, 1, 1, 1), (2, 1, 1, 3, 7, 3, 5), (1, 2, 2, 17, 5, 16, 8), (2, 4, 2, 49, 65, 17, 9),
    (1, 3, 1, 97, 63, 8, 33), (1, 2, 1, 145, 129, 5, 3), (1, 1, 1, 64, 64, 64, 64), (3, 2, 2, 8, 10, 49, 100),
]  # fmt: skip
NOTHING = [
    (0, 2, 1, 3, 4, 5, 6),
    (2, 2, 1, 0, 4, 5, 6),
    (2, 2, 1, 3, 0, 5, 6),
    (2, 2, 1, 3, 4, 5, 0),
    (2, 2, 1, 3, 4, 0, 6),
]
BANDS = [{}, {"causal": 1}, {"window": 2}, {"causal": 1, "window": 70}]


def operands(sizes, dtype, seed=0):
    rng = np.random.default_rng(seed)
    b, h, g, t, s, d, w = sizes
    shapes = (b, t, h, d), (b, s, g, d), (b, s, g, w), (b, t, h, w)
    return [rng.standard_normal(shape).astype(dtype) for shape in shapes]


def strides(shape):
    return [0 if n == 1 else int(np.prod(shape[i + 1 :])) for i, n in enumerate(shape)]


def call(level, name, shapes, q, k, v, last, bias=None, masks=(), causal=0, window=0, empty="uniform", scale=0.5):
    """The outputs of a kernel; bias and masks have four axes."""
    others = [*([] if bias is None else [bias]), *masks]
    p = [FLOATS[q.dtype.type], q.shape[0], q.shape[2], k.shape[2], q.shape[1], k.shape[1], q.shape[3], v.shape[3]]
    p += [causal, window, EMPTY[empty], bias is not None, len(masks), *(n for x in others for n in strides(x.shape))]
    arrays, checks = zip(*[guarded(shape, q.dtype) for shape in shapes], strict=True)
    level.call(name, list(arrays), [q, k, v, *others, *last], [int(n) for n in p], [scale])
    assert all(check() for check in checks)
    return arrays


def forward(level, q, k, v, **options):
    shapes = [(*q.shape[:3], v.shape[3]), (q.shape[0], q.shape[2], q.shape[1], 2)]
    return call(level, "attention", shapes, q, k, v, [], **options)


def backward(level, q, k, v, g, **options):
    y, norm = forward(level, q, k, v, **options)
    return call(level, "attention_grad", [x.shape for x in (q, k, v)], q, k, v, [y, norm, g], **options)


def formula(q, k, v, g, bias=None, masks=(), causal=0, window=0, empty="uniform", scale=0.5):
    """The outputs and the gradients of query, key and value, from the matrix of scores in float64."""
    groups = q.shape[2] // k.shape[2]
    q, k, v, g = (x.astype(np.float64).transpose(0, 2, 1, 3) for x in (q, k, v, g))
    k, v = (np.repeat(x, groups, 1) for x in (k, v))
    distance = np.arange(q.shape[2])[:, None] - np.arange(k.shape[2])
    allowed = np.ones((*q.shape[:3], k.shape[2]), bool)
    for mask in masks:
        allowed &= mask
    allowed &= (distance >= 0) | (not causal)
    allowed &= (abs(distance) < window) | (not window)
    none = ~allowed.any(-1, keepdims=True)
    s = scale * q @ k.transpose(0, 1, 3, 2) + (0 if bias is None else bias)
    moves = np.ones(none.shape)  # whether the gradients of the scores count
    if empty == "uniform":
        s, moves = np.where(none, 0, s), np.where(none, 0.0, 1.0)
    s = np.where(allowed | none, s, -np.inf)
    with np.errstate(invalid="ignore"):
        p = np.exp(s - s.max(-1, keepdims=True, initial=-np.inf))
        p = p / p.sum(-1, keepdims=True)
    if empty == "zero":
        p = np.where(none, 0, p)
    dp = g @ v.transpose(0, 1, 3, 2)
    ds = moves * p * (dp - (dp * p).sum(-1, keepdims=True)) * scale
    dq, dk, dv = ds @ k, ds.transpose(0, 1, 3, 2) @ q, p.transpose(0, 1, 3, 2) @ g
    b, _, n, _ = dk.shape
    dk, dv = (x.reshape(b, -1, groups, n, x.shape[3]).sum(2) for x in (dk, dv))
    return [x.transpose(0, 2, 1, 3) for x in (p @ v, dq, dk, dv)]


def close(got, want, dtype):
    eps = np.finfo(dtype).eps
    scale = np.abs(np.where(np.isfinite(want), want, 0)).max(initial=1)
    np.testing.assert_allclose(got, want, rtol=400 * eps, atol=40 * eps * scale)


def check(level, sizes, dtype, **options):
    q, k, v, g = operands(sizes, dtype)
    want = formula(q, k, v, g, **options)
    close(forward(level, q, k, v, **options)[0], want[0], dtype)
    for got, expected in zip(backward(level, q, k, v, g, **options), want[1:], strict=True):
        close(got, expected, dtype)


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("sizes", SIZES)
@pytest.mark.parametrize("band", BANDS)
def test_bands(threaded, dtype, sizes, band):
    check(threaded, sizes, dtype, **band)


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("sizes", NOTHING)
def test_nothing(threaded, dtype, sizes):
    q, k, v, g = operands(sizes, dtype)
    y, _ = forward(threaded, q, k, v)
    if 0 in (*y.shape, k.shape[1]):
        assert not y.any()
    else:  # without features all scores are 0
        close(y, np.broadcast_to(np.repeat(v, 2, 2).mean(1, keepdims=True), y.shape), dtype)
    for gradient in backward(threaded, q, k, v, g)[:2]:
        assert not gradient.any()


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("empty", EMPTY)
@pytest.mark.parametrize("band", BANDS)
@pytest.mark.parametrize("axes", ["bhts", "t", "s", "ts", "bs", "b"])
def test_masks_and_biases(level, dtype, empty, band, axes):
    """Broadcast along each axis but ``axes``; some queries may attend to no key, by one mask or by two together."""
    sizes = (2, 4, 2, 51, 70, 6, 5)
    rng = np.random.default_rng(1)
    shape = [n if a in axes else 1 for a, n in zip("bhts", (2, 4, 51, 70), strict=True)]
    first = rng.random(shape) < (0.7 if axes != "bhts" else 0.05)
    second = rng.random((1, 1, 51, 1)) < 0.8
    bias = rng.standard_normal(shape).astype(dtype)
    check(level, sizes, dtype, masks=[first], empty=empty, **band)
    check(level, sizes, dtype, bias=bias, masks=[first, second], empty=empty, **band)
    check(level, sizes, dtype, bias=bias, **band)


@pytest.mark.parametrize("dtype", FLOATS)
def test_threads_change_no_bit(level, dtype):
    q, k, v, g = operands((2, 4, 2, 300, 200, 24, 20), dtype)
    found = []
    for threads in (1, 2):
        level.set_threads(threads)
        found.append([*forward(level, q, k, v, causal=1), *backward(level, q, k, v, g, causal=1)])
    level.set_threads(1)
    for a, b in zip(*found, strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("empty", EMPTY)
@pytest.mark.parametrize("band", BANDS)
def test_gradients_against_central_differences(level, empty, band):
    q, k, v, g = operands((1, 2, 1, 9, 11, 3, 4), np.float64)
    rng = np.random.default_rng(2)
    options = {"masks": [rng.random((1, 1, 9, 11)) < 0.4], "bias": rng.standard_normal((1, 2, 9, 11)), "empty": empty}
    gradients = backward(level, q, k, v, g, **options, **band)
    for i, gradient in enumerate(gradients):
        direction = rng.standard_normal(gradient.shape)
        ends = []
        for sign in (1, -1):
            moved = [x + sign * 1e-6 * direction if j == i else x for j, x in enumerate((q, k, v))]
            ends.append(np.sum(forward(level, *moved, **options, **band)[0] * g))
        np.testing.assert_allclose(np.sum(gradient * direction), (ends[0] - ends[1]) / 2e-6, 1e-6, 1e-8)


@pytest.mark.parametrize("dtype", FLOATS)
def test_large_scores(level, dtype):
    """Scores that grow along the keys, so that each block has a new maximum, and whose exponentials overflow."""
    q, k, v, g = operands((1, 1, 1, 20, 200, 2, 3), dtype)
    bias = np.arange(200, dtype=dtype).reshape(1, 1, 1, 200) * 8
    want = formula(q, k, v, g, bias=bias)
    close(forward(level, q, k, v, bias=bias)[0], want[0], dtype)
    bias = np.ascontiguousarray(bias[..., ::-1]) - 1e4
    close(forward(level, q, k, v, bias=bias)[0], formula(q, k, v, g, bias=bias)[0], dtype)


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_what_is_not_finite_stays_where_it_is(level, dtype, value):
    sizes = (1, 2, 2, 60, 150, 4, 3)
    q, k, v, _ = operands(sizes, dtype)
    clean = forward(level, q, k, v)[0]
    q[0, 50, 1, 2] = value  # the queries of one head
    y = forward(level, q, k, v)[0]
    assert np.isnan(y[0, 50, 1]).all()
    y[0, 50, 1] = clean[0, 50, 1]
    np.testing.assert_array_equal(y, clean)
    q, k, v, _ = operands(sizes, dtype)
    v[0, 140, 0, 1] = value  # a value, which all queries of the head see, also where its weight is 0
    for band in BANDS:
        y = forward(level, q, k, v, **band)[0]
        assert not np.isfinite(y[:, :, 0, 1]).any()
        assert np.isfinite(y[:, :, 1]).all() and np.isfinite(y[:, :, 0, [0, 2]]).all()


@pytest.mark.parametrize("dtype", FLOATS)
def test_infinite_biases(level, dtype):
    """-inf excludes a key, also all keys of the first blocks; a query that it leaves no key has no softmax."""
    q, k, v, g = operands((1, 1, 1, 30, 200, 4, 3), dtype)
    bias = np.zeros((1, 1, 30, 200), dtype)
    bias[..., :130] = -np.inf
    want = formula(q, k[:, 130:], v[:, 130:], g)
    close(forward(level, q, k, v, bias=bias)[0], want[0], dtype)
    bias[..., 7, :] = -np.inf
    bias[..., 9, 3] = np.inf
    y = forward(level, q, k, v, bias=bias)[0]
    assert np.isnan(y[0, 7]).all() and np.isnan(y[0, 9]).all()
    assert np.isfinite(np.delete(y, [7, 9], 1)).all()
