"""What the process remembers, and how it is forgotten."""

import gc


def clear_session(free_memory: bool = True) -> None:
    """Count default names anew, and let go of what is kept for speed: kernels of single calls, by signature.

    The dtype policy and the learning phase that were set are forgotten too. Models and layers that are in use stay as
    they are.

    Args:
        free_memory: whether objects that nobody uses any more are collected at once.

    >>> import ckeras
    >>> clear_session()
    >>> ckeras.layers.Dense(1).name
    'dense'
    """
    from ckeras import config
    from ckeras.tensor import eager
    from ckeras.utils import naming

    naming.reset()
    config.reset()
    eager._prepare.cache_clear()
    if free_memory:
        gc.collect()
