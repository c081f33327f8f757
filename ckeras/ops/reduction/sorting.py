"""Indices that sort or partition elements."""

from typing import Any

import numpy as np

from ckeras.ops.manipulation.layout import axis_of, ravel, tensor
from ckeras.tensor import Op, Spec, Tensor

_argsort = Op("argsort", lambda x, axis: Spec(x.shape, "int32"), lambda x, axis: np.argsort(x, axis, kind="stable"))
_argpartition = Op(
    "argpartition",
    lambda x, kth, axis: Spec(x.shape, "int32"),
    lambda x, kth, axis: np.argpartition(x, kth, axis),
)


def _along(x: Any, axis: int | None, where: str) -> tuple[Tensor, int]:
    x = tensor(x)
    if axis is None or not x.shape:
        return ravel(x), 0
    return x, axis_of(axis, len(x.shape), where)


def argsort(x: Any, axis: int | None = -1) -> Tensor:
    """Indices (int32) that sort ``x`` along ``axis``; the sort is stable, with NaN last.

    With axis `None`, ``x`` is flattened first.

    >>> argsort([30, 10, 20]).tolist()
    [1, 2, 0]
    """
    x, axis = _along(x, axis, "argsort")
    return _argsort(x, axis=axis)


def argpartition(x: Any, kth: int, axis: int | None = -1) -> Tensor:
    """Indices (int32) that partition ``x`` along ``axis`` around its ``kth`` smallest element.

    Elements before index ``kth`` are not larger and elements after it not smaller, in any order. With
    axis `None`, ``x`` is flattened first.
    """
    if isinstance(kth, bool) or not isinstance(kth, (int, np.integer)):
        raise ValueError(f"argpartition expects an integer kth, got {kth!r}")
    x, axis = _along(x, axis, "argpartition")
    size = x.shape[axis]
    if size is not None and not -size <= kth < size:
        raise ValueError(f"argpartition: kth {kth} is out of range for axis {axis} of shape {x.shape}")
    return _argpartition(x, kth=int(kth), axis=axis)
