"""TensorFlow's array functions whose parameters do not map to those of one function of ckeras."""

import builtins
from typing import Any

import numpy as np

from ckeras import ops as _ops
from ckeras.tensor import Op, Spec


def sort(values: Any, axis: int = -1, direction: str = "ASCENDING", name: str | None = None) -> Any:
    """Sort the elements along ``axis``, the largest first if ``direction`` is "DESCENDING"."""
    ordered = _ops.sort(values, axis=axis)
    return _ops.flip(ordered, axis) if _descends(direction) else ordered


def argsort(
    values: Any, axis: int = -1, direction: str = "ASCENDING", stable: bool = False, name: str | None = None
) -> Any:
    """Return the indices that stably sort the elements along ``axis``."""
    if not _descends(direction):
        return _ops.argsort(values, axis=axis)
    indices = _ops.argsort(_ops.flip(values, axis), axis=axis)
    return _ops.flip(_ops.shape(values)[axis] - 1 - indices, axis)


def _descends(direction: str) -> bool:
    if direction not in ("ASCENDING", "DESCENDING"):
        raise ValueError(f"expected direction to be 'ASCENDING' or 'DESCENDING', got {direction!r}")
    return direction == "DESCENDING"


def split(value: Any, num_or_size_splits: Any, axis: int = 0, num: Any = None, name: str | None = None) -> list[Any]:
    """Split along ``axis`` into a number of equal parts, or into parts of given sizes, one of which may be -1."""
    if isinstance(num_or_size_splits, (int, np.integer)):
        return _ops.split(value, int(num_or_size_splits), axis=axis)
    sizes = [int(n) for n in num_or_size_splits]
    whole = _ops.shape(value)[axis]
    sizes = [whole - sum(sizes) - 1 if n == -1 else n for n in sizes]
    if sum(sizes) != whole:
        raise ValueError(f"split expects sizes that sum to {whole} along axis {axis}, got {num_or_size_splits}")
    return _ops.split(value, np.cumsum(sizes)[:-1].tolist(), axis=axis)


def rank(input: Any, name: str | None = None) -> int:
    """Return the number of axes."""
    return _ops.ndim(input)


def boolean_mask(tensor: Any, mask: Any, axis: int | None = None, name: str | None = None) -> Any:
    """Return the elements where ``mask``, which covers the axes from ``axis`` on, is True."""
    begin = 0 if axis is None else axis
    return _ops.convert_to_tensor(np.asarray(tensor)[(builtins.slice(None),) * begin + (np.asarray(mask, "bool"),)])


def gather_nd(params: Any, indices: Any, batch_dims: int = 0, name: str | None = None) -> Any:
    """Return the slices of ``params`` at the coordinates in the last axis of ``indices``."""
    if batch_dims:
        raise ValueError(f"gather_nd expects batch_dims=0, got {batch_dims}")
    return _ops.convert_to_tensor(params)[tuple(_ops.unstack(_ops.convert_to_tensor(indices), axis=-1))]


def tensor_scatter_nd_add(tensor: Any, indices: Any, updates: Any, name: str | None = None) -> Any:
    """Return ``tensor`` with ``updates`` added at ``indices``."""
    return _ops.scatter_update(tensor, indices, updates, reduction="add")


def tensor_scatter_nd_sub(tensor: Any, indices: Any, updates: Any, name: str | None = None) -> Any:
    """Return ``tensor`` with ``updates`` subtracted at ``indices``."""
    return _ops.scatter_update(tensor, indices, _ops.negative(updates), reduction="add")


def sequence_mask(lengths: Any, maxlen: Any = None, dtype: Any = "bool", name: str | None = None) -> Any:
    """Return booleans, True at the first ``lengths`` indices of a new last axis of size ``maxlen``."""
    size = int(_ops.max(lengths)) if maxlen is None else maxlen
    return _ops.cast(_ops.less(_ops.arange(size), _ops.expand_dims(lengths, -1)), dtype)


def global_norm(t_list: Any, name: str | None = None) -> Any:
    """Return the norm of all elements of a list of tensors; None entries are ignored."""
    return _ops.sqrt(sum(_ops.sum(_ops.square(t)) for t in t_list if t is not None))


def clip_by_norm(t: Any, clip_norm: Any, axes: Any = None, name: str | None = None) -> Any:
    """Scale ``t`` down to the norm ``clip_norm`` over ``axes`` where its norm is larger."""
    norms = _ops.sqrt(_ops.sum(_ops.square(t), axis=axes, keepdims=True))
    return _ops.divide(_ops.multiply(t, clip_norm), _ops.maximum(norms, clip_norm))


def clip_by_global_norm(t_list: Any, clip_norm: Any, use_norm: Any = None, name: str | None = None) -> Any:
    """Scale tensors by one factor to `global_norm` ``clip_norm`` if theirs is larger; return them and their norm."""
    norm = global_norm(t_list) if use_norm is None else use_norm
    scale = _ops.divide(clip_norm, _ops.maximum(norm, clip_norm))
    return [None if t is None else _ops.multiply(t, scale) for t in t_list], norm


def switch_case(branch_index: Any, branch_fns: Any, default: Any = None, name: str | None = None) -> Any:
    """Return the result of the function with this index, or of the last one (or ``default``) if out of range."""
    functions = [f[1] if isinstance(f, tuple) else f for f in branch_fns]
    functions += [functions[-1] if default is None else default]
    index = _ops.convert_to_tensor(branch_index)
    return _ops.switch(_ops.where((index < 0) | (index >= len(functions)), len(functions) - 1, index), functions)


def print(*inputs: Any, **options: Any) -> None:
    """Print the values of tensors whenever the enclosing function runs."""
    _print(
        *(x for x in inputs if _ops.is_tensor(x)), texts=tuple(None if _ops.is_tensor(x) else str(x) for x in inputs)
    )


def _print_forward(*arrays: Any, texts: tuple[str | None, ...]) -> Any:
    values = iter(arrays)
    builtins.print(*(next(values) if text is None else text for text in texts))
    return np.zeros(0, bool)


_print = Op("print", lambda *inputs, texts: Spec((0,), "bool"), _print_forward, effect=True)
