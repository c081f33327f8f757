"""Lookup and serialization of dtype policies."""

from __future__ import annotations

from typing import Any

from ckeras import config as settings, dtype_policies as shipped, registry
from ckeras.dtype_policies.policy import DTypePolicy, FloatDTypePolicy, dtype_policy
from ckeras.dtype_policies.quantized import MODES, quantized
from ckeras.tensor import dtypes

_FUNCTIONS = ("deserialize", "get", "serialize")


def get(identifier: Any) -> DTypePolicy:
    """Return the dtype policy given by ``identifier``.

    Args:
        identifier: None for the global policy, a name such as "mixed_float16" or "int8_from_float32", a config,
            a dtype, or a policy, which is returned unchanged.

    Raises:
        ValueError: if ``identifier`` has another type or value.

    >>> get("mixed_bfloat16"), get(float)
    (<DTypePolicy "mixed_bfloat16">, <DTypePolicy "float32">)
    """
    if identifier is None:
        return dtype_policy()
    if isinstance(identifier, DTypePolicy):
        return identifier
    if isinstance(identifier, dict):
        return deserialize(identifier)
    if isinstance(identifier, str):
        return quantized(identifier) if identifier.startswith(MODES) else DTypePolicy(identifier)
    try:
        return DTypePolicy(dtypes.standardize(identifier))
    except ValueError:
        raise ValueError(
            f"expected a dtype policy: a name, a config, a dtype or a DTypePolicy, got {identifier!r}"
        ) from None


def set_dtype_policy(policy: Any) -> None:
    """Set the global dtype policy, used by layers without an explicit dtype, to a `DTypePolicy` or its name.

    Before the first call, `floatx` determines the global policy.
    """
    if not isinstance(policy, (str, DTypePolicy)):
        raise ValueError(
            f"set_dtype_policy expects a DTypePolicy or the name of one, such as 'mixed_float16', got {policy!r}"
        )
    settings.set_dtype_policy_setting(get(policy))


def serialize(dtype_policy: DTypePolicy) -> dict[str, Any]:
    """Return the config of a policy, from which `deserialize` creates an equal one.

    >>> serialize(DTypePolicy("float32"))
    {'module': 'keras', 'class_name': 'DTypePolicy', 'config': {'name': 'float32'}, 'registered_name': None}
    """
    cls = type(dtype_policy)
    ours = cls.__name__ in shipped.__all__ and getattr(shipped, cls.__name__) is cls
    module = ("keras" if cls in (DTypePolicy, FloatDTypePolicy) else "keras.dtype_policies") if ours else cls.__module__
    return {
        "module": module,
        "class_name": cls.__name__,
        "config": dtype_policy.get_config(),
        "registered_name": None if ours else registry.get_registered_name(cls),
    }


def deserialize(config: dict[str, Any], custom_objects: dict[str, Any] | None = None) -> DTypePolicy:
    """Create a policy from a config.

    Args:
        config: a dict with "class_name" and "config", as returned by `serialize`.
        custom_objects: dict of names to classes, searched first.

    Raises:
        ValueError: if the config is malformed, or its class is unknown.
    """
    if not isinstance(config, dict) or "class_name" not in config:
        raise ValueError(f"expected the config of a dtype policy with a 'class_name', got {config!r}")
    name = config["class_name"]
    with registry.CustomObjectScope(custom_objects or {}):
        cls = registry.get_registered_object(config.get("registered_name") or name)
        if cls is None and name in shipped.__all__ and name not in _FUNCTIONS:
            cls = getattr(shipped, name)
        if cls is None:
            raise ValueError(f"unknown dtype policy {name!r} in a config")
        return cls.from_config(config.get("config", {}))
