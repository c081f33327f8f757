"""Redirect ``import keras`` and ``import tensorflow`` to ckeras, in a process that calls `install`.

`install` inserts a finder before all others. An alias is the same module object as its target (``keras.layers is
ckeras.layers``), so nothing is loaded twice and ``isinstance`` holds across spellings. A module that older Keras had
(``keras.layers.core``) is a view of those that have its names today. An installed Keras or TensorFlow is neither
searched for nor loaded.
"""

import importlib
import importlib.util
import sys
from collections.abc import Sequence
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType
from typing import Any

import ckeras
from ckeras import _version
from ckeras.compat.child_processes import redirect_children
from ckeras.keras_names import absence

# The release of Keras that has the names of ckeras; scripts compare it with known versions.
KERAS_VERSION = f"{_version.KERAS_VERSION}+ckeras"

# The longest entry that is a prefix of a name applies.
ALIASES = {
    **dict.fromkeys(("keras", "tf_keras", "keras._tf_keras.keras", "keras.api", "keras.src"), "ckeras"),
    "tensorflow": "ckeras.compat.tensorflow",
    "tensorflow.python": "ckeras.compat.tensorflow",
    "tensorflow.compat.v2": "ckeras.compat.tensorflow",
    "tensorflow.compat.v1": "ckeras.compat.tensorflow.v1",
    **dict.fromkeys(
        (
            "tensorflow.keras", "tensorflow.python.keras", "tensorflow.contrib.keras", "tensorflow.compat.v2.keras",
            "tensorflow.compat.v1.keras",
        ),
        "ckeras",
    ),
    **{f"tensorflow.{name}": f"ckeras.{name}" for name in ("initializers", "losses", "metrics", "optimizers")},
}  # fmt: skip
REPLACED = ("keras", "tf_keras", "tensorflow")

_LAYERS = ("ckeras.layers",)
_ENGINE = ("ckeras.layers", "ckeras.models", "ckeras", "ckeras.utils")
_UTILS = ("ckeras.utils", "ckeras.layers", "ckeras.saving")
_TENSORFLOW = tuple(
    f"ckeras.compat.tensorflow{name}" for name in ("", ".math", ".nn", ".io", ".linalg", ".random", ".strings", ".v1")
)
# Module of an older Keras -> the modules that have its names today. A name that is followed by a dot stands for all
# modules below it.
MOVED = {
    **{
        f"ckeras.layers.{name}": _LAYERS
        for name in (
            "advanced_activations", "attention", "convolutional", "convolutional_recurrent", "core", "embeddings",
            "experimental", "experimental.preprocessing", "local", "merge", "noise", "normalization", "pooling",
            "preprocessing", "recurrent", "wrappers",
        )
    },
    **dict.fromkeys(("ckeras.engine", "ckeras.engine.", "ckeras.legacy", "ckeras.legacy."), _ENGINE),
    **{f"ckeras.utils.{name}": _UTILS for name in (
        "conv_utils", "data_utils", "generic_utils", "io_utils", "layer_utils", "vis_utils", "visualize_util",
    )},
    "ckeras._tf_keras": ("ckeras",),
    **dict.fromkeys(
        (
            "ckeras.compat.tensorflow.client", "ckeras.compat.tensorflow.client.", "ckeras.compat.tensorflow.framework",
            "ckeras.compat.tensorflow.framework.", "ckeras.compat.tensorflow.ops", "ckeras.compat.tensorflow.ops.",
            "ckeras.compat.tensorflow.platform", "ckeras.compat.tensorflow.platform.",
        ),
        ("ckeras.compat.tensorflow.internals", *_TENSORFLOW),
    ),
    "ckeras.callbacks.callbacks": ("ckeras.callbacks",),
    "ckeras.initializations": ("ckeras.initializers",),
    "ckeras.objectives": ("ckeras.losses",),
}  # fmt: skip


