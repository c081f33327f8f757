"""AlphaDropout."""

from typing import Any

from ckeras import ops, random, registry
from ckeras.layers.layer import Layer
from ckeras.layers.regularization.rates import as_float, fraction, noisy_spec
from ckeras.tensor import arguments

# Limit of SELU towards minus infinity: -scale * alpha (Klambauer et al., 2017).
_SATURATION = -1.0507009873554804934193349852946 * 1.6732632423543772848170429916717


@registry.layers.ship()
class AlphaDropout(Layer):
    """While training, sets elements to SELU's negative saturation value with probability ``rate``, then scales and
    shifts all, so that mean and variance stay what they were. At other times, the input itself.

    After Klambauer et al., Self-Normalizing Neural Networks, 2017.

    Args:
        rate: in [0, 1).
        noise_shape: shape of the mask, broadcast to the input's; `None` at an axis takes the input's size.
        seed: an integer, to repeat the masks.

    >>> import ckeras
    >>> AlphaDropout(0.5)(ckeras.ops.ones((1, 2))).tolist()
    [[1.0, 1.0]]
    """

    def __init__(self, rate: float, noise_shape: Any = None, seed: int | None = None, **kwargs: Any):
        super().__init__(**kwargs)
        self.rate = fraction(rate, "AlphaDropout", "rate", below=True)
        if noise_shape is not None:
            noise_shape = arguments.partial_shape(noise_shape, "AlphaDropout", "noise_shape", minimum=1)
        self.noise_shape = noise_shape
        self.seed = seed
        self.supports_masking = True
        if self.rate > 0:
            self.seed_generator = random.SeedGenerator(seed)
        self.built = True

    def call(self, inputs: Any, training: bool = False) -> Any:
        if not training or self.rate == 0:
            return inputs
        inputs = as_float(self, inputs)
        # dropout of ones gives 0 or 1 / (1 - rate)
        ones = ops.ones_like(inputs)
        kept = random.dropout(ones, self.rate, self.noise_shape, self.seed_generator) > 0
        scale = ((1 - self.rate) * (1 + self.rate * _SATURATION**2)) ** -0.5
        return scale * ops.where(kept, inputs, ops.cast(_SATURATION, inputs.dtype)) - scale * _SATURATION * self.rate

    def compute_output_spec(self, inputs: Any, training: bool = False) -> Any:
        return noisy_spec(self, inputs, bool(training) and self.rate > 0)

    def compute_output_shape(self, input_shape: Any) -> Any:
        return input_shape

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "rate": self.rate, "seed": self.seed, "noise_shape": self.noise_shape}
