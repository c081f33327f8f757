"""Weights in few bits that were chosen by the activations of samples: "gptq" and "awq".

The weight is kept as the transposed matrix of its columns, in groups of inputs. Until it has been calibrated the layer
computes with the weight as it was.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ckeras import ops
from ckeras.layers.quantization.weight import QuantizedWeight, VariableSpec
from ckeras.quantizers.groups import from_groups
from ckeras.quantizers.packing import nibbles, pack_int4

_PACKED_BITS = 4  # integers of which share a byte


class GPTQ:
    """Integers of 2, 3, 4 or 8 bits."""

    @staticmethod
    def variables(layer: Any, weight: QuantizedWeight, config: Any) -> list[VariableSpec]:
        return _variables(layer, weight, config)

    @staticmethod
    def values(layer: Any, weight: QuantizedWeight, x: np.ndarray, config: Any) -> dict[str, Any]:
        return {}  # which calibration gives

    @staticmethod
    def floats(layer: Any, weight: QuantizedWeight, dtype: str) -> Any:
        if getattr(layer, weight.attribute) is not None:
            return getattr(layer, weight.attribute)
        matrix = ops.transpose(_floats(layer, weight, dtype))
        return ops.reshape(matrix, weight.shape)


class AWQ(GPTQ):
    """Integers of 4 bits, after each input's weights were multiplied by a scale."""

    @staticmethod
    def variables(layer: Any, weight: QuantizedWeight, config: Any) -> list[VariableSpec]:
        *first, groups = _variables(layer, weight, config)
        return [*first, VariableSpec("awq_scales", "awq_scales", (weight.summed_size,), None, "ones"), groups]

    @staticmethod
    def floats(layer: Any, weight: QuantizedWeight, dtype: str) -> Any:
        if getattr(layer, weight.attribute) is not None:
            return getattr(layer, weight.attribute)
        matrix = ops.transpose(_floats(layer, weight, dtype) / ops.cast(layer.awq_scales, dtype))
        return ops.reshape(matrix, weight.shape)


def assign(layer: Any, weight: QuantizedWeight, quantized: np.ndarray, **others: np.ndarray) -> None:
    """Keep what calibration found, instead of the weight as it was.

    Args:
        layer: A layer that `quantize` prepared.
        weight: Its weight.
        quantized: Integers (columns, inputs).
        others: The other variables by attribute.
    """
    quantized = quantized.astype("uint8")
    if _bits(layer, None) == _PACKED_BITS:
        quantized = pack_int4(quantized, axis=0, dtype="uint8")[0]
    for attribute, value in {"quantized_kernel": quantized, **others}.items():
        getattr(layer, attribute).assign(value)
    setattr(layer, weight.attribute, None)


def integers(layer: Any, weight: QuantizedWeight, dtype: str) -> Any:
    """The integers (columns, inputs) of a weight, as floats."""
    if _bits(layer, None) != _PACKED_BITS:
        return ops.cast(layer.quantized_kernel, dtype)
    return nibbles(layer.quantized_kernel.value, weight.matrix[1], 0, False, dtype)


def _floats(layer: Any, weight: QuantizedWeight, dtype: str) -> Any:
    values, scale = integers(layer, weight, dtype), ops.cast(layer.kernel_scale, dtype)
    return from_groups(values, scale, layer.kernel_zero, layer.g_idx, 1)


def _bits(layer: Any, config: Any) -> int:
    return (layer.dtype_policy if config is None else config).weight_bits


def _variables(layer: Any, weight: QuantizedWeight, config: Any) -> list[VariableSpec]:
    inputs, columns = weight.matrix
    size = (layer.dtype_policy if config is None else config).group_size
    groups = 1 if size == -1 else math.ceil(inputs / size)
    packed = (columns + 1) // 2 if _bits(layer, config) == _PACKED_BITS else columns
    return [
        VariableSpec("quantized_kernel", "kernel", (packed, inputs), "uint8"),
        VariableSpec("kernel_scale", "kernel_scale", (columns, groups), None, "ones"),
        VariableSpec("kernel_zero", "kernel_zero", (columns, groups), "uint8"),
        VariableSpec("g_idx", "g_idx", (inputs,), "float32"),
    ]
