"""Functional models."""

from __future__ import annotations

from typing import Any

from ckeras import registry
from ckeras.models.model import Model


@registry.layers.ship()
class Functional(Model):
    """The model that `Model(inputs, outputs)` makes: it computes the graph of layers between symbolic tensors.

    Args:
        inputs, outputs: symbolic tensors, or lists or dicts of them.
        name: generated if not given.
        kwargs: ``trainable``.

    >>> import ckeras
    >>> x = ckeras.Input((3,), name="x")
    >>> model = ckeras.Model(x, [ckeras.layers.Dense(2)(x), x + 1.0])
    >>> type(model).__name__, model.output_shape
    ('Functional', [(None, 2), (None, 3)])
    """

    keras_module = "keras.src.models.functional"

    def __init__(self, inputs: Any, outputs: Any, name: str | None = None, **kwargs: Any):
        super().__init__(inputs=inputs, outputs=outputs, name=name, **kwargs)


Model.graph_class = Functional
