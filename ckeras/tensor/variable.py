"""Variables: the state of layers, optimizers and metrics."""

import contextlib
import weakref
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from ckeras import config
from ckeras._kernels.memory import lasting_empty
from ckeras.tensor import dtypes
from ckeras.tensor.operators import Operators, functions
from ckeras.tensor.tensor import Tensor
from ckeras.utils.naming import uniquify

scope = config.scope


class Variable(Operators):
    """A named, mutable array; its memory never moves, so a compiled plan may hold its address.

    Args:
        initializer: an array, a number, or a function of ``(shape, dtype=...)``.
        shape: required if the initializer is a function.
        dtype: by default the initial value's, or the default float type.
        trainable: whether optimizers update it and tapes watch it automatically.
        autocast: stored for the dtype policies of layers.
        aggregation, synchronization: how replicas would be combined, one of the names that Keras has; they have no
            effect, since there are no replicas on one CPU.
        name: ``variable``, ``variable_1``, ... if not given.
        layout: must be None: there are no devices to distribute it over.

    >>> v = Variable([1.0, 2.0], name="scale")
    >>> v.assign_add([1.0, 1.0])
    <Variable path=scale, shape=(2,), dtype=float32, value=[2. 3.]>
    """

    __slots__ = (
        "__dict__", "__weakref__", "_array", "_shape", "_snapshot", "_version", "aggregation", "autocast", "constraint",
        "dtype", "name", "path", "regularizer", "synchronization", "trainable",
    )  # fmt: skip

    def __init__(
        self,
        initializer: Any,
        shape: Any = None,
        dtype: Any = None,
        trainable: bool = True,
        autocast: bool = True,
        aggregation: str | None = "none",
        synchronization: str | None = "auto",
        name: str | None = None,
        layout: Any = None,
        **kwargs: Any,
    ):
        if kwargs:
            raise TypeError(f"Variable got unknown arguments {sorted(kwargs)}")
        _check_replicas(aggregation, synchronization, layout)
        if callable(initializer):
            if shape is None:
                raise ValueError("Variable needs a shape when its initializer is a function")
            dtype = dtypes.standardize(dtype)
            limit = getattr(config.scope, "variable_limit", None)
            if limit is not None:
                limit.take(shape, dtype)
            with outside_trace():
                initializer = initializer(tuple(shape), dtype=dtype)
        if isinstance(initializer, (Tensor, Variable)):
            initializer = initializer.numpy()
        array = np.asarray(initializer)
        if dtype is None and not hasattr(initializer, "dtype"):
            dtype = {"f": config.floatx(), "i": "int32"}.get(array.dtype.kind)
        name_of_dtype = dtypes.standardize(dtype) if dtype is not None else dtypes.of_array(array)
        self._array = lasting_empty(array.shape, dtypes.NUMPY[name_of_dtype])
        np.copyto(self._array, array, casting="unsafe")
        if shape is not None and self._array.shape != tuple(shape):
            raise ValueError(f"Variable expects an initial value of shape {tuple(shape)}, got {self._array.shape}")
        self._shape = self._array.shape
        self._version = np.zeros(1, np.int64)  # counts assignments; plans that assign the variable count too
        self._snapshot: Callable[[], Tensor | None] = _nothing
        self.dtype = name_of_dtype
        self.trainable = trainable
        self.autocast = autocast
        self.aggregation = aggregation or "none"
        self.synchronization = synchronization or "none"
        self.name = name or uniquify("variable")
        self.path = path_of(getattr(scope, "path", ()), self.name)
        self.regularizer = None
        self.constraint = None

    @property
    def overwrite_with_gradient(self) -> bool:
        """Whether optimizers assign the gradient to it instead of applying it, as for the scales of 8-bit floats."""
        return self.__dict__.get("_overwrite_with_gradient", False)

    @overwrite_with_gradient.setter
    def overwrite_with_gradient(self, value: bool) -> None:
        if not isinstance(value, bool):
            raise TypeError(f"Variable {self.path!r} expects overwrite_with_gradient to be a boolean, got {value!r}")
        self.__dict__["_overwrite_with_gradient"] = value

    @property
    def handle(self) -> "Variable":
        """The variable itself: what TensorFlow calls a handle is its memory, and only it stands for that here."""
        return self

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape, which never changes."""
        return self._shape

    @property
    def value(self) -> Tensor:
        """The current value. Later assignments do not change the returned tensor."""
        trace = getattr(scope, "trace", None)
        tensor = trace.read(self) if trace is not None else self._read()
        for tape in getattr(scope, "tapes", ()):
            tape.read(self, tensor)
        return tensor

    def _read(self) -> Tensor:
        tensor = self._snapshot()
        if tensor is None:
            tensor = Tensor(self._array, self.dtype, borrowed=True)
            self._snapshot = weakref.ref(tensor)
        return tensor

    def detach(self) -> None:
        """Give tensors that were read from the variable a copy of its memory, which is about to be overwritten."""
        tensor = self._snapshot()
        if tensor is not None:
            tensor._array = tensor._array.copy()
            tensor._borrowed = False
            self._snapshot = _nothing

    def read_value(self) -> Tensor:
        """Alias of `value`."""
        return self.value

    def numpy(self) -> np.ndarray:
        """Return a copy of the value as a numpy array."""
        return self.value.numpy()

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        array = self.numpy()
        return array if dtype is None else array.astype(dtype, copy=False)

    def assign(self, value: Any) -> "Variable":
        """Assign a value of the same shape; raise ValueError for another shape, without any change."""
        trace = getattr(scope, "trace", None)
        if trace is not None:
            value = functions["cast"](functions["convert_to_tensor"](value), self.dtype)
            self._check(value.shape)
            trace.assign(self, value)
            return self
        array = value._array if isinstance(value, (Tensor, Variable)) else np.asarray(value)
        self._check(array.shape)
        if array is not self._array:
            if array.dtype.kind != "c" and not dtypes.holds_numbers(array.dtype):
                raise TypeError(f"Variable {self.path!r} cannot hold a value of dtype {array.dtype}")
            self.detach()
            np.copyto(self._array, array, casting="unsafe")
            self._version[0] += 1
        return self

    def _check(self, shape: tuple[int, ...]) -> None:
        if shape != self._shape:
            raise ValueError(f"Variable {self.path!r} expects a value of shape {self._shape}, got shape {shape}")

    def assign_add(self, value: Any) -> "Variable":
        """Add to the value."""
        return self.assign(functions["add"](self, value))

    def assign_sub(self, value: Any) -> "Variable":
        """Subtract from the value."""
        return self.assign(functions["subtract"](self, value))

    def __repr__(self) -> str:
        return f"<Variable path={self.path}, shape={self._shape}, dtype={self.dtype}, value={self._array}>"

    def __format__(self, spec: str) -> str:
        return format(self._read(), spec)

    def __float__(self) -> float:
        return float(self.value)

    def __int__(self) -> int:
        return int(self.value)

    def __bool__(self) -> bool:
        return bool(self.value)

    def __index__(self) -> int:
        return self.value.__index__()

    def __iter__(self) -> Any:
        return iter(self.value)

    def __deepcopy__(self, memo: dict) -> "Variable":
        twin = Variable(self._array, dtype=self.dtype, name=self.name)
        memo[id(self)] = twin
        twin.__setstate__(self._state())
        return twin

    def __reduce__(self) -> Any:
        return partial(Variable, name=self.name), (self._array.copy(),), self._state()

    def _state(self) -> dict[str, Any]:
        fields = (
            "aggregation", "autocast", "constraint", "name", "path", "regularizer", "synchronization", "trainable",
        )  # fmt: skip
        return {**{f: getattr(self, f) for f in fields}, **self.__dict__}

    def __setstate__(self, state: dict[str, Any]) -> None:
        for key, value in state.items():
            setattr(self, key, value)


@contextlib.contextmanager
def outside_trace() -> Any:
    """Context manager that suspends traces and tapes, to compute eagerly."""
    trace, tapes = getattr(scope, "trace", None), getattr(scope, "tapes", ())
    scope.trace, scope.tapes = None, ()
    try:
        yield
    finally:
        scope.trace, scope.tapes = trace, tapes


def path_of(parts: tuple[Any, ...], *name: str) -> str:
    """The names of layers and name scopes, from the outermost in, and what else comes after them, joined by "/"."""
    return "/".join([*(part.__dict__.get("name", type(part).__name__) for part in parts), *name])


def _check_replicas(aggregation: str | None, synchronization: str | None, layout: Any) -> None:
    """Raise ValueError for an argument about replicas that Keras refuses, or a layout."""
    for argument, value, names in (
        ("aggregation", aggregation, ("none", "mean", "sum", "only_first_replica")),
        ("synchronization", synchronization, ("none", "on_read", "on_write", "auto")),
    ):
        if value is not None and value not in names:
            raise ValueError(f"Variable expects {argument} to be None or one of {names}, got {value!r}")
    if layout is not None:
        raise ValueError(f"Variable expects layout to be None, got {layout!r}: there is one device")


def _nothing() -> None:
    return None
