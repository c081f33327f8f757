"""What Keras's functions after numpy's give: values and dtypes of `arccos` to `vstack`, `einsum` among them.

`python tests/data/make_numpy1_values.py` computes every case below with Keras 3.15 (JAX backend) and writes the values
next to this file. The tests compute the same cases with ckeras and compare.
"""

import os
import pathlib
from functools import partial
from types import SimpleNamespace

import numpy as np

VALUES = pathlib.Path(__file__).with_name("numpy1_values.npz")
NAN, INF = float("nan"), float("inf")
FLOATS = ("float32", "float64")
DTYPES = (
    "bool", "int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "uint64", "float16", "float32", "float64",
)  # fmt: skip


def data(*shape, dtype="float64", seed=0):
    """Normal numbers that depend on the arguments alone."""
    return np.random.default_rng([seed, *shape]).standard_normal(shape).astype(dtype)


def whole(*shape, dtype="int32", seed=0, low=-9, high=10):
    """Integers."""
    return np.random.default_rng([seed, *shape]).integers(low, high, shape).astype(dtype)


# name -> points at which it is computed, in addition to those of all
POINTS = {
    "angle": [], "arccos": [1, -1, 0.999], "arccosh": [1, 1.125, 1e30], "arcsin": [1, -1, 0.999],
    "arcsinh": [1e-20, 1e30, -1e30], "arctan": [1e30], "arctanh": [1, -1, 0.875], "cbrt": [27, -1e-30, 1e30],
    "conj": [], "conjugate": [], "copy": [], "cosh": [20, -30, 1e-20], "deg2rad": [180, 1e30], "empty_like": [],
    "fabs": [], "i0": [1e-9, 20, -80, 88, 95], "imag": [], "isneginf": [], "isposinf": [], "isreal": [],
    "rad2deg": [3.25], "real": [], "sinc": [1e-20, 1, 2.5, 100.5], "sinh": [20, -30, 1e-20],
}  # fmt: skip
EVERYWHERE = [NAN, INF, -INF, 0.0, -0.0, 0.5, -0.75, 1.5, -2.5, 3.0]
BINARY = ("arctan2", "fmax", "fmin", "fmod", "heaviside", "hypot", "isclose")
INTEGER = ("bitwise_left_shift", "bitwise_right_shift", "gcd", "lcm", "left_shift", "right_shift")


def elementwise(k, out):
    """Functions of one or two numbers, at points where they bend, on a grid of all pairs, and of integers."""
    o = k.ops
    for name, points in POINTS.items():
        function = getattr(o, name)
        for dtype in FLOATS:
            # Keras on JAX makes NaN of i0 at infinity, where it is infinite.
            everywhere = [x for x in EVERYWHERE if name != "i0" or abs(x) != INF]
            out[f"{name}/points/{dtype}"] = partial(function, np.array(everywhere + points, dtype))
            out[f"{name}/random/{dtype}"] = partial(function, data(3, 5, dtype=dtype) / 4)
            out[f"{name}/empty/{dtype}"] = partial(function, np.zeros((0, 3), dtype))
        out[f"{name}/int32"] = partial(function, whole(7, low=-2, high=3))
        out[f"{name}/bool"] = partial(function, np.array([True, False]))
        out[f"{name}/number"] = partial(function, 1)
    grid = np.array([*EVERYWHERE, 1e30, -1e30])
    for name in BINARY:
        function = getattr(o, name)
        for dtype in FLOATS:
            x, y = grid[:, None].astype(dtype), grid.astype(dtype)
            out[f"{name}/grid/{dtype}"] = partial(function, x, y)
            out[f"{name}/random/{dtype}"] = partial(function, data(4, 1, dtype=dtype), data(5, dtype=dtype))
        out[f"{name}/int32"] = partial(function, whole(7), whole(7, seed=1, low=1))
        out[f"{name}/bool"] = partial(function, np.array([True, False]), np.array([True, True]))
        out[f"{name}/number"] = partial(function, data(3, dtype="float32"), 2)
    for name in INTEGER:
        function = getattr(o, name)
        for dtype in ("int8", "uint8", "int32", "int64"):
            low = 0 if dtype == "uint8" or "shift" in name else -20
            x, y = whole(6, 1, dtype=dtype, low=-20 if dtype != "uint8" else 0, high=60), whole(9, dtype=dtype, low=low)
            out[f"{name}/{dtype}"] = partial(function, x, y)
        out[f"{name}/number"] = partial(function, whole(5), 3)
    for dtype in FLOATS:
        out[f"ldexp/{dtype}"] = partial(o.ldexp, data(5, 1, dtype=dtype), np.array([-200, -3, 0, 2, 200], "int32"))
        out[f"isclose/nan/{dtype}"] = partial(o.isclose, grid.astype(dtype), grid.astype(dtype), equal_nan=True)
        near = 1 + np.array([0, 1e-9, 1e-6, 2e-5, 1e-3])
        out[f"isclose/near/{dtype}"] = partial(o.isclose, near.astype(dtype), 1.0)
        out[f"isclose/tolerance/{dtype}"] = partial(o.isclose, near.astype(dtype), 1.0, 0.0, 0.0001)
        out[f"allclose/{dtype}"] = partial(o.allclose, near.astype(dtype), 1.0)
        out[f"allclose/wide/{dtype}"] = partial(o.allclose, near.astype(dtype), 1.0, rtol=0.1)
    out["isclose/large integers"] = lambda: o.isclose(np.array([2**30, 5]), np.array([2**30 + 1, 6]), rtol=0)
    z = np.array([1 + 2j, -3.5j, -2, 0, complex(NAN, 1), complex(0, INF), -1 - 1e-9j], "complex64")
    for name in ("angle", "conj", "conjugate", "copy", "imag", "isreal", "real", "diag", "cumsum", "flipud"):
        out[f"{name}/complex64"] = partial(getattr(o, name), z)
        out[f"{name}/complex128"] = partial(getattr(o, name), z.astype("complex128"))


