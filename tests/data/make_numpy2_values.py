"""What order statistics, linear algebra, Fourier transforms, segments and special functions give.

`python tests/data/make_numpy2_values.py` computes every case below with Keras 3.15 (JAX backend, 64 bits) and writes
the values next to this file. The tests compute the same cases with ckeras and compare.
"""

import itertools
import os
import pathlib

import numpy as np

VALUES = pathlib.Path(__file__).with_name("numpy2_values.npz")
NAN, INF = np.nan, np.inf
FLOATS = ("float32", "float64")
# Where Keras on JAX with 64 bits takes other dtypes than its symbolic tensors say, or loses digits.
LESS = dict.fromkeys(("nanmean", "nanvar", "nanstd", "nanmedian"), ("float16", "int64"))
NUMBERS = ("bool", "int8", "uint8", "int32", "int64", "float16", "float32", "float64")


def data(name, *shape, dtype="float64"):
    """Normal numbers that depend on `name` and `shape` alone."""
    return np.random.default_rng([*name.encode(), *shape]).standard_normal(shape).astype(dtype)


def of(dtype, *shape):
    """Small numbers of any dtype, some of them equal."""
    x = np.random.default_rng([7, *shape]).integers(0, 6, shape)
    return (x > 2) if dtype == "bool" else x.astype(dtype)


def with_gaps(*shape, dtype="float64"):
    """Numbers with NaN among them, and a last row of nothing else."""
    x = data("gaps", *shape, dtype=dtype)
    x[data("holes", *shape) > 0.8] = NAN
    x[-1] = NAN
    return x


def definite(name, *shape, dtype="float64"):
    """Symmetric positive definite matrices."""
    x = data(name, *shape)
    return (x @ x.swapaxes(-1, -2) + np.eye(shape[-1])).astype(dtype)


