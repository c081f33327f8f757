"""Attributes of TensorFlow's tensors, and how they are printed, for a process that imports ``tensorflow``.

`give_methods` adds attributes that no other part of ckeras looks at. `redirected` changes what exists: how tensors,
variables and shapes are printed, and that a tensor's dtype is a `DType`. It is called when ``import tensorflow`` is
redirected, thus not where the names of this package are used next to ckeras.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ckeras.backend.sessions import run
from ckeras.compat.tensorflow.dtypes import DType
from ckeras.compat.tensorflow.shapes import TensorShape
from ckeras.tensor import KerasTensor, Tensor, Variable
from ckeras.tensor.string_tensor import StringTensor
from ckeras.tensor.tensor import TracedTensor

_DEVICE = "/job:localhost/replica:0/task:0/device:CPU:0"


def _get_shape(self: Any) -> TensorShape:
    """Return the shape."""
    return TensorShape(self.shape)


def _set_shape(self: Any, shape: Any) -> None:
    """Raise ValueError unless the tensor may have a shape; the shape of a tensor is known as far as it can be."""
    TensorShape(self.shape).assert_is_compatible_with(TensorShape(shape))


def give_methods() -> None:
    """Give tensors, variables and strings ``get_shape``, ``set_shape`` and ``device``."""
    for kind in (Tensor, Variable, StringTensor):
        kind.get_shape, kind.set_shape, kind.device = _get_shape, _set_shape, _DEVICE  # type: ignore[attr-defined]
    for kind in (Tensor, Variable):
        kind.eval = _eval  # type: ignore[attr-defined]


def _eval(self: Any, feed_dict: Any = None, session: Any = None) -> Any:
    """Return the value of a tensor, as a NumPy array, for values of placeholders."""
    return run(self, feed_dict)


class _Dtypes(dict):
    """Dtypes by name."""

    def __missing__(self, name: str) -> DType:
        self[name] = found = DType(name)
        return found


def redirected() -> None:
    """Let tensors be printed as TensorFlow prints them, and have dtypes with attributes."""
    known = _Dtypes()
    for kind in (Tensor, Variable):
        own = kind.__dict__["dtype"]
        if not isinstance(own, property):
            setattr(kind, "dtype", property(lambda self, get=own.__get__: known[get(self)], own.__set__))  # noqa: B010
    StringTensor.dtype = DType("string")
    for kind in (Tensor, StringTensor):
        kind.__str__, kind.__repr__ = _str, _repr  # type: ignore[method-assign, assignment]
    Tensor.__format__ = _format  # type: ignore[method-assign]
    for symbolic in (TracedTensor, KerasTensor):
        symbolic.__str__ = symbolic.__repr__  # type: ignore[method-assign]
    TensorShape.__str__, TensorShape.__repr__ = tuple.__repr__, _shown_shape  # type: ignore[method-assign]


def _shown_shape(self: TensorShape) -> str:
    return f"TensorShape({list(self)})"


def _on_new_line(text: str) -> str:
    return f"\n{text}" if "\n" in text else text


def _str(self: Any) -> str:
    return f"tf.Tensor({_on_new_line(str(self.numpy()))}, shape={tuple(self.shape)}, dtype={self.dtype})"


def _format(self: Tensor, spec: str) -> str:
    return format(self.numpy()[()], spec)


def _repr(self: Any) -> str:
    return f"<tf.Tensor: {shown_value(self)}>"


def shown_value(tensor: Any, between: str = ", ") -> str:
    """What the representations of tensors and variables have in common; ``between`` follows the shape."""
    value = np.asarray(tensor)
    text = repr(value) if value.shape else repr(value.item()) if value.dtype == object else str(value)
    return f"shape={tuple(tensor.shape)}{between}dtype={tensor.dtype}, numpy={_on_new_line(text)}"