def real_name(name: str) -> str | None:
    """Return the name of the ckeras module that replaces the module ``name``, or None.

    >>> real_name("tensorflow.keras.layers"), real_name("keras"), real_name("numpy")
    ('ckeras.layers', 'ckeras', None)
    """
    prefix = name
    while prefix and prefix not in ALIASES:
        prefix = prefix.rpartition(".")[0]
    return ALIASES[prefix] + name[len(prefix) :] if prefix else None


def moved(real: str) -> tuple[str, ...] | None:
    """Return the names of the modules that have what an older module had, or None."""
    return MOVED.get(real) or next((v for k, v in MOVED.items() if k.endswith(".") and real.startswith(k)), None)


class View(ModuleType):
    """A module of an older Keras: the names of the modules in ``__targets__``."""

    __path__: Sequence[str] = ()  # so that a module below it can be imported
    __targets__: tuple[str, ...] = ()

    def __getattr__(self, name: str) -> Any:
        if not name.startswith("__"):
            for target in self.__targets__:
                module = importlib.import_module(target)
                if hasattr(module, name):
                    return getattr(module, name)
        sentences = (absence(target, name) for target in self.__targets__)
        raise AttributeError(next(filter(None, sentences), f"module {self.__name__!r} has no attribute {name!r}"))


class _Loader:
    """Loads a module under its own name, and registers it under the alias too."""

    def __init__(self, real: str, targets: tuple[str, ...] | None) -> None:
        self.real, self.targets = real, targets

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        return None if self.targets is None else View(spec.name)

    def exec_module(self, module: ModuleType) -> None:
        if isinstance(module, View):
            module.__targets__ = self.targets or ()
        else:  # the import system returns the module found here afterwards, not the empty module that it created
            sys.modules[module.__name__] = real = importlib.import_module(self.real)
            if self.real == "ckeras.compat.tensorflow":
                real.redirected()


class AliasFinder:
    """A finder on `sys.meta_path` for `ALIASES` and `MOVED`."""

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        real = real_name(name)
        if real is None:
            if name.startswith("ckeras.") and PathFinder.find_spec(name, path) is None:
                _refuse(name)  # `from keras.layers import Absent` looks for a module of that name
            return None
        targets, exists = moved(real), _exists(real)
        if targets is None and not exists:
            _refuse(real)
            return None
        if targets is not None and exists:
            targets = (*targets, real)
        return ModuleSpec(name, _Loader(real, targets), origin=real, is_package=targets is not None)


def _exists(name: str) -> bool:
    try:
        return importlib.util.find_spec(name) is not None
    except ImportError:  # a package above it does not exist
        return False


def _refuse(name: str) -> None:
    """Raise ImportError for the name of something that Keras or TensorFlow has, and ckeras has not."""
    package, _, attribute = name.rpartition(".")
    message = absence(package, attribute)
    if package.startswith("ckeras.compat.tensorflow"):
        try:
            getattr(sys.modules[package], attribute)
        except AttributeError as error:
            message = str(error)
    if message is not None:
        raise ImportError(message, name=name)


def install() -> None:
    """Redirect ``keras``, ``tf_keras`` and ``tensorflow`` to ckeras in this process and in those that it starts.

    ``keras.__version__`` is then the release of Keras whose names ckeras has. Further calls have no effect.

    Raises:
        ImportError: if another package of one of these names has been imported already.
    """
    if any(isinstance(finder, AliasFinder) for finder in sys.meta_path):
        return
    for name in REPLACED:
        if name in sys.modules:
            raise ImportError(
                f"ckeras cannot replace {name!r}: {sys.modules[name]!r} has been imported in this process already"
            )
    sys.meta_path.insert(0, AliasFinder())  # type: ignore[arg-type]
    redirect_children()
    ckeras.__version__ = KERAS_VERSION


def load_ipython_extension(shell: Any) -> None:
    """Redirect imports in a notebook: what ``%load_ext ckeras`` calls."""
    install()
