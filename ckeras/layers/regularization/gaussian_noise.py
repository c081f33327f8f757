"""GaussianNoise."""

from typing import Any

from ckeras import random, registry
from ckeras.layers.layer import Layer
from ckeras.layers.regularization.rates import as_float, fraction, noisy_spec


@registry.layers.ship()
class GaussianNoise(Layer):
    """While training, x + noise, normal with mean 0; at other times, the input itself.

    Args:
        stddev: standard deviation of the noise, in [0, 1].
        seed: an integer, to repeat the noise.

    >>> import ckeras
    >>> GaussianNoise(0.5)(ckeras.ops.ones((1, 2))).tolist()
    [[1.0, 1.0]]
    """

    def __init__(self, stddev: float, seed: int | None = None, **kwargs: Any):
        super().__init__(**kwargs)
        self.stddev = fraction(stddev, "GaussianNoise", "stddev")
        self.seed = seed
        self.supports_masking = True
        if self.stddev > 0:
            self.seed_generator = random.SeedGenerator(seed)
        self.built = True

    def call(self, inputs: Any, training: bool = False) -> Any:
        if training and self.stddev > 0:
            inputs = as_float(self, inputs)
            return inputs + random.normal(inputs.shape, 0.0, self.stddev, inputs.dtype, self.seed_generator)
        return inputs

    def compute_output_spec(self, inputs: Any, training: bool = False) -> Any:
        return noisy_spec(self, inputs, bool(training) and self.stddev > 0)

    def compute_output_shape(self, input_shape: Any) -> Any:
        return input_shape

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "stddev": self.stddev, "seed": self.seed}
