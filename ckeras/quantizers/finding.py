"""Lookup and serialization of quantizers."""

from __future__ import annotations

import inspect
from typing import Any

from ckeras import quantizers as shipped, saving
from ckeras.utils.naming import to_snake_case

_CLASSES = (
    "AWQConfig", "AbsMaxQuantizer", "Float8QuantizationConfig", "GPTQConfig", "Int4QuantizationConfig",
    "Int8QuantizationConfig", "QuantizationConfig", "Quantizer",
)  # fmt: skip
_NAMES = {spelling: name for name in _CLASSES for spelling in (name, to_snake_case(name))}


def serialize(initializer: Any) -> Any:
    """Return the config of a quantizer.

    >>> serialize(shipped.AbsMaxQuantizer(axis=0))["config"]["axis"]
    (0,)
    """
    return saving.serialize_keras_object(initializer)


def deserialize(config: Any, custom_objects: dict[str, Any] | None = None) -> Any:
    """Create the quantizer that a config of `serialize` describes."""
    return saving.deserialize_keras_object(config, custom_objects=custom_objects)


def get(identifier: Any, **kwargs: Any) -> Any:
    """Return the quantizer given by ``identifier``.

    Args:
        identifier: None, a name such as "abs_max_quantizer", a config, a class, or a quantizer or another function of a
            tensor, which is returned unchanged.
        kwargs: Arguments of a class.

    Raises:
        ValueError: if ``identifier`` is something else.

    >>> get("abs_max_quantizer", axis=0).axis
    (0,)
    """
    if identifier is None:
        return None
    found = identifier
    if isinstance(identifier, dict):
        found = deserialize(identifier)
    elif isinstance(identifier, str) and identifier in _NAMES:
        found = getattr(shipped, _NAMES[identifier])
    if isinstance(found, str) or not callable(found):
        raise ValueError(f"expected a quantizer: a name, a config, a class or a function, got {identifier!r}")
    return found(**kwargs) if inspect.isclass(found) else found
