"""Building of models that are defined by their `call`: a call with symbolic tensors makes all weights."""

from __future__ import annotations

import inspect
from typing import Any

from ckeras.layers.shapes import as_shape, map_shapes
from ckeras.tensor import KerasTensor
from ckeras.tensor.graph import inferring
from ckeras.utils.tracebacks import warn


def build_by_call(model: Any, *shapes: Any, **others: Any) -> None:
    """Make all weights of a model.

    Args:
        model: The model, which is not built if the call fails.
        shapes: Shapes of the positional arguments, batch included; structures of shapes for structures of inputs.
        others: Shapes of keyword arguments.
    """

    def tensors(shape: Any) -> Any:
        return map_shapes(lambda one: KerasTensor(one, model.compute_dtype), shape)

    model.built = True
    try:
        with inferring():
            model(*map(tensors, shapes), **{name: tensors(shape) for name, shape in others.items()})
    except BaseException:
        model.built = False
        raise


def note_shapes(model: Any, first: Any, others: dict[str, Any] | None) -> None:
    """Note the shapes of the tensors that a call gets, for `get_build_config`, if they are several."""
    if others:
        name = list(inspect.signature(type(model).call).parameters)[1]
        shapes = {f"{key}_shape": shape for key, shape in {name: first, **others}.items()}
        model.__dict__.update(_build_config=None, _build_shapes=shapes)


def build_from_config(model: Any, config: dict[str, Any]) -> None:
    """Make all weights of a model for the shapes that were saved; warn if it cannot be called with such inputs."""
    shapes = {key.removesuffix("_shape"): as_shape(shape) for key, shape in config.get("shapes_dict", {}).items()}
    try:
        if config.get("input_shape") is not None:
            build_by_call(model, as_shape(config["input_shape"]))
        elif shapes:
            build_by_call(model, **shapes)
    except Exception as error:
        warn(
            f"Model {model.name!r} cannot be built for the saved shapes {config}: {error}. Its class may define "
            "build_from_config."
        )
