"""GaussianDropout."""

import math
from typing import Any

from ckeras import random, registry
from ckeras.layers.layer import Layer
from ckeras.layers.regularization.rates import as_float, fraction, noisy_spec


@registry.layers.ship()
class GaussianDropout(Layer):
    """While training, x * noise, normal with mean 1 and the variance rate / (1 - rate) that dropout has.

    At other times, the input itself (Srivastava et al., 2014, section 10).

    Args:
        rate: in [0, 1).
        seed: an integer, to repeat the noise.

    >>> import ckeras
    >>> GaussianDropout(0.5)(ckeras.ops.ones((1, 2))).tolist()
    [[1.0, 1.0]]
    """

    def __init__(self, rate: float, seed: int | None = None, **kwargs: Any):
        super().__init__(**kwargs)
        self.rate = fraction(rate, "GaussianDropout", "rate", below=True)
        self.seed = seed
        self.supports_masking = True
        if self.rate > 0:
            self.seed_generator = random.SeedGenerator(seed)
        self.built = True

    def call(self, inputs: Any, training: bool = False) -> Any:
        if training and self.rate > 0:
            inputs = as_float(self, inputs)
            stddev = math.sqrt(self.rate / (1 - self.rate))
            return inputs * random.normal(inputs.shape, 1.0, stddev, inputs.dtype, self.seed_generator)
        return inputs

    def compute_output_spec(self, inputs: Any, training: bool = False) -> Any:
        return noisy_spec(self, inputs, bool(training) and self.rate > 0)

    def compute_output_shape(self, input_shape: Any) -> Any:
        return input_shape

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "rate": self.rate, "seed": self.seed}