def running(k, out):
    """Sums, products and differences along an axis; order; counts."""
    o = k.ops
    for dtype in (*FLOATS, "int32", "int8", "bool"):
        x = (2 * data(3, 4, 2)).astype(dtype)
        for name in ("cumsum", "cumprod", "diff", "argsort"):
            function = getattr(o, name)
            for axis in (0, 1, -1, *((None,) if name != "diff" else ())):
                out[f"{name}/{axis}/{dtype}"] = partial(function, x, axis=axis)
            out[f"{name}/one/{dtype}"] = partial(function, x[:1, 0, 0])
            out[f"{name}/none/{dtype}"] = partial(function, x[:, :0], axis=1)
        for n in (0, 2, 5):
            out[f"diff/{n} times/{dtype}"] = partial(o.diff, x, n=n, axis=1)
        out[f"cumsum/as float32/{dtype}"] = partial(o.cumsum, x, axis=1, dtype="float32")
        out[f"cumprod/as int32/{dtype}"] = partial(o.cumprod, x, axis=1, dtype="int32")
    broken = np.array([[3, NAN, 1, -INF, 0, -0.0], [INF, 2, NAN, 2, 2, -1]])
    for name in ("argsort", "cumprod", "cumsum", "diff"):
        out[f"{name}/not finite"] = partial(getattr(o, name), broken, axis=1)
    out["argsort/number"] = lambda: o.argsort(5.0)
    out["cumsum/number"] = lambda: o.cumsum(5.0)
    for axis in (0, 1, None):
        x = whole(5, 4, low=-99, high=99)
        out[f"argpartition/{axis}"] = partial(
            _at, np.sort(x, axis), _chosen(k, x, o.argpartition(x, 2, axis), axis), axis
        )
    for bins in ([0.0, 1.0, 2.5], [2.5, 1.0, 0.0], [1.0]):
        x = np.array([[-1, 0, 0.5], [1, 2.5, NAN]], "float32")
        out[f"digitize/{bins}"] = partial(o.digitize, x, np.array(bins, "float32"))
    out["digitize/int"] = lambda: o.digitize(whole(9), np.array([-3, 0, 4]))
    numbers = whole(12, low=0, high=7)
    for minlength in (0, 3, 9):
        out[f"bincount/{minlength}"] = partial(o.bincount, numbers, minlength=minlength)
        out[f"bincount/weights/{minlength}"] = partial(
            o.bincount, numbers, weights=data(12, dtype="float32"), minlength=minlength
        )
        out[f"bincount/rows/{minlength}"] = partial(o.bincount, np.array([[1, 2, 2], [0, 1, 2]]), None, minlength)
        out[f"bincount/none/{minlength}"] = partial(o.bincount, np.zeros(0, "int32"), minlength=minlength)
    out["bincount/weighted rows"] = lambda: o.bincount(np.array([[1, 2, 2], [0, 1, 2]]), data(2, 3, dtype="float32"))
    out["bincount/whole weights"] = lambda: o.bincount(numbers, weights=whole(12))
    for dtype in (*FLOATS, "int32"):
        x = (3 * data(50)).astype(dtype)
        for bins, limits in ((8, None), (3, (-2, 2)), (1, (0.0, 0.5)), (4, (10.0, 20.0))):
            for i, part in enumerate(("counts", "edges")):
                out[f"histogram/{part}/{bins}/{limits}/{dtype}"] = lambda x=x, b=bins, r=limits, i=i: o.histogram(
                    x, b, r
                )[i]
    out["histogram/all equal"] = lambda: o.histogram(np.full(3, 2.0, "float32"), 3)[0]
    for invert in (False, True):
        out[f"isin/{invert}"] = partial(o.isin, whole(3, 4), np.array([1, 2, -3]), invert=invert)
    out["isin/floats"] = lambda: o.isin(np.array([0.5, NAN, 1], "float32"), np.array([[NAN, 0.5]], "float32"))
    out["isin/numbers"] = lambda: o.isin(2, [1, 2])


