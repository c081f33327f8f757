"""UnitNormalization."""

from typing import Any

from ckeras import ops, registry
from ckeras.layers.layer import Layer
from ckeras.tensor import arguments


@registry.layers.ship()
class UnitNormalization(Layer):
    """x / ||x||, with the L2 norm along an axis; x where the norm is 0.

    Args:
        axis: one axis, or several along which the norm is taken together.

    >>> import ckeras
    >>> UnitNormalization()(ckeras.ops.array([[3.0, 4.0]])).numpy().round(3).tolist()
    [[0.6..., 0.8...]]
    """

    def __init__(self, axis: Any = -1, **kwargs: Any):
        super().__init__(**kwargs)
        if isinstance(axis, (list, tuple)):
            self.axis: Any = list(arguments.integers(axis, "UnitNormalization", "axis"))
        else:
            self.axis = arguments.integer(axis, "UnitNormalization", "axis")
        self.supports_masking = True
        self.built = True

    def call(self, inputs: Any) -> Any:
        axes = arguments.axes(self.axis, len(inputs.shape), f"layer {self.name!r}")
        return ops.normalize(inputs, axis=axes, order=2, epsilon=1e-12)

    def compute_output_shape(self, input_shape: Any) -> Any:
        arguments.axes(self.axis, len(input_shape), f"layer {self.name!r}")
        return input_shape

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "axis": self.axis}