def sorting(ops, out):
    for dtype in NUMBERS:
        x = of(dtype, 3, 7)
        out[f"sort {dtype}"] = lambda x=x: ops.sort(x)
        out[f"median {dtype}"] = lambda x=x: ops.median(x, axis=1)
        for k in (1, 3, 7):
            out[f"top_k {dtype} {k}"] = lambda x=x, k=k: ops.top_k(x, k)
        if dtype != "bool":
            out[f"quantile {dtype}"] = lambda x=x: ops.percentile(x.astype("float64"), 30, axis=0)
            out[f"ptp {dtype}"] = lambda x=x: ops.ptp(x, axis=0)
    for axis in (0, -2, 2, None):
        out[f"sort axis {axis}"] = lambda axis=axis: ops.sort(data("sort", 2, 3, 4), axis=axis)
    special = np.array([2.0, NAN, 1.0, -INF, 2.0, INF, NAN])
    out["sort special"] = lambda: ops.sort(special)
    out["sort nothing"] = lambda: ops.sort(np.zeros((2, 0)))
    out["top_k special"] = lambda: ops.top_k(special, 4)
    out["top_k none"] = lambda: ops.top_k(special, 0)
    wide = np.round(data("wide", 3, 500) * 3)
    out["top_k wide ties"] = lambda: ops.top_k(wide, 20)
    out["top_k wide"] = lambda: ops.top_k(data("wide", 2, 3, 500, dtype="float32"), 5)
    out["top_k wide nan"] = lambda: ops.top_k(np.where(wide > 6, NAN, wide), 20)
    rows = np.array([[0.1, 0.9, 0.3, 0.3]] * 4)
    for k in (1, 2, 3, 4):
        out[f"in_top_k {k}"] = lambda k=k: ops.in_top_k(np.array([0, 1, 2, 3]), rows, k)
    holes = np.array([[NAN, NAN, 0.1], [0.5, NAN, 0.2]])
    out["in_top_k nan"] = lambda: ops.in_top_k(np.array([2, 0], "int32"), holes, 1)
    x = data("quantile", 3, 4, 5)
    methods = ("linear", "lower", "higher", "midpoint", "nearest")
    for method, axis, keepdims in itertools.product(methods, (None, 1, (0, -1)), (False, True)):
        out[f"quantile {method} {axis} {keepdims}"] = lambda m=method, a=axis, k=keepdims: ops.quantile(
            x, np.array([0.0, 0.2, 0.5, 0.77, 1.0]), axis=a, method=m, keepdims=k
        )
    gaps = with_gaps(4, 6)
    for method in methods:
        out[f"nanquantile {method}"] = lambda m=method: ops.nanquantile(gaps, np.array([0.1, 0.5]), axis=1, method=m)
        out[f"quantile nan {method}"] = lambda m=method: ops.quantile(gaps, 0.5, axis=1, method=m)
        # Between two of three elements: what is nearest to the middle?
        out[f"quantile tie {method}"] = lambda m=method: ops.quantile(
            np.array([1.0, 5.0, 2.0]), np.array([0.25, 0.75]), method=m
        )
    out["quantile one"] = lambda: ops.quantile(np.array([4.0]), 0.3)
    out["percentile"] = lambda: ops.percentile(x, np.array([10.0, 62.0]), axis=-1)
    out["nanpercentile"] = lambda: ops.nanpercentile(with_gaps(4, 6), 40.0, axis=0, keepdims=True)
    for axis, keepdims in itertools.product((None, 0, -1, (0, 2)), (False, True)):
        out[f"median {axis} {keepdims}"] = lambda a=axis, k=keepdims: ops.median(x, axis=a, keepdims=k)
        out[f"nanmedian {axis} {keepdims}"] = lambda a=axis, k=keepdims: ops.nanmedian(
            with_gaps(3, 4, 5), axis=a, keepdims=k
        )
    for dtype, side in itertools.product(("int32", "float32", "float64"), ("left", "right")):
        out[f"searchsorted {dtype} {side}"] = lambda d=dtype, s=side: ops.searchsorted(
            np.array([1, 3, 3, 5], d), np.array([[0, 3], [9, 4]], d), side=s
        )
    out["searchsorted nan"] = lambda: ops.searchsorted(np.array([1.0, 3.0, NAN]), np.array([NAN, 2.0, INF]))
    out["searchsorted nothing"] = lambda: ops.searchsorted(np.zeros(0), np.array([1.0]))


def without_nan(ops, out):
    reductions = ("nansum", "nanprod", "nanmean", "nanvar", "nanstd", "nanmax", "nanmin")
    for name, axis, keepdims in itertools.product(reductions, (None, 0, -1, (0, 2)), (False, True)):
        out[f"{name} {axis} {keepdims}"] = lambda n=name, a=axis, k=keepdims: getattr(ops, n)(
            with_gaps(3, 4, 5), axis=a, keepdims=k
        )
    for name, dtype in itertools.product((*reductions, "nanargmax", "nanargmin", "nanmedian"), NUMBERS):
        if dtype not in LESS.get(name, ()):
            out[f"{name} {dtype}"] = lambda n=name, d=dtype: getattr(ops, n)(of(d, 3, 4), axis=1)
    for name in ("nanargmax", "nanargmin"):
        out[f"{name} gaps"] = lambda n=name: getattr(ops, n)(with_gaps(4, 6), axis=1)
        out[f"{name} gaps keepdims"] = lambda n=name: getattr(ops, n)(with_gaps(4, 6), keepdims=True)
        out[f"{name} infinite"] = lambda n=name: getattr(ops, n)(np.array([NAN, -INF, INF]))
    for dtype in ("float16", *FLOATS):
        x = np.array([NAN, INF, -INF, 1.5, -0.0], dtype)
        out[f"nan_to_num {dtype}"] = lambda x=x: ops.nan_to_num(x)
        out[f"nan_to_num numbers {dtype}"] = lambda x=x: ops.nan_to_num(x, nan=2.0, posinf=3.0, neginf=-4.0)
    out["nan_to_num int"] = lambda: ops.nan_to_num(np.array([1, 2]))


