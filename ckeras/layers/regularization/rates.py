"""Arguments of layers with noise: rates and other fractions, and inputs that may be integers."""

from typing import Any

import numpy as np

from ckeras import ops
from ckeras.layers.layer import Layer
from ckeras.layers.output_spec import output_spec
from ckeras.tensor import KerasTensor
from ckeras.tensor.dtypes import FLOATS


def fraction(value: Any, layer: str, name: str, below: bool = False) -> float:
    """``value`` as a float; raise ValueError if it is not in [0, 1], or, with ``below``, in [0, 1)."""
    number = isinstance(value, (int, float, np.number)) and not isinstance(value, bool)
    if not number or not 0 <= value <= 1 or (below and value == 1):
        raise ValueError(f"{layer} expects {name} to be a number in [0, 1{')' if below else ']'}, got {value!r}")
    return float(value)


def as_float(layer: Layer, inputs: Any) -> Any:
    """The inputs in floats, to which noise can be added: other dtypes become that of the layer."""
    return inputs if inputs.dtype in FLOATS else ops.cast(inputs, layer.variable_dtype)


def noisy_spec(layer: Layer, inputs: Any, noisy: bool) -> KerasTensor:
    """The symbolic output of a layer that gives its inputs, with noise or without."""
    return output_spec(
        layer, inputs.shape, layer.variable_dtype if noisy and inputs.dtype not in FLOATS else inputs.dtype
    )
