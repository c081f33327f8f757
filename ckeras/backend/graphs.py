"""Placeholders, functions of them, and symbolic gradients: how Keras computed before eager execution."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ckeras import config, ops
from ckeras.autograd import GradientTape
from ckeras.compiler.function import function as compiled
from ckeras.ops.control.operation import Operation
from ckeras.tensor import KerasTensor, Variable
from ckeras.tensor.graph import Graph, node_of
from ckeras.tensor.structure import flatten, pack
from ckeras.utils.symbols import get_source_inputs

scope = config.scope


def placeholder(
    shape: Sequence[int | None] | None = None,
    ndim: int | None = None,
    dtype: Any = None,
    sparse: bool = False,
    name: str | None = None,
    ragged: bool = False,
) -> KerasTensor:
    """Return a symbolic tensor, an input of `function`.

    Args:
        shape: its shape, batch included; None for sizes that are not known.
        ndim: its number of axes, if ``shape`` is not given.
        dtype: the default float dtype if not given.
        sparse, ragged: must be False: tensors are dense.
        name: generated if not given.

    Raises:
        ValueError: if neither ``shape`` nor ``ndim`` is given, or the tensor would be sparse or ragged.

    >>> placeholder(ndim=2).shape
    (None, None)
    """
    if sparse or ragged:
        raise ValueError("placeholder expects sparse=False and ragged=False: tensors are dense")
    if shape is None and ndim is None:
        raise ValueError("placeholder expects shape or ndim, got neither")
    return KerasTensor((None,) * ndim if shape is None else tuple(shape), dtype or config.floatx(), name=name)


def function(
    inputs: Any, outputs: Any, updates: Sequence[tuple[Variable, Any]] | None = None, name: str | None = None
) -> Callable[[Any], Any]:
    """Return a compiled function from values of symbolic ``inputs`` to NumPy arrays of symbolic ``outputs``.

    Args:
        inputs: a symbolic tensor, or a list of them; `learning_phase` may be among them, whose value is then 1 for
            training.
        outputs: a symbolic tensor, or a list of them.
        updates: pairs of a variable and a symbolic tensor that each call assigns to it.
        name: no effect.

    Raises:
        ValueError: if an output depends on a symbolic tensor that is not among the inputs.

    >>> x = placeholder((None, 2))
    >>> function([x], [x * 2.0, x + 1.0])([[[1.0, 2.0]]])
    [array([[2., 4.]], dtype=float32), array([[2., 3.]], dtype=float32)]
    """
    given = list(inputs) if isinstance(inputs, (list, tuple)) else [inputs]
    symbols = [x for x in given if type(x) is KerasTensor]
    assigned = [(variable, value) for variable, value in updates or ()]
    results = [*flatten(outputs), *(value for _, value in assigned)]
    graph = Graph(symbols, [x for x in results if type(x) is KerasTensor])

    def run(*values: Any) -> list[Any]:
        computed = iter(graph.run(values))
        found = [next(computed) if type(x) is KerasTensor else ops.convert_to_tensor(x) for x in results]
        for (variable, _), value in zip(assigned, found[len(found) - len(assigned) :], strict=True):
            variable.assign(value)
        return found[: len(found) - len(assigned)]

    runs = {phase: compiled(run) for phase in (False, True)}

    def call(values: Any) -> Any:
        values = list(values) if isinstance(inputs, (list, tuple)) else [values]
        if len(values) != len(given):
            raise ValueError(f"the function expects {len(given)} values, got {len(values)}")
        arrays = [ops.cast(v, x.dtype) for v, x in zip(values, given, strict=True) if type(x) is KerasTensor]
        phases = [bool(v) for v, x in zip(values, given, strict=True) if type(x) is not KerasTensor]
        before = getattr(scope, "training", None)
        scope.training = phases[0] if phases else bool(before)
        try:
            found = runs[scope.training](*arrays)
        finally:
            scope.training = before
        return pack(outputs, [np.asarray(x) for x in found])

    return call


def gradients(loss: Any, variables: Any) -> list[Any]:
    """Return the symbolic gradients of the sum of ``loss`` with respect to symbolic tensors or variables.

    Args:
        loss: a symbolic tensor.
        variables: a symbolic tensor or variable, or a list of them; the result has None for one that the loss does not
            depend on.

    Raises:
        ValueError: if ``loss`` is not a symbolic tensor.

    >>> x = placeholder((None,))
    >>> function([x], gradients(x * x, x))([[1.0, 3.0]])
    [array([2., 6.], dtype=float32)]
    """
    if type(loss) is not KerasTensor:
        raise ValueError(f"gradients expects loss to be a symbolic tensor, got {loss!r:.100}; use GradientTape instead")
    listed = list(variables) if isinstance(variables, (list, tuple)) else [variables]
    sources = get_source_inputs(loss)
    graph = Graph(sources, [loss])
    computed = {id(x) for node in [*graph.nodes, *graph.input_nodes] for x in node.leaves} | {id(x) for x in sources}
    held = {id(v) for operation in graph.operations for v in getattr(operation, "variables", ())}
    connected = [x for x in listed if id(x) in (computed if type(x) is KerasTensor else held)]
    if not connected:
        return [None] * len(listed)
    found = dict(zip(map(id, connected), flatten(_Gradients(loss, connected, sources)(*sources)), strict=True))
    return [found.get(id(x)) for x in listed]


class _Gradients(Operation):
    """The gradients of a loss with respect to tensors of its graph, for other values of the sources of the graph."""

    def __init__(self, loss: KerasTensor, variables: list[Any], sources: list[KerasTensor]):
        super().__init__()
        self.loss, self.variables_of_loss, self.sources = loss, variables, sources
        # Tensors that others among them may depend on come first.
        symbols = [x for x in variables if type(x) is KerasTensor and all(x is not s for s in sources)]
        self.symbols = sorted(symbols, key=_depth)

    def compute_output_spec(self, *values: Any) -> list[KerasTensor]:
        return [KerasTensor(x.shape, x.dtype) for x in self.variables_of_loss]

    def call(self, *values: Any) -> list[Any]:
        given, known = list(self.sources), list(values)
        with GradientTape() as tape:
            tape.watch(known)
            for x in self.symbols:
                known += Graph(given, [x]).run(known)
                given.append(x)
                tape.watch(known[-1:])
            loss = ops.sum(Graph(given, [self.loss]).run(known)[0])
        values_of = dict(zip(map(id, given), known, strict=True))
        targets = [values_of.get(id(x), x) for x in self.variables_of_loss]
        found = tape.gradient(loss, targets)
        return [ops.zeros_like(t) if g is None else g for g, t in zip(found, targets, strict=True)]


def _depth(x: KerasTensor) -> int:
    """The number of calls that a symbolic tensor was computed by."""
    seen: set[int] = set()
    waiting = [node_of(x)]
    while waiting:
        node = waiting.pop()
        if node is not None and id(node) not in seen:
            seen.add(id(node))
            waiting += node.parent_nodes
    return len(seen)


def image_dim_ordering() -> str:
    """Return "th" if channels are the first axis of images by default, else "tf"."""
    return "th" if config.image_data_format() == "channels_first" else "tf"


def set_image_dim_ordering(dim_ordering: str) -> None:
    """Let channels be the first axis of images by default ("th"), or the last ("tf")."""
    if dim_ordering not in ("th", "tf"):
        raise ValueError(f"set_image_dim_ordering expects 'th' or 'tf', got {dim_ordering!r}")
    config.set_image_data_format("channels_first" if dim_ordering == "th" else "channels_last")
