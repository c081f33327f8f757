"""Lookups of strings in ONNX."""

from __future__ import annotations

from ckeras.export.builder import Builder, converts
from ckeras.export.sizes import Call, Unsupported
from ckeras.layers.preprocessing.host_layer import OfHandles
from ckeras.layers.preprocessing.index_lookup import Lookup


@converts("on_host")
def _lookup(b: Builder, call: Call) -> str:
    function = call.each[0]["function"]
    lookup = function.function if isinstance(function, OfHandles) else None
    if not isinstance(lookup, Lookup):
        raise Unsupported("it computes in Python")
    if lookup.unknown is None:
        raise Unsupported("ONNX has lookups with num_oov_indices=1 alone")
    return b.add(
        "LabelEncoder",
        b.of(call.inputs[0]),
        domain="ai.onnx.ml",
        keys_strings=list(lookup.table),
        values_int64s=list(lookup.table.values()),
        default_int64=lookup.unknown,
    )
