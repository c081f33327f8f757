"""Reshape."""

import math
from typing import Any

from ckeras import ops, registry
from ckeras.layers.layer import Layer
from ckeras.layers.output_spec import output_spec
from ckeras.tensor import arguments


@registry.layers.ship()
class Reshape(Layer):
    """Give each sample another shape: (batch, *shape) -> (batch, *target_shape).

    Args:
        target_shape: integers, the batch left out; -1 (or None) for one axis takes the size that keeps the number of
            elements.

    Raises ValueError if ``target_shape`` has more than one -1, or does not hold the elements of the input.

    >>> import ckeras
    >>> Reshape((3, -1))(ckeras.ops.ones((2, 6))).shape
    (2, 3, 2)
    """

    def __init__(self, target_shape: Any, **kwargs: Any):
        super().__init__(**kwargs)
        shape = arguments.partial_shape(target_shape, "Reshape", "target_shape", minimum=-1)
        self.target_shape = tuple(-1 if d is None else d for d in shape)
        if self.target_shape.count(-1) > 1:
            raise ValueError(f"Reshape expects at most one -1 in target_shape, got {target_shape!r}")
        self.built = True

    def call(self, inputs: Any) -> Any:
        return ops.reshape(inputs, self.compute_output_shape(inputs.shape))

    def compute_output_shape(self, input_shape: Any) -> tuple[int | None, ...]:
        batch, *sizes = input_shape
        known = math.prod(d for d in self.target_shape if d != -1)
        if None in sizes:
            return (batch, *(None if d == -1 else d for d in self.target_shape))
        size = math.prod(sizes)
        fits = size == known if -1 not in self.target_shape else known and size % known == 0
        if not fits:
            raise ValueError(
                f"layer {self.name!r} cannot reshape samples of shape {tuple(sizes)}, {size} elements, to target_shape "
                f"{self.target_shape}"
            )
        return (batch, *(size // known if d == -1 else d for d in self.target_shape))

    def compute_output_spec(self, inputs: Any) -> Any:
        return output_spec(self, self.compute_output_shape(inputs.shape), inputs.dtype)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "target_shape": self.target_shape}
