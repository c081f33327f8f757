"""Known values that depend on open sizes, such as ranges and causal masks, computed in ONNX.

A function that makes such a value without ops of its arguments, say ``ops.arange(x.shape[1])``, leaves one array for
each trace. `RECOGNIZERS` are tried in turn; each gets the arrays and adds nodes that compute them for any size, or
returns `None`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np

from ckeras.export.sizes import Size, Unsupported, Value, merged

if TYPE_CHECKING:
    from ckeras.export.builder import Builder

Arrays = Sequence[np.ndarray]


def varying(b: Builder, value: Value) -> str:
    """Add nodes that compute a known value; return the name of the result.

    Raises:
        Unsupported: if it is none of those that are recognized.
    """
    for recognize in RECOGNIZERS:
        found = recognize(b, value, value.arrays)
        if found is not None:
            return found
    raise Unsupported("a constant that it uses depends on a size that is open; give it fixed sizes")


def _repeated(b: Builder, value: Value, arrays: Arrays) -> str | None:
    """What is the same at all indices of an axis whose size is open."""
    axes = [i for i, n in enumerate(value.shape) if isinstance(n, Size) and all(_repeats(a, i) for a in arrays)]
    if not axes:
        return None
    first = tuple(slice(1) if i in axes else slice(None) for i in range(len(value.shape)))
    parts = tuple(a[first] for a in arrays)
    return b.add("Expand", b.of(Value([a.shape for a in parts], value.dtype, parts)), b.sizes(value.shape))


def _repeats(array: np.ndarray, axis: int) -> bool:
    return array.shape[axis] > 0 and bool((array == array.take([0], axis)).all())


def _integer(b: Builder, value: Value, arrays: Arrays) -> str | None:
    """An integer."""
    if arrays[0].ndim or arrays[0].dtype.kind not in "iu":
        return None
    return b.cast(b.number(Size(tuple(int(a) for a in arrays))), value.dtype)


def _real(b: Builder, value: Value, arrays: Arrays) -> str | None:
    """A real number that is a multiple of a size, or a number divided by one."""
    if arrays[0].ndim or arrays[0].dtype.kind != "f":
        return None
    numbers = np.array([float(a) for a in arrays])
    for key in b.open_sizes():
        for kind, ratio in (("Mul", numbers / key), ("Div", numbers * key)):
            if np.allclose(ratio, ratio[0], rtol=1e-6, atol=0):
                return b.add(kind, b.scalar(ratio[0], value.dtype), b.cast(b.number(Size(key)), value.dtype))
    return None


def _affine(b: Builder, value: Value, arrays: Arrays) -> str | None:
    """What grows by the same number with each index of the open axes: ranges, and indices in flattened arrays."""
    axes = [i for i, n in enumerate(value.shape) if isinstance(n, Size)]
    if not axes or arrays[0].dtype.kind not in "iuf" or any(min(a.shape[i] for i in axes) < 2 for a in arrays):
        return None
    is_float = arrays[0].dtype.kind == "f"
    wide = value.dtype if is_float else "int64"
    first = tuple(slice(1) if i in axes else slice(None) for i in range(len(value.shape)))
    bases, steps = tuple(a[first] for a in arrays), []
    for a in arrays:
        corner = a.ravel()[0]
        steps.append([a[tuple(int(i == axis) for i in range(a.ndim))].item() - corner.item() for axis in axes])
    for a, base, own in zip(arrays, bases, steps, strict=True):
        lines = [step * _along(np.arange(a.shape[axis]), axis, a.ndim) for axis, step in zip(axes, own, strict=True)]
        if not np.allclose(a, sum(lines, base), rtol=1e-6, atol=1e-6 if is_float else 0):
            return None
    if is_float and not np.allclose(steps, steps[0], rtol=1e-6):
        return None
    total = b.cast(b.of(Value([a.shape for a in bases], value.dtype, bases)), wide)
    for k, axis in enumerate(axes):
        step = b.scalar(steps[0][k], wide) if is_float else b.number(merged([own[k] for own in steps]))
        index = b.cast(_range(b, value.shape[axis]), wide)
        shape = [-1 if i == axis else 1 for i in range(len(value.shape))]
        total = b.add("Add", total, b.add("Reshape", b.add("Mul", index, step), b.integers(shape)))
    return b.cast(total, value.dtype)


def _along(line: np.ndarray, axis: int, rank: int) -> np.ndarray:
    return line.reshape([-1 if i == axis else 1 for i in range(rank)])


def _range(b: Builder, size: int | Size) -> str:
    return b.add("Range", b.scalar(0, "int64"), b.number(size), b.scalar(1, "int64"))


def _padded(b: Builder, value: Value, arrays: Arrays) -> str | None:
    """A range with a few numbers before it and after it, as the indices of a padded axis are."""
    if arrays[0].ndim != 1 or arrays[0].dtype.kind not in "iu":
        return None
    ends = [_run(a) for a in arrays]
    before, after = {begin for begin, _ in ends}, {len(a) - end for a, (_, end) in zip(arrays, ends, strict=True)}
    if len(before) > 1 or len(after) > 1:
        return None
    starts = [a[: end[0] + 1] for a, end in zip(arrays, ends, strict=True)]
    tails = [a[end[1] :] - a[end[1] - 1] for a, end in zip(arrays, ends, strict=True)]
    if any(not np.array_equal(x, xs[0]) for xs in (starts, tails) for x in xs):
        return None
    count = Size(tuple(end - begin for begin, end in ends))
    run = b.add("Add", _range(b, count), b.scalar(int(starts[0][-1]), "int64"))
    last = b.add("Sub", b.add("Add", b.number(count), b.scalar(int(starts[0][-1]), "int64")), b.scalar(1, "int64"))
    parts = [b.integers(starts[0][:-1].tolist()), run, b.add("Add", b.integers(tails[0].tolist()), last)]
    return b.cast(b.add("Concat", *parts, axis=0), value.dtype)


def _run(line: np.ndarray) -> tuple[int, int]:
    """Begin and end of the longest run of numbers that follow one another."""
    breaks = np.flatnonzero(np.diff(line) != 1) + 1
    edges = np.concatenate([[0], breaks, [len(line)]])
    longest = int(np.argmax(np.diff(edges)))
    return int(edges[longest]), int(edges[longest + 1])


def _banded(b: Builder, value: Value, arrays: Arrays) -> str | None:
    """A matrix that is 1 where row - column is within limits, and else 0, as a causal mask is."""
    limits = {_limits(a) for a in arrays}
    found = limits.pop()
    if limits or found is None or found == (None, None):
        return None
    row = b.add("Unsqueeze", _range(b, value.shape[-2]), b.integers([1]))
    distance = b.add("Sub", row, _range(b, value.shape[-1]))
    parts = zip(("GreaterOrEqual", "LessOrEqual"), found, strict=True)
    tests = [b.add(kind, distance, b.scalar(n, "int64")) for kind, n in parts if n is not None]
    inside = b.add("And", *tests) if len(tests) == 2 else tests[0]
    inside = b.add("Reshape", inside, b.sizes(value.shape)) if len(value.shape) > 2 else inside
    return inside if value.dtype == "bool" else b.cast(inside, value.dtype)


def _limits(a: np.ndarray) -> tuple[int | None, int | None] | None:
    """(low, high) if a matrix is 1 where low <= row - column <= high, and else 0; `None` is no limit."""
    if a.ndim < 2 or any(n != 1 for n in a.shape[:-2]) or 0 in a.shape:
        return None
    matrix = a.reshape(a.shape[-2:])
    distance = np.arange(a.shape[-2])[:, None] - np.arange(a.shape[-1])
    found = distance[matrix == 1]
    if not found.size or not np.array_equal(matrix, (distance >= found.min()) & (distance <= found.max())):
        return None
    low = None if found.min() == distance.min() else int(found.min())
    high = None if found.max() == distance.max() else int(found.max())
    return low, high


RECOGNIZERS: tuple[Callable[[Builder, Value, Arrays], str | None], ...] = (
    _repeated, _integer, _real, _affine, _padded, _banded,
)  # fmt: skip
