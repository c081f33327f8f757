"""Pipeline."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ckeras import registry
from ckeras.layers.layer import Layer
from ckeras.tensor.arguments import signature


@registry.layers.ship()
class Pipeline(Layer):
    """Apply layers one after another, as a model of preprocessing layers.

    Args:
        layers: list of layers. Each gets ``training``, and the mask of its input, if its `call` takes them.
        name: of the layer.

    >>> import ckeras
    >>> Pipeline([ckeras.layers.Reshape((6,)), ckeras.layers.Dense(4)])(ckeras.ops.ones((2, 3, 2))).shape
    (2, 4)
    """

    def __init__(self, layers: Sequence[Layer], name: str | None = None):
        super().__init__(name=name)
        wrong = [x for x in layers if not isinstance(x, Layer)]
        if wrong:
            raise ValueError(f"Pipeline expects layers to be a list of layers, got {wrong[0]!r:.80} in it")
        self._pipeline_layers = list(layers)

    @property
    def layers(self) -> list[Layer]:
        """The layers in order."""
        return self._pipeline_layers

    def call(self, inputs: Any, training: bool = True, mask: Any = None) -> Any:
        for layer in self._pipeline_layers:
            given = {} if mask is None or "mask" not in signature(type(layer).call).parameters else {"mask": mask}
            inputs, mask = layer(inputs, training=training, **given), None  # from here on tensors carry their masks
        return inputs

    def get_config(self) -> dict[str, Any]:
        return {"layers": [registry.layers.serialize(x) for x in self._pipeline_layers], "name": self.name}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Pipeline:
        return cls([registry.layers.deserialize(x) for x in config["layers"]], config.get("name"))
