"""The function that combined tensors in Keras 1."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ckeras.layers.core.lambda_layer import Lambda
from ckeras.layers.merging.concatenate import Concatenate
from ckeras.layers.merging.dot import Dot
from ckeras.layers.merging.elementwise import Add, Average, Maximum, Multiply

_ELEMENTWISE = {"sum": Add, "mul": Multiply, "ave": Average, "max": Maximum}
_MODES = (*_ELEMENTWISE, "concat", "dot", "cos")


def merge(
    inputs: Sequence[Any],
    mode: str | Callable[[Sequence[Any]], Any] = "sum",
    concat_axis: int = -1,
    dot_axes: Any = -1,
    output_shape: Any = None,
    output_mask: Any = None,
    arguments: dict[str, Any] | None = None,
    name: str | None = None,
) -> Any:
    """Combine tensors as Keras 1 did; today there are a layer and a function for each mode.

    Args:
        inputs: tensors.
        mode: "sum", "mul", "ave", "max", "concat", "dot", "cos" (cosine similarity), or a function of the list.
        concat_axis: axis of the mode "concat".
        dot_axes: axis, or one for each of two inputs, of the modes "dot" and "cos".
        output_shape, output_mask, arguments: as for `Lambda`, of a mode that is a function.
        name: name of the layer.

    Raises:
        ValueError: if there is no such mode.

    >>> import ckeras
    >>> merge([ckeras.ops.ones((1, 2)), ckeras.ops.zeros((1, 3))], mode="concat").tolist()
    [[1.0, 1.0, 0.0, 0.0, 0.0]]
    """
    if callable(mode):
        return Lambda(mode, output_shape, output_mask, arguments, name=name)(inputs)
    if mode not in _MODES:
        raise ValueError(f"merge expects mode to be a function or one of {', '.join(_MODES)}, got {mode!r}")
    if mode == "concat":
        return Concatenate(axis=concat_axis, name=name)(inputs)
    if mode in ("dot", "cos"):
        return Dot(axes=dot_axes, normalize=mode == "cos", name=name)(inputs)
    return _ELEMENTWISE[mode](name=name)(inputs)
