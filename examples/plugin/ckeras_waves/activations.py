"""Activations."""

from typing import Any

from ckeras import ops


def snake(x: Any, frequency: float = 1.0) -> Any:
    """`x + sin(frequency * x)^2 / frequency`, which goes on repeating outside of the data (Ziyin et al., 2020).

    Args:
        x: Tensor of floats of any shape; the result has its shape and dtype.
        frequency: Positive; `pi / frequency` is the period.
    """
    x = ops.convert_to_tensor(x)
    return x + ops.square(ops.sin(frequency * x)) / frequency