def algebra(ops, out):
    for dtype in FLOATS:
        for shape in ((1, 1), (3, 3), (2, 3, 3), (2, 1, 4, 4)):
            a, x = definite("a", *shape, dtype=dtype), data("x", *shape, dtype=dtype)
            label = f"{shape} {dtype}"
            b = data("b", *shape[:-1], 2, dtype=dtype)
            out[f"cholesky {label}"] = lambda a=a: ops.cholesky(a)
            out[f"cholesky upper {label}"] = lambda a=a: ops.cholesky(a, upper=True)
            out[f"inv {label}"] = lambda x=x: ops.inv(x)
            out[f"det {label}"] = lambda x=x: ops.det(x)
            out[f"slogdet {label}"] = lambda x=x: ops.slogdet(x)
            out[f"logdet {label}"] = lambda a=a: ops.logdet(a)
            out[f"solve {label}"] = lambda a=a, b=b: ops.solve(a, b)
            for lower in (False, True):
                out[f"solve_triangular {lower} {label}"] = lambda a=a, b=b, low=lower: ops.solve_triangular(
                    a, b, lower=low
                )
            out[f"eigh {label}"] = lambda a=a: [abs(np.asarray(v)) for v in ops.eigh(a)]
            out[f"eig {label}"] = lambda x=x: np.sort_complex(np.asarray(ops.eig(x)[0]))
            out[f"lu_factor {label}"] = lambda x=x: ops.lu_factor(x)
        for shape in ((3, 3), (4, 2), (2, 4), (2, 4, 3), (1, 3)):
            x = data("x", *shape, dtype=dtype)
            label = f"{shape} {dtype}"
            for mode in ("reduced", "complete"):
                if mode == "reduced" or shape[-2] <= shape[-1]:
                    out[f"qr {mode} {label}"] = lambda x=x, m=mode: [abs(np.asarray(v)) for v in ops.qr(x, mode=m)]
            out[f"svd {label}"] = lambda x=x: [abs(np.asarray(v)) for v in ops.svd(x, full_matrices=False)]
            out[f"svd values {label}"] = lambda x=x: ops.svd(x, compute_uv=False)
            out[f"pinv {label}"] = lambda x=x: ops.pinv(x)
            out[f"matrix_rank {label}"] = lambda x=x: ops.matrix_rank(x)
            for order in (None, "fro", "nuc", 1, -1, 2, -2, INF, -INF) if dtype == "float32" else ():
                out[f"norm {order} {label}"] = lambda x=x, o=order: ops.norm(x, ord=o, axis=(-2, -1))
            if len(shape) == 2:
                b = data("b", shape[0], dtype=dtype)
                out[f"lstsq {label}"] = lambda x=x, b=b: ops.lstsq(x, b)
                out[f"lstsq columns {label}"] = lambda x=x, b=b: ops.lstsq(x, np.stack([b, b * b], 1))
                out[f"lu_factor {label}"] = lambda x=x: ops.lu_factor(x)
    low = data("low", 5, 2) @ data("rank", 2, 4)
    out["matrix_rank low"] = lambda: ops.matrix_rank(low)
    out["pinv low"] = lambda: ops.pinv(low)
    out["pinv rcond"] = lambda: ops.pinv(np.diag([4.0, 2.0, 1.0]), rcond=0.3)
    out["lstsq low"] = lambda: ops.lstsq(low, data("b", 5))
    out["lstsq rcond"] = lambda: ops.lstsq(np.diag([4.0, 2.0, 1.0]), np.ones(3), rcond=0.3)
    for dtype in FLOATS:
        for shapes in (
            ((3, 2), (4, 2)),
            ((2, 3, 2), (4, 2)),
            ((2, 1, 3, 2), (5, 1, 2)),
            ((0, 2), (4, 2)),
            ((3, 0), (1, 0)),
        ):
            pair = [of(dtype, *shape) for shape in shapes]
            out[f"cdist {shapes} {dtype}"] = lambda p=pair: ops.cdist(*p)
    out["norm axes"] = lambda: ops.norm(data("x", 2, 3, 4, dtype="float32"), ord="nuc", axis=(2, 0), keepdims=True)
    for upper in (False, True):
        factor = np.linalg.cholesky(definite("a", 3, 3))
        factor = factor.T if upper else factor
        out[f"cholesky_inverse {upper}"] = lambda f=factor, u=upper: ops.cholesky_inverse(f, upper=u)
    out["solve vector"] = lambda: ops.solve(definite("a", 3, 3), data("b", 3))
    out["solve_triangular vectors"] = lambda: ops.solve_triangular(definite("a", 2, 3, 3), data("b", 2, 3))
    out["solve broadcast"] = lambda: ops.solve(definite("a", 2, 3, 3), data("b", 1, 3, 2))
    singular = np.array([[1.0, 2.0], [2.0, 4.0]])
    out["det singular"] = lambda: ops.det(singular)
    out["slogdet singular"] = lambda: ops.slogdet(np.zeros((2, 2)))
    out["matrix_rank singular"] = lambda: ops.matrix_rank(singular)
    out["cholesky not symmetric"] = lambda: ops.cholesky(np.array([[4.0, 2.0], [0.0, 3.0]]))


