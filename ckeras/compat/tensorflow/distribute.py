"""``tensorflow.distribute``: strategies, all of which compute on the one device that there is."""

from __future__ import annotations

import sys
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
