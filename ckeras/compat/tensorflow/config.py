"""``tensorflow.config``: what scripts ask about devices. There is one, the processor."""

from typing import NamedTuple


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
