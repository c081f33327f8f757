"""Configs: descriptions of objects in plain values, in the format of Keras 3.

An object with `get_config` becomes a dict of "module", "class_name", "config" and "registered_name", where a class of
ckeras is called by its name in `keras`, so that either reads what the other wrote. A function becomes its name, values
that JSON does not know a dict with a "class_name" such as "__numpy__", and everything is done likewise inside of lists,
tuples and dicts.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable
from types import FunctionType
from typing import Any

import ckeras
from ckeras import config as settings, plugins, registry
from ckeras.ops.control.recording import operation_named
from ckeras.saving import functions
from ckeras.utils.tracebacks import warn


class UnsafeConfigError(ValueError):
    """A config that holds what safe mode refuses."""


_TABLES = [table for table in registry.TABLES.values() if table is not registry.callbacks]  # of what models are made


def serialize_keras_object(obj: Any) -> Any:
    """Return the config of an object, from which `deserialize_keras_object` creates an equal one.

    Args:
        obj: An object with `get_config`, a function, None, a number, string or bytes, a slice, an Ellipsis, a dtype, an
            array or tensor, or lists, tuples and dicts of these. A lambda is written as byte code, with a warning.

    Raises:
        TypeError: if `obj` is or holds anything else.

    >>> import ckeras
    >>> serialize_keras_object(ckeras.regularizers.L2(0.5))
    {'module': 'keras.regularizers', 'class_name': 'L2', 'config': {'l2': 0.5}, 'registered_name': None}
    >>> serialize_keras_object([ckeras.activations.relu, slice(1, None)])[0]
    {'module': 'builtins', 'class_name': 'function', 'config': 'relu', 'registered_name': 'function'}
    """
    return serialized(obj)


def serialized(obj: Any, table: registry.Table | None = None) -> Any:
    """Return the config of an object; if a class or function has several names, the one in `table` is used."""
    if obj is None or type(obj) in (bool, int, float, str):
        return obj
    if isinstance(obj, (list, tuple)):
        values = [serialized(value) for value in obj]
        return tuple(values) if isinstance(obj, tuple) else values
    if isinstance(obj, dict):
        return {key: serialized(value) for key, value in obj.items()}
    special = _special(obj)
    if special is not None:
        return special[0]
    if not hasattr(obj, "get_config"):
        name = registry.given_name(obj, table)
        if name is None and isinstance(obj, FunctionType):
            name = obj.__name__
        if name == "<lambda>":
            return _serialized_lambda(obj)
        if name is not None:
            return {"module": "builtins", "class_name": "function", "config": name, "registered_name": "function"}
    if inspect.isclass(obj) or not hasattr(obj, "get_config"):
        kind = "the class itself" if inspect.isclass(obj) else f"an object of type {type(obj).__name__}"
        raise TypeError(f"Cannot serialize {obj!r}, {kind}: expected a plain value or an object with get_config().")
    return _serialized_object(obj, table)


def _serialized_object(obj: Any, table: registry.Table | None) -> dict[str, Any]:
    inner = obj.get_config()
    if not isinstance(inner, dict):
        raise TypeError(
            f"Expected get_config() of {obj!r} to give a dict, got {inner!r} of type {type(inner).__name__}."
        )
    cls = type(obj)
    module = _public_module(cls)
    config = {
        "module": module or (None if cls.__module__ == "__main__" else cls.__module__),
        "class_name": cls.__dict__.get("keras_class", cls.__name__),
        "config": serialized(inner),
        "registered_name": None
        if module and ".src." not in module
        else registry.given_name(cls, table) or cls.__name__,
    }
    for key in ("build_config", "compile_config"):
        more = getattr(obj, f"get_{key}", lambda: None)()
        if more is not None:
            config[key] = serialized(more)
    return config


def _serialized_lambda(function: FunctionType) -> dict[str, Any]:
    warn(
        f"A lambda is saved, {function.__qualname__} of {function.__module__}: it is read again only with "
        "safe_mode=False and by this version of Python; a function with a name has neither limit."
    )
    return {"class_name": "__lambda__", "config": serialized(functions.dumped(function))}


def _special(obj: Any) -> tuple[Any] | None:
    """The representation, in a tuple, of a value that JSON does not support; None for other values."""
    if isinstance(obj, bytes):
        return (_tagged("bytes", value=obj.decode("utf-8")),)
    if isinstance(obj, slice):
        return (_tagged("slice", start=serialized(obj.start), stop=serialized(obj.stop), step=serialized(obj.step)),)
    if obj is Ellipsis:
        return (_tagged("ellipsis"),)
    if isinstance(obj, (bool, int, float, str)):  # a subclass, as an enumeration or numpy's float64
        return (obj.item() if hasattr(obj, "item") else obj,)

    import numpy as np

    from ckeras.tensor import KerasTensor, Tensor

    if isinstance(obj, KerasTensor):
        return (_tagged("keras_tensor", shape=obj.shape, dtype=obj.dtype, keras_history=_history(obj)),)
    if isinstance(obj, Tensor):
        return (_tagged("tensor", value=obj.numpy().tolist(), dtype=obj.dtype),)
    if isinstance(obj, np.ndarray) and obj.ndim:
        return (_tagged("numpy", value=obj.tolist(), dtype=obj.dtype.name),)
    if isinstance(obj, (np.ndarray, np.generic)):
        return (obj.item(),)
    if isinstance(obj, np.dtype) or (inspect.isclass(obj) and issubclass(obj, np.generic)):
        return (np.dtype(obj).name,)
    return None


def _tagged(kind: str, **config: Any) -> dict[str, Any]:
    return {"class_name": f"__{kind}__", "config": config}


def _history(tensor: Any) -> list[Any] | None:
    """Name of the layer that computed a symbolic tensor, index of its call and of the result, if known."""
    history = getattr(tensor, "_keras_history", None)
    return None if history is None else [history.operation.name, history.node_index, history.tensor_index]


def deserialize_keras_object(
    config: Any, custom_objects: dict[str, Any] | None = None, safe_mode: bool = True, **kwargs: Any
) -> Any:
    """Create the object that a config of `serialize_keras_object` describes; return other values unchanged.

    A class or function is looked up in the custom objects, then in ckeras under the config's module, or, for any other
    module, in what is registered or declared by an installed package. A config never causes the import of a module that
    it names.

    Args:
        config: A config, a plain value, or lists, tuples and dicts of these.
        custom_objects: Names to classes and functions, looked at before all others.
        safe_mode: Whether to refuse lambdas, whose byte code can do anything.
            `ckeras.config.enable_unsafe_deserialization` turns that off everywhere.
        kwargs: `module_objects`, names to classes and functions that are looked at last.

    Raises:
        TypeError: if the config is malformed, or names something that is not known.
        ValueError: if it holds a lambda in safe mode, or names something of Keras that is no part of a model.

    >>> config = {"module": "keras.regularizers", "class_name": "L2", "config": {"l2": 0.5}, "registered_name": None}
    >>> deserialize_keras_object(config).l2
    0.5
    """
    module_objects = kwargs.pop("module_objects", None) or {}
    if kwargs:
        raise TypeError(f"deserialize_keras_object got unknown arguments: {', '.join(map(repr, kwargs))}")
    with registry.CustomObjectScope(custom_objects), SafeModeScope(_safe_mode(safe_mode)):
        if isinstance(config, str):
            found = registry.custom_object(config)
            found = module_objects.get(config) if found is None else found
            return config if found is None else found
        return deserialized(config, None, module_objects)


class SafeModeScope:
    """Context manager that sets whether lambdas are refused, also in the configs that a `from_config` reads."""

    def __init__(self, safe_mode: bool):
        self.safe_mode = safe_mode

    def __enter__(self) -> None:
        self._outer = getattr(settings.scope, "safe_mode", None)
        settings.scope.safe_mode = self.safe_mode

    def __exit__(self, *exc_info: Any) -> None:
        settings.scope.safe_mode = self._outer


def _safe_mode(asked: bool = True) -> bool:
    """Whether lambdas are refused: by the scope, else by the argument, unless turned off globally."""
    scope = getattr(settings.scope, "safe_mode", None)
    return settings.in_safe_mode() and (asked if scope is None else scope)


def deserialized(config: Any, table: registry.Table | None = None, last: dict[str, Any] | None = None) -> Any:
    """Create the object that a config describes.

    Args:
        config: As for `deserialize_keras_object`.
        table: Where to look for a name whose config does not say which module it is of.
        last: Names looked at when all else fails.
    """
    if config is None or isinstance(config, (bool, int, float, str)):
        return config
    if isinstance(config, (list, tuple)):
        return [deserialized(value, None, last) for value in config]
    if not isinstance(config, dict):
        raise TypeError(f"Expected a config of plain values, got {config!r} of type {type(config).__name__}.")
    if "class_name" not in config or ("config" not in config and table is None):
        return {key: deserialized(value, None, last) for key, value in config.items()}
    for key in ("class_name", "module", "registered_name"):
        if not isinstance(config.get(key), (str, type(None))):
            raise TypeError(f"Expected {key!r} of a config to be a string, got {config[key]!r}.")
    kind, inner = config["class_name"], config.get("config")
    if kind in _SPECIAL:
        return _made_special(kind, inner)
    if kind == "function":
        if not isinstance(inner, str):
            raise TypeError(f"Expected the config of a function to be its name, got {inner!r}.")
        return _found(inner, config, table, last or {})
    inner = {} if inner is None else inner
    if not isinstance(inner, dict):
        raise TypeError(f"Expected the config of {kind!r} to be a dict, got {inner!r} of type {type(inner).__name__}.")
    cls = _found(kind, config, table, last or {})
    return _made(cls, inner, config) if inspect.isclass(cls) else cls


def _found(name: str, config: dict[str, Any], table: registry.Table | None, last: dict[str, Any]) -> Any:
    """Look up the class or function `name` of a config."""
    function = config["class_name"] == "function"
    module, registered = config.get("module"), config.get("registered_name")
    registered = name if registered is None or (function and registered == "function") else registered
    for one in (registered, name):
        if registry.custom_object(one) is not None:
            return registry.custom_object(one)
    if registry.is_ours(module):
        found = _public_object(module, name)
        if function and inspect.isclass(found):
            found = None
        if found is not None and registered != name:
            raise ValueError(f"Nothing is registered as {registered!r}, which a config with {module}.{name} asks for.")
    elif table is not None and "module" not in config:
        found = _operation(config) if table is registry.layers else None
        found = table.find(name) if found is None else found
    else:
        tables = [table] if table is not None else _TABLES
        shipped = function and module in (None, "builtins")

        def meant(obj: Any) -> bool:
            return not inspect.isclass(obj) if function else getattr(obj, "__name__", None) == name

        found = _find_in(tables, registered, shipped, meant)
        for one in (registered, name):
            found = (
                _find_in(tables, one, shipped, lambda obj: not (shipped and inspect.isclass(obj)))
                if found is None
                else found
            )
    if found is None:
        found = last.get(name)
    if found is None and function:  # Keras up to 3.6 left the package out of "package>name"
        everything = registry.get_custom_objects().items()
        found = next((obj for known, obj in everything if known.endswith(f">{name}")), None)
    return _missing(registered, config, table) if found is None else found


def _operation(config: dict[str, Any]) -> Any:
    """The operation in a graph, which unlike a layer has no "trainable", that a config of an `.h5` file names."""
    is_operation = "inbound_nodes" in config and "trainable" not in (config.get("config") or {})
    return operation_named(config["class_name"]) if is_operation else None


def is_known(config: dict[str, Any]) -> bool:
    """Whether the class or function of a config is part of ckeras, registered, or declared by an installed package.

    No package is imported to find that out.
    """
    name, module = config.get("class_name"), config.get("module")
    function = name == "function"
    name = config.get("config") if function else name
    if not isinstance(name, str):
        return False
    if any(isinstance(one, str) and registry.custom_object(one) for one in (config.get("registered_name"), name)):
        return True
    if registry.is_ours(module):
        return _public_object(module, name) is not None
    if module in (None, "builtins") and _operation(config) is not None:
        return True
    known = registry.Table.known if module in (None, "builtins") else registry.Table.registered
    return any(known(table, name) or name in plugins.names_in(table.name) for table in _TABLES)


def _find_in(
    tables: list[registry.Table], name: str, shipped: bool = False, fits: Callable[[Any], bool] = lambda obj: True
) -> Any:
    """The first class or function that several tables have as `name`, what packages declare coming last; or None.

    What one table's package declares but cannot give is an error only if no other table has the name.

    Args:
        tables: Where to look.
        name: The name.
        shipped: Whether what ckeras ships counts.
        fits: Whether an object that was found is accepted.
    """
    failure = None
    for find in (registry.Table.known if shipped else registry.Table.registered, registry.Table.installed):
        for table in tables:
            try:
                found = find(table, name)
            except (ImportError, TypeError, ValueError) as error:
                failure = failure or error
                continue
            if found is not None and fits(found):
                return found
    if failure is not None:
        raise failure
    return None


def _public_module(cls: type) -> str | None:
    """The module of Keras in which a class of ckeras is found, as "keras.losses"; None for any other class."""
    if "keras_module" in cls.__dict__:
        return cls.keras_module
    if cls.__module__.partition(".")[0] != "ckeras":
        return None
    if cls.__name__ in ckeras.__all__ and getattr(ckeras, cls.__name__) is cls:
        return "keras"
    for table in registry.TABLES.values():
        if cls in table._shipped.values():
            return table.home[1:]
    package = sys.modules[cls.__module__.rpartition(".")[0]]
    return (package.__name__ if cls.__name__ in getattr(package, "__all__", ()) else cls.__module__)[1:]


def _public_object(module: str, name: str) -> Any:
    """What ckeras has under a config's "module" and name: an entry of a table, or a class; or None."""
    table = registry.table_of(module)
    found = table.known(name) if table in _TABLES else None
    if found is not None:
        return found
    if module.startswith("keras.src.ops."):
        return operation_named(name)
    owner = ckeras
    for part in module.replace(".src.", ".").split(".")[1:]:
        owner = getattr(owner, part, owner)
    found = getattr(owner, name, None)
    return found if inspect.isclass(found) and hasattr(found, "from_config") else None


