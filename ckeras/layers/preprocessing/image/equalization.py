"""Equalization."""

from __future__ import annotations

from typing import Any

import numpy as np

from ckeras import ops, registry
from ckeras.layers.preprocessing.image.base import within
from ckeras.layers.preprocessing.image.color import ColorLayer
from ckeras.layers.preprocessing.image.options import positive_integer


@registry.layers.ship()
class Equalization(ColorLayer):
    """While training, equalizes the histogram of each channel.

    A value x, from 0 to 255, becomes 255 (cdf(x) - cdf_min) / (cdf_max - cdf_min), rounded, where cdf is the cumulative
    histogram of the channel over all images of the batch, as in Keras. A channel of one bin stays.

    Args:
        value_range: minimum and maximum of the values of images.
        bins: number of bins of the histogram.
        data_format: "channels_last", "channels_first", or `None` for the default.
        **kwargs: ``bounding_box_format`` and the arguments of `Layer`.

    >>> import numpy as np
    >>> layer = Equalization(data_format="channels_last")
    >>> layer(np.array([[[10.0], [20.0], [20.0], [30.0]]]), training=True)[0, :, 0].tolist()
    [0.0, 170.0, 170.0, 255.0]
    """

    _arguments = ("bins", "value_range")

    def __init__(self, value_range: Any = (0, 255), bins: int = 256, data_format: str | None = None, **kwargs: Any):
        super().__init__(value_range, data_format=data_format, **kwargs)
        self.bins = positive_integer(bins, type(self).__name__, "bins")

    def _recolored(self, images: Any, transformation: Any) -> Any:
        channels, bins = self._sizes(images).channels, self.bins
        values = within(images, self.value_range, (0, 255))
        unknown = ops.isnan(values)  # NaN counts as 0, and stays
        bin_of = ops.cast(ops.clip(ops.where(unknown, 0.0, values) * ((bins - 1) / 255.0), 0, bins - 1), "int32")
        shape = (-1, *(1,) * (2 if self.data_format == "channels_first" else 0))
        entries = bin_of + np.reshape(np.arange(channels, dtype="int32") * bins, shape)  # a histogram for each channel
        flat = ops.reshape(entries, (-1,))
        counts = ops.segment_sum(ops.ones_like(flat), flat, num_segments=channels * bins)
        counts = ops.reshape(counts, (channels, bins))
        cumulative = ops.cumsum(counts, axis=1)
        total = cumulative[:, -1:]
        first = ops.min(ops.where(cumulative > 0, cumulative, total), axis=1, keepdims=True)
        span = ops.cast(ops.maximum(total - first, 1), images.dtype)
        table = ops.clip(ops.round(ops.cast(cumulative - first, images.dtype) * 255.0 / span), 0.0, 255.0)
        found = ops.take(ops.reshape(table, (-1,)), entries)
        flat_channel = ops.reshape(ops.sum(ops.cast(counts > 0, "int32"), axis=1) <= 1, shape)
        stays = ops.logical_or(flat_channel, unknown)
        return within(ops.where(stays, values, found), (0, 255), self.value_range)