def fourier(ops, out):
    for dtype in FLOATS:
        for shape in ((1,), (2,), (7,), (2, 3, 4)):
            pair = data("re", *shape, dtype=dtype), data("im", *shape, dtype=dtype)
            label = f"{shape} {dtype}"
            out[f"fft {label}"] = lambda p=pair: ops.fft(p)
            if len(shape) > 1:
                out[f"fft2 {label}"] = lambda p=pair: ops.fft2(p)
                out[f"ifft2 {label}"] = lambda p=pair: ops.ifft2(p)
            for n in (None, 1, 4, 5, 9):
                out[f"rfft {n} {label}"] = lambda p=pair, n=n: ops.rfft(p[0], n)
                if n is not None or shape != (1,):
                    out[f"irfft {n} {label}"] = lambda p=pair, n=n: ops.irfft(p, n)
        x = data("signal", 2, 23, dtype=dtype)
        weights = np.linspace(0.1, 1, 6).astype(dtype)
        for name, center, sizes in itertools.product(
            ("hann", "hamming", "weights", None), (True, False), ((6, 2, 6), (6, 3, 9), (6, 6, 8))
        ):
            window = weights if name == "weights" else name
            options = {"window": window, "center": center}
            label = f"{name} {center} {sizes} {dtype}"
            out[f"stft {label}"] = lambda x=x, s=sizes, o=options: ops.stft(x, *s, **o)
            # Without a window Keras on JAX scales by the overlap, and does not give back the signal.
            for length in (None, 10) if name else ():
                out[f"istft {length} {label}"] = lambda x=x, s=sizes, o=options, n=length: ops.istft(
                    ops.stft(x, *s, **o), *s, length=n, **o
                )
    out["extract_sequences"] = lambda: ops.extract_sequences(data("signal", 2, 11), 4, 3)
    out["extract_sequences ints"] = lambda: ops.extract_sequences(np.arange(7), 3, 1)
    out["extract_sequences short"] = lambda: ops.extract_sequences(np.arange(2.0), 3, 1)
    pairs = data("pairs", 2, 3, 2, dtype="float32")
    out["view_as_complex"] = lambda: ops.view_as_complex(pairs)
    out["view_as_real"] = lambda: ops.view_as_real(np.array([1 + 2j, -3j], "complex64"))
    out["view_as_real real"] = lambda: ops.view_as_real(np.array([1.5, -2.0], "float32"))
    out["polar"] = lambda: ops.polar(np.array([1.0, 2.0], "float32"), np.array([0.5, -3.0], "float32"))


