"""Activation functions and layers in ONNX."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ckeras.export.builder import Builder, converts

# Function -> the ONNX operator and its attributes.
_OPERATORS: dict[str, tuple[str, dict[str, Any]]] = {
    "relu": ("Relu", {}),
    "sigmoid": ("Sigmoid", {}),
    "tanh": ("Tanh", {}),
    "softmax": ("Softmax", {"axis": -1}),
    "log_softmax": ("LogSoftmax", {"axis": -1}),
    "softplus": ("Softplus", {}),
    "softsign": ("Softsign", {}),
    "exponential": ("Exp", {}),
    "elu": ("Elu", {}),
    "selu": ("Selu", {}),
    "leaky_relu": ("LeakyRelu", {"alpha": 0.2}),
    "hard_sigmoid": ("HardSigmoid", {"alpha": 1 / 6, "beta": 0.5}),
    "hard_silu": ("HardSwish", {}),
}


def _gelu(b: Builder, x: str) -> str:
    inner = b.add("Erf", b.add("Mul", x, b.number(2**-0.5)))
    return b.add("Mul", b.add("Mul", x, b.number(0.5)), b.add("Add", inner, b.number(1)))


_COMPOSED: dict[str, Callable[[Builder, str], str]] = {
    "linear": lambda b, x: x,
    "silu": lambda b, x: b.add("Mul", x, b.add("Sigmoid", x)),
    "mish": lambda b, x: b.add("Mul", x, b.add("Tanh", b.add("Softplus", x))),
    "relu6": lambda b, x: b.add("Clip", x, b.number(0), b.number(6)),
    "gelu": _gelu,
}


def activation(b: Builder, function: Any, x: str) -> str:
    """Add an activation function; ValueError if there is none of that name in ONNX."""
    name = "linear" if function is None else getattr(function, "__name__", type(function).__name__)
    if name in _OPERATORS:
        kind, attributes = _OPERATORS[name]
        return b.add(kind, x, **attributes)
    if name in _COMPOSED:
        return _COMPOSED[name](b, x)
    raise ValueError(f"there is no converter to ONNX for the activation {name!r}")


@converts("Activation")
def _activation(b: Builder, layer: Any, x: str) -> str:
    return activation(b, layer.activation, x)


@converts("ReLU")
def _relu(b: Builder, layer: Any, x: str) -> str:
    if layer.threshold:
        low = b.add("Mul", b.add("Sub", x, b.number(layer.threshold)), b.number(layer.negative_slope))
        y = b.add("Where", b.add("GreaterOrEqual", x, b.number(layer.threshold)), x, low)
    else:
        y = b.add("LeakyRelu", x, alpha=float(layer.negative_slope)) if layer.negative_slope else b.add("Relu", x)
    return y if layer.max_value is None else b.add("Min", y, b.number(layer.max_value))


@converts("LeakyReLU")
def _leaky_relu(b: Builder, layer: Any, x: str) -> str:
    return b.add("LeakyRelu", x, alpha=float(layer.negative_slope))


@converts("ELU")
def _elu(b: Builder, layer: Any, x: str) -> str:
    return b.add("Elu", x, alpha=float(layer.alpha))


@converts("PReLU")
def _prelu(b: Builder, layer: Any, x: str) -> str:
    return b.add("PRelu", x, b.constant(layer.alpha))


@converts("Softmax")
def _softmax(b: Builder, layer: Any, x: str) -> str:
    if not isinstance(layer.axis, int):
        raise ValueError("ONNX has Softmax for one axis only")
    return b.add("Softmax", x, axis=layer.axis)
