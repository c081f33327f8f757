"""UpSampling1D, UpSampling2D, UpSampling3D."""

from __future__ import annotations

from typing import Any

from ckeras import ops, registry
from ckeras.layers.input_spec import InputSpec
from ckeras.layers.layer import Layer
from ckeras.layers.output_spec import output_spec
from ckeras.layers.spatial import each_axis, spatial_axes, standard_data_format
from ckeras.ops.nn.windows import repeat_each
from ckeras.tensor import arguments

INTERPOLATIONS = ("bilinear", "nearest", "lanczos3", "lanczos5", "bicubic")


class _UpSampling(Layer):
    """Enlarge ``_rank`` spatial axes by integers."""

    _rank: int

    def __init__(self, size: Any, data_format: str | None, **kwargs: Any):
        super().__init__(**kwargs)
        kind = type(self).__name__
        self.size: Any = each_axis(size, self._rank, kind, "size")
        self.data_format = standard_data_format(data_format, kind)
        self.input_spec = InputSpec(ndim=self._rank + 2)

    def _of_axes(self) -> dict[int, int]:
        return dict(zip(spatial_axes(self._rank, self.data_format), self.size, strict=True))

    def call(self, inputs: Any) -> Any:
        sizes = self._of_axes()
        return repeat_each(inputs, tuple(sizes.get(axis, 1) for axis in range(len(inputs.shape))))

    def compute_output_shape(self, input_shape: Any) -> tuple[int | None, ...]:
        sizes = self._of_axes()
        return tuple(None if d is None else d * sizes.get(axis, 1) for axis, d in enumerate(input_shape))

    def compute_output_spec(self, inputs: Any) -> Any:
        return output_spec(self, self.compute_output_shape(inputs.shape), inputs.dtype)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "size": self.size, "data_format": self.data_format}


@registry.layers.ship()
class UpSampling1D(_UpSampling):
    """Repeat each timestep of sequences, (batch, steps, channels).

    Args:
        size: number of repetitions.

    >>> import ckeras
    >>> UpSampling1D(2)(ckeras.ops.array([[[1.0], [2.0]]])).tolist()
    [[[1.0], [1.0], [2.0], [2.0]]]
    """

    _rank = 1

    def __init__(self, size: int = 2, **kwargs: Any):
        arguments.integer(size, "UpSampling1D", "size", minimum=1)
        super().__init__(size, "channels_last", **kwargs)

    def get_config(self) -> dict[str, Any]:
        config = {**super().get_config(), "size": self.size[0]}
        del config["data_format"]
        return config


@registry.layers.ship()
class UpSampling2D(_UpSampling):
    """Enlarge images by integers.

    Args:
        size: factor, or (of rows, of columns).
        data_format: "channels_last" or "channels_first"; the configured one by default.
        interpolation: "nearest", which repeats pixels, "bilinear", "bicubic", "lanczos3" or "lanczos5".

    >>> import ckeras
    >>> UpSampling2D((2, 3), interpolation="bilinear")(ckeras.ops.ones((1, 4, 4, 3))).shape
    (1, 8, 12, 3)
    """

    _rank = 2

    def __init__(
        self, size: Any = (2, 2), data_format: str | None = None, interpolation: str = "nearest", **kwargs: Any
    ):
        super().__init__(size, data_format, **kwargs)
        interpolation = interpolation.lower() if isinstance(interpolation, str) else interpolation
        self.interpolation = arguments.choice(interpolation, "UpSampling2D", "interpolation", INTERPOLATIONS)

    def call(self, inputs: Any) -> Any:
        if self.interpolation == "nearest":
            return super().call(inputs)
        rows, columns = (inputs.shape[axis] * size for axis, size in self._of_axes().items())
        return ops.image.resize(inputs, (rows, columns), interpolation=self.interpolation, data_format=self.data_format)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "interpolation": self.interpolation}


@registry.layers.ship()
class UpSampling3D(_UpSampling):
    """Repeat the elements of volumes along each spatial axis.

    Args:
        size: number of repetitions, or one for each spatial axis.
        data_format: "channels_last" or "channels_first"; the configured one by default.

    >>> import ckeras
    >>> UpSampling3D(2)(ckeras.ops.ones((1, 2, 3, 4, 5))).shape
    (1, 4, 6, 8, 5)
    """

    _rank = 3

    def __init__(self, size: Any = (2, 2, 2), data_format: str | None = None, **kwargs: Any):
        super().__init__(size, data_format, **kwargs)
