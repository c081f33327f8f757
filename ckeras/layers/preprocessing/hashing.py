"""Hashing."""

from __future__ import annotations

from typing import Any

import numpy as np

from ckeras import ops, registry
from ckeras.layers.preprocessing.buckets import buckets
from ckeras.layers.preprocessing.encoding import CATEGORIES, encode, encoded_shape
from ckeras.layers.preprocessing.host_layer import HostLayer, checked_salt, integers_or_strings, no_sparse
from ckeras.tensor import arguments


@registry.layers.ship()
class Hashing(HostLayer):
    """Hash strings or integers to integers from 0 to ``num_bins - 1``; the hashes are those of Keras.

    The hash is FarmHash64 of the string, or of an integer's decimal digits; with a salt, SipHash-2-4.

    Args:
        num_bins: number of bins.
        mask_value: value that gets bin 0, which other values do not get then; `None` for none.
        salt: integer, or two, as the key of SipHash; `None` for FarmHash.
        output_mode: ``"int"``, or ``"one_hot"``, ``"multi_hot"`` or ``"count"`` as in `CategoryEncoding`.
        sparse: must be false; tensors are dense.

    Raises:
        ValueError: if an argument is not one of these.
        TypeError: on a call, if the inputs are neither integers nor strings.

    >>> Hashing(num_bins=10)([["a", "bc"]]).tolist()
    [[9, 9]]
    """

    def __init__(
        self,
        num_bins: int,
        mask_value: Any = None,
        salt: Any = None,
        output_mode: str = "int",
        sparse: bool = False,
        **kwargs: Any,
    ):
        if output_mode == "int" and kwargs.get("dtype") is None:
            kwargs["dtype"] = "int64"
        super().__init__(**kwargs)
        no_sparse(sparse, "Hashing")
        self.num_bins = arguments.integer(num_bins, "Hashing", "num_bins", minimum=1)
        self.output_mode = arguments.choice(output_mode, "Hashing", "output_mode", ("int", *CATEGORIES))
        if mask_value is not None and self.num_bins < 2:
            raise ValueError(f"Hashing expects num_bins of at least 2 where mask_value is given, got {num_bins}")
        self.mask_value, self.salt, self.sparse = mask_value, checked_salt(salt, "Hashing"), False

    def call(self, inputs: Any) -> Any:
        values = integers_or_strings(inputs, self)
        if self.mask_value is None:
            found = buckets(values, self.num_bins, self.salt)
        else:
            masked = self.mask_value.encode() if isinstance(self.mask_value, str) else self.mask_value
            found = np.where(values == masked, 0, buckets(values, self.num_bins - 1, self.salt) + 1)
        indices = ops.convert_to_tensor(found.astype("int64"))
        return encode(indices, self.output_mode, self.num_bins, self.output_dtype)

    @property
    def output_dtype(self) -> str:
        """int64 for hashes, else the dtype of the layer."""
        return "int64" if self.output_mode == "int" else self.compute_dtype

    def compute_output_shape(self, input_shape: Any) -> tuple[int | None, ...]:
        return encoded_shape(input_shape, self.output_mode, self.num_bins)

    def get_config(self) -> dict[str, Any]:
        names = ("num_bins", "salt", "mask_value", "output_mode", "sparse")
        return {**super().get_config(), **{name: getattr(self, name) for name in names}}
