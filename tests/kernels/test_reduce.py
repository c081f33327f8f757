"""Reductions against float64 numpy, over every pattern of kept and reduced axes."""

import itertools

import numpy as np
import pytest
from guarded import guarded

DTYPES = {np.float32: 0, np.float64: 1, np.int32: 2, np.int64: 3, np.bool_: 4}
OPS = ["sum", "prod", "max", "min", "any", "all", "argmax", "argmin", "sumsq", "sumabs"]


def out_dtype(op, dtype):
    if op in ("any", "all"):
        return np.bool_
    if op in ("argmax", "argmin"):
        return np.int64
    if dtype == np.bool_ and op in ("sum", "sumsq", "sumabs"):
        return np.int64
    return dtype


def run(level, op, x, reduced, scale=1.0):
    shape = [d for d, r in zip(x.shape, reduced, strict=True) if not r]
    out, intact = guarded(shape, out_dtype(op, x.dtype.type))
    p = [OPS.index(op), DTYPES[x.dtype.type], x.ndim, *x.shape, *reduced]
    level.call("reduce", [out], [x], p, [scale])
    assert intact()
    return out


def reference(op, x, reduced, scale=1.0):
    axis = tuple(k for k, r in enumerate(reduced) if r)
    if x.dtype.kind == "f" and op in ("sum", "prod", "sumsq", "sumabs"):
        x = x.astype(np.float64)
    if op in ("argmax", "argmin"):
        return getattr(np, op)(x, axis=axis[0])
    if op == "sumsq":
        op, x = "sum", x * x
    elif op == "sumabs":
        op, x = "sum", np.abs(x)
    result = getattr(np, op)(x, axis=axis, **({"dtype": x.dtype} if op in ("sum", "prod") and x.dtype != bool else {}))
    return result * scale if op == "sum" and x.dtype.kind == "f" else result


def sample(rng, shape, dtype, op):
    if dtype == np.bool_:
        return rng.random(shape) < 0.7
    if np.issubdtype(dtype, np.integer):
        return rng.integers(-1000, 1000, shape).astype(dtype)
    if op == "prod":
        return rng.uniform(0.97, 1.03, shape).astype(dtype)
    x = rng.standard_normal(shape).astype(dtype)
    if op in ("any", "all"):
        x[rng.random(shape) < 0.5] = 0
    return x


def check(op, x, reduced, got, scale=1.0):
    want = reference(op, x, reduced, scale)
    if x.dtype.kind != "f" or op in ("max", "min", "any", "all", "argmax", "argmin"):
        np.testing.assert_array_equal(got, want)
        return
    axis = tuple(k for k, r in enumerate(reduced) if r)
    size = 1.0 if op == "prod" else reference("sumabs" if op == "sum" else op, x, reduced, scale)
    eps = np.finfo(x.dtype).eps
    n = max(1, int(np.prod([x.shape[k] for k in axis])))
    bound = eps * (n if op == "prod" else 12)  # a plain running sum in float32 fails this at the larger sizes
    if x.dtype == np.float64:
        bound += eps * 2 * n**0.5  # numpy's own error, where it adds row to row
    assert np.all(np.abs(got - want) <= bound * np.abs(size) + 1e-300)


SHAPES = [
    (0,), (1,), (3,), (17,), (63,), (64,), (65,), (1000,), (4097,), (33001,),
    (0, 3), (3, 0), (1, 7), (7, 1), (2, 3), (17, 3), (40, 10), (33, 17), (3, 65), (128, 130), (500, 31),
    (5, 1025), (3000, 2), (2, 5000), (3, 5, 7), (4, 1, 6), (3, 64, 65), (10, 30, 17), (2, 3, 4, 5, 3),
]  # fmt: skip


@pytest.mark.parametrize("dtype", list(DTYPES), ids=lambda t: t.__name__)
@pytest.mark.parametrize("op", OPS)
def test_every_pattern_of_axes(level, op, dtype):
    rng = np.random.default_rng(OPS.index(op))
    for shape in SHAPES:
        for reduced in itertools.product([0, 1], repeat=len(shape)):
            n = int(np.prod([d for d, r in zip(shape, reduced, strict=True) if r]))
            if op in ("max", "min", "argmax", "argmin") and n == 0:
                continue
            if op in ("argmax", "argmin") and sum(reduced) != 1:
                continue
            x = sample(rng, shape, dtype, op)
            check(op, x, reduced, run(level, op, x, reduced))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("op", ["sum", "sumsq", "sumabs"])
def test_scale_makes_a_mean(level, op, dtype):
    x = np.random.default_rng(0).standard_normal((13, 40, 9)).astype(dtype)
    for reduced in [(1, 0, 0), (0, 1, 0), (0, 0, 1), (1, 1, 1), (1, 0, 1)]:
        scale = 1 / np.prod([d for d, r in zip(x.shape, reduced, strict=True) if r])
        check(op, x, reduced, run(level, op, x, reduced, scale), scale)


