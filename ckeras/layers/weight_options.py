"""The initializer, regularizer and constraint that a layer's constructor is given for each of its weights."""

from __future__ import annotations

from typing import Any

from ckeras import constraints, initializers, regularizers
from ckeras.layers.layer import Layer
from ckeras.tensor import Variable

_KINDS: dict[str, Any] = {"initializer": initializers, "regularizer": regularizers, "constraint": constraints}


def keep_options(layer: Layer, **options: Any) -> None:
    """Set each of the options, such as ``kernel_initializer``, as an attribute of the layer: the object it names."""
    for name, value in options.items():
        setattr(layer, name, _KINDS[name.rpartition("_")[2]].get(value))


def add_weight(layer: Layer, name: str, shape: tuple[int, ...], option: str | None = None, **more: Any) -> Variable:
    """Make the weight ``name`` with the options of the layer that begin with ``option``, its name by default."""
    found = {kind: getattr(layer, f"{option or name}_{kind}", None) for kind in _KINDS}
    return layer.add_weight(shape, **found, name=name, **more)


def options_config(layer: Layer, *weights: str) -> dict[str, Any]:
    """The options of these weights as the layer's config holds them."""
    return {
        f"{weight}_{kind}": module.serialize(getattr(layer, f"{weight}_{kind}"))
        for weight in weights
        for kind, module in _KINDS.items()
        if hasattr(layer, f"{weight}_{kind}")
    }
