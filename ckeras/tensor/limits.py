"""Limits of tensors: how many axes they have and how many bytes they may claim."""

import math
from typing import Any

from ckeras._kernels import MAX_NDIM, capacity
from ckeras.tensor.dtypes import ITEMSIZE
from ckeras.tensor.tensor import Spec

_MAX_BYTES = 2**63 - 1


def checked(name: str, found: Any) -> tuple[list[Spec], bool]:
    """The specs that the op ``name`` infers, and whether it has a single output.

    Raises ValueError for more axes, and MemoryError for more bytes, than a tensor of known size can have.
    """
    single = not isinstance(found, list)
    specs = [found] if single else found
    for spec in specs:
        if len(spec.shape) > MAX_NDIM:
            raise ValueError(f"{name} would give a tensor of {len(spec.shape)} axes, of which {MAX_NDIM} are possible")
        if None not in spec.shape:
            # As numpy counts: the strides of an empty array are those of its other dimensions.
            claimed = math.prod(d for d in spec.shape if d) * ITEMSIZE[spec.dtype]
            if claimed > capacity.total() and (claimed > _MAX_BYTES or 0 not in spec.shape):
                raise MemoryError(f"{name} would give {described(spec)} of {claimed:,} bytes: there is no such memory")
    return specs, single


def claim(where: str, shape: tuple[int, ...], dtype: str) -> None:
    """Raise MemoryError if there is no memory for a tensor, which ``where`` is about to make by itself."""
    specs, _ = checked(where, Spec(shape, dtype))
    if nbytes := large(specs):
        capacity.require(nbytes, f"{where}, to make {described(specs[0])},")


def described(spec: Spec) -> str:
    """The shape and dtype of a tensor, in words."""
    return f"a tensor of shape {spec.shape} and dtype {spec.dtype}"


def large(specs: list[Spec]) -> int:
    """The bytes of tensors of known size if these are many, otherwise 0."""
    nbytes = sum(math.prod(spec.shape) * ITEMSIZE[spec.dtype] for spec in specs if None not in spec.shape)
    return nbytes if nbytes >= capacity.LARGE else 0