def _chosen(k, x, indices, axis):
    indices = k.numpy(indices)
    return np.take_along_axis(x.ravel() if axis is None else x, indices, 0 if axis is None else axis)


def _at(ordered, chosen, axis):
    """The third of the elements that were put in order, and whether the others are on its right side."""
    along = 0 if axis is None else axis
    third = np.take(chosen, [2], along)
    fits = (np.take(chosen, [0, 1], along) <= third).all() and (np.delete(chosen, [0, 1, 2], along) >= third).all()
    return np.append(third.ravel() - np.take(ordered, [2], along).ravel(), float(fits))


def shapes(k, out):
    """What cuts, joins, turns, and takes diagonals."""
    o = k.ops
    x = np.arange(60.0, dtype="float32").reshape(3, 4, 5)
    for i, (a, b) in enumerate([(x[0], x[1]), (x, x), (x[0, 0], x[0, 1]), (x[0], whole(4, 5)), (True, 2)]):
        for name in ("dstack", "hstack", "vstack"):
            out[f"{name}/{i}"] = partial(getattr(o, name), [a, b])
        out[f"append/{i}"] = partial(o.append, a, b)
        out[f"append/0/{i}"] = partial(o.append, np.atleast_1d(a), np.atleast_1d(b), axis=0)
    for name, cuts in (
        ("hsplit", 2),
        ("hsplit", [1, 3]),
        ("vsplit", 3),
        ("vsplit", [0, 2]),
        ("dsplit", 5),
        ("dsplit", [2]),
    ):
        for i in range(2):
            out[f"{name}/{cuts}/{i}"] = lambda n=name, c=cuts, i=i: getattr(o, n)(x, c)[i]
    out["hsplit/vector"] = lambda: o.hsplit(x[0, 0], [2])[1]
    for axis, cuts in ((0, 2), (1, 3), (-1, 3), (2, 7)):
        for i in range(cuts):
            out[f"array_split/{axis}/{i}"] = lambda a=axis, c=cuts, i=i: o.array_split(x, c, axis=a)[i]
    for offset in (-9, -2, 0, 1, 3, 9):
        for kind, v in (("vector", x[0, 0]), ("matrix", x[0]), ("one", x[0, 0, :1]), ("int", whole(3, 3))):
            out[f"diag/{kind}/{offset}"] = partial(o.diag, v, k=offset)
        out[f"diagflat/{offset}"] = partial(o.diagflat, x[0, :2, :2], k=offset)
        for axes in ((0, 1), (1, 0), (-1, 0), (1, 2)):
            out[f"diagonal/{offset}/{axes}"] = partial(o.diagonal, x, offset, *axes)
    out["diagflat/number"] = lambda: o.diagflat(3.0)
    for name in ("fliplr", "flipud"):
        out[name] = partial(getattr(o, name), x)
    for i, key in enumerate([1, (0, slice(None), -1), (Ellipsis, None, slice(None, None, -2)), (slice(0, 2), [3, 0])]):
        out[f"get_item/{i}"] = partial(o.get_item, o.convert_to_tensor(x), key)


