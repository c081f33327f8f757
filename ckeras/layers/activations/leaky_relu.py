"""LeakyReLU."""

from typing import Any

from ckeras import activations, registry
from ckeras.layers.activations.relu import not_negative
from ckeras.layers.layer import Layer


@registry.layers.ship()
class LeakyReLU(Layer):
    """Leaky rectified linear unit: x if x >= 0, else negative_slope * x (Maas et al., 2013).

    Args:
        negative_slope: 0 or more. Keras 2 called it ``alpha``, which is understood too.

    >>> import ckeras
    >>> LeakyReLU(0.5)(ckeras.ops.convert_to_tensor([-1.0, 2.0])).tolist()
    [-0.5, 2.0]
    """

    def __init__(self, negative_slope: float = 0.3, **kwargs: Any):
        negative_slope = kwargs.pop("alpha", negative_slope)
        super().__init__(**kwargs)
        self.negative_slope = not_negative(negative_slope, "LeakyReLU", "negative_slope")
        self.supports_masking = True
        self.built = True

    def call(self, inputs: Any) -> Any:
        return activations.leaky_relu(inputs, self.negative_slope)

    def compute_output_shape(self, input_shape: Any) -> Any:
        return input_shape

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "negative_slope": self.negative_slope}
