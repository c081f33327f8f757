"""The dtypes that Keras gives to results: where two dtypes meet, and what each op makes of each dtype.

`python tests/data/make_ops_values.py` asks Keras 3.15 (JAX backend) and saves its answers next to this file. The tests
ask ckeras the same and compare. On JAX, Keras says 32 bits wherever it means 64; for the pairs of dtypes it is kept
from doing so.
"""

import os
import pathlib

import numpy as np

VALUES = pathlib.Path(__file__).with_name("ops_values.npz")
DTYPES = (
    "bool", "int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "uint64", "float16", "float32", "float64",
)  # fmt: skip
PAIRED = (*DTYPES, "bfloat16", "complex64", "complex128", "float8_e4m3fn", "float8_e5m2")
PYTHON = {"int": int, "float": float, "python bool": bool, "python complex": complex, "None": None}
UNARY = (
    "abs", "all", "any", "argmax", "argmin", "ceil", "cos", "count_nonzero", "exp", "exp2", "expm1", "floor",
    "isfinite", "log", "log10", "log1p", "log2", "logical_not", "max", "mean", "norm", "ones_like", "prod", "ravel",
    "round", "sin", "sqrt", "square", "std", "sum", "tan", "tanh", "transpose", "trunc", "var", "zeros_like",
)  # fmt: skip
BINARY = (
    "add", "divide", "equal", "floor_divide", "logical_and", "matmul", "maximum", "mod", "multiply", "power",
    "subtract", "true_divide", "where",
)  # fmt: skip


def pairs(result_type):
    """Two dtypes, or types of Python -> the name of the dtype they promote to, or "" where there is none."""
    found = {}
    for a in (*PAIRED, *PYTHON):
        for b in (*PAIRED, *PYTHON):
            try:
                found[f"{a}, {b}"] = result_type(PYTHON.get(a, a), PYTHON.get(b, b))
            except ValueError:
                found[f"{a}, {b}"] = ""
    return found


def answers(ops, tensor):
    """Name of a question -> the name of a dtype, or "" where the question has none."""
    found = {}
    for dtype in DTYPES:
        x, y = tensor((3, 3), dtype), tensor((3, 3), "int16")
        for name in UNARY:
            found[f"{name} {dtype}"] = _dtype(getattr(ops, name), x)
        for name in BINARY:
            function = (lambda *v: ops.where([True] * 3, *v)) if name == "where" else getattr(ops, name)
            found[f"{name} {dtype} int16"] = _dtype(function, x, y)
            if name != "matmul":
                found[f"{name} {dtype} 2"] = _dtype(function, x, 2)
                found[f"{name} {dtype} 2.5"] = _dtype(function, x, 2.5)
    return found


def _dtype(function, *arguments):
    try:
        return str(function(*arguments).dtype)
    except TypeError:
        return ""


def main():
    """Ask Keras, and keep what it says."""
    os.environ["KERAS_BACKEND"] = "jax"
    import keras

    assert keras.__version__.startswith("3.15"), keras.__version__
    found = answers(keras.ops, keras.KerasTensor)
    keras.src.backend.common.dtypes.BIT64_TO_BIT32_DTYPE.clear()
    found |= pairs(keras.backend.result_type)
    names = sorted(set(found.values()))
    np.savez_compressed(
        VALUES,
        questions=np.array(list(found)),
        names=np.array(names),
        answers=np.array([names.index(v) for v in found.values()], "uint8"),
    )
    print(f"{len(found)} answers, {VALUES.stat().st_size} bytes")


def stored():
    """The answers of Keras, as `answers` and `pairs` give them."""
    with np.load(VALUES) as kept:
        found = dict(zip(kept["questions"].tolist(), kept["names"][kept["answers"]].tolist(), strict=True))
    return {q: a for q, a in found.items() if ", " not in q}, {q: a for q, a in found.items() if ", " in q}


if __name__ == "__main__":
    main()