def products(k, out):
    """Products and means: cross, kron, inner, correlate, corrcoef, average, geomspace, windows."""
    o = k.ops
    for dtype in FLOATS:
        for i, (a, b, axes) in enumerate(
            [
                (data(3), data(3, seed=1), {}),
                (data(4, 3), data(3, seed=1), {}),
                (data(2), data(2, seed=1), {}),
                (data(5, 2), data(5, 3), {}),
                (data(5, 3), data(1, 2), {}),
                (data(3, 4), data(4, 3), {"axisa": 0, "axisb": 1, "axisc": 0}),
                (data(2, 3, 4), data(2, 3, 4, seed=1), {"axis": 1}),
                (data(0, 3), data(0, 3), {}),
            ]
        ):
            a, b = a.astype(dtype), b.astype(dtype)
            out[f"cross/{i}/{dtype}"] = partial(o.cross, a, b, **axes)
        for i, (a, b) in enumerate(
            [
                ((3,), (4,)),
                ((2, 3), (4, 1)),
                ((2,), (3, 2)),
                ((2, 1, 2), (3, 2)),
                ((), (3,)),
                ((), ()),
                ((0, 2), (2, 2)),
            ]
        ):
            out[f"kron/{i}/{dtype}"] = partial(o.kron, data(*a, dtype=dtype), data(*b, dtype=dtype))
        for i, (a, b) in enumerate([((3,), (3,)), ((2, 3), (4, 3)), ((3,), (2, 4, 3)), ((), (3,)), ((2, 0), (3, 0))]):
            out[f"inner/{i}/{dtype}"] = partial(o.inner, data(*a, dtype=dtype), data(*b, dtype=dtype))
        for n, m in ((1, 1), (5, 2), (5, 3), (5, 5), (2, 5), (3, 5), (4, 5)):
            for mode in ("valid", "same", "full"):
                a, v = data(n, dtype=dtype), data(m, dtype=dtype, seed=1)
                out[f"correlate/{n} {m}/{mode}/{dtype}"] = partial(o.correlate, a, v, mode=mode)
        out[f"corrcoef/{dtype}"] = partial(o.corrcoef, data(3, 7, dtype=dtype))
        out[f"corrcoef/vector/{dtype}"] = partial(o.corrcoef, data(7, dtype=dtype))
        x, w = data(3, 4, dtype=dtype), np.abs(data(3, 4, dtype=dtype, seed=1))
        for axis in (None, 0, 1, -1, (0, 1)):
            out[f"average/{axis}/{dtype}"] = partial(o.average, x, axis=axis)
            out[f"average/weights/{axis}/{dtype}"] = partial(o.average, x, axis=axis, weights=w)
        out[f"average/vector of weights/{dtype}"] = partial(o.average, x, axis=1, weights=w[0])
        out[f"average/whole weights/{dtype}"] = partial(o.average, x, axis=0, weights=np.array([1, 0, 3]))
        for i, options in enumerate([{}, {"endpoint": False}, {"num": 1}, {"num": 0}]):
            options = {"num": 5, **options}
            a, b = np.array([1, -2], dtype), np.array([[256, -0.25], [3, -2]], dtype)
            for axis in (0, -1):
                out[f"geomspace/{i}/{axis}/{dtype}"] = partial(o.geomspace, a, b, axis=axis, **options)
    out["inner/int"] = lambda: o.inner(whole(2, 3), whole(4, 3))
    out["kron/int"] = lambda: o.kron(whole(2, 3), whole(4))
    out["average/int"] = lambda: o.average(whole(5))
    out["geomspace/numbers"] = lambda: o.geomspace(1, 1000, 4)
    out["geomspace/double"] = lambda: o.geomspace(1, 1000, 4, dtype="float64")
    for n in (0, 1, 2, 5, 8):
        for name in ("bartlett", "blackman", "hamming", "hanning"):
            out[f"{name}/{n}"] = partial(getattr(o, name), n)
        for beta in (0, 2.5, 14):
            out[f"kaiser/{n}/{beta}"] = partial(o.kaiser, n, beta)


