"""The graph of an ONNX model while it is made."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

OPSET = 17

Converter = Callable[["Builder", Any, Any], Any]
CONVERTERS: dict[str, Converter] = {}


def converts(*names: str) -> Callable[[Converter], Converter]:
    """Decorator: the function converts calls of the layers or operations with these class names.

    It gets the builder, the layer and the name of its input, or a list of names, and returns the name of its output.
    """

    def decorate(function: Converter) -> Converter:
        CONVERTERS.update(dict.fromkeys(names, function))
        return function

    return decorate


class Builder:
    """Collects nodes and constants; values are called by names.

    Args:
        onnx: The package onnx.
    """

    def __init__(self, onnx: Any):
        self.onnx = onnx
        self.nodes: list[Any] = []
        self.constants: dict[str, Any] = {}
        self.ranks: dict[str, int] = {}  # of inputs of layers
        self._count = 0

    def name(self, kind: str) -> str:
        """A new name."""
        self._count += 1
        return f"{kind}_{self._count}"

    def add(self, kind: str, *inputs: str, outputs: int = 1, **attributes: Any) -> Any:
        """Add a node; return the name of its output, or a list of several."""
        names = [self.name(kind.lower()) for _ in range(outputs)]
        given = {key: value for key, value in attributes.items() if value is not None}
        self.nodes.append(self.onnx.helper.make_node(kind, list(inputs), names, **given))
        return names[0] if outputs == 1 else names

    def constant(self, value: Any, dtype: str | None = None) -> str:
        """Add a constant; return its name."""
        array = np.asarray(value.numpy() if hasattr(value, "numpy") else value, dtype)
        name = self.name("constant")
        self.constants[name] = self.onnx.numpy_helper.from_array(np.ascontiguousarray(array).reshape(array.shape), name)
        return name

    def number(self, value: float) -> str:
        """Add a float32 constant."""
        return self.constant(value, "float32")

    def integers(self, values: Sequence[int]) -> str:
        """Add a vector of int64."""
        return self.constant(list(values), "int64")
