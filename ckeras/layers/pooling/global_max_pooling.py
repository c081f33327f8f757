"""GlobalMaxPooling1D, GlobalMaxPooling2D, GlobalMaxPooling3D."""

from typing import Any

from ckeras import ops, registry
from ckeras.layers.pooling.pool import GlobalPool


class _GlobalMaxPooling(GlobalPool):
    def call(self, inputs: Any) -> Any:
        if 0 in [inputs.shape[a] for a in self._axes]:
            raise ValueError(f"layer {self.name!r} expects inputs with elements, got shape {tuple(inputs.shape)}")
        return ops.max(inputs, axis=self._axes, keepdims=self.keepdims)


@registry.layers.ship("GlobalMaxPool1D")
class GlobalMaxPooling1D(_GlobalMaxPooling):
    """The maximum of each channel of sequences.

    Args:
        data_format: "channels_last" or "channels_first"; the configured one by default.
        keepdims: whether the spatial axes stay, with size 1.

    Shapes: (batch, steps, channels), or channels first -> (batch, channels).

    >>> import ckeras
    >>> GlobalMaxPooling1D()(ckeras.ops.ones((1, 4, 2))).shape
    (1, 2)
    """

    _rank = 1


@registry.layers.ship("GlobalMaxPool2D")
class GlobalMaxPooling2D(_GlobalMaxPooling):
    """The maximum of each channel of images.

    Args:
        data_format: "channels_last" or "channels_first"; the configured one by default.
        keepdims: whether the spatial axes stay, with size 1.

    Shapes: (batch, height, width, channels), or channels first -> (batch, channels).

    >>> import ckeras
    >>> GlobalMaxPooling2D()(ckeras.ops.ones((1, 4, 4, 2))).shape
    (1, 2)
    """

    _rank = 2


@registry.layers.ship("GlobalMaxPool3D")
class GlobalMaxPooling3D(_GlobalMaxPooling):
    """The maximum of each channel of volumes.

    Args:
        data_format: "channels_last" or "channels_first"; the configured one by default.
        keepdims: whether the spatial axes stay, with size 1.

    Shapes: (batch, depth, height, width, channels), or channels first -> (batch, channels).

    >>> import ckeras
    >>> GlobalMaxPooling3D()(ckeras.ops.ones((1, 4, 4, 4, 2))).shape
    (1, 2)
    """

    _rank = 3


GlobalMaxPool1D = GlobalMaxPooling1D
GlobalMaxPool2D = GlobalMaxPooling2D
GlobalMaxPool3D = GlobalMaxPooling3D
