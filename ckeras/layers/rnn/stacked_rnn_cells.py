"""StackedRNNCells."""

from __future__ import annotations

from typing import Any

from ckeras import registry
from ckeras.layers.layer import Layer
from ckeras.layers.rnn.cells import check_cell, initial_states, output_size
from ckeras.layers.signatures import takes
from ckeras.tensor.structure import flatten, map_structure


@registry.layers.ship()
class StackedRNNCells(Layer):
    """A stack of cells as one cell: the output of each is the input of the next.

    Args:
        cells: a list of cells, as for `RNN`.

    Its states are a list of the states of each cell: a tensor, or a list of tensors.

    >>> import ckeras
    >>> from ckeras import layers
    >>> cell = StackedRNNCells([layers.LSTMCell(3), layers.GRUCell(4)])
    >>> layers.RNN(cell)(ckeras.ops.ones((2, 7, 5))).shape
    (2, 4)
    """

    def __init__(self, cells: Any, **kwargs: Any):
        super().__init__(**kwargs)
        if not cells:
            raise ValueError("StackedRNNCells expects at least one cell, got none")
        for cell in cells:
            check_cell(cell, "StackedRNNCells")
        self.cells = list(cells)

    @property
    def state_size(self) -> list[Any]:
        """The state sizes of the cells."""
        return [cell.state_size for cell in self.cells]

    @property
    def output_size(self) -> int:
        """The size of the last cell's output."""
        return output_size(self.cells[-1])

    def get_initial_state(self, batch_size: int | None = None) -> list[Any]:
        """The initial states of the cells."""
        return [initial_states(cell, batch_size, self.compute_dtype) for cell in self.cells]

    def build(self, input_shape: Any) -> None:
        for cell in self.cells:
            if isinstance(cell, Layer) and not cell.built:
                cell._build(input_shape)
            input_shape = (flatten(input_shape)[0], output_size(cell))

    def compute_output_shape(self, input_shape: Any, states_shape: Any = None) -> Any:
        """The shapes of the output and of the list of states."""
        batch = input_shape[0]
        return (batch, self.output_size), map_structure(lambda n: (batch, n), self.state_size)

    def call(self, inputs: Any, states: Any, training: Any = False, **kwargs: Any) -> tuple[Any, list[Any]]:
        found = []
        for cell, own in zip(self.cells, states, strict=True):
            nested = isinstance(own, (list, tuple))
            more = {**kwargs, "training": training} if isinstance(cell, Layer) and takes(cell, "training") else kwargs
            inputs, new = (cell if callable(cell) else cell.call)(inputs, list(own) if nested else [own], **more)
            new = list(new) if isinstance(new, (list, tuple)) else [new]
            found.append(new if nested else new[0])
        return inputs, found

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "cells": [registry.layers.serialize(cell) for cell in self.cells]}

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: dict[str, Any] | None = None) -> Layer:
        cells = [registry.layers.deserialize(cell, custom_objects) for cell in config["cells"]]
        return super().from_config({**config, "cells": cells})
