"""Tensors with values, symbolic tensors of a model's graph, and traced values of the compiler."""

import itertools
import os
import traceback
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from ckeras.tensor import dtypes
from ckeras.tensor.operators import Operators, binary, functions, unary
from ckeras.utils.naming import auto_name

_PACKAGE = os.path.dirname(os.path.dirname(os.path.abspath(__file__))) + os.sep


class Spec(NamedTuple):
    """Shape and dtype of a value; unknown dimensions are `None`."""

    shape: tuple[int | None, ...]
    dtype: str


class NeedsValue(Exception):
    """Raised when code that is being traced asks for the value of a tensor, which is only known when the plan runs.

    Args:
        why: What needs the value, and what to use instead; the line that asks for it, by default.
    """

    def __init__(self, why: str | None = None) -> None:
        frames = [f for f in traceback.extract_stack() if not f.filename.startswith(_PACKAGE)]
        self.where = f"{frames[-1].filename}:{frames[-1].lineno}" if frames else "an unknown line"
        self.why = why or (
            f"it asks for the value of a tensor at {self.where}, which is not known when it is compiled. Use "
            "ops.where, ops.cond or a comparison in ops instead"
        )
        super().__init__(f"the value of a tensor is needed while it is only being traced ({self.where})")


class Tensor(Operators):
    """An immutable array of numbers, the argument and the result of every op.

    Made by `ckeras.ops.convert_to_tensor` and by the ops themselves.

    >>> import ckeras
    >>> x = ckeras.ops.convert_to_tensor([[1.0, 2.0], [3.0, 4.0]])
    >>> x.shape, x.dtype, float((x * 2).numpy().sum())
    ((2, 2), 'float32', 20.0)
    """

    __slots__ = ("__dict__", "__weakref__", "_array", "_borrowed", "dtype", "shape")

    def __init__(self, array: np.ndarray, dtype: str, borrowed: bool = False):
        self._array = array
        self._borrowed = borrowed  # the memory belongs to a variable, which may overwrite it
        self.dtype = dtype
        self.shape = array.shape

    @property
    def spec(self) -> Spec:
        """Shape and dtype together."""
        return Spec(self.shape, self.dtype)

    def numpy(self) -> np.ndarray:
        """Return a writable copy of the values as a numpy array (of rank 0 for scalars)."""
        return self._array.copy()

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        array = self._array
        if dtype is not None and array.dtype != dtype:
            return array.astype(dtype)
        if copy or self._borrowed:
            return array.copy()
        view = array.view()
        view.flags.writeable = False  # tensors are immutable
        return view

    def __repr__(self) -> str:
        return f"<Tensor shape={self.shape} dtype={self.dtype} value={np.array2string(self._array, separator=', ')}>"

    def __str__(self) -> str:
        return f"Tensor({np.array2string(self._array)}, shape={self.shape}, dtype={self.dtype})"

    def __format__(self, spec: str) -> str:
        return format(self._array.item() if self.shape == () else str(self), spec)

    def _scalar(self) -> Any:
        if self._array.size != 1:
            raise TypeError(f"expected a tensor of one element to convert to a Python number, got shape {self.shape}")
        return self._array.reshape(()).item()

    def item(self) -> Any:
        """Return the only element as a Python number."""
        return self._scalar()

    def tolist(self) -> Any:
        """Return the values as nested lists."""
        return self._array.tolist()

    def __float__(self) -> float:
        return float(self._scalar())

    def __int__(self) -> int:
        return int(self._scalar())

    def __index__(self) -> int:
        if self.dtype not in dtypes.INTEGERS:
            raise TypeError(f"only a tensor of integers can be an index, got dtype {self.dtype}")
        return int(self._scalar())

    def __bool__(self) -> bool:
        if self._array.size != 1:
            raise ValueError(f"the boolean value of a tensor of shape {self.shape} is ambiguous; use any() or all()")
        return bool(self._array.reshape(()))

    def __iter__(self) -> Any:
        if not self.shape:
            raise TypeError("cannot iterate over a tensor with no axes")
        return (self[i] for i in range(self.shape[0]))

    def __copy__(self) -> "Tensor":
        return self

    def __deepcopy__(self, memo: dict) -> "Tensor":
        return Tensor(self._array.copy(), self.dtype)

    def __reduce__(self) -> Any:
        return Tensor, (self._array.copy(), self.dtype)

    def astype(self, dtype: Any) -> "Tensor":
        """Return a copy converted to another dtype."""
        return functions["cast"](self, dtype)

    def reshape(self, *shape: Any) -> "Tensor":
        """Return the same elements in another shape."""
        return functions["reshape"](self, shape[0] if len(shape) == 1 and not isinstance(shape[0], int) else shape)


