"""CategoryEncoding."""

from __future__ import annotations

from typing import Any

from ckeras import ops, registry
from ckeras.layers.layer import Layer
from ckeras.layers.output_spec import output_spec
from ckeras.layers.preprocessing.encoding import encode
from ckeras.tensor import arguments

_MODES = ("one_hot", "multi_hot", "count")


@registry.layers.ship()
class CategoryEncoding(Layer):
    """Encode integers from 0 to num_tokens - 1 as vectors of 0 and 1, or of counts. Other integers give zeros.

    Args:
        num_tokens: number of categories.
        output_mode:

            - "one_hot": a vector for each integer: (batch,) or (batch, 1) -> (batch, num_tokens), (batch, n) ->
              (batch, n, num_tokens);
            - "multi_hot": one vector for each sample, 1 at the integers that it has: (batch, n) -> (batch, num_tokens);
            - "count": as "multi_hot", with the number of times that each occurs.

            In the last two, an input of one axis is a single sample.
        sparse: must be false; tensors are dense.

    Call arguments:
        inputs: integers.
        count_weights: with "count", what each integer counts instead of 1.

    >>> import ckeras
    >>> CategoryEncoding(4, output_mode="count")(ckeras.ops.array([[0, 1, 1]])).tolist()
    [[1.0, 2.0, 0.0, 0.0]]
    """

    def __init__(
        self, num_tokens: int | None = None, output_mode: str = "multi_hot", sparse: bool = False, **kwargs: Any
    ):
        super().__init__(**kwargs)
        output_mode = "multi_hot" if output_mode == "binary" else output_mode  # its name in Keras 2
        self.output_mode = arguments.choice(output_mode, "CategoryEncoding", "output_mode", _MODES)
        if num_tokens is None:
            raise ValueError("CategoryEncoding expects num_tokens, the number of categories")
        if sparse:
            raise ValueError(f"CategoryEncoding gives dense tensors: expected sparse=False, got {sparse!r}")
        self.num_tokens = arguments.integer(num_tokens, "CategoryEncoding", "num_tokens", minimum=1)
        self.sparse = False

    def build(self, input_shape: Any) -> None:
        self.compute_output_shape(input_shape)

    def call(self, inputs: Any, count_weights: Any = None) -> Any:
        if count_weights is not None and self.output_mode != "count":
            raise ValueError(f"layer {self.name!r} expects count_weights with output_mode 'count' alone")
        x = ops.cast(inputs, "int32")
        self.compute_output_shape(x.shape)
        return encode(x, self.output_mode, self.num_tokens, self.variable_dtype, counted=count_weights)

    def compute_output_spec(self, inputs: Any, count_weights: Any = None) -> Any:
        return output_spec(self, self.compute_output_shape(inputs.shape), self.variable_dtype)

    def compute_output_shape(self, input_shape: Any, count_weights: Any = None) -> tuple[int | None, ...]:
        shape = tuple(input_shape)
        if self.output_mode == "one_hot":
            if not shape:
                return (1, self.num_tokens)
            return (*(shape[:-1] if len(shape) > 1 and shape[-1] == 1 else shape), self.num_tokens)
        if len(shape) > 2:
            raise ValueError(
                f"layer {self.name!r} with output_mode {self.output_mode!r} expects inputs of at most 2 axes, got "
                f"shape {shape}"
            )
        return (*shape[:-1], self.num_tokens)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "num_tokens": self.num_tokens, "output_mode": self.output_mode}
