"""Permute."""

from typing import Any

from ckeras import ops, registry
from ckeras.layers.input_spec import InputSpec
from ckeras.layers.layer import Layer
from ckeras.tensor import arguments


@registry.layers.ship()
class Permute(Layer):
    """Permute the axes of samples: axis i of the output is axis ``dims[i - 1]`` of the input.

    Args:
        dims: a permutation of 1 to the number of axes of a sample; axis 0, the batch, stays.

    >>> import ckeras
    >>> Permute((2, 1))(ckeras.ops.ones((5, 3, 4))).shape
    (5, 4, 3)
    """

    def __init__(self, dims: Any, **kwargs: Any):
        super().__init__(**kwargs)
        self.dims = arguments.integers(dims, "Permute", "dims")
        if sorted(self.dims) != list(range(1, len(self.dims) + 1)):
            raise ValueError(f"Permute expects dims to be a permutation of 1 to {len(self.dims)}, got {dims!r}")
        self.input_spec = InputSpec(ndim=len(self.dims) + 1)

    def call(self, inputs: Any) -> Any:
        return ops.transpose(inputs, (0, *self.dims))

    def compute_output_shape(self, input_shape: Any) -> tuple[int | None, ...]:
        return (input_shape[0], *(input_shape[d] for d in self.dims))

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "dims": self.dims}
