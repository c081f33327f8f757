"""``tensorflow.random``."""

import random as _random
from typing import Any

import numpy as _np

from ckeras.compat.tensorflow.table import names_of

ROWS = {
    "normal": "random.normal(shape, mean, stddev, dtype, seed)",
    "categorical": "random.categorical(logits, num_samples, dtype, seed)",
    "truncated_normal": "random.truncated_normal(shape, mean, stddev, dtype, seed)",
}

__getattr__, __dir__ = names_of(__name__, ROWS)


def uniform(
    shape: Any, minval: Any = 0, maxval: Any = None, dtype: Any = "float32", seed: Any = None, name: str | None = None
) -> Any:
    """Sample uniformly from [minval, maxval): floats, or integers if ``dtype`` is an integer dtype."""
    from ckeras import random

    if "int" in str(dtype):
        if maxval is None:
            raise ValueError(f"random.uniform expects maxval for the integer dtype {dtype}, got None")
        return random.randint(shape, minval, maxval, dtype=dtype, seed=seed)
    return random.uniform(shape, minval, 1 if maxval is None else maxval, dtype=dtype, seed=seed)


def shuffle(value: Any, seed: Any = None, name: str | None = None) -> Any:
    """Return ``value`` shuffled along its first axis."""
    from ckeras import random

    return random.shuffle(value, axis=0, seed=seed)


def set_seed(seed: int) -> None:
    """Seed ckeras's global generator; the generators of Python and NumPy are unchanged, as with TensorFlow."""
    from ckeras.utils import set_random_seed

    python, numpy = _random.getstate(), _np.random.get_state()
    set_random_seed(seed)
    _random.setstate(python)
    _np.random.set_state(numpy)
