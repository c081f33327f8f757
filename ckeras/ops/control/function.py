"""`Function`: the graph between symbolic tensors as a callable."""

from __future__ import annotations

from typing import Any

import numpy as np

from ckeras.ops.control.cond import outline
from ckeras.ops.control.operation import Operation
from ckeras.tensor import KerasTensor, as_tensor
from ckeras.tensor.graph import Graph, inferring
from ckeras.tensor.structure import flatten, map_structure, pack

_STRUCTURES = ("_inputs_struct", "_outputs_struct")


class Function(Operation):
    """A callable that applies the operations between symbolic inputs and outputs to other inputs.

    Unlike a model it has no variables, losses or training loop; layers among the operations keep theirs.

    Args:
        inputs: a symbolic tensor, or a structure of them.
        outputs: symbolic tensors that depend on no other symbolic tensors than the inputs.
        name: generated if not given.

    Raises:
        ValueError: if there are no inputs or outputs, or an output depends on other symbolic tensors.

    >>> x, y = KerasTensor((None, 2)), KerasTensor((None, 2))
    >>> f = Function([x, y], {"sum": x + y, "product": x * y})
    >>> f([[[1.0, 2.0]], [[3.0, 4.0]]])["product"].tolist()
    [[3.0, 8.0]]
    """

    def __init__(self, inputs: Any, outputs: Any, name: str | None = None):
        super().__init__(name=name)
        self._inputs_struct, self._outputs_struct = inputs, outputs
        for which, structure in (("inputs", inputs), ("outputs", outputs)):
            leaves = flatten(structure)
            if not leaves or not all(type(x) is KerasTensor for x in leaves):
                raise ValueError(f"Function expects {which} to be one or more symbolic tensors, got {structure!r:.200}")
        self._graph = Graph(flatten(inputs), flatten(outputs))

    @property
    def inputs(self) -> list[KerasTensor]:
        """The symbolic inputs, in a flat list."""
        return list(self._graph.inputs)

    @property
    def outputs(self) -> list[KerasTensor]:
        """The symbolic outputs, in a flat list."""
        return list(self._graph.outputs)

    @property
    def operations(self) -> list[Any]:
        """The unique layers and operations between inputs and outputs, the furthest from the outputs first."""
        return list(self._graph.operations)

    def call(self, inputs: Any) -> Any:
        """Compute the outputs for other inputs, which have the structure and ranks of the symbolic ones."""
        return pack(self._outputs_struct, self._graph.run(self._checked(inputs)))

    def compute_output_spec(self, inputs: Any) -> Any:
        """Return symbolic outputs for symbolic inputs."""
        given = self._checked(inputs)
        if [x.shape for x in given] == [x.shape for x in self.inputs]:
            return map_structure(lambda x: KerasTensor(x.shape, x.dtype), self._outputs_struct)
        with inferring():
            return super().compute_output_spec(inputs)

    def compute_output_shape(self, input_shape: Any) -> Any:
        """The shapes of the outputs for shapes of the inputs."""
        shapes = [input_shape] if len(self.inputs) == 1 and _is_shape(input_shape) else _shapes(input_shape)
        symbols = [KerasTensor(s, x.dtype) for s, x in zip(shapes, self.inputs, strict=True)]
        return map_structure(lambda x: x.shape, self.compute_output_spec(pack(self._inputs_struct, symbols)))

    def __getstate__(self) -> dict[str, Any]:
        shapes = {name: map_structure(lambda _: None, getattr(self, name)) for name in _STRUCTURES}
        return {**super().__getstate__(), **shapes}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        for name, tensors in zip(_STRUCTURES, (self._graph.inputs, self._graph.outputs), strict=True):
            self.__dict__[name] = pack(state[name], tensors)

    def _checked(self, inputs: Any) -> list[Any]:
        if isinstance(self._inputs_struct, KerasTensor):
            inputs = inputs if isinstance(inputs, KerasTensor) else as_tensor(inputs)
        elif isinstance(self._inputs_struct, (list, tuple)) and isinstance(inputs, (list, tuple)):
            inputs = [as_tensor(x) if isinstance(y, KerasTensor) else x for x, y in zip(inputs, self._inputs_struct)]  # noqa: B905
        if outline(inputs) != outline(self._inputs_struct):
            raise ValueError(
                f"{self.name} expects inputs of the structure {outline(self._inputs_struct)}, got {outline(inputs)}"
            )
        found = [x if type(x) is KerasTensor else as_tensor(x) for x in flatten(inputs)]
        for i, (x, known) in enumerate(zip(found, self.inputs, strict=True)):
            fits = len(x.shape) == len(known.shape) and all(
                None in (a, b) or a == b for a, b in zip(x.shape, known.shape, strict=True)
            )
            if not fits:
                raise ValueError(f"{self.name} expects its input {i} to have the shape {known.shape}, got {x.shape}")
        return found


def _is_shape(value: Any) -> bool:
    return isinstance(value, (list, tuple)) and all(d is None or isinstance(d, (int, np.integer)) for d in value)


def _shapes(structure: Any) -> list[Any]:
    if _is_shape(structure):
        return [tuple(structure)]
    parts = [structure[key] for key in sorted(structure)] if isinstance(structure, dict) else structure
    return [shape for part in parts for shape in _shapes(part)]
