"""Recurrent ops in ONNX: its operators where they express the op, and else a loop over the steps."""

from __future__ import annotations

from typing import Any

import numpy as np

from ckeras.export.builder import Builder, converts
from ckeras.export.sizes import Call, Value
from ckeras.ops import zeros_like
from ckeras.ops.nn.recurrent import _by_scan
from ckeras.tensor import Tensor

# Op -> the ONNX operator, and the index here of each gate there.
_CELLS = {
    "simple_rnn": ("RNN", (0,)),
    "lstm": ("LSTM", (0, 3, 1, 2)),
    "gru": ("GRU", (0, 1, 2)),
    "gru_before": ("GRU", (0, 1, 2)),
}
# Activation -> the ONNX one, alpha and beta, of which None stands for no such parameter.
_ACTIVATIONS = {
    "tanh": ("Tanh", None, None),
    "sigmoid": ("Sigmoid", None, None),
    "relu": ("Relu", None, None),
    "linear": ("Affine", 1.0, 0.0),
    "hard_sigmoid": ("HardSigmoid", 1 / 6, 0.5),
}


@converts(*_CELLS)
def _recurrent(b: Builder, call: Call) -> list[str]:
    given = dict(zip(call["given"], call.inputs, strict=True))
    if "mask" in given or "dropped" in given or given["kernel"].constant is None:
        return b.formula(lambda *inputs, **attrs: _steps(call.op.name, inputs, attrs), call.inputs, call.each)
    kind, order = _CELLS[call.op.name]
    x, kernel, bias = _product(b, given["x"])
    units = given["kernel"].shape[0]
    recurrent = given["kernel"].constant
    own = given["bias"].known() if "bias" in given else np.zeros(recurrent.shape[1], recurrent.dtype)
    biases = np.concatenate([_turned(bias, order), _turned(own, order)])
    weights = [b.constant(array[None]) for array in (_turned(kernel, order), _turned(recurrent, order), biases)]
    states = [_state(b, given[name]) for name in ("h0", "c0") if name in given]
    names = [call["activation"]] if kind == "RNN" else [call["gate_activation"], call["activation"]]
    functions = [_ACTIVATIONS[name] for name in (*names, *names[1:] * (kind == "LSTM"))]
    options: dict[str, Any] = {"hidden_size": units, "activations": [name for name, _, _ in functions]}
    options["activation_alpha"] = [alpha for _, alpha, _ in functions if alpha is not None] or None
    options["activation_beta"] = [beta for _, _, beta in functions if beta is not None] or None
    options["direction"] = "reverse" if call["reverse"] else "forward"
    if kind == "GRU":
        options["linear_before_reset"] = int(call.op.name == "gru")
    turned = b.transpose(x, [1, 0, 2])
    found = b.add(kind, turned, *weights, "", *states, outputs=3 if kind == "LSTM" else 2, **options)
    made = {"hs": (found[0], 1), "h": (found[1], 0), "c": (found[-1], 0)}
    results = []
    for name in call["made"]:
        y, axis = made[name]
        y = b.add("Squeeze", y, b.integers([axis]))
        results.append(b.transpose(y, [1, 0, 2]) if name == "hs" else y)
    return results


def _steps(cell: str, inputs: tuple[Tensor, ...], attrs: dict[str, Any]) -> list[Tensor]:
    given = dict(zip(attrs["given"], inputs, strict=True))
    found, _ = _by_scan(cell, given, attrs, zeros_like(given["x"]))
    return [found[name] for name in attrs["made"]]


def _turned(array: np.ndarray, order: tuple[int, ...]) -> np.ndarray:
    """Gates along the last axis, in another order and along the first axis."""
    gates = np.split(array, len(order), axis=-1)
    return np.concatenate([gates[i] for i in order], axis=-1).T


def _state(b: Builder, x: Value) -> str:
    """An initial state with an axis of directions; none if it is 0."""
    if x.arrays is not None and not any(a.any() for a in x.arrays):
        return ""
    return b.add("Unsqueeze", b.of(x), b.integers([0]))


def _product(b: Builder, x: Value) -> tuple[str, np.ndarray, np.ndarray]:
    """(inputs, kernel, bias) of which the op's argument is the product; the kernel is the identity if it is none."""
    size, dtype = x.shapes[0][-1], x.dtype
    bias = np.zeros(size, dtype)
    made = x
    if made.call is not None and made.call.op.name == "add" and made.readers == 1:
        for product, added in (made.call.inputs, made.call.inputs[::-1]):
            if added.constant is not None and added.constant.shape[-1:] == (size,) and added.constant.size == size:
                made, bias = product, added.constant.ravel()
                break
    if made.call is not None and made.call.op.name == "matmul" and made.readers == 1:
        inputs, kernel = made.call.inputs
        is_plain = not any(made.call.each[0].get(name) for name in ("transpose_a", "transpose_b"))
        if kernel.constant is not None and kernel.constant.ndim == 2 and len(inputs.shape) == 3 and is_plain:
            return b.of(inputs), kernel.constant, bias
    return b.of(made), np.eye(size, dtype=dtype), bias
