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


class UnconnectedGradients:
    """What a gradient is where nothing depends on its source."""

    NONE = "none"
    ZERO = "zero"


_load, __dir__ = names_of(__name__, {"v2": "compat.tensorflow"})


def __getattr__(name: str) -> Any:
    # a module below ``tensorflow``, which loads on first use
    return importlib.import_module("ckeras.compat.tensorflow.v1") if name == "v1" else _load(name)
