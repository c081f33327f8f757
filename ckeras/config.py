"""Global settings: float type and dtype policy, fuzz factor, image data format, messages, training limits, threads.

They are those of `keras.config`, except for the number of threads.
"""

import os
import threading
from typing import Any

from ckeras import _kernels
from ckeras.lazy import TYPE_CHECKING, attach

_FLOAT_TYPES = ("bfloat16", "float16", "float32", "float64")
_settings: dict[str, Any] = {
    "floatx": "float32",
    "epsilon": 1e-7,
    "image_data_format": "channels_last",
    "dtype_policy": None,
    "interactive_logging": True,
    "traceback_filtering": True,
    "flash_attention": None,
    "safe_mode": True,
    "max_epochs": None,
    "max_steps_per_epoch": None,
}
_threads = 1
_forked = False
scope = threading.local()  # state of this thread: active tapes, the running trace


def floatx() -> str:
    """Return the default float type of weights and results: ``"float32"`` unless set otherwise.

    >>> floatx()
    'float32'
    """
    return _settings["floatx"]


def set_floatx(value: str) -> None:
    """Set the default float type to ``value``, "bfloat16", "float16", "float32" or "float64".

    "bfloat16" requires the package ml_dtypes.
    """
    if value not in _FLOAT_TYPES:
        raise ValueError(f"set_floatx expects one of {_FLOAT_TYPES}, got {value!r}")
    _settings["floatx"] = value


def epsilon() -> float:
    """Return the fuzz factor that keeps logarithms and quotients finite (1e-7 unless set otherwise)."""
    return _settings["epsilon"]


def set_epsilon(value: float) -> None:
    """Set the fuzz factor that `epsilon` returns, a positive number."""
    if not value > 0:
        raise ValueError(f"set_epsilon expects a positive number, got {value!r}")
    _settings["epsilon"] = float(value)


def image_data_format() -> str:
    """Return the default image data format: ``"channels_last"`` or ``"channels_first"``."""
    return _settings["image_data_format"]


def set_image_data_format(data_format: str) -> None:
    """Set the default image data format, ``"channels_last"`` or ``"channels_first"``."""
    value = str(data_format).lower()
    if value not in ("channels_last", "channels_first"):
        raise ValueError(f"set_image_data_format expects 'channels_last' or 'channels_first', got {data_format!r}")
    _settings["image_data_format"] = value


def backend() -> str:
    """Return the name of the backend, which is always ``"ckeras"``."""
    return "ckeras"


def set_backend(backend: str) -> None:
    """Accept "ckeras", the only backend; raise ValueError for any other name."""
    if backend != "ckeras":
        raise ValueError(f"set_backend expects 'ckeras', the only backend there is, got {backend!r}")


def enable_interactive_logging() -> None:
    """Write the progress bar, summaries and messages to the standard output. This is the default."""
    _settings["interactive_logging"] = True


def disable_interactive_logging() -> None:
    """Write the progress bar, summaries and messages to ``logging.getLogger("ckeras")``, at level INFO.

    Python discards messages below WARNING unless logging is configured, so they are not shown by default.

    >>> disable_interactive_logging()
    >>> is_interactive_logging_enabled()
    False
    >>> enable_interactive_logging()
    """
    _settings["interactive_logging"] = False


def is_interactive_logging_enabled() -> bool:
    """Whether messages go to the standard output rather than to the logger."""
    return _settings["interactive_logging"]


def enable_traceback_filtering() -> None:
    """Remove ckeras's own frames from the tracebacks of errors in layers and models. This is the default."""
    _settings["traceback_filtering"] = True


def disable_traceback_filtering() -> None:
    """Show full tracebacks, with the frames of ckeras."""
    _settings["traceback_filtering"] = False


def is_traceback_filtering_enabled() -> bool:
    """Whether ckeras's frames are removed from tracebacks."""
    return _settings["traceback_filtering"]


def enable_flash_attention() -> None:
    """Undo `disable_flash_attention`.

    Flash attention, which does not store the full matrix of scores, is used wherever scores are neither returned nor
    dropped, so this changes no result; only a layer's own ``flash_attention=True`` insists on it.
    """
    _settings["flash_attention"] = None


def disable_flash_attention() -> None:
    """Let `is_flash_attention_enabled` return False. Results are the same."""
    _settings["flash_attention"] = False


def is_flash_attention_enabled() -> bool | None:
    """False after `disable_flash_attention`, or else None: where scores are not needed, they are not stored."""
    return _settings["flash_attention"]


def enable_unsafe_deserialization() -> None:
    """Allow lambdas in configs and saved models. They hold arbitrary byte code, so use only trusted files."""
    _settings["safe_mode"] = False


