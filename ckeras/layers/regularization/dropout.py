"""Dropout."""

from typing import Any

from ckeras import random, registry
from ckeras.layers.layer import Layer
from ckeras.layers.regularization.rates import fraction, noisy_spec
from ckeras.layers.shapes import is_shape


@registry.layers.ship()
class Dropout(Layer):
    """While training, sets each element to 0 with probability ``rate`` and divides the others by 1 - rate.

    At other times, the input itself (Srivastava et al., 2014).

    Args:
        rate: in [0, 1].
        noise_shape: shape of the mask, broadcast to the input's; `None` at an axis takes the input's size.
        seed: an integer, to repeat the masks.
    """

    def __init__(self, rate: float, noise_shape: Any = None, seed: int | None = None, **kwargs: Any):
        super().__init__(**kwargs)
        self.rate = fraction(rate, type(self).__name__, "rate")
        if noise_shape is not None and not (is_shape(noise_shape) and all(d is None or d > 0 for d in noise_shape)):
            raise ValueError(
                f"Dropout expects noise_shape to be a tuple of positive integers or None, got {noise_shape!r}"
            )
        self.noise_shape = None if noise_shape is None else tuple(noise_shape)
        self.seed = seed
        self.supports_masking = True
        if self.rate > 0:
            self.seed_generator = random.SeedGenerator(seed)
        self.built = True

    def call(self, inputs: Any, training: bool = False) -> Any:
        if training and self.rate > 0:
            return random.dropout(inputs, self.rate, self.noise_shape, self.seed_generator)
        return inputs

    def compute_output_spec(self, inputs: Any, training: bool = False) -> Any:
        return noisy_spec(self, inputs, bool(training) and self.rate > 0)

    def compute_output_shape(self, input_shape: Any) -> Any:
        return input_shape

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "rate": self.rate, "seed": self.seed, "noise_shape": self.noise_shape}
