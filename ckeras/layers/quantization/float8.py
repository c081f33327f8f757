"""Products of floats of 8 bits, in training too: "float8".

Inputs and kernel are rounded to e4m3 before the product, and the gradient of the product to e5m2. Scales follow the
maximum absolute values of recent steps (Micikevicius et al., 2022, "FP8 Formats for Deep Learning"). Scales and
histories are variables whose gradient is their next value, which optimizers assign.
"""

from __future__ import annotations

from typing import Any

from ckeras import ops
from ckeras.dtype_policies import QuantizedFloat8DTypePolicy
from ckeras.quantizers.float8 import (
    LARGEST,
    compute_float8_amax_history,
    compute_float8_scale,
    quantize_and_dequantize,
)

_PARTS = ("inputs", "kernel", "outputs_grad")
_FORWARD, _BACKWARD = "float8_e4m3fn", "float8_e5m2"


def build(layer: Any) -> None:
    """Make the scales and histories of a layer."""
    default = QuantizedFloat8DTypePolicy.default_amax_history_length
    length = getattr(layer.dtype_policy, "amax_history_length", default)
    for part in _PARTS:
        for kind, shape, initializer in (("scale", (), "ones"), ("amax_history", (length,), "zeros")):
            name = f"{part}_{kind}"
            variable = layer.add_weight(
                shape, initializer, dtype="float32", autocast=False, overwrite_with_gradient=True, name=name
            )
            setattr(layer, name, variable)


def product(layer: Any, x: Any, kernel: Any, multiply: Any, training: Any) -> Any:
    """Return ``multiply(x, kernel)`` of rounded factors, whose gradients are those without rounding.

    In training the gradients of scales and histories are their next values; else they have none.
    """
    parts = {part: (getattr(layer, f"{part}_scale"), getattr(layer, f"{part}_amax_history")) for part in _PARTS}
    y = multiply(_rounded(x, *parts["inputs"], training), _rounded(kernel, *parts["kernel"], training))
    return _rounds_gradient(y, *parts["outputs_grad"])


def _rounded(x: Any, scale: Any, history: Any, training: Any) -> Any:
    @ops.custom_gradient
    def rounded(x: Any, scale: Any, history: Any) -> Any:
        later = _next(x, scale, history, _FORWARD) if training else (None, None)

        def gradient(*args: Any, upstream: Any = None) -> tuple[Any, Any, Any]:
            return args[0] if upstream is None else upstream, *later

        return quantize_and_dequantize(x, scale, _FORWARD, x.dtype), gradient

    return rounded(ops.convert_to_tensor(x), scale.value, history.value)


def _rounds_gradient(y: Any, scale: Any, history: Any) -> Any:
    @ops.custom_gradient
    def unchanged(y: Any, scale: Any, history: Any) -> Any:
        def gradient(*args: Any, upstream: Any = None) -> tuple[Any, Any, Any]:
            g = args[0] if upstream is None else upstream
            return quantize_and_dequantize(g, scale, _BACKWARD, g.dtype), *_next(g, scale, history, _BACKWARD)

        return y, gradient

    return unchanged(y, scale.value, history.value)


def _next(x: Any, scale: Any, history: Any, dtype: str) -> tuple[Any, Any]:
    """The scale and the history after a step on ``x``."""
    scale = compute_float8_scale(ops.max(history), scale, LARGEST[dtype])
    return scale, compute_float8_amax_history(x, history)
