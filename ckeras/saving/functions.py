"""Serialization of lambdas: their byte code as text, and back."""

from __future__ import annotations

import base64
import builtins
import marshal
from collections.abc import Callable
from types import CellType, FunctionType
from typing import Any


def dumped(function: FunctionType) -> dict[str, Any]:
    """Serialize a function to "code" (its byte code in base64), "defaults" and "closure" (the values of its cells).

    The byte code can only be read by the same version of Python.
    """
    code = base64.encodebytes(marshal.dumps(function.__code__)).decode("ascii")
    cells = function.__closure__
    values = cells and tuple(cell.cell_contents for cell in cells)
    return {"code": code, "defaults": function.__defaults__, "closure": values}


def loaded(code: str, defaults: Any = None, closure: Any = None) -> Callable[..., Any]:
    """Load a function serialized by `dumped`. Its globals are Python's builtins, keras, ckeras, ops and np.

    Raises:
        ValueError: if the text is malformed or was written by another version of Python.
    """
    try:
        byte_code = marshal.loads(base64.decodebytes(code.encode("ascii")))
        cells = None if closure is None else tuple(map(CellType, closure))
        values = None if defaults is None else tuple(defaults)
        function = FunctionType(byte_code, _globals(), byte_code.co_name, values, cells)
    except (AttributeError, EOFError, TypeError, ValueError) as error:
        raise ValueError(f"Expected a lambda saved by this version of Python, got {code!r}: {error}.") from error
    return function


def _globals() -> dict[str, Any]:
    import numpy as np

    import ckeras

    return {"__builtins__": builtins, "keras": ckeras, "ckeras": ckeras, "ops": ckeras.ops, "np": np}
