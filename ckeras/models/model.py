"""Models: layers with `compile`, `fit`, `evaluate` and `predict`."""

from __future__ import annotations

import inspect
import itertools
import json
from collections.abc import Callable, Sequence
from typing import Any

from ckeras import config, export as exporters, registry
from ckeras.layers.core.input_layer import InputLayer
from ckeras.layers.layer import Layer, gives_arguments
from ckeras.layers.throwaway import throwaway_trace
from ckeras.models.building import build_by_call, build_from_config, note_shapes
from ckeras.models.calls import CompiledCalls, says_inference
from ckeras.models.graph_config import graph_config, graph_from_config
from ckeras.models.network import Network
from ckeras.models.older_methods import OlderMethods
from ckeras.models.quantization import quantize_model
from ckeras.models.state_tree import get_state_tree, set_state_tree
from ckeras.older_spellings import current
from ckeras.ops.control.recording import FunctionOperation
from ckeras.saving import export_weights, load_weights, save_model, save_weights
from ckeras.saving.state import holds_state
from ckeras.saving.weights import check_built
from ckeras.tensor import KerasTensor
from ckeras.tensor.cache import Plans
from ckeras.tensor.stateless_scope import StatelessScope
from ckeras.tensor.structure import flatten
from ckeras.trainer.strategy import Strategy
from ckeras.trainer.trainer import Trainer
from ckeras.utils.tracebacks import hides_own_frames

scope = config.scope


