"""Limits of tensors: number of axes and bytes."""

import math
from typing import Any

from ckeras._kernels import MAX_NDIM, capacity
from ckeras.tensor.dtypes import ITEMSIZE
from ckeras.tensor.tensor import Spec

_MAX_BYTES = 2**63 - 1
_SMALL = 2**16  # elements, which every machine has memory for


def checked(name: str, found: Any) -> tuple[list[Spec], bool]:
    """Check the specs inferred for the op ``name``; return them as a list, and whether the op has a single output.

    Raises ValueError for more axes, and MemoryError for more bytes, than a tensor of known size can have.
    """
    single = not isinstance(found, list)
    specs = [found] if single else found
    for spec in specs:
        if len(spec.shape) > MAX_NDIM:
            raise ValueError(f"{name} would return a tensor of {len(spec.shape)} axes, the maximum is {MAX_NDIM}")
        if None not in spec.shape and not 0 < math.prod(spec.shape) < _SMALL:
            # As in numpy, dimensions of 0 are left out: the strides of an empty array are those of its other
            # dimensions.
            claimed = math.prod(d for d in spec.shape if d) * ITEMSIZE[spec.dtype]
            if claimed > capacity.total() and (claimed > _MAX_BYTES or 0 not in spec.shape):
                raise MemoryError(f"{name} would return {described(spec)} of {claimed:,} bytes: not enough memory")
    return specs, single


def claim(where: str, shape: tuple[int, ...], dtype: str) -> None:
    """Raise MemoryError if there is no memory for a tensor that the function ``where`` is about to create."""
    specs, _ = checked(where, Spec(shape, dtype))
    if nbytes := large(specs):
        capacity.require(nbytes, f"{where}, to make {described(specs[0])},")


def described(spec: Spec) -> str:
    """The shape and dtype of a tensor, in words."""
    return f"a tensor of shape {spec.shape} and dtype {spec.dtype}"


def large(specs: list[Spec]) -> int:
    """Total bytes of tensors of known size if above the threshold of a memory check, otherwise 0."""
    nbytes = sum(math.prod(spec.shape) * ITEMSIZE[spec.dtype] for spec in specs if None not in spec.shape)
    return nbytes if nbytes >= capacity.LARGE else 0
