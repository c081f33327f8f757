"""Dict of named values that can be frozen."""

from __future__ import annotations

import difflib
import json
from collections.abc import ItemsView, Iterator, KeysView, ValuesView
from typing import Any


class Config:
    """Dict whose values are also attributes, and which can be frozen.

    Args:
        kwargs: the values.

    >>> config = Config(learning_rate=0.1)
    >>> config.momentum = 0.9
    >>> config["momentum"], config.learning_rate
    (0.9, 0.1)
    >>> config.freeze()
    >>> config.seed = 3
    Traceback (most recent call last):
        ...
    ValueError: the Config is frozen: 'seed' cannot be changed before unfreeze()
    """

    def __init__(self, **kwargs: Any):
        self.__dict__["_config"] = kwargs
        self.__dict__["_frozen"] = False

    @property
    def frozen(self) -> bool:
        """Whether the values are read-only."""
        return self._frozen

    def freeze(self) -> None:
        """Make the values read-only: none can be changed, added or removed."""
        self.__dict__["_frozen"] = True

    def unfreeze(self) -> None:
        """Make the values writable again."""
        self.__dict__["_frozen"] = False

    def _check(self, name: Any) -> None:
        if self._frozen:
            raise ValueError(f"the Config is frozen: {name!r} cannot be changed before unfreeze()")

    def as_dict(self) -> dict[str, Any]:
        """Return the values in a new dict."""
        return dict(self._config)

    def to_json(self) -> str:
        """Return the values as JSON."""
        return json.dumps(self._config)

    def keys(self) -> KeysView[str]:
        """Return the names."""
        return self._config.keys()

    def values(self) -> ValuesView[Any]:
        """Return the values."""
        return self._config.values()

    def items(self) -> ItemsView[str, Any]:
        """Return the (name, value) pairs."""
        return self._config.items()

    def get(self, keyname: str, value: Any = None) -> Any:
        """Return the value of this name, or ``value`` if there is none."""
        return self._config.get(keyname, value)

    def pop(self, *args: Any) -> Any:
        """Remove a value by its name and return it, or the second argument if there is none."""
        self._check(args[0] if args else None)
        return self._config.pop(*args)

    def update(self, *args: Any, **kwargs: Any) -> None:
        """Update the values from a dict, pairs or keyword arguments."""
        new = dict(*args, **kwargs)
        self._check(next(iter(new), None))
        self._config.update(new)

    def __getattr__(self, name: str) -> Any:
        known = self.__dict__.get("_config", {})
        if name in known:
            return known[name]
        near = difflib.get_close_matches(name, known, n=1, cutoff=0.7)
        raise AttributeError(f"the Config has no value {name!r}" + (f"; the nearest is {near[0]!r}" if near else ""))

    def __setattr__(self, name: str, value: Any) -> None:
        if hasattr(type(self), name):
            raise AttributeError(f"{name!r} is a name of Config itself, and cannot be that of a value")
        self[name] = value

    def __getitem__(self, key: str) -> Any:
        return self._config[key]

    def __setitem__(self, key: str, item: Any) -> None:
        self._check(key)
        self._config[key] = item

    def __delitem__(self, key: str) -> None:
        self._check(key)
        del self._config[key]

    def __iter__(self) -> Iterator[str]:
        return iter(sorted(self._config))

    def __len__(self) -> int:
        return len(self._config)

    def __contains__(self, item: Any) -> bool:
        return item in self._config

    def __repr__(self) -> str:
        return f"<Config {self._config}>"
