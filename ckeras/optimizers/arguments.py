"""Validation of the arguments of optimizers and schedules."""

from __future__ import annotations

import numbers
from typing import Any

import numpy as np


def share(owner: Any, name: str, value: Any, above_0: bool = False) -> float:
    """Raise a ValueError unless the argument is a number from 0 to 1 (or above 0 and at most 1)."""
    if not is_number(value) or not 0 <= value <= 1 or (above_0 and value == 0):
        range_ = "above 0 and at most 1" if above_0 else "from 0 to 1"
        raise ValueError(f"{type(owner).__name__} expects {name} to be a number {range_}, got {value!r}.")
    return value


def at_least_0(owner: Any, name: str, value: Any) -> float:
    """Raise a ValueError unless the argument is a number of at least 0."""
    if not is_number(value) or not value >= 0:
        raise ValueError(f"{type(owner).__name__} expects {name} to be a number of at least 0, got {value!r}.")
    return value


def above_0(owner: Any, name: str, value: Any) -> float:
    """Raise a ValueError unless the argument is a number above 0."""
    if not is_number(value) or not value > 0:
        raise ValueError(f"{type(owner).__name__} expects {name} to be a number above 0, got {value!r}.")
    return value


def number(owner: Any, name: str, value: Any) -> float:
    """Raise a ValueError unless the argument is a number."""
    if not is_number(value):
        raise ValueError(f"{type(owner).__name__} expects {name} to be a number, got {value!r}.")
    return value


def count(owner: Any, name: str, value: Any, minimum: int) -> None:
    """Raise a ValueError unless the argument is None, 0 or an integer of at least `minimum`."""
    integral = isinstance(value, (int, np.integer)) and not isinstance(value, bool)
    if value and not (integral and value >= minimum):
        raise ValueError(
            f"{type(owner).__name__} expects {name} to be None or an integer of at least {minimum}, got {value!r}."
        )


def clips(owner: Any, **limits: Any) -> None:
    """Raise a ValueError if more than one kind of clipping is given, or a limit is negative."""
    given = {name: value for name, value in limits.items() if value is not None}
    if len(given) > 1:
        raise ValueError(f"{type(owner).__name__} expects at most one of {', '.join(limits)}, got {given}.")
    for name, value in given.items():
        at_least_0(owner, name, value)


def is_number(value: Any) -> bool:
    """Whether a value is a real number, of Python or of numpy; booleans are none."""
    return isinstance(value, (numbers.Real, np.number)) and not isinstance(value, bool)