@holds_state(["layers", "optimizer"], layers_first=lambda model: model._network is not None, name="model")
@hides_own_frames("__call__", "save", "save_weights", "load_weights")
class Model(OlderMethods, Trainer, Layer):
    """Layers that can be trained together.

    There are three ways to make one: `Model(inputs, outputs)` computes the graph of layers between symbolic tensors; a
    subclass makes layers in `__init__` and uses them in `call`; `Sequential` is a list of layers.

    Args:
        inputs, outputs: symbolic tensors, or lists or dicts of them.
        name: generated if not given.
        kwargs: those of `Layer`.

    Raises:
        ValueError: if an output does not follow from the inputs, or two layers have the same name.

    >>> import ckeras
    >>> x = ckeras.Input((3,))
    >>> model = Model(x, ckeras.layers.Dense(1)(x))
    >>> model.compile("sgd", "mse")
    >>> model.predict(ckeras.ops.ones((4, 3)), verbose=0).shape
    (4, 1)
    >>> class Regression(Model):
    ...     def __init__(self):
    ...         super().__init__()
    ...         self.dense = ckeras.layers.Dense(1)
    ...     def call(self, x):
    ...         return self.dense(x)
    >>> Regression()(ckeras.ops.ones((4, 3))).shape
    (4, 1)
    """

    graph_class: Callable[..., Model]  # what `Model(inputs, outputs)` makes
    distribute_strategy, distribute_reduction_method = (
        Strategy(),
        "auto",
    )  # of one device; Keras has these on TensorFlow
    _network: Network | None = None

    def __new__(cls, *args: Any, **kwargs: Any) -> Model:
        return super().__new__(cls.graph_class if cls is Model and ends_of_graph(args, kwargs) else cls)

    def __init__(self, *args: Any, **kwargs: Any):
        ends = ends_of_graph(args, kwargs)
        if args and not ends:
            raise TypeError(
                f"{type(self).__name__} expects (inputs, outputs), or only keyword arguments and a call() method in a "
                f"subclass, got {args!r:.80}"
            )
        Trainer.__init__(self)
        Layer.__init__(self, **{k: v for k, v in kwargs.items() if k not in ends})
        self._calls = CompiledCalls()
        if ends:
            self._network = Network(ends["inputs"], ends["outputs"], self.name)
            self._graph_layers = self._network.layers
            self.autocast = False  # inputs get the dtype of their Input
            self.supports_masking = True  # by the layers of the graph
            self.built = True

    def call(self, inputs: Any, training: bool | None = None, mask: Any = None) -> Any:
        """Compute the output: that of the graph of layers, or what a subclass says."""
        if self._network is None:
            raise NotImplementedError(f"{type(self).__name__} has no call() method")
        return self._network.call(inputs, mask, self)

    def add_loss(self, loss: Any) -> None:
        """Add a scalar to the loss: one computed in `call`, or a symbolic one that follows from the model's inputs."""
        for value in flatten(loss):
            if self._is_symbolic(value):
                self._add_to_graph("add_loss", value)
            else:
                super().add_loss(value)

    def add_metric(self, value: Any, name: str | None = None, aggregation: str | None = None, **kwargs: Any) -> None:
        if self._is_symbolic(value):
            self._check_metric(name, aggregation, kwargs)
            self._add_to_graph("add_metric", value, name=name, aggregation=aggregation)
            self._added_metric(name)
        else:
            super().add_metric(value, name, aggregation, **kwargs)

    add_metric.__doc__ = Layer.add_metric.__doc__

    def _is_symbolic(self, value: Any) -> bool:
        return self._network is not None and type(value) is KerasTensor and not getattr(scope, "in_call", False)

    def _add_to_graph(self, method: str, x: KerasTensor, **kwargs: Any) -> None:
        self._network.add(method, x, **kwargs)
        self._graph_layers = self._network.layers
        self._forget()

    def _has_call(self) -> bool:
        return self._network is not None or type(self).call is not Model.call

    # -- the graph

    def _graph(self, attribute: str) -> Network:
        if self._network is None:
            raise AttributeError(
                f"{type(self).__name__} {self.name!r} has no {attribute}: it is no graph of symbolic tensors"
            )
        return self._network

    @property
    def inputs(self) -> list[KerasTensor]:
        """The symbolic inputs, in a flat list."""
        return self._graph("inputs").inputs

    @property
    def outputs(self) -> list[KerasTensor]:
        """The symbolic outputs, in a flat list."""
        return self._graph("outputs").outputs

    @property
    def input(self) -> Any:
        """The symbolic inputs in the structure in which they were given."""
        return super().input if self._network is None else self._network._inputs_struct

    @property
    def output(self) -> Any:
        """The symbolic outputs in the structure in which they were given."""
        return super().output if self._network is None else self._network._outputs_struct

    @property
    def input_shape(self) -> Any:
        """The shape of the input, batch included; a list for several inputs."""
        return _one_or_list([x.shape for x in self.inputs])

    @property
    def output_shape(self) -> Any:
        """The shape of the output, batch included; a list for several outputs."""
        return _one_or_list([x.shape for x in self.outputs])

    @property
    def input_names(self) -> list[str]:
        """Names of the input layers."""
        return self._graph("input_names").input_names

    @property
    def output_names(self) -> list[str]:
        """Names of the layers that compute the outputs."""
        return self._graph("output_names").output_names

    @property
    def operations(self) -> list[Any]:
        """The layers and operations of the graph, the furthest from the outputs first."""
        return self._graph("operations").operations

    @property
    def _nodes_by_depth(self) -> dict[int, list[Any]]:
        return self._graph("_nodes_by_depth").nodes_by_depth

    @property
    def input_spec(self) -> Any:
        """What the inputs must be like, as `InputSpec`s; None if it is not known."""
        given = self.__dict__.get("_input_spec")
        return given if given is not None or self._network is None else self._network.input_spec

    @input_spec.setter
    def input_spec(self, value: Any) -> None:
        self._input_spec = value

    def _check_inputs(self, inputs: Any) -> None:
        if self._network is None:  # which checks its own
            super()._check_inputs(inputs)

    def expected_input(self, rank: int) -> tuple[int | None, ...] | None:
        """The shape an input of this rank must have, batch included, if it is known."""
        return self.inputs[0].shape if self._network is not None and len(self.inputs) == 1 else None

    def compute_output_spec(self, *args: Any, **kwargs: Any) -> Any:
        if type(self).call is not Model.call or self._network is None:
            return super().compute_output_spec(*args, **kwargs)
        with throwaway_trace():
            return self._network.compute_output_spec(*args, **{k: v for k, v in kwargs.items() if k != "training"})

    def compute_output_shape(self, *args: Any, **kwargs: Any) -> Any:
        if type(self).call is not Model.call or self._network is None:
            return super().compute_output_shape(*args, **kwargs)
        return self._network.compute_output_shape(*args, **kwargs)

    def compute_mask(self, inputs: Any, previous_mask: Any) -> Any:
        """None: the layers of the model attach masks to their outputs."""
        return None if self._network is not None else super().compute_mask(inputs, previous_mask)

    @property
    def layers(self) -> list[Layer]:
        """The layers of the model, but not those inside its layers."""
        if self._network is not None:
            return self._network.layers
        return [x for x in self._sublayers() if isinstance(x, Layer)]

    def get_layer(self, name: str | None = None, index: int | None = None) -> Layer:
        """Return the layer with this name or index."""
        if (name is None) == (index is None):
            raise ValueError("get_layer expects either a name or an index")
        if index is not None:
            if not -len(self.layers) <= index < len(self.layers):
                raise ValueError(f"get_layer: index {index} is out of range, the model has {len(self.layers)} layers")
            return self.layers[index]
        for layer in self.layers:
            if layer.name == name:
                return layer
        raise ValueError(f"get_layer: no layer is called {name!r}; there are {[layer.name for layer in self.layers]}")

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Compute the output; eager calls run a compiled plan where that only affects speed."""
        if len(args) == 1 and self.built and (not kwargs or says_inference(kwargs)):
            result = self._calls.run(self, args[0])
            if result is not None:
                return result
        return super().__call__(*args, **kwargs)

    def _is_transparent(self) -> bool:
        """Whether a plan repeats everything that a call of the model does."""
        ours = self._network is not None and type(self).__module__.startswith("ckeras.models.")
        return (
            ours
            and not self._network.adds
            and all(isinstance(x, (Layer, FunctionOperation)) for x in self.operations)
            and all(map(only_computes, self._flatten_layers(include_self=False)))
        )

    def quantize(self, mode: Any = None, config: Any = None, filters: Any = None, **kwargs: Any) -> None:
        """Quantize the weights of the layers that have the mode; see `Dense.quantize`.

        Args:
            mode: "int8", "int4", "float8", "gptq" or "awq". The last two run the blocks of the model on samples, and
                quantize the layers in these blocks alone.
            config: configuration of `ckeras.quantizers`, which may stand for the mode.
            filters: regular expression for names of layers, list of them, or function of a layer; None for all.
            kwargs: ``type_check``, as in `Dense.quantize`.

        Raises:
            ValueError: if there is no such mode, a layer is not built or quantized already, or samples or blocks are
                missing.
        """
        quantize_model(self, mode, config, filters, **kwargs)

    def get_quantization_layer_structure(self, mode: str | None = None) -> Any:
        """Return which layers are the blocks of the model, for "gptq" and "awq"; a model that has blocks overrides it.

        Returns:
            None, or a dict of lists of layers: "pre_block_layers" and "sequential_blocks".
        """
        return None

    def summary(
        self,
        line_length: int | None = None,
        positions: Any = None,
        print_fn: Any = None,
        expand_nested: bool = False,
        show_trainable: bool = False,
        layer_range: Any = None,
    ) -> None:
        """Print a table of the layers, their output shapes and numbers of weights."""
        from ckeras.utils.summary import print_summary

        print_summary(
            self,
            line_length=line_length,
            positions=positions,
            print_fn=print_fn,
            expand_nested=expand_nested,
            show_trainable=show_trainable,
            layer_range=layer_range,
        )

    def save(self, filepath: Any, overwrite: bool = True, zipped: bool | None = None, **kwargs: Any) -> None:
        """Save the model to a `.keras` file; see `ckeras.saving.save_model`."""
        save_model(self, filepath, overwrite=overwrite, zipped=zipped, **kwargs)

    def save_weights(
        self, filepath: Any, overwrite: bool = True, max_shard_size: float | None = None, **kwargs: Any
    ) -> None:
        """Save the weights to a `.weights.h5` file; see `ckeras.saving.save_weights`."""
        save_weights(self, filepath, overwrite=overwrite, max_shard_size=max_shard_size, **kwargs)

    def export_weights(self, filepath: Any, overwrite: bool = True) -> None:
        """Save the weights, without the optimizer, to a `.safetensors` file; see `ckeras.saving.export_weights`."""
        export_weights(self, filepath, overwrite=overwrite)

    def export(
        self,
        filepath: Any,
        format: str = "tf_saved_model",
        verbose: bool | None = None,
        input_signature: Any = None,
        **kwargs: Any,
    ) -> None:
        """Write the model for inference in another format.

        ONNX files are written by ckeras, from the ops that the model calls, so any model whose ops ONNX expresses is
        exported, whatever layers or functions it is made of; OpenVINO files are made of them. The other formats are
        written by Keras on the framework of the format, in a process of its own that gets the model as a `.keras` file;
        they need a model of layers and operations that Keras has too.

        Args:
            filepath: path of the file (`.onnx`, `.xml`, `.tflite`, `.pt2`), or of the folder for ``"tf_saved_model"``.
            format: ``"tf_saved_model"`` and ``"litert"`` need Keras and TensorFlow, ``"torch"`` Keras and PyTorch,
                ``"onnx"`` the package onnx, ``"openvino"`` the packages onnx and openvino.
            verbose: whether to print where the model is; `None` does.
            input_signature: structure of `InputSpec`s, symbolic tensors or tensors, which say the shapes and dtypes of
                inputs; `None`: those of the model's inputs, with an open batch size.
            kwargs: ``opset_version`` for ``"onnx"``; for ``"litert"`` and ``"torch"`` what Keras's exporter takes, as
                far as JSON expresses it.

        Raises:
            ValueError: for another format or path, unknown options or inputs, or what the format does not express.
            ImportError: if a package is not installed.
            RuntimeError: if Keras cannot export the model, with its error.
        """
        check_built(self, "export")
        exporters.export_model(self, Model.graph_class, filepath, format, verbose, input_signature, kwargs)

    def load_weights(self, filepath: Any, skip_mismatch: bool = False, **kwargs: Any) -> None:
        """Load the weights from a file of weights, or of a model; see `ckeras.saving.load_weights`."""
        load_weights(self, filepath, skip_mismatch=skip_mismatch, **kwargs)

    def build(self, input_shape: Any) -> None:
        """Make all weights for inputs of this shape, batch included (for several inputs, a list or dict of shapes)."""
        if self._network is None:
            build_by_call(self, input_shape)

    def build_from_config(self, config: dict[str, Any]) -> None:
        """Build the model from the result of `get_build_config`; if it cannot be called for that, that is warned of."""
        if type(self).build is Model.build and self._network is None:
            build_from_config(self, config or {})
        else:
            super().build_from_config(config)

    def _build(self, input_shape: Any, others: dict[str, Any] | None = None) -> None:
        if type(self).build is Model.build:  # a call is being made, which builds the layers as it goes
            Layer.build(self, input_shape)
            note_shapes(self, input_shape, others)
        else:
            super()._build(input_shape, others)

    # -- configuration

    @gives_arguments
    def get_config(self) -> dict[str, Any]:
        """Return the configuration for `from_config`: the graph, or the arguments that a subclass was made with."""
        if self._network is None or not takes_graph(type(self)):
            return super().get_config()
        return {"name": self.name, "trainable": self._trainable, **graph_config(self._network)}

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: Any = None) -> Model:
        """Create a model from its configuration, with new weights."""
        with registry.CustomObjectScope(custom_objects):
            if not {"layers", "input_layers", "output_layers"} <= config.keys() or not takes_graph(cls):
                return super().from_config(config)
            config = dict(config)
            graph = {key: config.pop(key) for key in ("layers", "input_layers", "output_layers")}
            return cls(**graph_from_config(graph, config.get("name")), **config)

    def get_build_config(self) -> dict[str, Any] | None:
        return super().get_build_config() if self._network is None else {"input_shape": None}

    # -- state

    def get_state_tree(self, value_format: str = "backend_tensor") -> dict[str, Any]:
        """The values of all variables, nested by the parts of their paths.

        Args:
            value_format: "backend_tensor" for tensors, "numpy_array" for arrays.

        Returns:
            A dict of "trainable_variables", "non_trainable_variables", "optimizer_variables", "metrics_variables".

        Raises:
            ValueError: for another format, or if two variables have the same path.
        """
        return get_state_tree(self, value_format)

    def set_state_tree(self, state_tree: dict[str, Any]) -> None:
        """Assign the values of a tree as `get_state_tree` returns it, or of some of its branches.

        Raises:
            ValueError: for a variable that is not there or has another shape; nothing is assigned then.
        """
        set_state_tree(self, state_tree)

    def stateless_compute_loss(
        self,
        trainable_variables: Sequence[Any],
        non_trainable_variables: Sequence[Any],
        metrics_variables: Sequence[Any],
        x: Any = None,
        y: Any = None,
        y_pred: Any = None,
        sample_weight: Any = None,
        training: bool = True,
    ) -> tuple[Any, tuple[list[Any], list[Any], list[Any]]]:
        """Compute the loss with other values of the variables, without changing the variables.

        Args:
            trainable_variables, non_trainable_variables, metrics_variables: values in the order of the properties.
            x, y, y_pred, sample_weight, training: as for `compute_loss`.

        Returns:
            The loss, and the values of the variables afterwards.
        """
        own = (self.trainable_variables, self.non_trainable_variables, self.metrics_variables)
        given = (trainable_variables, non_trainable_variables, metrics_variables)
        for mine, values in zip(own, given, strict=True):
            if len(mine) != len(values):
                raise ValueError(
                    f"stateless_compute_loss of {self.name!r} expects values for {[len(v) for v in own]} trainable, "
                    f"other and metrics' variables, got {[len(v) for v in given]}"
                )
        pairs = zip(itertools.chain(*own), itertools.chain(*given), strict=True)
        with StatelessScope(list(pairs)) as state:
            loss = self.compute_loss(x, y, y_pred, sample_weight, training)
        return loss, tuple([state.get_current_value(v) for v in mine] for mine in own)

    def to_json(self, **kwargs: Any) -> str:
        """Return the model's configuration as JSON, without weights; ``kwargs`` are those of `json.dumps`."""
        return json.dumps(registry.layers.serialize(self), **kwargs)

    def __getstate__(self) -> dict[str, Any]:
        """State without compiled plans, which are recreated when needed."""
        return {
            **super().__getstate__(),
            "_calls": CompiledCalls(),
            "_plans": Plans(),
            **{name: None for name in self.__dict__ if name in ("train_function", "test_function", "predict_function")},
        }

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)


