"""ContrastLimitedAdaptiveHistogramEqualization."""

from __future__ import annotations

from typing import Any

import numpy as np

from ckeras import ops, registry
from ckeras.layers.preprocessing.image.base import within
from ckeras.layers.preprocessing.image.color import ColorLayer
from ckeras.layers.preprocessing.image.options import is_number, positive_integer

_BINS = 256


@registry.layers.ship()
class ContrastLimitedAdaptiveHistogramEqualization(ColorLayer):
    """Equalizes the histograms of tiles of each channel, with a limited contrast (CLAHE; Zuiderveld, 1994).

    The image is cut into a grid of tiles, mirrored at its end where it does not fit. Counts of a tile's histogram above
    the limit are spread over all bins; its cumulative sum, scaled to 255, maps values of the tile, and between the
    centers of tiles the maps are interpolated. Unlike other layers, this is done in inference too; the dtype of images
    stays.

    Args:
        value_range: minimum and maximum of the values of images.
        clip_limit: limit of the counts as a multiple of their mean; 0 for none.
        tile_grid_size: numbers of tiles (down, across).
        data_format: "channels_last", "channels_first", or `None` for the default.
        **kwargs: ``bounding_box_format`` and the arguments of `Layer`.

    >>> import numpy as np
    >>> ContrastLimitedAdaptiveHistogramEqualization(tile_grid_size=(2, 2))(np.ones((8, 8, 3))).shape
    (8, 8, 3)
    """

    _arguments = ("value_range", "clip_limit", "tile_grid_size")

    def __init__(
        self,
        value_range: Any = (0, 255),
        clip_limit: float = 4.0,
        tile_grid_size: Any = (8, 8),
        data_format: str | None = None,
        **kwargs: Any,
    ):
        super().__init__(value_range, data_format=data_format, **kwargs)
        kind = type(self).__name__
        if not is_number(clip_limit) or clip_limit < 0:
            raise ValueError(f"{kind} expects clip_limit to be a number of 0 or more, got {clip_limit!r}")
        if not isinstance(tile_grid_size, (tuple, list)) or len(tile_grid_size) != 2:
            raise ValueError(f"{kind} expects tile_grid_size to be two positive integers, got {tile_grid_size!r}")
        self.clip_limit = clip_limit
        self.tile_grid_size = tuple(positive_integer(n, kind, "tile_grid_size") for n in tile_grid_size)

    def transform_images(self, images: Any, transformation: Any = None, training: bool = True) -> Any:
        images = ops.convert_to_tensor(images)
        first = self.data_format == "channels_first"
        values = within(ops.cast(images, "float32"), self.value_range, (0, 255))
        last = ops.moveaxis(values, -3, -1) if first else values
        found = self._equalized(last) if len(last.shape) == 4 else self._equalized(last[None])[0]
        found = within(ops.moveaxis(found, -1, -3) if first else found, (0, 255), self.value_range)
        return ops.cast(found, images.dtype)

    def _equalized(self, images: Any) -> Any:
        """Equalize a channels-last batch of values from 0 to 255."""
        batch, height, width, channels = images.shape
        down, across = self.tile_grid_size
        rows, columns = -(-height // down), -(-width // across)
        extra = [(0, 0), (0, rows * down - height), (0, columns * across - width), (0, 0)]
        padded = ops.pad(images, extra, mode="symmetric") if np.any(extra) else images
        unknown = ops.isnan(padded)  # NaN counts as 0, and stays
        levels = ops.cast(ops.clip(ops.where(unknown, 0.0, padded), 0.0, 255.0), "int32")
        maps = self._maps(levels, rows, columns)
        # Interpolate between the maps of the nearest tiles; those at the border count beyond it too.
        table = ops.reshape(maps, (-1,))
        image, channel = np.arange(batch).reshape(-1, 1, 1, 1), np.arange(channels)
        total = None
        for y, y_share in _nearest_tiles(rows, down):
            for x, x_share in _nearest_tiles(columns, across):
                tile = (image * down + y[:, None, None]) * across + x[:, None]
                offsets = ((tile * channels + channel) * _BINS).astype("int32")
                share = (y_share[:, None, None] * x_share[:, None]).astype("float32")
                part = ops.take(table, levels + offsets) * share
                total = part if total is None else total + part
        return ops.where(unknown, padded, total)[:, :height, :width]

    def _maps(self, levels: Any, rows: int, columns: int) -> Any:
        """For each tile and channel, what each level becomes: (batch, down, across, channels, 256)."""
        batch, height, width, channels = levels.shape
        down, across = self.tile_grid_size
        image, channel = np.arange(batch).reshape(-1, 1, 1, 1), np.arange(channels)
        tile = (image * down + (np.arange(height) // rows)[:, None, None]) * across
        tile = tile + (np.arange(width) // columns)[:, None]
        entries = ops.reshape(levels + ((tile * channels + channel) * _BINS).astype("int32"), (-1,))
        count = batch * down * across * channels * _BINS
        counts = ops.segment_sum(ops.ones_like(entries, "float32"), entries, num_segments=count)
        counts = ops.reshape(counts, (batch, down, across, channels, _BINS))
        if self.clip_limit > 0:
            clipped = ops.minimum(counts, self.clip_limit * (rows * columns) / _BINS)
            counts = clipped + ops.sum(counts - clipped, axis=-1, keepdims=True) / _BINS
        cumulative = ops.cumsum(counts, axis=-1)
        least = cumulative[..., :1]
        span = float(rows * columns) - least
        return ops.clip((cumulative - least) * 255.0 / ops.where(span == 0, 1.0, span), 0.0, 255.0)


def _nearest_tiles(size: int, count: int) -> list[tuple[np.ndarray, np.ndarray]]:
    """For each row of ``count`` tiles of ``size`` rows: the two nearest tiles, and their shares."""
    at = (np.arange(size * count) - size / 2.0) / size
    before = np.floor(at)
    share = at - before
    inside = [np.clip(tile, 0, count - 1).astype("int64") for tile in (before, before + 1)]
    return [(inside[0], 1.0 - share), (inside[1], share)]
