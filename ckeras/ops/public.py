"""The public names of `ckeras.ops` and its namespaces, made of what each imports.

A public function is imported in the `__init__.py` of its namespace as ``name as name``, and nowhere else;
`ckeras.ops` has the functions of the namespaces (but `image`) and those that belong to none.
"""

from types import FunctionType
from typing import Any


def publish(namespace: dict[str, Any], *modules: str) -> list[str]:
    """Set ``__all__`` and ``__dir__`` of a module from the functions in its ``globals()``; return their names.

    They are set here rather than by statements of the module, since type checkers then go by its imports.

    Args:
        namespace: the ``globals()`` of the module.
        modules: public submodules, which are listed by ``dir`` but not imported by ``import *``.

    >>> module = {"exp": publish, "_private": publish, "np": None}
    >>> publish(module, "linalg")
    ['exp']
    >>> module["__all__"], module["__dir__"]()
    (['exp'], ['exp', 'linalg'])
    """
    names = sorted(name for name, value in namespace.items() if type(value) is FunctionType and name[0] != "_")
    namespace["__all__"] = names
    namespace["__dir__"] = lambda: sorted([*names, *modules])
    return names
