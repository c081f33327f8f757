"""The legacy learning phase: whether a model is training."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

from ckeras import config

scope = config.scope


def learning_phase() -> int:
    """Return 1 inside a training call or after `set_learning_phase(1)`, else 0."""
    return int(bool(getattr(scope, "training", None)))


def set_learning_phase(value: int) -> None:
    """Set the default learning phase of this thread: 1 for training, 0 for inference."""
    if value not in (0, 1):
        raise ValueError(f"set_learning_phase expects 0 or 1, got {value!r}")
    scope.training = bool(value)


def in_train_phase(x: Any, alt: Any, training: Any = None) -> Any:
    """Return x while training, else ``alt``; functions are called."""
    chosen: Any = x if (learning_phase() if training is None else training) else alt
    return chosen() if callable(chosen) else chosen


def in_test_phase(x: Any, alt: Any, training: Any = None) -> Any:
    """Return x while not training, else ``alt``; functions are called."""
    return in_train_phase(alt, x, training)


@contextlib.contextmanager
def name_scope(name: str) -> Iterator[str]:
    """A context manager without effect: the names of variables come from their layers."""
    yield name
