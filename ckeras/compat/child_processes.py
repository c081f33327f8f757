"""Redirection in child processes that start a new interpreter: the start methods spawn and forkserver, and loky.

Such a child imports the main module of its parent again, or unpickles functions of it, and must find ``keras`` first.
Its parent sends a dict of preparations to it, which it unpickles before anything else; `redirect_children` adds an
entry to it whose unpickling redirects imports. (A child made by fork has the imports of its parent.)
"""

import functools
import sys
from collections.abc import Callable
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType
from typing import Any

# Modules with a function get_preparation_data(): that of Python, and those of loky, which joblib contains.
_SPAWNING = ("multiprocessing.spawn", "loky.backend.spawn", "joblib.externals.loky.backend.spawn")


class _Redirection:
    """Unpickling it redirects imports; ckeras may be on the path of the parent alone, which is restored before."""

    def __reduce__(self) -> Any:
        path = [entry or "." for entry in sys.path]
        return exec, (f"import sys\nsys.path[:] = {path!r}\nfrom ckeras.compat.imports import install\ninstall()\n",)


def _redirecting(prepare: Callable[..., dict[str, Any]]) -> Callable[..., dict[str, Any]]:
    @functools.wraps(prepare)
    def get_preparation_data(*args: Any, **kwargs: Any) -> dict[str, Any]:
        return {"ckeras": _Redirection(), **prepare(*args, **kwargs)}

    return get_preparation_data


def _redirect(module: Any) -> None:
    module.get_preparation_data = _redirecting(module.get_preparation_data)


class _Loader:
    """Loads a module that starts processes, and lets them redirect imports."""

    def __init__(self, loader: Any) -> None:
        self.loader = loader

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        return self.loader.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        self.loader.exec_module(module)
        _redirect(module)


class SpawningFinder:
    """A finder on `sys.meta_path` for the modules that start processes."""

    def find_spec(self, name: str, path: Any = None, target: ModuleType | None = None) -> ModuleSpec | None:
        if name not in _SPAWNING:
            return None
        spec = PathFinder.find_spec(name, path, target)
        if spec is not None:
            spec.loader = _Loader(spec.loader)  # type: ignore[assignment]
        return spec


def redirect_children() -> None:
    """Redirect imports in the child processes that this process will start."""
    for name in _SPAWNING:
        if name in sys.modules:
            _redirect(sys.modules[name])
    sys.meta_path.insert(0, SpawningFinder())  # type: ignore[arg-type]
