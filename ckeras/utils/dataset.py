"""Lazy pipelines over elements, accepted by `fit`, with the methods of ``tf.data.Dataset``."""

from __future__ import annotations

import builtins
import itertools
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from ckeras.random import host_seed
from ckeras.tensor.structure import flatten, map_structure
from ckeras.utils import dataset_choice, dataset_specs as specs
from ckeras.utils.dataset_elements import ElementIterator, as_arrays, as_numpy, as_tensors, called, padded, stacked


class Dataset:
    """A re-iterable sequence of elements, which are tensors, or tuples or dicts of tensors.

    Args:
        elements: function that returns a new iterator over the elements.
        length: number of elements, `None` if unknown, or infinity.
        spec: function that returns the structure of the `Spec`s of the elements; by default those of the first one.

    >>> dataset = Dataset.from_tensor_slices([1, 2, 3, 4, 5]).map(lambda x: x * 2).batch(2)
    >>> [batch.tolist() for batch in dataset], len(dataset)
    ([[2, 4], [6, 8], [10]], 3)
    """

    def __init__(
        self, elements: Callable[[], Iterator[Any]], length: float | None, spec: Callable[[], Any] | None = None
    ):
        self._elements, self._length = elements, length
        self._spec = spec or (lambda: specs.of_first(self._elements))

    def _with_elements(self, elements: Callable[[], Iterator[Any]], length: float | None) -> Dataset:
        """Return a data set of elements that have the same specs."""
        return Dataset(elements, length, self._spec)

    # -- sources

    @staticmethod
    def from_tensor_slices(tensors: Any, name: str | None = None) -> Dataset:
        """Create a data set of the slices along the first axis of a tensor, or of the tensors in a tuple or dict."""
        arrays = as_arrays(tensors)
        lengths = {a.shape[0] if len(a.shape) else None for a in flatten(arrays)}
        if len(lengths) != 1 or None in lengths:
            raise ValueError(f"from_tensor_slices expects arrays with equal numbers of rows, got {lengths}")
        rows = lengths.pop()
        return Dataset(lambda: (map_structure(lambda a, i=i: a[i], arrays) for i in builtins.range(rows)), rows)

    @staticmethod
    def from_tensors(tensors: Any, name: str | None = None) -> Dataset:
        """Create a data set of one element."""
        arrays = as_arrays(tensors)
        return Dataset(lambda: iter([arrays]), 1)

    @staticmethod
    def from_generator(
        generator: Callable[..., Any],
        output_types: Any = None,
        output_shapes: Any = None,
        args: Any = None,
        output_signature: Any = None,
        name: str | None = None,
    ) -> Dataset:
        """Create a data set of the elements of the iterable ``generator(*args)``.

        Args:
            generator: function that returns the iterable.
            output_types: structure of dtypes, to which elements are cast.
            output_shapes: structure of shapes.
            args: arguments of the generator.
            output_signature: structure of objects with a dtype and a shape, instead of these two.
            name: no effect.
        """
        given = as_tensors(tuple(args or ()))
        if output_types is None and output_signature is None:
            return Dataset(lambda: iter(generator(*given)), None)
        signature = specs.of_signature(output_types, output_shapes, output_signature)
        return Dataset(lambda: (specs.cast(e, signature) for e in generator(*given)), None, lambda: signature)

    @staticmethod
    def range(*args: int, output_type: Any = "int64", name: str | None = None) -> Dataset:
        """Create a data set of the integers of ``range(*args)``."""
        numbers = builtins.range(*args)
        return Dataset(lambda: (np.asarray(i, output_type) for i in numbers), len(numbers))

    @staticmethod
    def zip(*datasets: Any, name: str | None = None) -> Dataset:
        """Create a data set of tuples with one element of each data set, as long as the shortest."""
        parts = datasets[0] if len(datasets) == 1 and isinstance(datasets[0], (tuple, list)) else datasets
        lengths = [d._length for d in parts]
        length = None if None in lengths else min(lengths)
        return Dataset(
            lambda: builtins.zip(*(d._elements() for d in parts), strict=False),
            length,
            lambda: tuple(d._spec() for d in parts),
        )

    @staticmethod
    def choose_from_datasets(datasets: Any, choice_dataset: Dataset, stop_on_empty_dataset: bool = True) -> Dataset:
        """Create a data set of the next elements of those that ``choice_dataset`` names by index."""
        sources = [d._elements for d in datasets]
        return Dataset(
            lambda: dataset_choice.chosen(sources, (int(i) for i in choice_dataset), stop_on_empty_dataset), None
        )

    @staticmethod
    def sample_from_datasets(
        datasets: Any,
        weights: Any = None,
        seed: int | None = None,
        stop_on_empty_dataset: bool = False,
        rerandomize_each_iteration: bool | None = None,
    ) -> Dataset:
        """Create a data set of the next elements of randomly sampled ones, of probabilities ``weights``.

        Each iteration samples anew, unless there is a seed, or ``rerandomize_each_iteration`` says otherwise.
        """
        p = dataset_choice.probabilities(weights, len(datasets))
        anew = seed is None if rerandomize_each_iteration is None else rerandomize_each_iteration
        first, runs, sources = host_seed() if seed is None else seed, itertools.count(), [d._elements for d in datasets]

        def elements() -> Iterator[Any]:
            generator = np.random.default_rng([first, next(runs) if anew else 0])
            return dataset_choice.sampled(sources, p, generator, stop_on_empty_dataset)

        return Dataset(elements, None)

    @staticmethod
    def counter(start: int = 0, step: int = 1, dtype: Any = "int64", name: str | None = None) -> Dataset:
        """Create an endless data set of integers."""
        return Dataset(lambda: (np.asarray(i, str(dtype)) for i in itertools.count(start, step)), np.inf)

    @staticmethod
    def random(seed: int | None = None, rerandomize_each_iteration: bool | None = None, name: Any = None) -> Dataset:
        """Create an endless data set of random integers of int64, from 0 to 2 ** 32 - 1."""
        first, runs = host_seed() if seed is None else seed, itertools.count()

        def elements() -> Iterator[Any]:
            generator = np.random.default_rng([first, next(runs) if rerandomize_each_iteration else 0])
            return (generator.integers(0, 1 << 32) for _ in itertools.count())

        return Dataset(elements, np.inf)

    # -- transformations

    def map(self, map_func: Callable[..., Any], *parallel: Any, **options: Any) -> Dataset:
        """Apply ``map_func`` to each element; tuples become several arguments. Performance options have no effect."""

        def elements() -> Iterator[Any]:
            return (called(map_func, element) for element in self._elements())

        return Dataset(elements, self._length, lambda: specs.mapped(elements, self._elements, self._spec))

    def filter(self, predicate: Callable[..., Any], name: str | None = None) -> Dataset:
        """Keep the elements for which ``predicate`` is true."""
        return self._with_elements(lambda: (e for e in self._elements() if bool(called(predicate, e))), None)

    def batch(self, batch_size: int, drop_remainder: bool = False, *parallel: Any, **options: Any) -> Dataset:
        """Stack ``batch_size`` consecutive elements to a batch; the last batch may be smaller."""
        size = int(batch_size)
        if size < 1:
            raise ValueError(f"batch expects a batch_size of at least 1, got {batch_size}")

        def batches() -> Iterator[Any]:
            elements = self._elements()
            while part := list(itertools.islice(elements, size)):
                if len(part) == size or not drop_remainder:
                    yield stacked(part)

        length = self._length
        if length not in (None, np.inf):
            length = length // size if drop_remainder else -(-length // size)
        return Dataset(batches, length, lambda: specs.batched(self._spec(), size if drop_remainder else None))

    def unbatch(self, name: str | None = None) -> Dataset:
        """Split the elements into their rows; the inverse of `batch`."""

        def rows() -> Iterator[Any]:
            for element in self._elements():
                yield from Dataset.from_tensor_slices(element)._elements()

        return Dataset(rows, None)

    def shuffle(
        self, buffer_size: int, seed: int | None = None, reshuffle_each_iteration: bool = True, name: str | None = None
    ) -> Dataset:
        """Shuffle: each element is sampled from a buffer of the next ``buffer_size`` elements."""
        if buffer_size < 1:
            raise ValueError(f"shuffle expects a buffer_size of at least 1, got {buffer_size}")
        first = host_seed() if seed is None else seed
        generators = iter(
            np.random.default_rng([first, i if reshuffle_each_iteration else 0]) for i in itertools.count()
        )

        def shuffled() -> Iterator[Any]:
            sample, buffer = next(generators).integers, []
            for element in self._elements():
                buffer.append(element)
                if len(buffer) >= buffer_size:
                    yield buffer.pop(sample(len(buffer)))
            while buffer:
                yield buffer.pop(sample(len(buffer)))

        return self._with_elements(shuffled, self._length)

    def repeat(self, count: int | None = None, name: str | None = None) -> Dataset:
        """Repeat the elements ``count`` times; infinitely for `None` or -1."""
        times = np.inf if count is None or count < 0 else count
        length = self._length * times if self._length else self._length

        def repeated() -> Iterator[Any]:
            for _ in itertools.count() if times == np.inf else builtins.range(count):
                yield from self._elements()

        return self._with_elements(repeated, length)

    def take(self, count: int, name: str | None = None) -> Dataset:
        """Keep the first ``count`` elements; all for -1."""
        if count < 0:
            return self
        length = None if self._length is None else min(count, self._length)
        return self._with_elements(lambda: itertools.islice(self._elements(), count), length)

    def skip(self, count: int, name: str | None = None) -> Dataset:
        """Skip the first ``count`` elements; all for -1."""
        if count < 0:
            return self.take(0)
        length = None if self._length is None else max(self._length - count, 0)
        return self._with_elements(lambda: itertools.islice(self._elements(), count, None), length)

    def concatenate(self, dataset: Dataset, name: str | None = None) -> Dataset:
        """Append the elements of another data set."""
        length = None if None in (self._length, dataset._length) else self._length + dataset._length
        return self._with_elements(lambda: itertools.chain(self._elements(), dataset._elements()), length)

    def enumerate(self, start: int = 0, name: str | None = None) -> Dataset:
        """Pair each element with its index: (index, element)."""
        first = np.int64(start)
        return Dataset(
            lambda: ((first + i, e) for i, e in builtins.enumerate(self._elements())),
            self._length,
            lambda: (specs.of_array(first), self._spec()),
        )

    def cache(self, filename: str = "", name: str | None = None) -> Dataset:
        """Cache the elements in memory."""
        kept: list[Any] = []

        def once() -> Iterator[Any]:
            if not kept:
                kept.append(list(self._elements()))
            return iter(kept[0])

        return self._with_elements(once, self._length)

    def window(
        self,
        size: int,
        shift: int | None = None,
        stride: int = 1,
        drop_remainder: bool = False,
        name: str | None = None,
    ) -> Dataset:
        """Return data sets of ``size`` elements each, ``stride`` apart, that begin ``shift`` (``size``) elements apart.

        The windows of elements that are tuples are tuples of data sets.
        """
        step = size if shift is None else shift
        if min(size, step, stride) < 1:
            raise ValueError(f"window expects size, shift and stride of at least 1, got {size}, {shift} and {stride}")

        def windows() -> Iterator[Any]:
            elements, buffer, span = self._elements(), [], (size - 1) * stride + 1
            while True:
                buffer += itertools.islice(elements, span - len(buffer))
                if not buffer or (drop_remainder and len(buffer) < span):
                    return
                yield _datasets(buffer[::stride])
                del buffer[:step]
                if step > span:
                    list(itertools.islice(elements, step - span))

        return Dataset(windows, None)

    def flat_map(self, map_func: Callable[..., Dataset], name: str | None = None) -> Dataset:
        """Return the elements of the data sets that ``map_func`` makes of the elements, one after another."""

        def elements() -> Iterator[Any]:
            for element in self._elements():
                yield from called(map_func, element)._elements()

        return Dataset(elements, None, lambda: specs.of_made(self._elements, map_func))

    def interleave(
        self,
        map_func: Callable[..., Dataset],
        cycle_length: int | None = None,
        block_length: int | None = None,
        *parallel: Any,
        **options: Any,
    ) -> Dataset:
        """Return blocks of the elements of the data sets that ``map_func`` makes, ``cycle_length`` of them in turn.

        Performance options have no effect.
        """
        cycle, block = cycle_length or 1, block_length or 1
        if (cycle < 1 and cycle_length != -1) or block < 1:
            raise ValueError(f"interleave expects lengths of at least 1, got {cycle_length} and {block_length}")

        def elements() -> Iterator[Any]:
            sources = (called(map_func, element)._elements() for element in self._elements())
            active: list[Any] = list(itertools.islice(sources, max(cycle, 1)))
            while active:
                for position, source in builtins.enumerate(active):
                    part = list(itertools.islice(source, block))
                    yield from part
                    if len(part) < block:
                        active[position] = next(sources, None)
                active = [source for source in active if source is not None]

        return Dataset(elements, None, lambda: specs.of_made(self._elements, map_func))

    def padded_batch(
        self,
        batch_size: int,
        padded_shapes: Any = None,
        padding_values: Any = None,
        drop_remainder: bool = False,
        name: str | None = None,
    ) -> Dataset:
        """Stack ``batch_size`` consecutive elements, padded at their ends to the largest of them.

        Args:
            batch_size: number of elements.
            padded_shapes: structure of shapes to pad to; None, or a size of None, is the largest of the batch.
            padding_values: structure of values to pad with, or one value; 0 by default, and "" for strings.
            drop_remainder: whether a smaller last batch is left out.
            name: no effect.
        """
        plain = self.batch(batch_size, drop_remainder)  # which checks the size

        def batches() -> Iterator[Any]:
            elements = self._elements()
            while part := list(itertools.islice(elements, int(batch_size))):
                if len(part) == batch_size or not drop_remainder:
                    yield padded(part, padded_shapes, padding_values)

        def spec() -> Any:
            return specs.padded(self._spec(), padded_shapes, int(batch_size) if drop_remainder else None)

        return Dataset(batches, plain._length, spec)

    def group_by_window(
        self, key_func: Any, reduce_func: Any, window_size: Any = None, window_size_func: Any = None, name: Any = None
    ) -> Dataset:
        """Return the elements of ``reduce_func(key, window)``, of data sets of elements with the same key."""
        if (window_size is None) == (window_size_func is None):
            raise ValueError("group_by_window expects either window_size or window_size_func")
        size_of = (lambda key: window_size) if window_size_func is None else lambda key: int(window_size_func(key))

        def elements() -> Iterator[Any]:
            groups = dataset_choice.grouped(self._elements(), lambda e: int(called(key_func, e)), size_of)
            for key, part in groups:
                yield from reduce_func(as_tensors(np.asarray(key, "int64")), _datasets_of(part))._elements()

        return Dataset(elements, None)

    def bucket_by_sequence_length(
        self,
        element_length_func: Any,
        bucket_boundaries: Any,
        bucket_batch_sizes: Any,
        padded_shapes: Any = None,
        padding_values: Any = None,
        pad_to_bucket_boundary: bool = False,
        no_padding: bool = False,
        drop_remainder: bool = False,
        name: str | None = None,
    ) -> Dataset:
        """Return padded batches of elements of similar lengths, which ``element_length_func`` tells of each.

        ``pad_to_bucket_boundary`` must be False: ``padded_shapes`` can give a length instead.
        """
        if len(bucket_batch_sizes) != len(bucket_boundaries) + 1 or pad_to_bucket_boundary:
            raise ValueError(
                f"bucket_by_sequence_length expects {len(bucket_boundaries) + 1} bucket_batch_sizes, one more than "
                f"boundaries, got {len(bucket_batch_sizes)}, and pad_to_bucket_boundary=False"
            )

        def bucket(*element: Any) -> int:
            return int(np.searchsorted(bucket_boundaries, int(element_length_func(*element)), side="right"))

        def batched(key: Any, window: Dataset) -> Dataset:
            size = bucket_batch_sizes[int(key)]
            if no_padding:
                return window.batch(size, drop_remainder)
            return window.padded_batch(size, padded_shapes, padding_values, drop_remainder)

        return self.group_by_window(bucket, batched, window_size_func=lambda key: bucket_batch_sizes[key])

    def unique(self, name: str | None = None) -> Dataset:
        """Keep the first of equal elements, which are single tensors."""
        return self._with_elements(lambda: dataset_choice.unique(self._elements()), None)

    def scan(self, initial_state: Any, scan_func: Any, name: str | None = None) -> Dataset:
        """Return the outputs of ``state, output = scan_func(state, element)``."""

        def elements() -> Iterator[Any]:
            state = as_tensors(initial_state)
            for element in self:
                state, output = scan_func(state, element)
                yield output

        return Dataset(elements, self._length)

    def rebatch(self, batch_size: int, drop_remainder: bool = False, name: str | None = None) -> Dataset:
        """Split batches into their rows, and batch these again."""
        return self.unbatch().batch(batch_size, drop_remainder)

    def take_while(self, predicate: Callable[..., Any], name: str | None = None) -> Dataset:
        """Keep the elements before the first for which ``predicate`` is false."""
        return self._with_elements(
            lambda: itertools.takewhile(lambda e: bool(called(predicate, e)), self._elements()), None
        )

    def get_single_element(self, name: str | None = None) -> Any:
        """Return the one element; raise ValueError if there are none or several."""
        found = list(itertools.islice(self, 2))
        if len(found) != 1:
            raise ValueError(f"get_single_element expects one element, got {'several' if found else 'none'}")
        return found[0]

    def reduce(self, initial_state: Any, reduce_func: Callable[[Any, Any], Any], name: str | None = None) -> Any:
        """Return the last of ``state = reduce_func(state, element)``."""
        state = as_tensors(initial_state)
        for element in self:
            state = reduce_func(state, element)
        return state

    def apply(self, transformation_func: Callable[[Dataset], Dataset]) -> Dataset:
        """Return what a function makes of the data set."""
        return transformation_func(self)

    def shard(self, num_shards: int, index: int, name: str | None = None) -> Dataset:
        """Keep every ``num_shards``-th element, from the one at ``index`` on."""
        if not 0 <= index < num_shards:
            raise ValueError(f"shard expects an index from 0 to {num_shards - 1}, got {index}")
        length = self._length
        if length not in (None, np.inf):
            length = len(builtins.range(index, int(length), num_shards))
        return self._with_elements(lambda: itertools.islice(self._elements(), index, None, num_shards), length)

    def with_options(self, options: Any, name: str | None = None) -> Dataset:
        """Return the data set: options of performance have no effect."""
        return self

    def prefetch(self, buffer_size: int, name: str | None = None) -> Dataset:
        """Return the data set itself; elements are not prepared in advance."""
        return self

    # -- iteration

    def __iter__(self) -> Iterator[Any]:
        return ElementIterator(as_tensors(element) for element in self._elements())

    def as_numpy_iterator(self) -> Iterator[Any]:
        """Iterate over the elements as NumPy arrays."""
        return (map_structure(as_numpy, element) for element in self._elements())

    def cardinality(self) -> Any:
        """Return the number of elements, as a tensor; -1 if infinite, -2 if unknown."""
        return as_tensors(np.int64(-2 if self._length is None else -1 if self._length == np.inf else self._length))

    def __len__(self) -> int:
        if self._length in (None, np.inf):
            raise TypeError("the length of this data set is not known" if self._length is None else "it is endless")
        return int(self._length)

    def __bool__(self) -> bool:
        return True


def _datasets_of(elements: list[Any]) -> Dataset:
    return Dataset(lambda: iter(elements), len(elements))


def _datasets(elements: list[Any]) -> Any:
    """Return a data set of elements; of tuples or dicts of them, a structure of data sets."""
    first = elements[0]
    if isinstance(first, dict):
        return {k: _datasets([e[k] for e in elements]) for k in first}
    if isinstance(first, (tuple, list)):
        return tuple(_datasets([e[i] for e in elements]) for i in builtins.range(len(first)))
    return _datasets_of(elements)
