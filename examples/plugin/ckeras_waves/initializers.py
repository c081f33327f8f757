"""Initializers."""

import math
from collections.abc import Sequence
from typing import Any

from ckeras import config, initializers, random


class SirenUniform(initializers.Initializer):
    """Uniform within `sqrt(6 / inputs) / frequency` of 0, for layers followed by a sine (Sitzmann et al., 2020).

    Args:
        frequency: Positive; what the sine multiplies its input by.
        seed: An integer, a `SeedGenerator`, or None for a new random seed each time.
    """

    def __init__(self, frequency: float = 1.0, seed: Any = None):
        if not frequency > 0:
            raise ValueError(f"SirenUniform expects frequency to be positive, got {frequency!r}.")
        self.frequency = frequency
        self.seed = seed

    def __call__(self, shape: Sequence[int], dtype: str | None = None) -> Any:
        inputs = math.prod(shape[:-1])
        limit = math.sqrt(6.0 / max(1, inputs)) / self.frequency
        return random.uniform(shape, -limit, limit, dtype=dtype or config.floatx(), seed=self.seed)

    def get_config(self) -> dict[str, Any]:
        return {"frequency": self.frequency, "seed": self.seed}
