"""TimeDistributed."""

from __future__ import annotations

from typing import Any

from ckeras import ops, registry
from ckeras.layers.core.wrapper import Wrapper
from ckeras.layers.layer import Layer
from ckeras.layers.output_spec import output_spec
from ckeras.layers.rnn.losses import added_losses, keep_losses
from ckeras.layers.signatures import takes


@registry.layers.ship()
class TimeDistributed(Wrapper):
    """Apply a layer to each step of sequences.

    All steps are computed at once where that is the same: where the layer has batched ops alone and changes no state.
    Otherwise, as with dropout or batch normalization in training, one step follows another.

    Args:
        layer: a layer with one input and one output.

    Shapes: (batch, steps, ...) -> (batch, steps, ...), where the layer maps (batch, ...) to (batch, ...).

    Raises ValueError for inputs with fewer than 3 axes, and for a mask that is not (batch, steps).

    >>> import ckeras
    >>> TimeDistributed(ckeras.layers.Dense(3))(ckeras.ops.ones((2, 7, 5))).shape
    (2, 7, 3)
    """

    def __init__(self, layer: Layer, **kwargs: Any):
        super().__init__(layer, **kwargs)
        self.supports_masking = True

    def _step_shape(self, shape: Any) -> tuple[int | None, ...]:
        if not isinstance(shape, (list, tuple)) or len(shape) < 3 or isinstance(shape[0], (list, tuple)):
            raise ValueError(
                f"layer {self.name!r} expects an input of shape (batch, steps, ...) with 3 axes or more, got {shape}"
            )
        return (shape[0], *shape[2:])

    def build(self, input_shape: Any) -> None:
        super().build(self._step_shape(input_shape))

    def compute_output_shape(self, input_shape: Any) -> tuple[int | None, ...]:
        batch, *rest = self.layer.compute_output_shape(self._step_shape(input_shape))
        return (batch, input_shape[1], *rest)

    def compute_output_spec(self, inputs: Any, training: Any = None, mask: Any = None) -> Any:
        self._check_mask(inputs, mask)
        return output_spec(self, self.compute_output_shape(inputs.shape), self.compute_dtype)

    def _check_mask(self, inputs: Any, mask: Any) -> None:
        if mask is not None and (
            mask.ndim < 2
            or any(None not in (m, n) and m != n for m, n in zip(mask.shape[:2], inputs.shape[:2], strict=True))
        ):
            raise ValueError(
                f"layer {self.name!r} expects mask to have shape {tuple(inputs.shape[:2])}, got {tuple(mask.shape)}"
            )

    def call(self, inputs: Any, training: Any = None, mask: Any = None) -> Any:
        self._step_shape(inputs.shape)
        self._check_mask(inputs, mask)
        more = {"training": training} if takes(self.layer, "training") else {}
        rows = {"x": ops.swapaxes(inputs, 0, 1)}
        if mask is not None and takes(self.layer, "mask"):
            rows["mask"] = ops.swapaxes(mask, 0, 1)

        def step(row: dict[str, Any]) -> Any:
            masks = {"mask": row["mask"]} if "mask" in row else {}
            return added_losses(self.layer, lambda: self.layer(row["x"], **masks, **more))

        outputs, losses = ops.vectorized_map(step, rows)
        keep_losses(self.layer, losses)
        return ops.swapaxes(outputs, 0, 1)
