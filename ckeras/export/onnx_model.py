"""Models as ONNX files: what a model computes in inference, with the sizes open that its inputs leave open."""

from __future__ import annotations

import os
from typing import Any

from ckeras.export import (
    control_converters,
    lookup_converters,
    operator_table,
    recurrent_converters,
    shape_converters,
    window_converters,
)
from ckeras.export.builder import Builder
from ckeras.export.endpoint import Endpoint
from ckeras.export.sizes import Unsupported
from ckeras.saving.atomic import replacing

# Modules whose converters are in the table once they are imported.
FAMILIES = (
    control_converters,
    lookup_converters,
    operator_table,
    recurrent_converters,
    shape_converters,
    window_converters,
)

MAX_BYTES = 2_000_000_000  # of the weights: messages of protobuf have less than 2 GiB


def onnx_package() -> Any:
    """The package onnx, imported on first use."""
    try:
        import onnx
        import onnx.helper
        import onnx.numpy_helper
    except ImportError as error:
        raise ImportError("An .onnx file needs the package onnx: pip install 'ckeras[onnx]'") from error
    return onnx


def export_onnx(
    model: Any, filepath: str | os.PathLike, input_signature: Any = None, opset_version: int | None = None
) -> None:
    """Write a model as an ONNX file, for inference.

    Whatever a model is made of, layers, operations or a `call` of its own, it is traced as `predict` traces it, and the
    ops that it calls become operators of ONNX. Sizes that its inputs leave open, such as that of the batch, are open in
    the file too.

    Args:
        model: A model that is built.
        filepath: Path of the file, which is replaced once the new one is complete.
        input_signature: Structure of `InputSpec`s, symbolic tensors or tensors: shapes and dtypes of the inputs. `None`
            is that of the model's inputs.
        opset_version: Version of ONNX's operators; `None` is 18.

    Raises:
        ImportError: if the package onnx is not installed.
        ValueError: if the inputs are not known, the model calls an op that ONNX does not express, and the message names
            the layer, or the weights are larger than an `.onnx` file may be.
        OSError: if the file cannot be written.
    """
    onnx = onnx_package()
    endpoint = Endpoint.of_model(model, input_signature)
    try:
        made = onnx_model(onnx, endpoint)
    finally:
        model._clear_losses()  # they are values of the trace alone
    if opset_version is not None and opset_version != made.opset_import[0].version:
        made = _in_version(onnx, made, opset_version)
    with replacing(filepath) as file:
        file.write(made.SerializeToString())


def _in_version(onnx: Any, made: Any, version: int) -> Any:
    """The model with the operators of another version."""
    from onnx.version_converter import convert_version

    try:
        return convert_version(made, version)
    except Exception as error:  # of kinds that the package does not say
        raise ValueError(
            f"onnx cannot convert the model from opset {made.opset_import[0].version} to opset {version}: {error}"
        ) from error


def onnx_model(onnx: Any, endpoint: Endpoint) -> Any:
    """The ONNX model of a function with known inputs."""
    try:
        graph, open_names = endpoint.graph()
        builder = Builder(onnx)
        inputs = []
        for name, x in zip(endpoint.names, graph.inputs, strict=True):
            builder.define(x, builder.name(name))
            inputs.append(builder.info(name, x, open_names))
        output_names = [builder.name(name) for name in endpoint.output_names(graph.result)]
        outputs = []
        for name, source, x in zip(output_names, builder.convert(graph), graph.outputs, strict=True):
            builder.nodes.append(onnx.helper.make_node("Identity", [source], [name], name=name))
            outputs.append(builder.info(name, x, open_names))
    except Unsupported as error:
        raise ValueError(f"Cannot export {error.layer or endpoint.described}: {error}") from error
    body = builder.graph(endpoint.name, inputs, outputs, list(builder.constants.values()))
    size = sum(len(x.raw_data) for x in body.initializer)
    if size > MAX_BYTES:
        raise ValueError(
            f"Cannot export {endpoint.described}: an .onnx file holds {MAX_BYTES:,} bytes of weights at most, and it "
            f"has {size:,}"
        )
    opsets = [onnx.helper.make_opsetid(*pair) for pair in sorted(builder.domains.items())]
    made = onnx.helper.make_model(body, opset_imports=opsets, producer_name="ckeras")
    made.ir_version = onnx.helper.find_min_ir_version_for(opsets)
    onnx.checker.check_model(made)
    return made
