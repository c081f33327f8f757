"""Arguments of layers with spatial axes: data formats, and sizes for each axis."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import wraps
from typing import Any, ParamSpec

from ckeras import config
from ckeras.tensor import arguments

P = ParamSpec("P")


def standard_data_format(data_format: str | None, layer: str) -> str:
    """``data_format``, or the configured one if it is None; raise ValueError if it is neither of the two."""
    if data_format is None:
        return config.image_data_format()
    return arguments.choice(data_format, layer, "data_format", ("channels_last", "channels_first"))


def each_axis(value: Any, rank: int, layer: str, name: str, minimum: int = 1) -> tuple[int, ...]:
    """``value``, an integer or one for each of ``rank`` spatial axes, as a tuple of ``rank`` integers."""
    found = arguments.integers(value, layer, name, minimum=minimum)
    if len(found) == 1 and not hasattr(value, "__len__"):
        return found * rank
    if len(found) != rank:
        raise ValueError(f"{layer} expects {name} to be an integer or {rank} integers, got {arguments.shown(value)}")
    return found


def pairs(value: Any, rank: int, layer: str, name: str) -> tuple[tuple[int, int], ...]:
    """Sizes before and after each of ``rank`` spatial axes: of one integer, one for each axis, or a pair for each."""
    if not hasattr(value, "__len__"):
        return ((arguments.integer(value, layer, name, minimum=0),) * 2,) * rank
    if len(value) != rank:
        raise ValueError(
            f"{layer} expects {name} to be an integer, or {rank} integers or pairs, got {arguments.shown(value)}"
        )
    return tuple(each_axis(v, 2, layer, name, minimum=0) for v in value)  # type: ignore[misc]


def spatial_axes(rank: int, data_format: str) -> range:
    """The indices of the spatial axes of a batch with ``rank`` of them."""
    return range(1, rank + 1) if data_format == "channels_last" else range(2, rank + 2)


def with_defaults(init: Callable[P, None], **defaults: Any) -> Callable[P, None]:
    """An `__init__` that does what ``init`` does, whose signature shows other defaults.

    They must mean the same as those of ``init``, as (1, 1) means 1 to a layer with two spatial axes.
    """

    @wraps(init)
    def initialize(self: Any, *args: Any, **kwargs: Any) -> None:
        init(self, *args, **kwargs)  # type: ignore[call-arg]

    signature = inspect.signature(init)
    parameters = [p.replace(default=defaults.get(p.name, p.default)) for p in signature.parameters.values()]
    initialize.__signature__ = signature.replace(parameters=parameters)  # type: ignore[attr-defined]
    return initialize
