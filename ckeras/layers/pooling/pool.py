"""What the pooling layers have in common."""

from __future__ import annotations

from typing import Any

from ckeras.layers.input_spec import InputSpec
from ckeras.layers.layer import Layer
from ckeras.layers.spatial import each_axis, spatial_axes, standard_data_format
from ckeras.ops.nn.windows import output_size
from ckeras.tensor import arguments


class Pool(Layer):
    """A layer that reduces windows of its input. Subclasses set ``_rank``, the number of spatial axes, and `call`."""

    _rank: int

    def __init__(
        self, pool_size: Any, strides: Any, padding: str, data_format: str | None, name: str | None, **kwargs: Any
    ):
        super().__init__(name=name, **kwargs)
        kind = type(self).__name__
        self.pool_size = each_axis(pool_size, self._rank, kind, "pool_size")
        self.strides = self.pool_size if strides is None else each_axis(strides, self._rank, kind, "strides")
        padding = padding.lower() if isinstance(padding, str) else padding
        self.padding = arguments.choice(padding, kind, "padding", ("valid", "same"))
        self.data_format = standard_data_format(data_format, kind)
        self.input_spec = InputSpec(ndim=self._rank + 2)
        self.built = True

    def compute_output_shape(self, input_shape: Any) -> tuple[int | None, ...]:
        shape = list(input_shape)
        for axis, window, stride in zip(
            spatial_axes(self._rank, self.data_format), self.pool_size, self.strides, strict=True
        ):
            size = output_size(shape[axis], window, stride, 1, self.padding)
            if size is not None and size < 1:
                raise ValueError(
                    f"layer {self.name!r}: no window of pool_size {self.pool_size} fits into inputs of shape "
                    f"{tuple(input_shape)}"
                )
            shape[axis] = size
        return tuple(shape)

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "pool_size": self.pool_size,
            "padding": self.padding,
            "strides": self.strides,
            "data_format": self.data_format,
        }


class GlobalPool(Layer):
    """A layer that reduces all spatial axes. Subclasses set ``_rank``, the number of these axes, and `call`."""

    _rank: int

    def __init__(self, data_format: str | None = None, keepdims: bool = False, **kwargs: Any):
        super().__init__(**kwargs)
        self.data_format = standard_data_format(data_format, type(self).__name__)
        self.keepdims = arguments.flag(keepdims, type(self).__name__, "keepdims")
        self.input_spec = InputSpec(ndim=self._rank + 2)
        self.built = True

    @property
    def _axes(self) -> tuple[int, ...]:
        return tuple(spatial_axes(self._rank, self.data_format))

    def compute_output_shape(self, input_shape: Any) -> tuple[int | None, ...]:
        sizes = [
            (1 if i in self._axes else d) for i, d in enumerate(input_shape) if self.keepdims or i not in self._axes
        ]
        return tuple(sizes)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "data_format": self.data_format, "keepdims": self.keepdims}


class AdaptivePool(Layer):
    """A layer that reduces windows of which there is a given number along each spatial axis."""

    _rank: int

    def __init__(self, output_size: Any, data_format: str | None = None, **kwargs: Any):
        super().__init__(**kwargs)
        kind = type(self).__name__
        self.output_size = each_axis(output_size, self._rank, kind, "output_size")
        self.data_format = standard_data_format(data_format, kind)
        self.input_spec = InputSpec(ndim=self._rank + 2)

    def compute_output_shape(self, input_shape: Any) -> tuple[int | None, ...]:
        shape = list(input_shape)
        for axis, size in zip(spatial_axes(self._rank, self.data_format), self.output_size, strict=True):
            shape[axis] = size
        return tuple(shape)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "output_size": self.output_size, "data_format": self.data_format}
