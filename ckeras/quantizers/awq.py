"""AWQ: weights that meet large activations are scaled up before they are rounded (Lin et al., 2023)."""

from __future__ import annotations

from typing import Any

import numpy as np

from ckeras.quantizers.groups import affine_parameters, to_groups

_SMALLEST_SCALE, _SMALLEST_ACTIVATION = np.float32(1e-4), 1e-8


class Magnitudes:
    """The maximum absolute value of each input of a product.

    Args:
        size: Number of inputs.
    """

    def __init__(self, size: int):
        self.values = np.zeros(size, np.float32)

    def update(self, x: np.ndarray) -> None:
        """Take further inputs, of shape (samples, size), into the maximum."""
        np.maximum(self.values, np.abs(x.astype(np.float32)).max(axis=0), out=self.values)


def quantized(weights: np.ndarray, magnitudes: Magnitudes, config: Any) -> dict[str, np.ndarray]:
    """Round weights after each input's were multiplied by a power of its magnitude, which the kept scale undoes.

    The exponent from 0 to 1 is that with the smallest squared error, weighted by the squared magnitudes.

    Args:
        weights: Transposed kernel, (outputs, inputs).
        magnitudes: Maxima over the inputs of samples.
        config: `AWQConfig`.

    Returns:
        "quantized" (outputs, inputs), "kernel_scale" and "kernel_zero" (outputs, groups), "awq_scales" (inputs,), and
        "g_idx" (inputs,), the group of each input.
    """
    weights = weights.astype(np.float32)
    largest = magnitudes.values
    largest = np.where(largest < _SMALLEST_ACTIVATION, np.float32(1), largest)
    smallest_error, best = np.inf, {}
    for i in range(config.num_grid_points + 1):
        scales = np.maximum(largest ** np.float32(i / config.num_grid_points), _SMALLEST_SCALE)
        scales = scales / np.sqrt(scales.max() * scales.min())
        found, floats = _rounded(weights * scales, config.weight_bits, config.group_size)
        error = np.mean(np.square(weights - floats / scales) * np.square(largest))
        if not best or error < smallest_error:
            smallest_error, best = error, {**found, "awq_scales": scales}
    return best


def _rounded(w: np.ndarray, bits: int, group_size: int) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """The integers of weights with their parameters, and the floats that they stand for."""
    scale, zero = affine_parameters(w, bits, group_size=group_size)
    group = np.zeros(w.shape[1], int) if group_size == -1 else np.arange(w.shape[1]) // group_size
    integers = to_groups(w, scale[:, group], zero[:, group], bits)
    floats = (integers - zero[:, group].astype(w.dtype)) * scale[:, group]
    kept = {"quantized": integers, "kernel_scale": scale, "kernel_zero": zero, "g_idx": group.astype(np.float32)}
    return kept, floats
