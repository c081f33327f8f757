"""Reductions that leave NaN out."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from ckeras.autograd import Tensor, dtypes
from ckeras.ops import elementwise as e
from ckeras.ops import reduction as r
from ckeras.ops.complex_numbers import view_as_complex, view_as_real
from ckeras.ops.layout import tensor


def _without(x: Any, value: float) -> Tensor:
    """``x`` with ``value`` in place of NaN."""
    x = tensor(x)
    return e.where(e.isnan(x), value, x) if x.dtype in dtypes.DIFFERENTIABLE else x


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
        (e.isnan(x), nan),
        (e.equal(x, math.inf), float(limits.max) if posinf is None else posinf),
        (e.equal(x, -math.inf), float(limits.min) if neginf is None else neginf),
    )
    y = x
    for here, value in found:
        y = e.where(here, value if isinstance(value, (int, float)) else e.cast(value, x.dtype), y)
    return y


def nansum(x: Any, axis: Any = None, keepdims: bool = False) -> Tensor:
    """The sum over ``axis`` of the elements that are not NaN.

    >>> float(nansum([1.0, float("nan"), 2.0]))
    3.0
    """
    return r.sum(_without(x, 0), axis, keepdims)


def nanprod(x: Any, axis: Any = None, keepdims: bool = False) -> Tensor:
    """The product over ``axis`` of the elements that are not NaN."""
    return r.prod(_without(x, 1), axis, keepdims)


def _count(x: Tensor, axis: Any, keepdims: bool) -> Tensor:
    """How many elements over ``axis`` are not NaN, as floats."""
    return r.sum(e.cast(e.logical_not(e.isnan(x)), x.dtype), axis, keepdims)


def nanmean(x: Any, axis: Any = None, keepdims: bool = False) -> Tensor:
    """The mean over ``axis`` of the elements that are not NaN; NaN where there are none."""
    x = e.as_float(x)
    return e.divide(nansum(x, axis, keepdims), _count(x, axis, keepdims))


def nanvar(x: Any, axis: Any = None, keepdims: bool = False) -> Tensor:
    """The mean squared distance from the mean, over ``axis``, of the elements that are not NaN; NaN without any."""
    x = e.as_float(x)
    # The distances of NaN are 0 before they are squared, so that no NaN is in the way of the gradient.
    distance = e.where(e.isnan(x), 0, e.subtract(x, nanmean(x, axis, True)))
    return e.divide(r.sum(e.square(distance), axis, keepdims), _count(x, axis, keepdims))


def nanstd(x: Any, axis: Any = None, keepdims: bool = False) -> Tensor:
    """The square root of `nanvar`."""
    return e.sqrt(nanvar(x, axis, keepdims))


def _extreme(reduce: Callable[..., Tensor], least: float, x: Any, axis: Any, keepdims: bool) -> Tensor:
    x = tensor(x)
    if x.dtype not in dtypes.FLOATS:
        return reduce(x, axis, keepdims)
    found = reduce(_without(x, least), axis, keepdims)
    return e.where(r.all(e.isnan(x), axis, keepdims), math.nan, found)


def nanmax(x: Any, axis: Any = None, keepdims: bool = False) -> Tensor:
    """The greatest element over ``axis`` that is not NaN; NaN where there is none."""
    return _extreme(r.max, -math.inf, x, axis, keepdims)


def nanmin(x: Any, axis: Any = None, keepdims: bool = False) -> Tensor:
    """The least element over ``axis`` that is not NaN; NaN where there is none."""
    return _extreme(r.min, math.inf, x, axis, keepdims)


def _argument(find: Callable[..., Tensor], least: float, x: Any, axis: int | None, keepdims: bool) -> Tensor:
    x = tensor(x)
    if x.dtype not in dtypes.FLOATS:
        return find(x, axis, keepdims)
    found = find(_without(x, least), axis, keepdims)
    return e.where(r.all(e.isnan(x), axis, keepdims), -1, found)


def nanargmax(x: Any, axis: int | None = None, keepdims: bool = False) -> Tensor:
    """Where the greatest element that is not NaN is (the first of equals), as int32; -1 where all are NaN."""
    return _argument(r.argmax, -math.inf, x, axis, keepdims)


def nanargmin(x: Any, axis: int | None = None, keepdims: bool = False) -> Tensor:
    """Where the least element that is not NaN is (the first of equals), as int32; -1 where all are NaN."""
    return _argument(r.argmin, math.inf, x, axis, keepdims)


def nancumsum(x: Any, axis: int | None = None, dtype: Any = None) -> Tensor:
    """`cumsum` with 0 in place of NaN."""
    from ckeras.ops.cumulative import cumsum

    return cumsum(_without(x, 0), axis, dtype)


def nancumprod(x: Any, axis: int | None = None, dtype: Any = None) -> Tensor:
    """`cumprod` with 1 in place of NaN."""
    from ckeras.ops.cumulative import cumprod

    return cumprod(_without(x, 1), axis, dtype)
