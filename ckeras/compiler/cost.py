"""Floating-point operations and bytes of an instruction, for profiles."""

import math
from collections.abc import Sequence

from ckeras.tensor import Spec, Tensor
from ckeras.tensor.dtypes import ITEMSIZE
from ckeras.tensor.eager import Call

_CONVOLUTIONS = (
    "conv",
    "conv_kernel_grad",
    "conv_narrow",
    "conv_winograd",
    "conv_winograd_kernel_grad",
    "conv_depthwise",
    "conv_depthwise_kernel_grad",
)


def nbytes(specs: Sequence[Spec | Tensor]) -> int:
    """Bytes of arrays of these shapes and dtypes."""
    return sum(math.prod(s.shape) * ITEMSIZE[s.dtype] for s in specs)


def of_call(call: Call, specs: Sequence[Spec]) -> tuple[int, int]:
    """(flops, bytes) of one kernel call on buffers of these specs."""
    if call.kernel == "gemm":
        _, batch, m, n, k = call.p[:5]
        return 2 * batch * m * n * k, nbytes(specs)
    if call.kernel in _CONVOLUTIONS:
        _, _, batch, channels, filters, groups, ndim = call.p[:7]
        axes = [call.p[at + 1] * call.p[at + 2] for at in range(10, 10 + 6 * ndim, 6)]  # windows and taps
        return 2 * batch * channels // groups * filters * math.prod(axes), nbytes(specs)
    if call.kernel in ("recurrent", "recurrent_grad"):
        columns = specs[6 if call.kernel == "recurrent" else 0].shape[-1]
        return 2 * math.prod(call.p[2:5]) * columns, nbytes(specs)
    if call.kernel == "copy":
        return 0, 2 * call.p[0] * math.prod(call.p[4 : 4 + call.p[1]])
    if call.kernel in ("gather_rows", "fill"):
        return 0, 2 * nbytes(specs[:1])
    if call.kernel == "scatter_sub_rows":  # the rows alone, read and written
        return call.p[1] * call.p[2], 3 * nbytes(specs[2:3])
    return max(math.prod(s.shape) for s in specs), nbytes(specs)


def of_map(size: int, instructions: int, specs: Sequence[Spec]) -> tuple[int, int]:
    """(flops, bytes) of a fused elementwise kernel of a number of instructions over ``size`` elements."""
    return size * instructions, nbytes(specs)