def segments(ops, out):
    ids = np.array([0, 2, 0, 4, 2, 2], "int32")
    far = np.array([0, 9, -1, 4, 5, 0], "int32")
    for name in ("segment_sum", "segment_max", "segment_min", "segment_prod"):
        for dtype in ("int8", "int32", "float32", "float64"):
            out[f"{name} {dtype}"] = lambda n=name, d=dtype: getattr(ops, n)(of(d, 6, 2), ids, 5)
        out[f"{name} far"] = lambda n=name: getattr(ops, n)(data("rows", 6), far, 5)
        out[f"{name} few"] = lambda n=name: getattr(ops, n)(data("rows", 6), ids, 2)
        out[f"{name} sorted"] = lambda n=name: getattr(ops, n)(data("rows", 6, 1, 2), np.sort(ids), 5, sorted=True)
        out[f"{name} nothing"] = lambda n=name: getattr(ops, n)(np.zeros((0, 2)), np.zeros(0, "int32"), 3)
        out[f"{name} nan"] = lambda n=name: getattr(ops, n)(np.array([1.0, NAN, 3.0]), np.array([0, 0, 1]), 2)


def special(ops, out):
    x = np.array(
        [0.0, -0.0, 1e-300, 1e-8, 0.1, 0.5, -0.7, 0.84, 0.86, -0.99, 1 - 1e-9, 1 - 2.0**-53, 1.0, -1.0, 2.0, NAN]
    )
    for dtype in FLOATS:
        out[f"erfinv {dtype}"] = lambda d=dtype: ops.erfinv(x.astype(d))
        wide = np.array([0.0, 1e-9, 0.3, -0.3, 1.0, -1.0, 2.5, 5.0, -5.0, 9.0, 26.0, INF, -INF, NAN], dtype)
        out[f"erfc {dtype}"] = lambda w=wide: ops.erfc(w)
        ends = np.array([0.0, 3.0, -2.0, 800.0, -INF, INF], dtype)
        for name in ("logaddexp", "logaddexp2") if dtype == "float32" else ():
            out[f"{name} {dtype}"] = lambda n=name, e=ends: getattr(ops, n)(e, e[:, None])
        steps = np.array([0.0, 1.0, -1.0, 1e30, INF], dtype)
        out[f"nextafter {dtype}"] = lambda s=steps: ops.nextafter(s, s[::-1, None])
        out[f"signbit {dtype}"] = lambda d=dtype: ops.signbit(np.array([-0.0, 0.0, -1.0, INF, -INF], d))
    for dtype in ("bool", "int8", "uint8", "int32"):
        out[f"erfc {dtype}"] = lambda d=dtype: ops.erfc(of(d, 4))
        out[f"erfinv {dtype}"] = lambda d=dtype: ops.erfinv(of("bool", 4).astype(d))
        out[f"signbit {dtype}"] = lambda d=dtype: ops.signbit(of(d, 4))
        out[f"logaddexp {dtype}"] = lambda d=dtype: ops.logaddexp(of(d, 4), of("int8", 4))


