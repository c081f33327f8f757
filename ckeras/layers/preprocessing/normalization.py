"""Normalization."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from ckeras import config, ops, registry
from ckeras.layers.layer import Layer
from ckeras.layers.normalization.arguments import check_axes
from ckeras.tensor import Tensor, Variable, arguments

_ARRAYS = (np.ndarray, Tensor, Variable, list, tuple)


@registry.layers.ship()
class Normalization(Layer):
    """(x - mean) / sqrt(variance), with a mean and variance that are given, or computed once from data by `adapt`.

    Args:
        axis: the axis, or axes, each index of which has a mean and variance of its own; `None` for a single one.
        mean, variance: numbers, or arrays of the shape of the axes; both, or neither for `adapt`.
        invert: whether to do the inverse, x * sqrt(variance) + mean.

    >>> import ckeras
    >>> layer = Normalization()
    >>> layer.adapt([[1.0, 10.0], [3.0, 30.0]])
    >>> layer([[1.0, 30.0]]).tolist()
    [[-1.0, 1.0]]
    """

    def __init__(self, axis: Any = -1, mean: Any = None, variance: Any = None, invert: bool = False, **kwargs: Any):
        super().__init__(**kwargs)
        self.axis = () if axis is None else arguments.integers(axis, "Normalization", "axis")
        self.invert = arguments.flag(invert, "Normalization", "invert")
        self.supports_masking = True
        if (mean is None) != (variance is None):
            raise ValueError("Normalization expects mean and variance together, got one of them")
        self.input_mean = _plain(mean, "mean")
        self.input_variance = _plain(variance, "variance")
        if np.shape(mean) != np.shape(variance):
            raise ValueError(
                f"Normalization expects mean and variance of one shape, got {np.shape(mean)} and {np.shape(variance)}"
            )
        if variance is not None and np.any(np.asarray(variance) < 0):
            raise ValueError(f"Normalization expects variance to be 0 or more, got {variance!r}")

    def build(self, input_shape: Any) -> None:
        kept = check_axes(self, self.axis, input_shape)
        shape = tuple(input_shape[a] for a in kept)
        self._is_kept = [a in kept for a in range(len(input_shape))]
        self._broadcast_shape = tuple(d if k else 1 for d, k in zip(input_shape, self._is_kept, strict=True))
        if self.input_mean is None:
            self.adapt_mean = self.add_weight(shape, "zeros", trainable=False, name="mean")
            self.adapt_variance = self.add_weight(shape, "ones", trainable=False, name="variance")
            self.count = self.add_weight((), "zeros", "int32", trainable=False, name="count")
            return
        for name in ("mean", "variance"):
            given = np.shape(getattr(self, f"input_{name}"))
            try:
                fits = np.broadcast_shapes(given, shape) == shape
            except ValueError:
                fits = False
            if not fits:
                raise ValueError(f"layer {self.name!r} expects {name} of shape {shape}, got shape {given}")

    def adapt(self, data: Any) -> None:
        """Compute mean and variance of data, in place of those of an earlier call.

        Args:
            data: an array or tensor, samples along its first axis; or an iterable of batches, as a dataset.

        Raises ValueError if there is no data, or the layer was given its mean and variance.
        """
        if self.input_mean is not None:
            raise ValueError(f"layer {self.name!r} was given mean and variance: it has nothing to adapt")
        count, mean, variance = 0, 0.0, 0.0
        whole = isinstance(data, _ARRAYS)
        for batch in [data] if whole else _batches(data):
            batch = np.asarray(batch, "float64")
            if not self.built:
                self._build(batch.shape if whole else (None, *batch.shape[1:]))
            kept = check_axes(self, self.axis, batch.shape)
            others = tuple(a for a in range(batch.ndim) if a not in kept)
            number = int(np.prod([batch.shape[a] for a in others], dtype=int))
            if not number:
                continue
            # Chan, Golub and LeVeque, 1979: moments of the union of two sets from those of each
            m, v = batch.mean(others), batch.var(others)
            delta, total = m - mean, count + number
            variance = (variance * count + v * number) / total + delta**2 * (count * number / total**2)
            mean, count = mean + delta * (number / total), total
        if not count:
            raise ValueError(f"layer {self.name!r}: adapt expects data with elements, got none")
        self.adapt_mean.assign(mean)
        self.adapt_variance.assign(variance)

    @property
    def mean(self) -> Any:
        """The mean, broadcast to the axes of the input; None before the layer is built."""
        return self._broadcast("mean")

    @property
    def variance(self) -> Any:
        """The variance, broadcast to the axes of the input; None before the layer is built."""
        return self._broadcast("variance")

    def _broadcast(self, name: str) -> Any:
        if not self.built:
            return None
        given = getattr(self, f"input_{name}")
        if given is None:
            return ops.reshape(getattr(self, f"adapt_{name}"), self._broadcast_shape)
        kept = [d for d, size in zip(self._broadcast_shape, self._is_kept, strict=True) if size]
        return ops.reshape(ops.broadcast_to(ops.cast(given, self.variable_dtype), kept), self._broadcast_shape)

    def call(self, inputs: Any) -> Any:
        x = ops.cast(inputs, self.variable_dtype)
        mean = self.mean
        deviation = ops.maximum(ops.sqrt(self.variance), config.epsilon())
        return mean + x * deviation if self.invert else (x - mean) / deviation

    def compute_output_shape(self, input_shape: Any) -> Any:
        return input_shape

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "axis": self.axis,
            "invert": self.invert,
            "mean": self.input_mean,
            "variance": self.input_variance,
        }


def _plain(value: Any, name: str) -> Any:
    """A mean or variance as a float or as lists of floats; None if there is none."""
    if value is None:
        return None
    found = np.asarray(value)
    if found.dtype.kind not in "biuf":
        raise TypeError(f"Normalization expects {name} to be numbers, got {arguments.shown(value)}")
    return found.astype("float64").tolist()


def _batches(data: Any) -> Iterable[Any]:
    """The batches of a dataset, by iteration or by index."""
    if hasattr(data, "__getitem__") and hasattr(data, "__len__") and not hasattr(data, "__iter__"):
        return (data[i] for i in range(len(data)))
    if not hasattr(data, "__iter__"):
        raise TypeError(f"adapt expects an array or an iterable of batches as data, got {arguments.shown(data)}")
    return data
