"""Lambda."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

from ckeras import registry
from ckeras.layers.layer import Layer
from ckeras.layers.output_spec import output_spec
from ckeras.layers.shapes import map_shapes
from ckeras.saving.serialization import deserialize_keras_object, serialize_keras_object
from ckeras.tensor.structure import map_structure


@registry.layers.ship()
class Lambda(Layer):
    """A function as a layer. A subclass of `Layer` is better kept in files: this one saves a lambda as byte code.

    Args:
        function: called with the input, and with ``mask`` and ``training`` if it has parameters of these names.
        output_shape: shape of the output without the batch, or a function from the input's shape to the output's;
            inferred by calling ``function`` on symbolic tensors if not given.
        mask: the mask of the output, or a function of the input and its mask; the output has no mask if `None`.
        arguments: dict of further keyword arguments of ``function``.

    Reading a lambda from a config raises ValueError in safe mode: byte code can do anything.

    >>> import ckeras
    >>> Lambda(lambda x: 2 * x)(ckeras.ops.ones((1, 2))).tolist()
    [[2.0, 2.0]]
    """

    def __init__(
        self,
        function: Callable[..., Any],
        output_shape: Any = None,
        mask: Any = None,
        arguments: dict[str, Any] | None = None,
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        if not callable(function):
            raise TypeError(f"Lambda expects function to be callable, got {function!r:.80}")
        if (
            output_shape is not None
            and not isinstance(output_shape, (list, tuple, dict))
            and not callable(output_shape)
        ):
            raise TypeError(f"Lambda expects output_shape to be a shape or a function, got {output_shape!r:.80}")
        self.arguments = dict(arguments or {})
        self.function = function
        self.mask = mask
        self.supports_masking = mask is not None
        self._output_shape = output_shape
        self._parameters = _names(function)

    def call(self, inputs: Any, mask: Any = None, training: Any = None) -> Any:
        given = {k: v for k, v in (("mask", mask), ("training", training)) if k in self._parameters}
        return self.function(inputs, **self.arguments, **given)

    def compute_output_shape(self, input_shape: Any) -> Any:
        if self._output_shape is None:
            return super().compute_output_shape(input_shape)
        if callable(self._output_shape):
            return self._output_shape(input_shape)
        batches: list[Any] = []
        map_shapes(lambda shape: batches.append(shape[0]), input_shape)
        return map_shapes(lambda shape: (batches[0], *shape), self._output_shape)

    def compute_output_spec(self, inputs: Any, *args: Any, **kwargs: Any) -> Any:
        if self._output_shape is None:
            return super().compute_output_spec(inputs, *args, **kwargs)
        shapes = self.compute_output_shape(map_structure(lambda x: tuple(x.shape), inputs))
        return map_shapes(lambda shape: output_spec(self, shape, self.variable_dtype), shapes)

    def compute_mask(self, inputs: Any, mask: Any = None) -> Any:
        return self.mask(inputs, mask) if callable(self.mask) else self.mask

    def get_config(self) -> dict[str, Any]:
        options = {"output_shape": self._output_shape, "mask": self.mask}
        return {
            **super().get_config(),
            "function": serialize_keras_object(self.function),
            **{k: serialize_keras_object(v) for k, v in options.items() if v is not None},
            "arguments": serialize_keras_object(self.arguments),
        }

    @classmethod
    def from_config(
        cls, config: dict[str, Any], custom_objects: dict[str, Any] | None = None, safe_mode: bool | None = None
    ) -> Lambda:
        """Create the layer from its configuration; ``safe_mode`` says whether to refuse lambdas, true by default."""
        config = _without_kinds(config)
        read = {
            key: deserialize_keras_object(config[key], custom_objects, safe_mode is not False)
            for key in ("function", "output_shape", "mask", "arguments")
            if key in config
        }
        shape = read.get("output_shape")
        if isinstance(shape, list):
            read["output_shape"] = tuple(shape)
        return super().from_config({**config, **read})


def _without_kinds(config: dict[str, Any]) -> dict[str, Any]:
    """A configuration of Keras 2, which tells by "function_type" whether "function" is a lambda, in that of Keras 3."""
    kept = {key: value for key, value in config.items() if not key.endswith("_type") and "module" not in key}
    for key in ("function", "output_shape", "mask"):
        if config.get(f"{key}_type") == "lambda":
            kept[key] = {"class_name": "__lambda__", "config": {"value": config[key]}}
        elif config.get(f"{key}_type") == "function":
            kept[key] = {"class_name": "function", "config": config[key]}
    return kept


def _names(function: Callable[..., Any]) -> tuple[str, ...]:
    """The names of a function's parameters; none if they are not known."""
    try:
        return tuple(inspect.signature(function).parameters)
    except (TypeError, ValueError):
        return ()