@pytest.mark.parametrize(
    "op, dtype",
    [(op, np.float32) for op in OPS] + [("sum", np.float64), ("max", np.float64), ("sum", np.int32), ("all", np.bool_)],
)
def test_threads_do_not_change_a_bit(level, op, dtype):
    rng = np.random.default_rng(1)
    repeat = 4 // np.dtype(dtype).itemsize or 1
    shapes = [(300000,), (2, 150000), (90000, 3), (700, 64), (1200, 257), (16, 40, 500), (500, 13, 41)]
    for shape in shapes:
        x = sample(rng, (shape[0] * repeat, *shape[1:]), dtype, op)
        for reduced in itertools.product([0, 1], repeat=len(shape)):
            if op in ("argmax", "argmin") and sum(reduced) != 1:
                continue
            results = []
            for threads in (1, 2, 3):
                level.set_threads(threads)
                results.append(run(level, op, x, reduced))
            level.set_threads(1)
            assert results[0].tobytes() == results[1].tobytes() == results[2].tobytes()


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_large_reductions(threaded, dtype):
    """Above every threshold: groups of what is reduced, threads, few rows at a time."""
    rng = np.random.default_rng(4)
    for shape in [(400001,), (1300, 401), (200, 2051), (40000, 7), (41, 30, 130)]:
        x = rng.standard_normal(shape).astype(dtype)
        for reduced in itertools.product([0, 1], repeat=len(shape)):
            for op in ("sum", "max"):
                check(op, x, reduced, run(threaded, op, x, reduced))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("op", ["sum", "prod", "max", "min", "argmax", "argmin", "sumsq", "sumabs", "any", "all"])
def test_nan_and_infinity_flow_as_in_numpy(level, op, dtype):
    rng = np.random.default_rng(2)
    for shape, reduced in [((5, 7), (0, 1)), ((5, 7), (1, 0)), ((9, 200), (0, 1)), ((200, 70), (1, 0)), ((300,), (1,))]:
        for special in [np.nan, np.inf, -np.inf]:
            for _ in range(5):
                x = rng.standard_normal(shape).astype(dtype)
                x[rng.random(shape) < 0.02] = special
                got, want = run(level, op, x, reduced), reference(op, x, reduced)
                if op in ("sum", "prod", "sumsq", "sumabs"):
                    finite = np.isfinite(want)
                    np.testing.assert_array_equal(np.isfinite(got), finite)
                    np.testing.assert_array_equal(np.asarray(got)[~finite], np.asarray(want)[~finite])
                else:
                    np.testing.assert_array_equal(got, want)


@pytest.mark.parametrize("op", ["argmax", "argmin"])
def test_the_first_of_equal_extremes_wins(level, op):
    rng = np.random.default_rng(3)
    for dtype in DTYPES:
        for shape, reduced in [((4, 300), (0, 1)), ((300, 20), (1, 0)), ((6, 10), (0, 1)), ((3, 9, 5), (0, 1, 0))]:
            x = rng.integers(0, 3, shape).astype(dtype)
            check(op, x, reduced, run(level, op, x, reduced))
    x = np.array([1, np.nan, 5, np.nan], np.float32)
    assert run(level, op, x, (1,)) == 1


def test_sums_of_integers_wrap_and_bools_count(level):
    x = np.full((3, 70000), 2**30, np.int32)
    np.testing.assert_array_equal(run(level, "sum", x, (0, 1)), x.sum(1, dtype=np.int32))
    b = np.ones((3, 70000), bool)
    np.testing.assert_array_equal(run(level, "sum", b, (0, 1)), [70000] * 3)


def test_empty_reductions_give_the_identity(level):
    for dtype in DTYPES:
        x = np.zeros((3, 0), dtype)
        for op, want in [("sum", 0), ("prod", 1), ("any", 0), ("all", 1), ("sumsq", 0), ("sumabs", 0)]:
            np.testing.assert_array_equal(run(level, op, x, (0, 1)), np.full(3, want))
        for op in ("max", "min", "argmax", "argmin"):
            run(level, op, x, (0, 1))  # the caller raises; the kernel must only stay within its bounds


def test_large_float32_sums_are_as_good_as_pairwise(level):
    x = np.full(3_000_001, 0.1, np.float32)
    exact = float(x[0]) * x.size
    assert abs(float(run(level, "sum", x, (1,))) - exact) <= 8 * np.spacing(np.float32(exact))
    columns = np.full((400_000, 3), 0.1, np.float32)
    exact = float(x[0]) * 400_000
    assert np.all(np.abs(run(level, "sum", columns, (1, 0)) - exact) <= 8 * np.spacing(np.float32(exact)))
