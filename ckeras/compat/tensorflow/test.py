"""``tensorflow.test``: queries of GPUs."""

from ckeras.compat.tensorflow.table import names_of


def is_gpu_available(cuda_only: bool = False, min_cuda_compute_capability: object = None) -> bool:
    """Return False."""
    return False


def is_built_with_cuda() -> bool:
    """Return False."""
    return False


def gpu_device_name() -> str:
    """Return an empty string: there is no such device."""
    return ""


__getattr__, __dir__ = names_of(__name__, {})
