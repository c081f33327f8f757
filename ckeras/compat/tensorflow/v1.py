"""``tensorflow.compat.v1``, and what TensorFlow 1 had at the top: names of scripts of before TensorFlow 2.

A name that is not in the table here is that of TensorFlow 2.
"""

from __future__ import annotations

import contextlib
import logging as _logging
import sys
import types
from collections.abc import Callable, Iterator
from typing import Any

from ckeras import ops as _ops
from ckeras.compat.tensorflow.compat import get_logger
from ckeras.compat.tensorflow.reductions import reduce_sum
from ckeras.compat.tensorflow.table import renamed, resolve
from ckeras.compat.tensorflow.v1_names import INSTEAD, ROWS
from ckeras.tensor import KerasTensor


def __getattr__(name: str) -> Any:
    if name.startswith("__"):
        raise AttributeError(name)
    if name in INSTEAD:
        raise AttributeError(
            f"tensorflow.compat.v1.{name} is not one of the TensorFlow names that ckeras provides; {INSTEAD[name]}"
        )
    row = ROWS.get(name)
    if row is None:
        return getattr(sys.modules["ckeras.compat.tensorflow"], name)
    value = renamed(name, row) if row.endswith(")") else resolve(row)
    setattr(sys.modules[__name__], name, value)
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *ROWS, *dir(sys.modules["ckeras.compat.tensorflow"])} - set(INSTEAD))


def enable_eager_execution(*args: Any, **kwargs: Any) -> None:
    """Do nothing: operations on tensors run at once, and those on symbolic tensors when a session runs them."""


enable_v2_behavior = enable_resource_variables = disable_resource_variables = enable_eager_execution
enable_v2_tensorshape = disable_v2_tensorshape = disable_eager_execution = enable_eager_execution
enable_control_flow_v2 = disable_control_flow_v2 = enable_eager_execution


def executing_eagerly_outside_functions() -> bool:
    """Return True."""
    return True


def div(x: Any, y: Any, name: str | None = None) -> Any:
    """Return the quotient; that of integers is rounded down."""
    x, y = _ops.convert_to_tensor(x), _ops.convert_to_tensor(y)
    integers = "int" in x.dtype and "int" in y.dtype
    return _ops.floor_divide(x, y) if integers else _ops.true_divide(x, y)


def count_nonzero(
    input_tensor: Any = None,
    axis: Any = None,
    keepdims: bool | None = None,
    dtype: Any = "int64",
    name: str | None = None,
    reduction_indices: Any = None,
    keep_dims: bool | None = None,
) -> Any:
    """Return the number of elements that are not 0, along an axis or of all."""
    nonzero = _ops.cast(_ops.not_equal(input_tensor, 0), dtype)
    return reduce_sum(nonzero, axis, keepdims, None, reduction_indices, keep_dims)


def _cast(dtype: str) -> Callable[..., Any]:
    def cast(x: Any, name: str | None = None) -> Any:
        return _ops.cast(x, dtype)

    cast.__doc__ = f"Cast a tensor to {dtype}."
    return cast


to_bfloat16, to_double, to_float, to_int32, to_int64 = map(_cast, ("bfloat16", "float64", "float32", "int32", "int64"))


def extract_image_patches(
    images: Any, ksizes: Any = None, strides: Any = None, rates: Any = None, padding: Any = None, name: Any = None
) -> Any:
    """Return the pixels of patches of images in the last axis."""
    from ckeras.compat.tensorflow.image import extract_patches

    return extract_patches(images, ksizes, strides, rates, padding)


def verify_tensor_all_finite(
    t: Any = None, msg: str | None = None, name: Any = None, x: Any = None, message: Any = None
) -> Any:
    """Return a tensor; raise InvalidArgumentError if an element is not finite."""
    from ckeras.compat.tensorflow.debugging import check_numerics

    return check_numerics(x if t is None else t, message or msg or "")


