"""The layers, each in a short file of its own, in folders as the Keras documentation groups them."""

from typing import Any

from ckeras import registry
from ckeras.layers.activations.activation import Activation
from ckeras.layers.core.dense import Dense
from ckeras.layers.core.input_layer import Input, InputLayer
from ckeras.layers.input_spec import InputSpec
from ckeras.layers.layer import Layer
from ckeras.layers.regularization.dropout import Dropout
from ckeras.layers.reshaping.flatten import Flatten


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


__all__ = [
    "Activation",
    "Dense",
    "Dropout",
    "Flatten",
    "Input",
    "InputLayer",
    "InputSpec",
    "Layer",
    "deserialize",
    "serialize",
]
__dir__ = __all__.copy
