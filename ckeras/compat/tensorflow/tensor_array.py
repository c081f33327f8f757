"""``tf.TensorArray``: a list of tensors of one dtype, which are written by their indices."""

from __future__ import annotations

from typing import Any

import numpy as np

from ckeras import ops as _ops
from ckeras.compat.tensorflow.errors import OutOfRangeError
from ckeras.compat.tensorflow.shapes import TensorShape
from ckeras.tensor import NeedsValue
from ckeras.tensor.string_tensor import StringTensor, holds_strings


class TensorArray:
    """A list of tensors, which `write` extends and `stack` joins.

    Its length is known while a function is compiled: a function that writes in a loop over a tensor, whose length is
    not, runs op by op.

    Args:
        dtype: of the tensors.
        size: number of tensors; 0 by default.
        dynamic_size: whether writing beyond the size extends it.
        clear_after_read: no effect: what was read can be read again.
        tensor_array_name, handle, flow, infer_shape, colocate_with_first_write_call, name: no effect.
        element_shape: shape of the tensors.

    >>> array = TensorArray("float32", size=2)
    >>> array.write(0, [1.0, 2.0]).stack().tolist()
    [[1.0, 2.0], [0.0, 0.0]]
    """

    def __init__(
        self,
        dtype: Any,
        size: Any = None,
        dynamic_size: bool | None = None,
        clear_after_read: bool | None = None,
        tensor_array_name: str | None = None,
        handle: Any = None,
        flow: Any = None,
        infer_shape: bool = True,
        element_shape: Any = None,
        colocate_with_first_write_call: bool = True,
        name: str | None = None,
    ):
        self.dtype, self.dynamic_size = dtype, bool(dynamic_size)
        self.element_shape = None if element_shape is None else TensorShape(element_shape)
        self._parts: list[Any] = [None] * (0 if size is None else _number(size))

    def _tensor(self, value: Any) -> Any:
        if holds_strings(value):
            return StringTensor(value)
        tensor = _ops.convert_to_tensor(value)
        if isinstance(value, (int, float, list, tuple)):
            tensor = _ops.cast(tensor, str(self.dtype))
        if tensor.dtype != str(self.dtype):
            raise ValueError(f"a TensorArray of dtype {self.dtype!s} was given a tensor of dtype {tensor.dtype!s}")
        return tensor

    def _copied(self, parts: list[Any]) -> TensorArray:
        found = TensorArray(self.dtype, 0, self.dynamic_size, element_shape=self.element_shape)
        found._parts = parts
        return found

    def write(self, index: Any, value: Any, name: str | None = None) -> TensorArray:
        """Return the array with a tensor at an index.

        Raises:
            OutOfRangeError: if the index is beyond the size, which is not dynamic.
        """
        at = _number(index)
        if at < 0 or (at >= len(self._parts) and not self.dynamic_size):
            raise OutOfRangeError(f"a TensorArray of size {len(self._parts)} was written at index {at}")
        self._parts += [None] * (at + 1 - len(self._parts))
        self._parts[at] = self._tensor(value)
        return self

    def read(self, index: Any, name: str | None = None) -> Any:
        """Return the tensor at an index."""
        at = _number(index)
        if not 0 <= at < len(self._parts):
            raise OutOfRangeError(f"a TensorArray of size {len(self._parts)} was read at index {at}")
        return self._filled()[at]

    def _filled(self) -> list[Any]:
        """The tensors; zeros where none was written."""
        known = next((p for p in self._parts if p is not None), None)
        shape = self.element_shape if known is None else known.shape
        if any(p is None for p in self._parts) and (shape is None or None in shape):
            raise ValueError("a TensorArray of unknown element_shape was read before anything was written")
        return [_ops.zeros(shape, str(self.dtype)) if p is None else p for p in self._parts]

    def stack(self, name: str | None = None) -> Any:
        """Return the tensors along a new first axis."""
        parts = self._filled()
        if any(isinstance(p, StringTensor) for p in parts):
            return StringTensor(parts)
        shape = () if self.element_shape is None else self.element_shape
        return _ops.stack(parts) if parts else _ops.zeros((0, *(n or 0 for n in shape)), str(self.dtype))

    def concat(self, name: str | None = None) -> Any:
        """Return the tensors along their first axis."""
        return _ops.concatenate(self._filled(), axis=0)

    def gather(self, indices: Any, name: str | None = None) -> Any:
        """Return the tensors at some indices, along a new first axis."""
        return _ops.stack([self.read(i) for i in np.asarray(indices).tolist()])

    def unstack(self, value: Any, name: str | None = None) -> TensorArray:
        """Return an array of the slices of a tensor along its first axis."""
        return self._copied([self._tensor(part) for part in (value if holds_strings(value) else _ops.unstack(value))])

    def scatter(self, indices: Any, value: Any, name: str | None = None) -> TensorArray:
        """Return the array with the slices of a tensor at some indices."""
        for at, part in zip(np.asarray(indices).tolist(), _ops.unstack(value), strict=True):
            self.write(at, part)
        return self

    def split(self, value: Any, lengths: Any, name: str | None = None) -> TensorArray:
        """Return an array of the parts of a tensor, of the given lengths."""
        ends = np.cumsum(np.asarray(lengths))[:-1].tolist()
        return self._copied([self._tensor(part) for part in _ops.split(value, ends, axis=0)])

    def size(self, name: str | None = None) -> Any:
        """Return the number of tensors."""
        return _ops.convert_to_tensor(np.int32(len(self._parts)))

    def identity(self) -> TensorArray:
        """Return an array of the same tensors."""
        return self._copied(list(self._parts))

    def close(self, name: str | None = None) -> None:
        """Forget the tensors."""
        self._parts = []

    def __len__(self) -> int:
        return len(self._parts)


def _number(value: Any) -> int:
    """An integer, which must be known."""
    try:
        return int(value)
    except TypeError as error:
        if hasattr(value, "shape"):
            raise NeedsValue() from error
        raise
