"""Global settings: float type, fuzz factor, image layout, threads.

They mean what `keras.config` says they mean; the number of threads is ckeras's own.
"""

import os
import threading

from ckeras import _kernels

_FLOAT_TYPES = ("float16", "float32", "float64")
_settings = {"floatx": "float32", "epsilon": 1e-7, "image_data_format": "channels_last", "safe_mode": True}
_threads = 1
_forked = False
scope = threading.local()  # what is active in this thread: tapes, the running trace


def floatx() -> str:
    """The float type of weights and results where none is given: ``"float32"`` unless set otherwise.

    >>> floatx()
    'float32'
    """
    return _settings["floatx"]


def set_floatx(value: str) -> None:
    """Make ``value`` ("float16", "float32" or "float64") the default float type."""
    if value not in _FLOAT_TYPES:
        raise ValueError(f"set_floatx expects one of {_FLOAT_TYPES}, got {value!r}")
    _settings["floatx"] = value


def epsilon() -> float:
    """The small number that keeps logarithms and quotients finite (1e-7 unless set otherwise)."""
    return _settings["epsilon"]


def set_epsilon(value: float) -> None:
    """Set the number that `epsilon` returns; it must be positive."""
    if not value > 0:
        raise ValueError(f"set_epsilon expects a positive number, got {value!r}")
    _settings["epsilon"] = float(value)


def image_data_format() -> str:
    """Where images keep their channels: ``"channels_last"`` or ``"channels_first"``."""
    return _settings["image_data_format"]


def set_image_data_format(data_format: str) -> None:
    """Set what `image_data_format` returns."""
    value = str(data_format).lower()
    if value not in ("channels_last", "channels_first"):
        raise ValueError(f"set_image_data_format expects 'channels_last' or 'channels_first', got {data_format!r}")
    _settings["image_data_format"] = value


def backend() -> str:
    """The name of the backend, which is always ``"ckeras"``."""
    return "ckeras"


def enable_unsafe_deserialization() -> None:
    """Let lambdas in configs and saved models be read, which are byte code and can do anything: trust the files."""
    _settings["safe_mode"] = False


def in_safe_mode() -> bool:
    """Whether lambdas in configs are refused, unless an argument `safe_mode` says otherwise."""
    return _settings["safe_mode"]


def get_threads() -> int:
    """How many threads a kernel may use."""
    return _threads


def set_threads(count: int) -> None:
    """Let kernels use up to ``count`` threads. Results do not depend on it, bit for bit.

    After `os.fork` the child stays at one thread, since the OpenMP runtime does not survive a fork.
    """
    global _threads
    if isinstance(count, bool) or not isinstance(count, int) or count < 1:
        raise ValueError(f"set_threads expects a positive integer, got {count!r}")
    _threads = 1 if _forked else count
    _kernels.level.set_threads(_threads)


def _default_threads() -> int:
    """OMP_NUM_THREADS if it holds a number, otherwise the processors this process may run on."""
    asked = os.environ.get("OMP_NUM_THREADS", "").split(",")[0].strip()
    if asked.isdigit() and int(asked) > 0:
        return int(asked)
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _after_fork() -> None:
    global _forked
    _forked = True
    set_threads(1)


set_threads(_default_threads())
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
