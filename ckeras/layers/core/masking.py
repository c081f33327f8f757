"""Masking."""

from typing import Any

from ckeras import ops, registry
from ckeras.layers.layer import Layer


@registry.layers.ship()
class Masking(Layer):
    """Mask the timesteps whose features all equal ``mask_value``, and set them to 0.

    The mask of an input of shape (batch, ..., features) is boolean, of shape (batch, ...), true at timesteps to use.

    Args:
        mask_value: a number; a layer's config may hold it as a tensor too.

    >>> import ckeras
    >>> Masking()([[[0.0, 0.0], [0.0, 1.0]]])._keras_mask.tolist()
    [[False, True]]
    """

    def __init__(self, mask_value: Any = 0.0, **kwargs: Any):
        super().__init__(**kwargs)
        self.mask_value = mask_value
        self.supports_masking = True
        self.built = True

    def compute_mask(self, inputs: Any, mask: Any = None) -> Any:
        return ops.any(ops.not_equal(inputs, self.mask_value), axis=-1)

    def call(self, inputs: Any) -> Any:
        used = ops.any(ops.not_equal(inputs, self.mask_value), axis=-1, keepdims=True)
        return inputs * ops.cast(used, inputs.dtype)

    def compute_output_shape(self, input_shape: Any) -> Any:
        return input_shape

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "mask_value": self.mask_value}
