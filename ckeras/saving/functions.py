"""Serialization of lambdas: their byte code as text, and back."""

from __future__ import annotations

import base64
import builtins
import marshal
from collections.abc import Callable
from types import CellType, FunctionType
from typing import Any


def dumped(function: FunctionType) -> tuple[str, tuple | None, tuple | None]:
    """Serialize a function to (byte code in base64, defaults, closure values).

    The byte code can only be read by the same version of Python.
    """
    code = base64.encodebytes(marshal.dumps(function.__code__)).decode("ascii")
    closure = function.__closure__
    return code, function.__defaults__, closure and tuple(cell.cell_contents for cell in closure)


def loaded(value: Any) -> Callable[..., Any]:
    """Load a function serialized by `dumped`. Its globals are Python's builtins, keras, ckeras, ops and np.

    Raises:
        ValueError: if the text is malformed or was written by another version of Python.
    """
    try:
        text, defaults, closure = (value, None, None) if isinstance(value, str) else value
        code = marshal.loads(base64.decodebytes(text.encode("ascii")))
        cells = None if closure is None else tuple(map(CellType, closure))
        function = FunctionType(code, _globals(), code.co_name, None if defaults is None else tuple(defaults), cells)
    except (AttributeError, EOFError, TypeError, ValueError) as error:
        raise ValueError(f"Expected a lambda saved by this version of Python, got {value!r}: {error}.") from error
    return function


def _globals() -> dict[str, Any]:
    import numpy as np

    import ckeras

    return {"__builtins__": builtins, "keras": ckeras, "ckeras": ckeras, "ops": ckeras.ops, "np": np}
