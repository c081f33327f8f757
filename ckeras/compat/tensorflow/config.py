"""``tensorflow.config``: queries of devices. The only device is the CPU."""

import sys
import types
from typing import Any, NamedTuple

from ckeras.compat.tensorflow.table import names_of
from ckeras.compiler.function import execution


class PhysicalDevice(NamedTuple):
    """A device that computations can run on."""

    name: str
    device_type: str


def list_physical_devices(device_type: str | None = None) -> list[PhysicalDevice]:
    """Return the devices of a type (``"CPU"``, ``"GPU"`` ...), or all.

    >>> list_physical_devices("GPU")
    []
    """
    cpu = PhysicalDevice("/physical_device:CPU:0", "CPU")
    return [cpu] if device_type in (None, "CPU") else []


def list_logical_devices(device_type: str | None = None) -> list[PhysicalDevice]:
    """Alias of `list_physical_devices`."""
    return list_physical_devices(device_type)


def set_visible_devices(devices: Any, device_type: str | None = None) -> None:
    """Do nothing: the CPU is the only device, and always visible."""


def _set_threads(num_threads: int) -> None:
    from ckeras.config import set_threads

    if num_threads > 0:  # 0 lets TensorFlow choose
        set_threads(num_threads)


def set_memory_growth(device: Any, enable: bool) -> None:
    """Do nothing: memory is allocated on demand."""


def run_functions_eagerly(run_eagerly: bool) -> None:
    """Let functions of `tf.function`, and steps of models, run op by op, so that they can be debugged; or not."""
    execution.eager = bool(run_eagerly)


def functions_run_eagerly() -> bool:
    """Return whether functions of `tf.function` run op by op."""
    return execution.eager


def get_visible_devices(device_type: str | None = None) -> list[PhysicalDevice]:
    """Alias of `list_physical_devices`."""
    return list_physical_devices(device_type)


def get_soft_device_placement() -> bool:
    """Return True: everything is on the CPU."""
    return True


def set_soft_device_placement(enabled: bool) -> None:
    """Do nothing: everything is on the CPU."""


LogicalDevice = PhysicalDevice


class LogicalDeviceConfiguration(NamedTuple):
    """Limits of a logical device, which have no effect."""

    memory_limit: int | None = None
    experimental_priority: int | None = None
    experimental_device_ordinal: int | None = None


VirtualDeviceConfiguration = LogicalDeviceConfiguration


def set_logical_device_configuration(device: Any, logical_devices: Any) -> None:
    """Do nothing: the CPU is one device."""


def get_logical_device_configuration(device: Any) -> None:
    """Return None: the CPU is one device."""


set_virtual_device_configuration = set_logical_device_configuration
get_virtual_device_configuration = get_logical_device_configuration
experimental_run_functions_eagerly, experimental_functions_run_eagerly = run_functions_eagerly, functions_run_eagerly


def get_memory_growth(device: Any) -> bool:
    """Return True: memory is allocated on demand."""
    return True


def get_device_details(device: Any) -> dict[str, Any]:
    """Return what is known of a device: nothing."""
    return {}


def enable_op_determinism() -> None:
    """Do nothing: equal seeds give equal results already, for any number of threads."""


def enable_tensor_float_32_execution(enabled: bool) -> None:
    """Do nothing: products are of the precision of their dtype."""


def tensor_float_32_execution_enabled() -> bool:
    """Return False: products are of the precision of their dtype."""
    return False


def set_synchronous_execution(enable: bool) -> None:
    """Do nothing: operations run in the order of the program."""


def get_synchronous_execution() -> bool:
    """Return True: operations run in the order of the program."""
    return True


optimizer = types.SimpleNamespace(
    set_jit=lambda enabled: None,  # functions are always compiled
    get_jit=lambda: "",
    set_experimental_options=lambda options: None,
    get_experimental_options=dict,
)
threading = types.SimpleNamespace(
    set_intra_op_parallelism_threads=_set_threads,
    set_inter_op_parallelism_threads=lambda num_threads: None,  # operations run one at a time
)
experimental = sys.modules[__name__]

__getattr__, __dir__ = names_of(__name__, {})
