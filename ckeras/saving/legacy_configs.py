"""Configs of models as `.h5` files have them: readable by Keras 2 and Keras 3 alike, as far as Keras 2 has the layers.

Layers are without their modules, dtype policies are names, arguments that came with Keras 3 are left out where they
have their defaults, and calls in graphs are lists of [layer, call, output, keyword arguments].

Keras 2 counts the graph of a model within a graph as its first call, Keras 3 does not. Each call of such a model is
thus written twice, and its output is that of call ``2 * n + 1``: the second one of call ``n`` in Keras 3, the first one
in Keras 2. What nothing reads becomes no part of the graph.
"""

from __future__ import annotations

from typing import Any

Config = dict[str, Any]

# Argument that came with Keras 3 -> its default, which is what Keras 2 does. "score_mode" is older, but Keras 3 takes
# "dot" in these files for its function of that name.
_NEW: Config = {
    "allow_last_axis_squeeze": False, "clipnorm": None, "clipvalue": None, "ema_momentum": 0.99,
    "ema_overwrite_frequency": None, "global_clipnorm": None, "gradient_accumulation_steps": None, "input_axes": None,
    "loss_scale_factor": None, "oov_method": "floormod", "optional": False, "output_axes": None,
    "quantization_config": None, "renorm": False, "renorm_clipping": None, "rms_scaling": False, "salt": None,
    "score_mode": "dot", "seed": None, "sliding_window": None, "synchronized": False, "use_ema": False,
    "use_gate": False, "weight_decay": None, "zero_output_for_mask": False,
}  # fmt: skip
# Class -> the same for arguments that other classes of Keras 2 have.
_NEW_OF: dict[str, Config] = {
    "BatchNormalization": {"renorm_momentum": 0.99},
    "Conv3DTranspose": {"dilation_rate": (1, 1, 1)},
    "RandomContrast": {"value_range": (0, 255)},
    "Resizing": {"pad_to_aspect_ratio": False, "fill_mode": "constant", "fill_value": 0.0, "antialias": False},
}
_LAST = ("CenterCrop", "RandomBrightness", "RandomContrast", "RandomCrop", "RandomFlip", "RandomRotation", "Resizing")
_LAST += ("SpatialDropout2D", "SpatialDropout3D", "ZeroPadding1D")  # had no data_format
# Class -> argument -> its name in Keras 2, which Keras 3 reads too.
_RENAMED = {"InputLayer": {"batch_shape": "batch_input_shape"}, "LeakyReLU": {"negative_slope": "alpha"}}
_NESTED = ("Functional", "Sequential")


def legacy(config: Any) -> Any:
    """Translate what `serialize_keras_object` gives for a model, a loss, a metric or an optimizer.

    Functions become their names. What Keras 2 does not have stays as Keras 3 writes it.
    """
    if isinstance(config, list | tuple):
        return [legacy(one) for one in config]
    if not isinstance(config, dict):
        return config
    if config.get("class_name") == "function":
        return config["config"]
    if str(config.get("module")).startswith("keras.src.ops"):  # an operation of a graph, of which layers have the name
        return config
    if _is_object(config):
        name = config["registered_name"] or config["class_name"]
        kept = {key: config[key] for key in ("name", "inbound_nodes", "compile_config") if key in config}
        return {"class_name": name, "config": _arguments(config), **legacy(kept)}
    return {key: legacy(value) for key, value in config.items()}


def _is_object(config: Config) -> bool:
    return "class_name" in config and "registered_name" in config


def _arguments(config: Config) -> Config:
    """The arguments of an object, in which layers of a model are without modules, and other objects with them."""
    inner = {key: legacy(value) if key == "layers" else _inner(value) for key, value in config["config"].items()}
    kind = config["class_name"]
    if not str(config.get("module")).startswith("keras"):
        return inner
    neutral = _NEW | _NEW_OF.get(kind, {}) | ({"data_format": "channels_last"} if kind in _LAST else {})
    renamed = _RENAMED.get(kind, {})
    inner = {
        renamed.get(key, key): value
        for key, value in inner.items()
        if key not in neutral or _plain(value) != _plain(neutral[key])
    }
    return _graph(inner) if kind == "Functional" else inner


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


def _inner(config: Any) -> Any:
    """A value in the arguments of an object."""
    if isinstance(config, list | tuple):
        return [_inner(one) for one in config]
    if not isinstance(config, dict):
        return config
    if config.get("class_name") == "function":
        return config["config"]
    if config.get("class_name") == "DTypePolicy":
        return config["config"]["name"]
    if _is_object(config):
        return {**config, "config": _arguments(config)}
    return {key: _inner(value) for key, value in config.items()}


def _graph(given: Config) -> Config:
    """The arguments of a functional model, with calls as lists."""
    nested = {one["name"]: one["class_name"] for one in given["layers"] if one["class_name"] in _NESTED}
    layers = []
    for layer in given["layers"]:
        calls = [_call(call, nested) for call in layer.get("inbound_nodes", ())]
        if layer["name"] in nested:
            calls = [call for call in calls for _ in range(2)]
        layers.append({**layer, "inbound_nodes": calls})
    return {**given, "layers": layers, "output_layers": _outputs(given["output_layers"], nested)}


def _call(call: Config, nested: dict[str, str]) -> Any:
    """A call as a list, if it has one tensor or a list of several and plain keyword arguments."""
    args, kwargs = call["args"], call["kwargs"]
    tensors = args[0] if len(args) == 1 and isinstance(args[0], list | tuple) and len(args[0]) > 1 else args
    is_list = len(args) == 1 and all(map(_is_tensor, tensors)) and not _has_objects(kwargs)
    if not is_list:
        return _counted(call, nested)
    ends = (_end(one["config"]["keras_history"], nested) for one in tensors)
    return [[*end, kwargs if i == len(tensors) - 1 else {}] for i, end in enumerate(ends)]


def _is_tensor(config: Any) -> bool:
    return isinstance(config, dict) and config.get("class_name") == "__keras_tensor__"


def _has_objects(config: Any) -> bool:
    if isinstance(config, dict):
        return "class_name" in config or any(map(_has_objects, config.values()))
    return isinstance(config, list | tuple) and any(map(_has_objects, config))


def _counted(config: Any, nested: dict[str, str]) -> Any:
    """A call of Keras 3, with the indices of calls of models as they are in the list."""
    if isinstance(config, list | tuple):
        return [_counted(one, nested) for one in config]
    if not isinstance(config, dict):
        return config
    if _is_tensor(config):
        history = config["config"]["keras_history"]
        return {**config, "config": {**config["config"], "keras_history": _end(history, nested)}}
    return {key: _counted(value, nested) for key, value in config.items()}


def _end(end: list[Any], nested: dict[str, str]) -> list[Any]:
    """[layer, call, output] of a tensor."""
    name, call, output = end
    return [name, 2 * call + 1 if name in nested else call, output]


def _outputs(ends: Any, nested: dict[str, str]) -> Any:
    """Outputs of a graph, of which the calls of functional models count from 1, and all others from 0."""
    if isinstance(ends, dict):
        return {key: _outputs(value, nested) for key, value in ends.items()}
    if len(ends) == 3 and isinstance(ends[0], str):
        name, call, output = ends
        return _end([name, call - (nested.get(name) == "Functional"), output], nested)
    return [_outputs(one, nested) for one in ends]