SIZES = {"i": 2, "j": 3, "k": 4, "l": 5, "b": 2, "A": 3}
EINSUM = (
    "i->i", "ij->ji", "ij->", "ij->j", "ijk", "kji", "ii", "ii->i", "iij->j", "iij->ij", "iijj", "iji->ij", "iii",
    "i,i", "i,i->i", "i,j", "i,j->ij", "i,j->ji", "ij,jk", "ij,jk->ik", "ij,jk->ki", "ji,jk->ik", "ij,kj->ik",
    "ji,kj->ik", "ij,kj->ki", "bij,bjk->bik", "bij,bkj->bki", "bij,jk->bik", "bij,jkl->bikl", "ibj,bjk->ibk",
    "bijk,bljk->bil", "ijb,jkb->bik", "ij,ij", "ij,ij->i", "ij,ji", "ij,jk->", "ij,jk->i", "ij,k->i", "i,ij,j",
    "ij,jk,kl", "ij,jk,kl->li", "ij,jk,kl,l->i", "ii,ij->j", "ij,ii->j", "iij,jk->ik", "...ij,...jk", "...ij,jk",
    "...ij,...jk->...ik", "b...i,i->...b", "...", "...->...", "...ii->...i", "...i->...", "...i->i", "i...->...",
    "i...j,j...i", "...,...", "...i,...i->...", "...i,...j->i j", " i j , j k -> i k ", "bA,Ab", "Ab,bi->iA",
    ",->", "->", ",i->i", "ijk,ijk->", "ijk,jk->i", "ijk,kl,il->j",
)  # fmt: skip


def contractions(k, out):
    """Einsum: every form of subscripts, with and without axes under the ellipsis, stretched and empty axes, dtypes."""
    o = k.ops
    for subscripts in EINSUM:
        terms = subscripts.replace(" ", "").partition("->")[0].split(",")
        for rest in ((), (3,), (2, 3)) if "..." in subscripts else ((),):
            operands = []
            for i, term in enumerate(terms):
                own = rest[i:] if len(terms) > 1 else rest  # so that they are of different ranks
                before, dots, after = term.partition("...")
                shape = [SIZES[c] for c in before] + [*(own if dots else ())] + [SIZES[c] for c in after]
                operands.append(data(*shape, seed=i))
            for dtype in FLOATS:
                arrays = [x.astype(dtype) for x in operands]
                out[f"einsum/{subscripts}/{rest}/{dtype}"] = partial(o.einsum, subscripts, *arrays)
    out["einsum/stretched"] = lambda: o.einsum("ij,jk->ik", data(2, 1), data(3, 4))
    out["einsum/stretched in the result"] = lambda: o.einsum("ij,ij->ij", data(2, 1), data(2, 4))
    out["einsum/stretched ellipsis"] = lambda: o.einsum("...i,...i->...", data(1, 4, 3), data(5, 1, 3))
    out["einsum/no elements"] = lambda: o.einsum("ij,jk->ik", data(2, 0), data(0, 4))
    out["einsum/no rows"] = lambda: o.einsum("ij,jk->ik", data(0, 3), data(3, 4))
    for dtype in ("bool", "int8", "uint8", "int32", "int64"):
        a, b = whole(3, 4, low=0, high=5).astype(dtype), whole(4, 2, low=0, high=5, seed=1).astype(dtype)
        out[f"einsum/{dtype}"] = partial(o.einsum, "ij,jk", a, b)
        out[f"einsum/sum/{dtype}"] = partial(o.einsum, "ij->i", a)
    out["einsum/meeting"] = lambda: o.einsum("ij,jk", whole(3, 4), data(4, 2, dtype="float32"))
    for optimize in (False, True, "optimal", "greedy"):
        out[f"einsum/optimize {optimize}"] = partial(
            o.einsum, "ij,jk,kl->il", data(2, 3), data(3, 4), data(4, 5), optimize=optimize
        )


def cases(k):
    """Name -> function that computes it with `k`, which is Keras or ckeras."""
    out = {}
    for make in (elementwise, running, shapes, products, contractions):
        make(k, out)
    return out


def value(k, compute):
    """The value of a case as numpy, and the name of its dtype."""
    found = compute()
    array = np.asarray(found if isinstance(found, np.ndarray) else k.numpy(found))
    return array, str(array.dtype)


