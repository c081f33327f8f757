"""How alike two images or signals are."""

from typing import Any

from ckeras.autograd import Tensor
from ckeras.ops import elementwise as e
from ckeras.ops import reduction as r


def psnr(x1: Any, x2: Any, max_val: float) -> Tensor:
    """The peak signal-to-noise ratio in decibels: 20 log10(max_val) - 10 log10(mean((x1 - x2)^2)).

    Args:
        x1: of the same shape as ``x2``.
        max_val: the greatest value that there can be.

    Infinite where the two are the same.
    """
    a, b = (e.as_float(x) for x in e.promote(x1, x2))
    if len(a.shape) != len(b.shape) or any(
        p != q and None not in (p, q) for p, q in zip(a.shape, b.shape, strict=True)
    ):
        raise ValueError(f"psnr expects x1 and x2 of one shape, got {a.shape} and {b.shape}")
    error = r.mean(e.square(e.subtract(a, b)))
    return e.subtract(e.multiply(20, e.log10(e.cast(max_val, error.dtype))), e.multiply(10, e.log10(error)))
