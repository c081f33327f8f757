"""Identity."""

from typing import Any

from ckeras import registry
from ckeras.layers.layer import Layer


@registry.layers.ship()
class Identity(Layer):
    """The input itself, a tensor or a structure of tensors.

    >>> import ckeras
    >>> Identity()(ckeras.ops.ones((2, 3))).shape
    (2, 3)
    """

    def __init__(self, **kwargs: Any):
        super().__init__(**kwargs)
        self.supports_masking = True
        self.built = True

    def call(self, inputs: Any) -> Any:
        return inputs

    def compute_output_shape(self, input_shape: Any) -> Any:
        return input_shape
