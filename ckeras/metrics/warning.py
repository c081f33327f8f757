"""Warnings about values, which compiled steps raise too."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ckeras import ops
from ckeras.tensor import KerasTensor, Op, Spec, Tensor


def warn_where(condition: Any, say: Callable[..., None], *values: Any) -> None:
    """Call ``say`` with the arrays of ``values`` if ``condition``, a boolean scalar, holds.

    In a compiled step, that is whenever the step runs: a branch that calls Python only where the condition holds.
    """
    if type(condition) is KerasTensor:
        return
    if type(condition) is Tensor:
        if np.asarray(condition):
            say(*map(np.asarray, values))
        return

    def called() -> None:
        _warn(*values, say=say)

    ops.cond(condition, called, lambda: None)


def _warn_forward(*arrays: np.ndarray, say: Callable[..., None]) -> np.ndarray:
    say(*arrays)
    return np.zeros(0, bool)


_warn = Op("warn", lambda *values, say: Spec((0,), "bool"), _warn_forward, effect=True)
