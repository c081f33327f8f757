"""Rearranging axes by name, and views of the bytes of a tensor."""

import math
import re
from typing import Any

import numpy as np

from ckeras.ops.manipulation import layout
from ckeras.ops.manipulation.composite import Composite
from ckeras.tensor import Op, Spec, Tensor, arguments, dtypes

# -- rearrange ----------------------------------------------------------------------------------------------------


def _axes(side: str, pattern: str) -> list[list[str]]:
    """Parse one side of a pattern: for each axis the names of the axes that it joins."""
    if not re.fullmatch(r"\s*((\w+|\((\s*\w+)*\s*\))\s*)*", side):
        raise ValueError(f"rearrange expects names of axes and groups of them in brackets, got {pattern!r}")
    groups = [part.strip("()").split() for part in re.findall(r"\w+|\([^)]*\)", side)]
    names = [name for group in groups for name in group]
    if len(set(names)) != len(names) or any(name[0].isdigit() for name in names):
        raise ValueError(f"rearrange expects each axis of a side to have a name of its own, got {pattern!r}")
    return groups


def _sizes(groups: list[list[str]], shape: tuple[Any, ...], known: dict[str, int], pattern: str) -> dict[str, Any]:
    """Sizes of the named axes, `None` where unknown."""
    sizes: dict[str, Any] = {}
    for group, d in zip(groups, shape, strict=True):
        given = math.prod(known[name] for name in group if name in known)
        missing = [name for name in group if name not in known]
        if len(missing) > 1:
            raise ValueError(f"rearrange expects the lengths of all but one of the axes {group} in {pattern!r}")
        rest = None if d is None else d // given if given else 0
        if d is not None and (rest * given != d or (not missing and given != d)):
            raise ValueError(f"rearrange cannot split an axis of size {d} into {group} with the lengths {known}")
        sizes.update({name: known.get(name, rest) for name in group})
    return sizes


def _plan(x: Spec, pattern: str, lengths: tuple[tuple[str, int], ...]) -> tuple[list[Any], list[int], list[Any]]:
    """The shape with every axis split, the permutation of these axes, and the shape with the result's axes joined."""
    before, after = (_axes(side, pattern) for side in pattern.split("->"))
    sizes = _sizes(before, x.shape, dict(lengths), pattern)
    old, new = ([name for group in side for name in group] for side in (before, after))
    joined = [[sizes[name] for name in group] for group in after]
    return (
        [sizes[name] for name in old],
        [old.index(name) for name in new],
        [None if None in group else math.prod(group) for group in joined],
    )


def _rearranged(x: Tensor, **attrs: Any) -> Tensor:
    apart, order, joined = _plan(x, **attrs)
    return layout.reshape(layout.transpose(layout.reshape(x, apart), order), joined)


_rearrange = Composite("rearrange", _rearranged, infer=lambda x, **attrs: Spec(tuple(_plan(x, **attrs)[2]), x.dtype))


def rearrange(tensor: Any, pattern: str, **axes_lengths: int) -> Tensor:
    """Split, permute and join the axes of a tensor by a pattern of names (Rogozhnikov, 2022, "Einops").

    Args:
        pattern: the axes before and after, such as ``"b (h p) c -> (b h) p c"``: brackets join axes into one.
        axes_lengths: sizes of the axes that are joined in ``tensor``; one per group may be omitted.

    >>> rearrange([[1, 2, 3, 4]], "b (h w) -> b w h", h=2).tolist()
    [[[1, 3], [2, 4]]]
    """
    x = layout.tensor(tensor)
    sides = arguments.string(pattern, "rearrange", "pattern").split("->")
    if len(sides) != 2:
        raise ValueError(f"rearrange expects a pattern with one '->', got {pattern!r}")
    before, after = (_axes(side, pattern) for side in sides)
    old, new = ([name for group in side for name in group] for side in (before, after))
    if sorted(old) != sorted(new):
        raise ValueError(f"rearrange expects the same axes on both sides, got {pattern!r}")
    if len(before) != len(x.shape):
        raise ValueError(f"rearrange expects a tensor with the {len(before)} axes of {pattern!r}, got shape {x.shape}")
    unknown = set(axes_lengths) - set(old)
    if unknown:
        raise ValueError(f"rearrange was given lengths of {sorted(unknown)}, which are no axes of {pattern!r}")
    lengths = tuple((name, arguments.integer(n, "rearrange", name, 0)) for name, n in axes_lengths.items())
    return _rearrange(x, pattern=pattern, lengths=lengths)


# -- view ---------------------------------------------------------------------------------------------------------


def _view_infer(x: Spec, dtype: str) -> Spec:
    old, new = dtypes.ITEMSIZE[x.dtype], dtypes.ITEMSIZE[dtype]
    if old == new:
        return Spec(x.shape, dtype)
    last = x.shape[-1] if x.shape else 0
    if not x.shape or (last is not None and last * old % new):
        raise ValueError(f"view cannot show a tensor of shape {x.shape} and dtype {x.dtype} as {dtype}")
    return Spec((*x.shape[:-1], None if last is None else last * old // new), dtype)


def _view_forward(x: np.ndarray, dtype: str) -> np.ndarray:
    # A byte other than 0 and 1 is not a valid boolean.
    return x.view("uint8") != 0 if dtype == "bool" else x.view(dtypes.NUMPY[dtype])


_view = Op("view", _view_infer, _view_forward, bytewise=True)


def view(x: Any, dtype: Any = None) -> Tensor:
    """Reinterpret the bytes of ``x`` as another dtype; with another item size the size of the last axis changes.

    There is no gradient. Raises ValueError if the bytes of the last axis do not make an integral number of elements.

    >>> view([1.0], "int32").tolist()
    [1065353216]
    """
    x = layout.tensor(x)
    dtype = x.dtype if dtype is None else dtypes.standardize(dtype)
    return x if dtype == x.dtype else _view(x, dtype=dtype)
