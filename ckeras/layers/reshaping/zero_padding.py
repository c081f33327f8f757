"""ZeroPadding1D, ZeroPadding2D, ZeroPadding3D."""

from __future__ import annotations

from typing import Any

from ckeras import ops, registry
from ckeras.layers.input_spec import InputSpec
from ckeras.layers.layer import Layer
from ckeras.layers.spatial import each_axis, pairs, spatial_axes, standard_data_format


class _ZeroPadding(Layer):
    """Zeros before and after each of ``_rank`` spatial axes."""

    _rank: int

    def __init__(self, padding: Any, data_format: str | None, **kwargs: Any):
        super().__init__(**kwargs)
        kind = type(self).__name__
        self.data_format = standard_data_format(data_format, kind)
        if self._rank == 1:
            self.padding: Any = each_axis(padding, 2, kind, "padding", minimum=0)
        else:
            self.padding = pairs(padding, self._rank, kind, "padding")
        self.input_spec = InputSpec(ndim=self._rank + 2)

    def _of_axes(self) -> dict[int, tuple[int, int]]:
        padding = (self.padding,) if self._rank == 1 else self.padding
        return dict(zip(spatial_axes(self._rank, self.data_format), padding, strict=True))

    def call(self, inputs: Any) -> Any:
        padding = self._of_axes()
        return ops.pad(inputs, [padding.get(axis, (0, 0)) for axis in range(len(inputs.shape))])

    def compute_output_shape(self, input_shape: Any) -> tuple[int | None, ...]:
        shape = list(input_shape)
        for axis, (before, after) in self._of_axes().items():
            shape[axis] = None if shape[axis] is None else shape[axis] + before + after
        return tuple(shape)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "padding": self.padding, "data_format": self.data_format}


@registry.layers.ship()
class ZeroPadding1D(_ZeroPadding):
    """Add zeros before and after the timesteps of sequences.

    Args:
        padding: the number at both ends, or (before, after).
        data_format: "channels_last" or "channels_first"; the configured one by default.

    >>> import ckeras
    >>> ZeroPadding1D((1, 2))(ckeras.ops.ones((1, 4, 3))).shape
    (1, 7, 3)
    """

    _rank = 1

    def __init__(self, padding: Any = 1, data_format: str | None = None, **kwargs: Any):
        super().__init__(padding, data_format, **kwargs)


@registry.layers.ship()
class ZeroPadding2D(_ZeroPadding):
    """Add rows and columns of zeros around images.

    Args:
        padding: the number at all sides, (of rows, of columns) or ((top, bottom), (left, right)).
        data_format: "channels_last" or "channels_first"; the configured one by default.

    >>> import ckeras
    >>> ZeroPadding2D((1, 2))(ckeras.ops.ones((1, 4, 4, 3))).shape
    (1, 6, 8, 3)
    """

    _rank = 2

    def __init__(self, padding: Any = (1, 1), data_format: str | None = None, **kwargs: Any):
        super().__init__(padding, data_format, **kwargs)


@registry.layers.ship()
class ZeroPadding3D(_ZeroPadding):
    """Add zeros around volumes.

    Args:
        padding: the number at all sides, one for each spatial axis, or (before, after) for each.
        data_format: "channels_last" or "channels_first"; the configured one by default.

    >>> import ckeras
    >>> ZeroPadding3D(1)(ckeras.ops.ones((1, 2, 3, 4, 5))).shape
    (1, 4, 5, 6, 5)
    """

    _rank = 3

    def __init__(self, padding: Any = ((1, 1), (1, 1), (1, 1)), data_format: str | None = None, **kwargs: Any):
        super().__init__(padding, data_format, **kwargs)
