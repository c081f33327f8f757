"""Discretization."""

from __future__ import annotations

from typing import Any

import numpy as np

from ckeras import ops, registry
from ckeras.layers.layer import Layer
from ckeras.layers.output_spec import output_spec
from ckeras.layers.preprocessing.encoding import CATEGORIES, encode, encoded_shape
from ckeras.layers.preprocessing.host_layer import batches_of, no_sparse
from ckeras.layers.preprocessing.quantiles import merged, quantiles, summary_of
from ckeras.tensor import arguments


@registry.layers.ship()
class Discretization(Layer):
    """The number of boundaries that are less than or equal to each value: the index of its interval.

    Args:
        bin_boundaries: increasing boundaries of the intervals, of which there is one more; `None` for `adapt`.
        num_bins: number of intervals of nearly equal frequency, whose boundaries `adapt` computes.
        epsilon: error of the quantiles for `adapt`; the smaller, the longer it takes.
        output_mode: ``"int"``, or ``"one_hot"``, ``"multi_hot"`` or ``"count"`` as in `CategoryEncoding`.
        sparse: must be false; tensors are dense.
        dtype, name: of the layer.

    Raises:
        ValueError: if an argument is not one of these, or neither or both of the first two are given.

    >>> Discretization(bin_boundaries=[0.0, 1.0, 2.0])([[-1.5, 1.0, 9.0]]).tolist()
    [[0, 2, 3]]
    >>> layer = Discretization(num_bins=4)
    >>> layer.adapt([1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0])
    >>> [round(boundary, 4) for boundary in layer.bin_boundaries]
    [2.0, 4.0, 6.0]
    """

    def __init__(
        self,
        bin_boundaries: Any = None,
        num_bins: int | None = None,
        epsilon: float = 0.01,
        output_mode: str = "int",
        sparse: bool = False,
        dtype: Any = None,
        name: str | None = None,
    ):
        super().__init__(dtype=dtype, name=name)
        no_sparse(sparse, "Discretization")
        self.output_mode = arguments.choice(output_mode, "Discretization", "output_mode", ("int", *CATEGORIES))
        if (bin_boundaries is None) == (num_bins is None):
            raise ValueError(
                f"Discretization expects either bin_boundaries or num_bins, got {bin_boundaries!r} and {num_bins!r}"
            )
        if num_bins is not None:
            num_bins = arguments.integer(num_bins, "Discretization", "num_bins", minimum=2)
        self.num_bins = num_bins
        if isinstance(epsilon, bool) or not 0 < epsilon < 1:
            raise ValueError(f"Discretization expects epsilon to be in (0, 1), got {epsilon!r}")
        self.epsilon, self.sparse = epsilon, False
        self.input_bin_boundaries = None if bin_boundaries is None else _increasing(bin_boundaries)
        self.bin_boundaries = self.input_bin_boundaries
        self.reset_state()

    def adapt(self, data: Any, steps: int | None = None) -> None:
        """Compute the boundaries from data.

        Args:
            data: array, or iterable of batches.
            steps: maximum number of batches; `None` for all.

        Raises:
            ValueError: if the layer was given its boundaries, or there are no data.
        """
        if self.input_bin_boundaries is not None:
            raise ValueError(f"layer {self.name!r} was given bin_boundaries: it has nothing to adapt")
        self.reset_state()
        for batch in batches_of(data, steps, self):
            self.update_state(batch)
        self.finalize_state()

    def update_state(self, data: Any) -> None:
        """Add values to those of which `finalize_state` computes the boundaries."""
        values = np.asarray(data, "float32").ravel()
        if not np.isfinite(values).all():
            raise ValueError(f"layer {self.name!r}: adapt expects finite values, got NaN or infinite ones")
        self.summary = merged(self.summary, summary_of(values, self.epsilon), self.epsilon)

    def finalize_state(self) -> None:
        """Compute the boundaries from the values of `update_state`."""
        if self.input_bin_boundaries is not None:
            return
        if not self.summary.size:
            raise ValueError(f"layer {self.name!r}: adapt expects data with elements, got none")
        self.bin_boundaries = quantiles(self.summary, self.num_bins or 2).tolist()

    def reset_state(self) -> None:
        """Forget the values of `update_state`."""
        self.summary = np.zeros((2, 0), "float32")
        if self.input_bin_boundaries is None:
            self.bin_boundaries = None

    @property
    def output_dtype(self) -> str:
        """int32 for indices, else the dtype of the layer."""
        return "int32" if self.output_mode == "int" else self.compute_dtype

    def call(self, inputs: Any) -> Any:
        if self.bin_boundaries is None:
            raise ValueError(f"layer {self.name!r} has no boundaries: give bin_boundaries, or call adapt() first")
        x = ops.cast(inputs, self.variable_dtype)
        boundaries = ops.convert_to_tensor(np.array(self.bin_boundaries), dtype=x.dtype)
        indices = ops.searchsorted(boundaries, ops.reshape(x, (-1,)), side="right")
        indices = ops.reshape(ops.cast(indices, "int32"), ops.shape(x))
        return encode(indices, self.output_mode, len(self.bin_boundaries) + 1, self.variable_dtype)

    def compute_output_shape(self, input_shape: Any) -> tuple[int | None, ...]:
        depth = self.num_bins if self.bin_boundaries is None else len(self.bin_boundaries) + 1
        return encoded_shape(input_shape, self.output_mode, depth or 0)

    def compute_output_spec(self, inputs: Any) -> Any:
        dtype = "int32" if self.output_mode == "int" else self.variable_dtype
        return output_spec(self, self.compute_output_shape(inputs.shape), dtype)

    def get_config(self) -> dict[str, Any]:
        return {
            "bin_boundaries": self.bin_boundaries, "num_bins": self.num_bins, "epsilon": self.epsilon,
            "output_mode": self.output_mode, "sparse": self.sparse, "name": self.name, "dtype": self.dtype,
        }  # fmt: skip

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Discretization:
        adapted = config["bin_boundaries"] if config.get("num_bins") is not None else None
        layer = cls(**{**config, "bin_boundaries": None} if adapted is not None else config)
        if adapted is not None:
            layer.bin_boundaries = _increasing(adapted)
        return layer


def _increasing(boundaries: Any) -> list[float]:
    found = [float(boundary) for boundary in np.asarray(boundaries, float).ravel()]
    if not found or (np.diff(found) < 0).any() or not np.isfinite(found).all():
        raise ValueError(f"Discretization expects bin_boundaries to be increasing numbers, got {boundaries!r:.80}")
    return found
