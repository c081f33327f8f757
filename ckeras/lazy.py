"""Names that load the module behind them on first use, so that importing a package costs nothing."""

import importlib
import sys
from collections.abc import Mapping

# As `typing.TYPE_CHECKING`, whose import would cost more than the rest of `import ckeras`: type checkers know the name,
# and editors go by the annotation.
TYPE_CHECKING: bool = False


def attach(package: str, table: Mapping[str, str | None]) -> None:
    """Set ``__getattr__``, ``__dir__`` and ``__all__`` of a package so that the names of a table load on first use.

    The package's ``__init__.py`` is then a table, with the same names as imports for type checkers and editors::

        from ckeras.lazy import TYPE_CHECKING, attach

        if TYPE_CHECKING:
            from ckeras.utils import layers as layers
            from ckeras.utils.progbar import Progbar as Progbar

        attach(__name__, {"Progbar": "progbar", "layers": None})

    The three are set here rather than by statements of the package, since a type checker that sees a ``__getattr__``
    takes every name for one of the package.

    Args:
        package: name of the package, its ``__name__``. If it has an ``__all__`` already, its names are kept.
        table: public name -> where it lives:

            - ``"progbar"``: attribute of the same name of the submodule ``progbar`` of the package (dots go deeper);
            - ``"progbar:Bar"``: the attribute ``Bar`` of that submodule;
            - ``"ckeras.random"``: anything that begins with the top-level package's name and a dot is absolute;
            - ``None``: the name is itself a submodule of the package.

    A name that was found is kept in the package, so the table is asked once for each. A public name must not be
    also the name of the submodule it lives in: importing that submodule would hide it.

    Example:
        >>> from ckeras import mixed_precision
        >>> "Policy" in dir(mixed_precision), mixed_precision.Policy.__name__
        (True, 'DTypePolicy')
        >>> mixed_precision.Polycy
        Traceback (most recent call last):
            ...
        AttributeError: module 'ckeras.mixed_precision' has no attribute 'Polycy'
    """
    module = sys.modules[package].__dict__

    def __getattr__(name: str) -> object:
        try:
            where = table[name]
        except KeyError:
            raise AttributeError(_absence(package, name), name=name) from None
        try:
            value = _found(package, name, where)
        except ImportError as error:
            if error.name == "ckeras._kernels":  # they are not built: the sentence says it all
                raise error.with_traceback(None) from None
            raise
        module[name] = value
        return value

    names = sorted({*module.get("__all__", ()), *table})
    module.update(__getattr__=__getattr__, __dir__=names.copy, __all__=names)


def _absence(package: str, name: str) -> str:
    if not name.startswith("__"):
        from ckeras.keras_names import absence

        sentence = absence(package, name)
        if sentence:
            return sentence
    return f"module {package!r} has no attribute {name!r}"


def _found(package: str, name: str, where: str | None) -> object:
    """The value of a name of a lazy table."""
    if where is None:
        return importlib.import_module(f"{package}.{name}")
    module, _, attribute = where.partition(":")
    if not module.startswith(package.partition(".")[0] + "."):
        module = f"{package}.{module}"
    return getattr(importlib.import_module(module), attribute or name)
