"""Flatten."""

import math
from typing import Any

from ckeras import config, ops, registry
from ckeras.layers.input_spec import InputSpec
from ckeras.layers.layer import Layer
from ckeras.layers.output_spec import output_spec


@registry.layers.ship()
class Flatten(Layer):
    """All axes but the batch joined into one: (batch, a, b, ...) -> (batch, a * b * ...).

    Args:
        data_format: "channels_last" or "channels_first", whose channels are moved to the end first.

    >>> import ckeras
    >>> Flatten()(ckeras.ops.ones((2, 8, 8))).shape
    (2, 64)
    """

    def __init__(self, data_format: str | None = None, **kwargs: Any):
        super().__init__(**kwargs)
        data_format = config.image_data_format() if data_format is None else data_format
        if data_format not in ("channels_last", "channels_first"):
            raise ValueError(f"Flatten expects data_format 'channels_last' or 'channels_first', got {data_format!r}")
        self.data_format = data_format
        self.input_spec = InputSpec(min_ndim=1)

    def call(self, inputs: Any) -> Any:
        rank = len(inputs.shape)
        if self.data_format == "channels_first" and rank > 2:
            inputs = ops.transpose(inputs, (0, *range(2, rank), 1))
        return ops.reshape(inputs, self.compute_output_shape(inputs.shape))

    def compute_output_shape(self, input_shape: Any) -> tuple[int | None, ...]:
        batch, *rest = input_shape
        return (batch, None if None in rest else math.prod(rest))

    def compute_output_spec(self, inputs: Any) -> Any:
        return output_spec(self, self.compute_output_shape(inputs.shape), inputs.dtype)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "data_format": self.data_format}
