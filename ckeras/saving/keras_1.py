"""Layers of Keras 1, some of which Keras 2 still read, by what takes their place: configs of models of today's layers.

A Sequential that begins with a Merge of several models becomes a graph, and a layer that is several of today becomes a
model of its name within the model. The configs are in the format of Keras 1, which `older_configs` translates on.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ckeras.saving.older_weights import CARRY

Config = dict[str, Any]


def expressed(config: Config) -> Config:
    """The config of an object by layers that there are today; any other config as it is."""
    express = _EXPRESSIONS.get(str(config.get("class_name")).removeprefix("Custom>"))
    return config if express is None else express(config)


class _Graph:
    """The layers of a graph that is being made, with their calls."""

    def __init__(self) -> None:
        self.layers: dict[str, Config] = {}
        self.inputs: list[str] = []

    def add(self, layer: Config, sources: list[str]) -> str:
        """Add a call of a layer with the outputs of others, unless it is there; its name."""
        name = str(layer["config"]["name"])
        calls = [[[source, 0, 0] for source in sources]] if sources else []
        self.layers.setdefault(name, {**layer, "name": name, "inbound_nodes": calls})
        return name

    def add_input(self, name: str, batch_shape: Any, dtype: Any) -> str:
        """Add an input; its name."""
        inner = {"name": name, "batch_input_shape": batch_shape, "dtype": dtype}
        if name not in self.layers:
            self.inputs.append(name)
        return self.add({"class_name": "InputLayer", "config": inner}, [])

    def model(self, name: str, output: str) -> Config:
        """The config of the model with one output."""
        ends = {"input_layers": [[one, 0, 0] for one in self.inputs], "output_layers": [[output, 0, 0]]}
        return {"class_name": "Model", "config": {"name": name, "layers": list(self.layers.values()), **ends}}


def _sequential(config: Config) -> Config:
    """A graph for a Sequential that begins with a Merge; any other one as it is."""
    inner = config.get("config")
    layers = inner.get("layers") if isinstance(inner, dict) else inner
    if not _begins_with_merge(layers):
        return config
    graph = _Graph()
    output = _chain(graph, layers)
    kept = {key: value for key, value in config.items() if key not in ("class_name", "config")}
    return {**graph.model(inner.get("name", "sequential") if isinstance(inner, dict) else "sequential", output), **kept}


def _begins_with_merge(layers: Any) -> bool:
    first = layers[0] if isinstance(layers, list) and layers else None
    return isinstance(first, dict) and first.get("class_name") == "Merge" and bool(first["config"].get("layers"))


def _chain(graph: _Graph, layers: list[Config]) -> str:
    """Add the layers of a Sequential, and of those that it merges first, to a graph; the name of the last layer."""
    first = layers[0]
    inner = first["config"]
    if _begins_with_merge(layers):
        sources = [_branch(graph, branch) for branch in inner["layers"]]
        kept = {key: value for key, value in inner.items() if key != "layers"}
        last = graph.add({**first, "config": kept}, sources)
    elif isinstance(inner, dict) and inner.get("batch_input_shape"):
        dtype = inner.get("input_dtype") or ("int32" if first["class_name"] == "Embedding" else "float32")
        name = inner["name"]
        if first["class_name"] == "InputLayer":
            last = graph.add_input(name, inner["batch_input_shape"], dtype)
        else:
            last = graph.add(first, [graph.add_input(f"{name}_input", inner["batch_input_shape"], dtype)])
    else:
        raise ValueError(f"Cannot read a branch of a Merge of Keras 1 that begins with {first.get('class_name')!r}")
    for layer in layers[1:]:
        last = graph.add(layer, [last])
    return last


def _branch(graph: _Graph, branch: Config) -> str:
    inner = branch.get("config")
    layers = inner.get("layers") if isinstance(inner, dict) and branch.get("class_name") == "Sequential" else inner
    return _chain(graph, layers if isinstance(layers, list) else [branch])


def _maxout(config: Config) -> Config:
    """MaxoutDense (Goodfellow et al., 2013): the maximum of several affine maps."""
    given = config["config"]
    if any(given.get(key) for key in _REGULARIZED):
        raise ValueError("Cannot read a MaxoutDense of Keras 1 with regularizers or constraints")
    units, maps = given["output_dim"], given.get("nb_feature", 4)
    einsum = {
        "name": f"{given['name']}_maps", "equation": "ab,cbd->acd", "output_shape": [maps, units],
        "bias_axes": "cd" if given.get("bias", True) else None, "trainable": given.get("trainable", True),
    }  # fmt: skip
    layers = [
        {"class_name": "EinsumDense", "config": einsum},
        {"class_name": "GlobalMaxPooling1D", "config": {"name": f"{given['name']}_maximum"}},
    ]
    return _within(config, {"class_name": "Sequential", "config": {"name": given["name"], "layers": layers}})


def _highway(config: Config) -> Config:
    """Highway (Srivastava et al., 2015): x + g * (f(x) - x) with a gate g."""
    given, graph = config["config"], _Graph()
    name, size = given["name"], given["input_dim"]
    if size is None:
        raise ValueError(f"Cannot read the Highway {name!r} of Keras 1, whose config has no input_dim")
    shared = {key: given[key] for key in ("bias", "trainable", *_REGULARIZED) if key in given}

    def dense(ending: str, activation: str) -> Config:
        inner = {"name": name + ending, "output_dim": size, "activation": activation, **shared}
        return {"class_name": "Dense", "config": inner}

    def merged(ending: str, mode: str) -> Config:
        return {"class_name": mode, "config": {"name": name + ending, "trainable": True}}

    x = graph.add_input(f"{name}_input", [None, size], "float32")
    computed = graph.add(dense("_transform", given.get("activation") or "linear"), [x])
    gate = graph.add(dense(CARRY, "sigmoid"), [x])
    change = graph.add(merged("_change", "Subtract"), [computed, x])
    gated = graph.add(merged("_gated", "Multiply"), [gate, change])
    return _within(config, graph.model(name, graph.add(merged("_sum", "Add"), [x, gated])))


_REGULARIZED = (
    "W_regularizer", "b_regularizer", "activity_regularizer", "W_constraint", "b_constraint", "kernel_regularizer",
    "bias_regularizer", "kernel_constraint", "bias_constraint",
)  # fmt: skip


def _within(config: Config, model: Config) -> Config:
    """A model that is used as a layer: with its calls, and the shape of its input, if these are in the config."""
    kept = {key: config[key] for key in ("name", "inbound_nodes") if key in config}
    kept["counted_as_layer"] = True  # so that its first call is 0
    shape = config["config"].get("batch_input_shape")
    if shape:
        model["config"]["batch_input_shape"] = shape
    return {**model, **kept}


_EXPRESSIONS: dict[str, Callable[[Config], Config]] = {
    "Sequential": _sequential,
    "MaxoutDense": _maxout,
    "Highway": _highway,
}
