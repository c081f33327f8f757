"""Dtype policies: the compute dtype of a layer and the dtype of its weights. Every name loads on first use."""

from ckeras.lazy import TYPE_CHECKING, attach

if TYPE_CHECKING:
    from ckeras.dtype_policies.finding import deserialize as deserialize, get as get, serialize as serialize
    from ckeras.dtype_policies.policy import DTypePolicy as DTypePolicy, FloatDTypePolicy as FloatDTypePolicy
    from ckeras.dtype_policies.policy_map import DTypePolicyMap as DTypePolicyMap
    from ckeras.dtype_policies.quantized import (
        AWQDTypePolicy as AWQDTypePolicy,
        GPTQDTypePolicy as GPTQDTypePolicy,
        Int4DTypePolicy as Int4DTypePolicy,
        QuantizedDTypePolicy as QuantizedDTypePolicy,
        QuantizedFloat8DTypePolicy as QuantizedFloat8DTypePolicy,
    )

attach(
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
