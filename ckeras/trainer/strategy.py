"""The strategy of distribution that models have: one device, on which everything is computed."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import Any

from ckeras import ops


class Strategy:
    """Computes on the processor, in as many threads as `ckeras.config` says.

    >>> strategy = Strategy()
    >>> with strategy.scope():
    ...     strategy.num_replicas_in_sync
    1
    """

    num_replicas_in_sync = 1

    @contextlib.contextmanager
    def scope(self) -> Iterator[Strategy]:
        """A context manager in which models and variables are made; it needs to change nothing."""
        yield self

    def run(self, fn: Callable[..., Any], args: tuple = (), kwargs: dict[str, Any] | None = None) -> Any:
        """Return the result of a function."""
        return fn(*args, **(kwargs or {}))

    def reduce(self, reduce_op: Any, value: Any, axis: int | None = None) -> Any:
        """Return the result of the one replica, reduced over an axis ("SUM" or "MEAN") if one is given."""
        if axis is None:
            return value
        operations = {"SUM": ops.sum, "MEAN": ops.mean}
        if str(reduce_op).upper() not in operations:
            raise ValueError(f"reduce expects reduce_op to be 'SUM' or 'MEAN', got {reduce_op!r}")
        return operations[str(reduce_op).upper()](value, axis=axis)

    def experimental_distribute_dataset(self, dataset: Any, options: Any = None) -> Any:
        """Return the data set."""
        return dataset

    def experimental_local_results(self, value: Any) -> tuple[Any, ...]:
        """Return the result of each replica."""
        return (value,)
