"""`Operation`: a named function of tensors whose calls on symbolic tensors are recorded in a graph."""

from __future__ import annotations

import inspect
from abc import ABC
from collections.abc import Callable
from functools import wraps
from typing import Any

import numpy as np

from ckeras import config
from ckeras.compiler.trace import Trace, within
from ckeras.ops.control.remat_scope import current_remat
from ckeras.tensor import KerasTensor, Variable, as_tensor
from ckeras.tensor.graph import Node, inferring, record_call, without_nodes
from ckeras.tensor.structure import flatten, map_structure
from ckeras.utils.naming import auto_name

scope = config.scope


class Operation(ABC):  # noqa: B024  so that `Layer` can be registered as one
    """Base class of functions of tensors; subclasses define `call`.

    On symbolic tensors a call becomes a node of their graph and returns symbolic results, as with a layer; on tensors
    with values it computes.

    Args:
        name: generated from the class name if not given.

    >>> import ckeras
    >>> class Scaled(Operation):
    ...     def __init__(self, factor, name=None):
    ...         super().__init__(name=name)
    ...         self.factor = factor
    ...     def call(self, x):
    ...         return x * self.factor
    >>> Scaled(2.0)(ckeras.Input((3,))).shape, Scaled(2.0).get_config()["factor"]
    ((None, 3), 2.0)
    """

    def __init__(self, name: str | None = None):
        if name is None:
            name = auto_name(type(self).__name__)
        if not isinstance(name, str) or "/" in name:
            raise ValueError(f"{type(self).__name__} expects name to be a string without '/', got {name!r}")
        self.name = name
        self._remat_mode = current_remat()
        self._inbound_nodes: list[Node] = []  # nodes of its symbolic calls
        self._outbound_nodes: list[Node] = []  # nodes that use their outputs

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if "__init__" in cls.__dict__:
            cls.__init__ = remembers_arguments(cls.__init__)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Compute the result; for symbolic arguments, infer it and record the call."""
        if any(type(x) is KerasTensor for x in flatten((args, kwargs))):
            return self.symbolic_call(*args, **kwargs)
        return self.rematerialized_call(self.call)(*args, **kwargs)

    def symbolic_call(self, *args: Any, **kwargs: Any) -> Any:
        """Return symbolic results and record this call as their node."""
        return record_call(self, args, kwargs, self.compute_output_spec(*args, **kwargs))

    def call(self, *args: Any, **kwargs: Any) -> Any:
        """Compute the result. Subclasses override it."""
        raise NotImplementedError(f"{type(self).__name__} has no call() method")

    def quantized_call(self, *args: Any, **kwargs: Any) -> Any:
        """Compute the result with quantized weights, which layers have. Subclasses override it."""
        raise NotImplementedError(f"{type(self).__name__} has no quantized_call() method")

    def rematerialized_call(self, layer_call: Callable[..., Any], *args: Any, **kwargs: Any) -> Callable[..., Any]:
        """Return ``layer_call`` as the rematerialization scope in which the operation was made wants it."""
        return layer_call if self._remat_mode is None else self._remat_mode.wrap(self, layer_call)

    def compute_output_spec(self, *args: Any, **kwargs: Any) -> Any:
        """Return the results as symbolic tensors; by default by calling `call` on symbolic tensors."""
        with within(Trace(getattr(scope, "trace", None)), ()), inferring():
            return self.call(*args, **kwargs)

    @property
    def input(self) -> Any:
        """The symbolic tensor, or list of tensors, of the first symbolic call."""
        return first_call(self, "input")

    @property
    def output(self) -> Any:
        """The symbolic tensor, or list of tensors, that the first symbolic call returned."""
        return first_call(self, "output")

    def get_config(self) -> dict[str, Any]:
        """Return the configuration for `from_config`: by default the arguments of `__init__`, if plain values."""
        parameters = inspect.signature(type(self).__init__).parameters
        takes_name = "name" in parameters or any(p.kind is p.VAR_KEYWORD for p in parameters.values())
        config = {"name": self.name}
        if type(self).get_config is Operation.get_config:
            config |= plain_arguments(self, config)
        return config if takes_name else {k: v for k, v in config.items() if k != "name"}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Operation:
        """Create an operation from its configuration."""
        try:
            return cls(**config)
        except TypeError as error:
            raise TypeError(f"{cls.__name__} cannot be created from the config {config}: {error}") from error

    def __getstate__(self) -> dict[str, Any]:
        return without_nodes(self)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} name={self.name}>"


def first_call(operation: Any, what: str) -> Any:
    """The "input" or "output" tensor of an operation's first symbolic call, or the list if there are several."""
    if not operation._inbound_nodes:
        raise AttributeError(
            f"{type(operation).__name__} {operation.name!r} has no {what}: it has not been called on a symbolic tensor"
        )
    tensors = getattr(operation._inbound_nodes[0], f"{what}_tensors")
    return tensors[0] if len(tensors) == 1 else tensors


def remembers_arguments(init: Callable[..., None]) -> Callable[..., None]:
    """Wrap `__init__` to record its arguments for `get_config`, if they are plain values."""

    @wraps(init)
    def remembering(self: Any, *args: Any, **kwargs: Any) -> None:
        if "_init_arguments" not in self.__dict__:
            try:
                bound = inspect.signature(init).bind(self, *args, **kwargs)
            except TypeError:  # the call itself raises a clearer error
                return init(self, *args, **kwargs)
            bound.apply_defaults()
            found: dict[str, Any] = {}
            for parameter in list(bound.signature.parameters.values())[1:]:
                value = bound.arguments[parameter.name]
                if parameter.kind is parameter.VAR_KEYWORD:
                    found |= value
                elif parameter.kind is not parameter.VAR_POSITIONAL or value:
                    found[parameter.name] = value
            self.__dict__["_init_arguments"] = {k: v if _is_plain(v) else _NotPlain for k, v in found.items()}
        return init(self, *args, **kwargs)

    return remembering


def plain_arguments(owner: Any, known: dict[str, Any]) -> dict[str, Any]:
    """Constructor arguments of an object without those in ``known``; raise if they are not plain values."""
    own = {k: v for k, v in owner.__dict__.get("_init_arguments", {}).items() if k not in known}
    bad = sorted(k for k, v in own.items() if v is _NotPlain)
    if bad:
        raise NotImplementedError(
            f"{type(owner).__name__} has arguments that are not plain values, {bad}: give it a get_config() that "
            "returns them"
        )
    return own


class _NotPlain:
    """Marks an argument that cannot be serialized."""


def _is_plain(value: Any) -> bool:
    """Whether a value can be serialized as it is."""
    if isinstance(value, dict):
        return all(isinstance(k, str) and _is_plain(v) for k, v in value.items())
    if isinstance(value, (list, tuple)):
        return all(map(_is_plain, value))
    return value is None or isinstance(value, (bool, int, float, str))


class FunctionCall(Operation):
    """Graph operation for a call of a private or higher-order function."""

    def __init__(self, function: Callable[..., Any], name: str):
        super().__init__(auto_name(name))
        self.call = function


def values_of(structure: Any) -> Any:
    """Convert arrays and variables in a structure to tensors; keep other leaves."""
    return map_structure(lambda x: as_tensor(x) if isinstance(x, (Variable, np.ndarray)) else x, structure)