class TracedTensor(Tensor):
    """A value of the running trace, with known shape and dtype but unknown elements.

    ``node`` is the call that computes it (as its result ``index``); it is `None` for inputs of the graph.
    """

    __slots__ = ("index", "node", "trace")

    def __init__(self, shape: tuple[int, ...], dtype: str, trace: Any, node: Any = None, index: int = 0):
        self.shape = shape
        self.dtype = dtype
        self.trace = trace
        self.node = node
        self.index = index

    @property
    def _array(self) -> np.ndarray:
        raise NeedsValue()

    @property
    def _borrowed(self) -> bool:
        raise NeedsValue()

    def __repr__(self) -> str:
        return f"<TracedTensor shape={self.shape} dtype={self.dtype}>"

    __str__ = __repr__

    def __format__(self, spec: str) -> str:
        if spec:
            raise NeedsValue()
        return repr(self)


class KerasTensor(Tensor):
    """A symbolic tensor, as `Input` returns it, and each op and layer that is called on one.

    Args:
        shape: the shape, with `None` for unknown dimensions such as the batch.
        dtype: name of the dtype; also ``"string"``, which only layers of strings take.
        sparse, ragged: must be false; tensors are dense.
        record_history: whether to record the call that returns it.
        name: shown in summaries; generated if not given.

    ``_keras_history`` is (operation, index of its call, index of the output), once a call has returned the tensor.

    >>> x = KerasTensor((None, 6))
    >>> x.sparse, x.ragged, x.reshape((-1, 2, 3)).shape, x[:, :1].squeeze(1).shape
    (False, False, (None, 2, 3), (None,))
    """

    __slots__ = ("_keras_history", "_name", "number", "record_history")
    _fixed = frozenset(("dtype", "ragged", "ragged_rank", "row_splits_dtype", "shape", "sparse"))
    _numbers = itertools.count()
    sparse = ragged = False
    ragged_rank = row_splits_dtype = None

    def __init__(
        self,
        shape: Sequence[int | None],
        dtype: str = "float32",
        sparse: bool = False,
        ragged: bool = False,
        record_history: bool = True,
        name: str | None = None,
        **kwargs: Any,
    ):
        if kwargs:
            raise TypeError(f"KerasTensor got unknown arguments {sorted(kwargs)}")
        if sparse or ragged:
            raise ValueError(f"KerasTensor is dense: got sparse={sparse}, ragged={ragged}")
        Tensor.shape.__set__(self, tuple(shape))
        Tensor.dtype.__set__(self, dtypes.symbolic(dtype))
        self.record_history = record_history
        self.number = next(KerasTensor._numbers)  # tensors created later have larger numbers
        self._name = name

    def __setattr__(self, name: str, value: Any) -> None:
        if name in self._fixed:
            raise AttributeError(f"{name} of the symbolic tensor {self.name!r} cannot be changed; make a new one")
        object.__setattr__(self, name, value)

    @property
    def name(self) -> str:
        """The name, generated on first use if none was given."""
        if self._name is None:
            self._name = auto_name("keras_tensor")
        return self._name

    @name.setter
    def name(self, value: str) -> None:
        self._name = value

    @staticmethod
    def made() -> int:
        """Return a number larger than those of all symbolic tensors so far."""
        return next(KerasTensor._numbers)

    @property
    def _array(self) -> np.ndarray:
        raise TypeError(
            f"the symbolic tensor {self.name!r} of shape {self.shape} has no value; "
            "call a model on real data to get one"
        )

    _borrowed = _array

    # As Keras defines them for symbolic tensors: the division is another function, and logic is that of booleans.
    __truediv__, __rtruediv__ = binary("true_divide")
    __and__, __rand__ = binary("logical_and")
    __or__, __ror__ = binary("logical_or")
    __xor__, __rxor__ = binary("logical_xor")
    __invert__ = unary("logical_not")

    def squeeze(self, axis: Any = None) -> "Tensor":
        """Remove axes of size 1: those in ``axis``, or all."""
        return functions["squeeze"](self, axis)

    def __iter__(self) -> Any:
        if self.shape and self.shape[0] is None:
            raise NotImplementedError(f"cannot iterate over the symbolic tensor {self.name!r} of shape {self.shape}")
        return super().__iter__()

    def __deepcopy__(self, memo: dict) -> "KerasTensor":
        twin = memo[id(self)] = KerasTensor(self.shape, self.dtype, name=self.name)
        return twin

    def __reduce__(self) -> Any:
        """Copy without history: graphs copy their tensors themselves."""
        return KerasTensor, (self.shape, self.dtype, False, False, self.record_history, self.name)

    def __repr__(self) -> str:
        return f"<KerasTensor shape={self.shape}, dtype={self.dtype}, sparse=False, ragged=False, name={self.name}>"

    __str__ = __repr__

    def __format__(self, spec: str) -> str:
        return format(repr(self), spec)

    def __bool__(self) -> bool:
        raise TypeError("the boolean value of a symbolic tensor is not known; use ops.where or ops.cond")
