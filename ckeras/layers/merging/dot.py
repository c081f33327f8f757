"""Dot."""

from collections.abc import Sequence
from typing import Any

from ckeras import ops, registry
from ckeras.layers.layer import Layer
from ckeras.layers.merging.merge import check_shapes
from ckeras.tensor import arguments


@registry.layers.ship()
class Dot(Layer):
    """Product of two inputs, sample by sample, summed over an axis of each.

    Args:
        axes: the axis of both inputs, or one for each; not the batch, 0.
        normalize: whether the inputs are first divided by their L2 norms along these axes, which gives the cosine of
            their angle.

    Shapes: (batch, ..., n, ...), (batch, ..., n, ...) -> (batch, the other axes of the first input, those of the
    second); (batch, 1) for two matrices.

    >>> import ckeras
    >>> Dot(axes=(1, 2))([ckeras.ops.ones((5, 3, 4)), ckeras.ops.ones((5, 2, 3))]).shape
    (5, 4, 2)
    """

    def __init__(self, axes: Any, normalize: bool = False, **kwargs: Any):
        super().__init__(**kwargs)
        pair = arguments.integers(axes, "Dot", "axes")
        if not isinstance(axes, int) and len(pair) != 2:
            raise ValueError(f"Dot expects axes to be one integer or two, got {axes!r}")
        self.axes = axes if isinstance(axes, int) else pair
        self.normalize = arguments.flag(normalize, "Dot", "normalize")
        self.supports_masking = True

    def build(self, input_shape: Any) -> None:
        self.compute_output_shape(input_shape)

    def _axes_of(self, shapes: list[tuple]) -> tuple[int, int]:
        """The axis of each input, counted from 0."""
        pair = (self.axes, self.axes) if isinstance(self.axes, int) else self.axes
        where = f"layer {self.name!r}"
        first, second = (arguments.axis(a, len(s), where, "axes") for a, s in zip(pair, shapes, strict=True))
        if 0 in (first, second):
            raise ValueError(f"{where} multiplies sample by sample: axes cannot be 0, the batch, got {self.axes}")
        return first, second

    def call(self, inputs: Any) -> Any:
        if not isinstance(inputs, (list, tuple)):
            check_shapes(self, tuple(inputs.shape), 2, 2)
        shapes = check_shapes(self, [tuple(x.shape) for x in inputs], 2, 2)
        axes = self._axes_of(shapes)
        self.compute_output_shape(shapes)
        a, b = inputs
        if self.normalize:
            a, b = (ops.normalize(x, axis=axis, order=2) for x, axis in zip((a, b), axes, strict=True))
        letters = iter("abcdefghijklmnopqrstuvwxy")
        batch, shared = next(letters), "z"
        terms = [
            "".join(batch if i == 0 else shared if i == axis else next(letters) for i in range(len(s)))
            for s, axis in zip(shapes, axes, strict=True)
        ]
        rest = "".join(t[1:].replace(shared, "") for t in terms)
        y = ops.einsum(f"{terms[0]},{terms[1]}->{batch}{rest}", a, b)
        return y if rest else ops.expand_dims(y, 1)

    def compute_output_shape(self, input_shape: Any) -> tuple[int | None, ...]:
        shapes = check_shapes(self, input_shape, 2, 2)
        if any(len(s) < 2 for s in shapes):
            raise ValueError(f"layer {self.name!r} expects inputs of rank 2 or more, got shapes {shapes}")
        axes = self._axes_of(shapes)
        sizes = [s[axis] for s, axis in zip(shapes, axes, strict=True)]
        if None not in sizes and sizes[0] != sizes[1]:
            raise ValueError(
                f"layer {self.name!r} expects axes of one size, got {sizes[0]} at axis {axes[0]} of {shapes[0]} and "
                f"{sizes[1]} at axis {axes[1]} of {shapes[1]}"
            )
        batches = [s[0] for s in shapes]
        if None not in batches and batches[0] != batches[1]:
            raise ValueError(f"layer {self.name!r} expects inputs of one batch size, got shapes {shapes}")
        rest = [d for s, axis in zip(shapes, axes, strict=True) for i, d in enumerate(s) if i not in (0, axis)]
        return (batches[0] if batches[1] is None else batches[1], *(rest or [1]))

    def compute_mask(self, inputs: Any, mask: Any = None) -> None:
        return None

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "axes": self.axes, "normalize": self.normalize}


def dot(inputs: Sequence[Any], axes: Any = -1, **kwargs: Any) -> Any:
    """`Dot` called on two inputs; ``axes`` and ``kwargs`` are those of the layer."""
    return Dot(axes=axes, **kwargs)(inputs)
