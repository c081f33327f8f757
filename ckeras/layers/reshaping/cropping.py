"""Cropping1D, Cropping2D, Cropping3D."""

from __future__ import annotations

from typing import Any

from ckeras import registry
from ckeras.layers.input_spec import InputSpec
from ckeras.layers.layer import Layer
from ckeras.layers.spatial import each_axis, pairs, spatial_axes, standard_data_format


class _Cropping(Layer):
    """Remove elements at both ends of each of ``_rank`` spatial axes."""

    _rank: int

    def __init__(self, cropping: Any, data_format: str | None, **kwargs: Any):
        super().__init__(**kwargs)
        kind = type(self).__name__
        self.data_format = standard_data_format(data_format, kind)
        if self._rank == 1:
            self.cropping: Any = each_axis(cropping, 2, kind, "cropping", minimum=0)
        else:
            self.cropping = pairs(cropping, self._rank, kind, "cropping")
        self.input_spec = InputSpec(ndim=self._rank + 2)

    def _of_axes(self) -> dict[int, tuple[int, int]]:
        cropping = (self.cropping,) if self._rank == 1 else self.cropping
        return dict(zip(spatial_axes(self._rank, self.data_format), cropping, strict=True))

    def call(self, inputs: Any) -> Any:
        self.compute_output_shape(inputs.shape)
        cropping = self._of_axes()
        ends = [cropping.get(axis, (0, 0)) for axis in range(len(inputs.shape))]
        return inputs[tuple(slice(before or None, -after if after else None) for before, after in ends)]

    def compute_output_shape(self, input_shape: Any) -> tuple[int | None, ...]:
        shape = list(input_shape)
        for axis, (before, after) in self._of_axes().items():
            if shape[axis] is None:
                continue
            shape[axis] -= before + after
            if shape[axis] <= 0:
                raise ValueError(
                    f"layer {self.name!r}: cropping {self.cropping} leaves nothing of inputs of shape "
                    f"{tuple(input_shape)}"
                )
        return tuple(shape)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "cropping": self.cropping, "data_format": self.data_format}


@registry.layers.ship()
class Cropping1D(_Cropping):
    """Remove timesteps at the ends of sequences, (batch, steps, channels).

    Args:
        cropping: the number at both ends, or (before, after).

    >>> import ckeras
    >>> Cropping1D((1, 2))(ckeras.ops.ones((1, 7, 3))).shape
    (1, 4, 3)
    """

    _rank = 1

    def __init__(self, cropping: Any = (1, 1), **kwargs: Any):
        super().__init__(cropping, "channels_last", **kwargs)

    def get_config(self) -> dict[str, Any]:
        config = super().get_config()
        del config["data_format"]
        return config


@registry.layers.ship()
class Cropping2D(_Cropping):
    """Remove rows and columns at the sides of images.

    Args:
        cropping: the number at all sides, (of rows, of columns) or ((top, bottom), (left, right)).
        data_format: "channels_last" or "channels_first"; the configured one by default.

    >>> import ckeras
    >>> Cropping2D(((0, 1), (2, 0)))(ckeras.ops.ones((1, 4, 4, 3))).shape
    (1, 3, 2, 3)
    """

    _rank = 2

    def __init__(self, cropping: Any = ((0, 0), (0, 0)), data_format: str | None = None, **kwargs: Any):
        super().__init__(cropping, data_format, **kwargs)


@registry.layers.ship()
class Cropping3D(_Cropping):
    """Remove elements at the sides of volumes.

    Args:
        cropping: the number at all sides, one for each spatial axis, or (before, after) for each.
        data_format: "channels_last" or "channels_first"; the configured one by default.

    >>> import ckeras
    >>> Cropping3D(1)(ckeras.ops.ones((1, 4, 5, 6, 2))).shape
    (1, 2, 3, 4, 2)
    """

    _rank = 3

    def __init__(self, cropping: Any = ((1, 1), (1, 1), (1, 1)), data_format: str | None = None, **kwargs: Any):
        super().__init__(cropping, data_format, **kwargs)
