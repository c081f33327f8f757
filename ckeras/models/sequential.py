"""Sequential models."""

from __future__ import annotations

from typing import Any

from ckeras import dtype_policies, ops, registry
from ckeras.layers.core.input_layer import InputLayer
from ckeras.layers.input_spec import fitted_shape
from ckeras.layers.layer import Layer
from ckeras.layers.masks import attached
from ckeras.layers.shapes import is_shape
from ckeras.layers.throwaway import throwaway_trace
from ckeras.layers.tracking import path_through
from ckeras.models.model import Model, is_input, only_computes
from ckeras.ops.control.operation import first_call
from ckeras.saving.state import holds_state
from ckeras.tensor import KerasTensor, Tensor
from ckeras.tensor.graph import node_of, recording
from ckeras.tensor.string_tensor import StringTensor, check_kind
from ckeras.tensor.structure import flatten
from ckeras.utils.naming import auto_name
from ckeras.utils.tracebacks import hides_own_frames


@registry.layers.ship()
@holds_state(["layers", "optimizer"], layers_first=lambda model: True, name="sequential")
@hides_own_frames("__call__")
class Sequential(Model):
    """A linear stack of layers, each with one input and one output.

    Args:
        layers: the layers; an `Input` may come first, and lets the model be built at once.
        trainable: whether weights are trained.
        name: of the model.

    >>> from ckeras import layers
    >>> model = Sequential([layers.Input((4,)), layers.Dense(8, activation="relu"), layers.Dense(1)])
    >>> model.count_params(), model.output_shape
    (49, (None, 1))
    """

    def __init__(self, layers: Any = None, trainable: bool = True, name: str | None = None):
        super().__init__(trainable=trainable, name=name)
        self.autocast = False  # inputs get the dtype of the Input
        self._chain: list[Layer] = []
        self._outputs: KerasTensor | None = None
        known: dict[str, Layer] = {}
        for layer in [layers] if isinstance(layers, Layer) else layers or []:
            self._append(layer, known)
        self._connect()

    # -- the chain

    def add(self, layer: Any, rebuild: bool = True) -> None:
        """Append a layer. If it does not fit the layers before it, the model is unchanged."""
        before, outputs = list(self._chain), self._outputs
        self._append(layer, {x.name: x for x in before})
        if rebuild:
            try:
                self._connect(outputs)
            except BaseException:
                self._chain[:] = before
                self._changed()
                self._connect()
                raise

    def _append(self, layer: Any, known: dict[str, Layer]) -> None:
        """Append a layer to the chain, whose layers by name are ``known``."""
        node = node_of(layer)
        if node is not None and is_input(node.operation):
            layer = node.operation
        if not isinstance(layer, Layer):
            raise ValueError(f"Sequential expects layers, got {layer!r} of type {type(layer).__name__}")
        if known.setdefault(layer.name, layer) is not layer:
            raise ValueError(f"Sequential expects layers of different names, got a second {layer.name!r}")
        if is_input(layer) and self._chain:
            raise ValueError(
                f"Sequential expects an Input only as its first layer, {self.name!r} has {self._chain[0]!r}"
            )
        shape = getattr(layer, "_input_shape_arg", None)
        if not self._chain and not is_input(layer) and shape is not None:
            self._chain.append(InputLayer(batch_shape=shape, dtype=layer.dtype))
        self._chain.append(layer)
        self._changed()

    def pop(self, rebuild: bool = True) -> Layer:
        """Remove the last layer and return it."""
        if not self._chain or is_input(self._chain[-1]):
            raise IndexError(f"model {self.name!r} has no layer to pop")
        layer = self._chain.pop()
        self._changed()
        if rebuild:
            self._connect()
        return layer

    def _changed(self) -> None:
        self.built, self._outputs = False, None
        self._calls.forget()
        self._forget_layers()

    def _connect(self, known: KerasTensor | None = None) -> None:
        """Build all layers, if the shape of the input is known; or the last one, if ``known`` is its input."""
        if len(self._chain) > 1 and is_input(self._chain[0]) and not self.built:
            if known is None:
                self._follow(self._chain[0].output, self.layers)
            else:
                self._follow(known, self._chain[-1:])

    def _follow(self, x: KerasTensor, layers: list[Layer]) -> None:
        auto_name("Functional")  # which the Sequential of Keras holds, so that later names are the same
        with path_through(self), recording():
            for layer in layers:
                x = layer(x)
        self._outputs = x
        self.built = True

    @property
    def layers(self) -> list[Layer]:
        """The layers, without the input."""
        return [layer for layer in self._chain if not is_input(layer)]

    @property
    def inputs(self) -> list[KerasTensor]:
        """The symbolic input, in a list."""
        return [self._symbolic()[0]]

    @property
    def outputs(self) -> list[KerasTensor]:
        """The symbolic outputs, in a flat list."""
        return flatten(self._symbolic()[1])

    @property
    def input(self) -> KerasTensor:
        """The symbolic input of the first symbolic call of the model, or of its layers if it was not called."""
        return first_call(self, "input") if self._inbound_nodes else self._symbolic()[0]

    @property
    def output(self) -> Any:
        """What the first symbolic call of the model gave, or the last layer if it was not called."""
        return first_call(self, "output") if self._inbound_nodes else self._symbolic()[1]

    def _symbolic(self) -> tuple[KerasTensor, KerasTensor]:
        if self._outputs is None and self.built and is_input(self._chain[0]):  # a copy, which is part of no graph yet
            self._follow(self._chain[0].output, self.layers)
        if self._outputs is None:
            raise AttributeError(f"Sequential model {self.name!r} has no input or output before it is built")
        return self._chain[0].output, self._outputs

    @property
    def input_shape(self) -> tuple[int | None, ...]:
        """The shape of the input, batch included."""
        return self._symbolic()[0].shape

    @property
    def output_shape(self) -> Any:
        """The shape of the output, batch included; a list for several outputs."""
        shapes = [x.shape for x in self.outputs]
        return shapes[0] if len(shapes) == 1 else shapes

    def build(self, input_shape: Any = None) -> None:
        """Build all layers for inputs of this shape, batch included."""
        if self.built:
            return
        if not self.layers:
            raise ValueError(f"Sequential model {self.name!r} has no layers to build")
        if is_input(self._chain[0]):
            self._connect()
            return
        if input_shape is None:
            raise ValueError(f"Sequential model {self.name!r} expects build(input_shape), got None")
        if not is_shape(input_shape):  # several inputs, for a first layer that takes them
            super().build(input_shape)
            return
        self._chain.insert(0, InputLayer(batch_shape=tuple(input_shape), dtype=_input_dtype(self._chain[0])))
        try:
            self._connect()
        except BaseException:
            del self._chain[0]
            raise

    def __call__(self, inputs: Any, training: bool | None = None, mask: Any = None) -> Any:
        """Compute the output; a list or dict that holds one tensor is the same as that tensor."""
        if isinstance(inputs, (list, tuple, dict)) and len(inputs) == 1:
            (only,) = inputs.values() if isinstance(inputs, dict) else inputs
            inputs = only if hasattr(only, "shape") else inputs
        if training is None and mask is None:
            return super().__call__(inputs)
        return super().__call__(inputs, training=training, mask=mask)

    def call(self, inputs: Any, training: bool | None = None, mask: Any = None) -> Any:
        x = attached(self._fitted(inputs), mask)
        for layer in self.layers:
            x = layer(x)
        return x

    def _fitted(self, x: Any) -> Tensor:
        """The input in the shape and dtype of the Input; a last axis of size 1 may be missing or too many."""
        wanted = self._chain[0]
        if not is_input(wanted):
            return x
        if not isinstance(x, (Tensor, StringTensor)):
            raise ValueError(f"Sequential model {self.name!r} expects one tensor as input, got {type(x).__name__}")
        expected = self.expected_input(len(x.shape))
        shape = fitted_shape(x.shape, expected)
        if shape is None:
            raise ValueError(f"Sequential model {self.name!r} expects an input of shape {expected}, got {x.shape}")
        check_kind(x, wanted.dtype, f"Sequential model {self.name!r}")
        if isinstance(x, StringTensor):
            return x if shape == x.shape else x.reshape(shape)
        if shape != x.shape:
            x = ops.squeeze(x, -1) if len(shape) < len(x.shape) else ops.expand_dims(x, -1)
        return x if x.dtype == wanted.dtype else x.astype(wanted.dtype)

    def compute_output_spec(self, inputs: Any, training: bool | None = None, mask: Any = None) -> Any:
        with throwaway_trace():
            return self.call(inputs, training, mask)

    def compute_output_shape(self, input_shape: Any) -> tuple[int | None, ...]:
        shape = tuple(input_shape)
        for layer in self.layers:
            shape = layer.compute_output_shape(shape)
        return shape

    def expected_input(self, rank: int) -> tuple[int | None, ...] | None:
        """The shape an input of this rank must have, batch included, if it is known.

        Axes may have other sizes than those of the `Input` where the first layer takes them.
        """
        if not self._chain or not is_input(self._chain[0]):
            return None
        shape = self._chain[0].batch_shape
        if rank < len(shape):
            return shape
        fixed = getattr(self._chain[1].input_spec, "axes", {}) if len(self._chain) > 1 else {}
        sizes = {axis % len(shape): size for axis, size in fixed.items()}
        return tuple(sizes.get(axis) for axis in range(len(shape)))

    def __getstate__(self) -> dict[str, Any]:
        return {**super().__getstate__(), "_outputs": None}

    def _is_transparent(self) -> bool:
        return type(self) is Sequential and all(map(only_computes, self._flatten_layers(include_self=False)))

    def get_config(self) -> dict[str, Any]:
        config = {
            "name": self.name,
            "trainable": self._trainable,
            "dtype": dtype_policies.serialize(self._dtype_policy),
            "layers": [registry.layers.serialize(layer) for layer in self._chain],
        }
        if self._has_input():
            config["build_input_shape"] = self._chain[0].batch_shape
        return config

    def _has_input(self) -> bool:
        return self.built and is_input(self._chain[0])

    def get_build_config(self) -> dict[str, Any] | None:
        return {"input_shape": self._chain[0].batch_shape} if self._has_input() else None

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: Any = None) -> Sequential:
        """Create a model from its configuration, with new weights."""
        layers = [registry.layers.deserialize(c, custom_objects=custom_objects) for c in config["layers"]]
        model = cls(layers, name=config.get("name"), trainable=config.get("trainable", True))
        if layers and not model.built and config.get("build_input_shape"):
            model.build(config["build_input_shape"])
        return model


def _input_dtype(layer: Any) -> str:
    """The dtype of the input of a first layer: strings for a layer of these."""
    return getattr(layer, "input_dtype", None) or layer.compute_dtype
