"""The graph of a model's layers as a picture."""

from __future__ import annotations

import html
import os
import sys
from typing import Any, NamedTuple

from ckeras.models.model import Model
from ckeras.models.sequential import Sequential
from ckeras.tensor.structure import map_structure
from ckeras.utils.interactive import print_message
from ckeras.utils.summary import rows

_DIRECTIONS = ("TB", "BT", "LR", "RL")


class _Shown(NamedTuple):
    """What the box of a layer shows besides its class."""

    shapes: bool
    dtype: bool
    names: bool
    activations: bool
    trainable: bool


def model_to_dot(
    model: Any,
    show_shapes: bool = False,
    show_dtype: bool = False,
    show_layer_names: bool = True,
    rankdir: str = "TB",
    expand_nested: bool = False,
    dpi: int = 200,
    subgraph: bool = False,
    show_layer_activations: bool = False,
    show_trainable: bool = False,
    splines: str = "ortho",
    **kwargs: Any,
) -> Any:
    """Convert a model to a graph of Graphviz with a box for each layer. Needs pydot.

    Args:
        model: a built model. One that is neither `Sequential` nor a graph of layers has a single box.
        show_shapes, show_dtype: whether boxes show the shapes of inputs and outputs, and the dtype of outputs.
        show_layer_names: whether boxes show the names of the layers.
        rankdir: direction of the graph, from top to bottom ("TB"), "BT", "LR" or "RL".
        expand_nested: whether the layers of nested models are drawn, in a frame.
        dpi: resolution in dots per inch.
        subgraph: whether to return a ``pydot.Cluster`` for use in another graph.
        show_layer_activations: whether boxes show the activation of layers that have one.
        show_trainable: whether boxes show if a layer's weights are trainable.
        splines: shape of the edges: "ortho", "curved", "polyline", "spline" or "line".

    Returns:
        pydot.Dot or pydot.Cluster: the graph.

    Raises:
        ImportError: if pydot is not installed.
        ValueError: if the model is not built, or ``rankdir`` is not a direction.

    >>> import ckeras
    >>> model = ckeras.Sequential([ckeras.Input((4,)), ckeras.layers.Dense(2), ckeras.layers.Dense(1)])
    >>> len(model_to_dot(model).get_edges())
    1
    """
    _check("model_to_dot", model, rankdir, kwargs)
    pydot = _pydot()
    if pydot is None:
        raise ImportError("model_to_dot needs pydot: pip install 'ckeras[plot]'")
    shown = _Shown(show_shapes, show_dtype, show_layer_names, show_layer_activations, show_trainable)
    drawing = _Drawing(pydot, shown, expand_nested)
    if subgraph:
        return drawing.filled(drawing.cluster(model), model)
    dot = pydot.Dot(rankdir=rankdir, concentrate=True, dpi=dpi, splines=splines)
    dot.set_node_defaults(shape="record")
    return drawing.filled(dot, model)


def plot_model(
    model: Any,
    to_file: Any = "model.png",
    show_shapes: bool = False,
    show_dtype: bool = False,
    show_layer_names: bool = False,
    rankdir: str = "TB",
    expand_nested: bool = False,
    dpi: int = 200,
    show_layer_activations: bool = False,
    show_trainable: bool = False,
    splines: str = "ortho",
    **kwargs: Any,
) -> Any:
    """Draw a model as a graph of its layers and save the picture. Needs pydot and Graphviz.

    Args:
        model: a built model.
        to_file: path of the picture; its extension (png if it has none) is the format.
        show_shapes, show_dtype, show_layer_names, rankdir, expand_nested, dpi, show_layer_activations, show_trainable,
            splines: as for `model_to_dot`.

    Returns:
        IPython.display.Image, IPython.display.SVG or None: the picture, which a notebook displays, if IPython is
            installed.

    Raises:
        ImportError: if pydot or Graphviz is not installed; in a notebook, this is a message.
        ValueError: if the model is not built, or ``rankdir`` is not a direction.
    """
    _check("plot_model", model, rankdir, kwargs)
    missing = _missing_program()
    if missing:
        if "IPython.core.magics.namespace" not in sys.modules:
            raise ImportError(missing)
        return print_message(missing)  # the cells after this one should run
    dot = model_to_dot(
        model,
        show_shapes=show_shapes,
        show_dtype=show_dtype,
        show_layer_names=show_layer_names,
        rankdir=rankdir,
        expand_nested=expand_nested,
        dpi=dpi,
        show_layer_activations=show_layer_activations,
        show_trainable=show_trainable,
        splines=splines,
    )
    path = os.fspath(to_file)
    extension = os.path.splitext(path)[1][1:] or "png"
    dot.write(path, format=extension)
    return _displayed(path, extension)


