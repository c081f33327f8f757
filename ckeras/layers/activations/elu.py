"""ELU."""

from typing import Any

from ckeras import activations, registry
from ckeras.layers.layer import Layer
from ckeras.tensor import arguments


@registry.layers.ship()
class ELU(Layer):
    """Exponential linear unit: x if x > 0, else alpha * (exp(x) - 1) (Clevert et al., 2016).

    Args:
        alpha: scale of the negative part.

    >>> import ckeras
    >>> ELU()(ckeras.ops.convert_to_tensor([0.0, 2.0])).tolist()
    [0.0, 2.0]
    """

    def __init__(self, alpha: float = 1.0, **kwargs: Any):
        super().__init__(**kwargs)
        arguments.number(alpha, "ELU", "alpha")
        self.alpha = alpha
        self.supports_masking = True
        self.built = True

    def call(self, inputs: Any) -> Any:
        return activations.elu(inputs, self.alpha)

    def compute_output_shape(self, input_shape: Any) -> Any:
        return input_shape

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "alpha": self.alpha}