def gradients(ys: Any, xs: Any, *options: Any, **more: Any) -> Any:
    """Return the symbolic gradients of a symbolic tensor with respect to others, or to variables.

    Raises:
        TypeError: if it is not symbolic: use `tf.GradientTape`.
    """
    from ckeras.backend.graphs import gradients as symbolic

    loss = ys[0] if isinstance(ys, (list, tuple)) and len(ys) == 1 else ys
    if type(loss) is not KerasTensor:
        raise TypeError("tf.gradients expects a symbolic tensor, which depends on placeholders; use tf.GradientTape")
    return symbolic(loss, xs)


# -- variables

_variables: dict[str, Any] = {}
_scopes: list[tuple[str, Any]] = []


@contextlib.contextmanager
def variable_scope(
    name_or_scope: Any = None, default_name: str | None = None, values: Any = None, reuse: Any = None, **options: Any
) -> Iterator[Any]:
    """A context manager: names of `get_variable` begin with that of the scope; ``reuse`` allows existing ones."""
    name = getattr(name_or_scope, "name", name_or_scope) or default_name or ""
    inherited = _scopes[-1][1] if _scopes else None
    _scopes.append((name, inherited if reuse is None else reuse))
    try:
        yield types.SimpleNamespace(
            name="/".join(n for n, _ in _scopes), reuse_variables=lambda: _scopes.append((_scopes.pop()[0], True))
        )
    finally:
        _scopes.pop()


AUTO_REUSE = "auto_reuse"


def get_variable(
    name: str,
    shape: Any = None,
    dtype: Any = "float32",
    initializer: Any = None,
    regularizer: Any = None,
    trainable: bool | None = None,
    **options: Any,
) -> Any:
    """Return a new variable of a name, or in a scope with ``reuse`` the existing one.

    Raises:
        ValueError: if the variable exists and is not reused, or does not exist and is.
    """
    from ckeras import initializers
    from ckeras.compat.tensorflow.variables import Variable

    path = "/".join([*(n for n, _ in _scopes if n), name])
    reuse = _scopes[-1][1] if _scopes else None
    if path in _variables and reuse:
        return _variables[path]
    if path in _variables or reuse is True:
        state = "exists already; use reuse=True or tf.AUTO_REUSE" if path in _variables else "does not exist"
        raise ValueError(f"variable {path} {state}")
    if initializer is None:
        initializer = initializers.GlorotUniform()
    made = initializer() if isinstance(initializer, type) else initializer
    value = made(tuple(shape), dtype=str(dtype)) if callable(made) else made
    found = Variable(value, trainable=trainable is not False, name=path, dtype=str(dtype))
    _variables[path] = found
    return found


def global_variables(scope: str | None = None) -> list[Any]:
    """Return the variables that `get_variable` made."""
    return [v for path, v in _variables.items() if scope is None or path.startswith(scope)]


def trainable_variables(scope: str | None = None) -> list[Any]:
    """Return the trainable variables that `get_variable` made."""
    return [v for v in global_variables(scope) if v.trainable]


def placeholder_with_default(input: Any, shape: Any, name: str | None = None) -> Any:
    """Raise NotImplementedError: use a placeholder, and feed the value."""
    raise NotImplementedError("placeholder_with_default is not there; use tf.placeholder, and feed the value")


# -- modules


def _set_verbosity(level: Any) -> None:
    get_logger().setLevel(level)


logging = types.SimpleNamespace(
    set_verbosity=_set_verbosity,
    get_verbosity=lambda: get_logger().level,
    DEBUG=_logging.DEBUG,
    INFO=_logging.INFO,
    WARN=_logging.WARNING,
    ERROR=_logging.ERROR,
    FATAL=_logging.CRITICAL,
    **{name: getattr(get_logger(), name) for name in ("debug", "error", "fatal", "info", "warning")},
    warn=get_logger().warning,
)


def _run(main: Callable[..., Any] | None = None, argv: Any = None) -> None:
    found = main or sys.modules["__main__"].main
    sys.exit(found(argv or sys.argv))


app = types.SimpleNamespace(run=_run)
