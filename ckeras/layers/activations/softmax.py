"""Softmax."""

from typing import Any

from ckeras import activations, ops, registry
from ckeras.layers.layer import Layer
from ckeras.tensor import arguments


@registry.layers.ship()
class Softmax(Layer):
    """exp(x) / sum(exp(x)) along an axis, over the elements that a mask selects.

    Args:
        axis: one axis, or several over which the sum runs together.

    Call arguments:
        inputs: tensor of logits.
        mask: booleans of the shape of ``inputs``, true for the elements to use. The others become 0, all of them where
            none is used.

    >>> import ckeras
    >>> Softmax()(ckeras.ops.zeros((1, 4)), mask=ckeras.ops.array([[True, False, True, False]])).tolist()
    [[0.5, 0.0, 0.5, 0.0]]
    """

    def __init__(self, axis: Any = -1, **kwargs: Any):
        super().__init__(**kwargs)
        self.axis = axis if isinstance(axis, int) else list(arguments.integers(axis, "Softmax", "axis"))
        self.supports_masking = True
        self.built = True

    def call(self, inputs: Any, mask: Any = None) -> Any:
        rank = len(inputs.shape)
        axes = arguments.axes(self.axis, rank, f"layer {self.name!r}")
        if mask is not None:
            mask = ops.cast(mask, "bool")
            lowest = -3e4 if inputs.dtype == "float16" else -1e9
            inputs = ops.where(mask, inputs, ops.cast(lowest, inputs.dtype))
        if len(axes) == 1:
            y = activations.softmax(inputs, axis=axes[0])
        else:
            y = ops.exp(inputs - ops.logsumexp(inputs, axis=axes, keepdims=True))
        return y if mask is None else y * ops.cast(mask, y.dtype)

    def compute_output_shape(self, input_shape: Any) -> Any:
        return input_shape

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "axis": self.axis}
