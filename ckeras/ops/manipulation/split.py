"""Splits and stacks along fixed axes, as in numpy: `vsplit`, `vstack` and their relatives."""

from typing import Any

from ckeras.ops.elementwise import core as elementwise
from ckeras.ops.manipulation.composite import Composite
from ckeras.ops.manipulation.concat import concatenate, sections, split
from ckeras.ops.manipulation.layout import axis_of, expand_dims, ravel, tensor
from ckeras.tensor import Spec, Tensor, arguments

# -- splits--------------------------------------------------------------------------------------------------------


def _cut(x: Tensor, cuts: int | tuple[int, ...], axis: int, equal: bool) -> list[Tensor]:
    if isinstance(cuts, int) and not equal:
        each, more = divmod(x.shape[axis], cuts)
        cuts = tuple(each * i + min(i, more) for i in range(1, cuts))
    return split(x, cuts, axis)


# For symbolic tensors: the same number of pieces, of unknown sizes.
_cut_unknown = Composite(
    "cut_unknown",
    _cut,
    infer=lambda x, cuts, axis, equal: [Spec(x.shape, x.dtype)] * (cuts if isinstance(cuts, int) else len(cuts) + 1),
)


def _split(x: Any, cuts: Any, axis: int, equal: bool, where: str, rank: int = 1) -> list[Tensor]:
    x = tensor(x)
    if len(x.shape) < rank:
        raise ValueError(f"{where} expects a tensor of at least {rank} axes, got shape {x.shape}")
    axis = axis_of(axis, len(x.shape), where)
    cuts = sections(cuts, where)
    return (_cut_unknown if x.shape[axis] is None else _cut)(x, cuts=cuts, axis=axis, equal=equal)


def array_split(x: Any, indices_or_sections: Any, axis: int = 0) -> list[Tensor]:
    """Split ``x`` along ``axis`` into parts of nearly equal size (longer ones first), or at the given indices.

    >>> [part.tolist() for part in array_split([1, 2, 3, 4, 5], 3)]
    [[1, 2], [3, 4], [5]]
    """
    return _split(x, indices_or_sections, axis, False, "array_split")


def vsplit(x: Any, indices_or_sections: Any) -> list[Tensor]:
    """Split ``x`` along its first axis into equal parts, or at the given indices."""
    return _split(x, indices_or_sections, 0, True, "vsplit")


def hsplit(x: Any, indices_or_sections: Any) -> list[Tensor]:
    """Split ``x`` along its second axis (a vector along its only one) into equal parts, or at the given indices."""
    x = tensor(x)
    return _split(x, indices_or_sections, 0 if len(x.shape) == 1 else 1, True, "hsplit")


def dsplit(x: Any, indices_or_sections: Any) -> list[Tensor]:
    """Split ``x`` along its third axis into equal parts, or at the given indices."""
    return _split(x, indices_or_sections, 2, True, "dsplit", rank=3)


# -- stacks-------------------------------------------------------------------------------------------------------


def _promoted(xs: Any, where: str) -> list[Tensor]:
    xs = arguments.sequence(xs, where, "xs")
    if not xs:
        raise ValueError(f"{where} expects at least one tensor")
    return elementwise.promote(*xs)


def _with_axis(x: Tensor) -> Tensor:
    """A number as a vector."""
    return x if x.shape else expand_dims(x, 0)


def _with_rows(x: Tensor) -> Tensor:
    """A vector as a row."""
    x = _with_axis(x)
    return expand_dims(x, 0) if len(x.shape) == 1 else x


def _with_layers(x: Tensor) -> Tensor:
    """A matrix as one layer."""
    x = _with_rows(x)
    return expand_dims(x, 2) if len(x.shape) == 2 else x


def vstack(xs: Any) -> Tensor:
    """Concatenate tensors along the first axis; vectors become rows.

    >>> vstack([[1, 2], [3, 4]]).tolist()
    [[1, 2], [3, 4]]
    """
    return concatenate([_with_rows(x) for x in _promoted(xs, "vstack")], axis=0)


def hstack(xs: Any) -> Tensor:
    """Concatenate tensors along the second axis, vectors along their only one.

    >>> hstack([[1, 2], [3, 4]]).tolist()
    [1, 2, 3, 4]
    """
    tensors = [_with_axis(x) for x in _promoted(xs, "hstack")]
    return concatenate(tensors, axis=0 if len(tensors[0].shape) == 1 else 1)


def dstack(xs: Any) -> Tensor:
    """Concatenate tensors along the third axis; vectors become rows, and missing third axes get size 1.

    >>> dstack([[1, 2], [3, 4]]).tolist()
    [[[1, 3], [2, 4]]]
    """
    return concatenate([_with_layers(x) for x in _promoted(xs, "dstack")], axis=2)


def append(x1: Any, x2: Any, axis: int | None = None) -> Tensor:
    """Append x2 to x1 along ``axis``; with axis `None`, both are flattened first.

    >>> append([1, 2], [[3], [4]]).tolist()
    [1, 2, 3, 4]
    """
    a, b = elementwise.promote(x1, x2)
    return concatenate([ravel(a), ravel(b)]) if axis is None else concatenate([a, b], axis=axis)
