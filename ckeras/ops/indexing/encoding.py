"""One-hot and multi-hot encodings of integer class labels."""

from typing import Any

from ckeras.ops.elementwise import core as elementwise
from ckeras.ops.manipulation import layout
from ckeras.ops.manipulation.creation import arange
from ckeras.ops.reduction import core as reduction
from ckeras.tensor import Tensor, arguments


def one_hot(x: Any, num_classes: int, axis: int = -1, dtype: Any = None, sparse: bool = False) -> Tensor:
    """One-hot encoding of integer class labels; a label out of range gives zeros.

    >>> one_hot([1, 0], 3).tolist()
    [[0.0, 1.0, 0.0], [1.0, 0.0, 0.0]]
    """
    if sparse:
        raise ValueError("one_hot expects sparse=False: sparse tensors are not supported")
    num_classes = arguments.integer(num_classes, "one_hot", "num_classes", 0)
    index = elementwise.cast(x, "int64")
    hot = elementwise.cast(
        elementwise.equal(layout.expand_dims(index, -1), elementwise.cast(arange(num_classes), "int64")),
        elementwise.default_float(dtype),
    )
    return hot if axis == -1 else layout.moveaxis(hot, -1, axis)


def multi_hot(
    inputs: Any, num_classes: int | None = None, axis: int = -1, dtype: Any = None, sparse: bool = False, **kwargs: Any
) -> Tensor:
    """Multi-hot encoding of integer class labels, combined along axis 1 (or along the only axis).

    Args:
        inputs: integers of shape (labels,) or (batch, labels, ...).
        num_classes: the size of the new axis; ``num_tokens`` is an older name of it.
        axis: position of the new axis of classes, before axis 1 is reduced.
        dtype: the default float type if not given.

    >>> multi_hot([[0, 2], [1, 1]], 3).tolist()
    [[1.0, 0.0, 1.0], [0.0, 1.0, 0.0]]
    """
    num_classes = kwargs.pop("num_tokens", None) if num_classes is None else num_classes
    if kwargs:
        raise TypeError(f"multi_hot got unknown arguments {sorted(kwargs)}")
    if num_classes is None:
        raise ValueError("multi_hot expects num_classes, the number of classes")
    num_classes = arguments.integer(num_classes, "multi_hot", "num_classes", 0)
    x = layout.tensor(inputs)
    hot = one_hot(x, num_classes, axis, dtype, sparse)
    return reduction.max(hot, 1 if len(x.shape) > 1 else 0, initial=0)