UNARY_DTYPES = (
    "angle", "arccos", "arccosh", "arcsin", "arcsinh", "arctan", "arctanh", "argsort", "average", "cbrt", "conj",
    "copy", "corrcoef", "cosh", "cumprod", "cumsum", "deg2rad", "diag", "diagflat", "diagonal", "diff", "empty_like",
    "fabs", "fliplr", "flipud", "i0", "imag", "isneginf", "isposinf", "isreal", "rad2deg", "real", "sinc", "sinh",
)  # fmt: skip
BINARY_DTYPES = (
    "allclose", "append", "arctan2", "cross", "fmax", "fmin", "fmod", "gcd", "heaviside", "hypot", "inner", "isclose",
    "isin", "kron", "lcm", "ldexp", "left_shift", "right_shift",
)  # fmt: skip


def answers(ops, tensor):
    """Name of a question -> the name of the result's dtype, or "" where there is none. ``tensor(dtype)`` is 3 by 3."""
    found = {}
    for dtype in DTYPES:
        x = tensor(dtype)
        for name in UNARY_DTYPES:
            found[f"{name} {dtype}"] = _dtype(getattr(ops, name), x)
        found[f"average {dtype} weights"] = _dtype(lambda x: ops.average(x, weights=x), x)
        for other in ("int16", "float32"):
            y = tensor(other)
            for name in BINARY_DTYPES:
                found[f"{name} {dtype} {other}"] = _dtype(getattr(ops, name), x, y)
            found[f"einsum {dtype} {other}"] = _dtype(lambda x, y: ops.einsum("ij,jk", x, y), x, y)
            found[f"vstack {dtype} {other}"] = _dtype(lambda x, y: ops.vstack([x, y]), x, y)
    return found


def _dtype(function, *arguments):
    try:
        return str(function(*arguments).dtype)
    except (TypeError, ValueError, AttributeError):
        return ""


def main():
    """Compute all cases with Keras and keep the values."""
    os.environ["KERAS_BACKEND"] = "jax"
    os.environ["JAX_ENABLE_X64"] = "1"
    import keras

    assert keras.__version__.startswith("3.15"), keras.__version__
    k = SimpleNamespace(ops=keras.ops, numpy=keras.ops.convert_to_numpy)
    values = {name: value(k, compute) for name, compute in cases(k).items()}
    symbolic = answers(keras.ops, lambda dtype: keras.KerasTensor((3, 3), dtype))
    real = answers(keras.ops, lambda dtype: keras.ops.ones((3, 3), dtype))
    names = sorted({*symbolic.values(), *real.values(), *(dtype for _, dtype in values.values())})
    flat = [np.ravel(x.view(x.real.dtype) if np.iscomplexobj(x) else x).astype("float64") for x, _ in values.values()]
    np.savez_compressed(
        VALUES,
        cases=np.array(list(values)),
        flat=np.concatenate(flat),
        dims=np.array([d for x, _ in values.values() for d in (x.ndim, *x.shape)], "int16"),
        names=np.array(names),
        dtypes=np.array([names.index(dtype) for _, dtype in values.values()], "uint8"),
        questions=np.array(list(symbolic)),
        symbolic=np.array([names.index(v) for v in symbolic.values()], "uint8"),
        real=np.array([names.index(v) for v in real.values()], "uint8"),
    )
    print(f"{len(values)} values, {len(symbolic)} dtypes, {VALUES.stat().st_size} bytes")


def stored():
    """(name of a case -> array and dtype, name of a question -> the two dtypes that Keras gives, or one twice)."""
    with np.load(VALUES) as kept:
        names, flat, dims = kept["names"], kept["flat"], kept["dims"].tolist()
        values, at, dim = {}, 0, 0
        for case, number in zip(kept["cases"].tolist(), kept["dtypes"], strict=True):
            dtype = str(names[number])
            shape = tuple(dims[dim + 1 : dim + 1 + dims[dim]])
            size = int(np.prod(shape, dtype=int)) * (2 if dtype.startswith("complex") else 1)
            part = flat[at : at + size]
            values[case] = (part.view("complex128") if dtype.startswith("complex") else part).reshape(shape), dtype
            at, dim = at + size, dim + 1 + dims[dim]
        pairs = zip(names[kept["symbolic"]].tolist(), names[kept["real"]].tolist(), strict=True)
        return values, dict(zip(kept["questions"].tolist(), pairs, strict=True))


if __name__ == "__main__":
    main()
