"""Which dtype a layer computes in, and which its weights have. Every name loads on first use."""

from ckeras.lazy import attach

__getattr__, __dir__, __all__ = attach(
    __name__,
    {
        "AWQDTypePolicy": "quantized",
        "DTypePolicy": "policy",
        "DTypePolicyMap": "policy_map",
        "FloatDTypePolicy": "policy",
        "GPTQDTypePolicy": "quantized",
        "Int4DTypePolicy": "quantized",
        "QuantizedDTypePolicy": "quantized",
        "QuantizedFloat8DTypePolicy": "quantized",
        "deserialize": "finding",
        "get": "finding",
        "serialize": "finding",
    },
)
