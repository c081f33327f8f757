"""Operations on symbolic tensors in ONNX, such as the sum that ``x + y`` makes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ckeras.export.builder import Builder

# Operation -> the ONNX operator of as many arguments.
OPERATORS = {
    "Add": "Add", "Subtract": "Sub", "Multiply": "Mul", "TrueDivide": "Div", "Divide": "Div", "Maximum": "Max",
    "Minimum": "Min", "Power": "Pow", "Exp": "Exp", "Log": "Log", "Sqrt": "Sqrt", "Absolute": "Abs", "Tanh": "Tanh",
    "Sigmoid": "Sigmoid", "Relu": "Relu", "Negative": "Neg", "Reciprocal": "Reciprocal", "Floor": "Floor",
    "Ceil": "Ceil", "Sin": "Sin", "Cos": "Cos", "Erf": "Erf", "Softplus": "Softplus",
}  # fmt: skip


def operation(b: Builder, made: Any, args: Sequence[Any]) -> str:
    """Add a call of an operation.

    Args:
        b: The builder.
        made: The operation.
        args: Names of values, and numbers or arrays.
    """
    kind = type(made).__name__
    if kind not in OPERATORS:
        raise ValueError("there is no converter to ONNX for it")
    return b.add(OPERATORS[kind], *(x if isinstance(x, str) else b.constant(np.asarray(x), "float32") for x in args))
