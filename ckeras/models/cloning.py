"""Copies of models with new layers and new weights."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ckeras.layers.core.input_layer import Input
from ckeras.models.functional import Functional
from ckeras.models.model import Model, is_input, takes_graph
from ckeras.models.sequential import Sequential
from ckeras.tensor import KerasTensor
from ckeras.tensor.graph import node_of, recording
from ckeras.tensor.structure import flatten, pack


def clone_model(
    model: Model,
    input_tensors: Any = None,
    clone_function: Callable[[Any], Any] | None = None,
    call_function: Callable[..., Any] | None = None,
    recursive: bool = False,
    **kwargs: Any,
) -> Model:
    """Copy a model: layers of the same configuration, with new weights.

    Args:
        model: A `Sequential` or functional model; or a subclass of `Model` with `get_config`, then without the other
            arguments.
        input_tensors: Symbolic tensors that the copy starts from, instead of new ones like those of the model.
        clone_function: Called with each layer but those of the inputs; returns the layer to use instead. By default
            ``layer.__class__.from_config(layer.get_config())``.
        call_function: Called as ``call_function(layer, *args, **kwargs)`` for each call of a copied layer of a
            functional model; returns the output. By default ``layer(*args, **kwargs)``.
        kwargs: None are known.
        recursive: Whether models among the layers are cloned with the same functions; else they are layers like others.

    Returns:
        The copy, compiled like the model.

    Raises:
        ValueError: if an argument does not go with this kind of model, or ``input_tensors`` are not symbolic.

    >>> import ckeras
    >>> x = ckeras.Input((3,))
    >>> model = ckeras.Model(x, ckeras.layers.Dense(2, name="last")(x))
    >>> clone_model(model).get_layer("last") is model.get_layer("last")
    False
    """
    if not isinstance(model, Model):
        raise ValueError(f"clone_model expects a model, got {model!r:.100} of type {type(model).__name__}")
    if kwargs:
        raise TypeError(f"clone_model got unknown arguments: {', '.join(map(repr, kwargs))}")
    for name, given in (("clone_function", clone_function), ("call_function", call_function)):
        if given is not None and not callable(given):
            raise ValueError(f"clone_model expects {name} to be callable, got {given!r:.100}")
    clone = clone_function or _from_config

    def clone_layer(layer: Any) -> Any:
        if recursive and isinstance(layer, (Sequential, Functional)):
            return clone_model(
                layer, None, clone_function, call_function if isinstance(layer, Functional) else None, True
            )
        return clone(layer)

    if isinstance(model, Sequential):
        if call_function is not None:
            raise ValueError(
                f"clone_model expects call_function only for functional models, {model.name!r} is Sequential: its "
                "layers are listed, not called"
            )
        made = _clone_sequential(model, input_tensors, clone_layer)
    elif model._network is not None:
        made = _clone_graph(model, input_tensors, clone_layer, call_function)
    else:
        given = {"input_tensors": input_tensors, "clone_function": clone_function, "call_function": call_function}
        wrong = [name for name, value in given.items() if value is not None]
        if wrong:
            raise ValueError(
                f"clone_model expects {', '.join(wrong)} only for Sequential and functional models, got "
                f"{model.name!r} of type {type(model).__name__}"
            )
        made = _from_config(model)
    if model.compiled:
        made.compile_from_config(model.get_compile_config())
    return made


def _from_config(layer: Any) -> Any:
    return type(layer).from_config(layer.get_config())


def _clone_sequential(model: Sequential, input_tensors: Any, clone: Callable[[Any], Any]) -> Sequential:
    chain: list[Any] = [clone(layer) for layer in model.layers]
    given = flatten(input_tensors) if input_tensors is not None else []
    if len(given) > 1:
        raise ValueError(f"clone_model expects one tensor as input_tensors of a Sequential model, got {len(given)}")
    if given:
        chain.insert(0, _as_input(given[0]))
    elif model._chain and is_input(model._chain[0]):
        chain.insert(0, _input_like(model._chain[0].output))
    return type(model)(chain, name=model.name, trainable=model.trainable)


def _clone_graph(
    model: Model, input_tensors: Any, clone: Callable[[Any], Any], call: Callable[..., Any] | None
) -> Model:
    network = model._network
    given = [None] * len(network.inputs) if input_tensors is None else flatten(input_tensors)
    if len(given) != len(network.inputs):
        raise ValueError(f"clone_model expects {len(network.inputs)} input_tensors, got {len(given)}")
    inputs = [_input_like(x) if y is None else _as_input(y) for x, y in zip(network.inputs, given, strict=True)]
    copies: dict[int, Any] = {}

    def call_copy(operation: Any, *args: Any, **kwargs: Any) -> Any:
        copy = copies.get(id(operation))
        if copy is None:
            copy = copies[id(operation)] = clone(operation)
        return copy(*args, **kwargs) if call is None else call(copy, *args, **kwargs)

    with recording():
        outputs = network._graph.run(inputs, call=call_copy)
    cls = type(model) if takes_graph(type(model)) else Functional
    ends = {"inputs": pack(network._inputs_struct, inputs), "outputs": pack(network._outputs_struct, outputs)}
    return cls(**ends, name=model.name)


def _as_input(x: Any) -> KerasTensor:
    if not isinstance(x, KerasTensor):
        raise ValueError(f"clone_model expects input_tensors to be symbolic tensors, got {x!r:.100}")
    return x


def _input_like(x: KerasTensor) -> KerasTensor:
    """A new `Input` like that of a symbolic input."""
    layer = node_of(x).operation
    return Input(batch_shape=x.shape, dtype=x.dtype, name=x.name, optional=layer.optional)
