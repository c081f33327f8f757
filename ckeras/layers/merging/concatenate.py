"""Concatenate."""

from collections.abc import Sequence
from typing import Any

from ckeras import ops, registry
from ckeras.layers.layer import Layer
from ckeras.layers.merging.merge import check_masks, check_shapes
from ckeras.tensor import arguments


@registry.layers.ship()
class Concatenate(Layer):
    """Concatenate a list of inputs along an axis; the sizes of all other axes must agree.

    Args:
        axis: the axis, counted from the batch at 0, or from the end if negative.

    A mask of the output joins those of the inputs, where an input without one counts as not masked.

    >>> import ckeras
    >>> Concatenate(axis=1)([ckeras.ops.ones((2, 3)), ckeras.ops.ones((2, 1))]).shape
    (2, 4)
    """

    def __init__(self, axis: int = -1, **kwargs: Any):
        super().__init__(**kwargs)
        self.axis = arguments.integer(axis, "Concatenate", "axis")
        self.supports_masking = True

    def build(self, input_shape: Any) -> None:
        self.compute_output_shape(input_shape)

    def call(self, inputs: Any) -> Any:
        if not isinstance(inputs, (list, tuple)):
            check_shapes(self, tuple(inputs.shape))
        self.compute_output_shape([tuple(x.shape) for x in inputs])
        return ops.concatenate(inputs, axis=self.axis)

    def compute_output_shape(self, input_shape: Any) -> tuple[int | None, ...]:
        shapes = check_shapes(self, input_shape)
        axis = arguments.axis(self.axis, len(shapes[0]), f"layer {self.name!r}")
        known = [{size for size in sizes if size is not None} for sizes in zip(*shapes, strict=False)]
        others = [sizes for i, sizes in enumerate(known) if i != axis]
        if len({len(s) for s in shapes}) > 1 or any(len(sizes) > 1 for sizes in others):
            raise ValueError(
                f"layer {self.name!r} expects inputs whose shapes agree but for axis {axis}, got shapes {shapes}"
            )
        joined = [s[axis] for s in shapes]
        output = [next(iter(sizes), None) for sizes in known]
        output[axis] = None if None in joined else sum(joined)
        return tuple(output)

    def compute_mask(self, inputs: Any, mask: Any = None) -> Any:
        masks = check_masks(self, inputs, mask)
        if not masks:
            return None
        full = [_of_rank(m, x) for m, x in zip(masks, inputs, strict=True)]
        return ops.any(ops.concatenate(full, axis=self.axis), axis=-1)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "axis": self.axis}


def _of_rank(mask: Any, x: Any) -> Any:
    """A mask broadcast to the shape of the tensor; true everywhere if there is none."""
    if mask is None:
        return ops.ones_like(x, dtype="bool")
    for _ in range(len(x.shape) - len(mask.shape)):
        mask = ops.expand_dims(mask, -1)
    return ops.logical_and(mask, ops.ones_like(x, dtype="bool"))


def concatenate(inputs: Sequence[Any], axis: int = -1, **kwargs: Any) -> Any:
    """`Concatenate` called on a list of inputs; ``axis`` and ``kwargs`` are those of the layer."""
    return Concatenate(axis=axis, **kwargs)(inputs)
