"""Normalization by the moments of columns and of rows, and its gradients, compared with float64."""

import itertools

import numpy as np
import pytest
from guarded import guarded

DTYPES = [np.float32, np.float64]
EPS = 1e-3
COLUMNS = [  # samples, rows, channels, channels of a group
    (1, 1, 1, 1),
    (1, 7, 3, 1),
    (1, 301, 5, 1),
    (1, 530, 40, 1),
    (1, 61, 1100, 1),
    (3, 50, 12, 4),
    (2, 9, 7, 7),
    (5, 1, 6, 2),
    (0, 4, 4, 2),
    (1, 5, 0, 1),
]
ROWS = [(1, 1), (3, 2), (70, 17), (5, 64), (200, 100), (2, 5001), (0, 4), (4, 0)]


def tolerance(dtype):
    return {"rtol": 2e-4, "atol": 2e-4} if dtype is np.float32 else {"rtol": 1e-10, "atol": 1e-10}


def gradients(g, x, gamma, axes, centered=True):
    """The gradients of x, of gamma and of beta, elementwise for the last two."""
    mean = x.mean(axes, keepdims=True) if centered else 0
    root = 1 / np.sqrt(((x - mean) ** 2).mean(axes, keepdims=True) + EPS)
    normal, scaled = (x - mean) * root, g * gamma
    level = scaled.mean(axes, keepdims=True) if centered else 0
    return root * (scaled - level - normal * (scaled * normal).mean(axes, keepdims=True)), g * normal, g


class Columns:
    def __init__(self, case, dtype, chunks=3, mean=0.0):
        self.case, self.dtype, self.chunks = case, dtype, chunks
        samples, rows, channels, per = case
        rng = np.random.default_rng(0)
        self.x = (mean + rng.standard_normal((samples, rows, channels))).astype(dtype)
        self.g, self.residual = (rng.standard_normal(self.x.shape).astype(dtype) for _ in range(2))
        self.gamma, self.beta = (rng.standard_normal(channels).astype(dtype) for _ in range(2))
        self.groups = channels // per
        self.workspace = np.full(2 * samples * chunks * channels, np.nan)
        self.apart = (samples, rows, self.groups, per)

    def p(self, *more):
        return [DTYPES.index(self.dtype), *self.case, self.chunks, *more]

    def moments(self, level):
        shape = (self.case[0], self.groups)
        (mean, a), (variance, b), (saved, c) = (
            guarded(s, t) for s, t in ((shape, self.dtype),) * 2 + (((2, *shape), float),)
        )
        level.call("norm_moments", [mean, variance, saved], [self.x, self.workspace], self.p(), [EPS])
        assert a() and b() and c()
        return mean, variance, saved

    def apply(self, level, saved, relu=0, residual=0):
        y, intact = guarded(self.x.shape, self.dtype)
        more = [self.residual] * residual
        level.call("norm_apply", [y], [self.x, saved, self.gamma, self.beta, *more], self.p(relu, residual), [])
        assert intact()
        return y

    def grad(self, level, saved, relu=0):
        made = [guarded(v.shape, self.dtype) for v in (self.x, self.gamma, self.beta)]
        inputs = [self.g, self.x, saved, self.gamma, self.beta, self.workspace]
        level.call("norm_grad", [v for v, _ in made], inputs, self.p(relu), [])
        assert all(intact() for _, intact in made)
        return [v for v, _ in made]

    def expected(self):
        x = self.x.astype(float).reshape(self.apart)
        mean, variance = x.mean((1, 3)), x.var((1, 3))
        y = (x - mean[:, None, :, None]) / np.sqrt(variance[:, None, :, None] + EPS)
        return mean, variance, y.reshape(self.x.shape) * self.gamma + self.beta

    def expected_gradients(self, g):
        gamma = self.gamma.astype(float).reshape(self.apart[2:])
        found = gradients(g.reshape(self.apart), self.x.astype(float).reshape(self.apart), gamma, (1, 3))
        dx, dgamma, dbeta = (v.reshape(self.x.shape) for v in found)
        return dx, dgamma.sum((0, 1)), dbeta.sum((0, 1))


@pytest.mark.parametrize("dtype", DTYPES, ids=lambda t: t.__name__)
@pytest.mark.parametrize("case", COLUMNS, ids=str)
def test_columns(threaded, case, dtype):
    job = Columns(case, dtype)
    mean, variance, saved = job.moments(threaded)
    expected_mean, expected_variance, expected = job.expected()
    np.testing.assert_allclose(mean, expected_mean, **tolerance(dtype))
    np.testing.assert_allclose(variance, expected_variance, **tolerance(dtype))
    for relu, residual in itertools.product(range(2), range(2)):
        total = expected + residual * job.residual
        y = job.apply(threaded, saved, relu, residual)
        np.testing.assert_allclose(y, np.maximum(total, 0) if relu else total, **tolerance(dtype))
    for relu in range(2):
        g = job.g.astype(float) * (expected > 0 if relu else 1)
        for found, wanted in zip(job.grad(threaded, saved, relu), job.expected_gradients(g), strict=True):
            np.testing.assert_allclose(found, wanted, **tolerance(dtype))


