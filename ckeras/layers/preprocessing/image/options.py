"""Options of the image layers, checked: factors, ranges of values, fill modes, sizes."""

from __future__ import annotations

from typing import Any

import numpy as np

FILL_MODES = ("reflect", "wrap", "constant", "nearest")
INTERPOLATIONS = ("nearest", "bilinear")


def is_number(value: Any) -> bool:
    """Whether a value is a finite real number."""
    real = isinstance(value, (int, float, np.integer, np.floating)) and not isinstance(value, bool)
    return real and bool(np.isfinite(value))


def _pair(value: Any) -> bool:
    return isinstance(value, (tuple, list)) and len(value) == 2 and all(map(is_number, value))


def factor_range(
    value: Any, layer: str, name: str = "factor", bounds: tuple[float, float] = (-1, 1), symmetric: bool = True
) -> tuple[float, float]:
    """Return the range from which a factor is sampled: a pair, or for a number f that from -f to f.

    Args:
        value: a number or a pair of numbers, in any order.
        layer, name: for errors.
        bounds: limits of the factor; they cut off the range of a number too.
        symmetric: whether a number f means the range from -f; from 0 otherwise.

    Raises:
        ValueError: if it is neither, or out of bounds.
    """
    low, high = bounds
    if not (_pair(value) or is_number(value)) or not all(low <= v <= high for v in np.ravel(value)):
        raise ValueError(f"{layer} expects {name} to be a number or two numbers in [{low}, {high}], got {value!r}")
    if _pair(value):
        lower, upper = sorted(value)
        return lower, upper
    size = abs(value)
    return (max(-size, low) if symmetric else 0), size


def value_range_of(value: Any, layer: str) -> tuple[float, float]:
    """Return the minimum and the maximum of the values of images.

    Raises:
        ValueError: if they are not two numbers, the smaller one first.
    """
    if not _pair(value) or not value[0] < value[1]:
        raise ValueError(f"{layer} expects value_range to be two numbers, the smaller one first, got {value!r}")
    return tuple(value)


def one_of(value: Any, choices: tuple[str, ...], layer: str, name: str) -> str:
    """Return a string; raise ValueError if it is none of ``choices``."""
    if value not in choices:
        raise ValueError(f"{layer} expects {name} to be one of {', '.join(map(repr, choices))}, got {value!r}")
    return value


def positive_integer(value: Any, layer: str, name: str) -> int:
    """Return a positive integer.

    Raises:
        ValueError: if it is none.
    """
    if not is_number(value) or int(value) != value or value < 1:
        raise ValueError(f"{layer} expects {name} to be a positive integer, got {value!r}")
    return int(value)
