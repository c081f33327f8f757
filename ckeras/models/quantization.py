"""Quantization of the layers of a model."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from ckeras.layers.layer import Layer
from ckeras.models.calibration import calibrate, layers_of
from ckeras.quantizers.config import resolve

_CALIBRATED = ("gptq", "awq")


def quantize_model(model: Any, mode: Any, config: Any, filters: Any, type_check: bool = True) -> None:
    """Quantize each layer of a model that has the mode, and that filters choose; all checks come before any change."""
    config = resolve(mode, config, f"quantize of model {model.name!r}")
    chosen = _filter(filters)

    def fits(layer: Any) -> bool:
        able = isinstance(layer, Layer) and config.mode in layer.quantization_modes and not layer._sublayers()
        ours = not type_check or type(layer).__module__.startswith("ckeras.layers.")
        return able and ours and chosen(layer)

    if config.mode in _CALIBRATED:
        blocks = layers_of(model, config, fits)
        layers = [layer for _, inside in blocks for layer in inside]
    else:
        layers = [layer for layer in model._flatten_layers(include_self=False) if fits(layer)]
    for layer in layers:
        if not layer.built:
            raise ValueError(f"quantize of model {model.name!r} expects a model that is built; {layer.name!r} is not")
        if layer.quantization_mode is not None:
            raise ValueError(f"layer {layer.name!r} is quantized already, as {layer.dtype_policy.name!r}")
    if config.mode in _CALIBRATED:
        calibrate(model, config, blocks, type_check)
    else:
        for layer in layers:
            layer.quantize(config.mode, type_check=type_check, config=config)
    model._forget()
    model._calls.forget()


def _filter(filters: Any) -> Callable[[Any], bool]:
    """A function of a layer of what `quantize` takes as filters."""
    if filters is None:
        return lambda layer: True
    if callable(filters):
        return lambda layer: bool(filters(layer))
    patterns = [filters] if isinstance(filters, str) else list(filters)
    if not all(isinstance(pattern, str) for pattern in patterns):
        raise ValueError(f"quantize expects filters to be regular expressions or a function, got {filters!r:.80}")
    return lambda layer: any(re.search(pattern, layer.name) for pattern in patterns)
