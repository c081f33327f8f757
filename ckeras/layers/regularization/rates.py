"""The check of rates and of other fractions."""

from typing import Any

import numpy as np


def fraction(value: Any, layer: str, name: str, below: bool = False) -> float:
    """``value`` as a float; raise ValueError if it is not in [0, 1], or, with ``below``, in [0, 1)."""
    number = isinstance(value, (int, float, np.number)) and not isinstance(value, bool)
    if not number or not 0 <= value <= 1 or (below and value == 1):
        raise ValueError(f"{layer} expects {name} to be a number in [0, 1{')' if below else ']'}, got {value!r}")
    return float(value)
