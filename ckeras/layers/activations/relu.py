"""ReLU and its older relative, ThresholdedReLU."""

from typing import Any

from ckeras import activations, registry
from ckeras.layers.layer import Layer
from ckeras.tensor import arguments


def not_negative(value: Any, layer: str, name: str) -> Any:
    """Check that an option of an activation layer is a number of 0 or more."""
    try:
        if arguments.number(value, layer, name) >= 0:
            return value
    except TypeError:
        pass
    raise ValueError(f"{layer} expects {name} to be a number of 0 or more, got {arguments.shown(value)}")


@registry.layers.ship()
class ReLU(Layer):
    """Rectified linear unit: x, at most ``max_value``, from ``threshold`` on; negative_slope * (x - threshold) below.

    Args:
        max_value: upper bound, 0 or more; none if `None`.
        negative_slope: slope below the threshold, 0 or more.
        threshold: 0 or more.

    >>> import ckeras
    >>> ReLU(max_value=2.0)(ckeras.ops.convert_to_tensor([-1.0, 1.0, 3.0])).tolist()
    [0.0, 1.0, 2.0]
    """

    def __init__(self, max_value: Any = None, negative_slope: float = 0.0, threshold: float = 0.0, **kwargs: Any):
        negative_slope = kwargs.pop("alpha", negative_slope)  # its name in Keras 2
        super().__init__(**kwargs)
        self.max_value = arguments.optional(not_negative, max_value, "ReLU", "max_value")
        self.negative_slope = not_negative(negative_slope, "ReLU", "negative_slope")
        self.threshold = not_negative(threshold, "ReLU", "threshold")
        self.supports_masking = True
        self.built = True

    def call(self, inputs: Any) -> Any:
        return activations.relu(inputs, self.negative_slope, self.max_value, self.threshold)

    def compute_output_shape(self, input_shape: Any) -> Any:
        return input_shape

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "max_value": self.max_value,
            "negative_slope": self.negative_slope,
            "threshold": self.threshold,
        }


@registry.layers.ship()
class ThresholdedReLU(Layer):
    """x where x > theta, else 0: an activation layer of Keras 2.

    Args:
        theta: threshold, 0 or more.

    >>> import ckeras
    >>> ThresholdedReLU(1.0)(ckeras.ops.convert_to_tensor([-2.0, 0.5, 3.0])).tolist()
    [0.0, 0.0, 3.0]
    """

    def __init__(self, theta: float = 1.0, **kwargs: Any):
        super().__init__(**kwargs)
        self.theta = not_negative(theta, "ThresholdedReLU", "theta")
        self.supports_masking = True
        self.built = True

    def call(self, inputs: Any) -> Any:
        return activations.relu(inputs, threshold=self.theta)

    def compute_output_shape(self, input_shape: Any) -> Any:
        return input_shape

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "theta": self.theta}
