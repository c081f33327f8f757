"""Softmax and its cross-entropies against float64 formulas; gradients against central differences."""

import numpy as np
import pytest
from guarded import guarded

FLOATS = {np.float32: 0, np.float64: 1}
LABELS = {np.int32: 2, np.int64: 3}
SHAPES = [(0, 3), (1, 1), (3, 1), (1, 2), (7, 3), (5, 10), (128, 10), (129, 17), (3, 33), (130, 16), (2, 2047),
          (3, 2048), (2, 2049), (1, 10001)]  # fmt: skip


def run(level, name, outs, ins, p, f=()):
    """Calls a kernel; outs are shapes. Returns the output, or the outputs."""
    arrays, checks = zip(*[guarded(shape, ins[0].dtype) for shape in outs], strict=True)
    level.call(name, list(arrays), ins, p, f)
    assert all(check() for check in checks)
    return arrays[0] if len(arrays) == 1 else arrays


def softmax(x):
    x = x.astype(np.float64)
    e = np.exp(x - x.max(-1, keepdims=True, initial=-np.inf))
    return e / e.sum(-1, keepdims=True)


def logsumexp(x):
    x = x.astype(np.float64)
    top = x.max(-1, keepdims=True, initial=-np.inf)
    return top + np.log(np.exp(x - top).sum(-1, keepdims=True))


def close(got, want, dtype, scale=1.0):
    eps = np.finfo(dtype).eps
    np.testing.assert_allclose(got, want, rtol=60 * eps, atol=8 * eps * scale)


def logits(rng, shape, dtype):
    x = (rng.standard_normal(shape) * 4).astype(dtype)
    if x.shape[0] > 2 and x.shape[1] > 2:
        x[0, :2] = 1e4, -1e4
        x[1] -= 1e4
        x[2, 0] = -np.inf
    return x


def spread(x):
    return np.abs(np.where(np.isfinite(x), x, 0)).max(initial=1)


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("shape", SHAPES)
def test_softmax_and_log_softmax(threaded, dtype, shape):
    x = logits(np.random.default_rng(0), shape, dtype)
    p = [FLOATS[dtype], *shape]
    close(run(threaded, "softmax", [shape], [x], p), softmax(x), dtype)
    close(run(threaded, "log_softmax", [shape], [x], p), x - logsumexp(x), dtype, spread(x))


@pytest.mark.parametrize("dtype", FLOATS)
def test_softmax_is_exact_to_a_few_ulp(level, dtype):
    """Differences that the type holds exactly, so that only exp and the division can err."""
    x = np.arange(-80, 1, dtype=dtype).reshape(1, -1)
    want = softmax(x)
    got = run(level, "softmax", [x.shape], [x], [FLOATS[dtype], *x.shape])
    assert np.abs(got / want - 1).max() < 4 * np.finfo(dtype).eps


