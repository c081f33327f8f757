"""Layers."""

import math
from typing import Any

from ckeras import initializers, layers, ops


class FourierFeatures(layers.Layer):
    """`[cos(2 pi x @ b), sin(2 pi x @ b)]` of fixed random directions `b` (Tancik et al., 2020).

    Args:
        units: Number of directions.
        stddev: Standard deviation of the directions: the larger, the finer the detail that a model can follow.
        seed: Seed of the directions, or None.

    Shapes: (batch, ..., n) -> (batch, ..., 2 * units).
    """

    def __init__(self, units: int = 16, stddev: float = 1.0, seed: int | None = None, **kwargs: Any):
        super().__init__(**kwargs)
        if not isinstance(units, int) or units < 1:
            raise ValueError(f"FourierFeatures expects units to be a positive integer, got {units!r}.")
        self.units = units
        self.stddev = stddev
        self.seed = seed

    def build(self, input_shape: Any) -> None:
        self.directions = self.add_weight(
            (input_shape[-1], self.units),
            initializer=initializers.RandomNormal(stddev=self.stddev, seed=self.seed),
            trainable=False,
            name="directions",
        )

    def call(self, inputs: Any) -> Any:
        angles = 2.0 * math.pi * ops.matmul(inputs, self.directions)
        return ops.concatenate([ops.cos(angles), ops.sin(angles)], axis=-1)

    def compute_output_shape(self, input_shape: Any) -> tuple[int | None, ...]:
        return (*input_shape[:-1], 2 * self.units)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "units": self.units, "stddev": self.stddev, "seed": self.seed}
