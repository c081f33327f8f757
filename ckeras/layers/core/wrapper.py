"""Wrapper."""

from __future__ import annotations

from typing import Any

from ckeras import registry
from ckeras.layers.layer import Layer


@registry.layers.ship()
class Wrapper(Layer):
    """Base of layers that change what another layer does. Subclasses define `call`.

    Args:
        layer: the layer.

    >>> import ckeras
    >>> class Twice(Wrapper):
    ...     def call(self, inputs):
    ...         return self.layer(self.layer(inputs))
    >>> Twice(ckeras.layers.Dense(3))(ckeras.ops.ones((2, 3))).shape
    (2, 3)
    """

    def __init__(self, layer: Layer, **kwargs: Any):
        if not isinstance(layer, Layer):
            raise ValueError(f"{type(self).__name__} expects layer to be a layer, got {layer!r:.80}")
        super().__init__(**kwargs)
        self.layer = layer

    def build(self, input_shape: Any = None) -> None:
        if not self.layer.built:
            self.layer._build(input_shape)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "layer": registry.layers.serialize(self.layer)}

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: dict[str, Any] | None = None) -> Layer:
        layer = registry.layers.deserialize(config["layer"], custom_objects)
        return super().from_config({**config, "layer": layer})
