"""Compositions of ops that a symbolic graph records as one call."""

from collections.abc import Callable, Sequence
from typing import Any

from ckeras.compiler.trace import trace
from ckeras.tensor import KerasTensor, Op, Spec, as_tensor

STAND_INS = (83, 89)  # sizes for unknown dimensions; dimensions of results that depend on them are unknown


class Composite(Op):
    """An op that is a composition of others and needs to know the sizes of its arguments.

    On tensors with values and on traced ones it runs the composition. On symbolic ones it is one call in the model's
    graph; the shape of its result is found by tracing the composition.

    Args:
        name: the key in the table.
        function: ``function(*tensors, **attrs)`` gives a tensor or a list of them.
        infer: as in `Op`, where the shapes of the results depend on values.
    """

    def __init__(self, name: str, function: Callable[..., Any], infer: Callable[..., Any] | None = None):
        super().__init__(name, infer=infer or self._traced)
        self.function = function

    def __call__(self, *inputs: Any, **attrs: Any) -> Any:
        tensors = [as_tensor(x) for x in inputs]
        if any(type(x) is KerasTensor for x in tensors):
            return self._symbolic(tensors, attrs)
        return self.function(*tensors, **attrs)

    def _traced(self, *inputs: Spec, **attrs: Any) -> Any:
        unknown = any(None in x.shape for x in inputs)
        found = [self._results(inputs, attrs, size) for size in STAND_INS[: 1 + unknown]]
        specs = [_agreed(same) for same in zip(*(f for f, _ in found), strict=True)]
        return specs if found[0][1] else specs[0]

    def _results(self, inputs: Sequence[Spec], attrs: dict[str, Any], size: int) -> tuple[list[Spec], bool]:
        """Specs of the results with ``size`` for unknown dimensions, and whether the result is a list."""
        specs = [Spec(tuple(size if d is None else d for d in x.shape), x.dtype) for x in inputs]
        graph, result = trace(lambda *tensors: self.function(*tensors, **attrs), specs, tuple)
        return [Spec(y.shape, y.dtype) for y in graph.outputs], isinstance(result, list)


def _agreed(specs: Sequence[Spec]) -> Spec:
    dims = zip(*(s.shape for s in specs), strict=True)
    return Spec(tuple(d[0] if len(set(d)) == 1 else None for d in dims), specs[0].dtype)


def composite(function: Callable[..., Any]) -> Composite:
    """Register a private function as an op of the same name: ``_stft`` becomes ``stft``."""
    return Composite(function.__name__.lstrip("_"), function)
