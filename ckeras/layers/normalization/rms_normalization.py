"""RMSNormalization."""

from __future__ import annotations

from typing import Any

from ckeras import ops, registry
from ckeras.layers.layer import Layer
from ckeras.layers.normalization.arguments import check_axes, check_epsilon
from ckeras.tensor import arguments
from ckeras.tensor.dtypes import FLOATS


@registry.layers.ship()
class RMSNormalization(Layer):
    """x / sqrt(mean(x^2) + epsilon) * scale, with the mean of each sample (Zhang and Sennrich, 2019).

    Args:
        axis: the axis, or axes, over which the mean is taken, and of which the scale has the shape.
        epsilon: added to the mean.

    >>> import ckeras
    >>> RMSNormalization(epsilon=0.0)(ckeras.ops.array([[3.0, -3.0]])).tolist()
    [[1.0, -1.0]]
    """

    def __init__(self, axis: Any = -1, epsilon: float = 1e-06, **kwargs: Any):
        super().__init__(**kwargs)
        self.axis = list(arguments.integers(axis, "RMSNormalization", "axis"))
        self.epsilon = check_epsilon(self, epsilon)

    def build(self, input_shape: Any) -> None:
        shape = tuple(input_shape[a] for a in check_axes(self, self.axis, input_shape))
        self.scale = self.add_weight(shape, "ones", name="scale")

    def call(self, x: Any) -> Any:
        x = x if x.dtype in FLOATS else ops.cast(x, self.variable_dtype)
        return ops.rms_normalization(x, self.scale, tuple(self.axis), self.epsilon)

    def compute_output_shape(self, input_shape: Any) -> Any:
        check_axes(self, self.axis, input_shape)
        return input_shape

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "axis": self.axis, "epsilon": self.epsilon}
