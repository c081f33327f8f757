"""Hashing."""

from __future__ import annotations

from typing import Any

import numpy as np

from ckeras import ops, registry
from ckeras.layers.preprocessing.encoding import CATEGORIES, encode, encoded_shape
from ckeras.layers.preprocessing.hashes import hash_buckets, string_buckets
from ckeras.layers.preprocessing.host_layer import HostLayer, checked_salt, integers_or_strings, no_sparse, on_host
from ckeras.tensor import arguments
from ckeras.tensor.string_tensor import StringTensor


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
        if isinstance(values, StringTensor):
            indices = on_host(self._of_strings, values, values.shape, "int64")
        elif self.mask_value is None:
            indices = hash_buckets(values, self.num_bins, self.salt)
        else:
            found = hash_buckets(values, self.num_bins - 1, self.salt) + 1
            indices = ops.where(values == self.mask_value, 0, found)
        return encode(indices, self.output_mode, self.num_bins, self.output_dtype)

    def _of_strings(self, strings: StringTensor) -> np.ndarray:
        """The bin of each string."""
        if self.mask_value is None:
            return string_buckets(strings, self.num_bins, self.salt)
        masked = self.mask_value.encode() if isinstance(self.mask_value, str) else self.mask_value
        return np.where(np.asarray(strings) == masked, 0, string_buckets(strings, self.num_bins - 1, self.salt) + 1)

    @property
    def output_dtype(self) -> str:
        """int64 for hashes, else the dtype of the layer."""
        return "int64" if self.output_mode == "int" else self.compute_dtype

    def compute_output_shape(self, input_shape: Any) -> tuple[int | None, ...]:
        return encoded_shape(input_shape, self.output_mode, self.num_bins)

    def get_config(self) -> dict[str, Any]:
        names = ("num_bins", "salt", "mask_value", "output_mode", "sparse")
        return {**super().get_config(), **{name: getattr(self, name) for name in names}}
