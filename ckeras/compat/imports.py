"""Redirect ``import keras`` and ``import tensorflow`` to ckeras, in a process that calls `install`.

`install` inserts a finder before all others. An alias is the same module object as its target (``keras.layers is
ckeras.layers``), so nothing is loaded twice and ``isinstance`` holds across spellings. An installed Keras or
TensorFlow is neither searched for nor loaded.
"""

import importlib
import importlib.util
import sys
from collections.abc import Sequence
from importlib.machinery import ModuleSpec
from types import ModuleType

# The longest entry that is a prefix of a name applies.
ALIASES = {
    "keras": "ckeras",
    "tensorflow": "ckeras.compat.tensorflow",
    "tensorflow.python": "ckeras.compat.tensorflow",
    **dict.fromkeys(("tensorflow.keras", "tensorflow.python.keras"), "ckeras"),
    **{f"tensorflow.{name}": f"ckeras.{name}" for name in ("initializers", "losses", "metrics", "optimizers")},
}


def real_name(name: str) -> str | None:
    """Return the name of the ckeras module that replaces the module ``name``, or None.

    >>> real_name("tensorflow.keras.layers"), real_name("keras"), real_name("numpy")
    ('ckeras.layers', 'ckeras', None)
    """
    prefix = name
    while prefix and prefix not in ALIASES:
        prefix = prefix.rpartition(".")[0]
    return ALIASES[prefix] + name[len(prefix) :] if prefix else None


class _Loader:
    """Loads a module under its own name, and registers it under the alias too."""

    def __init__(self, real: str) -> None:
        self.real = real

    def create_module(self, spec: ModuleSpec) -> None:
        return None

    def exec_module(self, module: ModuleType) -> None:
        # The import system returns the module found here afterwards, not the empty module that it created.
        sys.modules[module.__name__] = importlib.import_module(self.real)


class AliasFinder:
    """A finder on `sys.meta_path` for `ALIASES`."""

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        real = real_name(name)
        if real is None or importlib.util.find_spec(real) is None:
            return None
        return ModuleSpec(name, _Loader(real), origin=real)


def install() -> None:
    """Redirect ``keras`` and ``tensorflow`` to ckeras in this process. Further calls have no effect.

    Raises:
        ImportError: if another package of one of these names has been imported already.
    """
    if any(isinstance(finder, AliasFinder) for finder in sys.meta_path):
        return
    for name in ("keras", "tensorflow"):
        if name in sys.modules:
            raise ImportError(
                f"ckeras cannot replace {name!r}: {sys.modules[name]!r} has been imported in this process already"
            )
    sys.meta_path.insert(0, AliasFinder())
