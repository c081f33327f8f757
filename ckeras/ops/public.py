"""The public names of `ckeras.ops` and its namespaces, made of what each imports.

A public function is imported in the `__init__.py` of its namespace as ``name as name``, and nowhere else;
`ckeras.ops` has the functions of the namespaces (but `image`) and those that belong to none.
"""

from types import FunctionType
from typing import Any

from ckeras._kernels.entry import Entry
from ckeras.ops.control.recording import entry_of


def publish(namespace: dict[str, Any], *modules: str) -> list[str]:
    """Set ``__all__`` and ``__dir__`` of a module from the functions in its ``globals()``; return their names.

    The functions are replaced by their entries, which record calls on symbolic tensors. The names are set here rather
    than by statements of the module, since type checkers then go by its imports.

    Args:
        namespace: the ``globals()`` of the module.
        modules: public submodules, which are listed by ``dir`` but not imported by ``import *``.

    >>> module = {"__name__": "example", "exp": publish, "_private": publish, "np": None}
    >>> publish(module, "linalg")
    ['exp']
    >>> module["__all__"], module["__dir__"]()
    (['exp'], ['exp', 'linalg'])
    """
    names = sorted(name for name, value in namespace.items() if type(value) in (FunctionType, Entry) and name[0] != "_")
    for name in names:
        namespace[name] = entry_of(name, namespace[name], namespace["__name__"])
    namespace["__all__"] = names
    namespace["__dir__"] = lambda: sorted([*names, *modules])
    return names
