"""What Keras gives for core ops: branches, loops, scatters, slices, casts and gradients of one's own.

`python tests/data/make_control_values.py` computes every case with Keras 3.15 (JAX backend) and writes the results
next to this file. The tests compute the same with ckeras, op by op and compiled, and compare.
"""

import os
import pathlib

import numpy as np

VALUES = pathlib.Path(__file__).with_name("control_values.npz")
rng = np.random.default_rng(7)
X = rng.standard_normal((4, 3)).astype("float32")
W = (0.5 * rng.standard_normal((3, 3))).astype("float32")
V = np.array([0.5, -1.5, 2.0, 0.0, 3.5], "float32")
SPECIAL = np.array([np.nan, np.inf, -np.inf, 0.0, -0.0, 1e30, -1e30, 255.5, -0.5, 3.0], "float32")


def cases(ops):
    """Name -> (function, arrays). A function gives a tensor or a structure of them."""
    found = {
        "cond true": (lambda p, x: ops.cond(p, lambda: x * 2, lambda: x - 1), [np.array(True), X]),
        "cond false": (lambda p, x: ops.cond(p, lambda: x * 2, lambda: x - 1), [np.array(False), X]),
        "cond structure": (
            lambda p, x: ops.cond(p, lambda: {"a": x, "b": [x + 1]}, lambda: {"a": -x, "b": [x]}),
            [np.array(False), X],
        ),
        "cond of a comparison": (
            lambda x: ops.cond(ops.max(x) > 1.0, lambda: ops.sum(x, axis=0), lambda: ops.max(x, axis=0)),
            [X],
        ),
        "while_loop": (
            lambda n, x: ops.while_loop(lambda i, y: i < n, lambda i, y: (i + 1, y * 0.5), (np.int32(0), x)),
            [np.array(3, "int32"), X],
        ),
        "while_loop no round": (
            lambda n, x: ops.while_loop(lambda i, y: i < n, lambda i, y: (i + 1, y * 0.5), (np.int32(0), x)),
            [np.array(0, "int32"), X],
        ),
        "while_loop limit": (
            lambda x: ops.while_loop(lambda y: ops.sum(y) < 1e9, lambda y: y * 2, x, maximum_iterations=4),
            [V],
        ),
        "while_loop dict": (
            lambda x: ops.while_loop(
                lambda d: ops.sum(d["x"]) < 100,
                lambda d: {"x": d["x"] * 2, "n": d["n"] + 1},
                {"x": x, "n": np.int32(0)},
            ),
            [np.abs(V)],
        ),
        "fori_loop": (lambda x: ops.fori_loop(2, 6, lambda i, y: y * 0.5 + ops.cast(i, "float32"), x), [V]),
        "fori_loop backwards": (lambda x: ops.fori_loop(6, 2, lambda i, y: y * 0.5, x), [V]),
        "fori_loop pair": (lambda x: ops.fori_loop(0, 7, lambda i, ab: (ab[1], ab[0] + ab[1]), (x, x * 2)), [V]),
        "scan none": (lambda x: ops.scan(lambda c, _: (c * 2, c), x, None, length=3), [V]),
        "scan structure": (
            lambda x, w: ops.scan(
                lambda c, r: (ops.tanh(ops.matmul(c, w) + r["a"]), {"y": c, "z": ops.sum(r["b"])}),
                np.zeros(3, "float32"),
                {"a": x, "b": x * 2},
            ),
            [X, W],
        ),
        "associative_scan": (lambda x: ops.associative_scan(lambda a, b: a + b, x), [X]),
        "associative_scan product": (lambda x: ops.associative_scan(lambda a, b: a * b, x, reverse=True, axis=1), [X]),
        "associative_scan pair": (
            lambda x: ops.associative_scan(
                lambda a, b: (a[0] * b[0], a[1] * b[0] + b[1]), (x, ops.flip(x, axis=0)), axis=-1
            ),
            [X],
        ),
        "map": (lambda x: ops.map(lambda r: {"a": r * 2, "b": ops.sum(r)}, x), [X]),
        "vectorized_map": (lambda x: ops.vectorized_map(lambda r: ops.matmul(r, ops.transpose(x)), x), [X]),
        "vectorized_map list": (lambda x, y: ops.vectorized_map(lambda p: p[0] + ops.sum(p[1]), [x, y]), [X, X * 3]),
        "scatter": (lambda v: ops.scatter(np.array([[0], [3], [0], [2], [1]]), v, (6,)), [V]),
        "scatter rows": (lambda x: ops.scatter(np.array([[1], [1], [4], [0]]), x, (5, 3)), [X]),
        "scatter int": (lambda v: ops.scatter(np.array([[0, 1], [1, 0]]), v, (2, 2)), [np.array([3, 4], "int32")]),
        "slice": (lambda x: ops.slice(x, (1, 1), (2, 2)), [X]),
        "slice rest": (lambda x: ops.slice(x, (1, 0), (-1, 3)), [X]),
        "slice from the end": (lambda x: ops.slice(x, (-2, 0), (2, 3)), [X]),
        "slice of an index": (lambda x, i: ops.slice(x, (i, 1), (2, 2)), [X, np.array(2, "int32")]),
        "slice_update": (lambda x, u: ops.slice_update(x, (1, 1), u), [X, np.zeros((2, 2), "float32")]),
        "slice_update of an index": (
            lambda x, u, i: ops.slice_update(x, (i, 0), u),
            [X, np.zeros((2, 3), "float32"), np.array(1, "int32")],
        ),
        "unstack": (lambda x: ops.unstack(x, axis=-1), [X]),
        "unstack one": (lambda x: ops.unstack(x, num=1), [X[:1]]),
    }
    for reverse in (False, True):
        found[f"scan reverse={reverse}"] = (
            lambda x, r=reverse: ops.scan(lambda c, a: (c * 0.5 + a, c * a), np.zeros(3, "float32"), x, reverse=r),
            [X],
        )
    for index in (-2, 0, 1, 2, 5):
        found[f"switch {index}"] = (
            lambda i, x: ops.switch(i, [lambda a: a + 1, lambda a: a * 2, lambda a: -a], x),
            [np.array(index, "int32"), X],
        )
    for reduction in (None, "add", "max", "min", "mul"):
        found[f"scatter_update {reduction}"] = (
            lambda x, u, r=reduction: ops.scatter_update(x, np.array([[1], [3], [1]]), u, reduction=r),
            [X, W],
        )
        found[f"scatter_update pairs {reduction}"] = (
            lambda x, u, r=reduction: ops.scatter_update(
                x, np.array([[1, 2], [3, 0], [1, 2], [0, 0], [-1, -1]]), u, reduction=r
            ),
            [X, V],
        )
    # NaN is left out, since which integer it becomes depends on the processor. So is int32 to float32, where Keras
    # compares the limits as integers, which wrap round.
    for dtype in ("uint8", "int8", "int16", "int32", "bool", "float16", "float32"):
        found[f"saturate_cast {dtype}"] = (lambda x, d=dtype: ops.saturate_cast(x, d), [SPECIAL[1:]])
        if dtype != "float32":
            integers = np.array([-(2**31), -1, 0, 1, 300, 2**31 - 1], "int32")
            found[f"saturate_cast int {dtype}"] = (lambda x, d=dtype: ops.saturate_cast(x, d), [integers])
    return found


def leaves(structure):
    """The arrays of a structure, in the order of its sorted keys."""
    if isinstance(structure, dict):
        return [x for key in sorted(structure) for x in leaves(structure[key])]
    if isinstance(structure, (list, tuple)):
        return [x for part in structure for x in leaves(part)]
    return [np.asarray(structure)]


def main():
    """Ask Keras, and keep what it gives."""
    os.environ["KERAS_BACKEND"] = "jax"
    import keras

    assert keras.__version__.startswith("3.15"), keras.__version__
    found = {}
    for name, (function, arrays) in cases(keras.ops).items():
        for i, y in enumerate(leaves(function(*map(keras.ops.convert_to_tensor, arrays)))):
            found[f"{name} | {i}"] = y
    np.savez_compressed(VALUES, **found)


if __name__ == "__main__":
    main()
