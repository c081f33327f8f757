"""Graphs of symbolic tensors: who made each, and running them again on other values."""

from collections.abc import Callable, Sequence
from typing import Any

from ckeras.tensor.structure import flatten, map_structure
from ckeras.tensor.tensor import KerasTensor, Tensor


class SymbolicCall:
    """A call of a layer or an operation on symbolic tensors: an edge of a model's graph."""

    def __init__(self, layer: Any, args: tuple, kwargs: dict[str, Any]):
        self.layer = layer
        self.args = args
        self.kwargs = kwargs
        self.outputs: list[Any] = []


def record_call(layer: Any, args: tuple, kwargs: dict[str, Any], outputs: Any) -> Any:
    """Symbolic tensors like ``outputs``, a structure of tensors, made by a call of ``layer``."""
    node = SymbolicCall(layer, args, kwargs)
    results = map_structure(
        lambda x: KerasTensor(x.shape, x.dtype, history=node) if isinstance(x, Tensor) else x, outputs
    )
    node.outputs = flatten(results)
    return results


def makers(outputs: Sequence[Any], known: Callable[[KerasTensor], bool]) -> list[Any]:
    """The calls from which ``outputs`` follow, each after those it needs, back to the tensors that are ``known``.

    A call is a `SymbolicCall`, or ``(op, inputs, attrs)`` for a row of the op table.
    """
    found: dict[int, Any] = {}
    waiting = [(x, False) for x in reversed(outputs)]
    under_way: set[int] = set()
    while waiting:
        x, ready = waiting.pop()
        if type(x) is not KerasTensor or known(x):
            continue
        key = _call_key(x)
        if key is None:
            raise ValueError(
                f"the symbolic tensor {x.name!r} of shape {x.shape} is needed to compute the outputs, and follows "
                "from none of the inputs"
            )
        if key in found:
            continue
        if ready:
            found[key] = x.history
        elif key not in under_way:
            under_way.add(key)
            waiting.append((x, True))
            waiting += [(y, False) for y in reversed(_inputs(x.history))]
    return list(found.values())


def _call_key(x: KerasTensor) -> int | None:
    """The identity of the call that made ``x``."""
    if isinstance(x.history, SymbolicCall):
        return id(x.history)
    return id(x.history[1]) if isinstance(x.history, tuple) else None


def _inputs(call: Any) -> list[Any]:
    return flatten((call.args, call.kwargs)) if isinstance(call, SymbolicCall) else call[1]


class Graph:
    """The calls between ``inputs`` and ``outputs``, flat lists, to be run on other values.

    ``known`` tells further tensors that are given, beside the inputs: those that the run is told in ``values``.
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
        self.calls = makers(outputs, lambda x: id(x) in given or known(x))

    def run(self, arguments: Sequence[Any], values: dict[int, Any] | None = None) -> list[Any]:
        """The outputs for ``arguments`` in place of the inputs; ``values`` are other known ones, by identity."""
        found: dict[Any, Any] = dict(values or {})
        found.update((id(x), value) for x, value in zip(self.inputs, arguments, strict=True))

        def current(x: Any) -> Any:
            if type(x) is not KerasTensor:
                return x
            if id(x) in found:
                return found[id(x)]
            return found[_call_key(x), x.history[3]] if isinstance(x.history, tuple) else found[id(x)]

        for call in self.calls:
            if isinstance(call, SymbolicCall):
                args, kwargs = map_structure(current, (call.args, call.kwargs))
                results = flatten(call.layer(*args, **kwargs))
                found.update((id(x), y) for x, y in zip(call.outputs, results, strict=True))
            else:
                op, inputs, attrs, _ = call
                results = op(*map(current, inputs), **attrs)
                for i, y in enumerate(results if isinstance(results, list) else [results]):
                    found[id(inputs), i] = y
        return [current(x) for x in self.outputs]
