"""``tf.function``: functions that compile themselves, with the signatures that TensorFlow's have."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ckeras import ops as _ops
from ckeras.compiler.function import Function
from ckeras.tensor import Tensor
from ckeras.tensor.string_tensor import StringTensor, holds_strings
from ckeras.tensor.structure import map_structure


class TracedFunction(Function):
    """A compiled function, whose numbers in results are tensors.

    Args:
        python_function: the function.
        input_signature: sequence of objects with a shape and a dtype, one for each argument, to which arguments must
            conform; None for any.

    >>> from ckeras.compat.tensorflow import TensorSpec
    >>> double = TracedFunction(lambda x: 2 * x, [TensorSpec((None,), "float32")])
    >>> double([1, 2]).tolist()
    [2.0, 4.0]
    """

    def __init__(self, python_function: Callable[..., Any], input_signature: Any = None):
        super().__init__(python_function)
        self.input_signature = None if input_signature is None else tuple(input_signature)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Compute the results."""
        if self.input_signature is not None:
            args = self._conforming(args)
        return map_structure(_as_result, super().__call__(*args, **kwargs))

    def _conforming(self, args: tuple[Any, ...]) -> tuple[Any, ...]:
        """The arguments as tensors; a method's object comes before those of the signature."""
        signature = self.input_signature or ()
        first = len(args) - len(signature)
        if first not in (0, 1):
            raise TypeError(f"the function expects {len(signature)} arguments, got {len(args)}")
        return (*args[:first], *(map(_conforming, args[first:], signature)))

    def get_concrete_function(self, *args: Any, **kwargs: Any) -> TracedFunction:
        """Return the function for arguments of one kind; it compiles itself for those that it is called with."""
        return self


def _conforming(value: Any, spec: Any) -> Any:
    if isinstance(spec, (list, tuple)) and not hasattr(spec, "dtype"):
        return type(spec)(map(_conforming, value, spec))
    if isinstance(spec, dict):
        return {k: _conforming(value[k], s) for k, s in spec.items()}
    if holds_strings(value):
        return StringTensor(value)
    x = value if isinstance(value, Tensor) else _ops.convert_to_tensor(value, dtype=str(spec.dtype))
    shape = None if spec.shape is None else tuple(spec.shape)
    fits = shape is None or (
        len(shape) == len(x.shape) and all(n in (None, m) or m is None for n, m in zip(shape, x.shape, strict=True))
    )
    if x.dtype != spec.dtype or not fits:
        raise TypeError(
            f"the function expects {spec.dtype!s} of shape {shape}, as its input_signature says, got {x.dtype!s} of "
            f"shape {tuple(x.shape)}"
        )
    return x


def _as_result(x: Any) -> Any:
    return _ops.convert_to_tensor(x) if isinstance(x, (int, float)) and not isinstance(x, bool) else x


def function(
    func: Callable[..., Any] | None = None,
    input_signature: Any = None,
    autograph: bool = True,
    jit_compile: bool | None = None,
    **options: Any,
) -> Any:
    """Compile a function; also a decorator, with or without arguments.

    Args:
        func: the function.
        input_signature: shapes and dtypes that arguments must have.
        autograph, jit_compile, options: no effect.
    """
    if func is None:
        return lambda found: TracedFunction(found, input_signature)
    return TracedFunction(func, input_signature)
