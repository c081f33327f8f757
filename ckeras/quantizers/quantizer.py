"""Symmetric quantizers: integers, and the factor by which they are larger than the numbers they stand for.

The factor is ``q / max(abs(x))`` for the largest integer q, one for each slice over some axes (Jacob et al., 2018,
"Quantization and Training of Neural Networks for Efficient Integer-Arithmetic-Only Inference").
"""

from __future__ import annotations

from typing import Any

from ckeras import ops
from ckeras.tensor import arguments

_EPSILON = 1e-07


def rounded(x: Any, axis: Any, value_range: tuple[float, float] = (-127, 127), epsilon: float = _EPSILON) -> Any:
    """Return integral floats in ``value_range`` instead of ``x``, and the factor by which they are larger.

    >>> [part.numpy().round(1).tolist() for part in rounded(ops.array([[1.0, -0.5]]), -1)]
    [[[127.0, -63.0]], [[127.0]]]
    """
    scale = ops.cast(value_range[1] / (ops.max(ops.abs(x), axis=axis, keepdims=True) + epsilon), x.dtype)
    return ops.clip(ops.round(x * scale), *value_range), scale


def abs_max_quantize(
    inputs: Any,
    axis: Any,
    value_range: tuple[float, float] = (-127, 127),
    dtype: str = "int8",
    epsilon: float = _EPSILON,
    to_numpy: bool = False,
) -> tuple[Any, Any]:
    """Quantize symmetrically: ``clip(round(x * scale), *value_range)`` with ``scale = value_range[1] / max(abs(x))``.

    Args:
        inputs: Floats of any shape.
        axis: Axis or axes over which the maximum is taken.
        value_range: Smallest and largest integer.
        dtype: Dtype of the integers.
        epsilon: Added to the maximum, so that zeros have a scale.
        to_numpy: No effect: in Keras it computes in the memory of the host, which is the only one here.

    Returns:
        The integers, of the shape of ``inputs``, and the scale, whose reduced axes have size 1.

    >>> values, scale = abs_max_quantize(ops.array([[1.0, -0.5], [0.0, 4.0]]), axis=0)
    >>> values.tolist(), scale.numpy().round(2).tolist()
    ([[127, -16], [0, 127]], [[127.0, 31.75]])
    """
    axis = tuple(axis) if isinstance(axis, list) else axis
    values, scale = rounded(ops.convert_to_tensor(inputs), axis, tuple(value_range), epsilon)
    return ops.cast(values, dtype), scale


class Quantizer:
    """Base class of quantizers, functions of a tensor; this one returns it unchanged.

    Args:
        output_dtype: Dtype of the quantized tensor.
    """

    keras_module = "keras.quantizers"

    def __init__(self, output_dtype: str = "int8"):
        self.output_dtype = output_dtype

    def __call__(self, x: Any) -> Any:
        """Quantize a tensor."""
        return x

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Quantizer:
        """Create a quantizer from its configuration."""
        return cls(**config)

    def get_config(self) -> dict[str, Any]:
        """Return the configuration for `from_config`; subclasses define it."""
        raise NotImplementedError(f"{type(self).__name__} has no get_config() method")


class AbsMaxQuantizer(Quantizer):
    """Symmetric quantization by the maximum absolute value; see `abs_max_quantize`.

    Args:
        axis: Axis or axes over which the maximum is taken if a call does not say.
        value_range: Smallest and largest integer.
        epsilon: Added to the maximum.
        output_dtype: Dtype of the integers.

    Raises:
        ValueError: if ``value_range`` exceeds what int8 holds, for that dtype.

    >>> AbsMaxQuantizer(axis=-1)([[0.5, 1.0]])[0].tolist()
    [[63, 127]]
    """

    keras_module = "keras.quantizers"

    def __init__(
        self,
        axis: Any = None,
        value_range: tuple[float, float] = (-127, 127),
        epsilon: float = _EPSILON,
        output_dtype: str = "int8",
    ):
        super().__init__(output_dtype)
        self.axis = None if axis is None else (axis,) if isinstance(axis, int) else tuple(axis)
        self.value_range = tuple(value_range)
        self.epsilon = arguments.number(epsilon, "AbsMaxQuantizer", "epsilon")
        if output_dtype == "int8" and (self.value_range[0] < -128 or self.value_range[1] > 127):
            raise ValueError(f"AbsMaxQuantizer expects value_range within [-128, 127] for int8, got {value_range!r}")

    def __call__(self, x: Any, axis: Any = None, to_numpy: bool = False) -> tuple[Any, Any]:
        """Return the quantized tensor and its scale; the axis is that of the call, else the quantizer's, else -1."""
        return abs_max_quantize(x, self._axis(axis), self.value_range, self.output_dtype, self.epsilon, to_numpy)

    def floats(self, x: Any, axis: Any = None) -> tuple[Any, Any]:
        """As a call, but the integers stay in the dtype of ``x``, in which they are multiplied."""
        return rounded(x, self._axis(axis), self.value_range, self.epsilon)

    def _axis(self, axis: Any) -> Any:
        axis = self.axis if axis is None else axis
        return -1 if axis is None else axis

    def get_config(self) -> dict[str, Any]:
        config = {"value_range": self.value_range, "epsilon": self.epsilon, "output_dtype": self.output_dtype}
        return config if self.axis is None else {**config, "axis": self.axis}
