"""Data sets that a first model can be trained on; each loads when it is first named."""

import importlib
from types import ModuleType

__all__ = ["digits"]


def __getattr__(name: str) -> ModuleType:
    if name in __all__:
        return importlib.import_module(f"ckeras.datasets.{name}")
    raise AttributeError(f"module 'ckeras.datasets' has no data set {name!r}; it has: {', '.join(__all__)}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
