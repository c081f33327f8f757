"""Reference values that Keras computed for cases of ops, and the same computations with ckeras.

A script `tests/data/make_<part>_values.py` has a function `cases()`: name -> a function of ``k``, which is Keras or
ckeras, that gives an array or several. Run as a script it computes them with Keras 3.15 (JAX) and saves them next to
itself; a test computes them with ckeras, and compares.
"""

import os
import pathlib
from types import SimpleNamespace

import numpy as np
from reference import DATA, script

# how near a result of each dtype has to be: relative, and absolute to its largest element (or to 1)
TOLERANCE = {"float16": (4e-3, 4e-3), "float32": (1e-5, 3e-6), "float64": (1e-9, 1e-11)}


def data(name, *shape):
    """Normal numbers that depend on `name` and `shape` alone, in float32."""
    return np.random.default_rng([*name.encode(), *shape]).standard_normal(shape).astype("float32")


def numbers(limit, name, *shape):
    """Integers from 0 up to a limit."""
    return np.random.default_rng([*name.encode(), *shape]).integers(0, limit, shape).astype("int32")


def spec(*tensors):
    """The shapes of symbolic tensors in one row, each with its rank before it; -1 is an unknown dimension."""
    return np.array([v for t in tensors for v in (len(t.shape), *(-1 if d is None else d for d in t.shape))])


def of_keras():
    """Keras on JAX, in 64 bits for the cases that name float64."""
    os.environ["KERAS_BACKEND"] = "jax"
    import jax
    import keras

    assert keras.__version__.startswith("3.15"), keras.__version__

    def gradient(function, *arrays):
        total = lambda *a: keras.ops.sum(function(*a))  # noqa: E731
        return jax.grad(total, tuple(range(len(arrays))))(*(jax.numpy.asarray(a) for a in arrays))

    def prepare(name):
        jax.config.update("jax_enable_x64", "float64" in name)

    return SimpleNamespace(ops=keras.ops, KerasTensor=keras.KerasTensor, gradient=gradient, prepare=prepare)


def of_ckeras():
    """ckeras, by the same names."""
    import ckeras

    def gradient(function, *arrays):
        tensors = [ckeras.ops.convert_to_tensor(a) for a in arrays]
        with ckeras.GradientTape() as tape:
            tape.watch(tensors)
            total = ckeras.ops.sum(function(*tensors))
        return tape.gradient(total, tensors, unconnected_gradients="zero")

    def symbolic(shape, dtype="float32"):
        return ckeras.KerasTensor(shape, dtype)

    return SimpleNamespace(ops=ckeras.ops, KerasTensor=symbolic, gradient=gradient)


def computed(k, compute):
    """The results of one case as a list of (dtype, array)."""
    found = compute(k)
    found = found if isinstance(found, (list, tuple)) else [found]
    return [(str(getattr(x, "dtype", np.asarray(x).dtype)), np.asarray(x)) for x in found]


def keep(script, cases):
    """Compute all cases with Keras and save the values next to the script: those of float64 separately."""
    k, names, dtypes, ranks, dims = of_keras(), [], [], [], []
    pools = {"float64": [], "float32": []}
    for name, compute in cases.items():
        k.prepare(name)
        for dtype, array in computed(k, compute):
            names.append(name)
            dtypes.append(dtype)
            ranks.append(array.ndim)
            dims.extend(array.shape)
            pool = "float64" if dtype == "float64" else "float32"
            pools[pool].append(np.ravel(array).astype(pool))
    path = pathlib.Path(script).with_suffix(".npz").with_name(pathlib.Path(script).stem.removeprefix("make_") + ".npz")
    joined = {f"pool_{name}": np.concatenate([np.zeros(0, name), *pool]) for name, pool in pools.items()}
    lists = {"names": names, "dtypes": dtypes, "ranks": ranks, "dims": dims}
    np.savez_compressed(path, **joined, **{key: np.array(value) for key, value in lists.items()})
    print(f"{len(cases)} cases, {len(names)} values, {path.stat().st_size} bytes")


def reference(part):
    """The cases of a part and what Keras gave for each, a list of (dtype, array)."""
    module = script(f"make_{part}_values")
    with np.load(DATA / f"{part}_values.npz") as stored:
        stored = dict(stored)
    at, dim, values = {"float64": 0, "float32": 0}, 0, {}
    for name, dtype, rank in zip(*(stored[k].tolist() for k in ("names", "dtypes", "ranks")), strict=True):
        shape = tuple(stored["dims"][dim : dim + rank].tolist())
        pool, size = "float64" if dtype == "float64" else "float32", int(np.prod(shape, dtype=int))
        flat = stored[f"pool_{pool}"][at[pool] : at[pool] + size]
        values.setdefault(name, []).append((dtype, flat.reshape(shape)))
        at[pool] += size
        dim += rank
    return module.cases(), values


def check(found, expected):
    """Compare the results of a case, with their dtypes."""
    assert len(found) == len(expected)
    for (dtype, array), (wanted, value) in zip(found, expected, strict=True):
        assert (dtype, array.shape) == (wanted, value.shape)
        rtol, atol = TOLERANCE.get(dtype, (0, 0))
        array, value = array.astype("float64"), value.astype("float64")
        largest = np.abs(value[np.isfinite(value)]).max(initial=1)
        np.testing.assert_allclose(array, value, rtol, atol * largest)
