"""The arguments of `fit`, `evaluate` and `predict`, checked before anything else happens."""

from __future__ import annotations

from typing import Any

import numpy as np

from ckeras.callbacks import CallbackList
from ckeras.tensor import Tensor, Variable
from ckeras.utils.py_dataset import PyDataset
from ckeras.utils.tracebacks import warn


def is_stream(x: Any) -> bool:
    """Whether ``x`` gives batches, and is no array or structure of arrays."""
    if isinstance(x, PyDataset) or (hasattr(x, "__next__") and not isinstance(x, type)):
        return True
    arrays = (np.ndarray, Tensor, Variable, list, tuple, dict, str, bytes, set, frozenset, range, type)
    return hasattr(x, "__iter__") and not isinstance(x, arrays) and not hasattr(x, "__array__") and not _is_array(x)


def _is_array(x: Any) -> bool:
    return hasattr(x, "shape") and hasattr(x, "dtype")


def check_fit(
    epochs: Any, initial_epoch: Any, shuffle: Any, validation_split: Any, validation_freq: Any, callbacks: Any
) -> None:
    """Raise for what `fit` does not take.

    Raises:
        ValueError, TypeError: in a sentence that names the argument.
    """
    for name, value in (("epochs", epochs), ("initial_epoch", initial_epoch)):
        if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or value < 0:
            raise ValueError(f"fit expects {name} to be an integer of at least 0, got {value!r}")
    if not isinstance(shuffle, (bool, np.bool_, type(None))) and not (isinstance(shuffle, str) and shuffle == "batch"):
        raise ValueError(f"fit expects shuffle to be True, False or 'batch', got {shuffle!r}")
    is_share = isinstance(validation_split, (float, np.floating)) and 0 < validation_split < 1
    if validation_split and (isinstance(validation_split, bool) or not is_share):
        raise ValueError(f"fit expects validation_split to be in (0, 1), got {validation_split!r}")
    check_frequency(validation_freq)
    if callbacks is not None and not isinstance(callbacks, CallbackList):
        CallbackList(callbacks)  # raises for what is no callback


def batch_size_of(value: Any, where: str, name: str = "batch_size") -> int | None:
    """A batch size, or `None` if there is none."""
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or value < 1:
        raise ValueError(f"{where} expects {name} to be a positive integer, got {value!r}")
    return int(value)


def verbosity(value: Any, where: str) -> int:
    """0 (nothing is printed), 1 (a progress bar), 2 (a line an epoch), or 3 for all else: the epochs' numbers alone."""
    if isinstance(value, str):
        return 1 if value == "auto" else 3
    if not isinstance(value, (bool, int, float, np.number, np.bool_, type(None))):
        raise ValueError(f"{where} expects verbose to be 0, 1, 2 or 'auto', got {value!r}")
    if not value:
        return 0
    return int(value) if value in (1, 2) else 3


def step_count(value: Any, where: str, name: str) -> int | None:
    """A number of steps, or `None` if there is none."""
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or value < 1:
        raise ValueError(f"{where} expects {name} to be a positive integer, got {value!r}")
    return int(value)


def limited(what: str, count: int, most: int | None) -> int:
    """``count``, or ``most`` with a warning if `config` limits it to less."""
    if most is None or count <= most:
        return count
    warn(f"{what}: {count} are limited to {most} by keras.config")
    return most


def check_frequency(value: Any) -> None:
    """Raise if this is neither a number of epochs nor a list of their numbers."""
    if isinstance(value, bool) or not isinstance(value, (int, np.integer, list, tuple, set, range)):
        raise ValueError(f"fit expects validation_freq to be an integer or a list of epochs, got {value!r}")
    if isinstance(value, (int, np.integer)) and value < 1:
        raise ValueError(f"fit expects validation_freq to be at least 1, got {value!r}")


def is_due(frequency: Any, epoch: int) -> bool:
    """Whether there is an evaluation after this epoch, the first being 1."""
    return epoch % frequency == 0 if isinstance(frequency, (int, np.integer)) else epoch in frequency
