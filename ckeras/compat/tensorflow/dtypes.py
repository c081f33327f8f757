"""``tensorflow.dtypes``: dtypes as objects, which are also the names that ckeras has for them."""

from __future__ import annotations

from typing import Any

import numpy as np

from ckeras.compat.tensorflow.table import names_of
from ckeras.tensor.dtypes import FLOATS, INTEGERS, NUMPY, PARTS, standardize


class DType(str):
    """A dtype: a string, its name, with TensorFlow's attributes.

    >>> int32 = DType("int32")
    >>> int32 == "int32", int32.is_integer, int32.as_numpy_dtype, int32.max
    (True, True, <class 'numpy.int32'>, 2147483647)
    """

    __slots__ = ()

    @property
    def name(self) -> str:
        """The name."""
        return str(self)

    @property
    def as_numpy_dtype(self) -> Any:
        """The type of numpy; `object` for strings."""
        return object if self == "string" else NUMPY[self.name].type

    @property
    def is_floating(self) -> bool:
        """Whether it holds real numbers."""
        return self in FLOATS

    @property
    def is_integer(self) -> bool:
        """Whether it holds integers."""
        return self in INTEGERS

    @property
    def is_complex(self) -> bool:
        """Whether it holds complex numbers."""
        return self in PARTS

    @property
    def is_bool(self) -> bool:
        """Whether it holds booleans."""
        return self == "bool"

    @property
    def is_numeric(self) -> bool:
        """Whether it holds numbers."""
        return self not in ("bool", "string")

    @property
    def is_unsigned(self) -> bool:
        """Whether it holds integers from 0 on."""
        return self.startswith("uint")

    @property
    def size(self) -> int:
        """Bytes of an element; 1 for strings, as with TensorFlow."""
        return 1 if self == "string" else NUMPY[self.name].itemsize

    @property
    def real_dtype(self) -> DType:
        """The dtype of the real part."""
        return DType(PARTS.get(self, self))

    base_dtype = property(lambda self: self, doc="The dtype itself: there are no references.")

    @property
    def min(self) -> Any:
        """The minimum value."""
        return self._limit("min", False)

    @property
    def max(self) -> Any:
        """The maximum value."""
        return self._limit("max", True)

    def _limit(self, name: str, of_bool: bool) -> Any:
        if self.is_bool:
            return of_bool
        if not (self.is_integer or self.is_floating):
            raise TypeError(f"dtype {self.name} has no {name}imum value")
        return getattr((np.iinfo if self.is_integer else np.finfo)(NUMPY[self.name]), name)

    @property
    def limits(self) -> tuple[Any, Any]:
        """The minimum, or 0 for floats and booleans, and the maximum of an image of this dtype."""
        return (0, 1) if not self.is_integer else (0, self.max)

    def is_compatible_with(self, other: Any) -> bool:
        """Whether the other dtype is the same."""
        return self == as_dtype(other)

    def __reduce__(self) -> Any:
        return DType, (str(self),)

    def __repr__(self) -> str:
        return f"tf.{self.name}"


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


def as_dtype(type_value: Any) -> DType:
    """Return a dtype by its name, a type of numpy or of Python.

    >>> as_dtype(float).name, as_dtype("string").is_numeric
    ('float32', False)
    """
    if isinstance(type_value, DType):
        return type_value
    if type_value in (str, bytes, object) or (isinstance(type_value, str) and type_value == "string"):
        return DType("string")
    return DType("bool" if type_value is bool else standardize(type_value))
