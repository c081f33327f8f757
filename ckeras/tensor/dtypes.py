"""Names of dtypes, and type promotion."""

from functools import cache
from typing import Any

import numpy as np

from ckeras import config
from ckeras._kernels import codes

# The dtypes that kernels know, with their suffixes in the names of elementwise instructions.
SUFFIX = {
    "float32": "f32",
    "float64": "f64",
    "int32": "i32",
    "int64": "i64",
    "bool": "bool",
    "uint8": "u8",
    "int8": "i8",
    "int16": "i16",
    "uint16": "u16",
    "uint32": "u32",
    "uint64": "u64",
    "float16": "f16",
}
CODE = codes("dtype")


class _NumpyDtypes(dict):
    """numpy's dtype by name; those of the package ml_dtypes are imported on first use."""

    def __missing__(self, name: str) -> np.dtype:
        if name not in EXTRA:
            raise KeyError(name)
        try:
            import ml_dtypes
        except ImportError:
            raise ImportError(
                f"arrays of {name} need the package ml_dtypes: pip install 'ckeras[{EXTRA[name]}]' installs it"
            ) from None
        dtype = self[name] = np.dtype(getattr(ml_dtypes, name))
        _NAMES[dtype] = name
        return dtype


# The dtypes of ml_dtypes, with the extra of this package that installs it.
EXTRA = {"bfloat16": "bfloat16", "float8_e4m3fn": "float8", "float8_e5m2": "float8"}
NUMPY = _NumpyDtypes((name, np.dtype(name)) for name in (*SUFFIX, "complex64", "complex128"))
ITEMSIZE = {
    **{name: dtype.itemsize for name, dtype in NUMPY.items()},
    "bfloat16": 2,
    "float8_e4m3fn": 1,
    "float8_e5m2": 1,
}
FLOATS = frozenset({"bfloat16", "float16", "float32", "float64"})
FLOAT8 = frozenset({"float8_e4m3fn", "float8_e5m2"})  # for storage: no other dtype promotes to or from one of them
PARTS = {"complex64": "float32", "complex128": "float64"}  # complex dtype -> dtype of its real and imaginary part
DIFFERENTIABLE = FLOATS | FLOAT8 | PARTS.keys()
INTEGERS = frozenset({"uint8", "uint16", "uint32", "uint64", "int8", "int16", "int32", "int64"})
_NAMES = {dtype: name for name, dtype in NUMPY.items()}
_WEAK = {bool: "bool", int: "int", float: "float"}

# The lattice of JAX's type promotion, which Keras 3 follows. "int" and "float" are the weak types of Python scalars,
# which adopt the dtype of the other operand.
_PARENTS = {
    "bool": ("int",),
    "int": ("uint8", "int8"),
    "uint8": ("int16", "uint16"),
    "uint16": ("int32", "uint32"),
    "uint32": ("int64", "uint64"),
    "uint64": ("float",),
    "int8": ("int16",),
    "int16": ("int32",),
    "int32": ("int64",),
    "int64": ("float",),
    "float": ("bfloat16", "float16"),
    "bfloat16": ("float32",),
    "float16": ("float32",),
    "float32": ("float64", "complex64"),
    "float64": ("complex128",),
    "complex64": ("complex128",),
    "complex128": (),
}


def standardize(dtype: Any) -> str:
    """The name of ``dtype`` (a string, a Python type, a numpy dtype, an object with a ``name``)."""
    if dtype is None:
        return config.floatx()
    if type(dtype) is str and dtype in ITEMSIZE:
        return dtype
    if dtype is int or (type(dtype) is str and dtype == "int"):
        return "int32"
    if dtype is float:
        return config.floatx()
    if dtype is complex:
        return "complex128" if config.floatx() == "float64" else "complex64"
    name = getattr(dtype, "compute_dtype", None) or getattr(dtype, "as_numpy_dtype", dtype)
    try:
        # Only Keras's names are accepted as strings: others of numpy, such as "float", mean something else in Keras.
        return {n: n for n in ITEMSIZE}[name] if isinstance(name, str) else of_array(np.empty(0, name))
    except (TypeError, KeyError, ValueError):
        raise ValueError(f"unknown dtype {dtype!r:.80}: expected one of {', '.join(ITEMSIZE)}") from None


def symbolic(dtype: Any) -> str:
    """The name of the dtype of a symbolic tensor, which may be "string"; otherwise as `standardize`."""
    return "string" if isinstance(dtype, str) and dtype == "string" else standardize(dtype)


def of_array(array: np.ndarray) -> str:
    """The name of a numpy array's dtype; raise TypeError for an array of objects or strings."""
    try:
        return _NAMES[array.dtype]
    except KeyError:
        native = array.dtype.newbyteorder("=")
        if native in _NAMES:
            return _NAMES[native]
        if native.name in EXTRA and native == NUMPY[native.name]:
            return native.name
        raise TypeError(
            f"expected an array of numbers, got one of dtype {array.dtype} and shape {array.shape}"
        ) from None


@cache
def _ancestors(name: str) -> frozenset[str]:
    found = {name}
    for parent in _PARENTS[name]:
        found |= _ancestors(parent)
    return frozenset(found)


@cache
def _join(names: frozenset[str]) -> str:
    if "string" in names:
        raise TypeError("expected numbers, got a symbolic tensor of strings, which only layers of strings take")
    if not FLOAT8.isdisjoint(names):
        raise ValueError(
            f"values of dtype {', '.join(sorted(names & FLOAT8))} promote to no dtype; "
            "cast them, to float32 for example"
        )
    common = frozenset.intersection(*(_ancestors(name) for name in names))
    # The lowest common ancestor is the one whose own ancestors are all the others.
    return max(common, key=lambda name: len(_ancestors(name)))


def weak(value: Any) -> str:
    """The dtype name of a tensor or of an array, or the weak type ("bool", "int", "float") of a Python scalar."""
    name = _WEAK.get(type(value))
    return name if name else standardize(value.dtype)


def computable(array: np.ndarray) -> np.ndarray:
    """The array in a dtype numpy can compute with: those of ml_dtypes become float32, which holds all their values."""
    return array.astype(np.float32) if _NAMES.get(array.dtype) in EXTRA else array


def limits(name: str) -> tuple[Any, Any]:
    """The minimum and maximum finite value of a real dtype or "bool", as Python numbers."""
    if name == "bool":
        return 0, 1
    if name in INTEGERS:
        return int(np.iinfo(name).min), int(np.iinfo(name).max)
    dtype = NUMPY[name]
    if name in EXTRA:
        import ml_dtypes

        return float(ml_dtypes.finfo(dtype).min), float(ml_dtypes.finfo(dtype).max)
    return float(np.finfo(dtype).min), float(np.finfo(dtype).max)


def holds_numbers(dtype: np.dtype) -> bool:
    """Whether an array of this dtype holds real numbers or booleans."""
    return dtype.kind in "biuf" or _NAMES.get(dtype) in EXTRA


def result_type(*names: str) -> str:
    """The common dtype of values of these dtypes; "int" and "float" stand for Python scalars.

    >>> result_type("int32", "float32"), result_type("float32", "float"), result_type("int64", "float")
    ('float32', 'float32', 'float32')
    """
    name = _join(frozenset(names))
    if name == "int":
        return "int32"
    return config.floatx() if name == "float" else name
