"""Reductions that ignore NaN."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from ckeras.ops.elementwise import core as elementwise
from ckeras.ops.elementwise.complex_numbers import view_as_complex, view_as_real
from ckeras.ops.manipulation.layout import tensor
from ckeras.ops.reduction import core as reduction
from ckeras.ops.reduction.cumulative import cumprod, cumsum
from ckeras.tensor import Tensor, dtypes


def _without(x: Any, value: float) -> Tensor:
    """``x`` with ``value`` in place of NaN."""
    x = tensor(x)
    return elementwise.where(elementwise.isnan(x), value, x) if x.dtype in dtypes.DIFFERENTIABLE else x


def nan_to_num(x: Any, nan: Any = 0.0, posinf: Any = None, neginf: Any = None) -> Tensor:
    """Replace NaN and the infinities by numbers; infinities by default become the limits of the dtype.

    >>> nan_to_num([1.0, float("nan")], nan=7.0).tolist()
    [1.0, 7.0]
    """
    x = tensor(x)
    if x.dtype in dtypes.PARTS:
        return view_as_complex(nan_to_num(view_as_real(x), nan, posinf, neginf))
    if x.dtype not in dtypes.FLOATS:
        return x
    limits = np.finfo(x.dtype)
    found = (
        (elementwise.isnan(x), nan),
        (elementwise.equal(x, math.inf), float(limits.max) if posinf is None else posinf),
        (elementwise.equal(x, -math.inf), float(limits.min) if neginf is None else neginf),
    )
    y = x
    for here, value in found:
        y = elementwise.where(here, value if isinstance(value, (int, float)) else elementwise.cast(value, x.dtype), y)
    return y


def nansum(x: Any, axis: Any = None, keepdims: bool = False) -> Tensor:
    """The sum over ``axis`` of the elements that are not NaN.

    >>> float(nansum([1.0, float("nan"), 2.0]))
    3.0
    """
    return reduction.sum(_without(x, 0), axis, keepdims)


def nanprod(x: Any, axis: Any = None, keepdims: bool = False) -> Tensor:
    """The product over ``axis`` of the elements that are not NaN."""
    return reduction.prod(_without(x, 1), axis, keepdims)


def _count(x: Tensor, axis: Any, keepdims: bool) -> Tensor:
    """Number of elements over ``axis`` that are not NaN, as floats."""
    return reduction.sum(elementwise.cast(elementwise.logical_not(elementwise.isnan(x)), x.dtype), axis, keepdims)


def nanmean(x: Any, axis: Any = None, keepdims: bool = False) -> Tensor:
    """The mean over ``axis`` of the elements that are not NaN; NaN where there are none."""
    x = elementwise.as_float(x)
    return elementwise.divide(nansum(x, axis, keepdims), _count(x, axis, keepdims))


def nanvar(x: Any, axis: Any = None, keepdims: bool = False) -> Tensor:
    """The mean squared distance from the mean, over ``axis``, of the elements that are not NaN; NaN without any."""
    x = elementwise.as_float(x)
    # The distances of NaN are 0 before they are squared, so that no NaN reaches the gradient.
    distance = elementwise.where(elementwise.isnan(x), 0, elementwise.subtract(x, nanmean(x, axis, True)))
    return elementwise.divide(reduction.sum(elementwise.square(distance), axis, keepdims), _count(x, axis, keepdims))


def nanstd(x: Any, axis: Any = None, keepdims: bool = False) -> Tensor:
    """The square root of `nanvar`."""
    return elementwise.sqrt(nanvar(x, axis, keepdims))


def _extreme(reduce: Callable[..., Tensor], fill: float, x: Any, axis: Any, keepdims: bool) -> Tensor:
    x = tensor(x)
    if x.dtype not in dtypes.FLOATS:
        return reduce(x, axis, keepdims)
    found = reduce(_without(x, fill), axis, keepdims)
    return elementwise.where(reduction.all(elementwise.isnan(x), axis, keepdims), math.nan, found)


def nanmax(x: Any, axis: Any = None, keepdims: bool = False) -> Tensor:
    """Maximum over ``axis`` of the elements that are not NaN; NaN where all are NaN."""
    return _extreme(reduction.max, -math.inf, x, axis, keepdims)


def nanmin(x: Any, axis: Any = None, keepdims: bool = False) -> Tensor:
    """Minimum over ``axis`` of the elements that are not NaN; NaN where all are NaN."""
    return _extreme(reduction.min, math.inf, x, axis, keepdims)


def _argument(find: Callable[..., Tensor], fill: float, x: Any, axis: int | None, keepdims: bool) -> Tensor:
    x = tensor(x)
    if x.dtype not in dtypes.FLOATS:
        return find(x, axis, keepdims)
    found = find(_without(x, fill), axis, keepdims)
    return elementwise.where(reduction.all(elementwise.isnan(x), axis, keepdims), -1, found)


def nanargmax(x: Any, axis: int | None = None, keepdims: bool = False) -> Tensor:
    """Index (int32) of the first maximum that is not NaN; -1 where all elements are NaN."""
    return _argument(reduction.argmax, -math.inf, x, axis, keepdims)


def nanargmin(x: Any, axis: int | None = None, keepdims: bool = False) -> Tensor:
    """Index (int32) of the first minimum that is not NaN; -1 where all elements are NaN."""
    return _argument(reduction.argmin, math.inf, x, axis, keepdims)


def nancumsum(x: Any, axis: int | None = None, dtype: Any = None) -> Tensor:
    """`cumsum` with 0 in place of NaN."""
    return cumsum(_without(x, 0), axis, dtype)


def nancumprod(x: Any, axis: int | None = None, dtype: Any = None) -> Tensor:
    """`cumprod` with 1 in place of NaN."""
    return cumprod(_without(x, 1), axis, dtype)
