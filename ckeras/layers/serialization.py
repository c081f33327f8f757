"""Configs of layers, and layers from configs."""

from typing import Any

from ckeras import registry
from ckeras.layers.layer import Layer


def serialize(layer: Any) -> Any:
    """The config of a layer, from which `deserialize` makes an equal one with new weights."""
    return registry.layers.serialize(layer)


def deserialize(config: Any, custom_objects: dict | None = None) -> Any:
    """The layer that a config of `serialize`, or a name, describes.

    Raises:
        ValueError: if the config is none of a layer, or names nothing known.
    """
    layer = registry.layers.deserialize(config, custom_objects)
    if not isinstance(layer, Layer):
        raise ValueError(f"Expected the config of a layer, got that of {registry.source(type(layer))}.")
    return layer
