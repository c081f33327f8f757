"""The dtypes of a layer, which follow its policy."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from ckeras import dtype_policies
from ckeras.layers.weights import Weights
from ckeras.tensor import Tensor
from ckeras.tensor.masks import with_mask_of
from ckeras.tensor.structure import map_structure
from ckeras.utils.tracebacks import warn


class FollowsPolicy(Weights):
    """Base class of `Layer` that owns its dtype policy."""

    autocast: bool
    path: str

    def _follow_policy(self) -> None:
        """Take the dtypes of the policy: `_dtype` is that of weights and computation, `_compute_dtype` of results."""
        policy = self._dtype_policy
        if isinstance(policy, dtype_policies.DTypePolicyMap):
            policy = policy[self.path]
        self._dtype, self._compute_dtype = policy.variable_dtype, policy.compute_dtype
        if self._compute_dtype != self._dtype:
            _note_mixed(policy.name, self._dtype)

    @property
    def dtype_policy(self) -> dtype_policies.DTypePolicy:
        """The policy that the layer's dtypes follow; anything that `dtype_policies.get` takes may be assigned."""
        return self._dtype_policy

    @dtype_policy.setter
    def dtype_policy(self, value: Any) -> None:
        self._dtype_policy = dtype_policies.get(value)
        self._follow_policy()

    @property
    def dtype(self) -> str:
        """The dtype of the layer's weights."""
        return self._dtype

    @property
    def compute_dtype(self) -> str:
        """The dtype of the layer's results."""
        return self._compute_dtype

    @property
    def input_dtype(self) -> str:
        """The dtype that float inputs are said to have: the compute dtype."""
        return self._compute_dtype

    @property
    def variable_dtype(self) -> str:
        """The dtype of the layer's weights."""
        return self._dtype

    @property
    def quantization_mode(self) -> str | None:
        """How the policy says that weights are quantized; None if it does not."""
        return self._dtype_policy.quantization_mode

    def _computes_wider(self) -> bool:
        """Whether `call` gets floats of the weights' dtype, and gives results to be cast to the compute dtype.

        So it is under a mixed policy. A layer that is made of layers leaves it to them, as one of them may be there to
        give a wider result.
        """
        return self._compute_dtype != self._dtype and self.autocast and not self._sublayers()

    def _in_compute_dtype(self, outputs: Any) -> Any:
        """What `call` gave, with floats in the compute dtype."""
        if not self._computes_wider():
            return outputs

        def convert(x: Any) -> Any:
            if isinstance(x, Tensor) and x.dtype == self._dtype:
                return with_mask_of(x.astype(self._compute_dtype), x)
            return x

        return map_structure(convert, outputs)


@lru_cache
def _note_mixed(policy: str, dtype: str) -> None:
    """Warn once about the meaning of a mixed policy."""
    warn(
        f"under {policy!r} layers compute in {dtype} here, and their results alone are of the narrower dtype: a CPU "
        "gains no speed from it"
    )
