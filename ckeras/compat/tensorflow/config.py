"""``tensorflow.config``: what scripts ask about devices. There is one, the processor."""

import sys
import types
from typing import Any, NamedTuple


class PhysicalDevice(NamedTuple):
    """A device that computations can run on."""

    name: str
    device_type: str


def list_physical_devices(device_type: str | None = None) -> list[PhysicalDevice]:
    """The devices of a type (``"CPU"``, ``"GPU"`` ...), or all.

    >>> list_physical_devices("GPU")
    []
    """
    cpu = PhysicalDevice("/physical_device:CPU:0", "CPU")
    return [cpu] if device_type in (None, "CPU") else []


def list_logical_devices(device_type: str | None = None) -> list[PhysicalDevice]:
    """The same as `list_physical_devices`."""
    return list_physical_devices(device_type)


def set_visible_devices(devices: Any, device_type: str | None = None) -> None:
    """Nothing: the processor is always visible, and nothing else ever is."""


def _set_threads(num_threads: int) -> None:
    from ckeras.config import set_threads

    if num_threads > 0:  # 0 leaves it to TensorFlow
        set_threads(num_threads)


def set_memory_growth(device: Any, enable: bool) -> None:
    """Nothing: memory is taken when it is needed."""


threading = types.SimpleNamespace(
    set_intra_op_parallelism_threads=_set_threads,
    set_inter_op_parallelism_threads=lambda num_threads: None,  # one operation is run at a time
)
experimental = sys.modules[__name__]
