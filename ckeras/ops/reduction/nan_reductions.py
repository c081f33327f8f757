"""Reductions that leave NaN out."""

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
    """``x`` with numbers in place of NaN and of the infinities, which by default become the greatest and the least.

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
    """How many elements over ``axis`` are not NaN, as floats."""
    return reduction.sum(elementwise.cast(elementwise.logical_not(elementwise.isnan(x)), x.dtype), axis, keepdims)


def nanmean(x: Any, axis: Any = None, keepdims: bool = False) -> Tensor:
    """The mean over ``axis`` of the elements that are not NaN; NaN where there are none."""
    x = elementwise.as_float(x)
    return elementwise.divide(nansum(x, axis, keepdims), _count(x, axis, keepdims))


def nanvar(x: Any, axis: Any = None, keepdims: bool = False) -> Tensor:
    """The mean squared distance from the mean, over ``axis``, of the elements that are not NaN; NaN without any."""
    x = elementwise.as_float(x)
    # The distances of NaN are 0 before they are squared, so that no NaN is in the way of the gradient.
    distance = elementwise.where(elementwise.isnan(x), 0, elementwise.subtract(x, nanmean(x, axis, True)))
    return elementwise.divide(reduction.sum(elementwise.square(distance), axis, keepdims), _count(x, axis, keepdims))


def nanstd(x: Any, axis: Any = None, keepdims: bool = False) -> Tensor:
    """The square root of `nanvar`."""
    return elementwise.sqrt(nanvar(x, axis, keepdims))


def _extreme(reduce: Callable[..., Tensor], least: float, x: Any, axis: Any, keepdims: bool) -> Tensor:
    x = tensor(x)
    if x.dtype not in dtypes.FLOATS:
        return reduce(x, axis, keepdims)
    found = reduce(_without(x, least), axis, keepdims)
    return elementwise.where(reduction.all(elementwise.isnan(x), axis, keepdims), math.nan, found)


def nanmax(x: Any, axis: Any = None, keepdims: bool = False) -> Tensor:
    """The greatest element over ``axis`` that is not NaN; NaN where there is none."""
    return _extreme(reduction.max, -math.inf, x, axis, keepdims)


def nanmin(x: Any, axis: Any = None, keepdims: bool = False) -> Tensor:
    """The least element over ``axis`` that is not NaN; NaN where there is none."""
    return _extreme(reduction.min, math.inf, x, axis, keepdims)


def _argument(find: Callable[..., Tensor], least: float, x: Any, axis: int | None, keepdims: bool) -> Tensor:
    x = tensor(x)
    if x.dtype not in dtypes.FLOATS:
        return find(x, axis, keepdims)
    found = find(_without(x, least), axis, keepdims)
    return elementwise.where(reduction.all(elementwise.isnan(x), axis, keepdims), -1, found)


def nanargmax(x: Any, axis: int | None = None, keepdims: bool = False) -> Tensor:
    """Where the greatest element that is not NaN is (the first of equals), as int32; -1 where all are NaN."""
    return _argument(reduction.argmax, -math.inf, x, axis, keepdims)


def nanargmin(x: Any, axis: int | None = None, keepdims: bool = False) -> Tensor:
    """Where the least element that is not NaN is (the first of equals), as int32; -1 where all are NaN."""
    return _argument(reduction.argmin, math.inf, x, axis, keepdims)


def nancumsum(x: Any, axis: int | None = None, dtype: Any = None) -> Tensor:
    """`cumsum` with 0 in place of NaN."""
    return cumsum(_without(x, 0), axis, dtype)


def nancumprod(x: Any, axis: int | None = None, dtype: Any = None) -> Tensor:
    """`cumprod` with 1 in place of NaN."""
    return cumprod(_without(x, 1), axis, dtype)
