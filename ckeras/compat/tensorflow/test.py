"""``tensorflow.test``: what scripts ask about graphics processors."""


def is_gpu_available(cuda_only: bool = False, min_cuda_compute_capability: object = None) -> bool:
    """False."""
    return False


def is_built_with_cuda() -> bool:
    """False."""
    return False


def gpu_device_name() -> str:
    """An empty string: there is no such device."""
    return ""
