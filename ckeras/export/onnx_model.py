"""Models as ONNX files: the layers of a functional or sequential model, each by its converter."""

from __future__ import annotations

import os
from typing import Any

import numpy as np

from ckeras.export import activation_converters, layer_converters, recurrent_converters, window_converters
from ckeras.export.builder import CONVERTERS, OPSET, Builder
from ckeras.export.operation_converters import OPERATORS, operation as convert_operation
from ckeras.saving.atomic import replacing
from ckeras.tensor import KerasTensor
from ckeras.tensor.graph import Graph, node_of
from ckeras.tensor.structure import flatten

# Modules whose converters are in the table once they are imported.
FAMILIES = (activation_converters, layer_converters, recurrent_converters, window_converters)


def _package() -> Any:
    """The package onnx, imported on first use."""
    try:
        import onnx
        import onnx.helper
        import onnx.numpy_helper
    except ImportError as error:
        raise ImportError("An .onnx file needs the package onnx: pip install 'ckeras[onnx]'") from error
    return onnx


def export_onnx(model: Any, filepath: str | os.PathLike) -> None:
    """Write a functional or sequential model as an ONNX file, for inference, with an open batch size.

    Args:
        model: The model. Its layers have to be among those with a converter: dense, convolution, pooling, activation,
            normalization, merging, reshaping, embedding and recurrent layers.
        filepath: Path of the file, which is replaced once the new one is complete.

    Raises:
        ImportError: if the package onnx is not installed.
        ValueError: for a subclassed model, or a layer or option that has no converter; the message names it.
        OSError: if the file cannot be written.
    """
    onnx = _package()
    graph = _graph(model)
    builder, names = Builder(onnx), {}
    inputs = []
    for x in graph.inputs:
        name = node_of(x).operation.name
        names[id(x)] = name
        inputs.append(_info(onnx, name, x))
    _convert(builder, graph, names)
    outputs = []
    for i, x in enumerate(graph.outputs):
        name = f"{node_of(x).operation.name}_output{i or ''}"
        builder.nodes.append(onnx.helper.make_node("Identity", [names[id(x)]], [name]))
        outputs.append(_info(onnx, name, x))
    body = onnx.helper.make_graph(builder.nodes, model.name, inputs, outputs, list(builder.constants.values()))
    made = onnx.helper.make_model(body, opset_imports=[onnx.helper.make_opsetid("", OPSET)], producer_name="ckeras")
    made.ir_version = 8
    onnx.checker.check_model(made)
    with replacing(filepath) as file:
        file.write(made.SerializeToString())


def _info(onnx: Any, name: str, x: KerasTensor) -> Any:
    kind = onnx.helper.np_dtype_to_tensor_dtype(np.dtype(x.dtype))
    shape = [f"{name}_{axis}" if size is None else size for axis, size in enumerate(x.shape)]
    return onnx.helper.make_tensor_value_info(name, kind, shape)


def _graph(model: Any) -> Graph:
    """The graph of a functional or sequential model."""
    try:
        return Graph(model.inputs, model.outputs)
    except (AttributeError, ValueError) as error:
        raise ValueError(
            f"export to ONNX expects a functional or sequential model with known inputs, got {model.name!r}: {error}"
        ) from error


def _convert(builder: Builder, graph: Graph, names: dict[int, str]) -> None:
    """Add the nodes of a graph, whose inputs have names; ``names`` gets those of all its symbolic tensors."""
    for node in graph.nodes:
        _convert_node(builder, node, names)


def _convert_node(builder: Builder, node: Any, names: dict[int, str]) -> None:
    operation = node.operation
    args, kwargs = node.arguments.convert(lambda x: x)
    is_operation = type(operation).__name__ in OPERATORS and not hasattr(operation, "trainable")
    if not is_operation and any(isinstance(x, KerasTensor) for x in flatten((args[1:], kwargs))):
        raise _refused(operation, "there is no converter to ONNX for calls with several arguments")
    given = args[0] if args else None
    tensors = [x for x in flatten(args if is_operation else given) if isinstance(x, KerasTensor)]
    for x in tensors:
        if getattr(x, "_keras_mask", None) is not None:
            raise _refused(operation, "ONNX has no masks")
        builder.ranks[names[id(x)]] = len(x.shape)
    if is_operation:
        found = [convert_operation(builder, operation, [names.get(id(x), x) for x in args])]
    elif hasattr(type(operation), "train_step"):
        found = _convert_inner(builder, operation, [names[id(x)] for x in tensors])
    else:
        found = [_converted(builder, operation, [names[id(x)] for x in tensors], isinstance(given, list | tuple))]
    for x, name in zip(node.outputs, found, strict=True):
        names[id(x)] = name
        builder.ranks[name] = len(x.shape)


def _convert_inner(builder: Builder, model: Any, given: list[str]) -> list[str]:
    """Add the nodes of a model in a model; the names of its outputs."""
    graph = _graph(model)
    inner = {id(x): name for x, name in zip(graph.inputs, given, strict=True)}
    _convert(builder, graph, inner)
    return [inner[id(x)] for x in graph.outputs]


def _converted(builder: Builder, operation: Any, given: list[str], is_list: bool) -> str:
    kind = type(operation).__name__
    is_ours = type(operation).__module__.startswith("ckeras.layers.")
    is_wrapper = kind == "SpectralNormalization" or (
        kind == "TimeDistributed" and type(operation.layer).__name__ == "Dense"
    )
    if is_ours and is_wrapper:  # which in inference do what the layer in it does
        return _converted(builder, operation.layer, given, is_list)
    if not is_ours or kind not in CONVERTERS:
        raise _refused(operation, "there is no converter to ONNX for it")
    try:
        return CONVERTERS[kind](builder, operation, given if is_list else given[0])
    except ValueError as error:
        raise _refused(operation, str(error)) from error


def _refused(operation: Any, why: str) -> ValueError:
    return ValueError(f"Cannot export layer {operation.name!r} ({type(operation).__name__}): {why}")
