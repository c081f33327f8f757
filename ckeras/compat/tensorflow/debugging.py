"""``tensorflow.debugging``: checks of values and shapes, which raise errors that name the tensor."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ckeras import ops as _ops
from ckeras.compat.tensorflow.errors import InvalidArgumentError
from ckeras.compat.tensorflow.table import names_of
from ckeras.tensor import Tensor

_PAIRS = {
    "equal": np.equal,
    "none_equal": np.not_equal,
    "greater": np.greater,
    "greater_equal": np.greater_equal,
    "less": np.less,
    "less_equal": np.less_equal,
}
_SIGNS = {"negative": np.less, "positive": np.greater, "non_negative": np.greater_equal, "non_positive": np.less_equal}


def _comparing(kind: str, holds: Callable[..., Any], with_zero: bool) -> Callable[..., None]:
    def check(x: Any, y: Any = 0, message: str | None = None, summarize: Any = None, name: str | None = None) -> None:
        a, b = np.asarray(x), np.asarray(y)
        if not np.all(holds(a, b)):
            raise InvalidArgumentError(f"{message or ''} assert_{kind}: {a!r:.200} and {b!r:.200}".strip())

    def check_sign(x: Any, message: str | None = None, summarize: Any = None, name: str | None = None) -> None:
        check(x, 0, message)

    function = check_sign if with_zero else check
    function.__name__ = function.__qualname__ = f"assert_{kind}"
    other = "0" if with_zero else "y"
    function.__doc__ = f"Raise InvalidArgumentError unless ``x`` is {kind.replace('_', ' ')} ({other}) elementwise."
    return function


globals().update({f"assert_{kind}": _comparing(kind, holds, False) for kind, holds in _PAIRS.items()})
globals().update({f"assert_{kind}": _comparing(kind, holds, True) for kind, holds in _SIGNS.items()})


def assert_near(
    x: Any,
    y: Any,
    rtol: Any = None,
    atol: Any = None,
    message: str | None = None,
    summarize: Any = None,
    name: Any = None,
) -> None:
    """Raise InvalidArgumentError unless ``|x - y| <= atol + rtol * |y|``; both are ten times the dtype's epsilon."""
    a, b = np.asarray(x), np.asarray(y)
    epsilon = 10 * np.finfo(np.result_type(a.dtype, "float32") if a.dtype != "float64" else "float64").eps
    rtol, atol = (epsilon if t is None else float(np.asarray(t)) for t in (rtol, atol))
    if not np.all(np.abs(a - b) <= atol + rtol * np.abs(b)):
        raise InvalidArgumentError(f"{message or ''} assert_near: {a!r:.200} and {b!r:.200}".strip())


def check_numerics(tensor: Any, message: str, name: str | None = None) -> Any:
    """Return a tensor; raise InvalidArgumentError if an element is not finite."""
    if not np.isfinite(np.asarray(tensor)).all():
        raise InvalidArgumentError(f"{message} : Tensor had Inf or NaN values")
    return _ops.convert_to_tensor(tensor)


assert_all_finite = check_numerics


def assert_rank(x: Any, rank: int, message: str | None = None, name: str | None = None) -> None:
    """Raise ValueError unless a tensor has ``rank`` axes."""
    if _ops.ndim(x) != rank:
        raise ValueError(f"{message or ''} assert_rank: expected rank {rank}, got {_ops.ndim(x)}".strip())


def assert_rank_at_least(x: Any, rank: int, message: str | None = None, name: str | None = None) -> None:
    """Raise ValueError unless a tensor has ``rank`` axes or more."""
    if _ops.ndim(x) < rank:
        raise ValueError(f"{message or ''} assert_rank_at_least: expected rank {rank}, got {_ops.ndim(x)}".strip())


def assert_scalar(tensor: Any, message: str | None = None, name: str | None = None) -> Any:
    """Return a tensor; raise ValueError if it has axes."""
    assert_rank(tensor, 0, message)
    return tensor


def assert_type(tensor: Any, tf_type: Any, message: str | None = None, name: str | None = None) -> None:
    """Raise TypeError unless a tensor has a dtype."""
    if _ops.dtype(tensor) != tf_type:
        raise TypeError(f"{message or ''} assert_type: expected dtype {tf_type}, got {_ops.dtype(tensor)}".strip())


