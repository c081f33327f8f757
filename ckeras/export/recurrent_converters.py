"""Recurrent layers in ONNX."""

from __future__ import annotations

from typing import Any

import numpy as np

from ckeras.export.builder import Builder, converts

_ACTIVATIONS = {"tanh": "Tanh", "sigmoid": "Sigmoid", "relu": "Relu", "softsign": "Softsign", "linear": "Affine"}
# Class of a cell -> the ONNX operator, and the index here of each gate there.
_GATES = {"SimpleRNNCell": ("RNN", (0,)), "LSTMCell": ("LSTM", (0, 3, 1, 2)), "GRUCell": ("GRU", (0, 1, 2))}


def _activation(function: Any) -> str:
    name = getattr(function, "__name__", "linear")
    if name not in _ACTIVATIONS:
        raise ValueError(f"there is no converter to ONNX for a recurrent layer with the activation {name!r}")
    return _ACTIVATIONS[name]


def _turned(array: np.ndarray, order: tuple[int, ...]) -> np.ndarray:
    """Gates along the last axis, in another order and along the first axis."""
    gates = np.split(array, len(order), axis=-1)
    return np.concatenate([gates[i] for i in order], axis=-1).T


def _biases(cell: Any, order: tuple[int, ...]) -> np.ndarray:
    """The biases of the inputs and those of the state, one after the other."""
    size = cell.units * len(order)
    bias = np.zeros(size, "float32") if cell.bias is None else np.asarray(cell.bias)
    both = bias if bias.ndim == 2 else np.stack([bias, np.zeros_like(bias)])
    return np.concatenate([_turned(one, order) for one in both])


@converts("SimpleRNN", "LSTM", "GRU", "RNN")
def _recurrent(b: Builder, layer: Any, x: str) -> str:
    if layer.stateful or layer.return_state:
        raise ValueError("there is no converter to ONNX for stateful=True or return_state=True")
    x = b.add("Transpose", x, perm=[1, 0, 2])
    if layer.go_backwards:
        x = _reversed(b, x, 0)
    cells = layer.cell.cells if type(layer.cell).__name__ == "StackedRNNCells" else [layer.cell]
    for cell in cells:
        sequence, last = _cell(b, cell, x)
        x = b.add("Squeeze", sequence, b.integers([1]))
    return b.add("Transpose", x, perm=[1, 0, 2]) if layer.return_sequences else b.add("Squeeze", last, b.integers([0]))


def _reversed(b: Builder, x: str, axis: int) -> str:
    ends = ([-1], [np.iinfo(np.int64).min], [axis], [-1])
    return b.add("Slice", x, *map(b.integers, ends))


def _cell(b: Builder, cell: Any, x: str) -> list[str]:
    """The outputs of a cell at all steps, (steps, 1, batch, units), and at the last one."""
    if type(cell).__name__ not in _GATES:
        raise ValueError(f"there is no converter to ONNX for the cell {type(cell).__name__}")
    kind, order = _GATES[type(cell).__name__]
    activations = [_activation(cell.activation)]
    if kind != "RNN":
        activations = [_activation(cell.recurrent_activation), *activations]
    if kind == "LSTM":
        activations.append(activations[-1])
    weights = [_turned(np.asarray(cell.kernel), order), _turned(np.asarray(cell.recurrent_kernel), order)]
    inputs = [b.constant(array[None]) for array in (*weights, _biases(cell, order))]
    options = {"linear_before_reset": int(cell.reset_after)} if kind == "GRU" else {}
    options |= {"hidden_size": cell.units, "activations": activations}
    return b.add(kind, x, *inputs, outputs=3 if kind == "LSTM" else 2, **options)[:2]


@converts("Bidirectional")
def _bidirectional(b: Builder, layer: Any, x: str) -> str:
    merges = {"concat": "Concat", "sum": "Sum", "ave": "Mean", "mul": "Mul"}
    if layer.merge_mode not in merges:
        raise ValueError(f"there is no converter to ONNX for merge_mode={layer.merge_mode!r}")
    forward, backward = _recurrent(b, layer.forward_layer, x), _recurrent(b, layer.backward_layer, x)
    if layer.forward_layer.return_sequences:
        backward = _reversed(b, backward, 1)
    return b.add(merges[layer.merge_mode], forward, backward, axis=-1 if layer.merge_mode == "concat" else None)
