"""Class numbers as rows of zeros and ones."""

from typing import Any

from ckeras.autograd import Tensor
from ckeras.ops import elementwise as e
from ckeras.ops import layout as s
from ckeras.ops.creation import arange


def one_hot(x: Any, num_classes: int, axis: int = -1, dtype: Any = None, sparse: bool = False) -> Tensor:
    """For each class number a row of zeros with a 1 at its place; a number out of range gives zeros alone.

    >>> one_hot([1, 0], 3).tolist()
    [[0.0, 1.0, 0.0], [1.0, 0.0, 0.0]]
    """
    if sparse:
        raise ValueError("one_hot makes dense tensors: sparse=True is for backends with sparse ones")
    index = e.cast(x, "int64")
    hot = e.cast(e.equal(s.expand_dims(index, -1), e.cast(arange(num_classes), "int64")), e.default_float(dtype))
    return hot if axis == -1 else s.moveaxis(hot, -1, axis)
