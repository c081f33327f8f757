"""Context managers for symbolic mode, names and devices."""

import re
from typing import Any

from ckeras import config

scope = config.scope


class SymbolicScope:
    """Context manager that marks code that runs on symbolic tensors."""

    def __enter__(self) -> "SymbolicScope":
        self._outer = getattr(scope, "symbolic", None)
        scope.symbolic = self
        return self

    def __exit__(self, *exc: Any) -> None:
        scope.symbolic = self._outer


class name_scope:
    """Context manager that adds ``name`` to the paths of variables created inside.

    Args:
        name: a name without "/".
        caller: an object on whose behalf the scope is entered.
        deduplicate: whether a scope within one of the same name and caller adds nothing.
        override_parent: a path that replaces the enclosing names.

    >>> import ckeras
    >>> with name_scope("encoder"):
    ...     ckeras.Variable(1.0, name="scale").path
    'encoder/scale'
    """

    def __init__(
        self, name: str, caller: Any = None, deduplicate: bool = True, override_parent: str | None = None, **kwargs: Any
    ):
        if kwargs:
            raise TypeError(f"name_scope got unknown arguments {sorted(kwargs)}")
        if not isinstance(name, str) or "/" in name:
            raise ValueError(f"name_scope expects a name without '/', got {name!r}")
        self.name = name
        self.caller = caller
        self.deduplicate = deduplicate
        self.override_parent = override_parent

    def __enter__(self) -> "name_scope":
        above = self._above = getattr(scope, "path", ())
        last = above[-1] if above and isinstance(above[-1], name_scope) else None
        repeated = last is not None and last.caller is self.caller and last.name == self.name
        if self.deduplicate and self.caller is not None and repeated:
            return self
        if self.override_parent is not None:
            above = tuple(name_scope(part) for part in self.override_parent.split("/") if part)
        scope.path = (*above, self)
        return self

    def __exit__(self, *exc: Any) -> None:
        scope.path = self._above


def device(device_name: str) -> "_Device":
    """Return a context manager that selects a device; the only one is the CPU: "cpu" or "cpu:0".

    Raises:
        ValueError: for another name.
    """
    return _Device(device_name)


class _Device:
    """The one device."""

    def __init__(self, device_name: str):
        if not isinstance(device_name, str) or not re.fullmatch(r"/?(device:)?cpu(:0)?", device_name.lower()):
            raise ValueError(f"device expects 'cpu' or 'cpu:0', the only device there is, got {device_name!r}")
        self.name = "cpu:0"

    def __enter__(self) -> "_Device":
        return self

    def __exit__(self, *exc: Any) -> None:
        pass
