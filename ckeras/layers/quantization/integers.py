"""Weights in integers of 8 or of 4 bits: "int8" and "int4"."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ckeras import ops
from ckeras.layers.quantization.weight import QuantizedWeight, VariableSpec, group_indices
from ckeras.quantizers.config import QuantizationConfig
from ckeras.quantizers.groups import abs_max_quantize_grouped_with_zero_point, from_groups, from_groups_by_lookups
from ckeras.quantizers.packing import nibbles, pack_int4
from ckeras.quantizers.quantizer import AbsMaxQuantizer


class Int8:
    """Integers in the shape of the weight; a product with rounded inputs is divided by their scale."""

    @staticmethod
    def variables(layer: Any, weight: QuantizedWeight, config: Any) -> list[VariableSpec]:
        scale = [1 if i in weight.summed else size for i, size in enumerate(weight.shape)]
        shape = tuple(weight.arrange(ops.zeros(scale)).shape)
        return [
            VariableSpec(weight.attribute, weight.name, weight.shape, "int8"),
            VariableSpec(f"{weight.name}_scale", f"{weight.name}_scale", shape, None, "ones"),
        ]

    @staticmethod
    def values(layer: Any, weight: QuantizedWeight, x: np.ndarray, config: Any) -> dict[str, Any]:
        values, scale = _quantized(layer, x, config, weight.summed, (-127, 127))
        return {weight.attribute: values, f"{weight.name}_scale": weight.arrange(scale)}

    @staticmethod
    def floats(layer: Any, weight: QuantizedWeight, dtype: str) -> Any:
        values, scale = Int8.factors(layer, weight, dtype)
        return values / weight.restore(scale)

    @staticmethod
    def factors(layer: Any, weight: QuantizedWeight, dtype: str) -> tuple[Any, Any]:
        scale = ops.cast(getattr(layer, f"{weight.name}_scale"), dtype)
        return ops.cast(getattr(layer, weight.attribute), dtype), scale

    @staticmethod
    def rows(layer: Any, weight: QuantizedWeight, index: Any, dtype: str) -> Any:
        values = ops.cast(ops.take(getattr(layer, weight.attribute), index, axis=0), dtype)
        return values / ops.expand_dims(ops.take(getattr(layer, f"{weight.name}_scale"), index, axis=0), -1)


class Int4:
    """Two integers in a byte, and a scale for each column; with blocks, a scale and a zero for each block of it."""

    @staticmethod
    def variables(layer: Any, weight: QuantizedWeight, config: Any) -> list[VariableSpec]:
        block = _block_size(layer, config)
        packed = tuple((size + 1) // 2 if i == weight.packed else size for i, size in enumerate(weight.matrix))
        groups = None if block is None else math.ceil(weight.summed_size / block)
        shape, name = weight.per_group(groups), weight.name
        specs = [
            VariableSpec(weight.attribute, name, packed, "int8"),
            VariableSpec(f"{name}_scale", f"{name}_scale", shape, None, "ones"),
        ]
        if block is not None:
            specs.append(VariableSpec(f"{name}_zero", f"{name}_zero", shape, "int8"))
            if not hasattr(layer, "g_idx"):  # which two tables of a layer share
                size = weight.summed_size
                specs.append(VariableSpec("g_idx", "g_idx", (size,), "float32", group_indices(size, block)))
        return specs

    @staticmethod
    def values(layer: Any, weight: QuantizedWeight, x: np.ndarray, config: Any) -> dict[str, Any]:
        matrix, block, name = x.reshape(weight.matrix), _block_size(layer, config), weight.name
        if block is None:
            values, scale = _quantized(layer, matrix, config, (weight.grouped,), (-8, 7))
            found = {f"{name}_scale": ops.squeeze(scale, weight.grouped)}
        else:
            turned = np.asarray if weight.grouped == 0 else np.transpose
            parts = abs_max_quantize_grouped_with_zero_point(turned(matrix), block)
            values, scale, zero = (turned(part) for part in parts)
            found = {f"{name}_scale": scale, f"{name}_zero": zero}
        return {weight.attribute: pack_int4(values, axis=weight.packed)[0], **found}

    @staticmethod
    def floats(layer: Any, weight: QuantizedWeight, dtype: str) -> Any:
        values = unpacked(layer, weight, dtype)
        zero = getattr(layer, f"{weight.name}_zero", None)
        scale = ops.cast(getattr(layer, f"{weight.name}_scale"), dtype)
        if zero is None:
            floats = values / ops.expand_dims(scale, weight.grouped)
        else:
            floats = from_groups(values, scale, zero, layer.g_idx, weight.grouped)
        return ops.reshape(floats, weight.shape)

    @staticmethod
    def factors(layer: Any, weight: QuantizedWeight, dtype: str) -> tuple[Any, Any]:
        return Int4.floats(layer, weight, dtype), None

    @staticmethod
    def rows(layer: Any, weight: QuantizedWeight, index: Any, dtype: str) -> Any:
        values = nibbles(ops.take(getattr(layer, weight.attribute), index, axis=0), weight.matrix[1], -1, True, dtype)
        scale = ops.take(getattr(layer, f"{weight.name}_scale"), index, axis=0)
        zero = getattr(layer, f"{weight.name}_zero", None)
        if zero is None:
            return values / ops.expand_dims(scale, -1)
        return from_groups_by_lookups(values, scale, ops.take(zero, index, axis=0), layer.g_idx, -1)


def unpacked(layer: Any, weight: QuantizedWeight, dtype: str) -> Any:
    """The integers of 4 bits of a weight as a matrix of floats."""
    variable = getattr(layer, weight.attribute)
    return nibbles(variable.value, weight.matrix[weight.packed], weight.packed, True, dtype)


def _block_size(layer: Any, config: Any) -> int | None:
    """Inputs that share a scale, by the configuration or else the policy; None if all do."""
    source = layer.dtype_policy if config is None else config
    size = getattr(source, "block_size", None)
    return None if size == -1 else size


def _quantized(layer: Any, x: np.ndarray, config: Any, axis: tuple[int, ...], value_range: tuple[int, int]) -> Any:
    """Integers and their scale, by the quantizer of the configuration if it has one.

    Raises:
        ValueError: if the quantizer has not reduced the axes over which products sum.
    """
    quantizer = QuantizationConfig.weight_quantizer_or_default(config, AbsMaxQuantizer(value_range=value_range))
    own = getattr(quantizer, "axis", None) is not None or not isinstance(quantizer, AbsMaxQuantizer)
    values, scale = quantizer(x) if own else quantizer(x, axis=axis)
    expected = tuple(1 if i in axis else size for i, size in enumerate(x.shape))
    if tuple(scale.shape) != expected:
        raise ValueError(
            f"quantize of layer {layer.name!r} expects weight_quantizer to give a scale of shape {expected} for a "
            f"weight of shape {x.shape}, got {tuple(scale.shape)}: its axis should be {axis}"
        )
    return values, scale
