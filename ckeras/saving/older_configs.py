"""Configs of Keras 1, Keras 2 and tf.keras, translated to those of Keras 3.

`renewed` applies tables: classes and values that have other names today, arguments that have gone (with the values that
made no difference), calls in graphs as lists. What a table does not know stays as it is.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ckeras import older_spellings
from ckeras.saving import keras_1

Config = dict[str, Any]

# Class of Keras 1 or 2 -> the class of today.
_CLASSES = {
    "Model": "Functional",
    **{f"Convolution{n}D": f"Conv{n}D" for n in (1, 2, 3)},
    "AtrousConvolution1D": "Conv1D",
    "AtrousConvolution2D": "Conv2D",
    "Deconvolution2D": "Conv2DTranspose",
    "SeparableConvolution2D": "SeparableConv2D",
    "TimeDistributedDense": "Dense",
    "Policy": "DTypePolicy",
    "BatchNormalizationV1": "BatchNormalization",
    "BatchNormalizationV2": "BatchNormalization",
    "NormalizationV2": "Normalization",
}
_MERGES = {
    "sum": "Add", "mul": "Multiply", "ave": "Average", "max": "Maximum", "concat": "Concatenate", "dot": "Dot",
    "cos": "Dot",
}  # fmt: skip
# Last name of a function of TensorFlow -> operation.
_OPERATIONS = {
    "add": "Add", "sub": "Subtract", "subtract": "Subtract", "mul": "Multiply", "multiply": "Multiply",
    "truediv": "TrueDivide", "divide": "TrueDivide", "pow": "Power", "maximum": "Maximum", "minimum": "Minimum",
    "exp": "Exp", "log": "Log", "sqrt": "Sqrt", "square": "Square", "abs": "Absolute", "tanh": "Tanh",
    "sigmoid": "Sigmoid", "relu": "Relu",
}  # fmt: skip
_RECURRENT = ("SimpleRNN", "LSTM", "GRU", "RNN", "ConvLSTM1D", "ConvLSTM2D", "ConvLSTM3D", "Bidirectional")
_TRANSPOSED = ("Conv1DTranspose", "Conv2DTranspose", "Conv3DTranspose", "DepthwiseConv1D", "DepthwiseConv2D")
_SEPARABLE = ("SeparableConv1D", "SeparableConv2D")
_OPTIMIZERS = ("SGD", "RMSprop", "Adam", "AdamW", "Adamax", "Nadam", "Adagrad", "Adadelta", "Ftrl", "Adafactor", "Lion")

_GATED = ("LSTM", "GRU", "LSTMCell", "GRUCell", "ConvLSTM2D")
_KERNEL = ("kernel_initializer", "recurrent_initializer", "bias_initializer", "embeddings_initializer")


def _each(names: tuple[str, ...], entry: dict[Any, Any]) -> dict[str, dict[Any, Any]]:
    return dict.fromkeys(names, entry)


# Class -> argument that has gone -> the values that made no difference; None for any value.
_GONE: dict[str, dict[str, tuple[Any, ...] | None]] = {
    **_each(_RECURRENT, {"time_major": (False,), "consume_less": None, "input_dim": None, "input_length": None}),
    **_each(_TRANSPOSED, {"groups": (1,)}),
    **_each(
        _SEPARABLE,
        {"groups": (1,), "kernel_initializer": None, "kernel_regularizer": None, "kernel_constraint": None},
    ),
    **_each(_OPTIMIZERS, {"jit_compile": None, "is_legacy_optimizer": None, "initial_decay": None}),
    **_each(("Conv1D", "Conv2D", "Conv3D"), {"input_dim": None, "input_length": None}),
    "InputLayer": {"ragged": (False, None), "input_dtype": None},
    "BatchNormalization": {
        "mode": (0,), "renorm": (False,), "fused": None, "virtual_batch_size": (None,), "adjustment": (None,),
        "input_dim": None,
    },
    "CuDNNLSTM": {"time_major": (False,)},
    "CuDNNGRU": {"time_major": (False,)},
    "Dense": {"input_dim": None, "input_length": None},
    "Embedding": {"dropout": (0,)},
    "Discretization": {"bins": (None,), "epsilon": None, "trainable": None},
    "MultiHeadAttention": {
        "query_shape": None, "key_shape": None, "value_shape": None, "softmax_robust_masking": None,
    },
}  # fmt: skip
# Argument -> older value -> that of today.
_VALUES: dict[str, dict[Any, Any]] = {
    "reduction": {"auto": "sum_over_batch_size"},
    "data_format": {"tf": "channels_last", "th": "channels_first", "default": None},
    **_each(_KERNEL, {"uniform": "random_uniform", "normal": "random_normal", "zero": "zeros", "one": "ones"}),
}


def is_older(config: Any) -> bool:
    """Whether the config of a model is one of Keras 1, Keras 2 or tf.keras, by its inputs and calls."""
    if isinstance(config, list):
        return any(map(is_older, config))
    if not isinstance(config, dict):
        return False
    if "batch_input_shape" in config or str(config.get("module")).startswith(("tf_keras.", "keras.src.engine.")):
        return True
    return any(is_older(value) for value in config.values() if isinstance(value, (dict, list)))


def renewed(config: Any, version: tuple[int, ...] | None = None) -> Any:
    """Translate a config, and all configs in it, to those of today that compute the same.

    Args:
        config: The config of a model, a loss, a metric or an optimizer.
        version: Version of the Keras that wrote it; by default what `is_older` finds.
    """
    if version is None:
        version = (2, 3) if is_older(config) else (3,)
    translated = _translated(config)
    return _with_older_meaning(translated, version) if version < (3,) else translated


def _with_older_meaning(config: Any, version: tuple[int, ...]) -> Any:
    """Replace what Keras 1 and 2 compute otherwise under the same name, or by default."""
    if isinstance(config, list):
        return [_with_older_meaning(value, version) for value in config]
    if not isinstance(config, dict):
        return config
    found = {key: _with_older_meaning(value, version) for key, value in config.items()}
    for key in ("activation", "recurrent_activation"):
        if _name_of_function(found.get(key)) == "hard_sigmoid":
            found[key] = "hard_sigmoid_of_keras_2"
    kind, inner = found.get("class_name"), found.get("config")
    if kind in _GATED and isinstance(inner, dict) and version < (2, 3):
        found["config"] = {"recurrent_activation": "hard_sigmoid_of_keras_2", **inner}
    if kind == "Functional" and isinstance(inner, dict):  # where one input is the same as a list of one
        ends = {key: inner[key] for key in ("input_layers", "output_layers") if isinstance(inner.get(key), list)}
        found["config"] = {**inner, **{key: end[0] if len(end) == 1 else end for key, end in ends.items()}}
    return found


def _name_of_function(config: Any) -> Any:
    is_function = isinstance(config, dict) and config.get("class_name") == "function"
    return config["config"] if is_function else config


def _translated(config: Any) -> Any:
    if isinstance(config, (list, tuple)):
        return [_translated(value) for value in config]
    if not isinstance(config, dict):
        return config
    config = keras_1.expressed(config)
    config = {key: _translated(value) for key, value in config.items()}
    if isinstance(config.get("compile_config"), dict):  # in which None stands for the default
        config["compile_config"] = {k: v for k, v in config["compile_config"].items() if v is not None}
    if not isinstance(config.get("class_name"), str):
        return config
    name = config["class_name"].removeprefix("Custom>")
    inner = config.get("config")
    if name == "Sequential" and isinstance(inner, list):
        inner = {"name": "sequential", "layers": inner}
    if not isinstance(inner, dict):
        return config
    if name == "Merge":
        name, inner = _merge(inner)
    found = {**config, "class_name": _CLASSES.get(name, name), "config": inner}
    if found["class_name"] == "MultiHeadAttention":
        found.pop("build_config", None)  # which has the shape of one input of three; a call in a graph builds it
    if found["class_name"] == "TFOpLambda":
        return _operation(found)
    _set_module(found)
    translate = _SPECIAL.get(found["class_name"], lambda given: given)
    found["config"] = translate(_arguments(found["class_name"], inner))
    return found


def _operation(config: Config) -> Config:
    """An operation in a graph of tf.keras, such as the sum that ``x + y`` makes, as one of today."""
    function = str(config["config"].get("function"))
    name = function.rpartition(".")[2].removeprefix("reduce_")
    if name not in _OPERATIONS:
        raise ValueError(f"Cannot read the operation tf.{function} of tf.keras in a graph")
    kept = {key: config[key] for key in ("name", "inbound_nodes") if key in config}
    return {"module": "keras.src.ops.numpy", "class_name": _OPERATIONS[name], "config": {}, **kept}


def _set_module(config: Config) -> None:
    """Replace the module of tf_keras or Keras 2 by that of today."""
    module = config.get("module")
    if config["class_name"] == "Functional":
        if module is not None:
            config |= {"module": "keras.src.models.functional", "registered_name": "Functional"}
    elif isinstance(module, str) and module.startswith("tf_keras."):
        config["module"] = module.removeprefix("tf_")


def _arguments(name: str, given: Config) -> Config:
    """The arguments of a class, by the names and with the values of today."""
    if name in older_spellings.ARGUMENTS:
        given = older_spellings.current(name, given)
    kept = {}
    for key, value in given.items():
        neutral = _GONE.get(name, {}).get(key, ())
        if neutral is not None and value not in neutral:
            values = _VALUES.get(key, {})
            kept[key] = values.get(value, value) if isinstance(value, str) else value
    return kept


def _merge(given: Config) -> tuple[str, Config]:
    """Class and arguments of today for the layer Merge of Keras 1."""
    mode = given.get("mode", "sum")
    if mode not in _MERGES:
        raise ValueError(f"Cannot read a layer Merge of Keras 1 with mode={mode!r}; there are {list(_MERGES)}")
    inner = {"name": given.get("name"), "trainable": True}
    if mode == "concat":
        inner["axis"] = given.get("concat_axis", -1)
    if mode in ("dot", "cos"):
        inner |= {"axes": given.get("dot_axes", -1), "normalize": mode == "cos"}
    return _MERGES[mode], inner


def _input(given: Config) -> Config:
    if "batch_input_shape" in given:
        given = {**given, "batch_shape": given["batch_input_shape"]}
        del given["batch_input_shape"]
    return given


def _batch_normalization(given: Config) -> Config:
    axis = given.get("axis")
    return {**given, "axis": axis[0]} if isinstance(axis, list) and len(axis) == 1 else given


def _gru(given: Config) -> Config:
    return {"reset_after": False, **given}  # the only way of Keras 1 and early Keras 2


def _optimizer(given: Config) -> Config:
    given = dict(given)
    if "lr" in given:
        given["learning_rate"] = given.pop("lr")
    if given.get("epsilon", 0) is None:
        del given["epsilon"]
    decay = given.pop("decay", 0)
    if decay:
        schedule = {"initial_learning_rate": given.get("learning_rate"), "decay_steps": 1, "decay_rate": decay}
        given["learning_rate"] = {
            "module": "keras.optimizers.schedules",
            "class_name": "InverseTimeDecay",
            "config": schedule,
            "registered_name": None,
        }
    return given


def _metric_of_function(given: Config) -> Config:
    function = given.get("fn")
    if isinstance(function, str):
        function = {"module": "builtins", "class_name": "function", "config": function, "registered_name": "function"}
    return {**given, "fn": function}


def _sequential(given: Config) -> Config:
    """A Sequential whose first layer has the shape of the input gets an input layer."""
    layers = given.get("layers")
    first = layers[0].get("config") if isinstance(layers, list) and layers and isinstance(layers[0], dict) else None
    if isinstance(first, dict) and "batch_input_shape" in first and layers[0].get("class_name") != "InputLayer":
        dtype = first.get("input_dtype") or ("int32" if layers[0]["class_name"] == "Embedding" else None)
        inner = {
            "batch_shape": first["batch_input_shape"],
            "dtype": dtype or "float32",
            "name": f"{first.get('name')}_input",
        }
        layers = [{"class_name": "InputLayer", "config": inner}, *layers]
    return {**given, "layers": [_without_shape(layer) for layer in layers]} if isinstance(layers, list) else given


def _without_shape(layer: Any) -> Any:
    """A layer of a model without the shape and dtype of the model's input, which are in an input layer."""
    if not isinstance(layer, dict) or not isinstance(layer.get("config"), dict):
        return layer
    gone = ("batch_input_shape", "input_dtype", "batch_size")
    return {**layer, "config": {key: value for key, value in layer["config"].items() if key not in gone}}


