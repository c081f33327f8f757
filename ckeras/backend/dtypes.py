"""Dtypes by name."""

from typing import Any

from ckeras.tensor import dtypes


def standardize_dtype(dtype: Any) -> str:
    """Return the name of a dtype, given by a dtype, a name or a Python type; None is the default float type.

    Raises ValueError for anything else.

    >>> import numpy as np
    >>> standardize_dtype(np.float64), standardize_dtype(int), standardize_dtype(None)
    ('float64', 'int32', 'float32')
    """
    return dtypes.standardize(dtype)


def result_type(*dtypes: Any) -> str:
    """Return the dtype to which these dtypes promote; ``int`` and ``float`` represent Python numbers.

    >>> result_type("int32", "float16"), result_type("float16", float), result_type("bfloat16", "float16")
    ('float16', 'float16', 'float32')
    """
    return _met(*(dtype.__name__ if dtype in (bool, int, float) else standardize_dtype(dtype) for dtype in dtypes))


def _met(*names: str) -> str:
    return dtypes.result_type(*names) if names else dtypes.standardize(None)


def is_float_dtype(dtype: Any) -> bool:
    """Whether a dtype is a float dtype.

    >>> is_float_dtype("bfloat16"), is_float_dtype("int32")
    (True, False)
    """
    return standardize_dtype(dtype) in dtypes.FLOATS | dtypes.FLOAT8


def is_int_dtype(dtype: Any) -> bool:
    """Whether a dtype is an integer dtype.

    >>> is_int_dtype("uint8"), is_int_dtype("bool")
    (True, False)
    """
    return standardize_dtype(dtype) in dtypes.INTEGERS
