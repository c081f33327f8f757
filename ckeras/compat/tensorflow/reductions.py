"""Reductions and searches of ``tensorflow``, with the parameters of TensorFlow 1 behind those of TensorFlow 2."""

from collections.abc import Callable
from typing import Any

from ckeras import ops as _ops


def _reduction(kind: str) -> Callable[..., Any]:
    function = getattr(_ops, kind)

    def reduce(
        input_tensor: Any,
        axis: Any = None,
        keepdims: bool | None = None,
        name: str | None = None,
        reduction_indices: Any = None,
        keep_dims: bool | None = None,
    ) -> Any:
        axis = reduction_indices if axis is None else axis
        return function(input_tensor, axis=axis, keepdims=bool(keepdims or keep_dims))

    reduce.__name__ = reduce.__qualname__ = f"reduce_{kind}"
    reduce.__doc__ = f"`ckeras.ops.{kind}` along an axis, with TensorFlow's parameters."
    return reduce


reduce_all, reduce_any, reduce_logsumexp, reduce_max, reduce_mean, reduce_min, reduce_prod, reduce_sum = map(
    _reduction, ("all", "any", "logsumexp", "max", "mean", "min", "prod", "sum")
)


def _search(kind: str) -> Callable[..., Any]:
    function = getattr(_ops, kind)

    def search(
        input: Any, axis: Any = None, name: str | None = None, dimension: Any = None, output_type: Any = "int64"
    ) -> Any:
        found = (a for a in (axis, dimension, 0) if a is not None)
        return _ops.cast(function(input, axis=next(found)), output_type)

    search.__name__ = search.__qualname__ = kind
    search.__doc__ = f"`ckeras.ops.{kind}` along an axis, with TensorFlow's parameters."
    return search


argmax, argmin = _search("argmax"), _search("argmin")