def _functional(given: Config) -> Config:
    """A graph whose calls are lists of [layer, call, output, keyword arguments]."""
    layers = given.get("layers")
    if not isinstance(layers, list) or not all(isinstance(layer, dict) for layer in layers):
        return given
    kinds = {layer.get("name"): _kind(layer) for layer in layers}
    made = []
    for layer in layers:
        calls = layer.get("inbound_nodes")
        if isinstance(calls, list):
            layer = {
                **layer,
                "inbound_nodes": [
                    _call(call, kinds, layer.get("class_name")) if isinstance(call, list) else call for call in calls
                ],
            }
        made.append(_without_shape(layer))
    ends = {key: _ends(given[key], kinds) for key in ("input_layers", "output_layers") if key in given}
    return {**given, "layers": made, **ends}


def _kind(layer: Config) -> str:
    """The class of a layer of a graph, marked if it is a model whose calls are counted like those of a layer."""
    return f"{layer.get('class_name')} for a layer" if layer.get("counted_as_layer") else str(layer.get("class_name"))


def _call(call: list[Any], kinds: dict[str, str], kind: Any) -> Config:
    """A call of today for a list of tensors, of which the last one has the keyword arguments."""
    if call and isinstance(call[0], str):  # one tensor by itself
        call = [call]
    tensors = [_tensor(part, kinds) for part in call]
    kwargs = call[-1][3] if call and len(call[-1]) > 3 and isinstance(call[-1][3], dict) else {}
    found = {key: _argument(value, kinds) for key, value in kwargs.items() if value is not None}
    second = [found.pop("y")] if "y" in found and kind in _OPERATIONS.values() else []
    return {"args": [tensors[0] if len(tensors) == 1 else tensors, *second], "kwargs": found}


