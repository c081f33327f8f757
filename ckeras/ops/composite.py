"""Functions that are one call in a model's graph, and several rows where they are computed."""

from collections.abc import Callable
from typing import Any

from ckeras.autograd import KerasTensor, Op, Tensor
from ckeras.ops.layout import tensor


class Composite(Op):
    """A function made of rows whose symbolic call is kept whole.

    Rows that cut and fold axes need to know their sizes, which may be unknown (`None`) in a model's graph. There a
    composite says the result's shape and dtype by its ``infer``, and it is taken apart where the sizes are known: when
    it runs, or is traced.

    Args:
        name: in the op table.
        infer: as that of `Op`.
        compose: ``compose(*tensors, **attrs)``, the function itself.
    """

    def __init__(self, name: str, infer: Callable[..., Any], compose: Callable[..., Any]):
        super().__init__(name, infer)
        self._compose = compose

    def __call__(self, *inputs: Any, **attrs: Any) -> Any:
        tensors: list[Tensor] = [tensor(x) for x in inputs]
        if any(type(x) is KerasTensor for x in tensors):
            return self._symbolic(tensors, attrs)
        return self._compose(*tensors, **attrs)
