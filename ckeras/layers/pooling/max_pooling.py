"""MaxPooling1D, MaxPooling2D, MaxPooling3D."""

from typing import Any

from ckeras import ops, registry
from ckeras.layers.pooling.pool import Pool


class _MaxPooling(Pool):
    def call(self, inputs: Any) -> Any:
        self.compute_output_shape(inputs.shape)
        return ops.max_pool(inputs, self.pool_size, self.strides, self.padding, self.data_format)


@registry.layers.ship("MaxPool1D")
class MaxPooling1D(_MaxPooling):
    """The maximum of each window of sequences.

    Args:
        pool_size: size of the windows.
        strides: distance between windows; their size by default.
        padding: "valid", or "same" for ceil(size / stride) windows.
        data_format: "channels_last" or "channels_first"; the configured one by default.
        name: of the layer.

    Shapes: (batch, steps, channels), or channels first -> the same with fewer steps.

    >>> import ckeras
    >>> MaxPooling1D(2)(ckeras.ops.ones((1, 4, 2))).shape
    (1, 2, 2)
    """

    _rank = 1

    def __init__(
        self,
        pool_size: Any = 2,
        strides: Any = None,
        padding: str = "valid",
        data_format: str | None = None,
        name: str | None = None,
        **kwargs: Any,
    ):
        super().__init__(pool_size, strides, padding, data_format, name, **kwargs)


@registry.layers.ship("MaxPool2D")
class MaxPooling2D(_MaxPooling):
    """The maximum of each window of images.

    Args:
        pool_size: size of the windows, an integer or one for each spatial axis.
        strides: distance between windows; their size by default.
        padding: "valid", or "same" for ceil(size / stride) windows.
        data_format: "channels_last" or "channels_first"; the configured one by default.
        name: of the layer.

    Shapes: (batch, height, width, channels), or channels first -> the same with fewer height, width.

    >>> import ckeras
    >>> MaxPooling2D(2)(ckeras.ops.ones((1, 4, 4, 2))).shape
    (1, 2, 2, 2)
    """

    _rank = 2

    def __init__(
        self,
        pool_size: Any = (2, 2),
        strides: Any = None,
        padding: str = "valid",
        data_format: str | None = None,
        name: str | None = None,
        **kwargs: Any,
    ):
        super().__init__(pool_size, strides, padding, data_format, name, **kwargs)


@registry.layers.ship("MaxPool3D")
class MaxPooling3D(_MaxPooling):
    """The maximum of each window of volumes.

    Args:
        pool_size: size of the windows, an integer or one for each spatial axis.
        strides: distance between windows; their size by default.
        padding: "valid", or "same" for ceil(size / stride) windows.
        data_format: "channels_last" or "channels_first"; the configured one by default.
        name: of the layer.

    Shapes: (batch, depth, height, width, channels), or channels first -> the same with fewer depth, height, width.

    >>> import ckeras
    >>> MaxPooling3D(2)(ckeras.ops.ones((1, 4, 4, 4, 2))).shape
    (1, 2, 2, 2, 2)
    """

    _rank = 3

    def __init__(
        self,
        pool_size: Any = (2, 2, 2),
        strides: Any = None,
        padding: str = "valid",
        data_format: str | None = None,
        name: str | None = None,
        **kwargs: Any,
    ):
        super().__init__(pool_size, strides, padding, data_format, name, **kwargs)


MaxPool1D = MaxPooling1D
MaxPool2D = MaxPooling2D
MaxPool3D = MaxPooling3D
