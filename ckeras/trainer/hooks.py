"""The methods of a model that a subclass may override, and whether it has."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import lru_cache
from typing import Any, TypeVar

Method = TypeVar("Method", bound=Callable[..., Any])
_SHIPPED: dict[str, Callable[..., Any]] = {}


def hook(method: Method) -> Method:
    """Decorator of a shipped method on which it depends how a model is run whether a subclass overrides it."""
    _SHIPPED[method.__name__] = method
    return method


def overrides(model: Any, *names: str) -> bool:
    """Whether the class of a model overrides any of these hooks."""
    return any(getattr(type(model), name) is not _SHIPPED[name] for name in names)


@lru_cache(maxsize=1024)
def takes(function: Any, name: str) -> bool:
    """Whether a function takes an argument of this name."""
    parameters = inspect.signature(function).parameters.values()
    return any(p.name == name or p.kind is p.VAR_KEYWORD for p in parameters)
