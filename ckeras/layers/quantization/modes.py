"""The modes of quantization: how a layer is brought into one, and how it multiplies in it.

A weight is kept as ``round(w * scale)``, with a scale for each of its columns or for groups of its rows, or likewise
with a zero; see the modules of the modes. Sums are computed in floats: on a compiled path the integers are turned into
floats once, not in each call.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ckeras import dtype_policies, ops, saving
from ckeras.autograd import GradientTape
from ckeras.layers.quantization import calibrated, float8, integers
from ckeras.layers.quantization.calibrated import AWQ, GPTQ
from ckeras.layers.quantization.integers import Int4, Int8
from ckeras.layers.quantization.weight import QuantizedWeight, make
from ckeras.quantizers.config import QuantizationConfig, resolve
from ckeras.quantizers.quantizer import AbsMaxQuantizer

_FORMS: dict[str, Any] = {"int8": Int8, "int4": Int4, "gptq": GPTQ, "awq": AWQ}
_QUANTIZES_INPUTS = {"int8": AbsMaxQuantizer(), "int4": None, "float8": None, "gptq": None, "awq": None}


def check_config(layer: Any, config: Any) -> Any:
    """The argument ``quantization_config`` of a layer, which may be a config, as an object.

    Raises:
        ValueError: if it is no `QuantizationConfig`.
    """
    if isinstance(config, dict) and "class_name" in config:
        config = saving.deserialize_keras_object(config)
    if config is not None and not isinstance(config, QuantizationConfig):
        raise ValueError(
            f"{type(layer).__name__} expects quantization_config to be None or a QuantizationConfig, got {config!r:.80}"
        )
    return config


def config_of(layer: Any) -> dict[str, Any]:
    """What the config of a layer says of its quantization."""
    return {"quantization_config": saving.serialize_keras_object(layer.quantization_config)}


def resolved(layer: Any, cls: type, mode: Any, type_check: bool, config: Any) -> QuantizationConfig:
    """Check the arguments of `quantize`, and return the configuration that they mean.

    Raises:
        ValueError: if the arguments contradict each other, or the layer is not built, or quantized already.
        NotImplementedError: if the layer has not this mode, is of a subclass of ``cls`` and ``type_check`` is true, or
            has a low-rank update.
    """
    where = f"quantize of layer {layer.name!r}"
    if type_check and type(layer) is not cls:
        raise NotImplementedError(f"{where}: {type(layer).__name__} is a subclass of {cls.__name__}; see type_check")
    config = resolve(mode, config, where)
    if config.mode not in layer.quantization_modes:
        raise NotImplementedError(f"{where} expects mode to be one of {layer.quantization_modes}, got {config.mode!r}")
    if not layer.built:
        raise ValueError(f"{where} expects a layer that is built")
    if layer.quantization_mode is not None:
        raise ValueError(f"{where}: it is quantized already, as {layer.dtype_policy.name!r}")
    if layer.lora_enabled:
        raise NotImplementedError(f"{where} expects a layer without a low-rank update")
    return config


def quantize(layer: Any, cls: type, mode: Any, type_check: bool, config: Any) -> None:
    """Quantize the weights of a layer, by its method ``quantized_build``; all checks come before any change."""
    config = resolved(layer, cls, mode, type_check, config)
    policy = dtype_policies.get(f"{config.dtype_policy_string()}_from_{layer.dtype_policy.name}")
    weights, form = layer._quantized_weights(), _FORMS.get(config.mode)
    values: dict[str, Any] = {}
    if form is not None:
        for weight in weights:
            values |= form.values(layer, weight, getattr(layer, weight.attribute).numpy(), config)
    layer.quantized_build(weights[0].shape, config.mode, config)
    for attribute, value in values.items():
        getattr(layer, attribute).assign(value)
    layer.quantization_config, layer.dtype_policy = config.to_keep(), policy


def build(layer: Any, mode: str, config: Any) -> None:
    """Make the variables of a mode: in place of the weights, or next to them until they are calibrated.

    Raises:
        NotImplementedError: if the layer has not this mode.
    """
    if mode not in layer.quantization_modes:
        raise NotImplementedError(
            f"layer {layer.name!r} expects a quantization mode from {layer.quantization_modes}, got {mode!r}"
        )
    layer.inputs_quantizer = QuantizationConfig.activation_quantizer_or_default(config, _QUANTIZES_INPUTS[mode])
    if mode == "float8":
        float8.build(layer)
        return
    for weight in layer._quantized_weights():
        make(layer, _FORMS[mode].variables(layer, weight, config))


def product(
    layer: Any,
    weight: QuantizedWeight,
    x: Any,
    multiply: Callable[[Any, Any], Any],
    axis: Any = -1,
    arrange: Callable[[Any], Any] = lambda factor: factor,
    spread: Callable[[Any], Any] = lambda scale: scale,
    training: Any = None,
) -> Any:
    """Return ``multiply(x, w)`` for a quantized weight.

    Args:
        layer: The layer.
        weight: Its weight.
        x: Floats.
        multiply: The product.
        axis: Axes of ``x`` over which it sums.
        arrange: Makes a factor of ``x``, in which these axes have size 1, broadcast to the product.
        spread: Makes the kept scale of the weight broadcast to the product.
        training: Whether the call trains.
    """
    mode = layer.quantization_mode
    if mode == "float8":
        return float8.product(layer, x, getattr(layer, weight.attribute), multiply, training)
    if layer.inputs_quantizer is None:
        return multiply(x, _FORMS[mode].floats(layer, weight, x.dtype))
    kernel, scale = _FORMS[mode].factors(layer, weight, x.dtype)
    divisor = None if scale is None else spread(scale)
    return _with_quantized_inputs(layer.inputs_quantizer, x, kernel, divisor, axis, multiply, arrange)


def _with_quantized_inputs(
    quantizer: Any, x: Any, kernel: Any, divisor: Any, axis: Any, multiply: Any, arrange: Any
) -> Any:
    """The product with rounded inputs; its gradient is that of the product without rounding."""
    quantized = quantizer.floats if isinstance(quantizer, AbsMaxQuantizer) else quantizer

    @ops.custom_gradient
    def rounded_product(x: Any) -> Any:
        values, factor = quantized(x, axis=axis)
        factor = arrange(factor)
        y = multiply(ops.cast(values, x.dtype), kernel) / (factor if divisor is None else factor * divisor)

        def gradient(*args: Any, upstream: Any = None) -> Any:
            g = args[0] if upstream is None else upstream
            with GradientTape() as tape:
                tape.watch(x)
                exact = multiply(x, kernel)
                exact = exact if divisor is None else exact / divisor
            return tape.gradient(exact, x, output_gradients=g)

        return y, gradient

    return rounded_product(x)


def rows(layer: Any, weight: QuantizedWeight, index: Any, dtype: str) -> Any:
    """Rows of a quantized table, as floats."""
    return _FORMS[layer.quantization_mode].rows(layer, weight, index, dtype)


def stored(layer: Any, weight: QuantizedWeight) -> Any:
    """The weight, or the integers that stand for it; floats if it has a low-rank update, which is added to it."""
    mode = layer.quantization_mode
    if mode in _FORMS and layer.lora_enabled:
        return _FORMS[mode].floats(layer, weight, layer.variable_dtype)
    return _STORED[mode](layer, weight) if mode in _STORED else getattr(layer, weight.attribute)


def _stored_in_bytes(layer: Any, weight: QuantizedWeight) -> Any:
    return ops.reshape(ops.cast(integers.unpacked(layer, weight, "float32"), "int8"), weight.shape)


def _stored_calibrated(layer: Any, weight: QuantizedWeight) -> Any:
    if getattr(layer, weight.attribute) is not None:
        return getattr(layer, weight.attribute)
    return ops.cast(calibrated.integers(layer, weight, "float32"), "uint8")


_STORED: dict[str, Callable[[Any, QuantizedWeight], Any]] = {
    "int4": _stored_in_bytes, "gptq": _stored_calibrated, "awq": _stored_calibrated,
}  # fmt: skip


def rounded_bias(layer: Any) -> Any:
    """The bias; rounded to bfloat16 where products are of floats of 8 bits, as Keras does."""
    if layer.quantization_mode != "float8":
        return layer.bias
    return ops.cast(ops.cast(layer.bias, "bfloat16"), layer.bias.dtype)
