"""Parallel prefix scan with an associative function."""

from collections.abc import Callable
from typing import Any

from ckeras.ops.control.cond import outline, show, values, with_values
from ckeras.ops.control.scan import as_rows
from ckeras.ops.indexing.core import flip, getitem
from ckeras.ops.manipulation.concat import concatenate, stack
from ckeras.ops.manipulation.layout import axis_of, reshape
from ckeras.tensor import Tensor


def associative_scan(f: Callable[[Any, Any], Any], elems: Any, reverse: bool = False, axis: int = 0) -> Any:
    """Inclusive prefix scan: combine the first 1, 2, 3, ... elements along ``axis`` by ``f``, in log2(n) steps.

    Each step combines all pairs of neighbouring elements at once (Blelloch, 1990, "Prefix Sums and Their
    Applications").

    Args:
        f: an associative function of two structures like ``elems``, applied element-wise along ``axis``.
        elems: a tensor, or a structure of tensors with as many elements along ``axis`` each.
        reverse: whether to scan from the end.
        axis: the axis to scan along.

    >>> associative_scan(lambda a, b: a + b, [1, 2, 3, 4]).tolist()
    [1, 3, 6, 10]
    """
    elems = as_rows(elems)
    leaves = values(elems)
    if not leaves:
        raise ValueError("associative_scan expects at least one tensor")
    axes = [axis_of(axis, len(x.shape), "associative_scan") for x in leaves]
    sizes = {x.shape[a] for x, a in zip(leaves, axes, strict=True)}
    if len(sizes) != 1 or None in sizes:
        raise ValueError(
            f"associative_scan expects tensors with one known number of elements along axis {axis}, "
            f"got shapes {[x.shape for x in leaves]}"
        )

    def part(tensors: list[Tensor], begin: int, end: int | None, step: int = 1) -> list[Tensor]:
        keys = [[slice(None)] * a + [slice(begin, end, step)] for a in axes]
        return [getitem(x, tuple(key)) for x, key in zip(tensors, keys, strict=True)]

    def joined(first: list[Tensor], second: list[Tensor]) -> list[Tensor]:
        found = f(with_values(elems, first), with_values(elems, second))
        if outline(found) != outline(elems):
            raise ValueError(
                f"associative_scan expects f to return a structure like elems, {show(elems)}, got {show(found)}"
            )
        return values(found)

    def scanned(tensors: list[Tensor], n: int) -> list[Tensor]:
        if n < 2:
            return tensors
        # The results at odd indices are those of the combined pairs; one more element gives those at even indices.
        odd = scanned(joined(part(tensors, 0, n - 1, 2), part(tensors, 1, n, 2)), n // 2)
        even = part(tensors, 0, 1)
        if n > 2:
            rest = joined(part(odd, 0, (n - 1) // 2), part(tensors, 2, n, 2))
            even = [concatenate(pair, axis=a) for *pair, a in zip(even, rest, axes, strict=True)]
        pairs = [
            reshape(stack([x, y], axis=a + 1), (*y.shape[:a], n - n % 2, *y.shape[a + 1 :]))
            for x, y, a in zip(part(even, 0, n // 2), odd, axes, strict=True)
        ]
        if n % 2 == 0:
            return pairs
        return [concatenate(pair, axis=a) for *pair, a in zip(pairs, part(even, n // 2, None), axes, strict=True)]

    if reverse:
        leaves = [flip(x, a) for x, a in zip(leaves, axes, strict=True)]
    found = scanned(leaves, sizes.pop())
    return with_values(elems, [flip(x, a) for x, a in zip(found, axes, strict=True)] if reverse else found)
