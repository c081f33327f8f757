"""Values that a file holds for variables, and the memory that variables may take while a file is loaded."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ckeras import config
from ckeras.tensor import dtypes

_FREE = 16 << 20  # bytes that variables may take whatever the file holds, such as the state of metrics
_FACTOR = 4  # an optimizer whose state is not in the file has up to three values for each of the model's


def assign_stored(variables: Sequence[Any], store: Mapping[str, Any], owner: str) -> None:
    """Assign the values "0", "1", ... of a mapping to variables. Shapes are compared before any value is read.

    Args:
        variables: The variables.
        store: Names to arrays; one with a method `shape` tells shapes without reading.
        owner: What the variables belong to, for the message.

    Raises:
        ValueError: if a shape differs; nothing is assigned then.
        KeyError: if a value is missing; nothing is assigned then.
    """
    shape_of = getattr(store, "shape", lambda key: np.shape(store[key]))
    for i, variable in enumerate(variables):
        saved = shape_of(str(i))
        if saved != tuple(variable.shape):
            raise ValueError(
                f"{owner!r}: variable {variable.path!r} has shape {tuple(variable.shape)}, saved {tuple(saved)}"
            )
    for i, variable in enumerate(variables):
        variable.assign(np.asarray(store[str(i)]))


class VariableLimit:
    """Context manager that limits the memory of the variables that this thread creates from initializers.

    A config may ask for variables of any size; those of a file that was saved are as large as the values in it.

    Args:
        stored: Bytes of all values in the file; None for no limit.
    """

    def __init__(self, stored: int | None):
        self._stored = stored
        self._left = math.inf if stored is None else _FREE + _FACTOR * stored

    def take(self, shape: Sequence[int], dtype: str) -> None:
        """Count a variable that is about to be created.

        Raises:
            ValueError: if it exceeds the limit.
        """
        size = math.prod(shape) * np.dtype(dtypes.NUMPY[dtype]).itemsize
        if size > self._left:
            raise ValueError(
                f"Refused to create a variable of shape {tuple(shape)}, {size} bytes: all values in the file have "
                f"{self._stored} bytes. safe_mode=False loads it all the same."
            )
        self._left -= size

    def __enter__(self) -> VariableLimit:
        self._outer = getattr(config.scope, "variable_limit", None)
        config.scope.variable_limit = self
        return self

    def __exit__(self, *exc: Any) -> None:
        config.scope.variable_limit = self._outer
