"""Names of ``tensorflow.python``, the internal package that scripts import from although they should not."""

from __future__ import annotations

import sys
from typing import Any, NamedTuple

from ckeras.compat.tensorflow.variables import Variable
from ckeras.tensor import Tensor

EagerTensor = Tensor
ResourceVariable = Variable


class Device(NamedTuple):
    """A device as `list_local_devices` describes it."""

    name: str
    device_type: str
    memory_limit: int = 0
    physical_device_desc: str = ""


def list_local_devices(session_config: Any = None) -> list[Device]:
    """Return the devices: the CPU."""
    return [Device("/device:CPU:0", "CPU")]


def __getattr__(name: str) -> Any:
    """Modules that scripts import from their package, such as ``math_ops``, have the names of ``tensorflow``."""
    if name.endswith(("_ops", "_util", "_lib")) or name in ("dtypes", "ops", "tensor_shape", "resource_loader"):
        return sys.modules["ckeras.compat.tensorflow"] if not name.endswith("_lib") else sys.modules[__name__]
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