def in_safe_mode() -> bool:
    """Whether lambdas in configs are rejected by default; the argument `safe_mode` overrides it."""
    return _settings["safe_mode"]


def is_nnx_enabled() -> bool:
    """False: layers are never modules of Flax, which belongs to another backend."""
    return False


def max_epochs() -> int | None:
    """Return the maximum number of epochs of a call of `fit`; None for no limit.

    The initial value is that of the environment variable ``KERAS_MAX_EPOCHS``.
    """
    return _settings["max_epochs"]


def set_max_epochs(max_epochs: int | None) -> None:
    """Set the maximum number of epochs of a call of `fit`; None for no limit."""
    _settings["max_epochs"] = _limit("set_max_epochs", max_epochs)


def max_steps_per_epoch() -> int | None:
    """Return the maximum number of steps of an epoch, an evaluation or a prediction; None for no limit.

    The initial value is that of the environment variable ``KERAS_MAX_STEPS_PER_EPOCH``.
    """
    return _settings["max_steps_per_epoch"]


def set_max_steps_per_epoch(max_steps_per_epoch: int | None) -> None:
    """Set the maximum number of steps of an epoch, an evaluation or a prediction; None for no limit."""
    _settings["max_steps_per_epoch"] = _limit("set_max_steps_per_epoch", max_steps_per_epoch)


def _limit(where: str, value: Any) -> int | None:
    """Validate a training limit; values below 1 mean no limit."""
    if value is None:
        return None
    if isinstance(value, bool) or not hasattr(value, "__index__"):
        raise ValueError(f"{where} expects an integer or None, got {value!r}")
    return int(value) if value > 0 else None


def _limit_of_environment(name: str) -> int | None:
    text = os.environ.get(name, "").strip()
    if not text:
        return None
    try:
        return _limit(name, int(text))
    except ValueError:
        raise ValueError(f"the environment variable {name} must hold an integer, got {text!r}") from None


def dtype_policy_setting() -> Any:
    """Return the global dtype policy; None if it is not set (see `dtype_policy`)."""
    return _settings["dtype_policy"]


def set_dtype_policy_setting(policy: Any) -> None:
    """Set the global dtype policy."""
    _settings["dtype_policy"] = policy


def reset() -> None:
    """Reset the dtype policy, the learning phase and the flash attention setting, for `clear_session`."""
    _settings["dtype_policy"] = _settings["flash_attention"] = None
    scope.training = None


def get_threads() -> int:
    """Return the maximum number of threads of a kernel."""
    return _threads


def set_threads(count: int) -> None:
    """Set the maximum number of threads of a kernel. Results do not depend on it, bit for bit.

    After `os.fork` the child process uses one thread, since the OpenMP runtime does not survive a fork.
    """
    global _threads
    if isinstance(count, bool) or not isinstance(count, int) or count < 1:
        raise ValueError(f"set_threads expects a positive integer, got {count!r}")
    _threads = 1 if _forked else count
    _kernels.level.set_threads(_threads)


def _default_threads() -> int:
    """Return OMP_NUM_THREADS if it is a number, otherwise the number of processors available to this process."""
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


_settings["max_epochs"] = _limit_of_environment("KERAS_MAX_EPOCHS")
_settings["max_steps_per_epoch"] = _limit_of_environment("KERAS_MAX_STEPS_PER_EPOCH")
set_threads(_default_threads())
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)

__all__ = [
    "backend",
    "disable_flash_attention",
    "disable_interactive_logging",
    "disable_traceback_filtering",
    "enable_flash_attention",
    "enable_interactive_logging",
    "enable_traceback_filtering",
    "enable_unsafe_deserialization",
    "epsilon",
    "floatx",
    "get_threads",
    "image_data_format",
    "is_flash_attention_enabled",
    "is_interactive_logging_enabled",
    "is_nnx_enabled",
    "is_traceback_filtering_enabled",
    "max_epochs",
    "max_steps_per_epoch",
    "set_backend",
    "set_epsilon",
    "set_floatx",
    "set_image_data_format",
    "set_max_epochs",
    "set_max_steps_per_epoch",
    "set_threads",
]

if TYPE_CHECKING:
    from ckeras.dtype_policies.finding import set_dtype_policy as set_dtype_policy
    from ckeras.dtype_policies.policy import dtype_policy as dtype_policy

# Names of `keras.config` that are defined in dtype_policies, which depends on this module.
attach(
    __name__,
    {
        "dtype_policy": "ckeras.dtype_policies.policy",
        "set_dtype_policy": "ckeras.dtype_policies.finding",
    },
)
