"""The mask that a tensor carries: booleans, true for the timesteps (or other positions) that count."""

from typing import Any

from ckeras.tensor.structure import flatten, map_structure


def get_mask(x: Any) -> Any:
    """The mask attached to a tensor, or None.

    >>> import ckeras
    >>> get_mask(ckeras.ops.ones((2, 3))) is None
    True
    """
    return getattr(x, "_keras_mask", None)


def set_mask(x: Any, mask: Any) -> None:
    """Attach a mask to a tensor, or None to remove it."""
    x._keras_mask = mask


def masks_of(structure: Any) -> Any:
    """The masks of a structure of tensors, in that structure."""
    return map_structure(get_mask, structure)


def has_mask(structure: Any) -> bool:
    """Whether any tensor of a structure carries a mask."""
    return any(get_mask(x) is not None for x in flatten(structure))


def with_mask_of(x: Any, source: Any) -> Any:
    """Attach the mask of ``source`` to ``x``, a new tensor that was computed element-wise from it."""
    mask = get_mask(source)
    if mask is not None and x is not source:
        set_mask(x, mask)
    return x
