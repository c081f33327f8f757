"""ActivityRegularization."""

from typing import Any

from ckeras import registry, regularizers
from ckeras.layers.layer import Layer


@registry.layers.ship()
class ActivityRegularization(Layer):
    """The input itself; l1 * sum(|x|) + l2 * sum(x^2), divided by the batch size, is added to the losses.

    Args:
        l1, l2: factors, 0 or more.

    >>> import ckeras
    >>> layer = ActivityRegularization(l1=0.5)
    >>> layer(ckeras.ops.ones((2, 3))).shape, float(layer.losses[0])
    ((2, 3), 1.5)
    """

    def __init__(self, l1: float = 0.0, l2: float = 0.0, **kwargs: Any):
        super().__init__(activity_regularizer=regularizers.L1L2(l1=l1, l2=l2), **kwargs)
        self.l1 = l1
        self.l2 = l2
        self.supports_masking = True
        self.built = True

    def call(self, inputs: Any) -> Any:
        return inputs

    def compute_output_shape(self, input_shape: Any) -> Any:
        return input_shape

    def get_config(self) -> dict[str, Any]:
        config = super().get_config()
        del config["activity_regularizer"]
        return {**config, "l1": self.l1, "l2": self.l2}
