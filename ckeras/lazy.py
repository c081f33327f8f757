"""Names that load the module behind them on first use, so that importing a package costs nothing."""

import importlib
import sys
from collections.abc import Callable, Mapping


def attach(
    package: str, table: Mapping[str, str | None]
) -> tuple[Callable[[str], object], Callable[[], list[str]], list[str]]:
    """Make the module-level ``__getattr__``, ``__dir__`` and ``__all__`` of a package whose names load lazily.

    The package's ``__init__.py`` is then a table::

        from ckeras.lazy import attach

        __getattr__, __dir__, __all__ = attach(__name__, {"Progbar": "progbar", "layers": None})

    Args:
        package: name of the package, its ``__name__``.
        table: public name -> where it lives:

            - ``"progbar"``: attribute of the same name of the submodule ``progbar`` of the package (dots go deeper);
            - ``"progbar:Bar"``: the attribute ``Bar`` of that submodule;
            - ``"ckeras.random"``: anything that begins with the top-level package's name and a dot is absolute;
            - ``None``: the name is itself a submodule of the package.

    A name that was found is kept in the package, so the table is asked once for each. A public name must not be
    also the name of the submodule it lives in: importing that submodule would hide it.

    Example:
        >>> getter, lister, names = attach("ckeras", {"attach": "lazy"})
        >>> getter("attach") is attach, names
        (True, ['attach'])
        >>> getter("attatch")
        Traceback (most recent call last):
            ...
        AttributeError: module 'ckeras' has no attribute 'attatch'
    """
    root = package.partition(".")[0] + "."

    def __getattr__(name: str) -> object:
        try:
            where = table[name]
        except KeyError:
            raise AttributeError(f"module {package!r} has no attribute {name!r}", name=name) from None
        if where is None:
            value = importlib.import_module(f"{package}.{name}")
        else:
            module, _, attribute = where.partition(":")
            if not module.startswith(root):
                module = f"{package}.{module}"
            value = getattr(importlib.import_module(module), attribute or name)
        sys.modules[package].__dict__[name] = value
        return value

    def __dir__() -> list[str]:
        return sorted({*sys.modules[package].__dict__, *table})

    return __getattr__, __dir__, sorted(table)
