"""RepeatVector."""

from typing import Any

from ckeras import ops, registry
from ckeras.layers.input_spec import InputSpec
from ckeras.layers.layer import Layer
from ckeras.tensor import arguments


@registry.layers.ship()
class RepeatVector(Layer):
    """Repeat each sample n times: (batch, features) -> (batch, n, features).

    Args:
        n: number of repetitions, 1 or more.

    >>> import ckeras
    >>> RepeatVector(3)(ckeras.ops.ones((2, 5))).shape
    (2, 3, 5)
    """

    def __init__(self, n: int, **kwargs: Any):
        super().__init__(**kwargs)
        self.n = arguments.integer(n, "RepeatVector", "n", minimum=1)
        self.input_spec = InputSpec(ndim=2)

    def call(self, inputs: Any) -> Any:
        return ops.repeat(ops.expand_dims(inputs, 1), self.n, axis=1)

    def compute_output_shape(self, input_shape: Any) -> tuple[int | None, ...]:
        return (input_shape[0], self.n, input_shape[1])

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "n": self.n}
