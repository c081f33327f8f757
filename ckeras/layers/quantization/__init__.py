"""Layers with quantized weights: what `quantize` makes of a layer, and how it computes then."""

from ckeras.layers.quantization.modes import (
    build,
    check_config,
    config_of,
    product,
    quantize,
    rounded_bias,
    rows,
    stored,
)
from ckeras.layers.quantization.order import EMBEDDINGS, KERNEL
from ckeras.layers.quantization.weight import QuantizedWeight

__all__ = [
    "EMBEDDINGS", "KERNEL", "QuantizedWeight", "build", "check_config", "config_of", "product", "quantize",
    "rounded_bias", "rows", "stored",
]  # fmt: skip