def layouts(ops, out):
    for dtype in NUMBERS:
        x = of(dtype, 3, 4)
        out[f"trace {dtype}"] = lambda x=x: ops.trace(x)
        out[f"tril {dtype}"] = lambda x=x: ops.tril(x)
        out[f"rot90 {dtype}"] = lambda x=x: ops.rot90(x)
        out[f"vdot {dtype}"] = lambda x=x: ops.vdot(x, x)
        if dtype not in ("bool", "int64"):
            out[f"trapezoid {dtype}"] = lambda x=x: ops.trapezoid(x)
        out[f"select {dtype}"] = lambda x=x: ops.select([x > 2, x > 0], [x, np.ones((3, 4), "int16")])
        if dtype != "bool":
            out[f"vander {dtype}"] = lambda x=x: ops.vander(x[0])
    cube = data("cube", 2, 3, 4)
    for k in (-2, 0, 1, 5):
        out[f"tril {k}"] = lambda k=k: ops.tril(cube, k)
        out[f"triu {k}"] = lambda k=k: ops.triu(cube, k)
        out[f"tri {k}"] = lambda k=k: ops.tri(3, 5, k)
        out[f"trace {k}"] = lambda k=k: ops.trace(cube, k, axis1=-1, axis2=1)
        for axes in ((0, 1), (2, 0), (-1, 1)):
            out[f"rot90 {k} {axes}"] = lambda k=k, a=axes: ops.rot90(cube, k, a)
    out["triu nan"] = lambda: ops.triu(np.full((2, 2), NAN), 1)
    out["tri int"] = lambda: ops.tri(3, dtype="int32")
    out["trapezoid x"] = lambda: ops.trapezoid(cube, np.array([0.0, 1.0, 4.0]), axis=1)
    out["trapezoid x of all"] = lambda: ops.trapezoid(cube, np.cumsum(cube**2, 1), axis=1)
    out["trapezoid dx"] = lambda: ops.trapezoid(cube, dx=0.5, axis=0)
    out["trapezoid distances"] = lambda: ops.trapezoid(cube, dx=np.array([1.0, 2.0, 3.0]))
    out["trapezoid one"] = lambda: ops.trapezoid(np.array([3.0]))
    out["vander N"] = lambda: ops.vander(np.array([1.5, 0.0, -2.0]), 4, True)
    out["vander none"] = lambda: ops.vander(np.array([1.5, 2.0]), 0)
    vectors = np.arange(2), np.arange(3.0), np.arange(4)
    for indexing in ("xy", "ij"):
        for n in (1, 2, 3):
            out[f"meshgrid {indexing} {n}"] = lambda i=indexing, n=n: ops.meshgrid(*vectors[:n], indexing=i)
    for num, endpoint in itertools.product((0, 1, 4), (True, False)):
        out[f"logspace {num} {endpoint}"] = lambda n=num, e=endpoint: ops.logspace(
            np.float64(0.5), np.float64(2), n, endpoint=e, base=2
        )
    out["logspace axes"] = lambda: ops.logspace(np.array([0.0, 1.0]), np.array([[2.0], [3.0]]), 3, axis=1)
    out["logspace int"] = lambda: ops.logspace(0, 3, 4, dtype="int32")
    indices = np.array([0, 5, 7, 23, -1, 24, 99, -30])
    out["unravel_index"] = lambda: ops.unravel_index(indices, (2, 3, 4))
    out["unravel_index int8"] = lambda: ops.unravel_index(np.array([1, 4], "int8"), (2, 3))
    out["nonzero"] = lambda: ops.nonzero(of("int32", 3, 4))
    out["nonzero nothing"] = lambda: ops.nonzero(np.zeros((2, 2)))
    numbers, table = np.array([3, 1, 1, 2, 3], "int32"), np.array([[1, 2], [1, 2], [0, 5]], "int32")
    every = {"return_index": True, "return_inverse": True, "return_counts": True}
    for size in (None, 2, 3, 5):
        out[f"unique {size}"] = lambda s=size: ops.unique(numbers, size=s, **every)
        out[f"unique table {size}"] = lambda s=size: ops.unique(table, size=s, **every)
        for axis in (0, -1):
            out[f"unique axis {axis} {size}"] = lambda s=size, a=axis: ops.unique(table, axis=a, size=s, **every)
    out["unique fill"] = lambda: ops.unique(numbers, size=5, fill_value=-7)
    out["unique nan"] = lambda: ops.unique(np.array([NAN, 1.0, NAN]), return_counts=True)
    out["unique nothing"] = lambda: ops.unique(np.zeros(0))
    out["unique nothing filled"] = lambda: ops.unique(np.zeros(0), size=2, fill_value=4.0)
    for axes, keepdims in itertools.product(([0], [0, 2], -1), (False, True)):
        out[f"moments {axes} {keepdims}"] = lambda a=axes, k=keepdims: ops.moments(cube, a, keepdims=k)
    out["moments float16"] = lambda: ops.moments(np.array([[6e4, 6e4], [-6e4, 4.0]], "float16"), 1)
    for old, new, shape in (
        ("float32", "int32", (2, 3)), ("float64", "int32", (2, 3)), ("int8", "int16", (2, 4)),
        ("int64", "float64", ()), ("bool", "int8", (3,)), ("float32", "uint8", (1,)),
    ):  # fmt: skip
        out[f"view {old} {new}"] = lambda o=old, n=new, s=shape: ops.view(of(o, *s), n)
    for pattern, lengths in (
        ("a b c -> c a b", {}), ("a b c -> (a b) c", {}), ("a b c->(c b a)", {}),
        ("a b (c d) -> (a d) b c", {"c": 2}), ("a b (c d) -> a (b d) c", {"d": 2}),
        ("a b (c d) -> a d c b", {"c": 4, "d": 1}),
    ):  # fmt: skip
        out[f"rearrange {pattern}"] = lambda p=pattern, n=lengths: ops.rearrange(cube, p, **n)
    out["vectorize"] = lambda: ops.vectorize(lambda a, b: a * b + 1)(np.arange(3.0), np.arange(2.0)[:, None])
    out["vectorize signature"] = lambda: ops.vectorize(ops.sum, signature="(n)->()")(cube)


