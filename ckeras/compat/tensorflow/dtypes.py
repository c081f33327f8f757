"""``tensorflow.dtypes``: dtypes are represented by their names."""

from typing import Any

from ckeras.compat.tensorflow.table import names_of
from ckeras.tensor.dtypes import standardize

ROWS = {
    **{
        name: f"compat.tensorflow.{name}"
        for name in (
            "bfloat16", "bool", "cast", "complex", "complex128", "complex64", "double", "float16", "float32", "float64",
            "half", "int16", "int32", "int64", "int8", "saturate_cast", "string", "uint16", "uint32", "uint64", "uint8",
        )
    }
}  # fmt: skip

__getattr__, __dir__ = names_of(__name__, ROWS)


def as_dtype(type_value: Any) -> str:
    """Return the name of a dtype."""
    return standardize(type_value)
