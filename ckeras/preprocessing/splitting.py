"""Data sets in two parts."""

from __future__ import annotations

import random
from typing import Any

import numpy as np

from ckeras.tensor import Tensor
from ckeras.tensor.structure import flatten, map_structure
from ckeras.utils.dataset import Dataset

_WHERE = "split_dataset"


def split_dataset(
    dataset: Any,
    left_size: float | None = None,
    right_size: float | None = None,
    shuffle: bool = False,
    seed: int | None = None,
    preferred_backend: str | None = None,
) -> tuple[Dataset, Dataset]:
    """Split a data set in two.

    Args:
        dataset: a `Dataset`, whose elements are kept together; a `PyDataset` or torch ``Dataset``; an array, or a
            tuple, list or dict of arrays, whose rows are the elements.
        left_size, right_size: number of elements, or a share of them from 0 to 1; `None` for the rest.
        shuffle: whether the elements are in random order, that of Python's `random`.
        seed: of the order.
        preferred_backend: must be `None` or ``"tensorflow"``, as data sets have the methods of ``tf.data``.

    Returns:
        the first elements, and the last ones.

    Raises:
        ValueError: if a size is out of range, or a part is empty.
        TypeError: if ``dataset`` or a size is of another type.

    >>> import numpy as np
    >>> left, right = split_dataset(np.arange(5), left_size=0.6)
    >>> [int(x) for x in left], [int(x) for x in right]
    ([0, 1, 2], [3, 4])
    """
    if preferred_backend not in (None, "tensorflow"):
        raise ValueError(f"{_WHERE} expects preferred_backend to be None or 'tensorflow', got {preferred_backend!r}")
    elements = _elements(dataset)
    left, right = _sizes(left_size, right_size, len(elements))
    if shuffle:
        random.Random(random.randint(0, 1_000_000) if seed is None else seed).shuffle(elements)
    parts = elements[:left], elements[len(elements) - right :]
    first, second = (Dataset(part.__iter__, len(part)) for part in parts)
    return first, second


def _elements(dataset: Any) -> list[Any]:
    """All elements of a data set.

    Raises:
        TypeError: if it is none.
    """
    if isinstance(dataset, Dataset):
        if dataset.cardinality() == -1:
            raise ValueError(f"{_WHERE} expects a data set that ends, got an infinite one")
        return list(dataset._elements())
    arrays = isinstance(dataset, (np.ndarray, Tensor, list, tuple, dict))
    if not arrays and hasattr(dataset, "__getitem__") and hasattr(dataset, "__len__"):  # a PyDataset, or one of torch
        return [_arrays(dataset[i]) for i in range(len(dataset))]
    if isinstance(dataset, list):
        dataset = tuple(dataset)
    leaves = flatten(dataset)
    if not leaves or not all(isinstance(leaf, (np.ndarray, Tensor)) for leaf in leaves):
        raise TypeError(f"{_WHERE} expects a data set, an array or a structure of arrays, got {type(dataset).__name__}")
    lengths = {leaf.shape[0] if len(leaf.shape) else -1 for leaf in leaves}
    if len(lengths) != 1 or -1 in lengths:
        raise ValueError(f"{_WHERE} expects arrays of one length, got the shapes {[leaf.shape for leaf in leaves]}")
    rows = map_structure(np.asarray, dataset)
    return [map_structure(lambda a, i=i: a[i], rows) for i in range(lengths.pop())]


def _arrays(element: Any) -> Any:
    """An element whose leaves are arrays; those of torch are converted."""
    return map_structure(lambda leaf: np.asarray(leaf.detach() if hasattr(leaf, "detach") else leaf), element)


def _sizes(left: Any, right: Any, total: int) -> tuple[int, int]:
    """Both sizes as numbers of elements."""
    if left is None and right is None:
        raise ValueError(f"{_WHERE} expects left_size or right_size, got neither")
    found = {"left_size": _size("left_size", left, total), "right_size": _size("right_size", right, total)}
    if isinstance(left, float) and isinstance(right, float) and left + right > 1:
        raise ValueError(f"{_WHERE} expects left_size + right_size of at most 1, got {left} and {right}")
    if found["left_size"] is None:
        found["left_size"] = total - found["right_size"]
    elif found["right_size"] is None:
        found["right_size"] = total - found["left_size"]
    if sum(found.values()) > total:
        raise ValueError(f"{_WHERE} expects left_size + right_size of at most {total} elements, got {found}")
    for name, size in found.items():
        if size < 1:
            raise ValueError(f"{_WHERE}: of {total} elements, {name} would have none (sizes {left!r} and {right!r})")
    return found["left_size"], found["right_size"]


def _size(name: str, value: Any, total: int) -> Any:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, (int, float, np.integer, np.floating)):
        raise TypeError(f"{_WHERE} expects {name} to be an int, a float or None, got {value!r}")
    if isinstance(value, (float, np.floating)):
        if not 0 < value < 1:
            raise ValueError(f"{_WHERE} expects {name} as a share to be in (0, 1), got {value!r}")
        return round(value * total)
    if not 0 < value < total:
        raise ValueError(f"{_WHERE} expects {name} to be from 1 to {total - 1} for {total} elements, got {value!r}")
    return int(value)