@pytest.mark.parametrize("case", [(1, 3000, 5, 1), (1, 900, 64, 1), (2, 900, 8, 4)], ids=str)
def test_a_large_mean_of_columns_costs_no_precision(threaded, case):
    job = Columns(case, np.float32, mean=1e4)
    _, variance, saved = job.moments(threaded)
    _, expected_variance, expected = job.expected()
    np.testing.assert_allclose(variance, expected_variance, rtol=1e-5)
    np.testing.assert_allclose(job.apply(threaded, saved), expected, rtol=1e-4, atol=1e-4)
    for found, wanted in zip(job.grad(threaded, saved), job.expected_gradients(job.g.astype(float)), strict=True):
        np.testing.assert_allclose(found, wanted, rtol=1e-3, atol=2e-3)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_a_non_finite_element_reaches_its_channel_alone(threaded, value):
    job = Columns((1, 40, 20, 1), np.float32)
    job.x[0, 17, 3] = value
    *_, saved = job.moments(threaded)
    y, (dx, dgamma, _) = job.apply(threaded, saved, relu=1), job.grad(threaded, saved)
    others = np.arange(20) != 3
    assert np.isnan(y[..., 3]).all() and np.isnan(dx[..., 3]).all() and np.isnan(dgamma[3])
    assert np.isfinite(y[..., others]).all() and np.isfinite(dx[..., others]).all()


def test_two_threads_give_the_bits_of_one(level):
    columns, results = Columns((1, 4000, 96, 1), np.float32, chunks=11), []
    x, g = columns.x[0], columns.g[0]
    for threads in (1, 2):
        level.set_threads(threads)
        mean, variance, saved = columns.moments(level)
        found = [mean, variance, saved, columns.apply(level, saved), *columns.grad(level, saved, relu=1)]
        results.append(found + rows(level, x, g, columns.gamma, columns.beta, units=7))
    level.set_threads(1)
    for one, two in zip(*results, strict=True):
        np.testing.assert_array_equal(one, two)


def rows(level, x, g, gamma, beta, centered=1, units=3):
    """y, saved, dx, dgamma and dbeta."""
    head = [DTYPES.index(x.dtype.type), *x.shape, centered]
    made = [guarded(s, t) for s, t in ((x.shape, x.dtype), ((len(x), 2), float), (x.shape, x.dtype))]
    made += [guarded(gamma.shape, x.dtype) for _ in range(2)]
    y, saved, dx, dgamma, dbeta = (v for v, _ in made)
    level.call("norm_rows", [y, saved], [x, gamma, beta], head, [EPS])
    workspace = np.full(4 * units * x.shape[1], np.nan)
    level.call("norm_rows_grad", [dx, dgamma, dbeta], [g, x, saved, gamma, workspace], [*head, units], [])
    assert all(intact() for _, intact in made)
    return [y, saved, dx, dgamma, dbeta]


@pytest.mark.parametrize("dtype", DTYPES, ids=lambda t: t.__name__)
@pytest.mark.parametrize("mean", [0.0, 1e4])
@pytest.mark.parametrize("centered", [0, 1])
def test_rows(threaded, centered, mean, dtype):
    near = tolerance(dtype) if not mean else {"rtol": 1e-3, "atol": 2e-3}
    for shape in ROWS:
        rng = np.random.default_rng(1)
        x, g = (mean + rng.standard_normal(shape)).astype(dtype), rng.standard_normal(shape).astype(dtype)
        gamma, beta = (rng.standard_normal(shape[1]).astype(dtype) for _ in range(2))
        y, _, *parts = rows(threaded, x, g, gamma, beta, centered)
        if 0 in shape:
            assert not any(part.any() for part in parts)
            continue
        wide = x.astype(float)
        shift = wide.mean(1, keepdims=True) if centered else 0
        scale = np.sqrt(((wide - shift) ** 2).mean(1, keepdims=True) + EPS)
        np.testing.assert_allclose(y, (wide - shift) / scale * gamma + beta, **near)
        dx, dgamma, dbeta = gradients(g.astype(float), wide, gamma.astype(float), 1, centered)
        for found, wanted in zip(parts, (dx, dgamma.sum(0), dbeta.sum(0)), strict=True):
            np.testing.assert_allclose(found, wanted, **near)


def test_a_non_finite_element_reaches_its_row_alone(threaded):
    x = np.random.default_rng(2).standard_normal((6, 50)).astype(np.float32)
    x[2, 7], x[4, 49] = np.nan, np.inf
    ones, zeros = np.ones(50, np.float32), np.zeros(50, np.float32)
    y, _, dx, *_ = rows(threaded, x, np.ones_like(x), ones, zeros)
    for made in (y, dx):
        assert np.isnan(made[[2, 4]]).all() and np.isfinite(made[[0, 1, 3, 5]]).all()