def _missing(name: str, config: dict[str, Any], table: registry.Table | None) -> None:
    if table is not None:
        table.resolve(name)
    module, kind = config.get("module"), "function" if config["class_name"] == "function" else "class"
    if registry.is_ours(module):
        raise ValueError(f"There is no {kind} {name!r} in {module} of which models are made.")
    raise TypeError(
        f"Cannot find the {kind} {name!r} of module {module!r}: register it with "
        "keras.saving.register_keras_serializable, pass it in custom_objects, or install the package that declares it."
    )


def _made(cls: type, inner: dict[str, Any], config: dict[str, Any]) -> Any:
    """Create the object of a class from its config."""
    if not hasattr(cls, "from_config"):
        raise TypeError(f"Cannot make {registry.source(cls)} from a config: the class has no from_config method.")
    try:
        made = cls.from_config(dict(inner))
    except TypeError as error:
        keys = ", ".join(map(str, inner)) or "nothing"
        raise TypeError(f"Cannot make {registry.source(cls)} from its config, which has {keys}: {error}") from error
    if config.get("build_config") and not made.built:
        made.build_from_config(config["build_config"])
    if config.get("compile_config"):
        made.compile_from_config(config["compile_config"])
    return made


def _made_special(kind: str, inner: Any) -> Any:
    """Create a value that JSON does not support."""
    if kind == "__lambda__" and _safe_mode():
        raise UnsafeConfigError(
            "A config holds a lambda, byte code that can do anything, and is refused: if you trust where it comes "
            "from, pass safe_mode=False or call keras.config.enable_unsafe_deserialization()."
        )
    try:
        return _SPECIAL[kind](**inner)
    except (AttributeError, TypeError, ValueError) as error:
        raise TypeError(f"Cannot make a value of the config {inner!r} of {kind!r}: {error}") from error


def _lambda(value: Any = None, **parts: Any) -> Any:
    """A lambda from its parts, or from the one value in which older versions kept them."""
    if not parts:
        values = value if isinstance(value, (list, tuple)) else [value]
        parts = dict(zip(("code", "defaults", "closure"), values, strict=False))
    return functions.loaded(**deserialized(parts))


def _array(value: Any, dtype: str) -> Any:
    import numpy as np

    return np.array(value, dtype=dtype)


def _tensor(value: Any, dtype: str) -> Any:
    from ckeras import ops

    return ops.convert_to_tensor(value, dtype=dtype)


def _keras_tensor(shape: Any, dtype: str, keras_history: Any = None) -> Any:
    from ckeras.tensor import KerasTensor

    return KerasTensor(shape, dtype=dtype)


_SPECIAL: dict[str, Callable[..., Any]] = {
    "__bytes__": lambda value: value.encode("utf-8"),
    "__ellipsis__": lambda: Ellipsis,
    "__keras_tensor__": _keras_tensor,
    "__lambda__": _lambda,
    "__numpy__": _array,
    "__slice__": lambda start, stop, step: slice(deserialized(start), deserialized(stop), deserialized(step)),
    "__tensor__": _tensor,
}
