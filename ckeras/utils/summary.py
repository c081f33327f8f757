"""The table that `summary()` prints: one row per layer, then the total number of parameters.

The functions `rows`, `connections`, `output_shape` and `parameters` at the end of this file read the model.
"""

import contextlib
import math
import re
import shutil
from collections.abc import Callable, Iterable, Sequence

import numpy as np

from ckeras import config
from ckeras.utils.interactive import print_message

_NUMBER, _NONE, _CLASS, _NO = "color(34)", "color(45)", "color(33)", "bold bright_red"


def print_summary(
    model: object,
    line_length: int | None = None,
    positions: Sequence[float] | None = None,
    print_fn: Callable[[str], object] | None = None,
    expand_nested: bool = False,
    show_trainable: bool = False,
    layer_range: Sequence[str] | None = None,
) -> None:
    """Print the layers of a model with their output shapes and numbers of parameters.

    Args:
        model: the model, built or not.
        line_length: width of the table in characters; `None` chooses it from the columns and the terminal.
        positions: right edges of the columns as ascending fractions of the width, such as ``[0.45, 0.8, 1.0]``, without
            the column that `show_trainable` adds.
        print_fn: function called once with the complete text, without colors, instead of printing it.
        expand_nested: whether to list the layers of nested models, indented.
        show_trainable: whether to add a column with Y for trainable and N for frozen layers, "-" without weights.
        layer_range: pair of regular expressions; only the layers from the first whose name matches the first expression
            to the last whose name matches the second are listed. The totals are those of the complete model.

    Raises:
        ValueError: the table is too narrow for its columns, `positions` are too few, or `layer_range` matches nothing.
    """
    import rich.console
    import rich.table
    import rich.text

    edges = connections(model)
    titles = ["Layer (type)", "Output Shape", "Param #"]
    titles += ["Connected to"] if edges is not None else []
    titles += ["Trainable"] if show_trainable else []
    width, columns = _column_widths(titles, line_length, positions)
    justify = {"Param #": "right", "Trainable": "center"}
    table = rich.table.Table(
        *(
            rich.table.Column(title, justify=justify.get(title, "left"), width=column)
            for title, column in zip(titles, columns, strict=True)
        ),
        width=width,
        show_lines=True,
    )

    def add_rows(layers: Iterable[object], depth: int) -> None:
        for layer in layers:
            cells = [_name_cell(layer, depth), _shape_cell(output_shape(layer)), _count_cell(layer)]
            if edges is not None:
                cells.append(_edges_cell(edges.get(layer, ())))
            if show_trainable:
                cells.append(_trainable_cell(layer))
            table.add_row(*cells)
            if expand_nested and getattr(layer, "layers", None):
                add_rows(layer.layers, depth + 1)

    add_rows(_between(rows(model), layer_range), 0)

    lines = [rich.text.Text(f'Model: "{model.name}"', style="bold"), table]
    for label, (count, size) in _totals(model).items():
        lines.append(
            rich.text.Text.assemble((f" {label} params: ", "bold"), (f"{count:,}", _NUMBER), f" ({_format_size(size)})")
        )

    if print_fn is None and config.is_interactive_logging_enabled():
        console = rich.console.Console(highlight=False)
        for line in lines:
            console.print(line)
        return
    console = rich.console.Console(highlight=False, force_terminal=False, color_system=None)
    with console.capture() as captured:
        for line in lines:
            console.print(line)
    (print_fn or print_message)(captured.get())


def _column_widths(
    titles: list[str], line_length: int | None, positions: Sequence[float] | None
) -> tuple[int, list[int]]:
    connected, trainable = "Connected to" in titles, "Trainable" in titles
    natural = (108 if connected else 88) + (12 if trainable else 0)
    positions = list(positions or ([0.3, 0.56, 0.74, 1.0] if connected else [0.45, 0.80, 1.0]))
    if trainable:
        positions = [position * 0.9 for position in positions] + [1.0]
    if len(positions) < len(titles):
        expected = [title for title in titles if title != "Trainable"]
        raise ValueError(
            f"summary expects one position for each of the columns {', '.join(expected)}, "
            f"but got {len(positions) - trainable} positions"
        )
    width = line_length or min(natural, shutil.get_terminal_size().columns - 4)
    columns, left = [], 0
    for position in positions:
        column = int(position * width) - left
        if column < 4:
            raise ValueError(
                f"summary expects a width of 4 characters or more for each column, but got {column} for column "
                f"{len(columns) + 1} of a table of {width} characters"
            )
        columns.append(column)
        left += column
    return width, columns[: len(titles)]


def _between(layers: list[object], layer_range: Sequence[str] | None) -> list[object]:
    if not layer_range:
        return layers
    if len(layer_range) != 2 or isinstance(layer_range, str):
        raise ValueError(f"summary expects layer_range to be a pair of layer names, but got {layer_range!r}")
    first, last = (
        [index for index, layer in enumerate(layers) if re.match(pattern, layer.name)] for pattern in layer_range
    )
    if not first or not last:
        names = [layer.name for layer in layers]
        raise ValueError(f"summary expects layer_range to match layers of {names}, but got {list(layer_range)}")
    if first[0] > last[-1]:
        return layers[last[0] : first[-1] + 1]
    return layers[first[0] : last[-1] + 1]


def _name_cell(layer: object, depth: int) -> object:
    from rich.text import Text

    indent = "   " * depth + "└ " if depth else ""
    return Text.assemble(f"{indent}{layer.name} (", (type(layer).__name__, _CLASS), ")")


def _shape_cell(shape: str) -> object:
    return _coloured(shape, r"None|\d+")


