"""Fake quantization: floats rounded to those that integers between trained limits stand for."""

from __future__ import annotations

from typing import Any

from ckeras import ops
from ckeras.tensor import arguments


def fake_quant_with_min_max_vars(
    inputs: Any,
    min_vals: Any,
    max_vals: Any,
    num_bits: int = 8,
    narrow_range: bool = False,
    axis: int | None = None,
) -> Any:
    """Quantize to integers of a range and back, with limits that can be trained (Jacob et al., 2018).

    The limits are moved so that 0 is among the numbers that the integers stand for. The gradient of the inputs is that
    of the result where they lie between the limits; that of a limit is the sum over the inputs beyond it.

    Args:
        inputs: Floats of any shape.
        min_vals, max_vals: Limits: scalars, or vectors with one for each index along ``axis``.
        num_bits: Bits of an integer.
        narrow_range: Whether integers start at 1 rather than 0.
        axis: Axis along which the limits change; None for scalars.

    Returns:
        A tensor of the shape of ``inputs``.

    >>> fake_quant_with_min_max_vars([-1.0, 0.3, 7.0], 0.0, 3.0, num_bits=2).tolist()
    [0.0, 0.0, 3.0]
    """
    bits = arguments.integer(num_bits, "fake_quant_with_min_max_vars", "num_bits", minimum=1)
    last = 2**bits - 1
    first = int(bool(narrow_range))

    def spread(limit: Any, rank: int) -> Any:
        """A limit, with axes that broadcast to the inputs."""
        limit = ops.convert_to_tensor(limit)
        if axis is None:
            return ops.reshape(limit, ())
        return ops.reshape(limit, (1,) * (axis % rank) + (-1,) + (1,) * (rank - 1 - axis % rank))

    @ops.custom_gradient
    def fake_quantized(x: Any, low: Any, high: Any) -> Any:
        rank = len(x.shape)
        lowest, highest = spread(low, rank), spread(high, rank)
        scale = (highest - lowest) / (last - first)
        inverse = (last - first) / (highest - lowest)
        zero = ops.round(ops.clip(first - lowest / scale, first, last))
        lowest, highest = (first - zero) * scale, (last - zero) * scale
        offset = ops.floor(-lowest * inverse + 0.5)
        y = ops.floor((ops.clip(x, lowest, highest) - lowest) * inverse - offset + 0.5) * scale

        def gradient(*args: Any, upstream: Any = None) -> tuple[Any, Any, Any]:
            g = args[0] if upstream is None else upstream
            others = None if axis is None else tuple(i for i in range(rank) if i != axis % rank)

            def beyond(where: Any, limit: Any) -> Any:
                return ops.reshape(ops.sum(ops.where(where, g, 0), axis=others), ops.shape(limit))

            between = ops.logical_and(x >= lowest, x <= highest)
            return ops.where(between, g, 0), beyond(x <= lowest, low), beyond(x >= highest, high)

        return ops.cast(y, x.dtype), gradient

    x = ops.convert_to_tensor(inputs)
    return fake_quantized(x, ops.convert_to_tensor(min_vals), ops.convert_to_tensor(max_vals))
