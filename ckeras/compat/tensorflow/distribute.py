"""``tensorflow.distribute``: strategies, all of which compute on the one device that there is."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

from ckeras.compat.tensorflow.table import names_of
from ckeras.trainer.strategy import Strategy


class MirroredStrategy(Strategy):
    """A strategy with a copy of the model on each device, of which there is one.

    Args:
        devices: must name no more than one device.
        cross_device_ops: no effect.
    """

    def __init__(self, devices: Any = None, cross_device_ops: Any = None):
        if devices is not None and not isinstance(devices, str) and len(devices) > 1:
            raise ValueError(f"MirroredStrategy expects one device, got {devices!r}: ckeras computes on the processor")


class OneDeviceStrategy(Strategy):
    """A strategy with one device."""

    def __init__(self, device: str = "/cpu:0"):
        self.device = device


class MultiWorkerMirroredStrategy(Strategy):
    """A strategy with several machines, of which there is one.

    Args:
        cluster_resolver: must be None.
        communication_options: no effect.
    """

    def __init__(self, cluster_resolver: Any = None, communication_options: Any = None):
        if cluster_resolver is not None:
            raise ValueError("MultiWorkerMirroredStrategy expects no cluster_resolver: ckeras computes on one machine")


class ReplicaContext:
    """The one replica.

    >>> ReplicaContext().all_reduce("SUM", 3)
    3
    """

    num_replicas_in_sync = 1
    replica_id_in_sync_group = 0

    def all_reduce(self, reduce_op: Any, value: Any, options: Any = None) -> Any:
        """Return the value: there is one replica."""
        return value

    def merge_call(self, merge_fn: Callable[..., Any], args: tuple = (), kwargs: Any = None) -> Any:
        """Return the result of a function of a strategy and the arguments."""
        return merge_fn(Strategy(), *args, **(kwargs or {}))


def get_replica_context() -> ReplicaContext:
    """Return the context of the one replica."""
    return ReplicaContext()


def in_cross_replica_context() -> bool:
    """Return False: code runs in the one replica."""
    return False


class ReduceOp:
    """Names of reductions."""

    SUM = "SUM"
    MEAN = "MEAN"


def get_strategy() -> Strategy:
    """Return the default strategy."""
    return Strategy()


def has_strategy() -> bool:
    """Return False: nothing depends on the scope of a strategy."""
    return False


experimental = sys.modules[__name__]

__getattr__, __dir__ = names_of(__name__, {})
