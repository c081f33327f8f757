"""Floats of 8 bits, scaled by the maximum absolute values of recent steps (Micikevicius et al., 2022)."""

from __future__ import annotations

from typing import Any

from ckeras import ops
from ckeras.tensor.dtypes import standardize

# dtype -> its largest number
LARGEST = {"float8_e4m3fn": 448.0, "float8_e5m2": 57344.0}


def compute_float8_scale(amax: Any, scale: Any, dtype_max: Any, margin: int = 0) -> Any:
    """Return the factor by which the numbers of a step are divided: ``amax * 2**margin / dtype_max``.

    Args:
        amax: Maximum absolute value of recent steps.
        scale: The factor until now, which stays if ``amax`` is 0 or not finite.
        dtype_max: Largest number of the dtype.
        margin: Powers of two that are left unused.

    >>> float(compute_float8_scale(896.0, 1.0, 448.0)), float(compute_float8_scale(0.0, 3.0, 448.0))
    (2.0, 3.0)
    """
    amax, scale = ops.convert_to_tensor(amax), ops.convert_to_tensor(scale)
    usable = ops.logical_and(amax > 0, ops.isfinite(amax))
    factor = ops.where(usable, dtype_max / ops.where(usable, amax, 1) / 2**margin, ops.reciprocal(scale))
    return ops.reciprocal(factor)


def compute_float8_amax_history(x: Any, amax_history: Any) -> Any:
    """Return a history of maximum absolute values without its second, with that of ``x`` first and the first last.

    Shape: ``amax_history`` is a vector.

    >>> compute_float8_amax_history([-5.0, 1.0], [1.0, 2.0, 3.0]).tolist()
    [5.0, 3.0, 1.0]
    """
    amax_history = ops.convert_to_tensor(amax_history)
    latest = ops.reshape(ops.cast(ops.max(ops.abs(x)), amax_history.dtype), (1,))
    return ops.concatenate([latest, ops.roll(amax_history, -1)[1:]])


def quantize_and_dequantize(inputs: Any, scale: Any, quantized_dtype: Any, compute_dtype: Any) -> Any:
    """Round numbers to those that a dtype of 8 bits holds, after division by a scale.

    Args:
        inputs: Floats of any shape.
        scale: Scalar by which they are divided, and multiplied again.
        quantized_dtype: "float8_e4m3fn" or "float8_e5m2"; numbers beyond its largest become that.
        compute_dtype: Dtype of the result.

    Raises:
        ValueError: for another dtype.
        ImportError: if the package ml_dtypes is not installed; it comes with the extra ``float8``.

    >>> quantize_and_dequantize([1.06, 500.0], 1.0, "float8_e4m3fn", "float32").tolist()
    [1.0, 448.0]
    """
    dtype = standardize(quantized_dtype)
    if dtype not in LARGEST:
        raise ValueError(f"quantize_and_dequantize expects quantized_dtype to be one of {[*LARGEST]}, got {dtype!r}")
    scale = ops.cast(scale, compute_dtype)
    x = ops.clip(ops.cast(inputs, compute_dtype) / scale, -LARGEST[dtype], LARGEST[dtype])
    return ops.cast(ops.cast(x, dtype), compute_dtype) * scale
