"""State of the process, and how to reset it."""

import gc

from ckeras import config
from ckeras._kernels import memory
from ckeras.tensor import cache
from ckeras.utils import naming


def clear_session(free_memory: bool = True) -> None:
    """Restart the counters of default names, and free what is kept for speed: compiled plans and their memory.

    The dtype policy and the learning phase that were set are reset too. Models and layers in use stay as they are, and
    are compiled again when they are called.

    Args:
        free_memory: whether unreachable objects are collected at once.

    >>> import ckeras
    >>> clear_session()
    >>> ckeras.layers.Dense(1).name
    'dense'
    """
    naming.reset()
    config.reset()
    cache.clear_all()
    if free_memory:
        gc.collect()
    memory.free_idle()
