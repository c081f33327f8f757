"""Similarity of images or signals."""

from typing import Any

from ckeras.ops.elementwise import core as elementwise
from ckeras.ops.reduction import core as reduction
from ckeras.tensor import Tensor


def psnr(x1: Any, x2: Any, max_val: float) -> Tensor:
    """Peak signal-to-noise ratio in decibels: 20 log10(max_val) - 10 log10(mean((x1 - x2)^2)).

    Args:
        x1: of the same shape as ``x2``.
        max_val: the maximum possible value.

    The result is infinite if the two are equal.
    """
    a, b = (elementwise.as_float(x) for x in elementwise.promote(x1, x2))
    if len(a.shape) != len(b.shape) or any(
        p != q and None not in (p, q) for p, q in zip(a.shape, b.shape, strict=True)
    ):
        raise ValueError(f"psnr expects x1 and x2 of one shape, got {a.shape} and {b.shape}")
    error = reduction.mean(elementwise.square(elementwise.subtract(a, b)))
    return elementwise.subtract(
        elementwise.multiply(20, elementwise.log10(elementwise.cast(max_val, error.dtype))),
        elementwise.multiply(10, elementwise.log10(error)),
    )
