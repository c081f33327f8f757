"""Elements of several sources, or of groups: what data sets choose, sample and group. Sources are functions that return
iterators."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from ckeras.utils.dataset_elements import as_value

Source = Callable[[], Iterator[Any]]


def chosen(sources: Sequence[Source], choices: Iterator[int], stops: bool) -> Iterator[Any]:
    """Yield the next elements of the sources that ``choices`` names by index.

    Args:
        sources: the sources.
        choices: indices.
        stops: whether the end of one source is the end; else it is skipped.

    Raises:
        ValueError: for an index of no source.

    >>> list(chosen([lambda: iter("ab"), lambda: iter("xy")], iter([1, 1, 0]), True))
    ['x', 'y', 'a']
    """
    active = [source() for source in sources]
    for number in choices:
        if not 0 <= number < len(active):
            raise ValueError(f"choose_from_datasets expects indices from 0 to {len(active) - 1}, got {number}")
        try:
            yield next(active[number])
        except StopIteration:
            if stops:
                return


def probabilities(weights: Any, count: int) -> np.ndarray:
    """Return the weights of ``count`` sources, equal ones by default.

    Raises:
        ValueError: if they are not one for each, from 0 on.
    """
    found = np.ones(count) if weights is None else np.asarray(weights, "float64")
    if found.shape != (count,) or (found < 0).any() or not found.sum():
        raise ValueError(f"sample_from_datasets expects {count} weights from 0 on, got {weights!r:.80}")
    return found


def sampled(
    sources: Sequence[Source], weights: np.ndarray, generator: np.random.Generator, stops: bool
) -> Iterator[Any]:
    """Yield the next elements of randomly sampled sources, up to the end of all, or of one if ``stops``."""
    active, left = [source() for source in sources], weights.copy()
    while left.sum() > 0:
        number = int(generator.choice(len(left), p=left / left.sum()))
        try:
            yield next(active[number])
        except StopIteration:
            if stops:
                return
            left[number] = 0


def grouped(
    elements: Iterator[Any], key_of: Callable[[Any], int], size_of: Callable[[int], int]
) -> Iterator[tuple[int, list[Any]]]:
    """Yield (key, elements) of groups with the same key: as soon as they are full, and what is left at the end.

    >>> list(grouped(iter(range(5)), lambda n: n % 2, lambda key: 2))
    [(0, [0, 2]), (1, [1, 3]), (0, [4])]
    """
    groups: dict[int, list[Any]] = {}
    for element in elements:
        key = key_of(element)
        group = groups.setdefault(key, [])
        group.append(element)
        if len(group) == size_of(key):
            yield key, groups.pop(key)
    yield from groups.items()


def unique(elements: Iterator[Any]) -> Iterator[Any]:
    """Yield the elements whose values have not occurred before.

    >>> list(unique(iter([3, 1, 3])))
    [3, 1]
    """
    seen = set()
    for element in elements:
        value = as_value(element)
        if value not in seen:
            seen.add(value)
            yield element
