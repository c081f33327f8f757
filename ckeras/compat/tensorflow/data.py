"""``tensorflow.data``: chains of steps over elements, each made when it is asked for. `fit` takes what they end in."""

from __future__ import annotations

import builtins
import itertools
import sys
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from ckeras import ops as _ops
from ckeras.random import host_seed
from ckeras.tensor.structure import flatten, map_structure

AUTOTUNE = -1
experimental = sys.modules[__name__]


class Dataset:
    """Elements (tensors, or tuples and dicts of them) that can be gone through again and again.

    Args:
        elements: a function that gives them from the first on.
        length: how many there are, `None` if that is not known, or infinity.

    >>> dataset = Dataset.from_tensor_slices([1, 2, 3, 4, 5]).map(lambda x: x * 2).batch(2)
    >>> [batch.tolist() for batch in dataset], len(dataset)
    ([[2, 4], [6, 8], [10]], 3)
    """

    def __init__(self, elements: Callable[[], Iterator[Any]], length: float | None):
        self._elements, self._length = elements, length

    # -- where elements come from

    @staticmethod
    def from_tensor_slices(tensors: Any, name: str | None = None) -> Dataset:
        """The slices along the first axis of a tensor, or of those in a tuple or dict."""
        arrays = _lists_as_arrays(tensors)
        lengths = {a.shape[0] if a.ndim else None for a in flatten(arrays)}
        if len(lengths) != 1 or None in lengths:
            raise ValueError(f"from_tensor_slices expects arrays of equally many rows, got {lengths}")
        rows = lengths.pop()
        return Dataset(lambda: (map_structure(lambda a, i=i: a[i], arrays) for i in builtins.range(rows)), rows)

    @staticmethod
    def from_tensors(tensors: Any, name: str | None = None) -> Dataset:
        """One element, the tensors as they are."""
        arrays = _lists_as_arrays(tensors)
        return Dataset(lambda: iter([arrays]), 1)

    @staticmethod
    def from_generator(generator: Callable[..., Any], *types: Any, args: Any = (), **described: Any) -> Dataset:
        """What the iterable that ``generator(*args)`` returns gives; descriptions of it are not needed."""
        return Dataset(lambda: iter(generator(*args)), None)

    @staticmethod
    def range(*args: int, output_type: Any = "int64", name: str | None = None) -> Dataset:
        """The numbers of ``range(*args)``."""
        numbers = builtins.range(*args)
        return Dataset(lambda: (np.asarray(i, output_type) for i in numbers), len(numbers))

    @staticmethod
    def zip(*datasets: Any, name: str | None = None) -> Dataset:
        """Tuples of one element of each, until one of them ends."""
        parts = datasets[0] if len(datasets) == 1 and isinstance(datasets[0], (tuple, list)) else datasets
        lengths = [d._length for d in parts]
        length = None if None in lengths else min(lengths)
        return Dataset(lambda: builtins.zip(*(d._elements() for d in parts), strict=False), length)

    # -- steps

    def map(self, map_func: Callable[..., Any], *parallel: Any, **options: Any) -> Dataset:
        """``map_func`` of each element; a tuple's parts are its arguments. Options of speed have no effect."""
        return Dataset(lambda: (_called(map_func, element) for element in self._elements()), self._length)

    def filter(self, predicate: Callable[..., Any], name: str | None = None) -> Dataset:
        """The elements for which ``predicate`` is true."""
        return Dataset(lambda: (e for e in self._elements() if bool(_called(predicate, e))), None)

    def batch(self, batch_size: int, drop_remainder: bool = False, *parallel: Any, **options: Any) -> Dataset:
        """Batches of ``batch_size`` elements, stacked; the last one may be smaller."""
        size = int(batch_size)
        if size < 1:
            raise ValueError(f"batch expects a batch_size of at least 1, got {batch_size}")

        def batches() -> Iterator[Any]:
            elements = self._elements()
            while part := list(itertools.islice(elements, size)):
                if len(part) == size or not drop_remainder:
                    yield _stacked(part)

        length = self._length
        if length not in (None, np.inf):
            length = length // size if drop_remainder else -(-length // size)
        return Dataset(batches, length)

    def unbatch(self, name: str | None = None) -> Dataset:
        """The rows of the elements, one after another."""

        def rows() -> Iterator[Any]:
            for element in self._elements():
                yield from Dataset.from_tensor_slices(element)._elements()

        return Dataset(rows, None)

    def shuffle(
        self, buffer_size: int, seed: int | None = None, reshuffle_each_iteration: bool = True, name: str | None = None
    ) -> Dataset:
        """The elements in random order: each is drawn from the next ``buffer_size`` that have not been drawn yet."""
        if buffer_size < 1:
            raise ValueError(f"shuffle expects a buffer_size of at least 1, got {buffer_size}")
        first = host_seed() if seed is None else seed
        generators = iter(
            np.random.default_rng([first, i if reshuffle_each_iteration else 0]) for i in itertools.count()
        )

        def shuffled() -> Iterator[Any]:
            draw, buffer = next(generators).integers, []
            for element in self._elements():
                buffer.append(element)
                if len(buffer) >= buffer_size:
                    yield buffer.pop(draw(len(buffer)))
            while buffer:
                yield buffer.pop(draw(len(buffer)))

        return Dataset(shuffled, self._length)

    def repeat(self, count: int | None = None, name: str | None = None) -> Dataset:
        """All elements ``count`` times over; endlessly for `None` or -1."""
        times = np.inf if count is None or count < 0 else count
        length = self._length * times if self._length else self._length

        def repeated() -> Iterator[Any]:
            for _ in itertools.count() if times == np.inf else builtins.range(count):
                yield from self._elements()

        return Dataset(repeated, length)

    def take(self, count: int, name: str | None = None) -> Dataset:
        """The first ``count`` elements; all for -1."""
        if count < 0:
            return self
        length = None if self._length is None else min(count, self._length)
        return Dataset(lambda: itertools.islice(self._elements(), count), length)

    def skip(self, count: int, name: str | None = None) -> Dataset:
        """The elements after the first ``count``; none for -1."""
        if count < 0:
            return self.take(0)
        length = None if self._length is None else max(self._length - count, 0)
        return Dataset(lambda: itertools.islice(self._elements(), count, None), length)

    def concatenate(self, dataset: Dataset, name: str | None = None) -> Dataset:
        """The elements of both, one after the other."""
        length = None if None in (self._length, dataset._length) else self._length + dataset._length
        return Dataset(lambda: itertools.chain(self._elements(), dataset._elements()), length)

    def enumerate(self, start: int = 0, name: str | None = None) -> Dataset:
        """(number, element) of each."""
        return Dataset(lambda: builtins.enumerate(self._elements(), start), self._length)

    def cache(self, filename: str = "", name: str | None = None) -> Dataset:
        """The elements, made once and kept in memory."""
        kept: list[Any] = []

        def once() -> Iterator[Any]:
            if not kept:
                kept.append(list(self._elements()))
            return iter(kept[0])

        return Dataset(once, self._length)

    def prefetch(self, buffer_size: int, name: str | None = None) -> Dataset:
        """The data set itself: its elements are made when they are asked for."""
        return self

    # -- going through

    def __iter__(self) -> Iterator[Any]:
        return (_tensors(element) for element in self._elements())

    def as_numpy_iterator(self) -> Iterator[Any]:
        """The elements as numpy arrays."""
        return (map_structure(np.asarray, element) for element in self._elements())

    def cardinality(self) -> int:
        """How many elements there are; -1 if there is no end, -2 if it is not known."""
        return -2 if self._length is None else -1 if self._length == np.inf else int(self._length)

    def __len__(self) -> int:
        if self._length in (None, np.inf):
            raise TypeError("the length of this data set is not known" if self._length is None else "it is endless")
        return int(self._length)

    def __bool__(self) -> bool:
        return True


