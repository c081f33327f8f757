"""Cuts along the axes that numpy has names for, and the joins that undo them."""

from typing import Any

from ckeras.ops.elementwise import core as elementwise
from ckeras.ops.manipulation.composite import Composite
from ckeras.ops.manipulation.concat import concatenate, sections, split
from ckeras.ops.manipulation.layout import axis_of, expand_dims, ravel, tensor
from ckeras.tensor import Spec, Tensor, arguments

# -- cuts ---------------------------------------------------------------------------------------------------------


def _cut(x: Tensor, cuts: int | tuple[int, ...], axis: int, equal: bool) -> list[Tensor]:
    if isinstance(cuts, int) and not equal:
        each, more = divmod(x.shape[axis], cuts)
        cuts = tuple(each * i + min(i, more) for i in range(1, cuts))
    return split(x, cuts, axis)


# For symbolic tensors: as many pieces, of unknown sizes.
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
    cuts = sections(cuts, x.shape[axis], where)
    return (_cut_unknown if x.shape[axis] is None else _cut)(x, cuts=cuts, axis=axis, equal=equal)


def array_split(x: Any, indices_or_sections: Any, axis: int = 0) -> list[Tensor]:
    """``x`` cut along ``axis`` into so many parts, the first ones longer by one where it does not go up, or at places.

    >>> [part.tolist() for part in array_split([1, 2, 3, 4, 5], 3)]
    [[1, 2], [3, 4], [5]]
    """
    return _split(x, indices_or_sections, axis, False, "array_split")


def vsplit(x: Any, indices_or_sections: Any) -> list[Tensor]:
    """``x`` cut along its first axis into equal parts, or at the given places."""
    return _split(x, indices_or_sections, 0, True, "vsplit")


def hsplit(x: Any, indices_or_sections: Any) -> list[Tensor]:
    """``x`` cut along its second axis, or its only one, into equal parts, or at the given places."""
    x = tensor(x)
    return _split(x, indices_or_sections, 0 if len(x.shape) == 1 else 1, True, "hsplit")


def dsplit(x: Any, indices_or_sections: Any) -> list[Tensor]:
    """``x`` cut along its third axis into equal parts, or at the given places."""
    return _split(x, indices_or_sections, 2, True, "dsplit", rank=3)


# -- joins --------------------------------------------------------------------------------------------------------


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
    """Tensors joined along the first axis; vectors are rows.

    >>> vstack([[1, 2], [3, 4]]).tolist()
    [[1, 2], [3, 4]]
    """
    return concatenate([_with_rows(x) for x in _promoted(xs, "vstack")], axis=0)


def hstack(xs: Any) -> Tensor:
    """Tensors joined along the second axis, vectors along their own.

    >>> hstack([[1, 2], [3, 4]]).tolist()
    [1, 2, 3, 4]
    """
    tensors = [_with_axis(x) for x in _promoted(xs, "hstack")]
    return concatenate(tensors, axis=0 if len(tensors[0].shape) == 1 else 1)


def dstack(xs: Any) -> Tensor:
    """Tensors joined along the third axis; vectors are rows, and what has no third axis is one layer deep.

    >>> dstack([[1, 2], [3, 4]]).tolist()
    [[[1, 3], [2, 4]]]
    """
    return concatenate([_with_layers(x) for x in _promoted(xs, "dstack")], axis=2)


def append(x1: Any, x2: Any, axis: int | None = None) -> Tensor:
    """x2 joined to the end of x1 along ``axis``; the elements of both in a row if the axis is `None`.

    >>> append([1, 2], [[3], [4]]).tolist()
    [1, 2, 3, 4]
    """
    a, b = elementwise.promote(x1, x2)
    return concatenate([ravel(a), ravel(b)]) if axis is None else concatenate([a, b], axis=axis)