def _displayed(path: str, extension: str) -> Any:
    try:
        from IPython import display
    except ImportError:
        return None
    if extension in ("png", "jpg", "jpeg", "gif"):
        return display.Image(filename=path, format=extension)
    return display.SVG(filename=path) if extension == "svg" else None


def _check(function: str, model: Any, rankdir: str, kwargs: dict[str, Any]) -> None:
    if kwargs.pop("layer_range", None) is not None:
        raise ValueError(f"{function} has no layer_range any more; draw Model(inputs, outputs) of the part instead")
    if kwargs:
        raise TypeError(f"{function}() got an unexpected keyword argument {next(iter(kwargs))!r}")
    if not isinstance(model, Model):
        raise TypeError(f"{function} expects a model, got {type(model).__name__}")
    if not model.built:
        raise ValueError(
            f"{function} expects a built model, but {model.name!r} is not: call build(), or call it on data"
        )
    if rankdir not in _DIRECTIONS:
        raise ValueError(f"{function} expects rankdir to be one of {', '.join(_DIRECTIONS)}, got {rankdir!r}")


def _pydot() -> Any:
    try:
        import pydot
    except ImportError:
        return None
    return pydot


def _missing_program() -> str:
    """What `plot_model` lacks and how to install it; empty if nothing."""
    pydot = _pydot()
    if pydot is None:
        return "plot_model needs pydot: pip install 'ckeras[plot]'"
    try:
        pydot.Dot().create()
    except OSError:
        return "plot_model needs Graphviz, whose program dot was not found: apt-get install graphviz, or brew, or choco"
    return ""


class _Drawing:
    """Draws a model and the models in it; it owns the identifiers of the boxes, which are unique over all of them."""

    def __init__(self, pydot: Any, shown: _Shown, expand_nested: bool):
        self.pydot, self.shown, self.expand_nested = pydot, shown, expand_nested
        self.numbers: dict[Any, int] = {}
        self.edges: set[tuple[str, str]] = set()

    def cluster(self, model: Any) -> Any:
        return self.pydot.Cluster(graph_name=model.name, label=model.name, labeljust="l", style="dashed")

    def filled(self, dot: Any, model: Any) -> Any:
        """Return ``dot`` with the boxes of a model's layers and the edges between them."""
        if not _is_drawn(model):
            dot.add_node(self.box(model))
            return dot
        for layer in _layers(model):
            if self.expand_nested and _is_drawn(layer):
                dot.add_subgraph(self.filled(self.cluster(layer), layer))
            else:
                dot.add_node(self.box(layer))
        for source, output, target, number in _calls(model):
            if self.expand_nested:
                source, target = _last(source, output), _first(target, number)
            ends = self.identifier(source), self.identifier(target)
            if ends not in self.edges:
                self.edges.add(ends)
                dot.add_edge(self.pydot.Edge(*ends, penwidth="2"))
        return dot

    def identifier(self, layer: Any) -> str:
        return f"layer{self.numbers.setdefault(layer, len(self.numbers))}"

    def box(self, layer: Any) -> Any:
        label = _label(layer, self.shown)
        return self.pydot.Node(self.identifier(layer), label=label, fontname="Helvetica", border="0", margin="0")


def _is_drawn(layer: Any) -> bool:
    """Whether the layers inside can be drawn: whether it is a `Sequential` or a graph of layers."""
    return isinstance(layer, Sequential) or getattr(layer, "_network", None) is not None


