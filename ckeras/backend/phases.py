"""Whether a model is training, as code from before Keras 3 asks it."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

from ckeras import config

scope = config.scope


def learning_phase() -> int:
    """1 inside of a call that trains, or after `set_learning_phase`, 0 elsewhere."""
    return int(bool(getattr(scope, "training", None)))


def set_learning_phase(value: int) -> None:
    """Set the learning phase of this thread: 1 to train, 0 not to, unless a call says otherwise."""
    if value not in (0, 1):
        raise ValueError(f"set_learning_phase expects 0 or 1, got {value!r}")
    scope.training = bool(value)


def in_train_phase(x: Any, alt: Any, training: Any = None) -> Any:
    """x while training, else ``alt``; functions are called."""
    chosen: Any = x if (learning_phase() if training is None else training) else alt
    return chosen() if callable(chosen) else chosen


def in_test_phase(x: Any, alt: Any, training: Any = None) -> Any:
    """x while not training, else ``alt``; functions are called."""
    return in_train_phase(alt, x, training)


@contextlib.contextmanager
def name_scope(name: str) -> Iterator[str]:
    """A block with a name, for readers: names of variables are those of the layers that hold them."""
    yield name
