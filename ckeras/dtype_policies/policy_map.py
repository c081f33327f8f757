"""Map of layer paths to dtype policies."""

from __future__ import annotations

import re
from collections.abc import Iterator, MutableMapping
from typing import Any

from ckeras.dtype_policies import finding
from ckeras.dtype_policies.policy import DTypePolicy


class DTypePolicyMap(DTypePolicy, MutableMapping):
    """Dict of layer paths to policies; a key may be a regular expression that matches full paths.

    Args:
        default_policy: policy of paths that no key matches; the global policy if None.
        policy_map: dict of paths to policies.

    Raises:
        ValueError: if the default is itself a map.
        TypeError: if `policy_map` is not a dict.

    >>> policies = DTypePolicyMap(default_policy="float32")
    >>> policies["encoder/.*"] = "float16"
    >>> policies["encoder/dense"], policies["decoder"]
    (<DTypePolicy "float16">, <DTypePolicy "float32">)
    """

    def __init__(self, default_policy: Any = None, policy_map: dict[str, DTypePolicy] | None = None):
        if isinstance(default_policy, DTypePolicyMap):
            raise ValueError("DTypePolicyMap expects default_policy to be one policy, got another map")
        if policy_map is not None and not isinstance(policy_map, dict):
            raise TypeError(f"DTypePolicyMap expects policy_map to be a dict, got {policy_map!r}")
        finding.get(default_policy)  # raises if `policy` is not a policy
        self._default_policy_arg = default_policy
        self._policy_map = policy_map or {}

    @property
    def name(self) -> str:
        """Name of the default policy with the prefix "map_"."""
        return f"map_{self.default_policy.name}"

    @property
    def default_policy(self) -> DTypePolicy:
        """Policy of paths that no key matches."""
        return finding.get(self._default_policy_arg)

    @property
    def compute_dtype(self) -> str:
        """The default's."""
        return self.default_policy.compute_dtype

    @property
    def variable_dtype(self) -> str:
        """The default's."""
        return self.default_policy.variable_dtype

    @property
    def quantization_mode(self) -> str | None:
        """The default's."""
        return self.default_policy.quantization_mode

    def __getitem__(self, key: str) -> DTypePolicy:
        """Return the policy of this path; raise ValueError if several keys match it."""
        if key in self._policy_map:
            return self._policy_map[key]
        matching = [pattern for pattern in self._policy_map if re.fullmatch(pattern, key)]
        if len(matching) > 1:
            raise ValueError(f"the path {key!r} matches {len(matching)} keys of the DTypePolicyMap: {matching}")
        return self._policy_map[matching[0]] if matching else self.default_policy

    def __setitem__(self, key: str, policy: Any) -> None:
        """Set the policy of a path that has none; raise ValueError if it has one."""
        if key in self._policy_map:
            raise ValueError(f"the DTypePolicyMap has the policy {self._policy_map[key]!r} for {key!r} already")
        self._policy_map[key] = finding.get(policy)

    def __delitem__(self, key: str) -> None:
        del self._policy_map[key]

    def __contains__(self, key: Any) -> bool:
        return key in self._policy_map

    def __len__(self) -> int:
        return len(self._policy_map)

    def __iter__(self) -> Iterator[str]:
        return iter(self._policy_map)

    __eq__ = DTypePolicy.__eq__
    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        policies = [(key, policy.name) for key, policy in self._policy_map.items()]
        return f"<DTypePolicyMap default_policy={self.default_policy.name}, mapping={policies}>"

    def get_config(self) -> dict[str, Any]:
        default = self._default_policy_arg
        return {
            "default_policy": finding.serialize(default) if isinstance(default, DTypePolicy) else default,
            "policy_map": {key: finding.serialize(policy) for key, policy in self._policy_map.items()},
        }

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: dict[str, Any] | None = None) -> DTypePolicyMap:
        policies = {k: finding.deserialize(v, custom_objects) for k, v in config["policy_map"].items()}
        return cls(config["default_policy"], policies)