def _layers(model: Any) -> list[Any]:
    return model.layers if isinstance(model, Sequential) else rows(model)


def _calls(model: Any) -> list[tuple[Any, int, Any, int]]:
    """Return (layer, number of its output, layer, number of its input) for each tensor that passes between layers."""
    if isinstance(model, Sequential):
        return [(a, 0, b, 0) for a, b in zip(model.layers, model.layers[1:], strict=False)]
    found = []
    for layer in rows(model):
        for node in layer._inbound_nodes:
            if node.is_input or not any(node is n for nodes in model._nodes_by_depth.values() for n in nodes):
                continue
            for number, x in enumerate(node.input_tensors):
                source, _, output = x._keras_history[:3]
                found.append((source, output, layer, number))
    return found


def _last(layer: Any, output: int) -> Any:
    """The layer, inside of nested models, that computes an output."""
    while _is_drawn(layer):
        layer, _, output = layer.outputs[output]._keras_history[:3]
    return layer


def _first(layer: Any, number: int) -> Any:
    """The layer, inside of nested models, that takes an input."""
    while _is_drawn(layer):
        layer = layer.layers[0] if isinstance(layer, Sequential) else layer.inputs[number]._keras_history[0]
    return layer


# -- boxes: tables in the HTML of Graphviz


def _label(layer: Any, shown: _Shown) -> str:
    kind = html.escape(type(layer).__name__)
    title = f"<b>{html.escape(layer.name)}</b> ({kind})" if shown.names else f"<b>{kind}</b>"
    span = max(1, 2 * shown.shapes + shown.dtype + shown.trainable)
    lines = [_cell(title, f'colspan="{span}" bgcolor="black"', 'point-size="16" color="white"')]
    activation = getattr(layer, "activation", None)
    if shown.activations and activation is not None:
        lines.append(_cell(f"Activation: <b>{_name(activation)}</b>", f'bgcolor="white" colspan="{span}"'))
    lines.append("".join(_columns(layer, shown)))
    lines = "".join(f"<tr>{line}</tr>" for line in lines if line)
    return f'<<table border="0" cellborder="1" bgcolor="black" cellpadding="10">{lines}</table>>'


def _columns(layer: Any, shown: _Shown) -> list[str]:
    columns = []
    if shown.shapes:
        shapes = _found(lambda: [map_structure(lambda x: x.shape, x) for x in (layer.input, layer.output)], [None] * 2)
        for which, shape in zip(("Input", "Output"), shapes, strict=True):
            if which == "Output" or type(layer).__name__ != "InputLayer":
                columns.append(_cell(f"{which} shape: <b>{_shape(shape)}</b>"))
    if shown.dtype:
        dtype = _found(lambda: map_structure(lambda x: x.dtype, layer.output), "?")
        columns.append(_cell(f"Output dtype: <b>{html.escape(str(dtype), quote=False)}</b>"))
    if shown.trainable and getattr(layer, "weights", None):
        text, color = ("Trainable", "forestgreen") if layer.trainable else ("Non-trainable", "firebrick")
        columns.append(_cell(f"<b>{text}</b>", f'bgcolor="{color}"', 'point-size="14" color="white"'))
    return columns


def _cell(text: str, cell: str = 'bgcolor="white"', font: str = 'point-size="14"') -> str:
    return f"<td {cell}><font {font}>{text}</font></td>"


def _found(value: Any, otherwise: Any) -> Any:
    """The value of a layer's tensors; ``otherwise`` if it was not called on symbolic tensors, or more than once."""
    try:
        return value()
    except (AttributeError, ValueError):
        return otherwise


def _name(activation: Any) -> str:
    return html.escape(str(getattr(activation, "name", None) or getattr(activation, "__name__", activation)))


def _shape(shape: Any) -> str:
    if shape is None:
        return "?"
    text = ", ".join(f"{key}: {value}" for key, value in shape.items()) if isinstance(shape, dict) else str(shape)
    return html.escape(text.replace("{", "").replace("}", ""), quote=False)
