"""Weights of layers in the order and with the shapes of Keras 1, rearranged to those of today."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np


def rearranged(layer: Any, arrays: Sequence[np.ndarray]) -> list[np.ndarray]:
    """Rearrange the arrays that Keras 1 saved for a layer.

    Args:
        layer: The layer of today, which says what the arrays are.
        arrays: Its saved weights.

    Returns:
        The arrays in the order of the layer's weights, with their shapes; those of other layers as they are.
    """
    if type(layer).__name__ == "Bidirectional":
        half = len(arrays) // 2
        parts = (arrays[:half], arrays[half:])
        sides = (layer.forward_layer, layer.backward_layer)
        return [array for side, part in zip(sides, parts, strict=True) for array in rearranged(side, part)]
    if type(layer).__name__ == "TimeDistributed":
        return rearranged(layer.layer, arrays)
    return _RULES.get(type(layer).__name__, list)(arrays)


def _gates(order: Sequence[int]) -> Callable[[Sequence[np.ndarray]], list[np.ndarray]]:
    """Rule for a kernel, recurrent kernel and bias of each gate; ``order`` is that of the gates today."""

    def rule(arrays: Sequence[np.ndarray]) -> list[np.ndarray]:
        if len(arrays) != 3 * len(order):
            return list(arrays)
        return [np.concatenate([arrays[3 * gate + kind] for gate in order], axis=-1) for kind in range(3)]

    return rule


def _flat_kernel(arrays: Sequence[np.ndarray]) -> list[np.ndarray]:
    """Rule for a kernel of one dimension, which had a second one of size 1."""
    return [array[:, 0] if array.ndim == 4 and array.shape[1] == 1 else array for array in arrays]


_RULES: dict[str, Callable[[Sequence[np.ndarray]], list[np.ndarray]]] = {
    "LSTM": _gates((0, 2, 1, 3)),  # Keras 1 saved input, candidate, forget, output
    "GRU": _gates((0, 1, 2)),
    "Conv1D": _flat_kernel,
}
