"""The base of layers that cut a window out of images."""

from __future__ import annotations

from typing import Any

from ckeras import ops
from ckeras.layers.preprocessing.image.sized import SizedLayer

Window = tuple[Any, Any, int, int]  # row and column at which it begins, height, width


class CropLayer(SizedLayer):
    """Base of layers that cut a window out of images, and resize it to (height, width) if it has another size."""

    def _largest(self, height: int, width: int) -> Window:
        """The largest central window with the aspect ratio of the result."""
        rows = max(min(height, int(width * self.height / self.width)), 1)
        columns = max(min(width, int(height * self.width / self.height)), 1)
        return (height - rows) // 2, (width - columns) // 2, rows, columns

    def _cut(self, images: Any, window: Window, interpolation: str = "bilinear") -> Any:
        """The window of images, resized."""
        rows, columns = (axis + len(images.shape) for axis in self._plane)
        starts, shape = [0] * len(images.shape), list(images.shape)
        starts[rows], starts[columns], shape[rows], shape[columns] = window
        found = ops.slice(images, ops.stack([ops.cast(n, "int32") for n in starts]), tuple(shape))
        if window[2:] == (self.height, self.width):
            return found
        return ops.image.resize(found, (self.height, self.width), interpolation, data_format=self.data_format)

    def _cut_boxes(self, bounding_boxes: Any, window: Window, size: tuple[Any, Any]) -> dict[str, Any]:
        """The boxes in the window of images of a size (height, width)."""
        top, left = (ops.cast(n, "float32") for n in window[:2])
        down, across = self.height / window[2], self.width / window[3]

        def moved(x0: Any, y0: Any, x1: Any, y1: Any) -> Any:
            return (x0 - left) * across, (y0 - top) * down, (x1 - left) * across, (y1 - top) * down

        return self._move_boxes(bounding_boxes, size, (self.height, self.width), moved)