def cases(ops):
    """Name -> function that computes it with `ops`, which is that of Keras or of ckeras."""
    out = {}
    for make in (sorting, without_nan, algebra, fourier, segments, special, layouts):
        make(ops, out)
    return out


def results(value):
    """The arrays that an op gave, one or several."""
    return [np.asarray(v) for v in (value if isinstance(value, (tuple, list)) else (value,))]


def main():
    """Compute all cases with Keras and keep the values."""
    os.environ["KERAS_BACKEND"] = "jax"
    os.environ["JAX_ENABLE_X64"] = "1"
    import keras

    assert keras.__version__.startswith("3.15"), keras.__version__
    names, arrays = [], []
    for name, compute in cases(keras.ops).items():
        for y in results(compute()):
            names.append(name)
            arrays.append(y)
    np.savez_compressed(
        VALUES,
        names=np.array(names),
        dtypes=np.array([a.dtype.name for a in arrays]),
        ranks=np.array([a.ndim for a in arrays], "uint8"),
        dims=np.array([d for a in arrays for d in a.shape], "int16"),
        flat=np.concatenate([_as_floats(a) for a in arrays]),
    )
    print(f"{len(arrays)} values of {len(set(names))} cases, {VALUES.stat().st_size} bytes")


def _as_floats(a):
    return np.ravel(a).view("float64" if a.dtype == "complex128" else "float32") if a.dtype.kind == "c" else np.ravel(a)


def stored():
    """Name -> the arrays that Keras gave."""
    with np.load(VALUES) as kept:
        names, dtypes, ranks, dims, flat = (kept[key] for key in ("names", "dtypes", "ranks", "dims", "flat"))
    found, at, dim = {}, 0, 0
    for name, dtype, rank in zip(names.tolist(), dtypes.tolist(), ranks.tolist(), strict=True):
        shape = tuple(dims[dim : dim + rank].tolist())
        size = int(np.prod(shape, dtype=int)) * (2 if dtype.startswith("complex") else 1)
        part = flat[at : at + size]
        array = part.view("complex128").astype(dtype) if dtype.startswith("complex") else part.astype(dtype)
        found.setdefault(name, []).append(array.reshape(shape))
        at, dim = at + size, dim + rank
    return found


if __name__ == "__main__":
    main()