def _count_cell(layer: object) -> object:
    count = layer.count_params() if getattr(layer, "built", True) and hasattr(layer, "count_params") else 0
    cell = _coloured(f"{count:,}", r".+")
    if _awaits_build(layer):
        cell.append(" (unbuilt)")
    return cell


def _edges_cell(names: Sequence[str]) -> object:
    return _coloured(", ".join(names) or "-", r"(?<=\[)\d+(?=\])")


def _trainable_cell(layer: object) -> object:
    from rich.text import Text

    if not getattr(layer, "weights", None):
        return Text.assemble(("-", "bold"))
    return Text.assemble(("Y", f"bold {_NUMBER}") if layer.trainable else ("N", _NO))


def _coloured(text: str, pattern: str) -> object:
    from rich.text import Text

    cell = Text(text)
    for match in re.finditer(pattern, text):
        cell.stylize(_NONE if match.group() == "None" else _NUMBER, *match.span())
    return cell


def _awaits_build(layer: object) -> bool:
    """Whether the number of parameters is unknown: the layer overrides `build`, which has not run."""
    if getattr(layer, "built", True):
        return False
    build = getattr(type(layer), "build", None)
    return getattr(build, "__qualname__", "") != "Layer.build"


def _format_size(size: float) -> str:
    """Format a number of bytes as ``1020.00 B`` or ``1.00 KB``."""
    for unit in ("B", "KB", "MB", "GB"):
        if size < 1024:
            return f"{size:.2f} {unit}"
        size /= 1024
    return f"{size:.2f} TB"


def _totals(model: object) -> dict[str, tuple[int, float]]:
    kinds = parameters(model)
    totals = {}
    for label, variables in kinds.items():
        distinct = {id(variable): variable for variable in variables}.values()
        counts = [(math.prod(variable.shape), str(variable.dtype)) for variable in distinct]
        totals[label] = (sum(count for count, _ in counts), sum(count * _itemsize(dtype) for count, dtype in counts))
    if not totals["Optimizer"][0]:
        del totals["Optimizer"]
    return {"Total": (sum(count for count, _ in totals.values()), sum(size for _, size in totals.values())), **totals}


def _itemsize(dtype: str) -> int:
    if dtype.startswith("float8"):
        return 1
    return 2 if dtype == "bfloat16" else np.dtype(dtype).itemsize


def rows(model: object) -> list[object]:
    """Return the layers, and in a graph model also the operations that are not layers; each has a row."""
    return list(getattr(model, "operations", None) or model.layers)


def connections(model: object) -> dict[object, list[str]] | None:
    """Return the sources of the inputs of each layer of a graph as ``name[index of the call][index of the output]``.

    Return `None` for a plain chain (each layer called once, in sequence, on one tensor), which needs no such column.
    Read from ``model._nodes_by_depth`` (depth -> calls, each with ``operation``,
    ``input_tensors`` and ``outputs``) and ``tensor._keras_history`` (operation, number of the call, number of the
    output); a model without it is a chain.
    """
    by_depth = getattr(model, "_nodes_by_depth", None)
    if type(model).__name__ == "Sequential" or not by_depth:
        return None
    nodes = [node for depth in sorted(by_depth, reverse=True) for node in by_depth[depth]]
    calls: dict[object, list[object]] = {}
    for node in nodes:
        calls.setdefault(node.operation, []).append(node)
    if (
        all(len(at_depth) == 1 for at_depth in by_depth.values())
        and all(len(of_layer) == 1 for of_layer in calls.values())
        and all(len(node.input_tensors) <= 1 for node in nodes)
    ):
        return None
    edges: dict[object, list[str]] = {}
    for operation, of_layer in calls.items():
        edges[operation] = []
        for node in sorted(of_layer, key=lambda node: node.outputs[0]._keras_history[1]):
            for tensor in () if node.is_input else node.input_tensors:
                source, call, output = tensor._keras_history[:3]
                edges[operation].append(f"{source.name}[{call}][{output}]")
    return edges


def output_shape(layer: object) -> str:
    """Format the output shape of a layer: ``(None, 8)``, a list of shapes, or "?" if unknown."""
    nodes = getattr(layer, "_inbound_nodes", None)
    try:
        result = nodes[-1].outputs if nodes else layer.output
    except (AttributeError, RuntimeError, ValueError):  # the layer was not called on symbolic tensors
        result = None
    shapes = [tuple(tensor.shape) for tensor in _leaves(result)]
    built_from = getattr(layer, "_build_config", None)
    if not shapes and built_from is not None:
        with contextlib.suppress(Exception):  # a `call` of a user that needs more than the shape, such as integers
            shapes = [tuple(layer.compute_output_shape(built_from))]
    if not shapes:
        return "?"
    return str(shapes[0]) if len(shapes) == 1 else "[" + ", ".join(map(str, shapes)) + "]"


def _leaves(structure: object) -> list[object]:
    if structure is None:
        return []
    if isinstance(structure, dict):
        return [leaf for key in sorted(structure) for leaf in _leaves(structure[key])]
    if isinstance(structure, list | tuple):
        return [leaf for item in structure for leaf in _leaves(item)]
    return [structure]


def parameters(model: object) -> dict[str, list[object]]:
    """Return the trainable, non-trainable and optimizer variables of a model."""
    optimizer = getattr(model, "optimizer", None)
    counted = optimizer is not None and getattr(optimizer, "built", True)
    return {
        "Trainable": list(model.trainable_weights),
        "Non-trainable": list(model.non_trainable_weights),
        "Optimizer": list(optimizer.variables) if counted else [],
    }
