"""A low-rank update of a frozen weight (Hu et al., 2021)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ckeras import ops
from ckeras.layers.layer import Layer
from ckeras.tensor import arguments


def checked_rank(layer: Layer, rank: Any) -> int | None:
    """``rank`` as an integer; None and 0 mean no update."""
    return arguments.integer(rank, type(layer).__name__, "lora_rank", minimum=1) if rank else None


def enable_lora(
    layer: Layer, name: str, shape: Callable[[], tuple[int, ...]], rank: int, alpha: float | None,
    a_initializer: Any, b_initializer: Any,
) -> None:  # fmt: skip
    """Freeze the weight ``_<name>``, and make the layer's weights ``lora_<name>_a`` and ``lora_<name>_b``, whose
    product is its update, scaled by alpha / rank. ``shape`` is that of the weight before it is quantized.

    Shapes: weight (..., n), a (..., rank), b (rank, n).

    Raises:
        ValueError: if the layer is not built, or has an update already, or its weight has a constraint.
        NotImplementedError: if the weight is quantized otherwise than in integers of 8 or 4 bits.
    """
    if getattr(layer, f"{name}_constraint") is not None:
        raise ValueError(f"layer {layer.name!r}: {name} with a constraint cannot have a low-rank update")
    if not layer.built:
        raise ValueError(f"layer {layer.name!r} must be built before enable_lora")
    if layer.lora_enabled:
        raise ValueError(f"layer {layer.name!r} has a low-rank update already")
    rank = arguments.integer(rank, f"enable_lora of layer {layer.name!r}", "rank", minimum=1)
    if layer.quantization_mode not in (None, "int8", "int4"):
        raise NotImplementedError(f"layer {layer.name!r} is quantized as {layer.quantization_mode!r}, without update")
    *rows, columns = shape()
    regularizer = getattr(layer, f"{name}_regularizer")
    for part, shape, initializer in (("a", (*rows, rank), a_initializer), ("b", (rank, columns), b_initializer)):
        made = layer.add_weight(shape, initializer, regularizer=regularizer, name=f"lora_{name}_{part}")
        setattr(layer, f"lora_{name}_{part}", made)
    getattr(layer, f"_{name}").trainable = False
    layer.lora_rank, layer.lora_alpha = rank, rank if alpha is None else alpha
    layer.lora_enabled = True


def update_of(layer: Layer, a: Any, b: Any) -> Any:
    """alpha / rank * a @ b"""
    return (layer.lora_alpha / layer.lora_rank) * ops.matmul(a, b)


def product_of_update(layer: Layer, x: Any, multiply: Callable[[Any, Any], Any]) -> Any:
    """alpha / rank * multiply(x, a) @ b, for a kernel"""
    return (layer.lora_alpha / layer.lora_rank) * ops.matmul(multiply(x, layer.lora_kernel_a), layer.lora_kernel_b)


def lora_config(layer: Layer) -> dict[str, Any]:
    """What a layer's config says of its update: nothing if it has none."""
    return {"lora_rank": layer.lora_rank, "lora_alpha": layer.lora_alpha} if layer.lora_rank else {}