@pytest.mark.parametrize("dtype", FLOATS)
def test_far_below_the_largest_it_fades_to_zero(level, dtype):
    low = np.log(np.finfo(dtype).tiny)
    x = np.array([[0, low + 1, low - 1, -np.inf, -1e5]], dtype)
    y = run(level, "softmax", [x.shape], [x], [FLOATS[dtype], *x.shape])[0]
    assert y[1] > y[2] >= 0 and y[2] <= np.finfo(dtype).tiny and (y[3:] == 0).all()


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("cols", [1, 3, 20, 3000])
def test_rows_that_have_no_softmax_are_nan_and_alone(level, dtype, cols):
    x = np.zeros((5, cols), dtype)
    x[1], x[2, cols // 2], x[3, cols // 2] = -np.inf, np.nan, np.inf
    for name in ("softmax", "log_softmax"):
        y = run(level, name, [x.shape], [x], [FLOATS[dtype], *x.shape])
        assert np.isnan(y[1]).all() and np.isnan(y[2]).all() and np.isfinite(y[[0, 4]]).all()
        assert np.isnan(y[3, cols // 2])
    p, labels = [FLOATS[dtype], 5, cols, 2], np.zeros(5, np.int32)
    loss, _ = run(level, "softmax_xent_sparse", [(5,), x.shape], [x, labels], p)
    assert np.isnan(loss[1:4]).all() and np.isfinite(loss[[0, 4]]).all()


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("shape", SHAPES)
def test_softmax_gradients(threaded, dtype, shape):
    rng = np.random.default_rng(1)
    x, g = logits(rng, shape, dtype), rng.standard_normal(shape).astype(dtype)
    p = [FLOATS[dtype], *shape]
    y = softmax(x).astype(dtype)
    y64, g64 = y.astype(np.float64), g.astype(np.float64)
    want = y64 * (g64 - (g64 * y64).sum(-1, keepdims=True))
    close(run(threaded, "softmax_grad", [shape], [g, y], p), want, dtype)
    y = (x - logsumexp(x)).astype(dtype)
    want = g64 - np.exp(y.astype(np.float64)) * g64.sum(-1, keepdims=True)
    close(run(threaded, "log_softmax_grad", [shape], [g, y], p), want, dtype, np.abs(g64.sum(-1)).max(initial=1) + 4)


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("label_type", LABELS)
@pytest.mark.parametrize("shape", SHAPES)
def test_sparse_cross_entropy(threaded, dtype, label_type, shape):
    rng = np.random.default_rng(2)
    z, labels = logits(rng, shape, dtype), rng.integers(0, shape[1], shape[0]).astype(label_type)
    p = [FLOATS[dtype], *shape, LABELS[label_type]]
    loss, prob = run(threaded, "softmax_xent_sparse", [shape[:1], shape], [z, labels], p)
    rows = np.arange(shape[0])
    close(prob, softmax(z), dtype)
    close(loss, logsumexp(z)[:, 0] - z[rows, labels], dtype, spread(z))
    g = rng.standard_normal(shape[0]).astype(dtype)
    want = prob.astype(np.float64)
    want[rows, labels] -= 1
    close(run(threaded, "softmax_xent_sparse_grad", [shape], [g, prob, labels], p), want * g[:, None], dtype, 4)


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("shape", SHAPES)
def test_soft_cross_entropy(threaded, dtype, shape):
    rng = np.random.default_rng(3)
    z, t = logits(rng, shape, dtype), rng.random(shape).astype(dtype)
    t[np.isinf(z)] = 0
    p = [FLOATS[dtype], *shape]
    loss, prob = run(threaded, "softmax_xent", [shape[:1], shape], [z, t], p)
    close(prob, softmax(z), dtype)
    finite = np.where(np.isinf(z), 0, z).astype(np.float64)
    close(loss, (t * (logsumexp(z) - finite)).sum(-1), dtype, spread(z) * shape[1])
    g = rng.standard_normal(shape[0]).astype(dtype)
    want = g[:, None].astype(np.float64) * (prob.astype(np.float64) * t.sum(-1, keepdims=True, dtype=np.float64) - t)
    close(run(threaded, "softmax_xent_grad", [shape], [g, prob, t], p), want, dtype, 4)


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("label_type", LABELS)
@pytest.mark.parametrize("shape", SHAPES)
def test_cross_entropy_of_probabilities(threaded, dtype, label_type, shape):
    rng = np.random.default_rng(4)
    prob = (rng.random(shape) * 3).astype(dtype)
    labels = rng.integers(0, shape[1], shape[0]).astype(label_type)
    if shape[0] > 2 and shape[1] > 2:
        prob[0] = 0
        prob[0, 1] = 1  # clipped at one end or the other
        prob[1, labels[1]] = 0
    p, eps, rows = [FLOATS[dtype], *shape, LABELS[label_type]], 1e-7, np.arange(shape[0])
    loss = run(threaded, "xent_prob_sparse", [shape[:1]], [prob, labels], p, [eps])
    p64 = prob.astype(np.float64)
    s = p64.sum(-1)
    q = p64[rows, labels] / s
    low, high = float(dtype(eps)), float(dtype(1 - eps))
    close(loss, -np.log(np.clip(q, low, high)), dtype)
    g = rng.standard_normal(shape[0]).astype(dtype)
    want = np.repeat((g / s)[:, None], shape[1], 1)
    clipped = (q < low) | (q > high)
    with np.errstate(divide="ignore"):
        want[rows, labels] -= g / p64[rows, labels]
    want[clipped] = 0
    close(run(threaded, "xent_prob_sparse_grad", [shape], [g, prob, labels], p, [eps]), want, dtype, 4)


def difference(f, x, h=1e-6):
    """The gradient of the scalar f at x by central differences."""
    d = np.empty_like(x)
    for k in np.ndindex(x.shape):
        up, down = x.copy(), x.copy()
        up[k] += h
        down[k] -= h
        d[k] = (f(up) - f(down)) / (2 * h)
    return d


@pytest.mark.parametrize("shape", [(1, 1), (3, 2), (4, 5), (2, 17)])
def test_gradients_against_central_differences(level, shape):
    rng = np.random.default_rng(5)
    x, g, t = rng.standard_normal(shape), rng.standard_normal(shape), rng.random(shape)
    prob, gr, labels = rng.random(shape) + 0.1, rng.standard_normal(shape[0]), rng.integers(0, shape[1], shape[0])
    p, ps = [1, *shape], [1, *shape, 3]

    def same(got, f, at):
        np.testing.assert_allclose(got, difference(f, at), rtol=1e-6, atol=1e-8)

    for name in ("softmax", "log_softmax"):
        y = run(level, name, [shape], [x], p)
        got = run(level, name + "_grad", [shape], [g, y], p)
        same(got, lambda x, name=name: (run(level, name, [shape], [x], p) * g).sum(), x)
    outs = [shape[:1], shape]
    prob_z = run(level, "softmax", [shape], [x], p)
    got = run(level, "softmax_xent_sparse_grad", [shape], [gr, prob_z, labels], ps)
    same(got, lambda x: (run(level, "softmax_xent_sparse", outs, [x, labels], ps)[0] * gr).sum(), x)
    got = run(level, "softmax_xent_grad", [shape], [gr, prob_z, t], p)
    same(got, lambda x: (run(level, "softmax_xent", outs, [x, t], p)[0] * gr).sum(), x)
    if shape[1] > 1:  # one class alone is always clipped: tested above
        got = run(level, "xent_prob_sparse_grad", [shape], [gr, prob, labels], ps, [1e-7])
        same(got, lambda q: (run(level, "xent_prob_sparse", outs[:1], [q, labels], ps, [1e-7]) * gr).sum(), prob)


@pytest.mark.parametrize("label_type", LABELS)
def test_a_bad_label_is_reported_and_nothing_is_written(threaded, label_type):
    n, cols = 3000, 10
    x, g = np.zeros((n, cols), np.float32), np.zeros(n, np.float32)
    for bad, where in [(10, 0), (-1, 1234), (2**31 - 1, 2999)]:
        labels = np.zeros(n, label_type)
        labels[where] = bad
        p = [0, n, cols, LABELS[label_type]]
        for name, outs, ins in [
            ("softmax_xent_sparse", [(n,), (n, cols)], [x, labels]),
            ("softmax_xent_sparse_grad", [(n, cols)], [g, x, labels]),
            ("xent_prob_sparse", [(n,)], [x, labels]),
            ("xent_prob_sparse_grad", [(n, cols)], [g, x, labels]),
        ]:
            arrays = [np.full(shape, 77, np.float32) for shape in outs]
            with pytest.raises(IndexError, match=rf"index {bad} at position {where} .*10\)"):
                threaded.call(name, arrays, ins, p, [1e-7])
            assert all((a == 77).all() for a in arrays)


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("shape", [(100, 10), (1300, 10), (5000, 3), (70, 1000), (9, 5003)])
def test_threads_do_not_change_a_bit(level, dtype, shape):
    rng = np.random.default_rng(6)
    x, g, t = (rng.standard_normal(shape).astype(dtype) for _ in range(3))
    gr, labels = rng.standard_normal(shape[0]).astype(dtype), rng.integers(0, shape[1], shape[0])
    prob = np.abs(x)
    p, ps = [FLOATS[dtype], *shape], [FLOATS[dtype], *shape, 3]
    for name, outs, ins, q in [
        ("softmax", [shape], [x], p),
        ("softmax_grad", [shape], [g, x], p),
        ("log_softmax", [shape], [x], p),
        ("log_softmax_grad", [shape], [g, x], p),
        ("softmax_xent_sparse", [shape[:1], shape], [x, labels], ps),
        ("softmax_xent_sparse_grad", [shape], [gr, prob, labels], ps),
        ("softmax_xent", [shape[:1], shape], [x, t], p),
        ("softmax_xent_grad", [shape], [gr, prob, t], p),
        ("xent_prob_sparse", [shape[:1]], [prob, labels], ps),
        ("xent_prob_sparse_grad", [shape], [gr, prob, labels], ps),
    ]:
        results = []
        for threads in (1, 2, 3):
            level.set_threads(threads)
            got = run(level, name, outs, ins, q, [1e-7])
            results.append(b"".join(a.tobytes() for a in (got if isinstance(got, tuple) else (got,))))
        level.set_threads(1)
        assert results[0] == results[1] == results[2], name


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("shape", [(7, 10), (2, 5000)])
def test_a_gradient_may_replace_what_it_is_computed_from(level, dtype, shape):
    rng = np.random.default_rng(7)
    g, y = rng.standard_normal(shape).astype(dtype), rng.standard_normal(shape).astype(dtype)
    p = [FLOATS[dtype], *shape]
    for name in ("softmax_grad", "log_softmax_grad"):
        want = run(level, name, [shape], [g, y], p)
        for k in (0, 1):
            ins = [g.copy(), y.copy()]
            level.call(name, [ins[k]], ins, p)
            np.testing.assert_array_equal(ins[k], want)
    for name in ("softmax", "log_softmax"):
        want, x = run(level, name, [shape], [g], p), g.copy()
        level.call(name, [x], [x], p)
        np.testing.assert_array_equal(x, want)
