"""Merge: what layers that combine several inputs elementwise have in common."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ckeras import ops
from ckeras.layers.layer import Layer
from ckeras.layers.shapes import is_shape


def check_shapes(layer: Layer, shapes: Any, minimum: int = 1, maximum: int | None = None) -> list[tuple]:
    """Check that a layer gets a list of inputs, as many as it takes, whose batches have one size.

    Args:
        layer: the layer.
        shapes: those of its inputs.
        minimum, maximum: the numbers of inputs that it takes.
    """
    wanted = f"exactly {minimum} inputs" if minimum == maximum else f"a list of {minimum} or more inputs"
    if is_shape(shapes) or not isinstance(shapes, (list, tuple)) or not all(map(is_shape, shapes)):
        raise ValueError(f"layer {layer.name!r} ({type(layer).__name__}) expects {wanted}, got shape {shapes}")
    if len(shapes) < minimum or (maximum is not None and len(shapes) > maximum):
        raise ValueError(f"layer {layer.name!r} ({type(layer).__name__}) expects {wanted}, got {len(shapes)}")
    return [tuple(s) for s in shapes]


def check_masks(layer: Layer, inputs: Any, masks: Any) -> list[Any]:
    """Check that there is one mask, or None, for each input of a layer; return them, none if all are None."""
    if masks is None:
        return []
    for name, value in (("inputs", inputs), ("mask", masks)):
        if not isinstance(value, (list, tuple)):
            raise ValueError(f"layer {layer.name!r} expects {name} to be a list, got {type(value).__name__}")
    if len(inputs) != len(masks):
        raise ValueError(f"layer {layer.name!r} got {len(inputs)} inputs and {len(masks)} masks")
    return [] if all(m is None for m in masks) else list(masks)


class Merge(Layer):
    """A layer that combines a list of inputs elementwise.

    Inputs of a lower rank get axes of size 1 after the batch; then sizes of 1 are broadcast. A timestep of the output
    is masked if it is masked in all inputs; if an input has no mask, neither has the output.
    """

    _inputs = (1, None)  # minimum and maximum of their number

    def __init__(self, **kwargs: Any):
        super().__init__(**kwargs)
        self.supports_masking = True

    def merge(self, inputs: Sequence[Any]) -> Any:
        """Combine inputs of one rank. Subclasses override it."""
        raise NotImplementedError(f"{type(self).__name__} has no merge() method")

    def build(self, input_shape: Any) -> None:
        self.compute_output_shape(input_shape)

    def call(self, inputs: Any) -> Any:
        if not isinstance(inputs, (list, tuple)):
            check_shapes(self, tuple(inputs.shape))
        self.compute_output_shape([tuple(x.shape) for x in inputs])
        rank = max(len(x.shape) for x in inputs)
        return self.merge([_with_rank(x, rank) for x in inputs])

    def compute_output_shape(self, input_shape: Any) -> tuple[int | None, ...]:
        shapes = check_shapes(self, input_shape, *self._inputs)
        batches = {s[0] for s in shapes if s} - {None}
        if len(batches) > 1:
            raise ValueError(f"layer {self.name!r} expects inputs of one batch size, got shapes {shapes}")
        rank = max(map(len, shapes))
        padded = [(*s[:1], *(1,) * (rank - len(s)), *s[1:]) for s in shapes]
        try:
            return tuple(_broadcast(sizes) for sizes in zip(*padded, strict=True))
        except ValueError:
            raise ValueError(f"layer {self.name!r} cannot broadcast inputs of shapes {shapes}") from None

    def compute_mask(self, inputs: Any, mask: Any = None) -> Any:
        masks = check_masks(self, inputs, mask)
        if not masks or any(m is None for m in masks):
            return None
        used = masks[0]
        for m in masks[1:]:
            used = ops.logical_or(used, m)
        return used


def _with_rank(x: Any, rank: int) -> Any:
    for _ in range(rank - len(x.shape)):
        x = ops.expand_dims(x, 1)
    return x


def _broadcast(sizes: tuple[int | None, ...]) -> int | None:
    """The size of an axis to which these are broadcast; None if it depends on an unknown one."""
    known = {s for s in sizes if s not in (None, 1)}
    if len(known) > 1:
        raise ValueError
    if known:
        return known.pop()
    return None if None in sizes else 1
