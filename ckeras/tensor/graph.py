"""Graphs of symbolic tensors: the calls that connect them, and their execution on other values."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from ckeras import config
from ckeras.tensor.structure import flatten, map_structure
from ckeras.tensor.tensor import KerasTensor, Tensor
from ckeras.utils.naming import auto_name

scope = config.scope


class KerasHistory(NamedTuple):
    """Origin of a symbolic tensor: output ``tensor_index`` of call ``node_index`` of ``operation``."""

    operation: Any
    node_index: int
    tensor_index: int


class SymbolicArguments:
    """The arguments of a call, some of which are symbolic tensors."""

    def __init__(self, *args: Any, **kwargs: Any):
        self.args, self.kwargs = args, kwargs
        self.keras_tensors = [x for x in flatten((args, kwargs)) if type(x) is KerasTensor]

    def convert(self, function: Callable[[Any], Any]) -> tuple[tuple, dict[str, Any]]:
        """The arguments with ``function`` applied to each leaf."""
        return map_structure(function, self.args), {k: map_structure(function, v) for k, v in self.kwargs.items()}

    def fill_in(self, values: dict[int, Any]) -> tuple[tuple, dict[str, Any]]:
        """The arguments with each symbolic tensor replaced by its value in ``values``, which is keyed by identity."""
        return self.convert(lambda x: values[id(x)] if type(x) is KerasTensor else x)


class Node:
    """One call of an operation on symbolic tensors.

    Args:
        operation: a layer or an `Operation`; it keeps its nodes in ``_inbound_nodes``, and those that use its outputs
            in ``_outbound_nodes``.
        args, kwargs: arguments of the call.
        outputs: structure of new symbolic tensors, whose history becomes this node.
    """

    def __init__(self, operation: Any, args: tuple = (), kwargs: dict[str, Any] | None = None, outputs: Any = ()):
        self.operation = operation
        self.arguments = SymbolicArguments(*args, **(kwargs or {}))
        self.leaves = flatten(outputs)  # `outputs` and further results of the call
        self.outputs = [x for x in self.leaves if type(x) is KerasTensor]
        self.is_input = not args and not kwargs
        for i, x in enumerate(self.outputs):
            if x.record_history:
                x._keras_history = KerasHistory(operation, len(operation._inbound_nodes), i)
        operation._inbound_nodes.append(self)
        for source in {id(n): n for n in self.parent_nodes}.values():
            source.operation._outbound_nodes.append(self)

    @property
    def input_tensors(self) -> list[KerasTensor]:
        """The symbolic arguments; for an input layer, its outputs."""
        return self.outputs if self.is_input else self.arguments.keras_tensors

    @property
    def output_tensors(self) -> list[KerasTensor]:
        """Alias of ``outputs``."""
        return self.outputs

    @property
    def parent_nodes(self) -> list[Node]:
        """The nodes that computed the symbolic arguments."""
        return [n for n in map(node_of, self.arguments.keras_tensors) if n is not None]

    def __repr__(self) -> str:
        return f"<Node operation={self.operation.name}, outputs={[(x.shape, x.dtype) for x in self.outputs]}>"


def node_of(x: Any) -> Node | None:
    """The call that returned a symbolic tensor; `None` if unknown."""
    history = getattr(x, "_keras_history", None)
    return None if history is None else history.operation._inbound_nodes[history.node_index]


class inferring:
    """Context manager in which calls on symbolic tensors return symbolic results without being recorded."""

    def __enter__(self) -> None:
        self._before = getattr(scope, "infers", False)
        scope.infers = True

    def __exit__(self, *exc: Any) -> None:
        scope.infers = self._before


class recording(inferring):
    """Context manager in which calls on symbolic tensors are recorded, also within `inferring`."""

    def __enter__(self) -> None:
        super().__enter__()
        scope.infers = False


def record_call(operation: Any, args: tuple, kwargs: dict[str, Any], outputs: Any) -> Any:
    """Record a call of ``operation``; return new symbolic tensors like ``outputs`` as its results."""
    results = map_structure(lambda x: KerasTensor(x.shape, x.dtype) if isinstance(x, Tensor) else x, outputs)
    if not getattr(scope, "infers", False):
        Node(operation, args, kwargs, results)
    return results


class Graph:
    """The calls between ``inputs`` and ``outputs``, flat lists of symbolic tensors, which can run on other values.

    ``known`` selects further given tensors, in addition to the inputs: those that a run receives in ``values``.
    ``nodes`` are in execution order, by decreasing distance from the outputs (``depths``); ``input_nodes`` are those of
    input layers, ``operations`` the unique operations.

    Raises:
        ValueError: if an output depends on a symbolic tensor that is neither given nor computed from given ones.
    """

    def __init__(
        self,
        inputs: Sequence[Any],
        outputs: Sequence[Any],
        known: Callable[[KerasTensor], bool] = lambda x: False,
    ):
        self.inputs = list(inputs)
        self.outputs = list(outputs)
        given = {id(x) for x in inputs}
        order, found = _ordered(self.outputs, lambda x: id(x) in given or known(x), self.inputs)
        self._sort(order, found)

    def _sort(self, order: list[Node], found: dict[int, int]) -> None:
        """Sort calls by their distance from the outputs, and operations too, then by the order of discovery."""
        depths: dict[int, int] = {}
        of_operation: dict[int, int] = {}
        members = {id(node) for node in order}
        for node in reversed(order):
            key = id(node.operation)
            depth = of_operation[key] = depths[id(node)] = max(depths.get(id(node), 0), of_operation.get(key, 0))
            for parent in node.parent_nodes:
                if id(parent) in members:
                    depths[id(parent)] = max(depth + 1, depths.get(id(parent), 0))
        ranks = {key: (-depth, found[key]) for key, depth in of_operation.items()}
        unused = [n for n in map(node_of, self.inputs) if n is not None and n.is_input and id(n) not in members]
        ranks.update((id(node.operation), (0, -1)) for node in unused)
        operations = {id(node.operation): node.operation for node in [*order, *unused]}
        self.operations = [operations[key] for key in sorted(operations, key=ranks.__getitem__)]
        self.input_nodes = [node for node in [*order, *unused] if node.is_input]
        calls = [node for node in order if not node.is_input]
        self.nodes = sorted(calls, key=lambda node: -depths[id(node)])
        self.depths = [depths[id(node)] for node in self.nodes]

    def run(
        self,
        arguments: Sequence[Any],
        values: dict[int, Any] | None = None,
        call: Callable[..., Any] = lambda operation, *args, **kwargs: operation(*args, **kwargs),
    ) -> list[Any]:
        """Compute the outputs for ``arguments`` as inputs.

        ``values`` holds other known tensors by identity; ``call`` calls an operation with its arguments.
        """
        found: dict[int, Any] = dict(values or {})
        found.update((id(x), value) for x, value in zip(self.inputs, arguments, strict=True))
        for node in self.nodes:
            args, kwargs = node.arguments.fill_in(found)
            results = flatten(call(node.operation, *args, **kwargs))
            found.update((id(x), y) for x, y in zip(node.leaves, results, strict=True) if type(x) is KerasTensor)
        return [found[id(x)] if type(x) is KerasTensor else x for x in self.outputs]

    def __reduce__(self) -> Any:
        """Reduce to a flat form, so that copying and pickling do not recurse as deep as the graph."""
        indices: dict[int, int] = {}
        specs: list[tuple[Any, ...]] = []

        def indexed(x: Any) -> Any:
            if type(x) is not KerasTensor:
                return x
            if id(x) not in indices:
                indices[id(x)] = len(specs)
                specs.append((x.shape, x.dtype, x.name))
            return _Index(indices[id(x)])

        inputs = [indexed(x) for x in self.inputs]
        nodes = [
            (n.operation, *n.arguments.convert(indexed), [indexed(x) for x in n.leaves])
            for n in [*self.input_nodes, *self.nodes]
        ]
        return _restored, (type(self), inputs, nodes, [indexed(x) for x in self.outputs], specs)


class _Index(NamedTuple):
    """Index of a symbolic tensor in a pickled graph."""

    number: int


def _restored(cls: type[Graph], inputs: list[Any], nodes: list[Any], outputs: list[Any], specs: list[Any]) -> Graph:
    tensors = [KerasTensor(shape, dtype, name=name) for shape, dtype, name in specs]

    def filled(structure: Any) -> Any:
        if isinstance(structure, _Index):
            return tensors[structure.number]
        if isinstance(structure, dict):
            return {k: filled(v) for k, v in structure.items()}
        if isinstance(structure, tuple) and hasattr(structure, "_fields"):
            return type(structure)(*map(filled, structure))
        return type(structure)(map(filled, structure)) if isinstance(structure, (list, tuple)) else structure

    for operation, args, kwargs, leaves in nodes:
        if not args and operation._inbound_nodes:  # an input layer, which has made its tensor
            tensors[leaves[0].number] = operation._inbound_nodes[0].outputs[0]
            continue
        Node(operation, filled(args), filled(kwargs), filled(leaves))
    return cls(filled(inputs), filled(outputs))


def _ordered(
    outputs: list[Any], known: Callable[[KerasTensor], bool], inputs: list[Any]
) -> tuple[list[Node], dict[int, int]]:
    """The calls that ``outputs`` depend on, in topological order; and the order of discovery of the operations.

    The search ends at tensors that are ``known``. It is depth first with an explicit stack, since graphs can be deeper
    than Python's recursion limit.
    """
    order: list[Node] = []
    found: dict[int, int] = {}
    finished: set[int] = set()
    entered: set[int] = set()
    waiting: list[tuple[Any, Node | None]] = [(x, None) for x in reversed(outputs)]
    while waiting:
        x, leaving = waiting.pop()
        if leaving is not None:
            finished.add(id(leaving))
            order.append(leaving)
            continue
        if type(x) is not KerasTensor:
            continue
        node = node_of(x)
        if known(x):
            if node is not None and node.is_input and id(node) not in finished:
                finished.add(id(node))
                found.setdefault(id(node.operation), len(found))
                order.append(node)
            continue
        if node is None or node.is_input:
            raise ValueError(
                f"the symbolic tensor {x.name!r} of shape {x.shape} is needed to compute the outputs, and does not "
                f"follow from the inputs {[getattr(i, 'name', i) for i in inputs]}"
            )
        if id(node) in finished:
            continue
        if id(node) in entered:
            raise ValueError(f"the symbolic tensor {x.name!r}, of {node.operation.name!r}, is computed from itself")
        entered.add(id(node))
        found.setdefault(id(node.operation), len(found))
        waiting.append((x, node))
        waiting += [(y, None) for y in reversed(node.arguments.keras_tensors)]
    return order, found


class OpCall:
    """Graph operation for a direct call of an op, where no public function is recorded instead."""

    def __init__(self, row: Any, attrs: dict[str, Any]):
        self.row, self.attrs, self.name = row, attrs, auto_name(row.name)
        self._inbound_nodes: list[Node] = []
        self._outbound_nodes: list[Node] = []

    def __call__(self, *inputs: Any) -> Any:
        return self.row(*inputs, **self.attrs)

    def __getstate__(self) -> dict[str, Any]:
        return without_nodes(self)


def without_nodes(operation: Any) -> dict[str, Any]:
    """State of an operation for a copy, which belongs to no graph."""
    return {**operation.__dict__, "_inbound_nodes": [], "_outbound_nodes": []}