def assert_shapes(
    shapes: Any, data: Any = None, summarize: Any = None, message: str | None = None, name: str | None = None
) -> None:
    """Raise ValueError unless tensors have shapes in which equal symbols stand for equal sizes.

    Args:
        shapes: dict or list of pairs: tensor -> shape, of sizes, symbols (any string) and None for any size.
        data, summarize, name: no effect.
        message: beginning of the error.
    """
    known: dict[str, int] = {}
    for tensor, expected in shapes.items() if isinstance(shapes, dict) else shapes:
        shape = tuple(tensor.shape)
        fits = len(shape) == len(expected) and all(
            e is None or e == "." or d == (known.setdefault(e, d) if isinstance(e, str) else e)
            for d, e in zip(shape, expected, strict=True)
        )
        if not fits:
            raise ValueError(
                f"{message or ''} assert_shapes: expected {tuple(expected)} with {known}, got {shape}".strip()
            )


def Assert(condition: Any, data: Any, summarize: Any = None, name: str | None = None) -> None:
    """Raise InvalidArgumentError, with ``data``, unless a condition holds for all elements."""
    if not np.all(np.asarray(condition)):
        raise InvalidArgumentError(f"assertion failed: {data!r:.400}")


def is_numeric_tensor(tensor: Any) -> bool:
    """Whether this is a tensor of numbers."""
    return isinstance(tensor, Tensor) and tensor.dtype not in ("bool", "string")


def enable_check_numerics(*args: Any, **kwargs: Any) -> None:
    """Raise NotImplementedError: use `check_numerics`, or the callback `TerminateOnNaN`."""
    raise NotImplementedError("enable_check_numerics is not there; use check_numerics, or callbacks.TerminateOnNaN")


def disable_check_numerics() -> None:
    """Do nothing: `check_numerics` is called where it is wanted."""


def assert_integer(x: Any, message: str | None = None, name: str | None = None) -> None:
    """Raise TypeError unless a tensor holds integers."""
    dtype = _ops.convert_to_tensor(x).dtype
    if "int" not in dtype:
        raise TypeError(f"{message or ''} assert_integer: expected integers, got dtype {dtype!s}".strip())


def assert_rank_in(x: Any, ranks: Any, message: str | None = None, name: str | None = None) -> None:
    """Raise ValueError unless the number of axes is one of ``ranks``."""
    if _ops.ndim(x) not in [int(r) for r in ranks]:
        raise ValueError(f"{message or ''} assert_rank_in: expected rank {ranks}, got {_ops.ndim(x)}".strip())


def assert_same_float_dtype(tensors: Any = None, dtype: Any = None) -> str:
    """Return the dtype of tensors of one float dtype; raise ValueError otherwise."""
    kinds = {str(_ops.convert_to_tensor(t).dtype) for t in tensors or ()} | ({str(dtype)} if dtype else set())
    if len(kinds) > 1 or any("float" not in k for k in kinds):
        raise ValueError(f"assert_same_float_dtype: expected one float dtype, got {sorted(kinds)}")
    return kinds.pop() if kinds else "float32"


def assert_proper_iterable(values: Any) -> None:
    """Raise TypeError unless this is a sequence of tensors, and no tensor or string."""
    if isinstance(values, (Tensor, np.ndarray, str, bytes)) or not hasattr(values, "__iter__"):
        raise TypeError(f"expected a sequence of tensors, got {type(values).__name__}")


def set_log_device_placement(enabled: bool) -> None:
    """Do nothing: everything is on the CPU."""


def get_log_device_placement() -> bool:
    """Return False."""
    return False


def enable_traceback_filtering() -> None:
    """Leave the frames of ckeras out of tracebacks."""
    from ckeras.config import enable_traceback_filtering as enable

    enable()


def disable_traceback_filtering() -> None:
    """Keep the frames of ckeras in tracebacks."""
    from ckeras.config import disable_traceback_filtering as disable

    disable()


def is_traceback_filtering_enabled() -> bool:
    """Return whether the frames of ckeras are left out of tracebacks."""
    from ckeras.config import is_traceback_filtering_enabled as enabled

    return enabled()


__getattr__, __dir__ = names_of(__name__, {})
