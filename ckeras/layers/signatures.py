"""What the methods of a layer take, by their signatures."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import lru_cache
from typing import Any


@lru_cache(maxsize=4096)
def parameters(function: Callable[..., Any]) -> tuple[str, ...]:
    """The names of a function's parameters."""
    return tuple(inspect.signature(function).parameters)


@lru_cache(maxsize=4096)
def default_training(call: Callable[..., Any]) -> Any:
    """The default of the parameter ``training`` of a layer's `call`; None if it has none."""
    parameter = inspect.signature(call).parameters.get("training")
    return None if parameter is None or parameter.default is parameter.empty else parameter.default


def takes(layer: Any, argument: str) -> bool:
    """Whether the layer's `call` has a parameter of this name."""
    return argument in parameters(type(layer).call)
