"""``tensorflow.compat`` and other names around the computation: logging, contexts that need to do nothing."""

from __future__ import annotations

import contextlib
import importlib
import logging
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from ckeras.compat.tensorflow.table import names_of

__path__: list[str] = []  # so that ``import tensorflow.compat.v1`` looks for a module in it


def get_logger() -> logging.Logger:
    """Return the logger of ckeras."""
    return logging.getLogger("ckeras")


def as_text(bytes_or_text: Any, encoding: str = "utf-8") -> str:
    """Return a str."""
    return bytes_or_text.decode(encoding) if isinstance(bytes_or_text, bytes) else str(bytes_or_text)


def as_bytes(bytes_or_text: Any, encoding: str = "utf-8") -> bytes:
    """Return bytes."""
    return bytes_or_text if isinstance(bytes_or_text, bytes) else str(bytes_or_text).encode(encoding)


as_str = as_text


@contextlib.contextmanager
def control_dependencies(control_inputs: Any) -> Iterator[None]:
    """A context manager for operations that follow others: they run in the order of the program anyway."""
    yield


@contextlib.contextmanager
def init_scope() -> Iterator[None]:
    """A context manager for the creation of variables, which needs none."""
    yield


def group(*inputs: Any, **kwargs: Any) -> None:
    """Return None: the operations have run already."""


def no_op(name: str | None = None) -> None:
    """Do nothing."""


def py_function(func: Callable[..., Any], inp: Any, Tout: Any = None, name: str | None = None) -> Any:
    """Return the result of a Python function on tensors, as tensors of the dtypes ``Tout``."""
    return _typed(func(*inp), Tout)


def numpy_function(
    func: Callable[..., Any], inp: Any, Tout: Any = None, stateful: bool = True, name: str | None = None
) -> Any:
    """Return the result of a function of NumPy arrays, as tensors of the dtypes ``Tout``."""
    return _typed(func(*(x.numpy() if hasattr(x, "numpy") else np.asarray(x) for x in inp)), Tout)


def _typed(found: Any, dtypes: Any) -> Any:
    from ckeras import ops

    if isinstance(dtypes, (list, tuple)):
        return [_typed(value, dtype) for value, dtype in zip(found, dtypes, strict=True)]
    if dtypes is None or dtypes == "string":
        return found
    return ops.cast(ops.convert_to_tensor(found), dtypes)


def get_current_name_scope() -> str:
    """Return "": names are those that variables and layers are given."""
    return ""


def inside_function() -> bool:
    """Return whether a function is being compiled."""
    from ckeras import config

    return getattr(config.scope, "trace", None) is not None


def is_symbolic_tensor(tensor: Any) -> bool:
    """Return whether a tensor has no value: that of a model's graph, or of a function that is being compiled."""
    from ckeras.tensor import KerasTensor, TracedTensor

    return isinstance(tensor, (KerasTensor, TracedTensor))


def tuple_(tensors: Any, control_inputs: Any = None, name: str | None = None) -> list[Any]:
    """Return tensors."""
    return list(tensors)


def grad_pass_through(f: Callable[..., Any]) -> Callable[..., Any]:
    """Return a function of the same value, whose gradient is that of the identity (a straight-through estimator)."""

    def passed(x: Any, *args: Any, **kwargs: Any) -> Any:
        from ckeras import ops

        x = ops.convert_to_tensor(x)
        return x + ops.stop_gradient(f(x, *args, **kwargs) - x)

    return passed


class VariableAggregation:
    """Names of ways to combine the copies of a variable, of which there is one."""

    NONE, SUM, MEAN, ONLY_FIRST_REPLICA = "none", "sum", "mean", "only_first_replica"


class VariableSynchronization:
    """Names of ways to keep the copies of a variable equal, of which there is one."""

    AUTO, NONE, ON_WRITE, ON_READ = "auto", "none", "on_write", "on_read"


class UnconnectedGradients:
    """What a gradient is where nothing depends on its source."""

    NONE = "none"
    ZERO = "zero"


_load, __dir__ = names_of(__name__, {"v2": "compat.tensorflow"})


def __getattr__(name: str) -> Any:
    # a module below ``tensorflow``, which loads on first use
    return importlib.import_module("ckeras.compat.tensorflow.v1") if name == "v1" else _load(name)
