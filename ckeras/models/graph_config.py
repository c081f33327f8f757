"""Configurations of graphs of layers, in the format of Keras 3.

A graph is a list of layers and operations, each with the arguments of its calls (``inbound_nodes``). A symbolic tensor
among them is written as ``keras_history``: name of the layer, index of its call in this graph, index of the output.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Any

from ckeras import registry
from ckeras.layers.layer import Layer
from ckeras.layers.signatures import default_training
from ckeras.tensor import KerasTensor
from ckeras.tensor.graph import Node, node_of
from ckeras.tensor.structure import flatten, map_structure


def graph_config(network: Any) -> dict[str, Any]:
    """The configuration of a network: its layers with their calls, and where inputs and outputs come from."""
    own = {id(node) for nodes in network.nodes_by_depth.values() for node in nodes}
    calls = {id(x): [n for n in x._inbound_nodes if id(n) in own] for x in network.operations}
    indices = {id(node): i for nodes in calls.values() for i, node in enumerate(nodes)}

    def end(x: KerasTensor) -> list[Any]:
        operation = node_of(x).operation
        return [operation.name, indices[id(node_of(x))] + _first_index(operation), x._keras_history.tensor_index]

    return {
        "layers": [_operation_config(x, calls[id(x)], indices) for x in network.operations],
        "input_layers": map_structure(end, network._inputs_struct),
        "output_layers": map_structure(end, network._outputs_struct),
    }


def _first_index(operation: Any) -> int:
    """Index that `input_layers` and `output_layers` give to the first call: 1 for models of Keras's `Functional`."""
    return int(getattr(type(operation), "__name__", "") == "Functional")


def _operation_config(operation: Any, calls: list[Node], indices: dict[int, int]) -> dict[str, Any]:
    config = dict(registry.layers.serialize(operation))
    config["name"] = operation.name
    config["inbound_nodes"] = [_call_config(node, indices) for node in calls if not node.is_input]
    return config


def _call_config(node: Node, indices: dict[int, int]) -> dict[str, Any]:
    def described(x: Any) -> Any:
        if type(x) is not KerasTensor:
            return x
        source = node_of(x)
        history = [source.operation.name, indices[id(source)], x._keras_history.tensor_index]
        return {
            "class_name": "__keras_tensor__",
            "config": {"shape": x.shape, "dtype": x.dtype, "keras_history": history},
        }

    args, kwargs = node.arguments.convert(described)
    training = _training_of(node.operation)
    if training is not None:
        kwargs = {"training": training, **kwargs}
    serialize = registry.layers.serialize
    return {"args": tuple(map(serialize, args)), "kwargs": {k: serialize(v) for k, v in kwargs.items()}}


def graph_from_config(config: dict[str, Any], owner: str | None) -> dict[str, Any]:
    """The ``inputs`` and ``outputs`` of the graph that a configuration describes, whose layers are new.

    Raises:
        ValueError: if a layer is called on a tensor that no layer returns.
    """
    made: dict[str, Any] = {}
    waiting: list[tuple[Any, deque[dict[str, Any]]]] = []
    for one in config["layers"]:
        operation = registry.layers.deserialize(one)
        made[one.get("name", operation.name)] = operation
        waiting.append((operation, deque(one.get("inbound_nodes", ()))))
    while any(calls for _, calls in waiting):
        before = sum(len(calls) for _, calls in waiting)
        for operation, calls in waiting:
            while calls and _call(operation, calls[0], made):
                calls.popleft()
        if sum(len(calls) for _, calls in waiting) == before:
            stuck = [operation.name for operation, calls in waiting if calls]
            raise ValueError(f"model {owner!r}: the config calls the layers {stuck} on tensors that no layer returns")

    def end(history: list[Any]) -> KerasTensor:
        name, call, output = history
        found = _tensor(made, [name, call - _first_index(made.get(name)), output])
        if found is None:
            raise ValueError(f"model {owner!r}: no layer of the config returns the tensor {history}")
        return found

    return {key: _map_histories(end, config[f"{key[:-1]}_layers"]) for key in ("inputs", "outputs")}


def _call(operation: Any, call: dict[str, Any], made: dict[str, Any]) -> bool:
    """Call a layer as a configuration says, unless it does so on tensors that are not there yet."""
    args, kwargs = _values(call["args"], made), _values(call["kwargs"], made)
    values = flatten((args, kwargs))
    if any(x is _MISSING for x in values):
        return False
    if not any(type(x) is KerasTensor for x in values):
        raise ValueError(f"the config calls the layer {operation.name!r} on no tensor of the model")
    if kwargs.get("training", _MISSING) == _training_of(operation):
        del kwargs["training"]  # the default, rather than what the call said
    if type(operation).__name__ == "GetItem":  # JSON has no tuples
        args = [tuple(x) if isinstance(x, list) else x for x in args]
    operation(*args, **kwargs)
    return True


_MISSING = object()


def _values(config: Any, made: dict[str, Any]) -> Any:
    """The values of a configuration, with the tensors that layers have returned."""
    if isinstance(config, (list, tuple)):
        return [_values(x, made) for x in config]
    if not isinstance(config, dict):
        return config
    if "class_name" not in config:
        return {k: _values(v, made) for k, v in config.items()}
    if config["class_name"] == "__keras_tensor__":
        found = _tensor(made, config["config"]["keras_history"])
        return _MISSING if found is None else found
    return registry.layers.deserialize(config)


def _tensor(made: dict[str, Any], history: list[Any]) -> KerasTensor | None:
    name, call, output = history
    nodes = getattr(made.get(name), "_inbound_nodes", ())
    return nodes[call].outputs[output] if 0 <= call < len(nodes) and 0 <= output < len(nodes[call].outputs) else None


def _map_histories(function: Callable[[list[Any]], Any], structure: Any) -> Any:
    """Apply ``function`` to each [layer, call, output] of a structure."""
    if isinstance(structure, dict):
        return {k: _map_histories(function, v) for k, v in structure.items()}
    if len(structure) == 3 and isinstance(structure[0], str) and all(isinstance(i, int) for i in structure[1:]):
        return function(list(structure))
    return [_map_histories(function, x) for x in structure]


def _training_of(operation: Any) -> Any:
    """What ``training`` is where a call of a layer does not say."""
    return default_training(type(operation).call) if isinstance(operation, Layer) else None
