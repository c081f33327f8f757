"""Rescaling."""

from typing import Any

import numpy as np

from ckeras import ops, registry
from ckeras.layers.layer import Layer
from ckeras.tensor import arguments
from ckeras.tensor.dtypes import FLOATS


@registry.layers.ship()
class Rescaling(Layer):
    """x * scale + offset, in floats.

    Args:
        scale, offset: numbers, or arrays that broadcast to the input: for example one for each channel.

    >>> import ckeras
    >>> Rescaling(1 / 127.5, offset=-1.0)(ckeras.ops.array([[0, 255]], "uint8")).tolist()
    [[-1.0, 1.0]]
    """

    def __init__(self, scale: Any, offset: Any = 0.0, **kwargs: Any):
        super().__init__(**kwargs)
        for name, value in (("scale", scale), ("offset", offset)):
            if np.asarray(value).dtype.kind not in "biuf":
                raise TypeError(f"Rescaling expects {name} to be numbers, got {arguments.shown(value)}")
        self.scale = scale
        self.offset = offset
        self.supports_masking = True

    def call(self, inputs: Any) -> Any:
        x = inputs if inputs.dtype in FLOATS else ops.cast(inputs, self.variable_dtype)
        scale, offset = (ops.cast(v, x.dtype) for v in (self.scale, self.offset))
        return x * scale + offset

    def compute_output_shape(self, input_shape: Any) -> Any:
        return input_shape

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "scale": self.scale, "offset": self.offset}
