"""Reset of the global state."""

import gc

from ckeras import config
from ckeras._kernels import memory
from ckeras.tensor import cache
from ckeras.utils import naming


def clear_session(free_memory: bool = True) -> None:
    """Reset the counters of default names, and free the caches of compiled plans and their memory.

    The global dtype policy and the learning phase are reset too. Existing models and layers remain valid and are
    recompiled when they are called.

    Args:
        free_memory: whether to run the garbage collector.

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
