"""``tf.Variable``, whose slices can be assigned and whose rows can be updated, and ``tf.IndexedSlices``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import ckeras as keras
from ckeras import ops as _ops
from ckeras.compat.tensorflow.tensors import shown_value


class IndexedSlices(NamedTuple):
    """Rows of a tensor, and their indices in it."""

    values: Any
    indices: Any
    dense_shape: Any = None


class Variable(keras.Variable):
    """A `ckeras.Variable`, made with TensorFlow's parameters, whose slices can be assigned.

    >>> v = Variable([[1.0, 2.0], [3.0, 4.0]])
    >>> v[:, 0].assign([5.0, 6.0]).numpy().tolist()
    [[5.0, 2.0], [6.0, 4.0]]
    """

    def __init__(
        self,
        initial_value: Any = None,
        trainable: bool = True,
        validate_shape: bool = True,
        caching_device: Any = None,
        name: str | None = None,
        variable_def: Any = None,
        dtype: Any = None,
        import_scope: Any = None,
        constraint: Any = None,
        shape: Any = None,
    ) -> None:
        if callable(initial_value):
            initial_value = initial_value()
        super().__init__(initial_value, dtype=dtype, trainable=trainable, name=name)
        self.constraint = constraint

    def __repr__(self) -> str:
        name = "Variable" if self.path == "variable" else self.path
        return f"<tf.Variable '{name}:0' {shown_value(self, ' ')}>"

    def __getitem__(self, key: Any) -> Any:
        part = super().__getitem__(key)
        part.assign = lambda value: self._assign_part(key, value)
        part.assign_add = lambda value: self._assign_part(key, _ops.add(super(Variable, self).__getitem__(key), value))
        part.assign_sub = lambda value: self._assign_part(
            key, _ops.subtract(super(Variable, self).__getitem__(key), value)
        )
        return part

    def _assign_part(self, key: Any, value: Any) -> Variable:
        """Replace the elements at ``key``; raises ValueError, changing nothing, for a value of another shape."""
        value, indices = _ops.cast(value, self.dtype), _ops.reshape(_ops.arange(self.size), self.shape)[key]
        if value.shape not in ((), indices.shape):
            raise ValueError(
                f"Variable {self.path!r} has a slice of shape {indices.shape}, and it was assigned a value of shape "
                f"{value.shape}"
            )
        flat = _ops.reshape(_ops.broadcast_to(value, indices.shape), (-1,))
        updated = _ops.scatter_update(_ops.reshape(self, (-1,)), _ops.reshape(indices, (-1, 1)), flat)
        return self.assign(_ops.reshape(updated, self.shape))

    def read_value(self) -> Any:
        """Return the value."""
        return self.value

    def initialized_value(self) -> Any:
        """Return the value: variables are initialized when they are made."""
        return self.value

    def ref(self) -> Any:
        """Return an object that stands for the variable in sets and dicts."""
        return _Reference(self)

    experimental_ref = ref

    def gather_nd(self, indices: Any, name: str | None = None) -> Any:
        """Return the elements, or parts, at the coordinates in the last axis of ``indices``."""
        return _ops.convert_to_tensor(self)[tuple(_ops.unstack(_ops.convert_to_tensor(indices), axis=-1))]

    def sparse_read(self, indices: Any, name: str | None = None) -> Any:
        """Return rows by their indices."""
        return _ops.take(self, indices, axis=0)

    def scatter_nd_update(self, indices: Any, updates: Any, name: str | None = None) -> Variable:
        """Replace the elements, or parts, at the coordinates in the last axis of ``indices``."""
        return self.assign(_ops.scatter_update(self, indices, _ops.cast(updates, self.dtype)))

    def scatter_nd_add(self, indices: Any, updates: Any, name: str | None = None) -> Variable:
        """Add to the elements, or parts, at the coordinates in the last axis of ``indices``."""
        return self._scattered("add", indices, updates)

    def scatter_nd_sub(self, indices: Any, updates: Any, name: str | None = None) -> Variable:
        """Subtract from the elements, or parts, at the coordinates in the last axis of ``indices``."""
        return self._scattered("add", indices, _ops.negative(updates))

    def _scattered(self, reduction: str, indices: Any, updates: Any) -> Variable:
        updates = _ops.cast(updates, self.dtype)
        return self.assign(_ops.scatter_update(self, indices, updates, reduction=reduction))

    def scatter_sub(self, sparse_delta: Any, use_locking: bool = False, name: str | None = None) -> Variable:
        """Subtract `IndexedSlices` from the rows at their indices."""
        return self.scatter_nd_sub(_ops.expand_dims(sparse_delta.indices, -1), sparse_delta.values)


def _rows(name: str, reduction: str | None, meaning: str) -> Callable[..., Variable]:
    def scatter(self: Variable, sparse_delta: Any, use_locking: bool = False, name: str | None = None) -> Variable:
        indices = _ops.expand_dims(sparse_delta.indices, -1)
        if reduction is None:
            return self.scatter_nd_update(indices, sparse_delta.values)
        return self._scattered(reduction, indices, sparse_delta.values)

    scatter.__name__ = scatter.__qualname__ = name
    scatter.__doc__ = f"{meaning} the rows at their indices by `IndexedSlices`."
    return scatter


for _name, _reduction, _meaning in (
    ("scatter_update", None, "Replace"),
    ("scatter_add", "add", "Increase"),
    ("scatter_max", "max", "Replace by the maximum"),
    ("scatter_min", "min", "Replace by the minimum"),
    ("scatter_mul", "mul", "Multiply"),
):
    setattr(Variable, _name, _rows(_name, _reduction, _meaning))


class _Reference:
    """A variable, compared by identity."""

    def __init__(self, variable: Variable):
        self._variable = variable

    def deref(self) -> Variable:
        """Return the variable."""
        return self._variable

    def __eq__(self, other: Any) -> bool:
        return isinstance(other, _Reference) and self._variable is other._variable

    def __hash__(self) -> int:
        return id(self._variable)
