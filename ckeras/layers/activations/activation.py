"""An activation function as a layer."""

from typing import Any

from ckeras import activations, registry
from ckeras.layers.layer import Layer


@registry.layers.ship()
class Activation(Layer):
    """activation(x).

    Args:
        activation: name or function.

    >>> import ckeras
    >>> Activation("relu")(ckeras.ops.convert_to_tensor([-1.0, 2.0])).tolist()
    [0.0, 2.0]
    """

    def __init__(self, activation: Any, **kwargs: Any):
        super().__init__(**kwargs)
        self.supports_masking = True
        self.activation = activations.get(activation)
        self.built = True

    def call(self, inputs: Any) -> Any:
        return self.activation(inputs)

    def compute_output_shape(self, input_shape: Any) -> Any:
        return input_shape

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "activation": activations.serialize(self.activation)}
