"""HashedCrossing."""

from __future__ import annotations

from typing import Any

from ckeras import registry
from ckeras.layers.preprocessing.encoding import encode, encoded_shape
from ckeras.layers.preprocessing.hashes import hash_cross, string_fingerprints
from ckeras.layers.preprocessing.host_layer import HostLayer, as_tensor, integers_or_strings, no_sparse, on_host
from ckeras.tensor import KerasTensor, arguments
from ckeras.tensor.string_tensor import StringTensor


@registry.layers.ship()
class HashedCrossing(HostLayer):
    """Hash combinations of features to integers from 0 to ``num_bins - 1``; the hashes are those of Keras.

    Strings are hashed with FarmHash64, integers stand for themselves, and these are combined in the order of features.

    Args:
        num_bins: number of bins.
        output_mode: ``"int"`` or ``"one_hot"``.
        sparse: must be false; tensors are dense.
        name, dtype: of the layer.

    Call arguments:
        inputs: list or tuple of two or more arrays of strings or integers, all of the shape (), (batch,) or (batch, 1).

    Raises:
        ValueError: if an argument is not one of these, or the shapes of the inputs differ.
        TypeError: on a call, if the inputs are neither integers nor strings.

    >>> HashedCrossing(num_bins=10)((["x", "y", "z"], [1, 2, 3])).tolist()
    [7, 2, 9]
    """

    def __init__(
        self,
        num_bins: int,
        output_mode: str = "int",
        sparse: bool = False,
        name: str | None = None,
        dtype: Any = None,
        **kwargs: Any,
    ):
        if output_mode == "int" and dtype is None:
            dtype = "int64"
        super().__init__(name=name, dtype=dtype, **kwargs)
        no_sparse(sparse, "HashedCrossing")
        self.num_bins = arguments.integer(num_bins, "HashedCrossing", "num_bins", minimum=1)
        self.output_mode = arguments.choice(output_mode, "HashedCrossing", "output_mode", ("int", "one_hot"))
        self.sparse = False

    def _converted(self, inputs: Any) -> Any:
        if not isinstance(inputs, (list, tuple)) or len(inputs) < 2:
            raise ValueError(
                f"layer {self.name!r} expects a list of two or more features, got {arguments.shown(inputs)}"
            )
        return [as_tensor(feature) for feature in inputs]

    def call(self, inputs: Any) -> Any:
        self._common([tuple(feature.shape) for feature in inputs])
        values = [integers_or_strings(feature, self) for feature in inputs]
        hashes = [
            on_host(string_fingerprints, v, v.shape, "int64") if isinstance(v, StringTensor) else v for v in values
        ]
        return encode(hash_cross(hashes, self.num_bins), self.output_mode, self.num_bins, self.output_dtype)

    def _common(self, shapes: list[tuple]) -> tuple:
        """The shape that all features have."""
        if len(set(shapes)) > 1:
            raise ValueError(f"layer {self.name!r} expects features of one shape, got {', '.join(map(str, shapes))}")
        if len(shapes[0]) > 2 or (len(shapes[0]) == 2 and shapes[0][1] != 1):
            raise ValueError(
                f"layer {self.name!r} expects features of the shape (), (batch,) or (batch, 1), got {shapes[0]}"
            )
        return shapes[0]

    @property
    def output_dtype(self) -> str:
        """int64 for hashes, else the dtype of the layer."""
        return "int64" if self.output_mode == "int" else self.compute_dtype

    def compute_output_shape(self, input_shape: Any) -> tuple[int | None, ...]:
        shape = self._common([tuple(part) for part in input_shape])
        return encoded_shape(shape, self.output_mode, self.num_bins)

    def compute_output_spec(self, inputs: Any) -> Any:
        return KerasTensor(self.compute_output_shape([x.shape for x in inputs]), self.output_dtype)

    def get_config(self) -> dict[str, Any]:
        names = ("num_bins", "output_mode", "sparse")
        return {**super().get_config(), **{name: getattr(self, name) for name in names}}