def ends_of_graph(args: tuple, kwargs: dict[str, Any]) -> dict[str, Any]:
    """``inputs`` and ``outputs`` among the arguments of a model; empty if it is made without a graph."""
    if len(args) > 2:
        return {}
    found = {**dict(zip(("inputs", "outputs"), args, strict=False)), **current("Model", kwargs)}
    return {k: found[k] for k in ("inputs", "outputs")} if {"inputs", "outputs"} <= found.keys() else {}


def takes_graph(cls: type[Model]) -> bool:
    """Whether a class of models is made from inputs and outputs, as `Model` is."""
    return {"inputs", "outputs"} <= inspect.signature(cls.__init__).parameters.keys() or cls.__init__ is Model.__init__


def _one_or_list(values: list[Any]) -> Any:
    return values[0] if len(values) == 1 else values


def only_computes(layer: Layer) -> bool:
    """Whether calls of a layer only run ops: no user code, and no change of the layer's state."""
    functions = (x for x in vars(layer).values() if callable(x) and not isinstance(x, Layer))
    ours = all(str(getattr(x, "__module__", "")).startswith("ckeras.") for x in (type(layer), *functions))
    return ours and layer.activity_regularizer is None


def is_input(layer: Any) -> bool:
    """Whether a layer is an input layer."""
    return isinstance(layer, InputLayer)
