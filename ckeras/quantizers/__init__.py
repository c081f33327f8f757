"""Weights and activations in few bits, and the configurations of `quantize`. Every name loads on first use."""

from ckeras.lazy import TYPE_CHECKING, attach

if TYPE_CHECKING:
    from ckeras.quantizers.config import (
        AWQConfig as AWQConfig,
        Float8QuantizationConfig as Float8QuantizationConfig,
        GPTQConfig as GPTQConfig,
        Int4QuantizationConfig as Int4QuantizationConfig,
        Int8QuantizationConfig as Int8QuantizationConfig,
        QuantizationConfig as QuantizationConfig,
    )
    from ckeras.quantizers.fake_quantization import fake_quant_with_min_max_vars as fake_quant_with_min_max_vars
    from ckeras.quantizers.finding import deserialize as deserialize, get as get, serialize as serialize
    from ckeras.quantizers.float8 import (
        compute_float8_amax_history as compute_float8_amax_history,
        compute_float8_scale as compute_float8_scale,
        quantize_and_dequantize as quantize_and_dequantize,
    )
    from ckeras.quantizers.groups import (
        abs_max_quantize_grouped_with_zero_point as abs_max_quantize_grouped_with_zero_point,
    )
    from ckeras.quantizers.packing import pack_int4 as pack_int4, unpack_int4 as unpack_int4
    from ckeras.quantizers.quantizer import (
        AbsMaxQuantizer as AbsMaxQuantizer,
        Quantizer as Quantizer,
        abs_max_quantize as abs_max_quantize,
    )

attach(
    __name__,
    {
        "AWQConfig": "config",
        "AbsMaxQuantizer": "quantizer",
        "Float8QuantizationConfig": "config",
        "GPTQConfig": "config",
        "Int4QuantizationConfig": "config",
        "Int8QuantizationConfig": "config",
        "QuantizationConfig": "config",
        "Quantizer": "quantizer",
        "abs_max_quantize": "quantizer",
        "abs_max_quantize_grouped_with_zero_point": "groups",
        "compute_float8_amax_history": "float8",
        "compute_float8_scale": "float8",
        "deserialize": "finding",
        "fake_quant_with_min_max_vars": "fake_quantization",
        "get": "finding",
        "pack_int4": "packing",
        "quantize_and_dequantize": "float8",
        "serialize": "finding",
        "unpack_int4": "packing",
    },
)
