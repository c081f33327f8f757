"""AdaptiveAveragePooling1D to 3D and AdaptiveMaxPooling1D to 3D."""

from typing import Any

from ckeras import ops, registry
from ckeras.layers.pooling.pool import AdaptivePool


class _AdaptiveAveragePooling(AdaptivePool):
    def call(self, inputs: Any) -> Any:
        return ops.adaptive_average_pool(inputs, self.output_size, self.data_format)


class _AdaptiveMaxPooling(AdaptivePool):
    def call(self, inputs: Any) -> Any:
        return ops.adaptive_max_pool(inputs, self.output_size, self.data_format)


@registry.layers.ship()
class AdaptiveAveragePooling1D(_AdaptiveAveragePooling):
    """The mean of each of ``output_size`` windows of sequences, whose sizes follow from the input's.

    Window i of n along an axis of some size extends from floor(i * size / n) to ceil((i + 1) * size / n).

    Args:
        output_size: number of windows.
        data_format: "channels_last" or "channels_first"; the configured one by default.

    >>> import ckeras
    >>> AdaptiveAveragePooling1D(3)(ckeras.ops.ones((1, 4, 2))).shape
    (1, 3, 2)
    """

    _rank = 1


@registry.layers.ship()
class AdaptiveAveragePooling2D(_AdaptiveAveragePooling):
    """The mean of each of ``output_size`` windows of images, whose sizes follow from the input's.

    Window i of n along an axis of some size extends from floor(i * size / n) to ceil((i + 1) * size / n).

    Args:
        output_size: number of windows, an integer or one for each spatial axis.
        data_format: "channels_last" or "channels_first"; the configured one by default.

    >>> import ckeras
    >>> AdaptiveAveragePooling2D(3)(ckeras.ops.ones((1, 4, 4, 2))).shape
    (1, 3, 3, 2)
    """

    _rank = 2


@registry.layers.ship()
class AdaptiveAveragePooling3D(_AdaptiveAveragePooling):
    """The mean of each of ``output_size`` windows of volumes, whose sizes follow from the input's.

    Window i of n along an axis of some size extends from floor(i * size / n) to ceil((i + 1) * size / n).

    Args:
        output_size: number of windows, an integer or one for each spatial axis.
        data_format: "channels_last" or "channels_first"; the configured one by default.

    >>> import ckeras
    >>> AdaptiveAveragePooling3D(3)(ckeras.ops.ones((1, 4, 4, 4, 2))).shape
    (1, 3, 3, 3, 2)
    """

    _rank = 3


@registry.layers.ship()
class AdaptiveMaxPooling1D(_AdaptiveMaxPooling):
    """The maximum of each of ``output_size`` windows of sequences, whose sizes follow from the input's.

    Window i of n along an axis of some size extends from floor(i * size / n) to ceil((i + 1) * size / n).

    Args:
        output_size: number of windows.
        data_format: "channels_last" or "channels_first"; the configured one by default.

    >>> import ckeras
    >>> AdaptiveMaxPooling1D(3)(ckeras.ops.ones((1, 4, 2))).shape
    (1, 3, 2)
    """

    _rank = 1


@registry.layers.ship()
class AdaptiveMaxPooling2D(_AdaptiveMaxPooling):
    """The maximum of each of ``output_size`` windows of images, whose sizes follow from the input's.

    Window i of n along an axis of some size extends from floor(i * size / n) to ceil((i + 1) * size / n).

    Args:
        output_size: number of windows, an integer or one for each spatial axis.
        data_format: "channels_last" or "channels_first"; the configured one by default.

    >>> import ckeras
    >>> AdaptiveMaxPooling2D(3)(ckeras.ops.ones((1, 4, 4, 2))).shape
    (1, 3, 3, 2)
    """

    _rank = 2


@registry.layers.ship()
class AdaptiveMaxPooling3D(_AdaptiveMaxPooling):
    """The maximum of each of ``output_size`` windows of volumes, whose sizes follow from the input's.

    Window i of n along an axis of some size extends from floor(i * size / n) to ceil((i + 1) * size / n).

    Args:
        output_size: number of windows, an integer or one for each spatial axis.
        data_format: "channels_last" or "channels_first"; the configured one by default.

    >>> import ckeras
    >>> AdaptiveMaxPooling3D(3)(ckeras.ops.ones((1, 4, 4, 4, 2))).shape
    (1, 3, 3, 3, 2)
    """

    _rank = 3