def _lists_as_arrays(tensors: Any) -> Any:
    """A structure of tuples and dicts, in which lists are arrays written out."""
    if isinstance(tensors, dict):
        return {k: _lists_as_arrays(v) for k, v in tensors.items()}
    if isinstance(tensors, tuple):
        return tuple(map(_lists_as_arrays, tensors))
    return _arrays(tensors)


def _arrays(value: Any) -> np.ndarray:
    """As TensorFlow reads them: numbers written out in Python are int32 and float32."""
    array = np.asarray(value)
    if isinstance(value, (list, tuple, int, float)):
        array = array.astype({"int64": "int32", "float64": "float32"}.get(str(array.dtype), array.dtype))
    return array


def _tensors(element: Any) -> Any:
    return map_structure(_ops.convert_to_tensor, element)


def _called(function: Callable[..., Any], element: Any) -> Any:
    element = _tensors(element)
    return function(*element) if isinstance(element, tuple) else function(element)


def _stacked(elements: list[Any]) -> Any:
    first = elements[0]
    if isinstance(first, dict):
        return {k: _stacked([e[k] for e in elements]) for k in first}
    if isinstance(first, (tuple, list)):
        return tuple(_stacked([e[i] for e in elements]) for i in builtins.range(len(first)))
    return np.stack([np.asarray(e) for e in elements])
