"""Weights of layers in the order and with the shapes of Keras 1 and 2, rearranged to those of today."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from ckeras.utils.tracebacks import warn

Arrays = list[np.ndarray]


class Origin(NamedTuple):
    """The Keras that wrote a file: its version, and its backend, which Keras 1 did not note."""

    version: tuple[int, ...]
    backend: str | None


def rearranged(layer: Any, arrays: Sequence[np.ndarray], origin: Origin) -> Arrays:
    """Rearrange the arrays that Keras 1 or 2 saved for a layer.

    Args:
        layer: The layer of today, which says what the arrays are.
        arrays: Its saved weights.
        origin: What wrote them.

    Returns:
        The arrays in the order of the layer's weights, with their shapes; those that no rule is for as they are.
    """
    kind, arrays = type(layer).__name__, list(arrays)
    if kind == "Bidirectional":
        half = len(arrays) // 2
        parts = (layer.forward_layer, arrays[:half]), (layer.backward_layer, arrays[half:])
        return [array for side, part in parts for array in rearranged(side, part, origin)]
    if kind == "TimeDistributed":
        return rearranged(layer.layer, arrays, origin)
    if kind in ("Functional", "Sequential"):
        return _of_model(layer, arrays, origin)
    rules = [rule for before, kinds, rule in _RULES if origin.version < before and kind in kinds]
    for rule in rules:
        arrays = rule(layer, arrays, origin)
    return arrays


def _of_model(model: Any, arrays: Arrays, origin: Origin) -> Arrays:
    """The arrays of a model within a model: the trainable ones of all layers, then the others."""
    if len(arrays) != len(model.weights):
        return arrays
    if any(layer.name.endswith(CARRY) for layer in model.layers) and len(arrays) == 4:
        return [arrays[i] for i in (0, 2, 1, 3)]  # of Highway, which has both kernels first
    found, rest = [], iter(arrays)
    for kind in ("trainable_weights", "non_trainable_weights"):
        for layer in model.layers:
            part = [next(rest) for _ in getattr(layer, kind)]
            found += rearranged(layer, part, origin) if part else []
    return found


CARRY = "_carry"  # ends the name of the layer of a Highway that computes the gate


def _gates(order: Sequence[int]) -> Callable[..., Arrays]:
    """Rule for a kernel, recurrent kernel and bias of each gate; ``order`` is that of the gates today."""

    def rule(layer: Any, arrays: Arrays, origin: Origin) -> Arrays:
        if len(arrays) != 3 * len(order):
            return arrays
        return [np.concatenate([arrays[3 * gate + kind] for gate in order], axis=-1) for kind in range(3)]

    return rule


def _of_cudnn(layer: Any, arrays: Arrays, origin: Origin) -> Arrays:
    """The weights of a layer of cuDNN: transposed gates in the memory of the kernels, and two biases for each unit."""
    n_gates = {"LSTM": 4, "GRU": 3}[type(layer).__name__]
    if len(arrays) != 3 or arrays[2].shape != (2 * n_gates * layer.units,):
        return arrays
    kernels, recurrent = (np.split(array, n_gates, axis=1) for array in arrays[:2])
    kernel = np.concatenate([gate.T.reshape(gate.shape, order="F") for gate in kernels], axis=1)
    biases = arrays[2].reshape(2, -1)
    bias = biases.sum(0) if n_gates == 4 else biases  # GRU adds one to the input, the other to the state
    return [kernel, np.concatenate([gate.T for gate in recurrent], axis=1), bias]


def _kernel_of_keras_1(layer: Any, arrays: Arrays, origin: Origin) -> Arrays:
    """Kernels of (filters, channels, *window) for channels first, and of one dimension with a second one of size 1."""
    kind, (kernel, *rest) = type(layer).__name__, arrays
    is_first = layer.data_format == "channels_first"
    if kind == "Conv1D" and kernel.ndim == 4:
        if kernel.shape[:2] != (layer.kernel_size[0], 1) or kernel.shape[3] != layer.filters:
            kernel = kernel.transpose(2, 3, 1, 0)  # before Keras 1.2
        return [kernel[:, 0], *rest]
    if is_first and origin.backend is None:
        warn(
            f"The file of layer {layer.name!r} does not say which backend wrote it: the kernels of Keras 1 on Theano "
            "are flipped, those on TensorFlow, which are assumed, are not"
        )
    window = tuple(range(2, kernel.ndim))
    if kind == "Conv2DTranspose":
        return [kernel.transpose((2, 3, 0, 1) if is_first else (0, 1, 3, 2)), *rest]
    return [kernel.transpose(*window, 1, 0) if is_first else kernel, *rest]


def _kernel_of_theano(layer: Any, arrays: Arrays, origin: Origin) -> Arrays:
    """Kernels that are flipped, as Theano convolves with them, and those with channels and filters first."""
    shape = tuple(layer.weights[0].shape)
    n_kernels = 2 if type(layer).__name__ == "ConvLSTM2D" else 1
    found = []
    for kernel in arrays[:n_kernels]:
        if origin.backend == "theano":
            kernel = kernel[(slice(None, None, -1),) * (kernel.ndim - 2)]
        if kernel.ndim == 4 and arrays[0].shape != shape:
            kernel = kernel.transpose(3, 2, 0, 1)
        found.append(kernel)
    return [*found, *arrays[n_kernels:]]


_CONVOLUTIONS = ("Conv1D", "Conv2D", "Conv3D", "Conv2DTranspose")
# Rules apply to files of versions before the first entry, in this order.
_RULES: list[tuple[tuple[int, ...], tuple[str, ...], Callable[[Any, Arrays, Origin], Arrays]]] = [
    ((2,), ("LSTM",), _gates((0, 2, 1, 3))),  # Keras 1 saved input, candidate, forget, output
    ((2,), ("GRU",), _gates((0, 1, 2))),
    ((2,), ("ConvLSTM2D",), _gates((0, 2, 1, 3))),
    ((2,), _CONVOLUTIONS, _kernel_of_keras_1),
    ((3,), (*_CONVOLUTIONS, "ConvLSTM2D"), _kernel_of_theano),
    ((3,), ("LSTM", "GRU"), _of_cudnn),
]
