"""Weights in integers of 8 bits, with a factor for each column or row: what ``quantize("int8")`` makes of layers.

A weight is kept as ``round(w * scale)`` with ``scale = 127 / max(abs(w))``, and the inputs of its products are rounded
likewise; the product of both is divided by both factors (Jacob et al., 2018, "Quantization and Training of Neural
Networks for Efficient Integer-Arithmetic-Only Inference"). Sums are computed in floats.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ckeras import ops
from ckeras.autograd import GradientTape
from ckeras.dtype_policies import QuantizedDTypePolicy

_LARGEST, _EPSILON = 127, 1e-7
_MODES = ("int8", "float8", "int4", "gptq", "awq")


def check_mode(mode: Any, config: Any, where: str) -> None:
    """Raise for what is not supported: any mode but "int8", or a configuration.

    Raises:
        ValueError: if there is no such mode in Keras, or none is given.
        NotImplementedError: if Keras has it and ckeras has not.
    """
    if config is not None:
        raise NotImplementedError(f"{where} expects a mode and config=None, got {config!r:.80}")
    if mode is None:
        raise ValueError(f"{where} expects a mode, got None")
    if mode not in _MODES:
        raise ValueError(f"{where} expects mode to be one of {_MODES}, got {mode!r}")
    if mode != "int8":
        raise NotImplementedError(f"{where} expects the mode 'int8', got {mode!r}: ckeras has no kernels for others")


def quantize(layer: Any, cls: type, mode: Any, type_check: bool, config: Any) -> None:
    """Quantize the weights of a layer, by its method ``quantized_build``; all checks come before any change.

    Raises:
        ValueError: if the layer is not built, or quantized already.
        NotImplementedError: if it is of a subclass of ``cls`` and ``type_check`` is true, or has a low-rank update.
    """
    where = f"quantize of layer {layer.name!r}"
    if type_check and type(layer) is not cls:
        raise NotImplementedError(f"{where}: {type(layer).__name__} is a subclass of {cls.__name__}; see type_check")
    check_mode(mode, config, where)
    if not layer.built:
        raise ValueError(f"{where} expects a layer that is built")
    if layer.quantization_mode is not None:
        raise ValueError(f"{where}: it is quantized already, as {layer.dtype_policy.name!r}")
    if layer.lora_enabled:
        raise NotImplementedError(f"{where} expects a layer without a low-rank update")
    policy = QuantizedDTypePolicy(mode, layer.dtype_policy.name)
    layer.quantized_build(None, mode)
    layer.dtype_policy = policy


def rounded(x: Any, axis: Any) -> tuple[Any, Any]:
    """Return numbers from -127 to 127 instead of ``x``, and the factor by which they are larger, over ``axis``.

    >>> [part.numpy().round(1).tolist() for part in rounded(ops.array([[1.0, -0.5]]), -1)]
    [[[127.0, -63.0]], [[127.0]]]
    """
    scale = _LARGEST / (ops.max(ops.abs(x), axis=axis, keepdims=True) + _EPSILON)
    return ops.clip(ops.round(x * scale), -_LARGEST, _LARGEST), scale


def quantize_weight(layer: Any, attribute: str, axis: Any, arrange: Callable[[Any], Any]) -> None:
    """Replace a weight by one of int8, and its scale in the attribute ``<name>_scale``.

    Args:
        layer: its owner.
        attribute: the attribute that holds the weight.
        axis: over which maxima are taken.
        arrange: gives the scale the shape in which it is kept.
    """
    weight = getattr(layer, attribute)
    values, scale = rounded(weight.value, axis)
    scale, name = arrange(scale), weight.name
    kept = layer.add_weight(shape=tuple(values.shape), dtype="int8", initializer="zeros", trainable=False, name=name)
    kept.assign(ops.cast(values, "int8"))
    factor = layer.add_weight(
        shape=tuple(scale.shape), dtype=scale.dtype, initializer="ones", trainable=False, name=f"{name}_scale"
    )
    factor.assign(scale)
    setattr(layer, attribute, kept)
    setattr(layer, f"{name}_scale", factor)


def quantized_product(
    x: Any, weight: Any, scale: Any, axis: Any, multiply: Callable[[Any, Any], Any], arrange: Callable[[Any], Any]
) -> Any:
    """Return ``multiply(x, w)`` with ``x`` rounded; the gradient is that of the product without rounding.

    Args:
        x: floats.
        weight: integers, ``w * scale``.
        scale: factor, which broadcasts to the result.
        axis: of ``x``, over which maxima are taken.
        multiply: the product.
        arrange: makes the factor of ``x`` broadcast to the result.
    """
    kernel = ops.cast(weight, x.dtype)

    @ops.custom_gradient
    def product(x: Any) -> Any:
        values, factor = rounded(x, axis)
        y = multiply(values, kernel) / (arrange(factor) * scale)

        def gradient(*args: Any, upstream: Any = None) -> Any:
            g = args[0] if upstream is None else upstream
            with GradientTape() as tape:
                tape.watch(x)
                exact = multiply(x, kernel) / scale
            return tape.gradient(exact, x, output_gradients=g)

        return y, gradient

    return product(x)
