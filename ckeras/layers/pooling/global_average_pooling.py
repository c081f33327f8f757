"""GlobalAveragePooling1D, GlobalAveragePooling2D, GlobalAveragePooling3D."""

from typing import Any

from ckeras import ops, registry
from ckeras.layers.pooling.pool import GlobalPool


class _GlobalAveragePooling(GlobalPool):
    def call(self, inputs: Any) -> Any:
        return ops.mean(inputs, axis=self._axes, keepdims=self.keepdims)


@registry.layers.ship("GlobalAvgPool1D")
class GlobalAveragePooling1D(GlobalPool):
    """The mean of each channel of sequences, over the timesteps that a mask selects.

    Args:
        data_format: "channels_last" or "channels_first"; the configured one by default.
        keepdims: whether the axis of the timesteps stays, with size 1.

    Call arguments:
        inputs: (batch, steps, channels), or (batch, channels, steps).
        mask: booleans, (batch, steps). The mean of a sequence with no timestep to use is NaN.

    >>> import ckeras
    >>> x = ckeras.ops.array([[[1.0], [3.0], [8.0]]])
    >>> GlobalAveragePooling1D()(x, mask=ckeras.ops.array([[True, True, False]])).tolist()
    [[2.0]]
    """

    _rank = 1

    def __init__(self, data_format: str | None = None, keepdims: bool = False, **kwargs: Any):
        super().__init__(data_format, keepdims, **kwargs)
        self.supports_masking = True

    def call(self, inputs: Any, mask: Any = None) -> Any:
        if mask is None:
            return ops.mean(inputs, axis=self._axes, keepdims=self.keepdims)
        step = self._axes[0]
        sizes = tuple(mask.shape), (inputs.shape[0], inputs.shape[step])
        if len(mask.shape) != 2 or any(None not in pair and len({*pair}) > 1 for pair in zip(*sizes, strict=False)):
            raise ValueError(
                f"layer {self.name!r} expects a mask of shape (batch, steps) for inputs of shape "
                f"{tuple(inputs.shape)}, got shape {tuple(mask.shape)}"
            )
        used = ops.expand_dims(ops.cast(mask, inputs.dtype), 3 - step)
        total = ops.sum(inputs * used, axis=step, keepdims=self.keepdims)
        return total / ops.sum(used, axis=step, keepdims=self.keepdims)

    def compute_mask(self, inputs: Any, mask: Any = None) -> None:
        return None


@registry.layers.ship("GlobalAvgPool2D")
class GlobalAveragePooling2D(_GlobalAveragePooling):
    """The mean of each channel of images.

    Args:
        data_format: "channels_last" or "channels_first"; the configured one by default.
        keepdims: whether the spatial axes stay, with size 1.

    Shapes: (batch, height, width, channels), or channels first -> (batch, channels).

    >>> import ckeras
    >>> GlobalAveragePooling2D()(ckeras.ops.ones((1, 4, 4, 2))).shape
    (1, 2)
    """

    _rank = 2


@registry.layers.ship("GlobalAvgPool3D")
class GlobalAveragePooling3D(_GlobalAveragePooling):
    """The mean of each channel of volumes.

    Args:
        data_format: "channels_last" or "channels_first"; the configured one by default.
        keepdims: whether the spatial axes stay, with size 1.

    Shapes: (batch, depth, height, width, channels), or channels first -> (batch, channels).

    >>> import ckeras
    >>> GlobalAveragePooling3D()(ckeras.ops.ones((1, 4, 4, 4, 2))).shape
    (1, 2)
    """

    _rank = 3


GlobalAvgPool1D = GlobalAveragePooling1D
GlobalAvgPool2D = GlobalAveragePooling2D
GlobalAvgPool3D = GlobalAveragePooling3D