def _argument(value: Any, kinds: dict[str, str]) -> Any:
    """A keyword argument of a call, which may be a tensor of the graph or a list of these."""
    if isinstance(value, list):
        if len(value) >= 3 and value[0] == "_CONSTANT_VALUE":
            return value[2]
        if len(value) in (3, 4) and value[0] in kinds and all(isinstance(n, int) for n in value[1:3]):
            return _tensor(value, kinds)
        return [_argument(one, kinds) for one in value]
    return value


def _tensor(part: Any, kinds: dict[str, str]) -> Config:
    if not isinstance(part, list) or len(part) < 3 or not isinstance(part[1], int):
        raise ValueError(f"Expected a tensor of a graph as [layer, call, output, arguments], got {part!r:.100}")
    name, call, output = part[:3]
    call -= kinds.get(name) in ("Functional", "Sequential")  # whose own graph counts as the first call
    return {
        "class_name": "__keras_tensor__",
        "config": {"shape": None, "dtype": "float32", "keras_history": [name, call, output]},
    }


# Kind of a layer -> what the number of its first call is today less what it was, in the inputs and outputs of a graph.
_FIRST_CALL = {"Sequential": -1, "Functional for a layer": 1}


def _ends(ends: Any, kinds: dict[str, str]) -> Any:
    """Inputs or outputs of a graph, where calls of a `Functional` count from 1 and all others from 0."""
    if isinstance(ends, dict):
        return {key: _ends(value, kinds) for key, value in ends.items()}
    if isinstance(ends, list) and len(ends) == 3 and isinstance(ends[0], str) and isinstance(ends[1], int):
        return [ends[0], max(ends[1] + _FIRST_CALL.get(kinds.get(ends[0], ""), 0), 0), ends[2]]
    return [_ends(one, kinds) for one in ends] if isinstance(ends, list) else ends


_SPECIAL: dict[str, Callable[[Config], Config]] = {
    "InputLayer": _input,
    "BatchNormalization": _batch_normalization,
    "GRU": _gru,
    "GRUCell": _gru,
    "MeanMetricWrapper": _metric_of_function,
    "Sequential": _sequential,
    "Functional": _functional,
    **dict.fromkeys(_OPTIMIZERS, _optimizer),
}
